"""The words of the game: who acts, what they may do, and how a dispute can stand at the end.

Every code number in the package is a member of one of these enumerations. Option numbers are
positions in the order given here, from 0; an illegal option keeps its number, so a table with
an option axis always has one column per member.

Keys (``Actor.TOKYO.key == "tokyo"``) are the spelling used in configuration files, table columns
and ``summary.json``. What people read (names of capitals, stances, rungs) comes from the scenario.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Self


class _Word(IntEnum):
    """An enumeration member with a lower-case key."""

    @property
    def key(self) -> str:
        """The spelling in configuration keys and column names, e.g. ``"press_tokyo"``."""
        return self.name.lower()

    @classmethod
    def keys(cls) -> tuple[str, ...]:
        """All keys in option order."""
        return tuple(word.key for word in cls)

    @classmethod
    def parse(cls, key: str) -> Self:
        """Return the member whose key is ``key``.

        Raises:
            ValueError: ``key`` is none of ``keys()``; the message lists what is allowed.
        """
        try:
            return cls[key.upper()]
        except KeyError:
            allowed = ", ".join(cls.keys())
            kind = cls.__name__.lower()
            raise ValueError(f"{key!r} is not a {kind}; allowed: {allowed}") from None


class Actor(_Word):
    """The three seats. ``TOKYO`` and ``SEOUL`` are disputants, ``WASHINGTON`` the third party."""

    TOKYO = 0
    SEOUL = 1
    WASHINGTON = 2


class Stance(_Word):
    """What the third party does with a week."""

    QUIET = 0
    URGE = 1
    CONVENE = 2
    PRESS_TOKYO = 3
    PRESS_SEOUL = 4


class Move(_Word):
    """What a disputant does with a week."""

    ESCALATE = 0
    HOLD = 1
    APPEAL = 2
    STANDSTILL = 3
    STEP_DOWN = 4


class Chance(_Word):
    """The four results of the draw that ends a week."""

    SETTLED = 0
    RUPTURE = 1
    LAPSE = 2
    ON = 3


class Outcome(_Word):
    """How an episode stands after the observed rounds."""

    SETTLEMENT = 0
    STANDSTILL = 1
    STALEMATE = 2
    ESCALATED = 3
    RUPTURE = 4


DISPUTANTS: tuple[Actor, Actor] = (Actor.TOKYO, Actor.SEOUL)


def opponent(actor: Actor) -> Actor:
    """The other disputant.

    Raises:
        ValueError: ``actor`` is the third party, which has no opponent.
    """
    if actor is Actor.WASHINGTON:
        raise ValueError("washington is the third party and has no opponent")
    return Actor(1 - actor)
