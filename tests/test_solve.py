"""Equilibrium, best replies and regret: by definition, by limits, and against plain recursion."""

from __future__ import annotations

import itertools
import math

import numpy as np
import oracle
import pytest
import strategies
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from oracle import Decision, State

from negotiation.engines.exact import propagate
from negotiation.game import Game, compile_game
from negotiation.policy import DisputantPolicy, Policy, PolicyError, Profile, same, uniform
from negotiation.scenario import Scenario
from negotiation.solve import (
    Solution,
    TooLargeError,
    action_values,
    backward_induction,
    best_response,
    evaluate,
    move_alternatives,
    regret,
    respond_to,
    rupture_lovers,
    stance_alternatives,
)
from negotiation.vocabulary import DISPUTANTS, Actor, Move, Stance

TOKYO, SEOUL, WASHINGTON = Actor
small = strategies.scenarios(max_rungs=3, max_rounds=2, max_shadow=1)
INF = math.inf


def uniform_profile(game: Game) -> Profile:
    return Profile(*(uniform(game, seat) for seat in Actor))  # type: ignore[arg-type]


def random_profile(game: Game, seed: int, style: str = "dense") -> Profile:
    policies = (strategies.random_policy(game, seat, seed + seat, style, game.horizon) for seat in Actor)
    return Profile(*policies)  # type: ignore[arg-type]


def row_of(policy: Policy, decision: Decision, state: int) -> np.ndarray:
    if isinstance(policy, DisputantPolicy):
        return policy.at(decision.round, state, int(decision.stance), decision.first)  # type: ignore[arg-type]
    return policy.at(decision.round, state)


def assert_plays(profile: Profile, tree: oracle.Tree, game: Game, tolerance: float = 1e-9) -> None:
    """Every decision that the recursion reached has the recursion's probabilities."""
    for decision, expected in tree.rows.items():
        row = row_of(profile[decision.actor], decision, game.state(*decision.state))
        full = [expected.get(option, 0.0) for option in range(len(row))]
        assert np.abs(row - full).max() <= tolerance, decision


# ---------------------------------------------------------------------------- against the oracle


@settings(max_examples=15)
@given(strategies.scenarios(max_rounds=2, max_shadow=1))
def test_equilibrium_agrees_with_plain_recursion(scenario: Scenario) -> None:
    game, tree = compile_game(scenario), oracle.equilibrium(scenario)
    solution = backward_induction(game)
    value = tree.value(0, oracle.start(scenario))
    assert [solution.value(actor) for actor in Actor] == pytest.approx(value, abs=1e-9)
    for (round_, state), expected in tree.memory.items():
        assert solution.values[round_, :, game.state(*state)] == pytest.approx(expected, abs=1e-9)
    assert_plays(solution.profile, tree, game)


def test_the_reference_agrees_with_plain_recursion(reference: Scenario) -> None:
    scenario = reference.override({"rounds": 2, "shadow": 1, "washington.affinity.tokyo": 0.3})
    game, tree = compile_game(scenario), oracle.equilibrium(scenario)
    solution = backward_induction(game)
    expected = tree.value(0, oracle.start(scenario))
    assert [solution.value(actor) for actor in Actor] == pytest.approx(expected, abs=1e-9)
    assert_plays(solution.profile, tree, game)


MIXED = [(0.0, INF, 2.0), (INF, 3.0, INF), (1.0, 0.0, INF), (INF, INF, 0.5), (0.2, 7.0, 1.1)]


@pytest.mark.parametrize("levels", MIXED)
@settings(max_examples=5)
@given(scenario=small)
def test_precisions_may_differ_finite_beside_infinite(levels: tuple[float, float, float],
                                                      scenario: Scenario) -> None:
    game, tree = compile_game(scenario), oracle.equilibrium(scenario, levels)
    solution = backward_induction(game, np.array(levels))
    expected = tree.value(0, oracle.start(scenario))
    assert [solution.value(actor) for actor in Actor] == pytest.approx(expected, abs=1e-9)
    assert_plays(solution.profile, tree, game)
    assert solution.precision == levels


@settings(max_examples=12)
@given(scenario=strategies.scenarios(max_rungs=3, max_rounds=2, max_shadow=0), data=st.data())
def test_values_and_regret_of_any_profile_agree_with_plain_recursion(scenario: Scenario,
                                                                     data: st.DataObject) -> None:
    game = compile_game(scenario)
    profile = data.draw(strategies.profiles(game))
    behaviour = oracle.behaviour_of(profile, scenario)
    expected = oracle.expected(scenario, behaviour, game.horizon)
    assert evaluate(game, profile)[0, :, game.start] == pytest.approx(expected, abs=1e-9)
    assert regret(game, profile) == pytest.approx(oracle.regret(scenario, behaviour), abs=1e-9)


# ----------------------------------------------------------------------------------- by definition


@pytest.mark.parametrize("round_", [0, 25, 60, 77])
def test_every_decision_is_logit_in_what_its_options_are_worth(game: Game, solution: Solution, round_: int) -> None:
    """Log odds of two options are precision times the difference of their values."""
    rng = np.random.default_rng(round_)
    for state in rng.choice(game.n_states, 25, replace=False):
        here = stance_alternatives(solution, round_, int(state))
        assert_logit(here.values, here.probabilities)
        mean = here.probabilities @ here.values
        assert mean == pytest.approx(solution.values[round_, WASHINGTON, state], abs=1e-9)
        for seat, stance, first in itertools.product(DISPUTANTS, (Stance.QUIET, Stance.CONVENE), [None, *Move]):
            other = TOKYO if seat is SEOUL else SEOUL
            if first is not None and not game.legal[other, first, state]:
                continue
            choice = move_alternatives(solution, seat, round_, int(state), stance, first)
            legal = game.legal[seat, :, state]
            assert np.isnan(choice.values[~legal]).all()
            assert (choice.probabilities[~legal] == 0).all()
            assert_logit(choice.values[legal], choice.probabilities[legal])


def assert_logit(values: np.ndarray, probabilities: np.ndarray, precision: float = 2.5) -> None:
    odds = np.log(probabilities / probabilities[0])
    assert odds == pytest.approx(precision * (values - values[0]), abs=1e-9)
    assert probabilities.sum() == pytest.approx(1, abs=1e-13)


def test_option_values_are_payoff_now_and_value_later(game: Game, solution: Solution) -> None:
    state = game.state(2, 1, 1, 2)
    q = action_values(solution, 4, state)
    for stance, mt, ms in itertools.product(Stance, Move, Move):
        played = oracle.play(game.scenario, State(2, 1, 1, 2), stance, mt, ms)
        for actor in Actor:
            later = [played.settlement_pays[actor], played.rupture_pays[actor]]
            later += [solution.value(actor, game.state(*following), 5)
                      for _, following in list(played.results.values())[2:]]
            ahead = sum(p * worth for (p, _), worth in zip(played.results.values(), later, strict=True))
            expected = played.payoffs[actor] + 0.97 * ahead
            assert q[actor, stance, mt, ms] == pytest.approx(expected, abs=1e-9)


def test_equilibrium_values_are_those_of_its_own_play(game: Game, solution: Solution) -> None:
    assert np.abs(evaluate(game, solution.profile) - solution.values).max() < 1e-9
    assert (solution.values[-1] == 0).all()


def test_a_solution_says_where_it_comes_from(game: Game, solution: Solution) -> None:
    assert solution.game is game
    assert "logit" in solution.method
    assert solution.precision == (2.5, 2.5, 2.5)
    assert solution.version
    assert not solution.values.flags.writeable
    assert solution.values.shape == (79, 3, 216)
    assert solution.value(SEOUL) == solution.values[0, SEOUL, game.start]


# --------------------------------------------------------------------------------------- symmetries


def mirrored(scenario: Scenario) -> Scenario:
    """The same dispute with the two sides exchanged."""
    plain = scenario.to_dict()
    plain["tokyo"], plain["seoul"] = plain["seoul"], plain["tokyo"]
    start, third = plain["start"], plain["washington"]
    start["tokyo"], start["seoul"] = start["seoul"], start["tokyo"]
    third["affinity"] = {"tokyo": third["affinity"]["seoul"], "seoul": third["affinity"]["tokyo"]}
    stances = third["stances"]
    stances["press_tokyo"], stances["press_seoul"] = stances["press_seoul"], stances["press_tokyo"]
    for effect in stances.values():
        effect["pressure_tokyo"], effect["pressure_seoul"] = effect["pressure_seoul"], effect["pressure_tokyo"]
    plain["tokyo_first"] = 1 - plain["tokyo_first"]
    return Scenario.from_dict(plain)


@settings(max_examples=20)
@given(strategies.scenarios(precision=strategies.finite_precisions))
def test_exchanging_the_sides_exchanges_the_results(scenario: Scenario) -> None:
    here, there = (backward_induction(compile_game(one)) for one in (scenario, mirrored(scenario)))
    for actor, image in ((TOKYO, SEOUL), (SEOUL, TOKYO), (WASHINGTON, WASHINGTON)):
        assert here.value(actor) == pytest.approx(there.value(image), abs=1e-8)
    chances = [propagate(one.game, one.profile).outcome_probabilities() for one in (here, there)]
    assert chances[0] == pytest.approx(chances[1], abs=1e-8)


@given(scenario=strategies.scenarios(precision=strategies.finite_precisions), unit=st.sampled_from([0.25, 4.0]))
def test_the_unit_of_payoffs_does_not_matter(scenario: Scenario, unit: float) -> None:
    """Payoffs in another unit, precision (1/payoff) to match: the same play, values in the new unit.

    At infinite precision the width of a tie, 1e-12, is not a payoff that anyone rescales.
    """
    plain = scenario.to_dict()
    for seat in ("tokyo", "seoul"):
        for rung in plain[seat]["ladder"]:
            for column in ("gain", "cost", "harm"):
                rung[column] *= unit
        for name in ("standing", "backdown", "offer", "appeal", "breach", "stake", "rupture"):
            plain[seat][name] *= unit
    for name in ("attention", "alliance", "prize", "credit", "rupture"):
        plain["washington"][name] *= unit
    for seat in ("tokyo", "seoul", "washington"):
        plain[seat]["precision"] /= unit
    here, there = (backward_induction(compile_game(one)) for one in (scenario, Scenario.from_dict(plain)))
    assert there.values == pytest.approx(unit * here.values, abs=1e-8)
    assert all(same(one, other, 1e-8) for one, other in zip(here.profile, there.profile, strict=True))


def test_a_third_party_without_means_changes_nothing(reference: Scenario) -> None:
    """Fey & Ramsay (2010): no pressure, no cover, no welcome, equal talks: the stance is idle."""
    idle = {f"washington.welcome[{a}]": 0.0 for a in range(3)}
    for stance in Stance:
        for name, value in (("pressure_tokyo", 0.0), ("pressure_seoul", 0.0), ("cover", 0.0), ("talks", 0.02)):
            idle[f"washington.stances.{stance.key}.{name}"] = value
    game = compile_game(reference.override(idle | {"shadow": 4}))
    solution = backward_induction(game)
    for seat in (solution.profile.tokyo, solution.profile.seoul):
        assert np.abs(seat.first - seat.first[:, :, :1]).max() < 1e-12
        assert np.abs(seat.second - seat.second[:, :, :1]).max() < 1e-12
    chances = [propagate(game, solution.profile.swap(WASHINGTON, policy)).outcome_probabilities()
               for policy in (solution.profile.washington, uniform(game, WASHINGTON))]
    assert chances[0] == pytest.approx(chances[1], abs=1e-12)


# ------------------------------------------------------------------------------------------- limits


def test_precision_zero_is_uniform_play(game: Game) -> None:
    solution = backward_induction(game, np.zeros(3))
    for seat, policy in zip(Actor, solution.profile, strict=True):
        assert same(policy, uniform(game, seat), 1e-15)


def test_infinite_precision_is_subgame_perfect(game: Game) -> None:
    """Nobody gains by another plan, at any state of any round, reached or not."""
    solution = backward_induction(game, np.full(3, INF))
    assert np.abs(regret(game, solution.profile)).max() < 1e-9
    for actor in Actor:
        better = best_response(game, solution.profile, actor).values[:, actor] - solution.values[:, actor]
        assert np.abs(better).max() < 1e-9
    tables = [solution.profile.washington.stance, solution.profile.tokyo.first, solution.profile.seoul.second]
    assert all(set(np.unique(table)) == {0.0, 1.0} for table in tables)
    assert all((table.sum(axis=-1) == 1).all() for table in tables)


@settings(max_examples=20)
@given(strategies.scenarios(precision=st.just(INF)))
def test_infinite_precision_leaves_no_regret(scenario: Scenario) -> None:
    game = compile_game(scenario)
    assert np.abs(regret(game, backward_induction(game).profile)).max() < 1e-9


def test_ties_go_to_the_lowest_numbered_option(reference: Scenario) -> None:
    """Where nothing is worth anything every option ties: quiet, and escalate where legal, else hold."""
    nothing = dict.fromkeys((
        "washington.supply_chain", "washington.alliance", "washington.attention", "washington.prize",
        "washington.credit", "washington.rupture"), 0.0)
    for seat in ("tokyo", "seoul"):
        nothing |= {f"{seat}.{name}": 0.0 for name in (
            "firmness", "standing", "backdown", "offer", "appeal", "breach", "stake", "rupture")}
        nothing |= {f"{seat}.ladder[{k}].{name}": 0.0 for k in range(6) for name in ("cost", "harm")}
    game = compile_game(reference.override(nothing | {"rounds": 2, "shadow": 1}))
    solution = backward_induction(game, np.full(3, INF))
    assert (solution.values == 0).all()
    assert (solution.profile.washington.stance[..., Stance.QUIET] == 1).all()
    for seat in DISPUTANTS:
        top = game.rungs[seat] == 5
        for table in (solution.profile[seat].first, solution.profile[seat].second):
            assert (table[:, ~top, ..., Move.ESCALATE] == 1).all()
            assert (table[:, top, ..., Move.HOLD] == 1).all()


def test_great_precision_comes_close_to_infinite(reference: Scenario) -> None:
    game = compile_game(reference.override({"rounds": 4, "shadow": 4}))
    limit = backward_induction(game, np.full(3, INF)).values
    gaps = [np.abs(backward_induction(game, np.full(3, level)).values - limit).max() for level in (1e2, 1e4, 1e6)]
    assert gaps[2] < 1e-4
    assert gaps == sorted(gaps, reverse=True)


def test_regret_shrinks_as_precision_grows(game: Game) -> None:
    found = [regret(game, backward_induction(game, np.full(3, level)).profile) for level in (1.0, 10.0, 100.0)]
    assert (found[0] > found[1]).all()
    assert (found[1] > found[2]).all()
    assert (found[2] > 0).all()


# ------------------------------------------------------------------------------------------- regret


@settings(max_examples=20)
@given(scenario=small, data=st.data())
def test_no_deviation_beats_the_best_reply_and_the_best_reply_attains_it(scenario: Scenario,
                                                                       data: st.DataObject) -> None:
    game = compile_game(scenario)
    profile, own = (data.draw(strategies.profiles(game)) for _ in range(2))
    base, gains = evaluate(game, profile)[0, :, game.start], regret(game, profile)
    assert (gains > -1e-9).all()
    for actor in Actor:
        reply = best_response(game, profile, actor)
        attained = evaluate(game, profile.swap(actor, reply.profile[actor]))[0, actor, game.start]
        assert attained - base[actor] == pytest.approx(gains[actor], abs=1e-9)
        assert reply.value(actor) == pytest.approx(attained, abs=1e-9)
        other = evaluate(game, profile.swap(actor, own[actor]))[0, actor, game.start]
        assert other <= attained + 1e-9


@pytest.mark.parametrize(("tokyo_first", "plans"), [(1.0, 4), (0.0, 4**4)])
@settings(max_examples=2)
@given(scenario=strategies.scenarios(max_rungs=2, max_rounds=1, max_shadow=0), seed=st.integers(0, 999))
def test_regret_by_trying_every_plan(tokyo_first: float, plans: int, scenario: Scenario, seed: int) -> None:
    """One round, one stance, one order: all of Tokyo's plans can be counted out."""
    scenario = scenario.override({"tokyo_first": tokyo_first})
    game = compile_game(scenario)
    one_stance = strategies.random_policy(game, WASHINGTON, seed, "pure", 1)
    profile = random_profile(game, seed).swap(WASHINGTON, one_stance)
    state, behaviour = oracle.start(scenario), oracle.behaviour_of(profile, scenario)
    legal = oracle.legal_moves(scenario, TOKYO, state)
    openings = [None] if tokyo_first == 1 else oracle.legal_moves(scenario, SEOUL, state)
    values = []
    for plan in itertools.product(legal, repeat=len(openings)):
        answers = dict(zip(openings, plan, strict=True))

        def follow(decision: Decision, answers: dict = answers) -> oracle.Row:
            if decision.actor is TOKYO and decision.first in answers:
                return {int(answers[decision.first]): 1.0}
            return behaviour(decision)

        values.append(oracle.expected(scenario, follow, 1)[TOKYO])
    assert len(values) == plans
    expected = max(values) - oracle.expected(scenario, behaviour, 1)[TOKYO]
    assert regret(game, profile)[TOKYO] == pytest.approx(expected, abs=1e-9)


def test_washingtons_regret_by_trying_every_stance(reference: Scenario) -> None:
    game = compile_game(reference.override({"rounds": 1, "shadow": 0}))
    profile = uniform_profile(game)
    values = []
    for stance in Stance:
        table = np.zeros((1, game.n_states, 5))
        table[..., stance] = 1
        only = type(profile.washington).from_tables(stance.key, table)
        values.append(evaluate(game, profile.swap(WASHINGTON, only))[0, WASHINGTON, game.start])
    assert regret(game, profile)[WASHINGTON] == pytest.approx(max(values) - np.mean(values), abs=1e-12)


# ------------------------------------------------------------------------------- responding, keeping


@pytest.mark.parametrize("keep", [1, 2, 26, 77, 78])
def test_keeping_fewer_rounds_changes_no_value_and_no_kept_row(game: Game, solution: Solution, keep: int) -> None:
    kept = backward_induction(game, keep=keep)
    assert np.array_equal(kept.values, solution.values)
    assert kept.profile.washington.length == keep
    assert np.array_equal(kept.profile.washington.stance, solution.profile.washington.stance[:keep])
    for seat in DISPUTANTS:
        assert np.array_equal(kept.profile[seat].first, solution.profile[seat].first[:keep])
        assert np.array_equal(kept.profile[seat].second, solution.profile[seat].second[:keep])


@settings(max_examples=15)
@given(scenario=small, seed=st.integers(0, 999), seats=st.sets(st.sampled_from(Actor)), stationary=st.booleans())
def test_some_seats_respond_while_others_keep_their_policy(scenario: Scenario, seed: int, seats: set[Actor],
                                                           stationary: bool) -> None:
    game = compile_game(scenario)
    length = 1 if stationary else game.horizon
    profile = Profile(*(strategies.random_policy(game, seat, seed, "sparse", length)  # type: ignore[arg-type]
                        for seat in Actor))
    behaviour, levels = oracle.behaviour_of(profile, scenario), oracle.precisions(scenario)

    def choose(decision: Decision, worth: dict) -> oracle.Row:
        if decision.actor not in seats:
            return behaviour(decision)
        return oracle.logit(levels[decision.actor], {o: v[decision.actor] for o, v in worth.items()})

    tree = oracle.Tree(scenario, game.horizon, choose)
    answer = respond_to(game, profile, tuple(seats))
    expected = tree.value(0, oracle.start(scenario))
    assert [answer.value(actor) for actor in Actor] == pytest.approx(expected, abs=1e-9)
    assert_plays(answer.profile, tree, game)
    for actor in Actor:
        assert (answer.profile[actor] is profile[actor]) == (actor not in seats)
        assert (answer.precision[actor] is None) == (actor not in seats)


def test_responding_on_all_seats_is_equilibrium(game: Game, solution: Solution) -> None:
    answer = respond_to(game, uniform_profile(game), tuple(Actor))
    assert np.array_equal(answer.values, solution.values)
    sharper = respond_to(game, uniform_profile(game), tuple(Actor), 9.0)
    assert np.array_equal(sharper.values, backward_induction(game, np.full(3, 9.0)).values)


def test_solving_twice_gives_the_same_digits(game: Game, solution: Solution) -> None:
    again = backward_induction(game)
    assert np.array_equal(again.values, solution.values)
    assert all(same(one, other) for one, other in zip(again.profile, solution.profile, strict=True))


# ------------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize("levels", [[-1.0, 1, 1], [1.0, math.nan, 1], [1.0, 1.0], 1.0])
def test_bad_precisions_are_refused(game: Game, levels: object) -> None:
    with pytest.raises(ValueError, match=r"precision: .* is not allowed; allowed: three numbers"):
        backward_induction(game, np.array(levels))


@pytest.mark.parametrize("keep", [0, -1, 79])
def test_a_bad_keep_is_refused(game: Game, keep: int) -> None:
    with pytest.raises(ValueError, match=f"keep: {keep} is not allowed; allowed: 1 to 78"):
        backward_induction(game, keep=keep)


def test_policies_that_do_not_cover_the_horizon_are_refused(game: Game, solution: Solution) -> None:
    short = backward_induction(game, keep=26).profile
    for function in (evaluate, regret):
        with pytest.raises(PolicyError, match="covers 26 rounds; needed: 78"):
            function(game, short)
    with pytest.raises(PolicyError, match="needed: 78"):
        best_response(game, short, TOKYO)


def test_what_cannot_fit_is_refused_before_any_work(reference: Scenario) -> None:
    with pytest.raises(TooLargeError, match=r"scenario\.rounds.*100000000"):
        backward_induction(compile_game(reference.override({"rounds": 10**8})))


def test_whoever_would_like_a_blow_up_is_named(reference: Scenario, solution: Solution) -> None:
    assert rupture_lovers(solution) == []
    for seat in Actor:
        keen = reference.override({f"{seat.key}.rupture": 500.0, "shadow": 0})
        assert seat in rupture_lovers(backward_induction(compile_game(keen)))


@given(strategies.scenarios())
def test_rupture_lovers_by_definition(scenario: Scenario) -> None:
    solution = backward_induction(compile_game(scenario))
    gap = solution.game.rupture_payoff - solution.values[0].min(axis=-1)
    assume(np.abs(gap).min() > 1e-8)
    assert rupture_lovers(solution) == [actor for actor in Actor if gap[actor] > 0]
