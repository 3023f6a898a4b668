"""What all pages share: the service, who may see what, and where other parts hang in their pages.

A part of the seminar that brings pages of its own is a module of this package with a function
``install(site: Site) -> None``; its name stands in `PARTS`. There it declares its pages with `nicegui.ui.page`, asks
`Site.teacher` or `Site.student` whether the reader may see them, and hangs links into the others with `Site.link`.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Literal

from fastapi import Request

from negotiation.seminar.people import Person, Room
from negotiation.seminar.service import Service

PARTS = ("debrief", "explorer")  # installed where they exist, after the pages of the class
Where = Literal["start", "board", "seat"]
SERVER, CLASS = "seminar_teacher", "seminar_class_"  # names of the teacher's cookies


@dataclass(frozen=True)
class Link:
    """A link that a part hangs into a page.

    Attributes:
        where: the page that shows it: the teacher's start page, the board or a student's table.
        text: of the link, in English; said in the language of the page.
        address: with ``{code}`` (class) on the board, ``{link}`` (the student's secret) at a table.
        when: whether a class shows it; always if None.
    """

    where: Where
    text: str
    address: str
    when: Callable[[Room], bool] | None = None


@dataclass
class Site:
    """The running site.

    Attributes:
        service: changes, views and news.
        secret: of the teacher's start link.
        addresses: where it can be reached, the best for phones first.
        links: that parts have hung into pages.
        codes: of people who have just joined, to be shown once; only their hashes are kept.
    """

    service: Service
    secret: str
    addresses: tuple[str, ...] = ("http://localhost:8080",)
    links: list[Link] = field(default_factory=list)
    codes: dict[int, str] = field(default_factory=dict)  # personal codes of those who have just joined

    def link(self, where: Where, text: str, address: str, when: Callable[[Room], bool] | None = None) -> None:
        """Hang a link into a page."""
        self.links.append(Link(where, text, address, when))

    def links_at(self, where: Where, room: Room | None = None) -> list[Link]:
        """The links that a page shows."""
        return [each for each in self.links if each.where == where
                and (each.when is None or (room is not None and each.when(room)))]

    def is_teacher(self, request: Request) -> bool:
        """Whether the reader opened the teacher's start link of this server."""
        return self.is_secret(request.cookies.get(SERVER, ""))

    def is_secret(self, given: str) -> bool:
        """Whether this is the secret of the start link."""
        return hmac.compare_digest(given.encode(), self.secret.encode())

    def teacher(self, request: Request, code: str) -> Room | None:
        """The class with a code, if the reader is its teacher; None otherwise, and where there is none."""
        room = self.service.reading.by_code(code)
        if room is None:
            return None
        if self.is_teacher(request):
            return room
        own = self.service.reading.teachers(request.cookies.get(f"{CLASS}{room.number}", ""))
        return room if own is not None and own.number == room.number else None

    def student(self, link: str) -> Person | None:
        """Whose secret link it is; None for a wrong one."""
        return self.service.reading.person(link)


def install_parts(site: Site) -> list[str]:
    """Install the parts that exist; returns their names."""
    found = [name for name in PARTS if find_spec(f"{__package__}.{name}") is not None]
    for name in found:
        import_module(f"{__package__}.{name}").install(site)
    return found


__all__ = ["CLASS", "SERVER", "Link", "Site", "install_parts"]
