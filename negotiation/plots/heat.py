"""Heat maps: one result of a sweep over two of its axes.

A cell is one computed point. Where few cells hold it, the number stands in the cell; on fine grids lines of
equal value may be asked for. Values of both signs have colours of their own on either side of zero; both
sides are as dark in grey, so without numbers cells below zero are hatched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.colors import Colormap, LinearSegmentedColormap, Normalize
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter, MaxNLocator

from negotiation.parameters import ParameterError
from negotiation.plots.layout import fit
from negotiation.plots.legends import legend_below
from negotiation.plots.scales import Scale
from negotiation.plots.style import (
    EMPTY,
    INK,
    QUIET_INK,
    fewer,
    figure_of,
    ink_on,
    magnified,
    new_axes,
    new_figure,
    ramp,
    styled,
    wrap,
)
from negotiation.sweep.columns import (
    check_axis,
    display_names,
    is_numeric,
    key_words,
    level_numbers,
    levels,
    quantity_words,
    refuse_others,
    select_at,
    value_words,
)
from negotiation.terms import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh
    from matplotlib.figure import Figure
    from numpy.typing import NDArray
    from pandas import DataFrame

HEAT = "#0B3C6F"
BELOW = "#A6481B"  # for values below zero where some are above
HATCH = "////"
WRITTEN = (9, 14)  # numbers are written in at most so many cells across and up
MESHES = ("values", "shares")  # group ids of the cells
ZERO = 1e-12  # values no larger are zero but for rounding


class Grid(NamedTuple):
    """A result over the full grid of two axes.

    Attributes:
        x, y: where the values of the axes stand.
        values: float64 [y values, x values]; nan where a point has failed.
    """

    x: Scale
    y: Scale
    values: NDArray[np.float64]


def result_grid(table: DataFrame, x: str, y: str, quantity: str, at: Mapping[str, Any] | None = None) -> Grid:
    """One result column over two axes of a full grid.

    Args:
        table: a sweep's rows.
        x: key of the axis across.
        y: key of the axis upwards.
        quantity: a numeric result column.
        at: key to value, for axes that vary too.

    Raises:
        ParameterError: x or y is no axis, quantity no numeric column, another axis varies and is not in ``at``, or
            the points do not fill a grid.
    """
    check_axis(table, x, "x")
    check_axis(table, y, "y")
    if x == y:
        raise ParameterError("y", y, f"another axis than x ({x})")
    if quantity not in table.columns or not (is_numeric(table[quantity]) or table[quantity].isna().all()):
        raise ParameterError("quantity", quantity, "a numeric result column of the table")
    chosen = select_at(table, at)
    refuse_others(chosen, [x, y])
    shape = len(levels(chosen[y])), len(levels(chosen[x]))
    up, across = level_numbers(chosen[y]), level_numbers(chosen[x])
    known = (up >= 0) & (across >= 0)
    filled = len({*zip(up[known].tolist(), across[known].tolist(), strict=True)})
    if filled < shape[0] * shape[1] or len(chosen) > filled:
        raise ParameterError("table", f"{len(chosen)} rows at {filled} of the {shape[1]} x {shape[0]} points of a grid "
                             f"over {x} and {y}", "every combination of the two, once (sweep.method=grid)")
    values = np.full(shape, np.nan)
    values[up, across] = chosen[quantity].to_numpy(dtype=np.float64)
    return Grid(Scale.of(chosen[x]), Scale.of(chosen[y]), values)


def plot_heat(table: DataFrame, x: str, y: str, quantity: str = "probability_settlement", ax: Axes | None = None, *,
              at: Mapping[str, Any] | None = None, title: str | None = None, contours: bool = False,
              limits: tuple[float, float] | None = None, labels: tuple[str, str] | None = None) -> Axes:
    """A result over two axes of a full grid, as colours.

    Args:
        table: a sweep's rows.
        x: key of the axis across.
        y: key of the axis upwards.
        quantity: a numeric result column.
        ax: panel to draw into; a new figure's if None, then with a colour bar.
        at: key to value, for axes that vary too.
        title: of the panel; by default the quantity.
        contours: whether lines of equal value are drawn; both axes must be numbers on a continuous scale.
        limits: lowest and highest value of the colours; by default those of the values (probabilities: from 0).
            Where they have both signs, the colours reach equally far on both sides of 0.
        labels: what the axes are called, across and upwards; by default after their keys.

    Raises:
        ParameterError: see `result_grid`; or contours are asked for over categories, or limits do not rise.
    """
    grid = result_grid(table, x, y, quantity, at)
    if contours and not (grid.x.continuous and grid.y.continuous and min(grid.values.shape) > 1):
        raise ParameterError("contours", contours, "false where an axis has no continuous scale")
    colours, norm = _colours(grid.values, quantity, limits)
    names = display_names(table)
    with styled():
        panel = new_axes(6.8, 4.8) if ax is None else ax
        panel.set_facecolor(EMPTY)
        masked = np.ma.masked_invalid(grid.values)
        across, up = grid.x.edges(), grid.y.edges()
        mesh = panel.pcolormesh(across, up, masked, cmap=colours, norm=norm, rasterized=True, zorder=0,
                                gid="shares" if _is_share(quantity) else "values")
        said = labels or tuple(key_words(key, names, unit=True) for key in (x, y))
        grid.x.dress(panel.xaxis, said[0], fewer(62))
        grid.y.dress(panel.yaxis, said[1], fewer(54))
        panel.set_xlim(across[0], across[-1])
        panel.set_ylim(up[0], up[-1])
        share, written = _is_share(quantity), False
        if contours:
            _draw_contours(panel, grid, share)
        elif grid.values.shape[1] * magnified() <= WRITTEN[0] and grid.values.shape[0] * magnified() <= WRITTEN[1]:
            _write(panel, grid, mesh, share)
            written = True
        if not written and norm.vmin is not None and norm.vmin < 0 < (norm.vmax or 0.0):
            _hatch_below(panel, grid)
        panel.set_title(wrap(quantity_words(quantity, names), fewer(60)) if title is None else title)
        if ax is None:
            dress_bar(figure_of(panel).colorbar(mesh, ax=panel), panel)
        return panel


def plot_heat_figure(table: DataFrame, x: str, y: str, quantity: str = "probability_settlement", *,
                     at: Mapping[str, Any] | None = None, title: str | None = None, contours: bool = False,
                     limits: tuple[float, float] | None = None, labels: tuple[str, str] | None = None,
                     heading: str = "") -> Figure:
    """`plot_heat` as a whole figure with its colour bar; arguments and errors likewise.

    Args:
        table: a sweep's rows.
        x: key of the axis across.
        y: key of the axis upwards.
        quantity: a numeric result column.
        at: key to value, for axes that vary too.
        title: of the panel; by default the quantity.
        contours: whether lines of equal value are drawn.
        limits: lowest and highest value of the colours.
        labels: what the axes are called, across and upwards.
        heading: of the figure; none by default.
    """
    with styled():
        figure = new_figure(6.8, 5.2, 1.0)
        panel = plot_heat(table, x, y, quantity, figure.add_subplot(), at=at, title=title, contours=contours,
                          limits=limits, labels=labels)
        (mesh,) = (artist for artist in panel.collections if artist.get_gid() in MESHES)
        bar = figure.colorbar(mesh, cax=figure.add_axes((0.9, 0.3, 0.03, 0.5)))
        dress_bar(bar, panel)
        handles = []
        if is_hatched(panel):
            handles.append(Patch(facecolor="white", edgecolor=QUIET_INK, hatch=HATCH, label=say("Below zero")))
        if np.ma.is_masked(mesh.get_array()):
            handles.append(Patch(facecolor=EMPTY, label=say("Not computed")))
        legend_below(figure, handles)
        fixed = ", ".join(f"{key_words(key, display_names(table))} {value_words(value)}"
                          for key, value in (at or {}).items())
        if fixed:
            figure.supxlabel(say("At {values}.", values=fixed), fontsize=9, ha="left", va="bottom")
        figure.suptitle(heading, ha="left", va="top")
        return fit(figure, [[panel]], bar=bar.ax, bar_rows=1)


def _is_share(quantity: str) -> bool:
    """Whether a result is a probability, which is said in per cent."""
    return quantity.startswith(("probability_", "low_", "high_", "share_")) or quantity.endswith("_share")


def _colours(values: NDArray[np.float64], quantity: str,
             limits: tuple[float, float] | None) -> tuple[Colormap, Normalize]:
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    if _is_share(quantity):
        low = min(low, 0.0)
    if limits is not None:
        low, high = limits
        if not low < high:
            raise ParameterError("limits", limits, "two numbers, the second larger")
    if low < -ZERO and high > ZERO:
        reach = max(-low, high)
        made = LinearSegmentedColormap.from_list("both signs", [BELOW, "#FFFFFF", HEAT])
        return made.with_extremes(bad=EMPTY), Normalize(-reach, reach)
    if high <= ZERO and low < -ZERO:  # all below zero: the farther from it, the darker
        return ramp(BELOW).reversed().with_extremes(bad=EMPTY), Normalize(low, high)
    return ramp(HEAT), Normalize(low, high if high > low else low + 1.0)


def _hatch_below(panel: Axes, grid: Grid) -> None:
    across, up = grid.x.edges(), grid.y.edges()
    cells = [[(across[column], up[row]), (across[column + 1], up[row]), (across[column + 1], up[row + 1]),
              (across[column], up[row + 1])] for row, column in np.argwhere(grid.values < -ZERO)]
    if cells:
        panel.add_collection(PolyCollection(cells, facecolors="none", edgecolors=QUIET_INK, hatch=HATCH,
                                            linewidths=0.0, zorder=1, label="below zero"), autolim=False)


def _write(panel: Axes, grid: Grid, mesh: QuadMesh, share: bool) -> None:
    at_x, at_y = grid.x.places(grid.x.values), grid.y.places(grid.y.values)
    decimals = _decimals(grid.values)
    for (row, column), value in np.ndenumerate(grid.values):
        if np.isfinite(value):
            rgba = mesh.to_rgba(np.array([value]))[0].tolist()
            panel.text(float(at_x[column]), float(at_y[row]), _number(float(value), share, decimals), ha="center",
                       va="center", fontsize=9, color=ink_on(rgba), zorder=3)


def _draw_contours(panel: Axes, grid: Grid, share: bool) -> None:
    known = grid.values[np.isfinite(grid.values)]
    if not known.size or np.ptp(known) <= ZERO:
        return
    heights = [height for height in MaxNLocator(nbins=6).tick_values(known.min(), known.max())
               if known.min() < height < known.max()]
    widths = [2.0 if abs(height) <= ZERO else 0.9 for height in heights]
    drawn = panel.contour(grid.x.places(grid.x.values), grid.y.places(grid.y.values),
                          np.ma.masked_invalid(grid.values), levels=heights, colors=INK, linewidths=widths, zorder=2,
                          linestyles="solid")
    drawn.set_path_effects([withStroke(linewidth=2.6, foreground="white")])
    decimals = _told_apart(heights)
    for label in panel.clabel(drawn, fmt=lambda height: _number(height, share, decimals), fontsize=8.5,
                              inline_spacing=3):
        label.set_path_effects([withStroke(linewidth=2.4, foreground="white")])


def _decimals(values: NDArray[np.float64]) -> int:
    """How many decimals show two digits of the largest value."""
    known = np.abs(values[np.isfinite(values)])
    largest = float(known.max()) if known.size else 0.0
    return int(np.clip(1 - np.floor(np.log10(largest)), 0, 6)) if largest > 0 else 0


def _told_apart(heights: Sequence[float]) -> int:
    """How many decimals say the heights of contours without rounding them: 0.325 is not 0.33."""
    rounded = ((decimals, np.round(heights, decimals)) for decimals in range(7))
    return next((decimals for decimals, said in rounded if np.allclose(said, heights, rtol=1e-9, atol=1e-12)), 7)


def _number(value: float, share: bool, decimals: int) -> str:
    if share:
        return f"{100 * value:.0f}%" if decimals <= 2 else f"{100 * value:.{decimals - 2}f}%"
    text = f"{value:.{decimals}f}"
    return (text[1:] if float(text) == 0 and text.startswith("-") else text).replace("-", "−")


def is_hatched(panel: Axes) -> bool:
    """Whether cells of a heat map are hatched, being below zero."""
    return any(artist.get_label() == "below zero" for artist in panel.collections)


def dress_bar(bar: Any, panel: Axes) -> None:
    """Ticks of a heat map's colour bar, in per cent for shares, and hatches as in the map."""
    bar.outline.set_visible(False)
    bar.locator = MaxNLocator(nbins=6)
    if any(artist.get_gid() == "shares" for artist in panel.collections):
        bar.formatter = FuncFormatter(lambda value, _: f"{100 * value:.3g}%")
    bar.update_ticks()
    if is_hatched(panel):
        bar.ax.axhspan(bar.mappable.norm.vmin, 0.0, facecolor="none", edgecolor=QUIET_INK, hatch=HATCH, linewidth=0.0)


__all__ = ["Grid", "dress_bar", "is_hatched", "plot_heat", "plot_heat_figure", "result_grid"]
