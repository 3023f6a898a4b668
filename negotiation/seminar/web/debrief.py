"""The debrief's pages: the teacher's, one click from the board, and each student's own after the class has ended."""

from __future__ import annotations

import base64
import re
from collections import OrderedDict
from functools import partial
from typing import Any

from fastapi import Request
from fastapi.responses import PlainTextResponse, Response
from nicegui import app, run, ui

from negotiation.seminar.branching import branch_alone
from negotiation.seminar.debrief import OwnDebrief, class_shares, open_to, own_debrief
from negotiation.seminar.debrief_pack import LATE, NOTEBOOK, PDF, Pack, Table, make_pack, shares_rows, surprises_of
from negotiation.seminar.export import archive
from negotiation.seminar.limits import RateLimit
from negotiation.seminar.play import Person, Room, SeminarError
from negotiation.seminar.web.debrief_blocks import ladders, story, surprise, table
from negotiation.seminar.web.join import Form, enter
from negotiation.seminar.web.parts import Box, Text, alive, anchor, button, dress, page, refuse
from negotiation.seminar.web.site import Site
from negotiation.terms import say, speaking

KEPT = 6  # packs that are remembered; they can be made again from the database
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


class Packs:
    """Packs of classes as they stand, made in another process and remembered while nothing changes.

    Args:
        site: the running site.
    """

    def __init__(self, site: Site) -> None:
        self.site = site
        self._known: OrderedDict[tuple[Any, ...], Pack] = OrderedDict()

    def key(self, room: int, names: bool, fit: bool) -> tuple[Any, ...]:
        """What a pack depends on: everything that the class's record holds."""
        store = self.site.service.reading.store
        moves = store.row("SELECT COUNT(*) AS n FROM moves WHERE room = ?", room)
        people = store.row("SELECT COUNT(*) AS n FROM people WHERE room = ?", room)
        return room, names, fit, moves["n"] if moves else 0, people["n"] if people else 0

    async def get(self, room: int, names: bool, fit: bool) -> Pack:
        """The pack of a class."""
        key = self.key(room, names, fit)
        if key not in self._known:
            made = await run.cpu_bound(make_pack, str(self.site.service.path), room, names, fit)
            if made is None:  # the server is stopping
                raise SeminarError("the server is stopping")
            while len(self._known) >= KEPT:
                self._known.popitem(last=False)
            self._known[key] = made
        return self._known[key]


class ClassPage:
    """The teacher's debrief.

    Args:
        packs: where its content comes from.
        room: the class.
        names: whether people go by their names.
    """

    def __init__(self, packs: Packs, room: Room, names: bool) -> None:
        self.packs, self.room, self.names = packs, room, names
        self.client = ui.context.client
        with page(f"Debrief {room.code}", room.settings.language, "board debrief"):
            self.head = Box("header", "boardtop")
            self.body = Box("div")
            self.late = Box("section", "card", aria_label="Precision and firmness")
        with self.head:
            Text("The debrief is being made …", "h1", role="status")
        with self.late, speaking(room.settings.language):
            Text(say("How precise, and how firm, was the class?"), "h2")
            Text("Being estimated; with many moves this takes a minute.", "p", "quiet", role="status")
        ui.timer(0.05, self.fill, once=True)

    async def fill(self) -> None:
        """Show what is quick, then what takes longer."""
        quick = await self.packs.get(self.room.number, self.names, False)
        if alive(self.body):
            self._show(quick)
        slow = await self.packs.get(self.room.number, self.names, True)
        if alive(self.late):
            self._show_late(slow)

    def _show(self, pack: Pack) -> None:
        self.head.clear()
        code, query = self.room.code, "?names=1" if self.names else ""
        with self.head:
            with Box("div"):
                Text(f"Debrief: {pack.title}", "h1")
                Text(pack.answer, "p", "facts")
                Text(pack.facts, "p", "quiet")
            with Box("nav", "controls", aria_label="Downloads"), Box("div"):
                for name, text in DOWNLOADS:
                    anchor(text, f"/debrief/{code}/{name}{query}", "button plain small", download=name)
                anchor("Hide names" if self.names else "Show names (not on the projector)",
                       f"/debrief/{code}" + ("" if self.names else "?names=1"), "button plain small")
                anchor("Back to the board", f"/board/{code}", "button plain small")
        with self.body, speaking(self.room.settings.language):
            with Box("div", "overview"):
                self._section(pack, say("How the class ended"), "outcomes", pack.shares)
                if pack.differences is not None:
                    self._section(pack, say("What did the treatments change?"), "treatments", pack.differences)
                self._section(pack, say("Week by week"), "paths", None)
                self._section(pack, say("What could each have gained?"), "forgone", pack.people)
            with Box("section", "card"):
                Text(say("Which moves surprise most?"), "h2")
                with Box("div", "overview"):
                    for each in pack.surprises:
                        surprise(each)

    def _section(self, pack: Pack, title: str, name: str, shown: Table | None) -> None:
        with Box("section", "card"):
            Text(title, "h2")
            _picture(pack, name)
            if shown is not None:
                with Box("details", open=True if len(shown.rows) <= 20 else None):
                    Text(say("The numbers"), "summary")
                    table(shown)

    def _show_late(self, pack: Pack) -> None:
        self.late.clear()
        with self.late, speaking(self.room.settings.language):
            Text(say("How precise, and how firm, was the class?"), "h2")
            if pack.estimates is not None:
                table(pack.estimates)
            with Box("ul"):
                for sentence in pack.statement:
                    Text(sentence, "li")
            _picture(pack, "profiles")


def _picture(pack: Pack, name: str) -> None:
    if name in pack.pictures:
        source = "data:image/svg+xml;base64," + base64.b64encode(pack.pictures[name]).decode()
        picture = Box("img", src=source, alt=PICTURES[name])
        picture.style("width: 100%; max-width: 60rem; height: auto; display: block")


class OwnPage:
    """A student's own debrief.

    Args:
        site: the running site.
        person: whose.
        link: their secret.
        shares: of the class, remembered while nothing changes.
    """

    def __init__(self, site: Site, person: Person, link: str, shares: Any) -> None:
        self.site, self.person, self.link = site, person, link
        reading = site.service.reading
        self.language = reading.room(person.room).settings.language
        with speaking(self.language), page(say("Debrief"), self.language, "seat"):
            Text(say("Debrief"), "h1")
            if not open_to(reading, person):
                Text(say("It opens when the class has ended."), "p")
                anchor(say("Back to the table"), f"/seat/{link}", "button")
                return
            self._build(own_debrief(reading, person, shares))

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
        if self.site.service.reading.alone(self.person.room):
            with Box("section", "card"):
                Text(say("To keep"), "h2")
                Text(say("On paper it also tells how precise and how firm you were; it takes a moment."), "p", "quiet")
                with Box("div", "controls"):
                    for name, text in OWN_DOWNLOADS:
                        anchor(say(text), f"/mine/{self.link}/{name}", "button plain", download=name)
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
                enter(self.site, await self.site.service.do(
                    lambda seminar: branch_alone(seminar, self.person, int(chosen.value or 1))))

            button(say("Play on from there"), partial(form.act, begin))


def install(site: Site) -> None:
    """Declare the pages and hang links to them into the others."""
    packs = Packs(site)
    shares: dict[tuple[int, int], Any] = {}
    site.link("board", "Debrief", "/debrief/{code}")
    site.link("seat", "Debrief", "/mine/{link}")

    @ui.page("/debrief/{code}", response_timeout=30)
    def debrief(request: Request, code: str) -> None:
        room = site.teacher(request, code[:20])
        if room is None:
            refuse("For the teacher", "Open the start link that the command printed in the terminal.", 403)
            return
        ClassPage(packs, room, request.query_params.get("names") == "1")

    @app.get("/debrief/{code}/{name}", include_in_schema=False)
    async def download(request: Request, code: str, name: str) -> Response:
        """One file of the debrief, for the teacher."""
        room = site.teacher(request, code[:20])
        if room is None:
            return PlainTextResponse("for the teacher", 403)
        if name not in dict(DOWNLOADS) or not re.fullmatch(r"[a-z.]+", name):
            return PlainTextResponse("no such file", 404)
        return await sent(room, name, request.query_params.get("names") == "1")

    async def sent(room: Room, name: str, names: bool) -> Response:
        files = dict((await packs.get(room.number, names, False)).files) if name not in LATE else {}
        if name in (*LATE, ALL):
            files |= (await packs.get(room.number, names, True)).files
        content = archive(files) if name == ALL else files[name]
        return Response(content, media_type=KINDS[name.rsplit(".", 1)[1]], headers={
            "content-disposition": f'attachment; filename="{room.code}-{name}"', "cache-control": "no-store"})

    asked = RateLimit(12, 600.0)  # files of games played alone, a person and ten minutes

    @app.get("/mine/{link}/{name}", include_in_schema=False)
    async def own_file(link: str, name: str) -> Response:
        """One file of a game that somebody played alone."""
        person = site.student(link)
        if person is None or not site.service.reading.alone(person.room) or name not in dict(OWN_DOWNLOADS):
            return PlainTextResponse("no such file", 404)
        if not asked.allows(str(person.number)):
            return PlainTextResponse("too many; wait a minute", 429)
        return await sent(site.service.reading.room(person.room), name, False)

    def shares_of(room: int) -> Any:
        key = room, packs.key(room, False, False)[3]
        if key not in shares:
            shares.clear()
            shares[key] = class_shares(site.service.reading, room)
        return shares[key]

    @ui.page("/mine/{link}", response_timeout=30)
    def mine(link: str) -> None:
        person = site.student(link)
        if person is None:
            refuse("No such seat", "This link belongs to nobody. Join the class, or come back with your code.")
            return
        OwnPage(site, person, link, shares_of)


__all__ = ["ClassPage", "OwnPage", "Packs", "install"]
