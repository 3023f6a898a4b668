"""The class without a browser: whatever happens in whatever order, the fold of the record is what everybody sees."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from negotiation.behaviours import make_policy
from negotiation.engines.dispute import Dispute, Observation
from negotiation.engines.trajectory import trace
from negotiation.game import Game, compile_game
from negotiation.library import load_scenario
from negotiation.parameters import ParameterError
from negotiation.policy import Profile
from negotiation.seminar.compiled import MOST_STATES
from negotiation.seminar.limits import Guesses, RateLimit
from negotiation.seminar.play import Person, SeminarError, StaleError
from negotiation.seminar.room import GRACE, Joined, Seminar
from negotiation.seminar.settings import Settings, Treatment, assign, read_treatments
from negotiation.seminar.store import Store
from negotiation.seminar.table import TableState
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


def open_seminar(path: Path, clock: Callable[[], float] | None = None) -> Seminar:
    return Seminar(Store(path)) if clock is None else Seminar(Store(path), clock)


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


class AnyClass(RuleBasedStateMachine):
    """A class in which anything happens at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.path = Path(mkdtemp()) / "class.sqlite"
        self.clock = Clock()
        self.seminar = open_seminar(self.path, self.clock)
        self.joined: list[Joined] = []
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
        self.seminar.store.close()

    @precondition(lambda self: len(self.joined) < 7)
    @rule()
    def join(self) -> None:
        number = len(self.joined)
        try:
            one = self.seminar.join(self.room.code.lower(), f"Name {number}", f"request {number}")
            again = self.seminar.join(self.room.code, f"Name {number}", f"request {number}")
        except SeminarError:
            assert self.seminar.room(self.room.number).phase == "ended"
            return
        assert one.person == again.person
        self.joined.append(again)

    @rule()
    def start(self) -> None:
        if self.seminar.room(self.room.number).phase != "ended":
            self.seminar.start(self.room.number)

    @rule()
    def pause(self) -> None:
        self.seminar.pause(self.room.number)

    @precondition(lambda self: self.joined)
    @rule(data=st.data())
    def move(self, data: st.DataObject) -> None:
        who = data.draw(st.sampled_from(self.joined)).person.number
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

    @precondition(lambda self: self.joined)
    @rule(data=st.data(), away=st.booleans())
    def leave_or_return(self, data: st.DataObject, away: bool) -> None:
        who = data.draw(st.sampled_from(self.joined))
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
            assert not self.seminar.state(self.room.number, table).weeks
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
        self.seminar = open_seminar(self.path, self.clock)
        assert self.seminar.teachers(self.teacher) == self.seminar.room(self.room.number)

    def counts(self) -> list[int]:
        return [self.seminar.place(self.room.number, table) for table in self.seminar.tables(self.room.number)]

    @invariant()
    def the_fold_is_what_is_shown_and_what_the_engine_plays(self) -> None:
        if not hasattr(self, "room"):
            return
        fresh = open_seminar(self.path, self.clock)
        try:
            for table in self.seminar.tables(self.room.number):
                state = self.seminar.state(self.room.number, table)
                game = self.seminar.game(self.room.number, self.seminar.treatment(self.room.number, table))
                dispute, begun = replayed(game, raw_rows(self.path, self.room.number, table), self.room.seed, table)
                assert tuple(dispute.weeks) == state.weeks
                assert begun == [int(each) for each in (state.stance, state.first) if each is not None]
                assert state.over == (not dispute.running)
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
                    if dispute.weeks:
                        assert view.payoffs is not None
                        assert len(view.payoffs.weeks) == len(dispute.weeks)
        finally:
            fresh.store.close()


AnyClass.TestCase.settings = settings(max_examples=25, stateful_step_count=30, deadline=None,
                                      suppress_health_check=list(HealthCheck))
TestAnyClass = AnyClass.TestCase


# --------------------------------------------------------------------------- agents, treatments, solitude


@pytest.fixture
def seminar(tmp_path: Path) -> Seminar:
    return open_seminar(tmp_path / "class.sqlite")


@pytest.mark.parametrize("behaviours", [
    dict.fromkeys(Actor.keys(), "equilibrium"),
    {"tokyo": "grudger", "seoul": "tit_for_tat", "washington": "firefighter"}])
def test_a_table_of_agents_alone_plays_the_engine_s_episode(seminar: Seminar, behaviours: dict[str, str]) -> None:
    room, _ = seminar.create(Settings(SCENARIO, weeks=10, seats=(Actor.SEOUL,), behaviours=behaviours), seed=77)
    for number in range(4):
        seminar.set_away(seminar.join(room.code, "x", f"c{number}").person.number, True)
    seminar.start(room.number)
    game = compile_game(room.settings.scenario_of(room.settings.treatments[0]))
    profile = Profile.of({actor: make_policy(game, actor, behaviours[actor.key]) for actor in Actor})
    for table in range(1, 5):
        assert seminar.state(room.number, table).weeks == trace(game, profile, 77, table).weeks


def test_a_week_played_again_after_an_undo_has_the_same_draws(seminar: Seminar) -> None:
    room, _ = seminar.create(Settings(SCENARIO, seats=(Actor.TOKYO,), weeks=3), seed=5)
    who = seminar.join(room.code, "x", "c").person
    seminar.start(room.number)

    def week(number: str) -> None:
        seminar.move(who, seminar.place(room.number, 1), 1, number)

    week("first")
    before = seminar.state(room.number, 1).weeks
    assert len(before) in (1, 2)
    seminar.undo(room.number, 1, seminar.place(room.number, 1), "undo")
    while len(seminar.state(room.number, 1).weeks) < len(before):
        week(f"again {seminar.place(room.number, 1)}")
    assert seminar.state(room.number, 1).weeks[:1] == before[:1]


def test_a_clock_begins_again_after_the_server_was_away(tmp_path: Path) -> None:
    clock = Clock()
    seminar = open_seminar(tmp_path / "class.sqlite", clock)
    room, _ = seminar.create(Settings(SCENARIO, seconds=30))
    for name in "abc":
        seminar.join(room.code, name, name)
    seminar.start(room.number)
    clock.now += 300
    assert seminar.overdue() == [(room.number, 1)]
    seminar.resume()
    assert seminar.overdue() == []
    assert seminar.seconds_left(seminar.room(room.number), 1) == 30
    clock.now += 31
    assert seminar.tick() == [(room.number, 1)]


def absent_class(tmp_path: Path, **changes: Any) -> tuple[Seminar, Clock, int, list[Person]]:
    """A class of one table that plays, with a clock that is told the time."""
    clock = Clock()
    seminar = open_seminar(tmp_path / "class.sqlite", clock)
    room, _ = seminar.create(Settings(SCENARIO, **{"weeks": 6, "absent": 60, **changes}), seed=9)
    people = [seminar.join(room.code, f"n{number}", f"c{number}").person
              for number in range(len(room.settings.seats) * room.settings.share)]
    seminar.start(room.number)
    return seminar, clock, room.number, people


def test_an_agent_plays_for_whoever_has_no_page_open_until_it_is_open_again(tmp_path: Path) -> None:
    seminar, clock, room, people = absent_class(tmp_path)
    washington = people[2]
    seen = {people[0].number: float("inf"), people[1].number: float("inf")}
    clock.now += 59
    assert seminar.leave_absent(seen) == []
    clock.now += 1
    assert seminar.leave_absent(seen) == [washington]
    gone = seminar.person_numbered(washington.number)
    assert (gone.away, gone.absent) == (True, True)
    assert seminar.state(room, 1).stance is not None  # the agent has decided
    assert seminar.absentees() == [washington.number]
    assert seat_view(seminar, gone).status.away
    seminar.return_absent([washington.number])
    back = seminar.person_numbered(washington.number)
    assert (back.away, back.absent) == (False, False)
    assert seminar.absentees() == []


def test_nobody_is_replaced_whom_no_table_waits_for_or_before_the_class_plays(tmp_path: Path) -> None:
    seminar, clock, room, people = absent_class(tmp_path)
    seminar.pause(room)
    clock.now += 1000
    assert seminar.leave_absent({}) == []
    seminar.start(room)
    assert seminar.leave_absent({}) == []  # going on gives everybody their time again
    clock.now += 60
    assert seminar.leave_absent({}) == [people[2]]  # the sides are not waited for yet
    clock.now += GRACE - 1
    assert seminar.leave_absent({}) == []
    clock.now += 1
    leader = seminar.state(room, 1).leader
    assert [each.seat for each in seminar.leave_absent({})] == [leader]
    seminar.end(room)
    assert seminar.leave_absent({}) == []


def test_an_agent_that_somebody_chose_stays_when_a_page_is_opened(tmp_path: Path) -> None:
    seminar, clock, _, people = absent_class(tmp_path)
    seminar.set_away(people[2].number, True)
    clock.now += 500
    seminar.return_absent([people[2].number])
    assert seminar.person_numbered(people[2].number).away
    seminar.leave_absent({})
    assert not seminar.person_numbered(people[2].number).absent
    absent = seminar.absentees()[0]
    seminar.set_away(absent, True)  # and whoever is told to stay away is no longer brought back
    seminar.return_absent([absent])
    assert seminar.person_numbered(absent).away


def test_of_two_who_share_a_seat_both_must_be_gone(tmp_path: Path) -> None:
    seminar, clock, room, people = absent_class(tmp_path, seats=(Actor.TOKYO,), share=2)
    assert {each.seat for each in people} == {Actor.TOKYO}
    clock.now += 100
    assert seminar.leave_absent({people[0].number: float("inf")}) == []
    assert seminar.leave_absent({people[0].number: clock.now - 60}) == people
    assert seminar.state(room, 1).over
    seminar.return_absent([people[1].number])
    assert [seminar.person_numbered(each.number).away for each in people] == [True, False]


def test_agents_play_for_the_absent_only_where_the_class_says_so_and_never_alone(tmp_path: Path) -> None:
    seminar, clock, room, _ = absent_class(tmp_path, absent=None)
    joined = seminar.create_alone(Settings(SCENARIO, weeks=3, absent=10), Actor.SEOUL)
    clock.now += 10_000
    assert seminar.leave_absent({}) == []
    assert seminar.waited_for(joined.person.room, 1) == [joined.person]
    assert seminar.state(room, 1).stance is None


def test_a_late_joiner_has_the_whole_time_for_the_first_move(tmp_path: Path) -> None:
    seminar, clock, room, _ = absent_class(tmp_path, seats=(Actor.WASHINGTON,), seconds=30, absent=20)
    clock.now += 600
    late = seminar.join(seminar.room(room).code, "late", "late").person
    assert (late.table, seminar.seconds_left(seminar.room(room), 2)) == (2, 30)
    assert [table for _, table in seminar.overdue()] == [1]
    assert [each.table for each in seminar.absent({})] == [1]


def test_one_table_that_fails_does_not_stop_the_clocks_of_the_others(tmp_path: Path,
                                                                    monkeypatch: pytest.MonkeyPatch) -> None:
    seminar, clock, room, _ = absent_class(tmp_path, seats=(Actor.TOKYO,), seconds=30)
    seminar.join(seminar.room(room).code, "b", "b")
    choice = seminar.agents_choice

    def failing(number: int, table: int, state: TableState) -> int:
        return 1 // 0 if table == 1 else choice(number, table, state)

    monkeypatch.setattr(seminar, "agents_choice", failing)
    clock.now += 31
    before = seminar.place(room, 1)
    assert seminar.tick() == [(room, 2)]
    assert seminar.place(room, 1) == before


def test_games_alone_of_one_dispute_share_its_tables_and_old_ones_are_let_go(seminar: Seminar) -> None:
    same = [seminar.create_alone(Settings(SCENARIO, weeks=2), seat).person for seat in (*Actor, *Actor)]
    games = {id(seminar.state(each.room, 1).game) for each in same}
    assert (len(games), len(seminar.games)) == (1, 1)
    for weeks in range(3, 40):
        seminar.create_alone(Settings(SCENARIO, weeks=weeks), Actor.TOKYO)
    assert len(seminar.games) < 30
    assert sum(each.game.n_states * each.game.horizon for each in seminar.games._known.values()) <= MOST_STATES
    first = same[0]
    before = seminar.state(first.room, 1).weeks
    seminar.move(first, seminar.place(first.room, 1), 1, "on")  # compiled again, the same game
    assert seminar.state(first.room, 1).weeks[:len(before)] == before


def test_treatments_are_assigned_in_balanced_blocks() -> None:
    three = tuple(Treatment(name) for name in "abc")
    for seed in range(20):
        names = [assign(three, table, seed).name for table in range(1, 31)]
        assert all(sorted(names[at:at + 3]) == ["a", "b", "c"] for at in range(0, 30, 3))
    assert len({assign(three, 1, seed).name for seed in range(20)}) == 3


def test_a_game_alone_begins_at_once_and_is_no_class(seminar: Seminar) -> None:
    joined = seminar.create_alone(Settings(SCENARIO, weeks=2, seconds=30), Actor.SEOUL)
    assert seminar.alone(joined.person.room)
    assert seminar.rooms() == []
    assert seminar.waited_for(joined.person.room, 1) == [joined.person]
    assert seminar.seconds_left(seminar.room(joined.person.room), 1) is None


def test_late_students_find_a_seat_and_agents_move_for_empty_ones_at_once(seminar: Seminar) -> None:
    room, _ = seminar.create(Settings(SCENARIO, seats=(Actor.TOKYO, Actor.SEOUL), weeks=2))
    seminar.start(room.number)
    first = seminar.join(room.code, "late", "1").person
    assert seminar.state(room.number, first.table).stance is not None  # Washington is an agent and has moved
    second = seminar.join(room.code, "later", "2").person
    third = seminar.join(room.code, "last", "3").person
    assert (first.table, second.table, third.table) == (1, 1, 2)
    assert {first.seat, second.seat} == {Actor.TOKYO, Actor.SEOUL}


# --------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(("change", "key"), [
    ({"seats": []}, "seats"), ({"seats": ["tokyo", "tokyo"]}, "seats"), ({"seats": ["paris"]}, "settings"),
    ({"share": 3}, "share"), ({"share": True}, "share"), ({"weeks": 0}, "weeks"), ({"weeks": 2.5}, "weeks"),
    ({"seconds": 1}, "seconds"), ({"absent": 9}, "absent"), ({"absent": 3601}, "absent"), ({"absent": 1.5}, "absent"),
    ({"names": "yes"}, "names"), ({"language": "fr"}, "language"), ({"title": "x" * 100}, "title"),
    ({"behaviours": {"tokyo": "hawk", "seoul": "nonsense", "washington": "quiet"}}, "behaviours.seoul"),
    ({"views": {"tokyo": ["everything"]}}, "views.tokyo"), ({"colour": "red"}, "colour"),
    ({"treatments": []}, "treatments"), ({"treatments": [{"name": "a"}, {"name": "a"}]}, "treatments"),
    ({"treatments": [{"name": "a", "changes": {"secret": 1}}]}, "treatments.a"),
    ({"treatments": [{"name": "a", "changes": {"scenario.washington.attention": -1}}]}, "attention"),
    ({"treatments": [{"name": "a", "changes": {"policy.paris": "hawk"}}]}, "treatments.a")])
def test_settings_that_cannot_be_are_refused_in_one_line(change: dict[str, Any], key: str) -> None:
    with pytest.raises(ParameterError) as refused:
        Settings.of({"scenario": SCENARIO, **change})
    assert key in str(refused.value)
    assert "\n" not in str(refused.value)


def test_settings_come_back_as_they_were_stored() -> None:
    chosen = Settings(SCENARIO, seats=(Actor.SEOUL,), treatments=TREATMENTS, seconds=30, language="ko", title="수업")
    assert Settings.from_json(chosen.to_json()) == chosen
    for change in ({"absent": None}, {"absent": 10, "names": True}):
        other = Settings.of({"scenario": SCENARIO, **change})
        assert Settings.from_json(other.to_json()) == other


def test_a_class_stored_before_agents_played_for_the_absent_goes_on_without() -> None:
    old = json.loads(Settings(SCENARIO).to_json())
    del old["absent"], old["names"]
    found = Settings.from_json(json.dumps(old))
    assert (found.absent, found.names) == (None, False)
    assert (Settings(SCENARIO).absent, Settings(SCENARIO).names) == (60, False)


def test_treatments_as_typed() -> None:
    assert read_treatments(" \n") == (Treatment("all"),)
    assert read_treatments("a:\nb: scenario.washington.attention=2; policy.washington=absent") == (
        Treatment("a"), Treatment("b", {"scenario.washington.attention": 2, "policy.washington": "absent"}))
    with pytest.raises(ParameterError, match="treatments"):
        read_treatments("a: nonsense")


def test_moves_that_cannot_be_are_refused(seminar: Seminar) -> None:
    room, _ = seminar.create(Settings(SCENARIO, weeks=1))
    tokyo, _, washington = (seminar.join(room.code, "x", f"c{number}").person for number in range(3))
    with pytest.raises(SeminarError, match="has not begun"):
        seminar.move(washington, 0, 0, "a")
    seminar.start(room.number)
    with pytest.raises(SeminarError, match="not your turn"):
        seminar.move(tokyo, 0, 0, "b")
    with pytest.raises(SeminarError, match="not open"):
        seminar.move(washington, 0, 9, "c")
    with pytest.raises(StaleError):
        seminar.move(washington, 3, 0, "d")
    seminar.pause(room.number)
    with pytest.raises(SeminarError, match="paused"):
        seminar.move(washington, 0, 0, "e")
    seminar.end(room.number)
    with pytest.raises(SeminarError, match="ended"):
        seminar.start(room.number)
    with pytest.raises(SeminarError, match="ended"):
        seminar.join(room.code, "late", "f")
    assert seminar.entries(room.number, 1) == []


def test_guessing_codes_is_slowed_even_where_one_guess_is_right(seminar: Seminar) -> None:
    room, _ = seminar.create(Settings(SCENARIO))
    joined = seminar.join(room.code, "x", "c")
    for _ in range(20):
        with pytest.raises(SeminarError, match="no class with that code"):
            seminar.join("WRONG", "x", "d", caller="10.0.0.9")
    with pytest.raises(SeminarError, match="too many tries"):
        seminar.join(room.code, "x", "d", caller="10.0.0.9")
    for number in range(20):
        with pytest.raises(SeminarError, match="nobody"):
            seminar.come_back(room.code, f"AAAA{number:02}", caller="10.0.0.8")
        if number == 10:  # a right code of the class does not wipe the slate
            seminar.join(room.code, "other", "e", caller="10.0.0.8")
    with pytest.raises(SeminarError, match="too many tries"):
        seminar.come_back(room.code, joined.code, caller="10.0.0.8")
    assert seminar.come_back(room.code, joined.code, caller="10.0.0.7").person == joined.person


def test_a_class_behind_one_address_is_not_locked_out_by_one_of_its_phones(seminar: Seminar) -> None:
    room, _ = seminar.create(Settings(SCENARIO))
    for _ in range(20):
        with pytest.raises(SeminarError, match="no class"):
            seminar.join("WRONG", "x", "d", caller="10.0.0.9 onephone")
    with pytest.raises(SeminarError, match="too many"):
        seminar.join(room.code, "x", "d", caller="10.0.0.9 onephone")
    seminar.join(room.code, "x", "e", caller="10.0.0.9 another")
    clock = Clock()
    guesses = Guesses(clock)
    for number in range(600):  # a fresh number for every try does not help for ever
        assert not guesses.full(f"10.0.0.9 phone{number}")
        guesses.count(f"10.0.0.9 phone{number}")
    assert guesses.full("10.0.0.9 yetanother")
    assert not guesses.full("10.0.0.8 yetanother")
    clock.now += 61
    assert not guesses.full("10.0.0.9 yetanother")


def test_wrong_codes_of_two_connections_count_together(tmp_path: Path) -> None:
    guesses = Guesses()
    one, two = (Seminar(Store(tmp_path / "class.sqlite"), guesses=guesses) for _ in range(2))
    for each in (one, two) * 10:
        with pytest.raises(SeminarError, match="no class"):
            each.find("WRONG", "10.0.0.9")
    for each in (one, two):
        with pytest.raises(SeminarError, match="too many"):
            each.find("WRONG", "10.0.0.9")


def test_nobody_joins_a_game_that_somebody_plays_alone(seminar: Seminar) -> None:
    joined = seminar.create_alone(Settings(SCENARIO, weeks=2), Actor.SEOUL)
    code = seminar.room(joined.person.room).code
    with pytest.raises(SeminarError, match="no class"):
        seminar.join(code, "stranger", "s")
    assert seminar.come_back(code, joined.code).person == joined.person


@pytest.mark.parametrize("write", [
    str.lower, lambda code: " ".join(code), lambda code: f" {code[:2]}-{code[2:]}\n",
    lambda code: "".join(chr(ord(letter) + 0xFEE0) for letter in code),  # as Japanese and Korean keyboards write
    lambda code: "".join(chr(ord(letter) + 0xFEE0) for letter in code.lower()) + "\u3000",
    lambda code: f"{code[:1]}\u200b{code[1:]}\u202c"])
def test_codes_are_understood_however_they_are_typed(seminar: Seminar, write: Callable[[str], str]) -> None:
    room, _ = seminar.create(Settings(SCENARIO))
    joined = seminar.join(write(room.code), "x", "c")
    assert joined.person.room == room.number
    assert seminar.come_back(write(room.code), write(joined.code)).person == joined.person


@pytest.mark.parametrize(("typed", "kept"), [
    ("  Aiko\t Sato\n", "Aiko Sato"), ("\u202eevil\u202c", "evil"), ("A\u200bi\u200dko", "A i ko"), ("가나", "가나"),
    ("ア" * 500, "ア" * 40), ("a" + "\u0301" * 50, "\u00e1" + "\u0301" * 3), ("\ud800x", "x"),
    ("王\U000e0001小明", "王 小明"),
    ("שלום", "שלום"), ("<b>Bo</b>", "<b>Bo</b>"), ("x" * 1_000_000, "x" * 40), ("🙂", "🙂")])
def test_names_are_one_readable_line(seminar: Seminar, typed: str, kept: str) -> None:
    room, _ = seminar.create(Settings(SCENARIO))
    assert seminar.join(room.code, typed, "c").person.name == kept


@pytest.mark.parametrize("typed", ["", " ", "\u200b\u200e", "\u3164", "\u2800\u115f\u1160", "\u0301\u0301", "\x00\x1f"])
def test_a_name_that_nobody_can_see_is_none(seminar: Seminar, typed: str) -> None:
    room, _ = seminar.create(Settings(SCENARIO))
    with pytest.raises(SeminarError, match="a name is needed"):
        seminar.join(room.code, typed, "c")


def test_the_record_of_a_class_that_has_ended_stays_as_it_is(seminar: Seminar) -> None:
    room, _ = seminar.create(Settings(SCENARIO, seats=(Actor.TOKYO,), weeks=3), seed=5)
    who = seminar.join(room.code, "x", "c").person
    seminar.start(room.number)
    while not seminar.state(room.number, 1).over:
        place = seminar.place(room.number, 1)
        seminar.move(who, place, 1, f"m{place}")
    place = seminar.place(room.number, 1)
    weeks = len(seminar.state(room.number, 1).weeks)
    seminar.undo(room.number, 1, place, "undo right after the end")
    assert len(seminar.state(room.number, 1).weeks) == weeks - 1
    assert seminar.waited_for(room.number, 1) == [who]
    seminar.pause(room.number)
    place = seminar.place(room.number, 1)
    seminar.undo(room.number, 1, place, "undo while paused")
    assert seminar.state(room.number, 1).stance is None  # agents wait too
    seminar.end(room.number)
    place = seminar.place(room.number, 1)
    with pytest.raises(SeminarError, match="ended"):
        seminar.undo(room.number, 1, place, "undo after the end")
    assert seminar.place(room.number, 1) == place


def test_a_second_click_on_playing_on_takes_nobody_else_s_move(seminar: Seminar) -> None:
    room, _ = seminar.create(Settings(SCENARIO))
    for name in "abc":
        seminar.join(room.code, name, name)
    seminar.start(room.number)
    seminar.play_on(room.number, 1, 0)
    seminar.play_on(room.number, 1, 0)
    assert seminar.place(room.number, 1) == 1


def test_two_who_share_a_seat_and_press_at_once_move_once(seminar: Seminar) -> None:
    room, _ = seminar.create(Settings(SCENARIO, seats=(Actor.TOKYO,), share=2))
    one, two = (seminar.join(room.code, name, name).person for name in "ab")
    seminar.start(room.number)
    place = seminar.place(room.number, 1)
    seminar.move(one, place, 1, f"p{one.number} {place}")
    with pytest.raises(StaleError):
        seminar.move(two, place, 1, f"p{two.number} {place}")
    assert [row["person"] for row in seminar.entries(room.number, 1, place)][:1] == [one.number]


def test_a_rate_limit_forgets_after_its_window() -> None:
    clock = Clock()
    limit = RateLimit(2, 10.0, clock)
    assert [limit.allows("a") for _ in range(3)] == [True, True, False]
    assert limit.allows("b")
    clock.now += 11
    assert limit.allows("a")


def test_no_secret_is_kept_as_it_is(seminar: Seminar) -> None:
    room, teacher = seminar.create(Settings(SCENARIO))
    joined = seminar.join(room.code, "x", "c")
    seminar.store.close()
    content = b"".join(path.read_bytes() for path in seminar.store.path.parent.iterdir())
    for secret in (teacher, joined.link, joined.code):
        assert secret.encode() not in content


# --------------------------------------------------------------------------- notes and messages


def test_messages_reach_the_table_and_notes_only_their_writer(seminar: Seminar) -> None:
    room, _ = seminar.create(Settings(SCENARIO))
    one, two = (seminar.join(room.code, name, name).person for name in ("one", "two"))
    text = "<script>alert(1)</script>\n\x00 hello"
    seminar.write(one, MESSAGE, text, "m1")
    seminar.write(one, MESSAGE, text, "m1")
    seminar.write(two, NOTE, "mine", "n1")
    assert [each.text for each in seminar.messages(room.number, 1)] == ["<script>alert(1)</script> hello"]
    assert (seminar.notes(one), [each.text for each in seminar.notes(two)]) == ([], ["mine"])
    view = seat_view(seminar, one)
    assert view.messages is not None
    assert [(line.who, line.text) for line in view.messages] == [("Tokyo", "<script>alert(1)</script> hello")]
    seminar.write(one, MESSAGE, "x" * 1000, "m2")
    assert len(seminar.messages(room.number, 1)[-1].text) == 280
    with pytest.raises(SeminarError, match="too many"):
        for number in range(20):
            seminar.write(one, MESSAGE, "flood", f"f{number}")


def test_a_message_to_one_capital_reaches_that_seat_and_nobody_else(seminar: Seminar) -> None:
    room, _ = seminar.create(Settings(SCENARIO, share=2))
    people = [seminar.join(room.code, f"n{number}", f"c{number}").person for number in range(6)]
    by_seat = {seat: [each for each in people if each.seat is seat] for seat in Actor}
    for number, (seat, to) in enumerate((seat, to) for seat in Actor for to in (*Actor, None) if to is not seat):
        seminar.write(by_seat[seat][number % 2], MESSAGE, f"{seat.key} {to.key if to is not None else 'all'}",
                      f"m{number}", to)
    for seat in Actor:
        for person in by_seat[seat]:  # two who share a seat read the same
            view = seat_view(seminar, person)
            assert view.messages is not None
            found = {line.text: line.to for line in view.messages}
            assert set(found) == {f"{other.key} {to}" for other in Actor for to in (*Actor.keys(), "all")
                                  if other.key != to and (seat is other or to in (seat.key, "all"))}
            for text, to_whom in found.items():
                writer, to = text.split()
                assert to_whom == ("" if to == "all" else "only to you" if to == seat.key
                                   else f"only to {to.capitalize()}"), writer
    for kind, to in ((NOTE, Actor.SEOUL), (MESSAGE, Actor.TOKYO)):
        with pytest.raises(SeminarError, match="another capital"):
            seminar.write(by_seat[Actor.TOKYO][0], kind, "x", f"x{kind}", to)


def test_notes_and_messages_can_be_switched_off(seminar: Seminar) -> None:
    room, _ = seminar.create(Settings(SCENARIO, notes=False, messages=False))
    one = seminar.join(room.code, "one", "c").person
    for kind in (NOTE, MESSAGE, "other"):
        with pytest.raises(SeminarError):
            seminar.write(one, kind, "hello", f"c{kind}")
    view = seat_view(seminar, one)
    assert (view.notes, view.messages) == (None, None)


def test_a_person_s_old_code_dies_with_the_new_one(seminar: Seminar) -> None:
    room, _ = seminar.create(Settings(SCENARIO))
    joined = seminar.join(room.code, "one", "c")
    fresh = seminar.new_personal_code(joined.person.number)
    with pytest.raises(SeminarError):
        seminar.come_back(room.code, joined.code)
    assert seminar.come_back(room.code, fresh.lower()).person == joined.person


def test_whoever_joins_a_table_that_plays_does_not_stop_its_clock(tmp_path: Path) -> None:
    seminar, clock, room, _ = absent_class(tmp_path, seats=(Actor.TOKYO, Actor.SEOUL), share=1, seconds=30)
    seminar.join(seminar.room(room).code, "a third opens a table", "third")
    left = seminar.seconds_left(seminar.room(room), 2)
    clock.now += 20
    seminar.join(seminar.room(room).code, "a fourth joins it", "fourth")
    assert left is not None
    assert seminar.seconds_left(seminar.room(room), 2) == left - 20
