"""Does a public cost of backing down keep a government from stepping down?

Expectation: Fearon (1994): the dearer it is to back down in public, the less often that side does. His cost
follows a public threat; here it follows any step down, so the test is of the mechanism and not of his model of
a crisis.

Reading: Expected numbers of steps down of each side as Tokyo's cost of stepping down rises and everything else
stays; and what that does to tension and settlement.
"""

from __future__ import annotations

import numpy as np

from negotiation.plots import plot_curves, plot_curves_figure
from negotiation.questions import Answer, Asked, ask, outcome_headings
from negotiation.terms import say

BACKDOWN = "scenario.tokyo.backdown"


def answer(asked: Asked) -> Answer:
    """Tokyo's steps down where they cost it nothing against three times their cost."""
    own, tokyo, seoul = asked.scenario.tokyo.backdown, asked.scenario.tokyo.name, asked.scenario.seoul.name
    table = asked.measure([{BACKDOWN: float(cost)} for cost in np.linspace(0, 3 * own if own else 1.0, asked.points)])
    first, last = table.iloc[0], table.iloc[-1]
    sentence = (
        f"As {tokyo}'s public cost of a step down goes from 0 to {last[BACKDOWN]:g}, its expected number of steps down "
        f"goes from {first['step_downs_tokyo']:.2f} to {last['step_downs_tokyo']:.2f} and {seoul}'s from "
        f"{first['step_downs_seoul']:.2f} to {last['step_downs_seoul']:.2f}; settlement goes from "
        f"{first['probability_settlement']:.1%} to {last['probability_settlement']:.1%}.")
    sides = asked.named(table.melt([BACKDOWN], ["step_downs_tokyo", "step_downs_seoul"], "side", "step_downs"))
    sides["side"] = sides["side"].str.removeprefix("step_downs_")
    labels = {"tension": say("Mean tension"), "probability_settlement": say("Probability of settlement")}
    steps = say("Expected steps down")
    return Answer(
        sentence, float(last["step_downs_tokyo"] - first["step_downs_tokyo"]), -1, table,
        {"backing_down": plot_curves_figure(sides, BACKDOWN, {"step_downs": steps}, by="side",
                                            heading=asked.heading),
         "consequences": plot_curves_figure(table, BACKDOWN, labels, heading=asked.heading)},
        {BACKDOWN: say("cost of a step down"), "step_downs_tokyo": say("{name}: steps down", name=say(tokyo)),
         "step_downs_seoul": say("{name}: steps down", name=say(seoul)), "tension": say("mean tension"),
         **outcome_headings()},
        [lambda ax: plot_curves(sides, BACKDOWN, "step_downs", ax, by="side", ylabel=steps, room=44, legend=True),
         lambda ax: plot_curves(table, BACKDOWN, "tension", ax, ylabel=labels["tension"], room=44)])


if __name__ == "__main__":
    ask(__file__, answer)
