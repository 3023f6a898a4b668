"""From a saved figure back to its command: receipts of real runs, the printed command, what differs today."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from negotiation import reproducing
from negotiation.cli import main
from negotiation.commands import compose, into
from negotiation.library import conf_folder
from negotiation.parameters import ParameterError
from negotiation.plots.receipts import signed
from negotiation.plots.save import read_receipt, save_figure
from negotiation.plots.style import new_axes
from negotiation.provenance import config_hash, file_hashes, provenance, receipt

QUICK = ["scenario.rounds=6", "scenario.shadow=4", "engine=exact"]
SIMULATED = [*QUICK[:2], "engine=batch", "episodes=300"]
ONE = "plots.formats=[png]"
FILE = "my dispute, new.yaml"


def run(*words: str) -> None:
    """The command in this process, which stays alive whatever the command does."""
    try:
        main(list(words))
    except SystemExit as left:  # a multirun whose jobs failed, a refusal
        assert not left.code


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what several commands made in it."""
    home, before = tmp_path_factory.mktemp("made"), Path.cwd()
    os.chdir(home)
    try:
        shutil.copy(conf_folder() / "scenario" / "river_dam.yaml", FILE)
        Path("own/sweep").mkdir(parents=True)
        Path("own/sweep/three.yaml").write_text("# @package sweep\nmethod: grid\naxes:\n"
                                                "  scenario.washington.attention: [0.2, 0.6, 1.0]\n")
        shutil.copy(FILE, "plain.yaml")
        run(f"scenario={FILE}", *SIMULATED, "seed=7", "plots.formats=[png,svg,pdf]", "hydra.run.dir=seven")
        run(f"scenario={FILE}", *SIMULATED, "seed=7", "plots.language=ko", "plots.style=projector", ONE,
            "hydra.run.dir=korean")
        run("--config-dir", "own", "sweep=three", *QUICK, ONE, "hydra.run.dir=sweep")
        run("-m", "scenario=plain.yaml,nothing_to_offer", "seed=8", *SIMULATED, ONE, "hydra.sweep.dir=multi")
    finally:
        os.chdir(before)
    return home


@pytest.fixture
def there(made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(made)
    return made


def reproduced(capfd: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, list[str]]:
    """Status, what is on stdout, and the lines on stderr, but for what depends on the state of a checkout."""
    status = 0
    try:
        reproducing.main(list(words))
    except SystemExit as left:
        status = int(left.code or 0)
    said = capfd.readouterr()
    return status, said.out, [line for line in said.err.splitlines() if not line.startswith("commit: ")]


def fake(folder: Path, **told: object) -> Path:
    """A figure whose receipt says what it is told to say."""
    panel = new_axes(3, 2)
    panel.plot([1, 2])
    (path,) = save_figure(panel.figure, folder / "fake", signed(panel.figure, {"figure": "fake"}) | told, ["png"])
    return path


# ------------------------------------------------------------------------------------- receipts


def test_every_figure_says_what_made_it(there):
    figures = [path for path in (there / "seven").iterdir() if path.suffix in (".png", ".svg", ".pdf")]
    assert len(figures) == 9
    for path in figures:
        told = read_receipt(path)
        assert told["command"] == ["negotiation", f"scenario={FILE}", *SIMULATED, "seed=7",
                                   "plots.formats=[png,svg,pdf]"]
        assert told["figure"] == path.stem
        assert told["seed"] == 7
        assert list(told["files"]) == [FILE]
        assert {"version", "commit", "config_hash", "data_hash", "python", "packages"} <= set(told)


def test_the_hash_is_of_the_data(there):
    def hashes(folder: str, ending: str = "png") -> dict[str, str]:
        return {path.stem: read_receipt(path)["data_hash"] for path in (there / folder).glob(f"*.{ending}")}

    seven, eight = hashes("seven"), hashes("multi/0")
    assert len(set(seven.values())) == 3
    assert hashes("korean") == hashes("seven", "svg") == hashes("seven", "pdf") == seven
    assert eight["policy_map"] == seven["policy_map"]  # which no draw enters
    assert eight["outcomes"] != seven["outcomes"]
    assert eight["weeks"] != seven["weeks"]


def test_a_multirun_its_jobs_and_a_sweep_say_what_made_them(there):
    whole, *jobs = (read_receipt(there / "multi" / name) for name in ("outcomes.png", "0/weeks.png", "1/weeks.png"))
    rest = ["seed=8", *SIMULATED, ONE]
    assert whole["command"] == ["negotiation", "-m", "scenario=plain.yaml,nothing_to_offer", *rest]
    assert jobs[0]["command"] == ["negotiation", "scenario=plain.yaml", *rest]
    assert jobs[1]["command"] == ["negotiation", "scenario=nothing_to_offer", *rest]
    assert whole["seed"] == jobs[0]["seed"] == 8
    assert list(whole["files"]) == list(jobs[0]["files"]) == ["plain.yaml"]
    assert read_receipt(there / "sweep" / "sweep.png")["command"] == [
        "negotiation", "--config-dir", "own", "sweep=three", *QUICK, ONE]


def test_provenance_of_the_library_names_no_command():
    assert "command" not in provenance({})
    told = receipt("attention", {"a": 1}, 5, ["python", "experiments/attention.py"], question="why")
    assert told["figure"] == "attention"
    assert told["seed"] == 5
    assert told["question"] == "why"
    assert told["command"] == ["python", "experiments/attention.py"]
    assert told["config_hash"] == config_hash({"a": 1})


def test_hashes_of_files_follow_what_they_say(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = (conf_folder() / "scenario" / "river_dam.yaml").read_text(encoding="utf-8")
    Path("one.yaml").write_text(text, encoding="utf-8")
    Path("two.yaml").write_text("# a remark\n" + text, encoding="utf-8")
    Path("three.yaml").write_text("defaults: [one, _self_]\nrounds: 3\n", encoding="utf-8")
    Path("points.csv").write_text("a\n1\n")
    found = file_hashes(["negotiation", "-m", "scenario=one.yaml,two.yaml,three.yaml,river_dam",
                         "sweep.file=points.csv", "seed=1"])
    assert list(found) == ["one.yaml", "two.yaml", "three.yaml", "points.csv"]
    assert found["one.yaml"] == found["two.yaml"] != found["three.yaml"]
    Path("one.yaml").write_text(text.replace("name: River Commission", "name: Lake Commission"), encoding="utf-8")
    Path("points.csv").write_text("a\n2\n")
    now = file_hashes(["scenario=three.yaml", "sweep.file=points.csv"])
    assert now["three.yaml"] != found["three.yaml"]  # its parent says something else
    assert now["points.csv"] != found["points.csv"]
    assert file_hashes(["scenario=gone.yaml"]) == {"gone.yaml": None}


# ---------------------------------------------------------------------- the command, and what differs


def test_the_printed_command_gives_the_same_data(there, capfd, tmp_path):
    assert reproduced(capfd, "korean/weeks.png")[1].count("\n") == 1
    status, out, _ = reproduced(capfd, "korean/weeks.png", "--run", str(tmp_path / "it's, here"))
    assert status == 0
    command, answer = out.splitlines()
    assert shlex.split(command) == read_receipt(there / "korean" / "weeks.png")["command"]
    assert answer.startswith("same data: ")
    assert str(tmp_path / "it's, here" / "weeks.png") in answer
    figures = list((tmp_path / "it's, here").glob("*.png"))
    assert len(figures) == 3
    for path in figures:
        assert read_receipt(path)["data_hash"] == read_receipt(there / "seven" / path.name)["data_hash"]


def test_run_says_what_is_different(there, capfd, tmp_path, monkeypatch):
    """The process is replaced by one that leaves the results of another seed."""
    def other(arguments, **_):
        assert arguments[:3] == [sys.executable, "-m", "negotiation.cli"]
        assert arguments[-1] == f"hydra.run.dir='{tmp_path / 'new'}'"
        shutil.copytree(there / "multi" / "0", tmp_path / "new")
        return subprocess.CompletedProcess(arguments, 0)

    then, now = (read_receipt(there / folder / "weeks.png")["data_hash"] for folder in ("seven", "multi/0"))
    monkeypatch.setattr(subprocess, "run", other)
    status, out, _ = reproduced(capfd, "seven/weeks.png", "--run", str(tmp_path / "new"))
    assert status == 1
    assert out.splitlines()[1] == f"different data: {tmp_path / 'new' / 'weeks.png'} ({then} then, {now} now)"
    shutil.rmtree(tmp_path / "new")
    status, _, lines = reproduced(capfd, "seven/weeks.svg", "--run", str(tmp_path / "new"))
    assert status == 2
    assert "a command that makes weeks.svg" in lines[-1]


@pytest.mark.parametrize("figure", ["sweep/sweep.png", "multi/outcomes.png", "multi/0/outcomes.png",
                                    "multi/1/weeks.png", "seven/policy_map.pdf"])
def test_nothing_differs_right_away(there, capfd, figure):
    status, out, differs = reproduced(capfd, figure)
    assert status == 0
    assert shlex.split(out) == read_receipt(there / figure)["command"]
    assert all(line.startswith("nothing differs") for line in differs)


def test_what_differs_is_told(there, capfd, tmp_path):
    told = read_receipt(there / "seven" / "weeks.png")
    path = fake(tmp_path, **told | {"version": "0.0.1", "packages": told["packages"] | {"numpy": "1.0"}, "seed": 9,
                                    "commit": "0123456789ab", "config_hash": "feed"})
    reproducing.main([str(path)])
    lines = capfd.readouterr().err.splitlines()
    now = provenance({})
    assert f"negotiation: 0.0.1 then, {now['version']} now" in lines
    assert f"numpy: 1.0 then, {now['packages']['numpy']} now" in lines
    assert f"commit: 0123456789ab then, {now['commit'] or 'absent'} now" in lines
    assert f"config_hash: feed then, {told['config_hash']} now" in lines
    assert "seed: 9 then, 7 now" in lines
    assert len(lines) == 5


def test_a_changed_scenario_file_is_told(there, capfd, tmp_path, monkeypatch):
    shutil.copy(there / FILE, tmp_path / FILE)
    figure = there / "seven" / "weeks.png"
    monkeypatch.chdir(tmp_path)
    assert reproduced(capfd, str(figure))[2] in ([], ["nothing differs: version, commit, packages, configuration and "
                                                     "seed are the figure's"])
    values = yaml.safe_load(Path(FILE).read_text(encoding="utf-8"))
    values["tokyo"]["firmness"] += 0.125
    Path(FILE).write_text(yaml.safe_dump(values), encoding="utf-8")
    status, out, lines = reproduced(capfd, str(figure))
    assert status == 0
    assert shlex.quote(f"scenario={FILE}") in out
    assert f"{FILE}: the file's content has changed since" in lines
    assert any(line.startswith("config_hash: ") for line in lines)
    Path(FILE).unlink()
    lines = reproduced(capfd, str(figure))[2]
    assert any(line.startswith(f"{FILE}: cannot be read here") for line in lines)
    assert any(line.startswith("configuration: refused today") for line in lines)


# ------------------------------------------------------------------------------- the README's pictures


ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PICTURES = [ROOT / name for name in re.findall(r"\]\((docs/pictures/\w+\.png)\)", README)]


def test_the_readme_says_what_makes_each_picture():
    page = README
    assert len(PICTURES) == 4
    for path in PICTURES:
        assert f"`{shlex.join(read_receipt(path)['command'])}`" in page
        assert path.stat().st_size < 150_000


@pytest.mark.parametrize("path", PICTURES, ids=[path.stem for path in PICTURES])
def test_a_picture_of_the_readme_is_what_its_command_makes_today(path, tmp_path, capfd):
    status, out, _ = reproduced(capfd, str(path), "--run", str(tmp_path / "again"))
    assert status == 0, out
    assert "same data" in out


# --------------------------------------------------------------------------------------- refusals


def refusal(capfd: pytest.CaptureFixture[str], *words: str) -> str:
    status, out, lines = reproduced(capfd, *words)
    assert status == 2
    assert out == ""
    assert len(lines) == 1
    return lines[0]


@pytest.mark.parametrize(("name", "content", "said"), [
    ("x.png", "hello", "cannot identify"), ("x.svg", "<svg/>", "holds no receipt"), ("x.svg", "<svg", "SVG"),
    ("x.pdf", "%PDF-1.4", "PDF"), ("x.txt", "hello", "names that end in .png"), ("x.png", None, "an existing file"),
])
def test_what_is_no_figure_is_refused(tmp_path, capfd, name, content, said):
    if content is not None:
        (tmp_path / name).write_text(content)
    line = refusal(capfd, str(tmp_path / name))
    assert line.startswith(f"negotiation: FIGURE: '{tmp_path / name}' is not allowed")
    assert said in line


def test_figures_without_receipt_or_command_are_refused(tmp_path, capfd):
    (plain,) = save_figure(new_axes(3, 2).figure, tmp_path / "plain", None, ["png"])
    line = refusal(capfd, str(plain))
    assert "saved without" in line or "without a command" in line
    from PIL import Image

    with Image.open(plain) as picture:
        picture.save(tmp_path / "edited.png")
    assert "edited since" in refusal(capfd, str(tmp_path / "edited.png"))
    assert "made from the library, without a command" in refusal(capfd, str(fake(tmp_path)))


@pytest.mark.parametrize("command", [
    ["rm", "-rf", "."], ["python", "-c", "print(1)"], ["python", "experiments/../setup.py"], ["python", "other.py"],
    ["negotiation", "hydra.callbacks.x._target_=os.system"], ["negotiation", "+hydra.callbacks.x._target_=os.abort"],
    ["python", "experiments/attention.py", "++hydra.job.chdir=true"], ["negotiation", "hydra/launcher=slurm"],
])
def test_a_receipt_cannot_start_just_anything(tmp_path, capfd, monkeypatch, command):
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("started a process"))
    line = refusal(capfd, str(fake(tmp_path, command=command)), "--run", str(tmp_path / "new"))
    assert line.startswith("negotiation: command: ")
    assert not (tmp_path / "new").exists()


def test_results_are_not_written_over(there, capfd, tmp_path):
    (tmp_path / "old").touch()
    assert "new or empty" in refusal(capfd, "seven/weeks.png", "--run", str(tmp_path))
    assert "data_hash" in refusal(capfd, str(fake(tmp_path, command=["negotiation"], data_hash=None)), "--run",
                                  str(tmp_path / "new"))


def test_a_command_that_fails_is_told(tmp_path, capfd):
    status, out, lines = reproduced(capfd, str(fake(tmp_path, command=["negotiation", "seed=-1"])), "--run",
                                    str(tmp_path / "new"))
    assert status == 2
    assert out == "negotiation seed=-1\n"
    assert lines[-1].startswith("negotiation: command: 'status 2' is not allowed")
    assert any("seed: -1 is not allowed" in line for line in lines[:-1])


def test_folders_of_any_name_can_be_written_into():
    assert into(["negotiation", "seed=1"], Path("/a b/it's"))[1:] == ["seed=1", r"hydra.run.dir='/a b/it\'s'"]
    assert into(["negotiation", "-m", "seed=1,2"], Path("/a"))[-1] == "hydra.sweep.dir='/a'"


def test_compose_is_what_the_command_would_do():
    plain = compose(["negotiation", *QUICK])
    assert plain.seed == 2019
    assert compose(["negotiation", *QUICK, "seed=4"]).seed == 4
    assert compose(["negotiation", *QUICK, "seed=4"]).config_hash != plain.config_hash
    assert compose(["negotiation", "-m", "seed=4,5", *QUICK]).seed is None
    with pytest.raises(ParameterError, match="seed"):
        compose(["negotiation", "seed=-1"])
