"""Named behaviours: ways to play that do not solve the game, and two that do.

Each file of this package holds one behaviour: its rule in plain English, a reference where it has
one, and a function ``policy(game, seat)`` that returns a table. A behaviour looks only at the public
state (and, when answering, at the first move), so that all three engines run it.

To add one, write such a file and name it in `CATALOGUE`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from types import ModuleType
from typing import Any

from negotiation.game import Game
from negotiation.parameters import ParameterError
from negotiation.policy import Policy, Profile, with_error
from negotiation.vocabulary import DISPUTANTS, Actor

EVERY = tuple(Actor)
THIRD = (Actor.WASHINGTON,)

CATALOGUE: dict[str, tuple[Actor, ...]] = {
    "equilibrium": EVERY,
    "subgame_perfect": EVERY,
    "random": EVERY,
    "hawk": DISPUTANTS,
    "dove": DISPUTANTS,
    "matcher": DISPUTANTS,
    "grit": DISPUTANTS,
    "absent": THIRD,
    "honest_broker": THIRD,
}


@dataclass(frozen=True)
class Behaviour:
    """A named behaviour.

    Attributes:
        name: its key in configuration.
        rule: one line of plain English.
        seats: which seats it can take.
    """

    name: str
    rule: str
    seats: tuple[Actor, ...]

    def policy(self, game: Game, seat: Actor) -> Policy:
        """The behaviour's table for a seat of a game.

        Raises:
            ParameterError: the behaviour cannot take the seat.
        """
        if seat not in self.seats:
            raise ParameterError(f"policy.{seat.key}", self.name, "one of " + ", ".join(behaviours_for(seat)))
        made: Policy = _module(self.name).policy(game, seat)
        return replace(made, name=self.name)


def behaviours_for(seat: Actor) -> list[str]:
    """The names of the behaviours that can take a seat."""
    return [name for name, seats in CATALOGUE.items() if seat in seats]


def behaviour(name: str) -> Behaviour:
    """A behaviour by name.

    Raises:
        ParameterError: there is none of this name.
    """
    if name not in CATALOGUE:
        raise ParameterError("policy", name, "one of " + ", ".join(CATALOGUE))
    return Behaviour(name, str(_module(name).RULE), CATALOGUE[name])


def make_policy(game: Game, seat: Actor, choice: Any) -> Policy:
    """A seat's policy from what configuration says.

    Args:
        game: the compiled game.
        seat: whose policy.
        choice: a behaviour's name, or a mapping with the key ``behaviour`` and optionally ``error``, the
            chance in [0, 1] of a uniformly random legal option instead.

    Raises:
        ParameterError: naming ``policy.SEAT``, what was given and what is allowed.
    """
    name, error = check_choice(seat, choice)
    policy = behaviour(name).policy(game, seat)
    return with_error(policy, game, error) if error else policy


def check_choice(seat: Actor, choice: Any) -> tuple[str, float]:
    """The behaviour's name and error rate that a choice means; arguments and errors as in `make_policy`."""
    key = f"policy.{seat.key}"
    options: dict[str, Any] = {}
    name = choice
    if isinstance(choice, Mapping):
        options = {str(option): value for option, value in choice.items()}
        name = options.pop("behaviour", None)
        for option in options:
            if option != "error":
                raise ParameterError(f"{key}.{option}", options[option], "the keys behaviour, error")
    if not isinstance(name, str) or name not in behaviours_for(seat):
        raise ParameterError(key, name, "one of " + ", ".join(behaviours_for(seat)))
    error = options.get("error", 0.0)
    if isinstance(error, bool) or not isinstance(error, (int, float)) or not 0 <= error <= 1:
        raise ParameterError(f"{key}.error", error, "a number in [0, 1]")
    return name, float(error)


def make_profile(game: Game, tokyo: Any = "equilibrium", seoul: Any = "equilibrium",
                 washington: Any = "equilibrium") -> Profile:
    """One policy a seat, each from a behaviour's name (or mapping, see `make_policy`).

    Raises:
        ParameterError: a name is unknown or cannot take its seat.
    """
    return Profile.of({actor: make_policy(game, actor, choice)
                       for actor, choice in zip(Actor, (tokyo, seoul, washington), strict=True)})


def _module(name: str) -> ModuleType:
    return import_module(f"negotiation.behaviours.{name}")
