"""The debrief in a real browser: one click from the board, a student's own page, a branch; and who sees what."""
# ruff: noqa: F811  (a fixture that is imported is named again by the tests that take it)

from __future__ import annotations

import contextlib
import os
import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from seminar_classes import play

from negotiation.library import load_scenario
from negotiation.seminar.export import read_moves, replay
from negotiation.seminar.room import Joined, Seminar
from negotiation.seminar.settings import Settings, Treatment
from negotiation.seminar.store import Store
from negotiation.vocabulary import Actor, Move

pytest.importorskip("playwright", reason="playwright is not installed")

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from test_seminar_browser import browser  # noqa: F401
from test_seminar_server import Server, running

NAMES = ("Aiko", "<b onclick=alert(1)>Bo</b>", "=Chul", "Dana", "Emi", "Farid")


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
    """No violation that axe calls moderate or worse, and nothing sticks out to the right."""
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]})
    assert [(each["id"], each["nodes"][0]["html"][:200]) for each in found.response["violations"]
            if each["impact"] != "minor"] == []


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
    assert page.locator("details").count() == 3
    assert page.locator("details[open]").count() == 0
    expect(page.get_by_text("Shades: shares of tables still going")).to_be_visible()
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
    assert "Exact: expected if all played the equilibrium." in text
    assert "eager" not in text
    assert "quiet:" not in text
    page.screenshot(path=screenshots(tmp_path) / "debrief-student.png", full_page=True)
    check(page)
    page.locator("section").filter(has=page.locator(".q-select")).get_by_role("button").last.click()
    page.wait_for_url("**/seat/*", timeout=60_000)
    assert joined[0].link not in page.url
    expect(page.get_by_role("status")).to_be_visible()
    context.close()


def test_branches_are_limited(browser: Browser, server: Server, ended: tuple[str, str, list[Joined]]) -> None:
    _, _, joined = ended
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    refused = page.get_by_role("alert").filter(has_text="too many tries; wait a minute")
    for number in range(13):
        page.goto(f"{server.address}/mine/{joined[1].link}")
        page.get_by_role("button", name="Play on from there").click()
        if number < 12:
            page.wait_for_url("**/seat/*", timeout=60_000, wait_until="commit")
    expect(refused).to_be_visible()
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


# ------------------------------------------------------------------ what goes wrong, and little to tell


def a_class(server: Server, people: int, **settings: Any) -> tuple[str, str, list[Joined]]:
    """A class of three weeks that has ended, played by whoever joined."""
    store = Store(server.database)
    seminar = Seminar(store)
    room, link = seminar.create(Settings.of({
        "scenario": load_scenario("tokyo_seoul_2019").override({"shadow": 6}).to_dict(), "weeks": 3, **settings}), 7)
    joined = [seminar.join(room.code, f"Name {number}", f"{room.code} {number}") for number in range(people)]
    if people:
        play(seminar, room)
    seminar.end(room.number)
    store.close()
    return room.code, link, joined


def workers_of(server: Server) -> list[psutil.Process]:
    """The processes that the server has spawned to make debriefs."""
    assert server.process is not None
    found = []
    for each in psutil.Process(server.process.pid).children():
        with contextlib.suppress(psutil.NoSuchProcess):  # dead and not yet noticed included
            if "spawn_main" in " ".join(each.cmdline()):
                found.append(each)
    return found


def kill_workers_until(server: Server, done: Callable[[], bool]) -> None:
    ends = time.monotonic() + 60
    while not done():
        assert time.monotonic() < ends
        for each in workers_of(server):
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
        time.sleep(0.05)


def test_a_debrief_that_cannot_be_made_says_so_and_is_tried_again(browser: Browser, server: Server,
                                                                  tmp_path: Path) -> None:
    code, link, _ = a_class(server, 3, language="ja", title="振り返りの授業")
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(f"{server.address}/teach/{link}")
    page.goto(f"{server.address}/debrief/{code}")

    def failed() -> bool:
        page.wait_for_timeout(20)
        return page.get_by_role("alert").count() > 0

    kill_workers_until(server, failed)
    expect(page.get_by_role("alert")).to_have_text("作成できませんでした。理由はサーバーのウィンドウに表示されています。")
    assert "debrief: a worker has died" in server.log()
    assert "Traceback" in server.log()
    page.screenshot(path=screenshots(tmp_path) / "debrief-failed.png", full_page=True)
    check(page)
    page.get_by_role("button", name="もう一度試す").click()
    expect(page.get_by_alt_text("クラスの結果と、均衡プレイでの厳密な確率")).to_be_visible(timeout=120_000)
    expect(page.get_by_role("heading", level=1)).to_have_text("振り返り：振り返りの授業")
    expect(page.get_by_text("数えるのは人自身の決定だけ").first).to_be_visible(timeout=180_000)
    assert page.get_by_role("alert").count() == 0
    # Nothing is left in English: of Latin letters, only what files are called and the codes of people.
    text = re.sub(r"PDF|CSV|Parquet|ZIP|GSOMIA|P\d+|p = ", "", page.inner_text("main"))
    assert re.findall(r"[A-Za-z]{2,}", text) == []
    alt = [page.locator("img").nth(place).get_attribute("alt") or "" for place in range(page.locator("img").count())]
    assert not any(re.search("[A-Za-z]", each) for each in alt)
    page.screenshot(path=screenshots(tmp_path) / "debrief-japanese.png", full_page=True)
    check(page)
    context.close()


def test_a_file_that_cannot_be_made_is_answered_by_a_line(server: Server) -> None:
    code, _, _ = a_class(server, 3, language="ko", title="다른 수업")
    teacher = {"Cookie": f"seminar_teacher={server.start_link.rsplit('/', 1)[1]}"}
    told: list[tuple[int, dict[str, str], str]] = []
    asking = threading.Thread(target=lambda: told.append(server.get(f"/debrief/{code}/moves.csv", **teacher)))
    asking.start()
    kill_workers_until(server, lambda: not asking.is_alive())
    status, headers, text = told[0]
    assert (status, headers["content-type"]) == (500, "text/html; charset=utf-8")
    assert "만들지 못했습니다" in text
    assert f'href="/debrief/{code}"' in text
    assert server.get(f"/debrief/{code}/moves.csv", **teacher)[0] == 200  # the next one who asks has another try


def test_one_pack_is_made_for_all_who_ask(server: Server) -> None:
    code, _, _ = a_class(server, 3, title="asked by many")
    teacher = {"Cookie": f"seminar_teacher={server.start_link.rsplit('/', 1)[1]}"}
    told: list[str] = []
    asking = [threading.Thread(target=lambda: told.append(server.get(f"/debrief/{code}/moves.csv", **teacher)[2]))
              for _ in range(6)]
    for each in asking:
        each.start()
    for each in asking:
        each.join()
    assert len(told) == 6
    assert len(set(told)) == 1
    assert len(workers_of(server)) <= 2
    assert all(each.cmdline()[-1].startswith("--multiprocessing-fork") for each in workers_of(server))  # never forked


def test_a_class_that_nobody_joined_has_a_page(browser: Browser, server: Server, tmp_path: Path) -> None:
    code, link, _ = a_class(server, 0)
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(f"{server.address}/teach/{link}")
    page.goto(f"{server.address}/debrief/{code}")
    expect(page.get_by_text("No table at which people decided has played a week.")).to_be_visible(timeout=120_000)
    expect(page.get_by_text("People have not decided anything yet.")).to_be_visible()
    expect(page.get_by_text("Only people's own decisions count").first).to_be_visible(timeout=120_000)
    page.screenshot(path=screenshots(tmp_path) / "debrief-empty.png", full_page=True)
    check(page)
    context.close()


def test_students_see_who_played_whom_where_the_class_shows_names(browser: Browser, server: Server,
                                                                  tmp_path: Path) -> None:
    _, _, joined = a_class(server, 5, names=True)
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{server.address}/mine/{joined[4].link}")
    section = page.locator("section").filter(has=page.get_by_role("heading", name="Who played whom"))
    expect(section.locator("td").first).to_be_visible()
    assert section.locator("table").first.locator("tbody").inner_text().split("\t") == ["2", "Name 3", "Name 4", "–"]
    section.locator("summary").click()
    expect(section.get_by_text("Name 0")).to_be_visible()
    page.screenshot(path=screenshots(tmp_path) / "debrief-names.png", full_page=True)
    check(page)
    context.close()
