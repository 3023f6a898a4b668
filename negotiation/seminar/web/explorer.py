"""The explorer's page: sliders, and at once what follows from them. The address holds the whole setting.

Open to the teacher always, and to everybody who reaches the server unless a class that hides the solver's advice is
under way: what the explorer shows is that advice.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from fastapi import Request
from nicegui import app, background_tasks, ui

from negotiation.behaviours import behaviours_for
from negotiation.library import scenario_names
from negotiation.outcomes import words
from negotiation.parameters import ParameterError
from negotiation.plots.style import OUTCOME_COLOURS
from negotiation.seminar.explorer import State, read_state
from negotiation.seminar.explorer_choice import load
from negotiation.seminar.explorer_phase import Picture
from negotiation.seminar.explorer_sliders import further, sliders
from negotiation.seminar.explorer_view import View
from negotiation.seminar.explorer_why import share
from negotiation.seminar.explorer_work import Work
from negotiation.seminar.play import PAUSED, PLAYING
from negotiation.seminar.web import explorer_charts as charts
from negotiation.seminar.web.explorer_numbers import draw_numbers, draw_why
from negotiation.seminar.web.explorer_parts import SliderRow, choose, copied
from negotiation.seminar.web.explorer_replay import ReplayPanel
from negotiation.seminar.web.join import wished_language
from negotiation.seminar.web.parts import Block, Box, Text, alive, anchor, button, page
from negotiation.seminar.web.site import Site
from negotiation.solve import TooLargeError
from negotiation.terms import say, speaking
from negotiation.vocabulary import DISPUTANTS, Actor, Outcome

ONE_CHANGE = 2.0  # seconds within which further steps of one slider belong to the same change
PAUSE = 0.2  # seconds before the picture is computed on, in which the browser draws the rest
ADDRESS = "/explorer"


def closed(site: Site, request: Request) -> bool:
    """Whether a class that hides the solver's advice is under way, and the reader is not its teacher."""
    return not site.is_teacher(request) and any(
        room.phase in (PLAYING, PAUSED) and not room.settings.advice for room in site.service.reading.rooms())


def install(site: Site) -> None:
    """Declare the page."""
    work = Work()
    app.on_shutdown(work.close)
    site.link("start", "Explorer", ADDRESS)
    site.link("board", "Explorer", ADDRESS)

    @ui.page(ADDRESS, title="Explorer", response_timeout=30)
    async def explorer(request: Request) -> None:
        language = wished_language(request)
        given = [(key, value) for key, value in request.query_params.multi_items() if key != "language"]
        shut = partial(closed, site, request)
        with speaking(language):
            if shut():
                _refuse(language, say("A class is playing. The explorer opens when it has ended."), 403)
                return
            try:
                state = read_state(given)
                view = await work.view(state)
            except (ParameterError, TooLargeError) as error:
                _refuse(language, str(error), 400)
                return
            ExplorerPage(work, view, language, shut)


def _refuse(language: str, text: str, status: int) -> None:
    ui.context.client.status_code = status
    with page(say("Explorer"), language, "narrow"):
        Text(say("Explorer"), "h1")
        Text(text, "p", "alert", role="alert")
        anchor(say("Open the explorer anew"), ADDRESS, "button")


class ExplorerPage:
    """One open explorer.

    Args:
        work: who computes.
        view: what is shown first.
        language: of the page.
        closed: whether the reader may look no longer.
    """

    def __init__(self, work: Work, view: View, language: str, closed: Callable[[], bool]) -> None:
        self.work, self.view, self.language, self.closed = work, view, language, closed
        self.wanted = view.state
        self.before: View | None = None
        self.pinned = False
        self.picture: Picture | None = None
        self._last: tuple[tuple[str, ...], float] = ((), 0.0)
        self._running, self._number = False, 0
        self._drawn: tuple[int, ...] = ()
        self._painting: asyncio.Task[Any] | None = None
        self._completing: asyncio.Task[Any] | None = None
        self.rows: dict[str, SliderRow] = {}
        self.client = ui.context.client
        ui.add_head_html('<link rel="stylesheet" href="/seminar/explorer.css">')
        ui.add_body_html('<script src="/seminar/explorer.js"></script>')
        with page(say("Explorer"), language, "explorer") as self.main:
            self._build()
        self._show(view)
        self.client.on_delete(self._leave)

    # ------------------------------------------------------------------------------------ the page

    def _build(self) -> None:
        Text(say("Explorer"), "h1")
        self.choices = Block(self._draw_choices, "section", "card choices", aria_label=say("Dispute and behaviours"))
        self.alert = Text("", "p", "alert", role="alert")
        with Box("div", "panels"):
            with Box("div", "column"), Box("section", "card controls-card", aria_label=say("Numbers")):
                Text(say("Numbers"), "h2")
                self.sliders = Block(self._draw_sliders)
                self.adding = Block(self._draw_adding)
            with Box("div", "column"):
                with Box("div", "pair"):
                    with Box("div", "column"):
                        with Box("section", "card now"):
                            Text(say("Outcomes"), "h2")
                            self.bars = self._chart("bars", charts.bars(self.view, None))
                        with Box("section", "card"):
                            self.table = Block(draw_numbers, "div", "scroll", tabindex="0", role="group",
                                               aria_label=say("Numbers of this setting"))
                    with Box("section", "card"):
                        Text(say("Why did it change?"), "h2")
                        self.why = Block(self._draw_why, "div", aria_live="polite")
                with Box("div", "fans"):
                    self.fans: dict[Actor, tuple[Text, ui.echart]] = {}
                    for seat in DISPUTANTS:
                        with Box("section", "card"):
                            self.fans[seat] = Text("", "h2"), self._chart("fan", charts.fan(self.view, seat))
                Text(say("Shading: disputes still going. Thick lines: half of them lie between. "
                         "Thin lines: nine in ten do."), "p", "quiet")
                with Box("div", "pair"):
                    with Box("section", "card"):
                        Text(say("Most likely outcome over two numbers"), "h2")
                        self.axes = Block(self._draw_axes)
                        self.phase = self._chart("phase", charts.phase(None, self.view.state))
                        self.phase.props["aria-label"] = say("Most likely outcome over two numbers")
                        self.phase.on_point_click(self._point)
                        self._draw_keys()
                        self.fineness = Text("", "p", "quiet")
                    with Box("section", "card"):
                        self.replay = ReplayPanel(self.work, lambda: self.wanted, self._draw_fans, self.language)
        with Box("section", "card", aria_label=say("Take it with you")):
            Text(say("Take it with you"), "h2")
            Text(say("The link opens this setting; the command computes it again, to the same digits."), "p", "quiet")
            self.link = copied(say("Copy the link"), say("Copied"))
            self.command = copied(say("Copy as command"), say("Copied"))
            self.took = Text("", "p", "quiet")

    def _chart(self, classes: str, options: dict[str, Any]) -> ui.echart:
        made = ui.echart(options).classes(f"chart {classes}")
        made.props["role"] = "img"
        return made

    def _draw_choices(self, shown: tuple[str, tuple[str, str, str]]) -> None:
        name, policies = shown
        choose(say("Dispute"), {each: say(load(each).title) for each in scenario_names()}, name,
               self._set_scenario)
        for seat in Actor:
            kinds = {kind: say(kind.replace("_", " ")) for kind in behaviours_for(seat)}
            choose(say(load(name).display_name(seat)), kinds, policies[seat],
                   partial(self._set_behaviour, seat))

    def _set_scenario(self, value: str) -> None:
        self._choose(lambda state: read_state([("scenario", value), *(
            pair for pair in _pairs(state) if pair[0].startswith("policy."))]), ("scenario",))

    def _set_behaviour(self, seat: Actor, value: str) -> None:
        self._choose(lambda state: state.playing(seat, value), (seat.key,))

    def _draw_sliders(self, _: object) -> None:
        self.rows = {slider.key: SliderRow(slider, partial(self._set_number, slider.key))
                     for slider in sliders(self.wanted)}
        button(say("Back to the scenario's numbers"), self._reset, "button plain small")

    def _draw_adding(self, keys: dict[str, str]) -> None:
        choose(say("Another number"), {"": say("choose one"), **keys}, "",
               lambda key: self._choose(lambda state: state.at({key: state.value(key)}), ()) if key else None)

    def _draw_axes(self, shown: tuple[tuple[str, str], dict[str, str]]) -> None:
        axes, keys = shown
        with Box("div", "choices"):
            for place, label in enumerate((say("Across"), say("Up"))):
                others = {key: name for key, name in keys.items() if key != axes[1 - place]}
                choose(label, others, axes[place], partial(self._set_axis, place))

    def _set_axis(self, place: int, key: str) -> None:
        def turned(state: State) -> State:
            axes = (key, state.axes[1]) if place == 0 else (state.axes[0], key)
            sides = {"x": axes[0], "y": axes[1]}
            return read_state([*((name, value) for name, value in _pairs(state) if name not in sides),
                               *sides.items()])

        self._choose(turned, ())

    def _draw_keys(self) -> None:
        with Box("ul", "keys", aria_label=say("Colours")):
            for key, colour in OUTCOME_COLOURS.items():
                with Box("li"):
                    Text("", "span", "swatch", style=f"background:{colour}", aria_hidden="true")
                    Text(say(words(key)), "span")

    def _draw_why(self, shown: tuple[View | None, View, bool]) -> None:
        before, view, pinned = shown
        draw_why(before, view)
        button(say("Compare with the setting before again") if pinned else say("Keep comparing with this setting"),
               self._pin, "button plain small", aria_pressed="true" if pinned else "false")

    # ------------------------------------------------------------------------------------ choosing

    def _choose(self, act: Callable[[State], State], what: tuple[str, ...]) -> None:
        """Try another setting; ``what`` tells which changes belong together."""
        with speaking(self.language):
            if self.closed():
                self.alert.text = say("A class is playing. The explorer opens when it has ended.")
                return
            try:
                made = act(self.wanted)
            except (ParameterError, TooLargeError) as error:
                self.alert.text = str(error)
                for row in self.rows.values():
                    row.stand(self.client)
                return
        self.alert.text = ""
        now = time.monotonic()
        together = bool(what) and what == self._last[0] and now - self._last[1] < ONE_CHANGE
        self._last = what, now
        if not self.pinned and not together and made.computed != self.view.state.computed:
            self.before = self.view
        self.wanted = made
        if not self._running:
            self._running = True
            background_tasks.create(self._catch_up(), name="explorer")

    def _set_number(self, key: str, value: str) -> None:
        self._choose(lambda state: state.at({key: value}), (key,))

    def _reset(self) -> None:
        self._choose(lambda state: read_state(
            [(key, value) for key, value in _pairs(state) if not key.startswith("scenario.")]), ("all",))

    def _pin(self) -> None:
        self.pinned = not self.pinned
        self.before = self.view if self.pinned else self.before
        with speaking(self.language):
            self._show_comparison()

    def _point(self, event: Any) -> None:
        if self.picture is None or not isinstance(event.data, list) or len(event.data) < 3:
            return
        sides = self.picture.x, self.picture.y
        values = {axis.slider.key: axis.places[int(cell)] for axis, cell in zip(sides, event.data[:2], strict=True)}
        rounded = {axis.slider.key: values[axis.slider.key] if axis.slider.whole
                   else float(f"{round(values[axis.slider.key] / axis.slider.step) * axis.slider.step:.10g}")
                   for axis in sides}
        self._choose(lambda state: state.at({key: str(value) for key, value in rounded.items()}), tuple(rounded))

    async def _catch_up(self) -> None:
        """Show what is wanted, and again if meanwhile something else is."""
        try:
            while alive(self.main):
                wanted = self.wanted
                view = await self.work.view(wanted)
                if wanted is self.wanted:
                    with speaking(self.language):
                        self._show(replace(view, state=wanted))
                    return
        except (ParameterError, TooLargeError) as error:
            self.alert.text, self.wanted = str(error), self.view.state
        finally:
            self._running = False

    # ------------------------------------------------------------------------------------ showing

    def _show(self, view: View) -> None:
        same = view.state.scenario == self.view.state.scenario
        self.view, state = view, view.state
        self.replay.forget(state)
        self._show_comparison()
        self._draw_fans()
        self.choices.show((state.scenario, state.policies))
        known = {slider.key: slider for slider in sliders(state)}
        if list(known) != list(self.rows) or not same or not self._number:
            self.sliders.show((state.scenario, tuple(known), self._number))
            self.adding.show(further(state))
        for key, slider in known.items():
            self.rows[key].show(slider, self.client)
        self.axes.show((state.axes, {key: slider.label for key, slider in known.items()}))
        address = f"{ADDRESS}?{state.query()}"
        self.client.run_javascript(f"history.replaceState(history.state, '', {address!r} + "
                                   f"{f'&language={self.language}'!r})")
        self.link.text, self.command.text = address, state.command()
        self.client.run_javascript(f"document.getElementById('c{self.link.id}').dataset.copy = location.href")
        self.took.text = say("Computed in {number} ms.", number=f"{view.milliseconds:.0f}")
        self._number += 1
        self.main.props["data-shown"] = str(self._number)
        self._paint(state)
        if not view.whole:
            self._cancel(self._completing)
            self._completing = background_tasks.create(self._complete(view), name="explorer completes")

    def _show_comparison(self) -> None:
        before = self.before
        self.bars.props["aria-label"] = "; ".join(
            f"{say(words(Outcome(number).key))} {share(self.view.outcomes[number])}" for number in range(len(Outcome)))
        _update(self.bars, charts.bars(self.view, before))
        self.table.show((before, self.view))
        self.why.show((before, self.view, self.pinned))

    def _draw_fans(self) -> None:
        with speaking(self.language):
            for seat, (heading, chart) in self.fans.items():
                name = say(load(self.view.state.scenario).display_name(seat))
                chart.props["aria-label"] = heading.text = say("{seat}: rung in force", seat=name)
                _update(chart, charts.fan(self.view, seat, self.replay.rungs(seat)))

    def _paint(self, state: State) -> None:
        """Move the cursor at once, and let the picture follow."""
        self._cancel(self._painting)
        if self.picture is not None and self._fits(state):
            self._move_cursor(state)
        else:
            self._drawn = ()
            _update(self.phase, charts.phase(None, state))
        self._painting = background_tasks.create(self._follow(state), name="explorer paints")

    async def _follow(self, state: State) -> None:
        await asyncio.sleep(PAUSE)
        await self.work.paint(state, self._painted)

    def _move_cursor(self, state: State) -> None:
        self.phase.run_chart_method("setOption", {"series": [charts.cursor(state)]})

    def _fits(self, state: State) -> bool:
        """Whether the old picture may stay until there is a new one: it has the same axes."""
        sides = Picture.of(state)
        return self.picture is not None and all(
            (old.slider.label, old.places) == (new.slider.label, new.places)
            for old, new in ((self.picture.x, sides.x), (self.picture.y, sides.y)))

    def _painted(self, picture: Picture) -> None:
        drawn = id(picture), len(picture.known)
        if not alive(self.main) or drawn == self._drawn:
            return
        self.picture, self._drawn = picture, drawn
        with speaking(self.language):
            _update(self.phase, charts.phase(picture, self.wanted))
            self.fineness.text = "" if picture.done else say("The picture is getting finer …")

    async def _complete(self, view: View) -> None:
        whole = await self.work.whole(view)
        if alive(self.main) and self.view is view:
            self.view = replace(whole, state=view.state)
            with speaking(self.language):
                self._show_comparison()
                self._draw_fans()

    @staticmethod
    def _cancel(task: asyncio.Task[Any] | None) -> None:
        if task is not None and not task.done():
            task.cancel()

    def _leave(self) -> None:
        self._cancel(self._painting)
        self._cancel(self._completing)


def _update(chart: ui.echart, options: dict[str, Any]) -> None:
    chart.options.clear()
    chart.options.update(options)
    chart.update()


def _pairs(state: State) -> list[tuple[str, str]]:
    return parse_qsl(state.query())


__all__ = ["ExplorerPage", "closed", "install"]
