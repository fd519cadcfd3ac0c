"""Samples what running attempts use of this host, and sends that to the log service: one message for all of them."""

import asyncio
from collections.abc import Iterable, Mapping

from runfold.bus.port import Bus, BusError, Message
from runfold.bus.topology import METRICS
from runfold.contracts.executor import AttemptState
from runfold.contracts.metrics import MOST_SAMPLES, Sample, encode_samples
from runfold.contracts.values import Quantities
from runfold.executor.entries import Attempt
from runfold.executor.runtime import Runtime, RuntimeUnavailable
from runfold.ports import Clock
from runfold.service.logging import get_logger

_log = get_logger("runfold.executor")


class Sampler:
    """`attempts` are those of this host; one sample of each that runs every `interval` seconds. Samples may be lost."""

    def __init__(
        self,
        attempts: Iterable[Attempt],
        runtimes: Mapping[str, Runtime],
        *,
        capacity: Quantities,
        bus: Bus,
        clock: Clock,
        interval: float,
    ) -> None:
        self._attempts, self._runtimes = attempts, runtimes
        self._cpus, self._memory = capacity.cpu // 1000, capacity.memory
        self._bus, self._clock = bus, clock
        self._interval = interval
        self._used: dict[str, int] = {}

    async def run(self) -> None:
        while True:
            await asyncio.sleep(self._interval)
            await self._send(await self.sample())

    async def sample(self) -> tuple[Sample, ...]:
        """Of all that run now and show what they use."""
        running = [each for each in self._attempts if each.condition.state is AttemptState.RUNNING]
        taken = [sample for each in running[:MOST_SAMPLES] if (sample := await self._sample(each))]
        self._used = {sample.attempt_id: sample.cpu_micros for sample in taken}
        return tuple(taken)

    async def _sample(self, attempt: Attempt) -> Sample | None:
        try:
            usage = await self._runtimes[attempt.runtime].sample(attempt.id)
        except RuntimeUnavailable:
            return None
        if usage is None:
            return None
        return Sample(
            attempt_id=attempt.id,
            time=self._clock.now(),
            # What ended unnoticed takes its share along; those who subtract two samples must not see that.
            cpu_micros=max(usage.cpu_micros, self._used.get(attempt.id, 0)),
            memory_bytes=usage.memory_bytes,
            memory_working_set_bytes=usage.memory_working_set_bytes,
            cpus=self._cpus,
            memory_total_bytes=self._memory,
        )

    async def _send(self, samples: tuple[Sample, ...]) -> None:
        if not samples:
            return
        try:
            await self._bus.publish(METRICS.exchange, METRICS.key, Message(encode_samples(samples)))
        except BusError as error:
            _log.debug("samples lost", error=str(error))
