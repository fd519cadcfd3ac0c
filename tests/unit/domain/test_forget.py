"""Finished runs leave memory, and nothing that is decided later is any different for it."""

import re
from typing import Any

import msgspec
from hypothesis import given as over
from hypothesis import settings

from runfold.contracts import run as e
from runfold.contracts.envelope import Envelope, NewEvent, record
from runfold.contracts.job import (
    AttemptLost,
    AttemptStarted,
    JobFinished,
    JobResubmitted,
    JobRetryScheduled,
    JobStopping,
)
from runfold.contracts.registry import Event
from runfold.contracts.run import RunDeleted, RunFinished
from runfold.contracts.values import Quantities
from runfold.domain.cell.fold import apply
from runfold.domain.cell.forget import forget, forget_deletions
from runfold.domain.cell.state import Deletion
from runfold.domain.run import decide
from runfold.domain.run.encoding import decode, encode
from runfold.domain.run.state import PastRun
from tests.unit.domain.given import CONTEXT, START, World, given
from tests.unit.domain.test_properties import CLUSTERS, STEPS, Cluster
from tests.unit.domain.things import FOUNDED, a_place, ended, running, submitted

FINISHED = [JobFinished("job", "run", "attempt", "done", "x"), RunFinished("run", "done", "all_jobs_done")]
EVERYTHING = 10**9


def finished() -> World:
    return given(a_place(), submitted(), running(), ended(), FINISHED).world


def comes_late(world: World, event: Event, *touched: str) -> None:
    """Though nobody who looked would have said it."""
    new = NewEvent(event, touched, "project")
    envelope = Envelope(world.cell.position + 1, world.now, record(new, "late", CONTEXT), event)
    apply(world.cell, envelope)
    world.agenda.note(world.cell, envelope)


def test_a_finished_run_leaves_with_all_that_is_known_of_it_and_keeps_its_name() -> None:
    world = finished()
    left = forget(world.cell, 0, EVERYTHING)
    assert [run.id for run in left] == ["run"]
    cell = world.cell
    assert not cell.runs and not cell.jobs and not cell.attempts and not cell.jobs_by_attempt
    assert not cell.finished and not cell.projects["project"].runs
    assert cell.run_named("project", "name-run") == PastRun("run", "project", "name-run")
    assert cell.holds_name(left[0])
    assert cell.projects["project"].past_until == left[0].submitted_at


def test_where_nobody_asks_for_names_they_go_as_well() -> None:
    world = finished()
    forget(world.cell, 0, EVERYTHING, names=False)
    assert world.cell.run_named("project", "name-run") is None
    assert "name:project/runs/name-run" not in world.cell.names


def test_a_name_that_another_run_took_since_stays_its_own() -> None:
    world = finished()
    world.happens(RunDeleted("run", "project", "name-run"))
    world.happens(e.RunSubmitted("run-2", "project", "user", "name-run", "dstack", "{}"))
    assert [run.id for run in forget(world.cell, 0, EVERYTHING, names=False)] == ["run"]
    assert world.cell.run_named("project", "name-run") is world.run("run-2")


def test_an_active_run_stays() -> None:
    world = given(a_place(), submitted(), running()).world
    assert forget(world.cell, 0, EVERYTHING) == []
    assert world.run().final is None


def test_what_changed_after_the_checkpoint_stays() -> None:
    world = finished()
    at = world.cell.finished["run"]
    assert forget(world.cell, 0, at - 1) == []
    assert [run.id for run in forget(world.cell, 0, at)] == ["run"]


def test_as_many_stay_as_are_to_be_kept_those_that_changed_last() -> None:
    world = given(FOUNDED).world
    for number in range(4):
        world.happens(e.RunSubmitted(f"r{number}", "project", "user", f"name-{number}", "dstack", "{}"))
        world.happens(RunFinished(f"r{number}", "done", "x"))
    world.happens(RunDeleted("r0", "project", "name-0"))
    assert [run.id for run in forget(world.cell, 2, EVERYTHING)] == ["r1", "r2"]
    assert list(world.cell.runs) == ["r0", "r3"]


def test_a_run_that_has_left_can_be_deleted_and_replaced_and_a_stop_is_no_use() -> None:
    world = finished()
    forget(world.cell, 0, EVERYTHING)
    past = world.cell.run_named("project", "name-run")
    assert isinstance(past, PastRun)
    assert decide.request_stop(past, "user", abort=True) == []
    (deleted,) = decide.delete(past)
    assert deleted == RunDeleted("run", "project", "name-run")
    world.happens(deleted)
    assert world.cell.run_named("project", "name-run") is None
    assert not world.cell.holds_name(past)
    assert world.cell.deletions == {"run": Deletion(world.cell.position, START)}
    forget_deletions(world.cell, world.cell.position - 1)
    assert world.cell.deletions
    forget_deletions(world.cell, world.cell.position)
    assert not world.cell.deletions


def test_an_older_deletion_says_by_its_streams_whose_name_it_frees() -> None:
    world = finished()
    forget(world.cell, 0, EVERYTHING)
    comes_late(world, RunDeleted("run"), "run:run", "name:project/runs/name-run")
    assert world.cell.run_named("project", "name-run") is None
    assert list(world.cell.deletions) == ["run"]


def test_what_comes_late_of_a_run_that_has_left_changes_nothing() -> None:
    world = finished()
    forget(world.cell, 0, EVERYTHING)
    names = dict(world.cell.names)
    world.agenda.settling["job"] = world.agenda.stopping["run"] = None
    for late in (
        *(e.RunStopRequested("run", "user"), e.RunFinished("run", "failed", "x")),
        *(JobStopping("job", "attempt", "x", None), AttemptLost("job", "attempt", "x", "y")),
        *(AttemptStarted("job", "attempt", 1, {}), JobRetryScheduled("job", "run", "attempt", "x", START)),
        JobResubmitted("job", "run", "attempt-2"),
    ):
        comes_late(world, late, "job:job")
    assert not world.cell.runs and not world.cell.finished and world.cell.names == names
    assert world.schedule() == []
    assert not world.agenda.settling and not world.agenda.stopping and not world.agenda.timers


def test_a_run_comes_back_from_bytes_as_it_was() -> None:
    run = finished().run()
    assert decode(encode(run)) == run


def test_a_run_of_numbers_that_no_database_holds_comes_back_as_well() -> None:
    run = finished().run()
    attempt = run.jobs[0].attempt
    # As it comes out of a log that took it before there were bounds.
    attempt.reserved = msgspec.json.decode(f'{{"cpu": {10**28}}}', type=Quantities)
    attempt.ports, attempt.output_bytes = {8080: 32768, 2**70: 1}, 2**64
    assert decode(encode(run)) == run


def told(world: World) -> str:
    """Its history, with drawn ids named in the order in which they occur: some are drawn for nothing."""
    text = "\n".join(repr(happened.data) for happened in world.history)
    names = {drawn: f"id-{n}" for n, drawn in enumerate(dict.fromkeys(re.findall(r"new-\d+", text)))}
    return re.sub(r"new-\d+", lambda found: names[found[0]], text)


@settings(max_examples=100, deadline=None)
@over(CLUSTERS, STEPS)
def test_forgetting_as_soon_as_possible_changes_no_decision(cluster: Cluster, steps: list[Any]) -> None:
    remembering = Cluster(cluster.hosts, cluster.jobs, cluster.idle, cluster.blocks)
    for step in steps:
        cluster.step(*step)
        remembering.step(*step)
        forget(cluster.world.cell, 0, EVERYTHING)
        cluster.world.agenda.tidy(cluster.world.cell)
        assert told(cluster.world) == told(remembering.world)
    assert all(run.final is None for run in cluster.world.cell.runs.values())
    cluster.check_capacity()
