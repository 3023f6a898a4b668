"""The working tables of `negotiation.kernels.points`."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from negotiation.kernels.compiling import bare
from negotiation.kernels.vector import POWERS_OF_TWO, UNROLLED, WIDTH

LINE = 64  # bytes of a cache line; a vector that lies across two costs double
MOVES = 5
HOLD, ESCALATE, APPEAL, STEP_DOWN, STANDSTILL = range(MOVES)  # their order in this file ...
NUMBER = (1, 0, 2, 4, 3)  # ... and their numbers in the tables of the game
ANSWERS = 4  # that lead apart unless both sides play the standstill
CELLS = ANSWERS * ANSWERS + 1
BOTH = CELLS - 1
EDGE = (ESCALATE, STEP_DOWN)  # illegal on some rungs
FACTOR, PRICE, MEAN_PRICE, EXTRA, TERMS = 0, MOVES, 2 * MOVES, 2 * MOVES + 1, 2 * MOVES + 2
BARRED = -1e300
LOG2_E = 1.4426950408889634
WIDEST_ACT = 100.0
WIDEST = 800.0  # exponents of 2 further from their reference would lose digits: the readable loops take over
BY_PAIR = (0, 1, 2, 5)
OWN = 6  # actors have rows of values, of best replies' values, and from here of equilibrium values if others are played
# An answer's parts: the chance of each move (hold takes in a standstill that the opener did not offer), what the opener
# pays for it more than for a hold, and what the answerer pays.
PARTS, COST, PAID = MOVES + 2, MOVES, MOVES + 1


def lane_table(shape: tuple[int, ...], dtype: Any = np.float64) -> np.ndarray:
    """Zeros that begin at a cache line."""
    count = int(np.prod(shape))
    whole = np.zeros(count + LINE // 8, dtype=dtype)
    skip = -whole.ctypes.data % LINE // 8
    return whole[skip:skip + count].reshape(shape)


def power_table() -> np.ndarray:
    """The coefficients for `Lanes.power_of_two`, each once a lane."""
    table = lane_table((len(POWERS_OF_TWO), UNROLLED))
    table[:] = np.array(POWERS_OF_TWO)[:, None]
    return table


class Scratch(NamedTuple):
    """Working tables of `solve_point`, to be used again for the next point of the same size."""

    cell: np.ndarray
    open: np.ndarray
    worth: np.ndarray
    stay: np.ndarray
    ahead: np.ndarray
    landed: np.ndarray
    weights: np.ndarray
    extreme: np.ndarray
    powers: np.ndarray
    slope: np.ndarray
    first: np.ndarray
    affinity: np.ndarray
    terms: np.ndarray
    price: np.ndarray
    pair: np.ndarray
    outlook: np.ndarray
    taken: np.ndarray
    values: np.ndarray
    rupture: np.ndarray
    like: np.ndarray
    flow: np.ndarray
    on: np.ndarray
    answers: np.ndarray
    openings: np.ndarray
    target: np.ndarray


def scratch_tables(stances, classes, places, row, rounds, chosen=False):
    """Fresh working tables; ``row`` is the number of rungs of Seoul's ladder.

    ``chosen`` makes room for policies that are not, or not all, those of equilibrium play (`solve_chosen`): one slot
    for the answers and openings under a stance in (c, a), and a last one for what nobody reads.
    """
    n = -(-places // (3 * WIDTH)) * WIDTH
    slots, seats = (6 * stances + 1, OWN + 3) if chosen else (1, OWN)
    wide = classes * n + 2 * margin_of(row)
    w = stances
    tables = Scratch(
        cell=lane_table((2, 2, CELLS), np.int64), open=lane_table((2, MOVES, n), np.int64),
        worth=lane_table((w, 3, 3, classes * n)), stay=lane_table((w, 3, wide)), ahead=lane_table((seats, classes * n)),
        landed=lane_table((seats, wide)), weights=lane_table((2, wide)), extreme=lane_table((UNROLLED,)),
        powers=power_table(), slope=lane_table((3,)), first=lane_table((2,)), affinity=lane_table((2,)),
        terms=lane_table((2, w, 2, MOVES, TERMS)), price=lane_table((w, 2, 2 * MOVES)),
        pair=lane_table((w, 2, 3, CELLS, n)), outlook=lane_table((2, 3, seats, w, n)),
        taken=lane_table((rounds + 2, 2, 3, w, n)), values=lane_table((seats, 2, 3, n)),
        rupture=lane_table((classes, n)),
        like=lane_table((w, 3), np.int64), flow=lane_table((rounds, 2, 3, CELLS, n)),
        on=lane_table((rounds, 2, 3, CELLS, n)), answers=lane_table((2, slots, MOVES, PARTS, n)),
        openings=lane_table((2, slots, MOVES, n)), target=lane_table((2, 2), np.int64))
    tables.weights[:] = 1.0  # the rim stays finite for first moves that are illegal
    return tables


@bare
def margin_of(row):
    """Lanes left free at both ends of a table for moves that leave the ladders."""
    return (row + UNROLLED) // UNROLLED * UNROLLED
