"""A small program: seconds that the kernels take to compile, the first call minus a second one.

    python first_run.py SCENARIO.yaml

prints the seconds; where NUMBA_CACHE_DIR holds them already, it is the time to load them.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from reference import load

from negotiation.engines import batch, exact
from negotiation.game import Game, compile_game
from negotiation.solve import backward_induction


def everything(game: Game) -> float:
    """Seconds to solve, propagate and simulate one episode."""
    begin = time.perf_counter()
    solution = backward_induction(game)
    exact.propagate(game, solution.profile)
    batch.simulate(game, solution.profile, 1, 0)
    return time.perf_counter() - begin


if __name__ == "__main__":
    game = compile_game(load(Path(sys.argv[1])))
    print(everything(game) - everything(game))
