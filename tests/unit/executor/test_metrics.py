"""The sampler: what it tells of attempts that run, and what it keeps to itself."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from runfold.bus.adapters.in_process import InProcessBus
from runfold.bus.port import BusUnavailable, Message
from runfold.bus.topology import METRICS, Exchange
from runfold.contracts.executor import AttemptCondition, AttemptState
from runfold.contracts.metrics import Sample, decode_samples
from runfold.contracts.values import Quantities
from runfold.executor.entries import Attempt
from runfold.executor.metrics import Sampler
from runfold.executor.runtime import Usage
from runfold.executor.runtimes.memory import MemoryEngine, MemoryRuntime
from tests.unit.executor.log_service import assignment
from tests.unit.executor.world import LoopClock
from tests.unit.service.virtual_time import run_virtual

RUNNING, PULLING, EXITED = AttemptState.RUNNING, AttemptState.PULLING, AttemptState.EXITED
SECOND = 1_000_000


class Host:
    """Attempts that sleep, one sampler every 10 s, and what it said."""

    def __init__(self) -> None:
        self.clock = LoopClock()
        self.engine = MemoryEngine(self.clock.now)
        self.runtime = MemoryRuntime(self.engine)
        self.attempts: list[Attempt] = []
        self.bus = InProcessBus()
        self.said: list[tuple[Sample, ...]] = []

    async def start(self) -> "asyncio.Task[None]":
        await self.bus.consume(METRICS, self._hear)
        sampler = Sampler(
            self.attempts,
            {"process": self.runtime},
            capacity=Quantities(cpu=4000, memory=2**34),
            bus=self.bus,
            clock=self.clock,
            interval=10.0,
        )
        return asyncio.create_task(sampler.run())

    def run(self, attempt_id: str, state: AttemptState = RUNNING) -> None:
        self.attempts.append(
            Attempt(
                assignment(attempt_id), 1, "process", AttemptCondition(attempt_id, f"job-{attempt_id}", state)
            )
        )
        self.engine.begin(assignment(attempt_id, "sleep 600"))

    async def _hear(self, message: Message) -> None:
        self.said.append(decode_samples(message.body))


def living(story: Callable[[Host], Awaitable[None]]) -> None:
    async def tell() -> None:
        host = Host()
        sampling = await host.start()
        await story(host)
        sampling.cancel()
        await host.bus.close()

    run_virtual(tell())


def test_one_message_tells_of_all_that_run_every_ten_seconds() -> None:
    async def story(host: Host) -> None:
        host.run("a")
        host.run("b")
        await asyncio.sleep(25)
        assert [[each.attempt_id for each in message] for message in host.said] == [["a", "b"], ["a", "b"]]
        first, second = (message[0] for message in host.said)
        assert (first.cpu_micros, second.cpu_micros) == (10 * SECOND, 20 * SECOND)
        assert second.time - first.time == 10 * SECOND
        assert (first.cpus, first.memory_total_bytes, first.memory_bytes) == (4, 2**34, 2**20)

    living(story)


def test_what_does_not_run_is_not_told_of() -> None:
    async def story(host: Host) -> None:
        host.run("pulled", PULLING)
        host.run("over", EXITED)
        host.run("ending")
        host.engine.signal("ending", 0)
        await asyncio.sleep(25)
        assert host.said == []

    living(story)


def test_an_engine_that_is_away_costs_only_samples() -> None:
    async def story(host: Host) -> None:
        host.run("a")
        host.engine.away = True
        await asyncio.sleep(15)
        host.engine.away = False
        await asyncio.sleep(10)
        assert [message[0].cpu_micros for message in host.said] == [20 * SECOND]

    living(story)


def test_processor_time_never_falls(monkeypatch: pytest.MonkeyPatch) -> None:
    used = iter([50, 30, 60])

    async def sample(attempt_id: str) -> Usage:
        return Usage(next(used), 1, 1)

    async def story(host: Host) -> None:
        monkeypatch.setattr(host.runtime, "sample", sample)
        host.run("a")
        await asyncio.sleep(35)
        assert [message[0].cpu_micros for message in host.said] == [50, 50, 60]

    living(story)


def test_a_broker_that_is_away_costs_only_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(exchange: Exchange, key: str, message: Message, *, mandatory: bool = False) -> None:
        raise BusUnavailable("no broker")

    async def story(host: Host) -> None:
        host.run("a")
        with monkeypatch.context() as outage:
            outage.setattr(host.bus, "publish", away)
            await asyncio.sleep(15)
        await asyncio.sleep(10)
        assert len(host.said) == 1

    living(story)
