"""Making behaviours that remember: a rule for each memory state, and a rule for what is remembered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from negotiation.game import Game
from negotiation.memory import make_memory
from negotiation.policy import DisputantPolicy, disputant_rule
from negotiation.vocabulary import Actor, Move

Decision = Callable[[int, int, int, int | None], Mapping[Move, float] | Move]


def memory_rule(game: Game, seat: Actor, name: str, size: int, decide: Decision, learn: Callable[..., Any],
                begin: int = 0) -> DisputantPolicy:
    """A disputant's policy with memory from two rules.

    Args:
        game: the compiled game.
        seat: Tokyo or Seoul.
        name: what people call the policy.
        size: number of memory states.
        decide: called with (memory, state, stance, first move or None); returns a move or weights over moves,
            as for `negotiation.policy.disputant_rule`.
        learn: the memory after a week, as for `negotiation.memory.make_memory`, but called with
            (memory, leader, stance, own move, the other's move, state).
        begin: the memory before the first week.
    """

    def rule(memory: Any, leader: Any, stance: Any, tokyo: Any, seoul: Any, state: Any) -> Any:
        own, other = (tokyo, seoul) if seat is Actor.TOKYO else (seoul, tokyo)
        return learn(memory, leader, stance, own, other, state)

    tables = [disputant_rule(game, seat, name, partial(decide, memory)) for memory in range(size)]
    return DisputantPolicy.from_tables(
        name, seat, np.concatenate([table.first for table in tables]),
        np.concatenate([table.second for table in tables]), make_memory(size, game.n_states, rule, begin))
