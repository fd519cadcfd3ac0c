"""Projects and their secrets."""

from pydantic.dataclasses import dataclass

from runfold.contracts.values import Ciphertext


@dataclass(frozen=True, slots=True)
class ProjectCreated:
    project_id: str
    name: str
    owner_id: str
    department: str = "1"
    serial: int = 0  #: for dialects that know projects by integer
    is_public: bool = False


@dataclass(frozen=True, slots=True)
class ProjectDeleted:
    project_id: str


@dataclass(frozen=True, slots=True)
class SecretStored:
    """Created or replaced."""

    secret_id: str
    project_id: str
    name: str
    value: Ciphertext


@dataclass(frozen=True, slots=True)
class SecretDeleted:
    secret_id: str
    project_id: str
    name: str


ProjectEvent = ProjectCreated | ProjectDeleted | SecretStored | SecretDeleted
