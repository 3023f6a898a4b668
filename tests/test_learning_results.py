"""What comes of learning: curves, nearness to equilibria, Q-values against a best reply, and the figures."""

from __future__ import annotations

import io
import re
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
import pytest
import yaml

from negotiation.game import Game, compile_game
from negotiation.learning import (
    EWA,
    RULES,
    FictitiousPlay,
    Fixed,
    Learned,
    Population,
    QLearning,
    RothErev,
    equilibria,
    greedy_profile,
    greedy_regret,
    learn,
    learning_curve,
    nearness,
    play_regret,
)
from negotiation.learning.nearness import distance
from negotiation.learning.q_learning import node
from negotiation.parameters import ParameterError
from negotiation.plots.learning import plot_learning, plot_learning_figure
from negotiation.plots.save import save_figure
from negotiation.plots.style import drawn
from negotiation.scenario import Scenario
from negotiation.solve import best_response, move_alternatives, regret
from negotiation.vocabulary import Actor, Move, Outcome, Stance

PAGE = (Path(__file__).parent.parent / "docs" / "learning.md").read_text(encoding="utf-8")
PLANS = ("hawk", "dove", "matcher", "grit", "equilibrium")


@pytest.fixture(scope="module")
def learned(game: Game) -> Learned:
    return learn(Population.of(game, EWA(PLANS), EWA(PLANS[:3])), 200, 100, 1)


# ------------------------------------------------------------------------------------------- curves


def test_curves_are_means_and_quantiles_over_pairs(learned: Learned) -> None:
    table = learning_curve(learned, "plans", band=(0.25, 0.75))
    chances = learned.chances[1]
    assert chances is not None
    row = table[(table["seat"] == "seoul") & (table["name"] == "matcher") & (table["dispute"] == 100)].iloc[0]
    assert row["mean"] == pytest.approx(chances[-1, :, 2].mean())
    assert (row["low"], row["high"]) == pytest.approx(tuple(np.quantile(chances[-1, :, 2], [0.25, 0.75])))
    sums = table.groupby(["dispute", "seat"])["mean"].sum()
    assert sums.to_numpy() == pytest.approx(np.ones(len(sums)))
    assert set(table["name"][table["seat"] == "tokyo"]) == set(PLANS)
    assert (table["low"] <= table["high"]).all()


def test_curves_of_payoffs_and_outcomes(learned: Learned) -> None:
    payoffs = learning_curve(learned, "payoffs")
    last = payoffs[(payoffs["dispute"] == 100) & (payoffs["name"] == "washington")].iloc[0]
    assert last["mean"] == pytest.approx(learned.payoffs[-1, :, 2].mean())
    outcomes = learning_curve(learned, "outcomes")
    assert set(outcomes["name"]) == set(Outcome.keys())
    assert outcomes.groupby("dispute")["mean"].sum().to_numpy() == pytest.approx(np.ones(len(learned.disputes)))


def test_state_learners_have_no_plans_to_draw(game: Game) -> None:
    population = Population.of(game, QLearning(), Fixed(("hawk", "dove")))
    table = learning_curve(learn(population, 2, 5, 1), "plans")
    assert set(table["seat"]) == {"seoul"}
    nobody = learn(Population.of(game, QLearning(), QLearning()), 2, 5, 1)
    assert list(learning_curve(nobody, "plans").columns) == list(table.columns)


@pytest.mark.parametrize(("kind", "band", "key"), [
    ("regrets", (0.1, 0.9), "kind"), ("plans", (0.9, 0.1), "band"), ("plans", (-0.1, 0.9), "band")])
def test_bad_curves_are_refused(learned: Learned, kind: str, band: tuple[float, float], key: str) -> None:
    with pytest.raises(ParameterError) as refused:
        learning_curve(learned, kind, band)
    assert refused.value.key == key


# ------------------------------------------------------------------------------- nearness, over plans


def test_equilibria_are_those_that_gambit_finds(game: Game) -> None:
    gambit = pytest.importorskip("pygambit")
    population = Population.of(game, Fixed(PLANS), Fixed(PLANS))
    a, b = population.bimatrix
    cells = " ".join(f"{float(a[i, j])} {float(b[i, j])}" for j in range(len(PLANS)) for i in range(len(PLANS)))
    text = f'NFG 1 R "plans" {{ "Tokyo" "Seoul" }} {{ {len(PLANS)} {len(PLANS)} }}\n\n{cells}'
    theirs = [[np.array([float(chance) for _, chance in profile[player]]) for player in profile.game.players]
              for profile in gambit.nash.enummixed_solve(
                  gambit.read_nfg(io.StringIO(text)), rational=False).equilibria]
    ours = equilibria(population)
    assert len(ours) == len(theirs) == 3
    for each in ours.values():
        assert min(np.abs(each.tokyo - x).max() + np.abs(each.seoul - y).max() for x, y in theirs) < 1e-6
    assert [name for name in ours if "+" not in name] == ["matcher / matcher", "equilibrium / equilibrium"]


def test_pairs_that_play_an_equilibrium_are_at_it(game: Game) -> None:
    plans = ("equilibrium", "matcher")
    for weights, name in (((1, 0), "equilibrium / equilibrium"), ((0, 1), "matcher / matcher")):
        population = Population.of(game, Fixed(plans, weights=weights), Fixed(plans, weights=weights))
        rows = nearness(learn(population, 3, 5, 1, checkpoints=[5])).set_index("equilibrium")
        assert rows.loc[name, "distance"] == 0.0
        assert rows.loc[name, "reached"] == 1.0
        gains = play_regret(learn(population, 3, 5, 1, checkpoints=[5]))
        assert gains["mean"].to_numpy() == pytest.approx([0.0, 0.0], abs=1e-12)
    pure = [each for text, each in equilibria(population).items() if "+" not in text]
    assert distance(pure[0].tokyo, pure[0].seoul, pure[1]) == 1.0


def test_regret_of_play_by_hand(game: Game) -> None:
    plans = ("hawk", "dove")
    population = Population.of(game, Fixed(plans, weights=(1, 3)), Fixed(plans, weights=(1, 1)))
    a, b = population.bimatrix
    x, y = np.array([0.25, 0.75]), np.array([0.5, 0.5])
    table = play_regret(learn(population, 2, 3, 1, checkpoints=[3])).set_index("seat")
    assert table.loc["tokyo", "average"] == pytest.approx(max(a @ y) - x @ a @ y)
    assert table.loc["seoul", "average"] == pytest.approx(max(x @ b) - x @ b @ y)
    assert table.loc["seoul", "mean"] == pytest.approx(max(x @ b) - x @ b @ y)


def test_two_conventions_average_to_neither(game: Game) -> None:
    """Pairs that end in different equilibria: single pairs have no regret, their average has."""
    plans = ("equilibrium", "matcher")
    population = Population.of(game, EWA(plans, precision=5.0), EWA(plans, precision=5.0))
    result = learn(population, 300, 300, 1)
    last = nearness(result).query("dispute == 300").set_index("equilibrium")
    pure = [name for name in last.index if "+" not in name]
    assert (last.loc[pure, "reached"] > 0.1).all()
    assert last.loc[pure, "reached"].sum() > 0.9
    assert (last.loc[pure, "distance"] > 0.1).all()
    gains = play_regret(result).query("dispute == 300")
    assert (gains["average"] > 0.2).any()
    assert (gains["mean"] < gains["average"].max()).all()


def test_fictitious_play_settles_on_an_equilibrium(game: Game) -> None:
    population = Population.of(game, FictitiousPlay(PLANS), FictitiousPlay(PLANS))
    last = nearness(learn(population, 5, 200, 1)).query("dispute == 200")
    assert last["reached"].max() == 1.0


def test_nearness_needs_plans_on_both_seats(game: Game) -> None:
    result = learn(Population.of(game, QLearning(), RothErev(PLANS)), 2, 5, 1)
    for function in (nearness, play_regret):
        with pytest.raises(ParameterError, match=r"learning\.tokyo\.rule: 'q_learning'"):
            function(result)


# ------------------------------------------------------------------------------------------- tables


@pytest.fixture(scope="module")
def small(reference: Scenario) -> Game:
    """Two rungs a side, a dispute that ends long before its rounds are over, and ends that pay little (less noise)."""
    return compile_game(reference.override({
        "rounds": 400, "shadow": 0, "start.tokyo": 1, "rupture.hazard": 0.3, "standstill.calm": 1.0,
        "tokyo.ladder": [asdict(rung) for rung in reference.tokyo.ladder[:2]], "tokyo.discount": 0.9,
        "tokyo.rupture": -2.0, "seoul.rupture": -2.0, "tokyo.stake": 4.0, "seoul.stake": 4.0,
        "seoul.ladder": [asdict(rung) for rung in reference.seoul.ladder[:2]], "seoul.discount": 0.9}))


@pytest.mark.parametrize("seat", [Actor.TOKYO, Actor.SEOUL])
def test_q_learning_finds_the_best_reply(small: Game, seat: Actor) -> None:
    """Against who does not change, values go to those of the best reply (Watkins & Dayan 1992)."""
    learner, other = QLearning(alpha=1.0, omega=0.75, epsilon=1.0), Fixed(({"behaviour": "random"},))
    sides = (learner, other) if seat is Actor.TOKYO else (other, learner)
    population = Population.of(small, *sides, "random")
    result = learn(population, 1, 1_000_000, 3, checkpoints=[1_000_000])
    profile = greedy_profile(result, 0)
    best = best_response(small, profile, seat)
    compared = 0
    for state in range(small.n_states):
        for stance in Stance:
            for first in (None, *Move):
                at = node(state, stance, first)
                visits = result.visits[0, seat, at][small.legal[seat, :, state]]
                if visits.min() < 1_000:
                    continue
                worth = move_alternatives(best, seat, 0, state, stance, first).values
                legal = small.legal[seat, :, state]
                assert result.values[0, seat, at][legal] == pytest.approx(worth[legal], abs=0.1)
                assert worth[int(result.greedy[-1, 0, seat, at])] == pytest.approx(np.nanmax(worth), abs=0.1)
                compared += 1
    assert compared > 200
    assert regret(small, profile)[seat] < 0.01


def test_learned_tables_beat_chance(game: Game) -> None:
    result = learn(Population.of(game, QLearning(), QLearning()), 2, 50_000, 1, keep=2, checkpoints=[1, 50_000])
    table = greedy_regret(result, (0, -1))
    assert set(table["who"]) == {"learned", "random", "equilibrium", "subgame_perfect"}
    rows = table.set_index(["who", "dispute", "seat"])["mean"]
    for seat in ("tokyo", "seoul"):
        assert rows["learned", 50_000, seat] < rows["random", 50_000, seat]
        assert rows["learned", 50_000, seat] < rows["learned", 1, seat]
    profile = greedy_profile(result, 1)
    learned_rows = table[(table["who"] == "learned") & (table["dispute"] == 50_000)].set_index("seat")
    each = [regret(game, greedy_profile(result, pair)) for pair in (0, 1)]
    assert profile.tokyo.name == "q_learning"
    assert learned_rows.loc["tokyo", "mean"] == pytest.approx(np.mean([row[0] for row in each]))
    assert learned_rows.loc["seoul", "high"] == pytest.approx(max(row[1] for row in each))


def test_tables_that_were_not_kept_are_refused(game: Game) -> None:
    result = learn(Population.of(game, QLearning(), RothErev(PLANS)), 3, 5, 1, keep=1)
    assert greedy_profile(result, 0).seoul.name in PLANS
    with pytest.raises(ParameterError, match="pair: 1 is not allowed; allowed: 0 to 0"):
        greedy_profile(result, 1)


# ------------------------------------------------------------------------------------------ figures


def test_figures_draw_what_the_table_says(learned: Learned) -> None:
    table = learning_curve(learned)
    panel = plot_learning(table, seat="tokyo")
    curves = {str(line.get_label()): line for line in panel.lines if not str(line.get_label()).startswith("_")}
    assert list(curves) == list(PLANS)
    rows = table[(table["seat"] == "tokyo") & (table["name"] == "grit")]
    assert np.asarray(curves["grit"].get_ydata()) == pytest.approx(rows["mean"].to_numpy())
    assert np.asarray(curves["grit"].get_xdata()) == pytest.approx(rows["dispute"].to_numpy())
    assert panel.get_xscale() == "log"
    assert panel.get_ylim() == (0.0, 1.0)


def test_a_plan_keeps_its_colour_in_both_panels(learned: Learned) -> None:
    figure = plot_learning_figure(learning_curve(learned), "Learning")
    left, right = figure.axes[:2]
    colours = [{str(line.get_label()): line.get_color() for line in panel.lines
                if not str(line.get_label()).startswith("_")} for panel in (left, right)]
    assert len(colours[0]) == 5
    assert all(colours[0][name] == colour for name, colour in colours[1].items())
    assert len(set(colours[0].values())) == 5
    assert [text.get_text() for text in figure.legends[0].get_texts()] == list(PLANS)


@pytest.mark.parametrize("language", ["en", "ja", "ko"])
def test_all_kinds_are_saved_in_all_languages(learned: Learned, language: str, tmp_path: Path) -> None:
    with drawn(language=language):
        tables = {kind: learning_curve(learned, kind) for kind in ("plans", "payoffs", "outcomes")}
        for kind, table in {**tables, "regret": play_regret(learned)}.items():
            figure = plot_learning_figure(table, "x")
            save_figure(figure, tmp_path / kind, {}, ["png"])
            assert (tmp_path / f"{kind}.png").stat().st_size > 5_000


def test_few_uneven_checkpoints_are_still_numbers(game: Game) -> None:
    result = learn(Population.of(game, RothErev(PLANS), RothErev(PLANS)), 5, 30, 1, checkpoints=[4, 5, 30])
    assert next(iter(plot_learning(learning_curve(result, "payoffs")).lines)).get_xdata()[0] == 4


def test_a_panel_holds_one_kind_and_plans_of_one_seat(learned: Learned) -> None:
    with pytest.raises(ValueError, match="one kind, and of plans one seat"):
        plot_learning(learning_curve(learned))


# --------------------------------------------------------------------------------------------- the page


def test_the_page_on_learning_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                   capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "learning"}
    for language, code in re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL):
        assert language == "python"
        exec(compile(code, "learning.md", "exec"), names)
    printed = capsys.readouterr().out
    assert "matcher / matcher" in printed
    assert "subgame_perfect" in printed
    assert Path("learning.png").exists()


def test_the_page_lists_every_parameter_with_its_default() -> None:
    listed: dict[tuple[str, str], str] = {}
    rule = ""
    for name, parameter, default in re.findall(r"^\| (?:`(\w+)`)? ?\| `(\w+)` \| [^|]+ \| (\S+) \|", PAGE,
                                               re.MULTILINE):
        rule = name or rule
        listed[rule, parameter] = default
    expected = {(name, item.name): yaml.safe_dump(item.default).splitlines()[0]
                for name, kind in RULES.items() for item in fields(kind) if item.name != "plans"}
    assert set(listed) == set(expected)
    for key, default in expected.items():
        assert yaml.safe_load(listed[key].replace("inf", ".inf")) == yaml.safe_load(default), key
