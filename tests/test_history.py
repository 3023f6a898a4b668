"""The record: its rows, its likelihood by hand, behaviours held against it, and its page."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from negotiation.behaviours import make_policy, make_profile
from negotiation.engines.trajectory import trace
from negotiation.game import Game
from negotiation.history.against import STILL, against_behaviours, error_rate, weekly_gains
from negotiation.history.coding import observe, observed_episode, weeks_table
from negotiation.history.likelihood import likelihood, log_likelihood, seat_options
from negotiation.history.page import record_table
from negotiation.history.record import Coding, Confidence, Source, load_record, record_from, record_names
from negotiation.library import conf_folder
from negotiation.parameters import ParameterError
from negotiation.policy import Profile, with_error
from negotiation.solve import Solution
from negotiation.vocabulary import Actor, Chance, Move, Outcome, Stance

ROOT = Path(__file__).parent.parent
FILE = conf_folder() / "history" / "tokyo_seoul_2019.yaml"
VALUES = yaml.safe_load(FILE.read_text(encoding="utf-8"))
RECORD = load_record()
PAGE = (ROOT / "docs" / "history.md").read_text(encoding="utf-8")


def changed(change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    values = copy.deepcopy(VALUES)
    change(values)
    return values


def place_of(day: str) -> int:
    return next(row.place for row in RECORD.rows if row.dates[-1].isoformat() == day)


# ----------------------------------------------------------------------------------- the rows


def test_every_row_has_a_source_and_a_confidence() -> None:
    assert record_names() == ["tokyo_seoul_2019"]
    assert len(RECORD.rows) == 26
    for row in RECORD.rows:
        assert row.sources
        assert isinstance(row.confidence, Confidence)
        assert row.event.endswith(".")
        assert row.actors
        assert bool(row.coded) != bool(row.uncoded)
        assert ("unverified" in row.source) == (Source.G in row.sources)
        assert row.alternative is None or row.alternative.reason


@pytest.mark.parametrize("wanting", ["sources", "confidence", "event", "actors", "coded", "dates"])
@pytest.mark.parametrize("place", [0, 9])
def test_a_row_without_a_part_is_refused_by_name(wanting: str, place: int) -> None:
    day = RECORD.rows[place].dates[0].isoformat()
    with pytest.raises(ParameterError) as error:
        record_from(changed(lambda values: values["rows"][place].pop(wanting)))
    assert f"history.rows[{place}]" in str(error.value)
    assert wanting == "dates" or day in str(error.value)
    assert wanting in error.value.key
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("change", "told"), [
    (lambda row: row.update(sources=[]), "sources"),
    (lambda row: row.update(sources=["X"]), "one of A, P, G"),
    (lambda row: row.update(confidence="sure"), "one of low, medium, high"),
    (lambda row: row.update(coded={"tokyo": "convene"}), "one of escalate, hold"),
    (lambda row: row.update(coded={"beijing": "hold"}), "one of tokyo, seoul, washington"),
    (lambda row: row.update(coded=None), "a reason where coded is null"),
    (lambda row: row.update(colour="red"), "the keys dates"),
    (lambda row: row.update(dates=["2019-08-02"]), "a date like 2019-08-02"),
    (lambda row: row.update(rungs={"washington": 1}), "tokyo or seoul"),
])
def test_a_row_that_is_wrong_is_refused_by_name(change: Callable[[dict[str, Any]], None], told: str) -> None:
    place = place_of("2019-08-02")
    with pytest.raises(ParameterError, match=re.escape(told)) as error:
        record_from(changed(lambda values: change(values["rows"][place])))
    assert f"history.rows[{place}]" in error.value.key


def test_rows_must_be_in_order_and_files_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="no earlier than the row before"):
        record_from(changed(lambda values: values["rows"].reverse()))
    with pytest.raises(ParameterError, match="one of tokyo_seoul_2019"):
        load_record("elsewhere")
    broken = tmp_path / "x.yaml"
    broken.write_text("rows: [", encoding="utf-8")
    with pytest.raises(ParameterError, match="a readable YAML file"):
        load_record(broken)


def test_weeks_begin_on_31_july_and_a_row_belongs_to_the_week_of_its_last_date() -> None:
    assert RECORD.begins.isoformat() == "2019-07-31"
    assert RECORD.begins.strftime("%A") == "Wednesday"
    weeks = {row.dates[-1].isoformat(): RECORD.week_of(row) for row in RECORD.rows}
    assert {day: weeks[day] for day in ("2019-07-24", "2019-07-31", "2019-08-02", "2019-08-12", "2019-08-22",
                                        "2019-08-28", "2019-11-15", "2019-11-22", "2019-12-20")} == {
        "2019-07-24": 0, "2019-07-31": 1, "2019-08-02": 1, "2019-08-12": 2, "2019-08-22": 4, "2019-08-28": 5,
        "2019-11-15": 16, "2019-11-22": 17, "2019-12-20": 21}
    assert RECORD.first_day(26).isoformat() == "2020-01-22"


# ---------------------------------------------------------------------------- the coded path


@pytest.mark.parametrize("coding", list(Coding))
def test_moves_are_legal_and_lead_to_the_rungs_that_the_rows_state(game: Game, coding: Coding) -> None:
    observed = observe(RECORD, game, coding)
    assert len(observed) == 26
    assert observed.weeks[0].state == game.start
    for week, later in zip(observed.weeks, observed.weeks[1:], strict=False):
        assert later.state == week.next_state
        assert all(game.legal[seat, week.moves[seat], week.state] for seat in (Actor.TOKYO, Actor.SEOUL))
        assert week.chance is Chance.ON
    assert observed.outcome(game) is Outcome.STANDSTILL
    rungs = game.rungs[:, observed.states()].T.tolist()
    assert rungs[:6] == [[2, 1], [3, 1], [3, 2], [3, 2], [3, 3], [3, 3]]
    assert rungs[-1] == ([2, 3] if coding is Coding.MAIN else [3, 3])
    held = game.standstill[observed.states()]
    assert held[:17].sum() == 0
    assert held[17:].all()


def test_the_two_codings_differ_where_the_rows_say(game: Game) -> None:
    table = weeks_table(RECORD, game)
    main, other = (table[table["coding"] == coding.key].reset_index(drop=True) for coding in Coding)
    differ = {week + 1 for week in range(26) if any(main.loc[week, column] != other.loc[week, column]
                                                    for column in ("stance", "move_tokyo", "move_seoul"))}
    assert differ == {1, 3, 4, 5, 7, 17, 20, 21}
    assert main.loc[0, ["stance", "move_tokyo", "move_seoul", "first"]].tolist() == [
        "convene", "escalate", "appeal", "tokyo"]
    assert other.loc[0, "stance"] == "urge"
    assert main.loc[5, "filled"] == "tokyo seoul washington"
    assert main["first"].tolist()[:5] == ["tokyo", "tokyo", "", "", "seoul"]


@pytest.mark.parametrize(("day", "change", "told"), [
    ("2019-08-12", {"coded": {"seoul": "hold"}}, "rungs.seoul"),
    ("2019-12-20", {"coded": {"tokyo": "escalate"}}, "rungs.tokyo"),
    ("2019-08-01", {"coded": {"seoul": "standstill"}}, "coded.seoul"),
])
def test_rows_that_contradict_each_other_are_refused(game: Game, day: str, change: dict[str, Any], told: str) -> None:
    values = changed(lambda values: values["rows"][place_of(day)].update(change))
    with pytest.raises(ParameterError, match=re.escape(told)) as error:
        observe(record_from(values), game)
    assert "(2019-" in error.value.key


def test_another_start_is_refused(game: Game) -> None:
    from negotiation.game import compile_game
    with pytest.raises(ParameterError, match=re.escape("scenario.start.tokyo: 3 is not allowed; allowed: 2")):
        observe(RECORD, compile_game(game.scenario.override({"start.tokyo": 3})))


# ------------------------------------------------------------------------------- likelihood


def test_three_weeks_by_hand(game: Game, solution: Solution) -> None:
    # Week 1: convene; Tokyo first, escalates; Seoul appeals. Week 2: quiet; Tokyo first, holds; Seoul escalates.
    # Week 3: quiet; Seoul offers, Tokyo holds, nobody knows who was first.
    tokyo, seoul, washington = solution.profile
    s1 = game.state(2, 1, 0, 0)
    s2 = game.state(3, 1, 0, 1)
    s3 = game.state(3, 2, 0, 0)
    stance = [log(washington.at(0, s1)[Stance.CONVENE]), log(washington.at(1, s2)[Stance.QUIET]),
              log(washington.at(2, s3)[Stance.QUIET])]
    moves = [
        log(tokyo.at(0, s1, Stance.CONVENE)[Move.ESCALATE])
        + log(seoul.at(0, s1, Stance.CONVENE, Move.ESCALATE)[Move.APPEAL]),
        log(tokyo.at(1, s2, Stance.QUIET)[Move.HOLD]) + log(seoul.at(1, s2, Stance.QUIET, Move.HOLD)[Move.ESCALATE]),
        log(0.5 * tokyo.at(2, s3, Stance.QUIET)[Move.HOLD] * seoul.at(2, s3, Stance.QUIET, Move.HOLD)[Move.STANDSTILL]
            + 0.5 * seoul.at(2, s3, Stance.QUIET)[Move.STANDSTILL]
            * tokyo.at(2, s3, Stance.QUIET, Move.STANDSTILL)[Move.HOLD])]
    # Chance: no settlement, no rupture; no standstill in force, so no lapse. Tensions .4, .5, .5 after the moves.
    talks = [0.04 * 0.2 * (1 - 0.5 * 0.4), 0.01 * 0.2 * (1 - 0.5 * 0.5), 0.01 * 0.2 * (1 - 0.5 * 0.5)]
    chance = [log((1 - h) * (1 - 0.03 * tension**2)) for h, tension in zip(talks, (0.4, 0.5, 0.5), strict=True)]
    found = likelihood(game, solution.profile, observe(RECORD, game)).table[:3]
    assert found["log_stance"].tolist() == pytest.approx(stance, abs=1e-12)
    assert found["log_moves"].tolist() == pytest.approx(moves, abs=1e-12)
    assert found["log_chance"].tolist() == pytest.approx(chance, abs=1e-12)
    assert found["log_order"].tolist() == pytest.approx([log(0.5), log(0.5), 0], abs=1e-12)
    assert found["log_tokyo"].tolist()[:2] == pytest.approx([
        log(tokyo.at(0, s1, Stance.CONVENE)[Move.ESCALATE]), log(tokyo.at(1, s2, Stance.QUIET)[Move.HOLD])], abs=1e-12)


@pytest.mark.parametrize("coding", list(Coding))
def test_sums_and_uniform_play_by_hand(game: Game, solution: Solution, coding: Coding) -> None:
    observed = observe(RECORD, game, coding)
    found = likelihood(game, solution.profile, observed)
    table = found.table
    assert found.total == pytest.approx(table["log_total"].sum(), abs=1e-12)
    assert found.total == pytest.approx(log_likelihood(game, solution.profile, observed), abs=1e-10)
    assert found.choices - found.uniform == pytest.approx(table["gain"].sum(), abs=1e-12)
    known = table[table["first"] != ""]
    assert (known["log_tokyo"] + known["log_seoul"]).tolist() == pytest.approx(known["log_moves"].tolist(), abs=1e-12)
    # No rung is at an end of its ladder, so five options are legal everywhere.
    assert found.uniform == pytest.approx(26 * 3 * log(1 / 5), abs=1e-12)
    even = likelihood(game, make_profile(game, "random", "random", "random"), observed)
    assert even.choices == pytest.approx(found.uniform, abs=1e-12)
    assert even.table["gain"].abs().max() < 1e-12


def test_what_the_two_codings_say(game: Game, solution: Solution) -> None:
    found = [likelihood(game, solution.profile, observe(RECORD, game, coding)) for coding in Coding]
    assert [one.per_week for one in found] == pytest.approx([-3.230, -2.687], abs=5e-4)
    assert found[0].uniform_per_week == pytest.approx(-4.828, abs=5e-4)


def test_at_a_ladders_end_uniform_play_has_fewer_options(game: Game) -> None:
    short = game.scenario.override({"start.tokyo": 0, "start.seoul": 5})
    from negotiation.game import compile_game
    other = compile_game(short)
    profile = make_profile(other, "random", "random", "random")
    weeks = observed_episode(trace(other, profile, 3, 0), orders=True)
    found = likelihood(other, profile, weeks)
    assert found.table["uniform_moves"].iloc[0] == pytest.approx(2 * log(1 / 4), abs=1e-12)


def test_a_simulated_history_has_the_probability_that_it_was_drawn_with(game: Game, solution: Solution) -> None:
    episode = trace(game, solution.profile, 11, 4)
    seen = likelihood(game, solution.profile, observed_episode(episode))
    total = 0.0
    for week in episode.weeks:
        first, second = week.leader, Actor(1 - week.leader)
        row, s, w = week.round - 1, week.state, week.stance
        total += log(solution.profile.washington.at(row, s)[w])
        total += log(solution.profile.disputant(first).at(row, s, w)[week.moves[first]])
        total += log(solution.profile.disputant(second).at(row, s, w, week.moves[first])[week.moves[second]])
    assert seen.choices == pytest.approx(total, abs=1e-10)
    blind = likelihood(game, solution.profile, observed_episode(episode, orders=False))
    assert blind.table["first"].eq("").all()
    assert blind.total >= seen.total - 1e-12  # not having seen the order is the likelier event


def test_a_policy_that_remembers_follows_the_observed_weeks(game: Game, solution: Solution) -> None:
    observed = observe(RECORD, game)
    matching = make_policy(game, Actor.TOKYO, "tit_for_tat")
    table, taken = seat_options(game, matching, observed)
    assert table.sum(axis=1) == pytest.approx(np.ones(26), abs=1e-12)
    # Seoul escalated in week 2; in week 3 Tokyo, playing tit for tat, would have, had it moved first. Nobody knows.
    assert table[2].tolist() == [0.5, 0, 0, 0.5, 0]
    assert taken[2] == 0
    profile = Profile(with_error(matching, game, 0.1), *solution.profile[1:])
    found = likelihood(game, profile, observed)
    assert np.isfinite(found.total)
    assert found.table["log_tokyo"].tolist() == pytest.approx(
        np.log(seat_options(game, matching, observed, 0.1)[1]).tolist(), abs=1e-9)


def test_too_few_rounds_and_other_ladders_are_refused(game: Game, solution: Solution) -> None:
    from negotiation.game import compile_game
    from negotiation.solve import backward_induction
    observed = observe(RECORD, game)
    with pytest.raises(ParameterError, match="at least the 26 observed weeks"):
        likelihood(game, backward_induction(game, keep=10).profile, observed)
    from negotiation.library import load_scenario
    river = compile_game(load_scenario("river_dam"))
    if river.tops != game.tops:
        with pytest.raises(ParameterError, match="history"):
            likelihood(river, make_profile(river, "random", "random", "random"), observed)


# ------------------------------------------------------------------------------- behaviours


def test_error_rates_by_hand(game: Game) -> None:
    observed = observe(RECORD, game)
    # Always quiet is right in 23 of 26 weeks; the likeliest error rate solves 1 - e + e/5 = 23/26.
    quiet = sum(week.stance is Stance.QUIET for week in observed.weeks)
    assert quiet == 23
    error, found = error_rate(game, make_policy(game, Actor.WASHINGTON, "absent"), observed)
    assert error == pytest.approx((1 - 23 / 26) * 5 / 4, abs=1e-5)
    assert found == pytest.approx(23 * log(23 / 26) + 3 * log((3 / 26) / 4), abs=1e-8)


def test_behaviours_are_ranked_within_each_seat(game: Game) -> None:
    choices = {Actor.TOKYO: ["hawk", "equilibrium", "random", STILL, "tit_for_tat"], Actor.WASHINGTON: ["absent"]}
    table = against_behaviours(game, observe(RECORD, game), choices)
    tokyo = table[table["seat"] == "tokyo"]
    assert tokyo["behaviour"].iloc[0] == STILL
    assert tokyo["rank"].tolist() == [1, 2, 3, 4, 5]
    assert tokyo["aic"].is_monotonic_increasing
    assert np.isfinite(table["log_likelihood"]).all()
    assert (table["gain"] >= -1e-9).all()
    assert table["error"].between(0.001, 1).all()
    random = tokyo[tokyo["behaviour"] == "random"].iloc[0]
    assert random["parameters"] == 0
    assert random["share_likeliest"] == pytest.approx(0.2)
    gains = weekly_gains(game, observe(RECORD, game), choices)
    ends = gains.groupby(["seat", "behaviour"])["total"].last()
    for row in table.to_dict("records"):
        assert ends[row["seat"], row["behaviour"]] == pytest.approx(row["gain"], abs=1e-9)


# ------------------------------------------------------------------------------------ the page


def test_the_table_on_the_page_is_that_of_the_data() -> None:
    assert record_table(RECORD) in PAGE, "docs/history.md: put in what negotiation.history.page.record_table gives"


def test_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "history"}
    blocks = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) >= 4
    for code in blocks:
        exec(compile(code, "history.md", "exec"), names)
    assert Path("profile.png").read_bytes().startswith(b"\x89PNG")
