"""How long should a standstill last, and how far should it ease the measures in force?

Expectation: A standstill buys time: the longer it holds, the more weeks the talks have, and the more disputes
settle. Easing the measures works both ways: it makes a standstill worth signing, and it takes away the hurt
that makes a settlement urgent (ripeness).

Reading: The most likely outcome by length (weeks, across) and ease (upwards), and the probability of settlement
over the same plane.
"""

from __future__ import annotations

from negotiation.plots import plot_heat, plot_heat_figure, plot_phase, plot_phase_figure
from negotiation.questions import Answer, Asked, ask, colour_limits, outcome_headings
from negotiation.sweep.regions import phase_table
from negotiation.terms import say

LENGTH, EASE = "scenario.standstill.length", "scenario.standstill.ease"
LEVELS = 13


def answer(asked: Asked) -> Answer:
    """Settlement with the longest against the shortest standstill, at the scenario's own ease."""
    levels = min(asked.points, LEVELS)
    longest = 4 * asked.scenario.standstill.length
    table = asked.sweep({LENGTH: {"low": 1.0, "high": longest, "points": levels, "scale": "log"},
                         EASE: {"low": 0.0, "high": 0.9, "points": levels}})
    ends = asked.sweep({LENGTH: [1.0, longest]}, "ends")
    eased = asked.sweep({EASE: [0.0, 0.9]}, "eased")
    short, long = (float(value) for value in ends["probability_settlement"])
    hard, soft = (float(value) for value in eased["probability_settlement"])
    sentence = (
        f"A standstill of {longest:g} weeks on average instead of 1 changes the probability of settlement from "
        f"{short:.1%} to {long:.1%} at the scenario's own ease; easing measures by 90 % instead of not at all "
        f"changes it from {hard:.1%} to {soft:.1%} at its own length.")
    phases = phase_table(table, LENGTH, EASE)
    limits = colour_limits(table["probability_settlement"])
    return Answer(
        sentence, long - short, 1, table,
        {"standstill_terms": plot_phase_figure(phases, heading=asked.heading),
         "settlement": plot_heat_figure(table, LENGTH, EASE, contours=True, limits=limits,
                                        heading=asked.heading)},
        {LENGTH: say("length"), EASE: say("ease"), **outcome_headings()},
        [lambda ax: plot_phase(phases, ax),
         lambda ax: plot_heat(table, LENGTH, EASE, ax=ax, contours=True, limits=limits)])


if __name__ == "__main__":
    ask(__file__, answer)
