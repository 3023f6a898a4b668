"""Do disputes settle less where nothing holds the sides to a standstill and today's strength decides the deal?

Expectation: Fearon (1995): without a guarantee (a breach that costs nothing) and with gains from being ahead on
the ladder (leverage), promises are not kept and fewer disputes settle.

Reading: Probability of settlement and expected breaches as the price of a breach rises for both sides, one
curve for each leverage.
"""

from __future__ import annotations

import numpy as np

from negotiation.plots import plot_curves, plot_curves_figure
from negotiation.questions import Answer, Asked, ask, outcome_headings
from negotiation.terms import say

BREACH, OTHER, LEVERAGE = "scenario.tokyo.breach", "scenario.seoul.breach", "scenario.standstill.leverage"


def answer(asked: Asked) -> Answer:
    """Settlement with a breach at three times its price against a free one, at the scenario's own leverage."""
    scenario = asked.scenario
    highest = 3 * max(scenario.tokyo.breach, scenario.seoul.breach) or 1.0
    own = scenario.standstill.leverage
    leverages = list(dict.fromkeys([0.0, own, 2 * own if own else 1.0]))
    table = asked.measure([{BREACH: float(price), OTHER: float(price), LEVERAGE: leverage}
                           for leverage in leverages for price in np.linspace(0, highest, asked.points)])
    table["group"] = [say("leverage {value}", value=f"{value:g}") for value in table[LEVERAGE]]
    here = table[table[LEVERAGE] == own]
    first, last = here.iloc[0], here.iloc[-1]
    shares = {value: rows["probability_settlement"].mean() for value, rows in table.groupby(LEVERAGE)}
    sentence = (
        f"As the price of a breach goes from 0 to {highest:g} on both sides, expected breaches go from "
        f"{first['breaches']:.2f} to {last['breaches']:.2f} and the probability of settlement from "
        f"{first['probability_settlement']:.1%} to {last['probability_settlement']:.1%}; on average over prices it is "
        f"{shares[leverages[0]]:.1%} without leverage and {shares[leverages[-1]]:.1%} with one of "
        f"{leverages[-1]:g}.")
    price = say("Price of a breach, to both sides (payoff)")
    labels = {"probability_settlement": say("Probability of settlement"), "breaches": say("Expected breaches")}
    return Answer(
        sentence, float(last["probability_settlement"] - first["probability_settlement"]), 1, table,
        {"commitment": plot_curves_figure(table, BREACH, labels, by="group", xlabel=price, heading=asked.heading)},
        {LEVERAGE: say("leverage"), BREACH: say("price of a breach"), "breaches": say("Expected breaches").lower(),
         **outcome_headings()},
        [lambda ax, column=column: plot_curves(table, BREACH, column, ax, by="group", ylabel=labels[column],
                                               xlabel=price, legend=column == "breaches")
         for column in labels])


if __name__ == "__main__":
    ask(__file__, answer)
