"""The figures of a tournament, one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from negotiation.behaviours import label
from negotiation.game import compile_game
from negotiation.plots.fingerprint import plot_fingerprints_figure
from negotiation.plots.replicator import plot_flow_figure, plot_shares_figure
from negotiation.plots.tournament import (
    label_words,
    plot_pairing_outcomes_figure,
    plot_pairings_figure,
    plot_ranking_figure,
    ranked,
)
from negotiation.scenario import Scenario
from negotiation.terms import say
from negotiation.tournament.field import Contest, pairing_table
from negotiation.tournament.fingerprint import fingerprint
from negotiation.tournament.phase import square_table, triangle_table
from negotiation.tournament.ranking import BOTH
from negotiation.tournament.report import MetaGame
from negotiation.tournament.settings import TournamentSettings
from negotiation.tournament.symmetric import Floats
from negotiation.vocabulary import DISPUTANTS, Actor

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SETTLED = 5e-3  # shares closer than this to the last ones have arrived


def tournament_figures(settings: TournamentSettings, scenarios: dict[str, Scenario], games: Sequence[MetaGame],
                       scores: pd.DataFrame, seed: int) -> Iterator[tuple[str, Figure]]:
    """Name and figure, in turn: maps, shares and phase pictures of every contest, rankings and fingerprints.

    Args:
        settings: of the tournament.
        scenarios: name to scenario, of all contests.
        games: the contests with what is known of them.
        scores: from `negotiation.tournament.ranking.ranking`.
        seed: of fingerprints of behaviours that remember.
    """
    several = len(scenarios) > 1
    for game in games:
        contest = game.contest
        where = f"{_plain(contest.scenario)}_" if several else ""
        end = where + _plain(contest.washington)
        heading = f"{say(scenarios[contest.scenario].title)}\n" + say(
            "{name} plays {behaviour}", name=say(contest.names["washington"]),
            behaviour=label_words(contest.washington))
        mine = scores[(scores["scenario"] == contest.scenario) & (scores["washington"] == contest.washington)]
        table = pairing_table(_best_first(contest, mine))
        for seat in DISPUTANTS:
            yield f"payoffs_{seat.key}_{end}", plot_pairings_figure(table, f"payoff_{seat.key}", heading)
        yield f"outcomes_{end}", plot_pairing_outcomes_figure(table, heading)
        yield f"shares_{end}", plot_shares_figure(_shares(game), heading)
        triangle, square = phase_tables(game, settings.phase)
        if triangle is not None or square is not None:
            yield f"phase_{end}", plot_flow_figure(triangle, square, heading, contest.names)
    for name, scenario in scenarios.items():
        where = f"_{_plain(name)}" if several else ""
        names = next(game.contest.names for game in games if game.contest.scenario == name)
        mine = scores[scores["scenario"] == name]
        yield f"ranking{where}", plot_ranking_figure(mine, names, say(scenario.title))
        for seat in DISPUTANTS:
            compiled = compile_game(scenario)
            order = ranked(mine[mine["seat"] == seat.key])
            chosen = sorted(settings.tokyo if seat is Actor.TOKYO else settings.seoul,
                            key=lambda choice: order.index(label(choice)))
            table = pd.concat([fingerprint(compiled, seat, choice, seed=seed) for choice in chosen])
            told = say("What behaviours play on the seat of {name}, the others at random", name=say(names[seat.key]))
            heading = f"{say(scenario.title)}\n{told}"
            yield f"fingerprints_{seat.key}{where}", plot_fingerprints_figure(table, heading)


def _plain(text: str) -> str:
    """A label as part of a file's name."""
    return re.sub(r"[^A-Za-z0-9.+-]+", "_", text).strip("_")


def _best_first(contest: Contest, scores: pd.DataFrame) -> Contest:
    """Behaviours in the order of their scores: over both seats where all are on both, else by seat."""
    alike = set(contest.tokyo) == set(contest.seoul) and (scores["seat"] == BOTH).any()
    orders = [ranked(scores[scores["seat"] == (BOTH if alike else seat.key)]) for seat in DISPUTANTS]
    return contest.ordered(*orders)


def _shares(game: MetaGame) -> dict[str, pd.DataFrame]:
    contest = game.contest
    found = {} if game.path is None else {say("One population, either seat"): (game.path, contest.shared)}
    for seat, path in zip(DISPUTANTS, game.paths, strict=True):
        found[say("Population of {name}", name=say(contest.names[seat.key]))] = (path, contest.labels(seat))
    last = max(_arrived(path) for path, _ in found.values())
    return {title: shares_table(game.times[:last + 1], path[:last + 1], labels)
            for title, (path, labels) in found.items()}


def _arrived(path: Floats) -> int:
    """The place in time after which little changes, and a fifth more."""
    away = np.abs(path - path[-1]).max(axis=1) > SETTLED
    last = int(np.flatnonzero(away)[-1]) + 1 if away.any() else 1
    return min(int(1.2 * last) + 1, len(path) - 1)


def shares_table(times: Floats, path: Floats, labels: Sequence[str]) -> pd.DataFrame:
    """A path as tidy rows: ``time``, ``behaviour``, ``share``."""
    return pd.DataFrame({"time": np.repeat(times, len(labels)), "behaviour": list(labels) * len(times),
                         "share": path.ravel()})


def phase_tables(game: MetaGame, phase: Sequence[str] = ()) -> tuple[pd.DataFrame | None, pd.DataFrame | None]:
    """Triangle and square of a contest, where it has enough behaviours.

    Args:
        game: the contest.
        phase: labels of the triangle's three behaviours; empty for those with the largest shares along the path
            from equal shares. The square always has those of either seat.
    """
    contest = game.contest
    triangle = square = None
    if game.path is not None and len(contest.shared) >= 3:
        at = [contest.shared.index(name) for name in phase] if phase else _leading(game.path, 3)
        triangle = triangle_table(game.g[np.ix_(at, at)], [contest.shared[i] for i in at])
    if min(len(contest.tokyo), len(contest.seoul)) >= 2:
        rows, columns = (_leading(path, 2) for path in game.paths)
        a, b = contest.bimatrix
        square = square_table(a[np.ix_(rows, columns)], b[np.ix_(rows, columns)],
                              ([contest.tokyo[i] for i in rows], [contest.seoul[j] for j in columns]))
    return triangle, square


def _leading(path: Floats, count: int) -> list[int]:
    """Places of the behaviours that last longest: with the largest shares on average over logarithmic time."""
    weights = np.ones(len(path))  # times are spaced evenly in their logarithms
    return [int(place) for place in np.argsort(-(weights @ path), kind="stable")[:count]]


__all__ = ["phase_tables", "shares_table", "tournament_figures"]
