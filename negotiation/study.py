"""What one run of the command does: solve, propagate, simulate, print, save."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from negotiation.behaviours import make_profile
from negotiation.behaviours.solved import solution as equilibrium
from negotiation.checks import check_game
from negotiation.commands import task_command
from negotiation.config import Study
from negotiation.engines.exact import Distribution, need_tables, propagate
from negotiation.files import write_json
from negotiation.game import Game, compile_game
from negotiation.kernels.compiling import COMPILING, announcing
from negotiation.policy import Profile
from negotiation.provenance import provenance
from negotiation.solve import Solution, regret, respond_to, rupture_lovers
from negotiation.terminal import drawn_for
from negotiation.vocabulary import Actor, Outcome

if TYPE_CHECKING:
    from negotiation.engines.batch import Episodes

RECORDED = 100_000  # episodes that figures of single episodes show, at most
COUNTED = ("breaches", "lapses", "appeals_tokyo", "appeals_seoul", "effort")
SLOW_EPISODES = {"batch": 2_000_000, "mesa": 100}  # from here on a run takes over two seconds


def run_study(study: Study, folder: Path, config: Mapping[str, Any], console: Console, notes: Console) -> None:
    """Run a study and write its results.

    Args:
        study: what to do.
        folder: an existing folder for ``summary.json`` and the figures.
        config: the resolved configuration, for the record.
        console: where results are printed.
        notes: where remarks and progress go.

    Raises:
        ParameterError, PolicyError, TooLargeError: the study cannot be done; nothing was written.
    """
    if study.sweeps:
        from negotiation.sweeping import sweep_study

        sweep_study(study, folder, config, console, notes)
        return
    if study.mode == "tournament":
        from negotiation.tournament.command import tournament_study

        tournament_study(study, folder, config, console, notes)
        return
    with announcing(lambda: notes.print(COMPILING, soft_wrap=True)):
        if study.mode == "replay":
            from negotiation.sweeping import replay_study

            _warn_of_rupture(replay_study(study, folder, config, console), notes)
            return
        game, profile, solution = prepare(study)
        _warn_of_rupture(game, notes)
        distribution = None if solution is None else propagate(game, profile)
        episodes = _simulate(study, game, profile, notes)
        gains = None if solution is None else regret(game, profile)
    # Saved before anything is printed: what happens to the terminal must not cost the results.
    receipt = provenance(config, task_command(folder))
    write_json(folder / "summary.json", summary(study, profile, solution, distribution, episodes, gains, receipt))
    files = ["summary.json"]
    _print_outcomes(study, profile, distribution, episodes, console)
    _print_values(game, solution, distribution, episodes, gains, console)
    if study.save_figures:
        files += save_figures(study, folder, game, distribution, episodes, profile, receipt, notes)
    console.print(f"\n{folder}/  " + "  ".join(files), soft_wrap=True)


def prepare(study: Study) -> tuple[Game, Profile, Solution | None]:
    """The compiled and checked game, the policies, and their values over the solved horizon.

    Where a policy remembers there are no exact values: None.

    Raises:
        ParameterError: a policy remembers, and the engine is to simulate nothing.
    """
    game = compile_game(study.scenario)
    check_game(game)
    profile = make_profile(game, **study.policies)
    if not profile.remembers:
        return game, profile, respond_to(game, profile, ())
    if study.engine == "exact":
        need_tables(profile, "engine", study.engine)
    return game, profile, None


def _warn_of_rupture(game: Game, notes: Console) -> None:
    for actor in rupture_lovers(equilibrium(game)):
        notes.print(f"warning: {game.scenario.display_name(actor)} ({actor.key}) would like the dispute to blow up: "
                    f"scenario.{actor.key}.rupture pays it more than its worst state is worth", soft_wrap=True)


def summary(study: Study, profile: Profile, solution: Solution | None, distribution: Distribution | None,
            episodes: Episodes | None, gains: Any, receipt: Mapping[str, Any]) -> dict[str, Any]:
    """The content of ``summary.json``, numbers in full precision.

    ``outcomes.exact`` and, where episodes were run, ``outcomes.simulated`` with ``interval95`` (95 % Wilson
    intervals; empty without episodes); ``values`` over the solved horizon and ``regret`` at the start
    state; ``expected_payoffs`` and ``expected_counts`` over the observed rounds, exact; ``episodes`` (0 if
    none), ``seed``, ``engine``, ``scenario``, ``policies`` by seat, and ``provenance``. Where a policy remembers,
    what is exact is missing, and the expectations are means over the episodes.
    """
    payoffs, counts = _expectations(distribution, episodes)
    result: dict[str, Any] = {
        "scenario": study.scenario.name,
        "policies": profile.names,
        "outcomes": {} if distribution is None else {"exact": _by_outcome(distribution.outcome_probabilities())},
        "interval95": {},
        "values": {} if solution is None else {actor.key: solution.value(actor) for actor in Actor},
        "regret": {} if solution is None else {actor.key: float(gains[actor]) for actor in Actor},
        "expected_payoffs": {actor.key: float(mean) for actor, mean in zip(Actor, payoffs, strict=True)},
        "expected_counts": counts,
        "episodes": 0 if episodes is None else episodes.episodes,
        "seed": study.seed,
        "engine": study.engine,
        "provenance": dict(receipt),
    }
    if episodes is not None:
        low, high = _intervals(episodes)
        result["outcomes"]["simulated"] = _by_outcome(episodes.outcome_shares())
        result["interval95"] = {outcome.key: [float(low[outcome]), float(high[outcome])] for outcome in Outcome}
    return result


def _expectations(distribution: Distribution | None, episodes: Episodes | None) -> tuple[Any, dict[str, float]]:
    """Expected payoffs and counts, exact where they are known."""
    if distribution is not None:
        return distribution.expected_payoff, distribution.expected_counts()
    assert episodes is not None
    return episodes.payoff_mean, {name: episodes.means[name] for name in COUNTED}


def save_figures(study: Study, folder: Path, game: Game, distribution: Distribution | None,
                 episodes: Episodes | None, profile: Profile, receipt: Mapping[str, Any], notes: Console) -> list[str]:
    """Draw and save the figures asked for that can be drawn; returns the file names."""
    from negotiation.engines.trajectory import trace
    from negotiation.plots import save_figure, standard_figures
    from negotiation.plots.receipts import signed

    paths = [trace(game, profile, study.seed, study.episode + number) for number in range(study.paths)]
    told = {"scenario": study.scenario.name, "policies": profile.names, "seed": study.seed, **receipt}
    with drawn_for(study.style, study.language, notes):
        figures = standard_figures(distribution, episodes, profile, paths, study.figures)
        missing = [name for name in study.figures if name not in figures]
        if missing and distribution is None:
            notes.print(f"note: no figure {', '.join(missing)}: a player remembers, so there is nothing exact to draw",
                        soft_wrap=True)
        return [path.name for name, figure in figures.items()
                for path in save_figure(figure, folder / name, signed(figure, {"figure": name, **told}),
                                        study.formats)]


def _recorded(study: Study) -> int:
    """Of how many episodes the figures that were asked for need the recorded quantities."""
    return RECORDED if study.save_figures and {"incidence", "payoffs", "triangle"} & set(study.figures) else 0


def _simulate(study: Study, game: Game, profile: Profile, notes: Console) -> Episodes | None:
    if study.engine == "exact":
        return None
    with _progress(study, notes) as advance:
        if study.engine == "mesa":
            from negotiation.engines.mesa_batch import simulate_mesa

            return simulate_mesa(game, profile, study.episodes, study.seed, progress=advance)
        from negotiation.engines.batch import simulate

        return simulate(game, profile, study.episodes, study.seed, record=_recorded(study), workers=study.workers,
                        progress=advance)


@contextmanager
def _progress(study: Study, notes: Console) -> Iterator[Callable[[int], None] | None]:
    if not notes.is_terminal or study.episodes < SLOW_EPISODES[study.engine]:
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=notes, transient=True) as bar:
        task = bar.add_task("episodes", total=study.episodes)
        yield lambda count: bar.advance(task, count)


def _intervals(episodes: Episodes) -> Any:
    from negotiation.outcomes import wilson_interval

    return wilson_interval(episodes.counts, episodes.episodes)


def _by_outcome(values: Any) -> dict[str, float]:
    return {outcome.key: float(values[outcome]) for outcome in Outcome}


def _print_outcomes(study: Study, profile: Profile, distribution: Distribution | None, episodes: Episodes | None,
                    console: Console) -> None:
    players = ", ".join(f"{study.scenario.display_name(actor)} {profile[actor].name}" for actor in Actor)
    console.print(study.scenario.title, style="bold", soft_wrap=True)
    console.print(f"{players}; {study.scenario.rounds} rounds", soft_wrap=True)
    table = Table(show_edge=False, pad_edge=False, box=None, padding=(0, 3, 0, 0))
    table.add_column("outcome")
    rows: dict[Outcome, list[str]] = {outcome: [outcome.key] for outcome in Outcome}
    if distribution is not None:
        table.add_column("exact", justify="right")
        exact = distribution.outcome_probabilities()
        for outcome in Outcome:
            rows[outcome].append(f"{exact[outcome]:.4f}")
    if episodes is not None:
        table.add_column("simulated", justify="right")
        table.add_column("95 % interval", justify="right")
        shares, (low, high) = episodes.outcome_shares(), _intervals(episodes)
        for outcome in Outcome:
            rows[outcome] += [f"{shares[outcome]:.4f}", f"{low[outcome]:.4f} to {high[outcome]:.4f}"]
        table.caption = f"{episodes.episodes:,} {study.engine} episodes, seed {study.seed}"
        table.caption_justify = "left"
    for row in rows.values():
        table.add_row(*row)
    console.print(table)


def _print_values(game: Game, solution: Solution | None, distribution: Distribution | None,
                  episodes: Episodes | None, gains: Any, console: Console) -> None:
    table = Table(show_edge=False, pad_edge=False, box=None, padding=(0, 3, 0, 0))
    table.add_column("actor")
    payoffs, _ = _expectations(distribution, episodes)
    headings = [f"payoff of {game.rounds} rounds"]
    if solution is not None:
        headings += [f"value over {game.horizon} rounds", "regret"]
    for heading in headings:
        table.add_column(heading, justify="right")
    for actor in Actor:
        known = [] if solution is None else [f"{solution.value(actor):.3f}", f"{gains[actor]:.3f}"]
        table.add_row(game.scenario.display_name(actor), f"{payoffs[actor]:.3f}", *known)
    console.print()
    console.print(table)
