"""The loops of repeated disputes; `negotiation.learning.population` states what they compute.

Pairs are independent; nothing is shared. A *node* is a decision of a disputant: number (s * 5 + w) * 6 + r at public
state s and stance w, r = 0 for the first move and r = 1 + m for the answer to a first move m. Plans are rows of four
upper ends by node, and the values of a state learner rows of five by node: one index serves both.

What a learner remembers is one row of ``memory``, by rule:

    fixed            [0, K) weights of its own plans
    roth_erev        [0, K) propensities q
    ewa              [0, K) attractions A, [K] experience N
    fictitious_play  [0, L) weights kappa of the other side's plans
    q_learning       nothing; its values are in ``table``

and its parameters are a row of ``numbers``, see `NUMBERS`.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from negotiation.kernels.compiling import bare
from negotiation.kernels.episodes import option
from negotiation.kernels.numeric import exp_nonpositive, philox

MOVES = 5
ROLES = 6                # first mover, or answering each of the five first moves
TIE = 1e-12              # best replies this close are ties, as in the solver
UNIT = 2.0**-53
PAIR_BITS = 32           # an episode's number is pair * 2^32 + dispute
BITS = 20                # width of each number in a leaf's code: next state, next if lapsed, afterstate
FIELD = (1 << BITS) - 1
SETTLED, RUPTURED = 0, 4  # as in `negotiation.vocabulary.Outcome`


class RuleCode(IntEnum):
    """How a seat learns."""

    FIXED = 0
    ROTH_EREV = 1
    EWA = 2
    FICTITIOUS_PLAY = 3
    Q_LEARNING = 4


# Parameters of each rule, in the order of a row of ``numbers``.
NUMBERS = {
    RuleCode.FIXED: (),
    RuleCode.ROTH_EREV: ("phi", "epsilon", "x_min"),
    RuleCode.EWA: ("phi", "rho", "delta", "precision", "expected"),
    RuleCode.FICTITIOUS_PLAY: ("phi", "precision"),
    RuleCode.Q_LEARNING: ("alpha", "omega", "epsilon", "gamma", "ends_with_window"),
}
WIDTH = 5
_FIXED, _ROTH_EREV, _EWA = int(RuleCode.FIXED), int(RuleCode.ROTH_EREV), int(RuleCode.EWA)
_FICTITIOUS_PLAY, _Q_LEARNING = int(RuleCode.FICTITIOUS_PLAY), int(RuleCode.Q_LEARNING)


# ------------------------------------------------------------------------------- choosing a plan


@bare
def _logit(worth, n, precision, chances):
    """Probabilities proportional to exp(precision * worth); the first of the best at infinity."""
    best = worth[0]
    for j in range(1, n):
        best = max(best, worth[j])
    if precision == np.inf:
        for j in range(n):
            chances[j] = 0.0
        for j in range(n):
            if worth[j] >= best - TIE:
                chances[j] = 1.0
                return
    total = 0.0
    for j in range(n):
        chances[j] = exp_nonpositive(precision * (worth[j] - best))
        total += chances[j]
    for j in range(n):
        chances[j] /= total


@bare
def plan_chances(rule, numbers, memory, own, other, expected, worth, chances):
    """Write the probabilities of a plan learner's ``own`` plans.

    ``expected`` [own, other] are its expected payoffs; ``worth`` is scratch of at least ``own`` numbers.
    """
    if rule == _EWA:
        _logit(memory, own, numbers[3], chances)
    elif rule == _FICTITIOUS_PLAY:
        total = 0.0
        for k in range(other):
            total += memory[k]
        for j in range(own):
            worth[j] = 0.0
            for k in range(other):
                worth[j] += memory[k] / total * expected[j, k]
        _logit(worth, own, numbers[1], chances)
    else:
        total = 0.0
        for j in range(own):
            total += memory[j]
        for j in range(own):
            # Propensities that have all been forgotten leave nothing to go by.
            chances[j] = memory[j] / total if total > 0.0 else 1.0 / own


@bare
def _drawn(chances, n, u):
    """The option that u selects: the compiled twin of `negotiation.drawing.draw`."""
    last = n - 1
    while last > 0 and chances[last] == 0.0:
        last -= 1
    end = 0.0
    for j in range(last):
        end += chances[j]
        if u < end:
            return j
    return last


@bare
def _learn(rule, numbers, memory, own, plan, other_plan, payoff, expected):
    """Update a plan learner's memory after a dispute."""
    if rule == _ROTH_EREV:
        phi, epsilon = numbers[0], numbers[1]
        reinforcement = max(payoff - numbers[2], 0.0)
        for j in range(own):
            if own == 1:
                share = 1.0
            else:
                share = 1.0 - epsilon if j == plan else epsilon / (own - 1)
            memory[j] = (1.0 - phi) * memory[j] + reinforcement * share
    elif rule == _EWA:
        phi, delta = numbers[0], numbers[2]
        before = memory[own]
        after = numbers[1] * before + 1.0
        for j in range(own):
            if j == plan:
                gained = expected[j, other_plan] if numbers[4] != 0.0 else payoff
            else:
                gained = delta * expected[j, other_plan]
            memory[j] = (phi * before * memory[j] + gained) / after
        memory[own] = after
    elif rule == _FICTITIOUS_PLAY:
        for k in range(expected.shape[1]):
            memory[k] *= numbers[0]
        memory[other_plan] += 1.0


# ---------------------------------------------------------------------------- the state learner


@bare
def _best_move(values, node, legal, state):
    """The legal move of the highest value, the lowest-numbered of equals."""
    best = -1
    for m in range(MOVES):
        if legal[m, state] and (best < 0 or values[node, m] > values[node, best]):
            best = m
    return best


@bare
def _explore(values, node, legal, state, epsilon, u):
    """The epsilon-greedy move that u selects, in the order of the moves."""
    best = _best_move(values, node, legal, state)
    if epsilon == 0.0:
        return best
    count, last = 0, 0
    for m in range(MOVES):
        if legal[m, state]:
            count += 1
            last = m
    each = epsilon / count
    end = 0.0
    for m in range(last):
        if legal[m, state]:
            end += each + (1.0 - epsilon) if m == best else each
            if u < end:
                return m
    return last


@bare
def _move_value(values, visits, node, move, target, numbers):
    """Move one value towards its target."""
    visits[node, move] += np.uint32(1)
    rate = numbers[0]
    if numbers[1] > 0.0:
        rate = rate / np.float64(visits[node, move]) ** numbers[1]
    values[node, move] += rate * (target - values[node, move])


@bare
def greedy_moves(values, legal, moves):
    """Write the best move at every node, int8 [nodes]."""
    for node in range(moves.shape[0]):
        moves[node] = _best_move(values, node, legal, node // (MOVES * ROLES))


# ---------------------------------------------------------------------------------- the disputes


@bare
def _plan_move(plan_ends, plan_first, plan_length, nodes, seat, plan, t, at, u):
    """The move that u selects at a node of a plan."""
    row = plan_first[seat, plan] + min(t, plan_length[seat, plan] - 1) * nodes + at
    return np.int64(option(plan_ends, row, u))


@bare
def _table_move(values, visits, legal, numbers, t, at, state, u, pending_node, pending_move, reward):
    """Learn from last week's decision by where it led, and choose this week's move."""
    if t > 0:
        ahead = values[at, _best_move(values, at, legal, state)]
        _move_value(values, visits, pending_node, pending_move, reward + numbers[3] * ahead, numbers)
    return _explore(values, at, legal, state, numbers[2], np.float64(u) * UNIT)


@bare
def play_disputes(first_pair, first_dispute, disputes, rounds, key0, key1, start, seoul_first_from, stance_ends,
                  plan_ends, plan_first, plan_length, leaf, leaf_words, discounts, settlement_payoff, rupture_payoff,
                  state_outcome, legal, rules, numbers, sizes, expected, memory, table, visits,
                  payoff_sums, counts, taken, chances, diary_plans, diary_outcome, diary_payoffs, diary_memory,
                  worth, scratch, words, real):
    """Play disputes ``first_dispute`` and the next ones of a block of pairs, learning after each.

    The pairs of a block play their d-th disputes together, week by week, as the episodes of the batch engine do
    (`negotiation.kernels.episodes`): many independent pairs are then in flight at once.

    Tables: ``stance_ends`` [T, S, 4]; ``plan_ends`` [rows, 4] holds all plans of both sides, plan j of seat i
    from row ``plan_first`` [i, j] on, over ``plan_length`` [i, j] rounds (1: the same in every round);
    ``leaf`` (doubles) and ``leaf_words`` (uint64) [leaves, 8], see `negotiation.learning.tables`;
    ``expected`` [2, K, K] by seat, own plan and other plan. Changed in place: ``memory`` [2, pairs, width],
    ``table`` and ``visits`` [2, pairs, nodes, 5]. Outputs, added to: sums of payoffs [pairs, 3], numbers of
    outcomes [pairs, 5] and of plans taken [pairs, 2, K]; and the probabilities of the next plan [pairs, 2, K].
    The diaries have one entry a dispute, or none. ``worth`` [K], ``scratch`` [13, pairs] of int64, ``words``
    [3, pairs] of uint64 and ``real`` [5, pairs] are scratch.
    """
    pairs = payoff_sums.shape[0]
    nodes = state_outcome.shape[0] * MOVES * ROLES
    going, states, places, leaders, outcomes = scratch[0], scratch[1], scratch[2], scratch[3], scratch[4]
    plans, moves, pending_node, pending_move = scratch[5:7], scratch[7:9], scratch[9:11], scratch[11:13]
    draw_first, draw_reply, draw_chance = words[0], words[1], words[2]
    reward, total = real[0:2], real[2:5]
    spare, low = np.uint64(11), np.uint64(2047)
    stateful = rules[0] == _Q_LEARNING or rules[1] == _Q_LEARNING
    for d in range(disputes):
        for p in range(pairs):
            episode = (np.uint64(first_pair + p) << np.uint64(PAIR_BITS)) + np.uint64(first_dispute + d)
            a, b, c, e = philox(np.uint64(0), episode, key0, key1)
            for seat in range(2):
                plans[seat, p] = 0
                if rules[seat] != _Q_LEARNING:
                    word = a if seat == 0 else b
                    plan_chances(rules[seat], numbers[seat], memory[seat, p], sizes[seat], sizes[1 - seat],
                                 expected[seat], worth, chances[p, seat])
                    plans[seat, p] = _drawn(chances[p, seat], sizes[seat], np.float64(word >> spare) * UNIT)
                taken[p, seat, plans[seat, p]] += 1
            for i in range(3):
                total[i, p] = 0.0
            going[p], states[p], outcomes[p] = p, start, -1
        n = pairs
        for t in range(rounds):
            ends = stance_ends[min(t, stance_ends.shape[0] - 1)]
            for j in range(n):
                p = going[j]
                episode = (np.uint64(first_pair + p) << np.uint64(PAIR_BITS)) + np.uint64(first_dispute + d)
                a, b, c, e = philox(np.uint64(t + 1), episode, key0, key1)
                order = (((a & low) << np.uint64(33)) | ((b & low) << np.uint64(22))
                         | ((c & low) << spare) | (e & low))
                places[j] = states[p] * MOVES + np.int64(option(ends, states[p], a >> spare))
                leaders[j] = 1 if order >= seoul_first_from else 0
                draw_first[j] = b >> spare
                draw_reply[j] = c >> spare
                draw_chance[j] = e >> spare
            for j in range(n if not stateful else 0):  # nothing here branches on a pair
                p, seat = going[j], leaders[j]
                moves[seat, p] = _plan_move(plan_ends, plan_first, plan_length, nodes, seat, plans[seat, p], t,
                                            places[j] * ROLES, draw_first[j])
            for j in range(n if not stateful else 0):
                p, seat = going[j], 1 - leaders[j]
                moves[seat, p] = _plan_move(plan_ends, plan_first, plan_length, nodes, seat, plans[seat, p], t,
                                            places[j] * ROLES + 1 + moves[1 - seat, p], draw_reply[j])
            for j in range(n if stateful else 0):
                p, seat = going[j], leaders[j]
                at, state, u = places[j] * ROLES, states[p], draw_first[j]
                for _ in range(2):
                    if rules[seat] == _Q_LEARNING:
                        move = _table_move(table[seat, p], visits[seat, p], legal[seat], numbers[seat], t, at, state, u,
                                           pending_node[seat, p], pending_move[seat, p], reward[seat, p])
                        pending_node[seat, p] = at
                        pending_move[seat, p] = move
                    else:
                        move = _plan_move(plan_ends, plan_first, plan_length, nodes, seat, plans[seat, p], t, at, u)
                    moves[seat, p] = move
                    at, u, seat = at + 1 + move, draw_reply[j], 1 - seat
            kept = 0
            for j in range(n):
                p, u = going[j], draw_chance[j]
                row = (places[j] * MOVES + moves[0, p]) * MOVES + moves[1, p]
                code = np.int64(leaf_words[row, 3])
                for i in range(3):
                    total[i, p] += discounts[i, t] * leaf[row, 4 + i]
                reward[0, p] = leaf[row, 4]
                reward[1, p] = leaf[row, 5]
                lapsed = np.int64(u < leaf_words[row, 2])
                states[p] = (code >> (lapsed * BITS)) & FIELD
                going[kept] = p
                kept += 1
                if u < leaf_words[row, 1]:
                    kept -= 1
                    settles = u < leaf_words[row, 0]
                    k, stance = code >> (2 * BITS), places[j] % MOVES
                    for i in range(3):
                        lump = settlement_payoff[i, stance, k] if settles else rupture_payoff[i]
                        total[i, p] += discounts[i, t + 1] * lump
                        if i < 2 and rules[i] == _Q_LEARNING:
                            reward[i, p] += numbers[i, 3] * lump
                    outcomes[p] = SETTLED if settles else RUPTURED
            n = kept
            if n == 0:
                break
        for p in range(pairs):
            for seat in range(2):
                if rules[seat] != _Q_LEARNING:
                    _learn(rules[seat], numbers[seat], memory[seat, p], sizes[seat], plans[seat, p],
                           plans[1 - seat, p], total[seat, p], expected[seat])
                elif outcomes[p] >= 0 or numbers[seat, 4] != 0.0:
                    _move_value(table[seat, p], visits[seat, p], pending_node[seat, p], pending_move[seat, p],
                                reward[seat, p], numbers[seat])
            outcome = outcomes[p] if outcomes[p] >= 0 else state_outcome[states[p]]
            counts[p, outcome] += 1
            for i in range(3):
                payoff_sums[p, i] += total[i, p]
            if d < diary_outcome.shape[1]:
                diary_outcome[p, d] = outcome
                for i in range(3):
                    diary_payoffs[p, d, i] = total[i, p]
                for seat in range(2):
                    diary_plans[p, d, seat] = plans[seat, p]
                    for k in range(memory.shape[2]):
                        diary_memory[p, d, seat, k] = memory[seat, p, k]
    for p in range(pairs):
        for seat in range(2):
            if rules[seat] != _Q_LEARNING:
                plan_chances(rules[seat], numbers[seat], memory[seat, p], sizes[seat], sizes[1 - seat],
                             expected[seat], worth, chances[p, seat])
