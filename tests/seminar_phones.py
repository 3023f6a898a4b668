"""The simulated phones of the load test, for the tests: pages that a program opens, plays and misuses."""

from __future__ import annotations

import sys
from pathlib import Path

EXPERIMENTS = str(Path(__file__).parents[1] / "experiments")
sys.path.insert(0, EXPERIMENTS)
try:
    from peers import seminar_load
    from peers.seminar_socket import SocketPage
finally:
    sys.path.remove(EXPERIMENTS)

__all__ = ["SocketPage", "seminar_load"]
