"""A class and the people in it, as they are stored, and what a person may be told."""

from __future__ import annotations

from dataclasses import dataclass
from sqlite3 import Row

from negotiation.seminar.settings import Settings
from negotiation.vocabulary import Actor

WAITING, PLAYING, PAUSED, ENDED = "waiting", "playing", "paused", "ended"
# Who plays: the person; an agent as was chosen; an agent as no page was open; no longer this person, taken off.
HERE, AWAY, ABSENT, GONE = 0, 1, 2, 3
TAKEN_OFF = "your teacher has taken you off the table"


class SeminarError(ValueError):
    """Something that a person may be told: what was asked for cannot be done now."""


class StaleError(SeminarError):
    """The page that was sent from shows a table that has moved on."""


@dataclass(frozen=True)
class Person:
    """Somebody in a class.

    Attributes:
        number, room, name, table, seat: who and where.
        away: an agent plays for them.
        absent: and does so only because no page of theirs was open; it ends when one is.
        gone: the teacher has taken them off the table; the seat is no longer theirs.
    """

    number: int
    room: int
    name: str
    table: int
    seat: Actor
    away: bool
    absent: bool = False
    gone: bool = False


@dataclass(frozen=True)
class Room:
    """A class as it is stored.

    Attributes:
        number, code, settings, seed, phase: of it.
        clock: when it last began, went on or paused, in seconds since the epoch.
        closed: to those who have not joined.
        made: when, in seconds since the epoch.
    """

    number: int
    code: str
    settings: Settings
    seed: int
    phase: str
    clock: float
    closed: bool = False
    made: float = 0.0


def person_of(row: Row) -> Person:
    """A person from their row."""
    return Person(row["id"], row["room"], row["name"], row["table_number"], Actor(row["seat"]), bool(row["away"]),
                  row["away"] == ABSENT, row["away"] == GONE)


__all__ = [
    "ABSENT", "AWAY", "ENDED", "GONE", "HERE", "PAUSED", "PLAYING", "TAKEN_OFF", "WAITING", "Person", "Room",
    "SeminarError", "StaleError", "person_of",
]
