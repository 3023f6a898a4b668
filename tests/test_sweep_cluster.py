"""Sweeps in other processes: a Dask cluster, workers that are killed, commands that are stopped."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sweep_runs import ATTENTION, SIMULATED, TOKYO, UNION, UNION_POINTS, plan_of, run, same_table

from negotiation.parameters import ParameterError
from negotiation.refusals import explain
from negotiation.sweep import executors
from negotiation.sweep.compute import Computer
from negotiation.sweep.executors import Executor, compute_block
from negotiation.sweep.run import overrides_of, run_sweep
from negotiation.sweep.store import SweepStore
from negotiation.sweep.table import load_sweep

distributed = pytest.importorskip("distributed")
HERE = Path(__file__).parent
PRECISE = {"half_width": 0.03, "common_random_numbers": False}
LONG: dict[str, Any] = {"method": "grid", "axes": {ATTENTION: {"low": 0, "high": 1, "points": 30},
                                                   TOKYO: ["equilibrium", "hawk"]}}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A Dask cluster of two processes on this machine, reached by its address."""
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as started:
        yield started


# ---------------------------------------------------------------------------------------------- Dask


@pytest.mark.parametrize(("sweep", "changed"), [({}, {}), ({}, SIMULATED), (PRECISE, SIMULATED)],
                         ids=["exact", "batch", "precise"])
def test_a_cluster_by_its_address_makes_the_same_table(tmp_path: Path, cluster: Any, sweep: dict[str, Any],
                                                       changed: dict[str, Any]) -> None:
    plan = plan_of({**UNION, **sweep}, **changed)
    table = run(tmp_path / "dask", plan, Executor("dask", address=cluster.scheduler_address))
    same_table(table, run(tmp_path / "alone", plan))
    assert len(table) == UNION_POINTS


def test_a_worker_killed_in_the_middle_costs_nothing(tmp_path: Path, cluster: Any) -> None:
    plan = plan_of(LONG, engine={"name": "batch"}, episodes=3000)
    known = {worker.pid for worker in _workers(cluster)}
    killed: list[int] = []

    def report(done: int, failed: int) -> None:
        nonlocal count
        count += done
        if not killed and count >= 10:  # both work, one is killed over its block
            killed.append(min(known))
            os.kill(killed[0], signal.SIGKILL)

    count = 0
    done = run_sweep(plan, tmp_path / "dask", Executor("dask", address=cluster.scheduler_address), report)
    assert killed
    assert (done.computed, done.failed, done.missing) == (60, 0, 0)
    same_table(load_sweep(tmp_path / "dask"), run(tmp_path / "alone", plan))
    with pytest.raises(ProcessLookupError):
        os.kill(killed[0], 0)


def _workers(cluster: Any) -> list[Any]:
    return [nanny.process.process for nanny in cluster.workers.values()
            if nanny.process is not None and nanny.process.process is not None]


def test_a_cluster_of_its_own_is_started_and_stopped(tmp_path: Path) -> None:
    plan = plan_of(UNION)
    before = _descendants()
    table = run(tmp_path / "dask", plan, Executor("dask", workers=2))
    same_table(table, run(tmp_path / "alone", plan))
    assert _descendants() <= before


def _descendants() -> set[int]:
    """The processes that this one has started, and those that they have, but Python's own trackers."""
    told = subprocess.run(["ps", "-e", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in told.splitlines() if "tracker" not in line and "ps -e" not in line]
    found, parents = set(), {os.getpid()}
    while parents:
        parents = {int(pid) for pid, parent, *_ in rows if int(parent) in parents} - found
        found |= parents
    return found


def test_nothing_to_do_needs_no_worker(tmp_path: Path, cluster: Any) -> None:
    plan = plan_of({"method": "grid", "axes": {ATTENTION: [0.0, 1.0]}})
    run(tmp_path / "s", plan)
    for executor in (Executor("dask", address=cluster.scheduler_address), Executor("processes", 2), Executor()):
        assert run_sweep(plan, tmp_path / "s", executor).computed == 0


def test_an_address_without_a_scheduler_is_refused_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executors, "CONNECT", "0.3s")
    with pytest.raises(ParameterError) as caught:
        run(tmp_path / "s", plan_of(UNION), Executor("dask", address="tcp://127.0.0.1:9"))
    line = explain(caught.value)
    assert line is not None
    assert line.startswith("executor.address: 'tcp://127.0.0.1:9' is not allowed; allowed: the address of a running "
                           "Dask scheduler")
    assert "\n" not in line


def test_dask_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ParameterError, match=r"executor\.name: 'dask' .* pip install 'negotiation\[dask\]'"):
        run(tmp_path / "s", plan_of(UNION), Executor("dask"))


def test_a_worker_keeps_one_sweep_at_a_time() -> None:
    plans = [plan_of({"method": "grid", "axes": {ATTENTION: [0.0, 1.0]}}, seed=seed, **SIMULATED)
             for seed in (1, 2)]
    points = np.array([0, 1])
    for plan in (plans[0], plans[1], plans[0]):
        token, packed = executors._packed(plan.computer)
        found = compute_block(token, packed, points, overrides_of(plan, points))
        expected = plan.computer.rows(points.tolist(), overrides_of(plan, points))
        assert found["probability_settlement"].tolist() == expected["probability_settlement"].tolist()
        assert list(executors._COMPUTERS) == [token]


def test_a_computer_travels_without_its_games() -> None:
    plan = plan_of({"method": "grid", "axes": {TOKYO: ["subgame_perfect"]}})
    packed = executors._packed(plan.computer)[1]
    plan.computer.row(0, plan.design.overrides(0))
    assert plan.computer._games
    again = executors._packed(plan.computer)[1]
    assert len(again) == len(packed) < 20_000
    assert pickle.loads(again)._games == []


# ------------------------------------------------------------------------------ workers that die


class Deadly(Computer):
    """Computes points, but dies over one."""

    def row(self, point: int, overrides: Mapping[str, Any]) -> dict[str, Any]:
        if point == 7:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().row(point, overrides)


def assert_death_is_told(folder: Path, executor: Executor) -> None:
    plan = plan_of(UNION)
    plan.computer.__class__ = Deadly
    with pytest.raises(ParameterError) as caught:
        run_sweep(plan, folder, executor)
    assert explain(caught.value) == (
        f"executor.workers: {executor.workers} is not allowed; allowed: fewer workers, or more memory for each: one "
        "was killed over its points; what is stored stays, and the same command goes on with it")
    stored = load_sweep(folder)
    assert 7 not in stored["point"].tolist()
    assert stored["error"].isna().all()
    # The same command, without what killed the worker, has the whole table.
    same_table(run(folder, plan_of(UNION)), run(folder.with_name("alone"), plan_of(UNION)))


def test_a_worker_process_that_dies_stops_the_sweep_in_one_line_and_costs_no_stored_row(
        tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert_death_is_told(tmp_path / "s", Executor("processes", 2))
    assert capfd.readouterr().err == ""


@pytest.mark.slow
def test_a_point_that_kills_every_dask_worker_is_told_in_one_line(tmp_path: Path) -> None:
    assert_death_is_told(tmp_path / "s", Executor("dask", 1))


# --------------------------------------------------------------------------- a sweep that is stopped


RUNNING = f"""
import os, sys
sys.path[:0] = [{str(HERE)!r}, {str(HERE.parent)!r}]
from pathlib import Path
from sweep_runs import *

def main(folder, name):
    axes = {{ATTENTION: {{"low": 0, "high": 1, "points": 200_000}}}}
    told = []
    def report(done, failed):
        if not told:
            print("running", flush=True)
        told.append(done)
    run_sweep(plan_of({{"method": "grid", "axes": axes}}), Path(folder), Executor(name, 2), report)
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Any]:
    """Start a long sweep in a process, and a group, of its own; what is left of it is killed at the end."""
    (tmp_path / "running.py").write_text(RUNNING, encoding="utf-8")
    started: list[subprocess.Popen[str]] = []

    def starting(executor: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", f"import running; running.main({str(tmp_path / 's')!r}, {executor!r})"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            # Where the tests run in a shell's background, Ctrl-C would be ignored by what they start.
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL))
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "running\n"
        return process

    yield starting
    for process in started:
        if _group(process.pid):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def _group(leader: int) -> list[str]:
    """What still runs of a process group, but Python's own trackers of resources.

    What has no command line any more (``[python]``) has given its memory back and is about to be gone.
    """
    told = subprocess.run(["ps", "-e", "-o", "pgid=,stat=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in told.splitlines()]
    return [args for group, state, args in rows if int(group) == leader
            and not ("Z" in state or "tracker" in args or args.startswith("["))]


@pytest.mark.parametrize("executor", ["processes", pytest.param("dask", marks=pytest.mark.slow)])
def test_workers_end_with_a_command_that_was_killed(tmp_path: Path, start: Any, executor: str) -> None:
    process = start(executor)
    assert len(_group(process.pid)) >= 3
    os.kill(process.pid, signal.SIGKILL)
    deadline = time.monotonic() + 30
    while _group(process.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert _group(process.pid) == []
    with SweepStore.open(tmp_path / "s", load_sweep(tmp_path / "s").manifest):  # the lock has gone with it, too
        pass


def test_ctrl_c_stores_what_is_there_and_says_nothing_of_its_own(tmp_path: Path, start: Any) -> None:
    process = start("processes")
    time.sleep(0.3)
    os.killpg(process.pid, signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert told.count("Traceback") == 1  # the script's own KeyboardInterrupt, that of no worker
    assert told.strip().splitlines()[-1] == "KeyboardInterrupt"
    assert len(load_sweep(tmp_path / "s")) > 0
    assert _group(process.pid) == []


@pytest.mark.parametrize("name", ["threads", "processes", "dask"])
def test_a_full_disk_stops_the_workers_too(tmp_path: Path, cluster: Any, name: str, monkeypatch: pytest.MonkeyPatch,
                                           recwarn: pytest.WarningsRecorder) -> None:
    executor = Executor(name, address=cluster.scheduler_address) if name == "dask" else Executor(name, 2)
    parts = 0

    def full(self: SweepStore) -> None:
        nonlocal parts
        parts += 1
        if parts == 3:
            raise OSError(28, "No space left on device", str(self.folder))
        known(self)

    known = SweepStore.flush
    monkeypatch.setattr(SweepStore, "flush", full)
    monkeypatch.setattr("negotiation.sweep.store.AGE_SECONDS", 0.0)
    plan = plan_of({"method": "grid", "axes": {ATTENTION: {"low": 0, "high": 1, "points": 2000}}})
    began = time.monotonic()
    with pytest.raises(OSError, match="No space left"):
        run_sweep(plan, tmp_path / "s", executor)
    assert time.monotonic() - began < 20
    assert [str(warning.message) for warning in recwarn if "joblib" in warning.filename] == []
    monkeypatch.undo()
    assert 0 < len(load_sweep(tmp_path / "s")) < 2000
