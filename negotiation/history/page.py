"""The record as a table for a page, from the data itself."""

from __future__ import annotations

from negotiation.history.record import Coding, Record, Row
from negotiation.outcomes import words

HEADS = ("week", "date", "what happened", "coded", "source", "confidence of the coding", "or else")


def record_table(record: Record) -> str:
    """Every row as a line of a Markdown table; weeks outside the window are told as before or after."""
    lines = ["| " + " | ".join(HEADS) + " |", "|" + "---|" * len(HEADS)]
    for row in record.rows:
        week = record.week_of(row)
        when = "before" if week < 1 else "after" if week > record.weeks else str(week)
        cells = (when, row.when, row.event + (f" *{row.note}*" if row.note else ""), _coded(row, Coding.MAIN),
                 row.source, row.confidence.key, _alternative(row))
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _coded(row: Row, coding: Coding) -> str:
    told = [f"{seat.key.capitalize()}: {words(option.key).lower()}"
            for seat, option in sorted(row.code(coding).items())]
    rungs = [f"{seat.key.capitalize()} on rung {rung}" for seat, rung in sorted(row.rungs_after(coding).items())]
    said = "; ".join([*told, *rungs])
    return said if told else f"none: {row.uncoded}" + (f" ({said})" if said else "")


def _alternative(row: Row) -> str:
    if row.alternative is None:
        return ""
    told = [f"{seat.key.capitalize()}: " + ("not coded here" if option is None else words(option.key).lower())
            for seat, option in sorted(row.alternative.coded.items())]
    return f"{'; '.join(told)}. {row.alternative.reason}"


__all__ = ["HEADS", "record_table"]
