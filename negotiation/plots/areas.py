r"""Outcome shares along one axis of a sweep, stacked: they fill the whole, so that one sees what gives way to what.

**Intervals.** A line in a stack is the share of *all outcomes below it together*, so the interval drawn is that
of the cumulative share, not the outcome's own: of n episodes, the number that end in one of the first k
outcomes is binomial with the cumulative probability, whatever the shares within, so its Wilson interval is that
of the cumulative count, point by point along the axis. Intervals of neighbouring lines overlap where an outcome
is rare; they are not intervals of the areas' heights (`negotiation.plots.lines` shows those). Exact
probabilities have none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import to_rgba
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from negotiation.outcomes import CONFIDENCE, wilson_interval, words
from negotiation.parameters import ParameterError
from negotiation.plots.layout import fit
from negotiation.plots.legends import legend_below
from negotiation.plots.scales import Scale
from negotiation.plots.style import INK, OUTCOME_COLOURS, figure_of, ink_on, new_axes, new_figure, styled
from negotiation.sweep.columns import (
    check_axis,
    display_names,
    key_words,
    outcome_columns,
    refuse_others,
    select_at,
    value_words,
)
from negotiation.terms import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray
    from pandas import DataFrame

BAR = 0.8  # width of a bar, of the distance between two
TALL = 0.055  # a part of a bar so high holds its number
SAFE = (0.85, 0.85)  # of a panel's width and height as it is before the page is laid out, what is sure to remain
SIZE = 9.0  # of names inside areas, points
STEPS = 240  # places along an axis at which a name may stand


def boundary_table(table: DataFrame, confidence: float = CONFIDENCE) -> DataFrame:
    """The lines of a stack of outcomes, with the intervals of cumulative shares; see the module docstring.

    Args:
        table: a sweep's rows, with ``episodes`` unless all are ``exact``.
        confidence: coverage of the intervals, in (0, 1).

    Returns:
        One row a row of the table and outcome, in the order of `Outcome`: ``row`` (its place in the table, from 0),
        ``outcome`` (key), ``cumulative`` (share of this outcome and all before it), ``low`` and ``high`` (its Wilson
        interval; equal to ``cumulative`` where the row is exact). Points that failed are nan.

    Raises:
        ParameterError: a probability is missing, or rows are estimated and the table does not say from how
            many episodes.
    """
    from pandas import DataFrame as Frame

    shares = table[outcome_columns(table)].to_numpy(dtype=np.float64)
    total = shares.cumsum(axis=1)
    low, high = total.copy(), total.copy()
    known = np.isfinite(total).all(axis=1)
    exact = table["exact"].to_numpy(dtype=bool) if "exact" in table.columns else np.ones(len(table), dtype=bool)
    sampled = known & ~exact
    if sampled.any():
        if "episodes" not in table.columns:
            raise ParameterError("table", "no column episodes", "estimated shares with their numbers of episodes")
        count = table["episodes"].to_numpy(dtype=np.float64)[sampled, None]
        hits = np.minimum(np.rint(shares[sampled] * count).cumsum(axis=1), count)
        low[sampled], high[sampled] = wilson_interval(hits, count, confidence)
    keys = list(OUTCOME_COLOURS)
    return Frame({"row": np.repeat(np.arange(len(table)), len(keys)), "outcome": keys * len(table),
                  "cumulative": total.ravel(), "low": low.ravel(), "high": high.ravel()})


def plot_areas(table: DataFrame, x: str, ax: Axes | None = None, *, at: Mapping[str, Any] | None = None,
               title: str = "") -> Axes:
    """The probabilities of all outcomes along one axis, stacked.

    Along numbers they are areas, each with its name in it where it fits; categories are bars with numbers.

    Args:
        table: a sweep's rows.
        x: key of the axis.
        ax: panel to draw into; a new figure's if None, then with a legend.
        at: key to value, for axes that vary too.
        title: of the panel.

    Raises:
        ParameterError: x is no axis, another axis varies and is not in ``at``, or shares are estimated and the
            table does not say from how many episodes.
    """
    check_axis(table, x, "x")
    chosen = select_at(table, at)
    refuse_others(chosen, [x])
    chosen = chosen[chosen[x].notna()]
    scale = Scale.of(chosen[x])
    places = scale.places(chosen[x])
    order = np.argsort(places, kind="stable")
    places, rows = places[order], chosen.iloc[order]
    lines = boundary_table(rows)
    tops, low, high = (lines.pivot(index="outcome", columns="row", values=name).loc[list(OUTCOME_COLOURS)].to_numpy()
                       for name in ("cumulative", "low", "high"))
    with styled():
        panel = new_axes(7.6, 4.2) if ax is None else ax
        scale.dress(panel.xaxis, key_words(x, display_names(rows), unit=True))
        panel.set_ylim(0, 1)
        panel.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        panel.set_ylabel(say("Share of disputes"))
        panel.set_title(title)
        if scale.continuous and len(places) > 1:
            panel.set_xlim(places[0], places[-1])
            stack(panel, places, tops, OUTCOME_COLOURS)
            _draw_intervals(panel, places, tops, low, high)
            base = np.zeros((1, places.size))
            named = name_areas(panel, places, np.vstack([base, high[:-1]]), np.vstack([low[:-1], base + 1]),
                               {key: say(words(key)) for key in OUTCOME_COLOURS}, OUTCOME_COLOURS)
        else:
            panel.set_xlim(places.min() - 0.6, places.max() + 0.6)
            _draw_bars(panel, places, tops, low, high)
            named = set()
        if ax is None:
            handles = _legend(named, bool((high > low).any()))
            if handles:
                panel.legend(handles=handles, loc="center left", bbox_to_anchor=(1.0, 0.5), borderaxespad=1.0)
        return panel


def plot_areas_figure(table: DataFrame, x: str, *, at: Mapping[str, Any] | None = None, title: str = "",
                      heading: str = "") -> Figure:
    """`plot_areas` as a whole figure, what has no name inside in a legend below.

    Args:
        table: a sweep's rows.
        x: key of the axis.
        at: key to value, for axes that vary too.
        title: of the panel.
        heading: of the figure; none by default.

    Raises:
        ParameterError: as `plot_areas`.
    """
    with styled():
        figure = new_figure(7.2, 4.8, 1.2)
        panel = plot_areas(table, x, figure.add_subplot(), at=at, title=title)
        named = {str(text.get_gid()) for text in panel.texts}
        labels = [artist.get_label() for artist in panel.collections] + [bars.get_label() for bars in panel.containers]
        spread = any(str(label).endswith("interval") for label in labels)
        legend_below(figure, _legend(named, spread))
        fixed = ", ".join(f"{key_words(key, display_names(table))} {value_words(value)}"
                          for key, value in (at or {}).items())
        if fixed:
            figure.supxlabel(say("At {values}.", values=fixed), fontsize=9, ha="left", va="bottom")
        figure.suptitle(heading, ha="left", va="top")
        return fit(figure, [[panel]])


# ---------------------------------------------------------------------------- stacks of areas


def stack(panel: Axes, x: NDArray[np.float64], tops: NDArray[np.float64], colours: Mapping[str, str]) -> None:
    """Areas upon each other, each labelled by its key, with white lines between.

    Args:
        panel: to draw into.
        x: float64 [points], rising.
        tops: float64 [areas, points], where each area ends; the first begins at 0. nan leaves a gap.
        colours: key of each area, from below, to its colour.
    """
    lower = np.zeros(x.size)
    for top, (key, colour) in zip(tops, colours.items(), strict=True):
        panel.fill_between(x, lower, top, facecolor=colour, edgecolor="white", linewidth=0.7, label=key, zorder=1)
        lower = top


def name_areas(panel: Axes, x: NDArray[np.float64], lower: NDArray[np.float64], upper: NDArray[np.float64],
               names: Mapping[str, str], colours: Mapping[str, str]) -> set[str]:
    """Write each area's name where the area is high enough for the whole of it.

    Limits and scales of the panel must be set. The panel's size is taken as it is now, less what ticks and
    legends may yet take.

    Args:
        panel: with the areas.
        x: float64 [points], rising.
        lower: float64 [areas, points], below which a name must not reach.
        upper: likewise, above.
        names: key of each area, from below, to its name; empty for none.
        colours: key to colour of the area.

    Returns:
        The keys whose names were written; each text's group id is its key.
    """
    to_axes = panel.transScale + panel.transLimits
    across = to_axes.transform(np.column_stack([x, np.zeros(x.size)]))[:, 0]
    grid = np.linspace(0, 1, STEPS + 1)
    figure = figure_of(panel)
    box, size = panel.get_position(original=True), np.asarray(figure.get_size_inches())
    room = np.array([box.width, box.height]) * size * SAFE * figure.dpi
    base, height = to_axes.transform([(x[0], 0.0), (x[0], 1.0)])[:, 1]
    written = set()
    for number, (key, name) in enumerate(names.items()):
        if not name:
            continue
        text = panel.text(0.5, 0.5, name, transform=panel.transAxes, ha="center", va="center", fontsize=SIZE,
                          color=ink_on(to_rgba(colours[key])), gid=key, zorder=5)
        extent = text.get_window_extent()
        wide, tall = extent.width / room[0] + 0.03, 1.25 * extent.height / room[1]
        ends = [base + (height - base) * np.interp(grid, across, side[number]) for side in (lower, upper)]
        place = _roomiest(ends[0], ends[1], int(np.ceil(wide * STEPS)) + 1, 2.2 * tall)
        if place is None or place[2] - place[1] < tall:
            text.remove()
            continue
        text.set_position((float(grid[0] + place[0] / STEPS), (place[1] + place[2]) / 2))
        written.add(key)
    return written


def _roomiest(lower: NDArray[np.float64], upper: NDArray[np.float64], window: int,
              enough: float) -> tuple[float, float, float] | None:
    """Where a box so many steps wide finds most height, or enough: its middle, its lower and its upper end."""
    if window > lower.size:
        return None
    views = np.lib.stride_tricks.sliding_window_view
    floor, ceiling = views(lower, window).max(axis=1), views(upper, window).min(axis=1)
    gap = ceiling - floor
    if not np.isfinite(gap).any():
        return None
    # Of places that are high enough, or nearly as high as any, the one nearest to the middle.
    good = np.flatnonzero(gap >= min(enough, np.nanmax(gap) - 0.01))
    best = int(good[np.abs(good - (gap.size - 1) / 2).argmin()])
    return best + (window - 1) / 2, float(floor[best]), float(ceiling[best])


# ----------------------------------------------------------------------------------- drawing


def _draw_intervals(panel: Axes, x: NDArray[np.float64], tops: NDArray[np.float64], low: NDArray[np.float64],
                    high: NDArray[np.float64]) -> None:
    """A veil between the ends of each line's interval, and the line itself on top."""
    for number, key in enumerate(list(OUTCOME_COLOURS)[:-1]):
        if not (high[number] > low[number]).any():
            continue
        panel.fill_between(x, low[number], high[number], facecolor="white", alpha=0.55, linewidth=0, zorder=2,
                           label=f"{key} interval")
        for end in (low[number], high[number]):
            panel.plot(x, end, color=INK, linewidth=0.5, linestyle=(0, (3, 2)), zorder=2.5, label=_interval_words(),
                       gid="legend")
        panel.plot(x, tops[number], color=INK, linewidth=1.0, zorder=3, label=f"{key} line")


def _draw_bars(panel: Axes, x: NDArray[np.float64], tops: NDArray[np.float64], low: NDArray[np.float64],
               high: NDArray[np.float64]) -> None:
    lower = np.zeros(x.size)
    last = len(tops) - 1
    for number, (key, colour) in enumerate(OUTCOME_COLOURS.items()):
        heights = tops[number] - lower
        panel.bar(x, heights, BAR, bottom=lower, color=colour, edgecolor="white", linewidth=0.7, label=key, zorder=1)
        spread = high[number] > low[number]
        # Intervals stand beside the middle, one after the other, so that neighbours do not run into each other.
        if number < last and spread.any():
            shift = BAR * (0.28 + 0.09 * (number - 1.5) / 1.5)
            panel.errorbar(x + shift, tops[number], yerr=np.stack([tops[number] - low[number],
                                                                   high[number] - tops[number]]),
                           fmt="none", ecolor=INK, elinewidth=1.2, capsize=2.5, zorder=3, label=f"{key} interval")
        for at, foot, height in zip(x, lower, heights, strict=True):
            if height >= TALL:
                panel.text(at - (BAR * 0.1 if spread.any() else 0.0), foot + height / 2, f"{100 * height:.0f}%",
                           ha="center", va="center", fontsize=8.5, color=ink_on(to_rgba(colour)), zorder=4)
        lower = tops[number]


def _legend(named: Sequence[str] | set[str], spread: bool) -> list[Patch | Line2D]:
    """The outcomes that carry no name inside, from the top of the stack, and what the dashes are."""
    handles: list[Patch | Line2D] = [Patch(facecolor=colour, label=say(words(key)))
                                     for key, colour in reversed(OUTCOME_COLOURS.items()) if key not in named]
    if spread:
        handles.append(Line2D([], [], color=INK, linewidth=0.9, linestyle=(0, (3, 2)),
                              label=_interval_words()))
    return handles


def _interval_words() -> str:
    return say("{percent}% interval of the line: this and all below", percent=f"{100 * CONFIDENCE:g}")


__all__ = ["boundary_table", "name_areas", "plot_areas", "plot_areas_figure", "stack"]
