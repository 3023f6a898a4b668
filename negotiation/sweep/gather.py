"""Multiruns of the command (``negotiation -m ...``): what their jobs leave behind, gathered into one table.

Jobs may run in other processes or on other machines and may end at any moment, so nothing is kept in
memory. The multirun's folder holds ``multirun.json``: its identity, the swept keys and, where they are
known beforehand, the overrides of all jobs. Each job's folder, wherever ``hydra.sweep.subdir`` puts it,
holds ``job.json``: the identity of its multirun, the job's number, overrides, process, state, error and wall
time. A folder used again for another multirun keeps the old job folders that are not written over, but they
bear another identity and are not gathered.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from negotiation.files import write_json
from negotiation.parameters import ParameterError
from negotiation.sweep.axes import column_name
from negotiation.vocabulary import Actor, Outcome

if TYPE_CHECKING:
    import pandas as pd

MULTIRUN_FILE, JOB_FILE, SUMMARY_FILE = "multirun.json", "job.json", "summary.json"
TABLE_FILES = ("table.parquet", "table.csv", "outcomes.png", "outcomes.svg")  # what gathering leaves in the folder
STARTED, FINISHED, FAILED = "started", "finished", "failed"
NOT_FINISHED = "not finished"
LARGEST = 2**63 - 1  # the largest whole number of a table column; seeds may be larger


def open_multirun(folder: Path, swept: Sequence[str], jobs: Sequence[Sequence[str]] | None,
                  scenarios: Mapping[str, str] | None = None) -> str:
    """Begin a multirun in a folder: give it an identity, and remove the table and figure of an older one.

    Args:
        folder: made if it does not exist.
        swept: the swept keys.
        jobs: the overrides (``KEY=VALUE``) of each job in order; None where they are not known beforehand.
        scenarios: what to call scenarios whose option has a name that tells a reader nothing.

    Returns:
        The identity, for `open_job`.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in TABLE_FILES:
        (folder / name).unlink(missing_ok=True)
    identity = datetime.now(UTC).isoformat(timespec="microseconds")
    write_json(folder / MULTIRUN_FILE, {"format": 1, "multirun": identity, "swept": list(swept),
                                        "scenarios": dict(scenarios or {}),
                                        "jobs": None if jobs is None else [list(job) for job in jobs]})
    return identity


def open_job(folder: Path, identity: str, number: int, overrides: Sequence[str]) -> None:
    """Begin a job in its folder; the summary of an older job there is removed."""
    (folder / SUMMARY_FILE).unlink(missing_ok=True)
    write_json(folder / JOB_FILE, {"multirun": identity, "job": number, "overrides": list(overrides),
                                   "process": os.getpid(), "state": STARTED, "error": None})


def close_job(folder: Path, wall_time: float, error: str | None = None, traceback: str | None = None) -> None:
    """End a job that `open_job` began.

    Args:
        folder: the job's.
        wall_time: seconds.
        error: one line, of a job that failed.
        traceback: where an error came from that is no user's mistake.
    """
    told = json.loads((folder / JOB_FILE).read_text(encoding="utf-8"))
    told |= {"state": FINISHED if error is None else FAILED, "error": error, "wall_time": wall_time}
    if traceback is not None:
        told["traceback"] = traceback
    write_json(folder / JOB_FILE, told)


def job_folders(folder: Path) -> dict[int, Path]:
    """Job number to folder, of the jobs of a folder's last multirun that have begun."""
    identity = _multirun(folder)["multirun"]
    found = {}
    for path in folder.rglob(JOB_FILE):
        told = _read(path)
        if told is not None and told.get("multirun") == identity:
            found[int(told["job"])] = path.parent
    return dict(sorted(found.items()))


def gather(folder: str | Path) -> pd.DataFrame:
    """The jobs of a multirun as one table, whether all have finished or not.

    Args:
        folder: ``hydra.sweep.dir`` of the multirun, e.g. ``multirun/2026-01-31/10-00-00-000000``.

    Returns:
        One row a job, sorted by ``job`` (its number), with a column for each overridden key, named by the full
        key; ``exact``, ``probability_*`` (exact); ``simulated_*`` with 95 % Wilson intervals ``low_*``,
        ``high_*`` if any job simulated; ``payoff_*`` (over the observed rounds), ``value_*`` (over the solved
        horizon), ``regret_*``; ``breaches``, ``lapses``, ``appeals_*``, ``effort`` (expected numbers an
        episode); ``episodes`` (0 if none; where it is an overridden key, what was asked for), ``seed``,
        ``wall_time`` (seconds) and ``error``: None where the job finished, else one line (``not finished`` for a
        job that has not begun, still runs, or was stopped).
        Columns of results are missing where no job has any, as after ``mode=replay``.
        ``.attrs["swept"]`` lists the swept keys.

    Raises:
        ParameterError: the folder is not a multirun's.
    """
    import pandas as pd  # not at the top: jobs, which only need to leave their notes, start sooner

    home = Path(folder)
    multirun = _multirun(home)
    begun = job_folders(home)
    planned = multirun["jobs"] or []
    rows = [_row(number, begun.get(number), planned[number] if number < len(planned) else [])
            for number in sorted({*begun, *range(len(planned))})]
    swept = [column_name(key) for key in multirun["swept"]]
    keys = [*swept, *(key for row in rows for key in row["keys"])]
    # A key of the name of a result, such as seed, is one column.
    results = [column for column in RESULTS if any(column in row["results"] for row in rows)]
    columns = dict.fromkeys(["job", *keys, *results, "wall_time", "error"])
    table = pd.DataFrame([{"job": row["job"], **row["results"], **row["keys"], **row["end"]} for row in rows],
                         columns=list(columns), dtype=object)
    if "scenario" in table:
        table["scenario"] = table["scenario"].replace(multirun["scenarios"])
    for column in table.columns:
        table[column] = table[column].astype("float64") if column == "wall_time" else _tidy(table[column])
    table.attrs["swept"] = [key for key in dict.fromkeys(swept) if key in table]
    return table


# Columns of results in order. What a summary does not hold, a table does not either.
RESULTS = (
    "exact",
    *(f"{word}_{outcome.key}" for word in ("probability", "simulated", "low", "high") for outcome in Outcome),
    *(f"{word}_{actor.key}" for word in ("payoff", "value", "regret") for actor in Actor),
    "breaches", "lapses", "appeals_tokyo", "appeals_seoul", "effort", "episodes", "seed",
)


def _row(number: int, folder: Path | None, planned: Sequence[str]) -> dict[str, Any]:
    told = None if folder is None else _read(folder / JOB_FILE)
    if folder is None or told is None:
        return {"job": number, "keys": keys_of(planned), "results": {}, "end": {"error": NOT_FINISHED}}
    summary = _read(folder / SUMMARY_FILE)
    if summary is not None and "outcomes" not in summary:  # a tournament's, which has no single distribution
        summary = None
    error = NOT_FINISHED if told["state"] == STARTED else told["error"]
    return {"job": number, "keys": keys_of(told["overrides"]), "results": {} if summary is None else _results(summary),
            "end": {"wall_time": told.get("wall_time"), "error": error}}


def _results(summary: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of one job, from its ``summary.json`` (`negotiation.study.summary`)."""
    row: dict[str, Any] = {"exact": True}
    row |= {f"probability_{outcome}": share for outcome, share in summary["outcomes"]["exact"].items()}
    for outcome, share in summary["outcomes"].get("simulated", {}).items():
        low, high = summary["interval95"][outcome]
        row |= {f"simulated_{outcome}": share, f"low_{outcome}": low, f"high_{outcome}": high}
    for word, group in (("payoff", "expected_payoffs"), ("value", "values"), ("regret", "regret")):
        row |= {f"{word}_{actor}": number for actor, number in summary[group].items()}
    row |= summary["expected_counts"]
    return row | {"episodes": summary["episodes"], "seed": summary["seed"]}


def keys_of(overrides: Sequence[str]) -> dict[str, Any]:
    """Overrides as ``KEY=VALUE`` to column name and value; lists and mappings stay text."""
    return dict(pair for override in overrides if (pair := _pair(override)) is not None)


@cache
def _pair(override: str) -> tuple[str, Any] | None:
    from hydra.core.override_parser.overrides_parser import OverridesParser

    parsed = OverridesParser.create().parse_override(override)
    if parsed.is_delete():
        return None
    value = parsed.value()
    if isinstance(value, (bool, int, float, str)):
        return column_name(parsed.key_or_group), value
    return column_name(parsed.key_or_group), parsed.get_value_element_as_str(space_after_sep=True)


def _tidy(column: pd.Series) -> pd.Series:
    """A column of the one type that all its values have, so that every file format takes it; else of texts."""
    gaps = column.isna()
    kinds = {type(value) for value in column[~gaps]}
    if kinds == {bool}:
        return column.astype("boolean" if gaps.any() else "bool")
    whole = column[~gaps & column.map(lambda value: isinstance(value, int))]
    fits = whole.empty or whole.abs().max() <= LARGEST  # infinity is a legal precision
    if kinds == {int} and fits:
        return column.astype("Int64" if gaps.any() else "int64")
    if kinds and kinds <= {int, float} and fits:
        return column.astype("float64")
    return column.map(str, na_action="ignore").astype("string")


def _multirun(folder: Path) -> dict[str, Any]:
    told = _read(folder / MULTIRUN_FILE)
    if told is None:
        raise ParameterError("folder", str(folder), f"the folder of a multirun, which holds {MULTIRUN_FILE}")
    return told


def _read(path: Path) -> dict[str, Any] | None:
    try:
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return told


__all__ = ["FAILED", "FINISHED", "NOT_FINISHED", "STARTED", "close_job", "gather", "job_folders", "keys_of",
           "open_job", "open_multirun"]
