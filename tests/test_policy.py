"""Policy tables: how they are made, mixed, compared, checked and drawn from."""

from __future__ import annotations

import dataclasses
from dataclasses import replace

import numpy as np
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from negotiation.drawing import draw, thresholds
from negotiation.game import Game
from negotiation.policy import (
    DisputantPolicy,
    PolicyError,
    Profile,
    ThirdPartyPolicy,
    check_policy,
    check_profile,
    disputant_rule,
    mix,
    same,
    third_party_rule,
    uniform,
    with_error,
)
from negotiation.solve import Solution
from negotiation.vocabulary import Actor, Move, Stance

TOKYO, SEOUL, WASHINGTON = Actor


def always(game: Game, move: Move, seat: Actor = TOKYO) -> DisputantPolicy:
    return disputant_rule(game, seat, f"always {move.key}", lambda state, stance, first: move)


def seat_policies(game: Game) -> list[ThirdPartyPolicy | DisputantPolicy]:
    return [strategies.random_policy(game, seat, 7, "dense", 1) for seat in Actor]


# --------------------------------------------------------------------------------- making them


@pytest.mark.parametrize("seat", list(Actor))
def test_uniform_play_gives_every_legal_option_the_same(game: Game, seat: Actor) -> None:
    policy = uniform(game, seat)
    check_policy(game, policy)
    for state in range(game.n_states):
        if isinstance(policy, ThirdPartyPolicy):
            assert policy.at(5, state) == pytest.approx([0.2] * 5)
        else:
            legal = game.legal[seat, :, state]
            for row in (policy.at(5, state, Stance.URGE), policy.at(0, state, Stance.QUIET, Move.HOLD)):
                assert row == pytest.approx(legal / legal.sum())


@given(st.data())
def test_drawn_policies_are_legal(game: Game, data: st.DataObject) -> None:
    check_profile(game, data.draw(strategies.profiles(game, rounds=3)), 3)


def test_a_rule_sees_state_stance_and_first_move(game: Game) -> None:
    def rule(state: int, stance: int, first: int | None) -> Move | dict[Move, float]:
        if first is None:
            return Move.APPEAL if stance == Stance.CONVENE else {Move.HOLD: 1, Move.STANDSTILL: 3}
        return Move(first) if game.standstill[state] else Move.HOLD

    policy = disputant_rule(game, SEOUL, "odd", rule)
    check_policy(game, policy)
    assert policy.seat is SEOUL
    assert policy.at(9, 10, Stance.CONVENE)[Move.APPEAL] == 1
    assert policy.at(9, 10, Stance.QUIET).tolist() == [0, 0.25, 0, 0.75, 0]
    held, free = game.state(3, 3, 1), game.state(3, 3, 0)
    assert policy.at(0, held, Stance.QUIET, Move.ESCALATE)[Move.ESCALATE] == 1
    assert policy.at(0, free, Stance.QUIET, Move.ESCALATE)[Move.HOLD] == 1


def test_weights_on_illegal_moves_pass_to_hold(game: Game) -> None:
    up, down = always(game, Move.ESCALATE), always(game, Move.STEP_DOWN)
    top, bottom = game.state(5, 0), game.state(0, 5)
    assert up.at(0, top, Stance.QUIET)[Move.HOLD] == 1
    assert up.at(0, bottom, Stance.QUIET)[Move.ESCALATE] == 1
    assert down.at(0, bottom, Stance.QUIET, Move.HOLD)[Move.HOLD] == 1
    half = disputant_rule(game, TOKYO, "half", lambda *_: {Move.ESCALATE: 1, Move.HOLD: 1, Move.APPEAL: 2})
    assert half.at(0, top, Stance.QUIET).tolist() == [0, 0.5, 0.5, 0, 0]


def test_a_third_party_rule_sees_the_state(game: Game) -> None:
    policy = third_party_rule(game, "late", lambda state: (
        Stance.CONVENE if game.appeals[state] == 2 else {Stance.QUIET: 3, Stance.URGE: 1}))
    check_policy(game, policy)
    assert policy.at(3, game.state(0, 0, 0, 2))[Stance.CONVENE] == 1
    assert policy.at(3, game.state(0, 0, 0, 1)).tolist() == [0.75, 0.25, 0, 0, 0]


def test_axes_are_in_the_order_of_the_formulas(game: Game) -> None:
    policy = strategies.random_policy(game, SEOUL, 3, "dense", 4)
    assert isinstance(policy, DisputantPolicy)
    assert policy.first.shape == (4, game.n_states, 5, 5)
    assert policy.second.shape == (4, game.n_states, 5, 5, 5)
    assert policy.length == 4
    assert (policy.at(2, 41, Stance.URGE) == policy.first[2, 41, Stance.URGE]).all()
    assert (policy.at(3, 41, Stance.URGE, Move.APPEAL) == policy.second[3, 41, Stance.URGE, Move.APPEAL]).all()
    third = strategies.random_policy(game, WASHINGTON, 3, "dense", 1)
    assert isinstance(third, ThirdPartyPolicy)
    assert third.stance.shape == (1, game.n_states, 5)
    assert (third.at(60, 7) == third.stance[0, 7]).all()


def test_tables_are_copied_and_read_only(game: Game) -> None:
    table = np.full((1, game.n_states, 5), 0.2)
    policy = ThirdPartyPolicy.from_tables("mine", table)
    table[...] = 0
    assert (policy.stance == 0.2).all()
    with pytest.raises(ValueError, match="read-only"):
        policy.stance[0, 0, 0] = 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        policy.name = "yours"  # type: ignore[misc]
    row = policy.at(0, 0)
    row[:] = 9
    assert (policy.stance == 0.2).all()


# ------------------------------------------------------------------------------ mixing, comparing


@given(weight=st.floats(0, 1), data=st.data())
def test_mixtures_are_convex_at_every_decision(game: Game, weight: float, data: st.DataObject) -> None:
    for seat in Actor:
        one, other = (data.draw(strategies.policies(game, seat, rounds=2)) for _ in range(2))
        blend = mix(one, other, weight)
        check_policy(game, blend, 2)
        for round_ in range(2):
            if isinstance(blend, ThirdPartyPolicy):
                rows = [policy.at(round_, 17) for policy in (one, other, blend)]  # type: ignore[call-arg]
            else:
                rows = [policy.at(round_, 17, 2, 1) for policy in (one, other, blend)]  # type: ignore[call-arg]
            assert rows[2] == pytest.approx((1 - weight) * rows[0] + weight * rows[1], abs=1e-15)


def test_mixing_keeps_the_ends_and_names_the_parts(game: Game) -> None:
    hawk, dove = always(game, Move.ESCALATE), always(game, Move.STEP_DOWN)
    assert same(mix(hawk, dove, 0), hawk)
    assert same(mix(hawk, dove, 1), dove)
    assert mix(hawk, dove, 0.25).name == "0.75 always escalate + 0.25 always step_down"
    assert mix(hawk, dove, 0.25, "both").name == "both"


@pytest.mark.parametrize("weight", [-0.1, 1.1, float("nan")])
def test_a_weight_outside_its_range_is_refused(game: Game, weight: float) -> None:
    with pytest.raises(PolicyError, match="weight"):
        mix(always(game, Move.HOLD), always(game, Move.APPEAL), weight)
    with pytest.raises(PolicyError, match="weight"):
        with_error(always(game, Move.HOLD), game, weight)


def test_policies_of_different_seats_do_not_mix(game: Game) -> None:
    tokyo, seoul, washington = seat_policies(game)
    for one, other in ((tokyo, seoul), (seoul, washington), (washington, tokyo)):
        with pytest.raises(PolicyError, match="different seats"):
            mix(one, other, 0.5)
        assert not same(one, other)


def test_a_trembling_hand(game: Game) -> None:
    policy = with_error(always(game, Move.HOLD), game, 0.2)
    check_policy(game, policy)
    assert policy.at(0, game.state(2, 2), Stance.QUIET).tolist() == pytest.approx([.04, .84, .04, .04, .04])
    assert policy.at(0, game.state(0, 2), Stance.QUIET).tolist() == pytest.approx([.05, .85, .05, .05, 0])
    assert same(with_error(policy, game, 1.0), uniform(game, TOKYO), 1e-15)


def test_sameness_looks_at_probabilities_only(game: Game) -> None:
    hold = always(game, Move.HOLD)
    assert same(hold, replace(hold, name="wait"))
    assert replace(hold, name="wait").name == "wait"
    assert not same(hold, always(game, Move.APPEAL))
    near = mix(hold, always(game, Move.APPEAL), 1e-6)
    assert not same(hold, near)
    assert same(hold, near, 1e-5)
    repeated = DisputantPolicy.from_tables("long", TOKYO, np.repeat(hold.first, 3, 0), np.repeat(hold.second, 3, 0))
    assert same(hold, repeated)
    assert not same(repeated, strategies.random_policy(game, TOKYO, 1, "dense", 2))


def test_profiles_name_and_swap_their_seats(game: Game, solution: Solution) -> None:
    changed = solution.profile.swap(SEOUL, always(game, Move.HOLD, SEOUL))
    assert changed.names == {"tokyo": "equilibrium", "seoul": "always hold", "washington": "equilibrium"}
    assert solution.profile.names["seoul"] == "equilibrium"
    assert changed.tokyo is solution.profile.tokyo


# ------------------------------------------------------------------------------------- checking


def broken(game: Game, seat: Actor, index: tuple[int, ...], row: list[float]) -> ThirdPartyPolicy | DisputantPolicy:
    """Uniform play, three rounds, with one row replaced; a fourth index is the first mover's move."""
    policy = uniform(game, seat, "broken")
    if isinstance(policy, ThirdPartyPolicy):
        stance = np.repeat(policy.stance, 3, 0)
        stance[index] = row
        return ThirdPartyPolicy.from_tables("broken", stance)
    first, second = np.repeat(policy.first, 3, 0), np.repeat(policy.second, 3, 0)
    (second if len(index) == 4 else first)[index] = row
    return DisputantPolicy.from_tables("broken", seat, first, second)


@pytest.mark.parametrize(("row", "complaint"), [
    ([0.2, 0.2, 0.2, 0.2, 0.17], "row of probabilities sums to 0.97"),
    ([0.2, 0.2, 0.2, 0.2, 0.2 + 1e-7], "row of probabilities sums to 1"),
    ([-0.1, 0.4, 0.3, 0.2, 0.2], "probability -0.1 is not in"),
    ([1.5, 0.0, 0.0, 0.0, -0.5], "probability 1.5 is not in"),
    ([float("nan"), 0.4, 0.2, 0.2, 0.2], "probability nan is not in"),
])
def test_a_bad_row_is_named(game: Game, row: list[float], complaint: str) -> None:
    state = game.state(1, 1, 1, 1)
    stances = broken(game, WASHINGTON, (1, state), row)
    with pytest.raises(PolicyError) as caught:
        check_policy(game, stances, 3)
    for part in ("'broken'", complaint, "round 2", game.describe(state)):
        assert part in str(caught.value)
    with pytest.raises(PolicyError) as caught:
        check_policy(game, broken(game, SEOUL, (2, state, Stance.URGE), row), 3)
    for part in (complaint, "round 3", game.describe(state), "stance urge"):
        assert part in str(caught.value)
    with pytest.raises(PolicyError) as caught:
        check_policy(game, broken(game, TOKYO, (0, state, Stance.PRESS_SEOUL, Move.STANDSTILL), row), 3)
    for part in (complaint, "round 1", game.describe(state), "stance press_seoul", "after standstill"):
        assert part in str(caught.value)


def test_an_illegal_option_with_a_chance_is_named(game: Game) -> None:
    top = game.state(5, 0)
    with pytest.raises(PolicyError, match=r"illegal option has probability 0\.2 at round 1, state \d+ \(rungs 5 "):
        check_policy(game, broken(game, TOKYO, (0, top, Stance.QUIET), [0.2] * 5), 3)
    check_policy(game, broken(game, SEOUL, (0, game.state(0, 5), Stance.QUIET), [0, 0.25, 0.25, 0.25, 0.25]), 3)


def test_a_short_policy_is_refused_where_rounds_are_missing(game: Game) -> None:
    policy = strategies.random_policy(game, TOKYO, 1, "dense", 3)
    check_policy(game, policy, 3)
    check_policy(game, policy, 2)
    with pytest.raises(PolicyError, match="tokyo: policy 'dense' covers 3 rounds; needed: 4, or 1 if stationary"):
        check_policy(game, policy, 4)
    with pytest.raises(PolicyError, match="needed: 78"):
        check_policy(game, policy)


def test_tables_of_another_game_are_refused(game: Game) -> None:
    policy = ThirdPartyPolicy.from_tables("small", np.full((1, 24, 5), 0.2))
    with pytest.raises(PolicyError, match=r"'small': stance has shape .*24.*, expected .*216"):
        check_policy(game, policy)


def test_a_policy_on_the_wrong_seat_is_refused(game: Game, solution: Solution) -> None:
    tokyo, seoul, washington = solution.profile
    check_profile(game, solution.profile)
    with pytest.raises(PolicyError, match="tokyo: policy 'equilibrium' belongs to seoul"):
        check_profile(game, Profile(seoul, seoul, washington))
    with pytest.raises(PolicyError, match="seoul: policy 'equilibrium' belongs to tokyo"):
        check_profile(game, Profile(tokyo, tokyo, washington))


# -------------------------------------------------------------------------------------- drawing


rows = arrays.arrays(float, st.integers(1, 6), elements=st.one_of(
    st.sampled_from([0.0, 0.0, 1.0, 1e-17, 5e-324]), st.floats(0, 1))).filter(lambda row: row.sum() > 0).map(
        lambda row: row / row.sum()).filter(lambda row: abs(row.sum() - 1) < 1e-9)
units = st.one_of(st.floats(0, 1, exclude_max=True), st.sampled_from([0.0, 1 - 2.0**-53, 5e-324]))


@given(rows, units)
def test_a_draw_never_selects_an_impossible_option(row: np.ndarray, u: float) -> None:
    chosen = draw(row, u)
    assert 0 <= chosen < len(row)
    assert row[chosen] > 0
    assert chosen == (u >= thresholds(row)).sum()


@pytest.mark.parametrize("row", [
    [0.5, 0.5 - 5e-10, 0.0], [0.0, 1 - 5e-10, 0.0, 0.0], [0.25, 0.0, 0.75 - 5e-10, 0.0, 0.0], [0.5, 0.5 - 5e-10]])
def test_a_row_that_sums_to_a_little_less_than_one_still_draws_what_is_possible(row: list[float]) -> None:
    """The check of a policy lets a sum be off by 1e-9; a draw above it takes the last possible option."""
    last = max(option for option, probability in enumerate(row) if probability > 0)
    assert draw(np.array(row), 1 - 1e-10) == draw(np.array(row), 1 - 2.0**-53) == last


def test_rounding_in_long_sums_never_selects_an_impossible_option() -> None:
    table = strategies.random_rows(np.random.default_rng(8), np.tile([True] * 4 + [False], (3000, 1)), "dense")
    assert (np.cumsum(table, axis=1)[:, 3] < 1).any()
    assert (thresholds(table)[:, 3] > 1 - 2.0**-53).all()


@given(rows, st.data())
def test_a_draw_follows_the_running_sums(row: np.ndarray, data: st.DataObject) -> None:
    option = data.draw(st.integers(0, len(row) - 1).filter(lambda option: row[option] > 1e-9))
    low, high = row[:option].sum(), row[:option + 1].sum()
    assert draw(row, min(low + row[option] / 2, 1 - 2.0**-53)) == option
    assert len(thresholds(row)) == len(row) - 1
    assert high - low == pytest.approx(row[option])


def test_thresholds_of_whole_tables_are_those_of_their_rows() -> None:
    rng = np.random.default_rng(2)
    table = strategies.random_rows(rng, np.ones((4, 3, 5), dtype=bool), "sparse")
    for index in np.ndindex(4, 3):
        assert (thresholds(table)[index] == thresholds(table[index])).all()


def test_draws_have_the_right_frequencies() -> None:
    row = np.array([0.1, 0.0, 0.6, 0.3, 0.0])
    grid = (np.arange(1000) + 0.5) / 1000
    drawn = [draw(row, u) for u in grid]
    assert np.bincount(drawn, minlength=5) == pytest.approx([100, 0, 600, 300, 0], abs=1)
