"""Counter-based random numbers: which uniforms belong to which episode.

Episode n of a sweep point under a root seed owns the Philox4x64 stream with the key of
`stream_key` and the counter (week, n, 0, 0). A week uses one block of four 64-bit words a, b, c, d:

    stance  (a >> 11) / 2^53      first mover's move   (b >> 11) / 2^53
    chance  (d >> 11) / 2^53      second mover's move  (c >> 11) / 2^53
    order   the low 11 bits of a, b, c, d, in this order, as one integer of 44 bits, / 2^44

No draw depends on how many episodes run, in which order or where; nothing is ever advanced. Within
one point the draws are the same for every policy and parameter (common random numbers).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from negotiation.parameters import ParameterError

SEED_LIMIT = 2**128
EPISODE_LIMIT = 2**63


class WeekDraws(NamedTuple):
    """The five uniforms of one week, each in [0, 1)."""

    stance: float
    order: float
    first: float
    second: float
    chance: float


def stream_key(seed: int, point: int | None = None) -> NDArray[np.uint64]:
    """uint64 [2]: the Philox key of a root seed.

    Args:
        seed: root seed, 0 to 2^128 - 1.
        point: number of a sweep point; None (the default) gives all points the same draws.

    Raises:
        ParameterError: the seed is out of range.
    """
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= seed < SEED_LIMIT:
        raise ParameterError("seed", seed, "an integer from 0 to 2^128 - 1")
    if point is not None and (isinstance(point, bool) or not isinstance(point, (int, np.integer)) or point < 0):
        raise ParameterError("point", point, "an integer, at least 0")
    spawn = () if point is None else (point,)
    return np.random.SeedSequence(int(seed), spawn_key=spawn).generate_state(2, np.uint64).astype(np.uint64)


def episode_draws(seed: int, episode: int, weeks: int, point: int | None = None) -> list[WeekDraws]:
    """The draws of an episode's first weeks, from NumPy's own Philox generator.

    Args:
        seed: root seed.
        episode: number of the episode, from 0.
        weeks: how many.
        point: as in `stream_key`.

    Raises:
        ParameterError: the seed or the episode number is out of range.
    """
    if isinstance(episode, bool) or not isinstance(episode, (int, np.integer)) or not 0 <= episode < EPISODE_LIMIT:
        raise ParameterError("episode", episode, "an integer from 0 to 2^63 - 1")
    # NumPy steps the counter before use, so week 1 is the block at counter 1.
    generator = np.random.Philox(key=stream_key(seed, point), counter=[0, int(episode), 0, 0])
    words = [int(word) for word in generator.random_raw(4 * weeks)]
    return [_uniforms(*words[start:start + 4]) for start in range(0, 4 * weeks, 4)]


def _uniforms(a: int, b: int, c: int, d: int) -> WeekDraws:
    order = 0
    for word in (a, b, c, d):
        order = order << 11 | word & 2047
    unit = 2.0**-53
    return WeekDraws((a >> 11) * unit, order * 2.0**-44, (b >> 11) * unit, (c >> 11) * unit, (d >> 11) * unit)
