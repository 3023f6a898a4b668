"""Bad sweep configuration: each kind gets one line that names the key, the value and what is allowed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from hydra import compose, initialize_config_dir
from hydra.core.config_store import ConfigStore
from omegaconf import OmegaConf
from sweep_runs import ATTENTION, FIRMNESS, config_of, plan_of, run

from negotiation.cli import main, prepared
from negotiation.collecting import collect
from negotiation.collecting import main as collect_main
from negotiation.config import plain_config, register, study_from
from negotiation.library import conf_folder
from negotiation.parameters import ParameterError
from negotiation.refusals import explain
from negotiation.sweep.settings import SweepPlan

AXES = "sweep.axes={scenario.washington.attention: [0, 1]}"
SMALL = "scenario=small_dispute"  # composed in half the time of the reference scenario with its documentation
HAZARD = "scenario.rupture.hazard"


@pytest.fixture(scope="class")
def _composing() -> Iterator[None]:
    """Hydra, ready to compose, as the command has it; the command itself cannot run meanwhile."""
    register()
    store = ConfigStore.instance()
    store.store(group="scenario", name="small_dispute", node=OmegaConf.create(config_of({})["scenario"]))
    with initialize_config_dir(str(conf_folder()), version_base="1.3"):
        yield
    del store.repo["scenario"]["small_dispute.yaml"]


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with tables that are no designs."""
    monkeypatch.chdir(tmp_path)
    for name, text in (("gap", f"{FIRMNESS},scenario.rounds\n1,2\n2,\n"), ("unknown", f"{FIRMNESS},tension\n1,2\n"),
                       ("misspelled", "scenario.tokyo.firmnes\n1\n"), ("empty", ""), ("heading", f"{FIRMNESS}\n"),
                       ("words", f"{FIRMNESS}\nhigh\n"), ("twice", "scenario.tokyo.ladder.1.harm,"
                        "scenario.tokyo.ladder[1].harm\n1,2\n")):
        Path(f"{name}.csv").write_text(text, encoding="utf-8")
    Path("broken.parquet").write_bytes(b"PAR1 and no more")
    Path("points.xlsx").write_bytes(b"")
    Path("empty_folder").mkdir()


def refusal(*arguments: str) -> str:
    """The line that the command refuses these arguments with, composed by Hydra as the command does."""
    with pytest.raises(Exception) as caught:
        config = compose("config", [SMALL, *prepared(arguments)])
        study_from(config)
        SweepPlan.from_config(plain_config(config))
    line = explain(caught.value)
    assert line is not None, repr(caught.value)
    assert "\n" not in line
    assert len(line) < 1000
    return line


def axes(text: str) -> str:
    return f"sweep.axes={{{text}}}"


# The kind, the arguments, and what the line must contain: key, value, what is allowed.
REFUSALS: list[tuple[str, list[str], list[str]]] = [
    # designs
    ("unknown design", ["sweep=annealing"], ["sweep: 'annealing'", "latin_hypercube", "or a sweep's folder"]),
    ("unknown method", ["sweep=grid", "sweep.method=annealing", AXES], ["sweep.method: 'annealing'", "one of grid"]),
    ("no axes", ["sweep=grid"], ["sweep.axes: None", "a mapping of at least one key to its values"]),
    ("no axis", ["sweep=grid", "sweep.axes={}"], ["sweep.axes: {}", "at least one key"]),
    ("axes that are a list", ["sweep=grid", "sweep.axes=[1]"], ["sweep.axes: [1]", "a mapping"]),
    ("axis of nothing", ["sweep=grid", axes(f"{HAZARD}: []")], [f"sweep.axes.{HAZARD}: []", "at least one value"]),
    ("value that is null", ["sweep=grid", axes(f"{HAZARD}: [null]")], [f"sweep.axes.{HAZARD}: None", "numbers, texts"]),
    ("value that is a list", ["sweep=grid", axes(f"{HAZARD}: [[1]]")], [f"sweep.axes.{HAZARD}: [1]", "numbers, texts"]),
    ("value twice", ["sweep=grid", axes("scenario.rounds: [2, 3, 2]")], ["sweep.axes.scenario.rounds: 2", "once"]),
    ("value twice in two spellings", ["sweep=grid", axes("scenario.rounds: [2, 2.0]")], ["rounds: 2.0", "once"]),
    ("key that is none", ["sweep=grid", axes("scenario.washington.atention: [1]")],
     ["scenario.washington.atention: 1", "did you mean 'attention'"]),
    ("key that no point may change", ["sweep=grid", axes("plots.paths: [1]")],
     ["sweep.axes: 'plots.paths'", "scenario.*, policy.tokyo"]),
    ("key of a result", ["sweep=grid", axes("error: [1]")], ["sweep.axes: 'error'", "scenario.*"]),
    ("group of keys", ["sweep=grid", axes("scenario.washington: [1]")], ["scenario.washington: 1", "a mapping with"]),
    ("value out of range", ["sweep=grid", axes(f"{HAZARD}: [0.1, 1.5]")], [f"{HAZARD}: 1.5", "in [0, 1]"]),
    ("value of the wrong kind", ["sweep=grid", axes("scenario.rounds: [2, many]")], ["rounds: 'many'", "an integer"]),
    ("unknown behaviour", ["sweep=grid", axes("policy.tokyo: [hawk, absent]")], ["policy.tokyo: 'absent'", "dove"]),
    ("behaviour that remembers", ["sweep=grid", axes("policy.tokyo: [hawk, grudger]")],
     ["engine.name: 'exact'", "policy.tokyo=grudger remembers"]),
    ("base that remembers", ["sweep=grid", AXES, "policy.seoul=tit_for_tat"],
     ["policy.seoul=tit_for_tat remembers", "batch or mesa"]),
    ("mistake out of range", ["sweep=grid", axes("policy.tokyo: [{behaviour: hawk, error: 2}]")],
     ["policy.tokyo.error: 2", "in [0, 1]"]),
    ("behaviour half a mapping", ["sweep=grid", axes("policy.tokyo: ['{behaviour: hawk']")],
     ["policy.tokyo: '{behaviour: hawk'", "{behaviour: NAME, error: CHANCE}"]),
    ("unknown scenario", ["sweep=grid", axes("scenario: [river_dam, atlantis]")], ["'atlantis'", "river_dam"]),
    ("unknown engine", ["sweep=grid", axes("engine.name: [batch, gpu]")], ["engine.name: 'gpu'", "exact, batch, mesa"]),
    ("seed out of range", ["sweep=grid", axes("seed: [1, -2]")], ["seed: -2", "from 0 to 2^128 - 1"]),
    ("half an episode", ["sweep=grid", "engine=batch", axes("episodes: [1.5]")], ["episodes: 1.5", "at least 1"]),
    ("episodes of an exact sweep", ["sweep=grid", axes("episodes: [5]")], ["sweep.axes: 'episodes'", "engine=batch"]),
    ("scenario too large", ["sweep=grid", axes("scenario.shadow: [2, 999999999]")], ["999999999", "GB", "at most"]),
    # intervals
    ("unknown key in an axis", ["sweep=grid", axes(f"{HAZARD}: {{low: 0, high: 1, steps: 3}}")],
     [f"sweep.axes.{HAZARD}.steps: 3", "low, high, points, scale, integer"]),
    ("interval without points in a grid", ["sweep=grid", axes(f"{HAZARD}: {{low: 0, high: 1}}")],
     [f"sweep.axes.{HAZARD}: 'an interval without points'", "points: a number"]),
    ("interval without points in a zip", ["sweep=zip", axes(f"{HAZARD}: {{low: 0, high: 1}}")],
     [f"sweep.axes.{HAZARD}: 'an interval without points'", "points: a number"]),
    ("interval without an end", ["sweep=sobol", axes(f"{HAZARD}: {{low: 0}}")],
     [f"sweep.axes.{HAZARD}.high: 'missing'", "a finite number"]),
    ("low above high", ["sweep=sobol", axes(f"{HAZARD}: {{low: 0.5, high: 0.1}}")],
     [f"sweep.axes.{HAZARD}.high: 0.1", "above low (0.5)"]),
    ("log scale from 0", ["sweep=sobol", axes(f"{HAZARD}: {{low: 0, high: 1, scale: log}}")],
     [f"sweep.axes.{HAZARD}.low: 0", "above 0 on a log scale"]),
    ("unknown scale", ["sweep=sobol", axes(f"{HAZARD}: {{low: 0, high: 1, scale: cubic}}")],
     [f"sweep.axes.{HAZARD}.scale: 'cubic'", "linear, log"]),
    ("broken ends of whole numbers", ["sweep=sobol", axes("scenario.rounds: {low: 1.5, high: 3, integer: true}")],
     ["sweep.axes.scenario.rounds: [1.5, 3.0]", "whole numbers"]),
    ("interval of no points", ["sweep=grid", axes(f"{HAZARD}: {{low: 0, high: 1, points: 0}}")],
     [f"sweep.axes.{HAZARD}.points: 0", "at least 1"]),
    ("end out of range", ["sweep=latin_hypercube", axes(f"{HAZARD}: {{low: -1, high: 1}}")],
     [f"{HAZARD}: -1.0", "in [0, 1]"]),
    ("text as an end", ["sweep=sobol", axes(f"{HAZARD}: {{low: none, high: 1}}")],
     [f"sweep.axes.{HAZARD}.low: 'none'", "a finite number"]),
    # methods
    ("zip of unequal lengths", ["sweep=zip", axes("scenario.rounds: [2, 3], scenario.shadow: [1, 2, 3]")],
     ["sweep.axes: 'scenario.rounds 2, scenario.shadow 3'", "as many values on every axis"]),
    ("no list", ["sweep=list"], ["sweep.file: None", ".csv or .parquet"]),
    ("list that is missing", ["sweep=list", "sweep.file=nowhere.csv"], ["sweep.file: 'nowhere.csv'", "existing .csv"]),
    ("list of another format", ["sweep=list", "sweep.file=points.xlsx"], ["'points.xlsx'", ".csv or .parquet"]),
    ("list with a gap", ["sweep=list", "sweep.file=gap.csv"], ["'gap.csv: column scenario.rounds, row ", "every row"]),
    ("list with an unknown column", ["sweep=list", "sweep.file=unknown.csv"],
     ["sweep.file: 'unknown.csv: column tension'", "scenario.*"]),
    ("list with a misspelled column", ["sweep=list", "sweep.file=misspelled.csv"],
     ["scenario.tokyo.firmnes: 1", "did you mean 'firmness'"]),
    ("list with a column twice", ["sweep=list", "sweep.file=twice.csv"], ["scenario.tokyo.ladder[1].harm'", "once"]),
    ("list of words", ["sweep=list", "sweep.file=words.csv"], [f"{FIRMNESS}: 'high'", "a number"]),
    ("empty list", ["sweep=list", "sweep.file=empty.csv"], ["sweep.file: 'empty.csv'", "a readable table"]),
    ("list without rows", ["sweep=list", "sweep.file=heading.csv"], ["sweep.file: 'heading.csv'", "at least one row"]),
    ("broken Parquet", ["sweep=list", "sweep.file=broken.parquet"], ["sweep.file: 'broken.parquet'", "readable table"]),
    ("no points", ["sweep=latin_hypercube", "sweep.points=0", axes(f"{HAZARD}: {{low: 0, high: 1}}")],
     ["sweep.points: 0", "at least 1"]),
    ("points that are no number", ["sweep=sobol", "sweep.points=many", axes(f"{HAZARD}: {{low: 0, high: 1}}")],
     ["sweep.points: 'many'", "an integer"]),
    ("too many points", ["sweep=sobol", "sweep.points=1000000000", axes(f"{HAZARD}: {{low: 0, high: 1}}")],
     ["sweep.points: '1000000000 points'", "at most 100000000"]),
    ("too large a grid", ["sweep=grid", axes("seed: {low: 0, high: 99999, integer: true}, scenario.rounds: "
                                             "{low: 1, high: 9999, integer: true}")], ["'999900000 points'"]),
    ("base that is no power of two", ["sweep=saltelli", "sweep.base=100", axes(f"{HAZARD}: {{low: 0, high: 1}}")],
     ["sweep.base: 100", "a power of two"]),
    ("second order perhaps", ["sweep=saltelli", "sweep.second_order=2", axes(f"{HAZARD}: {{low: 0, high: 1}}")],
     ["sweep.second_order: 2", "true or false"]),
    ("odd number of levels", ["sweep=morris", "sweep.levels=3", axes(f"{HAZARD}: {{low: 0, high: 1}}")],
     ["sweep.levels: 3", "an even integer"]),
    ("no trajectories", ["sweep=morris", "sweep.trajectories=0", axes(f"{HAZARD}: {{low: 0, high: 1}}")],
     ["sweep.trajectories: 0", "at least 1"]),
    ("union of nothing", ["sweep=union"], ["sweep.designs: None", "at least one design"]),
    ("union of a number", ["sweep=union", "sweep.designs=[3]"], ["sweep.designs[0]: 3", "a mapping with a method"]),
    ("part of a union without axes", ["sweep=union", "sweep.designs=[{method: grid}]"],
     ["sweep.designs[0].axes: None", "at least one key"]),
    ("method that is a mapping", ["sweep=union", "sweep.designs=[{method: {a: 1}}]"],
     ["sweep.designs[0].method: {'a': 1}", "one of grid"]),
    ("key of another method", ["sweep=grid", AXES, "sweep.points=5"], ["sweep.points: 5", "method, axes in a grid"]),
    ("unknown key", ["sweep=grid", AXES, "sweep.halfwidth=0.1"], ["sweep.halfwidth: '0.1'", "'half_width'"]),
    # precision, draws, running
    ("precision of what is exact", ["sweep=grid", AXES, "sweep.half_width=0.01"],
     ["sweep.half_width: 0.01", "engine=batch"]),
    ("precision 0", ["sweep=grid", AXES, "engine=batch", "sweep.half_width=0"], ["sweep.half_width: 0", "[0.00001, "]),
    ("precision that is no number", ["sweep=grid", AXES, "engine=batch", "sweep.half_width=tight"],
     ["sweep.half_width: 'tight'", "a number"]),
    ("cap 0", ["sweep=grid", AXES, "engine=batch", "sweep.half_width=0.1", "sweep.max_episodes=0"],
     ["sweep.max_episodes: 0", "at least 1"]),
    ("draws in common sometimes", ["sweep=grid", AXES, "engine=batch", "sweep.common_random_numbers=often"],
     ["sweep.common_random_numbers: 'often'", "true or false"]),
    ("own draws of agents", ["sweep=grid", AXES, "engine=mesa", "sweep.common_random_numbers=false"],
     ["sweep.common_random_numbers: False", "true with engine=mesa"]),
    ("own draws of agents on an axis", ["sweep=grid", axes("engine.name: [batch, mesa]"), "engine=batch",
                                        "sweep.common_random_numbers=false"],
     ["sweep.common_random_numbers: False", "true with engine=mesa"]),
    ("shard beyond the last", ["sweep=grid", AXES, "sweep.shard=5/4"], ["sweep.shard: '5/4'", "K from 1 to N"]),
    ("shard before the first", ["sweep=grid", AXES, "sweep.shard=0/4"], ["sweep.shard: '0/4'", "K from 1 to N"]),
    ("shard that is none", ["sweep=grid", AXES, "sweep.shard=half"], ["sweep.shard: 'half'", "e.g. 3/16"]),
    ("address without Dask", ["sweep=grid", AXES, "executor.address=tcp://localhost:8786"],
     ["executor.address: 'tcp://localhost:8786'", "executor=dask"]),
    ("address without a protocol", ["sweep=grid", AXES, "executor=dask", "executor.address=localhost"],
     ["executor.address: 'localhost'", "PROTOCOL://HOST:PORT"]),
    ("unknown executor", ["sweep=grid", AXES, "executor=cloud"], ["executor: 'cloud'", "dask, processes, threads"]),
    ("unknown name of an executor", ["sweep=grid", AXES, "executor.name=cloud"], ["executor.name: 'cloud'", "threads"]),
    ("no workers", ["sweep=grid", AXES, "executor.workers=0"], ["executor.workers: 0", "from 1 to 4096"]),
    ("plan perhaps", ["sweep=grid", AXES, "sweep.plan=maybe"], ["sweep.plan: 'maybe'", "true or false"]),
    ("unknown quantity", ["sweep=grid", AXES, "sweep.quantity=happiness", "plots.save=false"],
     ["sweep.quantity: 'happiness'", "probability_settlement"]),
    ("folder that is a number", ["sweep=grid", AXES, "sweep.resume=3"], ["sweep.resume: 3", "a sweep's folder"]),
    # what would be passed over without a sweep
    ("axes without a sweep", [AXES], ["sweep.axes: {", "nothing without a sweep, e.g. sweep=grid"]),
    ("shard without a sweep", ["sweep.shard=1/2"], ["sweep.shard: '1/2'", "nothing without a sweep"]),
    ("plan without a sweep", ["sweep.plan=true"], ["sweep.plan: True", "nothing without a sweep"]),
    # replays
    ("point without a sweep", ["mode=replay", "point=1"], ["point: 1", "together with sweep=FOLDER"]),
    ("point without a replay", ["point=1"], ["point: 1", "nothing without mode=replay"]),
    ("branch without a week", ["mode=replay", "branch.change={policy.tokyo: hawk}"], ["branch.week: None", "WEEK and"]),
    ("branch without a change", ["mode=replay", "branch.week=2"], ["branch.change: None", "{KEY: VALUE}"]),
    ("branch before the first week", ["mode=replay", "branch.week=0", "branch.change={policy.tokyo: hawk}"],
     ["branch.week: 0", "at least 1"]),
    ("change that is no mapping", ["mode=replay", "branch.week=2", "branch.change=hawk"],
     ["branch.change: 'hawk'", "{KEY: VALUE}"]),
    ("branch without a replay", ["branch.week=2"], ["branch.week: 2", "nothing without mode=replay"]),
    ("replay of a sweep yet to run", ["mode=replay", "sweep=grid", AXES], ["sweep: 'grid'", "folder"]),
    ("folder that does not exist", ["mode=replay", "sweep=./nowhere", "point=1"], ["'nowhere'", "manifest.json"]),
    ("folder of no sweep", ["mode=replay", "sweep=./empty_folder", "point=1"], ["'empty_folder'", "manifest.json"]),
    ("name that is no design's and no folder's", ["mode=replay", "sweep=nowhere", "point=1"],
     ["sweep: 'nowhere'", "or a sweep's folder"]),
]


def test_there_are_at_least_twenty_kinds() -> None:
    kinds = [kind for kind, *_ in REFUSALS]
    assert len(kinds) == len(set(kinds)) >= 20


GOOD = [
    ["sweep=grid", axes("policy.tokyo: [hawk, {behaviour: hawk, error: 1e-5}]")],
    ["sweep=grid", AXES, "sweep.shard=4/4"], ["sweep=grid", AXES, "sweep.plan=true"],
    ["sweep=grid", AXES, "engine=batch", "sweep.half_width=0.01", "sweep.max_episodes=1"],
    ["sweep=grid", AXES, "executor=dask", "executor.address=tcp://10.0.0.1:8786"],
    ["sweep=grid", AXES, "executor=processes", "executor.workers=3"], ["sweep=attention_firmness"],
    ["sweep=grid", axes("scenario.tokyo.ladder.2.harm: [0.5, 0.6], scenario.start.standstill: [true, false]")],
    ["sweep=latin_hypercube", axes(f"{HAZARD}: {{low: 0, high: 1}}"), "sweep.points=3"],
    ["sweep=sobol", axes(f"{HAZARD}: {{low: 0.01, high: 1, scale: log}}"), "sweep.points=3"],
    ["sweep=saltelli", axes(f"{HAZARD}: {{low: 0, high: 1}}"), "sweep.base=4", "sweep.second_order=true"],
    ["sweep=morris", axes(f"{HAZARD}: {{low: 0, high: 1}}"), "sweep.trajectories=3"],
    ["sweep=union", "sweep.designs=[{method: grid, axes: {scenario.rounds: [2]}}, {method: sobol, points: 4, "
                    f"axes: {{{HAZARD}: {{low: 0, high: 1}}}}}}]"],
    ["sweep=none"], ["sweep=zip", axes("scenario.rounds: [2, 3], scenario.shadow: {low: 1, high: 2, integer: true}")],
]


@pytest.mark.usefixtures("_composing", "files")
class TestComposed:
    """Through Hydra's own composition, without a run."""

    @pytest.mark.parametrize(("arguments", "told"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS])
    def test_a_bad_sweep_gets_one_line(self, arguments: list[str], told: list[str]) -> None:
        line = refusal(*arguments)
        for words in told:
            assert words in line, line
        assert "allowed" in line

    @pytest.mark.parametrize("arguments", GOOD, ids=lambda arguments: " ".join(arguments)[:70])
    def test_good_sweeps_are_not_refused(self, arguments: list[str]) -> None:
        """The same way as the refusals, so that what refuses them is what is wrong with them."""
        config = compose("config", [SMALL, *prepared(arguments)])
        if study_from(config).sweeps:
            assert len(SweepPlan.from_config(plain_config(config)).design) >= 1


# ------------------------------------------------------------- what only some of the points break


def test_a_value_that_is_good_beside_some_others_is_no_mistake_of_the_sweep() -> None:
    plan = plan_of({"method": "grid", "axes": {"scenario.washington.stances.urge.talks": [0.015, 0.6],
                                               "scenario.washington.welcome[2]": [0.0, 2.0]}})
    assert len(plan.design) == 4
    with pytest.raises(ParameterError, match=r"urge\.talks: 0\.6"):
        plan_of({"method": "grid", "axes": {"scenario.washington.stances.urge.talks": [0.015, 0.6],
                                            "scenario.washington.welcome[2]": [1.0, 2.0]}})


def test_the_one_good_combination_is_found_among_many(tmp_path: Path) -> None:
    """0.6 is refused by thousands of neighbours but not by the last."""
    count = 3000
    frame = pd.DataFrame({"scenario.washington.stances.urge.talks": [0.6] * count,
                          "scenario.washington.welcome[2]": [2.0] * (count - 1) + [0.0]})
    frame["scenario.tokyo.firmness"] = [1 + place / count for place in range(count)]
    frame.to_parquet(tmp_path / "points.parquet")
    assert len(plan_of({"method": "list", "file": str(tmp_path / "points.parquet")}).design) == count


# ----------------------------------------------------------------------- with the command and folders


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished sweep over Washington's attention, 0 and 1."""
    folder = tmp_path_factory.mktemp("sweeps") / "done"
    run(folder, plan_of({"method": "grid", "axes": {ATTENTION: [0, 1]}}))
    return folder


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as caught:
        main(list(arguments))
    assert caught.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1, said.err
    return said.err.removeprefix("negotiation: ").strip()


def test_the_command_refuses_before_any_work(tmp_path: Path, capsys: pytest.CaptureFixture[str],
                                             monkeypatch: pytest.MonkeyPatch) -> None:
    """A handful of the kinds above, end to end: status 2, one line, no rows anywhere."""
    monkeypatch.chdir(tmp_path)
    assert refused(capsys, "sweep=grid", axes(f"{HAZARD}: [2]")).startswith(f"{HAZARD}: 2.0 is not allowed")
    assert refused(capsys, "sweep=union").startswith("sweep.designs: None")
    assert refused(capsys, AXES).startswith("sweep.axes: {")
    assert not list(tmp_path.rglob("*.parquet"))
    assert not list(tmp_path.rglob("manifest.json"))


def test_a_folder_of_another_sweep_is_refused_with_the_difference(done: Path, tmp_path: Path) -> None:
    def told(**changed: object) -> str:
        config = config_of({"method": "grid", "axes": {ATTENTION: changed.pop("attention", [0, 1])}}, **changed)
        before = sorted((path, path.stat().st_mtime_ns) for path in (done / "parts").iterdir())
        with pytest.raises(ParameterError) as caught:
            run(done, SweepPlan.from_config(config))
        assert sorted((path, path.stat().st_mtime_ns) for path in (done / "parts").iterdir()) == before
        assert caught.value.key == "sweep.resume"
        return caught.value.allowed.partition("this one differs in ")[2]

    assert told(attention=[0, 2]) == "sweep.axes.scenario.washington.attention[1]: 1 there against 2 here"
    assert told(seed=3).count("seed: 20190704 there against 3 here") == 1
    assert told(engine={"name": "batch"}).startswith("engine.name: 'exact' there against 'batch' here")
    scenario = config_of({})["scenario"] | {"rounds": 5}
    assert told(scenario=scenario) == "scenario.rounds: 6 there against 5 here"
    policy = config_of({})["policy"] | {"tokyo": "hawk"}
    assert told(policy=policy) == "policy.tokyo: 'equilibrium' there against 'hawk' here"


def test_a_shard_is_not_taken_up_as_another(tmp_path: Path) -> None:
    run(tmp_path / "s", plan_of({"method": "grid", "axes": {ATTENTION: [0, 1]}, "shard": "1/2"}))
    with pytest.raises(ParameterError, match="shard"):
        run(tmp_path / "s", plan_of({"method": "grid", "axes": {ATTENTION: [0, 1]}, "shard": "2/2"}))


def test_what_does_not_change_a_row_makes_no_other_sweep(done: Path) -> None:
    """Steering keys, the heading for people and what an exact sweep does not look at."""
    config = config_of({"method": "grid", "axes": {ATTENTION: [0, 1]}, "plan": False, "quantity": "value_tokyo",
                        "max_episodes": 7, "common_random_numbers": True}, episodes=77)
    table = run(done, SweepPlan.from_config(config))
    assert len(table) == 2


@pytest.mark.parametrize(("arguments", "told"), [
    (["point=7"], ["point: 7", "an integer from 0 to 1"]), (["point=-1"], ["point: -1", "from 0 to 1"]),
    (["point=one"], ["point: 'one'", "from 0 to 1"]), ([], ["point: None", "a number of a point"]),
    (["point=1", "episode=-4"], ["episode: -4", "from 0 to 2^63 - 1"]),
    (["point=1", "seed=3"], ["seed: '3'", "beside sweep=FOLDER only mode, sweep, point"]),
    (["point=1", "scenario.rounds=3"], ["scenario.rounds: '3'", "branch.change changes it"]),
    (["point=1", "branch.week=99", "branch.change={policy.tokyo: hawk}"], ["branch.week: 99", "from 1 to 6"]),
    (["point=1", "branch.week=2", "branch.change={seed: 4}"], ["branch.change: 'seed'", "scenario.*"]),
    (["point=1", "branch.week=2", "branch.change={policy.tokyo: absent}"], ["policy.tokyo: 'absent'", "hawk"]),
], ids=lambda given: " ".join(given)[:50])
def test_replays_of_no_row_are_refused(done: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
                                       monkeypatch: pytest.MonkeyPatch, arguments: list[str], told: list[str]) -> None:
    monkeypatch.chdir(tmp_path)
    line = refused(capsys, "mode=replay", f"sweep={done}", *arguments)
    for words in told:
        assert words in line


def test_a_folder_alone_is_no_command(done: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path,
                                      monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    line = refused(capsys, f"sweep={done}")
    assert "nothing without mode=replay; to go on with a sweep: its own command and sweep.resume=FOLDER" in line


def test_a_mistyped_folder_begins_no_new_sweep(tmp_path: Path, capsys: pytest.CaptureFixture[str],
                                               monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "'typo'" in refused(capsys, "sweep=grid", AXES, "sweep.resume=typo")
    assert not Path("typo").exists()


def test_collecting_what_does_not_belong_together_is_refused(done: Path, tmp_path: Path,
                                                             capsys: pytest.CaptureFixture[str]) -> None:
    run(tmp_path / "other", plan_of({"method": "grid", "axes": {ATTENTION: [0, 2]}}))
    (tmp_path / "nothing").mkdir()
    with pytest.raises(ParameterError, match=r"attention\[1\]: 1 there against 2 here"):
        collect([done, tmp_path / "other"], tmp_path / "both")
    assert not (tmp_path / "both" / "manifest.json").exists()
    with pytest.raises(SystemExit) as caught:
        collect_main([str(tmp_path / "nothing"), "--into", str(tmp_path / "both")])
    assert caught.value.code == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "nothing' is not allowed; allowed: a sweep's folder" in said
