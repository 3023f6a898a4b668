r"""The fingerprint of a behaviour: what it plays, by tension and by whether a standstill is in force.

Against `random` on the other seats, a behaviour is led through all kinds of states. With :math:`\mu_t(s)` the
probability that the dispute goes on in state s before round t (`negotiation.engines.exact`), the expected number of
decisions on which it plays m in state s is, for a table on Tokyo's seat,

.. math::
    F(s, m) = \sum_t \mu_t(s) \sum_w \pi_W(w) \Bigl[ \phi\, \pi^1_T(m | w)
        + (1-\phi) \sum_{m'} \pi^1_S(m' | w)\, \pi^2_T(m | w, m') \Bigr] ,

with the order's probabilities exchanged for Seoul. States are binned by tension :math:`\tau` and by c; the *share* of
m in a bin is F(m) over the bin's F, the *weight* of a bin its part of all decisions. A behaviour that remembers has
no table over states; its decisions are counted in simulated episodes instead.

**Variables.** F is ``counts``, float64 [S, M]; tension is ``game.tension`` [S], c ``game.standstill`` [S].
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from negotiation.behaviours import label, make_policy
from negotiation.engines.exact import propagate
from negotiation.engines.trajectory import trace
from negotiation.game import Game
from negotiation.policy import DisputantPolicy, Profile
from negotiation.vocabulary import Actor, Move, opponent

Floats = NDArray[np.float64]

EDGES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)  # of bins of tension; the last one holds its upper end
EPISODES = 300
ROUNDING = 1e-12


def fingerprint(game: Game, seat: Actor, choice: Any, *, others: Any = "random", edges: Sequence[float] = EDGES,
                episodes: int = EPISODES, seed: int = 0) -> pd.DataFrame:
    """What a behaviour plays, by tension and standstill.

    Args:
        game: the compiled game.
        seat: Tokyo or Seoul.
        choice: the behaviour, as `negotiation.behaviours.make_policy` takes it.
        others: the behaviour on the two other seats.
        edges: rising, of the bins of tension, the first 0 and the last 1.
        episodes: how many are simulated if it remembers.
        seed: of these.

    Returns:
        One row a bin and move: ``behaviour``, ``seat``, ``standstill`` (0 or 1), ``low`` and ``high`` of the
        tension, ``move``, ``share`` (nan where the bin is never reached), ``weight``, ``exact``.

    Raises:
        ValueError: the edges are no bins of [0, 1].
        ParameterError: a behaviour cannot be had.
    """
    bounds = np.asarray(edges, dtype=np.float64)
    if len(bounds) < 2 or bounds[0] != 0 or bounds[-1] != 1 or not (np.diff(bounds) > 0).all():
        raise ValueError(f"edges: {list(edges)} is not allowed; allowed: rising numbers from 0 to 1")
    profile = Profile.of({actor: make_policy(game, actor, choice if actor is seat else others) for actor in Actor})
    exact = profile.disputant(seat).memory is None and not profile.remembers
    counts = _expected(game, profile, seat) if exact else _counted(game, profile, seat, episodes, seed)
    bins = np.clip(np.searchsorted(bounds, game.tension + ROUNDING, side="right") - 1, 0, len(bounds) - 2)
    rows, total = [], counts.sum()
    for standstill in (0, 1):
        for number in range(len(bounds) - 1):
            inside = (bins == number) & (game.standstill == standstill)
            moves = counts[inside].sum(axis=0)
            weight = float(moves.sum() / total)
            rows += [{"behaviour": label(choice), "seat": seat.key, "standstill": standstill,
                      "low": float(bounds[number]), "high": float(bounds[number + 1]), "move": move.key,
                      "share": float(moves[move] / moves.sum()) if weight > ROUNDING else np.nan, "weight": weight,
                      "exact": exact} for move in Move]
    return pd.DataFrame(rows)


def _expected(game: Game, profile: Profile, seat: Actor) -> Floats:
    """F, exactly: float64 [S, M]."""
    mass = propagate(game, profile).mass[:-1]  # [T, S]
    own, other = profile.disputant(seat), profile.disputant(opponent(seat))
    first = game.scenario.tokyo_first if seat is Actor.TOKYO else 1 - game.scenario.tokyo_first
    stance = profile.washington.stance
    rounds = len(mass)
    if {own.length, other.length, profile.washington.length} == {1}:
        mass, rounds = mass.sum(axis=0, keepdims=True), 1  # the same decisions every week: weeks may be added up

    def at(table: Floats, index: int) -> Floats:
        return np.asarray(table[0 if len(table) == 1 else index])

    counts = np.zeros((game.n_states, len(Move)))
    for index in range(rounds):
        leading, answering = _row(own, other, index, at)
        joint = mass[index][:, None, None] * at(stance, index)[:, :, None]
        counts += (joint * (first * leading + (1 - first) * answering)).sum(axis=1)
    return counts


def _row(own: DisputantPolicy, other: DisputantPolicy, index: int, at: Any) -> tuple[Floats, Floats]:
    """The own probabilities when moving first, and when second averaged over the other's first moves: [S, W, M]."""
    answering = np.einsum("swf,swfm->swm", at(other.first, index), at(own.second, index))
    return at(own.first, index), answering


def _counted(game: Game, profile: Profile, seat: Actor, episodes: int, seed: int) -> Floats:
    """F counted in simulated episodes: float64 [S, M]."""
    counts = np.zeros((game.n_states, len(Move)))
    for episode in range(episodes):
        for week in trace(game, profile, seed, episode):
            counts[week.state, week.moves[seat]] += 1
    return counts


__all__ = ["EDGES", "EPISODES", "fingerprint"]
