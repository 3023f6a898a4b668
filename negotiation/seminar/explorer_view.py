"""What the explorer shows of a state: outcomes, ladders by week, frequencies, values. Exact, unless a seat remembers.

The game is solved with the policies of the observed weeks only, which are the same tables as those of the command
(`negotiation.study`) and give the same probabilities to the last digit; values and regret come from the loops of
`negotiation.engines.points`. Where those do not apply (infinite precision, behaviours that solve the game themselves),
values take longer, and `complete` fills them in. Where a behaviour remembers past weeks nothing is exact: outcomes are
shares of simulated episodes, and `complete` follows some of them week by week.

The loops of points take a fraction of the time, so `compute` tells their numbers, equal but for the last digits, early.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from negotiation.behaviours import CATALOGUE
from negotiation.behaviours.solved import forget
from negotiation.engines.batch import simulate
from negotiation.engines.exact import Distribution, propagate, propagate_unchecked
from negotiation.engines.points import PointResult, chosen_point, profile_of
from negotiation.engines.trajectory import Trajectory, trace
from negotiation.game import Floats, Game, compile_game
from negotiation.outcomes import wilson_interval
from negotiation.policy import Profile
from negotiation.seminar.explorer import EPISODES, EQUILIBRIUM, State
from negotiation.seminar.explorer_seats import names_in
from negotiation.solve import backward_induction, best_response, evaluate
from negotiation.vocabulary import DISPUTANTS, Actor, Move, Stance

FOLLOWED = 300  # simulated episodes that are followed week by week
CHEAP = "random"  # stands in where a seat's own table is put in afterwards


@dataclass(frozen=True, eq=False)
class Plays:
    """What happens week by week; T is the number of weeks.

    Attributes:
        rungs: of both sides, float64 [T + 1, rungs]: distribution after each week, over disputes still going.
        going: float64 [T + 1], share of disputes still going.
        weekly: of all seats, float64 [T, options]: frequency over disputes that reach the week.
        overall: of all seats, float64 [options]: share of all weeks played.
    """

    rungs: tuple[Floats, Floats]
    going: Floats
    weekly: tuple[Floats, Floats, Floats]
    overall: tuple[Floats, Floats, Floats]

    def quantile(self, seat: Actor, level: float) -> Floats:
        """float64 [T + 1]: the lowest rung that is not exceeded with at least this probability; nan after all ends."""
        total = self.rungs[seat].cumsum(axis=1)
        rung = np.minimum((total < level - 1e-12).sum(axis=1).astype(np.float64), total.shape[1] - 1)
        return np.where(np.isnan(total[:, -1]), np.nan, rung)


@dataclass(frozen=True, eq=False)
class View:
    """What is known of a state.

    Attributes:
        state: which.
        outcomes: float64 [5], probability of each `negotiation.vocabulary.Outcome`; shares if simulated.
        interval: their 95 % intervals if simulated.
        payoffs: float64 [3], expected discounted payoffs over the observed weeks.
        values, regret: float64 [3], over the solved horizon, at the start; None where unknown (yet).
        plays: week by week; None where unknown yet.
        simulated: number of episodes; 0 where all is exact.
        milliseconds: that it took.
    """

    state: State
    outcomes: Floats
    interval: tuple[Floats, Floats] | None
    payoffs: Floats
    values: Floats | None
    regret: Floats | None
    plays: Plays | None
    simulated: int
    milliseconds: float

    @property
    def whole(self) -> bool:
        """Whether `complete` has nothing to add."""
        return self.plays is not None and (self.values is not None or bool(self.simulated))


def profile_for(game: Game, behaviours: Mapping[str, Any]) -> Profile:
    """The policies of all seats over the observed weeks, equilibrium tables no longer than these."""
    solved = [actor for actor in Actor if behaviours[actor.key] == EQUILIBRIUM]
    if not solved:
        return profile_of(game, behaviours)
    own = backward_induction(game, keep=game.rounds).profile
    if len(solved) == len(Actor):
        return own
    others = profile_of(game, {key: CHEAP if name == EQUILIBRIUM else name for key, name in behaviours.items()})
    return Profile.of({actor: (own if actor in solved else others)[actor] for actor in Actor})


class SupersededError(Exception):
    """Nobody waits for this view any more."""


def compute(state: State, early: Callable[[View], None] | None = None,
            wanted: Callable[[], bool] = lambda: True) -> View:
    """What can be known of a state at once.

    Args:
        state: which.
        early: called with the numbers as soon as they are known, if that is before the weeks are.
        wanted: whether somebody still waits; looked at between two steps.

    Raises:
        ParameterError: a behaviour cannot be played here.
        SupersededError: nobody waits any more.
    """
    began = time.perf_counter()
    point = None if state.remembers else chosen_point(state.point, state.behaviours)
    if point is not None and early is not None:
        early(View(state, point.probabilities, None, point.expected_payoff, *_worth(point), None, 0, _since(began)))
    if not wanted():
        raise SupersededError
    game = compile_game(state.point)
    profile = profile_for(game, state.behaviours)
    if not wanted():
        raise SupersededError
    if state.remembers:
        episodes = simulate(game, profile, EPISODES, state.seed, record=0, workers=1)
        low, high = wilson_interval(episodes.counts, episodes.episodes)
        return View(state, episodes.outcome_shares(), (low, high), episodes.payoff_mean, None, None, None,
                    EPISODES, _since(began))
    # The package's own tables are known to be right, and to look through tables takes as long as to use them.
    own = all(name in CATALOGUE for actor in Actor for name in names_in(state.policies[actor], state.settings[actor]))
    found = (propagate_unchecked if own else propagate)(game, profile)
    if point is None:
        _keep(state, game, profile)
    return View(state, found.outcome_probabilities(), None, found.expected_payoff, *_worth(point), _exact(found), 0,
                _since(began))


# Game and policies of the last setting whose values take longer: to find the policies takes as long again.
_PLAYED: list[tuple[tuple[Any, ...], Game, Profile]] = []


def _keep(state: State, game: Game, profile: Profile) -> None:
    for _, other, _ in _PLAYED:
        forget(other)
    _PLAYED[:] = [(state.computed, game, profile)]


def complete(view: View) -> View:
    """The view with what takes longer.

    Raises:
        ParameterError: a behaviour cannot be played here.
    """
    if view.whole:
        return view
    state = view.state
    kept = [(game, profile) for key, game, profile in list(_PLAYED) if key == state.computed]
    game = kept[0][0] if kept else compile_game(state.point)
    if view.simulated:
        played = profile_for(game, state.behaviours)
        return replace(view, plays=_followed(game, [trace(game, played, state.seed, number)
                                                    for number in range(FOLLOWED)]))
    # Those in equilibrium have had their tables for the observed weeks only.
    whole = bool(kept) and EQUILIBRIUM not in state.behaviours.values()
    profile = kept[0][1] if whole else profile_of(game, state.behaviours)
    value = evaluate(game, profile)[0, :, game.start]
    best = np.array([best_response(game, profile, actor).value(actor) for actor in Actor])
    forget(game)
    return replace(view, values=value, regret=best - value)


def _since(began: float) -> float:
    return 1e3 * (time.perf_counter() - began)


def _worth(point: PointResult | None) -> tuple[Floats | None, Floats | None]:
    return (None, None) if point is None else (point.value, point.regret)


def _exact(found: Distribution) -> Plays:
    weeks = found.going[:-1].sum()
    shares = [*(found.move_share[:, seat] for seat in DISPUTANTS), found.stance_share]
    return Plays(
        (found.rung_distribution(Actor.TOKYO), found.rung_distribution(Actor.SEOUL)), found.going,
        (found.move_frequency(Actor.TOKYO), found.move_frequency(Actor.SEOUL),
         found.move_frequency(Actor.WASHINGTON)),
        (shares[0].sum(axis=0) / weeks, shares[1].sum(axis=0) / weeks, shares[2].sum(axis=0) / weeks))


def _followed(game: Game, paths: list[Trajectory]) -> Plays:
    rounds = game.rounds
    rungs = [np.zeros((rounds + 1, game.tops[seat] + 1)) for seat in DISPUTANTS]
    counts = [np.zeros((rounds, len(Stance if actor is Actor.WASHINGTON else Move))) for actor in Actor]
    for path in paths:
        states = [path.weeks[0].state, *(week.next_state for week in path.weeks if not week.over)]
        for week, state in enumerate(states):
            for seat in DISPUTANTS:
                rungs[seat][week, game.rungs[seat, state]] += 1
        for week_ in path.weeks:
            for actor in Actor:
                counts[actor][week_.round - 1, (*week_.moves, week_.stance)[actor]] += 1
    going = rungs[0].sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = [table / going[:, None] for table in rungs]
        weekly = [table / table.sum(axis=1, keepdims=True) for table in counts]
    overall = [table.sum(axis=0) / table.sum() for table in counts]
    return Plays((spread[0], spread[1]), going / len(paths), (weekly[0], weekly[1], weekly[2]),
                 (overall[0], overall[1], overall[2]))


__all__ = ["FOLLOWED", "Plays", "SupersededError", "View", "complete", "compute", "profile_for"]
