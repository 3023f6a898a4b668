"""The benchmark's sweep: Washington's attention against both sides' firmness, 20 x 10 x 10 points."""

from __future__ import annotations

import importlib.metadata
import json
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from negotiation.behaviours import make_profile
from negotiation.engines.points import chosen_point, equilibrium_point, profile_point
from negotiation.game import compile_game
from negotiation.outcomes import wilson_interval
from negotiation.scenario import Scenario
from negotiation.solve import backward_induction
from negotiation.sweep.executors import Executor
from negotiation.sweep.run import run_sweep
from negotiation.sweep.settings import SweepPlan
from peers import mesa_run
from peers.measuring import Line, alternate, clock, duration, median_ratio

if TYPE_CHECKING:
    from benchmark import Bench

HALF_WIDTH = 0.01
MEMORY = Path(__file__).with_name("sweep_memory.py")


def plan_of(scenario: Scenario, levels: tuple[int, int, int], seed: int = 1) -> SweepPlan:
    """The sweep with so many levels of attention, Tokyo's and Seoul's firmness."""
    values = {key: value for key, value in scenario.to_dict().items() if key != "documentation"}
    axes = {
        "scenario.washington.attention": {"low": 0.0, "high": 1.9, "points": levels[0]},
        "scenario.tokyo.firmness": {"low": 1.0, "high": 3.0, "points": levels[1]},
        "scenario.seoul.firmness": {"low": 1.0, "high": 3.0, "points": levels[2]}}
    seats = ("tokyo", "seoul", "washington")
    return SweepPlan.from_config({
        "scenario": values, "policy": dict.fromkeys(seats, "equilibrium"), "engine": {"name": "exact"},
        "episodes": 1, "seed": seed, "sweep": {"method": "grid", "axes": axes}})


def scenarios_of(plan: SweepPlan) -> list[Scenario]:
    """The scenario of every point."""
    return [plan.computer.base.at(plan.design.overrides(point)).scenario for point in range(len(plan.design))]


def _swept(plan: SweepPlan, workers: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        run_sweep(plan, Path(folder) / "sweep", Executor(workers=workers))


def sweep_row(bench: Bench) -> list[Line]:
    """Points a second: overhead over the solver alone, cores, mesa.batch_run, Hydra's basic launcher, memory."""
    levels, repetitions = ((4, 3, 2), 1) if bench.quick else ((20, 10, 10), 3)
    plan = plan_of(bench.scenario, levels)
    points, scenarios = len(plan.design), scenarios_of(plan)
    equilibrium_point(bench.scenario)

    def alone() -> None:
        for scenario in scenarios:
            equilibrium_point(scenario)

    bench.tick(f"sweep: {points} points")
    workers = max(bench.cores, 2)
    measurements = [clock(alone), clock(partial(_swept, plan, 1)), clock(partial(_swept, plan, workers))]
    solver, one, many = alternate(measurements, repetitions)
    per_point = statistics.median(many) / points
    overhead, scaling = median_ratio(one, solver), median_ratio(one, many)
    return [
        Line("sweep", f"time of a sweep of {points:,} points over its solver alone in a loop, 1 core",
             f"{points / statistics.median(one):,.0f} points/s", f"{points / statistics.median(solver):,.0f} points/s",
             ratio=overhead, measured=overhead, target=1.15, samples={"sweep, 1 core": one, "solver alone": solver}),
        Line("sweep", f"speed of the sweep on {workers} cores over 1",
             f"{points / statistics.median(many):,.0f} points/s", f"{points / statistics.median(one):,.0f} points/s",
             ratio=scaling, measured=scaling, target=1.7, at_least=True, samples={f"sweep, {workers} cores": many}),
        _readable(bench, scenarios, per_point), _behaviours(bench, scenarios),
        _mesa(bench, plan, scenarios, per_point), _hydra(bench, per_point), _memory(bench)]


def _readable(bench: Bench, scenarios: list[Scenario], per_point: float) -> Line:
    """The solver that keeps all policies, as the single run uses it."""
    chosen = scenarios[::max(len(scenarios) // 10, 1)]

    def loop() -> None:
        for scenario in chosen:
            backward_induction(compile_game(scenario))

    bench.tick("sweep: the solver that keeps all policies")
    loop()
    taken = alternate([clock(loop)], 1 if bench.quick else 3)[0]
    each = statistics.median(taken) / len(chosen)
    return Line("sweep", "time of a point against compiling and solving it with all policies kept, 1 core",
                f"{duration(per_point)} a point on all cores", f"backward_induction, {duration(each)}",
                ratio=per_point / each, samples={"readable": taken})


def _behaviours(bench: Bench, scenarios: list[Scenario]) -> Line:
    """Points at which a seat plays a behaviour: values, three best replies and outcomes, on one core."""
    chosen = scenarios[::max(len(scenarios) // 10, 1)]
    policies = {"tokyo": "hawk", "seoul": "equilibrium", "washington": "equilibrium"}

    def quick() -> None:
        for scenario in chosen:
            chosen_point(scenario, policies)

    def readable() -> None:
        for scenario in chosen:
            game = compile_game(scenario)
            profile_point(game, make_profile(game, **policies))

    bench.tick("sweep: points with a behaviour")
    quick()
    readable()
    taken = alternate([clock(quick), clock(readable)], 1 if bench.quick else 3)
    each = [statistics.median(times) / len(chosen) for times in taken]
    speed = median_ratio(taken[1], taken[0])
    return Line("sweep", "a point where Tokyo plays hawk: by readable passes over stored policies / ours, 1 core",
                f"{duration(each[0])} a point", f"{duration(each[1])} a point", ratio=speed,
                samples={"ours": taken[0], "readable": taken[1]})


def episodes_needed(shares: np.ndarray) -> int:
    """The fewest episodes at which each outcome's 95 % Wilson interval is at most 2 HALF_WIDTH wide."""
    low, high = 1, 20_000
    while low < high:
        middle = (low + high) // 2
        below, above = wilson_interval(shares * middle, middle)
        low, high = (low, middle) if float(np.max(above - below)) <= 2 * HALF_WIDTH else (middle + 1, high)
    return low


def _mesa(bench: Bench, plan: SweepPlan, scenarios: list[Scenario], per_point: float) -> Line:
    needed = statistics.fmean(episodes_needed(equilibrium_point(scenario).probabilities) for scenario in scenarios)
    sample = [scenarios[place] for place in plan.design.order()[:1 if bench.quick else 4]]
    episodes, rates = (300 if bench.quick else 3_000), []
    processes = [1] if bench.quick else [1, max(bench.cores, 2)]
    for number, scenario in enumerate(sample):
        bench.tick(f"sweep: Mesa on point {number + 1} of {len(sample)}")
        game = compile_game(scenario)
        tables = bench.folder / f"sweep{number}.pickle"
        mesa_run.write_tables(game, backward_induction(game).profile, tables)
        found = []
        for count in processes:
            starting = mesa_run.play(tables, count, 0, count)[0] if count > 1 else 0.0
            seconds = max(mesa_run.play(tables, episodes * count, number * episodes, count)[0] - starting, 1e-9)
            found.append(episodes * count / seconds)
        rates.append(max(found))
    each = needed / statistics.fmean(rates)
    return Line("sweep", f"a point: mesa.batch_run until every outcome's half width is {HALF_WIDTH} / ours, exact",
                f"{duration(per_point)} a point on all cores",
                f"mesa.batch_run, {duration(each)} a point (extrapolated: {needed:,.0f} episodes a point from the "
                f"exact shares, {statistics.fmean(rates):,.0f} episodes/s on {len(sample)} of the points, solving not "
                "counted)",
                f"Mesa {importlib.metadata.version('mesa')}", ratio=each / per_point, measured=each / per_point,
                target=1000.0, at_least=True, samples={"episodes a second": rates})


def _hydra(bench: Bench, per_point: float) -> Line:
    few, many = (1, 2) if bench.quick else (1, 9)
    taken = []
    for jobs in (few, many):
        bench.tick(f"sweep: Hydra's basic launcher, {jobs} jobs")
        attention = ",".join(f"{number / 10}" for number in range(jobs))
        command = [sys.executable, "-m", "negotiation", "-m", "engine=exact", "plots.save=false",
                   f"hydra.sweep.dir={bench.folder}/hydra{jobs}", f"scenario.washington.attention={attention},1.9"]
        begin = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        taken.append(time.perf_counter() - begin)
    each = (taken[1] - taken[0]) / (many - few)
    return Line("sweep", "a point: one job of Hydra's basic launcher (-m) / a point of the sweep",
                f"{duration(per_point)} a point on all cores", f"negotiation -m, {duration(each)} a job",
                f"Hydra {importlib.metadata.version('hydra-core')}", ratio=each / per_point,
                samples={"hydra": taken})


def _memory(bench: Bench) -> Line:
    sizes = (200, 1_000) if bench.quick else (2_000, 50_000)
    peaks: list[dict[str, Any]] = []
    for size in sizes:
        bench.tick(f"sweep: memory of {size:,} points")
        done = subprocess.run([sys.executable, str(MEMORY), str(size)], check=True, capture_output=True, text=True)
        peaks.append(json.loads(done.stdout))
    growth = peaks[1]["peak"] / peaks[0]["peak"]
    return Line("sweep", f"peak memory of {sizes[1]:,} points over that of {sizes[0]:,} (8 rounds)",
                f"{peaks[1]['peak']:.0f} MB", f"{peaks[0]['peak']:.0f} MB", ratio=growth, measured=growth, target=1.15)


__all__ = ["plan_of", "scenarios_of", "sweep_row"]
