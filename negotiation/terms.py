"""Words for people in English, Japanese and Korean, from one file: ``terms.yaml`` beside this module.

The English text itself is the key, as in gettext, so that a figure's source reads as the figure does:
``say("Share of disputes")``. Words that change stand in braces, in every language: ``say("episode {number}",
number=7)``. A text that the file does not hold, such as a name from one's own scenario, stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = ("en", "ja", "ko")
FILE = Path(__file__).with_name("terms.yaml")

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
    return told.format(**values) if values else told


@cache
def terms() -> dict[str, dict[str, str]]:
    """English text to language to text."""
    import yaml

    loaded: Any = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return {str(text): dict(told) for text, told in loaded.items()}


__all__ = ["FILE", "LANGUAGES", "language", "say", "speaking", "terms"]
