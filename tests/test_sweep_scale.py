"""Sweeps of a million points: planned quickly, begun and run in bounded memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# What every process below begins with.
BEGINNING = f"""
import resource, sys, time
sys.path[:0] = [{str(HERE)!r}, {str(HERE.parent)!r}]
from pathlib import Path
import numpy as np
from sweep_runs import *
from negotiation import sweeping
from negotiation.sweep.compute import Computer
from negotiation.terminal import console

def peak():  # MB, the most that this process has ever had
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

class Stopping(Executor):
    def run(self, computer, blocks):
        done = 0
        for block in blocks:
            yield computer.rows(*block)
            done += len(block[0])
            if done >= 300:
                return

sweeping.CHECK_SECONDS = 0.5
AXES = {{ATTENTION: {{"low": 0, "high": 1}}, FIRMNESS: {{"low": 1, "high": 3}},
        SEOUL: ["equilibrium", "grit", "dove"]}}
GRID = {{ATTENTION: {{"low": 0, "high": 1, "points": 1000}},
        "scenario.shadow": {{"low": 1, "high": 4, "integer": True}}, FIRMNESS: {{"low": 1, "high": 3, "points": 250}}}}
"""


def told_by(script: str) -> list[float]:
    """What a script prints last, as numbers."""
    done = subprocess.run([sys.executable, "-c", BEGINNING + script], capture_output=True, text=True, check=False,
                          timeout=600, cwd=HERE.parent)
    assert done.returncode == 0, done.stderr
    return [float(number) for number in done.stdout.splitlines()[-1].split()]


@pytest.mark.parametrize("design", ['{"method": "latin_hypercube", "points": 1_000_000, "axes": AXES}',
                                    '{"method": "grid", "axes": GRID}'], ids=["drawn", "grid"])
def test_a_million_points_are_planned_and_begun_in_bounded_memory(tmp_path: Path, design: str) -> None:
    """Against a design of a thousand points, in the same process: half a minute and 600 MB more, at most."""
    first, second, seconds, points, rows, missing = told_by(f"""
def begin(sweep, folder):
    start = time.monotonic()
    plan = plan_of(sweep)
    sweeping._print_plan(plan, Executor(), console())
    seconds = time.monotonic() - start
    done = run_sweep(plan, Path(folder), Stopping("threads", 1))
    return plan, done, seconds

begin({{"method": "latin_hypercube", "points": 1000, "axes": AXES}}, {str(tmp_path / "small")!r})
first = peak()
plan, done, seconds = begin({design}, {str(tmp_path / "large")!r})
rows = len(load_sweep({str(tmp_path / "large")!r}))
assert rows == done.computed
# The beginning is spread over the space.
begun = plan.design.points[ATTENTION].iloc[plan.todo()[:300]]
assert np.histogram(begun, 10, (0, 1))[0].min() >= 20
print(first, peak(), seconds, len(plan.design), rows, done.missing)
""")
    assert points == 1_000_000
    assert 300 <= rows < 900
    assert missing == points - rows
    assert second - first < 600
    assert seconds < 30


@pytest.mark.slow
def test_a_million_rows_are_stored_in_bounded_memory(tmp_path: Path) -> None:
    """All points of a sweep whose computing takes no time: what is left is handing out, taking in and storing.

    After the first 100,000 rows (two parts of 50,000) memory hardly grows; shards, and the summary that the command
    prints, included.
    """
    first, last, rows, parts, summary = told_by(f"""
plan = plan_of({{"method": "latin_hypercube", "points": 1_000_000, "axes": AXES, "shard": "1/1"}})
row = plan.computer.rows([0], [plan.design.overrides(0)])
known = {{name: np.repeat(column, 512) for name, column in row.items()}} | {{"wall_time": np.full(512, 1e-4)}}

class Quick(Computer):  # as if a point took a tenth of a millisecond
    def rows(self, points, overrides):
        return {{**{{name: column[:len(points)] for name, column in known.items()}}, "point": np.asarray(points)}}

plan.computer.__class__ = Quick
seen, first = 0, None
def report(done, failed):
    global seen, first
    seen += done
    if first is None and seen >= 120_000:
        first = peak()
done = run_sweep(plan, Path({str(tmp_path / "s")!r}), Executor("threads", 2), report)
assert done.missing == 0
last = peak()
table = load_sweep({str(tmp_path / "s")!r}, sweeping._told_columns(plan, "probability_settlement"))
print(first, last, len(table), len(list(Path({str(tmp_path / "s")!r}).glob("parts/*"))), peak())
""")
    assert rows == 1_000_000
    assert parts < 60
    assert last - first < 300
    assert summary - first < 900
