"""Exact propagation: against plain recursion, in closed forms, and the published numbers of the reference."""

from __future__ import annotations

from functools import partial

import numpy as np
import oracle
import pytest
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import Branch

from negotiation.engines.exact import Distribution, propagate
from negotiation.game import Game, compile_game
from negotiation.policy import PolicyError, Profile, disputant_rule, third_party_rule, uniform
from negotiation.scenario import Scenario
from negotiation.solve import Solution, backward_induction, evaluate
from negotiation.vocabulary import DISPUTANTS, Actor, Chance, Move, Outcome, Stance


def pure(game: Game, tokyo: Move, seoul: Move, stance: Stance = Stance.QUIET) -> Profile:
    """Everybody always does the same."""
    return Profile(disputant_rule(game, Actor.TOKYO, tokyo.key, lambda *_: tokyo),
                   disputant_rule(game, Actor.SEOUL, seoul.key, lambda *_: seoul),
                   third_party_rule(game, stance.key, lambda _: stance))


@pytest.fixture(scope="module")
def distribution(game: Game, solution: Solution) -> Distribution:
    return propagate(game, solution.profile)


# --------------------------------------------------------------------------- the reference scenario


def test_outcomes_of_the_reference(distribution: Distribution) -> None:
    """The numbers that the rules give for equilibrium play on all three seats."""
    stated = {Outcome.SETTLEMENT: .325, Outcome.STANDSTILL: .355, Outcome.STALEMATE: .109, Outcome.ESCALATED: .129,
              Outcome.RUPTURE: .083}
    found = distribution.outcome_probabilities()
    assert {outcome: round(float(found[outcome]), 3) for outcome in Outcome} == stated


def test_outcomes_sum_to_one_in_every_round(distribution: Distribution) -> None:
    table = distribution.outcomes_by_round()
    assert table.shape == (27, 5)
    assert table.sum(axis=1) == pytest.approx(np.ones(27), abs=1e-12)
    assert ((table >= 0) & (table <= 1)).all()
    assert table[0].tolist() == [0, 0, 1, 0, 0]  # tension .3, no standstill
    assert (table[-1] == distribution.outcome_probabilities()).all()


def test_ends_only_grow(distribution: Distribution) -> None:
    table = distribution.outcomes_by_round()
    assert (np.diff(table[:, [Outcome.SETTLEMENT, Outcome.RUPTURE]], axis=0) > 0).all()
    assert (np.diff(distribution.going) < 0).all()
    assert distribution.going[0] == 1


def test_the_first_round_starts_at_the_start(game: Game, distribution: Distribution) -> None:
    assert distribution.mass[0, game.start] == 1
    assert distribution.rung_distribution(Actor.TOKYO)[0].tolist() == [0, 0, 1, 0, 0, 0]
    assert distribution.rung_distribution(Actor.SEOUL)[0].tolist() == [0, 1, 0, 0, 0, 0]


def test_distributions_over_disputes_still_going_sum_to_one(game: Game, distribution: Distribution) -> None:
    for seat in DISPUTANTS:
        rungs = distribution.rung_distribution(seat)
        assert rungs.sum(axis=1) == pytest.approx(np.ones(27), abs=1e-12)
        mean = distribution.mass @ game.rungs[seat] / distribution.going
        assert rungs @ np.arange(6) == pytest.approx(mean, abs=1e-12)
    for actor in Actor:
        assert distribution.move_frequency(actor).sum(axis=1) == pytest.approx(np.ones(26), abs=1e-12)
    held = distribution.outcomes_by_round()[:, Outcome.STANDSTILL]
    assert distribution.standstill_share() == pytest.approx(held / distribution.going, abs=1e-12)


def test_results_are_read_only(distribution: Distribution) -> None:
    for name in ("mass", "settled", "first_standstill", "move_share", "expected_payoff"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(distribution, name)[...] = 0


def test_a_distribution_knows_where_it_comes_from(game: Game, distribution: Distribution) -> None:
    assert distribution.game is game
    assert distribution.policies == dict.fromkeys(("tokyo", "seoul", "washington"), "equilibrium")
    assert distribution.rounds == 26


# ------------------------------------------------------------------------------ against the oracle


@settings(max_examples=12)
@given(scenario=strategies.scenarios(max_rounds=3, max_rungs=3), data=st.data())
def test_everything_agrees_with_plain_recursion(scenario: Scenario, data: st.DataObject) -> None:
    game = compile_game(scenario)
    profile = data.draw(strategies.profiles(game, rounds=game.rounds))
    compare(scenario, profile, propagate(game, profile))


def test_the_reference_agrees_with_plain_recursion(reference: Scenario) -> None:
    scenario = reference.override({"rounds": 2, "shadow": 6, "start.standstill": True, "rupture.hazard": 0.9})
    game = compile_game(scenario)
    profile = backward_induction(game).profile
    compare(scenario, profile, propagate(game, profile))


def compare(scenario: Scenario, profile: Profile, found: Distribution) -> None:
    behaviour, rounds = oracle.behaviour_of(profile, scenario), scenario.rounds
    for length in {1, rounds}:
        expected = oracle.outcomes(scenario, behaviour, length)
        close(found.outcomes_by_round()[length], [expected[outcome] for outcome in Outcome])
    close(found.expected_payoff, oracle.expected(scenario, behaviour, rounds))
    close(found.first_standstill, oracle.first_standstill(scenario, behaviour, rounds))

    efforts = [effect.effort for effect in scenario.washington.stances]
    mean = oracle.means_of(scenario, behaviour, rounds, {
        "settled": lambda branch: branch.chance is Chance.SETTLED,
        "ruptured": lambda branch: branch.chance is Chance.RUPTURE,
        "lapses": lambda branch: branch.chance is Chance.LAPSE,
        "breaches": lambda branch: branch.played.breach,
        "going": lambda branch: 1.0,
        "effort": lambda branch: efforts[branch.stance],
        **{f"{seat.key} {move.key}": partial(plays, seat, move) for seat in DISPUTANTS for move in Move},
        **{stance.key: partial(stands, stance) for stance in Stance},
    })
    close(found.settled, mean["settled"])
    close(found.ruptured, mean["ruptured"])
    close(found.lapses, mean["lapses"])
    close(found.breaches, mean["breaches"])
    close(found.going[:-1], mean["going"])
    for seat in DISPUTANTS:
        close(found.move_share[:, seat].T, [mean[f"{seat.key} {move.key}"] for move in Move])
    close(found.stance_share.T, [mean[stance.key] for stance in Stance])
    counts = {"appeals_tokyo": "tokyo appeal", "appeals_seoul": "seoul appeal"}
    for name, number in found.expected_counts().items():
        close(number, sum(mean[counts.get(name, name)]))


def plays(seat: Actor, move: Move, branch: Branch) -> bool:
    return branch.moves[seat] is move


def stands(stance: Stance, branch: Branch) -> bool:
    return branch.stance is stance


def close(actual: object, expected: object) -> None:
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-9)


@given(scenario=strategies.scenarios(max_shadow=0, max_rounds=4), data=st.data())
def test_without_a_shadow_expected_payoffs_are_the_values(scenario: Scenario, data: st.DataObject) -> None:
    """Forward propagation and backward evaluation meet."""
    game = compile_game(scenario)
    profile = data.draw(strategies.profiles(game))
    close(propagate(game, profile).expected_payoff, evaluate(game, profile)[0, :, game.start])


@given(scenario=strategies.scenarios(max_rounds=4), data=st.data())
def test_probability_is_neither_made_nor_lost(scenario: Scenario, data: st.DataObject) -> None:
    game = compile_game(scenario)
    found = propagate(game, data.draw(strategies.profiles(game, rounds=game.rounds)))
    table = found.outcomes_by_round()
    close(table.sum(axis=1), np.ones(game.rounds + 1))
    assert (table >= -1e-15).all()
    close(found.going[:-1] - found.going[1:], found.settled + found.ruptured)
    for share in (found.stance_share, found.move_share[:, 0], found.move_share[:, 1]):
        close(share.sum(axis=1), found.going[:-1])
    assert found.first_standstill.sum() <= 1 + 1e-12
    assert not np.isnan(table).any()


# ------------------------------------------------------------------------------------- closed forms


def steady(reference: Scenario, **changes: float) -> Scenario:
    """Talks settle with the same chance every week, nothing else happens."""
    plain = {f"washington.stances.{stance.key}.talks": changes.get("talks", 0.0) for stance in Stance}
    plain |= {f"washington.welcome[{a}]": 0.0 for a in range(3)}
    plain |= {"standstill.drag": 0.0, "standstill.open_talks": 1.0, "rupture.hazard": changes.get("hazard", 0.0),
              "standstill.calm": 1.0, "shadow": 0}
    return reference.override(plain)


def test_a_steady_chance_of_settlement_is_geometric(reference: Scenario, game: Game) -> None:
    found = propagate(compile_game(steady(reference, talks=0.1)), pure(game, Move.APPEAL, Move.HOLD))
    weeks = np.arange(27)
    close(found.outcomes_by_round()[:, Outcome.SETTLEMENT], 1 - 0.9**weeks)
    close(found.ruptured, np.zeros(26))
    close(found.expected_counts()["appeals_tokyo"], (1 - 0.9**26) / 0.1)


def test_without_talks_and_hazard_a_dispute_never_ends(reference: Scenario) -> None:
    game = compile_game(steady(reference))
    found = propagate(game, Profile(*(uniform(game, seat) for seat in Actor)))  # type: ignore[arg-type]
    close(found.going, np.ones(27))


def test_a_standstill_that_nobody_touches_lapses_geometrically(reference: Scenario) -> None:
    game = compile_game(steady(reference).override({"start.standstill": True}))
    found = propagate(game, pure(game, Move.HOLD, Move.HOLD))
    weeks = np.arange(27)
    close(found.standstill_share(), 0.75**weeks)
    close(found.lapses, 0.25 * 0.75**weeks[:-1])
    close(found.first_standstill, np.eye(26)[0])


def test_a_standstill_renewed_every_week_never_lapses(reference: Scenario) -> None:
    game = compile_game(steady(reference).override({"standstill.length": 1}))
    found = propagate(game, pure(game, Move.STANDSTILL, Move.STANDSTILL))
    assert found.standstill_share().tolist() == [0] + [1] * 26
    assert found.lapses.sum() == 0
    assert found.first_standstill[0] == 1


def test_a_standstill_broken_in_the_first_round_was_never_in_force(reference: Scenario) -> None:
    game = compile_game(steady(reference).override({"start.standstill": True}))
    found = propagate(game, pure(game, Move.ESCALATE, Move.HOLD))
    assert found.breaches[0] == 1
    assert found.breaches[1:].sum() == 0
    assert found.first_standstill.sum() == 0


def test_one_sided_offers_bring_no_standstill(reference: Scenario) -> None:
    game = compile_game(steady(reference))
    found = propagate(game, pure(game, Move.STANDSTILL, Move.HOLD))
    assert found.first_standstill.sum() == 0
    assert found.outcome_probabilities()[Outcome.STALEMATE] == pytest.approx(1)


def test_both_on_the_top_rungs_rupture_with_the_hazard(reference: Scenario) -> None:
    scenario = steady(reference, hazard=0.25).override({"start.tokyo": 5, "start.seoul": 5})
    found = propagate(compile_game(scenario), pure(compile_game(scenario), Move.ESCALATE, Move.ESCALATE))
    close(found.outcomes_by_round()[:, Outcome.RUPTURE], 1 - 0.75 ** np.arange(27))
    assert found.outcomes_by_round()[0, Outcome.ESCALATED] == 1


def test_after_the_certain_end_nothing_goes_on(reference: Scenario) -> None:
    game = compile_game(steady(reference, talks=1.0))
    found = propagate(game, pure(game, Move.HOLD, Move.HOLD))
    assert found.settled.tolist() == [1] + [0] * 25
    assert np.isnan(found.rung_distribution(Actor.TOKYO)[1:]).all()
    assert np.isnan(found.standstill_share()[1:]).all()
    assert np.isnan(found.move_frequency(Actor.WASHINGTON)[1:]).all()
    # One week at rungs 2 and 1, then half the stake a round later, tilted by the lead of .1.
    close(found.expected_payoff[0], 0.6 - 0.08 - 0.10 + 0.97 * 20 * 0.6)
    close(found.expected_payoff[1], 0.3 - 0.03 - 0.35 + 0.97 * 20 * 0.4)


def test_tension_on_the_mark_is_not_escalated(reference: Scenario) -> None:
    """The mark .3 is the start's own tension, which floating point may miss by an ulp."""
    for mark, outcome in ((0.3, Outcome.STALEMATE), (0.3 - 1e-9, Outcome.ESCALATED)):
        game = compile_game(steady(reference).override({"escalated_above": mark}))
        assert propagate(game, pure(game, Move.HOLD, Move.HOLD)).outcome_probabilities()[outcome] == 1


# ------------------------------------------------------------------------------------------ refusals


def test_policies_too_short_for_the_observed_rounds_are_refused(game: Game) -> None:
    short = backward_induction(game, keep=25).profile
    with pytest.raises(PolicyError, match="covers 25 rounds; needed: 26"):
        propagate(game, short)


def test_policies_that_cover_only_the_observed_rounds_suffice(game: Game, distribution: Distribution) -> None:
    kept = propagate(game, backward_induction(game, keep=26).profile)
    assert np.array_equal(kept.mass, distribution.mass)
    assert np.array_equal(kept.expected_payoff, distribution.expected_payoff)
