"""The compiled tables against the rules of the game, clause by clause and by hand."""

from __future__ import annotations

import numpy as np
import oracle
import pytest
import strategies
from hypothesis import given, settings
from oracle import State

from negotiation import game as rules
from negotiation.checks import chance_probabilities, check_game
from negotiation.engines.trajectory import play_week
from negotiation.game import Game, compile_game
from negotiation.scenario import Scenario
from negotiation.vocabulary import DISPUTANTS, Actor, Chance, Move, Outcome, Stance, opponent

E, H, A, S, D = Move
QUIET, URGE, CONVENE, PRESS_TOKYO, PRESS_SEOUL = Stance


def payoffs(game: Game, state: State, stance: Stance, moves: tuple[Move, Move]) -> list[float]:
    return [float(game.payoff[actor, stance, moves[0], moves[1], game.state(*state)]) for actor in Actor]


# ------------------------------------------------------------------------------------ the words


def test_options_are_numbered_in_the_order_of_the_rules() -> None:
    assert Stance.keys() == ("quiet", "urge", "convene", "press_tokyo", "press_seoul")
    assert Move.keys() == ("escalate", "hold", "appeal", "standstill", "step_down")
    assert Actor.keys() == ("tokyo", "seoul", "washington")
    assert set(Outcome.keys()) == {"settlement", "rupture", "standstill", "stalemate", "escalated"}
    for words in (Stance, Move, Actor, Outcome, Chance):
        assert [int(word) for word in words] == list(range(len(words)))
        assert [words.parse(key) for key in words.keys()] == list(words)  # noqa: SIM118


def test_a_word_that_is_none_is_refused_with_what_is_allowed() -> None:
    with pytest.raises(ValueError, match="'negotiate' is not a move; allowed: escalate, hold, appeal"):
        Move.parse("negotiate")


def test_opponents() -> None:
    assert [opponent(seat) for seat in DISPUTANTS] == [Actor.SEOUL, Actor.TOKYO]
    with pytest.raises(ValueError, match="third party"):
        opponent(Actor.WASHINGTON)


# ------------------------------------------------------------------------- the whole grid, twice


@settings(max_examples=10)
@given(strategies.scenarios(max_rungs=3))
def test_every_table_entry_follows_the_rules(scenario: Scenario) -> None:
    check_tables(scenario, compile_game(scenario))


def test_every_table_entry_of_the_reference_follows_the_rules(reference: Scenario, game: Game) -> None:
    check_tables(reference, game)


def check_tables(scenario: Scenario, game: Game) -> None:
    """Compare each state, stance and pair of legal moves with the oracle."""
    states = oracle.all_states(scenario)
    assert [game.state(*state) for state in states] == list(range(game.n_states))
    assert game.start == game.state(*oracle.start(scenario))
    assert [(*game.rungs[:, s], game.standstill[s], game.appeals[s]) for s in range(game.n_states)] == states
    close(game.tension, [oracle.tension(scenario, state.tokyo, state.seoul) for state in states])
    held = [Outcome.STANDSTILL if c else Outcome.ESCALATED if e else Outcome.STALEMATE
            for c, e in zip(game.standstill, game.escalated, strict=True)]
    assert held == [oracle.still_going(scenario, state) for state in states]
    for seat in DISPUTANTS:
        legal = [[move in oracle.legal_moves(scenario, seat, state) for state in states] for move in Move]
        assert np.array_equal(game.legal[seat], legal)
    assert game.legal_stances.all()

    found = [(stance, mt, ms, s, oracle.play(scenario, state, stance, mt, ms))
             for s, state in enumerate(states) for stance in Stance
             for mt in oracle.legal_moves(scenario, Actor.TOKYO, state)
             for ms in oracle.legal_moves(scenario, Actor.SEOUL, state)]
    at = tuple(np.array([entry[axis] for entry in found]) for axis in range(4))
    played = [entry[4] for entry in found]
    k = game.afterstate[at[1:]]
    close(game.payoff[(slice(None), *at)].T, [one.payoffs for one in played])
    close(game.settlement_payoff[:, at[0], k].T, [one.settlement_pays for one in played])
    close(np.broadcast_to(game.rupture_payoff, (len(played), 3)), [one.rupture_pays for one in played])
    assert np.array_equal(game.breach[at[1:]], [one.breach for one in played])
    assert np.array_equal(game.after_status[k] > 0, [one.in_force for one in played])
    assert np.array_equal(game.after_rungs[:, k].T, [one.rungs for one in played])
    assert np.array_equal(game.after_appeals[k], [one.appeals for one in played])
    close(game.after_tension[k], [oracle.tension(scenario, *one.rungs) for one in played])

    results = np.array([[one.results[chance][0] for chance in Chance] for one in played])
    close(chance_probabilities(game)[(slice(None), *at)].T, results)
    close(rules.chance_thresholds(game)[(slice(None), *at)].T, np.cumsum(results, axis=1)[:, :3])
    h, rho, lapse = game.settlement[at], game.rupture[k], game.lapse[k]
    close(np.stack([h, (1 - h) * rho, (1 - h) * (1 - rho) * lapse]).T, results[:, :3])
    assert np.array_equal(game.next_on[k], [game.state(*one.results[Chance.ON][1]) for one in played])
    lapsed = np.array([game.state(*one.results[Chance.LAPSE][1]) for one in played])
    assert np.array_equal(game.next_lapsed[k][lapse > 0], lapsed[lapse > 0])


def close(actual: np.ndarray, expected: object) -> None:
    np.testing.assert_allclose(actual, np.array(expected), rtol=0, atol=1e-12)


# ------------------------------------------------------------------------ by hand, on the reference


@pytest.mark.parametrize(("state", "stance", "moves", "expected"), [
    # Tokyo removes Seoul from the white list while Washington urges restraint:
    # 2*.48 - .18 - .10 - .5*1; 2*.15 - .03 - .60; -.2*(.6+.1) - (.6/2+.2/2)^2 - .6*1
    (State(2, 1, 0, 0), URGE, (E, H), (0.18, -0.33, -0.90)),
    # Tokyo signs, Seoul does not: Tokyo .6 - .08 - .10 - .9*(1-.6); Seoul is snubbing: .5*.5*1.
    (State(2, 1, 0, 0), CONVENE, (S, H), (0.06, 0.3 - 0.03 - 0.35 - 0.25, -0.2 * 0.45 - 0.09 - 1.2)),
    # Both sign: harms shrink by a quarter.
    (State(2, 1, 0, 0), QUIET, (S, S), (0.52 - 0.075 - 0.9, 0.27 - 0.2625 - 0.6, -0.2 * 0.3375 - 0.09)),
    # A breach under pressure: Tokyo pays .5*2.5 + 1; a hold against a standstill in force is no snub.
    (State(2, 1, 1, 0), PRESS_TOKYO, (E, H), (0.96 - 0.18 - 0.10 - 1.25 - 1.0, -0.33, -0.14 - 0.16 - 1.2)),
    (State(2, 1, 1, 0), PRESS_TOKYO, (H, S), (0.52 - 0.075, 0.27 - 0.2625 - 0.6 * 0.7, -0.0675 - 0.09 - 1.2)),
    # Seoul steps down with cover .3; both invited Washington last week, which lifts .7 of the effort.
    (State(2, 1, 0, 2), PRESS_SEOUL, (A, D), (0.52 - 0.25, 0 - 0.35 - 0.6 * 0.7, -0.07 - 0.04 - 1.2 * 0.3)),
])
def test_payoffs_of_a_week(game: Game, state: State, stance: Stance, moves: tuple[Move, Move],
                           expected: tuple[float, float, float]) -> None:
    assert payoffs(game, state, stance, moves) == pytest.approx(expected, abs=1e-12)


def test_affinity_shares_in_whole_payoffs(reference: Scenario, game: Game) -> None:
    partial = compile_game(reference.override({"washington.affinity.tokyo": 0.5, "washington.affinity.seoul": -2}))
    shift = 0.5 * game.payoff[0] - 2 * game.payoff[1]
    assert partial.payoff[2] == pytest.approx(game.payoff[2] + shift, abs=1e-12)
    assert (partial.payoff[:2] == game.payoff[:2]).all()
    assert partial.rupture_payoff[2] == pytest.approx(-40 + 0.5 * -15 - 2 * -15)


@pytest.mark.parametrize(("rungs", "expected"), [((0, 0), 0.5), ((5, 0), 1.0), ((0, 5), 0.0), ((3, 1), 0.7)])
def test_settlement_divides_the_stake_by_the_lead(game: Game, rungs: tuple[int, int], expected: float) -> None:
    k = [k for k in range(game.n_afterstates) if tuple(game.after_rungs[:, k]) == rungs]
    assert game.settlement_payoff[0][:, k] == pytest.approx(20 * expected)
    assert game.settlement_payoff[1][:, k] == pytest.approx(20 * (1 - expected))
    assert (game.settlement_payoff[2][:, k] == [[4.0], [5.0], [5.0], [5.0], [5.0]]).all()


def test_leverage_beyond_the_whole_stake_is_clipped(reference: Scenario) -> None:
    game = compile_game(reference.override({"standstill.leverage": 3}))
    assert game.settlement_payoff[:2].min() == 0
    assert game.settlement_payoff[:2].max() == 20
    assert game.settlement_payoff[0] + game.settlement_payoff[1] == pytest.approx(20)


@pytest.mark.parametrize(("state", "stance", "moves", "h", "rho", "lapse"), [
    (State(2, 1, 0, 0), QUIET, (H, H), 0.2 * 0.01 * (1 - 0.5 * 0.3), 0.03 * 0.09, 0),
    (State(2, 1, 0, 2), CONVENE, (S, S), 0.04 * 2 * (1 - 0.5 * 0.3), 0.03 * 0.09 * 0.2, 0),
    (State(2, 1, 0, 2), QUIET, (S, S), 0.01 * (1 - 0.5 * 0.3), 0.03 * 0.09 * 0.2, 0),
    (State(2, 1, 1, 1), URGE, (H, A), 0.015 * 1.25 * (1 - 0.5 * 0.3), 0.03 * 0.09 * 0.2, 0.25),
    (State(2, 1, 1, 1), URGE, (S, S), 0.015 * 1.25 * (1 - 0.5 * 0.3), 0.03 * 0.09 * 0.2, 0),
    (State(4, 5, 1, 0), URGE, (E, H), 0.2 * 0.015 * 0.5, 0.03, 0),
])
def test_chances_of_a_week(game: Game, state: State, stance: Stance, moves: tuple[Move, Move], h: float, rho: float,
                           lapse: float) -> None:
    k = game.afterstate[(*moves, game.state(*state))]
    assert game.settlement[(stance, *moves, game.state(*state))] == pytest.approx(h, abs=1e-15)
    assert game.rupture[k] == pytest.approx(rho, abs=1e-15)
    assert game.lapse[k] == pytest.approx(lapse, abs=1e-15)


def test_an_endless_standstill_never_lapses_and_the_shortest_always_does(reference: Scenario) -> None:
    assert (compile_game(reference.override({"standstill.length": float("inf")})).lapse == 0).all()
    shortest = compile_game(reference.override({"standstill.length": 1}))
    assert (shortest.lapse[shortest.after_status == rules.Status.CONTINUED] == 1).all()


def test_rules_hold_for_single_numbers_too(reference: Scenario, game: Game) -> None:
    one = (rules.position_payoff(reference, Actor.SEOUL, 2, 2, False)
           + rules.act_payoff(reference, Actor.SEOUL, PRESS_SEOUL, E, S, 0))
    s = game.state(2, 1, 0, 0)
    assert float(one) == pytest.approx(game.payoff[1, PRESS_SEOUL, S, E, s])
    assert bool(rules.is_legal(E, 5, 5)) is False
    assert bool(rules.is_legal(D, 1, 5)) is True
    assert rules.tension(3, 1, 5, 5) == pytest.approx(0.4)


# ------------------------------------------------------------------------------ one week, one draw


def test_the_chance_draw_runs_settled_rupture_lapse_on(reference: Scenario) -> None:
    game = compile_game(reference.override({
        "washington.stances.urge.talks": 0.5, "rupture.hazard": 1.0, "standstill.drag": 0.0,
        "standstill.calm": 0.9}))
    state = game.state(5, 4, 1, 0)
    h, rho, lapse = 0.5, 0.9**2 * 0.9, 0.25
    ends = [h, h + (1 - h) * rho, h + (1 - h) * rho + (1 - h) * (1 - rho) * lapse, 1.0]
    for chance, low, high in zip(Chance, [0.0, *ends], ends, strict=False):
        for u in (low + 1e-9, (low + high) / 2, high - 1e-9):
            week = play_week(game, 3, state, URGE, Actor.TOKYO, (H, H), u)
            assert week.chance is chance
            assert week.over == (chance in (Chance.SETTLED, Chance.RUPTURE))
            if not week.over:
                held = int(chance is Chance.ON)
                assert week.next_state == game.state(5, 4, held, 0)
                assert week.end_payoffs == (0, 0, 0)


def test_a_draw_on_the_very_edge_belongs_to_the_next_result(reference: Scenario) -> None:
    certain = compile_game(reference.override({
        "washington.stances.urge.talks": 0.5, "rupture.hazard": 0.0, "standstill.drag": 0.0}))
    state = certain.state(1, 1, 1, 0)
    assert play_week(certain, 1, state, URGE, Actor.SEOUL, (S, S), 0.5).chance is Chance.ON
    below = play_week(certain, 1, state, URGE, Actor.SEOUL, (S, S), 0.5 - 2.0**-53)
    assert below.chance is Chance.SETTLED
    assert below.end_payoffs == pytest.approx((10, 10, 5))


def test_an_illegal_move_is_refused(game: Game) -> None:
    with pytest.raises(ValueError, match=r"seoul: step_down is illegal in state .*rungs 2 and 0"):
        play_week(game, 1, game.state(2, 0), QUIET, Actor.TOKYO, (H, D), 0.5)


def test_the_reference_satisfies_every_invariant(game: Game) -> None:
    check_game(game)
