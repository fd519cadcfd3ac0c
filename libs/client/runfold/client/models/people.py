"""Users, projects and secrets."""

from datetime import datetime
from typing import Any

from runfold.client.models.base import Model


class User(Model, frozen=True):
    id: str
    username: str
    global_role: str
    email: str | None = None
    ssh_public_key: str | None = None


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


class Secret(Model, frozen=True):
    """`value` only where one secret is asked for."""

    id: str
    name: str
    value: str | None = None
