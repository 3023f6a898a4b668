"""Generous matcher: a matcher that lets some of the other side's lead pass.

Nowak & Sigmund (1992), "Tit for tat in heterogeneous populations", Nature 355: a strategy that forgives one
provocation in three does better among players who err than one that never does. In terms of rungs: when the other
side is higher, follow only with probability 1 - generosity.
"""

from __future__ import annotations

from negotiation.behaviours.matcher import other_rung
from negotiation.behaviours.specification import Parameter
from negotiation.game import Game
from negotiation.policy import Policy, disputant_rule
from negotiation.vocabulary import Actor, Move

RULE = "matches rungs, but lets the other side's lead pass with a given chance"
REFERENCE = "Nowak & Sigmund 1992"
PARAMETERS = {"generosity": Parameter(1 / 3, "chance to hold instead of following the other side up", high=1.0)}


def policy(game: Game, seat: Actor, generosity: float = 1 / 3) -> Policy:
    """Step down if higher than the other, hold if level; if lower, hold with the given chance, else escalate."""

    def rule(state: int, stance: int, first_move: int | None) -> dict[Move, float] | Move:
        own, other = int(game.rungs[seat, state]), other_rung(game, seat, state, first_move)
        if own >= other:
            return Move.HOLD if own == other else Move.STEP_DOWN
        return {Move.HOLD: generosity, Move.ESCALATE: 1 - generosity}

    return disputant_rule(game, seat, "generous_matcher", rule)
