"""Tournaments: every pairing of behaviours, and the game of choosing among them."""

from negotiation.tournament.equilibria import Equilibria, Equilibrium, bimatrix_equilibria
from negotiation.tournament.field import Contest, contests, load_tournament
from negotiation.tournament.ranking import against, ranking
from negotiation.tournament.replicator import flow, replicator, replicator_pair, rest_points
from negotiation.tournament.settings import TournamentPlan, TournamentSettings
from negotiation.tournament.symmetric import Mixture, is_stable, mixture, symmetric_equilibria, symmetrised

__all__ = [
    "Contest", "Equilibria", "Equilibrium", "Mixture", "TournamentPlan", "TournamentSettings", "against",
    "bimatrix_equilibria", "contests", "flow", "is_stable", "load_tournament", "mixture", "ranking", "replicator",
    "replicator_pair", "rest_points", "symmetric_equilibria", "symmetrised",
]
