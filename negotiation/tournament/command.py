"""What the command does with a tournament: run it, rank it, find its equilibria, draw it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console

from negotiation.commands import task_command
from negotiation.config import Study
from negotiation.files import write_json, write_text
from negotiation.kernels.compiling import COMPILING, announcing
from negotiation.parameters import ParameterError
from negotiation.provenance import provenance
from negotiation.sweep.executors import Executor
from negotiation.sweep.manifest import read_manifest
from negotiation.sweep.run import SweepRun, progress_bar, run_sweep
from negotiation.sweep.table import load_sweep
from negotiation.terminal import drawn_for, plain_table
from negotiation.tournament.field import Contest, contests
from negotiation.tournament.ranking import BOTH, EVERY, against, ranking
from negotiation.tournament.report import MetaGame, equilibria_table, meta_game, summary
from negotiation.tournament.settings import TournamentPlan, TournamentSettings
from negotiation.vocabulary import DISPUTANTS, Actor

SHOWN = 25  # behaviours of a ranking on the terminal


def tournament_study(study: Study, folder: Path, config: Mapping[str, Any], console: Console, notes: Console) -> None:
    """Run the tournament of a study; arguments and errors as for `negotiation.study.run_study`."""
    settings = TournamentSettings.from_config(config)
    plan = TournamentPlan.of(config)
    target = Path(settings.resume) if settings.resume is not None else folder
    if target is not folder:
        read_manifest(target)  # a mistyped folder must not begin a new tournament
    with announcing(lambda: notes.print(COMPILING, soft_wrap=True)):
        with progress_bar(len(plan.design), notes) as report:
            done = run_sweep(plan, target, Executor(**study.executor), report)
        for note in done.notes:
            notes.print(f"note: {note}", soft_wrap=True)
        _print_run(settings, done, console)
        table = load_sweep(target)
        failed = table.failed
        if len(failed):
            raise ParameterError("tournament", f"{len(failed)} pairings could not be computed, the first: "
                                 f"{failed.iloc[0]['error']}", f"pairings that can ({target} keeps the others)")
        field = contests(table)
        scores = ranking(field, seed=study.seed)
        games = [meta_game(contest) for contest in field]
        # What is known is saved before it is printed.
        receipt = provenance({**config, "tournament": {**config["tournament"], "resume": None}}, task_command(folder))
        write_text(target / "ranking.csv", scores.to_csv(index=False, lineterminator="\n"))
        pairs = pd.concat([against(contest).assign(scenario=contest.scenario, washington=contest.washington)
                           for contest in field])
        write_text(target / "against.csv", pairs.to_csv(index=False, lineterminator="\n"))
        write_text(target / "equilibria.csv", equilibria_table(games).to_csv(index=False, lineterminator="\n"))
        simulated = not all(contest.exact.all() for contest in field)
        write_json(target / "summary.json", {
            "contests": summary(scores, games), "episodes": study.episodes if simulated else 0, "seed": study.seed,
            "engine": study.engine, "provenance": receipt})
        files = ["manifest.json", "config.yaml", "parts/", "ranking.csv", "against.csv", "equilibria.csv",
                 "summary.json"]
        _print_ranking(field, scores, console)
        _print_games(games, console)
        if study.save_figures:
            files += _save_figures(study, settings, plan, scores, games, target, receipt, notes)
    console.print(f"\n{target}/  " + "  ".join(files), soft_wrap=True)


def _print_run(settings: TournamentSettings, done: SweepRun, console: Console) -> None:
    scenarios = f", {len(settings.scenarios)} scenarios" if len(settings.scenarios) > 1 else ""
    already = f", {done.skipped:,} were there already" if done.skipped else ""
    console.print(f"tournament of {len(settings.tokyo)} x {len(settings.seoul)} behaviours, "
                  f"{len(settings.washingtons)} Washington{'' if len(settings.washingtons) == 1 else 's'}{scenarios}: "
                  f"{done.computed:,} pairings computed in {done.seconds:.3g} s{already}", style="bold", soft_wrap=True)


def _print_ranking(field: Sequence[Contest], scores: Any, console: Console) -> None:
    for scenario in dict.fromkeys(contest.scenario for contest in field):
        here = scores[scores["scenario"] == scenario]
        washingtons = here["washington"].unique()
        pooled = here[here["washington"] == (EVERY if EVERY in washingtons else washingtons[0])]
        seats = pooled["seat"].unique()
        main = BOTH if BOTH in seats else Actor.TOKYO.key
        contest = next(each for each in field if each.scenario == scenario)
        for seat in [main] if main == BOTH else [actor.key for actor in DISPUTANTS]:
            _print_seat(scenario, pooled, seat, contest, console)


def _print_seat(scenario: str, pooled: Any, seat: str, contest: Contest, console: Console) -> None:
    rows = pooled[pooled["seat"] == seat]
    printed = plain_table(2)
    printed.add_column("", no_wrap=True)
    printed.add_column("behaviour", no_wrap=True)
    for heading in ("payoff", "95 %"):
        printed.add_column(heading, justify="right", no_wrap=True)
    others = [actor.key for actor in DISPUTANTS] if seat == BOTH else []
    for key in others:
        printed.add_column(contest.names[key], justify="right", no_wrap=True)
    printed.add_column("regret", justify="right", no_wrap=True)
    for _, row in rows.head(SHOWN).iterrows():
        means = [pooled[(pooled["seat"] == key) & (pooled["behaviour"] == row["behaviour"])]["mean"].iloc[0]
                 for key in others]
        printed.add_row(str(row["rank"]), row["behaviour"], f"{row['mean']:.3f}",
                        f"{row['low']:.2f} to {row['high']:.2f}", *(f"{mean:.3f}" for mean in means),
                        f"{row['field_regret']:.3f}")
    where = "either seat" if seat == BOTH else contest.names[seat]
    third = rows["washington"].iloc[0]
    console.print(printed)
    washington = contest.names["washington"]
    parts = [scenario, where, f"every {washington}" if third == EVERY else f"{washington} {third}",
             "exact; intervals over the field of opponents" if rows["exact"].all()
             else "intervals over the field of opponents and of sampling"]
    more = f"; {len(rows) - SHOWN} more in ranking.csv" if len(rows) > SHOWN else ""
    console.print(", ".join(parts) + more, style="italic", soft_wrap=True)


def _print_games(games: Sequence[MetaGame], console: Console) -> None:
    console.print("\nThe choice of behaviours as a game:", soft_wrap=True)
    for game in games:
        console.print(f"  {game.told()}", soft_wrap=True)


def _save_figures(study: Study, settings: TournamentSettings, plan: TournamentPlan, scores: Any,
                  games: Sequence[MetaGame], target: Path, receipt: Mapping[str, Any], notes: Console) -> list[str]:
    """Draw and save; returns the file names."""
    from negotiation.plots import save_figure
    from negotiation.plots.receipts import signed
    from negotiation.tournament.drawing import tournament_figures

    base = plan.computer.base
    scenarios = {name: base.at({"scenario": name}).scenario for name in settings.scenarios} or {
        study.scenario.name: study.scenario}
    told = {"scenario": ", ".join(scenarios), "seed": study.seed, **receipt}
    files = []
    with drawn_for(study.style, study.language, notes):
        for name, figure in tournament_figures(settings, scenarios, games, scores, study.seed):
            files += [path.name for path in save_figure(figure, target / name,
                                                        signed(figure, {"figure": name, **told}), study.formats)]
    return files


__all__ = ["tournament_study"]
