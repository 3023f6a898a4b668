"""Curves of any quantity, and what the dossiers of experiments owe to them."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from test_plots_sweep import ATTENTION, HAZARD, axis, swept

from negotiation.plots.areas import plot_areas, plot_areas_figure
from negotiation.plots.curves import LEAST, LEAST_SHARE, plot_curves, plot_curves_figure
from negotiation.plots.dossier import dossier
from negotiation.plots.heat import plot_heat
from negotiation.plots.moves import STANCE_COLOURS
from negotiation.plots.phase import plot_phase, plot_phase_figure
from negotiation.plots.style import ACTOR_COLOURS, OUTCOME_COLOURS, OUTCOME_HATCHES
from negotiation.plots.wrapping import letters_in, wrap
from negotiation.questions import Answer, colour_limits
from negotiation.sweep.regions import phase_table

X = "scenario.tokyo.backdown"
WHO = "policy.washington"


def table_of(values: dict[str, Any], points: int = 7) -> pd.DataFrame:
    """Rows of several groups along an axis, in no order."""
    places = np.linspace(0, 1.8, points)
    parts = [pd.DataFrame({X: places, "side": name, "steps": np.asarray(value(places), dtype=np.float64)})
             for name, value in values.items()]
    return pd.concat(parts).sample(frac=1.0, random_state=3)


def ticks(panel: Any) -> list[str]:
    panel.figure.draw_without_rendering()
    return [label.get_text() for label in panel.get_yticklabels() if label.get_text()]


def test_curves_are_the_table_one_colour_a_seat_whatever_the_order_of_rows() -> None:
    table = table_of({"tokyo": lambda x: 1 - x / 2, "seoul": lambda x: x**2})
    panel = plot_curves(table, X, "steps", by="side", ylabel="Steps")
    assert panel.get_ylabel() == "Steps"
    drawn = {str(line.get_label()): line for line in panel.lines}
    assert set(drawn) == {"Tokyo", "Seoul"}
    for seat, line in (("tokyo", drawn["Tokyo"]), ("seoul", drawn["Seoul"])):
        rows = table[table["side"] == seat].sort_values(X)
        np.testing.assert_array_equal(line.get_xdata(), rows[X])
        np.testing.assert_array_equal(line.get_ydata(), rows["steps"])
        assert line.get_color() == ACTOR_COLOURS[seat]
    assert len({str(line.get_linestyle()) + str(line._unscaled_dash_pattern) for line in panel.lines}) == 2  # type: ignore[attr-defined]


def test_groups_are_called_and_coloured_as_stances_are() -> None:
    table = table_of({"press_tokyo": lambda x: 0.1 + 0 * x, "press_seoul": lambda x: 0.2 + 0 * x})
    table.attrs["groups"] = {"press_tokyo": "press Tokyo", "press_seoul": "press Seoul"}
    panel = plot_curves(table, X, "steps", by="side", percent=True, xlabel="Whose side")
    assert panel.get_xlabel() == "Whose side"
    assert {line.get_label(): line.get_color() for line in panel.lines} == {
        "Press Tokyo": STANCE_COLOURS["press_tokyo"], "Press Seoul": STANCE_COLOURS["press_seoul"]}
    assert all(label.endswith("%") and "." not in label for label in ticks(panel))


@pytest.mark.parametrize(("column", "values", "span"), [
    ("probability_settlement", (0.3214, 0.3247), LEAST_SHARE),  # a third of a percentage point is next to nothing
    ("tension", (0.519, 0.529), LEAST * 0.529), ("effort", (21.1, 23.3), LEAST * 23.3),
    ("payoff", (-1.82, -1.80), LEAST * 1.82), ("breaches", (0.0, 0.46), 0.46), ("constant", (0.0, 0.0), 0.0)])
def test_a_change_too_small_to_matter_does_not_fill_the_panel(column: str, values: tuple[float, float],
                                                              span: float) -> None:
    table = pd.DataFrame({X: [0.0, 1.0, 2.0], column: [values[0], values[1], values[1]]})
    panel = plot_curves(table, X, column)
    low, high = panel.get_ylim()
    assert low <= min(values)
    assert max(values) <= high
    assert high - low >= span * 0.999
    assert low >= -0.03 or min(values) < 0  # nothing below zero where nothing can be
    assert all(label.endswith("%") for label in ticks(panel)) == column.startswith("probability_")


def test_few_uneven_numbers_are_ticked_where_they_are() -> None:
    table = pd.DataFrame({X: [0.0, 0.225, 0.25, 0.45, 0.9], "steps": [0.06, 0.01, 0.0, 0.01, 0.0]})
    panel = plot_curves(table, X, "steps")
    panel.figure.draw_without_rendering()
    places, said = panel.get_xticks(), [label.get_text().replace("−", "-") for label in panel.get_xticklabels()]
    assert len(said) > 3
    assert [float(text) for text in said] == pytest.approx(list(places))


def test_what_is_not_in_the_table_is_refused() -> None:
    with pytest.raises(KeyError, match="no column 'gone'"):
        plot_curves(table_of({"tokyo": lambda x: x}), X, "gone")


def test_several_quantities_share_one_legend_and_each_has_its_own_unit() -> None:
    table = table_of({"leverage 0": lambda x: x / 4, "leverage 1": lambda x: x / 5})
    table["probability_settlement"] = table["steps"]
    figure = plot_curves_figure(table, X, {"steps": "Steps", "probability_settlement": "Settled"}, by="side")
    assert len(figure.axes) == 2
    assert sorted(text.get_text() for text in figure.legends[0].get_texts()) == ["Leverage 0", "Leverage 1"]
    assert not any(label.endswith("%") for label in ticks(figure.axes[0]))
    assert all(label.endswith("%") for label in ticks(figure.axes[1]))


# ------------------------------------------------------------------ what contours and colours say


def test_the_label_of_a_contour_is_its_height() -> None:
    table = swept({ATTENTION: axis(ATTENTION, 12), "scenario.rounds": axis("scenario.rounds", 9)})
    table["probability_settlement"] = 0.28 + 0.09 * table[ATTENTION]
    panel = plot_heat(table, ATTENTION, "scenario.rounds", contours=True)
    (contours,) = [artist for artist in panel.collections if hasattr(artist, "levels")]
    said = {float(text.get_text().removesuffix("%")) / 100 for text in panel.texts}
    assert said
    assert all(np.isclose(contours.levels, height, rtol=0, atol=1e-9).any() for height in said)  # 32.5 %, not 32 %


def test_axes_of_a_heat_map_may_have_names_of_their_own() -> None:
    table = swept({ATTENTION: axis(ATTENTION, 4), HAZARD: axis(HAZARD, 3)})
    panel = plot_heat(table, ATTENTION, HAZARD, labels=("Across", "Up"), title="What")
    assert (panel.get_xlabel(), panel.get_ylabel(), panel.get_title(loc="left")) == ("Across", "Up", "What")


@pytest.mark.parametrize(("values", "limits"), [
    ([0.271, 0.406], (0.25, 0.45)), ([0.3, 0.4], (0.3, 0.4)), ([0.35, 0.35, np.nan], (0.35, 0.4))])
def test_colours_span_the_values_outwards_to_five_per_cent(values: list[float], limits: tuple[float, float]) -> None:
    assert colour_limits(values) == pytest.approx(limits)


def test_regions_that_grey_does_not_tell_apart_are_hatched() -> None:
    table = swept({ATTENTION: axis(ATTENTION, 6), HAZARD: axis(HAZARD, 6)})
    phases = phase_table(table, ATTENTION, HAZARD)
    panel = plot_phase(phases)
    hatched = {str(artist.get_label()).removeprefix("hatched "): artist for artist in panel.collections
               if isinstance(artist, PolyCollection) and str(artist.get_label()).startswith("hatched ")}
    counts = phases["outcome"].value_counts()
    assert {key: len(artist.get_paths()) for key, artist in hatched.items()} == {
        key: counts[key] for key in counts.index if OUTCOME_HATCHES[key]}
    assert hatched
    legend = panel.get_legend()
    assert legend is not None
    marked = {text.get_text().lower() for patch, text in zip(legend.get_patches(), legend.get_texts(), strict=True)
              if patch.get_hatch()}
    assert marked == set(hatched)


# ------------------------------------------------------------------------------- dossiers and lines


def bars() -> pd.DataFrame:
    """Outcomes of three policies, one of them with slivers that no number fits into."""
    shares = np.array([[0.32, 0.35, 0.11, 0.14, 0.08], [0.06, 0.18, 0.06, 0.5, 0.2], [0.36, 0.3, 0.13, 0.12, 0.09]])
    columns = {f"probability_{key}": shares[:, number] for number, key in enumerate(OUTCOME_COLOURS)}
    return pd.DataFrame({WHO: ["equilibrium", "absent", "random"], **columns, "exact": True})


def told() -> Answer:
    table = bars()
    phases = phase_table(swept({ATTENTION: axis(ATTENTION, 6), HAZARD: axis(HAZARD, 6)}), ATTENTION, HAZARD)
    figures = {"one": plot_areas_figure(table, WHO, title="One"), "again": plot_areas_figure(table, WHO, title="Again"),
               "phase": plot_phase_figure(phases)}
    return Answer("So.", 1.0, 1, table, figures, {}, [lambda ax: plot_areas(table, WHO, ax, title="One"),
                                                      lambda ax: plot_phase(phases, ax)])


def page_of(answer: Answer) -> Figure:
    return dossier("Why?", "Theory. " * 40, "Read. " * 60, answer.sentence, answer.draw, answer.brief(), {"seed": 1},
                   answer.legends())


def test_a_dossier_explains_the_colours_of_its_panels_each_once() -> None:
    answer = told()
    legends = answer.legends()
    assert len(legends) == 2
    page = page_of(answer)
    said = [[text.get_text() for text in legend.get_texts()] for legend in page.legends]
    assert sorted(map(len, said)) == sorted(map(len, legends))
    assert {key.capitalize() for key in OUTCOME_COLOURS} <= {word for words in said for word in words}
    colours = {text.get_text(): patch.get_facecolor() for legend in page.legends
               for patch, text in zip(legend.get_patches(), legend.get_texts(), strict=True)}
    again = {text.get_text(): patch.get_facecolor() for figure in answer.figures.values() for legend in figure.legends
             for patch, text in zip(legend.get_patches(), legend.get_texts(), strict=True)}
    assert colours == again


def test_nothing_in_a_dossier_meets_anything_else() -> None:
    page = page_of(told())
    renderer = page.canvas.get_renderer()  # type: ignore[attr-defined]
    boxes = [panel.get_tightbbox(renderer) for panel in page.axes]
    boxes += [legend.get_window_extent(renderer) for legend in page.legends]
    assert not [pair for pair in itertools.combinations(boxes, 2) if pair[0].overlaps(pair[1])]
    numbers = [text.get_window_extent(renderer) for text in page.axes[0].texts]
    assert numbers
    assert not [pair for pair in itertools.combinations(numbers, 2) if pair[0].overlaps(pair[1])]


def test_a_long_label_upwards_stays_beside_its_panel() -> None:
    table = table_of({"tokyo": lambda x: x})
    label = "Expected effort of the third party over all weeks of the dispute"
    answer = Answer("So.", 1.0, 1, table, {}, {}, [
        lambda ax: plot_curves(table, X, "steps", ax, ylabel=label) for _ in range(2)])
    page = page_of(answer)
    renderer = page.canvas.get_renderer()  # type: ignore[attr-defined]
    first, second = (panel.yaxis.label.get_window_extent(renderer) for panel in page.axes)
    assert not first.overlaps(second)
    for panel, box in zip(page.axes, (first, second), strict=True):
        assert box.height <= panel.get_tightbbox(renderer).height + 1
        assert " ".join(panel.get_ylabel().split()) == label


@pytest.mark.parametrize(("text", "width", "lines"), [
    ("Tokyo, Seoul and Washington, 31 July 2019 to the end of January 2020", 64,
     ["Tokyo, Seoul and Washington, 31 July", "2019 to the end of January 2020"]),
    ("Tension at the start of the week", 29, ["Tension at the", "start of the week"]),
    ("One line", 20, ["One line"]), ("", 10, [""])])
def test_no_word_stands_alone_on_the_last_line(text: str, width: int, lines: list[str]) -> None:
    assert wrap(text, width).split("\n") == lines
    filled = wrap(text, width, even=False).split("\n")
    assert len(filled) == len(lines)  # as a paragraph it is as high
    assert max(map(letters_in, filled)) <= width
