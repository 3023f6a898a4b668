"""What all rules of learning share: menus of plans, checked parameters, and the readable learner.

A *plan learner* picks one plan of its menu before each dispute, plays it throughout and then receives the
dispute's discounted payoff over the observed rounds. A rule is a frozen dataclass of parameters named as in its
paper; ``learner(view)`` makes the readable learner that the tests hold against the compiled loop, and ``memory``
and ``numbers`` give that loop its start and its parameters.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from negotiation.drawing import draw
from negotiation.game import Floats
from negotiation.kernels.learning import NUMBERS, TIE, WIDTH, RuleCode
from negotiation.parameters import ParameterError
from negotiation.vocabulary import Actor


@dataclass(frozen=True, eq=False)
class SeatView:
    """What a plan learner may know before the first dispute.

    Attributes:
        seat: its own.
        expected: float64 [K, L], payoff units, its exact expected discounted payoff over the observed rounds, by own
            plan and other plan; L = 1 and the other side taken to play at random if that side has no plans.
        lowest: payoff units, the smallest payoff that any pair of plans can bring it.
        other_has_plans: whether the other side picks plans at all.
    """

    seat: Actor
    expected: Floats
    lowest: float
    other_has_plans: bool = True


class PlanLearner(ABC):
    """The readable learner: plain Python, one object a seat and pair."""

    @abstractmethod
    def probabilities(self) -> list[float]:
        """Of the plans, before the next dispute."""

    @abstractmethod
    def learn(self, plan: int, payoff: float, other: int) -> None:
        """Take in a dispute.

        Args:
            plan: the plan played.
            payoff: what it brought, discounted.
            other: the plan that the other side took; no matter to learners that do not look at it.
        """

    @abstractmethod
    def memory(self) -> list[float]:
        """What it remembers, as the compiled loop keeps it."""

    def choose(self, u: float) -> int:
        """The plan that a uniform u in [0, 1) selects."""
        return draw(np.array(self.probabilities()), u)


@dataclass(frozen=True)
class Rule(ABC):
    """How a seat learns."""

    name: ClassVar[str]
    code: ClassVar[RuleCode]

    def refuse(self, parameter: str, allowed: str) -> ParameterError:
        """The error that says what a parameter may be."""
        return ParameterError(f"{self.name}.{parameter}", getattr(self, parameter), allowed)

    def check_number(self, parameter: str, low: float, high: float = math.inf, *, infinite: bool = False,
                     open_low: bool = False) -> None:
        """Refuse a parameter that is not a number in [low, high]; infinity only where it is said to be allowed."""
        value = getattr(self, parameter)
        number = isinstance(value, (int, float)) and not isinstance(value, bool) and not math.isnan(value)
        inside = number and (low < value if open_low else low <= value) and value <= high
        if not inside or (math.isinf(value) and not infinite):
            opening = "(" if open_low or math.isinf(low) else "["
            closing = "]" if math.isfinite(high) or infinite else ")"
            raise self.refuse(parameter, f"a number in {opening}{low:g}, {high:g}{closing}")

    def row(self, **numbers: float) -> Floats:
        """float64 [WIDTH]: the parameters in the order in which the compiled loop reads them."""
        values = np.zeros(WIDTH)
        values[:len(numbers)] = [float(numbers[name]) for name in NUMBERS[self.code]]
        return values


@dataclass(frozen=True)
class PlanRule(Rule):
    """A rule that picks among plans.

    Attributes:
        plans: the menu; each a behaviour's name, a mapping as for `negotiation.behaviours.make_policy`, or a policy of
            the seat.
    """

    plans: Sequence[Any]

    def __post_init__(self) -> None:
        if isinstance(self.plans, str) or not isinstance(self.plans, Sequence) or not self.plans:
            raise self.refuse("plans", "a list of at least one behaviour")
        object.__setattr__(self, "plans", tuple(self.plans))

    @property
    def needs_other_plans(self) -> bool:
        """Whether it looks at the plan that the other side took."""
        return False

    @abstractmethod
    def memory(self, view: SeatView) -> Floats:
        """What a learner remembers before the first dispute."""

    @abstractmethod
    def numbers(self, view: SeatView) -> Floats:
        """Its parameters as the compiled loop reads them."""

    @abstractmethod
    def learner(self, view: SeatView) -> PlanLearner:
        """A readable learner before its first dispute."""


def logit(worth: Sequence[float], precision: float) -> list[float]:
    """Probabilities proportional to exp(precision * worth); at infinity the first of the best."""
    best = max(worth)
    if math.isinf(precision):
        chosen = next(j for j, value in enumerate(worth) if value >= best - TIE)
        return [float(j == chosen) for j in range(len(worth))]
    weights = [math.exp(precision * (value - best)) for value in worth]
    total = sum(weights)
    return [weight / total for weight in weights]


def shares(weights: Sequence[float]) -> list[float]:
    """Weights divided by their sum; equal shares where they are all 0."""
    total = sum(weights)
    return [weight / total if total > 0 else 1 / len(weights) for weight in weights]
