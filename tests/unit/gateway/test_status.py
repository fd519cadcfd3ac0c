"""dstack's words for where a run stands: each state and reason once (its spec, section 8)."""

import pytest

from runfold.contracts.values import JobSpec, Retry
from runfold.domain.job.state import Attempt, Job, JobStatus, Stop
from runfold.domain.run.state import Run, RunStatus
from runfold.gateway.dialects.dstack import status


def attempt(
    state: JobStatus, reason: str | None = None, message: str | None = None, code: int | None = None
) -> Attempt:
    return Attempt("a", 0, 1, 1, state, reason=reason, message=message, exit_status=code)


def a_run(*attempts: Attempt, retry: Retry | None = None, final: RunStatus | None = None) -> Run:
    job = Job("j", "r", JobSpec("r-0-0", (), retry=retry), 1, attempts=list(attempts))
    return Run("r", "p", "u", "r", "dstack", "{}", 1, 1, jobs=[job], final=final)


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (attempt(JobStatus.SUBMITTED), "submitted"),
        (attempt(JobStatus.RUNNING), "running"),
        (attempt(JobStatus.TERMINATING, "terminated_by_user"), "terminating"),
        (attempt(JobStatus.DONE, "done_by_runner", code=0), "exited (0)"),
        (attempt(JobStatus.FAILED, "container_exited_with_error", code=3), "exited (3)"),
        (attempt(JobStatus.FAILED, "failed_to_start_due_to_no_capacity"), "no capacity"),
        (
            attempt(JobStatus.FAILED, "failed_to_start_due_to_no_capacity", "No matching fleet found."),
            "no fleets",
        ),
        (attempt(JobStatus.FAILED, "interrupted_by_no_capacity"), "interrupted"),
        (attempt(JobStatus.FAILED, "executor_error"), "error"),
        (attempt(JobStatus.TERMINATED, "terminated_by_user"), "stopped"),
        (attempt(JobStatus.TERMINATED, "max_duration_exceeded"), "terminated"),
        (attempt(JobStatus.ABORTED, "aborted_by_user"), "aborted"),
    ],
)
def test_status_messages_of_jobs(told: Attempt, text: str) -> None:
    assert status.job_message(a_run(told).jobs[0], told) == text


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("instance_unreachable", "instance unreachable"),
        ("max_duration_exceeded", "max duration exceeded"),
        ("log_quota_exceeded", "log quota exceeded"),
        ("container_exited_with_error", None),
        ("done_by_runner", None),
        (None, None),
    ],
)
def test_errors_of_jobs(reason: str | None, text: str | None) -> None:
    assert status.job_error(reason) == text


def test_a_run_whose_jobs_all_pull_is_pulling() -> None:
    run = a_run(attempt(JobStatus.PULLING))
    assert status.run_message(run, run.status) == "pulling"


def test_a_finished_run_says_its_status_and_its_job_how_it_ended() -> None:
    run = a_run(attempt(JobStatus.FAILED, "container_exited_with_error", code=2), final=RunStatus.FAILED)
    assert status.run_message(run, run.status) == "failed"
    assert status.job_message(run.jobs[0], run.jobs[0].attempt) == "exited (2)"


@pytest.mark.parametrize(
    ("on", "reason", "text"),
    [
        ("no-capacity", "failed_to_start_due_to_no_capacity", "retrying"),
        ("no-capacity", "executor_error", "submitted"),
        ("error", "failed_to_start_due_to_no_capacity", "submitted"),
    ],
)
def test_a_run_that_waits_for_capacity_again_is_retrying(on: str, reason: str, text: str) -> None:
    run = a_run(attempt(JobStatus.FAILED, reason), attempt(JobStatus.SUBMITTED), retry=Retry((on,), 60))
    assert status.run_message(run, run.status) == text


def test_what_is_being_stopped_says_why_before_it_has_ended() -> None:
    run = a_run(attempt(JobStatus.TERMINATING))
    job = run.jobs[0]
    job.stop = Stop("terminated_by_user", 1, 300)
    assert status.job_reason(job, job.attempt) == "terminated_by_user"
