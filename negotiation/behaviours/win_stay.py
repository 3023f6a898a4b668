"""Win-stay, lose-shift: keeps its posture while the weeks pay, and changes it when they do not.

Nowak & Sigmund (1993), "A strategy of win-stay, lose-shift that outperforms tit-for-tat in the Prisoner's Dilemma
game". It has two postures, soft (standstill) and firm (escalate; hold on the top rung). A week is won if it paid at
least what both sides holding would have paid in the same state under the same stance.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from negotiation.behaviours.remembering import memory_rule
from negotiation.game import Game
from negotiation.policy import Policy
from negotiation.vocabulary import Actor, Move

RULE = "keeps its posture, standstill or escalate, after a week that paid, and changes it after others"
REFERENCE = "Nowak & Sigmund 1993"
KIND = "memory"
SOFT, FIRM = 0, 1


def policy(game: Game, seat: Actor) -> Policy:
    """Two memory states, the postures; it begins soft."""
    paid = game.payoff[seat] if seat is Actor.TOKYO else game.payoff[seat].swapaxes(1, 2)  # [stance, own, other, state]

    def decide(memory: int, state: int, stance: int, first_move: int | None) -> Move:
        return Move.ESCALATE if memory == FIRM else Move.STANDSTILL

    def learn(memory: Any, leader: Any, stance: Any, own: Any, other: Any, state: Any) -> Any:
        won = paid[stance, own, other, state] >= paid[stance, Move.HOLD, Move.HOLD, state]
        return np.where(won, memory, 1 - memory)

    return memory_rule(game, seat, "win_stay", 2, decide, learn, SOFT)
