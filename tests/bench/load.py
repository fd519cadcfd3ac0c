"""Clients in a process of their own, so that they share no event loop with what they measure.

Takes a Job as JSON on standard input and answers an Outcome on standard output. It speaks just enough HTTP/1.1 over
connections that stay open that it isn't what limits; `busy` in the outcome tells whether that was so.
"""

import asyncio
import re
import sys
import time
from collections.abc import Iterator

import msgspec

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_RUN_ID = re.compile(rb'"run_id" ?: ?"([^"]+)"')
_ID = re.compile(rb'"id" ?: ?"([^"]+)"')
#: Seconds for an answer, or for the next event of a stream.
PATIENCE = 60.0


class Job(msgspec.Struct, kw_only=True):
    """Each of `clients` posts `body` to `path` again and again, for `seconds` or until there were `requests`.

    With `watch`, the type of an event, a time is over when a stream of events has told it of the run just submitted;
    with `serial` a client submits its next run only then.
    """

    host: str
    port: int
    path: str
    body: str
    token: str = ""
    clients: int = 1
    seconds: float = 0.0
    requests: int = 0
    watch: str = ""
    serial: bool = False


class Outcome(msgspec.Struct, kw_only=True):
    """`times` are seconds, one for each request; `busy` is the share of one core that the clients took."""

    times: list[float]
    took: float
    bytes: int  #: of the last answer's body
    busy: float


class Unexpected(Exception):
    """The server answered something else than 200."""


class Connection:
    """One request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, host: str, port: int) -> "Connection":
        return cls(*await asyncio.open_connection(host, port))

    async def ask(self, request: bytes) -> bytes:
        """The body of the answer; raises Unexpected."""
        head = await self.begin(request)
        length = _LENGTH.search(head)
        body = await self._reader.readexactly(int(length[1]) if length else 0)
        if b" 200 " not in head[:16]:
            raise Unexpected((head + body).decode(errors="replace"))
        return body

    async def begin(self, request: bytes) -> bytes:
        """The head of the answer."""
        self._writer.write(request)
        return await self._reader.readuntil(b"\r\n\r\n")

    async def line(self) -> bytes:
        """The next line of a stream; empty at its end."""
        return await self._reader.readline()

    def close(self) -> None:
        self._writer.close()


class Stream:
    """Tells of which runs an event has come."""

    def __init__(self) -> None:
        self._came: dict[bytes, asyncio.Future[float]] = {}

    def of(self, run_id: bytes) -> "asyncio.Future[float]":
        """When it came, by the clock; an event may be faster than the answer that names its run."""
        return self._came.setdefault(run_id, asyncio.get_running_loop().create_future())

    async def follow(self, job: Job) -> None:
        """Raises ConnectionError when the stream ends."""
        connection = await Connection.open(job.host, job.port)
        head = await connection.begin(_get(job, f"/api/runfold/v1/events?types={job.watch}&after=0"))
        if b" 200 " not in head[:16]:
            raise Unexpected(head.decode(errors="replace"))
        while line := await connection.line():
            if line.startswith(b"data:") and (found := _RUN_ID.search(line)):
                future = self.of(found[1])
                if not future.done():
                    future.set_result(time.perf_counter())
        raise ConnectionError("the stream of events ended")


async def run(job: Job) -> Outcome:
    """Raises Unexpected, TimeoutError."""
    stream = Stream()
    following = asyncio.create_task(stream.follow(job)) if job.watch else None
    request, times, last = _post(job), list[float](), b""
    waiting: list[asyncio.Task[None]] = []
    turns = _turns(job)

    async def client() -> None:
        nonlocal last
        connection = await Connection.open(job.host, job.port)
        for _ in turns:
            began = time.perf_counter()
            last = await asyncio.wait_for(connection.ask(request), PATIENCE)
            if not job.watch:
                times.append(time.perf_counter() - began)
                continue
            told = asyncio.create_task(_told(stream, last, began, times))
            waiting.append(told)
            if job.serial:
                await told
        connection.close()

    began, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(client() for _ in range(job.clients)))
    if waiting:
        await asyncio.gather(*waiting)
    took, busy = time.perf_counter() - began, time.process_time() - cpu
    if following is not None:
        following.cancel()
    return Outcome(times=times, took=took, bytes=len(last), busy=busy / took)


async def _told(stream: Stream, answer: bytes, began: float, times: list[float]) -> None:
    found = _ID.search(answer)
    assert found is not None, answer
    times.append(await asyncio.wait_for(stream.of(found[1]), PATIENCE) - began)


def _turns(job: Job) -> Iterator[int]:
    """Shared by all clients."""
    if job.requests:
        yield from range(job.requests)
        return
    end = time.perf_counter() + job.seconds
    turn = 0
    while time.perf_counter() < end:
        yield (turn := turn + 1)


def _post(job: Job) -> bytes:
    body = job.body.encode()
    return (
        f"POST {job.path} HTTP/1.1\r\nHost: {job.host}:{job.port}\r\nAuthorization: Bearer {job.token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def _get(job: Job, path: str) -> bytes:
    return (
        f"GET {path} HTTP/1.1\r\nHost: {job.host}:{job.port}\r\nAuthorization: Bearer {job.token}\r\n"
        "Accept: text/event-stream\r\n\r\n"
    ).encode()


def main() -> None:
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(run(job))))


if __name__ == "__main__":
    main()
