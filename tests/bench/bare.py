"""The limit: the smallest aiohttp handlers that do what no implementation could leave out.

`/durable` decodes the body, makes a record durable, together with those that wait, and answers; `/answer` decodes and
answers. Run as `python -m tests.bench.bare PORT FILE RECORD_BYTES ANSWER_BYTES`.
"""

import asyncio
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
from aiohttp import web


class GroupCommit:
    """Appends to a file; what comes while the disk works shares the next write."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._thread = ThreadPoolExecutor(1)
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def append(self, record: bytes) -> None:
        """Durable when it returns."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((record, future))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        await future

    async def _write(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting, []
            records = b"".join(record for record, _ in group)
            await asyncio.get_running_loop().run_in_executor(self._thread, self._durable, records)
            for _, future in group:
                future.set_result(None)
        self._writing = None

    def _durable(self, records: bytes) -> None:
        os.write(self._file, records)
        os.fdatasync(self._file)


def application(log: GroupCommit, record: bytes, answer: bytes) -> web.Application:
    decode = msgspec.json.Decoder().decode

    async def durable(request: web.Request) -> web.Response:
        decode(await request.read())
        await log.append(record)
        return web.Response(body=answer, content_type="application/json")

    async def answered(request: web.Request) -> web.Response:
        decode(await request.read())
        return web.Response(body=answer, content_type="application/json")

    app = web.Application()
    app.router.add_post("/durable", durable)
    app.router.add_post("/answer", answered)
    return app


async def serve(port: int, path: Path, record_bytes: int, answer_bytes: int) -> None:
    app = application(GroupCommit(path), b"x" * record_bytes, b"x" * answer_bytes)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    print("listening", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    number, file, record_size, answer_size = sys.argv[1:]
    asyncio.run(serve(int(number), Path(file), int(record_size), int(answer_size)))
