"""A fingerprint of the numbers behind a figure, for its receipt.

`data_hash` tells whether two figures show the same data. It sees what artists draw in the coordinates of
their panels: the points of lines, the outlines of bars and other patches, places and values of collections
(scatter, bands, error bars, meshes) and the values of images. It does not see texts, ticks, legends, colours,
sizes and limits, so neither language nor style nor file format changes it.

Numbers are rounded to 9 significant digits, and what is smaller than 1e-12 of the largest number of its artist
counts as 0, so that the last digits of another machine's arithmetic do not matter. Still, a number can lie so
near to the edge between two rounded values that another machine rounds it otherwise.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.collections import PathCollection, QuadMesh
from numpy.typing import ArrayLike

if TYPE_CHECKING:
    from matplotlib.collections import Collection
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

DIGITS = 9
NOTHING = 1e-12
LENGTH = 16  # hexadecimal digits kept, as of `negotiation.provenance.config_hash`

Numbers = tuple[str, ArrayLike]


def signed(figure: Figure, receipt: Mapping[str, Any] | None) -> dict[str, Any]:
    """A receipt complete for saving: with ``data_hash``, and ``command`` None where no command made the figure."""
    return {"command": None, **(receipt or {}), "data_hash": data_hash(figure)}


def data_hash(figure: Figure) -> str:
    """SHA-256 (first 16 hexadecimal digits) of the numbers behind all artists of a figure, in drawing order."""
    told = hashlib.sha256()
    for panel in figure.axes:
        told.update(b"panel")
        for kind, numbers in _numbers(panel):
            told.update(kind.encode())
            told.update(_canonical(numbers))
    return told.hexdigest()[:LENGTH]


def _numbers(panel: Any) -> Iterator[Numbers]:
    for line in panel.lines:
        yield "line", line.get_xydata()
    for patch in panel.patches:
        yield "patch", _outline(patch)
    for collection in panel.collections:
        yield from _collected(collection)
    for image in panel.images:
        yield "image", _filled(image.get_array())
        yield "extent", image.get_extent()
    for inset in panel.child_axes:
        yield "inset", ()
        yield from _numbers(inset)


def _outline(patch: Patch) -> ArrayLike:
    """Corners in the panel's coordinates; such as of a bar's rectangle."""
    return np.asarray(patch.get_patch_transform().transform(patch.get_path().vertices))


def _collected(collection: Collection) -> Iterator[Numbers]:
    if isinstance(collection, QuadMesh):
        yield "mesh", collection.get_coordinates()
    elif isinstance(collection, PathCollection):  # its paths are the markers' shapes
        yield "places", _filled(collection.get_offsets())
    else:
        for path in collection.get_paths():
            yield "path", path.vertices
        yield "places", _filled(collection.get_offsets())
    values = collection.get_array()
    if values is not None:
        yield "values", _filled(values)


def _filled(values: Any) -> np.ndarray:
    """Masked values as nan."""
    return np.ma.filled(np.ma.asarray(values, dtype=np.float64), np.nan)


def _canonical(numbers: ArrayLike) -> bytes:
    """The same bytes for numbers that agree in 9 significant digits: shape, mantissas, exponents."""
    values = np.ascontiguousarray(numbers, dtype=np.float64)
    finite = np.isfinite(values)
    size = np.abs(np.where(finite, values, 0.0))
    used = size > NOTHING * size.max(initial=0.0)
    exponent = np.zeros(values.shape, dtype=np.int64)
    np.floor(np.log10(size, where=used, out=np.zeros_like(size)), out=size)
    exponent[used] = size[used].astype(np.int64)
    scaled = np.where(used, values, 0.0) / 10.0 ** np.clip(exponent, -300, 300)
    mantissa = np.rint(scaled * 10.0 ** (DIGITS - 1)).astype(np.int64)
    over = np.abs(mantissa) >= 10**DIGITS  # 9.9999999999 has become 10
    mantissa[over] //= 10
    exponent[over] += 1
    odd = np.where(np.isnan(values), 1, np.where(np.isposinf(values), 2, np.where(np.isneginf(values), 3, 0)))
    mantissa[~finite] = 0
    return b"|".join([repr(values.shape).encode(), mantissa.astype("<i8").tobytes(), exponent.astype("<i8").tobytes(),
                      odd.astype("<i1").tobytes()])


__all__ = ["data_hash", "signed"]
