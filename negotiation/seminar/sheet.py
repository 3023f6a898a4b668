"""The confidential role sheet: what a seat wants, from the scenario's own parameters, in words and numbers.

A sheet holds its own seat's parameters, and what others' measures do to it; nobody else's gains, costs or stakes.
"""

from __future__ import annotations

from dataclasses import dataclass

from negotiation.game import Game
from negotiation.scenario import Scenario
from negotiation.seminar.telling import amount, between, capital, lasting, percent, rung_name, span, stance_name
from negotiation.terms import say
from negotiation.vocabulary import DISPUTANTS, Actor, Stance, opponent


@dataclass(frozen=True)
class Section:
    """A part of the sheet: a heading, a sentence, and rows of a label and numbers.

    Attributes:
        heading, note: of the part.
        rows: a label and what it amounts to, in one or more columns.
        columns: their names, that of the labels first; none where one column speaks for itself.
    """

    heading: str
    note: str
    rows: tuple[tuple[str, ...], ...] = ()
    columns: tuple[str, ...] = ()


def sheet(game: Game, seat: Actor) -> tuple[Section, ...]:
    """The sheet of a seat, in the language in force."""
    return _third_party(game) if seat is Actor.WASHINGTON else _disputant(game, seat)


def how_it_goes(scenario: Scenario, seat: Actor) -> tuple[str, ...]:
    """What the game is, in a few sentences, with the seat's own numbers and nobody else's, in the language in force.

    Args:
        scenario: what is played, with its weeks.
        seat: the reader's.
    """
    names = {actor.key: say(scenario.display_name(actor)) for actor in Actor}
    third = names["washington"]
    if seat is Actor.WASHINGTON:
        who = say("You are {third}. {tokyo} and {seoul} quarrel, and you stand between them. Collect as much payoff as "
                  "you can in {time}: only your own counts.", time=span(scenario.rounds), **names,
                  third=third)
        ends = say("A settlement ends the game and pays you {settlement}; a rupture ends it too and pays you "
                   "{rupture}.", settlement=_whole_prize(scenario), rupture=amount(scenario.washington.rupture))
    else:
        mine = scenario.disputant(seat)
        who = say("You are {name}. You quarrel with {other}; {third} stands between you. Collect as much payoff as you "
                  "can in {time}: only your own counts.", name=names[seat.key],
                  other=names[opponent(seat).key], third=third, time=span(scenario.rounds))
        ends = say("A settlement ends the game and shares out what is worth {stake} to you; a rupture ends it too and "
                   "pays you {rupture}.", stake=amount(mine.stake), rupture=amount(mine.rupture))
    return (
        who,
        say("Each week {third} takes a stance first. Then {tokyo} and {seoul} move, in an order drawn by lot. Then "
            "chance decides: the dispute is settled, relations rupture, or it goes on.", third=third,
            tokyo=names["tokyo"], seoul=names["seoul"]),
        say("The higher both ladders, the higher the tension, and the likelier a rupture."),
        say("A standstill begins when both sides choose it in the same week. While it is in force, measures hurt less: "
            "{share} less.", share=percent(scenario.standstill.ease)),
        lasting(scenario),
        ends)


def _whole_prize(scenario: Scenario) -> str:
    low, high = scenario.washington.prize, scenario.washington.prize + scenario.washington.credit
    return between(min(low, high), max(low, high))


def _disputant(game: Game, seat: Actor) -> tuple[Section, ...]:
    scenario, mine = game.scenario, game.scenario.disputant(seat)
    other, third = opponent(seat), scenario.washington
    theirs = scenario.disputant(other)
    position = Section(
        say("Your own ladder"),
        say("What a week on each rung pays you: credit at home for standing firm, less what the measure costs you."),
        tuple((rung_name(game, seat, number), amount(mine.firmness * rung.gain - rung.cost))
              for number, rung in enumerate(mine.ladder)))
    harm = Section(
        say("What {name} can do to you", name=capital(game, other)),
        say("What a week of the other side's measures costs you; a standstill in force takes {share} of it away.",
            share=percent(scenario.standstill.ease)),
        tuple((rung_name(game, other, number), amount(-rung.harm)) for number, rung in enumerate(theirs.ladder)))
    acts = Section(
        say("What your moves cost you"), say("Once, in the week of the move."),
        ((say("Stepping down a rung"), amount(-mine.backdown)),
         (say("Offering, accepting or renewing a standstill"), amount(-mine.offer)),
         (say("Appealing to {name}", name=capital(game, Actor.WASHINGTON)), amount(-mine.appeal)),
         (say("Escalating while a standstill is in force, on top"), amount(-mine.breach))))
    leaning = tuple(
        (stance_name(game, stance), amount(-mine.standing * (
            effect.pressure_tokyo if seat is Actor.TOKYO else effect.pressure_seoul)), percent(effect.cover))
        for stance, effect in zip(Stance, third.stances, strict=True))
    pressure = Section(
        say("When {name} leans on you", name=capital(game, Actor.WASHINGTON)),
        say("What escalating costs you on top under each stance, and how much of the cost of stepping down and of "
            "signing it takes off you. Leaving the other side's offer of a standstill unanswered costs you {share} "
            "of the first.", share=percent(mine.snub)), leaning, (say("Stance"), say("Escalating"), say("Taken off")))
    ends = Section(
        say("How it can end"),
        say("A settlement shares out what is worth the number below to you: half of it to each side if both stand "
            "equally high on their ladders, more to the side that stands higher. Each later week counts {share} of "
            "the week before.", share=percent(mine.discount)),
        ((say("The whole of what is in dispute"), amount(mine.stake)), (say("A rupture"), amount(mine.rupture))))
    return position, harm, acts, pressure, ends


def _third_party(game: Game) -> tuple[Section, ...]:
    scenario, mine = game.scenario, game.scenario.washington
    stances = Section(
        say("What each stance costs you"),
        say("A week of your attention. If one side appealed last week, {one} of the price is taken off; if both did, "
            "{both}.", one=percent(mine.invitation[1]), both=percent(mine.invitation[2])),
        tuple((stance_name(game, stance), amount(-mine.attention * effect.effort))
              for stance, effect in zip(Stance, mine.stances, strict=True)))
    leaning = Section(
        say("How each stance leans"),
        say("How hard it presses {tokyo} and {seoul} not to escalate, and how much of the cost of concessions it takes "
            "off them.", tokyo=capital(game, Actor.TOKYO), seoul=capital(game, Actor.SEOUL)),
        tuple((stance_name(game, stance), f"{effect.pressure_tokyo:g}", f"{effect.pressure_seoul:g}",
               percent(effect.cover)) for stance, effect in zip(Stance, mine.stances, strict=True)),
        (say("Stance"), capital(game, Actor.TOKYO), capital(game, Actor.SEOUL), say("Taken off")))
    quarrel = [(say("Both ladders at the top, your alliance suffers"), amount(-mine.alliance)),
               (say("Both ladders half way up"), amount(-mine.alliance / 4))]
    measures = [(f"{capital(game, seat)}: {rung_name(game, seat, number)}", amount(-mine.supply_chain * rung.harm))
                for seat in DISPUTANTS for number, rung in enumerate(scenario.disputant(seat).ladder) if number]
    sides = [(say("Of what {name} gains or loses, you feel", name=capital(game, seat)), percent(weight))
             for seat, weight in ((Actor.TOKYO, mine.affinity.tokyo), (Actor.SEOUL, mine.affinity.seoul)) if weight]
    costs = Section(
        say("What the quarrel costs you"),
        say("Each week: for the tension between your friends, and for each side's measures in force, which disturb "
            "your supply chains; a standstill takes {share} of the latter away.",
            share=percent(scenario.standstill.ease)), (*quarrel, *measures, *sides))
    ends = Section(
        say("How it can end"), say("Each later week counts {share} of the week before.", share=percent(mine.discount)),
        ((say("A settlement"), amount(mine.prize)), (say("... more if you had a hand in it"), amount(mine.credit)),
         (say("A rupture"), amount(mine.rupture))))
    return stances, leaning, costs, ends


__all__ = ["Section", "how_it_goes", "sheet"]
