"""Quantal reply: the logit reply to a named opponent.

McKelvey & Palfrey (1998): at each decision an option's probability is proportional to exp(precision Q), Q its
expected discounted payoff, here against an opponent who plays a given behaviour. A disputant expects the other side
to play it, and Washington its part of the equilibrium; Washington expects it of both sides.
"""

from __future__ import annotations

from typing import Any

from negotiation.behaviours.solved import solution
from negotiation.behaviours.specification import Parameter
from negotiation.game import Game
from negotiation.policy import Policy
from negotiation.solve import respond_to
from negotiation.vocabulary import DISPUTANTS, Actor

RULE = "answers a named opponent by the logit reply, at its own precision unless told otherwise"
REFERENCE = "McKelvey & Palfrey 1998"
KIND = "solved"
PARAMETERS = {
    "to": Parameter("hawk", "the behaviour that it expects of the other side", behaviour=True),
    "precision": Parameter(None, "1/payoff, inf for the best reply; the scenario's if null"),
}


def policy(game: Game, seat: Actor, to: Any = "hawk", precision: float | None = None) -> Policy:
    """The seat's table of the reply, over the whole horizon."""
    from negotiation.behaviours import make_policy  # the opponent may be any behaviour

    profile = solution(game).profile
    for other in DISPUTANTS:
        if other is not seat:
            profile = profile.swap(other, make_policy(game, other, to))
    return respond_to(game, profile, (seat,), precision).profile[seat]
