"""Many seeds over all cores, by processes that have imported everything before they are forked."""

import gc
import multiprocessing
import os
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial

from tests.simulation.quiet import quiet
from tests.simulation.world import Told, simulate

#: Plants a bug into the worker's process, which nobody pulls out again.
Plant = Callable[[], None]


def told(
    seeds: Iterable[int],
    *,
    jobs: int | None = None,
    plant: Plant | None = None,
    only: Collection[str] | None = None,
    trace: bool = False,
) -> Iterator[Told]:
    """What came of each seed, as they end; who stops asking ends the search. `only` and `trace` as for `simulate`."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.simulation.world"])
    with context.Pool(jobs or os.cpu_count(), prepare, (plant,)) as pool:
        yield from pool.imap_unordered(partial(simulate, only=only, trace=trace), seeds, chunksize=2)


def prepare(plant: Plant | None = None) -> None:
    """What is there stays there, so that only each seed's own garbage is looked through, and only after it."""
    quiet()
    if plant is not None:
        plant()
    gc.freeze()
    gc.disable()
