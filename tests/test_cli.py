"""The command as people type it: results, refusals, replay, several runs, Ctrl-C."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from omegaconf import OmegaConf

from negotiation.behaviours import CATALOGUE, make_profile
from negotiation.cli import main
from negotiation.config import ENGINES, MODES
from negotiation.draws import episode_draws
from negotiation.engines.batch import simulate
from negotiation.engines.exact import propagate
from negotiation.game import compile_game
from negotiation.library import conf_folder, group_names, load_scenario
from negotiation.solve import evaluate, regret
from negotiation.vocabulary import Actor, Outcome

QUICK = ["plots.save=false", "engine=exact"]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run in an empty folder, on a wide terminal."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")


def command(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the installed command in a process of its own."""
    return subprocess.run([sys.executable, "-m", "negotiation.cli", *arguments], capture_output=True, text=True,
                          timeout=300, check=False, **options)


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run the command in this process, see it refuse with status 2, and return its one line."""
    with pytest.raises(SystemExit) as caught:
        main(list(arguments))
    assert caught.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    lines = said.err.strip().splitlines()
    assert len(lines) == 1, said.err
    assert lines[0].startswith("negotiation: ")
    return lines[0]


def test_the_plain_command_gives_table_summary_and_three_figures() -> None:
    result = command()
    assert result.returncode == 0, result.stderr
    folder = next(Path("outputs").glob("*/*"))
    assert {path.name for path in folder.iterdir()} == {
        ".hydra", "summary.json", "outcomes.png", "outcomes.svg", "weeks.png", "weeks.svg", "policy_map.png",
        "policy_map.svg"}
    assert {path.name for path in (folder / ".hydra").iterdir()} == {"config.yaml", "hydra.yaml", "overrides.yaml"}
    assert OmegaConf.load(folder / ".hydra" / "config.yaml").scenario.name == "tokyo_seoul_2019"
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    for outcome in Outcome.keys():  # noqa: SIM118
        row = re.search(rf"^{outcome} +(0\.\d+) +(0\.\d+) +(0\.\d+) to (0\.\d+)", result.stdout, re.MULTILINE)
        assert row, result.stdout
        low, high = summary["interval95"][outcome]
        told = [summary["outcomes"]["exact"][outcome], summary["outcomes"]["simulated"][outcome], low, high]
        assert [float(number) for number in row.groups()] == pytest.approx(told, abs=5.1e-5)
        assert low < summary["outcomes"]["simulated"][outcome] < high
    assert summary["episodes"] == 100_000
    assert "Traceback" not in result.stderr


def test_summary_holds_what_the_library_computes() -> None:
    main(["policy.tokyo=grit", "plots.save=false", "episodes=3000", "seed=5", "hydra.run.dir=here",
          "scenario.washington.attention=0.3"])
    summary = json.loads(Path("here/summary.json").read_text(encoding="utf-8"))
    scenario = load_scenario("tokyo_seoul_2019").override({"washington.attention": 0.3})
    game = compile_game(scenario)
    profile = make_profile(game, tokyo="grit")
    exact, episodes = propagate(game, profile), simulate(game, profile, 3000, 5)
    keys = Outcome.keys()
    assert list(summary["outcomes"]["exact"]) == list(keys)
    assert list(summary["outcomes"]["exact"].values()) == exact.outcome_probabilities().tolist()
    assert list(summary["outcomes"]["simulated"].values()) == episodes.outcome_shares().tolist()
    assert summary["values"] == {
        actor.key: evaluate(game, profile)[0, actor, game.start] for actor in Actor}
    assert list(summary["regret"].values()) == pytest.approx(regret(game, profile).tolist(), abs=1e-12)
    assert (summary["scenario"], summary["episodes"], summary["seed"]) == ("tokyo_seoul_2019", 3000, 5)
    assert {"version", "commit", "config_hash", "python", "packages", "created"} <= set(summary["provenance"])


def test_mesa_engine_gives_the_same_numbers_as_batch() -> None:
    main(["engine=batch", "episodes=150", "plots.save=false", "hydra.run.dir=batch"])
    main(["engine=mesa", "episodes=150", "plots.save=false", "hydra.run.dir=mesa"])
    one, other = (json.loads(Path(name, "summary.json").read_text(encoding="utf-8")) for name in ("batch", "mesa"))
    assert one["outcomes"] == other["outcomes"]
    assert one["interval95"] == other["interval95"]


def test_exact_engine_simulates_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    main([*QUICK, "hydra.run.dir=here"])
    summary = json.loads(Path("here/summary.json").read_text(encoding="utf-8"))
    assert list(summary["outcomes"]) == ["exact"]
    assert summary["interval95"] == {}
    assert "simulated" not in capsys.readouterr().out


def test_infinite_precision_goes_through_the_command() -> None:
    main([*QUICK, "hydra.run.dir=here", "scenario.tokyo.precision=inf", "scenario.seoul.precision=inf",
          "scenario.washington.precision=inf"])
    summary = json.loads(Path("here/summary.json").read_text(encoding="utf-8"))
    assert max(abs(gain) for gain in summary["regret"].values()) < 1e-9


@pytest.mark.parametrize("spelling", ["scenario.tokyo.ladder[3].harm=0.9", "scenario.tokyo.ladder.3.harm=0.9"])
def test_ladder_entries_are_overridable(spelling: str) -> None:
    main([*QUICK, spelling, "hydra.run.dir=here"])
    assert OmegaConf.load("here/.hydra/config.yaml").scenario.tokyo.ladder[3].harm == 0.9


@pytest.mark.parametrize("key", [
    "scenario.washington.stances.press_tokyo.pressure_seoul=0.7", "scenario.washington.affinity.tokyo=-0.2",
    "scenario.standstill.length=inf", "scenario.start.standstill=1", "scenario.start.standstill=true",
    "scenario.washington.invitation=[0,0.1,0.2]", "scenario.tokyo.name='東京'", f"seed={2**128 - 1}",
    "experiment=hawk_and_dove", "policy=random", "policy.tokyo={behaviour: hawk, error: 0.1}",
])
def test_spellings_that_work(key: str) -> None:
    main([*QUICK, key, "hydra.run.dir=here"])
    assert Path("here/summary.json").exists()


REFUSALS = [
    ("scenario.nope=1", "scenario.nope", "1", "rounds, shadow"),
    ("+scenario.nope=1", "scenario.nope", "1", "rounds, shadow"),
    ("+nope=1", "nope", "1", "scenario, policy"),
    ("scenario.tokyo.firmnes=1", "scenario.tokyo.firmnes", "1", "did you mean 'firmness'"),
    ("scenario.rounds=abc", "scenario.rounds", "abc", "an integer, at least 1"),
    ("scenario.rounds=2.5", "scenario.rounds", "2.5", "an integer, at least 1"),
    ("scenario.rounds=0", "scenario.rounds", "0", "at least 1"),
    ("scenario.shadow=-1", "scenario.shadow", "-1", "at least 0"),
    ("scenario.tokyo.ladder=[{name: only, gain: 0, cost: 0, harm: 0}]", "scenario.tokyo.ladder", "1", "two rungs"),
    ("scenario.rupture.hazard=-0.1", "scenario.rupture.hazard", "-0.1", "[0, 1]"),
    ("scenario.rupture.hazard=1.1", "scenario.rupture.hazard", "1.1", "[0, 1]"),
    ("scenario.standstill.drag=1.01", "scenario.standstill.drag", "1.01", "[0, 1]"),
    ("scenario.washington.stances.convene.talks=0.9", "scenario.washington.stances.convene.talks", "0.9", "welcome"),
    ("scenario.tokyo.firmness=nan", "scenario.tokyo.firmness", "nan", "finite"),
    ("scenario.tokyo.firmness=inf", "scenario.tokyo.firmness", "inf", "finite"),
    ("scenario.tokyo.precision=-1", "scenario.tokyo.precision", "-1", "at least 0 or inf"),
    ("scenario.tokyo.discount=0", "scenario.tokyo.discount", "0", "(0, 1]"),
    ("scenario.standstill.length=0.5", "scenario.standstill.length", "0.5", "at least 1"),
    ("scenario.start.tokyo=6", "scenario.start.tokyo", "6", "0 to 5"),
    ("scenario.start.standstill=2", "scenario.start.standstill", "2", "true or false"),
    ("scenario.washington.invitation=[0,1]", "scenario.washington.invitation", "[0.0, 1.0]", "3 numbers"),
    ("scenario.tokyo.ladder[9].harm=1", "scenario.tokyo.ladder[9]", "1", "a rung"),
    ("scenario=atlantis", "scenario", "atlantis", "tokyo_seoul_2019"),
    ("scenario=./atlantis.yaml", "scenario", "atlantis.yaml", "existing YAML file"),
    ("engine=gpu", "engine", "gpu", "batch, exact, mesa"),
    ("engine.name=gpu", "engine", "gpu", "exact, batch, mesa"),
    ("engine.workers=0", "engine.workers", "0", "1 to 4096"),
    ("policy.tokyo=absent", "policy.tokyo", "absent", "hawk"),
    ("policy=atlantis", "policy", "atlantis", "equilibrium"),
    ("policy=null", "roup override", "NoneType", "GROUP=OPTION"),
    ("episodes=0", "episodes", "0", "at least 1"),
    ("episodes=many", "episodes", "many", "an integer"),
    ("seed=-3", "seed", "-3", "0 to 2^128"),
    ("episode=-3", "episode", "-3", "0 to 2^63"),
    ("plots.paths=4", "plots.paths", "4", "0 to 3"),
    ("policy.tokyo.error=2", "policy.tokyo.error", "2", "behaviour"),
    ("mode=dance", "mode", "dance", "run, replay"),
    ("plots.formats=[bmp]", "plots.formats", "bmp", "png, svg, pdf"),
    ("nonsense", "nonsense", "nonsense", "KEY=VALUE"),
    ("a=b=c", "a=b=c", "a=b=c", "KEY=VALUE"),
    ("hydra.run.dir=/proc/nowhere", "/proc/nowhere", "/proc/nowhere", "a folder that can be written"),
    ("scenario.rounds=99999999", "scenario.rounds", "99999999", "on this machine"),
]


@pytest.mark.parametrize(("argument", "key", "value", "allowed"), REFUSALS, ids=[row[0][:60] for row in REFUSALS])
def test_bad_input_gets_one_line_and_writes_nothing(capsys: pytest.CaptureFixture[str], argument: str, key: str,
                                                    value: str, allowed: str) -> None:
    line = refused(capsys, argument)
    assert key in line
    assert value in line
    assert allowed in line
    left = [path for path in Path().rglob("*") if path.is_file() and ".hydra" not in path.parts]
    assert left == []
    assert list(Path().iterdir()) == []  # found before Hydra makes the folder


@pytest.mark.parametrize(("content", "told"), [
    ("- a\n- b\n", "a YAML mapping"), ("rounds: [", "a readable YAML file"), ("\x00\x01", "a readable YAML file"),
    ("", "scenario.title"), ("defaults: [river_dam, _self_]\nfoo: 1\n", "scenario.foo: 1"),
    ("defaults: [river_dam, _self_]\ntokyo: {firmness: abc}\n", "scenario.tokyo.firmness: 'abc'"),
    ("defaults: [river_dam, _self_]\nrounds: 5.5\n", "scenario.rounds: 5.5"),
    ("defaults: [river_dam, _self_]\ntokyo: [1, 2]\n", "scenario"), ("defaults: [atlantis]\n", "atlantis"),
])
def test_a_broken_scenario_file_gets_one_line(capsys: pytest.CaptureFixture[str], content: str, told: str) -> None:
    Path("mine.yaml").write_text(content, encoding="utf-8")
    assert told in refused(capsys, "scenario=mine.yaml")


def test_own_scenario_file_with_overrides(capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine.yaml").write_text("defaults: [river_dam, _self_]\ntitle: My own river\nrounds: 5\n", encoding="utf-8")
    main([*QUICK, "scenario=mine.yaml", "scenario.rupture.hazard=0.2", "hydra.run.dir=here"])
    assert "My own river" in capsys.readouterr().out
    saved = OmegaConf.load("here/.hydra/config.yaml").scenario
    assert (saved.rounds, saved.rupture.hazard, saved.tokyo.name) == (5, 0.2, "Upper Arvend")


def test_scenario_files_of_any_name_and_of_the_same_name() -> None:
    for folder, rounds in (("p", 4), ("q", 5)):
        Path(folder).mkdir()
        for name in ("a.yaml", "日韓, é (1).yaml"):
            Path(folder, name).write_text(f"defaults: [river_dam, _self_]\nrounds: {rounds}\n", encoding="utf-8")
    main([*QUICK, "scenario=p/日韓, é (1).yaml", "hydra.run.dir=here"])
    assert OmegaConf.load("here/.hydra/config.yaml").scenario.rounds == 4
    main([*QUICK, "-m", "scenario=p/a.yaml,q/a.yaml", "hydra.sweep.dir=both"])
    assert [OmegaConf.load(f"both/{job}/.hydra/config.yaml").scenario.rounds for job in (0, 1)] == [4, 5]


def test_results_are_saved_whatever_becomes_of_the_output() -> None:
    shell = f"{sys.executable} -m negotiation {' '.join(QUICK)} hydra.run.dir=%s %s"
    piped = subprocess.run(["bash", "-c", shell % ("piped", "| true") + "; echo ${PIPESTATUS[0]}"], capture_output=True,
                           text=True, timeout=120, check=False)
    assert Path("piped/summary.json").exists()
    assert "Traceback" not in piped.stderr
    assert piped.stdout.strip() == "0"
    assert piped.stderr == ""
    full = subprocess.run(["bash", "-c", shell % ("full", "> /dev/full")], capture_output=True, text=True, timeout=120,
                          check=False)
    assert Path("full/summary.json").exists()
    assert full.returncode == 2
    assert full.stderr.startswith("negotiation: output: No space left")


def test_a_full_folder_name_that_is_a_file_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    Path("taken").write_text("mine", encoding="utf-8")
    assert "taken" in refused(capsys, "hydra.run.dir=taken/run")
    assert Path("taken").read_text(encoding="utf-8") == "mine"


def test_exit_status_and_no_traceback_in_a_real_process() -> None:
    result = command("scenario.rupture.hazard=-1")
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_multirun_makes_one_folder_a_job() -> None:
    result = command("-m", *QUICK, "scenario.standstill.length=2,8", "hydra.sweep.dir=sweep")
    assert result.returncode == 0, result.stderr
    shares = [json.loads(Path("sweep", job, "summary.json").read_text(encoding="utf-8")) for job in ("0", "1")]
    assert shares[0]["outcomes"]["exact"]["standstill"] < shares[1]["outcomes"]["exact"]["standstill"]
    assert not list(Path("sweep").glob("*/*.log"))


@pytest.mark.parametrize(("swept", "key"), [
    ("scenario.rupture.hazard=0.1,-1", "scenario.rupture.hazard: -1.0"), ("episodes=10,0", "episodes: 0"),
    ("policy.tokyo=hawk,absent", "policy.tokyo: 'absent'"), ("scenario.rounds=5,abc", "scenario.rounds: 'abc'"),
])
def test_a_bad_value_of_a_multirun_is_refused_before_any_job(capsys: pytest.CaptureFixture[str], swept: str,
                                                             key: str) -> None:
    assert key in refused(capsys, "-m", *QUICK, swept, "hydra.sweep.dir=sweep")
    assert not Path("sweep").exists()


def test_a_bad_combination_of_a_multirun_keeps_the_other_jobs() -> None:
    result = command("-m", *QUICK, "scenario.washington.welcome=[0,0,1],[0,0,2]",
                     "scenario.washington.stances.urge.talks=0.015,0.5", "hydra.sweep.dir=sweep")
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert "scenario.washington.stances." in result.stderr
    assert Path("sweep/0/summary.json").exists()


def test_square_brackets_in_names_are_only_brackets(capsys: pytest.CaptureFixture[str]) -> None:
    main([*QUICK, "scenario.title='a [/b] c [red]'", "scenario.tokyo.name='T[/]'", "hydra.run.dir='o[/x]'"])
    said = capsys.readouterr().out
    assert "a [/b] c [red]" in said
    assert "T[/]" in said
    assert "o[/x]" in said


def test_replay_tells_the_episode(capsys: pytest.CaptureFixture[str]) -> None:
    main(["mode=replay", "episode=17", "seed=3", "hydra.run.dir=here"])
    said = capsys.readouterr().out
    assert said == Path("here/replay.txt").read_text(encoding="utf-8")
    assert "episode 17, seed 3" in said
    assert said.count("\nWeek ") == len(episode_draws(3, 17, said.count("\nWeek ")))


def test_help_lists_every_group_option_and_behaviour(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert not caught.value.code
    said = capsys.readouterr().out
    for group in ("scenario", "policy", "engine", "experiment"):
        listed = re.search(rf"^{group}: (.*)$", said, re.MULTILINE)
        assert listed
        assert set(group_names(group)) <= set(listed.group(1).split(", "))
    for word in (*CATALOGUE, *MODES, *ENGINES):
        assert re.search(rf"\b{word}\b", said)
    # The line of scenarios also holds the files that other tests of this process have registered.
    assert max(len(line) for line in said.splitlines() if not line.startswith("scenario:")) <= 110


def test_a_warning_names_who_would_like_a_rupture(capsys: pytest.CaptureFixture[str]) -> None:
    main([*QUICK, "scenario.seoul.rupture=50", "hydra.run.dir=here"])
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "Seoul (seoul) would like" in said
    main(["mode=replay", "scenario.seoul.rupture=50", "hydra.run.dir=there"])
    assert "Seoul (seoul) would like" in capsys.readouterr().err
    # The comparison is with what the solved game is worth, whatever is played.
    main([*QUICK, "policy.tokyo=hawk", "policy.seoul=grit", "hydra.run.dir=elsewhere"])
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("episodes", ["400000000"])
def test_interrupt_ends_quickly_and_leaves_no_broken_file(episodes: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "negotiation.cli", f"episodes={episodes}", "hydra.run.dir=here"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not Path("here/.hydra/overrides.yaml").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    asked = time.monotonic()
    _, errors = process.communicate(timeout=30)
    assert time.monotonic() - asked < 10  # blocks in flight are milliseconds; slow machines get patience
    assert process.returncode == 130
    assert errors.strip().splitlines()[-1] == "negotiation: stopped"
    assert [path for path in Path("here").rglob("*") if path.is_file() and ".hydra" not in path.parts] == []


def test_every_shipped_experiment_composes_and_runs() -> None:
    for name in group_names("experiment"):
        main([*QUICK, f"experiment={name}", f"hydra.run.dir={name}"])
        assert Path(name, "summary.json").exists()


def test_configuration_folder_is_found_from_anywhere() -> None:
    assert (conf_folder() / "config.yaml").is_file()
    assert os.fspath(conf_folder()) not in str(Path.cwd())


def test_numbers_do_not_depend_on_the_number_of_workers() -> None:
    for workers in (1, 2):
        main(["plots.save=false", f"engine.workers={workers}", f"hydra.run.dir=w{workers}", "episodes=40000"])
    one, two = (json.loads(Path(f"w{n}", "summary.json").read_text(encoding="utf-8")) for n in (1, 2))
    assert one["outcomes"] == two["outcomes"]
    assert np.isfinite(list(one["values"].values())).all()


def test_an_interrupt_that_python_swallows_ends_the_command_all_the_same(tmp_path: Path) -> None:
    """A KeyboardInterrupt raised inside a finaliser is only printed; the command leaves a moment later."""
    script = tmp_path / "swallow.py"
    script.write_text(
        "import os, signal, sys, time\n"
        "import negotiation.app\n"
        "class Swallows:\n"
        "    def __del__(self):\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "        time.sleep(0.1)\n"
        "def work(arguments):\n"
        "    one = Swallows()\n"
        "    del one\n"
        "    time.sleep(60)\n"
        "negotiation.app.run = work\n"
        "from negotiation.cli import main\n"
        "main([])\n", encoding="utf-8")
    result = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=40, check=False)
    assert result.returncode == 130
    assert result.stderr.strip().splitlines()[-1] == "negotiation: stopped"
