"""The explorer's phase picture: the most likely outcome over two numbers, coarse at first, then finer.

The picture has `FINE` cells a side (whole numbers: one a value). Stages compute the middle cell of ever smaller
blocks, so that no point is computed twice, and a cell that is not computed yet shows the nearest block that is.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from negotiation.engines.batch import simulate
from negotiation.engines.exact import propagate
from negotiation.engines.points import chosen_point
from negotiation.game import compile_game
from negotiation.parameters import ParameterError
from negotiation.seminar.explorer import State
from negotiation.seminar.explorer_sliders import Slider, slider_of
from negotiation.seminar.explorer_view import profile_for
from negotiation.solve import TooLargeError

FINE, STAGES = 27, (9, 3, 1)  # cells a side, and how many of them a block of each stage has a side
EPISODES = 1000  # a cell, where a behaviour remembers
PATIENCE = 30.0  # seconds that a stage may take, judged by the cells before


@dataclass(frozen=True)
class Axis:
    """One side of the picture.

    Attributes:
        slider: what varies.
        places: the values of the cells' middles, rising.
        low, high: where the outer cells end.
    """

    slider: Slider
    places: tuple[float, ...]
    low: float
    high: float

    @classmethod
    def of(cls, slider: Slider) -> Axis:
        """The axis of a slider."""
        if slider.whole and slider.high - slider.low < FINE:
            whole = tuple(range(int(slider.low), int(slider.high) + 1))
            return cls(slider, whole, whole[0] - 0.5, whole[-1] + 0.5)
        width = (slider.high - slider.low) / FINE
        middles = [slider.low + (number + 0.5) * width for number in range(FINE)]
        places = tuple(dict.fromkeys(map(round, middles))) if slider.whole else tuple(middles)
        return cls(slider, places, slider.low, slider.high)

    def stage(self, block: int) -> list[int]:
        """The cells in the middle of blocks; all where there are too few for blocks."""
        return list(range(block // 2, FINE, block)) if len(self.places) == FINE else list(range(len(self.places)))

    def parent(self, cell: int, block: int) -> int:
        """The middle of the block that a cell lies in."""
        return cell // block * block + block // 2 if len(self.places) == FINE else cell


@dataclass(eq=False)
class Picture:
    """A phase picture as far as it is computed.

    Attributes:
        state: any state that differs from others at most in the two numbers.
        x, y: the axes.
        known: cell to outcome and its probability; None where the numbers do not go together.
        stage: of how many stages all cells are known.
        stopped: whether finer stages would take too long.
        spent: seconds so far.
    """

    state: State
    x: Axis
    y: Axis
    known: dict[tuple[int, int], tuple[int, float] | None] = field(default_factory=dict)
    stage: int = 0
    stopped: bool = False
    spent: float = 0.0

    @classmethod
    def of(cls, state: State) -> Picture:
        """An empty picture of a state's axes."""
        x, y = (Axis.of(slider_of(state, key)) for key in state.axes)
        return cls(state, x, y)

    @property
    def done(self) -> bool:
        """Whether it gets no finer."""
        return self.stopped or self.stage == len(STAGES)

    def work(self) -> Iterator[None]:
        """Compute cell by cell; the picture can be looked at, and computing stopped, after each."""
        for block in STAGES[self.stage:]:
            cells = [(i, j) for j in self.y.stage(block) for i in self.x.stage(block) if (i, j) not in self.known]
            if self.known and self.spent / len(self.known) * len(cells) > PATIENCE:
                self.stopped = True
                return
            for cell in cells:
                began = time.perf_counter()
                self.known[cell] = self.outcome(cell)
                self.spent += time.perf_counter() - began
                yield
            self.stage += 1

    def outcome(self, cell: tuple[int, int]) -> tuple[int, float] | None:
        """The most likely outcome of a cell, and its probability; None where the numbers do not go together."""
        x, y = self.state.axes
        values: dict[str, Any] = {x: self._typed(self.x, cell[0]), y: self._typed(self.y, cell[1])}
        try:
            scenario = self.state.point.override(values)
            if self.state.remembers or (found := chosen_point(scenario, self.state.behaviours)) is None:
                game = compile_game(scenario)
                profile = profile_for(game, self.state.behaviours)
                shares = (simulate(game, profile, EPISODES, self.state.seed, record=0, workers=1).outcome_shares()
                          if self.state.remembers else propagate(game, profile).outcome_probabilities())
            else:
                shares = found.probabilities
        except (ParameterError, TooLargeError):
            return None
        best = int(shares.argmax())
        return best, float(shares[best])

    @staticmethod
    def _typed(axis: Axis, place: int) -> float | int | bool:
        value = axis.places[place]
        return bool(value) if axis.slider.switch else value

    def cells(self) -> list[tuple[int, int, int, float]]:
        """All cells to be shown: column, row, outcome and its probability; of what is not computed, its block's."""
        found = []
        for i in range(len(self.x.places)):
            for j in range(len(self.y.places)):
                for block in reversed(STAGES):
                    here = self.x.parent(i, block), self.y.parent(j, block)
                    if here in self.known:
                        shown = self.known[here]
                        if shown is not None:
                            found.append((i, j, *shown))
                        break
        return found


def picture_key(state: State) -> tuple[Any, ...]:
    """What a picture follows from: states that differ in the two numbers alone share one, as long as both lie on it."""
    apart = tuple(change for change in state.changed if change[0] not in state.axes)
    ends = tuple((slider.low, slider.high) for slider in (slider_of(state, key) for key in state.axes))
    seed = state.seed if state.remembers else None
    return state.scenario, state.policies, state.settings, apart, state.axes, ends, seed


__all__ = ["FINE", "Axis", "Picture", "picture_key"]
