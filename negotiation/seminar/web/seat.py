"""A student's table, made for a phone. The secret link in its address is all that it needs to come back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from fastapi import Request
from nicegui import ui

from negotiation.seminar.branching import branched_from
from negotiation.seminar.limits import RateLimit
from negotiation.seminar.people import PLAYING, SeminarError, StaleError
from negotiation.seminar.room import Seminar
from negotiation.seminar.talk import LONGEST, MESSAGE, NOTE
from negotiation.seminar.telling import capital
from negotiation.seminar.views import ACT, OVER, READY, WAIT, SeatView, Status, seat_view
from negotiation.seminar.web import seat_blocks as draw
from negotiation.seminar.web.parts import FAILED, Block, Box, Text, alive, anchor, button, page
from negotiation.seminar.web.refusals import student_of
from negotiation.seminar.web.site import Site
from negotiation.seminar.web.tree import Drawing
from negotiation.terms import say, speaking
from negotiation.vocabulary import Actor

ALL = "all"
LINK_NOTES = {  # said by the browser alone, when the server does not answer
    "lost": "Not connected. You can choose again as soon as the connection is back.",
    "unsent": "Not sent yet. Your move is sent as soon as there is a connection.",
    "late": "Your move did not arrive in time; the table has moved on.",
}
SOON = 0.02  # seconds in which changes are gathered before a page is drawn again
PRESSES = RateLimit(60, 10.0)  # of buttons, a person
LOG = logging.getLogger(__name__)


class Write(ui.element, component="static/write.js"):
    """Where a note or message is written; the browser keeps what is half written.

    Args:
        kind: `NOTE` or `MESSAGE`.
        label, verb: of the field and of the button.
        recipients: what is sent for each, and its name; the first is chosen at first. None for a note.
    """

    def __init__(self, kind: str, label: str, verb: str, recipients: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__()
        self.kind = kind
        self.props.update({"kind": kind, "label": label, "verb": verb, "to": say("To"), "longest": LONGEST,
                           "recipients": [list(each) for each in recipients]})


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
        self.branch = branched_from(self.service.reading, person) is not None
        self.writing: Write | None = None
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
            self.shared = Text(view.shared, "p", "quiet")
            if self.branch:
                Text(say("Back to the debrief"), "a", "more", data_back="", hidden=True)
        with Box("div", "status", role="status", aria_live="polite"):
            self.status = Drawing(draw.status)
            self.clock = Text("", "span", "clock", role="timer", aria_label=say("Time left"))
            self.link_note = Text("", "p", "linknote", data_link="", **{f"data_{key}": say(text)
                                                                         for key, text in LINK_NOTES.items()})
        self.how_first = Drawing(draw.how_first, "section", "", aria_label=say("How it goes"))
        self.over = Drawing(draw.over, "div", "finish")
        self.options = Drawing(draw.options, "section", "card moves", self._chosen, aria_label=say("Your moves"))
        self.code = Drawing(draw.code, "section", "", self._hide_code, aria_label=say("Your personal code"))
        own = self.site.codes.pop(self.number, "")
        self._show_code("" if self.alone else own)  # who plays alone needs none unless they ask for it
        self.standing = Drawing(draw.standing, "section", "card", aria_label=say("Where the dispute stands"))
        self.news = Drawing(draw.news, "section", "card", aria_label=say("News"))
        self.seated = Drawing(draw.seated, "section", aria_label=say("Who sits where"))
        self.payoffs = Drawing(draw.payoffs, "section", "card", aria_label=say("Payoffs"))
        with Box("details", "card how") as self.how:
            Text(say("How it goes"), "summary")
            Drawing(draw.how).show(view.how)
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
            if kind == MESSAGE:
                Text(say("Messages are recorded, and your teacher can read them."), "p", "quiet")
            with Box("div", "lines", role="log" if kind == MESSAGE else None, tabindex="0", aria_label=title):
                block = Drawing(draw.lines, "ul")
            writing = Write(kind, label, verb, self._recipients() if kind == MESSAGE else ())
            writing.on("send", lambda event: self._write(writing, event.args))
        if kind == MESSAGE:
            self.writing = writing
        return block

    async def _write(self, writing: Write, sent: Any) -> None:
        """Keep a note or message; its number is the browser's, so what is sent twice is kept once."""
        if not (isinstance(sent, list) and len(sent) == 3 and all(isinstance(each, str) for each in sent)):
            return
        text, only, token = sent[0][:4 * LONGEST], sent[1], sent[2][:64]
        if writing.kind == MESSAGE and only not in {ALL, *Actor.keys()}:
            return  # to whom is not known, so to nobody

        async def keep() -> None:
            await self._do(lambda seminar: seminar.write(
                seminar.person_numbered(self.number), writing.kind, text, f"w{self.number} {token}",
                Actor.parse(only) if only in set(Actor.keys()) else None))
            writing.run_method("sent", token)

        await self._safely(keep)

    def _recipients(self) -> tuple[tuple[str, str], ...]:
        """To whom a message may go: both others, or one of them alone; what is sent, and its name."""
        person = self.service.reading.person_numbered(self.number)
        game = self.service.reading.game(self.room, self.service.reading.treatment(self.room, self.table))
        return ((ALL, say("all")), *((seat.key, say("only {name}", name=capital(game, seat)))
                                     for seat in Actor if seat is not person.seat))

    # ------------------------------------------------------------------------------------ showing

    def changed(self) -> None:
        """Draw the page again soon; changes that come together are drawn once."""
        if not self._due:
            self._due = True
            asyncio.get_running_loop().call_later(SOON, self._draw_again)

    def _draw_again(self) -> None:
        self._due = False
        if not alive(self.main):
            return
        person = self.service.reading.person_numbered(self.number)
        if person.gone:  # the page then says so, and nothing else
            self.client.run_javascript("location.reload()")
            return
        self.show(seat_view(self.service.reading, person))

    def show(self, view: SeatView) -> None:
        """Show this."""
        with speaking(self.language):
            self._away = view.status.away
            self._place = view.status.place
            self.status.show(view.status)
            self._count_down(view.status)
            self.options.show((view.status.kind, view.now, view.options, view.status.place))
            self.options.element.set_visibility(view.status.kind in (ACT, WAIT) or bool(view.now))
            self.standing.show((view.ladders, view.standstill, view.held, view.lasting, view.tension, view.mood))
            self.news.show(view.news)
            self.news.element.set_visibility(bool(view.news))
            self.payoffs.show(view.payoffs)
            self.payoffs.element.set_visibility(view.payoffs is not None)
            waits = view.status.kind == READY and not view.status.place
            self.how_first.show(view.how if waits else ())
            self.how.set_visibility(not waits)
            self.shared.set_text(view.shared)
            self.link_note.props["data-place"], self.link_note.props["data-mine"] = view.status.place, view.mine
            if self.writing is not None:
                self.writing.set_visibility(not view.ended)
            if self.messages is not None:
                self.messages.show(view.messages)
            if self.notes is not None:
                self.notes.show(view.notes)
            links = tuple((link.text, link.address.format(link=self.link))
                          for link in self.site.links_at("seat", self.service.reading.room(self.room)))
            over = view.status.kind == OVER
            self.links.show(() if over else links)
            self.over.show((view.earned, tuple((say("See your debrief") if text == "Debrief" else say(text), address)
                                               for text, address in links)) if over else None)
            self.leave.set_visibility(not over)
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
        taken = False

        async def move() -> None:
            nonlocal taken
            await self._do(lambda seminar: seminar.move(
                seminar.person_numbered(self.number), place, option, f"p{self.number} {place}"))
            taken = True

        await self._safely(move)
        if taken:
            self._hide_code(None)  # who has begun to play has read it
        else:
            self.client.run_javascript(f"seminarRefused({place})")

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
        person = student_of(site, request, link)
        if person is not None:
            SeatPage(site, person.number, link)


__all__ = ["SeatPage", "Write", "install"]
