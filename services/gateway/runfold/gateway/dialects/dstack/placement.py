"""Which fleets and instances a task may use."""

from runfold.contracts.values import InstanceName, Selection
from runfold.domain.cell.state import Cell
from runfold.domain.fleet.state import Fleet
from runfold.domain.project.state import Project
from runfold.gateway.dialects.dstack.configuration.profile import (
    EntityReference,
    FleetInstanceSelector,
    InstanceHostnameSelector,
    InstanceNameSelector,
    InstanceSelector,
)
from runfold.gateway.dialects.dstack.configuration.task import TaskConfiguration
from runfold.gateway.dialects.dstack.responses.hardware import INSTANCE_TYPE, REGION, backend

CELL = "cell"  #: what stands for a project where a fleet is the cell's


def fleets_for(task: TaskConfiguration, project: Project, cell: Cell) -> tuple[str, ...] | None:
    """Ids of the fleets it may use; None is any, () is none that there is."""
    if task.fleets is None and task.backends is None and not _elsewhere(task):
        return None
    return tuple(dict.fromkeys(fleet.id for fleet in usable_fleets(task, project, cell)))


def usable_fleets(task: TaskConfiguration, project: Project, cell: Cell) -> list[Fleet]:
    """Oldest first; none for who asks for what there is nowhere here."""
    if _elsewhere(task):
        return []
    if task.fleets is None:
        found = cell.fleets_of(project.id)
    else:
        found = [f for reference in task.fleets if (f := fleet_named(reference, project, cell)) is not None]
    return [f for f in found if task.backends is None or backend(f.spec.backend) in task.backends]


def fleet_named(reference: EntityReference, project: Project, cell: Cell) -> Fleet | None:
    """Its own, else the cell's; another project's is none."""
    if reference.project == CELL:
        found = cell.fleet_named(None, reference.name)
    elif reference.project in (None, project.name):
        found = cell.fleet_named(project.id, reference.name)
    else:
        found = None
    return found if found is not None and found.usable_by(project.id) else None


def selection_for(task: TaskConfiguration, project: Project, cell: Cell) -> Selection | None:
    """Which instances of its fleets it may use; None is any."""
    reuse = task.creation_policy == "reuse"
    if task.instances is None and task.max_price is None and not reuse:
        return None
    named = None if task.instances is None else [_named(each, project, cell) for each in task.instances]
    return Selection(
        instances=None if named is None else tuple(name for name in named if name is not None),
        max_price_micros=None if task.max_price is None else round(task.max_price * 1_000_000),
        reuse=reuse,
    )


def _named(selector: InstanceSelector, project: Project, cell: Cell) -> InstanceName | None:
    """None where there is no such fleet."""
    match selector:
        case InstanceNameSelector(name=name):
            return InstanceName(name=name)
        case InstanceHostnameSelector(hostname=hostname):
            return InstanceName(hostname=hostname)
        case FleetInstanceSelector(fleet=reference, instance=number):
            fleet = fleet_named(reference, project, cell)
            return None if fleet is None else InstanceName(fleet_id=fleet.id, num=number)


def _elsewhere(task: TaskConfiguration) -> bool:
    """Nothing here is spot or reserved, and there is one region, without zones, of one type of instance."""
    return (
        task.spot_policy == "spot"
        or task.reservation is not None
        or task.availability_zones is not None
        or (task.regions is not None and REGION not in task.regions)
        or (task.instance_types is not None and INSTANCE_TYPE not in task.instance_types)
    )
