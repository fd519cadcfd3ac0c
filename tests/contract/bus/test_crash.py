"""The broker dies under load."""

import asyncio
from functools import partial
from itertools import count
from uuid import uuid4

from runfold.bus.port import Bus, BusUnavailable, Message
from runfold.bus.topology import Exchange, Queue
from tests.contract.bus.inbox import Inbox
from tests.contract.bus.rigs import Rig
from tests.contract.bus.waiting import until

PUBLISHERS = 8
BEFORE = AFTER = 400


async def test_nothing_that_was_confirmed_is_lost_and_consumers_go_on(mortal_rig: Rig) -> None:
    key = uuid4().hex
    queue = Queue(
        f"crash.{key}", Exchange.FACTS, key, quorum=True, overflow="reject-publish", delivery_limit=5
    )
    publisher, consumer, inbox = await mortal_rig.connect(), await mortal_rig.connect(), Inbox()
    await consumer.consume(queue, inbox)
    load = Load(publisher, key)
    try:
        await until(lambda: len(load.confirmed) >= BEFORE)
        await mortal_rig.lose()
        await until(lambda: load.failures >= 1)
        await mortal_rig.mend()
        confirmed = len(load.confirmed)
        await until(lambda: len(load.confirmed) >= confirmed + AFTER, seconds=60)
    finally:
        await load.stop()
    await until(lambda: set(load.confirmed) <= set(inbox.bodies), seconds=60)
    assert await consumer.dead_letters.count(queue) == 0


class Load:
    """Publishers that try each message until it is confirmed."""

    def __init__(self, bus: Bus, key: str) -> None:
        self.confirmed: list[bytes] = []
        self.failures = 0
        self._bus = bus
        self._key = key
        self._numbers = count()
        self._stopping = False
        self._tasks = [asyncio.create_task(self._publish()) for _ in range(PUBLISHERS)]

    async def stop(self) -> None:
        self._stopping = True
        await asyncio.gather(*self._tasks)

    async def _publish(self) -> None:
        while not self._stopping:
            body = str(next(self._numbers)).encode()
            await until(partial(self._is_confirmed, body), seconds=60)

    async def _is_confirmed(self, body: bytes) -> bool:
        try:
            await self._bus.publish(Exchange.FACTS, self._key, Message(body), mandatory=True)
        except BusUnavailable:
            self.failures += 1
            return False
        self.confirmed.append(body)
        return True
