"""What is known of a project."""

from dataclasses import dataclass, field

from runfold.contracts.project import RepoCreds
from runfold.contracts.values import Ciphertext, Micros


@dataclass(slots=True)
class Secret:
    id: str
    name: str
    value: Ciphertext


@dataclass(slots=True)
class Repo:
    id: str
    repo_type: str
    name: str | None
    directory: str | None
    creds: dict[str, RepoCreds] = field(default_factory=dict)  #: by the id of the user who clones by them


@dataclass(slots=True)
class Project:
    id: str
    name: str
    owner_id: str
    department: str
    serial: int
    created_at: Micros
    is_public: bool = False
    deleted: bool = False
    secrets: dict[str, Secret] = field(default_factory=dict)  #: by name
    repos: dict[str, Repo] = field(default_factory=dict)
    runs: dict[str, None] = field(default_factory=dict)  #: ids of its runs in memory, oldest first
    past_until: Micros = -1  #: when the newest was submitted of those that are listed and left memory
