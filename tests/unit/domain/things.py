"""What specs are about: hosts, fleets, runs of one job; each by its shortest name."""

from typing import Any

from runfold.contracts.cell import CellFounded
from runfold.contracts.executor import AttemptCondition, AttemptState
from runfold.contracts.fleet import FleetCreated, FleetSpec
from runfold.contracts.instance import ExecutorJoined, InstanceProvisioned, InstanceRequested
from runfold.contracts.job import (
    AttemptClaimed,
    AttemptExited,
    AttemptRefused,
    AttemptStarted,
    JobPlaced,
    JobSubmitted,
    OutputClosed,
)
from runfold.contracts.project import ProjectCreated
from runfold.contracts.registry import Event
from runfold.contracts.run import RunSubmitted
from runfold.contracts.user import UserCreated
from runfold.contracts.values import Gang, Idle, JobSpec, Quantities, Retry
from tests.unit.domain.given import START

GIB = 1024**3
CAPACITY = Quantities(cpu=4000, memory=8 * GIB, gpu=0, disk=100 * GIB)
SMALL = Quantities(cpu=1000, memory=GIB)
ALWAYS = Retry(("no-capacity", "interruption", "error"), 3600)
PROJECT = "project"

FOUNDED: list[Event] = [
    CellFounded("cell", "1"),
    UserCreated("user", "ann", "user"),
    ProjectCreated(PROJECT, "main", "user"),
]


def spec(requests: Quantities = SMALL, **more: Any) -> JobSpec:
    return JobSpec("job", ("true",), requests=requests, **more)


def submitted(
    run: str = "run",
    job: str = "job",
    *,
    priority: int = 0,
    fleets: tuple[str, ...] | None = None,
    idle: Idle | None = None,
    **of: Any,
) -> list[Event]:
    """A run of one job; its first attempt is `attempt` for job `job`, else `<job>-1`. `of` goes into the job's spec."""
    return [
        RunSubmitted(
            run, PROJECT, "user", f"name-{run}", "dstack", "{}", priority=priority, fleets=fleets, idle=idle
        ),
        JobSubmitted(job, run, first_attempt(job), spec(**of)),
    ]


def a_gang(
    *members: str,
    run: str = "run",
    priority: int = 0,
    startup_order: str = "any",
    stop_criteria: str = "all-done",
    **of: Any,
) -> list[Event]:
    """Of members `n0`, `n1`, `n2`, or as they are named; `of` goes into the spec of each."""
    names = members or ("n0", "n1", "n2")
    how = Gang(len(names), startup_order, stop_criteria)
    return [
        RunSubmitted(run, PROJECT, "user", f"name-{run}", "dstack", "{}", priority=priority, gang=how),
        *(JobSubmitted(name, run, first_attempt(name), spec(**of), at) for at, name in enumerate(names)),
    ]


def first_attempt(job: str) -> str:
    return "attempt" if job == "job" else f"{job}-1"


def host(host_id: str = "host", capacity: Quantities = CAPACITY, **more: Any) -> ExecutorJoined:
    return ExecutorJoined(host_id, host_id, capacity, more.pop("runtimes", ("process",)), **more)


def fleet(fleet_id: str = "fleet", project: str | None = PROJECT, **of: Any) -> FleetCreated:
    return FleetCreated(fleet_id, f"name-{fleet_id}", FleetSpec(**of), project)


def requested(
    instance_id: str = "instance", fleet: str = "fleet", num: int = 0, job: str | None = None
) -> Event:
    return InstanceRequested(instance_id, fleet, num, f"name-{fleet}-{num}", "local", PROJECT, job)


def provisioned(
    instance_id: str = "instance", host: str = "host", fleet: str = "fleet", blocks: int = 1
) -> Event:
    return InstanceProvisioned(instance_id, fleet, host, host, CAPACITY, "local", blocks=blocks)


def instance(
    instance_id: str = "instance", host: str = "host", fleet: str = "fleet", num: int = 0
) -> list[Event]:
    return [requested(instance_id, fleet, num), provisioned(instance_id, host, fleet)]


def a_place(capacity: Quantities = CAPACITY, **more: Any) -> list[Event]:
    """A project with one host in one fleet."""
    return [*FOUNDED, host(capacity=capacity, **more), fleet(), *instance()]


def placed(
    job: str = "job",
    run: str = "run",
    attempt: str | None = None,
    instance: str = "instance",
    host: str = "host",
    reserved: Quantities = SMALL,
) -> JobPlaced:
    return JobPlaced(job, run, attempt or first_attempt(job), instance, host, reserved)


def claimed(job: str = "job", attempt: str | None = None) -> AttemptClaimed:
    return AttemptClaimed(job, attempt or first_attempt(job), START)


def started(job: str = "job", attempt: str | None = None) -> AttemptStarted:
    return AttemptStarted(job, attempt or first_attempt(job), START, {})


def refused(job: str = "job", attempt: str | None = None) -> AttemptRefused:
    return AttemptRefused(job, attempt or first_attempt(job), "failed_to_start_due_to_no_capacity", "full")


def exited(job: str = "job", attempt: str | None = None, status: int = 0) -> AttemptExited:
    reason = "container_exited_with_error" if status else "done_by_runner"
    return AttemptExited(job, attempt or first_attempt(job), reason, START, status)


def ended(job: str = "job", attempt: str | None = None, status: int = 0) -> list[Event]:
    """Exited, and all its output stored."""
    return [exited(job, attempt, status), OutputClosed(job, attempt or first_attempt(job), 0)]


def running(job: str = "job", run: str = "run") -> list[Event]:
    return [placed(job, run), claimed(job), started(job)]


def condition(state: AttemptState, attempt: str = "attempt", **more: Any) -> AttemptCondition:
    return AttemptCondition(attempt, "job", state, more.pop("claimed_at", START), **more)
