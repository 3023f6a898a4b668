"""The site: builds without warnings or network, every link leads somewhere, generated parts are current."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlparse

import numpy as np
import pytest
import yaml

import negotiation
from negotiation.documents import OF_SCENARIO, PART, printed, stale
from negotiation.documents import keys as configuration
from negotiation.documents.__main__ import main
from negotiation.documents.card import example_card
from negotiation.documents.keys import MEANINGS, configuration_part, schema_keys
from negotiation.documents.scenario_tables import parameter_rows, parameters_part
from negotiation.documents.site import mathml
from negotiation.game import compile_game
from negotiation.library import load_scenario, scenario_names
from negotiation.parameters import leaves
from negotiation.version import __version__
from negotiation.vocabulary import Actor, Move, Stance

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
# Where links lead outside. Tests do not use the network: look at a link by hand before adding its host here.
HOSTS = {"doi.org", "www.jstor.org", "hydra.cc", "mesa.readthedocs.io", "squidfunk.github.io"}
MACHINE = re.compile(r"(?<![\w.])/(root|home|work|opt|tmp|usr|mnt)/|index-url|find-links|127\.0\.0|pypi")
LOADED = ("script", "link", "img", "iframe", "source")


class Page(HTMLParser):
    """The names that can be linked to on a page, its links, and what it loads."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.anchors: set[str] = {""}
        self.links: list[str] = []
        self.loads: list[str] = []
        self.formulas = 0
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        self.formulas += tag == "math"
        for name in ("href", "src"):
            if name in given and given.get("rel") not in ("canonical", "next", "prev"):
                (self.loads if tag in LOADED else self.links).append(given[name])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    pytest.importorskip("material", reason="the site needs the extra docs")
    target = tmp_path_factory.mktemp("site")
    # Not --quiet: that keeps warnings from being counted, and strict from being strict.
    done = subprocess.run([sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(target)], cwd=ROOT,
                          capture_output=True, text=True, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"})
    assert (target / "index.html").is_file(), done.stdout + done.stderr
    return target, done


@pytest.fixture(scope="module")
def site(made: tuple[Path, subprocess.CompletedProcess[str]]) -> Path:
    return made[0]


@pytest.fixture(scope="module")
def built(site: Path) -> dict[Path, Page]:
    return {path: Page(path) for path in sorted(site.rglob("*.html"))}


def test_the_site_builds_without_warnings(made: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    said = made[1].stdout + made[1].stderr
    assert made[1].returncode == 0, said
    assert "WARNING" not in said, said


def test_every_link_leads_somewhere(site: Path, built: dict[Path, Page]) -> None:
    dead = []
    outside = set()
    for path, page in built.items():
        for link in page.links + page.loads:
            parts = urlparse(link)
            if parts.scheme in ("http", "https"):
                outside.add(parts.netloc)
                continue
            if parts.scheme or path.name == "404.html":  # 404.html is served from anywhere, with absolute links
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchor = unquote(parts.fragment)
            if not target.is_file() or (anchor and target in built and anchor not in built[target].anchors):
                dead.append(f"{path.relative_to(site)}: {link}")
    assert dead == []
    assert outside <= HOSTS


def test_no_page_loads_anything_from_the_network(built: dict[Path, Page]) -> None:
    assert [(path.name, link) for path, page in built.items() for link in page.loads if "//" in link] == []


def test_formulas_are_mathml(site: Path, built: dict[Path, Page]) -> None:
    assert sum(page.formulas for page in built.values()) > 60
    for path in built:
        text = path.read_text(encoding="utf-8")
        assert "arithmatex" not in text, path
        assert ":math:" not in text, path
    assert "<mfrac>" in mathml(r"\frac{1}{2}", "block")


def test_every_page_is_in_the_navigation(built: dict[Path, Page], site: Path) -> None:
    home = built[site / "index.html"]
    for page in PAGES:
        assert page.relative_to(DOCS).with_suffix(".html").as_posix() in {link.split("#")[0] for link in home.links} | {
            "index.html"}, page


def test_every_public_name_is_in_the_reference(built: dict[Path, Page]) -> None:
    anchors = set().union(*(page.anchors for path, page in built.items() if path.stem.startswith("api-")))
    shown = {anchor.rpartition(".")[2] for anchor in anchors if anchor.startswith("negotiation.")}
    assert set(negotiation.__all__) - {"__version__"} <= shown


def test_links_of_texts_outside_the_site_lead_somewhere() -> None:
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", (ROOT / name).read_text(encoding="utf-8")):
            assert target.startswith("https://") or (ROOT / target).exists(), f"{name}: {target}"


def test_generated_parts_are_current() -> None:
    found = [str(path.relative_to(ROOT)) for path in stale(DOCS)]
    assert found == [], "run python -m negotiation.documents"


def test_a_stale_page_is_found_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (DOCS / "instructors" / "payoff-card.md").read_text(encoding="utf-8")
    page = tmp_path / "card.md"
    page.write_text(text.replace("+0.52", "+0.53"), encoding="utf-8")
    with pytest.raises(SystemExit) as left:
        main(["--check", "--docs", str(tmp_path)])
    assert left.value.code == 1
    assert "0.53" in page.read_text(encoding="utf-8")
    main(["--docs", str(tmp_path)])
    assert page.read_text(encoding="utf-8") == text
    assert "card.md written" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["nonsense"], ["payoff-card", "nonsense"], ["--docs", "nonsense"]])
def test_what_does_not_exist_is_refused_in_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_the_description_has_every_parameter() -> None:
    for name in scenario_names():
        scenario = load_scenario(name)
        rows = parameter_rows(scenario)
        assert sum(len(row.values) for row in rows) == len(list(leaves(scenario)))
        text = parameters_part(scenario)
        assert all(f"`{row.key}`" in text for row in rows)
        assert "not given" not in text, f"{name}: a parameter without range or source"


def test_every_key_of_the_configuration_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    text = configuration_part()
    assert all(f"`{key}`" in text for key, _, _ in schema_keys())
    monkeypatch.setattr(configuration, "MEANINGS", {key: told for key, told in MEANINGS.items() if key != "seed"})
    with pytest.raises(ValueError, match="differ in seed"):
        configuration_part()


@pytest.mark.parametrize("name", scenario_names())
def test_cards_and_sheets_can_be_printed_for_any_scenario(name: str) -> None:
    scenario = load_scenario(name)
    for part in OF_SCENARIO:
        text = printed(part, scenario)
        assert not re.search(r"\bnan\b", text)
        for table in re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE):
            assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1, table


def test_a_card_can_be_written_for_a_browser(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("payoff-card", "role-sheets", "odd-parameters"):
        main([name, "river_dam", "--into", str(tmp_path / "page.html")])
        text = (tmp_path / "page.html").read_text(encoding="utf-8")
        assert "Upper Arvend" in text
        shown = re.sub(r"<style>.*?</style>|<[^>]*>", "", text, flags=re.DOTALL)
        assert not re.search(r"\*\*|`|\| ---|\{#", shown)
        assert text.count("<tr>") == text.count("</tr>") > 10
        assert Page(tmp_path / "page.html").loads == []
    main(["role-sheet-tokyo", "river_dam", "--into", str(tmp_path / "sheet.md")])
    sheet = (tmp_path / "sheet.md").read_text(encoding="utf-8")
    assert sheet == printed("role-sheet-tokyo", load_scenario("river_dam"))


@pytest.mark.parametrize("name", scenario_names())
def test_the_week_reckoned_by_hand_is_the_games(name: str) -> None:
    scenario = load_scenario(name)
    game = compile_game(scenario)
    start = scenario.start
    state = int(np.flatnonzero((game.rungs[0] == start.tokyo) & (game.rungs[1] == start.seoul)
                               & (game.standstill == start.standstill) & (game.appeals == start.appeals))[0])
    sums = [line.rsplit("|", 2)[1].strip() for line in example_card(scenario).splitlines() if line.startswith("| ")][2:]
    paid = [float(game.payoff[actor, Stance.CONVENE, Move.HOLD, Move.APPEAL, state]) for actor in Actor]
    assert [float(text.replace("−", "-")) for text in sums] == pytest.approx(paid, abs=0.0051)


def test_pages_name_no_machine_and_no_index() -> None:
    texts = [*PAGES, ROOT / "mkdocs.yml", ROOT / "CITATION.cff", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md",
             *(ROOT / "negotiation" / "documents").glob("*.py")]
    for path in texts:
        text = path.read_text(encoding="utf-8")
        assert not MACHINE.search(text), path
        for begin in re.findall(r"<!-- generated", text) if path.suffix == ".md" else []:
            assert PART.search(text), (path, begin)


# ------------------------------------------------------------------------------ the texts beside the site

CFF_REQUIRED = {"cff-version", "message", "title", "authors"}
CFF_KNOWN = CFF_REQUIRED | {"type", "abstract", "keywords", "license", "version", "date-released", "url",
                            "repository-code", "references", "identifiers", "doi", "contact", "preferred-citation"}


def test_the_citation_is_valid_and_of_this_version() -> None:
    """The parts of the CFF 1.2.0 schema that the file uses; the whole schema was run by hand (cffconvert)."""
    given = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert CFF_REQUIRED <= set(given) <= CFF_KNOWN
    assert given["cff-version"] == "1.2.0"
    assert given["type"] == "software"
    assert given["version"] == __version__
    assert given["license"] == "MIT"
    assert all(set(author) <= {"name", "family-names", "given-names", "orcid"} for author in given["authors"])
    assert all(isinstance(word, str) for word in given["keywords"])


def test_the_changelog_keeps_its_form() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## \[(.*?)\](?: - (\d{4}-\d\d-\d\d))?$", text, re.MULTILINE)
    assert versions[0] == ("Unreleased", "")
    assert __version__ in {name for name, _ in versions} | {"0.1.0"}
    kinds = re.findall(r"^### (.*)$", text, re.MULTILINE)
    assert set(kinds) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_four_recipes_are_short() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    recipes = re.findall(r"^### An? (\w+)\n(.*?)(?=^#)", text, re.DOTALL | re.MULTILINE)
    assert [name for name, _ in recipes] == ["behaviour", "scenario", "experiment", "figure"]
    for name, recipe in recipes:
        assert 2 <= len(re.findall(r"^\d+\. ", recipe, re.MULTILINE)) < 10, name
