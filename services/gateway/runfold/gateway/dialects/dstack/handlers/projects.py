"""Projects: list, get, create, update, delete."""

from typing import Any

from runfold.contracts.project import ProjectCreated
from runfold.contracts.registry import Event
from runfold.contracts.user import GrantGiven
from runfold.domain import streams
from runfold.domain.cell.state import Cell
from runfold.domain.errors import Denied, Invalid
from runfold.domain.project import decide as projects
from runfold.domain.project.state import Project
from runfold.domain.user.authorize import Operation, allowed, role_in
from runfold.domain.user.state import User
from runfold.gateway.ask import Ask
from runfold.gateway.commands import Decision
from runfold.gateway.dialects.dstack.page import by_creation
from runfold.gateway.dialects.dstack.requests import people as requests
from runfold.gateway.dialects.dstack.responses.encode import encoded
from runfold.gateway.dialects.dstack.responses.user import project
from runfold.gateway.http.call import Answer
from runfold.gateway.http.errors import Unsupported

DEPARTMENT = "1"
#: Projects are numbered as well: two made at once must not get the same number.
SERIALS = "serial:projects"


async def list_projects(ask: Ask[requests.ListProjectsRequest]) -> Answer:
    """The caller's, and the public ones where `include_not_joined`; all of them for an administrator. Of one user: what
    they own or joined, with their membership alone."""
    wanted = ask.body
    of = None if wanted.username is None else ask.cell.user_named(wanted.username)
    if of is None and wanted.username is not None:
        found = []
    else:
        found = [p for p in ask.cell.projects.values() if _is_wanted(ask, p, of)]
    members = () if of is None else (of,)
    rendered = [project(p, ask.cell, members=members) for p in by_creation(found, wanted)]
    if wanted.return_total_count:
        return Answer(encoded({"total_count": len(found), "projects": rendered}))
    return Answer(encoded(rendered))


async def list_only_no_fleets(ask: Ask[None]) -> Answer:
    """The caller's that may use no fleet, oldest first: none as long as the cell has one."""
    fleets = ask.cell.live_fleets.values()
    found = [p for p in ask.cell.projects.values() if not p.deleted and role_in(ask.user, p.id) is not None]
    without = [p for p in found if not any(fleet.project_id in (None, p.id) for fleet in fleets)]
    return Answer(encoded([project(each, ask.cell, members=()) for each in without]))


async def get(ask: Ask[None]) -> Answer:
    return Answer(encoded(project(ask.project(Operation.READ), ask.cell, members=ask.cell.users.values())))


async def create(ask: Ask[requests.CreateProjectRequest]) -> Answer:
    """Whoever makes a project administers it."""
    _check_templates(ask.body.templates_repo)
    ids = ask.parts.ids
    project_id, grant_id = ids.uuid4(), ids.uuid7()

    def decide(cell: Cell) -> Decision:
        if not allowed(ask.user, Operation.CREATE_PROJECTS):
            raise Denied("Access denied")
        name = ask.body.project_name
        command = ProjectCreated(
            project_id, name, ask.user_id, DEPARTMENT, _next_serial(cell), ask.body.is_public
        )
        grant = GrantGiven(grant_id, ask.user_id, "admin", f"project:{project_id}")
        events: tuple[Event, ...] = (*projects.create(cell.project_named(name), command), grant)
        return Decision(project_id, events, (streams.project_name(name), SERIALS), touch=(SERIALS,))

    made = await ask.write(decide)
    return Answer(encoded(project(ask.cell.projects[made], ask.cell, members=ask.cell.users.values())))


async def update(ask: Ask[requests.UpdateProjectRequest]) -> Answer:
    """There is no `templates_repo` yet that could be reset."""
    _check_templates(ask.body.templates_repo)

    def decide(_: Cell) -> Decision:
        known = ask.project(Operation.MANAGE_PROJECT)
        events = tuple(projects.update(known, ask.body.is_public))
        return Decision(known.id, events, (streams.project(known.id),))

    changed = await ask.write(decide)
    return Answer(encoded(project(ask.cell.projects[changed], ask.cell, members=ask.cell.users.values())))


async def delete(ask: Ask[requests.DeleteProjectsRequest]) -> Answer:
    """All of them or, where one isn't there or holds something, none."""

    def decide(cell: Cell) -> Decision:
        chosen = [_deletable(ask, name) for name in dict.fromkeys(ask.body.projects_names)]
        events = [e for known in chosen for e in projects.delete(known, *_held(ask, known))]
        expect = [stream(p.id) for p in chosen for stream in (streams.project, streams.held_by)]
        return Decision("", tuple(events), tuple(expect))

    await ask.write(decide)
    return Answer()


def _deletable(ask: Ask[Any], name: str) -> Project:
    """Raises Denied, and only to an administrator of the cell says that there is none."""
    known = ask.cell.project_named(name)
    if known is None:
        ask.administer()
        raise Invalid("Failed to delete non-existent projects")
    if not ask.may(Operation.MANAGE_PROJECT, known):
        raise Denied("Access denied")
    return known


def _held(ask: Ask[Any], known: Project) -> tuple[list[str], list[str]]:
    """Names of its unfinished runs and of its own fleets."""
    runs = [ask.cell.runs[run_id].name for run_id in ask.parts.unfinished.of(known.id)]
    return runs, [fleet.name for fleet in ask.cell.live_fleets.values() if fleet.project_id == known.id]


def _check_templates(repo: str | None) -> None:
    if repo is not None and repo.strip():
        raise Unsupported("`templates_repo` is")


def _next_serial(cell: Cell) -> int:
    return max((known.serial for known in cell.projects.values()), default=0) + 1


def _is_wanted(ask: Ask[requests.ListProjectsRequest], known: Project, of: User | None) -> bool:
    wanted, user = ask.body, ask.user
    if known.deleted or not ask.may(Operation.READ, known):
        return False
    joined = role_in(user, known.id) is not None or user.global_role == "admin"
    if not joined and not wanted.include_not_joined:
        return False
    if of is not None and of.id != known.owner_id and role_in(of, known.id) is None:
        return False
    return wanted.name_pattern is None or wanted.name_pattern.lower() in known.name.lower()
