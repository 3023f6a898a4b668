"""Other people's programs on the same game: Gambit's logit solver and OpenSpiel's values and best replies."""

from __future__ import annotations

import dataclasses
import doctest
import errno
import io
import re
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
import yaml

import negotiation.interop
from negotiation.checks import chance_probabilities
from negotiation.game import Game, compile_game
from negotiation.interop import Decision, decision_after, parse_label, to_efg, write_efg
from negotiation.kernels.induction import IMPOSSIBLE, respond
from negotiation.policy import DisputantPolicy, Profile, ThirdPartyPolicy
from negotiation.scenario import Scenario
from negotiation.solve import Solution, backward_induction, best_response, evaluate, regret
from negotiation.vocabulary import DISPUTANTS, Actor, Chance, Move, Stance

# Gambit follows the logit branch from lambda 0 and stops within about 1e-10 of the lambda asked for; a
# probability moves by at most spread(Q) / 4 per unit of lambda, here below 10.
GAMBIT = 1e-8
# OpenSpiel multiplies and adds the same few thousand float64 numbers in another order.
OPENSPIEL = 1e-12

SCENARIO = Path(__file__).parents[1] / "conf" / "scenario" / "tokyo_seoul_2019.yaml"
ALL_STATES = range(216)
# (rung Tokyo, rung Seoul, standstill, appeals), round
PLACES = [((2, 1, 0, 0), 1), ((2, 1, 1, 2), 1), ((3, 4, 1, 1), 26), ((5, 5, 0, 0), 1), ((5, 0, 1, 1), 78),
          ((0, 0, 0, 0), 1), ((0, 5, 1, 2), 60), ((0, 0, 1, 0), 2)]
FEW_MOVES = (Move.ESCALATE, Move.STANDSTILL, Move.STEP_DOWN)
TWO_STANCES = (Stance.QUIET, Stance.CONVENE)


@pytest.fixture(scope="module")
def pygambit():
    return pytest.importorskip("pygambit", reason="Gambit compares: pip install 'negotiation[interop]'")


@pytest.fixture(scope="module")
def pyspiel():
    return pytest.importorskip("pyspiel", reason="OpenSpiel compares: pip install 'negotiation[interop]'")


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return Scenario.from_dict(yaml.safe_load(SCENARIO.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def solution(scenario) -> Solution:
    # Different precisions, a lopsided order and a partisan third party, so that a mix-up would show.
    return backward_induction(compile_game(scenario.override({
        "tokyo.precision": 2.0, "seoul.precision": 3.0, "washington.precision": 1.5, "tokyo_first": 0.3,
        "washington.affinity.tokyo": 0.2, "washington.affinity.seoul": -0.1, "seoul.discount": 0.95})))


def tiny(scenario: Scenario, stances=TWO_STANCES, moves=FEW_MOVES, rounds=2, discounts=(0.97, 0.9, 0.8),
         **changes) -> Game:
    """Two rungs a side, few options, a standstill in force: a whole game that fits into a small tree."""
    plain = scenario.to_dict()
    small = scenario.override({
        "rounds": rounds, "shadow": 0, "tokyo.ladder": plain["tokyo"]["ladder"][2:4],
        "seoul.ladder": plain["seoul"]["ladder"][1:3], "start.tokyo": 1, "start.seoul": 0,
        "start.standstill": True, "tokyo.precision": 2.5, "seoul.precision": 1.0, "washington.precision": 4.0,
        **{f"{actor.key}.discount": discounts[actor] for actor in Actor}, **changes})
    game = compile_game(small)
    kept_moves, kept_stances = np.zeros(len(Move), dtype=bool), np.zeros(len(Stance), dtype=bool)
    kept_moves[list(moves)], kept_stances[list(stances)] = True, True
    return dataclasses.replace(game, legal=game.legal & kept_moves[:, None],
                               legal_stances=game.legal_stances & kept_stances[:, None])


# ----------------------------------------------------------------------------------- Gambit


def logit_gap(pygambit, game: Game, profile: Profile, text: str, *, state=None, first_round=1):
    """Largest difference of a choice probability from Gambit's at lambda 1, and how many were compared."""
    tree = pygambit.read_efg(io.StringIO(text))
    found = pygambit.qre.logit_solve_lambda(tree, [1.0])[-1]
    assert abs(found.lam - 1) < 1e-9
    gaps = []
    for behaviour in found.profile:
        for history, choice in behaviour:
            decision = decision_after(game, history.actions, state=state, first_round=first_round)
            assert behaviour.player.startswith(decision.actor.key)
            ours = decision.probabilities(profile)
            theirs = dict(choice)
            assert sum(ours[option] for option in theirs) == pytest.approx(1, abs=1e-12)
            gaps.extend(abs(theirs[option] - ours[option]) for option in theirs)
    return max(gaps), len(gaps)


def one_round_gap(pygambit, solution: Solution, state: int, round_: int, fold=True):
    text = to_efg(solution.game, state=state, continuation=solution.values[round_], first_round=round_,
                  scale="precision", fold_chance=fold)
    return logit_gap(pygambit, solution.game, solution.profile, text, state=state, first_round=round_)


@pytest.mark.parametrize(("place", "round_"), PLACES)
def test_one_round_of_the_reference_scenario_as_gambit_solves_it(pygambit, solution, place, round_):
    game = solution.game
    state = game.state(*place)
    gap, compared = one_round_gap(pygambit, solution, state, round_)
    tokyo, seoul = game.legal[:, :, state].sum(axis=1)
    assert compared == 5 + 5 * (tokyo * (1 + seoul) + seoul * (1 + tokyo))
    assert gap < GAMBIT


def test_folding_the_last_chance_changes_no_choice(pygambit, solution):
    assert one_round_gap(pygambit, solution, solution.game.start, 1, fold=False)[0] < GAMBIT


@pytest.mark.slow
@pytest.mark.parametrize("round_", [1, 78])
def test_one_round_from_every_state(pygambit, solution, round_):
    assert max(one_round_gap(pygambit, solution, state, round_)[0] for state in ALL_STATES) < GAMBIT


@pytest.mark.parametrize(("rounds", "order", "stances"), [
    (2, 1.0, TWO_STANCES), (2, 0.0, TWO_STANCES), (2, 0.5, TWO_STANCES), (3, 1.0, (Stance.PRESS_SEOUL,))])
def test_more_rounds_of_a_tiny_game_as_gambit_solves_them(pygambit, scenario, rounds, order, stances):
    game = tiny(scenario, stances, rounds=rounds, tokyo_first=order)
    text = to_efg(game, rounds=rounds, scale="precision", fold_chance=True, player_per_round=True)
    assert logit_gap(pygambit, game, backward_induction(game).profile, text)[0] < GAMBIT


def test_without_discounting_one_player_a_seat_is_enough(pygambit, scenario):
    patient = tiny(scenario, discounts=(1, 1, 1), tokyo_first=1.0)
    text = to_efg(patient, rounds=2, scale="precision")
    assert logit_gap(pygambit, patient, backward_induction(patient).profile, text)[0] < GAMBIT
    impatient = tiny(scenario, tokyo_first=1.0)
    text = to_efg(impatient, rounds=2, scale="precision")
    # Gambit plays round 2 less precisely by the discount: why player_per_round exists.
    assert logit_gap(pygambit, impatient, backward_induction(impatient).profile, text)[0] > 0.01


@pytest.mark.slow
def test_two_rounds_of_a_larger_tiny_game_as_gambit_solves_them(pygambit, scenario):
    stances, moves = (Stance.QUIET, Stance.URGE, Stance.CONVENE), (*FEW_MOVES, Move.HOLD)
    game = tiny(scenario, stances, moves, tokyo_first=1.0)
    text = to_efg(game, rounds=2, scale="precision", fold_chance=True, player_per_round=True)
    assert logit_gap(pygambit, game, backward_induction(game).profile, text)[0] < GAMBIT


# McKelvey & Palfrey's four-move centipede: payoffs (first, second) of taking at each node, then of passing.
CENTIPEDE = [(0.4, 0.1), (0.2, 0.8), (1.6, 0.4), (0.8, 3.2), (6.4, 1.6)]
TAKING = {1.0: [0.29625657, 0.27798029, 0.46488365, 0.83201839],
          2.0: [0.23619297, 0.37629874, 0.76157682, 0.96083428]}


@pytest.mark.parametrize("precision", TAKING)
def test_centipede_by_our_logit_response(precision):
    # The compiled response takes five options: take, pass, and three that are illegal.
    legal = np.array([0.0, 0.0, IMPOSSIBLE, IMPOSSIBLE, IMPOSSIBLE])[:, None]
    ahead, taking = np.array(CENTIPEDE[4]), []
    for node in (3, 2, 1, 0):
        mover, take = node % 2, np.array(CENTIPEDE[node])
        answer = np.empty((5, 1))
        respond(np.array([take[mover], ahead[mover], 0.0, 0.0, 0.0])[:, None], legal, precision, answer)
        taking.insert(0, answer[0, 0])
        ahead = answer[0, 0] * take + answer[1, 0] * ahead
    assert taking == pytest.approx(TAKING[precision], abs=1e-7)


@pytest.mark.parametrize("precision", TAKING)
def test_centipede_by_gambit(pygambit, precision):
    lines = ['EFG 2 R "centipede" { "first" "second" }', '""']
    for node, (one, two) in enumerate(CENTIPEDE[:4]):
        lines += [f'p "" {1 + node % 2} {1 + node // 2} "" {{ "take" "pass" }} 0',
                  f't "" {node + 1} "" {{ {one}, {two} }}']
    lines.append('t "" 5 "" { 6.4, 1.6 }')
    tree = pygambit.read_efg(io.StringIO("\n".join(lines)))
    found = pygambit.qre.logit_solve_lambda(tree, [precision])[-1].profile
    taking = {len(history.actions): dict(choice)["take"] for player in found for history, choice in player}
    assert [taking[node] for node in range(4)] == pytest.approx(TAKING[precision], abs=1e-7)


# --------------------------------------------------------------------------------- OpenSpiel


def random_profile(game: Game, seed: int) -> Profile:
    """Other probabilities at every decision of every round."""
    rng, size = np.random.default_rng(seed), (game.horizon, game.n_states)

    def rows(legal, *middle):
        weights = rng.dirichlet(np.full(legal.shape[-1], 0.5), size=(*size, *middle)) * legal
        return weights / weights.sum(axis=-1, keepdims=True)

    seats = []
    for seat in DISPUTANTS:
        legal = game.legal[seat].T
        seats.append(DisputantPolicy.from_tables("random", seat, rows(legal[None, :, None], 5),
                                                 rows(legal[None, :, None, None], 5, 5)))
    return Profile(*seats, ThirdPartyPolicy.from_tables("random", rows(game.legal_stances.T[None])))


def openspiel_policy(tree, profile: Profile):
    from open_spiel.python import policy

    class Ours(policy.Policy):
        def action_probabilities(self, state, player_id=None):
            row = parse_label(state.information_state_string()).probabilities(profile)
            return {action: row[state.action_to_string(action)] for action in state.legal_actions()}

    return Ours(tree, list(range(tree.num_players())))


def openspiel_values(tree, profile: Profile):
    """Values and regrets of the three seats at the root, by OpenSpiel."""
    from open_spiel.python.algorithms import expected_game_score, exploitability

    ours = openspiel_policy(tree, profile)
    values = expected_game_score.policy_value(tree.new_initial_state(), [ours] * 3)
    return values, exploitability.nash_conv(tree, ours, return_only_nash_conv=False).player_improvements


def whole_game(scenario: Scenario, name: str) -> Game:
    if name == "one round of the reference scenario":
        return compile_game(scenario.override({"rounds": 1, "shadow": 0, "seoul.discount": 0.9}))
    if name == "two rounds":
        return tiny(scenario, TWO_STANCES, (*FEW_MOVES, Move.HOLD), tokyo_first=0.25)
    return tiny(scenario, (Stance.PRESS_TOKYO,), rounds=3, tokyo_first=0.25)


def compare_with_openspiel(pyspiel, game: Game, profiles: list[Profile]) -> None:
    tree = pyspiel.load_efg_game(to_efg(game, rounds=game.horizon))
    for profile in profiles:
        values, regrets = openspiel_values(tree, profile)
        np.testing.assert_allclose(values, evaluate(game, profile)[0, :, game.start], rtol=0, atol=OPENSPIEL)
        np.testing.assert_allclose(regrets, regret(game, profile), rtol=0, atol=OPENSPIEL)
        best = [best_response(game, profile, actor).value(actor) for actor in Actor]
        np.testing.assert_allclose(values + regrets, best, rtol=0, atol=OPENSPIEL)


@pytest.mark.parametrize("name", ["one round of the reference scenario", "two rounds", "three rounds"])
def test_values_and_best_replies_of_a_whole_game_as_openspiel_finds_them(pyspiel, scenario, name):
    game = whole_game(scenario, name)
    compare_with_openspiel(pyspiel, game, [backward_induction(game).profile, random_profile(game, 1)])


def test_openspiel_finds_nothing_to_gain_against_subgame_perfect_play(pyspiel, scenario):
    game = whole_game(scenario, "three rounds")
    perfect = backward_induction(game, np.full(3, np.inf)).profile
    _, regrets = openspiel_values(pyspiel.load_efg_game(to_efg(game, rounds=3)), perfect)
    np.testing.assert_allclose(regrets, 0, atol=OPENSPIEL)


@pytest.mark.slow
def test_two_rounds_of_the_reference_scenario_as_openspiel_finds_them(pyspiel, scenario):
    game = compile_game(scenario.override({"rounds": 2, "shadow": 0}))
    compare_with_openspiel(pyspiel, game, [backward_induction(game).profile])


@pytest.mark.parametrize("fold", [False, True])
def test_one_round_with_continuation_is_worth_what_the_solver_says(pyspiel, solution, fold):
    from open_spiel.python.algorithms import expected_game_score

    game, state = solution.game, solution.game.state(2, 1, 1, 2)
    factors = np.array([2.0, 0.5, 3.0])
    tree = pyspiel.load_efg_game(to_efg(game, state=state, continuation=solution.values[26], first_round=26,
                                        scale=tuple(factors), fold_chance=fold))
    ours = openspiel_policy(tree, solution.profile)
    values = expected_game_score.policy_value(tree.new_initial_state(), [ours] * 3)
    np.testing.assert_allclose(values / factors, solution.values[25, :, state], rtol=0, atol=1e-10)


# -------------------------------------------------------------------------------- round trip


def nodes(text: str, kind: str) -> list[str]:
    return [line for line in text.splitlines()[2:] if line.startswith(f"{kind} ")]


def branches(line: str) -> dict[str, Decimal]:
    return {key: Decimal(share) for key, share in re.findall(r'"(\w+)" ([\d.]+)', line.split("{")[1])}


# Pairs of moves with 3 results (settled, rupture, on); a standstill kept but not agreed adds lapse, no
# tension takes rupture away.
@pytest.mark.parametrize(("place", "moves", "leaves"), [
    ((2, 1, 0, 0), (5, 5), 250 * 3), ((2, 1, 1, 0), (5, 5), 250 * 3 + 10 * 15), ((5, 5, 0, 0), (4, 4), 160 * 3),
    ((0, 0, 0, 0), (4, 4), 10 * (7 * 3 + 9 * 2)), ((5, 0, 0, 1), (4, 4), 160 * 3)])
def test_numbers_of_nodes(scenario, place, moves, leaves):
    game, (tokyo, seoul) = compile_game(scenario), moves
    state = game.state(*place)
    text, folded = to_efg(game, state=state), to_efg(game, state=state, fold_chance=True)
    for tree, results in ((text, 10 * tokyo * seoul), (folded, 0)):
        assert len(nodes(tree, "p")) == 1 + 5 * (2 + tokyo + seoul)
        assert len(nodes(tree, "c")) == 5 + results
    assert (len(nodes(text, "t")), len(nodes(folded, "t"))) == (leaves, 10 * tokyo * seoul)


def test_an_order_without_probability_has_no_branch(scenario):
    for share, only in ((1.0, "tokyo_first"), (0.0, "seoul_first")):
        text = to_efg(compile_game(scenario.override({"tokyo_first": share})), fold_chance=True)
        assert all(branches(line) == {only: 1} for line in nodes(text, "c"))
        assert len(nodes(text, "t")) == 125


def test_labels_parse_back_and_name_every_decision_once(scenario):
    game = compile_game(scenario)
    text = to_efg(game, first_round=7)
    labels = [re.search(r'"(round [^"]+)"', line).group(1) for line in nodes(text, "p")]
    decisions = [parse_label(label) for label in labels]
    w, s = list(Stance), game.start
    expected = {Decision(7, Actor.WASHINGTON, s)}
    expected |= {Decision(7, actor, s, stance, m) for actor in DISPUTANTS for stance in w for m in [None, *Move]}
    assert set(decisions) == expected and len(decisions) == len(expected)
    for label, decision in zip(labels, decisions, strict=True):
        assert label.startswith(decision.label(game)) and game.describe(s) in label
        assert parse_label(decision.label(game)) == decision


def test_labels_differ_where_two_plays_lead_to_one_decision(scenario):
    text = to_efg(tiny(scenario), rounds=2)
    labels = [re.match(r'p "" (\d) (\d+) ("[^"]+")', line).groups() for line in nodes(text, "p")]
    assert len(set(labels)) == len(labels) > len({parse_label(label[1:-1]) for *_, label in labels})


def test_chance_sums_to_one_exactly_and_is_the_game_s(pygambit, pyspiel, scenario):
    game = compile_game(scenario.override({"tokyo_first": 0.1, "rupture.hazard": 1e-12, "standstill.length": 7,
                                           "start.standstill": True, "title": 'a "quoted\\" \n title'}))
    text = to_efg(game)
    table = [branches(line) for line in nodes(text, "c")]
    assert all(sum(row.values()) == 1 and min(row.values()) > 0 for row in table)
    results = [row for row in table if "settled" in row]
    expected = chance_probabilities(game)[:, 0, Move.HOLD, Move.APPEAL, game.start]
    assert any(np.allclose([float(row[result.key]) for result in Chance], expected, rtol=1e-12, atol=1e-15)
               for row in results if len(row) == 4)
    assert not re.search(r"\de", "".join(nodes(text, "c") + nodes(text, "t")))
    assert pygambit.read_efg(io.StringIO(text)).is_perfect_recall
    assert pyspiel.load_efg_game(text).num_players() == 3


def test_histories_that_no_decision_follows_are_refused(scenario):
    game = compile_game(scenario)
    week = ["urge", "seoul_first", "hold", "escalate"]
    assert decision_after(game, []) == Decision(1, Actor.WASHINGTON, game.start)
    assert decision_after(game, week[:2]) == Decision(1, Actor.SEOUL, game.start, Stance.URGE)
    assert decision_after(game, week[:3]) == Decision(1, Actor.TOKYO, game.start, Stance.URGE, Move.HOLD)
    assert decision_after(game, [*week, "on"]) == Decision(2, Actor.WASHINGTON, game.state(3, 1))
    signing = ["urge", "tokyo_first", "standstill", "standstill", "on"]
    lapsing = ["urge", "tokyo_first", "hold", "appeal", "lapse"]
    assert decision_after(game, signing + lapsing) == Decision(3, Actor.WASHINGTON, game.state(2, 1, 0, 1))
    for history in (week[:1], week, [*week, "settled"], ["shout"], ["urge", "first"]):
        with pytest.raises(ValueError, match=r"follows|is not a"):
            decision_after(game, history)


@pytest.mark.parametrize("label", ["", "round 1, tokyo", "round 1, washington, state 3 (x), stance urge",
                                   "round 1, tokyo, state 3 (x)", "round 1, tokyo, state 3 (x), stance shout"])
def test_other_texts_are_not_labels(label):
    with pytest.raises(ValueError, match=r"label of a decision|a disputant decides|is not a stance"):
        parse_label(label)


@pytest.mark.parametrize(("arguments", "key"), [
    ({"state": 216}, "state"), ({"rounds": 0}, "rounds"), ({"first_round": 0}, "rounds"),
    ({"first_round": 78, "rounds": 2}, "rounds"), ({"continuation": np.zeros(3)}, "continuation"),
    ({"continuation": np.full((3, 216), np.nan)}, "continuation"), ({"scale": "payoffs"}, "scale"),
    ({"scale": (1.0, -1.0, 1.0)}, "scale"), ({"scale": (1.0, 1.0)}, "scale")])
def test_arguments_out_of_range_are_named(scenario, arguments, key):
    with pytest.raises(ValueError, match=f"^{key}: "):
        to_efg(compile_game(scenario), **arguments)


def test_infinite_precision_is_no_scale(scenario):
    game = compile_game(scenario.override({"seoul.precision": float("inf")}))
    with pytest.raises(ValueError, match=r"precision.*seoul is infinite"):
        to_efg(game, scale="precision")


def test_too_large_a_tree_is_refused(scenario, monkeypatch):
    monkeypatch.setattr("negotiation.interop.gambit.NODE_LIMIT", 100)
    with pytest.raises(ValueError, match="more than 100 nodes"):
        to_efg(compile_game(scenario))


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "game.efg"
    assert write_efg(path, "first\n") == path and path.read_text() == "first\n"
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(errno.ENOSPC, "disk full")))
    with pytest.raises(OSError, match="No space left"):
        write_efg(path, "second\n")
    assert path.read_text() == "first\n" and list(tmp_path.iterdir()) == [path]


def test_the_example_in_the_package_s_docstring(pygambit, pyspiel, scenario):
    game = compile_game(scenario)
    globs = {"game": game, "solution": backward_induction(game)}
    test = doctest.DocTestParser().get_doctest(negotiation.interop.__doc__, globs, "negotiation.interop", None, 0)
    assert doctest.DocTestRunner().run(test).failed == 0
