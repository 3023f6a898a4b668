"""The configuration's keys: every one that the schema has, with its default, what it allows and what it means."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterator
from functools import cache
from typing import Any

from hydra import compose, initialize_config_dir
from omegaconf import MISSING, OmegaConf

from negotiation.config import ENGINES, FIGURES, FORMATS, MODES, STYLES, WHOLE_KEYS, register, study_from
from negotiation.documents.markdown import code, table
from negotiation.library import conf_folder, group_names
from negotiation.schema import CONFIG_SCHEMA
from negotiation.sweep.executors import EXECUTORS
from negotiation.terms import LANGUAGES

BEHAVIOUR = ("a behaviour's name or dotted path; {behaviour: NAME, setting: VALUE, error: CHANCE}; or "
             "{mix: [A, B], weight: W}")
BEHAVIOURS = "a list of behaviours, or `all`"
METHODS = tuple(name for name in group_names("sweep") if name not in ("none", "attention_firmness"))

# Key to (what it allows, what it means). The scenario's own keys have a page of their own.
MEANINGS: dict[str, tuple[str, str]] = {
    "mode": ("one of " + ", ".join(MODES), "a run or sweep; one episode told week by week; a script of "
                                           "`experiments/` (which "
             "sets it itself); every pairing of behaviours"),
    "episodes": (WHOLE_KEYS["episodes"], "simulated episodes; `engine=exact` simulates none"),
    "seed": (WHOLE_KEYS["seed"], "root seed: episode n under a seed is always the same episode"),
    "episode": (WHOLE_KEYS["episode"], "which episode `mode=replay` shows, and the first of the sample paths"),
    "point": ("the number of a point, with `sweep=FOLDER`; or null", "of which point of a finished sweep "
                                                                     "`mode=replay` shows "
              "an episode"),
    "policy.tokyo": (BEHAVIOUR, "how the first disputant plays"),
    "policy.seoul": (BEHAVIOUR, "how the second disputant plays"),
    "policy.washington": (BEHAVIOUR, "how the third party plays"),
    "engine.name": ("one of " + ", ".join(ENGINES), "who simulates beside the exact numbers; chosen as `engine=NAME`"),
    "engine.workers": (WHOLE_KEYS["engine.workers"], "threads of the batch engine in a single run"),
    "plots.save": ("true or false", "whether figures are drawn"),
    "plots.formats": ("a list of " + ", ".join(FORMATS), "file formats of the figures"),
    "plots.paths": (WHOLE_KEYS["plots.paths"], "sample paths drawn into the weekly figure"),
    "plots.figures": ("a list of " + ", ".join(FIGURES) + "; or all", "which figures a run draws"),
    "plots.language": ("one of " + ", ".join(LANGUAGES), "language of the labels"),
    "plots.style": ("one of " + ", ".join(STYLES), "for paper, or larger for a projector"),
    "sweep.method": ("one of " + ", ".join(METHODS) + "; or null", "which points; chosen as `sweep=NAME`; null "
                                                                   "is no sweep"),
    "sweep.axes": ("{KEY: [VALUE, ...]} or {KEY: {low: L, high: H, points: N, scale: linear or log, integer: false}}",
                   "the keys that vary, with their values"),
    "sweep.points": ("an integer, at least 1", "number of points of a Latin hypercube or Sobol sequence"),
    "sweep.base": ("a power of two", "base sample of `saltelli`: base × (axes + 2) points"),
    "sweep.second_order": ("true or false", "also points for second-order Sobol indices"),
    "sweep.trajectories": ("an integer, at least 1", "trajectories of `morris`"),
    "sweep.levels": ("an even integer", "levels of each axis of `morris`"),
    "sweep.file": ("path of a CSV or Parquet file", "the rows of `list`, columns named by keys"),
    "sweep.designs": ("a list of designs, each with `method` and its keys", "the parts of `union`"),
    "sweep.half_width": ("a number in (0, 0.5), or null", "add episodes at each point until every outcome's 95 "
                                                          "% interval is "
                         "at most this much to either side"),
    "sweep.max_episodes": ("an integer, at least 1", "the most episodes that a point is given for `half_width`"),
    "sweep.common_random_numbers": ("true or false", "all points have the same draws, or each its own"),
    "sweep.quantity": ("a column of numbers of the sweep's table", "what sensitivity, figures and phase "
                                                                   "diagrams are about"),
    "sweep.differences": ("a key of the axes, or null", "write paired differences between neighbours along this axis"),
    "sweep.plan": ("true or false", "only say what the sweep would take, and compute nothing else"),
    "sweep.resume": ("a sweep's folder, or null", "go on with the sweep in this folder"),
    "sweep.shard": ("K/N, or null", "compute only the K-th of N parts, for `negotiation-collect`"),
    "sweep.folder": ("set by `sweep=FOLDER`", "a finished sweep's folder, for `mode=replay`"),
    "executor.name": ("one of " + ", ".join(EXECUTORS), "who computes a sweep's points; chosen as `executor=NAME`"),
    "executor.workers": ("an integer from 1 to 4096, or null for one a core", "how many"),
    "executor.address": ("tcp://HOST:PORT, or null", "of a running Dask scheduler; null starts one on this machine"),
    "branch.week": (WHOLE_KEYS["branch.week"] + ", or null", "`mode=replay`: the first week of a change, with "
                                                             "the same draws"),
    "branch.change": ("{KEY: VALUE}, or null", "`mode=replay`: what changes from that week on: keys of the "
                                               "scenario and of the "
                      "policies"),
    "tournament.disputants": (BEHAVIOURS, "who plays on both disputants' seats"),
    "tournament.tokyo": (BEHAVIOURS + "; or null", "instead of `disputants`, for one seat"),
    "tournament.seoul": (BEHAVIOURS + "; or null", "instead of `disputants`, for one seat"),
    "tournament.washingtons": (BEHAVIOURS + "; or null for `policy.washington`", "the third parties"),
    "tournament.scenarios": ("a list of scenarios' names; or null for the configured one", "on which scenarios"),
    "tournament.phase": ("three of the behaviours; or null for those that do best", "the corners of the phase picture"),
    "tournament.resume": ("a tournament's folder, or null", "go on with the tournament in this folder"),
    "question.points": (WHOLE_KEYS["question.points"], "scripts of `experiments/`: points along a moved parameter"),
    "question.samples": (WHOLE_KEYS["question.samples"], "scripts of `experiments/`: scenarios drawn around the "
                                                         "given one"),
}
GROUPS = {
    "": "The run", "policy": "Who plays how", "engine": "Engine", "plots": "Figures", "sweep": "Sweeps",
    "executor": "Who computes a sweep", "branch": "Branches of a replayed episode", "tournament": "Tournaments",
    "question": "Scripts of `experiments/`",
}


@cache
def resolved() -> dict[str, Any]:
    """The configuration of the command without any override, checked."""
    register()
    with initialize_config_dir(version_base="1.3", config_dir=str(conf_folder())):
        config = compose("config")
        study_from(config)
    plain: Any = OmegaConf.to_container(config, resolve=True)
    return dict(plain)


def schema_keys() -> Iterator[tuple[str, Any, Any]]:
    """Every key of the schema outside the scenario, with its type and its default before any file."""
    for item in dataclasses.fields(CONFIG_SCHEMA):
        if dataclasses.is_dataclass(item.type):
            if item.name != "scenario":
                hints = typing.get_type_hints(item.type)
                yield from ((f"{item.name}.{inner.name}", hints[inner.name], inner.default)
                            for inner in dataclasses.fields(item.type))
        else:
            yield item.name, item.type, item.default


def configuration_part() -> str:
    """Every key outside the scenario.

    Raises:
        ValueError: the schema has a key without a meaning here, or a meaning here has no key.
    """
    known = {key: (kind, default) for key, kind, default in schema_keys()}
    odd = set(known) ^ set(MEANINGS)
    if odd:
        raise ValueError("negotiation/documents/keys.py and the schema differ in " + ", ".join(sorted(odd)))
    parts = []
    for group, head in GROUPS.items():
        rows = [(code(key), _kind(*known[key]), code(_written(_default(key, known[key][1]))), *MEANINGS[key])
                for key in MEANINGS if key.rpartition(".")[0] == group]
        parts.append(f"### {head}\n\n" + table(["key", "type", "default", "allowed", "meaning"], rows))
    options = [(code(name), ", ".join(map(code, group_names(name))))
               for name in ("scenario", "policy", "engine", "sweep", "executor", "experiment")]
    parts.append("### Groups\n\nA group is chosen as `GROUP=OPTION` and sets several keys at once.\n\n"
                 + table(["group", "options"], options))
    return "\n" + "\n".join(parts) + "\n"


def experiment_part() -> str:
    """What a run of the reference configuration is: engine, episodes, seed, behaviours."""
    config = resolved()
    rows = [(code(key), code(_written(_default(key, None)))) for key in (
        "policy.tokyo", "policy.seoul", "policy.washington", "engine.name", "episodes", "seed")]
    rows.insert(0, (code("scenario"), code(config["scenario"]["name"])))
    return "\n" + table(["key", "value"], rows) + "\n"


def _default(key: str, fallback: Any) -> Any:
    value: Any = resolved()
    for part in key.split("."):
        if not isinstance(value, dict) or part not in value:
            return fallback
        value = value[part]
    return value


def _kind(kind: Any, default: Any) -> str:
    """The type in words; where the schema leaves it open, that of the default if it has one."""
    if kind is Any:
        kind = type(default) if default not in (None, MISSING, dataclasses.MISSING) else Any
    names = {int: "integer", float: "number", str: "text", bool: "true or false", Any: "several",
             int | None: "integer or null", list[str]: "list of texts"}
    return names[kind]


def _written(value: Any) -> str:
    """A value as it is written on the command line."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return "[" + ",".join(map(str, value)) + "]" if isinstance(value, list) else str(value)
