"""Figures of tournaments: payoffs and outcomes of all pairings, and who comes first.

In the two maps a cell is a pairing, Tokyo's behaviour in the row and Seoul's in the column. In the map of payoffs a
frame marks the best reply to the other side's behaviour; in the map of outcomes it marks the pairings from which
neither side would depart alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.colors import BoundaryNorm, Colormap, LinearSegmentedColormap, ListedColormap, Normalize
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from negotiation.outcomes import words
from negotiation.plots.heat import BELOW, HEAT, dress_bar
from negotiation.plots.layout import fit
from negotiation.plots.legends import legend_below
from negotiation.plots.style import (
    ACTOR_COLOURS,
    EMPTY,
    INK,
    OUTCOME_COLOURS,
    OUTCOME_HATCHES,
    fewer,
    ink_on,
    magnified,
    new_axes,
    new_figure,
    ramp,
    styled,
    wrap,
)
from negotiation.plots.wrapping import letters_in
from negotiation.terms import say
from negotiation.tournament.ranking import BOTH, EVERY
from negotiation.vocabulary import DISPUTANTS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray
    from pandas import DataFrame

CELL = 0.36  # inches, of one pairing
WIDEST = 9.0  # inches, of all
WRITTEN = 24  # numbers are written where no more behaviours than that stand side by side
LETTERS = ((9, 9.0), (14, 8.0), (WRITTEN, 6.4))  # up to so many behaviours, numbers are of this size
FRAME = 1.6
MARKS: dict[str, dict[str, Any]] = {
    "tokyo": {"marker": "o", "color": ACTOR_COLOURS["tokyo"], "markerfacecolor": ACTOR_COLOURS["tokyo"]},
    "seoul": {"marker": "s", "color": ACTOR_COLOURS["seoul"], "markerfacecolor": "#FFFFFF"},
    BOTH: {"marker": "D", "color": INK, "markerfacecolor": INK},
}
OFFSETS = {"tokyo": -0.24, "seoul": 0.0, BOTH: 0.24}


def label_words(label: str) -> str:
    """What people read for a choice: ``honest_broker(error=0.1)`` is "honest broker (error=0.1)"."""
    name, bracket, rest = label.partition("(")
    told = say(name.replace("_", " "))
    return f"{told} ({rest}" if bracket else told


# -------------------------------------------------------------------------------------- maps of pairings


def plot_pairings(table: DataFrame, quantity: str = "payoff_tokyo", ax: Axes | None = None, *,
                  title: str | None = None, limits: tuple[float, float] | None = None) -> Axes:
    """What one side gets in every pairing, as colours and numbers.

    Args:
        table: from `negotiation.tournament.field.pairing_table`; behaviours stand in its order.
        quantity: ``payoff_SEAT`` or ``regret_SEAT``.
        ax: panel to draw into; a new figure's if None.
        title: of the panel; by default what is shown.
        limits: lowest and highest value of the colours; by default those of the values.

    Raises:
        ValueError: the table is empty, lacks a pairing, or has no such column.
    """
    if quantity not in table.columns:
        raise ValueError(f"quantity: {quantity!r} is not allowed; allowed: payoff or regret of a seat")
    values = _grid(table, quantity).astype(np.float64)
    colours, norm = _colours(values, limits)
    with styled():
        panel = new_axes(*_size(table)) if ax is None else ax
        panel.set_facecolor(EMPTY)
        mesh = panel.pcolormesh(np.arange(values.shape[1] + 1), np.arange(values.shape[0] + 1),
                                np.ma.masked_invalid(values), cmap=colours, norm=norm, rasterized=True, zorder=0,
                                gid="values")
        _dress(panel, table)
        _write(panel, [[_number(value, values) for value in row] for row in values],
               lambda i, j: mesh.to_rgba(np.array([values[i, j]]))[0].tolist())
        side = quantity.rpartition("_")[2]
        if quantity.startswith("payoff") and side in ("tokyo", "seoul") and min(values.shape) > 1:
            _frame(panel, values >= values.max(axis=0 if side == "tokyo" else 1, keepdims=True) - 1e-9)
        name = say(table.attrs.get("names", {}).get(side, side.capitalize()))
        panel.set_title(title if title is not None else
                        say("Payoff of {what}", what=name) if quantity.startswith("payoff")
                        else say("Regret of {what}", what=name))
        return panel


def plot_pairings_figure(table: DataFrame, quantity: str = "payoff_tokyo", heading: str = "") -> Figure:
    """`plot_pairings` as a whole figure with its colour bar, under a heading."""
    with styled():
        figure = new_figure(*_size(table), letters=1.5)
        panel = plot_pairings(table, quantity, figure.add_subplot())
        (mesh,) = (artist for artist in panel.collections if artist.get_gid() == "values")
        bar = figure.colorbar(mesh, cax=figure.add_axes((0.9, 0.3, 0.03, 0.5)))
        dress_bar(bar, panel)
        if panel.patches:
            legend_below(figure, [Patch(facecolor="none", edgecolor=INK, linewidth=FRAME,
                                        label=say("Framed: best reply to the other side's behaviour"))])
        figure.suptitle(heading, ha="left", va="top")
        return fit(figure, [[panel]], bar=bar.ax, bar_rows=1)


def plot_pairing_outcomes(table: DataFrame, ax: Axes | None = None, title: str | None = None) -> Axes:
    """The most likely outcome of every pairing, as a colour, with its probability in per cent.

    Args:
        table: from `negotiation.tournament.field.pairing_table`.
        ax: panel to draw into; a new figure's if None.
        title: of the panel.

    Raises:
        ValueError: the table is empty or lacks a pairing.
    """
    keys = list(OUTCOME_COLOURS)
    outcome = _grid(table, "outcome")
    code = np.vectorize(keys.index)(outcome)
    likely = _grid(table, "probability").astype(np.float64)
    with styled():
        panel = new_axes(*_size(table)) if ax is None else ax
        across, up = np.arange(code.shape[1] + 1), np.arange(code.shape[0] + 1)
        panel.pcolormesh(across, up, code, cmap=ListedColormap([OUTCOME_COLOURS[key] for key in keys]),
                         norm=BoundaryNorm(np.arange(len(keys) + 1) - 0.5, len(keys)), rasterized=True, zorder=0,
                         edgecolors="#FFFFFF", linewidth=0.5)
        for key, hatch in OUTCOME_HATCHES.items():
            cells = [[(j, i), (j + 1, i), (j + 1, i + 1), (j, i + 1)] for i, j in np.argwhere(outcome == key)]
            if hatch and cells:
                panel.add_collection(PolyCollection(cells, facecolors="none", edgecolors="#FFFFFF", linewidths=0.0,
                                                    hatch=hatch, zorder=0.5, alpha=0.45), autolim=False)
        _dress(panel, table)
        _write(panel, [[f"{100 * value:.0f}" for value in row] for row in likely],
               lambda i, j: (*_rgb(OUTCOME_COLOURS[keys[code[i, j]]]), 1.0), backed=True)
        _frame(panel, _pure(table))
        panel.set_title(title if title is not None else say("Most likely outcome, and how likely it is in per cent"))
        return panel


def plot_pairing_outcomes_figure(table: DataFrame, heading: str = "") -> Figure:
    """`plot_pairing_outcomes` as a whole figure with its legend, under a heading."""
    with styled():
        figure = new_figure(*_size(table), letters=1.8)
        panel = plot_pairing_outcomes(table, figure.add_subplot())
        there = set(table["outcome"])
        handles = [Patch(facecolor=colour, hatch=OUTCOME_HATCHES[key], edgecolor="#FFFFFF", label=say(words(key)))
                   for key, colour in OUTCOME_COLOURS.items() if key in there]
        if panel.patches:
            handles.append(Patch(facecolor="none", edgecolor=INK, linewidth=FRAME,
                                 label=say("Framed: neither side gains by another behaviour")))
        legend_below(figure, handles)
        figure.suptitle(heading, ha="left", va="top")
        return fit(figure, [[panel]])


def _grid(table: DataFrame, column: str) -> NDArray[Any]:
    """[Tokyo's behaviours, Seoul's behaviours], in the table's order."""
    if table.empty:
        raise ValueError("pairing table: holds no pairing")
    rows, columns = (list(dict.fromkeys(table[seat.key])) for seat in DISPUTANTS)
    if len(table) != len(rows) * len(columns) or table.duplicated(["tokyo", "seoul"]).any():
        raise ValueError(f"pairing table: {len(table)} rows are not allowed; allowed: each of {len(rows)} x "
                         f"{len(columns)} pairings once")
    grid = np.empty((len(rows), len(columns)), dtype=object)
    for one, other, value in zip(table["tokyo"], table["seoul"], table[column], strict=True):
        grid[rows.index(one), columns.index(other)] = value
    return grid


def _pure(table: DataFrame) -> NDArray[np.bool_]:
    """Whether no side gains by another behaviour, per pairing."""
    a, b = (_grid(table, f"payoff_{seat.key}").astype(np.float64) for seat in DISPUTANTS)
    return np.asarray((a >= a.max(axis=0, keepdims=True) - 1e-9) & (b >= b.max(axis=1, keepdims=True) - 1e-9))


def _size(table: DataFrame) -> tuple[float, float]:
    """Inches of a map: cells as high as wide, and room for names."""
    rows, columns = (list(dict.fromkeys(table[seat.key])) for seat in DISPUTANTS)
    cell = min(max(CELL, 3.4 / max(len(rows), len(columns))), WIDEST / max(len(rows), len(columns)))
    longest = max(letters_in(label_words(str(name))) for name in (*rows, *columns))
    names = 0.09 * min(longest, 26) + 0.5
    return cell * len(columns) + names + 0.9, cell * len(rows) + 0.75 * names + 1.2


def _dress(panel: Axes, table: DataFrame) -> None:
    """Names of behaviours, rows from the top down."""
    names = table.attrs.get("names", {})
    for seat in DISPUTANTS:
        labels = [label_words(str(name)) for name in dict.fromkeys(table[seat.key])]
        size = 9.0 if len(labels) <= WRITTEN else 9.0 * WRITTEN / len(labels)
        places = np.arange(len(labels)) + 0.5
        told = say("{name} plays", name=say(names.get(seat.key, seat.key.capitalize())))
        if seat.key == "tokyo":
            panel.set_yticks(places, labels, fontsize=size)
            panel.set_ylabel(told, color=ACTOR_COLOURS["tokyo"])
            panel.set_ylim(len(labels), 0)
        else:
            panel.set_xticks(places, labels, fontsize=size, rotation=45, ha="right", va="top", rotation_mode="anchor")
            panel.set_xlabel(told, color=ACTOR_COLOURS["seoul"])
            panel.set_xlim(0, len(labels))
    panel.tick_params(length=0)
    for spine in panel.spines.values():
        spine.set_visible(False)


def _write(panel: Axes, told: Sequence[Sequence[str]], background: Any, backed: bool = False) -> None:
    across = max(len(told), len(told[0])) * magnified()
    size = next((size for most, size in LETTERS if across <= most), None)
    if size is None:
        return
    for i, row in enumerate(told):
        for j, text in enumerate(row):
            colour = background(i, j)
            made = panel.text(j + 0.5, i + 0.5, text, ha="center", va="center", fontsize=size, color=ink_on(colour),
                              zorder=3)
            if backed:  # over hatches
                made.set_bbox({"facecolor": colour, "edgecolor": "none", "pad": 0.6})


def _frame(panel: Axes, chosen: NDArray[np.bool_]) -> None:
    for i, j in np.argwhere(chosen):
        panel.add_patch(Rectangle((j + 0.03, i + 0.03), 0.94, 0.94, fill=False, edgecolor=INK, linewidth=FRAME,
                                  zorder=2))


def _number(value: float, values: NDArray[np.float64]) -> str:
    if not np.isfinite(value):
        return ""
    largest = float(np.nanmax(np.abs(values)))
    digits = 2 if largest < 1 else 1 if largest < 100 else 0
    text = f"{value:.{digits}f}"
    return (text[1:] if float(text) == 0 and text.startswith("-") else text).replace("-", "−")


def _colours(values: NDArray[np.float64], limits: tuple[float, float] | None) -> tuple[Colormap, Normalize]:
    known = values[np.isfinite(values)]
    low, high = limits or ((float(known.min()), float(known.max())) if known.size else (0.0, 1.0))
    if low < 0 < high:
        reach = max(-low, high)
        made = LinearSegmentedColormap.from_list("both signs", [BELOW, "#FFFFFF", HEAT])
        return made.with_extremes(bad=EMPTY), Normalize(-reach, reach)
    if high <= 0 and low < 0:
        return ramp(BELOW).reversed().with_extremes(bad=EMPTY), Normalize(low, high)
    return ramp(HEAT), Normalize(low, high if high > low else low + 1.0)


def _rgb(colour: str) -> tuple[float, float, float]:
    return int(colour[1:3], 16) / 255, int(colour[3:5], 16) / 255, int(colour[5:7], 16) / 255


# ---------------------------------------------------------------------------------------------- ranking


def plot_ranking(table: DataFrame, ax: Axes | None = None, *, order: Sequence[str] | None = None,
                 names: Mapping[str, str] | None = None, title: str | None = None) -> Axes:
    """Mean payoffs against the whole field with their intervals, best at the top.

    Args:
        table: rows of one scenario and third party from `negotiation.tournament.ranking.ranking`.
        ax: panel to draw into; a new figure's if None.
        order: behaviours from the top down; by default best first, over both seats where that is known.
        names: seat key to the name people read.
        title: of the panel; by default the third party.

    Raises:
        ValueError: the table is empty, or holds a behaviour twice on a seat.
    """
    if table.empty or table.duplicated(["seat", "behaviour"]).any():
        raise ValueError("ranking table: each behaviour once on a seat is allowed")
    rows = ranked(table) if order is None else list(order)
    with styled():
        panel = new_axes(6.4, 0.9 + 0.3 * len(rows)) if ax is None else ax
        for number in range(0, len(rows), 2):
            panel.axhspan(number - 0.5, number + 0.5, color="#F4F4F4", linewidth=0.0, zorder=0)
        for seat, look in MARKS.items():
            mine = table[(table["seat"] == seat) & table["behaviour"].isin(rows)]
            if mine.empty:
                continue
            places = np.array([rows.index(name) for name in mine["behaviour"]]) + OFFSETS[seat]
            means = mine["mean"].to_numpy(dtype=np.float64)
            panel.errorbar(means, places, xerr=[means - mine["low"].to_numpy(), mine["high"].to_numpy() - means],
                           fmt="none", ecolor=look["color"], elinewidth=1.2, zorder=2)
            panel.plot(means, places, linestyle="none", markersize=5.0, markeredgewidth=1.2, zorder=3, label=seat,
                       **look)
        panel.set_yticks(range(len(rows)), [wrap(label_words(name), fewer(34)) for name in rows])
        panel.tick_params(axis="y", length=0)
        panel.set_ylim(len(rows) - 0.5, -0.5)
        panel.set_xlabel(say("Mean payoff against the field"))
        panel.grid(axis="x", color="#DDDDDD", linewidth=0.7)
        panel.set_title(title if title is not None else third_party_words(table, names))
        if ax is None:
            panel.legend(handles=ranking_legend(table, names), loc="upper left", bbox_to_anchor=(1.0, 1.0))
        return panel


def plot_ranking_figure(table: DataFrame, names: Mapping[str, str] | None = None, heading: str = "") -> Figure:
    """`plot_ranking` for every third party of a scenario side by side, behaviours in one order.

    Args:
        table: rows of one scenario.
        names: seat key to the name people read.
        heading: of the figure.
    """
    groups = list(dict.fromkeys(table["washington"]))
    groups = [EVERY] if EVERY in groups and len(groups) > 4 else groups
    order = ranked(table[table["washington"] == groups[-1]])
    with styled():
        figure = new_figure(2.3 + 2.5 * len(groups), 1.0 + 0.3 * len(order) + 0.8, letters=1.6)
        panels = []
        for number, washington in enumerate(groups):
            panel = figure.add_subplot(1, len(groups), number + 1)
            plot_ranking(table[table["washington"] == washington], panel, order=order, names=names)
            panel.set_xlabel("")
            if number:
                panel.set_yticklabels([])
            panels.append(panel)
        low, high = min(each.get_xlim()[0] for each in panels), max(each.get_xlim()[1] for each in panels)
        for panel in panels:
            panel.set_xlim(low, high)
        legend_below(figure, ranking_legend(table, names))
        exact = bool(table["exact"].all())
        figure.supxlabel(say("Mean payoff against the field; lines: 95% interval over opponents drawn anew")
                         if exact else say("Mean payoff against the field; lines: 95% interval over opponents drawn "
                                           "anew and of sampling"), fontsize=9, ha="left", va="bottom")
        figure.suptitle(heading, ha="left", va="top")
        return fit(figure, [panels])


def ranked(table: DataFrame) -> list[str]:
    """Behaviours best first: over both seats where known, then those of single seats by their mean."""
    seats = [seat for seat in (BOTH, *MARKS) if (table["seat"] == seat).any()]
    rows = table[table["seat"] == seats[0]].sort_values("mean", ascending=False, kind="stable")
    rest = table[~table["behaviour"].isin(rows["behaviour"])].sort_values("mean", ascending=False, kind="stable")
    return [*dict.fromkeys([*rows["behaviour"], *rest["behaviour"]])]


def ranking_legend(table: DataFrame, names: Mapping[str, str] | None = None) -> list[Line2D]:
    """Handles of the seats that occur."""
    told = {seat.key: say(dict(names or {}).get(seat.key, seat.key.capitalize())) for seat in DISPUTANTS}
    told[BOTH] = say("Either seat, drawn by lot")
    return [Line2D([], [], linestyle="-", linewidth=1.2, markersize=5.0, markeredgewidth=1.2, label=told[seat], **look)
            for seat, look in MARKS.items() if (table["seat"] == seat).any()]


def third_party_words(table: DataFrame, names: Mapping[str, str] | None = None) -> str:
    """What people read for a table's third party."""
    behaviour, name = str(table["washington"].iloc[0]), dict(names or {}).get("washington", "Washington")
    if behaviour == EVERY:
        return say("All behaviours of {name}", name=say(name))
    return say("{name} plays {behaviour}", name=say(name), behaviour=label_words(behaviour))


__all__ = [
    "label_words", "plot_pairing_outcomes", "plot_pairing_outcomes_figure", "plot_pairings", "plot_pairings_figure",
    "plot_ranking", "plot_ranking_figure", "ranked", "ranking_legend", "third_party_words",
]
