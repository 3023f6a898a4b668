"""Decisions as other programs see them: by the label of an information set, or by the history before it.

A `Decision` names one row of probabilities of a policy. Its label is what `negotiation.interop.gambit`
writes on the information set, in the words of this package's error messages. Readers that keep labels
(OpenSpiel) come back with `parse_label`; readers that identify a decision by the branches that lead to
it (pygambit 17) come back with `decision_after`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from negotiation.game import Game
from negotiation.policy import DisputantPolicy, Profile
from negotiation.vocabulary import Actor, Chance, Move, Stance

ORDER_LABELS = {Actor.TOKYO: "tokyo_first", Actor.SEOUL: "seoul_first"}


@dataclass(frozen=True)
class Decision:
    """What an actor knows when it decides; the place of a row of probabilities in a policy.

    Attributes:
        round: from 1, as in `negotiation.engines.trajectory.Week`.
        actor: who decides.
        state: number of the public state at the start of the round.
        stance: Washington's stance; None where Washington decides.
        first_move: the other side's move if the actor moves second, else None.
    """

    round: int
    actor: Actor
    state: int
    stance: Stance | None = None
    first_move: Move | None = None

    def __post_init__(self) -> None:
        third_party = self.actor is Actor.WASHINGTON
        if third_party != (self.stance is None) or (third_party and self.first_move is not None):
            raise ValueError("a disputant decides knowing the stance; washington knows neither stance nor move; "
                             f"got {self.actor.key}, stance {self.stance!r}, first move {self.first_move!r}")

    def label(self, game: Game) -> str:
        """The decision in words, e.g. ``round 1, seoul, state 78 (...), stance urge, after hold``."""
        text = f"round {self.round}, {self.actor.key}, {game.describe(self.state)}"
        if self.stance is not None:
            text += f", stance {self.stance.key}"
        if self.first_move is not None:
            text += f", after {self.first_move.key}"
        return text

    def probabilities(self, profile: Profile) -> dict[str, float]:
        """What a profile plays here: option key to probability, illegal options (0) included."""
        index = self.round - 1
        if self.stance is None:
            row = profile.washington.at(index, self.state)
            return {stance.key: float(row[stance]) for stance in Stance}
        policy: DisputantPolicy = profile.tokyo if self.actor is Actor.TOKYO else profile.seoul
        row = policy.at(index, self.state, self.stance, self.first_move)
        return {move.key: float(row[move]) for move in Move}


_LABEL = re.compile(r"(?:\d+-\d+-\d+-)?round (?P<round>\d+), (?P<actor>\w+), state (?P<state>\d+) \([^()]*\)"
                    r"(?:, stance (?P<stance>\w+))?(?:, after (?P<move>\w+))?(?: #\d+)?")


def parse_label(label: str) -> Decision:
    """The decision that an information set's label names; inverse of ``Decision.label``.

    Args:
        label: from the ``.efg`` text, where the number of the information set follows (``#12``), or
            OpenSpiel's ``information_state_string()``, which also puts three numbers before it.

    Raises:
        ValueError: the text is not such a label.
    """
    found = _LABEL.fullmatch(label)
    if found is None:
        raise ValueError(f"{label!r} is not the label of a decision; "
                         "expected e.g. 'round 1, seoul, state 78 (...), stance urge, after hold'")
    stance, move = found["stance"], found["move"]
    return Decision(
        int(found["round"]), Actor.parse(found["actor"]), int(found["state"]),
        None if stance is None else Stance.parse(stance), None if move is None else Move.parse(move))


def decision_after(game: Game, history: Iterable[str], *, state: int | None = None,
                   first_round: int = 1) -> Decision:
    """The decision that a sequence of branch labels leads to.

    Args:
        game: the exported game.
        history: branch labels from the root, chance's included; empty for the root.
        state: number of the state at the root; None: the start state.
        first_round: number of the first exported round, from 1.

    Raises:
        ValueError: a label is not one of this package's, or no decision follows the history.
    """
    steps = list(history)
    place, number = game.start if state is None else state, first_round
    while len(steps) >= 5:
        place = _next_state(game, place, steps[:5])
        steps, number = steps[5:], number + 1
    if not steps:
        return Decision(number, Actor.WASHINGTON, place)
    stance = Stance.parse(steps[0])
    if len(steps) in (1, 4):
        raise ValueError(f"chance, not an actor, follows {steps[-1]!r}")
    leader = _leader(steps[1])
    if len(steps) == 2:
        return Decision(number, leader, place, stance)
    return Decision(number, Actor(1 - leader), place, stance, Move.parse(steps[2]))


def _next_state(game: Game, state: int, week: Sequence[str]) -> int:
    """The state after one round's five branches: stance, order, first move, reply, chance."""
    first, reply = Move.parse(week[2]), Move.parse(week[3])
    moves = (first, reply) if _leader(week[1]) is Actor.TOKYO else (reply, first)
    result = Chance.parse(week[4])
    if result in (Chance.SETTLED, Chance.RUPTURE):
        raise ValueError(f"no decision follows {result.key!r}")
    k = game.afterstate[(*moves, state)]
    return int(game.next_lapsed[k] if result is Chance.LAPSE else game.next_on[k])


def _leader(label: str) -> Actor:
    for actor, known in ORDER_LABELS.items():
        if label == known:
            return actor
    raise ValueError(f"{label!r} is not an order of moves; allowed: {', '.join(ORDER_LABELS.values())}")
