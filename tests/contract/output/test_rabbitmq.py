"""A chunk over the real broker: what the executor says is what the store gets."""

import asyncio

from runfold.bus.adapters.rabbitmq import RabbitBus
from runfold.bus.port import Message
from runfold.bus.topology import OUTPUT, Exchange
from runfold.eventlog.adapters.output_memory import MemoryOutputStore
from runfold.eventlog.output import OutputQuery, OutputRecord
from runfold.log.output.intake import Intake
from runfold.service.system import SystemIds

TIME = 1_790_000_000_000_000


async def test_bytes_offsets_and_times_arrive_as_they_were_sent(amqp_url: str) -> None:
    bus, store = RabbitBus(amqp_url), MemoryOutputStore()
    intake = Intake(store, bus, on_stored=lambda *_: None, ids=SystemIds())
    await bus.open()
    await intake.start()
    for offset, data in ((0, b"\xff\x00"), (2, bytes(256 * 1024)), (2 + 256 * 1024, b"end\n")):
        headers: dict[str, str | int] = {"attempt_id": "a", "offset": offset, "time": TIME + offset}
        message = Message(data, headers, content_type="application/octet-stream")
        await bus.publish(Exchange.OUTPUT, OUTPUT.key, message, mandatory=True)
    await asyncio.wait_for(store.read_from("a", 2 + 256 * 1024, wait=60), 30)
    first, _, last = (await store.poll("a", OutputQuery())).records
    assert first == OutputRecord(0, TIME, b"\xff\x00")
    assert last == OutputRecord(2 + 256 * 1024, TIME + 2 + 256 * 1024, b"end\n")
    await intake.stop()
    await bus.close()
