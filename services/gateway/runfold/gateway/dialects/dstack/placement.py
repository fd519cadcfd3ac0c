"""Which fleets a task may use."""

from runfold.domain.cell.state import Cell
from runfold.domain.fleet.state import Fleet
from runfold.domain.project.state import Project
from runfold.gateway.dialects.dstack.configuration.profile import EntityReference
from runfold.gateway.dialects.dstack.configuration.task import TaskConfiguration
from runfold.gateway.dialects.dstack.responses.hardware import backend

CELL = "cell"  #: what stands for a project where a fleet is the cell's


def fleets_for(task: TaskConfiguration, project: Project, cell: Cell) -> tuple[str, ...] | None:
    """Ids of the fleets it may use; None is any, () is none that there is."""
    if task.fleets is None and not _picks_backends(task):
        return None
    return tuple(dict.fromkeys(fleet.id for fleet in usable_fleets(task, project, cell)))


def usable_fleets(task: TaskConfiguration, project: Project, cell: Cell) -> list[Fleet]:
    """Oldest first. Nothing here is spot or reserved: who asks for that gets none."""
    if task.spot_policy == "spot" or task.reservation is not None:
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


def _picks_backends(task: TaskConfiguration) -> bool:
    return task.backends is not None or task.spot_policy == "spot" or task.reservation is not None
