"""Level-k: k steps of reasoning about the others, from random play upwards.

Stahl & Wilson (1995), "On players' models of other players"; Nagel (1995). Level 0 takes every legal option with
equal chance. Level k plays the logit reply to all others at level k - 1, with its own precision as noise (inf: the
best reply). Every level is a table over the whole horizon.
"""

from __future__ import annotations

from negotiation.behaviours.specification import Parameter
from negotiation.game import Game
from negotiation.policy import Policy, Profile, uniform
from negotiation.solve import respond_to
from negotiation.vocabulary import Actor

RULE = "reasons k steps: level 0 is random, level k answers all others at level k - 1"
REFERENCE = "Stahl & Wilson 1995"
KIND = "solved"
PARAMETERS = {
    "k": Parameter(1, "steps of reasoning", high=3.0, integer=True),
    "precision": Parameter(None, "1/payoff, the less the noisier; the scenario's if null"),
}
_KEPT = "_levels"  # on the game, as solutions are: `solved.forget` lets go of them


def policy(game: Game, seat: Actor, k: int = 1, precision: float | None = None) -> Policy:
    """The seat's table at level k; lower levels are computed once a game and precision."""
    known: dict[tuple[Actor, int, float | None], Policy] = game.__dict__.setdefault(_KEPT, {})
    key = seat, k, precision if k else None
    if key not in known:
        if k == 0:
            known[key] = uniform(game, seat)
        else:
            below = Profile.of({actor: policy(game, actor, k - 1, precision) for actor in Actor})
            known[key] = respond_to(game, below, (seat,), precision).profile[seat]
    return known[key]
