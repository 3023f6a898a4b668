"""The compiled populations: choice for choice and move for move the readable twin, whatever the blocks and cores."""

from __future__ import annotations

from dataclasses import asdict
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiation.draws import SEED_LIMIT, stream_key
from negotiation.engines.batch import simulate
from negotiation.engines.exact import propagate
from negotiation.engines.trajectory import chance_thresholds_at, play_week, trace
from negotiation.game import Game, compile_game
from negotiation.kernels import learning as kernels
from negotiation.kernels.numeric import philox
from negotiation.learning import (
    EWA,
    FictitiousPlay,
    Fixed,
    Learned,
    Population,
    QLearning,
    RothErev,
    diary,
    learn,
    replay,
    twin,
)
from negotiation.learning.population import checkpoint_disputes
from negotiation.learning.replay import Diary, episode_number, plan_uniforms
from negotiation.learning.tables import at_random
from negotiation.library import load_scenario, scenario_names
from negotiation.parameters import ParameterError
from negotiation.policy import DisputantPolicy, PolicyError, Profile
from negotiation.scenario import Scenario
from negotiation.vocabulary import Actor, Move, Outcome, Stance

PLANS = ("hawk", "matcher", {"behaviour": "dove", "error": 0.1}, "equilibrium")
PAIRINGS: dict[str, tuple[Any, Any]] = {
    "roth_erev, ewa": (RothErev(PLANS), EWA(PLANS[:3])),
    "fictitious_play, roth_erev": (FictitiousPlay(PLANS[1:]), RothErev(PLANS, x_min=-5.0, phi=0.02)),
    "ewa, smooth fictitious_play": (EWA(PLANS, delta=1.0, precision=0.2, expected=True),
                                    FictitiousPlay(PLANS, precision=0.1)),
    "q_learning, q_learning": (QLearning(), QLearning(alpha=0.5, omega=0.6, epsilon=0.3, ends_with_window=True)),
    "roth_erev, q_learning": (RothErev(PLANS), QLearning(q0=3.0, epsilon=0.0)),
    "q_learning, fixed": (QLearning(epsilon=1.0, gamma=0.5), Fixed(PLANS, weights=(1, 2, 0, 1))),
    "ewa without the other's plans, q_learning": (EWA(PLANS, delta=0.0), QLearning()),
}


def assert_same(one: Diary, other: Diary) -> None:
    """Plans, outcomes and payoffs to the last bit; what is remembered to 1e-12 of its size."""
    assert np.array_equal(one.plans, other.plans)
    assert np.array_equal(one.outcome, other.outcome)
    assert np.array_equal(one.payoffs, other.payoffs)
    assert np.array_equal(one.visits, other.visits)
    np.testing.assert_allclose(one.memory, other.memory, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(one.values, other.values, rtol=1e-12, atol=1e-12)


def assert_same_learned(one: Learned, other: Learned) -> None:
    """Everything, to the last bit."""
    for name in ("disputes", "payoffs", "outcomes", "memory", "greedy", "values", "visits"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
    for mine, theirs in zip((*one.chances, *one.taken), (*other.chances, *other.taken), strict=True):
        assert (mine is None) == (theirs is None)
        assert mine is None or np.array_equal(mine, theirs)


# -------------------------------------------------------------------------------- the readable twin


@pytest.mark.parametrize("name", PAIRINGS)
@pytest.mark.parametrize("pair", [0, 3, 2**31 - 1])
def test_compiled_pairs_are_their_twins(game: Game, name: str, pair: int) -> None:
    population = Population.of(game, *PAIRINGS[name])
    assert_same(diary(population, 20190731, pair, 60), twin(population, 20190731, pair, 60)[0])


@pytest.mark.parametrize("scenario", scenario_names())
@pytest.mark.parametrize("washington", ["equilibrium", "absent"])
def test_in_every_scenario(scenario: str, washington: str) -> None:
    game = compile_game(load_scenario(scenario))
    for one, other in ((EWA(PLANS), RothErev(PLANS)), (QLearning(), RothErev(PLANS))):
        population = Population.of(game, one, other, washington)
        assert_same(diary(population, 7, 1, 40), twin(population, 7, 1, 40)[0])


@settings(max_examples=15)
@given(scenario=strategies.scenarios(max_rounds=5), data=st.data(), seed=st.integers(0, SEED_LIMIT - 1))
def test_in_any_scenario_with_any_plans(scenario: Scenario, data: st.DataObject, seed: int) -> None:
    game = compile_game(scenario)
    menus: tuple[list[DisputantPolicy], list[DisputantPolicy]] = ([], [])
    for number in range(2):
        profile = data.draw(strategies.profiles(game, rounds=game.rounds))
        for seat, menu in zip((Actor.TOKYO, Actor.SEOUL), menus, strict=True):
            own = profile.disputant(seat)
            menu.append(DisputantPolicy(f"plan {number}", seat, own.first_inner, own.second_inner))
    for one, other in ((RothErev(menus[0]), EWA(menus[1])), (FictitiousPlay(menus[0]), RothErev(menus[1])),
                       (QLearning(), RothErev(menus[1])), (QLearning(omega=0.8), QLearning())):
        population = Population.of(game, one, other, profile.washington)
        assert_same(diary(population, seed, 2, 15), twin(population, seed, 2, 15)[0])


def test_any_dispute_is_the_trace_of_its_episode(game: Game) -> None:
    population = Population.of(game, RothErev(PLANS), EWA(PLANS))
    for pair in (0, 5):
        kept, paths = twin(population, 3, pair, 25)
        for d, path in enumerate(paths):
            profile = Profile(population.menus[0][kept.plans[d, 0]], population.menus[1][kept.plans[d, 1]],
                              population.washington)
            assert trace(game, profile, 3, pair * 2**32 + d).weeks == path.weeks
            assert replay(population, 3, pair, d).weeks == path.weeks


def test_disputes_of_state_learners_are_replayed_too(game: Game) -> None:
    population = Population.of(game, QLearning(epsilon=0.2), RothErev(PLANS))
    _, paths = twin(population, 3, 4, 40)
    for d in (0, 1, 17, 39):
        assert replay(population, 3, 4, d).weeks == paths[d].weeks


@pytest.mark.parametrize("pair", [0, 1, 2**31 - 1])
@pytest.mark.parametrize("dispute", [0, 1, 2**32 - 1])
def test_plans_are_drawn_by_week_zero(pair: int, dispute: int) -> None:
    key, episode = stream_key(11), pair * 2**32 + dispute
    a, b, _, _ = philox(np.uint64(0), np.uint64(episode), key[0], key[1])
    assert plan_uniforms(11, episode) == ((int(a) >> 11) * 2.0**-53, (int(b) >> 11) * 2.0**-53)
    assert episode_number(pair, dispute) == episode


def test_one_plan_each_is_the_batch_engine(game: Game) -> None:
    population = Population.of(game, Fixed(("hawk",)), Fixed(("dove",)), "honest_broker")
    learned = learn(population, 1, 500, 9, checkpoints=[500])
    profile = Profile(population.menus[0][0], population.menus[1][0], population.washington)
    episodes = simulate(game, profile, 500, 9)
    assert np.array_equal(learned.outcomes[0, 0], episodes.counts)
    assert learned.payoffs[0, 0] == pytest.approx(episodes.payoff_mean, rel=1e-12)


# ----------------------------------------------------------------------- blocks, cores, checkpoints


@pytest.mark.parametrize("name", ["roth_erev, ewa", "q_learning, q_learning", "roth_erev, q_learning"])
def test_workers_and_blocks_change_nothing(game: Game, name: str) -> None:
    population = Population.of(game, *PAIRINGS[name])
    alone = learn(population, 11, 50, 1, workers=1, keep=11)
    assert_same_learned(alone, learn(population, 11, 50, 1, workers=2, keep=11))
    assert_same_learned(alone, learn(population, 11, 50, 1, workers=7, keep=11))
    part = learn(population, 4, 50, 1, first_pair=5, keep=4)
    assert np.array_equal(part.payoffs, alone.payoffs[:, 5:9])
    assert np.array_equal(part.memory, alone.memory[:, 5:9])
    assert np.array_equal(part.greedy, alone.greedy[:, 5:9])
    for seat in (0, 1):
        mine, theirs = part.chances[seat], alone.chances[seat]
        assert (mine is None) == (theirs is None)
        assert mine is None or theirs is None or np.array_equal(mine, theirs[:, 5:9])


@pytest.mark.parametrize("name", ["ewa, smooth fictitious_play", "roth_erev, q_learning"])
def test_records_are_those_of_the_diaries(game: Game, name: str) -> None:
    population = Population.of(game, *PAIRINGS[name])
    learned = learn(population, 3, 30, 5, checkpoints=[4, 10])
    assert learned.disputes.tolist() == [4, 10, 30]
    for pair in range(3):
        own = diary(population, 5, pair, 30)
        for c, (start, end) in enumerate(((0, 4), (4, 10), (10, 30))):
            assert learned.payoffs[c, pair] == pytest.approx(own.payoffs[start:end].mean(axis=0), rel=1e-12)
            assert np.array_equal(learned.outcomes[c, pair], np.bincount(own.outcome[start:end], minlength=5))
            for seat in (0, 1):
                taken, chances = learned.taken[seat], learned.chances[seat]
                if taken is not None and chances is not None:
                    counted = np.bincount(own.plans[start:end, seat], minlength=taken.shape[-1])
                    assert np.array_equal(taken[c, pair], counted)
                    assert chances[c, pair].sum() == pytest.approx(1.0, abs=1e-12)
                    assert chances[c, pair].min() >= 0
        assert np.array_equal(learned.memory[:, pair], own.memory[-1])
        if len(learned.values):  # a state learner's, kept
            assert np.array_equal(learned.values[pair], own.values)


def test_progress_counts_every_dispute(game: Game) -> None:
    seen: list[int] = []
    learn(Population.of(game, RothErev(PLANS), RothErev(PLANS)), 150, 20, 1, workers=2, progress=seen.append)
    assert sum(seen) == 150 * 20


def test_results_and_inputs_cannot_be_written(game: Game) -> None:
    population = Population.of(game, RothErev(PLANS), QLearning())
    learned = learn(population, 2, 5, 1)
    for array in (learned.payoffs, learned.memory, learned.values, learned.chances[0], population.bimatrix):
        assert array is not None
        assert not array.flags.writeable


@pytest.mark.parametrize(("given", "spacing", "expected"), [
    (4, "log", [1, 10, 100, 1000]), (4, "linear", [250, 500, 750, 1000]), (1, "log", [1000]),
    ([3, 1000, 3, 20], "log", [3, 20, 1000]), ([5], "linear", [5, 1000])])
def test_checkpoints(given: Any, spacing: str, expected: list[int]) -> None:
    assert checkpoint_disputes(1000, given, spacing).tolist() == expected


def test_many_checkpoints_fall_together() -> None:
    assert checkpoint_disputes(5, 40, "log").tolist() == [1, 2, 3, 4, 5]


# ------------------------------------------------------------------------- payoffs known beforehand


def test_expected_payoffs_are_the_exact_engines(game: Game) -> None:
    population = Population.of(game, EWA(PLANS), RothErev(PLANS[:2]))
    for i, one in enumerate(population.menus[0]):
        for j, other in enumerate(population.menus[1]):
            found = propagate(game, Profile(one, other, population.washington)).expected_payoff
            assert population.bimatrix[:, i, j].tolist() == found[:2].tolist()
    assert np.array_equal(population.view(Actor.SEOUL).expected, population.bimatrix[1].T)


def test_the_smallest_payoff_of_one_round_by_going_through_all(reference: Scenario) -> None:
    game = compile_game(reference.override({"rounds": 1, "shadow": 0}))
    population = Population.of(game, Fixed(("random",)), Fixed(("random",)), "random")
    worst = [np.inf, np.inf]
    for stance in Stance:
        for one in Move:
            for other in Move:
                if not (game.legal[0, one, game.start] and game.legal[1, other, game.start]):
                    continue
                k = int(game.afterstate[one, other, game.start])
                ends = [0.0, *chance_thresholds_at(game, (stance, one, other, game.start), k), 1.0]
                for u in [(low + high) / 2 for low, high in pairwise(ends) if low < high]:
                    week = play_week(game, 1, game.start, stance, Actor.TOKYO, (one, other), u)
                    for seat in (0, 1):
                        own = week.payoffs[seat] + game.discount[seat] * week.end_payoffs[seat]
                        worst[seat] = min(worst[seat], own)
    assert population.lowest == pytest.approx(worst, abs=1e-12)


@settings(max_examples=15)
@given(scenario=strategies.scenarios(max_rounds=4), data=st.data())
def test_no_dispute_pays_less_than_the_smallest_payoff(scenario: Scenario, data: st.DataObject) -> None:
    game = compile_game(scenario)
    profile = data.draw(strategies.profiles(game, rounds=game.rounds))
    population = Population.of(game, Fixed((profile.tokyo,)), Fixed((profile.seoul,)), profile.washington)
    records = simulate(game, profile, 300, 1).records
    for seat, payoffs in enumerate((records.payoff_tokyo, records.payoff_seoul)):
        assert payoffs.min() >= population.lowest[seat] - 1e-9


# ------------------------------------------------------------------------------------------ refusals


def test_a_side_without_plans_cannot_be_watched(game: Game) -> None:
    for rule in (EWA(PLANS), FictitiousPlay(PLANS), EWA(PLANS, delta=0.0, expected=True)):
        with pytest.raises(ParameterError, match=r"learning\.seoul\.rule: .* against a side without plans"):
            Population.of(game, QLearning(), rule)
    assert Population.of(game, QLearning(), Fixed(PLANS)).plans(Actor.TOKYO) == ()


@pytest.mark.parametrize(("plans", "told"), [
    (("hawk", "hawk"), "learning.tokyo.plans: 'hawk' is not allowed; allowed: each plan once"),
    (("hawk", "grudger"), "learning.tokyo.plans: 'grudger' .* the public state only"),
    (("absent",), "policy.tokyo: 'absent'")])
def test_bad_menus_are_refused(game: Game, plans: tuple[str, ...], told: str) -> None:
    with pytest.raises(ParameterError, match=told):
        Population.of(game, RothErev(plans), RothErev(("hawk",)))


def test_policies_of_another_seat_or_game_are_refused(game: Game, reference: Scenario) -> None:
    with pytest.raises(ParameterError, match=r"learning\.tokyo\.plans"):
        Population.of(game, Fixed((at_random(game, Actor.SEOUL),)), Fixed(("hawk",)))
    small = compile_game(reference.override({"tokyo.ladder": [asdict(rung) for rung in reference.tokyo.ladder[:3]]}))
    with pytest.raises(PolicyError, match="shape"):
        Population.of(game, Fixed((at_random(small, Actor.TOKYO),)), Fixed(("hawk",)))


@pytest.mark.parametrize(("given", "key"), [
    ({"pairs": 0}, "pairs"), ({"pairs": 2**31 + 1}, "pairs"), ({"disputes": 0}, "disputes"),
    ({"disputes": 2**32 + 1}, "disputes"), ({"seed": -1}, "seed"), ({"checkpoints": 0}, "checkpoints"),
    ({"checkpoints": [0, 5]}, "checkpoints"), ({"checkpoints": [11]}, "checkpoints"), ({"spacing": "cubic"}, "spacing"),
    ({"keep": -1}, "keep"), ({"workers": 0}, "workers"), ({"first_pair": 2**31}, "first_pair"),
    ({"pairs": True}, "pairs"), ({"disputes": 2.5}, "disputes")])
def test_bad_numbers_are_refused_by_key(game: Game, given: dict[str, Any], key: str) -> None:
    population = Population.of(game, Fixed(("hawk",)), Fixed(("dove",)))
    with pytest.raises(ParameterError) as refused:
        learn(population, **{"pairs": 2, "disputes": 10, "seed": 1, **given})
    assert refused.value.key == key


def test_outcome_numbers_are_the_vocabularys() -> None:
    assert (kernels.SETTLED, kernels.RUPTURED) == (Outcome.SETTLEMENT, Outcome.RUPTURE)
    assert len(Move) == kernels.MOVES


def test_strides_change_nothing(game: Game, monkeypatch: pytest.MonkeyPatch) -> None:
    population = Population.of(game, QLearning(), RothErev(PLANS))
    whole = learn(population, 3, 40, 1, checkpoints=[7])
    monkeypatch.setattr("negotiation.learning.population.STRIDE", 10)
    assert_same_learned(whole, learn(population, 3, 40, 1, checkpoints=[7]))


def test_an_error_in_one_block_stops_the_others(game: Game) -> None:
    def stop(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        learn(Population.of(game, RothErev(PLANS), RothErev(PLANS)), 200, 100_000, 1, workers=2, progress=stop)
