"""Breaking names into lines, in scripts with and without spaces.

Lengths are counted in small letters: an East Asian wide character (Unicode Standard Annex 11) counts as two.
Words in Latin letters and in Hangul break at spaces. Japanese has none: its lines break between any two
characters, except that no line begins with a closing mark or a small kana, none ends with an opening bracket,
and short runs of katakana, numbers and Latin letters stay together (the main rules of JIS X 4051).
"""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterator

CLOSING = "、。，．・：；？！）］｝」』】〉》”’ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々％,.:;?!)]}%"
OPENING = "（［｛「『【〈《“‘([{"
KATAKANA_RUN = 6  # letters; longer ones may break
_HANGUL = re.compile(r"[ᄀ-ᇿ㄰-㆏가-힣]")
_UNITS = re.compile(rf"[ァ-ヺー]{{1,{KATAKANA_RUN}}}|[^\W぀-ヿ㐀-鿿豈-﫿]+|.")


def letters_in(text: str) -> int:
    """How many small letters a line is long: wide characters count as two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def initial(name: str) -> str:
    """A name with a capital first letter."""
    return name[:1].upper() + name[1:]


def lines_of(text: str) -> int:
    """Number of lines of a wrapped name."""
    return text.count("\n") + 1


def wrap(text: str, width: int, even: bool = True) -> str:
    """A name over as many lines of at most ``width`` small letters as it needs; nothing is cut.

    Args:
        text: the name.
        width: of a line, small letters.
        even: whether lines become as short as their number allows, so that no word stands alone on the last one;
            False for paragraphs. Lines without spaces always do.
    """
    if letters_in(text) == len(text):
        filled = textwrap.wrap(text, width)
        if even and len(filled) > 1:
            least = max(width // 2, *(len(word) for line in filled for word in line.split()))
            made = (textwrap.wrap(text, narrower) for narrower in range(least, width))
            filled = next((lines for lines in made if len(lines) == len(filled)), filled)
        return "\n".join(filled) or text
    pieces = list(_pieces(text))
    lines = _filled(pieces, width)
    # As many lines, evenly long: a character alone on the last one reads badly.
    least = max([width // 2, *(letters_in(piece) for _, piece in pieces)])
    narrower = min((fit for fit in range(least, width) if len(_filled(pieces, fit)) == len(lines)), default=width)
    return "\n".join(_filled(pieces, narrower)) or text


def _filled(pieces: list[tuple[str, str]], width: int) -> list[str]:
    lines = [""]
    for space, piece in pieces:
        parts = [piece] if letters_in(piece) <= width else list(piece)  # no line holds it whole: break anywhere
        for number, part in enumerate(parts):
            gap = space if number == 0 and lines[-1] else ""
            if lines[-1] and letters_in(lines[-1] + gap + part) > width:
                lines.append(part)
            else:
                lines[-1] += gap + part
    return lines


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """What no line breaks inside of, each with the space before it."""
    for word in text.split():
        pieces: list[str] = []
        for unit in [word] if _HANGUL.search(word) else _UNITS.findall(word):
            if pieces and (unit[0] in CLOSING or pieces[-1][-1] in OPENING):
                pieces[-1] += unit
            else:
                pieces.append(unit)
        yield from ((" " if number == 0 else "", piece) for number, piece in enumerate(pieces))


__all__ = ["initial", "letters_in", "lines_of", "wrap"]
