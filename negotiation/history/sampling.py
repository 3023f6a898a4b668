r"""Scenarios drawn where the record is likely: adaptive multiple importance sampling over the plausible ranges.

The likelihood of half a year of weeks is sharp in fourteen dimensions: of a hypercube over the whole ranges a single
scenario would take nearly all of the weight. So further *generations* are drawn from where the earlier ones were
likely (Cornuet, Marin, Mira & Robert 2012). With places u in [0, 1] and :math:`z = \log(u / (1-u))`, the prior of z
is logistic, :math:`p(z) = \prod_j u_j (1 - u_j)`; generation 0 is the hypercube, each later one a multivariate t
with five degrees of freedom whose mean and covariance are those of all draws so far under tempered weights
:math:`L^\beta p / q`. :math:`\beta` is the largest in (0, 1] at which at least a tenth of a generation is
effective, so the search narrows no faster than its draws allow. All draws together are weighted by

.. math:: v_i \propto L(z_i)\, p(z_i) \Big/ \sum_g \frac{N_g}{N}\, q_g(z_i).

**Variables.** z is ``drawn``, :math:`\log L` ``logs``, :math:`q_g` a `_Proposal`, :math:`\beta` ``tempered``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, log_expit, logit, logsumexp
from scipy.stats import multivariate_t

from negotiation.game import Floats, Integers

FREEDOM = 5  # heavy tails: nothing likely is left out of reach
SHARE = 0.1  # of a generation's draws that must be effective under the tempered weights
MIXED = 0.7  # of the covariance between factors that is believed
NARROWEST = 0.05  # standard deviation, in z
HALVINGS = 30


@dataclass(frozen=True)
class _Proposal:
    """A multivariate t."""

    mean: Floats
    shape: Floats

    def log_density(self, drawn: Floats) -> Floats:
        return np.atleast_1d(np.asarray(multivariate_t.logpdf(drawn, self.mean, self.shape, df=FREEDOM)))

    def draw(self, number: int, generator: np.random.Generator) -> Floats:
        drawn: Floats = np.asarray(multivariate_t.rvs(self.mean, self.shape, df=FREEDOM, size=number,
                                                      random_state=generator), dtype=float)
        return drawn.reshape(number, self.mean.size)


@dataclass(frozen=True, eq=False)
class Population:
    """Weighted draws.

    Attributes:
        places: float64 [n, d], in the unit cube.
        logs: float64 [n], log likelihood.
        generation: int64 [n], from 0.
        weights: float64 [n], summing to 1.
    """

    places: Floats
    logs: Floats
    generation: Integers
    weights: Floats


def sample_posterior(first: Floats, evaluate: Callable[[Floats], float], generations: int, seed: int) -> Population:
    """Draws weighted by prior and likelihood.

    Args:
        first: float64 [n, d], the places of generation 0, evenly over the unit cube.
        evaluate: from places to log likelihood, called once a draw in order.
        generations: how many further ones, of n draws each.
        seed: of the draws.
    """
    generator = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, first.shape[1]])))
    number = len(first)
    drawn, proposals = logit(np.clip(first, 1e-9, 1 - 1e-9)), list[_Proposal]()
    logs = np.array([evaluate(row) for row in first])
    for _ in range(generations):
        proposals.append(_fitted(drawn, logs, _log_ratio(drawn, proposals), number))
        fresh = proposals[-1].draw(number, generator)
        logs = np.append(logs, [evaluate(row) for row in expit(fresh)])
        drawn = np.vstack([drawn, fresh])
    total = logs + _log_ratio(drawn, proposals)
    return Population(expit(drawn), logs, np.repeat(np.arange(generations + 1), number),
                      np.exp(total - logsumexp(total)))


def effective(weights: Floats) -> float:
    """Effective sample size (Kish 1965): 1 over the sum of squared weights that sum to 1."""
    return float(1 / (weights**2).sum())


def _log_prior(drawn: Floats) -> Floats:
    density: Floats = (log_expit(drawn) + log_expit(-drawn)).sum(axis=1)
    return density


def _log_ratio(drawn: Floats, proposals: list[_Proposal]) -> Floats:
    """Log of p / q, q the mixture of all generations so far."""
    prior = _log_prior(drawn)
    parts = [prior, *(proposal.log_density(drawn) for proposal in proposals)]
    ratio: Floats = prior - (logsumexp(np.stack(parts), axis=0) - np.log(len(parts)))
    return ratio


def _fitted(drawn: Floats, logs: Floats, ratio: Floats, number: int) -> _Proposal:
    """The next proposal: mean and covariance under weights tempered as little as the draws allow."""
    def weights(beta: float) -> Floats:
        tempered = beta * logs + ratio
        return np.asarray(np.exp(tempered - logsumexp(tempered)))

    low, high, aim = 0.0, 1.0, max(SHARE * number, 2.0)
    if effective(weights(1.0)) >= aim:
        low = 1.0
    else:
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if effective(weights(middle)) >= aim else (low, middle)
    chosen = weights(low)
    mean = chosen @ drawn
    spread = (drawn - mean).T @ ((drawn - mean) * chosen[:, None]) / max(1 - float((chosen**2).sum()), 0.1)
    own = np.diag(np.maximum(np.diag(spread), NARROWEST**2))
    return _Proposal(mean, MIXED * (spread - np.diag(np.diag(spread))) + own)


__all__ = ["Population", "effective", "sample_posterior"]
