"""What the command does with a sweep: plan it, run it, show what came of it; and replay one of its episodes."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from rich.console import Console

from negotiation.commands import task_command
from negotiation.config import Study
from negotiation.files import write_text
from negotiation.game import Game
from negotiation.kernels.compiling import COMPILING, announcing
from negotiation.parameters import ParameterError
from negotiation.provenance import provenance
from negotiation.sweep.columns import varying
from negotiation.sweep.differences import paired_differences
from negotiation.sweep.executors import Executor
from negotiation.sweep.manifest import read_manifest
from negotiation.sweep.rows import ERROR, kinds_of, row_schema, to_columns
from negotiation.sweep.run import SweepRun, overrides_of, progress_bar, run_sweep, with_keys
from negotiation.sweep.settings import SweepPlan
from negotiation.sweep.store import stored_points, write_rows
from negotiation.sweep.table import SweepTable, load_sweep
from negotiation.terminal import drawn_for, plain_table
from negotiation.vocabulary import Outcome

SAMPLE_SECONDS, SAMPLE_POINTS = 1.0, 64
CHECK_SECONDS = 5.0
SHOWN = 5  # failed points told on the terminal
DRAWN = 20_000  # points a figure shows of a larger sweep


def sweep_study(study: Study, folder: Path, config: Mapping[str, Any], console: Console, notes: Console) -> None:
    """Plan or run the sweep of a study; arguments and errors as for `negotiation.study.run_study`."""
    plan = SweepPlan.from_config(config)
    executor = Executor(**study.executor)
    axis = study.sweep["differences"]
    if axis is not None and axis not in plan.design.points.columns:
        raise ParameterError("sweep.differences", axis, "one of " + ", ".join(map(str, plan.design.points.columns)))
    if axis is not None and plan.config["engine"]["name"] != "exact" and not plan.computer.base.common_random_numbers:
        raise ParameterError("sweep.differences", axis, "null without common random numbers")
    target = Path(study.sweep["resume"]) if study.sweep.get("resume") is not None else folder
    if target is not folder:
        try:
            read_manifest(target)  # a mistyped folder must not begin a new sweep
        except ParameterError as error:
            raise ParameterError("sweep.resume", error.value, error.allowed) from None
    with announcing(lambda: notes.print(COMPILING, soft_wrap=True)):
        there = stored_points(target, plan.manifest())
        if study.sweep["plan"]:
            _print_plan(plan, executor, console, there)
            return
        with progress_bar(int((~np.isin(plan.todo(), there)).sum()), notes) as report:
            done = run_sweep(plan, target, executor, report)
    for note in done.notes:
        notes.print(f"note: {note}", soft_wrap=True)
    table = load_sweep(target, _told_columns(plan, str(study.sweep["quantity"])))
    _print_run(plan, done, table, console)
    files = ["manifest.json", "config.yaml", "parts/"]
    if axis is not None and not done.missing:
        try:
            differences = paired_differences(target, str(axis), executor.workers)
            write_text(target / "differences.csv", differences.to_csv(index=False, lineterminator="\n"))
            _print_differences(differences, console)
            files.append("differences.csv")
        except ParameterError as error:
            notes.print(f"note: no differences ({error})", soft_wrap=True)
    if study.save_figures and plan.shard is None and not done.missing:
        files += save_sweep_figures(study, plan, table, target, notes, task_command(folder))
    console.print(f"\n{target}/  " + "  ".join(files), soft_wrap=True)


# ------------------------------------------------------------------------------------------ before


def _print_plan(plan: SweepPlan, executor: Executor, console: Console, there: NDArray[np.int64] | None = None) -> None:
    design, todo = plan.design, plan.todo()
    if not len(todo):
        console.print(f"{design.method} of {len(design):,} points: none in this shard", soft_wrap=True)
        return
    whole_part, already = len(todo), 0
    if there is not None and len(there):
        todo = todo[~np.isin(todo, there)]
        already = whole_part - len(todo)
    if not len(todo):
        console.print(f"{design.method} of {len(design):,} points: all {already:,} to compute are there already",
                      soft_wrap=True)
        return
    rows, seconds = _sample(plan, todo)
    count = len(rows["point"])
    per_point, bytes_per_row = seconds / count, _bytes_per_row(plan, rows)
    left = per_point * len(todo) / executor.count
    broken, checked = _broken(plan, todo)
    table = plain_table()
    table.add_column("")
    table.add_column("", justify="right")
    distinct = f"{len(design):,}" + (f" ({len(design.row_point):,} rows of the design, duplicates computed once)"
                                     if len(design.row_point) != len(design) else "")
    table.add_row("design", f"{design.method}, {design.points.shape[1]} axes")
    table.add_row("points", distinct)
    if plan.shard is not None:
        table.add_row(f"points of shard {plan.shard[0]}/{plan.shard[1]}", f"{whole_part:,}")
    if already:
        table.add_row("there already", f"{already:,}")
        table.add_row("left to compute", f"{len(todo):,}")
    table.add_row("episodes", _episodes(plan, rows, len(todo)))
    workers = f"{executor.count} worker{'' if executor.count == 1 else 's'}"
    table.add_row("expected time", f"{_duration(left)} with {workers} ({per_point * 1e3:.3g} ms a point)")
    table.add_row("expected disk", f"{_size(bytes_per_row * len(todo))} ({bytes_per_row:.0f} bytes a point)")
    table.add_row("measured on", f"{count} points spread over the design")
    console.print(table)
    left_out = "all points" if not already else "all points left"
    whole = left_out if checked == len(todo) else f"{checked:,} points spread over the design"
    if not broken:
        console.print(f"\nno point breaks a constraint ({whole} checked)", soft_wrap=True)
        return
    console.print(f"\n{len(broken):,} of {whole} break a constraint; their rows will hold the error:", soft_wrap=True)
    for point, error in broken[:SHOWN]:
        told = ", ".join(f"{key}={value}" for key, value in design.overrides(point).items())
        console.print(f"  point {point} ({told}): {error}", soft_wrap=True)
    if len(broken) > SHOWN:
        console.print(f"  ... and {len(broken) - SHOWN:,} more")


def _sample(plan: SweepPlan, todo: NDArray[np.int64]) -> tuple[dict[str, Any], float]:
    """Rows of a few points from all over the design, and the seconds they took once everything is loaded."""
    plan.computer.rows(todo[:1].tolist(), overrides_of(plan, todo[:1]))  # compiles, loads and warms up
    parts, seconds, place = [], 0.0, 0
    while place < min(len(todo), SAMPLE_POINTS) and seconds < SAMPLE_SECONDS:
        points = todo[place:place + 1]
        start = perf_counter()
        parts.append(plan.computer.rows(points.tolist(), overrides_of(plan, points)))
        seconds += perf_counter() - start
        place += 1
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}, seconds


def _bytes_per_row(plan: SweepPlan, rows: dict[str, Any]) -> float:
    """Bytes of a Parquet part per row, what a part and its columns take on top left out."""
    schema = row_schema(plan.keys)
    columns = to_columns(with_keys(plan, rows), kinds_of(schema))
    table = pa.table({name: pa.array(values, type=schema.field(name).type) for name, values in columns.items()})
    sizes: list[int] = []
    count = len(rows["point"])
    half = count // 2
    for part in (table.slice(0, half), table):
        buffer = io.BytesIO()
        write_rows(part, buffer)
        sizes.append(buffer.tell())
    return (sizes[1] - sizes[0]) / (count - half)


def _episodes(plan: SweepPlan, rows: dict[str, Any], points: int) -> str:
    computed = np.array([error is None for error in rows[ERROR]])
    if not computed.any():
        return "unknown: no point of the sample could be computed"
    rows = {name: column[computed] for name, column in rows.items()}
    if bool(rows["exact"].all()):
        return "none: exact"
    mean = float(rows["episodes"].mean())
    about = "about " if plan.computer.half_width is not None or len(set(rows["episodes"].tolist())) > 1 else ""
    return f"{about}{mean * points:,.0f} ({about}{mean:,.0f} a point)"


def _broken(plan: SweepPlan, todo: NDArray[np.int64]) -> tuple[list[tuple[int, str]], int]:
    """Points that break a constraint, of as many as can be looked at in a few seconds; and how many these are."""
    broken, checked, start = [], 0, perf_counter()
    base = plan.computer.base
    for first in range(0, len(todo), 256):
        points = todo[first:first + 256]
        for point, overrides in zip(points.tolist(), overrides_of(plan, points), strict=True):
            try:
                base.at(overrides)
            except ValueError as error:
                broken.append((point, str(error)))
        checked += len(points)
        if perf_counter() - start > CHECK_SECONDS:
            break
    return broken, checked


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.3g} s"
    minutes = seconds / 60
    return f"{minutes:.3g} min" if minutes < 90 else f"{minutes / 60:.3g} h"


def _size(count: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"


# ------------------------------------------------------------------------------------------- after


def _told_columns(plan: SweepPlan, quantity: str) -> list[str]:
    """What summary, figures and indices take of a table that may have millions of rows."""
    shares = [f"{kind}_{outcome.key}" for kind in ("probability", "low", "high") for outcome in Outcome]
    return [*map(str, plan.keys.columns), "exact", *shares, quantity, ERROR]


def _print_run(plan: SweepPlan, done: SweepRun, table: SweepTable, console: Console) -> None:
    shard = "" if plan.shard is None else f", shard {plan.shard[0]}/{plan.shard[1]}"
    already = f", {done.skipped:,} were there already" if done.skipped else ""
    speed = f" ({done.computed / done.seconds:,.0f} points/s)" if done.computed and done.seconds > 0.5 else ""
    console.print(f"{plan.design.method} of {len(plan.design):,} points{shard}: {done.computed:,} computed in "
                  f"{_duration(done.seconds)}{speed}{already}", style="bold", soft_wrap=True)
    failed = table.failed
    good = table[table[ERROR].isna()]
    if len(good):
        printed = plain_table()
        printed.add_column("outcome")
        kind = "exact" if bool(good["exact"].all()) else "simulated"
        for heading in ("lowest", "mean", "highest"):
            printed.add_column(heading, justify="right")
        for outcome in Outcome:
            column = good[f"probability_{outcome.key}"]
            printed.add_row(outcome.key, f"{column.min():.4f}", f"{column.mean():.4f}", f"{column.max():.4f}")
        printed.caption, printed.caption_justify = f"over {len(good):,} points, {kind}", "left"
        console.print(printed)
        _print_wide(plan, good, console)
    if len(failed):
        console.print(f"\n{len(failed):,} points could not be computed:", soft_wrap=True)
        for _, row in failed.head(SHOWN).iterrows():
            console.print(f"  point {row['point']}: {row[ERROR]}", soft_wrap=True)
        if len(failed) > SHOWN:
            console.print(f"  ... and {len(failed) - SHOWN:,} more (column error of the table)")


def _print_wide(plan: SweepPlan, good: SweepTable, console: Console) -> None:
    target = plan.computer.half_width
    if target is None:
        return
    reach = np.max([(good[f"high_{key}"] - good[f"low_{key}"]) / 2 for key in Outcome.keys()], axis=0)  # noqa: SIM118
    wide = int((reach > target).sum())
    if wide:
        console.print(f"{wide:,} points stopped at sweep.max_episodes={plan.computer.max_episodes:,} with a half width "
                      f"of up to {reach.max():.4f}", soft_wrap=True)


def _print_differences(differences: Any, console: Console) -> None:
    printed = plain_table()
    printed.add_column("outcome")
    for heading in ("largest change", "from", "to", "95 % interval"):
        printed.add_column(heading, justify="right")
    for outcome, rows in differences.groupby("outcome", sort=False):
        row = rows.loc[rows["difference"].abs().idxmax()]
        interval = "exact" if row["exact"] else f"{row['low']:+.4f} to {row['high']:+.4f}"
        printed.add_row(str(outcome), f"{row['difference']:+.4f}", f"{row['from']}", f"{row['to']}", interval)
    console.print(f"\nbetween neighbours along {differences.attrs['axis']}, paired:", soft_wrap=True)
    console.print(printed)


def save_sweep_figures(study: Study, plan: SweepPlan, table: SweepTable, folder: Path, notes: Console,
                       command: Sequence[str] | None = None) -> list[str]:
    """Draw what suits the design, and sensitivity indices where it was made for them; returns the file names."""
    from negotiation.plots import plot_sensitivity_figure, plot_sweep, save_figure
    from negotiation.plots.receipts import signed
    from negotiation.sweep.sensitivity import sensitivity

    quantity = str(study.sweep.get("quantity"))
    told = {"scenario": study.scenario.name, "design": plan.design.method, "seed": study.seed,
            **provenance(plan.config, command)}
    good = table[table[ERROR].isna()]
    files, figures = [], {}
    heading = "Several scenarios" if "scenario" in plan.design.points else study.scenario.title
    if len(good) > DRAWN and len(varying(good)) > 2:  # a cloud; of lines and maps every point counts
        heading += f"\n{DRAWN:,} of {len(good):,} points"
        good = good[good["point"].isin(plan.design.order()[:DRAWN])]
    with drawn_for(study.style, study.language, notes):
        try:
            figures["sweep"] = plot_sweep(good, quantity, heading)
        except ParameterError as error:
            notes.print(f"note: no figure of the sweep ({error})", soft_wrap=True)
        if plan.design.method in ("saltelli", "morris"):
            try:
                indices = sensitivity(plan.design, table, quantity, seed=study.seed)
                write_text(folder / "sensitivity.csv", indices.to_csv(index=False, lineterminator="\n"))
                files.append("sensitivity.csv")
                figures["sensitivity"] = plot_sensitivity_figure(indices, study.scenario.title)
            except ParameterError as error:
                notes.print(f"note: no sensitivity indices ({error})", soft_wrap=True)
        for name, figure in figures.items():
            files += [path.name for path in save_figure(figure, folder / name, signed(figure, {"figure": name, **told}),
                                                        study.formats)]
    return files


# ------------------------------------------------------------------------------------------ replay


def replay_study(study: Study, folder: Path, config: Mapping[str, Any], console: Console) -> Game:
    """Replay an episode of the study, or of a sweep's point, and its branch if one is asked for; returns its game."""
    from negotiation.sweep.replay import branch_study, replay_config, replay_row

    source = study.sweep.get("folder")
    shown = (replay_config(config, study.episode) if source is None
             else replay_row(source, study.point, study.episode))
    text = shown.text() if study.branch_change is None else branch_study(
        shown, study.branch_week, {str(key): value for key, value in study.branch_change.items()}).text()
    write_text(folder / "replay.txt", text)
    console.print(text, soft_wrap=True, end="")
    return shown.trajectory.game

