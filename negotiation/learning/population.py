"""Populations of independent pairs that dispute again and again, and learn.

Each of P pairs plays N disputes in a row; pairs never meet. Before a dispute a plan learner draws its plan, during it a
state learner learns every week, after it a plan learner takes in its payoff (`negotiation.learning.rule`,
`negotiation.learning.q_learning`). Washington plays one policy for ever and does not learn.

Draws are counter-based (`negotiation.draws`): dispute d of pair p, both from 0, is episode number p * 2^32 + d under
the root seed, with its weeks at 1, 2, ... as everywhere, and the block of week 0 holds the choice of plans: word a
Tokyo's, word b Seoul's. So a pair depends on the root seed and its number alone, never on how many others there are,
in which blocks or on how many cores; and once the plans are known any dispute of any pair is
``trace(game, profile, seed, p * 2**32 + d)``, move for move.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from negotiation.draws import stream_key
from negotiation.engines.batch import cores
from negotiation.game import Floats, Game, Integers
from negotiation.kernels import learning as kernels
from negotiation.learning.catalogue import make_rule
from negotiation.learning.q_learning import QLearning, nodes
from negotiation.learning.rule import PlanRule, Rule, SeatView
from negotiation.learning.tables import Menu, Tables, at_random, expected_payoffs, lowest_payoffs, menu_of, third_party
from negotiation.parameters import ParameterError
from negotiation.policy import ThirdPartyPolicy
from negotiation.version import __version__
from negotiation.vocabulary import DISPUTANTS, Actor, Move, Outcome, opponent

PAIR_LIMIT = 2**31
DISPUTE_LIMIT = 2**kernels.PAIR_BITS
SPACINGS = ("log", "linear")
BLOCK, TABLE_BLOCK = 256, 4  # pairs that a thread plays together; few where each has a table of its own
STRIDE = 200_000  # disputes that a thread plays before it looks up


@dataclass(frozen=True, eq=False)
class Population:
    """Who plays: a game, a rule of learning on each disputant's seat, and Washington's policy.

    Attributes:
        game: the compiled game.
        rules: Tokyo's and Seoul's.
        menus: their plans; uniform play alone for a state learner, which has none.
        washington: the third party's policy.
    """

    game: Game
    rules: tuple[Rule, Rule]
    menus: tuple[Menu, Menu]
    washington: ThirdPartyPolicy

    @classmethod
    def of(cls, game: Game, tokyo: Any, seoul: Any, washington: Any = "equilibrium") -> Population:
        """From rules (or mappings, see `negotiation.learning.catalogue.make_rule`) and a behaviour or policy.

        Raises:
            ParameterError: a rule, parameter, plan or behaviour is not allowed, naming its key.
            PolicyError: a given policy does not fit the game.
        """
        rules = make_rule(tokyo, "learning.tokyo"), make_rule(seoul, "learning.seoul")
        for seat, rule in zip(DISPUTANTS, rules, strict=True):
            blind = not isinstance(rules[opponent(seat)], PlanRule)
            if blind and isinstance(rule, PlanRule) and rule.needs_other_plans:
                raise ParameterError(f"learning.{seat.key}.rule", rule.name,
                                     "against a side without plans: fixed, roth_erev, q_learning, or ewa with delta 0")
        menus = [menu_of(game, seat, rule.plans, f"learning.{seat.key}.plans") if isinstance(rule, PlanRule)
                 else (at_random(game, seat),) for seat, rule in zip(DISPUTANTS, rules, strict=True)]
        return cls(game, rules, (menus[0], menus[1]), third_party(game, washington))

    def plans(self, seat: Actor) -> tuple[str, ...]:
        """The names of a seat's plans; none for a state learner."""
        return tuple(policy.name for policy in self.menus[seat]) if isinstance(self.rules[seat], PlanRule) else ()

    @cached_property
    def bimatrix(self) -> Floats:
        """float64 [2, K tokyo, K seoul], payoff units: `negotiation.learning.tables.expected_payoffs`."""
        table = expected_payoffs(self.game, *self.menus, self.washington)
        table.setflags(write=False)
        return table

    @cached_property
    def lowest(self) -> Floats:
        """float64 [2], payoff units: `negotiation.learning.tables.lowest_payoffs`."""
        return lowest_payoffs(self.game, *self.menus, self.washington)

    def view(self, seat: Actor) -> SeatView:
        """What a plan learner on a seat may know before the first dispute."""
        own = self.bimatrix[seat]
        return SeatView(seat, own if seat is Actor.TOKYO else own.T, float(self.lowest[seat]),
                        isinstance(self.rules[opponent(seat)], PlanRule))

    @cached_property
    def tables(self) -> Tables:
        """What the compiled loop reads."""
        return Tables.of(self.game, self.menus, self.washington)


@dataclass(frozen=True, eq=False)
class Learned:
    """What a population did; arrays are read-only, C checkpoints, P pairs.

    Attributes:
        population: who played.
        seed: root seed.
        disputes: int64 [C], disputes played at each checkpoint; the last is all of them.
        chances: per disputant float64 [C, P, K], probabilities of its plans in the next dispute; None for a state
            learner.
        taken: per disputant int64 [C, P, K], how often it took each plan since the last checkpoint; likewise.
        payoffs: float64 [C, P, 3], payoff units, mean discounted payoffs of a dispute since the last checkpoint.
        outcomes: int64 [C, P, 5], disputes per `Outcome` since the last checkpoint.
        memory: float64 [2, P, width], what plan learners remember in the end, see `negotiation.kernels.learning`.
        greedy: int8 [C, kept, 2, nodes], best moves of the first pairs' state learners at each checkpoint.
        values: float64 [kept, 2, nodes, 5], payoff units, their tables in the end.
        visits: uint32 [kept, 2, nodes, 5], how often each was updated.
        version: version of this package.
    """

    population: Population
    seed: int
    disputes: Integers
    chances: tuple[Floats | None, Floats | None]
    taken: tuple[Integers | None, Integers | None]
    payoffs: Floats
    outcomes: Integers
    memory: Floats
    greedy: NDArray[np.int8]
    values: Floats
    visits: NDArray[np.uint32]
    version: str = __version__

    def __post_init__(self) -> None:
        for value in (self.disputes, self.payoffs, self.outcomes, self.memory, self.greedy, self.values, self.visits,
                      *self.chances, *self.taken):
            if value is not None:
                value.setflags(write=False)

    @property
    def pairs(self) -> int:
        """P."""
        return int(self.payoffs.shape[1])


def learn(population: Population, pairs: int, disputes: int, seed: int, *, checkpoints: int | Sequence[int] = 40,
          spacing: str = "log", keep: int = 8, first_pair: int = 0, workers: int | None = None,
          progress: Callable[[int], None] | None = None) -> Learned:
    """Let a population play and learn.

    Memory is about 16 K + 64 bytes a pair and checkpoint, K being the length of the longer menu.

    Args:
        population: who plays.
        pairs: how many independent pairs, at least 1.
        disputes: how many each plays in a row, at least 1.
        seed: root seed.
        checkpoints: after how many disputes to record, or how many records (fewer if they would fall together).
        spacing: ``log`` or ``linear``, of checkpoints given by their number.
        keep: tables of state learners are returned for the first so many pairs, about 0.5 MB each.
        first_pair: number of the first pair.
        workers: threads; None for one a core.
        progress: called with the number of disputes finished since the last call, from one thread at a time.

    Raises:
        ParameterError: a number is out of range.
    """
    _whole("pairs", pairs, 1, PAIR_LIMIT)
    _whole("first_pair", first_pair, 0, PAIR_LIMIT - pairs)
    _whole("disputes", disputes, 1, DISPUTE_LIMIT)
    _whole("keep", keep, 0, PAIR_LIMIT)
    if workers is not None:
        _whole("workers", workers, 1, 4096)
    at = checkpoint_disputes(disputes, checkpoints, spacing)
    run = _Run(population, pairs, at, stream_key(seed), first_pair, min(keep, pairs), progress)
    threads = workers or cores()
    size = min(TABLE_BLOCK if run.stateful else BLOCK, -(-pairs // threads))
    blocks = [(start, min(size, pairs - start)) for start in range(0, pairs, size)]
    if threads == 1 or len(blocks) == 1:
        for block in blocks:
            run.block(*block)
    else:
        with ThreadPoolExecutor(threads) as pool:
            futures = [pool.submit(run.block, *block) for block in blocks]
            try:
                for future in futures:
                    future.result()
            finally:
                run.stopped = True  # after an error or Ctrl-C the other blocks leave at their next stride
                for future in futures:
                    future.cancel()
    return run.result(seed)


def checkpoint_disputes(disputes: int, checkpoints: int | Sequence[int], spacing: str) -> Integers:
    """int64 [C], rising: after how many disputes to record; the last is ``disputes``.

    Raises:
        ParameterError: they are not whole numbers from 1 to ``disputes``, or the spacing is unknown.
    """
    if spacing not in SPACINGS:
        raise ParameterError("spacing", spacing, "one of " + ", ".join(SPACINGS))
    if isinstance(checkpoints, (int, np.integer)):
        _whole("checkpoints", checkpoints, 1, 10_000)
        start = 1.0 if spacing == "log" else disputes / int(checkpoints)
        space = np.geomspace if spacing == "log" else np.linspace
        at = np.round(space(start, disputes, int(checkpoints))).astype(np.int64)
        at[-1] = disputes
        return np.unique(np.maximum(at, 1))
    for each in checkpoints:
        _whole("checkpoints", each, 1, disputes)
    result: Integers = np.unique(np.array([*checkpoints, disputes], dtype=np.int64))
    return result


def _whole(key: str, value: object, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not low <= value <= high:
        raise ParameterError(key, value, f"an integer from {low} to {high}")


class PairState:
    """Everything that a block of pairs remembers between disputes, before the first one."""

    def __init__(self, population: Population, pairs: int) -> None:
        game, rules = population.game, population.rules
        width = max(len(menu) for menu in population.menus) + 1
        stateful = [isinstance(rule, QLearning) for rule in rules]
        self.memory = np.zeros((2, pairs, width))
        # A seat without a table has none to point at, but the loop wants an array.
        self.table = np.zeros((2, pairs if any(stateful) else 1, nodes(game) if any(stateful) else 1, len(Move)))
        self.visits = np.zeros(self.table.shape, dtype=np.uint32)
        for seat, rule in zip(DISPUTANTS, rules, strict=True):
            if isinstance(rule, PlanRule):
                start = rule.memory(population.view(seat))
                self.memory[seat, :, :len(start)] = start
            elif isinstance(rule, QLearning):
                self.table[seat] = rule.q0


class Loop:
    """The compiled loop with everything that does not change from block to block."""

    def __init__(self, population: Population, key: NDArray[np.uint64]) -> None:
        game, rules, self.tables = population.game, population.rules, population.tables
        self.game, self.key = game, key
        self.width = max(len(menu) for menu in population.menus)
        self.codes = np.array([rule.code for rule in rules], dtype=np.int64)
        self.sizes = np.array([len(menu) for menu in population.menus], dtype=np.int64)
        self.numbers = np.zeros((2, kernels.WIDTH))
        self.expected = np.zeros((2, self.width, self.width))
        for seat, rule in zip(DISPUTANTS, rules, strict=True):
            if isinstance(rule, PlanRule):
                view = population.view(seat)
                self.numbers[seat] = rule.numbers(view)
                self.expected[seat, :view.expected.shape[0], :view.expected.shape[1]] = view.expected
            elif isinstance(rule, QLearning):
                self.numbers[seat] = rule.numbers_for(game, seat)

    def play(self, state: PairState, first_pair: int, first_dispute: int, disputes: int, diary: int = 0,
             out: dict[str, NDArray[Any]] | None = None) -> dict[str, NDArray[Any]]:
        """Play some disputes of a block of pairs; ``state`` moves on.

        Args:
            state: of the pairs.
            first_pair: number of the first one.
            first_dispute: number of the next dispute, from 0.
            disputes: how many.
            diary: for how many of them to keep a diary.
            out: what an earlier call returned, to be added to.

        Returns:
            ``payoff_sums`` [pairs, 3], ``outcomes`` [pairs, 5], ``taken`` and ``chances`` [pairs, 2, K], and per
            dispute, for the first ``diary`` ones, ``plans``, ``outcome``, ``payoffs`` and ``memory``.
        """
        tables, game, pairs = self.tables, self.game, state.memory.shape[1]
        out = out or {
            "payoff_sums": np.zeros((pairs, 3)), "outcomes": np.zeros((pairs, len(Outcome)), dtype=np.int64),
            "taken": np.zeros((pairs, 2, self.width), dtype=np.int64), "chances": np.zeros((pairs, 2, self.width)),
            "plans": np.zeros((pairs, diary, 2), dtype=np.int64), "outcome": np.zeros((pairs, diary), dtype=np.int64),
            "payoffs": np.zeros((pairs, diary, 3)), "memory": np.zeros((pairs, diary, 2, state.memory.shape[2]))}
        play: Any = kernels.play_disputes
        play(
            first_pair, first_dispute, disputes, game.rounds, self.key[0], self.key[1], game.start,
            tables.seoul_first_from, tables.stance_ends, tables.plan_ends, tables.plan_first, tables.plan_length,
            tables.leaf_words.view(np.float64), tables.leaf_words, tables.discounts, game.settlement_payoff,
            game.rupture_payoff, tables.state_outcome, game.legal, self.codes, self.numbers, self.sizes, self.expected,
            state.memory, state.table, state.visits, *out.values(),
            np.zeros(self.width), np.zeros((13, pairs), dtype=np.int64), np.zeros((3, pairs), dtype=np.uint64),
            np.zeros((5, pairs)))
        return out


class _Run:
    """The arrays of a result, filled block by block; blocks never write to the same places."""

    def __init__(self, population: Population, pairs: int, at: Integers, key: NDArray[np.uint64], first_pair: int,
                 keep: int, progress: Callable[[int], None] | None) -> None:
        self.population, self.at, self.first_pair, self.progress = population, at, first_pair, progress
        self.stateful = [isinstance(rule, QLearning) for rule in population.rules]
        self.keep = keep if any(self.stateful) else 0
        self.stopped, self.lock = False, Lock()
        self.loop = Loop(population, key)
        self.fresh = PairState(population, 1)  # makes what is cached before threads ask for it
        count, width = len(at), self.loop.width
        size = nodes(population.game) if any(self.stateful) else 1
        self.chances, self.taken = np.zeros((count, pairs, 2, width)), np.zeros((count, pairs, 2, width), np.int64)
        self.payoffs, self.outcomes = np.zeros((count, pairs, 3)), np.zeros((count, pairs, len(Outcome)), np.int64)
        self.memory = np.zeros((2, pairs, width + 1))
        self.greedy = np.zeros((count, self.keep, 2, size), dtype=np.int8)
        self.values = np.zeros((self.keep, 2, size, len(Move)))
        self.visits = np.zeros((self.keep, 2, size, len(Move)), dtype=np.uint32)

    def block(self, start: int, size: int) -> None:
        """Play all disputes of the pairs from ``start`` on."""
        state, here = PairState(self.population, size), slice(start, start + size)
        kept = range(start, min(start + size, self.keep))
        best_of: Any = kernels.greedy_moves
        done = 0
        for c, until in enumerate(self.at.tolist()):
            out, since = None, done
            while done < until:  # in strides, so that progress shows and an interrupt is heeded
                stride = min(until - done, max(STRIDE // size, 1))
                out = self.loop.play(state, self.first_pair + start, done, stride, out=out)
                done += stride
                if self.progress is not None:
                    with self.lock:
                        self.progress(size * stride)
                if self.stopped:
                    return
            assert out is not None
            self.payoffs[c, here] = out["payoff_sums"] / (until - since)
            self.outcomes[c, here], self.taken[c, here], self.chances[c, here] = (
                out["outcomes"], out["taken"], out["chances"])
            for pair in kept:
                for seat in DISPUTANTS:
                    if self.stateful[seat]:
                        best_of(state.table[seat, pair - start], self.population.game.legal[seat],
                                self.greedy[c, pair, seat])
        self.memory[:, here] = state.memory
        for pair in kept:
            self.values[pair], self.visits[pair] = state.table[:, pair - start], state.visits[:, pair - start]

    def result(self, seed: int) -> Learned:
        """What came of it."""
        sizes = self.loop.sizes

        def of(table: NDArray[Any], seat: Actor) -> Any:
            return None if self.stateful[seat] else np.ascontiguousarray(table[:, :, seat, :sizes[seat]])

        one, other = DISPUTANTS
        return Learned(
            self.population, seed, self.at, (of(self.chances, one), of(self.chances, other)),
            (of(self.taken, one), of(self.taken, other)), self.payoffs, self.outcomes, self.memory, self.greedy,
            self.values, self.visits)
