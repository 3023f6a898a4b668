"""One episode of a state, week by week: a Mesa model underneath, told in the language in force."""

from __future__ import annotations

from dataclasses import dataclass

from negotiation.engines.trajectory import Week
from negotiation.game import compile_game
from negotiation.narration import as_played
from negotiation.policy import DisputantPolicy, Policy, Profile, ThirdPartyPolicy
from negotiation.seminar.explorer import State
from negotiation.seminar.explorer_view import profile_for
from negotiation.seminar.explorer_why import share
from negotiation.seminar.telling import capital, news, outcome_sentence, rung_name, together
from negotiation.terms import say
from negotiation.vocabulary import DISPUTANTS, Actor, Move, opponent


@dataclass(frozen=True)
class Line:
    """One thing that happened, and how likely the one who chose it was to choose it (None for chance)."""

    text: str
    likely: str | None = None


class Replay:
    """An episode that is stepped forward and back.

    Args:
        state: what is played; its episode and seed say which.

    Attributes:
        model: the Mesa model, stepped no further than what has been seen.
        shown: number of the week that is shown; 0 before the first.
    """

    def __init__(self, state: State) -> None:
        from negotiation.engines.mesa_model import NegotiationModel  # Mesa is half a second of the server's start

        self.state = state
        self.game = compile_game(state.point)
        self.profile = profile_for(self.game, state.behaviours)
        self.model = NegotiationModel(self.game, self.profile, seed=state.seed, episode=state.episode)
        self.shown = 0

    @property
    def weeks(self) -> list[Week]:
        """The weeks up to the one that is shown."""
        return self.model.weeks[:self.shown]

    @property
    def ended(self) -> bool:
        """Whether the week that is shown is the last."""
        return not self.model.running and self.shown == len(self.model.weeks)

    def step(self) -> None:
        """Show the next week; at the end, do nothing."""
        if self.shown == len(self.model.weeks) and self.model.running:
            self.model.step()
        self.shown = min(self.shown + 1, len(self.model.weeks))

    def back(self) -> None:
        """Show the week before."""
        self.shown = max(self.shown - 1, 0)

    def situation(self) -> str:
        """How it stands after the week that is shown."""
        state = self.weeks[-1].next_state if self.shown else self.game.start
        told = [say("{name} stands on rung {number}, {rung}.", name=capital(self.game, seat),
                    number=int(self.game.rungs[seat, state]),
                    rung=rung_name(self.game, seat, int(self.game.rungs[seat, state]))) for seat in DISPUTANTS]
        held = say("A standstill is in force.") if self.game.standstill[state] else say("No standstill is in force.")
        if self.shown and self.weeks[-1].over:
            held = ""
        end = outcome_sentence(self.model.trajectory().outcome) if self.ended and self.model.weeks else ""
        return together(*told, held, end)

    def lines(self) -> list[Line]:
        """What happened in the week that is shown, in the order of the game."""
        if not self.shown:
            return []
        week = self.weeks[-1]
        profile, number, state = self._played(), week.round - 1, week.state
        first = week.moves[week.leader]
        chances = [
            self._likely(profile[Actor.WASHINGTON], number, state, week, None),
            self._likely(profile[week.leader], number, state, week, None),
            self._likely(profile[opponent(week.leader)], number, state, week, first), None]
        return [Line(text, chance) for text, chance in zip(news(self.game, week), chances, strict=True)]

    def rungs(self, seat: Actor) -> list[int]:
        """A side's rungs at the start and after each week so far."""
        return [int(self.game.rungs[seat, state]) for state in
                (self.game.start, *(week.next_state for week in self.weeks))]

    def _played(self) -> Profile:
        """The tables that were read, of policies that remember those rows that they remembered."""
        if not self.profile.remembers:
            return self.profile
        return as_played(self.game, self.profile, self.model.trajectory()).profile

    @staticmethod
    def _likely(policy: Policy, number: int, state: int, week: Week, first: Move | None) -> str:
        if isinstance(policy, ThirdPartyPolicy):
            return share(float(policy.at(number, state)[week.stance]))
        assert isinstance(policy, DisputantPolicy)
        return share(float(policy.at(number, state, week.stance, first)[week.moves[policy.seat]]))


__all__ = ["Line", "Replay"]
