"""News of an explorer's page that must be there at once, past Vue: one message, and of charts only what changed.

An update of NiceGUI's elements makes the browser go through the whole page, which takes longer than to draw the
charts. Elements that are named here hold nothing that NiceGUI knows of, so the two never touch the same text.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from nicegui import Client, ui

from negotiation.seminar.web.tree import Node

Options = dict[str, Any]


class News:
    """What one open page has been sent.

    Args:
        client: of the page.
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        self._parts: dict[str, str] = {}
        self._options: dict[str, Options] = {}
        self._waiting: dict[str, Any] = {}

    def knows(self, chart: ui.echart, options: Options) -> None:
        """A chart has been made with these options."""
        self._options[_name(chart)] = options

    def part(self, element: ui.element, nodes: Sequence[Node | str]) -> None:
        """An element's content is now this."""
        text = json.dumps(nodes, ensure_ascii=False)
        if self._parts.get(_name(element)) != text:
            self._parts[_name(element)] = text
            self._waiting.setdefault("parts", {})[_name(element)] = nodes

    def text(self, element: ui.element, text: str) -> None:
        """An element's text is now this."""
        self.part(element, [text])

    def name(self, element: ui.element, words: str) -> None:
        """What an element is to people who do not see it."""
        self._waiting.setdefault("names", {})[_name(element)] = words

    def chart(self, chart: ui.echart, options: Options, late: bool = False) -> None:
        """A chart's options are now these.

        Args:
            chart: which.
            options: all of them, the same series in the same order as before.
            late: whether it is drawn after those that are waited for.
        """
        changed = difference(self._options.get(_name(chart), {}), options)
        self._options[_name(chart)] = options
        if changed:
            self._waiting.setdefault("late" if late else "charts", {})[_name(chart)] = changed

    def send(self, number: int | None = None, more: bool = False) -> None:
        """Send what is new.

        Args:
            number: of the setting that is shown; None where it is the same still.
            more: whether the rest of it follows.
        """
        if number is not None:
            self._waiting |= {"number": number, **({"more": True} if more else {})}
        if self._waiting:
            told = json.dumps(self._waiting, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
            self._waiting = {}
            self.client.run_javascript(f"window.explorer.show({told})")


def difference(old: Options, new: Options) -> Options:
    """The options that a chart must be given to go from the old to the new ones; series are known by their ``id``."""
    changed = {key: value for key, value in new.items() if key != "series" and old.get(key) != value}
    before = {series["id"]: series for series in old.get("series", ())}
    series = []
    for each in new["series"]:
        known = before.get(each["id"], {})
        apart = {key: value for key, value in each.items() if known.get(key) != value}
        if apart:
            series.append({"id": each["id"], **apart} if known else each)
    return {**changed, "series": series} if series else changed


def _name(element: ui.element) -> str:
    return f"c{element.id}"


__all__ = ["News", "difference"]
