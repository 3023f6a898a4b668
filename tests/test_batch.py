"""The batch engine: move for move the readable twin, free of order and cores, and right on average."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import oracle
import pytest
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from negotiation.draws import episode_draws
from negotiation.engines import batch
from negotiation.engines.batch import BLOCK, Episodes, Records, simulate, simulate_blocks
from negotiation.engines.exact import propagate
from negotiation.engines.trajectory import Trajectory, trace
from negotiation.game import Game, compile_game
from negotiation.parameters import ParameterError
from negotiation.policy import DisputantPolicy, Policy, PolicyError, Profile
from negotiation.scenario import Scenario
from negotiation.solve import Solution, backward_induction
from negotiation.vocabulary import Actor, Chance, Move, Outcome

NAMES = [name for name in Records.__dataclass_fields__ if name != "first_episode"]
LEAST_P = 1e-6


def assert_same_records(one: Records, other: Records) -> None:
    """Every column, to the last bit."""
    assert one.first_episode == other.first_episode
    for name in NAMES:
        assert getattr(one, name).dtype == getattr(other, name).dtype, name
        assert np.array_equal(getattr(one, name), getattr(other, name)), name


def assert_matches(records: Records, index: int, trajectory: Trajectory) -> None:
    """One episode of a batch and its replay in plain Python, to the last bit."""
    expected = trajectory.record()
    assert set(expected) == set(NAMES)
    for name in NAMES:
        assert getattr(records, name)[index] == expected[name], (name, trajectory.episode)


# ---------------------------------------------------------------------------- the readable twin


def test_episodes_of_the_reference_are_their_replays(game: Game, solution: Solution) -> None:
    episodes = simulate(game, solution.profile, 400, seed=20190731)
    for number in range(400):
        assert_matches(episodes.records, number, trace(game, solution.profile, 20190731, number))


@given(scenario=strategies.scenarios(max_rounds=5), data=st.data(), seed=st.integers(0, 2**128 - 1),
       first=st.sampled_from([0, 1, 2**40, 2**63 - 40]), point=st.none() | st.integers(0, 99))
def test_any_episode_is_its_replay(scenario: Scenario, data: st.DataObject, seed: int, first: int,
                                   point: int | None) -> None:
    game = compile_game(scenario)
    profile = data.draw(strategies.profiles(game, rounds=game.rounds))
    episodes = simulate(game, profile, 30, seed, first_episode=first, point=point)
    for index in range(30):
        assert_matches(episodes.records, index, trace(game, profile, seed, first + index, point))


@given(scenario=strategies.scenarios(max_rounds=6), data=st.data(), seed=st.integers(0, 999))
def test_what_a_replay_records_follows_from_its_moves(scenario: Scenario, data: st.DataObject, seed: int) -> None:
    """The recorded quantities by the rules, and each week the continuation of the one before."""
    game = compile_game(scenario)
    profile = data.draw(strategies.profiles(game, rounds=game.rounds))
    for number in range(10):
        trajectory = trace(game, profile, seed, number)
        state = oracle.start(scenario)
        for index, week in enumerate(trajectory):
            assert (week.round, week.state) == (index + 1, game.state(*state))
            played = oracle.play(scenario, state, week.stance, *week.moves)
            assert played.results[week.chance][0] > 0
            assert (week.in_force, week.breach) == (played.in_force, played.breach)
            assert week.payoffs == pytest.approx(played.payoffs, abs=1e-9)
            assert week.over == (index == len(trajectory) - 1 and week.chance in (Chance.SETTLED, Chance.RUPTURE))
            state = played.results[week.chance][1]
        assert trajectory.weeks[-1].over or len(trajectory) == scenario.rounds
        expected = oracle.record(scenario, [(w.stance, *w.moves, w.chance) for w in trajectory])
        found = trajectory.record()
        assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-9)
        assert trajectory.outcome == expected["outcome"]


def test_a_replay_consults_the_draws_in_the_order_of_the_game(game: Game, solution: Solution) -> None:
    """Stance, order, first move, reply: each option covers its own stretch of its own uniform."""

    def covers(row: np.ndarray, option: int, u: float) -> bool:
        return row[:option].sum() - 1e-12 <= u < row[:option + 1].sum() + 1e-12

    for number in range(40):
        draws = episode_draws(4, number, 26)
        for index, week in enumerate(trace(game, solution.profile, 4, number)):
            at, follower = draws[index], Actor(1 - week.leader)
            first, reply = week.moves[week.leader], week.moves[follower]
            assert week.leader is (Actor.TOKYO if at.order < 0.5 else Actor.SEOUL)
            assert covers(solution.profile.washington.at(index, week.state), week.stance, at.stance)
            opening = solution.profile[week.leader].at(index, week.state, week.stance)
            assert covers(opening, first, at.first)
            answer = solution.profile[follower].at(index, week.state, week.stance, first)
            assert covers(answer, reply, at.second)


def test_trajectories_asked_for_are_the_replays(game: Game, solution: Solution) -> None:
    wanted = [3, 0, 10**12]
    episodes = simulate(game, solution.profile, 5, 1, trajectories=wanted)
    assert list(episodes.trajectories) == wanted
    for number, trajectory in episodes.trajectories.items():
        assert trajectory == trace(game, solution.profile, 1, number)
        assert (trajectory.seed, trajectory.episode) == (1, number)
        assert trajectory.rungs().shape == (len(trajectory) + 1, 2)
    assert_matches(episodes.records, 3, episodes.trajectories[3])


# --------------------------------------------------------------------- order, blocks, cores, points


@pytest.fixture(scope="module")
def short(reference: Scenario) -> tuple[Game, Profile]:
    game = compile_game(reference.override({"rounds": 8, "shadow": 3}))
    return game, backward_induction(game).profile


@pytest.fixture(scope="module")
def whole(short: tuple[Game, Profile]) -> Episodes:
    """Three blocks, the last one incomplete."""
    return simulate(*short, 2 * BLOCK + 777, 5, workers=1)


def assert_same_sums(one: Episodes, other: Episodes) -> None:
    assert np.array_equal(one.counts, other.counts)
    assert np.array_equal(one.payoff_mean, other.payoff_mean)
    assert np.array_equal(one.payoff_error, other.payoff_error)
    assert one.means == other.means


@pytest.mark.parametrize("workers", [1, 2, 3, None])
def test_results_do_not_depend_on_the_cores(short: tuple[Game, Profile], whole: Episodes,
                                            workers: int | None) -> None:
    again = simulate(*short, 2 * BLOCK + 777, 5, workers=workers)
    assert_same_records(again.records, whole.records)
    assert_same_sums(again, whole)


@pytest.mark.parametrize("cuts", [(1,), (100, 5000), (BLOCK,), (BLOCK - 1, BLOCK + 1), (2 * BLOCK,)])
def test_results_do_not_depend_on_the_chunks(short: tuple[Game, Profile], whole: Episodes,
                                             cuts: Sequence[int]) -> None:
    ends = [0, *cuts, len(whole.records)]
    parts = [simulate(*short, high - low, 5, first_episode=low)
             for low, high in pairwise(ends)]
    assert_same_records(Records.join([part.records for part in parts]), whole.records)
    assert np.array_equal(sum(part.counts for part in parts), whole.counts)


def test_results_do_not_depend_on_the_size_of_blocks(short: tuple[Game, Profile], whole: Episodes,
                                                     monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "BLOCK", 1000)
    again = simulate(*short, 2 * BLOCK + 777, 5)
    assert_same_records(again.records, whole.records)
    assert again.means == pytest.approx(whole.means, rel=1e-12)


def test_blocks_come_in_episode_order(short: tuple[Game, Profile], whole: Episodes) -> None:
    blocks = list(simulate_blocks(*short, 2 * BLOCK + 777, 5, workers=2))
    assert [block.first_episode for block in blocks] == [0, BLOCK, 2 * BLOCK]
    assert [len(block) for block in blocks] == [BLOCK, BLOCK, 777]
    assert_same_records(Records.join(blocks), whole.records)


def test_seeds_and_points_change_the_draws_and_nothing_else_does(short: tuple[Game, Profile]) -> None:
    payoffs = [simulate(*short, 500, seed, point=point).records.payoff_tokyo
               for seed, point in ((5, None), (6, None), (5, 0), (5, 1), (2**128 - 1, None))]
    assert len({column.tobytes() for column in payoffs}) == 5
    assert np.array_equal(simulate(*short, 500, 5).records.payoff_tokyo, payoffs[0])


def test_draws_are_common_to_sweep_points(reference: Scenario) -> None:
    """With everybody's play fixed, a parameter that touches payoffs only leaves every path as it was."""
    one = compile_game(reference.override({"shadow": 0}))
    other = compile_game(reference.override({"shadow": 0, "tokyo.stake": 35.0}))
    profile = backward_induction(one).profile
    here, there = (simulate(game, profile, 500, 9).records for game in (one, other))
    for name in set(NAMES) - {"payoff_tokyo"}:
        assert np.array_equal(getattr(here, name), getattr(there, name)), name
    settled = here.outcome == Outcome.SETTLEMENT
    assert np.array_equal(here.payoff_tokyo != there.payoff_tokyo, settled)


# ----------------------------------------------------------------------------------- sums, records


def test_sums_are_those_of_the_records(whole: Episodes) -> None:
    records, n = whole.records, whole.episodes
    assert n == len(records) == whole.counts.sum()
    assert np.array_equal(whole.counts, np.bincount(records.outcome, minlength=5))
    assert whole.outcome_shares() == pytest.approx(whole.counts / n)
    for name in set(NAMES) - {"outcome", "final_state"}:
        assert whole.means[name] == pytest.approx(getattr(records, name).mean(), rel=1e-12, abs=1e-12)
    for actor in Actor:
        column = getattr(records, f"payoff_{actor.key}")
        assert whole.payoff_mean[actor] == pytest.approx(column.mean(), rel=1e-12)
        assert whole.payoff_error[actor] == pytest.approx(column.std(ddof=1) / math.sqrt(n), rel=1e-9)


@pytest.mark.parametrize("record", [0, 1, 1000, BLOCK, BLOCK + 1, 10**9])
def test_records_are_kept_for_the_first_episodes_only(short: tuple[Game, Profile], whole: Episodes,
                                                      record: int) -> None:
    episodes = simulate(*short, 2 * BLOCK + 777, 5, record=record)
    assert len(episodes.records) == min(record, 2 * BLOCK + 777)
    assert_same_records(episodes.records, whole.records.head(record))
    assert_same_sums(episodes, whole)


def test_columns_are_numbered_by_episode(short: tuple[Game, Profile]) -> None:
    columns = simulate(*short, 7, 5, first_episode=100).records.columns()
    assert list(columns) == ["episode", *NAMES]
    assert columns["episode"].tolist() == list(range(100, 107))
    assert {len(column) for column in columns.values()} == {7}


def test_progress_counts_every_episode(short: tuple[Game, Profile]) -> None:
    seen: list[int] = []
    simulate(*short, BLOCK + 10, 5, progress=seen.append)
    assert seen == [BLOCK, 10]


def test_results_know_where_they_come_from(short: tuple[Game, Profile], whole: Episodes) -> None:
    assert whole.game is short[0]
    assert whole.policies == short[1].names
    assert (whole.seed, whole.first_episode) == (5, 0)


def test_recorded_quantities_hang_together(whole: Episodes) -> None:
    r = whole.records
    assert np.array_equal(r.settlement_round > 0, r.outcome == Outcome.SETTLEMENT)
    assert np.array_equal(r.rupture_round > 0, r.outcome == Outcome.RUPTURE)
    held = r.outcome == Outcome.STANDSTILL
    assert (r.first_standstill[held] > 0).all()
    assert (r.breaches + r.lapses <= 8).all()
    assert ((r.peak_tension >= 0.3) & (r.peak_tension <= 1)).all()
    assert max(r.first_standstill.max(), r.settlement_round.max(), r.rupture_round.max()) <= 8


# ---------------------------------------------------------------------------- right on average


def assert_drawn_from(counts: np.ndarray, probabilities: np.ndarray) -> None:
    """Chi-square at one in a million; cells too thin for it are pooled, impossible ones empty."""
    total = counts.sum()
    assert (counts[probabilities < 1e-15] == 0).all()
    order = np.argsort(probabilities)
    counts, expected = counts[order], probabilities[order] * total
    thin = np.cumsum(expected) < 10
    pooled = np.append(counts[~thin], counts[thin].sum()), np.append(expected[~thin], expected[thin].sum())
    if pooled[1][-1] == 0:
        pooled = pooled[0][:-1], pooled[1][:-1]
    elif pooled[1][-1] < 10:  # a rare tail: Poisson
        assert stats.poisson.sf(pooled[0][-1] - 1, pooled[1][-1]) > LEAST_P
        pooled = pooled[0][:-1], pooled[1][:-1]
    if len(pooled[0]) < 2:
        return
    assert stats.chisquare(pooled[0], pooled[1] * pooled[0].sum() / pooled[1].sum()).pvalue > LEAST_P


def assert_engines_agree(game: Game, profile: Profile, episodes: int, seed: int) -> None:
    exact, drawn = propagate(game, profile), simulate(game, profile, episodes, seed)
    records, rounds = drawn.records, game.rounds
    assert_drawn_from(drawn.counts, exact.outcome_probabilities())
    for column, by_round in ((records.settlement_round, exact.settled), (records.rupture_round, exact.ruptured),
                             (records.first_standstill, exact.first_standstill)):
        probabilities = np.append(max(1 - by_round.sum(), 0.0), by_round)
        assert_drawn_from(np.bincount(column, minlength=rounds + 1), probabilities)
    finals = np.bincount(records.final_state[(records.settlement_round == 0) & (records.rupture_round == 0)],
                         minlength=game.n_states)
    assert_drawn_from(np.append(finals, drawn.counts[[Outcome.SETTLEMENT, Outcome.RUPTURE]]), np.append(
        exact.mass[-1], exact.outcome_probabilities()[[Outcome.SETTLEMENT, Outcome.RUPTURE]]))
    score = stats.norm.isf(LEAST_P / 2)
    error = score * drawn.payoff_error + 1e-9
    assert (np.abs(drawn.payoff_mean - exact.expected_payoff) <= error).all()
    for name, expected in exact.expected_counts().items():
        spread = getattr(records, name).std(ddof=1) / math.sqrt(episodes)
        rare = 20 * max(1.0, abs(float(getattr(records, name).max()))) / episodes  # a few unseen events
        assert abs(drawn.means[name] - expected) <= score * spread + rare, name


def test_both_engines_agree_on_the_reference(game: Game, solution: Solution) -> None:
    assert_engines_agree(game, solution.profile, 200_000, 20190731)


@settings(max_examples=20)
@given(scenario=strategies.scenarios(max_rounds=6), data=st.data(), seed=st.integers(0, 2**64))
def test_both_engines_agree_on_any_game(scenario: Scenario, data: st.DataObject, seed: int) -> None:
    game = compile_game(scenario)
    assert_engines_agree(game, data.draw(strategies.profiles(game, rounds=game.rounds)), 20_000, seed)


def test_stationary_and_longer_policies_mix(reference: Scenario) -> None:
    """A seat with one row for all rounds beside seats solved beyond the observed ones."""
    game = compile_game(reference.override({"rounds": 5, "shadow": 4}))
    solved = backward_induction(game).profile
    for seat in Actor:
        still = strategies.random_policy(game, seat, 11, "dense", 1)
        assert_engines_agree(game, solved.swap(seat, still), 20_000, 3)
        kept = backward_induction(game, keep=5).profile.swap(seat, still)
        one, other = (simulate(game, profile, 200, 3).records for profile in (solved.swap(seat, still), kept))
        assert_same_records(one, other)


# ------------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize(("arguments", "key"), [
    ({"episodes": 0}, "episodes"), ({"episodes": -5}, "episodes"), ({"episodes": 2.0}, "episodes"),
    ({"episodes": True}, "episodes"), ({"first_episode": -1}, "first_episode"),
    ({"first_episode": 2**63}, "first_episode"), ({"first_episode": 2**63 - 9}, "first_episode"),
    ({"workers": 0}, "workers"), ({"workers": 1.5}, "workers"), ({"seed": -1}, "seed"), ({"seed": 2**128}, "seed"),
    ({"seed": 0.5}, "seed"), ({"seed": True}, "seed"), ({"seed": None}, "seed"),
])
def test_bad_arguments_are_refused(short: tuple[Game, Profile], arguments: dict[str, object], key: str) -> None:
    value = arguments[key]
    with pytest.raises(ParameterError) as caught:
        simulate(*short, **({"episodes": 10, "seed": 1} | arguments))  # type: ignore[arg-type]
    assert (caught.value.key, caught.value.value) == (key, value)
    assert "an integer" in caught.value.allowed


@pytest.mark.parametrize("episode", [-1, 2**63, 1.0, True])
def test_a_bad_episode_number_is_refused(short: tuple[Game, Profile], episode: object) -> None:
    with pytest.raises(ParameterError, match=r"episode: .* an integer from 0 to 2\^63 - 1"):
        trace(*short, 1, episode)  # type: ignore[arg-type]


def test_policies_that_do_not_fit_are_refused(game: Game, short: tuple[Game, Profile]) -> None:
    with pytest.raises(PolicyError, match="needed: 26"):
        simulate(game, backward_induction(game, keep=25).profile, 10, 1)
    with pytest.raises(PolicyError, match="belongs to"):
        simulate(short[0], Profile(short[1].seoul, *short[1][1:]), 10, 1)


def test_more_rounds_than_counts_can_hold_are_refused(reference: Scenario) -> None:
    game = compile_game(reference.override({"rounds": 65_536}))
    profile = Profile(*(strategies.random_policy(game, seat, 1, "dense", 1) for seat in Actor))  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match=r"scenario\.rounds: 65536 .* at most 65535"):
        simulate(game, profile, 1, 1)


def test_counts_of_many_rounds_do_not_run_over(reference: Scenario) -> None:
    """Two appeals a week for as many weeks as there may be."""
    scenario = reference.override({"rounds": 65_535, "rupture.hazard": 0.0, "standstill.open_talks": 0.0})
    game = compile_game(scenario)
    always: list[Policy] = [strategies.random_policy(game, Actor.WASHINGTON, 1, "dense", 1)]
    for seat in (Actor.TOKYO, Actor.SEOUL):
        row = np.zeros((1, game.n_states, 5, 5))
        row[..., Move.APPEAL] = 1
        always.append(DisputantPolicy.from_tables("appeal", seat, row, np.repeat(row[..., None, :], 5, axis=3)))
    records = simulate(game, Profile(always[1], always[2], always[0]), 2, 1).records  # type: ignore[arg-type]
    assert records.appeals_tokyo.tolist() == records.appeals_seoul.tolist() == [65_535] * 2
    assert (records.breaches == 0).all()
    assert (records.lapses == 0).all()

