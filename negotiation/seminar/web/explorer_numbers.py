"""The explorer's numbers and words: tables of a setting beside the one before, and why it changed."""

from __future__ import annotations

from typing import Any

from negotiation.outcomes import words
from negotiation.seminar.explorer_choice import load
from negotiation.seminar.explorer_view import FOLLOWED, View
from negotiation.seminar.explorer_why import changes, moved, points, results, sentence, share
from negotiation.seminar.telling import amount
from negotiation.seminar.web.parts import Box, Text
from negotiation.terms import say
from negotiation.vocabulary import Actor, Outcome


def draw_why(before: View | None, view: View) -> None:
    """What was changed, and what moved most."""
    if before is None:
        Text(say("Move a slider: here stands which moves became more and less frequent."), "p", "quiet")
    else:
        for heading, lines in (
                (say("Changed"), changes(before.state, view.state)), (say("Outcomes"), results(before, view)),
                (say("What moved most"), [sentence(each, view.state) for each in moved(before, view)])):
            Text(heading, "h3")
            with Box("ul", "told"):
                for line in lines or [say("nothing")]:
                    Text(line, "li")


def draw_numbers(shown: tuple[View | None, View]) -> None:
    """The tables: outcomes now and before, what it is worth to the three."""
    before, view = shown
    scenario = load(view.state.scenario)
    if view.simulated:
        Text(say("A behaviour remembers past weeks, so nothing is exact: outcomes are shares of {number} simulated "
                 "episodes, weeks and frequencies those of {followed} of them.", number=f"{view.simulated:,}",
                 followed=FOLLOWED), "p", "simulated")
    columns = [say("Now"), say("Before"), say("Difference")]
    old = None if before is None else before.outcomes
    rows: list[tuple[str, ...]] = [
        (say(words(Outcome(number).key)), _with_interval(view, number), "–" if old is None else share(old[number]),
         "–" if old is None else points(view.outcomes[number] - old[number])) for number in range(len(Outcome))]
    _table(say("Outcome after {weeks} weeks", weeks=view.state.point.rounds), columns, rows)
    columns = [say("Value"), say("Payoff of these weeks"), say("Gain from a best reply")]
    _table(say("What it is worth to them"), columns, [
        (say(scenario.display_name(actor)), *_worth(view, before, actor)) for actor in Actor])
    Text(say("Value: over all weeks looked ahead. In small print: before."), "p", "quiet")


def _worth(view: View, before: View | None, actor: Actor) -> tuple[str, ...]:
    """Value, payoff and regret, each with that of the setting before in a second line."""
    now, old = ([_amount(each.values, actor), _amount(each.payoffs, actor), _amount(each.regret, actor)]
                for each in (view, before or view))
    return tuple(now) if before is None else tuple(f"{new}\n{was}" for new, was in zip(now, old, strict=True))


def _with_interval(view: View, number: int) -> str:
    if view.interval is None:
        return share(view.outcomes[number])
    low, high = (100 * end[number] for end in view.interval)
    return f"{share(view.outcomes[number])} ({low:.1f}–{high:.1f})"


def _amount(values: Any, actor: Actor) -> str:
    return "–" if values is None else amount(float(values[actor]))


def _table(heading: str, columns: list[str], rows: list[tuple[str, ...]]) -> None:
    with Box("table", "numbers"):
        with Box("thead"), Box("tr"):
            Text(heading, "th", scope="col")
            for column in columns:
                Text(column, "th", scope="col")
        with Box("tbody"):
            for name, *cells in rows:
                with Box("tr"):
                    Text(name, "th", scope="row")
                    for cell in cells:
                        with Box("td"):
                            for number, line in enumerate(cell.split("\n")):
                                Text(line, "div", "likely" if number else "")


__all__ = ["draw_numbers", "draw_why"]
