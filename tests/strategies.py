"""Hypothesis strategies: whole scenarios, policies and profiles, extremes included."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st

from negotiation.game import Game
from negotiation.policy import DisputantPolicy, Policy, Profile, ThirdPartyPolicy
from negotiation.scenario import Scenario
from negotiation.vocabulary import Actor, Move, Stance

INFINITY = float("inf")
precisions = st.sampled_from([0.0, 0.3, 1.0, 2.5, 7.7, 100.0, INFINITY, INFINITY])
finite_precisions = precisions.filter(math.isfinite)


class Numbers:
    """Random numbers on a grid of a thousandth of their range, a share ``wild`` of them extreme."""

    def __init__(self, seed: int, wild: float) -> None:
        self.rng, self.wild = np.random.default_rng(seed), wild

    def number(self, low: float, high: float, *extremes: float, skew: int = 1) -> float:
        """In [low, high], or an extreme; ``skew`` above 1 draws towards the lower end."""
        if self.rng.random() < self.wild:
            return float(self.rng.choice([low, high, *extremes]))
        return round(low + (high - low) * float(self.rng.integers(0, 1001) / 1000) ** skew, 9)

    def fraction(self, skew: int = 1) -> float:
        return self.number(0, 1, skew=skew)

    def amount(self) -> float:
        return self.number(0, 3)

    def signed(self) -> float:
        return self.number(-3, 3, 0)


def _disputant(numbers: Numbers, name: str, rungs: int, precision: float) -> dict[str, Any]:
    return {
        "name": name, "discount": numbers.number(0.001, 1), "firmness": numbers.signed(),
        "standing": numbers.amount(), "backdown": numbers.amount(), "offer": numbers.amount(),
        "appeal": numbers.amount(), "breach": numbers.amount(), "snub": numbers.fraction(),
        "stake": numbers.number(0, 30), "rupture": numbers.number(-30, 30, 0), "precision": precision,
        "ladder": [{"name": f"rung {k}", "gain": numbers.signed(), "cost": numbers.amount(),
                    "harm": numbers.amount()} for k in range(rungs)],
    }


@st.composite
def scenarios(draw: st.DrawFn, *, max_rungs: int = 4, max_rounds: int = 3, max_shadow: int = 2,
              precision: st.SearchStrategy[float] = precisions) -> Scenario:
    """Scenarios over the whole allowed range of every parameter, small enough for the oracle.

    Hypothesis chooses sizes, start, precisions and how wild; a seed of its choice the other numbers.
    """
    rungs = draw(st.integers(2, max_rungs)), draw(st.integers(2, max_rungs))
    start = {"tokyo": draw(st.integers(0, rungs[0] - 1)), "seoul": draw(st.integers(0, rungs[1] - 1)),
             "standstill": draw(st.booleans()), "appeals": draw(st.integers(0, 2))}
    rounds, shadow = draw(st.integers(1, max_rounds)), draw(st.integers(0, max_shadow))
    levels = [draw(precision) for _ in range(3)]
    numbers = Numbers(draw(st.integers(0, 2**32 - 1)), draw(st.sampled_from([0.0, 0.1, 0.5])))
    welcome = [numbers.amount() for _ in range(3)]
    stances = {}
    for stance in Stance:
        # talks * (1 + the largest welcome) is a chance; rounding down keeps it one.
        ceiling = 1.0 if stance is Stance.QUIET else 1 / (1 + max(welcome))
        stances[stance.key] = {
            "name": stance.key, "effort": numbers.amount(), "pressure_tokyo": numbers.amount(),
            "pressure_seoul": numbers.amount(), "cover": numbers.fraction(),
            "talks": math.floor(numbers.fraction(skew=2) * ceiling * 1e9) / 1e9}
    return Scenario.from_dict({
        "name": "drawn", "title": "A drawn dispute", "source": "Hypothesis", "rounds": rounds, "shadow": shadow,
        "tokyo_first": numbers.fraction(), "escalated_above": numbers.fraction(), "start": start,
        "tokyo": _disputant(numbers, "Athens", rungs[0], levels[0]),
        "seoul": _disputant(numbers, "Sparta", rungs[1], levels[1]),
        "washington": {
            "name": "Corinth", "discount": numbers.number(0.001, 1), "attention": numbers.amount(),
            "invitation": [numbers.fraction() for _ in range(3)], "welcome": welcome,
            "supply_chain": numbers.amount(), "alliance": numbers.amount(),
            "affinity": {"tokyo": numbers.signed(), "seoul": numbers.signed()}, "prize": numbers.signed(),
            "credit": numbers.amount(), "rupture": numbers.number(-30, 30, 0), "precision": levels[2],
            "stances": stances},
        "standstill": {"length": numbers.number(1, 9, INFINITY), "ease": numbers.fraction(),
                       "open_talks": numbers.fraction(), "drag": numbers.fraction(), "calm": numbers.fraction(),
                       "leverage": numbers.amount()},
        "rupture": {"hazard": numbers.fraction(skew=2)},
    })


def random_rows(rng: np.random.Generator, legal: np.ndarray, style: str) -> np.ndarray:
    """Probabilities over the last axis of ``legal``, 0 where illegal: dense, with gaps, or pure."""
    weights = rng.exponential(size=legal.shape) * legal
    if style == "pure":
        weights = (weights == weights.max(axis=-1, keepdims=True)).astype(float)
    elif style == "sparse":
        kept = weights * (rng.random(legal.shape) < 0.4)
        weights = np.where(kept.sum(axis=-1, keepdims=True) > 0, kept, weights)
    return weights / weights.sum(axis=-1, keepdims=True)


def random_policy(game: Game, seat: Actor, seed: int, style: str, length: int) -> Policy:
    """A legal policy of ``length`` rounds (1: stationary)."""
    rng = np.random.default_rng(seed)
    if seat is Actor.WASHINGTON:
        legal = np.broadcast_to(game.legal_stances.T, (length, game.n_states, len(Stance)))
        return ThirdPartyPolicy.from_tables(style, random_rows(rng, legal, style))
    moves = game.legal[seat].T[None, :, None, :]
    first = np.broadcast_to(moves, (length, game.n_states, len(Stance), len(Move)))
    second = np.broadcast_to(moves[..., None, :], (length, game.n_states, len(Stance), len(Move), len(Move)))
    return DisputantPolicy.from_tables(style, seat, random_rows(rng, first, style), random_rows(rng, second, style))


@st.composite
def policies(draw: st.DrawFn, game: Game, seat: Actor, rounds: int | None = None) -> Policy:
    """Random legal policies, stationary or one row a round."""
    length = 1 if draw(st.booleans()) else (game.horizon if rounds is None else rounds)
    style = draw(st.sampled_from(["dense", "sparse", "pure"]))
    return random_policy(game, seat, draw(st.integers(0, 2**32 - 1)), style, length)


@st.composite
def profiles(draw: st.DrawFn, game: Game, rounds: int | None = None) -> Profile:
    """One random legal policy a seat."""
    return Profile(*(draw(policies(game, seat, rounds)) for seat in Actor))  # type: ignore[arg-type]
