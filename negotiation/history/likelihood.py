r"""How likely the observed weeks are under given policies.

Week n: state s, stance w, moves :math:`m_T, m_S`, order o, result of chance x. With the memory states q of the
policies (a single one where a policy has none), the chance :math:`\phi_o` of the order (``tokyo_first`` or 1 less
it) and the first mover i and second mover j of an order, the joint probability of what was seen is

.. math::
    p_n = \sum_q \alpha_n(q)\, \pi_W(w \mid s, q) \sum_{o} \phi_o\,
          \pi^1_i(m_i \mid s, w, q)\, \pi^2_j(m_j \mid s, w, m_i, q),

the inner sum over the one order that is known, or over both. :math:`\alpha_n` is the distribution over memory states
given the weeks before (a forward filter): a policy follows the observed weeks through its own memory, and where the
order of a week is unknown and matters to a memory, both branches are carried on. Chance adds
:math:`\log P(x \mid s, w, m_T, m_S)` from :math:`h, \rho, \ell` of `negotiation.game`.

A sum of logs over the seats is exact only where the order is known. A seat's own part is
:math:`\log \sum_o \phi_o \pi_i(m_i \mid \cdot)`, its move given the other's, averaged over the orders; it does not
depend on how the others play.

**Uniform play** takes every legal option equally: :math:`-\log` of the number of legal options.

**Variables.** :math:`p_n` without chance is ``log_stance`` + ``log_moves`` + ``log_order`` (the log of :math:`\phi_o`
where the order is known, else 0); :math:`\alpha` is ``weights``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING

import numpy as np

from negotiation.game import Floats, Game
from negotiation.history.coding import Observed, ObservedWeek
from negotiation.parameters import ParameterError
from negotiation.policy import DisputantPolicy, Policy, Profile, ThirdPartyPolicy, seat_of
from negotiation.vocabulary import DISPUTANTS, Actor, Chance, Move, Stance, opponent

if TYPE_CHECKING:
    from pandas import DataFrame

NEVER = -float("inf")
Hidden = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Likelihood:
    """How likely observed weeks are under a profile.

    Attributes:
        observed: name of the weeks.
        policies: seat key to policy name.
        table: one row a week, see `likelihood`.
    """

    observed: str
    policies: dict[str, str]
    table: DataFrame

    @property
    def choices(self) -> float:
        """Log likelihood of all stances and moves, given the orders known and the results of chance."""
        return float((self.table["log_stance"] + self.table["log_moves"]).sum())

    @property
    def uniform(self) -> float:
        """The same under uniform play."""
        return float((self.table["uniform_stance"] + self.table["uniform_moves"]).sum())

    @property
    def chance(self) -> float:
        """Log likelihood of the results of chance and of the known orders."""
        return float((self.table["log_chance"] + self.table["log_order"]).sum())

    @property
    def total(self) -> float:
        """Choices and chance together."""
        return self.choices + self.chance

    @property
    def per_week(self) -> float:
        """Log likelihood of a week's choices, on average."""
        return self.choices / len(self.table)

    @property
    def uniform_per_week(self) -> float:
        """The same under uniform play."""
        return self.uniform / len(self.table)


def likelihood(game: Game, profile: Profile, observed: Observed) -> Likelihood:
    """How likely the observed weeks are, week by week.

    Args:
        game: the compiled game.
        profile: one policy a seat, covering the observed weeks; policies may remember.
        observed: the weeks.

    Returns:
        A table with one row a week: ``week``, ``stance``, ``move_tokyo``, ``move_seoul``, ``first``, ``chance``;
        ``log_stance``, ``log_moves`` (of both given the stance), ``log_tokyo`` and ``log_seoul`` (each seat's own
        part), ``log_order``, ``log_chance``, ``log_total``; ``uniform_stance``, ``uniform_moves``, and ``gain``, by how
        much the choices are likelier than under uniform play. Natural logarithms; -inf where something is impossible.

    Raises:
        ParameterError: the weeks are those of other ladders, or more than the policies cover.
    """
    from pandas import DataFrame

    _check(game, observed, profile)
    weights: dict[Hidden, float] = {tuple(_begin(policy) for policy in profile): 1.0}
    rows = []
    for week in observed.weeks:
        stance, joint, seats, weights = _step(game, profile, week, weights)
        known = 0.0 if week.leader is None else _log(_order(game, week.leader))
        choice = _log(joint) - known if joint > 0 else NEVER
        moves = choice - _log(stance) if stance > 0 else NEVER
        uniform = uniform_logs(game, week)
        total = _log(stance) + moves + known + log_chance(game, week)
        rows.append((week.round, week.stance.key, week.moves[0].key, week.moves[1].key,
                     "" if week.leader is None else week.leader.key, week.chance.key, _log(stance), moves,
                     _log(seats[0]), _log(seats[1]), known, log_chance(game, week), total, uniform[2],
                     uniform[0] + uniform[1], _log(stance) + moves - sum(uniform)))
    return Likelihood(observed.name, profile.names, DataFrame(rows, columns=[
        "week", "stance", "move_tokyo", "move_seoul", "first", "chance", "log_stance", "log_moves", "log_tokyo",
        "log_seoul", "log_order", "log_chance", "log_total", "uniform_stance", "uniform_moves", "gain"]))


def log_likelihood(game: Game, profile: Profile, observed: Observed) -> float:
    """The total of `likelihood`, for policies without memory: what a fit asks for many times."""
    tokyo, seoul, washington = profile
    total = 0.0
    for week in observed.weeks:
        row, (mt, ms), w, s = week.round - 1, week.moves, week.stance, week.state
        p = 0.0
        for leader, share in _orders(game, week):
            first, second = (tokyo, seoul) if leader is Actor.TOKYO else (seoul, tokyo)
            opening, answer = (mt, ms) if leader is Actor.TOKYO else (ms, mt)
            p += (share * first.first_inner[_row(first, row), w, opening, s]
                  * second.second_inner[_row(second, row), w, opening, answer, s])
        total += _log(p * washington.stance_inner[_row(washington, row), w, s]) + log_chance(game, week)
    return total


def _step(game: Game, profile: Profile, week: ObservedWeek, weights: dict[Hidden, float],
          ) -> tuple[float, float, tuple[float, float], dict[Hidden, float]]:
    """Probabilities of a week's stance, of all its choices and orders, of the seats' own; weights after it."""
    stance = joint = 0.0
    seats = [0.0, 0.0]
    likely: dict[Hidden, float] = {}
    unseen: dict[Hidden, float] = {}  # had the choices not been looked at
    known = sum(share for _, share in _orders(game, week))
    policies: tuple[Policy, ...] = profile
    for hidden, weight in weights.items():
        rows = [_at(policy, memory, week) for policy, memory in zip(policies, hidden, strict=True)]
        p_stance = float(profile.washington.at(rows[Actor.WASHINGTON], week.state)[week.stance])
        stance += weight * p_stance
        for leader, share in _orders(game, week):
            chances = [float(_options(profile.disputant(seat), rows[seat], week, leader)[week.moves[seat]])
                       for seat in DISPUTANTS]
            after = tuple(_next(policy, memory, week, leader) for policy, memory in zip(policies, hidden, strict=True))
            p = weight * share * p_stance * chances[0] * chances[1]
            joint += p
            likely[after] = likely.get(after, 0.0) + p
            unseen[after] = unseen.get(after, 0.0) + weight * share
            for seat in DISPUTANTS:
                seats[seat] += weight * share / known * chances[seat]
    return stance, joint, (seats[0], seats[1]), _normal(likely if joint > 0 else unseen)


def seat_options(game: Game, policy: Policy, observed: Observed, error: float = 0.0) -> tuple[Floats, Floats]:
    """What a policy would have done on its seat in each observed week, following the weeks through its memory.

    Args:
        game: the compiled game.
        policy: of any seat.
        observed: the weeks.
        error: chance of a uniformly random legal option instead, at every decision.

    Returns:
        float64 [weeks, options], probabilities of the seat's options, averaged over orders that are unknown;
        float64 [weeks], those of what was observed.
    """
    seat = seat_of(policy)
    weights: dict[Hidden, float] = {(_begin(policy),): 1.0}
    table = np.empty((len(observed), len(Stance) if isinstance(policy, ThirdPartyPolicy) else len(Move)))
    taken = np.array([week.stance if seat is Actor.WASHINGTON else week.moves[seat] for week in observed.weeks])
    for place, week in enumerate(observed.weeks):
        even = _legal(game, seat, week.state) / _legal(game, seat, week.state).sum()
        known = sum(share for _, share in _orders(game, week))
        likely: dict[Hidden, float] = {}
        unseen: dict[Hidden, float] = {}
        table[place] = 0.0
        for (memory,), weight in weights.items():
            for leader, share in _orders(game, week):
                row = _at(policy, memory, week)
                own = (policy.at(row, week.state) if isinstance(policy, ThirdPartyPolicy)
                       else _options(policy, row, week, leader))
                mixed = (1 - error) * own + error * even
                table[place] += weight * share / known * mixed
                after = (_next(policy, memory, week, leader),)
                likely[after] = likely.get(after, 0.0) + weight * share * float(mixed[taken[place]])
                unseen[after] = unseen.get(after, 0.0) + weight * share
        weights = _normal(likely if sum(likely.values()) > 0 else unseen)
    return table, table[np.arange(len(observed)), taken]


def uniform_logs(game: Game, week: ObservedWeek) -> tuple[float, float, float]:
    """Logs of the probabilities of Tokyo's and Seoul's move and Washington's stance under uniform play."""
    logs = [-log(_legal(game, seat, week.state).sum()) for seat in Actor]
    return logs[0], logs[1], logs[2]


def log_chance(game: Game, week: ObservedWeek) -> float:
    """Log probability of a week's result of chance, given its choices."""
    h = float(game.settlement[(week.stance, *week.moves, week.state)])
    rupture, lapse = float(game.rupture[week.afterstate]), float(game.lapse[week.afterstate])
    on = (1 - h) * (1 - rupture)
    return _log({Chance.SETTLED: h, Chance.RUPTURE: (1 - h) * rupture, Chance.LAPSE: on * lapse,
                 Chance.ON: on * (1 - lapse)}[week.chance])


# ------------------------------------------------------------------------------------ one week


def _orders(game: Game, week: ObservedWeek) -> list[tuple[Actor, float]]:
    """The orders that may have been, with their chances; a known one with its own."""
    return [(leader, _order(game, leader)) for leader in (DISPUTANTS if week.leader is None else (week.leader,))]


def _order(game: Game, leader: Actor) -> float:
    share = game.scenario.tokyo_first
    return share if leader is Actor.TOKYO else 1 - share


def _options(policy: DisputantPolicy, row: int, week: ObservedWeek, leader: Actor) -> Floats:
    """float64 [M]: a disputant's probabilities in a week, if `leader` moved first."""
    led = None if leader is policy.seat else week.moves[opponent(policy.seat)]
    return policy.at(row, week.state, week.stance, led)


def _at(policy: Policy, memory: int, week: ObservedWeek) -> int:
    return week.round - 1 if policy.memory is None else memory


def _begin(policy: Policy) -> int:
    return 0 if policy.memory is None else policy.memory.begin


def _next(policy: Policy, memory: int, week: ObservedWeek, leader: Actor) -> int:
    if policy.memory is None:
        return 0
    return policy.memory.after(memory, leader, week.stance, week.moves, week.state)


def _row(policy: Policy, row: int) -> int:
    return 0 if policy.length == 1 else row


def _legal(game: Game, seat: Actor, state: int) -> Floats:
    table = game.legal_stances if seat is Actor.WASHINGTON else game.legal[seat]
    return np.asarray(table[:, state], dtype=np.float64)


def _normal(weights: dict[Hidden, float]) -> dict[Hidden, float]:
    total = sum(weights.values())
    return {hidden: weight / total for hidden, weight in weights.items() if weight > 0}


def _log(p: float) -> float:
    return log(p) if p > 0 else NEVER


def _check(game: Game, observed: Observed, profile: Profile) -> None:
    if observed.tops != game.tops:
        raise ParameterError("history", f"highest rungs {observed.tops}", f"weeks of ladders of {game.tops}")
    policies: tuple[Policy, ...] = profile
    for policy in policies:
        if policy.memory is None and 1 < policy.length < len(observed):
            raise ParameterError(f"policy.{seat_of(policy).key}", f"{policy.length} rounds",
                                 f"at least the {len(observed)} observed weeks")


__all__ = ["Likelihood", "likelihood", "log_chance", "log_likelihood", "seat_options", "uniform_logs"]
