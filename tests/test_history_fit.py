"""Fits, forecasts and their scores, and the figures of the record."""

from __future__ import annotations

from math import inf, log

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PolyCollection

from negotiation.engines.exact import Distribution, propagate
from negotiation.engines.trajectory import trace
from negotiation.game import Game, compile_game
from negotiation.history.against import weekly_gains
from negotiation.history.coding import Observed, observe, observed_episode
from negotiation.history.fit import Fit, drop_allowed, fit
from negotiation.history.free import PRECISIONS, free_parameters, scenario_with
from negotiation.history.likelihood import log_likelihood
from negotiation.history.predictive import Predictive, mixture, predict, weighted_quantiles
from negotiation.history.record import load_record
from negotiation.history.sampling import effective, sample_posterior
from negotiation.history.scores import brier_score, log_score, ranked_score, rung_scores, scores
from negotiation.history.statement import plain_statement
from negotiation.history.surface import Surface
from negotiation.library import load_scenario
from negotiation.outcomes import outcomes_by_week, weekly_table
from negotiation.parameters import ParameterError
from negotiation.plots.history import (
    DROP,
    plot_forecasts,
    plot_gains,
    plot_gains_figure,
    plot_predictive_figure,
    plot_profile,
    plot_profiles_figure,
)
from negotiation.scenario import Scenario
from negotiation.solve import Solution, backward_induction
from negotiation.vocabulary import Actor, Outcome

QUICK = {"rounds": 26, "shadow": 10}  # a short shadow solves faster


@pytest.fixture(scope="module")
def short() -> Scenario:
    return load_scenario("tokyo_seoul_2019").override(QUICK)


@pytest.fixture(scope="module")
def weeks(short: Scenario) -> Observed:
    return observe(load_record(), compile_game(short))


@pytest.fixture(scope="module")
def fitted(short: Scenario, weeks: Observed) -> Fit:
    return fit(short, weeks, ("precision", "attention"))


@pytest.fixture(scope="module")
def told(short: Scenario, weeks: Observed) -> Predictive:
    return predict(short, weeks, 12, generations=1)


# ------------------------------------------------------------------------------------- fitting


def test_free_parameters_by_name_and_by_key(short: Scenario) -> None:
    precision, own, harm = free_parameters(short, ("precision", "scenario.seoul.offer", "harm"))
    assert (precision.low, precision.high, precision.logarithmic) == (0.5, 10.0, True)
    assert precision.at(precision.place(2.5)) == pytest.approx(2.5)
    assert (own.low, own.high, own.own(short)) == (0.2, 1.0, 0.6)
    changed = scenario_with(short, (precision, own, harm), np.array([1.0, 0.5, 1.0]))
    assert changed.washington.precision == changed.tokyo.precision == pytest.approx(10.0)
    assert changed.seoul.offer == pytest.approx(0.6)
    assert changed.tokyo.ladder[3].harm == pytest.approx(1.4 * 0.6)
    assert len(free_parameters(short, PRECISIONS)) == 3


@pytest.mark.parametrize(("names", "bounds", "told"), [
    (("precisoin",), None, "fit.parameters.precisoin|scenario.precisoin"),
    (("precision", "precision"), None, "at least one, each once"),
    ((), None, "at least one"),
    (("precision",), {"attention": (0, 1)}, "bounds of the parameters: precision"),
    (("precision",), {"precision": (3, 1)}, "two finite numbers, the lower first"),
])
def test_wrong_parameters_are_refused(short: Scenario, names: tuple[str, ...], bounds: dict[str, tuple[float, float]],
                                      told: str) -> None:
    with pytest.raises(ParameterError, match=told):
        free_parameters(short, names, bounds)


def test_the_estimate_is_a_summit_and_the_interval_ends_where_the_profile_has_fallen(
        short: Scenario, weeks: Observed, fitted: Fit) -> None:
    surface = Surface(short, fitted.free, weeks)
    assert surface(fitted.places) == pytest.approx(fitted.log_likelihood, abs=1e-9)
    assert fitted.log_likelihood >= fitted.at_scenario
    for axis in range(2):
        for step in (-0.02, 0.02):
            beside = fitted.places.copy()
            beside[axis] = np.clip(beside[axis] + step, 0, 1)
            assert surface(beside) <= fitted.log_likelihood + 5e-3
    row = fitted.intervals.set_index("parameter").loc["precision"]
    assert row["status"] == "identified"
    assert row["low"] < row["estimate"] < row["high"]
    held = free_parameters(short, ("precision",))[0].place(row["low"])
    best = max(surface(np.array([held, place])) for place in np.linspace(0, 1, 41))
    assert fitted.log_likelihood - best == pytest.approx(drop_allowed(), abs=0.12)
    assert drop_allowed() == pytest.approx(1.9207, abs=1e-4)
    assert pytest.approx(drop_allowed(), abs=1e-5) == DROP


def test_a_fit_is_the_same_every_time_and_says_what_it_is_of(short: Scenario, weeks: Observed) -> None:
    calls: list[int] = []
    one = fit(short, weeks, ("precision",), report=lambda done, failed: calls.append(done))
    other = fit(short, weeks, ("precision",))
    pd.testing.assert_frame_equal(one.profile, other.profile)
    assert one.statement == other.statement
    assert sum(calls) == one.evaluations
    assert "95 % interval" in one.statement[0]
    assert one.fitted().seoul.precision == pytest.approx(one.estimate["precision"])
    game = compile_game(one.fitted())
    assert log_likelihood(game, backward_induction(game).profile, weeks) == pytest.approx(one.log_likelihood, abs=1e-9)


def test_a_parameter_that_the_weeks_do_not_tell_is_said_to_be_open(short: Scenario, weeks: Observed) -> None:
    # What a breach costs matters only where one is near; what a settlement pays Washington hardly at all.
    found = fit(short, weeks, ("washington.credit",), {"washington.credit": (0.9, 1.1)}, starts=1)
    assert found.intervals["status"].tolist() == ["not identified"]
    assert "not identified" in found.statement[0]
    assert bool(found.directions["flat"].iloc[0])
    assert "Nearly flat" in found.statement[1]


def test_statements_are_made_from_the_numbers() -> None:
    intervals = pd.DataFrame({
        "parameter": ["a", "b"], "title": ["alpha", "beta"], "estimate": [2.0, 1.0], "low": [np.nan, 0.5],
        "high": [3.0, np.nan], "range_low": [0.0, 0.0], "range_high": [4.0, 1.0], "scenario": [1.0, 0.7],
        "status": ["", ""]})
    directions = pd.DataFrame({"eigenvalue": [0.1, 500.0], "flat": [True, False], "a": [0.8, 0.6], "b": [-0.6, 0.8]})
    assert plain_statement(intervals, directions) == (
        "Alpha: 2; at most 3; not identified from below, the plausible range 0 to 4 ends first.",
        "Beta: 1, the highest value tried; at least 0.5; not identified from above, the plausible range 0 to 1 ends "
        "first.",
        "Nearly flat: raising alpha while lowering beta hardly changes the likelihood, so the weeks tell their "
        "combination rather than each.")


def test_a_fit_finds_the_precision_that_made_many_weeks(short: Scenario) -> None:
    game = compile_game(short.override({**dict.fromkeys(PRECISIONS, 4.0)}))
    profile = backward_induction(game).profile
    histories = [observed_episode(trace(game, profile, 5, episode)) for episode in range(4)]
    held = [row["low"] <= 4.0 <= row["high"] for row in (
        fit(short, weeks, ("precision",), starts=1).intervals.iloc[0] for weeks in histories)]
    assert sum(held) >= 3


# --------------------------------------------------------------------------------- forecasting


def test_a_mixture_of_distributions_is_that_of_the_mixture(game: Game, solution: Solution) -> None:
    other = backward_induction(game, np.full(3, 1.0)).profile
    parts = [propagate(game, solution.profile), propagate(game, other)]
    mixed = mixture(game, parts, np.array([0.25, 0.75]), "both")
    assert isinstance(mixed, Distribution)
    assert mixed.outcome_probabilities() == pytest.approx(
        0.25 * parts[0].outcome_probabilities() + 0.75 * parts[1].outcome_probabilities(), abs=1e-12)
    # Rungs are over disputes still going, so their shares are not the mean of the shares.
    going = np.array([part.going[26] for part in parts]) * [0.25, 0.75]
    wanted = (going @ np.stack([part.rung_distribution(Actor.SEOUL)[26] for part in parts])) / going.sum()
    assert mixed.rung_distribution(Actor.SEOUL)[26] == pytest.approx(wanted, abs=1e-12)


def test_weights_and_quantiles_of_a_forecast(told: Predictive) -> None:
    samples = told.samples
    assert len(samples) == 24
    assert samples["prior"].sum() == pytest.approx(1)
    assert samples["posterior"].sum() == pytest.approx(1)
    assert (samples.loc[samples["generation"] > 0, "prior"] == 0).all()
    assert 1 <= told.effective <= 24
    assert told.factors()["factor"].tolist()[0] == "attention"
    assert weighted_quantiles(np.array([3.0, 1.0, 2.0]), np.array([0.5, 0.25, 0.25]), (0.25, 0.5, 0.9)) == (1, 2, 3)


def test_a_forecast_is_the_same_every_time_and_uses_nothing_of_the_record(short: Scenario, told: Predictive) -> None:
    game = compile_game(short)
    episode = observed_episode(trace(game, backward_induction(game).profile, 1, 0))
    other = predict(short, episode, 12, generations=0)
    assert other.prior.mass.tolist() == told.prior.mass.tolist()
    with pytest.raises(ParameterError, match="samples"):
        predict(short, episode, 0)


def test_importance_sampling_finds_a_known_posterior() -> None:
    # Uniform places, a bell in the first axis: mean .3, standard deviation .02, the second axis untouched.
    first = np.stack([(np.arange(100) + 0.5) / 100, ((np.arange(100) * 37) % 100 + 0.5) / 100], axis=1)
    found = sample_posterior(first, lambda u: -0.5 * ((u[0] - 0.3) / 0.02) ** 2, 4, 7)
    mean = found.weights @ found.places
    spread = np.sqrt(found.weights @ (found.places - mean) ** 2)
    assert mean == pytest.approx([0.3, 0.5], abs=0.05)
    assert spread == pytest.approx([0.02, 1 / np.sqrt(12)], rel=0.2)
    assert effective(found.weights) > 50
    assert effective(np.full(8, 1 / 8)) == pytest.approx(8)


def test_scores_by_hand() -> None:
    chances = np.array([0.5, 0.3, 0.2])
    assert log_score(chances, 1) == pytest.approx(-log(0.3))
    assert log_score(np.array([1.0, 0.0]), 1) == inf
    assert brier_score(chances, 1) == pytest.approx(0.25 + 0.49 + 0.04)
    assert ranked_score(chances, 1) == pytest.approx((0.5**2 + 0.2**2) / 2)
    assert ranked_score(np.array([0.0, 1.0, 0.0]), 1) == 0


def test_the_table_of_scores(told: Predictive) -> None:
    table = scores(told).set_index("forecast")
    assert table.index.tolist() == ["uniform", "scenario alone", "forecast", "after the record"]
    assert table.loc["uniform", "log_score"] == pytest.approx(log(5))
    assert table.loc["uniform", "brier"] == pytest.approx(0.8)
    came = told.point.outcome_probabilities()[Outcome.STANDSTILL]
    assert table.loc["scenario alone", "probability"] == pytest.approx(came)
    own = rung_scores(told.point.game, told.prior, told.observed, Actor.TOKYO)
    assert table.loc["forecast", "rps_tokyo"] == pytest.approx(own.mean())
    assert own.size == 26


# ------------------------------------------------------------------------------------- figures


def test_the_gains_drawn_are_those_of_the_table(weeks: Observed, short: Scenario) -> None:
    gains = weekly_gains(compile_game(short), weeks, {Actor.TOKYO: ["hawk", "always hold"],
                                                      Actor.WASHINGTON: ["absent"]})
    panel = plot_gains(gains, "tokyo")
    lines = {str(line.get_label()): line for line in panel.lines if not str(line.get_label()).startswith("_")}
    assert set(lines) == {"hawk", "always hold"}
    own = gains[(gains["seat"] == "tokyo") & (gains["behaviour"] == "always hold")]
    assert np.asarray(lines["always hold"].get_ydata()).tolist() == pytest.approx([0.0, *own["total"]])
    assert panel.get_ylim()[1] - panel.get_ylim()[0] >= 4
    assert len(plot_gains_figure(gains, "x " * 90).axes) == 2
    with pytest.raises(ValueError, match="no seat 'seoul'"):
        plot_gains(gains, "seoul")


def test_the_profile_drawn_is_that_of_the_fit(fitted: Fit) -> None:
    panel = plot_profile(fitted.profile, "precision", intervals=fitted.intervals)
    line = next(line for line in panel.lines if line.get_label() == "profile")
    own = fitted.profile[fitted.profile["parameter"] == "precision"]
    assert np.asarray(line.get_xdata()).tolist() == own["value"].tolist()
    assert np.asarray(line.get_ydata()).tolist() == (-own["drop"]).tolist()
    span = next(patch for patch in panel.patches if patch.get_label() == "interval")
    row = fitted.intervals.set_index("parameter").loc["precision"]
    assert span.get_extents().transformed(panel.transData.inverted()).intervalx.tolist() == pytest.approx(
        [row["low"], row["high"]])
    assert len(plot_profiles_figure(fitted.profile, fitted.intervals).axes) == 2
    with pytest.raises(ValueError, match="no parameter"):
        plot_profile(fitted.profile, "stake")


def test_the_real_path_runs_over_the_fan(told: Predictive) -> None:
    path = told.observed.path_table(told.point.game)
    figure = plot_predictive_figure(weekly_table(told.prior), outcomes_by_week(told.prior), path, "heading")
    panel = figure.axes[0]
    line = next(line for line in panel.lines if line.get_label() == "episode 0")
    assert np.asarray(line.get_ydata()).tolist() == [2, *[3] * 20, *[2] * 6]
    texts = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    assert "what happened: standstill" in texts
    assert not any("episode" in text for text in texts)
    areas = [artist for panel in figure.axes for artist in panel.collections if isinstance(artist, PolyCollection)]
    assert len(areas) == 5


def test_the_forecasts_drawn_are_those_of_the_table(told: Predictive) -> None:
    table = scores(told)
    panel = plot_forecasts(table, came="standstill")
    bars = [bar for bar in panel.patches if bar.get_label() != "_what came"]
    widths = np.array([bar.get_width() for bar in bars])[:5 * len(table)]
    assert widths.reshape(-1, len(table)).sum() >= len(table) - 1e-9
    assert f"{100 * table['probability_standstill'].iloc[0]:.0f}%" in [text.get_text() for text in panel.texts]
