"""What makes a sweep this one: identity, points counted once, values refused only where no point can have them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from negotiation.library import load_scenario
from negotiation.parameters import ParameterError
from negotiation.sweep.replay import replay_row
from negotiation.sweep.run import run_sweep
from negotiation.sweep.settings import SweepPlan
from negotiation.sweep.table import load_sweep

ATTENTION, FIRMNESS = "scenario.washington.attention", "scenario.tokyo.firmness"


def config(sweep: dict[str, Any], engine: str = "exact", **scenario: Any) -> dict[str, Any]:
    values = load_scenario("tokyo_seoul_2019").override({"rounds": 5, "shadow": 4, **scenario}).to_dict()
    return {"scenario": values, "engine": {"name": engine}, "episodes": 100, "seed": 7, "sweep": sweep,
            "policy": dict.fromkeys(("tokyo", "seoul", "washington"), "equilibrium")}


def test_a_union_computes_a_point_once_however_it_is_told() -> None:
    """Attention .6 beside firmness 2, the base's own values, is one point told twice."""
    plan = SweepPlan.from_config(config({"method": "union", "designs": [
        {"method": "grid", "axes": {ATTENTION: [0.6, 1.0]}}, {"method": "grid", "axes": {FIRMNESS: [2.0, 3.0]}}]}))
    assert plan.keys[[ATTENTION, FIRMNESS]].to_numpy().tolist() == [[0.6, 2.0], [1.0, 2.0], [0.6, 3.0]]
    assert plan.design.row_point.tolist() == [0, 1, 0, 2]


def test_two_spellings_are_one_key() -> None:
    with pytest.raises(ParameterError, match="each key once, in one spelling"):
        SweepPlan.from_config(config({"method": "grid", "axes": {
            "scenario.tokyo.ladder[3].harm": [0.1], "scenario.tokyo.ladder.3.harm": [0.2]}}))


def test_changes_of_the_base_reach_every_scenario_of_an_axis() -> None:
    plan = SweepPlan.from_config(config({"method": "grid", "axes": {"scenario": ["tokyo_seoul_2019", "host_2014"]}}))
    studies = [plan.computer.base.at(plan.design.overrides(point)).scenario for point in range(2)]
    assert [study.rounds for study in studies] == [5, 5]
    assert studies[1].washington.attention == load_scenario("host_2014").washington.attention


def test_a_changed_scenario_file_makes_another_sweep(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    text = "defaults: [tokyo_seoul_2019, _self_]\nwashington: {attention: 0.1}\n"
    mine.write_text(text, encoding="utf-8")
    asked = config({"method": "grid", "axes": {"scenario": [str(mine), "host_2014"]}})
    run_sweep(SweepPlan.from_config(asked), tmp_path / "sweep")
    replay_row(tmp_path / "sweep", 0, 3)
    mine.write_text(text.replace("0.1", "1.5"), encoding="utf-8")
    with pytest.raises(ParameterError, match="this one differs in scenarios"):
        run_sweep(SweepPlan.from_config(asked), tmp_path / "sweep")
    with pytest.raises(ParameterError, match="scenarios are as they were"):
        replay_row(tmp_path / "sweep", 0, 3)
    replay_row(tmp_path / "sweep", 1, 3)


@pytest.mark.parametrize("levels", [[2.0, 0.0], [0.0, 2.0]])
def test_a_value_that_some_point_can_have_is_not_refused(levels: list[float]) -> None:
    """Talks of .6 fit a welcome of 0 and no welcome of 2, in whatever order they are named."""
    welcome = np.linspace(*levels, 1501).tolist()
    plan = SweepPlan.from_config(config({"method": "grid", "axes": {
        "scenario.washington.stances.convene.talks": [0.04, 0.6], "scenario.washington.welcome[2]": welcome}},
        **{"washington.welcome": [0.0, 0.0, 0.0]}))
    assert len(plan.design) == 3002


def test_what_only_sampling_looks_at_makes_no_other_exact_sweep(tmp_path: Path) -> None:
    sweep = {"method": "grid", "axes": {ATTENTION: [0.0, 1.0]}}
    run_sweep(SweepPlan.from_config(config(sweep)), tmp_path)
    other = {**config({**sweep, "max_episodes": 5, "common_random_numbers": False}), "episodes": 3}
    assert run_sweep(SweepPlan.from_config(other), tmp_path).skipped == 2
    with pytest.raises(ParameterError, match="engine"):
        run_sweep(SweepPlan.from_config({**other, "engine": {"name": "batch"}}), tmp_path)


def test_a_damaged_column_is_computed_again(tmp_path: Path) -> None:
    plan = SweepPlan.from_config(config({"method": "grid", "axes": {ATTENTION: {"low": 0, "high": 1, "points": 40}}}))
    run_sweep(plan, tmp_path)
    before = load_sweep(tmp_path).drop(columns="wall_time")
    part = next((tmp_path / "parts").glob("*.parquet"))
    content = bytearray(part.read_bytes())
    content[len(content) // 3:len(content) // 3 + 200] = bytes(200)
    part.write_bytes(bytes(content))
    done = run_sweep(plan, tmp_path)
    assert done.computed == 40 and "set aside" in done.notes[0]
    assert load_sweep(tmp_path).drop(columns="wall_time").equals(before)


def test_what_another_try_may_mend_is_no_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = SweepPlan.from_config(config({"method": "grid", "axes": {ATTENTION: [0.0, 0.5, 1.0]}}))
    solved = type(plan.computer)._solved

    def short_of_memory(self: Any, study: Any) -> Any:
        if study.scenario.washington.attention == 0.5:
            raise MemoryError
        return solved(self, study)

    monkeypatch.setattr(type(plan.computer), "_solved", short_of_memory)
    done = run_sweep(plan, tmp_path)
    assert (done.computed, done.failed, done.missing) == (3, 1, 1)
    monkeypatch.undo()
    again = run_sweep(plan, tmp_path)
    assert (again.computed, again.skipped, again.missing) == (1, 2, 0)
    assert load_sweep(tmp_path)["error"].isna().all()


def test_a_value_too_many_in_a_csv_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text(f"{ATTENTION},{FIRMNESS}\n0.5,1.5,2.5\n0.6,1.6,2.6\n", encoding="utf-8")
    with pytest.raises(ParameterError, match=r"sweep\.file"):
        SweepPlan.from_config(config({"method": "list", "file": str(file)}))
    file.write_text(f"{ATTENTION}, {FIRMNESS}\n0.5, 1.5\n0.6, 1.6\n", encoding="utf-8")
    assert SweepPlan.from_config(config({"method": "list", "file": str(file)})).keys[FIRMNESS].tolist() == [1.5, 1.6]
