"""The command that makes a result, word for word, and what it would make today.

A command is a list of words: ``["negotiation", "scenario=river_dam", "seed=7"]``. It holds what the user
typed, as Hydra keeps it, without what only says where files go. Scenario files of the user's own are named as
they were given.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from hydra import initialize_config_dir
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import OmegaConf

from negotiation.config import plain_config, register, study_from
from negotiation.library import conf_folder
from negotiation.provenance import config_hash

if TYPE_CHECKING:
    from omegaconf import DictConfig

PROGRAM = ("negotiation",)
MULTIRUN = ("-m", "--multirun")
CONFIG = "config"
SWEEPER = ("hydra/sweeper", "hydra.sweeper")  # of Hydra's own keys those that decide what a multirun computes
# Folders of rows already computed; the same rows come of computing them.
ELSEWHERE = ("sweep.resume", "tournament.resume")


def task_command(folder: Path, program: Sequence[str] = PROGRAM) -> list[str] | None:
    """The command that made the results of a folder; None if Hydra runs no job into it right now.

    Args:
        folder: where the running job's results go.
        program: how the command begins, e.g. ``("python", "experiments/attention.py")``.
    """
    if not HydraConfig.initialized():
        return None
    hydra: Any = HydraConfig.get()
    if Path(str(hydra.runtime.output_dir)).resolve() != folder.resolve():
        return None
    return command_of(hydra, program)


def command_of(hydra: DictConfig, program: Sequence[str] = PROGRAM, multirun: bool = False) -> list[str]:
    """The command that a composed configuration's ``hydra`` node tells of.

    Args:
        hydra: the node.
        program: how the command begins.
        multirun: whether it is meant to run all jobs of a multirun, and not one of them.
    """
    words = [*program, *(["-m"] if multirun else [])]
    cwd = Path(str(hydra.runtime.cwd))
    for source in hydra.runtime.config_sources:
        if source.provider == "command-line":
            words += ["--config-dir", _near(Path(str(source.path)), cwd)]
    if tuple(program) == PROGRAM and hydra.job.config_name not in (None, CONFIG):
        words += ["--config-name", str(hydra.job.config_name)]
    if multirun:
        words += [str(word) for word in hydra.overrides.hydra if _key(word).startswith(SWEEPER)]
    return words + [_as_given(str(word)) for word in hydra.overrides.task if _key(word) not in ELSEWHERE]


def _key(word: object) -> str:
    return str(word).partition("=")[0].lstrip("+~")


def _near(path: Path, cwd: Path) -> str:
    """A path as seen from a folder, where it lies in it."""
    return os.path.relpath(path, cwd) if path.is_relative_to(cwd) else str(path)


def _as_given(word: str) -> str:
    """A scenario's option made from a file (`negotiation.config.register_scenario_file`) by the file's path."""
    key, equals, value = word.partition("=")
    if key != "scenario" or not equals:
        return word
    return f"scenario={','.join(_scenario_file(part) or part for part in value.split(','))}"


def _scenario_file(option: str) -> str | None:
    if not re.fullmatch("file_[0-9a-f]{12}", option):
        return None
    try:
        return ConfigStore.instance().load(f"scenario/{option}.yaml").provider
    except Exception:  # not registered in this process
        return None


class Composition(NamedTuple):
    """What a command says today: the hash of its configuration, and its root seed (None if it sweeps it)."""

    config_hash: str
    seed: int | None


def compose(command: Sequence[str]) -> Composition:
    """What a ``negotiation`` command would do today, without doing it.

    Args:
        command: its words, made by `command_of`.

    Raises:
        ParameterError, HydraException, ...: what the command itself would be refused for; see
            `negotiation.refusals.explain`.
    """
    from negotiation.sweep.settings import SweepPlan

    words = list(command[len(PROGRAM):])
    name, overrides = CONFIG, []
    mode = RunMode.RUN
    while words:
        word = words.pop(0)
        if word in MULTIRUN:
            mode = RunMode.MULTIRUN
        elif word == "--config-dir":
            overrides.append(f"hydra.searchpath=[{_quoted('file://' + str(Path(words.pop(0)).absolute()))}]")
        elif word == "--config-name":
            name = words.pop(0)
        else:
            overrides.append(word)
    register()
    with initialize_config_dir(version_base="1.3", config_dir=str(conf_folder())):
        loader = GlobalHydra.instance().config_loader()
        config = loader.load_configuration(name, overrides, run_mode=mode)
        own = OmegaConf.masked_copy(config, [str(key) for key in config if key != "hydra"])
        plain = plain_config(own)
        if mode is RunMode.MULTIRUN:
            swept = any(_key(word) == "seed" and "," in word for word in overrides)
            return Composition(config_hash(plain), None if swept else plain["seed"])
        if study_from(config).sweeps:
            plain = SweepPlan.from_config(plain).config
    return Composition(config_hash(plain), plain["seed"])


def into(command: Sequence[str], folder: Path) -> list[str]:
    """A command with the word that sends its results into a folder."""
    key = "hydra.sweep.dir" if any(word in MULTIRUN for word in command) else "hydra.run.dir"
    return [*command, f"{key}={_quoted(str(folder.absolute()))}"]


def _quoted(text: str) -> str:
    """A text as a value in Hydra's grammar, whatever letters it has."""
    escaped = re.sub(r"(\\*)'", lambda found: found[1] * 2 + r"\'", text)
    return f"'{escaped}'"


__all__ = ["Composition", "command_of", "compose", "into", "task_command"]
