"""A phone whose Wi-Fi fails for a moment or for long, over a real line that breaks or goes silent.

Needs a Chromium, as `test_seminar_browser` does, whose fixtures it uses.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest

from negotiation.seminar.views import seat_view
from negotiation.vocabulary import Actor

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
if not CHROMIUM and os.environ.get("SEMINAR_BROWSER") != "required":
    pytest.skip("no Chromium on this machine (Debian: apt install chromium)", allow_module_level=True)

from playwright.sync_api import expect  # noqa: E402
from seminar_line import Line  # noqa: E402
from test_seminar_browser import Watched, browser, server, watched  # noqa: E402, F401
from test_seminar_seat_page import NOTE, a_class, own_moves, seat  # noqa: E402

RECONNECT = 25  # seconds after which the server has forgotten a page that went silent: two pings, and ten more


@pytest.fixture
def line(watched: Watched) -> Iterator[Line]:  # noqa: F811
    """The pages of the test reach the server over this line."""
    with Line(watched.server.port) as made:
        watched.server.address = f"http://localhost:{made.port}"
        yield made


@pytest.mark.parametrize(("fails", "seconds"), [
    ("cut", 2), ("silence", 6), pytest.param("cut", 12, marks=pytest.mark.slow),
    pytest.param("silence", RECONNECT, marks=pytest.mark.slow)])
def test_a_page_comes_back_by_itself_to_the_table_as_it_is(
        watched: Watched, line: Line, fails: str, seconds: int) -> None:  # noqa: F811
    clock = 20 if seconds < 10 else 10
    seminar, room, joined = a_class(watched.server, 1, seats=(Actor.TOKYO,), seconds=clock, weeks=20)
    page = seat(watched, joined[0])
    page.evaluate("window.same = true")
    page.get_by_label("Message to the other capitals").fill("half written")
    page.wait_for_timeout(300)
    getattr(line, fails)()
    seminar.start(room)
    seminar.play_all_agents(room)
    page.wait_for_timeout(1000 * seconds)
    if seconds > 11:  # the clock has played on
        assert len(seminar.state(room, 1).weeks) >= seconds // 12
    line.mend()
    expect(page.locator(NOTE)).to_have_text("", timeout=20_000)
    expect(page.locator("button.move").first).to_be_visible(timeout=20_000)
    view = seat_view(seminar, joined[0].person)
    expect(page.locator(".week")).to_have_text(view.status.week)
    expect(page.get_by_label("Message to the other capitals")).to_have_value("half written")
    if seconds < 10:
        assert page.evaluate("window.same === true"), "the page need not be loaded again after a moment"
    taken = len(own_moves(seminar, room))
    week = page.locator(".week").inner_text()
    page.locator("button.move[data-option='1']").click()
    expect(page.locator(".week")).not_to_have_text(week)
    assert len(own_moves(seminar, room)) == taken + 1


@pytest.mark.slow
def test_a_move_that_is_pressed_out_of_reach_counts_once(
        watched: Watched, line: Line) -> None:  # noqa: F811
    seminar, room, joined = a_class(watched.server, 1, seats=(Actor.TOKYO,), weeks=20)
    seminar.start(room)
    page = seat(watched, joined[0])
    move = page.locator("button.move[data-option='1']")
    expect(move).to_be_visible()
    line.silence()
    move.click()
    expect(page.locator(NOTE)).to_have_text("Not sent yet. Your move is sent as soon as there is a connection.")
    page.wait_for_timeout(1000 * RECONNECT)
    assert own_moves(seminar, room) == []
    line.mend()
    expect(page.locator(".week")).to_have_text("Week 2 of 20", timeout=20_000)
    expect(page.locator(NOTE)).to_have_text("")
    assert own_moves(seminar, room) == [1]
