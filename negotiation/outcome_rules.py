"""Which of the five outcomes an episode has: one rule for all engines."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from negotiation.game import Game, Integers
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
