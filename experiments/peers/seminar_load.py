"""How does the seminar bear a full class? Many phones over loopback, at a class's pace and in a burst.

    cd experiments; python -m peers.seminar_load --clients 200 --seconds 600 --pace 8
    cd experiments; python -m peers.seminar_load --clients 200 --seconds 60 --pace 0.3

The server is the real command in a process of its own. A client is what a phone is to it: it fetches its page, opens
the page's own websocket, keeps the page's elements as the server sends them, and presses a button that is on its page
when it has thought for a while (exponentially, the pace in seconds on average). The latency of a move is the time from
the press until the buttons are gone from the client's own page: the move is then on the disk. Nothing is sent to any
address but 127.0.0.1.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from negotiation.library import load_scenario
from negotiation.seminar.room import Seminar
from negotiation.seminar.settings import Settings
from negotiation.seminar.store import Store
from peers.seminar_socket import SocketPage

ENDLESS = {"rupture.hazard": 0.0, **{f"washington.stances.{stance}.talks": 0.0 for stance in (
    "quiet", "urge", "convene", "press_tokyo", "press_seoul")}}  # no table ends before the test does
OPENING = 0.05  # seconds from one phone to the next


@dataclass
class Phone:
    """One page of one student, as the server sees it.

    Attributes:
        port: of the server.
        link: of the student's seat.
        pace: seconds of thought before a move, on average.
        rng: for the thinking.
        latencies: seconds from each press until the page shows that it was taken.
        answered: place in the table's record and option of each.
    """

    port: int
    link: str
    pace: float
    rng: np.random.Generator
    latencies: list[float] = field(default_factory=list)
    answered: list[tuple[int, int]] = field(default_factory=list)

    async def run(self, opened: asyncio.Barrier, seconds: float) -> None:
        """Open the page, wait until all pages are open, and play for a while."""
        page = await SocketPage(self.port, f"/seat/{self.link}").open()
        try:
            await opened.wait()
            await self._play(page, asyncio.get_running_loop().time() + seconds)
        finally:
            await page.close()

    async def _play(self, page: SocketPage, until: float) -> None:
        loop = asyncio.get_running_loop()
        acked = 0.0
        while loop.time() < until:
            if not buttons_of(page):
                page.changed.clear()
                try:
                    await asyncio.wait_for(page.changed.wait(), min(3.0, max(0.01, until - loop.time())))
                except TimeoutError:
                    await page.acknowledge()  # as the page does
                continue
            await asyncio.sleep(float(self.rng.exponential(self.pace)))
            if loop.time() > until or not (buttons := buttons_of(page)):
                continue
            number, listener, value = buttons[int(self.rng.integers(len(buttons)))]
            begun = time.perf_counter()
            await page.send(number, listener, value)
            while any(value == other for *_, other in buttons_of(page)):
                page.changed.clear()
                await asyncio.wait_for(page.changed.wait(), 20)
            self.latencies.append(time.perf_counter() - begun)
            self.answered.append((value[0], value[1]))
            if time.perf_counter() - acked > 3:
                acked = time.perf_counter()
                await page.acknowledge()


def buttons_of(page: SocketPage) -> list[tuple[str, str, list[int]]]:
    """Of every move that a student's page offers: number and listener of its part of the page, and what it sends."""
    return [(number, element["events"][0]["listener_id"], part[1]["act"])
            for number, element in page.elements.items()
            if "data-option" in (tree := element.get("props", {}).get("tree", "")) for part in json.loads(tree)
            if part[0] == "button" and "data-option" in part[1]]


@dataclass(frozen=True)
class Load:
    """What a run gave: moves answered and found again, latencies in milliseconds, memory in MB at start and end."""

    clients: int
    seconds: float
    moves: int
    recorded: int
    doubled: int
    p50: float
    p95: float
    p99: float
    worst: float
    memory: tuple[float, ...]
    processor: float

    def __str__(self) -> str:
        """For people."""
        return (f"{self.clients} pages, {self.seconds:.0f} s: {self.moves} moves ({self.moves / self.seconds:.1f}/s), "
                f"{self.recorded} recorded, {self.doubled} doubled; latency p50 {self.p50:.0f}, p95 {self.p95:.0f}, "
                f"p99 {self.p99:.0f}, worst {self.worst:.0f} ms; server memory "
                f"{', '.join(f'{each:.0f}' for each in self.memory)} MB; processor {100 * self.processor:.0f} %")


def serve(folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    """Start the command; returns its process and port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "NICEGUI"))}
    environment["PYTHONPATH"] = str(Path(__file__).parents[2])
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "negotiation.seminar.command", "--port", str(port),
                                    "--database", str(folder / "class.sqlite")], stdout=log, stderr=log, cwd=folder,
                                   env=environment)
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process, port
        time.sleep(0.1)
    raise RuntimeError((folder / "log.txt").read_text())


def memory_of(process: int) -> float:
    """Resident megabytes."""
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{process}/status").read_text())
    return int(found.group(1)) / 1024 if found is not None else float("nan")


def processor_of(process: int) -> float:
    """Seconds of processor used so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measure(process: int, port: int, links: list[str], seconds: float, pace: float,
                  seed: int) -> tuple[list[float], list[float], float]:
    """Play for a while; returns latencies, memory on the way, and the share of one core that the server used."""
    opened = asyncio.Barrier(len(links) + 1)
    rngs = np.random.default_rng(seed).spawn(len(links))
    phones = [Phone(port, link, pace, rng) for link, rng in zip(links, rngs, strict=True)]

    async def late(number: int) -> None:
        await asyncio.sleep(OPENING * number)  # phones do not all come in the same moment
        await phones[number].run(opened, seconds)

    async def watch() -> tuple[list[float], float]:
        await opened.wait()
        gc.freeze()  # the phones' own housekeeping is none of the server's latency
        memory, used = [memory_of(process)], processor_of(process)
        for _ in range(4):
            await asyncio.sleep(seconds / 4)
            memory.append(memory_of(process))
        return memory, (processor_of(process) - used) / seconds

    watching = asyncio.create_task(watch())
    await asyncio.gather(*(late(number) for number in range(len(links))))
    memory, used = await watching
    return [each for phone in phones for each in phone.latencies], memory, used


def endless() -> dict[str, Any]:
    """A dispute that no table ends before its last week."""
    return dict(load_scenario("tokyo_seoul_2019").override(ENDLESS).to_dict())


def run(clients: int, seconds: float, pace: float, seed: int = 1) -> Load:
    """A class of so many phones on a server of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seminar = Seminar(Store(folder / "class.sqlite"))
        room, _ = seminar.create(Settings(endless(), weeks=104), seed)
        links = [seminar.join(room.code, f"Student {number}", f"c{number}").link for number in range(clients)]
        seminar.start(room.number)
        process, port = serve(folder)
        try:
            latencies, memory, used = asyncio.run(measure(process.pid, port, links, seconds, pace, seed))
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
        rows = [row for table in seminar.tables(room.number) for row in seminar.entries(room.number, table)]
        recorded = sum(row["person"] is not None for row in rows)
        places = {(row["table_number"], row["place"]) for row in rows}
        seminar.store.close()
    spread = 1000 * np.percentile(latencies, [50, 95, 99, 100])
    return Load(clients, seconds, len(latencies), recorded, len(rows) - len(places), *map(float, spread),
                tuple(memory), used)


def main() -> None:
    """Run as told and print what came out."""
    made = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    made.add_argument("--clients", type=int, default=200)
    made.add_argument("--seconds", type=float, default=60)
    made.add_argument("--pace", type=float, default=8.0, help="seconds of thought before a move, on average")
    given = made.parse_args()
    print(run(given.clients, given.seconds, given.pace))


if __name__ == "__main__":
    main()
