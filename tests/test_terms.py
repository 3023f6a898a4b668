"""The term file: every text of a figure is in it, in every language, and nothing else is."""

from __future__ import annotations

import ast
import dataclasses
import re
import string
import typing
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from negotiation import terms
from negotiation.behaviours import behaviours_for
from negotiation.library import scenario_names, scenario_values
from negotiation.outcomes import words
from negotiation.parameters import field_types
from negotiation.plots import sensitivity
from negotiation.scenario import Scenario
from negotiation.sweep.columns import QUANTITIES, UNITLESS, key_words, part_words, quantity_words, value_words
from negotiation.sweep.rows import RESULTS
from negotiation.terms import say, speaking
from negotiation.vocabulary import Actor, Move, Outcome, Stance

ROOT = Path(__file__).parents[1]
SOURCES = sorted([*(ROOT / "negotiation").rglob("*.py"), *(ROOT / "experiments").glob("*.py")])
OTHERS = [language for language in terms.LANGUAGES if language != "en"]
SILENT = {"documentation", "ladder", "name", "notes", "source", "stances", "title"}


def trees(paths: list[Path]) -> Iterator[tuple[Path, ast.Module]]:
    for path in paths:
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def said_in(tree: ast.Module) -> Iterator[str]:
    """The literal texts of all calls of `say`."""
    for node in ast.walk(tree):
        if (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say" and node.args
                and isinstance(node.args[0], ast.Constant)):
            yield node.args[0].value


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


LITERALS = sorted({(path.name, text) for path, tree in trees(SOURCES) for text in said_in(tree)})


def test_there_is_something_to_check() -> None:
    assert ("fan.py", "Share of all disputes") in LITERALS
    assert len(LITERALS) > 40


@pytest.mark.parametrize(("where", "text"), LITERALS, ids=[text[:30] for _, text in LITERALS])
def test_every_text_of_a_figure_is_translated(where: str, text: str) -> None:
    assert text in terms.terms(), f"{where} says {text!r}, which terms.yaml lacks"


def test_every_entry_has_all_languages_and_the_same_placeholders() -> None:
    for text, told in terms.terms().items():
        assert set(told) == set(OTHERS), text
        for language, translation in told.items():
            assert translation.strip(), (text, language)
            assert placeholders(translation) == placeholders(text), (text, language)
            assert "\n" not in translation


def test_no_entry_stands_twice() -> None:
    # YAML itself lets the last one win, in silence.
    node = yaml.compose(terms.FILE.read_text(encoding="utf-8"))
    keys = [key.value for key, _ in node.value]
    assert sorted(keys) == sorted(set(keys))


def _scenario_texts() -> set[str]:
    """The title and all names of the shipped scenarios, and what the scenarios are called."""
    found = {name.replace("_", " ") for name in scenario_names()}

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            found.update(str(value) for key, value in node.items() if key in ("name", "title"))
            for key, value in node.items():
                if key != "documentation":
                    walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    for name in scenario_names():
        values = scenario_values(name)
        walk({key: value for key, value in values.items() if key != "name"})
    return found


def _parameters() -> Iterator[dataclasses.Field[Any]]:
    def walk(node: type) -> Iterator[dataclasses.Field[Any]]:
        for item in dataclasses.fields(node):
            yield item
            hint = field_types(node)[item.name]
            inner = typing.get_args(hint)[0] if typing.get_origin(hint) is tuple else hint
            if dataclasses.is_dataclass(inner):
                yield from walk(typing.cast(type, inner))

    return walk(Scenario)


@cache
def vocabulary() -> set[str]:
    """All texts that are said without standing in the source as they are."""
    found = {words(word.key) for kind in (Outcome, Move, Stance, Actor) for word in kind}
    found |= {part_words(item.name) for item in _parameters() if item.name not in SILENT | set(Actor.keys())}
    found |= {item.metadata["unit"] for item in _parameters()} - {*UNITLESS}
    found |= {name.replace("_", " ") for seat in Actor for name in behaviours_for(seat)}
    found |= {label for series in sensitivity.SERIES.values() for _, label, _ in series}
    found |= {words(name) for name in RESULTS
              if not name.startswith((*QUANTITIES, "low_", "high_", "error", "exact", "wall_time"))} - {"Episodes"}
    return found | set(QUANTITIES.values()) | _scenario_texts()


@pytest.mark.parametrize("text", sorted(vocabulary()))
def test_the_vocabulary_is_translated(text: str) -> None:
    assert text in terms.terms()


def test_no_entry_is_unused() -> None:
    strings = {node.value for _, tree in trees(SOURCES) for node in ast.walk(tree)
               if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    unused = set(terms.terms()) - strings - vocabulary()
    assert not unused, f"terms.yaml holds what nothing says: {sorted(unused)}"


# ------------------------------------------------------------------------------------- saying


def test_a_text_is_said_in_the_language_in_force() -> None:
    assert say("Week") == "Week"
    with speaking("ja"):
        assert say("Week") == "週"
        with speaking("ko"):
            assert say("Week") == "주"
        assert say("Week") == "週"
    assert say("Week") == "Week"


def test_values_are_filled_in_and_unknown_texts_stay() -> None:
    with speaking("ja"):
        assert say("How the dispute stands after {rounds} weeks", rounds=26) == "26週間後の紛争の状態"
        assert say("Tolls of {5} barges") == "Tolls of {5} barges"
    with pytest.raises(ValueError, match="language: 'fr' is not allowed; allowed: en, ja, ko"), speaking("fr"):
        pass


@pytest.mark.parametrize(("key", "ja", "ko"), [
    ("scenario.washington.attention", "ワシントン: 関与の費用 (利得/労力)", "워싱턴: 관여 비용 (보수/노력)"),
    ("scenario.washington.stances.press_tokyo.pressure_seoul", "ワシントン: 東京に圧力, ソウルへの圧力",
     "워싱턴: 도쿄 압박, 서울에 대한 압력"),
    ("scenario.tokyo.ladder[3].harm", "東京: 段階 3, 相手への損害 (利得/ラウンド)",
     "도쿄: 단계 3, 상대의 손해 (보수/라운드)"),
    ("policy.seoul", "ソウル: 方策", "서울: 정책"), ("scenario.tokyo_first", "東京が先手 (確率)", "도쿄 선수 (확률)")])
def test_keys_are_told_in_every_language(key: str, ja: str, ko: str) -> None:
    for language, said in (("ja", ja), ("ko", ko)):
        with speaking(language):
            assert key_words(key, unit=True) == said


def test_names_of_another_dispute_stand_in_translated_sentences() -> None:
    with speaking("ja"):
        assert quantity_words("payoff_tokyo", {"tokyo": "Westmark"}) == "Westmarkの利得"
        assert quantity_words("probability_settlement") == "解決の確率"
        assert value_words("honest_broker") == "公正な仲介者"
        assert value_words("my_own") == "my own"


def test_no_parameter_of_a_scenario_is_told_in_english() -> None:
    for item in _parameters():
        if item.name not in SILENT | set(Actor.keys()):
            for language in OTHERS:
                with speaking(language):
                    assert not re.search("[A-Za-z]{2}", key_words(f"scenario.{item.name}", unit=True)), item.name
