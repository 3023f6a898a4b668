"""Pictures of the teacher's board: a table's two ladders by week, and outcomes so far beside the exact ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from negotiation.plots.style import OUTCOME_COLOURS
from negotiation.seminar.board import Card, Outcomes
from negotiation.seminar.telling import percent
from negotiation.seminar.web.parts import held_runs
from negotiation.seminar.web.tree import Node, node
from negotiation.terms import say

WIDTH, HEIGHT, EDGE = 200, 84, 8
LONG = 120  # seconds of waiting for people after which a table without a clock is marked


@dataclass(frozen=True)
class Shown:
    """A table as the board draws it.

    Attributes:
        card: what the class says of it.
        weeks, tops: of the class: weeks to play, and the highest rung of each side.
        seats: names of the three seats.
        endings: what the outcomes are called.
        treated: whether the treatment may be seen.
        missing: how many of its people have no page open, of those for whom no agent plays.
        lobby: whether the class has not begun, and who sits where is what there is to see.
    """

    card: Card
    weeks: int
    tops: tuple[int, int]
    seats: tuple[str, ...]
    endings: tuple[str, ...]
    treated: bool
    missing: int
    lobby: bool = False


def card(clock: Callable[[], float], shown: Shown) -> list[Node]:
    """A table: its picture, its week, who is waited for and how long.

    Args:
        clock: seconds since the epoch, of whoever told when a move is due.
        shown: the table.
    """
    table = shown.card
    name = say("Table {number}", number=table.number)
    week = say("Week {number}", number=table.week)
    week += f" · {table.treatment}" if shown.treated and table.treatment != "all" else ""
    label = node("button", "button plain small", node("span", "full", name), node("span", "short", str(table.number)),
                 type="button", act=table.number, aria_label=name)
    told = [node("header", "", label, node("span", "quiet", week)), _ladders(table, shown.weeks, shown.tops)]
    if table.outcome:
        kind = shown.endings.index(table.outcome) if table.outcome in shown.endings else 0
        told.append(node("p", "ended", node("span", f"swatch out{kind}", aria_hidden="true"), table.outcome))
        return told  # who is there matters no more
    if shown.lobby:
        told.append(_seated(table, shown.seats))
    else:
        told.append(_waits(table, clock()))
    steps_in = [shown.seats[seat] for seat in sorted({each.seat for each in table.people if each.absent})]
    others = [each for each in table.agents if each not in steps_in]
    if others and not shown.lobby:
        told.append(node("p", "quiet", say("agents: {names}", names=", ".join(others))))
    if steps_in:
        told.append(node("p", "stepsin", say("absent, an agent steps in: {names}", names=", ".join(steps_in))))
    if shown.missing:
        told.append(node("p", "quiet", say("no page open: {count} of {all}", count=shown.missing,
                                           all=len(table.people))))
    return told


def _seated(table: Card, seats: Sequence[str]) -> Node:
    """Who sits where before the class begins; agents play the seats that stay empty."""
    at = [(name, ", ".join(each.name for each in table.people if each.seat == seat)) for seat, name in enumerate(seats)]
    return node("ul", "seats", *(node("li", "" if names else "quiet", say("{seat}: {names}", seat=name, names=names
                                                                          or say("agent"))) for name, names in at))


def _waits(table: Card, now: float) -> Node:
    """Who is waited for, and a clock that the browser keeps: down to when a move is due, or up."""
    names = node("span", "names", say(": {names}", names=", ".join(table.waiting) or say("agent")))
    parts = [node("span", "who", say("Waiting for {seat}", seat=table.turn), names)]
    if table.since is not None:
        if table.due is not None:
            parts.append(node("span", "clock", data_left=f"{max(0.0, table.due - now):.0f}",
                              data_turn=f"{table.place} {table.due:.0f}", role="timer", key="left"))
        else:
            parts.append(node("span", "clock", data_waited=f"{max(0.0, now - table.since):.0f}",
                              data_turn=f"{table.place} {table.since:.0f}", data_long=str(LONG), role="timer",
                              key="waited"))
            parts.append(node("span", "sign", say("long wait")))
    return node("p", "waits persons" if table.waiting else "waits", *parts)


def _ladders(table: Card, weeks: int, tops: Sequence[int]) -> Node:
    across = (WIDTH - 2 * EDGE) / weeks
    bottom, tall = HEIGHT - EDGE, HEIGHT - 2 * EDGE
    drawn = [node("path", "rungline", d=f"M{EDGE} {bottom - rung / max(tops) * tall:.1f}H{WIDTH - EDGE}")
             for rung in range(1, max(tops) + 1)]
    drawn += [node("rect", "heldband", x=f"{EDGE + (start - 0.5) * across:.1f}", y="0", width=f"{length * across:.1f}",
                   height=str(HEIGHT)) for start, length in held_runs(table.held)]
    drawn.append(node("path", "axis", d=f"M{EDGE} {bottom}H{WIDTH - EDGE}"))
    for side, path in enumerate(table.paths):
        shift = 1.2 if side else -1.2  # so that equal rungs do not hide each other
        points = [(EDGE + week * across, bottom - rung / tops[side] * tall + shift) for week, rung in enumerate(path)]
        x, y = points[-1]
        drawn += [node("path", f"path side{side}", d="M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)),
                  node("path", f"dot side{side}", d=f"M{x:.1f} {y:.1f}h.01")]  # round however the picture is stretched
    told = "; ".join(f"{path[0]} → {path[-1]}" for path in table.paths)
    return node("svg", "ladderplot", *drawn, viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", preserveAspectRatio="none",
                aria_label=say("Rungs of both sides from the start until now: {told}", told=told))


def distribution(shown: tuple[tuple[str, ...], tuple[Outcomes, ...], bool]) -> list[Node]:
    """Bars of how tables ended, and a mark where the exact probability of equilibrium play is."""
    names, groups, predicted = shown
    return [_group(names, group, predicted) for group in groups]


def _group(names: tuple[str, ...], group: Outcomes, predicted: bool) -> Node:
    title = say("{count} finished", count=group.tables)
    if group.treatment not in ("", "all"):
        title = say("{what}: {more}", what=group.treatment, more=title)
    rows = []
    kinds = zip(names, OUTCOME_COLOURS.values(), group.counts, group.expected, strict=True)
    for kind, (name, colour, count, expected) in enumerate(kinds):
        share = count / group.tables if group.tables else 0.0
        mark = [node("div", "mark", style=f"left: {100 * expected:.1f}%")] if predicted else []
        told = [node("td", "exact", say("exact {share}", share=percent(expected)))] if predicted else []
        fill = node("div", f"fill out{kind}", style=f"width: {100 * share:.1f}%; background-color: {colour}")
        bar = node("div", "bar", fill, *mark, aria_hidden="true")
        rows.append(node("tr", "", node("th", "", name, scope="row"), node("td", "barcell", bar),
                         node("td", "count", str(count)), *told))
    return node("div", "outcomes", node("h2", "", title),
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


__all__ = ["LONG", "Shown", "card", "distribution", "legend"]
