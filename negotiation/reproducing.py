"""The ``negotiation-reproduce`` command: from a saved figure back to the command that made it.

Reads the receipt inside a PNG, SVG or PDF, prints the command on one line (ready for a shell), and on stderr
what is different today: version, commit, packages, configuration, scenario files, seed. ``--run FOLDER`` runs the
command and compares the numbers behind both figures.

A receipt is a text inside a file that may come from anywhere. So ``--run`` starts nothing but ``negotiation`` and
the scripts of ``experiments/``, and passes no key of Hydra's own on, which could start other programs.
"""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

NAME = "FIGURE"
ABSENT = "absent"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; leaves with status 0, 1 (``--run`` gave other data) or 2 (refused, one line says why)."""
    parser = argparse.ArgumentParser(
        prog="negotiation-reproduce", description="Print the command that makes a saved figure again, and on stderr "
        "what is different today.",
        epilog="With --run the last line says whether the data are the same, and so does the exit status: 0 or 1.")
    parser.add_argument("figure", type=Path, metavar=NAME, help="a PNG, SVG or PDF file saved by negotiation")
    parser.add_argument("--run", type=Path, metavar="FOLDER", help="run the command into a new or empty folder, and "
                        "compare the numbers behind the figures")
    given = parser.parse_args(arguments)
    from negotiation.refusals import leave

    try:
        same = reproduce(given.figure, given.run)
    except Exception as error:
        leave(error)
        raise
    if not same:
        sys.exit(1)


def reproduce(figure: Path, folder: Path | None = None) -> bool:
    """Print a figure's command and what is different today; run it if a folder is given.

    Args:
        figure: a saved figure.
        folder: where to run the command; None to run nothing.

    Returns:
        False if the command was run and gave other data, else True.

    Raises:
        ParameterError: the file is no figure with a receipt, was made without a command, cannot be compared, or
            the command fails.
    """
    receipt = receipt_of(figure)
    command = command_in(figure, receipt)
    if folder is not None:
        arguments = _runnable(command, figure, receipt, folder)
    print(shlex.join(command), flush=True)
    for line in differences(receipt, command):
        print(line, file=sys.stderr, flush=True)
    if folder is None:
        return True
    return _run(arguments, figure, receipt, folder)


# ------------------------------------------------------------------------------------ the receipt


def receipt_of(figure: Path) -> dict[str, Any]:
    """The receipt inside a figure.

    Raises:
        ParameterError: the file cannot be read, is no figure, or holds no receipt.
    """
    from negotiation.parameters import ParameterError
    from negotiation.plots.save import read_receipt

    try:
        receipt = read_receipt(figure)
    except FileNotFoundError:
        raise ParameterError(NAME, str(figure), "an existing file") from None
    except Exception as error:  # each kind of picture has errors of its own for files that are none
        reason = " ".join(str(error).split()).removeprefix(f"{figure}: ")
        raise ParameterError(NAME, str(figure), f"a PNG, SVG or PDF file saved by negotiation ({reason})") from None
    if not isinstance(receipt, dict) or not receipt:
        raise ParameterError(NAME, str(figure), "a figure with a receipt inside; this one was saved without")
    return receipt


def command_in(figure: Path, receipt: Mapping[str, Any]) -> list[str]:
    """The words of the command that a receipt names.

    Raises:
        ParameterError: it names none.
    """
    from negotiation.parameters import ParameterError

    command = receipt.get("command")
    if not isinstance(command, list) or not command or not all(isinstance(word, str) for word in command):
        raise ParameterError(NAME, str(figure), "a figure made by a command; this one was made from the library, "
                             "without a command")
    return command


# ----------------------------------------------------------------------------- what differs today


def differences(receipt: Mapping[str, Any], command: Sequence[str]) -> list[str]:
    """What is different today from when the figure was made, one line each; one line that says so if nothing is."""
    lines = [*_versions(receipt), *_files(receipt), *_configuration(receipt, command)]
    return lines or ["nothing differs: version, commit, packages, configuration and seed are the figure's"]


def _versions(receipt: Mapping[str, Any]) -> list[str]:
    from negotiation.provenance import provenance
    from negotiation.sweep.manifest import versions

    then, now = versions(receipt), versions(provenance({}))
    names = [name for name in {**then, **now} if then.get(name) != now.get(name)]
    lines = [f"{name}: {then.get(name, ABSENT)} then, {now.get(name, ABSENT)} now" for name in names]
    if "commit" not in names and then.get("commit", "").endswith("+"):
        lines.append(f"commit: {then['commit']} then and now, with changed files (+), which may differ")
    return lines


def _files(receipt: Mapping[str, Any]) -> list[str]:
    from negotiation.provenance import file_hash

    lines = []
    for name, then in (receipt.get("files") or {}).items():
        now = file_hash(Path(name).expanduser())
        if now is None:
            lines.append(f"{name}: cannot be read here; paths are seen from the folder where the command ran")
        elif now != then:
            lines.append(f"{name}: the file's content has changed since")
    return lines


def _configuration(receipt: Mapping[str, Any], command: Sequence[str]) -> list[str]:
    """Differences of configuration and seed; of scripts, which compose their own, nothing is known before they run."""
    if command[0] != "negotiation":
        return []
    from negotiation.cli import prepared
    from negotiation.commands import compose
    from negotiation.refusals import explain

    try:
        now = compose([command[0], *prepared(list(command[1:]))])
    except Exception as error:
        return [f"configuration: refused today ({explain(error) or type(error).__name__})"]
    lines = []
    if now.config_hash != receipt.get("config_hash"):
        lines.append(f"config_hash: {receipt.get('config_hash', ABSENT)} then, {now.config_hash} now")
    if now.seed is not None and now.seed != receipt.get("seed", now.seed):
        lines.append(f"seed: {receipt['seed']} then, {now.seed} now")
    return lines


# ------------------------------------------------------------------------------------- running it


def _runnable(command: Sequence[str], figure: Path, receipt: Mapping[str, Any], folder: Path) -> list[str]:
    """The arguments of the process to start; refuses what must not or cannot be run."""
    from negotiation.commands import into
    from negotiation.parameters import ParameterError

    if not isinstance(receipt.get("data_hash"), str):
        raise ParameterError(NAME, str(figure), "with --run a figure whose receipt has a data_hash")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ParameterError("--run", str(folder), "a folder that is new or empty")
    for word in command[1:]:
        key = word.partition("=")[0].lstrip("+~")
        if key.startswith("hydra") and not re.fullmatch(r"hydra/sweeper=\w+", word):
            raise ParameterError("command", word, "with --run no key of Hydra's own; run the printed command yourself")
    if command[0] == "negotiation":
        return [sys.executable, "-m", "negotiation.cli", *into(command, folder)[1:]]
    if command[0] == "python" and len(command) > 1 and re.fullmatch(r"experiments/\w+\.py", command[1]):
        own = Path(__file__).resolve().parent.parent / command[1]
        if own.is_file():
            return [sys.executable, str(own), *into(command, folder)[2:]]
        raise ParameterError("command", command[1], "a script of the project's own folder; there is none here")
    raise ParameterError("command", shlex.join(command), "with --run negotiation or python experiments/NAME.py")


def _run(arguments: Sequence[str], figure: Path, receipt: Mapping[str, Any], folder: Path) -> bool:
    from negotiation.parameters import ParameterError

    done = subprocess.run(arguments, stdout=sys.stderr.fileno(), check=False)  # stdout is for the answer
    if done.returncode != 0:
        raise ParameterError("command", f"status {done.returncode}", "a command that runs; it has said why it did not")
    name = str(receipt.get("figure") or figure.stem)
    made = _find(folder, name, figure.suffix.lower())
    if made is None:
        raise ParameterError("--run", str(folder), f"a command that makes {name}{figure.suffix.lower()}")
    then, now = receipt["data_hash"], receipt_of(made).get("data_hash")
    if then == now:
        print(f"same data: {made} ({now})", flush=True)
        return True
    print(f"different data: {made} ({then} then, {now} now)", flush=True)
    return False


def _find(folder: Path, name: str, ending: str) -> Path | None:
    """The figure of a name, the nearest to the folder: a multirun's own rather than a job's of the same name."""
    found = sorted((path for path in folder.rglob(f"*{ending}") if path.is_file()),
                   key=lambda path: (len(path.parts), path.stem != name, path))
    return next((path for path in found if _named(path) == name), None)


def _named(path: Path) -> str | None:
    """The name of a figure; None of other pictures."""
    from negotiation.parameters import ParameterError

    try:
        return receipt_of(path).get("figure")
    except ParameterError:
        return None


if __name__ == "__main__":
    main()
