"""Learning curves: what pairs do as disputes go by, with bands over pairs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, PercentFormatter

from negotiation.outcomes import words
from negotiation.plots.curves import DASHES, GROUP_COLOURS, STEPS
from negotiation.plots.layout import fit
from negotiation.plots.scales import Scale
from negotiation.plots.style import ACTOR_COLOURS, OUTCOME_COLOURS, new_axes, new_figure, styled, wrap
from negotiation.terms import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame

SHARES = ("plans", "outcomes")
ROOM = {1: 60, 2: 40}  # small letters across a panel, by the number of panels in a row


def plot_learning(table: DataFrame, ax: Axes | None = None, *, seat: str | None = None, title: str = "",
                  order: Sequence[str] | None = None, legend: bool | None = None, room: int = 60) -> Axes:
    """One curve a plan, seat or outcome, with its band.

    Args:
        table: from `negotiation.learning.curves.learning_curve` or `negotiation.learning.nearness.play_regret`.
        ax: panel to draw into; a new figure's if None.
        seat: the rows of this seat only, by its key; plans have a panel for each.
        title: of the panel.
        order: the names in the order of their colours, for panels that stand side by side; as in the table if None.
        legend: whether the curves are named inside the panel; None for beside it, if the figure is new.
        room: about how many small letters the panel is wide.

    Raises:
        ValueError: the table holds several kinds, or plans of both seats.
    """
    rows = table if seat is None else table[table["seat"] == seat]
    kinds = list(rows["kind"].unique())
    if len(kinds) != 1 or (kinds[0] == "plans" and rows["seat"].nunique() != 1):
        raise ValueError(f"table: kinds {kinds} of seats {list(rows['seat'].unique())}; allowed: one kind, and of "
                         "plans one seat")
    kind, names = kinds[0], list(order if order is not None else rows["name"].unique())
    scale = Scale.of(rows["dispute"])
    with styled():
        panel = new_axes(7.0, 4.2) if ax is None else ax
        for name, group in rows.groupby("name", sort=False):
            look = _look(str(name), names.index(str(name)))
            low, mean, high = (group[column].to_numpy(dtype=np.float64) for column in ("low", "mean", "high"))
            places = group["dispute"].to_numpy(dtype=np.float64)
            panel.fill_between(places, low, high, color=look["color"], alpha=0.14, linewidth=0, zorder=2)
            for edge in (low, high):  # where bands overlap, their edges tell them apart
                panel.plot(places, edge, color=look["color"], linewidth=0.6, alpha=0.7, zorder=3, label="_edge")
            panel.plot(places, mean, label=_named(table, str(name)), linewidth=1.8, zorder=4, **look)
        if scale.continuous:
            scale.dress(panel.xaxis, say("Disputes played"), room)
        else:  # few uneven checkpoints: still numbers, not categories
            panel.set_xlabel(say("Disputes played"))
            panel.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=STEPS, integer=True))
        if kind in SHARES:
            panel.set_ylim(0.0, 1.0)
            panel.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        panel.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=STEPS))
        panel.grid(axis="y", color="#DDDDDD", linewidth=0.7)
        panel.set_ylabel(wrap(_label(kind), 34))
        panel.set_title(title)
        if legend:
            panel.legend(handles=_handles(panel), loc="best")
        elif legend is None and ax is None:
            panel.legend(handles=_handles(panel), loc="center left", bbox_to_anchor=(1.0, 0.5), borderaxespad=1.0)
        return panel


def plot_learning_figure(table: DataFrame, heading: str = "") -> Figure:
    """Learning curves with one legend; plans in a panel for each seat.

    Args:
        table: of one kind, as for `plot_learning`.
        heading: of the figure.
    """
    seats = list(table["seat"].unique()) if set(table["kind"]) == {"plans"} else [None]
    order = list(table["name"].unique())
    with styled():
        figure = new_figure({1: 7.0, 2: 8.4}[len(seats)], 4.6)
        panels = [plot_learning(table, figure.add_subplot(1, len(seats), place + 1), seat=seat, order=order,
                                title="" if seat is None else _named(table, seat), legend=False, room=ROOM[len(seats)])
                  for place, seat in enumerate(seats)]
        handles = {str(line.get_label()): line for panel in reversed(panels) for line in _handles(panel)}
        figure.legend(handles=[handles[label] for label in dict.fromkeys(_named(table, name) for name in order)],
                      loc="lower center", ncols=min(3, len(order)), borderaxespad=0.0)
        figure.suptitle(heading, ha="left", va="top")
        return fit(figure, [panels])


def _label(kind: str) -> str:
    return {"plans": say("Probability of the plan"), "outcomes": say("Share of disputes"),
            "payoffs": say("Payoff of a dispute"), "regret": say("Gain from the best plan")}[kind]


def _named(table: DataFrame, name: str) -> str:
    if name in OUTCOME_COLOURS:
        return say(words(name))
    return say(table.attrs.get("names", {}).get(name, name.replace("_", " ")))


def _look(name: str, number: int) -> dict[str, Any]:
    own = {**ACTOR_COLOURS, **OUTCOME_COLOURS}.get(name)
    return {"color": own or GROUP_COLOURS[number % len(GROUP_COLOURS)], "linestyle": DASHES[number % len(DASHES)]}


def _handles(panel: Axes) -> list[Line2D]:
    return [line for line in panel.lines if not str(line.get_label()).startswith("_")]


__all__ = ["plot_learning", "plot_learning_figure"]
