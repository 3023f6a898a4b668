"""Do governments that learn from one dispute to the next come to play an equilibrium, and which?

Expectation: Who learns leaves worse plans for better ones, so what a side would still gain by its best plan against the
other's present play should fall. Fictitious play that settles on plans settles on an equilibrium; reinforcement need
not get there, and where there are several equilibria, theory does not say which one is reached.

Reading: What a side would gain by its best plan, as disputes go by, mean over pairs and sides with the middle nine
tenths of pairs, for three rules of learning; beside it how often plans are taken under experience-weighted attraction,
where pairs come to differ.
"""

from __future__ import annotations

import pandas as pd

from negotiation.game import compile_game
from negotiation.learning import (
    EWA,
    FictitiousPlay,
    Learned,
    Population,
    RothErev,
    equilibria,
    learn,
    learning_curve,
    nearness,
    play_regret,
)
from negotiation.plots.learning import plot_learning, plot_learning_figure
from negotiation.questions import Answer, Asked, ask
from negotiation.sweep.run import progress_bar
from negotiation.terms import say

PLANS = ("hawk", "dove", "matcher", "grit", "equilibrium")
RULES = {"roth_erev": RothErev(PLANS), "ewa": EWA(PLANS), "fictitious_play": FictitiousPlay(PLANS)}
NAMES = {"roth_erev": "Reinforcement", "ewa": "Experience-weighted attraction", "fictitious_play": "Fictitious play"}
DISPUTES = 100  # of a pair, for each of question.points


def answer(asked: Asked) -> Answer:
    """How far the gain from the best plan falls, mean over three rules, and where pairs end."""
    disputes, pairs = DISPUTES * asked.points, asked.samples
    game = compile_game(asked.scenario)
    results: dict[str, Learned] = {}
    with progress_bar(len(RULES) * pairs * disputes, asked.notes) as report:
        for name, rule in RULES.items():
            population = Population.of(game, rule, rule)
            results[name] = learn(population, pairs, disputes, asked.study.seed,
                                  progress=None if report is None else lambda done: report(done, 0))
    table = pd.concat([measured(name, result) for name, result in results.items()], ignore_index=True)
    ends = table.groupby("rule")["regret"].agg(["first", "last"]).mean()
    sentence = (
        f"Over {disputes:,} disputes of {pairs} pairs, mean over three rules of learning, what a side would gain by "
        f"its best plan goes from {ends['first']:.2f} to {ends['last']:.2f} and, of the "
        f"{len(equilibria(results['ewa'].population))} equilibria among {len(PLANS)} plans, pairs reach: "
        + "; ".join(f"by {NAMES[name].lower()} {where(result)}" for name, result in results.items()) + ".")
    said = {name: say(words) for name, words in NAMES.items()}
    curves = pd.DataFrame({"dispute": table["dispute"], "kind": "regret", "seat": "", "name": table["rule"],
                           "mean": table["regret"], "low": table["low"], "high": table["high"]})
    curves.attrs["names"] = said
    plans = learning_curve(results["ewa"])
    return Answer(
        sentence, float(ends["last"] - ends["first"]), -1, table,
        {"learning": plot_learning_figure(curves, asked.heading), "plans": plot_learning_figure(plans, asked.heading)},
        {"dispute": say("Disputes played"), "rule": say("rule of learning"), "regret": say("Gain from the best plan"),
         "reached": say("pairs at an equilibrium")},
        [lambda ax: plot_learning(curves, ax, legend=True, room=40),
         lambda ax: plot_learning(plans, ax, seat="tokyo", title=say(asked.scenario.tokyo.name), legend=True, room=40)])


def measured(rule: str, result: Learned) -> pd.DataFrame:
    """One row a checkpoint: mean regret of both sides, and the share of pairs at any equilibrium."""
    regret = play_regret(result).groupby("dispute")[["mean", "low", "high"]].mean().reset_index()
    reached = nearness(result).groupby("dispute")["reached"].sum()
    return pd.DataFrame({
        "dispute": regret["dispute"], "rule": rule, "regret": regret["mean"], "low": regret["low"],
        "high": regret["high"], "reached": reached.to_numpy(),
        "payoff_tokyo": result.payoffs[:, :, 0].mean(axis=1), "payoff_seoul": result.payoffs[:, :, 1].mean(axis=1)})


def where(result: Learned) -> str:
    """The equilibria that pairs have reached in the end, the most frequent one first."""
    last = nearness(result).query(f"dispute == {int(result.disputes[-1])}").sort_values("reached", ascending=False)
    some = last[last["reached"] >= 0.005]
    told = [f"{row['equilibrium']} ({row['reached']:.0%})" for _, row in some.iterrows()]
    return ", ".join(told) or "none"


if __name__ == "__main__":
    ask(__file__, answer)
