"""Always convene: the third party that makes the dispute its full-time job."""

from __future__ import annotations

from negotiation.game import Game
from negotiation.policy import Policy, third_party_rule
from negotiation.vocabulary import Actor, Stance

RULE = "convenes, always"


def policy(game: Game, seat: Actor) -> Policy:
    """Convene in every state."""
    return third_party_rule(game, "always_convene", lambda state: Stance.CONVENE)
