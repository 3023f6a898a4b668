"""Compile the hand-written C loop of the backward pass and call it with a game's tables."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from negotiation.game import Floats, Game
from negotiation.kernels import induction
from negotiation.vocabulary import Move, Stance

SOURCE = Path(__file__).with_name("solve_loop.c")
STRICT = ("-O3", "-march=native")
FAST = (*STRICT, "-ffast-math")
ALL_RESPOND = np.zeros(3, dtype=np.bool_)

Inputs = tuple[np.ndarray, ...]
Loop = Callable[[Game, Inputs, "Tables"], None]


class NoCompilerError(RuntimeError):
    """There is no C compiler here, or it refuses the file."""


@dataclass
class Tables:
    """What a backward pass writes: values and policies, in loop order (state innermost)."""

    values: Floats
    stance: Floats
    first_tokyo: Floats
    second_tokyo: Floats
    first_seoul: Floats
    second_seoul: Floats

    @classmethod
    def empty(cls, game: Game) -> Tables:
        """Fresh tables for the whole horizon."""
        n, w, m, s = game.horizon, len(Stance), len(Move), game.n_states
        first, second = (n, w, m, s), (n, w, m, m, s)
        return cls(np.empty((n + 1, 3, s)), np.empty((n, w, s)), np.empty(first), np.empty(second), np.empty(first),
                   np.empty(second))

    def all(self) -> tuple[Floats, ...]:
        """The tables in the order of the loops' arguments."""
        return (self.values, self.stance, self.first_tokyo, self.second_tokyo, self.first_seoul, self.second_seoul)


def inputs(game: Game) -> Inputs:
    """What the loop reads, as `negotiation.solve` prepares it for its own."""
    discount = game.discount[:, None, None, None, None]
    lumps = game.settlement_payoff[:, :, game.afterstate]
    base = np.ascontiguousarray((game.payoff + discount * game.settlement * lumps).swapaxes(0, 1))
    legal, stances = (np.where(table, 0.0, induction.IMPOSSIBLE) for table in (game.legal, game.legal_stances))
    return (base, 1.0 - game.settlement, game.afterstate, legal, stances, game.rupture, game.lapse, game.next_on,
            game.next_lapsed, game.rupture_payoff, game.discount, game.precision)


def numba_loop(game: Game, prepared: Inputs, tables: Tables) -> None:
    """The package's own loop, called like the one in C."""
    induction.induce(*prepared, game.scenario.tokyo_first, game.horizon, ALL_RESPOND, *tables.all())


def compiler() -> str:
    """The C compiler's command.

    Raises:
        NoCompilerError: there is none.
    """
    wanted = [os.environ["CC"]] if os.environ.get("CC") else ["cc", "gcc", "clang"]
    for command in wanted:
        if shutil.which(command):
            return command
    raise NoCompilerError(f"no C compiler ({', '.join(wanted)})")


def compiler_version() -> str:
    """The first line of what the compiler says about itself."""
    answer = subprocess.run([compiler(), "--version"], capture_output=True, text=True, check=False).stdout
    return answer.splitlines()[0].strip() if answer else compiler()


def build(folder: Path, flags: tuple[str, ...]) -> Loop:
    """Compile the loop into a folder and load it.

    Raises:
        NoCompilerError: there is no compiler, or it fails.
    """
    library = folder / f"solve_loop{len(list(folder.glob('solve_loop*')))}.so"
    made = subprocess.run([compiler(), *flags, "-shared", "-fPIC", "-o", str(library), str(SOURCE), "-lm"],
                          capture_output=True, text=True, check=False)
    if made.returncode:
        complaint = (made.stderr.strip().splitlines() or ["no message"])[0].replace(str(SOURCE), SOURCE.name)
        raise NoCompilerError(f"the C compiler refused {' '.join(flags)}: {complaint}")
    function = ctypes.CDLL(str(library)).solve
    size, table = ctypes.c_int64, ctypes.c_void_p
    function.argtypes = [size] * 3 + [table] * 12 + [ctypes.c_double] + [table] * 6
    function.restype = ctypes.c_int

    def loop(game: Game, prepared: Inputs, tables: Tables) -> None:
        finite = np.isfinite(game.precision) & (game.precision > 0)
        if not finite.all():
            raise ValueError(f"precision: {game.precision} is not allowed here; allowed: finite and above 0")
        failed = function(game.n_states, game.n_afterstates, game.horizon,
                          *(_address(array) for array in prepared), game.scenario.tokyo_first,
                          *(_address(array) for array in tables.all()))
        if failed:
            raise MemoryError("the C loop found no memory")

    return loop


def _address(array: np.ndarray) -> int:
    assert array.flags.c_contiguous and array.dtype in (np.float64, np.int64)
    return array.ctypes.data


def largest_difference(one: Tables, other: Tables) -> tuple[float, float]:
    """The largest difference of values, and of probabilities."""
    apart = [float(np.abs(a - b).max()) for a, b in zip(one.all(), other.all(), strict=True)]
    return apart[0], max(apart[1:])
