r"""The payoff matrices of a tournament, one pair for each scenario and third party.

With n behaviours on Tokyo's seat and m on Seoul's, a `Contest` holds :math:`A_{ij}`, what Tokyo gets when it plays
behaviour i and Seoul plays j, and :math:`B_{ij}`, what Seoul gets: expected discounted payoffs over the observed
rounds. Together they are a bimatrix game in which each government chooses a behaviour once and for all: the
*meta-game* (Wellman 2006).

**Variables.** A is ``Contest.payoff[Actor.TOKYO]``, B is ``Contest.payoff[Actor.SEOUL]``, both float64 [n, m];
i is a place in ``Contest.tokyo``, j one in ``Contest.seoul``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from negotiation.library import load_scenario
from negotiation.parameters import ParameterError
from negotiation.sweep.rows import ERROR
from negotiation.sweep.table import load_sweep
from negotiation.tournament.choices import label_of
from negotiation.tournament.settings import SCENARIO, SEOUL, TOKYO, WASHINGTON, is_tournament
from negotiation.vocabulary import Actor, Outcome

if TYPE_CHECKING:
    from pandas import DataFrame

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Contest:
    """All pairings of a field on one scenario, under one third party. Arrays are read-only.

    Attributes:
        scenario: its name.
        washington: label of the third party's behaviour.
        tokyo: labels of the behaviours on Tokyo's seat, n.
        seoul: labels of those on Seoul's, m.
        payoff: float64 [3, n, m], payoff units: what each actor gets.
        error: float64 [3, n, m], payoff units: standard errors, 0 where exact.
        regret: float64 [3, n, m], payoff units: what an exact best reply would add over the solved horizon; nan
            where it is not known.
        outcomes: float64 [5, n, m], probability of each `Outcome`.
        exact: bool [n, m], whether the pairing was not sampled.
        names: seat key to the name that people read.
        common: whether simulated pairings have the same draws, so that their errors go together.
    """

    scenario: str
    washington: str
    tokyo: tuple[str, ...]
    seoul: tuple[str, ...]
    payoff: Floats
    error: Floats
    regret: Floats
    outcomes: Floats
    exact: NDArray[np.bool_]
    names: dict[str, str]
    common: bool = False

    def __post_init__(self) -> None:
        for array in (self.payoff, self.error, self.regret, self.outcomes, self.exact):
            array.setflags(write=False)

    @property
    def bimatrix(self) -> tuple[Floats, Floats]:
        """A and B, float64 [n, m] each."""
        return self.payoff[Actor.TOKYO], self.payoff[Actor.SEOUL]

    @property
    def shared(self) -> tuple[str, ...]:
        """The behaviours that both sides field, in Tokyo's order."""
        return tuple(name for name in self.tokyo if name in self.seoul)

    def labels(self, seat: Actor) -> tuple[str, ...]:
        """The behaviours on a disputant's seat."""
        return self.tokyo if seat is Actor.TOKYO else self.seoul

    def own(self, table: Floats, seat: Actor) -> Floats:
        """A table [3, n, m] as a disputant sees it: its own entries, float64 [own behaviours, opponents]."""
        return np.asarray(table[Actor.TOKYO] if seat is Actor.TOKYO else table[Actor.SEOUL].T)

    def ordered(self, tokyo: Sequence[str], seoul: Sequence[str]) -> Contest:
        """The same contest with the behaviours in another order, or with some of them only."""
        rows, columns = [self.tokyo.index(name) for name in tokyo], [self.seoul.index(name) for name in seoul]

        def chosen(table: Floats) -> Floats:
            return np.ascontiguousarray(table[..., rows, :][..., columns])

        return replace(self, tokyo=tuple(tokyo), seoul=tuple(seoul), exact=self.exact[np.ix_(rows, columns)],
                       payoff=chosen(self.payoff), error=chosen(self.error), regret=chosen(self.regret),
                       outcomes=chosen(self.outcomes))

    def square(self) -> tuple[Floats, Floats]:
        """A and B restricted to `shared` behaviours, rows and columns in the same order."""
        rows = [self.tokyo.index(name) for name in self.shared]
        columns = [self.seoul.index(name) for name in self.shared]
        a, b = self.bimatrix
        return a[np.ix_(rows, columns)], b[np.ix_(rows, columns)]


def pairing_table(contest: Contest) -> pd.DataFrame:
    """A contest as tidy rows, one a pairing, for figures.

    Returns:
        Columns ``tokyo``, ``seoul`` (labels), ``payoff_SEAT``, ``regret_SEAT``, ``outcome`` (the most likely one),
        ``probability`` (its), ``exact``; ``attrs`` hold ``scenario``, ``washington`` and ``names``.
    """
    likely = contest.outcomes.argmax(axis=0)
    keys = list(Outcome.keys())
    rows = [{"tokyo": one, "seoul": other,
             **{f"payoff_{actor.key}": float(contest.payoff[actor, i, j]) for actor in Actor},
             **{f"regret_{actor.key}": float(contest.regret[actor, i, j]) for actor in Actor},
             "outcome": keys[likely[i, j]], "probability": float(contest.outcomes[likely[i, j], i, j]),
             "exact": bool(contest.exact[i, j])}
            for i, one in enumerate(contest.tokyo) for j, other in enumerate(contest.seoul)]
    table = pd.DataFrame(rows)
    table.attrs.update(scenario=contest.scenario, washington=contest.washington, names=dict(contest.names))
    return table


def contests(table: DataFrame) -> list[Contest]:
    """The contests of a tournament's table, in the table's order of scenarios and third parties.

    Args:
        table: a sweep's rows over ``policy.tokyo`` and ``policy.seoul``, and perhaps ``policy.washington`` and
            ``scenario``: every pairing once.

    Raises:
        ParameterError: a pairing is missing or failed, or the table is no tournament's.
    """
    for key in (TOKYO, SEOUL):
        if key not in table.columns:
            raise ParameterError("tournament", f"no column {key}", "the table of a tournament")
    failed = table[table[ERROR].notna()]
    if len(failed):
        raise ParameterError("tournament", f"pairing {_told(failed.iloc[0])}: {failed.iloc[0][ERROR]}",
                             "pairings that can be computed")
    config = (table.attrs.get("manifest") or {}).get("config") or {}
    scenario, third = config.get("scenario") or {}, (config.get("policy") or {}).get("washington", "equilibrium")
    names = {actor.key: str((scenario.get(actor.key) or {}).get("name") or actor.key.capitalize()) for actor in Actor}
    own = str(scenario.get("name", ""))
    common = bool((config.get("sweep") or {}).get("common_random_numbers", True))
    keys = [key for key in (SCENARIO, WASHINGTON) if key in table.columns]
    found = []
    for values, rows in table.groupby(keys, sort=False) if keys else [((), table)]:
        here = dict(zip(keys, values, strict=True))
        name = str(here.get(SCENARIO, own))
        found.append(_contest(rows, name, label_of(str(here.get(WASHINGTON, third))),
                              names if name == own else _names_of(name), common))
    return found


def _names_of(scenario: str) -> dict[str, str]:
    try:
        known = load_scenario(scenario)
    except ParameterError:  # a file that is no longer there
        return {actor.key: actor.key.capitalize() for actor in Actor}
    return {actor.key: known.display_name(actor) for actor in Actor}


def _contest(rows: DataFrame, scenario: str, washington: str, names: dict[str, str], common: bool) -> Contest:
    # In the order of the design, which the rows have.
    places, labels = {}, {}
    for key in (TOKYO, SEOUL):
        texts = rows[key].unique().tolist()
        labels[key] = tuple(label_of(str(text)) for text in texts)
        places[key] = rows[key].map({text: place for place, text in enumerate(texts)}).to_numpy(dtype=np.int64)
    shape = len(labels[TOKYO]), len(labels[SEOUL])
    cell = places[TOKYO], places[SEOUL]
    count = np.zeros(shape, dtype=np.int64)
    np.add.at(count, cell, 1)
    if (count != 1).any():
        row, column = np.argwhere(count != 1)[0]
        raise ParameterError("tournament", f"{labels[TOKYO][row]} against {labels[SEOUL][column]} occurs "
                             f"{count[row, column]} times", "a whole tournament: every pairing once")

    def spread(columns: list[str]) -> Floats:
        made = np.empty((len(columns), *shape))
        for number, column in enumerate(columns):
            made[number][cell] = rows[column].to_numpy(dtype=np.float64)
        return made

    exact = np.empty(shape, dtype=np.bool_)
    exact[cell] = rows["exact"].to_numpy(dtype=np.bool_)
    seats = list(Actor.keys())
    return Contest(scenario, washington, labels[TOKYO], labels[SEOUL], spread([f"payoff_{seat}" for seat in seats]),
                   spread([f"payoff_error_{seat}" for seat in seats]), spread([f"regret_{seat}" for seat in seats]),
                   spread([f"probability_{outcome.key}" for outcome in Outcome]), exact, names, common)


def _told(row: Any) -> str:
    return ", ".join(f"{key}={row[key]}" for key in (SCENARIO, WASHINGTON, TOKYO, SEOUL) if key in row.index)


def load_tournament(folder: str | Path) -> list[Contest]:
    """The contests of a tournament's folder.

    Raises:
        ParameterError: the folder is no tournament's, or pairings are missing or failed.
    """
    if not is_tournament(folder):
        raise ParameterError("tournament", str(folder), "the folder of a tournament")
    return contests(load_sweep(folder))


__all__ = ["Contest", "contests", "load_tournament", "pairing_table"]
