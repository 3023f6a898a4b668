"""The field in which a teacher chooses who plays an empty seat: a behaviour, its settings, errors, a mixture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from nicegui import ui

from negotiation.behaviours import Parameter, behaviour, behaviours_for, remembers
from negotiation.seminar.web.parts import Block, Box, Text, dress
from negotiation.terms import say, speaking
from negotiation.vocabulary import DISPUTANTS, Actor

FIRST, ALONE = "equilibrium", ""  # chosen at first; mixed with nothing
# What a lecturer looks for comes first; then the others as the catalogue has them.
KNOWN = ("equilibrium", "tit_for_tat", "grudger", "hawk", "dove", "random", "honest_broker", "firefighter", "absent")


class AgentField:
    """The field; its settings are drawn anew for every behaviour.

    Args:
        seat: for which seat.
        name: of the seat, as shown.
        language: of the page.
    """

    def __init__(self, seat: Actor, name: str, language: str) -> None:
        self.seat, self.language = seat, language
        self.given: dict[str, Any] = {}
        kinds = {kind: said(kind) for kind in in_order(behaviours_for(seat))}
        self.kind = outlined(ui.select(
            kinds, value=FIRST, label=say("Who plays {name} if nobody does", name=name)))
        self.rule = Block(_draw_rule)
        with Box("details", "agentsettings"):
            Text(say("Settings of this behaviour"), "summary")
            self.settings = Block(self._draw)
            self.error = _number(say("Chance that it takes a random legal option instead"), 0.0, 0.0, 1.0)
            self.other = outlined(ui.select({ALONE: say("nothing"), **kinds}, value=ALONE,
                                            label=say("Mixed at every decision with")))
            self.weight = _number(say("How often it plays the other instead"), 0.5, 0.0, 1.0)
        self.kind.on_value_change(self._show)
        self._show()

    def value(self) -> Any:
        """The choice as configuration has it: a name, or a mapping where something is set."""
        known = behaviour(str(self.kind.value)).parameters
        own = {name: self.given[name].value for name in known
               if self.given[name].value not in (None, "", known[name].default)}
        chosen: Any = {"behaviour": str(self.kind.value), **own} if own else str(self.kind.value)
        error = float(self.error.value or 0.0)
        if self.other.value:
            weight = 0.5 if self.weight.value is None else float(self.weight.value)
            return {"mix": [chosen, str(self.other.value)], "weight": weight, **({"error": error} if error else {})}
        if error:
            return {"behaviour": str(self.kind.value), **own, "error": error}
        return chosen

    def _show(self) -> None:
        with speaking(self.language):
            self.rule.show(str(self.kind.value))
            self.settings.show(str(self.kind.value))

    def _draw(self, kind: str) -> None:
        self.given = {}
        for name, parameter in behaviour(kind).parameters.items():
            meaning = say(parameter.meaning).replace("if null", "if empty")
            if parameter.behaviour:
                self.given[name] = outlined(ui.select(self._opponents(), value=parameter.default, label=meaning))
            else:
                label = say("{what} ({more})", what=meaning, more=_range(parameter))
                self.given[name] = _number(label, parameter.default, parameter.low, parameter.high, parameter.integer)

    def _opponents(self) -> dict[str, str]:
        """Behaviours without memory that every other disputant can play."""
        others = [seat for seat in DISPUTANTS if seat is not self.seat]
        return {kind: said(kind) for kind in in_order(behaviours_for(others[0]))
                if all(kind in behaviours_for(seat) for seat in others) and not remembers(kind)}


def in_order(kinds: Sequence[str]) -> list[str]:
    """Behaviours as a menu lists them: those that are known best first."""
    return sorted(kinds, key=lambda kind: KNOWN.index(kind) if kind in KNOWN else len(KNOWN))


def said(kind: str) -> str:
    """What a behaviour is called."""
    return say(kind.replace("_", " "))


def outlined(made: Any) -> Any:
    """A field of the form, as wide as the form."""
    made.props("outlined")
    dress(made, "field")
    return made


def _draw_rule(kind: str) -> None:
    Text(say(behaviour(kind).rule), "p", "quiet rule")


def _range(parameter: Parameter) -> str:
    low, high = f"{parameter.low:g}", f"{parameter.high:g}"
    if math.isinf(parameter.high):
        return say("a number, at least {low}", low=low)
    return (say("a whole number from {low} to {high}", low=low, high=high) if parameter.integer
            else say("a number from {low} to {high}", low=low, high=high))


def _number(label: str, value: float | None, low: float, high: float, whole: bool = False) -> ui.number:
    """A number with its meaning above it, where a long one has room."""
    with Box("div", "setting"):
        Text(label, "p", "quiet")
        made = ui.number(value=None if value is None else round(value, 3), min=low,
                         max=None if math.isinf(high) else high, step=1 if whole else 0.05)
    made.props("outlined dense")
    dress(made, "field", aria_label=label)
    return made


__all__ = ["AgentField", "in_order", "outlined", "said"]
