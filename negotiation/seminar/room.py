"""A class: made by a teacher, joined by students, begun, paused and ended. No web in here.

`Seminar` is the only way to the store.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from negotiation.seminar.codes import PERSON, ROOM, kept, new_code, new_link, new_seed, tidy
from negotiation.seminar.compiled import Games
from negotiation.seminar.limits import Guesses, RateLimit
from negotiation.seminar.people import (
    ABSENT,
    AWAY,
    ENDED,
    GONE,
    HERE,
    PAUSED,
    PLAYING,
    TAKEN_OFF,
    WAITING,
    Person,
    Room,
    SeminarError,
    person_of,
)
from negotiation.seminar.settings import MOST_TABLES, NAME_LENGTH, Settings, assign
from negotiation.seminar.store import Store
from negotiation.seminar.talk import Talk
from negotiation.seminar.typed import clean
from negotiation.vocabulary import Actor

GRACE = 15  # seconds that a table waits at least for somebody without an open page
TOO_MANY = "too many tries; wait a minute"


@dataclass(frozen=True)
class Joined:
    """What a person gets on joining: a secret link, and a code to come back with from another device."""

    person: Person
    link: str
    code: str


class Seminar(Talk):
    """All classes of one database.

    Args:
        store: where everything is kept.
        clock: seconds since the epoch, for tests.
        games: compiled disputes, to share those of another connection.
        guesses: wrong codes, to count them together with those of another connection.
    """

    def __init__(self, store: Store, clock: Callable[[], float] = time.time, games: Games | None = None,
                 guesses: Guesses | None = None) -> None:
        super().__init__(store, clock, games)
        self.guesses = Guesses() if guesses is None else guesses
        self.joins = RateLimit(300, 60.0)  # an address and minute

    # ------------------------------------------------------------------------------------ classes

    def create(self, settings: Settings, seed: int | None = None) -> tuple[Room, str]:
        """Make a class; returns it and the secret of the teacher's link."""
        link, code = new_link(), new_code(ROOM)
        while self.store.row("SELECT 1 FROM rooms WHERE code = ?", code) is not None:
            code = new_code(ROOM)
        now = self.clock()
        number = self.store.insert(
            "rooms", code=code, teacher=kept(link), settings=settings.to_json(),
            seed=str(new_seed() if seed is None else seed), phase=WAITING, made=now, clock=now)
        return self.room(number), link

    def create_alone(self, settings: Settings, seat: Actor, name: str = "", seed: int | None = None) -> Joined:
        """Make a class of one, which plays a seat against agents at once."""
        values = {**settings.__dict__, "seats": (seat,), "share": 1, "seconds": None, "absent": None,
                  "messages": False}
        with self.change():
            room, _ = self.create(Settings(**values), seed)
            joined = self.join(room.code, name or "—", new_link())
            self.store.change("UPDATE tables SET alone = 1 WHERE room = ?", room.number)
            self._set_phase(room.number, PLAYING)
            self.play_agents(room.number, joined.person.table)
            return joined

    def alone(self, room: int) -> bool:
        """Whether a class is one person playing alone."""
        return self.store.row("SELECT 1 FROM tables WHERE room = ? AND alone = 1", room) is not None

    def rooms(self) -> list[Room]:
        """All classes that are not of one person alone, the latest first."""
        return [self.room(row["id"]) for row in self.store.rows(
            "SELECT id FROM rooms WHERE id NOT IN (SELECT room FROM tables WHERE alone = 1) ORDER BY id DESC")]

    def by_code(self, code: str) -> Room | None:
        """The class with a code, for those who need not guess; None if there is none."""
        row = self.store.row("SELECT id FROM rooms WHERE code = ?", tidy(code))
        return None if row is None else self.room(row["id"])

    def teachers(self, link: str) -> Room | None:
        """The class that a teacher's link opens; None for a wrong one."""
        row = self.store.row("SELECT id FROM rooms WHERE teacher = ?", kept(link))
        return None if row is None else self.room(row["id"])

    def start(self, room: int) -> None:
        """Begin or go on playing."""
        if self.room(room).phase == ENDED:
            raise SeminarError("this class has ended")
        with self.change():
            self._set_phase(room, PLAYING)
            self.play_all_agents(room)

    def resume(self) -> None:
        """Give every move its full time again, and everybody time to come back, after no server ran for a while."""
        with self.change():
            for room in self.playing():
                self._set_phase(room.number, PLAYING)

    def pause(self, room: int) -> None:
        """Take no moves until it goes on."""
        if self.room(room).phase == PLAYING:
            self._set_phase(room, PAUSED)

    def end(self, room: int) -> None:
        """Take no more moves; the debrief is open."""
        self._set_phase(room, ENDED)

    def close_joining(self, room: int, closed: bool = True) -> None:
        """Take in nobody more, or again; who has joined can come back all the same."""
        with self.change():
            self.store.change("UPDATE rooms SET closed = ? WHERE id = ?", closed, room)
            self.touched.add((room, None))

    def _set_phase(self, room: int, phase: str) -> None:
        self.store.change("UPDATE rooms SET phase = ?, clock = ? WHERE id = ?", phase, self.clock(), room)
        self.touched.add((room, None))

    # ------------------------------------------------------------------------------------ people

    def join(self, code: str, name: str, client: str, caller: str = "") -> Joined:
        """Take a person in and give a seat.

        Args:
            code: of the class, as typed.
            name: as typed.
            client: made by the sender, the same when the same request is sent again.
            caller: whom wrong codes are counted against.

        Raises:
            SeminarError: there is no such class, it has ended, is full or closed, too many wrong codes were tried, or
                who asks again has been taken off the table.
        """
        room = self.find(code, caller)
        name = clean(name, NAME_LENGTH)
        if not name:
            raise SeminarError("a name is needed")
        if room.phase == ENDED:
            raise SeminarError("this class has ended")
        if caller and not self.joins.allows(caller.split(" ")[0]):
            raise SeminarError(TOO_MANY)
        link, own = new_link(), self._personal_code(room.number)
        with self.change():
            again = self.store.row("SELECT id FROM people WHERE room = ? AND client = ?", room.number, client)
            if again is not None:  # sent twice: the same seat, by a fresh link and code
                number = int(again["id"])
                self._seated(number)
                self.store.change("UPDATE people SET code = ? WHERE id = ?", kept(own), number)
            elif room.closed:
                raise SeminarError("nobody joins this class any more")
            else:
                table, seat = self._free_seat(room)
                number = self.store.insert("people", room=room.number, name=name, code=kept(own), table_number=table,
                                           seat=int(seat), joined=self.clock(), client=client)
                self.touched.add((room.number, table))
                self.play_agents(room.number, table)  # an empty seat that moves first
            self.store.insert("links", hash=kept(link), person=number)
            return Joined(self.person_numbered(number), link, own)

    def joined_with(self, room: int, client: str) -> Person | None:
        """Who joined by a request of this number; None if nobody did."""
        row = self.store.row("SELECT * FROM people WHERE room = ? AND client = ?", room, client)
        return None if row is None else person_of(row)

    def new_personal_code(self, person: int) -> str:
        """A fresh code to come back with; the one before it no longer works."""
        with self.change():
            own = self._personal_code(self._seated(person).room)
            self.store.change("UPDATE people SET code = ? WHERE id = ?", kept(own), person)
        return own

    def _personal_code(self, room: int) -> str:
        own = new_code(PERSON)
        while self.store.row("SELECT 1 FROM people WHERE room = ? AND code = ?", room, kept(own)) is not None:
            own = new_code(PERSON)
        return own

    def come_back(self, code: str, own: str, caller: str = "") -> Joined:
        """Open the same seat on another device, with the personal code.

        Raises:
            SeminarError: the codes fit nobody, or somebody taken off the table, or too many wrong ones were tried.
        """
        room = self.find(code, caller, alone=True)
        if self.guesses.of_room.full(str(room.number)):
            raise SeminarError(TOO_MANY)
        row = self.store.row("SELECT id FROM people WHERE room = ? AND code = ?", room.number, kept(tidy(own)))
        if row is None:
            self.guesses.count(caller)
            self.guesses.of_room.count(str(room.number))
            raise SeminarError("nobody in this class has that code")
        link = new_link()
        with self.change():
            self.set_away(row["id"], False)
            self.store.insert("links", hash=kept(link), person=row["id"])
            return Joined(self.person_numbered(row["id"]), link, tidy(own))

    def person(self, link: str) -> Person | None:
        """Whom a link belongs to; None for a wrong one."""
        row = self.store.row("SELECT person FROM links WHERE hash = ?", kept(link))
        return None if row is None else self.person_numbered(row["person"])

    def people(self, room: int) -> list[Person]:
        """Everybody who joined a class, in order of joining, those taken off their table too."""
        return [person_of(row) for row in self.store.rows("SELECT * FROM people WHERE room = ? ORDER BY id", room)]

    def students(self, room: int) -> int:
        """How many have a seat in a class."""
        row = self.store.row("SELECT COUNT(*) AS n FROM people WHERE room = ? AND away != ?", room, GONE)
        return 0 if row is None else int(row["n"])

    def set_away(self, person: int, away: bool) -> None:
        """Let an agent play for a person from now on, or no longer, because somebody chose so.

        Raises:
            SeminarError: they have been taken off the table.
        """
        with self.change():
            who = self._seated(person)
            if away:
                self.store.change("UPDATE people SET away = ? WHERE id = ?", AWAY, person)
            else:
                self.store.change("UPDATE people SET away = ?, back = ? WHERE id = ?", HERE, self.clock(), person)
            self.touched.add((who.room, who.table))
            if away:
                self.play_agents(who.room, who.table)

    def take_off(self, person: int) -> None:
        """Take a person off their table: the seat is free, an agent plays it meanwhile; their moves stay.

        Until somebody else has taken the seat, `put_back` gives it back; what the agent has played meanwhile stays too.
        """
        with self.change():
            who = self.person_numbered(person)
            self.store.change("UPDATE people SET away = ? WHERE id = ?", GONE, person)
            self.touched.add((who.room, who.table))
            self.play_agents(who.room, who.table)

    def put_back(self, person: int) -> None:
        """Give a person who was taken off the seat again; by their link or code they can go on where they were.

        Raises:
            SeminarError: others have the seat by now.
        """
        with self.change():
            who = self.person_numbered(person)
            if not who.gone:
                return  # by a second click
            room = self.room(who.room)
            if len(self.players(who.room, who.table)[who.seat]) >= room.settings.share:
                raise SeminarError("somebody else has this seat by now")
            self.store.change("UPDATE people SET away = ?, back = ? WHERE id = ?", HERE, self.clock(), person)
            self.touched.add((who.room, who.table))

    def taken_off(self, room: int, table: int) -> list[Person]:
        """Who was taken off a table, in order of joining."""
        return [person_of(row) for row in self.store.rows(
            "SELECT * FROM people WHERE room = ? AND table_number = ? AND away = ? ORDER BY id", room, table, GONE)]

    def _seated(self, number: int) -> Person:
        who = self.person_numbered(number)
        if who.gone:
            raise SeminarError(TAKEN_OFF)
        return who

    def absent(self, seen: Mapping[int, float]) -> list[Person]:
        """Whom a table waits for although no page of theirs has been open for as long as their class allows.

        Where two share a seat, both must be gone. The time counts from when the class began or went on, from joining,
        from when somebody brought them back and from when a page was last open, whichever is latest; and a table waits
        `GRACE` seconds at least, in which a phone that was locked can be woken.

        Args:
            seen: person to when a page of theirs was last open, in seconds of the clock; inf while one is.
        """
        now, found = self.clock(), []
        for room in self.playing():
            limit = room.settings.absent
            if limit is None:
                continue
            gone = {row["id"]: row["table_number"] for row in self.store.rows(
                "SELECT id, table_number, joined, back FROM people WHERE room = ? AND away = ?", room.number, HERE)
                if now - max(room.clock, seen.get(row["id"], 0.0), row["joined"], row["back"]) >= limit}
            for table in sorted(set(gone.values())):
                with self.apart(room.number, table):
                    waited = self.waited_for(room.number, table)
                    least = min(GRACE, limit, room.settings.seconds or limit)
                    if all(each.number in gone for each in waited) and now - self.waits_since(room, table) >= least:
                        found += waited
        return found

    def leave_absent(self, seen: Mapping[int, float]) -> list[Person]:
        """Let agents play for those who are `absent`, until `return_absent`; returns them as they were."""
        left = self.absent(seen)
        for room, table in sorted({(each.room, each.table) for each in left}):
            with self.apart(room, table), self.change():
                for each in left:
                    if (each.room, each.table) == (room, table):
                        self.store.change("UPDATE people SET away = ? WHERE id = ?", ABSENT, each.number)
                self.touched.add((room, table))
                self.play_agents(room, table)
        return left

    def absentees(self) -> list[int]:
        """The numbers of all for whom agents play only because no page of theirs was open."""
        return [row["id"] for row in self.store.rows("SELECT id FROM people WHERE away = ?", ABSENT)]

    def return_absent(self, people: Iterable[int]) -> None:
        """Let people whose page is open again decide themselves; whose agent was chosen by somebody keep it."""
        with self.change():
            for number in people:
                if self.store.change("UPDATE people SET away = ? WHERE id = ? AND away = ?", HERE, number, ABSENT):
                    who = self.person_numbered(number)
                    self.touched.add((who.room, who.table))

    def person_numbered(self, number: int) -> Person:
        """A person by number."""
        row = self.store.row("SELECT * FROM people WHERE id = ?", number)
        if row is None:
            raise SeminarError("there is no such person")
        return person_of(row)

    def find(self, code: str, caller: str, alone: bool = False) -> Room:
        """The class with a code as typed.

        Args:
            code: as typed.
            caller: whom wrong codes are counted against.
            alone: whether it may be a game that somebody plays alone, which nobody else joins.

        Raises:
            SeminarError: there is none, or the caller has tried too many wrong codes.
        """
        if self.guesses.full(caller):
            raise SeminarError(TOO_MANY)
        room = self.by_code(code)
        if room is None or (not alone and self.alone(room.number)):
            self.guesses.count(caller)
            raise SeminarError("there is no class with that code")
        return room

    def _free_seat(self, room: Room) -> tuple[int, Actor]:
        """The first seat with the fewest people, at the first table with room; else at a new table."""
        seats, share = room.settings.seats, room.settings.share
        taken: dict[tuple[int, int], int] = {}
        for row in self.store.rows("SELECT table_number, seat, COUNT(*) AS people FROM people WHERE room = ? "
                                   "AND away != ? GROUP BY table_number, seat", room.number, GONE):
            taken[row["table_number"], row["seat"]] = row["people"]
        numbers = [row["number"] for row in self.store.rows(
            "SELECT number FROM tables WHERE room = ? ORDER BY number", room.number)]
        for number in numbers:
            if room.phase != WAITING and self.state(room.number, number).over:
                continue  # a late student should find something to play
            fewest = min(seats, key=lambda seat: taken.get((number, int(seat)), 0))
            if taken.get((number, int(fewest)), 0) < share:
                return number, fewest
        if len(numbers) >= MOST_TABLES:
            raise SeminarError("this class is full")
        number = len(numbers) + 1
        treatment = assign(room.settings.treatments, number, room.seed)
        self.store.insert("tables", room=room.number, number=number, treatment=treatment.name)
        return number, seats[0]


__all__ = ["Joined", "Seminar"]
