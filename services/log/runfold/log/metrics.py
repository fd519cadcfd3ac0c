"""The intake of what jobs use of their hosts: samples go to their store, and never become events."""

from runfold.bus import topology
from runfold.bus.port import Bus, Message, Rejected, Subscription
from runfold.contracts.metrics import decode_samples
from runfold.eventlog.metrics import MetricsStore


class MetricsIntake:
    """A part of the log service. Its store being away makes nothing unready: samples are given up after a few tries."""

    def __init__(self, store: MetricsStore, bus: Bus) -> None:
        self._store, self._bus = store, bus
        self._subscription: Subscription | None = None

    async def start(self) -> None:
        self._subscription = await self._bus.consume(topology.METRICS, self._handle)

    async def stop(self) -> None:
        if self._subscription is not None:
            subscription, self._subscription = self._subscription, None
            await subscription.cancel()

    def not_ready(self) -> str | None:
        return None

    async def _handle(self, message: Message) -> None:
        try:
            samples = decode_samples(message.body)
        except ValueError as error:
            raise Rejected(f"no samples: {error}") from error
        await self._store.add(samples)
