r"""From dated rows, or from a played episode, to weeks that a policy can be held against.

**Weeks.** Week n begins in public state :math:`s_n`; it has a stance :math:`w_n`, moves :math:`m_{T,n}, m_{S,n}`, an
order (who moved first), where it is known, and a result of chance :math:`x_n`. The next state follows by the rules of
`negotiation.game`, which this module never restates. Where no row codes a seat in a week, a disputant held and the
third party was quiet; such places are marked as filled in.

**Checks.** A move must be legal where it is played, two rows of a week must not code one seat in two ways (a hold or
a quiet week gives way to another row), and the rungs in force that rows state must be those that the moves lead to.

**Variables.** :math:`s_n` is ``ObservedWeek.state``, :math:`w_n` ``stance``, the moves ``moves`` (Tokyo's, Seoul's),
the order ``leader`` (None where unknown), :math:`x_n` ``chance``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from negotiation.engines.trajectory import Trajectory
from negotiation.game import Game, Integers, Status, rung_after
from negotiation.history.record import GROUP, Coding, Option, Record, Row
from negotiation.outcome_rules import classify
from negotiation.parameters import ParameterError
from negotiation.vocabulary import DISPUTANTS, Actor, Chance, Move, Outcome, Stance

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True)
class ObservedWeek:
    """A week as it was seen.

    Attributes:
        round: from 1.
        state: number of the state at its start.
        stance: the third party's.
        moves: of Tokyo and Seoul.
        leader: who moved first; None where nobody knows.
        chance: result of the draw that ends the week.
        afterstate: number of the afterstate.
        next_state: number of the state after the week.
        filled: seats that no row codes in this week.
        rows: numbers of the rows that fall into it.
    """

    round: int
    state: int
    stance: Stance
    moves: tuple[Move, Move]
    leader: Actor | None
    chance: Chance
    afterstate: int
    next_state: int
    filled: tuple[Actor, ...] = ()
    rows: tuple[int, ...] = ()

    @property
    def over(self) -> bool:
        """Whether the dispute ended in this week."""
        return self.chance in (Chance.SETTLED, Chance.RUPTURE)


@dataclass(frozen=True)
class Observed:
    """Weeks in order, from week 1.

    Attributes:
        name: of the record and its coding, or of the episode.
        tops: highest rungs of the ladders that state numbers refer to.
        weeks: the weeks.
    """

    name: str
    tops: tuple[int, int]
    weeks: tuple[ObservedWeek, ...]

    def __len__(self) -> int:
        return len(self.weeks)

    def outcome(self, game: Game) -> Outcome:
        """How the dispute stands after the last week."""
        last = self.weeks[-1]
        end = {Chance.SETTLED: 1, Chance.RUPTURE: -1}.get(last.chance, 0)
        return Outcome(int(classify(game, np.array([end]), np.array([last.next_state]))[0]))

    def states(self) -> Integers:
        """int64 [weeks + 1]: the state at the start and after each week."""
        return np.array([self.weeks[0].state, *(week.next_state for week in self.weeks)])

    def path_table(self, game: Game) -> DataFrame:
        """The path as `negotiation.outcomes.path_table` gives episodes, to be drawn over a fan; episode 0."""
        from pandas import DataFrame

        states, outcome = self.states(), self.outcome(game).key
        return DataFrame({"episode": 0, "outcome": outcome, "seat": seat.key, "week": week,
                          "rung": int(game.rungs[seat, state]), "standstill": bool(game.standstill[state])}
                         for seat in DISPUTANTS for week, state in enumerate(states))


def observe(record: Record, game: Game, coding: Coding = Coding.MAIN) -> Observed:
    """The weeks of a record under one reading, as states of a game.

    Args:
        record: the dated rows.
        game: a game whose start and ladders fit the record.
        coding: which reading of the ambiguous rows.

    Raises:
        ParameterError: the rows do not lead where they say, or do not fit the game; naming the row.
    """
    _check_rungs(record, game, coding)
    state, weeks = game.start, []
    for number in range(1, record.weeks + 1):
        told = _week_code(record, number, coding)
        stance, moves = Stance.QUIET, [Move.HOLD, Move.HOLD]
        for seat, option in told.items():
            if isinstance(option, Stance):
                stance = option
            else:
                moves[seat] = option
                if not game.legal[seat, option, state]:
                    row = next(row for row in record.rows_in(number) if row.code(coding).get(seat) == option)
                    raise ParameterError(f"{_name(row)}.coded.{seat.key}", option.key,
                                         f"a move that is legal in {game.describe(state)}")
        order = record.orders.get(number)
        weeks.append(_week(game, number, state, stance, (moves[0], moves[1]), None if order is None else order.first,
                           Chance.ON, tuple(seat for seat in Actor if seat not in told),
                           tuple(row.place for row in record.rows_in(number))))
        state = weeks[-1].next_state
    return Observed(f"{record.name}, {coding.key} coding", game.tops, tuple(weeks))


def observed_episode(episode: Trajectory, orders: bool = True) -> Observed:
    """A played episode as if it had been observed.

    Args:
        episode: from `negotiation.engines.trajectory.trace` or a batch.
        orders: whether who moved first was seen.
    """
    weeks = tuple(_week(episode.game, week.round, week.state, week.stance, week.moves, week.leader if orders else None,
                        week.chance) for week in episode.weeks)
    return Observed(f"episode {episode.episode}", episode.game.tops, weeks)


def _week(game: Game, number: int, state: int, stance: Stance, moves: tuple[Move, Move], leader: Actor | None,
          chance: Chance, filled: tuple[Actor, ...] = (), rows: tuple[int, ...] = ()) -> ObservedWeek:
    k = int(game.afterstate[(*moves, state)])
    following = game.next_lapsed[k] if chance is Chance.LAPSE else game.next_on[k]
    return ObservedWeek(number, state, stance, moves, leader, chance, k, int(following), filled, rows)


def _week_code(record: Record, number: int, coding: Coding) -> dict[Actor, Option]:
    """Seat to what it did in a week; seats that no row codes are missing."""
    told: dict[Actor, Option] = {}
    for row in record.rows_in(number):
        for seat, option in row.code(coding).items():
            before, nothing = told.get(seat), _nothing_else(seat)
            if before is None or before == nothing:
                told[seat] = option
            elif option not in (before, nothing):
                raise ParameterError(f"{_name(row)}.coded.{seat.key}", option.key,
                                     f"{before.key}, as in an earlier row of week {number} (one a week and seat)")
    return told


def _nothing_else(seat: Actor) -> Option:
    """What a seat does in a week in which it does nothing else."""
    return Stance.QUIET if seat is Actor.WASHINGTON else Move.HOLD


def _check_rungs(record: Record, game: Game, coding: Coding) -> None:
    """Hold the rungs that rows state against those that the moves of the rows lead to, and against the start."""
    begin = {seat: int(game.rungs[seat, game.start]) for seat in DISPUTANTS}
    known = _rungs_before(record, game, coding)
    for seat in DISPUTANTS:
        if known.get(seat) != begin[seat]:
            raise ParameterError(f"scenario.start.{seat.key}", begin[seat], f"{known.get(seat)}, the rung that the "
                                 f"record {record.name} begins on")
    now: dict[Actor, int] = {}
    for row in record.rows:
        week = record.week_of(row)
        if week > record.weeks:
            break
        if week >= 1 and not set(DISPUTANTS) <= now.keys():
            raise ParameterError(_name(row), "rungs unknown", "rows before the window that state both sides' rungs")
        for seat in DISPUTANTS:
            move, stated = row.code(coding).get(seat), row.rungs_after(coding).get(seat)
            if move is not None and seat in now:
                now[seat] = int(rung_after(move, now[seat], game.tops[seat]))
            if stated is not None and stated > game.tops[seat]:
                raise ParameterError(f"{_name(row)}.rungs.{seat.key}", stated,
                                     f"at most {game.tops[seat]}, the scenario's highest rung")
            if stated is not None and now.setdefault(seat, stated) != stated:
                raise ParameterError(f"{_name(row)}.rungs.{seat.key}", stated,
                                     f"{now[seat]}, where the {coding.key} coding's moves lead")


def _rungs_before(record: Record, game: Game, coding: Coding) -> dict[Actor, int]:
    """Rungs in force at the start of week 1, by the rows before it."""
    now: dict[Actor, int] = {}
    for row in record.rows:
        if record.week_of(row) >= 1:
            break
        for seat in DISPUTANTS:
            move = row.code(coding).get(seat)
            if seat in row.rungs:
                now[seat] = row.rungs[seat]
            elif move is not None and seat in now:
                now[seat] = int(rung_after(move, now[seat], game.tops[seat]))
    return now


def _name(row: Row) -> str:
    return f"{GROUP}.rows[{row.place}] ({row.dates[0].isoformat()})"


def in_force(game: Game, week: ObservedWeek) -> bool:
    """Whether a standstill is in force after the moves of a week."""
    return bool(game.after_status[week.afterstate] != Status.NONE)


def weeks_table(record: Record, game: Game, codings: Sequence[Coding] = tuple(Coding)) -> DataFrame:
    """The coded weeks.

    Returns:
        One row a coding and week: ``coding``, ``week``, ``begins`` (date), ``rung_tokyo``, ``rung_seoul`` and
        ``standstill`` at its start, ``stance``, ``move_tokyo``, ``move_seoul``, ``first`` (seat, or empty where
        unknown), ``chance``, ``filled`` (seats that no row codes), ``rows`` (numbers of rows).
    """
    from pandas import DataFrame

    rows = [(coding.key, week.round, record.first_day(week.round).isoformat(), int(game.rungs[0, week.state]),
             int(game.rungs[1, week.state]), bool(game.standstill[week.state]), week.stance.key, week.moves[0].key,
             week.moves[1].key, "" if week.leader is None else week.leader.key, week.chance.key,
             " ".join(seat.key for seat in week.filled), week.rows)
            for coding in codings for week in observe(record, game, coding).weeks]
    return DataFrame(rows, columns=["coding", "week", "begins", "rung_tokyo", "rung_seoul", "standstill", "stance",
                                    "move_tokyo", "move_seoul", "first", "chance", "filled", "rows"])


__all__ = ["Observed", "ObservedWeek", "in_force", "observe", "observed_episode", "weeks_table"]
