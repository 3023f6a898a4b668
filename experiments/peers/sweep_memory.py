"""Peak memory of one sweep of so many points, in a process of its own: python sweep_memory.py POINTS."""

from __future__ import annotations

import json
import resource
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from negotiation.sweep.executors import Executor
from negotiation.sweep.run import run_sweep
from peers import reference, sweeps


def _peak() -> float:
    """Peak of this process in megabytes, without that of the process it was forked from, which getrusage keeps."""
    status = Path("/proc/self/status")
    told = status.read_text(encoding="ascii").partition("VmHWM:")[2].split() if status.exists() else []
    return int(told[0]) / 1024 if told else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Run it and print the peak in megabytes."""
    points = int(sys.argv[1])
    scenario = reference.load().override({"rounds": 4, "shadow": 4})
    plan = sweeps.plan_of(scenario, (points // 100, 10, 10))
    with tempfile.TemporaryDirectory() as folder:
        done = run_sweep(plan, Path(folder) / "sweep", Executor(workers=2))
    peak = _peak()
    print(json.dumps({"points": done.computed, "peak": peak, "seconds": done.seconds}))


if __name__ == "__main__":
    main()
