"""A scenario: every parameter of one dispute, frozen, with its unit, range and meaning.

The dataclasses below are the only place where a parameter is declared. Each field carries
its meaning, unit and allowed range as metadata; validation, the Hydra schema, the help texts and
the model description are all read off them. Units: *payoff* is the common unit in which the gains
of a week are counted (1 is about the domestic credit of the highest rungs); *1/payoff* is the unit
of `precision`; *probability* and *share* have no dimension.

Seat keys (`tokyo`, `seoul`, `washington`) never change; a scenario about another dispute changes
only the display names. Two side conditions keep the chances of a week inside [0, 1]:

    talks[w] * (1 + [w is not quiet] * max(welcome)) <= 1      (settlement, h)
    rupture.hazard <= 1                                        (rupture, rho)

Both are necessary as well as sufficient: a state without tension attains the first, a state on
both top rungs the second.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from negotiation.parameters import (
    ParameterError,
    ParameterNote,
    amount,
    build,
    check_fields,
    fraction,
    number,
    parameter,
    revise,
    signed,
    text,
    to_plain,
)
from negotiation.vocabulary import Actor, Stance

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

INFINITY = float("inf")


@dataclass(frozen=True, kw_only=True)
class Rung:
    """One rung of an escalation ladder; all three numbers count per round in force."""

    name: str = text("what is in force on this rung, in words")
    gain: float = signed("domestic credit for firmness, before `firmness` scales it", "payoff/round")
    cost: float = amount("cost to the side that holds the rung", "payoff/round")
    harm: float = amount("harm to the other side", "payoff/round")


@dataclass(frozen=True, kw_only=True)
class Disputant:
    """Parameters of one of the two sides."""

    name: str = text("display name of the seat")
    discount: float = number("weight of the next round against this one", "per round", 0, 1, open_low=True)
    firmness: float = signed("how much the public rewards standing firm (multiplies `gain`)", "factor")
    standing: float = amount("what Washington's displeasure costs", "payoff/pressure")
    backdown: float = amount("public cost of stepping down one rung", "payoff")
    offer: float = amount("domestic price of playing `standstill`: offering, accepting, renewing", "payoff")
    appeal: float = amount("cost of asking Washington to engage", "payoff")
    breach: float = amount("extra cost of escalating while a standstill is in force", "payoff")
    snub: float = fraction("share of the displeasure drawn by not answering the other's `standstill`", "share")
    stake: float = amount("worth of the whole disputed pie at settlement", "payoff")
    rupture: float = signed("payoff of a rupture, paid once", "payoff")
    precision: float = number("precision of logit choice; 0 uniform, inf best reply", "1/payoff", 0, INFINITY,
                              infinite=True)
    ladder: tuple[Rung, ...] = parameter("the rungs from 0 upwards, at least two", "list")

    @property
    def top(self) -> int:
        """R, the number of the highest rung."""
        return len(self.ladder) - 1


@dataclass(frozen=True, kw_only=True)
class StanceEffect:
    """What one stance of the third party costs and does."""

    name: str = text("display name of the stance")
    effort: float = amount("effort of the week, before `attention` prices it", "effort")
    pressure_tokyo: float = amount("how hard the stance leans on Tokyo", "pressure")
    pressure_seoul: float = amount("how hard the stance leans on Seoul", "pressure")
    cover: float = fraction("how far it excuses stepping down and signing", "share")
    talks: float = fraction("chance per round that talks settle the dispute, before the factors", "probability")


@dataclass(frozen=True, kw_only=True)
class Stances:
    """The five stances by key."""

    quiet: StanceEffect = parameter("stay out of it", "group")
    urge: StanceEffect = parameter("urge both sides from afar", "group")
    convene: StanceEffect = parameter("bring both sides to one table", "group")
    press_tokyo: StanceEffect = parameter("lean on Tokyo", "group")
    press_seoul: StanceEffect = parameter("lean on Seoul", "group")

    def __iter__(self) -> Iterator[StanceEffect]:
        """The effects in stance order."""
        return (getattr(self, stance.key) for stance in Stance)


@dataclass(frozen=True, kw_only=True)
class Affinity:
    """Whose side the third party is on; 0 and 0 is impartial."""

    tokyo: float = signed("weight of Tokyo's whole payoff in Washington's", "factor")
    seoul: float = signed("weight of Seoul's whole payoff in Washington's", "factor")


@dataclass(frozen=True, kw_only=True)
class ThirdParty:
    """Parameters of the third party."""

    name: str = text("display name of the seat")
    discount: float = number("weight of the next round against this one", "per round", 0, 1, open_low=True)
    attention: float = amount("price of one unit of effort", "payoff/effort")
    invitation: tuple[float, float, float] = fraction(
        "part of the effort's price taken away by none, one or both appealing last round", "share")
    welcome: tuple[float, float, float] = amount(
        "how much more talks yield after none, one or both appealed last round", "factor")
    supply_chain: float = amount("weight of the harm both sides do to each other", "factor")
    alliance: float = amount("cost of full tension, growing with its square", "payoff/round")
    affinity: Affinity = parameter("whose side it is on", "group")
    prize: float = signed("payoff of a settlement", "payoff")
    credit: float = amount("extra payoff of a settlement reached under any stance but quiet", "payoff")
    rupture: float = signed("payoff of a rupture, paid once", "payoff")
    precision: float = number("precision of logit choice; 0 uniform, inf best reply", "1/payoff", 0, INFINITY,
                              infinite=True)
    stances: Stances = parameter("what each stance costs and does", "group")


@dataclass(frozen=True, kw_only=True)
class Standstill:
    """What a standstill agreement is and does."""

    length: float = number("mean number of further rounds it holds unless breached or renewed", "rounds",
                           1, INFINITY, infinite=True)
    ease: float = fraction("how far it softens the measures in force", "share")
    open_talks: float = fraction("chance of settling without a standstill, relative to with one", "share")
    drag: float = fraction("how far full tension lowers the chance of settling", "share")
    calm: float = fraction("what is left of the rupture hazard under a standstill", "share")
    leverage: float = amount("how far a lead in rungs tilts the settlement", "share")


@dataclass(frozen=True, kw_only=True)
class Rupture:
    """The risk that the relation breaks."""

    hazard: float = number("chance of rupture per round at full tension without a standstill", "probability",
                           0, 1)


@dataclass(frozen=True, kw_only=True)
class Start:
    """The state at the start of round 1."""

    tokyo: int = number("rung in force on Tokyo's ladder", "rung", 0, INFINITY)
    seoul: int = number("rung in force on Seoul's ladder", "rung", 0, INFINITY)
    standstill: bool = parameter("is a standstill in force", "yes/no")
    appeals: int = number("appeals of the round before the first", "appeals", 0, 2)


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One dispute, complete.

    Raises:
        ParameterError: a value has the wrong type or lies outside its range; the message names the
            key, the value and what is allowed.
    """

    name: str = text("short name, used in files and tables")
    title: str = text("what this dispute is, in one line")
    source: str = text("where the scenario comes from, and what it does not claim")
    rounds: int = number("observed rounds (weeks)", "rounds", 1, INFINITY)
    shadow: int = number("further rounds the players look ahead", "rounds", 0, INFINITY)
    tokyo_first: float = fraction("chance that Tokyo moves first in a round", "probability")
    escalated_above: float = fraction("tension above which an unsettled end counts as escalated", "tension")
    start: Start = parameter("the state at the start", "group")
    tokyo: Disputant = parameter("first disputant", "group")
    seoul: Disputant = parameter("second disputant", "group")
    washington: ThirdParty = parameter("third party", "group")
    standstill: Standstill = parameter("the standstill agreement", "group")
    rupture: Rupture = parameter("the risk of rupture", "group")
    documentation: dict[str, ParameterNote] = dataclasses.field(
        default_factory=dict, compare=False, repr=False,
        metadata={"doc": "plausible range and source of each parameter, by key or pattern", "unit": "notes"})

    def __post_init__(self) -> None:
        check_fields(self, "scenario")
        for seat in ("tokyo", "seoul"):
            top = self.disputant(Actor.parse(seat)).top
            if top < 1:
                raise ParameterError(f"scenario.{seat}.ladder", f"{top + 1} rung(s)", "at least two rungs")
            rung = getattr(self.start, seat)
            if rung > top:
                raise ParameterError(f"scenario.start.{seat}", rung,
                                     f"a rung of the ladder, 0 to {top}")
        welcome = max(self.washington.welcome)
        for stance, effect in zip(Stance, self.washington.stances, strict=True):
            factor = 1.0 if stance is Stance.QUIET else 1.0 + welcome
            if effect.talks * factor > 1:
                raise ParameterError(
                    f"scenario.washington.stances.{stance.key}.talks", effect.talks,
                    f"at most {1 / factor:.6g}, because talks * (1 + the largest welcome) is a chance")

    @property
    def horizon(self) -> int:
        """N, the number of rounds the players look ahead: `rounds + shadow`."""
        return self.rounds + self.shadow

    def disputant(self, actor: Actor) -> Disputant:
        """The parameters of a disputant.

        Raises:
            ValueError: ``actor`` is the third party.
        """
        if actor is Actor.WASHINGTON:
            raise ValueError("washington is the third party, not a disputant")
        return self.tokyo if actor is Actor.TOKYO else self.seoul

    def display_name(self, actor: Actor) -> str:
        """The name people read for a seat."""
        party: Disputant | ThirdParty = getattr(self, actor.key)
        return party.name

    def stance_name(self, stance: Stance) -> str:
        """The name people read for a stance."""
        effect: StanceEffect = getattr(self.washington.stances, stance.key)
        return effect.name

    def to_dict(self) -> dict[str, Any]:
        """Plain nested dicts, lists and numbers; ``Scenario.from_dict`` inverts it."""
        plain: dict[str, Any] = to_plain(self)
        return plain

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Scenario:
        """Build a scenario from nested mappings and lists.

        Raises:
            ParameterError: a key is unknown or missing, or a value is not allowed.
        """
        return build(cls, values, "scenario")

    def override(self, values: Mapping[str, Any]) -> Scenario:
        """A copy with some parameters changed and everything checked again.

        Args:
            values: key without the leading ``scenario.`` to new value, e.g.
                ``{"tokyo.ladder[3].harm": 0.7, "washington.affinity.tokyo": 0.2}``.

        Raises:
            ParameterError: a key does not exist or a value is not allowed.
        """
        return revise(self, values, "scenario")
