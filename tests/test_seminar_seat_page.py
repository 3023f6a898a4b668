"""A student's page in a real browser: messages to one capital, names, drop-outs who come back, a full disk.

Needs a Chromium, as `test_seminar_browser` does, whose fixtures it uses.
"""

from __future__ import annotations

import os
import resource
import shutil
from typing import Any

import pytest

from negotiation.library import load_scenario
from negotiation.seminar.branching import branch_alone
from negotiation.seminar.room import Joined, Seminar
from negotiation.seminar.settings import Settings
from negotiation.seminar.store import Store
from negotiation.vocabulary import Actor

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
if not CHROMIUM and os.environ.get("SEMINAR_BROWSER") != "required":
    pytest.skip("no Chromium on this machine (Debian: apt install chromium)", allow_module_level=True)

from playwright.sync_api import Page, expect  # noqa: E402
from test_seminar_browser import PHONE, Watched, browser, server, watched  # noqa: E402, F401
from test_seminar_server import Server  # noqa: E402

SCENARIO = load_scenario("tokyo_seoul_2019").to_dict()
SMALL: dict[str, Any] = {**PHONE, "viewport": {"width": 360, "height": 640}}


def a_class(server: Server, people: int, **settings: Any) -> tuple[Seminar, int, list[Joined]]:  # noqa: F811
    """A class with people, of the server's database."""
    seminar = Seminar(Store(server.database))
    room, _ = seminar.create(Settings(**{"scenario": SCENARIO, "weeks": 6, **settings}), seed=5)
    return seminar, room.number, [seminar.join(room.code, name, name) for name in ("Aiko", "Bora", "Carl")[:people]]


def seat(watched: Watched, joined: Joined, kind: dict[str, Any] = PHONE) -> Page:  # noqa: F811
    page = watched.open(kind, f"/seat/{joined.link}")
    expect(page.locator(".week")).to_be_visible()
    return page


def test_a_message_to_one_capital_is_read_there_only(watched: Watched) -> None:  # noqa: F811
    _, _, joined = a_class(watched.server, 3, names=True)
    tokyo, seoul, washington = (seat(watched, each) for each in joined)
    expect(tokyo.get_by_role("region", name="Who sits where")).to_contain_text("Seoul: Bora")
    washington.get_by_role("radio", name="only Seoul").click()
    washington.get_by_label("Message to the other capitals").fill("psst")
    washington.get_by_role("button", name="Send").click()
    expect(seoul.get_by_role("log")).to_contain_text("Washington (only to you): psst")
    expect(washington.get_by_role("log")).to_contain_text("Washington (only to Seoul): psst")
    seoul.get_by_label("Message to the other capitals").fill("hello all")
    seoul.get_by_role("button", name="Send").click()
    expect(tokyo.get_by_role("log")).to_contain_text("Seoul: hello all")
    assert "psst" not in tokyo.content()
    watched.check(washington, "seat with messages")
    watched.picture(washington, "seat with messages")


def test_three_moves_fit_a_small_phone(watched: Watched) -> None:  # noqa: F811
    seminar, room, joined = a_class(watched.server, 3)
    seminar.start(room)
    seminar.move(joined[2].person, 0, 2, "m")
    leader = seminar.state(room, 1).leader
    assert leader is not None
    page = seat(watched, joined[leader], SMALL)
    moves = page.locator("button.move")
    box = moves.nth(2).bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 640
    assert box["height"] >= 44
    expect(moves.first).to_contain_text("settlement 0.")
    watched.check(page, "moves on a small phone")
    watched.picture(page, "moves on a small phone")


def test_an_agent_plays_while_no_page_is_open_and_stops_when_one_is(watched: Watched) -> None:  # noqa: F811
    seminar, room, joined = a_class(watched.server, 3, absent=10)
    tokyo, washington = seat(watched, joined[0]), seat(watched, joined[2])
    seminar.start(room)
    washington.reload()
    expect(washington.locator("button.move").first).to_be_visible()
    washington.close()
    tokyo.reload()
    expect(tokyo.locator(".status")).to_contain_text("Waiting for Washington.")
    # gone for ten seconds, which begin some seconds after the page was closed
    expect(tokyo.locator("section.card").first).to_contain_text("Washington chose", timeout=40_000)
    assert seminar.person_numbered(joined[2].person.number).absent
    back = seat(watched, joined[2])
    expect(back.locator(".status .away")).to_have_count(0)
    who = seminar.person_numbered(joined[2].person.number)
    assert (who.away, who.absent) == (False, False)
    back.get_by_role("button", name="Let an agent play for me").click()
    expect(back.locator(".status .away")).to_have_text("An agent plays for you.")
    back.reload()
    expect(back.locator(".status .away")).to_have_text("An agent plays for you.")  # as was chosen


def test_a_full_disk_is_told_and_nothing_is_lost_or_doubled(watched: Watched) -> None:  # noqa: F811
    seminar, room, joined = a_class(watched.server, 1, seats=(Actor.TOKYO,))
    seminar.start(room)
    page = seat(watched, joined[0])
    before = seminar.place(room, 1)
    process = watched.server.process
    assert process is not None
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    page.locator("button.move").nth(1).click()
    expect(page.get_by_text("That could not be kept. Try again.")).to_be_visible()
    assert seminar.place(room, 1) == before
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    page.locator("button.move").nth(1).click()
    expect(page.locator(".news").first).not_to_be_empty()
    expect(page.locator(".week")).not_to_have_text("Week 1 of 6")
    moves = [row for row in seminar.entries(room, 1) if row["person"] is not None]
    assert len(moves) == 1


def test_the_way_to_the_debrief_appears_when_the_class_ends(watched: Watched) -> None:  # noqa: F811
    _, _, joined = a_class(watched.server, 1, language="ja")
    page = seat(watched, joined[0])
    link = page.get_by_role("link", name="振り返り")
    expect(link).to_have_count(0)
    other = Seminar(Store(watched.server.database))
    other.end(joined[0].person.room)
    page.reload()
    expect(link).to_be_visible()
    watched.check(page, "a seat after the end")


def test_weeks_that_cannot_be_are_played_as_the_nearest_that_can(watched: Watched) -> None:  # noqa: F811
    for typed, told in (("999", "Week 1 of 52"), ("0", "Week 1 of 1"), ("", "Week 1 of 12")):
        page = watched.open(PHONE, "/alone")
        page.get_by_label("Weeks").fill(typed)
        page.get_by_role("button", name="Begin").click()
        page.wait_for_url("**/seat/*")
        expect(page.locator(".week")).to_have_text(told)


SWALLOW = """() => { const socket = window.socket, send = socket.emit.bind(socket);
    socket.emit = (name, ...rest) => name === "event" ? socket : send(name, ...rest);
    window.mend = () => { socket.emit = send; }; }"""  # what is pressed goes into a dead connection, as yet unnoticed
NOTE = ".linknote"


def to_move(watched: Watched, **settings: Any) -> tuple[Seminar, int, Joined, Page]:  # noqa: F811
    """A class of one seat whose page offers moves."""
    seminar, room, joined = a_class(watched.server, 1, seats=(Actor.TOKYO,), **settings)
    seminar.start(room)
    page = seat(watched, joined[0], SMALL)
    expect(page.locator("button.move").first).to_be_visible()
    return seminar, room, joined[0], page


def own_moves(seminar: Seminar, room: int) -> list[int]:
    return [row["option"] for row in seminar.entries(room, 1) if row["person"] is not None]


def test_what_is_half_written_stays_with_its_recipient_when_the_server_dies(watched: Watched) -> None:  # noqa: F811
    seminar, room, joined = a_class(watched.server, 3, language="ko")
    page = seat(watched, joined[2])
    page.get_by_role("radio", name="서울").check()
    page.get_by_label("다른 수도에 보낼 메시지").fill("psst")
    page.get_by_label("나에게 쓰는 메모").fill("mine")
    page.wait_for_timeout(300)
    watched.server.kill()
    page.wait_for_timeout(11_000)
    watched.server.start()
    page.reload()
    expect(page.locator(".week")).to_be_visible(timeout=20_000)
    expect(page.get_by_label("다른 수도에 보낼 메시지")).to_have_value("psst")
    expect(page.get_by_role("radio", name="서울")).to_be_checked()
    expect(page.get_by_label("나에게 쓰는 메모")).to_have_value("mine")
    expect(page.get_by_text("메시지는 기록되며 선생님이 읽을 수 있습니다.")).to_be_visible()
    page.get_by_role("button", name="보내기").click()
    expect(page.get_by_label("다른 수도에 보낼 메시지")).to_have_value("")
    assert [(each.text, each.to) for each in seminar.messages(room, 1)] == [("psst", Actor.SEOUL)]
    page.reload()
    expect(page.get_by_label("나에게 쓰는 메모")).to_have_value("mine")
    expect(page.get_by_label("다른 수도에 보낼 메시지")).to_have_value("")
    expect(page.get_by_role("radio", name="서울")).to_be_checked()


def test_a_message_whose_answer_was_lost_is_kept_once(watched: Watched) -> None:  # noqa: F811
    seminar, room, joined = a_class(watched.server, 2)
    page = seat(watched, joined[0])
    field = page.get_by_label("Message to the other capitals")
    field.fill("once")
    page.evaluate(SWALLOW)
    field.press("Enter")
    page.wait_for_timeout(300)
    expect(field).to_have_value("once")  # nothing has said that it arrived
    draft = page.evaluate("Object.entries(sessionStorage).find(([key]) => key.startsWith('draft message'))")
    page.evaluate("window.mend()")
    field.press("Enter")
    expect(field).to_have_value("")
    page.evaluate("([key, value]) => sessionStorage.setItem(key, value)", draft)
    page.reload()  # as if the answer had not come
    expect(field).to_have_value("once")
    field.press("Enter")
    expect(field).to_have_value("")
    assert [each.text for each in seminar.messages(room, 1)] == ["once"]


def test_a_page_without_a_connection_says_so_at_once_and_takes_no_moves(watched: Watched) -> None:  # noqa: F811
    seminar, room, _, page = to_move(watched, language="ja")
    page.context.set_offline(True)
    expect(page.locator(NOTE)).to_have_text("接続が切れています。つながると、また選べます。", timeout=2000)
    move = page.locator("button.move").nth(1)
    expect(move).to_have_attribute("aria-disabled", "true")
    watched.picture(page, "moves without a connection")
    move.click(force=True)
    move.focus()
    page.keyboard.press("Enter")
    page.wait_for_timeout(500)
    page.context.set_offline(False)
    expect(page.locator(NOTE)).to_have_text("", timeout=15_000)
    expect(move).not_to_have_attribute("aria-disabled", "true")
    assert own_moves(seminar, room) == []
    move.click()
    expect(page.locator(".week")).not_to_contain_text("第1週", timeout=10_000)
    assert len(own_moves(seminar, room)) == 1


def test_a_move_into_a_dead_connection_is_sent_again_and_counts_once(watched: Watched) -> None:  # noqa: F811
    seminar, room, _, page = to_move(watched)
    page.evaluate(SWALLOW)
    page.locator("button.move[data-option='1']").click()
    expect(page.locator(NOTE)).to_have_text("Not sent yet. Your move is sent as soon as there is a connection.")
    assert own_moves(seminar, room) == []
    page.evaluate("window.mend()")
    expect(page.locator(".week")).to_have_text("Week 2 of 6", timeout=15_000)
    expect(page.locator(NOTE)).to_have_text("")
    # and one that was pressed before the page was loaded again
    page.evaluate(SWALLOW)
    page.locator("button.move[data-option='3']").click()
    page.wait_for_timeout(300)
    page.reload()
    expect(page.locator(".week")).to_have_text("Week 3 of 6", timeout=15_000)
    assert own_moves(seminar, room) == [1, 3]


def test_a_move_that_the_table_did_not_wait_for_is_said_to_be_late(watched: Watched) -> None:  # noqa: F811
    seminar, room, _, page = to_move(watched)
    page.evaluate(SWALLOW)
    page.locator("button.move[data-option='1']").click()
    page.wait_for_timeout(300)
    seminar.play_on(room, 1)
    page.reload()
    expect(page.locator(NOTE)).to_have_text("Your move did not arrive in time; the table has moved on.")
    expect(page.get_by_role("region", name="News")).to_contain_text("(The teacher had an agent choose.)")
    assert own_moves(seminar, room) == []
    page.locator("button.move[data-option='1']").click()
    expect(page.locator(".week")).to_have_text("Week 3 of 6")
    expect(page.locator(NOTE)).to_have_text("")
    assert own_moves(seminar, room) == [1]


def test_a_refused_move_is_not_sent_again(watched: Watched) -> None:  # noqa: F811
    seminar, room, _, page = to_move(watched)
    seminar.pause(room)  # by another process, so the page does not know
    page.locator("button.move[data-option='1']").click()
    expect(page.get_by_text("the class is paused")).to_be_visible()
    seminar.start(room)
    page.wait_for_timeout(5000)
    expect(page.locator(NOTE)).to_have_text("")
    assert own_moves(seminar, room) == []


def test_how_it_goes_is_read_while_waiting_and_folded_while_playing(watched: Watched) -> None:  # noqa: F811
    seminar, room, joined = a_class(watched.server, 1, seats=(Actor.SEOUL,))
    page = seat(watched, joined[0])
    expect(page.get_by_role("region", name="How it goes")).to_contain_text("You are Seoul. You quarrel with Tokyo")
    expect(page.locator("details.how")).not_to_be_visible()
    expect(page.get_by_role("heading", name="Last week")).not_to_be_visible()  # no empty cards
    expect(page.get_by_role("heading", name="Payoffs so far")).not_to_be_visible()
    watched.check(page, "how it goes")
    seminar.start(room)
    page.reload()
    expect(page.locator("button.move").first).to_be_visible()
    expect(page.locator("details.how p").first).not_to_be_visible()
    page.locator("details.how summary").click()
    expect(page.locator("details.how")).to_contain_text("You are Seoul.")
    alone = watched.open(PHONE, "/alone")
    expect(alone.get_by_role("region", name="How it goes")).to_contain_text("You are Tokyo.")
    alone.get_by_label("Weeks").fill("7")
    expect(alone.get_by_role("region", name="How it goes")).to_contain_text("in 7 weeks")
    watched.check(alone, "alone")


def test_the_code_is_shown_until_the_first_move_and_to_who_plays_alone_when_asked(watched: Watched) -> None:  # noqa: F811
    seminar, room, _ = a_class(watched.server, 0, seats=(Actor.TOKYO,))
    seminar.start(room)
    page = watched.open(PHONE, f"/j/{seminar.room(room).code}")
    page.get_by_label("Your name").fill("Aiko")
    page.get_by_role("button", name="Join", exact=True).click()
    page.wait_for_url("**/seat/*")
    expect(page.locator(".code .big")).to_be_visible()
    page.locator("button.move").nth(1).click()
    expect(page.locator(".code .big")).to_have_count(0)
    alone = watched.open(PHONE, "/alone")
    alone.get_by_role("button", name="Begin").click()
    alone.wait_for_url("**/seat/*")
    expect(alone.locator("button.move").first).to_be_visible()
    expect(alone.locator(".top")).to_contain_text("Alone against agents (equilibrium)")
    expect(alone.locator(".code .big")).to_have_count(0)
    alone.get_by_role("button", name="A new code for another phone").click()
    expect(alone.locator(".code .big")).to_be_visible()
    alone.locator("button.move").nth(1).click()
    expect(alone.locator(".code .big")).to_have_count(0)


def test_when_it_is_over_the_debrief_is_the_main_thing(watched: Watched) -> None:  # noqa: F811
    seminar, room, joined = a_class(watched.server, 3, weeks=1)
    seminar.start(room)
    while not seminar.state(room, 1).over:
        seminar.play_on(room, 1)
    page = seat(watched, joined[0])
    expect(page.locator(".finish")).to_contain_text("Weeks played: 1. You collected ")
    expect(page.locator(".finish")).to_contain_text("The debrief opens when your teacher ends the class.")
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    seminar.end(room)
    page.reload()
    main = page.get_by_role("link", name="See your debrief")
    expect(main).to_be_in_viewport()
    expect(page.get_by_role("button", name="Let an agent play for me")).not_to_be_visible()
    expect(page.get_by_role("button", name="Send")).not_to_be_visible()
    watched.check(page, "over")
    watched.picture(page, "over")
    main.click()
    page.wait_for_url("**/mine/*")


def test_a_what_if_says_so_and_leads_back(watched: Watched) -> None:  # noqa: F811
    seminar, room, joined = a_class(watched.server, 1, weeks=3, seats=(Actor.TOKYO,))
    seminar.start(room)
    while not seminar.state(room, 1).over:
        seminar.play_on(room, 1)
    seminar.end(room)
    branch = branch_alone(seminar, joined[0].person, 1)
    page = watched.open(PHONE, f"/mine/{joined[0].link}")
    page.wait_for_timeout(1500)
    page.goto(f"{watched.server.address}/seat/{branch.link}")
    expect(page.locator(".top")).to_contain_text("What if: from week 1 of your table; agents play the others")
    back = page.get_by_role("link", name="Back to the debrief")
    expect(back).to_be_visible()
    watched.check(page, "what if")
    back.click()
    page.wait_for_url(f"**/mine/{joined[0].link}")


def test_the_status_leads_to_the_moves_and_a_phone_on_its_side_shows_two_columns(watched: Watched) -> None:  # noqa: F811
    _, _, joined, page = to_move(watched)
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    expect(page.locator("button.move").first).not_to_be_in_viewport()
    page.locator(".status a").click()
    expect(page.locator("button.move").first).to_be_in_viewport(ratio=1)
    side = seat(watched, joined, {**PHONE, "viewport": {"width": 844, "height": 390}})
    moves = side.locator("button.move")
    boxes = [moves.nth(number).bounding_box() for number in range(2)]
    assert boxes[0] is not None
    assert boxes[1] is not None
    assert boxes[0]["y"] == boxes[1]["y"]
    assert boxes[1]["x"] > boxes[0]["x"] + boxes[0]["width"]
