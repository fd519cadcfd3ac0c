"""What follows from a job's condition: stop, retry, finish; and which events a fact of an executor is."""

from runfold.contracts import executor as x
from runfold.contracts import job as e
from runfold.contracts.values import JobSpec, Micros, PullProgress
from runfold.domain.job.reasons import meaning
from runfold.domain.job.state import Attempt, Job, JobStatus

SECOND = 1_000_000
#: Waits between the attempts of a job that is retried (dstack spec, section 8).
BACKOFF = (15, 30, 60, 120, 300, 600)
#: How long an instance that refused an attempt is left out for that job.
EXCLUSION = 30 * SECOND
#: Output still missing this long after it last advanced is given up.
OUTPUT_PATIENCE = 5 * SECOND


def stop(job: Job, reason: str, *, abort: bool = False, message: str | None = None) -> list[e.JobEvent]:
    """Stop it: at once final where nothing runs yet, else TERM now and KILL after the job's grace.

    An abort of what is being stopped already makes the grace zero; any other repetition changes nothing.
    """
    if job.finished_at is not None:
        return []
    if job.waiting or job.retry_due is not None:
        return [finished(job, reason, message)]
    if job.attempt.ended or (job.stop is not None and not (abort and job.stop.grace != 0)):
        return []
    grace = 0 if abort else job.spec.stop_duration
    return [e.JobStopping(job.id, job.attempt.id, reason, grace, message)]


def stop_after(spec: JobSpec, seconds: int | None) -> int | None:
    """How long its host may be cut off until it is stopped there: None, for ever, where it wouldn't be tried again."""
    return seconds if spec.retry is not None and "interruption" in spec.retry.on_events else None


def settle(job: Job, now: Micros, new_attempt_id: str, run_stop: str | None = None) -> list[e.JobEvent]:
    """What becomes of a job whose attempt ended: finished, another attempt at once or later; [] while it goes on.

    `run_stop` is the reason where its run is being stopped: then nothing is tried again.
    """
    attempt = job.attempt
    if job.finished_at is not None or job.retry_due is not None or not attempt.ended:
        return []
    if job.stop is not None:
        return [finished(job, job.stop.reason, job.stop.message)] if output_done(attempt) else []
    if run_stop is not None and attempt.reason != "done_by_runner":
        return [finished(job, run_stop, None)] if output_done(attempt) else []
    if attempt.refused:
        return [e.JobResubmitted(job.id, job.run_id, new_attempt_id, attempt.instance_id, now + EXCLUSION)]
    if not output_done(attempt):
        return []
    return fail_or_retry(job, attempt.reason or "executor_error", attempt.message, now)


def fail_or_retry(job: Job, reason: str, message: str | None, now: Micros) -> list[e.JobEvent]:
    """The end of the job for `reason`, or a retry where its policy covers it."""
    due = retry_at(job, reason, now, sum(1 for a in job.attempts[-job.tries :] if not a.refused) - 1)
    if due is not None:
        return [e.JobRetryScheduled(job.id, job.run_id, job.attempt.id, reason, due, message)]
    return [finished(job, reason, message)]


def retry_at(job: Job, reason: str, now: Micros, failures: int) -> Micros | None:
    """When it is tried again after an end for `reason`, the later the more `failures` were before; None is never."""
    if meaning(reason).status != "failed" or not _may_retry(job, reason, now):
        return None
    return now + BACKOFF[min(failures, len(BACKOFF) - 1)] * SECOND


def resubmit(job: Job, now: Micros, new_attempt_id: str) -> list[e.JobEvent]:
    """The retry that is due."""
    if job.finished_at is not None or job.retry_due is None or job.retry_due > now:
        return []
    attempt_id = new_attempt_id if job.attempt.ended else job.attempt.id
    return [e.JobResubmitted(job.id, job.run_id, attempt_id)]


def deadline(job: Job) -> Micros | None:
    """When its max_duration is over, while it runs and isn't being stopped."""
    since = job.attempt.running_since
    if job.spec.max_duration is None or since is None or job.stop is not None or job.attempt.ended:
        return None
    return since + job.spec.max_duration * SECOND


def record(job: Job, condition: x.AttemptCondition) -> list[e.JobEvent]:
    """The events that a cumulative fact adds to what is known; [] for what is old, repeated or of no attempt here."""
    attempt = next((a for a in job.attempts if a.id == condition.attempt_id), None)
    if attempt is None or attempt.ended or attempt.status.final or attempt.instance_id is None:
        return []
    events: list[e.JobEvent] = []
    if condition.state is x.AttemptState.REFUSED:
        return [
            e.AttemptRefused(
                job.id, attempt.id, condition.reason or "executor_error", condition.message or "refused"
            )
        ]
    if attempt.claimed_at is None and condition.claimed_at:
        events.append(e.AttemptClaimed(job.id, attempt.id, condition.claimed_at))
    if (
        condition.state is x.AttemptState.PULLING
        and condition.image
        and _is_further(attempt, condition.progress)
    ):
        events.append(e.AttemptPulling(job.id, attempt.id, condition.image, condition.progress))
    if attempt.started_at is None and condition.started_at is not None:
        events.append(e.AttemptStarted(job.id, attempt.id, condition.started_at, condition.ports))
    return events + _ending(job, attempt, condition)


def _is_further(attempt: Attempt, progress: PullProgress | None) -> bool:
    """A pull begins, or has a tenth more of what it knows that there is; so it makes few events, whatever it says."""
    if attempt.status is JobStatus.PROVISIONING:
        return True
    return attempt.status is JobStatus.PULLING and progress is not None and progress.is_beyond(attempt.pull)


def _ending(job: Job, attempt: Attempt, condition: x.AttemptCondition) -> list[e.JobEvent]:
    if condition.state is x.AttemptState.LOST:
        message = condition.message or "interrupted"
        return [e.AttemptLost(job.id, attempt.id, condition.reason or "interrupted_by_no_capacity", message)]
    if condition.state is not x.AttemptState.EXITED:
        return []
    return [
        e.AttemptExited(
            job.id,
            attempt.id,
            reason=condition.reason or _reason(condition),
            exited_at=condition.exited_at or 0,
            exit_status=condition.exit_status,
            message=condition.message,
            output_bytes=condition.output_bytes,
            oom_killed=condition.oom_killed,
        )
    ]


def close_output(
    job: Job, attempt: Attempt, stored: int, advanced_at: Micros, now: Micros
) -> list[e.JobEvent]:
    """Closed once all announced bytes are stored, or none came for OUTPUT_PATIENCE; [] until then."""
    if not attempt.ended or attempt.refused or attempt.output_closed or attempt.status.final:
        return []
    if stored >= attempt.output_bytes and not attempt.lost:
        return [e.OutputClosed(job.id, attempt.id, stored)]
    if now >= advanced_at + OUTPUT_PATIENCE:
        return [e.OutputClosed(job.id, attempt.id, stored, incomplete=True)]
    return []


def output_done(attempt: Attempt) -> bool:
    """Nothing more of what it printed is waited for."""
    return attempt.output_closed or attempt.refused or attempt.placed_at is None


def finished(job: Job, reason: str, message: str | None) -> e.JobFinished:
    """The last word on it, for `reason`."""
    attempt = job.attempt
    return e.JobFinished(
        job.id,
        job.run_id,
        attempt.id,
        status=meaning(reason).status,
        reason=reason,
        exit_status=attempt.exit_status,
        message=message,
        output_incomplete=attempt.output_incomplete,
    )


def _reason(condition: x.AttemptCondition) -> str:
    return "done_by_runner" if condition.exit_status == 0 else "container_exited_with_error"


def _may_retry(job: Job, reason: str, now: Micros) -> bool:
    """As dstack counts: from the last attempt that got a place, so that what fails each time is retried for ever."""
    retry, event = job.spec.retry, meaning(reason).retry_event
    if retry is None or event not in retry.on_events:
        return False
    tried = job.attempts[-job.tries :]
    placed = (attempt.changed_at for attempt in reversed(tried) if attempt.placed_at is not None)
    return now - next(placed, job.since or job.submitted_at) < retry.duration * SECOND
