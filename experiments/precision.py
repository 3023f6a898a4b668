"""What happens to play between pure chance and perfect calculation?

Expectation: McKelvey and Palfrey (1998): at precision 0 every legal option is equally likely; as precision
grows without limit, play becomes subgame perfect and nobody can gain by deviating, so regret falls to 0.

Reading: Probability of each move of the first mover at the start, and of each outcome, as the precision of all
three goes from 0 (left) to infinity (right). Towards the right the outcomes jump, and settle only at the limit: where
play is sharp, which option is best turns on differences too small to matter, and many weeks add them up.
"""

from __future__ import annotations

from negotiation.plots import plot_precision, plot_precision_figure
from negotiation.precision_tables import PRECISIONS, Decision, precision_path
from negotiation.questions import Answer, Asked, ask, outcome_headings
from negotiation.terms import say
from negotiation.vocabulary import Actor, Outcome, Stance

SEATS = ("tokyo", "seoul", "washington")


def answer(asked: Asked) -> Answer:
    """The disputants' regret at infinite precision against that at the scenario's own."""
    values = PRECISIONS[::-(-len(PRECISIONS) // asked.points)]
    values = tuple(sorted({0.0, *values, float("inf")}))
    moves = precision_path(asked.scenario, values, Decision(Actor.TOKYO, Stance.QUIET))
    outcomes = precision_path(asked.scenario, values, refine=None)
    table = outcomes.pivot(index="precision", columns="option", values="probability")[list(Outcome.keys())]
    table = table.add_prefix("probability_").rename_axis(columns=None).reset_index()
    own = [getattr(asked.scenario, seat).precision for seat in SEATS]
    axes = {f"scenario.{seat}.precision": [0.0, own[number], float("inf")] for number, seat in enumerate(SEATS)}
    rows = list(asked.sweep(axes, method="zip").itertuples())
    regrets = [max(float(getattr(row, f"regret_{seat}")) for seat in SEATS) for row in rows]
    sentence = (
        f"From precision 0 over the scenario's own to infinity, the probability of settlement is "
        f"{', '.join(f'{row.probability_settlement:.1%}' for row in rows)} and that of rupture "
        f"{', '.join(f'{row.probability_rupture:.1%}' for row in rows)}; the largest regret is "
        f"{', '.join(f'{value:.3g}' for value in regrets)}.")
    return Answer(
        sentence, regrets[2] - regrets[1], -1, table,
        {"precision": plot_precision_figure(moves, outcomes, heading=asked.heading)},
        {"precision": say("precision"), **outcome_headings()},
        [lambda ax: plot_precision(moves, ax), lambda ax: plot_precision(outcomes, ax)])


if __name__ == "__main__":
    ask(__file__, answer)
