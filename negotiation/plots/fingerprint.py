"""Fingerprints of behaviours: what each plays, by tension and by whether a standstill is in force.

One row a behaviour, one bar a bin of tension, first without a standstill, then with one. A bar is cut by the shares
of the moves; an empty one is a situation that the behaviour did not come into.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.patches import Patch

from negotiation.outcomes import words
from negotiation.plots.layout import fit
from negotiation.plots.legends import legend_below
from negotiation.plots.style import EMPTY, INK, MOVE_COLOURS, fewer, new_axes, new_figure, styled, wrap
from negotiation.plots.tournament import label_words
from negotiation.terms import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame

TALL, WIDE = 0.82, 0.9  # of a bar, in rows and bins
SPACE = 0.8  # bins between the two halves


def plot_fingerprints(table: DataFrame, ax: Axes | None = None, title: str | None = None) -> Axes:
    """Shares of moves by bin, one row a behaviour.

    Args:
        table: from `negotiation.tournament.fingerprint.fingerprint`, of one seat, one or more behaviours.
        ax: panel to draw into; a new figure's if None.
        title: of the panel.

    Raises:
        ValueError: the table is empty, or a behaviour has a bin twice.
    """
    if table.empty or table.duplicated(["behaviour", "standstill", "low", "move"]).any():
        raise ValueError("fingerprint table: each behaviour, bin and move once is allowed")
    names = list(dict.fromkeys(table["behaviour"]))
    bins = sorted(set(zip(table["low"], table["high"], strict=True)))
    with styled():
        panel = new_axes(7.0, 1.2 + 0.4 * len(names)) if ax is None else ax
        for half in (0, 1):
            start = half * (len(bins) + SPACE)
            for row in range(len(names)):
                for number in range(len(bins)):
                    panel.bar(start + number + 0.5, TALL, WIDE, bottom=row - TALL / 2, color=EMPTY, linewidth=0.0,
                              zorder=1)
            mine = table[table["standstill"] == half]
            for name, rows in mine.groupby("behaviour", sort=False):
                row = names.index(name)
                for number, (low, _) in enumerate(bins):
                    shares = rows[rows["low"] == low].set_index("move")["share"]
                    foot = row + TALL / 2
                    for move, colour in MOVE_COLOURS.items():
                        share = float(shares.get(move, np.nan))
                        if share > 0:
                            foot -= share * TALL
                            panel.bar(start + number + 0.5, share * TALL, WIDE, bottom=foot, color=colour,
                                      linewidth=0.0, zorder=2, label=move)
        middle = len(bins) / 2
        for half, told in enumerate((say("No standstill"), say("Standstill in force"))):
            panel.text(half * (len(bins) + SPACE) + middle, -0.62, told, ha="center", va="bottom", color=INK)
        ticks = [half * (len(bins) + SPACE) + number for half in (0, 1) for number in range(len(bins) + 1)]
        edges = [bins[0][0], *(high for _, high in bins)]
        panel.set_xticks(ticks, [f"{edge:g}" for edge in edges] * 2, fontsize=8.5)
        panel.set_yticks(range(len(names)), [wrap(label_words(name), fewer(30)) for name in names])
        panel.tick_params(axis="y", length=0)
        panel.set_xlim(-0.1, 2 * len(bins) + SPACE + 0.1)
        panel.set_ylim(len(names) - 0.45, -1.25)
        panel.set_xlabel(say("Tension"))
        for spine in ("left", "bottom"):
            panel.spines[spine].set_visible(False)
        if title is not None:
            panel.set_title(title)
        if ax is None:
            panel.legend(handles=_legend(), loc="center left", bbox_to_anchor=(1.0, 0.5))
        return panel


def plot_fingerprints_figure(table: DataFrame, heading: str = "") -> Figure:
    """`plot_fingerprints` as a whole figure with its legend."""
    with styled():
        figure = new_figure(7.6, 1.6 + 0.4 * table["behaviour"].nunique(), letters=1.2)
        panel = plot_fingerprints(table, figure.add_subplot())
        legend_below(figure, _legend(), columns=5)
        figure.suptitle(heading, ha="left", va="top")
        return fit(figure, [[panel]])


def _legend() -> list[Patch]:
    return [Patch(facecolor=colour, label=say(words(move))) for move, colour in MOVE_COLOURS.items()]


__all__ = ["plot_fingerprints", "plot_fingerprints_figure"]
