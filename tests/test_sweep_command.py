"""The command itself, killed at random moments and called again until its sweep is whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from omegaconf import OmegaConf
from sweep_runs import ATTENTION, FIRMNESS, same_table

from negotiation.sweep.executors import Executor
from negotiation.sweep.run import run_sweep
from negotiation.sweep.settings import SweepPlan
from negotiation.sweep.store import part_paths
from negotiation.sweep.table import load_sweep

LATEST = 2.5  # seconds


def command(folder: Path, points: int, *more: str) -> list[str]:
    axes = f"{{{ATTENTION}: {{low: 0, high: 2}}, {FIRMNESS}: {{low: 1, high: 3}}}}"
    return [sys.executable, "-m", "negotiation", "sweep=latin_hypercube", f"sweep.points={points}",
            f"sweep.axes={axes}", "scenario.rounds=6", "scenario.shadow=4", "plots.save=false",
            f"hydra.run.dir={folder}", *more]


@pytest.mark.parametrize(("kills", "points"), [(2, 6_000), pytest.param(10, 20_000, marks=pytest.mark.slow)])
def test_a_command_killed_at_random_moments_ends_with_the_same_table(tmp_path: Path, kills: int, points: int) -> None:
    """Real processes, each killed by a SIGKILL to it and all that it started; the last one is left to finish.

    Every other one is killed a random time after its start, and the others a random time after a part of theirs.
    """
    folder, moments = tmp_path / "killed", np.random.default_rng(points).uniform(0, LATEST, kills)
    known: set[int] = set()
    for number, moment in enumerate(moments):
        parts = len(part_paths(folder))
        process = subprocess.Popen(command(folder, points), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   start_new_session=True)
        while number % 2 and len(part_paths(folder)) == parts and process.poll() is None:
            time.sleep(0.01)
        time.sleep(moment)
        assert process.poll() is None, "the sweep was over before it could be killed"
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if part_paths(folder):
            stored = set(load_sweep(folder)["point"])
            assert known <= stored
            known = stored
    assert 0 < len(known) < points
    done = subprocess.run(command(folder, points), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    table = load_sweep(folder)
    assert len(table) == points

    plan = SweepPlan.from_config(OmegaConf.to_container(OmegaConf.load(folder / "config.yaml")))
    run_sweep(plan, tmp_path / "whole", Executor("threads", 2))
    same_table(table, load_sweep(tmp_path / "whole"))
