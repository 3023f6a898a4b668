r"""Who does how well against the whole field.

In a `Contest` a behaviour i on Tokyo's seat meets the field :math:`1, \dots, m` of behaviours on Seoul's. Its score
is its mean payoff, every opponent counting alike:

.. math::  \bar A_i = \frac{1}{m} \sum_j A_{ij}, \qquad
           r_i = \max_k \bar A_k - \bar A_i , \qquad
           \rho_i = \frac{1}{m} \sum_j \bigl( \max_\sigma u_T(\sigma, j) - u_T(i, j) \bigr) .

:math:`r_i` is its *regret against the field*: what the best of the competing behaviours gets more from the same
opponents. :math:`\rho_i` is its mean regret against an exact best reply :math:`\sigma` that knows its opponent (over
the solved horizon, `negotiation.solve.regret`), nan where a pairing's is not known. Seoul likewise, with B. Over
both seats, the score of a behaviour that both sides field is the mean of its two scores: what it expects before
it knows which seat it draws.

**Intervals.** Exact pairings have no sampling error; what is uncertain is the field. The interval is a percentile
bootstrap (Efron 1979) over opponents: m opponents are drawn from the m with replacement, `RESAMPLES` times, the same
ones for all behaviours. Where pairings are simulated, each resampled mean also gets a normal error: its standard error
where pairings have draws of their own, and the mean of their standard errors, which is the most it can be, where they
have the same draws (``engine=mesa``). `first` is the share of resamples in which the behaviour comes first.

**Variables.** :math:`\bar A_i` is ``mean``, :math:`r_i` ``field_regret``, :math:`\rho_i` ``reply_regret``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from negotiation.parameters import ParameterError
from negotiation.tournament.field import Contest
from negotiation.vocabulary import DISPUTANTS, Actor

RESAMPLES = 2000
CONFIDENCE = 0.95
BOTH = "both"
EVERY = "all"  # third parties pooled
COLUMNS = ("scenario", "washington", "seat", "behaviour", "rank", "mean", "low", "high", "error", "first",
           "field_regret", "reply_regret", "best_against", "worst_against", "exact")

Floats = NDArray[np.float64]


def ranking(field: Sequence[Contest], seed: int = 0, resamples: int = RESAMPLES) -> pd.DataFrame:
    """Every behaviour's score per scenario, third party and seat.

    Args:
        field: contests; those of one scenario must have the same behaviours.
        seed: of the bootstrap.
        resamples: of the bootstrap.

    Returns:
        One row a scenario, third party (``all``: every opponent under every third party, where there are several),
        seat (``tokyo``, ``seoul``, and ``both`` where two or more behaviours are on both) and behaviour, best first;
        columns `COLUMNS`. ``error`` is the standard error from sampling alone (0 where exact); ``best_against`` and
        ``worst_against`` are the opponents that it gets most and least from, empty over both seats.

    Raises:
        ParameterError: there is no contest, or resamples is below 1.
    """
    if not field:
        raise ParameterError("tournament", "none", "at least one contest")
    if resamples < 1:
        raise ParameterError("resamples", resamples, "an integer, at least 1")
    rows: list[dict[str, Any]] = []
    for scenario in dict.fromkeys(contest.scenario for contest in field):
        here = [contest for contest in field if contest.scenario == scenario]
        groups = [(contest.washington, [contest]) for contest in here]
        if len(here) > 1:
            groups.append((EVERY, here))
        for washington, group in groups:
            for seat, table in _seats(group, seed, resamples):
                rows += [{"scenario": scenario, "washington": washington, "seat": seat, **row} for row in table]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _seats(group: Sequence[Contest], seed: int, resamples: int) -> list[tuple[str, list[dict[str, Any]]]]:
    """Rows by seat for contests whose third parties count alike."""
    scores = {seat: _Scores.of(group, seat, seed, resamples) for seat in DISPUTANTS}
    found = [(seat.key, scores[seat].rows()) for seat in DISPUTANTS]
    shared = group[0].shared
    if len(shared) > 1:
        parts = [scores[seat].only(shared) for seat in DISPUTANTS]
        found.append((BOTH, _Scores(
            shared, sum(part.mean for part in parts) / 2, sum(part.drawn for part in parts) / 2,
            sum(part.error for part in parts) / 2 if group[0].common
            else np.sqrt(sum(part.error**2 for part in parts)) / 2, sum(part.reply_regret for part in parts) / 2,
            np.logical_and(*(part.exact for part in parts)), ("",) * len(shared), ("",) * len(shared)).rows()))
    return found


class _Scores:
    """Scores of the behaviours on one seat.

    Attributes:
        names: labels, n.
        mean, error, reply_regret: float64 [n].
        drawn: float64 [resamples, n], bootstrapped means.
        exact: bool [n].
        best, worst: labels of opponents, n.
    """

    def __init__(self, names: Sequence[str], mean: Any, drawn: Any, error: Any, reply_regret: Any, exact: Any,
                 best: Sequence[str], worst: Sequence[str]) -> None:
        self.names, self.mean, self.drawn, self.error = tuple(names), mean, drawn, error
        self.reply_regret, self.exact, self.best, self.worst = reply_regret, exact, tuple(best), tuple(worst)

    @classmethod
    def of(cls, group: Sequence[Contest], seat: Actor, seed: int, resamples: int) -> _Scores:
        payoff = np.mean([contest.own(contest.payoff, seat) for contest in group], axis=0)  # [n, m]
        errors = np.array([contest.own(contest.error, seat) for contest in group])  # [third parties, n, m]
        regret = np.mean([contest.own(contest.regret, seat) for contest in group], axis=0)
        exact = np.logical_and.reduce([contest.exact if seat is Actor.TOKYO else contest.exact.T for contest in group])
        opponents = group[0].labels(Actor.SEOUL if seat is Actor.TOKYO else Actor.TOKYO)
        n, m = payoff.shape
        draw = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, int(seat)])))
        counts = draw.multinomial(m, np.full(m, 1 / m), size=resamples) / m  # float64 [resamples, m], weights
        drawn = counts @ payoff.T
        if errors.any():
            drawn = drawn + draw.standard_normal((resamples, n)) * _of_means(errors, counts, group[0].common)
        even = np.full((1, m), 1 / m)
        return cls(group[0].labels(seat), payoff.mean(axis=1), drawn, _of_means(errors, even, group[0].common)[0],
                   regret.mean(axis=1), exact.all(axis=1), [opponents[place] for place in payoff.argmax(axis=1)],
                   [opponents[place] for place in payoff.argmin(axis=1)])

    def only(self, names: Sequence[str]) -> _Scores:
        """The scores of some behaviours, in their order."""
        at = [self.names.index(name) for name in names]
        return _Scores(names, self.mean[at], self.drawn[:, at], self.error[at], self.reply_regret[at], self.exact[at],
                       [self.best[place] for place in at], [self.worst[place] for place in at])

    def rows(self) -> list[dict[str, Any]]:
        """One a behaviour, best first; equal scores in the order of the field."""
        tail = 50 * (1 - CONFIDENCE)
        low, high = np.percentile(self.drawn, [tail, 100 - tail], axis=0)
        winners = self.drawn == self.drawn.max(axis=1, keepdims=True)
        first = (winners / winners.sum(axis=1, keepdims=True)).mean(axis=0)
        order = np.argsort(-self.mean, kind="stable")
        top = self.mean.max()
        rank = 1 + (self.mean[None, :] > self.mean[:, None]).sum(axis=1)
        return [{"behaviour": self.names[i], "rank": int(rank[i]), "mean": float(self.mean[i]), "low": float(low[i]),
                 "high": float(high[i]), "error": float(self.error[i]), "first": float(first[i]),
                 "field_regret": float(top - self.mean[i]), "reply_regret": float(self.reply_regret[i]),
                 "best_against": self.best[i], "worst_against": self.worst[i], "exact": bool(self.exact[i])}
                for i in order]


def _of_means(errors: Floats, weights: Floats, common: bool) -> Floats:
    """Standard errors of means over opponents and third parties, float64 [weightings, n].

    Args:
        errors: float64 [third parties, n, m], of single pairings.
        weights: float64 [weightings, m], of opponents.
        common: whether the errors go together.
    """
    if common:
        return np.asarray(weights @ errors.mean(axis=0).T)
    return np.asarray(np.sqrt(weights**2 @ (errors**2).sum(axis=0).T) / len(errors))


def against(contest: Contest) -> pd.DataFrame:
    """Who does well against whom.

    Returns:
        One row a seat, behaviour and opponent: ``payoff``; ``edge``, the payoff less the mean of all competing
        behaviours against this opponent; ``rank`` among them, 1 for the best.
    """
    rows = []
    for seat in DISPUTANTS:
        payoff = contest.own(contest.payoff, seat)
        edge = payoff - payoff.mean(axis=0)
        rank = 1 + (payoff[None, :, :] > payoff[:, None, :]).sum(axis=1)
        opponents = contest.labels(Actor.SEOUL if seat is Actor.TOKYO else Actor.TOKYO)
        rows += [{"seat": seat.key, "behaviour": name, "opponent": opponent, "payoff": float(payoff[i, j]),
                  "edge": float(edge[i, j]), "rank": int(rank[i, j])}
                 for i, name in enumerate(contest.labels(seat)) for j, opponent in enumerate(opponents)]
    return pd.DataFrame(rows)


__all__ = ["BOTH", "EVERY", "against", "ranking"]
