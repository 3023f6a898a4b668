"""The explorer under a reader's hands: sliders never go back under quick fingers, each number says what it means."""

from __future__ import annotations

import pytest
from test_seminar_browser import PHONE, Watched, browser, server, watched  # noqa: F401
from test_seminar_explorer_page import WIDE, address, numbers, open_explorer

from negotiation.seminar.explorer import read_state
from negotiation.seminar.explorer_view import compute
from negotiation.seminar.explorer_why import share

pytest.importorskip("nicegui", reason="the extra `seminar` is not installed")

from playwright.sync_api import expect

ATTENTION = "Washington: attention (payoff/effort)"


@pytest.mark.parametrize("pause", [0, 60, 120, 180, 250])
def test_quick_key_presses_all_count(watched: Watched, pause: int) -> None:  # noqa: F811
    page = open_explorer(watched, WIDE)
    slider = page.get_by_label(ATTENTION, exact=True).first
    slider.focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(pause)
    assert float(slider.input_value()) == pytest.approx(0.7)
    page.wait_for_url("**washington.attention=0.7*")
    page.wait_for_timeout(600)
    assert float(slider.input_value()) == pytest.approx(0.7)
    expect(page.locator(".slider output").first).to_have_text("0.7")
    assert numbers(page) == [share(chance) for chance in compute(read_state(address(page))).outcomes]


def test_a_slider_grabbed_again_is_not_pulled_back(watched: Watched) -> None:  # noqa: F811
    page = open_explorer(watched, WIDE)
    slider = page.get_by_label(ATTENTION, exact=True).first
    box = slider.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.2, middle)
    for turn in range(6):  # let go and grabbed again before the answer is there
        page.mouse.down()
        for step in range(4):
            page.mouse.move(box["x"] + box["width"] * (0.2 + turn * 0.1 + step * 0.02), middle)
            page.wait_for_timeout(25)
        page.mouse.up()
        page.wait_for_timeout(15 + 25 * turn)
        held = float(slider.input_value())
        page.mouse.down()
        page.wait_for_timeout(160)
        assert float(slider.input_value()) == pytest.approx(held, abs=0.03), "stays where the hand has it"
        page.mouse.up()
    last = float(slider.input_value())
    page.wait_for_url(f"**washington.attention={last}*")
    page.wait_for_timeout(400)
    assert float(slider.input_value()) == last
    expect(slider).to_have_attribute("aria-valuetext", page.locator(".slider output").first.inner_text())


def test_a_refused_value_is_put_back_under_the_fingers(watched: Watched) -> None:  # noqa: F811
    page = open_explorer(watched, WIDE)
    slider = page.get_by_label(ATTENTION, exact=True).first
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**washington.attention=0.61*")
    slider.evaluate("one => { one.min = -5; one.value = -5; one.dispatchEvent(new Event('change')); }")
    expect(page.get_by_role("alert").first).to_contain_text("-5")
    expect(slider).to_have_js_property("value", "0.61")
    expect(page.locator(".slider output").first).to_have_text("0.61")


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1920, 1080), (390, 844)])
def test_why_it_changed_begins_with_what_moved_most_and_hides_nothing(
        watched: Watched, width: int, height: int) -> None:  # noqa: F811
    page = open_explorer(watched, {"viewport": {"width": width, "height": height}})
    page.get_by_label("Standstill: length (rounds)", exact=True).first.focus()
    for _ in range(3):
        page.keyboard.press("PageUp")
    page.wait_for_url("**standstill.length=11.8*")
    why = page.locator(".reason")
    expect(why.locator("h3").first).to_have_text("What moved most")
    expect(why.locator("ul").first.locator("li")).to_have_count(5)
    for part in (why, page.locator(".reasons"), page.locator(".now")):
        assert part.evaluate("one => one.scrollHeight <= one.clientHeight + 1")
        assert part.evaluate("one => one.scrollWidth <= one.clientWidth + 1")
    last = why.locator("ul").first.locator("li").last.bounding_box()
    ladder = page.locator(".chart.fan").first.bounding_box()
    assert last is not None
    assert ladder is not None
    if width > 1000:
        assert last["y"] + last["height"] < height / 1.5, "in sight without scrolling"
        assert ladder["y"] + ladder["height"] <= height + 10, "and so are the ladders"
    watched.picture(page, f"explorer why {width}")
    watched.check(page, f"explorer why {width}")


def test_each_number_says_what_it_means_by_keyboard_and_by_touch(watched: Watched) -> None:  # noqa: F811
    page = open_explorer(watched, WIDE)
    asked = page.get_by_role("button", name=f"About this number: {ATTENTION}")
    page.get_by_label(ATTENTION, exact=True).first.focus()
    page.keyboard.press("Tab")
    expect(asked).to_be_focused()
    expect(asked).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Enter")
    expect(asked).to_have_attribute("aria-expanded", "true")
    told = page.locator(f"#{asked.get_attribute('aria-controls')}")
    expect(told).to_be_visible()
    expect(told).to_contain_text("Price of one unit of effort")
    expect(told).to_contain_text("0.05 to 1.2 is plausible; the scenario has 0.6.")
    expect(told).to_contain_text("Source: A: 'it's like a full-time job' (19 July 2019)")
    page.keyboard.press("Space")
    expect(told).to_be_hidden()
    page.get_by_label("Tokyo", exact=True).select_option("level_k")
    page.get_by_role("button", name="About this number: Steps of reasoning").click()
    expect(page.locator(".settings .about").first).to_contain_text("Steps of reasoning")
    phone = watched.open(PHONE, "/explorer?language=ja&scenario.shadow=40")
    phone.locator(".ask").first.tap()
    told = phone.locator(".about").first
    expect(told).to_contain_text("労力1単位あたりの費用")
    expect(told.locator("[lang=en]")).to_have_text("A: 'it's like a full-time job' (19 July 2019)")
    phone.locator(".ask").last.tap()  # a number whose meaning is not translated says so
    expect(phone.locator(".controls-card .about").last.locator("p").first).to_have_attribute("lang", "en")
    watched.picture(phone, "explorer notes ja")
    watched.check(phone, "explorer notes ja")
