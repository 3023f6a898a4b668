"""Solutions shared by the behaviours that solve the game: each game is solved once per precision."""

from __future__ import annotations

import numpy as np

from negotiation.game import Game
from negotiation.solve import Solution, backward_induction

# Kept on the game itself: a solution holds its game, so any table elsewhere would keep both for ever.
_KEPT = "_solutions"


def solution(game: Game, precision: float | None = None) -> Solution:
    """The equilibrium of a game, solved on first use.

    Args:
        game: the compiled game.
        precision: of all actors; None: each its own from the scenario.
    """
    known: dict[float | None, Solution] = game.__dict__.setdefault(_KEPT, {})
    if precision not in known:
        levels = None if precision is None else np.full(3, precision)
        known[precision] = backward_induction(game, levels)
    return known[precision]


def forget(game: Game) -> None:
    """Let go of a game's solutions and levels at once, not when Python next looks for cycles: 41 MB each."""
    for kept in (_KEPT, "_levels"):
        game.__dict__.pop(kept, None)
