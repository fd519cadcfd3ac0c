"""Brings one attempt from its claim, or from where an earlier executor left it, to its end."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from runfold.contracts.executor import AttemptCondition, AttemptState
from runfold.contracts.values import PullProgress
from runfold.executor import tracing
from runfold.executor.entries import Attempt
from runfold.executor.runtime import (
    Ended,
    Interrupted,
    Runtime,
    RuntimeUnavailable,
    Started,
    StartFailed,
)
from runfold.ports import Clock
from runfold.ports.backoff import Backoff
from runfold.service.logging import bound, get_logger

_log = get_logger("runfold.executor")

#: Makes a condition durable and reports it; the flag says that it has started.
Record = Callable[[AttemptCondition, bool], Awaitable[None]]


class Keeper:
    """`record` is called for every change; `started` once its output can be read."""

    def __init__(
        self,
        attempt: Attempt,
        runtime: Runtime,
        *,
        clock: Clock,
        backoff: Backoff,
        record: Record,
        started: Callable[[], None],
        pulling: Callable[[str, PullProgress], None],
    ) -> None:
        self._attempt = attempt
        self._runtime = runtime
        self._clock = clock
        self._backoff = backoff
        self._record = record
        self._started = started
        self._pulling = pulling
        self._pulling_since: int | None = None

    async def keep(self) -> None:
        """Returns once the attempt is over and recorded as such."""
        given = self._attempt.assignment
        with bound(traceparent=given.traceparent, run=given.run_id, attempt=given.attempt_id):
            await self._keep()

    async def _keep(self) -> None:
        try:
            started = await self._start()
            self._started()
            await self._running(started)
            await self._over(await self._ended())
        except StartFailed as error:
            await self._finish(
                AttemptState.EXITED, reason=error.reason, message=str(error), exited_at=self._clock.now()
            )
        except Interrupted as error:
            self._started()
            await self._finish(
                AttemptState.LOST, message=f"interrupted: {error}", exited_at=self._clock.now()
            )

    async def resume_output(self) -> None:
        """Of an attempt that is over: only makes its output readable again."""
        try:
            await self._start()
        except (StartFailed, Interrupted):
            return
        finally:
            self._started()

    async def _start(self) -> Started:
        """Tries until the runtime answers: an engine that is away says nothing about the attempt."""
        attempt = self._attempt
        # What was recorded as running is only looked for: if it's gone, running it again would be a second time.
        create = attempt.condition.started_at is None and not attempt.over
        while True:
            try:
                if attempt.stop:
                    await self._runtime.stop(attempt.id, attempt.stop.grace)
                return await self._runtime.start(attempt.assignment, create=create, on_pull=self._on_pull)
            except RuntimeUnavailable as error:
                await self._wait(error)

    async def _ended(self) -> Ended:
        while True:
            try:
                return await self._runtime.ended(self._attempt.id)
            except RuntimeUnavailable as error:
                await self._wait(error)

    async def _wait(self, error: RuntimeUnavailable) -> None:
        _log.warning("the runtime can't at the moment", attempt=self._attempt.id, error=str(error))
        await self._backoff.wait()

    def _on_pull(self, progress: PullProgress) -> None:
        self._pulling_since = self._pulling_since or self._clock.now()
        image = self._attempt.assignment.spec.image
        self._pulling(image or "the default image", progress)

    async def _running(self, started: Started) -> None:
        condition = self._attempt.condition
        if condition.state is AttemptState.RUNNING:
            return
        running = replace(
            condition,
            state=AttemptState.RUNNING,
            started_at=started.started_at,
            ports=started.ports,
            message=None,
        )
        await self._record(running, True)
        tracing.started(self._attempt, running, self._pulling_since)

    async def _over(self, ended: Ended) -> None:
        await self._finish(
            AttemptState.EXITED,
            exit_status=ended.exit_status,
            exited_at=ended.exited_at,
            output_bytes=ended.output_bytes,
            oom_killed=ended.oom_killed,
            reason=ended.reason or _reason(ended),
            message=ended.message,
        )

    async def _finish(self, state: AttemptState, **facts: object) -> None:
        condition = replace(self._attempt.condition, state=state, **facts)  # type: ignore[arg-type]
        await self._record(condition, False)
        tracing.ended(self._attempt, condition, self._clock.now())


def _reason(ended: Ended) -> str:
    return "done_by_runner" if ended.exit_status == 0 else "container_exited_with_error"
