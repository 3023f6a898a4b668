"""Classes for the tests of the debrief: people who play by given precisions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from negotiation.drawing import draw
from negotiation.game import compile_game
from negotiation.library import load_scenario
from negotiation.seminar.people import Person, Room
from negotiation.seminar.room import Seminar
from negotiation.seminar.settings import Settings
from negotiation.seminar.store import Store
from negotiation.seminar.table import TableState
from negotiation.solve import Solution, backward_induction
from negotiation.vocabulary import Actor


class Ticks:
    """A clock that goes on by a second whenever it is read."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


def open_class(path: Path, **settings: Any) -> tuple[Seminar, Room]:
    """A class that waits, of the scenario of 2019, over six weeks unless told otherwise; its shadow is short."""
    seed = settings.pop("seed", 7)
    seminar = Seminar(Store(path), Ticks())
    room, _ = seminar.create(Settings.of({
        "scenario": load_scenario("tokyo_seoul_2019").override({"shadow": 6}).to_dict(), "weeks": 6, **settings}), seed)
    return seminar, room


def fill(seminar: Seminar, room: Room, people: int) -> list[Person]:
    """Let people join."""
    return [seminar.join(room.code, f"Person {number}", f"client {number}").person for number in range(people)]


def solved(room: Room, seminar: Seminar, treatment: str, changes: Mapping[str, float]) -> Solution:
    """The play of people whose dispute has other values than the class's."""
    settings = seminar.room(room.number).settings
    return backward_induction(compile_game(settings.scenario_of(settings.treatment(treatment)).override(changes)))


def play(seminar: Seminar, room: Room, changes: Mapping[str, float] | None = None, seed: int = 1) -> None:
    """Let the people of a class play to the end, by the equilibrium of a changed scenario, with own draws."""
    generator = np.random.Generator(np.random.Philox(seed))
    known: dict[str, Solution] = {}
    with seminar.change():
        seminar.start(room.number)
        for table in seminar.tables(room.number):
            name = seminar.treatment(room.number, table).name
            if name not in known:
                known[name] = solved(room, seminar, name, changes or {})
            while (state := seminar.state(room.number, table)).turn is not None:
                person = seminar.players(room.number, table)[state.turn][0]
                seminar.move(person, seminar.place(room.number, table), choose(known[name], state, generator.random()),
                             f"{table} {seminar.place(room.number, table)}")


def choose(solution: Solution, state: TableState, u: float) -> int:
    """What the seat whose turn it is plays."""
    turn, week = state.turn, len(state.weeks)
    assert turn is not None
    if turn is Actor.WASHINGTON:
        return draw(solution.profile.washington.at(week, state.state), u)
    assert state.stance is not None
    return draw(solution.profile.disputant(turn).at(week, state.state, state.stance, state.first), u)
