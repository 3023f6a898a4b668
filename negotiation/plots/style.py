"""How figures look: one colour a word of the game, one style for all figures.

Colours stay apart under the three kinds of colour blindness (Machado, Oliveira & Fernandes 2009,
full severity); outcomes and moves that stand side by side also differ in lightness, so that a figure
survives a grey printer. A test measures both.

There are two style sheets. ``print`` is the size figures have on a page. ``projector`` is for the back of a
room: the same figure on less paper, so that letters, lines and markers, which keep their size in points, take up
more of it; its dots are set as much closer, so that a saved picture has as many. A plot thus says all sizes as
they are in print: `new_figure` and `new_axes` take the paper away, `fewer` and `smaller` convert what else is
counted in letters or inches of paper.

matplotlib's settings are global, so `styled` holds a lock while ours are in force: figures may be made
and saved in several threads, one at a time.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import RLock
from typing import TYPE_CHECKING, Any, NamedTuple

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure

from negotiation.plots.fonts import families, has_bold, missing_font
from negotiation.plots.wrapping import lines_of, wrap
from negotiation.terms import language as language_in_force
from negotiation.terms import speaking
from negotiation.vocabulary import Actor, Move, Outcome

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

OUTCOME_COLOURS: dict[str, str] = {
    Outcome.SETTLEMENT.key: "#1B6F8A",
    Outcome.STANDSTILL.key: "#8FD0F0",
    Outcome.STALEMATE.key: "#949494",
    Outcome.ESCALATED.key: "#F2B233",
    Outcome.RUPTURE.key: "#8B1E1E",
}
# For areas that may stand beside any other: with these a grey printer keeps all five apart.
OUTCOME_HATCHES: dict[str, str] = dict(zip(OUTCOME_COLOURS, ("", "", "", "////", "xxxx"), strict=True))
ACTOR_COLOURS: dict[str, str] = {
    Actor.TOKYO.key: "#BA6413",
    Actor.SEOUL.key: "#2F5DAA",
    Actor.WASHINGTON.key: "#2B2B2B",
}
MOVE_COLOURS: dict[str, str] = {
    Move.ESCALATE.key: "#B23A1E",
    Move.HOLD.key: "#949494",
    Move.APPEAL.key: "#E8B93B",
    Move.STANDSTILL.key: "#8CCBEB",
    Move.STEP_DOWN.key: "#1D6FA3",
}
INK = "#1A1A1A"
QUIET_INK = "#595959"
EMPTY = "#EDEDED"
SLIDE = 16 / 9
SCREEN = 100.0  # dots per inch of paper as large as in print

STYLE: dict[Any, Any] = {
    "font.size": 10.0,
    "axes.titlesize": 11.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titley": 1.0,  # left to itself, matplotlib measures every tick label to place a title
    "axes.labelsize": 10.0,
    "axes.labelcolor": INK,
    "axes.edgecolor": QUIET_INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": False,
    "xtick.labelsize": 9.0,
    "ytick.labelsize": 9.0,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.fontsize": 9.0,
    "legend.frameon": False,
    "figure.titlesize": 12.0,
    "figure.titleweight": "bold",
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "hatch.linewidth": 0.7,
    "text.parse_math": False,  # a name may hold dollar signs
    "axes.unicode_minus": True,
    "pdf.fonttype": 42,  # whole outlines of the letters used; journals refuse the default
    "svg.fonttype": "path",  # looks the same where our font is missing
    "svg.hashsalt": "negotiation",  # identifiers, and so files, do not change from run to run
}

SHEETS = {"print": 1.0, "projector": 1.4}  # how many times larger letters are than in print

_sheet: ContextVar[str] = ContextVar("sheet", default="print")


class Look(NamedTuple):
    """What a figure was made in: a sheet of `SHEETS` and a language of `negotiation.terms.LANGUAGES`."""

    style: str
    language: str


class MissingFontWarning(UserWarning):
    """Labels are in English because no font has the glyphs of the language asked for."""


@contextmanager
def drawn(style: str = "print", language: str = "en") -> Iterator[Look]:
    """Figures made inside the block are in a style sheet and a language.

    Where no font has the language's glyphs, a `MissingFontWarning` says what to install and the figures are in
    English.

    Args:
        style: one of `SHEETS`.
        language: one of `negotiation.terms.LANGUAGES`.

    Yields:
        The look that is in force.

    Raises:
        ValueError: the style or the language is not known.
    """
    if style not in SHEETS:
        raise ValueError(f"style: {style!r} is not allowed; allowed: {', '.join(SHEETS)}")
    missing = missing_font(language)
    if missing:
        warnings.warn(missing, MissingFontWarning, stacklevel=3)
    with under(Look(style, "en" if missing else language)):
        yield look()


@contextmanager
def under(chosen: Look) -> Iterator[None]:
    """A look in force inside the block, for what `drawn` has found fit."""
    with speaking(chosen.language):
        token = _sheet.set(chosen.style)
        try:
            yield
        finally:
            _sheet.reset(token)


def look() -> Look:
    """The look in force."""
    return Look(_sheet.get(), language_in_force())


def magnified() -> float:
    """How many times larger letters are than in print, in the sheet in force."""
    return SHEETS[_sheet.get()]


def smaller(inches: float) -> float:
    """A length on the paper, given as in print, in the sheet in force."""
    return inches / magnified()


def fewer(letters: int) -> int:
    """So many letters side by side as take up as much of the paper as the given number does in print."""
    return max(6, round(letters / magnified()))


_LOCK = RLock()
_inside: list[Look] = []  # the looks whose settings are in force, the lock's holder's


@contextmanager
def styled() -> Iterator[None]:
    """Matplotlib's settings replaced by those of the look in force inside the block, whatever the user's are.

    Blocks may be nested; another thread waits until the outermost is left.
    """
    with _LOCK:
        here = look()
        if _inside and _inside[-1] == here:
            yield
            return
        with mpl.rc_context():
            fresh: dict[Any, Any] = {key: value for key, value in mpl.rcParamsDefault.items()
                                     if key.split(".")[0] in _FAMILIES}
            # Families by name, as a letter that one font lacks is only looked for in the next one named.
            own = {"font.family": families(here.language), "figure.dpi": SCREEN * SHEETS[here.style]}
            if not has_bold(here.language):  # half of a title in bold looks like a mistake
                own |= {"axes.titleweight": "normal", "figure.titleweight": "normal"}
            mpl.rcParams.update(fresh | STYLE | own)
            _inside.append(here)
            try:
                yield
            finally:
                _inside.pop()


# Families of settings that shape a figure; the user's other settings (backend, folders) stay.
_FAMILIES = frozenset({
    "axes", "errorbar", "figure", "font", "grid", "hatch", "image", "legend", "lines", "markers", "patch", "path",
    "pcolor", "pcolormesh", "pdf", "savefig", "svg", "text", "xaxis", "xtick", "yaxis", "ytick",
})


def new_figure(width: float, height: float, letters: float = 0.0) -> Figure:
    """An empty figure that draws without a screen; call inside `styled`.

    Args:
        width: in print, inches.
        height: likewise.
        letters: how much of the height is there for lines of text; no sheet takes it away.
    """
    high = smaller(height - letters) + letters
    # A slide is wide: what its height leaves free at the sides is used.
    figure = Figure(figsize=(min(width, max(smaller(width), high * SLIDE)), high))
    FigureCanvasAgg(figure)
    vars(figure)[_MADE_IN] = look()
    return figure


def new_axes(width: float, height: float, letters: float = 0.0) -> Axes:
    """One panel alone on a new figure, its margins fitted to the labels whenever it is drawn; see `new_figure`."""
    figure = new_figure(width, height, letters)
    figure.set_layout_engine("constrained")
    return figure.add_subplot()


_MADE_IN = "_negotiation_look"


def look_of(figure: Figure) -> Look:
    """The look that a figure was made in; that in force for figures that are not ours."""
    made_in: Look = vars(figure).get(_MADE_IN, look())
    return made_in


def figure_of(panel: Axes) -> Figure:
    """The whole figure that a panel belongs to.

    Raises:
        ValueError: the panel has been removed from its figure.
    """
    figure = panel.get_figure(root=True)
    if figure is None:
        raise ValueError("the panel belongs to no figure")
    return figure


def ramp(colour: str) -> Colormap:
    """A colour map from white (0) to a colour (1), grey where there is nothing to show."""
    made = LinearSegmentedColormap.from_list(f"white to {colour}", ["#FFFFFF", colour])
    return made.with_extremes(bad=EMPTY)


def ink_on(rgba: tuple[float, float, float, float]) -> str:
    """Dark or white, whichever reads better on a background (relative luminance, WCAG 2)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgba[:3]]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return INK if luminance > 0.19 else "#FFFFFF"


def unlabelled(axis: Axis) -> None:
    """Tell an axis that carries no label of its own so, which spares measuring where one would go."""
    axis.set_label_coords(0.5, 0.5)
    axis.label.set_visible(False)


__all__ = [
    "ACTOR_COLOURS", "EMPTY", "INK", "MOVE_COLOURS", "OUTCOME_COLOURS", "OUTCOME_HATCHES", "QUIET_INK", "SHEETS",
    "STYLE", "Look", "MissingFontWarning", "drawn", "fewer", "figure_of", "ink_on", "lines_of", "look", "look_of",
    "magnified", "new_axes", "new_figure", "ramp", "smaller", "styled", "under", "unlabelled", "wrap",
]
