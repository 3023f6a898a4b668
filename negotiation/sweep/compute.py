r"""Computing the rows of points: exact, simulated, or simulated to a precision.

**Precision target.** With `half_width` d, episodes are added until the 95 % Wilson interval of every
outcome's share is at most 2 d wide, or `max_episodes` is reached. The next number of episodes is what the
shares so far ask for, :math:`z^2 p (1 - p) / d^2` of the widest, rounded up to whole batches of `BATCH`; as
episodes are numbered, more of them means going on, not beginning anew. Shares read after such a rule are
biased by less than the interval's width squared.

A point depends on its own configuration alone: not on which points share its block, on the worker or on
the order, so a table does not depend on any of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from negotiation.behaviours.solved import forget
from negotiation.engines.batch import Records, collect, simulate_blocks
from negotiation.engines.exact import need_tables
from negotiation.engines.points import PointResult, chosen_point, profile_of, profile_point
from negotiation.game import Game, compile_game
from negotiation.outcomes import CONFIDENCE, wilson_interval
from negotiation.policy import Profile
from negotiation.sweep.point import Base, PointStudy
from negotiation.sweep.rows import EPISODES, ERROR, POINT, RESULTS
from negotiation.vocabulary import Actor, Outcome

BATCH = 1024
GAMES_KEPT = 4  # compiled games, and with them their solutions (41 MB each), kept for points that share one
COUNTS = ("breaches", "lapses", "appeals_tokyo", "appeals_seoul", "effort")


@dataclass
class Computer:
    """Computes rows; one a process, shared by its threads; goes to other processes without its games.

    Attributes:
        base: what the points have in common.
        half_width: precision target of simulated outcome shares, None for `PointStudy.episodes` of each.
        max_episodes: where a precision target stops at the latest.
    """

    base: Base
    half_width: float | None = None
    max_episodes: int = 1_000_000
    _games: list[Game] = field(default_factory=list, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_games": []}

    def rows(self, points: Sequence[int], overrides: Sequence[Mapping[str, Any]]) -> dict[str, NDArray[Any]]:
        """The results of some points.

        Args:
            points: their numbers.
            overrides: configuration key to value, per point.

        Returns:
            `point` and every result column (`negotiation.sweep.rows`), arrays [points]. A point that cannot be
            computed has its message in `error`.
        """
        columns: dict[str, list[Any]] = {name: [] for name in RESULTS}
        for point, values in zip(points, overrides, strict=True):
            row = self.row(int(point), values)
            for name, column in columns.items():
                column.append(row[name])
        kinds = {"float64": np.float64, "int64": np.int64, "bool": np.bool_, "string": object}
        return {POINT: np.asarray(points, dtype=np.int64),
                **{name: np.array(column, dtype=kinds[RESULTS[name]]) for name, column in columns.items()}}

    def row(self, point: int, overrides: Mapping[str, Any]) -> dict[str, Any]:
        """The results of one point, by column."""
        start = perf_counter()
        row = dict(_EMPTY)
        try:
            study = self.base.at(overrides, point)
            row |= self._exact(study) if study.engine == "exact" else self._simulated(study)
        except Exception as error:  # whatever breaks one point must not cost the others
            known = isinstance(error, ValueError)
            row = {**_EMPTY, ERROR: str(error) if known else f"{type(error).__name__}: {error}",
                   EPISODES: overrides.get(EPISODES, 0)}
        row["wall_time"] = perf_counter() - start
        return row

    def _exact(self, study: PointStudy) -> dict[str, Any]:
        result = self._solved(study)
        row = _exact_numbers(result)
        for outcome in Outcome:
            share = min(max(float(result.probabilities[outcome]), 0.0), 1.0)
            row[f"probability_{outcome.key}"] = row[f"low_{outcome.key}"] = row[f"high_{outcome.key}"] = share
            row[f"error_{outcome.key}"] = 0.0
        for actor in Actor:
            row[f"payoff_{actor.key}"] = float(result.expected_payoff[actor])
            row[f"payoff_error_{actor.key}"] = 0.0
        for name, when in (("settlement_round", result.settled), ("rupture_round", result.ruptured),
                           ("first_standstill", result.first_standstill)):
            row[name] = _mean_round(when)
        return {**row, **{name: result.counts[name] for name in COUNTS}, "exact": True}

    def _solved(self, study: PointStudy) -> PointResult:
        found = chosen_point(study.scenario, study.policies)
        if found is not None:
            return found
        game = self._game(study)
        profile = profile_of(game, study.policies)
        need_tables(profile, "engine.name", study.engine)
        return profile_point(game, profile)

    def _game(self, study: PointStudy) -> Game:
        """The compiled game, the same object for points of one scenario, so that it is solved once."""
        for game in list(self._games):  # threads may share this list: it is only ever appended to and cut
            if game.scenario == study.scenario:
                return game
        game = compile_game(study.scenario)
        self._games.append(game)
        for old in self._games[:-GAMES_KEPT]:
            forget(old)
        del self._games[:-GAMES_KEPT]
        return game

    def _simulated(self, study: PointStudy) -> dict[str, Any]:
        game = self._game(study)
        profile = profile_of(game, study.policies)
        row = {} if profile.remembers else _exact_numbers(self._solved(study))
        standstills = _Counter()
        found = collect(game, profile, study.seed, standstills.watch(self._blocks(study, game, profile)), record=0)
        shares = found.outcome_shares()
        low, high = wilson_interval(found.counts, found.episodes)
        for outcome in Outcome:
            share = float(shares[outcome])
            row[f"probability_{outcome.key}"] = share
            row[f"error_{outcome.key}"] = math.sqrt(share * (1 - share) / found.episodes)
            row[f"low_{outcome.key}"], row[f"high_{outcome.key}"] = float(low[outcome]), float(high[outcome])
        for actor in Actor:
            row[f"payoff_{actor.key}"] = float(found.payoff_mean[actor])
            row[f"payoff_error_{actor.key}"] = float(found.payoff_error[actor])
        for name, count in (("settlement_round", found.counts[Outcome.SETTLEMENT]),
                            ("rupture_round", found.counts[Outcome.RUPTURE]), ("first_standstill", standstills.count)):
            row[name] = found.means[name] * found.episodes / count if count else math.nan
        return {**row, **{name: found.means[name] for name in COUNTS}, "exact": False, "episodes": found.episodes}

    def outcomes(self, overrides: Mapping[str, Any], point: int, episodes: int) -> NDArray[np.int8]:
        """int8 [episodes], `Outcome` of a point's first episodes.

        Raises:
            ParameterError: the point cannot be computed.
        """
        study = self.base.at(overrides, point)
        game = self._game(study)
        profile = profile_of(game, study.policies)
        return np.concatenate([block.outcome for block in _episodes(study, game, profile, 0, episodes)])

    def _blocks(self, study: PointStudy, game: Game, profile: Profile) -> Iterator[Records]:
        if self.half_width is None:
            yield from _episodes(study, game, profile, 0, study.episodes)
            return
        counts, done, wanted = np.zeros(len(Outcome), dtype=np.int64), 0, min(BATCH, self.max_episodes)
        while done < wanted:
            for block in _episodes(study, game, profile, done, wanted - done):
                counts += np.bincount(block.outcome, minlength=len(Outcome))
                yield block
            done = wanted
            wanted = min(episodes_wanted(counts, self.half_width), self.max_episodes)


def _episodes(study: PointStudy, game: Game, profile: Profile, first: int, count: int) -> Iterator[Records]:
    if study.engine == "mesa":
        from negotiation.engines.mesa_batch import simulate_mesa

        yield simulate_mesa(game, profile, count, study.seed, first_episode=first).records
        return
    yield from simulate_blocks(game, profile, count, study.seed, first_episode=first, workers=1, point=study.draws)


def episodes_wanted(counts: NDArray[np.int64], half_width: float) -> int:
    """How many episodes in all the shares so far ask for; the present number where the target is met.

    Args:
        counts: int64 [5], episodes per outcome so far.
        half_width: half the widest interval that is allowed.
    """
    done = int(counts.sum())
    low, high = wilson_interval(counts, done)
    if float((high - low).max()) <= 2 * half_width:
        return done
    shares = counts / done
    from scipy.stats import norm

    z = float(norm.ppf(0.5 + CONFIDENCE / 2))
    needed = z**2 * float((shares * (1 - shares)).max()) / half_width**2
    return max(math.ceil(needed / BATCH), done // BATCH + 1) * BATCH


class _Counter:
    """Counts the episodes that saw a standstill, while blocks pass."""

    def __init__(self) -> None:
        self.count = 0

    def watch(self, blocks: Iterator[Records]) -> Iterator[Records]:
        for block in blocks:
            self.count += int((block.first_standstill > 0).sum())
            yield block


_EMPTY: dict[str, Any] = {
    name: {"float64": math.nan, "int64": 0, "bool": False, "string": None}[kind] for name, kind in RESULTS.items()}


def _exact_numbers(result: PointResult) -> dict[str, Any]:
    return {f"{name}_{actor.key}": float(values[actor]) for name, values in (
        ("value", result.value), ("regret", result.regret)) for actor in Actor}


def _mean_round(when: NDArray[np.float64]) -> float:
    total = float(when.sum())
    return float((when * np.arange(1, when.size + 1)).sum()) / total if total > 0 else math.nan


__all__ = ["Computer", "episodes_wanted"]
