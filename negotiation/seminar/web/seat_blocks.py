"""The parts of a student's table, each drawn from what `negotiation.seminar.views` says."""

from __future__ import annotations

from negotiation.seminar.sheet import Section
from negotiation.seminar.views import ACT, Ladder, Line, Option, Payoffs, Status
from negotiation.seminar.web.tree import Node, node
from negotiation.terms import say

SEPARATOR = " · "  # between the facts of a line


def status(shown: Status) -> list[Node]:
    """The week, and whose turn it is."""
    told = [node("span", "week", shown.week), node("strong", f"say {shown.kind}", shown.text)]
    return [*told, node("span", "away", say("An agent plays for you."))] if shown.away else told


def code(shown: tuple[str, str]) -> list[Node]:
    """A personal code, when there is one to show, and the class's, which goes with it."""
    own, of_class = shown
    if not own:
        return []
    return [node("div", "card code", node("h2", "", say("Your personal code")), node("p", "big", own),
                 node("p", "", f"{say('Code of the class')}: ", node("strong", "", of_class)),
                 node("p", "", say("Note it down: with it you can come back from another phone.")),
                 node("button", "button plain", say("I have noted it"), type="button", act="noted"))]


def options(shown: tuple[str, tuple[str, ...], tuple[Option, ...], int]) -> list[Node]:
    """What has happened this week, and the moves that are open."""
    kind, now, choices, place = shown
    told = [node("h2", "", say("This week")), *(node("p", "news", sentence) for sentence in now)]
    if kind != ACT:
        return told if now else [*told, node("p", "quiet", say("Nothing has been decided yet."))]
    told.append(node("p", "prompt", say("Choose your move:")))
    for choice in choices:
        facts = [fact for line in (choice.pays, choice.chances) if line for fact in line.split(SEPARATOR)]
        joined = [part for fact in facts for part in (node("span", "fact", fact), SEPARATOR)][:-1]
        hints = [node("span", "hint", *line) for line in (joined, [choice.advice] if choice.advice else []) if line]
        told.append(node("button", "move", node("span", "name", choice.name), *hints, type="button",
                         data_option=str(choice.number), act=[place, choice.number], key=f"{place} {choice.number}"))
    return told


def standing(shown: tuple[tuple[Ladder, ...], str, bool, float, str]) -> list[Node]:
    """Both ladders, the standstill and the tension."""
    ladders, standstill, held, tension, mood = shown
    share = round(100 * tension)
    told = say("Tension: {percent} %, {mood}", percent=share, mood=mood)
    return [
        node("h2", "", say("Where the dispute stands")),
        node("div", "ladders", *(_ladder(side, ladder) for side, ladder in enumerate(ladders))),
        node("p", "standstill held" if held else "standstill", standstill),
        node("div", "tension", node("span", "", told), node(
            "div", "meter", node("div", "fill", style=f"width: {share}%"), role="img", aria_label=told))]


def _ladder(side: int, ladder: Ladder) -> Node:
    rungs = []
    for number in reversed(range(len(ladder.rungs))):
        here = number == ladder.at
        classes = "rung here" if here else "rung below" if number < ladder.at else "rung"
        rungs.append(node("li", classes, node("span", "number", str(number), aria_hidden="true"),
                          node("span", "", ladder.rungs[number]), aria_current="step" if here else None))
    return node("div", f"ladder side{side}",
                node("h3", "", say("{what} ({more})", what=ladder.name, more=say("you")) if ladder.mine
                     else ladder.name),
                node("ol", "rungs", *rungs, reversed="", aria_label=say("Ladder of {name}", name=ladder.name)))


def news(sentences: tuple[str, ...]) -> list[Node]:
    """Last week."""
    told = [node("p", "news", sentence) for sentence in sentences]
    return [node("h2", "", say("Last week")), *(told or [node("p", "quiet", say("No week has been played yet."))])]


def payoffs(shown: Payoffs | None) -> list[Node]:
    """What the weeks have paid."""
    title = node("h2", "", say("Payoffs so far"))
    if shown is None:
        return [title, node("p", "quiet", say("Nothing to show yet."))]
    head = [node("th", "", name, scope="col") for name in (say("Week"), *shown.names)]
    rows = [node("tr", "", node("th", "", row[0], scope="row"), *(node("td", "", cell) for cell in row[1:]))
            for row in reversed(shown.weeks[-6:])]
    total = node("tr", "", node("th", "", say("All weeks, later ones counting less"), scope="row"),
                 *(node("td", "", cell) for cell in shown.total))
    return [title, node("table", "payoffs", node("thead", "", node("tr", "", *head)), node("tbody", "", *rows),
                        node("tfoot", "", total))]


def sheet(sections: tuple[Section, ...]) -> list[Node]:
    """The confidential role sheet."""
    told = []
    for section in sections:
        head = [node("thead", "", node("tr", "", *(node("th", "", name, scope="col") for name in section.columns)))]
        rows = [node("tr", "", node("th", "", label, scope="row"), *(node("td", "", value) for value in values))
                for label, *values in section.rows]
        told += [node("h3", "", section.heading), node("p", "", section.note),
                 node("table", "sheet", *(head if section.columns else []), node("tbody", "", *rows))]
    return told


def lines(shown: tuple[Line, ...]) -> list[Node]:
    """Notes or messages; whatever was typed stays text."""
    if not shown:
        return [node("li", "quiet", say("Nothing here yet."))]
    told = []
    for line in shown:
        name = say("{what} ({more})", what=line.who, more=line.to) if line.to else line.who
        who = [node("strong", "", say("{what}: {more}", what=name, more=""))] if line.who else []
        told.append(node("li", "private" if line.to else "", *who, node("bdi", "", line.text), key=line.number))
    return told


def seated(shown: tuple[tuple[str, str], ...]) -> list[Node]:
    """Who sits where, where the class shows names."""
    if not shown:
        return []
    rows = [node("li", "", node("strong", "", say("{what}: {more}", what=seat, more="")), node("bdi", "", names))
            for seat, names in shown]
    return [node("div", "card", node("h2", "", say("Who sits where")), node("ul", "seated", *rows))]


__all__ = ["code", "lines", "news", "options", "payoffs", "seated", "sheet", "standing", "status"]
