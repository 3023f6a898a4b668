"""Areas, moves, incidence, heat maps, precision paths, small multiples: tables by definition, drawings by table."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PolyCollection, QuadMesh
from matplotlib.figure import Figure
from scipy.stats import binomtest
from test_plots import _texts, elsewhere
from test_plots_sweep import ATTENTION, AXES, HAZARD, LONG, POLICY, axis, swept, words_of

from negotiation import outcomes
from negotiation.behaviours import make_policy, make_profile
from negotiation.engines.batch import simulate
from negotiation.engines.exact import propagate
from negotiation.game import compile_game
from negotiation.outcomes_weekly import EVENTS, FIRST_STANDSTILL, RUPTURE, SETTLEMENT, incidence_table, moves_table
from negotiation.parameters import ParameterError
from negotiation.plots.areas import boundary_table, plot_areas, plot_areas_figure
from negotiation.plots.heat import plot_heat, plot_heat_figure
from negotiation.plots.incidence import EVENT_COLOURS, plot_incidence, plot_incidence_figure
from negotiation.plots.lines import plot_lines
from negotiation.plots.moves import STANCE_COLOURS, colours_of, plot_moves, plot_moves_figure, plot_reached
from negotiation.plots.multiples import plot_multiples
from negotiation.plots.precision import BREAK, plot_precision, plot_precision_figure
from negotiation.plots.style import MOVE_COLOURS, OUTCOME_COLOURS, drawn
from negotiation.precision_scale import place_of
from negotiation.precision_tables import PRECISIONS, Decision, precision_path
from negotiation.solve import backward_induction
from negotiation.vocabulary import Actor, Move, Outcome, Stance

KEYS = list(Outcome.keys())
EPISODES = 20_000


@pytest.fixture(scope="module")
def run(game, solution):
    profile = solution.profile
    paths = tuple(range(400))
    return game, profile, propagate(game, profile), simulate(game, profile, EPISODES, 11, trajectories=paths)


@pytest.fixture(scope="module")
def small(reference):
    """A dispute of few rungs and weeks, quick to solve at many precisions."""
    plain = reference.to_dict()
    plain |= {"rounds": 5, "shadow": 3, "start": {"tokyo": 1, "seoul": 0, "standstill": False, "appeals": 0}}
    for seat in ("tokyo", "seoul"):
        plain[seat]["ladder"] = plain[seat]["ladder"][:3]
    return type(reference).from_dict(plain)


def sampled(table: pd.DataFrame, episodes: int) -> pd.DataFrame:
    table["episodes"] = episodes
    return table


def ends_of(area: PolyCollection, places: np.ndarray) -> np.ndarray:
    """The lower and upper end of a filled area at each place, float64 [2, places]."""
    corners = area.get_paths()[0].vertices
    found = [corners[np.isclose(corners[:, 0], at, rtol=1e-12, atol=1e-12), 1] for at in places]
    return np.array([[heights.min() for heights in found], [heights.max() for heights in found]])


def artists(panel: Any, label: str) -> list[Any]:
    return [artist for artist in [*panel.collections, *panel.lines] if artist.get_label() == label]


# ---------------------------------------------------------------------------------------- areas


def test_boundaries_are_cumulative_shares_with_the_interval_of_the_cumulative_count() -> None:
    table = sampled(swept({ATTENTION: axis(ATTENTION, 7)}, 250), 250)
    lines = boundary_table(table)
    shares = table[[f"probability_{key}" for key in KEYS]].to_numpy()
    for row, key in itertools.product(range(7), range(5)):
        line = lines[(lines["row"] == row) & (lines["outcome"] == KEYS[key])].iloc[0]
        hits = round(250 * shares[row, :key + 1].sum())
        assert line["cumulative"] == pytest.approx(hits / 250, abs=1e-12)
        wilson = binomtest(hits, 250).proportion_ci(0.95, "wilson")
        assert (line["low"], line["high"]) == pytest.approx((wilson.low, wilson.high), abs=1e-12)


def test_adding_up_the_outcomes_own_intervals_would_be_wider() -> None:
    table = sampled(swept({ATTENTION: axis(ATTENTION, 7)}, 250), 250)
    lines = boundary_table(table)
    third = lines[lines["outcome"] == "stalemate"]
    own = sum(table[f"high_{key}"] - table[f"low_{key}"] for key in KEYS[:3])
    assert ((third["high"] - third["low"]).to_numpy() < 0.8 * own.to_numpy()).all()


def test_exact_boundaries_have_no_interval_and_failed_points_none_at_all() -> None:
    table = swept({HAZARD: axis(HAZARD, 6)})
    table.loc[2, [f"probability_{key}" for key in KEYS]] = np.nan
    lines = boundary_table(table)
    assert (lines["low"].equals(lines["cumulative"]), lines["high"].equals(lines["cumulative"])) == (True, True)
    assert lines.loc[lines["row"] == 2, "cumulative"].isna().all()
    assert lines[lines["outcome"] == KEYS[-1]]["cumulative"].drop(14).to_numpy() == pytest.approx(np.ones(5))


def test_estimated_shares_of_unknown_numbers_of_episodes_are_refused() -> None:
    with pytest.raises(ParameterError, match="no column episodes"):
        boundary_table(swept({ATTENTION: axis(ATTENTION, 3)}, 50))


def test_areas_are_the_table_whatever_the_order_of_rows() -> None:
    table = sampled(swept({HAZARD: axis(HAZARD, 9)}, 300), 300)
    panel = plot_areas(table.sample(frac=1, random_state=2), HAZARD)
    tops = table[[f"probability_{key}" for key in KEYS]].to_numpy().cumsum(axis=1).T
    lower = np.zeros(9)
    for key, top in zip(KEYS, tops, strict=True):
        (area,) = artists(panel, key)
        np.testing.assert_allclose(ends_of(area, table[HAZARD].to_numpy()), [lower, top], atol=1e-12)
        assert mpl.colors.to_hex(area.get_facecolor()[0]).upper() == OUTCOME_COLOURS[key]
        lower = top
    lines = boundary_table(table)
    for key in KEYS[:-1]:
        (veil,), rows = artists(panel, f"{key} interval"), lines[lines["outcome"] == key]
        np.testing.assert_allclose(ends_of(veil, table[HAZARD].to_numpy()), [rows["low"], rows["high"]], atol=1e-12)
        (line,) = artists(panel, f"{key} line")
        np.testing.assert_allclose(line.get_ydata(), rows["cumulative"])
    assert artists(panel, f"{KEYS[-1]} interval") == []
    assert panel.get_xscale() == "log"
    assert panel.get_ylim() == (0, 1)


def test_names_stand_inside_their_areas_and_clear_of_the_intervals() -> None:
    table = sampled(swept({ATTENTION: axis(ATTENTION, 15)}, 900), 900)
    figure = plot_areas_figure(table, ATTENTION)
    (panel,) = figure.axes
    lines = boundary_table(table)
    x = table[ATTENTION].to_numpy()
    ends = {key: lines[lines["outcome"] == key] for key in KEYS}
    named = [text.get_gid() for text in panel.texts]
    assert len(named) >= 2
    for text in panel.texts:
        box = text.get_window_extent().transformed(panel.transData.inverted())
        within = np.linspace(box.x0, box.x1, 30)
        place = KEYS.index(text.get_gid())
        assert (box.y1 <= np.interp(within, x, ends[KEYS[place]]["low"]) if place < 4 else box.y1 <= 1).all()
        assert (box.y0 >= np.interp(within, x, ends[KEYS[place - 1]]["high"]) if place else box.y0 >= 0).all()
    listed = {text.get_text() for text in figure.legends[0].get_texts()}
    assert {outcomes.words(key) for key in KEYS if key not in named} == {
        name for name in listed if "interval" not in name}


def test_an_area_too_thin_for_its_name_is_in_the_legend() -> None:
    table = swept({ATTENTION: axis(ATTENTION, 5)})
    table["probability_settlement"] += table["probability_escalated"] - 0.01
    table["probability_escalated"] = 0.01
    figure = plot_areas_figure(table, ATTENTION)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["Escalated"]
    assert {text.get_gid() for text in figure.axes[0].texts} == set(KEYS) - {"escalated"}


def test_categories_are_stacked_bars() -> None:
    table = sampled(swept({POLICY: AXES[POLICY], ATTENTION: [0.1, 0.9]}, 200), 200)
    panel = plot_areas(table, POLICY, at={ATTENTION: 0.9})
    rows = table[table[ATTENTION] == 0.9]
    tops = rows[[f"probability_{key}" for key in KEYS]].to_numpy().cumsum(axis=1)
    bars = {group.get_label(): group for group in panel.containers}
    for number, key in enumerate(KEYS):
        np.testing.assert_allclose([bar.get_y() + bar.get_height() for bar in bars[key]], tops[:, number])
        np.testing.assert_allclose([bar.get_height() for bar in bars[key]], rows[f"probability_{key}"], atol=1e-12)
    lines = boundary_table(rows)
    for key in KEYS[:-1]:
        drawn_ends = np.array([segment[:, 1] for segment in bars[f"{key} interval"][2][0].get_segments()])
        np.testing.assert_allclose(drawn_ends, lines.loc[lines["outcome"] == key, ["low", "high"]], atol=1e-12)
    with pytest.raises(ParameterError, match="left open"):
        plot_areas(table, POLICY)


# ---------------------------------------------------------------------------------------- moves


def test_weekly_moves_follow_from_policies_and_states(run) -> None:
    game, profile, distribution, _ = run
    table = moves_table(distribution)
    assert list(table["seat"].unique()) == list(Actor.keys())
    for actor in Actor:
        q = outcomes.option_probabilities(game, profile, actor)  # another way: policies averaged over states
        going = distribution.mass[:-1].sum(axis=1)
        expected = np.einsum("tos,ts->to", q, distribution.mass[:-1]) / going[:, None]
        rows = table[table["seat"] == actor.key]
        found = rows.pivot(index="week", columns="move", values="probability")[list(
            (Stance if actor is Actor.WASHINGTON else Move).keys())]
        np.testing.assert_allclose(found.to_numpy(), expected, atol=1e-12)
        np.testing.assert_allclose(found.sum(axis=1), 1.0, atol=1e-12)
        np.testing.assert_allclose(rows.drop_duplicates("week")["reached"], going)
    assert table["week"].min() == 1
    assert table.loc[table["week"] == 1, "reached"].unique() == pytest.approx([1.0])


def test_weekly_moves_agree_with_simulated_ones(run) -> None:
    _, _, distribution, episodes = run
    table = moves_table(distribution)
    for week in (1, 4, 12, 26):
        played = [path.weeks[week - 1] for path in episodes.trajectories.values() if len(path.weeks) >= week]
        reached = table.loc[table["week"] == week, "reached"].iloc[0]
        assert binomtest(len(played), len(episodes.trajectories), reached).pvalue > 1e-4
        for actor in Actor:
            rows = table[(table["week"] == week) & (table["seat"] == actor.key)].set_index("move")["probability"]
            taken = [week_.stance.key if actor is Actor.WASHINGTON else week_.moves[actor].key for week_ in played]
            for key, probability in rows.items():
                assert binomtest(taken.count(key), len(taken), probability).pvalue > 1e-5, (week, actor, key)
    for seat in ("tokyo", "seoul"):
        rows = table[(table["seat"] == seat) & (table["move"] == "appeal")]
        count = getattr(episodes.records, f"appeals_{seat}")
        error = count.std() / np.sqrt(len(count))
        assert abs((rows["probability"] * rows["reached"]).sum() - count.mean()) < 4.5 * error


def test_move_stacks_are_steps_of_the_table(run) -> None:
    table = moves_table(run[2])
    for seat, colours in (("tokyo", MOVE_COLOURS), ("washington", STANCE_COLOURS)):
        panel = plot_moves(table, seat)
        wide = table[table["seat"] == seat].pivot(index="move", columns="week", values="probability")
        lower = np.zeros(wide.shape[1])
        order = list(colours_of(seat))
        assert set(order) == set(colours)
        for key in order:
            (area,) = artists(panel, key)
            upper = lower + wide.loc[key].to_numpy()
            corners = area.get_paths()[0].vertices
            for week, low, high in zip(wide.columns, lower, upper, strict=True):
                for edge in (week - 0.5, week + 0.5):  # both ends of a week: a step
                    heights = corners[np.isclose(corners[:, 0], edge), 1]
                    assert np.isclose(heights, low, atol=1e-12).any()
                    assert np.isclose(heights, high, atol=1e-12).any()
            assert mpl.colors.to_hex(area.get_facecolor()[0]).upper() == colours[key]
            lower = upper
    with pytest.raises(ValueError, match="'moon' is not allowed; allowed: tokyo, seoul, washington"):
        plot_moves(table, "moon")


def test_the_share_that_reaches_a_week_is_drawn_above_it(run) -> None:
    distribution = run[2]
    panel = plot_reached(moves_table(distribution))
    (line,) = [patch for patch in panel.patches if patch.get_label() == "reached"]
    values, edges, _ = line.get_data()
    np.testing.assert_allclose(values, distribution.going[:-1])
    np.testing.assert_allclose(edges, np.arange(27) + 0.5)


def test_weeks_that_no_dispute_reaches_stay_empty(reference) -> None:
    plain = reference.to_dict()
    plain["rupture"]["hazard"] = 1.0
    plain["start"] |= {"tokyo": 5, "seoul": 5}
    plain["standstill"]["calm"] = 1.0
    game = compile_game(type(reference).from_dict(plain))
    table = moves_table(propagate(game, make_profile(game, "hawk", "hawk", "absent")))
    assert table.loc[table["week"] > 1, "probability"].isna().all()
    assert (table.loc[table["week"] > 1, "reached"] == 0).all()
    plot_moves_figure(table).canvas.draw()


# ------------------------------------------------------------------------------------ incidence


def test_exact_incidence_adds_up_with_what_still_goes_on(run) -> None:
    distribution = run[2]
    table = incidence_table(distribution)
    wide = table.pivot(index="week", columns="event", values="exact")
    np.testing.assert_allclose(wide[SETTLEMENT] + wide[RUPTURE] + distribution.going, 1.0, atol=1e-12)
    by_week = distribution.outcomes_by_round()
    np.testing.assert_allclose(wide[SETTLEMENT], by_week[:, Outcome.SETTLEMENT], atol=1e-12)
    np.testing.assert_allclose(wide[RUPTURE], by_week[:, Outcome.RUPTURE], atol=1e-12)
    np.testing.assert_allclose(np.diff(wide[FIRST_STANDSTILL]), distribution.first_standstill, atol=1e-15)
    assert (wide.loc[0] == 0).all()
    assert table[["simulated", "low", "high"]].isna().all(axis=None)


def aalen_johansen(rounds: dict[str, np.ndarray], event: str, weeks: int) -> np.ndarray:
    """The estimator by its definition: hazards week by week, survival of every competing end."""
    count = len(next(iter(rounds.values())))
    survival, total, curve, at_risk = 1.0, 0.0, [0.0], count
    for week in range(1, weeks + 1):
        ended = sum(int((when == week).sum()) for when in rounds.values())
        if at_risk:
            total += survival * int((rounds[event] == week).sum()) / at_risk
            survival *= 1 - ended / at_risk
        at_risk -= ended
        curve.append(total)
    return np.array(curve)


def test_the_share_of_episodes_is_the_aalen_johansen_estimate(run) -> None:
    records = run[3].records
    table = incidence_table(None, run[3]).pivot(index="week", columns="event", values="simulated")
    ends = {SETTLEMENT: records.settlement_round, RUPTURE: records.rupture_round}
    for event in ends:
        np.testing.assert_allclose(table[event], aalen_johansen(ends, event, 26), atol=1e-12)
    # Before its first standstill a dispute may end: those ends compete with it.
    first = records.first_standstill
    before = {FIRST_STANDSTILL: first, **{event: np.where(first == 0, when, 0) for event, when in ends.items()}}
    np.testing.assert_allclose(table[FIRST_STANDSTILL], aalen_johansen(before, FIRST_STANDSTILL, 26), atol=1e-12)


def test_simulated_incidence_agrees_with_the_exact_one_and_has_wilson_intervals(run) -> None:
    table = incidence_table(run[2], run[3], "Reference")
    assert (table["group"] == "Reference").all()
    for row in table[table["week"].isin([1, 3, 9, 26])].itertuples():
        hits = round(row.simulated * EPISODES)
        assert row.simulated * EPISODES == pytest.approx(hits, abs=1e-6)
        assert binomtest(hits, EPISODES, row.exact).pvalue > 1e-5, row
        wilson = binomtest(hits, EPISODES).proportion_ci(0.95, "wilson")
        assert (row.low, row.high) == pytest.approx((wilson.low, wilson.high), abs=1e-12)
    assert (table["episodes"] == EPISODES).all()


def test_incidence_needs_something_to_count(run, small) -> None:
    game, profile, distribution, _ = run
    with pytest.raises(ValueError, match="neither"):
        incidence_table(None)
    with pytest.raises(ValueError, match="0 recorded episodes"):
        incidence_table(None, simulate(game, profile, 5, 1, record=0))
    other = compile_game(small)
    with pytest.raises(ValueError, match="different scenarios"):
        incidence_table(distribution, simulate(other, backward_induction(other).profile, 5, 1))


def test_incidence_curves_are_the_table_one_style_a_group(run) -> None:
    game, _, distribution, episodes = run
    other = propagate(game, make_profile(game, "hawk", "dove"))
    table = pd.concat([incidence_table(distribution, episodes, "One"), incidence_table(other, None, "Two")],
                      ignore_index=True)
    panel = plot_incidence(table, events=(SETTLEMENT, RUPTURE))
    styles = {}
    for group, event in itertools.product(("One", "Two"), (SETTLEMENT, RUPTURE)):
        (line,) = artists(panel, f"{event} {group}")
        rows = table[(table["group"] == group) & (table["event"] == event)]
        np.testing.assert_array_equal(line.get_xdata(), rows["week"])
        np.testing.assert_array_equal(line.get_ydata(), rows["exact"])
        assert line.get_color() == EVENT_COLOURS[event]
        assert line.get_drawstyle() == "steps-post"
        styles.setdefault(group, set()).add(line.get_linestyle())
    assert styles["One"] != styles["Two"]
    assert [len(found) for found in styles.values()] == [1, 1]
    (simulated,) = artists(panel, f"{RUPTURE} One simulated")
    rows = table[(table["group"] == "One") & (table["event"] == RUPTURE)]
    np.testing.assert_array_equal(simulated.get_ydata(), rows["simulated"])
    (band,) = artists(panel, f"{RUPTURE} One interval")
    low, high = ends_of(band, np.array([25.0]))  # a step: this week's interval and the one before meet at its edge
    assert low == pytest.approx(rows["low"].iloc[24:26].min())
    assert high == pytest.approx(rows["high"].iloc[24:26].max())
    assert artists(panel, f"{RUPTURE} Two simulated") == []
    said = words_of(panel)
    assert all(word in said for word in ("One", "Two", "Settlement", "20,000 episodes", "95% interval"))
    assert "First standstill" not in said
    with pytest.raises(ValueError, match="event: 'peace' is not allowed"):
        plot_incidence(table, events=("peace",))
    many = pd.concat([table.assign(group=str(number)) for number in range(6)])
    with pytest.raises(ValueError, match="6 groups are not allowed; allowed: at most 5"):
        plot_incidence(many)


# ------------------------------------------------------------------------------------- heat maps

FINE = {ATTENTION: axis(ATTENTION, 12), HAZARD: axis(HAZARD, 10)}


def with_payoff(table: pd.DataFrame) -> pd.DataFrame:
    table["payoff_tokyo"] = 3 * table["probability_settlement"] - 8 * table["probability_rupture"]
    return table


def test_cells_are_the_table_whatever_the_order_of_rows() -> None:
    table = swept(FINE)
    panel = plot_heat(table.sample(frac=1, random_state=1), ATTENTION, HAZARD, "probability_rupture")
    (mesh,) = [artist for artist in panel.collections if isinstance(artist, QuadMesh)]
    wide = table.pivot(index=HAZARD, columns=ATTENTION, values="probability_rupture")
    np.testing.assert_array_equal(mesh.get_array(), wide.to_numpy())
    assert mesh.norm.vmin == 0
    assert mesh.norm.vmax == wide.to_numpy().max()
    assert panel.get_yscale() == "log"
    assert len(panel.texts) == 0


def test_few_cells_hold_their_numbers_and_failed_ones_none() -> None:
    table = with_payoff(swept({ATTENTION: axis(ATTENTION, 4), HAZARD: axis(HAZARD, 3)}))
    table.loc[1, "payoff_tokyo"] = np.nan
    figure = plot_heat_figure(table, ATTENTION, HAZARD, "payoff_tokyo")
    panel = figure.axes[0]
    found = {(round(text.get_position()[0], 9), round(text.get_position()[1], 9)): text.get_text()
             for text in panel.texts}
    expected = {(round(x, 9), round(y, 9)): f"{value:.1f}".replace("-", "−")
                for x, y, value in table[[ATTENTION, HAZARD, "payoff_tokyo"]].dropna().itertuples(index=False)}
    assert found == expected
    assert len(found) == 11
    assert "Not computed" in words_of(panel)
    percent = plot_heat(table, ATTENTION, HAZARD, "probability_rupture")
    assert percent.texts[0].get_text() == f"{100 * table['probability_rupture'].iloc[0]:.0f}%"


def test_values_of_both_signs_have_white_at_zero_and_hatches_below() -> None:
    table = with_payoff(swept(FINE))
    assert table["payoff_tokyo"].min() < 0 < table["payoff_tokyo"].max()
    figure = plot_heat_figure(table, ATTENTION, HAZARD, "payoff_tokyo")
    panel = figure.axes[0]
    (mesh,) = [artist for artist in panel.collections if isinstance(artist, QuadMesh)]
    assert mesh.norm.vmin == -mesh.norm.vmax
    assert mesh.norm.vmax == table["payoff_tokyo"].abs().max()
    assert mesh.to_rgba(0.0)[:3] == pytest.approx((1, 1, 1), abs=0.01)
    below, above = mesh.to_rgba(mesh.norm.vmin), mesh.to_rgba(mesh.norm.vmax)
    assert below[0] > below[2]
    assert above[2] > above[0]
    (hatched,) = artists(panel, "below zero")
    assert hatched.get_hatch()
    assert len(hatched.get_paths()) == (table["payoff_tokyo"] < 0).sum()
    middles = np.array([path.vertices[:4].mean(axis=0) for path in hatched.get_paths()])
    signs = table.pivot(index=HAZARD, columns=ATTENTION, values="payoff_tokyo")
    for x, y in middles:
        column = np.abs(signs.columns.to_numpy() - x).argmin()
        row = np.abs(np.log(signs.index.to_numpy() / y)).argmin()
        assert signs.to_numpy()[row, column] < 0
    assert "Below zero" in words_of(panel)
    positive = plot_heat(table.assign(payoff_tokyo=table["payoff_tokyo"].abs()), ATTENTION, HAZARD, "payoff_tokyo")
    assert artists(positive, "below zero") == []


def test_contours_run_through_points_of_their_value() -> None:
    table = swept({ATTENTION: axis(ATTENTION, 12), "scenario.rounds": axis("scenario.rounds", 9)})
    table["payoff_seoul"] = 4 * table[ATTENTION]  # lines of equal value are upright
    panel = plot_heat(table, ATTENTION, "scenario.rounds", "payoff_seoul", contours=True)
    (contours,) = [artist for artist in panel.collections if hasattr(artist, "levels")]
    assert len(contours.levels) >= 3
    for level, path in zip(contours.levels, contours.get_paths(), strict=True):
        np.testing.assert_allclose(path.vertices[:, 0], level / 4, atol=1e-9)
    with pytest.raises(ParameterError, match="contours"):
        plot_heat(swept({POLICY: AXES[POLICY], ATTENTION: axis(ATTENTION, 3)}), POLICY, ATTENTION, contours=True)


def test_heat_maps_refuse_what_is_no_grid() -> None:
    table = swept(FINE)
    for wrong, message in ((table.iloc[:-1], "119 rows at 119 of the 12 x 10"),
                           (pd.concat([table, table.iloc[:1]]), "121 rows at 120")):
        with pytest.raises(ParameterError, match=message):
            plot_heat(wrong, ATTENTION, HAZARD)
    with pytest.raises(ParameterError, match="quantity: 'profit'"):
        plot_heat(table, ATTENTION, HAZARD, "profit")
    with pytest.raises(ParameterError, match="another axis"):
        plot_heat(table, ATTENTION, ATTENTION)
    with pytest.raises(ParameterError, match="limits"):
        plot_heat(table, ATTENTION, HAZARD, limits=(1.0, 0.0))


# -------------------------------------------------------------------------------- precision paths

FIRST = Decision(Actor.TOKYO, Stance.QUIET)
SECOND = Decision(Actor.SEOUL, Stance.CONVENE, Move.ESCALATE)
THIRD = Decision(Actor.WASHINGTON)


@pytest.mark.parametrize("decision", [FIRST, SECOND, THIRD])
def test_precision_goes_from_uniform_to_subgame_perfect(small, decision: Decision) -> None:
    game = compile_game(small)
    table = precision_path(small, [2.5], decision, refine=None)
    assert table["precision"].unique().tolist() == [0.0, 2.5, float("inf")]
    wide = table.pivot(index="precision", columns="option", values="probability")[table["option"].unique()]
    legal = table[table["precision"] == 0]["legal"].to_numpy()
    np.testing.assert_allclose(wide.loc[0.0], legal / legal.sum(), atol=1e-15)

    def chosen(policy: Any) -> np.ndarray:
        if decision.seat is Actor.WASHINGTON:
            return policy.at(0, game.start)
        return policy.at(0, game.start, decision.stance, decision.first_move)

    np.testing.assert_array_equal(wide.loc[np.inf], chosen(make_policy(game, decision.seat, "subgame_perfect")))
    assert sorted(wide.loc[np.inf])[-1] == 1.0
    np.testing.assert_allclose(wide.loc[2.5], chosen(make_policy(game, decision.seat, "equilibrium")), atol=1e-12)
    assert table.groupby("limit")["precision"].unique().map(list).to_dict() == {
        "": [2.5], "uniform": [0.0], "subgame_perfect": [np.inf]}


def test_the_path_nears_both_limits(small) -> None:
    table = precision_path(small, [1e-7, 1e7], FIRST, refine=None)
    wide = table.pivot(index="precision", columns="option", values="probability").to_numpy()
    np.testing.assert_allclose(wide[0], wide[1], atol=1e-5)
    np.testing.assert_allclose(wide[2], wide[3], atol=1e-5)
    assert np.abs(wide[0] - wide[3]).max() > 0.3


def test_outcomes_along_precision_are_those_of_the_solved_game(small) -> None:
    table = precision_path(small, [0.7], refine=None)
    for precision, rows in table.groupby("precision"):
        game = compile_game(small)
        solved = backward_induction(game, np.full(3, precision))
        np.testing.assert_allclose(rows["probability"], propagate(game, solved.profile).outcome_probabilities(),
                                   atol=1e-12)
        assert rows["option"].tolist() == KEYS


def test_one_seat_alone_moves_between_uniform_play_and_its_best_reply(small) -> None:
    table = precision_path(small, [2.5], THIRD, seats=[Actor.WASHINGTON], refine=None)
    assert set(table["limit"]) == {"uniform", "best_reply", ""}
    game = compile_game(small)
    levels = np.array([2.5, 2.5, np.inf])
    expected = backward_induction(game, levels).profile.washington.at(0, game.start)
    np.testing.assert_array_equal(table.loc[np.isinf(table["precision"]), "probability"], expected)


def test_precisions_are_added_where_choice_changes_fast(small) -> None:
    coarse, fine = (precision_path(small, [], FIRST, refine=refine, most=500) for refine in (None, 0.08))
    assert coarse["precision"].nunique() == 2
    assert 20 < fine["precision"].nunique() < 500
    wide = fine.pivot(index="precision", columns="option", values="probability")
    near = np.diff(place_of(wide.index)) <= 1 / 4096
    small_step = np.abs(np.diff(wide.to_numpy(), axis=0)).max(axis=1) <= 0.08
    assert (near | small_step).all()
    assert small_step.mean() > 0.8
    assert precision_path(small, [], FIRST, refine=0.001, most=9)["precision"].nunique() == 9


def test_unknown_precisions_and_decisions_are_refused(small) -> None:
    for values in ([-1.0], [float("nan")], [True]):
        with pytest.raises(ParameterError, match=r"^values"):
            precision_path(small, values, FIRST)
    wrong: list[tuple[Decision, str]] = [
        (replace(FIRST, week=9), "decision.week: 9 is not allowed; allowed: 1 to 8"),
        (replace(FIRST, state=999), "decision.state"), (replace(FIRST, first_move=Move.STEP_DOWN), "first_move")]
    for decision, message in wrong:
        with pytest.raises(ParameterError, match=message):
            precision_path(small, [], decision)
    with pytest.raises(ParameterError, match=r"decision\.stance"):
        Decision(Actor.TOKYO)
    with pytest.raises(ParameterError, match="before the third party"):
        Decision(Actor.WASHINGTON, Stance.URGE)
    with pytest.raises(ParameterError, match="refine"):
        precision_path(small, [], FIRST, refine=0.0)


def test_precision_lines_and_limits_are_the_table(small) -> None:
    table = precision_path(small, PRECISIONS[::6], FIRST, refine=0.2)
    panel = plot_precision(table)
    assert place_of([0.0, 2.5, np.inf]).tolist() == [0.0, 0.5, 1.0]
    for key, rows in table.groupby("option"):
        lines = {line.get_label(): line for line in panel.lines if str(line.get_label()).startswith(key)}
        assert set(lines) == {key, f"{key} uniform", f"{key} subgame_perfect"}
        drawn_ = np.column_stack([lines[key].get_xdata(), lines[key].get_ydata()])
        np.testing.assert_array_equal(drawn_[np.isfinite(drawn_[:, 1])],
                                      np.column_stack([place_of(rows["precision"]), rows["probability"]]))
        for limit, at in (("uniform", 0.0), ("subgame_perfect", 1.0)):
            mark = lines[f"{key} {limit}"]
            assert (mark.get_xdata().tolist(), mark.get_ydata().tolist()) == (
                [at], rows.loc[rows["limit"] == limit, "probability"].tolist())
    assert [label.get_text() for label in panel.get_xticklabels()] == ["0", "0.5", "1", "2.5", "5", "10", "∞"]
    (own,) = artists(panel, "own")
    assert own.get_xdata() == [0.5, 0.5]
    assert panel.get_title(loc="left") == "Tokyo moves first in week 1; stance: stay quiet"


def test_lines_break_where_nothing_is_known_of_the_way_between(small) -> None:
    table = precision_path(small, [], FIRST, refine=None)
    wide = table.pivot(index="precision", columns="option", values="probability").to_numpy()
    assert np.abs(np.diff(wide, axis=0)).max() > BREAK
    panel = plot_precision(table)
    (line,) = artists(panel, "hold")
    assert np.isnan(line.get_ydata()).tolist() == [False, True, False]


def test_illegal_options_are_left_out(small) -> None:
    game = compile_game(small)
    top = next(state for state in range(game.n_states) if not game.legal[Actor.TOKYO, Move.ESCALATE, state])
    panel = plot_precision(precision_path(small, [1.0], replace(FIRST, state=top), refine=None))
    assert artists(panel, "escalate") == []
    assert len(artists(panel, "hold")) == 1


# ------------------------------------------------------------------------------- small multiples


def test_small_multiples_draw_each_table_once_on_one_scale(run) -> None:
    game = run[0]
    tables = {name: outcomes.outcome_table(propagate(game, make_profile(game, *seats)), None)
              for name, seats in {"Hawks": ("hawk", "hawk"), "Doves": ("dove", "dove"),
                                  "Mixed": ("hawk", "dove")}.items()}
    figure = plot_multiples(tables)
    panels = figure.axes[:3]
    assert [panel.get_title(loc="left") for panel in panels] == list(tables)
    for panel, table in zip(panels, tables.values(), strict=True):
        np.testing.assert_allclose([bar.get_height() for bar in panel.containers[0]], table["exact"])
    assert len({panel.get_ylim() for panel in panels}) == 1
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["Exact probability"]
    assert all(panel.get_legend() is None for panel in panels)
    with pytest.raises(ValueError, match="0 are not allowed; allowed: 1 to 12"):
        plot_multiples({})
    with pytest.raises(ValueError, match="across: 0"):
        plot_multiples(tables, across=0)


def test_small_multiples_take_any_plot(run) -> None:
    table = sampled(swept({ATTENTION: axis(ATTENTION, 9)}, 200), 200)
    tables = {"One": table, "Two": table.assign(probability_settlement=0.0)}
    lines = plot_multiples(tables, plot_lines, x=ATTENTION)
    assert [text.get_text() for text in lines.legends[0].get_texts()] == [outcomes.words(key) for key in KEYS]
    for panel, one in zip(lines.axes, tables.values(), strict=True):
        (line,) = artists(panel, "settlement")
        np.testing.assert_array_equal(line.get_ydata(), one["probability_settlement"])
    areas = plot_multiples(tables, plot_areas, x=ATTENTION)
    assert [text.get_text() for text in areas.legends[0].get_texts()][-1].startswith("95% interval")
    events = plot_multiples({name: incidence_table(run[2]) for name in "abcd"}, plot_incidence)
    assert [text.get_text() for text in events.legends[0].get_texts()] == ["Settlement", "Rupture",
                                                                           "First standstill"]
    assert len(events.legends[0].get_texts()) == len(EVENTS)
    heat = {"One": swept(FINE), "Two": swept(FINE)}
    heat["Two"]["probability_settlement"] /= 2
    with pytest.raises(ValueError, match="limits: colours of 2 scales"):
        plot_multiples(heat, plot_heat, x=ATTENTION, y=HAZARD)
    shared = plot_multiples(heat, plot_heat, x=ATTENTION, y=HAZARD, limits=(0.0, 1.0))
    assert len(shared.axes) == 3  # two maps and one colour bar


# -------------------------------------------------------------------- labels, whole and apart


def _figures(names: dict[str, str] | None, scenario: Any) -> dict[str, Figure]:
    game = compile_game(scenario)
    profile = make_profile(game, "hawk", "matcher", "honest_broker")
    distribution, episodes = propagate(game, profile), simulate(game, profile, 300, 5)
    table = outcomes.outcome_table(distribution, episodes)
    paths = [precision_path(scenario, [0.5, 2.5, 9.0], decision, refine=None) for decision in (FIRST, THIRD)]
    grid = with_payoff(swept(FINE, names=names))
    return {
        "areas": plot_areas_figure(sampled(swept({ATTENTION: axis(ATTENTION, 9)}, 300, names=names), 300), ATTENTION,
                                   heading="A heading"),
        "bars": plot_areas_figure(sampled(swept({POLICY: AXES[POLICY]}, 300, names=names), 300), POLICY),
        "moves": plot_moves_figure(moves_table(distribution)),
        "incidence": plot_incidence_figure(pd.concat([
            incidence_table(distribution, episodes, "As it is"), incidence_table(distribution, None, "The same")])),
        "heat": plot_heat_figure(grid, ATTENTION, HAZARD, "payoff_tokyo", heading="A heading"),
        "numbers": plot_heat_figure(swept({POLICY: AXES[POLICY], ATTENTION: axis(ATTENTION, 4)}, names=names), POLICY,
                                    ATTENTION),
        "precision": plot_precision_figure(paths[0]),
        "precisions": plot_precision_figure(*paths),
        "multiples": plot_multiples({f"Number {number}": table for number in range(3)}, heading="A heading"),
    }


@pytest.mark.parametrize(("names", "style", "language"), [
    (LONG, "print", "en"), (LONG, "projector", "en"), (None, "projector", "ja")])
@pytest.mark.filterwarnings("ignore::negotiation.plots.style.MissingFontWarning")
def test_no_label_is_cut_or_covered_and_panels_keep_a_useful_size(names: dict[str, str] | None, style: str,
                                                                  language: str, small) -> None:
    with drawn(style, language):
        figures = _figures(names, replace(elsewhere(), rounds=9, shadow=0) if names else small)
    for name, figure in figures.items():
        width, height = figure.canvas.get_width_height()
        texts = [text for text in _texts(figure) if not text.get_rotation()
                 or text in [panel.yaxis.label for panel in figure.axes]]
        assert len(texts) > 6
        boxes = [(text.get_text(), text.get_window_extent()) for text in texts]
        for text, box in boxes:
            assert box.x0 >= 0, (name, text)
            assert box.y0 >= 0, (name, text)
            assert box.x1 <= width + 1, (name, text)
            assert box.y1 <= height, (name, text)
        for (text, box), (other, its) in itertools.combinations(boxes, 2):
            apart = box.x1 <= its.x0 or its.x1 <= box.x0 or box.y1 <= its.y0 + 1 or its.y1 <= box.y0 + 1
            assert apart, (name, text, other)
        for panel in figure.axes:
            if panel.axison and panel.get_window_extent().width > 30:  # not a colour bar
                assert min(panel.get_window_extent().width, panel.get_window_extent().height) > 80, name
