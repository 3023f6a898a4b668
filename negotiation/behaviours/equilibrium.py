"""Equilibrium: logit play with the seat's own precision, all seats expecting the same of each other.

McKelvey & Palfrey (1998), "Quantal response equilibria for extensive form games". The seat keeps to
its part of the equilibrium whatever the others really play.
"""

from __future__ import annotations

from negotiation.behaviours.solved import solution
from negotiation.game import Game
from negotiation.policy import Policy
from negotiation.vocabulary import Actor

RULE = "plays its part of the logit equilibrium at the scenario's precisions"
REFERENCE = "McKelvey & Palfrey 1998"
KIND = "solved"


def policy(game: Game, seat: Actor) -> Policy:
    """The seat's table of the logit equilibrium."""
    return solution(game).profile[seat]
