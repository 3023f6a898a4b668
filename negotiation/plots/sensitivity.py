"""How much each axis matters: Sobol indices, or Morris's elementary effects, as bars with intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from negotiation.outcomes import CONFIDENCE
from negotiation.plots.layout import fit
from negotiation.plots.style import INK, QUIET_INK, fewer, lines_of, look, new_axes, new_figure, styled, wrap
from negotiation.sweep.columns import key_words, quantity_words
from negotiation.terms import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame

ALONE, WITH_OTHERS = "#4A86C5", "#BCD7EF"  # light enough for dark intervals to be seen on them
NAME_WIDTH = 30
ROW = 0.42  # inches an axis
ROUNDING = 1e-12
SERIES = {
    "saltelli": (("total", "Total: all it has a part in", WITH_OTHERS), ("first", "First order: alone", ALONE)),
    "morris": (("mu_star", "Mean size of its effect (µ*)", ALONE),
               ("sigma", "Spread of its effect (σ): large if it depends on the others", QUIET_INK)),
}


def plot_sensitivity(indices: DataFrame, ax: Axes | None = None, title: str | None = None,
                     name_width: int = NAME_WIDTH) -> Axes:
    """Bars of sensitivity indices, the axis that matters most on top.

    Sobol: total and first-order index of every axis. Morris: µ* as bars, σ as diamonds beside them. Second
    order indices are not drawn.

    Args:
        indices: from `negotiation.sweep.sensitivity.sensitivity`.
        ax: panel to draw into; a new figure's if None.
        title: of the panel; by default it names the quantity.
        name_width: names of axes are broken into lines of at most so many characters.

    Raises:
        ValueError: the table knows no method, or holds none of its indices.
    """
    method = str(indices.attrs.get("method"))
    if method not in SERIES:
        raise ValueError(f"sensitivity table: method {method!r} is not allowed; allowed: {', '.join(SERIES)}")
    main = indices[indices["index"] == SERIES[method][0][0]]
    if main.empty:
        raise ValueError(f"sensitivity table: holds no {SERIES[method][0][0]} index")
    keys = main.sort_values("estimate", ascending=False, kind="stable", na_position="last")["axis"].tolist()
    names = [wrap(key_words(key, indices.attrs.get("names")), fewer(name_width)) for key in keys]
    quantity = quantity_words(str(indices.attrs.get("quantity", "")), indices.attrs.get("names"))
    with styled():
        panel = new_axes(7.2, _height(names), _height(names)) if ax is None else ax
        places = np.arange(len(keys))
        for number, (index, label, colour) in enumerate(SERIES[method]):
            rows = indices[indices["index"] == index].set_index("axis").loc[keys]
            if index == "sigma":
                _draw_marks(panel, rows, places + 0.27, label)
            else:
                shift = 0.0 if method == "morris" else (number - 0.5) * 0.4
                _draw_bars(panel, rows, places + shift, 0.38, label, colour)
        if not (main["estimate"] > ROUNDING).any():
            # The table's note is in English.
            said = (look().language == "en" and indices.attrs.get("note")) or say("No axis matters")
            panel.text(0.5, 0.5, wrap(said, fewer(50)), ha="center", va="center", transform=panel.transAxes,
                       color=QUIET_INK)
        panel.set_yticks(places, names)
        panel.tick_params(axis="y", length=0)
        panel.set_ylim(len(keys) - 0.45, -0.55)
        _dress_value_axis(panel, indices, method, quantity)
        panel.axvline(0, color=QUIET_INK, linewidth=0.8, zorder=1)
        panel.set_title(title if title is not None else say(
            "What moves it: {quantity}", quantity=quantity[:1].lower() + quantity[1:]), pad=8)
        if ax is None:
            panel.legend(handles=_legend(indices, method), loc="upper center", ncols=1,
                         bbox_to_anchor=(0.5, -0.5 / (_height(names) - 1.6)))
        return panel


def plot_sensitivity_figure(indices: DataFrame, heading: str = "") -> Figure:
    """`plot_sensitivity` as a whole figure with its legend below.

    Args:
        indices: from `negotiation.sweep.sensitivity.sensitivity`.
        heading: of the figure; none by default.
    """
    with styled():
        names = [wrap(key_words(key, indices.attrs.get("names")), fewer(NAME_WIDTH))
                 for key in indices["axis"].unique()]
        high = _height(names) + (0.35 if heading else 0.0)
        figure = new_figure(7.6, high, high)
        panel = plot_sensitivity(indices, figure.add_subplot())
        figure.legend(handles=_legend(indices, str(indices.attrs["method"])), loc="lower center", ncols=1,
                      borderaxespad=0.0)
        figure.suptitle(heading, ha="left", va="top")
        return fit(figure, [[panel]])


def _height(names: list[str]) -> float:
    lines = [lines_of(name) for name in names]
    return 1.9 + max(sum(max(ROW, 0.17 * count + 0.1) for count in lines), 0.14 * max(lines) * len(lines))


def _draw_bars(panel: Axes, rows: DataFrame, places: np.ndarray, high: float, label: str, colour: str) -> None:
    panel.barh(places, rows["estimate"].fillna(0.0), high, color=colour, label=label, zorder=2)
    panel.errorbar(rows["estimate"], places, xerr=_reach(rows), fmt="none", ecolor=INK, elinewidth=1.1, capsize=2.5,
                   capthick=1.1, label=f"{label} interval", zorder=3)


def _draw_marks(panel: Axes, rows: DataFrame, places: np.ndarray, label: str) -> None:
    panel.errorbar(rows["estimate"], places, xerr=_reach(rows), fmt="D", markersize=5, color=QUIET_INK, elinewidth=1.1,
                   markerfacecolor="white", markeredgewidth=1.2, capsize=2.5, capthick=1.1, label=label, zorder=3,
                   clip_on=False)


def _reach(rows: DataFrame) -> np.ndarray:
    """How far intervals reach to both sides, [2, axes]; a percentile interval may just miss the estimate."""
    gaps = np.stack([rows["estimate"] - rows["low"], rows["high"] - rows["estimate"]]).astype(np.float64)
    return np.asarray(np.maximum(gaps, 0.0))


def _dress_value_axis(panel: Axes, indices: DataFrame, method: str, quantity: str) -> None:
    drawn = indices[indices["index"].isin([index for index, *_ in SERIES[method]])]
    ends = drawn[["estimate", "low", "high"]].to_numpy(dtype=np.float64)
    low, high = (np.nanmin(ends), np.nanmax(ends)) if np.isfinite(ends).any() else (0.0, 1.0)
    low, high = min(low, 0.0), high if high > ROUNDING else 1.0
    panel.set_xlim(low - 0.04 * (high - low) if low < 0 else 0.0, high + 0.04 * (high - low))
    panel.grid(axis="x", color="#DDDDDD", linewidth=0.7)
    if method == "saltelli":
        panel.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=None))
        panel.set_xlabel(say("Share of the variance over the whole space"))
    else:
        share = str(indices.attrs.get("quantity", "")).startswith("probability_")
        if share:
            panel.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=None, symbol=""))
        panel.set_xlabel(say("Change over the whole axis, percentage points") if share
                         else say("Change over the whole axis"))


def _legend(indices: DataFrame, method: str) -> list[Patch | Line2D]:
    confidence = indices.attrs.get("confidence", CONFIDENCE)
    handles: list[Patch | Line2D] = []
    for index, label, colour in SERIES[method]:
        if index == "sigma":
            handles.append(Line2D([], [], color=QUIET_INK, marker="D", markerfacecolor="white", linestyle="none",
                                  markersize=5, label=say(label)))
        else:
            handles.append(Patch(facecolor=colour, label=say(label)))
    handles.append(Line2D([], [], color=INK, linewidth=1.1, label=say(
        "{percent}% bootstrap interval", percent=f"{100 * confidence:g}")))
    return handles


__all__ = ["plot_sensitivity", "plot_sensitivity_figure"]
