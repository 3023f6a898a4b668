"""The battery that every behaviour passes, the package's own and yours.

    from negotiation.testing import BehaviourBattery, Situation

    class TestPacifist(BehaviourBattery):
        choice = "my_module.pacifist"
        situations = [Situation(rungs=(2, 1), plays=Move.STEP_DOWN), ...]

    check_behaviour("my_module.pacifist")       # the same without pytest; raises AssertionError

It holds a behaviour against its claims on several scenarios: its policy is a table of probabilities over legal
options; making it twice, copying and pickling it give the same policy; the same seed gives the same episodes;
replay, batch and Mesa play the same moves, and a table's exact distribution is what episodes come to; and its
documented rule, as moves in situations made by hand.
"""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

import numpy as np

from negotiation.behaviours import behaviour, check_choice, make_policy
from negotiation.behaviours.specification import Behaviour
from negotiation.engines.batch import simulate
from negotiation.engines.exact import propagate
from negotiation.engines.mesa_model import NegotiationModel
from negotiation.engines.trajectory import Week, remembered, trace
from negotiation.game import Game, compile_game
from negotiation.library import load_scenario
from negotiation.policy import Policy, Profile, ThirdPartyPolicy, check_policy, same, uniform
from negotiation.vocabulary import DISPUTANTS, Actor, Chance, Move, Stance

SCENARIOS = ("tokyo_seoul_2019", "river_dam")
PAIRED, SIMULATED = 40, 20_000  # episodes compared move for move, and held against exact probabilities
FAR = 6.0  # standard errors


@dataclass(frozen=True)
class Situation:
    """What a behaviour is documented to do in one situation; scenario `tokyo_seoul_2019` unless named.

    Attributes:
        rungs: in force on Tokyo's and Seoul's ladder.
        plays: the option it takes for sure, or option to probability.
        seat: whose part it plays.
        standstill: is one in force.
        appeals: of last round; None where it makes no difference, which is then checked.
        stance: Washington's; None where it makes no difference, which is then checked.
        answering: the other side's move this round; None if the seat moves first.
        before: weeks gone by, for behaviours that remember: (who moved first, stance, moves of Tokyo and Seoul, state
            at its start as (rung, rung, standstill, appeals)).
        settings: of its parameters.
        scenario: name of the scenario.
    """

    rungs: tuple[int, int]
    plays: Move | Stance | dict[Move, float] | dict[Stance, float]
    seat: Actor = Actor.TOKYO
    standstill: int = 0
    appeals: int | None = None
    stance: Stance | None = None
    answering: Move | None = None
    before: tuple[tuple[Actor, Stance, Move, Move, tuple[int, int, int, int]], ...] = ()
    settings: tuple[tuple[str, Any], ...] = ()
    scenario: str = "tokyo_seoul_2019"

    def check(self, found: Behaviour) -> None:
        """Raise AssertionError unless the behaviour does what the situation says."""
        game = _game(self.scenario)
        policy = found.policy(game, self.seat, **dict(self.settings))
        row = remembered(policy, [_week(game, number, *week) for number, week in enumerate(self.before)])
        wanted = np.zeros(len(Stance) if self.seat is Actor.WASHINGTON else len(Move))
        for option, share in (self.plays if isinstance(self.plays, dict) else {self.plays: 1.0}).items():
            wanted[option] = share
        for appeals in range(3) if self.appeals is None else (self.appeals,):
            state = game.state(*self.rungs, self.standstill, appeals)
            for stance in Stance if self.stance is None else (self.stance,):
                played = (policy.at(row, state) if isinstance(policy, ThirdPartyPolicy)
                          else policy.at(row, state, stance, self.answering))
                assert np.allclose(played, wanted, atol=1e-12), (
                    f"{policy.name} in {game.describe(state)}, stance {stance.key}, answering {self.answering}: plays "
                    f"{played.round(4).tolist()}, documented {wanted.round(4).tolist()}")


@cache
def _game(scenario: str) -> Game:
    return compile_game(load_scenario(scenario))


def _week(game: Game, number: int, leader: Actor, stance: Stance, tokyo: Move, seoul: Move,
          state: tuple[int, int, int, int]) -> Week:
    return Week(number + 1, game.state(*state), stance, leader, (tokyo, seoul), 0, False, False, Chance.ON, 0,
                (0.0, 0.0, 0.0), (0.0, 0.0, 0.0))


# ------------------------------------------------------------------------------- what is checked


def check_says_its_rule(choice: Any) -> None:
    """One line of plain English, a name, seats."""
    found = behaviour(choice if isinstance(choice, str) else choice["behaviour"])
    short = 8 < len(found.rule) < 110 and "\n" not in found.rule
    assert short, f"{found.name}: its rule is no short line: {found.rule!r}"
    assert found.seats, f"{found.name} takes no seat"
    for name, parameter in found.parameters.items():
        assert parameter.meaning, f"{found.name}.{name} has no meaning"
        parameter.check(f"{found.name}.{name}", parameter.default)


def check_legal(choice: Any, scenario: str, seat: Actor) -> None:
    """Probabilities over legal options at every decision, and memory states that exist."""
    check_policy(_game(scenario), make_policy(_game(scenario), seat, choice), remembering=True)


def check_same_again(choice: Any, scenario: str, seat: Actor) -> None:
    """Made again, copied and pickled it is the same; and it leaves the game as it was."""
    game = _game(scenario)
    policy = make_policy(game, seat, choice)
    for other in (make_policy(game, seat, choice), copy.deepcopy(policy), pickle.loads(pickle.dumps(policy))):
        assert same(policy, other), f"{policy.name}: not the same again"
    fresh = compile_game(load_scenario(scenario))
    assert same(policy, make_policy(fresh, seat, choice)), f"{policy.name}: depends on more than the scenario"


def check_engines(choice: Any, scenario: str, seat: Actor) -> None:
    """Same seed, same episodes; replay, batch and Mesa move for move; exact as far as sampling tells."""
    game = _game(scenario)
    others: dict[Actor, Policy] = {actor: uniform(game, actor, "random") for actor in Actor}
    profile = Profile.of({**others, seat: make_policy(game, seat, choice)})
    records = simulate(game, profile, PAIRED, 20190731).records.columns()
    again = simulate(game, profile, PAIRED, 20190731, workers=1).records.columns()
    for name, column in records.items():
        assert np.array_equal(column, again[name]), f"{profile[seat].name}: the same seed gave another {name}"
    for episode in range(PAIRED):
        path = trace(game, profile, 20190731, episode)
        model = NegotiationModel(game, profile, seed=20190731, episode=episode)
        assert model.play().weeks == path.weeks, f"{profile[seat].name}: Mesa and replay part in episode {episode}"
        told = model.record()
        parted = [name for name, value in told.items() if records[name][episode] != value]
        assert not parted, f"{profile[seat].name}: batch and Mesa differ in episode {episode}: {parted}"
    if profile.remembers:
        return
    exact = propagate(game, profile)
    found = simulate(game, profile, SIMULATED, 7, record=0)
    probabilities = exact.outcome_probabilities()
    error = np.sqrt(probabilities * (1 - probabilities) / SIMULATED)
    off = np.abs(found.outcome_shares() - probabilities)
    assert (off <= FAR * error + 1e-4).all(), f"{profile[seat].name}: simulated shares are off by {off.max():.4f}"
    gap = np.abs(found.payoff_mean - exact.expected_payoff)
    assert (gap <= FAR * found.payoff_error + 1e-9).all(), f"{profile[seat].name}: simulated payoffs are off by {gap}"


CHECKS = (check_legal, check_same_again, check_engines)


def check_behaviour(choice: Any, situations: Sequence[Situation] = (),
                    scenarios: Sequence[str] = SCENARIOS) -> None:
    """The whole battery on one choice.

    Args:
        choice: as for `negotiation.behaviours.make_policy`.
        situations: its documented rule.
        scenarios: names of the scenarios to try it on.

    Raises:
        AssertionError: it does not keep what behaviours promise.
        ParameterError: there is no such behaviour.
    """
    check_says_its_rule(choice)
    for scenario in scenarios:
        for seat in seats_of(choice):
            for check in CHECKS:
                check(choice, scenario, seat)
    for situation in situations:
        situation.check(behaviour(choice if isinstance(choice, str) else choice["behaviour"]))


def seats_of(choice: Any) -> tuple[Actor, ...]:
    """The seats that a choice can take."""
    name = choice if isinstance(choice, str) else choice["behaviour"]
    seats = behaviour(name).seats
    for seat in seats:
        check_choice(seat, choice)
    return seats


class BehaviourBattery:
    """Tests for pytest to inherit: name the choice, and its rule as situations.

    Attributes:
        choice: as for `negotiation.behaviours.make_policy`, by name, dotted path or mapping.
        situations: its documented rule; at least one, unless it is solved for or random.
        scenarios: names of the scenarios to try it on.
    """

    choice: ClassVar[Any]
    situations: ClassVar[Sequence[Situation]] = ()
    scenarios: ClassVar[Sequence[str]] = SCENARIOS

    def cases(self) -> Iterator[tuple[str, Actor]]:
        """Every scenario and seat."""
        return ((scenario, seat) for scenario in self.scenarios for seat in seats_of(self.choice))

    def test_says_its_rule(self) -> None:
        """See `check_says_its_rule`."""
        check_says_its_rule(self.choice)

    def test_legal(self) -> None:
        """See `check_legal`."""
        for scenario, seat in self.cases():
            check_legal(self.choice, scenario, seat)

    def test_same_again(self) -> None:
        """See `check_same_again`."""
        for scenario, seat in self.cases():
            check_same_again(self.choice, scenario, seat)

    def test_engines(self) -> None:
        """See `check_engines`."""
        for scenario, seat in self.cases():
            check_engines(self.choice, scenario, seat)

    def test_rule(self) -> None:
        """Every situation; both disputants' seats must be among them where it takes both."""
        found = behaviour(self.choice if isinstance(self.choice, str) else self.choice["behaviour"])
        for situation in self.situations:
            situation.check(found)
        if set(DISPUTANTS) <= set(found.seats) and self.situations:
            assert {situation.seat for situation in self.situations} >= set(DISPUTANTS), "one seat is not documented"


__all__ = [
    "SCENARIOS", "BehaviourBattery", "Situation", "check_behaviour", "check_engines", "check_legal",
    "check_same_again", "check_says_its_rule", "seats_of",
]
