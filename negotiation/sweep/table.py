"""The table of a sweep: one pandas frame, one row a point.

    table = load_sweep("sweeps/firmness")
    table[["scenario.tokyo.firmness", "probability_settlement"]]
    table.to_xarray()["probability_settlement"].sel({"policy.tokyo": "hawk"})

DuckDB and polars read the parts as they lie: ``SELECT * FROM 'sweeps/firmness/parts/*.parquet'``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from negotiation.parameters import ParameterError
from negotiation.sweep.axes import parse_axes
from negotiation.sweep.manifest import read_manifest
from negotiation.sweep.rows import ERROR, POINT, RESULTS, schema_of, text_of
from negotiation.sweep.store import part_paths, read_part

if TYPE_CHECKING:
    import xarray as xr

SPARSEST = 10  # cells of a grid for each point of a design that is no grid, at most


class SweepTable(pd.DataFrame):
    """A sweep's rows in the order of their points; a pandas frame with a few words of its own.

    ``attrs["manifest"]`` is the sweep's manifest (`negotiation.sweep.manifest`). What pandas makes of a
    table (a selection, a copy) is a table again.
    """

    @property
    def _constructor(self) -> type[SweepTable]:
        return SweepTable

    @property
    def manifest(self) -> dict[str, Any]:
        """The sweep's manifest; empty for a table that has lost it, e.g. one merged from several."""
        return dict(self.attrs.get("manifest", {}))

    @property
    def axis_keys(self) -> list[str]:
        """Columns that are keys of the design, in its order (`axes` is pandas' own word)."""
        known = self.manifest.get("axes") or [name for name in self.manifest.get("columns", {})
                                              if name != POINT and name not in RESULTS]
        return [name for name in known if name in self.columns]

    @property
    def results(self) -> list[str]:
        """Columns that hold results, in the order of the table."""
        return [name for name in RESULTS if name in self.columns and name not in self.axis_keys]

    @property
    def failed(self) -> SweepTable:
        """The rows of points that could not be computed; `error` says why."""
        failed: SweepTable = self[self[ERROR].notna()]
        return failed

    @property
    def missing(self) -> int:
        """How many points of the design have no row here."""
        return int(self.manifest.get("points", 0)) - int(self[POINT].nunique())

    def to_xarray(self) -> xr.Dataset:  # type: ignore[misc]
        """The results as arrays over the grid of the axes.

        Returns:
            A dataset with one dimension a key, named by it. Coordinates are those of the design: numbers
            ascending, texts in the order in which the design names them. Variables are the results and
            `point`; where points are missing, numbers are nan (and then all are float64) and texts empty.
            ``attrs`` hold `method`, `config_hash`, `design_hash`, `seed`, `version` and `commit`.

        Raises:
            ParameterError: the points form no grid, or xarray is not installed.
        """
        try:
            import xarray as xr
        except ImportError:
            raise ParameterError("to_xarray", "xarray", "an installed xarray: pip install 'negotiation[sweep]'"
                                 ) from None
        levels = self._levels()
        shape = tuple(map(len, levels.values()))
        place, cells = self._places(levels, shape), int(np.prod(shape, dtype=np.int64))
        variables = {name: (list(levels), _spread(self[name], place, cells).reshape(shape))
                     for name in (POINT, *self.results)}
        manifest = self.manifest
        attributes = {key: manifest.get(key) for key in ("method", "config_hash", "design_hash", "seed")}
        attributes |= {key: (manifest.get("provenance") or {}).get(key) for key in ("version", "commit")}
        return xr.Dataset(variables, coords={key: (key, index.to_numpy()) for key, index in levels.items()},
                          attrs={key: value for key, value in attributes.items() if value is not None})

    def _levels(self) -> dict[str, pd.Index]:
        """Key to its levels: those of a grid from its axes, so that they are there before their points."""
        manifest = self.manifest
        if not self.axis_keys or len(self.axis_keys) < len(manifest["columns"]) - len(RESULTS) - 1:
            raise ParameterError("to_xarray", self.axis_keys, "a table with its manifest and all columns of its keys")
        declared: dict[str, list[Any]] = {}
        design = (manifest["config"].get("sweep") or {}) if isinstance(manifest["config"], dict) else {}
        if manifest.get("method") == "grid" and "axes" in design:
            declared = {axis.key: axis.levels() for axis in parse_axes(design["axes"])}
        found: dict[str, pd.Index] = {}
        for key in self.axis_keys:
            column = self[key]
            if column.isna().any():
                raise ParameterError("to_xarray", f"{key} not given everywhere", "points that have every key")
            kind = manifest["columns"][key]
            values = declared.get(key, column.unique().tolist())
            if kind == "string":
                found[key] = pd.Index([text_of(value) for value in values], dtype=column.dtype)
            else:
                found[key] = pd.Index(sorted(values), dtype=column.dtype)
        return found

    def _places(self, levels: dict[str, pd.Index], shape: tuple[int, ...]) -> NDArray[np.int64]:
        """int64 [rows]: the cell of each row, the last key fastest."""
        method, points = self.manifest.get("method"), self.manifest["points"]
        cells = float(np.prod(shape, dtype=np.float64))
        if method != "grid" and cells > SPARSEST * points:
            raise ParameterError("to_xarray", f"{method} of {points} points", "points that form a grid, at least in "
                                 f"part; the values of these would be {cells:.3g} cells")
        each = [index.get_indexer(pd.Index(self[key])) for key, index in levels.items()]
        outside = [key for key, numbers in zip(levels, each, strict=True) if (numbers < 0).any()]
        if outside:
            raise ParameterError("to_xarray", outside[0], "values that the design has on this axis")
        place = np.ravel_multi_index(each, shape).astype(np.int64)
        if len(np.unique(place)) < len(place):
            raise ParameterError("to_xarray", "points with equal keys", "each point once")
        return place


def _spread(column: pd.Series, place: NDArray[np.int64], cells: int) -> NDArray[Any]:
    """Values [rows] over cells [cells]; what is not there is nan, or an empty text."""
    if column.name == ERROR:
        texts = np.full(cells, "", dtype=object)
        texts[place] = column.fillna("").to_numpy(dtype=object)
        return texts
    values = column.to_numpy()
    spread = np.empty(cells, dtype=values.dtype) if len(place) == cells else np.full(cells, np.nan)
    spread[place] = values
    return spread


def load_sweep(path: str | Path, columns: Sequence[str] | None = None) -> SweepTable:
    """The rows of a sweep's folder as one frame.

    A folder that is still being written gives the rows stored so far.

    Args:
        path: the sweep's folder.
        columns: which columns to read, of many rows; `point` always is. None for all.

    Returns:
        One row a point in ascending order of `point`; ``attrs["manifest"]`` holds the manifest.

    Raises:
        ParameterError: the folder is no sweep's, a part is not readable, or a column does not exist.
    """
    manifest = read_manifest(path)
    known = list(manifest["columns"])
    for name in columns or ():
        if name not in known:
            raise ParameterError("columns", name, "one of " + ", ".join(known))
    names = known if columns is None else [name for name in known if name == POINT or name in columns]
    empty = schema_of({name: manifest["columns"][name] for name in names}).empty_table()
    parts = [read_part(part, names).replace_schema_metadata() for part in part_paths(path)]
    frame = pa.concat_tables([empty, *parts]).to_pandas()
    point = frame[POINT].to_numpy()
    order = np.argsort(point, kind="stable")
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = point[order][1:] != point[order][:-1]  # a point stored twice counts once
    table = SweepTable(frame.take(order[first]).reset_index(drop=True))
    table.attrs["manifest"] = manifest
    return table


__all__ = ["SweepTable", "load_sweep"]
