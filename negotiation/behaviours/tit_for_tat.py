"""Tit for tat over moves: does what the other side did last.

Rapoport's entry in Axelrod's tournaments (Axelrod & Hamilton 1981), for five moves instead of two. It begins with
the offer of a standstill; answering, it copies the move just made; an appeal it meets by holding, and what is
illegal for it (climbing from the top, stepping down from rung 0) by holding too.
"""

from __future__ import annotations

from typing import Any

from negotiation.behaviours.remembering import memory_rule
from negotiation.game import Game
from negotiation.policy import Policy
from negotiation.vocabulary import Actor, Move

RULE = "copies the other side's latest move, and begins with the offer of a standstill"
REFERENCE = "Axelrod & Hamilton 1981"
KIND = "memory"


def policy(game: Game, seat: Actor) -> Policy:
    """One memory state a move of the other side."""

    def decide(memory: int, state: int, stance: int, first_move: int | None) -> Move:
        latest = Move(memory if first_move is None else first_move)
        return Move.HOLD if latest is Move.APPEAL else latest

    def learn(memory: Any, leader: Any, stance: Any, own: Any, other: Any, state: Any) -> Any:
        return other

    return memory_rule(game, seat, "tit_for_tat", len(Move), decide, learn, Move.STANDSTILL)
