"""Learning curves: what a population does, dispute by dispute, as a tidy table with bands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from negotiation.game import Floats
from negotiation.learning.population import Learned
from negotiation.parameters import ParameterError
from negotiation.vocabulary import DISPUTANTS, Actor, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

KINDS = ("plans", "payoffs", "outcomes")
COLUMNS = ["dispute", "kind", "seat", "name", "mean", "low", "high"]


def learning_curve(learned: Learned, kind: str = "plans", band: tuple[float, float] = (0.05, 0.95)) -> pd.DataFrame:
    """What pairs do at each checkpoint: the mean over pairs, and quantiles over pairs as a band.

    Args:
        learned: from `negotiation.learning.population.learn`.
        kind: ``plans``, probabilities of the plans in the next dispute, of plan learners; ``payoffs``, means over the
            disputes since the last checkpoint; ``outcomes``, shares of these disputes.
        band: two quantiles in [0, 1].

    Returns:
        One row a checkpoint and series: ``dispute`` (how many were played), ``kind``, ``seat`` (key; empty for
        outcomes), ``name`` (of the plan, the seat or the outcome), ``mean``, ``low``, ``high``. Its attributes hold
        what figures need to call the actors by their names.

    Raises:
        ParameterError: the kind or the band is not allowed.
    """
    if kind not in KINDS:
        raise ParameterError("kind", kind, "one of " + ", ".join(KINDS))
    low, high = band
    if not 0 <= low <= high <= 1:
        raise ParameterError("band", band, "two quantiles in [0, 1], the lower one first")
    parts = [pd.DataFrame({
        "dispute": learned.disputes, "kind": kind, "seat": seat, "name": name, "mean": values.mean(axis=1),
        "low": np.quantile(values, low, axis=1), "high": np.quantile(values, high, axis=1)})
        for seat, name, values in _series(learned, kind)]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)
    return with_names(table, learned)


def with_names(table: pd.DataFrame, learned: Learned) -> pd.DataFrame:
    """The table with what figures need to call the actors by their names."""
    scenario = learned.population.game.scenario
    table.attrs["names"] = {actor.key: scenario.display_name(actor) for actor in Actor}
    return table


def _series(learned: Learned, kind: str) -> Iterator[tuple[str, str, Floats]]:
    """Seat, name and float64 [C, P] of each series."""
    if kind == "plans":
        for seat in DISPUTANTS:
            chances = learned.chances[seat]
            if chances is not None:
                for j, name in enumerate(learned.population.plans(seat)):
                    yield seat.key, name, chances[:, :, j]
    elif kind == "payoffs":
        for actor in Actor:
            yield actor.key, actor.key, learned.payoffs[:, :, actor]
    else:
        total: Any = learned.outcomes.sum(axis=-1)
        for outcome in Outcome:
            yield "", outcome.key, learned.outcomes[:, :, outcome] / total
