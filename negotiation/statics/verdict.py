"""From effects over a sample to a verdict, and to the parameter that a change of sign hangs on.

An effect *counts* where its size exceeds the static's tolerance. Of those that count, the share with the
expected sign decides:

* ``agrees`` from 95 % upwards, ``disagrees`` up to 5 %, ``depends`` between;
* ``no effect`` where no more than 5 % of the samples count.

A claim that something *is zero* agrees where it is within the tolerance in at least 95 % of the samples (for
identities the tolerance is one of rounding, and every sample must be within it); that something *differs* where
it exceeds the tolerance in at least 95 %; that something *may happen* where it does in more than 5 %.

**Where the sign changes.** One parameter and one threshold that best tell the samples with the expected sign
from the others, by exhaustive search over all parameters and all midpoints between neighbouring values: a
decision stump. Its balanced accuracy is the mean of the shares of both kinds put on the right side, 0.5 for a
coin. Searching flatters, so the accuracy is also estimated by ten-fold cross-validation: the split is sought in
nine tenths and judged on the last tenth. It counts as an explanation from 0.75 of the latter upwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from negotiation.game import Booleans, Floats

MOST = 0.95
EXPLAINS = 0.75
FOLDS = 10


class Expected(Enum):
    """What a source leads one to expect of an effect."""

    RISES = "rises"
    FALLS = "falls"
    ZERO = "is zero"
    IDENTITY = "is zero up to rounding"
    DIFFERS = "differs from zero"
    MAY = "may happen"


class Finding(Enum):
    """The verdicts."""

    AGREES = "agrees"
    DISAGREES = "disagrees"
    DEPENDS = "depends"
    NO_EFFECT = "no effect"


@dataclass(frozen=True)
class Split:
    """A decision stump: the expected sign is found above (or below) a threshold of one parameter.

    Attributes:
        name: the parameter's column.
        threshold: midway between two neighbouring sampled values.
        above: the expected sign lies above the threshold, else below.
        accuracy: balanced accuracy on the sample it was found in.
        validated: balanced accuracy by cross-validation.
    """

    name: str
    threshold: float
    above: bool
    accuracy: float
    validated: float

    @property
    def explains(self) -> bool:
        """Whether it tells the signs apart well enough to be named as the reason."""
        return self.validated >= EXPLAINS


@dataclass(frozen=True)
class Verdict:
    """What a sample of effects says.

    Attributes:
        finding: the verdict.
        samples: number of effects.
        counted: number of them beyond the tolerance.
        share: share with the expected sign, among those that count (for claims about zero: among all); nan if none.
        median, low, high: of all effects; low and high are the 5 % and 95 % quantiles.
        largest: largest absolute effect.
        split: what a change of sign hangs on; None where signs do not differ.
    """

    finding: Finding
    samples: int
    counted: int
    share: float
    median: float
    low: float
    high: float
    largest: float
    split: Split | None


def judge(effects: Floats, expected: Expected, tolerance: float, factors: pd.DataFrame | None = None) -> Verdict:
    """The verdict on a sample of effects.

    Args:
        effects: float64 [n], one a sample.
        expected: what the source leads one to expect.
        tolerance: effects up to this size do not count.
        factors: [n rows], the sampled parameters, to look for where signs change; None: do not look.

    Raises:
        ValueError: no effects, an effect is not a finite number, or as many factors as effects are wanting.
    """
    values = np.asarray(effects, dtype=np.float64)
    if values.ndim != 1 or not values.size or not np.isfinite(values).all():
        raise ValueError(f"effects: {values} is not allowed; allowed: at least one finite number")
    if factors is not None and len(factors) != values.size:
        raise ValueError(f"factors: {len(factors)} rows is not allowed; allowed: {values.size}, one an effect")
    beyond = np.abs(values) > tolerance
    hit, scope = _hits(values, beyond, expected)
    share = float(hit[scope].mean()) if scope.any() else float("nan")
    low, median, high = (float(value) for value in np.quantile(values, [0.05, 0.5, 0.95]))
    found = _finding(share, float(scope.mean()), expected)
    mixed = scope.any() and 0 < share < 1
    seek = factors is not None and mixed and (found is Finding.DEPENDS or expected is Expected.MAY)
    split = find_split(factors[scope], hit[scope]) if seek and factors is not None else None
    return Verdict(found, values.size, int(beyond.sum()), share, median, low, high, float(np.abs(values).max()), split)


def _hits(values: Floats, beyond: Booleans, expected: Expected) -> tuple[Booleans, Booleans]:
    """Bool [n] twice: has the expected sign; is asked at all."""
    everywhere = np.ones(values.size, dtype=bool)
    if expected in (Expected.RISES, Expected.FALLS):
        return (values > 0) == (expected is Expected.RISES), beyond
    return (~beyond if expected in (Expected.ZERO, Expected.IDENTITY) else beyond), everywhere


def _finding(share: float, asked: float, expected: Expected) -> Finding:
    if expected is Expected.IDENTITY:
        return Finding.AGREES if share == 1 else Finding.DISAGREES
    if expected is Expected.MAY:
        return Finding.AGREES if share > 1 - MOST else Finding.DISAGREES
    if asked <= 1 - MOST:
        return Finding.NO_EFFECT
    return Finding.AGREES if share >= MOST else Finding.DISAGREES if share <= 1 - MOST else Finding.DEPENDS


def find_split(factors: pd.DataFrame, hit: NDArray[np.bool_]) -> Split | None:
    """The one parameter and threshold that best tell hits from misses; None if all are alike or nothing varies."""
    if hit.all() or not hit.any():
        return None
    table = factors.to_numpy(dtype=np.float64)
    best = _stump(table, hit)
    if best is None:
        return None
    column, threshold, above, accuracy = best
    return Split(str(factors.columns[column]), threshold, above, accuracy, _cross_validated(table, hit))


def _stump(table: Floats, hit: Booleans) -> tuple[int, float, bool, float] | None:
    """(column, threshold, hits lie above, balanced accuracy); ties go to the first column and lowest threshold."""
    hits, misses = int(hit.sum()), int((~hit).sum())
    best: tuple[int, float, bool, float] | None = None
    for column, values in enumerate(table.T):
        order = np.argsort(values, kind="stable")
        ordered, right = values[order], hit[order]
        # A threshold after position p puts p + 1 samples below it.
        below = np.cumsum(right)[:-1] / hits - np.cumsum(~right)[:-1] / misses
        gain = np.where(ordered[1:] > ordered[:-1], np.abs(below), -1.0)
        if not gain.size or gain.max() < 0:
            continue
        place = int(np.argmax(gain))
        accuracy = 0.5 + float(gain[place]) / 2
        if best is None or accuracy > best[3] + 1e-12:
            best = column, float((ordered[place] + ordered[place + 1]) / 2), bool(below[place] < 0), accuracy
    return best


def _cross_validated(table: Floats, hit: Booleans) -> float:
    """Balanced accuracy of splits sought without the samples they are judged on.

    Folds take turns through the hits and through the misses, so each has its part of both.
    """
    fold = np.empty(hit.size, dtype=np.int64)
    for kind in (hit, ~hit):
        fold[kind] = np.arange(int(kind.sum())) % FOLDS
    told = np.zeros(hit.size, dtype=bool)
    for number in range(FOLDS):
        out = fold == number
        kept = hit[~out]
        found = _stump(table[~out], kept) if kept.any() and not kept.all() else None
        if found is None:
            told[out] = 2 * int(kept.sum()) > kept.size
            continue
        column, threshold, above, _ = found
        told[out] = (table[out, column] > threshold) == above
    return float((told[hit].mean() + (~told[~hit]).mean()) / 2)


__all__ = ["EXPLAINS", "MOST", "Expected", "Finding", "Split", "Verdict", "find_split", "judge"]
