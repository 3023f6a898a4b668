"""The explorer's addresses: who may look, which setting an address or a class has, and scenario files.

Open to the teacher always, and to everybody who reaches the server unless a class that hides the solver's advice is
under way: what the explorer shows is that advice.
"""

from __future__ import annotations

from functools import partial

from fastapi import Request
from fastapi.responses import PlainTextResponse, Response
from nicegui import app, ui

from negotiation.parameters import ParameterError
from negotiation.seminar.explorer import State, read_state
from negotiation.seminar.explorer_choice import load
from negotiation.seminar.explorer_class import class_states
from negotiation.seminar.explorer_own import file_name, file_text, is_own
from negotiation.seminar.explorer_refusals import refusal
from negotiation.seminar.explorer_warm import warm_up
from negotiation.seminar.explorer_work import Work
from negotiation.seminar.limits import RateLimit
from negotiation.seminar.people import PAUSED, PLAYING
from negotiation.seminar.web.explorer_page import ExplorerPage
from negotiation.seminar.web.explorer_parts import ADDRESS, FILE
from negotiation.seminar.web.join import caller_of, wished_language
from negotiation.seminar.web.parts import Text, anchor, page
from negotiation.seminar.web.site import Site
from negotiation.solve import TooLargeError
from negotiation.terms import say, speaking

# Scenario files, and links that hold one, in a minute: of a browser, and of an address, which a room may share.
OWN_FILES, FILES, MINUTE = 20, 120, 60.0


class Files:
    """How many scenario files somebody may open: each takes some hundredths of a second to check."""

    def __init__(self) -> None:
        self.of_caller, self.of_address = RateLimit(OWN_FILES, MINUTE), RateLimit(FILES, MINUTE)

    def allows(self, caller: str) -> bool:
        """Count a file, and say whether it may be opened."""
        return self.of_caller.allows(caller) and self.of_address.allows(caller.split(" ")[0])


def closed(site: Site, request: Request) -> bool:
    """Whether a class that hides the solver's advice is under way, and the reader is not its teacher."""
    return not site.is_teacher(request) and any(
        room.phase in (PLAYING, PAUSED) and not room.settings.advice for room in site.service.reading.rooms())


def install(site: Site) -> None:
    """Declare the pages."""
    work, files = Work(), Files()
    app.on_startup(warm_up)
    app.on_shutdown(work.close)
    site.link("start", "Explorer", ADDRESS)
    site.link("board", "Explorer", f"{ADDRESS}?class={{code}}")

    @ui.page(ADDRESS, title="Explorer", response_timeout=30)
    async def explorer(request: Request) -> None:
        language = wished_language(request)
        given = [(key, value) for key, value in request.query_params.multi_items() if key != "language"]
        shut, caller = partial(closed, site, request), caller_of(request)
        with speaking(language):
            if shut():
                _refuse(language, say("A class is playing. The explorer opens when it has ended."), 403)
                return
            if any(is_own(value) for _, value in given) and not files.allows(caller):
                _refuse(language, say("Too many files. Wait a minute."), 429)
                return
            treated: dict[str, State] = {}
            try:
                if given and given[0][0] == "class":
                    asked = dict(given)
                    room = site.teacher(request, asked["class"])
                    if room is None:
                        _refuse(language, say("Only the teacher of this class opens its setting here."), 403)
                        return
                    treated = class_states(room.settings)
                    state = treated.get(asked.get("treatment", ""), next(iter(treated.values())))
                else:
                    state = read_state(given)
                view = await work.view(state)
            except (ParameterError, TooLargeError) as error:
                _refuse(language, refusal(error), 400)
                return
            ExplorerPage(work, view, language, shut, lambda: files.allows(caller), treated)

    @app.get(FILE, include_in_schema=False)
    def scenario_file(request: Request) -> Response:
        """The scenario that a link holds, as a file that the command takes."""
        name = request.query_params.get("scenario", "")
        if not is_own(name) or not files.allows(caller_of(request)):
            return PlainTextResponse("no scenario\n", 404 if not is_own(name) else 429)
        try:
            scenario = load(name)
        except ParameterError as error:
            return PlainTextResponse(f"{error}\n", 400)
        return Response(file_text(scenario), media_type="application/yaml", headers={
            "content-disposition": f'attachment; filename="{file_name(scenario)}"'})


def _refuse(language: str, text: str, status: int) -> None:
    ui.context.client.status_code = status
    with page(say("Explorer"), language, "narrow"):
        Text(say("Explorer"), "h1")
        Text(text, "p", "alert", role="alert")
        anchor(say("Open the explorer anew"), ADDRESS, "button")


__all__ = ["closed", "install"]
