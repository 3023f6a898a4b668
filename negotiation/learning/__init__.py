"""Learning over repeated disputes: rules, populations of independent pairs, and what comes of them."""

from __future__ import annotations

from negotiation.learning.catalogue import RULES, make_rule
from negotiation.learning.curves import learning_curve
from negotiation.learning.ewa import EWA
from negotiation.learning.fictitious_play import FictitiousPlay
from negotiation.learning.fixed import Fixed
from negotiation.learning.nearness import equilibria, greedy_profile, greedy_regret, nearness, play_regret
from negotiation.learning.population import Learned, Population, learn
from negotiation.learning.q_learning import QLearning
from negotiation.learning.replay import Diary, diary, replay, twin
from negotiation.learning.roth_erev import RothErev

__all__ = [
    "EWA", "RULES", "Diary", "FictitiousPlay", "Fixed", "Learned", "Population", "QLearning", "RothErev", "diary",
    "equilibria", "greedy_profile", "greedy_regret", "learn", "learning_curve", "make_rule", "nearness", "play_regret",
    "replay", "twin",
]
