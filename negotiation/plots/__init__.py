"""Figures from tidy tables: (table, panel) -> panel; nothing here simulates."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from negotiation.outcomes import outcome_table, outcomes_by_week, path_table, policy_table, weekly_table
from negotiation.plots.fan import plot_rungs, plot_standing, plot_weeks
from negotiation.plots.lines import plot_cloud, plot_cloud_figure, plot_lines, plot_lines_figure, plot_sweep
from negotiation.plots.outcomes import plot_outcome_figure, plot_outcomes
from negotiation.plots.phase import plot_phase, plot_phase_figure
from negotiation.plots.policy_map import plot_policy, plot_policy_map
from negotiation.plots.save import read_receipt, save_figure
from negotiation.plots.sensitivity import plot_sensitivity, plot_sensitivity_figure
from negotiation.plots.style import ACTOR_COLOURS, MOVE_COLOURS, OUTCOME_COLOURS, new_axes, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from negotiation.engines.batch import Episodes
    from negotiation.engines.exact import Distribution
    from negotiation.engines.trajectory import Trajectory
    from negotiation.policy import Profile


def standard_figures(distribution: Distribution | None, episodes: Episodes | None = None,
                     profile: Profile | None = None,
                     trajectories: Iterable[Trajectory] | None = None) -> dict[str, Figure]:
    """The figures of a run: ``outcomes``, ``weeks`` and ``policy_map``.

    Args:
        distribution: from the exact engine; without it only ``outcomes`` is made.
        episodes: from an engine that samples, shown beside the exact numbers.
        profile: the policies that were propagated; without it ``policy_map`` is not made.
        trajectories: sample paths for ``weeks``, the first three of them; those of ``episodes`` if None.

    Returns:
        Name to figure, ready for `save_figure`.

    Raises:
        ValueError: neither a distribution nor episodes are given.
    """
    figures = {"outcomes": plot_outcome_figure(outcome_table(distribution, episodes))}
    if distribution is None:
        return figures
    if trajectories is None:
        trajectories = episodes.trajectories.values() if episodes is not None else ()
    paths = path_table(trajectories)
    figures["weeks"] = plot_weeks(weekly_table(distribution), outcomes_by_week(distribution),
                                  None if paths.empty else paths)
    if profile is not None:
        figures["policy_map"] = plot_policy_map(policy_table(distribution.game, profile, distribution.mass))
    return figures


__all__ = [
    "ACTOR_COLOURS", "MOVE_COLOURS", "OUTCOME_COLOURS", "new_axes", "plot_cloud", "plot_cloud_figure", "plot_lines",
    "plot_lines_figure", "plot_outcome_figure", "plot_outcomes", "plot_phase", "plot_phase_figure", "plot_policy",
    "plot_policy_map", "plot_rungs", "plot_sensitivity", "plot_sensitivity_figure", "plot_standing", "plot_sweep",
    "plot_weeks", "read_receipt", "save_figure", "standard_figures", "styled",
]
