"""One open explorer: what the reader chooses, and what is shown of it.

What somebody waits for goes first and past Vue (`negotiation.seminar.web.explorer_news`): numbers and bars as soon as
they are known, then the ladders; names of things, links and the phase picture follow when that is drawn.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import urlencode

from nicegui import background_tasks, ui

from negotiation.outcomes import words
from negotiation.parameters import ParameterError
from negotiation.plots.style import OUTCOME_COLOURS
from negotiation.seminar.explorer import State, read_state
from negotiation.seminar.explorer_choice import load
from negotiation.seminar.explorer_phase import Picture
from negotiation.seminar.explorer_refusals import refusal
from negotiation.seminar.explorer_sliders import further, sliders
from negotiation.seminar.explorer_view import SupersededError, View
from negotiation.seminar.explorer_why import share
from negotiation.seminar.explorer_work import Work
from negotiation.seminar.web import explorer_charts as charts
from negotiation.seminar.web import explorer_numbers as numbers
from negotiation.seminar.web.explorer_choices import Choices
from negotiation.seminar.web.explorer_news import News
from negotiation.seminar.web.explorer_parts import ADDRESS, Menu, SliderRow, copied
from negotiation.seminar.web.explorer_replay import ReplayPanel
from negotiation.seminar.web.parts import Block, Box, Text, alive, anchor, button, page
from negotiation.solve import TooLargeError
from negotiation.terms import say, speaking
from negotiation.vocabulary import DISPUTANTS, Actor, Outcome

ONE_CHANGE = 2.0  # seconds within which further steps of one slider belong to the same change
SETTLED = 0.08  # seconds after a picture was sent until the rest of the page follows
PAUSE = 0.2  # seconds before the phase picture is computed on, in which the browser draws the rest


class ExplorerPage:
    """One open explorer.

    Args:
        work: who computes.
        view: what is shown first.
        language: of the page.
        closed: whether the reader may look no longer.
        allowed: counts a scenario file of the reader's own, and says whether it may be.
        treated: of a class, treatment to its setting.
    """

    def __init__(self, work: Work, view: View, language: str, closed: Callable[[], bool], allowed: Callable[[], bool],
                 treated: dict[str, State]) -> None:
        self.work, self.view, self.language, self.closed, self.allowed = work, view, language, closed, allowed
        self.wanted, self.held = view.state, False
        self.before: View | None = None
        self.pinned = False
        self.picture: Picture | None = None
        self._last: tuple[tuple[str, ...], float, bool] = ((), 0.0, False)
        self._running, self._number = False, 0
        self._drawn: tuple[int, ...] = ()
        self._tasks: dict[str, asyncio.Task[Any]] = {}
        self.rows: dict[str, SliderRow] = {}
        self.client = ui.context.client
        self.news = News(self.client)
        ui.add_head_html('<link rel="stylesheet" href="/seminar/explorer.css">')
        ui.add_body_html('<script src="/seminar/explorer.js"></script>')
        with page(say("Explorer"), language, "explorer") as self.main:
            self._build(treated)
        self._show(view)
        self._settle()
        self.client.on_delete(self._leave)

    # ------------------------------------------------------------------------------------ the page

    def _build(self, treated: dict[str, State]) -> None:
        Text(say("Explorer"), "h1")
        if len(treated) > 1:
            with Box("nav", "treated", aria_label=say("Treatments of the class")):
                for name, state in treated.items():
                    anchor(name, f"{ADDRESS}?{state.query()}&{urlencode({'language': self.language})}",
                           "button plain small", aria_current="page" if state == self.view.state else None)
        with Box("section", "card choices", aria_label=say("Dispute and behaviours")):
            self.choices = Choices(self.view.state, self._choose, self._refuse, self.allowed, self.client,
                                   self.language)
        self.alert = Text("", "p", "alert", role="alert")
        with Box("div", "panels"):
            with Box("div", "column"), Box("section", "card controls-card", aria_label=say("Numbers")):
                Text(say("Numbers"), "h2")
                self.strip = Box("div", "strip", aria_hidden="true")
                self.sliders = Block(self._draw_sliders)
                button(say("Back to the scenario's numbers"), self._reset, "button plain small")
                self.adding = Menu(say("Another number"), {"": say("choose one")}, "", self._add)
            with Box("div", "column"):
                with Box("div", "pair"):
                    with Box("section", "card now"):
                        Text(say("Outcomes"), "h2")
                        self.bars = self._chart("bars", charts.bars(self.view, None))
                        self.gaps = Box("div", "gaps", role="status")
                    with Box("section", "card reasons"):
                        Text(say("Why did it change?"), "h2")
                        self.why = Box("div", "reason", aria_live="polite", role="region",
                                       aria_label=say("Why did it change?"))
                        self.pin = button("", self._pin, "button plain small")
                with Box("div", "fans"):
                    self.fans: dict[Actor, tuple[Text, ui.echart]] = {}
                    for seat in DISPUTANTS:
                        with Box("section", "card"):
                            self.fans[seat] = Text("", "h2"), self._chart("fan", charts.fan(self.view, seat))
                Text(say("Shading: disputes still going. Thick lines: half of them lie between. "
                         "Thin lines: nine in ten do."), "p", "quiet")
                with Box("section", "card"):
                    self.table = Box("div", "scroll", tabindex="0", role="group",
                                     aria_label=say("Numbers of this setting"))
                    self.took = Box("p", "quiet")
                with Box("div", "pair"):
                    with Box("section", "card"):
                        self._build_phase()
                    with Box("section", "card"):
                        self.replay = ReplayPanel(self.work, lambda: self.wanted, self._draw_path, self.news,
                                                   self.language)
        with Box("section", "card", aria_label=say("Take it with you")):
            Text(say("Take it with you"), "h2")
            Text(say("The link opens this setting; the command computes it again, to the same digits."), "p", "quiet")
            self.link = copied(say("Copy the link"), say("Copied"), address=True)
            self.command = copied(say("Copy as command"), say("Copied"))

    def _build_phase(self) -> None:
        Text(say("Most likely outcome over two numbers"), "h2")
        state, labels = self.view.state, {slider.key: slider.label for slider in sliders(self.view.state)}
        with Box("div", "choices"):
            self.axes = [Menu(label, labels, state.axes[place], partial(self._set_axis, place))
                         for place, label in enumerate((say("Across"), say("Up")))]
        self.phase = self._chart("phase", charts.phase(None, state))
        self.phase.props["aria-label"] = say("Most likely outcome over two numbers")
        self.phase.on_point_click(self._point)
        with Box("ul", "keys", aria_label=say("Colours")):
            for key, colour in OUTCOME_COLOURS.items():
                with Box("li"):
                    Text("", "span", "swatch", style=f"background:{colour}", aria_hidden="true")
                    Text(say(words(key)), "span")
        self.fineness = Text("", "p", "quiet")

    def _chart(self, classes: str, options: dict[str, Any]) -> ui.echart:
        made = ui.echart(options).classes(f"chart {classes}")
        made.props["role"] = "img"
        self.news.knows(made, options)
        return made

    def _draw_sliders(self, _: object) -> None:
        self.rows = {slider.key: SliderRow(slider, partial(self._set_number, slider.key))
                     for slider in sliders(self.wanted)}

    # ------------------------------------------------------------------------------------ choosing

    def _refuse(self, text: str) -> None:
        self.alert.text = text

    def _choose(self, act: Callable[[State], State], what: tuple[str, ...], held: bool = False) -> None:
        """Try another setting.

        Args:
            act: makes it from the one that is wanted.
            what: is changed; tells which changes belong together.
            held: whether a slider is still held, so that there is more to come.
        """
        with speaking(self.language):
            if self.closed():
                self._refuse(say("A class is playing. The explorer opens when it has ended."))
                self._stand()
                return
            try:
                made = act(self.wanted)
            except (ParameterError, TooLargeError) as error:
                self._refuse(refusal(error))
                self._stand()
                return
        if self.alert.text:
            self._refuse("")
        now = time.monotonic()
        earlier, when, holding = self._last
        together = bool(what) and what == earlier and (holding or now - when < ONE_CHANGE)
        self._last = what, now, held
        if not self.pinned and not together and made.computed != self.view.state.computed:
            self.before = self.view
        self.wanted, self.held = made, held
        if not self._running:
            self._running = True
            background_tasks.create(self._catch_up(), name="explorer")

    def _stand(self) -> None:
        """Put sliders and menus where they belong after a refusal."""
        for row in self.rows.values():
            row.stand(self.client)
        self.choices.stand()

    def _set_number(self, key: str, value: str, held: bool) -> None:
        self._choose(lambda state: state.at({key: value}), (key,), held)

    def _add(self, key: str) -> None:
        if key:
            self._choose(lambda state: state.at({key: state.value(key)}), ())

    def _reset(self) -> None:
        self._choose(lambda state: read_state(
            [(key, value) for key, value in state.pairs() if not key.startswith("scenario.")]), ("all",))

    def _set_axis(self, place: int, key: str) -> None:
        def turned(state: State) -> State:
            axes = (key, state.axes[1]) if place == 0 else (state.axes[0], key)
            sides = {"x": axes[0], "y": axes[1]}
            return read_state([*((name, value) for name, value in state.pairs() if name not in sides),
                               *sides.items()])

        self._choose(turned, ())

    def _pin(self) -> None:
        self.pinned = not self.pinned
        self.before = self.view if self.pinned else self.before
        with speaking(self.language):
            self._tell_numbers(self.view)
            self.news.part(self.why, numbers.why(self.before, self.view))
            self.news.send()
            self._settle()

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
        """Show what is wanted, and again if meanwhile something else is; what nobody waits for is not computed."""
        try:
            while alive(self.main):
                wanted = self.wanted
                try:
                    view = await self.work.view(wanted, partial(self._show_early, wanted),
                                                lambda wanted=wanted: wanted is self.wanted)  # type: ignore[misc]
                except SupersededError:
                    continue
                if wanted is self.wanted:
                    with speaking(self.language):
                        self._show(replace(view, state=wanted))
                    return
        except (ParameterError, TooLargeError) as error:
            with speaking(self.language):
                self._refuse(refusal(error))
                self.wanted = self.view.state
                self._stand()
            self._start("settling", self._settle_soon())
        finally:
            self._running = False

    # ------------------------------------------------------------------------------------ showing

    def _show_early(self, wanted: State, view: View) -> None:
        """Numbers and bars, while the weeks are still computed."""
        if wanted is self.wanted and alive(self.main):
            with speaking(self.language):
                self._tell_numbers(view)
                self._number += 1
                self.news.send(self._number, more=True)

    def _show(self, view: View) -> None:
        """All that is waited for; the rest follows when it is drawn."""
        self.view, state = view, view.state
        self.replay.forget(state)
        self._tell_numbers(view)
        self._tell_weeks()
        self.news.text(self.took, say("Computed in {number} ms.", number=f"{view.milliseconds:.0f}"))
        self.news.chart(self.phase, self._phase_options(state), late=True)
        self._number += 1
        self.news.send(self._number)
        if not self.held:
            self._start("settling", self._settle_soon())

    def _tell_numbers(self, view: View) -> None:
        self.news.name(self.bars, "; ".join(
            f"{say(words(Outcome(number).key))} {share(view.outcomes[number])}" for number in range(len(Outcome))))
        self.news.chart(self.bars, charts.bars(view, self.before))
        self.news.part(self.table, numbers.tables(self.before, view))
        self.news.part(self.gaps, numbers.gaps(self.before, view))
        self.news.part(self.strip, numbers.strip(view))

    def _tell_weeks(self) -> None:
        for seat, (_, chart) in self.fans.items():
            self.news.chart(chart, charts.fan(self.view, seat, self.replay.rungs(seat)))
        self.news.part(self.why, numbers.why(self.before, self.view))

    def _draw_path(self) -> None:
        with speaking(self.language):
            self._tell_weeks()
            self.news.send()

    async def _settle_soon(self) -> None:
        await asyncio.sleep(SETTLED)
        if alive(self.main) and self.wanted is self.view.state:  # else somebody has moved on, and more is to come
            with speaking(self.language), self.client:
                self._settle()

    def _settle(self) -> None:
        """Bring the rest of the page up to what is shown."""
        state = self.view.state
        self.choices.show(state)
        known = {slider.key: slider for slider in sliders(state)}
        self.sliders.show((state.scenario, tuple(known)))
        self.adding.show("", self.client, {"": say("choose one"), **further(state)})
        for key, slider in known.items():
            self.rows[key].show(slider, self.client)
        labels = {key: slider.label for key, slider in known.items()}
        for place, menu in enumerate(self.axes):
            menu.show(state.axes[place], self.client,
                      {key: name for key, name in labels.items() if key != state.axes[1 - place]})
        for seat, (heading, chart) in self.fans.items():
            name = say("{seat}: rung in force", seat=say(load(state.scenario).display_name(seat)))
            if heading.text != name:
                heading.text = name
                self.news.name(chart, name)
        self.pin.text = (say("Compare with the setting before again") if self.pinned
                         else say("Keep comparing with this setting"))
        self.pin.props["aria-pressed"] = "true" if self.pinned else "false"
        address = f"{ADDRESS}?{state.query()}"
        self.client.run_javascript(
            f"window.explorer.address({json.dumps(f'{address}&language={self.language}')})")
        self.news.text(self.link, address)
        self.news.text(self.command, state.command())
        self.news.send()
        self._start("painting", self._follow(state))
        if not self.view.whole:
            self._start("completing", self._complete(self.view))

    def _phase_options(self, state: State) -> dict[str, Any]:
        """The old picture with the cursor moved, until there is a new one; an empty one if its axes are others."""
        if self.picture is not None and not self._fits(state):
            self.picture, self._drawn = None, ()
        return charts.phase(self.picture, state)

    def _fits(self, state: State) -> bool:
        sides = Picture.of(state)
        return self.picture is not None and all(
            (old.slider.key, old.places) == (new.slider.key, new.places)
            for old, new in ((self.picture.x, sides.x), (self.picture.y, sides.y)))

    async def _follow(self, state: State) -> None:
        await asyncio.sleep(PAUSE)
        await self.work.paint(state, self._painted)

    def _painted(self, picture: Picture) -> None:
        drawn = id(picture), len(picture.known)
        if not alive(self.main) or drawn == self._drawn:
            return
        self.picture, self._drawn = picture, drawn
        with speaking(self.language):
            self.news.chart(self.phase, charts.phase(picture, self.wanted))
            self.news.send()
            told = "" if picture.done else say("The picture is getting finer …")
            if self.fineness.text != told:
                self.fineness.text = told

    async def _complete(self, view: View) -> None:
        whole = await self.work.whole(view)
        if alive(self.main) and self.view is view:
            self.view = replace(whole, state=view.state)
            with speaking(self.language):
                self._tell_numbers(self.view)
                self._tell_weeks()
                self.news.send()

    def _start(self, what: str, work: Any) -> None:
        """Do this on the loop instead of what was done under the same name."""
        if (old := self._tasks.get(what)) is not None and not old.done():
            old.cancel()
        self._tasks[what] = background_tasks.create(work, name=f"explorer {what}")

    def _leave(self) -> None:
        for task in self._tasks.values():
            task.cancel()


__all__ = ["ExplorerPage"]
