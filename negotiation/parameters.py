"""Declaring and checking parameters: one dataclass field, one meaning, unit and range.

Nothing here knows the game. A parameter is a dataclass field whose metadata says what it means
(`doc`), its `unit` and its range (`low`, `high`, `open_low`, `infinite`); `check_fields` holds an
instance against it, `build` makes nested dataclasses out of mappings, `leaves` lists what there is.
"""

from __future__ import annotations

import dataclasses
import difflib
import fnmatch
import math
import re
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")
MAX_WHOLE = 10**15  # beyond, whole numbers are no longer exact as floats, and mean nothing here


class ParameterError(ValueError):
    """A parameter is unknown, of the wrong type or out of range.

    Attributes:
        key: full configuration key, e.g. ``scenario.rupture.hazard``.
        value: what was given.
        allowed: what is allowed, in words.
    """

    def __init__(self, key: str, value: Any, allowed: str) -> None:
        self.key, self.value, self.allowed = key, value, allowed
        super().__init__(f"{key}: {value!r} is not allowed; allowed: {allowed}")

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.key, self.value, self.allowed))


@dataclass(frozen=True, kw_only=True)
class ParameterNote:
    """What a scenario file says about one parameter (or a pattern of parameters).

    `range` is the plausible range in the parameter's own unit; `relative` instead gives it as a
    share of the value (0.5: from half to one and a half times the value).
    """

    source: str
    range: tuple[float, float] | None = None
    relative: float | None = None


def parameter(doc: str, unit: str, **limits: Any) -> Any:
    """A dataclass field that carries its meaning, unit and limits."""
    return dataclasses.field(metadata={"doc": doc, "unit": unit, **limits})


def number(doc: str, unit: str, low: float, high: float, *, open_low: bool = False,
           infinite: bool = False) -> Any:
    """A number in [low, high], or (low, high] with `open_low`; `infinite` admits inf itself."""
    return parameter(doc, unit, low=low, high=high, open_low=open_low, infinite=infinite)


def fraction(doc: str, unit: str) -> Any:
    """A number in [0, 1]."""
    return number(doc, unit, 0, 1)


def amount(doc: str, unit: str) -> Any:
    """A finite number, at least 0."""
    return number(doc, unit, 0, math.inf)


def signed(doc: str, unit: str) -> Any:
    """Any finite number."""
    return number(doc, unit, -math.inf, math.inf)


def text(doc: str) -> Any:
    """A text that people read."""
    return parameter(doc, "text")


def describe_range(metadata: Mapping[str, Any], kind: str = "a number") -> str:
    """The allowed range in words, e.g. ``a number in (0, 1]``."""
    if "low" not in metadata:
        return kind
    low, high = metadata["low"], metadata["high"]
    if math.isinf(low) and math.isinf(high):
        return f"{kind}, finite"
    if math.isinf(high):
        return f"{kind}, at least {low:g}" + (" or inf" if metadata.get("infinite") else "")
    left = "(" if metadata.get("open_low") else "["
    return f"{kind} in {left}{low:g}, {high:g}]"


_TYPES: dict[type, dict[str, Any]] = {}
_CHECKED = "_checked"


def field_types(cls: type) -> dict[str, Any]:
    """Resolved annotations of a dataclass, worked out once."""
    if cls not in _TYPES:
        _TYPES[cls] = typing.get_type_hints(cls)
    return _TYPES[cls]


def check_fields(instance: Any, key: str) -> None:
    """Check every number of a dataclass instance, and of those inside it, against its metadata.

    Instances are frozen, so what was found right once is not looked at again.

    Raises:
        ParameterError: naming the full key of the first offender.
    """
    if _CHECKED in instance.__dict__:
        return
    hints = field_types(type(instance))
    for item in dataclasses.fields(instance):
        value, path = getattr(instance, item.name), f"{key}.{item.name}"
        hint = hints[item.name]
        if dataclasses.is_dataclass(value):
            check_fields(value, path)
        elif hint in (float, int, bool, str):
            _check_scalar(value, hint, item.metadata, path)
        elif isinstance(value, tuple):
            inner = typing.get_args(hint)[0]
            for index, entry in enumerate(value):
                if dataclasses.is_dataclass(entry):
                    check_fields(entry, f"{path}[{index}]")
                else:
                    _check_scalar(entry, inner, item.metadata, f"{path}[{index}]")
    instance.__dict__[_CHECKED] = True  # beside the fields: no part of equality, hash or representation


def _check_scalar(value: Any, kind: type, metadata: Mapping[str, Any], key: str) -> None:
    if kind is str:
        if not isinstance(value, str):
            raise ParameterError(key, value, "a text")
        return
    if kind is bool:
        if not isinstance(value, bool):
            raise ParameterError(key, value, "true or false (1 or 0)")
        return
    word = "an integer" if kind is int else "a number"
    allowed = describe_range(metadata, word)
    wrong_type = isinstance(value, bool) or not isinstance(value, (int, float))
    if wrong_type or (kind is int and not isinstance(value, int)) or value != value:
        raise ParameterError(key, value, allowed)
    if isinstance(value, int) and abs(value) > MAX_WHOLE:
        raise ParameterError(key, f"{str(value)[:12]}...", allowed + ", of at most 15 digits")
    low, high = metadata["low"], metadata["high"]
    too_low = value <= low if metadata.get("open_low") else value < low
    unbounded = math.isinf(value) and not (metadata.get("infinite") and value > 0)
    if too_low or value > high or unbounded:
        raise ParameterError(key, value, allowed)


def build(cls: type[T], values: Any, key: str) -> T:
    """Make a nested dataclass out of mappings, sequences and scalars.

    Raises:
        ParameterError: a key is unknown or missing, or a value has the wrong shape.
    """
    if not isinstance(values, Mapping):
        raise ParameterError(key, values, "a mapping with the keys "
                             + ", ".join(field_types(cls)))
    hints = field_types(cls)
    for name in values:
        if name not in hints:
            raise ParameterError(f"{key}.{name}", values[name], _known_keys(str(name), list(hints)))
    arguments = {}
    for item in dataclasses.fields(cls):  # type: ignore[arg-type]
        path = f"{key}.{item.name}"
        if item.name not in values:
            if item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING:
                raise ParameterError(path, "missing", str(item.metadata.get("doc", "a value")))
            continue
        arguments[item.name] = _convert(hints[item.name], values[item.name], path, item.metadata)
    return cls(**arguments)


def _convert(hint: Any, value: Any, key: str, metadata: Mapping[str, Any]) -> Any:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if dataclasses.is_dataclass(hint):
        return build(typing.cast(type, hint), value, key)
    if origin is tuple:
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise ParameterError(key, value, "a list")
        if inner[-1] is not Ellipsis and len(value) != len(inner):
            raise ParameterError(key, list(value), f"a list of {len(inner)} numbers")
        return tuple(_convert(inner[0], entry, f"{key}[{index}]", metadata)
                     for index, entry in enumerate(value))
    if origin is dict:
        if not isinstance(value, Mapping):
            raise ParameterError(key, value, "a mapping")
        return {str(name): _convert(inner[1], entry, f"{key}[{name}]", metadata)
                for name, entry in value.items()}
    if origin in (types.UnionType, typing.Union):
        return None if value is None else _convert(inner[0], value, key, metadata)
    if isinstance(value, np.generic):
        value = value.item()  # numbers out of arrays and frames are as good as Python's
    if hint is float and isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_WHOLE:
        return float(value)
    if hint is bool and value in (0, 1) and isinstance(value, int):
        return bool(value)
    return value


def _known_keys(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    return "the keys " + ", ".join(known) + hint


def to_plain(value: Any) -> Any:
    """Nested dataclasses as dicts and lists of plain values."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {item.name: to_plain(getattr(value, item.name)) for item in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {name: to_plain(entry) for name, entry in value.items()}
    if isinstance(value, tuple):
        return [to_plain(entry) for entry in value]
    return value


def split_key(key: str) -> list[str | int]:
    """``tokyo.ladder[3].harm`` (or ``tokyo.ladder.3.harm``) as a list of names and positions."""
    parts = [part for part in re.split(r"[.\[\]]+", key) if part]
    return [int(part) if part.isdigit() else part for part in parts]


def revise(value: T, changes: Mapping[str, Any], root: str) -> T:
    """A copy of a nested dataclass with some values changed; what is not touched is shared, not copied.

    Args:
        value: a dataclass instance.
        changes: key below ``root`` to new value; a later one wins over an earlier one.
        root: the key of ``value``, for messages.

    Raises:
        ParameterError: a key leads nowhere, or a value has the wrong shape or is not allowed.
    """
    steps = []
    for key, entry in changes.items():
        parts = split_key(key)
        if not parts:
            raise ParameterError(f"{root}.", entry, "a key after the dot")
        steps.append((parts, entry))
    revised: T = _revised(value, steps, type(value), {}, root)
    return revised


def _revised(node: Any, steps: list[tuple[list[str | int], Any]], hint: Any, metadata: Mapping[str, Any],
             path: str) -> Any:
    last = max((number for number, (parts, _) in enumerate(steps) if not parts), default=-1)
    if last >= 0:
        node = _convert(hint, steps[last][1], path, metadata)
        steps = steps[last + 1:]
    if not steps:
        return node
    below: dict[str | int, list[tuple[list[str | int], Any]]] = {}
    for parts, entry in steps:
        below.setdefault(parts[0], []).append((parts[1:], entry))
    if dataclasses.is_dataclass(node):
        hints = field_types(type(node))
        declared = {item.name: item.metadata for item in dataclasses.fields(node)}
        for name, inner in below.items():
            if name not in hints:
                raise ParameterError(f"{path}.{name}", inner[0][1], _known_keys(str(name), list(hints)))
        return dataclasses.replace(node, **{str(name): _revised(  # type: ignore[type-var]
            getattr(node, str(name)), inner, hints[str(name)], declared[str(name)], f"{path}.{name}")
            for name, inner in below.items()})
    if isinstance(node, tuple):
        entries, of = list(node), typing.get_args(hint)[0]
        for place, inner in below.items():
            full = f"{path}[{place}]" if isinstance(place, int) else f"{path}.{place}"
            if not isinstance(place, int) or place >= len(node):
                raise ParameterError(full, inner[0][1], f"a position from 0 to {len(node) - 1}")
            entries[place] = _revised(node[place], inner, of, metadata, full)
        return tuple(entries)
    first = next(iter(below))
    full = f"{path}[{first}]" if isinstance(first, int) else f"{path}.{first}"
    raise ParameterError(full, below[first][0][1], f"no keys below {path}")


def leaves(value: Any, key: str = "") -> Iterator[tuple[str, Any, Mapping[str, Any]]]:
    """Every number of a nested dataclass as (key, value, metadata of its field), in file order."""
    for item in dataclasses.fields(value):
        entry = getattr(value, item.name)
        path = f"{key}.{item.name}" if key else item.name
        if dataclasses.is_dataclass(entry):
            yield from leaves(entry, path)
        elif isinstance(entry, tuple):
            for index, element in enumerate(entry):
                if dataclasses.is_dataclass(element):
                    yield from leaves(element, f"{path}[{index}]")
                else:
                    yield f"{path}[{index}]", element, item.metadata
        elif isinstance(entry, (bool, int, float)):
            yield path, entry, item.metadata


def note_for(notes: Mapping[str, ParameterNote], key: str) -> ParameterNote | None:
    """The note on a key: under the key itself, else under the first pattern that fits it."""
    if key in notes:
        return notes[key]
    plain = re.sub(r"\[(\d+)\]", r".\1", key)
    for pattern, note in notes.items():
        if fnmatch.fnmatchcase(plain, re.sub(r"\[([\d*]+)\]", r".\1", pattern)):
            return note
    return None
