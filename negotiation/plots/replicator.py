"""Pictures of replicator dynamics: shares over time, the triangle of three behaviours, the square of two and two.

In the two phase pictures arrows show where the population moves, thin lines are paths. Rest points: filled where
nearby populations come in (sink), open where they leave (source), half filled where some do either (saddle), grey
where they do neither to first order. A ring marks what is evolutionarily stable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D

from negotiation.plots.layout import fit
from negotiation.plots.legends import legend_below
from negotiation.plots.style import ACTOR_COLOURS, INK, QUIET_INK, fewer, magnified, new_axes, new_figure, styled, wrap
from negotiation.plots.tournament import label_words
from negotiation.terms import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray
    from pandas import DataFrame

    Pair = tuple[NDArray[np.float64], NDArray[np.float64]]

PALETTE = ("#1B6F8A", "#BA6413", "#2F5DAA", "#8B1E1E", "#5C7F1F", "#7A3E9D", "#B8860B", "#2B2B2B")
DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (2, 1.4)), (0, (6, 1.6, 1.4, 1.6)))
NOTED = 0.1  # a behaviour that never has a larger share is drawn in grey
HEIGHT = 3**0.5 / 2
POINTS: dict[str, dict[str, Any]] = {
    "sink": {"markerfacecolor": INK},
    "source": {"markerfacecolor": "#FFFFFF"},
    "saddle": {"markerfacecolor": INK, "fillstyle": "left", "markerfacecoloralt": "#FFFFFF"},
    "neutral": {"markerfacecolor": "#B5B5B5"},
}
DOT, RING = 8.0, 15.0


# ----------------------------------------------------------------------------------- shares over time


def plot_shares(table: DataFrame, ax: Axes | None = None, *, looks: dict[str, dict[str, Any]] | None = None,
                title: str | None = None) -> Axes:
    """Shares of behaviours under replicator dynamics.

    Args:
        table: columns ``time``, ``behaviour``, ``share``.
        ax: panel to draw into; a new figure's if None.
        looks: from `shares_looks`, where several panels share their colours; behaviours not in it are grey.
        title: of the panel.

    Raises:
        ValueError: the table is empty.
    """
    if table.empty:
        raise ValueError("shares table: holds no row")
    looks = shares_looks(table) if looks is None else looks
    with styled():
        panel = new_axes(6.4, 4.2) if ax is None else ax
        for name, rows in table.groupby("behaviour", sort=False):
            look = looks.get(str(name), {"color": "#BBBBBB", "linewidth": 0.8, "linestyle": "-"})
            panel.plot(rows["time"], rows["share"], label=str(name), zorder=2 if str(name) in looks else 1, **look)
        panel.set_ylim(0, 1)
        panel.set_xlim(0, float(table["time"].max()) or 1.0)
        panel.set_xlabel(say("Time (1/payoff)"))
        panel.set_ylabel(say("Share of the population"))
        panel.grid(axis="y", color="#DDDDDD", linewidth=0.7)
        if title is not None:
            panel.set_title(title)
        if ax is None:
            panel.legend(handles=_shares_legend(looks, grey=len(looks) < table["behaviour"].nunique()),
                         loc="center left", bbox_to_anchor=(1.0, 0.5))
        return panel


def plot_shares_figure(tables: dict[str, DataFrame], heading: str = "") -> Figure:
    """`plot_shares` of several populations side by side, a behaviour in one colour throughout.

    Args:
        tables: title to table.
        heading: of the figure.
    """
    from pandas import concat

    with styled():
        looks = shares_looks(concat(list(tables.values())))
        figure = new_figure(1.0 + 3.2 * len(tables), 4.0, letters=1.4)
        panels = []
        for number, (title, table) in enumerate(tables.items()):
            panel = plot_shares(table, figure.add_subplot(1, len(tables), number + 1), looks=looks, title=title)
            if number:
                panel.set_ylabel("")
                panel.set_yticklabels([])
            panels.append(panel)
        grey = any(not set(table["behaviour"]) <= set(looks) for table in tables.values())
        legend_below(figure, _shares_legend(looks, grey), columns=4)
        figure.suptitle(heading, ha="left", va="top")
        return fit(figure, [panels])


def shares_looks(table: DataFrame) -> dict[str, dict[str, Any]]:
    """Behaviour to line, for those that ever matter after the start, those with the largest shares first."""
    later = table[table["time"] > 0.0]
    start = table[table["time"] == 0.0].groupby("behaviour")["share"].max()
    most = later.groupby("behaviour")["share"].max().sort_values(ascending=False, kind="stable")
    # What never grows is on its way out from the beginning.
    noted = [str(name) for name, share in most.items() if share >= NOTED and share > start.get(name, 0.0) + 1e-9]
    noted = noted or [str(most.index[0])]
    return {name: {"color": PALETTE[number], "linewidth": 1.9, "linestyle": DASHES[number % len(DASHES)]}
            for number, name in enumerate(noted[:len(PALETTE)])}


def _shares_legend(looks: dict[str, dict[str, Any]], grey: bool) -> list[Line2D]:
    handles = [Line2D([], [], label=label_words(name), **look) for name, look in looks.items()]
    if grey:
        handles.append(Line2D([], [], color="#BBBBBB", linewidth=0.8, label=say("Others")))
    return handles


# ------------------------------------------------------------------------------------- phase pictures


def plot_triangle_flow(table: DataFrame, ax: Axes | None = None, title: str | None = None) -> Axes:
    """The phase picture of one population of three behaviours; a corner is a population of one of them.

    Args:
        table: from `negotiation.tournament.phase.triangle_table`.
        ax: panel to draw into; a new figure's if None.
        title: of the panel.
    """
    with styled():
        panel = new_axes(5.4, 5.0) if ax is None else ax
        panel.plot([0, 1, 0.5, 0], [0, 0, HEIGHT, 0], color=QUIET_INK, linewidth=1.0, zorder=1)
        _arrows(panel, _flat(table[table["kind"] == "arrow"]), _flat(table[table["kind"] == "arrow"], "d"), 0.055)
        for _, rows in _paths(table):
            panel.plot(*_flat(rows), color=ACTOR_COLOURS["seoul"], linewidth=0.9, alpha=0.8, zorder=2)
        rest = table[table["kind"] == "rest"]
        _rest(panel, _flat(rest), rest)
        for (x, y), name, (ha, va) in zip(((0, 0), (1, 0), (0.5, HEIGHT)), table.attrs["labels"],
                                          (("center", "top"), ("center", "top"), ("center", "bottom")), strict=True):
            panel.annotate(wrap(label_words(name), fewer(22)), (x, y), (0, -12 if va == "top" else 12),
                           textcoords="offset points", ha=ha, va=va)
        panel.set_xlim(-0.2, 1.2)
        panel.set_ylim(-0.16, HEIGHT + 0.04 + 0.1 * magnified()**2)  # room for a name of two lines
        panel.set_aspect("equal")
        panel.set_axis_off()
        if title is not None:
            panel.set_title(title)
        return panel


def plot_square_flow(table: DataFrame, ax: Axes | None = None, title: str | None = None,
                     names: dict[str, str] | None = None) -> Axes:
    """The phase picture of two populations of two behaviours each.

    Args:
        table: from `negotiation.tournament.phase.square_table`.
        ax: panel to draw into; a new figure's if None.
        title: of the panel.
        names: seat key to the name people read.
    """
    told = {"tokyo": "Tokyo", "seoul": "Seoul", **(names or {})}
    with styled():
        panel = new_axes(5.0, 4.8) if ax is None else ax
        rows = table[table["kind"] == "arrow"]
        _arrows(panel, _pair(rows, "x", "y"), _pair(rows, "dx", "dy"), 0.06)
        for _, path in _paths(table):
            panel.plot(path["x"], path["y"], color=ACTOR_COLOURS["seoul"], linewidth=0.9, alpha=0.8, zorder=2)
        rest = table[table["kind"] == "rest"]
        _rest(panel, _pair(rest, "x", "y"), rest)
        panel.set_xlim(-0.06, 1.06)
        panel.set_ylim(-0.06, 1.06)
        panel.set_aspect("equal")
        ticks = (0.0, 0.25, 0.5, 0.75, 1.0)
        for seat, (first, second), axis in zip(("tokyo", "seoul"), table.attrs["labels"], (panel.xaxis, panel.yaxis),
                                               strict=True):
            axis.set_ticks(ticks, [f"{100 * tick:.0f}%" for tick in ticks])
            axis.set_label_text(wrap(say("{name}: {first}, the rest {second}", name=say(told[seat]),
                                         first=label_words(first), second=label_words(second)), fewer(44)),
                                color=ACTOR_COLOURS[seat])
        if title is not None:
            panel.set_title(title)
        return panel


def plot_flow_figure(triangle: DataFrame | None, square: DataFrame | None, heading: str = "",
                     names: dict[str, str] | None = None) -> Figure:
    """The phase pictures that there are, side by side, with their legend.

    Raises:
        ValueError: there is none.
    """
    drawn = [table for table in (triangle, square) if table is not None]
    if not drawn:
        raise ValueError("phase tables: none is not allowed; allowed: a triangle, a square, or both")
    with styled():
        figure = new_figure(0.6 + 4.9 * len(drawn), 5.4, letters=1.2)
        panels = []
        if triangle is not None:
            panels.append(plot_triangle_flow(triangle, figure.add_subplot(1, len(drawn), 1),
                                             say("One population, either seat")))
        if square is not None:
            panels.append(plot_square_flow(square, figure.add_subplot(1, len(drawn), len(drawn)),
                                           say("Two populations, one a seat"), names))
        legend_below(figure, flow_legend(drawn), columns=4)
        figure.suptitle(heading, ha="left", va="top")
        return fit(figure, [panels])


def flow_legend(tables: list[DataFrame]) -> list[Line2D]:
    """Handles of the kinds of rest points that occur, and of the ring."""
    kinds = {kind for table in tables for kind in table["stability"].dropna()}
    told = {"sink": say("Sink: populations nearby come in"), "source": say("Source: they leave"),
            "saddle": say("Saddle: some come, some leave"), "neutral": say("Neither to first order")}
    handles = [Line2D([], [], linestyle="", marker="o", markersize=DOT, markeredgecolor=INK, label=told[kind], **look)
               for kind, look in POINTS.items() if kind in kinds]
    if any((table["stable"] == True).any() for table in tables):  # noqa: E712
        handles.append(Line2D([], [], linestyle="", marker="o", markersize=RING, markerfacecolor="none",
                              markeredgecolor=INK, label=say("Ring: evolutionarily stable")))
    return handles


def _paths(table: DataFrame) -> Any:
    return table[table["kind"] == "path"].groupby("path", sort=False)


def _pair(rows: DataFrame, x: str, y: str) -> Pair:
    return rows[x].to_numpy(dtype=np.float64), rows[y].to_numpy(dtype=np.float64)


def _flat(rows: DataFrame, prefix: str = "") -> Pair:
    """Places on paper of shares (a, b, c), or with ``d`` directions of their velocities."""
    b, c = _pair(rows, f"{prefix}b", f"{prefix}c")
    return b + c / 2, c * HEIGHT


def _arrows(panel: Axes, places: Pair, velocities: Pair, length: float) -> None:
    """Arrows of one length in the direction of a velocity; the slower, the fainter."""
    (x, y), (dx, dy) = places, velocities
    speed = np.hypot(dx, dy)
    scale = np.where(speed > 0, speed, 1.0)
    faint = np.clip((speed / (speed.max() or 1.0))**0.4, 0.15, 1.0)
    colours = np.column_stack([np.full((len(speed), 3), 0.35), faint])
    panel.quiver(x, y, length * dx / scale, length * dy / scale, color=colours, angles="xy", scale_units="xy", scale=1,
                 width=0.004, pivot="mid", zorder=1.5, headwidth=4.5, headlength=5)


def _rest(panel: Axes, places: Pair, rows: DataFrame) -> None:
    for at_x, at_y, kind, stable in zip(*places, rows["stability"], rows["stable"], strict=True):
        panel.plot([at_x], [at_y], linestyle="", marker="o", markersize=DOT, markeredgecolor=INK, zorder=4,
                   clip_on=False, label=kind, **POINTS[kind])
        if stable:
            panel.plot([at_x], [at_y], linestyle="", marker="o", markersize=RING, markerfacecolor="none",
                       markeredgecolor=INK, zorder=3, clip_on=False, label="stable")


__all__ = [
    "flow_legend", "plot_flow_figure", "plot_shares", "plot_shares_figure", "plot_square_flow", "plot_triangle_flow",
    "shares_looks",
]
