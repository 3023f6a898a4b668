r"""How precise and how firm the class was: maximum likelihood on people's own decisions.

Free are, for every seat with enough decisions, its precision :math:`\lambda_i`, and for a disputant with more of them
its firmness; all else is the scenario's of each table's treatment. The likelihood is `negotiation.history.choices`,
the search and the profile intervals those of `negotiation.history.fit`.

**Regret.** One table visits a handful of the decisions that a policy has to cover, so a table's own empirical policy
is not defined where play never went, and its regret would measure the fill-in. What is told instead is the regret
(`negotiation.solve.regret`) of the *fitted* play of the class: all seats play the logit equilibrium at the estimates,
and each seat's best reply against the others' fitted play is valued in the treatment's own payoffs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from negotiation.game import Floats, compile_game
from negotiation.history.choices import ChoiceSurface, free_between
from negotiation.history.fit import Fit, fit_surface
from negotiation.scenario import Scenario
from negotiation.seminar.debrief_moves import choices_of, counted
from negotiation.solve import backward_induction, regret
from negotiation.terms import say
from negotiation.vocabulary import DISPUTANTS, Actor

if TYPE_CHECKING:
    from pandas import DataFrame

PRECISION = (0.05, 20.0)  # 1/payoff: from almost random to almost always the best
FIRMNESS = (0.0, 5.0)
FEWEST, FEWEST_FIRM = 6, 24  # decisions of a seat from which on its precision, and its firmness, is estimated
SHOWN = 0.35  # weight in a direction from which on a parameter is named


@dataclass(frozen=True, eq=False)
class Estimate:
    """What the class's own decisions say of its precision and firmness.

    Attributes:
        decisions: seat key to people's decisions that stand.
        fit: of `negotiation.history.fit`; None where there is too little to estimate.
        table: one row a parameter: ``seat``, ``parameter`` (precision or firmness), ``title``, ``decisions``,
            ``estimate``, ``low``, ``high`` (95 % profile interval; nan where open), ``scenario``, ``status``.
        statement: in plain words, what is known and what is not identified.
        regret: one row a treatment and seat: ``treatment``, ``seat``, ``regret`` of fitted play and of ``equilibrium``
            play, payoff units.
    """

    decisions: dict[str, int]
    fit: Fit | None
    table: DataFrame
    statement: tuple[str, ...]
    regret: DataFrame


def estimate(moves: DataFrame, scenarios: Mapping[str, Scenario], starts: int = 1) -> Estimate:
    """Estimate a class's precision and firmness.

    Args:
        moves: of `negotiation.seminar.debrief_moves.moves_table`; agents' decisions and undone ones are left out here.
        scenarios: treatment to its scenario.
        starts: of the search, at least 1.
    """
    from pandas import DataFrame

    own = counted(moves)
    first = next(iter(scenarios.values()))
    decisions = {actor.key: int((own["seat"] == actor.key).sum()) for actor in Actor}
    bounds: dict[str, tuple[str, float, float]] = {}
    left_out: list[str] = []
    for actor in Actor:
        if decisions[actor.key] < FEWEST:
            continue
        name = say(first.display_name(actor))
        wanted = {f"{actor.key}.precision": (say("{name}: precision", name=name), *PRECISION)}
        if actor in DISPUTANTS and decisions[actor.key] >= FEWEST_FIRM:
            wanted[f"{actor.key}.firmness"] = (say("{name}: firmness", name=name), *FIRMNESS)
        for key, told in wanted.items():
            if len({_value(scenario, key) for scenario in scenarios.values()}) > 1:
                left_out.append(told[0])
            else:
                bounds[key] = told
    found = None
    if bounds:
        games = [(scenario, choices_of(own[own["treatment"] == name])) for name, scenario in scenarios.items()]
        found = fit_surface(ChoiceSurface("class", games, free_between(first, bounds)), starts=starts)
    table = DataFrame([] if found is None else [
        (row["parameter"].split(".")[0], row["parameter"].split(".")[1], row["title"],
         decisions[row["parameter"].split(".")[0]], row["estimate"], row["low"], row["high"], row["scenario"],
         row["status"]) for row in found.intervals.to_dict("records")],
        columns=["seat", "parameter", "title", "decisions", "estimate", "low", "high", "scenario", "status"])
    return Estimate(decisions, found, table, _statement(first, decisions, table, found, left_out),
                    regret_table(scenarios, found))


def _value(scenario: Scenario, key: str) -> float:
    seat, name = key.split(".")
    return float(getattr(getattr(scenario, seat), name))


def regret_table(scenarios: Mapping[str, Scenario], found: Fit | None) -> DataFrame:
    """Regret of the class's fitted play and of equilibrium play, see the module."""
    from pandas import DataFrame

    rows = []
    for name, scenario in scenarios.items():
        game = compile_game(scenario)
        usual = regret(game, backward_induction(game).profile)
        fitted: Floats = np.full(3, np.nan)
        if found is not None:
            changes: dict[str, float] = {}
            for one, place in zip(found.free, found.places, strict=True):
                changes |= one.changes(scenario, one.at(float(place)))
            fitted = regret(game, backward_induction(compile_game(scenario.override(changes))).profile)
        rows += [(name, actor.key, float(fitted[actor]), float(usual[actor])) for actor in Actor]
    return DataFrame(rows, columns=["treatment", "seat", "regret", "equilibrium"])


def _statement(scenario: Scenario, decisions: Mapping[str, int], table: DataFrame, found: Fit | None,
               left_out: list[str]) -> tuple[str, ...]:
    said = [_of_parameter(title, *numbers) for title, *numbers in table[
        ["title", "estimate", "low", "high", "scenario"]].itertuples(index=False)]
    said += [say("{name}: not estimated, the treatments set it differently.", name=name) for name in left_out]
    said += [say("{name}: not estimated, people decided only {count} times.", name=say(scenario.display_name(actor)),
                 count=decisions[actor.key]) for actor in Actor if decisions[actor.key] < FEWEST]
    said += [say("{name}: firmness not estimated (held at {value}), people decided only {count} times.",
                 name=say(scenario.display_name(actor)), value=f"{scenario.disputant(actor).firmness:g}",
                 count=decisions[actor.key]) for actor in DISPUTANTS if FEWEST <= decisions[actor.key] < FEWEST_FIRM]
    if found is not None:
        titles = {one.name: one.title for one in found.free}
        for row in found.directions[found.directions["flat"]].to_dict("records"):
            names = [titles[name] for name in titles if abs(float(row[name])) >= SHOWN]
            said.append(say("Hardly told apart by these moves: {names}.", names=say(", ").join(names)) if len(names) > 1
                        else say("Hardly pinned down by these moves: {names}.", names=say(", ").join(names)))
    said += [
        say("Only people's own decisions count; agents' decisions and weeks taken back do not."),
        say("All people of a seat are taken as one decider; where they differ, the intervals are too narrow."),
        say("Not identified: what each expected of the others (equilibrium play at the same estimates is assumed), the "
            "other payoffs (held at the scenario's) and the scale of payoffs apart from precision."),
    ]
    return tuple(said)


def _of_parameter(title: str, value: float, low: float, high: float, own: float) -> str:
    numbers = {"title": title, "value": f"{value:.2g}", "low": f"{low:.2g}", "high": f"{high:.2g}", "own": f"{own:g}"}
    if np.isnan(low) and np.isnan(high):
        return say("{title}: {value}; not identified: no value in the range tried is refuted.", **numbers)
    if np.isnan(low):
        return say("{title}: {value}; at most {high}, not identified from below (scenario: {own}).", **numbers)
    if np.isnan(high):
        return say("{title}: {value}; at least {low}, not identified from above (scenario: {own}).", **numbers)
    return say("{title}: {value}, 95 % interval {low} to {high} (scenario: {own}).", **numbers)


__all__ = ["FEWEST", "FEWEST_FIRM", "FIRMNESS", "PRECISION", "Estimate", "estimate", "regret_table"]
