"""The rows of a sweep's table: which columns there are, of which kind, in which order.

One row a point: `point` (its number in the design), then one column a key of the design, then the
results (`RESULTS`). The kinds follow from the design alone, so they stand before the first row is
computed and every part of a sweep has the same: a key's column is ``int64``, ``float64``, ``bool`` or
``string``; one that mixes kinds, or holds whole numbers too large for 64 bits, is ``string``. A key
that a point leaves at the configuration's own value is null there.

A point that failed has its message in `error`, nan in every ``float64`` result, false and 0 in the
others; a point that was computed has null in `error`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from negotiation.parameters import ParameterError
from negotiation.vocabulary import DISPUTANTS, Actor, Outcome

POINT, ERROR = "point", "error"
EPISODES = "episodes"  # as an axis it is its own result: a row says how many were simulated
KINDS: dict[str, pa.DataType] = {
    "int64": pa.int64(), "float64": pa.float64(), "bool": pa.bool_(), "string": pa.string()}


def _results() -> dict[str, str]:
    numbers = [f"{quantity}_{outcome.key}" for quantity in ("probability", "error", "low", "high")
               for outcome in Outcome]
    numbers += [f"{quantity}_{actor.key}" for quantity in ("payoff", "payoff_error", "value", "regret")
                for actor in Actor]
    numbers += ["settlement_round", "rupture_round", "first_standstill", "breaches", "lapses"]
    numbers += [f"appeals_{actor.key}" for actor in DISPUTANTS] + ["effort"]
    return {"exact": "bool", **dict.fromkeys(numbers, "float64"), "episodes": "int64", "wall_time": "float64",
            ERROR: "string"}


# Every result column and its kind, in the order of the table.
RESULTS: dict[str, str] = _results()


def row_schema(points: pd.DataFrame) -> pa.Schema:
    """The Arrow schema of a sweep's rows, from the points of its design.

    Args:
        points: `Design.points`: one row a point, one column a key.

    Raises:
        ParameterError: a key has the name of a column that every table has.
    """
    keys = [str(key) for key in points.columns]
    for key in keys:
        if key == POINT or (key in RESULTS and key != EPISODES):
            raise ParameterError("sweep.axes", key, "keys that are no column of the results")
    kinds = {key: _kind(points.iloc[:, number]) for number, key in enumerate(keys) if key != EPISODES}
    return schema_of({POINT: "int64", **kinds, **RESULTS})


def schema_of(kinds: Mapping[str, str], metadata: Mapping[str, str] | None = None) -> pa.Schema:
    """The Arrow schema of columns given by name and kind; only keys and `error` may be null."""
    required = {POINT, *RESULTS} - {ERROR}
    fields = [pa.field(name, KINDS[kind], nullable=name not in required) for name, kind in kinds.items()]
    return pa.schema(fields, metadata=dict(metadata) if metadata else None)


def kinds_of(schema: pa.Schema) -> dict[str, str]:
    """Name to kind of every column, in order; the reverse of `schema_of`."""
    names = {data_type: kind for kind, data_type in KINDS.items()}
    return {field.name: names[field.type] for field in schema}


def _kind(values: pd.Series) -> str:
    inferred = pd.api.types.infer_dtype(values.astype(object), skipna=True)
    if inferred == "integer":
        present = values.dropna()
        return "int64" if min(present) >= -2**63 and max(present) < 2**63 else "string"
    return {"boolean": "bool", "floating": "float64", "mixed-integer-float": "float64"}.get(inferred, "string")


def text_of(value: Any) -> str:
    """A key's value as the text that stands in a ``string`` column."""
    if isinstance(value, str):
        return value
    if isinstance(value, np.generic):
        value = value.item()
    return repr(value) if isinstance(value, float) else json.dumps(value, default=str)


# ------------------------------------------------------------------------- rows on their way to Arrow


def to_columns(rows: pd.DataFrame | Mapping[str, Any], kinds: Mapping[str, str]) -> dict[str, NDArray[Any]]:
    """Rows as one array a column, checked, in the order of the columns' kinds.

    Args:
        rows: a frame, or name to array, all of one length. Results may be left out where all rows failed.
        kinds: name to kind of the columns (`kinds_of` the schema).

    Returns:
        Arrays [rows]: float64, int64 or bool; of object, with None for null, for keys that are no
        ``float64`` and for `error`.

    Raises:
        ValueError: a column is unknown or missing, or holds what its kind does not.
    """
    given: dict[str, Any] = {str(name): values for name, values in rows.items()}
    unknown = [name for name in given if name not in kinds]
    if unknown:
        raise ValueError(f"{unknown[0]}: no column of this sweep; its columns: {', '.join(kinds)}")
    if POINT not in given:
        raise ValueError(f"{POINT}: missing in the rows of a sweep")
    count = len(given[POINT])
    failed = count > 0 and ERROR in given and not pd.isna(np.asarray(given[ERROR], dtype=object)).any()
    columns = {}
    for name, kind in kinds.items():
        if name not in given and not (name == ERROR or (failed and name in RESULTS)):
            raise ValueError(f"{name}: missing in the rows of a sweep")
        values = given.get(name, [None] * count)
        if len(values) != count:
            raise ValueError(f"{name}: {len(values)} values for {count} rows")
        convert = _RESULT[kind] if name == POINT or name in RESULTS else _KEY[kind]
        try:
            columns[name] = convert(values)
        except (TypeError, ValueError, OverflowError) as error:
            raise ValueError(f"{name}: not of kind {kind} ({error})") from None
    return columns


def _floats(values: Any) -> NDArray[Any]:
    if hasattr(values, "to_numpy"):
        return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan))
    return np.asarray(values, dtype=np.float64)


def _whole(values: Any) -> NDArray[Any]:
    found = np.asarray(values)
    if found.dtype.kind in "iu":
        return found.astype(np.int64)
    return np.array([0 if entry is None else entry for entry in _each(_whole_number)(values)], dtype=np.int64)


def _true(values: Any) -> NDArray[Any]:
    found = np.asarray(values)
    if found.dtype.kind == "b":
        return found
    return np.array([bool(entry) for entry in _each(_truth)(values)], dtype=np.bool_)


def _each(convert: Callable[[Any], Any]) -> Callable[[Any], NDArray[Any]]:
    def converted(values: Any) -> NDArray[Any]:
        plain = np.asarray(values, dtype=object)
        missing = pd.isna(plain)
        found = np.empty(len(plain), dtype=object)
        found[:] = [None if gap else convert(value) for value, gap in zip(plain, missing, strict=True)]
        return found

    return converted


def _whole_number(value: Any) -> int:
    if isinstance(value, (bool, np.bool_)) or int(value) != value or not -2**63 <= value < 2**63:
        raise ValueError(f"{value!r} is no whole number of 64 bits")
    return int(value)


def _truth(value: Any) -> bool:
    if not isinstance(value, (bool, np.bool_)):
        raise ValueError(f"{value!r} is neither true nor false")
    return bool(value)


Convert = Callable[[Any], NDArray[Any]]
_RESULT: dict[str, Convert] = {"float64": _floats, "int64": _whole, "bool": _true, "string": _each(text_of)}
_KEY: dict[str, Convert] = {**_RESULT, "int64": _each(_whole_number), "bool": _each(_truth)}


class RowBuffer:
    """Rows in memory, one array a column, of a fixed capacity, until they become an Arrow table."""

    def __init__(self, schema: pa.Schema, capacity: int) -> None:
        self._schema, self.capacity, self._count = schema, capacity, 0
        # Filled from the front; memory that is not filled is not taken either.
        self._columns: dict[str, NDArray[Any]] = {}

    def __len__(self) -> int:
        return self._count

    def take(self, columns: Mapping[str, NDArray[Any]], start: int) -> int:
        """Take rows from number ``start`` on, as many as there is room for; returns how many."""
        taken = min(self.capacity - self._count, len(columns[POINT]) - start)
        for name, values in columns.items():
            if name not in self._columns:
                self._columns[name] = np.empty(self.capacity, dtype=values.dtype)
            self._columns[name][self._count:self._count + taken] = values[start:start + taken]
        self._count += taken
        return taken

    def table(self) -> pa.Table:
        """The rows as an Arrow table, in the order of their points."""
        order = np.argsort(self._columns[POINT][:self._count], kind="stable")
        arrays = []
        for field in self._schema:
            values = self._columns[field.name][:self._count][order]
            # Only a key's nan is a gap; a result's nan is a number that there is none of.
            arrays.append(pa.array(values, type=field.type, from_pandas=field.name not in RESULTS))
        return pa.Table.from_arrays(arrays, schema=self._schema)

    def clear(self) -> None:
        """Forget all rows, and the memory they took."""
        self._columns, self._count = {}, 0
