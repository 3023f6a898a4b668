"""The meta-game of a contest solved, as rows and as sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from negotiation.tournament.equilibria import Equilibria, bimatrix_equilibria
from negotiation.tournament.field import Contest
from negotiation.tournament.replicator import long_times, replicator, replicator_pair
from negotiation.tournament.symmetric import SUPPORT, Mixture, symmetric_equilibria, symmetrised

Floats = NDArray[np.float64]
TOLD = 3  # equilibria told on the terminal
PART = 5e-3  # a share that is told


@dataclass(frozen=True, eq=False)
class MetaGame:
    """A contest as a game in which behaviours are chosen once and for all.

    Attributes:
        contest: the payoffs.
        equilibria: of the bimatrix game.
        symmetric: of the symmetrised game; empty where fewer than two behaviours are on both seats.
        times: float64 [times] of the paths.
        path: float64 [times, shared behaviours] of one population, from equal shares; None likewise.
        paths: float64 [times, n] and [times, m] of two populations, from equal shares.
    """

    contest: Contest
    equilibria: Equilibria
    symmetric: tuple[Mixture, ...]
    times: Floats
    path: Floats | None
    paths: tuple[Floats, Floats]

    @property
    def g(self) -> Floats:
        """The symmetrised payoffs of the shared behaviours."""
        return symmetrised(*self.contest.square())

    def told(self) -> str:
        """What came of it, in one line."""
        contest = self.contest
        found = self.equilibria.found
        strict = [each for each in found if each.strict]
        third = contest.names["washington"]
        parts = [f"{third} {contest.washington}{'' if contest.exact.all() else ' (payoffs estimated)'}:",
                 f"{len(found)} Nash equilibri{'um' if len(found) == 1 else 'a'}"
                 + ("" if self.equilibria.complete else " found") + (f", {len(strict)} strict:" if strict else ":")]
        shown = [f"{mixed(each.tokyo, contest.tokyo)} against {mixed(each.seoul, contest.seoul)}"
                 for each in (strict or found)[:TOLD]]
        parts.append("; ".join(shown) + ("; ..." if len(strict or found) > TOLD else ""))
        if self.path is not None:
            stable = [mixed(each.shares, contest.shared) for each in self.symmetric if each.stable]
            parts.append("; either seat, evolutionarily stable: " + ("; ".join(stable) or "none found"))
        return " ".join(parts).replace(" ; ", "; ")


def meta_game(contest: Contest, support: int = SUPPORT) -> MetaGame:
    """Solve the meta-game of a contest."""
    a, b = contest.bimatrix
    symmetric: tuple[Mixture, ...] = ()
    path = None
    times = long_times(a, b.T)
    if len(contest.shared) > 1:
        g = symmetrised(*contest.square())
        symmetric = tuple(symmetric_equilibria(g, support))
        path = replicator(g, np.full(len(g), 1 / len(g)), times)
    start = np.full(a.shape[0], 1 / a.shape[0]), np.full(a.shape[1], 1 / a.shape[1])
    return MetaGame(contest, bimatrix_equilibria(a, b), symmetric, times, path, replicator_pair(a, b, start, times))


def mixed(shares: Floats, labels: Sequence[str]) -> str:
    """A mixture in words: ``hawk``, or ``0.70 hawk + 0.30 dove``."""
    order = np.argsort(-shares, kind="stable")
    parts = [(float(shares[i]), labels[i]) for i in order if shares[i] > PART]
    if len(parts) == 1 and parts[0][0] > 1 - PART:
        return str(parts[0][1])
    return " + ".join(f"{share:.2f} {name}" for share, name in parts)


def equilibria_table(games: Sequence[MetaGame]) -> pd.DataFrame:
    """One row an equilibrium, seat and behaviour in its support.

    ``game`` is ``seats`` (Nash equilibria of the bimatrix game) or ``either`` (symmetric equilibria of the
    symmetrised one); ``stable`` says strict there and evolutionarily stable here.
    """
    rows: list[dict[str, Any]] = []
    for game in games:
        contest = game.contest
        where = {"scenario": contest.scenario, "washington": contest.washington}
        for number, each in enumerate(game.equilibria.found):
            for seat, shares, labels, payoff in (("tokyo", each.tokyo, contest.tokyo, each.payoff[0]),
                                                 ("seoul", each.seoul, contest.seoul, each.payoff[1])):
                rows += [{**where, "game": "seats", "equilibrium": number, "seat": seat, "behaviour": labels[i],
                          "share": float(shares[i]), "payoff": payoff, "regret": each.regret, "stable": each.strict}
                         for i in np.flatnonzero(shares).tolist()]
        for number, mixture in enumerate(game.symmetric):
            rows += [{**where, "game": "either", "equilibrium": number, "seat": "both",
                      "behaviour": contest.shared[i], "share": float(mixture.shares[i]), "payoff": mixture.payoff,
                      "regret": mixture.regret, "stable": mixture.stable} for i in mixture.support]
    columns = ("scenario", "washington", "game", "equilibrium", "seat", "behaviour", "share", "payoff", "regret",
               "stable")
    return pd.DataFrame(rows, columns=list(columns))


def summary(scores: pd.DataFrame, games: Sequence[MetaGame]) -> list[dict[str, Any]]:
    """The entry ``contests`` of ``summary.json``.

    For each scenario and third party: the behaviours on both seats, the payoff matrices, what comes first on each
    seat, equilibria, and the shares at the end of the replicator path from equal shares.
    """
    found = []
    for game in games:
        contest = game.contest
        mine = scores[(scores["scenario"] == contest.scenario) & (scores["washington"] == contest.washington)]
        found.append({
            "scenario": contest.scenario, "washington": contest.washington,
            "tokyo": list(contest.tokyo), "seoul": list(contest.seoul), "exact": bool(contest.exact.all()),
            "payoff": {actor: table.tolist() for actor, table in zip(("tokyo", "seoul", "washington"), contest.payoff,
                                                                      strict=True)},
            "first": {str(seat): str(rows["behaviour"].iloc[0]) for seat, rows in mine.groupby("seat", sort=False)},
            "nash": [{"tokyo": _shares(each.tokyo, contest.tokyo), "seoul": _shares(each.seoul, contest.seoul),
                      "payoff": list(each.payoff), "regret": each.regret, "strict": each.strict}
                     for each in game.equilibria.found],
            "nash_complete": game.equilibria.complete,
            "undominated": {"tokyo": [contest.tokyo[i] for i in game.equilibria.rows],
                            "seoul": [contest.seoul[j] for j in game.equilibria.columns]},
            "symmetric": [{"shares": _shares(each.shares, contest.shared), "payoff": each.payoff,
                           "regret": each.regret, "stable": each.stable} for each in game.symmetric],
            "replicator": {} if game.path is None else _shares(game.path[-1], contest.shared),
        })
    return found


def _shares(shares: Floats, labels: Sequence[str]) -> dict[str, float]:
    return {labels[i]: float(shares[i]) for i in np.flatnonzero(shares > 1e-6).tolist()}


__all__ = ["MetaGame", "equilibria_table", "meta_game", "mixed", "summary"]
