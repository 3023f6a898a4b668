"""What the teacher's pages call things, and what they say is wrong in the form, in the language in force."""

from __future__ import annotations

import re
from collections.abc import Mapping

from negotiation.parameters import ParameterError
from negotiation.seminar.play import ENDED, PAUSED, PLAYING, WAITING
from negotiation.terms import say

PHASES = {WAITING: "Waiting to begin", PLAYING: "Playing", PAUSED: "Paused", ENDED: "Ended"}

# What a key of the settings is called on the form.
LABELS = {
    "seats": "Seats", "share": "Students a seat", "weeks": "Weeks to play", "title": "Title of the class (optional)",
    "seconds": "Time for each move; then agents move", "treatments": "Treatments",
    "scenario file": "Scenario file", "settings": "Settings",
    "absent": "Without an open page, agents play after", "language": "Language of the students' pages",
}
# What is allowed, as errors say it, and the text that says it in every language.
ALLOWED = [(re.compile(pattern), text) for pattern, text in (
    (r"an integer (?:from (?P<low>\S+) to (?P<high>\S+)|in \[(?P<from_>\S+), (?P<to>\S+)\])(?:, or null)?",
     "a whole number from {low} to {high}"),
    (r"a number (?:from (?P<low>\S+) to (?P<high>\S+)|in [\[(](?P<from_>\S+), (?P<to>\S+)\])(?:, or null)?",
     "a number from {low} to {high}"),
    (r"a number, at least (?P<low>\S+)(?: or inf)?", "a number, at least {low}"),
    (r"one of (?P<names>.+)", "one of {names}"),
    (r"at most (?P<count>\d+) letters", "at most {count} letters"),
    (r"names of 1 to (?P<count>\d+) letters", "names of 1 to {count} letters"),
    (r"one to (?P<count>\d+) with different names", "one to {count} with different names"),
    (r"one to three different seats", "one to three different seats"),
    (r"lines such as `(?P<example>.+)`", "lines such as `{example}`"),
    (r"the keys scenario\.\* and policy\.SEAT", "the keys scenario.* and policy.SEAT"),
    (r"ladders of as many rungs for all", "ladders of as many rungs for all"),
    (r"values of the kinds that the page offers", "values of the kinds that the page offers"),
    (r"at most (?P<count>\d+) KB", "at most {count} KB"),
    (r"readable YAML \((?P<reason>.*)\)", "readable YAML ({reason})"),
    (r"a YAML mapping of the keys of a scenario", "a YAML mapping of the keys of a scenario"),
    (r"at most (?P<count>\d+) (?:together )?for a class", "at most {count} for a class"),
    (r"shipped scenarios: (?P<names>.+)", "shipped scenarios: {names}"),
)]


def refusal(error: ParameterError) -> str:
    """One line that names the field or key, what was given and what is allowed.

    Keys of a scenario and values stay as they are: they are what the teacher has typed, and must find again.
    """
    given = "" if error.value is None else str(error.value) if isinstance(error.value, str) else repr(error.value)
    label = LABELS.get(error.key)
    return say("{key}: {value} is not allowed; allowed: {allowed}", key=error.key if label is None else say(label),
               value=say("nothing") if given in ("", "[]", "()") else given, allowed=_allowed(error.allowed))


def _allowed(text: str) -> str:
    for pattern, told in ALLOWED:
        if (found := pattern.fullmatch(text)) is not None:
            return say(told, **_filled(found.groupdict())) if "{" in told else say(told)
    return text


def _filled(found: Mapping[str, str | None]) -> dict[str, str]:
    """The parts of a match by the names that the texts have."""
    names = {"from_": "low", "to": "high"}
    return {names.get(name, name): value for name, value in found.items() if value is not None}


__all__ = ["LABELS", "PHASES", "refusal"]
