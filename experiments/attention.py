"""When Washington's attention becomes dearer, does it still engage, and what becomes of the dispute?

Expectation: A third party that finds engagement costly engages less. Talks are what settles a dispute, so
dearer attention should mean fewer settlements. How many standstills are lost with it theory leaves open: the
disputants can sign one without a convener.

Reading: Shares of outcomes after the observed weeks, as the price of a unit of Washington's effort rises from
nothing upwards; beside it the effort that Washington still spends.
"""

from __future__ import annotations

from negotiation.plots import plot_areas, plot_areas_figure, plot_curves, plot_curves_figure
from negotiation.questions import Answer, Asked, ask, outcome_headings
from negotiation.terms import say

ATTENTION = "scenario.washington.attention"


def answer(asked: Asked) -> Answer:
    """Settlements between attention that is free and attention at three times its price."""
    own, who = asked.scenario.washington.attention, asked.scenario.washington.name
    dearest = 3 * own if own else 1.0
    table = asked.sweep({ATTENTION: {"low": 0.0, "high": dearest, "points": asked.points}})
    first, last = table.iloc[0], table.iloc[-1]
    sentence = (
        f"As the price of {who}'s attention goes from 0 to {dearest:g}, its expected effort goes from "
        f"{first['effort']:.1f} to {last['effort']:.1f} and the probability of settlement from "
        f"{first['probability_settlement']:.1%} to {last['probability_settlement']:.1%}; that of a standstill "
        f"at the end goes from {first['probability_standstill']:.1%} to {last['probability_standstill']:.1%}.")
    label = say("Expected effort of the third party")
    return Answer(
        sentence, float(last["probability_settlement"] - first["probability_settlement"]), -1, table,
        {"attention": plot_areas_figure(table, ATTENTION, heading=asked.heading),
         "effort": plot_curves_figure(table, ATTENTION, {"effort": label}, heading=asked.heading)},
        {ATTENTION: say("price of attention"), "effort": say("effort"), **outcome_headings()},
        [lambda ax: plot_areas(table, ATTENTION, ax),
         lambda ax: plot_curves(table, ATTENTION, "effort", ax, ylabel=label, room=44)])


if __name__ == "__main__":
    ask(__file__, answer)
