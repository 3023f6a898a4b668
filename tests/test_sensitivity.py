"""No parameter is idle: changing any one number of a scenario changes something that comes out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import yaml
from conftest import REFERENCE

from negotiation.engines.exact import propagate
from negotiation.game import compile_game
from negotiation.parameters import ParameterError, leaves
from negotiation.scenario import Scenario
from negotiation.solve import backward_induction, regret

# At logit play every state, stance and move has a chance, so that every number of the reference is felt.
BASE = Scenario.from_dict(yaml.safe_load(REFERENCE.read_text(encoding="utf-8"))).override(
    {"rounds": 5, "shadow": 5})
LEAVES = {key: (value, metadata) for key, value, metadata in leaves(BASE)}
TOLERANCE = 1e-9


def results(scenario: Scenario) -> np.ndarray:
    """Values, regret, outcome probabilities and expected payoffs."""
    game = compile_game(scenario)
    solution = backward_induction(game)
    distribution = propagate(game, solution.profile)
    return np.concatenate([[solution.value(actor) for actor in (0, 1, 2)], regret(game, solution.profile),
                           distribution.outcome_probabilities(), distribution.expected_payoff])


@pytest.fixture(scope="module")
def baseline() -> np.ndarray:
    return results(BASE)


def nudged(scenario: Scenario, key: str, value: Any, metadata: Mapping[str, Any]) -> Scenario:
    """The scenario with one number moved a little, to whichever side is allowed."""
    if isinstance(value, bool):
        return scenario.override({key: not value})
    step = 1 if isinstance(value, int) else 0.02 * max(1.0, abs(value)) if metadata["high"] > 1 else 0.02
    for candidate in (value + step, value - step):
        try:
            return scenario.override({key: candidate})
        except ParameterError:
            continue
    raise AssertionError(f"{key}: no room to move")


@pytest.mark.parametrize("key", [key for key in LEAVES if key != "escalated_above"])
def test_every_parameter_matters(key: str, baseline: np.ndarray) -> None:
    changed = results(nudged(BASE, key, *LEAVES[key]))
    assert np.isfinite(changed).all()
    assert np.abs(changed - baseline).max() > TOLERANCE


def test_the_mark_of_escalation_moves_outcomes_and_nothing_else(baseline: np.ndarray) -> None:
    """Tensions are tenths here: the mark is felt when it crosses one, and by the reading only."""
    changed = results(BASE.override({"escalated_above": 0.35}))
    differs = np.abs(changed - baseline) > TOLERANCE
    assert differs.nonzero()[0].tolist() == [8, 9]  # stalemate and escalated


def test_all_numbers_are_tried() -> None:
    assert len(LEAVES) == 4 + 4 + 2 * (11 + 6 * 3) + 6 + 3 + 3 + 2 + 2 + 5 * 5 + 6 + 1


def test_names_change_nothing(baseline: np.ndarray) -> None:
    renamed = BASE.override({"tokyo.name": "Athens", "washington.stances.urge.name": "beg", "title": "x"})
    assert np.array_equal(results(renamed), baseline)


@pytest.mark.parametrize("key", ["tokyo.ladder[0].gain", "seoul.ladder[5].harm", "standstill.calm",
                                 "washington.stances.quiet.pressure_tokyo"])
def test_small_changes_have_small_effects(key: str, baseline: np.ndarray) -> None:
    changed = results(BASE.override({key: LEAVES[key][0] + 1e-7}))
    assert 0 < np.abs(changed - baseline).max() < 1e-4
