r"""How likely chosen decisions are, of many disputes at once: those of some seats or people, without the others'.

A decision d of seat :math:`i_d` in round :math:`t_d` and state :math:`s_d`, given the stance :math:`w_d` and the first
mover's move :math:`m_d` where there are such, was :math:`o_d`. With the policies :math:`\pi^g` of the game g that its
dispute was played in,

.. math:: \ell(u) = \sum_g \sum_{d \in g} \log \pi^g_{i_d}(o_d \mid t_d, s_d, w_d, m_d; u),

which is the part of `negotiation.history.likelihood` that belongs to these decisions: the order is known, and chance
and the decisions left out do not depend on how the seats kept decide.

**Variables.** Arrays of `Choices`, one place a decision; u are the places of free parameters, set alike in all games.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from negotiation.game import Floats, Integers, compile_game
from negotiation.history.coding import Observed
from negotiation.history.free import Free, scenario_with
from negotiation.history.surface import Report, Surface
from negotiation.policy import Profile
from negotiation.scenario import Scenario
from negotiation.solve import backward_induction
from negotiation.vocabulary import Actor

NONE = -1  # no stance before one's own, no first mover's move


@dataclass(frozen=True, eq=False)
class Choices:
    """Decisions of disputes in one game.

    Attributes:
        seat: int64 [n], who decided.
        round: int64 [n], from 0.
        state: int64 [n], number of the state at the start of the round.
        stance: int64 [n], the third party's; `NONE` for its own decisions.
        first: int64 [n], the first mover's move, `NONE` where the seat moved first.
        option: int64 [n], what was chosen.
    """

    seat: Integers
    round: Integers
    state: Integers
    stance: Integers
    first: Integers
    option: Integers

    @classmethod
    def of(cls, rows: Sequence[tuple[int, int, int, int, int, int]]) -> Choices:
        """From one tuple a decision, in the order of the attributes."""
        table = np.array(rows, dtype=np.int64).reshape(len(rows), 6)
        return cls(*table.T)

    def __len__(self) -> int:
        return int(self.seat.size)


def choice_probabilities(profile: Profile, choices: Choices) -> Floats:
    """float64 [n]: how likely a profile takes each option that was taken; policies without memory.

    Args:
        profile: one policy a seat, covering the rounds.
        choices: the decisions.
    """
    found = np.empty(len(choices))
    mine = choices.seat == Actor.WASHINGTON
    third = profile.washington
    found[mine] = third.stance_inner[_rows(third.length, choices.round[mine]), choices.option[mine],
                                     choices.state[mine]]
    for seat in (Actor.TOKYO, Actor.SEOUL):
        policy = profile.disputant(seat)
        leads = (choices.seat == seat) & (choices.first == NONE)
        follows = (choices.seat == seat) & (choices.first != NONE)
        found[leads] = policy.first_inner[_rows(policy.length, choices.round[leads]), choices.stance[leads],
                                          choices.option[leads], choices.state[leads]]
        found[follows] = policy.second_inner[_rows(policy.length, choices.round[follows]), choices.stance[follows],
                                             choices.first[follows], choices.option[follows], choices.state[follows]]
    return found


def _rows(length: int, rounds: Integers) -> Integers:
    """A policy of one round serves all."""
    return np.zeros_like(rounds) if length == 1 else rounds


class ChoiceSurface(Surface):
    """The log likelihood of chosen decisions over the unit cube of free parameters.

    Args:
        name: of the decisions.
        games: scenario and decisions of each game; the free parameters are set alike in all of them.
        free: the axes; their own values are those of the first scenario.
        report: called with (1, 0) after each place.
    """

    def __init__(self, name: str, games: Sequence[tuple[Scenario, Choices]], free: Sequence[Free],
                 report: Report | None = None) -> None:
        first = games[0][0]
        super().__init__(first, free, Observed(name, (first.tokyo.top, first.seoul.top), ()), report)
        self.games = [(scenario, choices) for scenario, choices in games if len(choices)]

    def height(self, places: Floats) -> float:
        """The log likelihood at places, worked out."""
        total = 0.0
        for scenario, choices in self.games:
            game = compile_game(scenario_with(scenario, self.free, places))
            profile = backward_induction(game, keep=int(choices.round.max()) + 1).profile
            with np.errstate(divide="ignore"):
                total += float(np.log(choice_probabilities(profile, choices)).sum())
        return total


def free_between(scenario: Scenario, bounds: Mapping[str, tuple[str, float, float]]) -> tuple[Free, ...]:
    """Free parameters of any scenario, documented or not.

    Args:
        scenario: to look for the keys in.
        bounds: key to title, lowest and highest value; a value of the scenario's beyond them widens them.
    """
    found = []
    for key, (title, low, high) in bounds.items():
        own = Free(key, title, (key,), low, high).own(scenario)
        ends = (min(low, own), max(high, own)) if np.isfinite(own) and own > 0 else (low, high)
        found.append(Free(key, title, (key,), *ends))
    return tuple(found)


__all__ = ["NONE", "ChoiceSurface", "Choices", "choice_probabilities", "free_between"]
