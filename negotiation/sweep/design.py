"""Designs: which points of the parameter space a sweep computes.

A design is a table with one column a key and one row a point, chosen from configuration alone:

    grid              every combination of the axes' levels, the last axis fastest
    zip               the first levels of all axes, then the second, ...
    list              the rows of a CSV or Parquet file, columns named by keys
    latin_hypercube   `points` points, each axis cut into as many cells and each cell hit once
                      (McKay, Beckman & Conover 1979)
    sobol             the first `points` points of a scrambled Sobol sequence (Owen 1998)
    saltelli          `base` * (D + 2) points for Sobol indices, or `base` * (2 D + 2) with second order
                      (Saltelli 2002, through SALib)
    morris            `trajectories` * (D + 1) points for elementary effects (Morris 1991, through SALib)
    union             several of these, one after the other

The same point may occur in several rows (it must, in a union, and may where an axis has cells); it is
computed once. `Design.row_point` says which point each row is, for analyses that need the rows in
order. Point numbers are the order of first occurrence.
"""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from negotiation.parameters import ParameterError
from negotiation.sweep.axes import Axis, column_name, parse_axes

Unit = NDArray[np.float64]
GOLDEN = (5**0.5 - 1) / 2
ROW_LIMIT = 100_000_000


@dataclass(frozen=True, eq=False)
class Design:
    """The points of a sweep.

    Attributes:
        method: how they were chosen.
        axes: the axes, of a design that has them.
        points: one row a distinct point, one column a key; the index is the point's number.
        row_point: int64 [rows], the point of each row of the design, duplicates included.
        config, seed: what `make_design` was given.
    """

    method: str
    axes: tuple[Axis, ...]
    points: pd.DataFrame
    row_point: NDArray[np.int64]
    config: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0

    def __len__(self) -> int:
        return len(self.points)

    @property
    def hash(self) -> str:
        """SHA-256 (first 16 hexadecimal digits) of the points and their order."""
        digest = hashlib.sha256()
        for key in self.points.columns:
            digest.update(key.encode() + b"\0")
            digest.update("\0".join(map(repr, self.points[key].tolist())).encode())
        return digest.hexdigest()[:16]

    def order(self) -> NDArray[np.int64]:
        """int64 [points]: an order of computing in which any beginning is spread over the whole design.

        Points are sorted by the fractional part of number * golden ratio, whose multiples fill the
        unit interval evenly.
        """
        places = np.arange(len(self.points)) * GOLDEN % 1.0
        return np.argsort(places, kind="stable").astype(np.int64)

    def overrides(self, point: int) -> dict[str, Any]:
        """Key to value of one point, as plain Python values."""
        # Column by column: a row of a frame would make whole numbers beside others floats.
        row = {str(key): _plain(column.iloc[point]) for key, column in self.points.items()}
        return {key: value for key, value in row.items() if not _is_missing(value)}


def make_design(config: Mapping[str, Any], seed: int, where: str = "sweep") -> Design:
    """The design that a configuration describes.

    Args:
        config: ``method`` and its keys: ``axes``; ``points``, ``base``, ``second_order``, ``trajectories``,
            ``levels``, ``file``, or ``designs`` for a union.
        seed: root seed of designs that sample.
        where: the configuration key of ``config``, for messages.

    Raises:
        ParameterError: naming the key, what was given and what is allowed.
    """
    method = config.get("method")
    if not isinstance(method, str) or method not in METHODS:
        raise ParameterError(f"{where}.method", method, "one of " + ", ".join(METHODS))
    known, maker = METHODS[str(method)]
    for key in config:
        if key not in ("method", *known):
            raise ParameterError(f"{where}.{key}", config[key], f"the keys method, {', '.join(known)} in a {method}")
    axes = tuple(parse_axes(config.get("axes"), f"{where}.axes")) if "axes" in known else ()
    table = maker(config, axes, seed, where)
    groups = table.groupby(list(table.columns), sort=False, dropna=False)
    row_point = np.asarray(groups.ngroup(), dtype=np.int64)
    points = table.drop_duplicates(ignore_index=True)
    points.index.name = "point"
    return Design(str(method), axes, points, row_point, dict(config), seed)


def design_files(config: Mapping[str, Any]) -> list[Path]:
    """The files that a design's configuration reads, those of a union's parts included, each once."""
    parts = [part for part in config.get("designs") or () if isinstance(part, Mapping)]
    own = [Path(str(config["file"]))] if config.get("method") == "list" else []
    return list(dict.fromkeys([*own, *(file for part in parts for file in design_files(part))]))


def with_files(config: Mapping[str, Any], instead: Mapping[Path, Path]) -> dict[str, Any]:
    """A design's configuration that reads other files instead of those it names."""
    changed = dict(config)
    if changed.get("method") == "list":
        changed["file"] = str(instead.get(Path(str(changed["file"])), changed["file"]))
    if changed.get("designs"):
        changed["designs"] = [with_files(part, instead) for part in changed["designs"]]
    return changed


def unit_sample(design: Design) -> Unit:
    """The places in the unit cube from which a design's rows were taken, drawn anew from its seed.

    Analyses of sensitivity take these for their sample: on an axis of whole numbers or categories the
    values alone do not tell how far a step went.

    Returns:
        float64 [rows, axes], in the order of `Design.row_point`; ``axis.at`` of a column gives the values.

    Raises:
        ParameterError: the design was not drawn from the unit cube.
    """
    if design.method not in SAMPLERS:
        raise ParameterError("sweep.method", design.method, "one of " + ", ".join(SAMPLERS))
    return SAMPLERS[design.method](design.config, design.axes, design.seed, "sweep")


# ---------------------------------------------------------------------------------- the methods


def _grid(config: Mapping[str, Any], axes: tuple[Axis, ...], seed: int, where: str) -> pd.DataFrame:
    levels = [axis.levels() for axis in axes]
    rows = int(np.prod([len(entries) for entries in levels], dtype=np.float64))
    _refuse_many(rows, f"{where}.axes")
    columns, repeat = {}, rows
    for axis, entries in zip(axes, levels, strict=True):
        repeat //= len(entries)
        columns[axis.key] = np.tile(np.repeat(_column(entries), repeat), rows // (repeat * len(entries)))
    return pd.DataFrame(columns)


def _zip(config: Mapping[str, Any], axes: tuple[Axis, ...], seed: int, where: str) -> pd.DataFrame:
    levels = {axis.key: axis.levels() for axis in axes}
    lengths = {key: len(entries) for key, entries in levels.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{key} {length}" for key, length in lengths.items())
        raise ParameterError(f"{where}.axes", told, "as many values on every axis of a zip")
    return pd.DataFrame({key: _column(entries) for key, entries in levels.items()})


def _list(config: Mapping[str, Any], axes: tuple[Axis, ...], seed: int, where: str) -> pd.DataFrame:
    file = config.get("file")
    readers: dict[str, Callable[..., pd.DataFrame]] = {".csv": _read_csv, ".parquet": pd.read_parquet}
    path = Path(str(file))
    if path.suffix not in readers or not path.is_file():
        raise ParameterError(f"{where}.file", file, "the path of an existing .csv or .parquet file")
    try:
        table = readers[path.suffix](path)
    except (ValueError, OSError, pd.errors.ParserWarning) as error:
        raise ParameterError(f"{where}.file", file, f"a readable table ({' '.join(str(error).split())})") from None
    if table.empty:
        raise ParameterError(f"{where}.file", file, "a table with at least one row")
    gaps = table.columns[table.isna().any()]
    if len(gaps):
        row = int(table[gaps[0]].isna().to_numpy().argmax()) + 1
        raise ParameterError(f"{where}.file", f"{file}: column {gaps[0]}, row {row}", "a value in every row")
    if table.shape[1] == 1 and (found := re.search("[;\t|]", str(table.columns[0]))):
        raise ParameterError(f"{where}.file", f"{file}: columns parted by {found[0]!r}", "columns parted by commas")
    named = table.rename(columns=lambda name: column_name(str(name)))
    repeated = named.columns[named.columns.duplicated()]
    if len(repeated):
        raise ParameterError(f"{where}.file", f"{file}: column {repeated[0]}", "each key once, in one spelling")
    return named


def _read_csv(path: Path) -> pd.DataFrame:
    """A CSV file, each value under its own heading: pandas would take a value too many for a row's name."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        table = pd.read_csv(path, index_col=False, skipinitialspace=True)
    table = table.rename(columns=lambda name: str(name).strip())
    for place, (_, column) in enumerate(table.items()):
        if column.dtype.kind not in "biuf":  # one word among numbers must not make words of them all
            table.isetitem(place, column.map(_cell, na_action="ignore").astype(object).to_numpy())
    return table


def _cell(text: Any) -> Any:
    """A cell of a CSV column that holds words: a number where it is one, else without spaces around it."""
    if not isinstance(text, str) or "_" in text:  # Python would read 1_000 as a number
        return text.strip() if isinstance(text, str) else text
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text.strip()


def _latin_hypercube(config: Mapping[str, Any], axes: tuple[Axis, ...], seed: int, where: str) -> Unit:
    from scipy.stats import qmc

    count = _whole(config, "points", where)
    unit: Unit = qmc.LatinHypercube(len(axes), rng=_generator(seed)).random(count)
    return unit


def _sobol(config: Mapping[str, Any], axes: tuple[Axis, ...], seed: int, where: str) -> Unit:
    from scipy.stats import qmc

    count = _whole(config, "points", where)
    # Drawn to the next power of two, where the sequence is balanced; the first `points` are kept.
    exponent = max(int(np.ceil(np.log2(count))), 0)
    unit: Unit = qmc.Sobol(len(axes), rng=_generator(seed)).random_base2(exponent)[:count]
    return unit


def _saltelli(config: Mapping[str, Any], axes: tuple[Axis, ...], seed: int, where: str) -> Unit:
    base = _whole(config, "base", where)
    _refuse_many(base * (2 * len(axes) + 2), f"{where}.base")
    if base & (base - 1):
        raise ParameterError(f"{where}.base", base, "a power of two")
    second = config.get("second_order", False)
    if not isinstance(second, bool):
        raise ParameterError(f"{where}.second_order", second, "true or false")
    sample = _salib("sobol", where)
    unit: Unit = sample(_problem(axes), base, calc_second_order=second, seed=_small(seed))
    return unit


def _morris(config: Mapping[str, Any], axes: tuple[Axis, ...], seed: int, where: str) -> Unit:
    trajectories = _whole(config, "trajectories", where)
    _refuse_many(trajectories * (len(axes) + 1), f"{where}.trajectories")
    levels = config.get("levels", 4)
    if isinstance(levels, bool) or not isinstance(levels, int) or levels < 2 or levels % 2:
        raise ParameterError(f"{where}.levels", levels, "an even integer, at least 2")
    sample = _salib("morris", where)
    unit: Unit = sample(_problem(axes), trajectories, num_levels=levels, seed=_small(seed))
    return unit


def _union(config: Mapping[str, Any], axes: tuple[Axis, ...], seed: int, where: str) -> pd.DataFrame:
    parts = config.get("designs")
    if not isinstance(parts, (list, tuple)) or not parts:
        raise ParameterError(f"{where}.designs", parts, "a list of at least one design")
    tables = []
    for number, part in enumerate(parts):
        if not isinstance(part, Mapping):
            raise ParameterError(f"{where}.designs[{number}]", part, "a mapping with a method and its keys")
        design = make_design(part, seed + number, f"{where}.designs[{number}]")
        tables.append(design.points.iloc[design.row_point].astype(object))  # so that 1 stays 1 beside a gap
    # A key that a part does not vary stays at the configuration's own value there: missing, not a number.
    return pd.concat(tables, ignore_index=True)


def _drawn(sampler: Sampler) -> Maker:
    def maker(config: Mapping[str, Any], axes: tuple[Axis, ...], seed: int, where: str) -> pd.DataFrame:
        unit = sampler(config, axes, seed, where)
        return pd.DataFrame({axis.key: axis.at(unit[:, column]) for column, axis in enumerate(axes)})

    return maker


Maker = Callable[[Mapping[str, Any], tuple[Axis, ...], int, str], pd.DataFrame]
Sampler = Callable[[Mapping[str, Any], tuple[Axis, ...], int, str], Unit]
SAMPLERS: dict[str, Sampler] = {
    "latin_hypercube": _latin_hypercube, "sobol": _sobol, "saltelli": _saltelli, "morris": _morris,
}
METHODS: dict[str, tuple[tuple[str, ...], Maker]] = {
    "grid": (("axes",), _grid),
    "zip": (("axes",), _zip),
    "list": (("file",), _list),
    "latin_hypercube": (("axes", "points"), _drawn(_latin_hypercube)),
    "sobol": (("axes", "points"), _drawn(_sobol)),
    "saltelli": (("axes", "base", "second_order"), _drawn(_saltelli)),
    "morris": (("axes", "trajectories", "levels"), _drawn(_morris)),
    "union": (("designs",), _union),
}


# ------------------------------------------------------------------------------------- helpers


def _problem(axes: tuple[Axis, ...]) -> dict[str, Any]:
    return {"num_vars": len(axes), "names": [axis.key for axis in axes], "bounds": [[0.0, 1.0]] * len(axes)}


def _salib(module: str, where: str) -> Callable[..., NDArray[np.float64]]:
    try:
        sampler = __import__(f"SALib.sample.{module}", fromlist=["sample"])
    except ImportError:
        method = "saltelli" if module == "sobol" else module
        raise ParameterError(f"{where}.method", method, "designs without SALib, or all after "
                             "pip install 'negotiation[sweep]'"
                             ) from None
    found: Callable[..., NDArray[np.float64]] = sampler.sample
    return found


def _generator(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(seed)))


def _small(seed: int) -> int:
    """A seed of 31 bits, which is what SALib takes."""
    return int(np.random.SeedSequence(seed).generate_state(1)[0] >> 1)


def _column(entries: list[Any]) -> NDArray[Any]:
    if all(isinstance(entry, (int, float)) and not isinstance(entry, bool) for entry in entries):
        return np.array(entries)
    column = np.empty(len(entries), dtype=object)
    column[:] = entries
    return column


def _whole(config: Mapping[str, Any], key: str, where: str) -> int:
    value = config.get(key, "missing")
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ParameterError(f"{where}.{key}", value, "an integer, at least 1")
    _refuse_many(value, f"{where}.{key}")
    return value


def _refuse_many(rows: int, where: str) -> None:
    if rows > ROW_LIMIT:
        raise ParameterError(where, f"{rows} points", f"at most {ROW_LIMIT} points in one sweep")


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and value != value)


__all__ = ["METHODS", "SAMPLERS", "Axis", "Design", "design_files", "make_design", "unit_sample", "with_files"]
