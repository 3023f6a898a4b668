"""The factored route to one point's numbers against the readable one."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from negotiation.behaviours import make_profile
from negotiation.behaviours.solved import solution
from negotiation.engines import points
from negotiation.engines.points import (
    PointResult,
    behaviours_point,
    chosen_point,
    equilibrium_point,
    profile_of,
    profile_point,
)
from negotiation.factored import factor
from negotiation.game import Game, compile_game
from negotiation.library import load_scenario
from negotiation.policy import Policy, disputant_rule, same
from negotiation.scenario import Scenario
from negotiation.vocabulary import DISPUTANTS, Actor, Move, Stance
from tests.strategies import scenarios

SHIPPED = ["tokyo_seoul_2019", "host_2014", "nothing_to_offer", "river_dam"]


def readable(scenario: Scenario) -> PointResult:
    game = compile_game(scenario)
    return profile_point(game, solution(game).profile)


def assert_same(fast: PointResult, slow: PointResult, tolerance: float = 1e-11) -> None:
    scale = max(1.0, float(np.abs(slow.value).max()))
    for name in ("probabilities", "settled", "ruptured", "first_standstill"):
        assert getattr(fast, name) == pytest.approx(getattr(slow, name), abs=tolerance), name
    for name in ("expected_payoff", "value", "regret"):
        assert getattr(fast, name) == pytest.approx(getattr(slow, name), abs=tolerance * scale), name
    assert fast.counts == pytest.approx(slow.counts, abs=tolerance * 100)


def is_factored(scenario: Scenario) -> bool:
    return points._factored_point(factor(scenario)) is not None


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_scenarios(name: str) -> None:
    scenario = load_scenario(name)
    assert is_factored(scenario)
    assert_same(equilibrium_point(scenario), readable(scenario))


@settings(max_examples=25, suppress_health_check=list(HealthCheck), deadline=None)
@given(scenarios())
def test_any_scenario(scenario: Scenario) -> None:
    assert_same(equilibrium_point(scenario), readable(scenario))


@pytest.mark.parametrize("change", [
    {"start.standstill": True}, {"start.standstill": True, "start.appeals": 2}, {"start.tokyo": 5, "start.seoul": 5},
    {"tokyo.precision": 0.0}, {"shadow": 0}, {"rounds": 1, "shadow": 0}, {"standstill.length": float("inf")},
    {"standstill.length": 1.0}, {"washington.affinity.tokyo": 0.7}, {"tokyo_first": 1.0},
    {"washington.welcome": [0.0, 0.0, 0.0]}, {"washington.stances.quiet.effort": 0.5},
    {"washington.stances.urge.cover": 1.0},
], ids=str)
def test_the_factored_route_where_something_is_switched_off(reference: Scenario, change: dict[str, object]) -> None:
    scenario = reference.override({"rounds": 9, "shadow": 9, **change})
    assert is_factored(scenario)
    assert_same(equilibrium_point(scenario), readable(scenario))


@pytest.mark.parametrize("change", [
    {"tokyo.precision": float("inf")}, {"tokyo.precision": 400.0}, {"tokyo.rupture": -1e6, "rupture.hazard": 1.0},
    {"seoul.breach": 1e4},
], ids=str)
def test_extremes_go_the_readable_way(reference: Scenario, change: dict[str, object]) -> None:
    scenario = reference.override({"rounds": 9, "shadow": 9, **change})
    assert not is_factored(scenario)
    assert_same(equilibrium_point(scenario), readable(scenario), 0.0)


def test_points_do_not_depend_on_what_was_computed_before(reference: Scenario) -> None:
    other = reference.override({"washington.attention": 0.1, "tokyo.firmness": 3.0})
    once = equilibrium_point(reference)
    equilibrium_point(other)
    again = equilibrium_point(reference)
    for name in ("probabilities", "value", "regret", "expected_payoff", "settled"):
        assert (getattr(once, name) == getattr(again, name)).all()
    assert once.counts == again.counts


def test_small_tables_add_up_to_the_rules(reference: Scenario) -> None:
    """Payoff + discounted settlement of every (state, stance, moves), from the game's own tables."""
    game, small = compile_game(reference), factor(reference)
    shape, seoul = small.layout, reference.seoul.top + 1
    rng = np.random.Generator(np.random.Philox(7))
    for _ in range(400):
        state, w = int(rng.integers(game.n_states)), int(rng.integers(len(Stance)))
        moves = [int(rng.choice([m for m in Move if game.legal[seat, m, state]])) for seat in DISPUTANTS]
        at, k = (w, *moves, state), int(game.afterstate[(*moves, state)])
        c, (tokyo, rung_seoul) = int(game.standstill[state]), game.rungs[:, state]
        a = int(game.appeals[state])
        place = (a * (reference.tokyo.top + 1) + tokyo) * seoul + rung_seoul + shape.offset[tuple(moves)]
        landing = shape.landing[(c, *moves)]
        assert shape.status[landing] == game.after_status[k] and shape.appeals[landing] == game.after_appeals[k]
        assert 1 - small.stay[w, landing, place] == pytest.approx(game.settlement[at], abs=1e-15)
        whole = game.payoff[(slice(None), *at)] + game.discount * game.settlement[at] * game.settlement_payoff[:, w, k]
        assert small.worth[:, w, landing, place] + small.acts[(slice(None), w, c, *moves)] == pytest.approx(
            whole, abs=1e-13)


# ------------------------------------------------------------------------------------------- behaviours


CHOICES: dict[Actor, list[Any]] = {
    Actor.TOKYO: ["equilibrium", "hawk", "dove", "matcher", "grit", "random", {"behaviour": "hawk", "error": 0.1}],
    Actor.SEOUL: ["equilibrium", "grit", "matcher", {"behaviour": "dove", "error": 1.0}],
    Actor.WASHINGTON: ["equilibrium", "absent", "honest_broker", {"behaviour": "honest_broker", "error": 0.3}]}
PROFILES = [dict(zip((actor.key for actor in Actor), choice, strict=True)) for choice in product(*CHOICES.values())][1:]


def played(scenario: Scenario, policies: Mapping[str, Any]) -> PointResult:
    game = compile_game(scenario)
    return profile_point(game, make_profile(game, **policies))


@pytest.mark.parametrize("policies", PROFILES, ids=str)
def test_behaviours(reference: Scenario, policies: dict[str, Any]) -> None:
    scenario = reference.override({"rounds": 9, "shadow": 9})
    fast = chosen_point(scenario, policies)
    assert fast is not None
    assert_same(fast, played(scenario, policies))


@pytest.mark.parametrize("name", SHIPPED)
def test_behaviours_in_shipped_scenarios(name: str) -> None:
    scenario = load_scenario(name)
    for policies in (PROFILES[3], PROFILES[40], PROFILES[-1]):
        assert_same(behaviours_point(scenario, policies), played(scenario, policies))


@settings(max_examples=25, suppress_health_check=list(HealthCheck), deadline=None)
@given(scenarios(), st.sampled_from(PROFILES))
def test_behaviours_in_any_scenario(scenario: Scenario, policies: dict[str, Any]) -> None:
    assert_same(behaviours_point(scenario, policies), played(scenario, policies))


def test_profiles_are_those_of_the_behaviours(reference: Scenario) -> None:
    """Whatever was kept from a scenario with other numbers, or of other ladders."""
    values = reference.to_dict()
    short = reference.override({"tokyo.ladder": values["tokyo"]["ladder"][:3]})
    for scenario in (reference, reference.override({"washington.attention": 1.5, "tokyo.firmness": 3.0}), short):
        game = compile_game(scenario.override({"rounds": 3, "shadow": 2}))
        for policies in PROFILES[::7]:
            kept, made = profile_of(game, policies), make_profile(game, **policies)
            assert kept.names == made.names
            assert all(same(kept[actor], made[actor]) for actor in Actor)


def test_behaviours_after_others(reference: Scenario) -> None:
    """What was computed before, of other behaviours or of equilibrium play, leaves no trace."""
    scenario = reference.override({"rounds": 9, "shadow": 9})
    ways = [dict.fromkeys(("tokyo", "seoul", "washington"), "equilibrium"), PROFILES[-1], PROFILES[3], PROFILES[20]]
    once = [behaviours_point(scenario, policies) for policies in ways]
    for number in (2, 0, 3, 1, 1, 0):
        again = behaviours_point(scenario, ways[number])
        for name in ("probabilities", "value", "regret", "expected_payoff", "settled"):
            assert (getattr(once[number], name) == getattr(again, name)).all()


@pytest.mark.parametrize("choice", ["subgame_perfect", {"behaviour": "equilibrium", "error": 0.2}], ids=str)
def test_behaviours_that_look_at_more_than_the_ladders_go_the_readable_way(reference: Scenario, choice: Any) -> None:
    scenario = reference.override({"rounds": 4, "shadow": 2})
    policies = {**dict.fromkeys(("tokyo", "seoul", "washington"), "equilibrium"), "seoul": choice}
    assert chosen_point(scenario, policies) is None
    assert_same(behaviours_point(scenario, policies), played(scenario, policies), 0.0)


def test_a_rule_that_looks_at_a_number_is_made_for_each_scenario(reference: Scenario,
                                                                 monkeypatch: pytest.MonkeyPatch) -> None:
    def made(game: Game, seat: Actor, choice: Any) -> Policy:
        move = Move.ESCALATE if game.scenario.washington.attention > 0.5 else Move.STEP_DOWN
        return disputant_rule(game, seat, "hawk", lambda state, stance, first_move: move)

    monkeypatch.setattr(points, "make_policy", made)
    monkeypatch.setattr(points, "_POLICIES", {})
    policies = {"tokyo": "hawk", "seoul": "equilibrium", "washington": "equilibrium"}
    for attention in (0.1, 0.9):
        scenario = reference.override({"rounds": 4, "shadow": 2, "washington.attention": attention})
        assert chosen_point(scenario, policies) is None


def test_tables_of_behaviours_that_are_not_the_packages_own_are_not_kept(reference: Scenario,
                                                                        monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = reference.override({"rounds": 4, "shadow": 2})

    moves = [Move.STEP_DOWN, Move.ESCALATE]

    def made(game: Game, seat: Actor, choice: Any) -> Policy:
        move = moves.pop()
        return disputant_rule(game, seat, choice, lambda state, stance, first_move: move)

    monkeypatch.setattr(points, "make_policy", made)
    policies = {"tokyo": "my.own", "seoul": "equilibrium", "washington": "equilibrium"}
    first, second = chosen_point(scenario, policies), chosen_point(scenario, policies)
    assert first is not None
    assert second is not None
    assert first.ruptured.sum() > second.ruptured.sum()
