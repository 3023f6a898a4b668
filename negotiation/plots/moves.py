"""What each capital does, week by week: frequencies of moves and stances as stacked steps.

A week is one round, so the stacks are steps: what stands above a week is what is done in that week by the
disputes that reach it. How many do is a panel of its own, for its share is of all disputes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, PercentFormatter

from negotiation.plots.areas import name_areas, stack
from negotiation.plots.layout import fit
from negotiation.plots.legends import legend_below
from negotiation.plots.style import (
    ACTOR_COLOURS,
    INK,
    MOVE_COLOURS,
    QUIET_INK,
    fewer,
    new_axes,
    new_figure,
    styled,
    wrap,
)
from negotiation.terms import say
from negotiation.vocabulary import Actor, Move, Stance

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame

# Quiet and urging are greys, as little is done; leaning on a side has the colour of that side.
STANCE_COLOURS: dict[str, str] = {
    Stance.QUIET.key: "#D6D6D6",
    Stance.URGE.key: "#939393",
    Stance.CONVENE.key: "#1F5E43",
    Stance.PRESS_TOKYO.key: "#E9A66B",
    Stance.PRESS_SEOUL.key: ACTOR_COLOURS[Actor.SEOUL.key],
}
# From below: moves that stand upon each other differ in lightness.
STACKED = (Move.ESCALATE, Move.APPEAL, Move.HOLD, Move.STANDSTILL, Move.STEP_DOWN)


def colours_of(seat: str) -> dict[str, str]:
    """Key of each option of a seat, from below, to its colour."""
    if seat == Actor.WASHINGTON.key:
        return STANCE_COLOURS
    return {move.key: MOVE_COLOURS[move.key] for move in STACKED}


def plot_moves(table: DataFrame, seat: str, ax: Axes | None = None) -> Axes:
    """How often one seat takes each of its options, by week, over disputes that reach the week.

    Args:
        table: from `negotiation.outcomes_weekly.moves_table`.
        seat: key of the seat.
        ax: panel to draw into; a new figure's if None, then with a legend.

    Raises:
        ValueError: the table does not hold the seat.
    """
    rows = table[table["seat"] == seat]
    if rows.empty:
        raise ValueError(f"moves table: {seat!r} is not allowed; allowed: {', '.join(table['seat'].unique())}")
    colours = colours_of(seat)
    wide = rows.pivot(index="move", columns="week", values="probability").loc[list(colours)]
    weeks, tops = wide.columns.to_numpy(dtype=np.float64), wide.to_numpy(dtype=np.float64).cumsum(axis=0)
    # Steps: each week from half a week before to half a week after.
    x = np.column_stack([weeks - 0.5, weeks + 0.5]).ravel()
    steps = np.repeat(tops, 2, axis=1)
    with styled():
        panel = new_axes(6.4, 3.6) if ax is None else ax
        panel.set_xlim(x[0], x[-1])
        panel.set_ylim(0, 1)
        stack(panel, x, steps, colours)
        names = {key: say(name) for key, name in zip(rows["move"], rows["move_name"], strict=True)}
        named = name_areas(panel, x, np.vstack([np.zeros(x.size), steps[:-1]]), steps,
                           {key: _initial(names[key]) for key in colours}, colours)
        _dress(panel, say("Share of disputes that reach the week"))
        panel.set_title(say("{seat}: what it does", seat=say(rows["seat_name"].iloc[0])), color=ACTOR_COLOURS[seat])
        if ax is None and len(named) < len(colours):
            panel.legend(handles=_legend(rows), loc="center left", bbox_to_anchor=(1.0, 0.5), borderaxespad=1.0)
        return panel


def plot_reached(table: DataFrame, ax: Axes | None = None) -> Axes:
    """The share of all disputes that reach each week.

    Args:
        table: from `negotiation.outcomes_weekly.moves_table`.
        ax: panel to draw into; a new figure's if None.
    """
    rows = table.drop_duplicates("week").sort_values("week")
    weeks, reached = rows["week"].to_numpy(dtype=np.float64), rows["reached"].to_numpy(dtype=np.float64)
    edges = np.append(weeks - 0.5, weeks[-1] + 0.5)
    with styled():
        panel = new_axes(6.4, 3.6) if ax is None else ax
        panel.stairs(reached, edges, baseline=0.0, fill=True, color="#EFEFEF", label="filled")
        panel.stairs(reached, edges, baseline=None, color=INK, linewidth=1.4, label="reached")
        panel.set_xlim(edges[0], edges[-1])
        panel.set_ylim(0, 1)
        panel.annotate(f"{100 * reached[-1]:.0f}%", (weeks[-1], reached[-1]), (0, 4), textcoords="offset points",
                       ha="right", va="bottom", fontsize=9, color=INK)
        _dress(panel, say("Share of all disputes"))
        panel.set_title(say("Disputes that reach the week"), color=QUIET_INK)
        return panel


def plot_moves_figure(table: DataFrame, heading: str | None = None) -> Figure:
    """The moves of both disputants, the third party's stances and the share still going, week by week.

    Args:
        table: from `negotiation.outcomes_weekly.moves_table`.
        heading: of the figure; by default the scenario's title, if the table knows it.
    """
    with styled():
        figure = new_figure(9.6, 7.4, 2.2)
        panels = [figure.add_subplot(2, 2, place + 1) for place in range(4)]
        for panel, actor in zip(panels, Actor, strict=False):
            plot_moves(table, actor.key, panel)
        plot_reached(table, panels[3])
        panels[1].set_ylabel("")
        for panel in panels[:2]:
            panel.set_xlabel("")
        # The lower legend first, as legends are stacked from below.
        for seat, title in ((Actor.WASHINGTON.key, say("Stances")), (Actor.TOKYO.key, say("Moves"))):
            legend_below(figure, _legend(table[table["seat"] == seat], title), 6, columnspacing=1.4)
        title = say(table.attrs.get("title", "")) if heading is None else heading
        figure.suptitle(title, ha="left", va="top")
        return fit(figure, [panels[:2], panels[2:]])


def _dress(panel: Axes, label: str) -> None:
    panel.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    panel.xaxis.set_major_locator(MaxNLocator(nbins=9, integer=True))
    panel.set_xlabel(say("Week"))
    panel.set_ylabel(wrap(label, fewer(24)))


def _legend(rows: DataFrame, title: str = "") -> list[Patch]:
    names = dict(zip(rows["move"], rows["move_name"], strict=True))
    colours = colours_of(str(rows["seat"].iloc[0]))
    handles = [Patch(facecolor=colour, edgecolor=QUIET_INK, linewidth=0.4, label=_initial(say(names[key])))
               for key, colour in colours.items()]
    return [Patch(alpha=0.0, linewidth=0, label=f"{title}:"), *handles] if title else handles[::-1]


def _initial(name: str) -> str:
    """A name with a capital first letter."""
    return name[:1].upper() + name[1:]


__all__ = ["STANCE_COLOURS", "colours_of", "plot_moves", "plot_moves_figure", "plot_reached"]
