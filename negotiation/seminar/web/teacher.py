"""The teacher's start page: make a class, find one again. Behind the secret link that the command prints."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from nicegui import app, events, ui

from negotiation.behaviours import behaviours_for
from negotiation.library import scenario_names
from negotiation.parameters import ParameterError
from negotiation.scenario import Scenario
from negotiation.seminar.settings import NAME_LENGTH, VIEWS, Settings, read_treatments
from negotiation.seminar.uploads import MOST_BYTES, read_scenario
from negotiation.seminar.web.join import Form
from negotiation.seminar.web.parts import Block, Box, Text, anchor, button, dress, page, refuse, shipped
from negotiation.seminar.web.site import CLASS, SERVER, Site
from negotiation.terms import LANGUAGES
from negotiation.vocabulary import Actor

CLOCKS = {0: "no clock", 20: "20 seconds", 30: "30 seconds", 45: "45 seconds", 60: "1 minute", 90: "1½ minutes",
          120: "2 minutes", 300: "5 minutes"}
TONGUES = {"en": "English", "ja": "日本語", "ko": "한국어"}
EXAMPLES = {
    "All tables alike": "",
    "Half the tables with a quiet third party": "eager:\nquiet: scenario.washington.attention=2",
    "Half the tables with longer standstills":
        "short: scenario.standstill.length=2\nlong: scenario.standstill.length=12",
    "Half the tables with a partial third party": "impartial:\nfriend: scenario.washington.affinity.tokyo=0.3",
}
# Reads a chosen file in the browser; one that is too large is cut where the server sees that it is.
READ = f"""(event) => {{
  const file = event.target.files[0];
  if (file) file.slice(0, {MOST_BYTES} + 1).text().then((text) => emit({{ text }}));
  event.target.value = "";
}}"""
OWN = "own"  # the uploaded scenario, in the menu


def install(site: Site) -> None:
    """Declare the pages."""

    @app.get("/teach/{secret}", include_in_schema=False)
    def teach(secret: str) -> Response:
        """Swap the secret of a link for a cookie that scripts cannot read, and leave it out of the address."""
        if site.is_secret(secret):
            return _with_cookie("/teacher", SERVER, secret)
        room = site.service.reading.teachers(secret)
        if room is None:
            return RedirectResponse("/teacher", status_code=303)
        return _with_cookie(f"/board/{room.code}", f"{CLASS}{room.number}", secret)

    @ui.page("/teacher", title="Seminar")
    def teacher(request: Request) -> None:
        if not site.is_teacher(request):
            refuse("For the teacher", "Open the start link that the command printed in the terminal.", 403)
            return
        StartPage(site)


def _with_cookie(address: str, name: str, secret: str) -> Response:
    answer = RedirectResponse(address, status_code=303)
    answer.set_cookie(name, secret, max_age=30 * 86400, httponly=True, samesite="lax", path="/")
    return answer


class StartPage:
    """The form of a new class.

    Args:
        site: the running site.
    """

    def __init__(self, site: Site) -> None:
        self.site = site
        self.uploaded: dict[str, Any] | None = None
        self.seats_named: Block
        with page("Seminar", "en", "start"):
            Text("A new class", "h1")
            self._build()
            self._classes()

    def _build(self) -> None:
        names = {name: shipped(name).title for name in scenario_names()}
        with Box("section", "card"):
            Text("The dispute", "h2")
            self.scenario = _field(ui.select(names, value="tokyo_seoul_2019", label="Scenario"))
            self.scenario.on_value_change(lambda: self.seats_named.show(self._scenario()))
            with Box("details"):
                Text("Another one, from a scenario file", "summary")
                Text(f"A YAML file of at most {MOST_BYTES // 1024} KB; `defaults: [tokyo_seoul_2019, _self_]` takes a "
                     "shipped one and changes it.", "p", "quiet")
                with Box("label", "filefield"):
                    Text("Scenario file", "span")
                    Box("input", type="file", accept=".yaml,.yml").on("change", self._uploaded, js_handler=READ)
                self.upload_alert = Block(lambda told: _tell(*told), "div", role="alert")
            self.title = _field(ui.input("Title of the class (optional)").props(f"maxlength={2 * NAME_LENGTH}"))
        with Box("section", "card"):
            Text("Seats", "h2")
            self.seats_named = Block(self._draw_seats)
            self.seats_named.show(self._scenario())
            self.share = _field(ui.select({1: "one student a seat", 2: "two students may share a seat"}, value=1,
                                          label="Students a seat"))
        with Box("section", "card"):
            Text("Pace", "h2")
            self.weeks = _field(ui.number("Weeks to play", value=12, min=1, max=104, step=1))
            self.seconds = _field(ui.select(CLOCKS, value=0, label="Time for each move, after which an agent moves"))
            self.language = _field(ui.select(TONGUES, value="en", label="Language of the students' pages"))
        with Box("section", "card"):
            Text("Tables treated differently", "h2")
            Text("One treatment a line, `name: key=value; key=value`; each table gets one at random, all equally "
                 "often. Students are not told.", "p", "quiet")
            example = _field(ui.select(list(EXAMPLES), value="All tables alike", label="Start from an example"))
            self.treatments = _field(ui.textarea("Treatments").props("autogrow"))
            example.on_value_change(lambda: self.treatments.set_value(EXAMPLES[str(example.value)]))
        with Box("section", "card"):
            Text("While the class plays", "h2")
            self.messages = ui.checkbox("Messages between the capitals", value=True)
            self.notes = ui.checkbox("Private notes", value=True)
            self.advice = ui.checkbox("Show the solver's advice at once (otherwise it waits for the debrief)")
        self.form = Form("en")
        button("Make the class", partial(self.form.act, self._make), "button main")

    def _scenario(self) -> Scenario:
        if self.scenario.value == OWN and self.uploaded is not None:
            return Scenario.from_dict(self.uploaded)
        return shipped(str(self.scenario.value))

    def _draw_seats(self, scenario: Scenario) -> None:
        self.taken: dict[Actor, ui.checkbox] = {}
        self.played: dict[Actor, ui.select] = {}
        self.shown: dict[tuple[Actor, str], ui.checkbox] = {}
        for actor in Actor:
            name = scenario.display_name(actor)
            with Box("fieldset"):
                Text(name, "legend")
                self.taken[actor] = ui.checkbox(f"Students play {name}", value=True)
                self.played[actor] = _field(ui.select(
                    {kind: kind.replace("_", " ") for kind in sorted(behaviours_for(actor))}, value="equilibrium",
                    label=f"Who plays {name} where nobody sits, or somebody left"))
                with Box("details"):
                    Text(f"What the page of {name} shows", "summary")
                    for view, words in VIEWS.items():
                        self.shown[actor, view] = ui.checkbox(words, value=view != "others")

    async def _uploaded(self, event: events.GenericEventArguments) -> None:
        try:
            content = str(event.args["text"]).encode()[:MOST_BYTES + 1]
            self.uploaded = await asyncio.to_thread(read_scenario, content, "uploaded")
        except ParameterError as error:
            self.upload_alert.show(("alert", str(error)))
            return
        scenario = Scenario.from_dict(self.uploaded)
        names = {name: shipped(name).title for name in scenario_names()}
        self.scenario.set_options({**names, OWN: f"{scenario.title} (uploaded)"}, value=OWN)
        self.seats_named.show(scenario)
        self.upload_alert.show(("fine", f"Taken: {scenario.title}"))

    async def _make(self) -> None:
        settings = Settings.of({
            "scenario": self._scenario().to_dict(), "title": str(self.title.value or "").strip(),
            "seats": [actor for actor in Actor if self.taken[actor].value], "share": int(self.share.value or 1),
            "behaviours": {actor.key: str(self.played[actor].value) for actor in Actor},
            "weeks": int(self.weeks.value or 0), "seconds": int(self.seconds.value or 0) or None,
            "views": {actor.key: tuple(view for view in VIEWS if self.shown[actor, view].value) for actor in Actor},
            "treatments": read_treatments(str(self.treatments.value or "")), "advice": bool(self.advice.value),
            "notes": bool(self.notes.value), "messages": bool(self.messages.value),
            "language": str(self.language.value)})
        _, link = await self.site.service.do(lambda seminar: seminar.create(settings))
        ui.navigate.to(f"/teach/{link}")

    def _classes(self) -> None:
        with Box("section", "card"):
            Text("Classes on this machine", "h2")
            rooms = self.site.service.reading.rooms()[:30]
            if not rooms:
                Text("None yet.", "p", "quiet")
            with Box("ul"):
                for room in rooms:
                    with Box("li"):
                        title = room.settings.title or Scenario.from_dict(dict(room.settings.scenario)).title
                        anchor(f"{room.code}: {title} ({room.phase})", f"/board/{room.code}")
            for link in self.site.links_at("start"):
                anchor(link.text, link.address, "button plain")


def _tell(classes: str, text: str) -> None:
    Text(text, "p", classes)


def _field(made: Any) -> Any:
    made.props("outlined")
    dress(made, "field")
    return made


__all__ = ["LANGUAGES", "install"]
