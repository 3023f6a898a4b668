"""The explorer's charts as options of ECharts, in the colours of the figures (`negotiation.plots.style`).

Every chart keeps its number of series, so that an update replaces data and draws nothing anew.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from negotiation.outcomes import words
from negotiation.plots.fan import BANDS, SHADE
from negotiation.plots.style import ACTOR_COLOURS, INK, OUTCOME_COLOURS, QUIET_INK
from negotiation.plots.wrapping import wrap
from negotiation.seminar.explorer import State
from negotiation.seminar.explorer_choice import load
from negotiation.seminar.explorer_phase import Axis, Picture
from negotiation.seminar.explorer_view import View
from negotiation.seminar.explorer_why import share
from negotiation.terms import say
from negotiation.vocabulary import Actor, Outcome

FONT = 'system-ui, "Noto Sans", "Noto Sans CJK JP", "Noto Sans CJK KR", sans-serif'
TEXT = {"color": INK, "fontSize": 13, "fontFamily": FONT}
LABEL = 23  # small letters of a line of a rung's name, which has 132 pixels
LINE = {"onZero": False, "lineStyle": {"color": QUIET_INK}}
HIDDEN: dict[str, Any] = {"show": False, "axisPointer": {"show": False}}
# Lines over areas as in the figures, for those who do not tell colours apart.
DECALS: dict[str, Any] = {
    Outcome.ESCALATED.key: {"symbol": "rect", "dashArrayX": [1, 0], "dashArrayY": [2, 5], "rotation": -0.785,
                            "color": "rgba(255,255,255,.75)"},
    Outcome.RUPTURE.key: {"symbol": "rect", "dashArrayX": [[3, 4], [0, 3.5, 3, .5]], "dashArrayY": [3, 3],
                          "rotation": 0.785, "color": "rgba(255,255,255,.6)"}}


def bars(view: View, before: View | None) -> dict[str, Any]:
    """The outcomes as bars, with those of the setting before as lines beside them."""
    names = [say(words(key)) for key in OUTCOME_COLOURS]
    now = [{"value": float(chance), "itemStyle": {"color": OUTCOME_COLOURS[key], "borderColor": QUIET_INK,
                                                  "borderWidth": 1, "decal": DECALS.get(key, {"symbol": "none"})}}
           for key, chance in zip(OUTCOME_COLOURS, view.outcomes, strict=True)]
    old = [] if before is None else [
        {"value": [float(chance), number]} for number, chance in enumerate(before.outcomes)]
    widest = max(float(view.outcomes.max()), 0.0 if before is None else float(before.outcomes.max()))
    return {
        "animation": False, "textStyle": TEXT, "aria": {"enabled": False},
        "grid": {"left": 8, "right": 8, "top": 4, "bottom": 4, "containLabel": True},
        "xAxis": {"type": "value", "min": 0, "max": max(0.4, np.ceil(10 * widest) / 10), "show": False},
        "yAxis": [{"type": "category", "data": names, "inverse": True, "axisTick": {"show": False}, "axisLine": LINE,
                   "axisLabel": {**TEXT, "fontSize": 14}},
                  {"type": "category", "data": [share(float(chance)) for chance in view.outcomes], "inverse": True,
                   "position": "right", "axisTick": {"show": False}, "axisLine": {"show": False},
                   "axisLabel": {**TEXT, "fontSize": 15, "fontWeight": "bold"}}],
        "series": [
            {"id": "now", "type": "bar", "data": now, "barWidth": "68%", "silent": True},
            {"id": "before", "type": "scatter", "data": old, "symbol": "rect", "symbolSize": [4, 26], "silent": True,
             "z": 5, "itemStyle": {"color": INK, "borderColor": "#FFFFFF", "borderWidth": 1}},
        ],
    }


def fan(view: View, seat: Actor, path: list[int] | None = None) -> dict[str, Any]:
    """A side's ladder by week: where disputes still going stand, half and nine in ten of them between the lines.

    Args:
        view: what is shown.
        seat: the side.
        path: its rungs at the start and after each week of a replayed episode.
    """
    names = [say(rung.name) for rung in load(view.state.scenario).disputant(seat).ladder]
    ladder = [wrap(name, LABEL) for name in names]  # ECharts breaks Japanese anywhere, and Korean inside words
    plays, top = view.plays, len(ladder) - 1
    weeks = view.state.point.rounds
    cells: list[list[float]] = []
    lines: list[list[list[float]]] = [[] for _ in range(2 * len(BANDS))]
    if plays is not None:
        spread = plays.rungs[seat]
        cells = [[week, rung, round(float(chance), 4)] for week, row in enumerate(spread)
                 for rung, chance in enumerate(row) if chance > 0.0005]
        edges = [(level, shift) for low, high, *_ in BANDS for level, shift in ((low, -0.5), (high, 0.5))]
        lines = [_stairs(plays.quantile(seat, level) + shift) for level, shift in edges]
    thick = [width for *_, width in BANDS for _ in range(2)]
    colour = ACTOR_COLOURS[seat.key]
    return {
        "animation": False, "textStyle": TEXT, "aria": {"enabled": False},
        "tooltip": _tooltip(names, 1, 2),
        "grid": {"left": 142, "right": 12, "top": 8, "bottom": 40},
        "xAxis": [{"type": "category", "data": [str(week) for week in range(weeks + 1)], "name": say("Week"),
                   "nameLocation": "middle", "nameGap": 24, "nameTextStyle": TEXT, "axisTick": {"show": False},
                   "axisLine": LINE, "axisLabel": {**TEXT, "fontSize": 12}},
                  {"type": "value", "min": -0.5, "max": weeks + 0.5, **HIDDEN}],
        "yAxis": [{"type": "category", "data": ladder, "axisTick": {"show": False}, "axisLine": LINE,
                   "axisLabel": {**TEXT, "fontSize": 11, "lineHeight": 11.5, "width": 132, "overflow": "break",
                                 "interval": 0},
                   "splitLine": {"show": True, "interval": 0, "lineStyle": {"color": "#E2E2E2"}}},
                  {"type": "value", "min": -0.5, "max": top + 0.5, **HIDDEN}],
        "visualMap": {"show": False, "min": 0, "max": 1, "dimension": 2, "seriesIndex": 0,
                      "inRange": {"color": ["#FFFFFF", SHADE]}},
        "series": [
            {"id": "spread", "type": "heatmap", "data": cells, "emphasis": {"disabled": True}},
            *({"id": f"edge {number}", "type": "line", "xAxisIndex": 1, "yAxisIndex": 1, "data": data,
               "step": "middle", "symbol": "none", "silent": True, "z": 4,
               "lineStyle": {"color": colour, "width": 1.6 * thick[number]}} for number, data in enumerate(lines)),
            {"id": "path", "type": "line", "xAxisIndex": 1, "yAxisIndex": 1, "step": "middle", "z": 6, "silent": True,
             "data": [[week, rung] for week, rung in enumerate(path or [])], "symbol": "circle", "symbolSize": 7,
             "showAllSymbol": True, "itemStyle": {"color": INK}, "lineStyle": {"color": INK, "width": 3}},
        ],
    }


def _tooltip(names: list[str], named: int, chance: int) -> dict[str, Any]:
    """What a cell of a heatmap tells; a name with markup in it, of somebody's own scenario, stays text.

    Args:
        names: of what a cell is about.
        named, chance: where a cell's values have the number of its name, and its probability.
    """
    return {"renderMode": "richText", ":formatter": (
        f"p => p.seriesType === 'heatmap' ? {json.dumps(names)}[p.value[{named}]] + ': ' + "
        f"(100 * p.value[{chance}]).toFixed(1) + ' %' : ''")}


def _stairs(rungs: np.ndarray) -> list[list[float]]:
    found = [[float(week), float(rung)] for week, rung in enumerate(rungs) if not np.isnan(rung)]
    return [[found[0][0] - 0.5, found[0][1]], *found, [found[-1][0] + 0.5, found[-1][1]]] if found else []


def phase(picture: Picture | None, state: State) -> dict[str, Any]:
    """The most likely outcome over two numbers, and where the state is."""
    sides = Picture.of(state)
    x, y = (sides.x, sides.y) if picture is None else (picture.x, picture.y)
    labels = {axis.slider.key: axis.slider.label for axis in (sides.x, sides.y)}  # pictures are shared by all languages
    colours = [{"value": number, "color": colour} for number, colour in enumerate(OUTCOME_COLOURS.values())]
    names = [say(words(key)) for key in OUTCOME_COLOURS]
    return {
        "animation": False, "textStyle": TEXT, "aria": {"enabled": False},
        "tooltip": _tooltip(names, 2, 3),
        "grid": {"left": 56, "right": 16, "top": 30, "bottom": 44},
        "xAxis": [{"type": "category", "data": [str(place) for place in range(len(x.places))], **HIDDEN},
                  {**_side(x, labels), "position": "bottom", "nameLocation": "middle", "nameGap": 26}],
        "yAxis": [{"type": "category", "data": [str(place) for place in range(len(y.places))], **HIDDEN},
                  {**_side(y, labels), "position": "left", "nameLocation": "end", "nameGap": 10,
                   "nameTextStyle": {**TEXT, "align": "left", "padding": [0, 0, 0, -46]}}],
        "visualMap": {"show": False, "type": "piecewise", "pieces": colours, "dimension": 2, "seriesIndex": 0},
        "series": [
            {"id": "cells", "type": "heatmap", "data": [] if picture is None else [
                [i, j, outcome, round(chance, 4)] for i, j, outcome, chance in picture.cells()],
             "emphasis": {"itemStyle": {"borderColor": INK, "borderWidth": 1}}},
            cursor(state),
        ],
    }


def cursor(state: State) -> dict[str, Any]:
    """The series that marks where the state is on the phase picture."""
    at = [float(state.value(key)) for key in state.axes]
    return {"id": "cursor", "type": "scatter", "xAxisIndex": 1, "yAxisIndex": 1, "data": [at], "symbolSize": 17,
            "z": 10, "silent": True, "itemStyle": {"color": INK, "borderColor": "#FFFFFF", "borderWidth": 3},
            "markLine": {"silent": True, "symbol": "none", "label": {"show": False}, "animation": False,
                         "lineStyle": {"color": INK, "type": "dashed", "width": 1.2},
                         "data": [{"xAxis": at[0]}, {"yAxis": at[1]}]}}


def _side(axis: Axis, labels: dict[str, str]) -> dict[str, Any]:
    name = labels.get(axis.slider.key, axis.slider.label)
    return {"type": "value", "min": axis.low, "max": axis.high, "name": name, "nameTextStyle": TEXT,
            "axisLine": {"show": True, **LINE}, "axisTick": {"show": True},
            "splitLine": {"show": False}, "minInterval": 1 if axis.slider.whole else 0,
            "axisLabel": {**TEXT, "fontSize": 12, "showMinLabel": axis.slider.whole,
                          "showMaxLabel": axis.slider.whole, ":formatter": "v => String(Number(v.toPrecision(6)))"}}


__all__ = ["bars", "cursor", "fan", "phase"]
