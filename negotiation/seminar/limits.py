"""How often somebody may try: so that nobody can find a code by guessing, or flood a class."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from time import monotonic

KEPT = 10_000  # callers remembered


class RateLimit:
    """A number of tries in a window of time, for each caller; safe to share between threads.

    Args:
        tries: how many.
        seconds: in how long.
        clock: seconds, for tests.
    """

    def __init__(self, tries: int, seconds: float, clock: Callable[[], float] = monotonic) -> None:
        self.tries, self.seconds, self.clock = tries, seconds, clock
        self._seen: OrderedDict[str, list[float]] = OrderedDict()
        self._lock = threading.RLock()

    def full(self, caller: str) -> bool:
        """Whether the caller has used up the tries of the window; counts nothing."""
        with self._lock:
            return len(self._recent(caller)) >= self.tries

    def count(self, caller: str) -> None:
        """Count one try against the caller."""
        with self._lock:
            self._seen[caller] = [*self._recent(caller)[-self.tries:], self.clock()]
            self._seen.move_to_end(caller)
            while len(self._seen) > KEPT:
                self._seen.popitem(last=False)

    def allows(self, caller: str) -> bool:
        """Whether the caller may try now; counts the try if so."""
        with self._lock:
            allowed = not self.full(caller)
            if allowed:
                self.count(caller)
            return allowed

    def _recent(self, caller: str) -> list[float]:
        now = self.clock()
        return [at for at in self._seen.get(caller, []) if now - at < self.seconds]


class Guesses:
    """Wrong codes: strict for one browser, generous for an address, which a whole class may share.

    A caller is an address, or an address and a browser's number with a space between. A browser can be given a new
    number at any time, so the limit of its address counts too: 600 a minute are 36 000 an hour of 28 million codes.

    Args:
        clock: seconds, for tests.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self.of_caller = RateLimit(20, 60.0, clock)
        self.of_address = RateLimit(600, 60.0, clock)
        self.of_room = RateLimit(1000, 60.0, clock)  # wrong personal codes a class, whoever tries

    def full(self, caller: str) -> bool:
        """Whether a caller may try no more for now."""
        return bool(caller) and (self.of_caller.full(caller) or self.of_address.full(caller.split(" ")[0]))

    def count(self, caller: str) -> None:
        """Count a wrong code."""
        if caller:
            self.of_caller.count(caller)
            self.of_address.count(caller.split(" ")[0])


__all__ = ["Guesses", "RateLimit"]
