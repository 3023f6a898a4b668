"""The terminal, or whatever stands in its place, as the command writes to it."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import parent_process

from rich.console import Console
from rich.table import Table


class _Console(Console):
    """A console that says so, instead of ending the process, when its reader has gone."""

    def __init__(self, stderr: bool, patient: bool) -> None:
        # Names and titles are the user's; square brackets in them are no markup.
        super().__init__(stderr=stderr, markup=False, highlight=False, emoji=False)
        self.patient = patient

    def on_broken_pipe(self) -> None:
        """Raise, so that the command leaves; or go on in silence if there is more to do than to print."""
        if not self.patient:
            raise BrokenPipeError
        # What Python itself still holds for the reader must go somewhere too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())
        self.quiet = True


def console(stderr: bool = False, patient: bool = False) -> Console:
    """Where results (or with ``stderr`` remarks) are printed, as plain text.

    Args:
        stderr: the error stream.
        patient: when the reader has gone, such as ``head``, stay silent from then on; else raise BrokenPipeError.
    """
    return _Console(stderr, patient)


def is_worker() -> bool:
    """Whether this process is one of several that a launcher has started on this machine."""
    return parent_process() is not None


def plain_table(gap: int = 3) -> Table:
    """A table without frames, as the command prints them, with a gap of some letters between columns."""
    return Table(show_edge=False, pad_edge=False, box=None, padding=(0, gap, 0, 0))


@contextmanager
def drawn_for(style: str, language: str, notes: Console) -> Iterator[None]:
    """Figures made and saved inside the block have a look, and what their fonts lack is told once, as a note.

    Args:
        style, language: as `negotiation.plots.style.drawn`.
        notes: where remarks go.
    """
    from negotiation.plots.style import MissingFontWarning, drawn

    with warnings.catch_warnings(record=True) as raised:
        warnings.simplefilter("always")
        with drawn(style=style, language=language):
            yield
    told = dict.fromkeys(str(entry.message) for entry in raised if issubclass(entry.category, MissingFontWarning))
    if any("missing from font" in str(entry.message) for entry in raised):
        told["the figures' font lacks some characters of the scenario's names; they show as boxes"] = None
    for note in told:
        notes.print(f"note: {note}", soft_wrap=True)


__all__ = ["console", "drawn_for", "is_worker", "plain_table"]
