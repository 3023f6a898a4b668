"""Choices of behaviours as a sweep's table holds them, and what people call them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from omegaconf import OmegaConf

from negotiation.behaviours import label


def choice_of(text: str) -> Any:
    """The choice that a table's text stands for: a name, or a mapping in braces."""
    # As a sweep's points read it: OmegaConf takes 1e-05 for a number, YAML alone does not.
    return OmegaConf.to_container(OmegaConf.create(text)) if text.strip().startswith("{") else text


@lru_cache(maxsize=4096)
def label_of(text: str) -> str:
    """What people call the choice that a table's text stands for."""
    return label(choice_of(text))


__all__ = ["choice_of", "label_of"]
