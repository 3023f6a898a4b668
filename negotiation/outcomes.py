r"""From distributions and episodes to tidy tables: one row a quantity, named columns, with intervals.

**Wilson interval.** For k of n episodes, share :math:`p = k/n`, and z the normal quantile at
(1 + confidence)/2, the score interval of Wilson (1927, "Probable inference, the law of succession,
and statistical inference", J. Am. Stat. Assoc. 22, 209-212; no continuity correction) is

.. math::
    \frac{p + z^2/2n \pm z \sqrt{p(1-p)/n + z^2/4n^2}}{1 + z^2/n}

**What a side does.** The probability that Tokyo plays m in round t and state s, over who moves first,
the stance and what the other does, is, with :math:`\phi` = `tokyo_first` and :math:`\pi` as in
`negotiation.policy`,

.. math::
    q_T(t, s, m) = \sum_w \pi_W(w) \Big[ \phi\, \pi^1_T(m)
                   + (1-\phi) \sum_{m'} \pi^1_S(m')\, \pi^2_T(m | m') \Big]

and likewise for Seoul with :math:`1-\phi`; for Washington it is :math:`\pi_W` itself. `policy_table`
averages q over the public states of one tension bin.

Tables are pandas frames. pandas is imported inside the functions: a run prints its numbers before
anything needs a frame. Frames carry what belongs to the whole table in ``attrs``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from negotiation.game import Floats, Game
from negotiation.policy import DisputantPolicy, Profile, check_profile
from negotiation.vocabulary import DISPUTANTS, Actor, Move, Outcome, Stance

if TYPE_CHECKING:
    from pandas import DataFrame

    from negotiation.engines.batch import Episodes
    from negotiation.engines.exact import Distribution
    from negotiation.engines.trajectory import Trajectory

CONFIDENCE = 0.95
FAN = (0.05, 0.25, 0.5, 0.75, 0.95)
# Sums of probabilities carry rounding; a quantile or a bin edge is met up to this much.
ROUNDING = 1e-12


def words(key: str) -> str:
    """What people read for a move or an outcome: ``step_down`` is "Step down"."""
    return key.replace("_", " ").capitalize()


# ---------------------------------------------------------------------------------- outcomes


def wilson_interval(counts: ArrayLike, n: ArrayLike, confidence: float = CONFIDENCE) -> tuple[Floats, Floats]:
    """The Wilson score interval of shares; the module docstring states the formula and its source.

    Args:
        counts: numbers of successes, any shape.
        n: numbers of trials, at least 1, of a shape that fits ``counts``.
        confidence: coverage, in (0, 1).

    Returns:
        Lower and upper ends, float64 of the common shape, in [0, 1]; exactly 0 below no success and
        exactly 1 above no failure.

    Raises:
        ValueError: a count lies outside 0..n, n is below 1, or confidence outside (0, 1).
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence: {confidence!r} is not allowed; allowed: between 0 and 1")
    hits, trials = np.broadcast_arrays(np.asarray(counts, dtype=np.float64), np.asarray(n, dtype=np.float64))
    if not (trials >= 1).all():
        raise ValueError("n: an interval needs at least one trial")
    if not ((hits >= 0) & (hits <= trials)).all():
        raise ValueError("counts: allowed: 0 to n")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, spread = hits / trials, z * z / trials
    centre = (share + spread / 2) / (1 + spread)
    half = z * np.sqrt(share * (1 - share) / trials + spread / (4 * trials)) / (1 + spread)
    low = np.where(hits == 0, 0.0, np.maximum(centre - half, 0.0))
    high = np.where(hits == trials, 1.0, np.minimum(centre + half, 1.0))
    return low, high


def outcome_table(distribution: Distribution | None, episodes: Episodes | None,
                  confidence: float = CONFIDENCE) -> DataFrame:
    """How the dispute stands after the observed rounds, exact beside simulated.

    Args:
        distribution: from the exact engine, or None.
        episodes: from an engine that samples, or None.
        confidence: coverage of the intervals, in (0, 1).

    Returns:
        One row an outcome, in the order of `Outcome`: ``outcome`` (key), ``exact`` (probability, nan
        without a distribution), ``simulated`` (share), ``low`` and ``high`` (its Wilson interval; the
        three are nan without episodes) and ``episodes`` (how many were run, 0 if none).
        ``attrs``: ``confidence``, ``rounds``, ``scenario`` (name), ``title``.

    Raises:
        ValueError: neither is given, or the two come from different scenarios.
    """
    from pandas import DataFrame

    sources = [source for source in (distribution, episodes) if source is not None]
    if not sources:
        raise ValueError("outcome_table: neither a distribution nor episodes are given")
    scenario = sources[0].game.scenario
    if sources[-1].game.scenario != scenario:
        raise ValueError("outcome_table: the distribution and the episodes come from different scenarios")
    missing = np.full(len(Outcome), np.nan)
    columns: dict[Any, Any] = {
        "outcome": list(Outcome.keys()),
        "exact": missing if distribution is None else distribution.outcome_probabilities(),
        "simulated": missing, "low": missing, "high": missing, "episodes": 0,
    }
    if episodes is not None:
        low, high = wilson_interval(episodes.counts, episodes.episodes, confidence)
        columns |= {"simulated": episodes.outcome_shares(), "low": low, "high": high,
                    "episodes": episodes.episodes}
    table = DataFrame(columns)
    table.attrs = {"confidence": confidence, **_origin(sources[0].game)}
    return table


def _origin(game: Game) -> dict[Any, Any]:
    scenario = game.scenario
    return {"scenario": scenario.name, "title": scenario.title, "rounds": scenario.rounds}


# ------------------------------------------------------------------------------- week by week


def weekly_table(distribution: Distribution) -> DataFrame:
    """Rungs and standstill by week.

    Returns:
        One row a week, seat and rung: ``week`` (0 is the start), ``seat`` and ``seat_name``, ``rung``
        and ``rung_name``, ``probability`` of the rung after the week over disputes still going (nan
        where none is), ``going`` (share of all disputes still going after the week) and ``standstill``
        (share of those under a standstill). The last two repeat on every row of a week.
    """
    from pandas import DataFrame, concat

    scenario = distribution.game.scenario
    weeks = np.arange(distribution.rounds + 1)
    parts = []
    for seat in DISPUTANTS:
        names = [rung.name for rung in scenario.disputant(seat).ladder]
        shares, count = distribution.rung_distribution(seat), len(names)
        parts.append(DataFrame({
            "week": np.repeat(weeks, count), "seat": seat.key, "seat_name": scenario.display_name(seat),
            "rung": np.tile(np.arange(count), weeks.size), "rung_name": names * weeks.size,
            "probability": shares.ravel(), "going": np.repeat(distribution.going, count),
            "standstill": np.repeat(distribution.standstill_share(), count),
        }))
    table = concat(parts, ignore_index=True)
    table.attrs = _origin(distribution.game)
    return table


def outcomes_by_week(distribution: Distribution) -> DataFrame:
    """How disputes stand after every week, ended ones included.

    Returns:
        One row a week and outcome: ``week`` (0 is the start), ``outcome`` (key) and ``probability``
        that the dispute would be read so after that week; they sum to 1 in every week.
    """
    from pandas import DataFrame

    shares = distribution.outcomes_by_round()
    table = DataFrame({
        "week": np.repeat(np.arange(len(shares)), len(Outcome)),
        "outcome": list(Outcome.keys()) * len(shares), "probability": shares.ravel(),
    })
    table.attrs = _origin(distribution.game)
    return table


def rung_quantiles(weekly: DataFrame, quantiles: Sequence[float] = FAN) -> DataFrame:
    """Quantiles of the rung in force, by week and seat.

    Args:
        weekly: from `weekly_table`.
        quantiles: each in [0, 1].

    Returns:
        One row a seat, week and quantile: ``seat``, ``week``, ``quantile`` and ``rung``, the lowest rung
        that the disputes still going do not exceed with at least that probability (float, nan where none
        is going; the 0-quantile is the lowest rung with any probability).

    Raises:
        ValueError: a quantile lies outside [0, 1].
    """
    from pandas import DataFrame, concat

    levels = np.asarray(quantiles, dtype=np.float64)
    if levels.ndim != 1 or not ((levels >= 0) & (levels <= 1)).all():
        raise ValueError(f"quantiles: {quantiles!r} is not allowed; allowed: numbers from 0 to 1")
    parts = []
    for seat, rows in weekly.groupby("seat", sort=False):
        wide = rows.pivot(index="week", columns="rung", values="probability")
        total = wide.to_numpy().cumsum(axis=1)
        # The 0-quantile must not be met by a rung that holds nothing.
        needed = np.maximum(levels - ROUNDING, ROUNDING)
        rung = (total[:, None, :] < needed[None, :, None]).sum(axis=2).astype(np.float64)
        rung = np.minimum(rung, wide.shape[1] - 1)
        rung[np.isnan(total).any(axis=1)] = np.nan
        parts.append(DataFrame({
            "seat": seat, "week": np.repeat(wide.index.to_numpy(), levels.size),
            "quantile": np.tile(levels, len(wide)), "rung": rung.ravel(),
        }))
    return concat(parts, ignore_index=True)


def path_table(trajectories: Iterable[Trajectory]) -> DataFrame:
    """Single episodes, week by week.

    Returns:
        One row an episode, seat and week: ``episode`` (number), ``outcome`` (key), ``seat``, ``week`` (0 is
        the start), ``rung`` after the week, ``standstill`` (in force after the week). A dispute that
        ends has its last row in the week of its end. Empty, with these columns, if there are none.
    """
    from pandas import DataFrame

    rows = []
    for path in trajectories:
        states = [path.weeks[0].state, *(week.next_state for week in path.weeks)]
        held, outcome = path.game.standstill[states].astype(bool), path.outcome.key
        rows += [(path.episode, outcome, seat.key, week, int(rung), bool(held[week]))
                 for seat in DISPUTANTS for week, rung in enumerate(path.rungs()[:, seat])]
    return DataFrame(rows, columns=["episode", "outcome", "seat", "week", "rung", "standstill"])


# ----------------------------------------------------------------------------- what they do


def policy_table(game: Game, profile: Profile, mass: Floats | None = None, bins: int = 5) -> DataFrame:
    """What each capital does, by tension and standstill, over the observed rounds.

    A cell averages q (see the module docstring) over the public states whose tension lies in the bin and
    over the observed rounds. The weights are ``mass``, how likely each state is at the start of each
    round, so a cell tells what is done where play really goes. Where play never goes (``mass`` is 0
    throughout the cell), or without ``mass``, all states of the cell and all rounds weigh the same;
    ``averaging`` says which. Legal options are not renormalised: a move that is illegal in some states
    of a cell counts as not played there.

    Args:
        game: the compiled game.
        profile: one policy a seat, covering the observed rounds.
        mass: float64 [at least rounds, S], probability of going on in state s before round t + 1, that is
            ``Distribution.mass`` of the same profile; None for plain averages.
        bins: number of tension bins of equal width, at least 1; a bin holds its lower end, the last also 1.

    Returns:
        One row a seat, standstill, bin and move: ``seat``, ``seat_name``, ``standstill`` (bool, in force at the
        start of the round), ``bin`` (from 0), ``tension_low``, ``tension_high``, ``move`` and ``move_name``
        (for the third party its stances), ``probability`` (nan where no state falls into the cell),
        ``share`` (share of all weeks played that start in the cell; nan without ``mass``) and
        ``averaging``: ``visits``, ``uniform`` or ``none`` (no such state).

    Raises:
        PolicyError: a policy does not fit the game.
        ValueError: ``mass`` has another shape, or ``bins`` is below 1.
    """
    from pandas import DataFrame

    if bins < 1:
        raise ValueError(f"bins: {bins!r} is not allowed; allowed: at least 1")
    check_profile(game, profile, game.rounds)
    if mass is not None and (mass.ndim != 2 or mass.shape[0] < game.rounds or mass.shape[1] != game.n_states):
        raise ValueError(f"mass: shape {mass.shape} is not allowed; allowed: at least {game.rounds} rounds by "
                         f"{game.n_states} states")
    weights = np.zeros((game.rounds, game.n_states)) if mass is None else np.asarray(mass)[:game.rounds]
    number = np.minimum((game.tension * bins + ROUNDING * bins).astype(np.int64), bins - 1)
    cells = [(bool(held), cell, (game.standstill == held) & (number == cell))
             for held in (0, 1) for cell in range(bins)]
    rows: list[tuple[object, ...]] = []
    for actor in Actor:
        played = option_probabilities(game, profile, actor)
        options = Stance if actor is Actor.WASHINGTON else Move
        for held, cell, chosen in cells:
            average, share, how = _average(played[:, :, chosen], weights[:, chosen], weights.sum())
            rows += [(actor.key, game.scenario.display_name(actor), held, cell, cell / bins, (cell + 1) / bins,
                      option.key, _option_name(game, option), average[option], share, how)
                     for option in options]
    table = DataFrame(rows, columns=["seat", "seat_name", "standstill", "bin", "tension_low", "tension_high",
                                     "move", "move_name", "probability", "share", "averaging"])
    table.attrs = _origin(game)
    return table


def option_probabilities(game: Game, profile: Profile, actor: Actor) -> Floats:
    """float64 [rounds, options, S]: q, the probability of each option in each observed round and state."""
    rounds, shape = game.rounds, (game.rounds, len(Stance), game.n_states)
    stance = np.broadcast_to(profile.washington.stance_inner[:rounds], shape)
    if actor is Actor.WASHINGTON:
        return stance
    own, other = profile[actor], profile[Actor(1 - actor)]
    assert isinstance(own, DisputantPolicy)
    assert isinstance(other, DisputantPolicy)
    leads = game.scenario.tokyo_first if actor is Actor.TOKYO else 1 - game.scenario.tokyo_first
    first = own.first_inner[:rounds]
    reply = (other.first_inner[:rounds, :, :, None] * own.second_inner[:rounds]).sum(axis=2)
    played: Floats = (stance[:, :, None] * (leads * first + (1 - leads) * reply)).sum(axis=1)
    return played


def _average(played: Floats, weights: Floats, total: float) -> tuple[Floats, float, str]:
    """Options averaged over rounds and the states of a cell, the cell's share of weeks, and how."""
    reached = weights.sum()
    share = float(reached / total) if total > 0 else np.nan
    if reached > 0:
        averaged: Floats = np.einsum("tos,ts->o", played, weights) / reached
        return averaged, share, "visits"
    if weights.shape[1] == 0:
        return np.full(played.shape[1], np.nan), share, "none"
    return played.mean(axis=(0, 2)), share, "uniform"


def _option_name(game: Game, option: Move | Stance) -> str:
    return game.scenario.stance_name(option) if isinstance(option, Stance) else words(option.key)


__all__ = [
    "CONFIDENCE", "FAN", "option_probabilities", "outcome_table", "outcomes_by_week", "path_table", "policy_table",
    "rung_quantiles", "weekly_table", "wilson_interval", "words",
]
