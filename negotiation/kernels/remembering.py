"""The loop of the batch engine where policies remember (`negotiation.memory`); rows as in `kernels.episodes`.

Episodes run one after the other, as the row of a decision depends on what the seat remembers.
"""

from __future__ import annotations

import numpy as np

from negotiation.kernels.compiling import kernel
from negotiation.kernels.episodes import BITS, COUNTER_BITS, MOVES, NEVER, option
from negotiation.kernels.numeric import philox


@kernel
def run_block(first_episode, episodes, rounds, key0, key1, start, start_tension, seoul_first_from,
              stance_ends, first_tokyo, reply_tokyo, first_seoul, reply_seoul, remembers, begin,
              update_tokyo, update_seoul, update_washington,
              leaf, leaf_words, settled_end, effort, discounts, settlement_payoff, rupture_payoff,
              end, state, first_standstill, counts, peak, total_effort, payoffs):
    """Play a block of episodes and record each; outputs as in `kernels.episodes.run_block`.

    Tables of ends are [T or K, S, 4], [T or K, S, W, 4] and [T or K, S, W, F, 4]; ``remembers`` and ``begin``
    [3] by actor; updates [K, 2, W, M, M, S].
    """
    spare, low = np.uint64(11), np.uint64(2047)
    code_bits, field = np.uint64(BITS), np.uint64((1 << BITS) - 1)
    memory = np.empty(3, dtype=np.int64)
    for j in range(episodes):
        key = np.uint64(first_episode) + np.uint64(j)
        s = start
        end[j] = 0
        first, count, highest, effort_so_far = np.uint64(NEVER), np.uint64(0), start_tension, 0.0
        for i in range(3):
            payoffs[i, j] = 0.0
            memory[i] = begin[i]
        for t in range(rounds):
            week = np.uint64(t + 1)
            a, b, c, d = philox(week, key, key0, key1)
            order = (((a & low) << np.uint64(33)) | ((b & low) << np.uint64(22))
                     | ((c & low) << spare) | (d & low))
            leader = 1 if order >= seoul_first_from else 0
            at = memory[2] if remembers[2] else min(t, stance_ends.shape[0] - 1)
            w = np.int64(option(stance_ends[at], s, a >> spare))
            at_tokyo = memory[0] if remembers[0] else t
            at_seoul = memory[1] if remembers[1] else t
            if leader == 0:
                mt = np.int64(option(first_tokyo[min(at_tokyo, first_tokyo.shape[0] - 1), s], w, b >> spare))
                ms = np.int64(option(reply_seoul[min(at_seoul, reply_seoul.shape[0] - 1), s, w], mt, c >> spare))
            else:
                ms = np.int64(option(first_seoul[min(at_seoul, first_seoul.shape[0] - 1), s], w, b >> spare))
                mt = np.int64(option(reply_tokyo[min(at_tokyo, reply_tokyo.shape[0] - 1), s, w], ms, c >> spare))
            u = d >> spare
            row = ((s * MOVES + w) * MOVES + mt) * MOVES + ms
            code = leaf_words[row, 3]
            lapsed = np.uint64(u >= leaf_words[row, 1]) & np.uint64(u < leaf_words[row, 2])
            count += leaf_words[row, 0] + (lapsed << np.uint64(3 * COUNTER_BITS))
            if (code >> np.uint64(60)) == np.uint64(0):
                first = min(first, week)
            for i in range(3):
                payoffs[i, j] += discounts[i, t] * leaf[row, 4 + i]
            highest = max(highest, leaf[row, 7])
            effort_so_far += effort[s * MOVES + w]
            if remembers[0]:
                memory[0] = update_tokyo[memory[0], leader, w, mt, ms, s]
            if remembers[1]:
                memory[1] = update_seoul[memory[1], leader, w, mt, ms, s]
            if remembers[2]:
                memory[2] = update_washington[memory[2], leader, w, mt, ms, s]
            s = np.int64((code >> (lapsed * code_bits)) & field)
            if u < leaf_words[row, 1]:
                settles = u < settled_end[row]
                end[j] = t + 1 if settles else -(t + 1)
                k = np.int64((code >> (code_bits + code_bits)) & field)
                for i in range(3):
                    lump = settlement_payoff[i, w, k] if settles else rupture_payoff[i]
                    payoffs[i, j] += discounts[i, t + 1] * lump
                break
        state[j], first_standstill[j], counts[j] = s, first, count
        peak[j], total_effort[j] = highest, effort_so_far
