"""The payoff triangle: what episodes pay the two disputants, against what they could share.

A small mark is an episode, a large one the mean of all episodes with that outcome. The solid line is the
frontier of immediate settlement: what the two could have had by settling in round 1, under every division of the
stakes. The dashed line is the frontier of all histories, which no episode can cross. Both, and the disagreement
point, are defined in `negotiation.payoff_tables`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib.lines import Line2D

from negotiation.outcomes import words
from negotiation.payoff_tables import DISAGREEMENT, EXPECTED, FEASIBLE, IMMEDIATE
from negotiation.plots.layout import fit
from negotiation.plots.lines import MARKS
from negotiation.plots.style import (
    ACTOR_COLOURS,
    INK,
    OUTCOME_COLOURS,
    QUIET_INK,
    fewer,
    new_axes,
    new_figure,
    styled,
    wrap,
)
from negotiation.terms import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame

DOTS = 4000  # the first so many episodes are drawn: episodes are independent, so any so many will do
LOOKS: dict[str, dict[str, Any]] = {
    IMMEDIATE: {"color": INK, "linewidth": 1.8, "linestyle": "-"},
    FEASIBLE: {"color": INK, "linewidth": 1.3, "linestyle": (0, (5, 2.5))},
}
POINTS: dict[str, dict[str, Any]] = {
    EXPECTED: {"marker": "P", "markersize": 10.0, "markerfacecolor": "#FFFFFF"},
    DISAGREEMENT: {"marker": "*", "markersize": 14.0, "markerfacecolor": "#FFFFFF"},
}


def plot_triangle(table: DataFrame, ax: Axes | None = None, frontier: DataFrame | None = None,
                  points: DataFrame | None = None, title: str | None = None, dots: int = DOTS) -> Axes:
    """Dots of the two disputants' payoffs by outcome, the frontiers, and the exact points.

    Args:
        table: from `negotiation.payoff_tables.triangle_table`.
        ax: panel to draw into; a new figure's if None.
        frontier: from `negotiation.payoff_tables.frontier_table`; no lines if None.
        points: from `negotiation.payoff_tables.triangle_points`; none if None.
        title: of the panel.
        dots: at most so many episodes are drawn, the table's first.

    Raises:
        ValueError: the table is empty, or ``dots`` is below 1.
    """
    if table.empty:
        raise ValueError("payoff table: holds no episodes")
    if dots < 1:
        raise ValueError(f"dots: {dots!r} is not allowed; allowed: at least 1")
    shown = table.head(dots)
    names = table.attrs.get("names", {"tokyo": "Tokyo", "seoul": "Seoul"})
    with styled():
        panel = new_axes(7.0, 6.2) if ax is None else ax
        # The most frequent outcome lies below, so that the rare ones are seen.
        counts = shown["outcome"].value_counts(sort=False)
        for key in sorted(counts.index, key=lambda key: -counts[key]):
            rows = shown[shown["outcome"] == key]
            panel.scatter(rows["tokyo"], rows["seoul"], s=10, marker=MARKS[key], facecolor=OUTCOME_COLOURS[key],
                          edgecolor=INK, linewidth=0.2, alpha=0.7, rasterized=True, label=key, zorder=2)
        for key in counts.index:
            rows = table[table["outcome"] == key]
            panel.plot([rows["tokyo"].mean()], [rows["seoul"].mean()], linestyle="", marker=MARKS[key], markersize=8.5,
                       markerfacecolor=OUTCOME_COLOURS[key], markeredgecolor="#FFFFFF", markeredgewidth=1.2,
                       label=f"{key} mean", zorder=3)
        if frontier is not None:
            for line, look in LOOKS.items():
                rows = frontier[frontier["line"] == line]
                if len(rows):
                    panel.plot(rows["tokyo"], rows["seoul"], label=line, zorder=4, **look)
        if points is not None:
            for _, row in points.iterrows():
                panel.plot([row["tokyo"]], [row["seoul"]], linestyle="", markeredgecolor=INK, markeredgewidth=1.4,
                           label=row["point"], zorder=5, **POINTS[row["point"]])
        for line_at in (panel.axhline, panel.axvline):
            line_at(0, color="#C4C4C4", linewidth=0.8, zorder=1)
        panel.set_xlabel(say("{name}'s payoff", name=say(names["tokyo"])), color=ACTOR_COLOURS["tokyo"])
        panel.set_ylabel(wrap(say("{name}'s payoff", name=say(names["seoul"])), fewer(40)),
                         color=ACTOR_COLOURS["seoul"])
        panel.set_title(_title(table, len(shown)) if title is None else title)
        panel.margins(0.03)
        if ax is None:
            panel.legend(handles=triangle_legend(table, frontier, points), loc="center left",
                         bbox_to_anchor=(1.0, 0.5))
        return panel


def plot_triangle_figure(table: DataFrame, frontier: DataFrame | None = None, points: DataFrame | None = None,
                         heading: str = "", dots: int = DOTS) -> Figure:
    """`plot_triangle` as a whole figure under a heading, by default the scenario's title if the table knows it."""
    with styled():
        figure = new_figure(7.0, 7.2, letters=2.6)
        panel = plot_triangle(table, figure.add_subplot(), frontier, points, dots=dots)
        figure.legend(handles=triangle_legend(table, frontier, points), loc="lower center", ncols=2,
                      borderaxespad=0.0)
        figure.suptitle(heading or say(table.attrs.get("title", "")), ha="left", va="top")
        return fit(figure, [[panel]])


def triangle_legend(table: DataFrame, frontier: DataFrame | None = None, points: DataFrame | None = None) -> list[Any]:
    """Handles: the outcomes that occur with their shares of all episodes, then lines and points."""
    shares = table["outcome"].value_counts(normalize=True)
    handles: list[Any] = [
        Line2D([], [], linestyle="", marker=MARKS[key], markersize=6.0, markerfacecolor=OUTCOME_COLOURS[key],
               markeredgecolor=INK, markeredgewidth=0.4, label=f"{say(words(key))} ({100 * shares[key]:.1f}%)")
        for key in OUTCOME_COLOURS if key in shares.index]
    handles.append(Line2D([], [], linestyle="", marker="o", markersize=8.5, markerfacecolor=QUIET_INK,
                          markeredgecolor="#FFFFFF", markeredgewidth=1.2, label=say("Large: mean of an outcome")))
    told = {IMMEDIATE: say("Settlement in week 1, any division"), FEASIBLE: say("Best that any history pays")}
    if frontier is not None:
        present = set(frontier["line"])
        handles += [Line2D([], [], label=told[line], **look) for line, look in LOOKS.items() if line in present]
    told = {EXPECTED: say("Exact expected payoffs"), DISAGREEMENT: say("The same if talks never succeed")}
    if points is not None:
        handles += [Line2D([], [], linestyle="", markeredgecolor=INK, markeredgewidth=1.4, label=told[point],
                           **POINTS[point]) for point in points["point"]]
    return handles


def _title(table: DataFrame, shown: int) -> str:
    if shown == len(table):
        return say("What {count} episodes pay the two sides", count=f"{shown:,}")
    return say("What episodes pay the two sides ({count} of {all} shown)", count=f"{shown:,}", all=f"{len(table):,}")


__all__ = ["DOTS", "plot_triangle", "plot_triangle_figure", "triangle_legend"]
