"""Patron: the third party that takes a side, and leans on the other."""

from __future__ import annotations

from negotiation.game import Game
from negotiation.policy import Policy, third_party_rule
from negotiation.vocabulary import Actor, Stance, opponent

PRESS = {Actor.TOKYO: Stance.PRESS_TOKYO, Actor.SEOUL: Stance.PRESS_SEOUL}


def patron(game: Game, name: str, side: Actor) -> Policy:
    """Press the other side while it holds a rung and no standstill is in force; stay quiet otherwise."""
    other = opponent(side)
    return third_party_rule(game, name, lambda state: (
        PRESS[other] if game.rungs[other, state] > 0 and not game.standstill[state] else Stance.QUIET))
