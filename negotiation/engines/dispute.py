"""One dispute under way, whoever decides: what `NegotiationModel` steps, and what a model of one's own can step.

dispute = Dispute(game, {Actor.TOKYO: one.decide, Actor.SEOUL: other.decide, Actor.WASHINGTON: third.decide},
seed=2019, episode=17)
while dispute.running:
week = dispute.step()
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from negotiation.draws import WeekDraws, episode_draws
from negotiation.engines.trajectory import Week, leader_of, play_week, summarise
from negotiation.game import Game
from negotiation.vocabulary import Actor, Move, Stance, opponent


@dataclass(frozen=True)
class Observation:
    """What an actor sees when it decides.

    Attributes:
        actor: its seat.
        round: from 1.
        state: number of the public state; the next five attributes say the same in words.
        rungs: in force on Tokyo's and Seoul's ladder.
        standstill: is one in force.
        appeals: of last round, 0 to 2.
        tension: of the rungs, in [0, 1].
        stance: Washington's this round; None for Washington itself.
        first_move: the other side's move this round if the actor moves second, else None.
        legal: what it may choose, as `Stance` or `Move`.
        history: the weeks so far, in order.
        u: the uniform in [0, 1) that belongs to this decision.
    """

    actor: Actor
    round: int
    state: int
    rungs: tuple[int, int]
    standstill: bool
    appeals: int
    tension: float
    stance: Stance | None
    first_move: Move | None
    legal: tuple[Stance, ...] | tuple[Move, ...]
    history: Sequence[Week]
    u: float


Chooser = Callable[[Observation], Any]


class Dispute:
    """One episode, stepped week by week.

    Args:
        game: the compiled game.
        choosers: for every seat a function of an `Observation` that returns one of its legal options.
        seed: root seed.
        episode: number of the episode under this seed.
        point: sweep point, as in `negotiation.draws.stream_key`.

    Raises:
        ParameterError: the seed or the episode number is out of range.

    Attributes:
        game: what is played.
        weeks: the weeks so far.
        state: number of the present public state.
        running: whether another week can be played.
    """

    def __init__(self, game: Game, choosers: Mapping[Actor, Chooser], seed: int = 0, episode: int = 0,
                 point: int | None = None) -> None:
        self.game = game
        self.choosers = dict(choosers)
        self.weeks: list[Week] = []
        self.state = game.start
        self.running = True
        self._draws: list[WeekDraws] = episode_draws(seed, episode, game.rounds, point)

    def step(self) -> Week:
        """Play one week and return it.

        Raises:
            ValueError: the dispute is over, or a chooser's answer is not legal.
        """
        if not self.running:
            raise ValueError(f"the dispute is over after {len(self.weeks)} weeks")
        number = len(self.weeks)
        draws = self._draws[number]
        stance = cast(Stance, self._ask(Actor.WASHINGTON, None, None, draws.stance))
        leader = leader_of(self.game, draws)
        follower = opponent(leader)
        first = cast(Move, self._ask(leader, stance, None, draws.first))
        reply = cast(Move, self._ask(follower, stance, first, draws.second))
        moves = (first, reply) if leader is Actor.TOKYO else (reply, first)
        week = play_week(self.game, number + 1, self.state, stance, leader, moves, draws.chance)
        self.weeks.append(week)
        self.state = week.next_state
        self.running = not week.over and len(self.weeks) < self.game.rounds
        return week

    def record(self) -> dict[str, float]:
        """The recorded quantities of the weeks so far, by column name (at least one week played)."""
        return summarise(self.game, self.weeks)

    def _ask(self, actor: Actor, stance: Stance | None, first_move: Move | None, u: float) -> Stance | Move:
        game, state = self.game, self.state
        legal: tuple[Stance, ...] | tuple[Move, ...]
        if actor is Actor.WASHINGTON:
            legal = tuple(option for option in Stance if game.legal_stances[option, state])
        else:
            legal = tuple(option for option in Move if game.legal[actor, option, state])
        seen = Observation(
            actor, len(self.weeks) + 1, state, (int(game.rungs[0, state]), int(game.rungs[1, state])),
            bool(game.standstill[state]), int(game.appeals[state]), float(game.tension[state]), stance,
            first_move, legal, tuple(self.weeks), u)
        answer = self.choosers[actor](seen)
        if isinstance(answer, bool) or answer not in legal:
            allowed = ", ".join(option.key for option in legal)
            raise ValueError(f"{actor.key} chose {answer!r} in round {seen.round}; legal: {allowed}")
        return (Stance if actor is Actor.WASHINGTON else Move)(answer)


__all__ = ["Chooser", "Dispute", "Observation"]
