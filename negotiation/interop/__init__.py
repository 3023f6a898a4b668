"""The game in other people's programs, so that they can check it: Gambit and OpenSpiel.

Nothing here needs either of them; ``pip install "negotiation[interop]"`` installs both, for the tests
and for the lines below. `to_efg` turns some rounds of a `negotiation.game.Game` into Gambit's extensive
form, a text that pygambit, Gambit's own window and OpenSpiel's ``efg_game`` read. `write_efg` puts it into
a file.

**Gambit.** One round from the start state, the solver's own values standing in for all later rounds;
payoffs scaled so that Gambit's one lambda is 1 for everybody. pygambit 17 names a decision by the history
before it, which `decision_after` turns into a `Decision`, a row of our policies:

>>> import io, pygambit
>>> from negotiation.interop import decision_after, to_efg
>>> text = to_efg(game, continuation=solution.values[1], scale="precision", fold_chance=True)
>>> tree = pygambit.read_efg(io.StringIO(text))
>>> [gambit] = pygambit.qre.logit_solve_lambda(tree, [1.0])
>>> gaps = [abs(probability - decision_after(game, history.actions).probabilities(solution.profile)[option])
...         for behaviour in gambit.profile for history, choice in behaviour for option, probability in choice]
>>> len(gaps), max(gaps) < 1e-8
(305, True)

Across more rounds than one, pass ``player_per_round=True`` if a discount is below 1;
`negotiation.interop.gambit` says why.

**OpenSpiel.** It keeps the labels of decisions; `parse_label` reads them back. Take the branches' names from
the state at hand, as the numbers of actions do not mean the same option in every state: ``efg_game`` hands
them out in the order in which names first occur in the file, and sorts them at each node.

>>> import pyspiel
>>> from negotiation.interop import parse_label
>>> root = pyspiel.load_efg_game(to_efg(game)).new_initial_state()
>>> parse_label(root.information_state_string())
Decision(round=1, actor=<Actor.WASHINGTON: 2>, state=78, stance=None, first_move=None)
>>> [root.action_to_string(action) for action in root.legal_actions()]
['quiet', 'urge', 'convene', 'press_tokyo', 'press_seoul']
"""

from negotiation.interop.decisions import Decision, decision_after, parse_label
from negotiation.interop.gambit import to_efg, write_efg

__all__ = ["Decision", "decision_after", "parse_label", "to_efg", "write_efg"]
