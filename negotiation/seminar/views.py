"""What a student's page shows, as plain text and numbers: a function of the fold of the table's record. No web in here.

A page is given a `SeatView` and nothing else, so what is not in it cannot reach a student: another seat's sheet,
another seat's payoffs (unless the class shows them), anybody's secrets.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from negotiation.behaviours.solved import solution
from negotiation.engines.trajectory import Week, chance_thresholds_at, summarise
from negotiation.game import Game
from negotiation.seminar import telling
from negotiation.seminar.branching import branched_from
from negotiation.seminar.people import ENDED, PAUSED, WAITING, Person, Room
from negotiation.seminar.room import Seminar
from negotiation.seminar.sheet import Section, how_it_goes, sheet
from negotiation.seminar.table import TableState
from negotiation.seminar.talk import Said
from negotiation.solve import move_alternatives, stance_alternatives
from negotiation.terms import say, speaking
from negotiation.vocabulary import DISPUTANTS, Actor, Move, Outcome, Stance

READY, ACT, WAIT, OVER = "ready", "act", "wait", "over"


@dataclass(frozen=True)
class Ladder:
    """A side's ladder: the names of its rungs from the bottom, and the number of the one in force."""

    name: str
    mine: bool
    rungs: tuple[str, ...]
    at: int


@dataclass(frozen=True)
class Option:
    """A move that is open: its number, what it is called, what it would do, and whether others still decide of that."""

    number: int
    name: str
    pays: str = ""
    chances: str = ""
    advice: str = ""
    ranges: bool = False


@dataclass(frozen=True)
class Status:
    """Whose turn it is.

    Attributes:
        kind: `READY` before the class begins and while it pauses, `ACT`, `WAIT` or `OVER`.
        text: the same in words.
        week: which of how many.
        place: entries of the record; a move sent with another number is stale.
        away: an agent plays for this person.
    """

    kind: str
    text: str
    week: str
    place: int
    away: bool


@dataclass(frozen=True)
class Payoffs:
    """What the weeks have paid: names of the seats shown, a row a week, and what they are worth together."""

    names: tuple[str, ...]
    weeks: tuple[tuple[str, ...], ...]
    total: tuple[str, ...]


@dataclass(frozen=True)
class Line:
    """A note or message: who, the text as typed, and to whom alone; empty where the whole table reads it."""

    number: int
    who: str
    text: str
    to: str = ""


@dataclass(frozen=True)
class SeatView:
    """All that one student's page shows.

    Attributes:
        title, table, seat: of the class, the table and its reader, and the seat.
        status: whose turn it is.
        ladders, standstill, held, lasting, tension, mood: where the dispute stands.
        news, now: last week, and this one so far.
        options: moves that are open.
        payoffs, sheet, notes, messages: for this seat alone; None where the class has none.
        seated: who sits where, with their names, only where the class shows names.
        how: what the game is.
        shared: that somebody shares the seat; empty where nobody does.
        earned: what all weeks have paid, once it is over and the reader may know.
        ended: the class has ended, so nothing more is written.
        mine: the place of the reader's own latest move, -1 before it.
    """

    title: str
    table: str
    seat: str
    status: Status
    ladders: tuple[Ladder, ...]
    standstill: str
    held: bool
    tension: float
    mood: str
    lasting: str
    news: tuple[str, ...]
    now: tuple[str, ...]
    options: tuple[Option, ...]
    payoffs: Payoffs | None
    sheet: tuple[Section, ...]
    notes: tuple[Line, ...] | None
    messages: tuple[Line, ...] | None
    seated: tuple[tuple[str, str], ...] = ()
    how: tuple[str, ...] = ()
    shared: str = ""
    earned: str = ""
    ended: bool = False
    mine: int = -1


def seat_view(seminar: Seminar, person: Person) -> SeatView:
    """What a person's page shows now, all of one moment, in the language of the class.

    Args:
        seminar: to read from.
        person: whose page.
    """
    with seminar.store.snapshot():
        return _seat_view(seminar, seminar.person_numbered(person.number))


def _seat_view(seminar: Seminar, person: Person) -> SeatView:
    room = seminar.room(person.room)
    game = seminar.game(person.room, seminar.treatment(person.room, person.table))
    place, state = seminar.at(person.room, person.table)
    views, alone = room.settings.views.get(person.seat.key, ()), seminar.alone(person.room)
    with speaking(room.settings.language):
        number = state.state
        status = _status(room, person, state, place)
        held = bool(game.standstill[number])
        return SeatView(
            room.settings.title or say(game.scenario.title),
            _table(seminar, person, room),
            telling.capital(game, person.seat), status,
            tuple(Ladder(telling.capital(game, seat), seat is person.seat,
                         tuple(say(rung.name) for rung in game.scenario.disputant(seat).ladder),
                         int(game.rungs[seat, number])) for seat in DISPUTANTS),
            say("A standstill is in force") if held else say("No standstill"), held,
            round(float(game.tension[number]), 3), telling.tension_words(float(game.tension[number])),
            telling.lasting(game.scenario) if held and not state.over else "", _last_week(game, state, alone),
            _this_week(game, state, alone),
            _options(game, state, person.seat, views, room.settings.advice) if status.kind == ACT else (),
            _payoffs(game, state.weeks, person.seat, views), _sheet(seminar, person, game),
            tuple(Line(each.number, "", each.text) for each in seminar.notes(person)) if room.settings.notes else None,
            tuple(Line(each.number, telling.capital(game, each.seat), each.text, _to(game, each, person.seat))
                  for each in seminar.messages_to(person)) if room.settings.messages else None,
            _seated(seminar, person, game) if room.settings.names else (),
            how_it_goes(game.scenario, person.seat), _shared(seminar, person, room),
            _earned(game, state, person.seat, views, room.phase) if status.kind == OVER else "",
            room.phase == ENDED, _own_place(seminar, person))


def _table(seminar: Seminar, person: Person, room: Room) -> str:
    """Which table, and who; or against whom, for somebody who plays alone."""
    if not seminar.alone(room.number):
        return say("Table {number}, {name}", number=person.table, name=person.name)
    week = branched_from(seminar, person)
    if week is not None:
        return say("What if: from week {week} of your table; agents play the others", week=week)
    kinds = dict.fromkeys(str(room.settings.behaviours[seat.key]) for seat in Actor if seat is not person.seat)
    return say("Alone against agents ({how})", how=say(", ").join(say(kind.replace("_", " ")) for kind in kinds))


def _own_place(seminar: Seminar, person: Person) -> int:
    """How many entries the table's record had when a person's own latest move was decided; -1 before it."""
    row = seminar.store.row("SELECT MAX(place) AS place FROM moves WHERE room = ? AND table_number = ? AND person = ?",
                            person.room, person.table, person.number)
    return -1 if row is None or row["place"] is None else int(row["place"]) - 1


def _shared(seminar: Seminar, person: Person, room: Room) -> str:
    others = [each for each in seminar.players(person.room, person.table)[person.seat]
              if each.number != person.number and not each.gone]
    if not others:
        return ""
    if room.settings.names:
        return say("You share this seat with {name}; whoever taps first decides.",
                   name=" · ".join(each.name for each in others))
    return say("You share this seat with somebody; whoever taps first decides.")


def _earned(game: Game, state: TableState, seat: Actor, views: tuple[str, ...], phase: str) -> str:
    """What the weeks have paid and what the end paid of it; the debrief tells it anyway once the class has ended."""
    if not state.weeks or ("payoffs" not in views and phase != ENDED):
        return ""
    last = state.weeks[-1]
    total = total_of(game, state.weeks, seat)
    if not last.over:
        return say("Weeks played: {weeks}. You collected {total}.", total=telling.amount(total), weeks=len(state.weeks))
    end = total - total_of(game, (*state.weeks[:-1], replace(last, end_payoffs=(0.0, 0.0, 0.0))), seat)
    told = {"total": telling.amount(total), "weeks": len(state.weeks), "end": telling.amount(end)}
    if state.outcome is Outcome.SETTLEMENT:
        return say("Weeks played: {weeks}. You collected {total}, of which {end} for the settlement.", **told)
    return say("Weeks played: {weeks}. You collected {total}, of which {end} for the rupture.", **told)


def _to(game: Game, said: Said, reader: Actor) -> str:
    if said.to is None:
        return ""
    return say("only to you") if said.to is reader else say("only to {name}", name=telling.capital(game, said.to))


def _seated(seminar: Seminar, person: Person, game: Game) -> tuple[tuple[str, str], ...]:
    """Who sits where: a seat's name, and the names of its people."""
    return tuple((telling.capital(game, seat), " · ".join(
        say("{name} (an agent plays)", name=each.name) if each.away else each.name for each in people)
        or say("an agent")) for seat, people in seminar.players(person.room, person.table).items())


def _status(room: Room, person: Person, state: TableState, place: int) -> Status:
    outcome = state.outcome
    turn = state.turn
    if outcome is not None:
        kind, text = OVER, telling.ending(state.game, outcome)
    elif room.phase == ENDED:
        kind, text = OVER, say("The class has ended.")
    elif room.phase == WAITING:
        kind, text = READY, say("Waiting for the teacher to begin.")
    elif room.phase == PAUSED:
        kind, text = READY, say("The teacher has paused the class.")
    elif turn is person.seat:
        kind, text = ACT, say("It is your turn.")
    else:
        assert turn is not None
        kind, text = WAIT, say("Waiting for {name}.", name=telling.capital(state.game, turn))
    week = say("Week {number} of {all}", number=state.week, all=state.game.rounds)
    return Status(kind, text, week, place, person.away)


def _sheet(seminar: Seminar, person: Person, game: Game) -> tuple[Section, ...]:
    """The seat's sheet, written once for all who play the same in one language."""
    dispute = seminar.dispute(person.room, seminar.treatment(person.room, person.table))
    language = seminar.room(person.room).settings.language
    return seminar.sheets.made((dispute, language, person.seat), lambda: sheet(game, person.seat))


def _last_week(game: Game, state: TableState, alone: bool) -> tuple[str, ...]:
    """What the last complete week brought; who plays alone knows that all others are agents."""
    if not state.weeks:
        return ()
    since = 3 * (len(state.weeks) - 1)
    return telling.table_news(game, state.weeks[-1], ("",) * 3 if alone else state.deciders[since:since + 3])


def _this_week(game: Game, state: TableState, alone: bool) -> tuple[str, ...]:
    """What has been decided in the week begun; everybody at the table sees it."""
    if state.stance is None:
        return ()
    assert state.leader is not None
    stance_by, *first_by = ("", "") if alone else state.deciders[3 * len(state.weeks):]
    told = [telling.with_decider(telling.stance_sentence(game, state.stance), stance_by),
            telling.first_sentence(game, state.leader)]
    if state.first is not None:
        told.append(telling.with_decider(
            telling.move_sentence(game, state.leader, state.state, state.first, None), first_by[0]))
    return tuple(told)


def _options(game: Game, state: TableState, seat: Actor, views: tuple[str, ...], advice: bool) -> tuple[Option, ...]:
    told = []
    advised = _advice(game, state, seat) if advice else {}
    for option in state.legal:
        cells = cells_left(game, state, seat, option)
        pays = [float(game.payoff[(seat, *cell)]) for cell in cells] if "preview" in views else []
        text = say("this week {amount}", amount=telling.between(min(pays), max(pays))) if pays else ""
        chances = _chances(game, cells) if "chances" in views else ""
        name = telling.option_name(game, seat, state.state, option, state.first)
        told.append(Option(int(option), name, text, chances, advised.get(int(option), ""),
                           len(cells) > 1 and bool(text or chances)))
    return tuple(told)


def cells_left(game: Game, state: TableState, seat: Actor,
               option: Stance | Move) -> list[tuple[Stance, Move, Move, int]]:
    """How the week can still go once a seat takes an option: (stance, Tokyo's move, Seoul's move, state).

    One cell if the seat moves second, else one for each that the others may still do.
    """
    number = state.state
    stance = option if isinstance(option, Stance) else state.stance
    assert stance is not None
    open_to: list[tuple[Move, ...]] = []
    for side in DISPUTANTS:
        if isinstance(option, Move) and side is seat:
            open_to.append((option,))
        elif state.first is not None and side is state.leader:
            open_to.append((state.first,))
        else:
            open_to.append(tuple(move for move in Move if game.legal[side, move, number]))
    return [(stance, tokyo, seoul, number) for tokyo in open_to[0] for seoul in open_to[1]]


def _chances(game: Game, cells: list[tuple[Stance, Move, Move, int]]) -> str:
    settled, ruptured = [], []
    for cell in cells:
        low, high, _ = chance_thresholds_at(game, cell, int(game.afterstate[cell[1:]]))
        settled.append(low)
        ruptured.append(high - low)
    return say("settlement {settled} · rupture {ruptured}", settled=telling.percents(min(settled), max(settled)),
               ruptured=telling.percents(min(ruptured), max(ruptured)))


def _advice(game: Game, state: TableState, seat: Actor) -> dict[int, str]:
    """By option: how often the solved game plays it, and what it is worth from here on."""
    solved, week = solution(game), len(state.weeks)
    if seat is Actor.WASHINGTON:
        found = stance_alternatives(solved, week, state.state)
    else:
        assert state.stance is not None
        found = move_alternatives(solved, seat, week, state.state, state.stance, state.first)
    return {option: say("equilibrium play: {share} of the time; worth {amount} from here on",
                        share=telling.percent(chance), amount=telling.amount(worth))
            for option, (worth, chance) in enumerate(zip(found.values, found.probabilities, strict=True))
            if not np.isnan(worth)}


def _payoffs(game: Game, weeks: tuple[Week, ...], seat: Actor, views: tuple[str, ...]) -> Payoffs | None:
    seats = [each for each in Actor if ("payoffs" if each is seat else "others") in views]
    if not seats or not weeks:
        return None
    rows = []
    for week in weeks:
        paid = [week.payoffs[each] + (week.end_payoffs[each] if week.over else 0.0) for each in seats]
        rows.append((str(week.round), *(telling.amount(value) for value in paid)))
    return Payoffs(tuple(say("You") if each is seat else telling.capital(game, each) for each in seats), tuple(rows),
                   tuple(telling.amount(total_of(game, weeks, each)) for each in seats))


def total_of(game: Game, weeks: tuple[Week, ...], seat: Actor) -> float:
    """Discounted payoff of the weeks played, as the engines record it."""
    return summarise(game, weeks)[f"payoff_{seat.key}"] if weeks else 0.0


__all__ = [
    "ACT", "OVER", "READY", "WAIT", "Ladder", "Line", "Option", "Payoffs", "SeatView", "Status", "cells_left",
    "seat_view", "total_of",
]
