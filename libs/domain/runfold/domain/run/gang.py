"""Gangs: jobs of one run whose attempts begin together and end together (PROTOCOL, Work 5).

All of them wait, are placed, or wait for a retry. Once one attempt breaks, the others are stopped, and what becomes of
all is decided when the last of them has ended: so no member is final, or tried again, before the others.
"""

from collections.abc import Callable, Sequence

from runfold.contracts import job as e
from runfold.contracts.values import Micros
from runfold.domain.job import decide as jobs
from runfold.domain.job.reasons import meaning
from runfold.domain.job.state import Job
from runfold.domain.run.state import Run

MOST = 1000  #: members of one gang

#: Why those are stopped that did nothing wrong: another member broke, or the master is done and that is enough.
BROKEN, ENOUGH = "terminated_by_server", "done_by_runner"
_OURS = (BROKEN, ENOUGH)

NewId = Callable[[], str]


def settle(run: Run, now: Micros, new_id: NewId, run_stop: str | None) -> list[e.JobEvent]:
    """What becomes of a gang of which attempts ended; [] while it goes on. `run_stop` as with a job's `settle`."""
    if not any(job.attempt.ended for job in run.jobs) or _settled(run):
        return []
    broke = _broke(run)
    order = BROKEN if broke else ENOUGH if _master_is_enough(run) else None
    if run_stop is None and order is not None:
        stops = [event for job in run.jobs if job.stop is None for event in jobs.stop(job, order)]
        if stops:
            return stops
    if not all(job.attempt.ended and jobs.output_done(job.attempt) for job in run.jobs):
        return []
    if run_stop is not None or broke is None:
        return _finished(run, run_stop)
    return _after(run, broke, now, new_id)


def fail_or_retry(run: Run, reason: str, message: str | None, now: Micros) -> list[e.JobEvent]:
    """Of a gang that waits: its end for `reason`, or a retry where the policy of its first job covers it."""
    first = run.jobs[0]
    due = jobs.retry_at(first, reason, now, _failures(first))
    if due is None:
        return [jobs.finished(job, reason, message) for job in run.jobs]
    return [_scheduled(job, reason, message, due) for job in run.jobs]


def overdue(run: Run, now: Micros, new_id: NewId) -> list[e.JobEvent]:
    """All are stopped once one has run too long; or begin their retry that is due."""
    late = [job for job in run.jobs if (deadline := jobs.deadline(job)) is not None and deadline <= now]
    if late:
        why = f"max_duration of {late[0].spec.max_duration} s exceeded"
        return [event for job in run.jobs for event in jobs.stop(job, "max_duration_exceeded", message=why)]
    return [event for job in run.jobs for event in jobs.resubmit(job, now, new_id())]


def is_ordered(run: Run) -> bool:
    """Whether members begin one after the other."""
    return run.gang is not None and run.gang.startup_order != "any"


def held_back(run: Run, job: Job) -> str | None:
    """For whom this member waits with its start, or None: who is stopped waits no more, it is told so."""
    if job.stop is not None:
        return None
    match run.gang.startup_order if run.gang else "any":
        case "master-first" if job.job_num > 0 and not _started(run.jobs[:1]):
            return "it starts after node 0"
        case "workers-first" if job.job_num == 0 and not _started(run.jobs[1:]):
            return "it starts after all other nodes"
        case _:
            return None


def released(run: Run, started: Job) -> Sequence[Job]:
    """Members that may begin now that this one has."""
    match run.gang.startup_order if run.gang else "any":
        case "master-first" if started.job_num == 0:
            return run.jobs[1:]
        case "workers-first" if started.job_num > 0 and _started(run.jobs[1:]):
            return run.jobs[:1]
        case _:
            return ()


def _started(members: Sequence[Job]) -> bool:
    return all(job.attempt.started_at is not None for job in members)


def _settled(run: Run) -> bool:
    """All of it is final, or waits for a retry: members are never apart in that."""
    return run.jobs[0].finished_at is not None or run.jobs[0].retry_due is not None


def _broke(run: Run) -> Job | None:
    """The member whose end is the end of all: one that may not be tried again first, a mere refusal last."""
    broken = [job for job in run.jobs if _broke_by_itself(job)]
    return min(broken, key=_gravity) if broken else None


def _broke_by_itself(job: Job) -> bool:
    if not job.attempt.ended:
        return False
    if job.stop is not None:
        return job.stop.reason not in _OURS
    return job.attempt.refused or job.attempt.reason != "done_by_runner"


def _gravity(job: Job) -> int:
    if job.stop is not None:
        return 0
    if job.attempt.refused:
        return 3
    return 2 if _retryable(job, job.attempt.reason or "executor_error") else 1


def _retryable(job: Job, reason: str) -> bool:
    return job.spec.retry is not None and meaning(reason).retry_event in job.spec.retry.on_events


def _master_is_enough(run: Run) -> bool:
    master = run.jobs[0]
    ended_well = master.attempt.ended and master.stop is None and master.attempt.reason == "done_by_runner"
    return run.gang is not None and run.gang.stop_criteria == "master-done" and ended_well


def _after(run: Run, broke: Job, now: Micros, new_id: NewId) -> list[e.JobEvent]:
    """All have ended since this one broke: begun anew, tried again later, or over."""
    if broke.stop is None and _never_was_whole(run, broke):
        return _anew(run, broke, now, new_id)
    reason, _ = _end_of(broke, None)
    due = jobs.retry_at(broke, reason, now, _failures(broke))
    if due is None:
        return _finished(run, None)
    return [_scheduled(job, *_end_of(job, None), due) for job in run.jobs]


def _never_was_whole(run: Run, broke: Job) -> bool:
    """A place that was no place is nobody's failure: it costs no retry, whatever the policy."""
    if broke.attempt.refused:
        return True
    return broke.attempt.lost and not _started(run.jobs)


def _anew(run: Run, broke: Job, now: Micros, new_id: NewId) -> list[e.JobEvent]:
    """At once, and for a while not where that one failed to get its place."""
    closed = [_scheduled(job, *_end_of(job, None), now) for job in run.jobs if not job.attempt.refused]
    bad, until = broke.attempt.instance_id, now + jobs.EXCLUSION
    return [*closed, *(e.JobResubmitted(job.id, run.id, new_id(), bad, until) for job in run.jobs)]


def _failures(job: Job) -> int:
    """Attempts before this one that count: those that began."""
    return sum(1 for attempt in job.attempts[-job.tries : -1] if attempt.started_at is not None)


def _finished(run: Run, run_stop: str | None) -> list[e.JobEvent]:
    return [jobs.finished(job, *_end_of(job, run_stop)) for job in run.jobs]


def _end_of(job: Job, run_stop: str | None) -> tuple[str, str | None]:
    """Reason and message of one member's end."""
    attempt = job.attempt
    if run_stop is not None and not (job.stop is None and attempt.reason == "done_by_runner"):
        own = job.stop is not None and job.stop.reason not in _OURS
        return (job.stop.reason if own and job.stop else run_stop), None
    if job.stop is not None:
        return job.stop.reason, job.stop.message
    return attempt.reason or "executor_error", attempt.message


def _scheduled(job: Job, reason: str, message: str | None, due: Micros) -> e.JobRetryScheduled:
    return e.JobRetryScheduled(job.id, job.run_id, job.attempt.id, reason, due, message)
