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

    def full(self, caller: str) -> bool:
        """Whether the caller has used up the tries of the window; counts nothing."""
        return len(self._recent(caller)) >= self.tries

    def count(self, caller: str) -> None:
        """Count one try against the caller."""
        self._seen[caller] = [*self._recent(caller)[-self.tries:], self.clock()]
        self._seen.move_to_end(caller)
        while len(self._seen) > KEPT:
            self._seen.popitem(last=False)

    def allows(self, caller: str) -> bool:
        """Whether the caller may try now; counts the try if so."""
        allowed = not self.full(caller)
        if allowed:
            self.count(caller)
        return allowed

    def _recent(self, caller: str) -> list[float]:
        now = self.clock()
        return [at for at in self._seen.get(caller, []) if now - at < self.seconds]


__all__ = ["RateLimit"]
