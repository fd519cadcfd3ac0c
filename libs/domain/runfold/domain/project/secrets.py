"""Storing and deleting secrets; their values come sealed."""

from collections.abc import Sequence

from runfold.contracts import project as e
from runfold.contracts.values import Ciphertext
from runfold.domain import names
from runfold.domain.errors import Invalid, NotFound
from runfold.domain.project.state import Project

VALUE_LENGTH = 5000


def check(name: str, value: str) -> None:
    """What is to be sealed; raises Invalid in the words of dstack's server."""
    names.check(name, names.SECRET, "Secret name")
    if len(value) > VALUE_LENGTH:
        raise Invalid(f"Secret value length must not exceed {VALUE_LENGTH}", field="value")


def store(project: Project, name: str, value: Ciphertext, new_id: str) -> list[e.SecretStored]:
    """A known name keeps its id; [] where it has that very ciphertext."""
    known = project.secrets.get(name)
    if known is not None and known.value == value:
        return []
    return [e.SecretStored(known.id if known else new_id, project.id, name, value)]


def delete(project: Project, wanted: Sequence[str]) -> list[e.SecretDeleted]:
    """Raises NotFound with the names that there are none of; then none is deleted."""
    missing = [name for name in wanted if name not in project.secrets]
    if missing:
        raise NotFound(f"Secrets not found: {', '.join(missing)}")
    return [e.SecretDeleted(project.secrets[name].id, project.id, name) for name in wanted]
