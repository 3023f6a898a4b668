"""Any measured quantity along one axis, one curve a group, in colours that survive a grey printer by their dashes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator, ScalarFormatter

from negotiation.plots.layout import fit
from negotiation.plots.moves import STANCE_COLOURS
from negotiation.plots.scales import Scale
from negotiation.plots.style import ACTOR_COLOURS, INK, OUTCOME_COLOURS, new_axes, new_figure, styled, wrap
from negotiation.plots.wrapping import initial
from negotiation.sweep.columns import display_names, is_numeric, key_words
from negotiation.terms import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame

DASHES: tuple[Any, ...] = ("solid", (0, (5, 2)), (0, (1.2, 1.4)), (0, (7, 2, 1.5, 2)))
MARKS = ("o", "s", "D", "^", "v", "X")
# Apart under colour blindness and, with dashes and marks, in grey; none of them is an outcome's or an actor's.
GROUP_COLOURS = (INK, "#B5478A", "#2E8B57", "#7A6FBE", "#8A6D3B", "#3C8DAD")
STEPS = (1, 2, 2.5, 5, 10)
LEAST = 0.25  # the axis upwards spans at least so much of its largest number: small changes look small
LEAST_SHARE = 0.1  # of shares so much at least
MARKED = 25  # curves of so many points show them
ROOM = {1: 70, 2: 44, 3: 34}  # small letters across a panel, by the number of panels in a row


def plot_curves(table: DataFrame, x: str, y: str, ax: Axes | None = None, *, by: str | None = None, ylabel: str = "",
                xlabel: str = "", percent: bool | None = None, title: str = "", room: int = 70, zero: bool = False,
                legend: bool | None = None) -> Axes:
    """One quantity along an axis, one curve a group.

    The axis upwards spans at least a quarter of its largest number, and ten percentage points of shares, so that a
    change too small to matter does not fill the panel.

    Args:
        table: tidy rows.
        x: column of the axis across, a configuration key.
        y: column of the quantity.
        ax: panel to draw into; a new figure's if None.
        by: column of the groups; seats', outcomes' and stances' keys keep their colours; None for a single curve.
        ylabel: what the quantity is called; its column's name if empty.
        xlabel: what the axis is called; if empty, after its key.
        percent: whether it is a share; None for probabilities (columns ``probability_...``) and no other.
        title: of the panel.
        room: about how many small letters the panel is wide.
        zero: whether a line marks zero.
        legend: whether the groups are named inside the panel; None for beside it, if the figure is new.

    Raises:
        KeyError: the table has no such column.
    """
    for name in (x, y, *([by] if by else [])):
        if name not in table.columns:
            raise KeyError(f"table: no column {name!r}; it has {', '.join(map(str, table.columns))}")
    scale, uneven = Scale.of(table[x]), False
    if not scale.continuous and is_numeric(table[x]) and np.isfinite(np.asarray(scale.values, dtype=np.float64)).all():
        scale, uneven = Scale("linear", scale.values), True  # curves run over uneven numbers, too
    with styled():
        panel = new_axes(7.0, 4.2) if ax is None else ax
        names = {**display_names(table), **(table.attrs.get("groups") or {})}
        share = y.startswith("probability_") if percent is None else percent
        groups: list[tuple[Any, DataFrame]] = [("", table)] if by is None else list(table.groupby(by, sort=False))
        for number, (name, rows) in enumerate(groups):
            places = scale.places(rows[x])
            order = np.argsort(places, kind="stable")
            panel.plot(places[order], rows[y].to_numpy(dtype=np.float64)[order], clip_on=False, zorder=4,
                       label=initial(say(names.get(str(name), str(name)))), **_look(name, number, scale, len(rows)))
        if zero:
            panel.axhline(0, color=INK, linewidth=0.8, zorder=1)
        scale.dress(panel.xaxis, xlabel or key_words(x, names, unit=True), room)
        if uneven:
            panel.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=STEPS))
            panel.xaxis.set_major_formatter(ScalarFormatter())  # of few values, the names were fixed
        if not scale.continuous:
            panel.set_xlim(-0.5, len(scale.values) - 0.5)
        _widen(panel, share)
        if share:
            panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.3g}%".replace("-", "−")))
        panel.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=STEPS))
        panel.grid(axis="y", color="#DDDDDD", linewidth=0.7)
        panel.set_ylabel(wrap(ylabel or y, 34))
        panel.set_title(title)
        if legend and by is not None:
            panel.legend(handles=_handles(panel), loc="best")
        elif legend is None and ax is None and by is not None:
            panel.legend(handles=_handles(panel), loc="center left", bbox_to_anchor=(1.0, 0.5), borderaxespad=1.0)
        return panel


def plot_curves_figure(table: DataFrame, x: str, y: Mapping[str, str], *, by: str | None = None,
                       xlabel: str = "", percent: bool | None = None, heading: str = "", zero: bool = False) -> Figure:
    """Several quantities along one axis, a panel each, side by side, with one legend.

    Args:
        table: tidy rows.
        x: column of the axis.
        y: column of each quantity to what it is called; at most six.
        by: column of the groups; None for single curves.
        xlabel: what the axis is called; if empty, after its key.
        percent: whether they are shares; None for probabilities.
        heading: of the figure.
        zero: whether a line marks zero.
    """
    across = min(len(y), 3)
    down = -(-len(y) // across)
    with styled():
        figure = new_figure({1: 7.0, 2: 8.4, 3: 11.0}[across], 3.3 * down + 1.0)
        panels = [plot_curves(table, x, column, figure.add_subplot(down, across, place + 1), by=by, ylabel=label,
                              xlabel=xlabel, percent=percent, room=ROOM[across], zero=zero)
                  for place, (column, label) in enumerate(y.items())]
        if by is not None:
            figure.legend(handles=_handles(panels[0]), loc="lower center", ncols=min(3, len(_handles(panels[0]))),
                          borderaxespad=0.0)
        figure.suptitle(heading, ha="left", va="top")
        rows = [panels[start:start + across] for start in range(0, len(panels), across)]
        while len(rows[-1]) < across:
            blank = figure.add_subplot()
            blank.set_axis_off()
            rows[-1].append(blank)
        return fit(figure, rows)


def _widen(panel: Axes, share: bool) -> None:
    """An axis upwards that does not magnify; of numbers none below zero, none of it is."""
    low, high = (float(end) for end in panel.get_ylim())
    drawn = np.concatenate([np.asarray(line.get_ydata(), dtype=np.float64) for line in panel.lines])
    lowest = float(np.nanmin(drawn)) if np.isfinite(drawn).any() else 0.0
    span = max(LEAST * max(abs(low), abs(high)), LEAST_SHARE if share else 0.0)
    if high - low < span:
        low, high = (low + high - span) / 2, (low + high + span) / 2
    if lowest >= 0 > low + 0.1 * high:
        low, high = 0.0, max(span, high)
    panel.set_ylim(low, high)


def _look(name: Any, number: int, scale: Scale, points: int) -> dict[str, Any]:
    own = {**ACTOR_COLOURS, **OUTCOME_COLOURS, **STANCE_COLOURS}.get(str(name))
    mark = MARKS[number % len(MARKS)] if points <= MARKED or not scale.continuous else ""
    return {"color": own or GROUP_COLOURS[number % len(GROUP_COLOURS)], "marker": mark, "markersize": 4.5,
            "linewidth": 1.8, "linestyle": DASHES[number % len(DASHES)] if scale.continuous else "none"}


def _handles(panel: Axes) -> list[Line2D]:
    return [line for line in panel.lines if not str(line.get_label()).startswith("_")]


__all__ = ["plot_curves", "plot_curves_figure"]
