"""One suite that every behaviour, scenario and engine passes; what remembers has nothing exact to agree with."""

from __future__ import annotations

import copy
import pickle
from itertools import cycle

import numpy as np
import pytest
from scipy.stats import chisquare

from negotiation.behaviours import CATALOGUE, Kind, behaviour, behaviours_for, make_profile
from negotiation.checks import check_game
from negotiation.engines.batch import simulate
from negotiation.engines.exact import propagate
from negotiation.engines.mesa_model import NegotiationModel
from negotiation.engines.trajectory import trace
from negotiation.game import Game, compile_game
from negotiation.library import load_scenario, scenario_names
from negotiation.policy import Profile, check_policy, same
from negotiation.vocabulary import Actor

GAMES = {name: compile_game(load_scenario(name)) for name in scenario_names()}
SEATS = [(name, seat) for name, seats in CATALOGUE.items() for seat in seats]


def profiles(game: Game) -> list[Profile]:
    """Every behaviour at least once on every seat it can take."""
    names = [behaviours_for(actor) for actor in Actor]
    longest = max(len(group) for group in names)
    turned = [names[0], names[1][3:] + names[1][:3], names[2][1:] + names[2][:1]]  # not each with its like
    wheels = [cycle(group) for group in turned]
    return [make_profile(game, *(next(wheel) for wheel in wheels)) for _ in range(longest)]


@pytest.mark.parametrize("name", GAMES)
def test_every_scenario_compiles_to_a_sound_game(name: str) -> None:
    check_game(GAMES[name])


@pytest.mark.parametrize("name", GAMES)
@pytest.mark.parametrize(("key", "seat"), SEATS, ids=[f"{key}-{seat.key}" for key, seat in SEATS])
def test_every_behaviour_gives_a_legal_policy_that_copies_and_pickles(name: str, key: str, seat: Actor) -> None:
    game = GAMES[name]
    policy = behaviour(key).policy(game, seat)
    check_policy(game, policy, remembering=True)
    assert (policy.memory is not None) == (behaviour(key).kind is Kind.MEMORY)
    assert policy.name == key
    assert same(policy, pickle.loads(pickle.dumps(policy)))
    assert same(policy, copy.deepcopy(policy))
    assert same(policy, behaviour(key).policy(game, seat))


@pytest.mark.parametrize("key", CATALOGUE)
def test_every_behaviour_says_its_rule_in_one_line(key: str) -> None:
    rule = behaviour(key).rule
    assert 10 < len(rule) < 100
    assert "\n" not in rule


@pytest.mark.parametrize("name", GAMES)
def test_exact_and_batch_agree_within_sampling_error(name: str) -> None:
    game = GAMES[name]
    for number, profile in enumerate(profile for profile in profiles(game) if not profile.remembers):
        distribution = propagate(game, profile)
        episodes = simulate(game, profile, 20_000, seed=11 + number)
        expected = distribution.outcome_probabilities() * 20_000
        possible = expected > 1e-9
        assert not episodes.counts[~possible].any()
        frequent = expected >= 5  # chi-square needs a few; the rest is one class
        observed = np.append(episodes.counts[frequent], episodes.counts[~frequent].sum())
        wanted = np.append(expected[frequent], expected[~frequent].sum())
        keep = wanted >= 1
        if keep.sum() > 1:
            scale = observed[keep].sum() / wanted[keep].sum()
            assert chisquare(observed[keep], wanted[keep] * scale).pvalue > 1e-6, profile.names
        distance = np.abs(episodes.payoff_mean - distribution.expected_payoff)
        assert (distance <= 6 * episodes.payoff_error + 1e-9).all(), profile.names


@pytest.mark.parametrize("name", GAMES)
def test_batch_trace_and_mesa_agree_move_for_move(name: str) -> None:
    game = GAMES[name]
    for number, profile in enumerate(profiles(game)):
        seed, first, count = 2**70 + number, 10**12 + 16_380, 30
        records = simulate(game, profile, count, seed, first_episode=first).records.columns()
        for index in range(count):
            path = trace(game, profile, seed, first + index)
            model = NegotiationModel(game, profile, seed=seed, episode=first + index)
            assert model.play().weeks == path.weeks
            told = model.record()
            assert told == path.record()
            assert {key: column[index] for key, column in records.items() if key != "episode"} == told


def test_batch_equals_mesa_on_thousands_of_episodes() -> None:
    game = GAMES["tokyo_seoul_2019"]
    profile = make_profile(game)
    records = simulate(game, profile, 2_000, 5).records.columns()
    for episode in range(2_000):
        model = NegotiationModel(game, profile, seed=5, episode=episode)
        assert model.play().weeks == trace(game, profile, 5, episode).weeks
        assert all(records[key][episode] == value for key, value in model.record().items())


def test_a_mediator_with_nothing_to_offer_changes_nothing_at_all() -> None:
    """Fey & Ramsay (2010): exact for whatever the third party does."""
    game = GAMES["nothing_to_offer"]
    results = [propagate(game, make_profile(game, washington=name)) for name in behaviours_for(Actor.WASHINGTON)]
    for other in results[1:]:
        np.testing.assert_allclose(other.outcome_probabilities(), results[0].outcome_probabilities(), atol=1e-12)
        np.testing.assert_allclose(other.expected_payoff[:2], results[0].expected_payoff[:2], atol=1e-12)
    # ... and it does matter where it has something to offer.
    game = GAMES["tokyo_seoul_2019"]
    one, other = (propagate(game, make_profile(game, washington=name)).outcome_probabilities()
                  for name in ("absent", "honest_broker"))
    assert np.abs(one - other).max() > 0.01
