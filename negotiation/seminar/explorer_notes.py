"""What a number of the explorer means, how far it may plausibly lie elsewhere, and where the scenario has it from.

Meanings are the package's own declarations, ranges and sources those of the scenario file; nothing is written here. A
meaning is said in the language in force where it has been translated; sources stay as the file has them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from negotiation.parameters import ParameterNote, note_for
from negotiation.scenario import Scenario
from negotiation.sweep.columns import value_words
from negotiation.terms import language, say, terms
from negotiation.vocabulary import Actor


@dataclass(frozen=True)
class Note:
    """What stands behind a number.

    Attributes:
        meaning: what it is.
        foreign: whether the meaning stayed English in a page of another language.
        plausible: the range and the scenario's own value, in a sentence; empty for a behaviour's number.
        source: where the scenario's number comes from, in English; empty where its file does not say.
    """

    meaning: str
    foreign: bool = False
    plausible: str = ""
    source: str = ""


def note_of(scenario: Scenario, key: str, metadata: Mapping[str, Any], base: float | int | bool) -> Note:
    """The note on a number of a scenario.

    Args:
        scenario: whose file is asked.
        key: below ``scenario``.
        metadata: of the number's declaration.
        base: where the scenario has it.
    """
    found = note_for(scenario.documentation, key)
    ends = _ends(found, float(base))
    said = value_words(base)
    told = (say("The scenario has {base}.", base=said) if ends is None or isinstance(base, bool) else
            say("{low} to {high} is plausible; the scenario has {base}.", low=value_words(ends[0]),
                high=value_words(ends[1]), base=said))
    meaning, foreign = _said(str(metadata.get("doc", "")))
    for seat in Actor:  # declarations name the seats of the reference scenario
        usual, name = seat.key.capitalize(), scenario.display_name(seat)
        meaning = meaning.replace(usual, name) if foreign else meaning.replace(say(usual), say(name))
    return Note(meaning, foreign, told, found.source if found else "")


def behaviour_note(meaning: str) -> Note | None:
    """The note on a number of a behaviour; None where its name says all there is."""
    return Note(*_said(meaning)) if meaning else None


def _said(text: str) -> tuple[str, bool]:
    """A declaration's text as a sentence, and whether it is English among other words."""
    told = re.sub(r"`(\w+)`", r"“\1”", say(text))
    return told[:1].upper() + told[1:], language() != "en" and text not in terms()


def _ends(note: ParameterNote | None, base: float) -> tuple[float, float] | None:
    if note is None or note.range is not None:
        return note.range if note else None
    if note.relative is None:
        return None
    low, high = base * (1 - note.relative), base * (1 + note.relative)
    return min(low, high), max(low, high)


__all__ = ["Note", "behaviour_note", "note_of"]
