"""Private notes, and messages between the capitals of a table: recorded, and switched off by the teacher's choice."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from sqlite3 import Row

from negotiation.seminar.compiled import Games
from negotiation.seminar.limits import RateLimit
from negotiation.seminar.people import ENDED, TAKEN_OFF, Person, SeminarError
from negotiation.seminar.play import Tables
from negotiation.seminar.store import Store
from negotiation.seminar.typed import clean
from negotiation.vocabulary import Actor

NOTE, MESSAGE = "note", "message"
LONGEST = 280  # letters of a note or message


@dataclass(frozen=True)
class Said:
    """A note or message.

    Attributes:
        number: of it, in order.
        seat: of whoever wrote it.
        text: as written; pages show it as text, whatever markup it holds.
        to: the only other seat that may read it; None for the whole table (and for a note, which nobody else reads).
    """

    number: int
    seat: Actor
    text: str
    to: Actor | None = None


class Talk(Tables):
    """Tables whose players write.

    Args:
        store: where everything is kept.
        clock: seconds since the epoch, for tests.
        games: compiled disputes, to share those of another connection.
    """

    def __init__(self, store: Store, clock: Callable[[], float] = time.time, games: Games | None = None) -> None:
        super().__init__(store, clock, games)
        self.writing = RateLimit(10, 30.0)  # notes and messages a person and half minute

    def write(self, person: Person, kind: str, text: str, client: str, to: Actor | None = None) -> None:
        """Record a private note, or a message to the other capitals of the table or to one of them.

        Args:
            person: who writes.
            kind: `NOTE` or `MESSAGE`.
            text: as typed; shortened to `LONGEST` letters.
            client: made by the sender, the same when the same text is sent again; then nothing is done.
            to: the only seat that reads a message beside the writer's own; None for both others.

        Raises:
            SeminarError: the class has no such thing, has ended, the person writes too much or to nobody.
        """
        with self.change():
            room = self.room(person.room)
            if self.store.row("SELECT 1 FROM words WHERE room = ? AND client = ?", room.number, client) is not None:
                return
            if not (room.settings.notes if kind == NOTE else kind == MESSAGE and room.settings.messages):
                raise SeminarError("this class has no messages")
            if person.gone:
                raise SeminarError(TAKEN_OFF)
            if kind == MESSAGE and room.phase == ENDED:
                raise SeminarError("the class has ended")
            if to is not None and (kind != MESSAGE or to is person.seat):
                raise SeminarError("a message goes to another capital")
            text = clean(text, LONGEST)
            if not text:
                return
            if not self.writing.allows(str(person.number)):
                raise SeminarError("too many tries; wait a minute")
            self.store.insert("words", room=room.number, table_number=person.table, seat=int(person.seat),
                              person=person.number, kind=kind, text=text, client=client, at=self.clock(),
                              recipient=None if to is None else int(to))
            self.touched.add((room.number, person.table))

    def messages(self, room: int, table: int, most: int = 50) -> list[Said]:
        """The last messages of a table, private ones included, in order; for whoever may read all of them."""
        rows = self.store.rows("SELECT * FROM words WHERE room = ? AND table_number = ? AND kind = ? "
                               "ORDER BY id DESC LIMIT ?", room, table, MESSAGE, most)
        return [_said(row) for row in reversed(rows)]

    def messages_to(self, person: Person, most: int = 50) -> list[Said]:
        """The last messages that a person may read, in order: those to all, and those from or to the person's seat."""
        rows = self.store.rows("SELECT * FROM words WHERE room = ? AND table_number = ? AND kind = ? AND "
                               "(recipient IS NULL OR recipient = ? OR seat = ?) ORDER BY id DESC LIMIT ?",
                               person.room, person.table, MESSAGE, int(person.seat), int(person.seat), most)
        return [_said(row) for row in reversed(rows)]

    def notes(self, person: Person, most: int = 50) -> list[Said]:
        """The last private notes of a person, in order."""
        rows = self.store.rows("SELECT * FROM words WHERE person = ? AND kind = ? ORDER BY id DESC LIMIT ?",
                               person.number, NOTE, most)
        return [_said(row) for row in reversed(rows)]


def _said(row: Row) -> Said:
    to = None if row["recipient"] is None else Actor(row["recipient"])
    return Said(row["id"], Actor(row["seat"]), row["text"], to)


__all__ = ["LONGEST", "MESSAGE", "NOTE", "Said", "Talk"]
