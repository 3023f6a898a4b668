"""The tables of a class: whose move is taken, and who plays for those who are away. No web in here.

Every method that writes is one transaction; a move is taken once, however often it is sent, because its sender
numbers it. Agents move through the table's own draws, so a table of agents alone plays the episode that the engines
play.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from sqlite3 import Error as SqliteError
from sqlite3 import Row
from typing import Any

from negotiation.drawing import draw
from negotiation.engines.trajectory import remembered
from negotiation.game import Game
from negotiation.policy import ThirdPartyPolicy
from negotiation.scenario import Scenario
from negotiation.seminar.compiled import Compiled, Games, Recent, key_of
from negotiation.seminar.people import (
    ENDED,
    GONE,
    PAUSED,
    PLAYING,
    TAKEN_OFF,
    WAITING,
    Person,
    Room,
    SeminarError,
    StaleError,
    person_of,
)
from negotiation.seminar.settings import Settings, Treatment
from negotiation.seminar.store import Store
from negotiation.seminar.table import DECIDERS, Entry, Kind, TableState
from negotiation.vocabulary import Actor, Move, Stance

KEPT = 800  # classes and tables remembered: two full classes
LOG = logging.getLogger(__name__)


class Tables:
    """The tables of all classes of one database.

    Args:
        store: where everything is kept.
        clock: seconds since the epoch, for tests.
        games: compiled disputes, to share those of another connection.
    """

    def __init__(self, store: Store, clock: Callable[[], float] = time.time, games: Games | None = None) -> None:
        self.store, self.clock, self.games = store, clock, Games() if games is None else games
        self._settings: Recent[int, Settings] = Recent(KEPT)  # they never change
        self._keys: Recent[tuple[int, str], str] = Recent(KEPT)  # of compiled disputes, by room and treatment
        self._states: Recent[tuple[int, int], tuple[int, TableState]] = Recent(KEPT)  # entries folded, and the state
        self._treatments: Recent[tuple[int, int], Treatment] = Recent(KEPT)
        self._broken: set[tuple[int, int]] = set()  # tables whose failure has been logged
        self.sheets: Recent[tuple[str, str, Actor], tuple[Any, ...]] = Recent(KEPT)  # by dispute, language and seat
        self.touched: set[tuple[int, int | None]] = set()  # (room, table) of every change; no table: the whole class

    def forget(self) -> None:
        """Drop all that is remembered of the store, after a change that was taken back."""
        self._settings.clear()
        self._keys.clear()
        self._states.clear()
        self._treatments.clear()

    @contextmanager
    def change(self) -> Iterator[None]:
        """A transaction; what is remembered of a change that fails is forgotten."""
        touched, written = set(self.touched), self.store.written
        try:
            with self.store.transaction():
                yield
        except BaseException:
            if self.store.written != written:
                self.touched = touched
                self.forget()
            raise

    def room(self, number: int) -> Room:
        """A class by number."""
        row = self.store.row("SELECT * FROM rooms WHERE id = ?", number)
        if row is None:
            raise SeminarError("there is no such class")
        settings = self._settings.made(number, lambda: Settings.from_json(row["settings"]))
        return Room(number, row["code"], settings, int(row["seed"]), row["phase"], row["clock"],
                    bool(row["closed"]), row["made"])

    def tables(self, room: int) -> list[int]:
        """The numbers of a class's tables."""
        return [row["number"] for row in self.store.rows(
            "SELECT number FROM tables WHERE room = ? ORDER BY number", room)]

    def treatment(self, room: int, table: int) -> Treatment:
        """What a table plays; it never changes."""
        known = self._treatments.found((room, table))
        if known is not None:
            return known
        row = self.store.row("SELECT treatment FROM tables WHERE room = ? AND number = ?", room, table)
        if row is None:
            raise SeminarError("there is no such table")
        return self._treatments.keep((room, table), self.room(room).settings.treatment(row["treatment"]))

    def game(self, room: int, treatment: Treatment) -> Game:
        """The compiled game of a treatment; the same object for all who play it, while it is in use."""
        return self.compiled(room, treatment).game

    def compiled(self, room: int, treatment: Treatment) -> Compiled:
        """A treatment's game with what has been computed of it."""
        def scenario() -> Scenario:
            return self.room(room).settings.scenario_of(treatment)

        return self.games.get(self.dispute(room, treatment), scenario)

    def dispute(self, room: int, treatment: Treatment) -> str:
        """What tells a treatment's dispute from all others."""
        return self._keys.made((room, treatment.name),
                               lambda: key_of(self.room(room).settings.scenario_of(treatment)))

    def entries(self, room: int, table: int, since: int = 0) -> list[Row]:
        """A table's record from an entry on."""
        return self.store.rows("SELECT * FROM moves WHERE room = ? AND table_number = ? AND place > ? ORDER BY place",
                               room, table, since)

    def state(self, room: int, table: int) -> TableState:
        """The fold of a table's record; what was folded before is not folded again."""
        return self.at(room, table)[1]

    def at(self, room: int, table: int) -> tuple[int, TableState]:
        """How many entries a table's record has, and their fold: both of one moment."""
        game, known = self.game(room, self.treatment(room, table)), self._states.found((room, table))
        if known is None or known[1].game is not game:  # or the game was let go meanwhile
            known = 0, TableState.begin(game, self.room(room).seed, table)
        count, state = known
        for row in self.entries(room, table, count):
            state, count = state.after(entry_of(row)), int(row["place"])
        return self._states.keep((room, table), (count, state))

    def place(self, room: int, table: int) -> int:
        """How many entries a table's record has."""
        return self.at(room, table)[0]

    def players(self, room: int, table: int) -> dict[Actor, list[Person]]:
        """Who sits at a table, by seat."""
        rows = self.store.rows("SELECT * FROM people WHERE room = ? AND table_number = ? AND away != ? ORDER BY id",
                               room, table, GONE)
        seated: dict[Actor, list[Person]] = {seat: [] for seat in Actor}
        for row in rows:
            seated[Actor(row["seat"])].append(person_of(row))
        return seated

    def waited_for(self, room: int, table: int) -> list[Person]:
        """Whose decision is next, if it is a person's; both where two share the seat."""
        turn = self.state(room, table).turn
        return [] if turn is None else [each for each in self.players(room, table)[turn] if not each.away]

    def move(self, person: Person, place: int, option: int, client: str) -> TableState:
        """Take a person's move.

        Args:
            person: whose move.
            place: how many entries the table's record had when the person decided.
            option: number of the stance or move.
            client: made by the sender, the same when the same move is sent again; then nothing is done.

        Raises:
            StaleError: the table has moved on.
            SeminarError: it is not the person's turn, the option is not open, or the class does not play.
        """
        with self.change():
            if self._known(person.room, client):
                return self.state(person.room, person.table)
            phase = self.room(person.room).phase
            if person.gone:
                raise SeminarError(TAKEN_OFF)
            if phase != PLAYING:
                raise SeminarError({WAITING: "the class has not begun", PAUSED: "the class is paused",
                                    ENDED: "the class has ended"}[phase])
            now, state = self.at(person.room, person.table)
            if place != now:
                raise StaleError("the table has moved on")
            if state.turn is not person.seat:
                raise SeminarError("it is not your turn")
            if option not in tuple(int(each) for each in state.legal):
                raise SeminarError("that move is not open now")
            self._add(person.room, person.table, now, Entry(Kind.MOVE, person.seat, option), client, person.number)
            if person.away:
                self.store.change("UPDATE people SET away = 0 WHERE id = ?", person.number)
            return self.play_agents(person.room, person.table)

    def undo(self, room: int, table: int, place: int, client: str) -> TableState:
        """Take back the last week of a table, or the week begun if a person has moved in it.

        What agents alone have begun they would begin again at once, so the week before it goes too.

        Raises:
            StaleError: the table has moved on.
            SeminarError: there is nothing to take back, or the class has ended and its debrief is open.
        """
        with self.change():
            if self._known(room, client):
                return self.state(room, table)
            if self.room(room).phase == ENDED:
                raise SeminarError("the class has ended")
            now, state = self.at(room, table)
            if place != now:
                raise StaleError("the table has moved on")
            begun = sum(each is not None for each in (state.stance, state.first))
            try:
                state.after(Entry(Kind.UNDO))
            except ValueError as error:
                raise SeminarError(str(error)) from None
            self._add(room, table, now, Entry(Kind.UNDO), client, None)
            persons = any(row["person"] is not None for row in self.entries(room, table, now - begun))
            if begun and not persons and state.weeks:
                self._add(room, table, now + 1, Entry(Kind.UNDO), f"{client} too", None)
            return self.play_agents(room, table)

    def play_on(self, room: int, table: int, place: int | None = None) -> TableState:
        """Let an agent decide once for whoever is waited for, and then for all who are played by agents.

        Args:
            room, table: which.
            place: entries of the record that was shown; where there are more by now nothing is done.
        """
        with self.change():
            if place is not None and place != self.place(room, table):
                return self.state(room, table)
            self._agent_move(room, table, "once")
            return self.play_agents(room, table)

    def play_agents(self, room: int, table: int) -> TableState:
        """Play all decisions that fall to agents, while the class plays."""
        with self.change():
            if self.room(room).phase == PLAYING:
                while self.state(room, table).turn is not None and not self.waited_for(room, table):
                    if not self._agent_move(room, table, "agent"):
                        break
            return self.state(room, table)

    def play_all_agents(self, room: int) -> None:
        """`play_agents` at every table."""
        with self.change():
            for table in self.tables(room):
                self.play_agents(room, table)

    def overdue(self) -> list[tuple[int, int]]:
        """The tables (room, number) whose move is overdue."""
        late = []
        for room in self.playing():
            for table in self.tables(room.number) if room.settings.seconds is not None else []:
                left = self.seconds_left(room, table)
                if left is not None and left <= 0:
                    late.append((room.number, table))
        return late

    def tick(self) -> list[tuple[int, int]]:
        """Play on wherever a move is overdue; returns the tables (room, number) that moved."""
        moved = []
        for room, table in self.overdue():
            with self.apart(room, table), self.change():
                if self._agent_move(room, table, "clock"):
                    self.play_agents(room, table)
                    moved.append((room, table))
        return moved

    @contextmanager
    def apart(self, room: int, table: int) -> Iterator[None]:
        """One of many tables: what fails there is logged once and does not hold up the others, a full disk does."""
        try:
            yield
        except SqliteError:
            raise
        except Exception:
            if (room, table) not in self._broken:
                self._broken.add((room, table))
                LOG.exception("table %s of class %s could not be played on", table, room)

    def playing(self) -> list[Room]:
        """The classes that play, without those of one person alone."""
        return [self.room(row["id"]) for row in self.store.rows(
            "SELECT id FROM rooms WHERE phase = ? AND NOT EXISTS "
            "(SELECT 1 FROM tables WHERE tables.room = rooms.id AND alone = 1)", PLAYING)]

    def seconds_left(self, room: Room, table: int) -> float | None:
        """How long the move that is waited for may still take; None where no clock runs."""
        due = self.due(room, table)
        return None if due is None else due - self.clock()

    def due(self, room: Room, table: int) -> float | None:
        """When the move that is waited for is overdue, in seconds since the epoch; None where no clock runs."""
        if room.settings.seconds is None or room.phase != PLAYING or self.state(room.number, table).over:
            return None
        return self.waits_since(room, table) + room.settings.seconds

    def waits_since(self, room: Room, table: int) -> float:
        """When a table that plays began to wait for the move that is next: nobody is late before having come."""
        row = self.store.row(
            "SELECT (SELECT MAX(at) FROM moves WHERE room = ?1 AND table_number = ?2) AS at, "
            "(SELECT MAX(joined) FROM people WHERE room = ?1 AND table_number = ?2) AS joined", room.number, table)
        assert row is not None
        return max(room.clock, row["joined"] or 0.0 if row["at"] is None else row["at"])

    def _agent_move(self, room: int, table: int, why: str) -> bool:
        """One decision of an agent; False where none is to be made. Inside a transaction."""
        if self.room(room).phase != PLAYING:
            return False
        now, state = self.at(room, table)
        if state.turn is None:
            return False
        entry = Entry(Kind.MOVE, state.turn, self.agents_choice(room, table, state))
        self._add(room, table, now, entry, f"{why} {table} {now}", None)
        return True

    def agents_choice(self, room: int, table: int, state: TableState) -> int:
        """What the seat's behaviour plays, drawn with the decision's own uniform."""
        turn = state.turn
        assert turn is not None
        treatment = self.treatment(room, table)
        choice = self.room(room).settings.behaviours_of(treatment)[turn.key]
        policy = self.compiled(room, treatment).policy(turn, choice)
        row = remembered(policy, state.weeks) if policy.memory is not None else len(state.weeks)
        if isinstance(policy, ThirdPartyPolicy):
            return draw(policy.at(row, state.state), state.u)
        assert state.stance is not None
        return draw(policy.at(row, state.state, state.stance, state.first), state.u)

    def _known(self, room: int, client: str) -> bool:
        return self.store.row("SELECT 1 FROM moves WHERE room = ? AND client = ?", room, client) is not None

    def _add(self, room: int, table: int, place: int, entry: Entry, client: str, person: int | None) -> None:
        self.store.insert("moves", room=room, table_number=table, place=place + 1, kind=entry.kind.value,
                          seat=None if entry.seat is None else int(entry.seat), option=entry.option, person=person,
                          client=client, at=self.clock())
        self.touched.add((room, table))


def entry_of(row: Row) -> Entry:
    """An entry from its row; who decided is told by the sender's number, where no person did."""
    why = row["client"].split(" ", 1)[0] if row["person"] is None else ""
    return Entry(Kind(row["kind"]), None if row["seat"] is None else Actor(row["seat"]), row["option"],
                 why if why in DECIDERS else "")


def option_of(seat: Actor, number: int) -> Stance | Move:
    """The word for an option's number."""
    return Stance(number) if seat is Actor.WASHINGTON else Move(number)


__all__ = ["Tables", "entry_of", "option_of"]
