"""Sends an attempt's output as it comes, each byte at its offset; while nobody listens, the runtime's file keeps it."""

import asyncio
from contextlib import suppress

from runfold.bus.port import Bus, BusError, Message
from runfold.bus.topology import OUTPUT, Exchange
from runfold.executor.entries import encode
from runfold.executor.journal import Journal, JournalUnavailable
from runfold.executor.runtime import Runtime
from runfold.ports import Clock
from runfold.ports.backoff import Backoff
from runfold.service.logging import get_logger

_log = get_logger("runfold.executor")

CHUNK = 256 * 1024
#: Seconds that small pieces of output are gathered for, once a first one was sent at once.
GATHER = 0.1
#: Bytes after which the journal learns how far it got; the next executor sends at most so many once more.
REMEMBER = 1024 * 1024


class Shipper:
    """One attempt's output, from where an earlier executor left off.

    Bytes may go twice, always at the same offset: the log service keeps what is new of a chunk. One chunk is in memory
    at a time, and none while it has to wait. Where the broker ends with this process, nothing that it took counts:
    the next executor sends all of it again.
    """

    def __init__(
        self,
        attempt_id: str,
        runtime: Runtime,
        *,
        bus: Bus,
        journal: Journal,
        clock: Clock,
        backoff: Backoff,
    ) -> None:
        self._attempt_id = attempt_id
        self._runtime = runtime
        self._bus = bus
        self._journal = journal
        self._clock = clock
        self._backoff = backoff
        self._ended = False
        self._gathering: asyncio.Event | None = (
            None  #: only while it gathers: most jobs print nothing most of the time
        )

    def end(self) -> None:
        """The attempt is over: what is left of its output needn't be gathered any more."""
        self._ended = True
        if self._gathering is not None:
            self._gathering.set()

    async def ship(self, offset: int = 0) -> None:
        """Returns once all of it from `offset` has arrived."""
        remembered = offset
        while chunk := await self._runtime.read(self._attempt_id, offset, CHUNK):
            if not await self._send(offset, chunk):
                # Read again when it's time: chunks that wait would fill the memory when the broker is away.
                del chunk
                await self._backoff.wait()
                continue
            self._backoff.reset()
            offset += len(chunk)
            if offset - remembered >= REMEMBER and self._bus.durable and await self._remember(offset):
                remembered = offset
            if len(chunk) < CHUNK and not self._ended:
                await self._gather()

    async def _remember(self, offset: int) -> bool:
        try:
            await self._journal.write({f"output/{self._attempt_id}": encode(offset)})
        except JournalUnavailable:
            return False
        return True

    async def _send(self, offset: int, chunk: bytes) -> bool:
        headers: dict[str, str | int] = {
            "attempt_id": self._attempt_id,
            "offset": offset,
            "time": self._clock.now(),
        }
        message = Message(chunk, headers, content_type="application/octet-stream")
        try:
            await self._bus.publish(Exchange.OUTPUT, OUTPUT.key, message, mandatory=True)
        except BusError as error:
            _log.debug("output not taken", attempt=self._attempt_id, error=str(error))
            return False
        return True

    async def _gather(self) -> None:
        self._gathering = asyncio.Event()
        with suppress(TimeoutError):
            async with asyncio.timeout(GATHER):
                await self._gathering.wait()
        self._gathering = None
