"""Runs: taking a name, being stopped, being deleted, and what their jobs' ends make of them."""

import pytest

from runfold.contracts import run as e
from runfold.contracts.job import JobFinished, JobPlaced, JobResubmitted, JobRetryScheduled, JobSubmitted
from runfold.domain.errors import AlreadyExists, Invalid, StillActive
from runfold.domain.run import decide
from runfold.domain.run.decide import NewJob, SubmitRun
from runfold.domain.run.state import RunStatus
from tests.unit.domain.given import After, World, given
from tests.unit.domain.things import FOUNDED, a_place, placed, running, spec, started, submitted

FINISHED = [
    JobFinished("job", "run", "attempt", "done", "done_by_runner", 0),
    e.RunFinished("run", "done", "all_jobs_done"),
]


def command(name: str = "name-run") -> SubmitRun:
    jobs = (NewJob("job-2", "attempt-2", spec()),)
    return SubmitRun("run-2", "project", "user", name, "dstack", "{}", jobs, title="Night")


def submit(world: World) -> list[object]:
    return list(decide.submit(world.cell.run_named("project", "name-run"), command()))


SUBMITTED = (
    e.RunSubmitted("run-2", "project", "user", "name-run", "dstack", "{}", title="Night"),
    JobSubmitted("job-2", "run-2", "attempt-2", spec()),
)


def test_submitting_under_a_free_name_submits_the_run_and_its_job() -> None:
    world = given(*FOUNDED).when(submit).then(*SUBMITTED)
    assert world.cell.run_named("project", "name-run") is world.run("run-2")
    assert world.run("run-2").status is RunStatus.SUBMITTED


def test_an_active_run_cannot_be_replaced() -> None:
    given(*FOUNDED, submitted()).when(submit).then_refused(AlreadyExists, "Stop the run first")


def test_a_finished_run_gives_its_name_to_the_one_that_replaces_it() -> None:
    world = (
        given(*FOUNDED, submitted(), FINISHED)
        .when(submit)
        .then(e.RunDeleted("run", "project", "name-run"), *SUBMITTED)
    )
    assert world.run().deleted
    assert world.cell.run_named("project", "name-run") is world.run("run-2")


@pytest.mark.parametrize("name", ["", "a", "Upper", "1st", "under_score", "a" * 42, "new\nline", "a\n"])
def test_a_malformed_name_is_refused(name: str) -> None:
    given(*FOUNDED).when(lambda _: decide.submit(None, command(name))).then_refused(Invalid, "should match")


def test_a_stop_is_requested_once() -> None:
    world = (
        given(*FOUNDED, submitted())
        .when(lambda w: decide.request_stop(w.run(), "user", abort=False))
        .then(e.RunStopRequested("run", "user"))
    )
    assert world.run().status is RunStatus.TERMINATING
    assert decide.request_stop(world.run(), "user", abort=False) == []


def test_an_abort_goes_beyond_a_stop_and_a_stop_not_beyond_an_abort() -> None:
    given(*FOUNDED, submitted(), e.RunStopRequested("run", "user")).when(
        lambda w: decide.request_stop(w.run(), "user", abort=True)
    ).then(e.RunStopRequested("run", "user", abort=True))
    given(*FOUNDED, submitted(), e.RunStopRequested("run", "user", abort=True)).when(
        lambda w: decide.request_stop(w.run(), "user", abort=False)
    ).then_nothing()


def test_a_finished_run_cannot_be_stopped_any_more() -> None:
    given(*FOUNDED, submitted(), FINISHED).when(
        lambda w: decide.request_stop(w.run(), "user", abort=True)
    ).then_nothing()


def test_an_active_run_cannot_be_deleted() -> None:
    given(*FOUNDED, submitted()).when(lambda w: decide.delete(w.run())).then_refused(StillActive, "name-run")


def test_deleting_a_finished_run_frees_its_name_once() -> None:
    world = (
        given(*FOUNDED, submitted(), FINISHED)
        .when(lambda w: decide.delete(w.run()))
        .then(e.RunDeleted("run", "project", "name-run"))
    )
    assert world.cell.run_named("project", "name-run") is None
    assert decide.delete(world.run()) == []


def test_deleting_a_replaced_run_leaves_the_name_to_its_successor() -> None:
    world = given(*FOUNDED, submitted(), FINISHED, *SUBMITTED).world
    world.happens(e.RunDeleted("run", "project", "name-run"))
    assert world.cell.run_named("project", "name-run") is world.run("run-2")


def end(job: str, status: str, message: str | None = None) -> JobFinished:
    return JobFinished(job, "run", f"{job}-1", status, "reason", message=message)


TWO_JOBS = [
    *FOUNDED,
    e.RunSubmitted("run", "project", "user", "name-run", "dstack", "{}"),
    JobSubmitted("a", "run", "a-1", spec()),
    JobSubmitted("b", "run", "b-1", spec(), 1),
]


def test_a_run_goes_on_while_one_of_its_jobs_does() -> None:
    given(*TWO_JOBS).when(lambda w: decide.finish(w.run(), {"a": end("a", "done")})).then_nothing()


def test_a_run_is_done_once_all_its_jobs_are() -> None:
    given(*TWO_JOBS, end("a", "done")).when(lambda w: decide.finish(w.run(), {"b": end("b", "done")})).then(
        e.RunFinished("run", "done", "all_jobs_done")
    )


def test_a_run_with_a_failed_job_has_failed_and_says_what_that_job_said() -> None:
    given(*TWO_JOBS, end("a", "failed", "no luck")).when(
        lambda w: decide.finish(w.run(), {"b": end("b", "done")})
    ).then(e.RunFinished("run", "failed", "job_failed", "no luck"))


@pytest.mark.parametrize(("abort", "reason"), [(False, "stopped_by_user"), (True, "aborted_by_user")])
def test_a_stopped_run_is_terminated_even_if_a_job_failed_while_it_stopped(abort: bool, reason: str) -> None:
    given(*TWO_JOBS, e.RunStopRequested("run", "user", abort), end("a", "failed")).when(
        lambda w: decide.finish(w.run(), {"b": end("b", "terminated")})
    ).then(e.RunFinished("run", "terminated", reason))


def test_a_run_whose_jobs_were_all_done_before_the_stop_reached_them_is_done() -> None:
    given(*TWO_JOBS, e.RunStopRequested("run", "user"), end("a", "done")).when(
        lambda w: decide.finish(w.run(), {"b": end("b", "done")})
    ).then(e.RunFinished("run", "done", "all_jobs_done"))


def test_a_finished_run_isnt_finished_again() -> None:
    given(*FOUNDED, submitted(), FINISHED).when(
        lambda w: decide.finish(w.run(), {"job": end("job", "failed")})
    ).then_nothing()


def test_a_runs_status_follows_its_job() -> None:
    world = given(a_place(), submitted()).world
    seen = [world.run().status]
    for event in (
        placed(),
        started(),
        JobRetryScheduled("job", "run", "attempt", "executor_error", world.now),
        JobResubmitted("job", "run", "attempt-2"),
    ):
        seen.append(world.happens(event).run().status)
    assert seen == ["submitted", "provisioning", "running", "pending", "submitted"]


def test_a_run_runs_when_one_of_its_jobs_does() -> None:
    world = given(*TWO_JOBS, running("a")).world
    assert world.run().status is RunStatus.RUNNING


def test_a_run_last_changed_when_its_job_did() -> None:
    world = given(a_place(), submitted(), After(5), placed()).world
    assert world.run().last_changed_at == world.now


def test_the_first_final_state_stands() -> None:
    world = given(*FOUNDED, submitted(), FINISHED).world
    world.happens(e.RunStopRequested("run", "user"), e.RunFinished("run", "failed", "job_failed"))
    assert (world.run().status, world.run().reason) == (RunStatus.DONE, "all_jobs_done")


def test_a_placement_that_comes_after_the_end_changes_nothing() -> None:
    world = given(a_place(), submitted(), FINISHED).world
    world.happens(JobPlaced("job", "run", "attempt", "instance", "host", spec().requests))
    assert world.cell.hosts["host"].used_cpu == 0
    assert not world.cell.instances["instance"].attempts
