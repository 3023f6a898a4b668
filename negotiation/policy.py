r"""Policies: tables of probabilities over legal options at every decision.

A policy of the third party is :math:`\pi_W(t, s)[w]`; a policy of a disputant is a pair,
:math:`\pi^1(t, s, w)[m]` when it moves first and :math:`\pi^2(t, s, w, m^1)[m]` when it answers
the first mover's :math:`m^1`. Rounds t count from 0 here. A *stationary* policy has a round axis of
length 1 and plays the same in every round. A policy *with memory* (`negotiation.memory`) has memory states
on that axis instead of rounds; only the engines that play episodes take it.

**Variables.** :math:`\pi_W` is ``ThirdPartyPolicy.stance`` [T, S, W]; :math:`\pi^1` is
``DisputantPolicy.first`` [T, S, W, M]; :math:`\pi^2` is ``DisputantPolicy.second``
[T, S, W, M first, M]. Probabilities of illegal options are exactly 0. Rows that answer an illegal
first move are never reached; they hold a legal distribution all the same.

In memory the state axis is innermost, as in the game's tables (``first_inner`` and so on);
``stance``, ``first`` and ``second`` are read-only views with the axes in the order of the formulas.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from negotiation.game import Booleans, Floats, Game
from negotiation.memory import Memory, both
from negotiation.vocabulary import Actor, Move, Stance

SUM_TOLERANCE = 1e-9


class PolicyError(ValueError):
    """A policy table is not a table of probabilities over legal options."""


def _inner(table: Floats) -> Floats:
    """A C-contiguous copy with the state axis (axis 1) moved innermost."""
    return np.array(np.moveaxis(np.asarray(table, dtype=np.float64), 1, -1), order="C")


def _outer(inner: Floats) -> Floats:
    """A read-only view of a loop-order table with the axes in the order of the formulas."""
    view = np.moveaxis(inner, -1, 1)
    view.setflags(write=False)
    return view


@dataclass(frozen=True, eq=False)
class ThirdPartyPolicy:
    """A policy of Washington; make one with `from_tables` or `third_party_rule`.

    Attributes:
        name: what people call it, e.g. ``"equilibrium"``.
        stance_inner: float64 [T, W, S], C-contiguous, for compiled loops, which never write to it;
            T is 1 (stationary) or the number of rounds. Read it through ``stance``.
        memory: how it remembers; None for a table over public states.
    """

    name: str
    stance_inner: Floats
    memory: Memory | None = None

    @classmethod
    def from_tables(cls, name: str, stance: Floats, memory: Memory | None = None) -> ThirdPartyPolicy:
        """From probabilities, float64 [T, S, W]; the table is copied."""
        return cls(name, _inner(stance), memory)

    @property
    def stance(self) -> Floats:
        """float64 [T, S, W], probabilities; read-only."""
        return _outer(self.stance_inner)

    @property
    def length(self) -> int:
        """T: 1 if stationary; with memory, the number of its states."""
        return int(self.stance_inner.shape[0])

    def at(self, round_: int, state: int) -> Floats:
        """float64 [W]: probabilities at a decision; rounds count from 0. With memory: in a memory state."""
        return self.stance_inner[_row(self.length, round_), :, state].copy()


@dataclass(frozen=True, eq=False)
class DisputantPolicy:
    """A policy of Tokyo or Seoul; make one with `from_tables` or `disputant_rule`.

    Attributes:
        name: what people call it, e.g. ``"hawk"``.
        seat: whose options the tables hold.
        first_inner: float64 [T, W, M, S], C-contiguous, for compiled loops, which never write to it.
        second_inner: float64 [T, W, M first, M, S], likewise. Read them through ``first``, ``second``.
        memory: how it remembers; None for a table over public states.
    """

    name: str
    seat: Actor
    first_inner: Floats
    second_inner: Floats
    memory: Memory | None = None

    @classmethod
    def from_tables(cls, name: str, seat: Actor, first: Floats, second: Floats,
                    memory: Memory | None = None) -> DisputantPolicy:
        """From probabilities, float64 [T, S, W, M] and [T, S, W, M first, M]; the tables are copied."""
        return cls(name, seat, _inner(first), _inner(second), memory)

    @property
    def first(self) -> Floats:
        """float64 [T, S, W, M], probabilities when moving first; read-only."""
        return _outer(self.first_inner)

    @property
    def second(self) -> Floats:
        """float64 [T, S, W, M first, M], probabilities when answering a first move; read-only."""
        return _outer(self.second_inner)

    @property
    def length(self) -> int:
        """T: 1 if stationary; with memory, the number of its states."""
        return int(self.first_inner.shape[0])

    def at(self, round_: int, state: int, stance: int, first_move: int | None = None) -> Floats:
        """float64 [M]: probabilities at a decision; ``first_move`` is None for the first mover. Rounds as above."""
        row = _row(self.length, round_)
        if first_move is None:
            return self.first_inner[row, stance, :, state].copy()
        return self.second_inner[row, stance, first_move, :, state].copy()


Policy = ThirdPartyPolicy | DisputantPolicy


def seat_of(policy: Policy) -> Actor:
    """Whose options a policy holds."""
    return policy.seat if isinstance(policy, DisputantPolicy) else Actor.WASHINGTON


class Profile(NamedTuple):
    """One policy a seat, in seat order."""

    tokyo: DisputantPolicy
    seoul: DisputantPolicy
    washington: ThirdPartyPolicy

    @property
    def names(self) -> dict[str, str]:
        """Seat key to policy name."""
        return {actor.key: self[actor].name for actor in Actor}

    def disputant(self, seat: Actor) -> DisputantPolicy:
        """The policy of Tokyo or Seoul.

        Raises:
            ValueError: ``seat`` is the third party's.
        """
        if seat is Actor.WASHINGTON:
            raise ValueError("washington is the third party, not a disputant")
        return self.tokyo if seat == Actor.TOKYO else self.seoul

    @property
    def remembers(self) -> bool:
        """Whether any of the policies has memory."""
        return any(policy.memory is not None for policy in self)

    @classmethod
    def of(cls, policies: Mapping[Actor, Policy]) -> Profile:
        """From one policy a seat.

        Raises:
            PolicyError: a seat has no policy, or one of the wrong kind or of another seat.
        """
        for actor in Actor:
            policy = policies.get(actor)
            own = policy.seat if isinstance(policy, DisputantPolicy) else Actor.WASHINGTON
            if policy is None or own is not actor:
                raise PolicyError(f"{actor.key}: needs a policy of its own seat, got {policy!r}")
        tokyo, seoul, washington = (policies[actor] for actor in Actor)
        assert isinstance(tokyo, DisputantPolicy) and isinstance(seoul, DisputantPolicy)
        assert isinstance(washington, ThirdPartyPolicy)
        return cls(tokyo, seoul, washington)

    def swap(self, seat: Actor, policy: Policy) -> Profile:
        """The same profile with another policy on one seat.

        Raises:
            PolicyError: the policy belongs to another seat.
        """
        return Profile.of({**dict(zip(Actor, self, strict=True)), seat: policy})


def _row(length: int, round_: int) -> int:
    return 0 if length == 1 else round_


# --------------------------------------------------------------------------------- making them


def uniform(game: Game, seat: Actor, name: str = "uniform") -> Policy:
    """Every legal option equally likely, in every round."""
    if seat is Actor.WASHINGTON:
        weights = game.legal_stances.T[None].astype(np.float64)
        return ThirdPartyPolicy.from_tables(name, weights / weights.sum(axis=-1, keepdims=True))
    weights = game.legal[seat].T.astype(np.float64)
    row = weights / weights.sum(axis=-1, keepdims=True)
    return DisputantPolicy.from_tables(name, seat, *_spread(game, row[:, None, None, :]))


def _spread(game: Game, rows: Floats) -> tuple[Floats, Floats]:
    second = np.broadcast_to(rows, (game.n_states, len(Stance), len(Move), len(Move)))
    return second[None, :, :, 0, :], second[None]


def disputant_rule(game: Game, seat: Actor, name: str,
                   rule: Callable[[int, int, int | None], Mapping[Move, float] | Move]) -> DisputantPolicy:
    """A stationary disputant policy from a rule in plain Python.

    Args:
        game: the compiled game.
        seat: Tokyo or Seoul.
        name: what people call the policy.
        rule: called with (state, stance, first move or None); returns a move or weights over
            moves. Weights on illegal moves pass to ``Move.HOLD``, which is always legal.
    """
    stances, moves = len(Stance), len(Move)
    table = np.zeros((game.n_states, stances, 1 + moves, moves))  # no first move, then each
    known = (None, *Move)
    legal, unit = game.legal[seat].T.tolist(), np.eye(moves)
    for state in range(game.n_states):
        for stance in range(stances):
            for place, first_move in enumerate(known):
                choice = rule(state, stance, first_move)
                table[state, stance, place] = (unit[choice if legal[state][choice] else Move.HOLD] if isinstance(
                    choice, Move) else _weights(game, seat, state, choice))
    return DisputantPolicy.from_tables(name, seat, table[None, :, :, 0], table[None, :, :, 1:])


def _weights(game: Game, seat: Actor, state: int, choice: Mapping[Move, float]) -> Floats:
    row = np.zeros(len(Move))
    for move, weight in choice.items():
        row[move if game.legal[seat, move, state] else Move.HOLD] += weight
    if not row.sum() > 0:
        raise PolicyError(f"{seat.key}: a rule gave no move a positive weight at {game.describe(state)}")
    return np.asarray(row / row.sum())


def third_party_rule(game: Game, name: str,
                     rule: Callable[[int], Mapping[Stance, float] | Stance]) -> ThirdPartyPolicy:
    """A stationary third-party policy from a rule called with the state."""
    table = np.zeros((1, game.n_states, len(Stance)))
    for state in range(game.n_states):
        choice = rule(state)
        for stance, weight in ({choice: 1.0} if isinstance(choice, Stance) else choice).items():
            table[0, state, stance] += weight
    return ThirdPartyPolicy.from_tables(name, table / table.sum(axis=-1, keepdims=True))


def mix(first: Policy, second: Policy, weight: float, name: str | None = None) -> Policy:
    """At every decision play ``second`` with probability ``weight``, else ``first``.

    Raises:
        PolicyError: the policies sit on different seats, or the weight is not in [0, 1].
    """
    if not 0 <= weight <= 1:
        raise PolicyError(f"weight {weight!r} is not in [0, 1]")
    label = name or f"{1 - weight:g} {first.name} + {weight:g} {second.name}"

    memory = both(first.memory, second.memory)

    def blend(one: Floats, other: Floats) -> Floats:
        if first.memory is not None and second.memory is not None:
            one, other = np.repeat(one, len(other), axis=0), np.tile(other, (len(one), *[1] * (other.ndim - 1)))
        if len(one) != len(other) and 1 not in (len(one), len(other)):
            raise PolicyError(f"cannot mix {first.name!r} and {second.name!r}: they cover {len(one)} and "
                              f"{len(other)} {'rounds' if memory is None else 'rounds or memory states'}")
        return (1 - weight) * one + weight * other

    if isinstance(first, ThirdPartyPolicy) and isinstance(second, ThirdPartyPolicy):
        return ThirdPartyPolicy(label, blend(first.stance_inner, second.stance_inner), memory)
    if isinstance(first, DisputantPolicy) and isinstance(second, DisputantPolicy) and first.seat == second.seat:
        return DisputantPolicy(label, first.seat, blend(first.first_inner, second.first_inner),
                               blend(first.second_inner, second.second_inner), memory)
    raise PolicyError(f"cannot mix {first.name!r} and {second.name!r}: they sit on different seats")


def with_error(policy: Policy, game: Game, error: float) -> Policy:
    """The policy with trembling hand: with probability ``error`` any legal option, uniformly."""
    return mix(policy, uniform(game, seat_of(policy)), error, f"{policy.name} (error {error:g})")


def same(first: Policy, second: Policy, tolerance: float = 0.0) -> bool:
    """Whether two policies give the same probabilities at every decision and remember alike (names aside)."""
    kept = first.memory, second.memory
    if kept[0] is not kept[1] and (kept[0] is None or kept[1] is None or kept[0].begin != kept[1].begin
                                   or not np.array_equal(kept[0].update, kept[1].update)):
        return False
    if isinstance(first, ThirdPartyPolicy) and isinstance(second, ThirdPartyPolicy):
        return _close(first.stance_inner, second.stance_inner, tolerance)
    if isinstance(first, DisputantPolicy) and isinstance(second, DisputantPolicy) and first.seat == second.seat:
        return (_close(first.first_inner, second.first_inner, tolerance)
                and _close(first.second_inner, second.second_inner, tolerance))
    return False


def _close(one: Floats, other: Floats, tolerance: float) -> bool:
    if one.shape[1:] != other.shape[1:] or (min(len(one), len(other)) > 1 and len(one) != len(other)):
        return False
    return bool((np.abs(one - other) <= tolerance).all())


# ------------------------------------------------------------------------------- checking them


def check_policy(game: Game, policy: Policy, rounds: int | None = None, remembering: bool = False) -> None:
    """Verify a policy against a game.

    Args:
        game: the compiled game.
        policy: any policy.
        rounds: how many rounds it must cover; ``game.horizon`` if None.
        remembering: whether a policy with memory will do.

    Raises:
        PolicyError: naming the seat, and the first state, stance and first move at fault, e.g.
            ``row of probabilities sums to 0.97 at state 41 (...), stance urge``.
    """
    needed = game.horizon if rounds is None else rounds
    if policy.memory is not None:
        if not remembering:
            raise PolicyError(f"{seat_of(policy).key}: {policy.name!r} remembers past weeks and has no exact "
                              "distribution, value or regret; allowed: a table over public states, or only simulation")
        needed = policy.memory.size
    known = _FOUND_RIGHT.setdefault(policy, WeakKeyDictionary())
    if known.get(game, 0) < needed:
        _check_policy(game, policy, needed)
        known[game] = needed


# Policies and games do not change, so what was found right stays so: up to which round, per game.
_FOUND_RIGHT: WeakKeyDictionary[Policy, WeakKeyDictionary[Game, int]] = WeakKeyDictionary()


def _check_policy(game: Game, policy: Policy, needed: int) -> None:
    seat, memory = seat_of(policy), policy.memory
    if policy.length < needed and (policy.length != 1 or memory is not None):
        raise PolicyError(f"{seat.key}: policy {policy.name!r} covers {policy.length} rounds; "
                          f"needed: {needed}, or 1 if stationary")
    if memory is not None and memory.update.shape[-1] != game.n_states:
        raise PolicyError(f"{seat.key}: the memory of policy {policy.name!r} is not one of {game.n_states} states")
    if isinstance(policy, ThirdPartyPolicy):
        _check_table(game, policy.name, "stance", policy.stance_inner[:needed], (len(Stance),), game.legal_stances)
        return
    legal = game.legal[seat]
    _check_table(game, policy.name, "first", policy.first_inner[:needed], (len(Stance), len(Move)), legal)
    _check_table(game, policy.name, "second", policy.second_inner[:needed], (len(Stance), len(Move), len(Move)),
                 legal)


def check_profile(game: Game, profile: Profile, rounds: int | None = None, remembering: bool = False) -> None:
    """`check_policy` for all three seats, and that each disputant policy sits on its own seat."""
    for actor in (Actor.TOKYO, Actor.SEOUL):
        policy = profile.disputant(actor)
        if policy.seat is not actor:
            raise PolicyError(f"{actor.key}: policy {policy.name!r} belongs to {policy.seat.key}")
    for each in profile:
        check_policy(game, each, rounds, remembering)


def _check_table(game: Game, name: str, table: str, rows: Floats, tail: tuple[int, ...],
                 legal: Booleans) -> None:
    """Check a table in loop order: round, stance, ..., option, state; ``legal`` is [option, state]."""
    expected = (len(rows), *tail, game.n_states)
    if rows.shape != expected:
        raise PolicyError(f"policy {name!r}: {table} has shape {rows.shape}, expected {expected} "
                          "(round, stance, ..., option, state)")

    def refuse(bad: Booleans, complaint: str) -> None:
        at = tuple(np.argwhere(bad)[0])
        # A sum has no option axis; what is left of the index is the same either way.
        place = at[:-2] if bad.ndim == rows.ndim else at[:-1]
        text = f"policy {name!r}, {table}: {complaint} at round {place[0] + 1}, {game.describe(int(at[-1]))}"
        if table != "stance":
            text += f", stance {Stance(place[1]).key}"
        if table == "second":
            text += f", after {Move(place[2]).key}"
        raise PolicyError(text)

    # Comparisons are written so that nan fails them.
    if not (rows.min() >= 0 and rows.max() <= 1 + SUM_TOLERANCE):
        bad = ~((rows >= 0) & (rows <= 1 + SUM_TOLERANCE))
        refuse(bad, f"probability {rows[bad][0]:.6g} is not in [0, 1]")
    sums = rows.sum(axis=-2)
    if not np.abs(sums - 1).max() <= SUM_TOLERANCE:
        bad = ~(np.abs(sums - 1) <= SUM_TOLERANCE)
        refuse(bad, f"row of probabilities sums to {sums[bad][0]:.6g}")
    for option, state in np.argwhere(~legal):
        if rows[..., option, state].any():
            bad = (rows > 0) & ~legal
            refuse(bad, f"an illegal option has probability {rows[bad][0]:.6g}")
