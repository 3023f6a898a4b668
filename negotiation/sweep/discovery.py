r"""Scenario discovery: which corner of the parameter space gives an outcome.

PRIM, the patient rule induction method (Friedman & Fisher 1999, "Bump hunting in high-dimensional data",
Stat. Comput. 9, 123-143), as scenario discovery uses it (Bryant & Lempert 2010, "Thinking inside the box",
Technol. Forecast. Soc. Change 77, 34-49) and the EMA workbench computes it (Kwakkel 2017, Environ. Model.
Softw. 96, 239-250). A point is *of interest* where the outcome is likely enough. From the box that holds
all points, thin slices are peeled off, whichever raises the share of points of interest most for what it
takes away, and pasted back where that helps. The method is greedy: an interest that fills several corners,
or a stripe, may hide from it. Of a box that n points lie in, k of them of interest, out of
N points and K of interest,

    coverage = k / K,    density = k / n,    mass = n / N

and of the boxes passed on the way the one of the greatest coverage is taken that is dense enough. Further
boxes are sought among the points outside the ones before.

A restriction's **quasi-p-value** is the chance, by a one-sided binomial test, of a density at least as
high were the restriction dropped and made no difference: large values say that it may be due to luck.

The EMA workbench is an optional extra and takes some seconds to import, which only these functions do.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from negotiation.parameters import ParameterError
from negotiation.sweep.columns import (
    axis_columns,
    check_axis,
    display_names,
    is_numeric,
    key_words,
    level_numbers,
    levels,
    numbers,
    value_words,
    varying,
)
from negotiation.vocabulary import Outcome

LOGGER = "EMA.ema_workbench.analysis.prim"
SLICE = (0.01, 0.5)  # as PRIM calls itself once a slice, thinner ones would run into Python's limit of nesting
OBJECTIVES = ("lenient1", "lenient2", "original")
COLUMNS = ["box", "axis", "low", "high", "values", "p_low", "p_high", "p_values", "coverage", "density", "mass",
           "points"]


def discover(table: pd.DataFrame, axes: Sequence[str] | None = None, outcome: str = "settlement",
             threshold: float = 0.5, *, below: bool = False, density: float = 0.8, boxes: int = 1,
             mass: float = 0.05, peel: float = 0.05, objective: str = "lenient1") -> pd.DataFrame:
    """The boxes of the parameter space in which an outcome is likely.

    Args:
        table: a sweep's rows, of a design that fills the space (Latin hypercube, Sobol, grid).
        axes: keys that a box may restrict; None for all that vary.
        outcome: key of the outcome.
        threshold: a point is of interest where the outcome's probability is at least this.
        below: seek points where it is below the threshold instead.
        density: least share of points of interest among those of a box, in (0, 1].
        boxes: how many boxes to seek at most.
        mass: least share of all points in a box, in [0.01, 1).
        peel: share of a box's points in one slice, in [0.01, 0.5]; a bound is found to about one slice.
        objective: what the next slice is chosen by: ``lenient1``, the gain in density for each point taken
            away (stops where no slice gains); ``lenient2``, the same times the points left; ``original``,
            Friedman and Fisher's density alone, which goes on through places where no slice gains, but
            is drawn to categories.

    Returns:
        One row a box and axis that it restricts: ``box`` (from 1), ``axis`` (key), ``low`` and ``high`` (both
        included; nan for categories), ``values`` (tuple of the categories left; None for numbers), the
        quasi-p-values ``p_low``, ``p_high`` and ``p_values`` of the restrictions (nan of an end that is not
        restricted) and the box's ``coverage``, ``density``, ``mass`` and ``points``. No rows if no box is dense
        enough. Points that failed are left out. ``attrs``: ``outcome``, ``threshold``, ``below``, ``points`` and
        ``interest`` (how many points were used, and were of interest), ``left_out``, ``names`` and ``note``,
        which tells of the density reached where no box, or no further one, was found.

    Raises:
        ParameterError: an argument is not allowed, all points or none are of interest, or the EMA workbench
            is missing.
    """
    data = _data(table, axes, outcome, threshold, below)
    share = float(data.interest.mean())
    if not share < density <= 1:
        raise ParameterError("density", density, f"a share above that of all points ({share:.4g}), at most 1")
    if isinstance(boxes, bool) or not isinstance(boxes, int) or boxes < 1:
        raise ParameterError("boxes", boxes, "an integer, at least 1")
    rows: list[dict[str, Any]] = []
    note = ""
    with _quiet():
        algorithm = _prim(data, mass, peel, objective)
        for number in range(1, boxes + 1):
            box = algorithm.find_box()
            if box is None:
                break  # no points are left
            step = _widest(box.peeling_trajectory, density)
            if step is None:
                reached = float(box.peeling_trajectory["density"].max())
                note = f"no {'further ' if rows else ''}box of density {density:g}: the densest found has {reached:.3g}"
                break
            box.select(step)
            rows += _restrictions(data, number, box, step)
    result = pd.DataFrame(rows, columns=COLUMNS).astype({"box": np.int64, "points": np.int64})
    result.attrs = {**data.attrs, "note": note}
    return result


def trade_off(table: pd.DataFrame, axes: Sequence[str] | None = None, outcome: str = "settlement",
              threshold: float = 0.5, *, below: bool = False, mass: float = 0.05, peel: float = 0.05,
              objective: str = "lenient1") -> pd.DataFrame:
    """The boxes that PRIM passes on its way to the first one, to choose a density by.

    Args and errors are those of `discover`.

    Returns:
        One row a box, from all points inwards: ``coverage``, ``density``, ``mass``, ``restricted`` (number of axes)
        and ``points``.
    """
    data = _data(table, axes, outcome, threshold, below)
    with _quiet():
        path = _prim(data, mass, peel, objective).find_box().peeling_trajectory
    result = pd.DataFrame({
        "coverage": path["coverage"].to_numpy(np.float64), "density": path["density"].to_numpy(np.float64),
        "mass": path["mass"].to_numpy(np.float64), "restricted": path["res_dim"].to_numpy(np.int64),
        "points": path["n"].to_numpy(np.int64)})
    result.attrs = data.attrs
    return result


def in_box(table: pd.DataFrame, boxes: pd.DataFrame, box: int = 1) -> NDArray[np.bool_]:
    """Which rows of a table lie in a box found by `discover`, bool [rows].

    The numbers of a box after the first count only the points outside the ones before.

    Raises:
        ParameterError: there is no such box.
    """
    chosen = boxes[boxes["box"] == box]
    if chosen.empty:
        raise ParameterError("box", box, "one of " + ", ".join(map(str, boxes["box"].unique())) if len(boxes)
                             else "a box, of which none was found")
    inside = np.ones(len(table), dtype=bool)
    for key, low, high, values in zip(chosen["axis"], chosen["low"], chosen["high"], chosen["values"], strict=True):
        if isinstance(values, tuple):
            inside &= np.array([value in values for value in table[key].tolist()], dtype=bool)
        else:
            place = numbers(table[key])
            inside &= (low <= place) & (place <= high)
    return inside


def box_words(boxes: pd.DataFrame) -> list[str]:
    """One line a box, e.g. "Washington: attention at most 0.4, Rounds at least 9: 81% of the points of ..."."""
    lines = []
    for _, rows in boxes.groupby("box", sort=True):
        limits = []
        for row in rows.to_dict("records"):
            if isinstance(row["values"], tuple):
                told = " or ".join(value_words(value) for value in row["values"])
            else:
                ends = [f"{said} {value_words(row[end])}" for said, end in (("at least", "low"), ("at most", "high"))
                        if np.isfinite(row[f"p_{end}"])]  # an end that has no p is not restricted
                told = " and ".join(ends)
            limits.append(f"{key_words(str(row['axis']), boxes.attrs.get('names'))} {told}")
        coverage, density, mass = (float(rows[name].iloc[0]) for name in ("coverage", "density", "mass"))
        lines.append(f"{', '.join(limits)}: {coverage:.0%} of the points of interest, which are {density:.0%} of the "
                     f"points there ({mass:.0%} of all points)")
    return lines


# -------------------------------------------------------------------------------------- helpers


@dataclass(frozen=True)
class _Data:
    """What PRIM is given.

    Attributes:
        places: one column an axis, float64 or codes of categories.
        interest: int64 [points], 1 where the point is of interest.
        whole: the axes of whole numbers.
        categories: axis to its categories in the order of their codes.
        attrs: what the result says of it.
    """

    places: pd.DataFrame
    interest: NDArray[np.int64]
    whole: frozenset[str]
    categories: dict[str, list[Any]]
    attrs: dict[Any, Any]


def _data(table: pd.DataFrame, axes: Sequence[str] | None, outcome: str, threshold: float, below: bool) -> _Data:
    if outcome not in list(Outcome.keys()):
        raise ParameterError("outcome", outcome, "one of " + ", ".join(Outcome.keys()))
    column = f"probability_{outcome}"
    if column not in table.columns:
        raise ParameterError("table", f"no column {column}", "a sweep's table")
    for key in axes or ():
        check_axis(table, key, "axes")
    probability = table[column].to_numpy(dtype=np.float64)
    computed = np.isfinite(probability)
    used, probability = table[computed], probability[computed]
    free = set(varying(used))
    keys = [key for key in (axis_columns(table) if axes is None else list(axes)) if key in free]
    if not keys:
        raise ParameterError("axes", list(axes or ()), "axes of which at least one varies")
    interest = (probability < threshold if below else probability >= threshold).astype(np.int64)
    if interest.min() == interest.max():
        raise ParameterError("threshold", threshold, f"a probability that some points reach and others do not (that of "
                             f"{outcome} lies in [{probability.min():.4g}, {probability.max():.4g}])")
    places: dict[str, Any] = {}
    whole, categories = set(), {}
    for key in keys:
        values = used[key]
        if values.isna().any():
            raise ParameterError("axes", key, "axes with a value at every point (a union may leave gaps)")
        if is_numeric(values):
            places[key] = numbers(values)
            if all(isinstance(value, (int, np.integer)) for value in values.tolist()):
                whole.add(key)
        else:
            # As codes: of texts, the order in a set and so the choice among equals would differ from run to run.
            categories[key] = levels(values)
            places[key] = pd.Categorical(level_numbers(values), range(len(categories[key])))
    attrs = {"outcome": outcome, "threshold": threshold, "below": below, "points": len(used),
             "interest": int(interest.sum()), "left_out": len(table) - len(used), "names": display_names(table)}
    return _Data(pd.DataFrame(places), interest, frozenset(whole), categories, attrs)


def _prim(data: _Data, mass: float, peel: float, objective: str) -> Any:
    if objective not in OBJECTIVES:
        raise ParameterError("objective", objective, "one of " + ", ".join(OBJECTIVES))
    if not SLICE[0] <= mass < 1:
        raise ParameterError("mass", mass, f"a share from {SLICE[0]} to below 1")
    if not SLICE[0] <= peel <= SLICE[1]:
        raise ParameterError("peel", peel, f"a share from {SLICE[0]} to {SLICE[1]}")
    try:
        from ema_workbench.analysis import prim
    except ImportError:
        raise ParameterError("discovery", "ema_workbench is not installed",
                             "an environment with the extra: pip install 'negotiation[discovery]'") from None
    # The workbench's own threshold serves to tell ones from zeros; the choice among boxes is ours.
    # Under numbers for names: it has words of its own, such as "scenario", that it would take for no axis.
    places = data.places.set_axis(range(data.places.shape[1]), axis=1)
    return prim.Prim(places, data.interest, threshold=np.finfo(float).tiny, mass_min=mass, peel_alpha=peel,
                     obj_function=prim.PRIMObjectiveFunctions(objective))


def _widest(path: pd.DataFrame, density: float) -> int | None:
    """The place of the box of greatest coverage among those dense enough; of equals the least restricted."""
    enough = path[path["density"] >= density - 1e-12]
    if enough.empty:
        return None
    best = enough.sort_values(["coverage", "res_dim", "density"], ascending=[False, True, False], kind="stable")
    return int(best.index[0])


def _restrictions(data: _Data, number: int, box: Any, step: int) -> list[dict[str, Any]]:
    limits, quasi_p, stats = box.box_lims[step], box.qp[step], box.peeling_trajectory.loc[step]
    rows = []
    for place, key in enumerate(data.places.columns):
        if place not in quasi_p:
            continue
        chances = [float(value) if value >= 0 else float("nan") for value in quasi_p[place]]
        row: dict[str, Any] = {"box": number, "axis": key, "low": np.nan, "high": np.nan, "values": None,
                               "p_low": np.nan, "p_high": np.nan, "p_values": np.nan}
        if key in data.categories:
            row |= {"values": tuple(data.categories[key][code] for code in sorted(limits[place].iloc[0])),
                    "p_values": chances[0]}
        else:
            low, high = (float(end) for end in limits[place])
            if key in data.whole:  # slices end half-way between two values
                low, high = float(np.ceil(low)), float(np.floor(high))
            row |= {"low": low, "high": high, "p_low": chances[0], "p_high": chances[1]}
        rows.append(row | {"coverage": float(stats["coverage"]), "density": float(stats["density"]),
                           "mass": float(stats["mass"]), "points": int(stats["n"])})
    return rows


@contextmanager
def _quiet() -> Iterator[None]:
    """The workbench warns of extras that are not used here and of pandas to come, and logs each box."""
    logger = logging.getLogger(LOGGER)
    before = logger.level
    logger.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*not (installed|available)")
            warnings.filterwarnings("ignore", category=DeprecationWarning, module="ema_workbench")
            yield
    finally:
        logger.setLevel(before)


__all__ = ["box_words", "discover", "in_box", "trade_off"]
