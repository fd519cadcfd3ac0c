"""One connection, kept up.

aio-pika has a robust connection of its own. Its restore is all or nothing at a fixed interval: one queue that is still
locked by a connection that died, or one exchange that this user may not declare, takes the whole connection down again
and again. So each part here restores itself, and this module only brings the plain connection back.
"""

import asyncio
import logging
from collections.abc import Sequence

import aio_pika
import structlog
from aio_pika.abc import AbstractConnection
from aio_pika.connection import make_url

from runfold.bus.adapters.rabbitmq.errors import FAILURES, describe, failures_ignored, told_apart
from runfold.bus.adapters.rabbitmq.timings import Timings
from runfold.bus.port import BusUnavailable

log = structlog.get_logger("runfold.bus")
# What it has to say comes back as an exception, and is said here, once.
logging.getLogger("aiormq").setLevel(logging.CRITICAL)
logging.getLogger("aio_pika").setLevel(logging.CRITICAL)


class Link:
    """`up` and `down` are events that are never set both. `urls` are the nodes of one broker, tried in turn."""

    def __init__(self, urls: Sequence[str], name: str, timings: Timings) -> None:
        if not urls:
            raise ValueError("the broker has no address")
        self.up = asyncio.Event()
        self.down = asyncio.Event()
        self.down.set()
        self.generation = 0  #: how often it has connected
        self.trouble: str | None = "not connected yet"
        self._urls = list(urls)
        self._name = name
        self._timings = timings
        self._connection: AbstractConnection | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._keep_up())

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        self.trouble = "closed"

    @property
    def connection(self) -> AbstractConnection:
        """Raises BusUnavailable when there is none at this moment."""
        if self._connection is None:
            raise BusUnavailable(f"no connection to the broker: {self.trouble}")
        return self._connection

    async def unblocked(self) -> None:
        """Returns once the broker takes messages: it blocks publishers when it is short of memory or disk."""
        transport = self.connection.transport
        if transport is None:
            raise BusUnavailable("the connection to the broker is closing")
        await transport.ready()

    async def _keep_up(self) -> None:
        failures = 0
        while True:
            generation = self.generation
            try:
                with told_apart():
                    await self._connect_and_wait()
            except FAILURES as error:
                self.trouble = describe(error)
            failures = 0 if self.generation > generation else failures + 1
            log.warning("no broker", connection=self._name, trouble=self.trouble, failures=failures)
            # The one that failed comes last; pauses grow once all of them have failed.
            self._urls = [*self._urls[1:], self._urls[0]]
            await asyncio.sleep(self._timings.pause(failures // len(self._urls)))

    async def _connect_and_wait(self) -> None:
        lost = asyncio.Event()
        connection = aio_pika.Connection(
            make_url(self._urls[0], heartbeat=self._timings.heartbeat),
            client_properties={"connection_name": self._name},
        )
        connection.close_callbacks.add(lambda _, error: self._lose(lost, error))
        # Closed even if it never came about: else it closes itself when it is collected, in whatever thread that is.
        try:
            async with asyncio.timeout(self._timings.connect):
                await connection.connect()
            self._set_up(connection)
            await lost.wait()
        finally:
            self._set_down()
            await self._close(connection)

    def _lose(self, lost: asyncio.Event, error: BaseException | None) -> None:
        self.trouble = describe(error)
        lost.set()

    def _set_up(self, connection: AbstractConnection) -> None:
        self._connection, self.trouble = connection, None
        self.generation += 1
        self.down.clear()
        self.up.set()
        log.info("broker connected", connection=self._name)

    def _set_down(self) -> None:
        self._connection = None
        self.up.clear()
        self.down.set()

    async def _close(self, connection: AbstractConnection) -> None:
        with failures_ignored():
            async with asyncio.timeout(self._timings.close):
                await connection.close()
