"""From an exception to one line that names the key, the value and what is allowed."""

from __future__ import annotations

import difflib
import os
import re
import sys

from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf.errors import OmegaConfBaseException, ValidationError
from yaml import YAMLError

from negotiation.config import allowed_keys, allowed_range
from negotiation.parameters import ParameterError
from negotiation.policy import PolicyError
from negotiation.solve import TooLargeError

STATUS_REFUSED = 2
KINDS = {"Integer": "an integer", "Float": "a number", "Boolean": "true or false", "String": "a text"}


def leave(error: BaseException) -> None:
    """End the process for a user's mistake (one line, status 2) or a reader that has gone (quietly, 0).

    Returns for anything else, which the caller then raises on.
    """
    if isinstance(error, BrokenPipeError):  # e.g. `negotiation mode=replay | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    line = explain(error)
    if line is not None:
        print(f"negotiation: {line}", file=sys.stderr)
        try:
            sys.stdout.flush()
        except OSError:  # what cannot be written must not be tried again at the very end, with a status of its own
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(STATUS_REFUSED)


def explain(error: BaseException) -> str | None:
    """One line for a user's mistake; None for what is no user's mistake."""
    if isinstance(error, (ParameterError, PolicyError, TooLargeError)):
        return str(error)
    if isinstance(error, MissingConfigException):
        return _missing_option(error)
    if isinstance(error, OverrideParseException):
        return f"{error.override!r} is not allowed; allowed: KEY=VALUE, GROUP=OPTION or a flag of --help"
    if isinstance(error, (HydraException, OmegaConfBaseException)):
        return _composition(error)
    if isinstance(error, YAMLError):
        return f"configuration: not readable as YAML ({' '.join(str(error).split())}); allowed: a YAML mapping"
    if isinstance(error, ValueError) and re.match(
            r"Config group override must be|The --resolve flag|Only one of --", str(error)):
        return f"{_first_line(error)}; allowed: GROUP=OPTION with an option of --help"
    if isinstance(error, OSError) and error.filename is None:
        return f"output: {error.strerror or error}; allowed: a folder and a terminal or file that can be written"
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror or error}; allowed: a folder that can be written"
    if isinstance(error, MemoryError):
        return "not enough memory for this scenario; lower scenario.rounds, scenario.shadow or the ladders"
    return None


def _missing_option(error: MissingConfigException) -> str:
    group, _, option = (error.missing_cfg_file or "").rpartition("/")
    if not group:
        return _first_line(error)
    allowed = ", ".join(error.options or [])
    own = {"scenario": ", or the path of a .yaml file", "sweep": ", or a sweep's folder"}.get(group, "")
    return f"{group}: {option!r} does not exist; allowed: {allowed}{own}"


def _composition(error: BaseException) -> str:
    text = str(error)
    override = re.search(r"(?:Error merging override|Could not override) '?([^'\n]*)'?", text)
    if override and override.group(1).startswith("~"):
        return f"{override.group(1)!r} is not allowed, a key cannot be taken away; allowed: KEY=VALUE"
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, OmegaConfBaseException):
        cause = cause.__cause__
    key = str(getattr(cause, "full_key", "") or "")
    given = ""
    if override:
        named, _, given = override.group(1).rstrip(".").partition("=")
        key = key or named
        appended = re.search(rf"use \+{re.escape(named)}=(.*)", text)
        given = given or (appended.group(1) if appended else "")
    if isinstance(cause, ValidationError):
        kind = re.search(r"could not be converted to (\w+)", str(cause))
        value = re.search(r"Value '(.*?)' of type", str(cause))
        shown = value.group(1) if value else given
        if kind:
            word = KINDS.get(kind.group(1), kind.group(1).lower())
            return f"{key}: {shown!r} is not allowed; allowed: {allowed_range(key, word)}"
        return f"{key}: {given!r} is not allowed; allowed: {_shape(key)}"
    unknown = re.search(r"Key '([^']*)' not in '(\w+)Schema'", text)
    if unknown and not override:  # a key of a file of one's own
        group = unknown.group(2).lower()
        key = f"{group}.{unknown.group(1)}" if group != "config" else unknown.group(1)
    known = allowed_keys(key) if key else []
    name = key.rpartition(".")[2]
    if known and name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        return f"{key}: {given!r} is not allowed, there is no such key; allowed: {', '.join(known)}{hint}"
    if override:
        return f"{key}: {given!r} is not allowed; allowed: {_shape(key)}"
    return _first_line(error)


def _shape(key: str) -> str:
    if re.search(r"ladder(\[\d+\]|\.\d+)", key):
        return "a rung that the ladder has"
    if key.startswith("policy."):
        return "a behaviour's name, or {behaviour: NAME, error: CHANCE} as one value of policy.SEAT"
    return "a value of the key's own shape, see --cfg job"


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip(" ^\t")]
    return lines[0] if lines else type(error).__name__


