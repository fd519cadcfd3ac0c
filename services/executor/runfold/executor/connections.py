"""Connections into what runs here, opened because somebody asked for them: to the gateway that waits, by its ticket."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

import aiohttp

from runfold.contracts.connection import (
    DATA,
    Dial,
    Ended,
    Execute,
    Exited,
    Opened,
    Refused,
    Resized,
    Signalled,
)
from runfold.contracts.executor import AttemptState, ConnectionRequested
from runfold.executor.ledger import Ledger
from runfold.executor.runtime import NOT_RUNNING, Runtime, RuntimeUnavailable, Session, Unreachable
from runfold.service.line import Line, dial
from runfold.service.logging import get_logger
from runfold.service.metrics import METRICS
from runfold.service.tasks import Tasks

MOST = 256  #: connections at once
PATIENCE = 15.0  #: seconds until a gateway must have said what it wants

_log = get_logger("runfold.executor")


class Connections:
    """Each is a task of its own; none is waited for by anything else here."""

    def __init__(self, ledger: Ledger, runtimes: Mapping[str, Runtime], tasks: Tasks) -> None:
        self._ledger, self._runtimes, self._tasks = ledger, runtimes, tasks
        self._open = 0
        METRICS.gauge("runfold_connections", "Connections into jobs of this host.", lambda: self._open)

    def begin(self, asked: ConnectionRequested) -> None:
        if self._open >= MOST:
            _log.warning("a connection is refused", attempt=asked.attempt_id, most=MOST)
            return
        self._tasks.start(f"connection to {asked.attempt_id}", self._keep(asked))

    async def _keep(self, asked: ConnectionRequested) -> None:
        self._open += 1
        try:
            async with dial(asked.url, asked.fingerprint) as line:
                await self._serve(asked.attempt_id, line)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            # Who asked for it sees that nothing came, or that it ended.
            _log.info("a connection failed", attempt=asked.attempt_id, error=str(error) or repr(error))
        finally:
            self._open -= 1

    async def _serve(self, attempt_id: str, line: Line) -> None:
        async with asyncio.timeout(PATIENCE):
            wanted = await line.hear()
        if not isinstance(wanted, Execute | Dial):
            return None
        try:
            session = await self._reach(attempt_id, wanted)
        except (Unreachable, RuntimeUnavailable) as error:
            return await line.say(Refused(str(error)))
        try:
            await line.say(Opened())
            await _carry(session, line)
        finally:
            await session.close()

    async def _reach(self, attempt_id: str, wanted: Execute | Dial) -> Session:
        """Raises Unreachable, RuntimeUnavailable."""
        attempt = self._ledger.attempts.get(attempt_id)
        if attempt is None or attempt.condition.state is not AttemptState.RUNNING:
            raise Unreachable(NOT_RUNNING)
        runtime = self._runtimes[attempt.runtime]
        if isinstance(wanted, Dial):
            return await runtime.dial(attempt_id, wanted.port)
        return await runtime.execute(attempt_id, wanted)


async def _carry(session: Session, line: Line) -> None:
    """Both ways, until the session has ended or nobody is there any more."""
    output, input = asyncio.create_task(_output(session, line)), asyncio.create_task(_input(session, line))
    try:
        await asyncio.wait((output, input), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (output, input):
            task.cancel()
        with suppress(ConnectionError):  # nobody is there any more
            for ended in await asyncio.gather(output, input, return_exceptions=True):
                if isinstance(ended, Exception):
                    raise ended


async def _output(session: Session, line: Line) -> None:
    """To its end, with the status; a connection that has none goes on until the other end has said all, too."""
    while (piece := await session.read())[1]:
        await line.send(*piece)
    status = await session.exited()
    if status is None:
        await line.say(Ended())
        await asyncio.Event().wait()
    else:
        await line.say(Exited(status))


async def _input(session: Session, line: Line) -> None:
    """Until the line is closed."""
    while (heard := await line.hear()) is not None:
        match heard:
            case tuple():
                if heard[0] == DATA:
                    await session.write(heard[1])
            case Ended():
                await session.end_input()
            case Resized(columns, rows):
                await session.resize(columns, rows)
            case Signalled(name):
                await session.signal(name)
            case _:
                return
