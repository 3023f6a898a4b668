"""Whose side is Washington on, and whom does it press?

Expectation: A third party that shares one side's payoffs leans on the other. As its affinity moves from Seoul's
to Tokyo's, it should press Seoul more often and Tokyo less.

Reading: Share of weeks in which each side is pressed, and what both sides get, as affinity moves from Seoul
(left) to Tokyo (right); in the middle Washington is impartial.
"""

from __future__ import annotations

import numpy as np

from negotiation.plots import plot_curves, plot_curves_figure
from negotiation.questions import Answer, Asked, ask
from negotiation.terms import say
from negotiation.vocabulary import Stance

TOKYO, SEOUL = "scenario.washington.affinity.tokyo", "scenario.washington.affinity.seoul"
STRONGEST = 0.5


def answer(asked: Asked) -> Answer:
    """How much more often Seoul than Tokyo is pressed by a friend of Tokyo's, less the same by a friend of Seoul's."""
    leans = np.linspace(-STRONGEST, STRONGEST, asked.points)
    table = asked.measure([{TOKYO: max(float(lean), 0.0), SEOUL: max(-float(lean), 0.0)} for lean in leans])
    table[TOKYO] = table[TOKYO] - table[SEOUL]  # one axis: positive for Tokyo's friend, negative for Seoul's
    table["leaning"] = table["share_press_seoul"] - table["share_press_tokyo"]
    first, last = table.iloc[0], table.iloc[-1]
    scenario = asked.scenario
    tokyo, seoul, third = scenario.tokyo.name, scenario.seoul.name, scenario.washington.name
    sentence = (
        f"A {third} with an affinity of {STRONGEST:g} to {seoul} presses {tokyo} in {first['share_press_tokyo']:.1%} "
        f"and {seoul} in {first['share_press_seoul']:.1%} of all weeks; with the same affinity to {tokyo} it is "
        f"{last['share_press_tokyo']:.1%} and {last['share_press_seoul']:.1%}, and {tokyo}'s payoff changes by "
        f"{last['payoff_tokyo'] - first['payoff_tokyo']:+.2f}, {seoul}'s by "
        f"{last['payoff_seoul'] - first['payoff_seoul']:+.2f}.")
    stances = asked.named(table.melt([TOKYO], ["share_press_tokyo", "share_press_seoul"], "group", "share"))
    stances["group"] = stances["group"].str.removeprefix("share_")
    stances.attrs["groups"] = {stance.key: scenario.stance_name(stance)
                               for stance in (Stance.PRESS_TOKYO, Stance.PRESS_SEOUL)}
    payoffs = asked.named(table.melt([TOKYO], ["payoff_tokyo", "payoff_seoul"], "group", "payoff"))
    payoffs["group"] = payoffs["group"].str.removeprefix("payoff_")
    share, payoff = say("Share of weeks"), say("Expected payoff")
    lean = say("Affinity: to {seoul} (left) or to {tokyo} (right)", seoul=say(seoul), tokyo=say(tokyo))
    return Answer(
        sentence, float(last["leaning"] - first["leaning"]), 1, table,
        {"whose_side": plot_curves_figure(stances, TOKYO, {"share": share}, by="group", percent=True,
                                          xlabel=lean, heading=asked.heading),
         "payoffs": plot_curves_figure(payoffs, TOKYO, {"payoff": payoff}, by="group", xlabel=lean,
                                       heading=asked.heading)},
        {TOKYO: say("affinity"), "share_press_tokyo": say(scenario.stance_name(Stance.PRESS_TOKYO)),
         "share_press_seoul": say(scenario.stance_name(Stance.PRESS_SEOUL)),
         "payoff_tokyo": say("payoff of {name}", name=say(tokyo)),
         "payoff_seoul": say("payoff of {name}", name=say(seoul))},
        [lambda ax: plot_curves(stances, TOKYO, "share", ax, by="group", percent=True, ylabel=share, xlabel=lean,
                                legend=True),
         lambda ax: plot_curves(payoffs, TOKYO, "payoff", ax, by="group", ylabel=payoff, xlabel=lean, legend=True)])


if __name__ == "__main__":
    ask(__file__, answer)
