"""What a composed configuration is turned into; no game logic.

`study_from` turns a composed configuration into a frozen `Study`; nothing below this
module ever sees an untyped configuration.
"""

from __future__ import annotations

import dataclasses
import hashlib
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import DictConfig, OmegaConf

from negotiation.draws import EPISODE_LIMIT, SEED_LIMIT
from negotiation.library import scenario_values
from negotiation.parameters import ParameterError, describe_range, field_types
from negotiation.scenario import Scenario
from negotiation.schema import CONFIG_SCHEMA, SweepSchema
from negotiation.solve import check_size
from negotiation.terms import LANGUAGES
from negotiation.vocabulary import Actor

MODES = ("run", "replay", "question", "tournament")
ENGINES = ("exact", "batch", "mesa")
FORMATS = ("png", "svg", "pdf")
STANDARD_FIGURES = ("outcomes", "weeks", "policy_map")
FIGURES = (*STANDARD_FIGURES, "moves", "incidence", "payoffs", "triangle")
STYLES = ("print", "projector")
QUESTION = {"points": 21, "samples": 200}
QUESTION_RANGES = {"points": (3, 10_000), "samples": (2, 10_000_000)}
MAX_PATHS = 3  # as many sample paths as stay readable in one panel


@dataclass(frozen=True)
class Study:
    """One run of the command, complete and checked.

    Attributes:
        scenario: the dispute.
        policies: seat key to behaviour (a name, or a mapping, see `negotiation.behaviours.make_policy`).
        engine: ``exact``, ``batch`` or ``mesa``: who simulates; exact simulates nothing.
        workers: threads of the batch engine; None for one a core.
        mode: ``run``, ``replay`` or ``tournament`` (or ``question``, of the scripts in ``experiments/``).
        episodes: number of simulated episodes.
        seed: root seed.
        episode: which episode ``replay`` shows, and the first of the sample paths.
        save_figures, formats, paths: figures or not, file formats, number of sample paths.
        figures: names of the figures of a run, of `FIGURES`.
        language, style: of the figures, see `negotiation.terms.LANGUAGES` and ``print`` or ``projector``.
        sweep: the resolved keys of ``sweep``; `sweep_method` is None where there is no sweep.
        executor: the resolved keys of ``executor``.
        tournament: the resolved keys of ``tournament``.
        question: ``points`` along a moved parameter and ``samples`` of scenarios, of a script in ``experiments/``.
        point: which point of the sweep in ``sweep.folder`` replay shows.
        branch_week, branch_change: the first week of a change in a replayed episode, and key to new value.
    """

    scenario: Scenario
    policies: dict[str, Any]
    engine: str
    workers: int | None
    mode: str
    episodes: int
    seed: int
    episode: int
    save_figures: bool
    formats: tuple[str, ...]
    paths: int
    figures: tuple[str, ...] = STANDARD_FIGURES
    language: str = "en"
    style: str = "print"
    sweep: Mapping[str, Any] = field(default_factory=dict)
    executor: Mapping[str, Any] = field(default_factory=dict)
    tournament: Mapping[str, Any] = field(default_factory=dict)
    question: Mapping[str, int] = field(default_factory=lambda: dict(QUESTION))
    point: Any = None
    branch_week: Any = None
    branch_change: Any = None

    @property
    def sweeps(self) -> bool:
        """Whether this is a sweep over points and no single run."""
        return self.mode == "run" and self.sweep.get("method") is not None

    @property
    def has_points(self) -> bool:
        """Whether many points are computed and stored: a sweep, or a tournament, which is one."""
        return self.sweeps or self.mode == "tournament"

    def __post_init__(self) -> None:
        _one_of("mode", self.mode, MODES)
        _one_of("engine", self.engine, ENGINES)
        _whole("episodes", self.episodes, 1, EPISODE_LIMIT)
        _whole("seed", self.seed, 0, SEED_LIMIT - 1)
        _whole("episode", self.episode, 0, EPISODE_LIMIT - 1)
        _whole("plots.paths", self.paths, 0, MAX_PATHS)
        check_size(self.scenario)
        if self.workers is not None:
            _whole("engine.workers", self.workers, 1, 4096)
        for entry in self.formats:
            _one_of("plots.formats", entry, FORMATS)
        for name in self.figures:
            _one_of("plots.figures", name, (*FIGURES, "all"))
        _one_of("plots.language", self.language, LANGUAGES)
        _one_of("plots.style", self.style, STYLES)
        from negotiation.behaviours import check_choice

        for actor in Actor:
            check_choice(actor, self.policies[actor.key])
        self._check_question()
        self._check_replay()
        if self.sweeps:
            self._check_sweep()
        elif self.mode in ("run", "tournament"):
            told = ("nothing without a sweep, e.g. sweep=grid" if self.mode == "run"
                    else "its default with mode=tournament, which is a sweep of its own")
            for item in dataclasses.fields(SweepSchema):  # nothing is passed over in silence
                given = self.sweep.get(item.name, item.default)
                if given != item.default and (self.mode == "tournament" or item.name not in ("method", "folder")):
                    raise ParameterError(f"sweep.{item.name}", given, told)
        self._check_tournament()

    def _check_tournament(self) -> None:
        if self.mode != "tournament":
            for key, given in self.tournament.items():
                if given is not None:
                    raise ParameterError(f"tournament.{key}", given, "nothing without mode=tournament")
            return
        from negotiation.sweep.executors import Executor
        from negotiation.tournament.settings import TournamentSettings

        Executor(**self.executor)
        if self.workers is not None:
            raise ParameterError("engine.workers", self.workers, "null in a tournament, where executor.workers counts")
        TournamentSettings.from_config({"tournament": self.tournament, "policy": self.policies})

    def _check_question(self) -> None:
        for key, value in self.question.items():
            if self.mode != "question" and value != QUESTION[key]:
                raise ParameterError(f"question.{key}", value, "nothing but with the scripts in experiments/")
            _whole(f"question.{key}", value, *QUESTION_RANGES[key])
        if self.mode == "question" and self.engine != "exact":
            raise ParameterError("engine", self.engine, "exact for the scripts in experiments/")
        if self.mode == "question" and self.sweep.get("method") is not None:
            raise ParameterError("sweep", self.sweep["method"], "none for the scripts in experiments/, which sweep "
                                 "as their question asks")

    def _check_sweep(self) -> None:
        from negotiation.sweep.executors import Executor
        from negotiation.sweep.rows import RESULTS

        Executor(**self.executor)
        if self.workers is not None:
            raise ParameterError("engine.workers", self.workers, "null in a sweep, where executor.workers counts")
        if not isinstance(self.sweep["plan"], bool):
            raise ParameterError("sweep.plan", self.sweep["plan"], "true or false")
        quantity = self.sweep["quantity"]
        if RESULTS.get(str(quantity)) != "float64":
            allowed = ", ".join(name for name, kind in RESULTS.items() if kind == "float64")
            raise ParameterError("sweep.quantity", quantity, f"one of {allowed}")
        resume = self.sweep["resume"]
        if resume is not None and (not isinstance(resume, str) or not resume):
            raise ParameterError("sweep.resume", resume, "a sweep's folder, or null")

    def _check_replay(self) -> None:
        folder, change = self.sweep.get("folder"), self.branch_change
        if self.mode != "replay":
            for key, value in (("sweep", folder), ("point", self.point), ("branch.week", self.branch_week),
                               ("branch.change", change)):
                if value is not None:
                    raise ParameterError(key, value, "nothing without mode=replay" + (
                        "; to go on with a sweep: its own command and sweep.resume=FOLDER" if key == "sweep" else ""))
            return
        if self.sweep.get("method") is not None:
            raise ParameterError("sweep", self.sweep["method"], "a sweep's folder with mode=replay")
        if (folder is None) != (self.point is None):
            raise ParameterError("point", self.point, "a number of a point, together with sweep=FOLDER")
        if (change is None) != (self.branch_week is None):
            raise ParameterError("branch.change" if change is None else "branch.week", None,
                                 "both branch.week=WEEK and branch.change={KEY: VALUE}, or neither")
        if change is not None and (not isinstance(change, Mapping) or not change):
            raise ParameterError("branch.change", change, "{KEY: VALUE} with at least one key")
        if self.branch_week is not None:
            _whole("branch.week", self.branch_week, 1, 10**9)


# What the whole numbers outside the scenario allow.
WHOLE_KEYS = {
    "episodes": "an integer, at least 1",
    "seed": "an integer from 0 to 2^128 - 1",
    "episode": "an integer from 0 to 2^63 - 1",
    "branch.week": "an integer, at least 1",
    "engine.workers": "an integer from 1 to 4096, or null for one a core",
    **{f"question.{key}": f"an integer from {low} to {high}" for key, (low, high) in QUESTION_RANGES.items()},
    "plots.paths": f"an integer from 0 to {MAX_PATHS}",
}


def _one_of(key: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ParameterError(key, value, "one of " + ", ".join(allowed))


def _figures(given: Any) -> tuple[str, ...]:
    names = STANDARD_FIGURES if given is None else (given,) if isinstance(given, str) else tuple(given)
    return FIGURES if names == ("all",) else tuple(dict.fromkeys(names))


def _whole(key: str, value: object, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ParameterError(key, value, WHOLE_KEYS[key])


def study_from(config: DictConfig) -> Study:
    """The study that a composed configuration describes.

    Raises:
        ParameterError: a value is missing or not allowed; the message names the key.
        TooLargeError: the scenario's tables would not fit into memory.
    """
    own = OmegaConf.masked_copy(config, [str(key) for key in config if key != "hydra"])
    missing = sorted(OmegaConf.missing_keys(own))
    if missing:
        raise ParameterError(missing[0], "missing", "a value")
    plain: Any = OmegaConf.to_container(own, resolve=True)
    for group in ("", "policy", "engine", "plots", "sweep", "tournament", "executor", "branch", "question"):
        known = allowed_keys(f"{group}.x" if group else "x")
        for key, value in (plain[group] if group else plain).items():
            if key not in known:
                raise ParameterError(f"{group}.{key}" if group else key, value, "the keys " + ", ".join(known))
    engine, plots = plain["engine"], plain["plots"]
    return Study(
        scenario=Scenario.from_dict(plain["scenario"]), policies=dict(plain["policy"]), engine=engine["name"],
        workers=engine["workers"], mode=plain["mode"], episodes=plain["episodes"], seed=plain["seed"],
        episode=plain["episode"], save_figures=plots["save"], formats=tuple(plots["formats"]),
        paths=plots["paths"], figures=_figures(plots["figures"]), language=plots["language"],
        style=plots["style"], sweep=plain["sweep"], executor=plain["executor"], point=plain["point"],
        tournament=plain["tournament"], question=plain["question"],
        branch_week=plain["branch"]["week"], branch_change=plain["branch"]["change"])


def register() -> None:
    """Put the schema where Hydra finds it; `conf/config.yaml` starts from it."""
    store = ConfigStore.instance()
    store.store(name="config_schema", node=CONFIG_SCHEMA)


def register_scenario_file(path: Path) -> str:
    """Make one's own scenario file an option of the group ``scenario``; returns the option's name.

    Raises:
        ParameterError: the file does not exist, is not a YAML mapping, or is no complete scenario.
    """
    values = {"name": path.stem, **scenario_values(path)}
    Scenario.from_dict(values)  # its words are clearer than those of a failed composition
    # Any file name is welcome, but an option's name must be one that Hydra reads, and no other file's.
    name = "file_" + hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]
    ConfigStore.instance().store(group="scenario", name=name, node=OmegaConf.create(dict(values)),
                                 provider=str(path))
    return name


def register_sweep_folder(path: Path) -> str:
    """Make a finished sweep's folder an option of the group ``sweep``; returns the option's name.

    Raises:
        ParameterError: the folder is no sweep's.
    """
    from negotiation.sweep.manifest import read_manifest

    read_manifest(path)
    name = "folder_" + hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]
    ConfigStore.instance().store(group="sweep", name=name, node=OmegaConf.create({"folder": str(path)}))
    return name


def allowed_keys(key: str) -> list[str]:
    """The keys that exist beside the last part of a dotted key, as far as it leads somewhere."""
    node: Any = CONFIG_SCHEMA
    for part in key.replace("[", ".").replace("]", "").split(".")[:-1]:
        hints = typing.get_type_hints(node) if dataclasses.is_dataclass(node) else {}
        inner = hints.get(part)
        if inner is None and part.isdigit():
            continue
        node = typing.get_args(inner)[0] if typing.get_origin(inner) is list else inner
        if node is None:
            return []
    return [item.name for item in dataclasses.fields(node)] if dataclasses.is_dataclass(node) else []


def allowed_range(key: str, kind: str) -> str:
    """What a key allows, in words, where the scenario's declaration says it; else just the kind."""
    node: Any = Scenario
    parts = [part for part in key.replace("[", ".").replace("]", "").split(".") if not part.isdigit()]
    if parts[:1] != ["scenario"]:
        return WHOLE_KEYS.get(key, kind)
    for part in parts[1:]:
        if not dataclasses.is_dataclass(node):
            return kind
        declared = {item.name: item for item in dataclasses.fields(node)}
        if part not in declared:
            return kind
        hint = field_types(typing.cast(type, node))[part]
        inner = typing.get_args(hint)
        node = inner[0] if typing.get_origin(hint) is tuple else hint
        metadata = declared[part].metadata
    return describe_range(metadata, kind)


def plain_config(config: Mapping[str, Any] | DictConfig) -> dict[str, Any]:
    """A composed configuration as nested dicts, the scenario's documentation left out."""
    container: Any = OmegaConf.to_container(config, resolve=True) if isinstance(config, DictConfig) else dict(config)
    container["scenario"] = {key: value for key, value in container["scenario"].items() if key != "documentation"}
    return dict(container)
