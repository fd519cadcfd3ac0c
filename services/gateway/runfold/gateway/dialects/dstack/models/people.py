"""Users, their keys, and projects."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from runfold.gateway.dialects.dstack.models.shape import Shape


class UserPermissions(Shape):
    can_create_projects: bool


class User(Shape):
    id: UUID
    username: str
    created_at: datetime
    global_role: Literal["admin", "user"]
    email: str | None
    active: bool
    permissions: UserPermissions
    ssh_public_key: str | None


class AuthProvider(Shape):
    name: str
    enabled: bool


class UserTokenCreds(Shape):
    token: str


class UserWithCreds(User):
    creds: UserTokenCreds
    ssh_private_key: str | None


class UsersInfoList(Shape):
    total_count: int | None
    users: list[User]


class PublicKeyInfo(Shape):
    id: UUID
    added_at: datetime
    name: str
    type: str
    fingerprint: str


class MemberPermissions(Shape):
    can_manage_ssh_fleets: bool
    can_manage_secrets: bool


class Member(Shape):
    user: User
    project_role: Literal["admin", "manager", "user"]
    permissions: MemberPermissions


class Project(Shape):
    project_id: UUID
    project_name: str
    owner: User
    created_at: datetime
    backends: list[Any]
    members: list[Member]
    is_public: bool
    templates_repo: str | None


class ProjectsInfoList(Shape):
    total_count: int | None
    projects: list[Project]
