"""Projects, their secrets and their repos."""

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
class ProjectUpdated:
    """Who isn't a member reads it and may join it, or no longer."""

    project_id: str
    is_public: bool


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


@dataclass(frozen=True, slots=True)
class RepoCreds:
    """By what a user clones a repo."""

    clone_url: str
    private_key: Ciphertext | None = None
    oauth_token: Ciphertext | None = None


@dataclass(frozen=True, slots=True)
class RepoInitialized:
    """Jobs may use it from now on; said again when it, or what its user clones it by, changes."""

    project_id: str
    repo_id: str  #: the client's own, which isn't a UUID
    user_id: str
    repo_type: str  #: remote, local or virtual
    name: str | None = None  #: of a remote one
    directory: str | None = None  #: of a local one
    creds: RepoCreds | None = None  #: this user's from now on; None is none


@dataclass(frozen=True, slots=True)
class RepoDeleted:
    project_id: str
    repo_id: str


ProjectEvent = (
    ProjectCreated
    | ProjectUpdated
    | ProjectDeleted
    | SecretStored
    | SecretDeleted
    | RepoInitialized
    | RepoDeleted
)
