"""The Mesa engine as its users meet it: stepping, own agents, data collection, batch runs."""

from __future__ import annotations

from typing import Any

import mesa
import pytest

from negotiation.engines.batch import simulate
from negotiation.engines.mesa_batch import simulate_mesa
from negotiation.engines.mesa_model import COLUMNS, Disputant, NegotiationModel, Observation, ThirdParty
from negotiation.game import Game
from negotiation.library import load_scenario
from negotiation.parameters import ParameterError
from negotiation.policy import Profile, mix
from negotiation.solve import Solution
from negotiation.vocabulary import Actor, Chance, Move, Outcome, Stance


class Patient(Disputant):
    """Holds for three weeks and then offers a standstill for ever."""

    def choose(self, observation: Observation) -> Move:
        return Move.STANDSTILL if observation.round > 3 else Move.HOLD


class Quarrelsome(Disputant):
    """Remembers: escalates for ever once the other side has escalated."""

    def choose(self, observation: Observation) -> Move:
        other = Actor(1 - self.actor)
        grudge = any(week.moves[other] is Move.ESCALATE for week in observation.history)
        return Move.ESCALATE if grudge and Move.ESCALATE in observation.legal else Move.HOLD


class Illegal(Disputant):
    """Always steps down, legal or not."""

    def choose(self, observation: Observation) -> Move:
        return Move.STEP_DOWN


class Blank(ThirdParty):
    """Has forgotten to answer."""

    def choose(self, observation: Observation) -> Any:
        return None


def test_one_step_is_one_week_and_the_table_has_a_row_for_each(game: Game) -> None:
    model = NegotiationModel(game, seed=1)
    model.step()
    model.step()
    table = model.datacollector.get_model_vars_dataframe()
    assert list(table.columns) == list(COLUMNS)
    assert table["week"].tolist() == [1, 2]
    assert table["stance"].isin(Stance.keys()).all()
    assert table["move_tokyo"].isin(Move.keys()).all()
    assert table["chance"].isin(Chance.keys()).all()


def test_stepping_past_the_end_is_harmless(game: Game) -> None:
    model = NegotiationModel(game, seed=3, episode=8)
    weeks = model.play().weeks
    record, outcome = model.record(), model.outcome
    for _ in range(5):
        model.step()
    assert not model.running
    assert model.trajectory().weeks == weeks
    assert (model.record(), model.outcome) == (record, outcome)
    assert len(model.datacollector.get_model_vars_dataframe()) == len(weeks)
    assert outcome is Outcome(record["outcome"])


def test_agents_add_up_their_payoffs(game: Game) -> None:
    model = NegotiationModel(game, seed=3, episode=1)
    model.play()
    for actor in Actor:
        assert model.seats[actor].payoff == pytest.approx(model.record()[f"payoff_{actor.key}"], abs=1e-12)


def test_own_agents_choose(game: Game) -> None:
    model = NegotiationModel(game, agents={"seoul": Patient, Actor.TOKYO: Quarrelsome}, seed=4)
    model.play()
    seoul = [week.moves[Actor.SEOUL] for week in model.weeks]
    assert seoul == ([Move.HOLD] * 3 + [Move.STANDSTILL] * 30)[:len(seoul)]
    assert all(week.moves[Actor.TOKYO] is Move.HOLD for week in model.weeks)
    provoked = NegotiationModel(game, {"seoul": "hawk"}, agents={"tokyo": Quarrelsome}, seed=4)
    provoked.play()
    assert [week.moves[Actor.TOKYO] for week in provoked.weeks][:3] == [Move.HOLD, Move.ESCALATE, Move.ESCALATE]


def test_a_mixture_played_by_hand_equals_the_table(game: Game, solution: Solution) -> None:
    """An agent that draws from its own row with the decision's uniform is the policy."""

    class ByHand(Disputant):
        def choose(self, observation: Observation) -> Move:
            row = solution.profile.tokyo.at(observation.round - 1, observation.state, observation.stance or 0,
                                            observation.first_move)
            return Move(self.draw(observation, row))

    for episode in range(20):
        ours = NegotiationModel(game, solution.profile, agents={"tokyo": ByHand}, seed=9, episode=episode).play()
        table = NegotiationModel(game, solution.profile, seed=9, episode=episode).play()
        assert ours.weeks == table.weeks


def test_an_illegal_choice_names_the_agent(game: Game) -> None:
    scenario = game.scenario.override({"start.tokyo": 0})
    with pytest.raises(ValueError, match=r"tokyo \(Illegal\) chose .*STEP_DOWN.* in round 1; legal: escalate, hold"):
        NegotiationModel(scenario, agents={"tokyo": Illegal}, seed=1).play()
    with pytest.raises(ValueError, match=r"washington \(Blank\) chose None"):
        NegotiationModel(scenario, agents={"washington": Blank}, seed=1).step()


def test_observation_says_what_the_seat_may_know(game: Game) -> None:
    seen: list[Observation] = []

    class Watcher(Disputant):
        def choose(self, observation: Observation) -> Any:
            seen.append(observation)
            return super().choose(observation)

    model = NegotiationModel(game, agents={"tokyo": Watcher}, seed=2)
    model.play()
    assert [view.round for view in seen] == list(range(1, len(model.weeks) + 1))
    for view, week in zip(seen, model.weeks, strict=True):
        assert view.state == week.state
        assert view.rungs == tuple(game.rungs[:, week.state])
        assert view.standstill == bool(game.standstill[week.state])
        assert view.stance is week.stance
        assert view.first_move is (None if week.leader is Actor.TOKYO else week.moves[Actor.SEOUL])
        assert len(view.history) == week.round - 1
        assert 0 <= view.u < 1


@pytest.mark.filterwarnings("ignore:The `iterations`")
def test_works_with_mesa_batch_run() -> None:
    rows = mesa.batch_run(
        NegotiationModel,
        {"scenario": "tokyo_seoul_2019", "tokyo": ["equilibrium", "hawk"], "episode": range(4), "root_seed": 7},
        number_processes=1, display_progress=False)
    assert len(rows) == 8
    for row in rows:
        model = NegotiationModel("tokyo_seoul_2019", {"tokyo": row["tokyo"]}, seed=7, episode=row["episode"])
        model.play()
        assert row["outcome"] == model.outcome.key  # type: ignore[union-attr]
        assert row["week"] == len(model.weeks)
        assert row["total_payoff_seoul"] == model.seats[Actor.SEOUL].payoff


def test_without_a_seed_models_differ_and_can_be_repeated(game: Game) -> None:
    one, other = NegotiationModel(game), NegotiationModel(game)
    assert one.root_seed != other.root_seed
    assert NegotiationModel(game, seed=one.root_seed).play().weeks == one.play().weeks


def test_policies_can_be_given_in_every_documented_way(game: Game, solution: Solution) -> None:
    hawkish = mix(solution.profile.tokyo, NegotiationModel(game, "random").profile.tokyo, 0.5)
    for policies, name in ((None, "equilibrium"), ("random", "random"), ({Actor.TOKYO: "hawk"}, "hawk"),
                           ({"tokyo": hawkish}, hawkish.name)):
        assert NegotiationModel(game, policies).profile.tokyo.name == name
    assert NegotiationModel(game, solution.profile).profile is solution.profile
    assert NegotiationModel("river_dam", seoul="dove").profile.seoul.name == "dove"


@pytest.mark.parametrize(("arguments", "key"), [
    ({"policies": {"paris": "hawk"}}, "policies"), ({"agents": {"paris": Patient}}, "agents"),
    ({"tokyo": "nobody"}, "policy.tokyo"), ({"seed": -1}, "seed"), ({"episode": -1}, "episode"),
    ({"scenario": "atlantis"}, "scenario"),
])
def test_bad_arguments_are_refused_by_key(arguments: dict[str, Any], key: str) -> None:
    with pytest.raises(ParameterError) as caught:
        NegotiationModel(**arguments)
    assert caught.value.key == key


def test_mesa_episodes_fold_into_the_batch_result(game: Game, solution: Solution) -> None:
    profile: Profile = solution.profile
    ours = simulate_mesa(game, profile, 130, 6, first_episode=3, trajectories=[5])
    batch = simulate(game, profile, 130, 6, first_episode=3, trajectories=[5])
    assert (ours.counts == batch.counts).all()
    assert ours.means == pytest.approx(batch.means)
    assert (ours.records.payoff_washington == batch.records.payoff_washington).all()
    assert ours.trajectories[5].weeks == batch.trajectories[5].weeks


def test_scenarios_by_path(tmp_path: Any) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("defaults: [river_dam, _self_]\nrounds: 4\n", encoding="utf-8")
    assert load_scenario(mine).rounds == 4
    assert load_scenario(mine).tokyo.name == "Upper Arvend"
    assert len(NegotiationModel(str(mine), seed=1, episode=2).play()) <= 4
