"""What does a third party change that has neither resources nor information of its own?

Expectation: Fey and Ramsay (2010): nothing, and here exactly nothing. Without pressure, cover or welcome, and
with the same chance of talks in every stance, what Washington does moves neither the disputants nor the
outcome.

Reading: Outcomes with such a third party, whatever it does (all bars alike), and for comparison with the
scenario's own.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from negotiation.plots import plot_areas, plot_areas_figure
from negotiation.questions import Answer, Asked, ask, outcome_headings
from negotiation.terms import say
from negotiation.vocabulary import Stance

BEHAVIOUR = "policy.washington"
PLAYED = ("equilibrium", "absent", "honest_broker", "random", "subgame_perfect")


def answer(asked: Asked) -> Answer:
    """The largest difference that any behaviour, price or precision of the third party makes to anything."""
    talks = asked.scenario.washington.stances.quiet.talks
    nothing: dict[str, Any] = {f"scenario.washington.welcome[{number}]": 0.0 for number in range(3)}
    for stance in Stance:
        key = f"scenario.washington.stances.{stance.key}"
        nothing |= {f"{key}.pressure_tokyo": 0.0, f"{key}.pressure_seoul": 0.0, f"{key}.cover": 0.0,
                    f"{key}.talks": 2 * talks}
    ways: list[dict[str, Any]] = [{BEHAVIOUR: name} for name in PLAYED]
    ways += [{"scenario.washington.attention": 0.0}, {"scenario.washington.precision": 0.0},
             {"scenario.washington.precision": float("inf")}, {"scenario.washington.affinity.tokyo": 1.0}]
    without = asked.measure([{**nothing, **way} for way in ways])
    with_means = asked.measure([{BEHAVIOUR: name} for name in PLAYED])
    read = [column for column in without if str(column).startswith("probability_")
            or column in ("payoff_tokyo", "payoff_seoul", "tension", "standstill_reached")]
    spread, own = (float(np.ptp(table[read].to_numpy(dtype=np.float64), axis=0).max())
                   for table in (without, with_means))
    share = float(np.ptp(with_means["probability_settlement"]))
    sentence = (
        f"Over {len(ways)} ways for a third party with nothing to offer to play, no outcome probability and no payoff "
        f"of a disputant differs by more than {rounded_up(spread)}; with the scenario's own means the same behaviours "
        f"move settlement by {100 * share:.1f} percentage points and the largest of these numbers by {own:.2f}.")
    bars = without.iloc[:len(PLAYED)]
    bars = bars[[BEHAVIOUR, *(column for column in bars if str(column).startswith("probability_"))]].assign(exact=True)
    means = with_means[list(bars.columns[:-1])].assign(exact=True)
    table = without.assign(way=[f"{key.rpartition('.')[0].rpartition('.')[2]} {key.rpartition('.')[2]}={value}"
                                for way in ways for key, value in way.items()])
    titles = (say("A third party with nothing to offer"), say("With the scenario's own means"))
    return Answer(
        sentence, spread, 0, table[["way", *read]],
        {"nothing_to_offer": plot_areas_figure(bars, BEHAVIOUR, title=titles[0], heading=asked.heading),
         "own_means": plot_areas_figure(means, BEHAVIOUR, title=titles[1], heading=asked.heading)},
        {"way": say("what differs"), **outcome_headings(), "tension": say("mean tension")},
        [lambda ax: plot_areas(bars, BEHAVIOUR, ax, title=titles[0]),
         lambda ax: plot_areas(means, BEHAVIOUR, ax, title=titles[1])], tolerance=1e-12)


def rounded_up(value: float) -> str:
    """A bound in one digit, never below the number itself."""
    if value <= 0:
        return "0"
    power = math.floor(math.log10(value))
    return f"{math.ceil(value / 10.0**power - 1e-9) * 10.0**power:.0e}"


if __name__ == "__main__":
    ask(__file__, answer)
