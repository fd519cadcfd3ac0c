"""How a fleet changes with each of its events. The state is changed in place."""

from typing import assert_never

from runfold.contracts import fleet as e
from runfold.contracts.values import Micros
from runfold.domain.fleet.state import Fleet


def created(event: e.FleetCreated, at: Micros) -> Fleet:
    """The initial state."""
    return Fleet(event.fleet_id, event.name, event.spec, at, event.project_id, event.user_id, event.request)


def evolve(fleet: Fleet, event: e.FleetEvent) -> Fleet:
    match event:
        case e.FleetCreated():
            pass
        case e.FleetUpdated():
            fleet.spec, fleet.request = event.spec, event.request
        case e.FleetDeletionRequested():
            fleet.deleting = True
        case e.FleetDeleted():
            fleet.deleting = fleet.deleted = True
        case _:
            assert_never(event)
    return fleet
