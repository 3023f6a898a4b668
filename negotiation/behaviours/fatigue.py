"""Fatigue: tires of a standstill that leads nowhere.

It offers, accepts and renews standstills, but counts the weeks that have begun under one in a row; when they are as
many as its patience, it takes up its measures again and escalates until the standstill is gone.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from negotiation.behaviours.remembering import memory_rule
from negotiation.behaviours.specification import Parameter
from negotiation.game import Game
from negotiation.policy import Policy
from negotiation.vocabulary import Actor, Move

RULE = "plays standstill, but escalates once one has held for as many weeks as its patience"
KIND = "memory"
PARAMETERS = {
    "patience": Parameter(6, "weeks in a row that begin under a standstill", low=1.0, high=200.0, integer=True)}


def policy(game: Game, seat: Actor, patience: int = 6) -> Policy:
    """Memory: weeks in a row that began under a standstill, up to the patience."""

    def decide(memory: int, state: int, stance: int, first_move: int | None) -> Move:
        tired = memory >= patience and game.standstill[state] == 1
        return Move.ESCALATE if tired else Move.STANDSTILL

    def learn(memory: Any, leader: Any, stance: Any, own: Any, other: Any, state: Any) -> Any:
        return np.where(game.standstill[state] == 1, np.minimum(memory + 1, patience), 0)

    return memory_rule(game, seat, "fatigue", patience + 1, decide, learn)
