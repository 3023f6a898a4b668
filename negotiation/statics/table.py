"""The table of effects: one row a sample, one column a factor and a static; computed, written and read."""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Sequence

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from negotiation.scenario import Scenario
from negotiation.statics.catalogue import STATICS, Static
from negotiation.statics.measures import Case, UndeterminedError
from negotiation.statics.sample import NAMES, SAMPLES, SEED, draw, reference_row, scenario_at

SAMPLE = "sample"
AT_REFERENCE = -1  # the row of the reference scenario itself
DIGITS = 12


def effects_at(scenario: Scenario, statics: Sequence[Static]) -> dict[str, float]:
    """The effects of statics at one scenario; what several of them need is solved once.

    An effect that is undetermined (see `negotiation.statics.measures`) is nan.
    """
    case = Case(scenario)
    return {static.name: _effect(static, case) for static in statics}


def _effect(static: Static, case: Case) -> float:
    try:
        return static.effect(case)
    except UndeterminedError:
        return float("nan")


def asked_at(sample: int) -> list[Static]:
    """The statics that are measured in a sample; all at the reference scenario."""
    return [static for static in STATICS if sample == AT_REFERENCE or sample % static.every == 0]


def compute(reference: Scenario, samples: int = SAMPLES, seed: int = SEED, workers: int | None = None,
            tick: Callable[[int, int], None] = lambda done, all_: None,
            only: Collection[str] | None = None) -> pd.DataFrame:
    """All effects at the reference scenario and at every sample.

    Args:
        reference: the scenario whose documentation gives the ranges.
        samples: number of samples.
        seed: of the hypercube.
        workers: processes; None for one a core.
        tick: told how many rows are done, of how many.
        only: names of the statics to measure, the others are left missing; None for all.

    Returns:
        [samples + 1 rows]: `sample` (from 0; -1 is the reference scenario), the factors' values, the statics' effects
        (missing where a static is not measured in the sample, or undetermined there), rounded as `to_csv` writes
        them.
    """
    drawn = draw(reference, samples, seed)
    rows = [(AT_REFERENCE, reference_row(reference), reference)]
    rows += [(number, row, scenario_at(reference, row)) for number, (_, row) in enumerate(drawn.iterrows())]
    found = []
    work = Parallel(workers or -1, return_as="generator")
    for done, effects in enumerate(work(delayed(_effects)(number, scenario, only) for number, _, scenario in rows),
                                   start=1):
        found.append(effects)
        tick(done, len(rows))
    columns = [SAMPLE, *NAMES, *(static.name for static in STATICS)]
    records = [{SAMPLE: number, **row, **effects} for (number, row, _), effects in zip(rows, found, strict=True)]
    return from_csv(to_csv(pd.DataFrame(records, columns=columns)))


def _effects(number: int, scenario: Scenario, only: Collection[str] | None) -> dict[str, float]:
    return effects_at(scenario, [static for static in asked_at(number) if only is None or static.name in only])


def to_csv(table: pd.DataFrame) -> str:
    """The table as text, twelve significant digits a number."""
    return str(table.to_csv(index=False, float_format=f"%.{DIGITS}g", lineterminator="\n"))


def from_csv(text: str) -> pd.DataFrame:
    """The table that `to_csv` wrote."""
    return pd.read_csv(io.StringIO(text))


def differences(one: pd.DataFrame, other: pd.DataFrame) -> list[str]:
    """Where two tables differ by more than the numerical error of the statics; empty if nowhere.

    Rows are compared by their sample; columns and samples must be the same.
    """
    if list(one.columns) != list(other.columns):
        return [f"columns: {', '.join(sorted(set(one.columns) ^ set(other.columns))) or 'in another order'}"]
    if one[SAMPLE].tolist() != other[SAMPLE].tolist():
        return [f"samples: {len(one)} rows against {len(other)}"]
    noise = {static.name: static.noise for static in STATICS}
    found = []
    for column in one.columns:
        first, second = one[column].to_numpy(dtype=np.float64), other[column].to_numpy(dtype=np.float64)
        allowed = noise.get(column, 1e-9) * np.maximum(1.0, np.abs(second))
        off = ~((np.abs(first - second) <= allowed) | (np.isnan(first) & np.isnan(second)))
        found += [f"{column} at sample {one[SAMPLE].iloc[place]}: {first[place]:.12g} against {second[place]:.12g}"
                  for place in np.flatnonzero(off)]
    return found


__all__ = ["AT_REFERENCE", "SAMPLE", "asked_at", "compute", "differences", "effects_at", "from_csv", "to_csv"]
