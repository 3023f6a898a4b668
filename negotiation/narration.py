"""An episode told week by week, with the reasons for each move.

Every line is read off the tables: the probability with which the actor takes the option it took, what
each of its alternatives was worth to it, the chances of the draw that ended the week, and what the
week paid. `narrate` gives plain text that fits a terminal and a page.
"""

from __future__ import annotations

import textwrap
from typing import NamedTuple

import numpy as np

from negotiation.engines.trajectory import Trajectory, Week, chance_thresholds_at, remembered
from negotiation.game import Game
from negotiation.policy import DisputantPolicy, Policy, Profile, ThirdPartyPolicy
from negotiation.solve import Alternatives, Solution, move_alternatives, respond_to, stance_alternatives
from negotiation.vocabulary import DISPUTANTS, Actor, Chance, Move, Outcome, Stance, opponent

WIDTH = 100
OUTCOME_TEXT = {
    Outcome.SETTLEMENT: "the dispute is settled",
    Outcome.STANDSTILL: "a standstill is in force",
    Outcome.STALEMATE: "no standstill, and tension is low: a stalemate",
    Outcome.ESCALATED: "no standstill, and tension is high: escalated",
    Outcome.RUPTURE: "relations have ruptured",
}


class Told(NamedTuple):
    """One thing told of a week; of a choice, also its probability and what each option was worth."""

    text: str
    probability: float | None = None
    worths: tuple[str, ...] = ()


def narrate(trajectory: Trajectory, solution: Solution) -> str:
    """The account of an episode.

    Args:
        trajectory: the weeks.
        solution: the policies that were played and their values, for the reasons.

    Returns:
        Text of lines no longer than `WIDTH`, ending with a newline.
    """
    game, scenario = trajectory.game, trajectory.game.scenario
    lines = [f"{scenario.title}", f"scenario {scenario.name}, episode {trajectory.episode}, "
             f"seed {trajectory.seed}"]
    lines += _wrap("players: " + "; ".join(
        f"{scenario.display_name(actor)} {trajectory.policies[actor.key]}" for actor in Actor), "  ")
    lines += _wrap(legend(solution), "  ")
    for week in trajectory:
        opening, *rest = tell_week(game, solution, week)
        lines += ["", *_wrap(opening.text, "  ", first="")]
        for told in rest:
            chance = "" if told.probability is None else f"  [p = {told.probability:.3f}]"
            lines += _wrap(told.text + chance, "    ", first="  ")
            if told.worths:
                lines += _wrap("worth: " + " | ".join(told.worths), " " * 13, first=" " * 6)
    ending, *records = tell_ending(trajectory)
    lines += ["", ending, *(line for text in records for line in _wrap(text, "  "))]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def legend(*solutions: Solution) -> str:
    """What stands behind each choice, in words."""
    if all(np.isfinite(solution.values).all() for solution in solutions):
        return ("After each choice: its probability, then what each option was worth to the one who chose "
                "(expected discounted payoff from there on; * marks the choice).")
    return ("After each choice: its probability, then, where it is known, what each option was worth to the one who "
            "chose; where a player remembers past weeks it is not.")


def as_played(game: Game, profile: Profile, trajectory: Trajectory) -> Solution:
    """The policies and their values, for the reasons of an episode.

    Of a policy that remembers, each round has the row of what it remembered in this episode; then no values are
    known, as they would depend on what all others remember too, and all are nan.
    """
    if not profile.remembers:
        return respond_to(game, profile, ())
    played = Profile.of({actor: _rows_played(profile[actor], trajectory) for actor in Actor})
    values = np.full((game.horizon + 1, len(Actor), game.n_states), np.nan)
    return Solution(game, played, values, "as played", (None, None, None))


def _rows_played(policy: Policy, trajectory: Trajectory) -> Policy:
    if policy.memory is None:
        return policy
    rows = [remembered(policy, trajectory.weeks[:number]) for number in range(len(trajectory))]
    if isinstance(policy, ThirdPartyPolicy):
        return ThirdPartyPolicy(policy.name, policy.stance_inner[rows])
    return DisputantPolicy(policy.name, policy.seat, policy.first_inner[rows], policy.second_inner[rows])


def situation(game: Game, state: int) -> str:
    """A state in words, with the names of the rungs."""
    scenario = game.scenario
    sides = "; ".join(f"{scenario.display_name(seat)} on rung {rung_text(game, seat, int(game.rungs[seat, state]))}"
                      for seat in DISPUTANTS)
    held = "a standstill in force" if game.standstill[state] else "no standstill"
    return f"{sides}; {held}; tension {game.tension[state]:.2f}"


def rung_text(game: Game, seat: Actor, rung: int) -> str:
    """A rung's number and name, e.g. ``3 (Removal from the white list)``."""
    return f"{rung} ({game.scenario.disputant(seat).ladder[rung].name})"


def move_text(game: Game, seat: Actor, state: int, move: Move, other: Move | None) -> str:
    """What a disputant does, in words; ``other`` is the first mover's move if this is the answer."""
    rung = int(game.rungs[seat, state])
    if move is Move.ESCALATE:
        breach = ", breaking the standstill" if game.standstill[state] else ""
        return f"escalates to rung {rung_text(game, seat, rung + 1)}{breach}"
    if move is Move.STEP_DOWN:
        return f"steps down to rung {rung_text(game, seat, rung - 1)}"
    if move is Move.APPEAL:
        return f"holds and appeals to {game.scenario.display_name(Actor.WASHINGTON)}"
    if move is Move.STANDSTILL:
        renewing = bool(game.standstill[state])
        if other is Move.STANDSTILL:
            return "agrees to renew the standstill" if renewing else "accepts the standstill"
        return "proposes to renew the standstill" if renewing else "offers a standstill"
    return "holds"


def tell_week(game: Game, solution: Solution, week: Week) -> list[Told]:
    """What there is to tell of a week, six things in this order.

    The situation at its start, Washington's stance, the first mover's move, the answer, the payoffs
    and what chance did.
    """
    index, scenario = week.round - 1, game.scenario
    told = [Told(f"Week {week.round}: {situation(game, week.state)}")]
    name = scenario.display_name(Actor.WASHINGTON)
    told.append(_choice(f"{name} takes the stance: {scenario.stance_name(week.stance)}",
                        stance_alternatives(solution, index, week.state), week.stance,
                        [scenario.stance_name(stance) for stance in Stance]))
    follower = opponent(week.leader)
    for seat, first in ((week.leader, None), (follower, week.moves[week.leader])):
        move = week.moves[seat]
        order = "moves first" if first is None else "answers"
        text = f"{scenario.display_name(seat)} {order}: {move_text(game, seat, week.state, move, first)}"
        told.append(_choice(text, move_alternatives(solution, seat, index, week.state, week.stance, first), move,
                            [option.key for option in Move]))
    told.append(Told("the week pays " + ", ".join(
        f"{scenario.display_name(actor)} {signed(week.payoffs[actor])}" for actor in Actor)))
    told.append(Told(_chance_text(game, week)))
    return told


def _choice(text: str, alternatives: Alternatives, chosen: int, names: list[str]) -> Told:
    worths = tuple(f"{names[option]}{'*' if option == chosen else ''} {worth:.2f}"
                   for option, worth in enumerate(alternatives.values) if not np.isnan(worth))
    return Told(text, float(alternatives.probabilities[chosen]), worths)


def chance_result(week: Week) -> str:
    """What the draw that ends a week did, in words."""
    return {
        Chance.SETTLED: "talks settle the dispute",
        Chance.RUPTURE: "relations rupture",
        Chance.LAPSE: "the standstill lapses",
        Chance.ON: "the standstill holds" if week.in_force else "the dispute goes on",
    }[week.chance]


def _chance_text(game: Game, week: Week) -> str:
    settled, ruptured, lapsed = chance_thresholds_at(game, (week.stance, *week.moves, week.state), week.afterstate)
    chances = [f"settlement {_percent(settled)}", f"rupture {_percent(ruptured - settled)}"]
    if lapsed > ruptured:
        chances.append(f"lapse of the standstill {_percent(lapsed - ruptured)}")
    paid = ""
    if week.over:
        scenario = game.scenario
        paid = ", which pays " + ", ".join(
            f"{scenario.display_name(actor)} {signed(week.end_payoffs[actor])}" for actor in Actor)
    return f"chance ({', '.join(chances)}): {chance_result(week)}{paid}"


def tell_ending(trajectory: Trajectory) -> list[str]:
    """How an episode stands after its last week, what it paid and what is recorded of it."""
    game, scenario, record = trajectory.game, trajectory.game.scenario, trajectory.record()
    last, first = trajectory.weeks[-1], int(record["first_standstill"])
    told = [
        f"After week {last.round}: {OUTCOME_TEXT[trajectory.outcome]} ({trajectory.outcome.key}).",
        "discounted payoffs of the weeks played: " + ", ".join(
            f"{scenario.display_name(actor)} {signed(record[f'payoff_{actor.key}'])}" for actor in Actor),
        f"first standstill: {f'week {first}' if first else 'none'}; breaches {record['breaches']:.0f}, "
        f"lapses {record['lapses']:.0f}; peak tension {record['peak_tension']:.2f}",
        "appeals: " + ", ".join(
            f"{scenario.display_name(seat)} {record[f'appeals_{seat.key}']:.0f}" for seat in DISPUTANTS)
        + f"; {scenario.display_name(Actor.WASHINGTON)}'s total effort {record['effort']:g}",
    ]
    return told if last.over else [*told, situation(game, last.next_state)]


def _wrap(text: str, indent: str, first: str | None = None) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent if first is None else first, subsequent_indent=indent)


def _percent(probability: float) -> str:
    return f"{100 * probability:.1f} %"


def signed(value: float) -> str:
    """A payoff with its sign and two decimals."""
    return f"{value:+.2f}"
