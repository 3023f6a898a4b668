"""Every experiment, at a reduced size: it runs, and its sentence says what its numbers say."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import wraps
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from negotiation.cli import main
from negotiation.config import study_from
from negotiation.engines.points import equilibrium_point
from negotiation.library import load_scenario
from negotiation.questions import Answer, Asked, Question, ask, distribution_of, quantities
from negotiation.sweep.table import load_sweep
from negotiation.vocabulary import Outcome

FOLDER = Path(__file__).parent.parent / "experiments"
NUMBER = r"([-+]?\d+(?:\.\d+)?(?:e-?\d+)?)"
# What the sentence reports, from its own words: two numbers and the sign of the change, or one change.
REPORTED: dict[str, tuple[str, int]] = {
    "attention": (rf"settlement from {NUMBER}% to {NUMBER}%", -1),
    "both_asking": (rf"is worth {NUMBER} percentage points of settlement", 1),
    "standstill_terms": (rf"settlement from {NUMBER}% to {NUMBER}% at the scenario's own ease", 1),
    "backing_down": (rf"steps down goes from {NUMBER} to {NUMBER} and", -1),
    "commitment": (rf"settlement from {NUMBER}% to {NUMBER}%; on average", 1),
    "ripeness": (rf"an interaction of {NUMBER},", 1),
    "whose_side": (rf"presses Tokyo in {NUMBER}% and Seoul in {NUMBER}% .* it is {NUMBER}% and {NUMBER}%", 1),
    "moral_hazard": (rf"tension changes by {NUMBER} with ease", 1),
    "nothing_to_offer": (rf"differs by more than {NUMBER};", 0),
    "precision": (rf"largest regret is {NUMBER}, {NUMBER}, {NUMBER}\.", -1),
    "brinkmanship": (rf"escalations go from {NUMBER} to {NUMBER} and", -1),
    "history": (rf"log likelihood of {NUMBER} under uniform play and of {NUMBER} under", 1),
    "learning": (rf"best plan goes from {NUMBER} to {NUMBER} and", -1),
}
MIXED = {"ripeness", "moral_hazard"}  # where other means or circumstances give another sign
GROUPS = {"tokyo", "seoul"}  # labels of artists that nobody sees
PROPER = "GSOMIA"  # a name that no language translates
TOOLS = {"benchmark", "run_all", "screens", "verdicts"}


def script(name: str) -> ModuleType:
    """A script as a module, not run."""
    spec = spec_from_file_location(f"experiment_{name}", FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def asked(name: str, folder: Path, *more: str) -> dict[str, object]:
    module = script(name)
    ask(module.__file__ or "", module.answer, ["question.points=3", f"hydra.run.dir={folder}", *more])
    return json.loads((folder / "answer.json").read_text(encoding="utf-8"))


def change(numbers: list[float]) -> float:
    """From what the sentence says: one change, a second number less a first, or a difference of differences."""
    if len(numbers) == 4:
        return numbers[3] - numbers[2] - (numbers[1] - numbers[0])
    return numbers[0] if len(numbers) == 1 else numbers[-1] - numbers[-2]


def test_every_script_is_tested_here() -> None:
    assert set(REPORTED) == {path.stem for path in FOLDER.glob("*.py")} - TOOLS


def test_the_page_lists_every_question() -> None:
    page = (FOLDER.parent / "docs" / "experiments.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| `(\w+)\.py` \| (.*?) \|$", page, re.MULTILINE))
    assert listed == {name: Question.of(name, script(name).__doc__ or "").text for name in REPORTED}


@pytest.mark.parametrize("name", REPORTED)
def test_an_experiment_runs_and_reports_its_sign(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = asked(name, tmp_path / "run", "plots.formats=[png]")
    sentence = str(told["sentence"])
    assert capsys.readouterr().out.startswith(sentence)
    pattern, sign = REPORTED[name]
    found = re.search(pattern, sentence)
    assert found, sentence
    effect = change([float(number) for number in found.groups()])
    assert told["sign"] == sign
    if sign:
        assert np.sign(effect) == sign
        assert told["verdict"] == (f"{'partly ' * (name in MIXED)}as expected" if told["expected"] == sign
                                   else "not as expected")
    else:
        assert 0 <= effect < 1e-12
        assert 0 <= float(str(told["effect"])) < 1e-12
    for figure in told["figures"]:  # type: ignore[attr-defined]
        assert (tmp_path / "run" / f"{figure}.png").stat().st_size > 5000
    assert (tmp_path / "run" / "dossier.pdf").read_bytes().startswith(b"%PDF")
    assert len(pd.read_csv(tmp_path / "run" / "table.csv")) >= 1


def test_a_sweep_of_an_experiment_can_be_loaded_and_its_numbers_are_the_solvers(tmp_path: Path) -> None:
    told = asked("attention", tmp_path, "plots.save=false")
    table = load_sweep(tmp_path / "sweep")
    scenario = load_scenario("tokyo_seoul_2019")
    ends = [equilibrium_point(scenario.override({"washington.attention": value})).probabilities[Outcome.SETTLEMENT]
            for value in (0.0, 1.8)]
    assert table["probability_settlement"].iloc[[0, -1]].tolist() == pytest.approx(ends, abs=1e-12)
    assert told["effect"] == pytest.approx(ends[1] - ends[0], abs=1e-12)


def test_another_scenario_and_several_runs(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(FOLDER / "backing_down.py"), "-m", "scenario=host_2014,river_dam", "question.points=3",
         "plots.save=false", f"hydra.sweep.dir={tmp_path}"], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    said = [json.loads(path.read_text(encoding="utf-8"))["sentence"] for path in sorted(tmp_path.glob("*/answer.json"))]
    assert len(set(said)) == 2
    assert all(sentence in done.stdout for sentence in said)


@pytest.mark.parametrize(("argument", "told"), [
    ("question.points=2", "question.points: '2' is not allowed; allowed: an integer from 3 to 10000"),
    ("engine=batch", "engine: 'batch' is not allowed; allowed: exact for the scripts in experiments/"),
    ("sweep=grid", "sweep: 'grid' is not allowed"),
    ("scenario.tokyo.backdwn=1", "backdwn"),
])
def test_bad_configuration_of_an_experiment_gets_one_line(capsys: pytest.CaptureFixture[str], argument: str,
                                                          told: str, tmp_path: Path) -> None:
    module = script("backing_down")
    with pytest.raises(SystemExit) as left:
        ask(module.__file__ or "", module.answer, [argument, f"hydra.run.dir={tmp_path / 'x'}"])
    assert left.value.code == 2
    line = capsys.readouterr().err.strip()
    assert told.replace("'", "") in line.replace("'", "")
    assert len(line.splitlines()) == 1
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("name", [name for name in REPORTED if name not in ("attention", "standstill_terms")])
def test_the_figures_of_an_experiment_speak_one_language(tmp_path: Path, name: str) -> None:
    module, found = script(name), []

    @wraps(module.answer)
    def answer(asked: Asked) -> Answer:
        found.append(module.answer(asked))
        return found[-1]

    ask(module.__file__ or "", answer, ["plots.language=ja", "plots.save=false", "question.points=3",
                                        f"hydra.run.dir={tmp_path}"])
    texts = {text.get_text() for figure in found[0].figures.values() for text in figure.findobj(Text)}
    texts |= {str(name) for name in found[0].brief().columns}
    assert len(texts) > 8
    assert not [text for text in texts if re.search("[A-Za-z]{3}", text.replace(PROPER, "")) and text not in GROUPS]


def test_the_command_refuses_what_only_experiments_read(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["question.points=5"])
    assert "question.points" in capsys.readouterr().err
    assert study_from.__doc__


def test_a_docstring_is_taken_apart() -> None:
    question = Question.of("x/why.py", "Why?\n\n    Really why?\n\n    Expectation: This\n    one.\n\n"
                                       "    Reading: So.\n\n    And so.")
    assert question == Question("why", "Why? Really why?", "This one.", "So. And so.")
    with pytest.raises(ValueError, match="no Expectation"):
        Question.of("why.py", "Why?\n\nReading: So.")


@pytest.mark.parametrize(("effect", "expected", "sign", "verdict"), [
    (0.2, 1, 1, "as expected"), (0.2, -1, 1, "not as expected"), (-1e-12, 0, 0, "as expected"),
    (-1e-12, -1, 0, "not as expected"), (-0.1, -1, -1, "as expected")])
def test_signs_and_verdicts(effect: float, expected: int, sign: int, verdict: str) -> None:
    answer = Answer("", effect, expected, pd.DataFrame(), {})
    assert (answer.sign, answer.verdict) == (sign, verdict)


@pytest.mark.parametrize(("also", "verdict"), [((0.1, 3.0), "as expected"), ((0.1, -0.1), "partly as expected"),
                                               ((0.0,), "partly as expected")])
def test_an_effect_that_turns_elsewhere_is_expected_in_part_only(also: tuple[float, ...], verdict: str) -> None:
    assert Answer("", 0.2, 1, pd.DataFrame(), {}, also=also).verdict == verdict


@pytest.mark.parametrize(("value", "said"), [(3.2e-13, "4e-13"), (3e-13, "3e-13"), (0.0, "0"), (9.7, "1e+01")])
def test_a_bound_is_never_below_what_it_bounds(value: float, said: str) -> None:
    assert script("nothing_to_offer").rounded_up(value) == said


def test_quantities_add_up() -> None:
    found = distribution_of(load_scenario("tokyo_seoul_2019").override({"rounds": 8, "shadow": 4}))
    told = quantities(found)
    assert sum(told[f"probability_{outcome.key}"] for outcome in Outcome) == pytest.approx(1, abs=1e-12)
    shares = [value for key, value in told.items() if key.startswith("share_")]
    assert sum(shares) == pytest.approx(1, abs=1e-12)
    assert told["standstill_reached"] == pytest.approx(found.first_standstill.sum(), abs=1e-12)
    # Weighted by hand: the share under a standstill of each week, by how many disputes still go on.
    held = np.nansum(found.standstill_share()[1:] * found.going[1:]) / found.going[1:].sum()
    assert told["standstill_share"] == pytest.approx(held, abs=1e-12)
