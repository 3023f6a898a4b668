"""What the teacher's board shows: every table's rungs by week, who is waited for, outcomes beside the exact ones."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from negotiation.seminar import telling
from negotiation.seminar.people import PLAYING, Person
from negotiation.seminar.room import Seminar
from negotiation.seminar.settings import Treatment
from negotiation.terms import say, speaking
from negotiation.vocabulary import Actor, Outcome


@dataclass(frozen=True)
class Card:
    """A table on the board.

    Attributes:
        number: of the table.
        treatment: what it plays.
        week: the one being played.
        paths: for each side, its rungs at the start and after each week.
        held: for each week and the start, whether a standstill was in force.
        waiting: names of the people whose decision is next; empty where an agent's is, or nobody's.
        turn: the seat whose decision is next, in words; empty when all is over.
        outcome: how it ended, in a word; empty while it is played.
        people: by seat.
        agents: names of the seats that agents play.
        due: when the move that is waited for is overdue, in seconds since the epoch; the same while it is waited for,
            so that a card is not drawn again every second. None where no clock runs.
        place: entries of the record that it shows.
        since: when the table began to wait for its people, in seconds since the epoch; None where it waits for nobody.
        taken_off: people taken off the table.
        begun: whether there is a week to take back.
    """

    number: int
    treatment: str
    week: int
    paths: tuple[tuple[int, ...], tuple[int, ...]]
    held: tuple[bool, ...]
    waiting: tuple[str, ...]
    turn: str
    outcome: str
    people: tuple[Person, ...]
    agents: tuple[str, ...]
    due: float | None = None
    place: int = 0
    since: float | None = None
    taken_off: tuple[Person, ...] = ()
    begun: bool = False


@dataclass(frozen=True)
class Outcomes:
    """How a treatment's tables ended so far, beside the exact prediction for equilibrium play.

    Attributes:
        treatment: by name; empty for the whole class.
        tables: how many have ended.
        counts: by outcome.
        expected: probability by outcome.
    """

    treatment: str
    tables: int
    counts: tuple[int, ...]
    expected: tuple[float, ...]


@dataclass(frozen=True)
class BoardView:
    """All that the board shows; people and those of them who are away without those taken off a table."""

    code: str
    title: str
    phase: str
    people: int
    away: int
    ended: int
    tops: tuple[int, int]
    weeks: int
    sides: tuple[str, str]
    names: tuple[str, ...]
    cards: tuple[Card, ...]
    outcomes: tuple[Outcomes, ...]
    closed: bool = False


def board_view(seminar: Seminar, room: int) -> BoardView:
    """What the board of a class shows now, all of one moment."""
    with seminar.store.snapshot():
        return _board_view(seminar, room)


def _board_view(seminar: Seminar, room: int) -> BoardView:
    found = seminar.room(room)
    settings = found.settings
    with speaking(settings.language):
        everybody = [each for each in seminar.people(room) if not each.gone]
        cards = tuple(_card(seminar, room, number) for number in seminar.tables(room))
        game = seminar.game(room, settings.treatments[0])
        return BoardView(
            found.code, settings.title or say(game.scenario.title), found.phase, len(everybody),
            sum(each.away for each in everybody), sum(bool(card.outcome) for card in cards), game.tops,
            settings.weeks,
            (telling.capital(game, Actor.TOKYO), telling.capital(game, Actor.SEOUL)),
            tuple(say(outcome.key.capitalize()) for outcome in Outcome), cards,
            tuple(_outcomes(seminar, room, treatment) for treatment in settings.treatments), found.closed)


def _card(seminar: Seminar, room: int, number: int) -> Card:
    place, state = seminar.at(room, number)
    game = state.game
    treatment = seminar.treatment(room, number).name
    states = [game.start, *(week.next_state for week in state.weeks)]
    players = seminar.players(room, number)
    turn = state.turn
    waited = [] if turn is None else [each.name for each in players[turn] if not each.away]
    found = seminar.room(room)
    return Card(
        number, treatment, state.week,
        (tuple(int(game.rungs[0, each]) for each in states), tuple(int(game.rungs[1, each]) for each in states)),
        tuple(bool(game.standstill[each]) for each in states), tuple(waited),
        "" if turn is None else telling.capital(game, turn),
        "" if state.outcome is None else say(state.outcome.key.capitalize()),
        tuple(each for seat in Actor for each in players[seat]),
        tuple(telling.capital(game, seat) for seat in Actor if all(each.away for each in players[seat])),
        seminar.due(found, number), place,
        seminar.waits_since(found, number) if waited and found.phase == PLAYING else None,
        tuple(seminar.taken_off(room, number)), bool(state.weeks) or state.stance is not None)


def _outcomes(seminar: Seminar, room: int, treatment: Treatment) -> Outcomes:
    ended = Counter(seminar.state(room, number).outcome for number in seminar.tables(room)
                    if seminar.treatment(room, number).name == treatment.name)
    counts = tuple(ended[outcome] for outcome in Outcome)
    return Outcomes(treatment.name, sum(counts), counts, prediction(seminar, room, treatment))


def prediction(seminar: Seminar, room: int, treatment: Treatment) -> tuple[float, ...]:
    """Exact outcome probabilities if all three seats play the equilibrium, over the weeks of the class."""
    return seminar.compiled(room, treatment).predicted()


def merged(outcomes: tuple[Outcomes, ...]) -> Outcomes:
    """All treatments together, the prediction weighted by the tables that ended (evenly before any has)."""
    weights = [each.tables for each in outcomes] if any(each.tables for each in outcomes) else [1] * len(outcomes)
    kinds = range(len(Outcome))
    expected = tuple(sum(weight * each.expected[kind] for weight, each in zip(weights, outcomes, strict=True))
                     / sum(weights) for kind in kinds)
    return replace(outcomes[0], treatment="", tables=sum(each.tables for each in outcomes),
                   counts=tuple(sum(each.counts[kind] for each in outcomes) for kind in kinds), expected=expected)


__all__ = ["BoardView", "Card", "Outcomes", "board_view", "merged", "prediction"]
