"""The record of a real dispute: dated rows, each with a source and how sure its coding is.

A record is a YAML file in ``conf/history/``. A *row* is something that happened: its dates, what, who acted, the
move or stance it is coded as (or none, with the reason), where it is known from, and the confidence of the coding. A
row that can fairly be read in two ways carries the second reading, so there are two codings (`Coding`) of the whole.

Week n covers the n-th seven days from ``begins``; a row belongs to the week of its last date, by when all of it had
happened. What the weeks and the rules of the game make of the rows is in `negotiation.history.coding`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import IntEnum
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

from negotiation.library import SUFFIXES, conf_folder, group_names
from negotiation.parameters import ParameterError
from negotiation.vocabulary import DISPUTANTS, Actor, Move, Stance

GROUP = "history"
DAYS = 7
Option = Move | Stance


class Coding(IntEnum):
    """Which of two readings of the ambiguous rows."""

    MAIN = 0
    ALTERNATIVE = 1

    @property
    def key(self) -> str:
        """The spelling in tables: ``main`` or ``alternative``."""
        return self.name.lower()


class Confidence(IntEnum):
    """How sure the coding of a row is, not whether it happened."""

    LOW = 0
    MEDIUM = 1
    HIGH = 2

    @property
    def key(self) -> str:
        """The spelling in files: ``low``, ``medium``, ``high``."""
        return self.name.lower()


class Source(IntEnum):
    """Where a row is known from."""

    A = 0
    P = 1
    G = 2

    @property
    def words(self) -> str:
        """What readers see; general knowledge is always marked as unverified."""
        return ("wire-service article of 31 July 2019", "press of the day", "general knowledge, unverified")[self]


@dataclass(frozen=True)
class Alternative:
    """The second reading of a row.

    Attributes:
        coded: seat to move or stance, None for none; seats not named are coded as in the first reading.
        rungs: seat to rung in force after the row, where it differs from the first reading.
        reason: why the row may be read so.
    """

    coded: Mapping[Actor, Option | None]
    rungs: Mapping[Actor, int]
    reason: str


@dataclass(frozen=True)
class Row:
    """Something that happened.

    Attributes:
        place: its number in the file, from 0.
        dates: one or more, in order.
        event: what happened, in plain words.
        actors: who acted.
        coded: seat to move or stance; empty if none.
        uncoded: why there is none; empty otherwise.
        rungs: seat to rung in force after it, where the file says so.
        sources: where it is known from.
        publications: named where they are known.
        confidence: of the coding.
        note: a remark, or empty.
        alternative: the second reading, or None.
    """

    place: int
    dates: tuple[date, ...]
    event: str
    actors: tuple[Actor, ...]
    coded: Mapping[Actor, Option]
    uncoded: str
    rungs: Mapping[Actor, int]
    sources: tuple[Source, ...]
    publications: tuple[str, ...]
    confidence: Confidence
    note: str = ""
    alternative: Alternative | None = None

    def code(self, coding: Coding) -> dict[Actor, Option]:
        """Seat to move or stance in a reading."""
        told: dict[Actor, Option | None] = dict(self.coded)
        if coding is Coding.ALTERNATIVE and self.alternative is not None:
            told |= self.alternative.coded
        return {seat: option for seat, option in told.items() if option is not None}

    def rungs_after(self, coding: Coding) -> dict[Actor, int]:
        """Seat to rung in force after the row in a reading, where the file says so."""
        other = self.alternative.rungs if coding is Coding.ALTERNATIVE and self.alternative is not None else {}
        return {**self.rungs, **other}

    @property
    def when(self) -> str:
        """Its dates: ``2019-08-26 and 2019-08-28``."""
        return " and ".join(day.isoformat() for day in self.dates)

    @property
    def source(self) -> str:
        """Where it is known from, in words: ``press of the day (Kyodo, Yonhap)``."""
        named = f" ({', '.join(self.publications)})" if self.publications else ""
        return "; ".join(source.words for source in self.sources) + named


@dataclass(frozen=True)
class Order:
    """Who moved first in a week, where the dates tell."""

    first: Actor
    confidence: Confidence
    reason: str


@dataclass(frozen=True)
class Record:
    """A dispute's dated rows.

    Attributes:
        name: of the file.
        scenario: the scenario it is the history of.
        title: for headings.
        begins: first day of week 1.
        weeks: number of weeks observed.
        rows: in the order of their last dates.
        orders: week to who moved first in it.
    """

    name: str
    scenario: str
    title: str
    begins: date
    weeks: int
    rows: tuple[Row, ...]
    orders: Mapping[int, Order] = field(default_factory=dict)

    def week_of(self, row: Row) -> int:
        """The week a row belongs to: from 1; 0 or less before the window, more than ``weeks`` after it."""
        return (row.dates[-1] - self.begins).days // DAYS + 1

    def first_day(self, week: int) -> date:
        """The first day of a week (for this record a Wednesday)."""
        return self.begins + timedelta(days=DAYS * (week - 1))

    def rows_in(self, week: int) -> list[Row]:
        """The rows of a week."""
        return [row for row in self.rows if self.week_of(row) == week]


def record_names() -> list[str]:
    """The names of the shipped records."""
    return group_names(GROUP)


def load_record(name: str | Path = "tokyo_seoul_2019") -> Record:
    """A shipped record by name, or one's own by the path of its YAML file.

    Raises:
        ParameterError: no such record, or a row that is not right; the message names the row and its date.
    """
    import yaml

    text = str(name)
    path = Path(text) if text.endswith(SUFFIXES) else conf_folder() / GROUP / f"{text}.yaml"
    if not path.is_file():
        raise ParameterError(GROUP, text, "one of " + ", ".join(record_names()) + ", or the path of a .yaml file")
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        reason = " ".join(str(error).split())
        raise ParameterError(GROUP, str(path), f"a readable YAML file ({reason})") from None
    return record_from(values)


def record_from(values: Any) -> Record:
    """A record from the plain values of its file, checked.

    Raises:
        ParameterError: naming the row (its number and date), what was given and what is allowed.
    """
    top = _mapping(GROUP, values, ("name", "scenario", "title", "begins", "weeks", "rows"), ("orders",))
    rows = tuple(_row(place, entry) for place, entry in enumerate(_list(f"{GROUP}.rows", top["rows"])))
    for earlier, later in pairwise(rows):
        if later.dates[-1] < earlier.dates[-1]:
            raise ParameterError(_key(later.place, later.dates), later.when, f"no earlier than the row before it "
                                 f"({earlier.when})")
    weeks = top["weeks"]
    if isinstance(weeks, bool) or not isinstance(weeks, int) or weeks < 1:
        raise ParameterError(f"{GROUP}.weeks", weeks, "an integer, at least 1")
    orders = {}
    for week, entry in dict(top.get("orders") or {}).items():
        key = f"{GROUP}.orders.{week}"
        told = _mapping(key, entry, ("first", "confidence", "reason"), ())
        if not isinstance(week, int) or not 1 <= week <= weeks:
            raise ParameterError(key, week, f"a week from 1 to {weeks}")
        orders[week] = Order(_disputant(f"{key}.first", told["first"]),
                             _word(f"{key}.confidence", told["confidence"], Confidence),
                             _text(f"{key}.reason", told["reason"]))
    return Record(_text(f"{GROUP}.name", top["name"]), _text(f"{GROUP}.scenario", top["scenario"]),
                  _text(f"{GROUP}.title", top["title"]), _day(f"{GROUP}.begins", top["begins"]), weeks, rows, orders)


# ----------------------------------------------------------------------------- reading one row


def _row(place: int, values: Any) -> Row:
    key = _key(place, ())
    dates = tuple(_day(f"{key}.dates", day) for day in _list(f"{key}.dates", _known(key, values).get("dates")))
    key = _key(place, dates)
    told = _mapping(key, values, ("dates", "event", "actors", "coded", "sources", "confidence"),
                    ("uncoded", "rungs", "publications", "note", "alternative"))
    if not dates or list(dates) != sorted(dates):
        raise ParameterError(f"{key}.dates", [day.isoformat() for day in dates], "at least one date, in order")
    coded = _coded(f"{key}.coded", told["coded"] or {})
    uncoded = str(told.get("uncoded") or "")
    if bool(coded) == bool(uncoded):
        raise ParameterError(f"{key}.uncoded", uncoded, "a reason where coded is null, and only there")
    sources = tuple(_word(f"{key}.sources", letter, Source) for letter in _list(f"{key}.sources", told["sources"]))
    if not sources:
        raise ParameterError(f"{key}.sources", [], "at least one of A, P, G")
    other = told.get("alternative")
    return Row(
        place, dates, _text(f"{key}.event", told["event"]),
        tuple(_word(f"{key}.actors", seat, Actor) for seat in _list(f"{key}.actors", told["actors"])),
        {seat: option for seat, option in coded.items() if option is not None}, uncoded,
        _rungs(f"{key}.rungs", told.get("rungs")), sources,
        tuple(_text(f"{key}.publications", title) for title in told.get("publications") or ()),
        _word(f"{key}.confidence", told["confidence"], Confidence), str(told.get("note") or ""),
        None if other is None else _alternative(f"{key}.alternative", other))


def _alternative(key: str, values: Any) -> Alternative:
    told = _mapping(key, values, ("coded", "reason"), ("rungs",))
    return Alternative(_coded(f"{key}.coded", told["coded"]), _rungs(f"{key}.rungs", told.get("rungs")),
                       _text(f"{key}.reason", told["reason"]))


def _coded(key: str, values: Any) -> dict[Actor, Option | None]:
    found: dict[Actor, Option | None] = {}
    for name, option in _known(key, values).items():
        seat = _word(key, name, Actor)
        kind: type[Option] = Stance if seat is Actor.WASHINGTON else Move
        found[seat] = None if option is None else _word(f"{key}.{name}", option, kind)
    return found


def _rungs(key: str, values: Any) -> dict[Actor, int]:
    found = {}
    for name, rung in _known(key, values or {}).items():
        if isinstance(rung, bool) or not isinstance(rung, int) or rung < 0:
            raise ParameterError(f"{key}.{name}", rung, "the number of a rung")
        found[_disputant(key, name)] = rung
    return found


def _key(place: int, dates: Sequence[date]) -> str:
    return f"{GROUP}.rows[{place}]" + (f" ({dates[0].isoformat()})" if dates else "")


def _known(key: str, values: Any) -> dict[str, Any]:
    if not isinstance(values, Mapping):
        raise ParameterError(key, values, "a mapping")
    return {str(name): entry for name, entry in values.items()}


def _mapping(key: str, values: Any, needed: Sequence[str], further: Sequence[str]) -> dict[str, Any]:
    told = _known(key, values)
    for name in told:
        if name not in (*needed, *further):
            raise ParameterError(f"{key}.{name}", told[name], "the keys " + ", ".join((*needed, *further)))
    for name in needed:
        if name not in told:
            raise ParameterError(f"{key}.{name}", "missing", "every row and record says it")
    return told


def _list(key: str, values: Any) -> list[Any]:
    if not isinstance(values, (list, tuple)):
        raise ParameterError(key, values, "a list")
    return list(values)


def _text(key: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ParameterError(key, value, "a text")
    return " ".join(value.split())


def _day(key: str, value: Any) -> date:
    if not isinstance(value, date):
        raise ParameterError(key, value, "a date like 2019-08-02")
    return value


def _disputant(key: str, value: Any) -> Actor:
    seat = _word(key, value, Actor)
    if seat not in DISPUTANTS:
        raise ParameterError(key, value, "tokyo or seoul")
    return seat


W = TypeVar("W", bound=IntEnum)


def _word(key: str, value: Any, kind: type[W]) -> W:
    names = {word.name.lower(): word for word in kind}
    found = names.get(value.lower()) if isinstance(value, str) else None
    if found is None:
        allowed = names if kind is not Source else {word.name: word for word in kind}
        raise ParameterError(key, value, "one of " + ", ".join(allowed))
    return found


__all__ = ["Alternative", "Coding", "Confidence", "Option", "Order", "Record", "Row", "Source", "load_record",
           "record_from", "record_names"]
