"""The explorer's numbers and words: tables of a setting beside the one before, and why it changed, as trees."""

from __future__ import annotations

from typing import Any

from negotiation.outcomes import words
from negotiation.plots.style import OUTCOME_COLOURS
from negotiation.seminar.explorer_choice import load
from negotiation.seminar.explorer_view import FOLLOWED, View
from negotiation.seminar.explorer_why import changes, moved, points, results, sentence, share
from negotiation.seminar.telling import amount, span
from negotiation.seminar.web.tree import Node, node
from negotiation.terms import say
from negotiation.vocabulary import Actor, Outcome


def why(before: View | None, view: View) -> list[Node]:
    """What moved most, then what was changed."""
    if before is None:
        return [node("p", "quiet", say("Move a slider: here stands which moves became more and less frequent."))]
    return [part for heading, classes, lines in (
        (say("What moved most"), "told", [sentence(each, view.state) for each in moved(before, view)]),
        (say("Changed"), "told flow", changes(before.state, view.state))) for part in (
        node("h3", "", heading), node("ul", classes, *(node("li", "", line) for line in lines or [say("nothing")])))]


def gaps(before: View | None, view: View) -> list[Node]:
    """How the outcomes moved, for the place below their bars."""
    lines = [] if before is None else results(before, view)
    return [node("ul", "told flow", *(node("li", "", line) for line in lines))] if lines else []


def strip(view: View) -> list[Node]:
    """The five probabilities in a few lines, to be seen above the sliders on a phone."""
    names, shares = list(OUTCOME_COLOURS), [float(chance) for chance in view.outcomes]
    bar = [node("span", "", style=f"background:{OUTCOME_COLOURS[key]};flex-grow:{chance:.4f}")
           for key, chance in zip(names, shares, strict=True)]
    cells = [node("span", "", node("span", "name", say(words(key))), node("b", "", share(chance)),
                  style=f"border-color:{OUTCOME_COLOURS[key]}") for key, chance in zip(names, shares, strict=True)]
    return [node("div", "stack", *bar), node("div", "five", *cells)]


def tables(before: View | None, view: View) -> list[Node]:
    """The tables: outcomes now and before, what it is worth to the three."""
    scenario, found = load(view.state.scenario), []
    if view.simulated:
        found.append(node("p", "simulated", say(
            "A behaviour remembers past weeks, so nothing is exact: outcomes are shares of {number} simulated "
            "episodes, weeks and frequencies those of {followed} of them.", number=f"{view.simulated:,}",
            followed=FOLLOWED)))
    old = None if before is None else before.outcomes
    rows: list[tuple[str, ...]] = [
        (say(words(Outcome(number).key)), _with_interval(view, number), "–" if old is None else share(old[number]),
         "–" if old is None else points(view.outcomes[number] - old[number])) for number in range(len(Outcome))]
    found.append(_table(say("Outcome after {time}", time=span(view.state.point.rounds)),
                        [say("Now"), say("Before"), say("Difference")], rows))
    found.append(_table(
        say("What it is worth to them"), [say("Value"), say("Payoff of these weeks"), say("Gain from a best reply")],
        [(say(scenario.display_name(actor)), *_worth(view, before, actor)) for actor in Actor]))
    waits = view.values is None and not view.simulated
    found.append(node("p", "quiet", say("Value: over all weeks looked ahead. In small print: before."),
                      *([" ", say("Values are being computed …")] if waits else [])))
    return found


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


def _table(heading: str, columns: list[str], rows: list[tuple[str, ...]]) -> Node:
    head = [node("th", "", text, scope="col") for text in (heading, *columns)]
    body = [node("tr", "", node("th", "", name, scope="row"), *(
        node("td", "", *(node("div", "likely" if number else "", line) for number, line in enumerate(cell.split("\n"))))
        for cell in cells)) for name, *cells in rows]
    return node("table", "numbers", node("thead", "", node("tr", "", *head)), node("tbody", "", *body))


__all__ = ["gaps", "strip", "tables", "why"]
