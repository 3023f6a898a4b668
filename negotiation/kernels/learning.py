"""The loops of repeated disputes; `negotiation.learning.population` states what they compute.

Pairs are independent, so a pair plays its disputes one after the other and nothing is shared. A *node* is
a decision of a disputant: number (s * 5 + w) * 6 + r at public state s and stance w, r = 0 for the first
move and r = 1 + m for the answer to a first move m. Plans are rows of four upper ends by node, and so are
the values of the state learner: one index serves both.

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

from negotiation.kernels.compiling import bare, kernel
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
def play_disputes(first_pair, first_dispute, disputes, rounds, key0, key1, start, seoul_first_from, stance_ends,
                  plan_ends, plan_first, plan_length, leaf, leaf_words, discounts, settlement_payoff, rupture_payoff,
                  state_outcome, legal, rules, numbers, sizes, expected, memory, table, visits,
                  payoff_sums, counts, taken, chances, diary_plans, diary_outcome, diary_payoffs, diary_memory,
                  whole, real):
    """Play disputes ``first_dispute`` and the next ones of a block of pairs, learning after each.

    Tables: ``stance_ends`` [T, S, 4]; ``plan_ends`` [rows, 4] holds all plans of both sides, plan j of seat i
    from row ``plan_first`` [i, j] on, over ``plan_length`` [i, j] rounds (1: the same in every round);
    ``leaf`` (doubles) and ``leaf_words`` (uint64) [leaves, 8], see `negotiation.learning.tables`;
    ``expected`` [2, K, K] by seat, own plan and other plan. Changed in place: ``memory`` [2, pairs, width],
    ``table`` and ``visits`` [2, pairs, nodes, 5]. Outputs: sums of payoffs [pairs, 3], numbers of outcomes
    [pairs, 5] and of plans taken [pairs, 2, K] over these disputes, and the probabilities of the next plan
    [pairs, 2, K]. The diaries have one entry a dispute, or none. ``whole`` [4, 2] and ``real`` [3, K or 3] are
    scratch.
    """
    pairs = payoff_sums.shape[0]
    nodes_a_round = state_outcome.shape[0] * MOVES * ROLES
    plans, moves, pending_node, pending_move = whole[0], whole[1], whole[2], whole[3]
    worth, reward, total = real[0], real[1], real[2]
    spare, low = np.uint64(11), np.uint64(2047)
    for p in range(pairs):
        for d in range(disputes):
            episode = (np.uint64(first_pair + p) << np.uint64(PAIR_BITS)) + np.uint64(first_dispute + d)
            a, b, c, e = philox(np.uint64(0), episode, key0, key1)
            for seat in range(2):
                if rules[seat] != _Q_LEARNING:
                    word = a if seat == 0 else b
                    plan_chances(rules[seat], numbers[seat], memory[seat, p], sizes[seat], sizes[1 - seat],
                                 expected[seat], worth, chances[p, seat])
                    plans[seat] = _drawn(chances[p, seat], sizes[seat], np.float64(word >> spare) * UNIT)
                taken[p, seat, plans[seat]] += 1
            total[0] = 0.0
            total[1] = 0.0
            total[2] = 0.0
            state, outcome = start, -1
            for t in range(rounds):
                a, b, c, e = philox(np.uint64(t + 1), episode, key0, key1)
                order = (((a & low) << np.uint64(33)) | ((b & low) << np.uint64(22))
                         | ((c & low) << spare) | (e & low))
                stance = np.int64(option(stance_ends[min(t, stance_ends.shape[0] - 1)], state, a >> spare))
                seat = 1 if order >= seoul_first_from else 0
                node = (state * MOVES + stance) * ROLES
                role = 0
                word = b
                for _ in range(2):
                    at = node + role
                    if rules[seat] == _Q_LEARNING:
                        values = table[seat, p]
                        if t > 0:  # last week's decision is judged by where it led
                            ahead = values[at, _best_move(values, at, legal[seat], state)]
                            _move_value(values, visits[seat, p], pending_node[seat], pending_move[seat],
                                        reward[seat] + numbers[seat, 3] * ahead, numbers[seat])
                        move = _explore(values, at, legal[seat], state, numbers[seat, 2],
                                        np.float64(word >> spare) * UNIT)
                        pending_node[seat] = at
                        pending_move[seat] = move
                    else:
                        plan = plans[seat]
                        place = min(t, plan_length[seat, plan] - 1) * nodes_a_round + at
                        move = np.int64(option(plan_ends, plan_first[seat, plan] + place, word >> spare))
                    moves[seat] = move
                    role = 1 + move
                    word = c
                    seat = 1 - seat
                row = ((state * MOVES + stance) * MOVES + moves[0]) * MOVES + moves[1]
                u = e >> spare
                code = np.int64(leaf_words[row, 3])
                for i in range(3):
                    total[i] += discounts[i, t] * leaf[row, 4 + i]
                reward[0] = leaf[row, 4]
                reward[1] = leaf[row, 5]
                if u < leaf_words[row, 1]:
                    settles = u < leaf_words[row, 0]
                    k = code >> (2 * BITS)
                    for i in range(3):
                        lump = settlement_payoff[i, stance, k] if settles else rupture_payoff[i]
                        total[i] += discounts[i, t + 1] * lump
                        if i < 2 and rules[i] == _Q_LEARNING:
                            reward[i] += numbers[i, 3] * lump
                    outcome = SETTLED if settles else RUPTURED
                    break
                state = (code >> BITS) & FIELD if u < leaf_words[row, 2] else code & FIELD
            for seat in range(2):
                if rules[seat] != _Q_LEARNING:
                    _learn(rules[seat], numbers[seat], memory[seat, p], sizes[seat], plans[seat], plans[1 - seat],
                           total[seat], expected[seat])
                elif outcome >= 0 or numbers[seat, 4] != 0.0:
                    _move_value(table[seat, p], visits[seat, p], pending_node[seat], pending_move[seat],
                                reward[seat], numbers[seat])
            if outcome < 0:
                outcome = state_outcome[state]
            counts[p, outcome] += 1
            for i in range(3):
                payoff_sums[p, i] += total[i]
            if d < diary_outcome.shape[1]:
                diary_outcome[p, d] = outcome
                for i in range(3):
                    diary_payoffs[p, d, i] = total[i]
                for seat in range(2):
                    diary_plans[p, d, seat] = plans[seat]
                    for j in range(memory.shape[2]):
                        diary_memory[p, d, seat, j] = memory[seat, p, j]
        for seat in range(2):
            if rules[seat] != _Q_LEARNING:
                plan_chances(rules[seat], numbers[seat], memory[seat, p], sizes[seat], sizes[1 - seat],
                             expected[seat], worth, chances[p, seat])


# --------------------------------------------------------------------------- the lowest payoff


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
