"""Fleets: list, get, plan, apply, delete."""

from typing import Any

from runfold.contracts.fleet import FleetCreated
from runfold.domain import names, streams
from runfold.domain.cell.state import Cell
from runfold.domain.errors import NotFound
from runfold.domain.fleet import decide as fleets
from runfold.domain.fleet.state import Fleet
from runfold.domain.project.state import Project
from runfold.domain.provisioning.plan import at_first
from runfold.domain.user.authorize import Operation
from runfold.gateway.ask import Ask
from runfold.gateway.commands import Decision
from runfold.gateway.dialects.dstack.fleet_spec import document, fleet_spec
from runfold.gateway.dialects.dstack.fleet_update import can_update, check_unchanged, check_update
from runfold.gateway.dialects.dstack.offers import fleet_offers
from runfold.gateway.dialects.dstack.page import by_creation
from runfold.gateway.dialects.dstack.requests import fleets as requests
from runfold.gateway.dialects.dstack.responses.encode import encoded, raw
from runfold.gateway.dialects.dstack.responses.fleet import fleet
from runfold.gateway.http.call import Answer
from runfold.gateway.http.errors import Refused

SHOWN = 50  #: offers in a plan


async def list_fleets(ask: Ask[requests.ListFleetsRequest]) -> Answer:
    """Of one project, or of all that the caller may read; the cell's where imported ones are wanted."""
    wanted = ask.body
    projects = {p.id for p in _projects(ask)}
    found = [f for f in ask.cell.live_fleets.values() if _is_among(f, projects, wanted.include_imported)]
    return Answer(encoded([fleet(each, ask.cell) for each in by_creation(found, wanted)]))


async def list_of_project(ask: Ask[requests.ListProjectFleetsRequest]) -> Answer:
    project = ask.project(Operation.READ)
    chosen = [
        f for f in ask.cell.live_fleets.values() if _is_among(f, {project.id}, ask.body.include_imported)
    ]
    return Answer(encoded([fleet(each, ask.cell) for each in reversed(chosen)]))


async def get(ask: Ask[requests.GetFleetRequest]) -> Answer:
    """By id also a fleet of the cell; by name the project's own before the cell's."""
    project = ask.project(Operation.READ)
    if ask.body.id is not None:
        found = ask.cell.fleets.get(str(ask.body.id))
    elif ask.body.name is not None:
        found = ask.cell.fleet_named(project.id, ask.body.name)
    else:
        raise Refused("name or id must be specified")
    if found is None or found.deleted or found.project_id not in (None, project.id):
        raise NotFound("Resource not found")
    return Answer(encoded(fleet(found, ask.cell)))


async def get_plan(ask: Ask[requests.GetFleetPlanRequest]) -> Answer:
    project = ask.project(Operation.MANAGE_FLEETS)
    spec = ask.body.spec.with_defaults()
    name, core = spec.configuration.name, fleet_spec(spec)
    current = _own(ask.cell, project, names.check(name, names.RESOURCE)) if name is not None else None
    found = fleet_offers(core, ask.cell)
    plan: dict[str, Any] = {
        "project_name": project.name,
        "user": ask.user.name,
        "spec": raw(ask.body.spec.model_dump_json()),
        "effective_spec": raw(spec.model_dump_json()),
        "current_resource": fleet(current, ask.cell) if current else None,
        "offers": found[:SHOWN],
        "total_offers": len(found),
        "max_offer_price": max((offer["price"] for offer in found), default=None),
        "action": "update" if current and can_update(document(current), spec) else "create",
    }
    return Answer(encoded(plan))


async def apply(ask: Ask[requests.ApplyFleetPlanRequest]) -> Answer:
    """Creates the fleet, or changes the one that has its name."""
    project = ask.project(Operation.MANAGE_FLEETS)
    sent = ask.body.plan.spec.with_defaults()
    core, new_id = fleet_spec(sent), ask.parts.ids.uuid4()
    name = sent.configuration.name or _free_name(ask, project)
    named = sent.configuration.model_copy(update={"name": name})
    wanted = sent.model_copy(update={"configuration": named})
    request = wanted.model_dump_json()

    def decide(cell: Cell) -> Decision:
        project = ask.project(Operation.MANAGE_FLEETS)
        existing = _own(cell, project, name)
        if existing is None:
            command = FleetCreated(new_id, name, core, project.id, ask.user_id, request)
            made = [*fleets.create(None, command), *at_first(cell, command, ask.parts.ids.uuid4)]
            return Decision(new_id, tuple(made), (streams.fleet_name(project.id, name),))
        current = document(existing)
        check_unchanged(existing.id, current, ask.body.plan.current_resource, force=ask.body.force)
        check_update(current, wanted)
        events = fleets.update(existing, core, request)
        return Decision(existing.id, tuple(events), (streams.fleet(existing.id),))

    fleet_id = await ask.write(decide)
    return Answer(encoded(fleet(ask.cell.fleets[fleet_id], ask.cell)))


async def delete(ask: Ask[requests.DeleteFleetsRequest]) -> Answer:
    """What isn't there is passed over; all of the others, or none where one is busy."""

    def decide(cell: Cell) -> Decision:
        project = ask.project(Operation.MANAGE_FLEETS)
        found = (_own(cell, project, name) for name in dict.fromkeys(ask.body.names))
        chosen = [f for f in found if f is not None]
        events = [e for f in chosen for e in fleets.request_deletion(f, ask.user_id)]
        touched = [streams.instance(i.id) for f in chosen for i in f.instances]
        return Decision("", tuple(events), (*(streams.fleet(f.id) for f in chosen), *touched))

    await ask.write(decide)
    return Answer()


def _own(cell: Cell, project: Project, name: str) -> Fleet | None:
    """The project's fleet of that name, never the cell's."""
    return cell.fleets.get(cell.names.get(streams.fleet_name(project.id, name), ""))


def _projects(ask: Ask[requests.ListFleetsRequest]) -> list[Project]:
    name = ask.body.project_name
    known = ask.cell.projects.values() if name is None else [ask.cell.project_named(name)]
    return [p for p in known if p is not None and not p.deleted and ask.may(Operation.READ, p)]


def _is_among(fleet: Fleet, projects: set[str], imported: bool) -> bool:
    if fleet.deleted:
        return False
    return fleet.project_id in projects or (fleet.project_id is None and imported)


def _free_name(ask: Ask[Any], project: Project) -> str:
    while True:
        name = names.made_up(int(ask.parts.ids.uuid4().replace("-", ""), 16))
        if _own(ask.cell, project, name) is None:
            return name
