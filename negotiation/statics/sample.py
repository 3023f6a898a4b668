"""Where the verdicts are looked for: a Latin hypercube over the plausible ranges of the reference scenario.

A verdict that holds at one calibration says little, since the calibration is by judgement. Fourteen
parameters that the game's outcomes hang on are therefore varied together, each over the plausible range that
the scenario file itself documents (McKay, Beckman & Conover 1979). Ranges that span more than a factor of ten
are drawn on a logarithmic scale.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import qmc

from negotiation.game import Floats
from negotiation.parameters import ParameterError, leaves, note_for
from negotiation.scenario import Scenario

REFERENCE = "tokyo_seoul_2019"
SAMPLES = 200
SEED = 2019
LOGARITHMIC = 10.0  # a range whose ends differ by more than this factor is drawn on a logarithmic scale


@dataclass(frozen=True)
class Factor:
    """One direction of the hypercube.

    Attributes:
        name: column of the table of samples.
        title: what readers see.
        keys: the parameters that are set (``scaled`` false) or multiplied (true), all alike. A ``*`` stands for
            every rung of a ladder.
        scaled: the value is a factor on the reference scenario's own values.
    """

    name: str
    title: str
    keys: tuple[str, ...]
    scaled: bool = False

    def range(self, reference: Scenario) -> tuple[float, float]:
        """The plausible range of the reference scenario's documentation, or around 1 if scaled.

        Raises:
            ParameterError: the scenario documents no such range.
        """
        note = note_for(reference.documentation, self.keys[0].replace("*", "0"))
        found = None if note is None else note.range
        if self.scaled:
            found = None if note is None or note.relative is None else (1 - note.relative, 1 + note.relative)
        if found is None:
            raise ParameterError(f"scenario.documentation.{self.keys[0]}", note, "a documented plausible range")
        return float(found[0]), float(found[1])

    def logarithmic(self, reference: Scenario) -> bool:
        """Whether the range spans more than a factor of ten."""
        low, high = self.range(reference)
        return low > 0 and high / low > LOGARITHMIC

    def at(self, reference: Scenario, unit: Floats) -> Floats:
        """Values of the factor at places in [0, 1]."""
        low, high = self.range(reference)
        if self.logarithmic(reference):
            drawn: Floats = low * (high / low) ** unit
            return drawn
        return low + (high - low) * unit


SIDES = ("tokyo", "seoul")
SEATS = (*SIDES, "washington")
FACTORS: tuple[Factor, ...] = (
    Factor("attention", "Washington's price of attention", ("washington.attention",)),
    Factor("firmness_tokyo", "Tokyo's firmness", ("tokyo.firmness",)),
    Factor("firmness_seoul", "Seoul's firmness", ("seoul.firmness",)),
    Factor("offer_tokyo", "Tokyo's price of an offer", ("tokyo.offer",)),
    Factor("offer_seoul", "Seoul's price of an offer", ("seoul.offer",)),
    Factor("backdown", "both sides' cost of stepping down", tuple(f"{side}.backdown" for side in SIDES)),
    Factor("breach", "both sides' cost of a breach", tuple(f"{side}.breach" for side in SIDES)),
    Factor("stake", "both sides' stake", tuple(f"{side}.stake" for side in SIDES)),
    Factor("harm", "harm of all rungs, as a factor", tuple(f"{side}.ladder[*].harm" for side in SIDES), scaled=True),
    Factor("discount", "all actors' discount", tuple(f"{seat}.discount" for seat in SEATS)),
    Factor("precision", "all actors' precision", tuple(f"{seat}.precision" for seat in SEATS)),
    Factor("length", "mean length of a standstill, weeks", ("standstill.length",)),
    Factor("ease", "share of harm that a standstill lifts", ("standstill.ease",)),
    Factor("hazard", "hazard of rupture", ("rupture.hazard",)),
)
NAMES = tuple(factor.name for factor in FACTORS)


def values_of(scenario: Scenario, key: str) -> dict[str, float]:
    """Every parameter that a key with ``*`` for a name or a position means, with its value.

    Raises:
        ParameterError: the key means no number.
    """
    wanted = re.compile(re.escape(key).replace(r"\*", r"[^.\]]+"))
    found = {path: float(value) for path, value, _ in leaves(scenario) if wanted.fullmatch(path)}
    if not found:
        raise ParameterError(f"scenario.{key}", "no parameter", "the key of a number")
    return found


def scale(scenario: Scenario, factor: float, *keys: str) -> dict[str, float]:
    """Changes that multiply parameters of a scenario; for `Scenario.override`."""
    return {path: value * factor for key in keys for path, value in values_of(scenario, key).items()}


def draw(reference: Scenario, samples: int = SAMPLES, seed: int = SEED) -> pd.DataFrame:
    """The samples: one row each, one column a factor, in the factors' own units.

    Args:
        reference: the scenario whose documentation gives the ranges.
        samples: number of rows.
        seed: of the hypercube.
    """
    generator = np.random.Generator(np.random.Philox(np.random.SeedSequence(seed)))
    unit = qmc.LatinHypercube(len(FACTORS), rng=generator).random(samples)
    columns = {factor.name: factor.at(reference, unit[:, place]) for place, factor in enumerate(FACTORS)}
    return pd.DataFrame(columns)


def scenario_at(reference: Scenario, row: pd.Series) -> Scenario:
    """The scenario of one row of `draw`: the reference with the factors' values."""
    changes: dict[str, float] = {}
    for factor in FACTORS:
        value = float(row[factor.name])
        if factor.scaled:
            changes |= scale(reference, value, *factor.keys)
        else:
            changes |= dict.fromkeys(factor.keys, value)
    return reference.override(changes)


def reference_row(reference: Scenario) -> pd.Series:
    """The factors' values at the reference scenario itself; of several parameters set alike, that of the first."""
    return pd.Series({
        factor.name: 1.0 if factor.scaled else values_of(reference, factor.keys[0])[factor.keys[0]]
        for factor in FACTORS})


__all__ = ["FACTORS", "NAMES", "REFERENCE", "SAMPLES", "SEED", "Factor", "draw", "reference_row", "scale",
           "scenario_at", "values_of"]
