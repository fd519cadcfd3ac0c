"""Projects: list, get, create."""

from runfold.contracts.project import ProjectCreated
from runfold.contracts.registry import Event
from runfold.contracts.user import GrantGiven
from runfold.domain import streams
from runfold.domain.cell.state import Cell
from runfold.domain.errors import Denied
from runfold.domain.project import decide as projects
from runfold.domain.project.state import Project
from runfold.domain.user.authorize import Operation, allowed, role_in
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
    """The caller's, and the public ones where `include_not_joined`; all of them for an administrator."""
    wanted = ask.body
    found = [p for p in ask.cell.projects.values() if _is_wanted(ask, p)]
    rendered = [project(p, ask.cell, members=False) for p in by_creation(found, wanted)]
    if wanted.return_total_count:
        return Answer(encoded({"total_count": len(found), "projects": rendered}))
    return Answer(encoded(rendered))


async def get(ask: Ask[None]) -> Answer:
    return Answer(encoded(project(ask.project(Operation.READ), ask.cell, members=True)))


async def create(ask: Ask[requests.CreateProjectRequest]) -> Answer:
    """Whoever makes a project administers it."""
    if ask.body.templates_repo is not None:
        raise Unsupported("`templates_repo` is")
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
    return Answer(encoded(project(ask.cell.projects[made], ask.cell, members=True)))


def _next_serial(cell: Cell) -> int:
    return max((known.serial for known in cell.projects.values()), default=0) + 1


def _is_wanted(ask: Ask[requests.ListProjectsRequest], known: Project) -> bool:
    wanted, user = ask.body, ask.user
    if known.deleted or not ask.may(Operation.READ, known):
        return False
    joined = role_in(user, known.id) is not None or user.global_role == "admin"
    if not joined and not wanted.include_not_joined:
        return False
    if wanted.username is not None:
        member = ask.cell.user_named(wanted.username)
        if member is None or role_in(member, known.id) is None:
            return False
    return wanted.name_pattern is None or wanted.name_pattern.lower() in known.name.lower()
