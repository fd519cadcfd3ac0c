"""Reaching into a running attempt: a ticket is issued, its executor told, and what comes back is a line to the job."""

import asyncio
from collections.abc import Callable

from runfold.contracts.connection import Dial, Execute, Opened, Refused
from runfold.contracts.executor import ConnectionRequested
from runfold.domain.cell.state import Cell
from runfold.domain.job.state import JobStatus
from runfold.eventlog.port import EventLogError
from runfold.gateway.connections.tickets import PATH, Tickets
from runfold.service.address import Address
from runfold.service.connections import Connections
from runfold.service.line import Line

PATIENCE = 15.0  #: seconds until the executor's connection must have come, and what was wanted be open


class Unreachable(Exception):
    """There is no way in; the text says why."""


class Reach:
    def __init__(
        self,
        cell: Callable[[], Cell],
        tickets: Tickets,
        connections: Connections,
        address: Callable[[], Address],
    ) -> None:
        self._cell, self._tickets, self._connections = cell, tickets, connections
        self._address = address

    async def open(self, attempt_id: str, wanted: Execute | Dial) -> Line:
        """A line on which `wanted` is opened; whoever has it closes it. Raises Unreachable."""
        host_id, address = self._host(attempt_id), self._address()
        async with self._tickets.issue() as (ticket, take):
            url = address.url + PATH.format(ticket=ticket)
            try:
                async with asyncio.timeout(PATIENCE):
                    asked = ConnectionRequested(attempt_id, url, address.fingerprint)
                    if not await self._connections.request(host_id, asked):
                        raise Unreachable("the job's host is not connected at the moment")
                    return await _opened(await take(), wanted)
            except TimeoutError:
                raise Unreachable(f"the job's host has not answered within {PATIENCE:g} s") from None
            except EventLogError as error:
                raise Unreachable("the log service does not answer; try again") from error

    def _host(self, attempt_id: str) -> str:
        """Raises Unreachable."""
        attempt = self._cell().attempts.get(attempt_id)
        if attempt is None or attempt.finished_at is not None or attempt.host_id is None:
            raise Unreachable(
                "the job has ended" if attempt is None or attempt.finished_at else "the job waits"
            )
        if attempt.status is not JobStatus.RUNNING:
            raise Unreachable(f"the job is {attempt.status}")
        return attempt.host_id


async def _opened(line: Line, wanted: Execute | Dial) -> Line:
    try:
        await line.say(wanted)
        answer = await line.hear()
    except BaseException:
        await line.close()
        raise
    if isinstance(answer, Opened):
        return line
    await line.close()
    raise Unreachable(answer.reason if isinstance(answer, Refused) else "the job's host hung up")
