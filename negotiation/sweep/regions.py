"""Regions: which outcome is the most likely one where, over two axes of a grid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from negotiation.parameters import ParameterError
from negotiation.sweep.columns import (
    check_axis,
    display_names,
    level_numbers,
    levels,
    outcome_columns,
    refuse_others,
    select_at,
)
from negotiation.vocabulary import Outcome

TIE = 1e-12  # probabilities no further apart are the same but for rounding


def phase_table(table: pd.DataFrame, x: str, y: str, *, at: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """The most likely outcome at every point of a grid over two axes.

    Args:
        table: a sweep's rows.
        x: key of the first axis.
        y: key of the second.
        at: key to value, for axes that vary too: only points with these values are taken.

    Returns:
        One row a point, sorted by x, then y (numbers rising, categories in order of appearance): the two
        keys, ``outcome`` (key of the most likely; the first of `Outcome` where several are, to 1e-12),
        ``probability`` (its), ``margin`` (how far the second is behind) and all ``probability_*``. Where a
        point has failed, ``outcome`` is missing and the numbers are nan. ``attrs``: ``x``, ``y``, ``at``,
        ``exact`` (whether all probabilities are) and ``names`` (of the seats).

    Raises:
        ParameterError: x or y is no axis, another axis varies and is not in ``at``, or the points do not
            fill a grid.
    """
    check_axis(table, x, "x")
    check_axis(table, y, "y")
    if x == y:
        raise ParameterError("y", y, f"another axis than x ({x})")
    columns = outcome_columns(table)
    chosen = select_at(table, at)
    refuse_others(chosen, [x, y])
    across, up = level_numbers(chosen[x]), level_numbers(chosen[y])
    shape = (len(levels(chosen[x])), len(levels(chosen[y])))
    cells = shape[0] * shape[1]
    known = (across >= 0) & (up >= 0)
    filled = len({*zip(across[known].tolist(), up[known].tolist(), strict=True)})
    if filled < cells:
        raise ParameterError("table", f"{filled} of the {shape[0]} x {shape[1]} points of a grid over {x} and {y}",
                             "a finished sweep of every combination of the two (sweep.method=grid; an unfinished one "
                             "goes on with sweep.resume=FOLDER)")
    if len(chosen) > cells:
        raise ParameterError("table", f"{len(chosen)} rows for {cells} points of a grid", "each point once")
    chosen = chosen.iloc[np.lexsort((up, across))]

    shares = chosen[columns].to_numpy(dtype=np.float64, copy=True)
    computed = np.isfinite(shares).all(axis=1)
    shares[~computed] = np.nan
    filled_in = np.where(computed[:, None], shares, 0.0)
    best = (filled_in >= filled_in.max(axis=1, keepdims=True) - TIE).argmax(axis=1)
    top = filled_in[np.arange(cells), best]
    others = filled_in.copy()
    others[np.arange(cells), best] = -np.inf
    keys = np.array([outcome.key for outcome in Outcome], dtype=object)[best]
    keys[~computed] = None
    result = pd.DataFrame({
        x: chosen[x].to_numpy(), y: chosen[y].to_numpy(), "outcome": keys,
        "probability": np.where(computed, top, np.nan),
        "margin": np.where(computed, np.maximum(top - others.max(axis=1), 0.0), np.nan),
        **{column: shares[:, place] for place, column in enumerate(columns)},
    })
    exact = bool(chosen["exact"][computed].all()) if "exact" in chosen.columns else True
    result.attrs = {"x": x, "y": y, "at": dict(at or {}), "exact": exact, "names": display_names(table)}
    return result


__all__ = ["phase_table"]
