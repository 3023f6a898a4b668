"""The seminar under load and under fire: many real websocket pages, and a server that is killed again and again."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("nicegui", reason="the extra `seminar` is not installed")
pytest.importorskip("segno", reason="the extra `seminar` is not installed")

from seminar_phones import seminar_load
from test_seminar_machine import raw_rows, replayed
from test_seminar_server import Server

from negotiation.seminar.room import Seminar
from negotiation.seminar.settings import Settings
from negotiation.seminar.store import Store

LINUX = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read off /proc")


@LINUX
def test_a_few_pages_play_fast_and_lose_nothing() -> None:
    done = seminar_load.run(9, 5, 0.3)
    assert done.moves > 10
    assert done.recorded == done.moves  # every press was answered, and every answer is on the disk
    assert done.doubled == 0
    assert done.p50 < 2000  # milliseconds; a machine that runs other tests is slow


@LINUX
@pytest.mark.slow
@pytest.mark.parametrize(("clients", "seconds", "pace", "rate"), [(200, 600, 8.0, 7.0), (200, 60, 0.3, 100.0)])
def test_a_full_class(clients: int, seconds: float, pace: float, rate: float) -> None:
    """At a class's pace for ten minutes, and in a burst; a phone waits for its answer, so a slow server is told by
    the rate (moves a second) as well as by the latency."""
    done = seminar_load.run(clients, seconds, pace)
    print(done)
    assert done.moves > rate * seconds
    assert done.recorded == done.moves
    assert done.doubled == 0
    assert done.p95 < 250
    assert done.memory[-1] < 1.1 * done.memory[1]


def test_a_server_killed_at_random_moments_keeps_every_answered_move_once(tmp_path: Path) -> None:
    """Twelve phones press buttons; whatever one of them was shown as taken is on the disk, in its place, once."""
    server, rng = Server(tmp_path), np.random.default_rng(3)
    seminar = Seminar(Store(server.database))
    room, _ = seminar.create(Settings(seminar_load.endless(), weeks=100), seed=9)
    joined = [seminar.join(room.code, str(number), f"c{number}") for number in range(12)]
    seminar.start(room.number)
    answered: set[tuple[int, int, int]] = set()
    for life in range(4):
        server.start()
        phones = {one.person.number: seminar_load.Phone(server.port, one.link, 0.1, generator)
                  for one, generator in zip(joined, rng.spawn(len(joined)), strict=True)}
        asyncio.run(play_until_killed(server, list(phones.values()), float(rng.uniform(2.0, 4.0))))
        new = {(number, *each) for number, phone in phones.items() for each in phone.answered}
        assert new, f"life {life} was too short for a move"
        answered |= new
    rows = [row for table in seminar.tables(room.number) for row in raw_rows(server.database, room.number, table)]
    taken = [(row["person"], row["place"] - 1, row["option"]) for row in rows]
    assert len(taken) == len({(row["table_number"], row["place"]) for row in rows})
    assert answered <= set(taken)
    assert len(set(taken) - answered) <= 4 * 12  # on the disk, but the server died before it could say so
    for table in seminar.tables(room.number):
        mine = raw_rows(server.database, room.number, table)
        assert [row["place"] for row in mine] == list(range(1, len(mine) + 1))
        game = seminar.game(room.number, seminar.treatment(room.number, table))
        assert tuple(replayed(game, mine, room.seed, table)[0].weeks) == seminar.state(room.number, table).weeks


async def play_until_killed(server: Server, phones: list[Any], seconds: float) -> None:
    opened = asyncio.Barrier(len(phones))
    playing = [asyncio.create_task(phone.run(opened, 60)) for phone in phones]
    while not any(phone.answered for phone in phones):
        await asyncio.sleep(0.05)
    await asyncio.sleep(seconds)
    server.kill()
    for task in playing:
        task.cancel()
    await asyncio.gather(*playing, return_exceptions=True)
