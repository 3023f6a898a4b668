"""What Hydra calls before and after the work."""

from __future__ import annotations

import copy
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, QuotedString
from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf

from negotiation.config import study_from
from negotiation.library import conf_folder
from negotiation.refusals import leave


class CheckBeforeWork(Callback):
    """Refuse a bad configuration before Hydra makes any folder.

    Hydra turns exceptions of callbacks into warnings; leaving the process is the way to stop it.
    """

    def on_run_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Check the composed configuration of a single run; leave with status 2 if it is bad."""
        _check(config)

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Check what all jobs share, and each value of each swept key on its own.

        What only a combination of values breaks is found by its job.
        """
        _check(config)
        overrides = OverridesParser.create().parse_overrides(list(config.hydra.overrides.task))
        for override in overrides:
            if override.is_sweep_override() and not _is_group(override):
                for value in override.sweep_iterator():
                    changed = copy.deepcopy(config)
                    _check(changed, override.key_or_group, value)


def _is_group(override: Override) -> bool:
    return (conf_folder() / override.key_or_group).is_dir()


def _check(config: DictConfig, key: str = "", value: Any = None) -> None:
    try:
        if key:
            OmegaConf.update(config, key, value.text if isinstance(value, QuotedString) else value)
        study_from(config)
    except Exception as error:
        leave(error)
        raise
