"""Output as it comes, to the end of its attempt."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress

from runfold.domain.cell.state import Cell
from runfold.eventlog.output import OutputQuery, OutputReader
from runfold.eventlog.port import Unavailable
from runfold.gateway.readmodels.ends import Ends

WAIT = 10.0  #: seconds that one read waits for more
PAUSE = 0.5  #: seconds before a store that doesn't answer is asked again


class Following:
    """What somebody sees who looks at an attempt's output until there is no more of it."""

    def __init__(self, cell: Callable[[], Cell], output: OutputReader, ends: Ends) -> None:
        self._cell, self._output, self._ends = cell, output, ends

    async def grown(self, attempt_id: str, beyond: int) -> None:
        """Returns once more than `beyond` bytes are stored, or none will be."""
        over = self._ends.of(attempt_id)
        try:
            while not (over.is_set() or self.is_over(attempt_id)):
                piece = await self._read(attempt_id, beyond, over)
                if piece is not None and piece[1]:
                    return
        finally:
            self._ends.forget(attempt_id, over)

    async def follow(self, attempt_id: str, after: int | None = None) -> AsyncGenerator[bytes]:
        """Pieces of it from the first that came later than `after`, in microseconds, on."""
        over = self._ends.of(attempt_id)
        if self.is_over(attempt_id):
            over.set()
        try:
            offset = 0 if after is None else await self._offset(attempt_id, after)
            while True:
                last = over.is_set()
                piece = await self._read(attempt_id, offset, over)
                if piece is None:
                    continue
                offset, data = piece
                if data:
                    yield data
                elif last:
                    return
        finally:
            self._ends.forget(attempt_id, over)

    def is_over(self, attempt_id: str) -> bool:
        """Its last output is stored."""
        attempt = self._cell().attempts.get(attempt_id)
        return attempt is None or attempt.finished_at is not None

    async def _offset(self, attempt_id: str, after: int) -> int:
        while True:
            try:
                page = await self._output.poll(attempt_id, OutputQuery(after=after, limit=1))
                return page.records[0].offset if page.records else await self._output.stored(attempt_id)
            except Unavailable:
                await asyncio.sleep(PAUSE)

    async def _read(self, attempt_id: str, offset: int, over: asyncio.Event) -> tuple[int, bytes] | None:
        """The next offset and some bytes, none at the end of what is there; None where the store is away.

        Its end cuts the waiting short: all output is stored by then.
        """
        if over.is_set():
            return await self._at_once(attempt_id, offset, 0.0)
        reading = asyncio.ensure_future(self._at_once(attempt_id, offset, WAIT))
        ending = asyncio.ensure_future(over.wait())
        try:
            await asyncio.wait((reading, ending), return_when=asyncio.FIRST_COMPLETED)
            return reading.result() if reading.done() else (offset, b"")
        finally:
            for task in (reading, ending):
                task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(reading, ending, return_exceptions=True)

    async def _at_once(self, attempt_id: str, offset: int, wait: float) -> tuple[int, bytes] | None:
        try:
            part = await self._output.read_from(attempt_id, offset, wait=wait)
        except Unavailable:
            await asyncio.sleep(PAUSE)
            return None
        return part.offset + len(part.data), part.data
