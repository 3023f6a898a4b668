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
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from negotiation.draws import EPISODE_LIMIT, stream_key
from negotiation.engines.trajectory import Trajectory, trace
from negotiation.game import Floats, Game, Integers, chance_thresholds
from negotiation.kernels import episodes as kernels
from negotiation.outcome_rules import classify, discount_weights
from negotiation.parameters import ParameterError
from negotiation.policy import Profile, check_profile
from negotiation.vocabulary import Actor, Move, Outcome, Stance

BLOCK = 16_384
RECORD_LIMIT = 1_000_000
ROUND_LIMIT = 65_535  # width of the packed event counts
Words = NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class Records:
    """The recorded quantities of consecutive episodes, one array entry an episode.

    Attributes:
        first_episode: number of the first episode.
        outcome: int8, `Outcome`.
        settlement_round: int64, round of settlement from 1, 0 if none.
        rupture_round: int64, round of rupture, 0 if none.
        first_standstill: int64, first round with a standstill in force after the moves, 0 if none.
        breaches, lapses: int64, numbers of events.
        appeals_tokyo, appeals_seoul: int64, numbers of appeals.
        peak_tension: float64, over the start rungs and every round's rungs.
        effort: float64, Washington's total effort, not net of invitation.
        payoff_tokyo, payoff_seoul, payoff_washington: float64, payoff units, discounted, over the
            observed rounds, settlement and rupture included.
        final_state: int64, number of the state after the last round played.
    """

    first_episode: int
    outcome: NDArray[np.int8]
    settlement_round: Integers
    rupture_round: Integers
    first_standstill: Integers
    breaches: Integers
    lapses: Integers
    appeals_tokyo: Integers
    appeals_seoul: Integers
    peak_tension: Floats
    effort: Floats
    payoff_tokyo: Floats
    payoff_seoul: Floats
    payoff_washington: Floats
    final_state: Integers

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            if name != "first_episode":
                getattr(self, name).setflags(write=False)

    def __len__(self) -> int:
        return int(self.outcome.size)

    def columns(self) -> dict[str, NDArray[np.generic]]:
        """Column name to array, for a data frame; the first column is the episode number."""
        names = [name for name in self.__dataclass_fields__ if name != "first_episode"]
        numbers = np.arange(self.first_episode, self.first_episode + len(self))
        return {"episode": numbers, **{name: getattr(self, name) for name in names}}

    @classmethod
    def join(cls, parts: Sequence[Records]) -> Records:
        """Consecutive records as one."""
        names = [name for name in cls.__dataclass_fields__ if name != "first_episode"]
        return cls(parts[0].first_episode,
                   **{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})

    @classmethod
    def from_rows(cls, first_episode: int, rows: Sequence[Mapping[str, float]]) -> Records:
        """From one mapping an episode, as `negotiation.engines.trajectory.summarise` gives them."""
        columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
        columns["outcome"] = columns["outcome"].astype(np.int8)
        return cls(first_episode, **columns)

    def head(self, count: int) -> Records:
        """The first ``count`` episodes."""
        names = [name for name in self.__dataclass_fields__ if name != "first_episode"]
        return Records(self.first_episode, **{name: getattr(self, name)[:count] for name in names})


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
    check_profile(game, profile, game.rounds)
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
    check_profile(game, profile, game.rounds)
    tables, key = _Tables(game, profile), stream_key(seed, point)
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


class _Tables:
    """The rows that `negotiation.kernels.episodes` reads."""

    def __init__(self, game: Game, profile: Profile) -> None:
        self.game = game
        self._own = threading.local()
        rounds = game.rounds
        tokyo, seoul, washington = profile
        self.stance_ends = _ends(game, [washington.stance_inner[:rounds, None, None]])[:, :, 0, 0, 0]
        firsts = [policy.first_inner[:rounds, :, None] for policy in (tokyo, seoul)]
        replies = [policy.second_inner[:rounds] for policy in (seoul, tokyo)]
        self.first_ends, self.reply_ends = (
            ends.reshape(len(ends), -1, len(Move) - 1) for ends in (_ends(game, firsts), _ends(game, replies)))
        self.leaf_words, self.settled_end = _leaves(game)
        self.effort = np.tile(game.effort, game.n_states)
        self.discounts = discount_weights(game).copy()  # the loop is compiled for tables that could be written
        self.seoul_first_from = np.uint64(math.ceil(game.scenario.tokyo_first * 2**44))

    def _scratch(self, size: int) -> Words:
        """uint64 [10, size]: one a thread, so that no block asks the system for fresh memory."""
        if not hasattr(self._own, "words"):
            self._own.words = np.empty(10 * BLOCK, dtype=np.uint64)
        words: Words = self._own.words[:10 * size].reshape(10, size)
        return words

    def run(self, first_episode: int, size: int, key: Words) -> Records:
        """Play episodes ``first_episode`` to ``first_episode + size - 1``."""
        game = self.game
        scratch = self._scratch(size)
        state, standstill, counts, end = *scratch[6:9], scratch[9].view(np.int64)
        peak, effort, payoffs = np.empty(size), np.empty(size), np.empty((3, size))
        kernels.run_block(
            first_episode, size, game.rounds, key[0], key[1], game.start, game.tension[game.start],
            self.seoul_first_from, self.stance_ends, self.first_ends, self.reply_ends,
            self.leaf_words.view(np.float64), self.leaf_words, self.settled_end, self.effort, self.discounts,
            game.settlement_payoff, game.rupture_payoff, scratch, end, state, standstill, counts, peak, effort,
            payoffs)
        standstill[standstill >= kernels.NEVER] = 0
        width, field = kernels.COUNTER_BITS, np.uint64(2**kernels.COUNTER_BITS - 1)
        breaches, appeals_tokyo, appeals_seoul, lapses = (
            (counts >> np.uint64(width * place) & field).astype(np.int64) for place in range(4))
        final = state.astype(np.int64)
        return Records(
            first_episode, classify(game, end, final), np.maximum(end, 0), np.maximum(-end, 0),
            standstill.astype(np.int64), breaches, lapses, appeals_tokyo, appeals_seoul, peak, effort,
            payoffs[0], payoffs[1], payoffs[2], final)


def _ends(game: Game, tables: Sequence[Floats]) -> Words:
    """uint64 [T, S, W, orders, F, 4]: upper ends of one table for each order of moves; T = 1 if all are stationary."""
    rounds = max(len(table) for table in tables)
    stances, firsts = tables[0].shape[1:3]
    ends = np.empty((rounds, game.n_states, stances, len(tables), firsts, tables[0].shape[3] - 1), dtype=np.uint64)
    for order, table in enumerate(tables):
        kernels.scaled_ends(table, ends[:len(table)], order)
        if len(table) < rounds:
            ends[1:, :, :, order] = ends[:1, :, :, order]
    return ends


def _scaled(ends: Floats) -> Words:
    """Upper ends in [0, 2] as whole numbers of 2^-53, rounded up: u >= end compares alike."""
    return np.ceil(ends * 2.0**53).astype(np.uint64)


def _leaves(game: Game) -> tuple[Words, Words]:
    s, w, m = game.n_states, len(Stance), len(Move)
    table = np.empty((s, w, m, m, len(kernels.LEAF)), dtype=np.uint64)
    doubles = table.view(np.float64)
    ends = np.moveaxis(chance_thresholds(game), (0, -1), (-1, 0))
    k = np.moveaxis(game.afterstate, -1, 0)[:, None]
    table[..., 0] = (np.moveaxis(game.breach, -1, 0)[:, None]).astype(np.uint64)
    table[:, :, Move.APPEAL, :, 0] += np.uint64(1 << kernels.COUNTER_BITS)
    table[:, :, :, Move.APPEAL, 0] += np.uint64(1 << 2 * kernels.COUNTER_BITS)
    table[..., 1:3] = _scaled(ends[..., 1:])
    flag = np.where(game.after_status > 0, 0, kernels.NOT_IN_FORCE)
    code = (game.next_on | game.next_lapsed << kernels.BITS
            | np.arange(game.n_afterstates) << 2 * kernels.BITS | flag)
    table[..., 3] = code[k].astype(np.uint64)
    doubles[..., 4:7] = np.moveaxis(game.payoff, (0, -1), (-1, 0))
    doubles[..., 7] = game.after_tension[k]
    return table.reshape(-1, len(kernels.LEAF)), np.ascontiguousarray(_scaled(ends[..., 0]).reshape(-1))
