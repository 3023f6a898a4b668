r"""Nash equilibria of the meta-game: which behaviours two governments could settle on.

For the bimatrix game (A, B) a pair of mixtures (x, y) is a Nash equilibrium if neither side gains by another
behaviour; its *regret* is what the side that gains more would gain,

.. math::  \max\bigl( \max_i (Ay)_i - x^\top A y,\; \max_j (B^\top x)_j - x^\top B y \bigr),

and everything found here is kept only if that is at most `TOLERANCE` (in units of the range of payoffs, if that is
above 1). A pure equilibrium is *strict* if every other behaviour loses: these and no others are evolutionarily
stable where each population knows its seat (Selten 1980).

First behaviours that can never be part of an equilibrium go, those that a mixture of others strictly dominates, again
and again (by linear programmes). If at most `SMALL` by `SMALL` are left, every pair of supports of one size is tried,
which finds all equilibria of a game that is not degenerate (none of whose mixtures has more pure best replies than
behaviours in its support). Besides, complementary pivoting (Lemke & Howson 1964) follows its paths from every label of
the artificial equilibrium and of every equilibrium found, which finds some, perhaps not all, whatever the size.
Pivots are lexicographic, so paths end in degenerate games as well. Both are our own, since nashpy's tests for
equality and for zero are exact, and on payoffs with many digits pass over equilibria or need not end.

**Variables.** A and B are ``a`` and ``b``, float64 [n, m]; x and y are ``Equilibrium.tokyo`` and ``Equilibrium.seoul``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

Floats = NDArray[np.float64]

TOLERANCE = 1e-9
SAME = 1e-6  # mixtures no farther apart are one
SMALL = 8
MOST = 200  # equilibria, after which paths are followed no farther
PIVOTS = 2000  # of one path, at most


@dataclass(frozen=True, eq=False)
class Equilibrium:
    """A pair of mixtures.

    Attributes:
        tokyo, seoul: float64 [n] and [m], probabilities.
        payoff: what the two get, payoff units.
        regret: what a deviation gains, payoff units.
        strict: whether it is pure and every deviation loses.
    """

    tokyo: Floats
    seoul: Floats
    payoff: tuple[float, float]
    regret: float
    strict: bool


class Equilibria(NamedTuple):
    """What was found.

    Attributes:
        found: pure ones first.
        complete: whether these are all there are.
        rows, columns: places of the behaviours that iterated strict dominance leaves.
    """

    found: tuple[Equilibrium, ...]
    complete: bool
    rows: tuple[int, ...]
    columns: tuple[int, ...]


def bimatrix_equilibria(a: Floats, b: Floats) -> Equilibria:
    """The equilibria of a bimatrix game, as described above.

    Args:
        a: float64 [n, m], what the row player gets.
        b: float64 [n, m], what the column player gets.

    Raises:
        ValueError: the shapes differ, or a payoff is not finite.
    """
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.shape != b.shape or a.ndim != 2 or not a.size or not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ValueError(f"payoffs: shapes {a.shape} and {b.shape}; allowed: two matrices of one shape, finite")
    rows, columns = undominated(a, b)
    inner = _unit(a[np.ix_(rows, columns)]), _unit(b[np.ix_(rows, columns)])
    small = max(len(rows), len(columns)) <= SMALL
    candidates = [*pure_pairs(*inner), *(_enumerated(*inner) if small else ()), *_pivoted(*inner)]
    found: list[Equilibrium] = []
    for x, y in candidates:
        for p, q in ((x, y), _polished(*inner, x, y)):
            wide_p, wide_q = np.zeros(a.shape[0]), np.zeros(a.shape[1])
            wide_p[list(rows)], wide_q[list(columns)] = p, q
            made = equilibrium(a, b, wide_p, wide_q)
            if made is not None and not any(_same(made, other) for other in found):
                found.append(made)
            if made is not None:
                break
    complete = small and not any(_degenerate(a, b, each) for each in found)
    return Equilibria(tuple(found), complete, rows, columns)


def equilibrium(a: Floats, b: Floats, x: Floats, y: Floats) -> Equilibrium | None:
    """The pair (x, y) as an equilibrium, None if it is none; both are normalised."""
    p, q = _normal(x), _normal(y)
    if p is None or q is None:
        return None
    x, y = p, q
    rows, columns = a @ y, b.T @ x
    own = float(x @ rows), float(y @ columns)
    regret = max(float(rows.max()) - own[0], float(columns.max()) - own[1], 0.0)
    if not regret <= TOLERANCE * max(1.0, np.ptp(a), np.ptp(b)):
        return None
    i, j = int(x.argmax()), int(y.argmax())
    strict = bool(x[i] == y[j] == 1.0 and np.delete(a[:, j], i).max(initial=-np.inf) < a[i, j] - TOLERANCE
                  and np.delete(b[i], j).max(initial=-np.inf) < b[i, j] - TOLERANCE)
    return Equilibrium(x, y, own, regret, strict)


def pure_pairs(a: Floats, b: Floats) -> list[tuple[Floats, Floats]]:
    """All equilibria in pure behaviours, by definition, as pairs of mixtures."""
    best = (a >= a.max(axis=0) - TOLERANCE) & (b >= b.max(axis=1, keepdims=True) - TOLERANCE)
    return [(np.eye(a.shape[0])[i], np.eye(a.shape[1])[j]) for i, j in np.argwhere(best)]


def undominated(a: Floats, b: Floats) -> tuple[tuple[int, ...], tuple[int, ...]]:
    r"""Places of the rows and columns that survive iterated elimination of strictly dominated behaviours.

    A row i goes if for some mixture p of the others :math:`(p^\top A)_j > A_{ij}` for every column j left.
    """
    rows, columns = list(range(a.shape[0])), list(range(a.shape[1]))
    while True:
        before = len(rows), len(columns)
        rows = _survivors(_unit(a), rows, columns)
        columns = _survivors(_unit(b).T, columns, rows)
        if (len(rows), len(columns)) == before:
            return tuple(rows), tuple(columns)


def _survivors(payoff: Floats, own: list[int], others: list[int]) -> list[int]:
    left = list(own)
    for i in own:
        rest = [k for k in left if k != i]
        if rest and _dominated(payoff[np.ix_(rest, others)], payoff[i, others]):
            left = rest
    return left


def _dominated(rest: Floats, row: Floats) -> bool:
    if (rest > row + TOLERANCE).all(axis=1).any():
        return True
    if (rest.max(axis=0) <= row + TOLERANCE).any():  # a best reply to something
        return False
    # Largest d with p'rest >= row + d; variables p, then d.
    k, m = rest.shape
    bounds = [(0.0, None)] * k + [(None, None)]
    found = linprog(np.append(np.zeros(k), -1.0), A_ub=np.hstack([-rest.T, np.ones((m, 1))]), b_ub=-row,
                    A_eq=np.append(np.ones(k), 0.0)[None], b_eq=[1.0], bounds=bounds, method="highs")
    return bool(found.status == 0 and -found.fun > 1e-7)  # the programme's own precision


# ------------------------------------------------------------------------------------ finding candidates


def level(blocks: Floats) -> Floats:
    """Mixtures under which all rows of a matrix are worth the same.

    Args:
        blocks: float64 [..., k, k], payoffs of rows against columns.

    Returns:
        float64 [..., k], shares of the columns, which sum to 1 but may be negative; nan where there is not just one.
    """
    k = blocks.shape[-1]
    # Unknown: shares, then the common worth v. Block p - v = 0, sum p = 1.
    equations = np.zeros((*blocks.shape[:-2], k + 1, k + 1))
    equations[..., :k, :k] = blocks
    equations[..., :k, k] = -1.0
    equations[..., k, :k] = 1.0
    right = np.zeros((*blocks.shape[:-2], k + 1, 1))
    right[..., k, :] = 1.0
    known = np.abs(np.linalg.det(equations)) > 1e-12
    shares = np.full(blocks.shape[:-1], np.nan)
    if known.any():
        shares[known] = np.linalg.solve(equations[known], right[known])[..., :k, 0]
    return shares


def _enumerated(a: Floats, b: Floats) -> Iterator[tuple[Floats, Floats]]:
    """Pairs of mixtures, of two supports of one size, that make each other indifferent."""
    n, m = a.shape
    for size in range(2, min(n, m) + 1):  # pure pairs are known
        rows, columns = np.array(list(combinations(range(n), size))), np.array(list(combinations(range(m), size)))
        at = rows[:, None, :, None], columns[None, :, None, :]
        ys, xs = level(a[at]), level(np.swapaxes(b[at], -1, -2))
        for i, j in np.argwhere((xs.min(axis=-1) > TOLERANCE) & (ys.min(axis=-1) > TOLERANCE)):
            x, y = np.zeros(n), np.zeros(m)
            x[rows[i]], y[columns[j]] = xs[i, j], ys[i, j]
            yield x, y


class _Vertex(NamedTuple):
    """A pair of tableaux and their bases: one for x, one for y."""

    tables: tuple[Floats, Floats]
    bases: tuple[NDArray[np.int64], NDArray[np.int64]]


def _pivoted(a: Floats, b: Floats) -> Iterator[tuple[Floats, Floats]]:
    """Ends of Lemke-Howson paths, from every label of the artificial equilibrium and of what is found."""
    n, m = a.shape
    positive_a, positive_b = a - a.min() + 1.0, b - b.min() + 1.0
    one_n, one_m = np.ones((n, 1)), np.ones((m, 1))
    start = _Vertex((np.hstack([positive_b.T, np.eye(m), one_m]), np.hstack([np.eye(n), positive_a, one_n])),
                    (np.arange(n, n + m), np.arange(n)))
    slack = np.arange(n, n + m), np.arange(n)
    waiting, known = [start], {_name(start)}
    while waiting and len(known) <= MOST:
        vertex = waiting.pop(0)
        for label in range(n + m):
            end = _follow(vertex, label, slack)
            if end is None or _name(end) in known:
                continue
            known.add(_name(end))
            waiting.append(end)
            x, y = np.zeros(n + m), np.zeros(n + m)
            x[end.bases[0]], y[end.bases[1]] = end.tables[0][:, -1], end.tables[1][:, -1]
            yield x[:n], y[n:]


def _name(vertex: _Vertex) -> tuple[frozenset[int], frozenset[int]]:
    return frozenset(vertex.bases[0].tolist()), frozenset(vertex.bases[1].tolist())


def _follow(vertex: _Vertex, label: int, slack: tuple[NDArray[np.int64], NDArray[np.int64]]) -> _Vertex | None:
    """The vertex at the end of the path on which a label is missing; None if it is not reached."""
    tables = vertex.tables[0].copy(), vertex.tables[1].copy()
    bases = vertex.bases[0].copy(), vertex.bases[1].copy()
    # Of a label's two variables one is in a basis; the other one enters, in the other tableau.
    side = 1 if label in bases[0] else 0
    entering = label
    for _ in range(PIVOTS):
        row = _leaving(tables[side], entering, slack[side])
        if row is None:
            return None
        table = tables[side]
        table[row] /= table[row, entering]
        others = np.arange(len(table)) != row
        table[others] -= table[others, entering][:, None] * table[row]
        entering, bases[side][row] = int(bases[side][row]), entering
        if entering == label:
            return _Vertex(tables, bases)
        side = 1 - side
    return None


def _leaving(table: Floats, entering: int, slack: NDArray[np.int64]) -> int | None:
    """The row of the lexicographically least ratio."""
    rows = np.flatnonzero(table[:, entering] > 1e-11)
    for column in (-1, *slack.tolist()):
        if len(rows) <= 1:
            break
        ratios = table[rows, column] / table[rows, entering]
        rows = rows[ratios <= ratios.min() + 1e-12]
    return int(rows[0]) if len(rows) else None


def _polished(a: Floats, b: Floats, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """The mixtures of the same supports that make the other side indifferent, solved anew."""
    return _indifferent(b.T, x, y), _indifferent(a, y, x)


def _indifferent(payoff: Floats, own: Floats, other: Floats) -> Floats:
    """The mixture with the support of ``own`` under which all of the other's support are worth the same."""
    mine, theirs = np.flatnonzero(own > SAME), np.flatnonzero(other > SAME)
    if not len(mine) or not len(theirs):
        return own
    block = payoff[np.ix_(theirs, mine)]
    equations = np.vstack([np.hstack([block, -np.ones((len(theirs), 1))]), np.append(np.ones(len(mine)), 0.0)])
    solved = np.linalg.lstsq(equations, np.append(np.zeros(len(theirs)), 1.0), rcond=None)[0][:-1]
    found = np.zeros_like(own)
    found[mine] = solved
    return found


# --------------------------------------------------------------------------------------------- helpers


def _unit(payoff: Floats) -> Floats:
    """The same game with payoffs in [0, 1]."""
    reach = np.ptp(payoff)
    return np.asarray((payoff - payoff.min()) / (reach if reach > 0 else 1.0))


def _normal(mixture: Floats) -> Floats | None:
    """A mixture without rounding below zero; None if it is none."""
    if not np.isfinite(mixture).all() or mixture.min() < -TOLERANCE or not mixture.sum() > 0:
        return None
    clipped = np.where(mixture > 1e-12, mixture, 0.0)
    return np.asarray(clipped / clipped.sum())


def _degenerate(a: Floats, b: Floats, each: Equilibrium) -> bool:
    """Whether a mixture of an equilibrium has more pure best replies than behaviours in its support."""
    rows, columns = a @ each.seoul, b.T @ each.tokyo
    replies = (int((rows >= rows.max() - TOLERANCE * max(1.0, np.ptp(a))).sum()),
               int((columns >= columns.max() - TOLERANCE * max(1.0, np.ptp(b))).sum()))
    return bool(replies[0] > np.count_nonzero(each.seoul) or replies[1] > np.count_nonzero(each.tokyo))


def _same(one: Equilibrium, other: Equilibrium) -> bool:
    return bool(np.abs(one.tokyo - other.tokyo).max() <= SAME and np.abs(one.seoul - other.seoul).max() <= SAME)


__all__ = ["Equilibria", "Equilibrium", "bimatrix_equilibria", "equilibrium", "level", "pure_pairs", "undominated"]
