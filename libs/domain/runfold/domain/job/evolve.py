"""How a job changes with each of its events. Total: replay never fails. The state is changed in place."""

from typing import assert_never

from runfold.contracts import job as e
from runfold.contracts.values import Micros
from runfold.domain.job.reasons import meaning
from runfold.domain.job.state import Attempt, Job, JobStatus, Stop


def submitted(event: e.JobSubmitted, at: Micros) -> Job:
    """The initial state."""
    first = Attempt(event.attempt_id, 0, submitted_at=at, changed_at=at)
    return Job(event.job_id, event.run_id, event.spec, at, event.job_num, event.replica_num, [first])


def evolve(job: Job, event: e.JobEvent, at: Micros) -> Job:
    """`job` after `event`. What comes after its end, or of an attempt that isn't known, changes nothing."""
    if job.finished_at is not None:
        return job
    if isinstance(event, e.JobResubmitted):
        return _resubmitted(job, event, at)
    if isinstance(event, e.JobFinished):
        return _finished(job, event, at)
    attempt = next((a for a in reversed(job.attempts) if a.id == event.attempt_id), None)
    if attempt is None or attempt.status.final:
        return job
    attempt.changed_at = at
    _apply(job, attempt, event, at)
    return job


def _finished(job: Job, event: e.JobFinished, at: Micros) -> Job:
    attempt = job.attempt
    job.finished_at, job.retry_due = at, None
    attempt.changed_at, attempt.output_incomplete = at, event.output_incomplete
    _finish(attempt, event.status, event.reason, event.message, at)
    return job


def _apply(job: Job, attempt: Attempt, event: e.JobEvent, at: Micros) -> None:
    match event:
        case e.JobSubmitted() | e.JobResubmitted() | e.JobFinished():
            pass
        case e.JobPlaced():
            attempt.instance_id, attempt.host_id = event.instance_id, event.host_id
            attempt.reserved, attempt.placed_at = event.reserved, at
            attempt.stop_after = event.stop_after
            _progress(attempt, JobStatus.PROVISIONING)
        case e.AttemptClaimed():
            attempt.claimed_at = event.claimed_at
        case e.AttemptPulling():
            attempt.pull = event.progress
            _progress(attempt, JobStatus.PULLING)
        case e.AttemptStarted():
            attempt.started_at, attempt.ports, attempt.running_since = event.started_at, event.ports, at
            _progress(attempt, JobStatus.RUNNING)
        case e.AttemptRefused():
            attempt.refused = True
            _end(attempt, event.reason, event.message, at)
        case e.AttemptExited():
            attempt.exit_status, attempt.oom_killed = event.exit_status, event.oom_killed
            attempt.output_bytes = event.output_bytes
            _end(attempt, event.reason, event.message, event.exited_at)
        case e.AttemptLost():
            attempt.lost = True
            _end(attempt, event.reason, event.message, at)
        case e.OutputClosed():
            attempt.output_closed, attempt.output_incomplete = True, event.incomplete
        case e.JobStopping():
            job.stop = Stop(event.reason, at, event.grace, event.message)
            _progress(attempt, JobStatus.TERMINATING)
        case e.JobRetryScheduled():
            job.retry_due = event.due
            _finish(attempt, meaning(event.reason).status, event.reason, event.message, at)
        case _:
            assert_never(event)


_PROGRESS = (
    JobStatus.SUBMITTED,
    JobStatus.PROVISIONING,
    JobStatus.PULLING,
    JobStatus.RUNNING,
    JobStatus.TERMINATING,
)


def _progress(attempt: Attempt, status: JobStatus) -> None:
    """Facts may be late: a condition never takes a status back."""
    attempt.status = max(attempt.status, status, key=_PROGRESS.index)


def _end(attempt: Attempt, reason: str, message: str | None, at: Micros) -> None:
    if attempt.ended:
        return
    attempt.ended, attempt.exited_at = True, at
    attempt.reason, attempt.message = reason, message
    attempt.status = JobStatus.TERMINATING


def _finish(attempt: Attempt, status: str, reason: str, message: str | None, at: Micros) -> None:
    attempt.status, attempt.ended, attempt.finished_at = JobStatus(status), True, at
    attempt.reason, attempt.message = reason, message


def _resubmitted(job: Job, event: e.JobResubmitted, at: Micros) -> Job:
    if any(known.id == event.attempt_id for known in job.attempts):
        return job
    if event.excluded_instance is not None:
        job.excluded[event.excluded_instance] = event.excluded_until
    job.retry_due = None
    job.attempts.append(Attempt(event.attempt_id, len(job.attempts), submitted_at=at, changed_at=at))
    return job
