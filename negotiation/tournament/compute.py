r"""Computing the pairings of a tournament: as a sweep's points, but nothing is made or solved twice.

In a field of n behaviours a side under k third parties, a behaviour's table occurs in many pairings and is made
once a game. And Tokyo's best reply to Seoul's behaviour j under Washington's w is worth the same whatever Tokyo
really plays, so the n k pairs (j, w) need n k best replies of Tokyo instead of n n k; likewise for the others. What
is left per pairing is one propagation and one evaluation.

Values and regret are known of tables only: where a behaviour remembers they are nan.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from negotiation.behaviours import make_policy
from negotiation.engines.exact import need_tables, propagate_unchecked
from negotiation.engines.points import PointResult
from negotiation.game import Game
from negotiation.policy import Policy, Profile
from negotiation.solve import best_response, evaluate
from negotiation.sweep.compute import Computer
from negotiation.sweep.point import PointStudy
from negotiation.vocabulary import Actor


@dataclass
class _Kept:
    """What the pairings of one game share: tables by seat and choice, best replies' values by seat and the others'."""

    policies: dict[tuple[Actor, str], Policy] = field(default_factory=dict)
    best: dict[tuple[Actor, str, str], float] = field(default_factory=dict)


# Threads share these; should two meet at the same gap, both fill it with the same.
_KEPT: WeakKeyDictionary[Game, _Kept] = WeakKeyDictionary()


@dataclass
class TournamentComputer(Computer):
    """Computes the rows of pairings; see `negotiation.sweep.compute.Computer`."""

    def _solved(self, study: PointStudy) -> PointResult:
        game = self._game(study)
        profile = kept_profile(game, study.policies)
        need_tables(profile, "engine.name", study.engine)
        return pairing(game, study.policies)


def kept_profile(game: Game, choices: Mapping[str, Any]) -> Profile:
    """The profile of a pairing; tables are made once for each game, seat and choice.

    Args:
        game: the compiled game.
        choices: seat key to behaviour.
    """
    made = _KEPT.setdefault(game, _Kept()).policies
    found: dict[Actor, Policy] = {}
    for actor in Actor:
        key = actor, repr(choices[actor.key])
        if key not in made:
            made[key] = make_policy(game, actor, choices[actor.key])
        found[actor] = made[key]
    return Profile.of(found)


def pairing(game: Game, choices: Mapping[str, Any]) -> PointResult:
    """A pairing of tables, exactly; the same numbers as `negotiation.engines.points.profile_point`.

    Args:
        game: the compiled game.
        choices: seat key to behaviour, none with memory.

    Raises:
        ParameterError: a behaviour cannot be had.
        PolicyError: a behaviour has memory.
    """
    profile = kept_profile(game, choices)
    best = _KEPT.setdefault(game, _Kept()).best
    value = evaluate(game, profile)[0, :, game.start]
    reply = np.empty(len(Actor))
    for actor in Actor:
        one, other = (repr(choices[seat.key]) for seat in Actor if seat is not actor)
        if (actor, one, other) not in best:
            best[actor, one, other] = best_response(game, profile, actor).value(actor)
        reply[actor] = best[actor, one, other]
    found = propagate_unchecked(game, profile)
    return PointResult(
        probabilities=found.outcome_probabilities(), expected_payoff=found.expected_payoff, value=value,
        regret=reply - value, settled=found.settled, ruptured=found.ruptured,
        first_standstill=found.first_standstill, counts=found.expected_counts())


__all__ = ["TournamentComputer", "kept_profile", "pairing"]
