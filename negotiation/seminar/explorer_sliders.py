"""The explorer's sliders: where each can go, in which steps, and what it is called."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from negotiation.parameters import note_for
from negotiation.seminar.explorer import State
from negotiation.seminar.explorer_choice import Choice, Number, limits_of, load, load_choice, numbers_of
from negotiation.seminar.explorer_notes import Note, behaviour_note, note_of
from negotiation.seminar.explorer_seats import MIX, offered
from negotiation.sweep.columns import key_words, value_words
from negotiation.terms import say
from negotiation.vocabulary import Actor

STEPS = 100  # at least


@dataclass(frozen=True)
class Slider:
    """A number that can be moved.

    Attributes:
        key: below ``scenario``.
        label: what people read, in the language in force.
        low, high, step: where it can go.
        value: where it stands.
        base: where the scenario has it.
        whole: whether only whole numbers are allowed; ``switch`` for yes and no, as 0 and 1.
        note: what it means and where it comes from; None where its name says it all.
    """

    key: str
    label: str
    low: float
    high: float
    step: float
    value: Number
    base: Number
    whole: bool
    switch: bool
    note: Note | None

    @property
    def shown(self) -> str:
        """The value as people read it."""
        return value_words(self.value)


def slider_of(state: State, key: str, choice: Choice | None = None) -> Slider:
    """A number of the scenario as a slider."""
    base_scenario = load(state.scenario)
    base, value, limits = numbers_of(state.scenario)[key], state.value(key), limits_of(state.scenario)[key]
    note = note_for(base_scenario.documentation, key)
    ranges = (choice or load_choice(state.scenario)).ranges
    low, high = (0.0, 1.0) if isinstance(base, bool) else _range(
        base, limits, ranges.get(key) or (note.range if note else None), note.relative if note else None)
    for each in (base, value):  # what the address names may lie outside
        if math.isfinite(each):
            low, high = min(low, float(each)), max(high, float(each))
    whole = isinstance(base, int)
    step = 1.0 if whole else _step(low, high, base)
    names = {actor.key: base_scenario.display_name(actor) for actor in Actor}
    return Slider(key, key_words(f"scenario.{key}", names, unit=True), low, high, step, value, base, whole,
                  isinstance(base, bool), note_of(base_scenario, key, limits, base))


def sliders(state: State) -> list[Slider]:
    """The sliders of a state: those that configuration chooses, then others that the address names."""
    choice, numbers = load_choice(state.scenario), numbers_of(state.scenario)
    others = [key for key in (*(key for key, _ in state.changes), *state.axes) if key not in choice.parameters]
    return [slider_of(state, key, choice) for key in dict.fromkeys((*choice.parameters, *others)) if key in numbers]


def seat_sliders(state: State, seat: Actor) -> list[Slider]:
    """The numbers that can be set of a seat's behaviour."""
    given = dict(state.settings[seat])
    own = float(state.value(f"{seat.key}.precision"))
    found = []
    for each in offered(state.policies[seat], MIX in given, own):
        value = given.get(each.name, int(each.base) if each.whole else each.base)
        assert not isinstance(value, str)
        ends = [float(end) for end in (each.low, each.high, value) if math.isfinite(end)]
        label = say(each.label)
        found.append(Slider(f"policy.{seat.key}.{each.name}", label[:1].upper() + label[1:], min(ends), max(ends),
                            each.step, value, int(each.base) if each.whole else each.base, each.whole, False,
                            behaviour_note(each.meaning)))
    return found


def further(state: State) -> dict[str, str]:
    """The numbers that have no slider yet, key to label."""
    shown = {slider.key for slider in sliders(state)}
    names = {actor.key: load(state.scenario).display_name(actor) for actor in Actor}
    return {key: key_words(f"scenario.{key}", names) for key in numbers_of(state.scenario) if key not in shown}


def _range(base: float, limits: Mapping[str, Any], given: tuple[float, float] | None,
           relative: float | None) -> tuple[float, float]:
    if given is None:
        spread = abs(base) * (relative or 0.5) or 1.0
        given = base - spread, base + spread
    low, high = max(given[0], limits.get("low", -math.inf)), min(given[1], limits.get("high", math.inf))
    return (low, high) if low < high else (base - 1.0, base + 1.0)


def _step(low: float, high: float, base: float) -> float:
    """A round step of which there are at least `STEPS`, on which the scenario's own number lies where it can."""
    size = 10.0 ** math.floor(math.log10((high - low) / STEPS))
    step = max(size * factor for factor in (1, 2, 5) if size * factor <= (high - low) / STEPS * (1 + 1e-9))
    for finer in (1, 2, 4, 5, 10, 20):
        places = (base - low) / (step / finer)
        if not math.isfinite(places) or abs(places - round(places)) < 1e-6:
            return float(f"{step / finer:.6g}")
    return float(f"{step:.6g}")


__all__ = ["Slider", "further", "seat_sliders", "slider_of", "sliders"]
