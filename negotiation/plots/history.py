"""A real dispute against the model: likelihood week by week, the real path over a fan, profiles of a fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, PercentFormatter

from negotiation.outcomes import words
from negotiation.plots.curves import DASHES, GROUP_COLOURS, MARKS
from negotiation.plots.fan import plot_weeks
from negotiation.plots.style import (
    ACTOR_COLOURS,
    EMPTY,
    INK,
    OUTCOME_COLOURS,
    QUIET_INK,
    fewer,
    magnified,
    new_axes,
    new_figure,
    styled,
    wrap,
)
from negotiation.terms import say
from negotiation.vocabulary import Outcome

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame

LEAST_SPAN = 4.0  # natural logarithms: less than this tells little
DROP = 1.920729  # half of the 95 % quantile of chi-square with one degree of freedom
DEEPEST = 6.0
NAMES_WIDE = 30
LETTERS_AN_INCH = 8  # of headings


def plot_gains(gains: DataFrame, seat: str, ax: Axes | None = None, *, legend: bool = True) -> Axes:
    """How much likelier a seat's observed options are under behaviours than under uniform play, added up by week.

    Args:
        gains: from `negotiation.history.against.weekly_gains`.
        seat: key of the seat.
        ax: panel to draw into; a new figure's if None.
        legend: whether the behaviours are named inside the panel.

    Raises:
        ValueError: the table does not hold the seat.
    """
    rows = gains[gains["seat"] == seat]
    if rows.empty:
        raise ValueError(f"gains table: holds no seat {seat!r}")
    with styled():
        panel = new_axes(7.0, 4.0) if ax is None else ax
        numbers = {name: number for number, name in enumerate(gains["behaviour"].unique())}  # alike in all panels
        for name, own in rows.groupby("behaviour", sort=False):
            number = numbers[name]
            weeks, total = np.append(0, own["week"].to_numpy()), np.append(0.0, own["total"].to_numpy())
            panel.plot(weeks, total, color=GROUP_COLOURS[number % len(GROUP_COLOURS)], linewidth=1.7,
                       linestyle=DASHES[number % len(DASHES)], marker=MARKS[number % len(MARKS)], markersize=3.8,
                       markevery=(number % 3, 3), label=_named(str(name)), zorder=3)
        panel.axhline(0, color=QUIET_INK, linewidth=1.2, zorder=2)
        low, high = panel.get_ylim()
        if high - low < LEAST_SPAN:
            panel.set_ylim((low + high - LEAST_SPAN) / 2, (low + high + LEAST_SPAN) / 2)
        panel.set_xlim(0, int(rows["week"].max()) + 0.5)
        panel.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True))
        panel.yaxis.set_major_locator(MaxNLocator(nbins=6))
        panel.grid(axis="y", color="#DDDDDD", linewidth=0.7)
        panel.set_xlabel(say("Week"))
        panel.set_ylabel(wrap(say("Log likelihood above uniform play, added up"), 34))
        panel.set_title(say(str(rows["seat_name"].iloc[0])), color=ACTOR_COLOURS[seat])
        if legend:
            panel.legend(loc="best")
        return panel


def plot_gains_figure(gains: DataFrame, heading: str = "") -> Figure:
    """`plot_gains` of every seat in the table, side by side, with one legend.

    Args:
        gains: from `negotiation.history.against.weekly_gains`.
        heading: of the figure.
    """
    seats = list(gains["seat"].unique())
    with styled():
        figure = new_figure(4.2 * len(seats), 4.6)
        figure.set_layout_engine("constrained")
        panels = figure.subplots(1, len(seats), sharey=True, squeeze=False)[0]
        for place, (panel, seat) in enumerate(zip(panels, seats, strict=True)):
            plot_gains(gains, seat, panel, legend=False)
            if place:
                panel.set_ylabel("")
        named = {str(line.get_label()): line for panel in panels for line in panel.lines
                 if not str(line.get_label()).startswith("_")}
        figure.legend(handles=list(named.values()), loc="outside lower center", ncols=min(5, len(named)))
        figure.suptitle(_wide(heading, figure), ha="left", x=0.01)
        return figure


def plot_predictive_figure(weekly: DataFrame, by_week: DataFrame, path: DataFrame, heading: str = "") -> Figure:
    """Both ladders' fans with the real path over them, and how disputes stand by week.

    Args:
        weekly: from `negotiation.outcomes.weekly_table` of a mixture (`negotiation.history.predictive`).
        by_week: from `negotiation.outcomes.outcomes_by_week`, likewise.
        path: from `negotiation.history.coding.Observed.path_table`.
        heading: of the figure.
    """
    figure = plot_weeks(weekly, by_week, path, heading)
    outcome = say(words(str(path["outcome"].iloc[0]))).lower()
    for text in (text for legend in figure.legends for text in legend.get_texts()):
        if text.get_text() == say("episode {number}: {outcome}", number=path["episode"].iloc[0], outcome=outcome):
            text.set_text(say("what happened: {outcome}", outcome=outcome))
    return figure


def plot_forecasts(scores: DataFrame, ax: Axes | None = None, came: str | None = None) -> Axes:
    """Probabilities of the outcomes by several forecasts, one bar each, what came outlined.

    Args:
        scores: from `negotiation.history.scores.scores`.
        ax: panel to draw into; a new figure's if None.
        came: key of the outcome that came; None to outline none.
    """
    with styled():
        panel = new_axes(7.2, 3.2) if ax is None else ax
        places = np.arange(len(scores))[::-1]
        left = np.zeros(len(scores))
        for outcome in Outcome:
            width = scores[f"probability_{outcome.key}"].to_numpy()
            panel.barh(places, width, left=left, height=0.62, color=OUTCOME_COLOURS[outcome.key], edgecolor="white",
                       linewidth=0.8, label=say(words(outcome.key)))
            if outcome.key == came:
                panel.barh(places, width, left=left, height=0.62, facecolor="none", edgecolor=INK, linewidth=1.8,
                           zorder=4, label="_what came")
                for place, at, share in zip(places, left, width, strict=True):
                    panel.text(at + share / 2, place, f"{100 * share:.0f}%", ha="center", va="center", color=INK,
                               fontsize=9, zorder=5)
            left = left + width
        panel.set_yticks(places, [wrap(say(name), 20) for name in scores["forecast"]])
        panel.tick_params(axis="y", left=False)
        panel.set_xlim(0, 1)
        panel.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        panel.set_title(say("Outcomes forecast for the last week; outlined: what happened"))
        panel.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=5, columnspacing=1.0, handlelength=1.2)
        return panel


def plot_profile(profile: DataFrame, parameter: str, ax: Axes | None = None, *,
                 intervals: DataFrame | None = None) -> Axes:
    """The profile log likelihood of one parameter, below its highest point, with the 95 % interval.

    Args:
        profile: of `negotiation.history.fit.Fit`.
        parameter: a value of its column ``parameter``.
        ax: panel to draw into; a new figure's if None.
        intervals: of the same fit; without it no interval, estimate and scenario's value are shown.

    Raises:
        ValueError: the table does not hold the parameter.
    """
    rows = profile[profile["parameter"] == parameter].sort_values("value")
    if rows.empty:
        raise ValueError(f"profile table: holds no parameter {parameter!r}")
    with styled():
        panel = new_axes(5.0, 3.6) if ax is None else ax
        panel.plot(rows["value"], -rows["drop"], color=INK, linewidth=1.8, marker="o", markersize=3.8, label="profile",
                   zorder=4)
        panel.axhline(-DROP, color=QUIET_INK, linewidth=1.0, linestyle=(0, (5, 2)), label="allowed", zorder=2)
        panel.set_ylim(-min(DEEPEST, max(float(rows["drop"].max()), 2 * DROP)) * 1.05, 0.3)
        if intervals is not None:
            row = intervals[intervals["parameter"] == parameter].iloc[0]
            low = row["range_low"] if np.isnan(row["low"]) else row["low"]
            high = row["range_high"] if np.isnan(row["high"]) else row["high"]
            panel.axvspan(low, high, color=EMPTY, zorder=0, label="interval")
            panel.axvline(row["scenario"], color=GROUP_COLOURS[1], linewidth=1.4, linestyle=(0, (1.2, 1.4)),
                          label="scenario", zorder=3)
            shown = [*rows.loc[rows["drop"] <= DEEPEST, "value"], low, high, row["scenario"]]
            room = 0.05 * (max(shown) - min(shown))
            panel.set_xlim(min(shown) - room, max(shown) + room)
        panel.xaxis.set_major_locator(MaxNLocator(nbins=6))
        panel.yaxis.set_major_locator(MaxNLocator(nbins=5))
        panel.set_xlabel(wrap(say(str(rows["title"].iloc[0])), 36))
        panel.set_ylabel(wrap(say("Log likelihood below the highest"), 26))
        return panel


def plot_profiles_figure(profile: DataFrame, intervals: DataFrame, heading: str = "") -> Figure:
    """`plot_profile` of every parameter of a fit, with one legend.

    Args:
        profile: of `negotiation.history.fit.Fit`.
        intervals: likewise.
        heading: of the figure.
    """
    names = list(intervals["parameter"])
    across = min(len(names), 2)
    down = -(-len(names) // across)
    with styled():
        figure = new_figure(max(4.6 * across, 6.0), 3.0 * down + 1.1)
        figure.set_layout_engine("constrained")
        panels = figure.subplots(down, across, sharey=True, squeeze=False)
        for panel, name in zip(panels.flat, names, strict=False):
            plot_profile(profile, name, panel, intervals=intervals)
        for panel in list(panels.flat)[len(names):]:
            panel.set_axis_off()
        for panel in panels[:, 1:].flat:
            panel.set_ylabel("")
        figure.legend(handles=profile_legend(), loc="outside lower center", ncols=2)
        figure.suptitle(_wide(heading, figure), ha="left", x=0.01)
        return figure


def profile_legend() -> list[Line2D | Patch]:
    """What the lines of `plot_profile` mean."""
    return [Line2D([], [], color=INK, marker="o", markersize=3.8, linewidth=1.8,
                   label=say("profile of the likelihood")),
            Line2D([], [], color=QUIET_INK, linewidth=1.0, linestyle=(0, (5, 2)), label=say("95% interval ends here")),
            Patch(facecolor=EMPTY, label=say("95% interval, within the plausible range")),
            Line2D([], [], color=GROUP_COLOURS[1], linewidth=1.4, linestyle=(0, (1.2, 1.4)),
                   label=say("the scenario's own value"))]


def _wide(heading: str, figure: Figure) -> str:
    """A heading broken into lines that the figure is wide enough for."""
    return wrap(heading, fewer(int(LETTERS_AN_INCH * figure.get_size_inches()[0] * magnified())))


def _named(label: str) -> str:
    """A behaviour's label as people read it."""
    name, bracket, rest = label.partition("(")
    return wrap(say(name.replace("_", " ")) + (f" ({rest}" if bracket else ""), NAMES_WIDE)


__all__ = ["plot_forecasts", "plot_gains", "plot_gains_figure", "plot_predictive_figure", "plot_profile",
           "plot_profiles_figure", "profile_legend"]
