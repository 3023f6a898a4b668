"""GRIT: graduated and reciprocated initiatives in tension reduction.

Osgood (1962), "An Alternative to War or Surrender": announce and carry out small unilateral
reductions, invite the other side to reciprocate, and answer an attack once, in kind, no further. As a
table over public states: step down while not lower than the other side; once lower, wait for it to
follow and keep the offer of a standstill open; answer an escalation seen this round only if it leaves
the other side higher, and then by a single rung.
"""

from __future__ import annotations

from negotiation.behaviours.matcher import other_rung
from negotiation.game import Game
from negotiation.policy import Policy, disputant_rule
from negotiation.vocabulary import Actor, Move

RULE = "steps down first, waits with an open offer to be followed, answers an escalation in kind"
REFERENCE = "Osgood 1962"


def policy(game: Game, seat: Actor) -> Policy:
    """The rule of the module docstring."""

    def rule(state: int, stance: int, first_move: int | None) -> Move:
        own, other = int(game.rungs[seat, state]), other_rung(game, seat, state, first_move)
        if first_move == Move.ESCALATE and own < other:
            return Move.ESCALATE
        return Move.STEP_DOWN if own > 0 and own >= other else Move.STANDSTILL

    return disputant_rule(game, seat, "grit", rule)
