"""Exports of a class: whole, pseudonymous, harmless to spreadsheets, and replayed to the same weeks and outcomes."""

from __future__ import annotations

import csv
import io
import socket
import subprocess
import sys
import warnings
import zipfile
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from pandas.testing import assert_frame_equal
from pypdf import PdfReader
from seminar_classes import fill, open_class, play

from negotiation.files import write_all
from negotiation.parameters import ParameterError
from negotiation.plots import fonts
from negotiation.seminar import command
from negotiation.seminar import debrief_plots as plots
from negotiation.seminar.debrief import make_debrief
from negotiation.seminar.debrief_files import NAMES, debrief_file, write_debrief
from negotiation.seminar.debrief_pdf import debrief_pages, pdf_bytes
from negotiation.seminar.export import (
    about_class,
    archive,
    class_moves,
    csv_bytes,
    export_files,
    plain_text,
    read_moves,
    replay,
    safe_text,
)
from negotiation.seminar.people import Room
from negotiation.seminar.room import Seminar
from negotiation.seminar.settings import Treatment
from negotiation.seminar.store import Store
from negotiation.seminar.talk import MESSAGE, NOTE
from negotiation.seminar.telling import percent
from negotiation.vocabulary import Actor

EVIL = ("=HYPERLINK(\"http://x\")", "+1", "-1", "@SUM(A1)", "'=quoted", "＝wide", "plain, \"quoted\"")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Seminar, Room]:
    """Five tables of two treatments, one undone week, an agent in Washington, names that a spreadsheet would run."""
    seminar, room = open_class(tmp_path_factory.mktemp("class") / "class.sqlite", weeks=3, seats=(
        Actor.TOKYO, Actor.SEOUL), treatments=(Treatment("eager"), Treatment("=quiet", {
            "scenario.washington.attention": 2.0})))
    for number, name in enumerate(EVIL):
        seminar.join(room.code, name, f"evil {number}")
    fill(seminar, room, 3)
    play(seminar, room)
    seminar.undo(room.number, 1, seminar.place(room.number, 1), "undo")
    play(seminar, room, seed=2)
    seminar.end(room.number)
    return seminar, room


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_round_trip(made: tuple[Seminar, Room], tmp_path: Path, ending: str) -> None:
    seminar, room = made
    moves = class_moves(seminar, room.number, names=True)
    write_all(tmp_path, export_files(seminar, room.number, names=True))
    assert_frame_equal(read_moves(tmp_path / f"moves.{ending}"), moves, check_dtype=False, check_exact=True)
    assert set(EVIL) <= set(moves["person"])
    assert not list(tmp_path.glob(".*.part"))


@pytest.mark.parametrize("mesa", [False, True])
def test_replay_gives_the_same_weeks_and_outcomes(made: tuple[Seminar, Room], tmp_path: Path, mesa: bool) -> None:
    seminar, room = made
    write_all(tmp_path, export_files(seminar, room.number))
    moves = read_moves(tmp_path / "moves.parquet")
    told = replay(moves, moves.attrs["about"], mesa)
    states = {number: seminar.state(room.number, number) for number in seminar.tables(room.number)}
    assert [each.table for each in told] == list(states)
    for each in told:
        assert each.same
        assert each.weeks == len(states[each.table].weeks)
        outcome = states[each.table].outcome
        assert outcome is not None
        assert each.outcome == outcome.key


def test_replay_sees_what_was_changed(made: tuple[Seminar, Room]) -> None:
    seminar, room = made
    moves, about = class_moves(seminar, room.number), about_class(seminar, room.number)
    changed = moves.copy()
    changed.loc[0, "payoff_tokyo"] += 0.01
    assert not replay(changed, about)[0].same
    changed = moves.copy()
    at = changed.index[changed["seat"] == "washington"][0]
    changed.loc[at, "move"] = "nonsense"
    with pytest.raises(ParameterError, match="table 1"):
        replay(changed, about)


def test_pseudonymous_unless_asked(made: tuple[Seminar, Room], tmp_path: Path) -> None:
    seminar, room = made
    plain = write_debrief(seminar, room.number, tmp_path / "plain")
    names = [each.name for each in seminar.people(room.number)]
    for path in plain:
        content = path.read_bytes()
        text = (content.decode() if path.suffix != ".pdf" and path.suffix != ".parquet" else
                "".join(page.extract_text() for page in PdfReader(path).pages) if path.suffix == ".pdf" else
                read_moves(path).to_csv())
        assert not any(name in text for name in names if len(name) > 3), path
        assert room.code not in text or path.suffix in (".ipynb", ".pdf")
    assert set(class_moves(seminar, room.number)["person"]) == {"", *(f"P{number}" for number in range(1, 11))}


def test_texts_are_no_formulas_in_a_spreadsheet(made: tuple[Seminar, Room]) -> None:
    seminar, room = made
    text = csv_bytes(class_moves(seminar, room.number, names=True)).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    for row in rows:
        for name in ("person", "treatment"):
            assert not row[name].startswith(("=", "+", "-", "@", "＝"))
    assert {row["treatment"] for row in rows} == {"eager", "'=quiet"}
    for each in (*EVIL, "", "'", "''=", "a=b"):
        assert plain_text(safe_text(each)) == each


@pytest.mark.skipif(bool(fonts.missing_font("ja")), reason="no font with Japanese letters")
def test_on_paper_what_people_typed_is_not_translated(tmp_path: Path) -> None:
    seminar, room = open_class(tmp_path / "class.sqlite", weeks=2, language="ja")
    for name in ("Settlement", "Tokyo", "Seoul"):
        seminar.join(room.code, name, name)
    play(seminar, room)
    told = [text.get_text() for page in debrief_pages(make_debrief(seminar, room.number, names=True, fit=False))
            for text in page.texts]
    assert {"Settlement", "Tokyo", "Seoul"} <= set(told)
    assert "解決" in told  # the outcome
    assert "東京" in told  # the side


def test_undone_moves_only_when_asked(made: tuple[Seminar, Room]) -> None:
    seminar, room = made
    assert not class_moves(seminar, room.number)["undone"].any()
    assert class_moves(seminar, room.number, undone=True)["undone"].sum() == 3


def test_the_pdf_has_its_pages(made: tuple[Seminar, Room]) -> None:
    seminar, room = made
    debrief = make_debrief(seminar, room.number)
    assert debrief.estimate is not None
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf_bytes(debrief, {}))).pages]
    headings = ("How did the class end?", "What did the treatments change?", "Where did the class stand week by",
                "How precise, and how firm", "Which moves surprise most?", "What could each have gained?")
    assert len(pages) == len(headings)
    for heading, page in zip(headings, pages, strict=True):
        assert " ".join(heading.split()) in " ".join(page.split())
    # In the words of the page, and with a sentence also where no table goes on after the last week.
    paths, surprising = (" ".join(page.split()) for page in (pages[2], pages[4]))
    assert "on average after week" in paths
    assert {"start", "After", "week"} <= set(paths.split())
    told = debrief.surprises.head(13)
    assert {"standstill", "appeal"} & {*told["move"], *told["best_move"]}  # which the page calls by longer names
    for person, chosen, probability, best in zip(
            told["person"], told["chosen"], told["probability"], told["best"], strict=True):
        row = f"{person} {chosen.split(':')[0]} {percent(probability)} {best.split(':')[0]}"
        assert row in surprising
    assert "=quiet − eager" in pages[1]


def test_where_every_table_has_ended_the_page_of_weeks_is_on_the_last_that_went_on(tmp_path: Path) -> None:
    seminar, room = open_class(tmp_path / "class.sqlite", weeks=6)
    fill(seminar, room, 3)
    play(seminar, room)
    debrief = make_debrief(seminar, room.number, fit=False)
    gone = debrief.history.assign(tables=debrief.history["tables"].where(debrief.history["week"] < 6, 0),
                                  mean=debrief.history["mean"].where(debrief.history["week"] < 6))
    text = PdfReader(io.BytesIO(pdf_bytes(replace(debrief, history=gone), {}))).pages[1].extract_text()
    assert "on average after week 5" in " ".join(text.split())
    over = debrief.history.assign(tables=debrief.history["tables"].where(debrief.history["week"] == 0, 0))
    text = PdfReader(io.BytesIO(pdf_bytes(replace(debrief, history=over), {}))).pages[1].extract_text()
    assert "1 of 1 table ended in" in " ".join(text.split())
    assert "no table going any more" not in text
    empty = debrief.weekly.assign(probability=debrief.weekly["probability"].where(debrief.weekly["week"] < 6))
    text = PdfReader(io.BytesIO(pdf_bytes(replace(debrief, weekly=empty), {}))).pages[1].extract_text()
    assert "no table going any more" in text


def test_the_notebook_runs_from_top_to_bottom(made: tuple[Seminar, Room], tmp_path: Path) -> None:
    seminar, room = made
    content = debrief_file(seminar, room.number, "debrief.ipynb")
    assert content == debrief_file(seminar, room.number, "debrief.ipynb")
    notebook = nbformat.reads(content.decode(), as_version=4)
    where = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources=where).execute()
    printed = "".join(output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", ()))
    assert f"{len(class_moves(seminar, room.number))} decisions at 5 tables" in printed
    assert "5 of 5 tables at which people decided were played to the end" in printed


def test_files_in_one_archive_and_no_others() -> None:
    packed = archive({"a": b"1", "b": b"2"})
    assert packed == archive({"a": b"1", "b": b"2"})
    assert zipfile.ZipFile(io.BytesIO(packed)).namelist() == ["a", "b"]
    assert set(NAMES) == {"moves.csv", "moves.parquet", "class.json", "debrief.ipynb", "debrief.pdf"}


def test_a_file_of_another_kind_is_refused_in_one_line(tmp_path: Path) -> None:
    for name in ("moves.csv", "moves.parquet"):
        (tmp_path / name).write_text("a,b\n1,2\n", encoding="utf-8")
        with pytest.raises(ParameterError, match="an exported file of moves") as caught:
            read_moves(tmp_path / name)
        assert "\n" not in str(caught.value)


def test_a_file_from_elsewhere_imports_nothing(made: tuple[Seminar, Room], tmp_path: Path,
                                               monkeypatch: pytest.MonkeyPatch) -> None:
    seminar, room = made
    (tmp_path / "meddling.py").write_text("raise SystemExit('this was run')\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    moves, about = class_moves(seminar, room.number), about_class(seminar, room.number)
    about["settings"]["behaviours"]["washington"] = "meddling.run"
    about["settings"]["treatments"][0]["changes"] = {"policy.washington": "meddling.run"}
    assert all(each.same for each in replay(moves, about))
    for broken in ({}, {"settings": None, "seed": "1"}, {"settings": {"treatments": [3]}, "seed": "1"}):
        with pytest.raises(ParameterError, match="export tells"):
            replay(moves, broken)


def test_messages_leave_only_when_asked_for_and_notes_never(tmp_path: Path) -> None:
    seminar, room = open_class(tmp_path / "class.sqlite", weeks=2)
    people = fill(seminar, room, 3)
    play(seminar, room)
    seminar.write(people[0], MESSAGE, "=let us stop", "m1")
    seminar.write(people[1], MESSAGE, "only for you", "m2", Actor.TOKYO)
    seminar.write(people[2], NOTE, "my secret plan", "n1")
    without = write_debrief(seminar, room.number, tmp_path / "without")
    steps: list[str] = []
    with_them = write_debrief(seminar, room.number, tmp_path / "with", messages=True, told=steps.append)
    assert {path.name for path in with_them} - {path.name for path in without} == {"messages.csv"}
    assert {"outcomes.svg", "paths.svg", "forgone.svg", *NAMES} <= {path.name for path in without}
    assert len(steps) == 3
    for path in (*without, *with_them):
        content = path.read_bytes()
        assert b"secret plan" not in content
        assert (b"let us stop" in content) == (path.name == "messages.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "with" / "messages.csv").read_text("utf-8-sig"))))
    assert [(row["table"], row["seat"], row["to"], row["text"]) for row in rows] == [
        ("1", "tokyo", "", "'=let us stop"), ("1", "seoul", "tokyo", "only for you")]
    assert {row["person"] for row in rows} <= {"P1", "P2", "P3"}


def test_without_a_font_for_the_language_paper_and_pictures_are_in_english(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seminar, room = open_class(tmp_path / "class.sqlite", weeks=4, language="ja", title="授業 one")
    fill(seminar, room, 6)
    play(seminar, room)
    monkeypatch.setattr(fonts, "_found", lambda language: None)
    plots.glyphs.cache_clear()
    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            content = debrief_file(seminar, room.number, "debrief.pdf")
        assert not [each for each in said if "missing from" in str(each.message)], "boxes were drawn"
        text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
        assert "How did the class end? ?? one" in text.replace("\n", " ")
        assert not any(ord(letter) >= 0x3000 for letter in text)
    finally:
        plots.glyphs.cache_clear()


@pytest.mark.parametrize(("language", "heading"), [("ja", "クラスの結末は？"), ("ko", "수업은 어떻게 끝났나?")])
def test_paper_in_the_language_of_the_class(tmp_path: Path, language: str, heading: str) -> None:
    if fonts.missing_font(language):
        pytest.skip(fonts.missing_font(language))
    seminar, room = open_class(tmp_path / "class.sqlite", weeks=4, language=language)
    fill(seminar, room, 6)
    play(seminar, room)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        content = debrief_file(seminar, room.number, "debrief.pdf")
    assert not [each for each in said if "missing from" in str(each.message)], "boxes were drawn"
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    assert heading.replace(" ", "") in "".join(text.split())


# ------------------------------------------------------------------------------------ the command


def test_the_command_lists_classes_and_writes_a_debrief(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seminar, room = open_class(tmp_path / "class.sqlite", weeks=2, title="Tuesday")
    fill(seminar, room, 3)
    play(seminar, room)
    given = ["--database", str(tmp_path / "class.sqlite")]
    assert command.main([*given, "classes"]) == 0  # while somebody else has it open
    head, line = capsys.readouterr().out.splitlines()
    assert head.split() == ["code", "made", "phase", "students", "tables", "title"]
    assert line.split()[0] == room.code
    assert line.split()[-4:] == ["playing", "3", "1", "Tuesday"]
    assert command.main([*given, "debrief", room.code.lower(), "--folder", str(tmp_path / "out")]) == 0
    told = capsys.readouterr()
    assert [Path(name) for name in told.out.splitlines()] == [
        tmp_path / "out" / name for name in ("outcomes.svg", "paths.svg", "forgone.svg", *NAMES)]
    assert len(told.err.splitlines()) == 3
    assert b"Person 1" not in (tmp_path / "out" / "moves.csv").read_bytes()
    assert command.main([*given, "debrief", room.code, "--folder", str(tmp_path / "named"), "--names"]) == 0
    assert b"Person 1" in (tmp_path / "named" / "moves.csv").read_bytes()


def test_a_command_that_leaves_takes_nothing_from_a_server(tmp_path: Path) -> None:
    # Two connections as the server has them. A process that leaves may not think it was the last one: it would take
    # the log away, and what the server writes from then on would be lost.
    path = tmp_path / "class.sqlite"
    seminar, room = open_class(path, weeks=2)
    reading = Seminar(Store(path))
    for _ in range(2):
        subprocess.run([sys.executable, "-m", "negotiation.seminar.command", "--database", str(path), "classes"],
                       check=True, cwd=Path(__file__).parents[1], stdout=subprocess.DEVNULL)
        fill(seminar, room, 3)
        other = Seminar(Store(path))
        assert len(other.people(room.number)) == len(reading.people(room.number)) == 3
        other.store.close()
    assert path.with_name("class.sqlite-wal").exists()


@pytest.mark.parametrize(("arguments", "told"), [
    (["debrief", "ZZZZZ"], "the code of a class"), (["debrief", "CODE", "--folder", "class.sqlite"], "--folder"),
    (["export", "nowhere/copy.sqlite"], "folder that exists"),
    (["--database", "nowhere/new.sqlite", "restore", "class.sqlite"], "folder that exists"),
    (["--database", "none.sqlite", "classes"], "a database that exists"), (["--port", "80"], "1024"),
    (["--address", "class.example.org"], "an address without a path"), (["--address", "http://a/b"], "without a path"),
    (["--address", "ftp://a"], "without a path"), (["--address", "http://a:x"], "without a path"),
    (["--address", "http://u@a"], "without a path"), (["--address", "http://"], "without a path"),
    (["--address", "http://cafe."], "without a path"), (["--address", "http://[::1]junk"], "without a path")])
def test_the_command_says_what_is_wrong_in_one_line(
        arguments: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str]) -> None:
    seminar, room = open_class(tmp_path / "class.sqlite")
    monkeypatch.chdir(tmp_path)
    given = [room.code if each == "CODE" else each for each in arguments]
    assert command.main([*([] if "--database" in given else ["--database", "class.sqlite"]), *given]) == 2
    error = capsys.readouterr().err
    assert told in error
    assert len(error.splitlines()) == 1
    assert seminar.by_code(room.code) == room


def test_a_laptop_that_leads_nowhere_still_knows_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    ifaddr = pytest.importorskip("ifaddr", reason="the extra `seminar` is not installed")

    class Adapter:
        def __init__(self, name: str, *addresses: str) -> None:
            self.nice_name, self.ips = name, [ifaddr.IP(each, 24, name) for each in addresses]

    class NoWay(socket.socket):
        def connect(self, address: object) -> None:
            raise OSError(101, "Network is unreachable")

    def looked_up(*_: object) -> object:
        raise AssertionError("a name was looked up")

    monkeypatch.setattr(socket, "socket", NoWay)
    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    monkeypatch.setattr(ifaddr, "get_adapters", lambda: [
        Adapter("lo", "127.0.0.1"), Adapter("docker0", "172.17.0.1"), Adapter("eth0", "169.254.3.4"),
        Adapter("ap0", "10.42.0.1"), Adapter("wlan0", "192.168.4.1")])
    assert command.room_addresses() == ["192.168.4.1", "10.42.0.1", "169.254.3.4", "172.17.0.1"]
