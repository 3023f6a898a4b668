"""Where the values of a sweep's axis stand on paper: linear, logarithmic, or one place each."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator
from numpy.typing import NDArray

from negotiation.plots.style import fewer, wrap
from negotiation.plots.wrapping import letters_in
from negotiation.sweep.columns import is_numeric, levels, value_words

if TYPE_CHECKING:
    from matplotlib.axis import Axis
    from pandas import Series

EVEN = 1.6  # steps that differ by no more than this factor count as even: whole numbers are rounded
FEW = 10  # so many uneven values get one place each
WIDE = 50.0  # a list of many positive values is logarithmic if it spans more than this factor
NAME_WIDTH, SLANTED_WIDTH, MOST_NAMES = 13, 24, 14
DECADE = 16  # small letters that three numbers need
TICKS = 6  # so many values of a linear axis are ticks themselves


@dataclass(frozen=True)
class Scale:
    """The places of an axis's values.

    Attributes:
        kind: ``linear``, ``log``, or ``ordinal``: categories, and uneven lists of few numbers, at 0, 1, 2, ...
        values: the distinct values, in order.
    """

    kind: str
    values: tuple[Any, ...]

    @classmethod
    def of(cls, column: Series[Any]) -> Scale:
        """The scale that suits the values of a column."""
        found = tuple(levels(column))
        return cls(_kind(np.array(found, dtype=np.float64)) if is_numeric(column) else "ordinal", found)

    @property
    def continuous(self) -> bool:
        """Whether a line may run between the values."""
        return self.kind != "ordinal"

    def places(self, column: Iterable[Any]) -> NDArray[np.float64]:
        """Where values stand, float64 of their number.

        Raises:
            ValueError: an ordinal axis has no such value.
        """
        if self.continuous:
            return np.array(list(column), dtype=np.float64)
        number = {value: float(place) for place, value in enumerate(self.values)}
        found = [number.get(value) for value in column]
        if None in found:
            raise ValueError(f"axis: {list(column)[found.index(None)]!r} is not allowed; allowed: "
                             + ", ".join(map(str, self.values)))
        return np.array(found, dtype=np.float64)

    def edges(self) -> NDArray[np.float64]:
        """float64 [values + 1]: the cells' ends, half-way between the values."""
        places = self.places(self.values)
        if len(places) == 1:
            return np.array([places[0] - 0.5, places[0] + 0.5])
        if self.kind == "log":
            places = np.log(places)
        middle = (places[1:] + places[:-1]) / 2
        ends = np.concatenate([[2 * places[0] - middle[0]], middle, [2 * places[-1] - middle[-1]]])
        return np.asarray(np.exp(ends) if self.kind == "log" else ends)

    def dress(self, axis: Axis, label: str, room: int = 80) -> None:
        """Set scale, ticks and label of a matplotlib axis that in print is about ``room`` small letters long."""
        panel, room = axis.axes, fewer(room)
        if self.kind == "log":
            (panel.set_xscale if axis is panel.xaxis else panel.set_yscale)("log")
            decades = math.log10(self.values[-1] / self.values[0])
            steps = (1.0, 2.0, 5.0) if room >= DECADE * decades else (1.0, 3.0)
            axis.set_major_locator(LogLocator(base=10, subs=steps))
            axis.set_minor_locator(NullLocator())
            axis.set_minor_formatter(NullFormatter())
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        elif self.kind == "linear" and len(self.values) <= TICKS:
            axis.set_ticks(self.values, [value_words(value) for value in self.values])
        elif self.kind == "linear":
            whole = all(float(value).is_integer() for value in self.values)
            axis.set_major_locator(MaxNLocator(nbins=7, integer=whole, steps=[1, 2, 2.5, 5, 10]))
        else:
            self._name(axis, room)
        axis.set_label_text(wrap(label, room * 17 // 20))

    def _name(self, axis: Axis, room: int) -> None:
        """Names at the places of an ordinal axis; of many, some; slanted where they would meet side by side."""
        places = np.arange(0, len(self.values), math.ceil(len(self.values) / MOST_NAMES))
        names = [value_words(self.values[place]) for place in places]
        width = max(min(NAME_WIDTH, room // len(names) - 1), 1,
                    *(letters_in(word) for name in names for word in name.split()))
        wrapped = [wrap(name, width) for name in names]
        longest = max(letters_in(line) for name in wrapped for line in name.split("\n"))
        if axis is axis.axes.xaxis and (longest + 1) * len(names) > room:
            axis.set_ticks(places, [wrap(name, SLANTED_WIDTH) for name in names], rotation=40, ha="right", va="top",
                           rotation_mode="anchor")
        else:
            axis.set_ticks(places, wrapped)
        axis.set_tick_params(length=0)


def _kind(values: NDArray[np.float64]) -> str:
    if not np.isfinite(values).all():
        return "ordinal"
    if len(values) < 3 or _even(values):
        return "linear"
    positive = values[0] > 0
    if positive and _even(np.log(values)):
        return "log"
    if len(values) <= FEW:
        return "ordinal"
    return "log" if positive and values[-1] / values[0] > WIDE and _more_even_in_logs(values) else "linear"


def _even(values: NDArray[np.float64]) -> bool:
    steps = np.diff(values)
    return bool(steps.max() <= EVEN * steps.min())


def _more_even_in_logs(values: NDArray[np.float64]) -> bool:
    """Whether the median stands nearer to the middle on a logarithmic axis: so are samples over such intervals."""
    logs = np.log(values)
    return bool(abs((np.median(logs) - logs[0]) / np.ptp(logs) - 0.5)
                < abs((np.median(values) - values[0]) / np.ptp(values) - 0.5))


__all__ = ["Scale"]
