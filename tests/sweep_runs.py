"""What tests of running sweeps share: a small dispute, its configuration, a run of it, and what must be equal."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from negotiation.library import load_scenario
from negotiation.scenario import Scenario
from negotiation.sweep.executors import Executor
from negotiation.sweep.run import run_sweep
from negotiation.sweep.settings import SweepPlan
from negotiation.sweep.table import SweepTable, load_sweep

SEED = 20190704
ATTENTION, FIRMNESS, TOKYO, SEOUL = ("scenario.washington.attention", "scenario.tokyo.firmness", "policy.tokyo",
                                     "policy.seoul")
EQUILIBRIUM = dict.fromkeys(("tokyo", "seoul", "washington"), "equilibrium")
MISTAKEN_HAWK = {"behaviour": "hawk", "error": 0.1}
# Eight points of a grid, six drawn ones, and two of another grid, of which one (attention 0.5, hawk) is not new;
# no part names all keys.
UNION: dict[str, Any] = {"method": "union", "designs": [
    {"method": "grid", "axes": {ATTENTION: {"low": 0, "high": 1.5, "points": 4}, TOKYO: ["equilibrium", "hawk"]}},
    {"method": "latin_hypercube", "points": 6, "axes": {FIRMNESS: {"low": 1, "high": 3},
                                                        SEOUL: ["dove", MISTAKEN_HAWK]}},
    {"method": "grid", "axes": {ATTENTION: [0.5, 2], TOKYO: "hawk"}}]}
UNION_POINTS = 15
SIMULATED = {"engine": {"name": "batch"}, "episodes": 700}


def small_scenario(**changes: Any) -> Scenario:
    """The reference dispute over six weeks and on short ladders, so that a point takes milliseconds."""
    return _small().override(changes) if changes else _small()


@cache
def _small() -> Scenario:
    reference = load_scenario("tokyo_seoul_2019")
    values = reference.to_dict()
    return reference.override({"rounds": 6, "shadow": 4, "tokyo.ladder": values["tokyo"]["ladder"][:3],
                               "seoul.ladder": values["seoul"]["ladder"][:3]})


def config_of(sweep: Mapping[str, Any], **changed: Any) -> dict[str, Any]:
    """The resolved configuration of a sweep, as the command makes it."""
    values = small_scenario().to_dict()
    values.pop("documentation", None)
    return {"scenario": values, "policy": dict(EQUILIBRIUM), "engine": {"name": "exact"}, "episodes": 1000,
            "seed": SEED, "sweep": dict(sweep), **changed}


def plan_of(sweep: Mapping[str, Any], **changed: Any) -> SweepPlan:
    return SweepPlan.from_config(config_of(sweep, **changed))


def run(folder: Path, plan: SweepPlan, executor: Executor | None = None) -> SweepTable:
    """The table of a sweep, run in a folder."""
    run_sweep(plan, folder, executor or Executor("threads", 1))
    return load_sweep(folder)


def same_table(left: pd.DataFrame, right: pd.DataFrame) -> None:
    """Hold two tables equal to the last bit in everything but the time that computing took."""
    pd.testing.assert_frame_equal(pd.DataFrame(left).drop(columns="wall_time"),
                                  pd.DataFrame(right).drop(columns="wall_time"), check_exact=True)
