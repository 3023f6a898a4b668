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


def numbers(low: float, high: float, *extremes: float) -> st.SearchStrategy[float]:
    """Numbers on a grid of a thousandth of the range, its ends and other extremes more often."""
    grid = st.integers(0, 1000).map(lambda step: low + (high - low) * step / 1000)
    return st.one_of(grid, st.sampled_from([low, high, *extremes]))


fractions = numbers(0.0, 1.0)
discounts = numbers(0.001, 1.0)
amounts = numbers(0.0, 3.0)
signed = numbers(-3.0, 3.0, 0.0)
precisions = numbers(0.0, 8.0, 0.0, 100.0, INFINITY)
finite_precisions = numbers(0.0, 8.0, 0.0, 100.0)


@st.composite
def _disputants(draw: st.DrawFn, rungs: int, precision: st.SearchStrategy[float]) -> dict[str, Any]:
    ladder = [{"name": f"rung {k}", "gain": draw(signed), "cost": draw(amounts), "harm": draw(amounts)}
              for k in range(rungs)]
    return {
        "name": draw(st.sampled_from(["Tokyo", "Athens", "A"])), "discount": draw(discounts),
        "firmness": draw(signed), "standing": draw(amounts), "backdown": draw(amounts), "offer": draw(amounts),
        "appeal": draw(amounts), "breach": draw(amounts), "snub": draw(fractions),
        "stake": draw(numbers(0, 30, 0)), "rupture": draw(numbers(-30, 30, 0)), "precision": draw(precision),
        "ladder": ladder,
    }


@st.composite
def scenarios(draw: st.DrawFn, *, max_rungs: int = 4, max_rounds: int = 3, max_shadow: int = 2,
              precision: st.SearchStrategy[float] = precisions) -> Scenario:
    """Scenarios over the whole allowed range of every parameter, small enough for the oracle."""
    rungs = draw(st.integers(2, max_rungs)), draw(st.integers(2, max_rungs))
    welcome = [draw(amounts) for _ in range(3)]
    stances = {}
    for key in Stance.keys():  # noqa: SIM118 - a method of the enumeration
        # talks * (1 + the largest welcome) is a chance; rounding down keeps it one.
        ceiling = 1.0 if key == "quiet" else 1 / (1 + max(welcome))
        talks = math.floor(draw(fractions) * ceiling * 1e9) / 1e9
        stances[key] = {
            "name": key, "effort": draw(amounts), "pressure_tokyo": draw(amounts), "pressure_seoul": draw(amounts),
            "cover": draw(fractions), "talks": talks}
    return Scenario.from_dict({
        "name": "drawn", "title": "A drawn dispute", "source": "Hypothesis",
        "rounds": draw(st.integers(1, max_rounds)), "shadow": draw(st.integers(0, max_shadow)),
        "tokyo_first": draw(fractions), "escalated_above": draw(fractions),
        "start": {"tokyo": draw(st.integers(0, rungs[0] - 1)), "seoul": draw(st.integers(0, rungs[1] - 1)),
                  "standstill": draw(st.booleans()), "appeals": draw(st.integers(0, 2))},
        "tokyo": draw(_disputants(rungs[0], precision)), "seoul": draw(_disputants(rungs[1], precision)),
        "washington": {
            "name": "Washington", "discount": draw(discounts), "attention": draw(amounts),
            "invitation": [draw(fractions) for _ in range(3)], "welcome": welcome,
            "supply_chain": draw(amounts), "alliance": draw(amounts),
            "affinity": {"tokyo": draw(signed), "seoul": draw(signed)}, "prize": draw(signed),
            "credit": draw(amounts), "rupture": draw(numbers(-30, 30, 0)), "precision": draw(precision),
            "stances": stances},
        "standstill": {"length": draw(numbers(1, 9, INFINITY)), "ease": draw(fractions),
                       "open_talks": draw(fractions), "drag": draw(fractions), "calm": draw(fractions),
                       "leverage": draw(amounts)},
        "rupture": {"hazard": draw(fractions)},
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
