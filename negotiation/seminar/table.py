r"""A table of the class as the fold of its recorded moves over the game.

What is stored of a table is a list of *entries* in order: moves (an option of a seat) and undos. The fold plays
them by the rules: who decides next follows from the moves so far and from the table's draws
(`negotiation.draws`: root seed of the class, episode = number of the table), chance included. So the state of a
table is a pure function of its entries; nothing about it is stored anywhere else.

An undo takes back the last week, or the moves of a week begun; played again, the week has the same draws.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from negotiation.draws import WeekDraws, episode_draws
from negotiation.engines.trajectory import Trajectory, Week, leader_of, play_week
from negotiation.game import Game
from negotiation.vocabulary import Actor, Move, Outcome, Stance, opponent

DECIDERS = ("", "agent", "clock", "once")  # a person, or it is not known; an agent; one as time ran out; at a word


class Kind(StrEnum):
    """What an entry does."""

    MOVE = "move"
    UNDO = "undo"


@dataclass(frozen=True)
class Entry:
    """One line of a table's record.

    Attributes:
        kind: a move or an undo.
        seat: who moved; None for an undo.
        option: number of the `Stance` or `Move`; None for an undo.
        by: what decided, one of `DECIDERS`; no part of what is played.
    """

    kind: Kind
    seat: Actor | None = None
    option: int | None = None
    by: str = field(default="", compare=False)


class FoldError(ValueError):
    """An entry does not follow from those before it."""


@dataclass(frozen=True)
class TableState:
    """Where a table stands.

    Attributes:
        game: what it plays.
        draws: of all its weeks.
        weeks: those that are complete.
        stance, first: what has been decided in the week begun, None where nothing is.
        undone: how many undos there have been.
        deciders: who made each decision that stands, in order, of `DECIDERS`; three a complete week.
    """

    game: Game
    draws: tuple[WeekDraws, ...]
    weeks: tuple[Week, ...] = ()
    stance: Stance | None = None
    first: Move | None = None
    undone: int = 0
    deciders: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def begin(cls, game: Game, seed: int, table: int) -> TableState:
        """Before the first move of a table."""
        return cls(game, tuple(episode_draws(seed, table, game.rounds)))

    @property
    def state(self) -> int:
        """Number of the public state."""
        return self.weeks[-1].next_state if self.weeks else self.game.start

    @property
    def over(self) -> bool:
        """Whether nothing is left to play."""
        return bool(self.weeks) and (self.weeks[-1].over or len(self.weeks) >= self.game.rounds)

    @property
    def week(self) -> int:
        """The week being played, from 1; the last one when all is over."""
        return len(self.weeks) if self.over else len(self.weeks) + 1

    @property
    def leader(self) -> Actor | None:
        """Which disputant moves first this week, as drawn; None when all is over."""
        return None if self.over else leader_of(self.game, self.draws[len(self.weeks)])

    @property
    def turn(self) -> Actor | None:
        """Whose decision is next; None when all is over."""
        leader = self.leader
        if leader is None:
            return None
        if self.stance is None:
            return Actor.WASHINGTON
        return leader if self.first is None else opponent(leader)

    @property
    def legal(self) -> tuple[Stance, ...] | tuple[Move, ...]:
        """What the seat whose turn it is may choose."""
        turn = self.turn
        if turn is None:
            return ()
        if turn is Actor.WASHINGTON:
            return tuple(each for each in Stance if self.game.legal_stances[each, self.state])
        return tuple(each for each in Move if self.game.legal[turn, each, self.state])

    @property
    def u(self) -> float:
        """The uniform that belongs to the decision that is next."""
        draws = self.draws[len(self.weeks)]
        return draws.stance if self.stance is None else draws.first if self.first is None else draws.second

    @property
    def outcome(self) -> Outcome | None:
        """How the dispute ended, or stands after the last week; None while it is played."""
        return self.trajectory(0).outcome if self.over else None

    def trajectory(self, seed: int, table: int = 0) -> Trajectory:
        """The complete weeks as the engines give them."""
        return Trajectory(self.game, dict.fromkeys(Actor.keys(), "class"), seed, table, self.weeks)

    def after(self, entry: Entry) -> TableState:
        """The state after one more entry.

        Raises:
            FoldError: it is not the seat's turn, the option is not legal, or there is nothing to undo.
        """
        if entry.kind is Kind.UNDO:
            if self.stance is not None:
                return replace(self, stance=None, first=None, undone=self.undone + 1,
                               deciders=self.deciders[:3 * len(self.weeks)])
            if not self.weeks:
                raise FoldError("there is no week to take back")
            return replace(self, weeks=self.weeks[:-1], undone=self.undone + 1,
                           deciders=self.deciders[:3 * (len(self.weeks) - 1)])
        turn = self.turn
        if turn is None:
            raise FoldError("the dispute is over")
        if entry.seat is not turn:
            raise FoldError(f"it is {turn.key}'s turn, not {entry.seat.key if entry.seat is not None else 'nobody'}'s")
        if entry.option not in tuple(int(each) for each in self.legal):
            raise FoldError(f"{entry.option!r} is not open to {turn.key}; open: "
                            + ", ".join(each.key for each in self.legal))
        deciders = (*self.deciders, entry.by)
        if turn is Actor.WASHINGTON:
            return replace(self, stance=Stance(entry.option), deciders=deciders)
        if self.first is None:
            return replace(self, first=Move(entry.option), deciders=deciders)
        return self._week_with(Move(entry.option), deciders)

    def _week_with(self, reply: Move, deciders: tuple[str, ...]) -> TableState:
        leader, stance, first = self.leader, self.stance, self.first
        assert leader is not None and stance is not None and first is not None
        moves = (first, reply) if leader is Actor.TOKYO else (reply, first)
        number = len(self.weeks)
        week = play_week(self.game, number + 1, self.state, stance, leader, moves, self.draws[number].chance)
        return replace(self, weeks=(*self.weeks, week), stance=None, first=None, deciders=deciders)


def fold(game: Game, seed: int, table: int, entries: Iterable[Entry]) -> TableState:
    """The state of a table after its entries.

    Args:
        game: what the table plays.
        seed: root seed of the class.
        table: number of the table, from 1.
        entries: in order.

    Raises:
        FoldError: the entries are not a record of the game; the message tells which.
    """
    now = TableState.begin(game, seed, table)
    for number, entry in enumerate(entries, start=1):
        try:
            now = now.after(entry)
        except FoldError as error:
            raise FoldError(f"table {table}, entry {number}: {error}") from None
    return now


def decisions(state: TableState) -> Sequence[tuple[int, Actor, int]]:
    """Every decision of the complete weeks in order: (week, seat, option)."""
    made: list[tuple[int, Actor, int]] = []
    for week in state.weeks:
        follower = opponent(week.leader)
        made += [(week.round, Actor.WASHINGTON, int(week.stance)),
                 (week.round, week.leader, int(week.moves[week.leader])),
                 (week.round, follower, int(week.moves[follower]))]
    return made


__all__ = ["DECIDERS", "Entry", "FoldError", "Kind", "TableState", "decisions", "fold"]
