"""One server's work on the database: changes one after another on their own thread, reads and news on the loop.

Changes that arrive together are written in one transaction, so that a burst of moves waits for the disk once; each is
answered only when it is on the disk. Pages ask to be told when their table or class has changed. Nothing here is
needed to carry on after a crash.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import sqlite3
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any, TypeVar

from negotiation.seminar.compiled import Games
from negotiation.seminar.limits import Guesses
from negotiation.seminar.people import Person
from negotiation.seminar.room import Seminar
from negotiation.seminar.store import Store

T = TypeVar("T")
MOST_TOGETHER = 64
LOG = logging.getLogger(__name__)
Topic = tuple[int, int | None]  # a room and a table; no table: the whole class


@dataclass
class _Job:
    act: Callable[[Seminar], Any]
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Any]


_Done = tuple[_Job, Any, Exception | None]


class Service:
    """The classes of one database, for the pages of one server.

    Args:
        path: of the database.
        clock: seconds since the epoch, for tests.

    Attributes:
        reading: for views, on the loop's thread.
        present: how many open pages each person has.
    """

    def __init__(self, path: str | Path, clock: Callable[[], float] = time.time) -> None:
        self.path = Path(path)
        games, guesses = Games(), Guesses()
        self._writing = Seminar(Store(path), clock, games, guesses)
        self.reading = Seminar(Store(path), clock, games, guesses)
        self.present: Counter[int] = Counter()
        self._clock, self._seen = clock, dict[int, float]()  # person to when their last page was closed
        self._watchers: dict[Topic, list[Callable[[], None]]] = defaultdict(list)
        self._nudged: dict[int, list[Callable[[], None]]] = defaultdict(list)
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="seminar writer", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Finish the changes under way and close the database."""
        self._jobs.put(None)
        self._thread.join()
        self.reading.store.close()
        self._writing.store.close()

    async def do(self, act: Callable[[Seminar], T]) -> T:
        """Make a change; returns what it returns once it is on the disk.

        Raises:
            SeminarError: whatever the change raises.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._jobs.put(_Job(act, loop, answer))
        return await answer

    async def tick(self) -> None:
        """Let time pass: agents play for those who are gone and where a move is overdue, and who is back plays."""
        back = [each for each in self.reading.absentees() if self.present[each]]
        if back:
            await self.do(lambda seminar: seminar.return_absent(back))
        seen = {**self._seen, **{each: inf for each, pages in self.present.items() if pages > 0}}
        if self.reading.absent(seen):
            await self.do(lambda seminar: seminar.leave_absent(seen))
        if self.reading.overdue():
            await self.do(lambda seminar: seminar.tick())

    def pages(self, person: Person, more: int) -> None:
        """Note that pages of a person were opened, or closed (fewer)."""
        self.present[person.number] += more
        if self.present[person.number] <= 0:
            del self.present[person.number]
            self._seen[person.number] = self._clock()
        self.here(person.room)

    # ------------------------------------------------------------------------------------ news

    def watch(self, room: int, table: int | None, told: Callable[[], None]) -> Callable[[], None]:
        """Be told of every change of a table, or of a class (no table); returns what ends it."""
        return _listed(self._watchers, (room, table), told)

    def watch_nudges(self, person: int, told: Callable[[], None]) -> Callable[[], None]:
        """Be told when the teacher nudges a person; returns what ends it."""
        return _listed(self._nudged, person, told)

    def here(self, room: int) -> None:
        """Tell the board of a class that somebody's page was opened or closed."""
        for told in list(self._watchers.get((room, None), ())):
            told()

    def nudge(self, person: int) -> int:
        """Remind a person; returns how many pages were reached."""
        for told in (found := list(self._nudged.get(person, ()))):
            told()
        return len(found)

    def _tell(self, topics: set[Topic]) -> None:
        rooms = {room for room, _ in topics}
        whole = {room for room, table in topics if table is None}
        for (room, table), listeners in list(self._watchers.items()):
            if room in rooms and (table is None or room in whole or (room, table) in topics):
                for told in list(listeners):
                    try:
                        told()
                    except Exception:  # one page must not silence the others
                        LOG.exception("a page could not be refreshed")

    # ------------------------------------------------------------------------------------ the writer

    def _work(self) -> None:
        stop = False
        while not stop:
            jobs = [self._jobs.get()]
            while len(jobs) < MOST_TOGETHER and jobs[-1] is not None:
                try:
                    jobs.append(self._jobs.get_nowait())
                except queue.Empty:
                    break
            stop = jobs[-1] is None
            self._write([job for job in jobs if job is not None])

    def _write(self, jobs: list[_Job]) -> None:
        """Make changes in one transaction, each in a savepoint of its own, and then answer them."""
        seminar = self._writing
        done: list[_Done] = []
        if not jobs:
            return
        try:
            with seminar.change():
                for job in jobs:
                    try:
                        with seminar.change():
                            done.append((job, job.act(seminar), None))
                    except sqlite3.Error:
                        raise
                    except Exception as error:
                        done.append((job, None, error))
        except Exception as error:  # the whole was taken back, for one of them perhaps: each alone, then
            seminar.forget()
            seminar.touched = set()
            if len(jobs) > 1:
                for job in jobs:
                    self._write([job])
                return
            done = [(job, None, error) for job in jobs]
        topics, seminar.touched = seminar.touched, set()
        loops = {job.loop for job in jobs}
        for loop in loops:
            mine = [each for each in done if each[0].loop is loop]
            try:
                loop.call_soon_threadsafe(self._answer, mine, topics)
            except RuntimeError:  # the loop has ended; the changes are kept all the same
                LOG.debug("nobody waits for an answer any more")

    def _answer(self, done: list[_Done], topics: set[Topic]) -> None:
        for job, value, error in done:
            if job.answer.cancelled():
                continue
            if error is None:
                job.answer.set_result(value)
            else:
                job.answer.set_exception(error)
        self._tell(topics)


def _listed(lists: dict[Any, list[Callable[[], None]]], key: Any, told: Callable[[], None]) -> Callable[[], None]:
    lists[key].append(told)

    def end() -> None:
        if told in lists.get(key, ()):
            lists[key].remove(told)
            if not lists[key]:
                del lists[key]

    return end


__all__ = ["Service"]
