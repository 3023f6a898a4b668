"""Many Mesa episodes, folded into the same result as the batch engine's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from negotiation.engines.batch import Episodes, Records, collect
from negotiation.engines.mesa_model import NegotiationModel
from negotiation.engines.trajectory import Trajectory
from negotiation.game import Game
from negotiation.policy import Profile

CHUNK = 100


def simulate_mesa(game: Game, profile: Profile, episodes: int, seed: int, *, first_episode: int = 0,
                  agents: Mapping[Any, Any] | None = None, trajectories: Sequence[int] = (),
                  progress: Callable[[int], None] | None = None) -> Episodes:
    """Play episodes with Mesa agents, one after the other.

    Args:
        game: the compiled game.
        profile: one policy a seat; under the same policies the episodes equal the batch engine's.
        episodes: how many, at least 1.
        seed: root seed.
        first_episode: number of the first one.
        agents: seat to agent class, as for `NegotiationModel`.
        trajectories: episode numbers to return week by week; any numbers, run here or not.
        progress: called with the number of episodes finished since the last call.

    Raises:
        ParameterError, PolicyError, ValueError: as `NegotiationModel`.
    """

    def play(number: int) -> NegotiationModel:
        model = NegotiationModel(game, profile, agents=agents, seed=seed, episode=number)
        model.play()
        return model

    def blocks() -> Iterator[Records]:
        for start in range(first_episode, first_episode + episodes, CHUNK):
            numbers = range(start, min(start + CHUNK, first_episode + episodes))
            yield Records.from_rows(start, [play(number).record() for number in numbers])

    paths: dict[int, Trajectory] = {number: play(number).trajectory() for number in trajectories}
    return collect(game, profile, seed, blocks(), trajectories=paths, progress=progress)
