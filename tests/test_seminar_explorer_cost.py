"""What the explorer costs, as any machine can hold it to: steps, messages, bytes, and loops compiled beforehand."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_seminar_browser import Watched, browser, server, watched  # noqa: F401
from test_seminar_explorer import read
from test_seminar_explorer_page import WIDE, open_explorer
from test_seminar_server import running

from negotiation.engines.exact import propagate_unchecked
from negotiation.game import compile_game
from negotiation.kernels.compiling import COMPILING
from negotiation.seminar import explorer_view
from negotiation.seminar.explorer_view import compute, profile_for

STEPS = ("chosen_point", "compile_game", "profile_for", "backward_induction", "propagate_unchecked")
# Seen of one release: 24 kB, nearly all of it the cells of both ladders.
MOST_BYTES = 50_000


def test_a_setting_is_computed_in_five_steps_each_done_once(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []

    def counted(name: str, act: Callable[..., Any]) -> Callable[..., Any]:
        def counting(*values: Any, **named: Any) -> Any:
            called.append(name)
            return act(*values, **named)

        return counting

    for name in STEPS:
        monkeypatch.setattr(explorer_view, name, counted(name, getattr(explorer_view, name)))
    monkeypatch.setattr(explorer_view, "propagate", counted("propagate", explorer_view.propagate))
    compute(read("scenario.standstill.length=8"))
    assert called == list(STEPS)
    called.clear()
    compute(read("policy.tokyo=hawk"))
    assert sorted(called) == sorted(STEPS)


def test_a_setting_takes_little_longer_than_its_steps() -> None:
    state = read("scenario.standstill.length=8")

    def bare() -> None:
        explorer_view.chosen_point(state.point, state.behaviours)
        game = compile_game(state.point)
        propagate_unchecked(game, profile_for(game, state.behaviours))

    def fastest(act: Callable[[], object]) -> float:
        taken = []
        for _ in range(9):
            began = time.perf_counter()
            act()
            taken.append(time.perf_counter() - began)
        return min(taken)

    bare()
    assert fastest(lambda: compute(state)) < 2 * fastest(bare)


def test_a_release_sends_two_small_messages(watched: Watched) -> None:  # noqa: F811
    page = open_explorer(watched, WIDE)
    page.wait_for_function("""() => getElement(Number(document.querySelector('.chart.phase').id.slice(1))).chart
        .getOption().series[0].data.length === 729""")
    page.wait_for_timeout(1500)
    frames: list[str] = []
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.on("Network.webSocketFrameReceived", lambda event: frames.append(event["response"]["payloadData"]))
    shown = page.locator(".page.explorer")
    for number in (3, 5, 6):
        before = int(shown.get_attribute("data-shown") or 0)
        frames.clear()
        page.locator(".controls-card input[type=range]").nth(number).focus()
        page.keyboard.press("ArrowRight")
        for _ in range(100):
            if any("explorer.address" in frame for frame in frames):
                break
            page.wait_for_timeout(100)
        page.wait_for_timeout(300)
        told = [frame for frame in frames if re.search(r'"number\W+:\d', frame)]  # not the picture's getting finer
        size = sum(len(frame.encode()) for frame in told)
        print(f"release: {len(told)} messages, {size} bytes")
        assert len(told) == 2, "the numbers, then the weeks"
        assert size <= MOST_BYTES
        assert int(shown.get_attribute("data-shown") or 0) == before + 2, "nothing is shown twice"
        assert sum("explorer.address" in frame for frame in frames) == 1, "and the rest follows once"


def test_the_server_compiles_the_loops_before_anybody_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "fresh"))
    with running(tmp_path) as started:
        for _ in range(600):
            if COMPILING in started.log():
                break
            time.sleep(0.1)
        assert started.log().count(COMPILING) == 1, "the terminal is told, once"
        for _ in range(5):
            assert started.get("/join")[0] == 200, "and pages are served meanwhile"
        assert started.process is not None
        began = time.monotonic()
        started.process.send_signal(signal.SIGINT)
        started.process.wait(20)
        assert time.monotonic() - began < 15, "whoever stops it does not wait for the compiler"


def test_a_server_that_has_its_loops_says_nothing(tmp_path: Path) -> None:
    compute(read(""))
    compute(read("policy.tokyo=hawk"))
    with running(tmp_path) as started:
        time.sleep(5)
        assert COMPILING not in started.log()
