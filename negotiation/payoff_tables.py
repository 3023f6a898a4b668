r"""What episodes pay the three actors, as tidy tables for figures, and what the two disputants could share.

Payoffs are discounted to the start, over the observed rounds, settlement and rupture included, in payoff
units; x is Tokyo's, y is Seoul's.

**Frontier of immediate settlement.** Let the dispute settle in round 1. With the stance w and the moves m
legal at the start for which settlement is possible, the round itself pays :math:`u_i(w, m)`, and the stakes
are divided, Tokyo receiving a share :math:`\sigma`:

.. math::
    x = u_T(w, m) + \delta_T\, \sigma\, \mathrm{stake}_T, \qquad
    y = u_S(w, m) + \delta_S\, (1 - \sigma)\, \mathrm{stake}_S, \qquad 0 \le \sigma \le 1.

The bargaining set is the convex hull of all these points, as the two may agree on a lottery (Nash 1950), and
the frontier its Pareto-efficient part. The rungs fix one :math:`\sigma` in the game; the frontier shows every
share that could be agreed on. It is no bound on what is paid: an episode may collect for weeks before it
settles.

**Frontier of all histories.** The Pareto-efficient part of the convex hull of what any history of the
observed rounds pays that has positive probability under some policies, with the shares that the game fixes.
No episode lies beyond it. Its vertices maximise :math:`\lambda x + (1-\lambda) y` for some :math:`\lambda`,
which is one backward pass in which all three actors and chance pull together; all of them are found by
dichotomic search (Aneja & Nair 1979).

**Disagreement point.** The exact expected payoffs if the same policies are played and talks never bear fruit:
the scenario with ``talks`` 0 for every stance. The policies are not solved again, so that the point tells
what this behaviour is worth without its settlements.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from negotiation.game import compile_game
from negotiation.vocabulary import DISPUTANTS, Actor, Outcome, Stance

if TYPE_CHECKING:
    from pandas import DataFrame

    from negotiation.engines.batch import Episodes
    from negotiation.engines.exact import Distribution
    from negotiation.game import Floats, Game
    from negotiation.policy import Profile

Point = tuple[float, float]
QUARTILES = (0.25, 0.5, 0.75)
IMMEDIATE, FEASIBLE = "immediate", "feasible"
EXPECTED, DISAGREEMENT = "expected", "disagreement"
ASIDE = 1e-12  # weight of the side that only decides among histories equally good for the other
GAIN = 1e-9  # payoff units; a vertex that stands out by less is rounding


def payoff_table(episodes: Episodes) -> DataFrame:
    """What each recorded episode paid each actor.

    Returns:
        One row an actor and episode: ``seat`` (key), ``seat_name``, ``episode`` (number), ``outcome`` (key) and
        ``payoff``. ``attrs``: ``scenario`` (name), ``title``, ``rounds``, ``episodes`` (how many are in the table).
    """
    from pandas import Categorical, DataFrame, concat

    wide = triangle_table(episodes)
    scenario = episodes.game.scenario
    parts = [DataFrame({
        "seat": seat.key, "seat_name": scenario.display_name(seat), "episode": wide["episode"],
        "outcome": wide["outcome"], "payoff": wide[seat.key]}) for seat in Actor]
    table = concat(parts, ignore_index=True)
    table["outcome"] = Categorical(table["outcome"], categories=list(Outcome.keys()))
    table.attrs = dict(wide.attrs)
    return table


def payoff_summary(table: DataFrame, distribution: Distribution | None = None) -> DataFrame:
    """Mean and quartiles of what was paid, beside the exact expectation.

    Args:
        table: from `payoff_table`.
        distribution: of the same game and policies, from the exact engine; or None.

    Returns:
        One row an actor: ``seat``, ``seat_name``, ``episodes``, ``mean``, ``error`` (its standard error, nan for
        one episode), ``lower``, ``median``, ``upper`` (quartiles) and ``exact`` (expected payoff; nan without a
        distribution).
    """
    from pandas import DataFrame

    groups = table.groupby(["seat", "seat_name"], sort=False)["payoff"]
    quartiles = groups.quantile(np.array(QUARTILES)).unstack()
    exact = {seat.key: np.nan if distribution is None else float(distribution.expected_payoff[seat]) for seat in Actor}
    keys = [str(key) for key, _ in quartiles.index]
    result = DataFrame({
        "seat": keys, "seat_name": [name for _, name in quartiles.index],
        "episodes": groups.size().reindex(quartiles.index).to_numpy(),
        "mean": groups.mean().reindex(quartiles.index).to_numpy(),
        "error": groups.sem().reindex(quartiles.index).to_numpy(),
        **{name: quartiles[level].to_numpy() for name, level in zip(("lower", "median", "upper"), QUARTILES,
                                                                     strict=True)},
        "exact": [exact[key] for key in keys],
    })
    result.attrs = dict(table.attrs)
    return result


def triangle_table(episodes: Episodes) -> DataFrame:
    """What each recorded episode paid, one row an episode.

    Returns:
        ``episode`` (number), ``outcome`` (key) and the payoffs ``tokyo``, ``seoul`` and ``washington``.
        ``attrs``: ``scenario`` (name), ``title``, ``rounds``, ``episodes``, ``names`` (seat key to display name).
    """
    from pandas import DataFrame

    records, scenario = episodes.records, episodes.game.scenario
    keys = np.array(Outcome.keys(), dtype=object)
    table = DataFrame({
        "episode": np.arange(records.first_episode, records.first_episode + len(records)),
        "outcome": keys[records.outcome],
        **{seat.key: getattr(records, f"payoff_{seat.key}") for seat in Actor}})
    table.attrs = {"scenario": scenario.name, "title": scenario.title, "rounds": scenario.rounds,
                   "episodes": len(records), "names": {seat.key: scenario.display_name(seat) for seat in Actor}}
    return table


def triangle_points(distribution: Distribution, profile: Profile) -> DataFrame:
    """Two exact points of the payoff triangle.

    Args:
        distribution: of ``profile``, from the exact engine.
        profile: the policies.

    Returns:
        Two rows: ``point`` (``expected``, and ``disagreement`` as the module defines it), ``tokyo``, ``seoul``
        and ``washington``.

    Raises:
        PolicyError: the policies do not fit the game.
    """
    from pandas import DataFrame

    rows = {EXPECTED: distribution.expected_payoff, DISAGREEMENT: disagreement_payoffs(distribution.game, profile)}
    return DataFrame([{"point": name, **{seat.key: float(values[seat]) for seat in Actor}}
                      for name, values in rows.items()])


def disagreement_payoffs(game: Game, profile: Profile) -> Floats:
    """float64 [3]: exact expected payoffs of the policies if settlement never comes, see the module.

    Raises:
        PolicyError: the policies do not fit the game.
    """
    from negotiation.engines.exact import propagate  # figures import this module, and never an engine

    silent = {f"washington.stances.{stance.key}.talks": 0.0 for stance in Stance}
    return propagate(compile_game(game.scenario.override(silent)), profile).expected_payoff


def frontier_table(game: Game) -> DataFrame:
    """The two frontiers of the payoff triangle, as the module defines them.

    Returns:
        One row a vertex, ``line`` (``immediate`` or ``feasible``), ``tokyo`` and ``seoul``; along each line
        ``tokyo`` rises and ``seoul`` falls. There is no ``immediate`` line where round 1 cannot settle.
    """
    from pandas import DataFrame

    lines = {IMMEDIATE: immediate_frontier(game), FEASIBLE: feasible_frontier(game)}
    return DataFrame([{"line": line, "tokyo": x, "seoul": y} for line, corners in lines.items() for x, y in corners],
                     columns=["line", "tokyo", "seoul"])


def immediate_frontier(game: Game) -> list[Point]:
    """Vertices of the frontier of immediate settlement, from Tokyo's worst to its best; may be empty."""
    start, scenario = game.start, game.scenario
    possible = (game.settlement[..., start] > 0) & game.legal_stances[:, start, None, None]
    possible &= game.legal[0, :, start][None, :, None] & game.legal[1, :, start][None, None, :]
    base = game.payoff[:2, ..., start][:, possible].T
    most = game.discount[:2] * np.array([scenario.tokyo.stake, scenario.seoul.stake])
    ends = np.concatenate([base + np.array([most[0], 0.0]), base + np.array([0.0, most[1]])])
    return _efficient([(float(x), float(y)) for x, y in ends])


def _efficient(points: list[Point]) -> list[Point]:
    """The Pareto-efficient vertices of the convex hull of points, x rising."""
    kept: list[Point] = []
    for point in sorted(set(points), reverse=True):  # from the right; of equal x the highest first
        if kept and point[1] <= kept[-1][1]:
            continue
        while len(kept) > 1 and _turn(kept[-2], kept[-1], point) <= 0:
            kept.pop()
        kept.append(point)
    return kept[::-1]


def _turn(first: Point, middle: Point, last: Point) -> float:
    """Positive if going through three points turns left."""
    return ((middle[0] - first[0]) * (last[1] - middle[1])
            - (middle[1] - first[1]) * (last[0] - middle[0]))


def feasible_frontier(game: Game) -> list[Point]:
    """Vertices of the frontier of all histories, from Tokyo's worst to its best."""
    best = _History(game)
    # Nearly all weight on one side: among its best histories the one that is best for the other.
    ends = [best.of((ASIDE, 1.0)), best.of((1.0, ASIDE))]
    found, open_edges = set(ends), [(ends[0], ends[1])]
    while open_edges:
        left, right = open_edges.pop()
        weights = (left[1] - right[1], right[0] - left[0])
        if weights[0] <= 0 or weights[1] <= 0:
            continue
        scale = weights[0] + weights[1]
        weights = (weights[0] / scale, weights[1] / scale)
        point = best.of(weights)
        gain = weights[0] * (point[0] - left[0]) + weights[1] * (point[1] - left[1])
        if gain > GAIN and point not in (left, right):
            found.add(point)
            open_edges += [(left, point), (point, right)]
    return _efficient(list(found))


class _History:
    """The history of the observed rounds that is best for a weighing of the two disputants' payoffs."""

    def __init__(self, game: Game) -> None:
        self.game = game
        k, h = game.afterstate[None], game.settlement  # [1, M, M, S] and [W, M, M, S]
        rho, lapse = game.rupture[k], game.lapse[k]
        legal = (game.legal_stances[:, None, None, :] & game.legal[0][None, :, None, :]
                 & game.legal[1][None, None, :, :])
        self.possible = [legal & (h > 0), legal & (h < 1) & (rho > 0),
                         legal & (h < 1) & (rho < 1) & (lapse > 0), legal & (h < 1) & (rho < 1) & (lapse < 1)]
        stances = np.arange(len(Stance))[:, None, None, None]
        settled = game.settlement_payoff[:2, stances, np.broadcast_to(k, h.shape)]
        ruptured = np.broadcast_to(game.rupture_payoff[:2, None, None, None, None], settled.shape)
        nothing = np.zeros_like(settled)
        weight = game.discount[:2, None, None, None, None]
        # float64 [4 chances, 2, W, M, M, S]: what the week pays, what ends it included
        self.pays = np.stack([game.payoff[:2] + weight * end for end in (settled, ruptured, nothing, nothing)])
        self.next = [game.next_lapsed[game.afterstate], game.next_on[game.afterstate]]

    def of(self, weights: Point) -> Point:
        """What that history pays Tokyo and Seoul."""
        game, rounds = self.game, self.game.rounds
        worth = np.zeros(game.n_states)
        choices: list[np.ndarray] = []
        for number in range(rounds - 1, -1, -1):
            value = sum(weights[side] * game.discount[side] ** number * self.pays[:, side] for side in DISPUTANTS)
            value[2] += worth[self.next[0]]
            value[3] += worth[self.next[1]]
            value = np.where(self.possible, value, -np.inf).reshape(-1, game.n_states)
            choices.append(value.argmax(axis=0))
            worth = value.max(axis=0)
        return self._follow(choices[::-1])

    def _follow(self, choices: list[np.ndarray]) -> Point:
        total, state = np.zeros(2), self.game.start
        for number, choice in enumerate(choices):
            chance, stance, tokyo, seoul = np.unravel_index(choice[state], self.pays.shape[:1] + self.pays.shape[2:5])
            total += self.game.discount[:2] ** number * self.pays[chance, :, stance, tokyo, seoul, state]
            if chance < 2:
                break
            state = int(self.next[chance - 2][tokyo, seoul, state])
        return float(total[0]), float(total[1])


__all__ = [
    "DISAGREEMENT", "EXPECTED", "FEASIBLE", "IMMEDIATE", "QUARTILES", "disagreement_payoffs", "feasible_frontier",
    "frontier_table", "immediate_frontier", "payoff_summary", "payoff_table", "triangle_points", "triangle_table",
]
