"""One row of numbers a scenario: equilibrium play solved and propagated exactly, for many points in a row.

`behaviours_point` goes by the small tables of `negotiation.factored` where it can (seats in equilibrium at finite
precisions or in behaviours that play the same in every round, no extreme spread of worths) and by the readable route,
`profile_point`, everywhere else; both give the same numbers up to rounding, which a test holds to 1e-11.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from negotiation.behaviours import CATALOGUE, make_policy, make_profile
from negotiation.behaviours.solved import solution
from negotiation.engines.exact import Distribution, propagate_unchecked
from negotiation.factored import Factored, factor
from negotiation.game import TOLERANCE, Floats, Game, compile_game
from negotiation.kernels import points as kernels
from negotiation.kernels.point_tables import MOVES, NUMBER, Scratch, scratch_tables
from negotiation.kernels.vector import WIDTH
from negotiation.policy import DisputantPolicy, Policy, Profile
from negotiation.scenario import Scenario
from negotiation.solve import evaluate, regret
from negotiation.vocabulary import DISPUTANTS, Actor, Move, Outcome, Stance

SIZES_KEPT = 4  # working tables are kept for so many sizes of game a thread
POLICIES_KEPT = 64  # of behaviours, up to 0.6 MB each
# What follows from the ladders' lengths alone.
LADDERS = frozenset((
    "rungs", "standstill", "appeals", "tension", "legal", "legal_stances", "afterstate", "breach", "after_rungs",
    "after_status", "after_appeals", "after_tension", "next_on", "next_lapsed", "n_states", "n_afterstates", "tops",
    "state", "describe"))


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


def behaviours_point(scenario: Scenario, policies: Mapping[str, Any]) -> PointResult:
    """Any behaviours, by seat key, as `negotiation.behaviours.make_policy` takes them.

    Raises:
        ParameterError: a behaviour is unknown or cannot take its seat.
        PolicyError: a behaviour has no exact distribution.
    """
    found = chosen_point(scenario, policies)
    if found is None:
        game = compile_game(scenario)
        return profile_point(game, make_profile(game, **policies))
    return found


def chosen_point(scenario: Scenario, policies: Mapping[str, Any]) -> PointResult | None:
    """`behaviours_point` by the small tables; None where only the readable route will do."""
    if all(policies[actor.key] == "equilibrium" for actor in Actor):
        return _factored_point(factor(scenario))
    tables: list[Tables] = []
    for actor in Actor:
        if policies[actor.key] == "equilibrium":
            tables.append(IN_EQUILIBRIUM)
        elif (kept := _kept_policy(scenario, actor, policies[actor.key])) is not None:
            tables.append(kept.tables)
        else:
            return None
    return _factored_point(factor(scenario), tables)


def profile_of(game: Game, policies: Mapping[str, Any]) -> Profile:
    """As `negotiation.behaviours.make_profile`; tables that follow from the ladders alone are made once.

    Raises:
        ParameterError: a behaviour is unknown or cannot take its seat.
    """
    found: dict[Actor, Policy] = {}
    for actor in Actor:
        choice = policies[actor.key]
        kept = None if choice == "equilibrium" else _kept_policy(game.scenario, actor, choice)
        found[actor] = make_policy(game, actor, choice) if kept is None else kept.policy
    return Profile.of(found)


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


class _LooksFurtherError(Exception):
    """A behaviour looks at more than the ladders."""


class _Ladders:
    """A game of which only that shows what follows from the ladders' lengths."""

    def __init__(self, game: Game) -> None:
        self._shown = game

    def __getattr__(self, name: str) -> Any:
        if name not in LADDERS:
            raise _LooksFurtherError(name)
        return getattr(self._shown, name)


# A seat's tables in loop order, moves in that of the kernels: openings and answers, or Washington's stances.
Tables = tuple[Floats, ...]
IN_EQUILIBRIUM: Tables = ()


@dataclass(frozen=True, eq=False)
class _KeptPolicy:
    """A policy, and its tables as the loops of points read them."""

    policy: Policy
    tables: Tables


_POLICIES: dict[tuple[Any, ...], _KeptPolicy | None] = {}


def _kept_policy(scenario: Scenario, seat: Actor, choice: Any) -> _KeptPolicy | None:
    """A behaviour that plays the same in every round and whatever the scenario's numbers are; else None.

    Those of the package's own behaviours are made once for all scenarios of the same ladders: rules in plain Python
    take tens of milliseconds. What is registered under other names may change.
    """
    key = scenario.tokyo.top, scenario.seoul.top, seat, repr(choice)
    try:
        return _POLICIES[key]  # in one step: another thread may be making room
    except KeyError:
        pass
    try:
        policy = make_policy(_Ladders(compile_game(scenario)), seat, choice)  # type: ignore[arg-type]
        always = policy.length == 1 and policy.memory is None
        made = _KeptPolicy(policy, _loop_order(policy)) if always else None
    except Exception:  # it looks at more, or is wrong: the readable route says what
        made = None
    if all(text in CATALOGUE for text in _texts(choice)):
        if len(_POLICIES) >= POLICIES_KEPT:
            _POLICIES.clear()
        _POLICIES[key] = made
    return made


def _texts(choice: Any) -> list[str]:
    """All texts in a choice, which are names of behaviours."""
    if isinstance(choice, Mapping):
        return [text for value in choice.values() for text in _texts(value)]
    if isinstance(choice, (list, tuple)):
        return [text for value in choice for text in _texts(value)]
    return [choice] if isinstance(choice, str) else []


def _loop_order(policy: Policy) -> Tables:
    """Axes (stance, c, a, first move, move, rungs side by side) of a policy's tables, which have the state last."""

    def turned(table: Floats, moves: int) -> Floats:
        grid = table.shape[-1] // 6
        out = np.moveaxis(table.reshape(*table.shape[:-1], grid, 2, 3), (-2, -1), (1, 2))
        for axis in range(3, 3 + moves):
            out = out.take(NUMBER, axis=axis)
        width = -grid % WIDTH
        return np.ascontiguousarray(np.concatenate([out, out[..., -1:].repeat(width, axis=-1)], axis=-1))

    if isinstance(policy, DisputantPolicy):
        return turned(policy.first_inner[0], 1), turned(policy.second_inner[0], 2)
    return (np.ascontiguousarray(np.moveaxis(turned(policy.stance_inner[0], 0), 0, 2)),)


_KEPT = threading.local()
_ABSENT = (np.zeros((0, 2, 3, MOVES, 0)), np.zeros((0, 2, 3, MOVES, MOVES, 0)), np.zeros((2, 3, 0, 0)))


def _work(game: Factored, chosen: bool) -> _Work:
    kept: OrderedDict[tuple[int, int, int, bool], _Work] = _KEPT.__dict__.setdefault("work", OrderedDict())
    scenario = game.scenario
    key = scenario.tokyo.top, scenario.seoul.top, scenario.rounds, chosen
    if key not in kept:
        w, m, rounds = len(Stance), len(Move), scenario.rounds
        classes, places = game.stay.shape[1:]
        grid = places // 3
        scratch = scratch_tables(w, classes, places, scenario.seoul.top + 1, rounds, chosen)
        lanes = scratch.rupture.shape[1]
        kept[key] = _Work(
            scratch, np.empty((3, 2, 3, lanes)), np.empty((2, 3, lanes)), np.empty((2, 3, lanes)),
            np.empty((classes, grid)), np.empty((classes, grid)), np.empty((5, rounds)), np.empty(w), np.empty((2, m)))
    kept.move_to_end(key)
    while len(kept) > SIZES_KEPT:
        kept.popitem(last=False)
    return kept[key]


def _factored_point(game: Factored, tables: list[Tables] | None = None) -> PointResult | None:
    """None where the factored weights would lose digits; ``tables`` of the seats that may not play the equilibrium."""
    scenario, layout, work = game.scenario, game.layout, _work(game, tables is not None)
    if not np.isfinite(game.precision).all():
        return None
    affinity = np.array([scenario.washington.affinity.tokyo, scenario.washington.affinity.seoul])
    given = (
        game.worth, game.stay, game.acts, affinity, game.rupture, game.lapse, game.in_force, layout.appeals,
        layout.landing, layout.offset, layout.legal, game.rupture_payoff, game.discount, game.precision,
        scenario.tokyo_first, scenario.horizon, scenario.seoul.top)
    if tables is None:
        fits = kernels.solve_point(*given, work.later, work.scratch)
    else:
        tokyo, seoul, washington = tables
        chosen = (*(tokyo or _ABSENT[:2]), *(seoul or _ABSENT[:2]), *(washington or _ABSENT[2:]))
        seats = np.array([bool(table) for table in tables])
        fits = kernels.solve_chosen(*given, seats, *chosen, work.later, work.scratch)  # type: ignore[call-arg]
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
        expected_payoff=value - game.discount**scenario.rounds * ahead, value=value, regret=at_start[3:6] - value,
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


__all__ = ["PointResult", "behaviours_point", "chosen_point", "equilibrium_point", "profile_of",
           "profile_point"]
