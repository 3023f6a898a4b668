"""Branching: two paths from the same draws, told side by side.

After a change that is meant to change it: ``python tests/test_branching.py`` writes the golden transcript
anew; then read the difference.
"""

from __future__ import annotations

import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import oracle
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from negotiation.behaviours import make_profile
from negotiation.drawing import draw
from negotiation.draws import episode_draws
from negotiation.engines.branching import Branch, BranchedTrajectory, Step, branch
from negotiation.engines.trajectory import play_week, trace
from negotiation.game import Game, compile_game
from negotiation.library import load_scenario
from negotiation.narration_pair import PAGE, narrate_pair
from negotiation.parameters import ParameterError
from negotiation.policy import DisputantPolicy, PolicyError, Profile, ThirdPartyPolicy, disputant_rule, third_party_rule
from negotiation.scenario import Scenario
from negotiation.solve import Solution, backward_induction, respond_to
from negotiation.vocabulary import Actor, Chance, Move, Outcome, Stance, opponent

GOLDEN = Path(__file__).parent / "golden" / "branches"
SEED, WEEK = 2019, 6
REFERENCE = "tokyo_seoul_2019"
ATTENTION = "washington.attention"
JAPANESE = {
    "tokyo.name": "日本国政府", "seoul.name": "대한민국 정부", "washington.name": "米国（ワシントン）",
    "tokyo.ladder[3].name": "輸出管理の優遇対象国（いわゆるホワイト国）からの除外と個別許可申請の義務化",
    **{f"washington.stances.{key}.name": name for key, name in (
        ("quiet", "[b]静観[/b] :zap:"), ("urge", "自制要請"), ("convene", "三者会談の招集"),
        ("press_tokyo", "対日圧力"), ("press_seoul", "대한 압력"))},
}


@cache
def solved(**changes: Any) -> Solution:
    """Equilibrium play of the reference scenario with some parameters changed (``__`` for a dot)."""
    values = {key.replace("__", "."): value for key, value in changes.items()}
    return backward_induction(compile_game(load_scenario(REFERENCE).override(values)))


def branched(episode: int, other: Solution, week: int = WEEK, point: int | None = None) -> Branch:
    first = solved()
    return branch(first.game, first.profile, other.game, other.profile, SEED, episode, week, point)


def twin(scenario: Scenario, other: Scenario) -> Scenario:
    """``other`` in all that may differ between the two games of a branch."""
    plain, shape = other.to_dict(), scenario.to_dict()
    plain |= {"rounds": shape["rounds"], "start": shape["start"]}
    for seat in ("tokyo", "seoul"):
        rungs = plain[seat]["ladder"]
        plain[seat]["ladder"] = [rungs[k % len(rungs)] for k in range(len(shape[seat]["ladder"]))]
    return Scenario.from_dict(plain)


# ------------------------------------------------------------------------------------ the paths


def test_without_a_change_the_paths_are_one() -> None:
    same = backward_induction(compile_game(load_scenario(REFERENCE)))
    began = 0
    for episode in range(30):
        for week in (1, 2, WEEK, 26):
            pair = branched(episode, same, week)
            assert pair.branch.weeks == pair.trunk.weeks
            assert pair.branch.record() == pair.trunk.record()  # to the last bit
            assert (pair.first_difference, pair.differs) == (None, None)
            assert pair.began == (len(pair.trunk) >= week)
            began += pair.began
    assert began > 60


def test_a_change_acts_from_its_week_on_and_not_before() -> None:
    other = solved(washington__attention=0.1)
    weeks: list[int] = []
    for episode in range(60):
        pair = branched(episode, other, point=7)
        assert pair.trunk == trace(solved().game, solved().profile, SEED, episode, 7)
        assert pair.branch.weeks[:WEEK - 1] == pair.trunk.weeks[:WEEK - 1]
        assert [pair.draws(number) for number in (1, WEEK, 20)] == [
            episode_draws(SEED, episode, 26, 7)[number - 1] for number in (1, WEEK, 20)]
        if pair.first_difference is not None:
            weeks.append(pair.first_difference)
    assert min(weeks) == WEEK and len(weeks) > 30


def test_a_branch_from_week_1_is_the_other_game_entirely() -> None:
    """Its start included."""
    other = solved(start__tokyo=4, start__standstill=True, washington__discount=0.9, tokyo__firmness=3.0)
    for episode in range(20):
        pair = branched(episode, other, week=1)
        assert pair.branch == trace(other.game, other.profile, SEED, episode)
        assert pair.branch.record() == trace(other.game, other.profile, SEED, episode).record()
        assert (pair.first_difference, pair.differs) == (1, Step.STATE)


def test_a_dispute_that_has_ended_cannot_branch() -> None:
    other = solved(washington__attention=0.1)
    early = next(pair for pair in (branched(n, other) for n in range(99)) if len(pair.trunk) < WEEK)
    assert early.branch is early.trunk
    assert not early.began
    assert early.first_difference is None
    last = branched(early.trunk.episode, solved(tokyo_first=0.0), week=len(early.trunk))
    assert last.began


@given(scenario=strategies.scenarios(max_rounds=6), drawn=strategies.scenarios(), data=st.data(),
       seed=st.integers(0, 2**128 - 1), point=st.none() | st.integers(0, 99))
def test_every_week_is_the_game_in_force_from_the_same_draws(scenario: Scenario, drawn: Scenario, data: st.DataObject,
                                                             seed: int, point: int | None) -> None:
    games = compile_game(scenario), compile_game(twin(scenario, drawn))
    profiles = [data.draw(strategies.profiles(game, rounds=game.rounds)) for game in games]
    week, first = data.draw(st.integers(1, scenario.rounds)), data.draw(st.integers(0, 2**63 - 20))
    for episode in range(first, first + 8):
        pair = branch(games[0], profiles[0], games[1], profiles[1], seed, episode, week, point)
        assert pair.trunk == trace(games[0], profiles[0], seed, episode, point)
        draws = episode_draws(seed, episode, scenario.rounds, point)
        state = games[0].start
        for index, told in enumerate(pair.branch):
            late = index + 1 >= week
            assert told == _by_hand(games[late], profiles[late], index, state, draws[index])
            state = told.next_state
        assert len(pair.branch) == scenario.rounds or pair.branch.weeks[-1].over
        _check_difference(pair)
        _check_record(pair, [game.scenario for game in games])


def _by_hand(game: Game, profile: Profile, index: int, state: int, at: Any) -> Any:
    """Section 3 of the rules, each option by its own uniform."""
    stance = Stance(draw(profile.washington.at(index, state), at.stance))
    leader = Actor.TOKYO if at.order < game.scenario.tokyo_first else Actor.SEOUL
    moves = {leader: Move(draw(profile.disputant(leader).at(index, state, stance), at.first))}
    other = opponent(leader)
    moves[other] = Move(draw(profile.disputant(other).at(index, state, stance, moves[leader]), at.second))
    return play_week(game, index + 1, state, stance, leader, (moves[Actor.TOKYO], moves[Actor.SEOUL]), at.chance)


def _check_difference(pair: Branch) -> None:
    def seen(path: Any) -> list[Any]:
        return [(w.state, w.stance, w.leader, w.moves[w.leader], w.moves[1 - w.leader], w.chance, w.next_state)
                for w in path]

    one, other = seen(pair.trunk), seen(pair.branch)
    if pair.first_difference is None:
        assert one == other and pair.differs is None
        return
    at = pair.first_difference - 1
    assert one[:at] == other[:at]
    assert at + 1 >= pair.week
    assert pair.differs is not None
    assert one[at][:pair.differs] == other[at][:pair.differs]
    assert one[at][pair.differs] != other[at][pair.differs]


def _check_record(pair: Branch, scenarios: list[Scenario]) -> None:
    """Payoffs, effort and outcome of the branch by the rules as the oracle writes them."""
    state, weight, payoffs, effort = oracle.start(scenarios[0]), [1.0] * 3, [0.0] * 3, 0.0
    for told in pair.branch:
        now = scenarios[told.round >= pair.week]
        played = oracle.play(now, state, told.stance, *told.moves)
        effort += list(now.washington.stances)[told.stance].effort
        ends = {Chance.SETTLED: played.settlement_pays, Chance.RUPTURE: played.rupture_pays}
        for i, discount in enumerate(oracle.discounts(now)):
            payoffs[i] += weight[i] * played.payoffs[i]
            weight[i] *= discount
            payoffs[i] += weight[i] * ends.get(told.chance, (0, 0, 0))[i]
        state = played.results[told.chance][1]
    record = pair.branch.record()
    assert [record[f"payoff_{actor.key}"] for actor in Actor] == pytest.approx(payoffs, abs=1e-9)
    assert record["effort"] == pytest.approx(effort, abs=1e-9)
    if not pair.branch.weeks[-1].over:
        assert pair.branch.outcome == oracle.still_going(scenarios[pair.began], state)
        assert record["outcome"] == pair.branch.outcome


@given(data=st.data(), seed=st.integers(0, 999), week=st.integers(1, 6))
def test_a_change_of_policies_alone_is_one_table_after_the_other(data: st.DataObject, seed: int, week: int) -> None:
    """The same game: the branch is a plain episode under tables that switch at the week."""
    game = compile_game(load_scenario("river_dam").override({"rounds": 6, "shadow": 0}))
    one, other = (data.draw(strategies.profiles(game)) for _ in range(2))

    def switch(first: Any, second: Any) -> Any:
        rows = [np.broadcast_to(table, (6, *table.shape[1:])) for table in (first, second)]
        return np.concatenate([rows[0][:week - 1], rows[1][week - 1:]])

    seats = [DisputantPolicy.from_tables("both", seat, switch(one[seat].first, other[seat].first),
                                         switch(one[seat].second, other[seat].second))  # type: ignore[union-attr]
             for seat in (Actor.TOKYO, Actor.SEOUL)]
    both = Profile(seats[0], seats[1], ThirdPartyPolicy.from_tables(
        "both", switch(one.washington.stance, other.washington.stance)))
    for episode in range(8):
        pair = branch(game, one, game, other, seed, episode, week)
        plain = trace(game, both, seed, episode)
        assert pair.branch.weeks == plain.weeks
        assert pair.branch.record() == plain.record()


# ------------------------------------------------------------------------------------- payoffs


def quiet_and_hold(game: Game) -> Profile:
    hold = [disputant_rule(game, seat, "hold", lambda state, stance, first: Move.HOLD)
            for seat in (Actor.TOKYO, Actor.SEOUL)]
    return Profile(hold[0], hold[1], third_party_rule(game, "quiet", lambda state: Stance.QUIET))


def test_payoffs_of_a_short_path_by_hand() -> None:
    """Four weeks of holding on rungs 2 and 1, more firmness, less discount and a settlement from week 3 on."""
    calm = {"rounds": 6, "rupture.hazard": 0.0, "washington.stances.quiet.talks": 0.0}
    before = load_scenario(REFERENCE).override(calm)
    after = before.override({"tokyo.firmness": 3.0, "tokyo.discount": 0.5, "seoul.stake": 10.0})
    games = compile_game(before), compile_game(after)
    pair = branch(games[0], quiet_and_hold(games[0]), games[1], quiet_and_hold(games[1]), 1, 0, 3)
    tokyo, seoul = 2.0 * 0.30 - 0.08 - 0.10, 2.0 * 0.15 - 0.03 - 0.35
    firmer = 3.0 * 0.30 - 0.08 - 0.10
    weights = [1, 0.97, 0.97**2, 0.97**2 * 0.5, 0.97**2 * 0.25, 0.97**2 * 0.125]
    record = pair.branch.record()
    assert record["payoff_tokyo"] == pytest.approx(tokyo * sum(weights[:2]) + firmer * sum(weights[2:]), abs=1e-12)
    assert record["payoff_seoul"] == pytest.approx(seoul * sum(0.97**n for n in range(6)), abs=1e-12)
    assert pair.trunk.record()["payoff_tokyo"] == pytest.approx(tokyo * sum(0.97**n for n in range(6)), abs=1e-12)
    assert pair.first_difference is None  # people see the same; only what it is worth differs


def test_what_an_end_pays_is_the_new_games_and_discounted_by_it() -> None:
    calm = {"rounds": 6, "rupture.hazard": 0.0, "washington.stances.quiet.talks": 0.0}
    before = load_scenario(REFERENCE).override(calm)
    after = before.override({"washington.stances.quiet.talks": 1.0, "standstill.open_talks": 1.0,
                             "standstill.drag": 0.0, "seoul.stake": 10.0, "seoul.discount": 0.5})
    games = compile_game(before), compile_game(after)
    pair = branch(games[0], quiet_and_hold(games[0]), games[1], quiet_and_hold(games[1]), 1, 0, 3)
    assert (pair.first_difference, pair.differs) == (3, Step.CHANCE)
    assert (len(pair.trunk), len(pair.branch), pair.branch.outcome) == (6, 3, Outcome.SETTLEMENT)
    share = 0.5 + (2 / 5 - 1 / 5) / 2
    tokyo, seoul = 2.0 * 0.30 - 0.08 - 0.10, 2.0 * 0.15 - 0.03 - 0.35
    weights = 1 + 0.97 + 0.97**2
    record = pair.branch.record()
    assert record["payoff_tokyo"] == pytest.approx(tokyo * weights + 0.97**3 * 20 * share, abs=1e-12)
    assert record["payoff_seoul"] == pytest.approx(seoul * weights + 0.97**2 * 0.5 * 10 * (1 - share), abs=1e-12)
    assert record["settlement_round"] == 3


def test_the_end_is_judged_by_the_new_game() -> None:
    strict = solved(escalated_above=0.0)
    pairs = [branched(episode, strict) for episode in range(40)]
    assert all(pair.trunk.weeks == pair.branch.weeks for pair in pairs)
    judged = {(pair.trunk.outcome, pair.branch.outcome) for pair in pairs if not pair.trunk.weeks[-1].over}
    assert (Outcome.STALEMATE, Outcome.ESCALATED) in judged
    assert (Outcome.STALEMATE, Outcome.STALEMATE) not in judged
    # To change how an end is called is no change that people see on the way.
    assert {pair.first_difference for pair in pairs} == {None}


def test_a_branched_path_knows_both_its_games() -> None:
    other = solved(washington__attention=0.1)
    pair = branched(147, other)
    assert isinstance(pair.branch, BranchedTrajectory)
    assert (pair.branch.before, pair.branch.game, pair.branch.since) == (solved().game, other.game, WEEK)
    assert pair.branch.rungs().shape == (len(pair.branch) + 1, 2)


# ------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize("week", [0, -1, 27, 2.5, True, "6", None])
def test_weeks_out_of_range_are_refused(week: Any) -> None:
    with pytest.raises(ParameterError, match="integer from 1 to 26") as caught:
        branched(0, solved(), week)
    assert caught.value.key == "branch.week"


@pytest.mark.parametrize(("changes", "key", "allowed"), [
    ({"rounds": 30}, "scenario.rounds", "26, as before"),
    ({"start__tokyo": 3}, "scenario.start.tokyo", "no effect any more"),
    ({"start__standstill": True}, "scenario.start.standstill", "no effect any more"),
    ({"start__appeals": 1}, "scenario.start.appeals", "no effect any more"),
])
def test_games_that_cannot_follow_one_another_are_refused(changes: dict[str, Any], key: str, allowed: str) -> None:
    with pytest.raises(ParameterError, match=allowed) as caught:
        branched(0, solved(**changes))
    assert caught.value.key == key
    assert "\n" not in str(caught.value)


def test_a_start_may_change_in_week_1_and_a_ladder_never() -> None:
    branched(0, solved(start__seoul=4), week=1)
    plain = load_scenario(REFERENCE).to_dict()
    plain["seoul"]["ladder"].pop()
    shorter = backward_induction(compile_game(Scenario.from_dict(plain)))
    for week in (1, WEEK):
        with pytest.raises(ParameterError, match="6 rungs, as before") as caught:
            branched(0, shorter, week)
        assert caught.value.key == "scenario.seoul.ladder"


def test_what_does_not_fit_its_game_is_refused() -> None:
    river = compile_game(load_scenario("river_dam"))
    with pytest.raises(PolicyError, match="shape"):
        branch(solved().game, solved().profile, solved().game, make_profile(river, "hawk"), SEED, 0, WEEK)
    for seed, episode, key in ((-1, 0, "seed"), (0, -1, "episode")):
        with pytest.raises(ParameterError) as caught:
            branch(solved().game, solved().profile, solved().game, solved().profile, seed, episode, WEEK)
        assert caught.value.key == key


def test_looking_further_ahead_and_other_names_are_allowed() -> None:
    assert branched(0, solved(shadow=0)).trunk == branched(0, solved()).trunk
    renamed = backward_induction(compile_game(load_scenario(REFERENCE).override(JAPANESE)))
    assert all(branched(episode, renamed).first_difference is None for episode in range(20))


# ---------------------------------------------------------------------------------- side by side


def told(episode: int, other: Solution, week: int = WEEK, **changes: tuple[Any, Any]) -> tuple[Branch, str]:
    pair = branched(episode, other, week)
    return pair, narrate_pair(pair, solved(), other, changes)


def transcript() -> str:
    """Episode 147 of the reference with a Washington that has time from week 6 on."""
    other = solved(washington__attention=0.1)
    return narrate_pair(branched(147, other), solved(), other, {f"scenario.{ATTENTION}": (0.6, 0.1)})


def test_transcript_is_the_golden_one() -> None:
    file = GOLDEN / f"{REFERENCE}.txt"
    assert file.exists(), "no golden transcript: run python tests/test_branching.py and read it"
    assert transcript() == file.read_text(encoding="utf-8")


def sides(line: str) -> tuple[str, str]:
    left, _, right = line.partition(" || ")
    return left.strip(), right.strip()


@pytest.mark.parametrize("changes", [
    {"washington__attention": 0.1}, {"tokyo_first": 0.2}, {"rupture__hazard": 0.09}, {"tokyo__firmness": 2.6},
    {"seoul__precision": float("inf")}])
def test_the_first_difference_is_marked_once_and_explained(changes: dict[str, Any]) -> None:
    other = solved(**changes)
    seen = set()
    for episode in range(10):
        pair, text = told(episode, other)
        marks = [line for line in text.splitlines() if line.startswith(">>> FIRST DIFFERENCE")]
        assert len(marks) == (pair.first_difference is not None)
        assert ("No difference" in text) == (pair.first_difference is None and pair.began)
        if pair.first_difference is None:
            continue
        seen.add(pair.differs)
        assert f"week {pair.first_difference}:" in marks[0]
        before, _, after = text.partition(marks[0])
        assert f"\nWeek {pair.first_difference}: " in before and f"Week {pair.first_difference + 1}: " not in before
        table = [line.removeprefix(">>> ") for line in after.splitlines() if line.startswith(">>> ")][1:]
        u = float(re.findall(r"0\.\d{4}", marks[0])[0])
        columns = [table[0].index(heading) for heading in ("option", "range on the left", "range on the right")]
        picked = []
        for start, end in ((columns[1], columns[2]), (columns[2], None)):
            rows = [(row[:columns[1]].strip(), row[start:end].strip()) for row in table[1:]]
            ranges = [(name, *map(float, re.findall(r"[01]\.\d{4}", cell)), "*" in cell) for name, cell in rows if cell]
            assert ranges[0][1] == 0 and ranges[-1][2] == 1
            assert [each[1] for each in ranges[1:]] == [each[2] for each in ranges[:-1]]
            chosen = [each for each in ranges if each[3]]
            assert len(chosen) == 1 and chosen[0][1] - 1e-4 <= u <= chosen[0][2] + 1e-4
            picked.append(chosen[0][0])
        assert picked[0] != picked[1]
        assert picked == [_option(path.weeks[pair.first_difference - 1], pair.differs) for path in
                          (pair.trunk, pair.branch)]
    assert seen


def _option(week: Any, step: Step | None) -> str:
    scenario = solved().game.scenario
    return {
        Step.STANCE: scenario.stance_name(week.stance), Step.LEADER: scenario.display_name(week.leader),
        Step.FIRST: week.moves[week.leader].key, Step.SECOND: week.moves[1 - week.leader].key,
        Step.CHANCE: week.chance.key}[step]


def test_both_sides_tell_their_own_weeks_reasons_and_ends() -> None:
    pair, text = told(61, solved(washington__attention=0.1), **{f"scenario.{ATTENTION}": (0.6, 0.1)})
    assert (len(pair.trunk), len(pair.branch)) == (9, 6)
    assert f"changed on the right from week 6 on: scenario.{ATTENTION} 0.1 (before: 0.6)" in text
    assert "Weeks 1 to 5 are the same on both paths" in text
    assert [f"\n  {week:>2}  " in text for week in range(1, 7)] == [True] * 5 + [False]
    lines = [sides(line) for line in text.splitlines()]
    assert any(right.startswith("(over since week 6: settlement)") for _, right in lines)
    assert text.count("(over since") == 1
    for place, path in enumerate((pair.trunk, pair.branch)):
        column = " ".join(line[place] for line in lines if line[place])
        assert f"After week {len(path)}: " in column and f"({path.outcome.key})" in column
        assert all(f"{actor.key.title()} {path.record()[f'payoff_{actor.key}']:+.2f}" in column for actor in Actor)
    gain = pair.branch.record()["payoff_tokyo"] - pair.trunk.record()["payoff_tokyo"]
    assert f"payoffs, right less left: Tokyo {gain:+.2f}" in text


def test_an_early_end_is_told_with_one_path() -> None:
    other = solved(washington__attention=0.1)
    early = next(n for n in range(99) if len(branched(n, other).trunk) < WEEK)
    pair, text = told(early, other)
    assert f">>> The dispute ended in week {len(pair.trunk)}, before the change in week 6" in text
    assert "||" not in text and "LEFT" not in text


def test_a_branch_from_week_1_has_no_common_weeks() -> None:
    _, text = told(3, solved(start__tokyo=4), week=1)
    assert "the same on both paths" not in text
    assert ">>> FIRST DIFFERENCE, week 1: the start." in text
    assert "\n\n\n" not in text


def test_other_policies_are_named() -> None:
    game = solved().game
    profile = make_profile(game, "hawk")
    pair = branch(game, solved().profile, game, profile, SEED, 3, WEEK)
    text = narrate_pair(pair, solved(), respond_to(game, profile, ()), {"policy.tokyo": ("equilibrium", "hawk")})
    assert "players on the right from week 6 on: Tokyo hawk; Seoul equilibrium" in text


def test_wide_names_line_up() -> None:
    """Characters of two cells: lines stay on the page and the columns straight; brackets are only brackets."""
    scenario = load_scenario(REFERENCE).override(JAPANESE)
    base = backward_induction(compile_game(scenario))
    scales = {Step.LEADER: ["option", "日本国政府", "대한민국 정부"],
              Step.STANCE: ["option", *(effect.name for effect in scenario.washington.stances)]}
    seen = set()
    for change in ({"tokyo_first": 0.1}, {"washington.attention": 0.1}):
        other = backward_induction(compile_game(scenario.override(change)))
        for episode in range(8):
            pair = branch(base.game, base.profile, other.game, other.profile, SEED, episode, WEEK)
            text = narrate_pair(pair, base, other)
            for line in text.splitlines():
                assert cell_len(line) <= PAGE, line
                assert line == line.rstrip()
                if " || " in line or line.endswith(" ||"):
                    assert cell_len(line[:line.index(" ||")]) == (PAGE - 4) // 2, line
            if pair.differs in scales:
                rows = [line.removeprefix(">>> ") for line in text.splitlines() if line.startswith(">>> ")]
                shown = [row for row in rows if row.startswith(tuple(scales[pair.differs]))]
                assert len(shown) == len(scales[pair.differs])
                assert len({cell_len(re.split(r"range on|\d\.", row)[0]) for row in shown}) == 1
                seen.add(pair.differs)
    assert seen == set(scales)


if __name__ == "__main__":
    GOLDEN.mkdir(parents=True, exist_ok=True)
    (GOLDEN / f"{REFERENCE}.txt").write_text(transcript(), encoding="utf-8")
    sys.exit(0)
