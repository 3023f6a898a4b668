"""What most tests share: the reference scenario, its game and its equilibrium."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml
from hypothesis import settings

from negotiation.game import Game, compile_game
from negotiation.scenario import Scenario
from negotiation.solve import Solution, backward_induction

REFERENCE = Path(__file__).parent.parent / "conf" / "scenario" / "tokyo_seoul_2019.yaml"

settings.register_profile("house", deadline=None, derandomize=True, max_examples=30, print_blob=True)
settings.load_profile("house")


@pytest.fixture(scope="session", autouse=True)
def _streams_stay_open() -> None:
    """Keep absl, which open_spiel brings, from closing pytest's own stream when Hydra configures logging anew."""
    if find_spec("absl") is not None:
        handler = import_module("absl.logging").get_absl_handler().python_handler
        handler.stream = sys.__stderr__


@pytest.fixture(scope="session")
def reference() -> Scenario:
    """The scenario `tokyo_seoul_2019` as its file gives it."""
    return Scenario.from_dict(yaml.safe_load(REFERENCE.read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def game(reference: Scenario) -> Game:
    """The reference scenario, compiled."""
    return compile_game(reference)


@pytest.fixture(scope="session")
def solution(game: Game) -> Solution:
    """Equilibrium play of the reference game."""
    return backward_induction(game)
