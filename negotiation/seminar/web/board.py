"""The teacher's board: every table live, who is waited for, outcomes beside the exact prediction, and the controls."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from fastapi import Request
from nicegui import ui

from negotiation.seminar.board import BoardView, board_view, merged
from negotiation.seminar.people import ENDED, PAUSED, PLAYING, WAITING, Room, SeminarError
from negotiation.seminar.room import Seminar
from negotiation.seminar.web import board_blocks as draw
from negotiation.seminar.web.board_invite import Invitation
from negotiation.seminar.web.board_table import TableDialog
from negotiation.seminar.web.parts import Block, Box, Text, alive, anchor, button, page
from negotiation.seminar.web.refusals import taught
from negotiation.seminar.web.site import Site
from negotiation.seminar.web.teacher_words import PHASES, students
from negotiation.seminar.web.tree import Drawing
from negotiation.terms import say, speaking
from negotiation.vocabulary import Actor

EVERY = 0.5  # seconds in which changes are gathered before the board is drawn again
SORTED = 3.0  # seconds between two sortings, so that a card stays long enough to be clicked
MANY = 24  # tables from which on cards are small at first
VERBS = {WAITING: "Start", PLAYING: "Pause", PAUSED: "Go on", ENDED: ""}
FILTERS = {"all": "All tables", "waiting": "Waiting", "long": "Waiting for long", "ended": "Finished"}


class BoardPage:
    """One open board, in the language of the class.

    Args:
        site: the running site.
        room: the class.
        address: number of the address to show to students.
    """

    def __init__(self, site: Site, room: Room, address: int = 0) -> None:
        self.site, self.service, self.room = site, site.service, room
        self.language = room.settings.language
        self._due = self._sorting = False
        self._sorted_at = 0.0
        self.cards: dict[int, Drawing] = {}
        scenario: Any = room.settings.scenario
        with speaking(self.language):
            self.seats = tuple(say(str(scenario[actor.key]["name"])) for actor in Actor)
            with page(say("Board {code}", code=room.code), self.language, "board"):
                self.main = ui.context.client.content
                self._build(Invitation(room.code, site.addresses, address))
        self.show()
        self.end = self.service.watch(room.number, None, self.changed)
        ui.context.client.on_delete(lambda: self.end())

    # ------------------------------------------------------------------------------------ the page

    def _build(self, invitation: Invitation) -> None:
        with Box("header", "boardtop"):
            with Box("div"):
                self.head = Block(self._draw_head)
                self.joining = Box("div", "joining")
            with self.joining:
                self.line = invitation.line()
            with Box("div", "controls", role="group", aria_label=say("Controls")):
                self._controls()
        large = invitation.large()
        with Box("div", "overview"):
            self.invitation = invitation.card()
            with self.invitation:
                button(say("Show it large"), large.open, "button plain")
            with Box("details", "card outcomes-so-far", open=True):
                Text(say("Outcomes so far"), "summary")
                self.outcomes = Drawing(draw.distribution)
                self.reveal = ui.checkbox(say("Show the exact prediction for equilibrium play, and the treatments"),
                                          value=self.room.settings.advice or self.room.phase == ENDED)
                self.reveal.on_value_change(self.show)
        with self.top:
            self.larger = button(say("Show the address"), large.open, "button plain")
        with self.joining:
            self.closed = ui.checkbox(say("No more joins"), value=False)
            self.closed.on_value_change(self._close_joining)
        with Box("div", "look"):
            self.legend = Drawing(draw.legend)
            self._look()
        self.grid = Box("section", "grid", aria_label=say("All tables"), data_none=say("None now."))
        many = len(self.service.reading.tables(self.room.number)) > MANY
        self.small.set_value(many)
        self.table = TableDialog(self.service, self.room.number, self.seats, self._do, self._nudge)

    def _controls(self) -> None:
        self.top = Box("div")
        with self.top:
            self.main_button = button("", self._go, "button")
            self.nudging = button(say("Nudge everybody waited for"), self._nudge_all, "button plain")
            for link in self.site.links_at("board", self.service.reading.room(self.room.number)):
                anchor(say(link.text), link.address.format(code=self.room.code), "button plain")
            anchor(say("All classes"), "/teacher", "button plain")
            self.ending = button(say("End the class"), self._ask_end, "button plain ending")
        with ui.dialog() as self.asked, Box("div", "dialog card"):
            self.asked.props["aria-label"] = say("End the class?")
            Text(say("End the class?"), "h2")
            Text(say("No more moves are taken, and the debrief opens. This cannot be undone."), "p")
            with Box("div", "controls"):
                button(say("End it"), self._end)
                button(say("Not yet"), self.asked.close, "button plain")

    def _look(self) -> None:
        """Which cards are shown, in which order, how large; the browser itself hides those that are not."""
        with Box("div", "filters", role="group", aria_label=say("Which tables")):
            self.filters = {key: button(say(text), partial(self._only, key), "button plain small",
                                        aria_pressed="true" if key == "all" else "false")
                            for key, text in FILTERS.items()}
        self.longest = ui.checkbox(say("Longest wait first"))
        self.longest.on_value_change(self.show)
        self.small = ui.checkbox(say("Small cards"))
        self.small.on_value_change(lambda: self.grid.classes(add="small") if self.small.value
                                   else self.grid.classes(remove="small"))

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
        missing = {card.number: sum(not each.away and not present[each.number] for each in card.people)
                   for card in view.cards}
        shows = bool(self.reveal.value)
        with speaking(self.language):
            self.head.show((view.title, view.phase, view.people, view.away, view.ended, len(view.cards),
                            sum(missing.values())))
            self._show_controls(view.phase, view.closed)
            shown = view.outcomes if shows else (merged(view.outcomes),)
            self.outcomes.show((view.names, shown, shows))
            self.legend.show((view.sides, say("Standstill")))
            for card in view.cards:
                if card.number not in self.cards:
                    with self.grid:
                        self.cards[card.number] = Drawing(partial(draw.card, self.service.reading.clock), "article",
                                                          "tablecard", self._manage)
                self.cards[card.number].show(draw.Shown(card, view.weeks, view.tops, self.seats, view.names, shows,
                                                        missing[card.number], view.phase == WAITING))
            self._show_table(view)
        self._sort(view)

    def _show_controls(self, phase: str, closed: bool) -> None:
        self.main_button.set_text(say(VERBS[phase]))
        self.main_button.set_visibility(phase != ENDED)
        self.nudging.set_visibility(phase in (PLAYING, PAUSED))
        self.ending.set_visibility(phase != ENDED)
        self.invitation.set_visibility(phase == WAITING and not closed)
        for element in (self.line, self.larger):
            element.set_visibility(phase in (PLAYING, PAUSED) and not closed)
        self.closed.set_visibility(phase != ENDED)
        self.closed.set_value(closed)

    def _show_table(self, view: BoardView) -> None:
        card = next((each for each in view.cards if each.number == self.table.number), None)
        if card is not None and self.table.dialog.value:
            self.table.show(card, view.phase, bool(self.reveal.value))

    def _sort(self, view: BoardView) -> None:
        """Those who are waited for longest first, if so wished; else by number.

        The elements move, so that a keyboard and a screen reader meet them in the order that is seen.
        """
        first = bool(self.longest.value)
        wanted = [self.cards[card.number].element for card in sorted(view.cards, key=lambda card: (
            (card.since is None, card.since or 0.0) if first else (False, 0.0), card.number))]
        children = self.grid.default_slot.children
        if children == wanted:
            return
        loop = asyncio.get_running_loop()
        if first and (wait := self._sorted_at + SORTED - loop.time()) > 0:
            if not self._sorting:
                self._sorting = True
                loop.call_later(wait, self._sort_again)
            return
        self._sorted_at = loop.time()
        children[:] = wanted
        self.grid.update()

    def _sort_again(self) -> None:
        self._sorting = False
        self.changed()

    def _only(self, kind: str) -> None:
        for key, element in self.filters.items():
            element.props["aria-pressed"] = "true" if key == kind else "false"
            self.grid.classes(add=f"only-{key}") if key == kind else self.grid.classes(remove=f"only-{key}")

    def _draw_head(self, shown: tuple[str, str, int, int, int, int, int]) -> None:
        title, phase, people, away, ended, tables, missing = shown
        Text(title, "h1")
        told = [say(PHASES[phase]), students(people),
                say("1 table") if tables == 1 else say("{count} tables", count=tables),
                say("{count} finished", count=ended)]
        told += [say("{count} played by agents", count=away)] if away else []
        told += [say("{count} with no page open", count=missing)] if missing else []
        Text(" · ".join(told), "p", "facts", role="status")

    # ------------------------------------------------------------------------------------ acting

    def _manage(self, number: object) -> None:
        if isinstance(number, int) and number in self.cards:
            self.table.open(number)
            with speaking(self.language):
                self._show_table(board_view(self.service.reading, self.room.number))

    async def _go(self) -> None:
        """Begin, pause or go on, whichever the board says; another board may have done so before."""
        verb = self.main_button.text
        with speaking(self.language):
            pause = verb == say(VERBS[PLAYING])
        await self._do(lambda seminar: seminar.pause(self.room.number) if pause else seminar.start(self.room.number))

    async def _do(self, act: Callable[[Seminar], Any]) -> None:
        with self.main:
            try:
                await self.service.do(act)
            except SeminarError as error:
                with speaking(self.language):
                    ui.notify(say(str(error)), type="warning", position="top")
            self.changed()

    async def _end(self) -> None:
        self.asked.close()
        if self.service.reading.room(self.room.number).phase != ENDED:
            await self._do(lambda seminar: seminar.end(self.room.number))

    async def _close_joining(self) -> None:
        """As the mark says; it is also set where another board has changed it, and then nothing is to be done."""
        closed = bool(self.closed.value)
        if closed != self.service.reading.room(self.room.number).closed:
            await self._do(lambda seminar: seminar.close_joining(self.room.number, closed))

    def _ask_end(self) -> None:
        self.asked.open()

    def _nudge(self, number: int) -> None:
        waited = self.service.reading.waited_for(self.room.number, number)
        reached = sum(bool(self.service.nudge(each.number)) for each in waited)
        with self.main, speaking(self.language):
            ui.notify(say("Table {number}: {reached} of {all} reached", number=number, reached=reached,
                          all=len(waited)), position="top")

    def _nudge_all(self) -> None:
        waited = [each for number in self.service.reading.tables(self.room.number)
                  for each in self.service.reading.waited_for(self.room.number, number)]
        reached = sum(bool(self.service.nudge(each.number)) for each in waited)
        with self.main, speaking(self.language):
            ui.notify(say("{reached} of {all} reached", reached=reached, all=len(waited)), position="top")


def install(site: Site) -> None:
    """Declare the page."""

    @ui.page("/board/{code}", response_timeout=30)
    def board(request: Request, code: str) -> None:
        room = taught(site, request, code)
        if room is None:
            return
        asked = request.query_params.get("address", "0")
        BoardPage(site, room, int(asked) if asked.isdecimal() and len(asked) < 3 else 0)


__all__ = ["BoardPage", "install"]
