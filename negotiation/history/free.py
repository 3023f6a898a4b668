r"""Parameters that a fit leaves free, each as a place between the ends of its plausible range.

A free parameter is one or more keys of the scenario set alike, with a lowest and a highest value. Its *place* u in
[0, 1] means

.. math:: \text{low} + (\text{high} - \text{low})\, u \quad\text{or}\quad \text{low}\, (\text{high}/\text{low})^u,

the latter (a logarithmic scale) where the range spans more than a factor of ten. The ranges are those that the
scenario file documents, unless others are given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, isfinite, log

from negotiation.game import Floats
from negotiation.parameters import ParameterError
from negotiation.scenario import Scenario
from negotiation.statics.sample import FACTORS, LOGARITHMIC, NAMES, Factor, scale, values_of
from negotiation.sweep.columns import key_words

DEFAULT = ("precision", "firmness_tokyo", "firmness_seoul", "attention")
# A third party's or a side's own precision instead of one for all.
PRECISIONS = ("tokyo.precision", "seoul.precision", "washington.precision")


@dataclass(frozen=True)
class Free:
    """A free parameter.

    Attributes:
        name: column of tables: a factor's name or a key.
        title: what readers see.
        keys: parameters set alike; a ``*`` stands for any name or position.
        low, high: ends of its range.
        scaled: the value is a factor on the scenario's own values.
    """

    name: str
    title: str
    keys: tuple[str, ...]
    low: float
    high: float
    scaled: bool = False

    @property
    def logarithmic(self) -> bool:
        """Whether places are even steps in the logarithm."""
        return self.low > 0 and self.high / self.low > LOGARITHMIC

    def at(self, place: float) -> float:
        """The value at a place."""
        if self.logarithmic:
            return float(self.low * (self.high / self.low) ** place)
        return float(self.low + (self.high - self.low) * place)

    def place(self, value: float) -> float:
        """The place of a value; outside [0, 1] where it lies outside the range."""
        if self.logarithmic:
            return log(value / self.low) / log(self.high / self.low) if value > 0 else -inf
        return (value - self.low) / (self.high - self.low)

    def changes(self, scenario: Scenario, value: float) -> dict[str, float]:
        """For `Scenario.override`."""
        if self.scaled:
            return scale(scenario, value, *self.keys)
        return {path: value for key in self.keys for path in values_of(scenario, key)}

    def own(self, scenario: Scenario) -> float:
        """Its value in the scenario; of several set alike, that of the first."""
        return 1.0 if self.scaled else next(iter(values_of(scenario, self.keys[0]).values()))


def free_parameters(scenario: Scenario, names: Sequence[str], bounds: Mapping[str, tuple[float, float]] | None = None,
                    ) -> tuple[Free, ...]:
    """Free parameters by name.

    Args:
        scenario: whose documentation gives the ranges.
        names: of `negotiation.statics.sample.FACTORS` (``precision``, of all actors; ``firmness_tokyo``; ``attention``;
            ...) or keys of the scenario without the leading ``scenario.``, such as ``washington.precision``.
        bounds: name to lowest and highest value, instead of the documented range.

    Raises:
        ParameterError: a name is unknown or twice there, a range is wanting or not in order.
    """
    given = dict(bounds or {})
    for name in given:
        if name not in names:
            raise ParameterError(f"fit.bounds.{name}", given[name], "bounds of the parameters: " + ", ".join(names))
    if not names or len(set(names)) < len(names):
        raise ParameterError("fit.parameters", list(names), "at least one, each once")
    found = []
    for name in names:
        factor = FACTORS[NAMES.index(name)] if name in NAMES else _single(scenario, name)
        low, high = given[name] if name in given else factor.range(scenario)
        if not (isfinite(low) and isfinite(high) and low < high):
            raise ParameterError(f"fit.bounds.{name}", [low, high], "two finite numbers, the lower first")
        found.append(Free(factor.name, factor.title, factor.keys, float(low), float(high), factor.scaled))
    return tuple(found)


def _single(scenario: Scenario, name: str) -> Factor:
    key = name.removeprefix("scenario.")
    if not any(path == key for path in values_of(scenario, key)):
        raise ParameterError(f"fit.parameters.{name}", name, "the key of one number, or one of " + ", ".join(NAMES))
    return Factor(name, key_words(f"scenario.{key}"), (key,))


def scenario_with(scenario: Scenario, free: Sequence[Free], places: Floats) -> Scenario:
    """The scenario with free parameters at given places."""
    changes: dict[str, float] = {}
    for parameter, place in zip(free, places, strict=True):
        changes |= parameter.changes(scenario, parameter.at(float(place)))
    return scenario.override(changes)


__all__ = ["DEFAULT", "PRECISIONS", "Free", "free_parameters", "scenario_with"]
