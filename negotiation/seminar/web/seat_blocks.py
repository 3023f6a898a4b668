"""The parts of a student's table, each drawn from what `negotiation.seminar.views` says."""

from __future__ import annotations

from negotiation.seminar.sheet import Section
from negotiation.seminar.views import ACT, Ladder, Line, Option, Payoffs, Status
from negotiation.seminar.web.tree import Node, node
from negotiation.terms import say

SEPARATOR = " · "  # between the facts of a line
MOVES = "moves"  # where the status leads to


def status(shown: Status) -> list[Node]:
    """The week, and whose turn it is; then it leads to the moves, from wherever on the page."""
    text = node("a", "", shown.text, href=f"#{MOVES}") if shown.kind == ACT else shown.text
    told = [node("span", "week", shown.week), node("strong", f"say {shown.kind}", text)]
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
    told = [node("h2", "", say("This week"), id=MOVES), *(node("p", "news", sentence) for sentence in now)]
    if kind != ACT:
        return told if now else [*told, node("p", "quiet", say("Nothing has been decided yet."))]
    ranges = any(choice.ranges for choice in choices)
    hint = (" ", node("span", "quiet", say("Ranges: whatever the others do this week."))) if ranges else ()
    told.append(node("p", "prompt", say("Choose your move:"), *hint))
    for choice in choices:
        facts = [fact for line in (choice.pays, choice.chances) if line for fact in line.split(SEPARATOR)]
        joined = [part for fact in facts for part in (node("span", "fact", fact), SEPARATOR)][:-1]
        hints = [node("span", "hint", *line) for line in (joined, [choice.advice] if choice.advice else []) if line]
        told.append(node("button", "move", node("span", "name", choice.name), *hints, type="button",
                         data_option=str(choice.number), data_place=str(place), act=[place, choice.number],
                         key=f"{place} {choice.number}"))
    return told


def standing(shown: tuple[tuple[Ladder, ...], str, bool, str, float, str]) -> list[Node]:
    """Both ladders, the standstill and how long it lasts, and the tension."""
    ladders, standstill, held, lasting, tension, mood = shown
    share = round(100 * tension)
    told = say("Tension: {percent} %, {mood}", percent=share, mood=mood)
    return [
        node("h2", "", say("Where the dispute stands")),
        node("div", "ladders", *(_ladder(side, ladder) for side, ladder in enumerate(ladders))),
        node("p", "standstill held" if held else "standstill", standstill),
        *([node("p", "quiet", lasting)] if lasting else []),
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
    return [node("h2", "", say("Last week")), *(node("p", "news", sentence) for sentence in sentences)]


def how(shown: tuple[str, ...]) -> list[Node]:
    """What the game is."""
    return [node("p", "", sentence) for sentence in shown]


def how_first(shown: tuple[str, ...]) -> list[Node]:
    """The same at the head of a page that waits for the class to begin."""
    return [node("div", "card", node("h2", "", say("How it goes")), *how(shown))] if shown else []


def over(shown: tuple[str, tuple[tuple[str, str], ...]] | None) -> list[Node]:
    """What to do when all is over: what was collected, and the way to the debrief."""
    if shown is None:
        return []
    earned, links = shown
    told = [node("p", "earned", earned)] if earned else []
    if not links:
        return [*told, node("p", "quiet", say("The debrief opens when your teacher ends the class."))]
    return [*told, *(node("a", "button main", text, href=address) for text, address in links)]


def payoffs(shown: Payoffs | None) -> list[Node]:
    """What the weeks have paid."""
    if shown is None:
        return []
    head = [node("th", "", name, scope="col") for name in (say("Week"), *shown.names)]
    rows = [node("tr", "", node("th", "", row[0], scope="row"), *(node("td", "", cell) for cell in row[1:]))
            for row in reversed(shown.weeks[-6:])]
    total = node("tr", "", node("th", "", say("All weeks, later ones counting less"), scope="row"),
                 *(node("td", "", cell) for cell in shown.total))
    return [node("h2", "", say("Payoffs so far")), node(
        "table", "payoffs", node("thead", "", node("tr", "", *head)), node("tbody", "", *rows),
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


__all__ = [
    "code", "how", "how_first", "lines", "news", "options", "over", "payoffs", "seated", "sheet", "standing", "status",
]
