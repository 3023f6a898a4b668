"""The explorer without a browser: its address, its command, settings of behaviours, and what it refuses."""

from __future__ import annotations

import base64
import json
import shlex
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiation.behaviours import behaviour, behaviours_for
from negotiation.cli import main
from negotiation.library import load_scenario, scenario_names
from negotiation.parameters import ParameterError
from negotiation.scenario import Scenario
from negotiation.seminar.explorer import EPISODES, State, read_state
from negotiation.seminar.explorer_choice import load, numbers_of
from negotiation.seminar.explorer_class import class_states
from negotiation.seminar.explorer_own import PREFIX, file_text, pack, unpack
from negotiation.seminar.explorer_phase import picture_key
from negotiation.seminar.explorer_refusals import refusal
from negotiation.seminar.explorer_replay import Replay
from negotiation.seminar.explorer_sliders import seat_sliders
from negotiation.seminar.explorer_view import complete, compute
from negotiation.seminar.explorer_why import changes
from negotiation.seminar.settings import Settings, Treatment
from negotiation.seminar.uploads import read_scenario
from negotiation.terms import speaking
from negotiation.vocabulary import Actor, Outcome

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
    ("policy.tokyo=hawk&policy.tokyo.error=2", "0～1の数", "0 ~ 1의 수"),
    ("scenario.rounds=9999", "合わせて300以下", "합쳐서 300 이하"),
    ("seed=-1", "0～2^128 - 1の整数", "0 ~ 2^128 - 1의 정수"),
    ("scenario.tokyo.discount=0", "0より大きく1以下の数", "0보다 크고 1 이하인 수"),
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
