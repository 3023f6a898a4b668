"""Precision paths: how choice goes from uniform play (precision 0) to the best option (infinity).

The axis shows both ends (`negotiation.precision_scale.place_of`): 0 is the left edge, infinity the right one. The
two limits are marks on the edges. Where a probability differs by more than `BREAK` from one computed precision to
the next, nothing is known of the way between, and the lines break.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from negotiation.plots.layout import fit
from negotiation.plots.legends import legend_below
from negotiation.plots.moves import STANCE_COLOURS
from negotiation.plots.style import (
    INK,
    MOVE_COLOURS,
    OUTCOME_COLOURS,
    QUIET_INK,
    fewer,
    new_axes,
    new_figure,
    styled,
    wrap,
)
from negotiation.plots.wrapping import initial
from negotiation.precision_scale import place_of
from negotiation.terms import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray
    from pandas import DataFrame

TICKS = (0.0, 0.5, 1.0, 2.5, 5.0, 10.0, float("inf"))
BREAK = 0.3
MARKS = ("o", "s", "D", "^", "X")
DASHES: tuple[Any, ...] = ("solid", (0, (6, 1.5)), (0, (3, 1.2)), (0, (6, 1.5, 1.2, 1.5)), (0, (1.2, 1.2)))
MARKED = 6  # about so many marks on a line
FEW = 12  # each of so few points has one


def plot_precision(table: DataFrame, ax: Axes | None = None, title: str | None = None) -> Axes:
    """The probability of each option (or outcome) against precision.

    Illegal options are left out.

    Args:
        table: from `negotiation.precision_tables.precision_path`.
        ax: panel to draw into; a new figure's if None, then with a legend.
        title: of the panel; by default it tells the decision.
    """
    with styled():
        panel = new_axes(7.6, 4.2) if ax is None else ax
        colours = _colours(table)
        for number, key in enumerate(colours):
            rows = table[table["option"] == key].sort_values("precision")
            x, shares = place_of(rows["precision"]), rows["probability"].to_numpy(dtype=np.float64)
            x, shares = broken(x, shares, table)
            every = max(1, -(-len(x) // MARKED)) if len(x) > FEW else 1
            look: dict[str, Any] = {"color": colours[key], "zorder": 4, "clip_on": False, "markeredgecolor": QUIET_INK,
                                    "markeredgewidth": 0.6}
            panel.plot(x, shares, linestyle=DASHES[number], linewidth=2.0, marker=MARKS[number], markersize=5.0,
                       markevery=(min(number * every // 5 + (every > 1), len(x) - 1), every), label=key, **look)
            for limit in ("uniform", "subgame_perfect", "best_reply"):
                ends = rows[rows["limit"] == limit]
                if len(ends):
                    panel.plot(place_of(ends["precision"]), ends["probability"], linestyle="none",
                               marker=MARKS[number], markersize=8.5, label=f"{key} {limit}",
                               **look | {"zorder": 5, "markeredgecolor": INK, "markeredgewidth": 1.1,
                                         "color": "white" if limit == "uniform" else colours[key]})
        own = table.attrs.get("own")
        if own is not None and 0 < own < np.inf:
            panel.axvline(float(place_of(own)), color=QUIET_INK, linewidth=1.0, linestyle=(0, (2, 2)), zorder=2,
                          label="own")
        panel.set_xticks(place_of(TICKS), [f"{tick:g}" if np.isfinite(tick) else "∞" for tick in TICKS])
        panel.set_xlim(0, 1)
        highest = float(table["probability"].max())
        panel.set_ylim(0, 1.0 if highest > 0.8 else max(1.12 * highest, 0.05))
        panel.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        panel.grid(axis="y", color="#DDDDDD", linewidth=0.7)
        panel.set_xlabel(wrap(say("Precision (1/payoff): 0 plays uniformly, ∞ always the best"), fewer(70)))
        outcomes = _told(table)["kind"] == "outcomes"
        panel.set_ylabel(say("Share of disputes") if outcomes else say("Probability of the choice"))
        panel.set_title(_title(table) if title is None else title)
        if ax is None:
            panel.legend(handles=_legend(table), loc="center left", bbox_to_anchor=(1.0, 0.5), borderaxespad=1.2)
        return panel


def broken(x: NDArray[np.float64], shares: NDArray[np.float64],
           table: DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """An option's path with nan half-way wherever any option's probability jumps by more than `BREAK`."""
    wide = table.pivot(index="precision", columns="option", values="probability").sort_index().to_numpy()
    gaps = np.flatnonzero(np.abs(np.diff(wide, axis=0)).max(axis=1) > BREAK) + 1
    middles = (x[gaps - 1] + x[gaps]) / 2
    return np.insert(x, gaps, middles), np.insert(shares, gaps, np.nan)


def plot_precision_figure(*tables: DataFrame, heading: str | None = None) -> Figure:
    """One panel a path, side by side, the legends below.

    Args:
        tables: one to three, each from `negotiation.precision_tables.precision_path`.
        heading: of the figure; by default the scenario's title, if the first table knows it.

    Raises:
        ValueError: no table is given, or more than three.
    """
    if not 1 <= len(tables) <= 3:
        raise ValueError(f"tables: {len(tables)} are not allowed; allowed: 1 to 3")
    with styled():
        figure = new_figure((7.2, 10.0, 13.0)[len(tables) - 1], 5.4, 2.0)
        panels = [plot_precision(table, figure.add_subplot(1, len(tables), place + 1))
                  for place, table in enumerate(tables)]
        for panel in panels:
            panel.set_xlabel(wrap(panel.get_xlabel(), fewer(62 if len(panels) == 1 else 40)))
        seen: list[tuple[str, ...]] = []
        legends = []
        for table in tables:
            if tuple(_colours(table)) not in seen:
                legends.append(_legend(table, limits=not seen))
                seen.append(tuple(_colours(table)))
        for handles in reversed(legends):
            legend_below(figure, handles, 5)
        title = say(tables[0].attrs.get("title", "")) if heading is None else heading
        figure.suptitle(title, ha="left", va="top")
        return fit(figure, [panels])


def _told(table: DataFrame) -> dict[str, Any]:
    return dict(table.attrs.get("decision") or {"kind": "outcomes"})


def _colours(table: DataFrame) -> dict[str, str]:
    """The legal options' keys, in the order of the table, to their colours."""
    known = {"outcomes": OUTCOME_COLOURS, "stance": STANCE_COLOURS}.get(_told(table)["kind"], MOVE_COLOURS)
    options = table[table["legal"]].drop_duplicates("option")["option"]
    return {key: known[key] for key in options}


def _title(table: DataFrame) -> str:
    told = _told(table)
    if told["kind"] == "outcomes":
        return say("How the dispute stands at the end")
    named = {name: say(str(told[name])) for name in ("seat_name", "stance_name", "first_move") if name in told}
    if told["kind"] == "stance":
        return say("{seat}’s stance in week {week}", seat=named["seat_name"], week=told["week"])
    if told["kind"] == "first":
        return say("{seat} moves first in week {week}; stance: {stance}", seat=named["seat_name"], week=told["week"],
                   stance=named["stance_name"])
    return say("{seat} answers “{move}” in week {week}; stance: {stance}", seat=named["seat_name"],
               move=named["first_move"], week=told["week"], stance=named["stance_name"])


def _legend(table: DataFrame, limits: bool = True) -> list[Line2D]:
    names = dict(zip(table["option"], table["option_name"], strict=True))
    handles = [Line2D([], [], color=colour, linestyle=DASHES[number], linewidth=2.0, marker=MARKS[number],
                      markersize=5.0, markeredgecolor=QUIET_INK, markeredgewidth=0.6, label=initial(say(names[key])))
               for number, (key, colour) in enumerate(_colours(table).items())]
    if not limits:
        return handles
    last = say("Limit ∞: subgame perfect") if "subgame_perfect" in set(table["limit"]) else say("Limit ∞: best reply")
    for face, label in (("white", say("Limit 0: uniform")), (QUIET_INK, last)):
        handles.append(Line2D([], [], linestyle="none", marker="o", markersize=8.5, markerfacecolor=face,
                              markeredgecolor=INK, markeredgewidth=1.1, label=label))
    own = table.attrs.get("own")
    if own is not None and 0 < own < np.inf:
        handles.append(Line2D([], [], color=QUIET_INK, linewidth=1.0, linestyle=(0, (2, 2)),
                              label=say("The scenario’s own: {precision}", precision=f"{own:g}")))
    return handles


__all__ = ["plot_precision", "plot_precision_figure"]
