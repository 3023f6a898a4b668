"""What describes a behaviour: its rule, where it is from, what can be set, and which seats it can take."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from negotiation.game import Game
from negotiation.parameters import ParameterError
from negotiation.policy import Policy
from negotiation.vocabulary import Actor


class Kind(StrEnum):
    """What a behaviour is made of."""

    RULE = "rule"  # a table over public states, from a rule
    SOLVED = "solved"  # a table, from solving the game
    MEMORY = "memory"  # remembers past weeks: engines batch and mesa only


@dataclass(frozen=True)
class Parameter:
    """A setting of a behaviour.

    Attributes:
        default: its value unless given; None for one that the scenario has (``meaning`` says which).
        meaning: in plain words, with its unit.
        low, high: the range of a number; ``integer`` for whole ones only.
        behaviour: whether it is another behaviour's name (or mapping) instead of a number.
    """

    default: Any
    meaning: str
    low: float = 0.0
    high: float = math.inf
    integer: bool = False
    behaviour: bool = False

    @property
    def allowed(self) -> str:
        """The range in words."""
        if self.behaviour:
            return "a behaviour that the other side can take"
        kind = "an integer" if self.integer else "a number"
        return f"{kind} from {self.low:g} to {self.high:g}" + (", or null" if self.default is None else "")

    def check(self, key: str, value: Any) -> Any:
        """The value, if it is allowed.

        Raises:
            ParameterError: it is not.
        """
        if value is None and self.default is None:
            return None
        if self.behaviour:  # checked where it is used, for the seat that it is to take
            if isinstance(value, (str, Mapping)):
                return value
            raise ParameterError(key, value, self.allowed)
        if (isinstance(value, bool) or not isinstance(value, (int, float)) or not self.low <= value <= self.high
                or (self.integer and value != int(value))):
            raise ParameterError(key, value, self.allowed)
        return int(value) if self.integer else float(value)


Maker = Callable[..., Policy]


@dataclass(frozen=True)
class Behaviour:
    """A named behaviour.

    Attributes:
        name: its key in configuration.
        rule: one line of plain English.
        seats: which seats it can take.
        make: ``make(game, seat, **parameters)`` gives its policy.
        kind: what it is made of.
        reference: where it is from; empty if it is this package's own.
        parameters: name to what can be set.
    """

    name: str
    rule: str
    seats: tuple[Actor, ...]
    make: Maker
    kind: Kind = Kind.RULE
    reference: str = ""
    parameters: Mapping[str, Parameter] = field(default_factory=dict)

    def policy(self, game: Game, seat: Actor, **settings: Any) -> Policy:
        """The behaviour's table for a seat of a game.

        Args:
            game: the compiled game.
            seat: whose part it plays.
            settings: of its parameters; the others have their defaults.

        Raises:
            ParameterError: the behaviour cannot take the seat, or a setting is not allowed.
        """
        if seat not in self.seats:
            raise ParameterError(f"policy.{seat.key}", self.name,
                                 "a behaviour of this seat; this one takes " + ", ".join(s.key for s in self.seats))
        made = self.make(game, seat, **self.settings(settings, f"policy.{seat.key}"))
        return replace(made, name=self.label(settings))

    def settings(self, given: Mapping[str, Any], key: str) -> dict[str, Any]:
        """All parameters, those given checked and the others with their defaults.

        Raises:
            ParameterError: naming ``key`` and the parameter.
        """
        for name, value in given.items():
            if name not in self.parameters:
                allowed = ", ".join(("behaviour", *self.parameters, "error"))
                raise ParameterError(f"{key}.{name}", value, f"the keys {allowed}")
        return {name: each.check(f"{key}.{name}", given[name]) if name in given else each.default
                for name, each in self.parameters.items()}

    def label(self, given: Mapping[str, Any]) -> str:
        """The name with the settings that were given: ``level_k(k=2)``."""
        told = ", ".join(f"{name}={_text(given[name])}" for name in self.parameters if name in given)
        return f"{self.name}({told})" if told else self.name


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return str(value.get("behaviour", value))
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)


__all__ = ["Behaviour", "Kind", "Maker", "Parameter"]
