"""Outcomes along the axes of a sweep: lines with intervals, small multiples, clouds of points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, PercentFormatter

from negotiation.outcomes import CONFIDENCE, words
from negotiation.parameters import ParameterError
from negotiation.plots.layout import fit
from negotiation.plots.phase import plot_phase_figure
from negotiation.plots.scales import Scale
from negotiation.plots.style import INK, OUTCOME_COLOURS, QUIET_INK, fewer, new_axes, new_figure, styled, wrap
from negotiation.sweep.columns import (
    check_axis,
    display_names,
    is_numeric,
    key_words,
    levels,
    outcome_columns,
    quantity_words,
    refuse_others,
    select_at,
    value_words,
    varying,
)
from negotiation.sweep.regions import phase_table
from negotiation.terms import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray
    from pandas import DataFrame

MARKS = dict(zip(OUTCOME_COLOURS, "osD^X", strict=True))
MARKED = 25  # lines of so many points show them
PANELS = 12  # small multiples, at most
BINS = 12
DOT = "#4A7BA6"
ROOM = {1: 80, 2: 40, 3: 38}  # small letters across a panel, by the number of panels in a row
LETTERS = 1.4  # inches of a row of small multiples that its labels take up
GOLDEN = (5**0.5 - 1) / 2


def plot_lines(table: DataFrame, x: str, ax: Axes | None = None, *, at: Mapping[str, Any] | None = None,
               title: str = "") -> Axes:
    """The probability of every outcome along one axis, with its interval where it is estimated.

    Numbers are joined by lines in bands; categories are points with error bars, side by side.

    Args:
        table: a sweep's rows.
        x: key of the axis.
        ax: panel to draw into; a new figure's if None.
        at: key to value, for axes that vary too.
        title: of the panel.

    Raises:
        ParameterError: x is no axis, or another axis varies and is not in ``at``.
    """
    check_axis(table, x, "x")
    chosen = select_at(table, at)
    refuse_others(chosen, [x])
    return _lines(chosen, x, Scale.of(chosen[x]), ax, title)


def _lines(rows: DataFrame, x: str, scale: Scale, ax: Axes | None, title: str, room: int = 80) -> Axes:
    columns = outcome_columns(rows)
    places = scale.places(rows[x])
    order = np.argsort(places, kind="stable")
    places, rows = places[order], rows.iloc[order]
    with styled():
        panel = new_axes(7.6, 4.2) if ax is None else ax
        for number, (column, key) in enumerate(zip(columns, OUTCOME_COLOURS, strict=True)):
            shares = rows[column].to_numpy(dtype=np.float64)
            low, high = _interval(rows, key, shares)
            look: dict[str, Any] = {"color": OUTCOME_COLOURS[key], "zorder": 4, "clip_on": False}
            if scale.continuous:
                if (high > low).any():
                    panel.fill_between(places, low, high, color=OUTCOME_COLOURS[key], alpha=0.25, linewidth=0, zorder=2,
                                       label=f"{key} interval")
                panel.plot(places, shares, linewidth=1.8, markersize=4.5, label=key,
                           marker=MARKS[key] if len(places) <= MARKED else "", **look)
            else:
                shift = (number - (len(columns) - 1) / 2) * 0.13
                panel.errorbar(places + shift, shares, yerr=np.stack([np.maximum(shares - low, 0),
                                                                      np.maximum(high - shares, 0)]),
                               fmt=MARKS[key], markersize=6, elinewidth=1.4, capsize=2.5, label=key, **look)
        scale.dress(panel.xaxis, key_words(x, display_names(rows), unit=True), room)
        _limit(panel, scale, places)
        panel.set_ylim(0, _top(rows))
        panel.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        panel.grid(axis="y", color="#DDDDDD", linewidth=0.7)
        if not scale.continuous:
            for edge in scale.edges()[1:-1]:
                panel.axvline(edge, color="#DDDDDD", linewidth=0.7, zorder=1)
        panel.set_ylabel(say("Share of disputes"))
        panel.set_title(title)
        if ax is None:
            panel.legend(handles=_legend(rows, scale), loc="center left", bbox_to_anchor=(1.0, 0.5), borderaxespad=1.0)
        return panel


def plot_lines_figure(table: DataFrame, x: str, by: str | None = None, *, at: Mapping[str, Any] | None = None,
                      heading: str = "") -> Figure:
    """The outcomes along one axis, one panel a value of a second one.

    Args:
        table: a sweep's rows.
        x: key of the axis.
        by: key of the second axis, of at most 12 values; None for a single panel.
        at: key to value, for axes that vary too.
        heading: of the figure; none by default.

    Raises:
        ParameterError: x or by is no axis, by has too many values, or another axis varies and is not in ``at``.
    """
    check_axis(table, x, "x")
    chosen = select_at(table, at)
    scale = Scale.of(chosen[x])
    panels: list[tuple[str, DataFrame]] = [("", chosen)]
    if by is not None:
        check_axis(table, by, "by")
        values = levels(chosen[by])
        if by == x or len(values) > PANELS:
            raise ParameterError("by", by, f"another axis than x ({x}), of at most {PANELS} values")
        said = key_words(by, display_names(table))
        panels = [(f"{said} {value_words(value)}", select_at(chosen, {by: value})) for value in values]
    for _, rows in panels:
        refuse_others(rows, [x])
    across = min(len(panels), 2 if len(panels) in (2, 4) else 3)
    with styled():
        down = -(-len(panels) // across)
        figure = new_figure(7.2 if across == 1 else 3.6 * across + 0.4, (3.4 if down == 1 else 2.7 * down) + 1.2,
                            letters=LETTERS * (down - 1))
        drawn = [_lines(rows, x, scale, figure.add_subplot(down, across, place + 1), title, ROOM[across])
                 for place, (title, rows) in enumerate(panels)]
        for panel in drawn:
            panel.set_ylim(0, _top(chosen))
        _share(drawn, across, say("Share of disputes"))
        figure.legend(handles=_legend(chosen, scale), loc="lower center", ncols=3, borderaxespad=0.0)
        figure.suptitle(heading, ha="left", va="top")
        return _placed(figure, drawn, across)


def plot_cloud(table: DataFrame, x: str, ax: Axes | None = None, quantity: str = "probability_settlement",
               title: str = "", room: int = 62) -> Axes:
    """One result of every point against one axis, whatever the others are, with its mean.

    Dots are points (categories: spread out side by side); the line is the mean in bins of the axis that hold
    equally many points (categories: the mean of each).

    Args:
        table: a sweep's rows; points that failed are left out.
        x: key of the axis.
        ax: panel to draw into; a new figure's if None.
        quantity: a numeric result column.
        title: of the panel.
        room: about how many small letters the panel is wide, for the names of categories.

    Raises:
        ParameterError: x is no axis, or the table has no such quantity.
    """
    check_axis(table, x, "x")
    if quantity not in table.columns:
        raise ParameterError("quantity", quantity, "a result column of the table")
    rows = _known(table, x, quantity)
    names, scale = display_names(table), Scale.of(rows[x])
    places, values = scale.places(rows[x]), rows[quantity].to_numpy(dtype=np.float64)
    outcome = quantity.removeprefix("probability_")
    dot = OUTCOME_COLOURS.get(outcome, DOT) if quantity != outcome else DOT
    with styled():
        panel = new_axes(5.2, 3.8) if ax is None else ax
        spread = 0.0 if scale.continuous else 0.5 * (np.arange(len(rows)) * GOLDEN % 1.0 - 0.5)
        panel.plot(places + spread, values, linestyle="none", marker="o", markersize=3.2, markeredgewidth=0, color=dot,
                   alpha=float(np.clip(25 / np.sqrt(max(len(rows), 1)), 0.1, 0.8)), rasterized=True, label="points",
                   zorder=2)
        at, means = bin_means(places, values, scale)
        if scale.continuous:
            panel.plot(at, means, color=INK, linewidth=1.8, label="mean", zorder=3)
        else:
            panel.hlines(means, at - 0.33, at + 0.33, color=INK, linewidth=2.2, label="mean", zorder=3)
        scale.dress(panel.xaxis, key_words(x, names, unit=True), room)
        _limit(panel, scale, places)
        if quantity != outcome:
            panel.set_ylim(0, 1)
            panel.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        panel.grid(axis="y", color="#DDDDDD", linewidth=0.7)
        panel.set_ylabel(wrap(quantity_words(quantity, names), fewer(30)))
        panel.set_title(title)
        return panel


def plot_cloud_figure(table: DataFrame, quantity: str = "probability_settlement", heading: str = "") -> Figure:
    """One result against every axis that varies, one panel each: first the one along which its mean moves most.

    Args:
        table: a sweep's rows.
        quantity: a numeric result column.
        heading: of the figure; none by default.

    Raises:
        ParameterError: no axis varies, or the table has no such quantity.
    """
    keys = varying(table)
    if not keys:
        raise ParameterError("table", "no axis that varies", "a sweep of more than one point")
    if quantity not in table.columns:
        raise ParameterError("quantity", quantity, "a result column of the table")
    keys = sorted(keys, key=lambda key: -_travel(table, key, quantity))[:PANELS]
    across = min(len(keys), 2 if len(keys) in (2, 4) else 3)
    with styled():
        down = -(-len(keys) // across)
        figure = new_figure(3.4 * across + 0.6, 2.7 * down + 1.0, letters=LETTERS * (down - 1))
        drawn = [plot_cloud(table, key, figure.add_subplot(down, across, place + 1), quantity, room=ROOM[across])
                 for place, key in enumerate(keys)]
        _share(drawn, across, drawn[0].get_ylabel())
        dots = drawn[0].lines[0]
        figure.legend(handles=[
            Line2D([], [], linestyle="none", marker="o", markersize=4, markeredgewidth=0, color=dots.get_color(),
                   label=say("One point of the sweep")),
            Line2D([], [], color=INK, linewidth=1.8, label=say("Mean")),
        ], loc="lower center", ncols=2, borderaxespad=0.0)
        figure.suptitle(heading, ha="left", va="top")
        return _placed(figure, drawn, across)


def plot_sweep(table: DataFrame, quantity: str = "probability_settlement", heading: str = "") -> Figure:
    """The figure that suits a sweep's table.

    One axis: lines. A full grid over two: a phase diagram if both are long, or both categories; else lines,
    one panel a value of the shorter. Anything else: ``quantity`` against every axis.

    Args:
        table: a sweep's rows.
        quantity: a numeric result column, for sweeps of more than two axes.
        heading: of the figure; none by default.

    Raises:
        ParameterError: no axis varies.
    """
    keys = varying(table)
    if len(keys) == 1 and table[keys[0]].is_unique and not table[keys[0]].isna().any():
        return plot_lines_figure(table, keys[0], heading=heading)
    if len(keys) == 2:
        counts = {key: len(levels(table[key])) for key in keys}
        # A full grid: as many distinct pairs, and rows, as there are combinations.
        if len(table) == counts[keys[0]] * counts[keys[1]] == len(table[keys].dropna().drop_duplicates()):
            numeric = {key: is_numeric(table[key]) for key in keys}
            short, long = sorted(keys, key=lambda key: (numeric[key], counts[key]))
            few = counts[short] <= 4 if numeric[short] else counts[short] <= PANELS
            if numeric[long] and counts[long] > 2 and few:
                return plot_lines_figure(table, long, short, heading=heading)
            return plot_phase_figure(phase_table(table, *keys), heading=heading)
    return plot_cloud_figure(table, quantity, heading)


# -------------------------------------------------------------------------------------- helpers


def bin_means(places: NDArray[np.float64], values: NDArray[np.float64],
              scale: Scale) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Means of values along an axis: at its own values if they are few, else in bins of equally many points.

    Returns:
        Where the means stand (of bins: the mean place), and the means; float64 of equal length, rising.
    """
    if len(scale.values) <= BINS:
        places_of = scale.places(scale.values)
        number = np.searchsorted(places_of, places)
    else:
        bins = int(np.clip(np.sqrt(len(places)) / 2, 3, BINS))
        number = np.argsort(np.argsort(places, kind="stable"), kind="stable") * bins // max(len(places), 1)
    count = np.bincount(number)
    has = count > 0
    if scale.kind == "log":
        places = np.log(places)
    at = np.bincount(number, places)[has] / count[has]
    return np.exp(at) if scale.kind == "log" else at, np.bincount(number, values)[has] / count[has]


def _known(table: DataFrame, x: str, quantity: str) -> DataFrame:
    return table[table[quantity].notna() & table[x].notna()]


def _travel(table: DataFrame, key: str, quantity: str) -> float:
    """How far the mean of a quantity moves along an axis."""
    rows = _known(table, key, quantity)
    if rows.empty:
        return 0.0
    scale = Scale.of(rows[key])
    return float(np.ptp(bin_means(scale.places(rows[key]), rows[quantity].to_numpy(dtype=np.float64), scale)[1]))


def _interval(rows: DataFrame, key: str, shares: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    if f"low_{key}" not in rows.columns:
        return shares, shares
    return tuple(rows[f"{end}_{key}"].to_numpy(dtype=np.float64) for end in ("low", "high"))


def _top(rows: DataFrame) -> float:
    """Where the vertical axis ends: at one, or a little above all there is to see."""
    ends = [name for name in rows.columns if str(name).startswith(("probability_", "high_"))]
    highest = float(np.nanmax(rows[ends].to_numpy(dtype=np.float64), initial=0.01))
    return 1.0 if highest > 0.8 else 1.12 * highest


def _limit(panel: Axes, scale: Scale, places: NDArray[np.float64]) -> None:
    if not scale.continuous:
        panel.set_xlim(-0.5, len(scale.values) - 0.5)
    elif len(places) and places.min() < places.max():
        ends = np.log(places) if scale.kind == "log" else places
        gap = 0.025 * np.ptp(ends)
        low, high = ends.min() - gap, ends.max() + gap
        panel.set_xlim((np.exp(low), np.exp(high)) if scale.kind == "log" else (low, high))


def _legend(rows: DataFrame, scale: Scale) -> list[Line2D]:
    marked = not scale.continuous or len(scale.values) <= MARKED
    handles = [Line2D([], [], color=colour, linewidth=1.8 if scale.continuous else 0.0, markersize=5,
                      marker=MARKS[key] if marked else "", label=say(words(key)))
               for key, colour in OUTCOME_COLOURS.items()]
    if any((_interval(rows, key, np.zeros(1))[1] > _interval(rows, key, np.zeros(1))[0]).any()
           for key in OUTCOME_COLOURS):
        handles.append(Line2D([], [], color=QUIET_INK, alpha=0.4, linewidth=7 if scale.continuous else 1.4,
                              label=say("{percent}% interval", percent=f"{100 * CONFIDENCE:g}")))
    return handles


def _share(drawn: list[Axes], across: int, label: str) -> None:
    """The vertical axis is named at the left only."""
    for place, panel in enumerate(drawn):
        panel.set_ylabel(label if place % across == 0 else "")
        panel.tick_params(axis="y", labelleft=place % across == 0)
        panel.yaxis.set_major_locator(MaxNLocator(nbins=5))


def _placed(figure: Figure, drawn: list[Axes], across: int) -> Figure:
    """`fit`, with empty panels where the last row is not full."""
    rows = [drawn[start:start + across] for start in range(0, len(drawn), across)]
    while len(rows[-1]) < across:
        blank = figure.add_subplot()
        blank.set_axis_off()
        rows[-1].append(blank)
    return fit(figure, rows)


__all__ = ["plot_cloud", "plot_cloud_figure", "plot_lines", "plot_lines_figure", "plot_sweep"]
