"""The answers to the questions of the notebooks. Look here after you have tried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import exp, log, sqrt

CLOSE = 0.005001  # two decimals by hand are good enough


@dataclass(frozen=True)
class Answer:
    """What is right, and what comes out of mistakes that are easily made.

    Attributes:
        right: the number asked for.
        slips: a mistake, as it goes on after "that is what comes out if", to what it gives.
        close: how far from it still counts as right.
    """

    right: float
    slips: Mapping[str, float] = field(default_factory=dict)
    close: float = CLOSE


ANSWERS = {
    # notebook 1
    "tension on 31 July": Answer(0.3, {
        "the two shares are added up without halving": 0.6,
        "you divide by the number of rungs, 6, and not by the top rung, 5": 0.25}),
    "tension one rung later": Answer(0.4, {
        "the two shares are added up without halving": 0.8, "Tokyo has not moved": 0.3, "both have moved": 0.5}),
    # notebook 2
    "h": Answer(0.2 * 0.015 * (1 - 0.5 * 0.4), {
        "openness is taken as 1, but no standstill is in force": 0.015 * 0.8,
        "drag is forgotten": 0.2 * 0.015,
        "tension before the moves, 0.3, is taken": 0.2 * 0.015 * 0.85,
        "drag is not multiplied by tension": 0.2 * 0.015 * 0.5}, close=0.00005001),
    "ρ": Answer(0.03 * 0.4**2, {
        "tension is not squared": 0.03 * 0.4,
        "tension before the moves, 0.3, is taken": 0.03 * 0.3**2,
        "the hazard under a standstill is taken": 0.2 * 0.03 * 0.4**2}, close=0.00005001),
    "Washington under a standstill": Answer(-0.2 * (0.60 + 0.40) * 0.75 - 0.6**2 - 0.6 * 2 * (1 - 0.7), {
        "ease is forgotten": -0.2 - 0.36 - 0.36,
        "invitation is forgotten": -0.15 - 0.36 - 1.2,
        "invitation is taken for what is left to pay": -0.15 - 0.36 - 0.84,
        "tension is not squared": -0.15 - 0.6 - 0.36,
        "effort is taken as 1, but to convene takes 2": -0.15 - 0.36 - 0.18}),
    "firmness from which Tokyo escalates": Answer(0.6 / 0.18, {
        "the higher rung's cost is forgotten": 0.5 / 0.18,
        "pressure is forgotten": 0.1 / 0.18,
        "the snub is counted for one of the two moves only": 0.85 / 0.18,
        "the gain of rung 3 alone is taken, not what it adds": 0.6 / 0.48}, close=0.0101),
    # notebook 3
    "standstill rather than hold": Answer(1 / (1 + exp(-2.5 * 0.88)), {
        "precision is forgotten": 1 / (1 + exp(-0.88)),
        "it is the probability of the other one, hold": 1 / (1 + exp(2.5 * 0.88)),
        "you divide by precision": 1 / (1 + exp(-0.88 / 2.5))}),
    "how many times as likely": Answer(exp(2.5 * 0.28), {
        "precision is forgotten": exp(0.28),
        "you give the difference times precision, without taking the exponential": 2.5 * 0.28}, close=0.0201),
    # notebook 4
    "half width": Answer(1.96 * sqrt(0.321 * 0.679 / 1000), {
        "it is the standard error itself": sqrt(0.321 * 0.679 / 1000),
        "both sides are added": 2 * 1.96 * sqrt(0.321 * 0.679 / 1000),
        "the root is forgotten": 1.96 * 0.321 * 0.679 / 1000}, close=0.000501),
    "how many disputes": Answer(1.96**2 * 0.325 * 0.675 / 0.01**2, {
        "1.96 is not squared": 1.96 * 0.325 * 0.675 / 0.01**2,
        "1.96 is forgotten": 0.325 * 0.675 / 0.01**2,
        "one percentage point is the whole width": 4 * 1.96**2 * 0.325 * 0.675 / 0.01**2,
        "the share is taken as a half, its worst case": 1.96**2 * 0.25 / 0.01**2}, close=100),
    "price of attention at 30 %": Answer(0.7549),
    # notebook 5
    "how much better a bargain": Answer((0.08 / 0.36) / (0.04 / 1.2), {
        "the price alone is compared": 1.2 / 0.36,
        "the chance alone is compared": 2.0,
        "it is turned round": (0.04 / 1.2) / (0.08 / 0.36)}, close=0.0401),
    # notebook 6
    "gain of week 2": Answer(-0.7654 - 0.9539 - log(1 / 125), {
        "blind choice is not taken off": -0.7654 - 0.9539,
        "blind choice is added instead of taken off": -0.7654 - 0.9539 + log(1 / 125),
        "the logarithm is to base 10": (-0.7654 - 0.9539 + log(125)) / log(10),
        "the logarithms are forgotten": exp(-0.7654 - 0.9539) * 125}, close=0.0151),
    "times as likely a week": Answer(exp(-3.23 + 4.83), {
        "the exponential is forgotten": 1.6,
        "it is turned round": exp(3.23 - 4.83),
        "the two numbers are divided": 4.83 / 3.23}, close=0.0501),
}
