"""Subgame perfection: the best option at every decision, expecting the same of the others.

Selten (1965). The logit equilibrium at infinite precision; ties go to the lowest-numbered option.
"""

from __future__ import annotations

from negotiation.behaviours.solved import solution
from negotiation.game import Game
from negotiation.policy import Policy
from negotiation.vocabulary import Actor

RULE = "always takes the best option, expecting everybody else to do so"
REFERENCE = "Selten 1965"
KIND = "solved"


def policy(game: Game, seat: Actor) -> Policy:
    """The seat's table of the subgame-perfect equilibrium."""
    return solution(game, float("inf")).profile[seat]
