"""Markdown: tables and numbers as people write them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any


def table(headings: Sequence[str], rows: Iterable[Sequence[Any]], numbers: Sequence[int] = ()) -> str:
    """A table; columns in ``numbers`` (positions) are set flush right."""
    rule = ["---:" if place in numbers else "---" for place in range(len(headings))]
    lines = [headings, rule, *rows]
    return "".join("| " + " | ".join(cell(entry) for entry in line) + " |\n" for line in lines)


def cell(entry: Any) -> str:
    """A table's cell: texts as they are with bars escaped, numbers as `number` writes them."""
    if isinstance(entry, (int, float)) and not isinstance(entry, bool):
        return number(entry)
    return " ".join(str(entry).split()).replace("|", "\\|")


def number(value: float) -> str:
    """A number without needless digits, with a true minus sign: ``0.05``, ``−15``, ``∞``."""
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    text = f"{value:.10g}"
    return "0" if text == "-0" else text.replace("-", "−")


def rounded(value: float, digits: int = 2) -> str:
    """A number to so many digits after the point, needless zeros dropped."""
    return number(round(float(value), digits))


def percent(value: float, digits: int = 1) -> str:
    """A chance as a percentage."""
    return f"{100 * value:.{digits}f} %"


def code(text: str) -> str:
    """A text in the type of code."""
    return f"`{text}`"
