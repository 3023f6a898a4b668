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
