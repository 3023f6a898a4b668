"""The parts of a student's table, each drawn from what `negotiation.seminar.views` says."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from negotiation.seminar.sheet import Section
from negotiation.seminar.views import ACT, Ladder, Line, Option, Payoffs
from negotiation.seminar.web.parts import Box, Text, button
from negotiation.terms import say


def code(own: str, hide: Callable[[], None]) -> None:
    """A personal code, when there is one to show."""
    if own:
        with Box("div", "card code"):
            Text(say("Your personal code"), "h2")
            Text(own, "p", "big")
            Text(say("Note it down: with it you can come back from another phone."), "p")
            button(say("I have noted it"), hide, "button plain")


def options(shown: tuple[str, tuple[str, ...], tuple[Option, ...], int],
            act: Callable[[int, int], Awaitable[None]]) -> None:
    """What has happened this week, and the moves that are open."""
    kind, now, choices, place = shown
    Text(say("This week"), "h2")
    for sentence in now:
        Text(sentence, "p", "news")
    if kind != ACT:
        if not now:
            Text(say("Nothing has been decided yet."), "p", "quiet")
        return
    Text(say("Choose your move:"), "p", "prompt")
    for choice in choices:
        made = Box("button", "move", type="button", data_option=str(choice.number))
        made.on("click", partial(act, place, choice.number), args=[])
        with made:
            Text(choice.name, "span", "name")
            for line in (choice.pays, choice.chances, choice.advice):
                if line:
                    Text(line, "span", "hint")


def standing(shown: tuple[tuple[Ladder, ...], str, bool, float, str]) -> None:
    """Both ladders, the standstill and the tension."""
    ladders, standstill, held, tension, mood = shown
    Text(say("Where the dispute stands"), "h2")
    with Box("div", "ladders"):
        for side, ladder in enumerate(ladders):
            with Box("div", f"ladder side{side}"):
                Text(f"{ladder.name} ({say('you')})" if ladder.mine else ladder.name, "h3")
                with Box("ol", "rungs", reversed="", aria_label=say("Ladder of {name}", name=ladder.name)):
                    for number in reversed(range(len(ladder.rungs))):
                        here = number == ladder.at
                        with Box("li", "rung here" if here else "rung below" if number < ladder.at else "rung",
                                 aria_current="step" if here else None):
                            Text(str(number), "span", "number", aria_hidden="true")
                            Text(ladder.rungs[number], "span")
    Text(standstill, "p", "standstill held" if held else "standstill")
    share = round(100 * tension)
    with Box("div", "tension"):
        Text(say("Tension: {percent} %, {mood}", percent=share, mood=mood), "span")
        with Box("div", "meter", role="img", aria_label=say("Tension: {percent} %, {mood}", percent=share, mood=mood)):
            Box("div", "fill").style(f"width: {share}%")


def news(sentences: tuple[str, ...]) -> None:
    """Last week."""
    Text(say("Last week"), "h2")
    if not sentences:
        Text(say("No week has been played yet."), "p", "quiet")
    for sentence in sentences:
        Text(sentence, "p", "news")


def payoffs(shown: Payoffs | None) -> None:
    """What the weeks have paid."""
    Text(say("Payoffs so far"), "h2")
    if shown is None:
        Text(say("Nothing to show yet."), "p", "quiet")
        return
    with Box("table", "payoffs"):
        with Box("thead"), Box("tr"):
            Text(say("Week"), "th", scope="col")
            for name in shown.names:
                Text(name, "th", scope="col")
        with Box("tbody"):
            for row in reversed(shown.weeks[-6:]):
                with Box("tr"):
                    Text(row[0], "th", scope="row")
                    for cell in row[1:]:
                        Text(cell, "td")
        with Box("tfoot"), Box("tr"):
            Text(say("All weeks, later ones counting less"), "th", scope="row")
            for cell in shown.total:
                Text(cell, "td")


def sheet(sections: tuple[Section, ...]) -> None:
    """The confidential role sheet."""
    for section in sections:
        Text(section.heading, "h3")
        Text(section.note, "p")
        with Box("table", "sheet"):
            if section.columns:
                with Box("thead"), Box("tr"):
                    for name in section.columns:
                        Text(name, "th", scope="col")
            with Box("tbody"):
                for label, *values in section.rows:
                    with Box("tr"):
                        Text(label, "th", scope="row")
                        for value in values:
                            Text(value, "td")


def lines(shown: tuple[Line, ...]) -> None:
    """Notes or messages; whatever was typed stays text."""
    if not shown:
        Text(say("Nothing here yet."), "li", "quiet")
    for line in shown:
        with Box("li"):
            if line.who:
                Text(f"{line.who}: ", "strong")
            Text(line.text, "span")


__all__ = ["code", "lines", "news", "options", "payoffs", "sheet", "standing"]
