"""The teacher's board: every table live, who is waited for, outcomes beside the exact prediction, and the controls."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import segno
from fastapi import Request
from nicegui import ui

from negotiation.seminar.board import BoardView, Card, board_view, merged
from negotiation.seminar.play import ENDED, PAUSED, PLAYING, WAITING, Room, SeminarError
from negotiation.seminar.room import Seminar
from negotiation.seminar.web import board_blocks as draw
from negotiation.seminar.web.parts import Block, Box, Text, alive, anchor, button, page, refuse
from negotiation.seminar.web.site import Site
from negotiation.seminar.web.tree import Drawing
from negotiation.terms import say, speaking

EVERY = 0.5  # seconds in which changes are gathered before the board is drawn again
PHASES = {WAITING: "Waiting to begin", PLAYING: "Playing", PAUSED: "Paused", ENDED: "Ended"}


class BoardPage:
    """One open board.

    Args:
        site: the running site.
        room: the class.
    """

    def __init__(self, site: Site, room: Room) -> None:
        self.site, self.service, self.room = site, site.service, room
        self.language = room.settings.language
        self._due = False
        self._table: int | None = None
        self.cards: dict[int, Drawing] = {}
        with page(f"Board {room.code}", self.language, "board"), speaking(self.language):
            self.main = ui.context.client.content
            with Box("header", "boardtop"):
                self.head = Block(self._draw_head)
                with Box("div", "controls", role="group", aria_label="Controls"):
                    self.controls = Block(self._draw_controls)
            with Box("div", "overview"):
                self.invitation = Box("section", "card invite", aria_label="How to join")
                self._invite()
                with Box("section", "card", aria_label="Outcomes"):
                    Text("Outcomes so far", "h2")
                    self.outcomes = Drawing(draw.distribution)
                    self.reveal = ui.checkbox("Show the exact prediction for equilibrium play, and the treatments",
                                              value=room.settings.advice or room.phase == ENDED)
                    self.reveal.on_value_change(lambda: self.show())
            self.legend = Drawing(draw.legend)
            self.grid = Box("section", "grid", aria_label="Tables")
            with ui.dialog().props("aria-label='One table'") as self.dialog, Box("div", "dialog card"):
                self.table = Block(self._draw_table)
        self.show()
        self.end = self.service.watch(room.number, None, self.changed)
        ui.context.client.on_delete(lambda: self.end())

    # ------------------------------------------------------------------------------------ showing

    def changed(self) -> None:
        """Draw again soon."""
        if not self._due:
            self._due = True
            asyncio.get_running_loop().call_later(EVERY, self._draw_again)

    def _draw_again(self) -> None:
        self._due = False
        if alive(self.main):
            self.show()

    def show(self) -> None:
        """Show the class as it is."""
        view = board_view(self.service.reading, self.room.number)
        present = self.service.present
        missing = frozenset(each.number for card in view.cards for each in card.people
                            if not each.away and not present[each.number])
        shows = bool(self.reveal.value)
        with speaking(self.language):
            self.head.show((view.title, view.phase, view.people, view.away, view.ended, len(view.cards), len(missing)))
            self.controls.show(view.phase)
            self.invitation.set_visibility(view.phase in (WAITING, PLAYING, PAUSED))
            shown = view.outcomes if shows else (merged(view.outcomes),)
            self.outcomes.show((view.names, shown, shows))
            self.legend.show((view.sides, say("Standstill")))
            for card in view.cards:
                if card.number not in self.cards:
                    with self.grid:
                        self.cards[card.number] = Drawing(draw.card, "article", "tablecard", self._manage)
                self.cards[card.number].show((card, (view.weeks, *view.tops), shows,
                                              tuple(each.name for each in card.people if each.number in missing)))
            self._show_table(view)

    def _show_table(self, view: BoardView) -> None:
        card = next((each for each in view.cards if each.number == self._table), None)
        if card is not None:
            self.table.show((card, view.phase, self.service.reading.place(self.room.number, card.number),
                             tuple(self.service.present[each.number] for each in card.people)))

    def _draw_head(self, shown: tuple[str, str, int, int, int, int, int]) -> None:
        title, phase, people, away, ended, tables, missing = shown
        Text(title, "h1")
        told = [PHASES[phase], _many(people, "student"), _many(tables, "table"), f"{ended} finished"]
        told += [f"{away} played by agents"] if away else []
        told += [f"{missing} with no page open"] if missing else []
        Text(" · ".join(told), "p", "facts", role="status")

    def _draw_controls(self, phase: str) -> None:
        if phase in (WAITING, PAUSED):
            self._button("Start" if phase == WAITING else "Go on", lambda seminar: seminar.start(self.room.number))
        if phase == PLAYING:
            self._button("Pause", lambda seminar: seminar.pause(self.room.number))
        if phase in (PLAYING, PAUSED):
            button("Nudge everybody waited for", self._nudge_all, "button plain")
        if phase != ENDED:
            button("End the class", self._ask_end, "button plain")
        for link in self.site.links_at("board", self.service.reading.room(self.room.number)):
            anchor(link.text, link.address.format(code=self.room.code), "button plain")
        anchor("All classes", "/teacher", "button plain")

    def _invite(self) -> None:
        address = f"{self.site.addresses[0]}/j/{self.room.code}"
        code = segno.make_qr(address, error="m")
        width, height = code.symbol_size(border=2)
        with self.invitation:
            with Box("svg", "qr", viewBox=f"0 0 {width} {height}", role="img", aria_label=f"QR code of {address}"):
                Box("rect", width=str(width), height=str(height), fill="#fff")
                Box("path", d=_qr_path(code, 2), fill="#000")
            with Box("div"):
                Text(say("Join at"), "p", "quiet")
                Text(address.removeprefix("http://"), "p", "address")
                Text(say("Code of the class"), "p", "quiet")
                Text(self.room.code, "p", "big")
                for other in self.site.addresses[1:4]:
                    Text(f"or {other.removeprefix('http://')}/j/{self.room.code}", "p", "quiet")

    # ------------------------------------------------------------------------------------ one table

    def _manage(self, number: object) -> None:
        self._table = number if isinstance(number, int) else None
        self._show_table(board_view(self.service.reading, self.room.number))
        self.dialog.open()

    def _draw_table(self, shown: tuple[Card, str, int, tuple[int, ...]]) -> None:
        card, phase, place, present = shown
        number = card.number
        Text(f"Table {number}", "h2")
        Text(card.outcome or (f"Week {card.week}, {card.turn}: " + (", ".join(card.waiting) or "an agent")), "p")
        with Box("ul", "people"):
            for person, pages in zip(card.people, present, strict=True):
                with Box("li"):
                    Text(person.name, "strong")
                    Text(self._seat_name(person.seat.key) + (", an agent plays" if person.away else "" if pages
                                                             else ", no page open"), "span", "quiet")
                    self._button("Bring back" if person.away else "Let an agent play",
                                 partial(_turn_away, person.number, not person.away), "button plain")
        with Box("div", "controls"):
            if phase == PLAYING and not card.outcome:
                button("Nudge", partial(self._nudge, card), "button plain")
                self._button("Play this move on", lambda seminar: seminar.play_on(self.room.number, number),
                             "button plain")
            if phase in (PLAYING, PAUSED):
                client = f"undo {number} {place}"  # a second click on the same board takes back nothing more
                self._button("Undo the last week",
                             lambda seminar: seminar.undo(self.room.number, number, place, client), "button plain")
            button("Close", self.dialog.close)

    def _seat_name(self, key: str) -> str:
        scenario: Any = self.room.settings.scenario
        return f" ({say(str(scenario[key]['name']))})"

    # ------------------------------------------------------------------------------------ acting

    def _button(self, text: str, act: Callable[[Seminar], Any], classes: str = "button") -> None:
        button(text, partial(self._do, act), classes)

    async def _do(self, act: Callable[[Seminar], Any]) -> None:
        with self.main:
            try:
                await self.service.do(act)
            except SeminarError as error:
                ui.notify(str(error), type="warning", position="top")
            self.changed()

    def _nudge(self, card: Card) -> None:
        waited = self.service.reading.waited_for(self.room.number, card.number)
        reached = sum(bool(self.service.nudge(each.number)) for each in waited)
        with self.main:
            ui.notify(f"Table {card.number}: {reached} of {len(waited)} reached", position="top")

    def _nudge_all(self) -> None:
        waited = [each for number in self.service.reading.tables(self.room.number)
                  for each in self.service.reading.waited_for(self.room.number, number)]
        reached = sum(bool(self.service.nudge(each.number)) for each in waited)
        with self.main:
            ui.notify(f"{reached} of {len(waited)} reached", position="top")

    def _ask_end(self) -> None:
        with self.main, ui.dialog().props("aria-label='End the class?'") as asked, Box("div", "dialog card"):
            Text("End the class?", "h2")
            Text("No more moves are taken, and the debrief opens. This cannot be undone.", "p")
            with Box("div", "controls"):
                async def end() -> None:
                    asked.close()
                    await self._do(lambda seminar: seminar.end(self.room.number))

                button("End it", end)
                button("Not yet", asked.close, "button plain")
        asked.open()


def _turn_away(number: int, away: bool, seminar: Seminar) -> None:
    seminar.set_away(number, away)


def _qr_path(code: segno.QRCode, border: int) -> str:
    """The dark modules as one path of little squares."""
    return "".join(f"M{column + border} {row + border}h1v1h-1z" for row, line in enumerate(code.matrix)
                   for column, dark in enumerate(line) if dark)


def _many(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def install(site: Site) -> None:
    """Declare the page."""

    @ui.page("/board/{code}", response_timeout=30)
    def board(request: Request, code: str) -> None:
        room = site.teacher(request, code[:20])
        if room is None:
            refuse("For the teacher", "Open the start link that the command printed in the terminal.", 403)
            return
        BoardPage(site, room)


__all__ = ["BoardPage", "install"]
