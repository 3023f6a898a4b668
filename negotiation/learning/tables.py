"""What the compiled loop of repeated disputes reads, and what plans are worth against each other, exactly.

A leaf is row ((s * 5 + w) * 5 + tokyo move) * 5 + seoul move of a table of 8 words of 64 bits, see `LEAF`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from negotiation.behaviours import make_policy
from negotiation.engines.exact import propagate
from negotiation.game import Floats, Game, Integers, chance_thresholds
from negotiation.kernels import learning as kernels
from negotiation.kernels import learning_lowest
from negotiation.kernels.episodes import scaled_ends
from negotiation.outcome_rules import classify, discount_weights
from negotiation.parameters import ParameterError
from negotiation.policy import DisputantPolicy, Profile, ThirdPartyPolicy, check_policy, uniform
from negotiation.vocabulary import DISPUTANTS, Actor, Move, Stance

# Words of a leaf: upper ends of settlement, rupture and lapse in u * 2^53; a code of three numbers of 20 bits
# (next state, next if the standstill lapses, afterstate); payoffs of the three actors, as doubles; nothing.
LEAF = ("settled_end", "rupture_end", "lapse_end", "code", "payoff_tokyo", "payoff_seoul", "payoff_washington", "")
Words = NDArray[np.uint64]
Menu = tuple[DisputantPolicy, ...]


def menu_of(game: Game, seat: Actor, plans: Sequence[Any], key: str) -> Menu:
    """The policies of a menu.

    Args:
        game: the compiled game.
        seat: Tokyo or Seoul.
        plans: behaviours or policies of the seat.
        key: of the menu, for errors.

    Raises:
        ParameterError: a plan is not a table of this seat, or two have the same name.
        PolicyError: a given policy does not fit the game.
    """
    menu = []
    for plan in plans:
        policy = plan if isinstance(plan, DisputantPolicy) else make_policy(game, seat, plan)
        if not isinstance(policy, DisputantPolicy) or policy.seat is not seat or policy.memory is not None:
            raise ParameterError(key, plan, f"behaviours of {seat.key} that look at the public state only")
        check_policy(game, policy, game.rounds)
        menu.append(policy)
    names = [policy.name for policy in menu]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ParameterError(key, twice, "each plan once")
    return tuple(menu)


def third_party(game: Game, choice: Any) -> ThirdPartyPolicy:
    """Washington's policy, from a behaviour or a policy.

    Raises:
        ParameterError: it is not a table.
        PolicyError: a given policy does not fit the game.
    """
    policy = choice if isinstance(choice, ThirdPartyPolicy) else make_policy(game, Actor.WASHINGTON, choice)
    if not isinstance(policy, ThirdPartyPolicy) or policy.memory is not None:
        raise ParameterError("policy.washington", choice, "a behaviour that looks at the public state only")
    check_policy(game, policy, game.rounds)
    return policy


def expected_payoffs(game: Game, tokyo: Menu, seoul: Menu, washington: ThirdPartyPolicy) -> Floats:
    """float64 [2, K tokyo, K seoul], payoff units: exact expected discounted payoffs over the observed rounds.

    The bimatrix of the game that plan learners play: rows are Tokyo's plans, columns Seoul's.
    """
    table = np.empty((2, len(tokyo), len(seoul)))
    for i, one in enumerate(tokyo):
        for j, other in enumerate(seoul):
            table[:, i, j] = propagate(game, Profile(one, other, washington)).expected_payoff[:2]
    return table


def lowest_payoffs(game: Game, tokyo: Menu, seoul: Menu, washington: ThirdPartyPolicy) -> Floats:
    """float64 [2], payoff units: the smallest payoff of each side that any path under these plans brings."""
    lowest_payoff: Any = learning_lowest.lowest_payoff
    lowest = np.full(2, np.inf)
    for one in tokyo:
        for other in seoul:
            for seat in DISPUTANTS:
                found = lowest_payoff(
                    game.payoff[seat], game.settlement, game.afterstate, game.rupture, game.lapse, game.next_on,
                    game.next_lapsed, game.settlement_payoff[seat], game.rupture_payoff[seat], game.discount[seat],
                    game.scenario.tokyo_first, game.start, game.rounds, washington.stance_inner, one.first_inner,
                    one.second_inner, other.first_inner, other.second_inner)
                lowest[seat] = min(lowest[seat], found)
    return lowest


def at_random(game: Game, seat: Actor) -> DisputantPolicy:
    """Uniform play, which stands for a side that has no plans."""
    policy = uniform(game, seat, "random")
    assert isinstance(policy, DisputantPolicy)
    return policy


@dataclass(frozen=True, eq=False)
class Tables:
    """What the loop reads of a game and of both menus; K is the length of the longer menu.

    Attributes:
        stance_ends: uint64 [T, S, 4], upper ends of Washington's stances, in u * 2^53; T = 1 if stationary.
        plan_ends: uint64 [rows, 4], of all plans of both sides, by round and node.
        plan_first: int64 [2, K], row where a plan begins.
        plan_length: int64 [2, K], rounds that it covers, 1 if stationary.
        leaf_words: uint64 [leaves, 8], see `LEAF`.
        discounts: float64 [3, rounds + 1], weights.
        state_outcome: int64 [S], outcome of a dispute that still goes on in the state.
        seoul_first_from: from which value of the order's 44 bits on Seoul moves first.
    """

    stance_ends: Words
    plan_ends: Words
    plan_first: Integers
    plan_length: Integers
    leaf_words: Words
    discounts: Floats
    state_outcome: Integers
    seoul_first_from: np.uint64

    @classmethod
    def of(cls, game: Game, menus: tuple[Menu, Menu], washington: ThirdPartyPolicy) -> Tables:
        """The tables of a game in which these plans are played.

        Raises:
            ParameterError: the game has too many states.
        """
        if max(game.n_states, game.n_afterstates) >= 2**kernels.BITS:
            raise ParameterError("scenario.tokyo.ladder", f"{game.n_states} states",
                                 f"ladders that give fewer than {2**kernels.BITS} afterstates")
        width = max(len(menu) for menu in menus)
        first, length = np.zeros((2, width), dtype=np.int64), np.ones((2, width), dtype=np.int64)
        parts: list[Words] = []
        rows = 0
        for seat, menu in enumerate(menus):
            for j, policy in enumerate(menu):
                ends = _plan_ends(game, policy)
                parts.append(ends)
                first[seat, j], length[seat, j] = rows, min(policy.length, game.rounds)
                rows += len(ends)
        stances = _ends(game, washington.stance_inner[:game.rounds, None, None])[:, :, 0, 0]
        still = classify(game, np.zeros(game.n_states, dtype=np.int64), np.arange(game.n_states))
        return cls(stances, np.concatenate(parts), first, length, _leaves(game), discount_weights(game).copy(),
                   still.astype(np.int64), np.uint64(math.ceil(game.scenario.tokyo_first * 2**44)))


def _ends(game: Game, table: Floats) -> Words:
    """uint64 [T, S, W, F, 4]: upper ends of a policy table [T, W, F, M, S]."""
    ends = np.empty((len(table), game.n_states, *table.shape[1:2], 1, *table.shape[2:3], table.shape[3] - 1),
                    dtype=np.uint64)
    fill: Any = scaled_ends
    fill(table, ends, 0)
    return np.ascontiguousarray(ends[:, :, :, 0])


def _plan_ends(game: Game, policy: DisputantPolicy) -> Words:
    opening = _ends(game, policy.first_inner[:game.rounds, :, None])
    answering = _ends(game, policy.second_inner[:game.rounds])
    return np.concatenate([opening, answering], axis=3).reshape(-1, len(Move) - 1)


def _leaves(game: Game) -> Words:
    s, w, m = game.n_states, len(Stance), len(Move)
    table = np.zeros((s, w, m, m, len(LEAF)), dtype=np.uint64)
    doubles = table.view(np.float64)
    ends = np.moveaxis(chance_thresholds(game), (0, -1), (-1, 0))
    table[..., :3] = np.ceil(ends * 2.0**53).astype(np.uint64)
    code = game.next_on | game.next_lapsed << kernels.BITS | np.arange(game.n_afterstates) << 2 * kernels.BITS
    table[..., 3] = code[np.moveaxis(game.afterstate, -1, 0)[:, None]].astype(np.uint64)
    doubles[..., 4:7] = np.moveaxis(game.payoff, (0, -1), (-1, 0))
    return table.reshape(-1, len(LEAF))
