"""What a class will take, before it is made: how many tables, how many minutes."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

QUICK, SLOW = 15, 45  # seconds that most decisions take, where no clock runs
MINUTE = 60


@dataclass(frozen=True)
class Plan:
    """A class as it will be.

    Attributes:
        tables: that the students fill.
        agents: seats of the last table that are left to agents, of those that students may take.
        shares: how many tables the treatment with the fewest and the one with the most get.
        minutes: from and to; the latter is never passed where a clock runs.
    """

    tables: int
    agents: int
    shares: tuple[int, int]
    minutes: tuple[int, int]


def plan(students: int, seats: int, share: int, weeks: int, seconds: int | None, treatments: int) -> Plan:
    """How a class will be, if every dispute is played to its last week.

    Args:
        students: expected.
        seats: at a table, for students.
        share: how many may share a seat.
        weeks: to play.
        seconds: for each decision; None without a clock.
        treatments: number of them.
    """
    at_table = seats * share
    tables = ceil(students / at_table)
    at_last = students - (tables - 1) * at_table
    decisions = weeks * seats  # of people who wait for each other: one a seat and week
    quick, slow = (QUICK, SLOW) if seconds is None else (min(QUICK, seconds), seconds)
    return Plan(tables, max(0, seats - at_last), (tables // treatments, ceil(tables / treatments)),
                (ceil(decisions * quick / MINUTE), ceil(decisions * slow / MINUTE)))


__all__ = ["Plan", "plan"]
