"""How likely are the weeks of the record under equilibrium play, and what do they say of the parameters?

Expectation: Where governments weigh what their choices bring, with error (McKelvey and Palfrey 1995, 1998), the
equilibrium makes what they did likelier than choosing at random does. Half a year of weeks, most of them
without a dated move, should tell the precision of choice and leave much else open.

Reading: How much likelier each seat's observed options are under a few behaviours than under uniform play, added
up week by week (each behaviour with the error rate that suits it best); the profile likelihood of fitted
parameters with 95% intervals; and what the scenario's plausible ranges say of the rungs before and after the
record, the real path drawn over them. The ranges were written by people who knew what came later, so the forecast
is no test out of sample.
"""

from __future__ import annotations

import pandas as pd

from negotiation.behaviours import make_profile
from negotiation.game import compile_game
from negotiation.history.against import STILL, weekly_gains
from negotiation.history.coding import observe
from negotiation.history.fit import fit
from negotiation.history.free import DEFAULT
from negotiation.history.likelihood import likelihood
from negotiation.history.predictive import GENERATIONS, predict
from negotiation.history.record import Coding, load_record
from negotiation.history.scores import FORECAST, POINT, scores
from negotiation.outcomes import outcomes_by_week, weekly_table, words
from negotiation.plots import plot_rungs
from negotiation.plots.history import (
    plot_forecasts,
    plot_gains,
    plot_gains_figure,
    plot_predictive_figure,
    plot_profile,
    plot_profiles_figure,
)
from negotiation.plots.style import figure_of
from negotiation.questions import Answer, Asked, ask
from negotiation.sweep.run import progress_bar
from negotiation.terms import say
from negotiation.vocabulary import DISPUTANTS, Actor

RECORD = "tokyo_seoul_2019"
SHOWN = {**dict.fromkeys(DISPUTANTS, ("equilibrium", "level_k", "tit_for_tat", STILL)),
         Actor.WASHINGTON: ("equilibrium", "level_k", "absent")}
FULL = 11  # levels from which on four parameters are fitted, too
A_LEVEL = 10  # scenarios drawn a level, at most


def answer(asked: Asked) -> Answer:
    """How much likelier a week's choices are in equilibrium than at random, in both codings."""
    game, record = compile_game(asked.scenario), load_record(RECORD)
    observed = {coding: observe(record, game, coding) for coding in Coding}
    profile = make_profile(game)
    found = {coding: likelihood(game, profile, weeks) for coding, weeks in observed.items()}
    full = asked.points >= FULL
    samples, generations = min(asked.samples, A_LEVEL * asked.points), min(GENERATIONS, asked.points - 1)
    with progress_bar(samples * (generations + 1) + (2000 if full else 200), asked.notes, "games") as report:
        fits = {coding: fit(asked.scenario, weeks, DEFAULT[:1], report=report) for coding, weeks in observed.items()}
        best = fit(asked.scenario, observed[Coding.MAIN], report=report) if full else fits[Coding.MAIN]
        told = predict(asked.scenario, observed[Coding.MAIN], samples, asked.study.seed, generations, report)
    gains = weekly_gains(game, observed[Coding.MAIN], SHOWN)
    ranked = scores(told).set_index("forecast", drop=False)
    came = observed[Coding.MAIN].outcome(game)
    main, other = found[Coding.MAIN], found[Coding.ALTERNATIVE]
    sentence = (
        f"A week's choices have a log likelihood of {main.uniform_per_week:.2f} under uniform play and of "
        f"{main.per_week:.2f} under the scenario's equilibrium ({other.per_week:.2f} in the alternative coding); a "
        f"common precision {_told(fits[Coding.MAIN].intervals)} fits best, in the alternative coding "
        f"{_told(fits[Coding.ALTERNATIVE].intervals)}; the outcome that came, {words(came.key).lower()}, was given "
        f"{ranked['probability'][FORECAST]:.1%} by the plausible ranges and {ranked['probability'][POINT]:.1%} by the "
        f"scenario alone ({told.effective:.0f} of {len(told.samples)} scenarios effective after the record).")
    table = pd.concat([found[coding].table.assign(coding=coding.key) for coding in Coding], ignore_index=True)
    path = observed[Coding.MAIN].path_table(game)
    shown = table.assign(coding=[say(coding) for coding in table["coding"]],
                         **{column: [say(words(option)) for option in table[column]]
                            for column in ("stance", "move_tokyo", "move_seoul")})
    names = [asked.scenario.display_name(seat) for seat in DISPUTANTS]
    return Answer(
        sentence, main.per_week - main.uniform_per_week, 1, table,
        {"history": plot_gains_figure(gains, asked.heading),
         "profiles": plot_profiles_figure(best.profile, best.intervals, asked.heading),
         **{name: plot_predictive_figure(weekly_table(mixed), outcomes_by_week(mixed), path, heading)
            for name, mixed, heading in (
                ("forecast", told.prior, say("What the plausible ranges say, before the record")),
                ("posterior", told.posterior, say("What the plausible ranges say, after the record")))},
         "scores": figure_of(plot_forecasts(ranked, came=came.key))},
        {"coding": say("coding"), "week": say("week"), "stance": say("stance"),
         "move_tokyo": say("moves of {name}", name=say(names[0])),
         "move_seoul": say("moves of {name}", name=say(names[1])), "gain": say("against uniform")},
        [lambda ax: plot_gains(gains, Actor.TOKYO.key, ax, legend=False),
         lambda ax: plot_gains(gains, Actor.SEOUL.key, ax, legend=False),
         lambda ax: plot_profile(best.profile, DEFAULT[0], ax, intervals=best.intervals),
         lambda ax: plot_rungs(weekly_table(told.posterior), Actor.SEOUL.key, ax, path, 22)],
        few=shown, also=[other.per_week - other.uniform_per_week])


def _told(intervals: pd.DataFrame) -> str:
    row = intervals.set_index("parameter").loc[DEFAULT[0]]
    low, high = (f"{row[end]:.2f}" if row[end] == row[end] else "open" for end in ("low", "high"))
    return f"of {row['estimate']:.2f} (95% interval {low} to {high})"


if __name__ == "__main__":
    ask(__file__, answer)
