"""Golden transcripts, one a shipped scenario, and what a narrated week must say.

After a change that is meant to change them: ``python tests/test_narration.py`` writes them anew; then
read the difference.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest

from negotiation.engines.trajectory import Trajectory, trace
from negotiation.game import compile_game
from negotiation.library import load_scenario, scenario_names
from negotiation.narration import WIDTH, narrate
from negotiation.solve import Solution, backward_induction, move_alternatives, stance_alternatives
from negotiation.vocabulary import Actor, Move, Stance

GOLDEN = Path(__file__).parent / "golden"
SEED, EPISODE = 2019, 0


def transcript(name: str) -> tuple[Trajectory, Solution, str]:
    """Episode 0 of seed 2019 under equilibrium play."""
    solution = backward_induction(compile_game(load_scenario(name)))
    path = trace(solution.game, solution.profile, SEED, EPISODE)
    return path, solution, narrate(path, solution)


@pytest.mark.parametrize("name", scenario_names())
def test_transcript_is_the_golden_one(name: str) -> None:
    file = GOLDEN / f"{name}.txt"
    assert file.exists(), f"no golden transcript for {name}: run python tests/test_narration.py and read it"
    assert transcript(name)[2] == file.read_text(encoding="utf-8")


def test_no_transcript_without_a_scenario() -> None:
    assert {file.stem for file in GOLDEN.glob("*.txt")} == set(scenario_names())


@pytest.mark.parametrize("name", scenario_names())
def test_every_week_tells_choice_probability_and_alternatives(name: str) -> None:
    path, solution, text = transcript(name)
    scenario = solution.game.scenario
    weeks = re.split(r"\nWeek \d+: ", text)[1:]
    assert len(weeks) == len(path)
    assert max(len(line) for line in text.splitlines()) <= WIDTH
    for week, told in zip(path, (re.sub(r"\s+", " ", part) for part in weeks), strict=True):
        for seat in (Actor.TOKYO, Actor.SEOUL):
            rung = solution.game.rungs[seat, week.state]
            name_of_rung = scenario.disputant(seat).ladder[rung].name
            assert f"{scenario.display_name(seat)} on rung {rung} ({name_of_rung})" in told
        stance = stance_alternatives(solution, week.round - 1, week.state)
        assert f"stance: {scenario.stance_name(week.stance)} [p = {stance.probabilities[week.stance]:.3f}]" in told
        for option in Stance:
            mark = "*" if option is week.stance else ""
            assert f"{scenario.stance_name(option)}{mark} {stance.values[option]:.2f}" in told
        follower = Actor(1 - week.leader)
        for seat, first in ((week.leader, None), (follower, week.moves[week.leader])):
            worth = move_alternatives(solution, seat, week.round - 1, week.state, week.stance, first)
            assert f"[p = {worth.probabilities[week.moves[seat]]:.3f}]" in told
            for move in Move:
                if not np.isnan(worth.values[move]):
                    mark = "*" if move is week.moves[seat] else ""
                    assert f"{move.key}{mark} {worth.values[move]:.2f}" in told


@pytest.mark.parametrize("name", scenario_names())
def test_alternatives_explain_the_policy(name: str) -> None:
    """At every decision of the path, the probabilities are the logit response to the worths shown."""
    path, solution, _ = transcript(name)
    for week in path:
        follower = Actor(1 - week.leader)
        shown = [(Actor.WASHINGTON, stance_alternatives(solution, week.round - 1, week.state))]
        shown += [(seat, move_alternatives(solution, seat, week.round - 1, week.state, week.stance, first))
                  for seat, first in ((week.leader, None), (follower, week.moves[week.leader]))]
        for actor, each in shown:
            weights = np.exp(solution.game.precision[actor] * (each.values - np.nanmax(each.values)))
            weights[np.isnan(weights)] = 0
            np.testing.assert_allclose(each.probabilities, weights / weights.sum(), atol=1e-12)


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for stale in GOLDEN.glob("*.txt"):
        stale.unlink()
    for scenario_name in scenario_names():
        (GOLDEN / f"{scenario_name}.txt").write_text(transcript(scenario_name)[2], encoding="utf-8")
    sys.exit(0)
