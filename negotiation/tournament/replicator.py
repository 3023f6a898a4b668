r"""Replicator dynamics: behaviours that do better than the average of their population spread.

**One population** (the symmetrised game G, `negotiation.tournament.symmetric`), with shares x (Taylor & Jonker 1978):

.. math::  \dot x_i = x_i \bigl( (Gx)_i - x^\top G x \bigr) .

**Two populations**, one a seat, with shares x and y in the bimatrix game (A, B) (Taylor 1979):

.. math::  \dot x_i = x_i \bigl( (Ay)_i - x^\top A y \bigr), \qquad
           \dot y_j = y_j \bigl( (B^\top x)_j - x^\top B y \bigr) .

Both are solved in the logarithms :math:`u_i = \log x_i` up to a common constant, :math:`\dot u_i = (Gx)_i - x^\top G x`
with :math:`x = \mathrm{softmax}(u)`: shares then stay on the simplex to the last digit, and nothing that is nearly
extinct slows the solver down. Time is in 1/payoff.

A *rest point* has :math:`\dot x = 0`: within every set of behaviours, the shares under which they all do as well. It
is a *sink* where all small deviations on the simplex die out (eigenvalues of the Jacobian with negative real parts), a
*source* where all grow, a *saddle* where some do, else *neutral*.

**Variables.** x is ``shares`` [times, n]; y is the second of a pair.
"""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from negotiation.tournament.symmetric import level_shares

Floats = NDArray[np.float64]

TOLERANCE = 1e-9
ACCURACY = 1e-9  # of the solver, relative


def flow(g: Floats, shares: Floats) -> Floats:
    """The velocity of one population, float64 [..., n], at shares [..., n]."""
    worth = shares @ g.T
    return np.asarray(shares * (worth - (shares * worth).sum(axis=-1, keepdims=True)))


def replicator(g: Floats, start: Floats, times: Floats) -> Floats:
    """The path of one population.

    Args:
        g: float64 [n, n], what a row gets against a column.
        start: float64 [n], shares at the first time.
        times: float64, rising; the first is the start.

    Returns:
        float64 [times, n], shares.

    Raises:
        ValueError: the start is no mixture, or the solver fails.
    """
    n = len(g)

    def rate(shares: Floats) -> Floats:
        worth = g @ shares
        return worth - shares @ worth

    return _solve(lambda x: rate(x), (_checked(start, n),), times)[0]


def replicator_pair(a: Floats, b: Floats, start: tuple[Floats, Floats], times: Floats) -> tuple[Floats, Floats]:
    """The paths of two populations; arguments and errors as in `replicator`."""

    def rate(x: Floats, y: Floats) -> Floats:
        rows, columns = a @ y, b.T @ x
        return np.concatenate([rows - x @ rows, columns - y @ columns])

    found = _solve(rate, (_checked(start[0], a.shape[0]), _checked(start[1], a.shape[1])), times)
    return found[0], found[1]


def _solve(rate: object, starts: tuple[Floats, ...], times: Floats) -> list[Floats]:
    """Integrate log-shares of some populations; those that start at 0 stay there."""
    ends = np.cumsum([len(start) for start in starts])[:-1]
    with np.errstate(divide="ignore"):
        first = np.concatenate([np.log(start) for start in starts])
    there = np.isfinite(first)

    def shares(logs: Floats) -> list[Floats]:
        full = np.full(len(first), -np.inf)
        full[there] = logs
        return [_softmax(part) for part in np.split(full, ends)]

    def slope(_: float, logs: Floats) -> Floats:
        return rate(*shares(logs))[there]  # type: ignore[operator, no-any-return]

    solved = solve_ivp(slope, (times[0], times[-1]), first[there], method="LSODA", t_eval=times, rtol=ACCURACY,
                       atol=ACCURACY)
    if not solved.success:
        raise ValueError(f"replicator: {solved.message}")
    paths = [shares(logs) for logs in solved.y.T]
    return [np.array([path[place] for path in paths]) for place in range(len(starts))]


def _softmax(logs: Floats) -> Floats:
    raised = np.exp(logs - logs.max())
    return np.asarray(raised / raised.sum())


def _checked(start: Floats, n: int) -> Floats:
    start = np.asarray(start, dtype=np.float64)
    if start.shape != (n,) or not (start >= 0).all() or abs(start.sum() - 1) > TOLERANCE:
        raise ValueError(f"start: {start.tolist()} is not allowed; allowed: {n} shares that sum to 1")
    return start


def long_times(*payoffs: Floats, count: int = 400) -> Floats:
    """Times by the last of which most is decided, evenly spaced in their logarithms after 0.

    The last one is 500 times the inverse of the payoffs' typical spread among competitors.

    Args:
        payoffs: float64 [own, others] each, what competitors in the rows get.
        count: how many times.
    """
    spread = max(float(payoff.std(axis=0).mean()) for payoff in payoffs)
    last = 500.0 / spread if spread > 0 else 1.0
    return np.concatenate([[0.0], np.geomspace(1e-4 * last, last, count - 1)])


class RestPoint(NamedTuple):
    """A rest point of one population.

    Attributes:
        shares: float64 [n].
        kind: ``sink``, ``source``, ``saddle`` or ``neutral``.
    """

    shares: Floats
    kind: str


def rest_points(g: Floats) -> list[RestPoint]:
    """All isolated rest points of one population of few behaviours; vertices first."""
    n = len(g)
    found = []
    for size in range(1, n + 1):
        sets = np.array(list(combinations(range(n), size)))
        for members, row in zip(sets, level_shares(g, sets), strict=True):
            if np.isfinite(row).all() and row.min() > TOLERANCE:
                shares = np.zeros(n)
                shares[members] = row / row.sum()
                found.append(RestPoint(shares, stability(jacobian(g, shares))))
    return found


def jacobian(g: Floats, shares: Floats) -> Floats:
    """Of the flow of one population on the simplex, in the coordinates of all shares but the last: [n - 1, n - 1]."""
    worth = g @ shares
    mean = shares @ worth
    # d flow_i / d x_k = [i = k] ((Gx)_i - mean) + x_i (G_ik - (Gx)_k - (G'x)_k)
    full = np.diag(worth - mean) + shares[:, None] * (g - worth[None] - (g.T @ shares)[None])
    return np.asarray(full[:-1, :-1] - full[:-1, -1:])


def stability(matrix: Floats) -> str:
    """``sink``, ``source``, ``saddle`` or ``neutral``, from the eigenvalues of a Jacobian."""
    if not len(matrix):
        return "neutral"
    real = np.linalg.eigvals(matrix).real
    small = 1e-9 * max(1.0, float(np.abs(matrix).max()))
    if (np.abs(real) <= small).any() and not ((real > small).any() and (real < -small).any()):
        return "neutral"
    return "sink" if (real < 0).all() else "source" if (real > 0).all() else "saddle"


__all__ = ["RestPoint", "flow", "jacobian", "long_times", "replicator", "replicator_pair", "rest_points", "stability"]
