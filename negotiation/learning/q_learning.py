r"""Q-learning over public states (Watkins 1989; Watkins & Dayan 1992), one table a seat.

A decision of a disputant is a *node*: public state, stance, and whether it moves first or answers which first move.
:math:`Q(n, m)` is what the seat thinks move m at node n is worth from there on. When the seat stands at its next node
n' one week later, having received the week's payoff u,

.. math:: Q(n, m) \leftarrow Q(n, m) + \alpha\,[\,u + \gamma \max_{m'} Q(n', m') - Q(n, m)\,],

over legal m'; after settlement or rupture the target is :math:`u + \gamma L` with the lump L that the end pays. After
the last observed week of a dispute that goes on nothing is learned from that week, as no one knows what follows;
with ``ends_with_window`` the target is u, as if the dispute were over. The table does not know the week: it is the
stationary value of a dispute without end, which the solver's tables approach far from their horizon.

Moves are :math:`\varepsilon`-greedy: with probability :math:`\varepsilon` any legal move, uniformly, otherwise the
best, ties going to the lowest-numbered. The k-th visit to a pair (n, m) uses the rate :math:`\alpha / k^\omega`:
:math:`\omega = 0` keeps adapting; :math:`1/2 < \omega \le 1` is what convergence against an opponent who does not
change needs (Watkins & Dayan's theorem). For two who learn at once there is no such theorem.

**Variables.** :math:`Q` is ``values`` [nodes, M]; visits are ``visits`` [nodes, M]; node (s, w, r) is number
(s * 5 + w) * 6 + r, r = 0 moving first, 1 + m answering m.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from negotiation.drawing import draw
from negotiation.game import Floats, Game
from negotiation.kernels.learning import MOVES, ROLES, RuleCode
from negotiation.learning.rule import Rule
from negotiation.policy import DisputantPolicy
from negotiation.vocabulary import Actor, Move, Stance


@dataclass(frozen=True)
class QLearning(Rule):
    """Tabular Q-learning over public states.

    Attributes:
        alpha: learning rate, in (0, 1].
        omega: how fast the rate falls with visits, in [0, 1]; 0 for a constant rate.
        epsilon: share of moves tried at random, in [0, 1].
        gamma: weight of the next week, in [0, 1]; None for the seat's discount.
        q0: every value before the first dispute, payoff units.
        ends_with_window: whether the last observed week counts as the end of the dispute.
    """

    alpha: float = 0.1
    omega: float = 0.0
    epsilon: float = 0.1
    gamma: float | None = None
    q0: float = 0.0
    ends_with_window: bool = False

    name: ClassVar[str] = "q_learning"
    code: ClassVar[RuleCode] = RuleCode.Q_LEARNING

    def __post_init__(self) -> None:
        self.check_number("alpha", 0.0, 1.0, open_low=True)
        self.check_number("omega", 0.0, 1.0)
        self.check_number("epsilon", 0.0, 1.0)
        if self.gamma is not None:
            self.check_number("gamma", 0.0, 1.0)
        self.check_number("q0", -np.inf)
        if not isinstance(self.ends_with_window, bool):
            raise self.refuse("ends_with_window", "true or false")

    def discount(self, game: Game, seat: Actor) -> float:
        """The gamma in use."""
        return float(game.discount[seat]) if self.gamma is None else float(self.gamma)

    def numbers_for(self, game: Game, seat: Actor) -> Floats:
        """Its parameters as the compiled loop reads them."""
        return self.row(alpha=self.alpha, omega=self.omega, epsilon=self.epsilon, gamma=self.discount(game, seat),
                        ends_with_window=self.ends_with_window)


def nodes(game: Game) -> int:
    """How many decisions a disputant's table tells apart."""
    return game.n_states * len(Stance) * ROLES


def node(state: int, stance: int, first_move: int | None) -> int:
    """The number of a decision; ``first_move`` is None for the first mover."""
    return (state * MOVES + stance) * ROLES + (0 if first_move is None else 1 + first_move)


def greedy_policy(game: Game, seat: Actor, moves: NDArray[np.int8], name: str = "q_learning") -> DisputantPolicy:
    """The policy that plays one move at every node.

    Args:
        game: the compiled game.
        seat: Tokyo or Seoul.
        moves: int8 [nodes], legal ones.
        name: of the policy.
    """
    rows = np.eye(len(Move))[moves.astype(np.int64)].reshape(1, game.n_states, len(Stance), ROLES, len(Move))
    return DisputantPolicy.from_tables(name, seat, rows[:, :, :, 0], rows[:, :, :, 1:])


class StateLearner:
    """The readable learner of one seat: plain Python over one table."""

    def __init__(self, rule: QLearning, game: Game, seat: Actor, values: Floats | None = None,
                 visits: NDArray[np.uint32] | None = None) -> None:
        self.rule, self.legal = rule, game.legal[seat]
        self.gamma = rule.discount(game, seat)
        shape = (nodes(game), len(Move))
        self.values = np.full(shape, rule.q0) if values is None else values.copy()
        self.visits = np.zeros(shape, dtype=np.uint32) if visits is None else visits.copy()
        self.pending: tuple[int, int] | None = None

    def best(self, at: int, state: int) -> Move:
        """The legal move of the highest value, the lowest-numbered of equals."""
        return max((move for move in Move if self.legal[move, state]), key=lambda move: (self.values[at, move], -move))

    def row(self, at: int, state: int) -> Floats:
        """float64 [M]: epsilon-greedy probabilities."""
        legal = self.legal[:, state].astype(np.float64)
        row: Floats = self.rule.epsilon / legal.sum() * legal
        row[self.best(at, state)] += 1.0 - self.rule.epsilon
        return row

    def choose(self, state: int, stance: int, first_move: int | None, u: float, reward: float | None) -> Move:
        """The move of this week, after learning from the last one.

        Args:
            state: number of the public state.
            stance: Washington's.
            first_move: the other side's move, None when moving first.
            u: the decision's uniform.
            reward: last week's payoff; None in the first week.
        """
        at = node(state, stance, first_move)
        if reward is not None:
            self._update(reward + self.gamma * self.values[at, self.best(at, state)])
        move = Move(draw(self.row(at, state), u))
        self.pending = (at, move)
        return move

    def finish(self, reward: float, lump: float, over: bool) -> None:
        """Learn from the last week: its payoff, what its end paid, and whether it was an end."""
        if over or self.rule.ends_with_window:
            self._update(reward + self.gamma * lump)
        self.pending = None

    def _update(self, target: float) -> None:
        assert self.pending is not None
        self.visits[self.pending] += 1
        rate = self.rule.alpha
        if self.rule.omega:
            rate /= float(self.visits[self.pending]) ** self.rule.omega
        self.values[self.pending] += rate * (target - self.values[self.pending])
