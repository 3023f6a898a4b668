"""The payoff card: what each move costs and yields in each situation, computed by the rules of the game."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from negotiation import game
from negotiation.documents.markdown import percent, rounded, table
from negotiation.scenario import Scenario
from negotiation.vocabulary import DISPUTANTS, Actor, Move, Stance, opponent

MOVES = {
    Move.ESCALATE: "escalate: one rung up",
    Move.HOLD: "hold",
    Move.APPEAL: "appeal: hold, and ask {third} to engage",
    Move.STANDSTILL: "standstill: offer, accept or renew one",
    Move.STEP_DOWN: "step down: one rung down",
}
LEVELS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)  # of tension
APPEALS = ("nobody", "one side", "both sides")


def _points(value: Any) -> str:
    amount = round(float(value), 2)
    return f"{amount:+.2f}".replace("-", "−") if amount else "0"


def _stances(scenario: Scenario) -> list[str]:
    return [scenario.stance_name(stance) for stance in Stance]


def disputants_card(scenario: Scenario) -> str:
    """Ladders and moves of the two sides."""
    return "\n" + "\n".join(_side(scenario, seat) for seat in DISPUTANTS) + "\n"


def _side(scenario: Scenario, seat: Actor) -> str:
    own, other = scenario.disputant(seat), scenario.disputant(opponent(seat))
    third = scenario.washington.name
    ladder = [(str(rung), entry.name, _points(own.firmness * entry.gain - entry.cost),
               _points(-game.harm(scenario, seat, rung, False)), _points(-game.harm(scenario, seat, rung, True)))
              for rung, entry in enumerate(own.ladder)]
    costs = []
    for move, words in MOVES.items():
        costs.append((words.format(third=third), *(_points(game.act_payoff(scenario, seat, stance, move, Move.HOLD, 0))
                                                   for stance in Stance)))
        if move is Move.ESCALATE:
            costs.append(("… while a standstill is in force (a breach)",
                          *(_points(game.act_payoff(scenario, seat, stance, move, Move.HOLD, 1)) for stance in Stance)))
    snub = [_points(game.act_payoff(scenario, seat, stance, Move.HOLD, Move.STANDSTILL, 0)) for stance in Stance]
    costs.append((f"in addition, if {other.name} plays standstill this week, you do not, and none is in force", *snub))
    return (f"### {own.name}\n\n**Every week, for the rung in force after the moves**\n\n"
            + table(["rung", "what is in force", f"pays {own.name}", f"does to {other.name}", "… under a standstill"],
                    ladder, (2, 3, 4))
            + f"\n**On top, for the move, by what {third} does this week**\n\n"
            + table(["move", *_stances(scenario)], costs, range(1, 6)))


def third_party_card(scenario: Scenario) -> str:
    """What a week costs the third party, by stance and by rungs."""
    third = scenario.washington
    effort = [(scenario.stance_name(stance), *(_points(-game.effort_price(scenario, stance, appeals))
                                               for appeals in range(3))) for stance in Stance]
    tops = range(scenario.tokyo.top + 1), range(scenario.seoul.top + 1)
    grid = [(f"{scenario.tokyo.name} {own}", *(_points(game.concern_payoff(scenario, own, other, False))
                                               for other in tops[1])) for own in tops[0]]
    told = ""
    if third.affinity.tokyo or third.affinity.seoul:
        told = (f"\n{third.name} also feels {rounded(third.affinity.tokyo)} of {scenario.tokyo.name}'s payoff and "
                f"{rounded(third.affinity.seoul)} of {scenario.seoul.name}'s.\n")
    return (f"\n### {third.name}\n\n**For the stance, by who appealed last week**\n\n"
            + table(["stance", *APPEALS], effort, range(1, 4))
            + "\n**On top, every week, for the rungs in force after the moves** (no standstill; with one, a "
              "little less "
              "is lost)\n\n"
            + table(["", *(f"{scenario.seoul.name} {other}" for other in tops[1])], grid, range(1, len(tops[1]) + 1))
            + told + "\n")


def chance_card(scenario: Scenario) -> str:
    """Chances at the end of a week, and what the two ends pay."""
    heads = ["tension", *(rounded(level) for level in LEVELS)]

    def line(words: str, chance: Callable[[float], Any]) -> tuple[str, ...]:
        return (words, *(percent(float(chance(level))) for level in LEVELS))

    def settling(stance: Stance, appeals: int, in_force: bool) -> Callable[[float], Any]:
        return lambda level: game.settlement_probability(scenario, stance, appeals, in_force, level)

    def rupturing(in_force: bool) -> Callable[[float], Any]:
        return lambda level: game.rupture_probability(scenario, in_force, level)

    settle = [line(f"{scenario.stance_name(stance)}{words}", settling(stance, appeals, True)) for stance in Stance
              for appeals, words in ((0, ""), (2, "; both appealed last "
                                                  "week")) if not (stance is Stance.QUIET and appeals)]
    rupture = [line(words, rupturing(in_force))
               for in_force, words in ((False, "no standstill"), (True, "standstill in force"))]
    lapse = 1 / scenario.standstill.length
    names = [scenario.display_name(actor) for actor in Actor]
    ends = [("settlement, both equally far up", *_settled(scenario, 0, 0)),
            (f"settlement, {names[0]} at the top and {names[1]} at rung 0", *_settled(scenario, scenario.tokyo.top, 0)),
            (f"settlement, {names[1]} at the top and {names[0]} at rung 0", *_settled(scenario, 0, scenario.seoul.top)),
            ("rupture", *map(_points, game.rupture_payoffs(scenario)))]
    return ("\n### Chance, at the end of the week\n\nTension is the mean of how far up its own ladder each side "
            "stands, "
            "after the moves: 0 with both at the bottom, 1 with both at the top.\n\n"
            "**Settlement, with a standstill in force after the moves** "
            f"(without one: {percent(scenario.standstill.open_talks, 0)} of these chances)\n\n"
            + table(heads, settle, range(1, 7))
            + "\n**Rupture, if not settled**\n\n" + table(heads, rupture, range(1, 7))
            + f"\n**Lapse.** A standstill that was not agreed or renewed this very week ends with a chance of "
              f"{percent(lapse, 0)}.\n\n**The ends pay once** (counted one week later, so discounted once):\n\n"
            + table(["end", *names], ends, (1, 2, 3))
            + f"\n{names[2]}'s part of a settlement is for one reached while it is not quiet; while quiet it is "
              f"{_points(game.settlement_payoffs(scenario, Stance.QUIET, 0, 0)[2])}.\n\n")


def _settled(scenario: Scenario, rung_tokyo: int, rung_seoul: int) -> list[str]:
    return [_points(paid) for paid in game.settlement_payoffs(scenario, Stance.CONVENE, rung_tokyo, rung_seoul)]



def example_card(scenario: Scenario) -> str:
    """A first week, reckoned by hand: the third party convenes, the first side holds, the second appeals."""
    names = [scenario.display_name(actor) for actor in Actor]
    start, stance = scenario.start, Stance.CONVENE
    rungs, moves = (start.tokyo, start.seoul), (Move.HOLD, Move.APPEAL)
    in_force = int(start.standstill)
    lines, paid = [], []
    for seat in DISPUTANTS:
        own, other = scenario.disputant(seat), opponent(seat)
        parts = [own.firmness * own.ladder[rungs[seat]].gain - own.ladder[rungs[seat]].cost,
                 -float(game.harm(scenario, other, rungs[other], in_force)),
                 float(game.act_payoff(scenario, seat, stance, moves[seat], moves[other], start.standstill))]
        paid.append(sum(parts))
        lines.append((names[seat], f"rung {rungs[seat]}: {_points(parts[0])}", f"{names[other]}'s rung {rungs[other]}: "
                      f"{_points(parts[1])}", f"{moves[seat].key}: {_points(parts[2])}", _points(paid[-1])))
    concern = float(game.concern_payoff(scenario, *rungs, in_force))
    effort = -float(game.effort_price(scenario, stance, start.appeals))
    felt = float(game.affinity_share(scenario, *paid))
    lines.append((names[2], f"rungs {rungs[0]} and {rungs[1]}: "
                            f"{_points(concern)}", "the sides' payoffs: " + _points(felt),
                  f"{scenario.stance_name(stance)}: {_points(effort)}", _points(concern + effort + felt)))
    return (f"\n### A week reckoned by hand\n\nThe first week: {names[2]} takes the stance "
            f"“{scenario.stance_name(stance)}”, "
            f"{names[0]} holds, {names[1]} appeals.\n\n"
            + table(["", "for what is in force", "for what the others do", "for the move", "together"], lines, (4,))
            + "\n")
