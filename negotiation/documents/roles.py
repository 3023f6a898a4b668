"""Role sheets: what each seat wants, in neutral words and the scenario's own numbers."""

from __future__ import annotations

from negotiation import game
from negotiation.documents.markdown import number, percent, rounded, table
from negotiation.scenario import Scenario
from negotiation.vocabulary import Actor, Move, Stance, opponent


def role_part(scenario: Scenario, seat: Actor) -> str:
    """The sheet of one seat."""
    return third_party_sheet(scenario) if seat is Actor.WASHINGTON else disputant_sheet(scenario, seat)


def disputant_sheet(scenario: Scenario, seat: Actor) -> str:
    """The sheet of one side."""
    own, other, third = scenario.disputant(seat), scenario.disputant(opponent(seat)), scenario.washington
    rungs = (scenario.start.tokyo, scenario.start.seoul)
    mine, theirs = (rungs[seat], rungs[1 - seat])
    worth = [own.firmness * rung.gain - rung.cost for rung in own.ladder]
    best = max(range(len(worth)), key=lambda rung: worth[rung])
    lead = game.settlement_payoffs(scenario, Stance.QUIET, scenario.tokyo.top, 0)[0] / scenario.tokyo.stake
    ease = scenario.standstill.ease
    facts = [
        ("your rung now", f"{mine}: {own.ladder[mine].name}"),
        (f"{other.name}'s rung now", f"{theirs}: {other.ladder[theirs].name}"),
        ("the rung that pays you most by the week, left alone", f"{best}: {own.ladder[best].name} "
                                                                f"({rounded(worth[best])} a week)"),
        (f"what {other.name}'s present rung costs you", f"{rounded(other.ladder[theirs].harm)} a week, "
         f"{rounded(other.ladder[theirs].harm * (1 - ease))} under a standstill"),
        ("what a settlement is worth", f"{number(own.stake)}, divided: half each when both stand equally far up, "
         f"{percent(lead, 0)} to a side that stands at its top while the other stands at the bottom"),
        ("what a rupture is worth to you", number(own.rupture)),
        ("stepping down costs you at home", f"{number(own.backdown)}, less if {third.name} gives you cover"),
        ("signing a standstill costs you at home", f"{number(own.offer)} each time, less with cover"),
        (f"asking {third.name} costs you", number(own.appeal)),
        ("escalating while a standstill is in force costs you", f"{number(own.breach)} on top"),
        ("one unit of pressure costs you", f"{number(own.standing)} if you escalate"),
        ("a payoff next week is worth", f"{percent(own.discount, 0)} of one this week"),
    ]
    return (f"\n## {own.name}\n\nYou decide for the government of {own.name}. Each week you choose one of five moves: "
            f"{', '.join(_move(move) for move in Move)}. Who moves first in a week is drawn by lot "
            f"({percent(scenario.tokyo_first, 0)} {scenario.tokyo.name}); the second mover has seen the first "
            f"move, and both "
            f"have seen what {third.name} does.\n\n"
            f"You want as many points as you can get over the whole dispute. They come from three places: what "
            f"the rungs in "
            f"force bring and cost you every week, what your own move costs you this week, and what you are "
            f"paid once if the "
            f"dispute ends in a settlement or a rupture.\n\n"
            + table(["in your hands", "what it is"], facts)
            + f"\n**Before you play, note down:** the highest rung you would accept from {other.name} without "
              f"answering; what "
            f"would make you sign; what you would need from {third.name} for that.\n\n"
            f"Everything on this sheet is known to all three of you.\n\n")


def third_party_sheet(scenario: Scenario) -> str:
    """The sheet of the third party."""
    third, tokyo, seoul = scenario.washington, scenario.tokyo, scenario.seoul
    start = scenario.start
    now = float(game.concern_payoff(scenario, start.tokyo, start.seoul, start.standstill))
    top = float(game.concern_payoff(scenario, tokyo.top, seoul.top, False))
    affinity = third.affinity
    side = ("you take neither side" if affinity.tokyo == affinity.seoul == 0 else
            f"{number(affinity.tokyo)} of {tokyo.name}'s payoff and {number(affinity.seoul)} of {seoul.name}'s "
            f"are also yours")
    facts = [
        ("the measures now in force cost you", f"{rounded(-now)} a week"),
        ("both sides on their top rungs would cost you", f"{rounded(-top)} a week"),
        ("one unit of effort costs you", f"{number(third.attention)}; {percent(third.invitation[1], 0)} less if "
                                         f"one side "
         f"asked last week, {percent(third.invitation[2], 0)} less if both did"),
        ("what a settlement is worth to you", f"{number(third.prize)}, and {number(third.credit)} more unless "
                                              f"you were quiet"),
        ("what a rupture is worth to you", number(third.rupture)),
        ("whose side you are on", side),
        ("a payoff next week is worth", f"{percent(third.discount, 0)} of one this week"),
    ]
    stances = [(scenario.stance_name(stance), number(effect.effort), number(effect.pressure_tokyo),
                number(effect.pressure_seoul), percent(effect.cover, 0), percent(effect.talks))
               for stance, effect in zip(Stance, third.stances, strict=True)]
    return (f"\n## {third.name}\n\nYou speak for {third.name}. Each week, before {tokyo.name} and {seoul.name} "
            f"move, you take "
            f"one of five stances, which both see. You cannot make either side do anything: you can lean on it, "
            f"which makes "
            f"escalating dearer; give it cover, which makes stepping down and signing cheaper; and hold talks, "
            f"which are what "
            f"settles a dispute.\n\nYou want as many points as you can get over the whole dispute. Nearly all "
            f"of them are "
            f"losses, to be kept small: what the measures in force cost you every week, and what your effort "
            f"costs you.\n\n"
            + table(["in your hands", "what it is"], facts)
            + "\n" + table(["stance", "effort", f"pressure on "
                                                f"{tokyo.name}", f"on {seoul.name}", "cover", "talks, a week"],
                           stances, range(1, 6))
            + f"\n**Before you play, note down:** when you would rather be quiet; what {tokyo.name} and "
              f"{seoul.name} would have "
            f"to do for you to convene them; whether you would announce that.\n\n"
            f"Everything on this sheet is known to all three of you.\n\n")


def _move(move: Move) -> str:
    return move.key.replace("_", " ")
