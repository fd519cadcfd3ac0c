"""Makes real what the ledger says: begins attempts, watches them, sends their output, stops and removes them."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from runfold.bus.port import Bus
from runfold.contracts.executor import AttemptCondition
from runfold.contracts.values import PullProgress
from runfold.executor.journal import Journal, JournalUnavailable
from runfold.executor.keeper import Keeper
from runfold.executor.ledger import Ledger, Steps
from runfold.executor.output import Shipper
from runfold.executor.reporter import Reporter
from runfold.executor.runtime import Runtime, RuntimeUnavailable
from runfold.ports import Clock
from runfold.ports.backoff import Backoff
from runfold.service.logging import get_logger
from runfold.service.tasks import Tasks

_log = get_logger("runfold.executor")


class Crew:
    """One task keeps an attempt, another sends its output; both go on where an earlier executor left off."""

    def __init__(
        self,
        ledger: Ledger,
        runtimes: Mapping[str, Runtime],
        *,
        journal: Journal,
        bus: Bus,
        clock: Clock,
        reporter: Reporter,
        tasks: Tasks,
        backoff: Callable[[], Backoff],
        sent: dict[str, int],
    ) -> None:
        """`sent` is how much of each attempt's output an earlier executor has sent, at least."""
        self._ledger = ledger
        self._runtimes = runtimes
        self._journal = journal
        self._bus = bus
        self._clock = clock
        self._reporter = reporter
        self._tasks = tasks
        self._backoff = backoff
        self._sent = sent
        self._shippers: dict[str, Shipper] = {}
        self._working: dict[str, list[asyncio.Task[None]]] = {}
        self._dropping: dict[str, None] = {}

    def resume(self) -> None:
        for attempt in list(self._ledger.attempts.values()):
            if not attempt.over:
                self.begin(attempt.id)
            elif attempt.void:
                self.drop(attempt.id)
            elif attempt.condition.started_at is not None:
                self._work(attempt.id, "output", self._keeper(attempt.id).resume_output())

    def begin(self, attempt_id: str) -> None:
        self._work(attempt_id, "keep", self._keeper(attempt_id).keep())

    def stop(self, attempt_id: str) -> None:
        self._work(attempt_id, "stop", self._stop(attempt_id))

    def drop(self, attempt_id: str) -> None:
        """Once, however many messages wanted it while it was on its way."""
        if attempt_id not in self._dropping and attempt_id in self._ledger.attempts:
            self._dropping[attempt_id] = None
            self._tasks.start(f"drop {attempt_id}", self._drop(attempt_id))

    def _keeper(self, attempt_id: str) -> Keeper:
        attempt = self._ledger.attempts[attempt_id]

        async def record(condition: AttemptCondition, started: bool) -> None:
            await self._record(attempt_id, condition, started)

        return Keeper(
            attempt,
            self._runtimes[attempt.runtime],
            clock=self._clock,
            backoff=self._backoff(),
            record=record,
            started=lambda: self._ship(attempt_id),
            pulling=lambda image, progress: self._pulling(attempt_id, image, progress),
        )

    async def _record(self, attempt_id: str, condition: AttemptCondition, started: bool) -> None:
        """Durable before it's reported: what is reported as over must never be begun by the next executor."""
        await self._write(self._ledger.change(attempt_id, condition, started=started))
        attempt = self._ledger.attempts[attempt_id]
        self._reporter.report(attempt_id)
        if attempt.over and attempt_id in self._shippers:
            self._shippers[attempt_id].end()
        if attempt.over and attempt.void:
            self.drop(attempt_id)

    def _pulling(self, attempt_id: str, image: str, progress: PullProgress) -> None:
        self._ledger.pulling(attempt_id, image, progress)
        self._reporter.report(attempt_id)

    def _ship(self, attempt_id: str) -> None:
        if attempt_id in self._shippers:
            return
        attempt = self._ledger.attempts[attempt_id]
        shipper = Shipper(
            attempt_id,
            self._runtimes[attempt.runtime],
            bus=self._bus,
            journal=self._journal,
            clock=self._clock,
            backoff=self._backoff(),
        )
        self._shippers[attempt_id] = shipper
        if attempt.over:
            shipper.end()
        self._work(attempt_id, "ship", shipper.ship(self._sent.pop(attempt_id, 0)))

    async def _stop(self, attempt_id: str) -> None:
        attempt = self._ledger.attempts.get(attempt_id)
        if attempt and attempt.stop and attempt.runtime:
            runtime, grace = self._runtimes[attempt.runtime], attempt.stop.grace
            await self._until_possible(attempt_id, lambda: runtime.stop(attempt_id, grace))

    async def _drop(self, attempt_id: str) -> None:
        attempt = self._ledger.attempts[attempt_id]
        await self._end_work(attempt_id)
        if attempt.runtime:
            runtime = self._runtimes[attempt.runtime]
            await self._until_possible(attempt_id, lambda: runtime.remove(attempt_id))
        self._shippers.pop(attempt_id, None)
        await self._write(self._ledger.dropped(attempt_id))
        del self._dropping[attempt_id]

    def _work(self, attempt_id: str, kind: str, work: Coroutine[Any, Any, None]) -> None:
        task = self._tasks.start(f"{kind} {attempt_id}", work)
        self._working.setdefault(attempt_id, []).append(task)

    async def _end_work(self, attempt_id: str) -> None:
        tasks = [task for task in self._working.pop(attempt_id, []) if not task.done()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _write(self, steps: Steps) -> None:
        backoff = self._backoff()
        while True:
            try:
                await self._journal.write(steps.entries)
                break
            except JournalUnavailable:
                await backoff.wait()
        self._ledger.durable(steps)

    async def _until_possible(self, attempt_id: str, act: Callable[[], Awaitable[None]]) -> None:
        backoff = self._backoff()
        while True:
            try:
                return await act()
            except RuntimeUnavailable as error:
                _log.warning("the runtime can't at the moment", attempt=attempt_id, error=str(error))
                await backoff.wait()
