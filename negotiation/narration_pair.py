"""A branched episode told side by side: the path as it was on the left, the changed one on the right.

Weeks before the change are told once and briefly. From then on every week stands in two columns with
the reasons for each move, and where the paths part a mark (``>>>``) shows the one draw on the two
scales it was read on. Columns are measured in terminal cells, so that wide scripts line up.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any

import numpy as np
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.table import Table
from rich.text import Text

from negotiation.drawing import thresholds
from negotiation.engines.branching import Branch, Step
from negotiation.engines.trajectory import Trajectory, Week, chance_thresholds_at
from negotiation.game import Floats
from negotiation.narration import Told, chance_result, legend, move_text, signed, tell_ending, tell_week
from negotiation.solve import Solution
from negotiation.vocabulary import Actor, Chance, Move, Stance, opponent

PAGE = 110
RULE = " || "
COLUMN = (PAGE - len(RULE)) // 2
MARK = ">>> "
# Makes plain text of what rich lays out: what is saved and what is printed must be one.
_PLAIN = Console(file=io.StringIO(), width=PAGE - len(MARK), color_system=None, legacy_windows=False)
# Which of the six things told of a week shows a step; who leads is seen at the first move.
TOLD_AT = {Step.STATE: 0, Step.STANCE: 1, Step.LEADER: 2, Step.FIRST: 2, Step.SECOND: 3, Step.CHANCE: 5}


def narrate_pair(pair: Branch, solution: Solution, other_solution: Solution,
                 changes: Mapping[str, tuple[Any, Any]] | None = None) -> str:
    """The account of a branched episode.

    Args:
        pair: the two paths.
        solution: the policies of the trunk and their values, for the reasons.
        other_solution: those of the branch.
        changes: what was changed, configuration key to value before and value after, for the heading.

    Returns:
        Text of lines no wider than `PAGE` terminal cells, ending with a newline.
    """
    lines = [*_heading(pair, changes or {}, solution, other_solution), "", *_common_weeks(pair)]
    if not pair.began:
        lines += [*_fold(f"{MARK}The dispute ended in week {len(pair.trunk)}, before the change in week "
                         f"{pair.week}: there is only one path.", PAGE, MARK, "")]
        lines += ["", *(line for text in tell_ending(pair.trunk) for line in _fold(text, PAGE))]
        return _page(lines)
    lines += [*_columns(["LEFT: as it was"], [f"RIGHT: changed from week {pair.week} on"])]
    lines += _columns(["-" * COLUMN], ["-" * COLUMN])
    for left, right in zip_longest(pair.trunk.weeks[pair.week - 1:], pair.branch.weeks[pair.week - 1:]):
        lines += [*_both(pair, solution, other_solution, left, right), ""]
    if pair.first_difference is None:
        lines += [*_fold(f"{MARK}No difference: what people see is the same in every week.", PAGE, MARK, ""), ""]
    return _page([*lines, *_endings(pair)])


def _heading(pair: Branch, changes: Mapping[str, tuple[Any, Any]], *solutions: Solution) -> Iterator[str]:
    trunk, later = pair.trunk, pair.branch
    scenario = trunk.game.scenario
    yield from _fold(scenario.title, PAGE, "", "")
    yield from _fold(f"scenario {scenario.name}, episode {trunk.episode}, seed {trunk.seed}: the same draws on two "
                     "paths", PAGE, "", "")
    yield from _fold("players: " + _players(trunk), PAGE)
    if later.policies != trunk.policies:
        yield from _fold(f"players on the right from week {pair.week} on: " + _players(later), PAGE)
    told = "; ".join(f"{key} {after} (before: {before})" for key, (before, after) in changes.items())
    yield from _fold(f"changed on the right from week {pair.week} on: {told or 'nothing'}", PAGE)
    yield from _fold(legend(*solutions), PAGE)


def _players(path: Trajectory) -> str:
    scenario = path.game.scenario
    return "; ".join(f"{scenario.display_name(actor)} {path.policies[actor.key]}" for actor in Actor)


def _common_weeks(pair: Branch) -> Iterator[str]:
    weeks = pair.trunk.weeks[:pair.week - 1]
    if not weeks:
        return
    which = "Week 1 is" if len(weeks) == 1 else f"Weeks 1 to {len(weeks)} are"
    yield f"{which} the same on both paths:"
    game, scenario = pair.trunk.game, pair.trunk.game.scenario
    for week in weeks:
        told = [f"{scenario.display_name(Actor.WASHINGTON)}: {scenario.stance_name(week.stance)}"]
        for seat, first in ((week.leader, None), (opponent(week.leader), week.moves[week.leader])):
            told.append(f"{scenario.display_name(seat)} {move_text(game, seat, week.state, week.moves[seat], first)}")
        yield from _fold(f"{week.round:>2}  " + "; ".join([*told, chance_result(week)]), PAGE, "      ", "  ")
    yield ""


def _both(pair: Branch, solution: Solution, other_solution: Solution, left: Week | None,
          right: Week | None) -> Iterator[str]:
    """One week of both paths; None where a path is over."""
    parting = pair.first_difference
    number = next(week.round for week in (left, right) if week is not None)
    apart = parting is not None and number > parting
    ours = _over(pair.trunk, number) if left is None else tell_week(pair.trunk.game, solution, left)
    theirs = _over(pair.branch, number) if right is None else tell_week(pair.branch.game, other_solution, right)
    for place, (one, other) in enumerate(zip_longest(ours, theirs, fillvalue=Told(""))):
        if number == parting and pair.differs is not None and place == TOLD_AT[pair.differs]:
            assert left is not None and right is not None
            yield from _mark(pair, pair.differs, (left, right), (solution, other_solution))
            apart = True
        if one == other and not apart:
            yield from (line for part in _told(one, place, PAGE) for line in part)
        else:
            for parts in zip(_told(one, place, COLUMN), _told(other, place, COLUMN), strict=True):
                yield from _columns(*parts)


def _over(path: Trajectory, number: int) -> list[Told]:
    ended = len(path)
    return [Told(f"(over since week {ended}: {path.outcome.key})")] if number == ended + 1 else []


def _told(told: Told, place: int, width: int) -> tuple[list[str], list[str]]:
    """The lines of what happened and those of the reason."""
    chance = "" if told.probability is None else f" [p={told.probability:.3f}]"
    first = "" if place == 0 else "  "
    return _fold(told.text + chance, width, first + "  ", first), _fold_worths(told.worths, width)


def _fold_worths(worths: tuple[str, ...], width: int) -> list[str]:
    """The options of a choice on lines of at most ``width`` cells, none cut where it fits on a line."""
    indent, joint = " " * 6, " | "
    lines: list[str] = []
    for worth in worths:
        if lines and cell_len(lines[-1] + joint + worth) <= width:
            lines[-1] += joint + worth
        else:
            lines += _fold(("" if lines else "worth: ") + worth, width, indent + "  ", indent)
    return lines


def _mark(pair: Branch, step: Step, weeks: tuple[Week, Week], solutions: tuple[Solution, Solution]) -> Iterator[str]:
    """Where the paths part: the draw, and what it selects on both sides."""
    week, scenario = weeks[0], pair.trunk.game.scenario
    if step is Step.STATE:
        yield from _fold(f"{MARK}FIRST DIFFERENCE, week {week.round}: the start.", PAGE, MARK, "")
        return
    draws = pair.draws(week.round)
    leader, follower = (scenario.display_name(seat) for seat in (week.leader, opponent(week.leader)))
    what, u = {
        Step.STANCE: (f"the stance of {scenario.display_name(Actor.WASHINGTON)}", draws.stance),
        Step.LEADER: ("who moves first", draws.order),
        Step.FIRST: (f"the move of {leader}", draws.first),
        Step.SECOND: (f"the answer of {follower}", draws.second),
        Step.CHANCE: ("the result of chance", draws.chance),
    }[step]
    yield from _fold(f"{MARK}FIRST DIFFERENCE, week {week.round}: {what}. The draw is the same, {u:.4f}; it selects "
                     "the option in whose range it falls (*).", PAGE, MARK, "")
    scales = [_scale(step, each, solution) for each, solution in zip(weeks, solutions, strict=True)]
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for heading in ("option", "range on the left", "range on the right"):
        table.add_column(heading, overflow="fold")
    for option, name in enumerate(_names(step, solutions[0])):
        ranges = [_range(scale, option, u) for scale in scales]
        if any(ranges):
            table.add_row(Text(name), *ranges)
    with _PLAIN.capture() as printed:
        _PLAIN.print(table)
    yield from (MARK + line for line in printed.get().splitlines())


def _scale(step: Step, week: Week, solution: Solution) -> Floats:
    """float64 [options - 1]: upper ends of the options' ranges in u at a step of a week."""
    game, profile, index = solution.game, solution.profile, week.round - 1
    if step is Step.STANCE:
        return thresholds(profile.washington.at(index, week.state))
    if step is Step.LEADER:
        return np.array([game.scenario.tokyo_first])
    if step is Step.CHANCE:
        return np.array(chance_thresholds_at(game, (week.stance, *week.moves, week.state), week.afterstate))
    leader = week.leader
    seat, first = (leader, None) if step is Step.FIRST else (opponent(leader), week.moves[leader])
    return thresholds(profile.disputant(seat).at(index, week.state, week.stance, first))


def _names(step: Step, solution: Solution) -> list[str]:
    scenario = solution.game.scenario
    if step is Step.STANCE:
        return [scenario.stance_name(stance) for stance in Stance]
    if step is Step.LEADER:
        return [scenario.display_name(seat) for seat in (Actor.TOKYO, Actor.SEOUL)]
    return list(Chance.keys() if step is Step.CHANCE else Move.keys())


def _range(ends: Floats, option: int, u: float) -> str:
    edges = [0.0, *np.minimum(ends, 1.0), 1.0]
    low, high = edges[option], edges[option + 1]
    if not low < high:
        return ""
    return f"{low:.4f} to {high:.4f}" + (" *" if low <= u < high else "")


def _endings(pair: Branch) -> Iterator[str]:
    for left, right in zip_longest(tell_ending(pair.trunk), tell_ending(pair.branch), fillvalue=""):
        yield from _columns(_fold(left, COLUMN), _fold(right, COLUMN))
    before, after = pair.trunk.record(), pair.branch.record()
    scenario = pair.trunk.game.scenario
    yield ""
    yield from _fold("payoffs, right less left: " + ", ".join(
        f"{scenario.display_name(actor)} {signed(after[key] - before[key])}"
        for actor, key in ((actor, f"payoff_{actor.key}") for actor in Actor)), PAGE, "  ", "")


def _columns(left: list[str], right: list[str]) -> list[str]:
    """Two stacks of lines side by side, the left one filled up to `COLUMN` cells."""
    return [set_cell_size(one, COLUMN) + RULE + other for one, other in zip_longest(left, right, fillvalue="")]


def _fold(text: str, width: int, indent: str = "    ", first: str = "  ") -> list[str]:
    """A text on lines of at most ``width`` cells; words too long for a line are cut."""
    if not text:
        return []
    room = width - max(cell_len(indent), cell_len(first))
    folded = Text(text).wrap(_PLAIN, room)
    return [(indent if number else first) + line.plain.rstrip() for number, line in enumerate(folded)]


def _page(lines: list[str]) -> str:
    return "\n".join(line.rstrip() for line in lines) + "\n"


__all__ = ["narrate_pair"]
