"""Appeaser: gives way to pressure from the other side, and asks for nothing but quiet."""

from __future__ import annotations

from negotiation.behaviours.matcher import other_rung
from negotiation.game import Game
from negotiation.policy import Policy, disputant_rule
from negotiation.vocabulary import Actor, Move

RULE = "steps down whenever the other side stands higher or escalates, otherwise plays standstill"


def policy(game: Game, seat: Actor) -> Policy:
    """Step down below a higher side or after an escalation; on rung 0 or unthreatened, play standstill."""

    def rule(state: int, stance: int, first_move: int | None) -> Move:
        own, other = int(game.rungs[seat, state]), other_rung(game, seat, state, first_move)
        threatened = other > own or first_move == Move.ESCALATE
        return Move.STEP_DOWN if threatened and own > 0 else Move.STANDSTILL

    return disputant_rule(game, seat, "appeaser", rule)
