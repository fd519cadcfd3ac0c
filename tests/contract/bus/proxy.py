"""A way to the broker that can be cut, frozen or blocked, as a network and a broker short of memory do."""

import asyncio
from contextlib import suppress

from pamqp import commands, frame

_HEADER = 7
_BLOCKED = frame.marshal(commands.Connection.Blocked(reason="low on memory"), 0)
_UNBLOCKED = frame.marshal(commands.Connection.Unblocked(), 0)


class Client:
    """One connection through the proxy."""

    def __init__(self, writer: asyncio.StreamWriter, task: asyncio.Task[None]) -> None:
        self.writer = writer
        self.task = task
        self.said = b""  #: what it introduced itself with; its connection's name stands in there
        self.reading = asyncio.Event()
        self.reading.set()


class Proxy:
    """Passes AMQP frames between its clients and the broker at `host:port`."""

    def __init__(self, host: str, port: int) -> None:
        self._broker = (host, port)
        self._open = True
        self._server: asyncio.Server | None = None
        self._clients: list[Client] = []

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def close(self) -> None:
        await self.cut()
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def cut(self) -> None:
        """Every connection breaks, and none comes about until `mend`."""
        self._open = False
        tasks = [client.task for client in self._clients]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def mend(self) -> None:
        self._open = True

    def freeze(self) -> None:
        """What clients send isn't read any more."""
        for client in self._clients:
            client.reading.clear()

    def thaw(self) -> None:
        for client in self._clients:
            client.reading.set()

    def block(self, name: bytes) -> None:
        """As a broker short of memory does to who publishes: it says so and stops reading. Only connections `name`."""
        for client in self._named(name):
            client.writer.write(_BLOCKED)
            client.reading.clear()

    def unblock(self, name: bytes) -> None:
        for client in self._named(name):
            client.writer.write(_UNBLOCKED)
            client.reading.set()

    def _named(self, name: bytes) -> list[Client]:
        found = [client for client in self._clients if name in client.said]
        assert found
        return found

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if self._open:
            client = Client(writer, task)
            self._clients.append(client)
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._join(reader, client)
            self._clients.remove(client)
        writer.transport.abort()

    async def _join(self, reader: asyncio.StreamReader, client: Client) -> None:
        from_broker, to_broker = await asyncio.open_connection(*self._broker)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pass_up(reader, to_broker, client))
                both.create_task(self._pass_down(from_broker, client.writer))
        except* (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            to_broker.transport.abort()

    async def _pass_up(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, client: Client
    ) -> None:
        while data := await reader.read(65536):
            await client.reading.wait()
            client.said = (client.said + data)[:2048]
            writer.write(data)
            await writer.drain()
        raise ConnectionResetError

    async def _pass_down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Frame by frame, so that what is put in between meets no half of one.
        while True:
            header = await reader.readexactly(_HEADER)
            rest = await reader.readexactly(int.from_bytes(header[3:]) + 1)
            writer.write(header + rest)
            await writer.drain()
