"""The bodies of calls about users, their keys, projects and their members."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from runfold.gateway.dialects.dstack.configuration.scalars import Canonical
from runfold.gateway.dialects.dstack.requests.shared import ByCreation


class ListUsersRequest(ByCreation):
    return_total_count: bool = False
    name_pattern: Annotated[str, Field(pattern="^[a-zA-Z0-9-_]*$")] | None = None


class UserRequest(Canonical):
    username: str


class CreateUserRequest(Canonical):
    username: str
    global_role: Literal["admin", "user"]
    email: str | None = None
    active: bool = True


class UpdateUserRequest(CreateUserRequest):
    """All of the user as it shall be."""


class DeleteUsersRequest(Canonical):
    users: list[str]


class AddPublicKeyRequest(Canonical):
    key: str
    name: str | None = None


class DeletePublicKeysRequest(Canonical):
    ids: list[UUID]


class ListProjectsRequest(ByCreation):
    include_not_joined: bool = True
    username: str | None = None
    return_total_count: bool = False
    name_pattern: str | None = None


class CreateProjectRequest(Canonical):
    project_name: str
    is_public: bool = False
    templates_repo: str | None = None


class UpdateProjectRequest(Canonical):
    is_public: bool | None = None
    templates_repo: str | None = None
    reset_templates_repo: bool = False


class DeleteProjectsRequest(Canonical):
    projects_names: list[str]


class MemberSetting(Canonical):
    username: str
    project_role: Literal["admin", "manager", "user"]


class MembersRequest(Canonical):
    members: list[MemberSetting]


class RemoveMembersRequest(Canonical):
    usernames: list[str]
