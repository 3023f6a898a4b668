r"""How choice changes as precision goes from 0 (uniform play) to infinity (subgame-perfect play).

At every precision :math:`\lambda` the logit equilibrium is unique (`negotiation.solve`), so each decision has one
path of choice probabilities. Its ends are known: at :math:`\lambda = 0` every legal option is equally likely;
at :math:`\lambda = \infty` the best one is taken, ties going to the lowest number. The path towards infinity
approaches the subgame-perfect choice wherever no two options tie. (McKelvey & Palfrey 1998, "Quantal response
equilibria for extensive form games", theorem 4, for the limit.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from negotiation.engines.exact import propagate_unchecked
from negotiation.game import Booleans, Floats, Game, compile_game
from negotiation.outcomes import words
from negotiation.parameters import ParameterError
from negotiation.precision_scale import HALF, place_of
from negotiation.scenario import Scenario
from negotiation.solve import Solution, backward_induction
from negotiation.vocabulary import Actor, Move, Outcome, Stance

if TYPE_CHECKING:
    from pandas import DataFrame

INFINITY = float("inf")
NEAREST = 1 / 4096  # on the scale of the figure, how near precisions are set at most
# Evenly spread over that scale, and more on the last stretch before infinity.
PRECISIONS: tuple[float, ...] = (*(HALF * u / (48 - u) for u in range(48)), 180.0, 300.0, 600.0, 2000.0, INFINITY)


@dataclass(frozen=True)
class Decision:
    """One decision of the game.

    Attributes:
        seat: who decides.
        stance: the third party's stance this week; None if the third party itself decides.
        first_move: the other side's move, if the disputant moves second; None if it moves first.
        week: from 1.
        state: number of the public state; None for the scenario's start.
    """

    seat: Actor
    stance: Stance | None = None
    first_move: Move | None = None
    week: int = 1
    state: int | None = None

    def __post_init__(self) -> None:
        third = self.seat is Actor.WASHINGTON
        if third and (self.stance is not None or self.first_move is not None):
            raise ParameterError("decision", "a stance or move before the third party decides", "neither")
        if not third and self.stance is None:
            raise ParameterError("decision.stance", None, "one of " + ", ".join(Stance.keys()))


def precision_path(scenario: Scenario, values: Iterable[float] = PRECISIONS, decision: Decision | None = None, *,
                   seats: Iterable[Actor] = tuple(Actor), refine: float | None = 0.1, most: int = 160) -> DataFrame:
    """Choice probabilities of one decision, or outcome probabilities, at each of several precisions.

    Args:
        scenario: checked parameters.
        values: precisions, 1/payoff; 0 and infinity are always added.
        decision: whose options are followed; None for the outcomes after the observed rounds.
        seats: whose precision takes these values; the others keep the scenario's.
        refine: precisions are added half-way, on the scale x / (`HALF` + x), between neighbours at which a
            probability differs by more than this, the farthest apart first; None adds none.
        most: precisions are added up to so many, ``values`` included.

    Returns:
        One row a precision (rising) and option: ``precision``, ``option`` and ``option_name``, ``probability``,
        ``legal`` (bool; always true for outcomes) and ``limit``: ``uniform`` at precision 0, ``subgame_perfect`` at
        infinity (``best_reply`` if not all seats reach it), else empty. ``attrs``: ``decision`` (mapping of
        ``kind``: ``stance``, ``first``, ``second`` or ``outcomes``, and of ``seat``, ``seat_name``, ``stance_name``,
        ``first_move`` and ``week`` where they apply), ``own`` (the scenario's own precision if the seats share one,
        else None), ``scenario``, ``title`` and ``rounds``.

    Raises:
        ParameterError: a precision, refine, the week or the state is out of range, a first move is illegal there, or
            no seat is given.
        TooLargeError: the policy tables would not fit into memory.
    """
    from pandas import DataFrame

    if refine is not None and not refine > 0:
        raise ParameterError("refine", refine, "a number above 0, or None")
    moving = [Actor(seat) for seat in seats]
    if not moving:
        raise ParameterError("seats", "none", "one of " + ", ".join(Actor.keys()))
    precisions = sorted({0.0, INFINITY, *(_checked(value) for value in values)})
    game = compile_game(scenario)
    keys, names, legal = _options(game, decision)
    ends = {0.0: "uniform", INFINITY: "subgame_perfect" if len(set(moving)) == len(Actor) else "best_reply"}

    def shares_at(precision: float) -> Floats:
        levels = np.array(game.precision, dtype=np.float64)
        levels[moving] = precision
        return _shares(backward_induction(game, levels, keep=game.rounds if decision is None else decision.week),
                       decision)

    path = {precision: shares_at(precision) for precision in precisions}
    if refine is not None:
        _refine(path, shares_at, refine, most)
    rows = [(precision, key, name, float(share), bool(may), ends.get(precision, ""))
            for precision in sorted(path)
            for key, name, share, may in zip(keys, names, path[precision], legal, strict=True)]
    table = DataFrame(rows, columns=["precision", "option", "option_name", "probability", "legal", "limit"])
    own = {float(game.precision[seat]) for seat in moving}
    table.attrs = {"decision": _told(game, decision), "own": own.pop() if len(own) == 1 else None,
                   "scenario": scenario.name, "title": scenario.title, "rounds": scenario.rounds}
    return table


def _refine(path: dict[float, Floats], shares_at: Callable[[float], Floats], step: float, most: int) -> None:
    """Add precisions between neighbours whose probabilities differ by more than a step."""
    while len(path) < most:
        known = sorted(path)
        places = place_of(known)
        change = np.array([np.abs(path[one] - path[two]).max() for one, two in pairwise(known)])
        wide = [number for number in np.argsort(-change, kind="stable")
                if change[number] > step and places[number + 1] - places[number] > NEAREST]
        if not wide:
            return
        for number in wide[:most - len(path)]:
            middle = (places[number] + places[number + 1]) / 2
            precision = float(HALF * middle / (1 - middle))
            path[precision] = shares_at(precision)


def _checked(value: float) -> float:
    if isinstance(value, bool) or not value >= 0:
        raise ParameterError("values", value, "precisions of at least 0, infinity included")
    return float(value)


def _options(game: Game, decision: Decision | None) -> tuple[list[str], list[str], Booleans]:
    """Keys and names of the options of a decision, and bool [options]: which are legal."""
    if decision is None:
        outcomes = list(Outcome.keys())
        return outcomes, [words(key) for key in outcomes], np.ones(len(outcomes), dtype=np.bool_)
    if not 1 <= decision.week <= game.horizon:
        raise ParameterError("decision.week", decision.week, f"1 to {game.horizon}")
    state = _state(game, decision)
    if not 0 <= state < game.n_states:
        raise ParameterError("decision.state", state, f"0 to {game.n_states - 1}")
    if decision.seat is Actor.WASHINGTON:
        return (list(Stance.keys()), [game.scenario.stance_name(stance) for stance in Stance],
                game.legal_stances[:, state])
    if decision.first_move is not None and not game.legal[1 - decision.seat, decision.first_move, state]:
        raise ParameterError("decision.first_move", decision.first_move.key,
                             "one of " + ", ".join(m.key for m in Move if game.legal[1 - decision.seat, m, state]))
    moves = list(Move.keys())
    return moves, [words(key) for key in moves], game.legal[decision.seat, :, state]


def _shares(solution: Solution, decision: Decision | None) -> Floats:
    game, profile = solution.game, solution.profile
    if decision is None:
        return propagate_unchecked(game, profile).outcome_probabilities()
    state = _state(game, decision)
    if decision.seat is Actor.WASHINGTON:
        return profile.washington.at(decision.week - 1, state)
    assert decision.stance is not None
    return profile.disputant(decision.seat).at(decision.week - 1, state, decision.stance, decision.first_move)


def _state(game: Game, decision: Decision) -> int:
    return int(game.start) if decision.state is None else decision.state


def _told(game: Game, decision: Decision | None) -> dict[str, object]:
    """What a figure says about the decision."""
    if decision is None:
        return {"kind": "outcomes"}
    told: dict[str, object] = {"seat": decision.seat.key, "seat_name": game.scenario.display_name(decision.seat),
                               "week": decision.week, "at_start": _state(game, decision) == game.start}
    if decision.stance is None:
        return {"kind": "stance", **told}
    told["stance_name"] = game.scenario.stance_name(decision.stance)
    if decision.first_move is None:
        return {"kind": "first", **told}
    return {"kind": "second", **told, "first_move": words(decision.first_move.key)}


__all__ = ["PRECISIONS", "Decision", "precision_path"]
