"""Figures outside: colours for every eye, files whole and signed, the user's matplotlib left alone."""

from __future__ import annotations

import itertools
import threading
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
import yaml
from matplotlib.figure import Figure

from negotiation import outcomes, plots
from negotiation.engines.batch import simulate
from negotiation.engines.exact import propagate
from negotiation.game import compile_game
from negotiation.plots import policy_map, style
from negotiation.scenario import Scenario
from negotiation.solve import backward_induction
from negotiation.vocabulary import Actor, Move, Outcome

REFERENCE = Path(__file__).parents[1] / "conf" / "scenario" / "tokyo_seoul_2019.yaml"


@pytest.fixture(scope="module")
def run():
    game = compile_game(Scenario.from_dict(yaml.safe_load(REFERENCE.read_text())))
    profile = backward_induction(game).profile
    return game, profile, propagate(game, profile), simulate(game, profile, 400, 3, trajectories=(0, 1, 2))


@pytest.fixture(scope="module")
def figures(run):
    _, profile, distribution, episodes = run
    return plots.standard_figures(distribution, episodes, profile)


# ------------------------------------------------------------------------------------- colours

# Machado, Oliveira & Fernandes (2009), severity 1, on linear RGB.
SIGHT = {
    "full": np.eye(3),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                            [-0.003882, -0.048116, 1.051998]]),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                              [-0.011820, 0.042940, 0.968881]]),
    "tritanopia": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                            [0.004733, 0.691367, 0.303900]]),
}


def _lab(colour: str, sight: np.ndarray) -> np.ndarray:
    rgb = np.array(mpl.colors.to_rgb(colour))
    linear = np.clip(sight @ np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4), 0, 1)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ linear
    f = np.cbrt(np.maximum(xyz / [0.9505, 1.0, 1.089], 1e-6))
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("palette", [style.OUTCOME_COLOURS, style.ACTOR_COLOURS, style.MOVE_COLOURS])
def test_colours_stay_apart_for_every_eye(palette, sight):
    for one, other in itertools.combinations(palette.values(), 2):
        assert np.linalg.norm(_lab(one, SIGHT[sight]) - _lab(other, SIGHT[sight])) > 24


def test_every_word_has_a_colour_and_neighbours_differ_in_grey():
    assert tuple(style.OUTCOME_COLOURS) == Outcome.keys()
    assert tuple(style.MOVE_COLOURS) == Move.keys()
    assert tuple(style.ACTOR_COLOURS) == Actor.keys()
    lightness = [_lab(colour, SIGHT["full"])[0] for colour in style.OUTCOME_COLOURS.values()]
    assert (np.abs(np.diff(lightness)) > 12).all()


def test_numbers_are_readable_on_every_shade():
    shades = style.ramp(policy_map.HEAT)
    for level in np.linspace(0, 1, 101):
        linear = [_luminance(shades(level)), _luminance(mpl.colors.to_rgba(style.ink_on(shades(level))))]
        assert (max(linear) + 0.05) / (min(linear) + 0.05) > 4


def _luminance(rgba) -> float:
    rgb = np.array(rgba[:3])
    return float(np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722])


def _settings() -> dict:
    """All settings but the backend, which matplotlib chooses when it is first read."""
    return {key: mpl.rcParams[key] for key in mpl.rcParams if key != "backend"}


def test_the_users_settings_are_neither_used_nor_changed(run):
    table = outcomes.outcome_table(run[2], None)
    with mpl.rc_context({"font.size": 31.0, "axes.facecolor": "red"}):
        before = _settings()
        panel = plots.plot_outcomes(table)
        assert _settings() == before
    assert panel.get_facecolor() == (1, 1, 1, 1)
    assert panel.yaxis.label.get_size() == 10


# -------------------------------------------------------------------------------------- saving

RECEIPT = {"scenario": "tokyo_seoul_2019", "seed": np.int64(7), "shares": np.array([0.25, 0.75]),
           "note": "Größe <&> 東京", "where": Path("outputs/x")}
READ_BACK = {"scenario": "tokyo_seoul_2019", "seed": 7, "shares": [0.25, 0.75], "note": "Größe <&> 東京",
             "where": "outputs/x"}


def test_saved_files_carry_their_receipt(figures, tmp_path):
    written = plots.save_figure(figures["outcomes"], tmp_path / "outcomes", RECEIPT)
    assert written == [tmp_path / "outcomes.png", tmp_path / "outcomes.svg"]
    assert sorted(tmp_path.iterdir()) == written
    for path in written:
        assert plots.read_receipt(path) == READ_BACK


def test_a_name_with_a_dot_keeps_it(figures, tmp_path):
    (path,) = plots.save_figure(figures["outcomes"], tmp_path / "run.1", formats=["png"])
    assert path.name == "run.1.png"
    assert plots.read_receipt(path) == {}


def test_the_same_figure_gives_the_same_bytes(run, tmp_path):
    _, profile, distribution, episodes = run
    for name in ("a", "b"):
        for key, figure in plots.standard_figures(distribution, episodes, profile).items():
            plots.save_figure(figure, tmp_path / f"{key}_{name}", {"seed": 1})
    files = sorted(tmp_path.glob("*_a.*"))
    assert len(files) == 6
    for file in files:
        assert file.read_bytes() == file.with_name(file.name.replace("_a.", "_b.")).read_bytes()


def test_a_failure_while_drawing_leaves_what_was_there(figures, tmp_path, monkeypatch):
    (tmp_path / "weeks.png").write_text("old")
    draw = Figure.savefig

    def broken(self, target, **options):
        if options["format"] == "svg":
            raise RuntimeError("no such glyph")
        draw(self, target, **options)

    monkeypatch.setattr(Figure, "savefig", broken)
    with pytest.raises(RuntimeError, match="glyph"):
        plots.save_figure(figures["weeks"], tmp_path / "weeks")
    assert [path.name for path in tmp_path.iterdir()] == ["weeks.png"]
    assert (tmp_path / "weeks.png").read_text() == "old"


@pytest.mark.parametrize("step", ["write_bytes", "replace"])
@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_a_failure_while_writing_leaves_no_half_file(figures, tmp_path, monkeypatch, step, error):
    (tmp_path / "outcomes.png").write_text("old")

    def broken(self, content):
        if step == "write_bytes":
            self.touch()
        raise error

    monkeypatch.setattr(Path, step, broken)
    with pytest.raises(type(error)):
        plots.save_figure(figures["outcomes"], tmp_path / "outcomes")
    assert [path.name for path in tmp_path.iterdir()] == ["outcomes.png"]
    assert (tmp_path / "outcomes.png").read_text() == "old"


def test_saving_refuses_what_it_cannot_do(figures, tmp_path):
    with pytest.raises(ValueError, match="bmp"):
        plots.save_figure(figures["outcomes"], tmp_path / "x", formats=["png", "bmp"])
    with pytest.raises(TypeError, match="receipt"):
        plots.save_figure(figures["outcomes"], tmp_path / "x", {"what": object()})
    with pytest.raises(OSError, match="nowhere"):
        plots.save_figure(figures["outcomes"], tmp_path / "nowhere" / "x", formats=["png"])
    (tmp_path / "x.txt").write_text("{}")
    with pytest.raises(ValueError, match="allowed"):
        plots.read_receipt(tmp_path / "x.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["x.txt"]


def test_files_are_as_readable_as_others(figures, tmp_path):
    (tmp_path / "other").touch()
    (path,) = plots.save_figure(figures["outcomes"], tmp_path / "x", formats=["png"])
    assert path.stat().st_mode == (tmp_path / "other").stat().st_mode


def test_threads_do_not_disturb_each_other(run, tmp_path):
    table = outcomes.outcome_table(run[2], None)
    before = _settings()

    def work(number: int) -> None:
        plots.save_figure(plots.plot_outcomes(table).figure, tmp_path / str(number), formats=["png"])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _settings() == before
    assert len({path.read_bytes() for path in tmp_path.iterdir()}) == 1
    assert len(list(tmp_path.iterdir())) == 4
