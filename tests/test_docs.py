"""Every block of code in the documents runs, in a folder of its own, and prints what the page says it prints."""

from __future__ import annotations

import re
import runpy
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from negotiation.cli import main
from negotiation.collecting import main as collect
from negotiation.documents.__main__ import main as documents
from negotiation.listing import main as list_behaviours
from negotiation.reproducing import main as reproduce

DOCS = Path(__file__).parent.parent / "docs"
OTHERS = ("behaviours", "sweeps", "figures", "experiments", "verdicts", "learning", "notebooks", "tournaments",
          "history", "seminar", "classroom")  # pages at the top that other tests run
PAGES = [path for path in sorted(DOCS.rglob("*.md")) if path.parent != DOCS or path.stem not in OTHERS]
FENCE = re.compile(r'^```(\w+)(?: title="(.*?)")?\n(.*?)^```$', re.DOTALL | re.MULTILINE)
INSTALLING = ("make", ".", "mkdir", "cd")  # done before the rest, and once
# Pages, and folders of runs, whose figures are looked at; the rest saves the time of drawing them.
DRAWN = ("paper-figure", "reproduce-figure", "experiment")
FOLDERS = ("hydra.run.dir=first", "hydra.run.dir=attention")


def programs(page: Path) -> dict[str, Callable[[list[str]], None]]:
    def negotiation(arguments: list[str]) -> None:
        drawn = page.stem in DRAWN or any(folder in arguments for folder in FOLDERS)
        folder = [] if any(word.startswith("hydra.run.dir") for word in arguments) else ["hydra.run.dir=run"]
        main([*arguments, *folder, *([] if drawn or "plots.save=false" in arguments else ["plots.save=false"])])

    def python(arguments: list[str]) -> None:
        if arguments[:2] == ["-m", "negotiation.documents"]:
            documents(arguments[2:])
            return
        known, sys.argv = sys.argv, arguments
        try:
            runpy.run_path(arguments[0], run_name="__main__")
        finally:
            sys.argv = known

    return {"negotiation": negotiation, "negotiation-behaviours": list_behaviours, "negotiation-collect": collect,
            "negotiation-reproduce": reproduce, "python": python}


def run_line(page: Path, line: str, capfd: pytest.CaptureFixture[str]) -> str:
    """Run one line of a shell block in this process; what it printed."""
    words = shlex.split(line, comments=True)
    if not words or words[0] in INSTALLING:
        return ""
    words, target = (words[:-2], words[-1]) if words[-2] == ">" else (words, None)
    run = programs(page)[words[0]]
    if line.endswith("# refused"):
        with pytest.raises(SystemExit) as left:
            run(words[1:])
        assert left.value.code == 2, line
    else:
        run(words[1:])
    done = capfd.readouterr()
    if target is not None:
        Path(target).write_text(done.out, encoding="utf-8")
        return ""
    return done.out + done.err


def compare(page: Path, shown: str, printed: str) -> None:
    """Every line shown is printed, in this order; ``...`` stands for lines left out."""
    place = 0
    for line in (line.rstrip() for line in shown.splitlines() if line.strip() not in ("", "...")):
        found = printed.find(line, place)
        assert found >= 0, f"{page.name} shows this line, which is not printed (there): {line!r}\n{printed}"
        place = found + len(line)


RUNNING = [page for page in PAGES if FENCE.search(page.read_text(encoding="utf-8")) and page.stem != "commands"]


@pytest.mark.parametrize("page", RUNNING, ids=lambda page: page.relative_to(DOCS).with_suffix("").as_posix())
def test_page_runs_from_top_to_bottom(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                      capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": page.stem}
    printed = ""
    for language, title, code in FENCE.findall(page.read_text(encoding="utf-8")):
        if title:
            Path(title).write_text(code, encoding="utf-8")
        elif language == "python":
            exec(compile(code, page.name, "exec"), names)
            capfd.readouterr()
        elif language == "sh":
            printed = "".join(run_line(page, line, capfd) for line in code.splitlines())
        elif language == "text":
            compare(page, code, printed)
        else:
            raise AssertionError(f"{page.name}: a block of {language} is not run; give it a title to be saved under")
    for name in LEFT.get(page.stem, ()):
        assert (tmp_path / name).is_file(), name


LEFT = {
    "tutorial": ("first/weeks.png", "first/summary.json", "attention/sweep.png", "attention.csv", "card.html"),
    "paper-figure": ("paper/weeks.pdf", "paper/moves.pdf", "outcomes.pdf", "outcomes.svg"),
    "experiment": ("breach/dossier.pdf", "breach/answer.json", "breach/table.csv"),
    "several-machines": ("whole/manifest.json",),
}


def test_there_is_something_to_run() -> None:
    assert {"tutorial", "scenario", "behaviour", "experiment", "equilibrium"} <= {page.stem for page in RUNNING}
