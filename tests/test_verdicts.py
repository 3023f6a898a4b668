"""Verdicts on comparative statics: the committed page, the measures behind it, and the rule that judges."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from negotiation.behaviours import make_profile
from negotiation.engines.batch import simulate
from negotiation.engines.exact import propagate
from negotiation.engines.points import equilibrium_point
from negotiation.game import Floats, Game, compile_game
from negotiation.library import load_scenario
from negotiation.parameters import ParameterError
from negotiation.policy import Profile
from negotiation.scenario import Scenario
from negotiation.solve import Solution, backward_induction
from negotiation.statics import estimation, identities, sample
from negotiation.statics.catalogue import NOT_YET, STATICS, Static
from negotiation.statics.measures import Case, UndeterminedError, read, reversal
from negotiation.statics.report import left_out, number, page
from negotiation.statics.table import AT_REFERENCE, SAMPLE, asked_at, compute, differences, effects_at, from_csv, to_csv
from negotiation.statics.verdict import Expected, Finding, find_split, judge
from negotiation.vocabulary import DISPUTANTS, Actor, Move, Outcome, Stance

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
NAMED = {static.name: static for static in STATICS}


@pytest.fixture(scope="module")
def stored() -> pd.DataFrame:
    """The committed table of effects."""
    return from_csv((DOCS / "verdicts.csv").read_text(encoding="utf-8"))


def static(name: str) -> Static:
    return NAMED[name]


# ----------------------------------------------------------------------------- the committed page


def test_the_page_is_what_the_table_says(stored: pd.DataFrame, reference: Scenario) -> None:
    assert page(stored, reference, sample.SEED) == (DOCS / "verdicts.md").read_text(encoding="utf-8")


def test_the_table_is_about_the_samples_that_it_should_be(stored: pd.DataFrame, reference: Scenario) -> None:
    drawn = sample.draw(reference)
    assert stored[SAMPLE].tolist() == [AT_REFERENCE, *range(sample.SAMPLES)]
    assert list(stored.columns) == [SAMPLE, *sample.NAMES, *NAMED]
    np.testing.assert_allclose(stored[list(sample.NAMES)].to_numpy()[1:], drawn.to_numpy(), rtol=1e-10)
    for each in STATICS:
        measured = set(stored.loc[stored[each.name].notna(), SAMPLE])
        asked = {AT_REFERENCE, *range(0, sample.SAMPLES, each.every)}
        assert measured <= asked and AT_REFERENCE in measured, each.name
        assert left_out(each, stored) == len(asked - measured) < 0.2 * len(asked), each.name


# The reference and a sample of each kind: 0 and 100, where every static is measured, and others from all over the
# table. The rest is behind the slow mark. The strategic estimate, which takes seconds, is found again once.
@pytest.mark.parametrize("number_", [AT_REFERENCE, 0, 57, 100, 133, 199])
def test_effects_are_found_again(stored: pd.DataFrame, reference: Scenario, number_: int) -> None:
    row = stored[stored[SAMPLE] == number_].iloc[0]
    # From the draw itself: the table holds twelve digits, and sharp play may amplify what they leave out.
    drawn = sample.draw(reference)
    scenario = reference if number_ == AT_REFERENCE else sample.scenario_at(reference, drawn.iloc[number_])
    asked = [each for each in asked_at(number_) if each.name != "strategic_logit" or number_ == 0]
    found = effects_at(scenario, asked)
    assert len(found) > 20
    for each in asked:
        assert found[each.name] == pytest.approx(row[each.name], rel=each.noise, abs=each.noise, nan_ok=True), each.name
    assert sum(np.isfinite(effect) for effect in found.values()) > 20


@pytest.mark.slow
def test_the_whole_table_is_found_again() -> None:
    done = subprocess.run([sys.executable, "experiments/verdicts.py", "--check"], cwd=ROOT, capture_output=True,
                          text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_changed_effect_is_noticed(stored: pd.DataFrame) -> None:
    assert differences(stored, stored) == []
    for name, change in (("backdown_tokyo", 1e-6), ("ease", 1e-6), ("plain_logit", 1e-2)):
        changed = stored.copy()
        changed.loc[3, name] += change
        assert [line.split()[0] for line in differences(changed, stored)] == [name]
    missing = stored.copy()
    missing.loc[1, "null"] = np.nan
    assert len(differences(missing, stored)) == 1
    assert "columns" in differences(stored.drop(columns="null"), stored)[0]
    assert "samples" in differences(stored[:-1], stored)[0]


def script() -> ModuleType:
    """The module behind ``python experiments/verdicts.py``."""
    spec = importlib.util.spec_from_file_location("verdicts_script", ROOT / "experiments" / "verdicts.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_script_writes_the_page_from_a_table_and_checks_a_folder(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = partial(_run, script().main, tmp_path, capsys)
    for name in ("verdicts.csv", "verdicts.md"):
        (tmp_path / name).write_bytes((DOCS / name).read_bytes())
    (tmp_path / "verdicts.md").write_text("old", encoding="utf-8")
    code, _, err = run("--page", "--check")
    assert code == 1 and "verdicts.md: line 1" in err
    code, out, err = run("--page")
    assert code == 0 and err == ""
    assert re.fullmatch(rf"Of {len(STATICS)} claims over {sample.SAMPLES} scenarios: .+\.\n", out)
    assert (tmp_path / "verdicts.md").read_bytes() == (DOCS / "verdicts.md").read_bytes()
    assert run("--page", "--check")[0] == 0
    (tmp_path / "verdicts.csv").unlink()
    code, _, err = run("--page")
    assert code == 1 and err.count("\n") == 1 and "verdicts.csv" in err


def _run(main: Callable[[list[str]], int], folder: Path, capsys: pytest.CaptureFixture[str],
         *arguments: str) -> tuple[int, str, str]:
    code = main(["--folder", str(folder), *arguments])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_a_small_table_is_computed_in_order(reference: Scenario) -> None:
    quick = ("less_to_share", "no_guarantee", "sharper")
    seen: list[tuple[int, int]] = []
    table = compute(reference, 3, 5, workers=1, tick=lambda done, all_: seen.append((done, all_)), only=quick)
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert table["sharper"].notna().tolist() == [True, True, False, False]
    assert table["null"].isna().all()
    drawn = sample.draw(reference, 3, 5)
    for place in range(3):
        scenario = sample.scenario_at(reference, drawn.iloc[place])
        effect = static("less_to_share").effect(Case(scenario))
        assert table["less_to_share"].iloc[place + 1] == pytest.approx(effect, rel=1e-10)
    assert to_csv(from_csv(to_csv(table))) == to_csv(table)


# ------------------------------------------------------------------------------------- the catalogue


def test_statics_are_told_completely() -> None:
    assert len(NAMED) == len(STATICS)
    assert not set(NAMED) & set(sample.NAMES), "a static and a factor would share a column"
    for each in STATICS:
        assert all((each.title, each.cites, each.keys, each.claim, each.moved, each.measured)), each.name
        assert each.tolerance > 0 and each.every >= 1
        assert not each.moved.endswith(".") and not each.measured.endswith(".")


def test_every_source_has_its_reference_and_every_reference_its_use() -> None:
    text = (DOCS / "references.bib").read_text(encoding="utf-8")
    entries = dict(re.findall(r"@\w+\{(\w+),(.*?)\n\}", text, flags=re.DOTALL))
    written = "\n".join(path.read_text(encoding="utf-8") for path in (
        *DOCS.rglob("*.md"), *(DOCS.parent / "negotiation").rglob("*.py")) if "references" not in path.name)
    verdicts = (DOCS / "verdicts.md").read_text(encoding="utf-8")
    claimed = {key for entry in (*STATICS, *NOT_YET) for key in entry.keys}
    assert claimed <= set(entries)
    for key, body in entries.items():
        surname, year = re.match(r"([a-z]+)(\d{4})[a-z]+$", key).groups()  # type: ignore[union-attr]
        fields = dict(re.findall(r"\n  (\w+)\s*= \{(.+?)\}", body, flags=re.DOTALL))
        assert {"author", "title", "year"} <= set(fields), key
        assert {"journal", "publisher", "booktitle"} & set(fields), key
        author = fields["author"].split(",")[0].strip("{} ")
        assert fields["year"] == year and author.lower().replace(" ", "") == surname, key
        # "McKelvey & Palfrey 1995, 1998" names two of them; "Brier (1950)" stands in the documents of the code.
        name = author.replace(" ", r"\s+")
        place, between = (verdicts, "[^|()]*") if key in claimed else (written, "[^|]{0,60}")
        assert re.search(rf"{name}{between}\b{year}", place, flags=re.IGNORECASE), f"{key} is not cited"
    for entry in (*STATICS, *NOT_YET):
        named = re.findall(r"\d{4}", entry.cites)
        assert sorted(named) == sorted(re.findall(r"\d{4}", " ".join(entry.keys))), entry.cites


# ------------------------------------------------------------------------------------- the sample


def test_the_hypercube_has_one_sample_in_every_slice_of_every_factor(reference: Scenario) -> None:
    drawn = sample.draw(reference, 40, 3)
    for factor in sample.FACTORS:
        low, high = factor.range(reference)
        values = drawn[factor.name].to_numpy()
        unit = (np.log(values / low) / np.log(high / low) if factor.logarithmic(reference)
                else (values - low) / (high - low))
        assert sorted(np.floor(unit * 40).astype(int)) == list(range(40)), factor.name
    assert sample.draw(reference, 40, 3).equals(drawn) and not sample.draw(reference, 40, 4).equals(drawn)


def test_a_row_becomes_its_scenario(reference: Scenario) -> None:
    row = sample.draw(reference, 5, 3).iloc[2]
    scenario = sample.scenario_at(reference, row)
    assert scenario.tokyo.stake == scenario.seoul.stake == row["stake"]
    assert scenario.washington.discount == scenario.tokyo.discount == row["discount"]
    assert scenario.tokyo.offer == row["offer_tokyo"] != scenario.seoul.offer
    for seat in ("tokyo", "seoul"):
        harms = [(old.harm, new.harm) for old, new in zip(getattr(reference, seat).ladder,
                                                          getattr(scenario, seat).ladder, strict=True)]
        assert all(new == pytest.approx(old * row["harm"]) for old, new in harms)
    assert scenario.tokyo.ladder[3].gain == reference.tokyo.ladder[3].gain
    assert sample.scenario_at(reference, sample.reference_row(reference)) == reference


def test_the_reference_lies_within_the_sampled_ranges(reference: Scenario) -> None:
    at = sample.reference_row(reference)
    for factor in sample.FACTORS:
        low, high = factor.range(reference)
        assert low < at[factor.name] < high


def test_a_pattern_means_every_number_that_fits(reference: Scenario) -> None:
    assert set(sample.scale(reference, 2.0, "washington.stances.*.cover")) == {
        f"washington.stances.{stance.key}.cover" for stance in Stance}
    assert sample.scale(reference, 2.0, "seoul.ladder[*].cost")["seoul.ladder[4].cost"] == 0.9
    assert sample.scale(reference, 0.5, "tokyo.rupture") == {"tokyo.rupture": -7.5}
    with pytest.raises(ParameterError, match="nonsense"):
        sample.scale(reference, 2.0, "tokyo.nonsense")


def test_a_factor_without_a_documented_range_is_refused(reference: Scenario) -> None:
    bare = replace(reference, documentation={})
    with pytest.raises(ParameterError, match=r"washington\.attention"):
        sample.FACTORS[0].range(bare)


# ----------------------------------------------------------------------------------- the measures


def small(reference: Scenario) -> Scenario:
    """Three rounds on short ladders, where every path can be gone through."""
    def short(seat: str) -> list[dict[str, object]]:
        return [{"name": rung.name, "gain": rung.gain, "cost": rung.cost, "harm": rung.harm}
                for rung in getattr(reference, seat).ladder[:3]]

    return reference.override({
        "rounds": 3, "shadow": 2, "tokyo_first": 0.3, "start.tokyo": 1, "start.seoul": 1, "start.standstill": True,
        "tokyo.ladder": short("tokyo"), "seoul.ladder": short("seoul"), "rupture.hazard": 0.2})


def by_hand(game: Game, profile: Profile) -> dict[str, float]:
    """The sums behind a `Reading`, path by path, from the rules of one round."""
    told = dict.fromkeys(("escalations", "moves", "down_tokyo", "down_seoul", "tension", "going", "ended", "breached",
                          "held", "settled", "share"), 0.0)
    at = {game.start: 1.0}
    for round_ in range(game.rounds):
        following: dict[int, float] = {}
        for state, mass in at.items():
            for w, leader, mt, ms in product(Stance, DISPUTANTS, Move, Move):
                first = game.scenario.tokyo_first if leader is Actor.TOKYO else 1 - game.scenario.tokyo_first
                tokyo = profile.tokyo.at(round_, state, w, None if leader is Actor.TOKYO else ms)[mt]
                seoul = profile.seoul.at(round_, state, w, None if leader is Actor.SEOUL else mt)[ms]
                p = mass * profile.washington.at(round_, state)[w] * first * tokyo * seoul
                if p == 0:
                    continue
                k = game.afterstate[mt, ms, state]
                h, rho, lapse = game.settlement[w, mt, ms, state], game.rupture[k], game.lapse[k]
                told["escalations"] += p * ((mt == Move.ESCALATE) + (ms == Move.ESCALATE))
                told["moves"] += 2 * p
                told["down_tokyo"] += p * (mt == Move.STEP_DOWN)
                told["down_seoul"] += p * (ms == Move.STEP_DOWN)
                told["held"] += p * game.standstill[state]
                told["breached"] += p * game.breach[mt, ms, state]
                told["settled"] += p * h
                lead = (game.after_rungs[0, k] / game.tops[0] - game.after_rungs[1, k] / game.tops[1]) / 2
                told["share"] += p * h * min(max(0.5 + game.scenario.standstill.leverage * lead, 0.0), 1.0)
                on = p * (1 - h) * (1 - rho)
                told["ended"] += p * game.breach[mt, ms, state] + on * lapse
                for target, chance in ((game.next_on[k], 1 - lapse), (game.next_lapsed[k], lapse)):
                    following[int(target)] = following.get(int(target), 0.0) + on * chance
        at = following
        told["tension"] += sum(mass * game.tension[state] for state, mass in at.items())
        told["going"] += sum(at.values())
    return told


def test_a_reading_is_what_its_paths_add_up_to(reference: Scenario) -> None:
    game = compile_game(small(reference))
    profile = backward_induction(game).profile
    found, told = read(game, profile), by_hand(game, profile)
    assert found.settlement == pytest.approx(told["settled"], abs=1e-13)
    assert found.escalations == pytest.approx(told["escalations"], abs=1e-13)
    assert found.escalation_share == pytest.approx(told["escalations"] / told["moves"], abs=1e-13)
    assert found.step_downs == pytest.approx((told["down_tokyo"], told["down_seoul"]), abs=1e-13)
    assert found.tension == pytest.approx(told["tension"] / told["going"], abs=1e-13)
    assert found.failures == pytest.approx(told["ended"] / told["held"], abs=1e-13)
    assert found.breaches == pytest.approx(told["breached"] / told["held"], abs=1e-13)
    assert found.share == pytest.approx(told["share"] / told["settled"], abs=1e-13)
    assert 0 < found.breaches < found.failures and found.share != 0.5


def test_a_reading_against_many_episodes(game: Game, solution: Solution) -> None:
    """Settlement, step-downs and failures of standstills, from trajectories of the batch engine."""
    episodes = 1000
    paths = simulate(game, solution.profile, 1, 7, trajectories=range(episodes)).trajectories.values()
    found = read(game, solution.profile)
    weeks = [week for path in paths for week in path]
    down = np.array([sum(week.moves[Actor.SEOUL] == Move.STEP_DOWN for week in path) for path in paths])
    assert abs(down.mean() - found.step_downs[Actor.SEOUL]) < 4 * down.std() / episodes**0.5
    held = [week for week in weeks if game.standstill[week.state]]
    ended = np.mean([week.breach or week.chance.key == "lapse" for week in held])
    assert abs(ended - found.failures) < 4 * (found.failures * (1 - found.failures) / len(held))**0.5
    settled = np.mean([week.chance.key == "settled" for path in paths for week in [list(path)[-1]]])
    assert abs(settled - found.settlement) < 4 * (found.settlement / episodes)**0.5


def test_an_effect_is_the_difference_of_two_solved_games(reference: Scenario) -> None:
    """Fearon's: Tokyo's step-downs at backdown 0.45 and 0.75, by the readable route."""
    downs = []
    for backdown in (0.45, 0.75):
        game = compile_game(reference.override({"tokyo.backdown": backdown}))
        downs.append(propagate(game, make_profile(game)).move_share[:, Actor.TOKYO, Move.STEP_DOWN].sum())
    assert static("backdown_tokyo").effect(Case(reference)) == pytest.approx(downs[1] - downs[0], abs=1e-12)


def test_settlement_effects_are_those_of_the_points(reference: Scenario) -> None:
    rich, poor = (equilibrium_point(reference.override({"tokyo.stake": stake, "seoul.stake": stake}))
                  for stake in (25.0, 15.0))
    change = poor.probabilities[Outcome.SETTLEMENT] - rich.probabilities[Outcome.SETTLEMENT]
    assert static("less_to_share").effect(Case(reference)) == pytest.approx(change, abs=1e-12)
    free = equilibrium_point(reference.override({"tokyo.breach": 0.0, "seoul.breach": 0.0})).probabilities
    bound = equilibrium_point(reference).probabilities
    change = free[Outcome.SETTLEMENT] - bound[Outcome.SETTLEMENT]
    assert static("no_guarantee").effect(Case(reference)) == pytest.approx(change, abs=1e-12)


def test_patience_is_moved_through_impatience(reference: Scenario) -> None:
    shares = []
    for discount in (1 - 0.03 * 1.25, 1 - 0.03 * 0.75):
        game = compile_game(reference.override({"seoul.discount": discount}))
        shares.append(read(game, make_profile(game)).share)
    assert static("patience_seoul").effect(Case(reference)) == pytest.approx(shares[0] - shares[1], abs=1e-12)


def test_ripeness_is_a_difference_in_differences(reference: Scenario) -> None:
    """Tokyo hurts by Seoul's harm and its own cost, and the other way round."""
    chance = {}
    for tokyo, seoul in product((0.75, 1.25), repeat=2):
        changes: dict[str, float] = {"standstill.ease": 0.6}
        for rung in range(6):
            changes[f"seoul.ladder[{rung}].harm"] = tokyo * reference.seoul.ladder[rung].harm
            changes[f"tokyo.ladder[{rung}].cost"] = tokyo * reference.tokyo.ladder[rung].cost
            changes[f"tokyo.ladder[{rung}].harm"] = seoul * reference.tokyo.ladder[rung].harm
            changes[f"seoul.ladder[{rung}].cost"] = seoul * reference.seoul.ladder[rung].cost
        chance[tokyo, seoul] = equilibrium_point(reference.override(changes)).first_standstill.sum()
    both = chance[1.25, 1.25] - chance[1.25, 0.75] - (chance[0.75, 1.25] - chance[0.75, 0.75])
    case = Case(reference)
    assert static("ripeness_open").effect(case) == pytest.approx(both, abs=1e-12)
    assert static("ripeness_way_out").effect(case) == pytest.approx(
        both - static("ripeness_shut").effect(case), abs=1e-12)


def test_grit_against_a_matcher_by_hand(reference: Scenario) -> None:
    """Matchers level at rung 1 or 2 in the first week, whoever moves; GRIT and a matcher go down to 0 and stay."""
    quiet = reference.override({"rupture.hazard": 0.0, "washington.prize": 0.0, "escalated_above": 0.55, **{
        f"washington.stances.{stance.key}.talks": 0.0 for stance in Stance}})
    case = Case(quiet)
    level = case.behaving({Actor.TOKYO: "matcher", Actor.SEOUL: "matcher"})
    assert level.tension == pytest.approx(0.5 * (1 / 5) + 0.5 * (2 / 5))
    grit = case.behaving({Actor.TOKYO: "grit", Actor.SEOUL: "matcher"})
    assert grit.tension < 0.1 and grit.escalations <= 1
    assert static("grit").effect(case) == pytest.approx(grit.tension - level.tension)


def test_effects_that_hang_on_rounding_are_refused(reference: Scenario) -> None:
    """Sample 72: firmness times 1 + 1e-10 moves an outcome by more than 1 %, and by less the next time."""
    row = sample.draw(reference).iloc[72]
    scenario = sample.scenario_at(reference, row)
    assert row["precision"] > 5
    moved = [equilibrium_point(scenario.override({"tokyo.firmness": row["firmness_tokyo"] * (1 + shake)})).probabilities
             for shake in (0.0, 1e-10)]
    assert np.abs(moved[0] - moved[1]).max() > 1e-3
    case = Case(scenario)
    for _ in range(2):  # a refusal is remembered, too
        with pytest.raises(UndeterminedError, match="1e-10"):
            case.point()
        with pytest.raises(UndeterminedError):
            case.reading()
    assert np.isnan(effects_at(scenario, [static("no_guarantee")])["no_guarantee"])
    # In a game of six rounds, nothing has had the time to grow.
    assert Case(scenario.override({"rounds": 6, "shadow": 0})).reading().tension > 0


def test_reversal_is_the_lesser_of_rise_and_fall() -> None:
    assert reversal(np.array([3.0, 2.0, 2.0, 0.5])) == 0
    assert reversal(np.array([1.0, 4.0, 2.0])) == 2
    assert reversal(np.array([4.0, 1.0, 2.0, 1.5, 2.0])) == 1.5


# ------------------------------------------------------------------------------------- identities


def test_a_third_party_with_nothing_to_offer_changes_nothing() -> None:
    """In the rules, exactly; in play, over the whole horizon of the shipped scenario."""
    shipped = load_scenario("nothing_to_offer")
    assert identities.rules_by_mediator(shipped) == 0
    assert identities.play_by_mediator(shipped) <= 1e-12
    for name in ("tokyo_seoul_2019", "river_dam", "nothing_to_offer"):
        assert identities.from_null(load_scenario(name)) <= 1e-12


@pytest.mark.parametrize("offer", ["pressure_tokyo", "cover", "talks"])
def test_the_null_test_notices_the_least_offer(offer: str) -> None:
    scenario = load_scenario("nothing_to_offer").override({"rounds": identities.PLAYED, "shadow": 0})
    key = f"washington.stances.urge.{offer}"
    slight = scenario.override({key: getattr(scenario.washington.stances.urge, offer) + 1e-4})
    for largest in (identities.rules_by_mediator, identities.play_by_mediator):
        assert largest(scenario) <= 1e-12
        assert largest(slight) > 1e-7


def test_the_means_that_are_taken_away_are_those_of_the_shipped_scenario(reference: Scenario) -> None:
    shipped = load_scenario("nothing_to_offer")
    talks = {f"washington.stances.{stance.key}.talks": 0.02 for stance in Stance}
    assert identities.with_nothing_to_offer(reference).override(talks).washington == shipped.washington


def test_limits_hold_and_could_fail(reference: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = small(reference)
    assert identities.from_uniform(scenario) <= 1e-12
    assert identities.from_perfect(scenario) <= 1e-9
    assert identities.from_unique(scenario) <= 1e-9
    honest = backward_induction
    monkeypatch.setattr(identities, "backward_induction", lambda game, levels=None: honest(
        game, np.full(3, 3.0) if levels is None else np.clip(levels, 0.01, 3.0)))
    assert identities.from_uniform(scenario) > 1e-4
    assert identities.from_perfect(scenario) > 1e-3
    assert identities.from_unique(scenario) > 1e-3


# ------------------------------------------------------------------------------------- estimation


def brief(reference: Scenario) -> Scenario:
    return reference.override({"rounds": 10, "shadow": 10})


def test_without_a_future_the_plain_logit_is_right(reference: Scenario) -> None:
    """Where nobody cares for what comes, the week's payoff is all there is to a choice."""
    myopic = brief(reference).override({f"{seat.key}.discount": 1e-12 for seat in Actor})
    game = compile_game(myopic)
    answers = estimation.expected_answers(game, backward_induction(game).profile)
    assert estimation.plain_logit(game, answers) == pytest.approx([2.5, 2.5 * 0.6], rel=1e-4)
    assert estimation.plain_error(brief(reference)) > 0.5


def test_expected_answers_are_tokyos_moves_as_second_mover(reference: Scenario) -> None:
    game = compile_game(brief(reference).override({"tokyo_first": 0.0}))
    profile = backward_induction(game).profile
    answers = estimation.expected_answers(game, profile)
    np.testing.assert_allclose(answers.sum(axis=(1, 2, 4)), propagate(game, profile).move_share[:, Actor.TOKYO],
                               atol=1e-14)


def test_strategic_and_plain_estimates_from_simulated_play(reference: Scenario) -> None:
    """600 simulated episodes: the strategic estimate finds the truth, the plain logit does not come near."""
    scenario = brief(reference)
    game = compile_game(scenario)
    profile = backward_induction(game).profile
    paths = simulate(game, profile, 1, 3, trajectories=range(600)).trajectories.values()
    expected = estimation.expected_answers(game, profile)
    counts: Floats = np.zeros_like(expected)
    for path in paths:
        for week in path:
            if week.leader is Actor.SEOUL:
                tokyo, seoul = week.moves
                counts[week.round - 1, week.stance, seoul, tokyo, week.state] += 1
    assert counts.sum() == pytest.approx(600 * expected.sum(), rel=0.05)
    truth = scenario.tokyo.precision * scenario.tokyo.backdown
    precision, backdown = estimation.strategic_logit(scenario, counts)
    plain = estimation.plain_logit(game, counts)[1]
    assert abs(precision * backdown / truth - 1) < 0.15
    assert plain / truth - 1 == pytest.approx(estimation.plain_error(scenario), abs=0.2)
    assert abs(plain / truth - 1) > 0.4


# --------------------------------------------------------------------------------- the verdict rule


def effects(right: int, wrong: int, small_: int = 0) -> Floats:
    """Effects of +1 and -1, and some that do not count."""
    return np.concatenate([np.ones(right), -np.ones(wrong), np.full(small_, 0.001)])


@pytest.mark.parametrize(("right", "wrong", "finding"), [
    (100, 0, Finding.AGREES), (95, 5, Finding.AGREES), (94, 6, Finding.DEPENDS), (6, 94, Finding.DEPENDS),
    (5, 95, Finding.DISAGREES), (0, 100, Finding.DISAGREES)])
def test_verdicts_by_the_share_with_the_expected_sign(right: int, wrong: int, finding: Finding) -> None:
    found = judge(effects(right, wrong), Expected.RISES, 0.01)
    assert (found.finding, found.share, found.counted) == (finding, right / 100, 100)
    assert judge(-effects(right, wrong), Expected.FALLS, 0.01).finding is finding


def test_small_effects_do_not_count() -> None:
    found = judge(effects(10, 0, 90), Expected.FALLS, 0.01)
    assert (found.finding, found.counted, found.samples, found.share) == (Finding.DISAGREES, 10, 100, 0.0)
    assert judge(effects(5, 0, 95), Expected.RISES, 0.01).finding is Finding.NO_EFFECT
    nothing = judge(effects(0, 0, 100), Expected.RISES, 0.01)
    assert nothing.finding is Finding.NO_EFFECT and np.isnan(nothing.share)
    assert judge(np.array([0.01]), Expected.RISES, 0.01).counted == 0, "up to the tolerance is not beyond it"


@pytest.mark.parametrize(("expected", "right", "finding"), [
    (Expected.DIFFERS, 100, Finding.AGREES), (Expected.DIFFERS, 50, Finding.DEPENDS),
    (Expected.DIFFERS, 0, Finding.DISAGREES), (Expected.ZERO, 0, Finding.AGREES), (Expected.ZERO, 5, Finding.AGREES),
    (Expected.ZERO, 100, Finding.DISAGREES), (Expected.IDENTITY, 0, Finding.AGREES),
    (Expected.IDENTITY, 1, Finding.DISAGREES), (Expected.MAY, 6, Finding.AGREES), (Expected.MAY, 5, Finding.DISAGREES)])
def test_other_claims(expected: Expected, right: int, finding: Finding) -> None:
    found = judge(effects(right, 0, 100 - right), expected, 0.01)
    assert (found.finding, found.samples) == (finding, 100)


def test_quantiles_are_of_all_effects() -> None:
    found = judge(np.arange(-50.0, 51.0), Expected.RISES, 0.5)
    assert (found.low, found.median, found.high, found.largest) == (-45.0, 0.0, 45.0, 50.0)


@pytest.mark.parametrize("bad", [[], [np.nan, 1.0], [np.inf], [[1.0, 2.0]]])
def test_effects_must_be_finite_numbers(bad: list[float]) -> None:
    with pytest.raises(ValueError, match="effects"):
        judge(np.array(bad), Expected.RISES, 0.1)


def made_up(samples: int = 200) -> pd.DataFrame:
    rng = np.random.Generator(np.random.Philox(4))
    return pd.DataFrame(rng.random((samples, 6)), columns=list("abcdef"))


@pytest.mark.parametrize("above", [True, False])
def test_a_planted_threshold_is_found(above: bool) -> None:
    factors = made_up()
    side = (factors["d"] > 0.7) == above
    found = judge(np.where(side, 0.2, -0.3), Expected.RISES, 0.01, factors)
    assert found.finding is Finding.DEPENDS and found.split is not None
    assert (found.split.name, found.split.above, found.split.accuracy) == ("d", above, 1.0)
    below, beyond = factors["d"][factors["d"] <= 0.7].max(), factors["d"][factors["d"] > 0.7].min()
    assert found.split.threshold == pytest.approx((below + beyond) / 2)
    assert found.split.explains and found.split.validated > 0.95


def test_a_threshold_is_sought_among_the_samples_that_count() -> None:
    factors = made_up()
    values = np.where(factors["b"] > 0.5, 0.2, -0.3)
    values[factors["b"].between(0.3, 0.6)] = 0.0
    found = judge(values, Expected.RISES, 0.01, factors)
    assert found.split is not None and found.split.name == "b"
    assert 0.4 < found.split.threshold < 0.5


def test_noise_explains_nothing() -> None:
    rng = np.random.Generator(np.random.Philox(9))
    validated = []
    for _ in range(20):
        split = find_split(made_up(), rng.random(200) < 0.3)
        assert split is not None and split.accuracy > 0.5
        assert not split.explains
        validated.append(split.validated)
    assert abs(np.mean(validated) - 0.5) < 0.06, "cross-validation does not flatter"


def test_the_stump_is_the_best_of_all() -> None:
    """Against going through every parameter, threshold and side."""
    factors = made_up(30)
    hit = np.random.Generator(np.random.Philox(2)).random(30) < 0.4
    best = 0.0
    for name in factors:
        for threshold in factors[name]:
            for above in (True, False):
                told = ((factors[name] > threshold) == above).to_numpy()
                best = max(best, (told[hit].mean() + (~told[~hit]).mean()) / 2)
    split = find_split(factors, hit)
    assert split is not None and split.accuracy == pytest.approx(best)
    told = ((factors[split.name] > split.threshold) == split.above).to_numpy()
    assert (told[hit].mean() + (~told[~hit]).mean()) / 2 == pytest.approx(best)


def test_a_single_sample_of_a_kind_is_never_explained() -> None:
    """It cannot be told in the fold that it is left out of; and with two samples nothing is left to learn from."""
    for samples in (2, 3, 10):
        split = find_split(made_up(samples), np.arange(samples) < 1)
        assert split is not None and split.accuracy == 1 and not split.explains


def test_nothing_to_split() -> None:
    factors = made_up(10)
    assert find_split(factors, np.ones(10, dtype=bool)) is None
    assert find_split(factors * 0, np.arange(10) < 5) is None
    assert judge(effects(100, 0), Expected.RISES, 0.01, made_up(100)).split is None
    assert judge(effects(94, 6), Expected.RISES, 0.01).split is None
    with pytest.raises(ValueError, match="factors: 9 rows"):
        judge(np.ones(10), Expected.RISES, 0.01, made_up(9))


def test_numbers_have_two_digits_and_no_negative_zero() -> None:
    told = {0.0: "0", -1e-6: "0", 0.12345: "+0.12", -0.00123: "−0.0012", 12.3: "+12", -0.03456: "−0.035", 1.5: "+1.5",
            0.00012: "+0.0001", 123.4: "+123"}
    assert {value: number(value) for value in told} == told
