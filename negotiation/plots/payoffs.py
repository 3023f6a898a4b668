"""What the three actors are paid: one ridge an actor, over simulated episodes.

A payoff's distribution is a mixture: each way a dispute can stand at the end has a hump of its own, and what
ends a dispute pays a lump. A smooth density would blur that, so a ridge is a histogram, its bars stacked by
outcome. All ridges share their bins and have the same greatest height. The strip below a ridge tells half
of the episodes (the thick line, from quartile to quartile), the median (a gap in it), the mean (a dot on it) and
the exact expected payoff (the triangle below it).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, StepPatch

from negotiation.outcomes import words
from negotiation.payoff_tables import payoff_summary
from negotiation.plots.layout import fit
from negotiation.plots.style import (
    ACTOR_COLOURS,
    INK,
    OUTCOME_COLOURS,
    OUTCOME_HATCHES,
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
    from numpy.typing import NDArray
    from pandas import DataFrame

BINS = 80
HEIGHT = 0.68  # of the highest bar of a ridge; ridges stand 1 apart
STRIP = 0.13  # how far below its ridge the strip lies
BELOW = 0.075  # how far below the strip the exact expectation is marked
NAME_WIDTH = 16
MEAN_MARK: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": 5.0, "markerfacecolor": "#FFFFFF",
                             "markeredgecolor": INK, "markeredgewidth": 1.3}
EXACT_MARK: dict[str, Any] = {"linestyle": "", "marker": "^", "markersize": 7.0, "color": INK}


def plot_payoffs(table: DataFrame, ax: Axes | None = None, summary: DataFrame | None = None,
                 title: str | None = None) -> Axes:
    """Ridges of the payoffs, an actor each, stacked by outcome, with mean, quartiles and exact expectation.

    Args:
        table: from `negotiation.payoff_tables.payoff_table`.
        ax: panel to draw into; a new figure's if None.
        summary: from `negotiation.payoff_tables.payoff_summary`; by default of the table, without exact values.
        title: of the panel; by default it says over how many weeks, if the table knows.

    Raises:
        ValueError: the table is empty, or the summary lacks an actor of it.
    """
    if table.empty:
        raise ValueError("payoff table: holds no episodes")
    told = (payoff_summary(table) if summary is None else summary).set_index("seat")
    seats = [str(seat) for seat in table["seat"].unique()]
    lacking = [seat for seat in seats if seat not in told.index]
    if lacking:
        raise ValueError(f"payoff summary: holds no seat {lacking[0]!r}")
    edges = _edges(table["payoff"].to_numpy(dtype=np.float64))
    with styled():
        panel = new_axes(7.2, 5.2) if ax is None else ax
        for place, seat in enumerate(seats):
            floor = float(len(seats) - 1 - place)
            _ridge(panel, table[table["seat"] == seat], edges, floor, ACTOR_COLOURS[seat])
            _strip(panel, told.loc[seat], floor - STRIP, ACTOR_COLOURS[seat], seat)
        names = [wrap(say(str(told.loc[seat, "seat_name"])), fewer(NAME_WIDTH)) for seat in seats]
        panel.set_yticks(np.arange(len(seats))[::-1], names)
        for label, seat in zip(panel.get_yticklabels(), seats, strict=True):
            label.set_color(ACTOR_COLOURS[seat])
            label.set_fontweight("bold")
        panel.tick_params(axis="y", length=0)
        panel.spines["left"].set_visible(False)
        panel.set_ylim(-2.6 * STRIP, len(seats) - 1 + 1.1 * HEIGHT)
        panel.set_xlim(edges[0] - (edges[-1] - edges[0]) * 0.02, edges[-1] + (edges[-1] - edges[0]) * 0.02)
        panel.axvline(0, color="#BBBBBB", linewidth=0.8, zorder=0)
        panel.grid(axis="x", color="#E6E6E6", linewidth=0.6)
        panel.set_xlabel(say("Discounted payoff of an episode"))
        panel.set_title(title if title is not None else _title(table))
        if ax is None:
            panel.legend(handles=payoff_legend(table, told.reset_index()), loc="center left", bbox_to_anchor=(1.0, 0.5))
        return panel


def plot_payoffs_figure(table: DataFrame, summary: DataFrame | None = None, heading: str = "") -> Figure:
    """`plot_payoffs` as a whole figure under a heading, by default the scenario's title if the table knows it."""
    with styled():
        figure = new_figure(7.2, 6.0, letters=1.6)
        panel = plot_payoffs(table, figure.add_subplot(), summary)
        told = payoff_summary(table) if summary is None else summary
        figure.legend(handles=payoff_legend(table, told), loc="lower center", ncols=3, borderaxespad=0.0)
        figure.suptitle(heading or say(table.attrs.get("title", "")), ha="left", va="top")
        return fit(figure, [[panel]])


def _edges(payoffs: NDArray[np.float64]) -> NDArray[np.float64]:
    low, high = float(payoffs.min()), float(payoffs.max())
    if high - low < 1e-9:  # one value, up to rounding
        low, high = low - 0.5, high + 0.5
    return np.linspace(low, high, BINS + 1)


def _ridge(panel: Axes, rows: DataFrame, edges: NDArray[np.float64], floor: float, colour: str) -> None:
    payoffs, outcomes = rows["payoff"].to_numpy(dtype=np.float64), rows["outcome"].to_numpy()
    shares = {key: np.histogram(payoffs[outcomes == key], edges)[0] / len(payoffs) for key in OUTCOME_COLOURS}
    total = np.sum(list(shares.values()), axis=0)
    scale = HEIGHT / total.max()
    base = np.full(len(edges) - 1, floor)
    seat = rows["seat"].iloc[0]
    for key, share in shares.items():
        top = base + share * scale
        if share.any():
            _steps(panel, top, edges, base.copy(), fill=True, facecolor=OUTCOME_COLOURS[key],
                   edgecolor="#FFFFFF" if OUTCOME_HATCHES[key] else OUTCOME_COLOURS[key], hatch=OUTCOME_HATCHES[key],
                   linewidth=0.0, label=f"{seat} {key}", zorder=2)
        base = top
    _steps(panel, floor + total * scale, edges, floor, fill=False, edgecolor=colour, linewidth=1.5, label=seat,
           zorder=3)


def _steps(panel: Axes, values: NDArray[np.float64], edges: NDArray[np.float64], baseline: Any, **look: Any) -> None:
    """As `Axes.stairs`, without its slow search for limits, which are known."""
    panel.add_artist(StepPatch(values, edges, baseline=baseline, **look))


def _strip(panel: Axes, told: Any, y: float, colour: str, seat: str) -> None:
    look: dict[str, Any] = {"zorder": 4, "solid_capstyle": "butt", "clip_on": False}
    panel.plot([told["lower"], told["upper"]], [y, y], color=colour, linewidth=5.0, label=f"{seat} quartiles", **look)
    panel.plot([told["median"]], [y], color="#FFFFFF", marker="|", markersize=6.5, markeredgewidth=1.8,
               label=f"{seat} median", **look)
    if np.isfinite(told["exact"]):
        panel.plot([told["exact"]], [y - BELOW], label=f"{seat} exact", **look, **EXACT_MARK)
    panel.plot([told["mean"]], [y], label=f"{seat} mean", **look, **MEAN_MARK)


def payoff_legend(table: DataFrame, summary: DataFrame) -> list[Any]:
    """Handles that explain ridges and strips: the outcomes that occur, then the marks."""
    present = set(table["outcome"].unique())
    handles: list[Any] = [Patch(facecolor=OUTCOME_COLOURS[key], edgecolor="#FFFFFF", hatch=OUTCOME_HATCHES[key],
                                linewidth=0.0, label=say(words(key)))
                          for key in OUTCOME_COLOURS if key in present]
    handles.append(Line2D([], [], color=QUIET_INK, linewidth=5.0, label=say("Half of the episodes, median in white")))
    handles.append(Line2D([], [], label=say("Simulated mean"), **MEAN_MARK))
    if summary["exact"].notna().any():
        handles.append(Line2D([], [], label=say("Exact expected payoff"), **EXACT_MARK))
    return handles


def _title(table: DataFrame) -> str:
    rounds, count = table.attrs.get("rounds"), table.attrs.get("episodes")
    if not rounds or not count:
        return say("What the actors are paid")
    return say("What the actors are paid over {weeks} weeks, {count} episodes", weeks=rounds, count=f"{count:,}")


__all__ = ["payoff_legend", "plot_payoffs", "plot_payoffs_figure"]
