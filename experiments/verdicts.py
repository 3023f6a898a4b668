"""Question: does the game do what the literature expects of it, and where does that change.

Expectation: the claims of `negotiation/statics/catalogue.py`, each with its source, fixed before looking.
How to read the result: docs/verdicts.md says so itself; one row a claim, with a verdict over a Latin hypercube
around the reference scenario, and the parameter that a change of sign hangs on.

    python experiments/verdicts.py              write docs/verdicts.md and docs/verdicts.csv anew
    python experiments/verdicts.py --check      compute anew, write nothing, fail where they differ
    python experiments/verdicts.py --page       write the page anew from the stored table, for changed words
    python experiments/verdicts.py --samples 20 --folder /tmp/some    a quick look, elsewhere
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from negotiation.files import write_text
from negotiation.library import load_scenario
from negotiation.scenario import Scenario
from negotiation.statics.catalogue import STATICS
from negotiation.statics.report import page, verdict_of
from negotiation.statics.sample import REFERENCE, SAMPLES, SEED
from negotiation.statics.table import compute, differences, from_csv, to_csv
from negotiation.statics.verdict import Finding

DOCS = Path(__file__).resolve().parent.parent / "docs"
SHOWN = 10  # so many differences are named before the rest is counted


def whole(text: str) -> int:
    """A whole number of at least 1, for argparse."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is not allowed; allowed: an integer, at least 1")
    return value


def computed(reference: Scenario, samples: int, seed: int, workers: int | None) -> pd.DataFrame:
    """The table of effects, with a progress bar where somebody is looking."""
    console = Console(stderr=True)
    with Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
                  console=console, disable=not console.is_terminal) as progress:
        bar = progress.add_task("scenarios", total=samples + 1)
        return compute(reference, samples, seed, workers, lambda done, _: progress.update(bar, completed=done))


def sentence(table: pd.DataFrame) -> str:
    """The result in one sentence."""
    counts = Counter(verdict_of(static, table).finding for static in STATICS)
    told = ", ".join(f"{counts[finding]} {finding.value}" for finding in Finding if counts[finding])
    return f"Of {len(STATICS)} claims over {len(table) - 1} scenarios: {told}."


def check(table: pd.DataFrame, text: str, folder: Path) -> list[str]:
    """Where what is in a folder differs from what was computed; empty if nowhere."""
    try:
        stored = (folder / "verdicts.csv").read_text(encoding="utf-8")
        written = (folder / "verdicts.md").read_text(encoding="utf-8")
    except OSError as error:
        return [f"{error.filename}: {error.strerror}"]
    found = differences(table, from_csv(stored))
    if written != text:
        found += [f"verdicts.md: line {number}" for number, (one, other) in enumerate(
            zip(text.splitlines(), written.splitlines(), strict=False), start=1) if one != other] or [
            "verdicts.md: its length"]
    return found


def main(arguments: list[str] | None = None) -> int:
    """Write the page and the table, or check them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with what is there instead of writing it")
    parser.add_argument("--page", action="store_true", help="write the page from the table that is there")
    parser.add_argument("--samples", type=whole, default=SAMPLES, help=f"scenarios (default {SAMPLES})")
    parser.add_argument("--seed", type=int, default=SEED, help=f"of the hypercube (default {SEED})")
    parser.add_argument("--workers", type=whole, default=None, help="processes (default: one a core)")
    parser.add_argument("--folder", type=Path, default=DOCS, help="where the files are (default: docs)")
    chosen = parser.parse_args(arguments)
    reference = load_scenario(REFERENCE)
    if chosen.page:
        try:
            table = from_csv((chosen.folder / "verdicts.csv").read_text(encoding="utf-8"))
        except OSError as error:
            print(f"{error.filename}: {error.strerror}", file=sys.stderr)
            return 1
    else:
        table = computed(reference, chosen.samples, chosen.seed, chosen.workers)
    text = page(table, reference, chosen.seed)
    print(sentence(table))
    if chosen.check:
        found = check(table, text, chosen.folder)
        for line in found[:SHOWN]:
            print(line, file=sys.stderr)
        if len(found) > SHOWN:
            print(f"and {len(found) - SHOWN} more", file=sys.stderr)
        return 1 if found else 0
    chosen.folder.mkdir(parents=True, exist_ok=True)
    write_text(chosen.folder / "verdicts.csv", to_csv(table))
    write_text(chosen.folder / "verdicts.md", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
