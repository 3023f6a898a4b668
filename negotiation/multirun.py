"""What is made of a multirun when its jobs are done: one table, one figure, and what the terminal shows."""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console

from negotiation.files import write_bytes, write_text
from negotiation.provenance import provenance
from negotiation.terminal import drawn_for, plain_table
from negotiation.vocabulary import Outcome

SHOWN = 20  # rows on the terminal; the files hold all
WIDE = 10_000  # letters, more than any table needs


def report(folder: Path, table: pd.DataFrame, config: Mapping[str, Any], console: Console,
           command: Sequence[str] | None = None) -> int:
    """Write and print what has been gathered.

    Args:
        folder: the multirun's; gets ``table.parquet``, ``table.csv`` and, if there are results that differ in
            a swept key, ``outcomes.png`` and ``outcomes.svg``.
        table: from `negotiation.sweep.gather.gather`.
        config: the resolved configuration without the swept values; its ``figures`` say which are saved.
        console: where the table is printed; jobs that failed are listed on stderr.
        command: the words of the multirun's command, for the figure's receipt.

    Returns:
        The number of jobs that failed or did not finish.

    Raises:
        OSError: a file cannot be written.
    """
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    write_bytes(folder / "table.parquet", buffer.getvalue())
    write_text(folder / "table.csv", table.to_csv(index=False, lineterminator="\n"))
    files = ["table.parquet", "table.csv"]
    failed = table[table["error"].notna()]
    # Printed before the figure is drawn, which takes a second.
    console.print(f"\n{len(table)} job{'' if len(table) == 1 else 's'}"
                  + (f", {len(failed)} failed" if len(failed) else ""), style="bold", soft_wrap=True)
    if "exact" in table:
        _print_table(table, console)
        plots = config["plots"]
        files += _save_figure(folder, table, plots["formats"] if plots["save"] else [], config, command)
    console.print(f"\n{folder}/  " + "  ".join(files), soft_wrap=True)
    _print_failures(folder, failed)
    return len(failed)


def _print_table(table: pd.DataFrame, console: Console) -> None:
    printed = plain_table(gap=2)
    keys = short_names(table.attrs["swept"])
    printed.add_column("job", justify="right")
    for key, name in keys.items():
        printed.add_column(name, justify="right" if pd.api.types.is_numeric_dtype(table[key]) else "left",
                           overflow="fold")
    for outcome in Outcome:
        printed.add_column(outcome.key, justify="right", overflow="fold")
    for _, row in table.head(SHOWN).iterrows():
        shares = [row[f"probability_{outcome.key}"] for outcome in Outcome]
        cells = [f"{share:.4f}" if pd.notna(share) else "failed" for share in shares]
        printed.add_row(str(row["job"]), *(_cell(row[key]) for key in keys), *cells)
    if not console.is_terminal:  # a file has no edge where names would have to be folded
        console.width = max(console.width, console.measure(printed, options=console.options.update(width=WIDE)).maximum)
    console.print(printed)
    if len(table) > SHOWN:
        console.print(f"... and {len(table) - SHOWN} more, see table.csv", soft_wrap=True)


def _cell(value: Any) -> str:
    if pd.isna(value):
        return "-"
    return f"{value:g}" if isinstance(value, float) else str(value)


def short_names(keys: Sequence[str]) -> dict[str, str]:
    """Each key by its last two words, or as many more as tell it from the others."""
    parts = {key: key.split(".") for key in keys}
    words = 2
    while True:
        short = {key: ".".join(entry[-words:]) for key, entry in parts.items()}
        if len(set(short.values())) == len(short) or words > max(map(len, parts.values())):
            return short
        words += 1


def _save_figure(folder: Path, table: pd.DataFrame, formats: Sequence[str], config: Mapping[str, Any],
                 command: Sequence[str] | None) -> list[str]:
    """Draw the exact outcomes along the swept keys; returns the file names, none if nothing varies."""
    swept = table.attrs["swept"]
    results = [f"probability_{outcome.key}" for outcome in Outcome]
    drawn = table[[*swept, *results]]
    keys = [key for key in swept if drawn[key].nunique() > 1]
    if not formats or not keys:
        return []
    from negotiation.plots import save_figure
    from negotiation.plots.lines import PANELS, plot_lines_figure, plot_sweep
    from negotiation.plots.receipts import signed

    known = {} if "scenario" in swept else {"scenario": config["scenario"]}  # names and title that all jobs share
    drawn.attrs = {"manifest": {"axes": swept, "config": known}}
    heading = str(config["scenario"].get("title", "")) if known else ""
    receipt = {"figure": "outcomes", "swept": swept, "jobs": len(table),
               **({} if "seed" in swept else {"seed": config["seed"]}), **provenance(config, command)}
    keys.sort(key=lambda key: (not pd.api.types.is_numeric_dtype(drawn[key]), -drawn[key].nunique()))
    plots = config["plots"]
    silent = Console(quiet=True)  # the jobs have said what the fonts lack
    with drawn_for(plots.get("style", "print"), plots.get("language", "en"), silent):
        if (len(keys) <= 2 and not drawn.duplicated(keys).any()
                and all(drawn[key].nunique() <= PANELS for key in keys[1:])):
            figure = plot_lines_figure(drawn, *keys, heading=heading)
        else:
            figure = plot_sweep(drawn, heading=heading)
        return [path.name for path in save_figure(figure, folder / "outcomes", signed(figure, receipt), formats)]


def _print_failures(folder: Path, failed: pd.DataFrame) -> None:
    for _, row in failed.head(SHOWN).iterrows():
        given = " ".join(f"{key}={_cell(row[key])}" for key in failed.attrs["swept"])
        print(f"negotiation: job {row['job']}{f' ({given})' if given else ''}: {row['error']}", file=sys.stderr)
    if len(failed) > SHOWN:
        print(f"negotiation: ... and {len(failed) - SHOWN} more jobs failed, see {folder / 'table.csv'}",
              file=sys.stderr)


__all__ = ["report", "short_names"]
