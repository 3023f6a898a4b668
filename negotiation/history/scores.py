r"""How good a forecast was: proper scores of probabilities against what happened. Lower is better for all three.

With the forecast p over the K outcomes after the observed weeks and the one that came, o:

* *log score* :math:`-\log p_o` (Good 1952);
* *Brier score* :math:`\sum_k (p_k - [k = o])^2` (Brier 1950);

and for a rung, whose values have an order, with F the cumulated forecast and r the rung in force,

* *ranked probability score* :math:`\frac1R \sum_{k=0}^{R-1} (F_k - [r \le k])^2` (Epstein 1969), in [0, 1].

All three are proper: stating what one believes is best (Gneiting & Raftery 2007). Forecasts of rungs are over
disputes still going, as the real one was. The *uniform* forecast gives every outcome and every rung the same chance.

**Variables.** p is a row of ``chances``; the scores are the columns ``log_score``, ``brier`` and ``rps_SEAT``.
"""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING

import numpy as np

from negotiation.engines.exact import Distribution
from negotiation.game import Floats, Game
from negotiation.history.coding import Observed
from negotiation.history.predictive import Predictive
from negotiation.vocabulary import DISPUTANTS, Actor, Outcome

if TYPE_CHECKING:
    from pandas import DataFrame

UNIFORM = "uniform"
POINT = "scenario alone"
FORECAST = "forecast"
AFTERWARDS = "after the record"


def log_score(chances: Floats, came: int) -> float:
    """Minus the log of the probability given to what came; inf where that was none."""
    return -log(chances[came]) if chances[came] > 0 else float("inf")


def brier_score(chances: Floats, came: int) -> float:
    """Sum of squared distances between the probabilities and what came, in [0, 2]."""
    return float(((chances - np.eye(chances.size)[came]) ** 2).sum())


def ranked_score(chances: Floats, came: int) -> float:
    """The ranked probability score of ordered values, in [0, 1]."""
    reached = np.cumsum(chances)[:-1]
    return float(((reached - (np.arange(chances.size - 1) >= came)) ** 2).mean())


def scores(predictive: Predictive) -> DataFrame:
    """The forecast against what happened, beside simpler ones.

    Returns:
        One row a forecast (``uniform``; ``scenario alone``, its own values; ``forecast``, its plausible ranges; and
        ``after the record``, which has seen what it is scored on): ``forecast``, ``probability`` of the outcome that
        came, ``log_score``, ``brier``, ``rps_tokyo``, ``rps_seoul`` (means over the weeks), and
        ``probability_OUTCOME``.
    """
    from pandas import DataFrame

    game, observed = predictive.point.game, predictive.observed
    weeks, came = len(observed), observed.outcome(game)
    even = np.full(len(Outcome), 1 / len(Outcome))
    rows = []
    for name, distribution in ((UNIFORM, None), (POINT, predictive.point), (FORECAST, predictive.prior),
                               (AFTERWARDS, predictive.posterior)):
        chances = even if distribution is None else distribution.outcomes_by_round()[weeks]
        rows.append({"forecast": name, "probability": float(chances[came]), "log_score": log_score(chances, came),
                     "brier": brier_score(chances, came),
                     **{f"rps_{seat.key}": float(rung_scores(game, distribution, observed, seat).mean())
                        for seat in DISPUTANTS},
                     **{f"probability_{outcome.key}": float(chances[outcome]) for outcome in Outcome}})
    return DataFrame(rows)


def rung_scores(game: Game, distribution: Distribution | None, observed: Observed, seat: Actor) -> Floats:
    """float64 [weeks]: ranked probability score of a side's rung after each week; None for the uniform forecast."""
    states = observed.states()[1:]
    count = game.tops[seat] + 1
    table = (np.full((len(observed) + 1, count), 1 / count) if distribution is None
             else distribution.rung_distribution(seat))
    return np.array([ranked_score(table[week], int(game.rungs[seat, state])) for week, state in enumerate(states, 1)])


__all__ = ["AFTERWARDS", "FORECAST", "POINT", "UNIFORM", "brier_score", "log_score", "ranked_score", "rung_scores",
           "scores"]
