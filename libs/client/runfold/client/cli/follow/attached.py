"""Attached to a run: its progress until it runs, then its output, until it is over."""

import asyncio

from runfold.client.asynchronous import AsyncClient
from runfold.client.cli.follow.phase import phase, started
from runfold.client.cli.follow.screens import Screen
from runfold.client.cli.follow.states import states
from runfold.client.cli.follow.tail import Tail
from runfold.client.cli.ssh.tunnel import Tunnel
from runfold.client.models.runs import Run


class Attached:
    """Its states come by events; its output is read whenever the server tells of more."""

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
        while True:
            run = self.run
            self._screen.show(run.name, phase(run), leave=started(run))
            if started(run):
                await self._tail.read(run)
            if run.final:
                return
            if watching.done():
                await watching
            await self._wait(output=started(run))

    async def _wait(self, *, output: bool) -> None:
        """Until the run changed, or there is more output."""
        waiting = [asyncio.create_task(self._changes())]
        if output:
            waiting.append(asyncio.create_task(self._tail.more()))
        try:
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.wait(waiting)
        for task in done:
            await task

    async def _changes(self) -> None:
        await self._changed.wait()
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
