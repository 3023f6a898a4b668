"""Running a sweep: points in order, blocks to the workers, rows to the store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from negotiation.sweep.design import design_files
from negotiation.sweep.executors import Block, Executor, Rows
from negotiation.sweep.rows import EPISODES, ERROR, row_schema
from negotiation.sweep.settings import SweepPlan
from negotiation.sweep.store import SweepStore

BLOCK_SECONDS = 0.5  # what a block should take: long against handing it over, short against losing it
LARGEST_BLOCK = 512
# What another try may mend is no row: these points stay missing, and resuming computes them.
TRANSIENT = ("MemoryError:", "OSError:", "ImportError:", "ModuleNotFoundError:")
Report = Callable[[int, int], None]


@dataclass(frozen=True)
class SweepRun:
    """What a run of a sweep did.

    Attributes:
        folder: the sweep's folder.
        computed: points computed now.
        failed: of these, points that could not be computed.
        skipped: points that were there already.
        missing: points of the design (all shards) that are still not there.
        seconds: how long it took.
        notes: what a reader should know of a folder taken up again.
    """

    folder: Path
    computed: int
    failed: int
    skipped: int
    missing: int
    seconds: float
    notes: tuple[str, ...]


def run_sweep(plan: SweepPlan, folder: Path, executor: Executor | None = None,
              report: Report | None = None) -> SweepRun:
    """Compute a sweep's points that its folder does not hold yet.

    Args:
        plan: what to compute.
        folder: the sweep's folder; made if it does not exist, taken up again if it is this sweep's.
        executor: who computes; threads, one a core, if None.
        report: called with the number of points finished and failed since the last call.

    Raises:
        ParameterError: the folder is another sweep's or in use, or the executor cannot be had.
        OSError: the folder cannot be written; what was stored stays whole.
    """
    start = monotonic()
    executor = executor or Executor()
    # Whatever happens, rows are stored before the workers are stopped, which may take a moment.
    with ExitStack() as after, SweepStore.open(folder, plan.manifest(), row_schema(plan.keys)) as store:
        store.keep_files({file: file for file in design_files(plan.config["sweep"])})
        there = store.finished()
        todo = plan.todo()
        todo = todo[~np.isin(todo, there)]
        skipped = len(plan.todo()) - len(todo)
        pace = _Pace(executor.count)
        computed = failed = 0
        results = executor.run(plan.computer, _blocks(plan, todo, pace))
        after.callback(results.close)
        for rows in results:
            count, wrong = len(rows["point"]), int(sum(entry is not None for entry in rows[ERROR]))
            pace.learn(count, float(rows["wall_time"].sum()))
            lasting = ~np.array([str(entry).startswith(TRANSIENT) for entry in rows[ERROR]])
            store.append(with_keys(plan, {name: column[lasting] for name, column in rows.items()}))
            computed, failed = computed + count, failed + wrong
            if report is not None:
                report(count, wrong)
        store.flush()
        missing = len(plan.design) - len(store.finished())
        return SweepRun(folder, computed, failed, skipped, missing, monotonic() - start, tuple(store.notes))


def with_keys(plan: SweepPlan, rows: Rows) -> dict[str, Any]:
    """Computed rows with one more column for each key of the design."""
    points = plan.keys.iloc[rows["point"]]
    return {**rows, **{str(key): points[key].to_numpy() for key in points.columns if key != EPISODES}}


class _Pace:
    """How many points make a block, from what points have taken so far."""

    def __init__(self, workers: int) -> None:
        self.workers, self.points, self.seconds, self.lock = workers, 0, 0.0, Lock()

    def learn(self, points: int, seconds: float) -> None:
        with self.lock:
            self.points, self.seconds = self.points + points, self.seconds + seconds

    def size(self, left: int) -> int:
        with self.lock:
            if not self.points:
                return 1
            wanted = BLOCK_SECONDS * self.points / max(self.seconds, 1e-9)
        # Towards the end blocks get smaller, so that no worker waits long for the last one.
        return int(max(1, min(wanted, LARGEST_BLOCK, left / (4 * self.workers))))


def _blocks(plan: SweepPlan, todo: NDArray[np.int64], pace: _Pace) -> Iterator[Block]:
    start = 0
    while start < len(todo):
        size = pace.size(len(todo) - start)
        points = todo[start:start + size]
        yield points, overrides_of(plan, points)
        start += size


def overrides_of(plan: SweepPlan, points: NDArray[np.int64]) -> list[dict[str, Any]]:
    """Configuration key to value of some points, as plain values."""
    rows = plan.design.points.iloc[points]
    columns = {str(key): rows[key].tolist() for key in rows.columns}
    return [{key: values[place] for key, values in columns.items() if values[place] is not None
             and values[place] == values[place]} for place in range(len(points))]


@contextmanager
def progress_bar(total: int, console: Console, unit: str = "points") -> Iterator[Report | None]:
    """A bar with points/s, time left and failures on a terminal; nothing elsewhere."""
    if not console.is_terminal:
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
               TextColumn("{task.fields[speed]}"), TimeRemainingColumn(), TextColumn("{task.fields[failures]}"))
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(unit, total=total, speed="", failures="")
        start, failures = monotonic(), 0

        def report(done: int, failed: int) -> None:
            nonlocal failures
            failures += failed
            bar.advance(task, done)
            rate = bar.tasks[0].completed / max(monotonic() - start, 1e-9)
            bar.update(task, speed=f"{rate:,.0f} {unit}/s", failures=f"{failures} failed" if failures else "")

        yield report


__all__ = ["SweepRun", "overrides_of", "progress_bar", "run_sweep", "with_keys"]
