"""Phase diagrams: which outcome is the most likely one, over two axes of a sweep.

A cell is one computed point, coloured by its most likely outcome. Where both axes are finely cut, lines
join points at which that outcome is equally likely; on coarse grids and categories its probability
stands in the cell. Simulated shares, where given, are pies on top.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.collections import PathCollection, PolyCollection
from matplotlib.colors import BoundaryNorm, ListedColormap, to_rgba
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.path import Path
from matplotlib.patheffects import withStroke
from matplotlib.text import Annotation
from matplotlib.transforms import Affine2D

from negotiation.outcomes import words
from negotiation.plots.layout import fit
from negotiation.plots.scales import Scale
from negotiation.plots.style import (
    EMPTY,
    INK,
    OUTCOME_COLOURS,
    OUTCOME_HATCHES,
    QUIET_INK,
    figure_of,
    ink_on,
    new_axes,
    new_figure,
    styled,
)
from negotiation.sweep.columns import key_words, value_words
from negotiation.terms import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.transforms import BboxBase
    from numpy.typing import NDArray
    from pandas import DataFrame

FINE = 6  # with so many values on both axes, lines tell more than numbers
NUMBERS, PIES = (11, 15), (12, 9)  # at most so many across and up
ROOMY = 6  # with no more rows there is room for numbers below pies
PANEL = (5.2, 4.2)  # inches, for the size of pies
STEPS = (0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)


def plot_phase(phases: DataFrame, ax: Axes | None = None, simulated: DataFrame | None = None,
               title: str | None = None) -> Axes:
    """The regions of the most likely outcome.

    Args:
        phases: from `negotiation.sweep.regions.phase_table`.
        ax: panel to draw into; a new figure's if None.
        simulated: of the same two axes, from a sweep that samples; its shares are drawn as pies, of many
            points a selection.
        title: of the panel; by default it says what the colours are.

    Raises:
        ValueError: ``simulated`` is over other axes, or over categories that ``phases`` does not have.
    """
    x, y = phases.attrs["x"], phases.attrs["y"]
    if simulated is not None and (simulated.attrs.get("x"), simulated.attrs.get("y")) != (x, y):
        raise ValueError(f"simulated: axes {simulated.attrs.get('x')} and {simulated.attrs.get('y')} are not allowed; "
                         f"allowed: {x} and {y}")
    across, up = Scale.of(phases[x]), Scale.of(phases[y])
    shape = (len(across.values), len(up.values))
    keys = list(OUTCOME_COLOURS)
    code = phases["outcome"].map({key: number for number, key in enumerate(keys)}).to_numpy(dtype=np.float64)
    outcome = np.ma.masked_invalid(code.reshape(shape).T)
    likely = np.ma.masked_invalid(phases["probability"].to_numpy(dtype=np.float64).reshape(shape).T)
    with styled():
        panel = new_axes(PANEL[0] + 2.6, PANEL[1] + 0.9) if ax is None else ax
        panel.set_facecolor(EMPTY)
        colours = ListedColormap([OUTCOME_COLOURS[key] for key in keys])
        panel.pcolormesh(across.edges(), up.edges(), outcome, cmap=colours, rasterized=True, zorder=0,
                         norm=BoundaryNorm(np.arange(len(keys) + 1) - 0.5, len(keys)))
        _hatch(panel, across, up, outcome, keys)
        names = phases.attrs.get("names")
        across.dress(panel.xaxis, key_words(x, names, unit=True))
        up.dress(panel.yaxis, key_words(y, names, unit=True), 54)
        panel.set_xlim(across.edges()[0], across.edges()[-1])
        panel.set_ylim(up.edges()[0], up.edges()[-1])
        fine = across.continuous and up.continuous and min(shape) >= FINE
        if fine:
            _draw_contours(panel, across, up, likely)
        elif simulated is None or shape[1] <= ROOMY:
            _write_numbers(panel, across, up, outcome, likely, below=simulated is not None)
        if simulated is not None:
            _draw_pies(panel, across, up, simulated)
        panel.set_title(title if title is not None else say("Most likely outcome, and how likely it is"),
                        pad=8 if simulated is None else 16)  # pies may stand out of the panel
        if ax is None:
            panel.legend(handles=_legend(phases, simulated), loc="center left", bbox_to_anchor=(1.0, 0.5),
                         borderaxespad=1.0)
        return panel


def plot_phase_figure(phases: DataFrame, simulated: DataFrame | None = None, heading: str = "") -> Figure:
    """`plot_phase` as a whole figure, its legend below.

    Args:
        phases: from `negotiation.sweep.regions.phase_table`.
        simulated: likewise, of a sweep that samples.
        heading: of the figure; none by default.
    """
    with styled():
        handles = _legend(phases, simulated)
        figure = new_figure(PANEL[0] + 1.6, PANEL[1] + 1.2 + 0.2 * -(-len(handles) // 3) + (0.3 if heading else 0.0))
        panel = plot_phase(phases, figure.add_subplot(), simulated)
        figure.legend(handles=handles, loc="lower center", ncols=3, borderaxespad=0.0)
        note = _note(phases)
        if note:
            figure.supxlabel(note, fontsize=9, color=QUIET_INK, ha="left", va="bottom")
        figure.suptitle(heading, ha="left", va="top")
        fit(figure, [[panel]])
        _thin(panel)  # the panel may have become smaller
        return figure


def _note(phases: DataFrame) -> str:
    """The values of the axes that were held fast."""
    fixed = [f"{key_words(key, phases.attrs.get('names'))} {value_words(value)}"
             for key, value in phases.attrs.get("at", {}).items()]
    return say("At {values}.", values=", ".join(fixed)) if fixed else ""


def _hatch(panel: Axes, across: Scale, up: Scale, outcome: np.ma.MaskedArray, keys: list[str]) -> None:
    """Lines over regions that in grey are as light as others: any two regions may be neighbours."""
    x, y = across.edges(), up.edges()
    for number, key in enumerate(keys):
        cells = [[(x[j], y[i]), (x[j + 1], y[i]), (x[j + 1], y[i + 1]), (x[j], y[i + 1])]
                 for i, j in np.argwhere(np.ma.filled(outcome == number, False))]
        if OUTCOME_HATCHES[key] and cells:
            hatched = PolyCollection(cells, facecolors="none", edgecolors="#FFFFFF", linewidths=0.0, zorder=0.5,
                                     hatch=OUTCOME_HATCHES[key], label=f"hatched {key}")
            panel.add_collection(hatched, autolim=False)


def _draw_contours(panel: Axes, across: Scale, up: Scale, likely: np.ma.MaskedArray) -> None:
    low, high = float(likely.min()), float(likely.max())
    step = next((step for step in STEPS if (high - low) / step >= 3), None)
    if step is None:
        return
    heights = step * np.arange(np.ceil(low / step), np.floor(high / step) + 1)
    drawn = panel.contour(across.places(across.values), up.places(up.values), likely, levels=heights, colors=INK,
                          linewidths=0.9, zorder=2)
    drawn.set_path_effects([withStroke(linewidth=2.4, foreground="white")])
    decimals = max(0, -int(np.floor(np.log10(step) + 1e-9)) - 2)
    labels = panel.clabel(drawn, fmt=lambda height: f"{100 * height:.{decimals}f}%", fontsize=8.5, inline_spacing=3)
    for label in labels:
        label.set_path_effects([withStroke(linewidth=2.4, foreground="white")])
    _thin(panel)


def _thin(panel: Axes) -> None:
    """Leave out labels of contours that stand on others, where lines run close together."""
    kept: list[BboxBase] = []
    for label in [text for text in panel.texts if not isinstance(text, Annotation)]:
        box = label.get_window_extent()
        if any(box.overlaps(other) for other in kept):
            label.remove()
        else:
            kept.append(box)


def _write_numbers(panel: Axes, across: Scale, up: Scale, outcome: np.ma.MaskedArray, likely: np.ma.MaskedArray,
                   below: bool) -> None:
    """The probability in each cell, of many cells in some."""
    colours, known = [to_rgba(colour) for colour in OUTCOME_COLOURS.values()], ~np.ma.getmaskarray(likely)
    at_x, at_y = across.places(across.values), up.places(up.values)
    for column in _spread(len(at_x), NUMBERS[0]):
        for row in _spread(len(at_y), NUMBERS[1]):
            if not known[row, column]:
                continue
            panel.annotate(f"{100 * likely[row, column]:.0f}%", (at_x[column], at_y[row]),
                           (0, -_radius(len(at_x), len(at_y)) - 3 if below else 0), textcoords="offset points",
                           ha="center", va="top" if below else "center",
                           fontsize=9 if len(at_x) <= NUMBERS[0] else 7.5,
                           color=ink_on(colours[int(outcome[row, column])]))


def _draw_pies(panel: Axes, across: Scale, up: Scale, simulated: DataFrame) -> None:
    """The simulated shares of points, as pies; one collection an outcome."""
    x, y = simulated.attrs["x"], simulated.attrs["y"]
    wide, high = (list(dict.fromkeys(simulated[key])) for key in (x, y))
    shown = simulated[simulated[x].isin([wide[place] for place in _spread(len(wide), PIES[0])])
                      & simulated[y].isin([high[place] for place in _spread(len(high), PIES[1])])]
    shown = shown[shown["probability"].notna()]
    shares = shown[[f"probability_{key}" for key in OUTCOME_COLOURS]].to_numpy(dtype=np.float64)
    turns = np.column_stack([np.zeros(len(shown)), shares.cumsum(axis=1)])
    places = np.column_stack([across.places(shown[x]), up.places(shown[y])])
    radius = _radius(min(len(wide), PIES[0]), min(len(high), PIES[1]))
    for number, (key, colour) in enumerate(OUTCOME_COLOURS.items()):
        has = np.flatnonzero(shares[:, number] > 0)
        if has.size:
            _add_paths(panel, [_slice(*turns[row, number:number + 2]) for row in has], places[has], radius, colour, key)


def _slice(start: float, stop: float) -> Path:
    """A slice of the unit circle, clockwise from the top, in turns."""
    if stop - start >= 1 - 1e-9:
        return Path.unit_circle()
    return Path.wedge(90 - 360 * stop, 90 - 360 * start)


def _add_paths(panel: Axes, paths: list[Path], places: NDArray[np.float64], radius: float, colour: str,
               label: str) -> None:
    size = Affine2D().scale(radius / 72) + figure_of(panel).dpi_scale_trans
    panel.add_collection(PathCollection(
        paths, sizes=None, transform=size, offsets=places, offset_transform=panel.transData, facecolors=[colour],
        edgecolors="white", linewidths=0.7, label=f"simulated {label}", zorder=4, clip_on=False),
        autolim=False)


def _radius(wide: int, high: int) -> float:
    """Of a pie, in points."""
    return min(13.0, 72 * 0.32 * min(PANEL[0] / wide, PANEL[1] / high))


def _spread(count: int, most: int) -> list[int]:
    """Places of at most so many of a number of values, at even distances."""
    return list(range(0, count, -(-count // most)))


def _legend(phases: DataFrame, simulated: DataFrame | None) -> list[Patch | Line2D]:
    shown = set(phases["outcome"].dropna())
    if simulated is not None:
        shown |= {key for key in OUTCOME_COLOURS if (simulated[f"probability_{key}"] > 0).any()}
    handles: list[Patch | Line2D] = [Patch(facecolor=colour, hatch=OUTCOME_HATCHES[key], edgecolor="#FFFFFF",
                                           linewidth=0.0, label=say(words(key)))
                                     for key, colour in OUTCOME_COLOURS.items() if key in shown]
    if phases["outcome"].isna().any():
        handles.append(Patch(facecolor=EMPTY, label=say("Not computed")))
    if simulated is not None:
        handles.append(Line2D([], [], marker="o", markersize=9, linestyle="none", markerfacecolor="#BBBBBB",
                              markeredgecolor="white", label=say("Pies: simulated shares")))
    return handles


__all__ = ["plot_phase", "plot_phase_figure"]
