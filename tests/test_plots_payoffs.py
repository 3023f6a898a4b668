"""Payoff figures, dossier and index page: what is drawn is the tables, which are right by definition."""

from __future__ import annotations

import itertools
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from negotiation import payoff_tables as payoffs
from negotiation.engines.batch import simulate
from negotiation.engines.exact import propagate
from negotiation.game import compile_game
from negotiation.library import load_scenario
from negotiation.plots.dossier import A4, MARGIN, dossier
from negotiation.plots.index_page import Entry, index_page
from negotiation.plots.payoffs import HEIGHT, STRIP, payoff_legend, plot_payoffs, plot_payoffs_figure
from negotiation.plots.receipts import data_hash, signed
from negotiation.plots.save import save_figure
from negotiation.plots.style import ACTOR_COLOURS, OUTCOME_COLOURS, drawn, new_axes, styled
from negotiation.plots.triangle import plot_triangle, plot_triangle_figure
from negotiation.solve import backward_induction
from negotiation.vocabulary import DISPUTANTS, Actor, Outcome, Stance

SMALL = {"rounds": 8, "shadow": 6}
SILENT = {f"washington.stances.{stance}.talks": 0.0 for stance in Stance.keys()}  # noqa: SIM118


def played(name: str = "tokyo_seoul_2019", episodes: int = 3000, **changes):
    game = compile_game(load_scenario(name).override(SMALL | changes))
    profile = backward_induction(game).profile
    return game, profile, propagate(game, profile), simulate(game, profile, episodes, 5)


@pytest.fixture(scope="module")
def run():
    return played()


@pytest.fixture(scope="module")
def table(run):
    return payoffs.payoff_table(run[3])


@pytest.fixture(scope="module")
def triangle(run):
    return payoffs.triangle_table(run[3]), payoffs.frontier_table(run[0]), payoffs.triangle_points(run[2], run[1])


# ------------------------------------------------------------------------------------- tables


def test_payoff_table_is_the_records(run, table):
    records = run[3].records
    for seat in Actor:
        rows = table[table["seat"] == seat.key]
        assert np.array_equal(rows["payoff"], getattr(records, f"payoff_{seat.key}"))
        assert list(rows["outcome"]) == [Outcome(code).key for code in records.outcome]
        assert set(rows["seat_name"]) == {run[0].scenario.display_name(seat)}
    assert table.attrs["episodes"] == 3000
    assert table.attrs["rounds"] == 8


def test_summary_is_mean_quartiles_and_the_exact_expectation(run, table):
    summary = payoffs.payoff_summary(table, run[2]).set_index("seat")
    assert list(summary.index) == list(Actor.keys())
    for seat in Actor:
        paid, row = getattr(run[3].records, f"payoff_{seat.key}"), summary.loc[seat.key]
        assert row["mean"] == pytest.approx(paid.mean(), abs=1e-12)
        assert [row["lower"], row["median"], row["upper"]] == pytest.approx(list(np.quantile(paid, [.25, .5, .75])))
        assert row["error"] == pytest.approx(paid.std(ddof=1) / np.sqrt(3000))
        assert row["exact"] == run[2].expected_payoff[seat]
        assert abs(row["mean"] - row["exact"]) < 4 * row["error"]
    assert payoffs.payoff_summary(table)["exact"].isna().all()


def test_disagreement_is_what_the_policies_pay_without_settlement(run):
    game, profile, distribution, _ = run
    value = payoffs.disagreement_payoffs(game, profile)
    silent = compile_game(game.scenario.override(SILENT))
    episodes = simulate(silent, profile, 4000, 9)
    assert not episodes.counts[Outcome.SETTLEMENT]
    assert (np.abs(value - episodes.payoff_mean) < 4 * episodes.payoff_error).all()
    assert (value[:2] < distribution.expected_payoff[:2]).all()  # these disputants gain by settling
    mute = played(episodes=10, **SILENT)
    assert np.array_equal(payoffs.disagreement_payoffs(mute[0], mute[1]), mute[2].expected_payoff)


# ----------------------------------------------------------------------------------- frontiers


def beyond(points: np.ndarray, line: np.ndarray) -> float:
    """How far the farthest point lies above a falling line and its ends' level and upright continuations."""
    inside = (points[:, 0] >= line[0, 0]) & (points[:, 0] <= line[-1, 0])
    over = points[inside, 1] - np.interp(points[inside, 0], line[:, 0], line[:, 1])
    return max(points[:, 1].max() - line[0, 1], points[:, 0].max() - line[-1, 0], over.max(initial=-np.inf))


def corners(frontier, line: str) -> np.ndarray:
    return frontier.loc[frontier["line"] == line, ["tokyo", "seoul"]].to_numpy()


@pytest.mark.parametrize("name", ["tokyo_seoul_2019", "river_dam"])
def test_frontiers_are_efficient_and_convex(name):
    frontier = payoffs.frontier_table(played(name, episodes=1)[0])
    for line in (payoffs.IMMEDIATE, payoffs.FEASIBLE):
        steps = np.diff(corners(frontier, line), axis=0)
        assert len(steps) >= 1
        assert (steps[:, 0] > 0).all()
        assert (steps[:, 1] < 0).all()
        assert (np.diff(steps[:, 1] / steps[:, 0]) < 0).all()


@pytest.mark.parametrize("name", ["tokyo_seoul_2019", "river_dam"])
@pytest.mark.parametrize("behaviour", ["random", "equilibrium"])
def test_no_episode_lies_beyond_the_frontier_of_all_histories(name, behaviour):
    from negotiation.behaviours import make_profile

    game = compile_game(load_scenario(name).override(SMALL))
    profile = make_profile(game, tokyo=behaviour, seoul=behaviour, washington=behaviour)
    paid = payoffs.triangle_table(simulate(game, profile, 20_000, 1))[["tokyo", "seoul"]].to_numpy()
    assert beyond(paid, corners(payoffs.frontier_table(game), payoffs.FEASIBLE)) < 1e-9


@pytest.mark.parametrize("changes", [
    {}, {"tokyo.rupture": 30.0}, {"start.standstill": True, "standstill.length": 1.0, "tokyo.breach": -0.0},
])
def test_frontier_of_all_histories_is_that_of_all_of_them(changes):
    """In a game of two rounds every history can be listed."""
    game = compile_game(load_scenario("river_dam").override({"rounds": 2, "shadow": 0} | changes))
    line = corners(payoffs.frontier_table(game), payoffs.FEASIBLE)
    paid = np.array(list(_histories(game, game.start, 0)))
    assert beyond(paid, line) < 1e-12
    for corner in line:  # and each corner is the payoffs of some history
        assert np.abs(paid - corner).max(axis=1).min() < 1e-12


def _histories(game, state: int, number: int):
    if number == game.rounds:
        yield (0.0, 0.0)
        return
    weight = game.discount[:2]
    seen = set()
    for w, t, s in itertools.product(range(5), range(5), range(5)):
        if not (game.legal[0, t, state] and game.legal[1, s, state]):
            continue
        k, h = game.afterstate[t, s, state], game.settlement[w, t, s, state]
        paid, ends = game.payoff[:2, w, t, s, state], []
        if h > 0:
            ends.append(paid + weight * game.settlement_payoff[:2, w, k])
        if h < 1 and game.rupture[k] > 0:
            ends.append(paid + weight * game.rupture_payoff[:2])
        for end in ends:
            yield tuple(end)
        following = [game.next_on[k]] if game.lapse[k] < 1 else []
        following += [game.next_lapsed[k]] if game.lapse[k] > 0 else []
        for after in following:
            key = (*paid, after)
            if key not in seen:
                seen.add(key)
                for later in set(_histories(game, int(after), number + 1)):
                    yield tuple(paid + weight * np.array(later))


def test_immediate_frontier_is_round_one_with_any_share(run):
    game = run[0]
    line = corners(payoffs.frontier_table(game), payoffs.IMMEDIATE)
    scenario, points = game.scenario, []
    for w, t, s in itertools.product(range(5), range(5), range(5)):
        if game.legal[0, t, game.start] and game.legal[1, s, game.start] and game.settlement[w, t, s, game.start] > 0:
            paid = game.payoff[:2, w, t, s, game.start]
            for share in np.linspace(0, 1, 11):
                lump = np.array([scenario.tokyo.stake * share, scenario.seoul.stake * (1 - share)])
                points.append(paid + game.discount[:2] * lump)
    assert abs(beyond(np.array(points), line)) < 1e-9
    for corner in line:
        assert np.abs(np.array(points) - corner).max(axis=1).min() < 1e-9


def test_without_talks_there_is_no_immediate_frontier(run):
    frontier = payoffs.frontier_table(compile_game(run[0].scenario.override(SILENT)))
    assert set(frontier["line"]) == {payoffs.FEASIBLE}


# --------------------------------------------------------------------------------- payoff ridges


def test_ridges_are_histograms_stacked_by_outcome(run, table):
    panel = plot_payoffs(table, summary=payoffs.payoff_summary(table, run[2]))
    drawn_here = {patch.get_label(): patch for patch in panel.patches}
    for place, seat in enumerate(Actor):
        floor, rows = 2 - place, table[table["seat"] == seat.key]
        outline = drawn_here[seat.key].get_data()
        counts = np.histogram(rows["payoff"], outline.edges)[0]
        assert counts.sum() == 3000
        assert np.allclose(outline.values - floor, counts * HEIGHT / counts.max())
        base = np.full(len(counts), float(floor))
        for outcome in Outcome:
            here = rows.loc[rows["outcome"] == outcome.key, "payoff"]
            part = drawn_here.get(f"{seat.key} {outcome.key}")
            if here.empty:
                assert part is None
                continue
            share = np.histogram(here, outline.edges)[0] * HEIGHT / counts.max()
            assert np.allclose(part.get_data().baseline, base)
            base = base + share
            assert np.allclose(part.get_data().values, base)
            assert part.get_facecolor() == pytest.approx(_rgba(OUTCOME_COLOURS[outcome.key]))
        assert np.allclose(base, outline.values)
        assert drawn_here[seat.key].get_edgecolor() == pytest.approx(_rgba(ACTOR_COLOURS[seat.key]))


def test_strips_are_the_summary(run, table):
    summary = payoffs.payoff_summary(table, run[2])
    panel = plot_payoffs(table, summary=summary)
    lines = {line.get_label(): line for line in panel.lines}
    for place, row in enumerate(summary.itertuples()):
        assert list(lines[f"{row.seat} quartiles"].get_xdata()) == [row.lower, row.upper]
        for name, value in (("median", row.median), ("mean", row.mean), ("exact", row.exact)):
            assert list(lines[f"{row.seat} {name}"].get_xdata()) == [value]
        assert lines[f"{row.seat} quartiles"].get_ydata()[0] == pytest.approx(2 - place - STRIP)
    without = plot_payoffs(table)
    assert not any(line.get_label().endswith("exact") for line in without.lines)
    assert "Exact expected payoff" not in [text.get_text() for text in without.get_legend().get_texts()]


def test_one_value_and_no_episode(run, table):
    alone = table[table["episode"] == 0]
    plot_payoffs(alone)
    panel = new_axes(4, 3)
    assert plot_payoffs(alone, panel) is panel
    with pytest.raises(ValueError, match="no episodes"):
        plot_payoffs(table.head(0))
    with pytest.raises(ValueError, match="seoul"):
        plot_payoffs(table, summary=payoffs.payoff_summary(table).query("seat != 'seoul'"))


def _rgba(colour: str):
    from matplotlib.colors import to_rgba

    return to_rgba(colour)


# -------------------------------------------------------------------------------------- triangle


def test_triangle_is_the_tables(triangle):
    table, frontier, points = triangle
    panel = plot_triangle(table, frontier=frontier, points=points, dots=1000)
    dots = {group.get_label(): group for group in panel.collections}
    shown = table.head(1000)
    assert sum(len(group.get_offsets()) for group in dots.values()) == 1000
    for key, group in dots.items():
        rows = shown[shown["outcome"] == key]
        assert np.array_equal(group.get_offsets(), rows[["tokyo", "seoul"]])
        assert group.get_facecolor()[0][:3] == pytest.approx(_rgba(OUTCOME_COLOURS[key])[:3])
        assert group.get_rasterized()
    shapes = {tuple(map(tuple, group.get_paths()[0].vertices.round(6))) for group in dots.values()}
    assert len(shapes) == len(dots) > 3  # apart in grey as well
    lines = {line.get_label(): line.get_xydata() for line in panel.lines}
    for line in (payoffs.IMMEDIATE, payoffs.FEASIBLE):
        assert np.array_equal(lines[line], corners(frontier, line))
    for row in points.itertuples():
        assert np.array_equal(lines[row.point], [[row.tokyo, row.seoul]])
    for key in dots:
        assert np.allclose(lines[f"{key} mean"], [table.loc[table["outcome"] == key, ["tokyo", "seoul"]].mean()])


def test_points_are_exact(run, triangle):
    points = triangle[2].set_index("point")
    for seat in DISPUTANTS:
        assert points.loc[payoffs.EXPECTED, seat.key] == run[2].expected_payoff[seat]


def test_triangle_refuses_nothing_to_draw(triangle):
    with pytest.raises(ValueError, match="no episodes"):
        plot_triangle(triangle[0].head(0))
    with pytest.raises(ValueError, match="dots: 0"):
        plot_triangle(triangle[0], dots=0)
    names = {line.get_label() for line in plot_triangle(triangle[0]).lines}
    assert names.isdisjoint({payoffs.IMMEDIATE, payoffs.FEASIBLE, payoffs.EXPECTED, payoffs.DISAGREEMENT})


@pytest.mark.parametrize("language", ["en", "ja", "ko"])
@pytest.mark.parametrize("style", ["print", "projector"])
def test_no_label_is_cut(run, table, triangle, language, style):
    with drawn(style, language):
        figures = [plot_payoffs_figure(table, payoffs.payoff_summary(table, run[2])),
                   plot_triangle_figure(*triangle)]
    for figure in figures:
        _whole(figure)


def _whole(figure: Figure) -> None:
    renderer = figure.canvas.get_renderer()
    wide, high = figure.bbox.size
    parts = [*figure.axes, *figure.legends, *figure.texts]
    boxes = [part.get_tightbbox(renderer) for part in parts]
    assert len([text for text in figure.findobj(Text) if text.get_text()]) > 12
    for box in boxes:
        assert box.x0 >= -1
        assert box.y0 >= -1
        assert box.x1 <= wide + 1
        assert box.y1 <= high + 1


# ------------------------------------------------------------------------------------- data hash


def test_data_hash_sees_numbers_and_nothing_else(run, table, triangle):
    summary = payoffs.payoff_summary(table, run[2])
    plain = data_hash(plot_payoffs_figure(table, summary))
    with drawn("projector", "ko"):
        assert data_hash(plot_payoffs_figure(table, summary, "Another heading")) == plain
    moved = summary.assign(exact=summary["exact"] + 1e-6)
    assert data_hash(plot_payoffs_figure(table, moved)) != plain
    assert data_hash(plot_triangle_figure(*triangle)) != data_hash(plot_triangle_figure(*triangle, dots=100))


DRAW = {
    "line": lambda panel, x: panel.plot(x), "bar": lambda panel, x: panel.bar(range(3), x),
    "dots": lambda panel, x: panel.scatter(range(3), x),
    "shade": lambda panel, x: panel.scatter(range(3), range(3), c=x),
    "band": lambda panel, x: panel.fill_between(range(3), x),
    "error": lambda panel, x: panel.errorbar(range(3), [0] * 3, x),
    "image": lambda panel, x: panel.imshow([x]), "mesh": lambda panel, x: panel.pcolormesh([x]),
    "steps": lambda panel, x: panel.stairs(x), "pie": lambda panel, x: panel.pie(x),
    "inset": lambda panel, x: panel.inset_axes((0, 0, 1, 1)).plot(x), "rule": lambda panel, x: panel.axvline(x[1]),
}


@pytest.mark.parametrize("kind", DRAW)
def test_data_hash_sees_every_kind_of_artist(kind):
    def of(*numbers: float) -> str:
        panel = new_axes(3, 2)
        DRAW[kind](panel, list(numbers))
        return data_hash(panel.figure)

    plain = of(1.0, 2.0, 3.0)
    assert of(1.0, 2.0, 3.0) == plain
    if kind != "pie":  # whose corners lie where a sine is nearly 0
        assert of(1.0, 2.0 + 1e-11, 3.0) == plain  # the twelfth digit
    assert of(1.0, 2.0 + 1e-7, 3.0) != plain
    assert len({plain, of(1.0, 2.5, 3.0), of(1.0, -2.0 if kind not in ("error", "pie") else 2.2, 3.0)}) == 3


@pytest.mark.parametrize(("one", "other", "same"), [
    (0.0, -0.0, True), (0.0, 1e-14, True), (np.nan, np.nan, True), (np.nan, 0.0, False), (np.inf, -np.inf, False),
    (9.9999999999, 10.0, True), (1e-7, 2e-7, False), (1e200, 1.1e200, False), (99999999.94, 99999999.96, False),
])
def test_numbers_are_compared_in_nine_digits(one, other, same):
    def of(number: float) -> str:
        panel = new_axes(3, 2)
        panel.plot([0.0, 1.0], [number, 1.0])
        return data_hash(panel.figure)

    assert (of(one) == of(other)) is same


def test_a_figure_of_the_library_says_that_no_command_made_it(triangle):
    figure = plot_triangle_figure(*triangle)
    assert signed(figure, None) == {"command": None, "data_hash": data_hash(figure)}
    assert signed(figure, {"command": ["negotiation"], "seed": 1})["command"] == ["negotiation"]


# --------------------------------------------------------------------------------------- dossier

RECEIPT = {"version": "1.2.3", "commit": "abc", "config_hash": "feed", "seed": 11, "data_hash": "beef",
           "command": ["python", "experiments/attention.py", "scenario=my file.yaml"]}


def page(summary, draw, receipt=RECEIPT, expectation="Theory expects much. " * 8, **more):
    return dossier("Does the price of attention decide whether a standstill holds, and for whom?", expectation,
                   "Each ridge is an actor. " * 5, "Yes: 41.2% against 22.1%.", draw, summary, receipt, **more)


def test_dossier_holds_everything_on_one_page(table, tmp_path):
    summary = payoffs.payoff_summary(table)
    figure = page(summary, lambda panel: plot_payoffs(table, panel, summary), legends=[payoff_legend(table, summary)])
    assert tuple(figure.get_size_inches()) == A4
    said = {text.get_text().replace("\n", " ") for text in figure.texts}
    whole = " ".join(said)
    for words in ("Does the price of attention decide whether a standstill holds, and for whom?",
                  "Yes: 41.2% against 22.1%.", "Expectation", "How to read the figure", "negotiation 1.2.3", "abc",
                  "feed", "11", "beef", "python experiments/attention.py 'scenario=my file.yaml'", "Theory expects"):
        assert words in whole
    for value in summary["mean"]:
        assert f"{value:.4g}".replace("-", "−") in said
    assert set(summary.columns) <= said
    _whole(figure)
    renderer = figure.canvas.get_renderer()
    inner = [text.get_window_extent(renderer) for text in figure.texts]
    assert all(box.x0 >= MARGIN * figure.dpi - 1 and box.x1 <= (A4[0] - MARGIN) * figure.dpi + 1 for box in inner)
    drawn_here = figure.axes[0].get_tightbbox(renderer)
    for box in [*inner, figure.legends[0].get_window_extent(renderer)]:
        assert not drawn_here.overlaps(box)
    for one, other in itertools.combinations(inner, 2):
        assert not one.shrunk(0.98, 0.9).overlaps(other.shrunk(0.98, 0.9))
    direct = new_axes(5, 5)
    plot_payoffs(table, direct, summary)
    assert data_hash(figure) == data_hash(direct.figure)
    (path,) = save_figure(figure, tmp_path / "page", signed(figure, RECEIPT), formats=["pdf"])
    from pypdf import PdfReader

    pages = PdfReader(path).pages
    assert len(pages) == 1
    assert [float(side) / 72 for side in pages[0].mediabox[2:]] == pytest.approx(A4)


def test_dossier_takes_several_panels_and_pictures(table, triangle, tmp_path):
    with styled():
        single = plot_triangle_figure(*triangle)
    picture, _ = save_figure(single, tmp_path / "triangle")
    summary = payoffs.payoff_summary(table)
    figure = page(summary, [lambda panel: plot_triangle(triangle[0], panel), picture, str(picture)])
    assert len(figure.axes) == 3
    assert len(figure.axes[0].collections) >= 3
    assert len(figure.axes[1].images) == len(figure.axes[2].images) == 1
    spots = [panel.get_position() for panel in figure.axes]
    assert not any(one.overlaps(other) for one, other in itertools.combinations(spots, 2))


def test_dossier_is_the_same_page_in_every_style(table):
    summary = payoffs.payoff_summary(table)
    with drawn("projector", "ja"):
        figure = page(summary, lambda panel: plot_payoffs(table, panel))
    assert tuple(figure.get_size_inches()) == A4
    assert "図の読み方" in [text.get_text() for text in figure.texts]


def test_dossier_shows_what_fits_and_refuses_the_rest(table):
    long = payoffs.triangle_table(played(episodes=40)[3])
    figure = page(long, lambda panel: panel.plot([1, 2]))
    assert "27 more rows" in [text.get_text() for text in figure.texts]
    with pytest.raises(ValueError, match="panels"):
        page(long, [])
    with pytest.raises(ValueError, match="no room"):
        page(long, lambda panel: None, expectation="Theory expects much. " * 300)
    assert "made from the library" in " ".join(
        text.get_text() for text in page(long, lambda panel: None, receipt={}).texts)


# ------------------------------------------------------------------------------------ index page


class Reader(HTMLParser):
    """What a page links to, shows and says."""

    VOID = ("meta", "img", "link", "br")

    def __init__(self) -> None:
        super().__init__()
        self.links, self.images, self.said, self.open = [], [], [], []

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "a":
            self.links.append(told["href"])
        if tag == "img":
            self.images.append((told["src"], told["alt"]))
        assert tag not in ("script", "link", "iframe")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.said.append(data)


def test_index_page_lists_and_escapes(tmp_path):
    inner = tmp_path / "attention & co"
    inner.mkdir()
    for name in ("a #1.svg", "a.png", "page.pdf"):
        (inner / name).touch()
    entry = Entry("attention", "Does <b>attention</b> & price matter?", 'Yes & "so" <i>it</i> is $5.',
                  [(inner / "a #1.svg", 'Lines "falling" <&>')], [(inner / "a.png", "PNG")], inner / "page.pdf",
                  "depends <", [("Expectation", "More < less.")], "python experiments/attention.py 'x=${y}'")
    other = Entry("null", "Does nothing matter?", "No.")
    path = index_page(tmp_path, [entry, other], notes=["Made < today"])
    text = path.read_text(encoding="utf-8")
    reader = Reader()
    reader.feed(text)
    assert reader.open == []
    assert reader.images == [("attention%20%26%20co/a%20%231.svg", 'Lines "falling" <&>')]
    said = " ".join(reader.said)
    for words in (entry.question, entry.sentence, "depends <", "Made < today", other.question, other.sentence,
                  *entry.details[0], entry.command):
        assert words in said
    files = [link for link in reader.links if not link.startswith("#")]
    assert {unquote(link) for link in files} == {"attention & co/a #1.svg", "attention & co/a.png",
                                                 "attention & co/page.pdf"}
    assert all((path.parent / unquote(link)).is_file() for link in files)
    for link in set(reader.links) - set(files):
        assert f'id="{link[1:]}"' in text
    assert "http" not in text.replace("http-equiv", "")
    assert "prefers-color-scheme: dark" in text


def test_index_page_refuses(tmp_path):
    one = Entry("a", "?", "!")
    with pytest.raises(ValueError, match="'a' twice"):
        index_page(tmp_path, [one, one])
    with pytest.raises(ValueError, match=r"gone\.svg"):
        index_page(tmp_path, [Entry("a", "?", "!", [(tmp_path / "gone.svg", "")])])
    assert not Path(tmp_path / "index.html").exists()
    with drawn(language="ja"):
        assert '<html lang="ja">' in index_page(tmp_path, [one]).read_text(encoding="utf-8")
