"""The smallest payoff that given policies can lead to, by backward induction over what is possible."""

from __future__ import annotations

import numpy as np

from negotiation.kernels.compiling import kernel


@kernel
def lowest_payoff(payoff, settlement, afterstate, rupture, lapse, next_on, next_lapsed, settlement_payoff,
                  rupture_payoff, discount, tokyo_first, start, rounds, stance, tokyo_opens, tokyo_answers,
                  seoul_opens, seoul_answers):
    """The smallest discounted payoff of one actor that given policies can lead to.

    The game's tables without their actor axis; policies in loop order (state innermost).
    """
    stances, count, _, states = settlement.shape
    later, now = np.zeros(states), np.zeros(states)
    for back in range(rounds):
        t = rounds - 1 - back
        tw, tt = min(t, stance.shape[0] - 1), min(t, tokyo_opens.shape[0] - 1)
        ts = min(t, seoul_opens.shape[0] - 1)
        for s in range(states):
            now[s] = np.inf
        for w in range(stances):
            for m in range(count):
                for n in range(count):
                    for s in range(states):
                        if stance[tw, w, s] == 0.0:
                            continue
                        one = tokyo_first > 0.0 and tokyo_opens[tt, w, m, s] * seoul_answers[ts, w, m, n, s] > 0.0
                        two = tokyo_first < 1.0 and seoul_opens[ts, w, n, s] * tokyo_answers[tt, w, n, m, s] > 0.0
                        if not (one or two):
                            continue
                        k, h = afterstate[m, n, s], settlement[w, m, n, s]
                        worst = np.inf
                        if h > 0.0:
                            worst = min(worst, settlement_payoff[w, k])
                        if h < 1.0 and rupture[k] > 0.0:
                            worst = min(worst, rupture_payoff)
                        if h < 1.0 and rupture[k] < 1.0:
                            if lapse[k] > 0.0:
                                worst = min(worst, later[next_lapsed[k]])
                            if lapse[k] < 1.0:
                                worst = min(worst, later[next_on[k]])
                        now[s] = min(now[s], payoff[w, m, n, s] + discount * worst)
        for s in range(states):
            later[s] = now[s]
    return later[start]
