"""The debrief's pages: the teacher's, one click from the board, and each student's own after the class has ended."""

from __future__ import annotations

import base64
import html
import logging
import re
from collections.abc import Callable
from functools import partial

from fastapi import Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response
from nicegui import app, ui

from negotiation.seminar.branching import branch_alone
from negotiation.seminar.debrief import OwnDebrief, missing_in_words, open_to
from negotiation.seminar.debrief_pack import LATE, NOTEBOOK, PDF, Pack, Table, shares_rows, surprises_of
from negotiation.seminar.export import archive
from negotiation.seminar.limits import RateLimit
from negotiation.seminar.people import ENDED, Person, Room, SeminarError
from negotiation.seminar.telling import together
from negotiation.seminar.web.debrief_blocks import ladders, seated, story, surprise, table
from negotiation.seminar.web.debrief_packs import FailedError, OwnReader, Packs
from negotiation.seminar.web.join import Form, caller_of, enter
from negotiation.seminar.web.parts import LANGUAGES, Box, Text, alive, anchor, button, dress, page
from negotiation.seminar.web.refusals import student_of, taught
from negotiation.seminar.web.site import Site
from negotiation.terms import say, speaking

ALL = "debrief.zip"
KINDS = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet", "json": "application/json",
         "ipynb": "application/x-ipynb+json", "pdf": "application/pdf", "zip": "application/zip"}
DOWNLOADS = ((PDF, "Everything on paper (PDF)"), (NOTEBOOK, "Notebook with the moves inside"),
             ("moves.csv", "All moves (CSV)"), ("moves.parquet", "All moves (Parquet)"), (ALL, "All files (ZIP)"))
OWN_DOWNLOADS = ((PDF, "Everything on paper (PDF)"), (NOTEBOOK, "Notebook with the moves inside"),
                 ("moves.csv", "All moves (CSV)"))
PICTURES = {"outcomes": "Outcomes of the class beside the exact probabilities under equilibrium play",
            "treatments": "Differences between treatments with 95 % intervals",
            "paths": "Rungs of both sides by week, the class and the real dispute",
            "forgone": "What each person gave away a decision, by seat",
            "profiles": "Profile likelihoods of precision and firmness"}
LOG = logging.getLogger(__name__)


class ClassPage:
    """The teacher's debrief.

    Args:
        packs: where its content comes from.
        room: the class.
        names: whether people go by their names.
    """

    def __init__(self, packs: Packs, room: Room, names: bool) -> None:
        self.packs, self.room, self.names = packs, room, names
        self.language = room.settings.language
        with speaking(self.language), page(f"{say('Debrief')} {room.code}", self.language, "board debrief"):
            self.head = Box("header", "boardtop")
            self.body = Box("div")
            self.late = Box("section", "card", aria_label=say("Precision and firmness"))
        ui.timer(0.05, self.fill, once=True)
        self._wait()

    def _wait(self) -> None:
        self.head.clear()
        self.body.clear()
        self.late.clear()
        self.late.set_visibility(True)
        with speaking(self.language):
            with self.head, Box("div"):
                Text(f"{say('Debrief')} {self.room.code}", "h1")
                _waiting(say("The debrief is being made …"))
            with self.late:
                Text(say("How precise, and how firm, was the class?"), "h2")
                _waiting(say("Being estimated; with many moves this takes a minute."))

    async def fill(self) -> None:
        """Show what is quick, then what takes longer; a line and a button where it cannot be made."""
        shown = self.head
        try:
            quick = await self.packs.get(self.room.number, self.names, False)
            if alive(self.body):
                self._show(quick)
            shown = self.late
            slow = await self.packs.get(self.room.number, self.names, True)
            if alive(self.late):
                self._show_late(slow)
        except FailedError:
            self._fail(shown)
        except Exception:  # whatever it is, nobody should wait for it
            LOG.exception("debrief: the page of class %s could not be filled", self.room.number)
            self._fail(shown)

    def _fail(self, where: Box) -> None:
        if not alive(where):
            return

        async def again() -> None:
            self._wait()
            await self.fill()

        if where is self.head:
            self.late.clear()
            self.late.set_visibility(False)
        where.clear()
        with where, speaking(self.language), Box("div"):
            Text(f"{say('Debrief')} {self.room.code}" if where is self.head else
                 say("How precise, and how firm, was the class?"), "h1" if where is self.head else "h2")
            Text(say("It could not be made; the server's window says why."), "p", "alert", role="alert")
            with Box("div", "controls"):
                button(say("Try again"), again, "button")
                anchor(say("Back to the board"), f"/board/{self.room.code}", "button plain")

    def _show(self, pack: Pack) -> None:
        self.head.clear()
        code, query = self.room.code, "?names=1" if self.names else ""
        with speaking(self.language):
            with self.head:
                with Box("div"):
                    Text(say("Debrief: {title}", title=pack.title), "h1")
                    Text(pack.answer, "p", "facts")
                    Text(pack.facts, "p", "quiet")
                with Box("nav", "controls", aria_label=say("Files and other pages")), Box("div"):
                    for name, text in DOWNLOADS:
                        anchor(say(text), f"/debrief/{code}/{name}{query}", "button plain small")
                    anchor(say("Hide names" if self.names else "Show names (not on the projector)"),
                           f"/debrief/{code}" + ("" if self.names else "?names=1"), "button plain small")
                    anchor(say("Back to the board"), f"/board/{code}", "button plain small")
            with self.body:
                with Box("div", "overview"):
                    self._section(pack, say("How the class ended"), "outcomes", pack.shares)
                    if pack.differences is not None:
                        self._section(pack, say("What did the treatments change?"), "treatments", pack.differences)
                    if "paths" in pack.pictures:
                        self._section(pack, say("Week by week"), "paths", None)
                    if "forgone" in pack.pictures:
                        self._section(pack, say("What could each have gained?"), "forgone", pack.people)
                with Box("section", "card"):
                    Text(say("Which moves surprise most?"), "h2")
                    with Box("div", "overview"):
                        for each in pack.surprises:
                            surprise(each)
                    if pack.fewer:
                        Text(pack.fewer, "p", "quiet" if pack.surprises else "")

    def _section(self, pack: Pack, title: str, name: str, shown: Table | None) -> None:
        with Box("section", "card"):
            Text(title, "h2")
            _picture(pack, name)
            if name in pack.captions:
                Text(pack.captions[name], "p", "quiet")
            if shown is not None and shown.rows:
                with Box("details"):
                    Text(say("The numbers"), "summary")
                    table(shown)

    def _show_late(self, pack: Pack) -> None:
        self.late.clear()
        with self.late, speaking(self.language):
            Text(say("How precise, and how firm, was the class?"), "h2")
            if pack.estimates is not None:
                table(pack.estimates)
            with Box("ul"):
                for sentence in pack.statement:
                    Text(sentence, "li")
            if pack.regrets is not None:
                Text(say("Regret of the class's play as estimated"), "h3")
                Text(say("What a seat's best reply against the class's fitted play would gain, beside the same for "
                         "equilibrium play."), "p", "quiet")
                table(pack.regrets)
            _picture(pack, "profiles")


def _waiting(text: str) -> None:
    with Box("div", role="status"):
        Text(text, "p", "quiet")
        Box("progress", aria_label=text)


def _picture(pack: Pack, name: str) -> None:
    if name in pack.pictures:
        source = "data:image/svg+xml;base64," + base64.b64encode(pack.pictures[name]).decode()
        picture = Box("img", src=source, alt=say(PICTURES[name]))
        picture.style("width: 100%; max-width: 60rem; height: auto; display: block")


def apology(language: str, back: str) -> Response:
    """A plain page for a file that could not be made.

    Args:
        language: of it.
        back: address of the page that the file was asked for on.
    """
    with speaking(language):
        line = html.escape(say("It could not be made; the server's window says why."))
        link = html.escape(say("Back"))
    return HTMLResponse(f'<!doctype html><html lang="{LANGUAGES[language]}"><meta charset="utf-8"><title>{line}</title>'
                        f'<p>{line}</p><p><a href="{html.escape(back)}">{link}</a></p></html>', 500)


class OwnPage:
    """A student's own debrief.

    Args:
        site: the running site.
        person: whose.
        link: their secret.
        may_branch: whether they may begin another game now; counts it.
    """

    def __init__(self, site: Site, person: Person, link: str, may_branch: Callable[[], bool]) -> None:
        self.site, self.person, self.link, self.may_branch = site, person, link, may_branch
        self.language = site.service.reading.room(person.room).settings.language

    async def build(self, reader: OwnReader) -> None:
        """Fill the page; the debrief is worked out on the reader's thread."""
        opened = open_to(self.site.service.reading, self.person)
        found: OwnDebrief | None = None
        try:
            found = await reader.of(self.person) if opened else None
        except Exception:  # whatever it is, the page says so
            LOG.exception("debrief: that of person %s could not be made", self.person.number)
        with speaking(self.language), page(say("Debrief"), self.language, "seat"):
            Text(say("Debrief"), "h1")
            if found is not None:
                self._build(found)
                return
            if opened:
                Text(say("It could not be made; the server's window says why."), "p", "alert", role="alert")
                anchor(say("Try again"), f"/mine/{self.link}", "button")
            else:
                Text(say("It opens when the class has ended."), "p")
            anchor(say("Back to the table"), f"/seat/{self.link}", "button plain" if opened else "button")

    def _build(self, own: OwnDebrief) -> None:
        with Box("section", "card"):
            Text(own.outcome or say("The dispute was still going on."), "p")
            if own.decisions:
                Text(say("You took the best option in {best} of {all} decisions and gave away {amount} in all; "
                         "equilibrium play gives away {other} at the same decisions.", best=own.best, all=own.decisions,
                         amount=f"{own.forgone:.2f}", other=f"{own.forgone_equilibrium:.2f}"), "p")
            Text(say("Given away: the best option's worth less the chosen one's, if everybody plays the equilibrium "
                     "from there on."), "p", "quiet")
        with Box("section", "card"):
            Text(say("Your table week by week"), "h2")
            ladders(own)
            story(own.story)
        with Box("section", "card"):
            Text(say("Your least expected moves"), "h2")
            for each in surprises_of(own.surprises, own.options):
                surprise(each)
            if own.surprises.empty:
                Text(say("None of your moves was rarer than a pick at random."), "p")
        if own.shares is not None:
            with Box("section", "card"):
                Text(say("How the class ended"), "h2")
                table(shares_rows(own.shares, short=True))
                missing = missing_in_words(*own.shares.attrs["missing"])
                Text(together(say("Exact: expected if all played the equilibrium."), missing), "p", "quiet")
        seated(own)
        if self.site.service.reading.alone(self.person.room):
            with Box("section", "card"):
                Text(say("To keep"), "h2")
                Text(say("On paper it also tells how precise and how firm you were; it takes a moment."), "p", "quiet")
                with Box("div", "controls"):
                    for name, text in OWN_DOWNLOADS:
                        anchor(say(text), f"/mine/{self.link}/{name}", "button plain")
        if own.story:
            self._branch(len(own.story))
        anchor(say("Back to the table"), f"/seat/{self.link}", "button plain")

    def _branch(self, weeks: int) -> None:
        with Box("section", "card"):
            Text(say("What if?"), "h2")
            Text(say("Play on alone from any week: what came before and all chance stay the same, agents play the "
                     "others."), "p")
            chosen = ui.select({week: say("from week {number}", number=week) for week in range(1, weeks + 1)},
                               value=weeks, label=say("Week")).props("outlined")
            dress(chosen, "field")
            form = Form(self.language)

            async def begin() -> None:
                if not self.may_branch():
                    raise SeminarError("too many tries; wait a minute")
                enter(self.site, await self.site.service.do(
                    lambda seminar: branch_alone(seminar, self.person, int(chosen.value or 1))))

            button(say("Play on from there"), partial(form.act, begin))


def install(site: Site) -> None:
    """Declare the pages and hang links to them into the others."""
    packs, reader = Packs(site), OwnReader(site)
    app.on_shutdown(packs.close)
    app.on_shutdown(reader.close)
    site.link("board", "Debrief", "/debrief/{code}")
    site.link("seat", "Debrief", "/mine/{link}",
              lambda room: room.phase == ENDED or site.service.reading.alone(room.number))

    @ui.page("/debrief/{code}", response_timeout=30)
    def debrief(request: Request, code: str) -> None:
        room = taught(site, request, code)
        if room is not None:
            ClassPage(packs, room, request.query_params.get("names") == "1")

    @app.get("/debrief/{code}/{name}", include_in_schema=False)
    async def download(request: Request, code: str, name: str) -> Response:
        """One file of the debrief, for the teacher."""
        room = site.teacher(request, code[:20])
        if room is None:
            return PlainTextResponse("for the teacher", 403)
        if name not in dict(DOWNLOADS) or not re.fullmatch(r"[a-z.]+", name):
            return PlainTextResponse("no such file", 404)
        return await sent(room, name, request.query_params.get("names") == "1", f"/debrief/{room.code}")

    async def sent(room: Room, name: str, names: bool, back: str) -> Response:
        try:
            files = await files_of(room, name, names)
        except FailedError:
            return apology(room.settings.language, back)
        content = archive(files) if name == ALL else files[name]
        return Response(content, media_type=KINDS[name.rsplit(".", 1)[1]], headers={
            "content-disposition": f'attachment; filename="{room.code}-{name}"', "cache-control": "no-store"})

    async def files_of(room: Room, name: str, names: bool) -> dict[str, bytes]:
        files = dict((await packs.get(room.number, names, False)).files) if name not in LATE else {}
        if name in (*LATE, ALL):
            files |= (await packs.get(room.number, names, True)).files
        return files

    asked = RateLimit(12, 600.0)  # files of games played alone, a person and ten minutes
    branches = RateLimit(12, 600.0)  # a person and ten minutes: each is a class that stays in the database
    of_address = RateLimit(600, 600.0)  # whoever branches is another person in the branch

    @app.get("/mine/{link}/{name}", include_in_schema=False)
    async def own_file(link: str, name: str) -> Response:
        """One file of a game that somebody played alone."""
        person = site.student(link)
        if person is None or not site.service.reading.alone(person.room) or name not in dict(OWN_DOWNLOADS):
            return PlainTextResponse("no such file", 404)
        if not asked.allows(str(person.number)):
            return PlainTextResponse("too many; wait a minute", 429)
        return await sent(site.service.reading.room(person.room), name, False, f"/mine/{link}")

    @ui.page("/mine/{link}", response_timeout=30)
    async def mine(request: Request, link: str) -> None:
        person = student_of(site, request, link)
        if person is not None:
            address = caller_of(request).split(" ")[0]
            await OwnPage(site, person, link, lambda: branches.allows(str(person.number)) and of_address.allows(
                address)).build(reader)


__all__ = ["ClassPage", "OwnPage", "apology", "install"]
