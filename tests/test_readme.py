"""The README's first screen, tables and code blocks say what the code does."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest

from negotiation.behaviours import CATALOGUE, behaviour
from negotiation.cli import main
from negotiation.collecting import main as collect
from negotiation.library import group_names, scenario_names
from negotiation.listing import main as list_behaviours
from negotiation.listing import seats_text

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)


def test_first_screen_has_exactly_the_two_commands() -> None:
    assert [line.split("#")[0].strip() for line in BLOCKS[0][1].strip().splitlines()] == ["make run", "make test"]
    assert README.index(BLOCKS[0][1]) < 1200
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^run:", makefile, re.MULTILINE)
    assert re.search(r"^test:", makefile, re.MULTILINE)


def test_tables_list_what_there_is() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|$", README, re.MULTILINE))
    assert set(rows) == set(scenario_names())
    assert f"{len(CATALOGUE)} behaviours" in README


BEHAVIOURS = (ROOT / "docs" / "behaviours.md").read_text(encoding="utf-8")


def test_the_page_on_behaviours_lists_what_there_is() -> None:
    found = re.findall(r"^\| (`\w+`.*) \|$", BEHAVIOURS, re.MULTILINE)
    rows = [[cell.strip() for cell in row.split("|")] for row in found]
    assert [row[0].strip("`") for row in rows] == list(CATALOGUE)
    for name, seats, kind, rule, parameters, reference in rows:
        found = behaviour(name.strip("`"))
        assert (seats, kind, rule, reference) == (seats_text(found), found.kind, found.rule, found.reference)
        assert re.findall(r"`(\w+)` =", parameters) == list(found.parameters)


def test_the_page_on_behaviours_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                     capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "my_behaviours", raising=False)  # another page's, of another folder
    names: dict[str, object] = {"__name__": "behaviours"}
    for head, code in re.findall(r"```(.*?)\n(.*?)```", BEHAVIOURS, re.DOTALL):
        language, _, file = head.partition(" file=")
        if file:
            Path(file).write_text(code, encoding="utf-8")
        elif language == "python":
            exec(compile(code, "behaviours.md", "exec"), names)
        for line in code.splitlines() if language == "sh" else []:
            program, *arguments = shlex.split(line, comments=True)
            if program == "negotiation":
                main([*arguments, "episodes=500", "plots.save=false", "hydra.run.dir=run"])
            else:
                list_behaviours(arguments)
    monkeypatch.delitem(sys.modules, "my_behaviours")
    assert "tit_for_tat" in capsys.readouterr().out


def test_python_blocks_run_one_after_the_other(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, object] = {"__name__": "readme"}
    for language, code in BLOCKS:
        if language == "python":
            exec(compile(code, "README.md", "exec"), names)
    assert "move_seoul" in capsys.readouterr().out


def test_commands_of_the_readme_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [line for language, code in BLOCKS if language == "sh" for line in code.splitlines()
             if line.startswith("negotiation ") and " -m " not in line]
    assert len(lines) >= 5
    for number, line in enumerate(lines):
        arguments = shlex.split(line, comments=True)[1:]
        main([*arguments, "plots.save=false", f"hydra.run.dir=run{number}"])
        assert any(Path(f"run{number}").glob("*.*"))


def test_pictures_exist() -> None:
    for target in re.findall(r"!\[.*?\]\((.*?)\)", README):
        assert (ROOT / target).is_file(), target


def test_no_machine_paths_or_index_hosts_in_tracked_texts() -> None:
    for name in ("README.md", "constraints.txt", "pyproject.toml", "Makefile", ".ci/run"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert not re.search(r"/(root|home|work|opt)/|index-url|find-links", text), name


SWEEPS = (ROOT / "docs" / "sweeps.md").read_text(encoding="utf-8")


def test_the_page_on_sweeps_runs_from_top_to_bottom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                    capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "sweeps"}
    commands = 0
    for language, code in re.findall(r"```(\w+)\n(.*?)```", SWEEPS, re.DOTALL):
        if language == "python":
            exec(compile(code, "sweeps.md", "exec"), names)
            continue
        if language == "yaml":
            (tmp_path / "own" / "sweep").mkdir(parents=True)
            (tmp_path / "own" / "sweep" / "mine.yaml").write_text(code, encoding="utf-8")
            main(["--config-dir", "own", "sweep=mine", "sweep.plan=true", "hydra.run.dir=mine"])
            continue
        for line in code.splitlines():
            command, *arguments = shlex.split(line, comments=True)
            (main if command == "negotiation" else collect)(arguments)
            commands += 1
    assert commands >= 8
    assert (tmp_path / "joined" / "manifest.json").is_file()
    assert (tmp_path / "simulated" / "differences.csv").is_file()
    assert not (tmp_path / "planned" / "manifest.json").exists()
    printed = capsys.readouterr().out
    assert "FIRST DIFFERENCE" in printed or "No difference" in printed
    assert "6 were there already" in printed


def test_every_group_option_of_sweeps_is_on_the_page() -> None:
    for name in group_names("sweep"):
        assert name == "none" or f"`{name}`" in SWEEPS or f"sweep={name}" in SWEEPS, name


def test_the_page_on_figures_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (ROOT / "docs" / "figures.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "figures"}
    for language, code in re.findall(r"```(\w+)\n(.*?)```", page, re.DOTALL):
        if language == "python":
            exec(compile(code, "figures.md", "exec"), names)
            continue
        for line in code.splitlines():
            program, *arguments = shlex.split(line, comments=True)
            if program == "negotiation":
                main([*arguments, "episodes=500", "engine=batch", f"hydra.run.dir=run{len(arguments)}"])
    assert Path("moves.pdf").read_bytes().startswith(b"%PDF")
    assert Path("run2", "outcomes.pdf").exists()
    for name in re.findall(r"`(plot_\w+)`", page):
        assert hasattr(__import__("negotiation.plots", fromlist=["x"]), name)
