"""The floor under any simulation: drawing the uniforms it consumes, and nothing else, with NumPy."""

from __future__ import annotations

import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

GENERATORS = (np.random.SFC64, np.random.PCG64, np.random.PCG64DXSM, np.random.Philox, np.random.MT19937)
BUFFERS = (2_048, 8_192, 32_768)  # doubles: 16, 64 and 256 kB, within the caches


@dataclass(frozen=True)
class Drawing:
    """A generator and the number of doubles it fills at a time."""

    generator: type[np.random.BitGenerator]
    buffer: int

    @property
    def name(self) -> str:
        """For people: ``SFC64, 64 kB at a time``."""
        return f"{self.generator.__name__}, {self.buffer * 8 // 1024} kB at a time"

    def fill(self, uniforms: int, seed: int) -> None:
        """Draw that many uniforms into one buffer, over and over."""
        generator, buffer = np.random.Generator(self.generator(seed)), np.empty(self.buffer)
        whole, rest = divmod(uniforms, self.buffer)
        for _ in range(whole):
            generator.random(out=buffer)
        generator.random(out=buffer[:rest])

    def seconds(self, uniforms: int, threads: int) -> float:
        """Time to draw that many uniforms with that many threads, each with its own generator."""
        shares = [uniforms // threads + (number < uniforms % threads) for number in range(threads)]
        begin = time.perf_counter()
        if threads == 1:
            self.fill(uniforms, 0)
        else:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(self.fill, shares, range(threads)))
        return time.perf_counter() - begin


def fastest(uniforms: int, repetitions: int) -> Drawing:
    """The quickest generator and buffer, by the median of interleaved repetitions on one core."""
    drawings = [Drawing(generator, buffer) for generator in GENERATORS for buffer in BUFFERS]
    times: dict[Drawing, list[float]] = {drawing: [] for drawing in drawings}
    for _ in range(repetitions):
        for drawing in drawings:
            times[drawing].append(drawing.seconds(uniforms, 1))
    return min(drawings, key=lambda drawing: statistics.median(times[drawing]))
