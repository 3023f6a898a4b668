"""Prepare the plain Mesa model's tables, and run it in a process of its own."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from array import array
from pathlib import Path

import numpy as np

from negotiation.drawing import thresholds
from negotiation.game import Game
from negotiation.policy import Profile
from negotiation.vocabulary import Actor, Outcome

PROGRAM = Path(__file__).with_name("plain_mesa.py")


def _flat(table: np.ndarray) -> array[float]:
    return array("d", np.ascontiguousarray(table, dtype=np.float64).tobytes())


def write_tables(game: Game, profile: Profile, path: Path) -> None:
    """Write the numbers that `peers.plain_mesa.Tables` holds.

    Args:
        game: the compiled game.
        profile: policies that cover each observed round.
        path: the file.
    """
    scenario, rounds = game.scenario, game.rounds
    tokyo, seoul, washington = profile
    begin = scenario.start
    payoffs = np.moveaxis(game.payoff, -1, 1)  # [3, S, W, M tokyo, M seoul]
    numbers = {
        "rounds": rounds, "start": (begin.tokyo, begin.seoul, int(begin.standstill), begin.appeals),
        "tops": game.tops, "tokyo_first": scenario.tokyo_first, "escalated_above": scenario.escalated_above,
        "talks": [effect.talks for effect in scenario.washington.stances],
        "welcome": list(scenario.washington.welcome), "open_talks": scenario.standstill.open_talks,
        "drag": scenario.standstill.drag, "calm": scenario.standstill.calm, "hazard": scenario.rupture.hazard,
        "length": scenario.standstill.length, "leverage": scenario.standstill.leverage,
        "stakes": (scenario.tokyo.stake, scenario.seoul.stake), "prize": scenario.washington.prize,
        "credit": scenario.washington.credit,
        "affinity": (scenario.washington.affinity.tokyo, scenario.washington.affinity.seoul),
        "ruptures": tuple(game.rupture_payoff.tolist()), "discounts": tuple(game.discount.tolist()),
        "stance": _flat(thresholds(washington.stance[:rounds])),
        "first": tuple(_flat(thresholds(seat.first[:rounds])) for seat in (tokyo, seoul)),
        "reply": tuple(_flat(thresholds(seat.second[:rounds])) for seat in (tokyo, seoul)),
        "payoffs": tuple(_flat(payoffs[actor]) for actor in Actor),
    }
    path.write_bytes(pickle.dumps(numbers, protocol=pickle.HIGHEST_PROTOCOL))


def play(tables: Path, episodes: int, first_seed: int, processes: int) -> tuple[float, np.ndarray]:
    """Seconds that `mesa.batch_run` took in a fresh process, and int64 [5] episodes per `Outcome`.

    Args:
        tables: what `write_tables` wrote.
        episodes: how many.
        first_seed: seed of the first episode's model; the next ones follow.
        processes: `number_processes` of `mesa.batch_run`.
    """
    command = [sys.executable, str(PROGRAM), str(tables), str(episodes), str(first_seed), str(processes)]
    answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return answer["seconds"], np.array([answer["counts"].get(outcome.key, 0) for outcome in Outcome])
