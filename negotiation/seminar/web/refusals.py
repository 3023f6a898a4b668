"""Pages for readers who may not see what they ask for, or where there is nothing, in the reader's own language."""

from __future__ import annotations

from fastapi import Request
from fastapi.exception_handlers import http_exception_handler
from nicegui import Client, app, ui
from nicegui.page import page
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response

from negotiation.seminar.people import Person, Room
from negotiation.seminar.web.join import wished_language
from negotiation.seminar.web.parts import refuse
from negotiation.seminar.web.site import Site
from negotiation.terms import say, speaking


def student_of(site: Site, request: Request, link: str) -> Person | None:
    """Whose secret link it is; None where it is nobody's, or somebody's taken off the table, and the page says so."""
    person = site.student(link)
    if person is None:
        with speaking(wished_language(request)):
            refuse(say("No such seat"), say(
                "This link belongs to nobody. Join the class, or come back with your code."))
        return None
    if person.gone:
        with speaking(site.service.reading.room(person.room).settings.language):
            refuse(say("You are no longer at this table"), say(
                "Your teacher has taken you off the table. What you have moved stays in its record."), 410)
        return None
    return person


def taught(site: Site, request: Request, code: str) -> Room | None:
    """The class with a code if the reader is its teacher; None otherwise, and the page says so."""
    room = site.teacher(request, code[:20])
    if room is None:
        for_the_teacher(request)
    return room


def for_the_teacher(request: Request) -> None:
    """The page of those who are not the teacher."""
    with speaking(wished_language(request)):
        refuse(say("For the teacher"), say("Open the start link that the command printed in the terminal."), 403)


def install(site: Site) -> None:
    """Tell in the reader's language where there is no page, or none could be made."""
    app.add_exception_handler(404, _not_found)
    app.on_page_exception(_failed)
    app.add_exception_handler(Exception, _failed_otherwise)


async def _not_found(request: Request, error: Exception) -> Response:
    endpoint = request.scope.get("endpoint")
    if isinstance(error, HTTPException) and endpoint not in (None, app) and "nicegui_page_path" not in request.scope:
        return await http_exception_handler(request, error)  # a file, which nobody reads as a page
    with Client(page(""), request=request) as client, speaking(wished_language(request)):
        refuse(say("There is no such page"), say("Look at the address again, or join the class with its code."))
    return client.build_response(request, 404)


def _failed(error: Exception) -> None:
    """Inside the page that takes the place of one that could not be made; NiceGUI logs why."""
    request = ui.context.client.request
    with speaking("en" if request is None else wished_language(request)):
        refuse(say("This page could not be shown"), say(
            "Nothing that was moved is lost. Load the page again; if that does not help, tell your teacher."), 500)


async def _failed_otherwise(request: Request, error: Exception) -> Response:
    return PlainTextResponse("this could not be done; nothing that was moved is lost", 500)


__all__ = ["for_the_teacher", "install", "student_of", "taught"]
