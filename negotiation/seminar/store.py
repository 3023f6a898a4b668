"""The class's database: SQLite with write-ahead log and full synchronisation, the only place anything is kept.

    rooms     one row a class: settings, seed, hashes of its secrets, whether it waits, plays, is paused or has ended,
              and whether it is closed to those who have not joined
    people    one row a person: name, room, seat at a table, hash of the personal code; away: 0 plays, 1 an agent
              was told to play, 2 an agent plays since no page of theirs was open, 3 taken off the table by the teacher;
              back: when somebody last let them play themselves again
    links     hashes of the secret addresses of people, one for each device
    tables    one row a table: number and treatment; a table's number is the number of its episode
    moves     one row an entry of a table's record, in order; never changed and never deleted
    words     private notes and messages between the capitals; recipient: a seat, all of the table where empty

Secrets (the teacher's link, a person's link and personal code) are kept as hashes. Every change is one transaction
that is on the disk before it is answered. A version number tells what the columns are; older databases are
migrated, newer and damaged ones refused and left as they are.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from negotiation.parameters import ParameterError

VERSION = 4
SCHEMA = """
CREATE TABLE rooms (
    id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE, teacher TEXT NOT NULL UNIQUE, settings TEXT NOT NULL,
    seed TEXT NOT NULL, phase TEXT NOT NULL, made REAL NOT NULL, clock REAL NOT NULL,
    closed INTEGER NOT NULL DEFAULT 0);
CREATE TABLE people (
    id INTEGER PRIMARY KEY, room INTEGER NOT NULL REFERENCES rooms, name TEXT NOT NULL, code TEXT NOT NULL,
    table_number INTEGER NOT NULL, seat INTEGER NOT NULL, away INTEGER NOT NULL DEFAULT 0, joined REAL NOT NULL,
    client TEXT NOT NULL, back REAL NOT NULL DEFAULT 0, UNIQUE (room, code), UNIQUE (room, client));
CREATE TABLE links (hash TEXT PRIMARY KEY, person INTEGER NOT NULL REFERENCES people);
CREATE TABLE tables (
    room INTEGER NOT NULL REFERENCES rooms, number INTEGER NOT NULL, treatment TEXT NOT NULL,
    alone INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (room, number));
CREATE TABLE moves (
    id INTEGER PRIMARY KEY AUTOINCREMENT, room INTEGER NOT NULL REFERENCES rooms, table_number INTEGER NOT NULL,
    place INTEGER NOT NULL, kind TEXT NOT NULL, seat INTEGER, option INTEGER, person INTEGER REFERENCES people,
    client TEXT NOT NULL, at REAL NOT NULL, UNIQUE (room, table_number, place), UNIQUE (room, client));
CREATE TABLE words (
    id INTEGER PRIMARY KEY AUTOINCREMENT, room INTEGER NOT NULL REFERENCES rooms, table_number INTEGER NOT NULL,
    seat INTEGER NOT NULL, person INTEGER REFERENCES people, kind TEXT NOT NULL, text TEXT NOT NULL,
    client TEXT NOT NULL, at REAL NOT NULL, recipient INTEGER, UNIQUE (room, client));
CREATE INDEX people_of ON people (room, table_number);
CREATE INDEX words_of ON words (room, table_number);
"""
# Version 1 had no tables played alone at home, version 2 no messages to one capital only, version 3 no classes closed
# to newcomers and no time of coming back.
MIGRATIONS = {1: "ALTER TABLE tables ADD COLUMN alone INTEGER NOT NULL DEFAULT 0;",
              2: "ALTER TABLE words ADD COLUMN recipient INTEGER;",
              3: "ALTER TABLE rooms ADD COLUMN closed INTEGER NOT NULL DEFAULT 0; "
                 "ALTER TABLE people ADD COLUMN back REAL NOT NULL DEFAULT 0;"}
BUSY = 10_000  # milliseconds that another process's transaction is waited for


class Store:
    """One open database; safe to share between threads.

    Attributes:
        path: of the file.
    """

    def __init__(self, path: str | Path) -> None:
        """Open a database, or make it.

        Raises:
            ParameterError: the file is damaged, of a newer version, or no database.
        """
        self.path = Path(path)
        self._lock = threading.RLock()
        self._depth = 0
        try:
            version = _version(self.path) if self.path.exists() and self.path.stat().st_size else 0
            _for_its_owner(self.path)
            self._db = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        except sqlite3.DatabaseError as error:
            raise ParameterError("database", str(self.path), f"a whole database of classes; this is none ({error}); it "
                                 "was left as it is: restore an export, or name another file") from None
        except (OSError, sqlite3.Error) as error:
            raise ParameterError("database", str(self.path), f"a file that can be opened ({error})") from None
        try:
            self._open(version)
        except sqlite3.Error as error:
            self._db.close()
            raise ParameterError("database", str(self.path), f"a file that can be written ({error})") from None

    def _open(self, version: int) -> None:
        self._db.row_factory = sqlite3.Row
        self._db.execute(f"PRAGMA busy_timeout = {BUSY}")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA foreign_keys = ON")
        if not version:
            with self.transaction():  # two that make one file at once make it once
                if not int(self._db.execute("PRAGMA user_version").fetchone()[0]):
                    for statement in filter(str.strip, SCHEMA.split(";")):
                        self._db.execute(statement)
                    self._db.execute(f"PRAGMA user_version = {VERSION}")
            return
        for older in range(version, VERSION):
            self._script(MIGRATIONS[older], older + 1)

    def _script(self, statements: str, version: int) -> None:
        """Statements and the version number they lead to, all or nothing."""
        self._db.executescript(f"BEGIN IMMEDIATE; {statements} PRAGMA user_version = {version}; COMMIT;")

    def close(self) -> None:
        """Close the file; what is stored stays."""
        with self._lock:
            self._db.close()

    @property
    def written(self) -> int:
        """How many rows this connection has written, those taken back included."""
        return self._db.total_changes

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written in the block at once, or nothing of it; on the disk when the outermost block is left."""
        with self._lock:
            if self._depth and not self._db.in_transaction:  # a savepoint alone would be kept when it is left
                raise sqlite3.OperationalError("the transaction has been taken back")
            depth, self._depth = self._depth, self._depth + 1
            begin, undo, keep = (("BEGIN IMMEDIATE", "ROLLBACK", "COMMIT") if depth == 0 else (
                f"SAVEPOINT s{depth}", f"ROLLBACK TO s{depth}; RELEASE s{depth}", f"RELEASE s{depth}"))
            try:
                self._db.execute(begin)
                try:
                    yield
                    self._db.execute(keep)
                except BaseException:
                    for statement in undo.split("; ") if self._db.in_transaction else ():
                        self._db.execute(statement)
                    raise
            finally:
                self._depth = depth

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """All that is read in the block is of one moment."""
        with self._lock:
            if self._db.in_transaction:
                yield
                return
            self._db.execute("BEGIN")
            try:
                yield
            finally:
                self._db.execute("COMMIT")

    def rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        """What a query gives."""
        with self._lock:
            return self._db.execute(query, values).fetchall()

    def row(self, query: str, *values: Any) -> sqlite3.Row | None:
        """The first row of what a query gives; None if there is none."""
        with self._lock:
            found: sqlite3.Row | None = self._db.execute(query, values).fetchone()
            return found

    def insert(self, table: str, **columns: Any) -> int:
        """Add a row; returns its number."""
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        with self._lock:
            done = self._db.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(columns.values()))
            return int(done.lastrowid or 0)

    def change(self, query: str, *values: Any) -> int:
        """Run a changing statement; returns the number of rows changed."""
        with self._lock:
            return self._db.execute(query, values).rowcount

    def backup(self, target: str | Path) -> None:
        """Copy the database, as it is at one moment, into a file that does not exist yet.

        Raises:
            ParameterError: the file exists.
        """
        target = Path(target)
        if target.exists():
            raise ParameterError("file", str(target), "a file that does not exist yet")
        draft = target.with_name(f".{target.name}.draft")
        draft.unlink(missing_ok=True)
        try:
            _for_its_owner(draft)
            copy = sqlite3.connect(draft)
            try:
                with self._lock:
                    self._db.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")
            finally:
                copy.close()
            draft.rename(target)
        finally:
            draft.unlink(missing_ok=True)


def _version(path: Path) -> int:
    """The version of a file's columns; 0 of an empty one, such as one whose maker was killed.

    The file is opened for reading only, and looked at whole: closing a connection that may write would put the log
    beside the file into it, and a damaged file should stay as it is, log and all.

    Raises:
        sqlite3.DatabaseError: it is damaged, of a newer version, or something else.
    """
    looked = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)
    try:
        looked.execute(f"PRAGMA busy_timeout = {BUSY}")
        found = [row[0] for row in looked.execute("PRAGMA quick_check(3)")]
        if found != ["ok"]:
            raise sqlite3.DatabaseError(" ".join("; ".join(found).split()))
        version = int(looked.execute("PRAGMA user_version").fetchone()[0])
        if version == 0 and looked.execute("SELECT 1 FROM sqlite_master").fetchone() is not None:
            raise sqlite3.DatabaseError("it holds something else")
        if version > VERSION:
            raise sqlite3.DatabaseError(f"it was made by a newer version of this program ({version}, this one knows "
                                        f"{VERSION})")
        return version
    finally:
        looked.close()


def _for_its_owner(path: Path) -> None:
    """Make a file that only its owner can read, or one that is there so: it holds names and private notes."""
    try:
        # Never opened where it is there: closing any handle on it would drop the locks of this process's connections,
        # and the next process to leave would take the log away from under them.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        with suppress(OSError):  # somebody else's file that may be written all the same
            path.chmod(0o600)


def restore(source: str | Path, target: str | Path) -> None:
    """Make a database of an export; never over one that is there.

    Raises:
        ParameterError: the export is damaged, or the target exists.
    """
    if not Path(source).is_file():
        raise ParameterError("file", str(source), "an export that exists")
    if Path(target).exists():
        raise ParameterError("file", str(target), "a file that does not exist yet")
    draft = Path(target).with_name(f".{Path(target).name}.restoring")
    draft.unlink(missing_ok=True)
    try:
        _for_its_owner(draft)
        shutil.copyfile(source, draft)  # an export is one file, with no log beside it
        Store(draft).close()  # refuses what is damaged, migrates what is old
        draft.rename(target)
    finally:
        for left in (draft, Path(f"{draft}-wal"), Path(f"{draft}-shm")):
            left.unlink(missing_ok=True)


__all__ = ["VERSION", "Store", "restore"]
