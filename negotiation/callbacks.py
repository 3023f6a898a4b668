"""What Hydra calls before, during and after the work."""

from __future__ import annotations

import copy
import itertools
import os
import re
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.core.utils import JobReturn
from hydra.experimental.callback import Callback
from hydra.types import TaskFunction
from omegaconf import DictConfig, OmegaConf

from negotiation.commands import command_of
from negotiation.config import plain_config, study_from
from negotiation.files import discard_drafts
from negotiation.parameters import ParameterError
from negotiation.refusals import explain, leave
from negotiation.sweep.gather import close_job, gather, job_folders, open_job, open_multirun
from negotiation.terminal import console, is_worker

STATUS_FAILED = 1  # some jobs of a multirun failed
STATUS_ORPHANED = 1
QUIET = "ignore:resource_tracker"  # a filter of warnings
WATCH = 0.5  # seconds between two looks at whether the command is still there


@dataclass(frozen=True)
class Failure:
    """Why a job of a multirun failed: one line, and where it came from if it is no user's mistake."""

    text: str
    traceback: str | None

    @classmethod
    def of(cls, error: Exception) -> Failure:
        """The failure that an exception is."""
        line = explain(error)
        if line is not None:
            return cls(line, None)
        first = (str(error).strip().splitlines() or [""])[0]
        return cls(f"{type(error).__name__}: {first}", "".join(traceback.format_exception(error)))


class CheckAndGather(Callback):
    """Refuse a bad configuration before Hydra makes any folder; gather the jobs of a multirun at its end.

    Hydra turns exceptions of callbacks into warnings; leaving the process is the way to stop it. Launchers
    that run jobs in other processes take this object along, and with it the identity of the multirun.
    """

    def __init__(self) -> None:
        self.identity = ""
        self.begun = 0.0

    def on_run_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Check the composed configuration of a single run; leave with status 2 if it is bad."""
        _or_leave(lambda: study_from(config))

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Leave with status 2 if there is nothing to run, or a swept value with which no combination can be run.

        What only some combinations break is found by their jobs.
        """
        _or_leave(lambda: self._start(config))

    def _start(self, config: DictConfig) -> None:
        given = [f"{key}={value}" for key, value in (config.hydra.sweeper.get("params") or {}).items()]
        parser = OverridesParser.create(config_loader=GlobalHydra.instance().config_loader())
        overrides = parser.parse_overrides([*given, *config.hydra.overrides.task])
        overrides = list({override.get_key_element(): override for override in overrides}.values())
        swept = [override for override in overrides if override.is_sweep_override()]
        jobs = None
        if class_name(config.hydra.sweeper) == "BasicSweeper":  # others choose values as they go
            _check_sweep(config, overrides, swept)
            jobs = _jobs(overrides)
        folder = Path(config.hydra.sweep.dir)
        self.identity = open_multirun(folder, [override.key_or_group for override in swept], jobs,
                                      _scenario_files(overrides))
        UNDER_WAY.append(config)
        if class_name(config.hydra.launcher) == "JoblibLauncher":
            # Ctrl-C ends the command too quickly for joblib's own tidying; what then tidies up need not say so.
            known = os.environ.get("PYTHONWARNINGS")
            os.environ["PYTHONWARNINGS"] = f"{known},{QUIET}" if known else QUIET

    def on_job_start(self, config: DictConfig, *, task_function: TaskFunction, **kwargs: Any) -> None:
        """Begin a job of a multirun in its folder."""
        if not self.identity:
            return
        if is_worker():
            _end_with_the_command()
        self.begun = time.perf_counter()
        open_job(Path(config.hydra.runtime.output_dir), self.identity, config.hydra.job.num,
                 list(config.hydra.overrides.task))

    def on_job_end(self, config: DictConfig, job_return: JobReturn, **kwargs: Any) -> None:
        """Leave beside a job's results how it ended."""
        if not self.identity:
            return
        result = job_return.return_value
        failure = result if isinstance(result, Failure) else Failure("", None)
        close_job(Path(config.hydra.runtime.output_dir), time.perf_counter() - self.begun, failure.text or None,
                  failure.traceback)

    def on_multirun_end(self, config: DictConfig, **kwargs: Any) -> None:
        """Gather all jobs; leave with status 1 if any failed."""
        if self.identity:
            _or_leave(lambda: _gather(config))


# The configuration of the multirun that this process has begun, if it has; `negotiation.app.run` empties it.
UNDER_WAY: list[DictConfig] = []


def class_name(plugin: DictConfig) -> str:
    """The class that a configured launcher or sweeper is of, e.g. ``BasicLauncher``."""
    return str(plugin._target_).rpartition(".")[2]


def gather_after(error: Exception) -> None:
    """Gather a multirun that its launcher gave up, such as for a process that was killed; leaves with status 1.

    Returns if no multirun is under way, or none of its jobs has begun.
    """
    if not UNDER_WAY or not job_folders(Path(UNDER_WAY[-1].hydra.sweep.dir)):
        return
    _or_leave(lambda: _gather(UNDER_WAY[-1], Failure.of(error).text))


def launcher_failure(error: Exception) -> ParameterError | None:
    """The mistake that keeps a launcher from launching, e.g. Slurm where there is none; None if it is another."""
    if not UNDER_WAY or explain(error) is not None:
        return None
    launcher = class_name(UNDER_WAY[-1].hydra.launcher)
    if launcher == "BasicLauncher":
        return None
    return ParameterError("hydra/launcher", launcher, f"a launcher that works here ({Failure.of(error).text})")


def _gather(config: DictConfig, stopped: str = "") -> None:
    from negotiation.multirun import report

    folder = Path(config.hydra.sweep.dir)
    own = plain_config(OmegaConf.masked_copy(config, [str(key) for key in config if key != "hydra"]))
    failed = report(folder, gather(folder), own, console(patient=True), command_of(config.hydra, multirun=True))
    if stopped:
        print(f"negotiation: stopped early: {stopped}", file=sys.stderr)
    if failed or stopped:
        sys.exit(STATUS_FAILED)


# ------------------------------------------------------------------------------- before any job


def _jobs(overrides: list[Override]) -> list[list[str]] | None:
    """The overrides of each job in order; None where they are shuffled, differently each time."""
    if any("shuffle" in (override.input_line or "") for override in overrides):
        return None
    return [list(job) for job in itertools.product(*map(_choices, overrides))]


def _choices(override: Override) -> list[str]:
    key = override.get_key_element()
    if not override.is_sweep_override():
        return [f"{key}={override.get_value_element_as_str()}"]
    return [f"{key}={value}" for value in override.sweep_string_iterator()]


def _scenario_files(overrides: list[Override]) -> dict[str, str]:
    """The inner names of the user's own scenario files (`register_scenario_file`), and what to call them."""
    names = {}
    for override in overrides:
        if override.key_or_group == "scenario" and (not override.is_sweep_override() or override.is_discrete_sweep()):
            for choice in _choices(override):
                option = choice.partition("=")[2]
                if re.fullmatch("file_[0-9a-f]{12}", option):
                    node = ConfigStore.instance().load(f"scenario/{option}.yaml")
                    names[option] = node.provider or str(node.node["name"])
    return names if len(set(names.values())) == len(names) else {}


def _check_sweep(config: DictConfig, overrides: list[Override], swept: list[Override]) -> None:
    """Raise what is wrong with a value of a swept key if it is wrong whatever the other keys are."""
    choices = []
    for override in swept:
        key, given = override.key_or_group, override.get_value_string()
        if not override.is_discrete_sweep():
            raise ParameterError(key, given, "values, or range(FIRST,END,STEP)")
        choices.append(OverridesParser.create().parse_overrides(_choices(override)))
        if not choices[-1]:
            raise ParameterError(key, given, "at least one value")
    combinations = _Combinations(config, [override for override in overrides if not override.is_sweep_override()])
    first = tuple(values[0] for values in choices)
    for place, values in enumerate(choices):
        for value in values:
            error = combinations.mistake((*first[:place], value, *first[place + 1:]))
            # The first combination that works acquits the value; mostly it is the first one tried.
            others = itertools.product(*choices[:place], [value], *choices[place + 1:])
            if error is not None and all(combinations.mistake(other) is not None for other in others):
                raise error
    if not swept:
        study_from(config)


class _Combinations:
    """The configurations of a multirun's jobs, quickly: composed once for each combination of group options."""

    def __init__(self, config: DictConfig, fixed: list[Override]) -> None:
        self.config, self.fixed = config, [override.input_line or "" for override in fixed]
        self.loader = GlobalHydra.instance().config_loader()
        self.composed: dict[tuple[str, ...], DictConfig] = {(): config}
        self.is_group = cache(lambda key: bool(self.loader.get_group_options(key)))

    def mistake(self, values: tuple[Override, ...]) -> Exception | None:
        """What is wrong with a combination of one value a swept key; None if it can be run."""
        options = tuple(value.input_line or "" for value in values if self.is_group(value.key_or_group))
        try:
            if options not in self.composed:
                self.composed[options] = self.loader.load_sweep_config(self.config, [*self.fixed, *options])
            config = copy.deepcopy(self.composed[options])
            for value in values:
                if not self.is_group(value.key_or_group):
                    OmegaConf.update(config, value.key_or_group, value.value())
            study_from(config)
        except Exception as error:
            return error
        return None


def _or_leave(work: Callable[[], object]) -> None:
    """Do something in a callback whose exceptions must not be mere warnings."""
    try:
        work()
    except Exception as error:
        leave(error)
        traceback.print_exc()
        sys.exit(STATUS_FAILED)


# ------------------------------------------------------------------- in a launcher's other processes


def _end_with_the_command() -> None:
    """Make a launcher's process end when the command that started it has ended in whatever way."""
    if not any(thread.name == "watch" for thread in threading.enumerate()):
        threading.Thread(target=_watch, args=(os.getppid(),), name="watch", daemon=True).start()


def _watch(command: int) -> None:
    while os.getppid() == command:
        time.sleep(WATCH)
    discard_drafts()
    os._exit(STATUS_ORPHANED)

