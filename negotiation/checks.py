"""Holding a compiled game against the invariants that every engine relies on."""

from __future__ import annotations

import numpy as np

from negotiation.game import TOLERANCE, Booleans, Floats, Game
from negotiation.vocabulary import DISPUTANTS, Move, Stance


class GameError(ValueError):
    """A game's tables break an invariant; the message names state, stance and moves."""


def check_game(game: Game) -> None:
    """Verify every invariant of a game's tables.

    Shapes; finite payoffs; probabilities in [0, 1] and the four results of a week summing to 1; a
    legal option at every decision; afterstates and next states in range and consistent; discount
    in (0, 1]; precision at least 0; all arrays read-only.

    Raises:
        GameError: naming the table and the first state (stance, moves) at fault.
    """
    s, k, w, m = game.n_states, game.n_afterstates, len(Stance), len(Move)
    expected = {
        "rungs": (2, s), "standstill": (s,), "appeals": (s,), "tension": (s,), "escalated": (s,), "effort": (w,),
        "legal": (2, m, s),
        "legal_stances": (w, s), "afterstate": (m, m, s), "breach": (m, m, s), "payoff": (3, w, m, m, s),
        "settlement": (w, m, m, s), "after_rungs": (2, k), "after_status": (k,), "after_appeals": (k,),
        "after_tension": (k,), "rupture": (k,), "lapse": (k,), "next_on": (k,), "next_lapsed": (k,),
        "settlement_payoff": (3, w, k), "rupture_payoff": (3,), "discount": (3,), "precision": (3,),
    }
    for name, shape in expected.items():
        table = getattr(game, name)
        if table.shape != shape:
            raise GameError(f"{name} has shape {table.shape}, expected {shape}")
        if table.flags.writeable:
            raise GameError(f"{name} is writable")
    for name in ("payoff", "settlement_payoff", "rupture_payoff"):
        _require(game, name, np.isfinite(getattr(game, name)), "is not finite")
    for name in ("settlement", "rupture", "lapse", "tension", "after_tension"):
        table = getattr(game, name)
        _require(game, name, (table >= 0) & (table <= 1), "is not in [0, 1]")
    for name, size in (("afterstate", k), ("next_on", s), ("next_lapsed", s)):
        table = getattr(game, name)
        _require(game, name, (table >= 0) & (table < size), f"is not in 0..{size - 1}")
    _check_consistency(game)
    results = chance_probabilities(game)
    _require(game, "settlement", np.abs(results.sum(axis=0) - 1) <= TOLERANCE,
             "gives results of a week that do not sum to 1")
    for seat in DISPUTANTS:
        stuck = np.flatnonzero(~game.legal[seat].any(axis=0))
        if stuck.size:
            raise GameError(f"legal: {seat.key} has no legal move in {game.describe(int(stuck[0]))}")
    if not game.legal_stances.any(axis=0).all():
        raise GameError("legal_stances: a state without a legal stance")
    if not ((game.discount > 0) & (game.discount <= 1)).all():
        raise GameError(f"discount {game.discount} is not in (0, 1]")
    if not (game.precision >= 0).all():
        raise GameError(f"precision {game.precision} is negative or not a number")


def _check_consistency(game: Game) -> None:
    """Rungs move by one at most; a next state has its afterstate's rungs, appeals and standstill."""
    reach = np.abs(game.after_rungs[:, game.afterstate] - game.rungs[:, None, None]) <= 1
    _require(game, "afterstate", reach.all(axis=0), "lies more than one rung away")
    held = game.after_status > 0
    for name, standstill in (("next_on", held), ("next_lapsed", np.zeros_like(held))):
        following = getattr(game, name)
        follows = ((game.rungs[:, following] == game.after_rungs).all(axis=0)
                   & (game.appeals[following] == game.after_appeals) & (game.standstill[following] == standstill))
        _require(game, name, follows, "does not follow from the afterstate")


def _require(game: Game, name: str, holds: Booleans, complaint: str) -> None:
    if holds.all():
        return
    where = tuple(int(axis[0]) for axis in np.nonzero(~holds))
    table = getattr(game, name)
    at = f"index {where}"
    if table.ndim and table.shape[-1] == game.n_states:
        at = game.describe(where[-1])
        if table.ndim >= 4:
            at += (f", stance {Stance(where[-4]).key}, moves {Move(where[-3]).key} and "
                   f"{Move(where[-2]).key}")
    raise GameError(f"{name} {complaint} at {at}: {table[where]!r}")


def chance_probabilities(game: Game) -> Floats:
    """float64 [4, W, M tokyo, M seoul, S]: the four results of the draw that ends a week, in order."""
    settled, rupture, lapse = game.settlement, game.rupture[game.afterstate], game.lapse[game.afterstate]
    going = (1 - settled) * (1 - rupture)
    return np.stack([settled, (1 - settled) * rupture, going * lapse, going * (1 - lapse)])
