"""Replaying a row of a sweep, and branching it: the episode that the row was computed from, and no other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet as pq

from negotiation.behaviours import make_profile
from negotiation.engines.batch import simulate
from negotiation.engines.branching import branch
from negotiation.engines.trajectory import trace
from negotiation.game import Game, compile_game
from negotiation.library import load_scenario
from negotiation.narration import WIDTH, narrate
from negotiation.parameters import ParameterError
from negotiation.policy import Profile
from negotiation.sweep.design import Design, make_design
from negotiation.sweep.replay import BranchReplay, Replay, branch_study, replay_config, replay_row
from negotiation.sweep.rows import RESULTS, row_schema
from negotiation.sweep.run import run_sweep
from negotiation.sweep.settings import SweepPlan
from negotiation.sweep.store import SweepStore, part_paths
from negotiation.sweep.table import load_sweep
from negotiation.vocabulary import Outcome

ATTENTION, TOKYO, HARM = "scenario.washington.attention", "policy.tokyo", "scenario.tokyo.ladder[3].harm"
SWEEP: dict[str, Any] = {"method": "grid", "axes": {ATTENTION: [0.6, 0.2], TOKYO: ["equilibrium", "hawk"],
                                                    "scenario.shadow": [52, 26]}}
SEED = 77


def config_of(sweep: Mapping[str, Any] | None = None, **changed: Any) -> dict[str, Any]:
    """A resolved configuration, as the command makes it."""
    scenario = load_scenario("tokyo_seoul_2019").to_dict()
    del scenario["documentation"]
    config = {
        "scenario": scenario, "policy": dict.fromkeys(("tokyo", "seoul", "washington"), "equilibrium"),
        "engine": {"name": "exact", "workers": None}, "episodes": 1000, "seed": SEED, "episode": 0, "mode": "run",
        "plots": {"save": False, "formats": ["png"], "paths": 0}}
    return {**config, **({} if sweep is None else {"sweep": dict(sweep)}), **changed}


def rows_of(design: Design, points: list[int], error: str | None = None) -> pd.DataFrame:
    columns: dict[str, Any] = {"point": np.array(points)}
    for key in design.points:
        columns[str(key)] = design.points[key].to_numpy()[points]
    results = {name: 0.5 for name, kind in RESULTS.items() if kind == "float64"}
    rest = {"exact": True, "episodes": 0, "error": error} | ({} if error else results)
    return pd.DataFrame(columns | rest)


def make_folder(folder: Path, sweep: Mapping[str, Any] = SWEEP, **changed: Any) -> Path:
    """A sweep's folder with rows for all points but the last two; point 1 has failed."""
    design = make_design({key: sweep[key] for key in ("method", "axes", "file", "designs") if key in sweep}, SEED)
    config = config_of(sweep, **changed)
    manifest = {"format": 1, "config": config, "config_hash": "c0ffee", "design_hash": design.hash,
                "method": design.method, "axes": list(design.points), "points": len(design),
                "rows": len(design.row_point), "seed": SEED, "shard": None, "provenance": {"version": "0.1.0"}}
    with SweepStore.open(folder, manifest, row_schema(design.points)) as store:
        store.append(rows_of(design, [1], "policy.tokyo: it burst"))
        store.flush()
        store.append(rows_of(design, [0, *range(2, len(design) - 2)]))
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_folder(tmp_path_factory.mktemp("sweeps") / "three")


@cache
def by_hand(attention: float = 0.6, tokyo: str = "equilibrium", shadow: int = 52, **more: Any) -> tuple[Game, Profile]:
    changes = {"washington.attention": attention, "shadow": shadow}
    game = compile_game(load_scenario("tokyo_seoul_2019").override(changes | more))
    return game, make_profile(game, tokyo)


# ------------------------------------------------------------------------------------- replaying


@pytest.mark.parametrize(("point", "chosen"), [
    (0, (0.6, "equilibrium", 52)), (2, (0.6, "hawk", 52)), (5, (0.2, "equilibrium", 26)), (7, (0.2, "hawk", 26))])
def test_a_row_is_replayed_under_its_own_values(folder: Path, point: int, chosen: tuple[float, str, int]) -> None:
    """Stored rows (0 to 5) and those not computed yet (6 and 7) alike."""
    game, profile = by_hand(*chosen)
    for episode in (12, 10**9):
        found = replay_row(folder, point, episode)
        assert found.trajectory.weeks == trace(game, profile, SEED, episode).weeks
        assert found.overrides == {ATTENTION: chosen[0], TOKYO: chosen[1], "scenario.shadow": chosen[2]}
        assert found.trajectory.policies == {"tokyo": chosen[1], "seoul": "equilibrium", "washington": "equilibrium"}


def test_a_replay_is_an_episode_of_the_rows_batch(folder: Path) -> None:
    game, profile = by_hand(0.2, "hawk", 26)
    episodes = simulate(game, profile, 20, SEED)
    for episode in (0, 7, 19):
        record = replay_row(folder, 7, episode).trajectory.record()
        assert all(getattr(episodes.records, name)[episode] == value for name, value in record.items())


@pytest.mark.parametrize("common", [True, False])
def test_a_simulated_row_is_the_share_of_its_replays(tmp_path: Path, common: bool) -> None:
    """A sweep as it is run: the stored shares are those of the episodes that a replay plays."""
    axes = {ATTENTION: [0.6, 0.2], TOKYO: ["hawk", "dove"]}
    sweep = {"method": "grid", "axes": axes, "common_random_numbers": common}
    plan = SweepPlan.from_config(config_of(sweep, engine={"name": "batch", "workers": 1}, episodes=40))
    run_sweep(plan, tmp_path / "run")
    table = load_sweep(tmp_path / "run").set_index("point")
    for point in (1, 2):
        found = replay_row(tmp_path / "run", point, 39)
        paths = [trace(found.solution.game, found.solution.profile, found.study.seed, episode, found.study.draws)
                 for episode in range(40)]
        assert found.trajectory.weeks == paths[39].weeks
        for outcome in Outcome:
            share = sum(path.outcome is outcome for path in paths) / 40
            assert table.loc[point, f"probability_{outcome.key}"] == pytest.approx(share, abs=1e-12)
        assert table.loc[point, "payoff_seoul"] == pytest.approx(
            np.mean([path.record()["payoff_seoul"] for path in paths]), abs=1e-9)


def test_points_may_have_draws_of_their_own(tmp_path: Path) -> None:
    """Without common random numbers an episode of point n has the draws of point n, on both paths."""
    sweep = {**SWEEP, "common_random_numbers": False, "half_width": 0.01, "base": None}
    there = make_folder(tmp_path / "own", sweep)
    game, profile = by_hand(0.6, "hawk", 52)
    found = replay_row(there, 2, 12)
    assert found.trajectory.weeks == trace(game, profile, SEED, 12, 2).weeks
    assert found.trajectory.weeks != trace(game, profile, SEED, 12).weeks
    branched = branch_study(found, 2, {ATTENTION: 0.2}).pair
    assert branched.branch.weeks == branch(game, profile, *by_hand(0.2, "hawk", 52), SEED, 12, 2, 2).branch.weeks
    assert branched.point == 2


def test_its_text_names_the_row(folder: Path) -> None:
    found = replay_row(folder, 5, 12)
    told = narrate(found.trajectory, found.solution)
    assert found.text().endswith("\n" + told)
    origin = found.text().removesuffix(told)
    assert " ".join(origin.split()) == (
        f"point 5 of {folder}: {ATTENTION} 0.2; {TOKYO} equilibrium; scenario.shadow 26")
    assert all(len(line) <= WIDTH or str(folder) in line for line in origin.splitlines())


def test_without_a_sweep_the_configuration_is_replayed() -> None:
    found = replay_config(config_of(seed=4), 12)
    assert found.trajectory.weeks == trace(*by_hand(), 4, 12).weeks
    assert found.text() == narrate(found.trajectory, found.solution)


def test_a_union_leaves_what_a_part_does_not_name_as_configured(tmp_path: Path) -> None:
    sweep = {"method": "union", "designs": [
        {"method": "grid", "axes": {ATTENTION: [0.1, 0.3]}}, {"method": "grid", "axes": {HARM: [0.7, 1, 2]}}]}
    there = make_folder(tmp_path / "union", sweep)
    assert replay_row(there, 0, 3).overrides == {ATTENTION: 0.1}
    found = replay_row(there, 2, 3)
    assert found.overrides == {HARM: 0.7}
    assert found.trajectory.weeks == trace(*by_hand(**{"tokyo.ladder[3].harm": 0.7}), SEED, 3).weeks


# -------------------------------------------------------------------------------------- refusals


def refused(call: Any, *arguments: Any) -> ParameterError:
    with pytest.raises(ParameterError) as caught:
        call(*arguments)
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("point", [-1, 8, 2.0, True, "0"])
def test_points_that_are_not_there_are_refused(folder: Path, point: Any) -> None:
    error = refused(replay_row, folder, point, 0)
    assert error.key == "point"
    assert "from 0 to 7" in str(error)


def test_a_point_that_failed_says_why(folder: Path) -> None:
    error = refused(replay_row, folder, 1, 0)
    assert error.key == "point"
    assert "policy.tokyo: it burst" in str(error)


@pytest.mark.parametrize("episode", [-1, 2**63, 1.5])
def test_episodes_out_of_range_are_refused(folder: Path, episode: Any) -> None:
    assert refused(replay_row, folder, 0, episode).key == "episode"


def test_what_is_no_sweeps_folder_is_refused(tmp_path: Path) -> None:
    assert refused(replay_row, tmp_path / "nowhere", 0, 0).key == "sweep"
    assert refused(replay_row, tmp_path, 0, 0).key == "sweep"


def test_a_design_that_cannot_be_made_again_is_refused(tmp_path: Path) -> None:
    """A list whose file has changed since; nothing is replayed under other values than the row's."""
    file = tmp_path / "points.csv"
    file.write_text(f"{ATTENTION}\n0.1\n0.2\n0.3\n0.4\n")
    there = make_folder(tmp_path / "list", {"method": "list", "file": str(file)})
    assert replay_row(there, 0, 0).overrides == {ATTENTION: 0.1}
    file.write_text(f"{ATTENTION}\n0.15\n0.2\n0.3\n0.4\n")
    error = refused(replay_row, there, 0, 0)
    assert error.key == "sweep"
    assert "version 0.1.0" in str(error)


def test_rows_of_another_design_are_refused(tmp_path: Path) -> None:
    there = make_folder(tmp_path / "mixed")
    path = part_paths(there)[1]
    part = pq.read_table(path)
    place = part.schema.get_field_index(ATTENTION)
    pq.write_table(part.set_column(place, part.schema.field(place), pa.array([0.3] * len(part))), path)
    error = refused(replay_row, there, 0, 0)
    assert error.key == "sweep"
    assert f"{ATTENTION} of point 0 is 0.3 in its row and 0.6 in the design" in str(error)


# ------------------------------------------------------------------------------------- branching


@pytest.fixture(scope="module")
def replay(folder: Path) -> Replay:
    return replay_row(folder, 0, 12)


def test_a_row_is_branched_from_its_own_values(folder: Path) -> None:
    """The point's overrides stay where the change does not touch them."""
    found = branch_study(replay_row(folder, 6, 12), 6, {ATTENTION: 0.05, "policy.seoul": "dove"})
    game, profile = by_hand(0.2, "hawk", 52)
    other, _ = by_hand(0.05, "hawk", 52)
    expected = branch(game, profile, other, make_profile(other, "hawk", "dove"), SEED, 12, 6)
    assert isinstance(found, BranchReplay)
    assert found.pair.trunk.weeks == expected.trunk.weeks
    assert found.pair.branch.weeks == expected.branch.weeks
    assert found.pair.branch.record() == expected.branch.record()
    assert (found.pair.first_difference, found.pair.differs) == (expected.first_difference, expected.differs)
    assert found.changes == {ATTENTION: (0.2, 0.05), "policy.seoul": ("equilibrium", "dove")}
    text = " ".join(found.text().split())
    assert text.startswith(f"point 6 of {folder}: {ATTENTION} 0.2; {TOKYO} hawk; scenario.shadow 52 ")
    assert f"{ATTENTION} 0.05 (before: 0.2); policy.seoul dove (before: equilibrium)" in text


def test_the_whole_scenario_and_groups_may_change(folder: Path) -> None:
    """A change of the scenario leaves the point's own values in force."""
    found = branch_study(replay_row(folder, 4, 12), 6, {"scenario": "host_2014"})
    host = compile_game(load_scenario("host_2014").override({"washington.attention": 0.2, "shadow": 52}))
    expected = branch(*by_hand(0.2), host, make_profile(host), SEED, 12, 6)
    assert found.pair.branch.weeks == expected.branch.weeks
    assert found.changes == {"scenario": ("tokyo_seoul_2019", "host_2014")}
    group = branch_study(replay_row(folder, 4, 12), 6, {"scenario.washington.affinity": {"tokyo": 0.2, "seoul": 0}})
    assert group.changes["scenario.washington.affinity"] == (
        {"tokyo": 0.0, "seoul": 0.0}, {"tokyo": 0.2, "seoul": 0.0})


def test_a_plain_study_is_branched() -> None:
    found = branch_study(replay_config(config_of(), 12), 6, {HARM: 1.2})
    expected = branch(*by_hand(), *by_hand(**{"tokyo.ladder[3].harm": 1.2}), SEED, 12, 6)
    assert found.pair.branch.weeks == expected.branch.weeks
    assert found.changes == {HARM: (0.6, 1.2)}
    assert ">>> FIRST DIFFERENCE" in found.text()


@pytest.mark.parametrize(("week", "change", "key", "told"), [
    (0, {ATTENTION: 0.1}, "branch.week", "from 1 to 26"),
    (27, {ATTENTION: 0.1}, "branch.week", "from 1 to 26"),
    (26, {ATTENTION: 0.1}, "branch.week", "episode 12 ends"),
    (6, {}, "branch.change", "at least one key"),
    (6, None, "branch.change", "at least one key"),
    (6, {"seed": 3}, "branch.change", "scenario, policy.tokyo, policy.seoul, policy.washington, scenario.*"),
    (6, {"engine.name": "batch"}, "branch.change", "scenario, policy.tokyo"),
    (6, {"policy.berlin": "hawk"}, "branch.change", "policy.washington"),
    (6, {3: 4}, "branch.change", "scenario.*"),
    (6, {"scenario": "river_dam"}, "scenario.rounds", "26, as before"),
    (6, {"scenario.rounds": 30}, "scenario.rounds", "26, as before"),
    (6, {"scenario.start.tokyo": 3}, "scenario.start.tokyo", "no effect any more"),
    (6, {"scenario.washington.atention": 3}, "scenario.washington.atention", "did you mean 'attention'"),
    (6, {ATTENTION: -1}, ATTENTION, "at least 0"),
    (6, {TOKYO: "honest_broker"}, TOKYO, "one of"),
])
def test_changes_that_make_no_branch_are_refused(replay: Replay, week: int, change: Any, key: str, told: str) -> None:
    error = refused(branch_study, replay, week, change)
    assert error.key == key
    assert told in str(error)


def test_a_branch_may_begin_in_the_last_week_played(replay: Replay) -> None:
    last = len(replay.trajectory)
    assert branch_study(replay, last, {ATTENTION: 0.1}).pair.began
    error = refused(branch_study, replay, last + 1, {ATTENTION: 0.1})
    assert f"at most {last}" in str(error) and replay.trajectory.outcome.key in str(error)


def test_the_manifest_is_enough(folder: Path, tmp_path: Path) -> None:
    """A folder moved elsewhere without its rows replays the same episodes."""
    moved = tmp_path / "moved"
    moved.mkdir()
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    (moved / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert replay_row(moved, 5, 12).trajectory.weeks == replay_row(folder, 5, 12).trajectory.weeks
