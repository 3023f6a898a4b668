"""How often somebody may try: so that nobody can find a code by guessing, or flood a class."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic

KEPT = 10_000  # callers remembered


class RateLimit:
    """A number of tries in a window of time, for each caller.

    Args:
        tries: how many.
        seconds: in how long.
        clock: seconds, for tests.
    """

    def __init__(self, tries: int, seconds: float, clock: Callable[[], float] = monotonic) -> None:
        self.tries, self.seconds, self.clock = tries, seconds, clock
        self._seen: OrderedDict[str, list[float]] = OrderedDict()

    def allows(self, caller: str) -> bool:
        """Whether the caller may try now; counts the try."""
        now = self.clock()
        times = [at for at in self._seen.pop(caller, []) if now - at < self.seconds]
        allowed = len(times) < self.tries
        if allowed:
            times.append(now)
        self._seen[caller] = times
        while len(self._seen) > KEPT:
            self._seen.popitem(last=False)
        return allowed

    def forgive(self, caller: str) -> None:
        """Forget the caller's tries, after one that was right."""
        self._seen.pop(caller, None)


__all__ = ["RateLimit"]
