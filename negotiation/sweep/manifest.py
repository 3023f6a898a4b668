"""The manifest of a sweep's folder: what makes the sweep this one and no other.

`format` (1), `config` (the resolved configuration, plain), `config_hash`, `design_hash`, `method` and `axes`
of the design, `points` (how many), `rows`, `seed`, `shard` (None, or [k, n]), `columns` (name to kind, see
`negotiation.sweep.rows`), `provenance` of the process that made the folder and, where other versions went on
with it, `resumed_with`: their provenances.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from negotiation.files import write_bytes
from negotiation.parameters import ParameterError

FORMAT = 1
MANIFEST = "manifest.json"
IDENTITY = ("config_hash", "design_hash", "seed", "columns")
SHOWN = 8  # differences told in one line
REQUIRED = {"format", "config", "config_hash", "design_hash", "points", "seed", "columns"}


def read_manifest(folder: str | Path) -> dict[str, Any]:
    """The manifest of a sweep's folder.

    Raises:
        ParameterError: the folder is no sweep's.
    """
    try:
        manifest = json.loads((Path(folder) / MANIFEST).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        manifest = None
    if not isinstance(manifest, dict) or not set(manifest) >= REQUIRED:
        raise ParameterError("sweep", str(folder), f"a folder with {MANIFEST} made by a sweep")
    if manifest["format"] != FORMAT:
        raise ParameterError("sweep", str(folder), f"a folder of format {FORMAT}; this one has {manifest['format']!r}")
    return manifest


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write the manifest of a sweep's folder, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    write_bytes(folder / MANIFEST, _to_json(manifest).encode("utf-8"), durable=True)


def plain(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """A manifest as `read_manifest` would give it: lists for tuples, texts for keys."""
    copy: dict[str, Any] = json.loads(_to_json(manifest))
    return copy


def _to_json(manifest: Mapping[str, Any]) -> str:
    """JSON that keeps infinity, a legal precision: as 1e999, which readers of JSON take for it."""

    def marked(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {str(key): marked(entry) for key, entry in value.items()}
        if isinstance(value, (list, tuple)):
            return [marked(entry) for entry in value]
        if isinstance(value, float) and not math.isfinite(value):
            return None if math.isnan(value) else f"\0{value}"
        return value

    text = json.dumps(marked(manifest), indent=2, ensure_ascii=False, default=str)
    return text.replace(r'"\u0000inf"', "1e999").replace(r'"\u0000-inf"', "-1e999") + "\n"


# ------------------------------------------------------------------------------------------ differences


def differences(there: Mapping[str, Any], here: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    """In what two manifests differ, key by key, in words; empty if they agree in all of ``keys``."""
    found: list[str] = []
    for key in keys:
        pair = there.get(key), here.get(key)
        if pair[0] == pair[1]:
            continue
        if key == "config_hash":
            found += _by_key(there.get("config"), here.get("config"), "") or [_difference(key, *pair)]
        elif key != "design_hash" or not found:  # another configuration explains another design
            found += _by_key(*pair, key)
    found = list(dict.fromkeys(found))  # the seed is in the configuration, too
    more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return "; ".join(found[:SHOWN]) + more


_ABSENT = object()


def _by_key(there: Any, here: Any, key: str) -> list[str]:
    maps = [side if isinstance(side, dict) else {} for side in (there, here)]
    if any(maps) and all(isinstance(side, dict) or side is _ABSENT for side in (there, here)):
        return [line for name in {**maps[0], **maps[1]} for line in _by_key(
            maps[0].get(name, _ABSENT), maps[1].get(name, _ABSENT), f"{key}.{name}" if key else name)]
    if isinstance(there, list) and isinstance(here, list) and len(there) == len(here):
        return [line for number, pair in enumerate(zip(there, here, strict=True))
                for line in _by_key(*pair, f"{key}[{number}]")]
    return [] if there == here and type(there) is type(here) else [_difference(key, there, here)]


def _difference(key: str, there: Any, here: Any) -> str:
    told = ["absent" if value is _ABSENT else repr(value) for value in (there, here)]
    return f"{key}: {told[0]} there against {told[1]} here"


# --------------------------------------------------------------------------------------------- versions


def versions(provenance: Mapping[str, Any]) -> dict[str, str]:
    """Of a provenance, what results may depend on: this package, its commit, Python and other packages."""
    own = {"negotiation": provenance.get("version"), "commit": provenance.get("commit"),
           "python": provenance.get("python"), **(provenance.get("packages") or {})}
    return {name: str(version) for name, version in own.items() if version is not None}


def versions_note(then: Mapping[str, str], now: Mapping[str, str]) -> str:
    """One line on rows made with two sets of versions."""
    changed = [name for name in {**then, **now} if then.get(name) != now.get(name)]
    return f"made with {_told(then, changed)}; now {_told(now, changed)}"


def _told(found: Mapping[str, str], changed: list[str]) -> str:
    named = f"negotiation {found.get('negotiation', 'of no version')}"
    if "commit" in found:
        named += f" at commit {found['commit']}"
    others = [f"{name} {found.get(name, 'absent')}" for name in changed if name not in ("negotiation", "commit")]
    return ", ".join([named, *others])
