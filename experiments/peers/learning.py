"""Learning over repeated disputes, against a plain Mesa loop over the same rule.

The peer is `peers.plain_mesa` once more, the leanest plain Mesa model of the game: before each dispute two learners in
plain Python pick plans by Roth & Erev's rule, the model is given these plans' rows and plays, and the learners
take in what it paid. Pairs are independent, so one process a core plays pairs of its own. The file is also the peer's
program, run from the folder above, so that every measurement starts in fresh processes (Mesa keeps every model it ever
made alive):

    python -m peers.learning TABLES PLANS PAIRS DISPUTES FIRST_SEED

prints the seconds and how many disputes ended how, as JSON.
"""

from __future__ import annotations

import importlib.metadata
import json
import pickle
import random
import statistics
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from peers import plain_mesa
from peers.measuring import Line, alternate, clock, duration, median_ratio

if TYPE_CHECKING:
    from benchmark import Bench

PLANS = ("hawk", "dove", "matcher", "grit", "equilibrium")
PHI, EPSILON = 0.1, 0.2
LEAST_LIKELY = 1e-4
MILLION = (1_000, 1_000)


class Learner:
    """Roth & Erev's rule in plain Python."""

    def __init__(self, start: list[float], lowest: float) -> None:
        self.q, self.lowest = list(start), lowest

    def choose(self, u: float) -> int:
        """A plan, in proportion to its propensity."""
        u *= sum(self.q)
        for plan, propensity in enumerate(self.q):
            u -= propensity
            if u < 0:
                return plan
        return len(self.q) - 1

    def learn(self, plan: int, payoff: float) -> None:
        """Forget a little, and reinforce."""
        gained = payoff - self.lowest
        other = gained * EPSILON / (len(self.q) - 1)
        self.q = [(1 - PHI) * propensity + other for propensity in self.q]
        self.q[plan] += gained * (1 - EPSILON) - other


def play(tables: str, plans: str, pairs: int, disputes: int, first_seed: int) -> tuple[float, dict[str, int]]:
    """Seconds taken and number of disputes per outcome."""
    plain_mesa.load(tables)
    menus, starts, lowest = pickle.loads(Path(plans).read_bytes())
    counts: dict[str, int] = {}
    begin = time.perf_counter()
    for pair in range(pairs):
        draw = random.Random(first_seed + pair).random
        learners = [Learner(start, floor) for start, floor in zip(starts, lowest, strict=True)]
        for number in range(disputes):
            chosen = [learner.choose(draw()) for learner in learners]
            model = plain_mesa.Dispute(tables, seed=(first_seed + pair) * disputes + number)
            sides = model.tokyo, model.seoul
            for side, menu, plan in zip(sides, menus, chosen, strict=True):
                side.first_ends, side.reply_ends = menu[plan]
            while model.running:
                model.step()
            for learner, side, plan in zip(learners, sides, chosen, strict=True):
                learner.learn(plan, side.payoff)
            counts[model.outcome] = counts.get(model.outcome, 0) + 1
    return time.perf_counter() - begin, counts


# ------------------------------------------------------------------------------------ the benchmark


def learning_row(bench: Bench) -> list[Line]:
    """Disputes per second of learners."""
    from scipy.stats import chi2_contingency

    from negotiation.learning import Population, RothErev, learn
    from negotiation.vocabulary import Outcome

    rule = RothErev(PLANS, phi=PHI, epsilon=EPSILON)
    population = Population.of(bench.game, rule, rule)
    files = _write(bench, population)
    ours_n, peer_n, repetitions = ((64, 200), (4, 50), 1) if bench.quick else ((512, 1_000), (16, 100), 5)
    processes = 1 if bench.quick else bench.cores
    counted = {"ours": np.zeros(5, dtype=np.int64), "peer": np.zeros(5, dtype=np.int64)}
    seeds = {"ours": 1, "peer": 1}

    def ours() -> None:
        # As many disputes a pair as the peer plays are counted: early disputes differ from late ones.
        found = learn(population, *ours_n, seeds["ours"], checkpoints=[peer_n[1]], workers=bench.cores)
        counted["ours"] += found.outcomes[0].sum(axis=0)
        seeds["ours"] += 1

    def peer() -> float:
        bench.tick(f"learning: Mesa, {processes} process(es)")
        jobs = []
        for _ in range(processes):
            command = [sys.executable, "-m", "peers.learning", *files, *map(str, peer_n), str(seeds["peer"])]
            jobs.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]))
            seeds["peer"] += peer_n[0]
        answers = [json.loads(job.communicate()[0]) for job in jobs]
        for answer in answers:
            counted["peer"] += np.array([answer["counts"].get(outcome.key, 0) for outcome in Outcome])
        return max(answer["seconds"] for answer in answers)

    bench.tick("learning: ours")
    learn(population, 2, 2, 0)
    taken = alternate([clock(ours), peer], repetitions)
    done = ours_n[0] * ours_n[1], peer_n[0] * peer_n[1] * processes
    ratio = median_ratio(taken[1], taken[0]) * done[0] / done[1]
    p = float(chi2_contingency(np.stack(list(counted.values()))[:, counted["ours"] > 0]).pvalue)
    lines = [Line(
        "learning", f"disputes of learning pairs per second, {bench.cores} core(s), ours / peer",
        _rate(done[0] / statistics.median(taken[0])),
        f"plain Mesa loop, the same rule, {processes} process(es), {_rate(done[1] / statistics.median(taken[1]))}",
        f"Mesa {importlib.metadata.version('mesa')}", ratio, ratio, 100.0, at_least=True,
        checks={"chi-square p, ours and peer": p, **{f"disputes, {name}": float(counts.sum())
                                                     for name, counts in counted.items()}},
        failed="outcomes differ" if p < LEAST_LIKELY else "", samples={"ours": taken[0], "peer": taken[1]})]
    if not bench.quick:
        bench.tick("learning: a million disputes")
        million = alternate([clock(partial(learn, population, *MILLION, 1))], 3)[0]
        lines.append(Line("learning", "a million disputes of 1,000 pairs, curves recorded",
                          duration(statistics.median(million)), measured=statistics.median(million), target=5.0,
                          unit="s", samples={"ours": million}))
    return lines


def _rate(per_second: float) -> str:
    digits = max(len(str(int(per_second))) - 3, 0)
    return f"{round(per_second, -digits):,.0f} disputes/s"


def _write(bench: Bench, population: Any) -> tuple[str, str]:
    """Write what the peer looks up: the game's numbers, and each plan's rows for every week."""
    from negotiation.drawing import thresholds
    from negotiation.policy import DisputantPolicy, Profile, ThirdPartyPolicy
    from negotiation.vocabulary import DISPUTANTS
    from peers.mesa_run import write_tables

    rounds = bench.game.rounds

    def weekly(table: np.ndarray) -> np.ndarray:
        return np.broadcast_to(table[:rounds], (rounds, *table.shape[1:]))

    def flat(table: np.ndarray) -> Any:
        return plain_mesa.array("d", np.ascontiguousarray(thresholds(weekly(table))).tobytes())

    tables, plans = bench.folder / "learning.pickle", bench.folder / "plans.pickle"
    first = [DisputantPolicy.from_tables(menu[0].name, menu[0].seat, weekly(menu[0].first), weekly(menu[0].second))
             for menu in population.menus]
    third = ThirdPartyPolicy.from_tables("third", weekly(population.washington.stance))
    write_tables(bench.game, Profile(first[0], first[1], third), tables)
    menus = [[(flat(plan.first), flat(plan.second)) for plan in menu] for menu in population.menus]
    starts = [rule.memory(population.view(seat)).tolist()
              for seat, rule in zip(DISPUTANTS, population.rules, strict=True)]
    plans.write_bytes(pickle.dumps((menus, starts, population.lowest.tolist()), protocol=pickle.HIGHEST_PROTOCOL))
    return str(tables), str(plans)


if __name__ == "__main__":
    own, others, *numbers = sys.argv[1:]
    seconds, outcomes = play(own, others, *(int(number) for number in numbers))
    print(json.dumps({"seconds": seconds, "counts": outcomes}))
