"""The loop of forward propagation; `negotiation.engines.exact` states the mathematics."""

from __future__ import annotations

import numpy as np

from negotiation.kernels.compiling import kernel


@kernel
def joint_moves(mass, stance, first_tokyo, second_tokyo, first_seoul, second_seoul, tokyo_first, joint):
    """joint[m_T, m_S, s]: probability of being in s, of one stance and of both moves."""
    moves, states = first_tokyo.shape
    for mt in range(moves):
        for ms in range(moves):
            for s in range(states):
                joint[mt, ms, s] = first_tokyo[mt, s] * second_seoul[mt, ms, s]
            for s in range(states):
                joint[mt, ms, s] *= tokyo_first
            for s in range(states):
                joint[mt, ms, s] += (1.0 - tokyo_first) * first_seoul[ms, s] * second_tokyo[ms, mt, s]
            for s in range(states):
                joint[mt, ms, s] *= mass[s] * stance[s]


@kernel
def dot(one, other):
    """Sum of products, in four running sums so that it can use vector registers."""
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    whole = one.size - one.size % 4
    for s in range(0, whole, 4):
        a += one[s] * other[s]
        b += one[s + 1] * other[s + 1]
        c += one[s + 2] * other[s + 2]
        d += one[s + 3] * other[s + 3]
    for s in range(whole, one.size):
        a += one[s] * other[s]
    return (a + b) + (c + d)


@kernel
def propagate(start, rounds, payoff, settlement, afterstate, breach, rupture, lapse, next_on, next_lapsed,
              after_in_force, settlement_payoff, rupture_payoff, discount, tokyo_first,
              stance, first_tokyo, second_tokyo, first_seoul, second_seoul,
              mass, settled, ruptured, first_standstill, breaches, lapses, stance_share, move_share, expected):
    """Carry the distribution over states forward through the observed rounds.

    Outputs, per round t from 0: ``mass`` [rounds + 1, S] before round t; ``settled``, ``ruptured``,
    ``first_standstill``, ``breaches``, ``lapses`` [rounds], probabilities of the event in round t;
    ``stance_share`` [rounds, W] and ``move_share`` [rounds, 2, M], probabilities of going on and
    acting so; ``expected`` [3], discounted payoffs.
    """
    stances, moves, states = settlement.shape[0], settlement.shape[1], settlement.shape[3]
    afterstates = rupture.size
    joint = np.empty((moves, moves, states))
    flow = np.empty((moves, moves, states))
    on = np.empty(afterstates)
    fresh = np.empty(afterstates)
    waiting = np.zeros(states)
    factors = np.empty((3, 2))
    mass[:] = 0.0
    mass[0, start] = 1.0
    waiting[start] = 1.0
    expected[:] = 0.0
    for t in range(rounds):
        row_tokyo = min(t, first_tokyo.shape[0] - 1)
        row_seoul = min(t, first_seoul.shape[0] - 1)
        row_washington = min(t, stance.shape[0] - 1)
        flow[:] = 0.0
        on[:] = 0.0
        fresh[:] = 0.0
        settled[t] = 0.0
        stance_share[t] = 0.0
        move_share[t] = 0.0
        for i in range(3):
            factors[i, 0] = discount[i] ** t
            factors[i, 1] = discount[i] ** (t + 1)
        for w in range(stances):
            joint_moves(mass[t], stance[row_washington, w], first_tokyo[row_tokyo, w], second_tokyo[row_tokyo, w],
                        first_seoul[row_seoul, w], second_seoul[row_seoul, w], tokyo_first, joint)
            for mt in range(moves):
                for ms in range(moves):
                    row = joint[mt, ms]
                    share = row.sum()
                    stance_share[t, w] += share
                    for i in range(3):
                        expected[i] += factors[i, 0] * dot(row, payoff[i, w, mt, ms])
                    h = settlement[w, mt, ms]
                    for s in range(states):
                        k = afterstate[mt, ms, s]
                        ending = row[s] * h[s]
                        settled[t] += ending
                        for i in range(3):
                            expected[i] += factors[i, 1] * ending * settlement_payoff[i, w, k]
                        flow[mt, ms, s] += row[s]
                        on[k] += row[s] - ending
                        # The part that has not yet seen a standstill goes the same way.
                        if waiting[s] > 0.0:
                            fresh[k] += (row[s] - ending) * (waiting[s] / mass[t, s])
        breaches[t] = 0.0
        first_standstill[t] = 0.0
        for mt in range(moves):
            for ms in range(moves):
                for s in range(states):
                    share = flow[mt, ms, s]
                    move_share[t, 0, mt] += share
                    move_share[t, 1, ms] += share
                    if breach[mt, ms, s]:
                        breaches[t] += share
                    if waiting[s] > 0.0 and after_in_force[afterstate[mt, ms, s]]:
                        first_standstill[t] += share * (waiting[s] / mass[t, s])
        ruptured[t] = 0.0
        lapses[t] = 0.0
        waiting[:] = 0.0
        for k in range(afterstates):
            ending = on[k] * rupture[k]
            ruptured[t] += ending
            going = on[k] - ending
            lapsing = going * lapse[k]
            lapses[t] += lapsing
            mass[t + 1, next_on[k]] += going - lapsing
            mass[t + 1, next_lapsed[k]] += lapsing
            for i in range(3):
                expected[i] += factors[i, 1] * ending * rupture_payoff[i]
            if not after_in_force[k]:
                waiting[next_on[k]] += fresh[k] * (1.0 - rupture[k])
