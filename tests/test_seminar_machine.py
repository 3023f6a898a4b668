"""The class without a browser, in any order of events: the fold of the record is what every page shows.

People join, move, leave, come back, are taken off; clocks run, weeks are undone, messages are written; the process is
killed between changes and in the middle of one. Helpers of this file serve other tests too.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from negotiation.engines.dispute import Dispute, Observation
from negotiation.game import Game
from negotiation.library import load_scenario
from negotiation.seminar.board import board_view
from negotiation.seminar.compiled import Games
from negotiation.seminar.people import Person, SeminarError, StaleError
from negotiation.seminar.record import table_record
from negotiation.seminar.room import Joined, Seminar
from negotiation.seminar.settings import Settings, Treatment
from negotiation.seminar.store import Store
from negotiation.seminar.talk import MESSAGE, NOTE
from negotiation.seminar.views import ACT, seat_view
from negotiation.vocabulary import Actor, Stance

SCENARIO = load_scenario("tokyo_seoul_2019").to_dict()
TREATMENTS = (Treatment("eager"), Treatment("quiet", {"scenario.washington.attention": 2.0, "policy.seoul": "grudger"}))


class Clock:
    """Seconds that pass when told to."""

    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def open_seminar(path: Path, clock: Callable[[], float] | None = None, games: Games | None = None) -> Seminar:
    return Seminar(Store(path), games=games) if clock is None else Seminar(Store(path), clock, games)


def replayed(game: Game, rows: list[sqlite3.Row], seed: int, table: int) -> tuple[Dispute, list[int]]:
    """The record played by the engine: choosers that give what was recorded. Returns also the week begun."""
    decisions: list[int] = []
    for row in rows:
        if row["kind"] == "move":
            decisions.append(row["option"])
        else:
            del decisions[-(len(decisions) % 3 or 3):]
    queue = list(decisions)

    def choose(seen: Observation) -> Any:
        option = queue.pop(0)
        return Stance(option) if seen.actor is Actor.WASHINGTON else type(seen.legal[0])(option)

    dispute = Dispute(game, dict.fromkeys(Actor, choose), seed=seed, episode=table)
    for _ in range(len(decisions) // 3):
        dispute.step()
    return dispute, queue


def raw_rows(path: Path, room: int, table: int) -> list[sqlite3.Row]:
    """The record as any other program reads it."""
    db = sqlite3.connect(path)
    db.row_factory = sqlite3.Row
    try:
        return db.execute("SELECT * FROM moves WHERE room = ? AND table_number = ? ORDER BY place",
                          (room, table)).fetchall()
    finally:
        db.close()


class CrashError(sqlite3.OperationalError):
    """A process that dies, or a disk that is full, where it should not."""


GAMES = Games()  # shared, as the connections of one server share them


class AnyClass(RuleBasedStateMachine):
    """A class in which anything happens at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.path = Path(mkdtemp()) / "class.sqlite"
        self.clock = Clock()
        self.seminar = open_seminar(self.path, self.clock, GAMES)
        self.left: list[Store] = []  # of processes that ended without closing them
        self.joined: list[Joined] = []
        self.gone: set[int] = set()  # people taken off their table
        self.said: list[tuple[Person, str, str, Actor | None]] = []  # who, what kind, text, to whom
        self.sent: list[tuple[int, int, int, str]] = []  # person, place, option and number of every move taken
        self.chosen: set[int] = set()  # people for whom somebody chose that an agent plays

    @initialize(seats=st.lists(st.sampled_from(Actor), min_size=1, max_size=3, unique=True), share=st.integers(1, 2),
                seconds=st.sampled_from([None, 10]), absent=st.sampled_from([None, 10, 30]),
                weeks=st.integers(1, 4), seed=st.integers(0, 2**64 - 1),
                behaviour=st.sampled_from(["equilibrium", "grudger", "grit"]))
    def begin(self, seats: list[Actor], share: int, seconds: int | None, absent: int | None, weeks: int, seed: int,
              behaviour: str) -> None:
        chosen = Settings(SCENARIO, seats=tuple(seats), share=share, seconds=seconds, absent=absent, weeks=weeks,
                          treatments=TREATMENTS,
                          behaviours={"tokyo": behaviour, "seoul": "equilibrium", "washington": "reluctant"})
        self.room, self.teacher = self.seminar.create(chosen, seed)

    def teardown(self) -> None:
        for each in (self.seminar.store, *self.left):
            each.close()

    def here(self) -> list[Joined]:
        return [each for each in self.joined if each.person.number not in self.gone]

    @precondition(lambda self: len(self.joined) < 7)
    @rule()
    def join(self) -> None:
        number = len(self.joined)
        try:
            one = self.seminar.join(self.room.code.lower(), f"Name {number}", f"request {number}")
            again = self.seminar.join(self.room.code, f"Name {number}", f"request {number}")
        except SeminarError:
            now = self.seminar.room(self.room.number)
            assert now.phase == "ended" or now.closed
            return
        assert one.person == again.person
        assert not self.seminar.room(self.room.number).closed
        self.joined.append(again)

    @rule()
    def start(self) -> None:
        if self.seminar.room(self.room.number).phase != "ended":
            self.seminar.start(self.room.number)

    @rule()
    def pause(self) -> None:
        self.seminar.pause(self.room.number)

    @rule(closed=st.booleans())
    def close_joining(self, closed: bool) -> None:
        self.seminar.close_joining(self.room.number, closed)

    @precondition(lambda self: len(self.sent) >= 8)
    @rule()
    def end(self) -> None:
        self.seminar.end(self.room.number)

    @precondition(lambda self: self.here() and len(self.gone) < 3)
    @rule(data=st.data())
    def take_off(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(self.here()))
        self.seminar.take_off(one.person.number)
        self.gone.add(one.person.number)
        self.chosen.discard(one.person.number)
        now = self.seminar.person(one.link)
        assert now is not None
        assert (now.gone, now.away) == (True, True)
        place = self.seminar.place(now.room, now.table)
        for attempt in (lambda: self.seminar.come_back(self.room.code, one.code),
                        lambda: self.seminar.set_away(now.number, False),
                        lambda: self.seminar.new_personal_code(now.number),
                        lambda: self.seminar.write(now, MESSAGE, "x", f"gone {now.number} {place}"),
                        lambda: self.seminar.move(now, place, 1, f"gone {now.number} {place}")):
            with pytest.raises(SeminarError):
                attempt()

    @precondition(lambda self: self.gone)
    @rule(data=st.data())
    def put_back(self, data: st.DataObject) -> None:
        who = self.seminar.person_numbered(data.draw(st.sampled_from(sorted(self.gone))))
        settings = self.seminar.room(self.room.number).settings
        if len(self.seminar.players(who.room, who.table)[who.seat]) >= settings.share:
            with pytest.raises(SeminarError):
                self.seminar.put_back(who.number)
            return
        self.seminar.put_back(who.number)
        self.gone.remove(who.number)
        now = self.seminar.person_numbered(who.number)
        assert (now.gone, now.away, now.table, now.seat) == (False, False, who.table, who.seat)

    @precondition(lambda self: self.here())
    @rule(data=st.data(), kind=st.sampled_from([NOTE, MESSAGE, MESSAGE]), to=st.sampled_from([None, *Actor]))
    def write(self, data: st.DataObject, kind: str, to: Actor | None) -> None:
        who = self.seminar.person_numbered(data.draw(st.sampled_from(self.here())).person.number)
        to = None if kind == NOTE or to is who.seat else to
        text, client = f"text {len(self.said)}", f"w{len(self.said)}"
        try:
            self.seminar.write(who, kind, text, client, to)
        except SeminarError:
            return
        self.seminar.write(who, kind, text, client, to)  # sent twice, kept once
        self.said.append((who, kind, text, to))

    @precondition(lambda self: self.here())
    @rule(data=st.data())
    def move(self, data: st.DataObject) -> None:
        who = data.draw(st.sampled_from(self.here())).person.number
        person = self.seminar.person_numbered(who)
        view = seat_view(self.seminar, person)
        if view.status.kind != ACT:
            with pytest.raises(SeminarError):
                self.seminar.move(person, view.status.place, 1, f"p{who} wrong {view.status.place}")
            return
        option = data.draw(st.sampled_from([each.number for each in view.options]))
        client = f"p{who} {view.status.place}"
        self.seminar.move(person, view.status.place, option, client)
        self.sent.append((who, view.status.place, option, client))
        self.chosen.discard(who)
        with pytest.raises(SeminarError):  # the same decision under another number: too late
            self.seminar.move(person, view.status.place, option, client + " again")

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def send_again(self, data: st.DataObject) -> None:
        who, place, option, client = data.draw(st.sampled_from(self.sent))
        before = self.counts()
        self.seminar.move(self.seminar.person_numbered(who), place, option, client)
        assert self.counts() == before

    @precondition(lambda self: self.here())
    @rule(data=st.data(), away=st.booleans())
    def leave_or_return(self, data: st.DataObject, away: bool) -> None:
        who = data.draw(st.sampled_from(self.here()))
        if away:
            self.seminar.set_away(who.person.number, True)
            self.chosen.add(who.person.number)
            assert self.seminar.person(who.link).away
        else:
            back = self.seminar.come_back(self.room.code, who.code)
            self.chosen.discard(who.person.number)
            assert back.person.number == who.person.number
            assert not back.person.away
            assert self.seminar.person(back.link) == self.seminar.person(who.link) == back.person

    @precondition(lambda self: self.joined)
    @rule(data=st.data(), seconds=st.floats(0, 40))
    def some_pages_are_open(self, data: st.DataObject, seconds: float) -> None:
        everybody = [each.person.number for each in self.joined]
        here = set(data.draw(st.lists(st.sampled_from(everybody), unique=True)))
        since = self.clock.now
        self.clock.now += seconds
        self.seminar.return_absent(here)
        before = {each.number: each for each in self.seminar.people(self.room.number)}
        seen = {number: float("inf") if number in here else since for number in everybody}
        left = self.seminar.leave_absent(seen)
        limit = self.room.settings.absent
        for person in self.seminar.people(self.room.number):
            now_gone = person.number in {each.number for each in left}
            assert person.absent == (now_gone or before[person.number].absent)
            if now_gone:
                assert limit is not None
                assert seconds >= limit - 1e-6
                assert person.number not in here | self.chosen
                assert not before[person.number].away
                mates = [each for each in before.values() if (each.table, each.seat) == (person.table, person.seat)]
                assert all(each.away or each in left for each in mates)  # nobody of the seat could have decided
            if person.number in here:
                assert not person.absent

    @rule(data=st.data())
    def undo(self, data: st.DataObject) -> None:
        tables = self.seminar.tables(self.room.number)
        if not tables:
            return
        table = data.draw(st.sampled_from(tables))
        place = self.seminar.place(self.room.number, table)
        try:
            self.seminar.undo(self.room.number, table, place, f"undo {table} {place}")
        except SeminarError:
            assert (not self.seminar.state(self.room.number, table).weeks
                    or self.seminar.room(self.room.number).phase == "ended")
            return
        with pytest.raises(StaleError):
            self.seminar.undo(self.room.number, table, place, f"undo {table} {place} again")

    @rule(data=st.data())
    def play_on(self, data: st.DataObject) -> None:
        if tables := self.seminar.tables(self.room.number):
            self.seminar.play_on(self.room.number, data.draw(st.sampled_from(tables)))

    @rule(seconds=st.floats(0, 25))
    def tick(self, seconds: float) -> None:
        self.clock.now += seconds
        late = self.seminar.overdue()
        assert self.seminar.tick() == late

    @rule()
    def reopen(self) -> None:
        self.seminar.store.close()
        self.seminar = open_seminar(self.path, self.clock, GAMES)
        assert self.seminar.teachers(self.teacher) == self.seminar.room(self.room.number)

    @rule(forgotten=st.booleans())
    def killed(self, forgotten: bool) -> None:
        """Between two changes: what the next process finds is the files as they are, log and all."""
        if forgotten:  # and the one before still hangs about
            self.left.append(self.seminar.store)
        else:
            self.image()
            self.seminar.store.close()
        self.seminar = open_seminar(self.path, self.clock, GAMES)

    @rule(data=st.data(), after=st.integers(0, 2), dead=st.booleans())
    def killed_in_the_middle(self, data: st.DataObject, after: int, dead: bool) -> None:
        """In a change, when some of it is written: the process dies there, or the change fails and it goes on."""
        tables = self.seminar.tables(self.room.number)
        if not tables:
            return
        table, number = data.draw(st.sampled_from(tables)), self.room.number
        place, waited = self.seminar.place(number, table), self.seminar.waited_for(number, table)
        acts: dict[str, Callable[[], Any]] = {
            "play on": lambda: self.seminar.play_on(number, table),
            "undo": lambda: self.seminar.undo(number, table, place, f"undo {table} {place}")}
        if waited:
            option = int(self.seminar.state(number, table).legal[0])
            acts["move"] = lambda: self.seminar.move(waited[0], place, option, f"p{waited[0].number} {place}")
        act = data.draw(st.sampled_from(sorted(acts)))
        before, add, left = self.on_the_disk(), self.seminar._add, [after]

        def failing(*given: Any) -> None:
            add(*given)
            left[0] -= 1
            if left[0] < 0:
                if dead:
                    self.image()
                raise CrashError

        self.seminar._add = failing  # type: ignore[method-assign, assignment]
        try:
            acts[act]()
        except CrashError:
            if dead:
                self.seminar.store.close()
                self.seminar = open_seminar(self.path, self.clock, GAMES)
            assert self.on_the_disk() == before
        except SeminarError:
            assert self.on_the_disk() == before
        else:  # it wrote less than that
            if act == "move":
                self.sent.append((waited[0].number, place, option, f"p{waited[0].number} {place}"))
        finally:
            self.seminar.__dict__.pop("_add", None)

    def image(self) -> None:
        """Go on with copies of the files as a process leaves them that dies now; nobody writes to the others again."""
        folder = Path(mkdtemp())
        for kind in ("", "-wal"):
            if Path(f"{self.path}{kind}").exists():
                shutil.copyfile(f"{self.path}{kind}", folder / f"class.sqlite{kind}")
        self.path = folder / "class.sqlite"

    def on_the_disk(self) -> list[list[tuple[Any, ...]]]:
        db = sqlite3.connect(self.path)
        try:
            return [db.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall()
                    for name in ("rooms", "people", "links", "tables", "moves", "words")]
        finally:
            db.close()

    def counts(self) -> list[int]:
        return [self.seminar.place(self.room.number, table) for table in self.seminar.tables(self.room.number)]

    @invariant()
    def the_fold_is_what_is_shown_and_what_the_engine_plays(self) -> None:
        if not hasattr(self, "room"):
            return
        fresh = open_seminar(self.path, self.clock, GAMES)
        try:
            board = board_view(fresh, self.room.number)
            assert board == board_view(self.seminar, self.room.number)
            assert board.people == len(self.here())
            assert {each.number for card in board.cards for each in card.people} == {
                each.person.number for each in self.here()}
            for table in self.seminar.tables(self.room.number):
                state = self.seminar.state(self.room.number, table)
                game = self.seminar.game(self.room.number, self.seminar.treatment(self.room.number, table))
                dispute, begun = replayed(game, raw_rows(self.path, self.room.number, table), self.room.seed, table)
                assert tuple(dispute.weeks) == state.weeks
                assert begun == [int(each) for each in (state.stance, state.first) if each is not None]
                assert state.over == (not dispute.running)
                states = [game.start, *(week.next_state for week in dispute.weeks)]
                card = board.cards[table - 1]
                assert card.paths == tuple(tuple(int(game.rungs[side, each]) for each in states) for side in (0, 1))
                assert len([week for week in table_record(fresh, self.room.number, table) if week.told]) == len(
                    dispute.weeks)
                if self.seminar.room(self.room.number).phase == "playing":  # nobody waits for an agent
                    assert state.over or self.seminar.waited_for(self.room.number, table)
                for person in (each for seat in self.seminar.players(self.room.number, table).values()
                               for each in seat):
                    assert (person.away and not person.absent) == (person.number in self.chosen)
                    view = seat_view(fresh, person)
                    assert view == seat_view(self.seminar, person)
                    assert [ladder.at for ladder in view.ladders] == [int(game.rungs[side, dispute.state])
                                                                      for side in (0, 1)]
                    assert view.held == bool(game.standstill[dispute.state])
                    self.reads_what_was_written(fresh, person)
                    if dispute.weeks:
                        assert view.payoffs is not None
                        assert len(view.payoffs.weeks) == len(dispute.weeks)
        finally:
            fresh.store.close()

    def reads_what_was_written(self, fresh: Seminar, person: Person) -> None:
        assert [each.text for each in fresh.notes(person)] == [
            text for who, kind, text, _ in self.said if kind == NOTE and who.number == person.number]
        assert [each.text for each in fresh.messages_to(person)] == [
            text for who, kind, text, to in self.said if kind == MESSAGE and who.table == person.table
            and (to is None or person.seat in (to, who.seat))]


AnyClass.TestCase.settings = settings(max_examples=25, stateful_step_count=30, deadline=None,
                                      suppress_health_check=list(HealthCheck))
TestAnyClass = AnyClass.TestCase
