"""Does the prospect of rescue make the sides climb higher?

Expectation: Benson and others (2014) on moral hazard: the more rescue the sides can expect (measures eased
under a standstill, cover for stepping down, a third party whose attention is cheap), the higher they should
climb. It may depend on which rescue.

Reading: Mean tension and expected escalations of both sides as each kind of rescue goes from none (0) to full
(1), the others as in the scenario: ease from 0 to 90 % of the harm, cover from 0 to 1 in every stance but
quiet, the price of attention from twice the scenario's to nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from negotiation.plots import plot_curves, plot_curves_figure
from negotiation.questions import Answer, Asked, ask, outcome_headings
from negotiation.terms import say

ENGAGED = ("urge", "convene", "press_tokyo", "press_seoul")


def answer(asked: Asked) -> Answer:
    """Mean tension with full against no easing of measures under a standstill; the other two rescues are told too."""
    levels = [float(level) for level in np.linspace(0, 1, asked.points)]
    price = 2 * asked.scenario.washington.attention

    def rescue(kind: str, level: float) -> dict[str, Any]:
        if kind == "ease":
            return {"scenario.standstill.ease": 0.9 * level}
        if kind == "cover":
            return {f"scenario.washington.stances.{stance}.cover": level for stance in ENGAGED}
        return {"scenario.washington.attention": price * (1 - level)}

    names = {"ease": say("ease of a standstill"), "cover": say("cover for stepping down"),
             "attention": say("cheaper attention")}
    parts = []
    for kind, name in names.items():
        rows = asked.measure([rescue(kind, level) for level in levels])
        rows = rows.drop(columns=list(rescue(kind, 0.0)))
        parts.append(rows.assign(rescue=levels, group=name, kind=kind,
                                 escalations=rows["escalations_tokyo"] + rows["escalations_seoul"]))
    table = pd.concat(parts, ignore_index=True)
    table = table[["rescue", "kind", "group", *(c for c in table if c not in ("rescue", "kind", "group"))]]
    change = {kind: rows["tension"].iloc[-1] - rows["tension"].iloc[0] for kind, rows in table.groupby("kind")}
    climbs = {kind: rows["escalations"].iloc[-1] - rows["escalations"].iloc[0] for kind, rows in table.groupby("kind")}
    sentence = ("From none to full rescue, mean tension changes by "
                + ", ".join(f"{change[kind]:+.3f} with {name}" for kind, name in names.items())
                + "; expected escalations of both sides change by "
                + ", ".join(f"{climbs[kind]:+.2f}" for kind in names) + " in the same order.")
    extent = say("Rescue, from none (0) to full (1)")
    labels = {"tension": say("Mean tension"), "escalations": say("Expected escalations")}
    return Answer(
        sentence, float(change["ease"]), 1, table,
        {"moral_hazard": plot_curves_figure(table, "rescue", labels, by="group", xlabel=extent,
                                            heading=asked.heading)},
        {"group": say("kind of rescue"), "rescue": say("extent"), "tension": say("mean tension"),
         "escalations": say("escalations"), **outcome_headings()},
        [lambda ax, column=column: plot_curves(table, "rescue", column, ax, by="group", ylabel=labels[column],
                                               xlabel=extent, legend=column == "tension")
         for column in labels],
        also=[*(float(value) for value in change.values()), *(float(value) for value in climbs.values())])


if __name__ == "__main__":
    ask(__file__, answer)
