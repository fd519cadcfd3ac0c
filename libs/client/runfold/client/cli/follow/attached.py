"""Attached to a run: its progress until it runs, then its output, until it is over."""

import asyncio

from runfold.client.asynchronous import AsyncClient
from runfold.client.cli.follow.phase import phase, started
from runfold.client.cli.follow.screens import Screen
from runfold.client.cli.follow.states import states
from runfold.client.cli.follow.tail import Tail
from runfold.client.cli.ssh.tunnel import Tunnel
from runfold.client.models.runs import Run

SOON, LATE = 0.1, 1.0  #: seconds between looks at the output while it comes, and while it doesn't


class Attached:
    """Output has no events of its own: it is looked for, the more seldom the less of it comes."""

    def __init__(
        self, client: AsyncClient, run: Run, screen: Screen, tail: Tail, tunnel: Tunnel | None = None
    ) -> None:
        """Without a `tunnel` nothing of it is reached but its output."""
        self.run = run  #: as it was last seen
        self._client, self._screen, self._tail = client, screen, tail
        self._tunnel = tunnel
        self._changed = asyncio.Event()

    async def follow(self) -> Run:
        """The run once it is final and all of its output was written."""
        watching = asyncio.create_task(self._watch())
        try:
            await self._show(watching)
        finally:
            watching.cancel()
            await asyncio.wait([watching])
            if self._tunnel is not None:
                await self._tunnel.close()
        return self.run

    async def _show(self, watching: "asyncio.Task[None]") -> None:
        pause = SOON
        while True:
            run = self.run
            self._screen.show(run.name, phase(run), leave=started(run))
            if started(run):
                pause = SOON if await self._tail.read(run) else min(LATE, pause * 1.5)
            if run.final:
                return
            if watching.done():
                await watching
            await self._sleep(pause if started(run) else None)

    async def _sleep(self, pause: float | None) -> None:
        """Until something changed, or `pause` is over."""
        try:
            async with asyncio.timeout(pause):
                await self._changed.wait()
        except TimeoutError:
            return
        self._changed.clear()

    async def _watch(self) -> None:
        try:
            async for run in states(self._client, self.run.id):
                self.run = run
                self._changed.set()
                if self._tunnel is not None:
                    await self._tunnel.adapt(run)
        finally:
            self._changed.set()
