"""Who computes what the explorers of one server show: what a reader waits for first, pictures in the meantime.

Readers' settings are computed one after another on a thread of their own; phase pictures on another, which rests
while a reader waits. Recent results are kept and shared by all readers.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from negotiation.seminar.compiled import Recent
from negotiation.seminar.explorer import State
from negotiation.seminar.explorer_phase import Picture, picture_key
from negotiation.seminar.explorer_view import View, complete, compute

T = TypeVar("T")
KEPT_VIEWS, KEPT_PICTURES = 256, 32
SLICE, REST = 0.03, 2.0  # seconds of computing between two looks around; longest rest for others


class Work:
    """The computing of one server's explorers."""

    def __init__(self) -> None:
        self._front = ThreadPoolExecutor(1, thread_name_prefix="explorer")
        self._back = ThreadPoolExecutor(1, thread_name_prefix="explorer pictures")
        self._waiting, self._lock, self._idle = 0, threading.Lock(), threading.Event()
        self._idle.set()
        self._views: Recent[tuple[Any, ...], View] = Recent(KEPT_VIEWS)
        self._pictures: Recent[tuple[Any, ...], Picture] = Recent(KEPT_PICTURES)

    async def first(self, act: Callable[[], T]) -> T:
        """Something that a reader waits for."""
        self._count(1)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._front, act)
        finally:
            self._count(-1)

    async def view(self, state: State, early: Callable[[View], None] | None = None,
                   wanted: Callable[[], bool] = lambda: True) -> View:
        """What can be known of a state at once.

        Args:
            state: which.
            early: called on the loop's thread with the numbers, where they are known before the rest.
            wanted: whether the reader still waits for this one.

        Raises:
            ParameterError: it cannot be played.
            SupersededError: the reader waits no more.
        """
        known = self._views.found(state.computed)
        if known is not None:
            return known
        loop = asyncio.get_running_loop()

        def told(view: View) -> None:
            if early is not None:
                loop.call_soon_threadsafe(early, view)

        return self._views.keep(state.computed, await self.first(lambda: compute(state, told, wanted)))

    async def whole(self, view: View) -> View:
        """The view with what takes longer."""
        if view.whole:
            return view
        whole = await asyncio.get_running_loop().run_in_executor(self._back, lambda: complete(view))
        return self._views.keep(view.state.computed, whole)

    async def paint(self, state: State, show: Callable[[Picture], None]) -> None:
        """Compute a phase picture, and show it whenever it has become clearer; can be cancelled.

        Args:
            state: of the picture.
            show: called on the loop's thread.
        """
        picture = self._pictures.made(picture_key(state), lambda: Picture.of(state))
        if picture.known:
            show(picture)
        loop, shown = asyncio.get_running_loop(), time.perf_counter()
        while not picture.done:
            before = picture.stage
            await loop.run_in_executor(self._back, lambda: self._slice(picture))
            if picture.stage != before or picture.done or time.perf_counter() - shown > 0.5:
                show(picture)
                shown = time.perf_counter()

    def _slice(self, picture: Picture) -> None:
        """Some cells; another slice goes on where this one ends."""
        until = time.perf_counter() + SLICE
        for _ in picture.work():
            if time.perf_counter() > until:
                return
            self._idle.wait(REST)

    def _count(self, more: int) -> None:
        with self._lock:
            self._waiting += more
            if self._waiting:
                self._idle.clear()
            else:
                self._idle.set()

    def close(self) -> None:
        """Let the threads end."""
        for pool in (self._front, self._back):
            pool.shutdown(wait=False, cancel_futures=True)


__all__ = ["Work"]
