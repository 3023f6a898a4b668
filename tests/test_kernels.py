"""The two numerical tools of the compiled loops, against the standard library and NumPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit

from negotiation.draws import episode_draws, stream_key
from negotiation.kernels.induction import respond
from negotiation.kernels.numeric import exp_nonpositive, philox

WORDS = st.integers(0, 2**64 - 1)


@njit(error_model="numpy")
def exponentials(x, out):
    for i in range(x.size):
        out[i] = exp_nonpositive(x[i])


@njit
def philox_words(c0, c1, key0, key1, out):
    a, b, c, d = philox(c0, c1, key0, key1)
    out[0], out[1], out[2], out[3] = a, b, c, d


def exp_all(x: np.ndarray) -> np.ndarray:
    out = np.empty_like(x)
    exponentials(x, out)
    return out


def block(c0: int, c1: int, key0: int, key1: int) -> list[int]:
    out = np.empty(4, dtype=np.uint64)
    philox_words(np.uint64(c0), np.uint64(c1), np.uint64(key0), np.uint64(key1), out)
    return [int(word) for word in out]


def test_exp_is_within_two_ulp_everywhere() -> None:
    rng = np.random.default_rng(5)
    halves = (np.arange(1022) + 0.5) * -math.log(2)  # where the reduction changes its integer
    x = np.concatenate([
        -rng.uniform(0, 708, 40_000), -rng.exponential(1, 20_000), -(10.0 ** rng.uniform(-300, 0, 5_000)),
        halves, np.nextafter(halves, 0), np.nextafter(halves, -1000), np.arange(1022) * -math.log(2),
        np.array([0.0, -0.0, -5e-324, -1e-17, -1.0, -707.9999, -708.0])])
    x = x[x >= -708]
    true = np.array([math.exp(value) for value in x])
    assert (np.abs(exp_all(x) - true) <= 2 * np.spacing(true)).all()


def test_exp_at_its_edges() -> None:
    below = np.array([np.nextafter(-708.0, -1000), -709.0, -745.2, -1e10, -1e300, -np.inf])
    assert (exp_all(below) == 0).all()
    assert exp_all(np.array([0.0, -0.0])).tolist() == [1.0, 1.0]
    assert exp_all(np.array([-708.0]))[0] > 0


@given(st.lists(st.floats(-708, 0), min_size=2, max_size=20))
def test_exp_stays_in_the_unit_interval(values: list[float]) -> None:
    result = exp_all(np.array(values))
    assert ((result > 0) & (result <= 1)).all()


@pytest.mark.parametrize(("counter", "key", "words"), [
    # Known answers published with Random123 (Salmon et al. 2011), philox4x64, 10 rounds.
    ((0, 0), (0, 0), "16554d9eca36314c db20fe9d672d0fdc d7e772cee186176b 7e68b68aec7ba23b"),
])
def test_philox_known_answers(counter: tuple[int, int], key: tuple[int, int], words: str) -> None:
    assert block(*counter, *key) == [int(word, 16) for word in words.split()]


@given(c0=st.integers(1, 2**64 - 1), c1=WORDS, key0=WORDS, key1=WORDS)
def test_philox_is_numpys(c0: int, c1: int, key0: int, key1: int) -> None:
    counter, key = np.array([c0 - 1, c1, 0, 0], dtype=np.uint64), np.array([key0, key1], dtype=np.uint64)
    generator = np.random.Philox(counter=counter, key=key)
    assert block(c0, c1, key0, key1) == [int(word) for word in generator.random_raw(4)]


@given(seed=st.integers(0, 2**128 - 1), episode=st.integers(0, 2**63 - 1), point=st.none() | st.integers(0, 10**6))
def test_draws_are_cut_from_the_words_as_documented(seed: int, episode: int, point: int | None) -> None:
    key = stream_key(seed, point)
    for week, draws in enumerate(episode_draws(seed, episode, 3, point), start=1):
        words = block(week, episode, int(key[0]), int(key[1]))
        mantissas = [word // 2**11 / 2**53 for word in words]
        low = [word % 2**11 for word in words]
        order = (low[0] * 2**33 + low[1] * 2**22 + low[2] * 2**11 + low[3]) / 2**44
        assert tuple(draws) == (mantissas[0], order, mantissas[1], mantissas[2], mantissas[3])
        assert all(0 <= u < 1 for u in draws)


def test_draws_depend_on_seed_episode_and_point() -> None:
    streams = [episode_draws(1, 1, 2), episode_draws(2, 1, 2), episode_draws(1, 2, 2), episode_draws(1, 1, 2, 0),
               episode_draws(1, 1, 2, 1)]
    assert len({tuple(stream) for stream in streams}) == len(streams)
    assert episode_draws(1, 1, 5)[:2] == streams[0]


def test_draws_look_uniform() -> None:
    draws = np.array([week for episode in range(400) for week in episode_draws(3, episode, 25)])
    assert np.abs(draws.mean(axis=0) - 0.5).max() < 5 * math.sqrt(1 / 12 / len(draws))
    assert np.abs(np.corrcoef(draws.T) - np.eye(5)).max() < 5 / math.sqrt(len(draws))


# ------------------------------------------------------------------------------- the logit response


def response(worth: list[float], precision: float, legal: list[bool] | None = None) -> np.ndarray:
    """One decision through the compiled response; it has five options, those not given are illegal."""
    column, penalty, probabilities = np.zeros((5, 1)), np.full((5, 1), -1e300), np.empty((5, 1))
    column[:len(worth), 0] = worth
    penalty[:len(worth), 0][np.ones(len(worth), bool) if legal is None else np.array(legal)] = 0.0
    respond(column, penalty, precision, probabilities)
    assert (probabilities[len(worth):] == 0).all()
    return probabilities[:len(worth), 0]


@given(st.lists(st.floats(-50, 50), min_size=2, max_size=5), st.floats(0, 10), st.data())
def test_response_is_proportional_to_the_exponential(worth: list[float], precision: float,
                                                     data: st.DataObject) -> None:
    legal = data.draw(st.lists(st.booleans(), min_size=len(worth), max_size=len(worth)).filter(any))
    result = response(worth, precision, legal)
    assert result.sum() == pytest.approx(1, abs=1e-14)
    best = max(value for value, ok in zip(worth, legal, strict=True) if ok)
    weights = [math.exp(precision * (value - best)) if ok else 0 for value, ok in zip(worth, legal, strict=True)]
    assert result == pytest.approx(np.array(weights) / sum(weights), abs=1e-13)
    assert (result[~np.array(legal)] == 0).all()


@pytest.mark.parametrize("precision", [0.0, 5e-324, 1e-300, 1.0, 1e300, math.inf])
def test_an_illegal_option_is_never_played(precision: float) -> None:
    result = response([1e6, -3.0, -3.0], precision, [False, True, True])
    assert result[0] == 0
    assert result.sum() == pytest.approx(1)


def test_precision_zero_is_uniform() -> None:
    result = response([5.0, -5.0, 0.0, 9.0], 0.0, [True, True, False, True])
    assert result == pytest.approx([1 / 3, 1 / 3, 0, 1 / 3])


@pytest.mark.parametrize(("worth", "chosen"), [
    ([0.0, 0.0, 0.0], 0), ([0.0, 5e-13, 0.0], 0), ([0.0, 2e-12, 2e-12], 1), ([-1.0, 3.0, 3.0], 1),
    ([0.0, 1.0, 2.0], 2)])
def test_infinite_precision_takes_the_lowest_numbered_of_the_best(worth: list[float], chosen: int) -> None:
    assert response(worth, math.inf).tolist() == [float(option == chosen) for option in range(3)]


# The four-move centipede of McKelvey & Palfrey (1998), payoffs and probabilities of taking as published.
CENTIPEDE = [(0.4, 0.1), (0.2, 0.8), (1.6, 0.4), (0.8, 3.2), (6.4, 1.6)]


@pytest.mark.parametrize(("precision", "published"), [
    (1.0, [0.29625657, 0.27798029, 0.46488365, 0.83201839]),
    (2.0, [0.23619297, 0.37629874, 0.76157682, 0.96083428]),
])
def test_the_centipede(precision: float, published: list[float]) -> None:
    later, take = CENTIPEDE[-1], []
    for node in (3, 2, 1, 0):
        mover = node % 2
        row = response([CENTIPEDE[node][mover], later[mover]], precision)
        take.insert(0, float(row[0]))
        later = tuple(float(row @ [CENTIPEDE[node][i], later[i]]) for i in (0, 1))
    assert take == pytest.approx(published, abs=5e-9)
