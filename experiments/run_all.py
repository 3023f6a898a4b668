"""Runs every experiment at full size into one folder, with an index page that needs no server.

``python experiments/run_all.py [FOLDER] [KEY=VALUE ...]``: overrides go to every experiment. An experiment that
fails is named at the end, the others are kept, and the status is 1.
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from negotiation.plots.index_page import Entry, index_page
from negotiation.terms import say

HERE = Path(__file__).resolve().parent
TOOLS = ("benchmark", "run_all", "screens", "verdicts")
EXPERIMENTS = tuple(sorted(path.stem for path in HERE.glob("*.py") if path.stem not in TOOLS))
DOWNLOADS = {".svg": "SVG", ".pdf": "PDF", ".csv": "CSV"}


def main() -> None:
    """Run them; see the module docstring."""
    parser = argparse.ArgumentParser(description="Run every experiment at full size, with an index page.")
    parser.add_argument("folder", nargs="?", default="outputs/experiments", type=Path)
    parser.add_argument("overrides", nargs="*", help="KEY=VALUE for every experiment, e.g. scenario=host_2014")
    parser.add_argument("--only", nargs="+", choices=EXPERIMENTS, default=EXPERIMENTS, metavar="NAME",
                        help="some of: " + ", ".join(EXPERIMENTS))
    given = parser.parse_intermixed_args()
    if "=" in str(given.folder):
        given.overrides.insert(0, str(given.folder))
        given.folder = Path("outputs/experiments")
    failed = run_all(given.folder, given.overrides, given.only)
    sys.exit(1 if failed else 0)


def run_all(folder: Path, overrides: list[str], names: tuple[str, ...] = EXPERIMENTS) -> list[str]:
    """Run experiments one after the other; returns the names of those that failed."""
    folder.mkdir(parents=True, exist_ok=True)
    out, notes, failed = Console(highlight=False), Console(stderr=True), []
    begun = time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=notes, transient=True, disable=not notes.is_terminal) as bar:
        task = bar.add_task("experiments", total=len(names))
        for name in names:
            bar.update(task, description=name)
            (folder / name / "answer.json").unlink(missing_ok=True)
            command = [sys.executable, str(HERE / f"{name}.py"), f"hydra.run.dir={folder / name}", *overrides]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            bar.advance(task)
            if done.returncode == 130:
                sys.exit(130)
            if done.returncode:
                failed.append(name)
                notes.print(f"{name}: failed ({(done.stderr.strip().splitlines() or ['no word'])[-1]})", markup=False)
            else:
                out.print(f"{name}: {done.stdout.splitlines()[0]}", markup=False, soft_wrap=True)
    page = index_page(folder, [entry_of(folder / name) for name in names if name not in failed],
                      notes=[f"{len(names) - len(failed)} of {len(names)} experiments"
                             + (f"; overrides: {shlex.join(overrides)}" if overrides else "")])
    out.print(f"\n{page}  ({time.monotonic() - begun:.0f} s)", markup=False, soft_wrap=True)
    return failed


def entry_of(folder: Path) -> Entry:
    """What the index page says of an experiment's folder."""
    told = json.loads((folder / "answer.json").read_text(encoding="utf-8"))
    pictures = [folder / f"{name}.png" for name in told["figures"]]
    downloads = sorted(path for path in folder.iterdir() if path.suffix in DOWNLOADS and path.stem != "dossier")
    dossier = folder / "dossier.pdf"
    receipt = told["provenance"]
    return Entry(
        told["name"], told["question"], told["sentence"],
        [(path, f"{told['question']} {told['reading']}") for path in pictures if path.exists()],
        [(path, f"{path.stem} ({DOWNLOADS[path.suffix]})") for path in downloads],
        dossier if dossier.exists() else None, told["verdict"],
        [(say("Expectation"), told["expectation"]), (say("How to read the figure"), told["reading"])],
        shlex.join(receipt.get("command") or []))


if __name__ == "__main__":
    main()
