"""Who sits at a table: drop-outs, late joiners, people taken off, classes closed to newcomers; notes and messages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from test_seminar_machine import SCENARIO, Clock, open_seminar

from negotiation.seminar.board import board_view
from negotiation.seminar.people import Person, SeminarError
from negotiation.seminar.room import GRACE, Seminar
from negotiation.seminar.settings import Settings
from negotiation.seminar.table import TableState
from negotiation.seminar.talk import MESSAGE, NOTE
from negotiation.seminar.views import seat_view
from negotiation.vocabulary import Actor


@pytest.fixture
def seminar(tmp_path: Path) -> Seminar:
    return open_seminar(tmp_path / "class.sqlite")


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


def test_whoever_joins_a_table_that_plays_does_not_stop_its_clock(tmp_path: Path) -> None:
    seminar, clock, room, _ = absent_class(tmp_path, seats=(Actor.TOKYO, Actor.SEOUL), share=1, seconds=30)
    seminar.join(seminar.room(room).code, "a third opens a table", "third")
    left = seminar.seconds_left(seminar.room(room), 2)
    clock.now += 20
    seminar.join(seminar.room(room).code, "a fourth joins it", "fourth")
    assert left is not None
    assert seminar.seconds_left(seminar.room(room), 2) == left - 20


def test_who_is_brought_back_has_the_whole_time_to_open_a_page(tmp_path: Path) -> None:
    seminar, clock, room, people = absent_class(tmp_path, seats=(Actor.TOKYO,), share=1)
    clock.now += 60
    assert seminar.leave_absent({}) == people
    clock.now += 600
    seminar.set_away(people[0].number, False)
    seminar.undo(room, 1, seminar.place(room, 1), "undo")  # of the agent, who had played all
    clock.now += 59
    assert seminar.leave_absent({}) == []
    clock.now += 1
    assert [each.number for each in seminar.leave_absent({})] == [people[0].number]


# --------------------------------------------------------------------------- taken off, and closed


def test_a_seat_is_free_when_its_person_is_taken_off_and_what_they_moved_stays(tmp_path: Path) -> None:
    seminar, _, room, people = absent_class(tmp_path)
    washington = people[2]
    seminar.move(washington, 0, 1, "m")
    leader = next(each for each in people if each.seat is seminar.state(room, 1).leader)
    before = [tuple(row) for row in seminar.entries(room, 1)]
    seminar.take_off(washington.number)
    seminar.take_off(leader.number)
    rows = seminar.entries(room, 1)
    assert [tuple(row) for row in rows][:len(before)] == before
    assert len(rows) > len(before)  # an agent has moved for the leader at once
    assert rows[0]["person"] == washington.number
    assert (seminar.players(room, 1)[Actor.WASHINGTON], seminar.waited_for(room, 1)[0].seat) == (
        [], next(seat for seat in (Actor.TOKYO, Actor.SEOUL) if seat is not leader.seat))
    view = board_view(seminar, room)
    assert (view.people, view.away, [each.number for each in view.cards[0].people]) == (
        1, 0, [each.number for each in people if each not in (washington, leader)])
    code = seminar.room(room).code
    for attempt in (lambda: seminar.join(code, washington.name, "c2"),
                    lambda: seminar.set_away(washington.number, False)):
        with pytest.raises(SeminarError, match="taken you off"):
            attempt()
    new = [seminar.join(code, name, name).person for name in ("late", "later")]
    assert {(each.table, each.seat) for each in new} == {(1, Actor.WASHINGTON), (1, leader.seat)}


def test_who_was_taken_off_is_put_back_as_long_as_nobody_else_has_the_seat(tmp_path: Path) -> None:
    seminar, clock, room, people = absent_class(tmp_path)
    one, code = people[2], seminar.room(room).code
    assert seminar.taken_off(room, 1) == []
    seminar.take_off(one.number)
    assert [each.number for each in board_view(seminar, room).cards[0].taken_off] == [one.number]
    clock.now += 600
    seminar.put_back(one.number)
    seminar.put_back(one.number)  # by a second click
    back = seminar.person_numbered(one.number)
    assert (back, seminar.taken_off(room, 1)) == (one, [])
    assert one not in seminar.absent({})  # and has the whole time to open a page
    place = seminar.place(room, 1)
    if not place:
        seminar.move(back, place, 1, "m")
    seminar.take_off(one.number)
    late = seminar.join(code, "late", "late").person
    assert (late.table, late.seat) == (1, one.seat)
    with pytest.raises(SeminarError, match="somebody else has this seat"):
        seminar.put_back(one.number)
    assert seminar.players(room, 1)[one.seat] == [late]
    assert seminar.person_numbered(one.number).gone
    seminar.take_off(late.number)
    seminar.put_back(one.number)
    assert [each.number for each in seminar.players(room, 1)[one.seat]] == [one.number]


def test_the_board_offers_to_take_back_only_what_is_there(tmp_path: Path) -> None:
    seminar, _, room, people = absent_class(tmp_path)

    def begun() -> bool:
        return board_view(seminar, room).cards[0].begun

    assert not begun()
    with pytest.raises(SeminarError, match="no week to take back"):
        seminar.undo(room, 1, 0, "u")
    seminar.move(people[2], 0, 1, "m")
    assert begun()
    seminar.undo(room, 1, 1, "u")
    assert not begun()
    while not seminar.state(room, 1).weeks:
        seminar.play_on(room, 1)
    assert begun()


def test_whoever_is_taken_off_does_nothing_more(tmp_path: Path) -> None:
    seminar, _, room, _ = absent_class(tmp_path)
    one = seminar.join(seminar.room(room).code, "one", "one")
    place = seminar.place(room, one.person.table)
    seminar.take_off(one.person.number)
    gone = seminar.person(one.link)
    assert gone is not None
    assert (gone.gone, gone.away, gone.absent) == (True, True, False)
    seminar.return_absent([gone.number])  # a page of theirs may still be open
    assert seminar.person_numbered(gone.number) == gone
    for attempt in (lambda: seminar.move(gone, place, 1, "x"), lambda: seminar.write(gone, MESSAGE, "x", "x"),
                    lambda: seminar.write(gone, NOTE, "x", "x"), lambda: seminar.new_personal_code(gone.number),
                    lambda: seminar.come_back(seminar.room(room).code, one.code)):
        with pytest.raises(SeminarError, match="taken you off"):
            attempt()


def test_nobody_new_joins_a_closed_class_and_everybody_else_comes_back(seminar: Seminar) -> None:
    room, _ = seminar.create(Settings(SCENARIO))
    one = seminar.join(room.code, "one", "c1")
    seminar.close_joining(room.number)
    assert board_view(seminar, room.number).closed
    with pytest.raises(SeminarError, match="nobody joins"):
        seminar.join(room.code, "two", "c2")
    assert len(seminar.people(room.number)) == 1
    assert seminar.join(room.code, "one", "c1").person == one.person  # the same phone
    fresh = seminar.join(room.code, "one", "c1")
    assert seminar.come_back(room.code, fresh.code).person == one.person
    again = open_seminar(seminar.store.path)
    assert again.room(room.number).closed
    again.close_joining(room.number, False)
    assert seminar.join(room.code, "two", "c2").person.seat is Actor.SEOUL


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
