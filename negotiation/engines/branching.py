"""Branching: one episode played twice, the second time with another game from some week on.

Both paths use the same draws (`negotiation.draws`), so that what differs between them is due to the
change alone. Until the week of the change the branch is the trunk. From that week on it is played
under the other game and the other policies, read at the true number of the round: the actors learn
of the change when it comes, have not seen it coming, and take it to be for good.

A payoff counts by the game in force in its week, and is discounted over each week by the discount in
force in that week. How the branch ends (`escalated_above`) is judged by the other game.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np

from negotiation.draws import WeekDraws, episode_draws
from negotiation.engines.trajectory import Trajectory, Week, play_on, summarise, trace
from negotiation.game import Game
from negotiation.parameters import ParameterError
from negotiation.policy import Profile, check_profile
from negotiation.scenario import Scenario
from negotiation.vocabulary import DISPUTANTS, opponent


class Step(IntEnum):
    """What people see of a week, in the order in which it happens."""

    STATE = 0
    STANCE = 1
    LEADER = 2
    FIRST = 3
    SECOND = 4
    CHANCE = 5


@dataclass(frozen=True)
class BranchedTrajectory(Trajectory):
    """A path that changed its game on the way; ``game`` and ``policies`` are those of its end.

    Attributes:
        before: the game in force before round ``since``.
        since: the first round under ``game``.
    """

    before: Game
    since: int

    def record(self) -> dict[str, float]:
        """The recorded quantities, each week's by the game in force in it."""
        return summarise(self.game, self.weeks, self.before, self.since)


@dataclass(frozen=True)
class Branch:
    """Two paths of one episode from the same draws.

    Attributes:
        trunk: the path under the original game and policies.
        branch: the path that changes in ``week``; the trunk itself where the dispute had ended before.
        week: the first week of the change, from 1.
        point: the sweep point the draws belong to, as in `negotiation.draws.stream_key`.
    """

    trunk: Trajectory
    branch: Trajectory
    week: int
    point: int | None = None

    @property
    def began(self) -> bool:
        """Whether the change came in time: the dispute had not ended before ``week``."""
        return len(self.trunk) >= self.week

    @property
    def first_difference(self) -> int | None:
        """The first week in which anything that people see differs; None if nothing ever does."""
        found = self._difference()
        return None if found is None else found[0]

    @property
    def differs(self) -> Step | None:
        """What differs first in that week; None if nothing ever does."""
        found = self._difference()
        return None if found is None else found[1]

    def draws(self, week: int) -> WeekDraws:
        """The uniforms of a week, the same on both paths."""
        return episode_draws(self.trunk.seed, self.trunk.episode, week, self.point)[-1]

    def _difference(self) -> tuple[int, Step] | None:
        # Paths of different lengths have parted before the shorter one ends: by the draw that ended it.
        for one, other in zip(self.trunk, self.branch, strict=False):
            for step, seen, also_seen in zip(Step, _steps(one), _steps(other), strict=True):
                if seen != also_seen:
                    return one.round, step
        return None


def _steps(week: Week) -> tuple[int, ...]:
    """One number a `Step`. The state after the week follows from them."""
    return (week.state, week.stance, week.leader, week.moves[week.leader], week.moves[opponent(week.leader)],
            week.chance)


def branch(game: Game, profile: Profile, other_game: Game, other_profile: Profile, seed: int, episode: int,
           week: int, point: int | None = None) -> Branch:
    """Play an episode, and play it again with another game and other policies from a week on.

    Args:
        game: the compiled game of the trunk.
        profile: one policy a seat, covering the observed rounds.
        other_game: the game of the branch from ``week`` on; its ladders have as many rungs, its observed
            rounds are as many, and unless ``week`` is 1 it starts where ``game`` does.
        other_profile: one policy a seat of ``other_game``, covering the observed rounds.
        seed: root seed.
        episode: number of the episode, from 0.
        week: the first week under the other game, from 1 to the number of observed rounds.
        point: sweep point, as in `negotiation.draws.stream_key`.

    Raises:
        ParameterError: the week is out of range, or the games cannot follow one another; the message
            names the key.
        PolicyError: a policy does not fit its game.
    """
    check_branch(game.scenario, other_game.scenario, week)
    for each, policies in ((game, profile), (other_game, other_profile)):
        check_profile(each, policies, each.rounds, remembering=True)
    trunk = trace(game, profile, seed, episode, point)
    if week == 1:
        return Branch(trunk, trace(other_game, other_profile, seed, episode, point), week, point)
    if len(trunk) < week:
        return Branch(trunk, trunk, week, point)
    draws = episode_draws(seed, episode, game.rounds, point)
    past = trunk.weeks[:week - 1]
    later = play_on(other_game, other_profile, draws, trunk.weeks[week - 1].state, week, past)
    path = BranchedTrajectory(other_game, other_profile.names, seed, episode,
                              (*past, *later), before=game, since=week)
    return Branch(trunk, path, week, point)


def check_branch(before: Scenario, after: Scenario, week: int) -> None:
    """Refuse a branch between scenarios of which the second cannot take over from the first.

    Args:
        before: the scenario of the trunk.
        after: the scenario of the branch from ``week`` on.
        week: from 1.

    Raises:
        ParameterError: naming the key, what was given and what is allowed.
    """
    if isinstance(week, bool) or not isinstance(week, (int, np.integer)) or not 1 <= week <= before.rounds:
        raise ParameterError("branch.week", week, f"an integer from 1 to {before.rounds}, the observed weeks")
    _refuse_other("scenario.rounds", before.rounds, after.rounds, "both paths are watched for as many weeks")
    for seat in DISPUTANTS:
        _refuse_other(f"scenario.{seat.key}.ladder", f"{before.disputant(seat).top + 1} rungs",
                      f"{after.disputant(seat).top + 1} rungs", "both paths climb the same ladders")
    if week > 1:
        for key in ("tokyo", "seoul", "standstill", "appeals"):
            _refuse_other(f"scenario.start.{key}", getattr(before.start, key), getattr(after.start, key),
                          f"in week {week} the start is past and has no effect any more")


def _refuse_other(key: str, before: Any, after: Any, reason: str) -> None:
    if before != after:
        raise ParameterError(key, after, f"{before}, as before the branch: {reason}")


__all__ = ["Branch", "BranchedTrajectory", "Step", "branch", "check_branch"]
