"""How to join, on the board: QR code, address and code of the class, also as large as the screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import segno
from nicegui import ui

from negotiation.seminar.web.parts import Box, button, dress
from negotiation.seminar.web.tree import Drawing, Node, node
from negotiation.terms import language, say, speaking

BORDER = 2  # empty modules around the code


class Invitation:
    """The card on the board, and the same in a line and as large as the screen; in the language in force.

    Args:
        code: of the class.
        addresses: of the site, the best for phones first.
        chosen: number of the one to show.
    """

    def __init__(self, code: str, addresses: tuple[str, ...], chosen: int = 0) -> None:
        self.code, self.addresses, self.language = code, addresses, language()
        self.chosen = chosen if 0 <= chosen < len(addresses) else 0
        self.menus: list[ui.select] = []
        self.drawings: list[Drawing] = []

    def card(self) -> Box:
        """The card, made here."""
        with Box("section", "card", aria_label=say("How to join")) as made:
            self._draw(_invitation, "invite")
            self._menu()
        return made

    def line(self) -> ui.element:
        """The same in one line, for those who come late."""
        return self._draw(_line, "joinline").element

    def large(self) -> ui.dialog:
        """The same over the whole screen, for the back of the room."""
        with ui.dialog().props("maximized") as made, Box("div", "card large"):
            made.props["aria-label"] = say("How to join")
            self._draw(_invitation, "invite")
            with Box("div", "controls"):
                self._menu()
                button(say("Back to the board"), made.close)
        return made

    def _draw(self, draw: Callable[[tuple[str, str]], list[Node]], classes: str) -> Drawing:
        made = Drawing(draw, "div", classes)
        made.show((self.addresses[self.chosen], self.code))
        self.drawings.append(made)
        return made

    def _menu(self) -> None:
        """Which address, where there are several: only a room's own network tells which one phones can reach."""
        if len(self.addresses) > 1:
            menu = ui.select({number: address.removeprefix("http://") for number, address in enumerate(self.addresses)},
                             value=self.chosen, label=say("Address shown")).props("outlined dense")
            dress(menu, "addresses")
            menu.on_value_change(lambda event: self.choose(event.value))
            self.menus.append(menu)

    def choose(self, number: Any) -> None:
        """Show another address; it stands in the page's own address, so that it outlives a reload."""
        if isinstance(number, int) and number != self.chosen and 0 <= number < len(self.addresses):
            self.chosen = number
            for menu in self.menus:
                menu.set_value(number)
            with speaking(self.language):
                for drawing in self.drawings:
                    drawing.show((self.addresses[number], self.code))
            ui.run_javascript(f'history.replaceState(history.state, "", "?address={number}")')


def _address(shown: tuple[str, str]) -> str:
    site, code = shown
    return f"{site}/j/{code}"


def _line(shown: tuple[str, str]) -> list[Node]:
    where = say("{what}: {more}", what=say("Join at"), more="")
    return [node("p", "", where, node("strong", "", _address(shown).removeprefix("http://")))]


def _invitation(shown: tuple[str, str]) -> list[Node]:
    address, (_, code) = _address(shown), shown
    made = segno.make_qr(address, error="m")
    width, height = made.symbol_size(border=BORDER)
    path = "".join(f"M{column + BORDER} {row + BORDER}h1v1h-1z" for row, line in enumerate(made.matrix)
                   for column, dark in enumerate(line) if dark)
    picture = node("svg", "qr", node("rect", "", width=str(width), height=str(height), fill="#fff"),
                   node("path", "", d=path, fill="#000"), viewBox=f"0 0 {width} {height}", role="img",
                   aria_label=say("QR code of {address}", address=address), shape_rendering="crispEdges")
    return [picture, node("div", "", node("p", "quiet", say("Join at")),
                          node("p", "address", address.removeprefix("http://")),
                          node("p", "quiet", say("Code of the class")), node("p", "big", code))]


__all__ = ["Invitation"]
