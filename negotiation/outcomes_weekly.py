r"""What happens when: moves by week, and how long until standstill, settlement or rupture; tidy tables.

**Moves by week.** Let :math:`G_t` be the probability that round t is played at all, that is, that the dispute
still goes on after t - 1 rounds. The frequency of an option in week t is over disputes that reach the week:
the probability of reaching it and taking the option, over :math:`G_t`.

**Cumulative incidence.** With :math:`T` the round in which an event happens and D what it is, the cumulative
incidence of d is :math:`F_d(t) = P(T \le t, D = d)`. Settlement and rupture are *competing* risks: either
forestalls the other, so :math:`F_{settlement} + F_{rupture} + G_{t+1} = 1`, and neither is one minus the product
of its own survival (Kalbfleisch & Prentice 2002, "The Statistical Analysis of Failure Time Data", chapter 8).
The first standstill is a first passage, which an end before it forestalls. It and a settlement may fall into
the same week; it does not compete with them afterwards.

Episodes are followed for all observed rounds, none drops out before: censoring is administrative only. The
Aalen-Johansen estimator (Aalen & Johansen 1978, Scand. J. Stat. 5, 141-150)

.. math::
    \hat F_d(t) = \sum_{u \le t} \hat S(u-1)\, \frac{d_u}{n_u}, \qquad
    \hat S(u) = \prod_{v \le u} \left(1 - \frac{\text{events}_v}{n_v}\right)

is then the plain share of episodes with event d by week t, a binomial share, and the Wilson interval is its
interval, week by week (not a band for the whole curve).

**Variables.** :math:`G_t` is the column ``reached``; :math:`F_d` is ``exact``, :math:`\hat F_d` ``simulated``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from negotiation.game import Floats, Game
from negotiation.outcomes import CONFIDENCE, wilson_interval, words
from negotiation.vocabulary import Actor, Move, Outcome, Stance

if TYPE_CHECKING:
    from pandas import DataFrame

    from negotiation.engines.batch import Episodes, Records
    from negotiation.engines.exact import Distribution

SETTLEMENT, RUPTURE, FIRST_STANDSTILL = Outcome.SETTLEMENT.key, Outcome.RUPTURE.key, "first_standstill"
EVENTS = (SETTLEMENT, RUPTURE, FIRST_STANDSTILL)


def moves_table(distribution: Distribution) -> DataFrame:
    """What each seat does, week by week, exactly.

    Args:
        distribution: from the exact engine.

    Returns:
        One row a seat, week and option: ``seat``, ``seat_name``, ``week`` (from 1), ``move`` and ``move_name`` (for
        the third party its stances), ``probability`` (frequency over disputes that reach the week; nan where
        none does) and ``reached`` (share of all disputes that do; repeats on every row of a week).
        ``attrs``: ``scenario``, ``title``, ``rounds``, ``policies`` (seat key to policy name).
    """
    from pandas import DataFrame, concat

    scenario, weeks = distribution.game.scenario, np.arange(1, distribution.rounds + 1)
    parts = []
    for actor in Actor:
        third = actor is Actor.WASHINGTON
        keys = list((Stance if third else Move).keys())
        names = [scenario.stance_name(stance) for stance in Stance] if third else [words(key) for key in keys]
        parts.append(DataFrame({
            "seat": actor.key, "seat_name": scenario.display_name(actor), "week": np.repeat(weeks, len(keys)),
            "move": keys * weeks.size, "move_name": names * weeks.size,
            "probability": distribution.move_frequency(actor).ravel(),
            "reached": np.repeat(distribution.going[:-1], len(keys)),
        }))
    table = concat(parts, ignore_index=True)
    table.attrs = {**_origin(distribution.game), "policies": dict(distribution.policies)}
    return table


def incidence_table(distribution: Distribution | None, episodes: Episodes | None = None, group: str = "",
                    confidence: float = CONFIDENCE) -> DataFrame:
    """How likely settlement, rupture and a first standstill have happened by each week.

    Tables of several scenarios or behaviours may be put below each other (``pandas.concat``), each of its own
    group.

    Args:
        distribution: from the exact engine, or None.
        episodes: from an engine that samples, or None. The episodes whose quantities were recorded are counted.
        group: what the curves are of, e.g. a scenario's title; people read it.
        confidence: coverage of the intervals, in (0, 1).

    Returns:
        One row an event and week: ``group``, ``event`` (``settlement``, ``rupture``, ``first_standstill``), ``week``
        (0 is the start), ``exact`` (probability of the event by the end of the week, nan without a
        distribution), ``simulated`` (share of episodes), ``low`` and ``high`` (its Wilson interval; the three are
        nan without episodes) and ``episodes`` (how many were counted, 0 if none). ``attrs``: ``confidence``,
        ``scenario``, ``title``, ``rounds``.

    Raises:
        ValueError: neither is given, the two come from different scenarios, or no episode was recorded.
    """
    from pandas import DataFrame, concat

    sources = [source for source in (distribution, episodes) if source is not None]
    if not sources:
        raise ValueError("incidence_table: neither a distribution nor episodes are given")
    game = sources[0].game
    if sources[-1].game.scenario != game.scenario:
        raise ValueError("incidence_table: the distribution and the episodes come from different scenarios")
    if episodes is not None and len(episodes.records) == 0:
        raise ValueError("incidence_table: 0 recorded episodes are not allowed; allowed: at least 1")
    missing = np.full(game.rounds + 1, np.nan)
    parts = []
    for event in EVENTS:
        exact, shares, low, high, count = missing, missing, missing, missing, 0
        if distribution is not None:
            exact = _by_week(_exact_rounds(distribution, event))
        if episodes is not None:
            count = len(episodes.records)
            happened = _by_week(np.bincount(_event_rounds(episodes.records, event), minlength=game.rounds + 1)[1:])
            shares = happened / count
            low, high = wilson_interval(happened, count, confidence)
        parts.append(DataFrame({
            "group": group, "event": event, "week": np.arange(game.rounds + 1), "exact": exact, "simulated": shares,
            "low": low, "high": high, "episodes": count,
        }))
    table = concat(parts, ignore_index=True)
    table.attrs = {"confidence": confidence, **_origin(game)}
    return table


def _exact_rounds(distribution: Distribution, event: str) -> Floats:
    if event == FIRST_STANDSTILL:
        return distribution.first_standstill
    return distribution.settled if event == SETTLEMENT else distribution.ruptured


def _event_rounds(records: Records, event: str) -> np.ndarray:
    """int64 [episodes]: the round of the event, 0 if none."""
    if event == FIRST_STANDSTILL:
        return records.first_standstill
    return records.settlement_round if event == SETTLEMENT else records.rupture_round


def _by_week(per_round: np.ndarray) -> Floats:
    """float64 [T + 1]: running total of what happens in rounds 1 to T, from 0 at the start."""
    total: Floats = np.append(0.0, np.cumsum(per_round, dtype=np.float64))
    return total


def _origin(game: Game) -> dict[Any, Any]:
    scenario = game.scenario
    return {"scenario": scenario.name, "title": scenario.title, "rounds": scenario.rounds}


__all__ = ["EVENTS", "FIRST_STANDSTILL", "RUPTURE", "SETTLEMENT", "incidence_table", "moves_table"]
