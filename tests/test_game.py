"""The compiled game: invariants, what happens when they break, and that nothing is ever changed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
import strategies
from hypothesis import given

from negotiation.checks import GameError, check_game
from negotiation.engines.batch import simulate
from negotiation.engines.exact import propagate
from negotiation.game import Game, compile_game
from negotiation.scenario import Scenario
from negotiation.solve import backward_induction, best_response, regret
from negotiation.vocabulary import Actor, Move, Stance

AT = (Stance.CONVENE, Move.HOLD, Move.APPEAL, 41)


def tampered(game: Game, name: str, change: Callable[[np.ndarray], None]) -> Game:
    """The same game with one table altered."""
    table = getattr(game, name).copy()
    change(table)
    return dataclasses.replace(game, **{name: table})


def arrays(game: Game) -> dict[str, np.ndarray]:
    return {item.name: getattr(game, item.name) for item in dataclasses.fields(game) if item.name != "scenario"}


@given(strategies.scenarios())
def test_a_legal_scenario_compiles_to_a_sound_game(scenario: Scenario) -> None:
    check_game(compile_game(scenario))


def put(index: tuple[int | slice, ...], value: float) -> Callable[[np.ndarray], None]:
    def change(table: np.ndarray) -> None:
        table[index] = value

    return change


@pytest.mark.parametrize(("name", "index", "value"), [
    ("payoff", (1, *AT), np.nan),
    ("payoff", (2, *AT), np.inf),
    ("settlement", AT, 1.25),
    ("settlement", AT, -1e-9),
    ("settlement", AT, np.nan),
])
def test_a_bad_entry_is_named_by_table_state_stance_and_moves(game: Game, name: str, index: tuple[int, ...],
                                                              value: float) -> None:
    with pytest.raises(GameError) as caught:
        check_game(tampered(game, name, put(index, value)))
    message = str(caught.value)
    assert message.startswith(name)
    assert game.describe(41) in message
    assert "stance convene, moves hold and appeal" in message


@pytest.mark.parametrize(("name", "index", "value"), [
    ("afterstate", (Move.HOLD, Move.APPEAL, 41), 10**6),
    ("afterstate", (Move.HOLD, Move.APPEAL, 41), -1),
    ("tension", (41,), 1.5),
])
def test_a_bad_entry_of_a_state_is_named_by_state(game: Game, name: str, index: tuple[int, ...],
                                                  value: float) -> None:
    with pytest.raises(GameError, match=f"{name} is not in .*state 41 "):
        check_game(tampered(game, name, put(index, value)))


@pytest.mark.parametrize(("name", "index", "value"), [
    ("rupture", (17,), 1.5), ("rupture", (17,), np.nan), ("lapse", (17,), -0.5), ("after_tension", (17,), 2.0),
    ("next_on", (17,), 216), ("next_lapsed", (17,), -1), ("settlement_payoff", (0, 1, 17), np.inf),
])
def test_a_bad_entry_of_an_afterstate_is_named_by_its_number(game: Game, name: str, index: tuple[int, ...],
                                                             value: float) -> None:
    with pytest.raises(GameError, match=f"{name} is not .*17"):
        check_game(tampered(game, name, put(index, value)))


def test_the_first_of_several_bad_entries_is_named(game: Game) -> None:
    with pytest.raises(GameError, match=r"state 41 .*, stance convene, moves hold and appeal"):
        check_game(tampered(game, "settlement", lambda table: (put(AT, 2.0)(table), put((4, 4, 4, 99), 2.0)(table))))


@pytest.mark.parametrize("name", ["next_on", "next_lapsed"])
@pytest.mark.parametrize("number", [0, 1, 3, 100, 215])
def test_a_next_state_that_does_not_follow_is_named(game: Game, name: str, number: int) -> None:
    table = getattr(game, name)
    k = int(np.flatnonzero(table != number)[5])
    with pytest.raises(GameError, match=f"{name} does not follow from the afterstate .*{k}"):
        check_game(tampered(game, name, put((k,), number)))


def test_an_afterstate_out_of_reach_is_named(game: Game) -> None:
    far = int(game.afterstate[Move.HOLD, Move.HOLD, game.state(5, 5)])
    with pytest.raises(GameError) as caught:
        check_game(tampered(game, "afterstate", put((Move.HOLD, Move.APPEAL, 41), far)))
    assert "afterstate lies more than one rung away" in str(caught.value)
    assert game.describe(41) in str(caught.value)


@pytest.mark.parametrize("seat", [Actor.TOKYO, Actor.SEOUL])
def test_a_state_without_a_move_is_named(game: Game, seat: Actor) -> None:
    stuck = tampered(game, "legal", put((seat, slice(None), 41), False))
    with pytest.raises(GameError) as caught:
        check_game(stuck)
    assert seat.key in str(caught.value)
    assert game.describe(41) in str(caught.value)


def test_a_state_without_a_stance_is_refused(game: Game) -> None:
    with pytest.raises(GameError, match="legal_stances"):
        check_game(tampered(game, "legal_stances", put((slice(None), 41), False)))


@pytest.mark.parametrize(("name", "value"), [
    ("discount", 0.0), ("discount", 1.01), ("discount", np.nan), ("precision", -0.1), ("precision", np.nan),
    ("rupture_payoff", np.nan)])
def test_bad_actor_numbers_are_refused(game: Game, name: str, value: float) -> None:
    with pytest.raises(GameError, match=name):
        check_game(tampered(game, name, put((1,), value)))


@pytest.mark.parametrize("name", ["payoff", "settlement", "afterstate", "legal", "lapse", "discount"])
def test_a_table_of_another_shape_is_refused(game: Game, name: str) -> None:
    with pytest.raises(GameError, match=f"{name} has shape"):
        check_game(dataclasses.replace(game, **{name: getattr(game, name)[..., :-1]}))


def test_a_writable_table_is_refused(game: Game) -> None:
    copy = dataclasses.replace(game)
    object.__setattr__(copy, "payoff", game.payoff.copy())
    with pytest.raises(GameError, match="payoff is writable"):
        check_game(copy)


# ----------------------------------------------------------------------------------- never changed


def test_arrays_are_read_only_and_contiguous(game: Game) -> None:
    for name, table in arrays(game).items():
        assert table.flags.c_contiguous, name
        with pytest.raises(ValueError, match="read-only"):
            table[...] = 0


def test_a_game_cannot_be_reassigned(game: Game) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        game.payoff = np.zeros(1)  # type: ignore[misc]


def test_building_a_game_leaves_the_callers_arrays_alone(game: Game) -> None:
    mine = game.payoff.copy()
    other = dataclasses.replace(game, payoff=mine)
    mine[...] = 7
    assert mine.flags.writeable
    assert (other.payoff == game.payoff).all()


def test_inputs_survive_solving_propagating_and_simulating(reference: Scenario) -> None:
    scenario = reference.override({"rounds": 3, "shadow": 2})
    game, plain = compile_game(scenario), scenario.to_dict()
    before = {name: table.copy() for name, table in arrays(game).items()}
    solution = backward_induction(game)
    profile = solution.profile
    tables = [profile.washington.stance, *(t for seat in profile[:2] for t in (seat.first, seat.second))]
    copies = [table.copy() for table in tables]
    propagate(game, profile)
    simulate(game, profile, 100, 1)
    regret(game, profile)
    best_response(game, profile, Actor.SEOUL)
    assert scenario.to_dict() == plain
    for name, table in arrays(game).items():
        assert np.array_equal(table, before[name]), name
    for table, copy in zip(tables, copies, strict=True):
        assert np.array_equal(table, copy)


def test_compiling_twice_gives_the_same_tables(reference: Scenario, game: Game) -> None:
    again = arrays(compile_game(reference))
    assert all(np.array_equal(table, again[name]) for name, table in arrays(game).items())


# ------------------------------------------------------------------------------------ the numbering


def test_states_are_numbered_one_to_one(game: Game) -> None:
    numbers = [game.state(t, s, c, a) for t in range(6) for s in range(6) for c in range(2) for a in range(3)]
    assert sorted(numbers) == list(range(game.n_states))
    assert game.state(2, 1, True, 2) == game.state(2, 1, 1, 2)


@pytest.mark.parametrize("coordinates", [(6, 0, 0, 0), (0, 6, 0, 0), (-1, 0, 0, 0), (0, 0, 2, 0), (0, 0, 0, 3)])
def test_a_state_out_of_range_is_refused(game: Game, coordinates: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="invalid entry"):
        game.state(*coordinates)


def test_a_state_is_described_in_words(game: Game) -> None:
    state = game.state(2, 1, 1, 2)
    assert game.describe(state) == f"state {state} (rungs 2 and 1, standstill, 2 appeals)"
    assert "no standstill" in game.describe(game.start)


def test_shape_of_the_reference(game: Game) -> None:
    assert (game.tops, game.rounds, game.horizon, game.n_states) == ((5, 5), 26, 78, 6 * 6 * 2 * 3)
