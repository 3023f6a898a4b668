r"""Axes of a design: one configuration key and the values it takes.

An axis is declared in configuration in one of four ways:

    scenario.rounds: 26                                    one value
    policy.tokyo: [equilibrium, hawk]                      a list, of numbers or of categories
    scenario.tokyo.firmness: {low: 1, high: 3}             an interval (`points` of it for a grid)
    scenario.rupture.hazard: {low: 0.003, high: 0.1, scale: log, points: 7}

``integer: true`` makes an interval one of whole numbers. Designs that sample draw u in [0, 1) for
each axis and ask `Axis.at` for the value there: linear or log over an interval, whole numbers and list
entries in cells of equal width.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from negotiation.parameters import ParameterError

SCALES = ("linear", "log")
INTERVAL_KEYS = ("low", "high", "points", "scale", "integer")


@dataclass(frozen=True)
class Axis:
    """One key and what it takes.

    Attributes:
        key: configuration key, e.g. ``scenario.washington.attention`` or ``policy.tokyo``.
        values: the listed values in order; empty for an interval.
        low, high: ends of an interval, both included.
        scale: ``linear`` or ``log``, how an interval is spaced.
        integer: an interval of whole numbers.
        points: how many values of an interval a grid takes; None if none were asked for.
    """

    key: str
    values: tuple[Any, ...] = ()
    low: float = 0.0
    high: float = 0.0
    scale: str = "linear"
    integer: bool = False
    points: int | None = None

    @property
    def listed(self) -> bool:
        """Whether the axis is a list and not an interval."""
        return bool(self.values)

    def levels(self) -> list[Any]:
        """The values a grid takes, in order.

        Raises:
            ParameterError: an interval that says not of how many points.
        """
        if self.listed:
            return list(self.values)
        if self.points is None:
            if self.integer:
                return list(range(int(self.low), int(self.high) + 1))
            raise ParameterError(f"sweep.axes.{self.key}", "an interval without points",
                                 "points: a number, or a list of values, in a grid or a zip")
        spaced = self._scaled(np.linspace(0.0, 1.0, self.points) if self.points > 1 else np.array([0.0]))
        if self.integer:
            return sorted({int(value) for value in np.rint(spaced)})
        spaced[0] = self.low
        if self.points > 1:
            spaced[-1] = self.high  # the ends exactly, whatever the logarithm's rounding
        return [float(value) for value in spaced]

    def at(self, u: NDArray[np.float64]) -> NDArray[Any]:
        """The values at places u in [0, 1] of the axis; an array of the shape of ``u``."""
        if self.listed:
            entries = np.empty(len(self.values), dtype=object)
            entries[:] = self.values
            picked: NDArray[Any] = entries[self._cell(u, len(self.values))]
            return picked
        if self.integer:
            whole: NDArray[Any] = int(self.low) + self._cell(u, int(self.high) - int(self.low) + 1)
            return whole
        return np.clip(self._scaled(u), self.low, self.high)

    @staticmethod
    def _cell(u: NDArray[np.float64], cells: int) -> NDArray[np.int64]:
        return np.minimum((u * cells).astype(np.int64), cells - 1)

    def _scaled(self, u: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.scale == "log":
            start, end = math.log(self.low), math.log(self.high)
            return np.asarray(np.exp(start + u * (end - start)))
        return np.asarray(self.low + u * (self.high - self.low))


def parse_axes(axes: Any, where: str = "sweep.axes") -> list[Axis]:
    """The axes of a design, in the order given.

    Raises:
        ParameterError: naming the axis, what was given and what is allowed.
    """
    if not isinstance(axes, Mapping) or not axes:
        raise ParameterError(where, axes, "a mapping of at least one key to its values")
    parsed = [_axis(column_name(str(key)), given, f"{where}.{key}") for key, given in axes.items()]
    keys = [axis.key for axis in parsed]
    for place, key in enumerate(keys):
        if key in keys[:place]:
            raise ParameterError(where, key, "each key once, in one spelling")
    return parsed


def column_name(key: str) -> str:
    """A key as columns are named: ``scenario.tokyo.ladder.3.harm`` is ``scenario.tokyo.ladder[3].harm``."""
    return re.sub(r"\.(\d+)(?=\.|$)", r"[\1]", key)


def _axis(key: str, given: Any, where: str) -> Axis:
    if isinstance(given, Mapping):
        return _interval(key, given, where)
    if isinstance(given, Sequence) and not isinstance(given, str):
        if not given:
            raise ParameterError(where, list(given), "at least one value")
        values = tuple(_one_value(value, where) for value in given)
        seen = set()
        for value in values:
            kind = "number" if isinstance(value, (bool, int, float)) else "text"  # 1, 1.0 and true are one value
            if (kind, value) in seen:
                raise ParameterError(where, value, "each value once")
            seen.add((kind, value))
        return Axis(key, values=values)
    return Axis(key, values=(_one_value(given, where),))


def _one_value(value: Any, where: str) -> Any:
    """A listed value as tables hold it: a mapping, such as a behaviour with its error rate, as its text."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {entry}" for name, entry in value.items()) + "}"
    if value is None or not isinstance(value, (bool, int, float, str)) or value != value:
        raise ParameterError(where, value, "numbers, texts, true or false, or a behaviour's mapping")
    return value


def _interval(key: str, given: Mapping[Any, Any], where: str) -> Axis:
    for name in given:
        if name not in INTERVAL_KEYS:
            raise ParameterError(f"{where}.{name}", given[name], "the keys " + ", ".join(INTERVAL_KEYS))
    low, high = (_number(given, end, where) for end in ("low", "high"))
    scale, integer, points = given.get("scale", "linear"), given.get("integer", False), given.get("points")
    if scale not in SCALES:
        raise ParameterError(f"{where}.scale", scale, "one of " + ", ".join(SCALES))
    if not isinstance(integer, bool):
        raise ParameterError(f"{where}.integer", integer, "true or false")
    if not low < high:
        raise ParameterError(f"{where}.high", high, f"a number above low ({low:g})")
    if scale == "log" and low <= 0:
        raise ParameterError(f"{where}.low", low, "a number above 0 on a log scale")
    if integer and (low != int(low) or high != int(high)):
        raise ParameterError(where, [low, high], "whole numbers as ends where integer is true")
    if points is not None and (isinstance(points, bool) or not isinstance(points, int) or points < 1):
        raise ParameterError(f"{where}.points", points, "an integer, at least 1")
    return Axis(key, low=low, high=high, scale=scale, integer=integer, points=points)


def _number(given: Mapping[Any, Any], name: str, where: str) -> float:
    value = given.get(name, "missing")
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ParameterError(f"{where}.{name}", value, "a finite number")
    return float(value)
