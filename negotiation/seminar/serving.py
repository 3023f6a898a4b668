"""One server for one database: two would each play the agents, keep clocks and tell only their own pages."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from negotiation.parameters import ParameterError


@contextmanager
def only_server(database: Path) -> Iterator[None]:
    """Hold a database as the one that serves it; other commands may use it meanwhile.

    A file beside the database is locked, never the database itself, whose own locks would be lost. The system lets go
    of the lock with the process, however it ends; the empty file stays.

    Args:
        database: path of the file, which need not exist.

    Raises:
        ParameterError: another process serves it, or the folder cannot be written to.
    """
    path = Path(f"{database.resolve()}.serving")
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ParameterError("database", str(database), f"a folder that can be written to ({error})") from None
    try:
        if not _locked(handle):
            raise ParameterError("database", str(database), "a database that no other negotiation-seminar serves; one "
                                 "does now: end it, or name another file with --database")
        yield
    finally:
        os.close(handle)


def _locked(handle: int) -> bool:
    """Take the lock, unless somebody has it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


__all__ = ["only_server"]
