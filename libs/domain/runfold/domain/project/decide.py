"""Making, changing and deleting projects; making repos known."""

from runfold.contracts import project as e
from runfold.domain import names
from runfold.domain.errors import AlreadyExists, Invalid, StillActive
from runfold.domain.project.state import Project

REPO_ID_LENGTH = 1024


def create(existing: Project | None, command: e.ProjectCreated) -> list[e.ProjectEvent]:
    """Raises Invalid, AlreadyExists; `existing` is the project that has the name now."""
    names.check(command.name, names.PROJECT, "Project name")
    if existing is not None:
        raise AlreadyExists("Resource exists")
    return [command]


def update(project: Project, is_public: bool | None) -> list[e.ProjectEvent]:
    """[] where nothing changes; None is as it was."""
    if is_public in (None, project.is_public):
        return []
    return [e.ProjectUpdated(project.id, bool(is_public))]


def delete(project: Project, active_runs: list[str], fleets: list[str]) -> list[e.ProjectEvent]:
    """Raises StillActive while it has runs or fleets, which come by their names."""
    for what, held in (("runs", active_runs), ("fleets", fleets)):
        if held:
            raise StillActive(f"Failed to delete project with active {what}: {held}")
    return [e.ProjectDeleted(project.id)]


def init_repo(project: Project, command: e.RepoInitialized) -> list[e.ProjectEvent]:
    """[] where nothing changes: clients say it before each run. Raises Invalid."""
    if not 0 < len(command.repo_id) <= REPO_ID_LENGTH:
        raise Invalid(f"`repo_id` must have 1 to {REPO_ID_LENGTH} characters", field="repo_id")
    known = project.repos.get(command.repo_id)
    if known is not None and command.creds is None and command.user_id not in known.creds:
        same = (known.repo_type, known.name, known.directory)
        if same == (command.repo_type, command.name, command.directory):
            return []
    return [command]


def delete_repo(project: Project, repo_id: str) -> list[e.ProjectEvent]:
    """[] where there is none."""
    return [e.RepoDeleted(project.id, repo_id)] if repo_id in project.repos else []
