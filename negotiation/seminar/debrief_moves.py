r"""Every decision of a class as one table: what was known, what was chosen, how likely, and what else it was worth.

For a decision d of seat i with legal options o, worth :math:`Q_i(o)` and probability :math:`\pi_i(o)` under
equilibrium play of the table's own game from there on (all three seats, i's own later decisions included),

* the chosen option's probability :math:`\pi_i(o_d)`: the lower, the more surprising;
* what it gave away, :math:`\max_o Q_i(o) - Q_i(o_d) \ge 0` (``forgone``), in payoff units of the week of the decision;
* what equilibrium play itself gives away there on average, :math:`\sum_o \pi_i(o) (\max Q_i - Q_i(o))`
  (``forgone_equilibrium``): a finite precision errs too, so this is the fair yardstick.

A decision is a person's where the record names one; the agents' have none. Weeks that were taken back stay in the
table and are marked ``undone``; nothing but an export of all looks at them.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from math import nan
from sqlite3 import Row
from typing import TYPE_CHECKING, Any

import numpy as np

from negotiation.behaviours.solved import solution
from negotiation.history.choices import NONE, Choices
from negotiation.seminar.play import entry_of, option_of
from negotiation.seminar.room import Seminar
from negotiation.seminar.table import Kind, TableState
from negotiation.solve import Alternatives, Solution, move_alternatives, stance_alternatives
from negotiation.vocabulary import Actor, Move, Stance

if TYPE_CHECKING:
    from pandas import DataFrame

PERSON, AGENT = "person", "agent"
COLUMNS = (
    "table", "treatment", "week", "entry", "seat", "order", "by", "person", "stance", "leader", "first_move", "move",
    "rung_tokyo", "rung_seoul", "standstill", "appeals", "tension", "state", "probability", "worth", "best",
    "best_worth", "forgone", "forgone_equilibrium", "seconds", "undone", "move_tokyo", "move_seoul", "chance",
    "payoff_tokyo", "payoff_seoul", "payoff_washington", "end_tokyo", "end_seoul", "end_washington", "outcome")
# Decisions met before in the same game: seat, round from 0, state, stance, first mover's move.
Known = dict[tuple[Actor, int, int, Stance | None, Move | None], Alternatives]
WEEKLY = COLUMNS[COLUMNS.index("move_tokyo"):COLUMNS.index("outcome")]


def labels(seminar: Seminar, room: int, names: bool = False) -> dict[int, str]:
    """What each person of a class is called in tables.

    Pseudonyms are numbered in the order of a hash with the class's secret, so that numbers tell nothing, not even who
    joined first, and stay the same in every export of the class.

    Args:
        seminar: to read from.
        room: the class.
        names: the names as typed, with their number where two are alike, instead of P1, P2, ...; who was taken off
            their table, perhaps for the name, has a number all the same.
    """
    row = seminar.store.row("SELECT teacher FROM rooms WHERE id = ?", room)
    secret = str(row["teacher"]) if row is not None else ""
    people = seminar.people(room)
    order = sorted(people, key=lambda each: hashlib.sha256(f"{secret} {each.number}".encode()).hexdigest())
    short = {each.number: f"P{place}" for place, each in enumerate(order, start=1)}
    if not names:
        return short
    seated = [each for each in people if not each.gone]
    typed = Counter(each.name for each in seated)
    typed.update(short[each.number] for each in people if each.gone)  # a name may be somebody else's number
    return short | {each.number: each.name if typed[each.name] == 1 else f"{each.name} ({short[each.number]})"
                    for each in seated}


def moves_table(seminar: Seminar, room: int, tables: Sequence[int] | None = None, names: bool = False) -> DataFrame:
    """All decisions of a class, or of some of its tables.

    Args:
        seminar: to read from.
        room: the class.
        tables: numbers of tables; all if None.
        names: names instead of pseudonyms.

    Returns:
        One row a decision, in the order of the record, columns `COLUMNS`: who (``seat``; ``order`` is ``third``,
        ``first`` or ``second``; ``by`` person or agent; ``person``), what was known (``stance``, ``leader``,
        ``first_move``, rungs, ``standstill``, ``appeals``, ``tension``), ``move`` chosen, see the module for
        ``probability`` to ``forgone_equilibrium``, ``seconds`` since the record's entry before it, and of the whole
        week both moves, the result of chance and the payoffs (empty while the week is incomplete); ``outcome`` of the
        table (empty while it plays).
    """
    from pandas import DataFrame

    called = labels(seminar, room, names)
    rows: list[dict[str, Any]] = []
    known: dict[str, Known] = {}
    for table in seminar.tables(room) if tables is None else tables:
        treatment = seminar.treatment(room, table)
        game = seminar.game(room, treatment)
        begun = TableState.begin(game, seminar.room(room).seed, table)
        found = _table_rows(begun, solution(game), seminar.entries(room, table), called,
                            known.setdefault(treatment.name, {}))
        rows += [{"table": table, "treatment": treatment.name, **row} for row in found]
    return DataFrame(rows, columns=list(COLUMNS))


def _table_rows(state: TableState, solved: Solution, entries: Sequence[Row], called: dict[int, str],
                known: Known) -> list[dict[str, Any]]:
    """A table's decisions by walking through its record."""
    made: list[dict[str, Any]] = []
    valid: list[dict[str, Any]] = []  # not taken back so far
    before: float | None = None
    for row in entries:
        entry = entry_of(row)
        if entry.kind is Kind.UNDO:
            week = state.week if state.stance is not None else len(state.weeks)
            for gone in (each for each in valid if each["week"] == week):
                gone["undone"] = True
            valid = [each for each in valid if not each["undone"]]
            state = state.after(entry)
        else:
            assert entry.seat is not None and entry.option is not None
            told = _decision(state, solved, entry.seat, entry.option, known)
            told |= {"entry": int(row["place"]), "by": AGENT if row["person"] is None else PERSON, "undone": False,
                     "person": "" if row["person"] is None else called[row["person"]],
                     "seconds": nan if before is None else float(row["at"]) - before}
            made.append(told)
            valid.append(told)
            state = state.after(entry)
            if state.stance is None:
                _finish(state, [each for each in valid if each["week"] == len(state.weeks)])
        before = float(row["at"])
    outcome = "" if state.outcome is None else state.outcome.key
    return [{**each, "outcome": outcome} for each in made]


def _decision(state: TableState, solved: Solution, seat: Actor, option: int, known: Known) -> dict[str, Any]:
    game, number = state.game, state.state
    at = seat, len(state.weeks), number, state.stance, state.first
    if at not in known:
        known[at] = alternatives(solved, *at)
    found = known[at]
    values, chances = found.values, found.probabilities
    best = int(np.nanargmax(values))
    lost = np.where(np.isnan(values), 0.0, values[best] - values)
    leader = state.leader
    assert leader is not None
    return {
        "week": state.week, "seat": seat.key,
        "order": "third" if seat is Actor.WASHINGTON else "first" if state.first is None else "second",
        "stance": Stance(option).key if state.stance is None else state.stance.key, "leader": leader.key,
        "first_move": "" if state.first is None else state.first.key, "move": option_of(seat, option).key,
        "rung_tokyo": int(game.rungs[0, number]), "rung_seoul": int(game.rungs[1, number]),
        "standstill": bool(game.standstill[number]), "appeals": int(game.appeals[number]),
        "tension": float(game.tension[number]), "state": number, "probability": float(chances[option]),
        "worth": float(values[option]), "best": option_of(seat, best).key, "best_worth": float(values[best]),
        "forgone": float(lost[option]), "forgone_equilibrium": float(chances @ lost), **dict.fromkeys(WEEKLY, nan),
        "move_tokyo": "", "move_seoul": "", "chance": ""}


def _finish(state: TableState, rows: list[dict[str, Any]]) -> None:
    """Note what became of the week in the rows of its decisions."""
    week = state.weeks[-1]
    told: dict[str, Any] = {"move_tokyo": week.moves[0].key, "move_seoul": week.moves[1].key, "chance": week.chance.key}
    told |= {f"payoff_{actor.key}": week.payoffs[actor] for actor in Actor}
    told |= {f"end_{actor.key}": week.end_payoffs[actor] for actor in Actor}
    for row in rows:
        row |= told


def alternatives(solved: Solution, seat: Actor, round_: int, state: int, stance: Stance | None,
                 first: Move | None) -> Alternatives:
    """What a decision's options are worth and how likely they are taken; rounds count from 0."""
    if seat is Actor.WASHINGTON:
        return stance_alternatives(solved, round_, state)
    assert stance is not None
    return move_alternatives(solved, seat, round_, state, stance, first)


def counted(moves: DataFrame, people: bool = True) -> DataFrame:
    """The decisions that stand; only people's unless told otherwise."""
    keep = ~moves["undone"].astype(bool)
    return moves[keep & (moves["by"] == PERSON)] if people else moves[keep]


def choices_of(moves: DataFrame) -> Choices:
    """Decisions in the form that a likelihood takes."""
    def number(seat: Actor, key: str) -> int:
        return int(Stance.parse(key) if seat is Actor.WASHINGTON else Move.parse(key))

    rows = []
    for row in moves.to_dict("records"):
        seat = Actor.parse(row["seat"])
        third = seat is Actor.WASHINGTON
        rows.append((int(seat), row["week"] - 1, row["state"], NONE if third else int(Stance.parse(row["stance"])),
                     int(Move.parse(row["first_move"])) if row["first_move"] else NONE, number(seat, row["move"])))
    return Choices.of(rows)


__all__ = ["AGENT", "COLUMNS", "PERSON", "alternatives", "choices_of", "counted", "labels", "moves_table"]
