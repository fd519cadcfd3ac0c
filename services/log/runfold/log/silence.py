"""Observes the hosts: who isn't heard for too long is silent, and what stops there by itself is lost in the end.

An answered inventory is the heartbeat (PROTOCOL.md, Silence): the executor counts from when it sent it, this from when
it came, so this counts longer. Heartbeats are never events; what is said here after so many seconds is.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog

from runfold.bus.port import Bus
from runfold.contracts.registry import Event
from runfold.domain import streams
from runfold.domain.cell.state import Cell
from runfold.domain.instance import silence
from runfold.domain.parking.state import Parked
from runfold.eventlog.port import NotActive
from runfold.log.parking import RecordedParking
from runfold.log.recorder import Recorder
from runfold.service.parking import TRANSIENT
from runfold.service.tasks import Tasks
from runfold.service.view import View

log = structlog.get_logger(__name__)

#: Seconds without word after which a host is silent.
AFTER = 120
#: Seconds between two looks at those that may have become too late.
LOOK = 5.0


class Silence:
    """`after`: seconds. What is counted is the event loop's time, which nobody sets."""

    def __init__(
        self,
        view: View,
        recorder: Recorder,
        bus: Bus,
        tasks: Tasks,
        *,
        confirm: Callable[[], Awaitable[None]],
        after: int = AFTER,
    ) -> None:
        """`confirm` raises unless this is the active replica, surely."""
        self._view, self._recorder, self._bus, self._tasks = view, recorder, bus, tasks
        self._parking = RecordedParking("log.silence", view, recorder, self._look_again)
        self._left_out: dict[str, None] = {}  #: ids of parked hosts
        self._confirm, self._after = confirm, after
        self._since = 0.0  #: when this replica began to listen
        self._heard: dict[str, float] = {}  #: host id -> when it was last heard
        self._words: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._told = False  #: that the broker was told to call

    def start(self) -> None:
        self._again()
        if not self._told:
            self._told = True
            self._bus.on_connected(self._reconnected)
        self._tasks.start("observe silence", self._run())

    def not_ready(self) -> str | None:
        return self._parking.not_ready()

    def heard(self, host_id: str) -> None:
        self._heard[host_id] = _now()
        self._left_out.pop(host_id, None)

    @asynccontextmanager
    async def broken(self, host_id: str) -> AsyncIterator[None]:
        """The host may be answered within: the log says that it isn't silent, and no verdict on it is under way.

        Else it might begin, as soon as it is answered, what is being lost to another host. Nor may a replica answer
        that was replaced and doesn't know: the other one doesn't hear what this one does, and counts on.
        """
        async with self._words[host_id]:
            await self._confirm()
            await self._recorder.record(
                lambda cell: silence.returned(cell, host_id), *_instances(self._view.cell, host_id)
            )
            yield

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(LOOK)
            if not self._bus.connected:
                # Nobody can be heard: it counts anew once that is over.
                self._again()
                continue
            for host_id in [each for each in self._view.cell.hosts if each not in self._left_out]:
                await self._judge_or_park(host_id)
            await self._parking.record()
            await self._unpark()

    async def _judge_or_park(self, host_id: str) -> None:
        try:
            if self._late(host_id):
                async with self._words[host_id]:
                    await self._judge(host_id)
        except NotActive:
            raise
        except TRANSIENT as error:
            log.warning("host not judged", host=host_id, error=str(error))
        except Exception as error:
            self._left_out[host_id] = None
            self._parking.park(streams.host(host_id), error)

    def _late(self, host_id: str) -> bool:
        due = silence.next_due(self._view.cell, host_id, self._after)
        return due is not None and due <= self._seconds(host_id)

    async def _unpark(self) -> None:
        """All hosts that aren't left out were looked at before this."""
        for parked in self._parking.mine:
            if parked.subject_id not in self._left_out:
                await self._parking.handled(parked.id)

    def _look_again(self, parked: Parked) -> None:
        self._left_out.pop(parked.subject_id, None)

    async def _judge(self, host_id: str) -> None:
        def decide(cell: Cell) -> list[Event]:
            """Asked when it is about to be said: it may have been heard meanwhile."""
            seconds = self._seconds(host_id)
            fell_silent = silence.silent(cell, host_id, seconds) if seconds >= self._after else []
            return [*fell_silent, *silence.lost(cell, host_id, seconds)]

        expect = (*_instances(self._view.cell, host_id), *_jobs(self._view.cell, host_id))
        log.warning("host silent", host=host_id, seconds=self._seconds(host_id))
        await self._recorder.record(decide, *expect)

    def _seconds(self, host_id: str) -> int:
        """Without word of it."""
        return int(_now() - max(self._heard.get(host_id, 0.0), self._since))

    def _again(self) -> None:
        self._since = _now()

    async def _reconnected(self) -> None:
        self._again()


def _now() -> float:
    return asyncio.get_running_loop().time()


def _instances(cell: Cell, host_id: str) -> list[str]:
    host = cell.hosts.get(host_id)
    return [streams.instance(id_) for id_ in host.instances] if host is not None else []


def _jobs(cell: Cell, host_id: str) -> list[str]:
    return [streams.job(job_id) for job_id in cell.hosts[host_id].attempts.values()]
