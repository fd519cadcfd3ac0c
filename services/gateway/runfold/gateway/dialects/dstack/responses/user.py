"""Users, projects and their members."""

from collections.abc import Iterable
from typing import Any

from runfold.domain.cell.state import Cell
from runfold.domain.project.state import Project
from runfold.domain.user.authorize import Operation, allowed, role_in
from runfold.domain.user.state import User
from runfold.gateway.dialects.dstack.responses.encode import timestamp


def user(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "username": user.name,
        "created_at": timestamp(user.created_at),
        "global_role": user.global_role,
        "email": user.email,
        "active": user.active,
        "permissions": {"can_create_projects": allowed(user, Operation.CREATE_PROJECTS)},
        "ssh_public_key": user.ssh_public_key,
    }


def user_with_creds(of: User, token: str, private_key: str | None) -> dict[str, Any]:
    return {**user(of), "creds": {"token": token}, "ssh_private_key": private_key}


def project(of: Project, cell: Cell, *, members: Iterable[User]) -> dict[str, Any]:
    """With those of `members` who are some: lists leave them out, as dstack's do."""
    return {
        "project_id": of.id,
        "project_name": of.name,
        "owner": user(cell.users[of.owner_id]),
        "created_at": timestamp(of.created_at),
        "backends": [],
        "members": _members(of, members),
        "is_public": of.is_public,
        "templates_repo": None,
    }


def _members(of: Project, users: Iterable[User]) -> list[dict[str, Any]]:
    return [_member(known, role, of) for known in users if (role := role_in(known, of.id)) is not None]


def _member(known: User, role: str, of: Project) -> dict[str, Any]:
    permissions = {
        "can_manage_ssh_fleets": allowed(known, Operation.MANAGE_FLEETS, of.id),
        "can_manage_secrets": allowed(known, Operation.MANAGE_SECRETS, of.id),
    }
    return {"user": user(known), "project_role": role, "permissions": permissions}
