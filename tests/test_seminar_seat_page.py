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
