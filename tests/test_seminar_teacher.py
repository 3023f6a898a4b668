"""What the teacher's pages tell, without a browser: plans, refusals, records of tables, words in three languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from negotiation.behaviours import CATALOGUE, behaviour
from negotiation.library import load_scenario
from negotiation.parameters import ParameterError
from negotiation.seminar.board import board_view
from negotiation.seminar.planning import plan
from negotiation.seminar.record import table_record
from negotiation.seminar.room import Seminar
from negotiation.seminar.settings import VIEWS, Settings, read_treatments
from negotiation.seminar.store import Store
from negotiation.seminar.talk import MESSAGE, NOTE
from negotiation.seminar.uploads import read_scenario
from negotiation.terms import speaking, terms
from negotiation.vocabulary import Actor

pytest.importorskip("nicegui", reason="the extra `seminar` is not installed")

from negotiation.seminar.web.teacher import ABSENCES, CLOCKS, EXAMPLES
from negotiation.seminar.web.teacher_words import ALLOWED, LABELS, PHASES, refusal

SCENARIO = load_scenario("tokyo_seoul_2019").to_dict()


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(("students", "seats", "share", "weeks", "seconds", "treatments", "tables", "agents", "shares",
                          "minutes"), [
    (30, 3, 1, 12, 45, 1, 10, 0, (10, 10), (9, 27)),
    (31, 3, 1, 12, None, 2, 11, 2, (5, 6), (9, 27)),
    (1, 3, 2, 1, 10, 1, 1, 2, (1, 1), (1, 1)),
    (7, 3, 2, 104, 300, 3, 2, 2, (0, 1), (78, 1560)),
    (5, 1, 1, 4, 60, 8, 5, 0, (0, 1), (1, 4))])
def test_a_class_is_planned(students: int, seats: int, share: int, weeks: int, seconds: int | None, treatments: int,
                            tables: int, agents: int, shares: tuple[int, int], minutes: tuple[int, int]) -> None:
    made = plan(students, seats, share, weeks, seconds, treatments)
    assert (made.tables, made.agents, made.shares, made.minutes) == (tables, agents, shares, minutes)


@pytest.mark.parametrize(("share", "students"), [(1, 7), (2, 7), (2, 13)])
def test_students_fill_as_many_tables_as_planned(tmp_path: Path, share: int, students: int) -> None:
    seminar = Seminar(Store(tmp_path / "class.sqlite"))
    room, _ = seminar.create(Settings(SCENARIO, share=share))
    for number in range(students):
        seminar.join(room.code, f"n{number}", f"c{number}")
    made = plan(students, 3, share, 12, None, 1)
    assert len(seminar.tables(room.number)) == made.tables
    last = seminar.players(room.number, made.tables)
    assert sum(not seated for seated in last.values()) == made.agents
    seminar.store.close()


def test_a_table_s_record_has_its_weeks_and_messages_and_no_notes(tmp_path: Path) -> None:
    clock = Clock()
    seminar = Seminar(Store(tmp_path / "class.sqlite"), clock)
    room, _ = seminar.create(Settings(SCENARIO, language="ja"), 5)
    people = {each.seat: each for each in (seminar.join(room.code, name, name).person for name in "abc")}
    seminar.start(room.number)

    def decide() -> None:
        clock.now += 10
        state = seminar.state(room.number, 1)
        assert state.turn is not None
        place = seminar.place(room.number, 1)
        seminar.move(people[state.turn], place, int(state.legal[0]), f"m{clock.now}")

    seminar.write(people[Actor.TOKYO], MESSAGE, "<b>before</b>", "1")
    seminar.write(people[Actor.TOKYO], NOTE, "secret", "2")
    for _ in range(3):
        decide()
    seminar.write(people[Actor.SEOUL], MESSAGE, "second week", "3", Actor.WASHINGTON)
    for _ in range(3):
        decide()
    first, second = table_record(seminar, room.number, 1)
    assert (first.number, second.number) == (1, 2)
    assert first.messages == (("東京", "", "<b>before</b>"),)
    assert second.messages == (("ソウル", "ワシントン", "second week"),)
    assert len(first.told) == 4
    assert first.told[0].startswith("ワシントンの選択")
    assert "secret" not in str((first, second))

    # Taken back, a week goes; what was written in it stays, in the week that is played instead.
    seminar.undo(room.number, 1, seminar.place(room.number, 1), "undo")
    first, second = table_record(seminar, room.number, 1)
    assert second.told == ()
    assert second.messages == (("ソウル", "ワシントン", "second week"),)

    # What no person decided is told as such.
    seminar.play_on(room.number, 1)
    for _ in range(2):
        decide()
    first, second = table_record(seminar, room.number, 1)
    assert ["先生" in told for told in (first.told[0], *second.told[:2])] == [False, True, False]
    seminar.store.close()


def test_the_board_knows_since_when_a_table_waits_for_its_people(tmp_path: Path) -> None:
    clock = Clock()
    seminar = Seminar(Store(tmp_path / "class.sqlite"), clock)
    room, _ = seminar.create(Settings(SCENARIO))
    joined = [seminar.join(room.code, name, name).person for name in "abc"]
    assert board_view(seminar, room.number).cards[0].since is None
    clock.now += 5
    seminar.start(room.number)
    begun = clock.now
    clock.now += 30
    assert board_view(seminar, room.number).cards[0].since == begun
    seminar.set_away(joined[2].number, True)  # Washington's agent moves, and a side is waited for from now on
    assert board_view(seminar, room.number).cards[0].since == clock.now
    seminar.pause(room.number)
    assert board_view(seminar, room.number).cards[0].since is None
    seminar.store.close()


# ------------------------------------------------------------------------------------- refusals


def refused(**changes: object) -> ParameterError:
    with pytest.raises(ParameterError) as caught:
        Settings.of({"scenario": SCENARIO, **changes})
    return caught.value


def test_what_is_wrong_with_a_form_is_told_by_the_names_of_its_fields() -> None:
    assert refusal(refused(weeks=0)) == "Weeks to play: 0 is not allowed; allowed: a whole number from 1 to 104"
    assert refusal(refused(seats=[])) == "Seats: nothing is not allowed; allowed: one to three different seats"
    with speaking("ja"):
        assert refusal(refused(weeks=0)) == "行う週数：0 は使えません。使えるもの：1～104の整数"
        assert refusal(refused(seats=[])) == "席：なし は使えません。使えるもの：1～3の異なる席"
    with speaking("ko"):
        assert refusal(refused(weeks=2.5)) == "진행할 주 수: 2.5는 쓸 수 없습니다. 쓸 수 있는 것: 1 ~ 104의 정수"


@pytest.mark.parametrize(("typed", "named"), [
    ("quiet scenario.washington.attention=2", "quiet"), ("a: scenario.washington.attention=-1", "scenario"),
    ("a: scenario.no.such=1", "no"), ("a: rounds=3", "rounds"), ("a:\na:", "Treatments"), (": x", "x"),
    ("a: policy.tokyo=absent", "policy.tokyo"), ("a: policy.tokyo={behaviour: hawk, error: 7}", "error"),
    ("a: scenario.washington.attention=[1", "attention"), ("a: scenario.washington.attention=2019-01-01", "attention"),
    ("\n".join(f"t{number}:" for number in range(9)), "t8"), ("x" * 50 + ":", "xxx")])
def test_careless_treatments_are_refused_in_one_line_that_names_them(typed: str, named: str) -> None:
    with pytest.raises(ParameterError) as caught:
        Settings.of({"scenario": SCENARIO, "treatments": read_treatments(typed)})
    for language in ("en", "ja", "ko"):
        with speaking(language):
            told = refusal(caught.value)
            assert "\n" not in told
            assert named in told or terms().get(named, {}).get(language, "—") in told


def test_treatments_may_be_typed_on_a_japanese_keyboard() -> None:
    (quiet,) = read_treatments("静か：　scenario.washington.attention＝2；scenario.shadow＝3")
    assert (quiet.name, quiet.changes) == ("静か", {"scenario.washington.attention": 2, "scenario.shadow": 3})


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"- 1\n- 2", b"defaults: [nothing]", b"a: &x [*x]", b"[" * 5000,
                                     b"x" * 300_000, b"defaults: [river_dam]\nrounds: 300"])
def test_careless_files_are_refused_in_words_of_the_page_s_language(content: bytes) -> None:
    with pytest.raises(ParameterError) as caught:
        read_scenario(content)
    with speaking("ko"):
        assert "쓸 수 없습니다" in refusal(caught.value)


# ------------------------------------------------------------------------------------- words


def test_everything_that_the_form_offers_has_words_in_every_language() -> None:
    told = {*CLOCKS.values(), *ABSENCES.values(), *EXAMPLES, *PHASES.values(), *LABELS.values(), *VIEWS.values()}
    told |= {text for _, text in ALLOWED}
    for name in CATALOGUE:
        found = behaviour(name)
        told |= {found.rule, *(each.meaning for each in found.parameters.values())}
    assert told - set(terms()) == set()
