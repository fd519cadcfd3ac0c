"""Users, projects, and what they keep: secrets, files."""

from datetime import datetime
from typing import Any

from runfold.client.models.base import Model


class User(Model, frozen=True):
    id: str
    username: str
    global_role: str
    email: str | None = None
    ssh_public_key: str | None = None


class Me(User, frozen=True):
    """Who asks, with the private key that nobody else is shown."""

    ssh_private_key: str | None = None


class Member(Model, frozen=True):
    user: User
    project_role: str


class Project(Model, frozen=True):
    project_id: str
    project_name: str
    owner: User
    created_at: datetime
    members: tuple[Member, ...] = ()
    backends: tuple[dict[str, Any], ...] = ()
    is_public: bool = False


class FileArchive(Model, frozen=True):
    """Files that were sent along; `hash` is the SHA-256 of the archive."""

    id: str
    hash: str


class Secret(Model, frozen=True):
    """`value` only where one secret is asked for."""

    id: str
    name: str
    value: str | None = None
