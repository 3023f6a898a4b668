"""What tests of sweep folders share: a design, a manifest, and rows that follow from the point alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from negotiation.sweep.design import Design
from negotiation.sweep.rows import RESULTS, row_schema
from negotiation.sweep.store import SweepStore

FLOATS = [name for name, kind in RESULTS.items() if kind == "float64"]
FIRMNESS, TOKYO, ROUNDS = "scenario.tokyo.firmness", "policy.tokyo", "scenario.rounds"
GRID = {"method": "grid", "axes": {FIRMNESS: {"low": 0.0, "high": 3.0, "points": 5}, TOKYO: ["hawk", "dove"],
                                   ROUNDS: [26, 4, 9]}}
VERSIONS = {"version": "0.1.0", "commit": "abc", "python": "3.11.1", "packages": {"numpy": "2.0.0"}}


def manifest_of(design: Design, seed: int = 7, **changed: Any) -> dict[str, Any]:
    """The manifest of a sweep over a design."""
    config = {"scenario": {"rounds": 26, "tokyo": {"precision": 2.5}}, "seed": seed, "sweep": dict(design.config)}
    return {"format": 1, "config": config, "config_hash": "c0ffee", "design_hash": design.hash,
            "method": design.method, "axes": list(design.points), "points": len(design),
            "rows": len(design.row_point), "seed": seed, "shard": None, "provenance": VERSIONS, **changed}


def rows_of(design: Design, points: Any, failed: bool = False) -> pd.DataFrame:
    """Rows whose numbers follow from the point alone, so that whoever computes them stores the same."""
    numbers = np.asarray(points, dtype=np.int64)
    columns: dict[str, Any] = {"point": numbers}
    for key in design.points:
        columns[str(key)] = design.points[key].to_numpy()[numbers]
    if failed:
        return pd.DataFrame({**columns, "error": [f"point {number} failed" for number in numbers]})
    for number, name in enumerate(FLOATS):
        columns[name] = np.sin((numbers + 1.0) * (number + 1.0))
    columns |= {"exact": numbers % 2 == 0, "episodes": numbers * 3, "error": None}
    return pd.DataFrame(columns)


def opened(folder: Path, design: Design, **changed: Any) -> SweepStore:
    return SweepStore.open(folder, manifest_of(design, **changed), row_schema(design.points))


def same(left: pd.DataFrame, right: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(pd.DataFrame(left), pd.DataFrame(right), check_exact=True)
