"""What each capital does, by tension and standstill: heat maps of the policies in use."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.collections import PathCollection
from matplotlib.colors import Normalize
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from matplotlib.ticker import PercentFormatter
from matplotlib.transforms import Affine2D

from negotiation.plots.fonts import LATIN
from negotiation.plots.layout import fit
from negotiation.plots.style import (
    ACTOR_COLOURS,
    EMPTY,
    QUIET_INK,
    fewer,
    figure_of,
    ink_on,
    lines_of,
    magnified,
    new_axes,
    new_figure,
    ramp,
    smaller,
    styled,
    unlabelled,
    wrap,
)
from negotiation.terms import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame

HEAT = "#0B3C6F"
NAME_WIDTH, ONE_LINE = 17, 38
CELL_SIZE = 9.0  # points


def plot_policy(table: DataFrame, seat: str, standstill: bool, ax: Axes | None = None,
                name_width: int = NAME_WIDTH) -> Axes:
    """One capital's moves (or stances) against tension, with or without a standstill in force.

    Columns are bins of tension, rows options; each cell gives the probability in per cent. Below a
    column stands the share of all weeks played that start there, or "never". Columns that play
    never reaches are plain averages over states and set in italics.

    Args:
        table: from `negotiation.outcomes.policy_table`.
        seat: key of the capital.
        standstill: is one in force at the start of the week.
        ax: panel to draw into; a new figure's if None.
        name_width: option names are broken into lines of at most so many characters.

    Raises:
        ValueError: the table does not hold the seat.
    """
    rows = table[(table["seat"] == seat) & (table["standstill"] == standstill)]
    if rows.empty:
        raise ValueError(f"policy table: holds no seat {seat!r}")
    names = rows.drop_duplicates("move")
    columns = rows.drop_duplicates("bin")
    values = rows.pivot(index="move", columns="bin", values="probability").loc[names["move"]].to_numpy()
    with styled():
        panel = new_axes(5.2, 3.6) if ax is None else ax
        colours, scale = ramp(HEAT), Normalize(0, 1)
        across, down = np.arange(len(columns) + 1) - 0.5, np.arange(len(names) + 1) - 0.5
        panel.pcolormesh(across, down, np.ma.masked_invalid(values), cmap=colours, norm=scale, edgecolors="#D4D4D4",
                         linewidth=0.6)
        panel.set_facecolor(EMPTY)
        plain = (columns["averaging"] == "uniform").to_numpy() & columns["share"].notna().to_numpy()
        cells = [(column, row, _per_cent(value), ink_on(colours(scale(value))), bool(plain[column]))
                 for (row, column), value in np.ndenumerate(values) if np.isfinite(value)]
        _write(panel, cells)
        panel.set_ylim(len(names) - 0.5, -0.5)
        panel.set_yticks(range(len(names)), [wrap(_initial(say(name)), fewer(name_width))
                                             for name in names["move_name"]])
        _name_columns(panel, columns)
        panel.tick_params(which="both", left=False, bottom=False)
        unlabelled(panel.yaxis)
        for side in panel.spines.values():
            side.set_visible(False)
        state = say("standstill in force") if standstill else say("no standstill")
        panel.set_title(f"{say(names['seat_name'].iloc[0])}\n{state}", color=ACTOR_COLOURS[seat])
        return panel


def _write(panel: Axes, cells: list[tuple[int, int, str, str, bool]]) -> None:
    """Numbers into cells: (column, row, text, colour, in italics).

    All of them as one artist: as many texts would take half of the time of the figure.
    """
    to_inches = Affine2D().scale(1 / 72) + figure_of(panel).dpi_scale_trans
    panel.add_collection(PathCollection(
        [_number(text, italic) for _, _, text, _, italic in cells], sizes=None, linewidths=0, transform=to_inches,
        offsets=[(column, row) for column, row, *_ in cells], offset_transform=panel.transData,
        facecolors=[colour for *_, colour, _ in cells]), autolim=False)


@lru_cache(maxsize=512)
def _number(text: str, italic: bool) -> Path:
    """A text as outlines in points, its digits centred on the origin."""
    font = FontProperties(family=LATIN, style="italic" if italic else "normal")
    path = TextPath((0, 0), text, size=CELL_SIZE, prop=font)
    line = TextPath((0, 0), "0", size=CELL_SIZE, prop=font).get_extents()
    box = path.get_extents()
    return Affine2D().translate(-(box.x0 + box.x1) / 2, -(line.y0 + line.y1) / 2).transform_path(path)


def _initial(name: str) -> str:
    """A name with a capital first letter."""
    return name[:1].upper() + name[1:]


def _per_cent(value: float) -> str:
    """Whole per cent, but neither a rare option as never nor a usual one as certain."""
    if 0 < value < 0.005:
        return "<1"
    return ">99" if 0.995 <= value < 1 else f"{100 * value:.0f}"


def _name_columns(panel: Axes, columns: DataFrame) -> None:
    """Each column's bin of tension, and below it how much of play starts there."""
    low, high = columns["tension_low"].to_numpy(), columns["tension_high"].to_numpy()
    if magnified() == 1.0:
        names = [f"{one:.2g}–{other:.2g}" for one, other in zip(low, high, strict=True)]
    else:  # no room for both ends of every bin: an end stands once, between its bins
        names = [""] * len(columns)
        panel.set_xticks(np.arange(len(columns) + 1) - 0.5, [f"{end:.2g}" for end in [*low, high[-1]]], fontsize=8,
                         minor=True)
    shares = [_share(*cell) for cell in zip(columns["share"], columns["averaging"], strict=True)]
    panel.set_xticks(range(len(columns)), [f"{name}\n{share}" if share or not name else name
                                           for name, share in zip(names, shares, strict=True)], fontsize=8)


def _share(share: float, averaging: str) -> str:
    if averaging == "none":
        return say("no state")
    if np.isnan(share):
        return ""
    if averaging == "uniform":
        return say("never")
    if magnified() > 1.0:
        return f"{_per_cent(share)}%"
    return f"{'<0.1' if share < 0.0005 else f'{100 * share:.1f}'}%"


def plot_policy_map(table: DataFrame, title: str | None = None) -> Figure:
    """All three capitals, without (top) and with (bottom) a standstill in force.

    Args:
        table: from `negotiation.outcomes.policy_table`.
        title: of the figure; by default the scenario's, if the table knows it.
    """
    seats = list(table["seat"].unique())
    cells = table["bin"].nunique()
    with styled():
        wide = NAME_WIDTH if magnified() == 1.0 else ONE_LINE  # slides are wide rather than high
        heading = title if title is not None else say(table.attrs.get("title", ""))
        most = max(lines_of(wrap(say(name), fewer(wide))) for name in table["move_name"].unique())
        names = 2 * 5 * (0.15 * most + 0.08)
        letters = names + 2.8 if names > smaller(2 * 1.9) else 2.8
        figure = new_figure(max(11.0, 2.4 + 1.7 * cells), max(2 * 1.9, names) + 2.8, letters)
        rows = []
        for standstill in (False, True):
            rows.append([figure.add_subplot(2, len(seats), standstill * len(seats) + place + 1)
                         for place in range(len(seats))])
            for panel, seat in zip(rows[-1], seats, strict=True):
                plot_policy(table, seat, standstill, panel, wide)
        for panel in rows[-1]:
            panel.set_xlabel(wrap(say("Tension at the start of the week"), fewer(40)))
        _share_names(rows)
        bar = figure.colorbar(ScalarMappable(Normalize(0, 1), ramp(HEAT)), format=PercentFormatter(1.0, decimals=0),
                              cax=figure.add_axes((0.95, 0.2, 0.02, 0.6)))
        bar.outline.set_visible(False)
        bar.set_label(say("Probability of the move or stance"))
        figure.suptitle(heading, ha="left", va="top")
        figure.supxlabel(_note(table), fontsize=9, color=QUIET_INK, ha="left", va="bottom")
        return fit(figure, rows, bar=bar.ax, bar_rows=2)


def _share_names(rows: list[list[Axes]]) -> None:
    """Options are named once where neighbours have the same."""
    for row in rows:
        named = [[label.get_text() for label in panel.get_yticklabels()] for panel in row]
        for panel, before, own in zip(row[1:], named, named[1:], strict=False):
            panel.tick_params(axis="y", labelleft=before != own)


def _note(table: DataFrame) -> str:
    if table["share"].isna().all():
        return say("Cells: what the capital does, in per cent; plain average over the states of the column.")
    note = say("Cells: what the capital does, in per cent, averaged over states as often as play visits them. "
               "Below a column: share of all weeks played that start so.")
    if (table["averaging"] == "uniform").any():
        note += "\n" + say("Never visited (italics): plain average over the states of the column.")
    return note


__all__ = ["plot_policy", "plot_policy_map"]
