"""The loop of the batch engine; `negotiation.engines.batch` states what it computes.

Episodes of a block advance together, week by week, and each step of a week is a loop of its own over
the episodes still going: many independent episodes are then in flight at once and nothing branches
on a single one. A decision is one row of four upper ends (`negotiation.drawing.thresholds`); the
option is the number of ends not above the uniform. Uniforms are whole numbers of 53 bits and ends
are scaled and rounded up to match, which compares exactly as the doubles would.

Rows of tables: a stance is chosen at row s; a first move at row (s * 5 + w) * 2 + f, f = 0 if Tokyo
moves first and 1 if Seoul; a reply at row ((s * 5 + w) * 2 + f) * 5 + first move. A *leaf* is row
((s * 5 + w) * 5 + tokyo move) * 5 + seoul move of a table of 8 words of 64 bits, see `LEAF`.
"""

from __future__ import annotations

import numpy as np

from negotiation.kernels.compiling import inlined, kernel
from negotiation.kernels.numeric import philox

# Words of a leaf: event counts to add; upper ends of rupture and lapse; a code of three numbers and
# one flag (see below); payoffs of the three actors and tension after the moves, as doubles.
LEAF = ("counts", "rupture_end", "lapse_end", "code",
        "payoff_tokyo", "payoff_seoul", "payoff_washington", "tension")
BITS = 20                    # width of each number in a code: next state, next if lapsed, afterstate
NOT_IN_FORCE = 1 << 60       # flag in a code: no standstill in force after the moves
COUNTER_BITS = 16            # width of each packed count: breaches, appeals of Tokyo, of Seoul, lapses
NEVER = 1 << 40              # a first standstill still to come
MOVES = 5
TWO_53 = 2.0**53


@inlined
def option(ends, row, u):
    """Number of the option that u selects from a row of four upper ends."""
    return (np.uint64(u >= ends[row, 0]) + np.uint64(u >= ends[row, 1])
            + np.uint64(u >= ends[row, 2]) + np.uint64(u >= ends[row, 3]))


@kernel
def scaled_ends(probabilities, ends, order):
    """Upper ends of a policy table, as whole numbers of 2^-53 rounded up.

    ``probabilities`` [T, W, F, M, S] in the loop order of policies (F first moves, or 1); the result goes
    to ``ends[:, :, :, order]``, ``ends`` being [T, S, W, orders, F, 4]. The compiled twin of
    `negotiation.drawing.thresholds`: running sums in option order, 2 from the last possible option on.
    """
    rounds, stances, firsts, options, states = probabilities.shape
    for t in range(rounds):
        for w in range(stances):
            for f in range(firsts):
                for s in range(states):
                    last = options - 1
                    while last > 0 and probabilities[t, w, f, last, s] == 0.0:
                        last -= 1
                    total = 0.0
                    for o in range(options - 1):
                        total += probabilities[t, w, f, o, s]
                        end = 2.0 if o >= last else total
                        ends[t, s, w, order, f, o] = np.uint64(np.ceil(end * TWO_53))


@kernel
def run_block(first_episode, episodes, rounds, key0, key1, start, start_tension, seoul_first_from,
              stance_ends, first_ends, reply_ends, leaf, leaf_words, settled_end, effort, discounts,
              settlement_payoff, rupture_payoff,
              scratch,
              end, state, first_standstill, counts, peak, total_effort, payoffs):
    """Play a block of episodes and record each.

    ``seoul_first_from`` is `tokyo_first` scaled to 44 bits; tables of ends are [T, rows, 4] with T = 1
    or ``rounds``; ``leaf`` (doubles) and ``leaf_words`` (uint64) are two views of one table;
    ``settled_end`` [leaves]; ``effort`` [S * 5], per state and stance; ``discounts`` [3, rounds + 1];
    ``scratch`` [6 or more, n] of uint64. Outputs, one entry an episode: ``end``, the round of settlement
    (> 0) or rupture (< 0), else 0; the state at the end; first standstill (NEVER or more: none); packed
    counts; peak tension; effort; payoffs [3, n].
    """
    n = episodes
    going, place, draw_first = scratch[0], scratch[1], scratch[2]
    draw_reply, draw_chance, chosen = scratch[3], scratch[4], scratch[5]
    key, moves = np.uint64(first_episode), np.uint64(MOVES)
    one, two, four = np.uint64(1), np.uint64(2), np.uint64(4)
    leaves, spare, low = np.uint64(MOVES * MOVES), np.uint64(11), np.uint64(2047)
    code_bits, field = np.uint64(BITS), np.uint64((1 << BITS) - 1)
    for e in range(episodes):
        going[e] = e
        state[e] = start
        end[e] = 0
        first_standstill[e] = NEVER
        counts[e] = 0
        peak[e] = start_tension
        total_effort[e] = 0.0
        payoffs[0, e] = 0.0
        payoffs[1, e] = 0.0
        payoffs[2, e] = 0.0
    for t in range(rounds):
        week = np.uint64(t + 1)
        ends = stance_ends[min(t, stance_ends.shape[0] - 1)]
        for j in range(n):
            e = going[j]
            a, b, c, d = philox(week, key + e, key0, key1)
            order = (((a & low) << np.uint64(33)) | ((b & low) << np.uint64(22))
                     | ((c & low) << spare) | (d & low))
            stance = option(ends, state[e], a >> spare)
            place[j] = (state[e] * moves + stance) * two + np.uint64(order >= seoul_first_from)
            draw_first[j] = b >> spare
            draw_reply[j] = c >> spare
            draw_chance[j] = d >> spare
        ends = first_ends[min(t, first_ends.shape[0] - 1)]
        for j in range(n):
            chosen[j] = option(ends, place[j], draw_first[j])
        ends = reply_ends[min(t, reply_ends.shape[0] - 1)]
        for j in range(n):
            at, first = place[j], chosen[j]
            reply = option(ends, at * moves + first, draw_reply[j])
            seoul_leads = at & one
            chosen[j] = ((at >> one) * leaves + first * (moves - four * seoul_leads)
                         + reply * (one + four * seoul_leads))
        kept = 0
        weight_tokyo, weight_seoul, weight_washington = discounts[0, t], discounts[1, t], discounts[2, t]
        for j in range(n):
            e, row, u = going[j], chosen[j], draw_chance[j]
            code = leaf_words[row, 3]
            lapsed = np.uint64(u >= leaf_words[row, 1]) & np.uint64(u < leaf_words[row, 2])
            counts[e] += leaf_words[row, 0] + (lapsed << np.uint64(3 * COUNTER_BITS))
            not_yet = (code >> np.uint64(60)) * np.uint64(NEVER)
            first_standstill[e] = min(first_standstill[e], not_yet + week)
            state[e] = (code >> (lapsed * code_bits)) & field
            payoffs[0, e] += weight_tokyo * leaf[row, 4]
            payoffs[1, e] += weight_seoul * leaf[row, 5]
            payoffs[2, e] += weight_washington * leaf[row, 6]
            peak[e] = max(peak[e], leaf[row, 7])
            total_effort[e] += effort[place[j] >> one]
            going[kept] = e
            kept += 1
            if u < leaf_words[row, 1]:
                kept -= 1
                settles = u < settled_end[row]
                stance = (place[j] >> one) % moves
                end[e] = t + 1 if settles else -(t + 1)
                k = (code >> (code_bits + code_bits)) & field
                for i in range(3):
                    lump = settlement_payoff[i, stance, k] if settles else rupture_payoff[i]
                    payoffs[i, e] += discounts[i, t + 1] * lump
        n = kept
        if n == 0:
            break
