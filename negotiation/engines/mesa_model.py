"""The game with Mesa agents: for memory, learning, people, and for watching.

`NegotiationModel` plays one episode, one week a step. Its three agents, two `Disputant` and one
`ThirdParty`, choose through a policy table unless a subclass overrides ``choose(observation)``:

    class Patient(Disputant):
        def choose(self, observation):
            return Move.STANDSTILL if observation.round > 3 else Move.HOLD

    model = NegotiationModel(scenario, agents={"seoul": Patient}, seed=1, episode=0)

The draws are those of the other engines (`negotiation.draws`), so that with the same policies episode
n is the same episode everywhere, move for move. A subclass that wants chance should use
``self.draw(observation, probabilities)``, which spends the decision's own uniform.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, cast

import mesa
import numpy as np

from negotiation.behaviours import make_policy, make_profile
from negotiation.drawing import draw
from negotiation.draws import episode_draws
from negotiation.engines.dispute import Dispute, Observation
from negotiation.engines.trajectory import Trajectory, Week, remembered
from negotiation.game import Floats, Game, compile_game
from negotiation.library import load_scenario
from negotiation.outcome_rules import discount_weights
from negotiation.parameters import ParameterError
from negotiation.policy import DisputantPolicy, Policy, Profile, ThirdPartyPolicy, check_profile
from negotiation.scenario import Scenario
from negotiation.vocabulary import DISPUTANTS, Actor, Chance, Move, Outcome, Stance

_compiled = lru_cache(maxsize=32)(compile_game)


class NegotiationAgent(mesa.Agent):  # type: ignore[misc]
    """A seat of the game.

    Attributes:
        actor: which seat.
        policy: its table; None for a subclass that needs none.
        payoff: discounted payoffs so far.
        last_choice: what it chose last, None before the first week.
    """

    def __init__(self, model: mesa.Model, actor: Actor, policy: Policy | None = None) -> None:
        super().__init__(model)
        self.actor = actor
        self.policy = policy
        self.payoff = 0.0
        self.last_choice: Stance | Move | None = None
        self._known: tuple[int, Week | None, int | None] = 0, None, None  # weeks, the last of them, memory state

    @property
    def name(self) -> str:
        """The seat's display name; its key in a model that has no game."""
        game: Game | None = getattr(self.model, "game", None)
        return self.actor.key if game is None else game.scenario.display_name(self.actor)

    def row_of(self, observation: Observation) -> int:
        """Where to read the agent's policy: the round from 0, or what it remembers if the policy has memory."""
        if self.policy is None or self.policy.memory is None:
            return observation.round - 1
        weeks, last, memory = self._known
        history = observation.history
        if not 0 < weeks <= len(history) or history[weeks - 1] is not last:  # another dispute than last time
            weeks, memory = 0, None
        memory = remembered(self.policy, history[weeks:], memory)
        self._known = len(history), history[-1] if history else None, memory
        return memory

    def draw(self, observation: Observation, probabilities: Floats) -> int:
        """The option number that the decision's own uniform selects from one row of probabilities."""
        return draw(probabilities, observation.u)

    def decide(self, observation: Observation) -> Stance | Move:
        """Call ``choose`` and hold its answer against the rules.

        Raises:
            ValueError: the answer is not one of the legal options.
        """
        kind = Stance if self.actor is Actor.WASHINGTON else Move
        answer = self.choose(observation)
        if isinstance(answer, bool) or answer not in tuple(observation.legal):
            legal = ", ".join(option.key for option in observation.legal)
            raise ValueError(f"{self.actor.key} ({type(self).__name__}) chose {answer!r} in round "
                             f"{observation.round}; legal: {legal}")
        self.last_choice = kind(answer)
        return self.last_choice

    def choose(self, observation: Observation) -> Any:
        """Return one of ``observation.legal``; subclasses override this.

        Raises:
            TypeError: the agent has neither a policy nor a choose() of its own.
        """
        raise TypeError(f"{type(self).__name__} has neither a policy nor a choose() of its own")


class Disputant(NegotiationAgent):
    """Tokyo or Seoul: plays its policy table."""

    def choose(self, observation: Observation) -> Any:
        """The move its table draws with the decision's uniform."""
        if not isinstance(self.policy, DisputantPolicy):
            return super().choose(observation)
        row = self.policy.at(self.row_of(observation), observation.state, cast(Stance, observation.stance),
                             observation.first_move)
        return Move(draw(row, observation.u))


class ThirdParty(NegotiationAgent):
    """Washington: plays its policy table."""

    def choose(self, observation: Observation) -> Any:
        """The stance its table draws with the decision's uniform."""
        if not isinstance(self.policy, ThirdPartyPolicy):
            return super().choose(observation)
        return Stance(draw(self.policy.at(self.row_of(observation), observation.state), observation.u))


def player(model: mesa.Model, game: Game, seat: Actor, choice: Any = "equilibrium") -> NegotiationAgent:
    """An agent for any Mesa model that plays a behaviour in a seat of a game; see `negotiation.engines.dispute`.

    Args:
        model: the Mesa model that the agent belongs to.
        game: the compiled game.
        seat: whose part it plays.
        choice: as for `negotiation.behaviours.make_policy`.

    Raises:
        ParameterError: the behaviour is unknown or cannot take the seat.
    """
    kind = ThirdParty if seat is Actor.WASHINGTON else Disputant
    return kind(model, seat, make_policy(game, seat, choice))


AgentFactory = Callable[["NegotiationModel", Actor, Policy | None], NegotiationAgent]


class NegotiationModel(mesa.Model):  # type: ignore[misc]
    """One episode of the game, one week a step.

    Args:
        scenario: a `Scenario`, a compiled `Game`, or the name or path of a scenario.
        policies: a `Profile`, a mapping of seat keys to behaviours (others play equilibrium), or one
            behaviour for all three seats.
        agents: seat key (or `Actor`) to a `Disputant` or `ThirdParty` subclass, or any function
            ``(model, actor, policy) -> agent``, for seats that do not simply play their policy.
        seed: root seed; None draws a fresh one, to be read off ``root_seed`` afterwards.
        episode: number of the episode under this seed.
        point: sweep point, as in `negotiation.draws.stream_key`.
        tokyo, seoul, washington: behaviours by seat, a shorthand for ``policies`` that suits
            ``mesa.batch_run``.
        root_seed: another name for ``seed``, to be used among the parameters of ``mesa.batch_run``: from
            Mesa 3.4 on that function overwrites ``seed`` with its own argument ``rng``.

    Raises:
        ParameterError: a scenario, seat or behaviour is unknown, or a number is out of range.
        PolicyError: a policy does not fit the game.

    Attributes:
        game, profile: what is played; the scenario is ``game.scenario`` (Mesa has a `scenario` of its own).
        dispute: the dispute that is stepped.
        seats: seat to agent.
        datacollector: one row a week; see `COLUMNS`.
    """

    running: bool

    def __init__(self, scenario: Scenario | Game | str = "tokyo_seoul_2019",
                 policies: Profile | Mapping[Any, Any] | str | None = None, *,
                 agents: Mapping[Any, AgentFactory] | None = None, seed: int | None = None, episode: int = 0,
                 point: int | None = None, tokyo: Any = None, seoul: Any = None, washington: Any = None,
                 root_seed: int | None = None) -> None:
        chosen = next((value for value in (root_seed, seed) if value is not None), None)
        # As everywhere in Mesa, no seed means a fresh one; it is kept, so that the run can be repeated.
        self.root_seed: int = np.random.SeedSequence().entropy if chosen is None else chosen  # type: ignore[assignment]
        self.episode = episode
        if isinstance(scenario, str):
            scenario = load_scenario(scenario)
        self.game: Game = scenario if isinstance(scenario, Game) else _compiled(scenario)
        episode_draws(self.root_seed, episode, 0, point)  # refuses bad numbers before Mesa sees them
        super().__init__(rng=self.root_seed)
        self.profile = _profile(self.game, policies, {"tokyo": tokyo, "seoul": seoul, "washington": washington})
        check_profile(self.game, self.profile, self.game.rounds, remembering=True)
        factories = _factories(agents or {})
        self.seats: dict[Actor, NegotiationAgent] = {
            actor: factories[actor](self, actor, self.profile[actor]) for actor in Actor}
        self.dispute = Dispute(self.game, {actor: agent.decide for actor, agent in self.seats.items()},
                               self.root_seed, episode, point)
        self.datacollector = mesa.DataCollector(model_reporters=COLUMNS)

    def step(self) -> None:
        """Play one week; after the end, do nothing."""
        if not self.running:
            return
        week, number = self.dispute.step(), len(self.weeks) - 1
        weights = discount_weights(self.game)
        for actor, agent in self.seats.items():
            agent.payoff += float(weights[actor, number] * week.payoffs[actor])
            if week.over:
                agent.payoff += float(weights[actor, number + 1] * week.end_payoffs[actor])
        self.running = self.dispute.running
        self.datacollector.collect(self)

    @property
    def weeks(self) -> list[Week]:
        """The weeks so far."""
        return self.dispute.weeks

    @property
    def state(self) -> int:
        """Number of the present public state."""
        return self.dispute.state

    def play(self) -> Trajectory:
        """Step to the end and return the trajectory."""
        while self.running:
            self.step()
        return self.trajectory()

    def trajectory(self) -> Trajectory:
        """The weeks so far, as the other engines give them."""
        return Trajectory(self.game, self.profile.names, self.root_seed, self.episode, tuple(self.weeks))

    def record(self) -> dict[str, float]:
        """The recorded quantities of the weeks so far, by column name (at least one week played)."""
        return self.dispute.record()

    @property
    def outcome(self) -> Outcome | None:
        """How the episode ended; None while it goes on."""
        return None if self.running or not self.weeks else self.trajectory().outcome


def _profile(game: Game, policies: Any, seats: Mapping[str, Any]) -> Profile:
    named = {key: choice for key, choice in seats.items() if choice is not None}
    if isinstance(policies, Profile):
        if named:
            raise ParameterError("policies", "a Profile", "either policies or " + ", ".join(named))
        return policies
    if isinstance(policies, str):
        named = dict.fromkeys(Actor.keys(), policies) | named
    elif policies is not None:
        named = {_seat(key, "policies").key: choice for key, choice in policies.items()} | named
    ready = {Actor.parse(key): choice for key, choice in named.items()
             if isinstance(choice, (DisputantPolicy, ThirdPartyPolicy))}
    profile = make_profile(game, **{key: choice for key, choice in named.items() if Actor.parse(key) not in ready})
    for seat, policy in ready.items():
        profile = profile.swap(seat, policy)
    return profile


def _factories(agents: Mapping[Any, AgentFactory]) -> dict[Actor, AgentFactory]:
    chosen: dict[Actor, AgentFactory] = {
        Actor.TOKYO: Disputant, Actor.SEOUL: Disputant, Actor.WASHINGTON: ThirdParty}
    for key, factory in agents.items():
        chosen[_seat(key, "agents")] = factory
    return chosen


def _seat(key: Any, argument: str) -> Actor:
    if isinstance(key, Actor):
        return key
    allowed = Actor.keys()
    if not isinstance(key, str) or key not in allowed:
        raise ParameterError(argument, key, "the seats " + ", ".join(allowed))
    return Actor.parse(key)


def _last(model: NegotiationModel) -> Week:
    return model.weeks[-1]


def _after(model: NegotiationModel, seat: Actor) -> int:
    return int(model.game.after_rungs[seat, _last(model).afterstate])


# One row a week. Rungs and tension are those after the moves; `standstill` is whether one is in
# force after the week's chance draw; payoffs are of the week, `total_payoff_*` discounted so far.
COLUMNS: dict[str, Callable[[NegotiationModel], Any]] = {
    "week": lambda model: len(model.weeks),
    "stance": lambda model: _last(model).stance.key,
    "first_mover": lambda model: _last(model).leader.key,
    **{f"move_{seat.key}": lambda model, seat=seat: _last(model).moves[seat].key  # type: ignore[misc]
       for seat in DISPUTANTS},
    **{f"rung_{seat.key}": lambda model, seat=seat: _after(model, seat)  # type: ignore[misc]
       for seat in DISPUTANTS},
    "tension": lambda model: float(model.game.after_tension[_last(model).afterstate]),
    "standstill": lambda model: bool(model.game.standstill[_last(model).next_state]) and not _last(model).over,
    "breach": lambda model: _last(model).breach,
    "chance": lambda model: Chance(_last(model).chance).key,
    **{f"payoff_{actor.key}": lambda model, actor=actor: _last(model).payoffs[actor]  # type: ignore[misc]
       for actor in Actor},
    **{f"total_payoff_{actor.key}": lambda model, actor=actor: model.seats[actor].payoff  # type: ignore[misc]
       for actor in Actor},
    "outcome": lambda model: "" if model.outcome is None else model.outcome.key,
}

__all__ = ["COLUMNS", "Disputant", "NegotiationAgent", "NegotiationModel", "Observation", "ThirdParty", "player"]
