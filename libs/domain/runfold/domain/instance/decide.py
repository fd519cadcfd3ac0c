"""Asking for instances, and ending those that idle, that nobody wants or whose fleet goes."""

from collections.abc import Collection

from runfold.contracts import instance as e
from runfold.contracts.values import Idle, Micros
from runfold.domain.errors import StillActive
from runfold.domain.fleet.state import Fleet
from runfold.domain.instance.state import Instance
from runfold.domain.job.state import Job
from runfold.domain.run.state import Run

SECOND = 1_000_000
#: How long what was made for a run may idle where neither its fleet nor the run says (dstack spec, section 9.3).
FOR_RUNS = Idle(5 * 60)


def request(
    fleet: Fleet, instance_id: str, job_id: str | None = None, idle: Idle | None = None
) -> e.InstanceRequested:
    """The intent to have one more instance of `fleet`."""
    num = fleet.nums
    return e.InstanceRequested(
        instance_id=instance_id,
        fleet_id=fleet.id,
        num=num,
        name=f"{fleet.name}-{num}",
        backend=fleet.spec.backend,
        project_id=fleet.project_id,
        job_id=job_id,
        idle=idle,
    )


def request_for(fleet: Fleet, instance_id: str, run: Run, job: Job) -> e.InstanceRequested:
    """The same for a job that fits none: it idles as long as fleet or run ask for, whichever is shorter."""
    asked = [run.idle, Idle(fleet.spec.idle_duration) if fleet.spec.idle_asked else None]
    seconds = [idle.seconds for idle in asked if idle is not None and idle.seconds is not None]
    idle = Idle(min(seconds, default=None)) if any(asked) else FOR_RUNS
    return request(fleet, instance_id, job.id, idle)


def idle_deadline(fleet: Fleet, instance: Instance) -> Micros | None:
    """When it has idled long enough to end; None while it is busy, needed for the minimum, or may idle for ever.

    Those of a cell fleet may: it covers each host, and would ask for what ended again.
    """
    idle = instance.idle_for or Idle(fleet.spec.idle_duration)
    if fleet.project_id is None or idle.seconds is None or not instance.idle:
        return None
    usable = sum(1 for other in fleet.instances if other.usable)
    if usable <= fleet.spec.nodes_min or instance.idle_since is None:
        return None
    return instance.idle_since + idle.seconds * SECOND


def idled(instance: Instance, now: Micros) -> str:
    """For how long, in words."""
    since = now if instance.idle_since is None else instance.idle_since
    return f"Instance idle for {(now - since) // SECOND}s"


def is_unfit(fleet: Fleet, instance: Instance) -> bool:
    """Whether it is less than its fleet asks for by now, and nobody uses it."""
    return (
        instance.idle and instance.capacity is not None and not fleet.spec.requires.within(instance.capacity)
    )


def end(instance: Instance, reason: str, message: str | None = None) -> list[e.InstanceEvent]:
    """Begin its end; [] where that has begun."""
    return [] if instance.ending else [e.InstanceEnding(instance.id, reason, message)]


def end_some(fleet: Fleet, nums: Collection[int]) -> list[e.InstanceEvent]:
    """Of the fleet those of these numbers, where there are such; raises StillActive while a job runs on one of them."""
    chosen = [instance for instance in fleet.instances if instance.num in nums]
    if any(instance.attempts for instance in chosen):
        what = f"fleet {fleet.name} instances {list(nums)}"
        raise StillActive(f"Failed to delete {what}. Fleet instances are in use.")
    return [event for instance in chosen for event in end(instance, "terminated_by_user")]


def ended(instance: Instance) -> e.InstanceEnded:
    """The outcome of the backend's call that let its machine go."""
    return e.InstanceEnded(instance.id, instance.reason or "terminated_by_user", instance.message)
