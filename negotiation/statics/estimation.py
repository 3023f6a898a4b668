r"""Estimating from play: a model that lets the sides look ahead, and a plain logit that does not.

Signorino (1999) shows that a logit of what a side does on what it is paid for it is wrong where sides
anticipate one another, and that a logit at every node of the game tree, its utilities worked out by backward
induction, is right. Here Tokyo's answers as second mover are the data: it knows the stance w and Seoul's move,
so what each of its own moves m pays this week is certain. Of that payoff, let

.. math::
    x(m) = -[m = \text{step down}] (1 - \text{cover}_w), \qquad z(m) = u_T(m) - \text{backdown}\; x(m).

The game's own choice is :math:`p(m) \propto \exp(\lambda (z + \text{backdown}\, x + \delta V))` with V what is to
come. The *plain logit* fits :math:`p(m) \propto \exp(\beta_z z + \beta_x x)`; were there no future,
:math:`\beta_x = \lambda\,\text{backdown}`. The *strategic* estimate maximises the likelihood of the same data over
:math:`\lambda` and backdown, solving the game anew for each.

The data may be counts of simulated answers or, without sampling error, their expected numbers; estimates from the
latter are what the former tend to as episodes grow in number, so a difference there is a bias that no amount of
data removes.

**Variables.** :math:`(\beta_z, \beta_x)` is the result of `plain_logit`; :math:`(\lambda, \text{backdown})` that of
`strategic_logit`; expected numbers are `expected_answers` [T, W, M first, M, S].
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax

from negotiation.engines.exact import propagate_unchecked
from negotiation.game import Floats, Game, compile_game
from negotiation.policy import Profile
from negotiation.scenario import Scenario
from negotiation.solve import backward_induction
from negotiation.vocabulary import Actor, Move

START = 1.5  # the strategic search starts this far from where the data come from, as a factor
IMPOSSIBLE = -1e9
SMALLEST = 1e-300  # a probability that underflowed to zero still has a logarithm


def expected_answers(game: Game, profile: Profile) -> Floats:
    """float64 [T, W, M first, M, S]: expected number of Tokyo's answers a round and kind, in one episode."""
    rounds = game.rounds
    mass = propagate_unchecked(game, profile).mass[:rounds]
    at_stance = mass[:, None, :] * profile.washington.stance_inner[:rounds]
    opened = (1 - game.scenario.tokyo_first) * at_stance[:, :, None, :] * profile.seoul.first_inner[:rounds]
    answers: Floats = opened[:, :, :, None, :] * profile.tokyo.second_inner[:rounds]
    return answers


def plain_logit(game: Game, answers: Floats) -> Floats:
    """float64 [2]: coefficients of the rest of the week's payoff and of the cost of stepping down.

    Args:
        game: the game the answers come from; its parameters are taken as known but for backdown and precision.
        answers: [T, W, M first, M, S], numbers of answers.
    """
    weights = answers.sum(axis=0)
    # payoff is [actor, W, M tokyo, M seoul, S]; answers have the first mover, Seoul, before Tokyo.
    payoff = game.payoff[Actor.TOKYO].swapaxes(1, 2)
    cover = np.array([effect.cover for effect in game.scenario.washington.stances])
    stepping = np.zeros_like(payoff)
    stepping[:, :, Move.STEP_DOWN] = -(1 - cover)[:, None, None]
    rest = payoff - game.scenario.tokyo.backdown * stepping
    features = np.stack([rest, stepping])
    illegal = np.where(game.legal[Actor.TOKYO], 0.0, IMPOSSIBLE)
    total = weights.sum()

    def loss(beta: Floats) -> tuple[float, Floats]:
        logs = log_softmax(np.tensordot(beta, features, axes=1) + illegal, axis=2)
        expected = np.exp(logs) * weights.sum(axis=2, keepdims=True)
        slope = ((weights - expected)[None] * features).sum(axis=(1, 2, 3, 4))
        return -float((weights * logs)[weights > 0].sum()) / total, -slope / total

    # The likelihood of a logit is concave: there is one maximum.
    found: Floats = minimize(loss, np.zeros(2), jac=True, method="BFGS", options={"gtol": 1e-9}).x
    return found


def strategic_logit(scenario: Scenario, answers: Floats) -> Floats:
    """float64 [2]: Tokyo's precision and backdown of greatest likelihood, all else known.

    Args:
        scenario: where the answers come from.
        answers: [T, W, M first, M, S], numbers of answers.
    """
    truth = np.array([scenario.tokyo.precision, scenario.tokyo.backdown])
    total, asked = answers.sum(), answers > 0

    def loss(logs: Floats) -> float:
        precision, backdown = np.exp(logs)
        game = compile_game(scenario.override({"tokyo.precision": precision, "tokyo.backdown": backdown}))
        played = backward_induction(game, keep=game.rounds).profile.tokyo.second_inner
        return -float((answers[asked] * np.log(np.maximum(played[asked], SMALLEST))).sum() / total)

    found = minimize(loss, np.log(truth * START), method="Nelder-Mead",
                     options={"xatol": 1e-4, "fatol": 1e-13, "maxiter": 200})
    estimates: Floats = np.exp(found.x)
    return estimates


def plain_error(scenario: Scenario) -> float:
    """Relative error of the plain logit's coefficient of stepping down, in the limit of infinitely much data."""
    game = compile_game(scenario)
    answers = expected_answers(game, backward_induction(game, keep=game.rounds).profile)
    truth = scenario.tokyo.precision * scenario.tokyo.backdown
    return float(plain_logit(game, answers)[1] / truth - 1)


def strategic_error(scenario: Scenario) -> float:
    """The same of the strategic estimate."""
    game = compile_game(scenario)
    answers = expected_answers(game, backward_induction(game, keep=game.rounds).profile)
    precision, backdown = strategic_logit(scenario, answers)
    return float(precision * backdown / (scenario.tokyo.precision * scenario.tokyo.backdown) - 1)


__all__ = ["expected_answers", "plain_error", "plain_logit", "strategic_error", "strategic_logit"]
