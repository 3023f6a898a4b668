"""The commands with their own help, as they print it."""

from __future__ import annotations

import os
import subprocess
import sys

PROGRAMS = {
    "negotiation": ("negotiation", "Plays, solves, simulates, sweeps, replays."),
    "negotiation-behaviours": ("negotiation.listing", "Lists the behaviours, or tells all of one."),
    "negotiation-collect": ("negotiation.collecting", "Joins the shards of a sweep."),
    "negotiation-reproduce": ("negotiation.reproducing", "From a saved figure back to the command that made it."),
    "python -m negotiation.documents": ("negotiation.documents", "Writes the generated parts of these pages, "
                                                                 "and prints "
                                        "payoff cards and role sheets for any scenario."),
}


def commands_part() -> str:
    """Every command with what it prints for ``--help``."""
    parts = [f"## "
             f"`{name}`\n\n{words}\n\n```text\n{help_of(module)}\n```\n" for name, (module, words) in PROGRAMS.items()]
    return "\n" + "\n".join(parts) + "\n"


def help_of(module: str) -> str:
    """The help of a command, 100 letters wide."""
    plain = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "PYTHON_COLORS": "0", "LINES": "40"}
    done = subprocess.run([sys.executable, "-m", module, "--help"], capture_output=True, check=True, env=plain,
                          encoding="utf-8")
    return "\n".join(line.rstrip() for line in done.stdout.strip().splitlines())
