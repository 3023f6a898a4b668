"""Writing files whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

DRAFTS = ".*.part"  # what drafts are called, as a glob
_DRAFTS: set[Path] = set()


def discard_drafts() -> None:
    """Remove what is being written right now: for a process that leaves at once."""
    for draft in list(_DRAFTS):
        draft.unlink(missing_ok=True)


@contextmanager
def drafted(path: Path, durable: bool = False) -> Iterator[Path]:
    """A draft beside a file, to write into; on leaving it takes the file's place in one step.

    What stood at ``path`` before stays until then, and stays altogether where the block fails.

    Args:
        path: the file to write; its folder exists.
        durable: the file is on the disk, not only in the machine's memory, when the block is left; so
            a machine that loses power leaves the file whole or not at all, too.

    Yields:
        The draft's path.

    Raises:
        OSError: the file cannot be written; its ``filename`` is ``path``.
    """
    # Beside the target, because only within one file system can a file be moved in one step. A plain
    # write gives it the permissions that the user's other files get; a `tempfile` would be private.
    draft = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.part")
    _DRAFTS.add(draft)
    try:
        yield draft
        if durable:
            _to_disk(draft)
        draft.replace(path)
        if durable and os.name == "posix":  # elsewhere folders cannot be opened
            _to_disk(path.parent)
    except BaseException as error:
        draft.unlink(missing_ok=True)
        if isinstance(error, OSError):
            # A full disk is often noticed by a call that knows no names, and a draft's name says nothing.
            number = error.errno or errno.EIO
            raise OSError(number, os.strerror(number), str(path)) from error
        raise
    finally:
        _DRAFTS.discard(draft)


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_bytes(path: Path, content: bytes, durable: bool = False) -> None:
    """Write a file by way of a draft beside it and a rename; what stood there before stays until then.

    Raises:
        OSError: the file cannot be written.
    """
    with drafted(path, durable) as draft:
        draft.write_bytes(content)


def write_all(folder: str | Path, contents: Mapping[str, bytes]) -> list[Path]:
    """Write files by name into a folder, which is made if it does not exist; each is whole or not there."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        write_bytes(folder / name, content)
    return [folder / name for name in contents]


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
