"""The debrief as a notebook that holds its data: opened in Jupyter, it runs from top to bottom anywhere.

The moves are packed into the last lines of the first code cell, pseudonymous unless names were asked for; only pandas,
matplotlib and this package are needed. Where ``moves.csv`` lies beside it, that file is read instead.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from negotiation.parameters import ParameterError
from negotiation.seminar.export import csv_bytes

if TYPE_CHECKING:
    from pandas import DataFrame

KERNEL = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
          "language_info": {"name": "python"}}

LOAD = '''\
import base64, io, json, zlib
from pathlib import Path

import numpy as np
import pandas as pd
import matplotlib.pyplot as plt

import negotiation as ng
from negotiation.outcomes import wilson_interval
from negotiation.seminar.debrief_moves import counted
from negotiation.seminar.export import read_moves, recorded_settings, replay

ABOUT = json.loads(zlib.decompress(base64.b64decode(PACKED_ABOUT)))
path = Path("moves.csv")
if not path.exists():
    path.write_bytes(zlib.decompress(base64.b64decode(PACKED_MOVES)))
moves = read_moves(path)
own = counted(moves)  # people's decisions that stand
print(f"{len(moves)} decisions at {moves['table'].nunique()} tables, {len(own)} of them by people")'''

CELLS: tuple[tuple[str, str], ...] = (
    ("## Does it replay?\n\nThe moves are played again by the engine, with the class's own draws: every week and "
     "every outcome must come out the same.",
     "replayed = pd.DataFrame(replay(moves, ABOUT))\nassert replayed['same'].all()\nreplayed"),
    ("## How the tables ended\n\nShares of the tables that were played to the end, with 95 % Wilson intervals, "
     "beside the exact probabilities under equilibrium play (mixed over the treatments as they were played). The "
     "debrief's page reads all tables after the same week instead; the two agree where every table was played to the "
     "end. In a class that was ended early, tables that had come to an end are the ones that settled or broke up.",
     '''\
from negotiation.engines.exact import propagate
from negotiation.solve import backward_induction

settings = recorded_settings(ABOUT)
games = {each.name: ng.compile_game(settings.scenario_of(each)) for each in settings.treatments}
exact = {name: propagate(game, backward_induction(game).profile).outcome_probabilities()
         for name, game in games.items()}
decided = own.drop_duplicates("table")  # tables at which people decided
ends = decided.query("outcome != ''")
print(f"{len(ends)} of {len(decided)} tables at which people decided were played to the end")
keys = [outcome.key for outcome in ng.Outcome]
counts = ends["outcome"].value_counts().reindex(keys, fill_value=0)
shares = pd.DataFrame({"tables": counts, "share": counts / max(len(ends), 1)})
if len(ends):
    shares["low"], shares["high"] = wilson_interval(counts, len(ends))
    shares["exact"] = np.mean([exact[name] for name in ends["treatment"]], axis=0)
shares.round(3)'''),
    ("", '''\
if len(ends):
    panel = shares[["exact", "share"]].plot.bar(figsize=(7, 3.5), color=["#949494", "#1B6F8A"], rot=0)
    panel.errorbar(np.arange(5) + 0.125, shares["share"], fmt="none", color="black", capsize=3,
                   yerr=[shares["share"] - shares["low"], shares["high"] - shares["share"]])
    panel.set_ylabel("share of tables")
    plt.show()'''),
    ("## The least expected moves\n\n`probability`: how often equilibrium play takes the move; `forgone`: what the "
     "best option was worth more, with equilibrium play by all from there on.",
     '''\
own.nsmallest(10, "probability")[["table", "week", "person", "seat", "stance", "first_move", "move", "best",
                                  "probability", "forgone"]].round(3)'''),
    ("## What each could have gained\n\nThe sum of `forgone` over a person's own decisions; `forgone_equilibrium` is "
     "what equilibrium play itself gives away at the same decisions.",
     '''\
own.groupby(["person", "seat"]).agg(decisions=("forgone", "size"), forgone=("forgone", "sum"),
                                    equilibrium=("forgone_equilibrium", "sum")).round(2)'''),
    ("## Precision and firmness\n\nMaximum likelihood on people's own decisions, all people of a seat taken as one; "
     "this takes about a minute. Set `ESTIMATE = True` to run it.",
     '''\
from negotiation.seminar.debrief_fit import estimate

ESTIMATE = False
if ESTIMATE:
    found = estimate(moves, {name: game.scenario for name, game in games.items()})
    print("\\n".join(found.statement))
    display(found.table)'''),
    ("## Your own questions\n\nEvery decision is a row of `moves`; its columns are explained in `docs/debrief.md`.",
     'moves.groupby(["seat", "standstill"])["move"].value_counts(normalize=True).unstack().round(2)'),
)


def notebook_bytes(moves: DataFrame, about: Mapping[str, Any], title: str) -> bytes:
    """The notebook as a file.

    Args:
        moves: of `negotiation.seminar.export.class_moves`.
        about: of `negotiation.seminar.export.about_class`.
        title: of the class.

    Raises:
        ParameterError: nbformat is not installed.
    """
    try:
        nbformat: Any = import_module("nbformat")
    except ImportError:
        raise ParameterError("notebook", "nbformat not installed",
                             "after: pip install 'negotiation[seminar]'") from None

    load = (f'PACKED_ABOUT = "{_packed(json.dumps(about).encode())}"\n'
            f'PACKED_MOVES = "{_packed(csv_bytes(moves))}"\n\n{LOAD}')
    heading = f"# {_plain(title)}\n\nThe debrief of the class, with its moves inside: run all cells."
    cells = [nbformat.v4.new_markdown_cell(heading),
             nbformat.v4.new_code_cell(load, metadata={"jupyter": {"source_hidden": True}})]
    for text, code in CELLS:
        cells += [nbformat.v4.new_markdown_cell(text)] if text else []
        cells.append(nbformat.v4.new_code_cell(code))
    for number, cell in enumerate(cells):
        cell["id"] = f"debrief-{number}"  # the same class gives the same file
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=KERNEL)
    nbformat.validate(notebook)
    return str(nbformat.writes(notebook)).encode()


def _packed(content: bytes) -> str:
    return base64.b64encode(zlib.compress(content, 9)).decode()


def _plain(title: str) -> str:
    """A title that is no markup in a notebook."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]<>()#+-.!|$&" else letter for letter in title)


__all__ = ["notebook_bytes"]
