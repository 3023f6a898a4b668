"""Scenarios: what is accepted, what is refused and how the refusal reads; nothing is ever changed."""

from __future__ import annotations

import dataclasses
import math
import pickle
import re
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

import numpy as np
import pytest
import strategies
import yaml
from conftest import REFERENCE
from hypothesis import given, settings

from negotiation.parameters import ParameterError, ParameterNote, leaves, note_for
from negotiation.scenario import Scenario
from negotiation.vocabulary import Actor, Stance

INF = math.inf


class Range(NamedTuple):
    """A range as the rules state it."""

    low: float
    high: float
    open_low: bool = False
    infinite: bool = False


UNIT, AMOUNT, ANY = Range(0, 1), Range(0, INF), Range(-INF, INF)
# Section 7 of the rules, in its order; the first pattern that fits a key counts.
RANGES: dict[str, Range] = {
    "*.talks": UNIT, "standstill.drag": UNIT, "standstill.calm": UNIT, "standstill.open_talks": UNIT,
    "standstill.ease": UNIT, "*.cover": UNIT, "washington.invitation*": UNIT, "*.snub": UNIT, "tokyo_first": UNIT,
    "escalated_above": UNIT, "*.discount": Range(0, 1, open_low=True), "*.precision": Range(0, INF, infinite=True),
    "standstill.length": Range(1, INF, infinite=True), "rounds": Range(1, INF), "shadow": Range(0, INF),
    "*.harm": AMOUNT, "*.cost": AMOUNT, "*.effort": AMOUNT, "*.pressure_*": AMOUNT, "washington.welcome*": AMOUNT,
    "washington.attention": AMOUNT, "*.standing": AMOUNT, "*.breach": AMOUNT, "*.backdown": AMOUNT,
    "*.offer": AMOUNT,
    "*.appeal": AMOUNT, "rupture.hazard": UNIT, "washington.supply_chain": AMOUNT, "washington.alliance": AMOUNT,
    "standstill.leverage": AMOUNT, "*.stake": AMOUNT, "washington.credit": AMOUNT, "*.gain": ANY,
    "washington.affinity.*": ANY, "*.firmness": ANY, "washington.prize": ANY, "*.rupture": ANY,
    "start.tokyo": Range(0, 5), "start.seoul": Range(0, 5), "start.appeals": Range(0, 2),
}
INTEGERS = ("rounds", "shadow", "start.tokyo", "start.seoul", "start.appeals")


def load() -> Scenario:
    return Scenario.from_dict(yaml.safe_load(REFERENCE.read_text(encoding="utf-8")))


def range_of(key: str) -> Range:
    return next(allowed for pattern, allowed in RANGES.items()
                if fnmatchcase(key.replace("[", ".").replace("]", ""), pattern))


# Without welcome, talks may run over their whole range (the two are a chance only together).
NUMBERS = [key for key, value, _ in leaves(load()) if not isinstance(value, bool)]
BASE = load().override({f"washington.welcome[{a}]": 0 for a in range(3)})


def value_at(scenario: Scenario, key: str) -> Any:
    return next(value for name, value, _ in leaves(scenario) if name == key)


def refused(key: str, value: object, scenario: Scenario = BASE) -> ParameterError:
    """The refusal of one override; it must name key, value and what is allowed."""
    with pytest.raises(ParameterError) as caught:
        scenario.override({key: value})
    error = caught.value
    assert error.key == f"scenario.{key}"
    assert str(error) == f"scenario.{key}: {value!r} is not allowed; allowed: {error.allowed}"
    return error


def test_the_reference_is_the_one_of_the_rules(reference: Scenario) -> None:
    assert (reference.rounds, reference.shadow) == (26, 52)
    assert (reference.tokyo_first, reference.escalated_above) == (.5, .55)
    start = reference.start
    assert (start.tokyo, start.seoul, start.standstill, start.appeals) == (2, 1, False, 0)
    assert [rung.harm for rung in reference.tokyo.ladder] == [0, .05, .35, .60, 1.0, 1.5]
    assert [rung.gain for rung in reference.seoul.ladder] == [0, .15, .28, .36, .44, .50]
    assert [effect.talks for effect in reference.washington.stances] == [.01, .015, .04, .03, .03]
    assert reference.washington.stances.press_tokyo.pressure_seoul == 0.5
    assert reference.horizon == 78


# ---------------------------------------------------------------------------------------- ranges


@pytest.mark.parametrize("key", NUMBERS)
def test_every_number_is_held_to_its_range(key: str) -> None:
    low, high, open_low, infinite = range_of(key)
    whole = key in INTEGERS
    step = 1 if whole else 1e-9
    accepted: list[float] = [low] if math.isfinite(low) and not open_low else []
    accepted += [high] if math.isfinite(high) else [10**6 if whole else 10.0 if "welcome" in key else 1e6]
    accepted += [-1e6] if low == -INF else []
    accepted += [INF] if infinite else []
    for value in accepted:
        assert value_at(BASE.override({key: int(value) if whole else value}), key) == value
    outside: list[object] = [math.nan, -INF, "much", None, [1], {"a": 1}, True]
    outside += [] if infinite else [INF]
    outside += [low - step] if math.isfinite(low) else []
    outside += [float(low)] if open_low else []
    outside += [high + step] if math.isfinite(high) else []
    outside += [1.5] if whole else []
    for value in outside:
        error = refused(key, value)
        if math.isfinite(low):
            assert f"{low:g}" in error.allowed
        if math.isfinite(high) and (key not in ("start.tokyo", "start.seoul") or value == high + step):
            assert f"{high:g}" in error.allowed


def test_the_ranges_cover_the_rules_and_nothing_else() -> None:
    used = {pattern for pattern in RANGES for key in NUMBERS
            if fnmatchcase(key.replace("[", ".").replace("]", ""), pattern)}
    assert used == set(RANGES)


def test_every_number_says_what_it_is_in_which_unit() -> None:
    for key, _, metadata in leaves(BASE):
        assert metadata["doc"], key
        assert metadata["unit"], key


def test_a_standstill_at_the_start_is_yes_or_no() -> None:
    assert BASE.override({"start.standstill": True}).start.standstill is True
    assert BASE.override({"start.standstill": 1}).start.standstill is True
    for value in (2, 0.5, "yes", None):
        assert refused("start.standstill", value).allowed.startswith("true or false")


@pytest.mark.parametrize("key", ["name", "title", "source", "tokyo.name", "washington.stances.quiet.name",
                                 "seoul.ladder[2].name"])
@pytest.mark.parametrize("value", [3, None, ["a"]])
def test_texts_are_texts(key: str, value: object) -> None:
    assert refused(key, value).allowed == "a text"


# --------------------------------------------------------------------------------- side conditions


def test_chances_of_settlement_beyond_one_are_refused(reference: Scenario) -> None:
    # Both appealed: welcome 1 doubles the talks of every stance but quiet.
    allowed = reference.override({"washington.stances.convene.talks": 0.5})
    assert allowed.washington.stances.convene.talks == 0.5
    error = refused("washington.stances.convene.talks", 0.51, reference)
    assert "at most 0.5" in error.allowed
    assert reference.override({"washington.stances.quiet.talks": 1}).washington.stances.quiet.talks == 1


def test_a_welcome_that_makes_a_chance_exceed_one_is_refused(reference: Scenario) -> None:
    with pytest.raises(ParameterError, match=r"scenario\.washington\.stances\.convene\.talks: 0\.04") as caught:
        reference.override({"washington.welcome[2]": 25})
    assert f"at most {1 / 26:.6g}" in str(caught.value)


@pytest.mark.parametrize("seat", ["tokyo", "seoul"])
def test_ladders_need_two_rungs_and_hold_the_start(reference: Scenario, seat: str) -> None:
    plain = reference.to_dict()
    plain["start"][seat] = 0
    plain[seat]["ladder"] = plain[seat]["ladder"][:1]
    with pytest.raises(ParameterError, match=rf"scenario\.{seat}\.ladder: .*1 rung.*at least two rungs"):
        Scenario.from_dict(plain)
    plain = reference.to_dict()
    plain[seat]["ladder"] = plain[seat]["ladder"][:2]
    plain["start"][seat] = 2
    with pytest.raises(ParameterError, match=rf"scenario\.start\.{seat}: 2 .*0 to 1"):
        Scenario.from_dict(plain)
    plain["start"][seat] = 1
    assert Scenario.from_dict(plain).disputant(Actor.parse(seat)).top == 1


def test_the_third_party_is_no_disputant(reference: Scenario) -> None:
    with pytest.raises(ValueError, match="third party"):
        reference.disputant(Actor.WASHINGTON)


# ------------------------------------------------------------------------------- keys and shapes


@pytest.mark.parametrize(("path", "hint"), [
    ("hazzard", "'hazard'"), ("rupture.hazrd", "'hazard'"), ("washington.stances.convine.talks", "'convene'"),
    ("tokyo.ladder[1].gian", "'gain'"), ("standstil.length", "'standstill'"),
])
def test_an_unknown_key_is_refused_with_what_there_is(path: str, hint: str) -> None:
    with pytest.raises(ParameterError, match="is not allowed; allowed: the keys ") as caught:
        BASE.override({path: 1})
    if path != "hazzard":
        assert f"did you mean {hint}?" in str(caught.value)


@pytest.mark.parametrize("section", ["", "start", "tokyo", "washington", "washington.stances",
                                     "washington.stances.urge", "standstill", "rupture", "washington.affinity"])
def test_unknown_and_missing_keys_of_a_file_are_named(section: str) -> None:
    def inside(plain: dict[str, Any]) -> dict[str, Any]:
        for part in filter(None, section.split(".")):
            plain = plain[part]
        return plain

    prefix = re.escape(f"scenario.{section}." if section else "scenario.")
    plain = BASE.to_dict()
    inside(plain)["surprise"] = 1
    with pytest.raises(ParameterError, match=f"^{prefix}surprise: 1 is not allowed; allowed: the keys "):
        Scenario.from_dict(plain)
    for name in [name for name in inside(BASE.to_dict()) if name != "documentation"]:
        plain = BASE.to_dict()
        del inside(plain)[name]
        with pytest.raises(ParameterError, match=f"^{prefix}{name}: 'missing'"):
            Scenario.from_dict(plain)


@pytest.mark.parametrize(("key", "value", "allowed"), [
    ("start", 3, "a mapping"), ("washington.stances", [1], "a mapping"), ("tokyo.ladder", 3, "a list"),
    ("tokyo.ladder", "abc", "a list"), ("tokyo.ladder[0]", 1.0, "a mapping"),
    ("washington.welcome", [0, 1], "a list of 3 numbers"), ("washington.invitation", {"none": 0}, "a list"),
    ("tokyo.ladder[6].gain", 1.0, "a position from 0 to 5"),
    ("washington.welcome[3]", 1.0, "a position from 0 to 2"),
    ("tokyo.discount.weekly", 0.9, "no keys below scenario.tokyo.discount"), ("documentation", [], "a mapping"),
])
def test_wrong_shapes_are_refused(key: str, value: object, allowed: str) -> None:
    with pytest.raises(ParameterError) as caught:
        BASE.override({key: value})
    assert caught.value.key.startswith("scenario." + key.split("[")[0].rsplit(".weekly")[0])
    assert allowed in caught.value.allowed


def test_a_scenario_is_a_mapping() -> None:
    with pytest.raises(ParameterError, match=r"^scenario: \[\] is not allowed; allowed: a mapping"):
        Scenario.from_dict([])  # type: ignore[arg-type]


def test_list_entries_have_two_spellings(reference: Scenario) -> None:
    one = reference.override({"tokyo.ladder[3].harm": 0.7})
    other = reference.override({"tokyo.ladder.3.harm": 0.7})
    assert one == other != reference
    assert [rung.harm for rung in one.tokyo.ladder] == [0, .05, .35, .7, 1.0, 1.5]


# ---------------------------------------------------------------------------- values stay values


@settings(max_examples=12)
@given(strategies.scenarios())
def test_a_scenario_survives_the_round_trip(scenario: Scenario) -> None:
    assert Scenario.from_dict(scenario.to_dict()) == scenario
    assert Scenario.from_dict(yaml.safe_load(yaml.safe_dump(scenario.to_dict()))) == scenario
    assert pickle.loads(pickle.dumps(scenario)) == scenario


def test_override_changes_a_copy_only(reference: Scenario) -> None:
    before = reference.to_dict()
    other = reference.override({"washington.affinity.tokyo": 0.2, "rounds": 4, "start.standstill": True})
    assert reference.to_dict() == before
    pairs = zip(leaves(reference), leaves(other), strict=True)
    changed = {key for (key, old, _), (_, new, _) in pairs if old != new}
    assert changed == {"washington.affinity.tokyo", "rounds", "start.standstill"}
    assert reference.override({}) == reference


def test_changing_the_plain_copy_leaves_the_scenario_alone(reference: Scenario) -> None:
    plain = reference.to_dict()
    plain["tokyo"]["ladder"][0]["gain"] = 99
    plain["washington"]["welcome"][0] = 99
    assert reference.tokyo.ladder[0].gain == 0
    assert reference.washington.welcome[0] == 0


def test_a_scenario_is_frozen_and_hashes_its_numbers(reference: Scenario) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        reference.rounds = 3  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        reference.tokyo.stake = 3.0  # type: ignore[misc]
    assert reference == load()


def test_whole_numbers_become_floats_where_numbers_are_meant(reference: Scenario) -> None:
    scenario = reference.override({"tokyo.stake": 12, "tokyo_first": 1})
    assert isinstance(scenario.tokyo.stake, float)
    assert isinstance(scenario.tokyo_first, float)
    assert isinstance(scenario.rounds, int)


def test_errors_survive_pickling() -> None:
    error = pickle.loads(pickle.dumps(ParameterError("scenario.rounds", -1, "an integer, at least 1")))
    assert (error.key, error.value, error.allowed) == ("scenario.rounds", -1, "an integer, at least 1")
    assert "scenario.rounds: -1 is not allowed" in str(error)


def test_only_names_change_in_a_renamed_scenario(reference: Scenario) -> None:
    other = reference.override({"tokyo.name": "Athens", "washington.stances.convene.name": "host a summit"})
    assert other.display_name(Actor.TOKYO) == "Athens"
    assert other.display_name(Actor.WASHINGTON) == "Washington"
    assert other.stance_name(Stance.CONVENE) == "host a summit"
    assert [key for key, _, _ in leaves(other)] == [key for key, _, _ in leaves(reference)]


def test_notes_are_found_by_key_and_by_pattern() -> None:
    notes = {"tokyo.ladder[*].gain": ParameterNote(source="a", relative=0.5),
             "washington.stances.*.talks": ParameterNote(source="b", range=(0.0, 0.1)),
             "rounds": ParameterNote(source="c")}
    found = {key: note_for(notes, key) for key in NUMBERS}
    assert {note.source for note in found.values() if note} == {"a", "b", "c"}
    assert sum(note is not None for note in found.values()) == 6 + 5 + 1


def test_numbers_out_of_arrays_and_beyond_floats(reference: Scenario) -> None:
    changed = reference.override(
        {"rounds": np.int64(5), "start.standstill": np.bool_(True), "tokyo.stake": np.float32(2)})
    assert (changed.rounds, changed.start.standstill, changed.tokyo.stake) == (5, True, 2.0)
    assert type(changed.rounds) is int
    for key in ("rounds", "tokyo.stake", "tokyo.gain"):
        with pytest.raises(ParameterError):
            reference.override({key: 10**400})
    with pytest.raises(ParameterError):
        reference.override({"": 1})
