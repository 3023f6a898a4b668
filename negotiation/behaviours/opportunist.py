"""Opportunist: climbs while Washington looks away, and keeps still while it is watched."""

from __future__ import annotations

from negotiation.game import Game
from negotiation.policy import Policy, disputant_rule
from negotiation.vocabulary import Actor, Move, Stance

RULE = "escalates while Washington is quiet, and holds while it is not"


def policy(game: Game, seat: Actor) -> Policy:
    """Escalate under the stance quiet, hold under any other."""
    return disputant_rule(game, seat, "opportunist", lambda state, stance, first_move: (
        Move.ESCALATE if stance == Stance.QUIET else Move.HOLD))
