"""The commands with their own help, as they print it."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib

DOCUMENTS = {"python -m negotiation.documents": "negotiation.documents.__main__:main"}
START = "import importlib, sys; sys.argv = [{name!r}, '--help']; importlib.import_module({module!r}).{function}()"


def commands_part(project: str) -> str:
    """Every command of the project with what it prints for ``--help``.

    Args:
        project: the text of ``pyproject.toml``, which names the commands.
    """
    scripts = {**tomllib.loads(project)["project"]["scripts"], **DOCUMENTS}
    return "\n" + "\n".join(f"## `{name}`\n\n```text\n{help_of(name, place)}\n```\n"
                            for name, place in scripts.items()) + "\n"


def help_of(name: str, place: str) -> str:
    """The help of a command, 100 letters wide.

    Args:
        name: of the command.
        place: its module and function, ``module:function``.
    """
    module, _, function = place.partition(":")
    plain = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "PYTHON_COLORS": "0", "LINES": "40"}
    done = subprocess.run([sys.executable, "-c", START.format(name=name, module=module, function=function)],
                          capture_output=True, check=True, env=plain, encoding="utf-8")
    return "\n".join(line.rstrip() for line in done.stdout.strip().splitlines())
