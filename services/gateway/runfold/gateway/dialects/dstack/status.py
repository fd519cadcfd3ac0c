"""dstack's words for where a run or a job stands (its spec, section 8)."""

from runfold.domain.job.state import Attempt, Job, JobStatus
from runfold.domain.run.state import Run, RunStatus

NO_CAPACITY, NO_FLEETS = "failed_to_start_due_to_no_capacity", "No matching fleet found"

#: Texts of `error`, for reasons that the status message leaves unsaid.
_ERRORS = {
    "instance_unreachable": "instance unreachable",
    "instance_access_revoked": "instance access revoked",
    "waiting_instance_limit_exceeded": "waiting instance limit exceeded",
    "waiting_runner_limit_exceeded": "waiting runner limit exceeded",
    "volume_error": "volume error",
    "gateway_error": "gateway error",
    "scaled_down": "scaled down",
    "terminated_by_server": "terminated by server",
    "inactivity_duration_exceeded": "inactivity duration exceeded",
    "terminated_due_to_utilization_policy": "utilization policy",
    "ports_binding_failed": "ports binding failed",
    "creating_container_error": "creating container error",
    "executor_error": "executor error",
    "max_duration_exceeded": "max duration exceeded",
    "log_quota_exceeded": "log quota exceeded",
}
_RUN_ERRORS = {"retry_limit_exceeded": "retry limit exceeded", "server_error": "server error"}


def job_status(job: Job, attempt: Attempt) -> str:
    """A refusal is no failure: the job is on its way to another host. A node that is done waits for the others."""
    if attempt.status.final:
        return str(attempt.status)
    if attempt.refused:
        return "submitted"
    done = attempt.output_closed and attempt.reason == "done_by_runner" and job.stop is None
    return "done" if done else str(attempt.status)


def job_reason(job: Job, attempt: Attempt) -> str | None:
    """Why it ended or is being ended."""
    if attempt.refused and not attempt.status.final:
        return None
    if attempt.status is JobStatus.TERMINATING and attempt is job.attempt and job.stop is not None:
        return job.stop.reason
    return attempt.reason


def job_message(job: Job, attempt: Attempt) -> str:
    """What `dstack ps` shows of a job."""
    status = job_status(job, attempt)
    match status, attempt.reason:
        case JobStatus.DONE, _:
            return "exited (0)"
        case JobStatus.FAILED, "container_exited_with_error":
            return f"exited ({attempt.exit_status})"
        case JobStatus.FAILED, "failed_to_start_due_to_no_capacity":
            return "no fleets" if NO_FLEETS in (attempt.message or "") else "no capacity"
        case JobStatus.FAILED, "interrupted_by_no_capacity":
            return "interrupted"
        case JobStatus.FAILED, _:
            return "error"
        case JobStatus.TERMINATED, "terminated_by_user":
            return "stopped"
        case _:
            return status


def job_error(reason: str | None) -> str | None:
    return _ERRORS.get(reason) if reason else None


def run_message(run: Run, status: RunStatus) -> str:
    """The status, or what says more than it."""
    if run.jobs and all(job.status is JobStatus.PULLING for job in run.jobs):
        return "pulling"
    if status in (RunStatus.SUBMITTED, RunStatus.PENDING) and any(_retries_capacity(j) for j in run.jobs):
        return "retrying"
    return str(status)


def _retries_capacity(job: Job) -> bool:
    """Its last failure was want of capacity, and it is tried again for that."""
    if job.spec.retry is None or "no-capacity" not in job.spec.retry.on_events:
        return False
    failed = [attempt for attempt in job.attempts if attempt.status is JobStatus.FAILED]
    return bool(failed) and failed[-1].reason == NO_CAPACITY


def run_reason(run: Run) -> str | None:
    if run.final is not None:
        return run.reason
    if run.stop is None:
        return None
    return "aborted_by_user" if run.stop.abort else "stopped_by_user"


def run_error(run: Run) -> str | None:
    return _RUN_ERRORS.get(run.reason or "") if run.final is not None else None
