"""The same game as a plain Mesa model, the way a good Mesa user would write it.

Three agents play the equilibrium week by week; `mesa.batch_run` plays the episodes. The rules are
this file's own, in plain Python, and shared with the package are only numbers: the scenario's
parameters, the payoffs of a round and the policies. Everything that can be looked up is looked up:
payoffs and policies come as flat arrays, and a decision is one uniform number and one bisection in
the running sums of its options. That is what speed plain Python allows; no array is touched in a week.

Kept to one core or spread over processes by `batch_run` itself. The file is also a small program,
so that every measurement starts in a fresh process (Mesa keeps every model it ever made alive):

    python plain_mesa.py TABLES EPISODES FIRST_SEED PROCESSES

prints the seconds and how many episodes ended how, as JSON.
"""

from __future__ import annotations

import json
import pickle
import sys
import time
from array import array
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import mesa
from mesa.datacollection import DataCollector

ESCALATE, HOLD, APPEAL, STANDSTILL, STEP_DOWN = range(5)
QUIET = 0
OPTIONS = 5
ENDS = OPTIONS - 1
ROUNDING = 1e-12


@dataclass
class Tables:
    """Everything a model looks up. Rows of a policy are its options' upper ends in a uniform number.

    A stance is row (week, state); a first move row (week, state, stance); a reply row (week, state,
    stance, first move); a payoff is at (state, stance, Tokyo's move, Seoul's move).
    """

    rounds: int
    start: tuple[int, int, int, int]
    tops: tuple[int, int]
    tokyo_first: float
    escalated_above: float
    talks: list[float]
    welcome: list[float]
    open_talks: float
    drag: float
    calm: float
    hazard: float
    length: float
    leverage: float
    stakes: tuple[float, float]
    prize: float
    credit: float
    affinity: tuple[float, float]
    ruptures: tuple[float, float, float]
    discounts: tuple[float, float, float]
    stance: array[float]
    first: tuple[array[float], array[float]]
    reply: tuple[array[float], array[float]]
    payoffs: tuple[array[float], array[float], array[float]]


@cache
def load(path: str) -> Tables:
    """The tables, read once a process."""
    return Tables(**pickle.loads(Path(path).read_bytes()))


class Washington(mesa.Agent):
    """The third party: takes a stance."""

    def __init__(self, model: Dispute) -> None:
        super().__init__(model)
        self.ends = model.tables.stance
        self.payoff = 0.0

    def choose(self, place: int) -> int:
        """A stance, at a week and state."""
        row = place * ENDS
        return bisect_right(self.ends, self.random.random(), row, row + ENDS) - row


class Disputant(mesa.Agent):
    """One of the two sides: moves first, or answers."""

    seat: int

    def __init__(self, model: Dispute) -> None:
        super().__init__(model)
        tables = model.tables
        self.first_ends, self.reply_ends = tables.first[self.seat], tables.reply[self.seat]
        self.top = tables.tops[self.seat]
        self.rung = tables.start[self.seat]
        self.payoff = 0.0

    def open(self, place: int) -> int:
        """A first move, at a week, state and stance."""
        row = place * ENDS
        return bisect_right(self.first_ends, self.random.random(), row, row + ENDS) - row

    def answer(self, place: int, move: int) -> int:
        """A reply to a first move."""
        row = (place * OPTIONS + move) * ENDS
        return bisect_right(self.reply_ends, self.random.random(), row, row + ENDS) - row

    def climb(self, move: int) -> None:
        """Change rung; the policy plays legal moves only."""
        if move == ESCALATE:
            self.rung += 1
        elif move == STEP_DOWN:
            self.rung -= 1


class Tokyo(Disputant):
    """The first side."""

    seat = 0


class Seoul(Disputant):
    """The second side."""

    seat = 1


class Dispute(mesa.Model):
    """One episode; a step is a week."""

    def __init__(self, tables: str, seed: int | None = None) -> None:
        super().__init__(seed=seed)
        self.tables = load(tables)
        self.washington, self.tokyo, self.seoul = Washington(self), Tokyo(self), Seoul(self)
        self.standstill, self.appeals = self.tables.start[2:]
        self.week = 0
        self.weights = [1.0, 1.0, 1.0]
        self.outcome = ""
        self.datacollector = DataCollector(model_reporters={"outcome": "outcome"})

    def step(self) -> None:
        """Stance, order, two moves, payoffs, chance."""
        tables, tokyo, seoul, draw = self.tables, self.tokyo, self.seoul, self.random.random
        state = ((tokyo.rung * (seoul.top + 1) + seoul.rung) * 2 + self.standstill) * 3 + self.appeals
        place = self.week * ((tokyo.top + 1) * (seoul.top + 1) * 6) + state
        stance = self.washington.choose(place)
        place = place * OPTIONS + stance
        if draw() < tables.tokyo_first:
            move_tokyo = tokyo.open(place)
            move_seoul = seoul.answer(place, move_tokyo)
        else:
            move_seoul = seoul.open(place)
            move_tokyo = tokyo.answer(place, move_seoul)

        tokyo.climb(move_tokyo)
        seoul.climb(move_seoul)
        agreed = move_tokyo == STANDSTILL and move_seoul == STANDSTILL
        in_force = agreed or bool(self.standstill and move_tokyo != ESCALATE and move_seoul != ESCALATE)
        self.receive(((state * OPTIONS + stance) * OPTIONS + move_tokyo) * OPTIONS + move_seoul)

        tension = (tokyo.rung / tokyo.top + seoul.rung / seoul.top) / 2
        settled = tables.talks[stance] * (1 - tables.drag * tension)
        if stance != QUIET:
            settled *= 1 + tables.welcome[self.appeals]
        ruptured = tables.hazard * tension * tension
        if in_force:
            ruptured *= tables.calm
        else:
            settled *= tables.open_talks
        self.week += 1
        u = draw()
        if u < settled:
            self.settle(stance)
            return
        ruptured = settled + (1 - settled) * ruptured
        if u < ruptured:
            self.pay(tables.ruptures)
            self.finish("rupture")
            return
        if in_force and not agreed and u < ruptured + (1 - ruptured) / tables.length:
            in_force = False
        self.standstill = int(in_force)
        self.appeals = (move_tokyo == APPEAL) + (move_seoul == APPEAL)
        if self.week == tables.rounds:
            if in_force:
                self.finish("standstill")
            else:
                self.finish("escalated" if tension > tables.escalated_above + ROUNDING else "stalemate")

    def receive(self, leaf: int) -> None:
        """Pay for the week; from now on, weights are those of the next one."""
        weights, payoffs, discounts = self.weights, self.tables.payoffs, self.tables.discounts
        self.tokyo.payoff += weights[0] * payoffs[0][leaf]
        self.seoul.payoff += weights[1] * payoffs[1][leaf]
        self.washington.payoff += weights[2] * payoffs[2][leaf]
        weights[0] *= discounts[0]
        weights[1] *= discounts[1]
        weights[2] *= discounts[2]

    def settle(self, stance: int) -> None:
        """Divide the pie and end."""
        tables, tokyo, seoul = self.tables, self.tokyo, self.seoul
        lead = (tokyo.rung / tokyo.top - seoul.rung / seoul.top) / 2
        share = min(max(0.5 + tables.leverage * lead, 0.0), 1.0)
        one, other = tables.stakes[0] * share, tables.stakes[1] * (1 - share)
        own = tables.prize + (tables.credit if stance != QUIET else 0.0)
        self.pay((one, other, own + tables.affinity[0] * one + tables.affinity[1] * other))
        self.finish("settlement")

    def pay(self, lumps: tuple[float, float, float]) -> None:
        """What an end pays, one week later."""
        self.tokyo.payoff += self.weights[0] * lumps[0]
        self.seoul.payoff += self.weights[1] * lumps[1]
        self.washington.payoff += self.weights[2] * lumps[2]

    def finish(self, outcome: str) -> None:
        """Stop, and collect the outcome."""
        self.outcome = outcome
        self.running = False
        # batch_run looks a row up by its step. Collecting every week would give it one, but add about
        # a fifth to the time; one row for a whole episode is filed under its only step.
        self.steps = 1
        self.datacollector.collect(self)


def play(tables: str, episodes: int, first_seed: int, processes: int | None) -> tuple[float, dict[str, int]]:
    """Seconds taken and number of episodes per outcome."""
    load(tables)
    seeds = range(first_seed, first_seed + episodes)
    begin = time.perf_counter()
    rows: list[dict[str, Any]] = mesa.batch_run(
        Dispute, {"tables": tables, "seed": seeds}, number_processes=processes, data_collection_period=-1,
        display_progress=False)
    seconds = time.perf_counter() - begin
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["outcome"]] = counts.get(row["outcome"], 0) + 1
    return seconds, counts


if __name__ == "__main__":
    path, *numbers = sys.argv[1:]
    taken, outcomes = play(path, *(int(number) for number in numbers))
    print(json.dumps({"seconds": taken, "counts": outcomes}))
