"""How hosts and instances change with their events. The state is changed in place."""

from runfold.contracts import instance as e
from runfold.contracts.values import Micros
from runfold.domain.instance.state import Host, Instance


def joined(host: Host | None, event: e.ExecutorJoined, at: Micros) -> Host:
    if host is None:
        host = Host(
            event.host_id, event.name, event.capacity, event.runtimes, event.fleet, {}, event.arch, at
        )
    host.name, host.capacity, host.runtimes = event.name, event.capacity, event.runtimes
    host.fleet, host.labels, host.arch = event.fleet, event.labels, event.arch
    host.address = event.address
    return host


def requested(event: e.InstanceRequested, at: Micros) -> Instance:
    """The initial state."""
    return Instance(
        id=event.instance_id,
        fleet_id=event.fleet_id,
        project_id=event.project_id,
        num=event.num,
        name=event.name,
        backend=event.backend,
        created_at=at,
        changed_at=at,
        job_id=event.job_id,
        idle_for=event.idle,
    )


def evolve(instance: Instance, event: e.InstanceEvent, at: Micros) -> Instance:
    instance.changed_at = at
    match event:
        case e.InstanceProvisioned():
            instance.host_id, instance.hostname = event.host_id, event.hostname
            instance.capacity, instance.region = event.capacity, event.region
            instance.price_micros, instance.blocks = event.price_micros, event.blocks
            instance.provisioned_at = instance.idle_since = at
        case e.InstanceEnding():
            instance.ending, instance.reason, instance.message = True, event.reason, event.message
        case e.InstanceEnded():
            instance.ending, instance.ended_at = True, at
            instance.reason, instance.message = event.reason, event.message
        case e.InstanceSilent():
            instance.silent_at = at
        case e.InstanceReturned():
            instance.silent_at = None
        case e.ExecutorJoined() | e.InstanceRequested():
            pass
    return instance
