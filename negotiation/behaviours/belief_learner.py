r"""Belief learner: learns from the other side's moves how firm it is, and plays the equilibrium that fits.

Kalai & Lehrer (1993), "Rational learning leads to Nash equilibrium", in miniature. It holds two hypotheses on the
other side's `firmness`, the scenario's times 1 - spread (*yielding*) and times 1 + spread (*firm*). Both games are
solved; of each, the logit equilibrium of the first week serves in every week. With :math:`\pi^h(m)` the
probability that hypothesis h gives to what the other side did in a week, as first or second mover, the log odds of
*firm* move by Bayes' rule,

.. math:: \ell' = \ell + \log \pi^{\text{firm}}(m) - \log \pi^{\text{yielding}}(m),

rounded to steps of `STEP` and cut at :math:`\pm` `LIMIT`, so that they are a memory of finitely many states. A
probability below `LEAST` counts as `LEAST`. It plays its own part of the two equilibria, mixed by the belief
:math:`1/(1 + e^{-\ell})` at every decision.

**Variables.** :math:`\ell` is ``odds``, float64 [K].
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from negotiation.behaviours.specification import Parameter
from negotiation.game import Game, compile_game
from negotiation.memory import make_memory
from negotiation.policy import DisputantPolicy, Policy
from negotiation.solve import backward_induction
from negotiation.vocabulary import Actor, opponent

RULE = "learns from the other's moves whether it is firm, and plays the equilibrium that fits its belief"
REFERENCE = "Kalai & Lehrer 1993"
KIND = "memory"
PARAMETERS = {
    "spread": Parameter(0.5, "how far the two hypotheses on firmness lie from the scenario's, as a share", high=1.0),
    "prior": Parameter(0.5, "probability of the firm hypothesis before the first week", low=0.001, high=0.999),
}
STEP, LIMIT, LEAST = 0.25, 6.0, 1e-6


def policy(game: Game, seat: Actor, spread: float = 0.5, prior: float = 0.5) -> Policy:
    """The rule of the module docstring."""
    steps = round(LIMIT / STEP)
    odds = np.arange(-steps, steps + 1) * STEP
    yielding, firm = (_equilibrium(game, opponent(seat), factor) for factor in (1 - spread, 1 + spread))
    gain = np.log(_moved(firm[opponent(seat)], seat)) - np.log(_moved(yielding[opponent(seat)], seat))

    def learn(memory: Any, leader: Any, stance: Any, tokyo: Any, seoul: Any, state: Any) -> Any:
        reached = odds[memory] + gain[leader, stance, tokyo, seoul, state]
        return np.clip(np.rint(reached / STEP), -steps, steps).astype(np.int64) + steps

    belief = 1 / (1 + np.exp(-odds))
    own = yielding[seat], firm[seat]
    first, second = (_mixed(belief, *tables) for tables in (
        [each.first for each in own], [each.second for each in own]))
    begin = int(np.clip(np.rint(np.log(prior / (1 - prior)) / STEP), -steps, steps)) + steps
    return DisputantPolicy.from_tables(
        "belief_learner", seat, first, second, make_memory(odds.size, game.n_states, learn, begin))


def _equilibrium(game: Game, other: Actor, factor: float) -> dict[Actor, DisputantPolicy]:
    """The first week's equilibrium play of both sides if the other's firmness is so much of the scenario's."""
    scenario = game.scenario
    firmness = factor * scenario.disputant(other).firmness
    changed = compile_game(scenario.override({f"{other.key}.firmness": firmness}))
    profile = backward_induction(changed, keep=1).profile
    return {Actor.TOKYO: profile.tokyo, Actor.SEOUL: profile.seoul}


def _moved(policy: DisputantPolicy, seat: Actor) -> NDArray[np.float64]:
    """float64 [2 leader, W, M tokyo, M seoul, S]: probability of what the other side, not ``seat``, did in a week."""
    # first [S, W, own], second [S, W, first move of the seat, own]
    opening, answer = policy.first[0].transpose(1, 2, 0), policy.second[0].transpose(1, 2, 3, 0)
    other_tokyo = opponent(seat) is Actor.TOKYO
    led = opening[:, :, None] if other_tokyo else opening[:, None]  # alike whatever the seat answers
    followed = answer.swapaxes(1, 2) if other_tokyo else answer
    shape = answer.shape
    by_leader = [np.broadcast_to(led, shape), followed]
    chances: NDArray[np.float64] = np.maximum(np.stack(by_leader if other_tokyo else by_leader[::-1]), LEAST)
    return chances


def _mixed(belief: NDArray[np.float64], yielding: Any, firm: Any) -> NDArray[np.float64]:
    """Tables [K, ...]: the firm hypothesis's with the weight of the belief in it."""
    weight = belief.reshape(-1, *[1] * (yielding.ndim - 1))
    mixed: NDArray[np.float64] = (1 - weight) * yielding + weight * firm
    return mixed
