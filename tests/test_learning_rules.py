"""The rules of learning, by hand: first steps from the papers' formulas, nestings, limits, refusals."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from negotiation.game import Game
from negotiation.kernels.learning import NUMBERS, WIDTH, RuleCode
from negotiation.learning import EWA, RULES, FictitiousPlay, Fixed, QLearning, RothErev, make_rule
from negotiation.learning.q_learning import StateLearner, greedy_policy, node, nodes
from negotiation.learning.rule import PlanRule, SeatView, logit, shares
from negotiation.parameters import ParameterError
from negotiation.policy import check_policy
from negotiation.vocabulary import Actor, Move, Stance

TWO = ("hawk", "dove")
# Own plans down, the other side's across.
VIEW = SeatView(Actor.TOKYO, np.array([[2.0, 0.0], [1.0, 3.0]]), lowest=-1.0)
INF = math.inf


def approx(values: Any) -> Any:
    return pytest.approx(values, rel=0, abs=1e-12)


# ------------------------------------------------------------------------------- first steps by hand


def test_roth_erev_by_hand() -> None:
    learner = RothErev(TWO, s1=9, phi=0.1, epsilon=0.2).learner(VIEW)
    # X: the mean of 2, 0, 1, 3, each less x_min = -1: (3 + 1 + 2 + 4) / 4 = 2.5; q(1) = 9 * 2.5 / 2.
    assert learner.memory() == approx([11.25, 11.25])
    assert learner.probabilities() == approx([0.5, 0.5])
    # Plan 0 brings 4, so R = 4 - (-1) = 5, of which 1 - 0.2 is its own and 0.2 the other's.
    learner.learn(0, 4.0, 0)
    assert learner.memory() == approx([0.9 * 11.25 + 5 * 0.8, 0.9 * 11.25 + 5 * 0.2])
    assert learner.probabilities() == approx([14.125 / 25.25, 11.125 / 25.25])
    # A payoff below x_min reinforces nothing; both are forgotten.
    learner.learn(1, -3.0, 1)
    assert learner.memory() == approx([0.9 * 14.125, 0.9 * 11.125])


def test_roth_erev_experiments_with_all_other_plans_alike() -> None:
    view = SeatView(Actor.SEOUL, np.ones((3, 1)), lowest=0.0)
    learner = RothErev(("hawk", "dove", "grit"), s1=3, phi=0.0, epsilon=0.3, x_min=0.5).learner(view)
    assert learner.memory() == approx([0.5, 0.5, 0.5])  # 3 * (1 - 0.5) / 3
    learner.learn(1, 2.5, 0)
    assert learner.memory() == approx([0.5 + 2 * 0.15, 0.5 + 2 * 0.7, 0.5 + 2 * 0.15])


def test_ewa_by_hand() -> None:
    learner = EWA(TWO, phi=0.8, rho=0.5, delta=0.25, precision=2.0, n0=2.0, a0=(1.0, 0.0)).learner(VIEW)
    assert learner.probabilities() == approx([1 / (1 + math.exp(-2.0)), 1 / (1 + math.exp(2.0))])
    # Plan 0 against the other's plan 1 brings 4; plan 1 would have brought 3. N(1) = 0.5 * 2 + 1 = 2.
    learner.learn(0, 4.0, 1)
    assert learner.memory() == approx([(0.8 * 2 * 1 + 4) / 2, (0.8 * 2 * 0 + 0.25 * 3) / 2, 2.0])
    assert learner.memory() == approx([2.8, 0.375, 2.0])
    # Plan 1 against plan 0 brings -2; plan 0 would have brought 2. N(2) = 0.5 * 2 + 1 = 2.
    learner.learn(1, -2.0, 0)
    assert learner.memory() == approx([(0.8 * 2 * 2.8 + 0.25 * 2) / 2, (0.8 * 2 * 0.375 - 2) / 2, 2.0])
    assert learner.memory() == approx([2.49, -0.7, 2.0])
    assert learner.probabilities()[0] == approx(1 / (1 + math.exp(-2.0 * 3.19)))


def test_ewa_starts_indifferent_unless_told_otherwise() -> None:
    learner = EWA(TWO).learner(VIEW)
    assert learner.memory() == approx([1.5, 1.5, 1.0])
    assert learner.probabilities() == approx([0.5, 0.5])


def test_fictitious_play_by_hand() -> None:
    learner = FictitiousPlay(TWO, phi=0.5).learner(VIEW)
    # Beliefs (1/2, 1/2): plan 0 is worth 1, plan 1 worth 2.
    assert learner.probabilities() == [0.0, 1.0]
    # kappa = (0.5 + 1, 0.5), beliefs (3/4, 1/4): both are worth 1.5, and the lower number wins.
    learner.learn(1, 99.0, 0)
    assert learner.memory() == approx([1.5, 0.5])
    assert learner.probabilities() == [1.0, 0.0]
    # kappa = (1.75, 0.25), beliefs (7/8, 1/8): 1.75 against 1.25.
    learner.learn(0, 99.0, 0)
    assert learner.memory() == approx([1.75, 0.25])
    smooth = FictitiousPlay(TWO, phi=0.5, precision=3.0).learner(VIEW)
    smooth.learn(0, 0.0, 0)
    smooth.learn(0, 0.0, 0)
    assert smooth.probabilities()[0] == approx(1 / (1 + math.exp(-3.0 * 0.5)))


def test_fixed_play_stays_what_it_is() -> None:
    first, mixed = Fixed(TWO).learner(VIEW), Fixed(TWO, weights=(1, 3)).learner(VIEW)
    for _ in range(3):
        assert first.probabilities() == [1.0, 0.0]
        assert mixed.probabilities() == approx([0.25, 0.75])
        first.learn(0, 5.0, 1)
        mixed.learn(1, 5.0, 1)


def test_q_learning_by_hand(game: Game) -> None:
    rule = QLearning(alpha=0.5, epsilon=0.0, gamma=0.9)
    learner = StateLearner(rule, game, Actor.TOKYO)
    s, n = game.start, game.start + 6
    # All values are 0: the lowest-numbered move, escalate.
    assert learner.choose(s, Stance.URGE, None, 0.99, None) is Move.ESCALATE
    # It brought 2, and the next node is worth 0: Q = 0 + 0.5 * (2 + 0.9 * 0 - 0) = 1.
    assert learner.choose(n, Stance.QUIET, Move.HOLD, 0.0, 2.0) is Move.ESCALATE
    assert learner.values[node(s, Stance.URGE, None), Move.ESCALATE] == approx(1.0)
    # Back at the first node, worth 1: Q = 0 + 0.5 * (-4 + 0.9 * 1) = -1.55.
    assert learner.choose(s, Stance.URGE, None, 0.5, -4.0) is Move.ESCALATE
    assert learner.values[node(n, Stance.QUIET, Move.HOLD), Move.ESCALATE] == approx(-1.55)
    # The dispute is settled: Q = 1 + 0.5 * (1 + 0.9 * 10 - 1) = 5.5.
    learner.finish(1.0, 10.0, over=True)
    assert learner.values[node(s, Stance.URGE, None), Move.ESCALATE] == approx(5.5)
    # At the second node escalating has a bad name by now.
    assert learner.choose(n, Stance.QUIET, Move.HOLD, 0.5, None) is Move.HOLD
    learner.finish(7.0, 0.0, over=False)
    assert learner.values[node(n, Stance.QUIET, Move.HOLD), Move.HOLD] == 0.0  # the window closed: nothing is learned


def test_rates_fall_with_visits_and_the_window_may_count_as_an_end(game: Game) -> None:
    learner = StateLearner(QLearning(alpha=1.0, omega=1.0, epsilon=0.0, ends_with_window=True), game, Actor.SEOUL)
    at = node(game.start, Stance.URGE, None), Move.ESCALATE
    for reward, mean in ((6.0, 6.0), (2.0, 4.0), (1.0, 3.0)):  # alpha = 1, omega = 1 is the mean
        learner.choose(game.start, Stance.URGE, None, 0.0, None)
        learner.finish(reward, 0.0, over=False)
        assert learner.values[at] == approx(mean)


def test_epsilon_greedy_spends_the_decisions_own_uniform(game: Game) -> None:
    learner = StateLearner(QLearning(epsilon=0.5), game, Actor.TOKYO)
    at = node(game.start, Stance.URGE, Move.HOLD)
    learner.values[at, Move.APPEAL] = 1.0
    assert learner.row(at, game.start) == approx([0.1, 0.1, 0.6, 0.1, 0.1])
    drawn = [learner.choose(game.start, Stance.URGE, Move.HOLD, u, None) for u in (0.05, 0.15, 0.25, 0.79, 0.85, 0.95)]
    assert drawn == [Move.ESCALATE, Move.HOLD, Move.APPEAL, Move.APPEAL, Move.STANDSTILL, Move.STEP_DOWN]
    bottom = int(np.flatnonzero(~game.legal[Actor.TOKYO, Move.STEP_DOWN])[0])
    row = learner.row(node(bottom, Stance.QUIET, None), bottom)
    assert row[Move.STEP_DOWN] == 0.0
    assert row.sum() == approx(1.0)


# ----------------------------------------------------------------------------------------- nestings


@pytest.mark.parametrize("phi", [0.0, 0.4, 0.9, 1.0])
def test_ewa_nests_weighted_fictitious_play(phi: float) -> None:
    """Delta = 1 and rho = phi: attractions are expected payoffs by weighted beliefs (Camerer & Ho 1999)."""
    rng = np.random.default_rng(3)
    view = SeatView(Actor.TOKYO, rng.normal(0, 5, (3, 4)), lowest=-20.0)
    plans = ("hawk", "dove", "grit")
    play = FictitiousPlay(plans, phi=phi, precision=0.7).learner(view)
    start = view.expected.mean(axis=1)  # what beliefs of one a plan expect
    ewa = EWA(plans, phi=phi, rho=phi, delta=1.0, precision=0.7, n0=4.0, a0=tuple(start), expected=True).learner(view)
    for _ in range(200):
        assert ewa.probabilities() == approx(play.probabilities())
        assert ewa.memory()[:3] == approx(play.worth())  # type: ignore[attr-defined]
        plan, other = int(rng.integers(3)), int(rng.integers(4))
        for learner in (ewa, play):
            learner.learn(plan, float(rng.normal()), other)


def test_ewa_nests_cumulative_reinforcement() -> None:
    """Delta = 0, rho = 0, N(0) = 1: only what was done counts, by what it brought."""
    rng = np.random.default_rng(4)
    ewa = EWA(TWO, phi=0.85, rho=0.0, delta=0.0, n0=1.0, a0=(0.0, 0.0)).learner(VIEW)
    strength = np.zeros(2)
    for _ in range(200):
        plan, payoff = int(rng.integers(2)), float(rng.normal(0, 3))
        ewa.learn(plan, payoff, int(rng.integers(2)))
        strength = 0.85 * strength
        strength[plan] += payoff
        assert ewa.memory() == approx([*strength, 1.0])


# --------------------------------------------------------------------------------------- probabilities

PLAN_RULES = [
    Fixed(TWO, weights=(2, 1)), RothErev(TWO), RothErev(TWO, phi=1.0, epsilon=0.0), EWA(TWO), EWA(TWO, precision=INF),
    EWA(TWO, phi=0, rho=0, delta=1), EWA(TWO, n0=0.0, phi=1.0, rho=1.0), FictitiousPlay(TWO),
    FictitiousPlay(TWO, phi=0.0, precision=2.0), FictitiousPlay(TWO, precision=0.0)]


@pytest.mark.parametrize("rule", PLAN_RULES, ids=repr)
def test_probabilities_are_probabilities(rule: PlanRule) -> None:
    rng = np.random.default_rng(5)
    learner = rule.learner(VIEW)
    for _ in range(100):
        row = learner.probabilities()
        assert min(row) >= 0
        assert sum(row) == approx(1.0)
        plan = learner.choose(float(rng.random()))
        assert row[plan] > 0
        learner.learn(plan, float(rng.normal(0, 20)), int(rng.integers(2)))


def test_propensities_all_forgotten_leave_even_chances() -> None:
    learner = RothErev(TWO, phi=1.0).learner(VIEW)
    learner.learn(0, -5.0, 0)
    assert learner.memory() == [0.0, 0.0]
    assert learner.probabilities() == [0.5, 0.5]


def test_logit_at_its_limits() -> None:
    assert logit([1.0, 5.0, 2.0], 0.0) == approx([1 / 3] * 3)
    assert logit([1.0, 5.0 - 1e-13, 5.0], INF) == [0.0, 1.0, 0.0]
    assert logit([0.0, -1e6], 1.0) == [1.0, 0.0]
    assert shares([0.0, 0.0]) == [0.5, 0.5]


def test_greedy_policies_fit_the_game(game: Game) -> None:
    moves = np.full(nodes(game), Move.HOLD, dtype=np.int8)
    moves[node(game.start, Stance.URGE, Move.APPEAL)] = Move.STANDSTILL
    policy = greedy_policy(game, Actor.SEOUL, moves)
    check_policy(game, policy)
    assert policy.at(9, game.start, Stance.URGE, Move.APPEAL)[Move.STANDSTILL] == 1.0
    assert policy.at(9, game.start, Stance.URGE)[Move.HOLD] == 1.0


# -------------------------------------------------------------------------------------------- refusals


def test_every_rule_has_a_name_a_code_and_its_numbers() -> None:
    assert set(RULES) == {code.name.lower() for code in RuleCode}
    assert set(NUMBERS) == set(RuleCode)
    assert max(len(names) for names in NUMBERS.values()) == WIDTH
    for name, kind in RULES.items():
        assert kind.name == name
        assert kind.code.name.lower() == name
        assert kind.__doc__


def test_rules_by_name() -> None:
    assert make_rule({"rule": "ewa", "plans": ["hawk", "dove"], "delta": 0.1}) == EWA(TWO, delta=0.1)
    assert make_rule({"rule": "q_learning", "alpha": 0.3}) == QLearning(alpha=0.3)
    rule = RothErev(TWO)
    assert make_rule(rule) is rule


@pytest.mark.parametrize(("choice", "told"), [
    ("ewa", "learning: 'ewa' is not allowed"),
    ({"plans": ["hawk"]}, "learning.rule: None"),
    ({"rule": "sarsa"}, "learning.rule: 'sarsa' is not allowed; allowed: one of fixed, roth_erev, ewa"),
    ({"rule": "ewa"}, "learning.plans: None"),
    ({"rule": "q_learning", "plans": ["hawk"]}, r"learning.plans: \['hawk'\] .* the keys rule, alpha"),
    ({"rule": "ewa", "plans": ["hawk"], "lambda": 1}, "learning.lambda: 1 is not allowed; allowed: the keys rule,"),
    ({"rule": "ewa", "plans": ["hawk"], "delta": 1.5}, r"ewa.delta: 1.5 is not allowed; .* in \[0, 1\]"),
])
def test_bad_choices_are_refused_by_key(choice: Any, told: str) -> None:
    with pytest.raises(ParameterError, match=told):
        make_rule(choice)


@pytest.mark.parametrize(("kind", "parameter", "value"), [
    (RothErev, "s1", 0), (RothErev, "phi", -0.1), (RothErev, "epsilon", 2), (RothErev, "x_min", "low"),
    (RothErev, "s1", INF), (RothErev, "phi", True), (RothErev, "x_min", math.nan), (RothErev, "plans", ()),
    (RothErev, "plans", "hawk"),
    (EWA, "phi", 1.1), (EWA, "rho", -1), (EWA, "delta", "half"), (EWA, "precision", -1), (EWA, "n0", -1),
    (EWA, "a0", (1.0,)), (EWA, "a0", (1.0, INF)), (EWA, "expected", 1), (EWA, "precision", math.nan),
    (FictitiousPlay, "phi", 2), (FictitiousPlay, "precision", -1), (FictitiousPlay, "kappa0", 0),
    (Fixed, "weights", (1.0,)), (Fixed, "weights", (0, 0)), (Fixed, "weights", (-1, 2)), (Fixed, "weights", "ab"),
    (QLearning, "alpha", 0), (QLearning, "alpha", 1.1), (QLearning, "omega", 1.5), (QLearning, "epsilon", -0.1),
    (QLearning, "gamma", 1.1), (QLearning, "q0", INF), (QLearning, "ends_with_window", "yes")])
def test_bad_parameters_are_refused_by_key(kind: Any, parameter: str, value: Any) -> None:
    given = {} if kind is QLearning else {"plans": TWO}
    with pytest.raises(ParameterError, match=f"{kind.name}.{parameter}: ") as refused:
        kind(**{**given, parameter: value})
    assert refused.value.key == f"{kind.name}.{parameter}"
