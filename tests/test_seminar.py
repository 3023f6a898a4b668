"""Classes without a browser: agents and treatments, codes and names, and what is refused."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_seminar_machine import SCENARIO, TREATMENTS, Clock, open_seminar

from negotiation.behaviours import make_policy
from negotiation.engines.trajectory import trace
from negotiation.game import compile_game
from negotiation.parameters import ParameterError
from negotiation.policy import Profile
from negotiation.seminar.compiled import MOST_STATES
from negotiation.seminar.limits import Guesses, RateLimit
from negotiation.seminar.people import SeminarError, StaleError
from negotiation.seminar.room import Seminar
from negotiation.seminar.settings import Settings, Treatment, assign, read_treatments
from negotiation.seminar.store import Store
from negotiation.vocabulary import Actor

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
    ({"behaviours": {"tokyo": "this.s", "seoul": "quiet", "washington": "quiet"}}, "behaviours.tokyo"),
    ({"behaviours": {"tokyo": {"mix": ["hawk", {"behaviour": "this.s"}]}}}, "behaviours.tokyo"),
    ({"behaviours": {"tokyo": {"behaviour": "level_k", "opponent": "this.s"}}}, "behaviours.tokyo"),
    ({"treatments": [{"name": "a", "changes": {"policy.seoul": "this.s"}}]}, "treatments.a.policy.seoul"),
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
    assert "this" not in sys.modules  # whose text anybody would have seen: nothing is imported by name


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
