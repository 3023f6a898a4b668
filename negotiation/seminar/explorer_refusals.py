"""What the explorer refuses, in one line of the reader's language.

The package's refusals are English and name a key of the configuration. Here the key becomes the name that people read
on the sliders, and what is allowed is said in the language in force; in English a refusal stays as it is. The teacher's
pages say what is allowed in the same words (`negotiation.seminar.web.teacher_words`).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from negotiation.parameters import ParameterError
from negotiation.solve import TooLargeError
from negotiation.sweep.columns import key_words
from negotiation.terms import language, say

# What is allowed, as the package says it, and the text that says it in every language; the first that fits is said.
ALLOWED: list[tuple[re.Pattern[str], str]] = [(re.compile(pattern, re.DOTALL), text) for pattern, text in (
    (r"a number (?:in )?\((?P<low>\S+), (?P<high>\S+)\](?:, or null)?", "a number above {low}, at most {high}"),
    (r"a number (?:from )?(?P<low>\S+) to (?P<high>\S+)(?:, or null)?", "a number from {low} to {high}"),
    (r"a number (?:in )?\[(?P<low>\S+), (?P<high>\S+)\](?:, or null)?", "a number from {low} to {high}"),
    (r"a number, at least (?P<low>\S+)(?: or inf)?", "a number, at least {low}"),
    (r"a number, finite", "any number"),
    (r"an integer (?:from )?(?P<low>\S+) to (?P<high>2\^\d+ - 1|\S+)(?:, or null)?",
     "a whole number from {low} to {high}"),
    (r"an integer (?:in )?\[(?P<low>\S+), (?P<high>\S+)\](?:, or null)?", "a whole number from {low} to {high}"),
    (r"an integer, at least (?P<low>\S+)", "a whole number, at least {low}"),
    (r"true or false", "yes or no"),
    (r"(?:one of|the settings|the keys(?! scenario\.\*)) (?P<names>.+)", "one of {names}"),
    (r"a key of the scenario that holds a number", "a number of the scenario"),
    (r"two different keys of the scenario that hold a number", "two different numbers of the scenario"),
    (r"a position from (?P<low>\d+) to (?P<high>\d+)", "a position from {low} to {high}"),
    (r"each key once", "each key once"),
    (r"at most (?P<count>\d+) letters", "at most {count} letters"),
    (r"at most (?P<count>\d+) KB", "at most {count} KB"),
    (r"at most (?P<count>\d+) (?:together )?for a class", "at most {count} for a class"),
    (r"at most (?P<high>\S+) together in the explorer", "at most {high} together"),
    (r"at most (?P<high>.+)", "at most {high}"),
    (r"names of 1 to (?P<count>\d+) letters", "names of 1 to {count} letters"),
    (r"one to (?P<count>\d+) with different names", "one to {count} with different names"),
    (r"one to three different seats", "one to three different seats"),
    (r"lines such as `(?P<example>.+)`", "lines such as `{example}`"),
    (r"the keys scenario\.\* and policy\.SEAT", "the keys scenario.* and policy.SEAT"),
    (r"ladders of as many rungs for all", "ladders of as many rungs for all"),
    (r"values of the kinds that the page offers", "values of the kinds that the page offers"),
    (r"shipped scenarios: (?P<names>.+)", "shipped scenarios: {names}"),
    (r"a whole link; .*", "a whole link; the scenario in this one cannot be read, open its file again"),
    (r"readable YAML \((?P<reason>.*)\)", "readable YAML ({reason})"),
    (r"values written out, without YAML aliases", "values written out, without YAML aliases"),
    (r"a YAML mapping of the keys of a scenario", "a YAML mapping of the keys of a scenario"),
)]


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
        if (found := pattern.fullmatch(text)) is not None:
            return say(words, **found.groupdict())
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


__all__ = ["ALLOWED", "allowed", "refusal"]
