"""Figures from tidy tables: (table, panel) -> panel; nothing here simulates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from negotiation.outcomes import outcome_table, outcomes_by_week, path_table, policy_table, weekly_table
from negotiation.outcomes_weekly import incidence_table, moves_table
from negotiation.payoff_tables import frontier_table, payoff_summary, payoff_table, triangle_points, triangle_table
from negotiation.plots.areas import plot_areas, plot_areas_figure
from negotiation.plots.curves import plot_curves, plot_curves_figure
from negotiation.plots.fan import plot_rungs, plot_standing, plot_weeks
from negotiation.plots.heat import plot_heat, plot_heat_figure
from negotiation.plots.incidence import plot_incidence, plot_incidence_figure
from negotiation.plots.lines import plot_cloud, plot_cloud_figure, plot_lines, plot_lines_figure, plot_sweep
from negotiation.plots.moves import plot_moves, plot_moves_figure, plot_reached
from negotiation.plots.multiples import plot_multiples
from negotiation.plots.outcomes import plot_outcome_figure, plot_outcomes
from negotiation.plots.payoffs import plot_payoffs, plot_payoffs_figure
from negotiation.plots.phase import plot_phase, plot_phase_figure
from negotiation.plots.policy_map import plot_policy, plot_policy_map
from negotiation.plots.precision import plot_precision, plot_precision_figure
from negotiation.plots.save import read_receipt, save_figure
from negotiation.plots.sensitivity import plot_sensitivity, plot_sensitivity_figure
from negotiation.plots.style import ACTOR_COLOURS, MOVE_COLOURS, OUTCOME_COLOURS, drawn, new_axes, styled
from negotiation.plots.triangle import plot_triangle, plot_triangle_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from negotiation.engines.batch import Episodes
    from negotiation.engines.exact import Distribution
    from negotiation.engines.trajectory import Trajectory
    from negotiation.policy import Profile


# Figures of parts that load more than a figure should: imported when they are asked for.
_LATER = {
    **dict.fromkeys(("plot_pairings", "plot_pairings_figure", "plot_pairing_outcomes", "plot_pairing_outcomes_figure",
                     "plot_ranking", "plot_ranking_figure"), "tournament"),
    **dict.fromkeys(("plot_shares", "plot_shares_figure", "plot_triangle_flow", "plot_square_flow",
                     "plot_flow_figure"), "replicator"),
    **dict.fromkeys(("plot_fingerprints", "plot_fingerprints_figure"), "fingerprint"),
    **dict.fromkeys(("plot_gains", "plot_gains_figure", "plot_profile", "plot_profiles_figure", "plot_forecasts",
                     "plot_predictive_figure"), "history"),
    **dict.fromkeys(("plot_learning", "plot_learning_figure"), "learning"),
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'negotiation.plots' has no attribute {name!r}")
    return getattr(import_module(f"negotiation.plots.{_LATER[name]}"), name)


STANDARD = ("outcomes", "weeks", "policy_map")
FURTHER = ("moves", "incidence", "payoffs", "triangle")  # the last two are of episodes


def standard_figures(distribution: Distribution | None, episodes: Episodes | None = None,
                     profile: Profile | None = None, trajectories: Iterable[Trajectory] | None = None,
                     names: Sequence[str] = STANDARD) -> dict[str, Figure]:
    """The figures of a run.

    Args:
        distribution: from the exact engine; without it only figures of episodes are made.
        episodes: from an engine that samples, shown beside the exact numbers.
        profile: the policies that were propagated; without it ``policy_map`` is not made.
        trajectories: sample paths for ``weeks``, the first three of them; those of ``episodes`` if None.
        names: of `STANDARD` and `FURTHER`; those that cannot be made of what is given are left out.

    Returns:
        Name to figure, ready for `save_figure`.

    Raises:
        ValueError: neither a distribution nor episodes are given, or a name is not known.
    """
    unknown = next((name for name in names if name not in STANDARD + FURTHER), None)
    if unknown is not None:
        raise ValueError(f"figure: {unknown!r} is not allowed; allowed: {', '.join(STANDARD + FURTHER)}")
    recorded = episodes is not None and len(episodes.records) > 0
    makers: dict[str, Callable[[], Figure]] = {
        "outcomes": lambda: plot_outcome_figure(outcome_table(distribution, episodes))}
    if distribution is not None:
        makers |= {
            "weeks": lambda: _weeks(distribution, episodes, trajectories),
            "moves": lambda: plot_moves_figure(moves_table(distribution)),
            "incidence": lambda: plot_incidence_figure(incidence_table(distribution, episodes if recorded else None))}
        if profile is not None:
            makers["policy_map"] = lambda: plot_policy_map(policy_table(distribution.game, profile, distribution.mass))
    if episodes is not None and recorded:
        makers["payoffs"] = lambda: plot_payoffs_figure(
            payoff_table(episodes), payoff_summary(payoff_table(episodes), distribution))
        makers["triangle"] = lambda: plot_triangle_figure(
            triangle_table(episodes), frontier_table(episodes.game),
            None if distribution is None or profile is None else triangle_points(distribution, profile))
    return {name: makers[name]() for name in names if name in makers}


def _weeks(distribution: Distribution, episodes: Episodes | None,
           trajectories: Iterable[Trajectory] | None) -> Figure:
    if trajectories is None:
        trajectories = episodes.trajectories.values() if episodes is not None else ()
    paths = path_table(trajectories)
    return plot_weeks(weekly_table(distribution), outcomes_by_week(distribution), None if paths.empty else paths)


__all__ = [
    "ACTOR_COLOURS", "FURTHER", "MOVE_COLOURS", "OUTCOME_COLOURS", "STANDARD", "drawn", "new_axes", "plot_areas",
    "plot_areas_figure", "plot_cloud", "plot_cloud_figure", "plot_curves", "plot_curves_figure", "plot_heat",
    "plot_heat_figure", "plot_incidence", "plot_incidence_figure", "plot_lines", "plot_lines_figure",
    "plot_moves", "plot_moves_figure", "plot_multiples", "plot_outcome_figure", "plot_outcomes", "plot_payoffs",
    "plot_payoffs_figure", "plot_phase", "plot_phase_figure", "plot_policy", "plot_policy_map", "plot_precision",
    "plot_precision_figure", "plot_reached", "plot_rungs", "plot_sensitivity", "plot_sensitivity_figure",
    "plot_standing", "plot_sweep", "plot_triangle", "plot_triangle_figure", "plot_weeks", "read_receipt",
    "save_figure", "standard_figures", "styled",
]
