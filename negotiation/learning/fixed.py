r"""No learning: the baseline that every rule is held against.

The seat plays one plan for ever, or draws one anew before each dispute with fixed ``weights``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from negotiation.game import Floats
from negotiation.kernels.learning import RuleCode
from negotiation.learning.rule import PlanLearner, PlanRule, SeatView, shares


@dataclass(frozen=True)
class Fixed(PlanRule):
    """One plan for ever, or fixed weights on several.

    Attributes:
        plans: the menu.
        weights: of the plans, at least 0, not all 0; None puts all on the first.
    """

    weights: Sequence[float] | None = None

    name: ClassVar[str] = "fixed"
    code: ClassVar[RuleCode] = RuleCode.FIXED

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.weights is None:
            return
        right = not isinstance(self.weights, str) and isinstance(self.weights, Sequence)
        right = right and len(self.weights) == len(self.plans)
        right = right and all(isinstance(each, (int, float)) and 0 <= each < math.inf for each in self.weights)
        if not right or not sum(self.weights) > 0:
            raise self.refuse("weights", f"{len(self.plans)} numbers, each at least 0, not all 0")
        object.__setattr__(self, "weights", tuple(self.weights))

    def memory(self, view: SeatView) -> Floats:
        """The weights."""
        first = [float(j == 0) for j in range(len(self.plans))]
        return np.array(shares(first if self.weights is None else self.weights))

    def numbers(self, view: SeatView) -> Floats:
        """None."""
        return self.row()

    def learner(self, view: SeatView) -> PlanLearner:
        """A seat that never changes."""
        return _Fixed(self.memory(view).tolist())


class _Fixed(PlanLearner):
    def __init__(self, weights: list[float]) -> None:
        self.weights = weights

    def probabilities(self) -> list[float]:
        return shares(self.weights)

    def learn(self, plan: int, payoff: float, other: int) -> None:
        pass

    def memory(self) -> list[float]:
        return self.weights
