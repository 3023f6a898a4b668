"""Named behaviours: ways to play a seat, from rules, from solving the game, and with memory.

Each file of this package holds one behaviour (two where they mirror each other): its rule in plain English, a
reference where it has one, its parameters with their ranges, its kind, and a function ``policy(game, seat,
**parameters)`` that returns its policy. To add one, write such a file and name it in `CATALOGUE`.

A behaviour from outside the package is named by its dotted path (``my_module.pacifist``) or registered under the
entry point group ``negotiation.behaviours``; see `negotiation.behaviours.outside`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from typing import Any

from negotiation.behaviours.outside import described, found_outside, outside_names
from negotiation.behaviours.specification import Behaviour, Kind, Parameter
from negotiation.game import Game
from negotiation.parameters import ParameterError
from negotiation.policy import Policy, Profile, mix, with_error
from negotiation.vocabulary import DISPUTANTS, Actor

EVERY = tuple(Actor)
THIRD = (Actor.WASHINGTON,)

# In the order in which they are listed: solved, rules of disputants, with memory, rules of the third party.
CATALOGUE: dict[str, tuple[Actor, ...]] = {
    "equilibrium": EVERY,
    "subgame_perfect": EVERY,
    "quantal_reply": EVERY,
    "level_k": EVERY,
    "random": EVERY,
    "hawk": DISPUTANTS,
    "dove": DISPUTANTS,
    "matcher": DISPUTANTS,
    "generous_matcher": DISPUTANTS,
    "grit": DISPUTANTS,
    "brinkman": DISPUTANTS,
    "staller": DISPUTANTS,
    "opportunist": DISPUTANTS,
    "appeaser": DISPUTANTS,
    "client": DISPUTANTS,
    "legalist": DISPUTANTS,
    "grudger": DISPUTANTS,
    "tit_for_tat": DISPUTANTS,
    "win_stay": DISPUTANTS,
    "fatigue": DISPUTANTS,
    "belief_learner": DISPUTANTS,
    "absent": THIRD,
    "reluctant": THIRD,
    "firefighter": THIRD,
    "honest_broker": THIRD,
    "patron_of_tokyo": THIRD,
    "patron_of_seoul": THIRD,
    "always_convene": THIRD,
}


def behaviours_for(seat: Actor) -> list[str]:
    """The names of the package's behaviours, and of registered ones, that can take a seat."""
    return [*(name for name, seats in CATALOGUE.items() if seat in seats),
            *(name for name in outside_names() if name not in CATALOGUE and seat in behaviour(name).seats)]


def behaviour(name: str) -> Behaviour:
    """A behaviour by name, by registered name or by dotted path.

    Raises:
        ParameterError: there is none of this name.
    """
    if name in CATALOGUE:
        return _own(name)
    found = found_outside(name)
    if found is None:
        raise ParameterError("policy", name, "one of " + ", ".join((*CATALOGUE, *outside_names()))
                             + ", or the dotted path of a behaviour of your own")
    return found


@cache
def _own(name: str) -> Behaviour:
    return replace(described(import_module(f"negotiation.behaviours.{name}"), name), seats=CATALOGUE[name])


@dataclass(frozen=True)
class Choice:
    """A behaviour with its settings, as configuration gives it.

    Attributes:
        behaviour: which.
        settings: of its parameters, as given.
        error: chance in [0, 1] of a uniformly random legal option instead.
        mixed: the choices mixed instead, with the weight of the second; ``behaviour`` is that of the first.
    """

    behaviour: Behaviour
    settings: Mapping[str, Any]
    error: float = 0.0
    mixed: tuple[Choice, Choice, float] | None = None

    @property
    def remembers(self) -> bool:
        """Whether it has memory, and so plays in the engines batch and mesa only."""
        parts = (self,) if self.mixed is None else self.mixed[:2]
        return any(part.behaviour.kind is Kind.MEMORY if part is self else part.remembers for part in parts)

    @property
    def label(self) -> str:
        """A short text that tells it from other choices: ``hawk``, ``level_k(k=2)``, ``hawk(error=0.1)``."""
        if self.mixed is not None:
            first, second, weight = self.mixed
            text = f"mix({first.label}, {second.label}, weight={weight:g})"
        else:
            text = self.behaviour.label(self.settings)
        if not self.error:
            return text
        return f"{text[:-1]}, error={self.error:g})" if text.endswith(")") else f"{text}(error={self.error:g})"

    def policy(self, game: Game, seat: Actor) -> Policy:
        """Its policy for a seat of a game."""
        if self.mixed is not None:
            first, second, weight = self.mixed
            made = mix(first.policy(game, seat), second.policy(game, seat), weight)
        else:
            made = self.behaviour.policy(game, seat, **self.settings)
        return replace(with_error(made, game, self.error) if self.error else made, name=self.label)


def make_policy(game: Game, seat: Actor, choice: Any) -> Policy:
    """A seat's policy from what configuration says.

    Args:
        game: the compiled game.
        seat: whose policy.
        choice: a behaviour's name or dotted path; or a mapping with the key ``behaviour``, optionally settings
            of its parameters, and optionally ``error``, the chance in [0, 1] of a uniformly random legal option
            instead; or a mapping ``{mix: [choice, choice], weight: w}``, which at every decision plays the
            second with probability w (1/2 if not given), else the first.

    Raises:
        ParameterError: naming ``policy.SEAT``, what was given and what is allowed.
    """
    return check_choice(seat, choice).policy(game, seat)


def check_choice(seat: Actor, choice: Any, key: str | None = None) -> Choice:
    """What a choice means, checked; arguments and errors as in `make_policy`."""
    key = f"policy.{seat.key}" if key is None else key
    options: dict[str, Any] = {}
    name = choice
    if isinstance(choice, Mapping):
        options = {str(option): value for option, value in choice.items()}
        if "mix" in options:
            return _mixture(seat, options, key)
        name = options.pop("behaviour", None)
    known = behaviours_for(seat)
    found = (_own(name) if name in CATALOGUE else found_outside(name)) if isinstance(name, str) else None
    if found is None or seat not in found.seats:
        raise ParameterError(key, name, "one of " + ", ".join(known) + ", or the dotted path of your own")
    error = _share(f"{key}.error", options.pop("error", 0.0))
    for option, value in found.settings(options, key).items():
        if found.parameters[option].behaviour and value is not None:
            for other in Actor:
                if other is not seat and other in DISPUTANTS and check_choice(
                        other, value, f"{key}.{option}").remembers:
                    raise ParameterError(f"{key}.{option}", value, "a behaviour without memory")
    return Choice(found, options, error)


def _mixture(seat: Actor, options: dict[str, Any], key: str) -> Choice:
    parts, weight = options.pop("mix"), _share(f"{key}.weight", options.pop("weight", 0.5))
    error = _share(f"{key}.error", options.pop("error", 0.0))
    for option, value in options.items():
        raise ParameterError(f"{key}.{option}", value, "the keys mix, weight, error")
    if not isinstance(parts, (list, tuple)) or len(parts) != 2:
        raise ParameterError(f"{key}.mix", parts, "two behaviours")
    first, second = (check_choice(seat, part, f"{key}.mix[{place}]") for place, part in enumerate(parts))
    return Choice(first.behaviour, {}, error, (first, second, weight))


def _share(key: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise ParameterError(key, value, "a number in [0, 1]")
    return float(value)


def _any_seat(choice: Any) -> Choice:
    """A choice, for whichever seat can take it."""
    refused: ParameterError | None = None
    for seat in Actor:
        try:
            return check_choice(seat, choice, "policy")
        except ParameterError as error:
            refused = refused or error
    assert refused is not None
    raise refused


def remembers(choice: Any) -> bool:
    """Whether a choice, as for `make_policy`, has memory: then no exact distribution, only simulation.

    Raises:
        ParameterError: no seat can take it.
    """
    return _any_seat(choice).remembers


def label(choice: Any) -> str:
    """A short text that tells a choice from others: ``hawk``, ``level_k(k=2)``, ``hawk(error=0.1)``.

    Raises:
        ParameterError: no seat can take it.
    """
    return _any_seat(choice).label


def make_profile(game: Game, tokyo: Any = "equilibrium", seoul: Any = "equilibrium",
                 washington: Any = "equilibrium") -> Profile:
    """One policy a seat, each from a behaviour's name (or mapping, see `make_policy`).

    Raises:
        ParameterError: a name is unknown or cannot take its seat.
    """
    return Profile.of({actor: make_policy(game, actor, choice)
                       for actor, choice in zip(Actor, (tokyo, seoul, washington), strict=True)})


__all__ = [
    "CATALOGUE", "Behaviour", "Choice", "Kind", "Parameter", "behaviour", "behaviours_for", "check_choice", "label",
    "make_policy", "make_profile", "remembers",
]
