"""A scenario's parameters as tables: what is declared, what a scenario gives, and where it comes from."""

from __future__ import annotations

import dataclasses
import re
import typing
from collections.abc import Iterator, Mapping
from typing import Any

from negotiation.documents.markdown import code, number, rounded, table
from negotiation.parameters import ParameterNote, describe_range, field_types, leaves, note_for
from negotiation.scenario import Disputant, Rung, Scenario, StanceEffect
from negotiation.vocabulary import DISPUTANTS, Actor, Stance

HEADS = {
    "": "The dispute", "start": "Start", "tokyo": "First disputant: {tokyo}", "seoul": "Second disputant: {seoul}",
    "washington": "Third party: {washington}", "stances": "Stances", "standstill": "Standstill agreement",
    "rupture": "Rupture",
}

# Where several keys have the same keys below them.
PLACES: dict[Any, str] = {Disputant: "SIDE", StanceEffect: "STANCE"}


# ------------------------------------------------------------------ what is declared (the reference)


def declarations_part() -> str:
    """Every key of a scenario file: type, unit, allowed values and meaning."""
    parts = []
    for prefix, cls in _classes(Scenario, "scenario"):
        rows = [(code(f"{prefix}.{item.name}"), kind, unit, allowed, _sentence(item.metadata.get("doc", "")))
                for item in dataclasses.fields(cls)
                for kind, unit, allowed in [_declared(cls, item)] if kind != "group"]
        if rows:
            parts.append(f"### `{prefix}` {{#{_anchor(prefix)}}}\n\n{cls.__doc__.splitlines()[0]}{_places(prefix)}\n\n"
                         + table(["key", "type", "unit", "allowed", "meaning"], rows))
    return "\n" + "\n".join(parts) + "\n"


def _classes(cls: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """The dataclasses of a scenario with the key that each stands under, from the outside in."""
    yield prefix, cls
    hints = field_types(cls)
    known = set()
    for item in dataclasses.fields(cls):
        hint = hints[item.name]
        inner = typing.get_args(hint)
        if dataclasses.is_dataclass(hint) and hint not in known:
            known.add(hint)
            alike = [other for other in hints if hints[other] is hint]
            yield from _classes(hint, f"{prefix}.{item.name if len(alike) == 1 else PLACES[hint]}")
        elif typing.get_origin(hint) is tuple and dataclasses.is_dataclass(inner[0]):
            yield from _classes(inner[0], f"{prefix}.{item.name}[k]")


def _places(prefix: str) -> str:
    """What the capitals in a key stand for."""
    told = {"SIDE": [seat.key for seat in DISPUTANTS], "STANCE": [stance.key for stance in Stance]}
    return "".join(f" {place} is {', '.join(map(code, names[:-1]))} or {code(names[-1])}."
                   for place, names in told.items() if place in prefix)


def _declared(cls: Any, item: dataclasses.Field[Any]) -> tuple[str, str, str]:
    hint, metadata = field_types(cls)[item.name], item.metadata
    unit = str(metadata.get("unit", ""))
    if item.name == "documentation":
        return "mapping", "", "a mapping of keys to `{range: [low, high], source: text}`, or `relative` for `range`"
    if dataclasses.is_dataclass(hint):
        return "group", "", ""
    if typing.get_origin(hint) is tuple:
        inner = typing.get_args(hint)
        if dataclasses.is_dataclass(inner[0]):
            return "list", "", "a list of at least two rungs"
        return f"list of {len(inner)}", unit, f"{len(inner)} numbers, each {describe_range(metadata)}"
    if hint is str:
        return "text", "", "a text"
    if hint is bool:
        return "yes/no", "", "true or false"
    kind = "integer" if hint is int else "number"
    return kind, unit, describe_range(metadata, "an integer" if hint is int else "a number")


def _anchor(prefix: str) -> str:
    return re.sub(r"\W+", "-", prefix).strip("-")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


# ----------------------------------------------------------- what a scenario gives (the description)


@dataclasses.dataclass(frozen=True)
class Row:
    """One row of the parameter tables: a parameter, or the same one of all rungs or of a short list.

    Attributes:
        group: key of `HEADS`.
        key: with ``[0–5]`` where it stands for several.
        values: of the parameter, one or several.
        metadata: of its declaration.
        note: of the scenario file; None if it has none.
    """

    group: str
    key: str
    values: tuple[Any, ...]
    metadata: Mapping[str, Any]
    note: ParameterNote | None


def parameter_rows(scenario: Scenario) -> list[Row]:
    """Every parameter of a scenario, in file order, those of one list together."""
    found: dict[str, list[tuple[str, Any, Mapping[str, Any]]]] = {}
    for key, value, metadata in leaves(scenario):
        found.setdefault(re.sub(r"\[\d+\]", "[]", key), []).append((key, value, metadata))
    return [Row(_group(key), key.replace("[]", f"[0–{len(entries) - 1}]"), tuple(value for _, value, _ in entries),
                entries[0][2], note_for(scenario.documentation, entries[0][0])) for key, entries in found.items()]


def _group(key: str) -> str:
    parts = key.split(".")
    if len(parts) == 1:
        return ""
    return "stances" if parts[1] == "stances" else parts[0]


def parameters_part(scenario: Scenario) -> str:
    """Every parameter with value, unit, allowed range, plausible range and source."""
    names = {actor.key: scenario.display_name(actor) for actor in Actor}
    rows = parameter_rows(scenario)
    parts = []
    for group, head in HEADS.items():
        lines = [(code(row.key), _sentence(str(row.metadata.get("doc", ""))), " · ".join(map(shown, row.values)),
                  row.metadata["unit"], _allowed(row), _plausible(row), row.note.source if row.note else "not given")
                 for row in rows if row.group == group]
        parts.append(f"##### {head.format(**names)}\n\n"
                     + table(["key", "meaning", "value", "unit", "allowed", "plausible", "source"], lines))
        if group in ("tokyo", "seoul"):
            parts.append(ladder_table(scenario, Actor.parse(group)))
        if group == "stances":
            parts.append(table(["stance", "name in this scenario"],
                               [(code(stance.key), scenario.stance_name(stance)) for stance in Stance]))
    return "\n" + "\n".join(parts) + "\n"


def shown(value: Any) -> str:
    """A parameter's value as people write it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return number(value)


def _allowed(row: Row) -> str:
    if isinstance(row.values[0], bool):
        return "yes or no"
    kind = "an integer" if isinstance(row.values[0], int) else "a number"
    return describe_range(row.metadata, "").strip(" ,").removeprefix("in ") or kind


def _plausible(row: Row) -> str:
    if row.note is None:
        return "not given"
    if row.note.relative is not None:
        return f"± {100 * row.note.relative:g} % of the value"
    if row.note.range is None:
        return "not given"
    if isinstance(row.values[0], bool):
        return "yes or no"
    return " to ".join(number(end) for end in row.note.range)


def ladder_table(scenario: Scenario, seat: Actor) -> str:
    """The rungs of a side by number, with their names and numbers."""
    own = scenario.disputant(seat)
    heads = [item.name for item in dataclasses.fields(Rung)][1:]
    rows = [(str(place), rung.name, *(getattr(rung, head) for head in heads)) for place, rung in enumerate(own.ladder)]
    return (f"The ladder of {own.name}, per week in force:\n\n"
            + table(["rung", "what is in force", *heads], rows, (2, 3, 4)))


def entities_part(scenario: Scenario) -> str:
    """The state variables of the model with their ranges in a scenario."""
    rows = []
    for seat in DISPUTANTS:
        own = scenario.disputant(seat)
        rows.append((own.name, f"rung in force, *r* ({own.name[:1]})", f"0 to {own.top}",
                     f"from “{own.ladder[0].name}” to “{own.ladder[-1].name}”"))
    rows += [
        ("the pair", "standstill in force, *c*", "0 or 1", "an agreement that freezes measures is running"),
        ("the pair", "appeals last week, *a*", "0, 1 or 2", f"how many sides asked {scenario.washington.name} "
                                                            f"to engage"),
        (scenario.washington.name, "stance of the week, *w*", "one of five",
         ", ".join(f"“{scenario.stance_name(stance)}”" for stance in Stance)),
        ("the dispute", "week", f"1 to {scenario.rounds}", f"observed; the players look {scenario.shadow} weeks "
                                                           f"further"),
        ("the dispute", "going on, settled or ruptured", "three", "the last two are ends"),
    ]
    states = (scenario.tokyo.top + 1) * (scenario.seoul.top + 1) * 6
    return ("\n" + table(["of", "state variable", "values", "meaning"], rows)
            + f"\nThat makes {scenario.tokyo.top + 1} × {scenario.seoul.top + 1} × 2 × 3 = {states} public states "
            "and two ends.\n\n")


def start_part(scenario: Scenario) -> str:
    """The state at the start of week 1, in words."""
    start = scenario.start
    rows = [(scenario.display_name(seat), f"rung {rung}: {scenario.disputant(seat).ladder[rung].name}")
            for seat, rung in zip(DISPUTANTS, (start.tokyo, start.seoul), strict=True)]
    tension = (start.tokyo / scenario.tokyo.top + start.seoul / scenario.seoul.top) / 2
    rows += [("standstill", "in force" if start.standstill else "none in force"),
             ("appeals of the week before", str(start.appeals)), ("tension", rounded(tension))]
    return f"\nScenario `{scenario.name}`: {scenario.title}.\n\n" + table(["", "at the start of week 1"], rows) + "\n"
