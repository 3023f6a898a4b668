"""Does it help that both sides ask the third party in?

Expectation: "Maybe if they would both want me to": where being asked by both takes away part of the effort's
price (invitation) and makes talks more productive (welcome), Washington should engage more often and more
disputes should settle.

Reading: Probability of settlement by how much an appeal of both sides takes off the effort's price (across) and
adds to the chance of talks (upwards). The bottom left corner is a world in which an appeal of both is worth no
more than none. Then the effort that Washington spends, where such an appeal adds nothing to talks and where it adds
twice as much as in the scenario.
"""

from __future__ import annotations

from negotiation.plots import plot_curves, plot_curves_figure, plot_heat, plot_heat_figure
from negotiation.questions import Answer, Asked, ask, colour_limits, outcome_headings
from negotiation.terms import say

INVITATION, WELCOME = "scenario.washington.invitation[2]", "scenario.washington.welcome[2]"
LEVELS = 11


def answer(asked: Asked) -> Answer:
    """Settlement where an appeal of both is worth what it is, against a world where it is worth nothing."""
    third = asked.scenario.washington
    levels = min(asked.points, LEVELS)
    most = 2 * third.welcome[2] if third.welcome[2] else 1.0
    table = asked.sweep({INVITATION: {"low": 0.0, "high": 1.0, "points": levels},
                         WELCOME: {"low": 0.0, "high": most, "points": levels}})
    nothing, own = [asked.sweep({INVITATION: [a], WELCOME: [b]}, name).iloc[0]
                    for name, a, b in (("nothing", 0.0, 0.0), ("own", third.invitation[2], third.welcome[2]))]
    worth = own["probability_settlement"] - nothing["probability_settlement"]
    sentence = (
        f"That both sides ask is worth {100 * worth:+.1f} percentage points of settlement ("
        f"{nothing['probability_settlement']:.1%} where it counts for nothing, "
        f"{own['probability_settlement']:.1%} as it is); {third.name}'s expected effort goes from "
        f"{nothing['effort']:.1f} to {own['effort']:.1f}, and appeals of both sides together from "
        f"{nothing['appeals_tokyo'] + nothing['appeals_seoul']:.1f} to "
        f"{own['appeals_tokyo'] + own['appeals_seoul']:.1f}.")
    ends = table[table[WELCOME].isin([table[WELCOME].min(), table[WELCOME].max()])].copy()
    ends["group"] = [say("no welcome") if value == 0 else say("twice the welcome") for value in ends[WELCOME]]
    label = say("Expected effort of the third party")
    across = say("Invitation by both: share of the effort's price")
    up = say("Welcome of both: added to talks (factor)")
    limits = colour_limits(table["probability_settlement"])
    return Answer(
        sentence, float(worth), 1, table,
        {"both_asking": plot_heat_figure(table, INVITATION, WELCOME, contours=True, limits=limits, labels=(across, up),
                                         heading=asked.heading),
         "effort": plot_curves_figure(ends, INVITATION, {"effort": label}, by="group", xlabel=across,
                                      heading=asked.heading)},
        {INVITATION: say("invitation"), WELCOME: say("welcome"), "effort": say("effort"), **outcome_headings()},
        [lambda ax: plot_heat(table, INVITATION, WELCOME, ax=ax, contours=True, limits=limits, labels=(across, up)),
         lambda ax: plot_curves(ends, INVITATION, "effort", ax, by="group", ylabel=label, xlabel=across, legend=True)])


if __name__ == "__main__":
    ask(__file__, answer)
