"""A scenario of one's own in the explorer: it travels in the address, so that a link opens it on any server.

The text after `PREFIX` is what differs from the reference scenario, as YAML, compressed, in letters that addresses
hold. Reading it goes through all checks of an uploaded file (`negotiation.seminar.uploads`); nothing is stored.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Mapping
from typing import Any

import yaml

from negotiation.library import load_scenario
from negotiation.parameters import ParameterError
from negotiation.scenario import Scenario
from negotiation.seminar.uploads import MOST_BYTES, read_scenario

PREFIX, PARENT = "own~", "tokyo_seoul_2019"
MOST_LETTERS = 12_000  # of an address; servers and browsers take several times as many


def is_own(name: str) -> bool:
    """Whether the name of a scenario in an address is a scenario of one's own."""
    return name.startswith(PREFIX)


def pack(scenario: Scenario) -> str:
    """A scenario as the address holds it.

    Notes on sources are left out where they make it too long; the reference scenario's take their place.

    Raises:
        ParameterError: it is too long even so.
    """
    base = load_scenario(PARENT).to_dict()
    own = _apart(base, scenario.to_dict())
    for kept in (own, {key: value for key, value in own.items() if key != "documentation"}):
        plain = yaml.safe_dump({"defaults": [PARENT, "_self_"], **kept}, default_flow_style=True, width=10**6,
                               allow_unicode=True, sort_keys=False)
        told = PREFIX + base64.urlsafe_b64encode(zlib.compress(plain.encode(), 9)).decode().rstrip("=")
        if len(told) <= MOST_LETTERS and unpack(told) == scenario:
            return told
        if len(told) <= MOST_LETTERS and "documentation" not in kept:
            return told
    raise ParameterError("scenario file", scenario.name, f"at most {MOST_LETTERS} letters of a link, compressed")


def unpack(text: str) -> Scenario:
    """The scenario that an address holds.

    Raises:
        ParameterError: the text is cut off or was changed, or holds what no scenario may.
    """
    try:
        if len(text) > MOST_LETTERS:
            raise ValueError
        packed = base64.b64decode(text.removeprefix(PREFIX) + "===", altchars=b"-_", validate=False)
        machine = zlib.decompressobj()
        plain = machine.decompress(packed, MOST_BYTES + 1)
        if not machine.eof:
            raise ValueError
    except (ValueError, binascii.Error, zlib.error):
        raise ParameterError("scenario", f"{text[:20]}...", "a whole link; the scenario in this one cannot be read, "
                             "open its file again") from None
    return Scenario.from_dict(read_scenario(plain, "own"))


def file_name(scenario: Scenario) -> str:
    """A name for the scenario's file, of plain letters."""
    return (re.sub(r"[^A-Za-z0-9_-]+", "_", scenario.name).strip("_-")[:60] or "scenario") + ".yaml"


def file_text(scenario: Scenario) -> str:
    """The scenario as a file that the command `negotiation` takes."""
    told: str = yaml.safe_dump(scenario.to_dict(), sort_keys=False, allow_unicode=True, width=110)
    return told


def _apart(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """What is another value, mapping by mapping; lists as a whole."""
    found: dict[str, Any] = {}
    for key, value in own.items():
        here = base.get(key)
        if isinstance(value, Mapping) and isinstance(here, Mapping):
            if inner := _apart(here, value):
                found[key] = inner
        elif key not in base or value != here:
            found[key] = value
    return found


__all__ = ["MOST_LETTERS", "PREFIX", "file_name", "file_text", "is_own", "pack", "unpack"]
