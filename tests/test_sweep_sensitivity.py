"""Sensitivity: other people's numbers, analytic indices, SALib's own, intervals, clear words where there are none."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from negotiation.parameters import ParameterError
from negotiation.sweep.design import Design, make_design, unit_sample
from negotiation.sweep.sensitivity import elementary_effects, sensitivity

pytest.importorskip("SALib", reason="SALib is an optional extra (sweep)")

UNIT = {"low": 0.0, "high": 1.0}
Values = dict[str, np.ndarray]


def swept(config: dict[str, Any], quantity: Callable[[Values], Any], seed: int = 1) -> tuple[Design, pd.DataFrame]:
    """A design and the table of a sweep in which the chance of settlement is a function of the keys."""
    design = make_design(config, seed)
    table = design.points.reset_index()
    values = {key: design.points[key].to_numpy() for key in design.points}
    table["exact"] = True
    table["probability_settlement"] = np.asarray(quantity(values), dtype=float)
    table["probability_rupture"] = 0.25
    table["settlement_round"] = np.where(table["point"] == 3, np.nan, 5.0)
    table["error"] = None
    return design, table


def column(result: pd.DataFrame, index: str, name: str = "estimate") -> dict[str, float]:
    rows = result[result["index"] == index]
    return dict(zip(rows["axis"], rows[name], strict=True))


def covers(result: pd.DataFrame, index: str, truth: dict[str, float], widest: float) -> None:
    low, high = column(result, index, "low"), column(result, index, "high")
    estimate = column(result, index)
    for axis, value in truth.items():
        assert low[axis] <= value <= high[axis], (index, axis, low[axis], value, high[axis])
        assert low[axis] <= estimate[axis] <= high[axis]
        assert high[axis] - low[axis] < widest


# ------------------------------------------------------------------------- Sobol, other people's numbers


@pytest.fixture(scope="module")
def ishigami() -> tuple[Design, pd.DataFrame]:
    around = {"low": -float(np.pi), "high": float(np.pi)}
    return swept({"method": "saltelli", "axes": {"x1": around, "x2": around, "x3": around}, "base": 1024,
                  "second_order": True},
                 lambda x: np.sin(x["x1"]) + 7 * np.sin(x["x2"]) ** 2 + 0.1 * x["x3"] ** 4 * np.sin(x["x1"]))


def test_the_ishigami_function_has_its_published_indices(ishigami: tuple[Design, pd.DataFrame]) -> None:
    # Homma & Saltelli (1996), a = 7, b = 0.1; as quoted with Sobol indices everywhere.
    result = sensitivity(*ishigami, resamples=400)
    covers(result, "first", {"x1": 0.3139, "x2": 0.4424, "x3": 0.0}, 0.2)
    covers(result, "total", {"x1": 0.5576, "x2": 0.4424, "x3": 0.2437}, 0.2)
    second = result[result["index"] == "second"].set_index(["axis", "other"])
    assert list(second.index) == [("x1", "x2"), ("x1", "x3"), ("x2", "x3")]
    for pair, truth in {("x1", "x2"): 0.0, ("x1", "x3"): 0.2437, ("x2", "x3"): 0.0}.items():
        assert second.loc[pair, "low"] <= truth <= second.loc[pair, "high"]
    assert (result[result["index"] != "second"]["other"] == "").all()
    assert result.attrs["points"] == result.attrs["rows"] == 1024 * 8
    assert (result.attrs["quantity"], result.attrs["method"], result.attrs["note"]) == (
        "probability_settlement", "saltelli", "")


def test_estimates_and_the_width_of_intervals_are_those_of_salib(ishigami: tuple[Design, pd.DataFrame]) -> None:
    from SALib.analyze import sobol

    design, table = ishigami
    result = sensitivity(design, table, resamples=600)
    theirs = sobol.analyze({"num_vars": 3, "names": ["x1", "x2", "x3"], "bounds": [[0, 1]] * 3},
                           table["probability_settlement"].to_numpy(), num_resamples=600, seed=4)
    for index, name in (("first", "S1"), ("total", "ST")):
        np.testing.assert_allclose(list(column(result, index).values()), theirs[name], rtol=1e-12)
        half = (np.array(list(column(result, index, "high").values()))
                - np.array(list(column(result, index, "low").values()))) / 2
        np.testing.assert_allclose(half, theirs[f"{name}_conf"], rtol=0.15)
    ours = result[result["index"] == "second"]["estimate"].to_numpy()
    np.testing.assert_allclose(ours, theirs["S2"][np.triu_indices(3, 1)], rtol=1e-10)


def test_sobols_g_function_on_logarithmic_axes() -> None:
    # Sobol' (1993): V_i = 1 / (3 (1 + a_i)^2), and the factors are independent.
    weight = {"a": 0.0, "b": 1.0, "c": 4.5, "d": 9.0}
    low, high = 0.003, 0.3

    def g(x: Values) -> np.ndarray:
        place = {key: np.log(values / low) / np.log(high / low) for key, values in x.items()}
        return np.prod([(np.abs(4 * place[key] - 2) + a) / (1 + a) for key, a in weight.items()], axis=0)

    axes = {key: {"low": low, "high": high, "scale": "log"} for key in weight}
    design, table = swept({"method": "saltelli", "axes": axes, "base": 2048}, g)
    parts = {key: 1 / (3 * (1 + a) ** 2) for key, a in weight.items()}
    everything = np.prod([1 + part for part in parts.values()])
    result = sensitivity(design, table, resamples=300)
    covers(result, "first", {key: part / (everything - 1) for key, part in parts.items()}, 0.15)
    covers(result, "total", {key: part * everything / (1 + part) / (everything - 1) for key, part in parts.items()},
           0.15)
    assert "second" not in set(result["index"])


def test_categories_and_whole_numbers_own_cells_of_equal_width() -> None:
    # Y = v(category) * (1 + n), n uniform on 0..3: a product of independent factors.
    worth = {"equilibrium": 1.0, "hawk": 0.0, "dove": 5.0}
    axes = {"policy.tokyo": list(worth), "n": {"low": 0, "high": 3, "integer": True}}
    design, table = swept({"method": "saltelli", "axes": axes, "base": 2048},
                          lambda x: [worth[name] * (1 + n) for name, n in zip(x["policy.tokyo"], x["n"], strict=True)])
    assert len(design) == 12 < len(design.row_point)
    v, n = np.array(list(worth.values())), np.array([1.0, 2.0, 3.0, 4.0])
    everything = (v**2).mean() * (n**2).mean() - (v.mean() * n.mean()) ** 2
    first = {"policy.tokyo": v.var() * n.mean() ** 2 / everything, "n": n.var() * v.mean() ** 2 / everything}
    total = {"policy.tokyo": 1 - first["n"], "n": 1 - first["policy.tokyo"]}
    result = sensitivity(design, table, resamples=300)
    covers(result, "first", first, 0.15)
    covers(result, "total", total, 0.15)
    assert result.attrs["points"] == 12
    assert result.attrs["rows"] == 2048 * 4


# ------------------------------------------------------------------------------------- Morris

MORRIS = {"x": {"low": 1.0, "high": 3.0}, "y": {"low": -4.0, "high": 0.0}, "idle": UNIT,
          "n": {"low": 0, "high": 3, "integer": True}, "policy.tokyo": ["hawk", "dove"]}


def test_an_additive_function_has_exact_elementary_effects() -> None:
    # Four levels, so steps are 2/3 of an axis: always between the two halves, and by two whole numbers.
    design, table = swept({"method": "morris", "axes": MORRIS, "trajectories": 12},
                          lambda p: 2 * p["x"] - 0.5 * p["y"] + p["n"] + 3.0 * (p["policy.tokyo"] == "dove"))
    result = sensitivity(design, table, resamples=50)
    truth = {"x": 4.0, "y": -2.0, "idle": 0.0, "n": 3.0, "policy.tokyo": 4.5}
    for index, expected in (("mu", truth), ("mu_star", {key: abs(value) for key, value in truth.items()}),
                            ("sigma", dict.fromkeys(truth, 0.0))):
        for name in ("estimate", "low", "high"):
            assert column(result, index, name) == pytest.approx(expected, abs=1e-12), (index, name)


def test_effects_are_those_of_salib_and_intervals_hold_the_mean() -> None:
    from SALib.analyze import morris

    def curved(p: Values) -> Any:
        return p["x"] ** 2 * (1 + (p["policy.tokyo"] == "dove")) + p["y"] * p["n"]

    config = {"method": "morris", "axes": MORRIS, "trajectories": 40, "levels": 6}
    design, table = swept(config, curved)
    result = sensitivity(design, table)
    y = table["probability_settlement"].to_numpy()[design.row_point]
    names = [axis.key for axis in design.axes]
    theirs = morris.analyze({"num_vars": 5, "names": names, "bounds": [[0.0, 1.0]] * 5}, unit_sample(design), y,
                            num_levels=6, num_resamples=1000, seed=2)
    for index in ("mu", "mu_star", "sigma"):
        np.testing.assert_allclose(list(column(result, index).values()), np.asarray(theirs[index], dtype=float),
                                   rtol=1e-9, atol=1e-12)
    half = (np.array(list(column(result, "mu_star", "high").values()))
            - np.array(list(column(result, "mu_star", "low").values()))) / 2
    np.testing.assert_allclose(half, np.asarray(theirs["mu_star_conf"], dtype=float), rtol=0.15, atol=1e-12)
    assert column(result, "sigma")["y"] > 0.5
    # Many more trajectories tell the mean effect; the interval from forty of them holds it.
    many = sensitivity(*swept({**config, "trajectories": 2000}, curved, seed=9), resamples=2)
    covers(result, "mu", column(many, "mu"), 6.0)


def test_elementary_effects_by_hand() -> None:
    unit = np.array([[0.0, 1.0], [0.5, 1.0], [0.5, 0.5], [0.0, 0.0], [0.0, 0.5], [0.5, 0.5]])
    y = np.array([1.0, 2.0, 5.0, 0.0, 1.0, 1.5])
    np.testing.assert_array_equal(elementary_effects(unit, y), [[2.0, -6.0], [1.0, 2.0]])


@pytest.mark.parametrize("method", [{"method": "latin_hypercube", "points": 7}, {"method": "sobol", "points": 5},
                                    {"method": "saltelli", "base": 4}, {"method": "morris", "trajectories": 3}])
def test_the_unit_sample_is_what_the_points_were_made_of(method: dict[str, Any]) -> None:
    design = make_design({**method, "axes": MORRIS}, 5)
    unit = unit_sample(design)
    rows = design.points.iloc[design.row_point]
    assert unit.shape == (len(rows), 5)
    for place, axis in enumerate(design.axes):
        assert axis.at(unit[:, place]).tolist() == rows[axis.key].tolist()


def test_whole_numbers_of_a_point_stay_whole_beside_others() -> None:
    design = make_design({"method": "latin_hypercube", "axes": {"n": MORRIS["n"], "x": MORRIS["x"]}, "points": 4}, 1)
    assert [type(value) for value in design.overrides(2).values()] == [int, float]


# --------------------------------------------------------------------------- what has no indices

BASE8 = {"method": "saltelli", "axes": {"x": UNIT, "policy.tokyo": ["hawk", "dove"]}, "base": 8}


@pytest.fixture
def small() -> tuple[Design, pd.DataFrame]:
    return swept(BASE8, lambda p: p["x"] + (p["policy.tokyo"] == "dove"))


def test_a_constant_quantity_has_no_shares_and_says_so(small: tuple[Design, pd.DataFrame]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = sensitivity(*small, "probability_rupture")
        assert result[["estimate", "low", "high"]].isna().all(axis=None)
        assert "probability_rupture is the same at all" in result.attrs["note"]
        # Rounding is no variance.
        design, table = small
        noisy = table.assign(probability_rupture=0.25 + 1e-16 * table["point"])
        assert sensitivity(design, noisy, "probability_rupture")["estimate"].isna().all()
        zero = table.assign(probability_rupture=0.0)
        assert sensitivity(design, zero, "probability_rupture")["estimate"].isna().all()
        design, table = swept({"method": "morris", "axes": BASE8["axes"], "trajectories": 4}, lambda p: 0 * p["x"])
        result = sensitivity(design, table)
    assert (result[["estimate", "low", "high"]] == 0).all(axis=None)
    assert "no axis matters" in result.attrs["note"]


def test_a_rare_quantity_warns_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        design, table = swept({"method": "saltelli", "axes": {"x": UNIT, "y": UNIT}, "base": 64},
                              lambda p: (p["x"] == p["x"].max()) * 1.0)
        for seed in range(50):  # every resample of some misses the one row that differs
            result = sensitivity(design, table, resamples=2, seed=seed)
            assert np.isfinite(result[["estimate", "low", "high"]]).all(axis=None)


@pytest.mark.parametrize(("config", "undefined"), [({**BASE8, "base": 1}, ["low", "high"]),
                                                   ({"method": "morris", "axes": BASE8["axes"], "trajectories": 1},
                                                    ["low", "high"])])
def test_one_base_row_or_trajectory_tells_no_interval(config: dict[str, Any], undefined: list[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = sensitivity(*swept(config, lambda p: p["x"] + 2.0 * (p["policy.tokyo"] == "dove")))
    assert result[undefined].isna().all(axis=None)
    assert result.loc[result["index"] == "sigma", "estimate"].isna().all()
    assert result.loc[result["index"].isin(["total", "mu"]), "estimate"].notna().all()
    assert "no interval" in result.attrs["note"]


# ----------------------------------------------------------------------------------- refusals


def test_missing_and_failed_points_are_counted_and_refused(small: tuple[Design, pd.DataFrame]) -> None:
    design, table = small
    table.loc[[2, 4], ["error", "probability_settlement"]] = ["solver: no", np.nan]
    with pytest.raises(ParameterError, match=rf"3 of {len(design)} points missing or failed.*sweep\.resume"):
        sensitivity(design, table.drop(index=7))


def test_tables_that_do_not_belong_to_the_design_are_refused(small: tuple[Design, pd.DataFrame]) -> None:
    design, table = small
    with pytest.raises(ParameterError, match=r"other values of x.*the table of this design"):
        sensitivity(design, table.assign(x=table["x"] + 1e-9))
    with pytest.raises(ParameterError, match=r"other values of policy\.tokyo"):
        sensitivity(design, table.drop(columns="policy.tokyo"))
    with pytest.raises(ParameterError, match="point 3 twice"):
        sensitivity(design, pd.concat([table, table.iloc[[3]]]))
    with pytest.raises(ParameterError, match="no column point"):
        sensitivity(design, table.drop(columns="point"))


def test_a_quantity_must_be_a_number_at_every_point(small: tuple[Design, pd.DataFrame]) -> None:
    with pytest.raises(ParameterError, match=r"settlement_round.*not at 1 of \d+"):
        sensitivity(*small, "settlement_round")
    for name in ("profit", "x", "exact", "point", "error"):
        with pytest.raises(ParameterError, match=f"^quantity: '{name}' is not allowed; allowed: one of probability_s"):
            sensitivity(*small, name)


@pytest.mark.parametrize(("arguments", "key"), [({"resamples": 1}, "resamples"), ({"resamples": 2.5}, "resamples"),
                                                ({"confidence": 1.0}, "confidence")])
def test_bad_arguments_are_refused_by_name(small: tuple[Design, pd.DataFrame], arguments: dict[str, Any],
                                           key: str) -> None:
    with pytest.raises(ParameterError) as caught:
        sensitivity(*small, **arguments)
    assert caught.value.key == key


@pytest.mark.parametrize("config", [{"method": "grid", "axes": {"x": [0.0, 1.0]}},
                                    {"method": "latin_hypercube", "axes": {"x": UNIT}, "points": 4},
                                    {"method": "union", "designs": [BASE8]}])
def test_other_designs_are_refused(config: dict[str, Any]) -> None:
    design, table = swept(config, lambda p: p["x"])
    with pytest.raises(ParameterError, match=r"sweep\.method: .*saltelli .* or morris"):
        sensitivity(design, table)


def test_without_salib_the_extra_is_named(small: tuple[Design, pd.DataFrame], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "SALib.analyze.sobol", None)
    with pytest.raises(ParameterError, match=r"pip install 'negotiation\[sweep\]'"):
        sensitivity(*small)


# ------------------------------------------------------------------------- the same every time


def test_intervals_repeat_under_a_seed_whatever_the_order_of_rows(small: tuple[Design, pd.DataFrame]) -> None:
    design, table = small
    before, state = table.copy(), np.random.get_state()[1].tolist()  # noqa: NPY002 (that it is left alone)
    first = sensitivity(design, table, resamples=60, seed=0)
    shuffled = sensitivity(design, table.sample(frac=1, random_state=2), resamples=60, seed=0)
    other = sensitivity(design, table, resamples=60, seed=8)
    pd.testing.assert_frame_equal(first, shuffled)
    assert (first["estimate"] == other["estimate"]).all()
    assert (first["low"] != other["low"]).any()
    wider = sensitivity(design, table, resamples=60, seed=0, confidence=0.99)
    assert (wider["low"] <= first["low"]).all()
    assert (wider["high"] >= first["high"]).all()
    pd.testing.assert_frame_equal(table, before)
    assert np.random.get_state()[1].tolist() == state  # noqa: NPY002


def test_keys_that_mix_kinds_are_found_as_the_texts_they_are_stored_as() -> None:
    axes = {"x": UNIT, "mixed": [0.5, "half", True, 3]}
    design, table = swept({"method": "saltelli", "axes": axes, "base": 8}, lambda p: p["x"])
    table["mixed"] = [value if isinstance(value, str) else json.dumps(value) for value in table["mixed"].tolist()]
    assert sensitivity(design, table, resamples=5)["estimate"].notna().all()


def test_the_names_of_the_seats_come_along(small: tuple[Design, pd.DataFrame]) -> None:
    design, table = small
    table.attrs["manifest"] = {"axes": ["x", "policy.tokyo"], "config": {"scenario": {"tokyo": {"name": "Westmark"}}}}
    assert sensitivity(design, table, resamples=5).attrs["names"] == {
        "tokyo": "Westmark", "seoul": "Seoul", "washington": "Washington"}
