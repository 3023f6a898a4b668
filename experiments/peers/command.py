"""Time the installed command as a user meets it: to its first number, and to its end."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

NUMBER = re.compile(r"^\W*(settlement|standstill|stalemate|escalated|rupture)\b.*?(0?\.\d|\d\s*%)", re.IGNORECASE)


class NoCommandError(RuntimeError):
    """The command is not installed, fails, or prints no outcome probability."""


def script() -> Path:
    """The installed command beside this interpreter.

    Raises:
        NoCommandError: it is not there.
    """
    path = Path(sys.executable).with_name("negotiation")
    if not path.exists():
        raise NoCommandError("the command `negotiation` is not installed beside this interpreter")
    return path


def run() -> tuple[float, float]:
    """Seconds from start to the first line with an outcome probability, and to the end.

    The command runs in an empty folder, with compiled bytecode allowed and its output unbuffered, as
    at a terminal.

    Raises:
        NoCommandError: it fails or prints no outcome probability.
    """
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONUNBUFFERED"] = "1"
    first = None
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+") as complaints:
        begin = time.perf_counter()
        with subprocess.Popen([str(script())], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=complaints, text=True) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if first is None and NUMBER.search(line):
                    first = time.perf_counter() - begin
        total = time.perf_counter() - begin
        if process.returncode:
            complaints.seek(0)
            last = (complaints.read().strip().splitlines() or ["no message"])[-1]
            raise NoCommandError(f"the command failed: {last}")
    if first is None:
        raise NoCommandError("the command printed no outcome probability")
    return first, total
