"""Sweep folders when things go wrong: killed writers, two writers, a full disk, more rows than memory."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet as pq
from sweep_folders import FLOATS, GRID, ROUNDS, opened, rows_of, same

from negotiation.files import drafted
from negotiation.parameters import ParameterError
from negotiation.refusals import explain
from negotiation.sweep.design import Design, make_design
from negotiation.sweep.store import part_paths
from negotiation.sweep.table import load_sweep

HERE = Path(__file__).parent
# What every process below begins with.
BEGINNING = f"""
import os, resource, sys, time
sys.path.insert(0, {str(HERE)!r})
from pathlib import Path
from sweep_folders import *
from negotiation.refusals import explain
from negotiation.sweep.design import make_design
from negotiation.sweep.rows import kinds_of, to_columns
from negotiation.sweep.joining import join
"""


@pytest.fixture(scope="module")
def design() -> Design:
    return make_design(GRID, 0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "sweep"


# ----------------------------------------------------------------------------------------------- other processes


WRITER = BEGINNING + """
folder, act = Path(sys.argv[1]), sys.argv[2]
design = make_design(DESIGN, 0)
with opened(folder, design) as store:
    if act == "fork" and os.fork() != 0:
        time.sleep(60)
    print("open", flush=True)  # by the child, once it is there
    if act == "fork":
        time.sleep(60)
    done = set(store.finished().tolist())
    for point in range(len(design)):
        if point not in done:
            store.append(rows_of(design, [point]))
            store.flush()
print("done", flush=True)
"""
MANY = {"method": "grid", "axes": {ROUNDS: {"low": 0, "high": 2_999, "integer": True}}}


def writer(folder: Path, act: str) -> subprocess.Popen[str]:
    script = WRITER.replace("DESIGN", repr(MANY))
    process = subprocess.Popen([sys.executable, "-c", script, str(folder), act], stdout=subprocess.PIPE, text=True,
                               start_new_session=True, cwd=HERE.parent)
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    return process


def end(process: subprocess.Popen[str]) -> None:
    """Kill a writer, and what it started."""
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def test_a_writer_killed_at_any_moment_leaves_whole_rows_only(folder: Path) -> None:
    design = make_design(MANY, 0)
    known: list[int] = []
    for pause in (0.05, 0.213, 0.407):
        before, process = len(part_paths(folder)), writer(folder, "write")
        while len(part_paths(folder)) == before and process.poll() is None:
            time.sleep(0.001)
        time.sleep(pause)
        end(process)
        table = load_sweep(folder)
        same(table[["point", ROUNDS, *FLOATS]], rows_of(design, table["point"])[["point", ROUNDS, *FLOATS]])
        assert set(known) <= set(table["point"])
        known = table["point"].tolist()
        schemas = [pq.read_table(path).schema for path in part_paths(folder)]
        assert all(schema.equals(schemas[0], check_metadata=True) for schema in schemas)
    assert 0 < len(known) < len(design)
    with opened(folder, design) as store:
        assert store.notes == []
        assert store.finished().tolist() == known
        assert not [path for path in folder.rglob(".*") if path.suffix == ".part"]
        assert store._next == len(part_paths(folder))
        store.append(rows_of(design, np.setdiff1d(np.arange(len(design)), known)))
    same(load_sweep(folder)[FLOATS], rows_of(design, range(len(design)))[FLOATS])


def test_a_second_process_is_refused_at_once_and_the_lock_ends_with_its_holder(folder: Path) -> None:
    design = make_design(MANY, 0)
    first = writer(folder, "fork")
    try:
        began = time.monotonic()
        with pytest.raises(ParameterError) as caught:
            opened(folder, design)
        assert time.monotonic() - began < 5.0  # on a busy machine; a lock that waits would wait for a minute
        line = explain(caught.value)
        assert line is not None
        assert "\n" not in line
        assert str(folder) in line
        assert f"process {first.pid} on " in line
        assert "wait until it is done, or name another folder" in line
        assert len(load_sweep(folder)) == 0  # readers are not kept out
        os.kill(first.pid, signal.SIGKILL)  # and not the process that it forked
        first.wait()
        opened(folder, design).close()
    finally:
        end(first)
    assert not (folder / ".writer.json").exists()


def test_two_stores_of_one_process_are_kept_apart_too(folder: Path, design: Design) -> None:
    with opened(folder, design):
        with pytest.raises(ParameterError, match="no other process is writing to"):
            opened(folder, design)
        with pytest.raises(ParameterError, match="no other process is writing to"):
            opened(folder, design)
    opened(folder, design).close()


# --------------------------------------------------------------------------------------------------- a full disk


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)],
                             capture_output=True, check=False) if shutil.which("mount") else None
    if mounted is None or mounted.returncode:
        pytest.skip("no small disk can be mounted here; the limit on file sizes is tested below")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def fill_up(folder: Path) -> tuple[OSError, int]:
    """Store parts until there is no room; the error and how many points were finished by then."""
    design = make_design({"method": "grid", "axes": {ROUNDS: {"low": 0, "high": 19_999, "integer": True}}}, 0)
    finished = 0
    with pytest.raises(OSError) as caught, opened(folder, design) as store:
        for start in range(0, 20_000, 500):
            store.append(rows_of(design, range(start, start + 500)))
            store.flush()
            finished = start + 500
    return caught.value, finished


def test_a_full_disk_stops_cleanly(small_disk: Path) -> None:
    folder = small_disk / "sweep"
    error, finished = fill_up(folder)
    assert explain(error) == (f"{folder}/parts/part-{finished // 500:06d}-{finished}.parquet: No space left on device; "
                              "allowed: a folder that can be written")
    assert finished > 0
    assert load_sweep(folder)["point"].tolist() == list(range(finished))
    assert not [path for path in folder.rglob(".*") if path.suffix == ".part"]
    assert not (folder / ".writer.json").exists()
    # With the rest of the room gone, a new sweep cannot even begin; with room again, the old one goes on.
    design = make_design({"method": "grid", "axes": {ROUNDS: {"low": 0, "high": 19_999, "integer": True}}}, 0)
    filler = small_disk / "filler"
    with filler.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
        while True:
            file.write(b"x" * 512)
    with pytest.raises(OSError, match="No space") as caught:
        opened(small_disk / "new", design)
    assert str(small_disk / "new") in str(caught.value.filename)
    assert not (small_disk / "new" / "manifest.json").exists()
    filler.unlink()
    with opened(folder, design) as store:
        assert store.finished().tolist() == list(range(finished))


def test_a_file_too_large_stops_cleanly_and_can_be_tried_again(tmp_path: Path) -> None:
    script = BEGINNING + f"""
folder = Path({str(tmp_path / "sweep")!r})
design = make_design({{"method": "grid", "axes": {{ROUNDS: list(range(600))}}}}, 0)
with opened(folder, design) as store:
    store.append(rows_of(design, range(50)))
    store.flush()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, hard))
    store.append(rows_of(design, range(50, 600)))
    for _ in range(2):
        try:
            store.flush()
        except OSError as error:
            print(explain(error))
    print(len(store.finished()), len(list((folder / "parts").iterdir())))
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True,
                          cwd=HERE.parent)
    *lines, counts = done.stdout.splitlines()
    assert lines == [f"{tmp_path}/sweep/parts/part-000001-50.parquet: File too large; "
                     "allowed: a folder that can be written"] * 2
    assert counts == "50 1"
    assert load_sweep(tmp_path / "sweep")["point"].tolist() == list(range(600))


def test_what_could_not_be_written_is_not_tried_again_on_the_way_out(folder: Path, design: Design,
                                                                     monkeypatch: pytest.MonkeyPatch) -> None:
    tries = []

    def full(table: object, path: Path, **options: object) -> None:
        tries.append(path)
        raise OSError(28, "no room")

    with pytest.raises(OSError, match="No space left"), opened(folder, design) as store:
        monkeypatch.setattr(pq, "write_table", full)
        store.append(rows_of(design, [1]))
        store.flush()
    assert len(tries) == 1
    monkeypatch.undo()
    with opened(folder, design) as store:
        assert store.finished().tolist() == []


def test_a_part_is_on_the_disk_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, named = tmp_path / "a.parquet", []
    monkeypatch.setattr(os, "fsync", lambda handle: named.append(path.exists()))
    with drafted(path, durable=True) as draft:
        draft.write_bytes(b"whole")
    assert named == [False, True]  # the file, and then its name in the folder


def test_a_draft_is_named_after_its_file_in_errors(tmp_path: Path) -> None:
    with pytest.raises(PermissionError) as caught, drafted(tmp_path / "a.parquet") as draft:
        draft.write_bytes(b"half")
        raise PermissionError(13, "Permission denied")
    assert caught.value.filename == str(tmp_path / "a.parquet")
    assert list(tmp_path.iterdir()) == []


# -------------------------------------------------------------------------------------------------------- memory


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    """Eight parts of 50,000 rows (20 MB each in memory) take hardly more than two, written and joined."""
    count = 400_000
    script = BEGINNING + f"""
design = make_design({{"method": "grid", "axes": {{ROUNDS: {{"low": 1, "high": {count}, "integer": True}}}}}}, 0)
rows = to_columns(rows_of(design, range(2000)), kinds_of(row_schema(design.points)))
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
def write(start, stop):
    for point in range(start, stop, 2000):
        rows["point"] = np.arange(point, point + 2000)
        store.append(rows)
with opened(Path({str(tmp_path / "a")!r}), design) as store:
    write(0, 100_000)
    first = peak()
    write(100_000, {count})
written = peak()
join([Path({str(tmp_path / "a")!r})], Path({str(tmp_path / "b")!r}))
print(first, written, peak())
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True,
                          cwd=HERE.parent)
    first, written, joined = map(int, done.stdout.split())
    assert written - first < 60
    assert joined - first < 120
    assert sum(pq.read_metadata(path).num_rows for path in part_paths(tmp_path / "b")) == count
    shutil.rmtree(tmp_path)
