r"""The rules, written once: a scenario compiled into a game of plain read-only tables.

**State.** The public state at the start of a round is :math:`s = (r_T, r_S, c, a)`: the rung in
force on each ladder, whether a standstill is in force, and how many disputants appealed last
round. Two further ends, settlement and rupture, are absorbing and worth 0.

**Round.** The third party takes a stance :math:`w`; the disputants move one after the other,
:math:`m_T` and :math:`m_S`. Write :math:`r'` for the rungs after the moves and :math:`[\cdot]` for 1
if true, else 0. Then

.. math::
    \text{agreed} &= [m_T = m_S = \text{standstill}], \qquad
    \text{breach} = c \cdot [m_T = \text{escalate or } m_S = \text{escalate}] \\
    f &= \text{agreed or } (c \text{ and not breach}), \qquad a' = [m_T = \text{appeal}] + [m_S = \text{appeal}]

**Afterstate.** What chance does next depends on the moves only through the *afterstate*
:math:`k = (r'_T, r'_S, \text{status}, a')`, where the status (`Status`) says whether a standstill is
in force after the moves and whether it was agreed this very round. With tension
:math:`\tau(r) = (r_T/R_T + r_S/R_S)/2`:

.. math::
    h    &= (1 \text{ if } f \text{ else open\_talks}) \cdot \text{talks}_w
            \cdot (1 + [w \ne \text{quiet}]\,\text{welcome}_a) \cdot (1 - \text{drag}\,\tau(r')) \\
    \rho &= \text{hazard} \cdot \tau(r')^2 \cdot (\text{calm if } f \text{ else } 1) \\
    \ell &= 1/\text{length if the standstill is in force but was not agreed this round, else } 0

One uniform :math:`u` decides: settled if :math:`u < h`; rupture if :math:`u < h + (1-h)\rho`; lapse if
:math:`u < h + (1-h)\rho + (1-h)(1-\rho)\ell`; otherwise on.

**Payoffs.** A disputant's :math:`u_i` is `position_payoff` + `act_payoff`; the third party's :math:`u_W`
is `concern_payoff` - `effort_price` + `affinity_share` of both. `settlement_payoffs` and
`rupture_payoffs` are paid once.

**Variables.** :math:`h` is ``settlement``, :math:`\rho` ``rupture``, :math:`\ell` ``lapse``,
:math:`\tau` ``tension``, :math:`f` ``in_force``, :math:`k` ``afterstate``. Every rule below is an
expression that holds for one number and for a whole array alike; `compile_game` evaluates each
on the full grid. Axes are always named: *state* (S of them), *stance* (W = 5), *tokyo move* and
*seoul move* (M = 5 each), *afterstate* (K of them), *actor* (3).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from negotiation.vocabulary import Actor, Move, Stance

if TYPE_CHECKING:
    from negotiation.scenario import Disputant, Scenario

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
# One number or an array of them: every rule takes and returns either.
Value = Any

TOLERANCE = 1e-12


class Status(IntEnum):
    """Where a standstill is after the moves of a round."""

    NONE = 0
    CONTINUED = 1
    AGREED = 2


# ------------------------------------------------------------------------------ the rules


def tension(rung_tokyo: Value, rung_seoul: Value, top_tokyo: int, top_seoul: int) -> Value:
    """Tau = (r_T / R_T + r_S / R_S) / 2, in [0, 1]."""
    return (rung_tokyo / top_tokyo + rung_seoul / top_seoul) / 2


def is_legal(move: Value, rung: Value, top: int) -> Value:
    """Escalating is illegal on the top rung, stepping down on rung 0; all else is legal."""
    return np.logical_not((move == Move.ESCALATE) & (rung == top) | (move == Move.STEP_DOWN) & (rung == 0))


def rung_after(move: Value, rung: Value, top: int) -> Value:
    """The rung after a move: one up, one down, or the same (illegal moves stay)."""
    return rung + ((move == Move.ESCALATE) & (rung < top)) - ((move == Move.STEP_DOWN) & (rung > 0))


def status_after(move_tokyo: Value, move_seoul: Value, standstill: Value) -> Value:
    """The `Status` after the moves; `standstill` is c, whether one was in force before them."""
    agreed = (move_tokyo == Move.STANDSTILL) & (move_seoul == Move.STANDSTILL)
    kept = (standstill == 1) & (move_tokyo != Move.ESCALATE) & (move_seoul != Move.ESCALATE)
    return np.where(agreed, Status.AGREED, np.where(kept, Status.CONTINUED, Status.NONE))


def is_breach(move_tokyo: Value, move_seoul: Value, standstill: Value) -> Value:
    """A standstill was in force and at least one side escalates."""
    return (standstill == 1) & ((move_tokyo == Move.ESCALATE) | (move_seoul == Move.ESCALATE))


def appeals_after(move_tokyo: Value, move_seoul: Value) -> Value:
    """a', the number of appeals this round."""
    return (move_tokyo == Move.APPEAL) * 1 + (move_seoul == Move.APPEAL) * 1


def settlement_probability(scenario: Scenario, stance: Value, appeals: Value, in_force: Value,
                           tension_after: Value) -> Value:
    """h: `appeals` is a of the round's start, `in_force` and `tension_after` are after the moves."""
    terms, washington = scenario.standstill, scenario.washington
    talks = np.array([effect.talks for effect in washington.stances])[stance]
    welcome = np.array(washington.welcome)[appeals] * (stance != Stance.QUIET)
    openness = np.where(in_force, 1.0, terms.open_talks)
    return openness * talks * (1 + welcome) * (1 - terms.drag * tension_after)


def rupture_probability(scenario: Scenario, in_force: Value, tension_after: Value) -> Value:
    """rho, the chance of rupture where the round did not settle."""
    calm = np.where(in_force, scenario.standstill.calm, 1.0)
    return scenario.rupture.hazard * tension_after**2 * calm


def lapse_probability(scenario: Scenario, status: Value) -> Value:
    """l: a standstill in force that was not agreed this very round ends with chance 1/length."""
    return np.where(status == Status.CONTINUED, 1.0 / scenario.standstill.length, 0.0)


def chance_ends(settlement: Value, rupture: Value, lapse: Value) -> tuple[Value, Value, Value]:
    """Upper ends, in u, of settled, rupture and lapse, from h, rho and l."""
    ruptured = settlement + (1 - settlement) * rupture
    return settlement, ruptured, ruptured + (1 - settlement) * (1 - rupture) * lapse


def position_payoff(scenario: Scenario, actor: Actor, own_rung: Value, other_rung: Value, in_force: Value) -> Value:
    """What the rungs after the moves are worth: firmness_i gain_i[r'_i] - cost_i[r'_i] - harm_j[r'_j] (1 - ease f)."""
    own = scenario.disputant(actor)
    held = own.firmness * _ladder(own, "gain")[own_rung] - _ladder(own, "cost")[own_rung]
    return held - harm(scenario, Actor(1 - actor), other_rung, in_force)


def act_payoff(scenario: Scenario, actor: Actor, stance: Value, own_move: Value, other_move: Value,
               standstill: Value) -> Value:
    """What the moves themselves cost; `standstill` is c of the round's start.

    - [m_i = escalate] (standing_i pressure_i[w] + breach_i c)
    - [m_i = step_down] backdown_i (1 - cover[w]) - [m_i = standstill] offer_i (1 - cover[w])
    - [m_i = appeal] appeal_i
    - [m_j = standstill and m_i != standstill and c = 0] snub_i standing_i pressure_i[w]
    """
    own = scenario.disputant(actor)
    effects = list(scenario.washington.stances)
    cover = np.array([effect.cover for effect in effects])[stance]
    displeasure = own.standing * np.array([getattr(effect, f"pressure_{actor.key}") for effect in effects])[stance]
    snubbed = (other_move == Move.STANDSTILL) & (own_move != Move.STANDSTILL) & (standstill == 0)
    return -((own_move == Move.ESCALATE) * (displeasure + own.breach * standstill)
             + (own_move == Move.STEP_DOWN) * (own.backdown * (1 - cover))
             + (own_move == Move.STANDSTILL) * (own.offer * (1 - cover))
             + (own_move == Move.APPEAL) * own.appeal
             + snubbed * (own.snub * displeasure))


def harm(scenario: Scenario, actor: Actor, rung: Value, in_force: Value) -> Value:
    """What `actor`'s rung does to the other side, softened by `ease` while a standstill is in force."""
    return _ladder(scenario.disputant(actor), "harm")[rung] * (1 - scenario.standstill.ease * in_force)


def concern_payoff(scenario: Scenario, rung_tokyo: Value, rung_seoul: Value, in_force: Value) -> Value:
    """- supply_chain (harm_T[r'_T] + harm_S[r'_S]) (1 - ease f) - alliance tau(r')^2."""
    harms = harm(scenario, Actor.TOKYO, rung_tokyo, in_force) + harm(scenario, Actor.SEOUL, rung_seoul, in_force)
    strain = tension(rung_tokyo, rung_seoul, scenario.tokyo.top, scenario.seoul.top)
    return -scenario.washington.supply_chain * harms - scenario.washington.alliance * strain**2


def effort_price(scenario: Scenario, stance: Value, appeals: Value) -> Value:
    """Attention effort[w] (1 - invitation[a])."""
    effort = np.array([effect.effort for effect in scenario.washington.stances])[stance]
    return scenario.washington.attention * effort * (1 - np.array(scenario.washington.invitation)[appeals])


def affinity_share(scenario: Scenario, payoff_tokyo: Value, payoff_seoul: Value) -> Value:
    """What the third party feels of the disputants' payoffs, any part of them."""
    affinity = scenario.washington.affinity
    return affinity.tokyo * payoff_tokyo + affinity.seoul * payoff_seoul


def settlement_payoffs(scenario: Scenario, stance: Value, rung_tokyo: Value,
                       rung_seoul: Value) -> tuple[Value, Value, Value]:
    """What a settlement pays the three actors, once (discounting is the solver's business).

    share_T = clip(1/2 + leverage (r'_T/R_T - r'_S/R_S) / 2, 0, 1) of Tokyo's stake, the rest of
    Seoul's; Washington gets prize + credit [w != quiet] and its affinity shares.
    """
    lead = (rung_tokyo / scenario.tokyo.top - rung_seoul / scenario.seoul.top) / 2
    share = np.clip(0.5 + scenario.standstill.leverage * lead, 0.0, 1.0)
    tokyo, seoul = scenario.tokyo.stake * share, scenario.seoul.stake * (1 - share)
    own = scenario.washington.prize + scenario.washington.credit * (stance != Stance.QUIET)
    return tokyo, seoul, own + affinity_share(scenario, tokyo, seoul)


def rupture_payoffs(scenario: Scenario) -> tuple[float, float, float]:
    """What a rupture pays the three actors, once: their own, and Washington's affinity shares."""
    own = scenario.tokyo.rupture, scenario.seoul.rupture
    return *own, scenario.washington.rupture + affinity_share(scenario, *own)


def _ladder(disputant: Disputant, column: str) -> Floats:
    return np.array([getattr(rung, column) for rung in disputant.ladder])


# ------------------------------------------------------------------------------- the tables


@dataclass(frozen=True, eq=False)
class Game:
    """The compiled game; every array is read-only and C-contiguous.

    The *state* axis is innermost so that compiled loops run over it in vector registers.

    Attributes:
        scenario: what was compiled.
        rungs: int64 [2, S], rung in force on Tokyo's and Seoul's ladder, per state.
        standstill: int64 [S], c, 1 if a standstill is in force.
        appeals: int64 [S], a, appeals of last round.
        tension: float64 [S], tau of the state's rungs.
        escalated: bool [S], does tension exceed `escalated_above` (up to rounding of 1e-12).
        effort: float64 [W], of each stance, not net of invitation.
        legal: bool [2, M, S], may Tokyo (0), Seoul (1) play the move in the state.
        legal_stances: bool [W, S], may Washington take the stance (always, by the rules).
        afterstate: int64 [M tokyo, M seoul, S], number k of the afterstate the moves lead to.
        breach: bool [M tokyo, M seoul, S], do the moves break a standstill in force.
        payoff: float64 [3, W, M tokyo, M seoul, S], payoff units, of the round, per actor.
        settlement: float64 [W, M tokyo, M seoul, S], h, probability.
        after_rungs: int64 [2, K], r' per afterstate.
        after_status: int64 [K], `Status`.
        after_appeals: int64 [K], a'.
        after_tension: float64 [K], tau(r').
        rupture: float64 [K], rho, probability of rupture where not settled.
        lapse: float64 [K], l, probability of a lapse where neither settled nor ruptured.
        next_on: int64 [K], state of the next round if play goes on.
        next_lapsed: int64 [K], state of the next round if the standstill lapses.
        settlement_payoff: float64 [3, W, K], payoff units, once, undiscounted.
        rupture_payoff: float64 [3], payoff units, once, undiscounted.
        discount: float64 [3], per round.
        precision: float64 [3], 1/payoff, inf allowed.
    """

    scenario: Scenario
    rungs: Integers
    standstill: Integers
    appeals: Integers
    tension: Floats
    escalated: Booleans
    effort: Floats
    legal: Booleans
    legal_stances: Booleans
    afterstate: Integers
    breach: Booleans
    payoff: Floats
    settlement: Floats
    after_rungs: Integers
    after_status: Integers
    after_appeals: Integers
    after_tension: Floats
    rupture: Floats
    lapse: Floats
    next_on: Integers
    next_lapsed: Integers
    settlement_payoff: Floats
    rupture_payoff: Floats
    discount: Floats
    precision: Floats

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, np.ndarray):
                fixed = np.ascontiguousarray(value)
                if fixed is value and value.flags.writeable:
                    fixed = value.copy()  # never freeze an array the caller still holds
                fixed.setflags(write=False)
                object.__setattr__(self, item.name, fixed)

    @property
    def n_states(self) -> int:
        """S, the number of public states of a dispute that goes on."""
        return int(self.standstill.size)

    @property
    def n_afterstates(self) -> int:
        """K, the number of afterstates."""
        return int(self.rupture.size)

    @property
    def tops(self) -> tuple[int, int]:
        """R_T and R_S, the highest rungs."""
        return self.scenario.tokyo.top, self.scenario.seoul.top

    @property
    def horizon(self) -> int:
        """N, the number of rounds solved: observed rounds and shadow."""
        return self.scenario.horizon

    @property
    def rounds(self) -> int:
        """The number of observed rounds."""
        return self.scenario.rounds

    @cached_property
    def start(self) -> int:
        """The number of the start state."""
        begin = self.scenario.start
        return self.state(begin.tokyo, begin.seoul, begin.standstill, begin.appeals)

    def state(self, rung_tokyo: int, rung_seoul: int, standstill: int = 0, appeals: int = 0) -> int:
        """The number of a state.

        Raises:
            ValueError: a coordinate is out of range.
        """
        shape = (self.tops[0] + 1, self.tops[1] + 1, 2, 3)
        return int(np.ravel_multi_index((rung_tokyo, rung_seoul, int(standstill), appeals), shape))

    def describe(self, state: int) -> str:
        """A state in words, for messages: ``state 41 (rungs 1 and 0, standstill, 2 appeals)``."""
        held = "standstill" if self.standstill[state] else "no standstill"
        return (f"state {state} (rungs {self.rungs[0, state]} and {self.rungs[1, state]}, {held}, "
                f"{self.appeals[state]} appeals)")


def compile_game(scenario: Scenario) -> Game:
    """Evaluate every rule on the full grid of states, stances and moves of checked parameters."""
    tops = scenario.tokyo.top, scenario.seoul.top
    shape = (tops[0] + 1, tops[1] + 1, 2, 3)
    rung_tokyo, rung_seoul, standstill, appeals = (axis.ravel() for axis in np.indices(shape))
    move_tokyo, move_seoul = (axis[:, :, None] for axis in np.indices((len(Move), len(Move))))
    next_tokyo, next_seoul = rung_after(move_tokyo, rung_tokyo, tops[0]), rung_after(move_seoul, rung_seoul, tops[1])
    status = status_after(move_tokyo, move_seoul, standstill)

    after_shape = (tops[0] + 1, tops[1] + 1, len(Status), 3)
    afterstate = np.ravel_multi_index(np.broadcast_arrays(
        next_tokyo, next_seoul, status, appeals_after(move_tokyo, move_seoul)), after_shape)
    after_tokyo, after_seoul, after_status, after_appeals = (
        axis.ravel() for axis in np.indices(after_shape))
    after_in_force = after_status != Status.NONE
    after_tension = tension(after_tokyo, after_seoul, *tops)

    start_tension = tension(rung_tokyo, rung_seoul, *tops)
    in_force = status != Status.NONE
    stance = np.arange(len(Stance))[:, None, None, None]
    tokyo, seoul = (
        position_payoff(scenario, actor, own_rung, other_rung, in_force)
        + act_payoff(scenario, actor, stance, own, other, standstill)
        for actor, own, other, own_rung, other_rung in (
            (Actor.TOKYO, move_tokyo, move_seoul, next_tokyo, next_seoul),
            (Actor.SEOUL, move_seoul, move_tokyo, next_seoul, next_tokyo)))
    washington = (concern_payoff(scenario, next_tokyo, next_seoul, in_force) - effort_price(scenario, stance, appeals)
                  + affinity_share(scenario, tokyo, seoul))

    stance_after = np.arange(len(Stance))[:, None]
    lumps = np.broadcast_arrays(*settlement_payoffs(scenario, stance_after, after_tokyo, after_seoul))
    moves = np.arange(len(Move))[:, None]
    seats = scenario.tokyo, scenario.seoul, scenario.washington

    return Game(
        scenario=scenario,
        rungs=np.stack([rung_tokyo, rung_seoul]),
        standstill=standstill,
        appeals=appeals,
        tension=start_tension,
        escalated=start_tension > scenario.escalated_above + TOLERANCE,
        effort=np.array([effect.effort for effect in scenario.washington.stances]),
        legal=np.stack([is_legal(moves, rung_tokyo, tops[0]), is_legal(moves, rung_seoul, tops[1])]),
        legal_stances=np.ones((len(Stance), standstill.size), dtype=bool),
        afterstate=afterstate,
        breach=is_breach(move_tokyo, move_seoul, standstill),
        payoff=np.stack([tokyo, seoul, washington]),
        settlement=settlement_probability(scenario, stance, appeals, in_force, after_tension[afterstate]),
        after_rungs=np.stack([after_tokyo, after_seoul]),
        after_status=after_status,
        after_appeals=after_appeals,
        after_tension=after_tension,
        rupture=rupture_probability(scenario, after_in_force, after_tension),
        lapse=lapse_probability(scenario, after_status),
        next_on=np.ravel_multi_index((after_tokyo, after_seoul, after_in_force * 1, after_appeals), shape),
        next_lapsed=np.ravel_multi_index((after_tokyo, after_seoul, after_in_force * 0, after_appeals), shape),
        settlement_payoff=np.stack(lumps),
        rupture_payoff=np.array(rupture_payoffs(scenario)),
        discount=np.array([seat.discount for seat in seats]),
        precision=np.array([seat.precision for seat in seats]),
    )


def chance_thresholds(game: Game) -> Floats:
    """float64 [3, W, M tokyo, M seoul, S]: upper ends, in u, of settled, rupture and lapse."""
    return np.stack(chance_ends(game.settlement, game.rupture[game.afterstate], game.lapse[game.afterstate]))
