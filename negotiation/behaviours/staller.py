"""Staller: buys time. It signs and renews any standstill, and never gives up a rung.

A standstill taken as an end in itself: Zartman & Faure (2005) describe talks that are sought for their side
effects, time among them.
"""

from __future__ import annotations

from negotiation.game import Game
from negotiation.policy import Policy, disputant_rule
from negotiation.vocabulary import Actor, Move

RULE = "accepts and renews standstills, otherwise holds, and never steps down"


def policy(game: Game, seat: Actor) -> Policy:
    """Standstill under one or in answer to one; hold otherwise."""

    def rule(state: int, stance: int, first_move: int | None) -> Move:
        return Move.STANDSTILL if game.standstill[state] or first_move == Move.STANDSTILL else Move.HOLD

    return disputant_rule(game, seat, "staller", rule)
