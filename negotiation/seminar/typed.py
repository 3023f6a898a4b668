"""Text that people type: names, notes and messages, made one line that can be read."""

from __future__ import annotations

import re
from unicodedata import category, normalize

LONGEST_TYPED = 2000  # letters that are looked at of whatever is sent
BLANK = "\u115f\u1160\u2800\u3164\uffa0"  # letters that show as nothing
PILED = re.compile("([\u0300-\u036f\u20d0-\u20ff]{3})[\u0300-\u036f\u20d0-\u20ff]+")  # combining marks


def clean(text: str, most: int) -> str:
    """Text as typed, in one line, at most so long, without what cannot be seen; empty if nothing else is in it.

    Control characters, marks that turn the direction of writing and letters of no width go, as do accents piled on one
    letter. Markup stays text: pages escape it.
    """
    plain = "".join(letter if letter.isprintable() and letter not in BLANK else " "
                    for letter in normalize("NFC", str(text)[:LONGEST_TYPED]))
    plain = PILED.sub(r"\1", " ".join(plain.split()))[:most].rstrip()
    return plain if any(category(letter)[0] in "LNPS" for letter in plain) else ""


__all__ = ["clean"]
