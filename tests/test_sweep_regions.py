"""Phase tables, and how a sweep's table is read: axes, values, words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from negotiation.parameters import ParameterError
from negotiation.sweep import columns
from negotiation.sweep.design import make_design
from negotiation.sweep.regions import phase_table
from negotiation.vocabulary import Outcome

OUTCOMES = [f"probability_{outcome.key}" for outcome in Outcome]
X, Y, POLICY = "scenario.washington.attention", "scenario.rounds", "policy.tokyo"


def swept(axes: dict[str, Any], shares: Any = None, method: str = "grid", **more: Any) -> pd.DataFrame:
    """The table of a sweep with given outcome probabilities, [points, 5]; random ones if None."""
    design = make_design({"method": method, "axes": axes, **more}, 1)
    if shares is None:
        shares = np.random.Generator(np.random.Philox(7)).dirichlet(np.ones(5), len(design))
    table = design.points.reset_index()
    table["exact"] = True
    table[OUTCOMES] = np.asarray(shares, dtype=float)
    table["error"] = None
    return table


GRID = {X: [0.2, 0.6, 1.0], Y: [10, 20]}

# ------------------------------------------------------------------------------- phase tables


def test_a_phase_table_by_hand() -> None:
    shares = [[0.5, 0.2, 0.1, 0.1, 0.1], [0.1, 0.1, 0.1, 0.1, 0.6], [0.3, 0.3, 0.2, 0.1, 0.1],
              [0.0, 0.0, 0.0, 1.0, 0.0], [0.1, 0.2, 0.4, 0.2, 0.1], [0.2, 0.2, 0.2, 0.2, 0.2]]
    phases = phase_table(swept(GRID, shares), X, Y)
    assert list(phases.columns) == [X, Y, "outcome", "probability", "margin", *OUTCOMES]
    assert phases[X].tolist() == [0.2, 0.2, 0.6, 0.6, 1.0, 1.0]
    assert phases[Y].tolist() == [10, 20, 10, 20, 10, 20]
    assert phases["outcome"].tolist() == ["settlement", "rupture", "settlement", "escalated", "stalemate", "settlement"]
    assert phases["probability"].tolist() == [0.5, 0.6, 0.3, 1.0, 0.4, 0.2]
    np.testing.assert_allclose(phases["margin"], [0.3, 0.5, 0.0, 1.0, 0.2, 0.0], atol=1e-15)
    np.testing.assert_array_equal(phases[OUTCOMES], shares)
    assert (phases.attrs["x"], phases.attrs["y"], phases.attrs["at"], phases.attrs["exact"]) == (X, Y, {}, True)


def test_ties_up_to_rounding_go_to_the_first_outcome() -> None:
    third = 1 / 3
    shares = [[0.0, third, third + 1e-16, third - 1e-13, 0.0]] * 6
    phases = phase_table(swept(GRID, shares), X, Y)
    assert set(phases["outcome"]) == {"standstill"}
    assert (phases["margin"] >= 0).all()
    further = [[0.0, third, third + 1e-9, third, 0.0]] * 6
    assert set(phase_table(swept(GRID, further), X, Y)["outcome"]) == {"stalemate"}


@given(st.lists(st.lists(st.integers(0, 4), min_size=5, max_size=5).filter(any), min_size=6, max_size=6))
def test_no_outcome_is_likelier_than_the_most_likely(weights: list[list[int]]) -> None:
    shares = np.array(weights) / np.sum(weights, axis=1, keepdims=True)
    phases = phase_table(swept(GRID, shares), X, Y)
    for row, given_shares in zip(phases.itertuples(index=False), shares, strict=True):
        assert row.probability == max(given_shares)
        first = next(key for key, share in zip(Outcome.keys(), given_shares, strict=True) if share == max(given_shares))
        assert row.outcome == first
        ordered = sorted(given_shares)
        assert row.margin == pytest.approx(ordered[-1] - ordered[-2], abs=1e-12)


def test_rows_may_come_in_any_order_and_axes_be_exchanged() -> None:
    table = swept(GRID)
    phases = phase_table(table, X, Y)
    pd.testing.assert_frame_equal(phase_table(table.sample(frac=1, random_state=1), X, Y), phases)
    turned = phase_table(table, Y, X).sort_values([X, Y], ignore_index=True)
    pd.testing.assert_frame_equal(turned[phases.columns], phases)


def test_categories_keep_the_order_in_which_they_were_listed() -> None:
    phases = phase_table(swept({POLICY: ["hawk", "equilibrium", "dove"], X: [1.0, 0.5]}), POLICY, X)
    assert phases[POLICY].tolist() == ["hawk", "hawk", "equilibrium", "equilibrium", "dove", "dove"]
    assert phases[X].tolist() == [0.5, 1.0] * 3


def test_other_axes_are_named_or_held_fast() -> None:
    table = swept({**GRID, POLICY: ["hawk", "dove"], "seed": [1]})
    with pytest.raises(ParameterError, match=r"^at: 'policy\.tokyo left open'.*at=\{'policy\.tokyo': 'hawk'\}$"):
        phase_table(table, X, Y)
    phases = phase_table(table, X, Y, at={POLICY: "dove"})
    assert len(phases) == 6
    chosen = table[table[POLICY] == "dove"].sort_values([X, Y])
    np.testing.assert_array_equal(phases[OUTCOMES], chosen[OUTCOMES])
    assert phases.attrs["at"] == {POLICY: "dove"}
    with pytest.raises(ParameterError, match=r"^at\.policy\.tokyo: 'owl' .* one of hawk, dove$"):
        phase_table(table, X, Y, at={POLICY: "owl"})
    with pytest.raises(ParameterError, match=r"^at: 'policy\.seoul'.*one of scenario\.washington"):
        phase_table(table, X, Y, at={"policy.seoul": "owl"})
    # A number is met up to its last digits.
    assert len(phase_table(table, POLICY, Y, at={X: 0.6 + 1e-13})) == 4


def test_points_that_fill_no_grid_are_refused() -> None:
    with pytest.raises(ParameterError, match=r"9 of the 9 x 9 points of a grid.*sweep\.method=grid"):
        phase_table(swept({X: {"low": 0, "high": 1}, "x": {"low": 0, "high": 1}}, method="latin_hypercube", points=9),
                    X, "x")
    with pytest.raises(ParameterError, match=r"5 of the 3 x 2 points of a grid.*sweep\.resume"):
        phase_table(swept(GRID).drop(index=3), X, Y)
    table = swept(GRID)
    with pytest.raises(ParameterError, match="7 rows for 6 points"):
        phase_table(pd.concat([table, table.iloc[[2]]]), X, Y)
    union = table.astype({Y: object})
    union.loc[2, Y] = None
    with pytest.raises(ParameterError, match="5 of the 3 x 2"):
        phase_table(union, X, Y)


def test_a_point_that_failed_stays_open() -> None:
    table = swept(GRID)
    table.loc[2, OUTCOMES] = np.nan
    table.loc[2, "error"] = "solver: no"
    table.loc[2, "exact"] = False
    phases = phase_table(table, X, Y)
    assert phases["outcome"].isna().tolist() == [False, False, True, False, False, False]
    assert phases.loc[2, ["probability", "margin", *OUTCOMES]].isna().all()
    assert phases.attrs["exact"] is True
    assert phase_table(table.assign(exact=False), X, Y).attrs["exact"] is False


@pytest.mark.parametrize(("x", "y", "key"), [("nowhere", Y, "x"), (X, "probability_rupture", "y"), (X, X, "y")])
def test_only_two_different_axes_are_taken(x: str, y: str, key: str) -> None:
    with pytest.raises(ParameterError) as caught:
        phase_table(swept(GRID), x, y)
    assert caught.value.key == key


def test_a_table_without_probabilities_is_refused() -> None:
    with pytest.raises(ParameterError, match="no column probability_stalemate"):
        phase_table(swept(GRID).drop(columns="probability_stalemate"), X, Y)


# ---------------------------------------------------------------------------- reading a table


def test_axes_are_what_stands_before_the_results_or_in_the_manifest() -> None:
    table = swept({**GRID, POLICY: ["hawk"]})
    table["net"] = 1.0
    assert columns.axis_columns(table) == [X, Y, POLICY]
    assert columns.varying(table) == [X, Y]
    table.attrs["manifest"] = {"axes": [POLICY, X]}
    assert columns.axis_columns(table) == [X, POLICY]


@pytest.mark.parametrize(("values", "numeric", "ordered"), [
    ([3, 1, 2], True, [1, 2, 3]), ([0.5, 0.1], True, [0.1, 0.5]), (["b", "a"], False, ["b", "a"]),
    ([True, False], False, [True, False]), ([2, 0.5, None], True, [0.5, 2]), ([1, "auto"], False, [1, "auto"]),
])
def test_numbers_rise_and_categories_stay(values: list[Any], numeric: bool, ordered: list[Any]) -> None:
    column = pd.Series(values, dtype=object)
    assert columns.is_numeric(column) is numeric
    assert columns.levels(column) == ordered
    places = columns.level_numbers(column)
    assert [None if place < 0 else ordered[place] for place in places] == values


def test_true_is_not_one() -> None:
    table = pd.DataFrame({"flag": pd.Series([True, 1, False], dtype=object), "exact": True})
    assert columns.select_at(table, {"flag": True}).index.tolist() == [0]
    assert columns.select_at(table, {"flag": 1}).index.tolist() == [1]


@pytest.mark.parametrize(("key", "said"), [
    ("scenario.washington.attention", "Washington: attention (payoff/effort)"),
    ("scenario.tokyo.ladder[3].harm", "Tokyo: rung 3, harm (payoff/round)"),
    ("scenario.tokyo.ladder.3.harm", "Tokyo: rung 3, harm (payoff/round)"),
    ("scenario.washington.stances.press_tokyo.pressure_seoul", "Washington: press Tokyo, pressure Seoul"),
    ("scenario.washington.affinity.tokyo", "Washington: affinity, Tokyo (factor)"),
    ("scenario.washington.invitation[1]", "Washington: invitation 1 (share)"),
    ("scenario.standstill.length", "Standstill: length (rounds)"),
    ("scenario.rounds", "Rounds"), ("scenario.tokyo_first", "Tokyo first (probability)"),
    ("scenario.start.standstill", "Start: standstill"), ("policy.tokyo", "Tokyo: policy"),
    ("policy.seoul.error", "Seoul: policy, error"), ("scenario", "Scenario"), ("policy", "Policy"), ("seed", "Seed"),
    ("scenario.nowhere.at_all", "Nowhere: at all"),
])
def test_keys_in_words(key: str, said: str) -> None:
    assert columns.key_words(key, unit=True) == said


def test_another_dispute_brings_its_own_names() -> None:
    table = swept(GRID)
    table.attrs["manifest"] = {"axes": [X, Y], "config": {"scenario": {"washington": {"name": "Federation"}}}}
    names = columns.display_names(table)
    assert names == {"tokyo": "Tokyo", "seoul": "Seoul", "washington": "Federation"}
    assert columns.key_words(X, names) == "Federation: attention"
    assert phase_table(table, X, Y).attrs["names"] == names


@pytest.mark.parametrize(("column", "said"), [
    ("probability_settlement", "Probability of settlement"), ("payoff_tokyo", "Payoff of Tokyo"),
    ("value_washington", "Value to Washington"), ("settlement_round", "Settlement round"), ("effort", "Effort")])
def test_quantities_in_words(column: str, said: str) -> None:
    assert columns.quantity_words(column) == said


@pytest.mark.parametrize(("value", "said"), [(True, "yes"), (np.int64(3), "3"), (0.1 + 0.2, "0.3"),
                                             ("honest_broker", "honest broker"), (float("inf"), "inf")])
def test_values_in_words(value: Any, said: str) -> None:
    assert columns.value_words(value) == said
