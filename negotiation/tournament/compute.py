r"""Computing the pairings of a tournament: as a sweep's points, but nothing is made or solved twice.

In a field of n behaviours a side under k third parties, a behaviour's table occurs in many pairings and is made
once a game. And Tokyo's best reply to Seoul's behaviour j under Washington's w is worth the same whatever Tokyo
really plays, so the n k pairs (j, w) need n k best replies of Tokyo instead of n n k; likewise for the others. What
is left per pairing is one propagation and one evaluation.

Values and regret are known of tables only: where a behaviour remembers they are nan.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from negotiation.behaviours import make_policy
from negotiation.engines.exact import need_tables, propagate_unchecked
from negotiation.engines.points import PointResult
from negotiation.game import Game
from negotiation.policy import DisputantPolicy, Policy, Profile
from negotiation.solve import best_response, evaluate
from negotiation.sweep.compute import Computer
from negotiation.sweep.point import PointStudy
from negotiation.vocabulary import Actor

KEPT_BYTES = 2**29  # of one game's tables: those of behaviours that solve it take some 20 MB each


@dataclass
class _Kept:
    """What the pairings of one game share: tables by seat and choice, best replies' values by seat and the others'."""

    policies: OrderedDict[tuple[Actor, str], Policy] = field(default_factory=OrderedDict)
    best: dict[tuple[Actor, str, str], float] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def policy(self, game: Game, actor: Actor, choice: Any) -> Policy:
        """A seat's policy, made or found; the longest unused ones go where all would take too much memory."""
        key = actor, repr(choice)
        with self.lock:
            if key in self.policies:
                self.policies.move_to_end(key)
                return self.policies[key]
        made = make_policy(game, actor, choice)  # should two threads meet here, both make the same
        with self.lock:
            self.policies[key] = made
            while len(self.policies) > len(Actor) and sum(map(_bytes, self.policies.values())) > KEPT_BYTES:
                self.policies.popitem(last=False)
        return made


def _bytes(policy: Policy) -> int:
    if isinstance(policy, DisputantPolicy):
        return policy.first_inner.nbytes + policy.second_inner.nbytes
    return policy.stance_inner.nbytes


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
    kept = _KEPT.setdefault(game, _Kept())
    return Profile.of({actor: kept.policy(game, actor, choices[actor.key]) for actor in Actor})


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
