"""The reference scenario, read without the package's configuration."""

from __future__ import annotations

from pathlib import Path

from omegaconf import OmegaConf

from negotiation.scenario import Scenario

PATH = Path(__file__).resolve().parents[2] / "conf" / "scenario" / "tokyo_seoul_2019.yaml"


def load(path: Path = PATH) -> Scenario:
    """A scenario file, as a checked scenario."""
    values = OmegaConf.to_container(OmegaConf.load(path), resolve=True)
    assert isinstance(values, dict)
    return Scenario.from_dict({str(key): value for key, value in values.items()})
