"""Firefighter: the third party that comes when it burns, and leaves when it does not."""

from __future__ import annotations

from negotiation.behaviours.specification import Parameter
from negotiation.game import TOLERANCE, Game
from negotiation.policy import Policy, third_party_rule
from negotiation.vocabulary import Actor, Stance

RULE = "convenes while tension is above a limit, otherwise stays quiet"
PARAMETERS = {"above": Parameter(0.5, "tension above which it engages", high=1.0)}


def policy(game: Game, seat: Actor, above: float = 0.5) -> Policy:
    """Convene above the limit (up to rounding of 1e-12), whatever else."""
    return third_party_rule(game, "firefighter", lambda state: (
        Stance.CONVENE if game.tension[state] > above + TOLERANCE else Stance.QUIET))
