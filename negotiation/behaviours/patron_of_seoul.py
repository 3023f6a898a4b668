"""Patron of Seoul: leans on Tokyo and never on Seoul."""

from __future__ import annotations

from negotiation.behaviours.patron import patron
from negotiation.game import Game
from negotiation.policy import Policy
from negotiation.vocabulary import Actor

RULE = "presses Tokyo while it holds a rung and no standstill is in force, otherwise stays quiet"


def policy(game: Game, seat: Actor) -> Policy:
    """See `negotiation.behaviours.patron`."""
    return patron(game, "patron_of_seoul", Actor.SEOUL)
