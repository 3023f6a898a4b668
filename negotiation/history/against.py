r"""Every named behaviour held against what a seat really did.

A rule that never errs is refuted by one move. So each behaviour plays with a trembling hand: with probability
:math:`\epsilon` any legal option, uniformly, else its own,

.. math:: p_n(\epsilon) = (1 - \epsilon)\, \pi_i(m_{i,n}) + \epsilon / |\text{legal}_n|,

at the error rate in [0.001, 1] that makes the observed weeks likeliest (Harless & Camerer 1994 compare theories by
such rates). :math:`\epsilon = 1` is uniform play. The behaviours are ranked by Akaike's (1974) criterion,
:math:`2k - 2 \log L`, with k = 1 for the error rate and k = 0 for uniform play, which has none; lower is better.

In most weeks no row tells of a move, so a disputant's *always hold* stands among the behaviours as what any account of
the record must beat; for the third party, ``absent`` is that.

**Variables.** :math:`\epsilon` is ``error``, :math:`\log L` ``log_likelihood``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import minimize_scalar

from negotiation.behaviours import behaviours_for, label, make_policy
from negotiation.game import Floats, Game
from negotiation.history.coding import Observed
from negotiation.history.likelihood import seat_options, uniform_logs
from negotiation.policy import Policy, disputant_rule, seat_of
from negotiation.vocabulary import Actor, Move

if TYPE_CHECKING:
    from pandas import DataFrame

ERRORS = (0.001, 1.0)
UNIFORM = "random"
STILL = "always hold"
TIE = 1e-9
Report = Callable[[int, int], None]


def error_rate(game: Game, policy: Policy, observed: Observed) -> tuple[float, float]:
    """The error rate at which a policy makes its seat's observed options likeliest, and that log likelihood."""
    seat, sure = seat_of(policy), seat_options(game, policy, observed)[1]
    even = np.exp([uniform_logs(game, week)[seat] for week in observed.weeks])

    def loss(error: float) -> float:
        # Without memory the probabilities are straight lines in the error rate; with it, weeks of unknown order
        # may be read by what was done in them.
        taken = ((1 - error) * sure + error * even if policy.memory is None
                 else seat_options(game, policy, observed, error)[1])
        return -float(np.log(taken).sum())

    found = minimize_scalar(loss, bounds=ERRORS, method="bounded", options={"xatol": 1e-6})
    best = min((float(found.x), *ERRORS), key=loss)
    return best, -loss(best)


def against_behaviours(game: Game, observed: Observed, choices: Mapping[Actor, Sequence[Any]] | None = None,
                       report: Report | None = None) -> DataFrame:
    """How well each behaviour accounts for what each seat did.

    Args:
        game: the compiled game.
        observed: the weeks.
        choices: seat to behaviours, as for `negotiation.behaviours.make_policy`, or ``always hold``; all named
            ones and that if None.
        report: called with (1, 0) after each behaviour.

    Returns:
        One row a seat and behaviour, best first within a seat: ``seat``, ``seat_name``, ``rank``, ``behaviour``,
        ``error``, ``log_likelihood``, ``uniform`` (that of uniform play), ``gain`` over it, ``share_likeliest`` (of
        weeks in which what was observed is the behaviour's likeliest option; a tie of n counts 1/n), ``parameters``
        (k), ``aic``.
    """
    from pandas import DataFrame

    rows = []
    for seat in Actor:
        for choice in (_all(seat) if choices is None else choices.get(seat, ())):
            policy = _policy(game, seat, choice)
            error, found = error_rate(game, policy, observed)
            even = sum(uniform_logs(game, week)[seat] for week in observed.weeks)
            k = 0 if choice == UNIFORM else 1
            rows.append((seat.key, game.scenario.display_name(seat), 0, _label(choice), error, found, even,
                         found - even, _share_likeliest(*seat_options(game, policy, observed)), k, 2 * k - 2 * found))
            if report is not None:
                report(1, 0)
    table = DataFrame(rows, columns=["seat", "seat_name", "rank", "behaviour", "error", "log_likelihood", "uniform",
                                     "gain", "share_likeliest", "parameters", "aic"])
    table["rank"] = table.groupby("seat")["aic"].rank(method="min").astype(int)
    order = table["seat"].map({seat.key: int(seat) for seat in Actor})
    ranked = table.assign(order=order).sort_values(["order", "rank"], kind="stable").drop(columns="order")
    return ranked.reset_index(drop=True)


def weekly_gains(game: Game, observed: Observed, choices: Mapping[Actor, Sequence[Any]]) -> DataFrame:
    """Week by week, by how much a behaviour makes its seat's option likelier than uniform play does.

    Returns:
        One row a seat, behaviour and week: ``seat``, ``seat_name``, ``behaviour``, ``error`` (each behaviour's
        likeliest), ``week``, ``option`` (observed), ``gain`` and ``total``, its running sum.
    """
    from pandas import DataFrame, concat

    parts = []
    for seat, named in choices.items():
        for choice in named:
            policy = _policy(game, seat, choice)
            error, _ = error_rate(game, policy, observed)
            gains = np.log(seat_options(game, policy, observed, error)[1]) - np.array(
                [uniform_logs(game, week)[seat] for week in observed.weeks])
            options = [week.stance if seat is Actor.WASHINGTON else week.moves[seat] for week in observed.weeks]
            parts.append(DataFrame({
                "seat": seat.key, "seat_name": game.scenario.display_name(seat), "behaviour": _label(choice),
                "error": error, "week": [week.round for week in observed.weeks],
                "option": [option.key for option in options], "gain": gains, "total": np.cumsum(gains)}))
    return concat(parts, ignore_index=True)


def _all(seat: Actor) -> list[str]:
    return [*behaviours_for(seat), *([] if seat is Actor.WASHINGTON else [STILL])]


def _policy(game: Game, seat: Actor, choice: Any) -> Policy:
    if choice == STILL:
        return disputant_rule(game, seat, STILL, lambda *_: Move.HOLD)
    return make_policy(game, seat, choice)


def _label(choice: Any) -> str:
    return STILL if choice == STILL else label(choice)


def _share_likeliest(table: Floats, taken: Floats) -> float:
    best = table.max(axis=1, keepdims=True)
    tied = (table >= best - TIE).sum(axis=1)
    return float(((taken >= best[:, 0] - TIE) / tied).mean())


__all__ = ["ERRORS", "Report", "against_behaviours", "error_rate", "weekly_gains"]
