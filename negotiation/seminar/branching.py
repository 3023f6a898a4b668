"""Branching: a table played on alone from a week of another one, with the same chance and the same draws.

The copy holds the entries that stand, up to the end of the week before; from then on its player decides the own seat
and agents the others. Since a table's draws belong to the class's seed and the table's number, the copy keeps both:
what differs afterwards differs because of what was decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from sqlite3 import Row

from negotiation.seminar.codes import kept, new_link
from negotiation.seminar.people import ENDED, PLAYING, Person, SeminarError
from negotiation.seminar.play import entry_of
from negotiation.seminar.room import Joined, Seminar
from negotiation.seminar.settings import Settings, Treatment
from negotiation.seminar.table import Kind, TableState
from negotiation.vocabulary import Actor

BRANCH = "branch from week "  # begins the number by which a branch's person joined; the week follows


def branch_alone(seminar: Seminar, person: Person, week: int, seat: Actor | None = None) -> Joined:
    """A class of one that plays a person's table on from a week.

    Args:
        seminar: to read from and write to.
        person: whose table; moves of theirs stay theirs in the copy, those of others become agents'.
        week: the first week that is played anew, from 1.
        seat: the one to play; the person's own if None.

    Raises:
        SeminarError: the class still plays, so a copy would tell what is to come; or the week has not been played.
    """
    room = seminar.room(person.room)
    if room.phase != ENDED and not seminar.alone(person.room):
        raise SeminarError("the class still plays")
    state = seminar.state(person.room, person.table)
    if not 1 <= week <= len(state.weeks) or isinstance(week, bool):
        raise SeminarError("that week has not been played")
    chosen = person.seat if seat is None else seat
    entries = standing(seminar.entries(person.room, person.table),
                       TableState.begin(state.game, room.seed, person.table), week - 1)
    with seminar.change():
        copy, _ = seminar.create(_settings(room.settings, seminar.treatment(person.room, person.table).name, chosen),
                                 room.seed)
        seminar.store.insert("tables", room=copy.number, number=person.table,
                             treatment=copy.settings.treatments[0].name, alone=1)
        link, own = new_link(), seminar._personal_code(copy.number)
        number = seminar.store.insert("people", room=copy.number, name=person.name, code=kept(own),
                                      table_number=person.table, seat=int(chosen), joined=seminar.clock(),
                                      client=f"{BRANCH}{week} {new_link()}")
        seminar.store.insert("links", hash=kept(link), person=number)
        for place, row in enumerate(entries):
            mine = row["person"] == person.number and row["seat"] == int(chosen)
            seminar._add(copy.number, person.table, place, entry_of(row), f"copy {place}", number if mine else None)
        seminar._set_phase(copy.number, PLAYING)
        seminar.play_agents(copy.number, person.table)
        return Joined(seminar.person_numbered(number), link, own)


def branched_from(seminar: Seminar, person: Person) -> int | None:
    """The first week that a person's class of one plays anew of another table; None where it is no branch."""
    row = seminar.store.row("SELECT client FROM people WHERE id = ?", person.number)
    if row is None or not row["client"].startswith(BRANCH):
        return None
    return int(row["client"].removeprefix(BRANCH).split(" ")[0])


def standing(entries: Sequence[Row], begun: TableState, weeks: int) -> list[Row]:
    """The entries that were not taken back, of the first so many weeks.

    Args:
        entries: a table's record.
        begun: the table before its first entry.
        weeks: how many are kept.
    """
    found: list[tuple[int, Row]] = []
    state = begun
    for row in entries:
        entry = entry_of(row)
        if entry.kind is Kind.UNDO:
            gone = state.week if state.stance is not None else len(state.weeks)
            found = [each for each in found if each[0] != gone]
        else:
            found.append((state.week, row))
        state = state.after(entry)
    return [row for week, row in found if week <= weeks]


def _settings(settings: Settings, treatment: str, seat: Actor) -> Settings:
    """The class of one: one seat, no clock, nobody to write to; what the treatment changed is its dispute's own.

    Students are not told of treatments, and the files of their own class would name it.
    """
    played = settings.treatment(treatment)
    return replace(settings, scenario=settings.scenario_of(played).to_dict(), seats=(seat,), share=1, seconds=None,
                   behaviours=settings.behaviours_of(played), treatments=(Treatment("all"),), messages=False)


__all__ = ["branch_alone", "branched_from", "standing"]
