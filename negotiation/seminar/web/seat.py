"""A student's table, made for a phone. The secret link in its address is all that it needs to come back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import uuid4

from fastapi import Request
from nicegui import ui

from negotiation.seminar.limits import RateLimit
from negotiation.seminar.play import PLAYING, SeminarError, StaleError
from negotiation.seminar.room import Seminar
from negotiation.seminar.talk import LONGEST, MESSAGE, NOTE
from negotiation.seminar.telling import capital
from negotiation.seminar.views import ACT, OVER, WAIT, SeatView, Status, seat_view
from negotiation.seminar.web import seat_blocks as draw
from negotiation.seminar.web.join import wished_language
from negotiation.seminar.web.parts import FAILED, Block, Box, Text, alive, anchor, button, dress, page, refuse
from negotiation.seminar.web.site import Site
from negotiation.seminar.web.tree import Drawing
from negotiation.terms import say, speaking
from negotiation.vocabulary import Actor

ALL = "all"
SOON = 0.02  # seconds in which changes are gathered before a page is drawn again
PRESSES = RateLimit(60, 10.0)  # of buttons, a person
LOG = logging.getLogger(__name__)


class SeatPage:
    """One open page of one person.

    Args:
        site: the running site.
        number: of the person.
        link: their secret, for links to other pages.
    """

    def __init__(self, site: Site, number: int, link: str) -> None:
        self.site, self.number, self.link = site, number, link
        self.service = site.service
        person = self.service.reading.person_numbered(number)
        self.room, self.table = person.room, person.table
        self.language = self.service.reading.room(person.room).settings.language
        self.alone = self.service.reading.alone(person.room)
        self.client = ui.context.client
        self._due = False
        self._open, self._place, self._away = 0, 0, False
        self._turn = ""
        view = seat_view(self.service.reading, person)
        with speaking(self.language):
            self.main = page(view.seat, self.language, "seat")
            with self.main:
                self._build(view)
        self.show(view)
        ends = [self.service.watch(self.room, self.table, self.changed),
                self.service.watch_nudges(number, self.nudged)]
        self.client.on_connect(lambda: self._present(1))
        self.client.on_disconnect(lambda: self._present(-1))
        self.client.on_delete(lambda: self._close(ends))

    # ------------------------------------------------------------------------------------ the page

    def _build(self, view: SeatView) -> None:
        with Box("header", "top"):
            Text(view.title, "p", "quiet")
            Text(say("You are {name}", name=view.seat), "h1")
            Text(view.table, "p", "quiet")
        with Box("div", "status", role="status", aria_live="polite"):
            self.status = Drawing(draw.status)
            self.clock = Text("", "span", "clock", role="timer", aria_label=say("Time left"))
        self.options = Drawing(draw.options, "section", "card", self._chosen, aria_label=say("Your moves"))
        self.code = Drawing(draw.code, "section", "", self._hide_code, aria_label=say("Your personal code"))
        self._show_code(self.site.codes.pop(self.number, ""))
        self.standing = Drawing(draw.standing, "section", "card", aria_label=say("Where the dispute stands"))
        self.news = Drawing(draw.news, "section", "card", aria_label=say("News"))
        self.seated = Drawing(draw.seated, "section", aria_label=say("Who sits where"))
        self.payoffs = Drawing(draw.payoffs, "section", "card", aria_label=say("Payoffs"))
        with Box("details", "card", open=True if view.status.kind not in (ACT, OVER) else None):
            Text(say("Your confidential role sheet"), "summary")
            Drawing(draw.sheet).show(view.sheet)
        self.messages = self._talk(MESSAGE, view.messages, say("Messages between the capitals"),
                                   say("Message to the other capitals"), say("Send"))
        self.notes = self._talk(NOTE, view.notes, say("Your private notes"), say("A note to yourself"), say("Keep"))
        with Box("footer", "foot"):
            self._foot()

    def _foot(self) -> None:
        self.links = Block(self._draw_links, "div", "links")
        if self.alone:
            self._button(say("Take back a week"), self._take_back)
        self.leave = self._button("", self._leave)
        self._button(say("A new code for another phone"), self._new_code)

    def _draw_links(self, shown: tuple[tuple[str, str], ...]) -> None:
        for text, address in shown:
            anchor(say(text), address, "button plain")

    def _button(self, text: str, act: Callable[[], Awaitable[Any]]) -> Text:
        return button(text, partial(self._safely, act), "button plain")

    def _talk(self, kind: str, lines: object, title: str, label: str, verb: str) -> Drawing | None:
        if lines is None or (kind == MESSAGE and self.alone):
            return None
        with Box("section", "card"):
            Text(title, "h2")
            with Box("div", "lines", role="log" if kind == MESSAGE else None, tabindex="0", aria_label=title):
                block = Drawing(draw.lines, "ul")
            to = self._recipients() if kind == MESSAGE else None
            with Box("div", "write"):
                field = ui.input(label).props(f"maxlength={LONGEST} outlined dense autocomplete=off")
                dress(field, "grow")
                token = [str(uuid4())]

                async def send() -> None:
                    text, only = str(field.value or "")[:4 * LONGEST], ALL if to is None else to.value
                    await self._do(lambda seminar: seminar.write(
                        seminar.person_numbered(self.number), kind, text, f"w{self.number} {token[0]}",
                        Actor.parse(only) if only in set(Actor.keys()) else None))
                    token[0] = str(uuid4())
                    field.set_value("")

                act = partial(self._safely, send)
                field.on("keydown.enter", act, args=[])
                button(verb, act, "button")
        return block

    def _recipients(self) -> ui.radio:
        """To whom a message goes: both others, or one of them alone."""
        person = self.service.reading.person_numbered(self.number)
        game = self.service.reading.game(self.room, self.service.reading.treatment(self.room, self.table))
        others = {seat.key: say("only {name}", name=capital(game, seat)) for seat in Actor if seat is not person.seat}
        with Box("fieldset", "to"):
            Text(say("To"), "legend")
            return ui.radio({ALL: say("all"), **others}, value=ALL).props("inline dense")

    # ------------------------------------------------------------------------------------ showing

    def changed(self) -> None:
        """Draw the page again soon; changes that come together are drawn once."""
        if not self._due:
            self._due = True
            asyncio.get_running_loop().call_later(SOON, self._draw_again)

    def _draw_again(self) -> None:
        self._due = False
        if alive(self.main):
            self.show(seat_view(self.service.reading, self.service.reading.person_numbered(self.number)))

    def show(self, view: SeatView) -> None:
        """Show this."""
        with speaking(self.language):
            self._away = view.status.away
            self._place = view.status.place
            self.status.show(view.status)
            self._count_down(view.status)
            self.options.show((view.status.kind, view.now, view.options, view.status.place))
            self.options.element.set_visibility(view.status.kind in (ACT, WAIT) or bool(view.now))
            self.standing.show((view.ladders, view.standstill, view.held, view.tension, view.mood))
            self.news.show(view.news)
            self.payoffs.show(view.payoffs)
            if self.messages is not None:
                self.messages.show(view.messages)
            if self.notes is not None:
                self.notes.show(view.notes)
            self.links.show(tuple((link.text, link.address.format(link=self.link))
                                  for link in self.site.links_at("seat", self.service.reading.room(self.room))))
            self.seated.show(view.seated)
            self.leave.set_text(say("Play on myself") if view.status.away else say("Let an agent play for me"))

    def _count_down(self, status: Status) -> None:
        room = self.service.reading.room(self.room)
        turn = f"{status.place} {room.clock}"
        if turn != self._turn:
            self._turn = turn
            left = self.service.reading.seconds_left(room, self.table) if room.phase == PLAYING else None
            self.clock.props["data-turn"] = turn
            if left is None:
                self.clock.props.pop("data-left", None)
            else:
                self.clock.props["data-left"] = f"{max(0.0, left):.1f}"
            self.clock.set_text("")
            self.clock.set_visibility(left is not None)

    def nudged(self) -> None:
        """The teacher asks for the move."""
        if alive(self.main):
            with self.main, speaking(self.language):
                ui.notify(say("Your teacher asks: it is your turn."), type="warning", position="top", timeout=8000)
                ui.run_javascript("navigator.vibrate && navigator.vibrate(300)")

    def _close(self, ends: list[Callable[[], None]]) -> None:
        for end in ends:
            end()
        if self._open:
            self._present(-self._open)

    def _present(self, more: int) -> None:
        more = max(more, -self._open)
        self._open += more
        self.service.pages(self.service.reading.person_numbered(self.number), more)

    # ------------------------------------------------------------------------------------ acting

    async def _do(self, act: Callable[[Seminar], Any]) -> Any:
        return await self.service.do(act)

    async def _safely(self, act: Callable[[], Awaitable[Any]]) -> None:
        """Act; whatever cannot be done is told in one line."""
        with self.main, speaking(self.language):
            try:
                if not PRESSES.allows(str(self.number)):
                    raise SeminarError("too many tries; wait a minute")
                await act()
            except StaleError:
                ui.notify(say("The table has moved on. Look again."), type="warning", position="top")
                self.changed()
            except SeminarError as error:
                ui.notify(say(str(error)), type="warning", position="top")
            except Exception:  # such as a full disk: nothing is lost, and the button must not seem dead
                LOG.exception("what person %s sent could not be kept", self.number)
                ui.notify(say(FAILED), type="negative", position="top")

    async def _chosen(self, sent: Any) -> None:
        """The sender's number of a move is the person and the place in the record, so no click counts twice."""
        if not (isinstance(sent, list) and len(sent) == 2 and all(isinstance(each, int) for each in sent)):
            return
        place, option = sent
        await self._safely(lambda: self._do(lambda seminar: seminar.move(
            seminar.person_numbered(self.number), place, option, f"p{self.number} {place}")))

    async def _take_back(self) -> None:
        place = self._place  # of the week that is shown
        await self._do(lambda seminar: seminar.undo(self.room, self.table, place, f"back {place}"))

    async def _leave(self) -> None:
        away = not self._away  # as the button says, however often it is pressed
        await self._do(lambda seminar: seminar.set_away(self.number, away))

    def _hide_code(self, _: Any) -> None:
        self._show_code("")

    async def _new_code(self) -> None:
        own = await self._do(lambda seminar: seminar.new_personal_code(self.number))
        with speaking(self.language):
            self._show_code(own)

    def _show_code(self, own: str) -> None:
        self.code.show((own, self.service.reading.room(self.room).code))


def install(site: Site) -> None:
    """Declare the page."""

    @ui.page("/seat/{link}", response_timeout=30)
    def seat(request: Request, link: str) -> None:
        person = site.student(link)
        if person is None:
            with speaking(wished_language(request)):
                refuse(say("No such seat"), say(
                    "This link belongs to nobody. Join the class, or come back with your code."))
            return
        SeatPage(site, person.number, link)


__all__ = ["SeatPage", "install"]
