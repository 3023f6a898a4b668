"""The server: one NiceGUI site over one database. All truth is in the database; the site can die at any moment."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from nicegui import app, ui

from negotiation.seminar.service import Service
from negotiation.seminar.web import board, join, refusals, seat, teacher
from negotiation.seminar.web.headers import Guard
from negotiation.seminar.web.parts import share_files
from negotiation.seminar.web.site import Site, install_parts

TICK = 0.5  # seconds
LEAVE = 2  # seconds that a request under way, such as for a PDF, has to end when the server is stopped
LOG = logging.getLogger(__name__)


def make_site(database: Path, secret: str, addresses: Sequence[str]) -> Site:
    """The site with all its pages.

    Args:
        database: path of the file.
        secret: of the teacher's start link.
        addresses: where it can be reached, the best for phones first.
    """
    site = Site(Service(database), secret, tuple(addresses))
    share_files()
    for part in (join, seat, teacher, board, refusals):
        part.install(site)
    install_parts(site)
    app.add_middleware(Guard, names=[urlsplit(each).hostname or "" for each in addresses])
    app.on_startup(lambda: asyncio.create_task(_tick(site)))
    app.on_shutdown(site.service.close)
    return site


async def _tick(site: Site) -> None:
    """Clocks, as long as the server runs."""
    resumed, failed = False, ""
    while True:
        try:
            if not resumed:
                await site.service.do(lambda seminar: seminar.resume())
                resumed = True
            await site.service.tick()
            failed = ""
        except Exception as error:  # a full disk must not stop the clocks for good
            if failed != str(error):  # told once, not twice a second
                failed = str(error)
                LOG.exception("a clock could not play on")
        await asyncio.sleep(TICK)


def serve(database: Path, secret: str, addresses: Sequence[str], host: str, port: int) -> None:
    """Serve until stopped."""
    make_site(database, secret, addresses)
    gc.collect()
    gc.freeze()  # what is loaded now stays; looking through it again and again would make moves wait
    gc.set_threshold(20_000, 20, 50)
    app.config.quasar_config["loadingBar"] = {"skipHijack": True}
    ui.run(host=host, port=port, show=False, reload=False, tailwind=False, title="Seminar", show_welcome_message=False,
           reconnect_timeout=10.0, message_history_length=200, favicon="\N{DOVE OF PEACE}",
           binding_refresh_interval=None, timeout_graceful_shutdown=LEAVE, server_header=False, proxy_headers=False,
           ws_per_message_deflate=False)


__all__ = ["make_site", "serve"]
