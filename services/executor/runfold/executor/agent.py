"""The executor's half of the claim protocol (PROTOCOL.md, Work): what it is told becomes durable, then real."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from runfold.bus.port import Bus, Message, Postponed, Rejected, Subscription
from runfold.bus.topology import work
from runfold.contracts import wire
from runfold.contracts.executor import (
    AttemptsAssigned,
    AttemptsForgotten,
    AttemptsStopped,
    ConnectionRequested,
    ExecutorAnnounced,
    InventoryAnswered,
)
from runfold.executor import tracing
from runfold.executor.admission import Admissions, Choice
from runfold.executor.connections import Connections
from runfold.executor.crew import Crew
from runfold.executor.entries import encode
from runfold.executor.facts import Facts
from runfold.executor.holdings import Holdings
from runfold.executor.host import Host
from runfold.executor.inventory import Inventory
from runfold.executor.journal import Journal, JournalUnavailable
from runfold.executor.lease import Lease
from runfold.executor.ledger import Ledger, Steps
from runfold.executor.memory import Memory, remember
from runfold.executor.metrics import Sampler
from runfold.executor.reporter import Reporter
from runfold.executor.runtime import Runtime
from runfold.ports import Clock, Ids
from runfold.ports.backoff import Backoff
from runfold.service.logging import get_logger
from runfold.service.metrics import METRICS
from runfold.service.tasks import Tasks

_log = get_logger("runfold.executor")

#: Seconds between tries, whatever is away: well below the 5 s after which missing output is given up.
LONGEST_WAIT = 2.0


@dataclass(frozen=True, slots=True)
class Profile:
    """How this executor presents its host, and what it lets jobs have."""

    name: str
    choice: Choice = "auto"
    fleet: str | None = None
    labels: dict[str, str] = field(default_factory=dict)
    version: str = ""
    address: str | None = None


class Agent:
    """The executor as a Component, out of ports alone."""

    name = "executor"

    def __init__(
        self,
        profile: Profile,
        runtimes: Mapping[str, Runtime],
        *,
        journal: Journal,
        host: Host,
        bus: Bus,
        clock: Clock,
        ids: Ids,
        lease: Lease | None = None,
        metrics_interval: float | None = None,
    ) -> None:
        """`lease` is the one that `runtimes` ask. `metrics_interval`: seconds between two samples of what attempts
        use; None takes none."""
        self._profile = profile
        self._runtimes = runtimes
        self._journal = journal
        self._host = host
        self._lease = lease or Lease(host)
        self._bus = bus
        self._clock = clock
        self._ids = ids
        self._metrics_interval = metrics_interval
        self._tasks = Tasks()
        self._trouble: str | None = "starting"
        self._releases: list[Callable[[], None]] = []
        self._subscription: Subscription | None = None
        capacity = host.facts().capacity
        self._held = Holdings()
        self._admissions = Admissions(profile.choice, lambda: capacity, self._held)
        self._ledger = Ledger(self._admissions, clock.now, self._held)
        self._connections = Connections(self._ledger, runtimes, self._tasks)
        self._lease.stopped = self._is_stopped
        METRICS.gauge("runfold_live_attempts", "Attempts that hold capacity of this host.", self._count_held)

    async def start(self) -> None:
        """Raises JournalUnavailable, IdentityTaken."""
        memory = remember(await self._journal.load())
        host_id = memory.host_id or self._ids.uuid4()
        self._releases.append(self._host.take_identity(host_id))
        incarnation = memory.incarnation + 1
        await self._journal.write({"host": encode(host_id), "incarnation": encode(incarnation)})
        self._ledger.load(memory.attempts, memory.marks, memory.position)
        # Of equal lengths, so that they compare as they count.
        facts = Facts(self._bus, host_id, f"{incarnation:010}")
        self._wire(facts, memory)
        await self._admissions.probe(self._runtimes)
        self._crew.resume()
        self._tasks.start("reporter", self._reporter.run())
        self._subscription = await self._bus.consume(work(host_id), self.handle)
        self._bus.on_connected(self._inventory.connected)
        self._tasks.start("inventory", self._inventory.run())
        if self._metrics_interval is not None:
            self._tasks.start("metrics", self._sampler(self._metrics_interval).run())
        self._trouble = None

    async def stop(self) -> None:
        """Jobs run on; the next executor adopts them."""
        if self._subscription:
            await self._subscription.cancel()
        await self._tasks.stop()
        for runtime in self._runtimes.values():
            await runtime.close()
        await self._journal.close()
        for release in self._releases:
            release()

    def not_ready(self) -> str | None:
        if self._trouble:
            return self._trouble
        if not self._bus.connected:
            return "no broker"
        return self._tasks.failed or self._inventory.silence()

    @property
    def runtimes(self) -> tuple[str, ...]:
        return tuple(self._admissions.runtimes)

    async def handle(self, message: Message) -> None:
        """A message is done once what it asks for is durable; what follows from that goes on by itself."""
        try:
            said = wire.decode(message.body)
        except ValueError as error:
            raise Rejected(str(error)) from error
        match said:
            case AttemptsAssigned():
                await self._take(self._ledger.assigned(said))
            case AttemptsStopped():
                await self._take(self._ledger.stopped(said))
            case AttemptsForgotten():
                await self._take(self._ledger.forgotten(said))
            case InventoryAnswered():
                # A replica that was replaced may not know, and say what is old: that isn't being heard.
                news = said.position >= self._ledger.position
                await self._take(self._ledger.answered(said), said if news else None)
            case ConnectionRequested():
                self._connections.begin(said)
            case _:
                raise Rejected(f"{type(said).__name__} is nothing for an executor")

    async def _take(self, steps: Steps, answer: InventoryAnswered | None = None) -> None:
        try:
            await self._journal.write(steps.entries)
        except JournalUnavailable as error:
            # What isn't durable isn't claimed; the message comes again, and so does the next inventory's answer.
            self._ledger.unclaim(steps)
            # Ending needs no journal, and the ledger, which has these orders now, won't call them news again.
            self._end(steps)
            self._trouble = str(error)
            _log.error("nothing new is begun", error=str(error))
            raise Postponed(str(error)) from error
        self._trouble = None
        self._ledger.durable(steps)
        for attempt_id in steps.claimed:
            tracing.claimed(self._ledger.attempts[attempt_id], self._clock.now())
        for attempt_id in steps.report:
            self._reporter.report(attempt_id)
        self._end(steps)
        if answer is not None:
            # What it voids the ledger knows as stopped; what it brings may begin.
            self._inventory.answered(answer)
        for attempt_id in steps.begin:
            self._crew.begin(attempt_id)

    def _end(self, steps: Steps) -> None:
        for attempt_id in steps.stop:
            self._crew.stop(attempt_id)
        for attempt_id in steps.drop:
            self._crew.drop(attempt_id)

    def _wire(self, facts: Facts, memory: Memory) -> None:
        self._reporter = Reporter(facts, self._ledger, self._backoff())

        async def look() -> ExecutorAnnounced:
            return await self._look(facts)

        self._inventory = Inventory(facts, self._ledger, look, self._lease, self._backoff())
        self._crew = Crew(
            self._ledger,
            self._runtimes,
            journal=self._journal,
            bus=self._bus,
            clock=self._clock,
            reporter=self._reporter,
            tasks=self._tasks,
            backoff=self._backoff,
            sent=memory.sent,
        )

    def _sampler(self, interval: float) -> Sampler:
        return Sampler(
            self._held,
            self._runtimes,
            capacity=self._host.facts().capacity,
            bus=self._bus,
            clock=self._clock,
            interval=interval,
        )

    async def _look(self, facts: Facts) -> ExecutorAnnounced:
        host = self._host.facts()
        return ExecutorAnnounced(
            host_id=facts.host_id,
            name=self._profile.name,
            incarnation=facts.incarnation,
            capacity=host.capacity,
            runtimes=await self._admissions.probe(self._runtimes),
            fleet=self._profile.fleet,
            labels=self._profile.labels,
            arch=host.arch,
            version=self._profile.version,
            address=self._profile.address or host.address,
        )

    def _is_stopped(self, attempt_id: str) -> bool:
        attempt = self._ledger.attempts.get(attempt_id)
        return attempt is not None and attempt.stop is not None

    def _count_held(self) -> int:
        return len(self._held)

    def _backoff(self) -> Backoff:
        return Backoff(self._ids, most=LONGEST_WAIT)
