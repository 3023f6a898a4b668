r"""The symmetrised meta-game: behaviours that draw either seat by lot, and which of them evolution keeps.

If each behaviour is as likely to sit in Tokyo as in Seoul, behaviour i expects against j

.. math::  G_{ij} = \tfrac12 \bigl( A_{ij} + B_{ji} \bigr) ,

a symmetric game. A mixture p over behaviours is a *symmetric equilibrium* if :math:`p^\top G p \ge (Gp)_i` for all i.
It is *evolutionarily stable* (Maynard Smith & Price 1973; Maynard Smith 1982) if besides
:math:`(p - q)^\top G q > 0` for every other best reply q to p.

**The test.** Let S be the support of p, B the pure best replies to it, k in S. Every best reply is
:math:`q = p + \sum_{i \in B \setminus k} z_i (e_i - e_k)` for some z that is nonnegative outside S, so p is stable
exactly if the matrix

.. math::  Q_{ij} = -\tfrac12 (e_i - e_k)^\top (G + G^\top) (e_j - e_k), \qquad i, j \in B \setminus \{k\},

has :math:`z^\top Q z > 0` for every z other than 0 with :math:`z_i \ge 0` for i in B outside S (Haigh 1975, as
corrected by Abakuks 1980). Coordinates in S are free: Q must be positive definite on them, and its Schur complement
on the others strictly copositive, which `strictly_copositive` decides by Kaplan's (2000) criterion: no principal
submatrix has an eigenvector of positive entries with an eigenvalue of at most 0.

**Variables.** G is ``g``, float64 [n, n]; p is ``Mixture.shares``.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from negotiation.tournament.equilibria import level

Floats = NDArray[np.float64]

TOLERANCE = 1e-9
SUPPORT = 4  # behaviours in a mixture, at most, by default
LARGEST_TEST = 14  # best replies outside the support, for the exponential test of copositivity


@dataclass(frozen=True, eq=False)
class Mixture:
    """A symmetric equilibrium.

    Attributes:
        shares: float64 [n], of each behaviour.
        payoff: what everybody expects, payoff units.
        regret: what a deviation gains, payoff units.
        stable: whether it is evolutionarily stable; None where too many best replies lie outside its support.
        best: places of the pure best replies to it.
    """

    shares: Floats
    payoff: float
    regret: float
    stable: bool | None
    best: tuple[int, ...]

    @property
    def support(self) -> tuple[int, ...]:
        """Places of the behaviours in it."""
        return tuple(np.flatnonzero(self.shares).tolist())


def symmetrised(a: Floats, b: Floats) -> Floats:
    """G, float64 [n, n], from the payoffs of the two seats over the same n behaviours in the same order.

    Raises:
        ValueError: the matrices are not square and of one shape.
    """
    if a.shape != b.shape or a.ndim != 2 or a.shape[0] != a.shape[1]:
        raise ValueError(f"payoffs: shapes {a.shape} and {b.shape}; allowed: two square matrices of one size")
    return np.asarray((a + b.T) / 2)


def symmetric_equilibria(g: Floats, support: int = SUPPORT) -> list[Mixture]:
    """All isolated symmetric equilibria in mixtures of at most so many behaviours, by support enumeration.

    For every set S of behaviours the shares that make all of S worth the same are solved for and kept if they are
    positive and nothing outside S is worth more. Sets whose equations have no single solution are passed over.

    Args:
        g: float64 [n, n].
        support: the most behaviours in a mixture.
    """
    n = len(g)
    scale = max(1.0, float(np.ptp(g)))
    found = []
    for size in range(1, min(support, n) + 1):
        sets = np.array(list(combinations(range(n), size)))
        shares = level_shares(g, sets)
        for members, row in zip(sets, shares, strict=True):
            if not (np.isfinite(row).all() and row.min() > TOLERANCE):
                continue
            p = np.zeros(n)
            p[members] = row / row.sum()
            made = mixture(g, p)
            if made.regret <= TOLERANCE * scale:
                found.append(made)
    return found


def level_shares(g: Floats, sets: NDArray[np.int64]) -> Floats:
    """float64 [sets, size]: shares under which a set's members are worth the same; nan where not determined.

    Args:
        g: float64 [n, n].
        sets: int64 [sets, size], places of behaviours.
    """
    return level(g[sets[:, :, None], sets[:, None, :]])


def mixture(g: Floats, shares: Floats) -> Mixture:
    """What a mixture is worth, its regret, and whether it is evolutionarily stable."""
    worth = g @ shares
    payoff = float(shares @ worth)
    regret = max(float(worth.max()) - payoff, 0.0)
    scale = max(1.0, float(np.ptp(g)))
    best = tuple(np.flatnonzero(worth >= payoff - TOLERANCE * scale).tolist())
    stable = is_stable(g, shares) if regret <= TOLERANCE * scale else False
    return Mixture(shares, payoff, regret, stable, best)


def is_stable(g: Floats, shares: Floats) -> bool | None:
    """Whether a symmetric equilibrium is evolutionarily stable, by the test above; None where it takes too long."""
    scale = max(1.0, float(np.ptp(g)))
    worth = g @ shares
    inside = np.flatnonzero(shares > 0)
    replies = np.flatnonzero(worth >= shares @ worth - TOLERANCE * scale)
    k, outside = inside[0], np.setdiff1d(replies, inside)
    order = np.concatenate([inside[1:], outside])
    if not len(order):
        return True
    steps = np.eye(len(g))[order] - np.eye(len(g))[k]
    q = -(steps @ (g + g.T) @ steps.T) / (2 * scale)
    free = len(inside) - 1
    if free:
        try:
            np.linalg.cholesky(q[:free, :free] - TOLERANCE * np.eye(free))
        except np.linalg.LinAlgError:
            return False
        q = q[free:, free:] - q[free:, :free] @ np.linalg.solve(q[:free, :free], q[:free, free:])
    if len(outside) > LARGEST_TEST:
        return None
    return strictly_copositive(q)


def strictly_copositive(matrix: Floats) -> bool:
    r"""Whether :math:`z^\top M z > 0` for every z >= 0 other than 0, M symmetric (Kaplan 2000)."""
    n = len(matrix)
    for size in range(1, n + 1):
        for members in combinations(range(n), size):
            values, vectors = np.linalg.eigh(matrix[np.ix_(members, members)])
            for place in np.flatnonzero(values <= TOLERANCE):
                vector = vectors[:, place] * np.sign(vectors[:, place].sum() or 1.0)
                if (vector > TOLERANCE).all():
                    return False
    return True


__all__ = [
    "Mixture", "is_stable", "level_shares", "mixture", "strictly_copositive", "symmetric_equilibria", "symmetrised",
]
