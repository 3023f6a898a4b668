"""The loops of backward induction and of evaluation; `negotiation.solve` states the mathematics.

Axis order inside a round is (stance, tokyo move, seoul move, state), state innermost. Names:
``base`` = u + discount * h * settlement payoff and ``stay`` = 1 - h do not depend on the round;
``ahead[i, k]`` is the discounted worth of afterstate k if the round did not settle; so that

    Q_i(s, w, m_T, m_S) = base_i[w, m_T, m_S, s] + stay[w, m_T, m_S, s] * ahead_i[afterstate[m_T, m_S, s]].
"""

from __future__ import annotations

import numpy as np

from negotiation.kernels.compiling import kernel
from negotiation.kernels.numeric import exp_nonpositive

TIE = 1e-12
IMPOSSIBLE = -1e300
LEAST = 1e-290


@kernel
def discounted_ahead(values, rupture, lapse, next_on, next_lapsed, rupture_payoff, discount, ahead):
    """ahead[i, k] = discount_i (rho rupture_i + (1-rho) ((1-l) V_i[next_on] + l V_i[next_lapsed]))."""
    for i in range(3):
        for k in range(rupture.size):
            on = (1.0 - lapse[k]) * values[i, next_on[k]] + lapse[k] * values[i, next_lapsed[k]]
            ahead[i, k] = discount[i] * (rupture[k] * rupture_payoff[i] + (1.0 - rupture[k]) * on)


@kernel
def gather(ahead, afterstate, gathered):
    """gathered[i, m_T, m_S, s] = ahead[i, afterstate[m_T, m_S, s]]."""
    moves, states = afterstate.shape[0], afterstate.shape[2]
    for i in range(3):
        for mt in range(moves):
            for ms in range(moves):
                for s in range(states):
                    gathered[i, mt, ms, s] = ahead[i, afterstate[mt, ms, s]]


@kernel
def action_values(base, stay, gathered, q, turned):
    """q[i, m_T, m_S, s] of one stance, and turned[i, m_S, m_T, s], the same with moves exchanged."""
    moves, states = stay.shape[0], stay.shape[2]
    for i in range(3):
        for mt in range(moves):
            for ms in range(moves):
                for s in range(states):
                    q[i, mt, ms, s] = base[i, mt, ms, s] + stay[mt, ms, s] * gathered[i, mt, ms, s]
                for s in range(states):
                    turned[i, ms, mt, s] = q[i, mt, ms, s]


@kernel
def respond(worth, penalty, precision, probabilities, best, total):
    """probabilities[o, s]: the logit response to worth[o, s] over legal options o.

    ``penalty`` is 0 for a legal option and IMPOSSIBLE otherwise; ``best`` and ``total`` are scratch
    rows of length S. At precision 0 the least positive factor keeps illegal options impossible.
    """
    options, states = worth.shape
    for s in range(states):
        best[s] = worth[0, s] + penalty[0, s]
    for o in range(1, options):
        for s in range(states):
            best[s] = max(best[s], worth[o, s] + penalty[o, s])
    if np.isinf(precision):
        total[:] = 0.0
        for o in range(options):
            for s in range(states):
                chosen = worth[o, s] + penalty[o, s] >= best[s] - TIE and total[s] == 0.0
                probabilities[o, s] = 1.0 if chosen else 0.0
                total[s] += probabilities[o, s]
        return
    factor = max(precision, LEAST)
    for s in range(states):
        probabilities[0, s] = exp_nonpositive(factor * (worth[0, s] + penalty[0, s] - best[s]))
        total[s] = probabilities[0, s]
    for o in range(1, options):
        for s in range(states):
            probabilities[o, s] = exp_nonpositive(factor * (worth[o, s] + penalty[o, s] - best[s]))
            total[s] += probabilities[o, s]
    for s in range(states):
        total[s] = 1.0 / total[s]
    for o in range(options):
        for s in range(states):
            probabilities[o, s] *= total[s]


@kernel
def expect(probabilities, worth, expected):
    """expected[s] = sum over o of probabilities[o, s] * worth[o, s]."""
    options, states = worth.shape
    for s in range(states):
        expected[s] = probabilities[0, s] * worth[0, s]
    for o in range(1, options):
        for s in range(states):
            expected[s] += probabilities[o, s] * worth[o, s]


@kernel
def blend(share, one, other, out):
    """out[s] = share * one[s] + (1 - share) * other[s]."""
    for s in range(one.size):
        out[s] = share * one[s] + (1.0 - share) * other[s]


@kernel
def induce(base, stay, afterstate, penalty, penalty_stances, rupture, lapse, next_on, next_lapsed,
           rupture_payoff, discount, precision, tokyo_first, horizon, given,
           values, stance, first_tokyo, second_tokyo, first_seoul, second_seoul):
    """One backward pass over the whole horizon.

    A seat with ``given[i]`` keeps the policy in its tables; any other seat responds by logit with
    its precision and the response is written into its tables. ``values`` is [N + 1, 3, S], its last
    row becomes 0. Tables may be shorter than the horizon: a round past their end uses their last
    row, so that a stationary policy has one row, and a seat whose later rounds are not wanted
    works them out in a row that ends up right.
    """
    stances, moves, states = stay.shape[0], stay.shape[1], stay.shape[3]
    ahead = np.empty((3, rupture.size))
    gathered = np.empty((3, moves, moves, states))
    q = np.empty((3, moves, moves, states))
    turned = np.empty((3, moves, moves, states))
    lead = np.empty((3, moves, states))
    opened = np.empty((2, 3, states))
    outlook = np.empty((3, stances, states))
    best, total = np.empty(states), np.empty(states)
    values[horizon] = 0.0
    for t in range(horizon - 1, -1, -1):
        row_tokyo = min(t, first_tokyo.shape[0] - 1)
        row_seoul = min(t, first_seoul.shape[0] - 1)
        row_washington = min(t, stance.shape[0] - 1)
        discounted_ahead(values[t + 1], rupture, lapse, next_on, next_lapsed, rupture_payoff, discount, ahead)
        gather(ahead, afterstate, gathered)
        for w in range(stances):
            action_values(base[w], stay[w], gathered, q, turned)
            # Tokyo first: Seoul answers, then Tokyo chooses among what the answers leave it.
            for m in range(moves):
                answer = second_seoul[row_seoul, w, m]
                if not given[1]:
                    respond(q[1, m], penalty[1], precision[1], answer, best, total)
                for i in range(3):
                    expect(answer, q[i, m], lead[i, m])
            opening = first_tokyo[row_tokyo, w]
            if not given[0]:
                respond(lead[0], penalty[0], precision[0], opening, best, total)
            for i in range(3):
                expect(opening, lead[i], opened[0, i])
            # Seoul first.
            for m in range(moves):
                answer = second_tokyo[row_tokyo, w, m]
                if not given[0]:
                    respond(turned[0, m], penalty[0], precision[0], answer, best, total)
                for i in range(3):
                    expect(answer, turned[i, m], lead[i, m])
            opening = first_seoul[row_seoul, w]
            if not given[1]:
                respond(lead[1], penalty[1], precision[1], opening, best, total)
            for i in range(3):
                expect(opening, lead[i], opened[1, i])
                blend(tokyo_first, opened[0, i], opened[1, i], outlook[i, w])
        if not given[2]:
            respond(outlook[2], penalty_stances, precision[2], stance[row_washington], best, total)
        for i in range(3):
            expect(stance[row_washington], outlook[i], values[t, i])
