"""A scenario file that somebody uploads: small, plain YAML without tricks, complete and checked. No web in here.

Aliases are refused (a few lines of them unfold into more than any memory), so is deep nesting; nothing but plain
values is made; parents may be shipped scenarios only, so no file of the machine is opened; and the dispute must be
small enough to be solved while a class waits.
"""

from __future__ import annotations

from typing import Any

import yaml

from negotiation.library import scenario_names, scenario_values
from negotiation.parameters import ParameterError
from negotiation.scenario import Scenario
from negotiation.seminar.settings import MOST_HORIZON

MOST_BYTES = 256 * 1024
DEEPEST, MOST_RUNGS, LONGEST_NAME = 12, 12, 120
KEY = "scenario file"


def read_scenario(content: bytes, name: str = "uploaded") -> dict[str, Any]:
    """The plain values of an uploaded scenario.

    Args:
        content: of the file.
        name: for a scenario that has none.

    Raises:
        ParameterError: in one line, what is not allowed.
    """
    if len(content) > MOST_BYTES:
        raise ParameterError(KEY, f"{len(content) // 1024} KB", f"at most {MOST_BYTES // 1024} KB")
    try:
        text = content.decode("utf-8-sig")
        _check_plain(text)
        loaded = yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        if isinstance(error, ParameterError):
            raise
        reason = " ".join(str(error).split())[:200]
        raise ParameterError(KEY, name, f"readable YAML ({reason})") from None
    if not isinstance(loaded, dict) or not all(isinstance(key, str) for key in loaded):
        raise ParameterError(KEY, name, "a YAML mapping of the keys of a scenario")
    values = _with_parents(loaded)
    values.setdefault("name", name)
    for side in ("tokyo", "seoul"):
        ladder = values[side].get("ladder") if isinstance(values.get(side), dict) else None
        if isinstance(ladder, list) and len(ladder) > MOST_RUNGS:
            raise ParameterError(f"{side}.ladder", f"{len(ladder)} rungs", f"at most {MOST_RUNGS} for a class")
    _check_names(values, "")
    scenario = Scenario.from_dict(values)
    if scenario.horizon > MOST_HORIZON:
        raise ParameterError("rounds and shadow", scenario.horizon, f"at most {MOST_HORIZON} together for a class")
    plain: dict[str, Any] = scenario.to_dict()
    return plain


def _check_plain(text: str) -> None:
    """Refuse what unfolds: aliases, and nesting deeper than a scenario's."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise ParameterError(KEY, f"*{event.anchor}", "values written out, without YAML aliases")
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            depth += 1
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            depth -= 1
        if depth > DEEPEST:
            raise ParameterError(KEY, f"nested {depth} deep", f"at most {DEEPEST} deep")


def _check_names(value: Any, key: str) -> None:
    """What is shown on a phone must fit one."""
    if isinstance(value, str) and key in ("name", "title") and len(value) > LONGEST_NAME:
        raise ParameterError(key, f"{value[:20]}...", f"at most {LONGEST_NAME} letters")
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for inner, item in inside:
        _check_names(item, str(inner))


def _with_parents(loaded: dict[str, Any]) -> dict[str, Any]:
    parents = loaded.pop("defaults", [])
    if not isinstance(parents, list) or len(parents) > DEEPEST:
        raise ParameterError("defaults", str(parents)[:80], "a list of shipped scenarios")
    merged: dict[str, Any] = {}
    for parent in parents:
        if parent == "_self_":
            continue
        if parent not in scenario_names():
            raise ParameterError("defaults", str(parent)[:80], "shipped scenarios: " + ", ".join(scenario_names()))
        merged = _merged(merged, scenario_values(parent))
    return _merged(merged, loaded)


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Mappings merged key by key, anything else replaced as a whole."""
    result = dict(base)
    for key, value in over.items():
        here = result.get(key)
        result[key] = _merged(here, value) if isinstance(here, dict) and isinstance(value, dict) else value
    return result


__all__ = ["MOST_BYTES", "read_scenario"]
