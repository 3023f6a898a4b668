"""What must hold exactly, in every scenario: the limits of logit response, and the third party with nothing to offer.

Each function gives the largest deviation from its identity, which is zero but for rounding.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from negotiation.behaviours import make_profile
from negotiation.engines.exact import propagate_unchecked
from negotiation.game import Floats, Game, compile_game
from negotiation.policy import DisputantPolicy, Policy, Profile, ThirdPartyPolicy, uniform
from negotiation.scenario import Scenario
from negotiation.solve import backward_induction, best_response, respond_to
from negotiation.vocabulary import DISPUTANTS, Actor, Stance

PLAYED = 8  # rounds of the game in which a third party with nothing to offer is looked at in play
SHORT = 3  # rounds of the game in which the logit equilibrium is sought from several starting points
DECISIONS = 3  # decisions a round, one after the other: third party, first mover, second mover
STARTS = (("random", "random", "random"), ("subgame_perfect", "subgame_perfect", "subgame_perfect"),
          ("hawk", "dove", "honest_broker"))


def tables(policy: Policy) -> tuple[Floats, ...]:
    """The probability tables of a policy, in loop order."""
    if isinstance(policy, ThirdPartyPolicy):
        return (policy.stance_inner,)
    return policy.first_inner, policy.second_inner


def distance(first: Policy, second: Policy) -> float:
    """Largest difference between two policies of a seat in any probability of any decision."""
    return max(float(np.abs(one - other).max()) for one, other in zip(tables(first), tables(second), strict=True))


def from_uniform(scenario: Scenario) -> float:
    """How far play at precision 0 is from taking all legal options equally often, at any decision."""
    game = compile_game(scenario)
    played = backward_induction(game, np.zeros(3)).profile
    return max(distance(played[actor], uniform(game, actor)) for actor in Actor)


def from_perfect(scenario: Scenario) -> float:
    """Most that any actor could gain in any subgame by a best reply to play at infinite precision, payoff units.

    Zero in every round and state is the definition of subgame perfection.
    """
    game = compile_game(scenario)
    solution = backward_induction(game, np.full(3, np.inf))
    return max(float((best_response(game, solution.profile, actor).values[:, actor]
                      - solution.values[:, actor]).max()) for actor in Actor)


def from_unique(scenario: Scenario) -> float:
    """How far repeated logit responses from several starting points end from the one equilibrium.

    In a game of three rounds. Each step lets every seat answer the others' policies of the step before; a
    decision is settled one step after those that follow it, so as many steps as decisions in a row suffice. Another
    equilibrium would be a fixed point of the same steps.
    """
    game = compile_game(scenario.override({"rounds": SHORT, "shadow": 0}))
    only = backward_induction(game).profile
    worst = 0.0
    for names in STARTS:
        profile = make_profile(game, *names)
        for _ in range(SHORT * DECISIONS + 1):
            profile = Profile.of({actor: respond_to(game, profile, (actor,)).profile[actor] for actor in Actor})
        worst = max(worst, *(distance(profile[actor], only[actor]) for actor in Actor))
    return worst


def with_nothing_to_offer(scenario: Scenario) -> Scenario:
    """The scenario with a third party without means: no pressure, cover or welcome, the same talks whatever it does."""
    talks = scenario.washington.stances.quiet.talks
    changes: dict[str, object] = {"washington.welcome": [0.0, 0.0, 0.0]}
    for stance in Stance:
        for name, value in (("pressure_tokyo", 0.0), ("pressure_seoul", 0.0), ("cover", 0.0), ("talks", talks)):
            changes[f"washington.stances.{stance.key}.{name}"] = value
    return scenario.override(changes)


MEDIATORS: tuple[dict[str, float], ...] = (
    {}, {"washington.attention": 0.0}, {"washington.attention": 5.0}, {"washington.precision": 0.0},
    {"washington.precision": float("inf")}, {"washington.affinity.tokyo": 1.0, "washington.prize": 50.0})
PRESENCE = ("absent", "honest_broker")


def from_null(scenario: Scenario) -> float:
    """Most that a third party with nothing to offer changes, whatever it wants and does: in the rules and in play.

    First in what the disputants' choices are made of (`rules_by_mediator`): where that is the same under every stance
    and every mediator, so are, one round after the other from the last, what every option is worth to them
    and how they choose. Then in play itself (`play_by_mediator`), in a game of `PLAYED` rounds: over many
    more, sharp play may amplify what rounding leaves.
    """
    powerless = with_nothing_to_offer(scenario)
    return max(rules_by_mediator(powerless), play_by_mediator(powerless.override({"rounds": PLAYED, "shadow": 0})))


def rules_by_mediator(scenario: Scenario) -> float:
    """Largest difference between stances and mediators in the disputants' payoffs, in chances, and in ends."""
    games = [compile_game(scenario.override(changes)) for changes in MEDIATORS]

    def made_of(game: Game) -> tuple[Floats, ...]:
        by_stance = [game.payoff[:2].swapaxes(0, 1), game.settlement, game.settlement_payoff[:2].swapaxes(0, 1)]
        return (*by_stance, game.rupture, game.lapse, game.rupture_payoff[:2], game.discount[:2], game.precision[:2])

    across = max(_largest(made_of(first), made_of(second)) for first, second in pairwise([*games, games[0]]))
    return max(across, *(float(np.abs(table - table[:1]).max()) for table in made_of(games[0])[:3]))


def play_by_mediator(scenario: Scenario) -> float:
    """Largest difference that mediators make in play.

    Compared are the disputants' choice probabilities at every decision and under every stance, outcome
    probabilities and the distribution over rungs and standstill week by week, and the disputants' payoffs (relative
    to the larger of 1 and their size); between mediators of different attention, precision, bias and greed
    and between named behaviours of the mediator, to which the disputants respond.
    """
    worlds = []
    for changes in MEDIATORS:
        game = compile_game(scenario.override(changes))
        worlds.append(_world(game, backward_induction(game, keep=game.rounds).profile))
    game = compile_game(scenario)
    for name in PRESENCE:
        answered = respond_to(game, make_profile(game, "random", "random", name), DISPUTANTS)
        worlds.append(_world(game, answered.profile))
    across = max(_largest(first, second) for first, second in pairwise([*worlds, worlds[0]]))
    return max(across, *(_across_stances(table) for table in worlds[0][:4]))


def _largest(first: tuple[Floats, ...], second: tuple[Floats, ...]) -> float:
    return max(float(np.abs(one - other).max()) for one, other in zip(first, second, strict=True))


def _world(game: Game, profile: Profile) -> tuple[Floats, ...]:
    found = propagate_unchecked(game, profile)
    policies: list[DisputantPolicy] = [profile.tokyo, profile.seoul]
    choices = [table[:game.rounds] for policy in policies for table in tables(policy)]
    payoffs = found.expected_payoff[:2]
    return (*choices, found.outcome_probabilities(), found.mass, payoffs / np.maximum(np.abs(payoffs), 1.0))


def _across_stances(table: Floats) -> float:
    return float(np.abs(table - table[:, :1]).max())


__all__ = ["PLAYED", "distance", "from_null", "from_perfect", "from_uniform", "from_unique", "play_by_mediator",
           "rules_by_mediator", "tables", "with_nothing_to_offer"]
