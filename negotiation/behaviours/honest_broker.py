"""Honest broker: urges both sides to stand still, and convenes them as soon as they do."""

from __future__ import annotations

from negotiation.game import Game
from negotiation.policy import Policy, third_party_rule
from negotiation.vocabulary import Actor, Stance

RULE = "urges both sides, and convenes them while a standstill holds"


def policy(game: Game, seat: Actor) -> Policy:
    """Convene under a standstill, urge otherwise; never lean on one side."""
    return third_party_rule(
        game, "honest_broker", lambda state: Stance.CONVENE if game.standstill[state] else Stance.URGE)
