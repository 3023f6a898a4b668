"""The class's database: damage is told and left alone, versions are migrated, two processes share it, copies work."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from negotiation.library import load_scenario
from negotiation.parameters import ParameterError
from negotiation.seminar import command, store
from negotiation.seminar.board import board_view
from negotiation.seminar.people import Room, SeminarError
from negotiation.seminar.room import Seminar
from negotiation.seminar.settings import Settings
from negotiation.seminar.store import Store, restore
from negotiation.seminar.talk import MESSAGE
from negotiation.seminar.views import seat_view
from negotiation.vocabulary import Actor

SCENARIO = load_scenario("tokyo_seoul_2019").to_dict()


def with_a_class(path: Path) -> tuple[Seminar, int]:
    seminar = Seminar(Store(path))
    room, _ = seminar.create(Settings(SCENARIO, seats=(Actor.TOKYO,), weeks=4))
    seminar.join(room.code, "x", "c")
    seminar.start(room.number)
    return seminar, room.number


def test_everything_is_synchronised_before_it_is_answered(tmp_path: Path) -> None:
    opened = Store(tmp_path / "a.sqlite")
    for pragma, value in (("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)):
        row = opened.row(f"PRAGMA {pragma}")
        assert row is not None
        assert row[0] == value


@pytest.mark.parametrize("damage", ["overwritten", "cut", "no database", "another database"])
def test_a_damaged_file_is_refused_and_left_as_it_is(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "class.sqlite"
    if damage == "no database":
        path.write_bytes(b"dear diary " * 1000)
    elif damage == "another database":
        with sqlite3.connect(path) as db:
            db.execute("CREATE TABLE recipes (name)")
        db.close()
    else:
        seminar, _ = with_a_class(path)
        for number in range(200):
            seminar.store.insert("words", room=1, table_number=1, seat=0, kind="note", text="x" * 200,
                                 client=f"w{number}", at=0.0)
        seminar.store.close()
        content = bytearray(path.read_bytes())
        if damage == "overwritten":
            content[4096 * 3:4096 * 9] = b"\xee" * (4096 * 6)
        path.write_bytes(content[:len(content) // 2] if damage == "cut" else content)
    before = path.read_bytes()
    with pytest.raises(ParameterError, match="left as it is") as refused:
        Store(path)
    assert "\n" not in str(refused.value)
    assert path.read_bytes() == before


WRITES_AND_DIES = """
import os, signal, sys
from negotiation.library import load_scenario
from negotiation.seminar.room import Seminar
from negotiation.seminar.settings import Settings
from negotiation.seminar.store import Store

seminar = Seminar(Store(sys.argv[1]))
for number in range(20):
    seminar.create(Settings(load_scenario("tokyo_seoul_2019").to_dict()))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_file_damaged_when_the_power_went_is_left_with_its_log(tmp_path: Path) -> None:
    path = tmp_path / "class.sqlite"
    seminar, _ = with_a_class(path)
    for number in range(200):
        seminar.store.insert("words", room=1, table_number=1, seat=0, kind="note", text="x" * 200, client=f"w{number}",
                             at=0.0)
    seminar.store.close()
    assert subprocess.run([sys.executable, "-c", WRITES_AND_DIES, str(path)], check=False).returncode < 0
    log = Path(f"{path}-wal")
    assert log.stat().st_size > 0
    content = bytearray(path.read_bytes())
    content[-4096 * 4:] = b"\xee" * (4096 * 4)
    path.write_bytes(content)
    before = path.read_bytes(), log.read_bytes()
    with pytest.raises(ParameterError, match="left as it is"):
        Store(path)
    assert (path.read_bytes(), log.read_bytes()) == before


def test_a_whole_file_with_a_log_beside_it_opens_with_all_that_is_in_the_log(tmp_path: Path) -> None:
    path = tmp_path / "class.sqlite"
    with_a_class(path)[0].store.close()
    subprocess.run([sys.executable, "-c", WRITES_AND_DIES, str(path)], check=False)
    assert len(Seminar(Store(path)).rooms()) == 21


def test_a_file_whose_maker_was_killed_before_the_first_table_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "class.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA journal_mode = WAL")
    db.close()
    assert path.stat().st_size > 0
    assert with_a_class(path)[1] == 1


def test_only_its_owner_reads_a_database_and_its_copies(tmp_path: Path) -> None:
    path = tmp_path / "class.sqlite"
    path.touch(0o644)
    seminar, _ = with_a_class(path)
    seminar.store.backup(tmp_path / "copy.sqlite")
    restore(tmp_path / "copy.sqlite", tmp_path / "back.sqlite")
    assert {each.name: oct(each.stat().st_mode & 0o777) for each in tmp_path.iterdir()} == dict.fromkeys(
        ("class.sqlite", "class.sqlite-wal", "class.sqlite-shm", "copy.sqlite", "back.sqlite"), "0o600")


def test_a_view_is_of_one_moment_whatever_is_written_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seminar, room = with_a_class(tmp_path / "class.sqlite")
    reading = Seminar(Store(tmp_path / "class.sqlite"))
    who = seminar.people(room)[0]
    before, board = seat_view(reading, who), board_view(reading, room)
    found = reading.room
    moved = []

    def room_and_a_move(number: int) -> Room:
        if not moved:
            moved.append(seminar.move(who, seminar.place(room, 1), 1, f"m{seminar.place(room, 1)}"))
        return found(number)

    monkeypatch.setattr(reading, "room", room_and_a_move)
    assert seat_view(reading, who) == before
    assert moved
    after = seat_view(reading, who)
    assert after == seat_view(seminar, who) != before
    assert (after.status.place, after.status.week) == (seminar.place(room, 1), "Week 2 of 4")
    assert board_view(reading, room) != board


def test_an_export_made_while_a_class_plays_holds_up_nobody(tmp_path: Path) -> None:
    path = tmp_path / "class.sqlite"
    seminar = Seminar(Store(path))
    room, _ = seminar.create(Settings(SCENARIO, seats=(Actor.TOKYO,), weeks=40), seed=3)
    seminar.join(room.code, "x", "c")
    seminar.start(room.number)
    run = subprocess.Popen([sys.executable, "-c", MOVES_OF_ANOTHER_PROCESS, str(path), "one"], text=True,
                           stdout=subprocess.PIPE)
    copies = []
    while run.poll() is None and len(copies) < 100:
        copies.append(tmp_path / f"copy{len(copies)}.sqlite")
        seminar.store.backup(copies[-1])
    assert run.wait(timeout=60) == 0
    assert copies
    whole = seminar.entries(room.number, 1)
    for copy in copies[::10]:
        rows = Seminar(Store(copy)).entries(room.number, 1)
        assert [tuple(row) for row in rows] == [tuple(row) for row in whole[:len(rows)]]


def test_a_full_disk_takes_back_the_whole_of_a_change(tmp_path: Path) -> None:
    seminar, room = with_a_class(tmp_path / "class.sqlite")
    pages = seminar.store.row("PRAGMA page_count")
    assert pages is not None
    seminar.store.change(f"PRAGMA max_page_count = {pages[0]}")
    place = seminar.place(room, 1)

    def fill() -> None:
        for number in range(1000):
            seminar.store.insert("words", room=room, table_number=1, seat=0, kind="note", text="x" * 2000,
                                 client=f"w{number}", at=0.0)

    with pytest.raises(sqlite3.OperationalError), seminar.change():
        with pytest.raises(sqlite3.OperationalError), seminar.change():
            fill()
        with seminar.change():  # of a transaction that is no more
            seminar.move(seminar.people(room)[0], place, 1, "m")
    seminar.forget()
    assert seminar.place(room, 1) == place
    assert seminar.store.rows("SELECT * FROM words") == []
    seminar.move(seminar.people(room)[0], place, 1, "m")  # there is room for this
    assert seminar.place(room, 1) > place


def test_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "class.sqlite"
    Store(path).close()
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {store.VERSION + 1}")
    db.close()
    with pytest.raises(ParameterError, match="newer version"):
        Store(path)


def test_version_1_is_migrated_with_its_moves(tmp_path: Path) -> None:
    path = tmp_path / "class.sqlite"
    seminar, room = with_a_class(path)
    seminar.move(seminar.people(room)[0], seminar.place(room, 1), 1, "m")
    weeks = seminar.state(room, 1).weeks
    seminar.store.close()
    with sqlite3.connect(path) as db:  # as version 1 was
        before_version_4(db)
        db.execute("ALTER TABLE words DROP COLUMN recipient")
        db.execute("ALTER TABLE tables DROP COLUMN alone")
        db.execute("PRAGMA user_version = 1")
    db.close()
    again = Seminar(Store(path))
    assert again.state(room, 1).weeks == weeks
    assert not again.alone(room)
    row = again.store.row("PRAGMA user_version")
    assert row is not None
    assert row[0] == store.VERSION


def test_version_2_is_migrated_and_its_messages_are_for_all(tmp_path: Path) -> None:
    path = tmp_path / "class.sqlite"
    seminar = Seminar(Store(path))
    room, _ = seminar.create(Settings(SCENARIO))
    one, two = (seminar.join(room.code, name, name).person for name in ("one", "two"))
    seminar.write(one, MESSAGE, "hello", "m")
    seminar.store.close()
    with sqlite3.connect(path) as db:
        before_version_4(db)
        db.execute("ALTER TABLE words DROP COLUMN recipient")
        db.execute("PRAGMA user_version = 2")
    db.close()
    again = Seminar(Store(path))
    assert [each.text for each in again.messages_to(two)] == ["hello"]
    assert [each.to for each in again.messages_to(two)] == [None]


def test_version_3_is_migrated_and_its_classes_stay_open(tmp_path: Path) -> None:
    path = tmp_path / "class.sqlite"
    seminar, room = with_a_class(path)
    seminar.store.close()
    with sqlite3.connect(path) as db:
        before_version_4(db)
        db.execute("PRAGMA user_version = 3")
    db.close()
    again = Seminar(Store(path))
    assert not again.room(room).closed
    again.set_away(again.people(room)[0].number, False)
    again.join(again.room(room).code, "y", "d")
    again.close_joining(room)
    assert Seminar(Store(path)).room(room).closed


def before_version_4(db: sqlite3.Connection) -> None:
    db.execute("ALTER TABLE rooms DROP COLUMN closed")
    db.execute("ALTER TABLE people DROP COLUMN back")


def test_an_export_restores_to_the_same_class_and_overwrites_nothing(tmp_path: Path) -> None:
    seminar, room = with_a_class(tmp_path / "class.sqlite")
    seminar.store.backup(tmp_path / "copy.sqlite")
    assert [path.name for path in tmp_path.glob("copy*")] == ["copy.sqlite"]
    with pytest.raises(ParameterError, match="does not exist yet"):
        seminar.store.backup(tmp_path / "copy.sqlite")
    restore(tmp_path / "copy.sqlite", tmp_path / "back.sqlite")
    assert sorted(path.name for path in tmp_path.glob("*back*")) == ["back.sqlite"]
    back = Seminar(Store(tmp_path / "back.sqlite"))
    assert back.state(room, 1).weeks == seminar.state(room, 1).weeks
    assert back.people(room) == seminar.people(room)
    with pytest.raises(ParameterError, match="does not exist yet"):
        restore(tmp_path / "copy.sqlite", tmp_path / "class.sqlite")
    (tmp_path / "broken.sqlite").write_bytes((tmp_path / "copy.sqlite").read_bytes()[:5000])
    with pytest.raises(ParameterError, match="whole database"):
        restore(tmp_path / "broken.sqlite", tmp_path / "other.sqlite")
    assert not list(tmp_path.glob("*other*"))


def test_what_fails_inside_a_change_leaves_nothing(tmp_path: Path) -> None:
    seminar, room = with_a_class(tmp_path / "class.sqlite")
    before, place = seminar.state(room, 1), seminar.place(room, 1)
    with pytest.raises(ZeroDivisionError), seminar.change():
        seminar.move(seminar.people(room)[0], place, 1, "m")
        assert seminar.place(room, 1) > place
        raise ZeroDivisionError
    assert seminar.place(room, 1) == place
    assert seminar.state(room, 1).weeks == before.weeks
    with seminar.change():  # an inner change may fail alone
        with pytest.raises(SeminarError), seminar.change():
            seminar.move(seminar.people(room)[0], place, 1, "m")
            raise SeminarError("no")
        seminar.move(seminar.people(room)[0], place, 0, "m")
    assert seminar.entries(room, 1, place)[0]["option"] == 0


MOVES_OF_ANOTHER_PROCESS = """
import sys
from pathlib import Path
from negotiation.seminar.board import board_view
from negotiation.seminar.people import Room, SeminarError
from negotiation.seminar.room import Seminar
from negotiation.seminar.store import Store

seminar = Seminar(Store(Path(sys.argv[1])))
who = seminar.people(1)[0]
taken = 0
while not seminar.state(1, 1).over:
    place = seminar.place(1, 1)
    try:
        seminar.move(who, place, 1, f"{sys.argv[2]} {place}")
        taken += 1
    except SeminarError:
        pass
print(taken)
"""


def test_two_processes_play_one_table_without_losing_or_doubling_a_move(tmp_path: Path) -> None:
    path = tmp_path / "class.sqlite"
    seminar = Seminar(Store(path))
    room, _ = seminar.create(Settings(SCENARIO, seats=(Actor.TOKYO,), weeks=40), seed=3)
    seminar.join(room.code, "x", "c")
    seminar.start(room.number)
    runs = [subprocess.Popen([sys.executable, "-c", MOVES_OF_ANOTHER_PROCESS, str(path), name], text=True,
                             stdout=subprocess.PIPE) for name in ("one", "two")]
    taken = [int(run.communicate(timeout=120)[0]) for run in runs]
    assert [run.returncode for run in runs] == [0, 0]
    entries = seminar.entries(room.number, 1)
    assert [row["place"] for row in entries] == list(range(1, len(entries) + 1))
    assert sum(row["person"] is not None for row in entries) == sum(taken) == len(seminar.state(room.number, 1).weeks)


# --------------------------------------------------------------------------- the command


def test_the_command_exports_and_restores(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seminar, room = with_a_class(tmp_path / "class.sqlite")
    given = ["--database", str(tmp_path / "class.sqlite")]
    assert command.main([*given, "export", str(tmp_path / "copy.sqlite")]) == 0
    assert command.main([*given, "export", str(tmp_path / "copy.sqlite")]) == 2
    assert command.main([*given, "restore", str(tmp_path / "copy.sqlite")]) == 2
    assert command.main(["--database", str(tmp_path / "new.sqlite"), "restore", str(tmp_path / "copy.sqlite")]) == 0
    assert command.main(["--database", str(tmp_path / "none.sqlite"), "export", str(tmp_path / "x.sqlite")]) == 2
    told = capsys.readouterr()
    assert all(line.startswith("negotiation-seminar: ") for line in told.err.splitlines())
    assert len(told.err.splitlines()) == 3
    assert Seminar(Store(tmp_path / "new.sqlite")).people(room) == seminar.people(room)


@pytest.mark.parametrize(("arguments", "told"), [
    (["--port", "0"], "--port"), (["--database", "/nowhere/at/all/class.sqlite"], "folder that exists")])
def test_the_command_refuses_in_one_line(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(arguments) == 2
    error = capsys.readouterr().err
    assert told in error
    assert len(error.splitlines()) == 1


def test_the_teacher_s_secret_outlives_a_restart_and_is_nobody_else_s(tmp_path: Path) -> None:
    first = command.teacher_secret(tmp_path / "class.sqlite")
    assert first == command.teacher_secret(tmp_path / "class.sqlite")
    assert first != command.teacher_secret(tmp_path / "other.sqlite")
    assert Path(f"{tmp_path / 'class.sqlite'}.teacher").stat().st_mode & 0o077 == 0
