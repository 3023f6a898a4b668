"""Writing files whole or not at all."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

_DRAFTS: set[Path] = set()


def discard_drafts() -> None:
    """Remove what is being written right now: for a process that leaves at once."""
    for draft in list(_DRAFTS):
        draft.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file by way of a draft beside it and a rename; what stood there before stays until then.

    Raises:
        OSError: the file cannot be written.
    """
    # Beside the target, because only within one file system can a file be moved in one step. A plain
    # write gives it the permissions that the user's other files get; a `tempfile` would be private.
    draft = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.part")
    _DRAFTS.add(draft)
    try:
        draft.write_bytes(content)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    finally:
        _DRAFTS.discard(draft)


def write_text(path: Path, text: str) -> None:
    """Write a text file (UTF-8), whole or not at all."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, value: Any) -> None:
    """Write JSON with numbers in full precision; nan and infinity, which JSON lacks, become null."""
    write_text(path, json.dumps(_finite(value), indent=2, ensure_ascii=False) + "\n")


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _finite(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(entry) for entry in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    return value
