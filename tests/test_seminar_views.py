"""What pages show, without pages: words, previews, sheets that belong to one seat, the board; and uploaded files."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path
from typing import Any

import pytest
import yaml

from negotiation.behaviours.solved import solution
from negotiation.engines.exact import propagate
from negotiation.engines.trajectory import summarise
from negotiation.game import compile_game
from negotiation.library import load_scenario, scenario_names
from negotiation.parameters import ParameterError
from negotiation.scenario import Scenario
from negotiation.seminar import telling
from negotiation.seminar.board import board_view, merged
from negotiation.seminar.branching import branch_alone
from negotiation.seminar.people import Person
from negotiation.seminar.room import Seminar
from negotiation.seminar.settings import VIEWS, Settings, Treatment
from negotiation.seminar.sheet import how_it_goes, sheet
from negotiation.seminar.store import Store
from negotiation.seminar.uploads import MOST_BYTES, read_scenario
from negotiation.seminar.views import ACT, OVER, READY, WAIT, SeatView, seat_view
from negotiation.terms import LANGUAGES, speaking
from negotiation.vocabulary import Actor, Move, Outcome, Stance

SCENARIO = load_scenario("tokyo_seoul_2019").to_dict()
PRIVATE = ("firmness", "backdown", "offer", "appeal", "breach", "standing", "stake", "rupture")


@pytest.fixture
def seminar(tmp_path: Path) -> Seminar:
    return Seminar(Store(tmp_path / "class.sqlite"))


def texts(value: Any) -> list[str]:
    """Every text that a view holds, at any depth."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [text for item in dataclasses.fields(value) for text in texts(getattr(value, item.name))]
    if isinstance(value, (tuple, list)):
        return [text for each in value for text in texts(each)]
    return [] if value is None else [str(value)]


def class_of_three(seminar: Seminar, **changes: Any) -> tuple[int, dict[Actor, Person]]:
    room, _ = seminar.create(Settings(**{"scenario": SCENARIO, "weeks": 5, **changes}), seed=11)
    people = [seminar.join(room.code, name, name).person for name in ("one", "two", "three")]
    seminar.start(room.number)
    return room.number, {person.seat: person for person in people}


def step(seminar: Seminar, people: dict[Actor, Person], option: int = 1) -> None:
    """One decision of whoever is waited for."""
    one = next(iter(people.values()))
    turn = seminar.state(one.room, one.table).turn
    assert turn is not None
    place = seminar.place(one.room, one.table)
    seminar.move(people[turn], place, option, f"{turn} {place}")


def test_a_seat_is_shown_what_happens_in_the_order_of_the_game(seminar: Seminar) -> None:
    room, people = class_of_three(seminar)
    views = {seat: seat_view(seminar, person) for seat, person in people.items()}
    assert [views[seat].status.kind for seat in Actor] == [WAIT, WAIT, ACT]
    assert views[Actor.TOKYO].status.text == "Waiting for Washington."
    assert [option.name for option in views[Actor.WASHINGTON].options][:2] == ["stay quiet", "urge both to stand still"]
    step(seminar, people, Stance.CONVENE)
    leader = seminar.state(room, 1).leader
    assert leader is not None
    view = seat_view(seminar, people[leader])
    assert view.now == ("Washington chose: convene both at one table.",
                        f"Chance: {leader.key.capitalize()} moves first.")
    step(seminar, people, Move.STANDSTILL)
    reply = seat_view(seminar, people[Actor(1 - leader)])
    assert "Accept the standstill" in [option.name for option in reply.options]
    assert reply.now[2] == f"{leader.key.capitalize()} offered a standstill."
    step(seminar, people, Move.STANDSTILL)
    if not seminar.state(room, 1).over:
        after = seat_view(seminar, people[leader])
        assert after.news[0] == "Washington chose: convene both at one table."
        assert after.news[3].startswith("Chance: the standstill")
        assert after.status.week == "Week 2 of 5"
        assert after.options == ()
    seminar.pause(room)
    assert seat_view(seminar, people[leader]).status.kind == READY
    seminar.end(room)
    assert seat_view(seminar, people[leader]).status.kind == OVER


def test_the_preview_is_exact_for_the_second_mover_and_the_range_before(seminar: Seminar) -> None:
    room, people = class_of_three(seminar)
    game = seminar.game(room, seminar.treatment(room, 1))
    before = seat_view(seminar, people[Actor.WASHINGTON])
    step(seminar, people, Stance.URGE)
    leader = seminar.state(room, 1).leader
    assert leader is not None
    first = seat_view(seminar, people[leader])
    step(seminar, people, Move.HOLD)
    second = seat_view(seminar, people[Actor(1 - leader)])
    moves = [Move(option.number) for option in second.options]

    def pays(seat: Actor, stance: int, move: int, other: int) -> float:
        pair = (move, other) if seat is Actor.TOKYO else (other, move)
        return float(game.payoff[(seat, stance, *pair, game.start)])

    follower = Actor(1 - leader)
    assert [option.pays for option in second.options] == [
        f"this week {telling.amount(pays(follower, Stance.URGE, move, Move.HOLD))}" for move in moves]
    for option in first.options:
        values = [pays(leader, Stance.URGE, option.number, move) for move in Move
                  if game.legal[follower, move, game.start]]
        assert option.pays == f"this week {telling.between(min(values), max(values))}"
    for option in before.options:
        values = [float(game.payoff[Actor.WASHINGTON, option.number, tokyo, seoul, game.start])
                  for tokyo, seoul in itertools.product(Move, Move)
                  if game.legal[0, tokyo, game.start] and game.legal[1, seoul, game.start]]
        assert option.pays == f"this week {telling.between(min(values), max(values))}"
    place = seminar.place(room, 1)
    chosen = second.options[0]
    seminar.move(people[follower], place, chosen.number, "last")
    assert telling.amount(seminar.state(room, 1).weeks[0].payoffs[follower]) == chosen.pays.split()[-1]


@pytest.mark.parametrize("shown", [(), ("payoffs",), ("preview",), ("others",), ("chances",), tuple(VIEWS)])
def test_a_page_shows_what_the_class_allows_and_no_more(seminar: Seminar, shown: tuple[str, ...]) -> None:
    room, people = class_of_three(seminar, views=dict.fromkeys(Actor.keys(), shown))
    step(seminar, people, 0)
    step(seminar, people, Move.HOLD)
    leader = seminar.state(room, 1).leader
    assert leader is not None
    view = seat_view(seminar, people[Actor(1 - leader)])
    assert all(bool(option.pays) == ("preview" in shown) for option in view.options)
    assert all(bool(option.chances) == ("chances" in shown) for option in view.options)
    assert all(option.advice == "" for option in view.options)
    step(seminar, people, Move.HOLD)
    payoffs = seat_view(seminar, people[Actor.SEOUL]).payoffs
    names = () if payoffs is None else payoffs.names
    assert names == tuple(name for name, view in (("Tokyo", "others"), ("You", "payoffs"), ("Washington", "others"))
                          if view in shown)


def test_advice_waits_unless_the_teacher_shows_it(seminar: Seminar) -> None:
    room, people = class_of_three(seminar, advice=True)
    view = seat_view(seminar, people[Actor.WASHINGTON])
    game = seminar.game(room, seminar.treatment(room, 1))
    chances = solution(game).profile.washington.at(0, game.start)
    assert all(telling.percent(chances[option.number]) in option.advice for option in view.options)


def test_no_page_holds_another_seat_s_sheet_payoffs_or_treatment(seminar: Seminar) -> None:
    """Every private parameter has a value of its own, so that it can be looked for in all that a page holds."""
    base = load_scenario("tokyo_seoul_2019")
    marks: dict[Actor, list[str]] = {}
    changes: dict[str, Any] = {}
    value = 3.1017
    for seat in (Actor.TOKYO, Actor.SEOUL):
        for key in PRIVATE:
            value += 0.1171
            changes[f"{seat.key}.{key}"] = -value if key == "rupture" else value
            marks.setdefault(seat, []).append(f"{value:.2f}")
    for key in ("prize", "credit", "alliance"):
        value += 0.1171
        changes[f"washington.{key}"] = value
        marks.setdefault(Actor.WASHINGTON, []).append(f"{value:.2f}")
    scenario = base.override(changes)
    game = compile_game(scenario)
    _, people = class_of_three(seminar, scenario=scenario.to_dict(), treatments=(Treatment("whispered"),))
    for _ in range(7):
        for seat, person in people.items():
            view = seat_view(seminar, person)
            told = " ".join(texts(view))
            assert "whispered" not in told
            assert view.sheet == sheet(game, seat)
            sheets = " ".join(texts(view.sheet))
            hidden = [mark for other, found in marks.items() if other is not seat for mark in found]
            assert [mark for mark in hidden if mark in sheets] == []
            own = [mark for mark, key in zip(marks[seat], PRIVATE, strict=False)
                   if key not in ("firmness", "standing")]
            assert all(mark in sheets for mark in own)
            state = seminar.state(person.room, 1)
            for other in (each for each in Actor if each is not seat):
                for week in state.weeks:
                    paid = telling.amount(week.payoffs[other])
                    assert paid == telling.amount(week.payoffs[seat]) or view.payoffs is None or paid not in texts(
                        view.payoffs)
        if not state.over:
            step(seminar, people)


@pytest.mark.parametrize("name", scenario_names())
@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "en"])
def test_pages_speak_one_language_whatever_happens(seminar: Seminar, name: str, language: str) -> None:
    room, _ = seminar.create(Settings(load_scenario(name).to_dict(), weeks=6, language=language, advice=True,
                                      views=dict.fromkeys(Actor.keys(), tuple(VIEWS))), seed=4)
    people = {person.seat: person for person in (seminar.join(room.code, "7", each).person for each in "abc")}
    seminar.start(room.number)
    for number in range(15):
        for person in people.values():
            view: SeatView = seat_view(seminar, person)
            english = [text for text in texts(dataclasses.replace(view, status=dataclasses.replace(
                view.status, kind=""))) if any("a" <= letter.lower() <= "z" for letter in text.replace("GSOMIA", ""))]
            assert [text for text in english if text not in ("True", "False")] == []
        state = seminar.state(room.number, 1)
        if state.turn is not None:
            legal = [int(each) for each in state.legal]
            step(seminar, people, legal[number % len(legal)])


@pytest.mark.parametrize("outcome", list(telling.OUTCOMES))
def test_every_ending_has_a_sentence_in_every_language(outcome: Any) -> None:
    said = set()
    for language in LANGUAGES:
        with speaking(language):
            said.add(telling.outcome_sentence(outcome))
    assert len(said) == 3


def test_numbers_for_people() -> None:
    assert [telling.amount(value) for value in (1.234, -0.5, -0.001)] == ["+1.23", "\N{MINUS SIGN}0.50", "0.00"]
    assert [telling.percent(value) for value in (0, 0.004, 0.0994, 0.0996, 0.5, 1)] == [
        "0 %", "0.4 %", "9.9 %", "10 %", "50 %", "100 %"]
    assert telling.between(1.001, 1.002) == "+1.00"


# --------------------------------------------------------------------------- the board


def test_the_board_sets_outcomes_beside_the_exact_ones(seminar: Seminar) -> None:
    treatments = (Treatment("eager"), Treatment("quiet", {"scenario.washington.attention": 2.0}))
    room, _ = seminar.create(Settings(SCENARIO, seats=(Actor.TOKYO,), weeks=6, treatments=treatments), seed=8)
    for number in range(6):
        seminar.set_away(seminar.join(room.code, f"n{number}", f"c{number}").person.number, number < 5)
    seminar.start(room.number)
    view = board_view(seminar, room.number)
    assert (view.people, view.away, view.ended, len(view.cards)) == (6, 5, 5, 6)
    waiting = view.cards[5]
    assert (waiting.waiting, waiting.turn, waiting.outcome) == (("n5",), "Tokyo", "")
    assert view.cards[0].agents == ("Tokyo", "Seoul", "Washington")
    for card in view.cards:
        state = seminar.state(room.number, card.number)
        assert card.paths[0][-1] == int(state.game.rungs[0, state.state])
        assert len(card.paths[0]) == len(card.held) == len(state.weeks) + 1
    for group, treatment in zip(view.outcomes, treatments, strict=True):
        game = compile_game(room.settings.scenario_of(treatment))
        exact = propagate(game, solution(game).profile).outcome_probabilities()
        assert group.expected == tuple(float(each) for each in exact)
    whole = merged(view.outcomes)
    assert whole.tables == 5
    assert sum(whole.expected) == pytest.approx(1)
    assert [card.due for card in view.cards] == [None] * 6


def test_a_card_tells_when_the_move_is_due_and_is_the_same_until_then(tmp_path: Path) -> None:
    now = [1000.0]
    seminar = Seminar(Store(tmp_path / "class.sqlite"), lambda: now[0])
    room, _ = seminar.create(Settings(SCENARIO, seconds=30), seed=1)
    people = [seminar.join(room.code, name, name).person for name in "abc"]
    assert board_view(seminar, room.number).cards[0].due is None
    seminar.start(room.number)
    first = board_view(seminar, room.number).cards[0]
    assert first.due == 1030
    now[0] = 1012.5
    assert board_view(seminar, room.number).cards[0] == first
    seminar.move(people[2], 0, 0, "m")
    assert board_view(seminar, room.number).cards[0].due == 1042.5
    seminar.pause(room.number)
    assert board_view(seminar, room.number).cards[0].due is None


# --------------------------------------------------------------------------- uploaded scenario files


def uploaded(text: str) -> dict[str, Any]:
    return read_scenario(text.encode())


@pytest.mark.parametrize("name", scenario_names())
def test_shipped_scenarios_can_be_uploaded_as_they_are(name: str) -> None:
    plain = load_scenario(name).to_dict()
    assert uploaded(yaml.safe_dump(plain, allow_unicode=True)) == plain


def test_an_upload_may_change_a_shipped_scenario() -> None:
    values = uploaded("defaults: [tokyo_seoul_2019, _self_]\nname: mine\nwashington: {attention: 0.1}\n")
    assert Scenario.from_dict(values) == load_scenario("tokyo_seoul_2019").override(
        {"washington.attention": 0.1, "name": "mine"})


BOMB = "a: &a [1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"{chr(98 + at)}: &{chr(98 + at)} [{','.join(['*' + chr(97 + at)] * 9)}]\n" for at in range(9))


@pytest.mark.parametrize(("text", "told"), [
    ("x" * (MOST_BYTES + 1), "at most 256 KB"), ("- 1\n- 2\n", "mapping"), ("a: [", "readable YAML"), ("", "mapping"),
    ("!!python/object/apply:os.system ['true']", "readable YAML"), (BOMB, "without YAML aliases"),
    ("a: " + "[" * 50 + "]" * 50, "deep"), ("a: " + "[" * 5000, "deep"), ("1: 2", "mapping"),
    ("defaults: [../../etc/passwd]", "shipped scenarios"), ("defaults: [/etc/passwd]", "shipped scenarios"),
    ("defaults: everything", "shipped scenarios"), ("defaults: [tokyo_seoul_2019]\ncolour: red", "colour"),
    ("defaults: [tokyo_seoul_2019]\nrounds: -1", "rounds"), ("defaults: [tokyo_seoul_2019]\nrounds: 100000", "300"),
    ("defaults: [tokyo_seoul_2019]\nrupture: {hazard: .nan}", "hazard"), ("tokyo: 3", "title"),
    (f"defaults: [tokyo_seoul_2019]\ntitle: {'x' * 500}", "letters"),
    ("defaults: [tokyo_seoul_2019]\ntokyo:\n  ladder: " + str([{"name": "a", "gain": 0, "cost": 0, "harm": 0}] * 40),
     "at most 12")])
def test_files_that_are_no_scenario_are_refused_in_one_line(text: str, told: str) -> None:
    with pytest.raises(ParameterError) as refused:
        uploaded(text)
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 1500


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"name: \x80"])
def test_files_that_are_no_text_are_refused(content: bytes) -> None:
    with pytest.raises(ParameterError):
        read_scenario(content)


# --------------------------------------------------------------------------- what players are told beside the game


def test_news_say_where_no_person_of_the_seat_decided(tmp_path: Path) -> None:
    now = [1000.0]
    seminar = Seminar(Store(tmp_path / "class.sqlite"), lambda: now[0])
    room, people = class_of_three(seminar, seconds=30)
    now[0] += 31
    seminar.tick()
    told = seat_view(seminar, people[Actor.TOKYO])
    assert told.now[0].endswith("(Time ran out: an agent chose.)")
    seminar.play_on(room, 1)
    leader = seminar.state(room, 1).leader
    assert leader is not None
    assert seat_view(seminar, people[leader]).now[2].endswith("(The teacher had an agent choose.)")
    seminar.set_away(people[Actor(1 - leader)].number, True)
    for seat in people:  # the same on all pages of the table
        news = seat_view(seminar, people[seat]).news
        assert [sentence.partition(" (")[2] for sentence in news[:3]] == [
            "Time ran out: an agent chose.)", "The teacher had an agent choose.)", "An agent chose.)"]
    seminar.undo(room, 1, seminar.place(room, 1), "back")
    assert seminar.state(room, 1).deciders == ()
    seminar.move(people[Actor.WASHINGTON], seminar.place(room, 1), 0, "self")
    assert seat_view(seminar, people[Actor.TOKYO]).now[0] == "Washington chose: stay quiet."
    again = Seminar(Store(tmp_path / "class.sqlite"))
    assert again.state(room, 1).deciders == seminar.state(room, 1).deciders


def test_an_offer_of_one_side_lapses_in_the_news(seminar: Seminar) -> None:
    _, people = class_of_three(seminar)
    step(seminar, people, Stance.QUIET)
    step(seminar, people, Move.STANDSTILL)
    step(seminar, people, Move.HOLD)
    assert seat_view(seminar, people[Actor.TOKYO]).news[3] == "One side alone makes no standstill: the offer lapses."


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", scenario_names())
def test_how_it_goes_holds_the_seats_own_numbers(name: str, language: str) -> None:
    base = load_scenario(name).override({"tokyo.stake": 31.01, "seoul.stake": 32.02, "tokyo.rupture": -33.03,
                                         "seoul.rupture": -34.04, "washington.prize": 35.05,
                                         "washington.rupture": -36.06, "rounds": 9, "standstill.length": 5})
    own = {Actor.TOKYO: ("31.01", "33.03"), Actor.SEOUL: ("32.02", "34.04"), Actor.WASHINGTON: ("35.05", "36.06")}
    with speaking(language):
        for seat in Actor:
            told = " ".join(how_it_goes(base, seat))
            assert all(mark in told for mark in own[seat])
            assert not any(mark in told for other in Actor if other is not seat for mark in own[other])
            assert "9" in told
            assert telling.percent(0.2) in told  # one in five weeks
            if language != "en":
                assert not any("a" <= letter.lower() <= "z" for letter in told)


def test_how_long_a_standstill_lasts_follows_the_rules(seminar: Seminar) -> None:
    assert telling.lasting(load_scenario("tokyo_seoul_2019").override({"standstill.length": 8.0})).endswith(
        "12 % in each week in which the two do not renew it.")
    assert telling.lasting(load_scenario("tokyo_seoul_2019").override({"standstill.length": float("inf")})) == (
        "It holds until one side escalates.")
    _, people = class_of_three(seminar)
    assert seat_view(seminar, people[Actor.TOKYO]).lasting == ""
    for option in (Stance.QUIET, Move.STANDSTILL, Move.STANDSTILL):
        step(seminar, people, option)
    view = seat_view(seminar, people[Actor.TOKYO])
    assert view.held
    assert view.lasting == telling.lasting(seminar.state(people[Actor.TOKYO].room, 1).game.scenario)


@pytest.mark.parametrize("shown", [("payoffs",), ()])
def test_the_end_says_what_was_collected_to_whom_may_know(seminar: Seminar, shown: tuple[str, ...]) -> None:
    room, people = class_of_three(seminar, weeks=1, views=dict.fromkeys(Actor.keys(), shown))
    while not seminar.state(room, 1).over:
        assert seat_view(seminar, people[Actor.TOKYO]).earned == ""
        step(seminar, people)
    state = seminar.state(room, 1)
    total = telling.amount(summarise(state.game, state.weeks)["payoff_tokyo"])
    assert (total in seat_view(seminar, people[Actor.TOKYO]).earned) == bool(shown)
    seminar.end(room)
    assert total in seat_view(seminar, people[Actor.TOKYO]).earned


def test_what_the_end_paid_is_told_as_it_was_counted(seminar: Seminar) -> None:
    """A class that settles at once: the end's share of the sum is its discounted payoff."""
    sure = load_scenario("tokyo_seoul_2019").override(
        {"standstill.open_talks": 1.0, "standstill.drag": 0.0,
         **{f"washington.stances.{stance.key}.talks": 0.6 for stance in Stance}, "washington.welcome": [0.0, 0.0, 0.0]})
    room, people = class_of_three(seminar, scenario=sure.to_dict(), weeks=12)
    while not seminar.state(room, 1).over:
        step(seminar, people)
    state = seminar.state(room, 1)
    assert state.outcome is Outcome.SETTLEMENT
    last = state.weeks[-1]
    paid = telling.amount(last.end_payoffs[Actor.TOKYO] * sure.tokyo.discount ** len(state.weeks))
    earned = seat_view(seminar, people[Actor.TOKYO]).earned
    assert earned.endswith(f"of which {paid} for the settlement.")


def test_the_end_does_not_contradict_the_tension_shown(seminar: Seminar) -> None:
    game = compile_game(load_scenario("tokyo_seoul_2019"))
    assert telling.ending(game, Outcome.STALEMATE).endswith("a tension of 55 % or less.")
    assert telling.ending(game, Outcome.ESCALATED).endswith("a tension above 55 %.")
    assert telling.ending(game, Outcome.RUPTURE) == telling.outcome_sentence(Outcome.RUPTURE)


@pytest.mark.parametrize("names", [True, False])
def test_two_on_a_seat_are_told_of_each_other(seminar: Seminar, names: bool) -> None:
    room, _ = seminar.create(Settings(SCENARIO, share=2, seats=(Actor.TOKYO,), names=names), seed=1)
    first = seminar.join(room.code, "Aiko", "a").person
    assert seat_view(seminar, first).shared == ""
    second = seminar.join(room.code, "Daan", "d").person
    told = seat_view(seminar, first).shared, seat_view(seminar, second).shared
    assert all("whoever taps first decides" in each for each in told)
    assert [("Daan" in told[0]), ("Aiko" in told[1])] == [names, names]


def test_who_plays_alone_is_told_against_whom_and_from_where(seminar: Seminar) -> None:
    joined = seminar.create_alone(Settings(SCENARIO, weeks=4), Actor.SEOUL, seed=3)
    view = seat_view(seminar, joined.person)
    assert view.table == "Alone against agents (equilibrium)"
    while not seminar.state(joined.person.room, 1).over:
        place, state = seminar.at(joined.person.room, 1)
        seminar.move(joined.person, place, int(state.legal[0]), f"m{place}")
        assert not any("agent" in sentence for sentence in seat_view(seminar, joined.person).news)
    for week in (1, 2):
        if week <= len(seminar.state(joined.person.room, 1).weeks):
            branch = branch_alone(seminar, joined.person, week)
            assert seat_view(seminar, branch.person).table == (
                f"What if: from week {week} of your table; agents play the others")


def test_a_page_knows_the_place_of_its_own_latest_move(seminar: Seminar) -> None:
    _, people = class_of_three(seminar)
    assert seat_view(seminar, people[Actor.WASHINGTON]).mine == -1
    step(seminar, people)
    assert [seat_view(seminar, people[seat]).mine for seat in Actor] == [-1, -1, 0]
