"""Reluctant: the third party that wants to be asked, and by both ("maybe if they would both want me to")."""

from __future__ import annotations

from negotiation.game import Game
from negotiation.policy import Policy, third_party_rule
from negotiation.vocabulary import Actor, Stance

RULE = "convenes the week after both sides have appealed, otherwise stays quiet"


def policy(game: Game, seat: Actor) -> Policy:
    """Convene where both appealed last round."""
    return third_party_rule(
        game, "reluctant", lambda state: Stance.CONVENE if game.appeals[state] == 2 else Stance.QUIET)
