"""Matcher: moves one rung towards the rung of the other side, and holds once level.

The reciprocity of tit-for-tat (Axelrod 1984) in terms of rungs. When answering, it looks at the rung
that the other has just reached. Rungs are compared by number; a shorter ladder ends at its top.
"""

from __future__ import annotations

from negotiation.game import Game, rung_after
from negotiation.policy import Policy, disputant_rule
from negotiation.vocabulary import Actor, Move, opponent

RULE = "moves one rung towards the other side's rung, and holds when level"
REFERENCE = "Axelrod 1984"


def other_rung(game: Game, seat: Actor, state: int, first_move: int | None) -> int:
    """The other side's rung as the seat sees it: after its first move, if it made one this round."""
    other = opponent(seat)
    rung = int(game.rungs[other, state])
    return rung if first_move is None else int(rung_after(first_move, rung, game.tops[other]))


def policy(game: Game, seat: Actor) -> Policy:
    """Escalate if lower than the other, step down if higher, hold if level."""

    def rule(state: int, stance: int, first_move: int | None) -> Move:
        own, other = int(game.rungs[seat, state]), other_rung(game, seat, state, first_move)
        if own == other:
            return Move.HOLD
        return Move.ESCALATE if own < other else Move.STEP_DOWN

    return disputant_rule(game, seat, "matcher", rule)
