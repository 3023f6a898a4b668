"""Compiled Monte Carlo: millions of episodes, all cores, bounded memory.

Every episode draws its five uniforms a week from its own counter-based stream (`negotiation.draws`)
and turns them into options through `negotiation.drawing.thresholds`, in the order of the game: stance,
who moves first, first move, reply, chance. So an episode depends on the root seed and its number
alone, never on how many others run, in which blocks or on how many cores.

Episodes are computed in blocks of `BLOCK`, each block by one thread. Counts and sums are kept for
all episodes; the recorded quantities as arrays for the first `record` of them; whole trajectories for
the episodes asked for. Sums of payoffs are formed block by block in episode order and added up
exactly (`math.fsum`), so that even their last digit does not depend on the cores.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from negotiation.draws import EPISODE_LIMIT, stream_key
from negotiation.engines.records import Records
from negotiation.engines.tables import BLOCK, tables_of
from negotiation.engines.trajectory import Trajectory, trace
from negotiation.game import Floats, Game, Integers
from negotiation.kernels import episodes as kernels
from negotiation.parameters import ParameterError
from negotiation.policy import Profile, check_profile
from negotiation.vocabulary import Actor, Outcome

RECORD_LIMIT = 1_000_000
ROUND_LIMIT = 65_535  # width of the packed event counts


@dataclass(frozen=True, eq=False)
class Episodes:
    """What a batch of episodes gave.

    Attributes:
        game: the compiled game.
        policies: seat key to policy name.
        seed: root seed.
        first_episode: number of the first episode.
        episodes: how many episodes were run.
        counts: int64 [5], number of episodes per `Outcome`, over all episodes.
        payoff_mean: float64 [3], payoff units, mean discounted payoffs, over all episodes.
        payoff_error: float64 [3], payoff units, their standard errors.
        means: mean of every recorded number over all episodes, by column name.
        records: the recorded quantities of the first episodes (all, or as many as were asked for).
        trajectories: the trajectories asked for, by episode number.
    """

    game: Game
    policies: dict[str, str]
    seed: int
    first_episode: int
    episodes: int
    counts: Integers
    payoff_mean: Floats
    payoff_error: Floats
    means: dict[str, float]
    records: Records
    trajectories: dict[int, Trajectory] = field(default_factory=dict)

    def outcome_shares(self) -> Floats:
        """float64 [5]: share of episodes per `Outcome`."""
        shares: Floats = self.counts / self.episodes
        return shares


def simulate(game: Game, profile: Profile, episodes: int, seed: int, *, first_episode: int = 0,
             record: int = RECORD_LIMIT, trajectories: Sequence[int] = (), workers: int | None = None,
             point: int | None = None, progress: Callable[[int], None] | None = None) -> Episodes:
    """Run many episodes.

    Args:
        game: the compiled game.
        profile: one policy a seat, covering the observed rounds.
        episodes: how many, at least 1.
        seed: root seed, 0 to 2^128 - 1.
        first_episode: number of the first one.
        record: for how many episodes, from the first on, to return the recorded quantities; memory
            is about 110 bytes for each, and otherwise does not depend on ``episodes``.
        trajectories: episode numbers to return week by week; any numbers, run here or not.
        workers: threads; None for one a core.
        point: sweep point, if its draws are to differ from other points' (default: common draws).
        progress: called with the number of episodes finished since the last call.

    Raises:
        PolicyError: a policy does not fit the game.
        ParameterError: a number is out of range.
    """
    _check_counts(game, episodes, first_episode, workers, record)
    blocks = simulate_blocks(game, profile, episodes, seed, first_episode=first_episode, workers=workers, point=point)
    check_profile(game, profile, game.rounds, remembering=True)
    paths = {number: trace(game, profile, seed, number, point) for number in trajectories}
    return collect(game, profile, seed, blocks, record=record, trajectories=paths, progress=progress)


def collect(game: Game, profile: Profile, seed: int, blocks: Iterable[Records], *, record: int = RECORD_LIMIT,
           trajectories: Mapping[int, Trajectory] | None = None,
           progress: Callable[[int], None] | None = None) -> Episodes:
    """Fold consecutive records of any engine into one result; arguments as for `simulate`."""
    sums = _Sums()
    kept: list[Records] = []
    for block in blocks:
        sums.add(block)
        missing = record - sum(len(part) for part in kept)
        if missing > 0 or not kept:
            kept.append(block if missing >= len(block) else block.head(max(missing, 0)))
        if progress is not None:
            progress(len(block))
    episodes = int(sums.counts.sum())
    mean, error = sums.payoffs(episodes)
    return Episodes(
        game=game, policies=profile.names, seed=seed, first_episode=kept[0].first_episode, episodes=episodes,
        counts=sums.counts, payoff_mean=mean, payoff_error=error, means=sums.means(episodes),
        records=Records.join(kept), trajectories=dict(trajectories or {}))


def simulate_blocks(game: Game, profile: Profile, episodes: int, seed: int, *, first_episode: int = 0,
                    workers: int | None = None, point: int | None = None) -> Iterator[Records]:
    """Run many episodes and yield their records block by block, in episode order.

    Arguments and errors as for `simulate`; memory is bounded by a few blocks a thread.
    """
    _check_counts(game, episodes, first_episode, workers)
    check_profile(game, profile, game.rounds, remembering=True)
    tables, key = tables_of(game, profile), stream_key(seed, point)
    jobs = _spans(first_episode, episodes)
    threads = workers or cores()
    if threads == 1 or episodes <= BLOCK:
        for start, size in jobs:
            yield tables.run(start, size, key)
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting: list[Future[Records]] = [pool.submit(tables.run, start, size, key)
                                          for start, size in islice(jobs, 2 * threads)]
        try:
            while waiting:
                done = waiting.pop(0).result()
                for start, size in islice(jobs, 1):
                    waiting.append(pool.submit(tables.run, start, size, key))
                yield done
        finally:
            for future in waiting:
                future.cancel()


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _spans(first_episode: int, episodes: int) -> Iterator[tuple[int, int]]:
    for start in range(first_episode, first_episode + episodes, BLOCK):
        yield start, min(BLOCK, first_episode + episodes - start)


def _check_counts(game: Game, episodes: int, first_episode: int, workers: int | None, record: int = 0) -> None:
    def whole(key: str, value: object, low: int, high: int, allowed: str) -> None:
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not low <= value <= high:
            raise ParameterError(key, value, allowed)

    whole("episodes", episodes, 1, EPISODE_LIMIT, "an integer, at least 1")
    whole("first_episode", first_episode, 0, EPISODE_LIMIT - episodes, "an integer, at least 0")
    whole("record", record, 0, EPISODE_LIMIT, "an integer, at least 0")
    if workers is not None:
        whole("workers", workers, 1, 4096, "an integer, at least 1, or null for one a core")
    if game.rounds > ROUND_LIMIT:
        raise ParameterError("scenario.rounds", game.rounds, f"at most {ROUND_LIMIT} in the batch engine")
    if max(game.n_states, game.n_afterstates) >= 2**kernels.BITS:
        raise ParameterError("scenario.tokyo.ladder", f"{game.n_states} states",
                             f"ladders that give fewer than {2**kernels.BITS} afterstates in the batch engine")


@dataclass
class _Sums:
    """Running totals over all episodes, exact whatever the order of blocks of one size."""

    counts: Integers = field(default_factory=lambda: np.zeros(len(Outcome), dtype=np.int64))
    totals: dict[str, list[float]] = field(default_factory=dict)
    squares: dict[str, list[float]] = field(default_factory=dict)

    def add(self, block: Records) -> None:
        self.counts += np.bincount(block.outcome, minlength=len(Outcome))
        for name, column in block.columns().items():
            if name in ("episode", "outcome", "final_state"):
                continue
            self._accumulate(self.totals, name, float(column.sum()))
            if name.startswith("payoff_"):
                self._accumulate(self.squares, name, float((column**2).sum()))

    @staticmethod
    def _accumulate(parts: dict[str, list[float]], name: str, value: float) -> None:
        parts[name] = _grow(parts.get(name, []), value)

    def means(self, episodes: int) -> dict[str, float]:
        return {name: math.fsum(parts) / episodes for name, parts in self.totals.items()}

    def payoffs(self, episodes: int) -> tuple[Floats, Floats]:
        names = [f"payoff_{actor.key}" for actor in Actor]
        mean = np.array([math.fsum(self.totals[name]) for name in names]) / episodes
        square = np.array([math.fsum(self.squares[name]) for name in names]) / episodes
        variance = np.maximum(square - mean**2, 0.0) * (episodes / max(episodes - 1, 1))
        return mean, np.sqrt(variance / episodes)


def _grow(parts: list[float], value: float) -> list[float]:
    """Add a number to an exact sum held as non-overlapping parts (Shewchuk 1997, Grow-Expansion)."""
    grown = []
    for part in parts:
        if abs(value) < abs(part):
            value, part = part, value
        total = value + part
        rest = part - (total - value)
        if rest:
            grown.append(rest)
        value = total
    return [*grown, value]


__all__ = ["BLOCK", "Episodes", "Records", "collect", "cores", "simulate", "simulate_blocks"]
