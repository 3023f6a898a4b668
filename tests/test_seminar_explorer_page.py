"""The explorer in a real browser: by keyboard, on a projector and on a phone, exact, readable, and how fast it is."""

from __future__ import annotations

import re
import shlex
import statistics
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
import yaml
from test_seminar_browser import PHONE, Watched, browser, server, watched  # noqa: F401

from negotiation.engines.points import equilibrium_point
from negotiation.scenario import Scenario
from negotiation.seminar.explorer import read_state
from negotiation.seminar.explorer_replay import Replay
from negotiation.seminar.explorer_view import compute
from negotiation.seminar.explorer_why import share
from negotiation.seminar.room import Seminar
from negotiation.seminar.settings import Settings, Treatment
from negotiation.seminar.store import Store
from negotiation.vocabulary import Actor, Outcome

pytest.importorskip("nicegui", reason="the extra `seminar` is not installed")

from playwright.sync_api import Page, expect

WIDE = {"viewport": {"width": 1400, "height": 900}}
NARROW = {"viewport": {"width": 390, "height": 844}}
# From letting a slider go to the page's numbers, and to the three charts drawn again.
CLOCK = """() => {
    window.clock = {};
    document.addEventListener("change", () => { window.clock = {begun: performance.now(), drawn: {}, told: 0}; }, true);
    [...document.querySelectorAll(".chart")].slice(0, 3).forEach((element, place) => {
        getElement(Number(element.id.slice(1))).chart.on("rendered", () => {
            if (window.clock.drawn) window.clock.drawn[place] ??= performance.now(); }); });
    new MutationObserver(() => { if (window.clock.drawn) window.clock.told ||= performance.now(); }).observe(
        document.querySelector(".page.explorer"), {attributes: true, attributeFilter: ["data-shown"]});
}"""


def open_explorer(watched: Watched, kind: dict[str, object], query: str = "") -> Page:  # noqa: F811
    page = watched.open(kind, f"/explorer?language=en&{query}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Explorer")
    expect(page.locator(".numbers").first).to_contain_text("Settlement")
    page.set_default_timeout(10_000)
    page.wait_for_function("""() => [...document.querySelectorAll('.chart')].filter(
        one => getElement(Number(one.id.slice(1)))?.chart?.getOption()).length === 4""")
    return page


def address(page: Page) -> list[tuple[str, str]]:
    return [pair for pair in parse_qsl(urlsplit(page.url).query) if pair[0] != "language"]


def numbers(page: Page) -> list[str]:
    return [page.locator(".numbers").first.locator("tbody tr").nth(row).locator("td").first.inner_text()
            for row in range(len(Outcome))]


def test_a_slider_moved_by_keyboard_shows_the_exact_point(watched: Watched) -> None:  # noqa: F811
    page = open_explorer(watched, WIDE)
    assert numbers(page) == [share(chance) for chance in equilibrium_point(read_state([]).point).probabilities]
    length = page.get_by_label("Standstill: length (rounds)", exact=True).first
    length.focus()
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    page.wait_for_url("**standstill.length=8.0*")
    point = equilibrium_point(read_state([("scenario.standstill.length", "8")]).point)
    expect(page.locator(".numbers").first).to_contain_text(share(point.probabilities[Outcome.STANDSTILL]))
    assert numbers(page) == [share(chance) for chance in point.probabilities]
    worth = page.locator(".numbers").nth(1).locator("tbody tr").nth(Actor.SEOUL).locator("td div:first-child")
    assert [text.replace("\N{MINUS SIGN}", "-") for text in worth.all_inner_texts()] == [
        f"{number:+.2f}" for number in (point.value[1], point.expected_payoff[1], point.regret[1])]
    assert page.evaluate("document.activeElement.type") == "range"  # news did not take the keyboard away
    told = page.locator("[aria-live]").first
    expect(told).to_contain_text("Standstill: length: 4 → 8")  # twenty steps in a row are one change
    expect(told).to_contain_text("of its weeks; most in week")
    command = page.locator("code", has_text="engine=exact").inner_text()
    assert shlex.split(command) == ["negotiation", "scenario=tokyo_seoul_2019", "scenario.standstill.length=8.0",
                                    "engine=exact"]
    again = open_explorer(watched, WIDE, urlsplit(page.url).query)
    assert numbers(again) == numbers(page)
    assert again.get_by_label("Standstill: length (rounds)", exact=True).first.input_value() == "8"


def test_how_long_it_takes_from_release_to_picture(watched: Watched,  # noqa: F811
                                                   record_property: pytest.RecordProperty) -> None:
    page = open_explorer(watched, WIDE)
    page.wait_for_timeout(1500)
    page.evaluate(CLOCK)
    told, drawn, computed = [], [], []
    for number in range(10):
        page.locator("input[type=range]").nth(number).focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_function("window.clock.told && [0, 1, 2].every(place => window.clock.drawn[place])")
        clock = page.evaluate("window.clock")
        told.append(clock["told"] - clock["begun"])
        drawn.append(max(clock["drawn"].values()) - clock["begun"])
        computed.append(float(re.findall(r"Computed in (\d+) ms", page.locator(".page.explorer").inner_text())[0]))
        page.wait_for_timeout(600)
    for name, times in (("computed", computed), ("told", told), ("drawn", drawn)):
        record_property(f"milliseconds_{name}", statistics.median(times))
        print(f"{name}: fastest {min(times):.0f} ms, median {statistics.median(times):.0f} ms")
    assert min(drawn) < 1500  # any machine, however busy


@pytest.mark.parametrize(("kind", "name"), [(WIDE, "explorer 1400"), (NARROW, "explorer 390"),
                                            (PHONE, "explorer 360")])
def test_it_fits_and_can_be_read(watched: Watched, kind: dict[str, object], name: str) -> None:  # noqa: F811
    page = open_explorer(watched, kind, "policy.washington=reluctant")
    slider = page.get_by_label("Tokyo: offer (payoff)", exact=True).first
    slider.focus()
    page.keyboard.press("PageUp")
    expect(page.locator("[aria-live]").first).to_contain_text("Tokyo: offer: 0.9 →")
    page.get_by_role("button", name="A week on").click()
    expect(page.get_by_role("heading", name="Week 1", exact=True)).to_be_visible()
    page.wait_for_timeout(1000)
    watched.picture(page, name)
    watched.check(page, name)
    for label in page.locator(".explorer input, .explorer select").all():
        assert label.evaluate("element => element.labels.length") == 1
    with_names = page.locator(".chart").evaluate_all("all => all.map(one => one.getAttribute('aria-label'))")
    assert all(with_names), "every chart says what it shows"


def test_an_episode_is_replayed_week_by_week_and_back(watched: Watched) -> None:  # noqa: F811
    page = open_explorer(watched, WIDE, "scenario.standstill.length=8")
    page.get_by_label("Episode", exact=True).fill("3")
    page.get_by_role("button", name="Replay", exact=True).click()
    expect(page.get_by_role("heading", name="Before the first week")).to_be_visible()
    replay = Replay(read_state([("scenario.standstill.length", "8"), ("episode", "3")]))
    step, back = page.get_by_role("button", name="A week on"), page.get_by_role("button", name="A week back")
    expect(back).to_be_disabled()
    for week in (1, 2, 3):
        step.focus()
        page.keyboard.press("Enter")
        replay.step()
        expect(page.get_by_role("heading", name=f"Week {week}", exact=True)).to_be_visible()
        for line in replay.lines():
            expect(page.locator(".page.explorer")).to_contain_text(line.text)
        expect(page.locator(".page.explorer")).to_contain_text(replay.situation())
    back.click()
    expect(page.get_by_role("heading", name="Week 2", exact=True)).to_be_visible()
    page.get_by_label("Rupture: hazard (probability)", exact=True).first.focus()
    page.keyboard.press("ArrowLeft")  # another dispute: the episode is gone
    expect(page.get_by_role("heading", name="Week 2", exact=True)).to_have_count(0)


def test_menus_added_numbers_and_a_comparison_that_stays(watched: Watched) -> None:  # noqa: F811
    page = open_explorer(watched, WIDE)
    page.get_by_role("button", name="Keep comparing with this setting").click()
    page.get_by_label("Another number").select_option("tokyo.ladder.3.harm")
    extra = page.get_by_label("Tokyo: rung 3, harm (payoff/round)", exact=True).first
    extra.focus()
    page.keyboard.press("End")
    page.wait_for_url("**tokyo.ladder.3.harm=0.84*")
    page.get_by_label("Seoul", exact=True).select_option("dove")
    page.wait_for_url("**policy.seoul=dove*")
    expect(page.locator("[aria-live]").first).to_contain_text("Seoul: equilibrium → dove")
    expect(page.locator("[aria-live]").first).to_contain_text("harm: 0.6 → 0.84")  # still compared with the start
    state = read_state(address(page))
    assert dict(state.changes) == {"tokyo.ladder.3.harm": 0.84}
    page.get_by_label("Dispute", exact=True).select_option("river_dam")
    page.wait_for_url("**scenario=river_dam&policy.seoul=dove*")
    expect(page.get_by_role("heading", name="Upper Arvend: rung in force")).to_be_visible()
    page.get_by_role("button", name="Back to the scenario's numbers").click()
    assert address(page) == [("scenario", "river_dam"), ("policy.seoul", "dove")]


def test_the_phase_picture_is_clicked_and_its_axes_are_chosen(watched: Watched) -> None:  # noqa: F811
    page = open_explorer(watched, WIDE)
    chart = page.locator(".chart.phase")
    page.wait_for_function("""() => getElement(Number(document.querySelector('.chart.phase').id.slice(1))).chart
        .getOption().series[0].data.length === 729""")
    box = chart.bounding_box()
    assert box is not None
    chart.click(position={"x": box["width"] * 0.8, "y": box["height"] * 0.4})
    page.wait_for_url("**washington.attention=*")
    values = dict(read_state(address(page)).changes)
    assert values["washington.attention"] > 0.8
    assert 10 < values["standstill.length"] < 20
    assert float(page.get_by_label("Washington: attention (payoff/effort)", exact=True).first.input_value()
                 ) == values["washington.attention"]
    page.get_by_label("Up", exact=True).select_option("tokyo.firmness")
    page.wait_for_url("**y=tokyo.firmness*")


def test_a_behaviour_that_remembers_is_said_to_be_simulated(watched: Watched) -> None:  # noqa: F811
    page = open_explorer(watched, WIDE, "policy.tokyo=grudger")
    expect(page.locator(".simulated")).to_contain_text("shares of 20,000 simulated episodes")
    expect(page.locator("code", has_text="engine=batch episodes=20000")).to_be_visible()


def test_wrong_addresses_and_hidden_advice_are_refused(watched: Watched) -> None:  # noqa: F811
    status, _, text = watched.server.get("/explorer?scenario.washington.attention=-1")
    assert status == 400
    assert "scenario.washington.attention: -1.0 is not allowed" in text
    assert watched.server.get("/explorer?policy.tokyo=os.system")[0] == 400
    page = open_explorer(watched, WIDE)
    opened = Seminar(Store(Path(watched.server.database)))
    try:
        room, _ = opened.create(Settings(read_state([]).point.to_dict()), 1)
        opened.join(room.code, "Ada", "one")
        opened.start(room.number)
        assert watched.server.get("/explorer")[0] == 403
        page.locator("input[type=range]").first.focus()
        page.keyboard.press("ArrowRight")
        expect(page.get_by_role("alert").first).to_contain_text("A class is playing")
        teacher = watched.open(WIDE, watched.server.start_link)
        teacher.goto(watched.server.address + "/explorer")
        expect(teacher.locator(".numbers").first).to_contain_text("Settlement")
        opened.end(room.number)
        assert watched.server.get("/explorer")[0] == 200
    finally:
        opened.store.close()


def test_settings_of_a_behaviour_are_set_by_keyboard(watched: Watched) -> None:  # noqa: F811
    page = open_explorer(watched, WIDE)
    page.get_by_label("Tokyo", exact=True).select_option("level_k")  # has settings of its own: they open
    steps = page.get_by_label("Steps of reasoning", exact=True)
    steps.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**policy.tokyo.k=2*")
    page.get_by_label("Chance of a random move", exact=True).first.focus()
    page.keyboard.press("PageUp")
    page.wait_for_url("**policy.tokyo.error=0.1*")
    page.get_by_label("Mixed with").first.focus()
    page.get_by_label("Mixed with").first.select_option("dove")
    page.wait_for_url("**policy.tokyo.mix=dove*")
    expect(page.get_by_label("Weight of the second", exact=True)).to_be_visible()
    state = read_state(address(page))
    assert state.behaviours["tokyo"] == {"mix": [{"behaviour": "level_k", "k": 2}, "dove"], "error": 0.1}
    expect(page.locator("code", has_text="engine=exact")).to_have_text(state.command())
    expect(page.locator("[aria-live]").first).to_contain_text("level k")
    page.wait_for_function("!document.querySelector('.scroll').textContent.includes('being computed')")
    assert numbers(page) == [share(chance) for chance in compute(state).outcomes]
    assert page.evaluate("document.activeElement.tagName") == "SELECT"  # the keyboard is where it was


def test_a_slider_that_is_held_is_followed_and_stays_one_change(watched: Watched) -> None:  # noqa: F811
    page = open_explorer(watched, WIDE)
    slider = page.get_by_label("Standstill: length (rounds)", exact=True).first
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box is not None
    shown, middle = page.locator(".page.explorer"), box["y"] + box["height"] / 2
    before = int(shown.get_attribute("data-shown") or 0)
    page.mouse.move(box["x"] + box["width"] * 0.13, middle)
    page.mouse.down()
    for step in range(1, 30):
        page.mouse.move(box["x"] + box["width"] * (0.13 + step / 60), middle)
        page.wait_for_timeout(40)
    page.wait_for_function(f"Number(document.querySelector('.page.explorer').dataset.shown) > {before + 1}")
    assert "standstill.length" not in page.url, "the address waits until the slider is let go"
    page.mouse.up()
    page.wait_for_url("**standstill.length=*")
    state = read_state(address(page))
    expect(page.locator("[aria-live]").first).to_contain_text(
        f"Standstill: length: 4 → {float(state.value('standstill.length')):.3g}")
    assert numbers(page) == [share(chance) for chance in compute(state).outcomes]


OWN = "defaults: [tokyo_seoul_2019, _self_]\nname: chips\ntitle: Over <b>chips</b>\nstandstill: {length: 6}\n"


def test_a_scenario_file_is_opened_linked_and_given_back(watched: Watched) -> None:  # noqa: F811
    page = open_explorer(watched, WIDE, "policy.seoul=dove")
    page.get_by_text("A scenario of your own").click()
    field = page.get_by_label("Scenario file")
    field.set_input_files({"name": "x.yaml", "mimeType": "text/yaml", "buffer": b"a: &x [1]\nb: *x\n"})
    expect(page.get_by_role("alert").first).to_contain_text("without YAML aliases")
    field.set_input_files({"name": "x.yaml", "mimeType": "text/yaml", "buffer": b"#" * 300_000})
    expect(page.get_by_role("alert").first).to_contain_text("at most 256 KB")
    field.set_input_files({"name": "x.yaml", "mimeType": "text/yaml", "buffer": OWN.encode()})
    page.wait_for_url("**scenario=own~*policy.seoul=dove*")
    expect(page.get_by_label("Dispute", exact=True).locator("option:checked")).to_have_text(
        "Over <b>chips</b> (your own)")
    state = read_state(address(page))
    assert state.point.standstill.length == 6
    expect(page.locator("code", has_text="scenario=chips.yaml").last).to_have_text(state.command())
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download the scenario file").click()
    assert waiting.value.suggested_filename == "chips.yaml"
    given = Scenario.from_dict(yaml.safe_load(Path(waiting.value.path()).read_text(encoding="utf-8")))
    assert given == state.point
    again = open_explorer(watched, WIDE, urlsplit(page.url).query)
    assert numbers(again) == numbers(page) == [share(chance) for chance in compute(state).outcomes]
    status, _, text = watched.server.get("/explorer?scenario=own~damaged")
    assert status == 400
    assert "open its file again" in text
    answers = [watched.server.get(f"/explorer/scenario.yaml?scenario=own~{number}")[0] for number in range(130)]
    assert answers[0] == 400
    assert answers[-1] == 429, "files are limited"


def test_the_board_opens_the_setting_of_its_class(watched: Watched) -> None:  # noqa: F811
    teacher = watched.open(WIDE, watched.server.start_link)
    opened = Seminar(Store(Path(watched.server.database)))
    try:
        room, _ = opened.create(Settings(read_state([]).point.to_dict(), weeks=9, treatments=(
            Treatment("calm"), Treatment("busy", {"scenario.washington.attention": 2.0}))))
    finally:
        opened.store.close()
    teacher.goto(f"{watched.server.address}/board/{room.code}")
    link = teacher.get_by_role("link", name="Explorer").first.get_attribute("href")
    assert link == f"/explorer?class={room.code}"
    teacher.goto(watched.server.address + link)
    teacher.wait_for_url("**scenario.rounds=9*")
    teacher.get_by_role("link", name="busy").click()
    teacher.wait_for_url("**scenario.washington.attention=2.0*")
    assert watched.server.get(link)[0] == 403, "what is done to which table is the teacher's to know"


@pytest.mark.parametrize(("language", "words"), [("ko", "왜 달라졌나"), ("ja", "なぜ変わったか")])
def test_it_is_readable_in_other_languages(watched: Watched, language: str, words: str) -> None:  # noqa: F811
    english = open_explorer(watched, WIDE, "policy.tokyo=hawk&policy.tokyo.error=0.2")  # makes the picture they share
    filled = "getElement(Number(document.querySelector('.chart.phase').id.slice(1))).chart.getOption()"
    english.wait_for_function(f"{filled}.series[0].data.length > 0")
    english.close()
    page = watched.open(PHONE, f"/explorer?language={language}&policy.tokyo=hawk&policy.tokyo.error=0.2")
    expect(page.get_by_role("heading", name=words)).to_be_visible()
    expect(page.locator(".numbers").first).to_be_visible()
    page.locator(".controls-card input[type=range]").nth(6).focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**firmness*")
    strip = page.locator(".strip").bounding_box()
    assert strip is not None
    assert strip["height"] <= 120
    assert -1 <= strip["y"] < 40, "in sight while sliders are moved"
    held = page.locator(".controls-card input[type=range]").nth(6).bounding_box()
    assert held is not None
    assert held["y"] >= strip["y"] + strip["height"], "and covers none of them"
    page.wait_for_function(f"{filled}.series[0].data.length > 0")
    for side in ("x", "y"):
        assert not re.search("[A-Za-z]{4}", page.evaluate(f"{filled}.{side}Axis[1].name"))
    page.locator(".chart.phase").scroll_into_view_if_needed()
    moved = page.locator(".strip").bounding_box()
    assert moved is not None
    assert moved["y"] + moved["height"] < 0, "and not in the way elsewhere"
    page.wait_for_timeout(1000)
    watched.picture(page, f"explorer {language}")
    watched.check(page, f"explorer {language}")


def test_a_projector_shows_sliders_and_pictures_at_once(watched: Watched) -> None:  # noqa: F811
    page = open_explorer(watched, {"viewport": {"width": 1280, "height": 800}})
    for place in range(3):
        box = page.locator(".chart").nth(place).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 800
    page.locator(".controls-card input[type=range]").nth(9).focus()
    assert page.evaluate("window.scrollY") == 0
