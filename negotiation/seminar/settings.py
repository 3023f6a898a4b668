"""What a teacher chooses for a class: scenario, seats, behaviours, pace, views and treatments."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from negotiation.behaviours import CATALOGUE, check_choice
from negotiation.behaviours.outside import outside_names
from negotiation.parameters import ParameterError
from negotiation.scenario import Scenario
from negotiation.terms import LANGUAGES
from negotiation.vocabulary import Actor

# What a page may show its reader beside what everybody sees.
VIEWS = {
    "payoffs": "what the weeks have paid my side",
    "preview": "what each of my moves would pay this week",
    "others": "what the weeks have paid the other sides",
    "chances": "the chances of settlement and rupture",
}
MOST_TABLES, MOST_TREATMENTS, MOST_WEEKS, NAME_LENGTH = 400, 8, 104, 40
MOST_HORIZON = 300  # weeks that are looked ahead over: a dispute must be solved while a class waits
TREATED = ("scenario.", "policy.")
WIDE = str.maketrans("：＝；　", ":=; ")  # as Japanese and Korean keyboards type them


@dataclass(frozen=True)
class Treatment:
    """How some tables differ from the others.

    Attributes:
        name: for the board and the debrief, never on a student's page.
        changes: configuration key (``scenario.washington.attention``, ``policy.washington``) to value.
    """

    name: str
    changes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Settings:
    """One class, complete and checked.

    Attributes:
        scenario: plain values of the dispute.
        seats: the seats that people take at each table, in the order in which a table fills.
        share: how many people may share a seat.
        behaviours: seat key to the behaviour that plays an empty seat, or one whose people are away.
        weeks: how many weeks are played.
        seconds: for each move, after which an agent moves; None for no clock.
        absent: seconds without an open page after which an agent plays for somebody whom a table waits for; None for
            never.
        views: seat key to what its page shows, of `VIEWS`.
        treatments: assigned to tables at random, equally often.
        advice: whether the solver's advice is shown while the class plays.
        notes, messages: whether players can keep private notes, and write to each other.
        names: whether students see each other's names, at the table and in the debrief.
        language: of all student pages.
        title: of the class.
    """

    scenario: Mapping[str, Any]
    seats: tuple[Actor, ...] = tuple(Actor)
    share: int = 1
    behaviours: Mapping[str, Any] = field(default_factory=lambda: dict.fromkeys(Actor.keys(), "equilibrium"))
    weeks: int = 12
    seconds: int | None = None
    absent: int | None = 60
    views: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: dict.fromkeys(Actor.keys(), ("payoffs", "preview", "chances")))
    treatments: tuple[Treatment, ...] = (Treatment("all"),)
    advice: bool = False
    notes: bool = True
    messages: bool = True
    names: bool = False
    language: str = "en"
    title: str = ""

    def __post_init__(self) -> None:
        base = Scenario.from_dict(dict(self.scenario))
        if not self.seats or len(set(self.seats)) != len(self.seats):
            raise ParameterError("seats", [seat.key for seat in self.seats], "one to three different seats")
        _whole("share", self.share, 1, 2)
        _whole("weeks", self.weeks, 1, MOST_WEEKS)
        if self.seconds is not None:
            _whole("seconds", self.seconds, 5, 3600)
        if self.absent is not None:
            _whole("absent", self.absent, 10, 3600)
        for key in ("advice", "notes", "messages", "names"):
            if not isinstance(getattr(self, key), bool):
                raise ParameterError(key, getattr(self, key), "true or false")
        if self.language not in LANGUAGES:
            raise ParameterError("language", self.language, "one of " + ", ".join(LANGUAGES))
        if len(self.title) > 2 * NAME_LENGTH:
            raise ParameterError("title", self.title, f"at most {2 * NAME_LENGTH} letters")
        for actor in Actor:
            _check_named(f"behaviours.{actor.key}", self.behaviours.get(actor.key))
            check_choice(actor, self.behaviours.get(actor.key), f"behaviours.{actor.key}")
            for view in self.views.get(actor.key, ()):
                if view not in VIEWS:
                    raise ParameterError(f"views.{actor.key}", view, "some of " + ", ".join(VIEWS))
        self._check_treatments(base)

    def _check_treatments(self, base: Scenario) -> None:
        names = [treatment.name for treatment in self.treatments]
        if not 1 <= len(names) <= MOST_TREATMENTS or len(set(names)) != len(names):
            raise ParameterError("treatments", names, f"one to {MOST_TREATMENTS} with different names")
        for treatment in self.treatments:
            if not 0 < len(treatment.name) <= NAME_LENGTH:
                raise ParameterError("treatments", treatment.name, f"names of 1 to {NAME_LENGTH} letters")
            for key in treatment.changes:
                if not key.startswith(TREATED):
                    raise ParameterError(f"treatments.{treatment.name}", key, "the keys scenario.* and policy.SEAT")
            changed = self.scenario_of(treatment)
            if changed.horizon > MOST_HORIZON:
                raise ParameterError(f"treatments.{treatment.name}", f"{changed.horizon} weeks to look ahead over",
                                     f"at most {MOST_HORIZON} for weeks and shadow together")
            if (changed.tokyo.top, changed.seoul.top) != (base.tokyo.top, base.seoul.top):
                raise ParameterError(f"treatments.{treatment.name}", "ladders", "ladders of as many rungs for all")
            for seat, choice in self.behaviours_of(treatment).items():
                _check_named(f"treatments.{treatment.name}.policy.{seat}", choice)
                check_choice(Actor.parse(seat), choice, f"treatments.{treatment.name}.policy.{seat}")

    def scenario_of(self, treatment: Treatment) -> Scenario:
        """The dispute that a treatment's tables play, over the weeks of the class."""
        changes = {key.removeprefix("scenario."): value for key, value in treatment.changes.items()
                   if key.startswith("scenario.")}
        return Scenario.from_dict(dict(self.scenario)).override({**changes, "rounds": self.weeks})

    def behaviours_of(self, treatment: Treatment) -> dict[str, Any]:
        """Seat key to the behaviour of seats without people at a treatment's tables."""
        changes = {key.removeprefix("policy."): value for key, value in treatment.changes.items()
                   if key.startswith("policy.")}
        unknown = set(changes) - set(Actor.keys())
        if unknown:
            raise ParameterError(f"treatments.{treatment.name}", f"policy.{unknown.pop()}",
                                 "policy." + ", policy.".join(Actor.keys()))
        return {**dict(self.behaviours), **changes}

    def treatment(self, name: str) -> Treatment:
        """A treatment by name."""
        return next(each for each in self.treatments if each.name == name)

    def to_json(self) -> str:
        """As text, for the store."""
        plain = asdict(self)
        plain["seats"] = [seat.key for seat in self.seats]
        return json.dumps(plain, ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Settings:
        """From what `to_json` gave; classes made before agents played for the absent go on without.

        Raises:
            ParameterError: a value is not allowed.
        """
        return cls.of({"absent": None, **json.loads(text)})

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Settings:
        """From plain values, such as a form's.

        Raises:
            ParameterError: a key is unknown or a value not allowed.
        """
        plain = dict(values)
        for key in plain:
            if key not in cls.__dataclass_fields__:
                raise ParameterError(key, plain[key], "one of " + ", ".join(cls.__dataclass_fields__))
        try:
            if "seats" in plain:
                plain["seats"] = tuple(Actor.parse(seat) if isinstance(seat, str) else Actor(seat)
                                       for seat in plain["seats"])
            if "treatments" in plain:
                plain["treatments"] = tuple(_treatment(each) for each in plain["treatments"])
            if "views" in plain:
                plain["views"] = {seat: tuple(names) for seat, names in plain["views"].items()}
            return cls(**plain)
        except (TypeError, AttributeError, KeyError) as error:
            raise ParameterError("settings", str(error), "values of the kinds that the page offers") from None
        except ParameterError:
            raise
        except ValueError as error:
            raise ParameterError("settings", str(error), "values of the kinds that the page offers") from None


def _check_named(key: str, choice: Any) -> None:
    """Only names of behaviours: a dotted path would let a class, or a database from elsewhere, run any module."""
    if isinstance(choice, str):
        known = (*CATALOGUE, *outside_names())
        if choice not in known:
            raise ParameterError(key, choice[:80], "one of " + ", ".join(known))
    elif isinstance(choice, Mapping):
        for value in choice.values():
            _check_named(key, value)
    elif isinstance(choice, (list, tuple)):
        for value in choice:
            _check_named(key, value)


def _treatment(given: Any) -> Treatment:
    return given if isinstance(given, Treatment) else Treatment(str(given["name"]), dict(given.get("changes", {})))


def read_treatments(text: str) -> tuple[Treatment, ...]:
    """Treatments as typed: one a line, ``name: key=value; key=value``; an empty text is one treatment for all.

    Raises:
        ParameterError: a line that does not read so.
    """
    import yaml

    found = []
    plain = text.translate(WIDE)
    for line in filter(None, (each.strip() for each in plain.splitlines())):
        name, _, rest = line.partition(":")
        if "=" in name:  # the colon was forgotten, and the changes would be lost in the name
            raise ParameterError("treatments", line, "lines such as `quiet: scenario.washington.attention=2`")
        changes: dict[str, Any] = {}
        for part in filter(None, (each.strip() for each in rest.split(";"))):
            key, sign, value = part.partition("=")
            try:
                changes[key.strip()] = yaml.safe_load(value)
            except yaml.YAMLError:
                sign = ""
            if not sign:
                raise ParameterError("treatments", part, "lines such as `quiet: scenario.washington.attention=2`")
        found.append(Treatment(name.strip(), changes))
    return tuple(found) or (Treatment("all"),)


def _whole(key: str, value: object, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ParameterError(key, value, f"an integer from {low} to {high}")


def assign(treatments: Sequence[Treatment], table: int, seed: int) -> Treatment:
    """The treatment of a table: blocks of all treatments, each block in an order of its own.

    Args:
        treatments: of the class.
        table: its number, from 1.
        seed: of the class.
    """
    import numpy as np

    block, place = divmod(table - 1, len(treatments))
    order = np.random.Generator(np.random.Philox(np.random.SeedSequence(seed, spawn_key=(block,)))).permutation(
        len(treatments))
    return treatments[int(order[place])]


__all__ = ["MOST_TABLES", "NAME_LENGTH", "VIEWS", "Settings", "Treatment", "assign", "read_treatments"]
