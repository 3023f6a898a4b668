"""The teacher's pages in a real browser: three languages, many tables, agents with settings, a large code, mistakes.

Needs a Chromium, as `test_seminar_browser` does, whose fixtures it uses.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from negotiation.library import load_scenario
from negotiation.seminar.people import ENDED, PLAYING
from negotiation.seminar.room import Seminar
from negotiation.seminar.settings import Settings
from negotiation.seminar.store import Store
from negotiation.seminar.talk import MESSAGE
from negotiation.vocabulary import Actor

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
if not CHROMIUM and os.environ.get("SEMINAR_BROWSER") != "required":
    pytest.skip("no Chromium on this machine (Debian: apt install chromium)", allow_module_level=True)

from playwright.sync_api import Browser, Page, expect  # noqa: E402
from playwright.sync_api import Error as PlaywrightError  # noqa: E402
from test_seminar_browser import (  # noqa: E402, F401
    PROJECTOR,
    Watched,
    browser,
    choose,
    join,
    make_class,
    server,
    watched,
)
from test_seminar_server import ROOT, free_port  # noqa: E402

SCENARIO = load_scenario("tokyo_seoul_2019").to_dict()
LAPTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
SMALL: dict[str, Any] = {"viewport": {"width": 390, "height": 844}}
MAKE = {"en": "Make the class", "ja": "クラスを作る", "ko": "수업 만들기"}
START = {"en": "Start", "ja": "開始", "ko": "시작"}
TABLE = {"en": "Table 1", "ja": "テーブル1", "ko": "테이블 1"}
CLOSE = {"en": "Close", "ja": "閉じる", "ko": "닫기"}


def left_english(page: Page) -> list[str]:
    """English words that a page in another language shows; keys, codes, addresses and file names are none."""
    text = page.locator("body").inner_text()
    for technical in (r"https?://\S+|localhost\S*|127\S*", r"\b[A-Z0-9]{5}\b", r"`[^`]*`", r"\bdefaults:.*?\]",
                      "English", r"\b[\w.]*_[\w.]*\b", r"\b(?:scenario|policy)\.[\w.]+",
                      r"\b(YAML|KB|QR|GSOMIA|k|p|inf|key|value)\b", r"Aiko|Bora|Choe"):
        text = re.sub(technical, " ", text)
    return sorted(set(re.findall(r"[A-Za-z]{3,}", text)))


def seminar_of(watched: Watched) -> Seminar:  # noqa: F811
    return Seminar(Store(watched.server.database))


@pytest.mark.parametrize("language", ["en", "ja", "ko"])
def test_a_teacher_s_pages_speak_the_class_s_language(watched: Watched, language: str) -> None:  # noqa: F811
    locale = {"en": "en-US", "ja": "ja-JP", "ko": "ko-KR"}[language]
    page = watched.open({**LAPTOP, "locale": locale}, watched.server.start_link)
    expect(page.locator("html")).to_have_attribute("lang", re.compile(f"^{language}"))
    page.locator(".agentsettings summary").first.click()
    if language != "en":
        assert left_english(page) == []
    watched.check(page, f"start {language}")
    watched.picture(page, f"start {language}")
    page.set_viewport_size({"width": 390, "height": 844})
    watched.picture(page, f"start small {language}")
    assert page.locator(".q-field__label").evaluate_all(
        "all => all.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.textContent)") == []
    page.set_viewport_size({"width": 1280, "height": 800})
    page.get_by_role("button", name=MAKE[language]).click()
    page.wait_for_url("**/board/*")
    code = page.url.rsplit("/", 1)[1]
    seminar = seminar_of(watched)
    room = seminar.by_code(code)
    assert room is not None
    assert room.settings.language == language
    watched.picture(page, f"board waiting {language}")
    people = {each.seat: each for each in (seminar.join(code, name, name).person for name in ("Aiko", "Bora", "Choe"))}
    page.get_by_role("button", name=START[language], exact=True).click()
    expect(page.locator(".tablecard .clock")).to_have_text(re.compile(r"0:\d\d"))
    seminar.write(people[Actor.TOKYO], MESSAGE, "…", "m")
    for number in range(7):
        state = seminar.state(room.number, 1)
        if state.turn is None:
            break
        seminar.move(people[state.turn], number, int(state.legal[0]), f"m{number}")
    page.reload()
    watched.check(page, f"board {language}")
    watched.picture(page, f"board {language}")
    if language != "en":
        assert left_english(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    watched.picture(page, f"board small {language}")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.get_by_role("button", name=TABLE[language], exact=True).click()
    page.locator(".record summary").click()
    expect(page.locator(".record .message")).to_contain_text("…")
    if language != "en":
        assert left_english(page) == []
    watched.check(page, f"table {language}")
    watched.picture(page, f"table {language}")
    page.get_by_role("button", name=CLOSE[language], exact=True).click()
    expect(page.get_by_role("button", name=TABLE[language], exact=True)).to_be_focused()
    seminar.store.close()


def test_the_start_page_is_shown_in_the_language_chosen(watched: Watched) -> None:  # noqa: F811
    page = watched.open(LAPTOP, watched.server.start_link)
    expect(page.get_by_role("heading", level=1)).to_have_text("A new class")
    page.get_by_role("link", name="한국어").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("새 수업")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("새 수업")


def test_agents_are_chosen_with_their_settings(watched: Watched) -> None:  # noqa: F811
    page = watched.open(LAPTOP, watched.server.start_link)
    tokyo = page.locator("fieldset").first
    expect(tokyo).to_contain_text("plays its part of the logit equilibrium")
    choose(page, tokyo.get_by_label("Who plays Tokyo"), "level k")
    expect(tokyo).to_contain_text("reasons k steps")
    tokyo.locator(".agentsettings summary").click()
    tokyo.get_by_label("steps of reasoning (a whole number from 0 to 3)").fill("2")
    tokyo.get_by_label("Chance that it takes a random legal option").fill("0.1")
    seoul = page.locator("fieldset").nth(1)
    choose(page, seoul.get_by_label("Who plays Seoul"), "hawk")
    seoul.locator(".agentsettings summary").click()
    choose(page, seoul.get_by_label("Mixed at every decision with"), "dove")
    seoul.get_by_label("How often it plays the other").fill("0.25")
    choose(page, page.get_by_label("Without an open page"), "never")
    page.get_by_role("checkbox", name="Students see each other's names").click()
    page.get_by_role("button", name="Make the class").click()
    page.wait_for_url("**/board/*")
    seminar = seminar_of(watched)
    room = seminar.by_code(page.url.rsplit("/", 1)[1])
    assert room is not None
    assert room.settings.behaviours == {
        "tokyo": {"behaviour": "level_k", "k": 2, "error": 0.1}, "seoul": {"mix": ["hawk", "dove"], "weight": 0.25},
        "washington": "equilibrium"}
    assert (room.settings.absent, room.settings.names) == (None, True)
    seminar.store.close()


def test_a_careless_teacher_is_told_and_gets_a_class_all_the_same(
        watched: Watched, tmp_path: Path) -> None:  # noqa: F811
    page = watched.open({**LAPTOP, "locale": "ja-JP"}, watched.server.start_link)
    make, alert = page.get_by_role("button", name=MAKE["ja"]), page.locator("[role=alert] .alert").last
    for seat in range(3):
        page.locator("fieldset").nth(seat).get_by_role("checkbox").first.click()
    expect(page.locator(".plan")).to_contain_text("学生の席を指定してください")
    make.click()
    expect(alert).to_contain_text("席：なし は使えません")
    page.locator("fieldset").first.get_by_role("checkbox").first.click()
    page.get_by_label("実験条件").fill("quiet scenario.washington.attention=2")
    make.click()
    expect(alert).to_contain_text("実験条件：quiet scenario.washington.attention=2 は使えません")
    page.get_by_label("実験条件").fill("a: scenario.title=2019-01-01")
    make.click()
    expect(alert).to_contain_text("は使えません")
    page.get_by_label("実験条件").fill("静か： scenario.washington.attention＝2")
    bad, good = tmp_path / "bad.yaml", tmp_path / "good.yaml"
    bad.write_bytes(bytes(range(256)) * 50)
    good.write_text("defaults: [river_dam]\nname: mine\ntitle: Mine\n", encoding="utf-8")
    page.get_by_text("シナリオファイルから別の紛争を使う").click()
    for path in (bad, good, bad, good):
        page.locator("input[type=file]").set_input_files(path)
        expect(page.locator(".fine" if path is good else ".card .alert")).to_be_visible()
    expect(page.locator("fieldset").first.get_by_role("checkbox").first).to_be_checked()
    page.get_by_label("行う週数").fill("")
    make.click()
    expect(alert).to_contain_text("行う週数")
    page.get_by_label("行う週数").fill("3")
    make.dblclick()
    page.wait_for_url("**/board/*")
    seminar = seminar_of(watched)
    assert len(seminar.rooms()) == 1
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("新しいクラス")
    page.get_by_role("button", name=MAKE["ja"]).click()
    page.wait_for_url("**/board/*")
    assert len(seminar.rooms()) <= 2
    seminar.store.close()


def test_somebody_is_taken_off_a_table_and_the_class_is_closed(watched: Watched) -> None:  # noqa: F811
    board, code = make_class(watched)
    phone, friend = join(watched, code, "Rude Rudi"), join(watched, code, "Bora")
    card = board.locator(".tablecard")
    expect(card.locator(".seats li")).to_have_text(["Tokyo: Rude Rudi", "Seoul: Bora", "Washington: agent"])
    watched.picture(board, "lobby")
    board.get_by_role("button", name="Table 1", exact=True).click()
    off = board.get_by_role("listitem").filter(has_text="Rude Rudi").get_by_role("button", name="Take off the table")
    off.click()
    question = board.get_by_role("heading", name="Take Rude Rudi off the table?")
    expect(question).to_be_visible()
    watched.check(board, "take off")
    board.screenshot(path=watched.folder / "take off.png")
    board.get_by_role("button", name="Not now").click()
    expect(question).not_to_be_visible()
    expect(card).to_contain_text("Rude Rudi")
    off.click()
    board.get_by_role("button", name="Take off", exact=True).click()
    expect(board.locator("body")).not_to_contain_text("Rude Rudi")
    expect(card.locator(".seats li")).to_have_text(["Tokyo: agent", "Seoul: Bora", "Washington: agent"])
    expect(phone.get_by_role("heading", level=1)).to_have_text("You are no longer at this table")
    watched.check(phone, "taken off")
    watched.picture(phone, "taken off")
    board.get_by_role("button", name="Put back", exact=True).click()
    question = board.get_by_role("heading", name="Put Rude Rudi back?")
    expect(question).to_be_visible()
    board.locator(".q-dialog").filter(has=question).get_by_role("button", name="Put back", exact=True).click()
    expect(card.locator(".seats li")).to_have_text(["Tokyo: Rude Rudi", "Seoul: Bora", "Washington: agent"])
    phone.reload()
    expect(phone.get_by_role("heading", level=1)).to_have_text("You are Tokyo")
    off.click()
    board.get_by_role("button", name="Take off", exact=True).click()
    expect(board.locator("body")).not_to_contain_text("Rude Rudi")
    board.get_by_role("button", name="Close", exact=True).click()
    other = board.context.new_page()
    other.goto(board.url)
    board.get_by_role("checkbox", name="No more joins").click()
    expect(other.get_by_role("checkbox", name="No more joins")).to_be_checked()
    phone.goto(f"{watched.server.address}/j/{code}")
    phone.get_by_label("Your name").fill("Rude again")
    phone.get_by_role("button", name="Join", exact=True).click()
    expect(phone.get_by_role("alert")).to_contain_text("nobody joins this class any more")
    board.get_by_role("button", name="Start").click()
    expect(friend.locator("button.move").first).to_be_visible()
    expect(card.locator(".waits")).to_contain_text("Waiting for Seoul: Bora")
    watched.check(board, "closed")
    watched.picture(board, "closed")
    other.get_by_role("checkbox", name="No more joins").click()
    expect(board.get_by_role("checkbox", name="No more joins")).not_to_be_checked()
    phone.get_by_role("button", name="Join", exact=True).click()
    phone.wait_for_url("**/seat/*")
    seminar = seminar_of(watched)
    room = seminar.by_code(code)
    assert room is not None
    assert not room.closed
    assert [each.gone for each in seminar.people(room.number)] == [True, False, False]
    board.get_by_role("link", name="All classes").click()
    listed = board.locator(".classes li")
    expect(listed).to_contain_text(f"{code}: ")
    expect(listed).to_contain_text("Playing · 2 students · 20")
    watched.picture(board, "start with a class")
    seminar.store.close()


def test_the_behaviours_that_are_known_best_are_listed_first(watched: Watched) -> None:  # noqa: F811
    page = watched.open(LAPTOP, watched.server.start_link)
    for seat, first in (("Tokyo", ["equilibrium", "tit for tat", "grudger", "hawk", "dove"]),
                        ("Washington", ["equilibrium", "random", "honest broker"])):
        page.get_by_label(f"Who plays {seat} if").click()
        expect(page.get_by_role("option").first).to_be_visible()
        assert page.get_by_role("option").all_inner_texts()[:len(first)] == first
        page.keyboard.press("Escape")
        expect(page.get_by_role("option")).to_have_count(0)
    expect(page.locator(".keys code")).to_have_count(3)
    for key in page.locator(".keys code").all_inner_texts():  # each is one that a class takes
        value = "absent" if key.startswith("policy") else "3"
        page.get_by_label("Treatments").fill(f"a:\nb: {key}={value}")
        page.get_by_role("button", name="Make the class").click()
        page.wait_for_url("**/board/*")
        page.go_back()


def test_two_boards_of_one_class_agree(watched: Watched) -> None:  # noqa: F811
    board, code = make_class(watched)
    other = board.context.new_page()
    other.goto(board.url)
    seminar = seminar_of(watched)
    room = seminar.by_code(code)
    assert room is not None
    for each in (board, other):  # both ask at the same time
        each.get_by_role("button", name="Start").click()
    for each in (board, other):
        expect(each.locator(".facts")).to_contain_text("Playing")
        each.get_by_role("button", name="End the class").click()
    for each in (board, other):
        each.get_by_role("button", name="End it").click()
        expect(each.locator(".facts")).to_contain_text("Ended")
        expect(each.get_by_role("button", name="End the class")).not_to_be_visible()
    assert seminar.room(room.number).phase == ENDED
    seminar.store.close()


def test_the_code_is_shown_large_and_the_board_is_one_click_away(watched: Watched) -> None:  # noqa: F811
    board, code = make_class(watched)
    board.get_by_role("button", name="Show it large").click()
    large = board.locator(".card.large")
    expect(large.locator(".big")).to_have_text(code)
    board.wait_for_timeout(500)
    box = large.locator(".qr").bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 500
    assert board.evaluate("parseFloat(getComputedStyle(document.querySelector('.large .big')).fontSize)") >= 100
    for part in (".qr", ".address", ".big"):
        expect(large.locator(part)).to_be_in_viewport(ratio=1)
    watched.check(board, "large")
    watched.picture(board, "large")
    board.get_by_role("button", name="Back to the board").click()
    expect(large).not_to_be_visible()
    board.get_by_role("button", name="Start").click()
    expect(board.locator(".joinline")).to_contain_text(f"/j/{code}")
    board.get_by_role("button", name="Show the address").press("Enter")
    expect(large).to_be_visible()
    board.keyboard.press("Escape")
    expect(large).not_to_be_visible()


def test_the_teacher_chooses_which_address_is_shown(
        browser: Browser, tmp_path: Path) -> None:  # noqa: F811
    port, secret = free_port(), "s" * 40
    addresses = [f"http://192.168.0.7:{port}", f"http://localhost:{port}"]
    program = f"from negotiation.seminar.web.server import serve; from pathlib import Path; serve(Path('c.sqlite'), " \
              f"{secret!r}, {addresses!r}, '127.0.0.1', {port})"
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "NICEGUI"))}
    process = subprocess.Popen([sys.executable, "-c", program], cwd=tmp_path, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, env={**environment, "PYTHONPATH": str(ROOT)})
    try:
        page = browser.new_context(**LAPTOP).new_page()
        for _ in range(300):
            try:
                page.goto(f"http://localhost:{port}/teach/{secret}")
                break
            except PlaywrightError:
                page.wait_for_timeout(100)
        page.get_by_role("button", name="Make the class").click()
        page.wait_for_url("**/board/*")
        address, code = page.locator("section .invite .address"), page.locator("section .invite .qr path")
        expect(address).to_contain_text("192.168.0.7")
        first = code.get_attribute("d")
        page.locator("section").get_by_label("Address shown").click()
        page.get_by_role("option", name="localhost").click()
        expect(address).to_contain_text("localhost")
        assert code.get_attribute("d") != first
        expect(page).to_have_url(re.compile(r"\?address=1$"))
        page.reload()
        expect(address).to_contain_text("localhost")
    finally:
        process.kill()
        process.wait()


def test_seventy_tables_fit_a_projector_and_can_be_sorted_and_filtered(watched: Watched) -> None:  # noqa: F811
    seminar = seminar_of(watched)
    room, link = seminar.create(Settings(SCENARIO, weeks=8, title="Seventy"), 11)
    joined = [seminar.join(room.code, f"Student {number}", f"c{number}").person for number in range(210)]
    seminar.start(room.number)
    assert seminar.room(room.number).phase == PLAYING
    for table in range(1, 71):
        seated = {each.seat: each for each in joined if each.table == table}
        for number in range(table % 13):
            state = seminar.state(room.number, table)
            if state.turn is not None:
                seminar.move(seated[state.turn], number, int(state.legal[0]), f"{table} {number}")
    board = watched.open(PROJECTOR, f"/teach/{link}")
    expect(board.locator(".tablecard")).to_have_count(70)
    expect(board.get_by_role("checkbox", name="Small cards")).to_be_checked()
    board.get_by_text("Outcomes so far").click()
    board.wait_for_timeout(500)
    bottoms = board.locator(".tablecard").evaluate_all("all => all.map(one => one.getBoundingClientRect().bottom)")
    watched.check(board, "seventy")
    board.screenshot(path=watched.folder / "seventy.png")
    assert max(bottoms) <= 800
    board.get_by_role("button", name="Waiting for long").click()
    expect(board.locator(".tablecard:visible")).to_have_count(0)
    assert board.evaluate("getComputedStyle(document.querySelector('.grid'), '::before').content") == '"None now."'
    board.get_by_role("button", name="Finished").click()
    ended = sum(seminar.state(room.number, table).over for table in range(1, 71))
    expect(board.locator(".tablecard:visible")).to_have_count(ended)
    board.get_by_role("button", name="All tables").click()
    board.get_by_role("checkbox", name="Longest wait first").click()
    room = seminar.room(room.number)
    waits = sorted((seminar.waits_since(room, table), table) for table in range(1, 71)
                   if not seminar.state(room.number, table).over)
    expect(board.locator(".tablecard").first.get_by_role("button")).to_have_accessible_name(f"Table {waits[0][1]}")
    # One who has waited for two minutes is marked, by the browser alone.
    board.evaluate("document.querySelector('[data-waited]').dataset.waited = '130'")
    expect(board.locator(".tablecard.long")).to_have_count(1)
    board.get_by_role("button", name="Waiting for long").click()
    expect(board.locator(".tablecard:visible")).to_have_count(1)
    board.screenshot(path=watched.folder / "seventy long.png")
    seminar.store.close()


def test_a_clock_counts_down_on_the_board_and_asks_the_server_for_nothing(watched: Watched) -> None:  # noqa: F811
    board, code = make_class(watched, Time_for_each_move="1 minute")
    seminar = seminar_of(watched)
    for name in "abc":
        seminar.join(code, name, name)
    board.get_by_role("button", name="Start").click()
    clock = board.locator(".tablecard .clock")
    expect(clock).to_have_text(re.compile(r"0:5\d"))
    frames: list[object] = []
    board.on("websocket", lambda socket: frames.append(socket))
    first = clock.inner_text()
    node = clock.element_handle()
    board.wait_for_timeout(2500)
    assert clock.inner_text() < first
    assert board.evaluate("node => node.isConnected", node), "the card is not drawn again"
    assert frames == []
    seminar.store.close()
