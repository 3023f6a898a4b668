"""Which numbers the explorer offers, from ``conf/explorer``, and how numbers of a scenario are named and spelled."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from negotiation.library import conf_folder, group_names, load_scenario
from negotiation.parameters import ParameterError, leaves, split_key
from negotiation.scenario import Scenario
from negotiation.seminar.explorer_own import is_own, unpack

GROUP, DEFAULT, SCENARIO = "explorer", "default", "tokyo_seoul_2019"
MOST_CHANGES = 40
Number = float | int | bool


@dataclass(frozen=True)
class Choice:
    """What configuration offers, from ``conf/explorer``.

    Attributes:
        parameters: keys of the sliders, below ``scenario``, in their order.
        axes: of the phase picture, across and up.
        ranges: key to lowest and highest value, where the scenario file's own range is not wanted.
    """

    parameters: tuple[str, ...]
    axes: tuple[str, str]
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @classmethod
    def of(cls, values: Any, where: str = GROUP) -> Choice:
        """From a file's values.

        Raises:
            ParameterError: a key is unknown or missing, or a value not allowed.
        """
        if not isinstance(values, Mapping):
            raise ParameterError(where, values, "a mapping with the keys parameters, axes, ranges")
        for key in values:
            if key not in cls.__dataclass_fields__:
                raise ParameterError(f"{where}.{key}", values[key], "the keys parameters, axes, ranges")
        names: Any = values.get("parameters")
        axes: Any = values.get("axes")
        ranges: Any = values.get("ranges") or {}
        if not _texts(names) or not 2 <= len(names) <= MOST_CHANGES or len(set(names)) != len(names):
            raise ParameterError(f"{where}.parameters", names, f"2 to {MOST_CHANGES} different keys of a scenario")
        if not _texts(axes) or len(axes) != 2 or axes[0] == axes[1] or not set(axes) <= set(names):
            raise ParameterError(f"{where}.axes", axes, "two different keys of parameters")
        if not isinstance(ranges, Mapping):
            raise ParameterError(f"{where}.ranges", ranges, "a mapping of keys to [low, high]")
        for key, ends in ranges.items():
            if not (isinstance(ends, list) and len(ends) == 2 and all(_finite(end) for end in ends)
                    and ends[0] < ends[1]):
                raise ParameterError(f"{where}.ranges.{key}", ends, "[low, high], two numbers")
        base = numbers_of(SCENARIO)  # keys are the same in every scenario but for the rungs of ladders
        for key in (*names, *ranges):
            if ".ladder." not in plain_key(key) and plain_key(key) not in base:
                raise ParameterError(f"{where}.parameters", key, "keys of a scenario that hold a number")
        return cls(tuple(map(plain_key, names)), (plain_key(axes[0]), plain_key(axes[1])),
                   {plain_key(key): (float(ends[0]), float(ends[1])) for key, ends in ranges.items()})


def load_choice(scenario: str) -> Choice:
    """The sliders of a scenario: those of its own file in ``conf/explorer`` if there is one, else the default ones.

    Raises:
        ParameterError: the file is not YAML, or says something that is not allowed.
    """
    name = scenario if scenario in group_names(GROUP) else DEFAULT
    path = conf_folder() / GROUP / f"{name}.yaml"
    try:
        return _read_choice(name, path, path.stat().st_mtime_ns)
    except OSError as error:
        raise ParameterError(f"{GROUP}.{name}", str(path), f"a readable YAML file ({error})") from None


@lru_cache(maxsize=32)
def _read_choice(name: str, path: Path, changed: int) -> Choice:
    """Read once, and again when the file has changed: every release of a slider asks for it."""
    import yaml

    try:
        return Choice.of(yaml.safe_load(path.read_text(encoding="utf-8")), f"{GROUP}.{name}")
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ParameterError(f"{GROUP}.{name}", str(path), f"a readable YAML file ({' '.join(str(error).split())})"
                             ) from None


def plain_key(key: str) -> str:
    """``tokyo.ladder[3].harm`` as ``tokyo.ladder.3.harm``."""
    return ".".join(str(part) for part in split_key(key))


def spell(value: Number) -> str:
    """A value as an address and a command line hold it; reading it gives the same number."""
    return str(value).lower() if isinstance(value, bool) else repr(value)


@lru_cache(maxsize=32)
def load(name: str) -> Scenario:
    """A shipped scenario, or one that the address holds, read once.

    Raises:
        ParameterError: the address's cannot be read.
    """
    return unpack(name) if is_own(name) else load_scenario(name)


@lru_cache(maxsize=32)
def limits_of(name: str) -> dict[str, Mapping[str, Any]]:
    """Key to what its declaration says, for every number of a scenario."""
    return {plain_key(key): metadata for key, _, metadata in leaves(load(name))}


@lru_cache(maxsize=32)
def numbers_of(name: str) -> dict[str, Number]:
    """Every number of a scenario, by key."""
    return {plain_key(key): value for key, value, _ in leaves(load(name))}


def _texts(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(each, str) and each for each in values)


def _finite(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


__all__ = ["MOST_CHANGES", "SCENARIO", "Choice", "Number", "limits_of", "load", "load_choice", "numbers_of",
           "plain_key", "spell"]
