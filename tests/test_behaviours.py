"""Behaviours by their documented rule, as literal moves in hand-made situations."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

from negotiation.behaviours import CATALOGUE, behaviour, behaviours_for, make_policy, make_profile
from negotiation.behaviours.solved import forget, solution
from negotiation.game import Game, compile_game
from negotiation.parameters import ParameterError
from negotiation.policy import DisputantPolicy, Policy, ThirdPartyPolicy, same
from negotiation.scenario import Scenario
from negotiation.solve import Solution, backward_induction
from negotiation.vocabulary import Actor, Move, Stance

T, S = Actor.TOKYO, Actor.SEOUL
UP, HOLD, OFFER, DOWN = Move.ESCALATE, Move.HOLD, Move.STANDSTILL, Move.STEP_DOWN


def plays(game: Game, policy: Policy, rungs: tuple[int, int], standstill: int = 0,
          answering: Move | None = None) -> Move | Stance:
    """The option that a deterministic policy plays, in every stance, round and number of appeals."""
    found = set()
    for appeals in range(3):
        state = game.state(*rungs, standstill, appeals)
        if isinstance(policy, ThirdPartyPolicy):
            rows = [policy.at(0, state)]
        else:
            rows = [policy.at(0, state, stance, answering) for stance in Stance]
        for row in rows:
            assert row.max() == 1
            found.add(int(row.argmax()))
    assert len(found) == 1
    option = found.pop()
    return Stance(option) if isinstance(policy, ThirdPartyPolicy) else Move(option)


# (behaviour, seat, rungs of Tokyo and Seoul, standstill, first move answered or None, expected move)
SITUATIONS = [
    ("hawk", T, (0, 0), 0, None, UP), ("hawk", T, (4, 0), 1, OFFER, UP), ("hawk", T, (5, 0), 0, None, HOLD),
    ("hawk", S, (0, 5), 1, None, HOLD), ("hawk", S, (0, 4), 1, None, UP),
    ("dove", T, (3, 5), 0, UP, DOWN), ("dove", T, (0, 5), 0, UP, OFFER), ("dove", S, (5, 0), 1, None, OFFER),
    ("dove", S, (5, 1), 1, None, DOWN),
    ("matcher", T, (2, 2), 0, None, HOLD), ("matcher", T, (2, 3), 0, None, UP), ("matcher", T, (3, 2), 1, None, DOWN),
    ("matcher", T, (2, 2), 0, UP, UP), ("matcher", T, (2, 2), 0, DOWN, DOWN), ("matcher", T, (2, 3), 0, DOWN, HOLD),
    ("matcher", S, (5, 5), 0, UP, HOLD),
    ("grit", T, (2, 2), 0, None, DOWN), ("grit", T, (3, 2), 0, None, DOWN), ("grit", T, (2, 3), 0, None, OFFER),
    ("grit", T, (0, 0), 0, None, OFFER), ("grit", T, (2, 2), 0, UP, UP), ("grit", T, (3, 1), 0, UP, DOWN),
    ("grit", T, (2, 3), 0, DOWN, DOWN), ("grit", S, (1, 0), 0, OFFER, OFFER), ("grit", S, (1, 0), 0, UP, UP),
]


@pytest.mark.parametrize(("name", "seat", "rungs", "standstill", "answering", "expected"), SITUATIONS)
def test_rule_in_a_situation(game: Game, name: str, seat: Actor, rungs: tuple[int, int], standstill: int,
                             answering: Move | None, expected: Move) -> None:
    assert plays(game, behaviour(name).policy(game, seat), rungs, standstill, answering) is expected


def test_every_rule_based_behaviour_has_situations() -> None:
    covered = {row[0] for row in SITUATIONS} | {"equilibrium", "subgame_perfect", "random", "absent", "honest_broker"}
    assert covered == set(CATALOGUE)


def test_third_parties(game: Game) -> None:
    absent = behaviour("absent").policy(game, Actor.WASHINGTON)
    broker = behaviour("honest_broker").policy(game, Actor.WASHINGTON)
    for rungs in ((0, 0), (5, 5), (2, 1)):
        assert plays(game, absent, rungs, 0) is Stance.QUIET
        assert plays(game, absent, rungs, 1) is Stance.QUIET
        assert plays(game, broker, rungs, 0) is Stance.URGE
        assert plays(game, broker, rungs, 1) is Stance.CONVENE


def test_random_is_uniform_over_legal_moves(game: Game) -> None:
    policy = behaviour("random").policy(game, T)
    assert isinstance(policy, DisputantPolicy)
    np.testing.assert_allclose(policy.at(3, game.state(2, 2), Stance.URGE), [0.2] * 5)
    np.testing.assert_allclose(policy.at(3, game.state(0, 2), Stance.URGE, HOLD), [0.25] * 4 + [0])
    np.testing.assert_allclose(policy.at(3, game.state(5, 2), Stance.URGE), [0] + [0.25] * 4)


def test_equilibrium_is_the_solvers_own_table_and_is_solved_once(game: Game, solution: Solution) -> None:
    profile = make_profile(game, seoul="hawk")
    assert same(profile.tokyo, solution.profile.tokyo)
    assert make_profile(game).seoul.second_inner is make_profile(game).seoul.second_inner


def test_subgame_perfect_is_the_limit_of_precision(game: Game) -> None:
    perfect = backward_induction(game, np.full(3, np.inf)).profile
    assert all(same(policy, other) for policy, other in
               zip(make_profile(game, *["subgame_perfect"] * 3), perfect, strict=True))


def test_error_mixes_in_uniform_play(game: Game) -> None:
    policy = make_policy(game, T, {"behaviour": "hawk", "error": 0.2})
    assert isinstance(policy, DisputantPolicy)
    np.testing.assert_allclose(policy.at(0, game.state(2, 2), 0), [0.84, 0.04, 0.04, 0.04, 0.04])


@pytest.mark.parametrize(("seat", "choice", "key"), [
    (T, "absent", "policy.tokyo"), (Actor.WASHINGTON, "hawk", "policy.washington"), (S, "nobody", "policy.seoul"),
    (T, 3, "policy.tokyo"), (T, {"behaviour": "hawk", "errr": 0.1}, "policy.tokyo.errr"),
    (T, {"behaviour": "hawk", "error": 1.5}, "policy.tokyo.error"), (T, {"error": 0.5}, "policy.tokyo"),
])
def test_a_wrong_choice_is_refused_by_key(game: Game, seat: Actor, choice: object, key: str) -> None:
    with pytest.raises(ParameterError) as caught:
        make_policy(game, seat, choice)
    assert caught.value.key == key
    if key.count(".") == 1:
        assert all(name in str(caught.value) for name in behaviours_for(seat))


def test_a_solved_game_can_be_forgotten(reference: Scenario) -> None:
    """Else a sweep over behaviours keeps 41 MB a point."""
    game = compile_game(reference.override({"rounds": 3, "shadow": 2}))
    kept = solution(game)
    assert solution(game) is kept
    watched = weakref.ref(kept)
    del kept
    forget(game)
    gc.collect()
    assert watched() is None
    solution(game)
    watched_game = weakref.ref(game)
    del game
    gc.collect()
    assert watched_game() is None
