"""Parts of pages that are told as trees of plain lists: cheap to send, and drawn by the browser.

A page of a few hundred NiceGUI elements costs the server tens of milliseconds; a tree is one element, whatever it
holds. Texts of a tree become text nodes, so markup in them stays text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from nicegui import ui

from negotiation.seminar.web.parts import dress

Node = list[Any]  # [tag, attributes, children], children being nodes and texts


def node(tag: str, classes: str = "", *children: Node | str, **attributes: Any) -> Node:
    """An element of a tree.

    Args:
        tag: of it.
        classes: of the style sheet, in one string.
        children: nodes and texts, in order.
        attributes: further ones, left out where None; underscores stand for dashes. `act` makes it a button that
            sends this value.
    """
    given = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items() if value is not None}
    return [tag, {"class": classes, **given} if classes else given, list(children)]


class Tree(ui.element, component="static/tree.js"):
    """A tree on a page."""


class Drawing:
    """A part of a page that is a tree, sent again only when what it shows has changed.

    Args:
        draw: makes the tree, given what is to be shown.
        act: called with the value of a button that is pressed.
        tag, classes, attributes: of the element around the tree.
    """

    def __init__(self, draw: Callable[[Any], Sequence[Node]], tag: str = "div", classes: str = "",
                 act: Callable[[Any], Any] | None = None, **attributes: Any) -> None:
        self.element = Tree()
        self.element.props["tag"] = tag
        dress(self.element, classes, **attributes)
        if act is not None:
            self.element.on("act", lambda event: act(event.args))
        self.draw = draw
        self._shown: object = self

    def show(self, what: object) -> None:
        """Show this."""
        if self._shown is self or what != self._shown:
            self._shown = what
            # As text: NiceGUI would wrap every list and dict of a value to watch it, which costs more than the rest.
            self.element.props["tree"] = json.dumps(list(self.draw(what)), ensure_ascii=False, separators=(",", ":"))


__all__ = ["Drawing", "Node", "node"]
