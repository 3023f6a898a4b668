"""Grudger: friendly until the other side has escalated once, and never again.

The grim trigger of Friedman (1971), "A non-cooperative equilibrium for supergames". It remembers one thing.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from negotiation.behaviours.remembering import memory_rule
from negotiation.game import Game
from negotiation.policy import Policy
from negotiation.vocabulary import Actor, Move

RULE = "plays standstill until the other side escalates, then escalates for ever"
REFERENCE = "Friedman 1971"
KIND = "memory"
CALM, ANGRY = 0, 1


def policy(game: Game, seat: Actor) -> Policy:
    """Two memory states; an escalation that it answers counts at once."""

    def decide(memory: int, state: int, stance: int, first_move: int | None) -> Move:
        return Move.ESCALATE if memory == ANGRY or first_move == Move.ESCALATE else Move.STANDSTILL

    def learn(memory: Any, leader: Any, stance: Any, own: Any, other: Any, state: Any) -> Any:
        return np.where(other == Move.ESCALATE, ANGRY, memory)

    return memory_rule(game, seat, "grudger", 2, decide, learn, CALM)
