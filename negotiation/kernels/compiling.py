"""How the loops are compiled: once, kept on disk, and said aloud the first time.

Numba keeps compiled code beside the source, or in the user's cache folder where the package cannot
be written; where neither can be written, the code is compiled anew in every process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

import numba
from numba.core import event

F = TypeVar("F", bound=Callable[..., Any])

COMPILING = "Compiling the numerical loops: once, about half a minute; they are kept."
# No fastmath: sums keep their order, so results are the same on every machine.
OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}


def kernel(function: F) -> F:
    """Compile a loop on first use and keep the result on disk where possible."""
    try:
        return cast(F, numba.njit(cache=True, **OPTIONS)(function))
    except RuntimeError:  # no folder to keep it in
        return cast(F, numba.njit(**OPTIONS)(function))


def bare(function: F) -> F:
    """`kernel` for a loop that allocates nothing: slices then cost no counting of references."""
    try:
        return cast(F, numba.njit(cache=True, _nrt=False, **OPTIONS)(function))
    except RuntimeError:
        return cast(F, numba.njit(_nrt=False, **OPTIONS)(function))


def inlined(function: F) -> F:
    """Compile a small function that exists only inside other kernels."""
    return cast(F, numba.njit(inline="always", **OPTIONS)(function))


class _Announce(event.Listener):  # type: ignore[misc]
    def __init__(self, announce: Callable[[], None]) -> None:
        self.announce: Callable[[], None] | None = announce

    def on_start(self, event: Any) -> None:
        if self.announce is not None:
            announce, self.announce = self.announce, None
            announce()

    def on_end(self, event: Any) -> None:
        pass


@contextmanager
def announcing(announce: Callable[[], None]) -> Iterator[None]:
    """Call ``announce`` once if anything is really compiled (not merely loaded) inside the block."""
    with event.install_listener("numba:compile", _Announce(announce)):
        yield
