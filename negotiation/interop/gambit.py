r"""A few rounds of the game as Gambit's extensive form (``.efg`` text).

**Tree.** From a state s, each exported round is: Washington's stance; chance, who moves first; the
first mover's move; the second mover's move; chance (`negotiation.vocabulary.Chance`: settled, rupture,
lapse, on). Settlement and rupture end the play; lapse and on lead to the next exported round or, after
the last one, to its end. Every decision is an information set of its own (perfect information), with
a label that `negotiation.interop.decisions.parse_label` reads back; it ends in the set's number, since
Gambit wants labels unique and several plays can lead to one state. Branches are labelled by keys
(``"press_tokyo"``, ``"step_down"``, ``"settled"``); only legal options (``Game.legal``,
``Game.legal_stances``) and results with positive probability have one.

**Payoffs.** A play that ends in exported round n (counted from 0) pays actor i

.. math::
    \sum_{m \le n} \delta_i^m u_i(m) + \delta_i^{n+1} E_i,

:math:`E_i` being :math:`G_i` at settlement, :math:`B_i` at rupture and otherwise the continuation
value of the state that would come next (zero unless given). It stands at the leaves, since OpenSpiel
reads payoffs nowhere else.

**Folding.** No decision follows the chance that ends the last exported round, so its results can be
replaced by one leaf with their expected payoff (``fold_chance=True``). No expected payoff, best reply
or logit response changes, and up to three quarters of the leaves go.

**One lambda for all.** Gambit's logit equilibria (McKelvey & Palfrey 1998) have one precision
:math:`\lambda` for all players and measure every payoff at the root. Two options bring the equilibrium
of `negotiation.solve.backward_induction` into that form:

- ``scale="precision"`` multiplies actor i's payoffs by its own precision, so that Gambit's
  :math:`\lambda = 1` is the right one for everybody.
- ``player_per_round=True`` makes each actor a new player in every round m, whose payoffs are divided by
  :math:`\delta_i^m`, i.e. measured at the start of that round. Without it, a discount below 1 makes
  Gambit play round m with precision :math:`\lambda \delta_i^m`, while the solver's is the same in all
  rounds. Each decision of an agent equilibrium is taken for itself, so only units change. Best replies
  and regrets of a seat need one player a seat.

**Numbers** are plain positional decimals, the shortest that give the same float64 back. Gambit demands
that chance probabilities, as decimals, sum to 1 exactly; what rounding leaves over (about 1e-16) is put on
the likeliest branch.

**Variables.** :math:`\delta` is ``Game.discount``; while the tree is walked, ``paid`` is the sum over past
rounds and ``weight`` is :math:`\delta^n`.

The format: https://gambitproject.readthedocs.io/en/latest/formats.efg.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from os import PathLike
from pathlib import Path
from typing import Literal

import numpy as np

from negotiation.checks import chance_probabilities, check_game
from negotiation.files import write_text
from negotiation.game import Booleans, Floats, Game
from negotiation.interop.decisions import ORDER_LABELS, Decision
from negotiation.vocabulary import Actor, Chance, Move, Stance

NODE_LIMIT = 2_000_000
DIGITS = 800  # more than a sum of float64 numbers can have

Scale = Literal["payoff", "precision"] | Sequence[float]


def to_efg(game: Game, *, state: int | None = None, rounds: int = 1, continuation: Floats | None = None,
           first_round: int = 1, scale: Scale = "payoff", fold_chance: bool = False,
           player_per_round: bool = False) -> str:
    """Some rounds of a game as the text of a Gambit ``.efg`` file.

    Args:
        game: the compiled game; its ``legal`` and ``legal_stances`` say which branches there are.
        state: number of the state at the root; None: the start state.
        rounds: number of rounds exported; the tree grows exponentially with it. From the start of the
            reference scenario one round has 750 leaves (250 folded), two have 181,400 (60,500).
        continuation: float64 [3, S], payoff units: values at the start of the round after the last
            exported one, e.g. ``solution.values[first_round - 1 + rounds]``; None: zeros.
        first_round: number of the first exported round, from 1; it numbers the labels. Payoffs are
            measured at the start of this round.
        scale: ``"payoff"``: payoff units; ``"precision"``: each actor's payoffs times its precision;
            or three factors, finite and at least 0.
        fold_chance: one leaf with the expected payoff in place of the chance that ends the last round.
        player_per_round: a player for each seat and round, round by round in seat order, its payoffs
            measured at the start of its round; False: a player a seat, in seat order.

    Returns:
        The text, a node a line.

    Raises:
        ValueError: an argument is out of range, a precision asked for as scale is infinite, or the tree
            would have more than `NODE_LIMIT` nodes.
        negotiation.checks.GameError: the game's tables break an invariant.
    """
    check_game(game)
    root = game.start if state is None else state
    if not 0 <= root < game.n_states:
        raise ValueError(f"state: {state} is not allowed; allowed: 0 to {game.n_states - 1}")
    if rounds < 1 or first_round < 1 or first_round - 1 + rounds > game.horizon:
        raise ValueError(f"rounds: {rounds} from round {first_round} on is not allowed; allowed: at least 1, "
                         f"within the {game.horizon} rounds of the horizon")
    shape = (3, game.n_states)
    later = np.zeros(shape) if continuation is None else np.asarray(continuation, dtype=np.float64)
    if later.shape != shape or not np.isfinite(later).all():
        raise ValueError(f"continuation: an array of shape {later.shape} is not allowed; "
                         f"allowed: finite values of shape {shape}")
    factors = _factors(game, scale)
    tree = _Tree(game, rounds, first_round, later, factors, fold_chance, player_per_round)
    title = f"{game.scenario.name}, {rounds} round(s) from round {first_round}, {game.describe(root)}"
    units = ", ".join(f"{actor.key} payoff times {factors[actor]:g}" for actor in Actor)
    players = " ".join(_quote(name) for name in tree.players())
    header = [f"EFG 2 R {_quote(title)} {{ {players} }}", _quote(f"{game.scenario.title}; units: {units}")]
    return "\n".join([*header, *tree.week(0, root, np.zeros(3), np.ones(3))]) + "\n"


def write_efg(path: str | PathLike[str], text: str) -> Path:
    """Write a text to a file, whole or not at all; an existing file is replaced.

    Args:
        path: where; its folder must exist.
        text: from `to_efg`.

    Returns:
        The path.

    Raises:
        OSError: the file cannot be written; what stood there before is untouched.
    """
    target = Path(path)
    write_text(target, text)
    return target


# ------------------------------------------------------------------------------ the tree


@dataclass
class _Tree:
    """Walks the tree in the file's order (depth first) and numbers what needs a number.

    Its methods take the exported round n from 0, the state at the start of the round, and, float64 [3]
    each, what has been ``paid`` on the way and the ``weight`` (discount) of the round, as of the root.
    """

    game: Game
    rounds: int
    first_round: int
    continuation: Floats
    factors: Floats
    fold: bool
    split: bool
    numbers: dict[str, int] = field(default_factory=dict)
    size: int = 0

    def __post_init__(self) -> None:
        self.results = chance_probabilities(self.game)  # [4, W, M tokyo, M seoul, S]
        share = self.game.scenario.tokyo_first
        self.order = {Actor.TOKYO: share, Actor.SEOUL: 1 - share}

    def players(self) -> list[str]:
        if not self.split:
            return [actor.key for actor in Actor]
        return [f"{actor.key} round {self.first_round + n}" for n in range(self.rounds) for actor in Actor]

    def week(self, n: int, state: int, paid: Floats, weight: Floats) -> Iterator[str]:
        """The subtree of a round."""
        stances = [Stance(w) for w in _numbers(self.game.legal_stances[:, state])]
        yield self.decision(n, Decision(self.first_round + n, Actor.WASHINGTON, state), stances)
        orders = {leader: share for leader, share in self.order.items() if share > 0}
        for stance in stances:
            yield self.chance({ORDER_LABELS[leader]: share for leader, share in orders.items()})
            for leader in orders:
                yield from self.moves(n, state, stance, leader, paid, weight)

    def moves(self, n: int, state: int, stance: Stance, leader: Actor, paid: Floats,
              weight: Floats) -> Iterator[str]:
        """The first move, the replies and all that follows them."""
        number, follower = self.first_round + n, Actor(1 - leader)
        opening, replies = self.legal(leader, state), self.legal(follower, state)
        yield self.decision(n, Decision(number, leader, state, stance), opening)
        for first in opening:
            yield self.decision(n, Decision(number, follower, state, stance, first), replies)
            for reply in replies:
                pair = (first, reply) if leader is Actor.TOKYO else (reply, first)
                yield from self.end_of_week(n, state, stance, pair, paid, weight)

    def end_of_week(self, n: int, state: int, stance: Stance, moves: tuple[Move, Move], paid: Floats,
                    weight: Floats) -> Iterator[str]:
        """The chance that ends a round, and what each result leads to."""
        game, at, k = self.game, (stance, *moves, state), int(self.game.afterstate[(*moves, state)])
        chances = self.results[(slice(None), *at)]
        possible = [result for result in Chance if chances[result] > 0]
        paid = paid + weight * game.payoff[(slice(None), *at)]
        weight = weight * game.discount
        following = {Chance.LAPSE: int(game.next_lapsed[k]), Chance.ON: int(game.next_on[k])}
        worth = {Chance.SETTLED: game.settlement_payoff[:, stance, k], Chance.RUPTURE: game.rupture_payoff,
                 **{result: self.continuation[:, later] for result, later in following.items()}}
        last = n + 1 == self.rounds
        if last and self.fold:
            expected: Floats = sum((chances[result] * worth[result] for result in possible), np.zeros(3))
            yield self.leaf(paid + weight * expected)
            return
        yield self.chance({result.key: float(chances[result]) for result in possible})
        for result in possible:
            if result in following and not last:
                yield from self.week(n + 1, following[result], paid, weight)
            else:
                yield self.leaf(paid + weight * worth[result])

    def legal(self, actor: Actor, state: int) -> list[Move]:
        return [Move(m) for m in _numbers(self.game.legal[actor, :, state])]

    def decision(self, n: int, decision: Decision, options: Sequence[Stance | Move]) -> str:
        player = 1 + decision.actor + (3 * n if self.split else 0)
        branches = " ".join(_quote(option.key) for option in options)
        number = self.number(f"player {player}")
        label = _quote(f"{decision.label(self.game)} #{number}")
        return f'p "" {player} {number} {label} {{ {branches} }} 0'

    def chance(self, probabilities: dict[str, float]) -> str:
        branches = " ".join(f"{_quote(key)} {share:f}" for key, share in _exact(probabilities).items())
        return f'c "" {self.number("chance")} "" {{ {branches} }} 0'

    def leaf(self, payoffs: Floats) -> str:
        """A terminal node; a player of a later round counts from the start of its own round."""
        units = [self.factors / self.game.discount**n for n in range(self.rounds if self.split else 1)]
        numbers = ", ".join(_decimal(float(value)) for unit in units for value in unit * payoffs)
        return f't "" {self.number("leaf")} "" {{ {numbers} }}'

    def number(self, kind: str) -> int:
        """The next number, from 1, of a kind of node."""
        self.size += 1
        if self.size > NODE_LIMIT:
            raise ValueError(f"rounds: {self.rounds} is not allowed; the tree has more than {NODE_LIMIT} nodes")
        self.numbers[kind] = self.numbers.get(kind, 0) + 1
        return self.numbers[kind]


# ------------------------------------------------------------------------------ small things


def _numbers(allowed: Booleans) -> list[int]:
    return [int(option) for option in np.flatnonzero(allowed)]


def _factors(game: Game, scale: Scale) -> Floats:
    if scale == "payoff":
        return np.ones(3)
    if scale == "precision":
        infinite = [actor.key for actor in Actor if np.isinf(game.precision[actor])]
        if infinite:
            raise ValueError(f"scale: 'precision' is not allowed; that of {', '.join(infinite)} is infinite")
        return game.precision
    allowed = "'payoff', 'precision', or three factors, finite and at least 0"
    if isinstance(scale, str):
        raise ValueError(f"scale: {scale!r} is not allowed; allowed: {allowed}")
    factors = np.asarray(scale, dtype=np.float64)
    if factors.shape != (3,) or not (np.isfinite(factors) & (factors >= 0)).all():
        raise ValueError(f"scale: {scale!r} is not allowed; allowed: {allowed}")
    return factors


def _exact(probabilities: dict[str, float]) -> dict[str, Decimal]:
    """The same probabilities as decimals whose sum is exactly 1; the likeliest takes the rounding."""
    with localcontext() as context:
        context.prec = DIGITS
        exact = {key: Decimal(repr(float(share))) for key, share in probabilities.items()}
        likeliest = max(exact, key=lambda key: exact[key])
        exact[likeliest] += 1 - sum(exact.values())
        return exact


def _decimal(value: float) -> str:
    """The shortest decimals that give the same float64 back, without an exponent (and without -0)."""
    return f"{Decimal(repr(value + 0.0)):f}"


def _quote(text: str) -> str:
    """A quoted text; not every reader knows escapes, so quotes and line ends inside are replaced."""
    plain = " ".join(text.split()).replace('"', "'").replace("\\", "/")
    return f'"{plain}"'
