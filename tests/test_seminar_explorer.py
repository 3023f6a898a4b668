"""The explorer without a browser: its address, its command, its numbers, why they changed, and what it refuses."""

from __future__ import annotations

import asyncio
import base64
import json
import shlex
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiation.behaviours import behaviour, behaviours_for, make_profile
from negotiation.cli import main
from negotiation.engines.exact import propagate
from negotiation.engines.points import behaviours_point, equilibrium_point
from negotiation.engines.trajectory import trace
from negotiation.game import compile_game
from negotiation.library import conf_folder, group_names, load_scenario, scenario_names
from negotiation.parameters import ParameterError, note_for
from negotiation.scenario import Scenario
from negotiation.seminar.explorer import EPISODES, State, read_state
from negotiation.seminar.explorer_choice import Choice, load, load_choice, numbers_of
from negotiation.seminar.explorer_class import class_states
from negotiation.seminar.explorer_own import PREFIX, file_text, pack, unpack
from negotiation.seminar.explorer_phase import FINE, Axis, Picture, picture_key
from negotiation.seminar.explorer_refusals import refusal
from negotiation.seminar.explorer_replay import Replay
from negotiation.seminar.explorer_sliders import further, seat_sliders, slider_of, sliders
from negotiation.seminar.explorer_view import FOLLOWED, SupersededError, complete, compute
from negotiation.seminar.explorer_why import changes, moved, points, results, sentence, share
from negotiation.seminar.explorer_work import Work
from negotiation.seminar.settings import Settings, Treatment
from negotiation.seminar.uploads import read_scenario
from negotiation.solve import regret, respond_to
from negotiation.terms import speaking
from negotiation.vocabulary import DISPUTANTS, Actor, Move, Outcome, Stance

SHORT = {"rounds": 6, "shadow": 4}
TWO = {"washington.attention": 0.2, "standstill.length": 8}


def read(text: str) -> State:
    return read_state(parse_qsl(text, keep_blank_values=True))


# ------------------------------------------------------------------------------------ address


def test_an_empty_address_is_the_reference_scenario_in_equilibrium() -> None:
    state = read("")
    assert state == State()
    assert state.point == load_scenario("tokyo_seoul_2019")
    assert state.query() == "scenario=tokyo_seoul_2019"


@pytest.mark.parametrize("text", [
    "scenario=river_dam", "scenario=host_2014&policy.tokyo=hawk&policy.washington=reluctant",
    "scenario=tokyo_seoul_2019&scenario.standstill.length=8.0&scenario.washington.attention=0.31",
    "scenario=tokyo_seoul_2019&scenario.start.standstill=true&scenario.tokyo.ladder.3.harm=0.7",
    "scenario=tokyo_seoul_2019&scenario.washington.attention=0.6",  # as in the scenario, but named: its slider is shown
    "scenario=tokyo_seoul_2019&scenario.tokyo.precision=inf&x=tokyo.firmness&y=rounds&seed=7&episode=12"])
def test_an_address_comes_back_as_it_was(text: str) -> None:
    assert read(text).query() == text


NUMBERS = sorted(key for key, value in numbers_of("tokyo_seoul_2019").items() if isinstance(value, float))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(scenario_names()), st.sampled_from(behaviours_for(Actor.TOKYO)),
       st.dictionaries(st.sampled_from(NUMBERS[:20]), st.floats(0.01, 0.99), max_size=4), st.integers(0, 2**128 - 1))
def test_any_state_is_restored_from_its_address(name: str, behaviour: str, values: dict[str, float], seed: int) -> None:
    known = numbers_of(name)
    text = [("scenario", name), ("policy.tokyo", behaviour), ("seed", str(seed)),
            *((f"scenario.{key}", repr(value)) for key, value in values.items() if key in known)]
    try:
        state = read_state(text)
    except ParameterError:
        return  # numbers that do not go together
    again = read(state.query())
    assert again == state
    assert again.point == state.point


@pytest.mark.parametrize(("text", "key", "allowed"), [
    ("colour=red", "colour", "the keys scenario, policy.tokyo"),
    ("scenario=../../etc/passwd", "scenario", "one of host_2014"),
    ("scenario=/tmp/x.yaml", "scenario", "one of host_2014"),
    ("policy.tokyo=os.system", "policy.tokyo", "one of equilibrium"),
    ("policy.tokyo=absent", "policy.tokyo", "one of equilibrium"),
    ("policy.beijing=hawk", "policy.beijing", "the keys scenario"),
    ("scenario.washington.attenton=1", "scenario.washington.attenton", "did you mean 'attention'"),
    ("scenario.washington.attention=-1", "scenario.washington.attention", "a number, at least 0"),
    ("scenario.washington.attention=nan", "scenario.washington.attention", "a number, at least 0"),
    ("scenario.washington.attention=much", "scenario.washington.attention", "a number, at least 0"),
    ("scenario.washington.attention=", "scenario.washington.attention", "a number, at least 0"),
    ("scenario.standstill.calm=2", "scenario.standstill.calm", "a number in [0, 1]"),
    ("scenario.tokyo.name=Berlin", "scenario.tokyo.name", "holds a number"),
    ("scenario.tokyo.ladder=3", "scenario.tokyo.ladder", "a list"),
    ("scenario.tokyo.ladder.9.harm=1", "scenario.tokyo.ladder[9]", "a position from 0 to 5"),
    ("scenario.rounds=2.5", "scenario.rounds", "an integer"),
    ("scenario.rounds=9999", "scenario.rounds and scenario.shadow", "at most 300"),
    ("scenario.start.standstill=3", "scenario.start.standstill", "true or false"),
    ("scenario.washington.stances.convene.talks=0.9", "scenario.washington.stances.convene.talks", "is a chance"),
    ("seed=-1", "seed", "an integer from 0"), ("episode=one", "episode", "an integer from 0"),
    ("x=standstill.length", "x", "two different keys"), ("y=tokyo.name", "y", "two different keys"),
    ("seed=1&seed=2", "seed", "each key once"),
    ("&".join(f"k{number}=1" for number in range(50)), "address", "at most 40")])
def test_what_is_not_allowed_is_refused_in_one_line(text: str, key: str, allowed: str) -> None:
    with pytest.raises(ParameterError) as refused:
        read(text)
    assert refused.value.key == key
    assert allowed in str(refused.value)
    assert "\n" not in str(refused.value)


# ------------------------------------------------------------------------------------ the command


@contextmanager
def summary(command: str, folder: Path) -> Iterator[dict[str, Any]]:
    words = shlex.split(command)
    assert words[0] == "negotiation"
    main([*words[1:], f"hydra.run.dir={folder}", "plots.save=false"])
    yield json.loads((folder / "summary.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("text", [
    "", "scenario.washington.attention=0.2&scenario.standstill.length=8",
    "scenario=river_dam&policy.tokyo=hawk&policy.washington=reluctant&scenario.tokyo.ladder.1.harm=0.33",
    "policy.seoul=subgame_perfect&scenario.start.standstill=true&scenario.rounds=9&scenario.tokyo.precision=inf",
    "policy.tokyo=hawk&policy.tokyo.error=0.1&scenario.rounds=9",
    "policy.tokyo=level_k&policy.tokyo.k=2&policy.tokyo.precision=1.3&scenario.rounds=8",
    "policy.seoul=hawk&policy.seoul.mix=dove&policy.seoul.weight=0.25&policy.seoul.error=0.05",
    "policy.tokyo=quantal_reply&policy.tokyo.to=dove&policy.washington.error=0.02&scenario.rounds=8"])
def test_the_command_gives_the_same_outcome_probabilities_to_the_digit(text: str, tmp_path: Path) -> None:
    state = read(text)
    view = complete(compute(state))
    assert view.values is not None
    with summary(state.command(), tmp_path / "run") as found:
        assert [found["outcomes"]["exact"][word.key] for word in Outcome] == view.outcomes.tolist()
        assert [found["expected_payoffs"][word.key] for word in Actor] == view.payoffs.tolist()
        assert [found["values"][word.key] for word in Actor] == pytest.approx(view.values.tolist(), abs=1e-9)
        assert [found["regret"][word.key] for word in Actor] == pytest.approx(view.regret.tolist(), abs=1e-9)


def test_the_command_of_a_behaviour_that_remembers_gives_the_same_shares(tmp_path: Path) -> None:
    state = read("policy.tokyo=grudger&seed=5")
    assert state.remembers
    with summary(state.command(), tmp_path / "run") as found:
        assert found["episodes"] == EPISODES
        assert [found["outcomes"]["simulated"][word.key] for word in Outcome] == compute(state).outcomes.tolist()


def test_the_replay_command_tells_the_same_episode(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    state = read("scenario.standstill.length=8&episode=3")
    main([*shlex.split(state.replay_command())[1:], f"hydra.run.dir={tmp_path / 'run'}", "plots.save=false"])
    told = capfd.readouterr().out
    replay = Replay(state)
    while not replay.ended:
        replay.step()
    assert f"After week {replay.shown}: " in told


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


# ------------------------------------------------------------------------------------ settings of behaviours


def test_settings_are_restored_compared_and_told() -> None:
    first = read("policy.tokyo=hawk")
    second = first.setting(Actor.TOKYO, "error", "0.1").setting(Actor.TOKYO, "mix", "dove")
    assert second.query() == "scenario=tokyo_seoul_2019&policy.tokyo=hawk&policy.tokyo.error=0.1&policy.tokyo.mix=dove"
    assert read(second.query()) == second
    assert second.computed != first.computed
    assert picture_key(second) != picture_key(first)
    assert second.behaviours["tokyo"] == {"mix": ["hawk", "dove"], "error": 0.1}
    assert changes(first, second) == ["Tokyo: hawk → hawk + dove (chance of a random move 0.1)"]
    weighed = second.setting(Actor.TOKYO, "weight", "0.25")
    assert weighed.behaviours["tokyo"]["weight"] == 0.25
    assert weighed.setting(Actor.TOKYO, "mix", None).settings[Actor.TOKYO] == (("error", 0.1),)
    assert weighed.playing(Actor.TOKYO, "dove").settings[Actor.TOKYO] == ()
    assert first.setting(Actor.TOKYO, "error", "0") == first


@pytest.mark.parametrize("seat", list(Actor))
def test_every_declared_number_of_every_behaviour_has_a_slider_in_its_range(seat: Actor) -> None:
    for name in behaviours_for(seat):
        state = read("").playing(seat, name)
        shown = {slider.key.rpartition(".")[2]: slider for slider in seat_sliders(state, seat)}
        declared = {key for key, each in behaviour(name).parameters.items() if not each.behaviour}
        assert set(shown) == declared | {"error"}
        for key, slider in shown.items():
            assert slider.low <= slider.value <= slider.high
            for end in (slider.low, slider.high):
                state.setting(seat, key, str(int(end) if slider.whole else end))  # is allowed


@pytest.mark.parametrize(("text", "key"), [
    ("policy.tokyo=hawk&policy.tokyo.error=2", "policy.tokyo.error"),
    ("policy.tokyo=hawk&policy.tokyo.error=nan", "policy.tokyo.error"),
    ("policy.tokyo=hawk&policy.tokyo.k=1", "policy.tokyo.k"),
    ("policy.tokyo=level_k&policy.tokyo.k=9", "policy.tokyo.k"),
    ("policy.tokyo=hawk&policy.tokyo.mix=os.system", "policy.tokyo.mix"),
    ("policy.tokyo=quantal_reply&policy.tokyo.to=this.s", "policy.tokyo.to"),
    ("policy.tokyo=quantal_reply&policy.tokyo.to=grudger", "policy.tokyo.to"),
    ("policy.tokyo=hawk&policy.tokyo.weight=0.1", "policy.tokyo.weight"),
    ("policy.beijing.error=0.1", "policy.beijing.error")])
def test_settings_that_are_not_allowed_are_refused(text: str, key: str) -> None:
    with pytest.raises(ParameterError) as refused:
        read(text)
    assert refused.value.key == key


# ------------------------------------------------------------------------------------ a scenario of one's own

MINE = b"defaults: [tokyo_seoul_2019, _self_]\nname: chip dispute\ntitle: Over chips\nstandstill: {length: 6}\n"


def mine() -> str:
    return pack(Scenario.from_dict(read_scenario(MINE)))


@pytest.mark.parametrize("name", scenario_names())
def test_a_scenario_travels_in_the_address(name: str) -> None:
    assert unpack(pack(load_scenario(name))) == load_scenario(name)
    state = read_state([("scenario", pack(load_scenario(name))), ("scenario.rounds", "9")])
    assert read(state.query()) == state


def test_the_command_of_ones_own_scenario_names_a_file_that_gives_the_same_digits(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = read_state([("scenario", mine()), ("scenario.rupture.hazard", "0.05")])
    assert state.point.standstill.length == 6
    command = state.command()
    assert "scenario=chip_dispute.yaml" in command
    (tmp_path / "chip_dispute.yaml").write_text(file_text(load(state.scenario)), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with summary(command, tmp_path / "run") as found:
        assert [found["outcomes"]["exact"][word.key] for word in Outcome] == compute(state).outcomes.tolist()


@pytest.mark.parametrize("text", [
    PREFIX, PREFIX + "abc", mine()[:-9], mine()[:40] + "!" + mine()[41:], PREFIX + "A" * 20_000,
    PREFIX + base64.urlsafe_b64encode(zlib.compress(b" " * 10**7)).decode(),
    PREFIX + base64.urlsafe_b64encode(zlib.compress(b"a: !!python/object/apply:os.system [ls]")).decode()])
def test_a_link_that_was_cut_or_changed_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ParameterError) as refused:
        read_state([("scenario", text)])
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 400


def test_the_setting_of_a_class_is_that_of_its_tables() -> None:
    settings = Settings(load_scenario("river_dam").to_dict(), seats=(Actor.TOKYO, Actor.SEOUL), weeks=9, behaviours={
        "tokyo": "equilibrium", "seoul": "equilibrium", "washington": "reluctant"}, treatments=(
        Treatment("calm"), Treatment("busy", {"scenario.washington.attention": 2.0})))
    states = class_states(settings)
    assert list(states) == ["calm", "busy"]
    for name, state in states.items():
        assert state.point == settings.scenario_of(settings.treatment(name))
        assert state.policies == ("equilibrium", "equilibrium", "reluctant")
    assert states["calm"].scenario == "river_dam"
    own = Settings(Scenario.from_dict(read_scenario(MINE)).to_dict(), weeks=7)
    assert class_states(own)["all"].point == own.scenario_of(own.treatment("all"))


# ------------------------------------------------------------------------------------ refusals in three languages


@pytest.mark.parametrize(("text", "japanese", "korean"), [
    ("scenario.washington.attention=-1", "0以上の数", "0 이상의 수"),
    ("policy.tokyo=hawk&policy.tokyo.error=2", "0から1までの数", "0부터 1까지의 수"),
    ("scenario.rounds=9999", "合わせて300以下", "합쳐서 300 이하"),
    ("scenario=own~abc", "完全なリンク", "온전한 링크"), ("policy.tokyo=os.system", "次のいずれか", "다음 중 하나")])
def test_a_refusal_is_said_in_the_language_of_the_page(text: str, japanese: str, korean: str) -> None:
    with pytest.raises(ParameterError) as refused:
        read(text)
    assert refusal(refused.value) == str(refused.value)
    for language, words in (("ja", japanese), ("ko", korean)):
        with speaking(language):
            told = refusal(refused.value)
            assert words in told
            assert "allowed" not in told


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
