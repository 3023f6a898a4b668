"""How often intervals hold the truth: fits of simulated histories. Run with ``pytest -m slow``."""

from __future__ import annotations

import numpy as np
import pytest

from negotiation.engines.trajectory import trace
from negotiation.game import Game
from negotiation.history.coding import observed_episode
from negotiation.history.fit import fit
from negotiation.solve import Solution

HISTORIES = 60
SEED = 1907
TRUTH = {"precision": 2.5, "firmness_tokyo": 2.0}


@pytest.mark.slow
def test_intervals_hold_the_truth_about_as_often_as_they_say(game: Game, solution: Solution) -> None:
    held: dict[str, list[bool]] = {name: [] for name in TRUTH}
    estimates: dict[str, list[float]] = {name: [] for name in TRUTH}
    open_ends = dict.fromkeys(TRUTH, 0)
    for episode in range(HISTORIES):
        weeks = observed_episode(trace(game, solution.profile, SEED, episode))
        found = fit(game.scenario, weeks, tuple(TRUTH), starts=2).intervals.set_index("parameter")
        for name, truth in TRUTH.items():
            row = found.loc[name]
            low, high = row["low"], row["high"]
            held[name].append(bool((np.isnan(low) or low <= truth) and (np.isnan(high) or truth <= high)))
            estimates[name].append(float(row["estimate"]))
            open_ends[name] += bool(np.isnan(low)) + bool(np.isnan(high))
        if episode % 5 == 4:
            print(episode + 1, {name: sum(values) for name, values in held.items()}, flush=True)
    for name, truth in TRUTH.items():
        share, middle = float(np.mean(held[name])), float(np.median(estimates[name]))
        print(f"{name}: {share:.1%} of {HISTORIES} intervals hold {truth:g}; median estimate {middle:.3g}, "
              f"10 to 90 % {np.quantile(estimates[name], 0.1):.3g} to {np.quantile(estimates[name], 0.9):.3g}; "
              f"{open_ends[name]} open ends")
        # Four standard errors of a share of 95 % among 60 are 11 points.
        assert share >= 0.84
        assert middle == pytest.approx(truth, rel=0.2)
