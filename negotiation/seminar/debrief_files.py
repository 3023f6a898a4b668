"""The files of a debrief: moves, class, notebook, PDF and pictures, for the page's downloads and for a folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from negotiation.files import write_all
from negotiation.plots.fonts import missing_font
from negotiation.seminar import debrief_plots as plots
from negotiation.seminar.debrief import Debrief, make_debrief
from negotiation.seminar.debrief_moves import counted
from negotiation.seminar.debrief_notebook import notebook_bytes
from negotiation.seminar.debrief_pdf import pdf_bytes
from negotiation.seminar.export import about_class, class_moves, export_files, messages_bytes
from negotiation.seminar.room import Seminar

NAMES = ("moves.csv", "moves.parquet", "class.json", "debrief.ipynb", "debrief.pdf")
MESSAGES = "messages.csv"


def debrief_file(seminar: Seminar, room: int, name: str, names: bool = False, debrief: Debrief | None = None) -> bytes:
    """One file of `NAMES`.

    Args:
        seminar: to read from.
        room: the class.
        name: of the file.
        names: names instead of pseudonyms.
        debrief: made before with the same names, to save time.

    Raises:
        KeyError: there is no such file.
    """
    if name == "debrief.pdf":
        return pdf_bytes(printable(seminar, room, debrief or make_debrief(seminar, room, names)),
                         _settings(seminar, room))
    moves = class_moves(seminar, room, names) if debrief is None else counted(debrief.moves, people=False).reset_index(
        drop=True)
    if name == "debrief.ipynb":
        return notebook_bytes(moves, about_class(seminar, room),
                              seminar.room(room).settings.title or seminar.room(room).code)
    return export_files(seminar, room, names, moves)[name]


def debrief_files(seminar: Seminar, room: int, names: bool = False, debrief: Debrief | None = None) -> dict[str, bytes]:
    """All of them, name to content."""
    return {name: debrief_file(seminar, room, name, names, debrief) for name in NAMES}


def printable(seminar: Seminar, room: int, debrief: Debrief) -> Debrief:
    """A debrief as it can be drawn: in English where no font has the characters of the class's language.

    Args:
        seminar: to read from.
        room: the class.
        debrief: of it.
    """
    if not missing_font(debrief.language):
        return debrief
    return make_debrief(seminar, room, debrief.names, debrief.estimate is not None, "en")


def write_debrief(seminar: Seminar, room: int, folder: str | Path, names: bool = False, messages: bool = False,
                  told: Callable[[str], object] = lambda step: None) -> list[Path]:
    """Write all files and pictures into a folder, each whole or not at all.

    Args:
        seminar: to read from.
        room: the class.
        folder: made if it does not exist.
        names: names instead of pseudonyms.
        messages: also what the capitals wrote to each other.
        told: called with what is done next, in English.

    Raises:
        OSError: a file cannot be written.
    """
    Path(folder).mkdir(parents=True, exist_ok=True)  # what cannot be written to is told before the long work
    told("reading the moves, estimating precision and firmness")
    debrief = make_debrief(seminar, room, names)
    told("drawing")
    printed = printable(seminar, room, debrief)
    files = {f"{name}.svg": content for name, content in plots.pictures(printed).items()}
    told("writing the files")
    files |= {name: debrief_file(seminar, room, name, names, printed if name == "debrief.pdf" else debrief)
              for name in NAMES}
    if messages:
        files[MESSAGES] = messages_bytes(seminar, room, names)
    return write_all(folder, files)


def _settings(seminar: Seminar, room: int) -> dict[str, Any]:
    return dict(about_class(seminar, room)["settings"])


__all__ = ["MESSAGES", "NAMES", "debrief_file", "debrief_files", "printable", "write_debrief"]
