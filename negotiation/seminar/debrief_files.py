"""The files of a debrief: moves, class, notebook and PDF, for the page's downloads and for a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from negotiation.files import write_all
from negotiation.seminar.debrief import Debrief, make_debrief
from negotiation.seminar.debrief_moves import counted
from negotiation.seminar.debrief_notebook import notebook_bytes
from negotiation.seminar.debrief_pdf import pdf_bytes
from negotiation.seminar.export import about_class, class_moves, export_files
from negotiation.seminar.room import Seminar

NAMES = ("moves.csv", "moves.parquet", "class.json", "debrief.ipynb", "debrief.pdf")


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
        return pdf_bytes(debrief or make_debrief(seminar, room, names), _settings(seminar, room))
    moves = class_moves(seminar, room, names) if debrief is None else counted(debrief.moves, people=False).reset_index(
        drop=True)
    if name == "debrief.ipynb":
        return notebook_bytes(moves, about_class(seminar, room),
                              seminar.room(room).settings.title or seminar.room(room).code)
    return export_files(seminar, room, names, moves)[name]


def debrief_files(seminar: Seminar, room: int, names: bool = False, debrief: Debrief | None = None) -> dict[str, bytes]:
    """All of them, name to content."""
    return {name: debrief_file(seminar, room, name, names, debrief) for name in NAMES}


def write_debrief(seminar: Seminar, room: int, folder: str | Path, names: bool = False) -> list[Path]:
    """Write all files into a folder, each whole or not at all.

    Args:
        seminar: to read from.
        room: the class.
        folder: made if it does not exist.
        names: names instead of pseudonyms.

    Raises:
        OSError: a file cannot be written.
    """
    return write_all(folder, debrief_files(seminar, room, names))


def _settings(seminar: Seminar, room: int) -> dict[str, Any]:
    return dict(about_class(seminar, room)["settings"])


__all__ = ["NAMES", "debrief_file", "debrief_files", "write_debrief"]
