"""A tournament as configuration describes it, and the sweep it is.

A tournament is a sweep whose points are (scenario, Washington, Tokyo, Seoul): every pairing of the chosen
disputants under every chosen third party, on every chosen scenario. So it is stored, resumed, spread over
workers and replayed as a sweep is. Pairings in which all three behaviours are tables are exact; those in which
one remembers are simulated (`batch`, `episodes` each), unless the engine asks for sampling everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from negotiation.behaviours import behaviours_for, check_choice, label, remembers
from negotiation.library import load_scenario
from negotiation.parameters import ParameterError
from negotiation.sweep.settings import SweepPlan
from negotiation.tournament.compute import TournamentComputer
from negotiation.vocabulary import DISPUTANTS, Actor

ALL = "all"
LISTS = ("tokyo", "seoul", "washingtons")
SCENARIO, WASHINGTON, TOKYO, SEOUL = "scenario", "policy.washington", "policy.tokyo", "policy.seoul"
ENGINE = "engine.name"
PHASE = 3  # behaviours of a triangle


@dataclass(frozen=True)
class TournamentSettings:
    """Who plays whom where.

    Attributes:
        tokyo, seoul, washingtons: behaviours as `negotiation.behaviours.make_policy` takes them.
        scenarios: names of scenarios; empty for the configured one.
        phase: labels of the three behaviours of the phase picture; empty for those that do best.
        resume: the folder of an earlier run, or None.
    """

    tokyo: tuple[Any, ...]
    seoul: tuple[Any, ...]
    washingtons: tuple[Any, ...]
    scenarios: tuple[str, ...] = ()
    phase: tuple[str, ...] = ()
    resume: str | None = None

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> TournamentSettings:
        """The settings of a resolved configuration (nested plain values), checked.

        Raises:
            ParameterError: naming the key, what was given and what is allowed.
        """
        given = config["tournament"]
        for actor in DISPUTANTS:
            chosen = config["policy"][actor.key]
            if chosen != "equilibrium":  # nothing is passed over in silence
                raise ParameterError(f"policy.{actor.key}", chosen, "equilibrium (its default) with mode=tournament, "
                                     f"where tournament.disputants or tournament.{actor.key} lists behaviours")
        lists = {}
        for actor in DISPUTANTS:
            key = "disputants" if given.get(actor.key) is None else actor.key
            lists[actor.key] = _behaviours(f"tournament.{key}", given.get(key), actor)
        third = given.get("washingtons")
        washingtons = _behaviours("tournament.washingtons", [config["policy"]["washington"]] if third is None
                                  else third, Actor.WASHINGTON)
        phase = _phase(given.get("phase"), lists)
        resume = given.get("resume")
        if resume is not None and (not isinstance(resume, str) or not resume):
            raise ParameterError("tournament.resume", resume, "a tournament's folder, or null")
        return cls(lists["tokyo"], lists["seoul"], washingtons, _scenarios(given.get("scenarios")), phase, resume)

    @property
    def both(self) -> bool:
        """Whether the same behaviours play on both seats."""
        return [label(choice) for choice in self.tokyo] == [label(choice) for choice in self.seoul]

    def axes(self) -> dict[str, list[Any]]:
        """The axes of the sweep, the last one fastest."""
        named = {SCENARIO: list(self.scenarios)} if self.scenarios else {}
        return {**named, WASHINGTON: list(self.washingtons), TOKYO: list(self.tokyo), SEOUL: list(self.seoul)}

    def design(self, engine: str) -> dict[str, Any]:
        """The keys ``method`` and ``axes`` (or ``designs``) of the sweep.

        Where the engine is exact and some behaviours remember, the grid falls into as many boxes as there are
        ways for the pairings to be of tables alone or not: each box has an engine of its own.
        """
        axes = self.axes()
        seats = (WASHINGTON, TOKYO, SEOUL)
        if engine != "exact" or not any(remembers(choice) for key in seats for choice in axes[key]):
            return {"method": "grid", "axes": axes}
        boxes: list[tuple[str, dict[str, list[Any]]]] = []
        rest = dict(axes)
        for key in seats:  # boxes in which this seat remembers, and those before it do not
            keeping = [choice for choice in axes[key] if remembers(choice)]
            if keeping:
                boxes.append(("batch", {**rest, key: keeping}))
            rest[key] = [choice for choice in axes[key] if not remembers(choice)]
        boxes.append(("exact", rest))
        # The box of tables first, so that the table names behaviours without memory first, in the order given.
        return {"method": "union", "designs": [
            {"method": "grid", "axes": {**box, ENGINE: [name]}} for name, box in boxes[::-1] if all(box.values())]}

    def sweep_config(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """The resolved configuration of the sweep that the tournament is; it alone decides what rows say."""
        engine = config["engine"]["name"]
        # Pairings with draws of their own have errors of their own, so that means over a field have known ones.
        own_draws = {} if engine == "mesa" else {"common_random_numbers": False}
        return {"scenario": config["scenario"], "policy": dict.fromkeys(Actor.keys(), "equilibrium"),
                "engine": {"name": engine}, "episodes": config["episodes"], "seed": config["seed"],
                "sweep": {**self.design(engine), **own_draws}}


@dataclass(frozen=True, eq=False)
class TournamentPlan(SweepPlan):
    """The sweep of a tournament."""

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> TournamentPlan:
        """The plan of a resolved configuration.

        Raises:
            ParameterError: naming the key, what was given and what is allowed.
        """
        made = cls.from_config(TournamentSettings.from_config(config).sweep_config(config))
        assert isinstance(made, TournamentPlan)
        return replace(made, computer=TournamentComputer(made.computer.base))

    @cached_property
    def _order(self) -> NDArray[np.int64]:
        order = self.design.order()
        if SCENARIO not in self.design.points:
            return order
        # Scenario by scenario: a game is compiled and solved once, however many scenarios there are.
        number = self.design.points[SCENARIO].factorize()[0]
        return order[np.argsort(number[order], kind="stable")]

    def todo(self) -> NDArray[np.int64]:
        """int64: the pairings in the order of computing, scenario by scenario."""
        return self._order


def _behaviours(key: str, given: Any, seat: Actor) -> tuple[Any, ...]:
    if given == ALL:
        return tuple(behaviours_for(seat))
    if isinstance(given, (str, Mapping)):
        given = [given]
    if not isinstance(given, Sequence) or not given:
        raise ParameterError(key, given, "a list of at least one behaviour, or all")
    seen: dict[str, int] = {}
    for place, choice in enumerate(given):
        where = f"{key}[{place}]"
        name = check_choice(seat, choice, where).label
        if name in seen:
            raise ParameterError(where, name, f"each behaviour once; {key}[{seen[name]}] is the same")
        seen[name] = place
    return tuple(given)


def _scenarios(given: Any) -> tuple[str, ...]:
    if given is None:
        return ()
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, Sequence) or not names:
        raise ParameterError("tournament.scenarios", given, "a list of at least one scenario, or null for the "
                             "configured one")
    for place, name in enumerate(names):
        if name in names[:place]:
            raise ParameterError(f"tournament.scenarios[{place}]", name, "each scenario once")
        try:
            load_scenario(str(name))
        except ParameterError as error:
            raise ParameterError(f"tournament.scenarios[{place}]", name, error.allowed) from None
    return tuple(map(str, names))


def _phase(given: Any, lists: Mapping[str, Sequence[Any]]) -> tuple[str, ...]:
    if given is None:
        return ()
    seoul = {label(choice) for choice in lists["seoul"]}
    known = [label(choice) for choice in lists["tokyo"] if label(choice) in seoul]
    wanted = [label(choice) for choice in given] if isinstance(given, Sequence) and not isinstance(given, str) else []
    if len(set(wanted)) != PHASE or not set(wanted) <= set(known):
        raise ParameterError("tournament.phase", given, f"{PHASE} different behaviours that both sides field, of "
                             + ", ".join(known))
    return tuple(wanted)


def is_tournament(folder: str | Path) -> bool:
    """Whether a sweep's folder holds a tournament: pairings of behaviours and nothing else."""
    from negotiation.sweep.manifest import read_manifest

    return {TOKYO, SEOUL} <= set(read_manifest(folder)["axes"]) <= {SCENARIO, WASHINGTON, TOKYO, SEOUL, ENGINE}


__all__ = ["TournamentPlan", "TournamentSettings", "is_tournament"]
