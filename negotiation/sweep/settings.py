"""A sweep as configuration describes it: its design, what computes its points, what makes it this sweep.

Keys under ``sweep`` are of three kinds: those of the design (`DESIGN_KEYS`), those that change what a row
says (`RESULT_KEYS`), and the rest, which only steer the run. The first two, with the scenario, the
policies, the engine, `episodes` and `seed`, are the sweep's identity: a folder is taken up again only by a
sweep of the same identity.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from negotiation.parameters import ParameterError
from negotiation.provenance import config_hash, provenance
from negotiation.sweep.axes import parse_axes
from negotiation.sweep.compute import Computer
from negotiation.sweep.design import Design, make_design
from negotiation.sweep.point import Base
from negotiation.sweep.rows import EPISODES

DESIGN_KEYS = ("method", "axes", "points", "base", "second_order", "trajectories", "levels", "file", "designs")
RESULT_KEYS = ("half_width", "max_episodes", "common_random_numbers")
CHECKED_VALUES, CHECKED_POINTS = 50, 1000


def design_of(config: Mapping[str, Any]) -> Design:
    """The design of a sweep's configuration, as it is resolved or as a manifest keeps it.

    Raises:
        ParameterError: naming the key, what was given and what is allowed.
    """
    sweep = {key: config["sweep"].get(key) for key in DESIGN_KEYS}
    design = make_design({key: value for key, value in sweep.items() if value is not None}, config["seed"])
    if not design.points.isna().to_numpy().any():
        return design
    # A part of a union may leave a key at its own value and another name the same value: one point.
    filled = filled_points(design.points, Base.from_config(config))
    first = filled.drop_duplicates().index.to_numpy()
    if len(first) == len(design):
        return design
    group = filled.groupby(list(filled.columns), sort=False, dropna=False).ngroup().to_numpy()
    points = design.points.iloc[first].reset_index(drop=True)
    points.index.name = design.points.index.name
    return replace(design, points=points, row_point=group[design.row_point].astype(np.int64))


def filled_points(points: pd.DataFrame, base: Base) -> pd.DataFrame:
    """A design's points as the table shows them: a key that a point leaves open has its own value there."""
    gaps = points.isna()
    open_keys = [str(key) for key in points.columns if gaps[key].any()]
    if not open_keys:
        return points
    filled = points.astype(dict.fromkeys(open_keys, object))
    for key in open_keys:
        # A point's own value is its scenario's, where scenarios vary.
        names = points["scenario"] if "scenario" in points and key.startswith("scenario.") else gaps[key]
        for name in names[gaps[key]].unique():
            here = gaps[key] & ((names == name) | (pd.isna(name) & names.isna()))
            filled.loc[here, key] = _own_value(base, key, name if isinstance(name, str) else None)
    return filled


def _own_value(base: Base, key: str, scenario: str | None) -> Any:
    try:
        study = base.study if scenario is None else base.at({"scenario": scenario})
        return parse_axes({key: [Base(study).values_at([key])[key]]})[0].values[0]
    except (ValueError, AttributeError, IndexError):  # the scenario cannot be had, or has no such rung
        return None


def identity(config: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a resolved configuration that makes a sweep this one and no other."""
    sweep, engine = config["sweep"], config["engine"]
    own = {
        "scenario": {key: value for key, value in config["scenario"].items() if key != "documentation"},
        "policy": dict(config["policy"]), "engine": {"name": engine["name"]},
        "episodes": config.get("episodes", 1), "seed": config["seed"],
        "sweep": {key: sweep[key] for key in (*DESIGN_KEYS, *RESULT_KEYS) if sweep.get(key) is not None},
    }
    if own["sweep"].get("half_width") is None:
        own["sweep"].pop("max_episodes", None)
    return own


@dataclass(frozen=True, eq=False)
class SweepPlan:
    """A sweep, complete and checked, before it runs.

    Attributes:
        config: its identity, plain values.
        design: the points.
        computer: what computes them.
        shard: (k, n) if only the k-th of n parts is computed, k from 1.
    """

    config: dict[str, Any]
    design: Design
    computer: Computer
    shard: tuple[int, int] | None = None

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> SweepPlan:
        """The sweep that a resolved configuration (nested plain values) describes.

        Raises:
            ParameterError: naming the key, what was given and what is allowed.
        """
        own = identity(config)
        sweep = own["sweep"]
        half_width, limit = sweep.get("half_width"), sweep.get("max_episodes", 1_000_000)
        _check_precision(half_width, limit, own["engine"]["name"])
        common = sweep.get("common_random_numbers", True)
        if not isinstance(common, bool):
            raise ParameterError("sweep.common_random_numbers", common, "true or false")
        if not common and own["engine"]["name"] == "mesa":
            raise ParameterError("sweep.common_random_numbers", common, "true with engine=mesa")
        base = Base.from_config(own)
        plan = cls(own, design_of(own), Computer(base, half_width, limit), parse_shard(config["sweep"].get("shard")))
        varied = plan.design.points
        engines = set(varied["engine.name"].dropna()) if "engine.name" in varied else {own["engine"]["name"]}
        if EPISODES in varied and (half_width is not None or "exact" in engines):
            raise ParameterError("sweep.axes", EPISODES, "episodes as an axis only where a fixed number is simulated: "
                                 "engine=batch or mesa, sweep.half_width=null")
        if engines == {"exact"}:  # what only sampling looks at makes no other sweep of it
            own.pop("episodes")
            for key in RESULT_KEYS:
                own["sweep"].pop(key, None)
        if "scenario" in varied:
            # Files may change under their names; a sweep over them is another sweep then.
            own["scenarios"] = scenario_hashes(base, varied["scenario"].dropna().unique().tolist())
        check_design(base, plan.design)
        return plan

    @cached_property
    def keys(self) -> pd.DataFrame:
        """The design's points as the table shows them, see `filled_points`."""
        return filled_points(self.design.points, self.computer.base)

    def todo(self) -> NDArray[np.int64]:
        """int64: the points to compute (of this shard), in an order in which any beginning covers the space."""
        order = self.design.order()
        if self.shard is None:
            return order
        part, parts = self.shard
        return order[part - 1::parts]

    def manifest(self) -> dict[str, Any]:
        """What the sweep's folder says of it; see `negotiation.sweep.manifest`."""
        return {
            "format": 1, "config": self.config, "config_hash": config_hash(self.config),
            "design_hash": self.design.hash, "method": self.design.method,
            "axes": [str(key) for key in self.design.points.columns], "points": len(self.design),
            "rows": len(self.design.row_point), "seed": self.config["seed"],
            "shard": None if self.shard is None else list(self.shard), "provenance": provenance(self.config)}


def _check_precision(half_width: Any, limit: Any, engine: str) -> None:
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise ParameterError("sweep.max_episodes", limit, "an integer, at least 1")
    if half_width is None:
        return
    if isinstance(half_width, bool) or not isinstance(half_width, (int, float)) or not 1e-5 <= half_width < 0.5:
        raise ParameterError("sweep.half_width", half_width, "a number in [0.00001, 0.5), or null")
    if engine == "exact":
        raise ParameterError("sweep.half_width", half_width, "null with engine=exact, which has no sampling error; "
                             "or engine=batch")


def parse_shard(text: Any) -> tuple[int, int] | None:
    """``3/16`` as (3, 16).

    Raises:
        ParameterError: it is no part of a whole.
    """
    if text is None:
        return None
    found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", str(text).strip())
    if found is None or not 1 <= int(found[1]) <= int(found[2]):
        raise ParameterError("sweep.shard", text, "K/N with K from 1 to N, e.g. 3/16, or null")
    return int(found[1]), int(found[2])


def check_design(base: Base, design: Design) -> None:
    """Refuse a design with a value that no point of it can have; what some combinations break is left to their rows.

    Raises:
        ParameterError: the value's own error.
    """
    ends = {axis.key: (axis.low, axis.high) for axis in design.axes if not (axis.listed or axis.integer)}
    for key in design.points.columns:
        column = design.points[key]
        values = column.dropna().unique()
        if len(values) > CHECKED_VALUES:
            ordered = sorted(values) if all(isinstance(value, (int, float, np.number)) for value in values) else values
            values = np.array([ordered[0], ordered[-1]], dtype=object)
        for value in values:
            plain = value.item() if isinstance(value, np.generic) else value
            error = _mistake(base, {str(key): plain})
            if error is not None:
                places = np.flatnonzero((column == value).to_numpy())
                places = places[np.unique(np.linspace(0, len(places) - 1, CHECKED_POINTS).astype(np.int64))]
                if all(_mistake(base, design.overrides(int(place))) is not None for place in places):
                    # Rather the end that was asked for than the value that was drawn near it.
                    near = min(ends.get(str(key), (plain,)), key=lambda end: abs(end - plain) if key in ends else 0)
                    raise _named(_mistake(base, {str(key): near}) or error, str(key), design)


def _named(error: ValueError, key: str, design: Design) -> ValueError:
    """The error with the place where a wrong key stands, where that is a file."""
    if isinstance(error, ParameterError) and error.key == "sweep.axes" and design.method == "list":
        return ParameterError("sweep.file", f"{design.config['file']}: column {key}", error.allowed)
    return error


def scenario_hashes(base: Base, names: list[str]) -> dict[str, str]:
    """Name to hash of everything that the scenarios of an axis say; those that cannot be read are left out."""
    return {str(name): config_hash(base.at({"scenario": name}).scenario.to_dict())
            for name in names if _mistake(base, {"scenario": name}) is None}


def _mistake(base: Base, overrides: Mapping[str, Any]) -> ValueError | None:
    try:
        base.at(overrides)
    except ValueError as error:
        return error
    return None


__all__ = ["SweepPlan", "check_design", "design_of", "identity", "parse_shard"]
