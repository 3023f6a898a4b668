r"""What is read off one way of playing, exactly: no sampling anywhere.

With :math:`\mu_t(s)` the probability of going on in state s after t of T rounds (`negotiation.engines.exact`)
and n_t(m) the probability of reaching round t and playing m there,

* escalations: :math:`\sum_t n_t(\text{escalate})` of both sides; their share divides by all moves played;
* step-downs of a side: :math:`\sum_t n_t(\text{step\_down})`;
* tension: :math:`\sum_{t \ge 1, s} \mu_t(s)\,\tau(s) / \sum_{t \ge 1, s} \mu_t(s)`, over weeks still going;
* failures: the sum of breaches and lapses over all weeks that start under a standstill: the weekly chance that
  a standstill in force ends without settlement or rupture; breaches likewise;
* share: Tokyo's expected share of the pie, given that the dispute settles.

The last is no field of a `Distribution`. It is found by propagating through a copy of the game whose payoffs
are replaced by what is to be counted, without discounting.

**What is determined.** Where players choose sharply and much is at stake, the logit recursion may amplify a small
change from each round to the one before it, until over a long horizon the smallest change decides: the equilibrium is
unique, but no finite number of digits of the parameters gives its outcomes. A variant counts as *undetermined* if
multiplying both sides' firmness by 1 + 1e-10 moves an outcome's probability by more than 1e-6 (where nothing is
amplified, by some 1e-10). Its effects would be accidents of rounding; `Case` refuses to give them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from negotiation.behaviours import make_policy
from negotiation.engines.exact import Distribution, propagate_unchecked
from negotiation.engines.points import PointResult, equilibrium_point
from negotiation.game import Floats, Game, compile_game
from negotiation.policy import Policy, Profile
from negotiation.scenario import Scenario
from negotiation.solve import backward_induction, respond_to
from negotiation.vocabulary import DISPUTANTS, Actor, Move, Outcome

Changes = Mapping[str, Any]
SHAKE = 1e-10  # relative change of both sides' firmness
DETERMINED = 1e-6  # by which an outcome's probability may move at most


class UndeterminedError(ArithmeticError):
    """The outcomes of a variant hang on changes too small to be stated."""


@dataclass(frozen=True)
class Reading:
    """Numbers of one way of playing; see the module docstring.

    Attributes:
        outcomes: probability of each `Outcome`, in their order.
        settlement: probability.
        escalations: expected number, of both sides.
        escalation_share: share of all moves.
        step_downs: expected number, of Tokyo and of Seoul.
        tension: mean over weeks still going, 0 to 1.
        failures: weekly chance that a standstill in force is breached or lapses.
        breaches: weekly chance that a standstill in force is breached.
        share: Tokyo's expected share of the pie at settlement; nan where nothing ever settles.
    """

    outcomes: tuple[float, ...]
    settlement: float
    escalations: float
    escalation_share: float
    step_downs: tuple[float, float]
    tension: float
    failures: float
    breaches: float
    share: float


def read(game: Game, profile: Profile) -> Reading:
    """The numbers of `Reading` for given policies, over the observed rounds."""
    found = propagate_unchecked(_counting_shares(game), profile)
    moves = found.move_share.sum(axis=0)
    escalations = float(moves[:, Move.ESCALATE].sum())
    outcomes = tuple(float(chance) for chance in found.outcome_probabilities())
    settlement = outcomes[Outcome.SETTLEMENT]
    held = float(found.mass[:-1, game.standstill == 1].sum())
    lapses, breaches = float(found.lapses.sum()), float(found.breaches.sum())
    return Reading(
        outcomes=outcomes, settlement=settlement, escalations=escalations,
        escalation_share=escalations / float(moves.sum()),
        step_downs=(float(moves[Actor.TOKYO, Move.STEP_DOWN]), float(moves[Actor.SEOUL, Move.STEP_DOWN])),
        tension=_mean_tension(game, found), failures=_ratio(breaches + lapses, held), breaches=_ratio(breaches, held),
        share=_ratio(float(found.expected_payoff[Actor.TOKYO]), settlement))


def _counting_shares(game: Game) -> Game:
    """The same moves and chances; the only payoff is each side's share of the pie at settlement."""
    stakes = [max(game.scenario.disputant(seat).stake, 1e-300) for seat in DISPUTANTS]
    shares = np.zeros_like(game.settlement_payoff)
    for seat, stake in zip(DISPUTANTS, stakes, strict=True):
        shares[seat] = game.settlement_payoff[seat] / stake
    return replace(game, payoff=np.zeros_like(game.payoff), settlement_payoff=shares, rupture_payoff=np.zeros(3),
                   discount=np.ones(3))


def _mean_tension(game: Game, found: Distribution) -> float:
    going = found.mass[1:]
    return _ratio(float((going @ game.tension).sum()), float(going.sum()))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")


class Case:
    """One scenario and what is played in it and around it; each variant is solved once.

    A variant is named by the parameters that differ from the case's own scenario, and for named behaviours
    by who plays them.
    """

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self._points: dict[Any, PointResult] = {}
        self._readings: dict[Any, Reading] = {}
        self._undetermined: set[Any] = set()

    def variant(self, changes: Changes | None = None) -> Scenario:
        """The scenario with some parameters changed."""
        return self.scenario.override(changes) if changes else self.scenario

    def point(self, changes: Changes | None = None) -> PointResult:
        """Outcomes, event times and regret of equilibrium play.

        Raises:
            UndeterminedError: see the module docstring.
        """
        key = frozenset((changes or {}).items())
        if key not in self._points:
            scenario = self.variant(changes)
            self._points[key] = equilibrium_point(scenario)
            self._shake(key, scenario, self._points[key].probabilities)
        self._refuse(key)
        return self._points[key]

    def reading(self, changes: Changes | None = None) -> Reading:
        """Equilibrium play, read as `Reading`.

        Raises:
            UndeterminedError: see the module docstring.
        """
        key = frozenset((changes or {}).items())
        if key not in self._readings:
            scenario = self.variant(changes)
            game = compile_game(scenario)
            self._readings[key] = read(game, backward_induction(game, keep=game.rounds).profile)
            self._shake(key, scenario, np.array(self._readings[key].outcomes))
        self._refuse(key)
        return self._readings[key]

    def _shake(self, key: Any, scenario: Scenario, outcomes: Floats) -> None:
        shaken = equilibrium_point(scenario.override({
            f"{seat.key}.firmness": scenario.disputant(seat).firmness * (1 + SHAKE) for seat in DISPUTANTS}))
        if not np.abs(shaken.probabilities - outcomes).max() <= DETERMINED:
            self._undetermined.add(key)

    def _refuse(self, key: Any) -> None:
        if key in self._undetermined:
            raise UndeterminedError(f"outcomes with {dict(key)} move by more than {DETERMINED:g} "
                                    f"if firmness moves by {SHAKE:g}")

    def behaving(self, behaviours: Mapping[Actor, str]) -> Reading:
        """Named behaviours on some seats; the others know it and answer by logit response."""
        game = compile_game(self.scenario)
        given = {seat: _behaviour(game, seat, name) for seat, name in behaviours.items()}
        fixed = Profile.of({seat: given.get(seat) or _behaviour(game, seat, "random") for seat in Actor})
        answering = tuple(seat for seat in Actor if seat not in given)
        return read(game, respond_to(game, fixed, answering).profile)


_TABLES: dict[tuple[tuple[int, int], Actor, str], Policy] = {}


def _behaviour(game: Game, seat: Actor, name: str) -> Policy:
    """A behaviour's table; those used here look at rungs only, so ladders of equal length share it."""
    key = game.tops, seat, name
    if key not in _TABLES:
        _TABLES[key] = make_policy(game, seat, name)
    return _TABLES[key]


def reached(point: PointResult) -> float:
    """Probability that a standstill comes into force within the observed rounds."""
    return float(point.first_standstill.sum())


def settled(point: PointResult) -> float:
    """Probability of settlement within the observed rounds."""
    return float(point.probabilities[Outcome.SETTLEMENT])


def reversal(values: Floats) -> float:
    """How far a path is from monotone: the lesser of its total rise and its total fall; 0 if monotone."""
    steps = np.diff(values)
    return float(min(steps[steps > 0].sum(), -steps[steps < 0].sum()))


__all__ = ["Case", "Changes", "Reading", "UndeterminedError", "reached", "read", "reversal", "settled"]
