"""The debrief on paper: a few A4 pages in the style of the experiments' dossiers."""

from __future__ import annotations

import io
import json
import re
from functools import partial
from typing import TYPE_CHECKING, Any

from negotiation.outcomes import words
from negotiation.plots.dossier import dossier
from negotiation.plots.history import profile_legend
from negotiation.plots.style import drawn, look_of, styled, under
from negotiation.provenance import receipt
from negotiation.seminar import debrief_plots as plots
from negotiation.seminar import telling
from negotiation.seminar.debrief import Debrief
from negotiation.terms import say
from negotiation.vocabulary import DISPUTANTS, Actor

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame

MOST = 6  # surprising moves that are drawn
_page = partial(dossier, said=True)  # a name that somebody typed is no word to translate


def debrief_pages(debrief: Debrief, settings: dict[str, Any] | None = None) -> list[Figure]:
    """The pages: outcomes, treatments (if several), paths, estimates (if made), surprises, what was given away.

    Args:
        debrief: of the class.
        settings: of the class, for the receipt's hash.
    """
    debrief = plots.legible(debrief)
    told = receipt("debrief", settings or {}, debrief.seed)
    told.pop("created", None)
    with drawn("print", debrief.language):
        pages = [_outcomes(debrief, told)]
        if not debrief.differences.empty:
            pages.append(_treatments(debrief, told))
        if debrief.begun:
            pages.append(_paths(debrief, told))
        if debrief.estimate is not None and debrief.estimate.fit is not None:
            pages.append(_estimates(debrief, told))
        if len(debrief.surprises):
            pages.append(_surprises(debrief, told))
        if debrief.decided:
            pages.append(_forgone(debrief, told))
        return pages


def pdf_bytes(debrief: Debrief, settings: dict[str, Any] | None = None) -> bytes:
    """The pages as one PDF."""
    from matplotlib.backends.backend_pdf import PdfPages

    pages = debrief_pages(debrief, settings)
    buffer = io.BytesIO()
    about = {"Title": debrief.title, "CreationDate": None,
             "Subject": json.dumps({"seed": debrief.seed, "code": debrief.code}, ensure_ascii=False)}
    # Fonts are written last, so the settings must be in force until the file is closed.
    with under(look_of(pages[0])), styled(), _quiet(), PdfPages(buffer, metadata=about) as paper:
        for page in pages:
            paper.savefig(page)
    return buffer.getvalue()


def _quiet() -> Any:
    from negotiation.plots.save import _quiet as quiet

    return quiet("fontTools.subset")


def _seat(debrief: Debrief, key: str) -> str:
    return say(debrief.game.scenario.display_name(Actor.parse(key)))


def _outcomes(debrief: Debrief, told: dict[str, Any]) -> Figure:
    rows = debrief.shares[debrief.shares["treatment"] == ""]
    table = _frame({say("Outcome"): [say(words(key)) for key in rows["outcome"]], say("Tables"): list(rows["count"]),
                    say("Share"): [telling.percent(value) for value in rows["share"]],
                    say("95% interval"): [telling.between(low, high, telling.percent)
                                          for low, high in zip(rows["low"], rows["high"], strict=True)],
                    say("Exact"): [telling.percent(value) for value in rows["exact"]]})
    reading = say("Bars: exact probabilities, and beside them the shares of the class's tables after week {week} with "
                  "Wilson intervals.", week=debrief.read_after or debrief.weeks)
    reading = telling.together(reading, debrief.missing())
    return _page(
        say("How did the class end? {title}", title=debrief.title),
        say("If all three seats played the equilibrium, with the scenario's precision, a class would end like the "
            "solid bars, give or take chance."), reading, debrief.answer(), plots.outcome_panel(debrief), table, told,
        legends=[plots.outcome_legend(debrief.tables)])


def _treatments(debrief: Debrief, told: dict[str, Any]) -> Figure:
    gaps, names = debrief.differences, list(dict.fromkeys(debrief.differences["treatment"]))[:MOST]
    widest = gaps.loc[gaps["difference"].abs().sort_values(ascending=False).index[0]].to_dict()
    sentence = say("Widest gap: {outcome}, {name} {share} against {other} {against}.",
                   outcome=say(widest["outcome"].capitalize()), name=widest["treatment"],
                   share=telling.percent(widest["share"]), other=widest["against"],
                   against=telling.percent(widest["share_against"]))
    if gaps.attrs["p"] == gaps.attrs["p"]:
        sentence = telling.together(sentence, say("All alike: p = {p} (treatments dealt out anew).",
                                                  p=f"{gaps.attrs['p']:.2g}"))
    table = _frame({say("Treatment"): [f"{name} \N{MINUS SIGN} {other}" for name, other in zip(
        gaps["treatment"], gaps["against"], strict=True)], say("Outcome"): [say(words(key)) for key in gaps["outcome"]],
                    say("Difference"): [_points(value) for value in gaps["difference"]],
                    say("95% interval"): [telling.between(low, high, _points)
                                          for low, high in zip(gaps["low"], gaps["high"], strict=True)],
                    say("Exact"): [_points(value) for value in gaps["exact"]]})
    return _page(
        say("What did the treatments change?"),
        say("Diamonds: what equilibrium play makes of the treatments. Tables got theirs by lot, so a difference "
            "beyond its interval is the treatment's doing."),
        say("Dots: shares of the treatment less those of {name}; bars: 95% intervals (Newcombe), each on its own.",
            name=str(gaps["against"].iloc[0])), sentence,
        [plots.difference_panel(gaps, name) for name in names], table, told, legends=[plots.difference_legend()])


def _points(value: float) -> str:
    return f"{100 * value:+.0f}".replace("-", "\N{MINUS SIGN}")


def _paths(debrief: Debrief, told: dict[str, Any]) -> Figure:
    known = debrief.real is not None
    rows = debrief.history[debrief.history["week"] > 0]
    step = max(1, -(-int(rows["week"].max() if len(rows) else 1) // 6))
    rows = rows[rows["week"] % step == 0]
    table = _frame({say("Week"): list(rows["week"]), say("Side"): [_seat(debrief, key) for key in rows["seat"]],
                    say("Tables going on"): list(rows["tables"]), say("Mean rung"): [round(v, 2) for v in rows["mean"]],
                    say("Really"): [int(v) if v == v else "–" for v in rows["real"]]})
    # After the last week no table goes on where all have ended, so the sentence is on the last one with any.
    going = debrief.history[(debrief.history["tables"] > 0) & (debrief.history["week"] > 0)]
    last = going[going["week"] == going["week"].max()]
    sentence = say("; ").join(say("{name}: rung {mean} on average after week {week}", name=_seat(debrief, row["seat"]),
                                  mean=f"{row['mean']:.1f}", week=int(row["week"]))
                              + (say(", really {rung}", rung=int(row["real"])) if row["real"] == row["real"] else "")
                              for row in last.to_dict("records")) or debrief.answer()
    return _page(
        say("Where did the class stand week by week, and where did the real dispute?") if known else
        say("Where did the class stand week by week?"),
        say("The real dispute is one draw from what might have happened; it need not lie in the middle.")
        if known else "",
        plots.paths_reading(debrief), sentence,
        [plots.rungs_panel(debrief, seat) for seat in DISPUTANTS], table, told,
        legends=[plots.path_legend(debrief)])


def _estimates(debrief: Debrief, told: dict[str, Any]) -> Figure:
    found = debrief.estimate
    assert found is not None
    rows = found.table
    table = _frame({say("Parameter"): list(rows["title"]), say("Decisions"): list(rows["decisions"]),
                    say("Estimate"): [f"{value:.2f}" for value in rows["estimate"]],
                    say("95% interval"): [_ends(*ends) for ends in zip(rows["low"], rows["high"], strict=True)],
                    say("Scenario"): [f"{value:g}" for value in rows["scenario"]]})
    regrets = say("; ").join(f"{_of(row['treatment'])}{_seat(debrief, row['seat'])} {row['regret']:.2f} "
                             f"({row['equilibrium']:.2f})"
                             for row in found.regret.head(6).to_dict("records"))
    count = len(rows)
    return _page(
        say("How precise, and how firm, was the class?"),
        say("Regret, the gain of a seat's best reply against the class's fitted play (in brackets: against equilibrium "
            "play): {told}.", told=regrets),
        telling.together(*found.statement[count:]), telling.together(*found.statement[:min(count, 3)]),
        [plots.profile_panel(debrief, name) for name in rows["seat"] + "." + rows["parameter"]], table, told,
        legends=[profile_legend()])


def _of(treatment: str) -> str:
    return "" if treatment == "all" else f"{treatment}, "


def _ends(low: float, high: float) -> str:
    left, right = ("…" if value != value else f"{value:.2f}" for value in (low, high))
    return f"{left} – {right}"


def _surprises(debrief: Debrief, told: dict[str, Any]) -> Figure:
    rows = debrief.surprises
    table = _frame({"#": list(rows["rank"]), say("Table"): list(rows["table"]), say("Week"): list(rows["week"]),
                    say("Person"): list(rows["person"]), say("Chosen"): [_short(text) for text in rows["chosen"]],
                    say("Probability"): [telling.percent(value) for value in rows["probability"]],
                    say("Best"): [_short(text) for text in rows["best"]],
                    say("Given away"): [f"{value:.2f}" for value in rows["forgone"]]})
    first = rows.iloc[0].to_dict()
    return _page(
        say("Which moves surprise most?"),
        say("Equilibrium play with finite precision errs, but seldom by much: moves that cost more are played less."),
        say("Bars: what each option was worth to the one who chose, from there on under equilibrium play; coloured: "
            "what was chosen; percent: how often equilibrium play takes it."),
        say("Least expected: {name} in week {week}, {chosen}; equilibrium play does so {percent} of the time.",
            name=_seat(debrief, first["seat"]), week=int(first["week"]), chosen=first["chosen"],
            percent=telling.percent(first["probability"])),
        [plots.surprise_panel(debrief, int(rank)) for rank in rows["rank"].head(4)], table, told)


def _short(option: str) -> str:
    """What a button says, without the rung after the colon."""
    return re.split("[:：]", option, maxsplit=1)[0]


def _forgone(debrief: Debrief, told: dict[str, Any]) -> Figure:
    rows = debrief.people[debrief.people["decisions"] > 0]
    table = _frame({say("Person"): list(rows["person"]), say("Side"): [_seat(debrief, key) for key in rows["seat"]],
                    say("Decisions"): list(rows["decisions"]), say("Best option"): list(rows["best"]),
                    say("Given away"): [f"{value:.2f}" for value in rows["forgone"]],
                    say("Equilibrium play"): [f"{value:.2f}" for value in rows["forgone_equilibrium"]]})
    sentence = say("The class gave away {value} a decision; equilibrium play gives away {other} at the same decisions.",
                   value=f"{rows['forgone'].sum() / rows['decisions'].sum():.2f}",
                   other=f"{rows['forgone_equilibrium'].sum() / rows['decisions'].sum():.2f}")
    return _page(
        say("What could each have gained?"),
        say("Given away: the best option's worth less the chosen one's, summed over a person's own decisions; worth is "
            "reckoned with equilibrium play by all from there on."),
        plots.forgone_reading(), sentence,
        plots.forgone_panel(debrief.people, debrief.game), table, told, legends=[plots.forgone_legend()])


def _frame(columns: dict[str, list[Any]]) -> DataFrame:
    from pandas import DataFrame

    return DataFrame(columns)


__all__ = ["debrief_pages", "pdf_bytes"]
