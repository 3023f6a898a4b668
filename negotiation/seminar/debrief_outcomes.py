r"""How a class's tables ended, beside the exact distribution under equilibrium play, and treatments compared.

**Reading.** All tables are read after the same week K, so that a class that ends early does not overstate the ends
that come early: K is the last week of the class if at least nine in ten tables played to their end, else the latest
week that nine in ten had reached (or ended before). Of four tables or more one may lag behind, though it is more than
one in ten: a table that opened late would hold up the reading of all. The others are left out and counted.

**Prediction.** With :math:`n_g` tables of treatment g and the exact probabilities :math:`p_g` of the five outcomes
after week K, the class is expected to be distributed like :math:`\sum_g n_g p_g / n`.

**Test.** Pearson's :math:`X^2 = \sum_k (O_k - E_k)^2 / E_k`, :math:`E = \sum_g n_g p_g`, against its own distribution
under the prediction: counts drawn from the multinomials :math:`(n_g, p_g)`, so that few tables and mixed treatments do
no harm; :math:`p = (1 + \#\{X^2_b \ge X^2\})/(1 + B)`. Where every :math:`E_k \ge 5` the chi-square p-value stands
beside it.

**Differences** of shares between a treatment and the first have Newcombe's (1998, method 10) interval from the Wilson
limits l, u of both: :math:`d - \sqrt{(p_1-l_1)^2 + (u_2-p_2)^2}` to :math:`d + \sqrt{(u_1-p_1)^2 + (p_2-l_2)^2}`.
That all treatments are alike is tested by dealing the treatments out to the tables anew, as the class did by lot:
:math:`p` is the share of deals whose Pearson statistic is as large, so that few tables do no harm here either.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import chisquare, multinomial

from negotiation.behaviours.solved import solution
from negotiation.engines.exact import Distribution, propagate
from negotiation.game import Floats, Game
from negotiation.history.coding import Observed, observe
from negotiation.history.record import load_record, record_names
from negotiation.outcome_rules import classify
from negotiation.outcomes import outcome_table, wilson_interval
from negotiation.parameters import ParameterError
from negotiation.seminar.table import TableState
from negotiation.vocabulary import DISPUTANTS, Chance, Outcome

if TYPE_CHECKING:
    from pandas import DataFrame

ENOUGH = 0.9  # share of tables that must have reached the week of reading
FEW = 4  # tables from which on one may lag behind
# What a seed is drawn on with, far from the numbers of blocks in which `settings.assign` deals out treatments.
PREDICTED, DEALT = 1_000_001, 1_000_002
DRAWN = 20_000
FEWEST = 5.0  # expected tables an outcome from which on the chi-square distribution is good enough


@dataclass(frozen=True)
class Comparison:
    """Whether the class fits the prediction.

    Attributes:
        statistic: Pearson's.
        p: by draws from the prediction.
        p_chi_square: by the chi-square distribution; nan where an outcome is expected at fewer than five tables.
        tables: how many.
    """

    statistic: float
    p: float
    p_chi_square: float
    tables: int


def reading_week(states: dict[int, TableState]) -> int:
    """The week K after which all tables are read; 0 if nothing can be read."""
    if not states:
        return 0
    last = max(state.game.rounds for state in states.values())
    reached = sorted((last if state.over else len(state.weeks) for state in states.values()), reverse=True)
    needed = int(np.ceil(ENOUGH * len(reached)))
    return reached[min(needed, len(reached) - 1 if len(reached) >= FEW else needed) - 1]


def outcome_after(state: TableState, week: int) -> Outcome | None:
    """How a table stood after a week; None if it has not got so far."""
    weeks = state.weeks[:week]
    if not weeks or (len(weeks) < week and not state.over):
        return None
    end = {Chance.SETTLED: 1, Chance.RUPTURE: -1}.get(weeks[-1].chance, 0)
    return Outcome(int(classify(state.game, np.array([end]), np.array([weeks[-1].next_state]))[0]))


def exact_after(game: Game, week: int) -> Floats:
    """float64 [5]: exact outcome probabilities after a week, all seats at equilibrium play."""
    row: Floats = distribution(game).outcomes_by_round()[week]
    return row


def distribution(game: Game) -> Distribution:
    """The exact distribution under equilibrium play; kept on the game."""
    kept: Distribution | None = game.__dict__.get("_debrief_distribution")
    if kept is None:
        kept = game.__dict__["_debrief_distribution"] = propagate(game, solution(game).profile)
    return kept


def shares_table(states: dict[int, TableState], treatments: dict[int, str], games: dict[str, Game],
                 week: int) -> DataFrame:
    """The class beside the prediction, for each treatment and for all together.

    Args:
        states: table number to where it stands.
        treatments: table number to treatment.
        games: treatment to its game.
        week: of reading; 0 where nothing can be read, and then ``exact`` is after the last week.

    Returns:
        One row a treatment (and ``""``, all together, first) and outcome: ``treatment``, ``outcome``, ``count``,
        ``tables``, ``share``, ``low`` and ``high`` (Wilson, 95 %), ``exact`` (probability).
    """
    from pandas import DataFrame

    ended = {number: outcome_after(state, week) for number, state in states.items()} if week else {}
    groups = {name: np.bincount([int(end) for number, end in ended.items() if end is not None
                                 and treatments[number] == name], minlength=len(Outcome)) for name in games}
    exact = {name: exact_after(game, week or game.rounds) for name, game in games.items()}
    total = np.sum(list(groups.values()), axis=0)
    n = int(total.sum())
    mixed = sum((groups[name].sum() / n * exact[name] for name in games), np.zeros(len(Outcome))) if n else (
        np.mean(list(exact.values()), axis=0))
    rows = []
    for name, counts, expected in [("", total, mixed), *((name, groups[name], exact[name]) for name in games)]:
        tables = int(counts.sum())
        low, high = wilson_interval(counts, tables) if tables else (np.full(len(Outcome), nan),) * 2
        rows += [(name, outcome.key, int(counts[outcome]), tables, counts[outcome] / tables if tables else nan,
                  low[outcome], high[outcome], expected[outcome]) for outcome in Outcome]
    return DataFrame(rows, columns=["treatment", "outcome", "count", "tables", "share", "low", "high", "exact"])


def compare_with_exact(shares: DataFrame, seed: int, drawn: int = DRAWN) -> Comparison:
    """Pearson's statistic of the whole class against its own distribution under the prediction.

    Args:
        shares: of `shares_table`.
        seed: of the draws.
        drawn: how many classes are drawn.
    """
    groups = [rows for name, rows in shares.groupby("treatment", sort=False) if name and rows["count"].sum()]
    seen = shares[shares["treatment"] == ""]["count"].to_numpy(dtype=np.float64)
    if not groups:
        return Comparison(nan, nan, nan, 0)
    chances = [np.clip(rows["exact"].to_numpy(), 0.0, 1.0) for rows in groups]
    chances = [each / each.sum() for each in chances]
    sizes = [int(rows["count"].sum()) for rows in groups]
    expected = sum((size * chance for size, chance in zip(sizes, chances, strict=True)), np.zeros(len(Outcome)))
    generator = np.random.Generator(np.random.Philox(np.random.SeedSequence(seed, spawn_key=(PREDICTED,))))
    counts = sum((multinomial.rvs(size, chance, size=drawn, random_state=generator)
                  for size, chance in zip(sizes, chances, strict=True)), np.zeros((drawn, len(Outcome))))
    statistic = float(_pearson(seen, expected))
    above = int((_pearson(counts, expected) >= statistic - 1e-9).sum())
    usual = float(chisquare(seen, expected).pvalue) if expected.min() >= FEWEST else nan
    return Comparison(statistic, (1 + above) / (1 + drawn), usual, int(seen.sum()))


def _pearson(counts: Floats, expected: Floats) -> Floats:
    """Over the last axis; infinite where something happened that cannot."""
    possible = expected > 0
    found: Floats = ((counts[..., possible] - expected[possible]) ** 2 / expected[possible]).sum(axis=-1)
    return np.where(counts[..., ~possible].sum(axis=-1) > 0, np.inf, found)


def differences_table(shares: DataFrame, seed: int = 0, drawn: int = DRAWN) -> DataFrame:
    """Each treatment's shares less the first one's; treatments of which no table is read are left out.

    Args:
        shares: of `shares_table`.
        seed: of the deals.
        drawn: how many deals.

    Returns:
        One row a treatment (but the first) and outcome: ``treatment``, ``against``, ``outcome``, ``share``,
        ``share_against``, ``difference``, ``low``, ``high`` (Newcombe, 95 %, each on its own), ``exact`` difference;
        no row where fewer than two treatments are read. ``attrs["p"]``: of the test that all are alike, nan where
        it cannot be made.
    """
    from pandas import DataFrame

    names = [name for name in dict.fromkeys(shares["treatment"])
             if name and shares[shares["treatment"] == name]["count"].sum()]
    rows = []
    first = shares[shares["treatment"] == names[0]].reset_index(drop=True) if names else shares
    for name in names[1:]:
        other = shares[shares["treatment"] == name].reset_index(drop=True)
        gap = other["share"] - first["share"]
        low = gap - np.hypot(other["share"] - other["low"], first["high"] - first["share"])
        high = gap + np.hypot(other["high"] - other["share"], first["share"] - first["low"])
        rows += [(name, names[0], outcome.key, other["share"][outcome], first["share"][outcome], gap[outcome],
                  low[outcome], high[outcome], other["exact"][outcome] - first["exact"][outcome])
                 for outcome in Outcome]
    table = DataFrame(rows, columns=["treatment", "against", "outcome", "share", "share_against", "difference", "low",
                                     "high", "exact"])
    table.attrs["p"] = _alike(np.array([shares[shares["treatment"] == name]["count"].to_numpy() for name in names]),
                              seed, drawn) if len(names) > 1 else nan
    return table


def _alike(counts: Floats, seed: int, drawn: int) -> float:
    """The p-value of counts [treatment, outcome] when treatments are dealt out anew; nan where all ended alike."""
    ends = counts[:, counts.sum(axis=0) > 0].astype(np.int64)
    kinds = ends.shape[1]
    if kinds < 2:
        return nan
    expected = np.outer(ends.sum(axis=1), ends.sum(axis=0)) / ends.sum()
    ended = np.repeat(np.tile(np.arange(kinds), len(ends)), ends.ravel())
    begun = np.concatenate([[0], np.cumsum(ends.sum(axis=1))])
    generator = np.random.Generator(np.random.Philox(np.random.SeedSequence(seed, spawn_key=(DEALT,))))
    dealt = generator.permuted(np.tile(ended.astype(np.int8), (drawn, 1)), axis=1)
    found = np.zeros(drawn)
    for place, row in enumerate(expected):
        own = dealt[:, begun[place]:begun[place + 1]]
        found += sum(((own == kind).sum(axis=1) - row[kind]) ** 2 / row[kind] for kind in range(kinds))
    seen = float(((ends - expected) ** 2 / expected).sum())
    return float((1 + (found >= seen - 1e-9).sum()) / (1 + drawn))


def drawable(shares: DataFrame, treatment: str, game: Game, week: int) -> DataFrame:
    """A treatment's rows (or all, ``""``) in the form of `negotiation.outcomes.outcome_table`."""
    rows = shares[shares["treatment"] == treatment]
    table = outcome_table(distribution(game), None)
    tables = int(rows["tables"].iloc[0])
    table["exact"] = rows["exact"].to_numpy()
    for column, source in (("simulated", "share"), ("low", "low"), ("high", "high")):
        table[column] = rows[source].to_numpy()
    table["episodes"] = tables
    table.attrs["rounds"] = week or game.rounds
    return table


# --------------------------------------------------------------------------------- paths, and 2019


def paths_table(states: dict[int, TableState], treatments: dict[int, str]) -> DataFrame:
    """Both sides' rungs by week.

    Returns:
        One row a table, seat and week: ``table``, ``treatment``, ``seat``, ``week`` (0 is the start), ``rung``,
        ``standstill``, ``outcome`` (empty while the table plays).
    """
    from pandas import DataFrame

    rows = []
    for number, state in states.items():
        outcome = "" if state.outcome is None else state.outcome.key
        at = [state.game.start, *(week.next_state for week in state.weeks)]
        rows += [(number, treatments[number], seat.key, week, int(state.game.rungs[seat, each]),
                  bool(state.game.standstill[each]), outcome) for seat in DISPUTANTS for week, each in enumerate(at)]
    return DataFrame(rows, columns=["table", "treatment", "seat", "week", "rung", "standstill", "outcome"])


def rungs_table(states: dict[int, TableState], game: Game) -> DataFrame:
    """The class's rungs by week, over tables still going, in the form of `negotiation.outcomes.weekly_table`."""
    from pandas import DataFrame

    rows = []
    for seat in DISPUTANTS:
        ladder = game.scenario.disputant(seat).ladder
        for week in range(max((len(state.weeks) for state in states.values()), default=0) + 1):
            going = [state.game.start if week == 0 else state.weeks[week - 1].next_state for state in states.values()
                     if len(state.weeks) >= week and not (week and state.weeks[week - 1].over)]
            counts = np.bincount([int(game.rungs[seat, each]) for each in going], minlength=len(ladder))
            held = float(np.mean([bool(game.standstill[each]) for each in going])) if going else nan
            rows += [(week, seat.key, game.scenario.display_name(seat), rung, ladder[rung].name,
                      counts[rung] / len(going) if going else nan, len(going), held) for rung in range(len(ladder))]
    return DataFrame(rows, columns=["week", "seat", "seat_name", "rung", "rung_name", "probability", "going",
                                    "standstill"])


def real_weeks(game: Game) -> Observed | None:
    """The recorded weeks of the dispute that a class played, where its start and ladders are those of a record."""
    for name in record_names():
        record = load_record(name)
        if record.scenario == game.scenario.name:
            try:
                return observe(record, game)
            except ParameterError:
                return None
    return None


def beside_history(states: dict[int, TableState], game: Game, real: Observed | None) -> DataFrame:
    """The class's rungs beside the real ones.

    Returns:
        One row a seat and week: ``week``, ``seat``, ``tables`` (still going), ``mean``, ``low`` and ``high`` (lowest
        and highest rung), ``real`` and ``real_standstill`` (nan where nothing is recorded).
    """
    from pandas import DataFrame

    weekly = rungs_table(states, game)
    known = real.states() if real is not None else np.array([], dtype=np.int64)
    rows = []
    for _, group in weekly.groupby(["seat", "week"], sort=False):
        seat, week = str(group["seat"].iloc[0]), int(group["week"].iloc[0])
        side = next(each for each in DISPUTANTS if each.key == seat)
        share, rung = group["probability"].to_numpy(), group["rung"].to_numpy()
        held = rung[share > 0]
        real_rung = float(game.rungs[side, known[week]]) if week < known.size else nan
        rows.append((week, seat, int(group["going"].iloc[0]), float(share @ rung) if held.size else nan,
                     float(held.min()) if held.size else nan, float(held.max()) if held.size else nan, real_rung,
                     float(game.standstill[known[week]]) if week < known.size else nan))
    return DataFrame(rows, columns=["week", "seat", "tables", "mean", "low", "high", "real", "real_standstill"])


__all__ = [
    "Comparison", "beside_history", "compare_with_exact", "differences_table", "distribution", "drawable",
    "exact_after", "outcome_after", "paths_table", "reading_week", "real_weeks", "rungs_table", "shares_table",
]
