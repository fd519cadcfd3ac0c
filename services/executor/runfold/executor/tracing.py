"""An attempt's stages as spans of its run's trace, with the times that its condition has; and as metrics."""

from runfold.contracts.executor import AttemptCondition
from runfold.executor.entries import Attempt
from runfold.service import telemetry
from runfold.service.metrics import METRICS

_start = METRICS.histogram(
    "runfold_attempt_start_seconds", "From an attempt's claim to its start, pull included."
)
_ended = METRICS.counter("runfold_attempts_ended_total", "Attempts that ended here, by state and reason.")


def claimed(attempt: Attempt, now: int) -> None:
    """It is in the journal since `now`."""
    _record("executor.claim", attempt, attempt.condition.claimed_at, now)


def started(attempt: Attempt, condition: AttemptCondition, pulling_since: int | None) -> None:
    """Its process runs; a pull took all but the last moment since `pulling_since`."""
    at = condition.started_at or condition.claimed_at
    if pulling_since is not None:
        image = attempt.assignment.spec.image or "the default image"
        _record("executor.pull", attempt, pulling_since, at, **{"container.image.name": image})
    _start.observe(max(at - condition.claimed_at, 0) / 1_000_000)
    _record("executor.start", attempt, condition.claimed_at, at)


def ended(attempt: Attempt, condition: AttemptCondition, now: int) -> None:
    """It ran, from its start to its exit; or it couldn't be started."""
    ran = condition.started_at is not None
    outcome = {"runfold.state": condition.state.value, "runfold.reason": condition.reason or ""}
    exit_status = {} if condition.exit_status is None else {"process.exit.code": condition.exit_status}
    _ended.add(1, state=condition.state.value, reason=condition.reason or "")
    _record(
        "executor.run" if ran else "executor.start",
        attempt,
        condition.started_at or condition.claimed_at,
        condition.exited_at or now,
        **outcome,
        **exit_status,
    )


def _record(name: str, attempt: Attempt, start: int, end: int, **more: telemetry.Attribute) -> None:
    given = attempt.assignment
    if given.traceparent is None or not telemetry.exporting():
        return
    telemetry.record(
        name,
        traceparent=given.traceparent,
        start=start,
        end=max(start, end),
        **{
            "runfold.run.id": given.run_id,
            "runfold.job.id": given.job_id,
            "runfold.attempt.id": given.attempt_id,
            "runfold.project": given.project,
            **more,
        },
    )
