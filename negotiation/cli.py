"""The ``negotiation`` command: Hydra in front, `negotiation.study` behind, clear words when refused."""

from __future__ import annotations

import io
import os
import re
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

STATUS_INTERRUPTED = 130
SUFFIXES = (".yaml", ".yml")
PATIENCE = 2.0  # seconds from Ctrl-C to leaving, whatever happens


def main(arguments: Sequence[str] | None = None, act: Any = None) -> None:
    """Run the command; leaves with status 0, 1 (jobs of a multirun failed), 2 (refused, in one line), 130 (Ctrl-C).

    Args:
        arguments: as on the command line; those of the process if None.
        act: what is done with a study, see `negotiation.app.run`; None for what the command does.
    """
    # Hydra then raises its errors instead of printing them over several lines.
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")
    given = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal without the letters of a name shows question marks
            stream.reconfigure(errors="replace")
    known = _answer_interrupts()
    unraisable = sys.unraisablehook
    try:
        # Imported here so that Ctrl-C is answered in one line during the imports too.
        from negotiation.app import run

        run(prepared(given), *([] if act is None else [act]))
    except KeyboardInterrupt:
        _leave()
    except Exception as error:
        from negotiation.refusals import leave

        leave(error)
        raise
    finally:
        sys.unraisablehook = unraisable
        if known is not None:
            signal.signal(signal.SIGINT, known)


def _answer_interrupts() -> Any:
    """Make Ctrl-C certain to end the command; returns the former handler, None outside the main thread.

    A KeyboardInterrupt that happens to be raised inside a finaliser is ignored by Python, and the work
    would go on; so a timer leaves anyway if the process is still there after a moment.
    """

    def interrupted(number: int, frame: Any) -> None:
        timer = threading.Timer(PATIENCE, _leave)
        timer.daemon = True
        timer.start()
        raise KeyboardInterrupt

    def ignored(raised: Any, known: Any = sys.unraisablehook) -> None:
        if issubclass(raised.exc_type, KeyboardInterrupt):
            _leave()
        known(raised)

    try:
        sys.unraisablehook = ignored
        signal.signal(signal.SIGTERM, interrupted)  # how batch systems end a job: as with Ctrl-C, rows are kept
        return signal.signal(signal.SIGINT, interrupted)
    except ValueError:
        return None


def _leave() -> NoReturn:
    from negotiation.files import discard_drafts

    discard_drafts()
    print("negotiation: stopped", file=sys.stderr, flush=True)
    # Threads may still be in a compiled block; nothing they do is wanted any more.
    os._exit(STATUS_INTERRUPTED)


def prepared(arguments: list[str]) -> list[str]:
    """The arguments as Hydra wants them.

    ``a.b[3].c=x`` becomes ``a.b.3.c=x``, ``scenario=some/file.yaml`` an option made from the file, and
    ``sweep=FOLDER`` one that names the folder.

    Raises:
        ParameterError: the scenario file cannot be read, the folder is no sweep's, or a key cannot stand beside it.
    """
    result = []
    _refuse_beside_a_folder(arguments)
    for argument in arguments:
        key, equals, value = argument.partition("=")
        if equals and "[" in key:
            key = re.sub(r"\[(\d+)\]", r".\1", key)
        if key == "scenario" and any(part.endswith(SUFFIXES) for part in value.split(",")):
            whole = Path(value.strip("'\"")).expanduser().is_file()
            value = ",".join(_file_option(part) for part in ([value] if whole else value.split(",")))
        if key == "sweep" and value.endswith(SUFFIXES):
            from negotiation.parameters import ParameterError

            raise ParameterError("sweep", value, "a design's name, or a sweep's folder; for a file of one's own, "
                                 "FOLDER/sweep/NAME.yaml: --config-dir FOLDER sweep=NAME")
        if key == "sweep" and _is_folder(value):
            from negotiation.config import register_sweep_folder

            value = register_sweep_folder(_path(value))
        result.append(f"{key}{equals}{value}")
    # Hydra wants its flags before or after the overrides, not between them.
    return sorted(result, key=lambda argument: argument not in ("-m", "--multirun"))


BESIDE_A_FOLDER = ("mode", "sweep", "point", "episode", "branch.week", "branch.change")


def _path(value: str) -> Path:
    return Path(value.strip("'\"")).expanduser()


def _is_folder(value: str) -> bool:
    """Whether ``sweep=VALUE`` names a folder; the designs' own names never do."""
    from negotiation.library import group_names

    return value not in group_names("sweep") and (os.sep in value or (_path(value) / "manifest.json").is_file())


def _refuse_beside_a_folder(arguments: list[str]) -> None:
    """A sweep's folder brings its own configuration; what else is asked for must not be passed over in silence."""
    pairs = [argument.partition("=")[::2] for argument in arguments if "=" in argument]
    if not any(key == "sweep" and _is_folder(value) for key, value in pairs):
        return
    from negotiation.parameters import ParameterError

    for key, value in pairs:
        if key.lstrip("+-") not in BESIDE_A_FOLDER and not key.startswith(("hydra", "--", "plots.")):
            raise ParameterError(key, value, "beside sweep=FOLDER only " + ", ".join(BESIDE_A_FOLDER)
                                 + "; the folder has its own configuration, and branch.change changes it")


def _file_option(value: str) -> str:
    if not value.endswith(SUFFIXES):
        return value
    from negotiation.config import register_scenario_file

    return register_scenario_file(Path(value.strip("'\"")).expanduser())

if __name__ == "__main__":
    main()
