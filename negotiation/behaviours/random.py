"""Random: every legal option equally likely; what precision 0 plays."""

from __future__ import annotations

from negotiation.game import Game
from negotiation.policy import Policy, uniform
from negotiation.vocabulary import Actor

RULE = "takes every legal option with equal probability"


def policy(game: Game, seat: Actor) -> Policy:
    """The uniform table."""
    return uniform(game, seat)
