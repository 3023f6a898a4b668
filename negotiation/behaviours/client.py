"""Client: does what Washington presses for, and nothing by itself.

Under `urge` and `convene`, and when the other side is pressed, it plays standstill; pressed itself, it steps
down; under `quiet` it holds.
"""

from __future__ import annotations

from negotiation.game import Game
from negotiation.policy import Policy, disputant_rule
from negotiation.vocabulary import Actor, Move, Stance

RULE = "stands still when urged or convened, steps down when pressed, holds while Washington is quiet"
PRESSED = {Actor.TOKYO: Stance.PRESS_TOKYO, Actor.SEOUL: Stance.PRESS_SEOUL}


def policy(game: Game, seat: Actor) -> Policy:
    """The rule of the module docstring; pressed on rung 0, it plays standstill."""

    def rule(state: int, stance: int, first_move: int | None) -> Move:
        if stance == Stance.QUIET:
            return Move.HOLD
        return Move.STEP_DOWN if stance == PRESSED[seat] and game.rungs[seat, state] > 0 else Move.STANDSTILL

    return disputant_rule(game, seat, "client", rule)
