"""The explorer's settings: what can be chosen, the address that holds it, and the command that reproduces it. No web.

A `State` is a scenario, a behaviour for each seat and some of the scenario's numbers. The address of the page spells
it as the command line does (``scenario=river_dam&policy.tokyo=hawk&scenario.standstill.length=8``), so that both are
held to the same rules: an unknown key or a value that is not allowed is refused in one line. Files and modules of the
machine cannot be named in an address: only shipped scenarios, scenarios that the address itself holds, and the
behaviours of the package or registered ones, with their settings (`negotiation.seminar.explorer_seats`).
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlencode

from negotiation.behaviours import behaviours_for, check_choice
from negotiation.draws import EPISODE_LIMIT, SEED_LIMIT
from negotiation.library import scenario_names
from negotiation.parameters import ParameterError
from negotiation.scenario import Scenario
from negotiation.seminar import explorer_seats as seats
from negotiation.seminar.explorer_choice import (
    MOST_CHANGES,
    SCENARIO,
    Number,
    load,
    load_choice,
    numbers_of,
    plain_key,
    spell,
)
from negotiation.seminar.explorer_own import file_name, is_own
from negotiation.solve import check_size
from negotiation.vocabulary import Actor

EQUILIBRIUM = "equilibrium"
EPISODES, SEED = 20_000, 2019  # where a behaviour remembers, and nothing is exact
MOST_HORIZON = 300
OWN_KEYS = ("scenario", *(f"policy.{actor.key}" for actor in Actor), "x", "y", "seed", "episode")


@dataclass(frozen=True)
class State:
    """One setting of the explorer, complete and checked.

    Attributes:
        scenario: name of a shipped one, or one's own as `negotiation.seminar.explorer_own` packs it.
        policies: names of the three seats' behaviours.
        settings: of the three behaviours.
        changes: key (below ``scenario``, list places as ``ladder.3.harm``) and value, sorted; also such as are as in
            the scenario, if the address named them.
        axes: of the phase picture.
        seed, episode: of what is simulated or replayed.
    """

    scenario: str = SCENARIO
    policies: tuple[str, str, str] = (EQUILIBRIUM, EQUILIBRIUM, EQUILIBRIUM)
    changes: tuple[tuple[str, Number], ...] = ()
    axes: tuple[str, str] = ("washington.attention", "standstill.length")
    seed: int = SEED
    episode: int = 0
    settings: tuple[seats.Settings, seats.Settings, seats.Settings] = ((), (), ())

    @cached_property
    def point(self) -> Scenario:
        """The scenario with the changes."""
        return load(self.scenario).override(dict(self.changes))

    @property
    def behaviours(self) -> dict[str, Any]:
        """Seat key to behaviour, a name or a mapping as `negotiation.behaviours.make_policy` takes them."""
        return {actor.key: seats.choice(self.policies[actor], self.settings[actor]) for actor in Actor}

    @cached_property
    def remembers(self) -> bool:
        """Whether a behaviour remembers past weeks, so that nothing is exact."""
        return any(check_choice(actor, self.behaviours[actor.key]).remembers for actor in Actor)

    @property
    def computed(self) -> tuple[Any, ...]:
        """What the numbers follow from: states that differ elsewhere look the same."""
        seed = self.seed if self.remembers else None
        return self.scenario, self.policies, self.settings, self.changed, seed

    @property
    def changed(self) -> tuple[tuple[str, Number], ...]:
        """The changes that are none as in the scenario."""
        base = numbers_of(self.scenario)
        return tuple((key, value) for key, value in self.changes if value != base[key])

    def value(self, key: str) -> Number:
        """A number of the scenario as it stands."""
        return dict(self.changes).get(key, numbers_of(self.scenario)[key])

    def at(self, values: Mapping[str, Any]) -> State:
        """With other numbers.

        Raises:
            ParameterError: a key is unknown, or a value not allowed.
        """
        read = {plain_key(key): _read(self.scenario, key, value) for key, value in values.items()}
        return checked(replace(self, changes=tuple(sorted((dict(self.changes) | read).items()))))

    def playing(self, seat: Actor, behaviour: str) -> State:
        """With another behaviour in a seat, without settings.

        Raises:
            ParameterError: it is unknown or cannot take the seat.
        """
        names, settings = list(self.policies), list(self.settings)
        names[seat], settings[seat] = behaviour, ()
        return checked(replace(self, policies=(names[0], names[1], names[2]),
                               settings=(settings[0], settings[1], settings[2])))

    def setting(self, seat: Actor, name: str, value: Any) -> State:
        """With a setting of a seat's behaviour; None takes it away.

        Raises:
            ParameterError: it is unknown, or the value not allowed.
        """
        given = {key: old for key, old in self.settings[seat] if key != name and (
            key != seats.WEIGHT or name != seats.MIX or value is not None)}
        settings = list(self.settings)
        settings[seat] = seats.read(seat, self.policies[seat], given if value is None else {**given, name: value})
        return checked(replace(self, settings=(settings[0], settings[1], settings[2])))

    def words(self) -> dict[str, str]:
        """The configuration's keys and values that differ from the default configuration's, the scenario's first."""
        told = {"scenario": file_name(load(self.scenario)) if is_own(self.scenario) else self.scenario}
        told |= {f"policy.{key}": seats.spelled(choice) for key, choice in self.behaviours.items()
                 if choice != EQUILIBRIUM}
        return told | {f"scenario.{key}": spell(value) for key, value in self.changed}

    def query(self) -> str:
        """The address's query, which `read_state` reads."""
        told = {"scenario": self.scenario}
        for actor in Actor:
            if self.policies[actor] != EQUILIBRIUM:
                told[f"policy.{actor.key}"] = self.policies[actor]
            told |= {f"policy.{actor.key}.{name}": value if isinstance(value, str) else spell(value)
                     for name, value in self.settings[actor]}
        told |= {f"scenario.{key}": spell(value) for key, value in self.changed}
        told |= {f"scenario.{key}": spell(value) for key, value in self.changes}
        axes = dict(zip(("x", "y"), self.axes, strict=True)) if self.axes != load_choice(self.scenario).axes else {}
        others = {key: str(value) for key, value, usual in (("seed", self.seed, SEED), ("episode", self.episode, 0))
                  if value != usual}
        return urlencode(told | axes | others)

    def pairs(self) -> list[tuple[str, str]]:
        """The address's keys and values."""
        return parse_qsl(self.query(), keep_blank_values=True)

    def command(self) -> str:
        """The command line whose ``summary.json`` holds the outcome probabilities shown."""
        engine = (["engine=batch", f"episodes={EPISODES}", f"seed={self.seed}"] if self.remembers
                  else ["engine=exact"])
        return shlex.join(["negotiation", *(f"{key}={value}" for key, value in self.words().items()), *engine])

    def replay_command(self) -> str:
        """The command line that tells the episode shown, with the reasons for each move."""
        return shlex.join(["negotiation", *(f"{key}={value}" for key, value in self.words().items()), "mode=replay",
                           f"seed={self.seed}", f"episode={self.episode}"])


def read_state(query: Iterable[tuple[str, str]]) -> State:
    """The state that an address holds.

    Args:
        query: its keys and values, in order.

    Raises:
        ParameterError: a key is unknown or stands twice, or a value is not allowed.
    """
    given: dict[str, str] = {}
    for key, value in query:
        if key in given:
            raise ParameterError(key[:80], value[:80], "each key once")
        given[key] = value
    if len(given) > MOST_CHANGES:
        raise ParameterError("address", f"{len(given)} keys", f"at most {MOST_CHANGES}")
    name = given.pop("scenario", SCENARIO)
    if not is_own(name) and name not in scenario_names():
        raise ParameterError("scenario", name[:80], "one of " + ", ".join(scenario_names()))
    state = State(name, axes=load_choice(name).axes)
    policies, changes, others = dict(zip(Actor.keys(), state.policies, strict=True)), {}, {}
    settings: dict[str, dict[str, str]] = {key: {} for key in policies}
    for key, value in given.items():
        head, _, rest = key.partition(".")
        seat, _, option = rest.partition(".")
        if head == "policy" and rest in policies:
            policies[rest] = value
        elif head == "policy" and seat in policies and option:
            settings[seat][option] = value
        elif head == "scenario" and rest:
            changes[rest] = value
        elif key in ("x", "y", "seed", "episode"):
            others[key] = value
        else:
            raise ParameterError(key[:80], value[:80], "the keys " + ", ".join(OWN_KEYS) + ", scenario.*")
    for actor in Actor:
        _check_name(actor, policies[actor.key])
    read = [seats.read(actor, policies[actor.key], settings[actor.key]) for actor in Actor]
    made = replace(
        state, policies=(policies["tokyo"], policies["seoul"], policies["washington"]),
        settings=(read[0], read[1], read[2]),
        axes=(others.get("x", state.axes[0]), others.get("y", state.axes[1])),
        seed=_whole("seed", others.get("seed", str(SEED)), SEED_LIMIT, "from 0 to 2^128 - 1"),
        episode=_whole("episode", others.get("episode", "0"), EPISODE_LIMIT, "from 0 to 2^63 - 1"))
    return made.at(changes)


def checked(state: State) -> State:
    """The state, if all of it is allowed.

    Raises:
        ParameterError, TooLargeError: it is not.
    """
    for actor in Actor:
        _check_name(actor, state.policies[actor])
    numbers = numbers_of(state.scenario)
    axes = tuple(map(plain_key, state.axes))
    for name, key in zip(("x", "y"), axes, strict=True):
        if key not in numbers or axes[0] == axes[1]:
            raise ParameterError(name, key[:80], "two different keys of the scenario that hold a number")
    if len(state.changes) > MOST_CHANGES:
        raise ParameterError("address", f"{len(state.changes)} numbers", f"at most {MOST_CHANGES}")
    scenario = state.point
    if scenario.horizon > MOST_HORIZON:
        raise ParameterError("scenario.rounds and scenario.shadow", scenario.horizon,
                             f"at most {MOST_HORIZON} together in the explorer")
    check_size(scenario)
    return replace(state, axes=(axes[0], axes[1]))


# ------------------------------------------------------------------------------------------- reading


def _check_name(actor: Actor, name: str) -> None:
    """Only names are taken: a dotted path would let an address run modules of the machine."""
    if name not in behaviours_for(actor):
        raise ParameterError(f"policy.{actor.key}", name[:80], "one of " + ", ".join(behaviours_for(actor)))


def _read(scenario: str, key: str, value: Any) -> Number:
    """A value of a scenario's number; texts are read by the number's kind, and what does not read is refused."""
    known, plain = numbers_of(scenario), plain_key(key)
    if plain not in known:
        load(scenario).override({key: value})  # says what is wrong with the key; texts and groups are no numbers
        raise ParameterError(f"scenario.{key}"[:80], value, "a key of the scenario that holds a number")
    kind, read = type(known[plain]), value
    if isinstance(value, str):
        text = value.strip().lower()
        try:
            read = ({"true": True, "false": False, "1": True, "0": False}[text] if kind is bool else
                    int(text) if kind is int else float(text))
        except (KeyError, ValueError):
            read = value[:80]
    if (kind is bool and read in (0, 1)) or (kind is float and type(read) is int):
        read = kind(read)
    made: Number = read  # of another kind only where the scenario refuses it
    return made


def _whole(key: str, text: str, limit: int, allowed: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 40 and int(text) < limit):
        raise ParameterError(key, text[:80], f"an integer {allowed}")
    return int(text)


__all__ = ["EPISODES", "State", "checked", "read_state"]
