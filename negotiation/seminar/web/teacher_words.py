"""What the teacher's pages call things, and what they say is wrong in the form, in the language in force."""

from __future__ import annotations

from negotiation.parameters import ParameterError
from negotiation.seminar.explorer_refusals import ALLOWED, allowed
from negotiation.seminar.people import ENDED, PAUSED, PLAYING, WAITING
from negotiation.terms import say

PHASES = {WAITING: "Waiting to begin", PLAYING: "Playing", PAUSED: "Paused", ENDED: "Ended"}

# What a key of the settings is called on the form.
LABELS = {
    "seats": "Seats", "share": "Students a seat", "weeks": "Weeks to play", "title": "Title of the class (optional)",
    "seconds": "Time for each move; then agents move", "treatments": "Treatments",
    "scenario file": "Scenario file", "settings": "Settings",
    "absent": "Without an open page, agents play after", "language": "Language of the students' pages",
}


def students(count: int) -> str:
    """How many students."""
    return say("1 student") if count == 1 else say("{count} students", count=count)


def refusal(error: ParameterError) -> str:
    """One line that names the field or key, what was given and what is allowed.

    Keys of a scenario and values stay as they are: they are what the teacher has typed, and must find again.
    """
    given = "" if error.value is None else str(error.value) if isinstance(error.value, str) else repr(error.value)
    label = LABELS.get(error.key)
    return say("{key}: {value} is not allowed; allowed: {allowed}", key=error.key if label is None else say(label),
               value=say("nothing") if given in ("", "[]", "()") else given, allowed=allowed(error.allowed))


__all__ = ["ALLOWED", "LABELS", "PHASES", "refusal", "students"]
