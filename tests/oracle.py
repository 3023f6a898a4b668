"""The game a second time, written from its rules in plain Python: slow, obvious, and shared with nothing.

A state is a tuple (Tokyo's rung, Seoul's rung, standstill in force, appeals of last round); rounds count
from 0. Behaviour is a function from a decision to the probabilities of its options; everything else is
recursion over the tree, remembered by (round, state). Nothing here reads a table of the package.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from negotiation.scenario import Scenario
from negotiation.vocabulary import Actor, Chance, Move, Outcome, Stance

TIE = 1e-12
Row = dict[int, float]
Triple = tuple[float, float, float]


class State(NamedTuple):
    tokyo: int
    seoul: int
    standstill: int
    appeals: int


class Decision(NamedTuple):
    """Whose turn it is: stance is None for Washington, first is None for whoever moves first."""

    actor: Actor
    round: int
    state: State
    stance: Stance | None = None
    first: Move | None = None


Behaviour = Callable[[Decision], Row]


@dataclass(frozen=True)
class Played:
    """One round once stance and moves are chosen."""

    rungs: tuple[int, int]
    breach: bool
    in_force: bool
    appeals: int
    payoffs: Triple
    settlement_pays: Triple
    rupture_pays: Triple
    results: dict[Chance, tuple[float, State]]  # the state is meaningless after an end


def start(scenario: Scenario) -> State:
    at = scenario.start
    return State(at.tokyo, at.seoul, int(at.standstill), at.appeals)


def all_states(scenario: Scenario) -> list[State]:
    return [State(t, s, c, a) for t in range(len(scenario.tokyo.ladder)) for s in range(len(scenario.seoul.ladder))
            for c in (0, 1) for a in (0, 1, 2)]


def legal_moves(scenario: Scenario, seat: Actor, state: State) -> list[Move]:
    rung = state.tokyo if seat is Actor.TOKYO else state.seoul
    top = len((scenario.tokyo if seat is Actor.TOKYO else scenario.seoul).ladder) - 1
    return [move for move in Move
            if not (move is Move.ESCALATE and rung == top) and not (move is Move.STEP_DOWN and rung == 0)]


def tension(scenario: Scenario, rung_tokyo: int, rung_seoul: int) -> float:
    return (rung_tokyo / (len(scenario.tokyo.ladder) - 1) + rung_seoul / (len(scenario.seoul.ladder) - 1)) / 2


def play(scenario: Scenario, state: State, stance: Stance, move_tokyo: Move, move_seoul: Move) -> Played:
    """Sections 3 and 4 of the rules, one line a clause."""
    moves = (move_tokyo, move_seoul)
    climb = {Move.ESCALATE: 1, Move.STEP_DOWN: -1}
    rungs = (state.tokyo + climb.get(move_tokyo, 0), state.seoul + climb.get(move_seoul, 0))
    breach = state.standstill == 1 and Move.ESCALATE in moves
    agreed = moves == (Move.STANDSTILL, Move.STANDSTILL)
    in_force = agreed or (state.standstill == 1 and not breach)
    appeals = moves.count(Move.APPEAL)

    third, agreement = scenario.washington, scenario.standstill
    effect = getattr(third.stances, stance.name.lower())
    tau = tension(scenario, *rungs)

    talks = effect.talks
    if not in_force:
        talks *= agreement.open_talks
    if stance is not Stance.QUIET:
        talks *= 1 + third.welcome[state.appeals]
    h = talks * (1 - agreement.drag * tau)
    rho = scenario.rupture.hazard * tau * tau * (agreement.calm if in_force else 1)
    lapse = 1 / agreement.length if in_force and not agreed else 0.0
    left = (1 - h) * (1 - rho)
    results = {
        Chance.SETTLED: (h, state),
        Chance.RUPTURE: ((1 - h) * rho, state),
        Chance.LAPSE: (left * lapse, State(*rungs, 0, appeals)),
        Chance.ON: (left * (1 - lapse), State(*rungs, int(in_force), appeals)),
    }

    sides = (scenario.tokyo, scenario.seoul)
    lifted = 1 - agreement.ease if in_force else 1.0
    pressure = (effect.pressure_tokyo, effect.pressure_seoul)
    own = []
    for i, j in ((0, 1), (1, 0)):
        side, mine, yours = sides[i], moves[i], moves[j]
        u = side.firmness * side.ladder[rungs[i]].gain - side.ladder[rungs[i]].cost
        u -= sides[j].ladder[rungs[j]].harm * lifted
        if mine is Move.ESCALATE:
            u -= side.standing * pressure[i]
            if state.standstill:
                u -= side.breach
        elif mine is Move.STEP_DOWN:
            u -= side.backdown * (1 - effect.cover)
        elif mine is Move.STANDSTILL:
            u -= side.offer * (1 - effect.cover)
        elif mine is Move.APPEAL:
            u -= side.appeal
        if yours is Move.STANDSTILL and mine is not Move.STANDSTILL and not state.standstill:
            u -= side.snub * side.standing * pressure[i]
        own.append(u)

    love = third.affinity
    harm = sides[0].ladder[rungs[0]].harm + sides[1].ladder[rungs[1]].harm
    u_third = (-third.supply_chain * harm * lifted - third.alliance * tau**2
               - third.attention * effect.effort * (1 - third.invitation[state.appeals])
               + love.tokyo * own[0] + love.seoul * own[1])

    lead = rungs[0] / (len(sides[0].ladder) - 1) - rungs[1] / (len(sides[1].ladder) - 1)
    share = min(max(0.5 + agreement.leverage * lead / 2, 0.0), 1.0)
    deal = (sides[0].stake * share, sides[1].stake * (1 - share))
    credit = third.credit if stance is not Stance.QUIET else 0.0
    blow = (sides[0].rupture, sides[1].rupture)
    return Played(
        rungs, breach, in_force, appeals, (own[0], own[1], u_third),
        (*deal, third.prize + credit + love.tokyo * deal[0] + love.seoul * deal[1]),
        (*blow, third.rupture + love.tokyo * blow[0] + love.seoul * blow[1]), results)


def discounts(scenario: Scenario) -> Triple:
    return scenario.tokyo.discount, scenario.seoul.discount, scenario.washington.discount


def precisions(scenario: Scenario) -> Triple:
    return scenario.tokyo.precision, scenario.seoul.precision, scenario.washington.precision


def logit(precision: float, worth: Row) -> Row:
    """Choice probabilities of one decision."""
    best = max(worth.values())
    if precision == math.inf:
        chosen = min(option for option, value in worth.items() if value >= best - TIE)
        return {option: float(option == chosen) for option in worth}
    weights = {option: math.exp(precision * (value - best)) for option, value in worth.items()}
    total = sum(weights.values())
    return {option: weight / total for option, weight in weights.items()}


def average(row: Row, worth: dict[int, Triple]) -> Triple:
    tokyo, seoul, washington = (sum(p * worth[o][i] for o, p in row.items() if p > 0) for i in range(3))
    return tokyo, seoul, washington


class Tree:
    """Values and behaviour at every decision, by recursion from the last round.

    ``choose(decision, worth)`` gives the probabilities of the options of a decision, ``worth`` being what
    each option brings each actor; ``horizon`` rounds are played and nothing is paid afterwards.
    """

    def __init__(self, scenario: Scenario, horizon: int,
                 choose: Callable[[Decision, dict[int, Triple]], Row]) -> None:
        self.scenario, self.horizon, self.choose = scenario, horizon, choose
        self.rows: dict[Decision, Row] = {}
        self.worths: dict[Decision, dict[int, Triple]] = {}
        self.memory: dict[tuple[int, State], Triple] = {}

    def __call__(self, decision: Decision) -> Row:
        """The behaviour, solving what has not been solved yet."""
        if decision not in self.rows:
            self.value(decision.round, decision.state)
        return self.rows[decision]

    def value(self, round_: int, state: State) -> Triple:
        if round_ == self.horizon:
            return 0.0, 0.0, 0.0
        if (round_, state) not in self.memory:
            worth = {int(stance): self._stance(round_, state, stance) for stance in Stance}
            self.memory[round_, state] = self._decide(Decision(Actor.WASHINGTON, round_, state), worth)
        return self.memory[round_, state]

    def _decide(self, decision: Decision, worth: dict[int, Triple]) -> Triple:
        row = self.choose(decision, worth)
        self.rows[decision], self.worths[decision] = row, worth
        return average(row, worth)

    def _stance(self, round_: int, state: State, stance: Stance) -> Triple:
        pairs = {(mt, ms): self._pair(round_, state, stance, mt, ms)
                 for mt in legal_moves(self.scenario, Actor.TOKYO, state)
                 for ms in legal_moves(self.scenario, Actor.SEOUL, state)}
        led = []
        for leader, follower in ((Actor.TOKYO, Actor.SEOUL), (Actor.SEOUL, Actor.TOKYO)):
            opening: dict[int, Triple] = {}
            for first in legal_moves(self.scenario, leader, state):
                replies = {int(reply): pairs[(first, reply) if leader is Actor.TOKYO else (reply, first)]
                           for reply in legal_moves(self.scenario, follower, state)}
                opening[int(first)] = self._decide(Decision(follower, round_, state, stance, first), replies)
            led.append(self._decide(Decision(leader, round_, state, stance), opening))
        share = self.scenario.tokyo_first
        tokyo, seoul, washington = (share * led[0][i] + (1 - share) * led[1][i] for i in range(3))
        return tokyo, seoul, washington

    def _pair(self, round_: int, state: State, stance: Stance, mt: Move, ms: Move) -> Triple:
        played, delta = play(self.scenario, state, stance, mt, ms), discounts(self.scenario)
        total = list(played.payoffs)
        for result, (probability, following) in played.results.items():
            if probability == 0:
                continue
            if result is Chance.SETTLED:
                later = played.settlement_pays
            elif result is Chance.RUPTURE:
                later = played.rupture_pays
            else:
                later = self.value(round_ + 1, following)
            for i in range(3):
                total[i] += delta[i] * probability * later[i]
        return total[0], total[1], total[2]


def equilibrium(scenario: Scenario, precision: Triple | None = None) -> Tree:
    """Logit equilibrium: each actor weighs its own column of what its options are worth."""
    levels = precisions(scenario) if precision is None else precision
    return Tree(scenario, scenario.rounds + scenario.shadow,
                lambda decision, worth: logit(levels[decision.actor],
                                              {o: value[decision.actor] for o, value in worth.items()}))


def expected(scenario: Scenario, behaviour: Behaviour, horizon: int) -> Triple:
    """Expected discounted payoffs of the first so many rounds from the start state."""
    return Tree(scenario, horizon, lambda decision, worth: behaviour(decision)).value(0, start(scenario))


def best_reply(scenario: Scenario, behaviour: Behaviour, actor: Actor) -> float:
    """What an actor can get over the whole horizon if the others keep to their behaviour."""

    def choose(decision: Decision, worth: dict[int, Triple]) -> Row:
        if decision.actor is not actor:
            return behaviour(decision)
        return {max(worth, key=lambda option: worth[option][actor]): 1.0}

    tree = Tree(scenario, scenario.rounds + scenario.shadow, choose)
    return tree.value(0, start(scenario))[actor]


def regret(scenario: Scenario, behaviour: Behaviour) -> Triple:
    own = expected(scenario, behaviour, scenario.rounds + scenario.shadow)
    tokyo, seoul, washington = (best_reply(scenario, behaviour, actor) - own[actor] for actor in Actor)
    return tokyo, seoul, washington


@dataclass(frozen=True)
class Branch:
    """One way a round can go, with its probability."""

    probability: float
    stance: Stance
    moves: tuple[Move, Move]
    played: Played
    chance: Chance
    following: State


def branches(scenario: Scenario, behaviour: Behaviour, round_: int, state: State) -> Iterable[Branch]:
    for w, p_stance in behaviour(Decision(Actor.WASHINGTON, round_, state)).items():
        stance = Stance(w)
        for leader, p_order in ((Actor.TOKYO, scenario.tokyo_first), (Actor.SEOUL, 1 - scenario.tokyo_first)):
            follower = Actor.SEOUL if leader is Actor.TOKYO else Actor.TOKYO
            if p_stance * p_order == 0:
                continue
            for one, p_first in behaviour(Decision(leader, round_, state, stance)).items():
                if p_first == 0:
                    continue
                for two, p_reply in behaviour(Decision(follower, round_, state, stance, Move(one))).items():
                    mt, ms = (Move(one), Move(two)) if leader is Actor.TOKYO else (Move(two), Move(one))
                    weight = p_stance * p_order * p_first * p_reply
                    if weight == 0:
                        continue
                    played = play(scenario, state, stance, mt, ms)
                    for chance, (p, following) in played.results.items():
                        if p > 0:
                            yield Branch(weight * p, stance, (mt, ms), played, chance, following)


def still_going(scenario: Scenario, state: State) -> Outcome:
    """How a dispute that goes on is read."""
    if state.standstill:
        return Outcome.STANDSTILL
    high = tension(scenario, state.tokyo, state.seoul) > scenario.escalated_above + 1e-12
    return Outcome.ESCALATED if high else Outcome.STALEMATE


def outcomes(scenario: Scenario, behaviour: Behaviour, rounds: int) -> dict[Outcome, float]:
    """Outcome probabilities if the dispute is read after so many rounds, by recursion over the tree."""
    memory: dict[tuple[int, State], dict[Outcome, float]] = {}

    def after(round_: int, state: State) -> dict[Outcome, float]:
        if round_ == rounds:
            return {still_going(scenario, state): 1.0}
        if (round_, state) not in memory:
            total = dict.fromkeys(Outcome, 0.0)
            for branch in branches(scenario, behaviour, round_, state):
                if branch.chance is Chance.SETTLED:
                    total[Outcome.SETTLEMENT] += branch.probability
                elif branch.chance is Chance.RUPTURE:
                    total[Outcome.RUPTURE] += branch.probability
                else:
                    for outcome, p in after(round_ + 1, branch.following).items():
                        total[outcome] += branch.probability * p
            memory[round_, state] = total
        return memory[round_, state]

    return dict.fromkeys(Outcome, 0.0) | after(0, start(scenario))


def first_standstill(scenario: Scenario, behaviour: Behaviour, rounds: int) -> list[float]:
    """Probability that each round is the first with a standstill in force after the moves."""
    memory: dict[tuple[int, State], list[float]] = {}

    def after(round_: int, state: State) -> list[float]:
        if (round_, state) not in memory:
            total = [0.0] * rounds
            for branch in branches(scenario, behaviour, round_, state) if round_ < rounds else ():
                if branch.played.in_force:
                    total[round_] += branch.probability
                elif branch.chance in (Chance.ON, Chance.LAPSE):
                    for index, p in enumerate(after(round_ + 1, branch.following)):
                        total[index] += branch.probability * p
            memory[round_, state] = total
        return memory[round_, state]

    return after(0, start(scenario))


def means_of(scenario: Scenario, behaviour: Behaviour, rounds: int,
             counts: dict[str, Callable[[Branch], float]]) -> dict[str, list[float]]:
    """Expected value of each count in each round, 0 once the dispute is over; paths carried forward."""
    mass = {start(scenario): 1.0}
    result = {name: [0.0] * rounds for name in counts}
    for round_ in range(rounds):
        following: dict[State, float] = {}
        for state, share in mass.items():
            for branch in branches(scenario, behaviour, round_, state):
                weight = share * branch.probability
                for name, count in counts.items():
                    result[name][round_] += weight * count(branch)
                if branch.chance in (Chance.ON, Chance.LAPSE):
                    following[branch.following] = following.get(branch.following, 0) + weight
        mass = following
    return result


def record(scenario: Scenario, weeks: Iterable[tuple[Stance, Move, Move, Chance]]) -> dict[str, float]:
    """What section 7 records of one episode, given what was chosen and drawn in each round."""
    state, delta = start(scenario), discounts(scenario)
    end, final = None, state
    payoffs = [0.0, 0.0, 0.0]
    row: dict[str, float] = dict.fromkeys((
        "settlement_round", "rupture_round", "first_standstill", "breaches", "lapses", "appeals_tokyo",
        "appeals_seoul", "effort"), 0)
    row["peak_tension"] = tension(scenario, state.tokyo, state.seoul)
    for number, (stance, mt, ms, chance) in enumerate(weeks, start=1):
        played = play(scenario, state, stance, mt, ms)
        row["breaches"] += played.breach
        row["lapses"] += chance is Chance.LAPSE
        row["appeals_tokyo"] += mt is Move.APPEAL
        row["appeals_seoul"] += ms is Move.APPEAL
        row["effort"] += getattr(scenario.washington.stances, stance.name.lower()).effort
        row["peak_tension"] = max(row["peak_tension"], tension(scenario, *played.rungs))
        if played.in_force and not row["first_standstill"]:
            row["first_standstill"] = number
        lump = {Chance.SETTLED: played.settlement_pays, Chance.RUPTURE: played.rupture_pays}.get(chance)
        for i in range(3):
            payoffs[i] += delta[i] ** (number - 1) * played.payoffs[i]
            if lump is not None:
                payoffs[i] += delta[i] ** number * lump[i]
        if chance is Chance.SETTLED:
            end, row["settlement_round"] = Outcome.SETTLEMENT, number
        elif chance is Chance.RUPTURE:
            end, row["rupture_round"] = Outcome.RUPTURE, number
        else:
            final = state = played.results[chance][1]
    row["outcome"] = int(still_going(scenario, final) if end is None else end)
    return row | {f"payoff_{actor.name.lower()}": payoffs[actor] for actor in Actor}


def behaviour_of(profile: object, scenario: Scenario) -> Behaviour:
    """The rows of a profile's tables as a behaviour: illegal options left out."""
    number = {state: index for index, state in enumerate(all_states(scenario))}

    def behave(decision: Decision) -> Row:
        policy, index = profile[decision.actor], number[decision.state]  # type: ignore[index]
        if decision.stance is None:
            row = policy.stance[min(decision.round, len(policy.stance) - 1), index]
            return {int(stance): float(row[stance]) for stance in Stance}
        table = policy.first if decision.first is None else policy.second
        row = table[min(decision.round, len(table) - 1), index, decision.stance]
        if decision.first is not None:
            row = row[decision.first]
        return {int(move): float(row[move]) for move in legal_moves(scenario, decision.actor, decision.state)}

    return behave
