"""Which public names stand on which page of the Python reference; their text comes from their docstrings."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

# Page, then heading, then modules (of `negotiation`) whose public names stand there.
PAGES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "game": {
        "The words of the game": ("vocabulary",),
        "Scenarios": ("scenario", "library", "parameters"),
        "The game": ("game", "checks"),
        "Policies": ("policy", "memory"),
        "Behaviours": ("behaviours",),
        "Solving": ("solve",),
    },
    "engines": {
        "Exact": ("engines.exact",),
        "Batch": ("engines.batch",),
        "One episode": ("engines.trajectory",),
        "Mesa": ("engines.mesa_model", "engines.dispute"),
        "Points": ("engines.points",),
    },
    "sweeps": {
        "Designs and plans": ("sweep.design", "sweep.settings", "sweep.executors"),
        "Running and reading": ("sweep.run", "sweep.table"),
        "Learning from a sweep": ("sweep.sensitivity", "sweep.regions", "sweep.discovery", "sweep.differences"),
        "Behind a row": ("sweep.replay",),
    },
    "topics": {
        "Tournaments": ("tournament",),
        "Learning": ("learning",),
        "The record of 2019": ("history.record", "history.coding", "history.likelihood", "history.against",
                               "history.fit", "history.predictive", "history.scores"),
    },
}
# The members of the enumerations are their own explanation.
OPTIONS = {"vocabulary": "    options: {show_if_no_docstring: true}\n"}


def homes() -> dict[str, str]:
    """Public name to the module that it is loaded from."""
    package = import_module("negotiation")
    return {name: home for name, home in package._HOMES.items() if name != "__version__"}


def api_part(page: str) -> str:
    """The page's public names as directives for mkdocstrings; what has no place yet ends the last page."""
    found = homes()
    groups = dict(PAGES[page])
    if page == list(PAGES)[-1]:
        placed = {home for heads in PAGES.values() for modules in heads.values() for home in modules}
        rest = tuple(dict.fromkeys(home for home in found.values() if home not in placed))
        groups |= {"More": rest} if rest else {}
    parts = []
    for head, modules in groups.items():
        names = [f"::: {_defined(home, name)}\n{OPTIONS.get(home, '')}" for home in modules
                 for name, own in found.items() if own == home]
        parts.append(f"## {head}\n\n" + "\n".join(names))
    return "\n" + "\n".join(parts) + "\n"


def _defined(home: str, name: str) -> str:
    """The dotted path under which a name is written down: packages hand names on."""
    value = getattr(import_module(f"negotiation.{home}"), name)
    return f"{value.__module__}.{value.__qualname__}"
