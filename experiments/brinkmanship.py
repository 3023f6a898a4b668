"""Does risk that nobody controls keep the sides from climbing?

Expectation: Powell (1990): the more autonomous risk a rung carries, the fewer rungs are climbed. Schelling
(1960): what deterrence that leaves something to chance does to the sum of both, risk times climbing, need not
be monotone.

Reading: Expected escalations of both sides, mean tension and the probability of rupture as the weekly hazard of
rupture at full tension rises. Small waves on the right are the game's, not noise: everything here is exact.
"""

from __future__ import annotations

import numpy as np

from negotiation.plots import plot_curves, plot_curves_figure
from negotiation.questions import Answer, Asked, ask, outcome_headings
from negotiation.terms import say

HAZARD = "scenario.rupture.hazard"


def answer(asked: Asked) -> Answer:
    """Escalations at ten times the hazard against none."""
    own = asked.scenario.rupture.hazard
    highest = min(10 * own if own else 0.3, 0.9)
    table = asked.measure([{HAZARD: float(hazard)} for hazard in np.linspace(0, highest, asked.points)])
    table["escalations"] = table["escalations_tokyo"] + table["escalations_seoul"]
    first, last, worst = table.iloc[0], table.iloc[-1], table.loc[table["probability_rupture"].idxmax()]
    sentence = (
        f"As the hazard goes from 0 to {highest:g}, expected escalations go from {first['escalations']:.2f} to "
        f"{last['escalations']:.2f} and mean tension from {first['tension']:.3f} to {last['tension']:.3f}; rupture is "
        f"most likely ({worst['probability_rupture']:.1%}) at a hazard of {worst[HAZARD]:.3g}.")
    labels = {"escalations": say("Expected escalations"), "tension": say("Mean tension"),
              "probability_rupture": say("Probability of rupture")}
    return Answer(
        sentence, float(last["escalations"] - first["escalations"]), -1, table,
        {"brinkmanship": plot_curves_figure(table, HAZARD, labels, heading=asked.heading)},
        {HAZARD: say("hazard"), "escalations": say("escalations"), "tension": say("mean tension"),
         **outcome_headings()},
        [lambda ax, column=column, label=label: plot_curves(table, HAZARD, column, ax, ylabel=label, room=44)
         for column, label in list(labels.items())[::2]])


if __name__ == "__main__":
    ask(__file__, answer)
