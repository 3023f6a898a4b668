"""Running sweeps: what a row says, and that it says so whoever computed it."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from sweep_runs import (
    ATTENTION,
    EQUILIBRIUM,
    FIRMNESS,
    MISTAKEN_HAWK,
    SEED,
    SEOUL,
    SIMULATED,
    TOKYO,
    UNION,
    UNION_POINTS,
    plan_of,
    run,
    same_table,
    small_scenario,
)

from negotiation import sweeping
from negotiation.behaviours import make_profile
from negotiation.cli import main
from negotiation.collecting import collect
from negotiation.engines.batch import Episodes, simulate
from negotiation.engines.exact import propagate
from negotiation.game import Game, compile_game
from negotiation.library import load_scenario
from negotiation.outcomes import wilson_interval
from negotiation.parameters import ParameterError
from negotiation.policy import Profile
from negotiation.scenario import Scenario
from negotiation.solve import evaluate, regret
from negotiation.sweep import executors
from negotiation.sweep import run as running
from negotiation.sweep.compute import BATCH, COUNTS, episodes_wanted
from negotiation.sweep.executors import Executor
from negotiation.sweep.joining import join
from negotiation.sweep.replay import replay_row
from negotiation.sweep.rows import RESULTS
from negotiation.sweep.run import overrides_of
from negotiation.sweep.settings import SweepPlan
from negotiation.sweep.store import stored_points
from negotiation.sweep.table import SweepTable, load_sweep
from negotiation.vocabulary import Actor, Outcome

FLOATS = [name for name, kind in RESULTS.items() if kind == "float64"]
SHARES = [f"probability_{outcome.key}" for outcome in Outcome]
PRECISE = {"half_width": 0.03, "common_random_numbers": False}
KINDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "exact": ({}, {}), "batch": ({}, SIMULATED), "precise": (PRECISE, SIMULATED)}


# ----------------------------------------------------------------------- whoever computes, the same


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the folders of `tables`, named by their kinds."""
    return tmp_path_factory.mktemp("alone")


@pytest.fixture(scope="module")
def tables(homes: Path) -> dict[str, SweepTable]:
    """The union's table of every kind, computed by one thread."""
    return {kind: run(homes / kind, plan_of({**UNION, **sweep}, **changed)) for kind, (sweep, changed) in KINDS.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_the_table_of_one_thread_is_complete(tables: dict[str, SweepTable], kind: str) -> None:
    table = tables[kind]
    assert table["point"].tolist() == list(range(UNION_POINTS))
    assert table["error"].isna().all()
    assert table[SHARES].sum(axis=1).to_numpy() == pytest.approx(1.0, abs=1e-12)
    assert (table["exact"] == (kind == "exact")).all()
    assert table["wall_time"].between(0, 60, inclusive="neither").all()


@pytest.mark.parametrize("executor", [Executor("threads", 2), Executor("threads", 4), Executor("processes", 2)],
                         ids=lambda executor: f"{executor.workers} {executor.name}")
@pytest.mark.parametrize("kind", KINDS)
def test_the_table_is_the_same_whatever_the_workers(tmp_path: Path, tables: dict[str, SweepTable], kind: str,
                                                    executor: Executor) -> None:
    sweep, changed = KINDS[kind]
    same_table(run(tmp_path / "many", plan_of({**UNION, **sweep}, **changed), executor), tables[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_shards_joined_are_the_whole_table(tmp_path: Path, tables: dict[str, SweepTable], kind: str,
                                           capsys: pytest.CaptureFixture[str]) -> None:
    sweep, changed = KINDS[kind]
    counts = []
    for part in (3, 1, 2):
        shard = run(tmp_path / "shards" / str(part), plan_of({**UNION, **sweep, "shard": f"{part}/3"}, **changed))
        counts.append(len(shard))
    assert counts == [5, 5, 5]
    assert collect([tmp_path / "shards" / "1", tmp_path / "shards" / "3"], tmp_path / "two") == 5
    assert collect([tmp_path / "shards"], tmp_path / "whole") == 0
    assert "3 folders joined: 15 of 15 points" in capsys.readouterr().out
    same_table(load_sweep(tmp_path / "whole"), tables[kind])
    if kind == "batch":  # what is missing is computed by the sweep itself, in the joined folder
        same_table(run(tmp_path / "two", plan_of({**UNION, **sweep}, **changed)), tables[kind])


def test_shards_share_the_points_among_them() -> None:
    parts = [plan_of({**UNION, "shard": f"{part}/4"}).todo() for part in (1, 2, 3, 4)]
    assert sorted(np.concatenate(parts).tolist()) == list(range(UNION_POINTS))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@pytest.mark.parametrize("kind", ["exact", "precise"])
def test_blocks_and_their_order_do_not_change_a_row(tmp_path: Path, tables: dict[str, SweepTable], kind: str,
                                                    monkeypatch: pytest.MonkeyPatch) -> None:
    sweep, changed = KINDS[kind]
    sizes = iter([4, 1, 7, 3])
    monkeypatch.setattr(running._Pace, "size", lambda self, left: next(sizes))
    monkeypatch.setattr(SweepPlan, "todo", lambda self: np.arange(UNION_POINTS)[::-1])
    same_table(run(tmp_path / "other", plan_of({**UNION, **sweep}, **changed)), tables[kind])


def test_a_sweep_is_taken_up_where_it_was_left(tmp_path: Path, tables: dict[str, SweepTable],
                                               monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_of(UNION)
    first = running.run_sweep(plan_of({**UNION}), tmp_path / "a", _stopping(6))
    assert (first.computed, first.skipped, first.missing) == (6, 0, UNION_POINTS - 6)
    asked = []
    monkeypatch.setattr(type(plan.computer), "rows", _counted(type(plan.computer).rows, asked))
    second = running.run_sweep(plan, tmp_path / "a", Executor("threads", 2))
    assert (second.computed, second.skipped, second.missing, second.failed) == (UNION_POINTS - 6, 6, 0, 0)
    assert len(asked) == len(set(asked)) == UNION_POINTS - 6
    third = running.run_sweep(plan, tmp_path / "a")
    assert (third.computed, third.skipped, len(asked)) == (0, UNION_POINTS, UNION_POINTS - 6)
    same_table(run(tmp_path / "a", plan), tables["exact"])


def _counted(rows: Any, asked: list[int]) -> Any:
    def counted(self: Any, points: Any, overrides: Any) -> Any:
        asked.extend(int(point) for point in points)
        return rows(self, points, overrides)

    return counted


class _stopping(Executor):  # noqa: N801
    """One thread that stops without a word after some points, as if there were no more."""

    def __init__(self, points: int) -> None:
        super().__init__("threads", 1)
        object.__setattr__(self, "points", points)

    def run(self, computer: Any, blocks: Any) -> Any:
        done = 0
        for block in blocks:
            yield computer.rows(*block)
            done += len(block[0])
            if done >= self.points:  # type: ignore[attr-defined]
                return


def test_the_beginning_of_a_sweep_covers_the_space() -> None:
    """Of a fifth of a grid's points, every tenth of either axis has its share."""
    plan = plan_of({"method": "grid", "axes": {ATTENTION: {"low": 0, "high": 1, "points": 40},
                                               FIRMNESS: {"low": 1, "high": 3, "points": 50}}})
    begun = plan.design.points.iloc[plan.todo()[:400]]
    for key, bins in ((ATTENTION, 10), (FIRMNESS, 10)):
        counts = np.histogram(begun[key], bins)[0]
        assert counts.min() >= 30
        assert counts.max() <= 50


# --------------------------------------------------------------------------- what an exact row says


def by_hand(scenario: Scenario, policies: Mapping[str, Any] = EQUILIBRIUM) -> tuple[Game, Profile]:
    game = compile_game(scenario)
    return game, make_profile(game, **policies)


def scenario_of(row: Any, **changes: Any) -> Scenario:
    """The scenario of a row of the union."""
    return small_scenario(**{ATTENTION.removeprefix("scenario."): row[ATTENTION],
                             FIRMNESS.removeprefix("scenario."): row[FIRMNESS], **changes})


def policies_of(row: Any) -> dict[str, Any]:
    chosen = {"tokyo": row[TOKYO], "seoul": row[SEOUL], "washington": "equilibrium"}
    return {seat: MISTAKEN_HAWK if choice.startswith("{") else choice for seat, choice in chosen.items()}


@pytest.mark.parametrize("point", range(UNION_POINTS))
def test_an_exact_row_is_what_the_engines_say(tables: dict[str, SweepTable], point: int) -> None:
    row = tables["exact"].iloc[point]
    game, profile = by_hand(scenario_of(row), policies_of(row))
    found = propagate(game, profile)
    assert row[SHARES].tolist() == pytest.approx(found.outcome_probabilities().tolist(), abs=1e-11)
    gains, value = regret(game, profile), evaluate(game, profile)[0, :, game.start]
    for actor in Actor:
        assert row[f"payoff_{actor.key}"] == pytest.approx(found.expected_payoff[actor], abs=1e-11)
        assert row[f"value_{actor.key}"] == pytest.approx(value[actor], abs=1e-11)
        assert row[f"regret_{actor.key}"] == pytest.approx(gains[actor], abs=1e-11)
        assert row[f"payoff_error_{actor.key}"] == 0
    counts = found.expected_counts()
    assert [row[name] for name in COUNTS] == pytest.approx([counts[name] for name in COUNTS], abs=1e-11)
    weeks = np.arange(1, game.rounds + 1)
    for name, when in (("settlement_round", found.settled), ("rupture_round", found.ruptured),
                       ("first_standstill", found.first_standstill)):
        if when.sum() > 0:
            assert row[name] == pytest.approx(float(weeks @ when / when.sum()), abs=1e-11)
            assert 1 <= row[name] <= game.rounds
        else:
            assert math.isnan(row[name])
    for outcome in Outcome:
        share = row[f"probability_{outcome.key}"]
        assert (row[f"error_{outcome.key}"], row[f"low_{outcome.key}"], row[f"high_{outcome.key}"]) == (0, share, share)
    assert row["episodes"] == 0


def test_an_exact_row_is_what_the_single_run_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`negotiation` with a point's values, and the point of a sweep: the same numbers."""
    monkeypatch.chdir(tmp_path)
    short = ["scenario.rounds=6", "scenario.shadow=4", "plots.save=false"]
    main([*short, "engine=exact", "scenario.washington.attention=0.25", "policy.tokyo=hawk", "hydra.run.dir=one"])
    main([*short, "sweep=grid", "hydra.run.dir=many",
          "sweep.axes={scenario.washington.attention: [0, 0.25], policy.tokyo: [equilibrium, hawk]}"])
    summary = json.loads(Path("one/summary.json").read_text(encoding="utf-8"))
    table = load_sweep("many")
    row = table[(table[ATTENTION] == 0.25) & (table[TOKYO] == "hawk")].iloc[0]
    assert row[SHARES].tolist() == pytest.approx(list(summary["outcomes"]["exact"].values()), abs=1e-11)
    for name, told in (("value", "values"), ("regret", "regret"), ("payoff", "expected_payoffs")):
        for actor in Actor:
            assert row[f"{name}_{actor.key}"] == pytest.approx(summary[told][actor.key], abs=1e-11)
    assert [row[name] for name in COUNTS] == pytest.approx(
        [summary["expected_counts"][name] for name in COUNTS], abs=1e-11)


# ----------------------------------------------------------------------- what a simulated row says


def assert_simulated(row: Any, found: Episodes, exactly: bool = True) -> None:
    """Hold a row against episodes; sums over other blocks may differ in the last digit."""
    close = {"abs": 0.0} if exactly else {"abs": 1e-12, "rel": 1e-12}
    shares, (low, high) = found.outcome_shares(), wilson_interval(found.counts, found.episodes)
    for outcome in Outcome:
        share = shares[outcome]
        assert [row[f"{name}_{outcome.key}"] for name in ("probability", "error", "low", "high")] == [
            share, math.sqrt(share * (1 - share) / found.episodes), low[outcome], high[outcome]]
    for actor in Actor:
        assert row[f"payoff_{actor.key}"] == pytest.approx(found.payoff_mean[actor], **close)
        assert row[f"payoff_error_{actor.key}"] == pytest.approx(found.payoff_error[actor], **close)
    assert [row[name] for name in COUNTS] == pytest.approx([found.means[name] for name in COUNTS], **close)
    for name in ("settlement_round", "rupture_round", "first_standstill"):
        when = getattr(found.records, name)
        assert row[name] == pytest.approx(when[when > 0].mean() if (when > 0).any() else math.nan, rel=1e-12,
                                          nan_ok=True)
    assert (row["episodes"], row["exact"]) == (found.episodes, False)


@pytest.mark.parametrize("point", [0, 3, 9, 11, 14])
def test_a_simulated_row_is_what_simulate_gives(tables: dict[str, SweepTable], point: int) -> None:
    row = tables["batch"].iloc[point]
    assert_simulated(row, simulate(*by_hand(scenario_of(row), policies_of(row)), 700, SEED))


def test_a_simulated_row_has_the_exact_values_and_regrets(tables: dict[str, SweepTable]) -> None:
    names = [name for name in RESULTS if name.startswith(("value_", "regret_"))]
    same_table(tables["batch"][[*names, "wall_time"]], tables["exact"][[*names, "wall_time"]])


def test_common_draws_are_those_of_the_seed_and_own_draws_those_of_the_point(tables: dict[str, SweepTable]) -> None:
    for point in (0, 3, 9):
        row = tables["precise"].iloc[point]
        game, profile = by_hand(scenario_of(row), policies_of(row))
        episodes = int(row["episodes"])
        assert_simulated(row, simulate(game, profile, episodes, SEED, point=point), exactly=False)
        assert simulate(game, profile, episodes, SEED).counts.tolist() != simulate(
            game, profile, episodes, SEED, point=point).counts.tolist()


@pytest.mark.parametrize("common", [True, False])
def test_points_that_differ_in_nothing_played_have_equal_rows_under_common_draws_only(tmp_path: Path,
                                                                                      common: bool) -> None:
    sweep = {"method": "grid", "axes": {"scenario.title": ["a", "b"]}, "common_random_numbers": common}
    table = run(tmp_path / "s", plan_of(sweep, **SIMULATED))
    assert (table[SHARES].iloc[0].tolist() == table[SHARES].iloc[1].tolist()) is common


def test_mesa_rows_are_the_batch_engines(tmp_path: Path) -> None:
    sweep = {"method": "grid", "axes": {TOKYO: ["equilibrium", "hawk"]}}
    batch = run(tmp_path / "batch", plan_of(sweep, engine={"name": "batch"}, episodes=40))
    mesa = run(tmp_path / "mesa", plan_of(sweep, engine={"name": "mesa"}, episodes=40))
    pd.testing.assert_frame_equal(mesa.drop(columns="wall_time"), batch.drop(columns="wall_time"), rtol=1e-12)
    precise = {**sweep, "half_width": 0.2}  # at 95 %, 0.2 asks for hardly two dozen episodes
    capped = run(tmp_path / "capped", plan_of({**precise, "max_episodes": 40}, engine={"name": "mesa"}))
    pd.testing.assert_frame_equal(capped.drop(columns="wall_time"), batch.drop(columns="wall_time"), rtol=1e-12)


# ------------------------------------------------------------------------------- precision targets


@pytest.mark.parametrize("half_width", [0.05, 0.02, 0.011])
def test_every_interval_is_as_narrow_as_was_asked(tmp_path: Path, half_width: float) -> None:
    axes = {ATTENTION: [0.0, 1.5], TOKYO: ["equilibrium", "hawk"]}
    sweep = {"method": "grid", "axes": axes, "half_width": half_width}
    table = run(tmp_path / "s", plan_of(sweep, **SIMULATED))
    for _, row in table.iterrows():
        widths = [row[f"high_{outcome.key}"] - row[f"low_{outcome.key}"] for outcome in Outcome]
        assert max(widths) <= 2 * half_width
        assert row["episodes"] % BATCH == 0
        # No more than the widest share asks for, and a batch or two of rounding and bad luck.
        widest = max(share * (1 - share) for share in row[SHARES])
        assert row["episodes"] <= 1.1 * 1.96**2 * widest / half_width**2 + 2 * BATCH
        assert_simulated(row, simulate(*by_hand(
            small_scenario(**{"washington.attention": row[ATTENTION]}), {**EQUILIBRIUM, "tokyo": row[TOKYO]}),
            int(row["episodes"]), SEED), exactly=False)
    assert (table["episodes"] == BATCH).all() == (half_width == 0.05)
    assert table["episodes"].nunique() > 1 or half_width > 0.04  # each point has what it needs


def test_the_cap_is_kept_and_is_reached_only_where_the_target_is_not(tmp_path: Path) -> None:
    axes = {ATTENTION: [0.0, 1.5], TOKYO: ["equilibrium", "hawk"]}
    for cap in (1, 500, BATCH, 3000):
        table = run(tmp_path / str(cap), plan_of({"method": "grid", "axes": axes, "half_width": 0.017,
                                                  "max_episodes": cap}, **SIMULATED))
        widths = np.max([table[f"high_{outcome.key}"] - table[f"low_{outcome.key}"] for outcome in Outcome], axis=0)
        assert table["episodes"].max() <= cap
        assert (table["episodes"][widths > 2 * 0.017] == cap).all()
        assert (table["episodes"][table["episodes"] < cap] % BATCH == 0).all()
    assert 0 < (table["episodes"] == cap).sum() < len(table)  # in the last round, both happen


def test_a_target_ignores_the_fixed_number_and_a_fixed_number_the_cap(tmp_path: Path) -> None:
    axes = {"method": "grid", "axes": {TOKYO: ["equilibrium", "hawk"]}}
    few, many = (run(tmp_path / str(episodes), plan_of({**axes, "half_width": 0.05}, engine={"name": "batch"},
                                                       episodes=episodes)) for episodes in (3, 5000))
    same_table(few, many)
    fixed = run(tmp_path / "fixed", plan_of({**axes, "max_episodes": 10}, engine={"name": "batch"}, episodes=50))
    assert fixed["episodes"].tolist() == [50, 50]


def test_how_many_episodes_are_wanted_next() -> None:
    assert episodes_wanted(np.array([512, 512, 0, 0, 0]), 0.05) == 1024  # met
    # z^2 p (1 - p) / d^2 = 9603.6 at p = 1/2, d = 0.01: ten batches of 1,024 are enough.
    assert episodes_wanted(np.array([512, 512, 0, 0, 0]), 0.01) == 10 * 1024
    # Met by the estimate but not by the interval: one more batch, not none.
    counts = np.array([4790, 4790, 0, 0, 0])
    low, high = wilson_interval(counts, 9580)
    assert (high - low).max() / 2 > 0.01
    assert episodes_wanted(counts, 0.01) == 10 * 1024
    assert episodes_wanted(np.array([1023, 1, 0, 0, 0]), 0.001) % 1024 == 0


def test_one_sided_shares_are_not_taken_for_certain(tmp_path: Path) -> None:
    """All of the first batch may end alike; the interval is still as wide as Wilson says."""
    sweep = {"method": "grid", "axes": {"scenario.rupture.hazard": [0.0]}, "half_width": 0.001, "max_episodes": 4000}
    table = run(tmp_path / "s", plan_of(sweep, **SIMULATED))
    assert table["episodes"].tolist() == [4000]
    assert table["probability_rupture"].tolist() == [0.0]
    assert table["high_rupture"].iloc[0] > 0


# ------------------------------------------------------------------------------------ kinds of axes


def test_behaviours_are_categories_and_may_have_an_error_rate(tmp_path: Path) -> None:
    sweep = {"method": "grid", "axes": {TOKYO: ["dove", MISTAKEN_HAWK, {"behaviour": "hawk", "error": 1e-5}],
                                        SEOUL: ["equilibrium", "grit"]}}
    table = run(tmp_path / "s", plan_of(sweep))
    assert table[TOKYO].tolist() == [name for name in (
        "dove", "{behaviour: hawk, error: 0.1}", "{behaviour: hawk, error: 1e-05}") for _ in range(2)]
    for place, choice in ((2, MISTAKEN_HAWK), (4, {"behaviour": "hawk", "error": 1e-5})):
        expected = propagate(*by_hand(small_scenario(), {**EQUILIBRIUM, "tokyo": choice})).outcome_probabilities()
        assert table[SHARES].iloc[place].tolist() == pytest.approx(expected.tolist(), abs=1e-11)


def shortened(rounds: int, shadow: int) -> dict[str, Any]:
    """The reference scenario, shortened, as a configuration's."""
    values = load_scenario("tokyo_seoul_2019").override({"rounds": rounds, "shadow": shadow}).to_dict()
    values.pop("documentation", None)
    return values


def test_whole_scenarios_are_an_axis_and_what_else_is_changed_is_changed_in_all(tmp_path: Path) -> None:
    """Six rounds, which the configuration says, and the other axis hold in every scenario."""
    mine = tmp_path / "mine.yaml"
    mine.write_text("defaults: [river_dam, _self_]\nrounds: 3\ntokyo: {firmness: 0.7}\n", encoding="utf-8")
    names = ["tokyo_seoul_2019", "river_dam", str(mine)]
    sweep = {"method": "grid", "axes": {"scenario.shadow": [1, 3], "scenario": names}}
    table = run(tmp_path / "s", plan_of(sweep, scenario=shortened(6, 4)))
    for _, row in table.iterrows():
        scenario = load_scenario(row["scenario"]).override({"rounds": 6, "shadow": row["scenario.shadow"]})
        expected = propagate(*by_hand(scenario)).outcome_probabilities()
        assert row[SHARES].tolist() == pytest.approx(expected.tolist(), abs=1e-11)
    assert table["scenario"].tolist() == names * 2
    assert table[SHARES].round(6).drop_duplicates().shape[0] == 6


def test_engines_seeds_and_numbers_of_episodes_are_axes(tmp_path: Path) -> None:
    large = 2**100  # no table's whole number
    sweep = {"method": "grid", "axes": {"seed": [3, large], "episodes": [20, 90], "engine.name": ["batch", "mesa"]}}
    table = run(tmp_path / "s", plan_of(sweep, engine={"name": "batch"}))
    game, profile = by_hand(small_scenario())
    assert table["seed"].tolist() == [str(seed) for seed in (3, large) for _ in range(4)]
    for _, row in table.iterrows():
        found = simulate(game, profile, int(row["episodes"]), int(row["seed"]))
        assert row[SHARES].tolist() == found.outcome_shares().tolist()
    assert table["episodes"].tolist() == [20, 20, 90, 90] * 2
    assert not table["exact"].any()


def test_rungs_of_a_ladder_and_entries_of_a_list_are_axes(tmp_path: Path) -> None:
    sweep = {"method": "zip", "axes": {"scenario.tokyo.ladder[2].harm": [0.1, 0.6],
                                       "scenario.washington.welcome.2": [0.5, 1.0],
                                       "scenario.start.standstill": [True, False]}}
    table = run(tmp_path / "s", plan_of(sweep))
    for place, harm, welcome, standstill in ((0, 0.1, 0.5, True), (1, 0.6, 1.0, False)):
        scenario = small_scenario(**{"tokyo.ladder[2].harm": harm, "washington.welcome[2]": welcome,
                                     "start.standstill": standstill})
        expected = propagate(*by_hand(scenario)).outcome_probabilities()
        assert table[SHARES].iloc[place].tolist() == pytest.approx(expected.tolist(), abs=1e-11)
    assert table["scenario.start.standstill"].dtype == bool


def test_what_a_part_of_a_union_leaves_open_is_the_configurations_own(tmp_path: Path) -> None:
    """Also where own value and axis are of different kinds: 0.6 beside whole numbers, a mapping beside names."""
    sweep = {"method": "union", "designs": [
        {"method": "grid", "axes": {ATTENTION: [0, 1], "scenario.start.standstill": True}},
        {"method": "grid", "axes": {TOKYO: ["dove"]}}, {"method": "grid", "axes": {"scenario.rounds": [3]}}]}
    table = run(tmp_path / "s", plan_of(sweep, policy={**EQUILIBRIUM, "tokyo": MISTAKEN_HAWK}))
    hawk = "{behaviour: hawk, error: 0.1}"
    assert table[ATTENTION].tolist() == [0.0, 1.0, 0.6, 0.6]
    assert table[TOKYO].tolist() == [hawk, hawk, "dove", hawk]
    assert table["scenario.rounds"].tolist() == [6, 6, 6, 3]
    assert table["scenario.rounds"].dtype == np.int64
    assert table["scenario.start.standstill"].tolist() == [True, True, False, False]
    for _, row in table.iterrows():
        scenario = small_scenario(**{"washington.attention": row[ATTENTION], "rounds": row["scenario.rounds"],
                                     "start.standstill": row["scenario.start.standstill"]})
        tokyo = MISTAKEN_HAWK if row[TOKYO] == hawk else row[TOKYO]
        expected = propagate(*by_hand(scenario, {**EQUILIBRIUM, "tokyo": tokyo})).outcome_probabilities()
        assert row[SHARES].tolist() == pytest.approx(expected.tolist(), abs=1e-11)


def test_a_point_that_parts_of_a_union_say_in_two_ways_is_one_point() -> None:
    """0.6 is the configuration's own attention, equilibrium its own policy: both parts name the same point first."""
    plan = plan_of({"method": "union", "designs": [{"method": "grid", "axes": {ATTENTION: [0.6, 0.2]}},
                                                   {"method": "grid", "axes": {TOKYO: ["equilibrium", "hawk"]}}]})
    assert plan.design.row_point.tolist() == [0, 1, 0, 2]
    assert plan.keys.to_numpy().tolist() == [[0.6, "equilibrium"], [0.2, "equilibrium"], [0.6, "hawk"]]


def test_what_is_left_open_beside_a_scenario_is_that_scenarios_own(tmp_path: Path) -> None:
    sweep = {"method": "union", "designs": [
        {"method": "grid", "axes": {"scenario": ["river_dam", "host_2014"]}},
        {"method": "grid", "axes": {FIRMNESS: [1.5], "scenario.tokyo.ladder[5].harm": [1.0]}}]}
    table = run(tmp_path / "s", plan_of(sweep, scenario=shortened(3, 1)))
    others = [load_scenario(name) for name in ("river_dam", "host_2014")]
    assert table["scenario"].tolist() == ["river_dam", "host_2014", "tokyo_seoul_2019"]
    assert table[FIRMNESS].tolist() == [*(other.tokyo.firmness for other in others), 1.5]
    harms = table["scenario.tokyo.ladder[5].harm"].tolist()
    for other, harm in zip(others, harms, strict=False):
        ladder = other.tokyo.ladder
        assert harm == ladder[5].harm if len(ladder) > 5 else math.isnan(harm)
    assert len({other.tokyo.firmness for other in others} | {2.0}) > 1  # else nothing is tested


def test_a_list_of_points_from_a_file(tmp_path: Path) -> None:
    frame = pd.DataFrame({ATTENTION: [0.3, 0.9, 0.3], TOKYO: ["hawk", "{behaviour: hawk, error: 0.1}", "hawk"]})
    frame.to_csv(tmp_path / "points.csv", index=False)
    frame.to_parquet(tmp_path / "points.parquet")
    tables = [run(tmp_path / kind, plan_of({"method": "list", "file": str(tmp_path / f"points.{kind}")}))
              for kind in ("csv", "parquet")]
    same_table(*tables)
    assert len(tables[0]) == 2  # the third row is the first
    expected = propagate(*by_hand(small_scenario(**{"washington.attention": 0.9}),
                                  {**EQUILIBRIUM, "tokyo": MISTAKEN_HAWK})).outcome_probabilities()
    assert tables[0][SHARES].iloc[1].tolist() == pytest.approx(expected.tolist(), abs=1e-11)


# -------------------------------------------------------------------------------- points that fail


TALKS, WELCOME = "scenario.washington.stances.urge.talks", "scenario.washington.welcome[2]"


@pytest.mark.parametrize("executor", [Executor("threads", 2), Executor("processes", 2)], ids=lambda given: given.name)
def test_a_combination_that_breaks_a_constraint_costs_only_its_own_row(tmp_path: Path, executor: Executor) -> None:
    """talks * (1 + welcome) is a chance: 0.6 * 3 is none, though each value is fine beside the other's other."""
    plan = plan_of({"method": "grid", "axes": {TALKS: [0.015, 0.6], WELCOME: [0.0, 2.0]}})
    done = running.run_sweep(plan, tmp_path / "s", executor)
    assert (done.computed, done.failed, done.missing) == (4, 1, 0)
    table = run(tmp_path / "s", plan)
    assert table["error"].notna().tolist() == [False, False, False, True]
    assert table["error"].iloc[3] == f"{TALKS}: 0.6 is not allowed; allowed: at most 0.333333, because talks * (1 + " \
                                     "the largest welcome) is a chance"
    wrong = table.iloc[3]
    assert wrong[[name for name in FLOATS if name != "wall_time"]].isna().all()
    assert (wrong["exact"], wrong["episodes"], wrong[TALKS], wrong[WELCOME]) == (False, 0, 0.6, 2.0)
    assert table[SHARES].iloc[:3].notna().all(axis=None)
    assert running.run_sweep(plan, tmp_path / "s", executor).computed == 0  # it would fail again
    with pytest.raises(ParameterError, match=r"this one failed: scenario\.washington"):
        replay_row(tmp_path / "s", 3, 0)


def test_whatever_breaks_a_point_is_told_in_its_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_of({"method": "grid", "axes": {ATTENTION: [0.0, 0.5, 1.0]}})
    solved = type(plan.computer)._solved

    def breaks(self: Any, study: Any) -> Any:
        if study.scenario.washington.attention == 0.5:
            raise ZeroDivisionError("nobody expects it")
        return solved(self, study)

    monkeypatch.setattr(type(plan.computer), "_solved", breaks)
    table = run(tmp_path / "s", plan)
    assert table["error"].tolist()[1] == "ZeroDivisionError: nobody expects it"
    assert table["error"].isna().tolist() == [True, False, True]
    assert table[SHARES].iloc[[0, 2]].notna().all(axis=None)


def test_a_point_too_large_for_the_machine_is_told_before_anything_is_made() -> None:
    with pytest.raises(ValueError, match="GB of policy tables; allowed: at most"):
        plan_of({"method": "grid", "axes": {"scenario.rounds": [6, 10**9]}})
    plan = plan_of({"method": "grid", "axes": {"scenario.rounds": [6, 7]}})
    row = plan.computer.row(1, {"scenario.rounds": 10**9})
    assert "GB of policy tables; allowed: at most" in row["error"]


# --------------------------------------------------------------------------------------- replaying


@pytest.mark.parametrize("kind", ["batch", "precise"])
@pytest.mark.parametrize("point", [2, 7, 12])
def test_an_episode_of_any_row_can_be_played_again(homes: Path, tables: dict[str, SweepTable], kind: str,
                                                   point: int) -> None:
    """Replays of a row's episodes are the records its shares were counted from."""
    folder = homes / kind
    row = tables[kind].iloc[point]
    draws = point if kind == "precise" else None
    game, profile = by_hand(scenario_of(row), policies_of(row))
    found = simulate(game, profile, int(row["episodes"]), SEED, point=draws)
    assert row[SHARES].tolist() == found.outcome_shares().tolist()
    for episode in (0, 13, int(row["episodes"]) - 1):
        shown = replay_row(folder, point, episode)
        for name, value in shown.trajectory.record().items():
            assert getattr(found.records, name)[episode] == value
        assert shown.study.policies == policies_of(row)


def test_a_list_is_replayed_without_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder keeps copies of what its design reads, a union's parts included; so does the folder of its shards."""
    monkeypatch.chdir(tmp_path)
    Path("there").mkdir()
    for name, number in (("there/points.csv", 0.25), ("points.csv", 0.75)):
        Path(name).write_text(f"{ATTENTION}\n{number}\n{number + 0.1}\n", encoding="utf-8")
    parts = [{"method": "list", "file": "points.csv"}, {"method": "list", "file": "there/points.csv"}]
    for part in (1, 2):
        run(Path(f"shards/{part}"), plan_of({"method": "union", "designs": parts, "shard": f"{part}/2"}))
    collect([Path("shards")], Path("whole"))
    Path("points.csv").unlink()
    Path("there/points.csv").write_text(f"{ATTENTION}\n1\n2\n", encoding="utf-8")
    monkeypatch.chdir("there")
    for folder in ("../whole", "../shards/1"):
        assert [replay_row(folder, point, 0).overrides[ATTENTION] for point in range(4)] == [0.75, 0.85, 0.25, 0.35]


def test_a_plan_counts_what_a_folder_holds_already(tmp_path: Path) -> None:
    grid = {"method": "grid", "axes": {ATTENTION: [0.1, 0.2, 0.3, 0.4, 0.5]}}
    plan = plan_of(grid)

    def planned(there: Any) -> str:
        text = StringIO()
        sweeping._print_plan(plan, Executor("threads", 1), Console(file=text, width=120), there)
        return " ".join(text.getvalue().split())

    assert stored_points(tmp_path / "new", plan.manifest()).tolist() == []
    assert "there already" not in planned(stored_points(tmp_path / "new", plan.manifest()))
    run(tmp_path / "s", plan_of({**grid, "shard": "1/2"}))
    with pytest.raises(ParameterError, match="shard"):
        stored_points(tmp_path / "s", plan.manifest())
    collect([tmp_path / "s"], tmp_path / "j")
    there = stored_points(tmp_path / "j", plan.manifest())
    assert "there already 3 left to compute 2" in planned(there)
    assert "measured on 2 points" in planned(there)
    assert "all points left checked" in planned(there)
    run(tmp_path / "j", plan)
    assert "all 5 to compute are there already" in planned(stored_points(tmp_path / "j", plan.manifest()))
    with pytest.raises(ParameterError, match="seed"):
        stored_points(tmp_path / "j", plan_of(grid, seed=1).manifest())


@pytest.mark.parametrize("name", ["threads", "processes"])
def test_workers_wait_for_a_slow_disk(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Blocks that are computed and not yet taken are never many, however quick the workers are."""
    monkeypatch.setattr(executors, "BEHIND", 3)
    plan = plan_of({"method": "grid", "axes": {ATTENTION: {"low": 0, "high": 1, "points": 40}}})
    handed = most = 0

    def blocks() -> Iterator[Any]:
        nonlocal handed
        for point in plan.todo()[:, None]:
            handed += 1
            yield point, overrides_of(plan, point)

    points = []
    for taken, rows in enumerate(Executor(name, 2).run(plan.computer, blocks())):
        time.sleep(0.02)
        most = max(most, handed - taken)
        points += rows["point"].tolist()
    assert sorted(points) == list(range(40))
    assert most <= 3 * 2 + 1


def test_joining_tells_how_far_it_is(tmp_path: Path) -> None:
    grid = {"method": "grid", "axes": {ATTENTION: [0.1, 0.2, 0.3, 0.4, 0.5]}}
    for part in (1, 2):
        run(tmp_path / f"{part}", plan_of({**grid, "shard": f"{part}/2"}))
    told: list[int] = []
    join([tmp_path / "1", tmp_path / "2"], tmp_path / "whole", told.append)
    assert told == [3, 2]
