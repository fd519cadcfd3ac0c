"""Authorization: one pure function over a user's grants, asked by every operation."""

from enum import StrEnum

from runfold.domain.user.state import User


class Operation(StrEnum):
    """What can be permitted in a scope."""

    READ = "read"
    RUN = "run"  #: submit, stop, delete runs
    MANAGE_FLEETS = "manage fleets"
    MANAGE_SECRETS = "manage secrets"
    MANAGE_MEMBERS = "manage members"
    MANAGE_ADMINS = "manage admins"  #: make a member an administrator, or an administrator none
    MANAGE_PROJECT = "manage project"  #: publish it, delete it, set its backends up
    CREATE_PROJECTS = "create projects"
    ADMINISTER = "administer"  #: users, the cell, dead letters


_USER = {Operation.READ, Operation.RUN}
_MANAGER = _USER | {Operation.MANAGE_MEMBERS}
_ADMIN = _MANAGER | {
    Operation.MANAGE_ADMINS,
    Operation.MANAGE_FLEETS,
    Operation.MANAGE_SECRETS,
    Operation.MANAGE_PROJECT,
}
_BY_ROLE = {
    "user": _USER | {Operation.MANAGE_FLEETS},
    "manager": _MANAGER | {Operation.MANAGE_FLEETS},
    "admin": _ADMIN,
}


def allowed(user: User, operation: Operation, project_id: str | None = None) -> bool:
    """A global admin may do everything; a member what the role in that project says; anyone may create projects. Who
    isn't active may do nothing."""
    if not user.active:
        return False
    if user.global_role == "admin":
        return True
    if project_id is None:
        return operation is Operation.CREATE_PROJECTS
    scopes = ("cell", f"project:{project_id}")
    return any(operation in _BY_ROLE.get(g.role, ()) for g in user.grants.values() if g.scope in scopes)


def role_in(user: User, project_id: str) -> str | None:
    """The user's role in a project, or None for who isn't a member."""
    scope = f"project:{project_id}"
    return next((g.role for g in user.grants.values() if g.scope == scope), None)
