"""What the explorer's page is made of: the browser's own sliders and menus, which keyboards and screen readers know."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from nicegui import Client

from negotiation.seminar.explorer_sliders import Slider
from negotiation.seminar.web.parts import Box, Text, dress
from negotiation.terms import say

VALUE = "(event) => emit(event.target.value)"


def first(arguments: Any) -> str:
    """What an event's handler was sent."""
    return str(arguments[0] if isinstance(arguments, list) else arguments)[:200]


class SliderRow:
    """A slider with its name and value.

    The browser keeps where it stands, so that news that arrive while somebody drags do not pull it away.

    Args:
        slider: where it stands first.
        act: called with the value when it is let go.
    """

    def __init__(self, slider: Slider, act: Callable[[str], None]) -> None:
        self.slider, self.act = slider, act
        self._there = float(slider.value)  # where the browser's slider was last heard of
        with Box("div", "slider"):
            with Box("div", "named"):
                label = Text(slider.label, "label")
                self.output = Text(slider.shown, "output")
            self.input = Box("input", type="range", min=slider.low, max=slider.high, step=slider.step)
        dress(self.input, "", title=slider.source or None)
        self.input.props["^value"] = str(float(slider.value))
        dress(label, "", for_=f"c{self.input.id}")
        dress(self.output, "", for_=f"c{self.input.id}")
        words = json.dumps([say("no"), say("yes")]) if slider.switch else "null"
        self.input.on("input", js_handler=f"(event) => window.explorer.tell(event, 'c{self.output.id}', {words})")
        self.input.on("change", self._let_go, js_handler=VALUE)
        self._tell()

    def _let_go(self, event: Any) -> None:
        value = first(event.args)
        try:
            self._there = float(value)
        except ValueError:
            self._there = math.nan
        self.act(value)

    def show(self, slider: Slider, client: Client) -> None:
        """Show where it stands now."""
        if slider != self.slider:
            self.slider = slider
            self._tell()
            if float(slider.value) != self._there:  # else it is there, or further on its way
                self.stand(client)

    def _tell(self) -> None:
        slider = self.slider
        self.output.text = slider.shown
        self.input.props["aria-valuetext"] = slider.shown
        self.output.classes(add="moved" if slider.value != slider.base else "",
                            remove="moved" if slider.value == slider.base else "")

    def stand(self, client: Client) -> None:
        """Put the browser's slider and its value where they belong."""
        self._there = value = float(self.slider.value)
        client.run_javascript(f"window.explorer.set('c{self.input.id}', {json.dumps(value)}); "
                              f"document.getElementById('c{self.output.id}').textContent = "
                              f"{json.dumps(self.slider.shown)}")


def choose(label: str, options: Mapping[str, str], value: str, act: Callable[[str], None]) -> Box:
    """A menu with its label."""
    with Box("div"):
        name = Text(label, "label")
        made = Box("select")
        with made:
            for key, words in options.items():
                Text(words, "option", value=key, selected=True if key == value else None)
    dress(name, "", for_=f"c{made.id}")
    made.on("change", lambda event: act(first(event.args)), js_handler=VALUE)
    return made


def field_number(label: str, value: int, act: Callable[[str], None]) -> Box:
    """A field for a whole number with its label."""
    name = Text(label, "label")
    made = Box("input", type="number", min=0, step=1, inputmode="numeric")
    made.props["^value"] = str(value)
    dress(name, "", for_=f"c{made.id}")
    made.on("change", lambda event: act(first(event.args)), js_handler=VALUE)
    return made


def copied(label: str, done: str) -> Text:
    """A text with a button that copies it; returns the text."""
    with Box("div", "actions"):
        button = Text(label, "button", "button plain small", type="button")
    text = Text("", "code")
    button.on("click", js_handler=f"(event) => window.explorer.copy('c{text.id}', event, {json.dumps(done)})")
    return text


__all__ = ["SliderRow", "choose", "copied", "field_number", "first"]
