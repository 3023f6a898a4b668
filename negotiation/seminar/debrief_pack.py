"""The debrief as plain texts, tables and files, made in a process of its own so that a class that plays is not held up.

A `Pack` holds nothing that needs this package's objects: it is what a page shows and offers for download.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from negotiation.seminar import debrief_plots as plots
from negotiation.seminar import telling
from negotiation.seminar.debrief import SURPRISES, Debrief, make_debrief, tables_in_words
from negotiation.seminar.debrief_files import NAMES, debrief_file, printable
from negotiation.seminar.room import Seminar
from negotiation.seminar.store import Store
from negotiation.terms import say, speaking
from negotiation.vocabulary import Actor

if TYPE_CHECKING:
    from pandas import DataFrame

PDF, NOTEBOOK = "debrief.pdf", "debrief.ipynb"
LATE = (PDF, NOTEBOOK)  # the notebook's library alone takes seconds to load


@dataclass(frozen=True)
class Table:
    """A table ready to be shown."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Surprise:
    """A surprising move in words, with what else there was."""

    title: str
    situation: str
    chosen: str
    options: Table


@dataclass(frozen=True)
class Pack:
    """What the teacher's page shows.

    Attributes:
        title: of the class.
        answer, facts: sentences.
        shares, differences, people, estimates, regrets: tables; None where there is nothing to tell.
        surprises: in order.
        fewer: why there are no more of them; empty where there may be.
        captions: name of a picture to how it is read.
        statement: on precision and firmness; empty where they are not estimated yet.
        pictures: name to SVG.
        files: name to content.
    """

    title: str
    answer: str
    facts: str
    shares: Table
    differences: Table | None
    people: Table
    estimates: Table | None
    regrets: Table | None
    surprises: tuple[Surprise, ...]
    statement: tuple[str, ...]
    fewer: str
    captions: dict[str, str]
    pictures: dict[str, bytes] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)


def make_pack(database: str, room: int, names: bool, fit: bool) -> Pack:
    """The debrief of a class as it stands in a database.

    Args:
        database: path of the file.
        room: the class.
        names: names instead of pseudonyms.
        fit: with precision and firmness, and the files of `LATE`; this takes longest.
    """
    store = Store(Path(database))
    try:
        seminar = Seminar(store)
        debrief = make_debrief(seminar, room, names, fit)
        printed = printable(seminar, room, debrief)
        files = {name: debrief_file(seminar, room, name, names, printed if name == PDF else debrief)
                 for name in NAMES if (name in LATE) == fit}
        return _packed(debrief, plots.late_pictures(printed) if fit else plots.pictures(printed), files)
    finally:
        store.close()


def end_with_parent() -> None:
    """In a worker process, as it begins: end when the server has died, however it died."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        def watch() -> None:
            parent.join()
            os._exit(1)

        threading.Thread(target=watch, name="watches the server", daemon=True).start()


def _packed(debrief: Debrief, pictures: dict[str, bytes], files: dict[str, bytes]) -> Pack:
    with speaking(debrief.language):
        facts = say("Read after week {week}: {tables}.", week=debrief.read_after or debrief.weeks,
                    tables=tables_in_words(debrief.tables))
        return Pack(debrief.title, debrief.answer(), telling.together(facts, debrief.missing()),
                    shares_rows(debrief.shares),
                    _differences(debrief.differences) if len(debrief.differences) else None, _people(debrief),
                    _estimates(debrief), _regrets(debrief), surprises_of(debrief.surprises, debrief.options, debrief),
                    debrief.estimate.statement if debrief.estimate is not None else (), _fewer(debrief),
                    _captions(debrief), pictures, files)


def _fewer(debrief: Debrief) -> str:
    if not debrief.decided:
        return say("People have not decided anything yet.")
    if debrief.surprises.empty:
        return say("No move was rarer than a pick at random.")
    return say("No other move was rarer than a pick at random.") if len(debrief.surprises) < SURPRISES else ""


def _captions(debrief: Debrief) -> dict[str, str]:
    return {"paths": plots.paths_reading(debrief), "forgone": plots.forgone_reading()}


def shares_rows(shares: DataFrame, short: bool = False) -> Table:
    """Outcomes beside the exact prediction, for a phone without intervals; treatments apart if there are several."""
    several = "treatment" in shares and shares["treatment"].nunique() > 2
    rows = [row for row in shares.to_dict("records") if several or row.get("treatment", "") == ""]
    head = (say("Outcome"), say("Tables"), say("Share"), say("95% interval"), say("Exact"))
    told = [(say(row["outcome"].capitalize()), str(row["count"]), _percent(row["share"]),
             "–" if row["low"] != row["low"] else telling.between(row["low"], row["high"], telling.percent),
             _percent(row["exact"])) for row in rows]
    if short:
        return Table((*head[:3], head[4]), tuple((*cells[:3], cells[4]) for cells in told))
    if not several:
        return Table(head, tuple(told))
    return Table((say("Treatment"), *head), tuple(
        (row["treatment"] or say("all together"), *cells) for row, cells in zip(rows, told, strict=True)))


def _percent(value: float) -> str:
    return "–" if value != value else telling.percent(value)


def _points(value: float) -> str:
    return "–" if value != value else f"{100 * value:+.0f}".replace("-", "\N{MINUS SIGN}")


def _differences(gaps: DataFrame) -> Table:
    return Table(
        (say("Treatment"), say("Outcome"), say("Difference"), say("95% interval"), say("Exact")),
        tuple((f"{row['treatment']} \N{MINUS SIGN} {row['against']}", say(row["outcome"].capitalize()),
               _points(row["difference"]), telling.between(row["low"], row["high"], _points), _points(row["exact"]))
              for row in gaps.to_dict("records")))


def _people(debrief: Debrief) -> Table:
    return Table(
        (say("Person"), say("Table"), say("Side"), say("Decisions"), say("Best option"), say("Given away"),
         say("Equilibrium play")),
        tuple((row["person"], str(row["table"]), _seat(debrief, row["seat"]), str(row["decisions"]),
               *((str(row["best"]), f"{row['forgone']:.2f}", f"{row['forgone_equilibrium']:.2f}")
                 if row["decisions"] else ("–", "–", "–")))
              for row in debrief.people.to_dict("records")))


def _estimates(debrief: Debrief) -> Table | None:
    if debrief.estimate is None or debrief.estimate.table.empty:
        return None
    return Table(
        (say("Parameter"), say("Decisions"), say("Estimate"), say("95% interval"), say("Scenario")),
        tuple((row["title"], str(row["decisions"]), f"{row['estimate']:.2f}", _ends(row["low"], row["high"]),
               f"{row['scenario']:g}") for row in debrief.estimate.table.to_dict("records")))


def _regrets(debrief: Debrief) -> Table | None:
    if debrief.estimate is None or debrief.estimate.fit is None:
        return None
    rows = debrief.estimate.regret.to_dict("records")
    several = len({row["treatment"] for row in rows}) > 1
    told = [(_seat(debrief, row["seat"]), f"{row['regret']:.2f}", f"{row['equilibrium']:.2f}") for row in rows]
    head = (say("Side"), say("Regret"), say("Equilibrium play"))
    if not several:
        return Table(head, tuple(told))
    return Table((say("Treatment"), *head), tuple((row["treatment"], *cells) for row, cells in zip(
        rows, told, strict=True)))


def _ends(low: float, high: float) -> str:
    return " – ".join("…" if end != end else f"{end:.2f}" for end in (low, high))


def _seat(debrief: Debrief, key: str) -> str:
    return say(debrief.game.scenario.display_name(Actor.parse(key)))


def surprises_of(moves: DataFrame, options: DataFrame, debrief: Debrief | None = None) -> tuple[Surprise, ...]:
    """Surprising moves in words.

    Args:
        moves, options: of `negotiation.seminar.debrief.surprise_tables`.
        debrief: names the seat, table and person in the title; without it, it is one's own move.
    """
    told = []
    for row in moves.to_dict("records"):
        title = say("Week {number}", number=row["week"])
        if debrief is not None:
            where = (_seat(debrief, row["seat"]), say("table {number}", number=row["table"]), row["person"])
            title = say("{what}: {more}", what=title, more=say(", ").join(where))
        chosen = say("{chosen}: equilibrium play does so {percent} of the time, and it gave away {amount}.",
                     chosen=row["chosen"], percent=telling.percent(row["probability"]), amount=f"{row['forgone']:.2f}")
        own = options[options["rank"] == row["rank"]]
        told.append(Surprise(title, row["situation"], chosen, Table(
            (say("Option"), say("Worth"), say("Equilibrium play")),
            tuple((("\N{BLACK RIGHT-POINTING TRIANGLE} " if each["taken"] else "") + each["option"],
                   telling.amount(each["worth"]), telling.percent(each["probability"]))
                  for each in own.to_dict("records")))))
    return tuple(told)


__all__ = ["LATE", "NOTEBOOK", "PDF", "Pack", "Surprise", "Table", "end_with_parent", "make_pack", "shares_rows",
           "surprises_of"]
