"""Tables and intervals: against definitions, against the engines, and against other people's numbers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from scipy.stats import binomtest

from negotiation import outcomes
from negotiation.engines.batch import simulate
from negotiation.engines.exact import propagate
from negotiation.game import compile_game
from negotiation.policy import PolicyError, Profile, uniform
from negotiation.scenario import Scenario
from negotiation.solve import backward_induction
from negotiation.vocabulary import DISPUTANTS, Actor, Move, Outcome, Stance

REFERENCE = Path(__file__).parents[1] / "conf" / "scenario" / "tokyo_seoul_2019.yaml"


@pytest.fixture(scope="module")
def scenario():
    return Scenario.from_dict(yaml.safe_load(REFERENCE.read_text()))


@pytest.fixture(scope="module")
def run(scenario):
    game = compile_game(scenario)
    profile = backward_induction(game).profile
    return game, profile, propagate(game, profile), simulate(game, profile, 2000, 1, trajectories=(0, 1, 5))


# ------------------------------------------------------------------------------ Wilson intervals

# Newcombe (1998), "Two-sided confidence intervals for the single proportion", Stat. Med. 17, Table I, method 3.
PUBLISHED = [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]


@pytest.mark.parametrize(("count", "n", "low", "high"), PUBLISHED)
def test_wilson_gives_the_published_intervals(count, n, low, high):
    assert np.allclose(outcomes.wilson_interval(count, n), (low, high), atol=5e-5)


@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
@pytest.mark.parametrize("n", [1, 7, 1000, 10**7])
def test_wilson_agrees_with_scipy(n, confidence):
    counts = sorted({0, 1, n // 3, n - 1, n})
    low, high = outcomes.wilson_interval(counts, n, confidence)
    for count, one, other in zip(counts, low, high, strict=True):
        interval = binomtest(count, n).proportion_ci(confidence, "wilson")
        assert np.allclose((one, other), interval, rtol=1e-10, atol=1e-15)


def test_wilson_stays_inside_and_touches_the_ends_exactly():
    low, high = outcomes.wilson_interval([0, 3, 9], [9, 9, 9])
    assert low[0] == 0.0
    assert high[2] == 1.0
    assert (low >= 0).all()
    assert (high <= 1).all()
    assert (low < high).all()


@pytest.mark.parametrize(("counts", "n", "confidence"), [(1, 0, 0.95), (-1, 5, 0.95), (6, 5, 0.95), (1, 5, 1.0)])
def test_wilson_refuses_what_is_no_share(counts, n, confidence):
    with pytest.raises(ValueError, match=r"allowed|at least one"):
        outcomes.wilson_interval(counts, n, confidence)


# ------------------------------------------------------------------------------- outcome table


def test_outcome_table_holds_both_engines(run):
    _, _, distribution, episodes = run
    table = outcomes.outcome_table(distribution, episodes)
    assert list(table.columns) == ["outcome", "exact", "simulated", "low", "high", "episodes"]
    assert tuple(table["outcome"]) == Outcome.keys()
    assert np.array_equal(table["exact"], distribution.outcome_probabilities())
    assert np.array_equal(table["simulated"], episodes.counts / 2000)
    assert ((table["low"] < table["simulated"]) & (table["simulated"] < table["high"])).all()
    assert (table["episodes"] == 2000).all()
    assert table.attrs["confidence"] == 0.95
    assert table.attrs["rounds"] == 26


def test_outcome_table_from_one_source(run):
    _, _, distribution, episodes = run
    exact = outcomes.outcome_table(distribution, None)
    assert exact[["simulated", "low", "high"]].isna().all(axis=None)
    assert (exact["episodes"] == 0).all()
    assert outcomes.outcome_table(None, episodes)["exact"].isna().all()


def test_outcome_table_refuses_nothing_and_mixtures(run, scenario):
    _, _, distribution, _ = run
    with pytest.raises(ValueError, match="neither"):
        outcomes.outcome_table(None, None)
    other = compile_game(scenario.override({"tokyo.firmness": 1.0}))
    with pytest.raises(ValueError, match="different scenarios"):
        outcomes.outcome_table(distribution, simulate(other, backward_induction(other).profile, 10, 1))


# -------------------------------------------------------------------------------- week by week


def test_weekly_table_is_the_exact_distribution(run, scenario):
    _, _, distribution, _ = run
    table = outcomes.weekly_table(distribution)
    assert len(table) == 27 * (6 + 6)
    for seat in DISPUTANTS:
        rows = table[table["seat"] == seat.key]
        wide = rows.pivot(index="week", columns="rung", values="probability").to_numpy()
        assert np.array_equal(wide, distribution.rung_distribution(seat))
        assert np.allclose(wide.sum(axis=1), 1)
        assert list(rows["rung_name"][:6]) == [rung.name for rung in scenario.disputant(seat).ladder]
        first = rows[rows["rung"] == 0]
        assert np.array_equal(first["going"], distribution.going)
        assert np.array_equal(first["standstill"], distribution.standstill_share())


def test_outcomes_by_week_sum_to_one_and_end_in_the_outcomes(run):
    _, _, distribution, _ = run
    table = outcomes.outcomes_by_week(distribution)
    assert np.allclose(table.groupby("week")["probability"].sum(), 1)
    assert np.array_equal(table["probability"][-5:], distribution.outcome_probabilities())


def test_quantiles_by_their_definition(run):
    _, _, distribution, _ = run
    weekly = outcomes.weekly_table(distribution)
    levels = (0.0, 0.05, 0.5, 0.95, 1.0)
    table = outcomes.rung_quantiles(weekly, levels)
    for row in table.itertuples():
        here = weekly[(weekly["seat"] == row.seat) & (weekly["week"] == row.week)]
        shares = here.set_index("rung")["probability"]
        below = shares[shares.index < row.rung].sum()
        assert shares[shares.index <= row.rung].sum() >= row.quantile - 1e-9
        assert below < max(row.quantile, 1e-9)


def test_quantiles_refuse_what_is_no_share(run):
    weekly = outcomes.weekly_table(run[2])
    with pytest.raises(ValueError, match="quantiles"):
        outcomes.rung_quantiles(weekly, (0.5, 1.5))


def test_weeks_in_which_no_dispute_goes_on_are_nan(scenario):
    certain = scenario.override({"rupture.hazard": 1.0, "start.tokyo": 5, "start.seoul": 5, "rounds": 3,
                                 "tokyo.precision": 0.0})
    game = compile_game(certain)
    hold = [uniform(game, actor) for actor in Actor]
    first, second = (np.zeros_like(hold[0].first), np.zeros_like(hold[0].second))
    first[..., Move.HOLD] = second[..., Move.HOLD] = 1
    seats = [type(hold[0]).from_tables("hold", seat, first, second) for seat in DISPUTANTS]
    distribution = propagate(game, Profile(*seats, hold[2]))
    weekly = outcomes.weekly_table(distribution)
    assert weekly.loc[weekly["week"] > 0, ["probability", "standstill"]].isna().all(axis=None)
    assert (weekly.loc[weekly["week"] > 0, "going"] == 0).all()
    assert outcomes.rung_quantiles(weekly).query("week > 0")["rung"].isna().all()


def test_path_table_is_the_trajectory(run):
    game, _, _, episodes = run
    table = outcomes.path_table(episodes.trajectories.values())
    assert list(table["episode"].unique()) == [0, 1, 5]
    for number, path in episodes.trajectories.items():
        for seat in DISPUTANTS:
            rows = table[(table["episode"] == number) & (table["seat"] == seat.key)]
            assert np.array_equal(rows["rung"], path.rungs()[:, seat])
            assert list(rows["week"]) == list(range(len(path) + 1))
            after = [bool(game.standstill[week.next_state]) for week in path]
            assert list(rows["standstill"]) == [False, *after]
            assert set(rows["outcome"]) == {path.outcome.key}
    assert outcomes.path_table([]).empty


# ------------------------------------------------------------------------------ what they do


def test_option_probabilities_give_back_what_the_exact_engine_counted(run):
    game, profile, distribution, _ = run
    for actor in Actor:
        played = outcomes.option_probabilities(game, profile, actor)
        counted = distribution.stance_share if actor is Actor.WASHINGTON else distribution.move_share[:, actor]
        assert np.allclose(np.einsum("tos,ts->to", played, distribution.mass[:-1]), counted, atol=1e-14)


def test_policy_table_averages_over_visits(run):
    game, profile, distribution, _ = run
    table = outcomes.policy_table(game, profile, distribution.mass, bins=4)
    assert len(table) == 3 * 2 * 4 * 5
    assert np.allclose(table.groupby(["seat", "standstill", "bin"])["probability"].sum(), 1)
    assert np.isclose(table.drop_duplicates(["standstill", "bin"])["share"].sum(), 1)
    assert set(table["averaging"]) == {"visits"}
    # By hand, one cell: Seoul appeals, no standstill, tension in [1/4, 1/2).
    played = outcomes.option_probabilities(game, profile, Actor.SEOUL)[:, Move.APPEAL]
    inside = (game.standstill == 0) & (game.tension >= 0.25 - 1e-12) & (game.tension < 0.5 - 1e-12)
    weights = distribution.mass[:-1] * inside
    row = table.query("seat == 'seoul' and not standstill and bin == 1 and move == 'appeal'").iloc[0]
    assert row["probability"] == pytest.approx((weights * played).sum() / weights.sum(), abs=1e-14)
    assert row["share"] == pytest.approx(weights.sum() / distribution.mass[:-1].sum())
    # Summed over cells by their shares, the moves are those of the whole window.
    whole = (table["probability"] * table["share"]).groupby([table["seat"], table["move"]]).sum()
    weeks = distribution.going[:-1].sum()
    for move in Move:
        assert whole["tokyo", move.key] == pytest.approx(distribution.move_share[:, 0, move].sum() / weeks)


def test_policy_table_uses_names_of_moves_and_stances(run, scenario):
    game, profile, *_ = run
    table = outcomes.policy_table(game, profile)
    third = table[table["seat"] == "washington"]
    assert list(third["move_name"][:5]) == [scenario.stance_name(stance) for stance in Stance]
    assert list(table["move_name"][:5]) == ["Escalate", "Hold", "Appeal", "Standstill", "Step down"]
    assert set(table["averaging"]) == {"uniform"}
    assert table["share"].isna().all()


def test_policy_table_says_where_play_never_goes(scenario):
    ladders = {f"{seat.key}.ladder": scenario.to_dict()[seat.key]["ladder"][:2] for seat in DISPUTANTS}
    short = scenario.override(ladders | {"start.tokyo": 0, "start.seoul": 0, "rounds": 1})
    game = compile_game(short)
    profile = Profile(*(uniform(game, actor) for actor in Actor))
    table = outcomes.policy_table(game, profile, propagate(game, profile).mass)
    how = table.drop_duplicates(["standstill", "bin"]).pivot(index="standstill", columns="bin", values="averaging")
    assert how.to_numpy().tolist() == [["visits", "none", "uniform", "none", "uniform"],
                                       ["uniform", "none", "uniform", "none", "uniform"]]
    assert table.loc[table["averaging"] == "none", "probability"].isna().all()
    top = table.query("seat == 'tokyo' and standstill and bin == 4").set_index("move")["probability"]
    assert top.to_dict() == pytest.approx({"escalate": 0, "hold": 0.25, "appeal": 0.25, "standstill": 0.25,
                                           "step_down": 0.25})


def test_a_tension_on_an_edge_belongs_to_the_bin_above(run):
    game, profile, *_ = run
    table = outcomes.policy_table(game, profile, np.ones((27, game.n_states)), bins=10)
    share = table.query("seat == 'tokyo'").drop_duplicates(["standstill", "bin"]).groupby("bin")["share"].sum() * 36
    # 6 x 6 rungs: tension (i + j) / 10, of which 1 joins the last bin.
    assert np.allclose(share, [1, 2, 3, 4, 5, 6, 5, 4, 3, 3])


def test_policy_table_refuses_what_does_not_fit(run):
    game, profile, distribution, _ = run
    with pytest.raises(ValueError, match="bins"):
        outcomes.policy_table(game, profile, bins=0)
    with pytest.raises(ValueError, match="mass"):
        outcomes.policy_table(game, profile, distribution.mass[:5])
    with pytest.raises(PolicyError):
        outcomes.policy_table(game, Profile(profile.seoul, profile.tokyo, profile.washington))


def test_importing_brings_neither_pandas_nor_scipy_nor_an_engine():
    code = ("import sys, negotiation.outcomes; "
            "print([name for name in ('pandas', 'scipy', 'numba', 'matplotlib', 'negotiation.engines') "
            "if name in sys.modules])")
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "[]"
