"""Does a standstill need both sides to hurt?

Expectation: Zartman's ripeness: a mutually hurting stalemate and a way out. That is an interaction and no sum
of two main effects: hurting both should bring more standstills than hurting each would alone. It depends on how
far a standstill eases the hurt, for what a standstill does not ease it cannot be signed to escape.

Reading: Share of weeks under a standstill, by how far the costs of each side's own measures are scaled (1 is
the scenario); and the interaction, the difference of differences between costs as they are and doubled, as the
ease of a standstill rises.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from negotiation.plots import plot_curves, plot_curves_figure, plot_heat, plot_heat_figure
from negotiation.questions import Answer, Asked, ask, colour_limits, outcome_headings
from negotiation.terms import say

# Columns: how many times its own cost a side's measures have.
TOKYO, SEOUL, EASE = "scenario.tokyo.cost", "scenario.seoul.cost", "scenario.standstill.ease"
LEVELS = 9


def answer(asked: Asked) -> Answer:
    """The difference of differences in the share of weeks under a standstill, at the scenario's own ease."""
    levels = [float(value) for value in np.linspace(0.5, 2.5, min(asked.points, LEVELS))]
    plane = asked.measure([scaled(asked, a, b) for a in levels for b in levels])
    plane = plane.assign(**{TOKYO: [a for a in levels for _ in levels], SEOUL: levels * len(levels)})
    plane = plane[[TOKYO, SEOUL, *(column for column in plane if column not in (TOKYO, SEOUL, *scaled(asked, 1, 1)))]]
    own = asked.scenario.standstill.ease
    eases = sorted({own, *(float(value) for value in np.linspace(0, 0.9, min(asked.points, LEVELS)))})
    corners = asked.measure([{**scaled(asked, a, b), EASE: ease}
                             for ease in eases for a in (1.0, 2.0) for b in (1.0, 2.0)])
    share = corners["standstill_share"].to_numpy().reshape(-1, 2, 2)
    interaction = share[:, 1, 1] - share[:, 1, 0] - share[:, 0, 1] + share[:, 0, 0]
    along = corners.iloc[::4][[EASE]].assign(interaction=interaction)
    here = int(np.argmin(np.abs(np.array(eases) - own)))
    neither, second, first, both = share[here].ravel()
    sentence = (
        f"Doubling the costs of {asked.scenario.tokyo.name}'s measures changes the share of weeks under a standstill "
        f"by {100 * (first - neither):+.1f} percentage points, of {asked.scenario.seoul.name}'s by "
        f"{100 * (second - neither):+.1f}, of both by {100 * (both - neither):+.1f}: an interaction of "
        f"{100 * interaction[here]:+.2f}, which goes from {100 * interaction[0]:+.2f} to "
        f"{100 * interaction[-1]:+.2f} as a standstill eases from nothing to {eases[-1]:.0%} of the harm.")
    look = {"contours": True, "limits": colour_limits(plane["standstill_share"])}
    label = say("Interaction of both sides' costs")
    costs = (say("{name}: its costs, as a factor", name=say(asked.scenario.tokyo.name)),
             say("{name}: its costs, as a factor", name=say(asked.scenario.seoul.name)))
    title = say("Share of weeks under a standstill")
    return Answer(
        sentence, float(interaction[here]), 1, plane,
        {"ripeness": plot_heat_figure(plane, TOKYO, SEOUL, "standstill_share", title=title, labels=costs, **look,
                                      heading=asked.heading),
         "interaction": plot_curves_figure(along, EASE, {"interaction": label}, percent=True, zero=True,
                                           heading=asked.heading)},
        {TOKYO: say("costs of {name}", name=say(asked.scenario.tokyo.name)),
         SEOUL: say("costs of {name}", name=say(asked.scenario.seoul.name)),
         "standstill_share": say("weeks under a standstill"), **outcome_headings()},
        [lambda ax: plot_heat(plane, TOKYO, SEOUL, "standstill_share", ax, title=title, labels=costs, **look),
         lambda ax: plot_curves(along, EASE, "interaction", ax, ylabel=label, percent=True, zero=True, room=44)],
        also=[float(value) for value in interaction])


def scaled(asked: Asked, tokyo: float, seoul: float) -> Mapping[str, float]:
    """The change that scales the costs of both sides' rungs."""
    ladders = (("tokyo", tokyo, asked.scenario.tokyo.ladder), ("seoul", seoul, asked.scenario.seoul.ladder))
    return {f"scenario.{seat}.ladder[{number}].cost": factor * rung.cost
            for seat, factor, ladder in ladders for number, rung in enumerate(ladder)}


if __name__ == "__main__":
    ask(__file__, answer)
