"""The settings of a seat's behaviour in the explorer: what can be set, how it is read, checked and spelled.

The address holds them below the seat, ``policy.tokyo=level_k&policy.tokyo.k=2&policy.tokyo.error=0.1``; the command
as one value, ``policy.tokyo={behaviour: level_k, k: 2, error: 0.1}``, and a mixture as
``policy.tokyo={mix: [hawk, dove], weight: 0.25}``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from negotiation.behaviours import Parameter, behaviour, behaviours_for, check_choice
from negotiation.parameters import ParameterError
from negotiation.vocabulary import DISPUTANTS, Actor, opponent

ERROR, MIX, WEIGHT = "error", "mix", "weight"
HALF = 0.5  # the weight of the second behaviour of a mixture, unless told otherwise
NOISIEST = 20.0  # 1/payoff: where the slider of a precision ends; the address takes any
Value = float | int | str
Settings = tuple[tuple[str, Value], ...]  # name and value, sorted, none as it would be anyway
# What people read for a setting, in English; say() it.
LABELS = {ERROR: "chance of a random move", WEIGHT: "weight of the second", "k": "steps of reasoning",
          "precision": "precision", "generosity": "chance to hold instead of climbing",
          "below": "rungs below the top", "patience": "weeks of patience", "spread": "spread of the two hypotheses",
          "prior": "prior belief in firmness", "above": "engages above tension"}


@dataclass(frozen=True)
class Setting:
    """A number of a behaviour that can be set.

    Attributes:
        name: its key below the seat.
        low, high, step: where its slider goes.
        base: its value unless set.
        whole: whether only whole numbers are allowed.
        meaning: what it is, in English; empty where the label says it.
    """

    name: str
    low: float
    high: float
    step: float
    base: float
    whole: bool
    meaning: str = ""

    @property
    def label(self) -> str:
        """What people read, in English."""
        return LABELS.get(self.name, self.name.replace("_", " "))


def offered(name: str, mixed: bool, precision: float) -> list[Setting]:
    """The numbers that a behaviour lets be set.

    Args:
        name: of the behaviour.
        mixed: whether another one is mixed in.
        precision: the scenario's own of the seat, for behaviours that have it unless told otherwise.
    """
    own = [_setting(key, each, precision) for key, each in behaviour(name).parameters.items() if not each.behaviour]
    weight = [Setting(WEIGHT, 0.0, 1.0, 0.01, HALF, False)] if mixed else []
    return [*own, *weight, Setting(ERROR, 0.0, 1.0, 0.01, 0.0, False)]


def _setting(name: str, each: Parameter, precision: float) -> Setting:
    base = float(precision if each.default is None else each.default)
    base = base if math.isfinite(base) else NOISIEST
    far = 20.0 if each.integer else max(NOISIEST, 2 * base)
    low, high = each.low, min(each.high, far)
    return Setting(name, low, high, 1.0 if each.integer else (0.001 if each.low else 0.01), base, each.integer,
                   each.meaning)


def opponents(seat: Actor, name: str) -> list[str]:
    """The behaviours that one may be told to expect of the other side; none where it expects nothing."""
    other = opponent(seat) if seat in DISPUTANTS else Actor.TOKYO
    if not any(each.behaviour for each in behaviour(name).parameters.values()):
        return []
    return [kind for kind in behaviours_for(other) if not check_choice(other, kind).remembers]


def expected(name: str) -> tuple[str, str] | None:
    """The parameter that is another behaviour, and which it is unless told otherwise; None where there is none."""
    return next(((key, str(each.default)) for key, each in behaviour(name).parameters.items() if each.behaviour), None)


def read(seat: Actor, name: str, given: Mapping[str, Any]) -> Settings:
    """Settings of a behaviour, numbers read from texts; the choice they make is checked.

    Args:
        seat: whose.
        name: of a behaviour that can take the seat.
        given: setting to value or text.

    Raises:
        ParameterError: a setting is unknown, or a value not allowed.
    """
    parameters, key, found = behaviour(name).parameters, f"policy.{seat.key}", {}
    if WEIGHT in given and MIX not in given:
        raise ParameterError(f"{key}.{WEIGHT}", given[WEIGHT], f"a weight only beside {key}.{MIX}")
    for option, value in given.items():
        if option in (ERROR, WEIGHT) or (option in parameters and not parameters[option].behaviour):
            found[option] = _number(value, option in parameters and parameters[option].integer)
        elif option == MIX:
            if value not in (known := behaviours_for(seat)):
                raise ParameterError(f"{key}.{option}", str(value)[:80], "one of " + ", ".join(known))
            found[option] = value
        elif option in parameters:
            if value not in (known := opponents(seat, name)):
                raise ParameterError(f"{key}.{option}", str(value)[:80], "one of " + ", ".join(known))
            found[option] = value
        else:
            raise ParameterError(f"{key}.{option}"[:80], str(value)[:80],
                                 "the settings " + ", ".join((*parameters, ERROR, MIX, WEIGHT)))
    check_choice(seat, choice(name, tuple(found.items())))
    usual = {ERROR: 0.0, WEIGHT: HALF, **{option: each.default for option, each in parameters.items()}}
    return tuple(sorted((option, value) for option, value in found.items() if usual.get(option) != value))


def _number(value: Any, whole: bool) -> Any:
    """A text as the number it says; as it is where it says none, for the check to refuse."""
    if not isinstance(value, str):
        return value
    try:
        return int(value) if whole else float(value)
    except ValueError:
        return value[:80]


def choice(name: str, settings: Settings) -> Any:
    """The choice as configuration takes it: a name, or a mapping."""
    given = dict(settings)
    second, weight, error = given.pop(MIX, None), given.pop(WEIGHT, None), given.pop(ERROR, None)
    plain: Any = {"behaviour": name, **given} if given else name
    noise = {} if error is None else {ERROR: error}
    if second is not None:
        return {MIX: [plain, second], **({} if weight is None else {WEIGHT: weight}), **noise}
    return {"behaviour": name, **given, **noise} if noise else plain


def spelled(value: Any) -> str:
    """A choice as an override of the command line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {spelled(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(spelled, value)) + "]"
    return value if isinstance(value, str) else repr(value)


def names_in(name: str, settings: Settings) -> Iterator[str]:
    """All behaviours that a seat's choice names."""
    yield name
    yield from (value for _, value in settings if isinstance(value, str))


__all__ = ["ERROR", "LABELS", "MIX", "WEIGHT", "Setting", "Settings", "Value", "choice", "expected", "names_in",
           "offered", "opponents", "read", "spelled"]
