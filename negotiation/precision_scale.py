"""Where a precision stands between 0, uniform play, and infinity, perfect play: the scale of figures and refinement."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

HALF = 2.5  # the precision half-way between 0 and infinity on the scale x / (HALF + x), 1/payoff


def place_of(precision: ArrayLike) -> NDArray[np.float64]:
    """Where precisions stand between 0 and infinity, in [0, 1]: x / (`HALF` + x), and 1 for infinity."""
    x = np.asarray(precision, dtype=np.float64)
    finite = np.where(np.isinf(x), 0.0, x)
    return np.where(np.isinf(x), 1.0, finite / (HALF + finite))


__all__ = ["HALF", "place_of"]
