"""How a job changes with each of its events. Total: replay never fails.

The state is changed in place, and each type of event has its function, found by dictionary: millions are folded.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from runfold.contracts import job as e
from runfold.contracts.values import Micros
from runfold.domain.job.reasons import meaning
from runfold.domain.job.state import Attempt, Job, JobStatus, Stop

#: Attempts of earlier times that a job with a schedule keeps.
KEPT = 20


def submitted(event: e.JobSubmitted, at: Micros, like: Job | None = None) -> Job:
    """The initial state; `like` is the job that the event names, where it does."""
    first = Attempt(event.attempt_id, 0, submitted_at=at, changed_at=at)
    spec = event.spec if like is None else replace(like.spec, name=event.spec.name)
    return Job(
        event.job_id, event.run_id, spec, at, event.job_num, event.replica_num, [first], retry_due=event.due
    )


def evolve(job: Job, event: e.JobEvent, at: Micros) -> Job:
    """`job` after `event`. What comes after its end, or of an attempt that isn't known, changes nothing."""
    if job.finished_at is not None:
        return job
    change = OF_ATTEMPTS.get(type(event))
    if change is None:
        OF_JOBS[type(event)](job, event, at)
        return job
    latest = job.attempts[-1]
    attempt = latest if latest.id == event.attempt_id else _earlier(job, event.attempt_id)
    if attempt is not None and attempt.finished_at is None:
        attempt.changed_at = at
        change(job, attempt, event, at)
    return job


def _earlier(job: Job, attempt_id: str) -> Attempt | None:
    return next((a for a in reversed(job.attempts) if a.id == attempt_id), None)


def _placed(_: Job, attempt: Attempt, event: e.JobPlaced, at: Micros) -> None:
    attempt.instance_id, attempt.host_id = event.instance_id, event.host_id
    attempt.reserved, attempt.placed_at = event.reserved, at
    attempt.stop_after = event.stop_after
    _progress(attempt, JobStatus.PROVISIONING)


def _claimed(_: Job, attempt: Attempt, event: e.AttemptClaimed, __: Micros) -> None:
    attempt.claimed_at = event.claimed_at


def _pulling(_: Job, attempt: Attempt, event: e.AttemptPulling, __: Micros) -> None:
    attempt.pull = event.progress
    _progress(attempt, JobStatus.PULLING)


def _started(_: Job, attempt: Attempt, event: e.AttemptStarted, at: Micros) -> None:
    attempt.started_at, attempt.ports, attempt.running_since = event.started_at, event.ports, at
    _progress(attempt, JobStatus.RUNNING)


def _refused(_: Job, attempt: Attempt, event: e.AttemptRefused, at: Micros) -> None:
    attempt.refused = True
    _end(attempt, event.reason, event.message, at)


def _exited(_: Job, attempt: Attempt, event: e.AttemptExited, __: Micros) -> None:
    attempt.exit_status, attempt.oom_killed = event.exit_status, event.oom_killed
    attempt.output_bytes = event.output_bytes
    _end(attempt, event.reason, event.message, event.exited_at)


def _lost(_: Job, attempt: Attempt, event: e.AttemptLost, at: Micros) -> None:
    attempt.lost = True
    _end(attempt, event.reason, event.message, at)


def _output_closed(_: Job, attempt: Attempt, event: e.OutputClosed, __: Micros) -> None:
    attempt.output_closed, attempt.output_incomplete = True, event.incomplete


def _stopping(job: Job, attempt: Attempt, event: e.JobStopping, at: Micros) -> None:
    job.stop = Stop(event.reason, at, event.grace, event.message)
    _progress(attempt, JobStatus.TERMINATING)


def _retry_scheduled(job: Job, attempt: Attempt, event: e.JobRetryScheduled, at: Micros) -> None:
    job.retry_due = event.due
    if event.anew:
        job.since, job.first = event.due, attempt.num + 1
    _finish(attempt, meaning(event.reason).status, event.reason, event.message, at)


_RANK = {
    status: rank
    for rank, status in enumerate(
        (
            JobStatus.SUBMITTED,
            JobStatus.PROVISIONING,
            JobStatus.PULLING,
            JobStatus.RUNNING,
            JobStatus.TERMINATING,
        )
    )
}


#: Asking the enumeration itself for a member takes as long as all else of an event.
_STATUSES = {str(status): status for status in JobStatus}


def _progress(attempt: Attempt, status: JobStatus) -> None:
    """Facts may be late: a condition never takes a status back."""
    if _RANK[attempt.status] < _RANK[status]:
        attempt.status = status


def _end(attempt: Attempt, reason: str, message: str | None, at: Micros) -> None:
    if attempt.ended:
        return
    attempt.ended, attempt.exited_at = True, at
    attempt.reason, attempt.message = reason, message
    attempt.status = JobStatus.TERMINATING


def _finished(job: Job, event: e.JobFinished, at: Micros) -> None:
    attempt = job.attempts[-1]
    job.finished_at, job.retry_due = at, None
    attempt.changed_at, attempt.output_incomplete = at, event.output_incomplete
    _finish(attempt, event.status, event.reason, event.message, at)


def _finish(attempt: Attempt, status: str, reason: str, message: str | None, at: Micros) -> None:
    attempt.status, attempt.ended, attempt.finished_at = _STATUSES[status], True, at
    attempt.reason, attempt.message = reason, message


def _resubmitted(job: Job, event: e.JobResubmitted, at: Micros) -> None:
    if any(known.id == event.attempt_id for known in job.attempts):
        _come(job, event, at)
        return
    if event.excluded_instance is not None:
        job.excluded[event.excluded_instance] = event.excluded_until
    job.retry_due = job.stop = None
    job.attempts.append(Attempt(event.attempt_id, job.attempt.num + 1, submitted_at=at, changed_at=at))


def leave_past(job: Job) -> list[Attempt]:
    """Those that leave, of a job that its schedule begins for ever: its own times, and a few before."""
    leaving = job.attempts[: max(len(job.attempts) - job.tries - KEPT, 0)] if job.first else []
    del job.attempts[: len(leaving)]
    job.past += sum(1 for attempt in leaving if not attempt.refused)
    return leaving


def _come(job: Job, event: e.JobResubmitted, at: Micros) -> None:
    """The first time of what waited for it."""
    attempt = job.attempts[-1]
    if job.retry_due is not None and attempt.id == event.attempt_id and not attempt.ended:
        job.retry_due, attempt.submitted_at, attempt.changed_at = None, at, at


def _submitted_again(_: Job, __: e.JobSubmitted, ___: Micros) -> None:
    """Said twice it changes nothing."""


#: What becomes of a job. These two hold every type of `JobEvent`; tests see to that.
OF_JOBS: dict[type[e.JobEvent], Callable[[Job, Any, Micros], None]] = {
    e.JobSubmitted: _submitted_again,
    e.JobResubmitted: _resubmitted,
    e.JobFinished: _finished,
}

#: What becomes of an attempt that isn't over.
OF_ATTEMPTS: dict[type[e.JobEvent], Callable[[Job, Attempt, Any, Micros], None]] = {
    e.JobPlaced: _placed,
    e.AttemptClaimed: _claimed,
    e.AttemptPulling: _pulling,
    e.AttemptStarted: _started,
    e.AttemptRefused: _refused,
    e.AttemptExited: _exited,
    e.AttemptLost: _lost,
    e.OutputClosed: _output_closed,
    e.JobStopping: _stopping,
    e.JobRetryScheduled: _retry_scheduled,
}
