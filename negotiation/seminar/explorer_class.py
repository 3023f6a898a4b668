"""The settings of the explorer that are those of a class: one a treatment, seats with people in equilibrium."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from negotiation.library import scenario_names
from negotiation.scenario import Scenario
from negotiation.seminar import explorer_seats as seats
from negotiation.seminar.explorer import EQUILIBRIUM, State, checked, read_state
from negotiation.seminar.explorer_choice import Number, load, numbers_of
from negotiation.seminar.explorer_own import pack
from negotiation.seminar.settings import Settings
from negotiation.vocabulary import Actor


def class_states(settings: Settings) -> dict[str, State]:
    """Treatment to the setting that its tables play; people are taken to play the equilibrium.

    Raises:
        ParameterError: a setting is none that the explorer can show.
        TooLargeError: a dispute is too large to be solved.
    """
    found = {}
    for treatment in settings.treatments:
        name, changes = _named(settings.scenario_of(treatment), Scenario.from_dict(dict(settings.scenario)))
        state = checked(read_state([("scenario", name)]).at(changes))
        for key, choice in settings.behaviours_of(treatment).items():
            if (seat := Actor.parse(key)) not in settings.seats:
                state = _playing(state, seat, choice)
        found[treatment.name] = state
    return found


def _named(scenario: Scenario, base: Scenario) -> tuple[str, dict[str, Number]]:
    """A shipped scenario, or the class's own, and the numbers that differ; or the scenario itself as one's own."""
    shipped = [name for name in scenario_names() if load(name) == base]
    name = shipped[0] if shipped else pack(base)
    own = numbers_of(pack(scenario)) if not shipped or scenario != base else numbers_of(name)
    known = numbers_of(name)
    changes = {key: value for key, value in own.items() if key in known and known[key] != value}
    if load(name).override(dict(changes)) == scenario or own.keys() == known.keys():
        return name, changes
    return pack(scenario), {}


def _playing(state: State, seat: Actor, choice: Any) -> State:
    """With a behaviour as a class's settings hold it: a name, or a mapping; what the page cannot show stays away."""
    if isinstance(choice, str):
        return state.playing(seat, choice) if choice != EQUILIBRIUM else state
    if isinstance(choice, Mapping) and isinstance(choice.get("behaviour"), str):
        state = state.playing(seat, str(choice["behaviour"]))
        for name, value in choice.items():
            if name != "behaviour" and (isinstance(value, str) or name in seats.LABELS):
                state = state.setting(seat, name, value)
    return state


__all__ = ["class_states"]
