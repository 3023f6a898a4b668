"""One row of numbers a scenario: equilibrium play solved and propagated exactly, for many points in a row.

`equilibrium_point` goes by the small tables of `negotiation.factored` where it can (all seats in equilibrium,
finite precisions, no extreme spread of worths) and by the readable route, `profile_point`, everywhere else;
both give the same numbers up to rounding, which a test holds to 1e-11.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np

from negotiation.behaviours.solved import solution
from negotiation.engines.exact import Distribution, propagate_unchecked
from negotiation.factored import Factored, factor
from negotiation.game import TOLERANCE, Floats, Game, compile_game
from negotiation.kernels import points as kernels
from negotiation.kernels.point_steps import Scratch, scratch_tables
from negotiation.policy import Profile
from negotiation.scenario import Scenario
from negotiation.solve import evaluate, regret
from negotiation.vocabulary import DISPUTANTS, Move, Outcome, Stance

SIZES_KEPT = 4  # working tables are kept for so many sizes of game a thread


@dataclass(frozen=True, eq=False)
class PointResult:
    """What is known of one point, exactly.

    Attributes:
        probabilities: float64 [5], of each `Outcome` after the observed rounds.
        expected_payoff: float64 [3], payoff units, discounted, over the observed rounds.
        value: float64 [3], payoff units, over the whole solved horizon, at the start state.
        regret: float64 [3], payoff units, at the start state.
        settled, ruptured, first_standstill: float64 [T], probability of the event in round t.
        counts: expected numbers per episode: breaches, lapses, appeals of each side, Washington's effort.
    """

    probabilities: Floats
    expected_payoff: Floats
    value: Floats
    regret: Floats
    settled: Floats
    ruptured: Floats
    first_standstill: Floats
    counts: dict[str, float]


def equilibrium_point(scenario: Scenario) -> PointResult:
    """Equilibrium play of a scenario: solved, propagated, and its regret."""
    found = _factored_point(factor(scenario))
    if found is None:
        game = compile_game(scenario)
        return profile_point(game, solution(game).profile)
    return found


def profile_point(game: Game, profile: Profile) -> PointResult:
    """Any policies: propagated, valued, and each seat's regret; policies must fit the whole horizon."""
    distribution = propagate_unchecked(game, profile)
    return _from_distribution(distribution, evaluate(game, profile)[0, :, game.start], regret(game, profile))


def _from_distribution(distribution: Distribution, value: Floats, gains: Floats) -> PointResult:
    return PointResult(
        probabilities=distribution.outcome_probabilities(), expected_payoff=distribution.expected_payoff,
        value=value, regret=gains, settled=distribution.settled, ruptured=distribution.ruptured,
        first_standstill=distribution.first_standstill, counts=distribution.expected_counts())


@dataclass
class _Work:
    """Working tables for one size of game, used again by every point of that size."""

    scratch: Scratch
    later: Floats
    mass: Floats
    waiting: Floats
    landed_on: Floats
    landed_fresh: Floats
    weekly: Floats
    stances: Floats
    moves: Floats


_KEPT = threading.local()


def _work(game: Factored) -> _Work:
    kept: OrderedDict[tuple[int, int, int], _Work] = _KEPT.__dict__.setdefault("work", OrderedDict())
    scenario = game.scenario
    key = scenario.tokyo.top, scenario.seoul.top, scenario.rounds
    if key not in kept:
        w, m, rounds = len(Stance), len(Move), scenario.rounds
        classes, places = game.stay.shape[1:]
        grid = places // 3
        scratch = scratch_tables(w, classes, places, scenario.seoul.top + 1, rounds)
        lanes = scratch.rupture.shape[1]
        kept[key] = _Work(
            scratch, np.empty((3, 2, 3, lanes)), np.empty((2, 3, lanes)), np.empty((2, 3, lanes)),
            np.empty((classes, grid)), np.empty((classes, grid)), np.empty((5, rounds)), np.empty(w), np.empty((2, m)))
    kept.move_to_end(key)
    while len(kept) > SIZES_KEPT:
        kept.popitem(last=False)
    return kept[key]


def _factored_point(game: Factored) -> PointResult | None:
    """None where the factored weights would lose digits."""
    scenario, layout, work = game.scenario, game.layout, _work(game)
    if not np.isfinite(game.precision).all():
        return None
    affinity = np.array([scenario.washington.affinity.tokyo, scenario.washington.affinity.seoul])
    fits = kernels.solve_point(
        game.worth, game.stay, game.acts, affinity, game.rupture, game.lapse, game.in_force, layout.appeals,
        layout.landing, layout.offset, layout.legal, game.rupture_payoff, game.discount, game.precision,
        scenario.tokyo_first,
        scenario.horizon, scenario.seoul.top, work.later, work.scratch)
    if not fits:
        return None
    settled, ruptured, first_standstill, breaches, lapses = work.weekly
    grid = layout.tension.size
    a, g = divmod(game.start, grid)
    kernels.carry(
        g, a, game.start_standstill, game.rupture, game.lapse,
        game.in_force, layout.appeals, layout.landing, layout.offset, layout.breach, work.mass, work.waiting,
        work.landed_on, work.landed_fresh, settled, ruptured, first_standstill, breaches, lapses, work.stances,
        work.moves, work.scratch)
    at_start = work.scratch.values[:, game.start_standstill, a, g]
    value = at_start[:3].copy()
    # Values cover the solved horizon; what lies behind the observed rounds is taken off again.
    mass = work.mass[..., :grid]
    ahead = (work.later[..., :grid] * mass).sum(axis=(1, 2, 3))
    return PointResult(
        probabilities=_outcomes(scenario, layout.tension, mass, settled, ruptured),
        expected_payoff=value - game.discount**scenario.rounds * ahead, value=value, regret=at_start[3:] - value,
        settled=settled.copy(), ruptured=ruptured.copy(), first_standstill=first_standstill.copy(),
        counts={
            "breaches": float(breaches.sum()), "lapses": float(lapses.sum()),
            **{f"appeals_{seat.key}": float(work.moves[seat, Move.APPEAL]) for seat in DISPUTANTS},
            "effort": float(work.stances @ game.effort)})


def _outcomes(scenario: Scenario, tension: Floats, mass: Floats, settled: Floats, ruptured: Floats) -> Floats:
    row = np.empty(len(Outcome))
    high = tension > scenario.escalated_above + TOLERANCE
    row[Outcome.SETTLEMENT], row[Outcome.RUPTURE] = settled.sum(), ruptured.sum()
    row[Outcome.STANDSTILL] = mass[1].sum()
    row[Outcome.ESCALATED], row[Outcome.STALEMATE] = mass[0][:, high].sum(), mass[0][:, ~high].sum()
    return row


__all__ = ["PointResult", "equilibrium_point", "profile_point"]
