"""Dove: climbs down one rung every week and, once down, offers a standstill every week."""

from __future__ import annotations

from negotiation.game import Game
from negotiation.policy import Policy, disputant_rule
from negotiation.vocabulary import Actor, Move

RULE = "steps down while it holds a rung, then plays standstill"


def policy(game: Game, seat: Actor) -> Policy:
    """Step down from any rung; on rung 0 offer, accept or renew a standstill."""

    def rule(state: int, stance: int, first_move: int | None) -> Move:
        return Move.STEP_DOWN if game.rungs[seat, state] > 0 else Move.STANDSTILL

    return disputant_rule(game, seat, "dove", rule)
