"""Figures: what is drawn equals the table; every label is whole and apart from the others."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
import yaml
from matplotlib.figure import Figure

from negotiation import outcomes, plots
from negotiation.engines.batch import simulate
from negotiation.engines.exact import propagate
from negotiation.game import compile_game
from negotiation.plots import policy_map
from negotiation.scenario import Scenario
from negotiation.solve import backward_induction
from negotiation.vocabulary import Actor, Outcome

REFERENCE = Path(__file__).parents[1] / "conf" / "scenario" / "tokyo_seoul_2019.yaml"

LONG_NAMES = [
    "Normal", "Diplomatic notes and recall of the ambassador for consultations",
    "Inspection of every cargo that passes the three upper locks, day and night", "Export stop",
    "Donaudampfschifffahrtsgesellschaftskapitänswitwenrente suspended",
    "Mobilisation of the border guard along the whole of the eastern bank", "No-fly zone at $5 or $10 a flight",
    "Severing of all diplomatic, consular and postal relations between the two states",
]


def reference() -> Scenario:
    return Scenario.from_dict(yaml.safe_load(REFERENCE.read_text()))


def elsewhere() -> Scenario:
    """Another dispute: three and eight rungs, other and longer names, dollar signs."""
    plain = reference().to_dict()
    plain |= {"name": "dams", "rounds": 40, "start": {"tokyo": 1, "seoul": 3, "standstill": True, "appeals": 1},
              "title": "Westmark, Ostania and the Federation of the Lakes: dams worth $4bn to $9bn a year, and a "
                       "title that is far too long to stand in one line above a figure"}
    plain["tokyo"] |= {"name": "Westmark", "ladder": [
        {"name": name, "gain": 0.2 * rung, "cost": 0.05 * rung, "harm": 0.2 * rung}
        for rung, name in enumerate(["Open river", "Tolls of $50 to $90 a barge", "Closure"])]}
    plain["seoul"] |= {"name": "People's Republic of Upper and Lower Ostania", "ladder": [
        {"name": name, "gain": 0.08 * rung, "cost": 0.012 * rung**2, "harm": 0.15 * rung}
        for rung, name in enumerate(LONG_NAMES)]}
    plain["washington"]["name"] = "Federation of the Lakes"
    names = ["remain silent", "appeal to both for the utmost restraint", "invite both to the Lakeside Palace",
             "press Westmark", "press the People's Republic of Upper and Lower Ostania"]
    for stance, name in zip(plain["washington"]["stances"].values(), names, strict=True):
        stance["name"] = name
    return Scenario.from_dict(plain)


def played(scenario: Scenario, episodes: int = 400):
    game = compile_game(scenario)
    profile = backward_induction(game).profile
    return game, profile, propagate(game, profile), simulate(game, profile, episodes, 3, trajectories=(0, 1, 2))


@pytest.fixture(scope="module")
def run():
    return played(reference())


@pytest.fixture(scope="module")
def figures(run):
    _, profile, distribution, episodes = run
    return plots.standard_figures(distribution, episodes, profile)


@pytest.fixture(scope="module")
def far_run():
    return played(elsewhere())


@pytest.fixture(scope="module")
def far_figures(far_run):
    _, profile, distribution, episodes = far_run
    return plots.standard_figures(distribution, episodes, profile)


# --------------------------------------------------------------------------------- outcome bars


def test_bars_and_intervals_are_the_table(run):
    _, _, distribution, episodes = run
    table = outcomes.outcome_table(distribution, episodes)
    panel = plots.plot_outcomes(table)
    bars = {group.get_label(): group for group in panel.containers}
    assert {"exact", "simulated", "interval"} == set(bars)
    exact, simulated, interval = bars["exact"], bars["simulated"], bars["interval"]
    assert np.allclose([bar.get_height() for bar in exact], table["exact"])
    assert np.allclose([bar.get_height() for bar in simulated], table["simulated"])
    (lines,) = interval[2]
    ends = np.array([segment[:, 1] for segment in lines.get_segments()])
    assert np.allclose(ends, table[["low", "high"]])
    for bar, other, key in zip(exact, simulated, table["outcome"], strict=True):
        assert bar.get_facecolor() == other.get_facecolor() == mpl.colors.to_rgba(plots.OUTCOME_COLOURS[key])
        assert bar.get_hatch() != other.get_hatch()
    assert [label.get_text() for label in panel.get_xticklabels()] == [outcomes.words(word.key) for word in Outcome]
    assert panel.get_ylim()[1] > table["high"].max()


def test_only_what_there_is_is_drawn(run):
    _, _, distribution, episodes = run
    alone = plots.plot_outcomes(outcomes.outcome_table(distribution, None))
    assert [group.get_label() for group in alone.containers] == ["exact"]
    sampled = plots.plot_outcomes(outcomes.outcome_table(None, episodes))
    assert "exact" not in [group.get_label() for group in sampled.containers]
    table = outcomes.outcome_table(distribution, None)
    table["exact"] = np.nan
    with pytest.raises(ValueError, match="neither"):
        plots.plot_outcomes(table)


def test_a_given_panel_is_used():
    table = outcomes.outcome_table(propagate(*_small()), None)
    panel = Figure().add_subplot()
    assert plots.plot_outcomes(table, panel) is panel


def _small():
    game = compile_game(reference().override({"rounds": 1, "shadow": 0}))
    return game, backward_induction(game).profile


# ------------------------------------------------------------------------------------- the fan


@pytest.mark.parametrize("seat", ["tokyo", "seoul"])
def test_ladder_panel_is_the_table(run, seat):
    _, _, distribution, episodes = run
    weekly, paths = outcomes.weekly_table(distribution), outcomes.path_table(episodes.trajectories.values())
    panel = plots.plot_rungs(weekly, seat, paths=paths)
    rows = weekly[weekly["seat"] == seat]
    shown = np.asarray(panel.images[0].get_array())
    assert np.array_equal(shown, rows.pivot(index="rung", columns="week", values="probability"))
    assert panel.images[0].get_extent() == [-0.5, 26.5, -0.5, 5.5]
    quantiles = outcomes.rung_quantiles(rows, [0.05, 0.25, 0.75, 0.95]).set_index(["quantile", "week"])["rung"]
    edges = {patch.get_label().split()[-1]: patch.get_data() for patch in panel.patches}
    assert set(edges) == {"0.05", "0.25", "0.75", "0.95"}
    for level, data in edges.items():
        shift = -0.5 if float(level) < 0.5 else 0.5
        assert np.array_equal(data.values, quantiles[float(level)] + shift)
        assert np.array_equal(data.edges, np.arange(28) - 0.5)
    names = [label.get_text().replace("\n", " ") for label in panel.get_yticklabels()]
    assert names == list(rows["rung_name"][:6])


@pytest.mark.parametrize("seat", ["tokyo", "seoul"])
def test_sample_paths_are_the_trajectories(run, seat):
    _, _, distribution, episodes = run
    paths = outcomes.path_table(episodes.trajectories.values())
    panel = plots.plot_rungs(outcomes.weekly_table(distribution), seat, paths=paths)
    drawn = {line.get_label(): line for line in panel.lines}
    assert len({drawn[f"episode {number}"].get_color() for number in range(3)}) == 3
    for number in range(3):
        rows = paths[(paths["episode"] == number) & (paths["seat"] == seat)]
        line, thick = drawn[f"episode {number}"], drawn[f"episode {number} standstill"]
        assert np.array_equal(line.get_xdata(), rows["week"])
        assert np.array_equal(line.get_ydata(), rows["rung"])
        held = rows[rows["standstill"]]
        x, y = thick.get_xdata().reshape(-1, 3), thick.get_ydata().reshape(-1, 3)
        assert np.array_equal(y[:, :2], np.repeat(held["rung"].to_numpy(float)[:, None], 2, axis=1))
        assert np.array_equal(x[:, 0], np.maximum(held["week"] - 0.5, 0))
        assert np.array_equal(x[:, 1], np.minimum(held["week"] + 0.5, rows["week"].max()))


def test_standing_panel_is_the_table(run):
    table = outcomes.outcomes_by_week(run[2])
    panel = plots.plot_standing(table)
    wide = table.pivot(index="outcome", columns="week", values="probability")
    foot = np.zeros(27)
    for area in panel.collections:
        top = foot + wide.loc[area.get_label()].to_numpy()
        corners = area.get_paths()[0].vertices
        for week in range(27):
            heights = corners[corners[:, 0] == week, 1]
            assert np.isclose(heights.min(), foot[week], atol=1e-12)
            assert np.isclose(heights.max(), top[week], atol=1e-12)
        foot = top
    assert [area.get_label() for area in panel.collections] == list(Outcome.keys())
    going = np.diff([line.get_ydata() for line in panel.lines], axis=0)[0]
    assert np.allclose(going, run[2].going)


def test_panels_refuse_a_seat_they_do_not_hold(run):
    game, profile, distribution, _ = run
    with pytest.raises(ValueError, match="washington"):
        plots.plot_rungs(outcomes.weekly_table(distribution), "washington")
    with pytest.raises(ValueError, match="paris"):
        plots.plot_policy(outcomes.policy_table(game, profile), "paris", False)


# --------------------------------------------------------------------------------- policy maps


@pytest.mark.parametrize("standstill", [False, True])
@pytest.mark.parametrize("seat", list(Actor))
def test_heat_map_is_the_table(run, seat, standstill):
    game, profile, distribution, _ = run
    table = outcomes.policy_table(game, profile, distribution.mass)
    panel = plots.plot_policy(table, seat.key, standstill)
    rows = table[(table["seat"] == seat.key) & (table["standstill"] == standstill)]
    mesh, numbers = panel.collections
    assert np.array_equal(mesh.get_array(), rows["probability"].to_numpy().reshape(5, 5).T)
    assert len(numbers.get_paths()) == 25
    # Row 0 on top, so that options stand in the order of the game.
    assert panel.get_ylim() == (4.5, -0.5)
    shown = [label.get_text().replace("\n", " ").lower() for label in panel.get_yticklabels()]
    assert shown == [name.lower() for name in rows["move_name"][:5]]
    assert game.scenario.display_name(seat) in panel.get_title(loc="left")


def test_numbers_stand_inside_their_cells(figures):
    figure = figures["policy_map"]
    for panel in figure.axes[:6]:
        size = panel.get_window_extent()
        cell = size.width / 5 / figure.dpi * 72, size.height / 5 / figure.dpi * 72
        for path in panel.collections[1].get_paths():
            box = path.get_extents()
            assert box.width < cell[0] - 4
            assert box.height < cell[1] - 4
            assert abs(box.x0 + box.x1) < 1e-6


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (1e-9, "<1"), (0.0051, "1"), (0.335, "34"), (0.9949, "99"),
                                             (0.9999, ">99"), (1, "100")])
def test_a_rare_move_is_not_called_never(value, text):
    assert policy_map._per_cent(value) == text


def test_empty_and_unvisited_columns_are_told_apart(run):
    game, profile, distribution, _ = run
    table = outcomes.policy_table(game, profile, distribution.mass, bins=3)
    table["averaging"] = table["bin"].map({0: "none", 1: "uniform", 2: "visits"})
    table.loc[table["bin"] == 0, "probability"] = np.nan
    panel = plots.plot_policy(table, "tokyo", False)
    labels = [label.get_text().split("\n")[1] for label in panel.get_xticklabels()]
    assert labels[:2] == ["no state", "never"]
    assert labels[2].endswith("%")
    assert len(panel.collections[1].get_paths()) == 10
    assert panel.collections[0].get_array().mask[:, 0].all()


# -------------------------------------------------------------------- labels, whole and apart


def _texts(figure: Figure):
    figure.canvas.draw()
    found = []
    for panel in figure.axes:
        ticks = [label for axis in (panel.xaxis, panel.yaxis) for label in _tick_labels(axis)]
        legend = panel.get_legend()
        found += [*ticks, panel._left_title, panel.xaxis.label, panel.yaxis.label, *panel.texts,
                  *(legend.get_texts() if legend else [])]
    found += [text for legend in figure.legends for text in legend.get_texts()]
    found += [text for text in (figure._suptitle, figure._supxlabel) if text is not None]
    return [text for text in found if text.get_text() and text.get_visible()]


def _tick_labels(axis):
    low, high = sorted(axis.get_view_interval())
    return [tick.label1 if axis.get_ticks_position() != "right" else tick.label2
            for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]


@pytest.mark.parametrize("which", ["outcomes", "weeks", "policy_map"])
@pytest.mark.parametrize("source", ["figures", "far_figures"])
def test_no_label_is_cut_or_covered(source, which, request):
    figure = request.getfixturevalue(source)[which]
    texts = _texts(figure)
    assert len(texts) > 10
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts]
    width, height = figure.canvas.get_width_height()
    for text, box in boxes:
        assert box.x0 >= 0, text
        assert box.y0 >= 0, text
        assert box.x1 <= width, text
        assert box.y1 <= height, text
    for (text, box), (other, its) in itertools.combinations(boxes, 2):
        assert box.x1 <= its.x0 or its.x1 <= box.x0 or box.y1 <= its.y0 + 1 or its.y1 <= box.y0 + 1, (text, other)


@pytest.mark.parametrize("source", ["figures", "far_figures"])
def test_everything_drawn_lies_on_the_page(source, request):
    for figure in request.getfixturevalue(source).values():
        box = figure.get_tightbbox(figure.canvas.get_renderer())
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= figure.get_size_inches()[0]
        assert box.y1 <= figure.get_size_inches()[1]


def test_panels_keep_a_useful_size(figures, far_figures):
    for figure in (*figures.values(), *far_figures.values()):
        for panel in figure.axes:
            if not hasattr(panel, "_colorbar"):
                size = panel.get_window_extent()
                assert size.width > 1.7 * figure.dpi
                assert size.height > 1.7 * figure.dpi


def test_another_dispute_brings_its_own_names(far_figures, far_run):
    texts = [text for figure in far_figures.values() for text in _texts(figure)]
    text = " ".join(text.get_text().replace("\n", " ") for text in texts)
    for name in ("Tokyo", "Seoul", "Washington"):
        assert name not in text
    for name in ("Westmark", "Federation of the Lakes", "Tolls of $50 to $90 a barge", "Severing of all diplomatic",
                 "Press Westmark"):
        assert name in text
    weeks = far_figures["weeks"]
    assert [len(panel.get_yticks()) for panel in weeks.axes[:2]] == [3, 8]


def test_figures_by_what_there_is(run):
    _, profile, distribution, episodes = run
    assert list(plots.standard_figures(distribution, episodes, profile)) == ["outcomes", "weeks", "policy_map"]
    assert list(plots.standard_figures(distribution)) == ["outcomes", "weeks"]
    assert list(plots.standard_figures(None, episodes, profile)) == ["outcomes"]
    with pytest.raises(ValueError, match="neither"):
        plots.standard_figures(None)


def test_plots_never_simulate():
    code = ("import json, sys, negotiation.plots; print(json.dumps([name for name in sys.modules if name in "
            "('numba', 'matplotlib.pyplot', 'negotiation.config') or name.startswith('negotiation.engines')]))")
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert json.loads(shown) == []
