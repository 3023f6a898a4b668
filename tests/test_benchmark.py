"""The benchmark runs, says what it should, and its peers do the same work. Nothing here is timed."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "experiments" / "benchmark.py"
VERDICTS = ("meets", "falls short by ", "for information", "skipped: ")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(SCRIPT), *arguments], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    path = tmp_path_factory.mktemp("benchmark") / "report.json"
    done = run("--quick", "--rows", "exact,batch,floor,solve", "--json", str(path))
    assert done.returncode == 0, done.stdout + done.stderr
    answer = json.loads(path.read_text(encoding="utf-8"))
    answer["printed"] = done.stdout
    return answer


def lines_of(report, row):
    lines = [line for line in report["rows"] if line["row"] == row]
    assert lines
    return lines


def test_says_where_it_ran(report):
    assert report["quick"] is True
    assert report["cores"] >= 1
    assert {"python", "numpy", "numba", "mesa"} <= report.keys()


def test_rows_come_in_the_tables_order(report):
    assert list(dict.fromkeys(line["row"] for line in report["rows"])) == ["batch", "floor", "solve", "exact"]


def test_every_line_is_complete(report):
    for line in report["rows"]:
        assert line["what"]
        assert line["verdict"].startswith(VERDICTS)
        assert line["skipped"] or line["ours"]
        if line["skipped"]:
            continue
        assert line["samples"]
        assert all(sample > 0 for samples in line["samples"].values() for sample in samples)
        if line["peer"]:
            assert line["version"]
            assert math.isfinite(line["ratio"])
            assert line["ratio"] > 0


def test_verdicts_follow_from_the_figures(report):
    for line in report["rows"]:
        if line["target"] is None or line["skipped"]:
            continue
        short = line["measured"] < line["target"] if line["at_least"] else line["measured"] > line["target"]
        assert line["verdict"].startswith("falls short by " if short else "meets")


def test_plain_mesa_plays_the_same_game(report):
    checks = lines_of(report, "batch")[0]["checks"]
    assert checks["episodes, peer"] == 1_500
    assert checks["chi-square p, peer"] > 1e-3  # seeds are fixed
    assert checks["chi-square p, ours"] > 1e-3


def test_the_floor_draws_five_uniforms_a_week(report):
    for line in lines_of(report, "floor"):
        assert line["checks"]["uniforms"] == 5 * line["checks"]["weeks"]
        assert line["target"] == 3


def test_the_c_loop_finds_the_same_solution(report):
    against = [line for line in lines_of(report, "solve") if line["peer"]]
    if not against:
        pytest.skip("; ".join(line["skipped"] for line in lines_of(report, "solve") if line["skipped"]))
    for line in against:
        assert line["checks"]["largest difference of values"] <= 1e-9
        assert line["checks"]["largest difference of probabilities"] <= 1e-9


def test_prints_the_table(report):
    for heading in ("what", "ours", "peer", "ratio", "target", "verdict"):
        assert heading in report["printed"]
    assert str(SCRIPT.parents[1]) not in report["printed"]


def test_refuses_an_unknown_row():
    done = run("--rows", "solv")
    assert done.returncode == 2
    assert "'solv' is not a row; allowed: batch, floor, solve, exact, compile, command" in done.stderr


def test_the_explorer_is_timed_in_a_browser_or_says_why_not(tmp_path, monkeypatch):
    path = tmp_path / "report.json"
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CHROMIUM", raising=False)
    done = run("--quick", "--rows", "explorer", "--json", str(path))
    assert done.returncode == 0, done.stdout + done.stderr
    lines = json.loads(path.read_text(encoding="utf-8"))["rows"]
    assert [line["target"] for line in lines] == [None, 150, None, None]
    assert all(line["verdict"].startswith("skipped: no Chromium") for line in lines)
