r"""Differences between neighbouring points of a grid, with paired intervals.

Under common random numbers both points of a pair have played the same episodes with the same draws, so what
chance did to both cancels in their difference. For one outcome let b be the number of episodes that end so
only at the first point, c only at the second, of n. The difference of the shares is (c - b) / n; its 95 %
interval is that of Agresti & Min (2005, "Simple improved confidence intervals for comparing matched
proportions", Statistics in Medicine 24), which adds 1/2 to each cell of the pair's two-by-two table:

.. math::
    \tilde n = n + 2,\quad \tilde b = b + \tfrac12,\quad \tilde c = c + \tfrac12,\qquad
    \frac{\tilde c - \tilde b}{\tilde n} \pm z \frac{\sqrt{\tilde b + \tilde c - (\tilde c - \tilde b)^2 / \tilde n}}
    {\tilde n}.

The episodes are played again from the seed rather than stored: a pair needs each episode's outcome, which
would be most of a sweep's bytes. Exact rows differ by exactly their difference.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy.stats import norm

from negotiation.outcomes import CONFIDENCE
from negotiation.parameters import ParameterError
from negotiation.sweep.columns import axis_columns, check_axis, levels
from negotiation.sweep.rows import ERROR, POINT
from negotiation.sweep.settings import SweepPlan
from negotiation.sweep.table import load_sweep
from negotiation.vocabulary import Outcome

Z = float(norm.ppf(0.5 + CONFIDENCE / 2))


def paired_differences(folder: str | Path, axis: str, workers: int | None = None) -> pd.DataFrame:
    """How outcome shares change from each point of a sweep to its neighbour along an axis.

    Args:
        folder: of a sweep whose points form a grid in ``axis``: neighbours agree in all other axes.
        axis: key of the axis; neighbours follow one another in its levels (numbers rising).
        workers: threads; None for one a core.

    Returns:
        One row a pair and outcome: `point`, `neighbour` (numbers of the points), `from`, `to` (values of the
        axis), `outcome`, `difference` (of the shares, neighbour less point), `error` (its standard error), `low`,
        `high` (95 % interval), `unpaired_error` (what the standard error would be without common random
        numbers), `episodes` (of the pair, the fewer of both), `exact`.

    Raises:
        ParameterError: the axis is none of the sweep's, there are no neighbours along it, or the points have
            draws of their own.
    """
    table = load_sweep(folder)
    check_axis(table, axis, "sweep.differences")
    plan = SweepPlan.from_config(table.manifest["config"])
    pairs = _pairs(table[table[ERROR].isna()], axis)
    if not pairs:
        raise ParameterError("sweep.differences", axis, "an axis with two points that differ in nothing else")
    rows: Any = table.set_index(POINT)
    exact = bool(rows.loc[sorted({point for pair in pairs for point in pair}), "exact"].all())
    if not exact and not plan.computer.base.common_random_numbers:
        raise ParameterError("sweep.differences", axis, "null without common random numbers")
    work = Parallel(workers or -1, backend="threading")
    found = work(delayed(_line)(plan, rows, line) for line in _lines(pairs))
    outcomes = list(Outcome.keys())
    records = []
    for line in found:
        for point, neighbour, numbers, episodes in line:
            for place, outcome in enumerate(outcomes):
                records.append({
                    "point": point, "neighbour": neighbour, "from": rows.at[point, axis],
                    "to": rows.at[neighbour, axis], "outcome": outcome,
                    **{name: float(values[place]) for name, values in numbers.items()},
                    "episodes": episodes, "exact": episodes == 0})
    result = pd.DataFrame(records).sort_values(["point", "neighbour"], kind="stable", ignore_index=True)
    result.attrs = {"axis": axis, "confidence": CONFIDENCE, "manifest": table.manifest}
    return result


def _pairs(table: Any, axis: str) -> list[tuple[int, int]]:
    place = {value: number for number, value in enumerate(levels(table[axis]))}
    others = [key for key in axis_columns(table) if key != axis]
    groups = [group for _, group in table.groupby(others, sort=False, dropna=False)] if others else [table]
    pairs = []
    for group in groups:
        group = group[group[axis].notna()]
        ordered = group.assign(_place=[place[value] for value in group[axis].tolist()]).sort_values("_place")
        exact = dict(zip(ordered[POINT].tolist(), ordered["exact"].tolist(), strict=True))
        # An exact point and a simulated one have no episodes to pair.
        pairs += [pair for pair in pairwise(ordered[POINT].tolist()) if exact[pair[0]] == exact[pair[1]]]
    return pairs


def _lines(pairs: list[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """Pairs that hang together, so that the episodes of a point in two pairs are played once."""
    line: list[tuple[int, int]] = []
    for pair in pairs:
        if line and line[-1][1] != pair[0]:
            yield line
            line = []
        line.append(pair)
    if line:
        yield line


def _line(plan: SweepPlan, rows: Any, line: list[tuple[int, int]]) -> list[tuple[int, int, Any, int]]:
    found = []
    known: dict[int, NDArray[np.int8]] = {}
    for pair in line:
        if bool(rows.at[pair[0], "exact"]) and bool(rows.at[pair[1], "exact"]):
            found.append((*pair, _exact(rows, pair), 0))
            continue
        episodes = min(int(rows.at[point, "episodes"]) or 2**62 for point in pair)
        for point in pair:
            if point not in known:
                known[point] = plan.computer.outcomes(plan.design.overrides(point), point, _own(rows, point, episodes))
        found.append((*pair, compare(known[pair[0]][:episodes], known[pair[1]][:episodes]), episodes))
        known = {pair[1]: known[pair[1]]}
    return found


def _own(rows: Any, point: int, episodes: int) -> int:
    return int(rows.at[point, "episodes"]) or episodes


def _exact(rows: Any, pair: tuple[int, int]) -> dict[str, NDArray[np.float64]]:
    names = [f"probability_{outcome}" for outcome in Outcome.keys()]  # noqa: SIM118
    change = np.array([rows.at[pair[1], name] - rows.at[pair[0], name] for name in names])
    zero = np.zeros(len(names))
    return {"difference": change, "error": zero, "low": change, "high": change, "unpaired_error": zero}


def compare(first: NDArray[np.int8], second: NDArray[np.int8]) -> dict[str, NDArray[np.float64]]:
    """Differences of all outcomes' shares between two runs of the same episodes.

    Args:
        first, second: int8 [n], `Outcome` of each episode.

    Returns:
        float64 [5] each: `difference`, `error`, `low`, `high`, `unpaired_error`; see the module docstring.
    """
    n = len(first)
    kinds = np.arange(len(Outcome))[:, None]
    at_first, at_second = first[None] == kinds, second[None] == kinds
    b = (at_first & ~at_second).sum(axis=1).astype(np.float64)
    c = (at_second & ~at_first).sum(axis=1).astype(np.float64)
    error = np.sqrt(np.maximum(b + c - (c - b) ** 2 / n, 0.0)) / n
    b, c, m = b + 0.5, c + 0.5, n + 2.0
    middle, reach = (c - b) / m, Z * np.sqrt(b + c - (c - b) ** 2 / m) / m
    shares = np.stack([at_first.mean(axis=1), at_second.mean(axis=1)])
    return {"difference": shares[1] - shares[0], "error": error, "low": np.maximum(middle - reach, -1.0),
            "high": np.minimum(middle + reach, 1.0), "unpaired_error": np.sqrt((shares * (1 - shares) / n).sum(axis=0))}


__all__ = ["compare", "paired_differences"]
