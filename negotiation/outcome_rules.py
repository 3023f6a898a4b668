"""Which of the five outcomes an episode has, and what a later payoff counts: one rule for all engines."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from negotiation.game import Floats, Game, Integers
from negotiation.vocabulary import Outcome


def classify(game: Game, end: Integers, state: Integers) -> NDArray[np.int8]:
    """int8 [n], `Outcome` of episodes.

    Args:
        game: the compiled game.
        end: int64 [n], round of settlement (> 0) or of rupture (< 0, negated), 0 if still going.
        state: int64 [n], state after the last observed round; read only where still going.

    Settlement; rupture; standstill (still going, c = 1); escalated (still going, c = 0, tension
    above `escalated_above` by more than 1e-12); stalemate (the rest).
    """
    going = np.where(
        game.standstill[state] == 1, Outcome.STANDSTILL,
        np.where(game.escalated[state], Outcome.ESCALATED, Outcome.STALEMATE))
    ended = np.where(end > 0, Outcome.SETTLEMENT, Outcome.RUPTURE)
    return np.where(end == 0, going, ended).astype(np.int8)


def discount_weights(game: Game) -> Floats:
    """float64 [3, rounds + 1], read-only: weight of round t (from 0), and of what its end pays at t + 1.

    By Python's own power: NumPy's rounds the last bit differently for arrays, for numbers and from one kind
    of processor to the next, and the engines agree to the last bit.
    """
    kept: Floats | None = game.__dict__.get(_WEIGHTS)
    if kept is None:
        kept = np.array([[float(factor) ** t for t in range(game.rounds + 1)] for factor in game.discount])
        kept.setflags(write=False)
        game.__dict__[_WEIGHTS] = kept
    return kept


_WEIGHTS = "_discount_weights"
