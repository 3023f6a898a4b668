"""One episode, week by week: the readable twin of the batch engine's loop.

A `Trajectory` is what happened; `trace` plays an episode in plain Python from the same draws, tables
and thresholds as the compiled loop, so that any episode of any batch can be looked at afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from negotiation.drawing import draw
from negotiation.draws import WeekDraws, episode_draws
from negotiation.game import Floats, Game, Integers, Status, chance_ends
from negotiation.outcome_rules import classify, discount_weights
from negotiation.policy import Policy, Profile
from negotiation.vocabulary import DISPUTANTS, Actor, Chance, Move, Outcome, Stance


@dataclass(frozen=True)
class Week:
    """What happened in one round.

    Attributes:
        round: from 1.
        state: number of the state at its start.
        stance: Washington's.
        leader: who moved first.
        moves: of Tokyo and Seoul.
        afterstate: number of the afterstate.
        in_force: a standstill is in force after the moves.
        breach: the moves broke a standstill in force.
        chance: result of the draw that ends the round.
        next_state: number of the state after the round (after an end: the state play would have had).
        payoffs: of the round, per actor, without what an end pays.
        end_payoffs: what settlement or rupture pays, undiscounted; zeros if play goes on.
    """

    round: int
    state: int
    stance: Stance
    leader: Actor
    moves: tuple[Move, Move]
    afterstate: int
    in_force: bool
    breach: bool
    chance: Chance
    next_state: int
    payoffs: tuple[float, float, float]
    end_payoffs: tuple[float, float, float]

    @property
    def over(self) -> bool:
        """Whether the dispute ended in this round."""
        return self.chance in (Chance.SETTLED, Chance.RUPTURE)


def play_week(game: Game, round_: int, state: int, stance: Stance, leader: Actor, moves: tuple[Move, Move],
              u: float) -> Week:
    """Apply the rules to one round once its options are chosen.

    Args:
        game: the compiled game.
        round_: from 1.
        state: at the start of the round.
        stance: Washington's.
        leader: who moved first (it changes nothing but the record).
        moves: of Tokyo and Seoul; legal ones.
        u: the uniform of the chance draw.

    Raises:
        ValueError: a move is illegal in the state.
    """
    for seat in DISPUTANTS:
        if not game.legal[seat, moves[seat], state]:
            raise ValueError(f"{seat.key}: {moves[seat].key} is illegal in {game.describe(state)}")
    at = (stance, *moves, state)
    k = int(game.afterstate[(*moves, state)])
    settled, ruptured, lapsed = chance_thresholds_at(game, at, k)
    chance = (Chance.SETTLED if u < settled else Chance.RUPTURE if u < ruptured
              else Chance.LAPSE if u < lapsed else Chance.ON)
    ends = {Chance.SETTLED: game.settlement_payoff[:, stance, k], Chance.RUPTURE: game.rupture_payoff}
    following = game.next_lapsed[k] if chance is Chance.LAPSE else game.next_on[k]
    payoff, end = game.payoff[(slice(None), *at)], ends.get(chance, np.zeros(3))
    return Week(
        round_, state, stance, leader, moves, k, bool(game.after_status[k] != Status.NONE),
        bool(game.breach[(*moves, state)]), chance, int(following),
        (float(payoff[0]), float(payoff[1]), float(payoff[2])), (float(end[0]), float(end[1]), float(end[2])))


def chance_thresholds_at(game: Game, at: tuple[int, int, int, int], k: int) -> tuple[float, float, float]:
    """`negotiation.game.chance_thresholds` at one (stance, tokyo move, seoul move, state)."""
    ends = chance_ends(game.settlement[at], game.rupture[k], game.lapse[k])
    return float(ends[0]), float(ends[1]), float(ends[2])


def leader_of(game: Game, draws: WeekDraws) -> Actor:
    """Who moves first: Tokyo if the order's uniform is below `tokyo_first`."""
    return Actor.TOKYO if draws.order < game.scenario.tokyo_first else Actor.SEOUL


@dataclass(frozen=True)
class Trajectory:
    """One episode: where it comes from and its weeks in order."""

    game: Game
    policies: dict[str, str]
    seed: int
    episode: int
    weeks: tuple[Week, ...]

    def __iter__(self) -> Iterator[Week]:
        return iter(self.weeks)

    def __len__(self) -> int:
        return len(self.weeks)

    @property
    def outcome(self) -> Outcome:
        """How the episode stands after its last week."""
        last = self.weeks[-1]
        end = {Chance.SETTLED: 1, Chance.RUPTURE: -1}.get(last.chance, 0)
        return Outcome(int(classify(self.game, np.array([end]), np.array([last.next_state]))[0]))

    def rungs(self) -> Integers:
        """int64 [weeks + 1, 2]: rungs of Tokyo and Seoul at the start and after each week."""
        states = [self.weeks[0].state, *(week.next_state for week in self.weeks)]
        result: Integers = self.game.rungs[:, states].T
        return result

    def record(self) -> dict[str, float]:
        """The recorded quantities, by the column names of `negotiation.engines.batch.Records`."""
        return summarise(self.game, self.weeks)


def summarise(game: Game, weeks: Sequence[Week], before: Game | None = None, since: int = 1) -> dict[str, float]:
    """The recorded quantities of an episode's weeks, by column name.

    Sums run in the order of the weeks, as in the batch engine, so that both agree to the last bit.

    Args:
        game: the compiled game.
        weeks: in order, from round 1.
        before: the game in force before round ``since``, of a path that changed its game there.
        since: the first round of ``game``; no matter without ``before``.
    """
    payoffs = np.zeros(3)
    peak, total_effort = float(game.tension[weeks[0].state]), 0.0
    standstill = 0
    for week in weeks:
        payoffs += _weights(game, week.round - 1, before, since) * np.array(week.payoffs)
        peak = max(peak, float(game.after_tension[week.afterstate]))
        total_effort += float((game if before is None or week.round >= since else before).effort[week.stance])
        if week.in_force and not standstill:
            standstill = week.round
        if week.over:
            payoffs += _weights(game, week.round, before, since) * np.array(week.end_payoffs)
    last = weeks[-1]
    end = {Chance.SETTLED: last.round, Chance.RUPTURE: -last.round}.get(last.chance, 0)
    return {
        "outcome": int(classify(game, np.array([end]), np.array([last.next_state]))[0]),
        "settlement_round": max(end, 0), "rupture_round": max(-end, 0), "first_standstill": standstill,
        "breaches": sum(week.breach for week in weeks),
        "lapses": sum(week.chance is Chance.LAPSE for week in weeks),
        **{f"appeals_{seat.key}": sum(week.moves[seat] is Move.APPEAL for week in weeks) for seat in DISPUTANTS},
        "peak_tension": peak, "effort": total_effort,
        **{f"payoff_{actor.key}": float(payoffs[actor]) for actor in Actor},
        "final_state": last.next_state,
    }


def _weights(game: Game, rounds: int, before: Game | None, since: int) -> Floats:
    """float64 [3]: present worth of a payoff after some rounds, each discounted by the game in force in it."""
    weights = discount_weights(game)
    same: Floats = weights[:, rounds]
    if before is None:
        return same
    early = min(rounds, since - 1)
    # Where the discount did not change, one power: the bits of the batch engine.
    changed = discount_weights(before)[:, early] * weights[:, rounds - early]
    return np.where(before.discount == game.discount, same, changed)


def trace(game: Game, profile: Profile, seed: int, episode: int, point: int | None = None) -> Trajectory:
    """Play one episode under given policies, exactly as the batch engine does.

    Args:
        game: the compiled game.
        profile: one policy a seat, covering the observed rounds.
        seed: root seed.
        episode: number of the episode, from 0.
        point: sweep point, as in `negotiation.draws.stream_key`.
    """
    draws = episode_draws(seed, episode, game.rounds, point)
    return Trajectory(game, profile.names, seed, episode, tuple(play_on(game, profile, draws, game.start)))


def play_on(game: Game, profile: Profile, draws: Sequence[WeekDraws], state: int, first: int = 1,
            past: Sequence[Week] = ()) -> list[Week]:
    """The weeks from the start of a round until the dispute ends or the observed rounds are over.

    Args:
        game: the compiled game.
        profile: one policy a seat, covering the observed rounds.
        draws: of all observed rounds, those before ``first`` included.
        state: number of the state at the start of round ``first``.
        first: the round to begin with, from 1.
        past: the weeks before it, for policies that remember.
    """
    weeks: list[Week] = []
    policies: tuple[Policy, ...] = profile
    memories = [remembered(policy, past) for policy in policies]
    for index in range(first - 1, game.rounds):
        rows = [index if policy.memory is None else memory for policy, memory in zip(policies, memories, strict=True)]
        week = _policy_week(game, profile, rows, index, state, draws[index])
        weeks.append(week)
        memories = [remembered(policy, [week], memory) for policy, memory in zip(policies, memories, strict=True)]
        state = week.next_state
        if week.over:
            break
    return weeks


def remembered(policy: Policy, weeks: Sequence[Week], memory: int | None = None) -> int:
    """The memory state of a policy after some weeks; 0 where it has no memory.

    Args:
        policy: any policy.
        weeks: in order.
        memory: the memory state before them; None for that of the first week of all.
    """
    if policy.memory is None:
        return 0
    now = policy.memory.begin if memory is None else memory
    for week in weeks:
        now = policy.memory.after(now, week.leader, week.stance, week.moves, week.state)
    return now


def _policy_week(game: Game, profile: Profile, rows: Sequence[int], index: int, state: int, draws: WeekDraws) -> Week:
    """Round ``index`` (from 0); ``rows`` are, by actor, the rounds or memory states to read its policy at."""
    stance = Stance(draw(profile.washington.at(rows[Actor.WASHINGTON], state), draws.stance))
    leader = leader_of(game, draws)
    follower = Actor(1 - leader)
    first = Move(draw(profile.disputant(leader).at(rows[leader], state, stance), draws.first))
    reply = Move(draw(profile.disputant(follower).at(rows[follower], state, stance, first), draws.second))
    moves = (first, reply) if leader is Actor.TOKYO else (reply, first)
    return play_week(game, index + 1, state, stance, leader, moves, draws.chance)


__all__ = ["Trajectory", "Week", "play_on", "play_week", "remembered", "summarise", "trace"]
