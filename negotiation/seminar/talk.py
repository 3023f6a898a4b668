"""Private notes, and messages between the capitals of a table: recorded, and switched off by the teacher's choice."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from negotiation.seminar.limits import RateLimit
from negotiation.seminar.play import ENDED, Person, SeminarError, Tables, clean
from negotiation.seminar.store import Store
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
    """

    number: int
    seat: Actor
    text: str


class Talk(Tables):
    """Tables whose players write.

    Args:
        store: where everything is kept.
        clock: seconds since the epoch, for tests.
    """

    def __init__(self, store: Store, clock: Callable[[], float] = time.time) -> None:
        super().__init__(store, clock)
        self.writing = RateLimit(10, 30.0)  # notes and messages a person and half minute

    def write(self, person: Person, kind: str, text: str, client: str) -> None:
        """Record a private note or a message to the other capitals of the table.

        Args:
            person: who writes.
            kind: `NOTE` or `MESSAGE`.
            text: as typed; shortened to `LONGEST` letters.
            client: made by the sender, the same when the same text is sent again; then nothing is done.

        Raises:
            SeminarError: the class has no such thing, has ended, or the person writes too much.
        """
        with self.change():
            room = self.room(person.room)
            if self.store.row("SELECT 1 FROM words WHERE room = ? AND client = ?", room.number, client) is not None:
                return
            if not (room.settings.notes if kind == NOTE else kind == MESSAGE and room.settings.messages):
                raise SeminarError("this class has no messages")
            if kind == MESSAGE and room.phase == ENDED:
                raise SeminarError("the class has ended")
            text = clean(text, LONGEST)
            if not text:
                return
            if not self.writing.allows(str(person.number)):
                raise SeminarError("too many tries; wait a minute")
            self.store.insert("words", room=room.number, table_number=person.table, seat=int(person.seat),
                              person=person.number, kind=kind, text=text, client=client, at=self.clock())
            self.touched.add((room.number, person.table))

    def messages(self, room: int, table: int, most: int = 50) -> list[Said]:
        """The last messages of a table, in order."""
        rows = self.store.rows("SELECT * FROM words WHERE room = ? AND table_number = ? AND kind = ? "
                               "ORDER BY id DESC LIMIT ?", room, table, MESSAGE, most)
        return [Said(row["id"], Actor(row["seat"]), row["text"]) for row in reversed(rows)]

    def notes(self, person: Person, most: int = 50) -> list[Said]:
        """The last private notes of a person, in order."""
        rows = self.store.rows("SELECT * FROM words WHERE person = ? AND kind = ? ORDER BY id DESC LIMIT ?",
                               person.number, NOTE, most)
        return [Said(row["id"], Actor(row["seat"]), row["text"]) for row in reversed(rows)]


__all__ = ["LONGEST", "MESSAGE", "NOTE", "Said", "Talk"]
