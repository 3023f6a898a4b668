"""A dossier: one A4 page that tells an experiment.

From the top: the question, the answer in one sentence, the figure, what theory expects, how to read the figure,
a small table of the numbers, and at the foot the receipt, with which the page can be made again. All of it
is text and vectors; only embedded pictures and dots of dense scatters are not.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from math import isnan
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from matplotlib.lines import Line2D
from matplotlib.text import Text

from negotiation.outcomes import words
from negotiation.plots.style import INK, QUIET_INK, Look, look, new_figure, styled, under, wrap
from negotiation.terms import say
from negotiation.vocabulary import Move, Outcome, Stance

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.transforms import BboxBase
    from pandas import DataFrame

    Drawing = Callable[[Axes], object] | str | Path

A4 = (8.27, 11.69)  # inches
MARGIN = 0.65
GAP = 0.16  # between blocks
LEAST = 3.2  # the figure gets at least so many inches of height, if need be from smaller letters
SCALES = (1.0, 0.92, 0.85, 0.78, 0.7)
ROWS = 14  # of the table that are shown
MOST = 6  # panels
SMALL = 0.8  # size of letters in panels of half the width
KEYS = frozenset({*Outcome.keys(), *Move.keys(), *Stance.keys()})  # told in words
SIZES = {"question": 15.0, "sentence": 11.5, "heading": 10.0, "text": 9.5, "table": 8.5, "receipt": 6.5}
LEADING = 1.45  # height of a line of the table, in letters
SLACK = 0.97  # letters are measured on a screen's dots and drawn on finer ones, where they can be wider


def dossier(question: str, expectation: str, reading: str, sentence: str, draw: Drawing | Sequence[Drawing],
            table: DataFrame, receipt: Mapping[str, Any], legends: Sequence[Sequence[Artist]] = (), *,
            said: bool = False) -> Figure:
    """One page on one experiment; a figure for `negotiation.plots.save_figure` with ``formats=["pdf"]``.

    Args:
        question: what the experiment asks; the title.
        expectation: what theory expects.
        reading: how to read the figure.
        sentence: the answer, in one sentence with numbers.
        draw: what fills the figure: functions that draw into a panel, or files of pictures to embed; at most 6.
        table: the numbers, under headings that are set as they are; of more than 14 rows the first 13 are shown, and
            how many follow. The index is left out.
        receipt: from `negotiation.provenance.receipt`.
        legends: handles of each legend below the panels; they take the place of the panels' own.
        said: whether the table's texts are in the page's language already, typed names among them; else they are
            translated where they can be.

    Raises:
        ValueError: there is nothing to draw or too much, or the texts leave no room for the figure.
        OSError: a picture to embed cannot be read.
    """
    drawings: list[Any] = [draw] if callable(draw) or isinstance(draw, (str, Path)) else list(draw)
    if not 1 <= len(drawings) <= MOST:
        raise ValueError(f"draw: {len(drawings)} panels are not allowed; allowed: 1 to {MOST}")
    # A page has the same size in every style sheet, so letters have too.
    with under(Look("print", look().language)), styled():
        for scale in SCALES:
            page = _Page(scale)
            page.down(question, "question", weight="bold")
            page.down(sentence, "sentence", colour=INK)
            page.up(_receipt_words(receipt), "receipt", colour=QUIET_INK)
            page.rule_up()
            _notes(page, expectation, reading, table, said)
            for handles in reversed(legends):
                page.legend(handles)
            if page.room() >= LEAST:
                _panels(page, drawings, bool(legends))
                return page.figure
    raise ValueError("dossier: the texts leave no room for the figure; allowed: shorter texts or a smaller table")


class _Page:
    """Blocks of text stacked from both ends of a page; what is left in the middle is the figure's."""

    def __init__(self, scale: float) -> None:
        self.figure, self.scale = new_figure(*A4), scale
        self.renderer = self.figure.canvas.get_renderer()  # type: ignore[attr-defined]
        self.top, self.foot = A4[1] - MARGIN * 0.85, MARGIN * 0.6

    def room(self) -> float:
        return self.top - self.foot - 2 * GAP

    def points(self, kind: str) -> float:
        return SIZES[kind] * self.scale

    def text(self, said: str, kind: str, x: float, y: float, width: float, *, weight: str = "normal",
             colour: str = INK) -> float:
        """Put a text under a height, broken to a width; returns its height. All in inches."""
        text = self.figure.text(x / A4[0], y / A4[1], said, fontsize=self.points(kind), fontweight=weight,
                                color=colour, ha="left", va="top", linespacing=1.25)
        return self._narrow(text, width, even=kind == "question")

    def _narrow(self, text: Text, width: float, even: bool) -> float:
        dpi, whole, width = self.figure.dpi, text.get_text(), width * SLACK
        letters = max(map(len, whole.split("\n")), default=0) * 2  # wide letters count twice
        box = text.get_window_extent(self.renderer)
        while box.width > width * dpi and letters > 4:
            letters = min(letters - 1, int(letters * width * dpi / box.width) + 1)
            text.set_text("\n".join(wrap(line, letters, even) for line in whole.split("\n")))
            box = text.get_window_extent(self.renderer)
        return float(box.height) / dpi

    def down(self, said: str, kind: str, *, weight: str = "normal", colour: str = INK) -> None:
        """A block below what stands at the top."""
        self.top -= self.text(said, kind, MARGIN, self.top, A4[0] - 2 * MARGIN, weight=weight, colour=colour) + GAP

    def up(self, said: str, kind: str, *, colour: str = INK) -> None:
        """A block above what stands at the foot."""
        height = self.text(said, kind, MARGIN, self.foot, A4[0] - 2 * MARGIN, colour=colour)
        self.figure.texts[-1].set_y((self.foot + height) / A4[1])
        self.foot += height + GAP / 2

    def rule_up(self) -> None:
        self.rule(MARGIN, A4[0] - MARGIN, self.foot)
        self.foot += GAP * 0.75

    def rule(self, left: float, right: float, y: float, width: float = 0.6) -> None:
        self.figure.add_artist(Line2D([left / A4[0], right / A4[0]], [y / A4[1]] * 2, color=QUIET_INK, linewidth=width))

    def legend(self, handles: Sequence[Artist]) -> None:
        """A legend above what stands at the foot, in as few rows as fit."""
        for columns in range(min(len(handles), MOST), 0, -1):
            made = self.figure.legend(handles=list(handles), loc="lower center", ncols=columns, borderaxespad=0.0,
                                      bbox_to_anchor=(0.5, self.foot / A4[1]), fontsize=self.points("text") * 0.92)
            box = made.get_window_extent(self.renderer)
            if box.width <= (A4[0] - 2 * MARGIN) * self.figure.dpi or columns == 1:
                self.foot += float(box.height) / self.figure.dpi + GAP / 2
                return
            made.remove()


# ---------------------------------------------------------------------- expectation, reading, numbers


def _notes(page: _Page, expectation: str, reading: str, table: DataFrame, said: bool) -> None:
    """The texts, and the numbers beside them, or below where they are too wide for that."""
    across = A4[0] - 2 * MARGIN
    half = (across - 2 * GAP) / 2
    cells = _Cells.of(page, table, said)
    beside = 0 < cells.wide <= half
    widest = across - cells.wide - 2 * GAP if beside else across
    # Drawn once far away to learn the height, as blocks at the foot grow upward.
    before = len(page.figure.texts)
    tall = _texts(page, expectation, reading, A4[1], widest)
    for text in page.figure.texts[before:]:
        text.remove()
    if beside:
        height = max(tall, cells.tall)
        _texts(page, expectation, reading, page.foot + height, widest)
        _draw_cells(page, cells, A4[0] - MARGIN - cells.wide, page.foot + height)
    else:
        height = tall + (cells.tall + GAP if cells.wide else 0.0)
        _texts(page, expectation, reading, page.foot + height, widest)
        if cells.wide:
            _draw_cells(page, cells, MARGIN, page.foot + cells.tall)
    page.foot += height + GAP


def _texts(page: _Page, expectation: str, reading: str, top: float, width: float) -> float:
    y = top
    for heading, said in ((say("Expectation"), expectation), (say("How to read the figure"), reading)):
        if said:
            y -= page.text(heading, "heading", MARGIN, y, width, weight="bold") + GAP * 0.4
            y -= page.text(said, "text", MARGIN, y, width) + GAP
    return top - y


class _Cells(NamedTuple):
    """A table ready to be set: rows of texts with the headings first, widths in inches, alignments, points."""

    rows: list[list[str]]
    widths: list[float]
    right: list[bool]
    points: float

    @property
    def wide(self) -> float:
        return sum(self.widths)

    @property
    def line(self) -> float:
        return self.points / 72 * LEADING

    @property
    def tall(self) -> float:
        heads = max((text.count("\n") + 1 for text in self.rows[0]), default=0)
        return self.line * (len(self.rows) - 1 + heads + 0.6)

    @classmethod
    def of(cls, page: _Page, table: DataFrame, said: bool) -> _Cells:
        shown = table if len(table) <= ROWS else table.head(ROWS - 1)
        rows = [[wrap(str(name), 16) for name in table.columns]]
        rows += [[_cell(value, said) for value in row] for row in shown.itertuples(index=False)]
        if len(shown) < len(table) and len(table.columns):
            rows.append([say("{count} more rows", count=len(table) - len(shown)), *[""] * (len(table.columns) - 1)])
        right = [all(isinstance(value, Real) for value in table[name]) for name in table.columns]
        points = page.points("table")
        while True:
            widths = [_widest(page, [row[place] for row in rows], points) + 0.16 for place in range(len(table.columns))]
            if sum(widths) <= A4[0] - 2 * MARGIN or points < 4.0:
                return cls(rows, widths, right, points)
            points *= 0.94


def _widest(page: _Page, said: Sequence[str], points: float) -> float:
    text = page.figure.text(0, 0, "\n".join(said), fontsize=points, fontweight="bold")
    width = float(text.get_window_extent(page.renderer).width) / page.figure.dpi
    text.remove()
    return width


def _draw_cells(page: _Page, cells: _Cells, left: float, top: float) -> None:
    heads = max(text.count("\n") + 1 for text in cells.rows[0])
    y = top - cells.line * heads  # the foot of a row
    for number, row in enumerate(cells.rows):
        x = left
        for said, width, right in zip(row, cells.widths, cells.right, strict=True):
            at = x + width - 0.08 if right else x + 0.08
            page.figure.text(at / A4[0], (y + cells.line * 0.3) / A4[1], said, fontsize=cells.points, color=INK,
                             va="baseline", ha="right" if right else "left",
                             fontweight="bold" if number == 0 else "normal")
            x += width
        if number == 0:
            page.rule(left, left + cells.wide, y)
            y -= cells.line * 0.15
        y -= cells.line
    page.rule(left, left + cells.wide, y + cells.line * 0.9)


def _cell(value: object, said: bool) -> str:
    if value is None or (isinstance(value, float) and isnan(value)):
        return "–"
    if said and isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, Real):
        return say(words(value)) if isinstance(value, str) and value in KEYS else say(str(value))
    return f"{int(value):,}" if isinstance(value, Integral) else f"{float(value):.4g}".replace("-", "−")


# ------------------------------------------------------------------------------ figure and receipt


def _panels(page: _Page, drawings: Sequence[Any], explained: bool) -> None:
    figure, foot = page.figure, page.foot + GAP / 2
    across = 1 if len(drawings) == 1 or (len(drawings) == 2 and page.room() > 4.4) else 2
    down = -(-len(drawings) // across)
    figure.set_layout_engine("constrained", rect=(MARGIN / A4[0], foot / A4[1], 1 - 2 * MARGIN / A4[0],
                                                  (page.top - foot - GAP / 2) / A4[1]), h_pad=0.06, w_pad=0.06)
    for number, drawing in enumerate(drawings):
        panel = figure.add_subplot(down, across, number + 1)
        if callable(drawing):
            drawing(panel)
            own = panel.get_legend()
            if explained and own is not None:
                own.remove()
            _shorten(panel, (A4[0] - 2 * MARGIN) / across, (page.room() - 2 * GAP) / down,
                     SMALL if across > 1 else 1.0)
            if across > 1:
                for text in panel.findobj(Text):
                    text.set_fontsize(float(text.get_fontsize()) * SMALL)
        else:
            from matplotlib.image import imread

            panel.imshow(imread(str(drawing)), interpolation="lanczos")
            panel.set_axis_off()
    figure.draw_without_rendering()  # places the panels, once
    figure.set_layout_engine("none")
    for panel in figure.axes:
        _thin(panel, page)


def _shorten(panel: Axes, wide: float, high: float, size: float) -> None:
    """Break a panel's texts so that they do not reach into the next panel; sizes in inches, with what ticks take."""
    for text, room in ((panel.yaxis.label, 0.62 * high), (panel.xaxis.label, 0.85 * wide),
                       (panel._left_title, 0.85 * wide)):  # type: ignore[attr-defined]
        letters = int(room * 72 / (0.56 * size * float(text.get_fontsize())))
        text.set_text(wrap(" ".join(text.get_text().split("\n")), max(letters, 12)))


def _thin(panel: Axes, page: _Page) -> None:
    """Leave out numbers inside a panel that meet others or stand out of it, as the panel is smaller than in print."""
    kept: list[BboxBase] = []
    frame = panel.get_window_extent(page.renderer)
    for text in list(panel.texts):
        box = text.get_window_extent(page.renderer)
        inside = frame.y0 <= box.y0 + 1 and box.y1 - 1 <= frame.y1
        if not text.get_text() or (inside and not any(box.overlaps(other) for other in kept)):
            kept.append(box)
        elif text.get_transform() is panel.transData:
            text.remove()


def _receipt_words(receipt: Mapping[str, Any]) -> str:
    """Versions and hashes on one line, the command on the next."""
    parts = [f"negotiation {receipt['version']}"] if receipt.get("version") else []
    if receipt.get("commit"):
        parts.append(say("commit {name}", name=receipt["commit"]))
    if receipt.get("config_hash"):
        parts.append(say("config {hash}", hash=receipt["config_hash"]))
    if receipt.get("seed") is not None:
        parts.append(say("seed {number}", number=receipt["seed"]))
    if receipt.get("data_hash"):
        parts.append(say("data {hash}", hash=receipt["data_hash"]))
    command = receipt.get("command")
    last = shlex.join(command) if command else say("made from the library, without a command")
    return "\n".join(line for line in (" · ".join(parts), last) if line)


__all__ = ["dossier"]
