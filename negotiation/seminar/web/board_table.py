"""One table in the board's dialog: its people, what the teacher can do, and its record with the messages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from nicegui import ui

from negotiation.seminar.board import Card
from negotiation.seminar.people import PAUSED, PLAYING
from negotiation.seminar.record import WeekRecord, table_record
from negotiation.seminar.room import Seminar
from negotiation.seminar.service import Service
from negotiation.seminar.web.parts import Box, button
from negotiation.seminar.web.tree import Drawing, Node, node
from negotiation.terms import language, say, speaking

OFF, ON = "off", "on"
Do = Callable[[Callable[[Seminar], Any]], Awaitable[None]]
# Number, name, seat, away, absent, here, and whether taken off.
People = tuple[tuple[int, str, str, bool, bool, bool, bool], ...]


class TableDialog:
    """The dialog; its elements stay while what they show changes, so that the keyboard's focus stays too.

    Args:
        service: to read from.
        room: the class.
        seats: names of the three seats.
        do: makes a change and tells what cannot be done.
        nudge: reminds whoever a table waits for.
    """

    def __init__(self, service: Service, room: int, seats: tuple[str, ...], do: Do,
                 nudge: Callable[[int], None]) -> None:
        self.service, self.room, self.seats, self.do = service, room, seats, do
        self.number: int | None = None
        self.language = language()
        self.place = 0
        self.people_here: dict[int, str] = {}
        self.asked_of, self.asked_what = 0, OFF
        with ui.dialog() as self.dialog, Box("div", "dialog card"):
            self.dialog.props["aria-label"] = say("One table")
            self.head = Drawing(_head)
            self.people = Drawing(_people, "ul", "people", self._turn)
            with Box("div", "controls"):
                self.nudging = button(say("Nudge"), lambda: nudge(self.number or 0), "button plain")
                self.playing = button(say("Play this move on"), lambda: self.do(
                    lambda seminar: seminar.play_on(self.room, self.number or 0, self.place)), "button plain")
                self.undoing = button(say("Undo the last week"), self._undo, "button plain")
                button(say("Close"), self.dialog.close)
            self.record = Drawing(_record)
        with ui.dialog() as self.asked, Box("div", "dialog card"):
            self.question = Drawing(_question)
            with Box("div", "controls"):
                self.sure = button("", self._answered)
                button(say("Not now"), self.asked.close, "button plain")

    def open(self, number: int) -> None:
        """Open it on a table."""
        self.number = number
        self.dialog.open()

    def show(self, card: Card, phase: str, treated: bool) -> None:
        """Show the table as it is.

        Args:
            card: of the table.
            phase: of the class.
            treated: whether the treatment may be seen.
        """
        present, self.place = self.service.present, card.place
        everybody = (*card.people, *card.taken_off)
        self.people_here = {each.number: each.name for each in everybody}
        self.head.show((card.number, card.week, card.turn, card.waiting, card.outcome,
                        card.treatment if treated and card.treatment != "all" else ""))
        self.people.show(tuple((each.number, each.name, self.seats[each.seat], each.away, each.absent,
                                bool(present[each.number]), each.gone) for each in everybody))
        for element in (self.nudging, self.playing):
            element.set_visibility(phase == PLAYING and not card.outcome)
        self.undoing.set_visibility(phase in (PLAYING, PAUSED) and card.begun)
        self.record.show(table_record(self.service.reading, self.room, card.number))

    async def _turn(self, sent: Any) -> None:
        """Let an agent play for somebody, or no longer, or ask before more is done; only for people of this table."""
        if not (isinstance(sent, list) and len(sent) == 2 and isinstance(sent[0], int) and sent[0] in self.people_here):
            return
        if isinstance(sent[1], bool):
            await self.do(partial(_turn_away, *sent))
        elif sent[1] in (OFF, ON):
            self.asked_of, self.asked_what = sent
            off = sent[1] == OFF
            with speaking(self.language):
                self.asked.props["aria-label"] = say("Take off the table?") if off else say("Put back?")
                self.sure.set_text(say("Take off") if off else say("Put back"))
                self.question.show((sent[1], self.people_here[self.asked_of]))
            self.asked.open()

    async def _answered(self) -> None:
        self.asked.close()
        number, off = self.asked_of, self.asked_what == OFF
        if number in self.people_here:
            await self.do(lambda seminar: seminar.take_off(number) if off else seminar.put_back(number))

    async def _undo(self) -> None:
        number, place = self.number or 0, self.place
        client = f"undo {number} {place}"  # a second click on the same board takes back nothing more
        await self.do(lambda seminar: seminar.undo(self.room, number, place, client))


def _turn_away(number: int, away: bool, seminar: Seminar) -> None:
    seminar.set_away(number, away)


def _head(shown: tuple[int, int, str, tuple[str, ...], str, str]) -> list[Node]:
    number, week, turn, waiting, outcome, treatment = shown
    told = outcome or say("Week {number}, {seat}: {names}", number=week, seat=turn,
                          names=", ".join(waiting) or say("an agent"))
    return [node("h2", "", say("Table {number}", number=number) + (f" · {treatment}" if treatment else "")),
            node("p", "", told)]


def _question(shown: tuple[str, str]) -> list[Node]:
    what, name = shown
    if what == OFF:
        asked = say("Take {name} off the table?", name=name)
        told = say("The seat is free for somebody else; until then an agent plays it, at a table without others to the "
                   "end at once. You can put them back as long as nobody else has it, and take back weeks.")
    else:
        asked = say("Put {name} back?", name=name)
        told = say("They have their seat again, by the same link or code.")
    return [node("h2", "", asked), node("p", "", told)]


def _people(shown: People) -> list[Node]:
    lines = []
    for number, name, seat, away, absent, here, off in shown:
        if off:
            # Without the name, which may be why, and the board is on the wall; it is told when one asks.
            lines.append(node("li", "quiet", node("span", "", say("Taken off: {seat}", seat=seat)), node(
                "button", "button plain", say("Put back"), type="button", act=[number, ON]), key=str(number)))
            continue
        told = (say("absent, an agent plays") if absent else say("an agent plays") if away
                else "" if here else say("no page open"))
        what = say("({seat}), {what}", seat=seat, what=told) if told else say("({seat})", seat=seat)
        lines.append(node("li", "", node("strong", "", name), node("span", "quiet", what), node(
            "button", "button plain", say("Bring back") if away else say("Let an agent play"), type="button",
            act=[number, not away]), node("button", "button plain ending", say("Take off"), type="button",
                                          aria_label=say("Take off the table"), act=[number, OFF]), key=str(number)))
    return lines


def _record(weeks: tuple[WeekRecord, ...]) -> list[Node]:
    """The weeks, the latest first, closed until the teacher looks: messages are not for the projector."""
    if not weeks:
        return []
    told = [node("p", "quiet", say("With the messages, which only you and the table can read; not for the projector."))]
    for week in reversed(weeks):
        told.append(node("h3", "", say("Week {number}", number=week.number)))
        told += [node("p", "", sentence) for sentence in week.told]
        for who, to, text in week.messages:
            sender = say("{name} to {other}", name=who, other=to) if to else who
            told.append(node("p", "message", node("strong", "", say("{what}: {more}", what=sender, more="")), text))
    return [node("details", "record", node("summary", "", say("Record of this table")), *told)]


__all__ = ["TableDialog"]
