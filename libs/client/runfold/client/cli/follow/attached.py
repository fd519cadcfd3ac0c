"""Attached to a run: its progress until it runs, then its output, until it is over."""

import asyncio
from collections.abc import Callable

from runfold.client.asynchronous import AsyncClient
from runfold.client.cli.follow.phase import phase, started
from runfold.client.cli.follow.screens import Screen
from runfold.client.cli.follow.states import states
from runfold.client.cli.follow.tail import Tail
from runfold.client.cli.ssh.tunnel import Tunnel
from runfold.client.errors import Unreachable
from runfold.client.models.runs import Run

PAUSE = 2.0  #: seconds until a server that is away is asked again


class Attached:
    """Its states come by events; its output is read whenever the server tells of more."""

    def __init__(
        self,
        client: AsyncClient,
        run: Run,
        screen: Screen,
        tail: Tail,
        tunnel: Tunnel | None = None,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Without a `tunnel` nothing of it is reached but its output. `say`: where a server that is away is told of."""
        self.run = run  #: as it was last seen
        self._client, self._screen, self._tail = client, screen, tail
        self._tunnel, self._say = tunnel, say
        self._changed = asyncio.Event()

    async def follow(self) -> Run:
        """The run once it is final and all of its output was written: it goes on while its server is away, and so does
        who waits for it."""
        try:
            while True:
                try:
                    return await self._once()
                except Unreachable as error:
                    self._say(f"{error.url} does not answer at the moment; the run goes on")
                    await asyncio.sleep(PAUSE)
        finally:
            if self._tunnel is not None:
                await self._tunnel.close()

    async def _once(self) -> Run:
        watching = asyncio.create_task(self._watch())
        try:
            await self._show(watching)
        finally:
            watching.cancel()
            await asyncio.wait([watching])
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
