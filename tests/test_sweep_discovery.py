"""Scenario discovery: planted boxes are found, and what is said of a box is counted again by hand."""

from __future__ import annotations

import logging
import sys
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from negotiation.parameters import ParameterError
from negotiation.sweep.design import make_design
from negotiation.sweep.discovery import LOGGER, box_words, discover, in_box, trade_off

ATTENTION, LENGTH, POLICY, WORLD = "scenario.washington.attention", "scenario.rounds", "policy.tokyo", "scenario"
AXES = {ATTENTION: {"low": 0.0, "high": 2.0}, LENGTH: {"low": 4, "high": 23, "integer": True},
        POLICY: ["equilibrium", "hawk", "dove"], WORLD: ["tokyo_seoul_2019", "river_dam"],
        "idle": {"low": 0, "high": 1}, "scenario.start.standstill": [True, False]}


@pytest.fixture(scope="module", autouse=True)
def workbench() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip("ema_workbench.analysis", reason="the EMA workbench is an optional extra (discovery)")


def swept(axes: dict[str, Any] = AXES, points: int = 600, method: str = "latin_hypercube") -> pd.DataFrame:
    design = make_design({"method": method, "axes": axes, **({} if method == "grid" else {"points": points})}, 3)
    table = design.points.reset_index()
    table["exact"] = True
    return table


def planted(table: pd.DataFrame) -> pd.Series:
    """Attention at most 0.9, at least 9 rounds, no hawk in Tokyo, and the river dam: a tenth of the space or so."""
    return ((table[ATTENTION] <= 0.9) & (table[LENGTH] >= 9) & (table[POLICY] != "hawk")
            & (table[WORLD] == "river_dam"))


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    made = swept()
    made["probability_settlement"] = np.where(planted(made), 0.7, 0.2)
    made["probability_rupture"] = 1 - made["probability_settlement"]
    return made


@pytest.fixture(scope="module")
def boxes(table: pd.DataFrame) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return discover(table)


def restriction(boxes: pd.DataFrame, key: str, box: int = 1) -> pd.Series:
    return boxes[(boxes["box"] == box) & (boxes["axis"] == key)].squeeze()


def test_a_planted_box_is_found(table: pd.DataFrame, boxes: pd.DataFrame) -> None:
    # One box that restricts what was planted, and neither the idle axis nor the start.
    assert boxes["box"].tolist() == [1] * 4
    assert boxes["axis"].tolist() == [ATTENTION, LENGTH, POLICY, WORLD]
    attention = restriction(boxes, ATTENTION)
    inside = planted(table)
    # The bound lies within one slice (a twentieth of the points of the box) of the planted one.
    slack = 0.05 * 0.9 * 1.5
    assert attention["high"] == pytest.approx(0.9, abs=slack)
    assert attention["low"] == table[ATTENTION].min()
    # A whole number of rounds is a slice of its own.
    assert abs(restriction(boxes, LENGTH)["low"] - 9) <= 1
    assert float(restriction(boxes, LENGTH)["low"]).is_integer()
    assert restriction(boxes, LENGTH)["high"] == 23
    assert restriction(boxes, POLICY)["values"] == ("equilibrium", "dove")
    assert restriction(boxes, WORLD)["values"] == ("river_dam",)
    assert boxes[["low", "high"]].isna().all(axis=1).tolist() == [False, False, True, True]
    assert boxes["coverage"].iloc[0] > 0.95
    assert boxes["density"].iloc[0] > 0.95
    assert boxes.attrs["interest"] == inside.sum()
    assert (boxes.attrs["points"], boxes.attrs["left_out"], boxes.attrs["outcome"]) == (600, 0, "settlement")
    assert boxes.attrs["note"] == ""


def test_coverage_density_and_mass_are_counted_again_by_hand(table: pd.DataFrame, boxes: pd.DataFrame) -> None:
    inside, interest = in_box(table, boxes), planted(table).to_numpy()
    by_hand = ((table[ATTENTION] <= restriction(boxes, ATTENTION)["high"])
               & (table[LENGTH] >= restriction(boxes, LENGTH)["low"])
               & table[POLICY].isin(["equilibrium", "dove"]) & (table[WORLD] == "river_dam")).to_numpy()
    np.testing.assert_array_equal(inside, by_hand)
    row = boxes.iloc[0]
    assert row["points"] == inside.sum()
    assert row["coverage"] == pytest.approx((inside & interest).sum() / interest.sum(), abs=1e-12)
    assert row["density"] == pytest.approx((inside & interest).sum() / inside.sum(), abs=1e-12)
    assert row["mass"] == pytest.approx(inside.mean(), abs=1e-12)
    for name in ("coverage", "density", "mass", "points"):
        assert boxes[name].nunique() == 1


def test_quasi_p_values_are_one_sided_binomial_tests(table: pd.DataFrame, boxes: pd.DataFrame) -> None:
    interest = planted(table).to_numpy()
    inside = in_box(table, boxes)
    for key, name in ((ATTENTION, "p_high"), (LENGTH, "p_low"), (POLICY, "p_values"), (WORLD, "p_values")):
        without = in_box(table, boxes[boxes["axis"] != key])
        chance = binomtest(int((inside & interest).sum()), int(inside.sum()), interest[without].mean(),
                           alternative="greater").pvalue
        assert restriction(boxes, key)[name] == pytest.approx(chance, rel=1e-9)
        others = {"p_low", "p_high", "p_values"} - {name}
        assert restriction(boxes, key)[sorted(others)].isna().all()


def test_finer_slices_find_the_bound_more_closely() -> None:
    axes = {"x": {"low": 0.0, "high": 1.0}, "y": {"low": 0.0, "high": 1.0}}
    table = swept(axes, 800)
    table["probability_settlement"] = (table["x"].between(0.3, 0.7) & (table["y"] > 0.5)).astype(float)
    fine = discover(table, peel=0.01, density=0.95)
    cell = 1 / 800
    x, y = restriction(fine, "x"), restriction(fine, "y")
    # A slice of the box is a hundredth of its points, 1.6 of 160 in the end: a few cells of the sample.
    assert x["low"] == pytest.approx(0.3, abs=8 * cell)
    assert x["high"] == pytest.approx(0.7, abs=8 * cell)
    assert y["low"] == pytest.approx(0.5, abs=8 * cell)
    assert y["high"] == table["y"].max()


def test_a_second_box_is_sought_outside_the_first() -> None:
    axes = {"x": {"low": 0.0, "high": 1.0}, "y": {"low": 0.0, "high": 1.0}}
    table = swept(axes, 500)
    corner, strip = (table["x"] < 0.4) & (table["y"] < 0.5), (table["x"] > 0.8) & (table["y"] > 0.6)
    interest = (corner | strip).to_numpy()
    table["probability_rupture"] = np.where(interest, 0.9, 0.0)
    found = discover(table, outcome="rupture", boxes=5, density=0.9, objective="original")
    assert "no further box of density 0.9: the densest found has 0." in found.attrs["note"]
    assert found["box"].max() == 2
    one, two = in_box(table, found, 1), in_box(table, found, 2)
    assert not (one & two).any()
    for number, inside in ((1, one), (2, two)):
        row = found[found["box"] == number].iloc[0]
        assert row["coverage"] == pytest.approx((inside & interest).sum() / interest.sum(), abs=1e-12)
        assert row["density"] == pytest.approx(interest[inside].mean(), abs=1e-12)
        assert row["density"] >= 0.9
    assert ((one | two) & interest).sum() / interest.sum() > 0.9


def test_the_box_taken_is_the_widest_that_is_dense_enough() -> None:
    table = swept({"x": {"low": 0.0, "high": 1.0}, "y": {"low": 0.0, "high": 1.0}}, 500)
    noise = np.random.Generator(np.random.Philox(5)).random(500)
    table["probability_settlement"] = (noise < 1 - table["x"]).astype(float)
    path = trade_off(table)
    assert path[["coverage", "density", "mass", "restricted", "points"]].iloc[0].tolist() == [
        1.0, table["probability_settlement"].mean(), 1.0, 0, 500]
    assert path["density"].is_monotonic_increasing
    for density in (0.6, 0.7, 0.85):
        found = discover(table, density=density)
        enough = path[path["density"] >= density]
        assert found["coverage"].iloc[0] == enough["coverage"].max()
    # A denser box is a narrower one, and past some density there is none.
    assert discover(table, density=0.85)["coverage"].iloc[0] < discover(table, density=0.6)["coverage"].iloc[0]
    none = discover(table, density=1.0, mass=0.3)
    assert none.empty
    assert none.attrs["points"] == 500
    assert f"no box of density 1: the densest found has {trade_off(table, mass=0.3)['density'].max():.3g}" in (
        none.attrs["note"])
    assert box_words(none) == []
    with pytest.raises(ParameterError, match="none was found"):
        in_box(table, none)


def test_the_other_side_of_the_threshold_may_be_sought() -> None:
    table = swept({"x": {"low": 0.0, "high": 1.0}, "n": [1, 2, 3, 4]}, 400)
    table["probability_rupture"] = np.where((table["x"] > 0.5) & (table["n"] >= 2), 0.1, 0.6)
    found = discover(table, outcome="rupture", threshold=0.3, below=True)
    assert found["axis"].tolist() == ["x", "n"]
    assert restriction(found, "n")[["low", "high"]].tolist() == [2, 4]
    assert restriction(found, "x")["low"] == pytest.approx(0.5, abs=0.04)
    assert found.attrs["below"] is True


def test_axes_may_be_chosen_and_constant_ones_are_no_matter(table: pd.DataFrame) -> None:
    found = discover(table.assign(idle=1.0), axes=[POLICY, WORLD, "idle"], density=0.3)
    assert found["axis"].tolist() == [POLICY, WORLD]
    with pytest.raises(ParameterError, match=r"^axes: 'nowhere'"):
        discover(table, axes=["nowhere"])
    with pytest.raises(ParameterError, match="at least one varies"):
        discover(table.assign(idle=1.0), axes=["idle"])


def test_points_that_failed_are_left_out_and_counted(table: pd.DataFrame, boxes: pd.DataFrame) -> None:
    outside = np.flatnonzero(~planted(table))[:40]
    holed = table.copy()
    holed.loc[outside, "probability_settlement"] = np.nan
    found = discover(holed)
    assert (found.attrs["points"], found.attrs["left_out"]) == (560, 40)
    assert found["axis"].tolist() == boxes["axis"].tolist()


def test_boxes_in_words(boxes: pd.DataFrame) -> None:
    (said,) = box_words(boxes)
    assert said.startswith("Washington: attention at most 0.")
    rounds = f"Rounds at least {restriction(boxes, LENGTH)['low']:g}"
    assert f", {rounds}, Tokyo: policy equilibrium or dove, Scenario river dam: " in said
    assert said.endswith("% of all points)")


def test_nothing_is_left_behind(table: pd.DataFrame, capsys: pytest.CaptureFixture[str],
                                caplog: pytest.LogCaptureFixture) -> None:
    import matplotlib as mpl

    before, settings = table.copy(), {key: mpl.rcParams[key] for key in mpl.rcParams if key != "backend"}
    state = np.random.get_state()[1].tolist()  # noqa: NPY002 (that it is left alone)
    logger = logging.getLogger(LOGGER)
    logger.setLevel(logging.INFO)
    with caplog.at_level(logging.INFO), warnings.catch_warnings():
        warnings.simplefilter("error")
        first = discover(table)
    assert logger.level == logging.INFO
    logger.setLevel(logging.NOTSET)
    assert caplog.records == []
    assert capsys.readouterr() == ("", "")
    pd.testing.assert_frame_equal(first, discover(table))
    pd.testing.assert_frame_equal(table, before)
    assert {key: mpl.rcParams[key] for key in settings} == settings
    assert np.random.get_state()[1].tolist() == state  # noqa: NPY002
    assert "matplotlib.pyplot" not in sys.modules or sys.modules["matplotlib.pyplot"].get_fignums() == []


BAD = [({"outcome": "peace"}, "outcome", "one of settlement"), ({"threshold": 0.9}, "threshold", r"\[0.2, 0.7\]"),
       ({"threshold": 0.1}, "threshold", "some points reach"), ({"density": 0.05}, "density", "above that of all"),
       ({"density": 1.1}, "density", "at most 1"), ({"boxes": 0}, "boxes", "at least 1"),
       ({"mass": 0.0}, "mass", "from 0.01"), ({"objective": "best"}, "objective", "lenient1, lenient2"),
       ({"peel": 0.6}, "peel", "0.01 to 0.5")]


@pytest.mark.parametrize(("arguments", "key", "allowed"), BAD, ids=[f"{row[1]}-{n}" for n, row in enumerate(BAD)])
def test_bad_arguments_are_refused_by_name(table: pd.DataFrame, arguments: dict[str, Any], key: str,
                                           allowed: str) -> None:
    with pytest.raises(ParameterError, match=allowed) as caught:
        discover(table, **arguments)
    assert caught.value.key == key


def test_an_axis_with_gaps_is_refused(table: pd.DataFrame) -> None:
    holed = table.copy()
    holed.loc[5, "idle"] = np.nan
    with pytest.raises(ParameterError, match=r"^axes: 'idle'.*a union may leave gaps"):
        discover(holed)


def test_without_the_workbench_the_extra_is_named(table: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ema_workbench.analysis", None)
    with pytest.raises(ParameterError, match=r"pip install 'negotiation\[discovery\]'"):
        discover(table)
