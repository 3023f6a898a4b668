"""The loops that solve a factored game; `negotiation.factored` states the mathematics and the layout."""

from __future__ import annotations

from negotiation.kernels.compiling import bare
from negotiation.kernels.numeric import exp_nonpositive
from negotiation.kernels.point_steps import (
    choose,
    choose_own,
    follow,
    go_on,
    keep_to,
    land,
    land_own,
    observe,
    play,
    respond,
    weigh,
)
from negotiation.kernels.point_tables import (
    ANSWERS,
    BOTH,
    CELLS,
    COST,
    EXTRA,
    FACTOR,
    HOLD,
    LOG2_E,
    MEAN_PRICE,
    MOVES,
    NUMBER,
    OWN,
    PAID,
    PRICE,
    STANDSTILL,
    WIDEST,
    WIDEST_ACT,
    margin_of,
)
from negotiation.kernels.vector import UNROLLED


@bare
def prepare(worth, stay, acts, rupture, landing, offset, legal, precision, affinity, margin, t):
    """Lay a factored game out in the working tables.

    False where that would lose digits, or where the rules do not merge what is merged here.
    """
    stances, classes = stay.shape[:2]
    grid, width = rupture.shape[1], t.rupture.shape[1]
    t.extreme[:] = 0.0
    t.values[:] = 0.0
    for k in range(classes):
        for s in range(width):
            t.rupture[k, s] = rupture[k, min(s, grid - 1)]
    for i in range(2):
        for n in range(MOVES):
            for s in range(width):
                t.open[i, n, s] = -1 if legal[i, NUMBER[n], min(s, grid - 1)] > 0.0 else 0
        t.affinity[i] = affinity[i]
    for w in range(stances):
        for a in range(3):
            t.like[w, a] = a
            for other in range(a):
                same = True
                for k in range(classes):
                    for s in range(grid):
                        same &= stay[w, k, a * grid + s] == stay[w, k, other * grid + s]
                        for i in range(3):
                            same &= worth[i, w, k, a * grid + s] == worth[i, w, k, other * grid + s]
                if same:
                    t.like[w, a] = other
                    break
            for k in range(classes):
                for s in range(width):
                    place = a * grid + min(s, grid - 1)
                    t.stay[w, a, margin + k * width + s] = stay[w, k, place]
                    for i in range(3):
                        t.worth[w, a, i, k * width + s] = worth[i, w, k, place]
    for c in range(2):
        for m in range(MOVES):
            mt, hold, standstill = NUMBER[m], NUMBER[HOLD], NUMBER[STANDSTILL]
            if m != STANDSTILL and not (
                    landing[c, mt, hold] == landing[c, mt, standstill] and offset[mt, hold] == offset[mt, standstill]
                    and landing[c, hold, mt] == landing[c, standstill, mt]
                    and offset[hold, mt] == offset[standstill, mt]):
                return False
        for n in range(CELLS):
            mt, ms = n // ANSWERS, n % ANSWERS
            if n == BOTH:
                mt, ms = STANDSTILL, STANDSTILL
            cell = landing[c, NUMBER[mt], NUMBER[ms]] * width + margin + offset[NUMBER[mt], NUMBER[ms]]
            t.cell[0, c, n] = cell
            t.cell[1, c, n if n == BOTH else ms * ANSWERS + mt] = cell
        for w in range(stances):
            for order in range(2):
                for m in range(MOVES):
                    if not price_moves(acts[order, w, c], acts[1 - order, w, c], precision[1 - order], order, m,
                                       t.terms[order, w, c, m], t.price[w, c]):
                        return False
    return True


@bare
def price_moves(opener, answerer, precision, order, m, terms, price):
    """The terms of `play` for one opening; False where they would lose digits or do not fit."""
    hold = opener[NUMBER[m], NUMBER[HOLD]] if order == 0 else opener[NUMBER[HOLD], NUMBER[m]]
    for o in range(MOVES):
        mt, ms = (NUMBER[m], NUMBER[o]) if order == 0 else (NUMBER[o], NUMBER[m])
        own = answerer[mt, ms]
        if not -WIDEST_ACT < precision * own <= 0.0:
            return False
        factor = exp_nonpositive(precision * own)
        if o != STANDSTILL and opener[mt, ms] != hold:
            return False
        if o != STANDSTILL or m == STANDSTILL:
            terms[FACTOR + o], terms[PRICE + o] = factor, own
            if o == HOLD:
                terms[MEAN_PRICE] = own
            if o == STANDSTILL:
                terms[EXTRA] = opener[mt, ms] - hold
        else:
            both = terms[FACTOR + HOLD] + factor
            terms[EXTRA] = (opener[mt, ms] - hold) * factor / both
            terms[MEAN_PRICE] = (terms[PRICE + HOLD] * terms[FACTOR + HOLD] + own * factor) / both
            terms[PRICE + HOLD] = max(terms[PRICE + HOLD], own)
            terms[FACTOR + HOLD] = both
    price[2 * m + order] = hold
    return True


@bare
def copy(one, out):
    """Out = one."""
    for s in range(one.size):
        out[s] = one[s]


@bare
def keep_values(values, later):
    """Later = the values of equilibrium play."""
    for i in range(3):
        for c in range(2):
            for a in range(3):
                copy(values[i, c, a], later[i, c, a])


@bare
def solve_point(worth, stay, acts, affinity, rupture, lapse, in_force, appeals, landing, offset, legal, rupture_payoff,
                discount, precision, tokyo_first, horizon, top_seoul, later, t):
    """Backward induction of all seats and of three best replies.

    Outputs: ``t.values`` [6, 2, 3, lanes] at the first round, ``later`` [3, 2, 3, lanes] equilibrium values after the
    observed rounds, ``t.flow`` and ``t.on`` [rounds, 2, 3, cells, lanes], the chance of a pair of moves and of the
    pair and no settlement, given the state, ``t.taken`` [rounds, 2, 3, W, lanes].

    Returns False, outputs unfinished, where the spread of weights would cost digits.
    """
    stances, classes = stay.shape[:2]
    width, rounds, grid = t.rupture.shape[1], t.flow.shape[0], rupture.shape[1]
    margin = margin_of(top_seoul + 1)
    if not prepare(worth, stay, acts, rupture, landing, offset, legal, precision, affinity, margin, t):
        return False
    for i in range(3):
        t.slope[i] = precision[i] * LOG2_E
    t.first[0], t.first[1] = tokyo_first, 1.0 - tokyo_first
    if rounds == horizon:
        later[:] = 0.0
    for now in range(horizon - 1, -1, -1):
        observed = now < rounds
        for i in range(6):
            for k in range(classes):
                go_on(width, t, (i, k, k * width, 1.0 - lapse[k], lapse[k], in_force[k], appeals[k], discount[i % 3],
                                 rupture_payoff[i % 3]))
        for w in range(stances):
            for a in range(3):
                if t.like[w, a] == a:
                    for i in range(3):
                        land(classes * width, t, (w, a, i, margin))
                    # Weights are relative to any number that is the same for all; the middle keeps them moderate.
                    for i in range(2):
                        base = -t.slope[i] * t.landed[i, margin + grid // 2]
                        weigh(classes * width, t, (i, i, margin, t.slope[i], base))
                    for c in range(2):
                        play(width, t, (w, c, a, w if observed else 0))
                else:
                    for c in range(2):
                        for i in range(6):
                            copy(t.outlook[c, t.like[w, a], i, w], t.outlook[c, a, i, w])
        for c in range(2):
            for a in range(3):
                choose(width, t, (min(now, rounds), c, a))
                if observed:
                    observe(width, t, (now, c, a))
        if now == rounds:
            keep_values(t.values, later)
    for n in range(UNROLLED):  # noqa: SIM110
        if not t.extreme[n] < WIDEST:
            return False
    return True


@bare
def plan_answers(order, second, acts, t):
    """Lay out the answers of a given policy: chances, and what they cost the opener and the answerer.

    ``second`` [W, 2, 3, M opening, M, lanes] has the moves in the order of this file, ``acts`` in that of the game.
    """
    stances, lanes_ = second.shape[0], second.shape[5]
    for w in range(stances):
        for c in range(2):
            opener, answerer = acts[order, w, c], acts[1 - order, w, c]
            for a in range(3):
                for m in range(MOVES):
                    plan = t.answers[order, (w * 2 + c) * 3 + a, m]
                    chance = second[w, c, a, m]
                    plan[:] = 0.0
                    for o in range(MOVES):
                        mt, ms = (NUMBER[m], NUMBER[o]) if order == 0 else (NUMBER[o], NUMBER[m])
                        hold = opener[mt, NUMBER[HOLD]] if order == 0 else opener[NUMBER[HOLD], ms]
                        part = HOLD if o == STANDSTILL and m != STANDSTILL else o
                        more = opener[mt, ms] - hold if o == STANDSTILL else 0.0
                        for s in range(lanes_):
                            plan[part, s] += chance[o, s]
                            plan[COST, s] += chance[o, s] * more
                            plan[PAID, s] += chance[o, s] * answerer[mt, ms]


@bare
def plan_openings(order, first, t):
    """Lay out the openings of a given policy, ``first`` [W, 2, 3, M, lanes]."""
    for w in range(first.shape[0]):
        for c in range(2):
            for a in range(3):
                for m in range(MOVES):
                    copy(first[w, c, a, m], t.openings[order, (w * 2 + c) * 3 + a, m])


@bare
def same_after_appeals(first, second, w, a, other):
    """Whether a given policy plays the same under a stance whether a or ``other`` sides appealed."""
    same = True
    for c in range(2):
        for m in range(MOVES):
            for s in range(first.shape[4]):
                same &= first[w, c, a, m, s] == first[w, c, other, m, s]
                for o in range(MOVES):
                    same &= second[w, c, a, m, o, s] == second[w, c, other, m, o, s]
    return same


@bare
def solve_chosen(worth, stay, acts, affinity, rupture, lapse, in_force, appeals, landing, offset, legal,
                 rupture_payoff, discount, precision, tokyo_first, horizon, top_seoul, given, first_tokyo,
                 second_tokyo, first_seoul, second_seoul, stance, later, t):
    """The values of policies and of three best replies to them: `solve_point` where not all play the equilibrium.

    A seat with ``given[i]`` plays its tables in every round: stationary, moves in the order of this file. The
    others play their part of the equilibrium, which is solved on the way if there are any.

    Outputs as of `solve_point`; the first three ``t.values`` and ``later`` are those of the policies.
    """
    stances, classes = stay.shape[:2]
    width, rounds, grid = t.rupture.shape[1], t.flow.shape[0], rupture.shape[1]
    margin = margin_of(top_seoul + 1)
    if not prepare(worth, stay, acts, rupture, landing, offset, legal, precision, affinity, margin, t):
        return False
    for i in range(3):
        t.slope[i] = precision[i] * LOG2_E
    t.first[0], t.first[1] = tokyo_first, 1.0 - tokyo_first
    if given[0]:
        plan_openings(0, first_tokyo, t)
        plan_answers(1, second_tokyo, acts, t)
    if given[1]:
        plan_openings(1, first_seoul, t)
        plan_answers(0, second_seoul, acts, t)
    for w in range(stances):
        for a in range(3):
            like = t.like[w, a]
            if given[0] and not same_after_appeals(first_tokyo, second_tokyo, w, a, like):
                t.like[w, a] = a
            if given[1] and not same_after_appeals(first_seoul, second_seoul, w, a, like):
                t.like[w, a] = a
    if given[2]:
        for now in range(rounds + 1):
            for c in range(2):
                for a in range(3):
                    for w in range(stances):
                        copy(stance[c, a, w], t.taken[now, c, a, w])
    some_own = not (given[0] and given[1] and given[2])
    seats, unread = OWN + 3 if some_own else OWN, t.answers.shape[1] - 1
    if rounds == horizon:
        later[:] = 0.0
    for now in range(horizon - 1, -1, -1):
        observed = now < rounds
        for i in range(seats):
            for k in range(classes):
                go_on(width, t, (i, k, k * width, 1.0 - lapse[k], lapse[k], in_force[k], appeals[k], discount[i % 3],
                                 rupture_payoff[i % 3]))
        for w in range(stances):
            for a in range(3):
                if t.like[w, a] == a:
                    for i in range(3):
                        land(classes * width, t, (w, a, i, margin))
                    if some_own:
                        for i in range(3):
                            land_own(classes * width, t, (w, a, i, margin))
                        for i in range(2):
                            base = -t.slope[i] * t.landed[OWN + i, margin + grid // 2]
                            weigh(classes * width, t, (i, OWN + i, margin, t.slope[i], base))
                    for c in range(2):
                        if some_own:
                            here = (w * 2 + c) * 3 + a
                            for order in range(2):
                                t.target[0, order] = unread if given[1 - order] else here
                                t.target[1, order] = unread if given[order] else here
                            respond(width, t, (w, c, a, 0))
                        follow(width, t, (w, c, a, w if observed else 0))
                else:
                    for c in range(2):
                        for i in range(seats):
                            copy(t.outlook[c, t.like[w, a], i, w], t.outlook[c, a, i, w])
        for c in range(2):
            for a in range(3):
                if some_own:
                    choose_own(width, t, (rounds + 1 if given[2] else min(now, rounds), c, a))
                keep_to(width, t, (min(now, rounds), c, a))
                if observed:
                    observe(width, t, (now, c, a))
        if now == rounds:
            keep_values(t.values, later)
    for n in range(UNROLLED):  # noqa: SIM110
        if not t.extreme[n] < WIDEST:
            return False
    return True


@bare
def carry(start, start_appeals, start_standstill, rupture, lapse, in_force, appeals, landing, offset, breach, mass,
          waiting, landed_on, landed_fresh, settled, ruptured, first_standstill, breaches, lapses, stances, moves, t):
    """Carry the distribution over states forward through the observed rounds, on the outputs of `solve_point`.

    Outputs: ``mass`` [2, 3, lanes] after the last round (``waiting`` its part that never saw a standstill), per round
    ``settled``, ``ruptured``, ``first_standstill``, ``breaches``, ``lapses`` [rounds], and expected numbers of
    rounds by stance [W] and appeals [2].
    """
    classes, grid = rupture.shape
    mass[:] = 0.0
    waiting[:] = 0.0
    stances[:] = 0.0
    moves[:] = 0.0
    mass[start_standstill, start_appeals, start] = 1.0
    waiting[start_standstill, start_appeals, start] = 1.0
    for now in range(settled.size):
        landed_on[:] = 0.0
        landed_fresh[:] = 0.0
        settled[now], first_standstill[now], breaches[now], ruptured[now], lapses[now] = 0.0, 0.0, 0.0, 0.0, 0.0
        for c in range(2):
            for a in range(3):
                for w in range(stances.size):
                    for s in range(grid):
                        stances[w] += mass[c, a, s] * t.taken[now, c, a, w, s]
                for n in range(CELLS):
                    mt, ms = n // ANSWERS, n % ANSWERS
                    if n == BOTH:
                        mt, ms = STANDSTILL, STANDSTILL
                    mt, ms = NUMBER[mt], NUMBER[ms]
                    k = landing[c, mt, ms]
                    going, unsettled = 0.0, 0.0
                    for s in range(grid):
                        through = t.flow[now, c, a, n, s]
                        if mass[c, a, s] * through > 0.0:
                            stay = t.on[now, c, a, n, s]
                            going += mass[c, a, s] * through
                            unsettled += mass[c, a, s] * stay
                            place = s + offset[mt, ms]
                            landed_on[k, place] += mass[c, a, s] * stay
                            landed_fresh[k, place] += waiting[c, a, s] * stay
                            if in_force[k]:
                                first_standstill[now] += waiting[c, a, s] * through
                    settled[now] += going - unsettled
                    moves[0, mt] += going
                    moves[1, ms] += going
                    if breach[c, mt, ms]:
                        breaches[now] += going
        mass[:] = 0.0
        waiting[:] = 0.0
        for k in range(classes):
            for g in range(grid):
                ending = landed_on[k, g] * rupture[k, g]
                ruptured[now] += ending
                on_from_here = landed_on[k, g] - ending
                lapsing = on_from_here * lapse[k]
                lapses[now] += lapsing
                mass[in_force[k], appeals[k], g] += on_from_here - lapsing
                mass[0, appeals[k], g] += lapsing
                if not in_force[k]:
                    waiting[0, appeals[k], g] += landed_fresh[k, g] * (1.0 - rupture[k, g])
