"""Absent: the third party that never engages."""

from __future__ import annotations

from negotiation.game import Game
from negotiation.policy import Policy, third_party_rule
from negotiation.vocabulary import Actor, Stance

RULE = "stays quiet, always"


def policy(game: Game, seat: Actor) -> Policy:
    """Quiet in every state."""
    return third_party_rule(game, "absent", lambda state: Stance.QUIET)
