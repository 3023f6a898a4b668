"""Questions put to the game: what the scripts in ``experiments/`` share.

A script's docstring holds the question (its first paragraph), the ``Expectation:`` from theory and the
``Reading:`` of the figure; its function ``answer`` takes an `Asked` and gives an `Answer`; `ask` makes it a
program with the command's configuration::

    python experiments/attention.py scenario=host_2014 question.points=41
    python experiments/attention.py -m scenario.tokyo.firmness=1,2,3

A run's folder holds the figures with their receipts, ``dossier.pdf``, ``table.csv``, ``answer.json`` and, where the
answer rests on a sweep, the sweep's own folder, every point of which can be replayed.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console

from negotiation.behaviours import make_profile
from negotiation.behaviours.solved import forget
from negotiation.commands import task_command
from negotiation.config import Study
from negotiation.engines.exact import Distribution, propagate
from negotiation.files import write_json, write_text
from negotiation.game import Game, compile_game
from negotiation.kernels.compiling import COMPILING, announcing
from negotiation.outcomes import words
from negotiation.provenance import provenance
from negotiation.sweep.executors import Executor
from negotiation.sweep.point import Base
from negotiation.sweep.run import progress_bar, run_sweep
from negotiation.sweep.settings import SweepPlan
from negotiation.sweep.table import SweepTable, load_sweep
from negotiation.terminal import drawn_for
from negotiation.terms import say
from negotiation.vocabulary import DISPUTANTS, Actor, Move, Outcome, Stance

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame

    from negotiation.scenario import Scenario

PARTS = ("Expectation", "Reading")
BRIEF = 9  # rows of the table in the dossier
OWN = ("mode=question", "engine=exact")  # what makes the command's configuration a script's
Measure = Callable[[Distribution], Mapping[str, Any]]


@dataclass(frozen=True)
class Question:
    """What a script asks, from its docstring.

    Attributes:
        name: of the script.
        text: the question.
        expectation: what theory expects.
        reading: how to read the figure.
    """

    name: str
    text: str
    expectation: str
    reading: str

    @classmethod
    def of(cls, script: str | Path, docstring: str) -> Question:
        """The question of a script.

        Raises:
            ValueError: the docstring lacks a part.
        """
        paragraphs = [" ".join(part.split()) for part in re.split(r"\n\s*\n", inspect.cleandoc(docstring))]
        parts: dict[str, list[str]] = {"": []}
        now = ""
        for paragraph in paragraphs:
            head, colon, rest = paragraph.partition(":")
            if colon and head in PARTS:
                now = head
                paragraph = rest.strip()
            parts.setdefault(now, []).append(paragraph)
        missing = [part for part in PARTS if part not in parts]
        if missing or not parts[""]:
            raise ValueError(f"{script}: its docstring has no {' and no '.join(missing) or 'question'}")
        return cls(Path(script).stem, *(" ".join(parts[part]) for part in ("", *PARTS)))


@dataclass(frozen=True, eq=False)
class Answer:
    """What came of a question.

    Attributes:
        sentence: one sentence, with numbers.
        effect: the number whose sign the sentence reports.
        expected: its sign by theory: 1, -1, or 0 where theory says that there is no effect.
        table: the numbers, tidy.
        draw: draws the main figure's panels into given axes, for the dossier; each as ``draw(ax)``.
        figures: name to figure, the main one first.
        shown: the table's columns that the dossier shows, each with its heading.
        tolerance: an effect no larger than this is none.
        few: the rows that the dossier shows; None for some from all over the table.
        also: effects under other circumstances, or of other means to the same end, of which theory expects that sign
            too; where some have another, the verdict is ``partly as expected``.
    """

    sentence: str
    effect: float
    expected: int
    table: DataFrame
    figures: Mapping[str, Figure]
    shown: Mapping[str, str] = field(default_factory=dict)
    draw: Sequence[Callable[[Axes], Axes]] = ()
    tolerance: float = 1e-9
    few: DataFrame | None = None
    also: Sequence[float] = ()

    def brief(self) -> DataFrame:
        """A few rows from all over the table, with the columns and headings that the dossier shows."""
        rows = self.table if self.few is None else self.few
        columns = dict(self.shown) or {str(name): str(name) for name in list(rows.columns)[:6]}
        places = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), BRIEF)).round().astype(int))
        return rows.iloc[places][list(columns)].rename(columns=columns)

    def legends(self) -> list[list[Artist]]:
        """The legends of the figures, each once, for the dossier: its panels are too small for their own."""
        told: dict[tuple[str, ...], list[Artist]] = {}
        for legend in (legend for figure in self.figures.values() for legend in reversed(figure.legends)):
            words = tuple(text.get_text() for text in legend.get_texts())
            handles = [artist for artist in legend.legend_handles if artist is not None]
            for artist, word in zip(handles, words, strict=True):
                artist.set_label(word)
            told.setdefault(words, handles)
        return list(told.values())

    @property
    def sign(self) -> int:
        """The sign of the effect: 1, 0 or -1."""
        return self._sign_of(self.effect)

    @property
    def verdict(self) -> str:
        """``as expected``, ``partly as expected`` or ``not as expected``, at this scenario."""
        right = [self._sign_of(effect) == self.expected for effect in (self.effect, *self.also)]
        return "as expected" if all(right) else "partly as expected" if any(right) else "not as expected"

    def _sign_of(self, effect: float) -> int:
        return 0 if abs(effect) <= self.tolerance else 1 if effect > 0 else -1


@dataclass(frozen=True, eq=False)
class Asked:
    """A question with its configuration.

    Attributes:
        study: the checked configuration.
        config: the resolved configuration, plain values.
        folder: where results go.
        notes: where remarks and progress go.
        points: levels along a parameter that is moved.
        samples: number of scenarios drawn around the given one.
    """

    study: Study
    config: Mapping[str, Any]
    folder: Path
    notes: Console
    points: int = field(init=False)
    samples: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", int(self.study.question["points"]))
        object.__setattr__(self, "samples", int(self.study.question["samples"]))

    @property
    def scenario(self) -> Scenario:
        """The given scenario."""
        return self.study.scenario

    @property
    def heading(self) -> str:
        """The scenario's title, in the language in force, for figures."""
        return say(self.scenario.title)

    @property
    def base(self) -> Base:
        """The given scenario and policies, to change some keys of."""
        return Base.from_config(self._sweep_config({"method": "list"}))

    def at(self, changes: Mapping[str, Any]) -> Scenario:
        """The given scenario with some keys (``scenario.tokyo.stake``) changed."""
        return self.base.at(dict(changes)).scenario

    def sweep(self, axes: Mapping[str, Any], name: str = "sweep", **design: Any) -> SweepTable:
        """Run a sweep in a folder of its own inside the run's, a grid unless told otherwise.

        Args:
            axes: as ``sweep.axes``.
            name: of the folder.
            design: other keys of ``sweep``, such as ``method`` and ``points``.

        Returns:
            The table; a run that was stopped goes on where it was.
        """
        plan = SweepPlan.from_config(self._sweep_config({"method": "grid", "axes": dict(axes), **design}))
        with progress_bar(len(plan.todo()), self.notes) as report:
            run_sweep(plan, self.folder / name, Executor(**self.study.executor), report)
        return load_sweep(self.folder / name)

    def measure(self, changes: Sequence[Mapping[str, Any]], measure: Measure | None = None) -> DataFrame:
        """One row a change of the given study: its keys, and what is measured of its exact distribution.

        Args:
            changes: key (``scenario.tokyo.backdown``, ``policy.seoul``) to value, one mapping a row.
            measure: from the exact distribution to named numbers; `quantities` if None.
        """
        import pandas as pd
        from joblib import Parallel, delayed

        base, rows = self.base, []
        jobs = (delayed(partial(_measured, base, measure or quantities))(dict(change)) for change in changes)
        results = Parallel(Executor(**self.study.executor).count, backend="threading", return_as="generator")(jobs)
        with progress_bar(len(changes), self.notes) as report:
            for row in results:
                rows.append(row)
                if report is not None:
                    report(1, 0)
        return self.named(pd.DataFrame(rows))

    def named(self, table: DataFrame) -> DataFrame:
        """The table with what figures need to call the actors of the scenario by their names."""
        table.attrs["manifest"] = {"config": {"scenario": self.config["scenario"]}}
        return table

    def _sweep_config(self, sweep: Mapping[str, Any]) -> dict[str, Any]:
        return {**self.config, "engine": {"name": "exact"}, "sweep": dict(sweep)}


def _measured(base: Base, measure: Measure, change: dict[str, Any]) -> dict[str, Any]:
    study = base.at(change)
    game = compile_game(study.scenario)
    try:
        return {**change, **measure(propagate(game, make_profile(game, **study.policies)))}
    finally:
        forget(game)


def quantities(found: Distribution) -> dict[str, float]:
    """Numbers of one way of playing over the observed rounds, exactly; column to value.

    ``probability_OUTCOME``, ``payoff_SEAT`` as in a sweep's table; ``standstill_reached``, the probability that one
    comes into force; ``standstill_share`` and ``tension``, the share of weeks under one and the mean tension, over all
    weeks that end without settlement or rupture; ``escalations_SEAT``
    and ``step_downs_SEAT``, expected numbers of moves; ``share_STANCE``, of the weeks played; and
    `Distribution.expected_counts`.
    """
    probabilities, going = found.outcome_probabilities(), found.mass[1:]
    moves, stances = found.move_share.sum(axis=0), found.stance_share.sum(axis=0)
    return {
        **{f"probability_{outcome.key}": float(probabilities[outcome]) for outcome in Outcome},
        **{f"payoff_{actor.key}": float(found.expected_payoff[actor]) for actor in Actor},
        "standstill_reached": float(found.first_standstill.sum()),
        "standstill_share": _over(going[:, found.game.standstill == 1].sum(), going.sum()),
        "tension": _over((going @ found.game.tension).sum(), going.sum()),
        **{f"escalations_{seat.key}": float(moves[seat, Move.ESCALATE]) for seat in DISPUTANTS},
        **{f"step_downs_{seat.key}": float(moves[seat, Move.STEP_DOWN]) for seat in DISPUTANTS},
        **{f"share_{stance.key}": _over(stances[stance], stances.sum()) for stance in Stance},
        **found.expected_counts()}


def colour_limits(values: Any) -> tuple[float, float]:
    """Ends of a heat map's colours, shares: those of the values, outwards to whole five per cent."""
    low, high = np.floor(20 * np.nanmin(values) + 1e-9) / 20, np.ceil(20 * np.nanmax(values) - 1e-9) / 20
    return float(low), float(max(high, low + 0.05))


def outcome_headings() -> dict[str, str]:
    """The outcomes' probability columns, each with its heading."""
    return {f"probability_{outcome.key}": say(words(outcome.key)).lower() for outcome in Outcome}


def _over(part: Any, whole: Any) -> float:
    """A share; nan where there is nothing to share."""
    return float(part) / float(whole) if float(whole) > 0 else float("nan")


def distribution_of(scenario: Scenario, **policies: Any) -> Distribution:
    """The exact distribution of a scenario under named policies, equilibrium play where none is named."""
    game: Game = compile_game(scenario)
    return propagate(game, make_profile(game, **{"tokyo": "equilibrium", "seoul": "equilibrium",
                                                 "washington": "equilibrium", **policies}))


def ask(script: str, answer: Callable[[Asked], Answer], arguments: Sequence[str] | None = None) -> None:
    """Run a script's question as a program; statuses as those of the command.

    Args:
        script: its ``__file__``.
        answer: computes the answer.
        arguments: as on the command line; those of the process if None.
    """
    from negotiation.cli import main

    question = Question.of(script, sys.modules[answer.__module__].__doc__ or "")
    given = list(sys.argv[1:] if arguments is None else arguments)
    own = list(OWN)
    if not any(entry.startswith("hydra.run.dir=") for entry in given):
        own.append(f"hydra.run.dir=outputs/{question.name}/${{now:%Y-%m-%d}}/${{now:%H-%M-%S-%f}}")
    main([*own, *given], partial(_answer, question, answer))


def _answer(question: Question, answer: Callable[[Asked], Answer], study: Study, folder: Path,
            config: dict[str, Any], console: Console, notes: Console) -> None:
    with announcing(lambda: notes.print(COMPILING, soft_wrap=True)), drawn_for(study.style, study.language, notes):
        found = answer(Asked(study, config, folder, notes))
        files = _save(question, found, study, folder, config)
    console.print(found.sentence, soft_wrap=True)
    console.print(f"\n{folder}/  " + "  ".join(files), soft_wrap=True)


def _save(question: Question, found: Answer, study: Study, folder: Path, config: Mapping[str, Any]) -> list[str]:
    from negotiation.plots import save_figure
    from negotiation.plots.dossier import dossier
    from negotiation.plots.receipts import signed

    words = task_command(folder, ("python", f"experiments/{question.name}.py"))
    command = None if words is None else [word for word in words if word not in OWN]
    receipt = {"scenario": study.scenario.name, "seed": study.seed, "question": question.name,
               **provenance(config, command)}
    write_text(folder / "table.csv", found.table.to_csv(index=False, lineterminator="\n"))
    files = ["table.csv"]
    if study.save_figures:
        for name, figure in found.figures.items():
            told = signed(figure, {"figure": name, **receipt})
            files += [path.name for path in save_figure(figure, folder / name, told, study.formats)]
        page = dossier(question.text, question.expectation, question.reading, found.sentence, found.draw,
                       found.brief(), receipt, found.legends())
        told = signed(page, {"figure": "dossier", **receipt})
        files += [path.name for path in save_figure(page, folder / "dossier", told, ("pdf",))]
    write_json(folder / "answer.json", {
        "name": question.name, "question": question.text, "expectation": question.expectation,
        "reading": question.reading, "sentence": found.sentence, "effect": float(found.effect), "sign": found.sign,
        "expected": found.expected, "verdict": found.verdict, "figures": list(found.figures), "provenance": receipt})
    return [*files, "answer.json"]


__all__ = ["Answer", "Asked", "Question", "ask", "colour_limits", "distribution_of", "outcome_headings", "quantities"]
