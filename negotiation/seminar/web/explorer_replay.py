"""The explorer's replay: one episode of the setting shown, week by week."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from nicegui import ui

from negotiation.draws import EPISODE_LIMIT
from negotiation.parameters import ParameterError
from negotiation.seminar.explorer import State
from negotiation.seminar.explorer_refusals import refusal
from negotiation.seminar.explorer_replay import Line, Replay
from negotiation.seminar.explorer_work import Work
from negotiation.seminar.web.explorer_news import News
from negotiation.seminar.web.explorer_parts import copied, field_number
from negotiation.seminar.web.parts import Block, Box, Text, button
from negotiation.terms import say, speaking
from negotiation.vocabulary import Actor

Shown = tuple[int, str, tuple[Line, ...], bool] | None


class ReplayPanel:
    """The panel of a replay.

    Args:
        work: who computes.
        state: tells the setting that is shown.
        drawn: called when the path of the episode is another one.
        news, language: of the page.
    """

    def __init__(self, work: Work, state: Callable[[], State], drawn: Callable[[], None], news: News,
                 language: str) -> None:
        self.work, self.state, self.drawn, self.news, self.language = work, state, drawn, news, language
        self.episode = state().episode
        self.replay: Replay | None = None
        Text(say("Replay one episode"), "h2")
        with Box("div", "actions"):
            field_number(say("Episode"), self.episode, self._set_episode)
        with Box("div", "actions", role="group", aria_label=say("Replay one episode")):
            self._button(say("Replay"), self._start)
            self.back = self._button(say("A week back"), self._back)
            self.step = self._button(say("A week on"), self._step)
        self.alert = Text("", "p", "alert", role="alert")
        self.told = Block(self._draw, "div", aria_live="polite")
        self.command = copied(say("Copy the command that tells it with reasons"), say("Copied"))
        self._show()

    def _button(self, text: str, act: Callable[[], Awaitable[None]]) -> Text:
        async def acted() -> None:
            with speaking(self.language):
                await act()
                self._show()
            self.drawn()

        return button(text, acted, "button plain small")

    def _set_episode(self, text: str) -> None:
        if not (text.isascii() and text.isdigit() and int(text) < EPISODE_LIMIT):
            with speaking(self.language):
                self.alert.text = refusal(ParameterError("episode", text, "an integer from 0 to 2^63 - 1"))
            return
        self.alert.text, self.episode = "", int(text)
        self.replay = None
        with speaking(self.language):
            self._show()
        self.drawn()

    async def _start(self) -> None:
        state = replace(self.state(), episode=self.episode)
        self.replay = await self.work.first(lambda: Replay(state))

    async def _back(self) -> None:
        if self.replay is not None:
            self.replay.back()

    async def _step(self) -> None:
        if self.replay is None:
            await self._start()
        if self.replay is not None:
            self.replay.step()

    def forget(self, state: State) -> None:
        """Let go of an episode of another setting."""
        if self.replay is not None and self.replay.state.computed != state.computed:
            self.replay = None
        self._show()

    def rungs(self, seat: Actor) -> list[int] | None:
        """A side's rungs so far."""
        return None if self.replay is None else self.replay.rungs(seat)

    def _show(self) -> None:
        replay = self.replay
        state = replace(self.state(), episode=self.episode)
        self.news.text(self.command, state.replay_command())
        shown: Shown = None
        if replay is not None:
            shown = replay.shown, replay.situation(), tuple(replay.lines()), replay.ended
        self.told.show(shown)
        _enable(self.back, replay is not None and replay.shown > 0)
        _enable(self.step, replay is None or not replay.ended)

    def _draw(self, shown: Shown) -> None:
        if shown is None:
            Text(say("One dispute of the many, played by Mesa agents and told in words; its path is drawn into the "
                     "ladders."), "p", "quiet")
            return
        week, situation, lines, _ = shown
        Text(say("Week {number}", number=week) if week else say("Before the first week"), "h3")
        with Box("ul", "told"):
            for line in lines:
                with Box("li"):
                    Text(line.text, "span")
                    if line.likely is not None:
                        Text(" " + say("(how likely: {share})", share=line.likely), "span", "likely")
        Text(situation, "p")


def _enable(element: ui.element | Any, on: bool) -> None:
    if on:
        element.props.pop("disabled", None)
    else:
        element.props["disabled"] = True


__all__ = ["ReplayPanel"]
