"""Fitting panels to their labels, once.

matplotlib's own layout engines measure every text of a figure at least twice and again whenever it is
drawn, which is most of the time a figure of many labels takes. `fit` measures each panel once and
leaves the figure with fixed positions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from negotiation.plots.style import wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.backend_bases import RendererBase
    from matplotlib.figure import Figure
    from matplotlib.text import Text
    from matplotlib.transforms import BboxBase

EDGE = 0.08  # inches between the outermost labels and the edge of the figure
GAP = 0.14  # inches between neighbours
BAR = 0.13  # width of a colour bar, inches


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
        dpi = panel.get_figure(root=True).dpi
        return cls(*(max(0.0, float(value)) / dpi for value in reach))

    def join(self, other: _Pads) -> _Pads:
        return _Pads(*map(max, self, other))


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
    pads = [[_Pads.of(panel, renderer) for panel in row] for row in rows]
    for count in {len(row) for row in rows}:
        alike = [row for row in pads if len(row) == count]
        for place in range(count):
            joined = alike[0][place]
            for row in alike[1:]:
                joined = joined.join(row[place])
            for row in alike:
                row[place] = joined._replace(bottom=row[place].bottom, top=row[place].top)
    strip = _Pads.of(bar, renderer) if bar is not None else _Pads(0, 0, 0, 0)
    bar_room = strip.left + BAR + strip.right + GAP if bar is not None else 0.0

    bottom = _stack_below(figure, renderer, height)
    top = height - _title_height(figure, renderer)
    tall = [(max(pad.top for pad in row), max(pad.bottom for pad in row)) for row in pads]
    free = top - bottom - sum(map(sum, tall)) - GAP * (len(rows) - 1) - EDGE
    weights = list(heights) if heights is not None else [1.0] * len(rows)
    level, bar_span = top, (top, top)
    for number, (row, row_pads) in enumerate(zip(rows, pads, strict=True)):
        high = max(free, 0.2) * weights[number] / sum(weights)
        level -= tall[number][0] + high
        room = bar_room if number < bar_rows else 0.0
        wide = (width - 2 * EDGE - room - sum(pad.left + pad.right for pad in row_pads)
                - GAP * (len(row) - 1)) / len(row)
        x = EDGE
        for panel, pad in zip(row, row_pads, strict=True):
            x += pad.left
            panel.set_position((x / width, level / height, max(wide, 0.2) / width, high / height))
            x += wide + pad.right + GAP
        if number < bar_rows:
            bar_span = (level, bar_span[1] if number else level + high)
        level -= tall[number][1] + GAP
    if bar is not None:
        left = width - EDGE - strip.right - BAR
        bar.set_position((left / width, bar_span[0] / height, BAR / width, (bar_span[1] - bar_span[0]) / height))
    return figure


def _title_height(figure: Figure, renderer: RendererBase) -> float:
    """Inches taken at the top by the figure's title, which is put in place."""
    title, height = figure._suptitle, float(figure.get_size_inches()[1])  # type: ignore[attr-defined]
    if title is None or not title.get_text():
        return EDGE
    title.set_position((EDGE / float(figure.get_size_inches()[0]), 1 - EDGE / height))
    return EDGE + _inches(figure, _narrowed(figure, title, renderer)) + GAP / 2


def _stack_below(figure: Figure, renderer: RendererBase, height: float) -> float:
    """Inches taken at the bottom by the note and the legends, which are put in place."""
    used = EDGE
    note = figure._supxlabel  # type: ignore[attr-defined]
    if note is not None and note.get_text():
        note.set_position((EDGE / float(figure.get_size_inches()[0]), used / height))
        used += _inches(figure, _narrowed(figure, note, renderer)) + GAP / 2
    for legend in figure.legends:
        legend.set_bbox_to_anchor((0.5, used / height), figure.transFigure)
        used += _inches(figure, legend.get_window_extent(renderer)) + GAP / 2
    return used


def _narrowed(figure: Figure, text: Text, renderer: RendererBase) -> BboxBase:
    """The extent of a text across the figure, broken into as many lines as its real width asks for."""
    words, room = text.get_text(), (float(figure.get_size_inches()[0]) - 2 * EDGE) * figure.dpi
    box = text.get_window_extent(renderer)
    characters = max(map(len, words.split("\n")))
    while box.width > room and characters > 8:
        characters = min(characters - 1, int(characters * room / box.width))
        text.set_text(wrap(words.replace("\n", " "), characters))
        box = text.get_window_extent(renderer)
    return box


def _inches(figure: Figure, box: BboxBase) -> float:
    return float(box.height) / figure.dpi


__all__ = ["BAR", "EDGE", "GAP", "fit"]
