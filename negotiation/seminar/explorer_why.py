"""Why it changed: the moves and stances whose frequencies moved most between two settings, in words with numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from negotiation.outcomes import words
from negotiation.seminar.explorer import State
from negotiation.seminar.explorer_choice import load, numbers_of
from negotiation.seminar.explorer_seats import LABELS, MIX
from negotiation.seminar.explorer_view import View
from negotiation.sweep.columns import key_words, value_words
from negotiation.terms import language, say
from negotiation.vocabulary import Actor, Move, Outcome, Stance

MOST = 5
LEAST = 0.0005  # less than what one decimal of a percent shows
MORE = "{name}, “{option}”: more often, {before} → {after} of its weeks; most in week {week}, {low} → {high}."
LESS = "{name}, “{option}”: less often, {before} → {after} of its weeks; most in week {week}, {low} → {high}."


@dataclass(frozen=True)
class Moved:
    """An option whose frequency is another one.

    Attributes:
        seat: whose.
        option: which.
        before, after: its share of all weeks played.
        week: in which its frequency moved most the same way, from 1.
        week_before, week_after: its frequency there, over disputes that reach the week.
    """

    seat: Actor
    option: Move | Stance
    before: float
    after: float
    week: int
    week_before: float
    week_after: float


def moved(before: View, after: View, most: int = MOST) -> list[Moved]:
    """The frequencies that moved most, the furthest first; none where either view has none.

    Args:
        before: the setting before.
        after: the setting now.
        most: how many at most.
    """
    if before.plays is None or after.plays is None:
        return []
    found = []
    for seat in Actor:
        old, new = before.plays.weekly[seat], after.plays.weekly[seat]
        weeks = min(len(old), len(new))
        for option in Stance if seat is Actor.WASHINGTON else Move:
            shares = [float(view.plays.overall[seat][option]) for view in (before, after) if view.plays is not None]
            gaps = np.nan_to_num(new[:weeks, option] - old[:weeks, option])
            week = int((gaps if shares[1] > shares[0] else -gaps).argmax())
            found.append(Moved(seat, option, shares[0], shares[1], week + 1, float(old[week, option]),
                               float(new[week, option])))
    found = [each for each in found if abs(each.after - each.before) >= LEAST]
    return sorted(found, key=lambda each: -abs(each.after - each.before))[:most]


def changes(before: State, after: State) -> list[str]:
    """What was set differently, in words."""
    told = []
    if before.scenario != after.scenario:
        told.append(say("Dispute: {before} → {after}", before=say(load(before.scenario).title),
                        after=say(load(after.scenario).title)))
    scenario = load(after.scenario)
    told += [_line(say(scenario.display_name(seat)), policy_words(before, seat), policy_words(after, seat))
             for seat in Actor if before.behaviours[seat.key] != after.behaviours[seat.key]]
    names = {actor.key: scenario.display_name(actor) for actor in Actor}
    own, known = set(dict(before.changed)) | set(dict(after.changed)), numbers_of(before.scenario)
    shared = sorted(own & set(known) & set(numbers_of(after.scenario)))
    return told + [_line(key_words(f"scenario.{key}", names), value_words(before.value(key)),
                         value_words(after.value(key)))
                   for key in shared if before.value(key) != after.value(key)]


def policy_words(state: State, seat: Actor) -> str:
    """A seat's behaviour with what is set of it."""
    played = [state.policies[seat], *(value for key, value in state.settings[seat] if key == MIX)]
    told = [f"{say(LABELS.get(key, key.replace('_', ' ')))} {value_words(value)}"
            for key, value in state.settings[seat] if key != MIX]
    name = " + ".join(map(value_words, played))
    return say("{what} ({more})", what=name, more=say(", ").join(told)) if told else name


def results(before: View, after: View) -> list[str]:
    """How the outcomes moved, the furthest first."""
    gaps = after.outcomes - before.outcomes
    return [_line(say(words(Outcome(number).key)), share(before.outcomes[number]), share(after.outcomes[number]))
            for number in np.argsort(-np.abs(gaps), kind="stable") if abs(gaps[number]) >= LEAST]


def sentence(each: Moved, state: State) -> str:
    """One frequency in words."""
    scenario = load(state.scenario)
    option = scenario.stance_name(each.option) if isinstance(each.option, Stance) else words(each.option.key)
    told = _values(each, say(scenario.display_name(each.seat)), say(option))
    if each.after > each.before:
        return say(MORE, **told)
    return say(LESS, **told)


def _values(each: Moved, name: str, option: str) -> dict[str, object]:
    return {"name": name, "option": option, "before": share(each.before), "after": share(each.after),
            "week": each.week, "low": share(each.week_before), "high": share(each.week_after)}


def share(value: float) -> str:
    """A share in percent with one decimal; the sign stays on the number's line."""
    sign = "\N{NO-BREAK SPACE}%" if language() == "en" else "%"
    return "–" if np.isnan(value) else f"{100 * value:.1f}{sign}"


def points(gap: float) -> str:
    """A difference of two shares, in percentage points."""
    text = f"{100 * gap:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text.replace("-", "\N{MINUS SIGN}")


def _line(what: str, before: str, after: str) -> str:
    return say("{what}: {more}", what=what, more=f"{before} → {after}")


__all__ = ["Moved", "changes", "moved", "points", "policy_words", "results", "sentence", "share"]
