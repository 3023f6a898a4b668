r"""The folder of a sweep: what it was asked, and its rows in Parquet parts.

    FOLDER/manifest.json     what the sweep is (`negotiation.sweep.manifest`)
    FOLDER/config.yaml       the resolved configuration, for people
    FOLDER/design/*          copies of the files that the design reads (a list of points), so that replay needs no other
    FOLDER/parts/*.parquet   the rows (`negotiation.sweep.rows`), one row a point, one schema for all parts

A part is written beside its place as a draft, brought to the disk and then renamed, so a part is whole or not
there, whenever the process dies. Rows wait in memory until they are worth a file: PART_ROWS of them, or some
that are older than AGE_SECONDS and than 1/AGE_SHARE of the time the store has been open, or than AGE_LIMIT. So
an hour makes some two hundred parts, ten days some six hundred, and a killed process loses the work of two
seconds, or of a fiftieth of its time up to an hour, besides the points that were being computed. Ctrl-C and
SIGTERM lose nothing of what is computed.

While a store is open, an operating system's lock on ``FOLDER/.lock`` keeps other processes out; it ends with
the process, however that ends. Readers need no lock.
"""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, Self

import numpy as np
import pandas as pd
import pyarrow as pa
from filelock import BaseFileLock, FileLock, Timeout
from numpy.typing import NDArray
from omegaconf import OmegaConf
from pyarrow import parquet as pq

from negotiation.files import DRAFTS, drafted, write_bytes, write_json
from negotiation.parameters import ParameterError
from negotiation.sweep.manifest import (
    IDENTITY,
    MANIFEST,
    differences,
    plain,
    read_manifest,
    versions,
    versions_note,
    write_manifest,
)
from negotiation.sweep.rows import ERROR, POINT, RESULTS, RowBuffer, kinds_of, row_schema, schema_of, to_columns

CONFIG, PARTS, DESIGN, LOCK, WRITER = "config.yaml", "parts", "design", ".lock", ".writer.json"
PART_ROWS = 50_000
AGE_SECONDS, AGE_SHARE, AGE_LIMIT = 2.0, 50.0, 3600.0


class SweepStore:
    """A sweep's folder, open for writing by this process alone. To be used in a ``with`` block, by one thread.

    Attributes:
        folder: the sweep's folder.
        manifest: the manifest as it stands there.
        schema: of every part.
        notes: what a reader should know of a folder taken up again, one line each.
    """

    def __init__(self, folder: Path, manifest: dict[str, Any], lock: BaseFileLock) -> None:
        self.folder, self.manifest, self._lock = folder, manifest, lock
        self.notes: list[str] = []
        hashes = {key: str(manifest[key]) for key in ("config_hash", "design_hash")}
        self.schema = schema_of(manifest["columns"], hashes)
        self._stored = np.zeros(manifest["points"], dtype=np.bool_)  # [points] in a part
        self._known = self._stored.copy()  # [points] in a part or in memory
        self._buffer = RowBuffer(self.schema, PART_ROWS)
        self._opened = self._oldest = monotonic()
        self._next = 0
        self._failed: OSError | None = None

    @classmethod
    def open(cls, folder: str | Path, manifest: Mapping[str, Any], schema: pa.Schema | None = None) -> SweepStore:
        """Make a sweep's folder, or take up the one that is there.

        Args:
            folder: where; made if it does not exist.
            manifest: what the sweep is, see `negotiation.sweep.manifest`.
            schema: `row_schema` of the design's points; None where ``manifest`` has its `columns`.

        Raises:
            ParameterError: the folder is another sweep's, or another process is writing there.
            OSError: the folder cannot be written.
        """
        folder = Path(folder)
        here = plain({**manifest, "columns": kinds_of(schema)} if schema is not None else manifest)
        if "columns" not in here and not (folder / MANIFEST).exists():
            raise ValueError("manifest: columns are missing, and no schema is given")
        (folder / PARTS).mkdir(parents=True, exist_ok=True)
        lock = _lock(folder)
        try:
            _remove_left_drafts(folder)
            fresh = not (folder / MANIFEST).exists()
            there = here if fresh else read_manifest(folder)
            check_same(folder, there, here)
            store = cls(folder, there, lock)
            store._take_up_parts()
            if fresh:
                yaml = OmegaConf.to_yaml(OmegaConf.create(here["config"]))
                write_bytes(folder / CONFIG, yaml.encode("utf-8"), durable=True)
                write_manifest(folder, here)
            store.note_versions(here.get("provenance") or {})
            return store
        except BaseException:
            _unlock(folder, lock)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        if error is not None and error is self._failed:
            _unlock(self.folder, self._lock)  # what could not be written a moment ago cannot now
        else:
            self.close()

    def close(self) -> None:
        """Write what waits in memory, and let other processes in."""
        try:
            if self._lock.is_locked:
                self.flush()
        finally:
            _unlock(self.folder, self._lock)

    def finished(self) -> NDArray[np.int64]:
        """int64, ascending: the points whose rows are in a part."""
        return np.flatnonzero(self._stored).astype(np.int64)

    def append(self, rows: pd.DataFrame | Mapping[str, Any]) -> None:
        """Store rows; a point that is already stored is passed over.

        Args:
            rows: a frame, or name to array, with the columns of `schema` in any order; see `to_columns`.

        Raises:
            ValueError: a column is unknown, missing or of another kind, or a point is not in the design.
            OSError: a part cannot be written; earlier parts are whole, and these rows wait in memory.
        """
        columns = to_columns(rows, self.manifest["columns"])
        new = self._new(columns[POINT])
        if not new.all():
            columns = {name: values[new] for name, values in columns.items()}
        start, points = 0, columns[POINT]
        while start < len(points):
            if len(self._buffer) == self._buffer.capacity:
                self.flush()
            if not len(self._buffer):
                self._oldest = monotonic()
            taken = self._buffer.take(columns, start)
            self._known[points[start:start + taken]] = True
            start += taken
        now = monotonic()
        old = now - self._oldest >= min(max(AGE_SECONDS, (now - self._opened) / AGE_SHARE), AGE_LIMIT)
        if len(self._buffer) == self._buffer.capacity or (len(self._buffer) and old):
            self.flush()

    def flush(self) -> None:
        """Write the rows that wait in memory as a part.

        Raises:
            OSError: the part cannot be written; the rows still wait.
        """
        if len(self._buffer):
            self._write_part(self._buffer.table())
            self._buffer.clear()

    def keep_files(self, files: Mapping[Path, Path]) -> None:
        """Keep copies of the files that the design reads; those that are kept already, or are gone, are passed over.

        Args:
            files: name in the configuration to where the file is.
        """
        for name, source in files.items():
            copy = kept_file(self.folder, name)
            if not copy.exists() and source.is_file():
                copy.parent.mkdir(exist_ok=True)
                write_bytes(copy, source.read_bytes(), durable=True)

    def copy_from(self, folder: str | Path, report: Callable[[int], None] | None = None) -> None:
        """Store the rows of another sweep's folder that are not here yet, small parts put together.

        Args:
            folder: the other sweep's.
            report: called with the number of rows read since the last call.
        """
        waiting: list[pa.Table] = []
        for path in part_paths(Path(folder)):
            part = read_part(path)
            if report is not None:
                report(len(part))
            if not part.schema.equals(self.schema, check_metadata=True):
                raise ParameterError("shards", str(path), "parts of the sweep whose manifest lies beside them")
            for start in range(0, len(part), PART_ROWS):
                piece = part.slice(start, PART_ROWS)
                points = piece[POINT].to_numpy()
                new = self._new(points)
                self._known[points] = True
                if sum(map(len, waiting)) + new.sum() > PART_ROWS:
                    self._write_part(pa.concat_tables(waiting).sort_by(POINT))
                    waiting = []
                if new.any():
                    waiting.append(piece if new.all() else piece.filter(pa.array(new)))
        if waiting:
            self._write_part(pa.concat_tables(waiting).sort_by(POINT))

    def note_versions(self, provenance: Mapping[str, Any]) -> None:
        """Record, in `notes` and in the manifest, that rows come from other versions than the first ones."""
        known = [self.manifest.get("provenance") or {}, *self.manifest.get("resumed_with", [])]
        if not provenance or not known[0]:
            return
        then, now = versions(known[0]), versions(provenance)
        if now != then and (note := versions_note(then, now)) not in self.notes:
            self.notes.append(note)
        if now not in map(versions, known):
            self.manifest["resumed_with"] = [*known[1:], plain(provenance)]
            write_manifest(self.folder, self.manifest)

    def _new(self, points: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of some rows are of a point that is not known yet, and the first of theirs."""
        if len(points) and not 0 <= points.min() <= points.max() < len(self._known):
            raise ValueError(f"{POINT}: {points.min()} to {points.max()}; the design has {len(self._known)} points")
        first = np.zeros(len(points), dtype=np.bool_)
        first[np.unique(points, return_index=True)[1]] = True
        return first & ~self._known[points]

    def _write_part(self, table: pa.Table) -> None:
        points = table[POINT].to_numpy()
        path = self.folder / PARTS / f"part-{self._next:06d}-{points.min()}.parquet"
        try:
            with drafted(path, durable=True) as draft:
                write_rows(table.cast(self.schema), draft)
        except OSError as error:
            self._failed = error
            raise
        self._stored[points] = True
        self._next += 1

    def _take_up_parts(self) -> None:
        for path in part_paths(self.folder):
            try:
                with pq.ParquetFile(path) as part:
                    # All of it: a damaged column must be found while its points can still be computed again.
                    schema, points = part.schema_arrow, part.read()[POINT].to_numpy()
            except (pa.ArrowException, OSError) as error:
                if isinstance(error, OSError) and error.errno is not None:
                    raise  # the disk's or the permissions' fault, not the part's
                path.replace(path.with_suffix(".unreadable"))
                self.notes.append(f"{path.name} is not readable and set aside; its points are computed again")
                continue
            inside = len(points) == 0 or 0 <= points.min() <= points.max() < len(self._stored)
            if not (inside and schema.equals(self.schema, check_metadata=True)):
                raise ParameterError("sweep.resume", str(path), "parts of this sweep only; take this file away")
            self._stored[points] = True
        self._known = self._stored.copy()
        numbers = [int(found.group(1)) for path in (self.folder / PARTS).iterdir()
                   if (found := re.match(r"part-(\d+)-", path.name))]
        self._next = max(numbers, default=-1) + 1


# ------------------------------------------------------------------------------------ reading a folder


def write_rows(table: pa.Table, target: Any) -> None:
    """Write rows as parts hold them, to a path or a file object."""
    repeating = [name for name in table.column_names if name == ERROR or name not in (POINT, *RESULTS)]
    pq.write_table(table, target, compression="zstd", use_dictionary=repeating)


def part_paths(folder: str | Path) -> list[Path]:
    """The parts of a sweep's folder in the order they were written; drafts are none."""
    return sorted((Path(folder) / PARTS).glob("*.parquet"))


def kept_file(folder: str | Path, name: Path) -> Path:
    """Where a sweep's folder keeps its copy of a file that its design reads, by the name the configuration gives it."""
    return Path(folder) / DESIGN / f"{sha256(str(name).encode()).hexdigest()[:8]}-{name.name}"


def stored_points(folder: str | Path, manifest: Mapping[str, Any]) -> NDArray[np.int64]:
    """int64, ascending: the points that a folder has rows of; none where there is no folder yet. Nothing is written.

    Args:
        folder: a sweep's folder, which another process may be writing to.
        manifest: what the sweep is.

    Raises:
        ParameterError: the folder is another sweep's.
    """
    if not (Path(folder) / MANIFEST).exists():
        return np.zeros(0, dtype=np.int64)
    there = read_manifest(folder)
    check_same(Path(folder), there, plain(manifest))
    found = []
    for path in part_paths(folder):
        try:
            found.append(read_part(path, [POINT])[POINT].to_numpy())
        except ParameterError:  # a damaged part: its points will be computed again
            continue
    return np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *found]))


def check_same(folder: Path, there: Mapping[str, Any], here: Mapping[str, Any]) -> None:
    """Refuse to go on in a folder with another sweep than made it.

    Raises:
        ParameterError: telling the differences.
    """
    told = differences(there, {"columns": there.get("columns"), **here}, (*IDENTITY, "shard"))
    if told:
        raise ParameterError("sweep.resume", str(folder), "a folder that the same sweep made, or a new one; this one "
                             "differs in " + told)


def read_part(path: Path, columns: list[str] | None = None) -> pa.Table:
    """The rows of one part; of all columns, or of those named.

    Raises:
        ParameterError: the file is no readable part.
    """
    try:
        with pq.ParquetFile(path) as part:
            return part.read(columns)
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise ParameterError("sweep", str(path), "readable parts; resume the sweep to compute its points again"
                             ) from None


# --------------------------------------------------------------------------------------------- helpers


def _lock(folder: Path) -> BaseFileLock:
    lock = FileLock(folder / LOCK, timeout=0, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        raise ParameterError("sweep", str(folder), f"a folder that no other process is writing to ({_writer(folder)} "
                             "is); wait until it is done, or name another folder") from None
    try:
        write_json(folder / WRITER, {"pid": os.getpid(), "host": socket.gethostname()})
    except BaseException:
        lock.release()
        raise
    return lock


def _writer(folder: Path) -> str:
    try:
        writer = json.loads((folder / WRITER).read_text(encoding="utf-8"))
        return f"process {writer['pid']} on {writer['host']}"
    except (OSError, ValueError, KeyError, TypeError):  # it may be just starting or just leaving
        return "one"


def _unlock(folder: Path, lock: BaseFileLock) -> None:
    if lock.is_locked:
        (folder / WRITER).unlink(missing_ok=True)
        lock.release()


def _remove_left_drafts(folder: Path) -> None:
    """Remove what killed processes left behind; only under the lock."""
    left = [*(folder / PARTS).glob(DRAFTS), *(folder / DESIGN).glob(DRAFTS)]
    for name in (MANIFEST, CONFIG, WRITER):
        left += folder.glob(f".{name}{DRAFTS[1:]}")
    for draft in left:
        draft.unlink(missing_ok=True)


__all__ = ["SweepStore", "kept_file", "part_paths", "read_manifest", "read_part", "row_schema", "stored_points",
           "write_rows"]
