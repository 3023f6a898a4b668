"""The rules of learning by name, and a rule from what configuration says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from negotiation.learning.ewa import EWA
from negotiation.learning.fictitious_play import FictitiousPlay
from negotiation.learning.fixed import Fixed
from negotiation.learning.q_learning import QLearning
from negotiation.learning.roth_erev import RothErev
from negotiation.learning.rule import Rule
from negotiation.parameters import ParameterError

RULES: dict[str, type[Rule]] = {kind.name: kind for kind in (Fixed, RothErev, EWA, FictitiousPlay, QLearning)}


def make_rule(choice: Rule | Mapping[str, Any], key: str = "learning") -> Rule:
    """A rule from a mapping with the key ``rule`` and its parameters; a rule stays as it is.

    Args:
        choice: e.g. ``{"rule": "ewa", "plans": ["hawk", "dove"], "delta": 0.5}``.
        key: under which it was given, for errors.

    Raises:
        ParameterError: the rule or a parameter is unknown, or a parameter is out of range.
    """
    if isinstance(choice, Rule):
        return choice
    if not isinstance(choice, Mapping):
        raise ParameterError(key, choice, "a rule of learning, or a mapping with the key rule")
    given = {str(name): value for name, value in choice.items()}
    name = given.pop("rule", None)
    if not isinstance(name, str) or name not in RULES:
        raise ParameterError(f"{key}.rule", name, "one of " + ", ".join(RULES))
    kind = RULES[name]
    known = [field.name for field in fields(kind)]
    for parameter in given:
        if parameter not in known:
            raise ParameterError(f"{key}.{parameter}", given[parameter], "the keys rule, " + ", ".join(known))
    if "plans" in known and "plans" not in given:
        raise ParameterError(f"{key}.plans", None, "a list of at least one behaviour")
    return kind(**given)
