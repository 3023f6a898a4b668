"""Every behaviour passes the public battery, and does what its file says in situations made by hand."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from negotiation.behaviours import (
    CATALOGUE,
    Kind,
    behaviour,
    behaviours_for,
    check_choice,
    label,
    make_policy,
    make_profile,
    remembers,
)
from negotiation.behaviours.belief_learner import LEAST, LIMIT, STEP
from negotiation.behaviours.solved import forget, solution
from negotiation.engines.exact import propagate
from negotiation.game import Game, compile_game
from negotiation.listing import main as list_behaviours
from negotiation.parameters import ParameterError
from negotiation.policy import DisputantPolicy, PolicyError, mix, same
from negotiation.scenario import Scenario
from negotiation.solve import Solution, backward_induction, best_response, evaluate, move_alternatives, respond_to
from negotiation.testing import BehaviourBattery, Situation, check_behaviour
from negotiation.vocabulary import Actor, Move, Stance

T, S, W = Actor
UP, HOLD, APPEAL, OFFER, DOWN = Move
QUIET, URGE, CONVENE, PRESS_T, PRESS_S = Stance
THIRD = 1 / 3


def at(tokyo: int, seoul: int, plays: Any, **more: Any) -> Situation:
    return Situation((tokyo, seoul), plays, **more)


def week(leader: Actor, tokyo: Move, seoul: Move, state: tuple[int, int, int, int] = (2, 1, 0, 0),
         stance: Stance = QUIET) -> Any:
    return leader, stance, tokyo, seoul, state


CALM_WEEK, SEOUL_CLIMBS = week(T, HOLD, HOLD), week(T, OFFER, UP)
HELD = week(T, OFFER, OFFER, (2, 1, 1, 0))

# The documented rule of each file as literal moves; `tokyo_seoul_2019` has tops 5 and 5 and starts at (2, 1).
SITUATIONS: dict[str, list[Situation]] = {
    "hawk": [at(0, 0, UP), at(4, 0, UP, standstill=1, answering=OFFER), at(5, 0, HOLD),
             at(0, 5, HOLD, seat=S, standstill=1), at(0, 4, UP, seat=S)],
    "dove": [at(3, 5, DOWN, answering=UP), at(0, 5, OFFER, answering=UP), at(5, 0, OFFER, seat=S, standstill=1),
             at(5, 1, DOWN, seat=S)],
    "random": [at(2, 2, dict.fromkeys(Move, 0.2)), at(0, 2, dict.fromkeys((UP, HOLD, APPEAL, OFFER), 0.25)),
               at(2, 5, dict.fromkeys((HOLD, APPEAL, OFFER, DOWN), 0.25), seat=S, answering=UP),
               at(2, 1, dict.fromkeys(Stance, 0.2), seat=W)],
    "matcher": [at(2, 2, HOLD), at(2, 3, UP), at(3, 2, DOWN, standstill=1), at(2, 2, UP, answering=UP),
                at(2, 2, DOWN, answering=DOWN), at(2, 3, HOLD, answering=DOWN), at(5, 5, HOLD, seat=S, answering=UP)],
    "generous_matcher": [at(2, 2, HOLD), at(3, 2, DOWN), at(2, 3, {HOLD: THIRD, UP: 1 - THIRD}),
                         at(2, 2, {HOLD: THIRD, UP: 1 - THIRD}, answering=UP),
                         at(3, 2, {HOLD: 0.9, UP: 0.1}, seat=S, settings=(("generosity", 0.9),))],
    "grit": [at(2, 2, DOWN), at(3, 2, DOWN), at(2, 3, OFFER), at(0, 0, OFFER), at(2, 2, UP, answering=UP),
             at(3, 1, DOWN, answering=UP), at(2, 3, DOWN, answering=DOWN), at(1, 0, OFFER, seat=S, answering=OFFER),
             at(1, 0, UP, seat=S, answering=UP)],
    "brinkman": [at(0, 0, UP), at(3, 5, UP, standstill=1, answering=OFFER), at(4, 0, OFFER), at(5, 0, OFFER),
                 at(0, 4, OFFER, seat=S, answering=UP), at(0, 3, OFFER, seat=S, settings=(("below", 3),)),
                 at(0, 1, UP, seat=S, settings=(("below", 3),)), at(0, 0, OFFER, settings=(("below", 9),))],
    "staller": [at(2, 1, HOLD), at(2, 1, OFFER, answering=OFFER), at(2, 1, OFFER, standstill=1),
                at(2, 1, OFFER, standstill=1, answering=UP), at(5, 5, HOLD, answering=UP), at(2, 1, HOLD, seat=S)],
    "opportunist": [at(2, 1, UP, stance=QUIET), at(2, 1, UP, stance=QUIET, standstill=1, answering=OFFER),
                    at(5, 1, HOLD, stance=QUIET), at(2, 1, UP, stance=QUIET, seat=S),
                    *(at(2, 1, HOLD, stance=stance) for stance in (URGE, CONVENE, PRESS_T, PRESS_S))],
    "appeaser": [at(2, 3, DOWN), at(2, 2, OFFER), at(3, 2, OFFER), at(3, 1, DOWN, answering=UP),
                 at(0, 3, OFFER, answering=UP), at(3, 2, DOWN, seat=S), at(2, 3, OFFER, answering=DOWN)],
    "client": [at(2, 1, HOLD, stance=QUIET), at(2, 1, OFFER, stance=URGE), at(2, 1, OFFER, stance=CONVENE),
               at(2, 1, DOWN, stance=PRESS_T), at(0, 1, OFFER, stance=PRESS_T), at(2, 1, OFFER, stance=PRESS_S),
               at(2, 1, DOWN, seat=S, stance=PRESS_S), at(2, 1, OFFER, seat=S, stance=PRESS_T)],
    "legalist": [at(3, 5, DOWN, standstill=1), at(2, 5, HOLD), at(2, 5, OFFER, answering=OFFER),
                 at(2, 5, OFFER, standstill=1), at(1, 2, UP), at(1, 1, HOLD), at(1, 1, UP, answering=UP),
                 at(2, 2, DOWN, seat=S), at(2, 1, HOLD, seat=S), at(2, 0, UP, seat=S)],
    "grudger": [at(2, 1, OFFER), at(2, 1, UP, answering=UP), at(2, 1, OFFER, before=(CALM_WEEK,)),
                at(2, 2, UP, before=(SEOUL_CLIMBS,)), at(2, 2, UP, before=(SEOUL_CLIMBS, CALM_WEEK, HELD)),
                at(5, 2, HOLD, before=(SEOUL_CLIMBS,)), at(2, 1, OFFER, seat=S, before=(SEOUL_CLIMBS,)),
                at(3, 1, UP, seat=S, before=(week(S, UP, OFFER),))],
    "tit_for_tat": [at(2, 1, OFFER), at(2, 1, UP, answering=UP), at(2, 1, HOLD, answering=APPEAL),
                    at(2, 2, UP, before=(SEOUL_CLIMBS,)), at(2, 1, HOLD, before=(SEOUL_CLIMBS, CALM_WEEK)),
                    at(5, 2, HOLD, before=(SEOUL_CLIMBS,)), at(2, 0, DOWN, before=(week(S, HOLD, DOWN),)),
                    at(0, 0, HOLD, before=(week(S, HOLD, DOWN),)), at(2, 1, HOLD, before=(week(S, HOLD, APPEAL),)),
                    at(2, 1, OFFER, seat=S, before=(SEOUL_CLIMBS,)),
                    at(2, 1, DOWN, answering=DOWN, before=(CALM_WEEK,))],
    # Seoul's harm .10 at rung 1 is .25 at rung 2: a week of offering alone while Seoul climbs pays less than both
    # holding; under quiet an escalation of Tokyo's own to rung 3 pays .96 - .18 = .78 against .60 - .08 = .52.
    "win_stay": [at(2, 1, OFFER), at(2, 1, UP, before=(SEOUL_CLIMBS,)), at(5, 1, HOLD, before=(SEOUL_CLIMBS,)),
                 at(2, 1, OFFER, before=(SEOUL_CLIMBS, SEOUL_CLIMBS)),
                 at(3, 1, UP, before=(SEOUL_CLIMBS, week(T, UP, HOLD))), at(2, 1, OFFER, seat=S),
                 at(2, 1, OFFER, before=(week(T, HOLD, HOLD),))],
    "fatigue": [at(2, 1, OFFER), at(2, 1, OFFER, standstill=1, before=(HELD,) * 5),
                at(2, 1, UP, standstill=1, before=(HELD,) * 6), at(2, 1, UP, standstill=1, before=(HELD,) * 9),
                at(2, 1, OFFER, before=(HELD,) * 6), at(2, 1, OFFER, standstill=1, before=(*[HELD] * 6, CALM_WEEK)),
                at(2, 1, UP, seat=S, standstill=1, before=(HELD, HELD), settings=(("patience", 2),)),
                at(2, 5, HOLD, seat=S, standstill=1, before=(HELD, HELD), settings=(("patience", 2),))],
    "absent": [at(0, 0, QUIET, seat=W), at(5, 5, QUIET, seat=W, standstill=1)],
    "reluctant": [at(5, 5, QUIET, seat=W, appeals=0), at(5, 5, QUIET, seat=W, appeals=1),
                  at(0, 0, CONVENE, seat=W, appeals=2), at(2, 1, CONVENE, seat=W, appeals=2, standstill=1)],
    "firefighter": [at(2, 3, QUIET, seat=W), at(3, 3, CONVENE, seat=W), at(5, 5, CONVENE, seat=W, standstill=1),
                    at(2, 1, CONVENE, seat=W, settings=(("above", 0.25),)),
                    at(2, 1, QUIET, seat=W, settings=(("above", 0.3),))],
    "honest_broker": [at(0, 0, URGE, seat=W), at(5, 5, URGE, seat=W), at(2, 1, CONVENE, seat=W, standstill=1)],
    "patron_of_tokyo": [at(2, 1, PRESS_S, seat=W), at(5, 0, QUIET, seat=W), at(2, 1, QUIET, seat=W, standstill=1)],
    "patron_of_seoul": [at(2, 1, PRESS_T, seat=W), at(0, 5, QUIET, seat=W), at(2, 1, QUIET, seat=W, standstill=1)],
    "always_convene": [at(0, 0, CONVENE, seat=W), at(5, 5, CONVENE, seat=W, standstill=1)],
}
# No hand can write their moves down: tests below hold them against the solver and against hand-made arithmetic.
COMPUTED = {"equilibrium", "subgame_perfect", "quantal_reply", "level_k", "belief_learner"}

for _name in CATALOGUE:
    _class = type(f"Test_{_name}", (BehaviourBattery,), {"choice": _name, "situations": SITUATIONS.get(_name, [])})
    globals()[_class.__name__] = _class


def test_nothing_is_registered_without_its_rule_tested() -> None:
    assert set(SITUATIONS) | COMPUTED == set(CATALOGUE)
    assert all(situations for situations in SITUATIONS.values())
    folder = Path(sys.modules["negotiation.behaviours"].__path__[0])
    helpers = {"__init__", "outside", "patron", "remembering", "solved", "specification"}
    assert {path.stem for path in folder.glob("*.py")} - helpers == set(CATALOGUE)


def test_the_battery_can_fail() -> None:
    with pytest.raises(AssertionError, match="documented"):
        check_behaviour("hawk", [at(0, 0, DOWN)], scenarios=())
    with pytest.raises(AssertionError, match="documented"):
        check_behaviour("grudger", [at(2, 1, OFFER, before=(SEOUL_CLIMBS,))], scenarios=())


# ------------------------------------------------------------------------------------ solved ones


def test_equilibrium_is_the_solvers_own_table_and_is_solved_once(game: Game, solution: Solution) -> None:
    profile = make_profile(game, seoul="hawk")
    assert same(profile.tokyo, solution.profile.tokyo)
    assert make_profile(game).seoul.second_inner is make_profile(game).seoul.second_inner


def test_subgame_perfect_is_the_limit_of_precision(game: Game) -> None:
    perfect = backward_induction(game, np.full(3, np.inf)).profile
    assert all(same(policy, other) for policy, other in
               zip(make_profile(game, *["subgame_perfect"] * 3), perfect, strict=True))


def test_quantal_reply_at_infinite_precision_is_the_best_reply(game: Game, solution: Solution) -> None:
    choice = {"behaviour": "quantal_reply", "to": "matcher", "precision": float("inf")}
    profile = solution.profile.swap(S, make_policy(game, S, "matcher"))
    best = best_response(game, profile, T)
    own = evaluate(game, profile.swap(T, make_policy(game, T, choice)))
    np.testing.assert_allclose(own[0, T, game.start], best.value(T), atol=1e-12)
    as_third = make_policy(game, W, {"behaviour": "quantal_reply", "to": "dove"})
    doves = make_profile(game, "dove", "dove")
    assert same(as_third, respond_to(game, doves, (W,)).profile.washington)


def short(reference: Scenario, **changes: Any) -> Game:
    return compile_game(reference.override({"rounds": 1, "shadow": 0, **changes}))


def test_levels_0_and_1_by_hand(reference: Scenario) -> None:
    """One round, precision 2.5: level 1's reply to a first move is a softmax of what the week pays it."""
    game = short(reference)
    assert same(make_policy(game, T, {"behaviour": "level_k", "k": 0}), make_policy(game, T, "random"))
    policy = make_policy(game, T, {"behaviour": "level_k", "k": 1})
    assert isinstance(policy, DisputantPolicy)
    state = game.start  # rungs 2 and 1, no standstill, no appeals
    # Under quiet, after Seoul held: Tokyo at 2.0 firmness, harm .10 of Seoul's rung 1, no pressure, no cover.
    # The chance to settle is .2 * .01 * (1 - .5 tau), to rupture .03 tau^2, with tau = (r_T / 5 + 1 / 5) / 2.
    gain, cost = [0, 0.15, 0.30, 0.48], [0, 0.02, 0.08, 0.18]

    def worth(rung: int, price: float) -> float:
        tau = (rung / 5 + 1 / 5) / 2
        settled, rupture = 0.2 * 0.01 * (1 - 0.5 * tau), 0.03 * tau**2
        share = 0.5 + (rung / 5 - 1 / 5) / 2
        lump = settled * 20 * share + (1 - settled) * rupture * -15
        return 2.0 * gain[rung] - cost[rung] - 0.10 - price + 0.97 * lump

    worths = np.array([worth(3, 0), worth(2, 0), worth(2, 0.25), worth(2, 0.9), worth(1, 0.6)])
    weights = np.exp(2.5 * (worths - worths.max()))
    np.testing.assert_allclose(policy.at(0, state, QUIET, HOLD), weights / weights.sum(), atol=1e-12)
    # As first mover level 1 expects a random answer: the mean of the five rows' worths, checked against the solver's.
    replies = respond_to(game, make_profile(game, "random", "random", "random"), (T,))
    told = move_alternatives(replies, T, 0, state, QUIET, None)
    weights = np.exp(2.5 * (told.values - told.values.max()))
    np.testing.assert_allclose(policy.at(0, state, QUIET), weights / weights.sum(), atol=1e-12)


def test_level_k_answers_level_k_minus_1(game: Game) -> None:
    below = {actor.key: {"behaviour": "level_k", "k": 1, "precision": 4.0} for actor in Actor}
    expected = respond_to(game, make_profile(game, **below), (S,), 4.0).profile.seoul
    assert same(make_policy(game, S, {"behaviour": "level_k", "k": 2, "precision": 4.0}), expected)
    assert not same(make_policy(game, S, {"behaviour": "level_k", "k": 2}), expected)


def test_belief_learner_updates_by_bayes(reference: Scenario, game: Game) -> None:
    """Log odds by hand from the two games' own first-week play."""
    policy = make_policy(game, T, "belief_learner")
    assert isinstance(policy, DisputantPolicy) and policy.memory is not None
    middle = policy.memory.begin
    assert middle == round(LIMIT / STEP) and policy.memory.size == 2 * middle + 1
    firm, yielding = (backward_induction(compile_game(reference.override({"seoul.firmness": 2.0 * factor})), keep=1)
                      .profile.seoul for factor in (1.5, 0.5))
    state = game.start
    for leader, moves in ((S, (HOLD, UP)), (T, (HOLD, UP)), (T, (UP, OFFER)), (S, (OFFER, DOWN))):
        first = None if leader is S else moves[0]
        odds = [max(table.at(0, state, URGE, first)[moves[1]], LEAST) for table in (firm, yielding)]
        steps = round(np.log(odds[0] / odds[1]) / STEP)
        assert policy.memory.after(middle, leader, URGE, moves, state) == middle + steps
    belief = 1 / (1 + np.exp(-STEP * 4))
    own = [backward_induction(compile_game(reference.override({"seoul.firmness": 2.0 * factor})), keep=1).profile.tokyo
           for factor in (1.5, 0.5)]
    expected = belief * own[0].at(0, state, QUIET) + (1 - belief) * own[1].at(0, state, QUIET)
    np.testing.assert_allclose(policy.at(middle + 4, state, QUIET), expected, atol=1e-12)
    # Spread 0: nothing to learn, and it plays the first week's equilibrium in every week.
    flat = make_policy(game, T, {"behaviour": "belief_learner", "spread": 0.0})
    assert flat.memory is not None
    assert all(flat.memory.after(m, T, URGE, (UP, UP), state) == m for m in range(flat.memory.size))
    np.testing.assert_allclose(flat.at(3, state, QUIET), solution(game).profile.tokyo.at(0, state, QUIET), atol=1e-12)


# --------------------------------------------------------------------------- choices and mixtures


def test_error_mixes_in_uniform_play(game: Game) -> None:
    policy = make_policy(game, T, {"behaviour": "hawk", "error": 0.2})
    assert isinstance(policy, DisputantPolicy)
    np.testing.assert_allclose(policy.at(0, game.state(2, 2), 0), [0.84, 0.04, 0.04, 0.04, 0.04])


def test_a_mixture_plays_either_at_every_decision(game: Game) -> None:
    policy = make_policy(game, T, {"mix": ["hawk", {"behaviour": "dove", "error": 0.5}], "weight": 0.25, "error": 0.1})
    assert isinstance(policy, DisputantPolicy)
    expected = 0.9 * (0.75 * np.array([1, 0, 0, 0, 0]) + 0.25 * np.array([0.1, 0.1, 0.1, 0.1, 0.6])) + 0.1 * 0.2
    np.testing.assert_allclose(policy.at(0, game.state(2, 2), 0), expected)
    assert policy.name == "mix(hawk, dove(error=0.5), weight=0.25, error=0.1)"


def test_mixed_memories_run_side_by_side(game: Game) -> None:
    grudger, fatigue = make_policy(game, T, "grudger"), make_policy(game, T, "fatigue")
    both = mix(grudger, fatigue, 0.5)
    assert both.memory is not None and grudger.memory is not None and fatigue.memory is not None
    assert both.memory.size == 2 * 7
    assert isinstance(both, DisputantPolicy)
    state = game.state(2, 1, 1)
    for one in range(2):
        for other in range(7):
            memory = one * 7 + other
            np.testing.assert_allclose(both.at(memory, state, 0), 0.5 * grudger.at(one, state, 0)
                                       + 0.5 * fatigue.at(other, state, 0))
            after = both.memory.after(memory, T, 0, (OFFER, UP), state)
            assert divmod(after, 7) == (grudger.memory.after(one, T, 0, (OFFER, UP), state),
                                        fatigue.memory.after(other, T, 0, (OFFER, UP), state))
    with pytest.raises(PolicyError, match="78 rounds or memory states"):
        mix(grudger, make_policy(game, T, "equilibrium"), 0.5)


@pytest.mark.parametrize(("choice", "text", "memory"), [
    ("hawk", "hawk", False), ({"behaviour": "hawk"}, "hawk", False),
    ({"behaviour": "hawk", "error": 0.1}, "hawk(error=0.1)", False),
    ({"behaviour": "level_k", "k": 2, "error": 0.25}, "level_k(k=2, error=0.25)", False),
    ({"behaviour": "fatigue", "patience": 3}, "fatigue(patience=3)", True),
    ({"mix": ["hawk", "grudger"]}, "mix(hawk, grudger, weight=0.5)", True), ("absent", "absent", False),
])
def test_labels_and_memory_of_choices(choice: Any, text: str, memory: bool) -> None:
    assert (label(choice), remembers(choice)) == (text, memory)


@pytest.mark.parametrize(("seat", "choice", "key"), [
    (T, "absent", "policy.tokyo"), (W, "hawk", "policy.washington"), (S, "nobody", "policy.seoul"),
    (T, 3, "policy.tokyo"), (T, {"behaviour": "hawk", "errr": 0.1}, "policy.tokyo.errr"),
    (T, {"behaviour": "hawk", "error": 1.5}, "policy.tokyo.error"), (T, {"error": 0.5}, "policy.tokyo"),
    (T, {"behaviour": "level_k", "k": 4}, "policy.tokyo.k"), (T, {"behaviour": "level_k", "k": 1.5}, "policy.tokyo.k"),
    (T, {"behaviour": "level_k", "precision": -1}, "policy.tokyo.precision"),
    (T, {"behaviour": "quantal_reply", "to": "absent"}, "policy.tokyo.to"),
    (W, {"behaviour": "quantal_reply", "to": "absent"}, "policy.washington.to"),
    (T, {"behaviour": "quantal_reply", "to": "grudger"}, "policy.tokyo.to"),
    (T, {"mix": ["hawk"]}, "policy.tokyo.mix"), (T, {"mix": ["hawk", "absent"]}, "policy.tokyo.mix[1]"),
    (T, {"mix": ["hawk", "dove"], "weight": 2}, "policy.tokyo.weight"),
    (T, {"mix": ["hawk", "dove"], "wait": 1}, "policy.tokyo.wait"),
    (W, {"behaviour": "firefighter", "above": 1.2}, "policy.washington.above"),
])
def test_a_wrong_choice_is_refused_by_key(game: Game, seat: Actor, choice: object, key: str) -> None:
    with pytest.raises(ParameterError) as caught:
        make_policy(game, seat, choice)
    assert caught.value.key == key
    if key == f"policy.{seat.key}":
        assert all(name in str(caught.value) for name in behaviours_for(seat))


def test_what_remembers_has_nothing_exact(game: Game) -> None:
    with pytest.raises(PolicyError, match="seoul: 'grudger' remembers past weeks"):
        propagate(game, make_profile(game, seoul="grudger"))


# ------------------------------------------------------------------------------------ from outside

OWN = '''
"""My own."""
from negotiation.behaviours import Parameter
from negotiation.policy import disputant_rule
from negotiation.vocabulary import Actor, Move

def pacifist(game, seat, patience=3):
    """Steps down from any rung, and holds on rung 0."""
    return disputant_rule(game, seat, "pacifist", lambda state, stance, first_move: (
        Move.STEP_DOWN if game.rungs[seat, state] else Move.HOLD))

class Careful:
    RULE = "holds, always"
    SEATS = (Actor.SEOUL,)
    PARAMETERS = {"care": Parameter(1, "how careful", high=2)}

    @staticmethod
    def policy(game, seat, care=1):
        return disputant_rule(game, seat, "careful", lambda state, stance, first_move: Move.HOLD)

def cheat(game, seat):
    """Plays what it may not."""
    made = disputant_rule(game, seat, "cheat", lambda state, stance, first_move: Move.HOLD)
    tables = made.first.copy()
    tables[..., :] = 0.2
    return type(made).from_tables("cheat", seat, tables, made.second)

number = 3
'''


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    name = f"own_{abs(hash(tmp_path))}"
    (tmp_path / f"{name}.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    return name


def test_a_function_by_dotted_path_is_a_behaviour(own: str, game: Game) -> None:
    found = behaviour(f"{own}.pacifist")
    assert found.rule == "Steps down from any rung, and holds on rung 0."
    assert (found.seats, found.kind) == ((T, S), Kind.RULE)
    check_behaviour(f"{own}.pacifist", [at(2, 1, DOWN), at(0, 1, HOLD)], scenarios=["tokyo_seoul_2019"])
    policy = make_policy(game, S, {"behaviour": f"{own}.pacifist", "patience": 5, "error": 0.1})
    assert policy.name == f"{own}.pacifist(patience=5, error=0.1)"
    with pytest.raises(ParameterError, match=r"policy.seoul.pace: 1 .* behaviour, patience, error"):
        make_policy(game, S, {"behaviour": f"{own}.pacifist", "pace": 1})


def test_an_object_tells_its_seats_and_parameters(own: str, game: Game) -> None:
    assert behaviour(f"{own}.Careful").seats == (S,)
    assert check_choice(S, {"behaviour": f"{own}:Careful", "care": 2}).settings == {"care": 2}
    with pytest.raises(ParameterError, match=r"policy.seoul.care: 3 .* a number from 0 to 2"):
        make_policy(game, S, {"behaviour": f"{own}.Careful", "care": 3})
    with pytest.raises(ParameterError, match=r"policy\.tokyo"):
        make_policy(game, T, f"{own}.Careful")


def test_the_battery_finds_an_illegal_behaviour(own: str) -> None:
    with pytest.raises(PolicyError, match="illegal option"):
        check_behaviour(f"{own}.cheat", scenarios=["tokyo_seoul_2019"])


@pytest.mark.parametrize(("path", "match"), [
    ("{}.nothing", "policy.tokyo: .* the dotted path of your own"), ("nowhere.at_all", "the dotted path of your own"),
    ("{}.number", "a function policy"), ("negotiation.vocabulary", "a function policy"),
])
def test_what_is_no_behaviour_is_said(own: str, game: Game, path: str, match: str) -> None:
    with pytest.raises(ParameterError, match=match):
        make_policy(game, T, path.format(own))


def test_a_behaviour_may_be_written_after_it_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                           game: Game) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ParameterError, match="dotted path of your own"):
        make_policy(game, T, "written_late.pacifist")
    (tmp_path / "written_late.py").write_text(OWN)
    assert make_policy(game, T, "written_late.pacifist").name == "written_late.pacifist"


def test_a_module_that_breaks_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, game: Game) -> None:
    (tmp_path / "broken_one.py").write_text("1 / 0\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ParameterError, match="ZeroDivisionError: division by zero"):
        make_policy(game, T, "broken_one.play")


def test_an_entry_point_is_a_behaviour(tmp_path: Path) -> None:
    """A real installed distribution, as far as importlib.metadata can tell, in a real process."""
    (tmp_path / "doves_of_mine.py").write_text(OWN)
    info = tmp_path / "doves_of_mine-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: doves-of-mine\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[negotiation.behaviours]\npacifist = doves_of_mine:pacifist\n")
    code = ("from negotiation.behaviours import behaviours_for, make_policy; from negotiation.vocabulary import Actor\n"
            "import negotiation as ng; game = ng.compile_game(ng.load_scenario('river_dam'))\n"
            "assert behaviours_for(Actor.TOKYO)[-1] == 'pacifist'\n"
            "assert 'pacifist' not in behaviours_for(Actor.WASHINGTON)\n"
            "print(make_policy(game, Actor.SEOUL, {'behaviour': 'pacifist', 'error': 0.1}).name)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                          env={"PYTHONPATH": str(tmp_path), "PATH": ""}, cwd=tmp_path)
    assert done.stdout.strip() == "pacifist(error=0.1)"


# ----------------------------------------------------------------------------------------- listing


def test_the_list_has_every_behaviour_with_its_rule(capsys: pytest.CaptureFixture[str]) -> None:
    list_behaviours([])
    said = " ".join(capsys.readouterr().out.split())
    assert all(name in said and behaviour(name).rule in said for name in CATALOGUE)
    list_behaviours(["--seat", "washington"])
    said = capsys.readouterr().out
    assert "reluctant" in said and "hawk" not in said


def test_one_behaviour_is_told_whole(capsys: pytest.CaptureFixture[str]) -> None:
    list_behaviours(["level_k"])
    said = capsys.readouterr().out
    assert said.startswith(f"level_k: {behaviour('level_k').rule}\n")
    assert "Stahl & Wilson 1995" in said and "an integer from 0 to 3" in said
    with pytest.raises(SystemExit) as caught:
        list_behaviours(["nobody"])
    assert caught.value.code == 2


def test_a_solved_game_can_be_forgotten(reference: Scenario) -> None:
    """Else a sweep over behaviours keeps 41 MB a point."""
    game = compile_game(reference.override({"rounds": 3, "shadow": 2}))
    kept = solution(game)
    make_policy(game, T, {"behaviour": "level_k", "k": 2})
    assert solution(game) is kept
    watched = weakref.ref(kept)
    del kept
    forget(game)
    gc.collect()
    assert watched() is None
    assert not [key for key in game.__dict__ if key in ("_solutions", "_levels")]
    solution(game)
    watched_game = weakref.ref(game)
    del game
    gc.collect()
    assert watched_game() is None


