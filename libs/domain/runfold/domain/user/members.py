"""Who is a member of a project, and as what."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from runfold.contracts import user as e
from runfold.domain.errors import Denied
from runfold.domain.user.authorize import Operation, allowed, role_in
from runfold.domain.user.decide import give
from runfold.domain.user.state import User


@dataclass(frozen=True, slots=True)
class Membership:
    """What a user shall be in a project; `role` None: no member."""

    user: User
    role: str | None


def change(
    actor: User, project_id: str, wanted: list[Membership], new_id: Callable[[], str]
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


def others_leave(users: Mapping[str, User], project_id: str, staying: list[Membership]) -> list[Membership]:
    """The members that `staying` doesn't name, as no members."""
    named = {each.user.id for each in staying}
    members = [user for user in users.values() if role_in(user, project_id) is not None]
    return [Membership(user, None) for user in members if user.id not in named]


def _changed(each: Membership, scope: str, new_id: Callable[[], str]) -> list[e.UserEvent]:
    if each.role is not None:
        return give(each.user, e.GrantGiven(new_id(), each.user.id, each.role, scope))
    return [e.GrantRevoked(grant.id) for grant in each.user.grants.values() if grant.scope == scope]
