"""Words for people in English, Japanese and Korean, from one file: ``terms.yaml`` beside this module.

The English text itself is the key, as in gettext, so that a figure's source reads as the figure does:
``say("Share of disputes")``. Words that change stand in braces, in every language: ``say("episode {number}",
number=7)``. A text that the file does not hold, such as a name from one's own scenario, stays as it is.

A Korean particle changes with the sound before it, which only the filled-in word decides: the file writes both of its
forms, as ``{name}이(가)``, and `say` keeps the right one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = ("en", "ja", "ko")
FILE = Path(__file__).with_name("terms.yaml")

# A particle as the file writes it, in either order: to the form after a consonant and the form after a vowel.
PARTICLES = {mark: forms for forms in (("이", "가"), ("을", "를"), ("은", "는"), ("과", "와"))
             for mark in ("{}({})".format(*forms), "{1}({0})".format(*forms), "({}){}".format(*forms))}
PARTICLES |= {"(으)로": ("으로", "로"), "(이)": ("이", "")}
_PARTICLE = re.compile("|".join(map(re.escape, PARTICLES)))
_BRACKET = re.compile(r"(?<=\S)\s*[(（\[［][^()（）\[\]［］]*[)）\]］]$", re.DOTALL)
_QUOTES = "'\"’”」』》〉 "  # not read aloud, nor is a bracket at the end
_FINALS = {"0": "ㅇ", "1": "ㄹ", "3": "ㅁ", "6": "ㄱ", "7": "ㄹ", "8": "ㄹ"}  # 영 일 삼 육 칠 팔; so do 십, 백, 만
_LETTERS = {"L": "ㄹ", "M": "ㅁ", "N": "ㄴ", "R": "ㄹ"}  # 엘, 엠, 엔, 알: the letters whose names close
_WORD = re.compile("[^\\W\\d_]+$")
_CLOSED = re.compile("(?:[mn]|ng|(?:^|[^aeiouy])[aeiou](?:b|ck?|k|p|t))$")  # 톰, 런던, 홍콩, 웹, 잭, 로봇

_language: ContextVar[str] = ContextVar("language", default="en")


def language() -> str:
    """The language in force, one of `LANGUAGES`."""
    return _language.get()


@contextmanager
def speaking(chosen: str) -> Iterator[None]:
    """Put a language in force inside the block.

    Args:
        chosen: one of `LANGUAGES`.

    Raises:
        ValueError: the language is not known.
    """
    if chosen not in LANGUAGES:
        raise ValueError(f"language: {chosen!r} is not allowed; allowed: {', '.join(LANGUAGES)}")
    token = _language.set(chosen)
    try:
        yield
    finally:
        _language.reset(token)


def say(text: str, /, **values: object) -> str:
    """A text in the language in force.

    Args:
        text: the English text, with names in braces for what changes.
        values: by those names.

    Returns:
        The translation where the term file has one, else the English text, values filled in.
    """
    told = text if _language.get() == "en" else terms().get(text, {}).get(_language.get(), text)
    if _language.get() == "ko" and told is not text and _PARTICLE.search(told):
        return _with_particles(told, values)
    return told.format(**values) if values else told


def _with_particles(told: str, values: dict[str, object]) -> str:
    """A Korean text, filled in, with its own particles chosen; what is filled in stays as it is."""
    text, start = "", 0
    for mark in _PARTICLE.finditer(told):
        piece = told[start:mark.start()]
        text += piece.format(**values) if values else piece
        text += _form(mark.group(), text)
        start = mark.end()
    rest = told[start:]
    return text + (rest.format(**values) if values else rest)


def _form(mark: str, before: str) -> str:
    """The form of a particle after a text; the mark itself where nobody can tell how the text is read."""
    final = _final(before)
    if final is None:
        return mark
    closed, opened = PARTICLES[mark]
    return opened if not final or (final == "ㄹ" and mark == "(으)로") else closed


def _final(text: str) -> str | None:
    """How a text ends when read aloud in Korean.

    Returns:
        "ㄹ" as such, another consonant as any consonant, "" for a vowel, None if it cannot be told (a Chinese
        character, a sign).
    """
    read = _BRACKET.sub("", text.rstrip(_QUOTES)).rstrip(_QUOTES + ")）]］")
    if not read:
        return None
    last = read[-1]
    if "가" <= last <= "힣":
        final = (ord(last) - ord("가")) % 28
        return "" if not final else "ㄹ" if final == 8 else "ㄱ"
    if last.isascii() and last.isdigit():
        return _FINALS.get(last, "")
    if last in "%％∞":  # 퍼센트, 무한대
        return ""
    if "ぁ" <= last <= "ヿ":
        return "ㄴ" if last in "んン" else ""
    word = _WORD.search(read)
    if word is None or "LATIN" not in unicodedata.name(last, ""):
        return None
    if word.group().isupper():  # spelt out, as GSOMIA's letters or one's initials
        return _LETTERS.get(last, "")
    return "ㄹ" if last == "l" else "ㄴ" if _CLOSED.search(word.group().lower()) else ""


@cache
def terms() -> dict[str, dict[str, str]]:
    """English text to language to text."""
    import yaml

    loaded: Any = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return {str(text): dict(told) for text, told in loaded.items()}


__all__ = ["FILE", "LANGUAGES", "PARTICLES", "language", "say", "speaking", "terms"]
