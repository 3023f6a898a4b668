"""Turning a row of probabilities and a uniform into an option, the same way in every engine."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from negotiation.game import Floats


def thresholds(probabilities: NDArray[np.float64]) -> Floats:
    """float64 [..., n - 1]: upper ends of the options in u; option = number of ends not above u.

    Running sums in option order, except that from the last possible option on the end is 2, so that
    rounding in the sums can never select an impossible option. All engines draw through this table:
    the option drawn by a uniform u in [0, 1) is ``(u >= thresholds(p)).sum()``.
    """
    rows = np.asarray(probabilities, dtype=np.float64)
    ends = np.cumsum(rows, axis=-1)[..., :-1]
    later = np.cumsum(rows[..., ::-1], axis=-1)[..., ::-1][..., 1:]  # mass of the options after this one
    ends[later == 0] = 2.0
    return ends


def draw(probabilities: NDArray[np.float64], u: float) -> int:
    """The option that a uniform ``u`` in [0, 1) selects from one row of probabilities.

    The same as ``(u >= thresholds(probabilities)).sum()``, without arrays: agents call it often.
    """
    row: list[float] = probabilities.tolist()
    last = len(row) - 1
    while last > 0 and row[last] == 0.0:
        last -= 1
    end = 0.0
    for option in range(last):
        end += row[option]
        if u < end:
            return option
    return last
