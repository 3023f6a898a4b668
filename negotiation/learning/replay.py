"""Looking closely at one pair: its diary, and any of its disputes week by week, in plain Python.

`Diary` is what the compiled loop did, dispute by dispute; `twin` does the same in plain Python, with the readable
learners and Mesa episodes; `replay` plays a single dispute of any pair from what its learners knew just before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from negotiation.draws import stream_key
from negotiation.engines.dispute import Observation
from negotiation.engines.mesa_model import Disputant, NegotiationModel
from negotiation.engines.trajectory import Trajectory
from negotiation.game import Floats, Integers
from negotiation.kernels.learning import PAIR_BITS
from negotiation.learning.population import Loop, PairState, Population
from negotiation.learning.q_learning import QLearning, StateLearner
from negotiation.learning.rule import PlanLearner, PlanRule
from negotiation.policy import Policy, Profile
from negotiation.vocabulary import DISPUTANTS, Actor, Stance, opponent


@dataclass(frozen=True, eq=False)
class Diary:
    """The disputes of one pair, in order; N of them.

    Attributes:
        plans: int64 [N, 2], plans taken (0 for a state learner).
        outcome: int64 [N], `Outcome`.
        payoffs: float64 [N, 3], payoff units, discounted.
        memory: float64 [N, 2, width], what the plan learners remember after each.
        values: float64 [2, nodes, 5], payoff units, tables of state learners in the end.
        visits: uint32 [2, nodes, 5], their updates.
    """

    plans: Integers
    outcome: Integers
    payoffs: Floats
    memory: Floats
    values: Floats
    visits: np.ndarray


def episode_number(pair: int, dispute: int) -> int:
    """The episode number of a dispute; both counted from 0."""
    return (pair << PAIR_BITS) + dispute


def plan_uniforms(seed: int, episode: int) -> tuple[float, float]:
    """The uniforms that choose Tokyo's and Seoul's plan: words a and b of week 0, from NumPy's own generator."""
    # NumPy steps its counter of 256 bits before use, so week 0 is one step after the number below.
    before = ((episode << 64) - 1) % 2**256
    generator = np.random.Philox(key=stream_key(seed), counter=before)
    a, b = (int(word) for word in generator.random_raw(2))
    return (a >> 11) * 2.0**-53, (b >> 11) * 2.0**-53


def diary(population: Population, seed: int, pair: int, disputes: int) -> Diary:
    """The first disputes of a pair, from the compiled loop."""
    state = PairState(population, 1)
    out = Loop(population, stream_key(seed)).play(state, pair, 0, disputes, disputes)
    return Diary(out["plans"][0], out["outcome"][0], out["payoffs"][0], out["memory"][0], state.table[:, 0],
                 state.visits[:, 0])


class Pair:
    """Two readable learners and their next dispute.

    Args:
        population: who plays.
        seed: root seed.
        pair: number of the pair.
        dispute: number of the next dispute, from 0.
        state: what they remember; None for nothing yet.
    """

    def __init__(self, population: Population, seed: int, pair: int, dispute: int = 0,
                 state: PairState | None = None) -> None:
        self.population, self.seed, self.pair, self.dispute = population, seed, pair, dispute
        self.plan_learners: dict[Actor, PlanLearner] = {}
        self.state_learners: dict[Actor, StateLearner] = {}
        for seat, rule in zip(DISPUTANTS, population.rules, strict=True):
            if isinstance(rule, PlanRule):
                self.plan_learners[seat] = rule.learner(population.view(seat))
            elif isinstance(rule, QLearning):
                given = (None, None) if state is None else (state.table[seat, 0], state.visits[seat, 0])
                self.state_learners[seat] = StateLearner(rule, population.game, seat, *given)
        self.plans = [0, 0]

    def play(self, plans: tuple[int, int] | None = None) -> NegotiationModel:
        """Play the next dispute with Mesa agents and learn from it.

        Args:
            plans: those to take; None for the learners' own choice.
        """
        population, number = self.population, episode_number(self.pair, self.dispute)
        uniforms = plan_uniforms(self.seed, number)
        for seat, learner in self.plan_learners.items():
            self.plans[seat] = learner.choose(uniforms[seat]) if plans is None else plans[seat]
        profile = Profile(population.menus[0][self.plans[0]], population.menus[1][self.plans[1]],
                          population.washington)
        model = NegotiationModel(population.game, profile, seed=self.seed, episode=number,
                                 agents={seat: agent_of(weekly) for seat, weekly in self.state_learners.items()})
        model.play()
        last = model.weeks[-1]
        for seat, weekly in self.state_learners.items():
            weekly.finish(last.payoffs[seat], last.end_payoffs[seat], last.over)
        for seat, learner in self.plan_learners.items():
            learner.learn(self.plans[seat], model.seats[seat].payoff, self.plans[opponent(seat)])
        self.dispute += 1
        return model


def agent_of(learner: StateLearner) -> Any:
    """A Mesa agent class that plays by a state learner and lets it learn every week."""

    class Learning(Disputant):
        def __init__(self, model: NegotiationModel, actor: Actor, policy: Policy | None = None) -> None:
            super().__init__(model, actor, policy)

        def choose(self, observation: Observation) -> Any:
            past = observation.history
            reward = past[-1].payoffs[observation.actor] if past else None
            return learner.choose(observation.state, cast(Stance, observation.stance), observation.first_move,
                                  observation.u, reward)

    return Learning


def twin(population: Population, seed: int, pair: int, disputes: int) -> tuple[Diary, list[Trajectory]]:
    """`diary` in plain Python, with every dispute's weeks: the readable twin of the compiled loop."""
    both = Pair(population, seed, pair)
    plans, outcomes, payoffs, paths = [], [], [], []
    width = max(len(menu) for menu in population.menus) + 1
    memory = np.zeros((disputes, 2, width))
    for d in range(disputes):
        model = both.play()
        paths.append(model.trajectory())
        plans.append(list(both.plans))
        outcomes.append(int(paths[-1].outcome))
        payoffs.append([model.seats[actor].payoff for actor in Actor])
        for seat, learner in both.plan_learners.items():
            row = learner.memory()
            memory[d, seat, :len(row)] = row
    tables: Mapping[Actor, StateLearner] = both.state_learners
    empty = PairState(population, 1)
    for seat, state in tables.items():
        empty.table[seat, 0], empty.visits[seat, 0] = state.values, state.visits
    return Diary(np.array(plans), np.array(outcomes), np.array(payoffs), memory, empty.table[:, 0],
                 empty.visits[:, 0]), paths


def replay(population: Population, seed: int, pair: int, dispute: int) -> Trajectory:
    """Any dispute of any pair, week by week, as it went in `negotiation.learning.population.learn`.

    The compiled loop plays up to the dispute; the dispute itself is plain Python.
    """
    loop, state = Loop(population, stream_key(seed)), PairState(population, 1)
    if dispute:
        loop.play(state, pair, 0, dispute)
    both = Pair(population, seed, pair, dispute, state)
    # The loop plays on with copies of nothing: the tables of the readable learners are their own.
    plans = loop.play(state, pair, dispute, 1, 1)["plans"][0, 0]
    return both.play((int(plans[0]), int(plans[1]))).trajectory()
