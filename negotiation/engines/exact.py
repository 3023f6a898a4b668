r"""Exact propagation: outcome probabilities without sampling.

Let :math:`\mu_t(s)` be the probability that the dispute goes on and is in state s before round t,
:math:`\mu_1` all on the start state. With the policies' joint probability of stance and moves

.. math::
    J_t(s, w, m_T, m_S) = \mu_t(s)\, \pi_W(w) \left[
        \phi\, \pi^1_T(m_T)\, \pi^2_S(m_S | m_T) + (1-\phi)\, \pi^1_S(m_S)\, \pi^2_T(m_T | m_S) \right]

(:math:`\phi` = `tokyo_first`), a share :math:`h` of J settles, a share :math:`(1-h)\rho` ruptures, and
the rest flows to the next states, :math:`\ell` of it by way of a lapse. Expected payoffs, move
frequencies and event times are sums over J on the way. The first standstill needs one more
distribution, that of the paths that have not yet seen one; since J is linear in :math:`\mu`, it is
carried along in the same pass.

**Variables.** :math:`\mu` is ``Distribution.mass``; J is ``joint`` in
`negotiation.kernels.propagation`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from negotiation.game import Floats, Game
from negotiation.kernels import propagation
from negotiation.outcome_rules import classify
from negotiation.parameters import ParameterError
from negotiation.policy import Profile, check_profile
from negotiation.vocabulary import DISPUTANTS, Actor, Move, Outcome, Stance


@dataclass(frozen=True, eq=False)
class Distribution:
    """The exact distribution of a game under given policies; arrays are read-only.

    T is the number of observed rounds; column t - 1 belongs to round t. All are probabilities
    unless said otherwise.

    Attributes:
        game: the compiled game.
        policies: seat key to policy name.
        mass: float64 [T + 1, S], of going on in state s after t rounds (row 0: the start).
        settled: float64 [T], of settling in the round.
        ruptured: float64 [T], of rupture in the round.
        first_standstill: float64 [T], of the round being the first with a standstill in force.
        breaches: float64 [T], of a breach in the round.
        lapses: float64 [T], of a lapse in the round.
        stance_share: float64 [T, W], of reaching the round and taking the stance.
        move_share: float64 [T, 2, M], of reaching the round and playing the move, per disputant.
        expected_payoff: float64 [3], payoff units, discounted, over the observed rounds.
    """

    game: Game
    policies: dict[str, str]
    mass: Floats
    settled: Floats
    ruptured: Floats
    first_standstill: Floats
    breaches: Floats
    lapses: Floats
    stance_share: Floats
    move_share: Floats
    expected_payoff: Floats

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, np.ndarray):
                value.setflags(write=False)

    @property
    def rounds(self) -> int:
        """T, the number of observed rounds."""
        return int(self.settled.size)

    @property
    def going(self) -> Floats:
        """float64 [T + 1]: probability that the dispute still goes on after t rounds."""
        total: Floats = self.mass.sum(axis=1)
        return total

    def outcomes_by_round(self) -> Floats:
        """float64 [T + 1, 5]: probability of each `Outcome` if the dispute were read after t rounds."""
        table = np.zeros((self.rounds + 1, len(Outcome)))
        going = classify(self.game, np.zeros(self.game.n_states, dtype=np.int64), np.arange(self.game.n_states))
        table[1:, Outcome.SETTLEMENT] = np.cumsum(self.settled)
        table[1:, Outcome.RUPTURE] = np.cumsum(self.ruptured)
        for outcome in (Outcome.STANDSTILL, Outcome.STALEMATE, Outcome.ESCALATED):
            table[:, outcome] = self.mass[:, going == outcome].sum(axis=1)
        return table

    def outcome_probabilities(self) -> Floats:
        """float64 [5]: probability of each `Outcome` after the observed rounds."""
        row: Floats = self.outcomes_by_round()[-1]
        return row

    def rung_distribution(self, actor: Actor) -> Floats:
        """float64 [T + 1, R + 1]: distribution of a side's rung after t rounds, over disputes still going.

        A row is nan where no dispute goes on.
        """
        top = self.game.tops[actor]
        table = np.zeros((self.rounds + 1, top + 1))
        for rung in range(top + 1):
            table[:, rung] = self.mass[:, self.game.rungs[actor] == rung].sum(axis=1)
        return _over_going(table, self.going)

    def standstill_share(self) -> Floats:
        """float64 [T + 1]: share of the disputes still going that are under a standstill after t rounds."""
        held = self.mass[:, self.game.standstill == 1].sum(axis=1)
        return _over_going(held[:, None], self.going)[:, 0]

    def move_frequency(self, actor: Actor) -> Floats:
        """float64 [T, M], or [T, W] for the third party: frequency of each option in each round.

        Over disputes that reached the round; nan where none did.
        """
        share = self.stance_share if actor is Actor.WASHINGTON else self.move_share[:, actor]
        return _over_going(share, self.going[:-1])

    def expected_counts(self) -> dict[str, float]:
        """Expected numbers per episode: breaches, lapses, appeals of each side, Washington's effort."""
        appeals = self.move_share[:, :, Move.APPEAL].sum(axis=0)
        return {
            "breaches": float(self.breaches.sum()),
            "lapses": float(self.lapses.sum()),
            **{f"appeals_{seat.key}": float(appeals[seat]) for seat in DISPUTANTS},
            "effort": float(self.stance_share.sum(axis=0) @ self.game.effort),
        }


def _over_going(table: Floats, going: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        shares: Floats = np.where(going[:, None] > 0, table / going[:, None], np.nan)
    return shares


def propagate(game: Game, profile: Profile) -> Distribution:
    """Carry the distribution over states through the observed rounds.

    Args:
        game: the compiled game.
        profile: one policy a seat, covering at least the observed rounds.

    Raises:
        PolicyError: a policy does not fit the game.
    """
    check_profile(game, profile, game.rounds)
    return propagate_unchecked(game, profile)


def propagate_unchecked(game: Game, profile: Profile) -> Distribution:
    """`propagate` for policies known to be right, such as the solver's own."""
    rounds = game.rounds
    tokyo, seoul, washington = profile
    out = {
        "mass": np.empty((rounds + 1, game.n_states)), "settled": np.empty(rounds), "ruptured": np.empty(rounds),
        "first_standstill": np.empty(rounds), "breaches": np.empty(rounds), "lapses": np.empty(rounds),
        "stance_share": np.empty((rounds, len(Stance))), "move_share": np.empty((rounds, 2, len(Move))),
        "expected_payoff": np.empty(3),
    }
    propagation.propagate(
        game.start, rounds, game.payoff, game.settlement, game.afterstate, game.breach, game.rupture, game.lapse,
        game.next_on, game.next_lapsed, game.after_status > 0, game.settlement_payoff, game.rupture_payoff,
        game.discount, game.scenario.tokyo_first, washington.stance_inner, tokyo.first_inner, tokyo.second_inner,
        seoul.first_inner, seoul.second_inner, *out.values())
    return Distribution(game=game, policies=profile.names, **out)


def need_tables(profile: Profile, key: str, engine: str) -> None:
    """Refuse to compute exactly what a policy that remembers plays.

    Raises:
        ParameterError: a policy remembers; naming ``key``, the engine's, and the policy.
    """
    for actor in Actor:
        if profile[actor].memory is not None:
            raise ParameterError(key, engine, f"batch or mesa: policy.{actor.key}={profile[actor].name} remembers past "
                                 "weeks, so there is nothing exact")
