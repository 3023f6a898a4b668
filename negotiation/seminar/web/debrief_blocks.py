"""Parts of the debrief's pages: tables, a surprising move, a table's two ladders by week."""

from __future__ import annotations

from dataclasses import dataclass

from negotiation.seminar.debrief import OwnDebrief
from negotiation.seminar.debrief_pack import Surprise, Table
from negotiation.seminar.web.parts import Box, Text, held_runs
from negotiation.seminar.web.tree import Drawing, Node, node
from negotiation.terms import say
from negotiation.vocabulary import DISPUTANTS, Actor

WIDTH, HEIGHT, LEFT, RIGHT, TOP, FOOT = 340, 172, 22, 10, 12, 38
LETTERS = {"font_size": "12", "fill": "#4d5661"}


def table(shown: Table) -> None:
    """A table, sent as one tree; it scrolls on its own where the page is narrow."""
    Drawing(_rows, "div", "scroll", tabindex="0", style="overflow-x: auto").show(shown)


def _rows(shown: Table) -> list[Node]:
    head = node("thead", "", node("tr", "", *(node("th", "", name, scope="col") for name in shown.columns)))
    body = (node("tr", "", node("th", "", label, scope="row"),
                 *(node("td", "", cell, style="padding-left: .7rem") for cell in cells))
            for label, *cells in shown.rows)
    return [node("table", "sheet", head, node("tbody", "", *body))]


def seated(own: OwnDebrief) -> None:
    """Who sat at one's own table, and at the others; nothing where the class hides names."""
    if own.tables is None:
        return
    seats = [actor for actor in Actor if any(key == actor.key for each in own.tables for key, _ in each.seats)]
    columns = (say("Table"), *(say(own.game.scenario.display_name(actor)) for actor in seats))
    rows = []
    for each in own.tables:
        named = dict(each.seats)
        rows.append((str(each.number), *(", ".join(named.get(actor.key, ())) or "–" for actor in seats)))
    with Box("section", "card"):
        Text(say("Who played whom"), "h2")
        table(Table(columns, tuple(rows[:1])))
        if len(rows) > 1:
            with Box("details"):
                Text(say("The other tables"), "summary")
                table(Table(columns, tuple(rows[1:])))


def surprise(each: Surprise) -> None:
    """A surprising move, and what its alternatives were worth."""
    with Box("article"):
        Text(each.title, "h3")
        Text(each.situation, "p", "quiet")
        Text(each.chosen, "p")
        table(each.options)


def story(weeks: tuple[tuple[str, ...], ...]) -> None:
    """What happened, week by week."""
    with Box("details"):
        Text(say("All weeks in words"), "summary")
        for number, sentences in enumerate(weeks, start=1):
            Text(say("Week {number}", number=number), "h3")
            for sentence in sentences:
                Text(sentence, "p", "news")


def ladders(own: OwnDebrief) -> None:
    """Both sides' rungs by week, and the real ones where they are recorded."""
    held = False
    for side, seat in enumerate(DISPUTANTS):
        mine = own.path[own.path["seat"] == seat.key].sort_values("week")
        real = own.history[own.history["seat"] == seat.key].sort_values("week")["real"].dropna()
        name = say(own.game.scenario.display_name(seat))
        Text(name, "h3")
        Drawing(_ladder).show(Ladder(name, side, own.game.tops[side], tuple(mine["rung"]), tuple(mine["standstill"]),
                                     tuple(real)))
        held = held or bool(mine["standstill"].any())
    if held:
        Text(say("Green: a standstill is in force."), "p", "quiet")
    if not own.history["real"].isna().all():
        Text(say("Dotted: what really happened in 2019, as this project codes it."), "p", "quiet")
    with Box("details"):
        Text(say("What the rungs are"), "summary")
        for seat in DISPUTANTS:
            Text(say(own.game.scenario.display_name(seat)), "h3")
            with Box("ol", start=0):
                for rung in own.game.scenario.disputant(seat).ladder:
                    Text(say(rung.name), "li")


@dataclass(frozen=True)
class Ladder:
    """A side's rungs as they are drawn.

    Attributes:
        name: of the side.
        side: its number.
        top: the highest rung.
        rungs, held: at the start and after each week: the rung, and whether a standstill is in force.
        real: the rungs of 2019; empty where they are not recorded.
    """

    name: str
    side: int
    top: int
    rungs: tuple[int, ...]
    held: tuple[bool, ...]
    real: tuple[float, ...]


def _ladder(shown: Ladder) -> list[Node]:
    weeks = max(len(shown.rungs) - 1, 1)
    across, foot = (WIDTH - LEFT - RIGHT) / weeks, HEIGHT - FOOT

    def x(week: float) -> float:
        return LEFT + week * across

    def y(rung: float) -> float:
        return foot - rung / shown.top * (foot - TOP)

    drawn = []
    for start, length in held_runs(shown.held):
        left, right = max(x(start - 0.5), x(0)), min(x(start + length - 0.5), x(weeks))
        drawn.append(node("rect", "heldband", x=f"{left:.1f}", y="0", width=f"{right - left:.1f}", height=str(foot)))
    for rung in range(shown.top + 1):
        drawn += [node("path", "rungline", d=f"M{LEFT} {y(rung):.1f}H{WIDTH - RIGHT}"),
                  node("text", "", str(rung), x=str(LEFT - 8), y=f"{y(rung) + 4:.1f}", text_anchor="end", **LETTERS)]
    for week in range(0, weeks + 1, max(1, -(-weeks // 6))):
        drawn.append(node("text", "", str(week), x=f"{x(week):.1f}", y=str(foot + 17), text_anchor="middle", **LETTERS))
    drawn.append(node("text", "", say("Week"), x=str(WIDTH), y=str(HEIGHT - 2), text_anchor="end", **LETTERS))
    for path, classes, shift in ((shown.real, "path realpath", 1.5), (shown.rungs, f"path side{shown.side}", -1.5)):
        if path:
            drawn.append(node("path", classes, d="M" + "L".join(
                f"{x(week):.1f} {y(rung) + shift:.1f}" for week, rung in enumerate(path))))
    rungs = ", ".join(map(str, shown.rungs))
    under = ", ".join(str(week) for week, held in enumerate(shown.held) if held)
    label = (say("{name}: rungs by week {rungs}; a standstill is in force in weeks {weeks}", name=shown.name,
                 rungs=rungs, weeks=under) if under else
             say("{name}: rungs by week {rungs}", name=shown.name, rungs=rungs))
    return [node("svg", "ladderplot own", *drawn, viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", aria_label=label)]


__all__ = ["ladders", "seated", "story", "surprise", "table"]
