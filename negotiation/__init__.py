"""negotiation: one game, solved exactly, propagated exactly, simulated by the million and played.

Start with ``load_scenario``, ``compile_game``, ``backward_induction``, ``propagate``, ``simulate``:

    >>> import negotiation as ng
    >>> game = ng.compile_game(ng.load_scenario("tokyo_seoul_2019"))
    >>> solution = ng.backward_induction(game)
    >>> ng.propagate(game, solution.profile).outcome_probabilities().round(3).tolist()
    [0.325, 0.355, 0.109, 0.129, 0.083]

Names are loaded on first use, so that ``import negotiation`` costs nothing.
"""

from importlib import import_module
from typing import Any

from negotiation.version import __version__

_HOMES = {
    "Actor": "vocabulary", "Chance": "vocabulary", "Move": "vocabulary", "Outcome": "vocabulary",
    "Stance": "vocabulary",
    "Scenario": "scenario", "ParameterError": "parameters",
    "Game": "game", "compile_game": "game", "GameError": "checks", "check_game": "checks",
    "DisputantPolicy": "policy", "PolicyError": "policy", "Profile": "policy", "ThirdPartyPolicy": "policy",
    "check_policy": "policy", "mix": "policy", "with_error": "policy",
    "Solution": "solve", "backward_induction": "solve", "best_response": "solve", "evaluate": "solve",
    "regret": "solve", "respond_to": "solve",
    "Distribution": "engines.exact", "propagate": "engines.exact",
    "Episodes": "engines.batch", "Records": "engines.batch", "simulate": "engines.batch",
    "Trajectory": "engines.trajectory", "trace": "engines.trajectory",
    "Disputant": "engines.mesa_model", "NegotiationModel": "engines.mesa_model",
    "Observation": "engines.dispute", "ThirdParty": "engines.mesa_model",
    "Dispute": "engines.dispute", "player": "engines.mesa_model", "Memory": "memory", "make_memory": "memory",
    "behaviour": "behaviours", "make_policy": "behaviours", "make_profile": "behaviours",
    "behaviours_for": "behaviours", "Behaviour": "behaviours", "Parameter": "behaviours",
    "load_scenario": "library", "scenario_names": "library",
    "PointResult": "engines.points", "equilibrium_point": "engines.points",
    "Design": "sweep.design", "make_design": "sweep.design", "SweepPlan": "sweep.settings",
    "Executor": "sweep.executors", "run_sweep": "sweep.run", "load_sweep": "sweep.table",
    "SweepTable": "sweep.table", "sensitivity": "sweep.sensitivity", "phase_table": "sweep.regions",
    "discover": "sweep.discovery", "paired_differences": "sweep.differences",
    "replay_row": "sweep.replay", "branch_study": "sweep.replay",
    "Coding": "history.record", "load_record": "history.record", "observe": "history.coding",
    "observed_episode": "history.coding", "weeks_table": "history.coding", "likelihood": "history.likelihood",
    "against_behaviours": "history.against", "weekly_gains": "history.against", "fit": "history.fit",
    "predict": "history.predictive", "scores": "history.scores",
    "Population": "learning", "learn": "learning", "learning_curve": "learning", "nearness": "learning",
    "TournamentPlan": "tournament", "load_tournament": "tournament", "ranking": "tournament",
    "bimatrix_equilibria": "tournament", "symmetric_equilibria": "tournament",
}

__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'negotiation' has no attribute {name!r}")
    value = getattr(import_module(f"negotiation.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
