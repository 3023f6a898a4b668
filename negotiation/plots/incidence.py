"""How long until a first standstill, a settlement, a rupture: cumulative incidence by week.

Events happen at the end of a week, so curves are steps that rise there: thick for exact probabilities, thin for
simulated shares, with the interval of each week. Settlement and rupture compete, so they share a panel: what is
above the two together still goes on. Colour and marker tell the event, the style of the line the scenario or
behaviour.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import Normal, Stroke
from matplotlib.ticker import MaxNLocator, PercentFormatter

from negotiation.outcomes import CONFIDENCE
from negotiation.outcomes_weekly import EVENTS, FIRST_STANDSTILL, RUPTURE, SETTLEMENT
from negotiation.plots.layout import fit
from negotiation.plots.legends import legend_below
from negotiation.plots.style import INK, OUTCOME_COLOURS, QUIET_INK, fewer, new_axes, new_figure, styled, wrap
from negotiation.terms import say
from negotiation.vocabulary import Outcome

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame

# Standstill's colour is too light for a line on white, so that line has a dark edge.
EVENT_COLOURS = {SETTLEMENT: OUTCOME_COLOURS[SETTLEMENT], RUPTURE: OUTCOME_COLOURS[RUPTURE],
                 FIRST_STANDSTILL: OUTCOME_COLOURS[Outcome.STANDSTILL.key]}
EVENT_MARKS = {SETTLEMENT: "o", RUPTURE: "X", FIRST_STANDSTILL: "s"}
DASHES: tuple[Any, ...] = ("solid", (0, (5, 1.8)), (0, (1.2, 1.4)), (0, (6, 1.5, 1.2, 1.5)), (0, (9, 3)))
GROUPS = len(DASHES)
MARKS = 7  # about so many marks on a line


def plot_incidence(table: DataFrame, ax: Axes | None = None, events: Sequence[str] = EVENTS, *,
                   title: str = "") -> Axes:
    """Cumulative incidence of events by week.

    Args:
        table: from `negotiation.outcomes_weekly.incidence_table`; of one group, or several below each other.
        ax: panel to draw into; a new figure's if None, then with a legend.
        events: which to draw.
        title: of the panel.

    Raises:
        ValueError: an event is not in the table, or it holds more groups than there are styles of lines.
    """
    groups = _groups(table)
    for event in events:
        if event not in set(table["event"]):
            raise ValueError(f"event: {event!r} is not allowed; allowed: {', '.join(table['event'].unique())}")
    with styled():
        panel = new_axes(7.6, 4.2) if ax is None else ax
        for number, group in enumerate(groups):
            for event in events:
                rows = table[(table["group"] == group) & (table["event"] == event)].sort_values("week")
                _draw(panel, rows, event, number, f"{event} {group}".strip())
        weeks = table["week"]
        panel.set_xlim(0, weeks.max())
        shown = table[table["event"].isin(events)]
        highest = float(np.nanmax(shown[["exact", "high"]].to_numpy(), initial=0.01))
        panel.set_ylim(0, 1.0 if highest > 0.8 else max(1.12 * highest, 0.05))
        panel.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        panel.xaxis.set_major_locator(MaxNLocator(nbins=9, integer=True))
        panel.grid(axis="y", color="#DDDDDD", linewidth=0.7)
        panel.set_xlabel(say("Week"))
        panel.set_ylabel(wrap(say("Share of disputes so far"), fewer(34)))
        panel.set_title(title)
        if ax is None:
            panel.legend(handles=_legend(table, events), loc="center left", bbox_to_anchor=(1.0, 0.5),
                         borderaxespad=1.0)
        return panel


def plot_incidence_figure(table: DataFrame, heading: str | None = None) -> Figure:
    """The competing ends, settlement and rupture, beside the first standstill.

    Args:
        table: from `negotiation.outcomes_weekly.incidence_table`; of one group, or several below each other.
        heading: of the figure; by default the scenario's title, if the table knows it.

    Raises:
        ValueError: the table holds more groups than there are styles of lines.
    """
    with styled():
        figure = new_figure(9.6, 4.8, 1.3)
        left, right = figure.add_subplot(1, 2, 1), figure.add_subplot(1, 2, 2)
        plot_incidence(table, left, (SETTLEMENT, RUPTURE), title=say("Settlement and rupture, competing"))
        plot_incidence(table, right, (FIRST_STANDSTILL,), title=say("First standstill"))
        right.set_ylabel("")
        legend_below(figure, _legend(table, EVENTS))
        title = say(table.attrs.get("title", "")) if heading is None else heading
        figure.suptitle(title, ha="left", va="top")
        return fit(figure, [[left, right]])


def _groups(table: DataFrame) -> list[str]:
    groups = [str(group) for group in table["group"].unique()]
    if len(groups) > GROUPS:
        raise ValueError(f"group: {len(groups)} groups are not allowed; allowed: at most {GROUPS}")
    return groups


def _draw(panel: Axes, rows: DataFrame, event: str, number: int, label: str) -> None:
    weeks, colour = rows["week"].to_numpy(dtype=np.float64), EVENT_COLOURS[event]
    if rows["simulated"].notna().any():
        low, high = (rows[end].to_numpy(dtype=np.float64) for end in ("low", "high"))
        panel.fill_between(weeks, low, high, step="post", color=colour, alpha=0.28, linewidth=0, zorder=2,
                           label=f"{label} interval")
        panel.plot(weeks, rows["simulated"], drawstyle="steps-post", color=INK, linewidth=0.8,
                   linestyle=DASHES[number], zorder=5, label=f"{label} simulated")
    if rows["exact"].notna().any():
        # Marks of several groups stand at different weeks.
        every = max(1, -(-len(weeks) // MARKS))
        first = min((number * every) // GROUPS, len(weeks) - 1)
        panel.plot(weeks, rows["exact"], color=colour, linestyle=DASHES[number], linewidth=2.6, zorder=4, label=label,
                   drawstyle="steps-post", marker=EVENT_MARKS[event], markersize=5.5, markevery=(first, every),
                   path_effects=_edge(event), markeredgecolor=QUIET_INK if event == FIRST_STANDSTILL else colour,
                   markeredgewidth=0.6)


def _edge(event: str) -> list[Any]:
    return [Stroke(linewidth=3.6, foreground=QUIET_INK), Normal()] if event == FIRST_STANDSTILL else []


def _legend(table: DataFrame, events: Sequence[str]) -> list[Patch | Line2D]:
    said = {SETTLEMENT: say("Settlement"), RUPTURE: say("Rupture"), FIRST_STANDSTILL: say("First standstill")}
    handles: list[Patch | Line2D] = [
        Line2D([], [], color=EVENT_COLOURS[event], linewidth=2.6, marker=EVENT_MARKS[event], markersize=5.5,
               path_effects=_edge(event), markeredgewidth=0.6, label=said[event],
               markeredgecolor=QUIET_INK if event == FIRST_STANDSTILL else EVENT_COLOURS[event])
        for event in events]
    groups = _groups(table)
    if len(groups) > 1:
        handles += [Line2D([], [], color=QUIET_INK, linewidth=1.6, linestyle=DASHES[number], label=say(group))
                    for number, group in enumerate(groups)]
    if table["simulated"].notna().any():
        if table["exact"].notna().any():
            handles.append(Line2D([], [], color=QUIET_INK, linewidth=2.6, label=say("Thick: exact probability")))
        counts = sorted({int(count) for count in table["episodes"] if count})
        told = f"{counts[0]:,}" if len(counts) == 1 else f"{counts[0]:,}–{counts[-1]:,}"
        handles.append(Line2D([], [], color=INK, linewidth=0.8,
                              label=say("Thin: simulated, {count} episodes", count=told)))
        percent = f"{100 * table.attrs.get('confidence', CONFIDENCE):g}"
        handles.append(Patch(facecolor=QUIET_INK, alpha=0.28,
                             label=say("{percent}% interval of each week", percent=percent)))
    return handles


__all__ = ["EVENT_COLOURS", "EVENT_MARKS", "plot_incidence", "plot_incidence_figure"]
