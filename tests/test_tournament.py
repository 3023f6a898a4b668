"""Tournaments: what they are as configuration, that their rows are right, and what comes of an interruption."""

from __future__ import annotations

import itertools
import json
import re
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sweep_runs import EQUILIBRIUM, SEED, same_table, small_scenario

from negotiation.behaviours import make_profile
from negotiation.cli import main
from negotiation.engines.exact import propagate
from negotiation.engines.mesa_model import NegotiationModel
from negotiation.engines.points import profile_point
from negotiation.game import compile_game
from negotiation.parameters import ParameterError
from negotiation.schema import TournamentSchema
from negotiation.sweep.executors import Executor
from negotiation.sweep.run import run_sweep
from negotiation.sweep.table import load_sweep
from negotiation.tournament import TournamentPlan, TournamentSettings, compute, contests, load_tournament
from negotiation.tournament.compute import TournamentComputer, kept_profile, pairing
from negotiation.vocabulary import Actor, Outcome

ROOT = Path(__file__).parent.parent
SHAKY = {"behaviour": "hawk", "error": 0.1}
DISPUTANTS = ["equilibrium", SHAKY, "dove"]
WASHINGTONS = ["equilibrium", "honest_broker"]
NOTHING = dict.fromkeys(("disputants", "tokyo", "seoul", "washingtons", "scenarios", "phase", "resume"))


def config_of(tournament: Mapping[str, Any], **changed: Any) -> dict[str, Any]:
    values = small_scenario().to_dict()
    values.pop("documentation", None)
    return {"scenario": values, "policy": dict(EQUILIBRIUM), "engine": {"name": "exact"}, "episodes": 400,
            "seed": SEED, "tournament": {**NOTHING, **tournament}, **changed}


def run(folder: Path, workers: int = 1, **changed: Any) -> list[Any]:
    plan = TournamentPlan.of(config_of(changed.pop("tournament", {"disputants": DISPUTANTS,
                                                                  "washingtons": WASHINGTONS}), **changed))
    done = run_sweep(plan, folder, Executor("threads", workers))
    assert done.failed == done.missing == 0
    return load_tournament(folder)


# --------------------------------------------------------------------------------------------- the rows


def test_pairings_of_tables_are_what_propagate_says(tmp_path: Path) -> None:
    field = run(tmp_path / "t")
    game = compile_game(small_scenario())
    assert [contest.washington for contest in field] == WASHINGTONS
    for contest in field:
        assert contest.tokyo == contest.seoul == contest.shared == ("equilibrium", "hawk(error=0.1)", "dove")
        assert contest.exact.all() and not contest.error.any()
        for (i, one), (j, other) in itertools.product(enumerate(DISPUTANTS), repeat=2):
            expected = propagate(game, make_profile(game, one, other, contest.washington))
            assert contest.payoff[:, i, j].tolist() == expected.expected_payoff.tolist()
            np.testing.assert_allclose(contest.outcomes[:, i, j], expected.outcome_probabilities(), rtol=0, atol=1e-15)


def test_values_and_regret_are_those_of_a_point_alone() -> None:
    game = compile_game(small_scenario())
    for one, other, third in itertools.product(("equilibrium", "hawk"), ("dove", "grit"), ("absent", "equilibrium")):
        choices = {"tokyo": one, "seoul": other, "washington": third}
        ours, alone = pairing(game, choices), profile_point(game, make_profile(game, **choices))
        np.testing.assert_allclose(ours.regret, alone.regret, rtol=0, atol=1e-12)
        np.testing.assert_allclose(ours.value, alone.value, rtol=0, atol=1e-12)
        assert ours.probabilities.tolist() == alone.probabilities.tolist()
        assert ours.counts == alone.counts
    assert pairing(game, {"tokyo": "subgame_perfect", "seoul": "subgame_perfect", "washington": "subgame_perfect"}
                   ).regret == pytest.approx(0.0, abs=1e-9)


def test_a_table_is_made_and_a_reply_solved_once_a_game(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made: list[Any] = []
    solved: list[Any] = []
    def counted(call: Callable[..., Any], calls: list[Any]) -> Callable[..., Any]:
        return lambda *arguments: (calls.append(arguments), call(*arguments))[1]

    monkeypatch.setattr(compute, "make_policy", counted(compute.make_policy, made))
    monkeypatch.setattr(compute, "best_response", counted(compute.best_response, solved))
    run(tmp_path / "t")
    assert len(made) == 3 + 3 + 2
    assert len(solved) == 3 * 2 + 3 * 2 + 3 * 3  # Tokyo's per Seoul and Washington, Seoul's, Washington's


def test_tables_that_take_too_much_memory_are_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    game = compile_game(small_scenario())
    monkeypatch.setattr("negotiation.tournament.compute.KEPT_BYTES", 1)
    for name in ("hawk", "dove", "grit", "hawk"):
        profile = kept_profile(game, {"tokyo": name, "seoul": name, "washington": "absent"})
        assert profile.names == {"tokyo": name, "seoul": name, "washington": "absent"}


def test_a_tournament_equals_plain_mesa_episodes(tmp_path: Path) -> None:
    """An independent recomputation: agents in `NegotiationModel`, payoffs added up by hand."""
    field = run(tmp_path / "t")
    game, episodes = compile_game(small_scenario()), 250
    worst = 0.0
    for contest in field:
        for (i, one), (j, other) in itertools.product(enumerate(DISPUTANTS), repeat=2):
            profile = make_profile(game, one, other, contest.washington)
            paid, outcomes = np.zeros((episodes, 3)), np.zeros(len(Outcome))
            for episode in range(episodes):
                model = NegotiationModel(game, profile, seed=7, episode=episode)
                while model.running:
                    model.step()
                path = model.trajectory()
                for week in path:
                    weights = game.discount**(week.round - 1)
                    paid[episode] += weights * (np.array(week.payoffs) + game.discount * np.array(week.end_payoffs))
                outcomes[path.outcome] += 1 / episodes
            error = paid.std(axis=0, ddof=1) / episodes**0.5
            away = np.abs(paid.mean(axis=0) - contest.payoff[:, i, j]) / np.maximum(error, 1e-12)
            worst = max(worst, float(away[error > 1e-9].max(initial=0.0)))
            assert np.abs(outcomes - contest.outcomes[:, i, j]).max() < 5 * 0.5 / episodes**0.5
    assert worst < 4.5  # of 54 means; a true difference would be far larger


def test_the_order_of_the_field_and_workers_do_not_matter(tmp_path: Path) -> None:
    one = run(tmp_path / "one")
    other = run(tmp_path / "other", workers=3, tournament={"tokyo": DISPUTANTS[::-1], "seoul": DISPUTANTS,
                                                             "washingtons": WASHINGTONS[::-1]})
    for contest, turned in zip(one, other[::-1], strict=True):
        assert turned.payoff[:, ::-1].tolist() == contest.payoff.tolist()
        assert contest.ordered(turned.tokyo, turned.seoul).payoff.tolist() == turned.payoff.tolist()


def test_scenarios_are_an_axis_and_come_one_after_the_other(tmp_path: Path) -> None:
    plan = TournamentPlan.of(config_of({"disputants": ["hawk", "dove"], "washingtons": ["absent"],
                                        "scenarios": ["tokyo_seoul_2019", "host_2014", "nothing_to_offer"]}))
    names = plan.design.points["scenario"].to_numpy()[plan.todo()]
    assert [name for name, _ in itertools.groupby(names)] == ["tokyo_seoul_2019", "host_2014", "nothing_to_offer"]
    assert sorted(plan.todo()) == list(range(12))
    assert isinstance(plan.computer, TournamentComputer)


# ------------------------------------------------------------------------------------------- memory


def test_pairings_with_memory_are_simulated_and_the_others_exact(tmp_path: Path) -> None:
    (contest,) = run(tmp_path / "t", tournament={"disputants": ["grudger", "hawk", "dove"],
                                                 "washingtons": ["absent"]})
    assert contest.tokyo == ("hawk", "dove", "grudger")  # tables first
    assert contest.exact.tolist() == [[True, True, False], [True, True, False], [False, False, False]]
    assert (contest.error[:2] > 0)[:, ~contest.exact].all() and not contest.error[:, contest.exact].any()
    assert np.isnan(contest.regret[:, ~contest.exact]).all() and np.isfinite(contest.regret[:, contest.exact]).all()
    table = load_sweep(tmp_path / "t")
    assert table.groupby("engine.name")["episodes"].unique().map(list).to_dict() == {"batch": [400], "exact": [0]}
    assert not contest.common
    # A grudger that nobody has crossed does as a dove does, and hawks cross it.
    assert contest.payoff[Actor.TOKYO, 2, 0] != contest.payoff[Actor.TOKYO, 1, 0]


def test_sampled_everywhere_it_agrees_with_the_exact_tournament(tmp_path: Path) -> None:
    exact = run(tmp_path / "exact")
    sampled = run(tmp_path / "batch", engine={"name": "batch"}, episodes=20_000)
    for one, other in zip(exact, sampled, strict=True):
        assert not other.exact.any()
        spread = np.abs(other.payoff - one.payoff)[other.error > 0] / other.error[other.error > 0]
        assert spread.max() < 5 and 0.3 < (spread**2).mean() < 2.5
        np.testing.assert_allclose(other.regret, one.regret, rtol=0, atol=1e-12)


# ------------------------------------------------------------------------------------ configuration


@pytest.mark.parametrize(("tournament", "message"), [
    ({"disputants": ["hawk", "nonsense"]}, r"tournament.disputants\[1\]: 'nonsense' is not allowed; allowed: one of "),
    ({"disputants": ["hawk", "absent"]}, r"tournament.disputants\[1\]: 'absent' is not allowed; allowed: one of "),
    ({"disputants": []}, r"tournament.disputants: \[\] is not allowed; allowed: a list of at least one behaviour"),
    ({}, "tournament.disputants: None is not allowed; allowed: a list of at least one behaviour, or all"),
    ({"tokyo": ["hawk"]}, "tournament.disputants: None is not allowed; allowed: a list of at least one behaviour"),
    ({"disputants": 3}, "tournament.disputants: 3 is not allowed; allowed: a list"),
    ({"disputants": ["hawk", "dove", {"behaviour": "hawk"}]},
     r"tournament.disputants\[2\]: 'hawk' is not allowed; allowed: each behaviour once; tournament.disputants\[0\] is"),
    ({"disputants": ["hawk"], "seoul": [{"behaviour": "hawk", "error": 2}]},
     r"tournament.seoul\[0\].error: 2 is not allowed; allowed: a number in \[0, 1\]"),
    ({"disputants": ["hawk"], "washingtons": ["hawk"]}, r"tournament.washingtons\[0\]: 'hawk' is not allowed"),
    ({"disputants": ["hawk"], "washingtons": []}, r"tournament.washingtons: \[\] is not allowed"),
    ({"disputants": ["hawk"], "scenarios": ["nowhere"]}, r"tournament.scenarios\[0\]: 'nowhere' is not allowed"),
    ({"disputants": ["hawk"], "scenarios": ["host_2014", "host_2014"]}, r"tournament.scenarios\[1\]: 'host_2014'"),
    ({"disputants": ["hawk"], "scenarios": []}, r"tournament.scenarios: \[\] is not allowed"),
    ({"disputants": ["hawk", "dove"], "phase": ["hawk", "dove"]}, "tournament.phase: .* allowed: 3 different"),
    ({"disputants": ["hawk"], "resume": 3}, "tournament.resume: 3 is not allowed"),
])
def test_a_bad_tournament_is_refused_in_one_line(tournament: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message) as refused:
        TournamentSettings.from_config(config_of(tournament))
    assert "\n" not in str(refused.value)


def test_a_policy_beside_a_tournament_is_refused() -> None:
    config = config_of({"disputants": ["hawk"]})
    config["policy"]["seoul"] = "dove"
    with pytest.raises(ParameterError, match=r"policy.seoul: 'dove' is not allowed; allowed: equilibrium \(its"):
        TournamentSettings.from_config(config)


def test_a_seat_of_its_own_comes_before_the_list_of_both() -> None:
    settings = TournamentSettings.from_config(config_of({"disputants": ["hawk", "dove"], "seoul": ["grit"]}))
    assert settings.tokyo == ("hawk", "dove") and settings.seoul == ("grit",) and not settings.both


def test_all_stands_for_every_behaviour_of_a_seat() -> None:
    settings = TournamentSettings.from_config(config_of({"disputants": "all", "washingtons": "all"}))
    assert {"hawk", "grudger", "equilibrium"} <= set(settings.tokyo) and settings.both
    assert {"absent", "honest_broker"} <= set(settings.washingtons)


def test_the_configured_washington_is_taken_where_none_is_listed() -> None:
    config = config_of({"disputants": ["hawk"]})
    config["policy"]["washington"] = {"behaviour": "absent", "error": 0.5}
    assert TournamentSettings.from_config(config).washingtons == ({"behaviour": "absent", "error": 0.5},)


@pytest.mark.parametrize("table", [
    pd.DataFrame({"policy.tokyo": ["hawk"]}), pd.DataFrame({"x": [1]})])
def test_other_tables_are_no_tournaments(table: pd.DataFrame) -> None:
    with pytest.raises(ParameterError, match="tournament: 'no column policy"):
        contests(table)


def test_a_table_with_a_gap_is_refused(tmp_path: Path) -> None:
    run(tmp_path / "t")
    table = load_sweep(tmp_path / "t")
    with pytest.raises(ParameterError, match="dove against dove occurs 0 times"):
        contests(table[:-1])


# --------------------------------------------------------------------------------------- the command


SMALL = ["scenario.rounds=6", "scenario.shadow=4"]


def test_an_interrupted_tournament_goes_on_and_ends_the_same(tmp_path: Path) -> None:
    plan = TournamentPlan.of(config_of({"disputants": DISPUTANTS, "washingtons": WASHINGTONS}))
    whole = run_sweep(plan, tmp_path / "whole", Executor("threads", 1))
    assert whole.computed == 18

    class StopError(Exception):
        pass

    count = threading.Semaphore(7)

    def report(done: int, failed: int) -> None:
        for _ in range(done):
            if not count.acquire(blocking=False):
                raise StopError

    with pytest.raises(StopError):
        run_sweep(plan, tmp_path / "cut", Executor("threads", 1), report)
    again = run_sweep(plan, tmp_path / "cut", Executor("threads", 1))
    assert again.skipped >= 7 and again.computed == 18 - again.skipped and not again.missing
    same_table(load_sweep(tmp_path / "cut"), load_sweep(tmp_path / "whole"))


def test_the_command_ranks_solves_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                              capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    command = ["experiment=tournament", "tournament.disputants=[hawk, dove, matcher, {behaviour: hawk, error: 0.1}]",
               "tournament.washingtons=[absent, honest_broker]", "plots.formats=[png]", *SMALL]
    main([*command, "hydra.run.dir=first"])
    printed = capsys.readouterr().out
    assert "4 x 4 behaviours, 2 Washingtons: 32 pairings computed" in printed
    assert "either seat, every Washington" in printed and "Washington absent: " in printed
    first = {path.name: path for path in Path("first").iterdir()}
    for name in ("manifest.json", "ranking.csv", "against.csv", "equilibria.csv", "summary.json", "ranking.png",
                 "payoffs_tokyo_absent.png", "payoffs_seoul_honest_broker.png", "outcomes_absent.png",
                 "shares_absent.png", "phase_absent.png", "fingerprints_tokyo.png"):
        assert name in first, name
    summary = json.loads(first["summary.json"].read_text(encoding="utf-8"))
    assert [contest["washington"] for contest in summary["contests"]] == ["absent", "honest_broker"]
    assert np.array(summary["contests"][0]["payoff"]["tokyo"]).shape == (4, 4)
    assert summary["provenance"]["command"][:2] == ["negotiation", "experiment=tournament"]
    from negotiation.plots import read_receipt

    receipt = read_receipt(first["ranking.png"])
    assert receipt["figure"] == "ranking" and receipt["config_hash"] == summary["provenance"]["config_hash"]
    scores = pd.read_csv("first/ranking.csv")
    main([*command, "tournament.resume=first", "hydra.run.dir=second"])
    printed = capsys.readouterr().out
    assert "0 pairings computed" in printed and "32 were there already" in printed
    pd.testing.assert_frame_equal(pd.read_csv("first/ranking.csv"), scores)
    again = json.loads(Path("first/summary.json").read_text(encoding="utf-8"))
    assert again["provenance"]["config_hash"] == summary["provenance"]["config_hash"]
    main(["mode=replay", "sweep=first", "point=5", "episode=3", "hydra.run.dir=third"])
    assert capsys.readouterr().out.startswith(
        "point 5 of first: policy.washington absent; policy.tokyo dove; policy.seoul dove")


@pytest.mark.slow
def test_a_killed_command_goes_on(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "negotiation", "experiment=tournament", "tournament.washingtons=[absent]",
               "plots.save=false", "hydra.run.dir=t"]
    started = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not any((tmp_path / "t" / "parts").glob("*.parquet")):
        assert time.monotonic() < deadline and started.poll() is None
        time.sleep(0.05)
    started.kill()
    started.wait()
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    already = int(re.search(r"(\d+) were there already", done.stdout)[1])  # type: ignore[index]
    assert 0 < already < 400 and f"{400 - already} pairings computed" in done.stdout


def test_another_tournament_does_not_take_up_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                        capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    command = ["experiment=tournament", "tournament.washingtons=[absent]", "plots.save=false", *SMALL]
    main([*command, "tournament.disputants=[hawk, dove]", "hydra.run.dir=first"])
    with pytest.raises(SystemExit) as left:
        main([*command, "tournament.disputants=[hawk, grit]", "tournament.resume=first", "hydra.run.dir=second"])
    assert left.value.code == 2
    assert "sweep.resume: 'first' is not allowed" in capsys.readouterr().err


@pytest.mark.parametrize(("override", "message"), [
    ("sweep=grid", "sweep.method: 'grid' is not allowed"),
    ("engine.workers=2", "engine.workers: 2 is not allowed; allowed: null in a tournament"),
    ("mode=run", "tournament.disputants: "),
    ("tournament.disputant=[hawk]", "did you mean 'disputants'"),
])
def test_what_does_not_go_with_a_tournament_is_refused(override: str, message: str, tmp_path: Path,
                                                       monkeypatch: pytest.MonkeyPatch,
                                                       capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as left:
        main(["experiment=tournament", override, "hydra.run.dir=run"])
    assert left.value.code == 2
    told = capsys.readouterr().err
    assert message in told and told.count("\n") == 1
    assert not Path("run").exists()


def test_the_page_on_tournaments_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                      capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs" / "tournaments.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "tournaments"}
    for language, code in re.findall(r"```(\w+)\n(.*?)```", page, re.DOTALL):
        if language == "python":
            exec(compile(code, "tournaments.md", "exec"), names)
            continue
        for line in code.splitlines():
            main([*shlex.split(line)[1:], "plots.formats=[png]", *(["plots.save=false"] if "memory" in line else [])])
    printed = capsys.readouterr().out
    assert "72 pairings computed" in printed and "16 pairings computed" in printed
    for target in re.findall(r"!\[.*?\]\((.*?)\)", page):
        assert (ROOT / "docs" / target).is_file(), target
    for name in re.findall(r"`(\w+\.(?:csv|json))`", page):
        assert Path("first", name).is_file(), name
    assert Path("fingerprint.png").is_file()
    for name in [item.name for item in fields(TournamentSchema)]:
        assert f"`tournament.{name}`" in page, name
