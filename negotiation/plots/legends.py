"""Legends below a figure, in as many columns as the paper is wide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from negotiation.plots.layout import EDGE

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend

MOST = 3  # columns


def legend_below(figure: Figure, handles: Sequence[Any], columns: int = MOST, **options: Any) -> Legend | None:
    """Put a legend below a figure, for `negotiation.plots.layout.fit` to place.

    Args:
        figure: without a layout engine.
        handles: with labels; none makes no legend.
        columns: at most so many; fewer where they would be wider than the paper.
        options: of matplotlib's ``legend``.
    """
    if not handles:
        return None
    room = (float(figure.get_size_inches()[0]) - 2 * EDGE) * figure.dpi
    legend = None
    for count in range(min(columns, len(handles)), 0, -1):
        if legend is not None:
            legend.remove()
        legend = figure.legend(handles=list(handles), loc="lower center", ncols=count, borderaxespad=0.0, **options)
        if legend.get_window_extent().width <= room:
            break
    return legend


__all__ = ["legend_below"]
