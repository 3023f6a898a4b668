"""Reading the columns of a sweep's table: which are axes, their values in order, what people call them."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from negotiation.outcomes import words
from negotiation.parameters import ParameterError, field_types, split_key
from negotiation.scenario import Scenario
from negotiation.sweep.rows import POINT, RESULTS
from negotiation.terms import say
from negotiation.vocabulary import Actor, Outcome

UNITLESS = ("text", "list", "group", "yes/no", "notes")
SILENT_PARTS = ("scenario", "stances")  # parts of a key that say nothing the others do not
LISTED = 12  # so many values are spelled out in a message


def axis_columns(table: pd.DataFrame) -> list[str]:
    """The columns that hold a design's keys, in the order of the table.

    They are those that the manifest in ``attrs`` lists, else all before the first result but ``point``.
    """
    columns = [str(column) for column in table.columns]
    manifest = table.attrs.get("manifest") or {}
    if manifest.get("axes"):
        known = set(manifest["axes"])
        return [column for column in columns if column in known]
    stop = min((place for place, column in enumerate(columns) if column in RESULTS), default=len(columns))
    return [column for column in columns[:stop] if column != POINT]


def check_axis(table: pd.DataFrame, key: str, where: str) -> None:
    """Refuse a key that is no axis of the table.

    Raises:
        ParameterError: naming ``where``, the key and the axes there are.
    """
    axes = axis_columns(table)
    if key not in axes:
        raise ParameterError(where, key, "one of " + ", ".join(axes) if axes else "a key of a table that has axes")


def outcome_columns(table: pd.DataFrame) -> list[str]:
    """``probability_settlement`` and so on, in the order of `Outcome`.

    Raises:
        ParameterError: the table lacks one.
    """
    names = [f"probability_{outcome.key}" for outcome in Outcome]
    missing = [name for name in names if name not in table.columns]
    if missing:
        raise ParameterError("table", f"no column {missing[0]}", "a sweep's table, with " + ", ".join(names))
    return names


def is_numeric(column: pd.Series[Any]) -> bool:
    """Whether an axis holds numbers; true and false are categories."""
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return bool(column.notna().any())
    kinds = [_is_number(value) for value in column.dropna().tolist()]
    return bool(kinds) and all(kinds)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) and not isinstance(value, (bool, np.bool_))


def numbers(column: pd.Series[Any]) -> NDArray[np.float64]:
    """A numeric axis as float64 [rows]."""
    return np.asarray(column.to_numpy(dtype=np.float64))


def levels(column: pd.Series[Any]) -> list[Any]:
    """The distinct values of an axis: numbers in rising order, categories in order of appearance."""
    values = [value.item() if isinstance(value, np.generic) else value for value in column.dropna().unique()]
    return sorted(values) if is_numeric(column) else values


def level_numbers(column: pd.Series[Any]) -> NDArray[np.int64]:
    """int64 [rows]: the place of each row's value in `levels`; -1 where it has none."""
    place = {value: number for number, value in enumerate(levels(column))}
    return np.array([place.get(value, -1) for value in column.tolist()], dtype=np.int64)


def varying(table: pd.DataFrame) -> list[str]:
    """The axes of a table that take more than one value in it."""
    return [key for key in axis_columns(table) if table[key].nunique(dropna=False) > 1]


def select_at(table: pd.DataFrame, at: Mapping[str, Any] | None) -> pd.DataFrame:
    """The rows of a table in which some axes have given values.

    Args:
        table: with the row columns of a sweep.
        at: key to value; numbers are met to nine digits. None selects all rows.

    Raises:
        ParameterError: a key is no axis, or no row has the value.
    """
    chosen = table
    for key, value in (at or {}).items():
        check_axis(table, key, "at")
        column = chosen[key]
        if _is_number(value) and is_numeric(column):
            match = np.isclose(numbers(column), float(value), rtol=1e-9, atol=0.0)
        else:  # true is not 1
            match = np.array([entry == value and _is_number(entry) == _is_number(value) for entry in column.tolist()],
                             dtype=bool)
        if not match.any():
            raise ParameterError(f"at.{key}", value, f"one of {_told(levels(column))}")
        chosen = chosen[match]
        chosen.attrs = dict(table.attrs)
    return chosen


def refuse_others(table: pd.DataFrame, kept: list[str]) -> None:
    """Refuse a table in which axes vary other than those kept.

    Raises:
        ParameterError: naming them.
    """
    others = [key for key in varying(table) if key not in kept]
    if others:
        first = others[0]
        raise ParameterError("at", f"{', '.join(others)} left open",
                             f"one value for each axis that also varies, e.g. at={{{first!r}: "
                             f"{levels(table[first])[0]!r}}}")


def _told(values: list[Any]) -> str:
    shown = ", ".join(f"{value:g}" if isinstance(value, float) else str(value) for value in values[:LISTED])
    return shown + (f", ... ({len(values)} values)" if len(values) > LISTED else "")


# ----------------------------------------------------------------------------------- words


def display_names(table: pd.DataFrame) -> dict[str, str]:
    """Seat key to the name people read, as the table's manifest has it; else the key, capitalised."""
    config = (table.attrs.get("manifest") or {}).get("config") or {}
    scenario = config.get("scenario")
    named = dict.fromkeys(Actor.keys(), "")
    if isinstance(scenario, Mapping):
        named |= {key: str((scenario.get(key) or {}).get("name", "")) for key in named}
    return {key: name or key.capitalize() for key, name in named.items()}


def key_words(key: str, names: Mapping[str, str] | None = None, unit: bool = False) -> str:
    """What people read for a configuration key: ``scenario.washington.attention`` is "Washington: attention".

    Args:
        key: full configuration key.
        names: seat key to display name, see `display_names`.
        unit: whether the parameter's unit is added, in brackets.
    """
    seats = _seats(names)
    parts = split_key(key)
    if parts[0] == "policy" and len(parts) > 1:
        parts = [*parts[1:2], "policy", *parts[2:]]
    parts = [part for part in parts if part not in SILENT_PARTS] or parts
    said: list[str] = []
    for part in parts:
        if isinstance(part, int):
            said[-1] = f"{said[-1]} {part}"
        elif part == "ladder":
            said.append(say("rung"))
        else:
            said.append(seats.get(part) or say(part_words(part), **seats))
    text = said[0][:1].upper() + said[0][1:]
    if said[1:]:
        text = say("{what}: {more}", what=text, more=say(", ").join(said[1:]))
    measure = unit_of(key) if unit else ""
    named = not measure or measure in str(parts[-1]).split("_")
    return text if named else say("{what} ({more})", what=text, more=say(measure))


def part_words(part: str) -> str:
    """The text that stands in the term file for a part of a key: ``pressure_seoul`` is "pressure {seoul}"."""
    seats = Actor.keys()
    return " ".join(f"{{{word}}}" if word in seats else word for word in part.split("_"))


def _seats(names: Mapping[str, str] | None) -> dict[str, str]:
    """Seat key to the name people read, in the language in force."""
    seats = {actor.key: actor.key.capitalize() for actor in Actor} | dict(names or {})
    return {key: say(name) for key, name in seats.items()}


def unit_of(key: str) -> str:
    """The unit of a scenario's parameter as its declaration has it; empty where there is none."""
    node: Any = Scenario
    unit = ""
    parts = [part for part in split_key(key) if isinstance(part, str)]
    if parts[0] != "scenario":
        return ""
    for part in parts[1:]:
        declared = {item.name: item for item in dataclasses.fields(node)} if dataclasses.is_dataclass(node) else {}
        if part not in declared:
            return ""
        unit = str(declared[part].metadata.get("unit", ""))
        hint = field_types(typing.cast(type, node))[part]
        node = typing.get_args(hint)[0] if typing.get_origin(hint) is tuple else hint
    return "" if unit in UNITLESS else unit


def value_words(value: Any) -> str:
    """A value as a short text: ``honest_broker`` is "honest broker", 0.1 is "0.1"."""
    if isinstance(value, (bool, np.bool_)):
        return say("yes") if value else say("no")
    if isinstance(value, (int, np.integer)):
        return f"{int(value)}"
    if isinstance(value, (float, np.floating)):
        return f"{float(value):.4g}"
    return say(str(value).replace("_", " "))


QUANTITIES = {"probability_": "Probability of {what}", "payoff_": "Payoff of {what}", "value_": "Value to {what}",
              "regret_": "Regret of {what}", "appeals_": "Appeals of {what}"}


def quantity_words(column: str, names: Mapping[str, str] | None = None) -> str:
    """What people read for a result column: ``probability_settlement`` is "Probability of settlement"."""
    for start, said in QUANTITIES.items():
        rest = column.removeprefix(start)
        if rest != column:
            return say(said, what=_seats(names).get(rest) or say(words(rest)).lower())
    return say(words(column))


__all__ = [
    "axis_columns", "check_axis", "display_names", "is_numeric", "key_words", "level_numbers", "levels", "numbers",
    "outcome_columns", "part_words", "quantity_words", "refuse_others", "select_at", "unit_of", "value_words",
    "varying",
]
