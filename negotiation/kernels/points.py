"""The loops that solve a factored game; `negotiation.factored` states the mathematics and the layout.

One backward pass finds the logit equilibrium of all three seats, the values of each seat's best reply to it,
and, for the observed rounds, what forward propagation needs: per state and pair of moves the chance of going
through it. Policies are never stored. Six worths are carried: rows 0 to 2 those of equilibrium play, rows 3
to 5 those of the best replies of Tokyo, Seoul and Washington.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from negotiation.kernels.compiling import bare
from negotiation.kernels.induction import respond
from negotiation.kernels.numeric import exp_nonpositive

MOVES = 5


class Scratch(NamedTuple):
    """Working tables of `solve_point`, to be used again for the next point of the same size."""

    ahead: np.ndarray
    padded: np.ndarray
    weights: np.ndarray
    staying: np.ndarray
    top_by_row: np.ndarray
    highest: np.ndarray
    p: np.ndarray
    inverse: np.ndarray
    lead: np.ndarray
    opening: np.ndarray
    opened: np.ndarray
    outlook: np.ndarray
    pair: np.ndarray
    penalty: np.ndarray
    free: np.ndarray
    chosen: np.ndarray
    share: np.ndarray
    factor: np.ndarray
    at: np.ndarray
    turned: np.ndarray
    prices: np.ndarray


def scratch_tables(stances, classes, places, row):
    """Fresh working tables; ``row`` is the number of places of one rung of Tokyo's ladder."""
    wide, m = places + 2 * (row + 3), MOVES
    return Scratch(
        ahead=np.empty((6, classes, places)), padded=np.zeros((6, classes, wide)),
        weights=np.ones((2, classes, wide)),  # the rim stays finite for first moves that are illegal
        staying=np.zeros((stances, classes, wide)), top_by_row=np.empty(places), highest=np.empty(places),
        p=np.empty((2, m, m, places)), inverse=np.empty((2, m, places)), lead=np.empty((2, 6, m, places)),
        opening=np.empty((2, m, places)), opened=np.empty((2, 6, places)), outlook=np.empty((2, 6, stances, places)),
        pair=np.empty((stances, 2, m, m, places)), penalty=np.empty((2, m, places)), free=np.zeros((stances, places)),
        chosen=np.empty((stances, places)), share=np.empty(places), factor=np.empty((2, stances, 2, m, m)),
        at=np.empty((2 * m, m), dtype=np.int64), turned=np.empty((2, m, m), dtype=np.int64),
        prices=np.empty((3, stances, 2, m, m)))

WIDEST_ACT = 100.0
WIDEST = 500.0  # exponents further below their group's largest would lose digits: the readable loops take over


@bare
def landed(values, rupture, lapse, in_force, appeals, rupture_payoff, discount, ahead):
    """ahead[i, class, place] = discounted worth of going on from a landing, the same for every a."""
    for i in range(6):
        seat = i % 3
        for c in range(lapse.size):
            for g in range(rupture.shape[1]):
                place = 3 * g + appeals[c]
                on = values[i, in_force[c], place]
                if lapse[c] > 0.0:
                    on = (1.0 - lapse[c]) * on + lapse[c] * values[i, 0, place]
                worth = discount[seat] * (rupture[c, g] * rupture_payoff[seat] + (1.0 - rupture[c, g]) * on)
                ahead[i, c, 3 * g] = worth
                ahead[i, c, 3 * g + 1] = worth
                ahead[i, c, 3 * g + 2] = worth


@bare
def add_product(a, b, c, out):
    """Out = a + b * c."""
    for s in range(a.size):
        out[s] = a[s] + b[s] * c[s]


@bare
def copy(one, out):
    """Out = one."""
    for s in range(one.size):
        out[s] = one[s]


@bare
def largest(one, out):
    """Out = max(out, one)."""
    for s in range(one.size):
        out[s] = max(out[s], one[s])


@bare
def weigh(worth, top, precision, out):
    """Out = exp(precision * (worth - top)); returns the lowest exponent."""
    lowest = 0.0
    for s in range(worth.size):
        lowest = min(lowest, worth[s] - top[s])
    for s in range(worth.size):
        out[s] = exp_nonpositive(precision * (worth[s] - top[s]))
    return precision * lowest


@bare
def scaled(weights, factor, out):
    """Out = weights * factor."""
    for s in range(weights.size):
        out[s] = weights[s] * factor


@bare
def scaled_where(weights, factor, legal, out):
    """Out = weights * factor * legal."""
    for s in range(weights.size):
        out[s] = weights[s] * factor * legal[s]


@bare
def inverse_sum(p, out):
    """Out = 1 / (sum over the five options of p[o])."""
    for s in range(out.size):
        out[s] = 1.0 / (p[0, s] + p[1, s] + p[2, s] + p[3, s] + p[4, s])


@bare
def mean_of_three(p0, p1, p2, a, b, c, extra0, extra1, extra2, out):
    """Out = sum of p * (worth + extra) over three options."""
    for s in range(out.size):
        out[s] = p0[s] * (a[s] + extra0) + p1[s] * (b[s] + extra1) + p2[s] * (c[s] + extra2)


@bare
def finish_with_two(p0, p1, a, b, extra0, extra1, scale, out):
    """Out = (out + sum of p * (worth + extra) over two more options) * scale."""
    for s in range(out.size):
        out[s] = (out[s] + p0[s] * (a[s] + extra0) + p1[s] * (b[s] + extra1)) * scale[s]


@bare
def mean_worth(p, worth, classes, at, extra, scale, places, out):
    """Out = expected worth under unnormalised weights p of five options, each landing in its own place."""
    mean_of_three(p[0], p[1], p[2],
                  worth[classes[0], at[0]:at[0] + places], worth[classes[1], at[1]:at[1] + places],
                  worth[classes[2], at[2]:at[2] + places], extra[0], extra[1], extra[2], out)
    finish_with_two(p[3], p[4], worth[classes[3], at[3]:at[3] + places], worth[classes[4], at[4]:at[4] + places],
                    extra[3], extra[4], scale, out)


@bare
def keep_best(landing, price, barred, out):
    """Out = max(out, worth + price + penalty)."""
    for s in range(out.size):
        out[s] = max(out[s], landing[s] + price + barred[s])


@bare
def best_worth(worth, classes, at, extra, penalty, places, out):
    """Out = largest worth among five options, each landing in its own place."""
    for s in range(places):
        out[s] = -np.inf
    for o in range(MOVES):
        keep_best(worth[classes[o], at[o]:at[o] + places], extra[o], penalty[o], out)


@bare
def best_lead(lead, penalty, out):
    """Out = largest of five worths."""
    for s in range(out.size):
        a, b = lead[0, s] + penalty[0, s], lead[1, s] + penalty[1, s]
        c, d = lead[2, s] + penalty[2, s], lead[3, s] + penalty[3, s]
        out[s] = max(max(max(a, b), max(c, d)), lead[4, s] + penalty[4, s])


@bare
def lead_mean(p, lead, out):
    """Out = sum over five options of p * lead."""
    for s in range(out.size):
        out[s] = p[0, s] * lead[0, s] + p[1, s] * lead[1, s] + p[2, s] * lead[2, s] + p[3, s] * lead[3, s]
    for s in range(out.size):
        out[s] += p[4, s] * lead[4, s]


@bare
def add_mixed(share, one, other, out):
    """Out = share * one + (1 - share) * other."""
    for s in range(out.size):
        out[s] = share * one[s] + (1.0 - share) * other[s]


@bare
def joint(replies, share, out):
    """Out += replies * share: the chance of one pair of moves in one order."""
    for s in range(out.size):
        out[s] += replies[s] * share[s]


@bare
def times(a, b, factor, out):
    """Out = a * b * factor."""
    for s in range(out.size):
        out[s] = a[s] * b[s] * factor


@bare
def add_flow(pair, stance, stay, flow, on):
    """Add what goes through one stance and pair of moves, and what of it does not settle."""
    for s in range(pair.size):
        flow[s] += pair[s] * stance[s]
    for s in range(pair.size):
        on[s] += pair[s] * stance[s] * stay[s]


@bare
def solve_point(worth, stay, acts, rupture, lapse, in_force, appeals, landing, offset, legal, rupture_payoff,
                discount, precision, tokyo_first, horizon, top_seoul, flow, on, stance_share, values, later, scratch):
    """Backward induction of all seats and of three best replies.

    Outputs: ``values`` [6, 2, P] at the first round, ``later`` [3, 2, P] equilibrium values after the observed
    rounds (their number is that of ``flow``), ``flow`` and ``on`` [rounds, 2, M, M, P], the chance of a pair of
    moves and of the pair and no settlement, given the state, ``stance_share`` [rounds, 2, W, P].

    Returns False, outputs unfinished, where the spread of weights would cost digits.
    """
    stances, classes, places = stay.shape
    rounds = flow.shape[0]
    margin = 3 * (top_seoul + 1) + 3
    row = 3 * (top_seoul + 1)
    ahead, padded, weights, staying = scratch.ahead, scratch.padded, scratch.weights, scratch.staying
    top_by_row, highest, p, inverse = scratch.top_by_row, scratch.highest, scratch.p, scratch.inverse
    lead, opening, opened, outlook = scratch.lead, scratch.opening, scratch.opened, scratch.outlook
    pair, penalty, free, chosen = scratch.pair, scratch.penalty, scratch.free, scratch.chosen
    share, factor, at, turned, prices = scratch.share, scratch.factor, scratch.at, scratch.turned, scratch.prices
    for i in range(2):
        for o in range(MOVES):
            for s in range(places):
                penalty[i, o, s] = 0.0 if legal[i, o, s] > 0.0 else -1e300
    for mt in range(MOVES):
        for ms in range(MOVES):
            at[mt, ms] = margin + offset[mt, ms]
            at[MOVES + ms, mt] = margin + offset[mt, ms]
    for c in range(2):
        for mt in range(MOVES):
            for ms in range(MOVES):
                turned[c, ms, mt] = landing[c, mt, ms]
                for i in range(3):
                    for w in range(stances):
                        prices[i, w, c, ms, mt] = acts[i, w, c, mt, ms]
    for w in range(stances):
        for c in range(classes):
            copy(stay[w, c], staying[w, c, margin:margin + places])
        for c in range(2):
            for mt in range(MOVES):
                for ms in range(MOVES):
                    for i in range(2):
                        exponent = precision[i] * acts[i, w, c, mt, ms]
                        if not -WIDEST_ACT < exponent <= 0.0:
                            return False
                        factor[i, w, c, mt, ms] = exp_nonpositive(exponent)
    values[:] = 0.0
    if rounds == horizon:
        later[:] = 0.0
    for t in range(horizon - 1, -1, -1):
        observed = t < rounds
        landed(values, rupture, lapse, in_force, appeals, rupture_payoff, discount, ahead)
        for w in range(stances):
            for i in range(6):
                for c in range(classes):
                    add_product(worth[i % 3, w, c], stay[w, c], ahead[i, c], padded[i, c, margin:margin + places])
            # Weights relative to the best landing that shares what the decider cannot change: for Tokyo the
            # other's rung and a, for Seoul Tokyo's rung and a.
            for i in range(2):
                highest[:] = -np.inf
                for c in range(classes):
                    largest(padded[i, c, margin:margin + places], highest)
                if i == 0:
                    copy(highest[:row], top_by_row[:row])
                    for start in range(row, places, row):
                        largest(highest[start:start + row], top_by_row[:row])
                    for start in range(row, places, row):
                        copy(top_by_row[:row], top_by_row[start:start + row])
                else:
                    for start in range(0, places, row):
                        for a in range(3):
                            best = -np.inf
                            for s in range(start + a, start + row, 3):
                                best = max(best, highest[s])
                            for s in range(start + a, start + row, 3):
                                top_by_row[s] = best
                for c in range(classes):
                    lowest = weigh(padded[i, c, margin:margin + places], top_by_row, precision[i],
                                   weights[i, c, margin:margin + places])
                    if not lowest > -WIDEST:
                        return False
            for c in range(2):
                for m in range(MOVES):
                    # Tokyo played m, Seoul answers; and Seoul played m, Tokyo answers.
                    for o in range(MOVES):
                        k, place = landing[c, m, o], at[m, o]
                        e = weights[1, k, place:place + places]
                        scaled_where(e, factor[1][w, c, m, o], legal[1, o], p[0, m, o])
                        k, place = landing[c, o, m], at[o, m]
                        e = weights[0, k, place:place + places]
                        scaled_where(e, factor[0][w, c, o, m], legal[0, o], p[1, m, o])
                    inverse_sum(p[0, m], inverse[0, m])
                    inverse_sum(p[1, m], inverse[1, m])
                    for i in range(6):
                        seat = i % 3
                        if i != 4:
                            mean_worth(p[0, m], padded[i], landing[c, m], at[m], acts[seat, w, c, m], inverse[0, m],
                                       places, lead[0, i, m])
                        else:
                            best_worth(padded[i], landing[c, m], at[m], acts[seat, w, c, m], penalty[1], places,
                                       lead[0, i, m])
                        if i != 3:
                            mean_worth(p[1, m], padded[i], turned[c, m], at[MOVES + m], prices[seat, w, c, m],
                                       inverse[1, m], places, lead[1, i, m])
                        else:
                            best_worth(padded[i], turned[c, m], at[MOVES + m], prices[seat, w, c, m], penalty[0],
                                       places, lead[1, i, m])
                respond(lead[0, 0], penalty[0], precision[0], opening[0])
                respond(lead[1, 1], penalty[1], precision[1], opening[1])
                for order in range(2):
                    for i in range(6):
                        if i == 3 + order:
                            best_lead(lead[order, i], penalty[order], opened[order, i])
                        else:
                            lead_mean(opening[order], lead[order, i], opened[order, i])
                for i in range(6):
                    add_mixed(tokyo_first, opened[0, i], opened[1, i], outlook[c, i, w])
                if observed:
                    for mt in range(MOVES):
                        times(opening[0, mt], inverse[0, mt], tokyo_first, share)
                        for ms in range(MOVES):
                            times(p[0, mt, ms], share, 1.0, pair[w, c, mt, ms])
                    for ms in range(MOVES):
                        times(opening[1, ms], inverse[1, ms], 1.0 - tokyo_first, share)
                        for mt in range(MOVES):
                            joint(p[1, ms, mt], share, pair[w, c, mt, ms])
        for c in range(2):
            taken = stance_share[t, c] if observed else chosen
            respond(outlook[c, 2], free, precision[2], taken)
            for i in range(5):
                lead_mean(taken, outlook[c, i], values[i, c])
            best_lead(outlook[c, 5], free, values[5, c])
            if observed:
                flow[t, c] = 0.0
                on[t, c] = 0.0
                for w in range(stances):
                    for mt in range(MOVES):
                        for ms in range(MOVES):
                            k, place = landing[c, mt, ms], at[mt, ms]
                            add_flow(pair[w, c, mt, ms], taken[w], staying[w, k, place:place + places],
                                     flow[t, c, mt, ms], on[t, c, mt, ms])
        if t == rounds:
            for i in range(3):
                for c in range(2):
                    copy(values[i, c], later[i, c])
    return True


@bare
def carry(start, start_standstill, flow, on, stance_share, rupture, lapse, in_force, appeals, landing, offset,
          breach, mass, waiting, landed_on, landed_fresh, settled, ruptured, first_standstill, breaches, lapses, stances,
          moves):
    """Carry the distribution over states forward through the observed rounds, on the outputs of `solve_point`.

    Outputs: ``mass`` [2, P] after the last round (``waiting`` its part that never saw a standstill), per round
    ``settled``, ``ruptured``, ``first_standstill``, ``breaches``, ``lapses`` [rounds], and expected numbers of
    rounds by stance [W] and move [2, M].
    """
    places = mass.shape[1]
    classes, grid = rupture.shape
    mass[:] = 0.0
    waiting[:] = 0.0
    stances[:] = 0.0
    moves[:] = 0.0
    mass[start_standstill, start] = 1.0
    waiting[start_standstill, start] = 1.0
    for t in range(settled.size):
        landed_on[:] = 0.0
        landed_fresh[:] = 0.0
        settled[t], first_standstill[t], breaches[t], ruptured[t], lapses[t] = 0.0, 0.0, 0.0, 0.0, 0.0
        for c in range(2):
            for w in range(stances.size):
                for s in range(places):
                    stances[w] += mass[c, s] * stance_share[t, c, w, s]
            for mt in range(MOVES):
                for ms in range(MOVES):
                    k = landing[c, mt, ms]
                    going, unsettled = 0.0, 0.0
                    for s in range(places):
                        through = flow[t, c, mt, ms, s]
                        if mass[c, s] * through > 0.0:
                            stay = on[t, c, mt, ms, s]
                            going += mass[c, s] * through
                            unsettled += mass[c, s] * stay
                            place = (s + offset[mt, ms]) // 3
                            landed_on[k, place] += mass[c, s] * stay
                            landed_fresh[k, place] += waiting[c, s] * stay
                            if in_force[k]:
                                first_standstill[t] += waiting[c, s] * through
                    settled[t] += going - unsettled
                    moves[0, mt] += going
                    moves[1, ms] += going
                    if breach[c, mt, ms]:
                        breaches[t] += going
        mass[:] = 0.0
        waiting[:] = 0.0
        for k in range(classes):
            for g in range(grid):
                ending = landed_on[k, g] * rupture[k, g]
                ruptured[t] += ending
                on_from_here = landed_on[k, g] - ending
                lapsing = on_from_here * lapse[k]
                lapses[t] += lapsing
                place = 3 * g + appeals[k]
                mass[in_force[k], place] += on_from_here - lapsing
                mass[0, place] += lapsing
                if not in_force[k]:
                    waiting[0, place] += landed_fresh[k, g] * (1.0 - rupture[k, g])
