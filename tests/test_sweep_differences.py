"""Paired differences between neighbours: by hand, against SciPy's table, and against playing both points."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from negotiation.behaviours import make_profile
from negotiation.engines.batch import simulate
from negotiation.game import compile_game
from negotiation.parameters import ParameterError
from negotiation.scenario import Scenario
from negotiation.sweep.differences import compare, paired_differences
from negotiation.sweep.run import run_sweep
from negotiation.sweep.settings import SweepPlan
from negotiation.sweep.table import load_sweep
from negotiation.vocabulary import Outcome

ATTENTION = "scenario.washington.attention"


def plan(reference: Scenario, engine: str = "batch", episodes: int = 600, **sweep: Any) -> SweepPlan:
    values = {key: value for key, value in reference.override({"rounds": 8, "shadow": 6}).to_dict().items()
              if key != "documentation"}
    axes = {ATTENTION: [1.0, 0.0, 0.3], "policy.tokyo": ["equilibrium", "hawk"]}
    return SweepPlan.from_config({
        "scenario": values, "engine": {"name": engine}, "episodes": episodes, "seed": 11,
        "policy": dict.fromkeys(("tokyo", "seoul", "washington"), "equilibrium"),
        "sweep": {"method": "grid", "axes": axes, **sweep}})


def test_ten_pairs_by_hand() -> None:
    """Settlement at the first point only: 3 episodes, at the second only: 1, at both: 2, at neither: 4."""
    first = np.array([0, 0, 0, 0, 0, 1, 1, 1, 1, 1], dtype=np.int8)
    second = np.array([1, 1, 1, 0, 0, 0, 1, 1, 1, 1], dtype=np.int8)
    found = {name: values[Outcome.SETTLEMENT] for name, values in compare(first, second).items()}
    assert Outcome.SETTLEMENT == 0
    assert found["difference"] == pytest.approx((3 - 5) / 10)
    assert found["error"] == pytest.approx((4 - 4 / 10) ** 0.5 / 10)
    # Agresti & Min: b = 3.5, c = 1.5, n = 12.
    half = 1.959963984540054 * (5 - 4 / 12) ** 0.5 / 12
    assert (found["low"], found["high"]) == pytest.approx((-2 / 12 - half, -2 / 12 + half))
    assert found["unpaired_error"] == pytest.approx((0.5 * 0.5 / 10 + 0.3 * 0.7 / 10) ** 0.5)


def test_the_same_episodes_differ_by_nothing() -> None:
    same = np.array([0, 1, 2, 3, 4, 4], dtype=np.int8)
    found = compare(same, same)
    assert (found["difference"] == 0).all() and (found["error"] == 0).all()
    assert (found["low"] < 0).all() and (found["high"] > 0).all()


def test_intervals_cover_as_often_as_they_say() -> None:
    rng = np.random.Generator(np.random.Philox(5))
    p = np.array([[0.3, 0.1], [0.15, 0.45]])  # of the pair (settlement at first, at second)
    hits = 0
    for _ in range(600):
        cells = rng.choice(4, size=80, p=p.ravel())
        first, second = (1 - cells // 2).astype(np.int8), (1 - cells % 2).astype(np.int8)
        found = compare(first, second)
        truth = p[:, 1].sum() - p[1].sum()  # share of outcome 0 at the second point less that at the first
        hits += bool(found["low"][0] <= truth <= found["high"][0])
    assert 0.92 <= hits / 600 <= 0.985


def test_against_playing_both_points(reference: Scenario, tmp_path: Path) -> None:
    sweep = plan(reference)
    run_sweep(sweep, tmp_path)
    table = load_sweep(tmp_path)
    found = paired_differences(tmp_path, ATTENTION)
    assert len(found) == 2 * 2 * len(Outcome)
    assert set(map(tuple, found[["from", "to"]].to_numpy().tolist())) == {(0.0, 0.3), (0.3, 1.0)}
    for (point, neighbour), rows in found.groupby(["point", "neighbour"]):
        ends = []
        for number in (point, neighbour):
            study = sweep.computer.base.at(sweep.design.overrides(number))
            game = compile_game(study.scenario)
            ends.append(simulate(game, make_profile(game, **study.policies), 600, 11).records.outcome)
        expected = compare(*ends)
        for name, values in expected.items():
            assert rows[name].tolist() == values.tolist(), name
        stored = table.set_index("point")
        assert rows["difference"].tolist() == pytest.approx([
            stored.at[neighbour, f"probability_{key}"] - stored.at[point, f"probability_{key}"]
            for key in Outcome.keys()], abs=1e-12)  # noqa: SIM118
    # What common random numbers are for.
    assert (found["error"] <= found["unpaired_error"] + 1e-12).mean() > 0.9


def test_exact_neighbours_differ_exactly(reference: Scenario, tmp_path: Path) -> None:
    run_sweep(plan(reference, "exact"), tmp_path)
    found = paired_differences(tmp_path, ATTENTION)
    assert found["exact"].all() and (found["error"] == 0).all() and (found["low"] == found["high"]).all()
    along_policy = paired_differences(tmp_path, "policy.tokyo")
    assert set(along_policy["to"]) == {"hawk"}


def test_refusals(reference: Scenario, tmp_path: Path) -> None:
    run_sweep(plan(reference, common_random_numbers=False), tmp_path)
    with pytest.raises(ParameterError, match="null without common random numbers"):
        paired_differences(tmp_path, ATTENTION)
    with pytest.raises(ParameterError, match=r"one of scenario\.washington\.attention, policy\.tokyo"):
        paired_differences(tmp_path, "scenario.rounds")


def test_episodes_may_be_an_axis(reference: Scenario, tmp_path: Path) -> None:
    """Then the result column `episodes` is the axis: the more episodes, the closer to the exact shares."""
    base = plan(reference).config
    config = {**base, "sweep": {"method": "grid", "axes": {"episodes": [200, 5000], ATTENTION: [0.0, 1.0]}}}
    run_sweep(SweepPlan.from_config(config), tmp_path)
    table = load_sweep(tmp_path)
    assert table.axis_keys == ["episodes", ATTENTION]
    assert table["episodes"].tolist() == [200, 200, 5000, 5000]
    assert table.to_xarray()["error_settlement"].dims == ("episodes", ATTENTION)
    assert (table["error_settlement"][:2].to_numpy() > table["error_settlement"][2:].to_numpy()).all()
    for change in ({"engine": {"name": "exact"}}, {"sweep": {**config["sweep"], "half_width": 0.1}}):
        with pytest.raises(ParameterError, match="episodes as an axis only"):
            SweepPlan.from_config({**config, **change})
