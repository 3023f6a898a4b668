"""The explorer's loops, compiled or loaded before somebody waits for them; a fresh install compiles half a minute."""

from __future__ import annotations

import threading

from negotiation.kernels.compiling import COMPILING, announcing
from negotiation.seminar.explorer import read_state
from negotiation.seminar.explorer_view import compute

AFTER = 1.0  # seconds from the server's start, in which it opens its first pages
READY = "The numerical loops are compiled."
# The equilibrium, which everybody sees first, and a behaviour beside it: other loops.
FIRST = ((), (("policy.tokyo", "hawk"),))


def warm_up(after: float = AFTER) -> threading.Timer:
    """Compute the first settings in the background; the terminal is told if that means compiling.

    The thread ends with the server: nobody who stops it waits for a compiler.

    Args:
        after: seconds to wait first.
    """
    timer = threading.Timer(after, _warm)
    timer.name, timer.daemon = "explorer warm-up", True
    timer.start()
    return timer


def _warm() -> None:
    told: list[str] = []

    def tell() -> None:
        told.append(COMPILING)
        print(COMPILING, flush=True)

    with announcing(tell):
        for pairs in FIRST:
            compute(read_state(pairs))
    if told:
        print(READY, flush=True)


__all__ = ["READY", "warm_up"]
