"""The few elements that the pages are made of: plain HTML with text, blocks that are drawn again when they change.

Text is always set as text (Vue escapes it); no page of the class makes markup of a string.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from nicegui import app, ui
from nicegui.elements.mixins.text_element import TextElement

from negotiation.library import load_scenario
from negotiation.scenario import Scenario
from negotiation.terms import language as language_in_force
from negotiation.terms import say

FOLDER = Path(__file__).parent
LANGUAGES: dict[str, Any] = {"en": "en-US", "ja": "ja", "ko": "ko-KR"}
PRIMARY = "#0b4f8a"
FAILED = "That could not be kept. Try again."


class Text(TextElement):
    """An element of any kind that holds text.

    Args:
        text: shown as it is, whatever markup it may hold.
        tag: of the element.
        classes: of the style sheet, in one string.
        attributes: further ones; underscores stand for dashes.
    """

    def __init__(self, text: str = "", tag: str = "div", classes: str = "", **attributes: Any) -> None:
        super().__init__(tag=tag, text=text)
        dress(self, classes, **attributes)


class Box(ui.element):
    """An element of any kind that holds others."""

    def __init__(self, tag: str = "div", classes: str = "", **attributes: Any) -> None:
        super().__init__(tag)
        dress(self, classes, **attributes)


def dress(element: ui.element, classes: str = "", **attributes: Any) -> None:
    """Give an element classes and attributes; underscores stand for dashes."""
    if classes:
        element.classes(classes)
    for key, value in attributes.items():
        if value is not None:
            element.props[key.rstrip("_").replace("_", "-")] = value


def held_runs(held: Iterable[bool]) -> list[tuple[int, int]]:
    """Of every run of weeks under a standstill first week and length: a band for each shows no seams."""
    found, week = [], 0
    for under, run in groupby(held):
        length = len(list(run))
        if under:
            found.append((week, length))
        week += length
    return found


def button(text: str, act: Callable[[], Any], classes: str = "button", **attributes: Any) -> Text:
    """A button of the page's own kind: a real one, so that keyboards and screen readers know it."""
    made = Text(text, "button", classes, type="button", **attributes)
    made.on("click", lambda: act(), args=[])
    return made


def anchor(text: str, address: str, classes: str = "", **attributes: Any) -> Text:
    """A link to another page of the site."""
    return Text(text, "a", classes, href=address, **attributes)


class Block:
    """A part of a page that is drawn again only when what it shows has changed.

    Args:
        draw: makes the elements, given what is to be shown.
        tag, classes, attributes: of the element around them.
    """

    def __init__(self, draw: Callable[[Any], None], tag: str = "div", classes: str = "", **attributes: Any) -> None:
        self.element = Box(tag, classes, **attributes)
        self.draw = draw
        self._shown: object = self

    def show(self, what: object) -> None:
        """Show this."""
        if self._shown is self or what != self._shown:
            self._shown = what
            self.element.clear()
            with self.element:
                self.draw(what)


def page(title: str, language: str = "en", classes: str = "") -> ui.element:
    """Dress the page under way and return the element that holds what it shows.

    It is no ``main`` element: NiceGUI puts the page into one.

    Args:
        title: of the browser's window.
        language: one of `LANGUAGES`.
        classes: of that element.
    """
    client = ui.context.client
    own = copy.copy(client.page)  # the page object is shared by all readers of the address
    own.language = LANGUAGES[language]
    client.page = own
    ui.page_title(title)
    ui.colors(primary=PRIMARY)
    return Box("div", f"page {classes}")


def refuse(title: str, text: str, status: int = 404) -> None:
    """A page that says why there is nothing to see, in the language in force."""
    ui.context.client.status_code = status
    with page(title, language_in_force(), "narrow"):
        Text(title, "h1")
        Text(text, "p")
        anchor(say("Join a class"), "/join", "button")


@cache
def shipped(name: str) -> Scenario:
    """A shipped scenario; read once, as reading takes longer than a page should."""
    return load_scenario(name)


def share_files() -> None:
    """Serve the style sheet and the script, and put them into every page."""
    app.add_static_files("/seminar", FOLDER / "static", max_cache_age=0)
    ui.add_head_html('<link rel="stylesheet" href="/seminar/seminar.css">', shared=True)
    ui.add_body_html('<script defer src="/seminar/seminar.js"></script>', shared=True)


def alive(element: ui.element) -> bool:
    """Whether an element's page is still open on the server's side."""
    try:
        return not element.client.is_deleted
    except RuntimeError:
        return False


__all__ = [
    "FAILED", "PRIMARY", "Block", "Box", "Text", "alive", "anchor", "button", "dress", "held_runs", "page", "refuse",
    "share_files", "shipped",
]
