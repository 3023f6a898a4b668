r"""Fictitious play against recent play: beliefs from what the other side did, then a reply.

The seat counts the other side's plans (Brown 1951), older ones less (Cheung & Friedman 1997, weighted fictitious play):
after plan l was seen,

.. math:: \kappa_j(t) = \phi\,\kappa_j(t-1) + [j = l],

believes plan j to come with probability :math:`b_j = \kappa_j / \sum_k \kappa_k`, and replies to the exact expected
payoffs :math:`E_i = \sum_j \pi_{ij} b_j`: plan i with probability proportional to :math:`\exp(\lambda E_i)`
(Fudenberg & Levine 1998, ch. 4, smooth fictitious play), at :math:`\lambda = \infty` the best one, ties within 1e-12
going to the lowest-numbered. :math:`\phi = 1` is fictitious play proper, :math:`\phi = 0` the reply to the last plan
(Cournot). What the seat itself received does not matter to it.

**Variables.** :math:`\kappa` is the learner's ``kappa``; :math:`\kappa_j(0)` is ``kappa0`` for each of the other side's
plans; :math:`\lambda` is ``precision``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from negotiation.game import Floats
from negotiation.kernels.learning import RuleCode
from negotiation.learning.rule import PlanLearner, PlanRule, SeatView, logit, shares


@dataclass(frozen=True)
class FictitiousPlay(PlanRule):
    """A reply to beliefs about the other side's plans.

    Attributes:
        plans: the menu.
        phi: weight of the past, in [0, 1].
        precision: lambda, 1/payoff, at least 0; inf for the best reply.
        kappa0: weight of each of the other side's plans before the first dispute, above 0.
    """

    phi: float = 0.9
    precision: float = float("inf")
    kappa0: float = 1.0

    name: ClassVar[str] = "fictitious_play"
    code: ClassVar[RuleCode] = RuleCode.FICTITIOUS_PLAY

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_number("phi", 0.0, 1.0)
        self.check_number("precision", 0.0, infinite=True)
        self.check_number("kappa0", 0.0, open_low=True)

    @property
    def needs_other_plans(self) -> bool:
        """It looks at nothing else."""
        return True

    def memory(self, view: SeatView) -> Floats:
        """float64 [L]: kappa(0)."""
        return np.full(view.expected.shape[1], float(self.kappa0))

    def numbers(self, view: SeatView) -> Floats:
        """Weight of the past and precision."""
        return self.row(phi=self.phi, precision=self.precision)

    def learner(self, view: SeatView) -> PlanLearner:
        """A readable learner."""
        return _FictitiousPlay(self, view)


class _FictitiousPlay(PlanLearner):
    def __init__(self, rule: FictitiousPlay, view: SeatView) -> None:
        self.rule, self.pi = rule, view.expected
        self.kappa: list[float] = rule.memory(view).tolist()

    def worth(self) -> list[float]:
        """Expected payoff of each plan by present beliefs, payoff units."""
        beliefs = shares(self.kappa)
        return [sum(belief * float(self.pi[i, j]) for j, belief in enumerate(beliefs)) for i in range(len(self.pi))]

    def probabilities(self) -> list[float]:
        return logit(self.worth(), self.rule.precision)

    def learn(self, plan: int, payoff: float, other: int) -> None:
        self.kappa = [self.rule.phi * kappa for kappa in self.kappa]
        self.kappa[other] += 1.0

    def memory(self) -> list[float]:
        return self.kappa
