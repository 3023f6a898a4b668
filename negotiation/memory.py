r"""Memory: what a policy keeps of the weeks gone by, as a finite-state machine.

A policy with memory is a table of probabilities for each of K *memory states* q instead of each round,
:math:`\pi(q, s, w)[m]`, a memory state to begin with, and an update after every week that did not end the dispute,

.. math:: q' = g(q, \text{leader}, w, m_T, m_S, s),

of what everybody saw in that week: who moved first, the stance, both moves, and the state that the week began in.
(Rubinstein 1986 uses such machines for repeated games.)

**Variables.** q is ``memory``, K ``Memory.size``, g ``Memory.update``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from negotiation.vocabulary import DISPUTANTS, Move, Stance

SIZE_LIMIT = 32_767  # memory states are held in 16 bits


@dataclass(frozen=True, eq=False)
class Memory:
    """How a policy remembers.

    Attributes:
        begin: the memory state before the first week.
        update: int16 [K, 2 leader, W, M tokyo, M seoul, S], read-only: the memory state after a week.
    """

    begin: int
    update: NDArray[np.int16]

    def __post_init__(self) -> None:
        table = np.array(self.update, dtype=np.int16, order="C")
        shape = (len(DISPUTANTS), len(Stance), len(Move), len(Move))
        if table.ndim != 6 or table.shape[1:5] != shape or table.shape[0] > SIZE_LIMIT:
            raise ValueError(f"a memory's update has the shape {table.shape}; allowed: (K, {shape}, S) with K up to "
                             f"{SIZE_LIMIT}")
        if table.min() < 0 or table.max() >= len(table) or not 0 <= self.begin < len(table):
            raise ValueError(f"a memory of {len(table)} states leads from {self.begin} to states from {table.min()} to "
                             f"{table.max()}; allowed: 0 to {len(table) - 1}")
        table.setflags(write=False)
        object.__setattr__(self, "update", table)

    @property
    def size(self) -> int:
        """K, the number of memory states."""
        return int(self.update.shape[0])

    def after(self, memory: int, leader: int, stance: int, moves: tuple[int, int], state: int) -> int:
        """The memory state after a week, given that before it."""
        return int(self.update[memory, leader, stance, moves[0], moves[1], state])


Rule = Callable[[Any, Any, Any, Any, Any, Any], ArrayLike]


def make_memory(size: int, states: int, rule: Rule, begin: int = 0) -> Memory:
    """A memory from a rule that holds for one week and for arrays of weeks alike.

    Args:
        size: number of memory states.
        states: number of public states of the game.
        rule: called once with arrays that broadcast against each other: (memory, leader, stance, Tokyo's move,
            Seoul's move, state), all as numbers; returns the memory states after these weeks.
        begin: the memory state before the first week.

    Raises:
        ValueError: the rule leads out of the memory states.
    """
    shape = (size, len(DISPUTANTS), len(Stance), len(Move), len(Move), states)
    found = np.asarray(rule(*np.indices(shape, sparse=True)))
    if found.min() < 0 or found.max() >= size:
        raise ValueError(f"a memory rule leads to state {found.min() if found.min() < 0 else found.max()}; "
                         f"allowed: 0 to {size - 1}")
    return Memory(begin, np.broadcast_to(found, shape).astype(np.int16))


def both(one: Memory | None, other: Memory | None) -> Memory | None:
    """Two memories side by side: state i of the one and j of the other is state i * K + j, K of the other."""
    if one is None or other is None:
        return one or other
    update = one.update[:, None].astype(np.int64) * other.size + other.update[None]
    return Memory(one.begin * other.size + other.begin, update.reshape(-1, *update.shape[2:]).astype(np.int16))


__all__ = ["SIZE_LIMIT", "Memory", "both", "make_memory"]
