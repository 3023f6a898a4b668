"""Figures and fingerprints of tournaments: what is drawn is what the tables say."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import Rectangle
from sweep_runs import small_scenario

from negotiation.behaviours import make_profile
from negotiation.engines.batch import simulate
from negotiation.game import compile_game
from negotiation.plots import drawn
from negotiation.plots.fingerprint import plot_fingerprints, plot_fingerprints_figure
from negotiation.plots.replicator import (
    plot_flow_figure,
    plot_shares,
    plot_shares_figure,
    plot_square_flow,
    plot_triangle_flow,
)
from negotiation.plots.save import save_figure
from negotiation.plots.style import OUTCOME_COLOURS
from negotiation.plots.tournament import (
    label_words,
    plot_pairing_outcomes,
    plot_pairing_outcomes_figure,
    plot_pairings,
    plot_pairings_figure,
    plot_ranking,
    plot_ranking_figure,
)
from negotiation.tournament.drawing import phase_tables, shares_table
from negotiation.tournament.field import Contest, pairing_table
from negotiation.tournament.fingerprint import fingerprint
from negotiation.tournament.phase import square_table, triangle_table
from negotiation.tournament.ranking import ranking
from negotiation.tournament.replicator import replicator
from negotiation.tournament.report import meta_game
from negotiation.vocabulary import Actor, Move

NAMES = {"tokyo": "Westmark", "seoul": "Seoul", "washington": "Washington"}
LABELS = ("hawk", "honest_broker(error=0.1)", "dove")


def contest(n: int = 3, m: int = 3, shift: float = 0.0) -> Contest:
    draw = np.random.Generator(np.random.Philox(n + 10 * m))
    names = [*LABELS, *(f"level_k(k={k})" for k in range(40))]
    return Contest("s", "absent", tuple(names[:n]), tuple(names[:m]), draw.normal(size=(3, n, m)) + shift,
                   np.zeros((3, n, m)), np.abs(draw.normal(size=(3, n, m))),
                   np.moveaxis(draw.dirichlet(np.ones(5), size=(n, m)), -1, 0), np.ones((n, m), dtype=bool), NAMES)


def texts(panel: Any) -> list[str]:
    return [text.get_text() for text in panel.texts]


# ------------------------------------------------------------------------------------------------ maps


def test_a_map_of_payoffs_shows_the_matrix() -> None:
    one = contest(3, 2)
    panel = plot_pairings(pairing_table(one), "payoff_tokyo")
    (mesh,) = (artist for artist in panel.collections if artist.get_gid() == "values")
    np.testing.assert_array_equal(mesh.get_array().reshape(3, 2), one.payoff[Actor.TOKYO])
    assert texts(panel) == [f"{value:.1f}".replace("-", "−").replace("−0.0", "0.0")
                            if np.abs(one.payoff[0]).max() >= 1 else f"{value:.2f}".replace("-", "−")
                            for value in one.payoff[Actor.TOKYO].ravel()]
    assert panel.get_ylim() == (3, 0)  # rows from the top down
    assert [label.get_text() for label in panel.get_yticklabels()] == ["hawk", "honest broker (error=0.1)", "dove"]
    assert panel.get_title(loc="left") == "Payoff of Westmark"


@pytest.mark.parametrize(("seat", "axis"), [("tokyo", 0), ("seoul", 1)])
def test_frames_mark_best_replies(seat: str, axis: int) -> None:
    one = contest(3, 4)
    panel = plot_pairings(pairing_table(one), f"payoff_{seat}")
    framed = {(int(patch.get_y()), int(patch.get_x())) for patch in panel.patches if isinstance(patch, Rectangle)}
    payoff = one.payoff[Actor[seat.upper()]]
    assert framed == {(i, j) for i, j in np.ndindex(payoff.shape) if payoff[i, j] == payoff.max(axis=axis)[
        j if axis == 0 else i]}


def test_a_map_of_outcomes_shows_the_likeliest_and_the_equilibria() -> None:
    one = contest(4, 3)
    panel = plot_pairing_outcomes(pairing_table(one))
    likely = one.outcomes.argmax(axis=0)
    mesh = panel.collections[0]
    np.testing.assert_array_equal(mesh.get_array().reshape(4, 3), likely)
    assert list(OUTCOME_COLOURS) == ["settlement", "standstill", "stalemate", "escalated", "rupture"]
    assert texts(panel) == [f"{100 * value:.0f}" for value in one.outcomes.max(axis=0).ravel()]
    a, b = one.bimatrix
    framed = {(int(patch.get_y()), int(patch.get_x())) for patch in panel.patches}
    assert framed == {(i, j) for i, j in np.ndindex(a.shape) if a[i, j] == a[:, j].max() and b[i, j] == b[i].max()}


@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 3), (20, 20), (26, 2)])
@pytest.mark.parametrize("style", ["print", "projector"])
def test_maps_of_any_size_hold_their_labels(n: int, m: int, style: str) -> None:
    with drawn(style):
        for figure in (plot_pairings_figure(pairing_table(contest(n, m)), "payoff_seoul", "Heading"),
                       plot_pairing_outcomes_figure(pairing_table(contest(n, m)), "Heading")):
            figure.canvas.draw()
            renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
            wide, high = (side * figure.dpi for side in figure.get_size_inches())
            panel = figure.axes[0]
            for label in [*panel.get_xticklabels(), *panel.get_yticklabels(), panel.xaxis.label, panel.yaxis.label]:
                box = label.get_window_extent(renderer)
                assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= wide and box.y1 <= high, label.get_text()
            boxes = [label.get_window_extent(renderer) for label in panel.get_yticklabels()]
            assert all(above.y0 > below.y1 - 1 for above, below in pairwise(boxes))


def test_numbers_of_payoffs_on_one_side_of_zero() -> None:
    for shift in (50.0, -50.0):
        panel = plot_pairings(pairing_table(contest(shift=shift)))
        (mesh,) = (artist for artist in panel.collections if artist.get_gid() == "values")
        assert mesh.norm.vmin == mesh.get_array().min()


def test_a_table_with_a_gap_is_refused() -> None:
    table = pairing_table(contest())
    with pytest.raises(ValueError, match="each of 3 x 3 pairings once"):
        plot_pairings(table[:-1])
    with pytest.raises(ValueError, match="holds no pairing"):
        plot_pairing_outcomes(table[:0])
    with pytest.raises(ValueError, match="quantity: 'nonsense'"):
        plot_pairings(table, "nonsense")


def test_labels_become_words_in_every_language() -> None:
    assert label_words("honest_broker(error=0.1)") == "honest broker (error=0.1)"
    with drawn(language="ja"):
        assert label_words("hawk") != "hawk"


# --------------------------------------------------------------------------------------------- ranking


def test_a_ranking_shows_means_and_intervals() -> None:
    scores = ranking([contest()])
    panel = plot_ranking(scores, names=NAMES)
    for seat in ("tokyo", "seoul", "both"):
        mine = scores[scores["seat"] == seat]
        (line,) = (line for line in panel.lines if line.get_label() == seat)
        assert line.get_xdata().tolist() == mine["mean"].tolist()
    ends = sorted(tuple(segment[:, 0]) for lines in panel.collections for segment in lines.get_segments())
    np.testing.assert_allclose(ends, sorted(zip(scores["low"], scores["high"], strict=True)))
    best = scores[scores["seat"] == "both"]["behaviour"].iloc[0]
    assert panel.get_yticklabels()[0].get_text() == label_words(best)
    with pytest.raises(ValueError, match="ranking table"):
        plot_ranking(pd.concat([scores, scores]))


def test_a_figure_of_rankings_has_a_panel_for_every_third_party() -> None:
    one = contest()
    other = Contest(**{**{name: getattr(one, name) for name in one.__dataclass_fields__}, "washington": "equilibrium"})
    figure = plot_ranking_figure(ranking([one, other]), NAMES, "Heading")
    assert [panel.get_title(loc="left").replace("\n", " ") for panel in figure.axes] == [
        "Washington plays absent", "Washington plays equilibrium", "All behaviours of Washington"]
    assert len({panel.get_xlim() for panel in figure.axes}) == 1


# ------------------------------------------------------------------------------------------ replicator


def test_shares_are_drawn_as_they_are() -> None:
    g = np.array([[-0.5, 2], [0, 1.0]])
    times = np.linspace(0, 10, 30)
    path = replicator(g, np.array([0.9, 0.1]), times)
    panel = plot_shares(shares_table(times, path, ("hawk", "dove")))
    for line, name, column in zip(panel.lines, ("hawk", "dove"), path.T, strict=True):
        assert line.get_label() == name
        np.testing.assert_array_equal(line.get_xydata(), np.column_stack([times, column]))
    figure = plot_shares_figure({"One": shares_table(times, path, ("hawk", "dove"))})
    assert "dove" in [text.get_text() for text in figure.legends[0].get_texts()]
    with pytest.raises(ValueError, match="holds no row"):
        plot_shares(pd.DataFrame({"time": [], "behaviour": [], "share": []}))


def test_the_triangle_marks_rest_points_and_what_is_stable() -> None:
    rock = np.array([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]])
    table = triangle_table(rock + 0.1 * (1 - np.eye(3)), ("r", "s", "p"))
    rest = table[table["kind"] == "rest"]
    assert rest["stability"].tolist() == ["saddle"] * 3 + ["sink"] and rest["stable"].tolist() == [False] * 3 + [True]
    assert (table[["a", "b", "c"]].sum(axis=1) - 1).abs().max() < 1e-12
    arrows = table[table["kind"] == "arrow"]
    assert arrows[["da", "db", "dc"]].sum(axis=1).abs().max() < 1e-12
    panel = plot_triangle_flow(table)
    (ring,) = (line for line in panel.lines if line.get_label() == "stable")
    assert ring.get_xydata()[0] == pytest.approx([0.5, 3**0.5 / 6])
    assert [line.get_label() for line in panel.lines].count("saddle") == 3
    paths = table[table["kind"] == "path"].groupby("path")
    ends = paths[["a", "b", "c"]].last()
    assert np.abs(ends - 1 / 3).to_numpy().max() < 1e-3  # all come in
    with pytest.raises(ValueError, match="three behaviours"):
        triangle_table(np.eye(2), ("x", "y"))


def test_the_square_marks_strict_equilibria() -> None:
    table = square_table(np.array([[2.0, 0], [0, 1]]), np.array([[1.0, 0], [0, 2]]), (("x", "y"), ("x", "y")))
    rest = table[table["kind"] == "rest"].set_index(["x", "y"])
    assert rest["stability"].tolist() == ["sink", "source", "source", "sink", "saddle"]
    assert rest["stable"].tolist() == [True, False, False, True, False]
    assert rest.index[-1] == pytest.approx((2 / 3, 1 / 3))
    panel = plot_square_flow(table, names=NAMES)
    assert panel.get_xlabel().startswith("Westmark: x, the rest y")
    pennies = np.array([[1.0, -1], [-1, 1]])
    around = square_table(pennies, -pennies, (("x", "y"), ("x", "y")))
    assert around[around["kind"] == "rest"]["stability"].tolist() == ["saddle"] * 4 + ["neutral"]
    with pytest.raises(ValueError, match="two behaviours a side"):
        square_table(np.eye(3), np.eye(3), ((), ()))


def test_phase_pictures_of_a_contest() -> None:
    triangle, square = phase_tables(meta_game(contest(5, 5)))
    assert triangle is not None and square is not None
    chosen, _ = phase_tables(meta_game(contest(5, 5)), LABELS)
    assert chosen is not None and chosen.attrs["labels"] == list(LABELS)
    assert len(plot_flow_figure(triangle, square, "Heading", NAMES).axes) == 2
    assert phase_tables(meta_game(contest(1, 1))) == (None, None)
    with pytest.raises(ValueError, match="phase tables"):
        plot_flow_figure(None, None)


# ---------------------------------------------------------------------------------------- fingerprints


@pytest.mark.parametrize("choice", ["equilibrium", "matcher", {"behaviour": "dove", "error": 0.3}])
@pytest.mark.parametrize("seat", [Actor.TOKYO, Actor.SEOUL])
def test_a_fingerprint_is_what_many_episodes_show(choice: Any, seat: Actor) -> None:
    game = compile_game(small_scenario(tokyo_first=0.3))
    table = fingerprint(game, seat, choice, edges=(0, 0.3, 0.7, 1))
    assert table["exact"].all() and table["weight"].groupby([table["standstill"], table["low"]]).first().sum() == (
        pytest.approx(1))
    choices = {actor.key: choice if actor is seat else "random" for actor in Actor}
    episodes = 3000
    counts = np.zeros((2, 3, len(Move)))
    found = simulate(game, make_profile(game, **choices), 1, 5, trajectories=range(episodes))
    for path in found.trajectories.values():
        for week in path:
            counts[game.standstill[week.state], int(np.digitize(game.tension[week.state] + 1e-12, (0.3, 0.7))),
                   week.moves[seat]] += 1
    for half in (0, 1):
        for number, low in enumerate((0, 0.3, 0.7)):
            rows = table[(table["standstill"] == half) & (table["low"] == low)]
            total = counts[half, number].sum()
            assert rows["weight"].iloc[0] == pytest.approx(total / counts.sum(), abs=0.02)
            if total > 200:
                shares = counts[half, number] / total
                # Decisions of one episode are not independent: five standard errors of independent ones.
                assert np.abs(rows["share"].to_numpy() - shares).max() < 5 * (0.25 / total)**0.5


def test_a_behaviour_that_remembers_is_counted() -> None:
    game = compile_game(small_scenario())
    table = fingerprint(game, Actor.TOKYO, "grudger", episodes=50)
    assert not table["exact"].any()
    assert table.groupby(["standstill", "low"])["share"].sum(min_count=1).dropna().to_numpy() == pytest.approx(1.0)
    assert fingerprint(game, Actor.TOKYO, "grudger", episodes=50).equals(table)


def test_fingerprints_are_drawn_as_they_are() -> None:
    game = compile_game(small_scenario())
    table = pd.concat([fingerprint(game, Actor.SEOUL, choice) for choice in ("hawk", "random")])
    panel = plot_fingerprints(table)
    for move in ("escalate", "hold"):
        bars = [bar for drawn_bars in panel.containers if drawn_bars.get_label() == move for bar in drawn_bars]
        shares = table[table["move"] == move]["share"]
        assert sum(bar.get_height() for bar in bars) / 0.82 == pytest.approx(shares.sum())
    assert [label.get_text() for label in panel.get_yticklabels()] == ["hawk", "random"]
    assert plot_fingerprints_figure(table, "Heading").axes
    with pytest.raises(ValueError, match="fingerprint table"):
        plot_fingerprints(table[:0])


@pytest.mark.parametrize("edges", [(0, 1, 1), (0.1, 1), (0,), (1, 0)])
def test_edges_that_are_no_bins_are_refused(edges: Any) -> None:
    with pytest.raises(ValueError, match="edges: "):
        fingerprint(compile_game(small_scenario()), Actor.TOKYO, "hawk", edges=edges)


def test_figures_are_saved_in_every_language(tmp_path: Any) -> None:
    for language in ("ja", "ko"):
        with drawn(language=language):
            game = meta_game(contest())
            save_figure(plot_flow_figure(*phase_tables(game), "Heading", NAMES), tmp_path / "flow", formats=["png"])
            save_figure(plot_ranking_figure(ranking([contest()]), NAMES), tmp_path / "ranking", formats=["png"])
            assert (tmp_path / "ranking.png").stat().st_size > 1000
