"""One of several replicas of a service: active, or standing by until nobody else is (PROTOCOL.md, Terms).

The active one shows the broker a sign, an exclusive queue; a standby tries to get it and, once it does, begins a term.
Having the sign decides nothing: only a later term in the log ends an activity, so a broker that is away or wrong costs
at most a needless change.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

import structlog

from runfold.bus.port import Bus, BusError
from runfold.bus.topology import active
from runfold.ports import Ids
from runfold.ports.backoff import chance
from runfold.service.metrics import METRICS
from runfold.service.signal import Signal
from runfold.service.tasks import Tasks

log = structlog.get_logger(__name__)

_actives = METRICS.gauge("runfold_active", "1 while this replica is the active one of its service.")

#: Seconds between a standby's tries for the sign: at least, at most.
LEAST, MOST = 1.0, 2.5
#: Seconds between the tries of an active one whose sign another still has; less than a standby's.
AGAIN = 0.3
#: Seconds that a standby leaves to the active one to show its sign again once the broker is back.
COURTESY = 2.5


class Activity(Protocol):
    """What only the active replica of a service does."""

    async def begin(self) -> None:
        """Returns once this replica's term stands in the log, what came before it is folded, and its work is under way;
        tries as long as it takes."""

    async def over(self) -> None:
        """Returns when another's later term has begun."""

    async def end(self) -> None:
        """Leaves everything to the other one; `begin` may be called again."""

    def not_ready(self) -> str | None: ...


class Replica:
    """A component around an `Activity`. With `standby` it begins when no other replica is active; else at its start,
    which ends the activity of any other, broker or no broker."""

    def __init__(
        self,
        name: str,
        activity: Activity,
        bus: Bus,
        ids: Ids,
        *,
        standby: bool = False,
        not_ready: Callable[[], str | None] = lambda: None,
    ) -> None:
        """`not_ready` says what a standby lacks, too."""
        self.name = name
        self._activity, self._bus, self._ids = activity, bus, ids
        self._standby, self._not_ready = standby, not_ready
        self._sign = active(name)
        self._active = False
        self._connected = Signal()
        self._tasks = Tasks()
        self._turn_to(active=False)

    @property
    def active(self) -> bool:
        return self._active

    async def start(self) -> None:
        """A standby is started once it follows; the others once they are active."""
        self._bus.on_connected(self._reconnected)
        if not self._standby:
            await self._activity.begin()
            self._turn_to(active=True)
        self._tasks.start(f"{self.name} replica", self._run())

    async def stop(self) -> None:
        await self._tasks.stop()
        self._turn_to(active=False)
        await self._activity.end()
        # Whoever stands by needn't wait until the connection is closed.
        await self._release()

    def not_ready(self) -> str | None:
        return (
            self._tasks.failed or self._not_ready() or (self._activity.not_ready() if self._active else None)
        )

    async def _run(self) -> None:
        while True:
            if not self._active:
                await self._turn()
                log.info("nobody else is active: this replica takes over", service=self.name)
                await self._activity.begin()
                self._turn_to(active=True)
            await self._until_over()
            log.warning("another replica is active now: this one stands by", service=self.name)
            self._turn_to(active=False)
            await self._activity.end()
            await self._release()

    def _turn_to(self, *, active: bool) -> None:
        self._active = active
        _actives.set(int(active), service=self.name)

    async def _turn(self) -> None:
        """Returns once the sign is this replica's."""
        while True:
            pause = LEAST + (MOST - LEAST) * chance(self._ids)
            if await self._connected.wait(pause):
                await asyncio.sleep(COURTESY)
            if await self._hold():
                return

    async def _until_over(self) -> None:
        showing = asyncio.create_task(self._show(), name="show the sign")
        try:
            await self._activity.over()
        finally:
            showing.cancel()
            await asyncio.wait([showing])

    async def _show(self) -> None:
        """Gets the sign, and again after each reconnection."""
        while True:
            held = await self._hold()
            # The one before still has it until it sees this term.
            await self._connected.wait(None if held else AGAIN)

    async def _hold(self) -> bool:
        try:
            return await self._bus.hold(self._sign)
        except BusError as error:
            log.debug("no sign", sign=self._sign, error=str(error))
            return False

    async def _release(self) -> None:
        with suppress(BusError):
            await self._bus.release(self._sign)

    async def _reconnected(self) -> None:
        self._connected.set()
