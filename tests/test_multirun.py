"""Multiruns: every job is run, and all are gathered into one table, one figure and one exit status."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from negotiation.behaviours import make_profile
from negotiation.cli import main
from negotiation.config import register
from negotiation.engines.exact import propagate
from negotiation.game import compile_game
from negotiation.library import conf_folder, load_scenario
from negotiation.multirun import SHOWN, report, short_names
from negotiation.parameters import ParameterError
from negotiation.plots import read_receipt
from negotiation.provenance import commit
from negotiation.sweep.gather import NOT_FINISHED, close_job, gather, job_folders, open_job, open_multirun
from negotiation.terminal import console
from negotiation.vocabulary import Actor, Outcome

QUICK = ["plots.save=false", "engine=exact"]
SHARES = [f"probability_{outcome.key}" for outcome in Outcome]
ENDLESS = 2_000_000_000  # episodes: minutes of work


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run in an empty folder, on a wide terminal."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")


def start(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    """Start the command in a process, and a process group, of its own."""
    return subprocess.Popen([sys.executable, "-m", "negotiation.cli", "-m", *arguments], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, start_new_session=True, **options)


def finish(process: subprocess.Popen[str]) -> tuple[int, str, list[str]]:
    """Status, output and lines of the error stream of a command, without the game's own warnings."""
    out, errors = process.communicate(timeout=120)
    return process.returncode, out, [line for line in errors.splitlines() if not line.startswith("warning: ")]


def wait_for(*paths: str) -> None:
    deadline = time.monotonic() + 60
    while not all(Path(path).exists() for path in paths):
        assert time.monotonic() < deadline
        time.sleep(0.05)


# ------------------------------------------------------------------------- with the real command


def test_a_combination_that_fails_is_listed_and_the_others_are_kept() -> None:
    # A folder that another multirun has used: its jobs 2 (which will fail now) and 9, and its figure.
    old = open_multirun(Path("sweep"), ["seed"], None)
    for number in (2, 9):
        folder = Path(f"sweep/{number}")
        folder.mkdir()
        open_job(folder, old, number, [f"seed={number}"])
        (folder / "summary.json").write_text("{}", encoding="utf-8")
        close_job(folder, 1.0)
    Path("sweep/outcomes.png").write_bytes(b"old")
    status, out, errors = finish(start(
        "scenario=tokyo_seoul_2019,river_dam", "scenario.start.tokyo=5,2", "episodes=400", "seed=3",
        "scenario.rounds=6", "scenario.shadow=2", "plots.save=false", "hydra.sweep.dir=sweep",
        "hydra.sweeper.max_batch_size=3"))
    assert status == 1
    reason = "scenario.start.tokyo: 5 is not allowed; allowed: a rung of the ladder, 0 to 3"
    assert errors == [f"negotiation: job 2 (scenario=river_dam scenario.start.tokyo=5): {reason}"]

    table = pd.read_parquet("sweep/table.parquet")
    assert table["job"].tolist() == [0, 1, 2, 3]
    assert list(table.columns[1:3]) == ["scenario", "scenario.start.tokyo"]
    assert table["scenario"].tolist() == ["tokyo_seoul_2019"] * 2 + ["river_dam"] * 2
    assert table["scenario.start.tokyo"].tolist() == [5, 2, 5, 2]
    assert table["error"].tolist()[2] == reason
    assert table["error"].isna().tolist() == [True, True, False, True]
    assert table.loc[2, SHARES].isna().all()
    assert not Path("sweep/2/summary.json").exists()
    # Each row is what the library computes.
    for job in (0, 1, 3):
        row = table.loc[job]
        changed = {"start.tokyo": int(row["scenario.start.tokyo"]), "rounds": 6, "shadow": 2}
        game = compile_game(load_scenario(row["scenario"]).override(changed))
        exact = propagate(game, make_profile(game))
        assert row[SHARES].tolist() == exact.outcome_probabilities().tolist()
        assert [row[f"payoff_{actor.key}"] for actor in Actor] == exact.expected_payoff.tolist()
        summary = json.loads(Path(f"sweep/{job}/summary.json").read_text(encoding="utf-8"))
        for outcome in Outcome.keys():  # noqa: SIM118
            assert row[f"simulated_{outcome}"] == summary["outcomes"]["simulated"][outcome]
            assert [row[f"low_{outcome}"], row[f"high_{outcome}"]] == summary["interval95"][outcome]
        assert [row[f"value_{actor.key}"] for actor in Actor] == list(summary["values"].values())
        assert [row[f"regret_{actor.key}"] for actor in Actor] == list(summary["regret"].values())
        assert (row["exact"], row["episodes"], row["seed"]) == (True, 400, 3)
        assert row["effort"] == summary["expected_counts"]["effort"]
        assert row["wall_time"] > 0
    pd.testing.assert_frame_equal(gather("sweep"), table)
    pd.testing.assert_frame_equal(pd.read_csv("sweep/table.csv")[SHARES], table[SHARES])
    assert not Path("sweep/outcomes.png").exists()
    assert Path("sweep/9/summary.json").exists()

    told = out[out.index("4 jobs, 1 failed"):].splitlines()
    assert told[1].split() == ["job", "scenario", "start.tokyo", *Outcome.keys()]
    assert told[2].split() == ["0", "tokyo_seoul_2019", "5", *(f"{share:.4f}" for share in table.loc[0, SHARES])]
    assert told[4].split() == ["2", "river_dam", "5", *["failed"] * 5]


def test_joblib_launcher_runs_jobs_in_two_processes_and_gathers_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ["policy.tokyo=hawk,{behaviour: dove, error: 0.1}", "engine=exact", "scenario.rounds=4",
                 "scenario.shadow=0"]
    status, out, errors = finish(start(*arguments, "plots.save=false", "hydra/launcher=joblib",
                                       "hydra.launcher.n_jobs=2"))
    assert (status, errors) == (0, [])
    folder = next(Path("multirun").glob("*/*"))
    assert len({json.loads((folder / job / "job.json").read_text(encoding="utf-8"))["process"] for job in "01"}) == 2
    assert sorted(path.name for path in folder.iterdir() if path.is_file()) == [
        "multirun.json", "multirun.yaml", "table.csv", "table.parquet"]
    # What a job says is not mixed with what the other says.
    first, second = sorted(out.index(f"#{number} policy.tokyo=") for number in (0, 1))
    assert out[first:second].count("\nsettlement ") == out[second:].count("\nsettlement ") == 1

    monkeypatch.setattr("negotiation.study.save_figures", lambda *rest: [])  # the jobs' own: slow, and not our matter
    main(["-m", *arguments, "plots.formats=[svg]", "hydra.sweep.dir=basic"])
    table = pd.read_parquet(folder / "table.parquet")
    columns = ["job", "policy.tokyo", *SHARES, "payoff_tokyo", "regret_seoul"]
    pd.testing.assert_frame_equal(pd.read_parquet("basic/table.parquet")[columns], table[columns])
    assert table["policy.tokyo"].tolist() == ["hawk", "{behaviour: dove, error: 0.1}"]
    assert "simulated_settlement" not in table
    assert sorted(path.name for path in Path("basic").glob("outcomes.*")) == ["outcomes.svg"]
    receipt = read_receipt("basic/outcomes.svg")
    assert (receipt["figure"], receipt["swept"], receipt["jobs"]) == ("outcomes", ["policy.tokyo"], 2)
    assert receipt["commit"] == commit()


def test_ctrl_c_ends_all_processes_in_one_line_and_what_has_finished_is_gathered_later() -> None:
    process = start(f"episodes=50,{ENDLESS},{ENDLESS + 1},{ENDLESS + 2}", "plots.save=false", "hydra/launcher=joblib",
                    "hydra.launcher.n_jobs=2", "hydra.sweep.dir=sweep")
    wait_for("sweep/0/summary.json", "sweep/1/job.json", "sweep/2/job.json")  # the last one still waits
    time.sleep(0.3)
    os.killpg(process.pid, signal.SIGINT)  # all processes, as a terminal does
    asked = time.monotonic()
    status, _, errors = finish(process)  # returns when the last process has closed the streams
    assert time.monotonic() - asked < 10
    assert status == 130
    assert errors == ["negotiation: stopped"]
    table = gather("sweep")
    assert table["error"].fillna("").tolist() == ["", *[NOT_FINISHED] * 3]
    assert table["episodes"].tolist() == [50, ENDLESS, ENDLESS + 1, ENDLESS + 2]
    assert table["simulated_rupture"].notna().tolist() == [True, False, False, False]
    assert list(job_folders(Path("sweep"))) == [0, 1, 2]
    assert not Path("sweep/table.csv").exists()


def test_a_process_that_is_killed_costs_its_own_jobs_only() -> None:
    process = start(f"episodes=50,{ENDLESS}", "plots.save=false", "hydra/launcher=joblib", "hydra.launcher.n_jobs=2",
                    "hydra.sweep.dir=sweep")
    wait_for("sweep/0/summary.json", "sweep/1/job.json")
    time.sleep(0.3)
    os.kill(json.loads(Path("sweep/1/job.json").read_text(encoding="utf-8"))["process"], signal.SIGKILL)
    status, out, errors = finish(process)
    assert status == 1
    assert errors[0] == f"negotiation: job 1 (episodes={ENDLESS}): {NOT_FINISHED}"
    assert errors[1].startswith("negotiation: stopped early: TerminatedWorkerError: ")
    assert len(errors) == 2
    assert "2 jobs, 1 failed" in out
    assert pd.read_csv("sweep/table.csv")["error"].isna().tolist() == [True, False]


def test_no_process_outlives_a_command_that_is_killed() -> None:
    process = start(f"episodes={ENDLESS}", "seed=1,2", "plots.save=false", "hydra/launcher=joblib",
                    "hydra.launcher.n_jobs=2", "hydra.sweep.dir=sweep")
    wait_for("sweep/0/job.json", "sweep/1/job.json")
    process.kill()
    process.communicate(timeout=20)  # returns when the last process has closed the streams
    assert gather("sweep")["error"].tolist() == [NOT_FINISHED] * 2


def test_the_slurm_launcher_submits_an_array_with_our_defaults() -> None:
    # A stand-in that keeps the script it is given and then refuses it.
    for name, does in (("sbatch", 'cp "${@: -1}" script.sh; echo no quota left >&2; exit 1'), ("srun", "exit 1")):
        Path(name).write_text(f"#!/bin/bash\n{does}\n", encoding="utf-8")
        Path(name).chmod(0o755)
    status, _, errors = finish(start(*QUICK, "hydra/launcher=slurm", "hydra.launcher.partition=long", "seed=1,2,3",
                                     "hydra.launcher.array_parallelism=2", "hydra.sweep.dir=sweep",
                                     env=os.environ | {"PATH": f"{Path.cwd()}:{os.environ['PATH']}"}))
    assert status == 2
    assert errors[0] == "no quota left"  # Slurm's own word
    assert len(errors) == 2
    assert errors[1].startswith("negotiation: hydra/launcher: 'SlurmLauncher' is not allowed")
    assert "no quota left" in errors[1]
    script = Path("script.sh").read_text(encoding="utf-8")
    for line in ("array=0-2%2", "partition=long", "time=240", "cpus-per-task=4", "mem=8GB", "job-name=negotiation",
                 "nodes=1", "ntasks-per-node=1"):
        assert f"#SBATCH --{line}\n" in script
    assert f"--output={Path.cwd()}/sweep/.submitit/" in script
    assert gather("sweep")["error"].tolist() == [NOT_FINISHED] * 3


def test_a_launcher_whose_plugin_is_missing_gets_one_line() -> None:
    hidden = ("import sys, types\nmodule = types.ModuleType('hydra_plugins')\nmodule.__path__ = []\n"
              "sys.modules['hydra_plugins'] = module\nfrom negotiation.cli import main\n"
              "main(['-m', 'hydra/launcher=slurm', 'seed=1,2'])\n")
    done = subprocess.run([sys.executable, "-c", hidden], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr == ("negotiation: hydra/launcher: 'slurm' is not allowed; allowed: basic, or after "
                           "pip install 'negotiation[launchers]' joblib, slurm, submitit_local, submitit_slurm\n")
    assert list(Path().iterdir()) == []


# ------------------------------------------------------------------------------ in this process


def test_slurm_configuration_composes_with_folders_and_callbacks() -> None:
    register()
    with initialize_config_dir(str(conf_folder()), version_base="1.3"):
        composed = compose("config", ["hydra/launcher=slurm", "hydra.launcher.mem_gb=32"], return_hydra_config=True)
    launcher = composed.hydra.launcher
    assert launcher._target_.endswith(".SlurmLauncher")
    assert (launcher.cpus_per_task, launcher.mem_gb, launcher.timeout_min, launcher.partition) == (4, 32, 240, None)
    assert launcher.array_parallelism == 64
    raw = OmegaConf.to_container(composed.hydra, resolve=False)
    assert isinstance(raw, dict)
    assert raw["launcher"]["submitit_folder"].startswith("${hydra.sweep.dir}/")
    assert raw["sweep"]["dir"].startswith("multirun/")
    assert any(entry["_target_"].startswith("negotiation.callbacks.") for entry in raw["callbacks"].values())


@pytest.mark.parametrize(("swept", "told"), [
    (["seed=range(0,0)"], "seed: 'range(0,0)' is not allowed; allowed: at least one value"),
    (["scenario=glob(atlantis*)"], "scenario: 'glob(atlantis*)' is not allowed; allowed: at least one value"),
    (["seed=interval(0,1)"], "seed: 'interval(0,1)' is not allowed; allowed: values, or range(FIRST,END,STEP)"),
    (["seed="], "seed: '' is not allowed"),
    # Wrong whatever the other key is; 4 is not, with one of the two scenarios.
    (["scenario=river_dam,host_2014", "scenario.start.tokyo=2,4,9"], "scenario.start.tokyo: 9 is not allowed"),
    (["scenario=river_dam,atlantis"], "scenario: 'atlantis' does not exist"),
])
def test_a_multirun_of_nothing_or_of_values_that_can_never_be_run_is_refused(
        capsys: pytest.CaptureFixture[str], swept: list[str], told: str) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["-m", *QUICK, *swept, "hydra.sweep.dir=sweep"])
    assert caught.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith(f"negotiation: {told}")
    assert said.count("\n") == 1
    assert not Path("sweep").exists()


def test_values_are_checked_against_the_jobs_and_not_against_the_defaults() -> None:
    # Talks of 0.55 are too much beside the welcome of the default scenario, but no job has that.
    main(["-m", *QUICK, "scenario.washington.stances.urge.talks=0.55",
          "scenario.washington.welcome=[0,0,0.5],[0,0,0.8]", "hydra.sweep.dir=sweep"])
    table = gather("sweep")
    assert table["error"].isna().all()
    assert table.attrs["swept"] == ["scenario.washington.welcome"]
    assert table["scenario.washington.welcome"].tolist() == ["[0, 0, 0.5]", "[0, 0, 0.8]"]


def test_an_unexpected_exception_costs_one_job_and_leaves_its_traceback(
        capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    import negotiation.app

    known = negotiation.app.run_study

    def broken(study: Any, *rest: Any) -> None:
        if study.seed == 2:
            raise ZeroDivisionError("a bug\nof two lines")
        known(study, *rest)

    monkeypatch.setattr(negotiation.app, "run_study", broken)
    with pytest.raises(SystemExit) as caught:
        main(["-m", *QUICK, "scenario.rounds=3", "scenario.shadow=0", "seed=1,2,3", "hydra.sweep.dir=sweep"])
    assert caught.value.code == 1
    assert capsys.readouterr().err == "negotiation: job 1 (seed=2): ZeroDivisionError: a bug\n"
    assert gather("sweep")["error"].isna().tolist() == [True, False, True]
    assert "in broken" in json.loads(Path("sweep/1/job.json").read_text(encoding="utf-8"))["traceback"]


def test_replays_are_gathered_without_results(capsys: pytest.CaptureFixture[str]) -> None:
    main(["-m", "mode=replay", "scenario.shadow=0", "episode=3,4", "hydra.sweep.dir=sweep"])
    table = gather("sweep")
    assert list(table.columns) == ["job", "episode", "mode", "scenario.shadow", "wall_time", "error"]
    assert table["episode"].tolist() == [3, 4]
    said = capsys.readouterr().out
    assert said.endswith("\n2 jobs\n\nsweep/  table.parquet  table.csv\n")


def test_own_scenario_files_bear_their_names() -> None:
    for name in ("mine", "yours"):
        content = f"defaults: [river_dam, _self_]\nname: {name}\nrounds: 2\nshadow: 0\n"
        Path(f"{name}.yaml").write_text(content, encoding="utf-8")
    main(["-m", *QUICK, "scenario=mine.yaml,yours.yaml", "hydra.sweep.dir=sweep"])
    assert [Path(name).stem for name in gather("sweep")["scenario"]] == ["mine", "yours"]


# ----------------------------------------------------------------------------------- gathering


def finished(folder: Path, identity: str, number: int, overrides: list[str], share: float, episodes: int = 0) -> None:
    """A job as the command leaves it, with a settlement of the given share."""
    folder.mkdir(parents=True)
    open_job(folder, identity, number, overrides)
    shares = dict.fromkeys(Outcome.keys(), (1 - share) / 4) | {"settlement": share}
    actors = dict.fromkeys(Actor.keys(), 1.5)
    summary = {"outcomes": {"exact": shares} | ({"simulated": shares} if episodes else {}),
               "interval95": {key: [value / 2, value * 2] for key, value in shares.items()} if episodes else {},
               "values": actors, "regret": actors, "expected_payoffs": actors, "expected_counts": {"effort": 2.0},
               "episodes": episodes, "seed": 1}
    (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    close_job(folder, 0.5)


def test_gather_knows_jobs_that_are_running_or_have_not_begun() -> None:
    planned = [["seed=1", "engine=exact"], ["seed=2", "engine=exact"], ["seed=3", "engine=exact"]]
    identity = open_multirun(Path("sweep"), ["seed"], planned)
    finished(Path("sweep/b/deep/down"), identity, 1, planned[1], 0.25)  # wherever hydra.sweep.subdir puts it
    Path("sweep/a").mkdir()
    open_job(Path("sweep/a"), identity, 0, planned[0])
    table = gather("sweep")
    assert table["job"].tolist() == [0, 1, 2]
    assert table["seed"].tolist() == [1, 2, 3]
    assert table["engine"].tolist() == ["exact"] * 3
    assert table["error"].fillna("").tolist() == [NOT_FINISHED, "", NOT_FINISHED]
    assert table["probability_settlement"].tolist()[1] == 0.25
    assert table["exact"].isna().tolist() == [True, False, True]
    assert list(job_folders(Path("sweep"))) == [0, 1]
    # A later multirun in the same folder has nothing of it.
    open_multirun(Path("sweep"), [], None)
    assert gather("sweep").empty


def test_gather_refuses_a_folder_that_is_no_multiruns() -> None:
    with pytest.raises(ParameterError, match=r"folder: '.' is not allowed; .*multirun\.json"):
        gather(".")


def test_columns_have_full_keys_and_one_type_each() -> None:
    identity = open_multirun(Path("sweep"), ["scenario.tokyo.ladder.3.harm", "x"], None)
    values = {0: ["1", "null", "7"], 1: ["0.5", "2", str(2**127)]}
    for number, (harm, x, seed) in values.items():
        finished(Path(f"sweep/{number}"), identity, number,
                 [f"scenario.tokyo.ladder.3.harm={harm}", f"++x={x}", f"big={seed}", "flag=true", "~gone"], 0.5, 10)
    table = gather("sweep")
    assert list(table.columns[:5]) == ["job", "scenario.tokyo.ladder[3].harm", "x", "big", "flag"]
    assert "gone" not in table
    assert table["scenario.tokyo.ladder[3].harm"].tolist() == [1.0, 0.5]
    assert table["x"].tolist() == ["null", "2"]
    assert table["big"].tolist() == ["7", str(2**127)]
    assert table["flag"].tolist() == [True, True]
    assert table[["low_settlement", "high_settlement", "effort"]].to_numpy().tolist() == [[0.25, 1.0, 2.0]] * 2
    table.to_parquet("table.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet("table.parquet"), table)


@pytest.mark.parametrize(("keys", "figure"), [(["seed"], True), (["seed", "policy.tokyo"], True),
                                              (["seed", "policy.tokyo", "episodes"], True), ([], False)])
def test_report_shows_twenty_rows_and_one_figure(capsys: pytest.CaptureFixture[str], keys: list[str],
                                                 figure: bool) -> None:
    identity = open_multirun(Path("sweep"), keys, None)
    for number in range(24):
        varied = {"seed": number // 4, "policy.tokyo": ("hawk", "dove")[number % 2], "episodes": number % 4 // 2}
        if len(keys) == 1:
            varied["seed"] = number
        finished(Path(f"sweep/{number}"), identity, number, [f"{key}={varied[key]}" for key in keys], number / 24)
        if number == 23:
            close_job(Path(f"sweep/{number}"), 0.5, "no room")
    config = {"plots": {"save": True, "formats": ["png"]}, "scenario": load_scenario("river_dam").to_dict()}
    assert report(Path("sweep"), gather("sweep"), config, console()) == 1
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert lines[1] == "24 jobs, 1 failed"
    assert lines[3 + SHOWN] == "... and 4 more, see table.csv"
    assert len(pd.read_csv("sweep/table.csv")) == 24
    assert Path("sweep/outcomes.png").exists() is figure
    assert ("outcomes.png" in lines[-1]) is figure
    given = " ".join(f"{key}={value}" for key, value in gather("sweep").loc[23, keys].items())
    assert said.err == f"negotiation: job 23{f' ({given})' if given else ''}: no room\n"


def test_keys_are_told_by_as_few_words_as_tell_them_apart() -> None:
    assert short_names(["scenario.standstill.length", "seed"]) == {
        "scenario.standstill.length": "standstill.length", "seed": "seed"}
    assert list(short_names(["scenario.tokyo.ladder[1].harm", "scenario.seoul.ladder[1].harm"]).values()) == [
        "tokyo.ladder[1].harm", "seoul.ladder[1].harm"]
    assert short_names([]) == {}
