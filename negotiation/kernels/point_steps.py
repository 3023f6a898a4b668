"""The steps of `negotiation.kernels.points`'s loops over neighbouring rungs, on `negotiation.kernels.point_tables`."""

from __future__ import annotations

from negotiation.kernels.point_tables import (
    ANSWERS,
    BARRED,
    BOTH,
    BY_PAIR,
    CELLS,
    COST,
    EDGE,
    EXTRA,
    FACTOR,
    HOLD,
    MEAN_PRICE,
    MOVES,
    OWN,
    PAID,
    PRICE,
    STANDSTILL,
    TERMS,
)
from negotiation.kernels.vector import WIDTH, Lane, lanes, largest, product, total


@lanes
def go_on(t, i, k, first, kept, lapsing, in_force, appeals, discount, rupture_payoff):
    """ahead[i, k] = discounted worth of going on from a landing."""
    on, lapsed, rupture = t.values.row(i, in_force, appeals), t.values.row(i, 0, appeals), t.rupture.row(k)
    ahead = t.ahead.row(i, first)

    def each(lane):
        worth = on[lane] * kept + lapsed[lane] * lapsing
        ending = rupture[lane]
        ahead[lane] = (ending * rupture_payoff + (1.0 - ending) * worth) * discount
    return each


@lanes
def land(t, w, a, seat, margin):
    """Landed = worth + stay * ahead, the part of a pair of moves' worth that its landing decides, of one seat."""
    stay, worth = t.stay.row(w, a, margin), t.worth.row(w, a, seat)
    ahead, landed = ([table.row(i, *at) for i in (seat, seat + 3)]
                     for table, at in ((t.ahead, ()), (t.landed, (margin,))))

    def each(lane):
        staying, base = stay[lane], worth[lane]
        for i in range(2):
            landed[i][lane] = staying.fma(ahead[i][lane], base)
    return each


@lanes
def land_own(t, w, a, seat, margin):
    """`land` of the values of equilibrium play where others are played."""
    stay, worth = t.stay.row(w, a, margin), t.worth.row(w, a, seat)
    ahead, landed = t.ahead.row(seat + OWN), t.landed.row(seat + OWN, margin)

    def each(lane):
        landed[lane] = stay[lane].fma(ahead[lane], worth[lane])
    return each


@lanes
def weigh(t, i, row, margin, slope, base):
    """Weights = 2^(slope * landed + base), and the largest exponent so far; ``row`` is seat i's among the landed."""
    landed, weights = t.landed.row(row, margin), t.weights.row(i, margin)
    powers, extreme = t.powers.row(), t.largest(t.extreme.row())

    def each(lane):
        exponent = landed[lane].fma(slope, base)
        extreme.include(exponent.magnitude())
        weights[lane] = exponent.power_of_two(powers)
    return each


@lanes
def play(t, w, c, a, slot):
    """One round of equilibrium play under a stance: what it is worth, and the chances of the pairs of moves."""
    return _round(t, w, c, a, slot, 0, logit=True, replies=True)


@lanes
def respond(t, w, c, a, slot):
    """The same, where others are played: what it is worth, and into ``answers`` and ``openings`` how it is played."""
    return _round(t, w, c, a, slot, OWN, logit=True, replies=False)


@lanes
def follow(t, w, c, a, slot):
    """The same of the policies in ``answers`` and ``openings``."""
    return _round(t, w, c, a, slot, 0, logit=False, replies=True)


def _round(t, w, c, a, slot, top, logit, replies):
    """The step of one round.

    ``top`` is the actors' first row; ``logit``: moves are responses to their worth; ``replies``: best replies are
    valued, too, and the pairs of moves kept.
    """
    terms, cells, price = t.terms.row(0, w, c), t.cell.row(0, c), t.price.row(w, c)
    weights, landed, legal, width = t.weights.row(), t.landed.row(), t.open.row(), t.open.stride(1)
    slopes, first, affinity, powers = t.slope.row(), t.first.row(), t.affinity.row(), t.powers.row()
    pair, outlook = t.pair.row(slot, c, a), t.outlook.row(c, a, top, w)
    extreme = t.largest(t.extreme.row()) if logit else None
    terms_step, cells_step, outlook_step = t.terms.stride(0), t.cell.stride(0), t.outlook.stride(2)
    landed_step, legal_step = t.landed.stride(0), t.open.stride(0)
    actors = range(6 if replies else 3)
    rows = [landed.shifted(landed_step * (top + i)) for i in actors]
    outlooks = [outlook.shifted(outlook_step * i) for i in actors]
    p, q = t.stack(2 * MOVES * MOVES), t.stack(2 * MOVES)
    inverse, lead, best_lead, best_answer, extra, own_price, power = (t.stack(2 * MOVES + 2) for _ in range(7))
    opened, scales = t.stack(8), t.stack(2)
    here = (w * 2 + c) * 3 + a
    answered_order, answered_move, answered_part = (t.answers.stride(axis) for axis in (0, 2, 3))
    opened_order, opened_move = t.openings.stride(0), t.openings.stride(2)

    def answer(order, m, part, at=None):
        row = t.answers.row(0, here if at is None else at)
        return row.shifted(answered_order * order + answered_move * m + answered_part * part)

    def first_move(order, m, at=None):
        return t.openings.row(0, here if at is None else at).shifted(opened_order * order + opened_move * m)

    def reply(lane, order, m, answers, sums):
        other, at = 1 - order, m * 2 + order
        if logit:
            inverse.put(lane, at, 1.0 / sums.get())
        first_cell = order * cells_step + (m * ANSWERS if answers == ANSWERS else HOLD * ANSWERS)
        cell = [lane + cells.number(first_cell + o) for o in range(ANSWERS)]
        if answers > ANSWERS:
            cell.append(lane + cells.number(order * cells_step + BOTH))
        start = order * terms_step + m * TERMS

        def term(number):
            return terms.number(start + number)

        weight, edges = weights.shifted(landed_step * other), legal.shifted(legal_step * other)
        edge = {o: edges.bits(lane + width * o) for o in EDGE}
        own = [term(PRICE + o) for o in range(answers)]
        if logit:
            chance = [weight[cell[o]] * term(FACTOR + o) for o in range(answers)]
            for o in EDGE:
                chance[o] = chance[o].where(edge[o])
            sums.set(total(chance))
            for o in range(answers):
                p.put(lane, m * (2 * MOVES) + order + 2 * o, chance[o])
            cost = chance[HOLD if answers == ANSWERS else STANDSTILL] * term(EXTRA)
            extra.put(lane, at, cost)
            own_price.put(lane, at, product(chance, [term(MEAN_PRICE), *own[1:]]))
        else:
            chance, cost = [answer(order, m, o)[lane] for o in range(answers)], answer(order, m, COST)[lane]
        for i, table in ((order + top, lead), (order + 3, best_lead))[not logit:1 + replies]:
            row = landed.shifted(landed_step * i)
            table.put(lane, at, product(chance, [row[cell[o]] for o in range(answers)]) + cost)
        if not replies:
            return
        row = landed.shifted(landed_step * (other + 3))
        worths = [row[cell[o]] + own[o] for o in range(answers)]
        for o in EDGE:
            worths[o] = worths[o].unless(edge[o], BARRED)
        best_answer.put(lane, at, largest(worths))

    def opening(lane, order):
        slope, weight, edges = slopes.number(order), first.number(order), legal.shifted(legal_step * order)
        slots = [order + 2 * m for m in range(MOVES)]

        def own(table, at):
            if not logit:
                return table.get(lane, at) + price.number(at)
            return table.get(lane, at).fma(inverse.get(lane, at + 2), price.number(at))

        if logit:
            chance, share, scale = respond_first(lane, order, slope, weight, edges, own, slots)
            extras, own_prices = ([table.get(lane, at) for at in slots] for table in (extra, own_price))
        else:
            chance = share = [first_move(order, m)[lane] for m in range(MOVES)]
            scale = weight
            extras, own_prices = ([answer(order, m, part)[lane] for m in range(MOVES)] for part in (COST, PAID))
        for m, at in enumerate(slots):
            q.put(lane, at, share[m] * scale)
        results = {}
        if replies:
            worths = [own(best_lead, at) for at in slots]
            for m in EDGE:
                worths[m] = worths[m].unless(edges.bits(lane + width * m), BARRED)
            results[0] = largest(worths) * weight
            results[1] = product(chance, [best_answer.get(lane, at) for at in slots]) * scale
        results[2] = (product(chance, [price.number(at) for at in slots]) + product(share, extras)) * scale
        results[3] = product(share, own_prices) * scale
        for n, result in results.items():
            opened.put(lane, order + 2 * n, result)

    def respond_first(lane, order, slope, weight, edges, own, slots):
        hold, sums = own(lead, order) * slope, t.variable(lane, 1.0)
        power.put(lane, order, sums.get())
        with t.each_of(MOVES - 1) as n:
            at = n * 2 + order + 2
            bits = edges.bits(lane + width * (n + 1))
            exponent = lead.get(lane, at).fma(inverse.get(lane, at + 2) * slope, price.number(at) * slope - hold)
            exponent = exponent.where(bits)
            extreme.include(exponent.magnitude())
            chance = exponent.power_of_two(powers).where(bits)
            power.put(lane, at, chance)
            sums.set(sums.get() + chance)
        scale = weight / sums.get()
        if not replies:
            scales.put(lane, order, 1.0 / sums.get())
        chance = [power.get(lane, at) for at in slots]
        return chance, [chance[m] * inverse.get(lane, at + 2) for m, at in enumerate(slots)], scale

    def write_down(lane, order):
        """The chances of equilibrium play, for `follow`."""
        to_answers, to_openings = (t.target.row(kind).number(order) for kind in range(2))
        scale = scales.get(lane, order)
        for m in range(MOVES):
            at = order + 2 * m
            first_move(order, m, to_openings)[lane] = power.get(lane, at) * scale
            whole = inverse.get(lane, at + 2)
            for o in range(MOVES if m == STANDSTILL else ANSWERS):
                answer(order, m, o, to_answers)[lane] = p.get(lane, order + 2 * (m * MOVES + o)) * whole
            answer(order, m, COST, to_answers)[lane] = extra.get(lane, at) * whole
            answer(order, m, PAID, to_answers)[lane] = own_price.get(lane, at) * whole

    def mix(lane, part):
        price_tokyo = opened.get(lane, part(4)) + opened.get(lane, part(7))
        price_seoul = opened.get(lane, part(5)) + opened.get(lane, part(6))
        price_washington = price_tokyo * affinity.number(0) + price_seoul * affinity.number(1)
        worths = [price_tokyo, price_seoul, price_washington, price_washington]
        by_pair = BY_PAIR if replies else BY_PAIR[:3]
        for n in range(CELLS):
            mt, ms = divmod(n, ANSWERS)
            ways = [(0, mt, ms), (1, ms, mt)]
            if n == BOTH:
                ways = [(order, STANDSTILL, STANDSTILL) for order in range(2)]
            elif mt == HOLD:
                ways.append((0, STANDSTILL, ms))
            if n != BOTH and ms == HOLD:
                ways.append((1, STANDSTILL, mt))
            chance = product([p.get(lane, part((m * MOVES + o) * 2 + order)) if logit else answer(order, m, o)[lane]
                              for order, m, o in ways],
                             [q.get(lane, part(m * 2 + order)) for order, m, o in ways])
            if replies:
                pair[lane + width * n] = chance
            cell = lane + cells.number(n)
            for number, i in enumerate(by_pair):
                worths[number] = chance.fma(rows[i][cell], worths[number])
        for number, i in enumerate(by_pair):
            outlooks[i][lane] = worths[number]
        if not replies:
            return
        outlooks[3][lane] = opened.get(lane, part(0)) + opened.get(lane, part(3))
        outlooks[4][lane] = opened.get(lane, part(1)) + opened.get(lane, part(2))

    def each(lane):
        with t.each_of(2) as order:
            sums = t.variable(lane, 1.0) if logit else None
            with t.each_of(ANSWERS) as m:
                reply(lane, order, m, ANSWERS, sums)
            reply(lane, order, t.whole(STANDSTILL), MOVES, sums)
            if logit:
                inverse.put(lane, order + 2 * MOVES, 1.0 / sums.get())
        with t.each_of(2) as order:
            opening(lane, order)
            if not replies:
                write_down(lane, order)
        if SPLIT and lane.width > WIDTH:
            with t.each_of(2) as half:
                mix(Lane(lane.first + half * WIDTH, WIDTH), lambda index: half + 2 * index)
        else:
            mix(lane, lambda index: index)
    return each


SPLIT = False


@lanes
def choose(t, now, c, a):
    """Washington's stance in equilibrium play: its chances, and the values of the state."""
    return _stance(t, now, c, a, 0, logit=True, replies=True)


@lanes
def choose_own(t, now, c, a):
    """The same, where others are played."""
    return _stance(t, now, c, a, OWN, logit=True, replies=False)


@lanes
def keep_to(t, now, c, a):
    """The values of the state under the chances in ``taken``."""
    return _stance(t, now, c, a, 0, logit=False, replies=True)


def _stance(t, now, c, a, top, logit, replies):
    stances, actors = range(5), range(6 if replies else 3)
    outlook = [[t.outlook.row(c, a, top + i, w) for w in stances] for i in actors]
    taken, values = [t.taken.row(now, c, a, w) for w in stances], [t.values.row(top + i, c, a) for i in actors]
    slope, powers = t.slope.row(), t.powers.row()
    extreme = t.largest(t.extreme.row()) if logit else None

    def chances(lane):
        exponents = [(outlook[2][w][lane] - outlook[2][0][lane]) * slope.number(2) for w in stances[1:]]
        extreme.include(largest([exponent.magnitude() for exponent in exponents]))
        chance = [exponent.power_of_two(powers) for exponent in exponents]
        scale = 1.0 / (total(chance) + 1.0)
        chance = [scale, *(each * scale for each in chance)]
        for w in stances:
            taken[w][lane] = chance[w]
        return chance

    def each(lane):
        chance = chances(lane) if logit else [taken[w][lane] for w in stances]
        for i in actors[:5]:
            values[i][lane] = product(chance, [outlook[i][w][lane] for w in stances])
        if replies:
            values[5][lane] = largest([outlook[5][w][lane] for w in stances])
    return each


@lanes
def observe(t, now, c, a):
    """Flow and on: the chance of each pair of moves, and of the pair and no settlement."""
    stances = range(5)
    taken, cells = [t.taken.row(now, c, a, w) for w in stances], t.cell.row(0, c)
    likes = t.like.row()
    pair = [t.pair.row(w, c, likes.number(a + w * 3)) for w in stances]
    stay = [t.stay.row(w, a) for w in stances]
    flow, on, width = t.flow.row(now, c, a), t.on.row(now, c, a), t.flow.stride(3)

    def each(lane):
        with t.each_of(CELLS) as n:
            at, cell = lane + n * width, lane + cells.number(n)
            parts = [pair[w][at] * taken[w][lane] for w in stances]
            flow[at] = total(parts)
            on[at] = product(parts, [stay[w][cell] for w in stances])
    return each
