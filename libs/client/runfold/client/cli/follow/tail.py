"""A job's output, from where the last look ended."""

import asyncio
from datetime import datetime
from typing import BinaryIO

from runfold.client.asynchronous import AsyncClient
from runfold.client.models.runs import JobSubmission, Run

WAIT = 10.0  #: seconds that one question waits for more
KEPT = 4096  #: bytes of the last output that are kept, to tell of a failure


class Tail:
    """Of the latest attempt; when another one follows, of that."""

    def __init__(
        self,
        client: AsyncClient,
        out: BinaryIO,
        *,
        job: tuple[int, int] = (0, 0),
        since: datetime | None = None,
        diagnose: bool = False,
    ) -> None:
        """`job`: its number and its replica's; `out` gets the output as it is."""
        self._client, self._out, self._job = client, out, job
        self._since, self._diagnose = since, diagnose
        self._attempt: JobSubmission | None = None
        self._printed = 0  #: bytes that the attempt had printed when it was asked last
        self._after = since
        self._last = b""

    @property
    def in_a_line(self) -> bool:
        """Whether the last line isn't ended."""
        return bool(self._last) and not self._last.endswith(b"\n")

    def last_lines(self, count: int) -> list[str]:
        return [line.decode(errors="replace") for line in self._last.splitlines()[-count:]]

    async def more(self) -> None:
        """Returns once the attempt has printed more than at the last look; never, where nothing follows."""
        if self._attempt is not None:
            while True:
                told = await self._client.logs.length(self._attempt, beyond=self._printed, wait=WAIT)
                if told.bytes > self._printed:
                    self._printed = told.bytes
                    return
                if told.over:
                    break
        await asyncio.Event().wait()

    async def read(self, run: Run) -> bool:
        """Whether there was any."""
        job = run.job(*self._job)
        latest = job.latest if job else None
        some = False
        if self._attempt is not None and (latest is None or latest.id != self._attempt.id):
            some = await self._read(run, self._attempt)
            self._after, self._printed = self._since, 0
        self._attempt = latest
        return (await self._read(run, latest) if latest else False) or some

    async def _read(self, run: Run, attempt: JobSubmission) -> bool:
        some = False
        async for event in self._client.logs.read(run, attempt, after=self._after, diagnose=self._diagnose):
            self._out.write(event.data)
            self._last = (self._last + event.data)[-KEPT:]
            self._after, some = event.timestamp, True
        if some:
            self._out.flush()
        return some
