"""A table's record for its teacher: week by week what was done, what chance did, and what the capitals wrote."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from negotiation.seminar import telling
from negotiation.seminar.play import entry_of
from negotiation.seminar.room import Seminar
from negotiation.seminar.table import TableState
from negotiation.seminar.talk import MESSAGE
from negotiation.terms import speaking

MOST = 1000  # messages of a table


@dataclass(frozen=True)
class WeekRecord:
    """A week as it stands.

    Attributes:
        number: of it, from 1.
        told: sentence by sentence, with who decided where no person did; empty for a week that has only begun.
        messages: written before it was over: who, to whom (empty for all), and the text as typed.
    """

    number: int
    told: tuple[str, ...]
    messages: tuple[tuple[str, str, str], ...]


def table_record(seminar: Seminar, room: int, table: int) -> tuple[WeekRecord, ...]:
    """All weeks of a table in the language of its class; weeks taken back are not among them, their messages are.

    Private notes are nobody else's business, and not in it.

    Args:
        seminar: to read from.
        room: the class.
        table: its number.
    """
    found = seminar.room(room)
    game = seminar.game(room, seminar.treatment(room, table))
    state, ends = TableState.begin(game, found.seed, table), list[float]()
    for row in seminar.entries(room, table):
        state = state.after(entry_of(row))
        ends = [*ends, row["at"]][:len(state.weeks)]
    times = {row["id"]: row["at"] for row in seminar.store.rows(
        "SELECT id, at FROM words WHERE room = ? AND table_number = ? AND kind = ?", room, table, MESSAGE)}
    written: list[list[tuple[str, str, str]]] = [[] for _ in range(len(state.weeks) + 1)]
    with speaking(found.settings.language):
        for said in seminar.messages(room, table, MOST):
            to = "" if said.to is None else telling.capital(game, said.to)
            written[bisect_right(ends, times.get(said.number, 0.0))].append(
                (telling.capital(game, said.seat), to, said.text))
        weeks = [telling.table_news(game, week, state.deciders[3 * number:3 * number + 3])
                 for number, week in enumerate(state.weeks)]
    records = [WeekRecord(number, told, tuple(written[number - 1])) for number, told in enumerate(weeks, start=1)]
    rest = tuple(written[len(weeks)])
    return tuple([*records, WeekRecord(len(weeks) + 1, (), rest)] if rest else records)


__all__ = ["WeekRecord", "table_record"]
