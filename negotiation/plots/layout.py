"""Fitting panels to their labels, once.

matplotlib's own layout engines measure every text of a figure at least twice and again whenever it is
drawn, which is most of the time a figure of many labels takes. `fit` measures each panel once and
leaves the figure with fixed positions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from negotiation.plots.style import figure_of, wrap
from negotiation.plots.wrapping import letters_in

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.backend_bases import RendererBase
    from matplotlib.figure import Figure
    from matplotlib.text import Text
    from matplotlib.transforms import BboxBase

EDGE = 0.08  # inches between the outermost labels and the edge of the figure
GAP = 0.14  # inches between neighbours
BAR = 0.13  # width of a colour bar, inches
LEAST = 0.3  # a panel is never smaller than this, inches, whatever its labels


class _Pads(NamedTuple):
    """How far a panel's labels reach beyond it, inches."""

    left: float
    bottom: float
    right: float
    top: float

    @classmethod
    def of(cls, panel: Axes, renderer: RendererBase) -> _Pads:
        inner, outer = panel.get_window_extent(renderer), panel.get_tightbbox(renderer, for_layout_only=True)
        if outer is None:
            return cls(0, 0, 0, 0)
        reach = (inner.x0 - outer.x0, inner.y0 - outer.y0, outer.x1 - inner.x1, outer.y1 - inner.y1)
        dpi = figure_of(panel).dpi
        return cls(*(max(0.0, float(value)) / dpi for value in reach))


def fit(figure: Figure, rows: Sequence[Sequence[Axes]], heights: Sequence[float] | None = None,
        bar: Axes | None = None, bar_rows: int = 0) -> Figure:
    """Place panels in rows so that no label is cut and none meets a neighbour's.

    Panels of a row are equally wide; rows of equally many panels line up. The figure's title, legends and
    note (``suptitle``, ``legend``, ``supxlabel``) get the room they need above and below.

    Args:
        figure: without a layout engine.
        rows: panels from the top row down.
        heights: relative heights of the rows; equal if None.
        bar: panel of a colour bar, to stand at the right of the first ``bar_rows`` rows.
        bar_rows: how many rows it serves.
    """
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    width, height = (float(side) for side in figure.get_size_inches())
    pads = _aligned([[_Pads.of(panel, renderer) for panel in row] for row in rows])
    strip = _Pads.of(bar, renderer) if bar is not None else _Pads(0, 0, 0, 0)
    bar_room = strip.left + BAR + strip.right + GAP if bar is not None else 0.0
    wide = [(width - 2 * EDGE - (bar_room if number < bar_rows else 0.0) - GAP * (len(row) - 1)
             - sum(pad.left + pad.right for pad in row)) / len(row) for number, row in enumerate(pads)]
    wide = [max(value, LEAST) for value in wide]
    above = [max(pad.top + _wrap_title(panel, wide[number], renderer)
                 for panel, pad in zip(row, pads[number], strict=True)) for number, row in enumerate(rows)]
    below = [max(pad.bottom for pad in row) for row in pads]

    level = height - _title_height(figure, renderer)
    free = level - _stack_below(figure, renderer, height) - sum(above) - sum(below) - GAP * len(rows)
    weights = list(heights) if heights is not None else [1.0] * len(rows)
    bar_top = bar_foot = level
    for number, row in enumerate(rows):
        high = max(free * weights[number] / sum(weights), LEAST)
        level -= above[number] + high
        x = EDGE
        for panel, pad in zip(row, pads[number], strict=True):
            x += pad.left
            panel.set_position((x / width, level / height, wide[number] / width, high / height))
            x += wide[number] + pad.right + GAP
        if number < bar_rows:
            bar_top, bar_foot = (bar_top if number else level + high), level
        level -= below[number] + GAP
    if bar is not None:
        left = width - EDGE - strip.right - BAR
        bar.set_position((left / width, bar_foot / height, BAR / width, (bar_top - bar_foot) / height))
    return figure


def _aligned(pads: list[list[_Pads]]) -> list[list[_Pads]]:
    """The same room left and right of panels that stand above each other."""
    joined = []
    for row in pads:
        alike = [other for other in pads if len(other) == len(row)]
        joined.append([pad._replace(left=max(other[place].left for other in alike),
                                    right=max(other[place].right for other in alike))
                       for place, pad in enumerate(row)])
    return joined


def _wrap_title(panel: Axes, wide: float, renderer: RendererBase) -> float:
    """Break a panel's title to the panel's width; how many inches higher it has become."""
    title, figure = panel._left_title, figure_of(panel)  # type: ignore[attr-defined]
    if not title.get_text():
        return 0.0
    before = _inches(figure, title.get_window_extent(renderer))
    return _inches(figure, _narrowed(title, wide * figure.dpi, renderer)) - before


def _title_height(figure: Figure, renderer: RendererBase) -> float:
    """Inches taken at the top by the figure's title, which is put in place."""
    title, height = figure._suptitle, float(figure.get_size_inches()[1])  # type: ignore[attr-defined]
    if title is None or not title.get_text():
        return EDGE
    title.set_position((EDGE / float(figure.get_size_inches()[0]), 1 - EDGE / height))
    return EDGE + _inches(figure, _narrowed(title, _across(figure), renderer)) + GAP / 2


def _stack_below(figure: Figure, renderer: RendererBase, height: float) -> float:
    """Inches taken at the bottom by the note and the legends, which are put in place."""
    used = EDGE
    note = figure._supxlabel  # type: ignore[attr-defined]
    if note is not None and note.get_text():
        note.set_position((EDGE / float(figure.get_size_inches()[0]), used / height))
        used += _inches(figure, _narrowed(note, _across(figure), renderer)) + GAP / 2
    for legend in figure.legends:
        legend.set_bbox_to_anchor((0.5, used / height), figure.transFigure)
        used += _inches(figure, legend.get_window_extent(renderer)) + GAP / 2
    return used


def _across(figure: Figure) -> float:
    """Pixels between the edges of the figure."""
    # Letters are a little wider or narrower at other resolutions than that measured at.
    return (float(figure.get_size_inches()[0]) - 2 * EDGE) * figure.dpi * 0.96


def _narrowed(text: Text, room: float, renderer: RendererBase) -> BboxBase:
    """The extent of a text, after breaking its lines so that none is wider than ``room`` pixels."""
    whole, box = text.get_text(), text.get_window_extent(renderer)
    characters = max(map(letters_in, whole.split("\n")))
    while box.width > room and characters > 4:
        characters = min(characters - 1, int(characters * room / box.width) + 1)
        text.set_text("\n".join(wrap(line, characters) for line in whole.split("\n")))
        box = text.get_window_extent(renderer)
    return box


def _inches(figure: Figure, box: BboxBase) -> float:
    return float(box.height) / figure.dpi


__all__ = ["BAR", "EDGE", "GAP", "fit"]
