"""Solutions shared by the behaviours that solve the game: each game is solved once per precision."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np

from negotiation.game import Game
from negotiation.solve import Solution, backward_induction

_SOLUTIONS: WeakKeyDictionary[Game, dict[float | None, Solution]] = WeakKeyDictionary()


def solution(game: Game, precision: float | None = None) -> Solution:
    """The equilibrium of a game, solved on first use.

    Args:
        game: the compiled game.
        precision: of all actors; None: each its own from the scenario.
    """
    known = _SOLUTIONS.setdefault(game, {})
    if precision not in known:
        levels = None if precision is None else np.full(3, precision)
        known[precision] = backward_induction(game, levels)
    return known[precision]
