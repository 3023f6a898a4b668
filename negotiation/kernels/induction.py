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
OPTIONS = 5


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
    """q[m_T, i, m_S, s] of one stance, and turned[m_S, i, m_T, s], the same with moves exchanged."""
    moves, states = stay.shape[0], stay.shape[2]
    for i in range(3):
        for mt in range(moves):
            for ms in range(moves):
                for s in range(states):
                    q[mt, i, ms, s] = base[i, mt, ms, s] + stay[mt, ms, s] * gathered[i, mt, ms, s]
                for s in range(states):
                    turned[ms, i, mt, s] = q[mt, i, ms, s]


@kernel
def respond(worth, penalty, precision, probabilities):
    """probabilities[o, s]: the logit response to worth[o, s] over the five options o.

    ``penalty`` is 0 for a legal option and IMPOSSIBLE otherwise. At precision 0 the least positive
    factor keeps illegal options impossible. Five options are written out so that a state's whole
    decision stays in registers.
    """
    states = worth.shape[1]
    if np.isinf(precision):
        for s in range(states):
            best = worth[0, s] + penalty[0, s]
            for o in range(1, OPTIONS):
                best = max(best, worth[o, s] + penalty[o, s])
            taken = 0.0
            for o in range(OPTIONS):
                chosen = taken == 0.0 and worth[o, s] + penalty[o, s] >= best - TIE
                probabilities[o, s] = 1.0 if chosen else 0.0
                taken += probabilities[o, s]
        return
    factor = max(precision, LEAST)
    for s in range(states):
        a, b, c = worth[0, s] + penalty[0, s], worth[1, s] + penalty[1, s], worth[2, s] + penalty[2, s]
        d, e = worth[3, s] + penalty[3, s], worth[4, s] + penalty[4, s]
        best = max(max(max(max(a, b), c), d), e)
        a, b = exp_nonpositive(factor * (a - best)), exp_nonpositive(factor * (b - best))
        c, d = exp_nonpositive(factor * (c - best)), exp_nonpositive(factor * (d - best))
        e = exp_nonpositive(factor * (e - best))
        scale = 1.0 / (a + b + c + d + e)
        probabilities[0, s] = a * scale
        probabilities[1, s] = b * scale
        probabilities[2, s] = c * scale
        probabilities[3, s] = d * scale
        probabilities[4, s] = e * scale


@kernel
def expect(probabilities, worth, expected):
    """expected[i, s] = sum over o of probabilities[o, s] * worth[i, o, s], for the three actors."""
    for s in range(probabilities.shape[1]):
        a, b, c = probabilities[0, s], probabilities[1, s], probabilities[2, s]
        d, e = probabilities[3, s], probabilities[4, s]
        for i in range(3):
            expected[i, s] = (a * worth[i, 0, s] + b * worth[i, 1, s] + c * worth[i, 2, s]
                              + d * worth[i, 3, s] + e * worth[i, 4, s])


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
    q = np.empty((moves, 3, moves, states))
    turned = np.empty((moves, 3, moves, states))
    lead = np.empty((3, moves, states))
    reply = np.empty((3, states))
    opened = np.empty((2, 3, states))
    outlook = np.empty((3, stances, states))
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
                    respond(q[m, 1], penalty[1], precision[1], answer)
                expect(answer, q[m], reply)
                lead[:, m] = reply
            opening = first_tokyo[row_tokyo, w]
            if not given[0]:
                respond(lead[0], penalty[0], precision[0], opening)
            expect(opening, lead, opened[0])
            # Seoul first.
            for m in range(moves):
                answer = second_tokyo[row_tokyo, w, m]
                if not given[0]:
                    respond(turned[m, 0], penalty[0], precision[0], answer)
                expect(answer, turned[m], reply)
                lead[:, m] = reply
            opening = first_seoul[row_seoul, w]
            if not given[1]:
                respond(lead[1], penalty[1], precision[1], opening)
            expect(opening, lead, opened[1])
            for i in range(3):
                blend(tokyo_first, opened[0, i], opened[1, i], outlook[i, w])
        if not given[2]:
            respond(outlook[2], penalty_stances, precision[2], stance[row_washington])
        expect(stance[row_washington], outlook, values[t])
