"""Rungs and standstill, week by week: how a dispute spreads over its two ladders, and how it ends.

A ladder panel shades the whole distribution of the rung over disputes still going. Rungs are whole
numbers, so the fan's edges are steps: half of the disputes lie between the inner pair, nine in ten
between the outer pair. Single episodes run on top, thick while a standstill is in force. The panel
below tells how many disputes still go on, and how the others ended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import Normal, Stroke
from matplotlib.ticker import MaxNLocator, PercentFormatter
from matplotlib.transforms import ScaledTranslation

from negotiation.outcomes import rung_quantiles, words
from negotiation.plots.layout import fit
from negotiation.plots.style import (
    ACTOR_COLOURS,
    INK,
    OUTCOME_COLOURS,
    QUIET_INK,
    fewer,
    figure_of,
    lines_of,
    new_axes,
    new_figure,
    ramp,
    smaller,
    styled,
    unlabelled,
    wrap,
)
from negotiation.terms import say
from negotiation.vocabulary import Outcome

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame

# Lower and upper quantile of a band, what the code calls it, width of its edges in points.
BANDS = ((0.25, 0.75, "inner edges", 1.6), (0.05, 0.95, "outer edges", 0.9))
PATHS = 3
DASHES: tuple[Any, ...] = ("solid", (0, (4, 1.6)), (0, (1, 1.2)))
PATH_COLOURS = ("#111111", "#7B1E7A", "#0B6E4F")
END_MARKS = {Outcome.SETTLEMENT.key: "o", Outcome.RUPTURE.key: "X"}
NAME_WIDTH = 27
SHADE = "#9A9A9A"  # no darker: coloured edges and dark paths run over it


def plot_rungs(weekly: DataFrame, seat: str, ax: Axes | None = None, paths: DataFrame | None = None,
               name_width: int = NAME_WIDTH) -> Axes:
    """One side's ladder by week: the distribution of its rung as a fan, with sample paths.

    Args:
        weekly: from `negotiation.outcomes.weekly_table`.
        seat: key of the side, ``tokyo`` or ``seoul``.
        ax: panel to draw into; a new figure's if None.
        paths: from `negotiation.outcomes.path_table`; its first three episodes are drawn.
        name_width: rung names are broken into lines of at most so many characters.

    Raises:
        ValueError: the table does not hold the seat.
    """
    rows = weekly[weekly["seat"] == seat]
    if rows.empty:
        raise ValueError(f"weekly table: holds no seat {seat!r}")
    wide = rows.pivot(index="rung", columns="week", values="probability")
    rungs = rows.drop_duplicates("rung").sort_values("rung")["rung_name"]
    names = [wrap(say(name), fewer(name_width)) for name in rungs]
    weeks = wide.columns.to_numpy()
    edges = np.append(weeks, weeks[-1] + 1) - 0.5
    with styled():
        panel = new_axes(7.2, *_height(3.2, _ladder_height(names))) if ax is None else ax
        panel.imshow(wide.to_numpy(), cmap=ramp(SHADE), vmin=0, vmax=1, aspect="auto",
                     origin="lower", interpolation="nearest", zorder=0,
                     extent=(edges[0], edges[-1], -0.5, len(names) - 0.5))
        _draw_bands(panel, rows, edges, ACTOR_COLOURS[seat])
        if paths is not None:
            _draw_paths(panel, paths[paths["seat"] == seat])
        panel.set_xlim(edges[0], edges[-1])
        panel.set_ylim(-0.5, len(names) - 0.5)
        panel.set_yticks(range(len(names)), names)
        panel.tick_params(axis="y", left=False)
        unlabelled(panel.yaxis)
        panel.hlines(np.arange(len(names) - 1) + 0.5, edges[0], edges[-1], colors="#E2E2E2", linewidth=0.6,
                     zorder=0.5)
        panel.xaxis.set_major_locator(MaxNLocator(nbins=9, integer=True))
        panel.set_xlabel(say("Week"))
        panel.set_title(say("{seat}: rung in force", seat=say(rows["seat_name"].iloc[0])), color=ACTOR_COLOURS[seat])
        return panel


def _draw_bands(panel: Axes, rows: DataFrame, edges: np.ndarray, colour: str) -> None:
    levels = sorted({level for low, high, *_ in BANDS for level in (low, high)} | {0.5})
    table = rung_quantiles(rows, levels).pivot(index="quantile", columns="week", values="rung")
    for low, high, label, thick in BANDS:
        for level, shift in ((low, -0.5), (high, 0.5)):
            panel.stairs(table.loc[level].to_numpy() + shift, edges, baseline=None, color=colour, linewidth=thick,
                         label=f"{label} {level:g}", zorder=2)


def _draw_paths(panel: Axes, paths: DataFrame) -> None:
    figure = figure_of(panel)
    for number, (episode, rows) in enumerate(list(paths.groupby("episode", sort=False))[:PATHS]):
        # Moved apart on paper, not in the data, so that paths on one rung can be told from each other.
        shift = ScaledTranslation(0, (1 - number) * 5 / 72, figure.dpi_scale_trans)
        rungs, held = rows["rung"].to_numpy(dtype=np.float64), rows["standstill"].to_numpy(dtype=bool)
        look: dict[str, Any] = {"color": PATH_COLOURS[number], "transform": panel.transData + shift,
                                "zorder": 4 + number, "solid_capstyle": "butt"}
        halo = [Stroke(linewidth=2.6, foreground="white", alpha=0.8), Normal()]
        weeks = rows["week"].to_numpy(dtype=np.float64)
        panel.plot(weeks, rungs, linestyle=DASHES[number], linewidth=1.2, drawstyle="steps-mid",
                   label=f"episode {episode}", path_effects=halo, **look)
        panel.plot(*_stretches(weeks, rungs, held), linewidth=3.2, label=f"episode {episode} standstill", **look)
        mark = END_MARKS.get(rows["outcome"].iloc[0], "")
        panel.plot(weeks[-1:], rungs[-1:], marker=mark, markersize=7, markeredgecolor="white",
                   linestyle="none", clip_on=False, label=f"episode {episode} end", **look)


def _stretches(weeks: np.ndarray, rungs: np.ndarray, held: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The flat parts of a stepped path in the weeks that are held, set apart by nan."""
    gap = np.full(held.sum(), np.nan)
    x = np.stack([np.maximum(weeks - 0.5, weeks[0])[held], np.minimum(weeks + 0.5, weeks[-1])[held], gap])
    y = np.stack([rungs[held], rungs[held], gap])
    return x.T.ravel(), y.T.ravel()


def plot_standing(by_week: DataFrame, ax: Axes | None = None) -> Axes:
    """How disputes stand by week: settled, going on (under a standstill or not), ruptured.

    Args:
        by_week: from `negotiation.outcomes.outcomes_by_week`.
        ax: panel to draw into; a new figure's if None.
    """
    wide = by_week.pivot(index="outcome", columns="week", values="probability").loc[list(Outcome.keys())]
    weeks, shares = wide.columns.to_numpy(), wide.to_numpy()
    with styled():
        panel = new_axes(7.2, 3.6) if ax is None else ax
        tops = np.vstack([np.zeros(weeks.size), shares.cumsum(axis=0)])
        for number, key in enumerate(wide.index):
            panel.fill_between(weeks, tops[number], tops[number + 1], facecolor=OUTCOME_COLOURS[key], linewidth=0.8,
                               edgecolor="white", label=key)
        # The two edges between going on and having ended.
        for level in (tops[1], tops[-2]):
            panel.plot(weeks, level, color=INK, linewidth=1.4)
        panel.set_xlim(weeks[0], weeks[-1])
        panel.set_ylim(0, 1)
        panel.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        panel.xaxis.set_major_locator(MaxNLocator(nbins=14, integer=True))
        panel.set_ylabel(say("Share of all disputes"))
        panel.set_xlabel(say("Week"))
        panel.set_title(say("How disputes stand, week by week"))
        handles: list[Patch | Line2D] = [Patch(facecolor=OUTCOME_COLOURS[key], label=_standing(key))
                                         for key in reversed(wide.index)]
        handles.append(Line2D([], [], color=INK, linewidth=1.4, label=say("edges of “still going”")))
        panel.legend(handles=handles, loc="center left", bbox_to_anchor=(1.0, 0.5), borderaxespad=1.0)
        return panel


def _standing(key: str) -> str:
    endings = {Outcome.SETTLEMENT.key: say("Settled"), Outcome.RUPTURE.key: say("Ruptured")}
    return endings.get(key) or say("Going on: {outcome}", outcome=say(words(key)).lower())


def plot_weeks(weekly: DataFrame, by_week: DataFrame, paths: DataFrame | None = None,
               title: str | None = None) -> Figure:
    """Both ladders and how disputes stand, week by week, as one figure.

    Args:
        weekly: from `negotiation.outcomes.weekly_table`.
        by_week: from `negotiation.outcomes.outcomes_by_week`.
        paths: from `negotiation.outcomes.path_table`; its first three episodes are drawn.
        title: of the figure; by default the scenario's, if the table knows it.
    """
    seats = list(weekly["seat"].unique())
    with styled():
        ladder = max(_ladder_height([wrap(say(name), fewer(NAME_WIDTH)) for name in
                                     weekly.loc[weekly["seat"] == seat, "rung_name"].unique()]) for seat in seats)
        high, letters = _height(2.6, ladder)
        heights = (smaller(high - letters) + letters, smaller(2.3))
        figure = new_figure(11.0, high + 4.6, letters)
        ladders = [figure.add_subplot(2, 2, place + 1) for place in range(len(seats))]
        for panel, seat in zip(ladders, seats, strict=True):
            plot_rungs(weekly, seat, panel, paths)
        bar = figure.colorbar(ladders[-1].images[0], cax=figure.add_axes((0.9, 0.6, 0.02, 0.3)),
                              format=PercentFormatter(1.0, decimals=0), ticks=[0, 0.25, 0.5, 0.75, 1])
        bar.outline.set_visible(False)
        bar.set_label(say("Share of disputes still going"))
        standing = plot_standing(by_week, figure.add_subplot(2, 1, 2))
        figure.legend(handles=_fan_legend(paths), loc="lower center", ncols=3, borderaxespad=0.0)
        figure.suptitle(title if title is not None else say(weekly.attrs.get("title", "")), ha="left", va="top")
        return fit(figure, [ladders, [standing]], heights, bar.ax, 1)


def _height(least: float, ladder: float) -> tuple[float, float]:
    """Inches that a panel is high in print, and how much of it is for names and stays on every sheet."""
    return (least, 0.0) if ladder <= smaller(least) else (ladder, ladder)


def _ladder_height(names: list[str]) -> float:
    """Inches that a ladder's names need: every rung as high as the longest name."""
    return len(names) * (0.16 * max(lines_of(name) for name in names) + 0.1)


def _fan_legend(paths: DataFrame | None) -> list[Line2D]:
    said = (say("inner edges: half of the disputes lie between"), say("outer edges: nine in ten do"))
    handles = [Line2D([], [], color=QUIET_INK, linewidth=thick, label=label)
               for (*_, thick), label in zip(BANDS, said, strict=True)]
    if paths is not None:
        for number, (episode, rows) in enumerate(list(paths.groupby("episode", sort=False))[:PATHS]):
            handles.append(Line2D([], [], color=PATH_COLOURS[number], linestyle=DASHES[number], linewidth=1.4,
                                  label=say("episode {number}: {outcome}", number=episode,
                                            outcome=say(words(rows["outcome"].iloc[0])).lower())))
        if handles:
            handles.append(Line2D([], [], color=INK, linewidth=3.2, label=say("standstill in force (thick)")))
    return handles


__all__ = ["plot_rungs", "plot_standing", "plot_weeks"]
