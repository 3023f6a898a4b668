"""Where a result comes from: versions, commit, configuration, and the command that makes it again."""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from negotiation.library import SUFFIXES, scenario_values
from negotiation.version import __version__

PACKAGES = ("mesa", "numpy", "numba", "scipy", "pandas", "matplotlib", "hydra-core")
FILE_KEYS = ("scenario", "sweep.file")  # keys whose values may name the user's own files


def provenance(config: Mapping[str, Any], command: Sequence[str] | None = None) -> dict[str, Any]:
    """What a result's reader needs to make it again.

    Args:
        config: the resolved configuration, plain values.
        command: the words of the command that makes it, see `negotiation.commands`; None for the library.

    Returns:
        ``version`` of this package, git ``commit`` (None outside a checkout, with ``+`` if files are changed),
        ``config_hash``, ``python`` and ``packages`` (versions), and ``created``, the time (UTC). With a command
        also ``command``, a list of words, and ``files``, see `file_hashes`.
    """
    told: dict[str, Any] = {
        "version": __version__, "commit": commit(), "config_hash": config_hash(config),
        "python": platform.python_version(), "packages": package_versions(),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    if command is not None:
        told |= {"command": list(command), "files": file_hashes(command)}
    return told


def receipt(figure: str, config: Mapping[str, Any], seed: int, command: Sequence[str] | None = None,
            **told: Any) -> dict[str, Any]:
    """What a saved figure says of itself; `negotiation.plots.receipts.signed` adds the hash of its data.

    Args:
        figure: its name, which is its file's name without the ending.
        config: the resolved configuration, plain values.
        seed: the root seed.
        command: the words of the command that makes it; None for the library.
        told: what else a reader would like to know, e.g. ``scenario``.
    """
    return {"figure": figure, **told, "seed": seed, **provenance(config, command)}


def config_hash(config: Mapping[str, Any]) -> str:
    """SHA-256 (first 16 hexadecimal digits) of a configuration, independent of the order of keys."""
    text = json.dumps(config, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def file_hashes(command: Sequence[str]) -> dict[str, str | None]:
    """The user's own files that a command names, as it names them, each with a hash of its content.

    See `file_hash`.
    """
    found: dict[str, str | None] = {}
    for word in command:
        key, equals, value = word.partition("=")
        if not equals or key not in FILE_KEYS:
            continue
        whole = value.strip("'\"")
        # As the command itself reads it: a comma may be part of the name.
        names = [whole] if key != "scenario" or Path(whole).expanduser().is_file() else value.split(",")
        for name in (name.strip("'\"") for name in names):
            if key != "scenario" or name.endswith(SUFFIXES):
                found[name] = file_hash(Path(name).expanduser())
    return found


def file_hash(path: Path) -> str | None:
    """SHA-256 (first 16 hexadecimal digits) of a file's content; None where it cannot be read.

    Of a scenario file what it says counts, its parents included, not how; of other files every byte.
    """
    try:
        if path.suffix in SUFFIXES:
            values = scenario_values(path)
            return config_hash({key: value for key, value in values.items() if key != "documentation"})
        return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    except (OSError, ValueError):
        return None


@cache
def package_versions() -> dict[str, str]:
    """Versions of the packages that results depend on."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


@cache
def commit() -> str | None:
    """The commit of the source checkout this package runs from, else None."""
    root = Path(__file__).resolve().parent.parent
    if not (root / ".git").exists():
        return None
    try:
        described = subprocess.run(["git", "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"],
                                   cwd=root, capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return described.stdout.strip() or None
