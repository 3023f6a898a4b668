"""Finding fonts with the glyphs of a language.

Fonts that come as packages (the extra ``fonts``) are taken first, so that a figure looks the same on every
machine that has them, then fonts of the system. The packages are never imported, as importing them changes
matplotlib's settings. A font counts only if it holds every character of the language's texts in the term
file that the Latin font lacks: what is drawn never shows boxes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from matplotlib import font_manager
from matplotlib.ft2font import FT2Font

from negotiation.terms import terms

LATIN = "DejaVu Sans"  # comes with matplotlib
PACKAGED = {
    "ja": ("matplotlib_fontja", ("ipaexg.ttf",)),
    "ko": ("koreanize_matplotlib", ("NanumGothic.ttf", "NanumGothicBold.ttf")),
}
SYSTEM = {
    "ja": ("Noto Sans CJK JP", "Noto Sans JP", "Source Han Sans JP", "IPAexGothic", "IPAGothic", "Hiragino Sans",
           "Hiragino Kaku Gothic ProN", "Hiragino Maru Gothic Pro", "Yu Gothic", "Meiryo", "MS Gothic", "TakaoGothic",
           "VL Gothic", "Droid Sans Fallback", "Arial Unicode MS"),
    "ko": ("Noto Sans CJK KR", "Noto Sans KR", "Source Han Sans KR", "NanumGothic", "NanumBarunGothic",
           "Apple SD Gothic Neo", "AppleGothic", "Malgun Gothic", "Gulim", "UnDotum", "Baekmuk Gulim",
           "Noto Sans CJK JP", "Droid Sans Fallback", "Arial Unicode MS"),
}
REGULAR, BOLD = 400, 700
NAMES = {"ja": "Japanese", "ko": "Korean"}


def families(language: str) -> list[str]:
    """The font families that draw a language, for ``font.family``: Latin letters first, then what they lack.

    Without a font that has the language's glyphs this is the Latin font alone; `missing_font` tells.
    """
    found = _found(language)
    return [LATIN, found] if found else [LATIN]


def missing_font(language: str) -> str:
    """What to tell a user whose machine has no font for a language, in one line; empty where all is well."""
    if language not in SYSTEM or _found(language):
        return ""
    return (f"no font with the characters of {NAMES[language]} was found, labels are in English: pip install "
            f"'negotiation[fonts]', or install a font such as {SYSTEM[language][0]}")


@cache
def has_bold(language: str) -> bool:
    """Whether the fonts that draw a language all have bold letters."""
    files = [{font_manager.findfont(font_manager.FontProperties(family=[family], weight=weight))
              for weight in (REGULAR, BOLD)} for family in families(language)]
    return all(len(pair) == 2 for pair in files)


@cache
def _found(language: str) -> str | None:
    """The family to use for a language beside the Latin one; None if there is none, or no need."""
    if language not in SYSTEM:
        return None
    needed = _needed(language)
    for family, path, face in _candidates(language):
        try:
            options: dict[str, Any] = {"face_index": face} if face else {}  # new in matplotlib 3.11
            if needed <= FT2Font(path, **options).get_charmap().keys():
                return family
        except (OSError, RuntimeError):  # a damaged file, or one that has gone since matplotlib listed it
            continue
    return None


def _needed(language: str) -> set[int]:
    """The characters of a language's texts that the Latin font has no glyph for."""
    said = {ord(letter) for told in terms().values() for letter in told.get(language, "")}
    return said - FT2Font(font_manager.findfont(LATIN)).get_charmap().keys() - {ord("\n")}


def _candidates(language: str) -> Iterator[tuple[str, str, int]]:
    """Family, file and face of the fonts to try, the best first."""
    package, files = PACKAGED[language]
    spec = find_spec(package)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        paths = [path for path in (Path(folder) / "fonts" / file for file in files) if path.is_file()]
        if paths:
            yield _add(paths), str(paths[0]), 0
    for family in SYSTEM[language]:
        for entry in font_manager.fontManager.ttflist:
            if entry.name == family:
                yield family, entry.fname, getattr(entry, "index", 0)


def _add(paths: list[Path]) -> str:
    """Make matplotlib know a packaged font, regular and (if there is a second file) bold; returns its family."""
    known = font_manager.fontManager.ttflist
    for path, weight in zip((paths[0], paths[-1]), (REGULAR, BOLD), strict=True):
        before = len(known)
        font_manager.fontManager.addfont(path)
        # A file may say another weight than it is; and a missing bold would be remarked on at every title.
        known[before:] = [replace(entry, weight=weight) for entry in known[before:]]
    return FT2Font(str(paths[0])).family_name


__all__ = ["LATIN", "NAMES", "PACKAGED", "SYSTEM", "families", "has_bold", "missing_font"]
