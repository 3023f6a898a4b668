"""How the benchmark measures, and what a line of its table says."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

Seconds = Callable[[], float]
Tick = Callable[[str], None]


def clock(work: Callable[[], object]) -> Seconds:
    """A measurement: run the work, return the seconds it took."""

    def seconds() -> float:
        begin = time.perf_counter()
        work()
        return time.perf_counter() - begin

    return seconds


def alternate(measurements: Sequence[Seconds], repetitions: int) -> list[list[float]]:
    """Seconds of each measurement, taken in turn: A B C A B C ...

    Machines are noisy, and slow down and speed up by the minute; what is measured side by side can be
    compared, what is measured one after the other cannot.
    """
    taken: list[list[float]] = [[] for _ in measurements]
    for _ in range(repetitions):
        for row, measure in zip(taken, measurements, strict=True):
            row.append(measure())
    return taken


def median_ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """The median of the ratios of neighbours."""
    return statistics.median(a / b for a, b in zip(above, below, strict=True))


def duration(seconds: float) -> str:
    """For people: ``27.1 ms``."""
    return f"{seconds * 1e3:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def rate(per_second: float) -> str:
    """For people: ``1,380,000 episodes/s`` to three digits."""
    digits = max(len(str(int(per_second))) - 3, 0)
    return f"{round(per_second, -digits):,.0f} episodes/s"


@dataclass
class Line:
    """One line of the table.

    Attributes:
        row: the name that selects it.
        what: what was done.
        ours: what this package took, for people.
        peer: what the peer is and took, for people; empty without a peer.
        version: version of the peer.
        ratio: ours over the peer's, in the sense of ``what``; None without a peer.
        measured: the number that is held against the target.
        target: the number aimed at; None for a line that only informs.
        unit: of ``measured`` and ``target``: x, ms or s.
        at_least: is the target a lower bound.
        skipped: why nothing was measured; empty if something was.
        checks: numbers that show that both did the same work.
        failed: what a check found wrong; empty if nothing.
        samples: all measurements in seconds, by name.
    """

    row: str
    what: str
    ours: str = ""
    peer: str = ""
    version: str = ""
    ratio: float | None = None
    measured: float | None = None
    target: float | None = None
    unit: str = "x"
    at_least: bool = False
    skipped: str = ""
    checks: dict[str, float] = field(default_factory=dict)
    failed: str = ""
    samples: dict[str, list[float]] = field(default_factory=dict)

    @property
    def target_text(self) -> str:
        """For people: ``at most 3x``."""
        if self.target is None:
            return ""
        space = "" if self.unit == "x" else " "
        return f"{'at least' if self.at_least else 'at most'} {self.target:g}{space}{self.unit}"

    @property
    def verdict(self) -> str:
        """``meets``, ``falls short by 1.10x``, ``for information``, or why there is none."""
        if self.skipped:
            return f"skipped: {self.skipped}"
        if self.failed:
            return f"not the same work: {self.failed}"
        if self.target is None or self.measured is None:
            return "for information"
        shortfall = self.target / self.measured if self.at_least else self.measured / self.target
        return "meets" if shortfall <= 1 else f"falls short by {shortfall:.2f}x"

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "target_text": self.target_text, "verdict": self.verdict}
