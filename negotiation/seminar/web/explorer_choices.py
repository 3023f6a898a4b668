"""The explorer's upper part: which dispute, also one of one's own, and who plays the seats, with their settings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

from nicegui import Client, events

from negotiation.behaviours import behaviour, behaviours_for
from negotiation.library import scenario_names
from negotiation.parameters import ParameterError
from negotiation.scenario import Scenario
from negotiation.seminar import explorer_seats as seats
from negotiation.seminar.explorer import State, read_state
from negotiation.seminar.explorer_choice import load
from negotiation.seminar.explorer_own import is_own, pack
from negotiation.seminar.explorer_refusals import refusal
from negotiation.seminar.explorer_sliders import seat_sliders
from negotiation.seminar.uploads import MOST_BYTES, read_scenario
from negotiation.seminar.web.explorer_parts import FILE, Menu, SliderRow
from negotiation.seminar.web.parts import Block, Box, Text, anchor
from negotiation.terms import say, speaking
from negotiation.vocabulary import Actor

OWN = "own"  # the scenario of one's own, in the menu
# Reads a chosen file in the browser; one that is too large is cut where the server sees that it is.
READ = f"""(event) => {{
  const file = event.target.files[0];
  if (file) file.slice(0, {MOST_BYTES} + 1).text().then((text) => emit({{ text }}));
  event.target.value = "";
}}"""
Choose = Callable[[Callable[[State], State], tuple[str, ...], bool], None]


@dataclass
class Seat:
    """What shows one seat.

    Attributes:
        menu: of behaviours.
        details, summary, block: its settings, made when they are opened first.
        open: whether they are open.
    """

    menu: Menu
    details: Box
    summary: Text
    block: Block
    open: bool


class Choices:
    """The menus of an open page.

    Args:
        state: what is chosen first.
        choose: tries another setting, see `negotiation.seminar.web.explorer.ExplorerPage`.
        refuse: shows a line that says why not.
        allowed: counts an upload, and says whether it may be.
        client, language: of the page.
    """

    def __init__(self, state: State, choose: Choose, refuse: Callable[[str], None], allowed: Callable[[], bool],
                 client: Client, language: str) -> None:
        self.choose, self.refuse, self.allowed = choose, refuse, allowed
        self.client, self.language = client, language
        self.own = state.scenario if is_own(state.scenario) else ""
        self.rows: dict[str, SliderRow] = {}
        self.menus: dict[tuple[Actor, str], Menu] = {}
        self.wanted = state
        with Box("div"):
            self.dispute = Menu(say("Dispute"), self._disputes(), OWN if self.own else state.scenario,
                                self._set_scenario)
            with Box("details"):
                Text(say("A scenario of your own"), "summary")
                with Box("label", "filefield"):
                    Text(say("Scenario file"), "span")
                    Box("input", type="file", accept=".yaml,.yml").on("change", self._uploaded, js_handler=READ)
                self.file = Block(self._draw_file)
        self.seats: dict[Actor, Seat] = {}
        self.weights: dict[Actor, Block] = {}
        for seat in Actor:
            with Box("div"):
                kinds = {kind: say(kind.replace("_", " ")) for kind in behaviours_for(seat)}
                menu = Menu(say(load(state.scenario).display_name(seat)), kinds, state.policies[seat],
                            partial(self._set_behaviour, seat))
                details = Box("details", open=True if state.settings[seat] else None)
                details.on("toggle", partial(self._toggled, seat), js_handler="(event) => emit(event.target.open)")
                with details:
                    summary = Text("", "summary")
                    block = Block(partial(self._draw_settings, seat), "div", "settings")
                self.seats[seat] = Seat(menu, details, summary, block, bool(state.settings[seat]))

    def _disputes(self) -> dict[str, str]:
        named = {name: say(load(name).title) for name in scenario_names()}
        own = load(self.own).title if self.own else ""
        return {**named, OWN: say("{what} ({more})", what=own, more=say("your own"))} if self.own else named

    def show(self, state: State) -> None:
        """Show what is chosen now."""
        self.wanted = state
        if is_own(state.scenario):
            self.own = state.scenario
        self.dispute.show(OWN if is_own(state.scenario) else state.scenario, self.client, self._disputes())
        self.file.show(state.scenario if is_own(state.scenario) else "")
        for seat, each in self.seats.items():
            each.menu.show(state.policies[seat], self.client, label=say(load(state.scenario).display_name(seat)))
            given = dict(state.settings[seat])
            told = say("Settings") if not given else say("Settings: {number} set", number=len(given))
            if each.summary.text != told:
                each.summary.text = told
            self._show_settings(seat)

    def _show_settings(self, seat: Actor) -> None:
        """A seat's settings, made when they are opened: most readers open none."""
        state, each = self.wanted, self.seats[seat]
        if not each.open:
            return
        given, usual = dict(state.settings[seat]), dict([seats.expected(state.policies[seat]) or ("", "")])
        each.block.show((state.scenario, state.policies[seat]))
        self.weights[seat].show(seats.MIX in given)
        for slider in seat_sliders(state, seat):
            self.rows[slider.key].show(slider, self.client)
        for (other, name), menu in self.menus.items():
            if other is seat:
                menu.show(str(given.get(name, usual.get(name, ""))), self.client)

    def _toggled(self, seat: Actor, event: events.GenericEventArguments) -> None:
        self.seats[seat].open = event.args is True
        with speaking(self.language):
            self._show_settings(seat)

    def stand(self) -> None:
        """Put sliders where they belong after a refusal."""
        for row in self.rows.values():
            row.stand(self.client)
        self.show(self.wanted)

    # ------------------------------------------------------------------------------------ seats

    def _draw_settings(self, seat: Actor, _: object) -> None:
        state = self.wanted
        name, given = state.policies[seat], dict(state.settings[seat])
        self.menus = {key: menu for key, menu in self.menus.items() if key[0] is not seat}
        if (parameter := seats.expected(name)) is not None:
            kinds = {kind: say(kind.replace("_", " ")) for kind in seats.opponents(seat, name)}
            key, usual = parameter
            self.menus[seat, key] = Menu(say("Expects of the other side"), kinds, str(given.get(key, usual)),
                                         partial(self._set_menu, seat, key))
        kinds = {"": say("nothing"), **{kind: say(kind.replace("_", " ")) for kind in behaviours_for(seat)
                                        if kind != name}}
        self.menus[seat, seats.MIX] = Menu(say("Mixed with"), kinds, str(given.get(seats.MIX, "")),
                                           partial(self._set_menu, seat, seats.MIX))
        self.weights[seat] = Block(partial(self._draw_weight, seat))  # comes and goes while the keyboard is on the menu
        self.rows = {key: row for key, row in self.rows.items() if not key.startswith(f"policy.{seat.key}.")}
        for slider in seat_sliders(state, seat):
            if not slider.key.endswith(f".{seats.WEIGHT}"):
                self.rows[slider.key] = SliderRow(slider, partial(self._set_number, seat, slider.key))

    def _draw_weight(self, seat: Actor, mixed: bool) -> None:
        for slider in seat_sliders(self.wanted, seat) if mixed else ():
            if slider.key.endswith(f".{seats.WEIGHT}"):
                self.rows[slider.key] = SliderRow(slider, partial(self._set_number, seat, slider.key))

    def _set_behaviour(self, seat: Actor, value: str) -> None:
        self.choose(lambda state: state.playing(seat, value), (seat.key,), False)
        if value in behaviours_for(seat) and behaviour(value).parameters:  # there is more to choose
            self.client.run_javascript(f"document.getElementById('c{self.seats[seat].details.id}').open = true")

    def _set_menu(self, seat: Actor, name: str, value: str) -> None:
        self.choose(lambda state: state.setting(seat, name, value or None), (seat.key, name), False)

    def _set_number(self, seat: Actor, key: str, value: str, held: bool) -> None:
        name = key.rpartition(".")[2]
        self.choose(lambda state: state.setting(seat, name, value), (key,), held)

    # ------------------------------------------------------------------------------------ dispute

    def _set_scenario(self, value: str) -> None:
        self._open(self.own if value == OWN else value)

    def _open(self, name: str) -> None:
        self.choose(lambda state: read_state([("scenario", name), *(
            pair for pair in state.pairs() if pair[0].startswith("policy."))]), ("scenario",), False)

    def _draw_file(self, name: str) -> None:
        Text(say("A YAML file; it stays in the address, nowhere else."), "p", "quiet")
        if name:
            anchor(say("Download the scenario file"), f"{FILE}?{urlencode({'scenario': name})}", "button plain small",
                   download="")

    async def _uploaded(self, event: events.GenericEventArguments) -> None:
        with speaking(self.language):
            if not self.allowed():
                self.refuse(say("Too many files. Wait a minute."))
                return
            try:
                content = str(event.args["text"]).encode()[:MOST_BYTES + 1]
                name = await asyncio.to_thread(_packed, content)
            except (ParameterError, KeyError, TypeError) as error:
                self.refuse(refusal(error))
                return
        self.own = name
        self._open(name)


def _packed(content: bytes) -> str:
    return pack(Scenario.from_dict(read_scenario(content, "uploaded")))


__all__ = ["OWN", "Choices"]
