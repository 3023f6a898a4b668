"""Who computes the blocks of a sweep: this process' threads, processes of this machine, or a Dask cluster.

All three take blocks from one iterator, a few ahead of the results, and give results as they come; what a
block contains does not change its rows. Threads are the default: the loops release Python's lock, nothing is
started or copied. Processes pay where behaviours are computed in Python, and on machines with many cores.
"""

from __future__ import annotations

import os
import pickle
import signal
import threading
import time
import warnings
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from importlib import import_module
from itertools import chain, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from negotiation.engines.batch import cores
from negotiation.parameters import ParameterError
from negotiation.sweep.compute import Computer

EXECUTORS = ("threads", "processes", "dask")
AHEAD = 2  # blocks a worker: one being computed, one waiting
BEHIND = 64  # blocks a worker that may wait to be stored: where the disk is slower, workers wait for it
WORKERS_WITHIN = 60  # seconds
CONNECT = "10s"  # how long a Dask scheduler is waited for
WATCH = 0.5  # seconds between two looks at whether the command is still there
Block = tuple[NDArray[np.int64], list[dict[str, Any]]]
Rows = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Executor:
    """How a sweep's blocks are computed.

    Attributes:
        name: ``threads``, ``processes`` or ``dask``.
        workers: how many; None for one a core (of a Dask cluster at an address: all that it has).
        address: of a running Dask scheduler, e.g. ``tcp://host:8786``; None starts one on this machine.
    """

    name: str = "threads"
    workers: int | None = None
    address: str | None = None

    def __post_init__(self) -> None:
        if self.name not in EXECUTORS:
            raise ParameterError("executor.name", self.name, "one of " + ", ".join(EXECUTORS))
        if self.workers is not None and (isinstance(self.workers, bool) or not isinstance(self.workers, int)
                                         or not 1 <= self.workers <= 4096):
            raise ParameterError("executor.workers", self.workers, "an integer from 1 to 4096, or null for one a core")
        if self.address is not None and (not isinstance(self.address, str) or "://" not in self.address):
            raise ParameterError("executor.address", self.address, "PROTOCOL://HOST:PORT of a Dask scheduler, or null")
        if self.address is not None and self.name != "dask":
            raise ParameterError("executor.address", self.address, f"null with executor={self.name}; or executor=dask")

    @property
    def count(self) -> int:
        """How many workers there are on this machine."""
        return self.workers or cores()

    def run(self, computer: Computer, blocks: Iterator[Block]) -> Generator[Rows, None, None]:
        """Compute blocks, results as they come; closing the generator stops the work.

        Raises:
            ParameterError: the cluster cannot be reached, or needs a package that is missing; or a worker died
                over a block.
        """
        if self.name == "dask":
            yield from _on_dask(self, computer, blocks)
            return
        from joblib import Parallel, delayed

        backend = "threading" if self.name == "threads" else "loky"
        compute = (delayed(computer.rows) if self.name == "threads"
                   else partial(delayed(_in_process), os.getpid(), *_packed(computer)))
        with Parallel(self.count, backend=backend, return_as="generator_unordered", batch_size=1,
                      pre_dispatch=AHEAD * self.count) as parallel:
            # joblib goes on computing whether its results are taken or not, so it is given blocks by the lot.
            for first in blocks:
                lot = chain([first], islice(blocks, BEHIND * self.count - 1))
                results = parallel(compute(*block) for block in lot)
                try:
                    for rows in results:  # noqa: UP028 -- `yield from` would close the results before the filter
                        yield rows
                except BrokenProcessPool:
                    raise self._died() from None
                finally:
                    with warnings.catch_warnings():
                        warnings.filterwarnings("ignore", message=".* tasks which were still being processed")
                        results.close()

    def _died(self) -> ParameterError:
        return ParameterError("executor.workers", self.workers, "fewer workers, or more memory for each: one was "
                              "killed over its points; what is stored stays, and the same command goes on with it")


def _packed(computer: Computer) -> tuple[str, bytes]:
    packed = pickle.dumps(computer)
    return sha256(packed).hexdigest(), packed


_COMPUTERS: dict[str, Computer] = {}


def compute_block(token: str, packed: bytes, points: NDArray[np.int64], overrides: list[Mapping[str, Any]]) -> Rows:
    """The rows of a block in another process, which keeps the computer, and so its solved games, between blocks."""
    computer = _COMPUTERS.get(token)
    if computer is None:  # threads of a Dask worker may come here together
        computer = pickle.loads(packed)
        _COMPUTERS.clear()
        _COMPUTERS[token] = computer
    return computer.rows([int(point) for point in points], overrides)


def _in_process(command: int, token: str, packed: bytes, points: NDArray[np.int64],
                overrides: list[Mapping[str, Any]]) -> Rows:
    """As `compute_block`, in a process that ends when the command has ended in whatever way."""
    if not any(thread.name == "watch" for thread in threading.enumerate()):
        threading.Thread(target=_watch, args=(command,), name="watch", daemon=True).start()
        _ignore_interrupts()
    return compute_block(token, packed, points, overrides)


def _ignore_interrupts() -> None:
    """Leave Ctrl-C, which a terminal sends to all processes, to the command."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _watch(command: int) -> None:
    while os.getppid() == command:
        time.sleep(WATCH)
    os._exit(1)


def _on_dask(executor: Executor, computer: Computer, blocks: Iterator[Block]) -> Iterator[Rows]:
    try:
        dask: Any = import_module("distributed")
    except ImportError:
        raise ParameterError("executor.name", "dask", "threads or processes, or after pip install "
                             "'negotiation[dask]'") from None
    token, packed = _packed(computer)
    own = None
    if executor.address is None:
        own = dask.LocalCluster(n_workers=executor.count, threads_per_worker=1, dashboard_address=":0",
                                scheduler_kwargs={"dashboard": False})  # no page, on no port of others
    try:
        try:
            client = dask.Client(own if own is not None else executor.address, timeout=CONNECT, set_as_default=False)
        except OSError as error:
            told = " ".join(str(error).split())
            raise ParameterError("executor.address", executor.address,
                                 f"the address of a running Dask scheduler ({told})") from None
        with client:
            if own is not None:
                client.run(_ignore_interrupts)
            try:
                client.wait_for_workers(1, timeout=WORKERS_WITHIN)
            except TimeoutError:
                raise ParameterError("executor.address", executor.address, "a Dask scheduler with workers; this one "
                                     f"has had none for {WORKERS_WITHIN} seconds") from None
            waiting = dask.as_completed(loop=client.loop)
            while True:
                ahead = AHEAD * max(sum(client.nthreads().values()), 1)  # workers may join and leave
                for block in islice(blocks, max(ahead - waiting.count(), 0)):
                    waiting.add(client.submit(compute_block, token, packed, *block, pure=False))
                if waiting.is_empty():
                    return
                try:
                    rows: Rows = next(waiting).result()
                except dask.KilledWorker:
                    raise executor._died() from None
                except (dask.client.FutureCancelledError, OSError) as error:
                    told = " ".join(str(error).split())
                    raise ParameterError(
                        "executor.address", executor.address, f"a Dask scheduler that stays; it was lost ({told}); "
                        "what is stored stays, and the same command goes on") from None
                yield rows
    finally:
        if own is not None:
            own.close()


__all__ = ["EXECUTORS", "Executor", "compute_block"]
