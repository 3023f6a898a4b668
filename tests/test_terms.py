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
from negotiation.seminar.explorer_why import share
from negotiation.seminar.telling import percent, percents
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


CONSONANT = ["이", "을", "은", "과", "으로"]
RIEUL = ["이", "을", "은", "과", "로"]
VOWEL = ["가", "를", "는", "와", "로"]
READ = {
    "워싱턴": CONSONANT, "1차 회담": CONSONANT, "서울": RIEUL, "도쿄": VOWEL, "상아르벤드": VOWEL,
    "0": CONSONANT, "1": RIEUL, "2": VOWEL, "3": CONSONANT, "4": VOWEL, "5": VOWEL, "6": CONSONANT, "7": RIEUL,
    "8": RIEUL, "9": VOWEL, "10": CONSONANT, "300": CONSONANT, "−0.57": RIEUL, "26 %": VOWEL, "∞": VOWEL,
    "한국(ROK)": CONSONANT, "미나 (agent)": VOWEL, "‘타결’": RIEUL, "‘협정(GSOMIA)’": CONSONANT,
    "EU": VOWEL, "GSOMIA": VOWEL, "QR": RIEUL, "IBM": CONSONANT, "Seoul": RIEUL, "Tokyo": VOWEL, "Westmark": VOWEL,
    "Washington": CONSONANT, "Hong Kong": CONSONANT, "Jack": CONSONANT, "Lena": VOWEL, "Chloé": VOWEL,
    "ソウル": VOWEL, "ワシントン": CONSONANT}


@pytest.mark.parametrize(("name", "forms"), READ.items(), ids=list(READ))
@pytest.mark.parametrize("marks", ["이(가) 을(를) 은(는) 과(와) (으)로", "(이)가 (을)를 (은)는 (과)와 (으)로",
                                   "가(이) 를(을) 는(은) 와(과) (으)로"])
def test_korean_particles_follow_the_sound_before_them(name: str, forms: list[str], marks: str,
                                                       monkeypatch: pytest.MonkeyPatch) -> None:
    template = " ".join("{name}" + mark for mark in marks.split())
    monkeypatch.setattr(terms, "terms", lambda: {"to try": {"ko": template}})
    with speaking("ko"):
        assert say("to try", name=name) == " ".join(name + form for form in forms)


def test_a_lone_word_in_brackets_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terms, "terms", lambda: {"to try": {"ko": "{name}이(가)"}})
    with speaking("ko"):
        assert [say("to try", name=name) for name in ("(서울)", "[도쿄]")] == ["(서울)이", "[도쿄]가"]


@pytest.mark.parametrize(("template", "told"), [
    ("{name}(이)라고", {"서울": "서울이라고", "도쿄": "도쿄라고"}),
    ("{name}(으)로서", {"서울": "서울로서", "경기": "경기로서", "미국": "미국으로서"})])
def test_what_follows_a_particle_stays_with_it(template: str, told: dict[str, str],
                                               monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terms, "terms", lambda: {"to try": {"ko": template}})
    with speaking("ko"):
        assert {name: say("to try", name=name) for name in told} == told


def test_a_particle_stays_open_where_the_reading_is_not_known_and_in_what_people_wrote(
        monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"to try": {"ko": "{name}이(가) {what}(으)로", "ja": "{name}이(가)"}, "no value": {"ko": "서울이(가)"}}
    monkeypatch.setattr(terms, "terms", lambda: told)
    with speaking("ko"):
        assert say("to try", name="東京", what="–") == "東京이(가) –(으)로"
        assert say("to try", name="", what="☂") == "이(가) ☂(으)로"
        assert say("to try", name="미나을(를)", what="{what}이(가) 물") == "미나을(를)이 {what}이(가) 물로"
        assert say("no value") == "서울이"
        assert say("not in the file 이(가) {name}", name="서울") == "not in the file 이(가) 서울"
    with speaking("ja"):
        assert say("to try", name="서울") == "서울이(가)"
    assert say("{name}이(가)", name="서울") == "서울이(가)"


def test_no_korean_text_names_one_form_of_a_particle_after_what_is_filled_in() -> None:
    # A noun without a particle, 에, 의 and 도 fit every word; 이, 은, 로 and their like do not.
    alone = re.compile(r"\}[’”\"' ]?(?:이|가|을|를|은|는|과|와|로|으로|라고|이라고)(?![가-힣(])")
    fixed = {text: told["ko"] for text, told in terms.terms().items() if alone.search(told["ko"])}
    assert not fixed


@pytest.mark.parametrize(("key", "ja", "ko"), [
    ("scenario.washington.attention", "ワシントン：関与の費用（利得/労力）", "워싱턴: 관여 비용(보수/노력)"),
    ("scenario.washington.stances.press_tokyo.pressure_seoul", "ワシントン：東京に圧力、ソウルへの圧力",
     "워싱턴: 도쿄 압박, 서울에 대한 압력"),
    ("scenario.tokyo.ladder[3].harm", "東京：段階 3、相手への損害（利得/ラウンド）",
     "도쿄: 단계 3, 상대의 손해(보수/라운드)"),
    ("policy.seoul", "ソウル：方策", "서울: 정책"), ("scenario.tokyo_first", "東京が先手（確率）", "도쿄 선수(확률)")])
def test_keys_are_told_in_every_language(key: str, ja: str, ko: str) -> None:
    for language, said in (("ja", ja), ("ko", ko)):
        with speaking(language):
            assert key_words(key, unit=True) == said


@pytest.mark.parametrize(("language", "whole", "small", "both", "one_decimal"), [
    ("en", "26 %", "0.4 %", "0.4–26 %", "25.6\N{NO-BREAK SPACE}%"), ("ja", "26%", "0.4%", "0.4–26%", "25.6%"),
    ("ko", "26%", "0.4%", "0.4–26%", "25.6%")])
def test_percent_stands_as_the_language_writes_it(language: str, whole: str, small: str, both: str,
                                                  one_decimal: str) -> None:
    with speaking(language):
        assert (percent(0.256), percent(0.004), percents(0.004, 0.256), share(0.256)) == (
            whole, small, both, one_decimal)


def test_brackets_are_full_width_in_japanese_beside_japanese() -> None:
    kana = "[\u3040-\u30ff\u4e00-\u9fff]"
    mixed = re.compile(rf"{kana} ?\(|\) ?{kana}|\({kana}|{kana}\)|{kana}[:,;](?! キー)")
    allowed = "One treatment a line, `name: key=value; key=value`; each table gets one at random, all equally often."
    assert not [told["ja"] for text, told in terms.terms().items()
                if mixed.search(told["ja"]) and not text.startswith(allowed)]


def test_nobody_is_called_by_a_blunt_word_and_ranges_are_legible_in_korean() -> None:
    assert not [told["ko"] for told in terms.terms().values()
                if "당신" in told["ko"] or re.search(r"\}~|~\{|\d주차|\}주차", told["ko"])]


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
