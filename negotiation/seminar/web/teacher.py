"""The teacher's start page: make a class, find one again. Behind the secret link that the command prints."""

from __future__ import annotations

import asyncio
from datetime import datetime
from functools import partial
from typing import Any

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from nicegui import app, events, ui

from negotiation.library import scenario_names
from negotiation.parameters import ParameterError
from negotiation.scenario import Scenario
from negotiation.seminar.people import SeminarError
from negotiation.seminar.planning import plan
from negotiation.seminar.settings import MOST_TABLES, NAME_LENGTH, VIEWS, Settings, read_treatments
from negotiation.seminar.telling import span
from negotiation.seminar.uploads import MOST_BYTES, read_scenario
from negotiation.seminar.web.join import Form, wished_language
from negotiation.seminar.web.parts import Block, Box, Text, anchor, button, page, shipped
from negotiation.seminar.web.refusals import for_the_teacher
from negotiation.seminar.web.site import CLASS, SERVER, Site
from negotiation.seminar.web.teacher_agents import AgentField, outlined
from negotiation.seminar.web.teacher_words import PHASES, refusal, students
from negotiation.terms import LANGUAGES, say, speaking
from negotiation.vocabulary import Actor

CLOCKS = {0: "no clock", 20: "20 seconds", 30: "30 seconds", 45: "45 seconds", 60: "1 minute", 90: "1½ minutes",
          120: "2 minutes", 300: "5 minutes"}
ABSENCES = {0: "never", 30: "30 seconds", 60: "1 minute", 120: "2 minutes", 300: "5 minutes"}
TONGUES = {"en": "English", "ja": "日本語", "ko": "한국어"}
EXAMPLES = {
    "All tables alike": "",
    "Half the tables with a quiet third party": "eager:\nquiet: scenario.washington.attention=2",
    "Half the tables with longer standstills":
        "short: scenario.standstill.length=2\nlong: scenario.standstill.length=12",
    "Half the tables with a partial third party": "impartial:\nfriend: scenario.washington.affinity.tokyo=0.3",
}
KEYS = {  # those that make the largest difference in class; any other of the scenario's can be changed too
    "scenario.washington.attention": "what a unit of effort costs the third party",
    "scenario.standstill.length": "how many more weeks a standstill holds on average",
    "policy.washington": "the behaviour that plays this seat where no student does",
}
LONGEST_TREATMENTS = 2000  # letters
# Reads a chosen file in the browser; one that is too large is cut where the server sees that it is.
READ = f"""(event) => {{
  const file = event.target.files[0];
  if (file) file.slice(0, {MOST_BYTES} + 1).text().then((text) => emit({{ text }}));
  event.target.value = "";
}}"""
LISTED = 30  # classes
OWN = "own"  # the uploaded scenario, in the menu
TONGUE = "seminar_language"  # name of the cookie


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

    @app.get("/teacher/in/{language}", include_in_schema=False)
    def speak(language: str) -> Response:
        """Show the start page in a language from now on."""
        return _with_cookie("/teacher", TONGUE, language if language in LANGUAGES else LANGUAGES[0])

    @ui.page("/teacher", title="Seminar")
    def teacher(request: Request) -> None:
        chosen = request.cookies.get(TONGUE, "")
        language = chosen if chosen in LANGUAGES else wished_language(request)
        with speaking(language):
            if not site.is_teacher(request):
                for_the_teacher(request)
                return
            StartPage(site, language)


def _with_cookie(address: str, name: str, secret: str) -> Response:
    answer = RedirectResponse(address, status_code=303)
    answer.set_cookie(name, secret, max_age=30 * 86400, httponly=True, samesite="lax", path="/")
    return answer


class StartPage:
    """The form of a new class.

    Args:
        site: the running site.
        language: of the page; it must be in force.
    """

    def __init__(self, site: Site, language: str) -> None:
        self.site, self.language = site, language
        self.uploaded: dict[str, Any] | None = None
        self.made: tuple[Settings, str] | None = None
        self.taken: dict[Actor, ui.checkbox] = {}
        self.played: dict[Actor, AgentField] = {}
        self.shown: dict[tuple[Actor, str], ui.checkbox] = {}
        with page(say("A new class"), language, "start"):
            with Box("nav", "languages", aria_label=say("Language")):
                for key, name in TONGUES.items():
                    if key == language:
                        Text(name, "strong", aria_current="true")
                    else:
                        anchor(name, f"/teacher/in/{key}", lang=key)
            Text(say("A new class"), "h1")
            self._build()
            self._classes()

    # ------------------------------------------------------------------------------------ the form

    def _build(self) -> None:
        with Box("section", "card"):
            Text(say("The dispute"), "h2")
            self._dispute()
        with Box("section", "card"):
            Text(say("Pace"), "h2")
            self.weeks = outlined(ui.number(say("Weeks to play"), value=12, min=1, max=104, step=1))
            self.seconds = outlined(ui.select({each: say(text) for each, text in CLOCKS.items()}, value=0,
                                              label=say("Time for each move; then agents move")))
            self.tongue = outlined(ui.select(TONGUES, value=self.language,
                                             label=say("Language of the students' pages")))
        with Box("section", "card"):
            Text(say("How it will be"), "h2")
            self.students = outlined(ui.number(say("Students expected"), value=24, min=1, max=600, step=1))
            self.plan = Block(self._draw_plan, "div", "plan", role="status")
        with Box("section", "card"):
            Text(say("Seats"), "h2")
            self.seats_named = Block(self._draw_seats)
            self.seats_named.show(self._scenario())
            self.share = outlined(ui.select({1: say("one student a seat"), 2: say("two students may share a seat")},
                                            value=1, label=say("Students a seat")))
            self.absent = outlined(ui.select({each: say(text) for each, text in ABSENCES.items()}, value=60,
                                             label=say("Without an open page, agents play after")))
        with Box("section", "card"):
            Text(say("Tables treated differently"), "h2")
            Text(say("One treatment a line; each table gets one at random, all equally often. Students are not told."),
                 "p", "quiet")
            Text(say("name: key=value; key=value"), "code", "pattern")
            Text(say("Keys that are changed most often:"), "p", "quiet")
            with Box("dl", "keys"):
                for key, meaning in KEYS.items():
                    with Box("dt"):
                        Text(key, "code")
                    Text(say(meaning), "dd")
            example = outlined(ui.select({each: say(each) for each in EXAMPLES}, value="All tables alike",
                                         label=say("Start from an example")))
            self.treatments = outlined(ui.textarea(say("Treatments")).props(
                f"autogrow spellcheck=false maxlength={LONGEST_TREATMENTS}"))
            example.on_value_change(lambda: self.treatments.set_value(EXAMPLES[str(example.value)]))
        with Box("section", "card"):
            Text(say("While the class plays"), "h2")
            self.messages = ui.checkbox(say("Messages between the capitals"), value=True)
            self.notes = ui.checkbox(say("Private notes"), value=True)
            self.names = ui.checkbox(say("Students see each other's names"))
            self.advice = ui.checkbox(say("Show the solver's advice at once (otherwise it waits for the debrief)"))
        for field in (self.share, self.weeks, self.seconds, self.treatments, self.students):
            field.on_value_change(self._plan)
        self._plan()
        with Box("div", "makebar"):  # stays in view: the form is longer than a page, and most of it can stay as it is
            self.form = Form(self.language)
            button(say("Make the class"), partial(self.form.act, self._make), "button main")

    def _dispute(self) -> None:
        self.scenario = outlined(ui.select(_shipped_names(), value="tokyo_seoul_2019", label=say("Scenario")))
        self.scenario.on_value_change(self._name_seats)
        with Box("details"):
            Text(say("Another one, from a scenario file"), "summary")
            Text(say("A YAML file of at most {size} KB; {example} takes a shipped one and changes it.",
                     size=MOST_BYTES // 1024, example="`defaults: [tokyo_seoul_2019, _self_]`"), "p", "quiet")
            with Box("label", "filefield"):
                Text(say("Scenario file"), "span")
                Box("input", type="file", accept=".yaml,.yml").on("change", self._uploaded, js_handler=READ)
            self.upload_alert = Block(_draw_upload, "div", role="alert")
        self.title = outlined(ui.input(say("Title of the class (optional)")).props(f"maxlength={2 * NAME_LENGTH}"))

    def _scenario(self) -> Scenario:
        if self.scenario.value == OWN and self.uploaded is not None:
            return Scenario.from_dict(self.uploaded)
        return shipped(str(self.scenario.value))

    def _name_seats(self) -> None:
        with speaking(self.language):
            self.seats_named.show(self._scenario())

    def _draw_seats(self, scenario: Scenario) -> None:
        for actor in Actor:
            name = say(scenario.display_name(actor))
            with Box("fieldset"):
                Text(name, "legend")
                self.taken[actor] = ui.checkbox(say("Students play {name}", name=name), value=True)
                self.taken[actor].on_value_change(self._plan)
                self.played[actor] = AgentField(actor, name, self.language)
                with Box("details"):
                    Text(say("What the page of {name} shows", name=name), "summary")
                    for view, words in VIEWS.items():
                        self.shown[actor, view] = ui.checkbox(say(words), value=view != "others")

    # ------------------------------------------------------------------------------------ what it will be

    def _plan(self) -> None:
        with speaking(self.language):
            try:
                treatments = len(read_treatments(str(self.treatments.value or "")))
            except ParameterError:
                treatments = 1
            self.plan.show((int(self.students.value or 0), sum(bool(each.value) for each in self.taken.values()),
                            int(self.share.value or 1), int(self.weeks.value or 0), int(self.seconds.value or 0),
                            treatments))

    def _draw_plan(self, given: tuple[int, int, int, int, int, int]) -> None:
        students, seats, share, weeks, seconds, treatments = given
        if students < 1 or seats < 1 or weeks < 1:
            Text(say("Needed: students, weeks and a seat for them."), "p")
            return
        made = plan(students, seats, share, weeks, seconds or None, treatments)
        told = [say("Tables for {students} students: {tables}.", students=students, tables=made.tables)]
        if made.tables > MOST_TABLES:
            told.append(say("A class has at most {count} tables.", count=MOST_TABLES))
        if made.agents:
            told.append(say("Seats left to agents at the last table: {count}.", count=made.agents))
        if treatments > 1:
            told.append(say("Tables of each treatment: {low} to {high}.", low=made.shares[0], high=made.shares[1]))
        low, high = made.minutes
        told.append(say("Minutes: {low} to {high}, if no dispute ends early ({time}, decisions of students "
                        "in each: {seats}).", low=low, high=high, time=span(weeks), seats=seats))
        for line in told:
            Text(line, "p")

    # ------------------------------------------------------------------------------------ acting

    async def _uploaded(self, event: events.GenericEventArguments) -> None:
        with speaking(self.language):
            try:
                content = str(event.args["text"]).encode()[:MOST_BYTES + 1]
                self.uploaded = await asyncio.to_thread(read_scenario, content, "uploaded")
            except ParameterError as error:
                self.upload_alert.show(("alert", refusal(error)))
                return
            scenario = Scenario.from_dict(self.uploaded)
            title = say("{title} (uploaded)", title=scenario.title)
            self.scenario.set_options({**_shipped_names(), OWN: title}, value=OWN)
            self.seats_named.show(scenario)
            self.upload_alert.show(("fine", say("Taken: {title}", title=scenario.title)))

    def _settings(self) -> Settings:
        weeks = self.weeks.value
        return Settings.of({
            "scenario": self._scenario().to_dict(), "title": str(self.title.value or "").strip(),
            "seats": [actor for actor in Actor if self.taken[actor].value], "share": int(self.share.value or 1),
            "behaviours": {actor.key: self.played[actor].value() for actor in Actor},
            "weeks": int(weeks) if weeks is not None and weeks == int(weeks) else weeks,
            "seconds": int(self.seconds.value or 0) or None, "absent": int(self.absent.value or 0) or None,
            "views": {actor.key: tuple(view for view in VIEWS if self.shown[actor, view].value) for actor in Actor},
            "treatments": read_treatments(str(self.treatments.value or "")[:LONGEST_TREATMENTS]),
            "advice": bool(self.advice.value), "notes": bool(self.notes.value), "messages": bool(self.messages.value),
            "names": bool(self.names.value), "language": str(self.tongue.value)})

    async def _make(self) -> None:
        try:
            settings = await asyncio.to_thread(self._settings)
            settings.to_json()
        except ParameterError as error:
            raise SeminarError(refusal(error)) from None
        except (TypeError, ValueError, RecursionError) as error:  # dates and the like, typed as a treatment's value
            raise SeminarError(refusal(ParameterError(
                "treatments", " ".join(str(error).split())[:80], "values of the kinds that the page offers"))) from None
        if self.made is None or self.made[0] != settings:  # a second click makes no second class
            _, link = await self.site.service.do(lambda seminar: seminar.create(settings))
            self.made = settings, link
        ui.navigate.to(f"/teach/{self.made[1]}")

    def _classes(self) -> None:
        with Box("section", "card"):
            Text(say("Classes on this machine"), "h2")
            rooms = self.site.service.reading.rooms()
            if not rooms:
                Text(say("None yet."), "p", "quiet")
            with Box("ul", "classes"):
                for room in rooms[:LISTED]:
                    with Box("li"):
                        scenario: Any = room.settings.scenario
                        title = room.settings.title or say(str(scenario["title"]))
                        anchor(say("{what}: {more}", what=room.code, more=title), f"/board/{room.code}")
                        told = ("", say(PHASES[room.phase]), students(self.site.service.reading.students(room.number)),
                                f"{datetime.fromtimestamp(room.made):%Y-%m-%d %H:%M}")
                        Text(" · ".join(told), "span", "quiet")
            if len(rooms) > LISTED:
                Text(say("Older ones: {count}. The command negotiation-seminar classes lists all.",
                         count=len(rooms) - LISTED), "p", "quiet")
            for link in self.site.links_at("start"):
                anchor(say(link.text), link.address, "button plain")


def _draw_upload(told: tuple[str, str]) -> None:
    classes, text = told
    Text(text, "p", classes)


def _shipped_names() -> dict[str, str]:
    return {name: say(shipped(name).title) for name in scenario_names()}


__all__ = ["install"]
