"""What one point of a sweep is: the base configuration with some keys changed.

Nothing is composed per point: the base is read once, and a point's overrides are laid over its frozen
scenario, sharing what they do not touch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from negotiation.behaviours import check_choice
from negotiation.draws import EPISODE_LIMIT, SEED_LIMIT
from negotiation.library import load_scenario
from negotiation.parameters import ParameterError, leaves
from negotiation.scenario import Scenario
from negotiation.solve import check_size
from negotiation.vocabulary import DISPUTANTS, Actor

ENGINES = ("exact", "batch", "mesa")
OWN_KEYS = ("scenario", "scenario.*", *(f"policy.{actor.key}" for actor in Actor), "engine.name", "episodes", "seed")


@dataclass(frozen=True)
class PointStudy:
    """One point, complete and checked.

    Attributes:
        scenario: the dispute.
        policies: seat key to behaviour, as `negotiation.behaviours.make_policy` takes it.
        engine: ``exact``, ``batch`` or ``mesa``.
        episodes: how many are simulated, where the engine simulates and no precision is asked for.
        seed: root seed.
        draws: number of the point if its draws are its own; None under common random numbers.
    """

    scenario: Scenario
    policies: Mapping[str, Any]
    engine: str
    episodes: int
    seed: int
    draws: int | None = None

    @property
    def equilibrium(self) -> bool:
        """Whether all seats play their part of the equilibrium."""
        return all(choice == "equilibrium" for choice in self.policies.values())


@dataclass(frozen=True)
class Base:
    """What the points of a sweep have in common.

    Attributes:
        study: the point that no key is changed at.
        common_random_numbers: whether all points have the same draws.
    """

    study: PointStudy
    common_random_numbers: bool = True

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Base:
        """The base of a resolved configuration, nested plain values.

        Raises:
            ParameterError: a value is missing or not allowed.
        """
        engine, sweep = config.get("engine", "exact"), config.get("sweep") or {}
        study = PointStudy(
            Scenario.from_dict(config["scenario"]), dict(config["policy"]),
            engine["name"] if isinstance(engine, Mapping) else engine, config.get("episodes", 1), config["seed"])
        return cls(_checked(study), bool(sweep.get("common_random_numbers", True)))

    def at(self, overrides: Mapping[str, Any], point: int | None = None) -> PointStudy:
        """The study with some keys changed.

        Args:
            overrides: full configuration key to value; see `OWN_KEYS` for the keys a point may change.
            point: its number, for draws of its own where they are not common.

        Raises:
            ParameterError: a key cannot be changed, or a value is not allowed, alone or with the others.
            TooLargeError: the scenario's tables would not fit into memory.
        """
        study, changes = self.study, {}
        scenario, policies, others = study.scenario, dict(study.policies), {}
        for key, value in overrides.items():
            head, _, rest = key.partition(".")
            if key == "scenario":
                scenario = self._scenario(value)
            elif head == "scenario":
                changes[rest] = value
            elif head == "policy" and rest in policies:
                policies[rest] = _choice(key, value)
            elif key in ("episodes", "seed"):
                others[key] = value
            elif key == "engine.name":
                others["engine"] = value
            else:
                raise ParameterError("sweep.axes", key, "the keys " + ", ".join(OWN_KEYS))
        if changes:
            scenario = scenario.override(changes)
        if scenario is not study.scenario:
            check_size(scenario)
        made = replace(study, scenario=scenario, policies=policies, draws=None if self.common_random_numbers else point,
                       **others)
        if made.engine == "mesa" and not self.common_random_numbers:
            raise ParameterError("sweep.common_random_numbers", False, "true with engine=mesa")
        changed = bool(others) or made.policies != study.policies
        if changed:
            _checked(made)
        if made.engine == "exact" and (changed or not self._forgetful):
            _need_forgetful(made)
        return made

    def values_at(self, keys: list[str]) -> dict[str, Any]:
        """The base's own value of keys that a design leaves open in some of its points."""
        return {key: _look_up(self.study, key) for key in keys}

    @cached_property
    def _forgetful(self) -> bool:
        """Whether no policy of the base remembers past weeks."""
        return not any(check_choice(actor, self.study.policies[actor.key]).remembers for actor in Actor)

    @cached_property
    def _scenarios(self) -> dict[str, Scenario]:
        return {self.study.scenario.name: self.study.scenario}

    def _scenario(self, name: Any) -> Scenario:
        if name not in self._scenarios:
            self._scenarios[name] = load_scenario(str(name)).override(self._changes)
        return self._scenarios[name]

    @cached_property
    def _changes(self) -> dict[str, Any]:
        """What the base changes in the scenario that it names: other scenarios of an axis are changed alike.

        A ladder of another length is not: other disputes have ladders of their own.
        """
        own = self.study.scenario
        try:
            named = load_scenario(own.name)
        except ParameterError:  # a file of one's own: what it says is not known to be a change
            return {}
        apart = tuple(f"{seat.key}.ladder" for seat in DISPUTANTS
                      if named.disputant(seat).top != own.disputant(seat).top)
        before = {key: value for key, value, _ in leaves(named)}
        return {key: value for key, value, _ in leaves(own)
                if before.get(key) != value and not key.startswith(apart or "\0")}


def _checked(study: PointStudy) -> PointStudy:
    if study.engine not in ENGINES:
        raise ParameterError("engine.name", study.engine, "one of " + ", ".join(ENGINES))
    limits = ("episodes", study.episodes, 1, EPISODE_LIMIT, ", at least 1"), (
        "seed", study.seed, 0, SEED_LIMIT - 1, " from 0 to 2^128 - 1")
    for key, value, low, high, range_ in limits:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ParameterError(key, value, f"an integer{range_}")
    for actor in Actor:
        check_choice(actor, study.policies[actor.key])
    return study


def _need_forgetful(study: PointStudy) -> None:
    for actor in Actor:
        choice = check_choice(actor, study.policies[actor.key])
        if choice.remembers:
            raise ParameterError("engine.name", study.engine, f"batch or mesa: policy.{actor.key}={choice.label} "
                                 "remembers past weeks, so there is nothing exact")


def _choice(key: str, value: Any) -> Any:
    """A behaviour as configuration gives it; a table holds mappings as their text."""
    if not (isinstance(value, str) and value.strip().startswith("{")):
        return value
    try:
        return _mapping(value)
    except (YAMLError, OmegaConfBaseException):
        raise ParameterError(key, value, "a behaviour's name, or {behaviour: NAME, error: CHANCE}") from None


@lru_cache(maxsize=4096)
def _mapping(text: str) -> Any:
    return OmegaConf.to_container(OmegaConf.create(text))  # reads numbers as Hydra does: 1e-05 is one


def _look_up(study: PointStudy, key: str) -> Any:
    head, _, rest = key.partition(".")
    if key == "scenario":
        return study.scenario.name
    if head == "policy":
        return study.policies.get(rest)
    if head != "scenario":
        return {"episodes": study.episodes, "seed": study.seed, "engine.name": study.engine}.get(key)
    node: Any = study.scenario
    for part in rest.replace("[", ".").replace("]", "").split("."):
        node = node[int(part)] if part.isdigit() else getattr(node, part)
    return node
