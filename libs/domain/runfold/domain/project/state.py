"""What is known of a project."""

from dataclasses import dataclass, field

from runfold.contracts.values import Ciphertext, Micros


@dataclass(slots=True)
class Secret:
    id: str
    name: str
    value: Ciphertext


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
    runs: dict[str, None] = field(default_factory=dict)  #: ids of its runs in memory, oldest first
    past_until: Micros = -1  #: when the newest was submitted of those that are listed and left memory
