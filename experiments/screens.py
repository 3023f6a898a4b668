"""Take the pictures of the seminar's pages that README and docs show: a made-up class, in a real browser.

    python experiments/screens.py            # writes docs/screens/seminar_*.png
    python experiments/screens.py --language ja --folder /tmp/screens

The class is played by the behaviours of its seats under a fixed seed, so a picture changes when a page does. Needs
playwright and a Chromium, as the tests of the pages do.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

from peers.seminar_load import serve

from negotiation.library import load_scenario
from negotiation.seminar.command import teacher_secret
from negotiation.seminar.people import Person
from negotiation.seminar.room import Joined, Seminar
from negotiation.seminar.settings import Settings, read_treatments
from negotiation.seminar.store import Store
from negotiation.seminar.table import TableState
from negotiation.terms import LANGUAGES
from negotiation.vocabulary import Actor

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).parents[1]
NAMES = ("Aiko", "Bora", "Chloé", "Daan", "Emi", "Farid", "Gina", "Haruto", "Ines", "Jiwoo", "Kofi", "Lena", "Mina",
         "Noor", "Oskar", "Paula", "Quim", "Rin", "Sora", "Tomás", "Uma", "Vera", "Wen", "Yuna")
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 800}, "device_scale_factor": 1.5, "is_mobile": True}
LAPTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
TREATMENTS = "eager:\nquiet: scenario.washington.attention=2"
SEED, WEEKS = 7, 12


def play(seminar: Seminar, joined: list[Joined], until: Callable[[int, TableState], bool]) -> None:
    """Let everybody decide as their seat's behaviour would, until a table is to wait."""
    people: dict[int, list[Person]] = {}
    for each in joined:
        people.setdefault(each.person.table, []).append(each.person)
    for table, seated in people.items():
        room = seated[0].room
        while not (state := seminar.state(room, table)).over and not until(table, state):
            person = next(each for each in seated if each.seat is state.turn)
            place = seminar.place(room, table)
            seminar.move(person, place, seminar.agents_choice(room, table, state), f"{table} {place}")


def settings_of(language: str) -> Settings:
    """What all classes of the pictures have in common."""
    return Settings(load_scenario("tokyo_seoul_2019").to_dict(), weeks=WEEKS, seconds=60, language=language,
                    treatments=read_treatments(TREATMENTS))


def make_class(seminar: Seminar, language: str, start: bool = True) -> tuple[str, list[Joined]]:
    """A class of eight tables; returns its code and who plays."""
    room, _ = seminar.create(settings_of(language), SEED)
    joined = [seminar.join(room.code, name, name) for name in NAMES]
    if start:
        seminar.start(room.number)
    return room.code, joined


def pictures(folder: Path, language: str) -> list[Path]:
    """Take them all; returns their files."""
    from playwright.sync_api import sync_playwright

    executable = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    written: list[Path] = []
    with tempfile.TemporaryDirectory() as name:
        database = Path(name) / "class.sqlite"
        seminar = Seminar(Store(database))
        running, joined = make_class(seminar, language)
        play(seminar, joined, lambda table, state: state.week > 4 + table % 4
             and (table > 1 or state.turn is Actor.TOKYO))
        done, finished = make_class(seminar, language)
        play(seminar, finished, lambda table, state: False)
        seminar.end(finished[0].person.room)
        _, early = make_class(seminar, language, start=False)
        alone = seminar.create_alone(settings_of(language), Actor.SEOUL)
        acting = next(each for each in joined if (each.person.table, each.person.seat) == (1, Actor.TOKYO))
        process, port = serve(Path(name))
        address = f"http://127.0.0.1:{port}"
        try:
            with urlopen(f"{address}/join"), sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
                secret = teacher_secret(database)

                def take(name: str, path: str, kind: dict[str, Any], ready: Callable[[Page], Any] | None = None,
                         height: int | None = None) -> None:
                    context = browser.new_context(**kind, locale=language)
                    page = context.new_page()
                    if kind is LAPTOP:
                        page.goto(f"{address}/teach/{secret}")
                    page.goto(address + path)
                    page.wait_for_load_state("networkidle")
                    if ready is not None:
                        ready(page)
                    page.wait_for_timeout(800)
                    if height is not None:
                        page.set_viewport_size({"width": kind["viewport"]["width"], "height": height})
                        page.wait_for_timeout(300)
                    written.append(_keep(page.screenshot(), folder / f"seminar_{name}.png"))
                    context.close()

                take("start", "/teacher", LAPTOP, height=1000)
                take("join", f"/j/{running}", PHONE, height=560)
                others = [browser.new_context(**PHONE).new_page() for _ in joined[:15]]
                for page, each in zip(others, joined, strict=False):
                    page.goto(f"{address}/seat/{each.link}")
                take("table", f"/seat/{acting.link}", PHONE, height=1000)
                take("board", f"/board/{running}", LAPTOP)
                take("debrief", f"/debrief/{done}", LAPTOP, height=1400,
                     ready=lambda page: page.wait_for_selector("img", timeout=120_000))
                take("own_debrief", f"/mine/{finished[0].link}", PHONE, height=1000)
                take("waiting", f"/seat/{early[1].link}", PHONE, height=1000)
                take("alone", f"/seat/{alone.link}", PHONE, height=1000)
                take("explorer", f"/explorer?language={language}", LAPTOP, ready=_explore)
                browser.close()
        finally:
            process.kill()
            process.wait()
            seminar.store.close()
    return written


def _explore(page: Page) -> None:
    """Move the first slider, so that there is something to compare."""
    page.wait_for_timeout(5000)
    slider = page.locator("input[type=range]").first
    slider.focus()
    for _ in range(15):
        slider.press("ArrowRight")
    page.wait_for_timeout(4000)


def _keep(picture: bytes, path: Path) -> Path:
    """Write a picture with a palette, which is a third of its size."""
    from PIL import Image

    made = io.BytesIO()
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(made, "PNG",
                                                                                               optimize=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(made.getvalue())
    return path


def main() -> None:
    """Take the pictures and say where they are."""
    made = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    made.add_argument("--language", choices=LANGUAGES, default="en")
    made.add_argument("--folder", type=Path, default=ROOT / "docs" / "screens")
    given = made.parse_args()
    for path in pictures(given.folder, given.language):
        print(path)


if __name__ == "__main__":
    main()
