r"""How much each axis of a sweep matters: Sobol indices and Morris's elementary effects, with intervals.

**Sobol indices**, of a ``saltelli`` design. Let Y be the quantity and :math:`U_i`, independent and
uniform on [0, 1), the place on axis i from which its value was taken (a category or a whole number owns a
cell of that interval). Then

.. math::
    S_i = \frac{V[E(Y \mid U_i)]}{V(Y)}, \qquad
    S_{ij} = \frac{V[E(Y \mid U_i, U_j)]}{V(Y)} - S_i - S_j, \qquad
    S_{Ti} = \frac{E[V(Y \mid U_{\sim i})]}{V(Y)}

are ``first`` (what axis i does alone), ``second`` (what i and j do together beyond that) and ``total``
(everything that axis i has a part in). Estimators: Saltelli et al. (2010, Comput. Phys. Commun. 181,
259-270) and Saltelli (2002, same journal 145, 280-297), as in SALib. An estimate may lie a little outside
[0, 1].

**Elementary effects**, of a ``morris`` design (Morris 1991, Technometrics 33, 161-174). In each trajectory
every axis takes one step of :math:`\pm\Delta` in the unit interval; its effect there is the difference of Y
over the step. ``mu`` is the mean of an axis's effects, ``mu_star`` the mean of their sizes (Campolongo,
Cariboni & Saltelli 2007) and ``sigma`` their standard deviation (large where the effect depends on the
place). Their unit is that of Y, per whole axis.

**Intervals** are percentile bootstrap intervals (Efron & Tibshirani 1993): base rows (with all rows derived
from them), or whole trajectories, are drawn with replacement. Base rows of a Sobol sequence are more
even than independent ones, so those intervals are rather too wide than too narrow.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from negotiation.outcomes import CONFIDENCE
from negotiation.parameters import ParameterError
from negotiation.sweep.columns import axis_columns, display_names
from negotiation.sweep.design import Design, unit_sample
from negotiation.sweep.rows import ERROR, POINT, text_of

METHODS = ("saltelli", "morris")
CONSTANT = 1e-12  # a quantity whose relative spread is no wider is the same everywhere but for rounding
BATCH = 2**17  # numbers of one array at a time while resampling: small enough for the cache

Floats = NDArray[np.float64]
Statistic = Callable[[NDArray[np.int64]], Floats]


def sensitivity(design: Design, table: pd.DataFrame, quantity: str = "probability_settlement", *,
                resamples: int = 1000, confidence: float = CONFIDENCE, seed: int = 0) -> pd.DataFrame:
    """Sensitivity indices of one quantity to every axis of a finished sweep.

    Args:
        design: a ``saltelli`` or ``morris`` design.
        table: the sweep's rows: ``point``, the keys and the quantity.
        quantity: a numeric result column.
        resamples: how many bootstrap resamples an interval is made from.
        confidence: coverage of the intervals, in (0, 1).
        seed: of the resampling.

    Returns:
        One row an index: ``axis`` (key), ``index`` (``first``, ``total``, and ``second`` if the design has it;
        or ``mu``, ``mu_star``, ``sigma``), ``other`` (the second axis of a ``second``, else empty),
        ``estimate``, ``low``, ``high``. Sobol indices of a quantity that is the same at all points do not
        exist and are nan, and so is what a single base row or trajectory cannot tell; ``attrs["note"]``
        then says so. Further ``attrs``: ``quantity``, ``method``, ``points``, ``rows``, ``resamples``,
        ``confidence``, ``seed`` and ``names`` (of the seats).

    Raises:
        ParameterError: the design is of another kind, the table is not a finished one of this design, the
            quantity is no number everywhere, or SALib is missing.
    """
    if design.method not in METHODS:
        raise ParameterError("sweep.method", design.method,
                             "saltelli (Sobol indices) or morris (elementary effects) for an analysis of sensitivity")
    if isinstance(resamples, bool) or not isinstance(resamples, int) or resamples < 2:
        raise ParameterError("resamples", resamples, "an integer, at least 2")
    if not 0 < confidence < 1:
        raise ParameterError("confidence", confidence, "a number between 0 and 1")
    y = point_values(design, table, quantity)[design.row_point]
    constant = bool(np.ptp(y) <= CONSTANT * np.abs(y).max())
    if design.method == "saltelli":
        labels, statistic, count = _sobol(design, y, constant)
    else:
        labels, statistic, count = _morris(design, y)
    estimate, low, high = _with_intervals(statistic, count, resamples, confidence, seed)
    rows = [(axis, index, other, *numbers) for (axis, index, other), *numbers in
            zip(labels, estimate.tolist(), low.tolist(), high.tolist(), strict=True)]
    result = pd.DataFrame(rows, columns=["axis", "index", "other", "estimate", "low", "high"])
    result.attrs = {"quantity": quantity, "method": design.method, "points": len(design), "rows": len(design.row_point),
                    "resamples": resamples, "confidence": confidence, "seed": seed,
                    "note": _note(design, quantity, constant, count), "names": display_names(table)}
    return result


def point_values(design: Design, table: pd.DataFrame, quantity: str) -> Floats:
    """A result of every point of a design, float64 [points].

    Raises:
        ParameterError: points are missing or have failed, the table belongs to another design, or the
            quantity is not a number at every point.
    """
    if POINT not in table.columns:
        raise ParameterError("table", "no column point", "the rows of a sweep")
    _check_quantity(table, quantity)
    rows = table.set_index(POINT)
    computed = rows[rows[ERROR].isna()] if ERROR in rows.columns else rows
    if not computed.index.is_unique:
        raise ParameterError("table", f"point {computed.index[computed.index.duplicated()][0]} twice", "a point once")
    missing = len(design) - int(computed.index.isin(range(len(design))).sum())
    if missing:
        raise ParameterError("table", f"{missing} of {len(design)} points missing or failed",
                             "a finished sweep; the same command with sweep.resume=FOLDER finishes it")
    computed = computed.loc[np.arange(len(design))]
    for key in design.points.columns:
        if key not in computed.columns or not _same(computed[key].tolist(), design.points[key].tolist()):
            raise ParameterError("table", f"other values of {key}", "the table of this design")
    values = computed[quantity].to_numpy(dtype=np.float64)
    unknown = int((~np.isfinite(values)).sum())
    if unknown:
        raise ParameterError("quantity", quantity, f"a quantity known at every point (this one is not at {unknown} of "
                             f"{len(design)}, e.g. because the event never happens there)")
    return values


def _same(stored: list[Any], designed: list[Any]) -> bool:
    """Whether a column holds a key's values; one that mixes kinds is stored as texts."""
    return all(one == other or one == text_of(other) for one, other in zip(stored, designed, strict=True))


def _check_quantity(table: pd.DataFrame, quantity: str) -> None:
    axes = {POINT, *axis_columns(table)}
    allowed = [str(column) for column in table.columns if column not in axes
               and pd.api.types.is_numeric_dtype(table[column]) and not pd.api.types.is_bool_dtype(table[column])]
    if quantity not in allowed:
        raise ParameterError("quantity", quantity, "one of " + ", ".join(allowed))


def _note(design: Design, quantity: str, constant: bool, count: int) -> str:
    said = []
    if constant:
        said.append(f"{quantity} is the same at all {len(design)} points: "
                    + ("shares of its variance do not exist" if design.method == "saltelli" else "no axis matters"))
    if count < 2:
        said.append("one base row tells no interval" if design.method == "saltelli"
                    else "one trajectory tells no spread and no interval")
    return "; ".join(said)


# ------------------------------------------------------------------------------ the two methods

Labels = list[tuple[str, str, str]]


def _sobol(design: Design, y: Floats, constant: bool) -> tuple[Labels, Statistic, int]:
    """What the indices are called, the indices of any choice of base rows, and how many base rows there are."""
    estimators = _salib("sobol")
    keys, count = [axis.key for axis in design.axes], int(design.config["base"])
    second = bool(design.config.get("second_order", False))
    pairs = [(i, j) for i in range(len(keys)) for j in range(i + 1, len(keys))] if second else []
    labels = [(key, index, "") for index in ("first", "total") for key in keys]
    labels += [(keys[i], "second", keys[j]) for i, j in pairs]
    if constant:
        return labels, lambda rows: np.full((len(labels), *rows.shape[:-1]), np.nan), count
    # Centred and scaled as SALib does, which lessens the estimators' error.
    a, b, ab, ba = estimators.separate_output_values((y - y.mean()) / y.std(), len(keys), count, second)

    def indices(rows: NDArray[np.int64]) -> Floats:
        chosen = np.moveaxis(rows, -1, 0)  # SALib has the sample first
        one, two = a[chosen], b[chosen]
        mixed = [ab[chosen, axis] for axis in range(len(keys))]
        values = [estimators.first_order(one, mixture, two) for mixture in mixed]
        values += [estimators.total_order(one, mixture, two) for mixture in mixed]
        values += [estimators.second_order(one, mixed[i], mixed[j], ba[chosen, i], two) for i, j in pairs]
        return np.array(values)

    return labels, indices, count


def _morris(design: Design, y: Floats) -> tuple[Labels, Statistic, int]:
    """What the measures are called, the measures of any choice of trajectories, and how many there are."""
    keys = [axis.key for axis in design.axes]
    labels = [(key, index, "") for index in ("mu", "mu_star", "sigma") for key in keys]
    effects = elementary_effects(unit_sample(design), y)

    def measures(rows: NDArray[np.int64]) -> Floats:
        chosen = np.moveaxis(effects[rows], -1, 0)  # [axes, ..., trajectories]
        sizes = np.abs(chosen).mean(axis=-1)
        spread = chosen.std(axis=-1, ddof=1) if rows.shape[-1] > 1 else np.full_like(sizes, np.nan)
        return np.concatenate([chosen.mean(axis=-1), sizes, spread])

    return labels, measures, len(effects)


def elementary_effects(unit: Floats, y: Floats) -> Floats:
    """Morris's elementary effects: the change of Y over the step, where each axis moves.

    Args:
        unit: float64 [trajectories * (axes + 1), axes], places in the unit cube; one axis moves at a time.
        y: float64, the quantity in each row.

    Returns:
        float64 [trajectories, axes], in the unit of y per whole axis.
    """
    axes = unit.shape[1]
    steps = np.diff(unit.reshape(-1, axes + 1, axes), axis=1)
    moved = np.abs(steps).argmax(axis=2)
    ratio = np.diff(y.reshape(-1, axes + 1), axis=1) / np.take_along_axis(steps, moved[:, :, None], axis=2)[:, :, 0]
    effects = np.empty_like(ratio)
    np.put_along_axis(effects, moved, ratio, axis=1)
    return effects


def _with_intervals(statistic: Statistic, count: int, resamples: int, confidence: float,
                    seed: int) -> tuple[Floats, Floats, Floats]:
    from scipy.stats import bootstrap

    def resampled(rows: NDArray[Any], axis: int = -1) -> Floats:
        return statistic(np.moveaxis(np.asarray(rows, dtype=np.int64), axis, -1))

    with warnings.catch_warnings():
        # A resample may miss the few rows that differ; SALib warns of each batch of such.
        warnings.filterwarnings("ignore", message="Constant values encountered")
        estimate = statistic(np.arange(count))
        if count < 2 or np.isnan(estimate).all():
            return estimate, np.full_like(estimate, np.nan), np.full_like(estimate, np.nan)
        rng = np.random.Generator(np.random.Philox(np.random.SeedSequence(seed)))
        drawn = bootstrap((np.arange(count),), resampled, n_resamples=resamples, batch=max(1, BATCH // count),
                          confidence_level=confidence, method="percentile", vectorized=True, rng=rng)
    return estimate, drawn.confidence_interval.low, drawn.confidence_interval.high


def _salib(module: str) -> Any:
    try:
        return __import__(f"SALib.analyze.{module}", fromlist=["analyze"])
    except ImportError:
        raise ParameterError("sweep.method", "saltelli", "this analysis needs SALib: pip install 'negotiation[sweep]'"
                             ) from None


__all__ = ["METHODS", "elementary_effects", "point_values", "sensitivity"]
