"""The rows that the compiled loops of the batch engine read, and one block of episodes played with them."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from negotiation.engines.records import Records
from negotiation.game import Floats, Game, chance_thresholds
from negotiation.kernels import episodes as kernels
from negotiation.kernels import remembering
from negotiation.outcome_rules import classify, discount_weights
from negotiation.policy import Policy, Profile
from negotiation.vocabulary import Move, Stance

BLOCK = 16_384  # episodes computed together, by one thread
Words = NDArray[np.uint64]


class Tables:
    """The rows that `negotiation.kernels.episodes` reads, of a game and of policies without memory."""

    def __init__(self, game: Game, profile: Profile) -> None:
        self._rest(game)
        rounds = game.rounds
        tokyo, seoul, washington = profile
        self.stance_ends = _ends(game, [washington.stance_inner[:rounds, None, None]])[:, :, 0, 0, 0]
        firsts = [policy.first_inner[:rounds, :, None] for policy in (tokyo, seoul)]
        replies = [policy.second_inner[:rounds] for policy in (seoul, tokyo)]
        self.first_ends, self.reply_ends = (
            ends.reshape(len(ends), -1, len(Move) - 1) for ends in (_ends(game, firsts), _ends(game, replies)))

    def _rest(self, game: Game) -> None:
        self.game = game
        self._own = threading.local()
        self.leaf_words, self.settled_end = _leaves(game)
        self.effort = np.tile(game.effort, game.n_states)
        self.discounts = discount_weights(game).copy()  # the loop is compiled for tables that could be written
        self.seoul_first_from = np.uint64(math.ceil(game.scenario.tokyo_first * 2**44))

    def _scratch(self, size: int) -> Words:
        """uint64 [10, size]: one a thread, so that no block asks the system for fresh memory."""
        if not hasattr(self._own, "words"):
            self._own.words = np.empty(10 * BLOCK, dtype=np.uint64)
        words: Words = self._own.words[:10 * size].reshape(10, size)
        return words

    def run(self, first_episode: int, size: int, key: Words) -> Records:
        """Play episodes ``first_episode`` to ``first_episode + size - 1``; ``key`` is of `draws.stream_key`."""
        game = self.game
        scratch = self._scratch(size)
        state, standstill, counts, end = *scratch[6:9], scratch[9].view(np.int64)
        peak, effort, payoffs = np.empty(size), np.empty(size), np.empty((3, size))
        self._play(
            (first_episode, size, game.rounds, key[0], key[1], game.start, game.tension[game.start],
             self.seoul_first_from),
            (self.leaf_words.view(np.float64), self.leaf_words, self.settled_end, self.effort, self.discounts,
             game.settlement_payoff, game.rupture_payoff),
            scratch, (end, state, standstill, counts, peak, effort, payoffs))
        standstill[standstill >= kernels.NEVER] = 0
        width, field = kernels.COUNTER_BITS, np.uint64(2**kernels.COUNTER_BITS - 1)
        breaches, appeals_tokyo, appeals_seoul, lapses = (
            (counts >> np.uint64(width * place) & field).astype(np.int64) for place in range(4))
        final = state.astype(np.int64)
        return Records(
            first_episode, classify(game, end, final), np.maximum(end, 0), np.maximum(-end, 0),
            standstill.astype(np.int64), breaches, lapses, appeals_tokyo, appeals_seoul, peak, effort,
            payoffs[0], payoffs[1], payoffs[2], final)

    def _play(self, episodes: tuple[Any, ...], rows: tuple[Any, ...], scratch: Words, out: tuple[Any, ...]) -> None:
        play: Any = kernels.run_block
        play(*episodes, self.stance_ends, self.first_ends, self.reply_ends, *rows, scratch, *out)


class MemoryTables(Tables):
    """The same, where at least one policy remembers."""

    def __init__(self, game: Game, profile: Profile) -> None:
        self._rest(game)
        stance = _rounds(profile.washington, profile.washington.stance_inner, game)
        self.ends = [_ends(game, [stance[:, None, None]])[:, :, 0, 0, 0]]
        for policy in (profile.tokyo, profile.seoul):
            first = _ends(game, [_rounds(policy, policy.first_inner, game)[:, :, None]])
            reply = _ends(game, [_rounds(policy, policy.second_inner, game)])
            self.ends += [first[:, :, :, 0, 0], reply[:, :, :, 0]]
        self.remembers = np.array([policy.memory is not None for policy in profile])
        self.begin = np.array([0 if policy.memory is None else policy.memory.begin for policy in profile])
        none = np.zeros((1, 2, len(Stance), len(Move), len(Move), 1), dtype=np.int16)
        # Copies, as Numba would compile the loop again for tables that cannot be written.
        self.updates = [none.copy() if policy.memory is None else policy.memory.update.copy() for policy in profile]

    def _play(self, episodes: tuple[Any, ...], rows: tuple[Any, ...], scratch: Words, out: tuple[Any, ...]) -> None:
        play: Any = remembering.run_block
        play(*episodes, *self.ends, self.remembers, self.begin, *self.updates, *rows, *out)


def tables_of(game: Game, profile: Profile) -> Tables:
    """What the loops read for these policies, which must have been checked."""
    return MemoryTables(game, profile) if profile.remembers else Tables(game, profile)


def _rounds(policy: Policy, table: Floats, game: Game) -> Floats:
    """The table of the observed rounds; of all memory states if the policy remembers."""
    return table if policy.memory is not None else table[:game.rounds]


def _ends(game: Game, tables: Sequence[Floats]) -> Words:
    """uint64 [T, S, W, orders, F, 4]: upper ends of one table for each order of moves; T = 1 if all are stationary."""
    rounds = max(len(table) for table in tables)
    stances, firsts = tables[0].shape[1:3]
    ends = np.empty((rounds, game.n_states, stances, len(tables), firsts, tables[0].shape[3] - 1), dtype=np.uint64)
    for order, table in enumerate(tables):
        kernels.scaled_ends(table, ends[:len(table)], order)
        if len(table) < rounds:
            ends[1:, :, :, order] = ends[:1, :, :, order]
    return ends


def _scaled(ends: Floats) -> Words:
    """Upper ends in [0, 2] as whole numbers of 2^-53, rounded up: u >= end compares alike."""
    return np.ceil(ends * 2.0**53).astype(np.uint64)


def _leaves(game: Game) -> tuple[Words, Words]:
    s, w, m = game.n_states, len(Stance), len(Move)
    table = np.empty((s, w, m, m, len(kernels.LEAF)), dtype=np.uint64)
    doubles = table.view(np.float64)
    ends = np.moveaxis(chance_thresholds(game), (0, -1), (-1, 0))
    k = np.moveaxis(game.afterstate, -1, 0)[:, None]
    table[..., 0] = (np.moveaxis(game.breach, -1, 0)[:, None]).astype(np.uint64)
    table[:, :, Move.APPEAL, :, 0] += np.uint64(1 << kernels.COUNTER_BITS)
    table[:, :, :, Move.APPEAL, 0] += np.uint64(1 << 2 * kernels.COUNTER_BITS)
    table[..., 1:3] = _scaled(ends[..., 1:])
    flag = np.where(game.after_status > 0, 0, kernels.NOT_IN_FORCE)
    code = (game.next_on | game.next_lapsed << kernels.BITS
            | np.arange(game.n_afterstates) << 2 * kernels.BITS | flag)
    table[..., 3] = code[k].astype(np.uint64)
    doubles[..., 4:7] = np.moveaxis(game.payoff, (0, -1), (-1, 0))
    doubles[..., 7] = game.after_tension[k]
    return table.reshape(-1, len(kernels.LEAF)), np.ascontiguousarray(_scaled(ends[..., 0]).reshape(-1))


__all__ = ["BLOCK", "MemoryTables", "Tables", "tables_of"]
