"""Brinkman: climbs close to the top, and only there is ready to stand still.

Schelling (1960), "The Strategy of Conflict": brinkmanship is the deliberate creation of a risk that nobody
fully controls, to make the other side give way.
"""

from __future__ import annotations

from negotiation.behaviours.specification import Parameter
from negotiation.game import Game
from negotiation.policy import Policy, disputant_rule
from negotiation.vocabulary import Actor, Move

RULE = "climbs to the rung below the top, then plays standstill"
REFERENCE = "Schelling 1960"
PARAMETERS = {"below": Parameter(1, "rungs below the top at which it stops", high=100.0, integer=True)}


def policy(game: Game, seat: Actor, below: int = 1) -> Policy:
    """Escalate to the brink, ``below`` rungs under the top (rung 0 at the least); from there on offer a standstill."""
    brink = max(game.tops[seat] - below, 0)

    def rule(state: int, stance: int, first_move: int | None) -> Move:
        return Move.ESCALATE if game.rungs[seat, state] < brink else Move.STANDSTILL

    return disputant_rule(game, seat, "brinkman", rule)
