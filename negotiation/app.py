"""The Hydra application: composes a configuration, makes it a study and runs it."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial, wraps
from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import MissingConfigException
from hydra.types import RunMode
from omegaconf import DictConfig
from rich.console import Console

from negotiation.callbacks import UNDER_WAY, Failure, gather_after, launcher_failure
from negotiation.config import Study, plain_config, register, study_from
from negotiation.library import conf_folder
from negotiation.parameters import ParameterError
from negotiation.refusals import leave
from negotiation.schema import CONFIG_SCHEMA, SCHEMAS
from negotiation.study import run_study
from negotiation.terminal import console, is_worker

# Launchers send the schema to other processes; made classes can only be sent by the name of a module's variable.
for _schema in (CONFIG_SCHEMA, *SCHEMAS.values()):
    _schema.__module__ = __name__
    globals()[_schema.__name__] = _schema


Act = Callable[[Study, Path, dict[str, Any], Console, Console], None]


def run(arguments: list[str], act: Act | None = None) -> None:
    """Run the application with command-line arguments; errors are raised.

    A multirun with jobs that failed leaves with status 1, after all others have run.

    Args:
        arguments: as Hydra takes them.
        act: what is done with a study; `negotiation.study.run_study` if None.
    """
    register()
    logging.raiseExceptions = False  # Hydra's lines about jobs may meet a reader that has gone, such as `head`
    known, sys.argv = sys.argv, ["negotiation", *arguments]
    try:
        hydra.main(version_base="1.3", config_path=str(conf_folder()), config_name="config")(_task_of(act))()
    except MissingConfigException as error:
        if error.missing_cfg_file in PLUGGED_IN:
            given = next(entry for entry in arguments if entry.startswith("hydra/launcher=")).partition("=")[2]
            raise ParameterError("hydra/launcher", given, "basic, or after pip install 'negotiation[launchers]' "
                                 "joblib, slurm, submitit_local, submitit_slurm") from None
        raise
    except Exception as error:
        gather_after(error)
        refused = launcher_failure(error)
        if refused is not None:
            raise refused from error
        raise
    finally:
        UNDER_WAY.clear()
        sys.argv = known


# What plugins bring, where they are installed; `slurm` of our own builds on one of them.
PLUGGED_IN = {f"hydra/launcher/{name}" for name in ("joblib", "submitit_local", "submitit_slurm")}


def _task_of(act: Act | None) -> Callable[[DictConfig], Failure | None]:
    """What Hydra runs; launchers send `_task` itself to other processes by its name."""
    return _task if act is None else wraps(_task)(partial(_task, act=act))


def _task(config: DictConfig, act: Act | None = None) -> Failure | None:
    single = HydraConfig.get().mode is RunMode.RUN
    try:
        study = study_from(config)
        folder = Path(HydraConfig.get().runtime.output_dir)
        with _in_one_piece(console(patient=not single or study.has_points)) as out:
            (act or run_study)(study, folder, plain_config(config), out, console(stderr=True, patient=not single))
    except Exception as error:
        if not single:
            return Failure.of(error)  # the other jobs are run all the same
        leave(error)  # raised through Hydra, the line would come with a second one about the job
        raise
    return None


@contextmanager
def _in_one_piece(out: Console) -> Iterator[Console]:
    """Print what jobs in several processes have to say one after the other, each under its number."""
    if not is_worker():
        yield out
        return
    with out.capture() as capture:
        yield out
    job = HydraConfig.get()
    out.print(f"\n#{job.job.num} {' '.join(job.overrides.task)}\n{capture.get()}", soft_wrap=True, end="")
