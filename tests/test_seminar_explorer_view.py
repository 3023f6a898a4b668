"""What the explorer computes: its numbers, why they changed, sliders, phase picture and replay, without a browser."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest
import yaml
from test_seminar_explorer import SHORT, TWO, read

from negotiation.behaviours import make_profile
from negotiation.engines.exact import propagate
from negotiation.engines.points import behaviours_point, equilibrium_point
from negotiation.engines.trajectory import trace
from negotiation.game import compile_game
from negotiation.library import conf_folder, group_names, load_scenario, scenario_names
from negotiation.parameters import ParameterError, note_for
from negotiation.seminar.explorer import EPISODES
from negotiation.seminar.explorer_choice import Choice, load_choice, numbers_of
from negotiation.seminar.explorer_phase import FINE, Axis, Picture, picture_key
from negotiation.seminar.explorer_replay import Replay
from negotiation.seminar.explorer_sliders import further, slider_of, sliders
from negotiation.seminar.explorer_view import FOLLOWED, SupersededError, complete, compute
from negotiation.seminar.explorer_why import changes, moved, points, results, sentence, share
from negotiation.seminar.explorer_work import Work
from negotiation.solve import regret, respond_to
from negotiation.terms import speaking
from negotiation.vocabulary import DISPUTANTS, Actor, Move, Outcome, Stance

# ------------------------------------------------------------------------------------ numbers


@pytest.mark.parametrize("text", ["", "scenario=river_dam", "scenario.standstill.length=8", "scenario=host_2014"])
def test_numbers_are_those_of_the_exact_point(text: str) -> None:
    state = read(text)
    view, point = compute(state), equilibrium_point(state.point)
    assert view.whole
    assert np.allclose(view.outcomes, point.probabilities, rtol=0, atol=1e-12)
    assert np.array_equal(view.values, point.value)
    assert np.array_equal(view.regret, point.regret)


def test_behaviours_beside_the_equilibrium() -> None:
    state = read("policy.tokyo=hawk&policy.washington=reluctant")
    point = behaviours_point(state.point, state.behaviours)
    assert np.allclose(compute(state).outcomes, point.probabilities, rtol=0, atol=1e-12)


def test_what_takes_longer_follows() -> None:
    state = read("policy.tokyo=level_k").at(SHORT)
    early = compute(state)
    assert early.values is None
    assert early.plays is not None
    late = complete(early)
    game = compile_game(state.point)
    profile = make_profile(game, **state.behaviours)
    assert late.whole
    assert np.allclose(late.values, respond_to(game, profile, ()).values[0, :, game.start], atol=1e-9)
    assert np.allclose(late.regret, regret(game, profile), atol=1e-9)


def test_weeks_and_frequencies_are_those_of_the_exact_engine() -> None:
    state = read("scenario.standstill.length=8")
    game = compile_game(state.point)
    found, plays = propagate(game, make_profile(game, **state.behaviours)), compute(state).plays
    assert plays is not None
    for seat in DISPUTANTS:
        assert np.array_equal(plays.rungs[seat], found.rung_distribution(seat))
        middle = plays.quantile(seat, 0.5)
        chances = plays.rungs[seat][9]
        assert chances[:int(middle[9]) + 1].sum() >= 0.5 > chances[:int(middle[9])].sum()
    assert np.array_equal(plays.weekly[Actor.WASHINGTON], found.move_frequency(Actor.WASHINGTON))


def test_a_behaviour_that_remembers_is_simulated_and_followed() -> None:
    early = compute(read("policy.tokyo=grudger"))
    assert early.simulated == EPISODES
    assert early.plays is None
    assert early.interval is not None
    late = complete(early)
    assert late.whole
    assert late.plays is not None
    assert late.values is None
    state = late.state
    game = compile_game(state.point)
    profile = make_profile(game, **state.behaviours)
    paths = [trace(game, profile, state.seed, number) for number in range(FOLLOWED)]
    held = sum(week.moves[Actor.SEOUL] is Move.HOLD for path in paths for week in path)
    assert late.plays.overall[Actor.SEOUL][Move.HOLD] == pytest.approx(held / sum(map(len, paths)))
    assert late.plays.going[-1] == sum(not path.weeks[-1].over for path in paths) / FOLLOWED


def test_numbers_come_early_and_nobody_waits_in_vain() -> None:
    state, told = read("scenario.standstill.length=8"), []
    view = compute(state, told.append)
    assert [each.plays for each in told] == [None]
    assert np.allclose(told[0].outcomes, view.outcomes, rtol=0, atol=1e-12)
    assert np.allclose(told[0].payoffs, view.payoffs, rtol=0, atol=1e-9)
    assert np.array_equal(told[0].values, view.values)
    with pytest.raises(SupersededError):
        compute(state, told.append, lambda: False)
    assert len(told) == 2  # the numbers are shown all the same


# ------------------------------------------------------------------------------------ why


def test_why_a_change_of_two_numbers_changed_it_by_hand() -> None:
    """What moved most, worked out from the passes themselves."""
    first = read("")
    second = first.at(TWO)
    before, after = compute(first), compute(second)
    shares: dict[tuple[Actor, int], list[float]] = {}
    for state in (first, second):
        game = compile_game(state.point)
        found = propagate(game, make_profile(game, **state.behaviours))
        weeks = found.mass[:-1].sum()
        for option in range(5):
            for seat in DISPUTANTS:
                shares.setdefault((seat, option), []).append(found.move_share[:, seat, option].sum() / weeks)
            shares.setdefault((Actor.WASHINGTON, option), []).append(found.stance_share[:, option].sum() / weeks)
    ranked = sorted(shares, key=lambda key: -abs(shares[key][1] - shares[key][0]))
    told = moved(before, after, most=3)
    assert [(each.seat, int(each.option)) for each in told] == ranked[:3]
    for each in told:
        assert [each.before, each.after] == pytest.approx(shares[each.seat, int(each.option)], abs=1e-12)
        assert (each.week_after > each.week_before) == (each.after > each.before)
    assert told[0].option is Stance.QUIET  # a Washington that pays less for attention is quiet less often
    assert told[0].after < told[0].before
    assert changes(first, second) == ["Standstill: length: 4 → 8", "Washington: attention: 0.6 → 0.2"]
    text = sentence(told[0], second)
    assert text.startswith(f"Washington, “stay quiet”: less often, {share(told[0].before)} → {share(told[0].after)}")
    gap = after.outcomes - before.outcomes
    assert results(before, after)[0].startswith(Outcome(int(np.abs(gap).argmax())).key.capitalize())
    with speaking("ja"):
        assert "ワシントン" in sentence(told[0], second)


def test_nothing_changed() -> None:
    view = compute(read(""))
    assert moved(view, view) == []
    assert results(view, view) == []
    assert changes(view.state, view.state) == []


def test_changes_of_dispute_and_behaviours_are_told() -> None:
    told = changes(read("policy.tokyo=hawk"), read("scenario=river_dam&policy.washington=reluctant"))
    assert told[0].startswith("Dispute: ")
    assert told[1:] == ["Upper Arvend: hawk → equilibrium", "River Commission: equilibrium → reluctant"]
    assert points(-0.0123) == "\N{MINUS SIGN}1.2"


# ------------------------------------------------------------------------------------ sliders and configuration


@pytest.mark.parametrize("name", scenario_names())
def test_sliders_are_those_of_the_configuration_with_documented_ranges(name: str) -> None:
    state = read(f"scenario={name}")
    shown = sliders(state)
    assert [each.key for each in shown] == list(load_choice(name).parameters)
    for each in shown:
        assert each.low <= each.value <= each.high
        assert each.value == each.base == numbers_of(name)[each.key]
        assert (each.high - each.low) / each.step >= 20
        places = (each.base - each.low) / each.step
        assert abs(places - round(places)) < 1e-6, "the scenario's own number is a place of the slider"
    note = note_for(load_scenario(name).documentation, "rupture.hazard")
    hazard = next(each for each in shown if each.key == "rupture.hazard")
    assert note is not None
    if note.range is not None:
        assert (hazard.low, hazard.high) == note.range


@pytest.mark.parametrize("name", scenario_names())
def test_notes_say_what_the_declaration_and_the_scenario_file_say(name: str) -> None:
    scenario = load_scenario(name)
    for language in ("en", "ja", "ko"):
        with speaking(language):
            for slider in sliders(read(f"scenario={name}")):
                found = note_for(scenario.documentation, slider.key)
                assert found is not None
                assert slider.note is not None
                assert slider.note.source == found.source
                assert slider.note.meaning
                assert not slider.note.foreign, "the sliders that everybody sees are explained in every language"
                assert f"{slider.base:g}" in slider.note.plausible
                if found.range is not None:
                    assert all(f"{end:g}" in slider.note.plausible for end in found.range)


def test_notes_name_the_seats_of_the_scenario_and_say_when_they_stay_english() -> None:
    about = slider_of(read("scenario=river_dam"), "washington.affinity.tokyo").note
    assert about is not None
    assert about.meaning == "Weight of Upper Arvend's whole payoff in River Commission's"
    with speaking("ko"):
        about = slider_of(read(""), "shadow").note
        assert about is not None
        assert about.foreign


def test_any_other_number_can_be_added() -> None:
    state = read("scenario.tokyo.ladder[3].harm=2.5&scenario.start.standstill=0")
    extra = {each.key: each for each in sliders(state)[10:]}
    assert set(extra) == {"start.standstill", "tokyo.ladder.3.harm"}
    assert extra["start.standstill"].switch
    assert extra["tokyo.ladder.3.harm"].high == 2.5
    assert "rounds" in further(state)
    assert not set(further(state)) & {each.key for each in sliders(state)}
    assert slider_of(state, "rounds").step == 1


@pytest.mark.parametrize("values", [
    None, {"parameters": ["tokyo.offer"], "axes": ["tokyo.offer", "tokyo.offer"]},
    {"parameters": ["tokyo.offer", "seoul.offer"], "axes": ["tokyo.offer", "rounds"]},
    {"parameters": ["tokyo.offer", "seoul.ofer"], "axes": ["tokyo.offer", "seoul.ofer"]},
    {"parameters": ["tokyo.offer", "seoul.offer"], "axes": ["tokyo.offer", "seoul.offer"], "colour": 1},
    {"parameters": ["tokyo.offer", "seoul.offer"], "axes": ["tokyo.offer", "seoul.offer"], "ranges": {"rounds": [2]}},
    {"parameters": ["tokyo.offer", "seoul.offer"], "axes": ["tokyo.offer", "seoul.offer"], "ranges": 3},
    {"parameters": "tokyo.offer", "axes": ["tokyo.offer", "seoul.offer"]}])
def test_a_wrong_configuration_is_refused_in_one_line(values: Any) -> None:
    with pytest.raises(ParameterError, match="explorer") as refused:
        Choice.of(values)
    assert "\n" not in str(refused.value)


def test_the_shipped_configuration_is_allowed() -> None:
    for name in group_names("explorer"):
        values = yaml.safe_load((conf_folder() / "explorer" / f"{name}.yaml").read_text(encoding="utf-8"))
        assert 8 <= len(Choice.of(values).parameters) <= 12


# ------------------------------------------------------------------------------------ the phase picture


def test_a_phase_picture_gets_finer_without_computing_twice() -> None:
    state = read("").at(SHORT)
    picture = Picture.of(state)
    counts, stages = 0, []
    for _ in picture.work():
        counts += 1
        if picture.stage < 2:
            assert len(picture.cells()) in (*range(9 * 81 + 1), FINE * FINE)
        stages.append(picture.stage)
    assert picture.done
    assert counts == FINE * FINE == len(picture.cells())
    assert stages == sorted(stages)
    assert stages.count(0) == 9
    assert stages.count(1) == 72
    i, j = 5, 20
    point = equilibrium_point(state.point.override({state.axes[0]: picture.x.places[i],
                                                    state.axes[1]: picture.y.places[j]}))
    assert picture.known[i, j] == (int(point.probabilities.argmax()), pytest.approx(point.probabilities.max()))


def test_whole_numbers_have_a_cell_each() -> None:
    axis = Axis.of(slider_of(read("x=start.tokyo"), "start.tokyo"))
    assert axis.places == (1, 2, 3)
    assert (axis.low, axis.high) == (0.5, 3.5)
    assert Axis.of(slider_of(read(""), "rounds")).places[0] >= 13


def test_numbers_that_do_not_go_together_leave_a_hole() -> None:
    state = read("x=washington.welcome.2&y=washington.stances.convene.talks&scenario.washington.welcome.2=20").at(SHORT)
    picture = Picture.of(state)
    for _ in picture.work():
        if picture.stage:
            break
    assert None in picture.known.values()
    assert 0 < len(picture.cells()) < FINE * FINE


def test_a_picture_is_shared_by_states_that_differ_on_its_axes_alone() -> None:
    state = read("")
    assert picture_key(state) == picture_key(state.at({"standstill.length": 9}))
    assert picture_key(state) != picture_key(state.at({"rupture.hazard": 0.05}))


def test_work_keeps_what_was_computed_and_stops_when_told_to() -> None:
    async def scene() -> None:
        work, shown = Work(), []
        state = read("").at(SHORT)
        try:
            view = await work.view(state)
            assert await work.view(read(state.query())) is view
            painting = asyncio.create_task(work.paint(state, lambda picture: shown.append(len(picture.known))))
            await asyncio.sleep(0.3)
            painting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await painting
            before = len(shown)
            await work.paint(state, lambda picture: shown.append(len(picture.known)))
            assert shown == sorted(shown)
            assert len(shown) > before
            assert shown[-1] == FINE * FINE
        finally:
            work.close()

    asyncio.run(scene())


# ------------------------------------------------------------------------------------ replay


@pytest.mark.parametrize("text", ["episode=4", "policy.tokyo=tit_for_tat&episode=2", "scenario=river_dam&seed=3"])
def test_a_replay_is_the_episode_of_the_other_engines(text: str) -> None:
    state = read(text)
    replay = Replay(state)
    game = compile_game(state.point)
    path = trace(game, make_profile(game, **state.behaviours), state.seed, state.episode)
    assert replay.lines() == []
    for number in range(len(path)):
        assert replay.shown == number
        replay.step()
        assert len(replay.lines()) == 4
        assert [line.likely is None for line in replay.lines()] == [False, False, False, True]
    assert replay.ended
    assert replay.weeks == list(path.weeks)
    assert replay.rungs(Actor.TOKYO) == path.rungs()[:, Actor.TOKYO].tolist()
    replay.step()
    assert replay.shown == len(path)
    told = replay.lines()
    replay.back()
    assert replay.shown == len(path) - 1
    assert not replay.ended
    replay.step()
    assert replay.lines() == told


def test_a_replay_speaks_the_language_of_the_page() -> None:
    replay = Replay(read(""))
    replay.step()
    with speaking("ko"):
        assert "워싱턴" in replay.lines()[0].text
        assert "도쿄" in replay.situation()
