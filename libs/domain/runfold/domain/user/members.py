"""Who is a member of a project, and as what."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from runfold.contracts import user as e
from runfold.domain.errors import Denied, Invalid
from runfold.domain.project.state import Project
from runfold.domain.user.authorize import Operation, allowed, role_in
from runfold.domain.user.decide import give
from runfold.domain.user.state import User


@dataclass(frozen=True, slots=True)
class Membership:
    """What a user shall be in a project; `role` None: no member."""

    user: User
    role: str | None


def members(users: Iterable[User], project_id: str) -> list[User]:
    return [user for user in users if role_in(user, project_id) is not None]


def administrators(users: Iterable[User], project_id: str) -> list[User]:
    return [user for user in users if role_in(user, project_id) == "admin"]


def change(
    actor: User, project_id: str, wanted: Sequence[Membership], new_id: Callable[[], str]
) -> list[e.UserEvent]:
    """Raises Denied where who doesn't administer the project would make an administrator or unmake one; Invalid."""
    events: list[e.UserEvent] = []
    for each in wanted:
        held = role_in(each.user, project_id)
        if held == each.role:
            continue
        if "admin" in (held, each.role) and not allowed(actor, Operation.MANAGE_ADMINS, project_id):
            raise Denied("Access denied")
        events += _changed(each, f"project:{project_id}", new_id)
    return events


def check_addition(actor: User, project: Project, wanted: Sequence[Membership]) -> None:
    """Members are added by who manages them; anyone may join a public project as a user. Raises Denied."""
    if allowed(actor, Operation.MANAGE_MEMBERS, project.id):
        return
    joins = project.is_public and [each.user.id for each in wanted] == [actor.id]
    if not joins or role_in(actor, project.id) is not None or wanted[0].role != "user":
        raise Denied("Access denied")


def check_removal(actor: User, project: Project, leaving: Sequence[User], administer: Sequence[User]) -> None:
    """Members are removed by who manages them, administrators by those of the cell, and anyone may leave; of those who
    `administer` the project one stays. Raises Denied, Invalid."""
    leaves = [user.id for user in leaving] == [actor.id] and role_in(actor, project.id) is not None
    if not leaves and not allowed(actor, Operation.MANAGE_MEMBERS, project.id):
        raise Denied("Access denied")
    for user in leaving:
        if role_in(user, project.id) is None:
            raise Invalid(f"User is not a member of this project: {user.name}", field="usernames")
    if not leaves and actor.global_role != "admin" and any(user in administer for user in leaving):
        raise Denied("Access denied")
    if administer and all(user in leaving for user in administer):
        raise Invalid(
            "Cannot leave project: you are the last admin" if leaves else "Cannot remove all project admins"
        )


def exactly(
    actor: User, project: Project, users: Iterable[User], staying: Sequence[Membership]
) -> list[Membership]:
    """`staying`, and the members that it doesn't name as no members. Raises Invalid where nobody would administer the
    project any more, which only an administrator of the cell may bring about."""
    named = {each.user.id for each in staying}
    others = [Membership(user, None) for user in members(users, project.id) if user.id not in named]
    manages = allowed(actor, Operation.MANAGE_ADMINS, project.id)
    if manages and actor.global_role != "admin" and all(each.role != "admin" for each in staying):
        raise Invalid("Cannot remove all project admins")
    return [*staying, *others]


def _changed(each: Membership, scope: str, new_id: Callable[[], str]) -> list[e.UserEvent]:
    if each.role is not None:
        return give(each.user, e.GrantGiven(new_id(), each.user.id, each.role, scope))
    return [e.GrantRevoked(grant.id) for grant in each.user.grants.values() if grant.scope == scope]
