"""How students come in: join with a code and a name, come back with a personal code, or play alone at home."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from fastapi import Request
from nicegui import ui

from negotiation.library import scenario_names
from negotiation.parameters import ParameterError
from negotiation.seminar.limits import RateLimit
from negotiation.seminar.people import Room, SeminarError
from negotiation.seminar.room import Joined
from negotiation.seminar.settings import NAME_LENGTH, Settings
from negotiation.seminar.sheet import how_it_goes
from negotiation.seminar.web.headers import DEVICE
from negotiation.seminar.web.parts import FAILED, Block, Box, Text, anchor, button, dress, page, shipped
from negotiation.seminar.web.site import Site
from negotiation.terms import LANGUAGES, say, speaking
from negotiation.vocabulary import Actor

MOST_WEEKS_ALONE = 52
LONGEST_CODE = 60  # letters as typed, spaces between them included
MOST_A_DEVICE = 6  # seats that one browser can take in a class
LOG = logging.getLogger(__name__)


def caller_of(request: Request) -> str:
    """Whom tries are counted against: an address and, where it is known, a browser's number."""
    address = request.client.host if request.client is not None else "unknown"
    return f"{address} {device_of(request)}".strip()


def device_of(request: Request) -> str:
    """The browser's number; a new one where the request brought none, which the answer then gives it."""
    return str(request.scope.get("state", {}).get("device", request.cookies.get(DEVICE, "")))


def first_tries_of(request: Request) -> str:
    """Whom codes in an address are counted against: all browsers of an address that bring no number are one."""
    return caller_of(request) if DEVICE in request.cookies else caller_of(request).split(" ")[0]


def wished_language(request: Request) -> str:
    """The reader's language, of those there are: as asked for in the address, or by the browser."""
    asked = [request.query_params.get("language", "")]
    asked += [part.split(";")[0].strip()[:2].lower() for part in request.headers.get("accept-language", "").split(",")]
    return next((language for language in asked if language in LANGUAGES), "en")


class Form:
    """A form with an alert line: acts once at a time, and tells what cannot be done.

    Args:
        language: of what it tells.
    """

    def __init__(self, language: str) -> None:
        self.language, self._busy = language, False
        self.alert = Block(self._draw, "div", role="alert")
        self.alert.show("")

    def _draw(self, text: str) -> None:
        if text:
            Text(text, "p", "alert")

    async def act(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do this unless something is under way."""
        if self._busy:
            return
        self._busy = True
        try:
            with speaking(self.language):
                await work()
            self.alert.show("")
        except (SeminarError, ParameterError) as error:
            with speaking(self.language):
                self.alert.show(say(str(error)))
        except Exception:  # such as a full disk: the button must not seem dead
            LOG.exception("a form could not be kept")
            with speaking(self.language):
                self.alert.show(say(FAILED))
        finally:
            self._busy = False


def field(label: str, value: str = "", **attributes: Any) -> ui.input:
    """A text field with its label."""
    made = ui.input(label, value=value).props("outlined")
    dress(made, "field", **attributes)
    return made


def enter(site: Site, joined: Joined) -> None:
    """Go to the seat."""
    site.codes[joined.person.number] = joined.code
    while len(site.codes) > 1000:
        site.codes.pop(next(iter(site.codes)))
    ui.navigate.to(f"/seat/{joined.link}")


def install(site: Site) -> None:
    """Declare the pages."""
    service = site.service

    @ui.page("/")
    @ui.page("/join")
    def join(request: Request) -> None:
        _join(site, request, "")

    @ui.page("/j/{code}")
    def join_class(request: Request, code: str) -> None:
        _join(site, request, code[:20])

    @ui.page("/back")
    def back(request: Request) -> None:
        language, caller = wished_language(request), caller_of(request)
        with speaking(language), page(say("Come back"), language, "narrow"):
            Text(say("Come back to your seat"), "h1")
            form = Form(language)
            code = field(say("Code of the class"), autocapitalize="characters", autocomplete="off")
            own = field(say("Your personal code"), autocapitalize="characters", autocomplete="off")

            async def come() -> None:
                enter(site, await service.do(lambda seminar: seminar.come_back(
                    str(code.value or "")[:LONGEST_CODE], str(own.value or "")[:LONGEST_CODE], caller)))

            own.on("keydown.enter", partial(form.act, come), args=[])
            button(say("Come back"), partial(form.act, come))
            anchor(say("Join a class"), "/join", "more")

    starts = RateLimit(20, 600.0)  # games alone, a browser and ten minutes
    of_address = RateLimit(600, 600.0)

    @ui.page("/alone")
    def alone(request: Request) -> None:
        _alone(site, request, lambda caller: of_address.allows(caller.split(" ")[0]) and starts.allows(caller))


def _join(site: Site, request: Request, code: str) -> None:
    service, caller = site.service, caller_of(request)
    device = device_of(request)
    try:
        room: Room | None = service.reading.find(code, first_tries_of(request)) if code else None
    except SeminarError:
        room = None
    language = room.settings.language if room is not None else wished_language(request)
    with speaking(language), page(say("Join a class"), language, "narrow"):
        Text(room.settings.title if room is not None and room.settings.title else say("Join a class"), "h1")
        form = Form(language)
        known = Block(lambda here: _already(site, form, here), "div")
        typed = field(say("Code of the class"), code, autocapitalize="characters", autocomplete="off")
        name = field(say("Your name"), autocomplete="nickname", maxlength=str(NAME_LENGTH))
        another = [False]

        def seats(found: Room) -> list[str]:
            numbers = [f"{device} {number}" for number in range(MOST_A_DEVICE)]
            return [number for number in numbers if service.reading.joined_with(found.number, number) is not None]

        def show_known(found: Room) -> bool:
            here = seats(found)
            last = service.reading.joined_with(found.number, here[-1]) if here else None
            if last is None or last.gone or another[0]:
                return False
            known.show((found.code, last.name, here[-1], caller))
            another[0] = True  # who presses the button below it again is somebody else
            return True

        async def come() -> None:
            found = await service.do(lambda seminar: seminar.find(str(typed.value or "")[:LONGEST_CODE], caller))
            if show_known(found):
                return
            taken = seats(found)
            if len(taken) >= MOST_A_DEVICE:
                raise SeminarError("this device has taken too many seats")
            enter(site, await service.do(lambda seminar: seminar.join(
                found.code, str(name.value or "")[:10 * NAME_LENGTH], f"{device} {len(taken)}", caller)))

        name.on("keydown.enter", partial(form.act, come), args=[])
        button(say("Join"), partial(form.act, come))
        with Box("p", "more"):
            anchor(say("I was here before: come back with my personal code"), "/back")
        with Box("p", "more"):
            anchor(say("Play alone against agents"), "/alone")
        if room is not None:
            show_known(room)


def _already(site: Site, form: Form, here: tuple[str, str, str, str]) -> None:
    """A browser that has a seat in the class can go on there."""
    code, name, client, caller = here

    async def go_on() -> None:
        enter(site, await site.service.do(lambda seminar: seminar.join(code, name, client, caller)))

    with Box("div", "card"):
        Text(say("This phone is already here as {name}.", name=name), "p")
        button(say("Go on as {name}", name=name), partial(form.act, go_on))
        Text(say("Somebody else on the same phone joins below."), "p", "quiet")


def _alone(site: Site, request: Request, may_start: Callable[[str], bool]) -> None:
    from negotiation.behaviours import behaviours_for

    language, caller = wished_language(request), caller_of(request)
    names = scenario_names()
    with speaking(language), page(say("Play alone"), language, "narrow"):
        Text(say("Play alone against agents"), "h1")
        form = Form(language)
        scenario = ui.select({name: say(shipped(name).title) for name in names}, value="tokyo_seoul_2019",
                             label=say("Dispute")).props("outlined")
        first = shipped("tokyo_seoul_2019")
        seat = ui.select({actor.key: say(first.display_name(actor)) for actor in Actor}, value="tokyo",
                         label=say("Your seat")).props("outlined")
        kinds = sorted(set.intersection(*(set(behaviours_for(actor)) for actor in Actor)))
        agents = ui.select({kind: say(kind.replace("_", " ")) for kind in kinds}, value="equilibrium",
                           label=say("How the others play")).props("outlined")
        weeks = ui.number(say("Weeks"), value=12, min=1, max=MOST_WEEKS_ALONE, step=1).props("outlined")
        for each in (scenario, seat, agents, weeks):
            dress(each, "field")

        def rename() -> None:
            chosen = shipped(str(scenario.value))
            with speaking(language):
                seat.set_options({actor.key: say(chosen.display_name(actor)) for actor in Actor}, value=seat.value)

        def explain() -> None:
            if seat.value in set(Actor.keys()):
                played = shipped(str(scenario.value)).override({"rounds": _weeks(weeks.value)})
                with speaking(language):
                    how.show(how_it_goes(played, Actor.parse(str(seat.value))))

        scenario.on_value_change(rename)
        for each in (scenario, seat, weeks):
            each.on_value_change(explain)

        async def begin() -> None:
            if not may_start(caller):
                raise SeminarError("too many tries; wait a minute")
            if scenario.value not in names or agents.value not in kinds or seat.value not in set(Actor.keys()):
                raise SeminarError("that move is not open now")
            settings = Settings(
                shipped(str(scenario.value)).to_dict(), language=language, weeks=_weeks(weeks.value),
                behaviours=dict.fromkeys(Actor.keys(), str(agents.value)))
            enter(site, await site.service.do(
                lambda seminar: seminar.create_alone(settings, Actor.parse(str(seat.value)))))

        button(say("Begin"), partial(form.act, begin))
        with Box("section", "card", aria_label=say("How it goes")):
            Text(say("How it goes"), "h2")
            how = Block(_explain, "div")
        explain()


def _explain(sentences: tuple[str, ...]) -> None:
    for sentence in sentences:
        Text(sentence, "p")


def _weeks(typed: object) -> int:
    """Weeks as typed, within what is offered."""
    try:
        return min(max(int(float(str(typed))), 1), MOST_WEEKS_ALONE)
    except (ValueError, OverflowError):
        return 12


__all__ = ["caller_of", "enter", "install", "wished_language"]
