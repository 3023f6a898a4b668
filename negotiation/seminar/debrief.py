"""The debrief of a class: what happened, against what equilibrium play predicts. No web in here.

`make_debrief` is for the teacher and covers the class; `own_debrief` is for one person and holds nothing of others but
anonymous shares. A player alone at home gets both of a class of one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from negotiation.behaviours.solved import solution
from negotiation.game import Game
from negotiation.history.coding import Observed
from negotiation.seminar import debrief_outcomes as outcomes
from negotiation.seminar import telling
from negotiation.seminar.debrief_fit import Estimate, estimate
from negotiation.seminar.debrief_moves import alternatives, counted, labels, moves_table
from negotiation.seminar.people import ENDED, Person
from negotiation.seminar.play import option_of
from negotiation.seminar.room import Seminar
from negotiation.terms import say, speaking
from negotiation.vocabulary import Actor, Move, Stance

if TYPE_CHECKING:
    from pandas import DataFrame

SURPRISES = 10
OWN = 4


@dataclass(frozen=True, eq=False)
class Debrief:
    """Everything that a class's debrief shows; tidy frames and sentences.

    Attributes:
        title, code, language: of the class.
        seed: root seed of its tables.
        weeks: of the class.
        read_after: week after which outcomes are read, 0 if none can be.
        tables, left_out: how many tables are read, and how many had not got so far.
        by_agents: how many further ones are left out because agents alone decided there.
        moves: every decision, see `negotiation.seminar.debrief_moves.moves_table`.
        shares: outcomes beside the exact prediction, see `debrief_outcomes.shares_table`.
        comparison: test of the class against the prediction.
        differences: treatments compared; empty with one treatment.
        people: what each gave away, see `people_table`.
        surprises, options: see `surprise_tables`.
        paths: rungs of every table by week.
        weekly: the class's rungs by week.
        history: the class beside the real weeks.
        real: the real weeks, None if the dispute is in no record.
        estimate: precision and firmness; None where it was not asked for.
        names: whether people go by their names.
        game: of the first treatment.
    """

    title: str
    code: str
    language: str
    seed: int
    weeks: int
    read_after: int
    tables: int
    left_out: int
    by_agents: int
    moves: DataFrame
    shares: DataFrame
    comparison: outcomes.Comparison
    differences: DataFrame
    people: DataFrame
    surprises: DataFrame
    options: DataFrame
    paths: DataFrame
    weekly: DataFrame
    history: DataFrame
    real: Observed | None
    estimate: Estimate | None
    names: bool
    game: Game

    @property
    def treatments(self) -> list[str]:
        """Their names."""
        return [name for name in dict.fromkeys(self.shares["treatment"]) if name]

    @property
    def begun(self) -> bool:
        """Whether any table at which people decided has played a week."""
        return bool((self.paths["week"] > 0).any())

    @property
    def decided(self) -> bool:
        """Whether anybody has decided anything that stands."""
        return bool((self.people["decisions"] > 0).any())

    def drawable(self, treatment: str = "") -> DataFrame:
        """Outcomes of a treatment, or of all, for `negotiation.plots.outcomes.plot_outcomes`."""
        return outcomes.drawable(self.shares, treatment, self.game, self.read_after)

    def real_path(self) -> DataFrame | None:
        """The real path over the weeks of the class, for `negotiation.plots.fan.plot_rungs`."""
        if self.real is None:
            return None
        path = self.real.path_table(self.game)
        return path[path["week"] <= self.weeks].assign(outcome="")

    def answer(self) -> str:
        """How the class ended, in a sentence."""
        together = self.shares[self.shares["treatment"] == ""]
        if not self.tables:
            return say("No table at which people decided has played a week.")
        count, outcome, exact = max(zip(together["count"], together["outcome"], together["exact"], strict=True))
        text = say("{count} of {tables} ended in: {outcome} (exact: {percent}).", count=int(count),
                   tables=tables_in_words(self.tables), outcome=say(str(outcome).capitalize()),
                   percent=telling.percent(float(exact)))
        p = self.comparison.p
        fits = (say("Together the outcomes are what equilibrium play could well bring (p = {p}).", p=f"{p:.2g}")
                if p >= 0.05 else
                say("Together the outcomes are not what equilibrium play brings (p = {p}).", p=f"{p:.2g}"))
        return telling.together(text, fits)

    def missing(self) -> str:
        """Which tables are not read, and why; empty if all are."""
        return missing_in_words(self.left_out, self.by_agents)


def missing_in_words(left_out: int, by_agents: int) -> str:
    """How many tables are not read, and why, in at most two sentences.

    Args:
        left_out: how many had not got so far.
        by_agents: at how many agents alone decided.
    """
    told = []
    if left_out:
        told.append(say("Left out: {tables} that had not got so far.", tables=tables_in_words(left_out)))
    if by_agents:
        told.append(say("Left out: {tables} at which agents alone decided.", tables=tables_in_words(by_agents)))
    return telling.together(*told)


def tables_in_words(count: int) -> str:
    """How many tables."""
    return say("1 table") if count == 1 else say("{count} tables", count=count)


def make_debrief(seminar: Seminar, room: int, names: bool = False, fit: bool = True,
                 language: str | None = None) -> Debrief:
    """The debrief of a class as it stands.

    Args:
        seminar: to read from.
        room: the class.
        names: names instead of pseudonyms.
        fit: whether precision and firmness are estimated, which takes longest.
        language: of its words, one of `negotiation.terms.LANGUAGES`; the class's if None.
    """
    found = seminar.room(room)
    settings = found.settings
    language = language or settings.language
    with speaking(language):
        games = {each.name: seminar.game(room, each) for each in settings.treatments}
        moves = moves_table(seminar, room, names=names)
        own = counted(moves)
        everywhere, decided = seminar.tables(room), set(own["table"])
        played = [number for number in everywhere if number in decided]
        by_agents = len(set(counted(moves, people=False)["table"]) - decided)
        states = {number: seminar.state(room, number) for number in played}
        treated = {number: seminar.treatment(room, number).name for number in played}
        week = outcomes.reading_week(states)
        shares = outcomes.shares_table(states, treated, games, week)
        game = games[settings.treatments[0].name]
        surprises, options = surprise_tables(own, games)
        real = outcomes.real_weeks(game)
        read = int(shares[shares["treatment"] == ""]["count"].sum())
        return Debrief(
            settings.title or say(game.scenario.title), found.code, language, found.seed, settings.weeks, week,
            read, len(everywhere) - by_agents - read, by_agents, moves, shares,
            outcomes.compare_with_exact(shares, found.seed), outcomes.differences_table(shares, found.seed),
            people_table(seminar, room, own, names), surprises, options, outcomes.paths_table(states, treated),
            outcomes.rungs_table(states, game), outcomes.beside_history(states, game, real), real,
            estimate(moves, {name: each.scenario for name, each in games.items()}) if fit else None, names, game)


def people_table(seminar: Seminar, room: int, own: DataFrame, names: bool = False) -> DataFrame:
    """What each person could have gained by taking the best option at each of their own decisions.

    Args:
        seminar: to read from.
        room: the class.
        own: people's decisions that stand.
        names: names instead of pseudonyms.

    Returns:
        One row a person: ``person``, ``table``, ``seat``, ``decisions``, ``best`` (how many of them took the best
        option), ``forgone`` (sum), ``forgone_equilibrium`` (what equilibrium play gives away at the same decisions, on
        average), ``forgone_mean`` (of a decision). The most forgone a decision first.
    """
    from pandas import DataFrame

    called = labels(seminar, room, names)
    rows = []
    for person in seminar.people(room):
        mine = own[own["person"] == called[person.number]]
        rows.append((called[person.number], person.table, person.seat.key, len(mine),
                     int((mine["forgone"] <= 1e-12).sum()), float(mine["forgone"].sum()),
                     float(mine["forgone_equilibrium"].sum()), float(mine["forgone"].mean()) if len(mine) else np.nan))
    table = DataFrame(rows, columns=["person", "table", "seat", "decisions", "best", "forgone", "forgone_equilibrium",
                                     "forgone_mean"])
    return table.sort_values(["forgone_mean", "table"], ascending=[False, True], kind="stable", ignore_index=True)


def surprise_tables(own: DataFrame, games: dict[str, Game], most: int = SURPRISES) -> tuple[DataFrame, DataFrame]:
    """The decisions that equilibrium play takes least often, and what else there was.

    Only those that it takes less often than a pick at random would: nothing else surprises anybody.

    Args:
        own: decisions that stand.
        games: treatment to its game.
        most: how many.

    Returns:
        One row a decision, the most surprising first: ``rank``, ``table``, ``week``, ``person``, ``seat``,
        ``probability``, ``chosen`` and ``best`` in words, ``move`` and ``best_move`` as keys, ``worth``,
        ``best_worth``, ``forgone``, ``situation``;
        and one row a decision and option open to it: ``rank``, ``option`` in words, ``worth``, ``probability``,
        ``taken``. Words are in the language in force.
    """
    from pandas import DataFrame

    told: list[dict[str, Any]] = []
    options: list[dict[str, Any]] = []
    ordered = own.sort_values(["probability", "forgone", "table", "entry"], ascending=[True, False, True, True])
    # Whatever has two options or more, half of the time is not rare.
    for row in ordered[ordered["probability"] < 0.5].to_dict("records"):
        rank = len(told) + 1
        if rank > most:
            break
        game, seat, state = games[row["treatment"]], Actor.parse(row["seat"]), int(row["state"])
        third = seat is Actor.WASHINGTON
        stance = None if third else Stance.parse(row["stance"])
        first = Move.parse(row["first_move"]) if row["first_move"] else None
        found = alternatives(solution(game), seat, int(row["week"]) - 1, state, stance, first)
        if row["probability"] * np.count_nonzero(~np.isnan(found.values)) >= 1:
            continue
        named = {number: telling.option_name(game, seat, state, option_of(seat, number), first)
                 for number, worth in enumerate(found.values) if not np.isnan(worth)}
        by_key = {option_of(seat, number).key: name for number, name in named.items()}
        told.append({"rank": rank, "table": row["table"], "week": row["week"], "person": row["person"],
                     "seat": row["seat"], "probability": row["probability"], "chosen": by_key[row["move"]],
                     "best": by_key[row["best"]], "move": row["move"], "best_move": row["best"],
                     "worth": row["worth"], "best_worth": row["best_worth"],
                     "forgone": row["forgone"], "situation": _situation(game, state, stance, first, row["leader"])})
        options += [{"rank": rank, "option": name, "worth": float(found.values[number]),
                     "probability": float(found.probabilities[number]),
                     "taken": option_of(seat, number).key == row["move"]} for number, name in named.items()]
    return (DataFrame(told, columns=["rank", "table", "week", "person", "seat", "probability", "chosen", "best",
                                     "move", "best_move", "worth", "best_worth", "forgone", "situation"]),
            DataFrame(options, columns=["rank", "option", "worth", "probability", "taken"]))


def _situation(game: Game, state: int, stance: Stance | None, first: Move | None, leader: str) -> str:
    """What was known at a decision, in words."""
    rungs = {seat: telling.rung_name(game, seat, int(game.rungs[seat, state])) for seat in (Actor.TOKYO, Actor.SEOUL)}
    sides = [say("{what}: {more}", what=telling.capital(game, seat), more=rung) for seat, rung in rungs.items()]
    held = say("A standstill is in force") if game.standstill[state] else say("No standstill")
    told = [say("; ").join([*sides, held]) + say(".")]
    if stance is not None:
        told.append(telling.stance_sentence(game, stance))
    if first is not None:
        told.append(telling.move_sentence(game, Actor.parse(leader), state, first, None))
    return telling.together(*told)


# ------------------------------------------------------------------------------------ one person's


@dataclass(frozen=True)
class Seated:
    """Who sat at a table: its number, and the keys of seats that people took with their names."""

    number: int
    seats: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, eq=False)
class OwnDebrief:
    """What one person is shown after the class: own decisions, the own table's path, shares of the class.

    Attributes:
        seat: key of the own seat.
        decisions: how many of one's own stand.
        best: in how many the best option was taken.
        forgone, forgone_equilibrium: sums over the own decisions, see `negotiation.seminar.debrief_moves`.
        surprises, options: of one's own decisions.
        story: one tuple of sentences a week of the table.
        path: rungs of the table by week, for `negotiation.plots.fan.plot_rungs`.
        outcome: how the table stands, in a sentence; empty while it plays.
        shares: outcomes of the class beside the exact prediction, all treatments together; None for one alone.
        history: the table beside the real weeks.
        tables: of the whole class, the own one first, seat by seat who sat there; None where the class hides names.
        game: of the table.
    """

    seat: str
    decisions: int
    best: int
    forgone: float
    forgone_equilibrium: float
    surprises: DataFrame
    options: DataFrame
    story: tuple[tuple[str, ...], ...]
    path: DataFrame
    outcome: str
    shares: DataFrame | None
    history: DataFrame
    tables: tuple[Seated, ...] | None
    game: Game


def own_debrief(seminar: Seminar, person: Person,
                shares_of: Callable[[int], DataFrame] | None = None) -> OwnDebrief:
    """One person's debrief, in the language of the class.

    Of others it holds no name and no pseudonym, unless the class shows names: then it tells who sat where.

    Args:
        seminar: to read from.
        person: whose.
        shares_of: class to what `class_shares` gives, for those who remember it.
    """
    room = seminar.room(person.room)
    treatment = seminar.treatment(person.room, person.table)
    game, state = seminar.game(person.room, treatment), seminar.state(person.room, person.table)
    with speaking(room.settings.language):
        moves = counted(moves_table(seminar, person.room, [person.table]))
        mine = moves[moves["person"] == labels(seminar, person.room)[person.number]]
        surprises, options = surprise_tables(mine, {treatment.name: game}, OWN)
        table = {person.table: state}
        return OwnDebrief(
            person.seat.key, len(mine), int((mine["forgone"] <= 1e-12).sum()), float(mine["forgone"].sum()),
            float(mine["forgone_equilibrium"].sum()), surprises.drop(columns=["person"]), options,
            tuple(telling.news(game, week) for week in state.weeks),
            outcomes.paths_table(table, {person.table: ""}).rename(columns={"table": "episode"}),
            "" if state.outcome is None else telling.outcome_sentence(state.outcome),
            None if seminar.alone(person.room) else (
                class_shares(seminar, person.room) if shares_of is None else shares_of(person.room)),
            outcomes.beside_history(table, game, outcomes.real_weeks(game)),
            _seated(seminar, person) if room.settings.names and not seminar.alone(person.room) else None, game)


def _seated(seminar: Seminar, person: Person) -> tuple[Seated, ...]:
    at: dict[int, dict[Actor, list[str]]] = {person.table: {}}
    for each in filter(lambda each: not each.gone, seminar.people(person.room)):
        at.setdefault(each.table, {}).setdefault(each.seat, []).append(each.name)
    return tuple(Seated(table, tuple((seat.key, tuple(at[table][seat])) for seat in sorted(at[table])))
                 for table in (person.table, *sorted(set(at) - {person.table})))


def class_shares(seminar: Seminar, room: int) -> DataFrame:
    """Outcomes of all tables together beside the exact prediction; ``attrs["missing"]`` as in `missing_in_words`.

    Without walking through every record: a table counts as people's where a person has decided anything there.
    """
    settings = seminar.room(room).settings
    games = {each.name: seminar.game(room, each) for each in settings.treatments}
    people = {row["table_number"] for row in seminar.store.rows(
        "SELECT DISTINCT table_number FROM moves WHERE room = ? AND person IS NOT NULL", room)}
    moved = {row["table_number"] for row in seminar.store.rows(
        "SELECT DISTINCT table_number FROM moves WHERE room = ?", room)}
    states = {number: seminar.state(room, number) for number in seminar.tables(room) if number in people}
    shares = outcomes.shares_table(states, {number: seminar.treatment(room, number).name for number in states}, games,
                                   outcomes.reading_week(states))
    together = shares[shares["treatment"] == ""].drop(columns=["treatment"])
    by_agents = len(moved - people)
    left_out = len(seminar.tables(room)) - by_agents - int(together["count"].sum())
    together.attrs["missing"] = (left_out, by_agents)
    return together


def open_to(seminar: Seminar, person: Person) -> bool:
    """Whether a person may see their debrief: the class has ended, or they play alone."""
    return seminar.room(person.room).phase == ENDED or seminar.alone(person.room)


__all__ = ["Debrief", "OwnDebrief", "Seated", "class_shares", "make_debrief", "missing_in_words", "open_to",
           "own_debrief", "people_table", "surprise_tables", "tables_in_words"]
