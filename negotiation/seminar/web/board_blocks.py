"""Pictures of the teacher's board: a table's two ladders by week, and outcomes so far beside the exact ones."""

from __future__ import annotations

from collections.abc import Sequence

from negotiation.seminar.board import Card, Outcomes
from negotiation.seminar.web.tree import Node, node

WIDTH, HEIGHT, EDGE = 200, 84, 8


def card(shown: tuple[Card, tuple[int, int, int], bool, tuple[str, ...]]) -> list[Node]:
    """A table: its picture, its week, who is waited for."""
    table, (weeks, *tops), treated, missing = shown
    week = f"week {table.week}" + (f" · {table.treatment}" if treated and table.treatment != "all" else "")
    told = [node("header", "", node("button", "button plain small", f"Table {table.number}", type="button",
                                    act=table.number), node("span", "quiet", week)),
            _ladders(table, weeks, tops)]
    if table.outcome:
        told.append(node("p", "ended", table.outcome))
    else:
        told.append(node("p", "waits", f"{table.turn}: {', '.join(table.waiting) or 'agent'}"))
    if table.agents:
        told.append(node("p", "quiet", "agents: " + ", ".join(table.agents)))
    if missing:
        told.append(node("p", "quiet", "no page open: " + ", ".join(missing)))
    return told


def _ladders(table: Card, weeks: int, tops: Sequence[int]) -> Node:
    across = (WIDTH - 2 * EDGE) / weeks
    bottom, tall = HEIGHT - EDGE, HEIGHT - 2 * EDGE
    drawn = [node("path", "rungline", d=f"M{EDGE} {bottom - rung / max(tops) * tall:.1f}H{WIDTH - EDGE}")
             for rung in range(1, max(tops) + 1)]
    drawn += [node("rect", "heldband", x=f"{EDGE + (week - 0.5) * across:.1f}", y="0", width=f"{across:.1f}",
                   height=str(HEIGHT)) for week, held in enumerate(table.held) if held]
    drawn.append(node("path", "axis", d=f"M{EDGE} {bottom}H{WIDTH - EDGE}"))
    for side, path in enumerate(table.paths):
        shift = 1.2 if side else -1.2  # so that equal rungs do not hide each other
        points = [(EDGE + week * across, bottom - rung / tops[side] * tall + shift) for week, rung in enumerate(path)]
        x, y = points[-1]
        drawn += [node("path", f"path side{side}", d="M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)),
                  node("circle", f"dot side{side}", cx=f"{x:.1f}", cy=f"{y:.1f}", r="3.5")]
    told = "; ".join(f"{path[0]} to {path[-1]}" for path in table.paths)
    return node("svg", "ladderplot", *drawn, viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img",
                aria_label=f"Rungs of both sides from the start until now: {told}")


def distribution(shown: tuple[tuple[str, ...], tuple[Outcomes, ...], bool]) -> list[Node]:
    """Bars of how tables ended, and a mark where the exact probability of equilibrium play is."""
    names, groups, predicted = shown
    return [_group(names, group, predicted) for group in groups]


def _group(names: tuple[str, ...], group: Outcomes, predicted: bool) -> Node:
    title = f"{group.treatment}: " if group.treatment not in ("", "all") else ""
    rows = []
    for name, count, expected in zip(names, group.counts, group.expected, strict=True):
        share = count / group.tables if group.tables else 0.0
        mark = [node("div", "mark", style=f"left: {100 * expected:.1f}%")] if predicted else []
        told = [node("td", "exact", f"exact {100 * expected:.0f} %")] if predicted else []
        bar = node("div", "bar", node("div", "fill", style=f"width: {100 * share:.1f}%"), *mark, aria_hidden="true")
        rows.append(node("tr", "", node("th", "", name, scope="row"), node("td", "barcell", bar),
                         node("td", "count", str(count)), *told))
    return node("div", "outcomes", node("h3", "", f"{title}{group.tables} finished"),
                node("table", "", node("tbody", "", *rows)))


def legend(shown: tuple[tuple[str, str], str]) -> list[Node]:
    """Which line is whose."""
    sides, standstill = shown
    keys = []
    for number, name in enumerate(sides):
        line = node("path", f"path side{number}", d="M2 6H38")
        keys += [node("svg", "key", line, viewBox="0 0 40 12", aria_hidden="true"), node("span", "", name)]
    band = node("rect", "heldband", x="0", y="0", width="40", height="12")
    keys += [node("svg", "key", band, viewBox="0 0 40 12", aria_hidden="true"), node("span", "", standstill)]
    return [node("p", "legend", *keys)]


__all__ = ["card", "distribution", "legend"]
