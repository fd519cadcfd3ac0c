"""Every event type: its class, its aggregate (the routing key's first word), its version, whether it may be skipped."""

from dataclasses import dataclass
from typing import Any, get_args

from runfold.contracts import cell, fleet, instance, job, parking, project, run, user

Event = (
    cell.CellEvent
    | user.UserEvent
    | project.ProjectEvent
    | run.RunEvent
    | job.JobEvent
    | fleet.FleetEvent
    | instance.InstanceEvent
    | parking.ParkingEvent
)


@dataclass(frozen=True, slots=True)
class EventType:
    cls: type[Any]
    aggregate: str
    version: int = 1
    ignorable: bool = False  #: a service that doesn't know it may skip it

    @property
    def name(self) -> str:
        return self.cls.__name__

    @property
    def routing_key(self) -> str:
        return f"{self.aggregate}.{self.name}"


_AGGREGATES = (
    ("cell", cell.CellEvent),
    ("user", user.UserEvent),
    ("project", project.ProjectEvent),
    ("run", run.RunEvent),
    ("job", job.JobEvent),
    ("fleet", fleet.FleetEvent),
    ("instance", instance.InstanceEvent),
    ("parked", parking.ParkingEvent),
)

#: Only for people's eyes; nothing is decided on them.
_IGNORABLE = {job.AttemptClaimed, job.AttemptPulling, *get_args(parking.ParkingEvent)}
#: Where it isn't 1. Every lower version has an upcaster and a golden sample, for ever.
_VERSIONS: dict[type[Any], int] = {instance.InstanceProvisioned: 2}

EVENT_TYPES: dict[str, EventType] = {
    cls.__name__: EventType(cls, aggregate, _VERSIONS.get(cls, 1), cls in _IGNORABLE)
    for aggregate, union in _AGGREGATES
    for cls in get_args(union)
}


def event_type(event: Event) -> EventType:
    return EVENT_TYPES[type(event).__name__]
