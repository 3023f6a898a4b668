"""Pictures of the teacher's board: a table's two ladders by week, and outcomes so far beside the exact ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from negotiation.seminar.board import Card, Outcomes
from negotiation.seminar.web.parts import Box, Text, button

WIDTH, HEIGHT, EDGE = 200, 84, 8


def draw_card(shown: tuple[Card, tuple[int, int, int], bool, tuple[str, ...]], manage: Callable[[int], None]) -> None:
    """A table: its picture, its week, who is waited for."""
    card, (weeks, *tops), treated, missing = shown
    with Box("header"):
        button(f"Table {card.number}", partial(manage, card.number), "button plain small")
        Text(f"week {card.week}" + (f" · {card.treatment}" if treated and card.treatment != "all" else ""), "span",
             "quiet")
    _ladders(card, weeks, tops)
    if card.outcome:
        Text(card.outcome, "p", "ended")
    else:
        who = ", ".join(card.waiting) or "agent"
        Text(f"{card.turn}: {who}", "p", "waits")
    if card.agents:
        Text("agents: " + ", ".join(card.agents), "p", "quiet")
    if missing:
        Text("no page open: " + ", ".join(missing), "p", "quiet")


def _ladders(card: Card, weeks: int, tops: Sequence[int]) -> None:
    across = (WIDTH - 2 * EDGE) / weeks
    told = "; ".join(f"{' to '.join(str(path[at]) for at in (0, -1))}" for path in card.paths)
    with Box("svg", "ladderplot", viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img",
             aria_label=f"Rungs of both sides from the start until now: {told}"):
        for rung in range(1, max(tops) + 1):
            Box("path", "rungline", d=f"M{EDGE} {HEIGHT - EDGE - rung / max(tops) * (HEIGHT - 2 * EDGE):.1f}"
                                      f"H{WIDTH - EDGE}")
        for week, held in enumerate(card.held):
            if held:
                Box("rect", "heldband", x=f"{EDGE + (week - 0.5) * across:.1f}", y="0", width=f"{across:.1f}",
                    height=str(HEIGHT))
        Box("path", "axis", d=f"M{EDGE} {HEIGHT - EDGE}H{WIDTH - EDGE}")
        for side, path in enumerate(card.paths):
            shift = 1.2 if side else -1.2  # so that equal rungs do not hide each other
            points = [(EDGE + week * across, HEIGHT - EDGE - rung / tops[side] * (HEIGHT - 2 * EDGE) + shift)
                      for week, rung in enumerate(path)]
            Box("path", f"path side{side}", d="M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points))
            x, y = points[-1]
            Box("circle", f"dot side{side}", cx=f"{x:.1f}", cy=f"{y:.1f}", r="3.5")


def distribution(shown: tuple[tuple[str, ...], tuple[Outcomes, ...], bool]) -> None:
    """Bars of how tables ended, and a mark where the exact probability of equilibrium play is."""
    names, groups, predicted = shown
    for group in groups:
        with Box("div", "outcomes"):
            title = group.treatment if group.treatment not in ("", "all") else ""
            Text(f"{title + ': ' if title else ''}{group.tables} finished", "h3")
            with Box("table"), Box("tbody"):
                for name, count, expected in zip(names, group.counts, group.expected, strict=True):
                    share = count / group.tables if group.tables else 0.0
                    with Box("tr"):
                        Text(name, "th", scope="row")
                        with Box("td", "barcell"), Box("div", "bar", aria_hidden="true"):
                            Box("div", "fill").style(f"width: {100 * share:.1f}%")
                            if predicted:
                                Box("div", "mark").style(f"left: {100 * expected:.1f}%")
                        Text(f"{count}", "td", "count")
                        if predicted:
                            Text(f"exact {100 * expected:.0f} %", "td", "exact")


__all__ = ["distribution", "draw_card"]
