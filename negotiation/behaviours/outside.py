"""Behaviours from outside the package: by dotted path or by entry point.

What is found may be a function ``policy(game, seat, **parameters)`` or a module (any object) that has one under
the name ``policy``. It is described by attributes, all optional but the rule:

    RULE        one line of plain English; the first line of the docstring if missing
    SEATS       the seats that it can take; the two disputants' if missing
    KIND        "rule", "solved" or "memory"; "rule" if missing
    REFERENCE   where it is from
    PARAMETERS  name to `Parameter`; a function's further arguments with their defaults if missing

Dotted paths are looked up among installed packages, and then in the folder that the command was started in.
"""

from __future__ import annotations

import inspect
import sys
from functools import cache
from importlib import import_module, invalidate_caches
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from negotiation.behaviours.specification import Behaviour, Kind, Maker, Parameter
from negotiation.parameters import ParameterError
from negotiation.vocabulary import DISPUTANTS, Actor

GROUP = "negotiation.behaviours"


@cache
def outside_names() -> tuple[str, ...]:
    """The names registered under the entry point group."""
    return tuple(sorted({entry.name for entry in entry_points(group=GROUP)}))


def found_outside(name: str) -> Behaviour | None:
    """A registered behaviour or one with a dotted path; None if there is no such thing.

    Raises:
        ParameterError: there is something of that name that is no behaviour, or that cannot be imported.
    """
    if name in outside_names():
        entry = next(iter(entry_points(group=GROUP, name=name)))
        return described(entry.load(), name)
    head, separator, tail = name.replace(":", ".").rpartition(".")
    if not separator or not all(part.isidentifier() for part in (*head.split("."), tail)):
        return None
    module = _module(head)
    if module is not None and hasattr(module, tail):
        return described(getattr(module, tail), name)
    module = _module(f"{head}.{tail}")
    return None if module is None else described(module, name)


def _module(path: str) -> ModuleType | None:
    """A module by path; None if there is none of the name."""
    here = str(Path.cwd())
    added = here not in sys.path
    if added:
        sys.path.append(here)
    invalidate_caches()  # the file may have been written a moment ago, by a notebook
    try:
        return import_module(path)
    except ModuleNotFoundError as error:
        if error.name is not None and (path == error.name or path.startswith(f"{error.name}.")):
            return None
        raise ParameterError("policy", path, f"a module that can be imported; it says: {error}") from None
    except Exception as error:
        raise ParameterError("policy", path, "a module that can be imported; it says: "
                             f"{type(error).__name__}: {error}") from None
    finally:
        if added:
            sys.path.remove(here)


def described(thing: Any, name: str) -> Behaviour:
    """The behaviour that a function or a module with a function ``policy`` is.

    Raises:
        ParameterError: it is neither, or its attributes are not what the module says.
    """
    make: Maker | None = thing if inspect.isfunction(thing) else getattr(thing, "policy", None)
    if not callable(make):
        raise ParameterError("policy", name, "a function policy(game, seat), or a module or object with one")

    def told(attribute: str, otherwise: Any) -> Any:
        return getattr(thing, attribute, getattr(make, attribute, otherwise))

    rule = told("RULE", "") or next(iter((inspect.getdoc(make) or inspect.getdoc(thing) or "").splitlines()), "")
    if not rule:
        raise ParameterError("policy", name, "a behaviour that says its rule: RULE, or a docstring")
    try:
        seats = tuple(Actor(seat) for seat in told("SEATS", DISPUTANTS))
        kind = Kind(told("KIND", Kind.RULE))
    except (TypeError, ValueError) as error:
        raise ParameterError("policy", name, f"SEATS of Actor, and KIND of {', '.join(Kind)} ({error})") from None
    return Behaviour(name, str(rule), seats, make, kind, str(told("REFERENCE", "")),
                     told("PARAMETERS", None) or _parameters(make, name))


def _parameters(make: Maker, name: str) -> dict[str, Parameter]:
    arguments = list(inspect.signature(make).parameters.values())
    if len(arguments) < 2:
        raise ParameterError("policy", name, "a function of (game, seat)")
    return {each.name: Parameter(None if each.default is each.empty else each.default, "its own",
                                 low=-float("inf"), behaviour=isinstance(each.default, str))
            for each in arguments[2:] if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)}


__all__ = ["GROUP", "described", "found_outside", "outside_names"]
