r"""Reinforcement of what was done, by what it brought (Roth & Erev 1995; Erev & Roth 1998).

Plan j of K has a propensity :math:`q_j(t)` before dispute t and is chosen with probability
:math:`p_j(t) = q_j(t) / \sum_k q_k(t)`. After plan k brought the payoff x,

.. math::
    q_j(t+1) &= (1 - \phi)\, q_j(t) + E_k(j, R(x)), \qquad R(x) = x - x_{\min}, \\
    E_k(j, R) &= R\,(1-\varepsilon) \text{ if } j = k, \quad R\,\varepsilon/(K-1) \text{ otherwise,}

with forgetting (recency) :math:`\phi`, experimentation :math:`\varepsilon` and the smallest possible payoff
:math:`x_{\min}`. At first all propensities are equal, :math:`q_j(1) = s(1) X / K` with the initial strength
:math:`s(1)` and the typical reinforcement X. Plans have no order, so experimentation reaches all other plans alike
(in games with ordered strategies the papers let it reach the neighbours only). Defaults are the three-parameter
estimates of Erev & Roth (1998): s(1) = 9, phi = 0.1, epsilon = 0.2.

Two things the papers leave to the game: X is the mean of :math:`R` over all pairs of plans at their expected payoffs;
:math:`x_{\min}`, unless given, is the smallest payoff that any path of a dispute under these plans brings. A given one
may be higher; reinforcements are then cut off at 0.

**Variables.** :math:`q` is the learner's ``q``; :math:`s(1)` is ``s1``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from negotiation.game import Floats
from negotiation.kernels.learning import RuleCode
from negotiation.learning.rule import PlanLearner, PlanRule, SeatView, shares


@dataclass(frozen=True)
class RothErev(PlanRule):
    """Reinforcement learning over plans.

    Attributes:
        plans: the menu.
        s1: initial strength s(1), above 0.
        phi: forgetting, in [0, 1].
        epsilon: experimentation, in [0, 1].
        x_min: the payoff that reinforces nothing, payoff units; None for the smallest possible.
    """

    s1: float = 9.0
    phi: float = 0.1
    epsilon: float = 0.2
    x_min: float | None = None

    name: ClassVar[str] = "roth_erev"
    code: ClassVar[RuleCode] = RuleCode.ROTH_EREV

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_number("s1", 0.0, open_low=True)
        self.check_number("phi", 0.0, 1.0)
        self.check_number("epsilon", 0.0, 1.0)
        if self.x_min is not None:
            self.check_number("x_min", -np.inf)

    def floor(self, view: SeatView) -> float:
        """x_min, payoff units."""
        return view.lowest if self.x_min is None else float(self.x_min)

    def memory(self, view: SeatView) -> Floats:
        """float64 [K]: q(1)."""
        typical = float(np.maximum(view.expected - self.floor(view), 0.0).mean())
        return np.full(len(self.plans), self.s1 * typical / len(self.plans))

    def numbers(self, view: SeatView) -> Floats:
        """Forgetting, experimentation, smallest payoff."""
        return self.row(phi=self.phi, epsilon=self.epsilon, x_min=self.floor(view))

    def learner(self, view: SeatView) -> PlanLearner:
        """A readable learner."""
        return _RothErev(self, view)


class _RothErev(PlanLearner):
    def __init__(self, rule: RothErev, view: SeatView) -> None:
        self.rule, self.x_min = rule, rule.floor(view)
        self.q: list[float] = rule.memory(view).tolist()

    def probabilities(self) -> list[float]:
        return shares(self.q)

    def learn(self, plan: int, payoff: float, other: int) -> None:
        phi, epsilon, others = self.rule.phi, self.rule.epsilon, len(self.q) - 1
        reinforcement = max(payoff - self.x_min, 0.0)
        for j in range(len(self.q)):
            share = 1.0 if not others else 1.0 - epsilon if j == plan else epsilon / others
            self.q[j] = (1.0 - phi) * self.q[j] + reinforcement * share

    def memory(self) -> list[float]:
        return self.q
