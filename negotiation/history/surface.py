r"""The log likelihood of observed weeks as a function of free parameters, and its summits.

:math:`\ell(u)`, u in the unit cube (`negotiation.history.free`), is `negotiation.history.likelihood.log_likelihood`
under the logit equilibrium of the scenario at u: each value solves the game anew, in tens of milliseconds, so points
are what is saved. `climb` looks for the highest point from anywhere by sequential least squares (SLSQP, as in scipy);
`climb_from` near a point whose curvature is known, with some places held, by BFGS steps. Slopes are differences.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from scipy.optimize import minimize

from negotiation.game import Floats, compile_game
from negotiation.history.coding import Observed
from negotiation.history.free import Free, scenario_with
from negotiation.history.likelihood import log_likelihood
from negotiation.scenario import Scenario
from negotiation.solve import backward_induction

STEP = 1e-3  # of forward differences, in places; rounding in the log likelihood is far below
BEND = 0.02  # of second differences
TOLERANCE = 1e-4  # of the log likelihood: a tenth of it is nothing to an interval's 1.92
ENOUGH = 8e-3  # a step that promises no more is not taken
STEEP = 4.0  # least curvature along a direction that steps reckon with
SHORTEST = 1 / 16
ITERATIONS = 40
LOWEST = -1e9  # instead of minus infinity, which no search likes
Report = Callable[[int, int], None]


class Surface:
    """The log likelihood over the unit cube, each point worked out once.

    Attributes:
        scenario: all that is not free.
        free: the axes.
        observed: the weeks.
        evaluations: how many games were solved.
    """

    def __init__(self, scenario: Scenario, free: Sequence[Free], observed: Observed,
                 report: Report | None = None) -> None:
        self.scenario, self.free, self.observed = scenario, tuple(free), observed
        self.evaluations = 0
        self._known: dict[bytes, float] = {}
        self._report = report

    def __call__(self, places: Floats) -> float:
        """Log likelihood at places in the unit cube."""
        key = np.asarray(places, dtype=np.float64).tobytes()
        if key not in self._known:
            self._known[key] = max(self.height(places), LOWEST)
            self.evaluations += 1
            if self._report is not None:
                self._report(1, 0)
        return self._known[key]

    def height(self, places: Floats) -> float:
        """The log likelihood at places, worked out; `negotiation.history.choices` has another."""
        game = compile_game(scenario_with(self.scenario, self.free, places))
        profile = backward_induction(game, keep=min(len(self.observed), game.horizon)).profile
        return log_likelihood(game, profile, self.observed)

    def climb(self, start: Floats) -> tuple[Floats, float]:
        """The highest point reached from a start, and its log likelihood."""
        found = minimize(lambda places: -self(np.clip(places, 0.0, 1.0)), start, method="SLSQP",
                         bounds=[(0.0, 1.0)] * len(self.free), options={"eps": STEP, "ftol": TOLERANCE,
                                                                        "maxiter": ITERATIONS})
        best = np.clip(found.x, 0.0, 1.0)
        return (best, self(best)) if self(best) >= self(start) else (np.array(start), self(start))

    def climb_from(self, start: Floats, held: Mapping[int, float], bend: Floats) -> tuple[Floats, float]:
        """The highest point near a start with some places held: quasi-Newton steps that know how the surface bends.

        Args:
            start: float64 [d], places.
            held: axis to the place that it keeps.
            bend: float64 [d, d], minus the second derivatives somewhere near (`curvature`).
        """
        point, metric = np.clip(start, 0.0, 1.0), bend.copy()
        for axis, place in held.items():
            point[axis] = place
        height, loose = self(point), [axis for axis in range(len(self.free)) if axis not in held]
        last: tuple[Floats, Floats] | None = None
        for _ in range(ITERATIONS):
            slope = self._slope(point, loose)
            if last is not None:
                metric = _updated(metric, point - last[0], last[1] - slope)
            moving = [axis for axis in loose if not (point[axis] <= 0 and slope[axis] < 0)
                      and not (point[axis] >= 1 and slope[axis] > 0)]
            if not moving:
                break
            step = np.zeros(point.size)
            step[moving] = np.linalg.solve(_steep(metric[np.ix_(moving, moving)]), slope[moving])
            if slope @ step / 2 < ENOUGH:
                break
            share = 1.0
            while self(np.clip(point + share * step, 0.0, 1.0)) <= height and share > SHORTEST:
                share /= 2
            further = np.clip(point + share * step, 0.0, 1.0)
            if self(further) <= height:
                break
            last, point, height = (point, slope), further, self(further)
        return point, height

    def _slope(self, point: Floats, loose: Sequence[int]) -> Floats:
        """float64 [d]: slopes along the loose axes by differences into the cube, 0 along the others."""
        slope = np.zeros(point.size)
        for axis in loose:
            beside = point.copy()
            beside[axis] += STEP if point[axis] < 0.5 else -STEP
            slope[axis] = (self(beside) - self(point)) / (beside[axis] - point[axis])
        return slope

    def curvature(self, at: Floats) -> Floats:
        """float64 [d, d]: minus the second derivatives of the log likelihood near a point, by central differences."""
        centre, d = np.clip(at, BEND, 1 - BEND), len(self.free)
        steps = np.eye(d) * BEND
        matrix = np.empty((d, d))
        middle = self(centre)
        for i in range(d):
            matrix[i, i] = (self(centre + steps[i]) - 2 * middle + self(centre - steps[i])) / BEND**2
            for j in range(i):
                both = (self(centre + steps[i] + steps[j]) + self(centre - steps[i] - steps[j])
                        - self(centre + steps[i] - steps[j]) - self(centre - steps[i] + steps[j]))
                matrix[i, j] = matrix[j, i] = both / (4 * BEND**2)
        return -matrix


def _steep(metric: Floats) -> Floats:
    """The metric with its flat directions made steep enough that no step leaves the cube by far."""
    values, vectors = np.linalg.eigh(metric)
    steep: Floats = (vectors * np.maximum(values, STEEP)) @ vectors.T
    return steep


def _updated(metric: Floats, step: Floats, change: Floats) -> Floats:
    """The BFGS update; left alone where it would not stay positive."""
    along = float(step @ change)
    if along <= 1e-8:
        return metric
    pushed = metric @ step
    fresh: Floats = (metric - np.outer(pushed, pushed) / float(step @ pushed) + np.outer(change, change) / along)
    return fresh if np.isfinite(fresh).all() else metric


__all__ = ["LOWEST", "Report", "Surface"]
