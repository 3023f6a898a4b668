"""What a fit says, in plain sentences made from its numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pandas import DataFrame

SHOWN = 0.35  # weight in a direction from which on a parameter is named
EDGE = 1e-3  # of the range: an estimate so near its end lies at it


def plain_statement(intervals: DataFrame, directions: DataFrame) -> tuple[str, ...]:
    """One sentence a parameter, then one a flat direction.

    Args:
        intervals: of `negotiation.history.fit.Fit`.
        directions: likewise.
    """
    said = [_of_parameter(row) for row in intervals.to_dict("records")]
    titles = dict(zip(intervals["parameter"], intervals["title"], strict=True))
    names = [name for name in directions.columns if name not in ("eigenvalue", "flat")]
    said += [_of_direction({name: float(row[name]) for name in names}, titles)
             for row in directions.to_dict("records") if row["flat"]]
    if not directions["flat"].any():
        said.append("No combination of these parameters is left open near the estimate.")
    return tuple(said)


def _of_parameter(row: dict[Any, Any]) -> str:
    low, high, estimate = row["low"], row["high"], row["estimate"]
    ends = f"the plausible range {row['range_low']:g} to {row['range_high']:g}"
    width = EDGE * (row["range_high"] - row["range_low"])
    at = (", the lowest value tried" if estimate - row["range_low"] < width
          else ", the highest value tried" if row["range_high"] - estimate < width else "")
    head = f"{_begin(str(row['title']))}: {estimate:.3g}{at}"
    if np.isnan(low) and np.isnan(high):
        return f"{head}; not identified: no value in {ends} is refuted."
    if np.isnan(low):
        return f"{head}; at most {high:.3g}; not identified from below, {ends} ends first."
    if np.isnan(high):
        return f"{head}; at least {low:.3g}; not identified from above, {ends} ends first."
    own = row["scenario"]
    word = "holds" if low <= own <= high else "does not hold"
    return f"{head} (95 % interval {low:.3g} to {high:.3g}, which {word} the scenario's {own:g})."


def _of_direction(weights: dict[str, float], titles: dict[Any, Any]) -> str:
    shown = {name: weight for name, weight in weights.items() if abs(weight) >= SHOWN}
    first = max(shown, key=lambda name: abs(shown[name]))
    sign = np.sign(shown[first])
    told = [(str(titles.get(name, name)), np.sign(weight) == sign) for name, weight in
            sorted(shown.items(), key=lambda entry: -abs(entry[1]))]
    if len(told) == 1:
        return f"Nearly flat: moving {told[0][0]} by half of its range hardly changes the likelihood near the estimate."
    others = " and ".join(f"{'raising' if same else 'lowering'} {title}" for title, same in told[1:])
    return (f"Nearly flat: raising {told[0][0]} while {others} hardly changes the likelihood, so the weeks tell their "
            "combination rather than each.")


def _begin(text: str) -> str:
    return text[:1].upper() + text[1:]


__all__ = ["plain_statement"]
