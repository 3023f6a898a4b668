"""What Hydra calls before and after the work."""

from __future__ import annotations

import sys
from typing import Any

from hydra.experimental.callback import Callback
from omegaconf import DictConfig

from negotiation.config import study_from
from negotiation.parameters import ParameterError


class CheckBeforeWork(Callback):
    """Refuse a bad configuration before Hydra makes the run's folder."""

    def on_run_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Check the composed configuration of a single run; leave with status 2 if it is bad."""
        try:
            study_from(config)
        except ParameterError as error:
            print(f"negotiation: {error}", file=sys.stderr)
            # Hydra turns exceptions of callbacks into warnings; leaving is the way to stop it.
            sys.exit(2)
