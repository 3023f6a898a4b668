"""What the explorer's page is made of: the browser's own sliders and menus, which keyboards and screen readers know."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from nicegui import Client

from negotiation.seminar.explorer_notes import Note
from negotiation.seminar.explorer_sliders import Slider
from negotiation.seminar.web.parts import Box, Text, dress
from negotiation.seminar.web.tree import Node, node
from negotiation.terms import say

VALUE = "(event) => emit(event.target.value)"
RELEASED = "(event) => window.explorer.released(event, emit)"
ADDRESS, FILE = "/explorer", "/explorer/scenario.yaml"
MOST_LETTERS = 20_000  # of what an event may say


def first(arguments: Any) -> str:
    """What an event's handler was sent."""
    return str(arguments[0] if isinstance(arguments, list) else arguments)[:MOST_LETTERS]


class SliderRow:
    """A slider with its name and value.

    The browser keeps where it stands and writes the value beside it, so that news that arrive while somebody moves it
    do not pull it away.

    Args:
        slider: where it stands first.
        act: called with the value, and whether the slider is still held; while it is, one value is under way at a
            time.
    """

    def __init__(self, slider: Slider, act: Callable[[str, bool], None]) -> None:
        self.slider, self.act = slider, act
        self._there = float(slider.value)  # where the browser's slider was last heard of
        with Box("div", "slider"):
            with Box("div", "named"):
                label = Text(slider.label, "label")
                self.output = Text(slider.shown, "output")
            with Box("div", "track"):
                self.input = Box("input", type="range", min=slider.low, max=slider.high, step=slider.step)
                if slider.note is not None:
                    asked = Text("?", "button", "button plain ask", type="button", aria_expanded="false",
                                 aria_label=say("About this number: {name}", name=slider.label))
            if slider.note is not None:
                told = Box("div", "about", hidden=True)
                dress(asked, "", aria_controls=f"c{told.id}")
                asked.on("click", js_handler=f"(event) => window.explorer.about(event, 'c{told.id}', "
                                             f"{json.dumps(note(slider.note))})")
        self.input.props["^value"] = str(float(slider.value))
        dress(label, "", for_=f"c{self.input.id}")
        dress(self.output, "", for_=f"c{self.input.id}")
        words = json.dumps([say("no"), say("yes")]) if slider.switch else "null"
        self.input.on("input", self._moved, js_handler=(
            f"(event) => {{ window.explorer.tell(event, 'c{self.output.id}', {words}); "
            "window.explorer.held(event, emit); }"))
        self.input.on("change", self._moved, js_handler=RELEASED)
        self.input.props["aria-valuetext"] = slider.shown
        self._mark()

    def _moved(self, event: Any) -> None:
        told = event.args[0] if isinstance(event.args, list) else event.args
        if not isinstance(told, Mapping):
            return
        value = str(told.get("value"))[:200]
        try:
            self._there = float(value)
        except ValueError:
            self._there = math.nan
        self.act(value, told.get("held") is True)

    def show(self, slider: Slider, client: Client) -> None:
        """Show where it stands now."""
        known, self.slider = self.slider, slider
        self._mark()
        if slider != known or float(slider.value) != self._there:
            self.stand(client, self._there)

    def _mark(self) -> None:
        moved = self.slider.value != self.slider.base
        self.output.classes(add="moved" if moved else "", remove="" if moved else "moved")

    def stand(self, client: Client, heard: float | None = None) -> None:
        """Put the browser's slider and its value where they belong.

        Args:
            client: of the page.
            heard: leave a slider under somebody's fingers that has gone on since this value; None moves any.
        """
        self._there = value = float(self.slider.value)
        told = "null" if heard is None or math.isnan(heard) else json.dumps(heard)
        client.run_javascript(f"window.explorer.stand('c{self.input.id}', {json.dumps(value)}, "
                              f"'c{self.output.id}', {json.dumps(self.slider.shown)}, {told})")


class Menu:
    """A menu with its label; it stays the same element, so that the keyboard stays on it.

    Args:
        label: what is chosen.
        options: value to words.
        value: what is chosen first.
        act: called with the value when another one is chosen.
    """

    def __init__(self, label: str, options: Mapping[str, str], value: str, act: Callable[[str], None]) -> None:
        self.options: Mapping[str, str] = {}
        self._there = value
        with Box("div"):
            self.label = Text(label, "label")
            self.select = Box("select")
        self._fill(options, value)
        dress(self.label, "", for_=f"c{self.select.id}")

        def chosen(event: Any) -> None:
            self._there = first(event.args)
            act(self._there)

        self.select.on("change", chosen, js_handler=VALUE)

    def _fill(self, options: Mapping[str, str], value: str) -> None:
        self.options = dict(options)
        self.select.clear()
        with self.select:
            for key, words in options.items():
                Text(words, "option", value=key, selected=True if key == value else None)

    def show(self, value: str, client: Client, options: Mapping[str, str] | None = None, label: str = "") -> None:
        """Show what is chosen now, of these options."""
        if label and label != self.label.text:
            self.label.text = label
        renewed = options is not None and dict(options) != self.options
        if renewed and options is not None:
            self._fill(options, value)
        if renewed or value != self._there:
            self._there = value
            # After the update that brings new options, which is sent first.
            client.run_javascript(f"setTimeout(() => window.explorer.set('c{self.select.id}', {json.dumps(value)}))")


def note(about: Note) -> list[Node]:
    """What a number means, as a tree: made in the browser where somebody asks for it."""
    lines = [node("p", "", about.meaning, lang="en" if about.foreign else None)] if about.meaning else []
    lines += [node("p", "", about.plausible)] if about.plausible else []
    if about.source:
        before, _, after = say("Source: {source}", source="\0").partition("\0")
        lines.append(node("p", "quiet", before, node("span", "", about.source, lang="en"), after))
    return lines


def field_number(label: str, value: int, act: Callable[[str], None]) -> Box:
    """A field for a whole number with its label."""
    name = Text(label, "label")
    made = Box("input", type="number", min=0, step=1, inputmode="numeric")
    made.props["^value"] = str(value)
    dress(name, "", for_=f"c{made.id}")
    made.on("change", lambda event: act(first(event.args)[:200]), js_handler=VALUE)
    return made


def copied(label: str, done: str, address: bool = False) -> Box:
    """An element for a text, with a button that copies it.

    Args:
        label: of the button.
        done: what the button says afterwards.
        address: whether the page's whole address is copied instead of the text.
    """
    with Box("div", "actions"):
        button = Text(label, "button", "button plain small", type="button")
    text = Box("code", data_copy="address" if address else None)
    button.on("click", js_handler=f"(event) => window.explorer.copy('c{text.id}', event, {json.dumps(done)})")
    return text


__all__ = ["ADDRESS", "FILE", "MOST_LETTERS", "Menu", "SliderRow", "copied", "field_number", "first", "note"]
