"""The schema of the configuration: the dataclasses that Hydra merges values into.

The schema of a scenario is read off the dataclasses of `negotiation.scenario`, so that a parameter is
declared once.
"""

from __future__ import annotations

import dataclasses
import typing
from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING

from negotiation.parameters import field_types
from negotiation.scenario import Scenario


def schema_of(cls: Any) -> Any:
    """A mutable copy of a frozen parameter dataclass that Hydra can merge values into."""
    if cls in SCHEMAS:
        return SCHEMAS[cls]
    hints = field_types(cls)
    entries: list[Any] = []
    for item in dataclasses.fields(cls):
        hint = hints[item.name]
        if dataclasses.is_dataclass(hint):
            entries.append((item.name, schema_of(hint), field(default=MISSING)))
        elif typing.get_origin(hint) is tuple:
            inner = typing.get_args(hint)[0]
            of = schema_of(inner) if dataclasses.is_dataclass(inner) else inner
            entries.append((item.name, list[of], field(default=MISSING)))  # type: ignore[valid-type]
        elif typing.get_origin(hint) is dict:
            entries.append((item.name, dict[str, Any], field(default_factory=dict)))
        elif hint is bool:
            # Hydra would make any number true; Scenario says what is allowed.
            entries.append((item.name, Any, field(default=MISSING)))
        else:
            entries.append((item.name, hint, field(default=MISSING)))
    SCHEMAS[cls] = dataclasses.make_dataclass(f"{cls.__name__}Schema", entries)
    return SCHEMAS[cls]


SCHEMAS: dict[Any, Any] = {}


@dataclass
class PolicySchema:
    """A behaviour's name for each seat, or a mapping {behaviour: NAME, error: CHANCE}."""

    tokyo: Any = MISSING
    seoul: Any = MISSING
    washington: Any = MISSING


@dataclass
class EngineSchema:
    """Who produces the simulated column."""

    name: str = MISSING
    workers: int | None = None


@dataclass
class PlotsSchema:
    """Which figures are saved and how."""

    save: bool = MISSING
    formats: list[str] = MISSING
    paths: int = MISSING
    figures: Any = None
    language: str = "en"
    style: str = "print"


@dataclass
class SweepSchema:
    """A sweep's design, precision and folder; `negotiation.sweep` says what each allows."""

    method: Any = None
    axes: Any = None
    points: Any = None
    base: Any = None
    second_order: Any = None
    trajectories: Any = None
    levels: Any = None
    file: Any = None
    designs: Any = None
    half_width: Any = None
    max_episodes: Any = 1_000_000
    common_random_numbers: Any = True
    quantity: Any = "probability_settlement"
    differences: Any = None
    plan: Any = False
    resume: Any = None
    shard: Any = None
    folder: Any = None


@dataclass
class TournamentSchema:
    """Who plays whom in a tournament; `negotiation.tournament.settings` says what each allows."""

    disputants: Any = None
    tokyo: Any = None
    seoul: Any = None
    washingtons: Any = None
    scenarios: Any = None
    phase: Any = None
    resume: Any = None


@dataclass
class ExecutorSchema:
    """Who computes a sweep's points."""

    name: Any = MISSING
    workers: Any = None
    address: Any = None


@dataclass
class BranchSchema:
    """What changes in a replayed episode, and from which week on."""

    week: Any = None
    change: Any = None


@dataclass
class QuestionSchema:
    """How finely the scripts in ``experiments/`` answer their questions."""

    points: int = MISSING
    samples: int = MISSING


# What Hydra holds a composed configuration against.
CONFIG_SCHEMA = dataclasses.make_dataclass("ConfigSchema", [
    ("scenario", schema_of(Scenario), field(default=MISSING)),
    ("policy", PolicySchema, field(default_factory=PolicySchema)),
    ("engine", EngineSchema, field(default_factory=EngineSchema)),
    ("plots", PlotsSchema, field(default_factory=PlotsSchema)),
    ("sweep", SweepSchema, field(default_factory=SweepSchema)),
    ("tournament", TournamentSchema, field(default_factory=TournamentSchema)),
    ("executor", ExecutorSchema, field(default_factory=ExecutorSchema)),
    ("branch", BranchSchema, field(default_factory=BranchSchema)),
    ("question", QuestionSchema, field(default_factory=QuestionSchema)),
    ("point", Any, field(default=None)),
    ("mode", str, field(default=MISSING)),
    ("episodes", int, field(default=MISSING)),
    ("seed", int, field(default=MISSING)),
    ("episode", int, field(default=MISSING)),
])

__all__ = ["CONFIG_SCHEMA", "SCHEMAS", "SweepSchema", "TournamentSchema", "schema_of"]
