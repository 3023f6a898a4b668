r"""The same game in small tables, for solving many scenarios in a row.

What an actor expects from a round of moves splits into a part that the *landing* decides and a part that
the moves themselves decide. With the afterstate :math:`k = (r'_T, r'_S, \text{status}, a')`, the appeals a
and the standstill c of the round's start, and the worth :math:`A_i(t, k)` of going on (`negotiation.solve`),

.. math::
    Q_i(t, s, w, m_T, m_S) &= D_i(t, w, a, k) + b_i(w, c, m_T, m_S) \\
    D_i(t, w, a, k) &= d_i(w, a, k) + \delta_i \, (1 - h(w, a, k)) \, A_i(t, k)

where :math:`d_i` holds the payoff of the position, the price of the effort and the discounted settlement, and
:math:`b_i` the price of the moves (`negotiation.game.act_payoff`). The logit weights factor likewise,

.. math:: e^{\lambda_i Q_i} = e^{\lambda_i D_i} \, e^{\lambda_i b_i},

so that a round needs one exponential an actor and landing instead of one an option and state; a decision then
multiplies numbers that are already there. `negotiation.kernels.points` does it; `negotiation.kernels.induction`
is the readable form it is held against.

**Layout.** Moves decide a *landing class* (status, a'), of which the rules produce seven, and a displacement
on the grid of rungs. Tables have the axes class and *place* (a, r'_T, r'_S), place innermost: for given
moves, c and a, the numbers of all rungs lie side by side at a fixed offset.

**Variables.** :math:`d` is ``worth``, :math:`1 - h` ``stay``, :math:`b` ``acts``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from negotiation import game as rules
from negotiation.game import Floats, Integers, Status
from negotiation.scenario import Scenario
from negotiation.vocabulary import DISPUTANTS, Actor, Move, Stance

APPEALS = 3


@dataclass(frozen=True, eq=False)
class Layout:
    """What follows from the ladders' lengths alone; G = (R_T + 1)(R_S + 1), P = 3 G places.

    Attributes:
        rungs: int64 [2, G], r' of a grid point.
        tension: float64 [G], tau of a grid point.
        status, appeals: int64 [classes], of a landing class.
        landing: int64 [2, M tokyo, M seoul], class number by standstill c and moves.
        offset: int64 [M tokyo, M seoul], displacement in places.
        breach: bool [2, M tokyo, M seoul], do the moves break a standstill in force.
        legal: float64 [2, M, P], 1 where the disputant's move is legal, else 0.
    """

    rungs: Integers
    tension: Floats
    status: Integers
    appeals: Integers
    landing: Integers
    offset: Integers
    breach: NDArray[np.bool_]
    legal: Floats


@lru_cache(maxsize=64)
def layout(top_tokyo: int, top_seoul: int) -> Layout:
    """The layout for two ladders, from the rules."""
    tops = (top_tokyo, top_seoul)
    rung_tokyo, rung_seoul = (axis.ravel() for axis in np.indices((top_tokyo + 1, top_seoul + 1)))
    standstill, tokyo, seoul = np.indices((2, len(Move), len(Move)))
    status = np.asarray(rules.status_after(tokyo, seoul, standstill))
    appeals = np.asarray(rules.appeals_after(tokyo, seoul))
    pairs, landing = np.unique(np.stack([status.ravel(), appeals.ravel()]), axis=1, return_inverse=True)
    step = np.array([int(rules.rung_after(move, 1, 3)) - 1 for move in Move])
    moves = np.arange(len(Move))[:, None]
    legal = np.stack([rules.is_legal(moves, rung, top)
                      for rung, top in zip((rung_tokyo, rung_seoul), tops, strict=True)])
    tension = np.asarray(rules.tension(rung_tokyo, rung_seoul, *tops))
    return Layout(
        rungs=np.stack([rung_tokyo, rung_seoul]), tension=tension, status=pairs[0].copy(), appeals=pairs[1].copy(),
        landing=landing.reshape(status.shape), offset=step[:, None] * (top_seoul + 1) + step[None, :],
        breach=np.asarray(rules.is_breach(tokyo, seoul, standstill)), legal=legal.astype(np.float64))


@dataclass(frozen=True, eq=False)
class Factored:
    """A scenario in small tables; the axes are those of `Layout`.

    Attributes:
        scenario: what was compiled.
        layout: what follows from the ladders' lengths.
        worth: float64 [3, W, classes, P], payoff units, d per actor.
        stay: float64 [W, classes, P], 1 - h.
        acts: float64 [3, W, 2, M tokyo, M seoul], payoff units, b per actor, stance and c.
        rupture: float64 [classes, G], rho.
        lapse: float64 [classes], l.
        in_force: int64 [classes], f.
        rupture_payoff: float64 [3], payoff units, once, undiscounted.
        discount, precision: float64 [3].
        effort: float64 [W].
        start: place of the start state; `start_standstill` its c.
    """

    scenario: Scenario
    layout: Layout
    worth: Floats
    stay: Floats
    acts: Floats
    rupture: Floats
    lapse: Floats
    in_force: NDArray[np.int64]
    rupture_payoff: Floats
    discount: Floats
    precision: Floats
    effort: Floats
    start: int
    start_standstill: int


def factor(scenario: Scenario) -> Factored:
    """Evaluate the rules on the small tables."""
    shape = layout(scenario.tokyo.top, scenario.seoul.top)
    rung_tokyo, rung_seoul = shape.rungs
    status = shape.status[:, None]
    in_force = status != Status.NONE
    seats = scenario.tokyo, scenario.seoul, scenario.washington
    discount = np.array([seat.discount for seat in seats])

    # The landing's part, [class, grid]; only talks and the price of effort look at the stance and at a.
    tokyo = rules.position_payoff(scenario, Actor.TOKYO, rung_tokyo, rung_seoul, in_force)
    seoul = rules.position_payoff(scenario, Actor.SEOUL, rung_seoul, rung_tokyo, in_force)
    concern = rules.concern_payoff(scenario, rung_tokyo, rung_seoul, in_force)
    position = (tokyo, seoul, concern + rules.affinity_share(scenario, tokyo, seoul))
    stance, appeals = np.arange(len(Stance))[:, None, None, None], np.arange(APPEALS)[:, None]
    settled = rules.settlement_probability(scenario, stance, appeals, in_force[:, None], shape.tension)
    lumps = rules.settlement_payoffs(scenario, np.arange(len(Stance))[:, None, None, None], rung_tokyo, rung_seoul)
    worth = np.empty((len(Actor), *settled.shape))
    for actor in Actor:
        lump = discount[actor] * np.broadcast_to(lumps[actor], (len(Stance), 1, 1, rung_tokyo.size))
        np.multiply(settled, lump, out=worth[actor])
        worth[actor] += position[actor][:, None]
    worth[Actor.WASHINGTON] -= rules.effort_price(scenario, stance, appeals)

    # The moves' part, [stance, c, tokyo move, seoul move].
    standstill, move_tokyo, move_seoul = np.indices((2, len(Move), len(Move)))
    prices = [rules.act_payoff(scenario, seat, stance, own, other, standstill)
              for seat, own, other in zip(DISPUTANTS, (move_tokyo, move_seoul), (move_seoul, move_tokyo), strict=True)]
    begin = scenario.start
    flat = (len(Actor), len(Stance), shape.status.size, -1)
    return Factored(
        scenario=scenario, layout=shape, worth=worth.reshape(flat), stay=(1.0 - settled).reshape(flat[1:]),
        acts=np.stack([*prices, rules.affinity_share(scenario, *prices)]),
        rupture=rules.rupture_probability(scenario, in_force, shape.tension),
        lapse=rules.lapse_probability(scenario, shape.status), in_force=(shape.status != Status.NONE).astype(np.int64),
        rupture_payoff=np.array(rules.rupture_payoffs(scenario)), discount=discount,
        precision=np.array([seat.precision for seat in seats]),
        effort=np.array([effect.effort for effect in scenario.washington.stances]),
        start=(begin.appeals * (scenario.tokyo.top + 1) + begin.tokyo) * (scenario.seoul.top + 1) + begin.seoul,
        start_standstill=int(begin.standstill))


__all__ = ["Factored", "Layout", "factor", "layout"]
