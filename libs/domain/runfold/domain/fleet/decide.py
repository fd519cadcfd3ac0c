"""Making, changing, deleting a fleet."""

from runfold.contracts import fleet as e
from runfold.contracts.fleet import FleetSpec
from runfold.domain import names
from runfold.domain.errors import AlreadyExists, Invalid, StillActive
from runfold.domain.fleet.state import Fleet


def create(existing: Fleet | None, command: e.FleetCreated) -> list[e.FleetEvent]:
    """Raises Invalid, AlreadyExists; `existing` is the fleet that has the name now."""
    names.check(command.name, names.RESOURCE)
    _check(command.spec)
    if existing is not None:
        raise AlreadyExists(f"Fleet {command.name} exists")
    return [command]


def update(fleet: Fleet, spec: FleetSpec, request: str | None) -> list[e.FleetEvent]:
    """[] when nothing changes; raises Invalid, StillActive (it is being deleted)."""
    _check(spec)
    if fleet.deleting:
        raise StillActive(f"Fleet {fleet.name} is being deleted")
    if fleet.spec == spec and fleet.request == request:
        return []
    return [e.FleetUpdated(fleet.id, spec, request)]


def request_deletion(fleet: Fleet, user_id: str | None) -> list[e.FleetEvent]:
    """Raises StillActive while jobs run there; [] when it is being deleted already."""
    if any(instance.attempts for instance in fleet.instances):
        raise StillActive(f"Failed to delete fleet {fleet.name}. Fleet is in use.")
    return [] if fleet.deleting else [e.FleetDeletionRequested(fleet.id, user_id)]


def settle_deletion(fleet: Fleet) -> list[e.FleetEvent]:
    """FleetDeleted once its last instance has ended."""
    return [e.FleetDeleted(fleet.id)] if fleet.deleting and not fleet.deleted and not fleet.instances else []


def _check(spec: FleetSpec) -> None:
    if spec.nodes_max is not None and spec.nodes_max < spec.nodes_min:
        raise Invalid("nodes.max must not be less than nodes.min", field="nodes")
