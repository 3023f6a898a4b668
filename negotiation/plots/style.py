"""How figures look: one colour a word of the game, one style for all figures.

Colours stay apart under the three kinds of colour blindness (Machado, Oliveira & Fernandes 2009,
full severity); outcomes and moves that stand side by side also differ in lightness, so that a figure
survives a grey printer. A test measures both.

matplotlib's settings are global, so `styled` holds a lock while ours are in force: figures may be made
and saved in several threads, one at a time.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure

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

STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
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
    "figure.dpi": 100.0,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "hatch.linewidth": 0.7,
    "text.parse_math": False,  # a name may hold dollar signs
    "axes.unicode_minus": True,
    "svg.fonttype": "path",  # looks the same where our font is missing
    "svg.hashsalt": "negotiation",  # identifiers, and so files, do not change from run to run
}

_LOCK = RLock()
_inside: list[bool] = []  # not empty while the lock's holder has our settings in force


@contextmanager
def styled() -> Iterator[None]:
    """Matplotlib's settings replaced by our style inside the block, whatever the user's are.

    Blocks may be nested; another thread waits until the outermost is left.
    """
    with _LOCK:
        if _inside:
            yield
            return
        with mpl.rc_context():
            fresh: dict[Any, Any] = {key: value for key, value in mpl.rcParamsDefault.items()
                                     if key.split(".")[0] in _FAMILIES}
            mpl.rcParams.update(fresh | STYLE)
            _inside.append(True)
            try:
                yield
            finally:
                _inside.clear()


# Families of settings that shape a figure; the user's other settings (backend, folders) stay.
_FAMILIES = frozenset({
    "axes", "errorbar", "figure", "font", "grid", "hatch", "image", "legend", "lines", "markers", "patch", "path",
    "pcolor", "pcolormesh", "savefig", "svg", "text", "xaxis", "xtick", "yaxis", "ytick",
})


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of a size in inches that draws without a screen; call inside `styled`."""
    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    return figure


def new_axes(width: float, height: float) -> Axes:
    """One panel alone on a new figure, its margins fitted to the labels whenever it is drawn."""
    figure = new_figure(width, height)
    figure.set_layout_engine("constrained")
    return figure.add_subplot()


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


def wrap(text: str, width: int) -> str:
    """A name over as many lines of at most ``width`` characters as it needs; nothing is cut."""
    return textwrap.fill(text, width, break_on_hyphens=True) or text


def unlabelled(axis: Axis) -> None:
    """Tell an axis that carries no label of its own so, which spares measuring where one would go."""
    axis.set_label_coords(0.5, 0.5)
    axis.label.set_visible(False)


def lines_of(text: str) -> int:
    """Number of lines of a wrapped name."""
    return text.count("\n") + 1


__all__ = [
    "ACTOR_COLOURS", "EMPTY", "INK", "MOVE_COLOURS", "OUTCOME_COLOURS", "QUIET_INK", "STYLE", "figure_of", "ink_on",
    "lines_of", "new_axes", "new_figure", "ramp", "styled", "unlabelled", "wrap",
]
