"""A table in plain words, in the language in force: where it stands, what its options are called, what a week brought.

The same facts as `negotiation.narration`, without probabilities and values, for people who play.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf

from negotiation.engines.trajectory import Week
from negotiation.game import Game
from negotiation.scenario import Scenario
from negotiation.terms import language, say
from negotiation.vocabulary import Actor, Chance, Move, Outcome, Stance, opponent

OUTCOMES = {
    Outcome.SETTLEMENT: "The dispute is settled.",
    Outcome.STANDSTILL: "A standstill is in force at the end.",
    Outcome.STALEMATE: "The end is a stalemate: no standstill, and low tension.",
    Outcome.ESCALATED: "The end is escalated: no standstill, and high tension.",
    Outcome.RUPTURE: "Relations have ruptured.",
}


def span(weeks: int) -> str:
    """A number of weeks."""
    return say("1 week") if weeks == 1 else say("{count} weeks", count=weeks)


def together(*sentences: str) -> str:
    """Sentences one after another; empty ones are left out. Japanese has no space between them."""
    return ("" if language() == "ja" else " ").join(filter(None, sentences))


def capital(game: Game, seat: Actor) -> str:
    """A seat's name."""
    return say(game.scenario.display_name(seat))


def rung_name(game: Game, seat: Actor, rung: int) -> str:
    """What is in force on a rung."""
    return say(game.scenario.disputant(seat).ladder[rung].name)


def stance_name(game: Game, stance: Stance) -> str:
    """What a stance is called."""
    return say(game.scenario.stance_name(stance))


def option_name(game: Game, seat: Actor, state: int, option: Stance | Move, first: Move | None) -> str:
    """What is written on the button of an option.

    Args:
        game: what is played.
        seat: whose option.
        state: number of the state at the start of the week.
        option: of the seat.
        first: the first mover's move if this is the answer.
    """
    if isinstance(option, Stance):
        return stance_name(game, option)
    rung = int(game.rungs[seat, state])
    if option is Move.ESCALATE:
        return say("Escalate: {rung}", rung=rung_name(game, seat, rung + 1))
    if option is Move.STEP_DOWN:
        return say("Step down: {rung}", rung=rung_name(game, seat, rung - 1))
    if option is Move.APPEAL:
        return say("Hold, and appeal to {name}", name=capital(game, Actor.WASHINGTON))
    if option is Move.HOLD:
        return say("Hold: stay where you are")
    if first is Move.STANDSTILL:
        return say("Agree to renew the standstill") if game.standstill[state] else say("Accept the standstill")
    return say("Propose to renew the standstill") if game.standstill[state] else say("Offer a standstill")


def move_sentence(game: Game, seat: Actor, state: int, move: Move, first: Move | None) -> str:
    """What a side did, as a sentence; ``first`` is the first mover's move if this was the answer."""
    name, rung, held = capital(game, seat), int(game.rungs[seat, state]), bool(game.standstill[state])
    if move is Move.ESCALATE:
        above = rung_name(game, seat, rung + 1)
        return (say("{name} broke the standstill and escalated: {rung}.", name=name, rung=above) if held
                else say("{name} escalated: {rung}.", name=name, rung=above))
    if move is Move.STEP_DOWN:
        return say("{name} stepped down: {rung}.", name=name, rung=rung_name(game, seat, rung - 1))
    if move is Move.APPEAL:
        return say("{name} held and appealed to {other}.", name=name, other=capital(game, Actor.WASHINGTON))
    if move is Move.HOLD:
        return say("{name} held.", name=name)
    if first is Move.STANDSTILL:
        return (say("{name} agreed to renew the standstill.", name=name) if held
                else say("{name} accepted the standstill.", name=name))
    return (say("{name} proposed to renew the standstill.", name=name) if held
            else say("{name} offered a standstill.", name=name))


def stance_sentence(game: Game, stance: Stance) -> str:
    """What the third party did, as a sentence."""
    return say("{name} chose: {stance}.", name=capital(game, Actor.WASHINGTON), stance=stance_name(game, stance))


def first_sentence(game: Game, leader: Actor) -> str:
    """Whom chance drew to move first."""
    return say("Chance: {name} moves first.", name=capital(game, leader))


def chance_sentence(week: Week) -> str:
    """What the draw that ended a week did."""
    if week.chance is Chance.SETTLED:
        return say("Chance: the talks settled the dispute.")
    if week.chance is Chance.RUPTURE:
        return say("Chance: relations ruptured.")
    if week.chance is Chance.LAPSE:
        return say("Chance: the standstill lapsed.")
    return say("Chance: the standstill holds.") if week.in_force else say("Chance: the dispute goes on.")


def news(game: Game, week: Week) -> tuple[str, ...]:
    """A complete week, sentence by sentence in the order in which it happened."""
    follower, first = opponent(week.leader), week.moves[week.leader]
    return (stance_sentence(game, week.stance), move_sentence(game, week.leader, week.state, first, None),
            move_sentence(game, follower, week.state, week.moves[follower], first), chance_sentence(week))


def ending(game: Game, outcome: Outcome) -> str:
    """`outcome_sentence` with the tension that tells a stalemate from an escalated end."""
    share = percent(game.scenario.escalated_above)
    if outcome is Outcome.STALEMATE:
        return say("The end is a stalemate: no standstill, and a tension of {share} or less.", share=share)
    if outcome is Outcome.ESCALATED:
        return say("The end is escalated: no standstill, and a tension above {share}.", share=share)
    return outcome_sentence(outcome)


DECIDED = {
    "agent": "{told} (An agent chose.)",
    "clock": "{told} (Time ran out: an agent chose.)",
    "once": "{told} (The teacher had an agent choose.)",
}


def with_decider(told: str, by: str) -> str:
    """What a seat did, and that no person chose it; `by` is one of `negotiation.seminar.table.DECIDERS`."""
    return say(DECIDED[by], told=told) if by in DECIDED else told


def table_news(game: Game, week: Week, deciders: Sequence[str]) -> tuple[str, ...]:
    """`news` for those who play: who decided, and what becomes of an offer that only one side made.

    Args:
        game: what is played.
        week: a complete one.
        deciders: of its three decisions, in order.
    """
    *did, chance = news(game, week)
    told = [with_decider(*each) for each in zip(did, deciders, strict=True)]
    if list(week.moves).count(Move.STANDSTILL) == 1:
        if not game.standstill[week.state]:
            told.append(say("One side alone makes no standstill: the offer lapses."))
        elif Move.ESCALATE not in week.moves:
            told.append(say("One side alone renews nothing."))
    return (*told, chance)


def lasting(scenario: Scenario) -> str:
    """How long a standstill in force lasts: by the rules it may lapse in each week in which it is not renewed."""
    length = scenario.standstill.length
    if length == inf:
        return say("It holds until one side escalates.")
    return say("It holds until one side escalates, or lapses by chance: {share} in each week in which the two do not "
               "renew it.", share=percent(1 / length))


def outcome_sentence(outcome: Outcome) -> str:
    """How it ended."""
    return say(OUTCOMES[outcome])


def tension_words(tension: float) -> str:
    """Tension, from 0 to 1, in a word."""
    if tension < 0.2:
        return say("relaxed")
    if tension < 0.4:
        return say("uneasy")
    if tension < 0.6:
        return say("tense")
    return say("dangerous") if tension < 0.8 else say("at breaking point")


def amount(value: float) -> str:
    """A payoff with its sign and two decimals, with a true minus."""
    text = f"{value:+.2f}"
    return "0.00" if text in ("+0.00", "-0.00") else text.replace("-", "\N{MINUS SIGN}")


def percent(value: float) -> str:
    """A probability in percent; a small one keeps a decimal."""
    sign = " %" if language() == "en" else "%"
    return f"{100 * value:.1f}{sign}" if 0 < value < 0.0995 else f"{100 * value:.0f}{sign}"


def between(low: float, high: float, write: Callable[[float], str] = amount) -> str:
    """A value, or the range it may lie in."""
    if write(low) == write(high):
        return write(low)
    return say("{low} to {high}", low=write(low), high=write(high))


def percents(low: float, high: float) -> str:
    """A probability in percent, or the range it may lie in, as short as can be."""
    first, last = percent(low), percent(high)
    return last if first == last else f"{first.rstrip(' %')}–{last}"


__all__ = [
    "amount", "between", "capital", "chance_sentence", "ending", "first_sentence", "lasting", "move_sentence", "news",
    "option_name", "outcome_sentence", "percent", "percents", "rung_name", "span", "stance_name",
    "stance_sentence", "table_news", "tension_words", "together", "with_decider",
]
