r"""Solving the game: agent quantal response equilibrium, best replies and regret.

**Recursion.** Let :math:`V_i(t, s)` be actor i's expected discounted payoff from the start of round
t in state s, :math:`V_i(N, \cdot) = 0` after the last of the N = rounds + shadow rounds. With
:math:`h, \rho, \ell` and the afterstate k of `negotiation.game`, discount :math:`\delta_i`, and the
payoffs :math:`u_i`, :math:`G_i` (settlement), :math:`B_i` (rupture),

.. math::
    A_i(t, k) &= \rho B_i + (1-\rho) \left[ (1-\ell) V_i(t{+}1, s_k) + \ell V_i(t{+}1, s'_k) \right] \\
    Q_i(t, s, w, m_T, m_S) &= u_i + \delta_i \left[ h\, G_i(w, k) + (1-h) A_i(t, k) \right]

where :math:`s_k` is the next state if play goes on and :math:`s'_k` if the standstill lapses. The
second mover answers by :math:`Q`; the first mover by :math:`Q` averaged over the answers; the third
party by both orders averaged with `tokyo_first`.

**Logit response.** At each decision a legal option o is played with probability proportional to
:math:`\exp(\lambda_i Q_i(o))`, :math:`\lambda_i` the actor's precision (McKelvey & Palfrey 1998,
"Quantal response equilibria for extensive form games", section 3). With moves in sequence and
observed, one backward pass finds the only such equilibrium. :math:`\lambda = 0` is uniform play;
:math:`\lambda = \infty` the best option, ties within 1e-12 going to the lowest number.

**Regret.** For any policies, the value at the start state of an actor's best reply over the whole
horizon and in all its roles, the others' policies fixed, minus the value of its own policy there.

**Variables.** :math:`V` is ``values`` [N + 1, 3, S]; :math:`u + \delta h G` is ``base`` and
:math:`1 - h` ``stay`` in `negotiation.kernels.induction`; :math:`\lambda` is ``precision`` [3].
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np

from negotiation.game import Floats, Game
from negotiation.kernels import induction
from negotiation.policy import DisputantPolicy, Profile, ThirdPartyPolicy, check_profile
from negotiation.scenario import Scenario
from negotiation.version import __version__
from negotiation.vocabulary import DISPUTANTS, Actor, Move, Stance, opponent

NOT_GIVEN = np.zeros(3, dtype=np.bool_)
RUPTURE_TOLERANCE = 1e-9


class TooLargeError(ValueError):
    """The policy tables of a scenario would not fit into this machine's memory."""


@dataclass(frozen=True, eq=False)
class Solution:
    """Policies for a game, their values, and where both come from.

    Attributes:
        game: the compiled game.
        profile: one policy a seat.
        values: float64 [N + 1, 3, S], payoff units, V_i(t, s); rounds count from 0; read-only.
        method: how the policies were found, e.g. ``"logit backward induction"``.
        precision: the three precisions used (None where the seat's policy was given).
        version: version of this package.
    """

    game: Game
    profile: Profile
    values: Floats
    method: str
    precision: tuple[float | None, float | None, float | None]
    version: str = __version__

    def value(self, actor: Actor, state: int | None = None, round_: int = 0) -> float:
        """V_i(t, s), payoff units; the start state and the first round (0) unless told otherwise."""
        return float(self.values[round_, actor, self.game.start if state is None else state])


@dataclass(frozen=True)
class Alternatives:
    """What the options of one decision are worth to the actor who decides, and how it plays.

    Attributes:
        values: float64 [options], expected discounted payoff from here on; nan for illegal options.
        probabilities: float64 [options].
    """

    values: Floats
    probabilities: Floats


def backward_induction(game: Game, precision: Floats | None = None, *, keep: int | None = None) -> Solution:
    """The agent quantal response equilibrium in logit form.

    Args:
        game: the compiled game.
        precision: float64 [3], overrides the scenario's, 1/payoff; 0 and inf allowed.
        keep: keep the policies of only the first so many rounds (values cover all rounds); None: all.

    Returns:
        Policies, and values over the whole horizon.

    Raises:
        TooLargeError: the tables would not fit into memory.
        ValueError: a precision is negative or not a number, or `keep` is not in 1..N.
    """
    levels = game.precision if precision is None else np.asarray(precision, dtype=np.float64)
    if levels.shape != (3,) or not (levels >= 0).all():
        raise ValueError(f"precision: {levels} is not allowed; allowed: three numbers, each at least 0 or inf")
    kept = game.horizon if keep is None else keep
    if not 1 <= kept <= game.horizon:
        raise ValueError(f"keep: {keep} is not allowed; allowed: 1 to {game.horizon}")
    tables = _Tables.empty(game, kept)
    values = _pass(game, tables, NOT_GIVEN, levels)
    return Solution(game, tables.profile("equilibrium"), values, "logit backward induction",
                    (float(levels[0]), float(levels[1]), float(levels[2])))


def respond_to(game: Game, profile: Profile, seats: tuple[Actor, ...], precision: float | None = None) -> Solution:
    """Logit equilibrium among some seats while the others' policies are fixed.

    Args:
        game: the compiled game.
        profile: policies of all seats; those of ``seats`` are ignored.
        seats: who responds.
        precision: of all responding seats; None: each its own from the scenario.

    Raises:
        PolicyError: a given policy does not fit the game.
    """
    check_profile(game, profile)
    return _respond(game, profile, seats, game.precision if precision is None else np.full(3, float(precision)))


def _respond(game: Game, profile: Profile, seats: tuple[Actor, ...], levels: Floats) -> Solution:
    given = np.array([actor not in seats for actor in Actor])
    tables = _Tables.given(game, profile, given)
    values = _pass(game, tables, given, levels)
    answer = tables.profile("response")
    merged = Profile.of({actor: (answer if actor in seats else profile)[actor] for actor in Actor})
    used = tuple(None if given[actor] else float(levels[actor]) for actor in Actor)
    return Solution(game, merged, values, "logit response", (used[0], used[1], used[2]))


def evaluate(game: Game, profile: Profile) -> Floats:
    """float64 [N + 1, 3, S], payoff units: V_i(t, s) under given policies, over the whole horizon.

    Raises:
        PolicyError: a policy does not fit the game or does not cover its horizon.
    """
    return respond_to(game, profile, ()).values


def best_response(game: Game, profile: Profile, actor: Actor) -> Solution:
    """An actor's best reply over the whole horizon and in all its roles, the others fixed.

    Raises:
        PolicyError: a policy does not fit the game or does not cover its horizon.
    """
    return respond_to(game, profile, (actor,), float("inf"))


def regret(game: Game, profile: Profile) -> Floats:
    """float64 [3], payoff units: best reply's value minus own policy's, at the start state.

    0 for mutual best replies up to rounding, never below -1e-9.

    Raises:
        PolicyError: a policy does not fit the game or does not cover its horizon.
    """
    check_profile(game, profile)
    always_best = np.full(3, np.inf)
    own = _respond(game, profile, (), always_best).values[0, :, game.start]
    best = [_respond(game, profile, (actor,), always_best).value(actor) for actor in Actor]
    return np.array(best) - own


def rupture_lovers(solution: Solution) -> list[Actor]:
    """Actors whom rupture pays more than their lowest first-round value: they would like a blow-up."""
    lowest = solution.values[0].min(axis=-1)
    pays = solution.game.rupture_payoff
    return [actor for actor in Actor if pays[actor] > lowest[actor] + RUPTURE_TOLERANCE]


def action_values(solution: Solution, round_: int, state: int) -> Floats:
    """float64 [3, W, M tokyo, M seoul], payoff units: Q_i at a state; rounds count from 0."""
    game, later = solution.game, solution.values[round_ + 1]
    k = game.afterstate[:, :, state]
    lapse, rupture = game.lapse[k], game.rupture[k]
    on = (1 - lapse) * later[:, game.next_on[k]] + lapse * later[:, game.next_lapsed[k]]
    ahead = rupture * game.rupture_payoff[:, None, None] + (1 - rupture) * on
    settled = game.settlement[:, :, :, state]
    discount = game.discount[:, None, None, None]
    lumps: Floats = game.settlement_payoff[:, :, k]
    result: Floats = game.payoff[..., state] + discount * (settled * lumps + (1 - settled) * ahead[:, None])
    return result


def stance_alternatives(solution: Solution, round_: int, state: int) -> Alternatives:
    """Washington's stances at a state: what each is worth to it and how likely it takes them."""
    q = action_values(solution, round_, state)[Actor.WASHINGTON]
    tokyo, seoul, washington = solution.profile
    share = solution.game.scenario.tokyo_first
    worth = np.full(len(Stance), np.nan)
    for stance in Stance:
        if not solution.game.legal_stances[stance, state]:
            continue
        opening = sum(tokyo.at(round_, state, stance)[m] * (seoul.at(round_, state, stance, m) @ q[stance, m])
                      for m in Move)
        replying = sum(seoul.at(round_, state, stance)[m] * (tokyo.at(round_, state, stance, m) @ q[stance, :, m])
                       for m in Move)
        worth[stance] = share * opening + (1 - share) * replying
    return Alternatives(worth, washington.at(round_, state))


def move_alternatives(solution: Solution, actor: Actor, round_: int, state: int, stance: Stance,
                      first_move: Move | None) -> Alternatives:
    """A disputant's moves at a decision: what each is worth to it and how likely it plays them.

    Args:
        solution: policies and their values.
        actor: Tokyo or Seoul.
        round_: from 0.
        state: number of the public state.
        stance: Washington's stance this round.
        first_move: the other's move if the actor moves second, None if it moves first.
    """
    q = action_values(solution, round_, state)[actor, stance]
    own_first = q if actor is Actor.TOKYO else q.T
    if first_move is None:
        other = solution.profile.disputant(opponent(actor))
        worth = np.array([other.at(round_, state, stance, m) @ own_first[m] for m in Move])
    else:
        worth = own_first[:, first_move].copy()
    worth[~solution.game.legal[actor, :, state]] = np.nan
    return Alternatives(worth, solution.profile.disputant(actor).at(round_, state, stance, first_move))


# --------------------------------------------------------------------------- one backward pass


@dataclass
class _Tables:
    """The five policy tables in loop order (state innermost), to be filled or given."""

    stance: Floats
    first: list[Floats]
    second: list[Floats]

    @classmethod
    def empty(cls, game: Game, rounds: int) -> _Tables:
        w, m, s = len(Stance), len(Move), game.n_states
        check_size(game.scenario, rounds)
        return cls(np.empty((rounds, w, s)), [np.empty((rounds, w, m, s)) for _ in DISPUTANTS],
                   [np.empty((rounds, w, m, m, s)) for _ in DISPUTANTS])

    @classmethod
    def given(cls, game: Game, profile: Profile, given: np.ndarray) -> _Tables:
        tables = cls(profile.washington.stance_inner, [profile.disputant(seat).first_inner for seat in DISPUTANTS],
                     [profile.disputant(seat).second_inner for seat in DISPUTANTS])
        if not given.all():
            fresh = cls.empty(game, game.horizon)
            if not given[Actor.WASHINGTON]:
                tables.stance = fresh.stance
            for seat in DISPUTANTS:
                if not given[seat]:
                    tables.first[seat], tables.second[seat] = fresh.first[seat], fresh.second[seat]
        return tables

    def profile(self, name: str) -> Profile:
        seats = [DisputantPolicy(name, seat, self.first[seat], self.second[seat]) for seat in DISPUTANTS]
        return Profile(seats[0], seats[1], ThirdPartyPolicy(name, self.stance))


def check_size(scenario: Scenario, rounds: int | None = None) -> None:
    """Refuse a scenario whose policy tables would not fit into memory, before anything is made.

    Args:
        scenario: checked parameters.
        rounds: of the tables; the whole horizon if None.

    Raises:
        TooLargeError: naming what is needed and what there is.
    """
    states = (scenario.tokyo.top + 1) * (scenario.seoul.top + 1) * 6
    w, m = len(Stance), len(Move)
    size = (scenario.horizon if rounds is None else rounds) * states * 8 * w * (1 + 2 * m * (m + 1))
    available = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 2**34
    if size > available // 2:
        raise TooLargeError(
            f"scenario.rounds and scenario.shadow: {scenario.rounds} and {scenario.shadow}, with {states} states, "
            f"need {size / 1e9:.3g} GB of policy tables; allowed: at most {available / 2e9:.3g} GB on this machine")


def _pass(game: Game, tables: _Tables, given: np.ndarray, precision: Floats) -> Floats:
    discount = game.discount[:, None, None, None, None]
    lumps = game.settlement_payoff[:, :, game.afterstate]
    base = np.ascontiguousarray((game.payoff + discount * game.settlement * lumps).swapaxes(0, 1))
    values = np.empty((game.horizon + 1, 3, game.n_states))
    induction.induce(
        base, 1.0 - game.settlement, game.afterstate, _penalty(game.legal), _penalty(game.legal_stances),
        game.rupture, game.lapse, game.next_on, game.next_lapsed, game.rupture_payoff, game.discount,
        np.asarray(precision, dtype=np.float64), game.scenario.tokyo_first, game.horizon, given, values,
        tables.stance, tables.first[0], tables.second[0], tables.first[1], tables.second[1])
    values.setflags(write=False)
    return values


def _penalty(legal: np.ndarray) -> Floats:
    return np.where(legal, 0.0, induction.IMPOSSIBLE)


__all__ = [
    "Alternatives", "Solution", "TooLargeError", "action_values", "backward_induction", "best_response", "check_size",
    "evaluate", "move_alternatives", "regret", "respond_to", "rupture_lovers", "stance_alternatives",
]
