"""The recorded quantities of episodes, one array entry an episode."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from negotiation.game import Floats, Integers


@dataclass(frozen=True, eq=False)
class Records:
    """The recorded quantities of consecutive episodes, one array entry an episode.

    Attributes:
        first_episode: number of the first episode.
        outcome: int8, `Outcome`.
        settlement_round: int64, round of settlement from 1, 0 if none.
        rupture_round: int64, round of rupture, 0 if none.
        first_standstill: int64, first round with a standstill in force after the moves, 0 if none.
        breaches, lapses: int64, numbers of events.
        appeals_tokyo, appeals_seoul: int64, numbers of appeals.
        peak_tension: float64, over the start rungs and every round's rungs.
        effort: float64, Washington's total effort, not net of invitation.
        payoff_tokyo, payoff_seoul, payoff_washington: float64, payoff units, discounted, over the
            observed rounds, settlement and rupture included.
        final_state: int64, number of the state after the last round played.
    """

    first_episode: int
    outcome: NDArray[np.int8]
    settlement_round: Integers
    rupture_round: Integers
    first_standstill: Integers
    breaches: Integers
    lapses: Integers
    appeals_tokyo: Integers
    appeals_seoul: Integers
    peak_tension: Floats
    effort: Floats
    payoff_tokyo: Floats
    payoff_seoul: Floats
    payoff_washington: Floats
    final_state: Integers

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            if name != "first_episode":
                getattr(self, name).setflags(write=False)

    def __len__(self) -> int:
        return int(self.outcome.size)

    def columns(self) -> dict[str, NDArray[np.generic]]:
        """Column name to array, for a data frame; the first column is the episode number."""
        names = [name for name in self.__dataclass_fields__ if name != "first_episode"]
        numbers = np.arange(self.first_episode, self.first_episode + len(self))
        return {"episode": numbers, **{name: getattr(self, name) for name in names}}

    @classmethod
    def join(cls, parts: Sequence[Records]) -> Records:
        """Consecutive records as one."""
        names = [name for name in cls.__dataclass_fields__ if name != "first_episode"]
        return cls(parts[0].first_episode,
                   **{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})

    @classmethod
    def from_rows(cls, first_episode: int, rows: Sequence[Mapping[str, float]]) -> Records:
        """From one mapping an episode, as `negotiation.engines.trajectory.summarise` gives them."""
        columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
        columns["outcome"] = columns["outcome"].astype(np.int8)
        return cls(first_episode, **columns)

    def head(self, count: int) -> Records:
        """The first ``count`` episodes."""
        names = [name for name in self.__dataclass_fields__ if name != "first_episode"]
        return Records(self.first_episode, **{name: getattr(self, name)[:count] for name in names})


__all__ = ["Records"]
