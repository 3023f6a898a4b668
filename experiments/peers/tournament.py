"""The benchmark's tournament: the shipped twenty behaviours a side under three Washingtons, exact."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from negotiation.behaviours import make_profile
from negotiation.engines.points import profile_point
from negotiation.game import compile_game
from negotiation.library import conf_folder
from negotiation.scenario import Scenario
from negotiation.sweep.executors import Executor
from negotiation.sweep.run import run_sweep
from negotiation.sweep.table import load_sweep
from negotiation.tournament.field import contests
from negotiation.tournament.ranking import ranking
from negotiation.tournament.report import meta_game
from negotiation.tournament.settings import TournamentPlan
from peers.measuring import Line, alternate, clock, duration

if TYPE_CHECKING:
    from benchmark import Bench

EXPERIMENT = "tournament"
CLOSE = 1e-9
SEATS = ("tokyo", "seoul", "washington")


def plan_of(scenario: Scenario, field: dict[str, Any], seed: int = 1) -> TournamentPlan:
    """The exact tournament of a field (the keys of ``tournament``) on a scenario."""
    values = {key: value for key, value in scenario.to_dict().items() if key != "documentation"}
    return TournamentPlan.of({
        "scenario": values, "policy": dict.fromkeys(SEATS, "equilibrium"), "engine": {"name": "exact"}, "episodes": 1,
        "seed": seed, "tournament": field})


def shipped_field(quick: bool) -> dict[str, Any]:
    """The field of ``experiment=tournament``; a corner of it if there is little time."""
    text = (conf_folder() / "experiment" / f"{EXPERIMENT}.yaml").read_text(encoding="utf-8")
    field: dict[str, Any] = dict(yaml.safe_load(text)["tournament"])
    if quick:
        field |= {"disputants": field["disputants"][-4:], "washingtons": field["washingtons"][-1:]}
    return field


def tournament_row(bench: Bench) -> list[Line]:
    """Seconds of the tournament on all cores, of its analysis, and whether its rows are those of points alone."""
    plan = plan_of(bench.scenario, shipped_field(bench.quick))
    workers, pairings = max(bench.cores, 2), len(plan.design)
    folder = Path(tempfile.mkdtemp(dir=bench.folder))
    runs = iter(range(1000))

    def play() -> None:
        run_sweep(plan, folder / str(next(runs)), Executor(workers=workers))

    bench.tick(f"tournament: {pairings:,} pairings")
    taken = alternate([clock(play)], bench.times(3, 1))[0]
    table = load_sweep(folder / "0")
    game, largest = compile_game(bench.scenario), 0.0
    for number in plan.todo()[:6].tolist():  # spread over the field
        choices = plan.computer.base.at(plan.design.overrides(number)).policies
        alone = profile_point(game, make_profile(game, **choices))
        for actor, seat in enumerate(SEATS):
            largest = max(largest, abs(alone.expected_payoff[actor] - table[f"payoff_{seat}"].iloc[number]),
                          abs(alone.regret[actor] - table[f"regret_{seat}"].iloc[number]))

    def analyse() -> None:
        field = contests(table)
        ranking(field)
        for contest in field:
            meta_game(contest)

    bench.tick("tournament: analysis")
    analysed = alternate([clock(analyse)], bench.times(3, 1))[0]
    shape = f"{len(plan.design.points['policy.tokyo'].unique())} x {len(plan.design.points['policy.seoul'].unique())}"
    failed = f"pairings differ by {largest:.3g}" if not largest <= CLOSE or len(table.failed) else ""
    seconds = statistics.median(taken)
    return [
        Line("tournament", f"exact tournament of {shape} behaviours with {pairings} pairings, {workers} cores",
             duration(seconds), measured=seconds, target=60.0, unit="s",
             checks={"largest difference from points alone": largest}, failed=failed, samples={"ours": taken}),
        Line("tournament", "its ranking, equilibria and replicator paths", duration(statistics.median(analysed)),
             samples={"ours": analysed})]
