"""Question: how fast is the package against other ways of doing the same work.

Every figure is measured here and now. Where there is a peer, both are measured in turn (A B A B ...) in
one run, and the ratio is the median of the ratios of neighbours; times alone say as much about the
machine as about the code. Rows:

    batch     episodes per second on all cores, against `mesa.batch_run` with plain Mesa agents
    floor     batch time against merely drawing as many uniforms with NumPy's fastest generator
    solve     solving the reference scenario, against a hand-written C loop over the same tables
    exact     exact propagation, with and without the check of the policies
    compile   compiling the scenario into tables, and the kernels for the first time
    command   the installed command, from its start to the first number and to its end
    sweep     points of an exact sweep: overhead, cores, against mesa.batch_run and Hydra's -m, memory
    learning  disputes of pairs that learn, per second, against a plain Mesa loop over the same rule
    tournament  twenty behaviours a side under three Washingtons, every pairing exact, on all cores
    explorer  release of a slider to numbers and pictures, in a real browser

Run it alone on a quiet machine:  python experiments/benchmark.py --json benchmark.json
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from peers import c_loop, command, explorer, floor, learning, mesa_run, reference, sweeps, tournament
from peers.measuring import Line, Tick, alternate, clock, duration, median_ratio, rate
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from scipy.stats import chisquare

from negotiation.engines import batch, exact
from negotiation.game import Game, compile_game
from negotiation.scenario import Scenario
from negotiation.solve import Solution, backward_induction

SEED = 1
LEAST_LIKELY = 1e-4  # a chi-square test below this probability says: not the same game
CLOSE = 1e-9


@dataclass
class Bench:
    """What is measured, how long, and where files may go."""

    scenario: Scenario
    quick: bool
    folder: Path
    tick: Tick

    @cached_property
    def game(self) -> Game:
        """The compiled reference scenario."""
        return compile_game(self.scenario)

    @cached_property
    def solution(self) -> Solution:
        """Its equilibrium; solving it warms the kernel up."""
        return backward_induction(self.game)

    @property
    def cores(self) -> int:
        """As many threads as the batch engine uses by itself."""
        return os.cpu_count() or 1

    def times(self, full: int, quick: int = 2) -> int:
        """Number of repetitions."""
        return quick if self.quick else full


def surprise(counts: np.ndarray, probabilities: np.ndarray) -> float:
    """Probability of outcomes at least this far from the exact ones if it is the same game."""
    return float(chisquare(counts, probabilities * counts.sum()).pvalue)


# --------------------------------------------------------------------------------------- batch


def batch_row(bench: Bench) -> list[Line]:
    """Episodes per second against plain Mesa agents."""
    game, profile = bench.game, bench.solution.profile
    expected = exact.propagate(game, profile).outcome_probabilities()
    tables = bench.folder / "tables.pickle"
    mesa_run.write_tables(game, profile, tables)
    ours_n, peer_n, repetitions = (2**16, 1_500, 1) if bench.quick else (2**20, 4_000, 5)
    processes = [1] if bench.quick else [1, max(bench.cores, 2)]
    counted = {"ours": np.zeros(5, dtype=np.int64), "peer": np.zeros(5, dtype=np.int64)}
    rounds = {"ours": 0, **{str(number): 0 for number in processes}}

    def ours() -> None:
        seeded = SEED + rounds["ours"]
        rounds["ours"] += 1
        counted["ours"] += batch.simulate(game, profile, ours_n, seeded, record=0, workers=bench.cores).counts

    def peer(number: int) -> float:
        """Seconds for `peer_n` episodes, without those that starting processes takes."""
        bench.tick(f"batch: Mesa, {number} process(es)")
        first = SEED + rounds[str(number)] * peer_n * number
        rounds[str(number)] += 1
        starting = mesa_run.play(tables, number, 0, number)[0] if number > 1 else 0.0
        seconds, counts = mesa_run.play(tables, peer_n * number, first, number)
        if number == 1:
            counted["peer"] += counts
        return max(seconds - starting, 1e-9) / number

    bench.tick("batch: ours")
    batch.simulate(game, profile, batch.BLOCK, SEED)
    taken = alternate([clock(ours), *(partial(peer, number) for number in processes)], repetitions)
    medians = [statistics.median(row) for row in taken[1:]]
    best = int(np.argmin(medians))
    ratio = median_ratio(taken[1 + best], taken[0]) * ours_n / peer_n
    checks = {f"chi-square p, {name}": surprise(counts, expected) for name, counts in counted.items()}
    checks |= {f"episodes, {name}": float(counts.sum()) for name, counts in counted.items()}
    wrong = [name for name, p in checks.items() if name.startswith("chi") and p < LEAST_LIKELY]
    others = "; ".join(f"{number} process{'es' * (number > 1)}: {peer_n / seconds:,.0f}/s"
                       for number, seconds in zip(processes, medians, strict=True))
    return [Line(
        "batch", f"episodes per second, {bench.cores} core(s), ours / peer",
        rate(ours_n / statistics.median(taken[0])),
        f"mesa.batch_run, {rate(peer_n / medians[best])} ({others})",
        f"Mesa {importlib.metadata.version('mesa')}", ratio, ratio, 500.0, at_least=True, checks=checks,
        failed=f"outcomes differ from the exact ones ({wrong[0]})" if wrong else "",
        samples={"ours": taken[0], **{f"mesa, {number} process(es)": row
                                      for number, row in zip(processes, taken[1:], strict=True)}})]


# --------------------------------------------------------------------------------------- floor


def floor_row(bench: Bench) -> list[Line]:
    """Batch time against drawing its uniforms."""
    game, profile = bench.game, bench.solution.profile
    episodes = 2**16 if bench.quick else 2**20
    records = batch.simulate(game, profile, episodes, SEED, record=episodes).records
    ended = records.settlement_round + records.rupture_round
    weeks = int(np.where(ended > 0, ended, game.rounds).sum())
    uniforms = 5 * weeks
    bench.tick("floor: which generator is fastest")
    drawing = floor.fastest(uniforms // 10, bench.times(7, 1))
    lines = []
    for threads in sorted({1, bench.cores}):
        bench.tick(f"floor: {threads} core(s)")
        ours, peer = alternate(
            [clock(lambda threads=threads: batch.simulate(game, profile, episodes, SEED, record=0, workers=threads)),
             partial(drawing.seconds, uniforms, threads)], bench.times(9))
        ratio = median_ratio(ours, peer)
        lines.append(Line(
            "floor", f"time for {episodes:,} episodes (counts and means kept), {threads} core(s), ours / peer",
            duration(statistics.median(ours)),
            f"drawing {uniforms / 1e6:,.0f} million uniforms ({drawing.name}), {duration(statistics.median(peer))}",
            f"NumPy {np.__version__}", ratio, ratio, 3.0, checks={"uniforms": uniforms, "weeks": weeks},
            samples={"ours": ours, "peer": peer}))
    return lines


# --------------------------------------------------------------------------------------- solve


def solve_row(bench: Bench) -> list[Line]:
    """Backward induction against C."""
    game, repetitions = bench.game, bench.times(25, 3)
    _ = bench.solution
    what = f"solving {game.horizon} rounds, {game.n_states} states"

    def ours() -> None:
        backward_induction(game)

    def two() -> None:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda _: backward_induction(game), range(2)))

    bench.tick("solve: one core and two")
    alone, both = alternate([clock(ours), clock(two)], repetitions)
    one = statistics.median(alone)
    lines = [
        Line("solve", f"{what}, one core", duration(one), measured=one * 1e3, target=60.0, unit="ms",
             samples={"ours": alone}),
        Line("solve", "two solves at once in two threads, time per solve",
             duration(statistics.median(both) / 2), samples={"ours, both": both})]
    for flags, target in ((c_loop.STRICT, 1.5), (c_loop.FAST, None)):
        try:
            lines += _against_c(bench, flags, target, what, repetitions)
        except c_loop.NoCompilerError as reason:
            lines.append(Line("solve", f"{what}, against C {' '.join(flags)}", target=target, skipped=str(reason)))
    return lines


def _against_c(bench: Bench, flags: tuple[str, ...], target: float | None, what: str,
               repetitions: int) -> list[Line]:
    game = bench.game
    bench.tick(f"solve: C {' '.join(flags)}")
    loop = c_loop.build(bench.folder, flags)
    prepared, mine, theirs = c_loop.inputs(game), c_loop.Tables.empty(game), c_loop.Tables.empty(game)
    c_loop.numba_loop(game, prepared, mine)
    loop(game, prepared, theirs)
    values, policies = c_loop.largest_difference(mine, theirs)
    solved = float(np.abs(bench.solution.values - theirs.values).max())
    checks = {"largest difference of values": max(values, solved), "largest difference of probabilities": policies}
    failed = f"tables differ by {max(checks.values()):.3g}" if not max(checks.values()) <= CLOSE else ""
    version, name = c_loop.compiler_version(), f"C loop, {' '.join(flags)}"

    def whole() -> None:
        loop(game, c_loop.inputs(game), c_loop.Tables.empty(game))

    taken = alternate(
        [clock(lambda: backward_induction(game)), clock(whole),
         clock(lambda: c_loop.numba_loop(game, prepared, mine)), clock(lambda: loop(game, prepared, theirs))],
        repetitions)
    lines = []
    for label, (ours, peer), aim in ((f"{what}, ours / peer", taken[:2], target),
                                     ("the loops alone, tables in place, ours / peer", taken[2:], None)):
        ratio = median_ratio(ours, peer)
        lines.append(Line("solve", label, duration(statistics.median(ours)),
                          f"{name}, {duration(statistics.median(peer))}", version, ratio, ratio, aim, checks=checks,
                          failed=failed, samples={"ours": ours, "peer": peer}))
    return lines


# ------------------------------------------------------------------------- exact, compile, command


def exact_row(bench: Bench) -> list[Line]:
    """Exact propagation through the observed rounds."""
    game, profile = bench.game, bench.solution.profile
    bench.tick("exact")
    exact.propagate(game, profile)
    taken = alternate([clock(lambda: exact.propagate(game, profile)),
                       clock(lambda: exact.propagate_unchecked(game, profile))], bench.times(51, 3))
    return [Line("exact", f"exact propagation, {game.rounds} rounds, {label}", duration(statistics.median(row)),
                 measured=statistics.median(row) * 1e3, target=15.0, unit="ms", samples={"ours": row})
            for label, row in zip(("policies checked", "unchecked"), taken, strict=True)]


def compile_row(bench: Bench) -> list[Line]:
    """Tables from a scenario; kernels from nothing."""
    bench.tick("compile: tables")
    compile_game(bench.scenario)
    tables = alternate([clock(lambda: compile_game(bench.scenario))], bench.times(51, 3))[0]
    bench.tick("compile: kernels, from nothing")
    program = Path(reference.__file__).with_name("first_run.py")
    with tempfile.TemporaryDirectory() as cache:
        done = subprocess.run([sys.executable, str(program), str(reference.PATH)], check=True, capture_output=True,
                              text=True, env={**os.environ, "NUMBA_CACHE_DIR": cache})
    kernels = float(done.stdout)
    return [Line("compile", "scenario to tables (compile_game)", duration(statistics.median(tables)),
                 samples={"ours": tables}),
            Line("compile", "kernels compiled for the first time, nothing kept on disk", duration(kernels),
                 samples={"ours": [kernels]})]


def command_row(bench: Bench) -> list[Line]:
    """The installed command with warm caches."""
    labels = ("`negotiation`, start to the first number", "`negotiation`, start to end, figures included")
    targets = (3.0, None)
    bench.tick("command")
    try:
        command.run()
        runs = [command.run() for _ in range(bench.times(5, 1))]
    except command.NoCommandError as reason:
        return [Line("command", label, target=target, unit="s", skipped=str(reason))
                for label, target in zip(labels, targets, strict=True)]
    return [Line("command", label, duration(statistics.median(row)), measured=statistics.median(row), target=target,
                 unit="s", samples={"ours": list(row)})
            for label, target, row in zip(labels, targets, zip(*runs, strict=True), strict=True)]


# ------------------------------------------------------------------------------------- the table

ROWS: dict[str, Callable[[Bench], list[Line]]] = {
    "batch": batch_row, "floor": floor_row, "solve": solve_row, "exact": exact_row, "compile": compile_row,
    "command": command_row, "sweep": sweeps.sweep_row, "learning": learning.learning_row,
    "tournament": tournament.tournament_row, "explorer": explorer.explorer_row,
}


def show(lines: list[Line], console: Console) -> None:
    """Print the table."""
    table = Table(title="Measured in this run", title_justify="left", show_lines=True)
    for heading in ("what", "ours", "peer", "peer's version"):
        table.add_column(heading)
    table.add_column("ratio", justify="right", no_wrap=True)
    table.add_column("target", no_wrap=True)
    table.add_column("verdict")
    for line in lines:
        ratio = "" if line.ratio is None else f"{line.ratio:,.0f}x" if line.ratio >= 100 else f"{line.ratio:.2f}x"
        table.add_row(line.what, line.ours, line.peer, line.version, ratio, line.target_text, line.verdict)
    console.print(table)
    for line in lines:
        for name, value in line.checks.items():
            if name.startswith(("chi", "largest")):
                console.print(f"  {line.row}: {line.peer.split(', ')[0]}: {name} {value:.3g}", highlight=False)


def surroundings(quick: bool) -> dict[str, object]:
    """What the figures depend on besides the code: numbers of cores, versions."""
    versions = {name: importlib.metadata.version(name) for name in ("numpy", "numba", "mesa")}
    return {"quick": quick, "cores": os.cpu_count(), "python": platform.python_version(),
            "machine": platform.machine(), "system": platform.system(), **versions}


def selection(text: str) -> list[str]:
    """The rows named in a comma-separated list, in the table's order."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in ROWS:
            raise argparse.ArgumentTypeError(f"{name!r} is not a row; allowed: {', '.join(ROWS)}")
    return [name for name in ROWS if name in names]


def main() -> int:
    """Measure and print; 1 if a peer turns out to do other work, else 0 whatever the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, metavar="PATH", help="write the table there, with all measurements")
    parser.add_argument("--quick", action="store_true", help="few and short repetitions: shows that it works")
    parser.add_argument("--rows", type=selection, default=list(ROWS), metavar="NAME,...",
                        help=f"only these rows, of {', '.join(ROWS)}")
    options = parser.parse_args()
    console = Console()
    if not console.is_terminal:
        console = Console(width=180)
    lines: list[Line] = []
    columns = SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with (tempfile.TemporaryDirectory() as folder,
          Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress):
        task = progress.add_task("preparing", total=len(options.rows))
        bench = Bench(reference.load(), options.quick, Path(folder),
                      lambda text: progress.update(task, description=text))
        for name in options.rows:
            lines += ROWS[name](bench)
            progress.advance(task)
    show(lines, console)
    if options.json is not None:
        report = {**surroundings(options.quick), "rows": [line.to_dict() for line in lines]}
        options.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return int(any(line.failed for line in lines))


if __name__ == "__main__":
    raise SystemExit(main())
