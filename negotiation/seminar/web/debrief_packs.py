"""Packs of classes, made in processes of their own and remembered while nothing changes.

The workers are spawned, not forked: a forked one would inherit the open database and the locks of the server's
threads. At most two work at once, so a class that plays keeps its share of a small machine; and whoever asks for
what is being made already waits for the same work.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing import get_context
from typing import Any, TypeVar

from negotiation.seminar.compiled import Recent
from negotiation.seminar.debrief import OwnDebrief, class_shares, own_debrief
from negotiation.seminar.debrief_pack import Pack, end_with_parent, make_pack
from negotiation.seminar.people import GONE, Person
from negotiation.seminar.room import Seminar
from negotiation.seminar.store import Store
from negotiation.seminar.web.site import Site

T = TypeVar("T")
KEPT = 6  # packs that are remembered; they can be made again from the database
KEPT_SHARES = 64
WORKERS = 2
LOG = logging.getLogger(__name__)
Key = tuple[Any, ...]


class FailedError(Exception):
    """A debrief could not be made; the log says why."""


class Packs:
    """Packs of classes as they stand.

    Args:
        site: the running site.
    """

    def __init__(self, site: Site) -> None:
        self.site = site
        self._known: Recent[Key, asyncio.Task[Pack]] = Recent(KEPT)
        self._pool: ProcessPoolExecutor | None = None

    def key(self, room: int, names: bool, fit: bool) -> Key:
        """What a pack depends on: everything that the class's record holds."""
        store = self.site.service.reading.store
        moves = store.row("SELECT COUNT(*) AS n FROM moves WHERE room = ?", room)
        people = store.rows("SELECT id, away FROM people WHERE room = ? ORDER BY id", room)
        gone = tuple(row["id"] for row in people if row["away"] == GONE)
        return room, names, fit, moves["n"] if moves else 0, len(people), gone

    async def get(self, room: int, names: bool, fit: bool) -> Pack:
        """The pack of a class.

        Raises:
            FailedError: it could not be made.
        """
        key = self.key(room, names, fit)
        work = self._known.made(key, lambda: asyncio.create_task(self._made(room, names, fit)))
        try:
            # A page that is closed must not take the work from the others that wait for it.
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            if self._known.get(key) is work:
                del self._known[key]  # so that the next one who asks has another try
            raise FailedError(str(error)) from error

    async def _made(self, room: int, names: bool, fit: bool) -> Pack:
        workers = self.workers()
        try:
            return await asyncio.wrap_future(workers.submit(make_pack, str(self.site.service.path), room, names, fit))
        except BrokenProcessPool:
            if self._pool is workers:  # one was killed, for want of memory perhaps; the next pack gets new ones
                self._pool = None
            LOG.exception("debrief: a worker has died")
            raise
        except Exception:
            LOG.exception("debrief: the pack of class %s could not be made", room)
            raise

    def workers(self) -> ProcessPoolExecutor:
        """The processes that packs are made in; begun when the first one is asked for."""
        if self._pool is None:
            self._pool = ProcessPoolExecutor(WORKERS, get_context("spawn"), initializer=end_with_parent)
        return self._pool

    def close(self) -> None:
        """End the workers, whatever they are at."""
        if self._pool is None:
            return
        for process in list((self._pool._processes or {}).values()):
            process.kill()
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._pool = None


class OwnReader:
    """Students' own debriefs, worked out on a thread of their own, so that no page waits when a whole class asks.

    Args:
        site: the running site.
    """

    def __init__(self, site: Site) -> None:
        self.site = site
        self._seminar: Seminar | None = None
        self._shares: Recent[Key, Any] = Recent(KEPT_SHARES)
        self._thread = ThreadPoolExecutor(1, "own debriefs")

    async def of(self, person: Person) -> OwnDebrief:
        """One person's debrief."""
        return await self._do(lambda seminar: own_debrief(seminar, person, self._shares_of))

    async def _do(self, act: Callable[[Seminar], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: act(self._reading()))

    def _reading(self) -> Seminar:
        if self._seminar is None:
            reading = self.site.service.reading
            self._seminar = Seminar(Store(self.site.service.path), games=reading.games)
        return self._seminar

    def _shares_of(self, room: int) -> Any:
        seminar = self._reading()
        row = seminar.store.row("SELECT COUNT(*) AS n FROM moves WHERE room = ?", room)
        key = room, row["n"] if row is not None else 0
        return self._shares.made(key, lambda: class_shares(seminar, room))

    def close(self) -> None:
        """Close the database."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        if self._seminar is not None:
            with suppress(Exception):
                self._seminar.store.close()


__all__ = ["FailedError", "OwnReader", "Packs"]
