"""How long does the explorer take from letting a slider go to the picture? In a real browser, by the page's own clock.

The server is the real command in a process of its own, the browser Debian's Chromium without a window, both on this
machine: what a projector's laptop does. A release is a key press on a slider; the ten sliders take turns, each at a
value that was not seen before. The clock starts with the page's `change` event and stops when the numbers stand on the
page, and when all three charts (outcomes and both ladders) have been drawn again.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peers.measuring import Line, duration

if TYPE_CHECKING:
    from benchmark import Bench

# From letting a slider go to the page's numbers, and to the three charts drawn again.
CLOCK = """() => {
    window.clock = {};
    document.addEventListener("change", () => { window.clock = {begun: performance.now(), drawn: {}, told: 0}; }, true);
    [...document.querySelectorAll(".chart")].slice(0, 3).forEach((element, place) => {
        getElement(Number(element.id.slice(1))).chart.on("rendered", () => {
            if (window.clock.drawn) window.clock.drawn[place] = performance.now(); }); });
    new MutationObserver(() => { if (window.clock.drawn) window.clock.told ||= performance.now(); }).observe(
        document.querySelector(".page.explorer"), {attributes: true, attributeFilter: ["data-shown"]});
}"""
READY = """() => [...document.querySelectorAll('.chart')].filter(
    one => getElement(Number(one.id.slice(1)))?.chart?.getOption()).length === 4"""
DRAWN = "window.clock.told && [0, 1, 2].every(place => window.clock.drawn[place])"
REST = 900  # milliseconds between releases, in which the rest of the page and the phase picture follow
WHAT = ("explorer, release of a slider to the numbers on the page",
        "explorer, release of a slider to all three pictures",
        "explorer, 95 % of releases: to all three pictures at most", "explorer, of this the server's computing")
TARGETS = (None, 150.0, None, None)


class NoBrowserError(RuntimeError):
    """There is no Chromium, or no program to drive it or serve the page."""


def explorer_row(bench: Bench) -> list[Line]:
    """From release to numbers and picture."""
    bench.tick("explorer")
    try:
        told, drawn, computed = releases(bench.times(30, 3), bench.folder)
    except NoBrowserError as reason:
        return [Line("explorer", what, target=target, unit="ms", skipped=str(reason))
                for what, target in zip(WHAT, TARGETS, strict=True)]
    late = sorted(drawn)[max(0, -(-95 * len(drawn) // 100) - 1)]
    numbers = (statistics.median(told), statistics.median(drawn), late, statistics.median(computed))
    return [Line("explorer", what, duration(number), measured=1e3 * number, target=target, unit="ms",
                 samples={"ours": samples})
            for what, target, number, samples in zip(
                WHAT, TARGETS, numbers, (told, drawn, drawn, computed), strict=True)]


def releases(number: int, folder: Path) -> tuple[list[float], list[float], list[float]]:
    """Seconds to the numbers, to the pictures, and of computing, of so many releases.

    Raises:
        NoBrowserError: there is no Chromium, or a library is missing.
    """
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        raise NoBrowserError("no Chromium on this machine (Debian: apt install chromium)")
    try:
        import nicegui  # noqa: F401
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise NoBrowserError(f"{error.name} is not installed (pip install 'negotiation[seminar]' playwright)") from None
    told, drawn, computed = [], [], []
    with serving(folder) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
        page.goto(f"{address}/explorer?language=en")
        page.wait_for_function(READY)
        page.wait_for_timeout(3000)
        page.evaluate(CLOCK)
        for place in range(number):
            page.locator(".controls-card input[type=range]").nth(place % 10).focus()
            page.keyboard.press("ArrowRight" if place // 10 % 2 == 0 else "PageUp")
            page.wait_for_function(DRAWN)
            page.wait_for_timeout(100)  # whether a chart is drawn once more
            clock: dict[str, Any] = page.evaluate("window.clock")
            told.append((clock["told"] - clock["begun"]) / 1e3)
            drawn.append((max(clock["drawn"].values()) - clock["begun"]) / 1e3)
            found = re.search(r"Computed in (\d+) ms", page.locator(".page.explorer").inner_text())
            computed.append(max(int(found[1]) if found else 0, 1) / 1e3)
            page.wait_for_timeout(REST)
        browser.close()
    return told, drawn, computed


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The command's server; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "NICEGUI"))}
    with (tempfile.TemporaryDirectory(dir=folder) as place, tempfile.TemporaryFile() as log,
          subprocess.Popen([sys.executable, "-m", "negotiation.seminar.command", "--port", str(port), "--database",
                            str(Path(place) / "class.sqlite")], stdout=log, stderr=log, env=environment) as server):
        try:
            for _ in range(300):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/join", timeout=5).close()
                    break
                except OSError:
                    if server.poll() is not None:
                        raise NoBrowserError("negotiation-seminar does not start") from None
                    time.sleep(0.1)
            yield f"http://localhost:{port}"
        finally:
            server.kill()


__all__ = ["NoBrowserError", "explorer_row", "releases"]
