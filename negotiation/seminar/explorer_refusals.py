"""What the explorer refuses, in one line of the reader's language.

The package's refusals are English and name a key of the configuration. Here the key becomes the name that people read
on the sliders, and what is allowed is said in the language in force; in English a refusal stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from negotiation.parameters import ParameterError
from negotiation.solve import TooLargeError
from negotiation.sweep.columns import key_words
from negotiation.terms import language, say

NUMBER = r"(-?[\d.]+(?:e[+-]?\d+)?)"
# What is allowed, as the package says it, and how it is said; what fits none stays English.
ALLOWED: tuple[tuple[str, str], ...] = (
    (rf"a number(?: in| from)? ?\[?{NUMBER}(?:,| to) {NUMBER}\]?(?:, or null)?", "a number from {} to {}"),
    (rf"a number in \({NUMBER}, {NUMBER}\]", "a number above {}, at most {}"),
    (rf"a number, at least {NUMBER}(?: or inf)?", "a number, at least {}"),
    (r"a number, finite", "any number"),
    (rf"an integer(?: in| from)? ?\[?{NUMBER}(?:,| to) {NUMBER}\]?(?:, or null)?", "a whole number from {} to {}"),
    (rf"an integer, at least {NUMBER}", "a whole number, at least {}"),
    (r"an integer from (0) to (2\^\d+ - 1)", "a whole number from {} to {}"),
    (r"true or false", "yes or no"),
    (r"one of (.*)", "one of {}"),
    (r"(?:the keys|the settings) (.*)", "one of {}"),
    (r"a key of the scenario that holds a number", "a number of the scenario"),
    (r"two different keys of the scenario that hold a number", "two different numbers of the scenario"),
    (r"a position from (\d+) to (\d+)", "a position from {} to {}"),
    (r"each key once", "each key once"),
    (rf"at most {NUMBER} together in the explorer", "at most {} together"),
    (r"at most (.+)", "at most {}"),
    (r"a whole link; .*", "a whole link; the scenario in this one cannot be read, open its file again"),
    (r"readable YAML .*", "a readable YAML file"),
    (r"values written out, without YAML aliases", "values written out, without YAML aliases"),
    (r"a YAML mapping of the keys of a scenario", "a YAML mapping of the keys of a scenario"),
)


def refusal(error: Exception) -> str:
    """A refusal in one line, in the language in force."""
    if language() == "en":
        return str(error)
    if isinstance(error, TooLargeError):
        return say("This setting is too large to be computed.")
    if not isinstance(error, ParameterError):
        return say(str(error))
    return say("{key}: {value} is not allowed; allowed: {allowed}", key=_named(error.key), value=repr(error.value),
               allowed=allowed(error.allowed))


def allowed(text: str) -> str:
    """What is allowed, in the language in force; as it is where no word for it is known."""
    for pattern, words in ALLOWED:
        if found := re.fullmatch(pattern, text, re.DOTALL):
            told = say(words)
            for part in found.groups():
                told = told.replace("{}", part, 1)
            return told
    return say(text)


def _named(key: str) -> str:
    """A key as people read it; parts that are none stay what they are."""
    name: Callable[[str], str] = key_words
    if " and " in key:
        return ", ".join(map(_named, key.split(" and ")))
    try:
        return name(key)
    except (ParameterError, ValueError, KeyError, IndexError):
        return key


__all__ = ["allowed", "refusal"]
