"""Making and deleting projects; storing and deleting secrets."""

from runfold.contracts import project as e
from runfold.contracts.values import Ciphertext
from runfold.domain import names
from runfold.domain.errors import AlreadyExists, NotFound
from runfold.domain.project.state import Project


def create(existing: Project | None, command: e.ProjectCreated) -> list[e.ProjectEvent]:
    """Raises Invalid, AlreadyExists; `existing` is the project that has the name now."""
    names.check(command.name, names.PROJECT, "Project name")
    if existing is not None:
        raise AlreadyExists("Resource exists")
    return [command]


def store_secret(project: Project, name: str, value: Ciphertext, new_id: str) -> list[e.ProjectEvent]:
    """A known name keeps its id. Raises Invalid."""
    names.check(name, names.SECRET, "Secret name")
    known = project.secrets.get(name)
    return [e.SecretStored(known.id if known else new_id, project.id, name, value)]


def delete_secret(project: Project, name: str) -> list[e.ProjectEvent]:
    """Raises NotFound."""
    known = project.secrets.get(name)
    if known is None:
        raise NotFound("Resource not found")
    return [e.SecretDeleted(known.id, project.id, name)]
