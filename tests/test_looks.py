"""Style sheets, languages and fonts: the same figure for a page and for a room, in three languages, without boxes."""

from __future__ import annotations

import io
import itertools
import re
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any, NamedTuple

import matplotlib as mpl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from PIL import Image
from pypdf import PdfReader
from test_plots import _texts, played, reference
from test_plots_sweep import ATTENTION, AXES, HAZARD, MORRIS, POLICY, axis, indices, swept

from negotiation import plots
from negotiation.outcomes import outcome_table
from negotiation.plots import fonts, style
from negotiation.plots.style import SHEETS, MissingFontWarning, drawn, look_of, new_figure, styled
from negotiation.plots.wrapping import OPENING, _pieces, letters_in, wrap
from negotiation.sweep.regions import phase_table
from negotiation.terms import say, speaking

for _package, _ in fonts.PACKAGED.values():
    if find_spec(_package) is None:
        pytest.skip(f"{_package} comes with an optional extra (fonts)", allow_module_level=True)

LOOKS = [("projector", "en"), ("print", "ja"), ("projector", "ko")]
FIGURES = ["outcomes", "weeks", "policy_map", "morris", "pies", "panels", "clouds"]


@pytest.fixture(scope="module")
def run() -> Any:
    return played(reference())


class Drawn(NamedTuple):
    """A figure, and what is written on it once it is drawn."""

    figure: Figure
    texts: list[tuple[str, Any]]  # with its box, None for labels of contours, which lie along their lines


@pytest.fixture(scope="module")
def made(run: Any) -> dict[tuple[str, str], dict[str, Drawn]]:
    return {chosen: {name: _draw(figure) for name, figure in _figures(run, *chosen).items()} for chosen in LOOKS}


def _draw(figure: Figure) -> Drawn:
    labels = [panel.yaxis.label for panel in figure.axes]
    with drawn(*look_of(figure)), warnings.catch_warnings():
        warnings.simplefilter("error")  # matplotlib warns of a letter that no font has
        return Drawn(figure, [(text.get_text(), text.get_window_extent() if not text.get_rotation() or text in labels
                               else None) for text in _texts(figure)])


def _figures(run: Any, sheet: str, language: str) -> dict[str, Figure]:
    _, profile, distribution, episodes = run
    names = {"tokyo": "Tokyo", "seoul": "Seoul", "washington": "Washington"}
    coarse = phase_table(swept({ATTENTION: axis(ATTENTION, 5), HAZARD: axis(HAZARD, 5)}, 100), ATTENTION, HAZARD)
    fine = phase_table(swept({ATTENTION: axis(ATTENTION, 9), HAZARD: axis(HAZARD, 9)}), ATTENTION, HAZARD)
    with drawn(sheet, language), warnings.catch_warnings():
        warnings.simplefilter("error")
        return {
            **plots.standard_figures(distribution, episodes, profile),
            "morris": plots.plot_sensitivity_figure(indices(MORRIS, names)),
            "pies": plots.plot_phase_figure(fine, coarse),
            "panels": plots.plot_sweep(swept({HAZARD: axis(HAZARD, 9), POLICY: AXES[POLICY]}, 90, names=names)),
            "clouds": plots.plot_sweep(swept(AXES, method="latin_hypercube", points=60, names=names)),
        }


# ----------------------------------------------------------------------- every look, every label


@pytest.mark.parametrize("which", FIGURES)
@pytest.mark.parametrize("chosen", LOOKS, ids="-".join)
def test_no_label_is_cut_or_covered(made: Any, chosen: tuple[str, str], which: str) -> None:
    figure, texts = made[chosen][which]
    boxes = [(text, box) for text, box in texts if box is not None]
    assert len(boxes) > 8
    width, height = figure.canvas.get_width_height()
    for text, box in boxes:
        assert min(box.x0, box.y0) >= 0, text
        assert box.x1 <= width, text
        assert box.y1 <= height, text
    for (text, box), (other, its) in itertools.combinations(boxes, 2):
        assert box.x1 <= its.x0 or its.x1 <= box.x0 or box.y1 <= its.y0 + 1 or its.y1 <= box.y0 + 1, (text, other)


@pytest.mark.parametrize("which", FIGURES)
@pytest.mark.parametrize("chosen", LOOKS[1:], ids="-".join)
def test_no_english_is_left(made: Any, chosen: tuple[str, str], which: str) -> None:
    assert not [text for text, _ in made[chosen][which].texts if re.search("[A-Za-z]{2}", text.replace("GSOMIA", ""))]


@pytest.mark.parametrize("ending", ["svg", "pdf"])
@pytest.mark.parametrize("chosen", LOOKS[1:], ids="-".join)
def test_no_letter_of_a_file_is_a_box(made: Any, chosen: tuple[str, str], ending: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made[chosen]["weeks"].figure.savefig(io.BytesIO(), format=ending)


# ------------------------------------------------------------------------------------- sheets


def test_on_the_projector_the_same_letters_stand_on_less_paper(run: Any) -> None:
    table, by_sheet = outcome_table(run[2], run[3]), {}
    for sheet in SHEETS:
        with drawn(sheet):
            by_sheet[sheet] = plots.plot_outcome_figure(table)
    page, slide = by_sheet["print"], by_sheet["projector"]
    assert slide.get_size_inches()[1] == pytest.approx(page.get_size_inches()[1] / SHEETS["projector"])
    assert slide.get_size_inches()[0] / slide.get_size_inches()[1] == pytest.approx(16 / 9)
    for one, other in zip(page.axes[0].texts, slide.axes[0].texts, strict=True):
        assert one.get_fontsize() == other.get_fontsize()
    for one, other in zip(page.axes[0].patches, slide.axes[0].patches, strict=True):
        assert one.get_facecolor() == other.get_facecolor()
    assert plots.plot_outcome_figure(table).get_size_inches() == pytest.approx(page.get_size_inches())


def test_a_saved_slide_has_as_many_dots_as_a_page(run: Any, tmp_path: Any) -> None:
    table, heights = outcome_table(run[2], None), []
    for sheet in SHEETS:
        with drawn(sheet):
            figure = plots.plot_outcome_figure(table)
        (path,) = plots.save_figure(figure, tmp_path / sheet, formats=["png"])
        heights.append(Image.open(path).height)
    assert heights[0] == pytest.approx(heights[1], abs=2)


def test_room_for_lines_of_text_is_not_taken_away() -> None:
    with drawn("projector"), styled():
        assert new_figure(7.0, 4.0, letters=4.0).get_size_inches()[1] == 4.0
        assert new_figure(7.0, 4.2, letters=1.4).get_size_inches()[1] == pytest.approx(1.4 + 2.8 / SHEETS["projector"])
        assert new_figure(7.0, 9.0).get_size_inches()[0] == 7.0  # never wider than in print
    with styled():
        assert tuple(new_figure(7.0, 4.0, letters=1.0).get_size_inches()) == (7.0, 4.0)


@pytest.mark.parametrize("chosen", LOOKS, ids="-".join)
def test_a_figure_is_saved_in_the_look_it_was_made_in(run: Any, chosen: tuple[str, str], tmp_path: Any) -> None:
    with drawn(*chosen):
        figure = plots.plot_outcome_figure(outcome_table(run[2], None))
        # What is only said when the figure is drawn, on ticks that are only made then.
        figure.axes[0].yaxis.set_major_formatter(FuncFormatter(lambda value, place: say("Week")))
        figure.axes[0].yaxis.set_major_locator(MaxNLocator(9))
        plots.save_figure(figure, tmp_path / "inside")
    assert look_of(figure) == chosen
    plots.save_figure(figure, tmp_path / "outside")
    with drawn("projector" if chosen[0] == "print" else "print", "ko" if chosen[1] == "ja" else "ja"):
        plots.save_figure(figure, tmp_path / "elsewhere")
    for ending in ("png", "svg"):
        assert len({path.read_bytes() for path in tmp_path.glob(f"*.{ending}")}) == 1


def test_looks_may_be_nested_and_threads_have_their_own(run: Any) -> None:
    seen = {}
    with drawn("projector", "ko"), styled():
        families, dots = mpl.rcParams["font.family"], mpl.rcParams["figure.dpi"]
        with drawn("print", "ja"), styled():
            assert mpl.rcParams["font.family"] == fonts.families("ja") != families
            assert mpl.rcParams["figure.dpi"] == style.SCREEN
        assert (mpl.rcParams["font.family"], mpl.rcParams["figure.dpi"]) == (families, dots)
        thread = threading.Thread(target=lambda: seen.update(look=style.look()))
        thread.start()
        thread.join()
    assert seen["look"] == ("print", "en")
    assert style.look() == ("print", "en")


def test_unknown_looks_are_refused() -> None:
    with pytest.raises(ValueError, match="style: 'poster' is not allowed; allowed: print, projector"), drawn("poster"):
        pass
    with pytest.raises(ValueError, match="language: 'fr'"), drawn(language="fr"):
        pass


# -------------------------------------------------------------------------------------- fonts


@pytest.mark.parametrize(("language", "family"), [("ja", "IPAexGothic"), ("ko", "NanumGothic")])
def test_the_packaged_font_comes_first_and_holds_every_text(language: str, family: str) -> None:
    assert fonts.families(language) == [fonts.LATIN, family]
    assert fonts.missing_font(language) == ""
    assert fonts.families("en") == [fonts.LATIN]
    assert fonts.missing_font("en") == ""


def test_font_packages_are_not_imported_and_settings_stay() -> None:
    code = ("import sys, matplotlib as mpl; before = dict(mpl.rcParams)\n"
            "from negotiation.plots.style import drawn, styled\n"
            "for language in ('ja', 'ko'):\n"
            "    with drawn('print', language), styled(): pass\n"
            "assert not [name for name in sys.modules if 'fontja' in name or 'koreanize' in name]\n"
            "assert {key: mpl.rcParams[key] for key in before} == before")
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.fixture
def no_fonts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine without any font but the one that comes with matplotlib."""
    monkeypatch.setattr(fonts, "PACKAGED", dict.fromkeys(fonts.SYSTEM, ("no_such_package", ("x.ttf",))))
    monkeypatch.setattr(fonts, "SYSTEM", {"ja": ("No Such Gothic", fonts.LATIN), "ko": ("No Such Gothic",)})
    for cached in (fonts._found, fonts.has_bold):
        cached.cache_clear()
    yield
    monkeypatch.undo()
    for cached in (fonts._found, fonts.has_bold):
        cached.cache_clear()


@pytest.mark.parametrize(("language", "name"), [("ja", "Japanese"), ("ko", "Korean")])
def test_without_a_font_figures_are_in_english_and_it_is_said(no_fonts: None, run: Any, language: str,
                                                             name: str) -> None:
    message = fonts.missing_font(language)
    assert "\n" not in message
    assert name in message
    assert "pip install 'negotiation[fonts]'" in message
    with pytest.warns(MissingFontWarning, match="labels are in English") as raised, drawn("print", language) as chosen:
        figure = plots.plot_outcome_figure(outcome_table(run[2], None))
    assert [str(warning.message) for warning in raised] == [message]
    assert chosen == look_of(figure) == ("print", "en")
    assert "Share of disputes" in [text.get_text() for text in _texts(figure)]


def test_a_font_that_lacks_a_letter_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    assert fonts._needed("ja") > {ord("紛")}
    assert ord("S") not in fonts._needed("ja")
    monkeypatch.setattr(fonts, "_needed", lambda language: {0x10FFFD})
    assert fonts._found.__wrapped__("ja") is None


# ---------------------------------------------------------------------------------------- PDF


def _embedded(path: Any) -> dict[str, bool]:
    """Base name of each font of a page, and whether its outlines are inside."""
    used = PdfReader(path).pages[0]["/Resources"]["/Font"].get_object().values()
    found = {}
    for entry in used:
        inner = entry.get_object()
        inner = inner["/DescendantFonts"][0].get_object() if "/DescendantFonts" in inner else inner
        found[inner["/BaseFont"].split("+")[-1]] = "/FontFile2" in inner["/FontDescriptor"].get_object()
    return found


@pytest.mark.parametrize(("chosen", "fonts_used"), [
    (("projector", "en"), {"DejaVuSans", "DejaVuSans-Bold"}), (("print", "ja"), {"DejaVuSans", "IPAexGothic"}),
    (("projector", "ko"), {"DejaVuSans", "DejaVuSans-Bold", "NanumGothic", "NanumGothicBold"})], ids=["en", "ja", "ko"])
def test_a_pdf_holds_its_fonts_and_its_texts_as_text(made: Any, chosen: tuple[str, str], fonts_used: set[str],
                                                     tmp_path: Any, caplog: pytest.LogCaptureFixture) -> None:
    (path,) = plots.save_figure(made[chosen]["outcomes"].figure, tmp_path / "x", formats=["pdf"])
    embedded = _embedded(path)
    assert set(embedded) == fonts_used
    assert all(embedded.values())
    told = "".join(PdfReader(path).pages[0].extract_text().split())
    with speaking(chosen[1]):
        assert "".join(say("Share of disputes").split()) in told
    assert not caplog.records  # fontTools is talkative


def test_a_pdf_carries_its_receipt_and_the_same_figure_gives_the_same_bytes(made: Any, tmp_path: Any) -> None:
    receipt = {"scenario": "x", "seed": 7, "note": "Größe (<&>) 東京 \\ 서울", "long": "a" * 5000}
    for name in ("a", "b"):
        plots.save_figure(made["print", "ja"]["weeks"].figure, tmp_path / name, receipt, formats=["pdf"])
    assert plots.read_receipt(tmp_path / "a.pdf") == receipt
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
    assert "/CreationDate" not in PdfReader(tmp_path / "a.pdf").metadata
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.4\nnothing")
    with pytest.raises(ValueError, match=r"broken\.pdf: not a readable PDF"):
        plots.read_receipt(tmp_path / "broken.pdf")
    Figure().savefig(tmp_path / "bare.pdf")
    with pytest.raises(ValueError, match="holds no receipt"):
        plots.read_receipt(tmp_path / "bare.pdf")


# ----------------------------------------------------------------------------------- wrapping

PIECES = st.sampled_from(["紛争", "の", "半導体", "フォトレジスト", "、", "。", "（", "）", "ー", "ッ", "GSOMIA", " ",
                          "26", "분쟁 ", "현상 동결 ", "words ", "「", "」"])


@given(st.lists(PIECES, min_size=1, max_size=14).map("".join), st.integers(8, 40))
def test_nothing_is_lost_and_no_line_is_too_long(text: str, width: int) -> None:
    lines = wrap(text, width).split("\n")
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert max(map(letters_in, lines)) <= width or not text.strip()
    if len(lines) > 1 and max(letters_in(piece) for _, piece in _pieces(text)) <= width:
        assert not [line for line in lines[1:] if line[0] in "、。）」ーッ" and f" {line[0]}" not in text]
        assert not [line for line in lines[:-1] if line[-1] in OPENING and f"{line[-1]} " not in text]


@pytest.mark.parametrize(("text", "width", "lines"), [
    ("半導体材料3品目の個別許可", 14, ["半導体材料3品", "目の個別許可"]),
    ("ワシントン: 関与の費用", 20, ["ワシントン:", "関与の費用"]),
    ("情報協定（GSOMIA）の終了通告", 16, ["情報協定", "（GSOMIA）", "の終了通告"]),
    ("현상 동결 촉구", 9, ["현상 동결", "촉구"]),
    ("Plain names break at spaces", 12, ["Plain names", "break at", "spaces"]),
    ("解決", 2, ["解", "決"]), ("Donaudampf", 20, ["Donaudampf"]),
])
def test_lines_break_where_a_reader_would(text: str, width: int, lines: list[str]) -> None:
    assert wrap(text, width).split("\n") == lines
