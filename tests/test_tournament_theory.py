"""The analysis of tournaments: rankings by hand, equilibria by definition and against Gambit, textbook ESS."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from negotiation.tournament import (
    Contest,
    against,
    bimatrix_equilibria,
    flow,
    is_stable,
    mixture,
    ranking,
    replicator,
    replicator_pair,
    rest_points,
    symmetric_equilibria,
    symmetrised,
)
from negotiation.tournament import equilibria as module
from negotiation.tournament.equilibria import equilibrium, undominated
from negotiation.tournament.replicator import jacobian, long_times
from negotiation.tournament.report import equilibria_table, meta_game, mixed
from negotiation.tournament.symmetric import strictly_copositive
from negotiation.vocabulary import Actor

NAMES = {"tokyo": "Tokyo", "seoul": "Seoul", "washington": "Washington"}


def contest_of(a: Any, b: Any, tokyo: tuple[str, ...] = ("x", "y"), seoul: tuple[str, ...] = ("x", "y"),
               error: float = 0.0, **changed: Any) -> Contest:
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    payoff = np.stack([a, b, np.zeros_like(a)])
    given = {"scenario": "s", "washington": "w", "tokyo": tokyo, "seoul": seoul, "payoff": payoff,
             "error": np.full_like(payoff, error), "regret": np.full_like(payoff, 0.5),
             "outcomes": np.full((5, *a.shape), 0.2), "exact": np.full(a.shape, error == 0), "names": NAMES}
    return Contest(**{**given, **changed})


def random(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


# ---------------------------------------------------------------------------------------------- ranking


def test_a_ranking_by_hand() -> None:
    scores = ranking([contest_of([[4, 0], [3, 2]], [[1, 5], [2, 6]])]).set_index(["seat", "behaviour"])
    # Tokyo: means 2 and 2.5. Seoul: x gets 1 and 2, y 5 and 6. Either seat: x (2 + 1.5) / 2, y (2.5 + 5.5) / 2.
    assert scores["mean"].to_dict() == {("tokyo", "y"): 2.5, ("tokyo", "x"): 2.0, ("seoul", "y"): 5.5,
                                        ("seoul", "x"): 1.5, ("both", "y"): 4.0, ("both", "x"): 1.75}
    assert scores["rank"].tolist() == [1, 2, 1, 2, 1, 2]
    assert scores.loc[("tokyo", "x"), "field_regret"] == 0.5
    assert scores.loc[("both", "x"), "field_regret"] == 2.25
    assert (scores["reply_regret"] == 0.5).all() and scores["exact"].all() and not scores["error"].any()
    assert scores.loc[("tokyo", "x"), ["best_against", "worst_against"]].tolist() == ["x", "y"]
    assert scores.loc[("seoul", "x"), ["best_against", "worst_against"]].tolist() == ["y", "x"]
    # Two opponents drawn of two: x and x, x and y twice, y and y. So x scores 4, 2, 2, 0 and y 3, 2.5, 2.5, 2.
    assert scores.loc[("tokyo", "x"), ["low", "high"]].tolist() == [0, 4]
    assert scores.loc[("tokyo", "y"), ["low", "high"]].tolist() == [2, 3]
    assert scores.loc[("tokyo", "x"), "first"] == pytest.approx(0.25, abs=0.03)
    assert scores.loc[("seoul", "y"), "first"] == 1.0


def test_ranking_pools_third_parties() -> None:
    one = contest_of([[4, 0], [3, 2]], [[1, 5], [2, 6]])
    other = contest_of([[0, 0], [1, 1]], [[0, 0], [0, 0]], washington="v")
    scores = ranking([one, other])
    assert scores["washington"].unique().tolist() == ["w", "v", "all"]
    pooled = scores[scores["washington"] == "all"].set_index(["seat", "behaviour"])["mean"]
    assert pooled[("tokyo", "y")] == (2.5 + 1) / 2 and pooled[("seoul", "x")] == 1.5 / 2


def test_equal_scores_share_a_rank_and_the_first_place() -> None:
    scores = ranking([contest_of([[1, 1], [1, 1]], [[0, 1], [0, 1]])]).set_index(["seat", "behaviour"])
    assert scores.loc["tokyo"]["rank"].tolist() == [1, 1]
    assert scores.loc["tokyo"]["first"].tolist() == [0.5, 0.5]


def test_simulated_pairings_add_their_errors() -> None:
    flat = [[1.0, 1.0], [0.0, 0.0]]
    scores = ranking([contest_of(flat, flat, error=0.1)]).set_index(["seat", "behaviour"])
    # Nothing but sampling: independent errors of 0.1 make 0.1 / sqrt(2) over two opponents drawn once each.
    assert scores.loc[("tokyo", "x"), "error"] == pytest.approx(0.1 / 2**0.5)
    width = scores.loc[("tokyo", "x"), "high"] - scores.loc[("tokyo", "x"), "low"]
    assert 2 * 1.96 * 0.1 / 2**0.5 < width < 2 * 1.96 * 0.1
    assert not scores["exact"].any()
    common = ranking([contest_of(flat, flat, error=0.1, common=True)]).set_index(["seat", "behaviour"])
    assert common.loc[("tokyo", "x"), "error"] == pytest.approx(0.1)


def test_seats_with_other_behaviours_are_ranked_by_themselves() -> None:
    scores = ranking([contest_of([[1, 2], [3, 4]], [[1, 2], [3, 4]], tokyo=("x", "y"), seoul=("y", "z"))])
    assert set(scores["seat"]) == {"tokyo", "seoul"}
    assert ranking([contest_of([[1]], [[2]], tokyo=("x",), seoul=("x",))])["seat"].tolist() == ["tokyo", "seoul"]


def test_a_ranking_does_not_change_with_the_run() -> None:
    contest = contest_of([[4, 0], [3, 2]], [[1, 5], [2, 6]])
    assert ranking([contest], seed=3).equals(ranking([contest], seed=3))
    assert not ranking([contest], seed=3)["first"].equals(ranking([contest], seed=4)["first"])


def test_who_does_well_against_whom() -> None:
    rows = against(contest_of([[4, 0], [3, 2]], [[1, 5], [2, 6]])).set_index(["seat", "behaviour", "opponent"])
    assert rows.loc[("tokyo", "x", "y")].tolist() == [0, -1, 2]
    assert rows.loc[("seoul", "y", "x")].tolist() == [5, 2, 1]


# --------------------------------------------------------------------------------------------- Nash


def regret_of(a: Any, b: Any, x: Any, y: Any) -> float:
    return float(max((a @ y).max() - x @ a @ y, (b.T @ x).max() - x @ b @ y))


@pytest.mark.parametrize("shape", [(2, 2), (2, 3), (3, 3), (4, 3), (5, 5), (7, 8), (12, 12)])
@pytest.mark.parametrize("seed", range(4))
def test_equilibria_hold_by_definition(shape: tuple[int, int], seed: int) -> None:
    a, b = random(seed).normal(size=(2, *shape))
    found = bimatrix_equilibria(a, b)
    assert len(found.found) % 2 == 1  # of a game that is not degenerate, where all are found; and here they are
    for each in found.found:
        assert each.tokyo.sum() == pytest.approx(1) and each.seoul.min() >= 0
        assert regret_of(a, b, each.tokyo, each.seoul) <= 1e-9
        assert each.payoff == pytest.approx((each.tokyo @ a @ each.seoul, each.tokyo @ b @ each.seoul))
        assert {*np.flatnonzero(each.tokyo)} <= {*found.rows} and {*np.flatnonzero(each.seoul)} <= {*found.columns}
    pure = {(i, j) for i, j in itertools.product(*map(range, shape))
            if a[i, j] >= a[:, j].max() and b[i, j] >= b[i].max()}
    strict = {(int(each.tokyo.argmax()), int(each.seoul.argmax())) for each in found.found if each.strict}
    assert strict == pure


@pytest.mark.parametrize("seed", range(8))
def test_equilibria_are_those_that_gambit_finds(seed: int) -> None:
    gambit = pytest.importorskip("pygambit")
    shape = (4 + seed % 4, 3 + seed % 5)
    a, b = np.round(random(seed).normal(size=(2, *shape)), 3)
    game = gambit.StrategicGame.from_arrays(a, b)
    theirs = [[np.array([float(profile[player][strategy]) for strategy in game.get_strategies(player)])
               for player in game.players] for profile in gambit.nash.enummixed_solve(game, rational=False).equilibria]
    found = bimatrix_equilibria(a, b)
    ours = found.found
    assert len(ours) == len(theirs) and found.complete
    for x, y in theirs:
        assert any(np.abs(own.tokyo - x).max() < 1e-6 and np.abs(own.seoul - y).max() < 1e-6 for own in ours)


def test_pivoting_alone_finds_textbook_equilibria(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SMALL", 0)
    found = bimatrix_equilibria(np.array([[2.0, 0], [0, 1]]), np.array([[1.0, 0], [0, 2]]))
    assert not found.complete
    assert sorted(tuple(np.round(each.tokyo, 6)) for each in found.found) == [(0, 1), (0.666667, 0.333333), (1, 0)]
    rock = np.array([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]])
    (only,) = bimatrix_equilibria(rock, -rock).found
    np.testing.assert_allclose(only.tokyo, 1 / 3)


def test_iterated_dominance() -> None:
    # The prisoner's dilemma leaves one row and one column; a mixture dominates the third row of the second game.
    assert undominated(np.array([[3.0, 0], [5, 1]]), np.array([[3.0, 5], [0, 1]])) == ((1,), (1,))
    a = np.array([[4.0, 0], [0, 4], [1, 1]])
    assert undominated(a, np.array([[1.0, 0], [0, 1], [0, 0]])) == ((0, 1), (0, 1))
    assert undominated(np.zeros((3, 2)), np.zeros((3, 2))) == ((0, 1, 2), (0, 1))  # ties dominate nothing


def test_degenerate_games_give_equilibria_all_the_same() -> None:
    twice = np.array([[1.0, 1, 0], [1, 1, 0], [0, 0, 2]])
    found = bimatrix_equilibria(twice, twice)
    assert found.found and not found.complete
    assert all(regret_of(twice, twice, each.tokyo, each.seoul) <= 1e-9 for each in found.found)
    large = np.kron(twice, np.ones((4, 4)))
    many = bimatrix_equilibria(large, large.T)
    assert many.found and not many.complete
    assert bimatrix_equilibria(np.zeros((9, 9)), np.zeros((9, 9))).found


@settings(max_examples=60, deadline=None)
@given(arrays(np.float64, (2, 8, 7), elements=st.integers(-3, 3).map(float)))
def test_whole_numbers_make_no_false_equilibrium(payoffs: Any) -> None:
    found = bimatrix_equilibria(*payoffs)
    assert found.found
    for each in found.found:
        assert regret_of(*payoffs, each.tokyo, each.seoul) <= 1e-8


def test_what_is_no_equilibrium_is_not_taken_for_one() -> None:
    a, b = np.array([[3.0, 0], [5, 1]]), np.array([[3.0, 5], [0, 1]])
    assert equilibrium(a, b, np.array([1.0, 0]), np.array([1.0, 0])) is None
    assert equilibrium(a, b, np.array([np.nan, 1]), np.array([0, 1.0])) is None
    assert equilibrium(a, b, np.array([0.0, 2]), np.array([0, 1.0])).strict  # type: ignore[union-attr]


@pytest.mark.parametrize("a", [np.zeros((2, 3)), np.full((2, 2), np.nan), np.zeros((0, 0))])
def test_payoffs_that_make_no_game_are_refused(a: Any) -> None:
    with pytest.raises(ValueError, match="payoffs: shapes"):
        bimatrix_equilibria(a, np.zeros((2, 2)) if a.size else a)


def test_paths_end() -> None:
    assert module._leaving(np.array([[-1.0, 1.0]]), 0, np.array([1])) is None


# -------------------------------------------------------------------------------------- symmetrised, ESS


def test_symmetrisation_by_hand() -> None:
    a, b = np.array([[1.0, 2], [3, 4]]), np.array([[10.0, 20], [30, 40]])
    # i against j: half of Tokyo's payoff of (i, j), half of Seoul's of (j, i).
    assert symmetrised(a, b).tolist() == [[5.5, 16], [11.5, 22]]
    with pytest.raises(ValueError, match="payoffs: shapes"):
        symmetrised(np.zeros((2, 3)), np.zeros((2, 3)))


def stable(g: Any, **options: Any) -> list[list[float]]:
    return [np.round(each.shares, 9).tolist() for each in symmetric_equilibria(np.array(g, dtype=float), **options)
            if each.stable]


def test_textbook_stability() -> None:
    value, cost = 2.0, 3.0  # Maynard Smith's hawks and doves: a share value / cost of hawks
    hawk_dove = [[(value - cost) / 2, value], [0, value / 2]]
    assert stable(hawk_dove) == [[0.666666667, 0.333333333]]
    assert stable([[3, 0], [5, 1]]) == [[0, 1]]  # prisoner's dilemma: defection
    assert stable([[2, 0], [0, 1]]) == [[1, 0], [0, 1]]  # coordination: both ends
    assert len(symmetric_equilibria(np.diag([2.0, 1.0]))) == 3
    rock = np.array([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]])
    assert stable(rock) == [] and len(symmetric_equilibria(rock)) == 1
    assert stable(rock + 0.1 * (1 - np.eye(3))) == [[0.333333333] * 3]  # a tie costs: stable
    assert stable(rock - 0.1 * (1 - np.eye(3))) == []  # a tie pays: not


def test_stability_against_best_replies_outside_the_support() -> None:
    # The second behaviour is as good a reply to the first; what counts is how each does against the second.
    assert is_stable(np.array([[1.0, 2], [1, 1]]), np.array([1.0, 0])) is True
    assert is_stable(np.array([[1.0, 1], [1, 1]]), np.array([1.0, 0])) is False
    # Two such mutants that are harmless alone, and not together: the matrix of differences is not copositive.
    g = np.array([[1.0, 1, 1], [1, 0.5, 3], [1, 3, 0.5]])
    assert is_stable(g[:2, :2], np.array([1.0, 0])) is True
    assert is_stable(g, np.array([1.0, 0, 0])) is False


def brute(g: Any, p: Any, draws: Any) -> bool:
    """Stability by its definition, over many drawn invaders that are best replies."""
    worth = g @ p
    replies = worth >= worth.max() - 1e-9
    for weights in draws:
        q = np.where(replies, weights, 0.0)
        if not q.sum() > 0:
            continue
        q = q / q.sum()
        if np.abs(q - p).max() > 1e-3 and not (p - q) @ g @ q > 0:
            return False
    return True


@pytest.mark.parametrize("seed", range(6))
def test_stability_by_definition(seed: int) -> None:
    draw = random(seed)
    weights = [draw.dirichlet(np.full(4, 0.5)) for _ in range(3000)]
    for _ in range(6):
        g = draw.integers(-3, 4, size=(4, 4)).astype(float)
        for each in symmetric_equilibria(g, 4):
            assert each.regret <= 1e-9 and (g @ each.shares).max() <= each.payoff + 1e-9
            near = [0.98 * each.shares + 0.02 * row for row in weights]
            if each.stable is not None and each.stable != brute(g, each.shares, weights + near):
                # Only a weak inequality may tell them apart: drawn invaders meet no equality.
                assert not each.stable


@pytest.mark.parametrize(("matrix", "expected"), [
    ([[1.0]], True), ([[0.0]], False), ([[1, -1], [-1, 1]], False), ([[1, -0.9], [-0.9, 1]], True),
    ([[1, 5], [5, 0.1]], True), ([[0, 1], [1, 1]], False), ([[1, -1, 2], [-1, 1, 2], [2, 2, 1]], False)])
def test_strict_copositivity(matrix: Any, expected: bool) -> None:
    assert strictly_copositive(np.array(matrix, dtype=float)) is expected


def test_large_supports_wait_to_be_asked_for() -> None:
    draws = 0.1 * (1 - np.eye(5)) + np.array([[((j - i) % 5 in (1, 2)) - ((i - j) % 5 in (1, 2)) for j in range(5)]
                                              for i in range(5)])
    assert symmetric_equilibria(draws) == []
    (whole,) = symmetric_equilibria(draws, support=5)
    np.testing.assert_allclose(whole.shares, 0.2)
    assert whole.stable and mixture(draws, whole.shares).best == (0, 1, 2, 3, 4)


# --------------------------------------------------------------------------------------- replicator


@pytest.mark.parametrize("seed", range(4))
def test_replicator_is_nashpys(seed: int) -> None:
    nashpy = pytest.importorskip("nashpy")
    draw = random(seed)
    times = np.linspace(0, 10, 60)
    g, start = draw.normal(size=(4, 4)), draw.dirichlet(np.ones(4))
    np.testing.assert_allclose(replicator(g, start, times), nashpy.Game(g, g.T).replicator_dynamics(start, times),
                               atol=1e-6)
    a, b = draw.normal(size=(2, 3, 4))
    x, y = draw.dirichlet(np.ones(3)), draw.dirichlet(np.ones(4))
    ours, theirs = replicator_pair(a, b, (x, y), times), nashpy.Game(a, b).asymmetric_replicator_dynamics(x, y, times)
    for own, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(own, other, atol=1e-6)


def test_the_simplex_is_kept_and_what_is_not_there_stays_away() -> None:
    g = random(1).normal(size=(5, 5)) * 10
    path = replicator(g, np.array([0.5, 0.5, 0, 0, 0]), long_times(g))
    assert np.abs(path.sum(axis=1) - 1).max() < 1e-12 and path.min() >= 0 and not path[:, 2:].any()
    np.testing.assert_allclose(path[0], [0.5, 0.5, 0, 0, 0])


def test_hawks_and_doves_end_where_they_are_stable() -> None:
    g = np.array([[-0.5, 2], [0, 1.0]])
    assert replicator(g, np.array([0.01, 0.99]), long_times(g))[-1] == pytest.approx([2 / 3, 1 / 3], abs=1e-4)
    assert [(point.shares.round(6).tolist(), point.kind) for point in rest_points(g)] == [
        ([1, 0], "source"), ([0, 1], "source"), ([0.666667, 0.333333], "sink")]


def test_rock_paper_scissors_goes_around() -> None:
    rock = np.array([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]])
    path = replicator(rock, np.array([0.6, 0.2, 0.2]), np.linspace(0, 60, 200))
    assert np.prod(path, axis=1) == pytest.approx(0.024, rel=1e-5)  # the product of shares is conserved
    assert [point.kind for point in rest_points(rock)] == ["saddle"] * 3 + ["neutral"]


def test_the_jacobian_is_the_derivative_of_the_flow() -> None:
    draw = random(2)
    g, x = draw.normal(size=(4, 4)), draw.dirichlet(np.ones(4))
    step = 1e-6
    for k, column in enumerate(jacobian(g, x).T):
        away = step * (np.eye(4)[k] - np.eye(4)[3])
        np.testing.assert_allclose(((flow(g, x + away) - flow(g, x - away)) / (2 * step))[:3], column, atol=1e-8)


def test_no_mixture_is_no_start() -> None:
    with pytest.raises(ValueError, match="start: "):
        replicator(np.eye(2), np.array([0.5, 0.6]), np.array([0.0, 1.0]))


# --------------------------------------------------------------------------------------- as a report


def test_a_meta_game_in_words_and_rows() -> None:
    game = meta_game(contest_of([[2, 0], [0, 1]], [[1, 0], [0, 2]]))
    assert game.told() == ("Washington w: 3 Nash equilibria, 2 strict: x against x; y against y; either seat, "
                           "evolutionarily stable: x; y")
    rows = equilibria_table([game])
    assert rows[rows["game"] == "seats"].groupby("equilibrium")["share"].sum().tolist() == [2, 2, 2]
    assert (rows["regret"] <= 1e-9).all()
    assert mixed(np.array([0.3, 0.7]), ("x", "y")) == "0.70 y + 0.30 x"
    lonely = meta_game(contest_of([[1, 2]], [[1, 2]], tokyo=("x",), seoul=("y", "z")))
    assert lonely.path is None and lonely.symmetric == () and "z" in lonely.told()


def test_payoffs_of_a_contest_by_seat() -> None:
    contest = contest_of([[1, 2], [3, 4]], [[5, 6], [7, 8]], tokyo=("x", "y"), seoul=("y", "z"))
    assert contest.own(contest.payoff, Actor.SEOUL).tolist() == [[5, 7], [6, 8]]
    assert contest.shared == ("y",) and [part.tolist() for part in contest.square()] == [[[3]], [[7]]]
    with pytest.raises(ValueError, match="read-only"):
        contest.payoff[0, 0, 0] = 1.0
