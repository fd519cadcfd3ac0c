"""Submitting, stopping, deleting a run; and what its jobs' ends make of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from runfold.contracts import job as j
from runfold.contracts import run as e
from runfold.contracts.values import Gang, Idle, JobSpec, Micros, Selection
from runfold.domain import names
from runfold.domain.errors import AlreadyExists, StillActive
from runfold.domain.run.state import PastRun, Run

#: Why the run is stopped -> the reason its jobs get (dstack spec, section 8).
STOPPED, ABORTED = "stopped_by_user", "aborted_by_user"


@dataclass(frozen=True, slots=True)
class NewJob:
    job_id: str
    attempt_id: str
    spec: JobSpec
    job_num: int = 0
    replica_num: int = 0
    #: Id of another of these whose spec it has, all but the name: so a gang of 1,000 fits into one append.
    like: str | None = None


@dataclass(frozen=True, slots=True)
class SubmitRun:
    """The command; new ids come with it."""

    run_id: str
    project_id: str
    user_id: str
    name: str
    dialect: str
    request: str
    jobs: tuple[NewJob, ...]
    title: str | None = None
    priority: int = 0
    fleets: tuple[str, ...] | None = None
    idle: Idle | None = None
    selection: Selection | None = None
    gang: Gang | None = None
    schedule: tuple[str, ...] = ()
    due: Micros | None = None  #: the first time that the schedule says


def submit(existing: Run | PastRun | None, command: SubmitRun) -> list[e.RunEvent | j.JobEvent]:
    """`existing` is the run that has the name now; a finished one is replaced. Raises Invalid, AlreadyExists."""
    names.check(command.name, names.RESOURCE)
    if isinstance(existing, Run) and existing.final is None:
        raise AlreadyExists("Cannot override active run. Stop the run first.")
    replaced: list[e.RunEvent | j.JobEvent] = [] if existing is None else [_deleted(existing)]
    run = e.RunSubmitted(
        run_id=command.run_id,
        project_id=command.project_id,
        user_id=command.user_id,
        name=command.name,
        dialect=command.dialect,
        request=command.request,
        title=command.title,
        priority=command.priority,
        fleets=command.fleets,
        idle=command.idle,
        selection=command.selection,
        gang=command.gang,
        schedule=command.schedule,
    )
    jobs = [
        j.JobSubmitted(
            new.job_id,
            command.run_id,
            new.attempt_id,
            new.spec,
            new.job_num,
            new.replica_num,
            command.due,
            new.like,
        )
        for new in command.jobs
    ]
    return [*replaced, run, *jobs]


def update(
    run: Run, user_id: str, request: str, priority: int, changed: Sequence[str]
) -> list[e.RunEvent | j.JobEvent]:
    """[] where nothing changes. Raises AlreadyExists where it is being stopped, or is over."""
    if run.final is not None or run.stop is not None:
        raise AlreadyExists("Cannot override active run. Stop the run first.")
    return [e.RunUpdated(run.id, user_id, request, priority, tuple(changed))] if changed else []


def request_stop(run: Run | PastRun, user_id: str, *, abort: bool) -> list[e.RunEvent]:
    """[] when it is finished, or being stopped already no less firmly."""
    if isinstance(run, PastRun) or run.final is not None:
        return []
    if run.stop is not None and (run.stop.abort or not abort):
        return []
    return [e.RunStopRequested(run.id, user_id, abort)]


def delete(run: Run | PastRun) -> list[e.RunEvent]:
    """Raises StillActive; [] when it is deleted already."""
    if isinstance(run, PastRun):
        return [_deleted(run)]
    if run.final is None:
        raise StillActive(f"Cannot delete active runs: ['{run.name}']")
    return [] if run.deleted else [_deleted(run)]


def stop_reason(run: Run) -> str | None:
    """What its jobs are to be stopped for, or None."""
    if run.stop is None:
        return None
    return "aborted_by_user" if run.stop.abort else "terminated_by_user"


def finish(run: Run, finished: dict[str, j.JobFinished]) -> list[e.RunEvent]:
    """RunFinished once every job is finished; `finished` has the ends that are decided now, by job id."""
    if run.final is not None:
        return []
    statuses = []
    for job in run.jobs:
        end = finished.get(job.id)
        if end is None and job.finished_at is None:
            return []
        statuses.append((end.status, end.message) if end else (str(job.status), job.attempt.message))
    return [_finished(run, statuses)]


def _deleted(run: Run | PastRun) -> e.RunDeleted:
    return e.RunDeleted(run.id, run.project_id, run.name)


def _finished(run: Run, statuses: list[tuple[str, str | None]]) -> e.RunFinished:
    if all(status == "done" for status, _ in statuses):
        return e.RunFinished(run.id, "done", "all_jobs_done")
    failed = next((message for status, message in statuses if status == "failed"), None)
    if run.stop is not None:
        return e.RunFinished(run.id, "terminated", ABORTED if run.stop.abort else STOPPED)
    if any(status == "failed" for status, _ in statuses):
        return e.RunFinished(run.id, "failed", "job_failed", failed)
    message = next((m for status, m in statuses if status != "done"), None)
    return e.RunFinished(run.id, "failed", "job_failed", message)
