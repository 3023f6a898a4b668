"""What the notebooks share: tables, the account of a week, its payoff term by term, and checks of work by hand.

Nothing here is needed to use the package; it keeps the cells short. The answers to `check` are in answers.py:
look at them after you have tried.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

import negotiation as ng
from answers import ANSWERS, CLOSE
from negotiation import plots
from negotiation.narration import as_played, tell_ending, tell_week
from negotiation.vocabulary import Actor, Move, Stance, opponent


class Table:
    """A frame shown with its texts flush left, without row numbers, and with as many decimals as each column needs."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame.copy()
        for name in frame.columns:
            if pd.api.types.is_float_dtype(frame[name]):
                needed = next(places for places in range(4) if places == 3
                              or all(abs(round(value, places) - value) < 1e-9 for value in frame[name].dropna()))
                self.frame[name] = [f"{value:.{needed}f}" for value in frame[name]]

    def __repr__(self) -> str:
        return self.frame.to_string(index=False)

    def _repr_html_(self) -> str:
        with pd.option_context("display.max_colwidth", None):
            text = self.frame.to_html(index=False, border=0)
        for cell in ("th", "td"):
            text = text.replace(f"<{cell}>", f'<{cell} style="text-align: left; vertical-align: top">')
        return text.replace(' style="text-align: right;"', "")


def table(rows: pd.DataFrame | list, columns: list[str] | None = None) -> Table:
    """A table for people, from a frame or from rows and the names of their columns."""
    return Table(rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(rows, columns=columns))


def tell(model: ng.NegotiationModel, worths: bool = False) -> None:
    """Print the latest week of a Mesa model in words; with `worths`, what each option was worth to who chose."""
    if not model.weeks:
        print("No week has been played yet: call model.step() first.")
        return
    solution = as_played(model.game, model.profile, model.trajectory())
    told = tell_week(model.game, solution, model.weeks[-1])
    leader = model.weeks[-1].leader
    deciding = {1: Actor.WASHINGTON, 2: leader, 3: opponent(leader)}  # the other lines are nobody's choice
    for place, item in enumerate(told):
        # An agent of one's own does not play the table, whose probabilities and worths would mislead.
        by_table = place in deciding and type(model.seats[deciding[place]]) in (ng.Disputant, ng.ThirdParty)
        _say(item.text + (f"  (probability {item.probability:.2f})" if by_table else ""), "  " if place else "")
        if worths and by_table:
            _say("worth: " + " | ".join(item.worths), "      ")
    if not model.running:
        for text in tell_ending(model.trajectory()):
            _say(text, "")


def _say(text: str, indent: str) -> None:
    print(textwrap.fill(text, 100, initial_indent=indent, subsequent_indent=indent + "  "))


def payoff_terms(game, seat, state, stance, own, other):
    """The terms of one week's payoff of a disputant, by name: the payoff card as code."""
    scenario = game.scenario
    side, effect = scenario.disputant(seat), list(scenario.washington.stances)[stance]
    pressure = effect.pressure_tokyo if seat is Actor.TOKYO else effect.pressure_seoul
    moves = (own, other) if seat is Actor.TOKYO else (other, own)
    rungs = game.after_rungs[:, game.afterstate[*moves, state]]            # after the moves
    mine = side.ladder[rungs[seat]]
    theirs = scenario.disputant(opponent(seat)).ladder[rungs[opponent(seat)]]
    standstill = bool(game.standstill[state])                              # in force before the moves
    agreed = own == other == Move.STANDSTILL
    in_force = agreed or (standstill and Move.ESCALATE not in moves)       # after the moves
    snubbed = other == Move.STANDSTILL and own != Move.STANDSTILL and not standstill
    return {
        "firmness × gain of own rung": side.firmness * mine.gain,
        "cost of own rung": -mine.cost,
        "harm of the other's rung": -theirs.harm * (1 - scenario.standstill.ease * in_force),
        "pressure on who escalates": -side.standing * pressure * (own == Move.ESCALATE),
        "breach": -side.breach * standstill * (own == Move.ESCALATE),
        "stepping down": -side.backdown * (1 - effect.cover) * (own == Move.STEP_DOWN),
        "standstill": -side.offer * (1 - effect.cover) * (own == Move.STANDSTILL),
        "appeal": -side.appeal * (own == Move.APPEAL),
        "snub": -side.snub * side.standing * pressure * snubbed,
    }


def draw_terms(terms: Mapping[str, float], title: str) -> Figure:
    """The terms of a sum as steps from zero, and the sum."""
    used = {name: value for name, value in terms.items() if abs(value) > 1e-9}
    total, end = sum(used.values()), 0.0
    with plots.styled():
        panel = plots.new_axes(7.2, 0.36 * len(used) + 1.5)
        for place, value in enumerate(used.values()):
            panel.barh(place, value, left=end, color="#1D6FA3" if value > 0 else "#B23A1E")
            panel.text(max(end, end + value, 0) + 0.015, place, f"{value:+.2f}", va="center")
            end += value
        panel.barh(len(used), total, color="#595959")
        panel.text(max(total, 0) + 0.015, len(used), f"{total:+.2f}", va="center", fontweight="bold")
        panel.set_yticks(range(len(used) + 1), [*used, "the week"])
        panel.invert_yaxis()
        panel.axvline(0, color="#1A1A1A", linewidth=0.8)
        panel.margins(x=0.12)
        panel.set_xlabel("Payoff")
        panel.set_title(title)
        return panel.figure


def draw_choice(options: Sequence[str], worths: Sequence[float], probabilities: Sequence[float], title: str) -> Figure:
    """What each option is worth, and beside it how likely it is taken; options worth nan are not open."""
    with plots.styled():
        figure = Figure(figsize=(8.2, 0.34 * len(options) + 1.5), layout="constrained")
        left, right = figure.subplots(1, 2, sharey=True)
        known = [value for value in worths if value == value]
        colours = [plots.MOVE_COLOURS.get(option, "#595959") for option in options]
        left.scatter(worths, range(len(options)), color=colours, s=60, edgecolor="#1A1A1A", linewidth=0.6, zorder=2)
        room = 0.18 * (max(known) - min(known)) or 0.5
        left.set_xlim(min(known) - room, max(known) + 2 * room)
        right.barh(range(len(options)), probabilities, color=colours, edgecolor="#1A1A1A", linewidth=0.6)
        for place, (worth, probability) in enumerate(zip(worths, probabilities, strict=True)):
            text, at = (f"{worth:+.2f}", worth) if worth == worth else ("not open", min(known))
            left.annotate(text, (at, place), xytext=(7, 0), textcoords="offset points", va="center")
            right.annotate(f"{probability:.1%}", (probability, place), xytext=(4, 0), textcoords="offset points",
                           va="center")
        left.set_yticks(range(len(options)), options)
        left.invert_yaxis()
        left.set_xlabel("Worth")
        right.set_xlabel("Probability")
        right.set_xlim(0, 1.15)
        right.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0%", "25%", "50%", "75%", "100%"])
        for panel in (left, right):
            panel.grid(axis="y", color="#EDEDED")
        figure.suptitle(title, x=0.01, ha="left")
        return figure


def draw_lines(x: Sequence[float], lines: Mapping[str, Sequence[float]], xlabel: str, ylabel: str, title: str = "",
               names: Mapping[str, str] | None = None, share: bool = False) -> Figure:
    """A few lines over numbers, each named at its end; keys of seats and outcomes keep their colours."""
    others = iter(("#1D6FA3", "#B23A1E", "#949494", "#1A1A1A", "#E8B93B"))
    colours = plots.ACTOR_COLOURS | plots.OUTCOME_COLOURS
    colours |= {key: next(others) for key in lines if key not in colours}
    styles = dict(zip(lines, ("-", "--", ":", "-.", (0, (5, 1, 1, 1, 1, 1))), strict=False))
    with plots.styled():
        panel = plots.new_axes(7.4, 3.8)
        for key, values in lines.items():
            panel.plot(x, values, styles[key], color=colours[key], label=(names or {}).get(key, key), linewidth=2)
        panel.set(xlabel=xlabel, ylabel=ylabel, title=title)
        panel.xaxis.set_major_locator(MaxNLocator(integer=all(float(value).is_integer() for value in x)))
        if share:
            panel.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        panel.grid(axis="y", color="#EDEDED")
        panel.margins(x=0.01)
        if len(lines) > 1:
            panel.legend()
        return panel.figure


def draw_bars(effects: Mapping[str, Sequence[float]], xlabel: str, title: str) -> Figure:
    """What lowering and raising a number does, the most moving one first."""
    order = sorted(effects, key=lambda name: -max(map(abs, effects[name])))
    with plots.styled():
        panel = plots.new_axes(7.6, 0.3 * len(order) + 1.6)
        for offset, colour, label, which in ((-0.19, "#B23A1E", "lowered", 0), (0.19, "#1D6FA3", "raised", 1)):
            panel.barh([place + offset for place in range(len(order))], [effects[name][which] for name in order],
                       height=0.36, color=colour, label=label)
        panel.set_yticks(range(len(order)), order)
        panel.invert_yaxis()
        panel.axvline(0, color="#1A1A1A", linewidth=0.8)
        panel.xaxis.set_major_formatter(lambda value, _: f"{100 * value:+.0f} points" if value else "0")
        panel.set_xlabel(xlabel)
        panel.set_title(title)
        panel.legend()
        return panel.figure


def sweep(axes: Mapping[str, object], scenario: str | ng.Scenario = "tokyo_seoul_2019",
          **policy: object) -> ng.SweepTable:
    """A grid over keys of a scenario or policy, computed exactly: one row a point.

    Args:
        axes: a key, as on the command line, to its values or to ``{"low": 0, "high": 1, "points": 11}``.
        scenario: what is varied.
        policy: behaviours by seat, for seats that do not play the equilibrium.
    """
    values = (ng.load_scenario(scenario) if isinstance(scenario, str) else scenario).to_dict()
    plan = ng.SweepPlan.from_config({
        "scenario": values, "engine": {"name": "exact"}, "episodes": 1000, "seed": 2019,
        "policy": {seat.key: policy.get(seat.key, "equilibrium") for seat in Actor},
        "sweep": {"method": "grid", "axes": dict(axes)}})
    with TemporaryDirectory() as folder:
        ng.run_sweep(plan, Path(folder))
        return ng.load_sweep(folder)


def check_week(yours: float | None, game: ng.Game, seat: Actor, state: int, stance: Stance, own: Move,
               other: Move) -> None:
    """Hold a disputant's payoff of one week, worked out by hand, against its terms, and say what is off."""
    scenario, name = game.scenario, f"{game.scenario.display_name(seat)}'s week"
    terms = payoff_terms(game, seat, state, stance, own, other)
    side, effect = scenario.disputant(seat), list(scenario.washington.stances)[stance]
    mine, theirs = side.ladder, scenario.disputant(opponent(seat)).ladder
    k = game.afterstate[*((own, other) if seat is Actor.TOKYO else (other, own)), state]
    then, was = game.rungs[seat, state], game.rungs[opponent(seat), state]              # rungs before the moves
    now, there = game.after_rungs[seat, k], game.after_rungs[opponent(seat), k]         # and after them
    in_force, ease = bool(game.after_status[k]), scenario.standstill.ease
    right, left = sum(terms.values()), 1 - ease * in_force
    offered, stepped, snubbed = own == Move.STANDSTILL, own == Move.STEP_DOWN, terms["snub"] != 0
    slips = {
        "gain is not multiplied by firmness": right - (side.firmness - 1) * mine[now].gain,
        "your own rung before the move is taken":
            right + side.firmness * (mine[then].gain - mine[now].gain) - (mine[then].cost - mine[now].cost),
        "the other's rung before its move is taken": right + (theirs[there].harm - theirs[was].harm) * left,
        "your own side's harm is taken, not the other's": right + (theirs[there].harm - mine[now].harm) * left,
        "cover is forgotten": right - effect.cover * (side.offer * offered + side.backdown * stepped),
        ("ease is forgotten" if in_force else "harm is eased, but no standstill is in force"):
            right + theirs[there].harm * ease * (-1 if in_force else 1),
        "you pay for an offer that is the other's":
            right - side.offer * (1 - effect.cover) * (other == Move.STANDSTILL and not offered),
        "the snub is taken whole, not as a share":
            right + terms["snub"] * (1 / side.snub - 1 if snubbed else 0),
    }
    check_sum(name, yours, terms, {slip: value for slip, value in slips.items() if abs(value - right) > CLOSE})


def check(question: str, yours: float | None) -> None:
    """Hold a number worked out by hand against the answer, and say what may have gone wrong."""
    answer = ANSWERS[question]
    check_number(question, yours, answer.right, answer.slips, answer.close)


def check_sum(name: str, yours: float | None, terms: Mapping[str, float],
              slips: Mapping[str, float] | None = None) -> None:
    """Hold a sum worked out by hand against its terms and say what is off.

    Args:
        name: what was asked for.
        yours: the student's number; None while the cell is not filled in.
        terms: every term with its sign.
        slips: a mistake that is easily made to the sum that it gives.
    """
    right = sum(terms.values())
    used = {term: value for term, value in terms.items() if abs(value) > 1e-9}
    known = dict(slips or {})
    for term, value in used.items():
        known.setdefault(f"'{term}' is left out", right - value)
        known.setdefault(f"'{term}' has the wrong sign", right - 2 * value)
        known.setdefault(f"'{term}' is counted twice", right + value)
    for one, other in combinations(used, 2):
        known.setdefault(f"'{one}' and '{other}' are left out", right - used[one] - used[other])
    check_number(name, yours, right, known)


def check_number(name: str, yours: float | None, right: float, slips: Mapping[str, float] | None = None,
                 close: float = CLOSE) -> None:
    """Hold a number worked out by hand against the right one; ``slips`` as for `check_sum`."""
    if yours is None:
        print(f"{name}: nothing to check yet. Put your number in the place of None and run the cell again.")
        return
    if abs(yours - right) <= close:
        print(f"{name}: {yours:g} is right.")
        return
    off = [slip for slip, value in (slips or {}).items() if abs(yours - value) <= close / 2]
    print(f"{name}: {yours:g} is {abs(yours - right):.3g} too {'high' if yours > right else 'low'}.")
    if off:
        print("That is what comes out if " + ", or if ".join(off[:3]) + ".")
    else:
        print("No single slip explains it: look at the terms one by one.")
