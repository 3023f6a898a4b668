"""The debrief in a real browser: one click from the board, a student's own page, a branch; and who sees what."""

from __future__ import annotations

import os
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from seminar_classes import play

from negotiation.library import load_scenario
from negotiation.seminar.export import read_moves, replay
from negotiation.seminar.room import Joined, Seminar
from negotiation.seminar.settings import Settings, Treatment
from negotiation.seminar.store import Store
from negotiation.vocabulary import Actor, Move

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
REQUIRED = os.environ.get("SEMINAR_BROWSER") == "required"
if not CHROMIUM and not REQUIRED:
    pytest.skip("no Chromium on this machine (Debian: apt install chromium)", allow_module_level=True)
if not REQUIRED:
    pytest.importorskip("nicegui", reason="the extra `seminar` is not installed")
    pytest.importorskip("playwright", reason="playwright is not installed")

from axe_playwright_python.sync_playwright import Axe  # noqa: E402
from playwright.sync_api import Browser, Page, expect, sync_playwright  # noqa: E402
from test_seminar_server import Server, running  # noqa: E402

NAMES = ("Aiko", "<b onclick=alert(1)>Bo</b>", "=Chul", "Dana", "Emi", "Farid")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("server")) as started:
        yield started


@pytest.fixture(scope="module")
def ended(server: Server) -> tuple[str, str, list[Joined]]:
    """A class of two tables that has ended: its code, the teacher's link, and who joined."""
    store = Store(server.database)
    seminar = Seminar(store)
    room, link = seminar.create(Settings.of({
        "scenario": load_scenario("tokyo_seoul_2019").override({"shadow": 6}).to_dict(), "weeks": 5, "language":
        "ja" if os.environ.get("DEBRIEF_LANGUAGE") == "ja" else "en",
        "treatments": (Treatment("eager"), Treatment("quiet", {"scenario.washington.attention": 2.0}))}), 7)
    joined = [seminar.join(room.code, name, name) for name in NAMES]
    play(seminar, room)
    seminar.end(room.number)
    store.close()
    return room.code, link, joined


def screenshots(tmp_path: Path) -> Path:
    folder = Path(os.environ.get("SEMINAR_SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def check(page: Page) -> None:
    """No violation that axe calls serious, and nothing sticks out to the right."""
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]})
    assert [(each["id"], each["nodes"][0]["html"][:200]) for each in found.response["violations"]
            if each["impact"] in ("serious", "critical")] == []


def test_one_click_from_the_board(browser: Browser, server: Server, ended: tuple[str, str, list[Joined]],
                                  tmp_path: Path) -> None:
    _, link, _ = ended
    complaints: list[str] = []
    outside: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: outside.append(request.url) if not request.url.startswith(
        (server.address, server.address.replace("http", "ws"), "data:", "blob:")) else None)
    page.goto(f"{server.address}/teach/{link}")
    page.get_by_role("link", name="Debrief", exact=True).click()
    expect(page.get_by_alt_text("Outcomes of the class beside")).to_be_visible(timeout=120_000)
    expect(page.get_by_text("Only people's own decisions count").first).to_be_visible(timeout=180_000)
    assert page.locator("img").count() == 5
    for place in range(5):
        assert page.locator("img").nth(place).evaluate("image => image.naturalWidth") > 100
    assert not any(name in page.inner_text("main") for name in NAMES)
    page.screenshot(path=screenshots(tmp_path) / "debrief-teacher.png", full_page=True)
    check(page)
    with page.expect_download(timeout=120_000) as caught:
        page.get_by_role("link", name="All moves (Parquet)").click()
    caught.value.save_as(tmp_path / "moves.parquet")
    moves = read_moves(tmp_path / "moves.parquet")
    assert all(each.same for each in replay(moves, moves.attrs["about"], mesa=True))
    with page.expect_download(timeout=180_000) as caught:
        page.get_by_role("link", name="Everything on paper (PDF)").click()
    caught.value.save_as(tmp_path / "debrief.pdf")
    assert (tmp_path / "debrief.pdf").read_bytes().startswith(b"%PDF")
    page.get_by_role("link", name="Show names (not on the projector)").click()
    expect(page.get_by_text("<b onclick=alert(1)>Bo</b>").first).to_be_attached(timeout=120_000)  # as text
    context.close()
    assert complaints == []
    assert outside == []


def test_a_students_own_page_and_a_branch(browser: Browser, server: Server, ended: tuple[str, str, list[Joined]],
                                          tmp_path: Path) -> None:
    _, _, joined = ended
    phone: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "device_scale_factor": 2, "is_mobile": True}
    context = browser.new_context(**phone)
    page = context.new_page()
    page.goto(f"{server.address}/seat/{joined[0].link}")
    page.locator(f"a[href='/mine/{joined[0].link}']").click()
    expect(page.locator("article").first).to_be_visible(timeout=60_000)
    text = page.inner_text("main")
    assert not any(name in text for name in NAMES[1:])
    assert "eager" not in text
    assert "quiet:" not in text
    page.screenshot(path=screenshots(tmp_path) / "debrief-student.png", full_page=True)
    check(page)
    page.locator("section").filter(has=page.locator(".q-select")).get_by_role("button").last.click()
    page.wait_for_url("**/seat/*", timeout=60_000)
    assert joined[0].link not in page.url
    expect(page.get_by_role("status")).to_be_visible()
    context.close()


def test_nobody_else_sees_the_class(server: Server, ended: tuple[str, str, list[Joined]]) -> None:
    code, _, _ = ended
    for name in ("moves.csv", "debrief.pdf", "debrief.zip"):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(f"{server.address}/debrief/{code}/{name}", timeout=30)
        assert caught.value.code == 403
    for address in (f"/debrief/{code}", "/mine/wrong"):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(server.address + address, timeout=30)
        assert caught.value.code in (403, 404)


def test_somebody_alone_keeps_the_files(server: Server) -> None:
    store = Store(server.database)
    seminar = Seminar(store)
    joined = seminar.create_alone(Settings.of({
        "scenario": load_scenario("tokyo_seoul_2019").override({"shadow": 6}).to_dict(), "weeks": 7}),
                                  Actor.TOKYO, "Hana", 5)
    while not seminar.state(joined.person.room, 1).over:
        place = seminar.place(joined.person.room, 1)
        seminar.move(joined.person, place, Move.HOLD, f"{place}")
    store.close()
    with urllib.request.urlopen(f"{server.address}/mine/{joined.link}/debrief.pdf", timeout=120) as answer:
        assert answer.read().startswith(b"%PDF")
    with urllib.request.urlopen(f"{server.address}/mine/{joined.link}/moves.csv", timeout=120) as answer:
        assert "Hana" not in answer.read().decode("utf-8-sig")
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(f"{server.address}/mine/{joined.link}/moves.parquet", timeout=30)


def test_students_of_a_class_get_no_files(server: Server, ended: tuple[str, str, list[Joined]]) -> None:
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(f"{server.address}/mine/{ended[2][0].link}/moves.csv", timeout=30)


def test_a_class_that_plays_keeps_its_debrief(server: Server) -> None:
    store = Store(server.database)
    seminar = Seminar(store)
    room, _ = seminar.create(Settings.of({"scenario": load_scenario("tokyo_seoul_2019").to_dict(), "weeks": 3}), 1)
    person = seminar.join(room.code, "Gil", "Gil")
    seminar.start(room.number)
    store.close()
    with urllib.request.urlopen(f"{server.address}/mine/{person.link}", timeout=30) as answer:
        text = answer.read().decode()
    assert "It opens when the class has ended." in text
    assert "equilibrium play" not in text
