"""Compiled disputes and what is computed of them, shared by all classes that play the same one.

Every game that somebody plays alone is a class of its own, and a solved game takes tens of megabytes: so games are
known by their content, those used last are kept, and what was computed of the others is let go.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from negotiation.behaviours import make_policy
from negotiation.behaviours.solved import forget, solution
from negotiation.engines.exact import propagate
from negotiation.game import Game, compile_game
from negotiation.policy import Policy
from negotiation.scenario import Scenario
from negotiation.vocabulary import Actor

K = TypeVar("K")
V = TypeVar("V")
KEPT, MOST_STATES = 64, 400_000  # compiled disputes; and their states times weeks together, about 1 GB when solved
FEWEST = 8  # kept however large: as many as a class may have treatments


class Recent(OrderedDict[K, V], Generic[K, V]):
    """A memory of the entries used last.

    Args:
        most: entries kept.
    """

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def found(self, key: K) -> V | None:
        """What is known under a key, which counts as a use; None if nothing is."""
        if key not in self:
            return None
        self.move_to_end(key)
        return self[key]

    def keep(self, key: K, value: V) -> V:
        """Remember a value; the one unused longest goes where there are too many."""
        self[key] = value
        self.move_to_end(key)
        while len(self) > self.most:
            self.popitem(last=False)
        return value

    def made(self, key: K, make: Callable[[], V]) -> V:
        """What is known under a key, made if nothing is."""
        known = self.found(key)
        return self.keep(key, make()) if known is None else known


@dataclass
class Compiled:
    """A dispute ready to be played.

    Attributes:
        game: its tables.
        policies: by seat and behaviour, those that were asked for.
        prediction: exact outcome probabilities under equilibrium play; None before they are asked for.
    """

    game: Game
    policies: dict[tuple[Actor, str], Policy] = field(default_factory=dict)
    prediction: tuple[float, ...] | None = None

    def policy(self, seat: Actor, choice: Any) -> Policy:
        """What a behaviour plays on a seat."""
        key = seat, json.dumps(choice, sort_keys=True, default=str)
        if key not in self.policies:
            solution(self.game)  # all seats share one
            self.policies[key] = make_policy(self.game, seat, choice)
        return self.policies[key]

    def predicted(self) -> tuple[float, ...]:
        """Exact outcome probabilities if all three seats play the equilibrium."""
        if self.prediction is None:
            exact = propagate(self.game, solution(self.game).profile).outcome_probabilities()
            self.prediction = tuple(float(each) for each in exact)
        return self.prediction


class Games:
    """The disputes compiled last, by content; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[str, Compiled] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def get(self, key: str, scenario: Callable[[], Scenario]) -> Compiled:
        """A dispute compiled, the same object while it is in use.

        Args:
            key: of `key_of`.
            scenario: gives its parameters, where it has to be compiled.
        """
        with self._lock:
            if key not in self._known:
                self._known[key] = Compiled(compile_game(scenario()))
            self._known.move_to_end(key)
            while len(self._known) > FEWEST and (len(self._known) > KEPT or self._size() > MOST_STATES):
                _, old = self._known.popitem(last=False)
                old.policies.clear()
                forget(old.game)
            return self._known[key]

    def _size(self) -> int:
        return sum(each.game.n_states * each.game.horizon for each in self._known.values())


def key_of(scenario: Scenario) -> str:
    """What tells a dispute from all that differ in any parameter."""
    return hashlib.sha256(json.dumps(scenario.to_dict(), sort_keys=True).encode()).hexdigest()


__all__ = ["Compiled", "Games", "Recent", "key_of"]
