"""Pictures of a debrief: each draws into a panel, for the page in the browser and for the printed dossier alike."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import font_manager
from matplotlib.ft2font import FT2Font
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from negotiation.plots.fan import BANDS, SHADE, plot_rungs
from negotiation.plots.fonts import families
from negotiation.plots.history import plot_profile, profile_legend
from negotiation.plots.outcomes import HATCH, plot_outcomes
from negotiation.plots.style import (
    ACTOR_COLOURS,
    EMPTY,
    INK,
    OUTCOME_COLOURS,
    QUIET_INK,
    drawn,
    look_of,
    new_figure,
    styled,
    under,
    wrap,
)
from negotiation.seminar.debrief import Debrief, OwnDebrief, tables_in_words
from negotiation.seminar.telling import together
from negotiation.terms import say
from negotiation.vocabulary import DISPUTANTS, Actor

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame

Draw = Callable[["Axes"], object]
PATH_LINE = "#111111"
WEEKS_NAMED = 12  # on an axis, at most


def outcome_panel(debrief: Debrief, treatment: str = "") -> Draw:
    """The outcomes of a treatment, or of all, beside the exact probabilities."""
    def draw(panel: Axes) -> None:
        table = debrief.drawable(treatment)
        week = debrief.read_after or debrief.weeks
        title = treatment if treatment not in ("", "all") else say("After week {number}", number=week)
        plot_outcomes(table, panel, title)
        panel.set_ylabel(say("Share of tables"))
        _relabel(panel, int(table["episodes"].iloc[0]))

    return draw


def outcome_legend(tables: int) -> list[Artist]:
    """What the bars of `outcome_panel` are."""
    exact = Patch(facecolor=QUIET_INK, label=say("Exact, under equilibrium play"))
    if not tables:
        return [exact]
    return [exact,
            Patch(facecolor=QUIET_INK, edgecolor="#FFFFFF", hatch=HATCH,
                  label=say("The class, {tables}, with 95% interval", tables=tables_in_words(tables)))]


def _relabel(panel: Axes, tables: int) -> None:
    old = panel.get_legend()
    if old is not None:
        for text, handle in zip(old.get_texts(), outcome_legend(tables), strict=False):
            text.set_text(str(handle.get_label()))


def difference_panel(differences: DataFrame, treatment: str) -> Draw:
    """A treatment's shares less the first one's, with intervals, and where the exact difference lies."""
    def draw(panel: Axes) -> None:
        rows = differences[differences["treatment"] == treatment].reset_index(drop=True)
        with styled():
            places = np.arange(len(rows))[::-1]
            gaps = rows["difference"].to_numpy()
            panel.axvline(0, color=QUIET_INK, linewidth=1.0)
            panel.hlines(places, rows["low"], rows["high"], colors=[OUTCOME_COLOURS[key] for key in rows["outcome"]],
                         linewidth=5.0, zorder=2)
            panel.plot(gaps, places, "o", color=INK, markersize=6, zorder=4)
            panel.plot(rows["exact"], places, "D", color="white", markeredgecolor=INK, markersize=6, zorder=3)
            panel.set_yticks(places, [say(key.capitalize()) for key in rows["outcome"]])
            panel.set_ylim(-0.6, len(rows) - 0.4)
            panel.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
            panel.set_xlabel(say("Share of tables: {name} less {other}", name=treatment,
                                 other=str(rows["against"].iloc[0])))

    return draw


def difference_legend() -> list[Artist]:
    """What the marks of `difference_panel` are."""
    return [Line2D([], [], color=INK, marker="o", linestyle="none", label=say("The class, with 95% interval")),
            Line2D([], [], color="white", markeredgecolor=INK, marker="D", linestyle="none",
                   label=say("Exact, under equilibrium play"))]


def rungs_panel(debrief: Debrief, seat: Actor) -> Draw:
    """The class's ladder after each week, and the real path over it."""
    def draw(panel: Axes) -> None:
        plot_rungs(debrief.weekly, seat.key, panel, debrief.real_path())
        last = int(debrief.weekly["week"].max())
        weeks = list(range(0, last + 1, max(1, -(-last // WEEKS_NAMED))))
        panel.set_xticks(weeks, [str(week) if week else say("start") for week in weeks])
        panel.set_xlabel(say("After week"))

    return draw


def path_legend(debrief: Debrief) -> list[Artist]:
    """What shades and lines of a ladder are."""
    said = (say("inner edges: half of the tables lie between"), say("outer edges: nine in ten tables do"))
    found: list[Artist] = [Patch(facecolor=SHADE, label=say("tables still going: the darker, the more")), *(
        Line2D([], [], color=QUIET_INK, linewidth=thick, label=label)
        for (*_, thick), label in zip(BANDS, said, strict=True))]
    if debrief.weekly["probability"].isna().any():
        found.append(Patch(facecolor=EMPTY, label=say("no table going any more")))
    return found + ([Line2D([], [], color=PATH_LINE, linewidth=1.4, label=say("what really happened")),
                     Line2D([], [], color=PATH_LINE, linewidth=3.2, label=say("standstill in force (thick)"))]
                    if debrief.real is not None else [])


def paths_reading(debrief: Debrief) -> str:
    """How the ladders are read."""
    told = say("Shades: shares of tables still going on each rung; lines: quantiles of the class.")
    return told if debrief.real is None else together(
        told, say("Dark line: the real rungs as this project codes them."))


def forgone_reading() -> str:
    """How `forgone_panel` is read."""
    return say("Each dot is a person. Left is better; nobody plays at 0 for long.")


def profile_panel(debrief: Debrief, parameter: str) -> Draw:
    """The profile of a parameter's likelihood."""
    assert debrief.estimate is not None
    assert debrief.estimate.fit is not None
    found = debrief.estimate.fit
    return lambda panel: plot_profile(found.profile, parameter, panel, intervals=found.intervals)


def surprise_panel(debrief: Debrief | OwnDebrief, rank: int) -> Draw:
    """What the options of a surprising move were worth, the one taken and the best marked."""
    def draw(panel: Axes) -> None:
        told = debrief.surprises[debrief.surprises["rank"] == rank].iloc[0]
        rows = debrief.options[debrief.options["rank"] == rank].reset_index(drop=True)
        with styled():
            places = np.arange(len(rows))[::-1]
            worth = rows["worth"].to_numpy()
            low = worth.min() - 0.08 * max(float(np.ptp(worth)), 0.1)
            colours = [ACTOR_COLOURS[str(told["seat"])] if taken else "#C9C9C9" for taken in rows["taken"]]
            panel.barh(places, worth - low, left=low, color=colours, height=0.72)
            for place, value, chance in zip(places, worth, rows["probability"], strict=True):
                panel.annotate(f"{100 * chance:.1f}%", (value, place), (3, 0), textcoords="offset points", va="center",
                               fontsize=8.5, color=INK)
            panel.set_yticks(places, [wrap(name, 26) for name in rows["option"]], fontsize=8.5)
            panel.set_xlim(low, worth.max() + 0.22 * max(float(np.ptp(worth)), 0.1))
            panel.set_xlabel(say("Worth from there on, and how often equilibrium play takes it"))
            panel.set_title(say("{rank}. Week {week}: {name}", rank=rank, week=int(told["week"]),
                                name=_who(debrief, told)))

    return draw


def _who(debrief: Debrief | OwnDebrief, told: object) -> str:
    row = dict(told)  # type: ignore[call-overload]
    seat = say(debrief.game.scenario.display_name(Actor.parse(row["seat"])))
    person = row.get("person", "")
    return seat + (", " + say("table {number}", number=row["table"]) + f", {person}" if person else "")


def forgone_panel(people: DataFrame, game: object) -> Draw:
    """What each person gave away a decision, by seat, and what equilibrium play gives away at the same decisions."""
    def draw(panel: Axes) -> None:
        scenario = game.scenario  # type: ignore[attr-defined]
        seats = [actor for actor in Actor if (people[people["seat"] == actor.key]["decisions"] > 0).any()]
        with styled():
            for place, seat in enumerate(seats):
                rows = people[(people["seat"] == seat.key) & (people["decisions"] > 0)]
                values = np.sort(rows["forgone_mean"].to_numpy())
                spread = (np.arange(values.size) % 7 - 3) * 0.05
                panel.plot(values, place + spread, "o", color=ACTOR_COLOURS[seat.key], markersize=5, alpha=0.75)
                total = rows["decisions"].sum()
                panel.plot([rows["forgone"].sum() / total] * 2, [place - 0.3, place + 0.3], color=INK, linewidth=2.0)
                panel.plot([rows["forgone_equilibrium"].sum() / total], [place - 0.36], "D", color="white",
                           markeredgecolor=INK, markersize=6)
            panel.set_yticks(range(len(seats)), [say(scenario.display_name(seat)) for seat in seats])
            panel.set_ylim(-0.6, max(len(seats), 1) - 0.4)
            panel.set_xlim(left=0)
            panel.set_xlabel(say("Given away a decision, in payoff units"))

    return draw


def forgone_legend() -> list[Artist]:
    """What the marks of `forgone_panel` are."""
    return [Line2D([], [], color=QUIET_INK, marker="o", linestyle="none", label=say("one person")),
            Line2D([], [], color=INK, linewidth=2.0, label=say("mean of the seat")),
            Line2D([], [], color="white", markeredgecolor=INK, marker="D", linestyle="none",
                   label=say("equilibrium play at the same decisions"))]


# ------------------------------------------------------------------------------------ for the page


def page_figures(debrief: Debrief) -> dict[str, Callable[[], Figure]]:
    """Name to picture of a class's debrief; made when asked for."""
    legend = path_legend(debrief)
    found: dict[str, Callable[[], Figure]] = {
        "outcomes": lambda: figure([outcome_panel(debrief)], outcome_legend(debrief.tables), (7.2, 4.4))}
    if debrief.begun:
        found["paths"] = lambda: figure([rungs_panel(debrief, seat) for seat in DISPUTANTS], legend, (7.2, 6.8),
                                        legend_across=2)
    if debrief.decided:
        found["forgone"] = lambda: figure([forgone_panel(debrief.people, debrief.game)], forgone_legend(), (7.2, 3.6))
    if not debrief.differences.empty:
        names = list(dict.fromkeys(debrief.differences["treatment"]))
        found["treatments"] = lambda: figure([difference_panel(debrief.differences, name) for name in names],
                                             difference_legend(), (7.2, 0.8 + 2.6 * len(names)))
    return found


def pictures(debrief: Debrief) -> dict[str, bytes]:
    """Name to SVG of all that there is to draw, the profiles last where precision and firmness are estimated."""
    debrief = legible(debrief)
    with drawn("print", debrief.language):
        found = {name: picture(draw()) for name, draw in page_figures(debrief).items()}
        return found | late_pictures(debrief)


def late_pictures(debrief: Debrief) -> dict[str, bytes]:
    """The pictures of what takes longest: the profiles, where there are any."""
    if debrief.estimate is None or debrief.estimate.fit is None:
        return {}
    with drawn("print", debrief.language):
        names = list(debrief.estimate.fit.intervals["parameter"])
        return {"profiles": picture(figure([profile_panel(debrief, name) for name in names], list(profile_legend()),
                                           (9.0, 0.9 + 2.4 * -(-len(names) // 2)), min(2, len(names))))}


def legible(debrief: Debrief) -> Debrief:
    """The same with a question mark for each typed letter that no font at hand can draw in its language."""
    def told(text: str) -> str:
        return "".join(letter if ord(letter) in glyphs(debrief.language) else "?" for letter in text)

    def table(frame: DataFrame) -> DataFrame:
        columns = [name for name in ("person", "treatment", "against") if name in frame]
        changed = frame.assign(**{name: frame[name].map(told) for name in columns})
        changed.attrs = dict(frame.attrs)
        return changed

    return replace(debrief, title=told(debrief.title), shares=table(debrief.shares),
                   differences=table(debrief.differences), people=table(debrief.people),
                   surprises=table(debrief.surprises))


@cache
def glyphs(language: str) -> frozenset[int]:
    """The characters that the fonts of a language can draw."""
    return frozenset().union(*(FT2Font(font_manager.findfont(family)).get_charmap() for family in families(language)))


def figure(panels: list[Draw], legend: list[Artist], size: tuple[float, float], across: int = 1,
           legend_across: int = 3) -> Figure:
    """Panels one above the other, or side by side, with one legend below; call where `drawn` is in force."""
    with styled():
        made = new_figure(*size)
        made.set_layout_engine("constrained")
        down = -(-len(panels) // across)
        grid = list(made.subplots(down, across, squeeze=False).flat)
        for draw, panel in zip(panels, grid, strict=False):
            draw(panel)
            own = panel.get_legend()
            if own is not None:
                own.remove()
        for panel in grid[len(panels):]:
            panel.set_axis_off()
        if legend:
            made.legend(handles=legend, loc="outside lower center", ncols=min(len(legend), legend_across))
        return made


def picture(made: Figure, ending: str = "svg") -> bytes:
    """A figure as a file; the same figure gives the same bytes."""
    buffer = io.BytesIO()
    with under(look_of(made)), styled():
        made.savefig(buffer, format=ending, dpi=150, metadata={"Date": None} if ending == "svg" else None)
    return buffer.getvalue()


__all__ = [
    "Draw", "difference_legend", "difference_panel", "figure", "forgone_legend", "forgone_panel", "forgone_reading",
    "glyphs", "late_pictures", "legible", "outcome_legend", "outcome_panel", "page_figures", "path_legend",
    "paths_reading", "picture", "pictures", "profile_panel", "rungs_panel", "surprise_panel",
]
