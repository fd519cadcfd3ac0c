"""The intake of what jobs print: many chunks share one durable append, and only then they are acknowledged."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from runfold.bus import topology
from runfold.bus.port import Bus, Message, Subscription
from runfold.contracts.executor import OutputChunk
from runfold.eventlog.output import OutputStore
from runfold.eventlog.port import Unavailable
from runfold.log.output.chunks import chunk_of
from runfold.ports import Ids
from runfold.ports.backoff import Backoff
from runfold.service.logging import get_logger
from runfold.service.metrics import METRICS
from runfold.service.signal import Signal
from runfold.service.tasks import Tasks

_log = get_logger("runfold.log")

BATCH_BYTES = 4 * 1024 * 1024  #: an append ends once it holds this much
TOLD = 10_000  #: attempts of which is remembered how much was told

_stored_bytes = METRICS.counter(
    "runfold_output_stored_bytes_total", "Bytes of job output that were made durable"
)


@dataclass(slots=True, eq=False)
class _Waiting:
    chunk: OutputChunk
    done: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Intake:
    """Takes chunks while there is room: memory holds the queue's prefetch, the broker and the executors the rest.

    While the store is away what was taken stays unacknowledged and is tried again, so that an outage costs no
    delivery. `on_stored(attempt_id, bytes)` is called whenever more of an attempt's output is durable.
    """

    def __init__(
        self, store: OutputStore, bus: Bus, *, on_stored: Callable[[str, int], None], ids: Ids
    ) -> None:
        self._store, self._bus, self._on_stored = store, bus, on_stored
        self._backoff = Backoff(ids, first=0.05, most=5.0)
        self._line: deque[_Waiting] = deque()
        self._arrived = Signal()
        self._told: dict[str, int] = {}
        self._held: Counter[str] = Counter()  #: chunks by attempt id
        self._away: str | None = None
        self._tasks = Tasks()
        self._subscription: Subscription | None = None

    async def start(self) -> None:
        self._tasks.start("store output", self._run())
        self._subscription = await self._bus.consume(topology.OUTPUT, self._handle)

    async def stop(self) -> None:
        """What isn't durable by now goes back to the broker. It may be started again."""
        if self._subscription is not None:
            subscription, self._subscription = self._subscription, None
            await subscription.cancel()
        await self._tasks.end()
        self._away = None

    def not_ready(self) -> str | None:
        """Why no output is stored at this moment, or None."""
        return self._tasks.failed or self._away

    def holds(self, attempt_id: str) -> bool:
        """Whether some of its output is here and not durable yet."""
        return attempt_id in self._held

    async def _handle(self, message: Message) -> None:
        waiting = _Waiting(chunk_of(message))
        attempt_id = waiting.chunk.attempt_id
        self._held[attempt_id] += 1
        try:
            self._line.append(waiting)
            self._arrived.set()
            await waiting.done
        finally:
            self._held[attempt_id] -= 1
            if not self._held[attempt_id]:
                del self._held[attempt_id]

    async def _run(self) -> None:
        while True:
            await self._arrived.wait()
            while batch := self._batch():
                await self._append(batch)

    def _batch(self) -> list[_Waiting]:
        """Without those whose message has gone back to the broker."""
        batch: list[_Waiting] = []
        size = 0
        while self._line and size < BATCH_BYTES:
            waiting = self._line.popleft()
            if not waiting.done.done():
                batch.append(waiting)
                size += len(waiting.chunk.data)
        return batch

    async def _append(self, batch: list[_Waiting]) -> None:
        """Tries until it is durable; what fails for another reason fails alone."""
        while batch:
            try:
                stored = await self._store.append([waiting.chunk for waiting in batch])
            except Unavailable as error:
                await self._wait(error)
                batch = [waiting for waiting in batch if not waiting.done.done()]
            except Exception as error:
                await self._separate(batch, error)
                return
            else:
                self._backoff.reset()
                self._away = None
                self._finish(batch, stored)
                return

    async def _wait(self, error: Unavailable) -> None:
        if self._away is None:
            _log.warning("output waits for its store", error=str(error))
        self._away = f"output is not stored: {error}"
        await self._backoff.wait()

    async def _separate(self, batch: list[_Waiting], error: Exception) -> None:
        if len(batch) > 1:
            for waiting in batch:
                await self._append([waiting])
        elif not batch[0].done.done():
            batch[0].done.set_exception(error)

    def _finish(self, batch: list[_Waiting], stored: dict[str, int]) -> None:
        _stored_bytes.add(sum(len(waiting.chunk.data) for waiting in batch))
        for attempt_id, length in stored.items():
            if length > self._told.pop(attempt_id, 0):
                self._on_stored(attempt_id, length)
            self._told[attempt_id] = length
        while len(self._told) > TOLD:
            del self._told[next(iter(self._told))]
        for waiting in batch:
            if not waiting.done.done():
                waiting.done.set_result(None)
