"""Parts of the debrief's pages: tables, a surprising move, a table's two ladders by week."""

from __future__ import annotations

from negotiation.seminar.debrief import OwnDebrief
from negotiation.seminar.debrief_pack import Surprise, Table
from negotiation.seminar.web.parts import Box, Text
from negotiation.seminar.web.tree import Drawing, Node, node
from negotiation.terms import say
from negotiation.vocabulary import DISPUTANTS, Actor

WIDTH, HEIGHT, EDGE = 340, 130, 12


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
    weeks = max(int(own.path["week"].max()), 1)
    across = (WIDTH - 2 * EDGE) / weeks
    for side, seat in enumerate(DISPUTANTS):
        top = own.game.tops[side]
        rungs = own.path[own.path["seat"] == seat.key].sort_values("week")["rung"].to_list()
        real = [value for value in own.history[own.history["seat"] == seat.key].sort_values("week")["real"].to_list()
                if value == value]
        name = say(own.game.scenario.display_name(seat))
        Text(name, "h3")
        told = ", ".join(str(rung) for rung in rungs)
        with Box("svg", "ladderplot", viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img",
                 aria_label=say("{name}: rungs by week {rungs}", name=name, rungs=told)).style("height: auto"):
            for rung in range(top + 1):
                y = HEIGHT - EDGE - rung / top * (HEIGHT - 2 * EDGE)
                Box("path", "rungline", d=f"M{EDGE} {y:.1f}H{WIDTH - EDGE}")
                _number(rung, y)
            for path, classes, shift in ((real, "path realpath", 1.5), (rungs, f"path side{side}", -1.5)):
                points = [(EDGE + week * across, HEIGHT - EDGE - rung / top * (HEIGHT - 2 * EDGE) + shift)
                          for week, rung in enumerate(path)]
                if points:
                    line = Box("path", classes, d="M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points))
                    if "realpath" in classes:
                        line.style("stroke: #4d5661; stroke-dasharray: 2 3")
    if not own.history["real"].isna().all():
        Text(say("Dotted: what really happened in 2019, as this project codes it."), "p", "quiet")


def _number(rung: int, y: float) -> None:
    Text(str(rung), "text", x="0", y=f"{y + 3:.1f}", font_size="9", fill="#4d5661")


__all__ = ["ladders", "seated", "story", "surprise", "table"]
