"""Legalist: keeps to the measures that it began with, and to agreements.

Above its starting rung it steps down; below it, it climbs back only behind a side that stands higher; it renews a
standstill and signs one that is offered.
"""

from __future__ import annotations

from negotiation.behaviours.matcher import other_rung
from negotiation.game import Game
from negotiation.policy import Policy, disputant_rule
from negotiation.vocabulary import Actor, Move

RULE = "never stays above its starting rung, climbs back to it behind a higher side, signs any standstill"


def policy(game: Game, seat: Actor) -> Policy:
    """The rule of the module docstring; otherwise hold."""
    begin = int(game.rungs[seat, game.start])

    def rule(state: int, stance: int, first_move: int | None) -> Move:
        own, other = int(game.rungs[seat, state]), other_rung(game, seat, state, first_move)
        if own > begin:
            return Move.STEP_DOWN
        if game.standstill[state] or first_move == Move.STANDSTILL:
            return Move.STANDSTILL
        return Move.ESCALATE if own < begin and own < other else Move.HOLD

    return disputant_rule(game, seat, "legalist", rule)
