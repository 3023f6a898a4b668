"""Saving figures: PNG, SVG and PDF, whole or not at all, with a receipt inside.

A picture is drawn into memory first, written beside its place under a temporary name and then moved
over it, so a failure (no room on the disk, Ctrl-C, a label that cannot be drawn) leaves either
the old file or the new one. The same figure and receipt give the same bytes: no dates, no random
identifiers. A figure is saved in the look it was made in, whatever is in force by then.

The receipt says where the picture comes from (scenario, seed, versions, ...). It is stored as JSON in
the PNG's ``Description`` text chunk, in the SVG's ``dc:description`` and as the PDF's ``Subject``;
`read_receipt` reads it back.
"""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from negotiation.files import write_bytes
from negotiation.plots.style import SHEETS, look_of, styled, under

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("png", "svg", "pdf")
STANDARD = ("png", "svg")
DPI = 150


def save_figure(figure: Figure, path: str | Path, receipt: Mapping[str, Any] | None = None,
                formats: Sequence[str] = STANDARD, dpi: float = DPI) -> list[Path]:
    """Save a figure under one name in several formats.

    Args:
        figure: any matplotlib figure.
        path: file name without its ending, e.g. ``outputs/outcomes``; its folder must exist.
        receipt: where the figure comes from; anything JSON holds, numpy numbers and paths too.
        formats: endings, of ``png``, ``svg`` and ``pdf``.
        dpi: dots per inch of the PNG, and of the shaded areas inside the SVG and the PDF, if it holds any; of
            paper as large as in print, see `negotiation.plots.style`.

    Returns:
        The files written, in the order of ``formats``.

    Raises:
        ValueError: a format is not known.
        TypeError: the receipt holds something JSON does not.
        OSError: a file cannot be written; no half file is left behind.
    """
    for ending in formats:
        if ending not in FORMATS:
            raise ValueError(f"format: {ending!r} is not allowed; allowed: {', '.join(FORMATS)}")
    text = json.dumps(dict(receipt or {}), sort_keys=True, ensure_ascii=False, default=_plain)
    pictures = [(Path(f"{path}.{ending}"), _draw(figure, ending, text, dpi)) for ending in formats]
    for target, picture in pictures:
        write_bytes(target, picture)
    return [target for target, _ in pictures]


def _draw(figure: Figure, ending: str, text: str, dpi: float) -> bytes:
    metadata: dict[str, Any] = {"Description": text}
    options: dict[str, Any] = {}
    if ending == "svg":
        metadata["Date"] = None
    elif ending == "pdf":
        metadata = {"Subject": text, "CreationDate": None}
    else:
        options["pil_kwargs"] = {"compress_level": 1}  # half the time for a few per cent more disk
    buffer = io.BytesIO()
    made_in = look_of(figure)
    with under(made_in), styled(), _quiet("fontTools.subset"):
        figure.savefig(buffer, format=ending, dpi=dpi * SHEETS[made_in.style], metadata=metadata, **options)
    return buffer.getvalue()


@contextmanager
def _quiet(name: str) -> Iterator[None]:
    """Without a library's remarks: fontTools tells of tables that it leaves out of an embedded font."""
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


def _plain(value: object) -> object:
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"receipt: a {type(value).__name__} cannot be written as JSON")


def read_receipt(path: str | Path) -> dict[str, Any]:
    """The receipt inside a saved figure; empty if it was saved without one.

    Raises:
        ValueError: the file is neither PNG, SVG nor PDF, or holds no receipt of ours.
    """
    ending = Path(path).suffix.lower()
    if ending == ".png":
        from PIL import Image

        with Image.open(path) as picture:
            text = picture.info.get("Description")
    elif ending == ".svg":
        from xml.etree import ElementTree

        text = ElementTree.parse(path).getroot().findtext(".//{http://purl.org/dc/elements/1.1/}description")
    elif ending == ".pdf":
        from pypdf import PdfReader
        from pypdf.errors import PyPdfError

        with _quiet("pypdf"):  # what is wrong with the file is said below
            try:
                about = PdfReader(path).metadata
            except PyPdfError as error:
                raise ValueError(f"{path}: not a readable PDF ({error})") from None
        text = about.subject if about is not None else None
    else:
        raise ValueError(f"{path}: allowed: names that end in .png, .svg or .pdf")
    try:
        receipt: dict[str, Any] = json.loads(text or "")
    except ValueError:
        raise ValueError(f"{path}: holds no receipt; it was not saved by negotiation, or edited since") from None
    return receipt


__all__ = ["DPI", "FORMATS", "STANDARD", "read_receipt", "save_figure"]
