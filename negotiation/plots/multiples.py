"""Small multiples: one figure of many panels alike, one a scenario or behaviour, on shared scales."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from itertools import combinations
from typing import TYPE_CHECKING, Any

from matplotlib.patches import Patch
from matplotlib.ticker import NullFormatter

from negotiation.outcomes import words
from negotiation.outcomes_weekly import EVENTS
from negotiation.plots.heat import HATCH, MESHES, dress_bar, is_hatched
from negotiation.plots.layout import fit
from negotiation.plots.legends import legend_below
from negotiation.plots.outcomes import plot_outcomes
from negotiation.plots.style import QUIET_INK, new_figure, styled
from negotiation.terms import say
from negotiation.vocabulary import Move, Outcome, Stance

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text
    from pandas import DataFrame

PANELS = 12  # at most
ROOM = (0.9, 1.5)  # inches across and up that labels, title and legend of a figure take
SLANT = 35  # degrees
WIDER, WIDENINGS = 1.12, 6  # the figure grows so much, so often, while numbers in its panels meet


def plot_multiples(tables: Mapping[str, DataFrame], plot: Callable[..., Axes] = plot_outcomes, *,
                   across: int | None = None, share_x: bool = True, share_y: bool = True,
                   panel_size: tuple[float, float] | None = None, heading: str = "", **options: Any) -> Figure:
    """The same plot of several tables, one panel each.

    Axes are named at the left and below only; the legends of all panels become one below the figure, each entry
    once. Limits of shared axes span those of all panels.

    Args:
        tables: what people read above a panel (a scenario's title, a behaviour's name) to what the plot draws.
        plot: draws a table into the panel it gets as ``ax``; outcome bars by default.
        across: panels in a row; None for as many as suits.
        share_x: whether all panels have one horizontal scale.
        share_y: whether all panels have one vertical scale.
        panel_size: of one panel in print, inches; None for a size that holds the numbers of outcome bars.
        heading: of the figure; none by default.
        options: go to ``plot``, e.g. ``x`` for `negotiation.plots.lines.plot_lines`.

    Raises:
        ValueError: there is no table, or more than 12, ``across`` is below 1, or the panels are heat maps whose
            colours mean different values.
    """
    count = len(tables)
    if not 1 <= count <= PANELS:
        raise ValueError(f"tables: {count} are not allowed; allowed: 1 to {PANELS}")
    if across is not None and across < 1:
        raise ValueError(f"across: {across!r} is not allowed; allowed: at least 1")
    wide, high = panel_size or _size(tables)
    columns = min(count, across or (2 if count in (2, 4) or wide > 4 else 3))
    down = -(-count // columns)
    with styled():
        figure = new_figure(wide * columns + ROOM[0], high * down + ROOM[1], ROOM[1])
        drawn = []
        for place, (name, table) in enumerate(tables.items()):
            panel = plot(table, ax=figure.add_subplot(down, columns, place + 1), **options)
            panel.set_title(say(name))
            drawn.append(panel)
        handles = _gather(drawn)
        if any(is_hatched(panel) for panel in drawn):
            handles.append(Patch(facecolor="white", edgecolor=QUIET_INK, hatch=HATCH, label=say("Below zero")))
        _share(drawn, columns, share_x, share_y)
        legend_below(figure, handles)
        figure.suptitle(heading, ha="left", va="top")
        rows = [drawn[start:start + columns] for start in range(0, count, columns)]
        while len(rows[-1]) < columns:
            blank = figure.add_subplot()
            blank.set_axis_off()
            rows[-1].append(blank)
        bar = _shared_bar(figure, drawn)
        fit(figure, rows, bar=bar, bar_rows=down if bar is not None else 0)
        slanted = _slant(drawn)
        for _ in range(WIDENINGS):
            if not slanted and not any(_meeting(panel.texts) for panel in drawn):
                break
            if not slanted:
                figure.set_size_inches(figure.get_figwidth() * WIDER, figure.get_figheight())
            slanted = False
            fit(figure, rows, bar=bar, bar_rows=down if bar is not None else 0)
        return figure


def _size(tables: Mapping[str, DataFrame]) -> tuple[float, float]:
    """Inches of a panel: wider where exact and simulated bars stand side by side."""
    both = any({"exact", "simulated"} <= set(table.columns) and table["exact"].notna().any()
               and table["simulated"].notna().any() for table in tables.values())
    return (5.4, 2.9) if both else (3.4, 2.6)


def _gather(drawn: list[Axes]) -> list[Any]:
    """Legend entries of all panels, each text once; the panels' own legends are taken away.

    Panels without a legend give the artists that are labelled with the key of an outcome, move, stance or event,
    and those whose group id is ``legend``.
    """
    entries: dict[str, Any] = {}
    known = {*Outcome.keys(), *Move.keys(), *Stance.keys(), *EVENTS}
    for panel in drawn:
        legend = panel.get_legend()
        if legend is not None:
            for handle, text in zip(legend.legend_handles, legend.get_texts(), strict=True):
                if handle is not None:
                    handle.set_label(text.get_text())
                    entries.setdefault(text.get_text(), handle)
            legend.remove()
            continue
        for handle, label in zip(*panel.get_legend_handles_labels(), strict=True):
            if label in known:
                entries.setdefault(say(words(label)), handle)
            elif getattr(handle, "get_gid", str)() == "legend":
                entries.setdefault(label, handle)
    return [_named(handle, label) for label, handle in entries.items()]


def _named(handle: Any, label: str) -> Any:
    """An artist's twin of another name, for a legend."""
    twin = copy(handle)
    twin.set_label(label)
    return twin


def _shared_bar(figure: Figure, drawn: list[Axes]) -> Axes | None:
    """A colour bar for heat maps of one scale; None for other plots.

    Raises:
        ValueError: the panels' colours mean different values.
    """
    meshes = [artist for panel in drawn for artist in panel.collections if artist.get_gid() in MESHES]
    if not meshes:
        return None
    ends = {(mesh.norm.vmin, mesh.norm.vmax) for mesh in meshes}
    if len(ends) > 1:
        raise ValueError(f"limits: colours of {len(ends)} scales are not allowed; allowed: one for all panels, "
                         "e.g. limits=(0, 1)")
    bar = figure.colorbar(meshes[0], cax=figure.add_axes((0.9, 0.3, 0.03, 0.5)))
    dress_bar(bar, drawn[0])
    return bar.ax


def _share(drawn: list[Axes], columns: int, share_x: bool, share_y: bool) -> None:
    last = len(drawn) - columns
    if share_y:
        ends = [panel.get_ylim() for panel in drawn]
        for place, panel in enumerate(drawn):
            panel.set_ylim(min(low for low, _ in ends), max(high for _, high in ends))
            if place % columns:
                panel.set_ylabel("")
                panel.tick_params(axis="y", which="both", labelleft=False)
    if share_x:
        ends = [panel.get_xlim() for panel in drawn]
        for panel in drawn:
            panel.set_xlim(min(low for low, _ in ends), max(high for _, high in ends))
        alike = len({tuple(label.get_text() for label in panel.get_xticklabels()) for panel in drawn}) == 1
        for place, panel in enumerate(drawn):
            if alike and place < last:
                panel.set_xlabel("")
                panel.xaxis.set_major_formatter(NullFormatter())


def _slant(drawn: list[Axes]) -> bool:
    """Slant the names below panels where two would meet; whether any did."""
    slanted = False
    for panel in drawn:
        slanted |= _meeting([label for label in panel.get_xticklabels() if label.get_text()])
    if slanted:
        for panel in drawn:
            for label in panel.get_xticklabels():
                label.set(rotation=SLANT, ha="right", va="top", rotation_mode="anchor",
                          text=label.get_text().replace("\n", " "))
    return slanted


def _meeting(texts: Sequence[Text]) -> bool:
    """Whether any two texts meet."""
    boxes = [text.get_window_extent() for text in texts]
    return any(one.x0 < two.x1 + 2 and two.x0 < one.x1 + 2 and one.y0 < two.y1 and two.y0 < one.y1
               for one, two in combinations(boxes, 2))


__all__ = ["plot_multiples"]
