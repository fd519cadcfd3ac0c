"""Instances: listed over fleets and projects, found by id, deleted, and how healthy they are."""

from typing import Any

from runfold.domain import streams
from runfold.domain.cell.state import Cell
from runfold.domain.errors import NotFound
from runfold.domain.instance import decide as instances
from runfold.domain.instance.state import Instance
from runfold.domain.user.authorize import Operation
from runfold.gateway.ask import Ask
from runfold.gateway.commands import Decision
from runfold.gateway.dialects.dstack.page import by_creation
from runfold.gateway.dialects.dstack.requests import instances as requests
from runfold.gateway.dialects.dstack.responses.encode import encoded
from runfold.gateway.dialects.dstack.responses.fleet import instance
from runfold.gateway.http.call import Answer


async def list_instances(ask: Ask[requests.ListInstancesRequest]) -> Answer:
    """Of the projects that the caller may read; the cell's where imported ones are wanted."""
    projects = _projects(ask)
    found = [each for each in ask.cell.instances.values() if _is_wanted(each, ask.body, projects)]
    return Answer(encoded([_shown(each, ask) for each in by_creation(found, ask.body)]))


async def get(ask: Ask[requests.GetInstanceRequest]) -> Answer:
    """The project's own, or one of the cell's."""
    project = ask.project(Operation.RUN)
    found = ask.cell.instances.get(str(ask.body.id))
    if found is None or found.project_id not in (None, project.id):
        raise NotFound("Resource not found")
    return Answer(encoded(_shown(found, ask)))


async def get_health_checks(ask: Ask[requests.GetInstanceHealthChecksRequest]) -> Answer:
    """dstack's are of GPUs, which no executor has yet: there are none of an instance that there is."""
    project, cell = ask.project(Operation.RUN), ask.cell
    fleet = cell.fleet_named(project.id, ask.body.fleet_name)
    if fleet is None or all(each.num != ask.body.instance_num for each in fleet.instances):
        raise NotFound("Resource not found")
    return Answer(encoded({"health_checks": []}))


async def delete(ask: Ask[requests.DeleteFleetInstancesRequest]) -> Answer:
    """Of a fleet of the project's own. What isn't there is passed over; below its least number it gets another one."""

    def decide(cell: Cell) -> Decision:
        project = ask.project(Operation.MANAGE_FLEETS)
        fleet = cell.fleet_named(project.id, ask.body.name)
        if fleet is None or fleet.project_id != project.id:
            return Decision()
        events = tuple(instances.end_some(fleet, ask.body.instance_nums))
        expect = (streams.instance(each.id) for each in fleet.instances)
        return Decision(fleet.id, events, (streams.fleet(fleet.id), *expect))

    await ask.write(decide)
    return Answer()


def _projects(ask: Ask[requests.ListInstancesRequest]) -> set[str]:
    names = ask.body.project_names
    return {
        project.id
        for project in ask.cell.projects.values()
        if (names is None or project.name in names)
        and not project.deleted
        and ask.may(Operation.READ, project)
    }


def _is_wanted(of: Instance, wanted: requests.ListInstancesRequest, projects: set[str]) -> bool:
    if of.project_id not in projects and not (of.project_id is None and wanted.include_imported and projects):
        return False
    if wanted.fleet_ids is not None and of.fleet_id not in {str(each) for each in wanted.fleet_ids}:
        return False
    return of.ended_at is None or not wanted.only_active


def _shown(of: Instance, ask: Ask[Any]) -> dict[str, Any]:
    return instance(of, ask.cell.fleets[of.fleet_id], ask.cell)
