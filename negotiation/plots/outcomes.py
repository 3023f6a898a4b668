"""The outcomes of a dispute: exact probabilities beside simulated shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter
from matplotlib.transforms import ScaledTranslation

from negotiation.outcomes import CONFIDENCE, words
from negotiation.plots.layout import fit
from negotiation.plots.style import (
    INK,
    OUTCOME_COLOURS,
    QUIET_INK,
    fewer,
    figure_of,
    lines_of,
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

HATCH = "////"


def plot_outcomes(table: DataFrame, ax: Axes | None = None, title: str | None = None) -> Axes:
    """Bars of the outcome distribution: exact, and beside it simulated with its interval.

    Whatever the table does not hold (no simulation, or no exact distribution) is left out.

    Args:
        table: from `negotiation.outcomes.outcome_table`.
        ax: panel to draw into; a new figure's if None.
        title: of the panel; by default it says after how many weeks, if the table knows.

    Raises:
        ValueError: the table holds neither exact nor simulated numbers.
    """
    series = [name for name in ("exact", "simulated") if table[name].notna().any()]
    if not series:
        raise ValueError("outcome table: holds neither exact nor simulated numbers")
    with styled():
        panel = new_axes(7.2, 4.6) if ax is None else ax
        wide = 0.8 / len(series)
        places = np.arange(len(table))
        colours = [OUTCOME_COLOURS[key] for key in table["outcome"]]
        for number, name in enumerate(series):
            x = places + (number - (len(series) - 1) / 2) * wide
            heights = table[name].to_numpy()
            drawn = panel.bar(x, heights, wide * 0.94, label=name, linewidth=0.9)
            for bar, colour in zip(drawn, colours, strict=True):
                _dress(bar, colour, hatched=name == "simulated")
            tops = heights
            if name == "simulated":
                tops = table["high"].to_numpy()
                panel.errorbar(x, heights, yerr=[heights - table["low"].to_numpy(), tops - heights], fmt="none",
                               ecolor=INK, elinewidth=1.3, capsize=4.0, capthick=1.3, label="interval")
            for at, height, top in zip(x, heights, tops, strict=True):
                panel.annotate(f"{100 * height:.1f}%", (at, top), (0, 4), textcoords="offset points", ha="center",
                               va="bottom", fontsize=9 if len(series) == 1 else 8.5, color=INK)
        panel.set_xticks(places, [wrap(say(words(key)), fewer(14)) for key in table["outcome"]], fontsize=10)
        panel.tick_params(axis="x", length=0)
        panel.set_xlim(-0.6, len(table) - 0.4)
        highest = np.nanmax(table[["exact", "high"]].to_numpy())
        panel.set_ylim(0, min(1.12, max(highest * 1.14, 0.05)))
        panel.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        panel.set_ylabel(say("Share of disputes"))
        panel.grid(axis="y", color="#DDDDDD", linewidth=0.7)
        panel.set_title(title if title is not None else _title(table), pad=10)
        _legend(panel, table, series)
        return panel


def plot_outcome_figure(table: DataFrame, heading: str = "") -> Figure:
    """`plot_outcomes` as a whole figure under a heading, by default the scenario's title if the table knows it."""
    with styled():
        figure = new_figure(7.2, 4.8)
        panel = plot_outcomes(table, figure.add_subplot())
        figure.suptitle(heading or say(table.attrs.get("title", "")), ha="left", va="top")
        return fit(figure, [[panel]])


def _dress(bar: Patch, colour: str, hatched: bool) -> None:
    """Exact bars are solid; simulated ones hatched, so that they differ in grey as well."""
    bar.set_facecolor(colour)
    bar.set_edgecolor("#FFFFFF" if hatched else colour)
    bar.set_hatch(HATCH if hatched else "")


def _title(table: DataFrame) -> str:
    rounds = table.attrs.get("rounds")
    if not rounds:
        return say("How the dispute stands at the end")
    if rounds == 1:
        return say("How the dispute stands after one week")
    return say("How the dispute stands after {rounds} weeks", rounds=rounds)


def _legend(panel: Axes, table: DataFrame, series: list[str]) -> None:
    handles: list[Patch] = []
    if "exact" in series:
        handles.append(Patch(facecolor=QUIET_INK, label=say("Exact probability")))
    if "simulated" in series:
        confidence = table.attrs.get("confidence", CONFIDENCE)
        count = int(table["episodes"].max())
        handles.append(Patch(
            facecolor=QUIET_INK, edgecolor="#FFFFFF", hatch=HATCH,
            label=say("Simulated, {count} episodes, with {percent}% interval", count=f"{count:,}",
                      percent=f"{100 * confidence:g}")))
    # Below the panel, because any outcome may be the tall one; a fixed distance below its names.
    lines = max(lines_of(label.get_text()) for label in panel.get_xticklabels())
    below = ScaledTranslation(0, -(0.14 + 0.18 * lines), figure_of(panel).dpi_scale_trans)
    panel.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=2, borderaxespad=0.0,
                 bbox_transform=panel.transAxes + below)


__all__ = ["plot_outcome_figure", "plot_outcomes"]
