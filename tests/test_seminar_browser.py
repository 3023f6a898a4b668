"""A whole class in a real browser: three phones, a teacher, somebody leaves, the server dies and comes back.

Needs a Chromium (Debian's `chromium`, or the path in CHROMIUM). Where there is none the tests are skipped, unless
SEMINAR_BROWSER=required, as in continuous integration. Screenshots go to the folder in SEMINAR_SCREENSHOTS, or a
temporary one.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from negotiation.seminar.export import read_moves, replay
from negotiation.seminar.room import Seminar
from negotiation.seminar.store import Store
from negotiation.seminar.views import seat_view

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
REQUIRED = os.environ.get("SEMINAR_BROWSER") == "required"
if not CHROMIUM and not REQUIRED:
    pytest.skip("no Chromium on this machine (Debian: apt install chromium)", allow_module_level=True)
if not REQUIRED:
    pytest.importorskip("nicegui", reason="the extra `seminar` is not installed")
    pytest.importorskip("playwright", reason="playwright is not installed")

from axe_playwright_python.sync_playwright import Axe  # noqa: E402
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright  # noqa: E402
from test_seminar_server import MARKUP, Server, running  # noqa: E402

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "device_scale_factor": 2, "is_mobile": True,
                         "has_touch": True}
PROJECTOR: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
NAME = "<b onclick=alert(1)>Bo</b>"
BACK = 20_000  # milliseconds within which a page is back after the server has died


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with running(tmp_path) as started:
        yield started


class Watched:
    """Pages of a test: their contexts, whatever they ask of other machines, and their complaints."""

    def __init__(self, browser: Browser, server: Server, folder: Path) -> None:
        self.browser, self.server, self.folder = browser, server, folder
        self.outside: list[str] = []
        self.errors: list[str] = []

    def open(self, kind: dict[str, Any], path: str) -> Page:
        """A page in a browser of its own."""
        page = self.browser.new_context(**kind).new_page()
        page.on("request", lambda request: self._asked(request.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("dialog", lambda dialog: self.errors.append(f"dialog: {dialog.message}"))
        page.goto(path if path.startswith("http") else self.server.address + path)
        return page

    def _asked(self, url: str) -> None:
        if not url.startswith((self.server.address, self.server.address.replace("http", "ws"), "data:", "blob:")):
            self.outside.append(url)

    def picture(self, page: Page, name: str) -> None:
        """A screenshot of the whole page; nothing may stick out to the right."""
        page.screenshot(path=self.folder / f"{name}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{name} is too wide"

    def check(self, page: Page, name: str) -> None:
        """No violation that axe calls moderate or worse."""
        page.wait_for_timeout(500)  # nothing is half transparent any more
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]})
        serious = [(each["id"], each["nodes"][0]["html"][:200]) for each in found.response["violations"]
                   if each["impact"] != "minor"]
        assert serious == [], name


@pytest.fixture
def watched(browser: Browser, server: Server, tmp_path: Path) -> Iterator[Watched]:
    folder = Path(os.environ.get("SEMINAR_SCREENSHOTS") or tmp_path / "screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    watcher = Watched(browser, server, folder)
    yield watcher
    for context in list(browser.contexts):
        context.close()
    assert watcher.outside == [], "requests left the machine"
    assert watcher.errors == []


def join(watched: Watched, code: str, name: str) -> Page:
    page = watched.open(PHONE, f"/j/{code}")
    page.get_by_label("Your name").fill(name)
    page.get_by_role("button", name="Join", exact=True).click()
    page.wait_for_url("**/seat/*")
    expect(page.get_by_role("heading", level=1)).to_contain_text("You are")
    return page


def make_class(watched: Watched, weeks: int = 4, **choices: str) -> tuple[Page, str]:
    board = watched.open(PROJECTOR, watched.server.start_link)
    board.get_by_label("Weeks to play").fill(str(weeks))
    for label, option in choices.items():
        choose(board, board.get_by_label(label.replace("_", " ")), option)
    board.get_by_role("button", name="Make the class").click()
    board.wait_for_url("**/board/*")
    return board, board.url.rsplit("/", 1)[1]


def choose(page: Page, field: Locator, option: str) -> None:
    """Open a menu and choose; it has closed when this returns, so that the next one is the only one."""
    field.click()
    page.get_by_role("option", name=option).click()
    expect(page.get_by_role("option")).to_have_count(0)


def play(pages: list[Page], decisions: int, option: int = 1) -> int:
    """Decisions by whoever can take one, each waited for on the page; returns how many were taken."""
    taken = 0
    for _ in range(decisions):
        able: list[Page] = []
        for _attempt in range(100):
            able = [page for page in pages if page.locator("button.move").count()]
            if able or any(page.locator(".say.over").count() for page in pages):
                break
            pages[0].wait_for_timeout(50)
        if not able:
            return taken
        page, week = able[0], able[0].locator(".status").inner_text()
        page.locator(f"button.move[data-option='{option}']").click()
        expect(page.locator(".status")).not_to_have_text(week, use_inner_text=True)
        taken += 1
    return taken


def test_a_whole_class(watched: Watched) -> None:
    server = watched.server
    board, code = make_class(watched, weeks=4)
    watched.check(board, "board")
    watched.picture(board, "board waiting")
    first = watched.open(PHONE, f"/j/{code}")
    watched.check(first, "join")
    watched.picture(first, "join")
    first.context.close()
    pages = [join(watched, code, name) for name in ("Aiko", NAME, "Choe")]
    watched.picture(pages[0], "seat waiting")
    expect(board.locator(".facts")).to_contain_text("3 students")
    board.get_by_role("button", name="Start").click()
    expect(board.locator(".facts")).to_contain_text("Playing")
    expect(pages[2].locator("button.move")).to_have_count(5)
    watched.check(pages[2], "seat")
    watched.picture(pages[2], "seat to move")

    # A message with markup stays text on every page, and so does the name.
    pages[1].get_by_label("Message to the other capitals").fill(MARKUP)
    pages[1].get_by_role("button", name="Send").click()
    for page in pages:
        expect(page.locator(".lines").first).to_contain_text(MARKUP)
    expect(board.locator(".tablecard")).to_contain_text("Washington: Choe")
    board.get_by_role("button", name="Table 1").click()
    expect(board.locator(".people")).to_contain_text(NAME)
    watched.check(board, "board with a table")
    watched.picture(board, "board table")
    board.get_by_role("button", name="Close").click()

    # Two weeks, with double clicks that count once.
    pages[2].locator("button.move[data-option='0']").dblclick()
    expect(pages[2].locator("button.move")).to_have_count(0)
    assert play(pages, 4) == 4
    seminar = Seminar(Store(server.database))
    room = seminar.by_code(code)
    assert room is not None
    assert seminar.place(room.number, 1) == 5

    # The server dies in the middle of a week, and everything is back by itself.
    before = [row["option"] for row in seminar.entries(room.number, 1)]
    server.kill()
    pages[0].wait_for_timeout(1500)
    server.start()
    for page in pages:
        expect(page.locator(".status")).to_contain_text("Week 2 of 4", timeout=BACK)
        expect(page.locator("#popup")).not_to_be_visible(timeout=BACK)
    expect(board.locator(".facts")).to_contain_text("3 students", timeout=BACK)
    assert [row["option"] for row in seminar.entries(room.number, 1)] == before
    assert play(pages, 1) == 1
    expect(pages[0].locator(".status")).to_contain_text("Week 3")
    watched.picture(pages[0], "seat after a restart")

    # One leaves: the teacher lets an agent play, and another phone brings the person back.
    address = pages[1].url
    pages[1].get_by_role("button", name="A new code for another phone").click()
    own = pages[1].locator(".code .big").inner_text()
    pages[1].context.close()
    expect(board.locator(".tablecard")).to_contain_text("no page open", timeout=BACK)
    board.get_by_role("button", name="Table 1").click()
    board.locator(".people li").nth(1).get_by_role("button", name="Let an agent play").click()
    expect(board.locator(".people li").nth(1)).to_contain_text("an agent plays")
    board.get_by_role("button", name="Close").click()
    rest = [pages[0], pages[2]]
    play(rest, 2)
    back = watched.open(PHONE, "/back")
    watched.check(back, "back")
    back.get_by_label("Code of the class").fill(code.lower())
    back.get_by_label("Your personal code").fill(own.lower())
    back.get_by_role("button", name="Come back").click()
    back.wait_for_url("**/seat/*")
    expect(back.get_by_role("heading", level=1)).to_have_text("You are Seoul")
    assert back.url != address
    pages[1] = back

    # To the end; every page says the same, and what the record says.
    play(pages, 12)
    state = seminar.state(room.number, 1)
    assert state.over
    assert [week.round for week in state.weeks] == list(range(1, len(state.weeks) + 1))
    for page in pages:
        view = seat_view(seminar, seminar.person(page.url.rsplit("/", 1)[1]))  # type: ignore[arg-type]
        expect(page.locator(".status .say")).to_have_text(view.status.text)
        at = [page.locator(f".ladder.side{side} .rung.here .number").inner_text() for side in (0, 1)]
        assert at == [str(ladder.at) for ladder in view.ladders]
    expect(board.locator(".facts")).to_contain_text("1 finished")
    board.get_by_role("checkbox", name="Show the exact prediction").click()
    expect(board.locator(".outcomes")).to_contain_text("exact")
    watched.check(board, "board at the end")
    watched.picture(board, "board at the end")
    watched.picture(pages[1], "seat at the end")
    assert not [row for row in seminar.entries(room.number, 1) if row["kind"] != "move"]
    board.get_by_role("button", name="End the class").click()
    board.get_by_role("button", name="End it").click()
    expect(board.locator(".facts")).to_contain_text("Ended")

    # The debrief, one click away; its export is replayed through Mesa to the same weeks and the same end.
    board.get_by_role("link", name="Debrief", exact=True).click()
    expect(board.get_by_alt_text("Outcomes of the class beside")).to_be_visible(timeout=120_000)
    expect(board.get_by_text("Only people's own decisions count").first).to_be_visible(timeout=180_000)
    watched.check(board, "debrief")
    watched.picture(board, "debrief")
    with board.expect_download(timeout=120_000) as caught:
        board.get_by_role("link", name="All moves (Parquet)").click()
    caught.value.save_as(watched.folder / "moves.parquet")
    moves = read_moves(watched.folder / "moves.parquet")
    assert moves[moves["by"] == "agent"]["seat"].unique().tolist() == ["seoul"]  # played for the one who had left
    assert state.outcome is not None
    for mesa in (False, True):
        told = replay(moves, moves.attrs["about"], mesa)
        assert [(each.table, each.weeks, each.same, each.outcome) for each in told] == [
            (1, len(state.weeks), True, state.outcome.key)]
    seminar.store.close()


def test_the_teacher_pauses_undoes_nudges_and_the_clock_plays_on(watched: Watched) -> None:
    board, code = make_class(watched, weeks=6, Time_for_each_move="20 seconds")
    pages = [join(watched, code, name) for name in "abc"]
    board.get_by_role("button", name="Start").click()
    expect(pages[2].locator(".clock")).to_have_text(re.compile(r"0:1\d|0:20"))
    board.get_by_role("button", name="Nudge everybody waited for").click()
    expect(pages[2].get_by_text("Your teacher asks")).to_be_visible()
    play(pages, 4)
    board.get_by_role("button", name="Pause").click()
    expect(pages[0].locator(".status")).to_contain_text("paused")
    expect(pages[0].locator("button.move")).to_have_count(0)
    board.get_by_role("button", name="Table 1").click()
    for week in ("Week 2 of 6", "Week 1 of 6"):
        board.get_by_role("button", name="Undo the last week").click()
        expect(pages[0].locator(".status")).to_contain_text(week)
        expect(board.locator(".dialog")).to_contain_text(f"{week[:6]}, Washington")
    board.get_by_role("button", name="Close").click()
    board.get_by_role("button", name="Go on").click()
    expect(pages[2].locator("button.move")).to_have_count(5)
    board.get_by_role("button", name="Table 1").click()
    board.get_by_role("button", name="Play this move on").click()
    expect(pages[0].locator(".news").first).to_contain_text("Washington chose")
    board.get_by_role("button", name="Close").click()
    late = next(page for page in pages if page.locator("button.move").count())
    expect(late.locator(".say")).not_to_have_text("It is your turn.", timeout=25_000)  # the clock plays on


def test_a_phone_that_joins_twice_keeps_its_seat_and_may_hold_two(watched: Watched) -> None:
    _, code = make_class(watched)
    page = join(watched, code, "Aiko")
    seat = page.get_by_role("heading", level=1).inner_text()
    page.goto(f"{watched.server.address}/j/{code}")
    page.get_by_role("button", name="Go on as Aiko").click()
    page.wait_for_url("**/seat/*")
    expect(page.get_by_role("heading", level=1)).to_have_text(seat)
    page.goto(f"{watched.server.address}/j/{code}")
    page.get_by_label("Your name").fill("Bora")
    page.get_by_role("button", name="Join", exact=True).click()
    page.wait_for_url("**/seat/*")
    expect(page.get_by_role("heading", level=1)).not_to_have_text(seat)
    wrong = watched.open(PHONE, "/join")
    wrong.get_by_label("Code of the class").fill("ZZZZZ")
    wrong.get_by_label("Your name").fill("x")
    wrong.get_by_role("button", name="Join", exact=True).click()
    expect(wrong.get_by_role("alert")).to_contain_text("there is no class with that code")


def test_alone_in_korean_by_keyboard(watched: Watched) -> None:
    page = watched.open({**PHONE, "locale": "ko-KR"}, "/alone")
    expect(page.locator("html")).to_have_attribute("lang", "ko-KR")
    watched.check(page, "alone")
    watched.picture(page, "alone")
    page.get_by_role("button", name="시작").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/seat/*")
    move = page.locator("button.move").first
    expect(move).to_be_visible()
    watched.picture(page, "alone seat")
    week = page.locator(".week").inner_text()
    move.focus()
    page.keyboard.press("Space")
    expect(page.locator(".week")).not_to_have_text(week)
    page.get_by_role("button", name="한 주 되돌리기").click()
    expect(page.locator(".week")).to_have_text(week)
    page.set_viewport_size({"width": 180, "height": 370})  # 360 px at 200 %
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_teacher_uploads_a_scenario(watched: Watched, tmp_path: Path) -> None:
    page = watched.open(PROJECTOR, watched.server.start_link)
    watched.check(page, "start")
    watched.picture(page, "start")
    page.get_by_text("Another one, from a scenario file").click()
    bad, good = tmp_path / "bad.yaml", tmp_path / "good.yaml"
    bad.write_text("defaults: [tokyo_seoul_2019]\nrupture: {hazard: 7}\n", encoding="utf-8")
    good.write_text("defaults: [river_dam]\nname: mine\ntitle: <b>Mine</b>\n", encoding="utf-8")
    page.locator("input[type=file]").set_input_files(bad)
    expect(page.locator(".alert")).to_contain_text("rupture.hazard")
    page.locator("input[type=file]").set_input_files(good)
    expect(page.locator(".fine")).to_have_text("Taken: <b>Mine</b>")
    expect(page.locator("legend").first).to_have_text("Upper Arvend")
    watched.check(page, "start with a file")
    page.get_by_role("button", name="Make the class").click()
    page.wait_for_url("**/board/*")
    expect(page.get_by_role("heading", level=1)).to_have_text("<b>Mine</b>")
