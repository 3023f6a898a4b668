"""Designs: sizes, ranges, strata, no duplicates, unions, and clear words for bad ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from negotiation.parameters import ParameterError
from negotiation.sweep.axes import Axis, parse_axes
from negotiation.sweep.design import METHODS, make_design

INTERVAL = {"low": 0.0, "high": 2.0}
LOG = {"low": 0.01, "high": 10.0, "scale": "log"}
WHOLE = {"low": 3, "high": 9, "integer": True}
WORDS = ["equilibrium", "hawk", "dove"]
AXES = {"scenario.washington.attention": INTERVAL, "scenario.tokyo.precision": LOG, "scenario.rounds": WHOLE,
        "policy.tokyo": WORDS}
SAMPLED = [{"method": "latin_hypercube", "points": 40}, {"method": "sobol", "points": 50},
           {"method": "saltelli", "base": 8}, {"method": "saltelli", "base": 8, "second_order": True},
           {"method": "morris", "trajectories": 6}]


def design(method: dict[str, Any], axes: dict[str, Any] | None = None, seed: int = 1) -> Any:
    """A design over the four kinds of axes."""
    if method["method"].startswith(("saltelli", "morris")):
        pytest.importorskip("SALib", reason="SALib is an optional extra (sweep)")
    return make_design({**method, "axes": AXES if axes is None else axes}, seed)


levels = st.lists(st.one_of(st.integers(0, 50), st.floats(0, 9, allow_nan=False).map(lambda x: x + 0.5), st.text(
    alphabet="abc", min_size=1, max_size=3)), min_size=1, max_size=4, unique=True)


@given(st.dictionaries(st.sampled_from(["a.x", "b.y", "c"]), levels, min_size=1, max_size=3))
def test_a_grid_is_every_combination_once(axes: dict[str, list[Any]]) -> None:
    made = make_design({"method": "grid", "axes": axes}, 0)
    assert len(made) == len(made.row_point) == np.prod([len(values) for values in axes.values()])
    found = {tuple(made.overrides(point).items()) for point in range(len(made))}
    assert len(found) == len(made)
    for key, values in axes.items():
        assert {dict(point)[key] for point in found} == set(values)
    # The last axis runs fastest.
    last = list(axes)[-1]
    assert made.points[last].tolist()[:len(axes[last])] == axes[last]


@given(st.integers(1, 60), st.integers(0, 2**70))
def test_a_latin_hypercube_hits_every_cell_of_every_axis_once(count: int, seed: int) -> None:
    axes = {"u": {"low": 0.0, "high": 1.0}, "v": {"low": -5.0, "high": 5.0}, "w": LOG}
    made = make_design({"method": "latin_hypercube", "axes": axes, "points": count}, seed)
    places = [made.points["u"], (made.points["v"] + 5) / 10, np.log(made.points["w"] / 0.01) / np.log(1000)]
    for place in places:
        cells = np.floor(np.asarray(place, dtype=float) * count).astype(int)
        assert sorted(np.minimum(cells, count - 1)) == list(range(count))


@pytest.mark.parametrize("method", SAMPLED, ids=[f"{m['method']}-{len(m)}" for m in SAMPLED])
def test_sampled_points_lie_in_range_and_repeat_under_a_seed(method: dict[str, Any]) -> None:
    made = design(method)
    points = made.points
    assert points["scenario.washington.attention"].between(0, 2).all()
    assert points["scenario.tokyo.precision"].between(0.01, 10).all()
    assert points["scenario.rounds"].isin(range(3, 10)).all()
    assert points["policy.tokyo"].isin(WORDS).all()
    assert isinstance(made.overrides(0)["scenario.rounds"], int)
    assert not points.duplicated().any()
    assert made.hash == design(method).hash
    assert made.hash != design(method, seed=2).hash


def test_sizes_are_those_of_the_papers() -> None:
    assert [len(design(method).row_point) for method in SAMPLED] == [40, 50, 8 * 6, 8 * 10, 6 * 5]


def test_every_category_of_a_sampled_design_is_as_frequent_as_the_others() -> None:
    made = make_design({"method": "sobol", "axes": {"policy.tokyo": WORDS, "x": INTERVAL}, "points": 384}, 3)
    counts = made.points["policy.tokyo"].iloc[made.row_point].value_counts()
    assert counts.max() - counts.min() <= 4


def test_a_zip_goes_through_all_axes_at_once() -> None:
    made = make_design({"method": "zip", "axes": {"a": [1, 2, 3], "b": {"low": 0, "high": 1, "points": 3}}}, 0)
    assert [made.overrides(point) for point in range(3)] == [
        {"a": 1, "b": 0.0}, {"a": 2, "b": 0.5}, {"a": 3, "b": 1.0}]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_list_is_the_rows_of_a_file(tmp_path: Path, ending: str) -> None:
    table = pd.DataFrame({"policy.tokyo": ["hawk", "dove", "hawk"], "scenario.rounds": [5, 6, 5],
                          "scenario.tokyo.stake": [1.5, 2.0, 1.5]})
    path = tmp_path / f"points.{ending}"
    if ending == "csv":
        table.to_csv(path, index=False)
    else:
        table.to_parquet(path)
    made = make_design({"method": "list", "file": str(path)}, 0)
    assert len(made) == 2
    assert made.row_point.tolist() == [0, 1, 0]
    assert made.overrides(1) == {"policy.tokyo": "dove", "scenario.rounds": 6, "scenario.tokyo.stake": 2.0}
    assert type(made.overrides(1)["scenario.rounds"]) is int


def test_a_union_computes_common_points_once_and_leaves_gaps_open() -> None:
    parts = [{"method": "grid", "axes": {"a": [1, 2], "b": [1, 2]}},
             {"method": "zip", "axes": {"a": [2, 3], "b": [2, 3]}},
             {"method": "grid", "axes": {"c": ["x"]}}]
    made = make_design({"method": "union", "designs": parts}, 0)
    assert [made.overrides(point) for point in range(len(made))] == [
        {"a": 1, "b": 1}, {"a": 1, "b": 2}, {"a": 2, "b": 1}, {"a": 2, "b": 2}, {"a": 3, "b": 3}, {"c": "x"}]
    assert made.row_point.tolist() == [0, 1, 2, 3, 3, 4, 5]
    assert type(made.overrides(0)["a"]) is int


@given(st.integers(2, 500), st.integers(2, 8))
def test_any_beginning_of_the_order_covers_the_design(count: int, parts: int) -> None:
    made = make_design({"method": "zip", "axes": {"a": list(range(count))}}, 0)
    order = made.order()
    assert sorted(order) == list(range(count))
    begun = np.sort(order[:max(count // parts, 1)]) / count
    gaps = np.diff(np.concatenate([[0.0], begun, [1.0]]))
    assert gaps.max() <= 3.0 / len(begun) + 1e-9  # the three-distance theorem leaves no large hole


def test_levels_of_intervals_keep_their_ends_exactly() -> None:
    axis = parse_axes({"x": {"low": 0.003, "high": 0.1, "scale": "log", "points": 7}})[0]
    values = axis.levels()
    assert (values[0], values[-1], len(values)) == (0.003, 0.1, 7)
    ratios = np.diff(np.log(values))
    np.testing.assert_allclose(ratios, ratios[0])
    assert parse_axes({"n": {"low": 1, "high": 9, "integer": True, "points": 3}})[0].levels() == [1, 5, 9]
    assert parse_axes({"n": WHOLE})[0].levels() == list(range(3, 10))


@given(st.floats(0, 1), st.sampled_from([INTERVAL, LOG, WHOLE]))
def test_values_stay_in_the_interval_and_grow_with_u(u: float, interval: dict[str, Any]) -> None:
    axis: Axis = parse_axes({"x": interval})[0]
    low, here, high = axis.at(np.array([0.0, u, 1.0]))
    assert interval["low"] <= low <= here <= high <= interval["high"]


BAD = [
    ({"method": "cube", "axes": AXES}, "sweep.method", "grid"),
    ({"axes": AXES}, "sweep.method", "grid"),
    ({"method": "grid"}, "sweep.axes", "a mapping"),
    ({"method": "grid", "axes": {}}, "sweep.axes", "at least one key"),
    ({"method": "grid", "axes": {"a": []}}, "sweep.axes.a", "at least one value"),
    ({"method": "grid", "axes": {"a": [1, 1]}}, "sweep.axes.a", "each value once"),
    ({"method": "grid", "axes": {"a": [1, float("nan")]}}, "sweep.axes.a", "numbers, texts"),
    ({"method": "grid", "axes": {"a": INTERVAL}}, "sweep.axes.a", "points"),
    ({"method": "grid", "axes": {"a": {"low": 0}}}, "sweep.axes.a.high", "a finite number"),
    ({"method": "grid", "axes": {"a": {"low": 2, "high": 1, "points": 3}}}, "sweep.axes.a.high", "above low"),
    ({"method": "grid", "axes": {"a": {"low": 0, "high": 1, "scale": "log"}}}, "sweep.axes.a.low", "above 0"),
    ({"method": "grid", "axes": {"a": {"low": 0, "high": 1, "scale": "cubic"}}}, "sweep.axes.a.scale", "linear, log"),
    ({"method": "grid", "axes": {"a": {"low": 0, "high": 1, "step": 1}}}, "sweep.axes.a.step", "the keys low, high"),
    ({"method": "grid", "axes": {"a": {"low": 0, "high": 1, "points": 0}}}, "sweep.axes.a.points", "at least 1"),
    ({"method": "grid", "axes": {"a": {"low": 0.5, "high": 3, "integer": True}}}, "sweep.axes.a", "whole numbers"),
    ({"method": "grid", "axes": {"a": [1]}, "points": 4}, "sweep.points", "the keys method, axes"),
    ({"method": "grid", "axes": {k: {"low": 0, "high": 1, "points": 10**4} for k in "abc"}}, "sweep.axes", "at most"),
    ({"method": "zip", "axes": {"a": [1, 2], "b": [1]}}, "sweep.axes", "as many values"),
    ({"method": "sobol", "axes": AXES}, "sweep.points", "at least 1"),
    ({"method": "latin_hypercube", "axes": AXES, "points": 2.5}, "sweep.points", "at least 1"),
    ({"method": "saltelli", "axes": AXES, "base": 6}, "sweep.base", "a power of two"),
    ({"method": "saltelli", "axes": AXES, "base": 4, "second_order": "no"}, "sweep.second_order", "true or false"),
    ({"method": "morris", "axes": AXES, "trajectories": 3, "levels": 3}, "sweep.levels", "even"),
    ({"method": "list", "file": "nowhere.csv"}, "sweep.file", "existing"),
    ({"method": "list", "file": "pyproject.toml"}, "sweep.file", "existing .csv"),
    ({"method": "union", "designs": []}, "sweep.designs", "at least one design"),
    ({"method": "union", "designs": [{"method": "zip", "axes": {"a": []}}]}, "sweep.designs[0].axes.a", "at least one"),
    ({"method": "union", "designs": ["grid"]}, "sweep.designs[0]", "a mapping"),
]


@pytest.mark.parametrize(("config", "key", "allowed"), BAD, ids=[f"{row[1]}-{n}" for n, row in enumerate(BAD)])
def test_a_bad_design_is_refused_by_key(config: dict[str, Any], key: str, allowed: str) -> None:
    with pytest.raises(ParameterError) as caught:
        make_design(config, 0)
    assert caught.value.key == key
    assert allowed in str(caught.value)


def test_a_table_with_gaps_is_refused(tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text("a,b\n1,2\n3,\n", encoding="utf-8")
    with pytest.raises(ParameterError, match="column b"):
        make_design({"method": "list", "file": str(tmp_path / "points.csv")}, 0)


def test_every_method_is_tested_above() -> None:
    tested = {row["method"] for row in SAMPLED} | {"grid", "zip", "list", "union"}
    assert tested == set(METHODS)


def test_cells_of_a_csv_are_read_one_by_one(tmp_path: Path) -> None:
    """A word among numbers stays alone a word, spaces around headings and words are no part of them."""
    file = tmp_path / "points.csv"
    file.write_text("scenario.a , policy.tokyo \n0.1, hawk \n1_0, dove\n3 ,{behaviour: hawk}\n", encoding="utf-8")
    points = make_design({"method": "list", "file": str(file)}, 0).points
    assert list(points) == ["scenario.a", "policy.tokyo"]
    assert points["scenario.a"].tolist() == [0.1, "1_0", 3]
    assert points["policy.tokyo"].tolist() == ["hawk", "dove", "{behaviour: hawk}"]


def test_a_csv_gives_back_the_numbers_that_were_written(tmp_path: Path) -> None:
    numbers = np.random.default_rng(3).uniform(0, 2, 2000)
    pd.DataFrame({"a": numbers}).to_csv(tmp_path / "points.csv", index=False)
    points = make_design({"method": "list", "file": str(tmp_path / "points.csv")}, 0).points
    assert points["a"].tolist() == list(numbers)


@pytest.mark.parametrize(("text", "told"), [
    ("scenario.a;policy.b\n1;hawk\n", "parted by ';'"), ("a,b\n1,2\n3,\n", "column b, row 2")])
def test_what_is_wrong_with_a_csv_is_told(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "points.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ParameterError, match=told):
        make_design({"method": "list", "file": str(tmp_path / "points.csv")}, 0)
