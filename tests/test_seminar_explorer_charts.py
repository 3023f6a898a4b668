"""The explorer's charts, as the options that ECharts is sent."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("nicegui", reason="needs the extra seminar: make seminar")

from negotiation.plots.wrapping import letters_in
from negotiation.seminar import explorer_choice
from negotiation.seminar.explorer import read_state
from negotiation.seminar.explorer_view import compute
from negotiation.seminar.web import explorer_charts as charts
from negotiation.terms import say, speaking
from negotiation.vocabulary import DISPUTANTS

NASTY = """<img src=x onerror=alert(1)> 'of' "this" \\ kind"""


def test_what_a_tooltip_tells_is_text_whatever_a_rung_is_called() -> None:
    told = charts._tooltip([NASTY, "b"], 1, 2)
    assert told["renderMode"] == "richText"
    assert json.dumps([NASTY, "b"]) + "[p.value[1]]" in told[":formatter"]
    assert "p.value[2]" in told[":formatter"]
    state = read_state(())
    for chart in (charts.fan(compute(state), DISPUTANTS[0]), charts.phase(None, state)):
        assert chart["tooltip"]["renderMode"] == "richText"


@pytest.mark.parametrize("language", ["en", "ja", "ko"])
def test_names_of_rungs_are_broken_between_words_and_whole_in_the_tooltip(language: str) -> None:
    state = read_state(())
    view = compute(state)
    for seat in DISPUTANTS:
        with speaking(language):
            names = [say(rung.name) for rung in explorer_choice.load(state.scenario).disputant(seat).ladder]
            made = charts.fan(view, seat)
        shown = made["yAxis"][0]["data"]
        assert json.dumps(names) in made["tooltip"][":formatter"]
        assert any("\n" in name for name in shown)
        for name, whole in zip(shown, names, strict=True):
            assert all(letters_in(line) <= charts.LABEL for line in name.split("\n"))
            assert name.replace("\n", " " if language != "ja" else "") == whole
