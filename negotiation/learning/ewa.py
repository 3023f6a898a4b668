r"""Experience-weighted attraction (Camerer & Ho 1999): what was done and what might have been.

Plan j has an attraction :math:`A_j(t)`; experience is :math:`N(t)`. After the seat played plan k and the other side
plan l,

.. math::
    N(t) &= \rho N(t-1) + 1, \\
    A_j(t) &= \frac{\phi N(t-1) A_j(t-1) + \left[\delta + (1-\delta)\,[j = k]\right] \pi_j(l)}{N(t)},

and the next plan is j with probability proportional to :math:`\exp(\lambda A_j(t))`. :math:`\delta` is the weight of
forgone payoffs, :math:`\phi` and :math:`\rho` discount attractions and experience, :math:`\lambda` is the precision of
choice. A dispute is played by chance and by moves, so no one sees what another plan would have brought: forgone payoffs
:math:`\pi_j(l)` are exact expected payoffs against the plan that the other side took. The chosen plan's payoff is the
one received; with ``expected`` it, too, is the expected one.

Special cases, by the paper: :math:`\delta = 0, \rho = 0, N(0) = 1` is cumulative reinforcement,
:math:`A_j(t) = \phi A_j(t-1) + [j = k] x`; :math:`\delta = 1, \rho = \phi` is weighted fictitious play
(`negotiation.learning.fictitious_play`). In the paper's estimates :math:`0 \le \rho \le \phi`; here both lie in
[0, 1]. It also estimates :math:`A(0)`; here it is, unless given, the mean of all expected payoffs for every plan, so
that the seat starts indifferent and no plan is favoured for being tried first.

**Variables.** :math:`A` is ``attractions`` and :math:`N` ``experience`` of the learner; :math:`A(0)` is ``a0``,
:math:`N(0)` ``n0``, :math:`\lambda` ``precision``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from negotiation.game import Floats
from negotiation.kernels.learning import RuleCode
from negotiation.learning.rule import PlanLearner, PlanRule, SeatView, logit


@dataclass(frozen=True)
class EWA(PlanRule):
    """Experience-weighted attraction learning over plans.

    Attributes:
        plans: the menu.
        phi: discount of attractions, in [0, 1].
        rho: discount of experience, in [0, 1].
        delta: weight of forgone payoffs, in [0, 1].
        precision: lambda, 1/payoff, at least 0; inf for the best plan.
        n0: experience before the first dispute, N(0), at least 0.
        a0: attractions before it, payoff units, one a plan; None for the mean expected payoff.
        expected: whether the chosen plan, too, is judged by its expected payoff.
    """

    phi: float = 0.9
    rho: float = 0.9
    delta: float = 0.5
    precision: float = 1.0
    n0: float = 1.0
    a0: Sequence[float] | None = None
    expected: bool = False

    name: ClassVar[str] = "ewa"
    code: ClassVar[RuleCode] = RuleCode.EWA

    def __post_init__(self) -> None:
        super().__post_init__()
        for parameter in ("phi", "rho", "delta"):
            self.check_number(parameter, 0.0, 1.0)
        self.check_number("precision", 0.0, infinite=True)
        self.check_number("n0", 0.0)
        if not isinstance(self.expected, bool):
            raise self.refuse("expected", "true or false")
        if self.a0 is not None:
            right = not isinstance(self.a0, str) and len(self.a0) == len(self.plans)
            if not right or not all(isinstance(each, (int, float)) and math.isfinite(each) for each in self.a0):
                raise self.refuse("a0", f"{len(self.plans)} finite numbers, one a plan")
            object.__setattr__(self, "a0", tuple(float(each) for each in self.a0))

    @property
    def needs_other_plans(self) -> bool:
        """Whether it looks at the plan that the other side took."""
        return self.delta > 0 or self.expected

    def memory(self, view: SeatView) -> Floats:
        """float64 [K + 1]: A(0) and N(0)."""
        start = np.full(len(self.plans), view.expected.mean()) if self.a0 is None else np.array(self.a0)
        return np.append(start, self.n0)

    def numbers(self, view: SeatView) -> Floats:
        """The four parameters, and whether the chosen plan counts by its expected payoff."""
        return self.row(phi=self.phi, rho=self.rho, delta=self.delta, precision=self.precision,
                        expected=self.expected)

    def learner(self, view: SeatView) -> PlanLearner:
        """A readable learner."""
        return _EWA(self, view)


class _EWA(PlanLearner):
    def __init__(self, rule: EWA, view: SeatView) -> None:
        self.rule, self.pi = rule, view.expected
        *self.attractions, self.experience = rule.memory(view).tolist()

    def probabilities(self) -> list[float]:
        return logit(self.attractions, self.rule.precision)

    def learn(self, plan: int, payoff: float, other: int) -> None:
        rule, before = self.rule, self.experience
        self.experience = rule.rho * before + 1.0
        for j in range(len(self.attractions)):
            forgone = float(self.pi[j, other])
            own = forgone if rule.expected else payoff
            gained = own if j == plan else rule.delta * forgone
            self.attractions[j] = (rule.phi * before * self.attractions[j] + gained) / self.experience

    def memory(self) -> list[float]:
        return [*self.attractions, self.experience]
