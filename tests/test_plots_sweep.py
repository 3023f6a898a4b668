"""Figures of sweeps: what is drawn equals the table; every label is whole and apart from the others."""

from __future__ import annotations

import itertools
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PathCollection, QuadMesh
from matplotlib.figure import Figure
from test_plots import _texts

from negotiation import plots
from negotiation.outcomes import wilson_interval
from negotiation.parameters import ParameterError
from negotiation.plots.scales import Scale
from negotiation.sweep.design import make_design
from negotiation.sweep.regions import phase_table
from negotiation.sweep.sensitivity import sensitivity
from negotiation.vocabulary import Outcome

KEYS = [outcome.key for outcome in Outcome]
OUTCOMES = [f"probability_{key}" for key in KEYS]
ATTENTION, HAZARD = "scenario.washington.attention", "scenario.rupture.hazard"
ROUNDS, POLICY = "scenario.rounds", "policy.tokyo"
PRESSURE = "scenario.washington.stances.press_tokyo.pressure_seoul"
AXES = {ATTENTION: {"low": 0.0, "high": 1.5}, HAZARD: {"low": 0.003, "high": 0.3, "scale": "log"},
        ROUNDS: {"low": 4, "high": 52, "integer": True}, PRESSURE: {"low": 0.0, "high": 2.5},
        POLICY: ["equilibrium", "hawk", "subgame_perfect", "honest_broker"]}
LONG = {"tokyo": "Westmark", "seoul": "People's Republic of Upper and Lower Ostania",
        "washington": "Federation of the Lakes"}


def axis(key: str, points: int) -> dict[str, Any]:
    return {**AXES[key], "points": points}


def swept(axes: dict[str, Any], episodes: int = 0, method: str = "grid", names: dict[str, str] | None = None,
          **more: Any) -> pd.DataFrame:
    """The table of a sweep whose outcomes follow the keys smoothly; of a sampling engine if episodes are given."""
    design = make_design({"method": method, "axes": axes, **more}, 1)
    points, ones = design.points, np.ones(len(design))
    tilt = np.stack([2 - 1.5 * points.get(ATTENTION, ones), 0.5 + 0.02 * points.get(ROUNDS, 26 * ones), 0.6 * ones,
                     1.5 * (points.get(POLICY, pd.Series(["dove"] * len(design))) == "hawk"),
                     8 * points.get(HAZARD, 0.03 * ones)], axis=1).astype(float)
    shares = np.exp(tilt) / np.exp(tilt).sum(axis=1, keepdims=True)
    table = points.reset_index()
    table["exact"] = not episodes
    low = high = shares
    if episodes:
        rng = np.random.Generator(np.random.Philox(3))
        counts = np.array([rng.multinomial(episodes, row) for row in shares])
        shares, (low, high) = counts / episodes, wilson_interval(counts, episodes)
    for name, values in (("probability", shares), ("low", low), ("high", high)):
        table[[f"{name}_{key}" for key in KEYS]] = values
    table["error"] = None
    table.attrs["manifest"] = {"axes": list(axes), "config": {"scenario": {
        seat: {"name": name} for seat, name in (names or {}).items()}}}
    return table


def words_of(figure_or_panel: Any) -> str:
    return " ".join(text.get_text().replace("\n", " ") for text in _texts(figure_or_panel.get_figure(root=True)))


# -------------------------------------------------------------------------------- sensitivity


def indices(method: dict[str, Any], names: dict[str, str] | None = None, quantity: str = "probability_settlement",
            **settings: Any) -> pd.DataFrame:
    pytest.importorskip("SALib", reason="SALib is an optional extra (sweep)")
    table = swept(AXES, names=names, **method)
    table["constant"] = 0.5
    return sensitivity(make_design({**method, "axes": AXES}, 1), table, quantity, resamples=50, **settings)


SALTELLI, MORRIS = {"method": "saltelli", "base": 32}, {"method": "morris", "trajectories": 10}


def _drawn_bars(panel: Any, label: str) -> np.ndarray:
    (bars,) = [group for group in panel.containers if group.get_label() == label]
    return np.array([bar.get_width() for bar in bars])


def _ends(panel: Any, label: str) -> np.ndarray:
    (group,) = [group for group in panel.containers if group.get_label() == label]
    return np.array([segment[:, 0] for segment in group[2][0].get_segments()])


def test_sobol_bars_are_the_table_in_the_order_of_totals() -> None:
    table = indices(SALTELLI)
    panel = plots.plot_sensitivity(table)
    total = table[table["index"] == "total"].sort_values("estimate", ascending=False)
    first = table[table["index"] == "first"].set_index("axis").loc[total["axis"]]
    names = [label.get_text().replace("\n", " ") for label in panel.get_yticklabels()]
    assert names[total["axis"].tolist().index(PRESSURE)] == "Washington: press Tokyo, pressure Seoul"
    assert set(names) == {"Washington: attention", "Rupture: hazard", "Rounds", "Tokyo: policy",
                          "Washington: press Tokyo, pressure Seoul"}
    assert names[0] == {ATTENTION: "Washington: attention", POLICY: "Tokyo: policy"}[total["axis"].iloc[0]]
    for label, rows in (("Total: all it has a part in", total), ("First order: alone", first)):
        np.testing.assert_array_equal(_drawn_bars(panel, label), rows["estimate"])
        ends = np.stack([np.minimum(rows["low"], rows["estimate"]), np.maximum(rows["high"], rows["estimate"])], axis=1)
        np.testing.assert_allclose(_ends(panel, f"{label} interval"), ends, atol=1e-12)
    assert panel.get_ylim()[0] > panel.get_ylim()[1]  # the first on top
    assert panel.get_xlim()[0] <= min(0, ends.min())
    assert "probability of settlement" in panel.get_title(loc="left")


def test_morris_bars_are_mean_sizes_and_diamonds_are_spreads() -> None:
    table = indices(MORRIS)
    panel = plots.plot_sensitivity(table)
    mu_star = table[table["index"] == "mu_star"].sort_values("estimate", ascending=False, kind="stable")
    np.testing.assert_array_equal(_drawn_bars(panel, "Mean size of its effect (µ*)"), mu_star["estimate"])
    sigma = table[table["index"] == "sigma"].set_index("axis").loc[mu_star["axis"], "estimate"]
    (marks,) = [line for line in panel.lines if line.get_marker() == "D"]
    np.testing.assert_array_equal(marks.get_xdata(), sigma)
    assert "percentage points" in panel.get_xlabel()


def test_a_constant_quantity_says_so_in_the_picture() -> None:
    for method in (SALTELLI, MORRIS):
        figure = plots.plot_sensitivity_figure(indices(method, quantity="constant"))
        assert "constant is the same at all" in words_of(figure)
        assert figure.axes[0].get_xlim()[1] > 0.5


def test_tables_of_other_kinds_are_refused() -> None:
    with pytest.raises(ValueError, match="method 'None' is not allowed; allowed: saltelli, morris"):
        plots.plot_sensitivity(pd.DataFrame({"axis": ["a"], "index": ["total"]}))
    table = indices(SALTELLI)
    with pytest.raises(ValueError, match="holds no total"):
        plots.plot_sensitivity(table[table["index"] == "first"])


# ------------------------------------------------------------------------------ phase diagrams

FINE = {ATTENTION: axis(ATTENTION, 12), HAZARD: axis(HAZARD, 9)}


def _mesh(panel: Any) -> QuadMesh:
    (mesh,) = [entry for entry in panel.collections if isinstance(entry, QuadMesh)]
    return mesh


def test_regions_are_the_most_likely_outcomes_in_their_colours() -> None:
    phases = phase_table(swept(FINE), ATTENTION, HAZARD)
    panel = plots.plot_phase(phases)
    mesh = _mesh(panel)
    wide = phases.pivot(index=HAZARD, columns=ATTENTION, values="outcome")
    assert phases["outcome"].nunique() >= 3
    colours = mesh.cmap(mesh.norm(mesh.get_array()))
    for (row, column), key in np.ndenumerate(wide.to_numpy()):
        assert tuple(colours[row, column]) == mpl.colors.to_rgba(plots.OUTCOME_COLOURS[key])
    corners = mesh.get_coordinates()
    # Every point lies in its own cell; on a logarithmic axis in its middle as the eye sees it.
    np.testing.assert_allclose((corners[0, 1:, 0] + corners[0, :-1, 0]) / 2, wide.columns, atol=1e-12)
    np.testing.assert_allclose(np.sqrt(corners[1:, 0, 1] * corners[:-1, 0, 1]), wide.index)
    assert (panel.get_xscale(), panel.get_yscale()) == ("linear", "log")
    assert panel.get_xlabel() == "Washington: attention (payoff/effort)"
    legend = [text.get_text() for text in panel.get_legend().get_texts()]
    assert legend == [key.capitalize() for key in KEYS if key in set(phases["outcome"])]


def test_contours_join_points_of_equal_probability() -> None:
    phases = phase_table(swept({ATTENTION: axis(ATTENTION, 9), ROUNDS: axis(ROUNDS, 7)}), ATTENTION, ROUNDS)
    panel = plots.plot_phase(phases)
    (lines,) = [entry for entry in panel.collections if isinstance(entry, mpl.contour.ContourSet)]
    wide = phases.pivot(index=ROUNDS, columns=ATTENTION, values="probability")
    x, y, z = wide.columns.to_numpy(), wide.index.to_numpy(float), wide.to_numpy()
    assert len(lines.levels) >= 3
    checked = 0
    for level, path in zip(lines.levels, lines.get_paths(), strict=True):
        for at_x, at_y in path.vertices:
            column, row = np.flatnonzero(np.isclose(x, at_x)), np.flatnonzero(np.isclose(y, at_y))
            if row.size:  # on a row of the grid, where the contour is interpolated along x
                assert np.interp(at_x, x, z[row[0]]) == pytest.approx(level, abs=1e-9)
                checked += 1
            elif column.size:
                assert np.interp(at_y, y, z[:, column[0]]) == pytest.approx(level, abs=1e-9)
                checked += 1
    assert checked > 10
    labels = {text.get_text() for text in panel.texts}
    assert labels <= {f"{100 * level:.0f}%" for level in lines.levels}
    assert labels


@pytest.mark.parametrize("axes", [{ATTENTION: [0.2, 1.0], ROUNDS: [10, 30]},
                                  {POLICY: AXES[POLICY], ATTENTION: [0.1, 0.9]}], ids=["2x2", "categories"])
def test_coarse_grids_and_categories_have_numbers_instead(axes: dict[str, Any]) -> None:
    x, y = axes
    phases = phase_table(swept(axes), x, y)
    panel = plots.plot_phase(phases)
    across, up = Scale.of(phases[x]), Scale.of(phases[y])
    shown = {text.xy: text.get_text() for text in panel.texts}
    expected = {(across.places([row[0]])[0], up.places([row[1]])[0]): f"{100 * row[2]:.0f}%"
                for row in phases[[x, y, "probability"]].itertuples(index=False, name=None)}
    assert shown == expected
    assert not [entry for entry in panel.collections if isinstance(entry, mpl.contour.ContourSet)]


def test_a_point_that_failed_is_left_open() -> None:
    table = swept(FINE)
    table.loc[17, OUTCOMES] = np.nan
    panel = plots.plot_phase(phase_table(table, ATTENTION, HAZARD))
    mask = np.ma.getmaskarray(_mesh(panel).get_array())
    assert mask.sum() == 1
    assert mask[17 % 9, 17 // 9]
    assert panel.get_legend().get_texts()[-1].get_text() == "Not computed"


def _pies(panel: Any) -> dict[str, PathCollection]:
    return {entry.get_label().removeprefix("simulated "): entry for entry in panel.collections
            if isinstance(entry, PathCollection) and str(entry.get_label()).startswith("simulated ")}


def _share_of(path: Any) -> float:
    """What part of the unit circle a slice covers."""
    corners = path.interpolated(1).to_polygons(closed_only=True)[0]
    x, y = corners[:, 0], corners[:, 1]
    return float(abs(np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1])) / 2 / np.pi)


def test_pies_are_the_simulated_shares_at_their_points() -> None:
    coarse = {ATTENTION: axis(ATTENTION, 4), HAZARD: axis(HAZARD, 3)}
    simulated = phase_table(swept(coarse, episodes=6), ATTENTION, HAZARD)  # so few that some shares are 0
    panel = plots.plot_phase(phase_table(swept(FINE), ATTENTION, HAZARD), simulated=simulated)
    pies = _pies(panel)
    total = dict.fromkeys(map(tuple, simulated[[ATTENTION, HAZARD]].to_numpy().tolist()), 0.0)
    for key, slices in pies.items():
        assert tuple(slices.get_facecolor()[0]) == mpl.colors.to_rgba(plots.OUTCOME_COLOURS[key])
        drawn = {tuple(place): _share_of(path)
                 for place, path in zip(np.asarray(slices.get_offsets()).tolist(), slices.get_paths(), strict=True)}
        rows = simulated[simulated[f"probability_{key}"] > 0]
        assert len(drawn) == len(rows)
        for place, share in zip(map(tuple, rows[[ATTENTION, HAZARD]].to_numpy().tolist()),
                                rows[f"probability_{key}"], strict=True):
            assert drawn[place] == pytest.approx(share, abs=0.02)
            total[place] += drawn[place]
    assert list(total.values()) == pytest.approx([1.0] * 12, abs=0.03)
    assert "Pies: simulated shares" in words_of(panel)


def test_of_many_pies_a_regular_selection_is_drawn() -> None:
    phases = phase_table(swept({ATTENTION: axis(ATTENTION, 30), ROUNDS: axis(ROUNDS, 20)}, 20), ATTENTION, ROUNDS)
    panel = plots.plot_phase(phases, simulated=phases)
    places = np.unique(np.concatenate([np.asarray(entry.get_offsets()) for entry in _pies(panel).values()]), axis=0)
    assert len(places) == 10 * 7
    assert np.ptp(np.diff(np.unique(places[:, 0]))) < 1e-12


def test_pies_of_other_axes_are_refused() -> None:
    phases = phase_table(swept(FINE), ATTENTION, HAZARD)
    with pytest.raises(ValueError, match=f"allowed: {ATTENTION} and {HAZARD}"):
        plots.plot_phase(phases, simulated=phase_table(swept(FINE), HAZARD, ATTENTION))
    named = phase_table(swept({POLICY: ["hawk", "dove"], ATTENTION: [0, 1]}), POLICY, ATTENTION)
    other = phase_table(swept({POLICY: ["hawk", "owl"], ATTENTION: [0, 1]}), POLICY, ATTENTION)
    with pytest.raises(ValueError, match="'owl' is not allowed; allowed: hawk, dove"):
        plots.plot_phase(named, simulated=other)


# --------------------------------------------------------------------------------------- lines


def test_lines_and_bands_are_the_table_whatever_the_order_of_rows() -> None:
    table = swept({HAZARD: axis(HAZARD, 9)}, episodes=300)
    panel = plots.plot_lines(table.sample(frac=1, random_state=4), HAZARD)
    drawn = {line.get_label(): line for line in panel.lines}
    for key in KEYS:
        np.testing.assert_array_equal(drawn[key].get_xdata(), table[HAZARD])
        np.testing.assert_array_equal(drawn[key].get_ydata(), table[f"probability_{key}"])
        assert drawn[key].get_color() == plots.OUTCOME_COLOURS[key]
        (band,) = [entry for entry in panel.collections if entry.get_label() == f"{key} interval"]
        corners = band.get_paths()[0].vertices
        for at, low, high in table[[HAZARD, f"low_{key}", f"high_{key}"]].itertuples(index=False, name=None):
            heights = corners[np.isclose(corners[:, 0], at), 1]
            assert (heights.min(), heights.max()) == pytest.approx((low, high), abs=1e-12)
    assert panel.get_xscale() == "log"
    assert panel.get_ylim()[1] >= table[[f"high_{key}" for key in KEYS]].max(axis=None)
    assert "95% interval" in words_of(panel)


def test_exact_probabilities_have_no_bands() -> None:
    panel = plots.plot_lines(swept({ATTENTION: axis(ATTENTION, 5)}), ATTENTION)
    assert len(panel.collections) == 0
    assert "interval" not in words_of(panel)


def test_categories_are_points_with_bars() -> None:
    table = swept({POLICY: AXES[POLICY], ATTENTION: [0.1, 0.9]}, episodes=200)
    panel = plots.plot_lines(table, POLICY, at={ATTENTION: 0.9})
    rows = table[table[ATTENTION] == 0.9]
    for group, key in zip(panel.containers, KEYS, strict=True):
        assert group.get_label() == key
        np.testing.assert_array_equal(np.rint(group[0].get_xdata()), range(4))
        np.testing.assert_array_equal(group[0].get_ydata(), rows[f"probability_{key}"])
        ends = np.array([segment[:, 1] for segment in group[2][0].get_segments()])
        np.testing.assert_allclose(ends, rows[[f"low_{key}", f"high_{key}"]], atol=1e-12)
    assert [label.get_text().replace("\n", " ") for label in panel.get_xticklabels()] == [
        "equilibrium", "hawk", "subgame perfect", "honest broker"]
    with pytest.raises(ParameterError, match="left open"):
        plots.plot_lines(table, POLICY)


def test_small_multiples_have_a_panel_a_value_and_one_scale() -> None:
    table = swept({POLICY: AXES[POLICY][:3], ATTENTION: axis(ATTENTION, 5)})
    figure = plots.plot_lines_figure(table, ATTENTION, POLICY)
    assert [panel.get_title(loc="left").replace("\n", " ") for panel in figure.axes] == [
        "Tokyo: policy equilibrium", "Tokyo: policy hawk", "Tokyo: policy subgame perfect"]
    for panel, value in zip(figure.axes, AXES[POLICY], strict=False):
        rows = table[table[POLICY] == value]
        for line, key in zip(panel.lines, KEYS, strict=True):
            np.testing.assert_array_equal(line.get_ydata(), rows[f"probability_{key}"])
    assert len({panel.get_ylim() for panel in figure.axes}) == 1
    with pytest.raises(ParameterError, match="of at most 12 values"):
        plots.plot_lines_figure(swept({ATTENTION: axis(ATTENTION, 13), ROUNDS: [1, 2]}), ROUNDS, ATTENTION)


# -------------------------------------------------------------------------------------- clouds


def test_a_cloud_is_every_point_and_the_mean_of_its_bins() -> None:
    table = swept(AXES, method="latin_hypercube", points=144)
    table.loc[5, OUTCOMES] = np.nan
    known = table.drop(index=5)
    panel = plots.plot_cloud(table, HAZARD)
    dots, mean = panel.lines
    np.testing.assert_array_equal(dots.get_xdata(), known[HAZARD])
    np.testing.assert_array_equal(dots.get_ydata(), known["probability_settlement"])
    order = known.sort_values(HAZARD)
    bins = np.arange(143) * 5 // 143  # half the square root of 143 bins
    np.testing.assert_allclose(mean.get_ydata(), order["probability_settlement"].groupby(bins).mean())
    np.testing.assert_allclose(mean.get_xdata(), np.exp(np.log(order[HAZARD]).groupby(bins).mean()))
    assert panel.get_xlim()[0] < known[HAZARD].min()
    assert panel.get_xlim()[1] > known[HAZARD].max()


def test_a_cloud_of_categories_stays_beside_its_names() -> None:
    table = swept(AXES, method="latin_hypercube", points=80)
    panel = plots.plot_cloud(table, POLICY, quantity="probability_escalated")
    names = list(dict.fromkeys(table[POLICY]))
    places = panel.lines[0].get_xdata()
    assert [names[int(place)] for place in np.rint(places)] == table[POLICY].tolist()
    (means,) = panel.collections
    np.testing.assert_allclose([segment[0, 1] for segment in means.get_segments()],
                               table.groupby(POLICY)["probability_escalated"].mean().loc[names])


def test_clouds_are_ordered_by_how_far_the_mean_moves() -> None:
    table = swept(AXES, method="latin_hypercube", points=400)
    figure = plots.plot_cloud_figure(table)
    labels = [panel.get_xlabel().replace("\n", " ") for panel in figure.axes if panel.axison]
    assert len(labels) == 5
    assert labels[0] == "Washington: attention (payoff/effort)"
    by_rupture = plots.plot_cloud_figure(table, "probability_rupture")
    assert by_rupture.axes[0].get_xlabel() == "Rupture: hazard (probability)"
    with pytest.raises(ParameterError, match="no axis that varies"):
        plots.plot_cloud_figure(table.iloc[:1])
    with pytest.raises(ParameterError, match=r"^quantity: 'profit'"):
        plots.plot_cloud_figure(table, "profit")


@pytest.mark.parametrize(("axes", "method", "kind"), [
    ({ATTENTION: axis(ATTENTION, 4)}, {}, "lines"), ({POLICY: AXES[POLICY]}, {}, "points"),
    ({ATTENTION: axis(ATTENTION, 8), ROUNDS: axis(ROUNDS, 8)}, {}, "phase"),
    ({POLICY: ["hawk", "dove"], "policy.seoul": ["hawk", "dove"]}, {}, "phase"),
    ({ATTENTION: [0, 1], ROUNDS: [4, 8]}, {}, "phase"),
    ({ATTENTION: axis(ATTENTION, 8), POLICY: AXES[POLICY]}, {}, "panels"),
    ({ATTENTION: [0, 0.5, 1], ROUNDS: axis(ROUNDS, 8)}, {}, "panels"),
    ({ATTENTION: [0, 1], ROUNDS: [4, 8], POLICY: ["hawk", "dove"]}, {}, "cloud"),
    ({ATTENTION: AXES[ATTENTION], ROUNDS: AXES[ROUNDS]}, {"method": "latin_hypercube", "points": 30}, "cloud"),
    ({ATTENTION: [0, 1], ROUNDS: [4, 8]}, {"method": "zip"}, "cloud"),
])
def test_the_figure_of_a_sweep_suits_its_axes(axes: dict[str, Any], method: dict[str, Any], kind: str) -> None:
    figure = plots.plot_sweep(swept(axes, **method))
    panels = [panel for panel in figure.axes if panel.axison]
    seen = ("phase" if any(isinstance(entry, QuadMesh) for entry in panels[0].collections)
            else "cloud" if panels[0].lines and panels[0].lines[0].get_label() == "points"
            else "panels" if len(panels) > 1 else "points" if panels[0].containers else "lines")
    assert seen == kind


# -------------------------------------------------------------------------------------- scales


@pytest.mark.parametrize(("values", "kind"), [
    ([0.0, 0.5, 1.0], "linear"), ([1, 5, 9, 14, 18], "linear"), ([3.0], "linear"), ([1, 1000], "linear"),
    ([0.003, 0.01, 0.03, 0.1], "log"), ([0, 1, 10, 100], "ordinal"), ([1, 2, 10, 11], "ordinal"),
    (["a", "b"], "ordinal"), ([True, False], "ordinal"), ([1.0, 2.0, float("inf")], "ordinal"),
    (np.random.Generator(np.random.Philox(1)).random(60).tolist(), "linear"),
    (np.exp(8 * np.random.Generator(np.random.Philox(1)).random(60)).tolist(), "log"),
])
def test_an_axis_is_spaced_as_its_values_are(values: list[Any], kind: str) -> None:
    scale = Scale.of(pd.Series(values, dtype=object))
    assert scale.kind == kind
    edges = scale.edges()
    places = scale.places(scale.values)
    assert (edges[:-1] < places).all()
    assert (places < edges[1:]).all()


# ------------------------------------------------------------------------ labels, whole and apart


def _figures(names: dict[str, str] | None) -> dict[str, Figure]:
    many = [f"behaviour_number_{number}" for number in range(7)]
    fine = swept({ATTENTION: axis(ATTENTION, 20), HAZARD: axis(HAZARD, 20)}, names=names)
    coarse = swept({ATTENTION: [0.2, 1.0], PRESSURE: [0.5, 1.0]}, names=names)
    named = swept({"policy.seoul": many, POLICY: AXES[POLICY]}, names=names)
    pies = phase_table(swept({ATTENTION: axis(ATTENTION, 5), HAZARD: axis(HAZARD, 5)}, 100), ATTENTION, HAZARD)
    cloud = swept(AXES, method="latin_hypercube", points=60, names=names)
    deep = swept({**FINE, POLICY: ["hawk", "dove"], ROUNDS: [4, 9]}, names=names)
    return {
        "sobol": plots.plot_sensitivity_figure(indices(SALTELLI, names), "A heading"),
        "morris": plots.plot_sensitivity_figure(indices(MORRIS, names)),
        "phase": plots.plot_phase_figure(phase_table(fine, ATTENTION, HAZARD)),
        "pies": plots.plot_phase_figure(phase_table(fine, ATTENTION, HAZARD), pies, "A heading"),
        "coarse": plots.plot_phase_figure(phase_table(coarse, ATTENTION, PRESSURE)),
        "named": plots.plot_phase_figure(phase_table(named, "policy.seoul", POLICY)),
        "at": plots.plot_phase_figure(phase_table(deep, ATTENTION, HAZARD, at={POLICY: "hawk", ROUNDS: 9})),
        "lines": plots.plot_sweep(swept({PRESSURE: axis(PRESSURE, 9)}, 90, names=names), heading="A heading"),
        "panels": plots.plot_sweep(swept({HAZARD: axis(HAZARD, 9), "policy.seoul": many}, 90, names=names)),
        "points": plots.plot_sweep(swept({"policy.seoul": many[:5]}, 90, names=names)),
        "clouds": plots.plot_sweep(cloud, heading="A heading"),
    }


@pytest.fixture(scope="module")
def figures() -> dict[str, Figure]:
    return _figures(None)


@pytest.fixture(scope="module")
def far_figures() -> dict[str, Figure]:
    return _figures(LONG)


ALL = ["sobol", "morris", "phase", "pies", "coarse", "named", "at", "lines", "panels", "points", "clouds"]


@pytest.mark.parametrize("which", ALL)
@pytest.mark.parametrize("source", ["figures", "far_figures"])
def test_no_label_is_cut_or_covered(source: str, which: str, request: pytest.FixtureRequest) -> None:
    figure = request.getfixturevalue(source)[which]
    texts = [text for text in _texts(figure) if not text.get_rotation() or text in [
        panel.yaxis.label for panel in figure.axes]]  # labels of contours lie along their lines
    assert len(texts) > 6
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
def test_everything_lies_on_the_page_and_panels_keep_a_useful_size(source: str, request: pytest.FixtureRequest) -> None:
    for name, figure in request.getfixturevalue(source).items():
        box = figure.get_tightbbox(figure.canvas.get_renderer())
        assert box.x0 >= 0, name
        assert box.y0 >= 0, name
        assert box.x1 <= figure.get_size_inches()[0], name
        assert box.y1 <= figure.get_size_inches()[1], name
        for panel in figure.axes:
            if panel.axison:
                size = panel.get_window_extent()
                assert size.width > 1.7 * figure.dpi, name
                assert size.height > 1.3 * figure.dpi, name


def test_another_dispute_brings_its_own_names(far_figures: dict[str, Figure]) -> None:
    for figure in far_figures.values():
        said = words_of(figure.axes[0])
        assert not any(name in said for name in ("Tokyo", "Seoul", "Washington"))
    said = words_of(far_figures["sobol"].axes[0])
    assert "Federation of the Lakes: press Westmark, pressure People's Republic" in said


def test_the_users_settings_are_neither_used_nor_changed(tmp_path: Any) -> None:
    table = swept({ATTENTION: axis(ATTENTION, 7), HAZARD: axis(HAZARD, 7)})
    with mpl.rc_context({"font.size": 31.0, "axes.facecolor": "red"}):
        before = {key: mpl.rcParams[key] for key in mpl.rcParams if key != "backend"}
        figure = plots.plot_sweep(table)
        assert {key: mpl.rcParams[key] for key in before} == before
    assert figure.axes[0].xaxis.label.get_size() == 10
    written = plots.save_figure(figure, tmp_path / "phase", {"seed": 1})
    assert [plots.read_receipt(path) for path in written] == [{"seed": 1}] * 2
