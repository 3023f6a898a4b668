"""Hawk: climbs one rung every week, standstill or not, and stays on the top rung."""

from __future__ import annotations

from negotiation.game import Game
from negotiation.policy import Policy, disputant_rule
from negotiation.vocabulary import Actor, Move

RULE = "escalates whenever it can, and holds on the top rung"


def policy(game: Game, seat: Actor) -> Policy:
    """Escalate; on the top rung, where that is illegal, hold."""
    return disputant_rule(game, seat, "hawk", lambda state, stance, first_move: Move.ESCALATE)
