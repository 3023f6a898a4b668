r"""Whether learning reaches an equilibrium, and which.

**Plans.** Two plan learners play a bimatrix game (A, B): rows and columns are plans, entries exact expected payoffs.
Its Nash equilibria (x*, y*) come from `negotiation.tournament.equilibria`. Let x and y be the probabilities of the
plans in the next dispute. The distance to an equilibrium is :math:`\tfrac12 [TV(x, x^*) + TV(y, y^*)]` with the total
variation :math:`TV(x, x') = \tfrac12 \sum_j |x_j - x'_j|`: 0 at it, 1 where the two have no plan in common with it. The
regret of play is :math:`\max_i (A y)_i - x^\top A y`, and likewise with B: what a seat that stayed with its best plan
against the other side's present mixture would gain a dispute.

Both are told of the *average* play of the population and of single pairs. They differ where pairs end in different
equilibria: the average of two conventions is near neither.

**Tables.** A state learner's best moves are a policy of the game itself, so the exact regret of `negotiation.solve`
says how much of the whole game it leaves on the table, beside random, logit-equilibrium and subgame-perfect play.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from negotiation.behaviours import make_policy
from negotiation.game import Floats
from negotiation.learning.curves import with_names
from negotiation.learning.population import Learned, Population
from negotiation.learning.q_learning import QLearning, greedy_policy
from negotiation.learning.rule import PlanRule
from negotiation.parameters import ParameterError
from negotiation.policy import DisputantPolicy, Profile
from negotiation.solve import regret
from negotiation.vocabulary import DISPUTANTS, Actor

if TYPE_CHECKING:
    from negotiation.tournament.equilibria import Equilibrium

REACHED = 0.1
BAND = (0.05, 0.95)
PEERS = ("random", "equilibrium", "subgame_perfect")


def equilibria(population: Population) -> dict[str, Equilibrium]:
    """The Nash equilibria of the game over plans, by a name that says who plays what.

    Raises:
        ParameterError: a seat has no plans.
    """
    from negotiation.tournament.equilibria import bimatrix_equilibria  # needs SciPy's linear programmes

    for seat, rule in zip(DISPUTANTS, population.rules, strict=True):
        if not isinstance(rule, PlanRule):
            raise ParameterError(f"learning.{seat.key}.rule", rule.name, "a rule over plans on both seats")
    found = bimatrix_equilibria(population.bimatrix[0], population.bimatrix[1]).found
    return {" / ".join(_words(weights, population.plans(seat)) for seat, weights in
                       zip(DISPUTANTS, (each.tokyo, each.seoul), strict=True)): each for each in found}


def _words(weights: Floats, plans: Sequence[str]) -> str:
    used = [(plan, weight) for plan, weight in zip(plans, weights, strict=True) if weight > 0]
    return used[0][0] if len(used) == 1 else " + ".join(f"{weight:.2f} {plan}" for plan, weight in used)


def distance(x: Floats, y: Floats, other: Equilibrium) -> Floats:
    """Distance of mixtures to an equilibrium, in [0, 1]; the plans are the last axis."""
    result: Floats = (np.abs(x - other.tokyo).sum(axis=-1) + np.abs(y - other.seoul).sum(axis=-1)) / 4
    return result


def nearness(learned: Learned, within: float = REACHED) -> pd.DataFrame:
    """How far play is from each equilibrium over plans, at each checkpoint.

    Args:
        learned: two plan learners.
        within: a pair no farther than this from an equilibrium has reached it.

    Returns:
        One row a checkpoint and equilibrium: ``dispute``, ``equilibrium``, ``distance`` (of the average play),
        ``reached`` (share of pairs).

    Raises:
        ParameterError: a seat has no plans.
    """
    found, (x, y) = equilibria(learned.population), _play(learned)
    parts = [pd.DataFrame({
        "dispute": learned.disputes, "equilibrium": name, "distance": distance(x.mean(axis=1), y.mean(axis=1), each),
        "reached": (distance(x, y, each) <= within).mean(axis=1)}) for name, each in found.items()]
    return pd.concat(parts, ignore_index=True)


def play_regret(learned: Learned, band: tuple[float, float] = BAND) -> pd.DataFrame:
    """Regret of play over plans, at each checkpoint, payoff units.

    Returns:
        One row a checkpoint and seat: ``dispute``, ``kind`` (``regret``), ``seat``, ``name`` (the seat), ``mean``,
        ``low``, ``high`` (over pairs), and ``average`` (of the average play).

    Raises:
        ParameterError: a seat has no plans.
    """
    x, y = _play(learned)
    one, other = learned.population.bimatrix
    parts = []
    for seat, average, single in zip(DISPUTANTS, _regrets(x.mean(axis=1), y.mean(axis=1), one, other),
                                     _regrets(x, y, one, other), strict=True):
        parts.append(pd.DataFrame({
            "dispute": learned.disputes, "kind": "regret", "seat": seat.key, "name": seat.key,
            "mean": single.mean(axis=1), "low": np.quantile(single, band[0], axis=1),
            "high": np.quantile(single, band[1], axis=1), "average": average}))
    return with_names(pd.concat(parts, ignore_index=True), learned)


def _play(learned: Learned) -> tuple[Floats, Floats]:
    x, y = learned.chances
    if x is None or y is None:
        equilibria(learned.population)  # says which seat has no plans
    assert x is not None and y is not None
    return x, y


def _regrets(x: Floats, y: Floats, a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Regret of each seat; x is [..., K], y [..., L], a and b [K, L]."""
    rows, columns = y @ a.T, x @ b
    return rows.max(axis=-1) - (x * rows).sum(axis=-1), columns.max(axis=-1) - (y * columns).sum(axis=-1)


# ------------------------------------------------------------------------------------------- tables


def greedy_profile(learned: Learned, pair: int, checkpoint: int = -1) -> Profile:
    """What a kept pair would play if it stopped exploring: best moves, and a plan learner's likeliest plan.

    Args:
        learned: from `negotiation.learning.population.learn`.
        pair: its place among those kept, from 0.
        checkpoint: its place among the checkpoints; the last one unless told otherwise.

    Raises:
        ParameterError: the tables of this pair were not kept.
    """
    population = learned.population
    if any(isinstance(rule, QLearning) for rule in population.rules) and not 0 <= pair < len(learned.values):
        raise ParameterError("pair", pair, f"0 to {len(learned.values) - 1}: as many as learn(keep=...) kept")
    policies: list[DisputantPolicy] = []
    for seat in DISPUTANTS:
        chances = learned.chances[seat]
        if chances is None:
            policies.append(greedy_policy(population.game, seat, learned.greedy[checkpoint, pair, seat]))
        else:
            policies.append(population.menus[seat][int(chances[checkpoint, pair].argmax())])
    return Profile(policies[0], policies[1], population.washington)


def greedy_regret(learned: Learned, checkpoints: Sequence[int] = (-1,), peers: Sequence[str] = PEERS) -> pd.DataFrame:
    """Exact regret of what the kept pairs learned, and of behaviours in their place, payoff units.

    Regret is over the whole horizon, at the start, with Washington's policy as it is.

    Args:
        learned: with tables of at least one pair kept.
        checkpoints: places of checkpoints.
        peers: behaviours of both seats to compare with.

    Returns:
        One row a checkpoint, who (``learned`` or a behaviour) and seat: ``dispute``, ``who``, ``seat``, ``mean``,
        ``low``, ``high`` (least and most of the pairs).

    Raises:
        ParameterError: no tables were kept.
    """
    game, population = learned.population.game, learned.population
    greedy_profile(learned, 0)

    def rows() -> Iterator[dict[str, object]]:
        for place in checkpoints:
            each = np.array([regret(game, greedy_profile(learned, pair, place)) for pair in range(len(learned.values))])
            yield from told(int(learned.disputes[place]), "learned", each)
        for name in peers:
            seats = [make_policy(game, seat, name) for seat in DISPUTANTS]
            profile = Profile.of({Actor.TOKYO: seats[0], Actor.SEOUL: seats[1],
                                  Actor.WASHINGTON: population.washington})
            yield from told(int(learned.disputes[-1]), name, regret(game, profile)[None])

    def told(dispute: int, who: str, each: Floats) -> Iterator[dict[str, object]]:
        for seat in DISPUTANTS:
            yield {"dispute": dispute, "who": who, "seat": seat.key, "mean": float(each[:, seat].mean()),
                   "low": float(each[:, seat].min()), "high": float(each[:, seat].max())}

    return pd.DataFrame(rows())
