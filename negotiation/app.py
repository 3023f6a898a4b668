"""The Hydra application: composes a configuration, makes it a study and runs it."""

from __future__ import annotations

import sys
from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig
from rich.console import Console

from negotiation.config import plain_config, register, study_from
from negotiation.library import conf_folder
from negotiation.refusals import leave
from negotiation.study import run_study


def run(arguments: list[str]) -> None:
    """Run the application with command-line arguments; errors are raised."""
    register()
    known, sys.argv = sys.argv, ["negotiation", *arguments]
    try:
        hydra.main(version_base="1.3", config_path=str(conf_folder()), config_name="config")(_task)()
    finally:
        sys.argv = known


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Let the command see a reader that has gone, such as ``head``, instead of leaving here."""
        raise BrokenPipeError


def _console(stderr: bool = False) -> Console:
    # Names and titles are the user's; square brackets in them are no markup.
    return _Console(stderr=stderr, markup=False, highlight=False, emoji=False)


def _task(config: DictConfig) -> None:
    try:
        study = study_from(config)
        folder = Path(HydraConfig.get().runtime.output_dir)
        run_study(study, folder, plain_config(config), _console(), _console(stderr=True))
    except Exception as error:
        if HydraConfig.get().mode is RunMode.RUN:
            leave(error)  # raised through Hydra, the line would come with a second one about the job
        raise
