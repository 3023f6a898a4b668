r"""Maximum likelihood of chosen parameters, with profile intervals, and what the record leaves open.

**Estimate.** :math:`\hat u = \arg\max \ell(u)` over the unit cube of plausible values, from several starts: the
scenario's own values and the best of a Halton sequence, so the result is the same every time.

**Profile.** For one parameter, :math:`\ell_p(u_j) = \max_{u_{-j}} \ell(u)`. The 95 % interval is where

.. math:: \ell(\hat u) - \ell_p(u_j) \le \tfrac12 \chi^2_{1, 0.95} = 1.92

(Venzon & Moolgavkar 1988). The likelihood may have several summits of nearly the same height; the profile is the
upper envelope of the ridges that run through the two highest found, and an interval reaches from its lowest end to its
highest. Where the profile does not fall so far before the end of the plausible range, the interval is open on that
side and the parameter is *not identified* from there. A search may miss a summit: more ``starts`` see more.

**Directions.** The eigenvectors of minus the second derivatives at the estimate say which combinations the weeks
tell apart. A direction is *flat* where half of the plausible range along it costs less than 1.92 of log likelihood:
:math:`\lambda\, (1/2)^2 / 2 < 1.92`.

Twenty-six weeks are few and depend on each other through the state alone, so the chi-square approximation is itself
a guess; `tests/test_history_slow.py` measures how often such intervals hold the truth in simulated histories.

**Variables.** :math:`\hat u` is ``places``, :math:`\ell` `negotiation.history.surface.Surface`, the drop ``drop``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import chi2, qmc

from negotiation.game import Floats
from negotiation.history.coding import Observed
from negotiation.history.free import DEFAULT, Free, free_parameters
from negotiation.history.statement import plain_statement
from negotiation.history.surface import Report, Surface
from negotiation.scenario import Scenario
from negotiation.version import __version__

if TYPE_CHECKING:
    from pandas import DataFrame

CONFIDENCE = 0.95
TRIED = 12  # points of the Halton sequence a start
PACE = 0.6  # of a standard error: how far the profile goes at once
WIDEST = 0.25  # in places: or so far at most
CLOSE = 0.04  # how near the drop at an end comes to that asked for
REFINED = 3
HIGHER = 0.01  # a profile this much above the estimate shows that there is a better one
GROWTH = 1.6  # of the pace, outwards
STARTS = 5
MOST = 2  # summits whose ridges are walked
ASUNDER = 0.25  # in places: starts no nearer to each other
APART = 0.03  # in places: summits this near are one
BUMP = 0.1  # a point this much below its outer neighbour was not climbed to the top


def drop_allowed(confidence: float = CONFIDENCE) -> float:
    """Half of the chi-square quantile with one degree of freedom: 1.92 at 95 %."""
    return float(chi2.ppf(confidence, 1)) / 2


@dataclass(frozen=True, eq=False)
class Fit:
    """Estimates and what is known of them.

    Attributes:
        scenario: the scenario that holds all that is not free.
        observed: name of the weeks.
        free: the parameters.
        places: float64 [d], the estimate in the unit cube.
        log_likelihood: of all that was seen, chance included, at the estimate.
        at_scenario: the same at the scenario's own values.
        intervals: one row a parameter: ``parameter``, ``title``, ``estimate``, ``low``, ``high`` (nan where open),
            ``range_low``, ``range_high``, ``scenario`` (its own value), ``status``.
        profile: one row a parameter and value: ``parameter``, ``title``, ``value``, ``place``, ``log_likelihood``,
            ``drop``, and ``at_NAME``, where the other parameters then lie.
        directions: one row a direction, flattest first: ``eigenvalue``, ``flat``, and a weight a parameter.
        statement: sentences.
        evaluations: how many games were solved.
        version: of this package.
    """

    scenario: Scenario
    observed: str
    free: tuple[Free, ...]
    places: Floats
    log_likelihood: float
    at_scenario: float
    intervals: DataFrame
    profile: DataFrame
    directions: DataFrame
    statement: tuple[str, ...]
    evaluations: int
    version: str = __version__

    @property
    def estimate(self) -> dict[str, float]:
        """Name to estimate."""
        return {one.name: one.at(float(place)) for one, place in zip(self.free, self.places, strict=True)}

    def fitted(self) -> Scenario:
        """The scenario with the free parameters at their estimates."""
        changes: dict[str, float] = {}
        for one, place in zip(self.free, self.places, strict=True):
            changes |= one.changes(self.scenario, one.at(float(place)))
        return self.scenario.override(changes)


def fit(scenario: Scenario, observed: Observed, parameters: Sequence[str] = DEFAULT,
        bounds: Mapping[str, tuple[float, float]] | None = None, *, profiled: Sequence[str] | None = None,
        starts: int = STARTS, report: Report | None = None) -> Fit:
    """The parameters under which equilibrium play makes the observed weeks likeliest.

    Args:
        scenario: all that is not free.
        observed: the weeks.
        parameters: names or keys, see `negotiation.history.free.free_parameters`.
        bounds: name to lowest and highest value, instead of the documented range.
        profiled: which get a profile and an interval; all if None.
        starts: of the search, at least 1.
        report: called with (1, 0) after each game solved.

    Raises:
        ParameterError: a parameter or its bounds are not allowed.
    """
    return fit_surface(Surface(scenario, free_parameters(scenario, parameters, bounds), observed, report),
                       profiled=profiled, starts=starts)


def fit_surface(surface: Surface, *, profiled: Sequence[str] | None = None, starts: int = STARTS) -> Fit:
    """The summit of any log likelihood over free parameters, with profiles: what `fit` does.

    Args:
        surface: the log likelihood.
        profiled: which parameters get a profile and an interval; all if None.
        starts: of the search, at least 1.
    """
    scenario, free = surface.scenario, surface.free
    own = np.clip([one.place(one.own(scenario)) for one in free], 0.0, 1.0)
    summits = _summits(surface, own, starts)
    names = [one.name for one in free] if profiled is None else list(profiled)
    axes = [axis for axis, one in enumerate(free) if one.name in names]
    for last in (False, True):
        top = summits[0][1]
        bends = [surface.curvature(point) for point, _ in summits]
        ridges = {axis: [_trace(surface, point, height, top, axis, bend)
                         for (point, height), bend in zip(summits, bends, strict=True)] for axis in axes}
        higher = max((entry for lines in ridges.values() for line in lines for entry in line),
                     key=lambda entry: entry[1], default=(0.0, top, summits[0][0]))
        if higher[1] <= top + HIGHER or last:
            break
        summits = _distinct([surface.climb(higher[2]), *summits])  # what was walked already costs nothing again
    best, top = summits[0]
    traces = {axis: _envelope(lines) for axis, lines in ridges.items()}
    curvature = bends[0]
    intervals = _intervals(free, scenario, best, top, traces)
    directions = _directions(free, curvature)
    return Fit(scenario, surface.observed.name, free, best, top, surface(own), intervals,
               _profile_table(free, top, traces), directions, plain_statement(intervals, directions),
               surface.evaluations)


# --------------------------------------------------------------------------------- the estimate


def _summits(surface: Surface, own: Floats, starts: int) -> list[tuple[Floats, float]]:
    """The points that the starts lead to, highest first; only those that an interval may reach."""
    tried = qmc.Halton(own.size, scramble=False).random(TRIED * (starts - 1) + 1)[1:]
    chosen = [own]
    for point in sorted(tried, key=surface, reverse=True):
        if len(chosen) < starts and all(np.abs(point - other).max() > ASUNDER for other in chosen):
            chosen.append(point)
    return _distinct([surface.climb(start) for start in chosen])


def _distinct(found: Sequence[tuple[Floats, float]]) -> list[tuple[Floats, float]]:
    """Summits apart from each other, and no lower than the highest by more than an interval allows."""
    kept: list[tuple[Floats, float]] = []
    for point, height in sorted(found, key=lambda one: -one[1]):
        if height >= (kept[0][1] if kept else height) - drop_allowed() and all(
                np.abs(point - other).max() > APART for other, _ in kept):
            kept.append((point, height))
    return kept[:MOST]


# --------------------------------------------------------------------------------- the profiles

Trace = list[tuple[float, float, Floats]]  # place, profile log likelihood, where all parameters then lie


def _pace(curvature: Floats, axis: int) -> float:
    """How far to go at once along an axis: part of a standard error, where the curvature gives one."""
    values, vectors = np.linalg.eigh(curvature)
    variance = float((vectors[axis] ** 2 / np.maximum(values, 1e-3)).sum())
    return float(np.clip(PACE * np.sqrt(variance), 0.01, WIDEST))


def _trace(surface: Surface, summit: Floats, height: float, top: float, axis: int, curvature: Floats) -> Trace:
    """The ridge along one axis, from a summit outwards until it has fallen far enough or the range ends."""
    found: Trace = [(float(summit[axis]), height, summit)]
    for side in (-1, 1):
        inner, step = found[0], _pace(curvature, axis)
        while True:
            place = float(np.clip(inner[0] + side * step, 0.0, 1.0))
            if place == inner[0]:
                break
            outer = _held(surface, axis, place, inner[2], curvature)
            found.append(outer)
            if top - outer[1] > drop_allowed():
                found += _refine(surface, axis, top, inner, outer, curvature)
                break
            inner, step = outer, step * GROWTH
    return _mended(surface, axis, sorted(found, key=lambda entry: entry[0]), curvature)


def _envelope(lines: Sequence[Trace]) -> Trace:
    """The points of several ridges that no other ridge runs above: the profile."""
    kept: Trace = []
    for number, line in enumerate(lines):
        others = [other for place, other in enumerate(lines) if place != number]
        kept += [entry for entry in line if all(entry[1] >= _height_at(other, entry[0]) for other in others)]
    return sorted(kept, key=lambda entry: entry[0])


def _height_at(line: Trace, place: float) -> float:
    """Of a ridge, between its points; minus infinity outside."""
    return float(np.interp(place, [entry[0] for entry in line], [entry[1] for entry in line], -np.inf, -np.inf))


def _mended(surface: Surface, axis: int, trace: Trace, curvature: Floats) -> Trace:
    """The trace, its points that lie below an outer neighbour climbed anew from there."""
    middle = max(range(len(trace)), key=lambda place: trace[place][1])
    for order in (range(1, middle), range(len(trace) - 2, middle, -1)):
        for here in order:
            outer = trace[here - 1 if here < middle else here + 1]
            if outer[1] > trace[here][1] + BUMP:
                again = _held(surface, axis, trace[here][0], outer[2], curvature)
                trace[here] = max(trace[here], again, key=lambda entry: entry[1])
    return trace


def _held(surface: Surface, axis: int, place: float, near: Floats, curvature: Floats) -> tuple[float, float, Floats]:
    """A point of the profile; the search begins where the ridge through a nearby point should be."""
    others = [other for other in range(near.size) if other != axis]
    start = near.copy()
    if others:
        turn = np.linalg.lstsq(curvature[np.ix_(others, others)], curvature[others, axis], rcond=1e-2)[0]
        start[others] = np.clip(near[others] - turn * (place - near[axis]), 0.0, 1.0)
    point, height = surface.climb_from(start, {axis: place}, curvature)
    return place, height, point


def _refine(surface: Surface, axis: int, top: float, inner: tuple[float, float, Floats],
            outer: tuple[float, float, Floats], curvature: Floats) -> Trace:
    """Points between two that hold the end of the interval between them, the last one near it."""
    found: Trace = []
    for _ in range(REFINED):
        place = _crossing((inner[0], top - inner[1]), (outer[0], top - outer[1]))
        middle = _held(surface, axis, place, inner[2], curvature)
        found.append(middle)
        gone = top - middle[1]
        if abs(gone - drop_allowed()) < CLOSE:
            break
        inner, outer = (middle, outer) if gone < drop_allowed() else (inner, middle)
    return found


def _crossing(inner: tuple[float, float], outer: tuple[float, float]) -> float:
    """Where the drop reaches what is allowed: the square root of a drop runs nearly straight."""
    low, high, aim = (float(np.sqrt(max(drop, 0.0))) for drop in (inner[1], outer[1], drop_allowed()))
    return inner[0] + (outer[0] - inner[0]) * (aim - low) / (high - low)


def _ends(top: float, trace: Trace) -> tuple[float, float]:
    """Places of the interval's outermost ends; nan where the profile does not fall far enough."""
    drops = [(place, top - height) for place, height, _ in trace]
    ends = []
    for line in (drops, drops[::-1]):
        if line[0][1] <= drop_allowed():
            ends.append(float("nan"))
            continue
        ends.append(next(_crossing(inner, outer) for outer, inner in pairwise(line)
                         if inner[1] <= drop_allowed() < outer[1]))
    return ends[0], ends[1]


def _intervals(free: Sequence[Free], scenario: Scenario, best: Floats, top: float,
               traces: Mapping[int, Trace]) -> DataFrame:
    from pandas import DataFrame

    rows = []
    for axis, trace in sorted(traces.items()):
        one = free[axis]
        low, high = _ends(top, trace)
        status = ("not identified" if np.isnan(low) and np.isnan(high) else "not identified from below"
                  if np.isnan(low) else "not identified from above" if np.isnan(high) else "identified")
        rows.append((one.name, one.title, one.at(float(best[axis])), *(
            float("nan") if np.isnan(end) else one.at(end) for end in (low, high)), one.low, one.high,
            one.own(scenario), status))
    return DataFrame(rows, columns=["parameter", "title", "estimate", "low", "high", "range_low", "range_high",
                                    "scenario", "status"])


def _profile_table(free: Sequence[Free], top: float, traces: Mapping[int, Trace]) -> DataFrame:
    from pandas import DataFrame

    return DataFrame({
        "parameter": free[axis].name, "title": free[axis].title, "value": free[axis].at(place), "place": place,
        "log_likelihood": height, "drop": top - height,
        **{f"at_{one.name}": one.at(float(point[other])) for other, one in enumerate(free)}}
        for axis, trace in sorted(traces.items()) for place, height, point in trace)


def _directions(free: Sequence[Free], curvature: Floats) -> DataFrame:
    from pandas import DataFrame

    values, vectors = np.linalg.eigh(curvature)
    table = DataFrame(vectors.T, columns=[one.name for one in free])
    table.insert(0, "eigenvalue", values)
    table.insert(1, "flat", values * 0.5**2 / 2 < drop_allowed())
    return table


__all__ = ["Fit", "drop_allowed", "fit", "fit_surface"]
