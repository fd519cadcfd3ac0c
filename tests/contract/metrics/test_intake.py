"""Samples over the real broker: what the executor says is what the store gets."""

import asyncio
from collections.abc import Sequence

from runfold.bus.adapters.rabbitmq import RabbitBus
from runfold.bus.port import Message
from runfold.bus.topology import METRICS
from runfold.contracts.metrics import Sample, encode_samples
from runfold.eventlog.adapters.metrics_memory import MemoryMetricsStore
from runfold.log.metrics import MetricsIntake
from tests.contract.metrics.given import sample


class Telling(MemoryMetricsStore):
    def __init__(self) -> None:
        super().__init__()
        self.added = asyncio.Event()

    async def add(self, samples: Sequence[Sample]) -> None:
        await super().add(samples)
        self.added.set()


async def test_samples_are_stored_and_what_is_none_is_passed_over(amqp_url: str) -> None:
    bus, store = RabbitBus(amqp_url), Telling()
    intake = MetricsIntake(store, bus)
    await bus.open()
    await intake.start()

    for body in (b"no samples", b'[{"attempt_id": "a"}]', encode_samples((sample(1), sample(2, "b")))):
        await bus.publish(METRICS.exchange, METRICS.key, Message(body), mandatory=True)
    await asyncio.wait_for(store.added.wait(), 30)

    assert (await store.read("a"), await store.read("b")) == ((sample(1),), (sample(2, "b"),))
    await intake.stop()
    await bus.close()
