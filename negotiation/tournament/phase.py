"""What phase pictures draw: velocities, paths and rest points of the replicator dynamics of few behaviours.

Tables are tidy: ``kind`` is ``arrow`` (a place and its velocity), ``path`` (places in order of time, by ``path``) or
``rest`` (a rest point, its ``stability`` and whether it is ``stable`` against evolution).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from negotiation.tournament.equilibria import bimatrix_equilibria
from negotiation.tournament.replicator import flow, long_times, replicator, replicator_pair, rest_points, stability
from negotiation.tournament.symmetric import mixture

Floats = NDArray[np.float64]

CORNERS = ("a", "b", "c")
GRID = 10  # arrows along a side
STARTS = 12  # paths


def triangle_table(g: Floats, labels: Sequence[str]) -> pd.DataFrame:
    """The flow of one population of three behaviours.

    Args:
        g: float64 [3, 3], what a row gets against a column.
        labels: of the three.

    Returns:
        Columns ``kind``, the shares ``a``, ``b``, ``c``, their velocities ``da``, ``db``, ``dc``, ``path``,
        ``stability``, ``stable``; ``attrs["labels"]``.

    Raises:
        ValueError: there are not three behaviours.
    """
    if g.shape != (3, 3) or len(labels) != 3:
        raise ValueError(f"payoffs: {g.shape} with {len(labels)} labels; allowed: three behaviours")
    inner = [(i, j, GRID - i - j) for i in range(GRID + 1) for j in range(GRID + 1 - i)]
    places = (np.array(inner, dtype=np.float64) + 1 / 3) / (GRID + 1)
    rows: list[dict[str, Any]] = [
        {"kind": "arrow", **dict(zip(CORNERS, place, strict=True)),
         **{f"d{corner}": value for corner, value in zip(CORNERS, speed, strict=True)}}
        for place, speed in zip(places, flow(g, places), strict=True)]
    times = long_times(g)
    for number, start in enumerate(_triangle_starts()):
        rows += [{"kind": "path", "path": number, **dict(zip(CORNERS, shares, strict=True))}
                 for shares in _moving(replicator(g, start, times))]
    rows += [{"kind": "rest", **dict(zip(CORNERS, point.shares, strict=True)), "stability": point.kind,
              "stable": mixture(g, point.shares).stable is True} for point in rest_points(g)]
    table = pd.DataFrame(rows)
    table.attrs["labels"] = list(labels)
    return table


def _triangle_starts() -> Floats:
    """float64 [STARTS, 3]: close to the sides, evenly around."""
    around = (np.arange(STARTS) + 0.5) / STARTS * 3
    side, along = around.astype(np.int64), around % 1.0
    edge = np.eye(3)[side] * (1 - along[:, None]) + np.eye(3)[(side + 1) % 3] * along[:, None]
    return np.asarray(0.88 * edge + 0.04)


def square_table(a: Floats, b: Floats, labels: Sequence[Sequence[str]]) -> pd.DataFrame:
    """The flow of two populations of two behaviours each.

    Args:
        a, b: float64 [2, 2], payoffs of the two sides.
        labels: of each side's two behaviours.

    Returns:
        Columns ``kind``; ``x`` and ``y``, the share of the *first* behaviour of either side; velocities ``dx``, ``dy``;
        ``path``, ``stability``, ``stable`` (strict equilibria, Selten 1980); ``attrs["labels"]``.

    Raises:
        ValueError: a side has not two behaviours.
    """
    if a.shape != (2, 2) or b.shape != (2, 2):
        raise ValueError(f"payoffs: {a.shape} and {b.shape}; allowed: two behaviours a side")
    steps = (np.arange(GRID) + 0.5) / GRID
    rows: list[dict[str, Any]] = []
    for x in steps:
        for y in steps:
            dx, dy = _velocity(a, b, x, y)
            rows.append({"kind": "arrow", "x": x, "y": y, "dx": dx, "dy": dy})
    times = long_times(a, b.T)
    around = (np.arange(STARTS) + 0.5) / STARTS * 2 * np.pi
    for number, (x, y) in enumerate(zip(0.5 + 0.45 * np.cos(around), 0.5 + 0.45 * np.sin(around), strict=True)):
        paths = replicator_pair(a, b, (np.array([x, 1 - x]), np.array([y, 1 - y])), times)
        both = _moving(np.column_stack([paths[0][:, 0], paths[1][:, 0]]))
        rows += [{"kind": "path", "path": number, "x": one, "y": other} for one, other in both]
    strict = {(each.tokyo[0], each.seoul[0]) for each in bimatrix_equilibria(a, b).found if each.strict}
    for x, y in _square_rest(a, b):
        rows.append({"kind": "rest", "x": x, "y": y, "stability": stability(_square_jacobian(a, b, x, y)),
                     "stable": (x, y) in strict})
    table = pd.DataFrame(rows)
    table.attrs["labels"] = [list(side) for side in labels]
    return table


def _gains(a: Floats, b: Floats) -> tuple[tuple[float, float], tuple[float, float]]:
    """How much the first behaviour of a side gains on its second, at share 1 and 0 of the other side's first."""
    return ((float(a[0, 0] - a[1, 0]), float(a[0, 1] - a[1, 1])),
            (float(b[0, 0] - b[0, 1]), float(b[1, 0] - b[1, 1])))


def _velocity(a: Floats, b: Floats, x: float, y: float) -> tuple[float, float]:
    (one, none), (other_one, other_none) = _gains(a, b)
    return (x * (1 - x) * (one * y + none * (1 - y)), y * (1 - y) * (other_one * x + other_none * (1 - x)))


def _square_rest(a: Floats, b: Floats) -> list[tuple[float, float]]:
    """The corners, and the inner point at which both sides are indifferent, if there is one."""
    (one, none), (other_one, other_none) = _gains(a, b)
    found = [(x, y) for x in (0.0, 1.0) for y in (0.0, 1.0)]
    if one * none < 0 and other_one * other_none < 0:
        found.append((other_none / (other_none - other_one), none / (none - one)))
    return found


def _square_jacobian(a: Floats, b: Floats, x: float, y: float) -> Floats:
    (one, none), (other_one, other_none) = _gains(a, b)
    return np.array([[(1 - 2 * x) * (one * y + none * (1 - y)), x * (1 - x) * (one - none)],
                     [y * (1 - y) * (other_one - other_none), (1 - 2 * y) * (other_one * x + other_none * (1 - x))]])


def _moving(path: Floats, step: float = 2e-3) -> Floats:
    """The points of a path that are at least a step apart, its ends included: no more than a line needs."""
    kept = [0]
    for place in range(1, len(path) - 1):
        if np.abs(path[place] - path[kept[-1]]).max() >= step:
            kept.append(place)
    return path[[*kept, len(path) - 1]]


__all__ = ["CORNERS", "square_table", "triangle_table"]
