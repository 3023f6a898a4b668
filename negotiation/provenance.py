"""Where a result comes from: versions, commit, configuration."""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from negotiation.version import __version__

PACKAGES = ("mesa", "numpy", "numba", "scipy", "pandas", "matplotlib", "hydra-core")


def provenance(config: Mapping[str, Any]) -> dict[str, Any]:
    """What a result's reader needs to make it again.

    Args:
        config: the resolved configuration, plain values.

    Returns:
        Version of this package, git commit (None outside a checkout, with ``+`` if files are changed),
        hash of the configuration, Python and package versions, and the time (UTC).
    """
    return {
        "version": __version__, "commit": commit(), "config_hash": config_hash(config),
        "python": platform.python_version(), "packages": package_versions(),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def config_hash(config: Mapping[str, Any]) -> str:
    """SHA-256 (first 16 hexadecimal digits) of a configuration, independent of the order of keys."""
    text = json.dumps(config, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


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
