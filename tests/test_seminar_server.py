"""The server as it runs: what it sends to whom, what it refuses, and that it listens where it was told to."""

from __future__ import annotations

import asyncio
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from negotiation.library import load_scenario
from negotiation.seminar.people import Room
from negotiation.seminar.room import Seminar
from negotiation.seminar.settings import Settings, Treatment
from negotiation.seminar.store import Store
from negotiation.seminar.talk import MESSAGE
from negotiation.vocabulary import Actor

pytest.importorskip("nicegui", reason="the extra `seminar` is not installed")
pytest.importorskip("segno", reason="the extra `seminar` is not installed")

ROOT = Path(__file__).parents[1]
SCENARIO = load_scenario("tokyo_seoul_2019").to_dict()
MARKUP = "<img src=x onerror=alert(1)>`${alert(2)}</script>"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """The real command in a process of its own, which can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.database = folder / "class.sqlite"
        self.address = f"http://localhost:{self.port}"
        self.options: tuple[str, ...] = ()
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        log = (self.folder / "log.txt").open("a", encoding="utf-8")
        arguments = [sys.executable, "-m", "negotiation.seminar.command", "--port", str(self.port), "--database",
                     str(self.database), *self.options]
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "NICEGUI"))}
        environment["PYTHONPATH"] = str(ROOT)  # and NiceGUI must not take this for a test of its own kind
        self.process = subprocess.Popen(arguments, stdout=log, stderr=log, cwd=self.folder, env=environment, text=True)
        for _ in range(300):
            try:
                self.get("/join")
                return
            except OSError:
                assert self.process.poll() is None, self.log()
                time.sleep(0.1)
        raise AssertionError(self.log())

    def kill(self) -> None:
        """As if the power had gone."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def log(self) -> str:
        return (self.folder / "log.txt").read_text(encoding="utf-8")

    @property
    def start_link(self) -> str:
        found = re.findall(r"/teach/\S+", self.log())
        assert len(set(found)) == 1, "the link outlives a restart"
        return self.address + str(found[0])

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], str]:
        """A plain request: status, headers, text."""
        return self.request("GET", path, b"", headers)

    def request(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str], str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        sent = {"Host": f"localhost:{self.port}", **{key.replace("_", "-"): value for key, value in headers.items()}}
        try:
            connection.request(method, path, body or None, sent)
            answer = connection.getresponse()
            return answer.status, {key.lower(): value for key, value in answer.getheaders()}, answer.read().decode()
        finally:
            connection.close()


@contextmanager
def running(folder: Path, *options: str) -> Iterator[Server]:
    server = Server(folder)
    server.options = options
    server.start()
    try:
        yield server
    finally:
        if server.process is not None and server.process.poll() is None:
            server.kill()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("server")) as started:
        yield started


@pytest.fixture(scope="module")
def seminar(server: Server) -> Iterator[Seminar]:
    """The same database from another process: this one."""
    opened = Seminar(Store(server.database))
    yield opened
    opened.store.close()


def test_it_listens_on_this_machine_only_unless_told(server: Server) -> None:
    assert "serving this machine only" in server.log()
    listening = [line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
                 if line.split()[3] == "0A"] if Path("/proc/net/tcp").exists() else []
    mine = [place for place in listening if place.endswith(f":{server.port:04X}")]
    assert mine == ([f"0100007F:{server.port:04X}"] if sys.platform == "linux" else [])


def test_it_serves_the_room_when_told_and_says_so(tmp_path: Path) -> None:
    with running(tmp_path, "--lan") as started:
        assert "serving the room" in started.log()
        assert "serving this machine only" not in started.log()
        if sys.platform == "linux":
            listening = [line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
                         if line.split()[3] == "0A"]
            assert [each for each in listening if each.endswith(f":{started.port:04X}")] == [
                f"00000000:{started.port:04X}"]


def test_it_answers_under_a_further_name_when_told(tmp_path: Path) -> None:
    named = "https://Class.Example.org/", "http://laptop.home:8080"
    with running(tmp_path, "--address", named[0], "--address", named[1]) as started:
        assert "also known as: https://class.example.org, http://laptop.home:8080" in started.log()
        for host, status in (("class.example.org", 200), ("CLASS.example.org:443", 200), ("laptop.home:8080", 200),
                             ("localhost", 200), ("example.org", 421), ("other.example.org", 421)):
            found, headers, _ = started.get("/join", Host=host)
            assert found == status, host
            if status == 200:
                assert f"wss://{host}" in headers["content-security-policy"]


@pytest.mark.parametrize(("host", "status"), [
    ("localhost", 200), ("127.0.0.1", 200), ("192.168.0.7", 200), ("[::1]", 200), ("[fe80::1%25eth0]", 200),
    ("laptop.local", 200), (socket.gethostname(), 200), (socket.gethostname().upper(), 200), ("x.localhost", 200),
    ("evil.example", 421), ("localhost.evil.example", 421), ("127.0.0.1.evil.example", 421), ("a b", 421),
    ("[::1", 421), ("notlocal", 421)])
def test_names_that_are_not_this_machine_s_are_refused(server: Server, host: str, status: int) -> None:
    found, _, text = server.get("/join", Host=f"{host}:{server.port}")
    assert found == status
    if status == 421:
        assert "not one of this machine's" in text
        assert len(text.splitlines()) == 1
        assert server.get("/_nicegui_ws/socket.io/?EIO=4&transport=polling", Host=f"{host}:{server.port}")[0] == 421


def test_a_second_server_on_the_same_database_is_refused_and_other_commands_are_not(server: Server) -> None:
    def command(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "negotiation.seminar.command", "--database", str(server.database),
                               *arguments], capture_output=True, text=True, timeout=60, check=False, cwd=server.folder)

    done = command("--port", str(free_port()))
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert "no other negotiation-seminar serves" in done.stderr
    assert command("classes").returncode == 0
    assert command("export", "copy.sqlite").returncode == 0
    assert server.get("/join")[0] == 200


def test_a_database_is_free_again_when_its_server_was_killed_or_stopped(tmp_path: Path) -> None:
    with running(tmp_path) as started:
        started.kill()
        started.start()
        assert started.process is not None
        started.process.send_signal(signal.SIGINT)
        assert started.process.wait(10) == 0
        started.start()


@pytest.mark.parametrize("path", ["/join", "/back", "/alone", "/j/ABCDE", "/seat/wrong", "/teacher", "/nowhere"])
def test_every_page_is_strict_about_what_it_loads_and_sends(server: Server, path: str) -> None:
    status, headers, text = server.get(path)
    assert status == {"/seat/wrong": 404, "/teacher": 403, "/nowhere": 404}.get(path, 200)
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    sources = re.findall(r"""(?:src|href)=["']([^"']+)""", text) + re.findall(r'@import url\("([^"]+)', text)
    assert sources
    assert [each for each in sources if not each.startswith(("/", "data:"))] == []


def test_the_teacher_s_secret_becomes_a_cookie_and_leaves_the_address(server: Server) -> None:
    path = server.start_link.removeprefix(server.address)
    status, headers, _ = server.get(path)
    assert (status, headers["location"]) == (303, "/teacher")
    assert "httponly" in headers["set-cookie"].lower()
    cookie = headers["set-cookie"].split(";")[0]
    status, _, text = server.get("/teacher", Cookie=cookie)
    assert status == 200
    assert "A new class" in text
    assert cookie.split("=")[1] not in text
    assert server.get("/teach/wrong")[1].get("set-cookie") is None


def test_students_reach_neither_teacher_s_pages_nor_each_other_s(server: Server, seminar: Seminar) -> None:
    room, teacher = seminar.create(Settings(SCENARIO, title="Monday"))
    other, other_teacher = seminar.create(Settings(SCENARIO, title="Tuesday"))
    joined = seminar.join(room.code, "Aiko", "one")
    for cookie in ("", f"seminar_class_{room.number}={joined.link}", f"seminar_teacher={joined.link}",
                   f"seminar_class_{room.number}={other_teacher}", f"seminar_class_{other.number}={teacher}"):
        status, _, text = server.get(f"/board/{room.code}", Cookie=cookie)
        assert (status, "Monday" in text) == (403, False)
    status, headers, _ = server.get(f"/teach/{teacher}")
    assert headers["location"] == f"/board/{room.code}"
    cookie = headers["set-cookie"].split(";")[0]
    assert server.get(f"/board/{room.code}", Cookie=cookie)[0] == 200
    assert server.get(f"/board/{other.code}", Cookie=cookie)[0] == 403
    assert server.get("/teacher", Cookie=cookie)[0] == 403
    for path in (f"/seat/{joined.link[:-1]}", f"/seat/{joined.person.number}", f"/seat/{joined.code}", "/seat/"):
        assert server.get(path)[0] == 404


def test_a_page_as_sent_holds_its_own_sheet_only_and_markup_as_text(server: Server, seminar: Seminar) -> None:
    marks = {"tokyo": "7.77", "seoul": "8.88", "washington": "9.99"}
    scenario = load_scenario("tokyo_seoul_2019").override({
        "tokyo.backdown": 7.77, "seoul.backdown": 8.88, "washington.prize": 9.99})
    room, _ = seminar.create(Settings(scenario.to_dict(), treatments=(Treatment("whispered"),), title=MARKUP))
    joined = [seminar.join(room.code, MARKUP, f"c{number}") for number in range(3)]
    seminar.write(joined[0].person, MESSAGE, MARKUP, "m")
    seminar.start(room.number)
    for one in joined:
        status, _, text = server.get(f"/seat/{one.link}")
        assert status == 200
        assert {key: mark in text for key, mark in marks.items()} == {
            key: key == one.person.seat.key for key in marks}
        assert "whispered" not in text
        assert "<img src=x" not in text
        assert "${alert" not in text
        assert "alert(2)}</script" not in text
        assert "&lt;img src=x onerror=alert(1)&gt;" in text
        assert not any(other.link in text or other.code in text for other in joined if other is not one)


def test_a_private_message_is_in_no_other_seat_s_page_and_names_only_where_allowed(server: Server,
                                                                                   seminar: Seminar) -> None:
    for names in (False, True):
        room, _ = seminar.create(Settings(SCENARIO, share=2, names=names))
        joined = [seminar.join(room.code, f"Person{number}Q", f"c{number}") for number in range(6)]
        seats = {seat: [each for each in joined if each.person.seat is seat] for seat in Actor}
        seminar.write(seats[Actor.WASHINGTON][0].person, MESSAGE, "for-seoul-alone", "m1", Actor.SEOUL)
        seminar.write(seats[Actor.TOKYO][0].person, MESSAGE, "for-everybody", "m2")
        seminar.start(room.number)
        for one in joined:
            text = server.get(f"/seat/{one.link}")[2]
            assert "for-everybody" in text
            assert ("for-seoul-alone" in text) == (one.person.seat is not Actor.TOKYO)
            others = [other for other in joined if other is not one]
            assert [other.person.name in text for other in others] == [names] * 5


def test_the_debrief_is_linked_where_it_is_open(server: Server, seminar: Seminar) -> None:
    room, _ = seminar.create(Settings(SCENARIO))
    joined = seminar.join(room.code, "x", "c")
    assert f"/mine/{joined.link}" not in server.get(f"/seat/{joined.link}")[2]
    seminar.start(room.number)
    assert f"/mine/{joined.link}" not in server.get(f"/seat/{joined.link}")[2]
    seminar.end(room.number)
    assert f"/mine/{joined.link}" in server.get(f"/seat/{joined.link}")[2]
    alone = seminar.create_alone(Settings(SCENARIO, weeks=2), Actor.SEOUL)
    assert f"/mine/{alone.link}" in server.get(f"/seat/{alone.link}")[2]


@pytest.mark.parametrize("path", ["/", "/join", "/back", "/alone", "/j/ABCDE"])
def test_every_page_by_which_people_come_in_knows_the_browser_again(server: Server, path: str) -> None:
    cookie = server.get(path)[1]["set-cookie"]
    assert cookie.startswith("seminar_device=")
    assert "httponly" in cookie.lower()
    assert "set-cookie" not in server.get(path, Cookie=cookie.split(";")[0])[1]


@pytest.mark.parametrize(("path", "status", "told"), [
    ("/seat/wrong", 404, {"ja": "その席はありません", "ko": "그런 자리가 없습니다", "en": "No such seat"}),
    ("/mine/wrong", 404, {"ja": "その席はありません", "ko": "그런 자리가 없습니다", "en": "No such seat"}),
    ("/teacher", 403, {"ja": "先生", "ko": "선생님", "en": "For the teacher"}),
    ("/board/ABCDE", 403, {"ja": "先生", "ko": "선생님", "en": "For the teacher"}),
    ("/debrief/ABCDE", 403, {"ja": "先生", "ko": "선생님", "en": "For the teacher"}),
    ("/nonsense", 404, {"ja": "このページはありません", "ko": "그런 페이지가 없습니다", "en": "There is no such page"}),
    ("/a/b/c?d", 404, {"ja": "このページはありません", "ko": "그런 페이지가 없습니다", "en": "There is no such page"})])
def test_what_is_not_to_be_seen_is_told_in_the_reader_s_language(server: Server, path: str, status: int,
                                                                 told: dict[str, str]) -> None:
    for language, words in told.items():
        found, _, text = server.get(path, Accept_Language=f"{language},en;q=0.5")
        assert found == status
        assert words in text
        assert f'lang="{language}' in text
        assert "/join" in text
        assert "HTTPException" not in text


def test_files_that_are_not_there_are_refused_plainly(server: Server) -> None:
    status, _, text = server.get("/mine/wrong/moves.csv")
    assert (status, text) == (404, "no such file")
    assert server.get("/seminar/nothing.css")[0] == 404


def test_whoever_is_taken_off_finds_a_page_that_says_so_and_nothing_else(server: Server, seminar: Seminar) -> None:
    room, _ = seminar.create(Settings(SCENARIO, language="ko", title="Tuesdays"))
    joined = seminar.join(room.code, "Aiko", "one")
    seminar.take_off(joined.person.number)
    for path in (f"/seat/{joined.link}", f"/mine/{joined.link}"):
        status, _, text = server.get(path)
        assert status == 410
        assert "선생님이 테이블에서 내보냈습니다" in text
        assert "Tuesdays" not in text


def test_visitors_from_other_sites_and_large_bodies_are_refused(server: Server) -> None:
    path = "/_nicegui_ws/socket.io/?EIO=4&transport=polling"
    assert server.get(path, Origin="http://evil.example")[0] == 403
    assert server.get(path, Origin=server.address)[0] == 200
    assert server.request("POST", "/join", b"x" * 400_000, {})[0] == 413


def test_codes_cannot_be_tried_at_will_in_the_address(tmp_path: Path) -> None:
    with running(tmp_path) as fresh:
        seminar = Seminar(Store(fresh.database))
        room, _ = seminar.create(Settings(SCENARIO, language="ko"))
        assert 'lang="ko-KR"' in fresh.get(f"/j/{room.code}")[2]
        for number in range(25):
            fresh.get(f"/j/WRONG{number}")
        assert 'lang="ko-KR"' not in fresh.get(f"/j/{room.code}")[2]
        seminar.store.close()


def test_a_damaged_database_is_told_and_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "class.sqlite"
    path.write_bytes(b"not a database" * 500)
    done = subprocess.run([sys.executable, "-m", "negotiation.seminar.command", "--database", str(path), "--port",
                           str(free_port())], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "it was left as it is" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert path.read_bytes() == b"not a database" * 500


def ended_class(started: Server, weeks: int, people: int) -> tuple[Room, str]:
    """A class that agents have played for its people and that has ended, and its teacher's cookie."""
    opened = Seminar(Store(started.database))
    room, teacher = opened.create(Settings(SCENARIO, weeks=weeks, seats=(Actor.TOKYO,)))
    for number in range(people):
        opened.set_away(opened.join(room.code, f"n{number}", f"c{number}").person.number, True)
    opened.start(room.number)
    opened.end(room.number)
    opened.store.close()
    return room, started.get(f"/teach/{teacher}")[1]["set-cookie"].split(";")[0]


def test_no_process_outlives_a_server_that_is_killed_for_long(tmp_path: Path) -> None:
    with running(tmp_path) as started:
        room, cookie = ended_class(started, weeks=6, people=6)
        assert started.process is not None
        parent = psutil.Process(started.process.pid)

        def ask(name: str) -> None:
            with suppress(OSError, http.client.HTTPException):
                started.get(f"/debrief/{room.code}/{name}", Cookie=cookie)

        asking = [threading.Thread(target=ask, args=(name,)) for name in ("moves.csv", "debrief.pdf")]
        for each in asking:
            each.start()
        children: list[psutil.Process] = []
        until = time.monotonic() + 60
        while len(children) < 2 and time.monotonic() < until:
            children = parent.children(recursive=True)
            time.sleep(0.05)
        assert children
        time.sleep(2)  # some are at work, one may just have begun
        children = parent.children(recursive=True)
        started.kill()
        _, left = psutil.wait_procs(children, timeout=15)
        assert left == []
        for each in asking:
            each.join()


def test_a_server_ends_at_once_when_it_is_stopped_while_a_debrief_is_made(tmp_path: Path) -> None:
    with running(tmp_path) as started:
        room, cookie = ended_class(started, weeks=12, people=30)

        def ask() -> None:
            with suppress(OSError, http.client.HTTPException):
                started.get(f"/debrief/{room.code}/debrief.pdf", Cookie=cookie)

        asking = threading.Thread(target=ask)
        asking.start()
        assert started.process is not None
        parent = psutil.Process(started.process.pid)
        until = time.monotonic() + 60
        while not parent.children(recursive=True) and time.monotonic() < until:
            time.sleep(0.05)
        children = parent.children(recursive=True)
        assert children
        time.sleep(1)
        assert asking.is_alive(), "the file is still being made"
        started.process.send_signal(signal.SIGINT)
        started.process.wait(10)
        _, left = psutil.wait_procs(children, timeout=15)
        assert left == []
        asking.join()


def test_a_taken_port_is_told_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = subprocess.run([sys.executable, "-m", "negotiation.seminar.command", "--database",
                               str(tmp_path / "a.sqlite"), "--port", str(taken.getsockname()[1])],
                              capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "--port" in done.stderr
    assert len(done.stderr.splitlines()) == 1


# --------------------------------------------------------------------------- the writer


def test_changes_are_told_after_they_are_on_the_disk_and_a_failure_hurts_nobody(tmp_path: Path) -> None:
    from negotiation.seminar.people import SeminarError
    from negotiation.seminar.service import Service

    async def scene() -> None:
        service = Service(tmp_path / "class.sqlite")
        told: list[int] = []
        room, _ = await service.do(lambda seminar: seminar.create(Settings(SCENARIO)))
        end = service.watch(room.number, None, lambda: told.append(len(service.reading.people(room.number))))
        codes = [room.code, room.code, "WRONG", room.code, room.code]
        answers = await asyncio.gather(*(service.do(
            lambda seminar, number=number, code=code: seminar.join(code, f"n{number}", f"c{number}"))
            for number, code in enumerate(codes)), return_exceptions=True)
        assert [isinstance(each, SeminarError) for each in answers] == [False, False, True, False, False]
        assert told
        assert told[-1] == 4
        end()
        with pytest.raises(ZeroDivisionError):
            await service.do(lambda seminar: [seminar.set_away(1, True), 1 / 0])
        assert not service.reading.person_numbered(1).away
        assert told[-1] == 4
        service.close()

    asyncio.run(scene())


def test_of_changes_that_arrive_together_a_full_disk_refuses_only_those_too_large(tmp_path: Path) -> None:
    from negotiation.seminar.service import Service

    async def scene() -> None:
        service = Service(tmp_path / "class.sqlite")
        room, _ = await service.do(lambda seminar: seminar.create(Settings(SCENARIO)))
        store = service._writing.store
        pages = store.row("PRAGMA page_count")
        assert pages is not None
        store.change(f"PRAGMA max_page_count = {pages[0] + 3}")

        def large(seminar: Seminar) -> None:
            for number in range(1000):
                seminar.store.insert("words", room=room.number, table_number=1, seat=0, kind="note", text="x" * 2000,
                                     client=f"w{number}", at=0.0)

        answers = await asyncio.gather(*(service.do(act) for act in (
            lambda seminar: seminar.join(room.code, "a", "a"), large,
            lambda seminar: seminar.join(room.code, "b", "b"), lambda seminar: seminar.join("WRONG", "c", "c"))),
            return_exceptions=True)
        assert [type(each).__name__ for each in answers] == ["Joined", "OperationalError", "Joined", "SeminarError"]
        assert [each.name for each in service.reading.people(room.number)] == ["a", "b"]
        assert service.reading.store.rows("SELECT * FROM words") == []
        service.close()

    asyncio.run(scene())


def test_agents_play_for_those_without_a_page_until_they_open_one(tmp_path: Path) -> None:
    from negotiation.seminar.service import Service

    async def scene() -> None:
        now = [1000.0]
        service = Service(tmp_path / "class.sqlite", lambda: now[0])
        room, _ = await service.do(lambda seminar: seminar.create(Settings(SCENARIO, absent=60), 1))
        people = [(await service.do(lambda seminar, name=name: seminar.join(room.code, name, name))).person
                  for name in "abc"]
        await service.do(lambda seminar: seminar.start(room.number))
        for person in people:
            service.pages(person, 1)
        washington = people[2]
        service.pages(washington, 1)  # a second page

        async def absent() -> list[int]:
            await service.tick()
            return service.reading.absentees()

        now[0] += 500
        assert await absent() == []
        service.pages(washington, -1)
        now[0] += 500
        assert await absent() == []  # one of the two is still open
        service.pages(washington, -1)
        now[0] += 59
        assert await absent() == []
        now[0] += 1
        assert await absent() == [washington.number]
        assert service.reading.state(room.number, 1).stance is not None
        service.pages(washington, 1)
        assert await absent() == []
        await service.do(lambda seminar: seminar.set_away(washington.number, True))
        assert await absent() == []
        assert service.reading.person_numbered(washington.number).away  # as was chosen, page or no page
        service.close()
        again = Service(tmp_path / "class.sqlite", lambda: now[0])  # nobody's page is open after a restart
        await again.do(lambda seminar: seminar.resume())
        await again.tick()
        assert again.reading.absentees() == []
        now[0] += 60
        await again.tick()
        assert len(again.reading.absentees()) == 1
        again.close()

    asyncio.run(scene())
