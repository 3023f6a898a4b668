"""Figures compared with baseline images, dot by dot (pytest-mpl; `--mpl` is in pyproject's options).

To add a figure, write a function into a list below that makes it from the fixtures, in its look:

    @image("my_figure")                                  # or @image("my_figure", "projector", "ja")
    def _(run: Run) -> Figure:
        return plots.plot_my_figure(...)

then make its baseline and look at it: ``pytest tests/test_plots_images.py --mpl-generate-path=tests/baseline -k
my_figure``. The same renews a baseline after a change that is meant. Tables come from the exact engine or from
fixed draws, so nothing but the drawing can move; the tolerance is wide enough for other versions of FreeType
and narrow enough for one colour, one line or one label.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image as Picture
from test_plots import played, reference
from test_plots_sweep import ATTENTION, AXES, HAZARD, MORRIS, POLICY, SALTELLI, axis, indices, swept

from negotiation import plots
from negotiation.outcomes import outcome_table, outcomes_by_week, path_table, policy_table, weekly_table
from negotiation.outcomes_weekly import incidence_table, moves_table
from negotiation.payoff_tables import frontier_table, payoff_summary, payoff_table, triangle_points, triangle_table
from negotiation.plots.dossier import dossier
from negotiation.plots.fonts import PACKAGED
from negotiation.plots.style import SHEETS, drawn, look_of
from negotiation.precision_tables import precision_path
from negotiation.sweep.regions import phase_table

pytest.importorskip("pytest_mpl", reason="pytest-mpl is an optional extra (test)")

BASELINE = Path(__file__).parent / "baseline"
DPI, DOTS = 64, 105_000  # dots an inch of paper as large as in print, and dots of a picture, at most
TOLERANCE, LARGEST = 2.5, 60_000
BREACH = "scenario.tokyo.breach"
NAMES = {"tokyo": "Tokyo", "seoul": "Seoul", "washington": "Washington"}


@dataclass(frozen=True)
class Run:
    """The reference scenario, played."""

    game: Any
    profile: Any
    distribution: Any
    episodes: Any


@pytest.fixture(scope="module")
def run() -> Run:
    return Run(*played(reference()))


@dataclass(frozen=True)
class Saved:
    """A figure that saves itself as the project saves figures, for pytest-mpl to call."""

    figure: Figure

    def savefig(self, path: str, **_: Any) -> None:
        paper = math.prod(self.figure.get_size_inches()) * SHEETS[look_of(self.figure).style] ** 2
        (made,) = plots.save_figure(self.figure, Path(path).with_suffix(""), formats=["png"],
                                    dpi=min(DPI, math.sqrt(DOTS / paper)))
        with Picture.open(made) as picture:
            picture.convert("RGB").save(made, optimize=True)  # baselines are kept in the repository


@dataclass(frozen=True)
class Image:
    """A figure with a baseline: its name, its look and how it is made."""

    name: str
    style: str
    language: str
    make: Callable[[Run], Figure]


IMAGES: list[Image] = []


Maker = Callable[[Run], Figure]


def image(name: str, style: str = "print", language: str = "en") -> Callable[[Maker], Maker]:
    """Add a figure to those that are compared; may stand several times above one function, for several looks."""
    def add(make: Maker) -> Maker:
        IMAGES.append(Image(name, style, language, make))
        return make

    return add


# ------------------------------------------------------------------------------------- figures


@image("outcomes")
@image("outcomes_projector", "projector")
@image("outcomes_ja", "print", "ja")
def _(run: Run) -> Figure:
    return plots.plot_outcome_figure(outcome_table(run.distribution, run.episodes))


@image("weeks")
@image("weeks_ko", "print", "ko")
def _(run: Run) -> Figure:
    return plots.plot_weeks(weekly_table(run.distribution), outcomes_by_week(run.distribution),
                            path_table(run.episodes.trajectories.values()))


@image("policy_map")
@image("policy_map_projector", "projector")
def _(run: Run) -> Figure:
    return plots.plot_policy_map(policy_table(run.game, run.profile, run.distribution.mass))


@image("lines")
def _(run: Run) -> Figure:
    return plots.plot_sweep(swept({HAZARD: axis(HAZARD, 9)}, 90, names=NAMES), heading="A heading")


@image("panels")
def _(run: Run) -> Figure:
    return plots.plot_sweep(swept({HAZARD: axis(HAZARD, 9), POLICY: AXES[POLICY]}, 90, names=NAMES))


@image("clouds")
def _(run: Run) -> Figure:
    return plots.plot_sweep(swept(AXES, method="latin_hypercube", points=60, names=NAMES))


@image("phase")
def _(run: Run) -> Figure:
    fine = swept({ATTENTION: axis(ATTENTION, 16), HAZARD: axis(HAZARD, 12)}, names=NAMES)
    coarse = swept({ATTENTION: axis(ATTENTION, 5), HAZARD: axis(HAZARD, 4)}, 100)
    return plots.plot_phase_figure(phase_table(fine, ATTENTION, HAZARD), phase_table(coarse, ATTENTION, HAZARD))


@image("sobol")
def _(run: Run) -> Figure:
    return plots.plot_sensitivity_figure(indices(SALTELLI, NAMES))


@image("morris")
def _(run: Run) -> Figure:
    return plots.plot_sensitivity_figure(indices(MORRIS, NAMES))


def _estimated(axes: dict[str, Any], episodes: int) -> pd.DataFrame:
    return swept(axes, episodes, names=NAMES).assign(episodes=episodes)


@image("areas")
@image("areas_projector", "projector")
def _(run: Run) -> Figure:
    return plots.plot_areas_figure(_estimated({ATTENTION: axis(ATTENTION, 9)}, 300), ATTENTION)


@image("moves")
def _(run: Run) -> Figure:
    return plots.plot_moves_figure(moves_table(run.distribution))


@image("incidence")
def _(run: Run) -> Figure:
    return plots.plot_incidence_figure(incidence_table(run.distribution, run.episodes))


@image("heat")
def _(run: Run) -> Figure:
    table = swept({ATTENTION: axis(ATTENTION, 12), HAZARD: axis(HAZARD, 10)}, names=NAMES)
    return plots.plot_heat_figure(table, ATTENTION, HAZARD)


@image("precision")
def _(run: Run) -> Figure:
    short = reference().override({"rounds": 3, "shadow": 2})
    return plots.plot_precision_figure(precision_path(short, (0.0, 0.5, 2.0, 8.0, math.inf), refine=None))


@image("multiples")
def _(run: Run) -> Figure:
    tables = {f"Number {number}": outcome_table(run.distribution, None) for number in range(3)}
    return plots.plot_multiples(tables, heading="A heading")


@image("payoffs")
def _(run: Run) -> Figure:
    table = payoff_table(run.episodes)
    return plots.plot_payoffs_figure(table, payoff_summary(table, run.distribution))


@image("triangle")
@image("triangle_ja_projector", "projector", "ja")
def _(run: Run) -> Figure:
    points = triangle_points(run.distribution, run.profile)
    return plots.plot_triangle_figure(triangle_table(run.episodes), frontier_table(run.game), points)


@image("dossier")
def _(run: Run) -> Figure:
    table = outcome_table(run.distribution, None)
    return dossier("How does the dispute end?", "Theory expects one of five outcomes.", "Bars are probabilities.",
                   "A standstill is the most likely of the five.", lambda ax: plots.plot_outcomes(table, ax),
                   table[["outcome", "exact"]].round(3), {"seed": 1, "config_hash": "0123456789abcdef"})


@image("curves")
def _(run: Run) -> Figure:
    groups = {"tokyo": ([0.9, 0.6, 0.4, 0.3, 0.2, 0.1], [0.31, 0.32, 0.33, 0.33, 0.34, 0.34]),
              "leverage 2": ([0.5] * 6, [0.29, 0.3, 0.33, 0.35, 0.36, 0.36])}
    rows = pd.concat([pd.DataFrame({BREACH: [0.0, 0.5, 1.0, 1.5, 2.0, 2.5], "group": name, "steps": steps,
                                    "probability_x": shares}) for name, (steps, shares) in groups.items()])
    return plots.plot_curves_figure(rows, BREACH, {"steps": "Expected steps", "probability_x": "Settled"}, by="group",
                                    xlabel="Price of a breach", heading="A heading")


@image("bars")
def _(run: Run) -> Figure:
    return plots.plot_areas_figure(swept({POLICY: AXES[POLICY]}), POLICY, title="By policy")


@image("heat_contours")
def _(run: Run) -> Figure:
    table = swept({ATTENTION: axis(ATTENTION, 12), HAZARD: axis(HAZARD, 9)})
    table["payoff_seoul"] = 4 * table[ATTENTION] - 3
    return plots.plot_heat_figure(table, ATTENTION, HAZARD, "payoff_seoul", contours=True, labels=("Across", "Up"))


# -------------------------------------------------------------------------------------- tests


def _compared(entry: Image) -> Any:
    marks = [pytest.mark.mpl_image_compare(baseline_dir="baseline", filename=f"{entry.name}.png", tolerance=TOLERANCE,
                                           deterministic=True)]
    return pytest.param(entry, id=entry.name, marks=marks)


@pytest.mark.parametrize("entry", [_compared(entry) for entry in IMAGES])
def test_the_figure_looks_as_it_did(entry: Image, run: Run) -> Saved:
    if entry.language in PACKAGED and find_spec(PACKAGED[entry.language][0]) is None:
        pytest.skip("the font comes with an optional extra (fonts)")
    with drawn(entry.style, entry.language):
        return Saved(entry.make(run))


def test_every_baseline_is_small_and_belongs_to_a_figure() -> None:
    files = {path.stem: path.stat().st_size for path in BASELINE.iterdir()}
    assert set(files) == {entry.name for entry in IMAGES}
    assert len(files) == len(IMAGES)
    assert max(files.values()) < LARGEST, max(files, key=lambda name: files[name])


def test_images_are_really_compared(pytestconfig: pytest.Config) -> None:
    assert pytestconfig.getoption("--mpl") or pytestconfig.getoption("--mpl-generate-path")
