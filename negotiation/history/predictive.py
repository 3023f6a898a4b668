r"""What the scenario's plausible ranges say before the record, and after it.

**Prior.** N scenarios :math:`\theta_i` by a Latin hypercube over the plausible ranges that the scenario file documents
(`negotiation.statics.sample`), each with weight 1/N.

**Posterior.** These and further scenarios drawn where the record is likely, weighted by importance under the
likelihood of the observed weeks and equilibrium play (`negotiation.history.sampling`). The effective sample size
:math:`1 / \sum_i v_i^2` says how many equally weighted scenarios that is worth; a small one means that a few speak.

**Predictive distribution.** Each scenario is propagated exactly; since every probability of
`negotiation.engines.exact.Distribution` is linear in the weights, the weighted mean of the distributions *is* the
distribution of the mixture, without sampling.

The *forecast* is the prior's: nothing that happened after the start enters it. It is no test out of sample all the
same, since those who wrote the ranges knew how the dispute went on.

**Variables.** :math:`\theta` is a row of ``samples``, v its ``posterior``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from negotiation.engines.exact import Distribution, propagate_unchecked
from negotiation.game import Floats, Game, compile_game
from negotiation.history.coding import Observed
from negotiation.history.likelihood import log_likelihood
from negotiation.history.sampling import effective, sample_posterior
from negotiation.parameters import ParameterError
from negotiation.scenario import Scenario
from negotiation.solve import backward_induction
from negotiation.statics.sample import FACTORS, SAMPLES, SEED, Factor, draw, scenario_at

if TYPE_CHECKING:
    from pandas import DataFrame, Series

Report = Callable[[int, int], None]
GENERATIONS = 4
QUANTILES = (0.05, 0.5, 0.95)
SUMMED = tuple(item.name for item in fields(Distribution) if item.name not in ("game", "policies"))


@dataclass(frozen=True, eq=False)
class Predictive:
    """Mixtures over plausible scenarios.

    Attributes:
        observed: the weeks.
        samples: one row a scenario: a column a factor (`negotiation.statics.sample.FACTORS`), ``generation``,
            ``log_likelihood``, ``prior`` and ``posterior`` (weights that sum to 1).
        prior: the mixture before the weeks were seen: the forecast.
        posterior: the mixture after.
        point: the scenario's own values alone.
        seed: of the hypercube.
    """

    observed: Observed
    samples: DataFrame
    prior: Distribution
    posterior: Distribution
    point: Distribution
    seed: int

    @property
    def effective(self) -> float:
        """Effective sample size of the posterior."""
        return effective(self.samples["posterior"].to_numpy())

    def factors(self) -> DataFrame:
        """What the weeks say of each factor.

        Returns:
            One row a factor: ``factor``, ``title``, ``prior_low``, ``prior_median``, ``prior_high`` (5, 50 and 95 %)
            and the same of the posterior.
        """
        from pandas import DataFrame

        rows = [(factor.name, factor.title,
                 *weighted_quantiles(self.samples[factor.name].to_numpy(), self.samples["prior"].to_numpy()),
                 *weighted_quantiles(self.samples[factor.name].to_numpy(), self.samples["posterior"].to_numpy()))
                for factor in FACTORS]
        return DataFrame(rows, columns=["factor", "title", *(f"{when}_{what}" for when in ("prior", "posterior")
                                                            for what in ("low", "median", "high"))])


def predict(scenario: Scenario, observed: Observed, samples: int = SAMPLES, seed: int = SEED,
            generations: int = GENERATIONS, report: Report | None = None) -> Predictive:
    """Mixtures over the plausible ranges, before and after the observed weeks.

    Args:
        scenario: whose documentation gives the ranges.
        observed: the weeks.
        samples: number of scenarios of the hypercube, and of each generation; at least 1.
        seed: of all draws.
        generations: further ones, for the posterior.
        report: called with (1, 0) after each scenario, ``samples * (generations + 1)`` times.

    Raises:
        ParameterError: no samples, or fewer rounds than weeks.
    """
    from pandas import DataFrame

    if samples < 1:
        raise ParameterError("samples", samples, "an integer, at least 1")
    if scenario.rounds < len(observed):
        raise ParameterError("scenario.rounds", scenario.rounds, f"at least the {len(observed)} observed weeks")
    hypercube = draw(scenario, samples, seed)
    first = np.column_stack([_places(factor, scenario, hypercube[factor.name].to_numpy()) for factor in FACTORS])
    found: list[Distribution] = []

    def evaluate(places: Floats) -> float:
        distribution, log = _played(scenario_at(scenario, _row(scenario, places)), observed)
        found.append(distribution)
        if report is not None:
            report(1, 0)
        return log

    drawn = sample_posterior(first, evaluate, generations, seed)
    table = DataFrame([_row(scenario, places) for places in drawn.places]).assign(
        generation=drawn.generation, log_likelihood=drawn.logs,
        prior=np.where(drawn.generation == 0, 1 / samples, 0.0), posterior=drawn.weights)
    point, _ = _played(scenario, observed)
    return Predictive(observed, table,
                      mixture(point.game, found[:samples], table["prior"].to_numpy()[:samples], "plausible scenarios"),
                      mixture(point.game, found, table["posterior"].to_numpy(), "plausible scenarios, weighted"),
                      point, seed)


def _places(factor: Factor, scenario: Scenario, values: Floats) -> Floats:
    """Where values lie between the ends of a factor's range."""
    low, high = factor.range(scenario)
    if factor.logarithmic(scenario):
        return np.asarray(np.log(values / low) / np.log(high / low))
    return (values - low) / (high - low)


def _row(scenario: Scenario, places: Floats) -> Series:
    from pandas import Series

    return Series({factor.name: float(factor.at(scenario, places[[place]])[0]) for place, factor in enumerate(FACTORS)})


def _played(scenario: Scenario, observed: Observed) -> tuple[Distribution, float]:
    game = compile_game(scenario)
    profile = backward_induction(game, keep=game.rounds).profile
    return propagate_unchecked(game, profile), log_likelihood(game, profile, observed)


def mixture(game: Game, distributions: Sequence[Distribution], weights: Floats, name: str) -> Distribution:
    """The distribution of a dispute whose scenario is one of several, with given weights.

    Args:
        game: whose ladders and names it carries; expected payoffs are means over the scenarios' own units.
        distributions: of games with the same ladders and number of rounds.
        weights: float64 [n], summing to 1.
        name: of the policies, for tables.
    """
    sums = {field: np.tensordot(weights, np.stack([getattr(one, field) for one in distributions]), axes=1)
            for field in SUMMED}
    return Distribution(game=game, policies=dict.fromkeys(("tokyo", "seoul", "washington"), name), **sums)


def weighted_quantiles(values: Floats, weights: Floats, levels: Sequence[float] = QUANTILES) -> tuple[float, ...]:
    """The least values that the weights below or at them bring to each level."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    places = np.searchsorted(reached, np.asarray(levels) * reached[-1] - 1e-12)
    return tuple(float(value) for value in values[order][np.minimum(places, values.size - 1)])


__all__ = ["Predictive", "mixture", "predict", "weighted_quantiles"]
