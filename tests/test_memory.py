"""Policies that remember: what a memory must be, and that everything that plays episodes remembers alike."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweep_runs import EQUILIBRIUM, small_scenario

from negotiation.behaviours import make_policy, make_profile
from negotiation.cli import main
from negotiation.engines.batch import simulate
from negotiation.engines.branching import branch
from negotiation.engines.exact import propagate
from negotiation.engines.mesa_model import NegotiationModel
from negotiation.engines.trajectory import remembered, trace
from negotiation.game import Game, compile_game
from negotiation.memory import Memory, make_memory
from negotiation.policy import (
    DisputantPolicy,
    PolicyError,
    Profile,
    ThirdPartyPolicy,
    check_policy,
    disputant_rule,
    same,
    third_party_rule,
)
from negotiation.sweep.run import run_sweep
from negotiation.sweep.settings import SweepPlan
from negotiation.sweep.table import load_sweep
from negotiation.vocabulary import Actor, Move, Stance

T, S, W = Actor
SHAPE = (2, 2, len(Stance), len(Move), len(Move))


@st.composite
def remembering(draw: st.DrawFn, game: Game) -> Profile:
    """Any policies with any memories on any of the seats."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    policies: dict[Actor, Any] = {}
    for actor in Actor:
        size = draw(st.integers(1, 4))
        memory = None if size == 1 else Memory(
            int(rng.integers(size)), rng.integers(0, size, (size, *SHAPE[1:], game.n_states)).astype(np.int16))
        if actor is W:
            weights = rng.random((size, game.n_states, len(Stance))) * game.legal_stances.T
            policies[actor] = ThirdPartyPolicy.from_tables(
                "any", weights / weights.sum(axis=-1, keepdims=True), memory)
            continue
        legal = game.legal[actor].T.astype(float)
        tables = [rng.random((size, game.n_states, *axes, len(Move))) * legal.reshape(
            1, game.n_states, *[1] * len(axes), len(Move)) for axes in ((5,), (5, 5))]
        policies[actor] = DisputantPolicy.from_tables(
            "any", actor, *(table / table.sum(axis=-1, keepdims=True) for table in tables), memory)
    return Profile.of(policies)


@given(data=st.data(), seed=st.integers(0, 2**64))
def test_replay_batch_and_mesa_remember_alike(data: st.DataObject, seed: int) -> None:
    game = compile_game(small_scenario())
    profile = data.draw(remembering(game))
    records = simulate(game, profile, 25, seed, first_episode=7).records.columns()
    for index in range(25):
        path = trace(game, profile, seed, 7 + index)
        model = NegotiationModel(game, profile, seed=seed, episode=7 + index)
        assert model.play().weeks == path.weeks
        assert {key: column[index] for key, column in records.items() if key != "episode"} == path.record()


@given(data=st.data(), week=st.integers(1, 6), episode=st.integers(0, 50))
def test_a_branch_that_changes_nothing_remembers_what_was_before(data: st.DataObject, week: int, episode: int) -> None:
    game = compile_game(small_scenario())
    profile = data.draw(remembering(game))
    pair = branch(game, profile, game, profile, 3, episode, week)
    assert pair.branch.weeks == pair.trunk.weeks


def test_a_memory_of_one_state_changes_nothing(game: Game) -> None:
    """The loop for memories and the loop without play the same episodes to the last bit."""
    plain = make_profile(game, tokyo="grit", seoul="level_k", washington="firefighter")
    idle = make_memory(1, game.n_states, lambda *week: 0)
    tokyo = DisputantPolicy("grit", T, plain.tokyo.first_inner, plain.tokyo.second_inner, idle)
    one, other = (simulate(game, profile, 3_000, 11).records.columns() for profile in (plain, plain.swap(T, tokyo)))
    assert all(np.array_equal(one[name], other[name]) for name in one)


def test_a_finite_memory_is_exact_on_a_larger_game(game: Game) -> None:
    """Grudger against hawk by exact propagation: a hawk climbs at once, so after its first move all is known."""
    profile = make_profile(game, tokyo="hawk", seoul="grudger", washington="absent")
    found = simulate(game, profile, 200_000, 5, record=0)
    # Once Tokyo has escalated the grudger is a hawk; in week 1 it is one already if it answers, and offers else.
    def table(state: int, stance: int, first_move: int | None) -> Move:
        begun = state == game.start and first_move is None
        return Move.STANDSTILL if begun else Move.ESCALATE

    assert game.scenario.start.appeals == 0  # hawks never come back to the start state
    exact = propagate(game, profile.swap(S, disputant_rule(game, S, "as grudger", table)))
    error = np.sqrt(exact.outcome_probabilities() * (1 - exact.outcome_probabilities()) / 200_000)
    assert (np.abs(found.outcome_shares() - exact.outcome_probabilities()) <= 5 * error + 1e-9).all()


def test_a_third_party_may_remember(game: Game) -> None:
    """Convenes for ever once somebody has appealed."""
    calm, called = (third_party_rule(game, "x", lambda state, stance=stance: stance)
                    for stance in (Stance.QUIET, Stance.CONVENE))
    memory = make_memory(2, game.n_states, lambda memory, leader, stance, tokyo, seoul, state: np.where(
        (tokyo == Move.APPEAL) | (seoul == Move.APPEAL), 1, memory))
    policy = ThirdPartyPolicy.from_tables("called", np.concatenate([calm.stance, called.stance]), memory)
    profile = make_profile(game).swap(W, policy)
    records = simulate(game, profile, 50, 2).records.columns()
    for episode in range(50):
        path = trace(game, profile, 2, episode)
        rung = False
        for week in path:
            assert week.stance is (Stance.CONVENE if rung else Stance.QUIET)
            rung = rung or Move.APPEAL in week.moves
        assert path.record()["effort"] == records["effort"][episode]
    assert remembered(policy, path.weeks) in (0, 1)


@pytest.mark.parametrize(("change", "match"), [
    (lambda table: table[:, 0], "shape"), (lambda table: table + 2, "leads from 0 to states from 2 to 2"),
    (lambda table: table - 1, "states from -1"),
])
def test_a_memory_that_leads_nowhere_is_refused(change: Any, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        Memory(0, change(np.zeros((*SHAPE, 216), dtype=np.int16)))
    with pytest.raises(ValueError, match="leads from 5"):
        Memory(5, np.zeros((*SHAPE, 216), dtype=np.int16))
    with pytest.raises(ValueError, match="rule leads to state 2"):
        make_memory(2, 216, lambda memory, *week: memory + 1)


def test_a_memory_is_checked_against_its_policy_and_game(game: Game) -> None:
    grudger = make_policy(game, T, "grudger")
    assert isinstance(grudger, DisputantPolicy)
    check_policy(game, grudger, remembering=True)
    with pytest.raises(PolicyError, match="remembers past weeks"):
        check_policy(game, grudger)
    half = DisputantPolicy("half", T, grudger.first_inner[:1], grudger.second_inner[:1], grudger.memory)
    with pytest.raises(PolicyError, match="covers 1 rounds; needed: 2"):
        check_policy(game, half, remembering=True)
    small = compile_game(small_scenario())
    with pytest.raises(PolicyError, match="tokyo: the memory of policy 'grudger' is not one of 54 states"):
        check_policy(small, grudger, remembering=True)
    assert same(grudger, make_policy(game, T, "grudger")) and not same(grudger, half)
    update = np.array(grudger.memory.update) if grudger.memory else np.zeros(0)
    assert not same(grudger, DisputantPolicy("x", T, grudger.first_inner, grudger.second_inner, Memory(1, update)))


# ---------------------------------------------------------------------------- runs, sweeps, replays


@pytest.fixture
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")


@pytest.mark.usefixtures("_elsewhere")
def test_a_run_with_a_player_who_remembers(capsys: pytest.CaptureFixture[str]) -> None:
    main(["policy.seoul=grudger", "engine=batch", "episodes=2000", "hydra.run.dir=run", "plots.figures=all"])
    told = json.loads(Path("run/summary.json").read_text(encoding="utf-8"))
    assert set(told["outcomes"]) == {"simulated"} and told["values"] == told["regret"] == {}
    assert told["policies"]["seoul"] == "grudger" and told["episodes"] == 2000
    game = compile_game(__import__("negotiation").load_scenario("tokyo_seoul_2019"))
    again = simulate(game, make_profile(game, seoul="grudger"), 2000, told["seed"])
    assert list(told["outcomes"]["simulated"].values()) == again.outcome_shares().tolist()
    said = capsys.readouterr()
    assert "no figure weeks, policy_map, moves, incidence" in said.err and "regret" not in said.out
    assert {path.name for path in Path("run").glob("*.png")} == {"outcomes.png", "payoffs.png", "triangle.png"}
    with pytest.raises(SystemExit) as caught:
        main(["policy.seoul=grudger", "engine=exact"])
    assert caught.value.code == 2
    assert capsys.readouterr().err == ("negotiation: engine: 'exact' is not allowed; allowed: batch or mesa: "
                                       "policy.seoul=grudger remembers past weeks, so there is nothing exact\n")


@pytest.mark.usefixtures("_elsewhere")
def test_replay_and_branch_tell_what_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    main(["mode=replay", "policy.seoul=tit_for_tat", "scenario.shadow=0"])
    said = capsys.readouterr().out
    assert "where a player remembers past weeks it is not" in " ".join(said.split())
    assert "worth:" not in said and "[p = 1.000]" in said
    main(["mode=replay", "policy.seoul=tit_for_tat", "scenario.shadow=0", "branch.week=3",
          "branch.change={policy.seoul: grudger}"])
    said = capsys.readouterr().out
    assert "Seoul grudger" in said and ("FIRST DIFFERENCE" in said or "No difference" in said)


def test_a_sweep_simulates_who_remembers_and_says_what_cannot_be_exact(tmp_path: Path) -> None:
    values = {"scenario": small_scenario().to_dict(), "episodes": 500, "seed": 3, "policy": EQUILIBRIUM,
              "engine": {"name": "batch"},
              "sweep": {"method": "grid", "axes": {"policy.seoul": ["grudger", "hawk"],
                                                   "engine.name": ["batch", "exact"]}}}
    run_sweep(SweepPlan.from_config(values), tmp_path / "sweep")
    table = load_sweep(tmp_path / "sweep").set_index(["policy.seoul", "engine.name"])
    grudger = table.loc[("grudger", "batch")]
    assert grudger["episodes"] == 500 and not grudger["exact"] and math.isnan(grudger["value_tokyo"])
    assert not math.isnan(table.loc[("hawk", "batch"), "value_tokyo"])
    assert table.loc[("grudger", "exact"), "error"] == (
        "engine.name: 'exact' is not allowed; allowed: batch or mesa: policy.seoul=grudger remembers past weeks, so "
        "there is nothing exact")
    game = compile_game(small_scenario())
    shares = simulate(game, make_profile(game, seoul="grudger"), 500, 3).outcome_shares()
    assert grudger["probability_settlement"] == shares[0]
