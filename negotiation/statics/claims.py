"""What a claim of the literature is here, what may be moved for it, and how its effect is measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from negotiation.engines.points import equilibrium_point
from negotiation.scenario import Scenario
from negotiation.statics.measures import Case, Changes, Reading, reached, reversal, settled
from negotiation.statics.sample import SEATS, scale
from negotiation.statics.verdict import Expected
from negotiation.vocabulary import Actor

LESS, MORE = 0.75, 1.25
HAZARDS = (0.005, 0.01, 0.015, 0.025, 0.04, 0.065, 0.1)  # the plausible range, in steps of about the same ratio
EASE_STEP = 0.1
SHARPER = 100.0

Arms = Callable[[Scenario], tuple[Changes, Changes]]
Effect = Callable[[Case], float]


@dataclass(frozen=True)
class Static:
    """One claim of the literature, in terms of the game.

    Attributes:
        name: short name, a column of the table of effects.
        title: what the row of the verdict table says.
        cites: the source or sources as readers see them.
        keys: their keys in ``docs/references.bib``.
        claim: the expectation in plain words.
        moved: what is changed, from what to what.
        measured: the quantity whose change is the effect, with its unit.
        expected: sign of the effect, or what else is expected of it.
        tolerance: effects up to this size do not count.
        effect: a case to the effect: quantity after the change minus quantity before it.
        caveat: where the game's terms are not the source's.
        every: measured in every so many-th sample, where it is costly.
        noise: numerical error of the effect where larger than rounding, such as that of a search.
    """

    name: str
    title: str
    cites: str
    keys: tuple[str, ...]
    claim: str
    moved: str
    measured: str
    expected: Expected
    tolerance: float
    effect: Effect
    caveat: str = ""
    every: int = 1
    noise: float = 1e-9


# ------------------------------------------------------------------------------------- what is moved


def scaled(*keys: str, before: float = LESS, after: float = MORE) -> Arms:
    """Parameters multiplied by one factor before and another after."""
    return lambda scenario: (scale(scenario, before, *keys), scale(scenario, after, *keys))


def more_patient(*seats: str) -> Arms:
    """The impatience of seats, 1 - discount, from five quarters to three quarters of its value."""

    def arms(scenario: Scenario) -> tuple[Changes, Changes]:
        impatience = {f"{seat}.discount": 1 - getattr(scenario, seat).discount for seat in seats}
        return ({key: 1 - MORE * value for key, value in impatience.items()},
                {key: 1 - LESS * value for key, value in impatience.items()})

    return arms


def easing(scenario: Scenario) -> tuple[Changes, Changes]:
    """The ease of a standstill a tenth lower and a tenth higher, within [0, 1]."""
    ease = scenario.standstill.ease
    return {"standstill.ease": max(ease - EASE_STEP, 0.0)}, {"standstill.ease": min(ease + EASE_STEP, 1.0)}


def together(*parts: Arms) -> Arms:
    """Several changes at once."""

    def arms(scenario: Scenario) -> tuple[Changes, Changes]:
        found = [part(scenario) for part in parts]
        return ({key: value for before, _ in found for key, value in before.items()},
                {key: value for _, after in found for key, value in after.items()})

    return arms


# ------------------------------------------------------------------------------- how it is measured


def on_play(measure: Callable[[Reading], float], arms: Arms) -> Effect:
    """The change of a number of equilibrium play."""

    def effect(case: Case) -> float:
        before, after = arms(case.scenario)
        return measure(case.reading(after)) - measure(case.reading(before))

    return effect


def on_settlement(arms: Arms) -> Effect:
    """The change of the probability of settlement."""

    def effect(case: Case) -> float:
        before, after = arms(case.scenario)
        return settled(case.point(after)) - settled(case.point(before))

    return effect


def regret_sharper(case: Case) -> float:
    """The change of all actors' regret together as every precision is multiplied."""
    sharper = scale(case.scenario, SHARPER, *(f"{seat}.precision" for seat in SEATS))
    # What play at the sharper precision leads to may be undetermined; what a best reply would gain is next to nothing
    # either way.
    return float(equilibrium_point(case.variant(sharper)).regret.sum() - case.point().regret.sum())


def bias(case: Case, estimate: Callable[[Scenario], float]) -> float:
    """An estimate's relative error, where the play it is to explain is determined."""
    case.point()
    return estimate(case.scenario)


def hazard_reversal(case: Case) -> float:
    """How far the share of escalations is from monotone along the hazard."""
    return reversal(np.array([case.reading({"rupture.hazard": hazard}).escalation_share for hazard in HAZARDS]))


def interaction(ease: float) -> Effect:
    """Difference in differences of the chance of a standstill: Tokyo's hurt by Seoul's hurt, at a given ease.

    A side's hurt is what the other's rungs do to it and what its own cost it.
    """

    def effect(case: Case) -> float:
        chance = {}
        for tokyo in (LESS, MORE):
            for seoul in (LESS, MORE):
                changes = (scale(case.scenario, tokyo, "seoul.ladder[*].harm", "tokyo.ladder[*].cost")
                           | scale(case.scenario, seoul, "tokyo.ladder[*].harm", "seoul.ladder[*].cost"))
                chance[tokyo, seoul] = reached(case.point(changes | {"standstill.ease": ease}))
        return chance[MORE, MORE] - chance[MORE, LESS] - chance[LESS, MORE] + chance[LESS, LESS]

    return effect


def initiative(against: dict[Actor, str]) -> Effect:
    """The change of tension as Tokyo plays GRIT instead of matching."""

    def effect(case: Case) -> float:
        grit, matcher = (case.behaving({Actor.TOKYO: name, **against}).tension for name in ("grit", "matcher"))
        return grit - matcher

    return effect

__all__ = [
    "EASE_STEP", "HAZARDS", "LESS", "MORE", "Arms", "Effect", "Static", "bias", "easing", "hazard_reversal",
    "initiative", "interaction", "more_patient", "on_play", "on_settlement", "regret_sharper", "scaled", "together",
]
