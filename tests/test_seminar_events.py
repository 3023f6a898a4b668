"""Pages send what their buttons would; a program can send anything. Whatever comes, nobody gets what is another's."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("nicegui", reason="the extra `seminar` is not installed")
pytest.importorskip("segno", reason="the extra `seminar` is not installed")

from seminar_phones import SocketPage, seminar_load
from test_seminar_server import SCENARIO, Server, running

from negotiation.seminar.command import teacher_secret
from negotiation.seminar.people import ENDED, PLAYING
from negotiation.seminar.room import Joined, Seminar
from negotiation.seminar.settings import Settings
from negotiation.seminar.store import Store
from negotiation.seminar.web.site import SERVER

ODD: tuple[Any, ...] = (
    None, [], {}, -1, 10**30, 1e308, math.nan, math.inf, True, "nan", "inf", "x" * 3000, "\ud800", ["a", 1],
    [True, True], [0, 10**20], [[0], [1]], {"value": -5, "label": "x"}, {"value": 999}, {"value": "0"},
    {"value": None}, {"text": 5}, {"text": "\ud800"}, {"text": "a: *b"}, {"text": "a: [" * 500})
ALIVE = 30.0  # seconds within which a page must answer whatever was sent before


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("events")) as started:
        yield started


@pytest.fixture
def seminar(server: Server) -> Iterator[Seminar]:
    opened = Seminar(Store(server.database))
    yield opened
    opened.store.close()


def make_class(seminar: Seminar) -> tuple[str, list[Joined]]:
    room, _ = seminar.create(Settings(SCENARIO, weeks=8))
    joined = [seminar.join(room.code, name, name) for name in ("Tokio", "Seoul", "Washington")]
    seminar.start(room.number)
    return room.code, joined


def record(seminar: Seminar, one: Joined) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in seminar.entries(one.person.room, one.person.table)]


async def until(page: SocketPage, seen: Any) -> None:
    async def wait() -> None:
        while not seen():
            page.changed.clear()
            await page.changed.wait()

    await asyncio.wait_for(wait(), ALIVE)


@pytest.mark.parametrize("name", ["join", "back", "alone", "seat", "teacher", "board", "explorer"])
def test_odd_events_of_every_listener_kill_no_page(server: Server, seminar: Seminar, name: str) -> None:
    code, joined = make_class(seminar)
    cookies = {SERVER: teacher_secret(server.database)}
    waits = joined[0]  # Washington moves first, so this page has no buttons of moves
    path = {"seat": f"/seat/{waits.link}", "board": f"/board/{code}"}.get(name, f"/{name}")
    before = record(seminar, waits)

    async def misuse() -> None:
        page = await SocketPage(server.port, path, cookies if name in ("teacher", "board", "explorer") else {}).open()
        assert page.status == 200
        listeners = list(page.listeners())
        assert listeners
        for number, listener in listeners:
            for value in ODD:
                await page.send(number, listener, value)
            await page.send(number, listener, 1, 2, 3)
        for odd in ({"id": "x"}, {}, {"id": 1, "client_id": page.name}, {"id": 10**9, "client_id": page.name}):
            await page.client.emit("event", odd)
        await asyncio.sleep(1)
        assert page.client.connected
        await page.close()

    asyncio.run(misuse())
    assert server.get(path, **({"Cookie": f"{SERVER}={cookies[SERVER]}"} if name in ("teacher", "board", "explorer")
                               else {}))[0] == 200
    if name == "seat":
        assert [row for row in record(seminar, waits) if row not in before] == []  # it was not their turn


def test_a_page_cannot_move_for_another_seat_nor_in_another_week(server: Server, seminar: Seminar) -> None:
    """A waiting seat sends the very event of the seat whose turn it is, and a moved one sends its move again."""
    _, joined = make_class(seminar)
    tokyo, _, washington = joined

    async def misuse() -> None:
        acting = await SocketPage(server.port, f"/seat/{washington.link}").open()
        waiting = await SocketPage(server.port, f"/seat/{tokyo.link}").open()
        number, listener, value = seminar_load.buttons_of(acting)[0]
        for each, name in waiting.listeners():
            await waiting.send(each, name, value)
            await waiting.send(number, listener, value)  # the numbers of the other's page
        await waiting.client.emit("event", {"id": int(number), "client_id": acting.name, "listener_id": listener,
                                            "args": [json.dumps(value)]})
        await asyncio.sleep(1)
        others = [row for row in seminar.entries(tokyo.person.room, tokyo.person.table)
                  if row["person"] == tokyo.person.number]
        assert others == []
        if not record(seminar, tokyo):  # a page's own number is a secret of its browser: whoever has it is the page
            await acting.send(number, listener, value)
        await until(acting, lambda: not seminar_load.buttons_of(acting))
        taken = record(seminar, tokyo)
        for again in range(3):
            await acting.send(number, listener, value)
            await acting.send(number, listener, [value[0] + again, value[1]])
        await asyncio.sleep(1)
        assert record(seminar, tokyo)[:len(taken)] == taken
        moves = [row for row in seminar.entries(tokyo.person.room, tokyo.person.table)
                 if row["person"] == washington.person.number]
        assert len(moves) == 1  # until the two sides have moved it is nobody's turn to open a week
        await acting.close()
        await waiting.close()

    asyncio.run(misuse())


def test_a_stale_teachers_page_acts_for_its_own_class_only(server: Server, seminar: Seminar) -> None:
    """All buttons of one board are pressed; the class beside it plays on as if nothing had been."""
    code, _ = make_class(seminar)
    _, beside = make_class(seminar)
    before = record(seminar, beside[0])
    room = seminar.by_code(code)
    assert room is not None

    async def press() -> None:
        page = await SocketPage(server.port, f"/board/{code}", {SERVER: teacher_secret(server.database)}).open()
        for number, listener in list(page.listeners()):
            await page.send(number, listener)
        await asyncio.sleep(2)
        await page.close()

    asyncio.run(press())
    assert seminar.room(room.number).phase == ENDED  # so the buttons did what they say
    assert record(seminar, beside[0]) == before
    assert seminar.room(beside[0].person.room).phase == PLAYING


def test_no_page_of_the_teachers_opens_its_socket_without_the_cookie(server: Server, seminar: Seminar) -> None:
    code, _ = make_class(seminar)

    async def listeners(cookies: dict[str, str]) -> int:
        page = await SocketPage(server.port, f"/board/{code}", cookies).open()
        await page.close()
        return sum(number != "0" for number, _ in page.listeners())  # 0: NiceGUI's own frame of every page

    assert asyncio.run(listeners({})) == 0
    assert asyncio.run(listeners({SERVER: "x" * 32})) == 0
    assert asyncio.run(listeners({SERVER: teacher_secret(server.database)})) > 3
