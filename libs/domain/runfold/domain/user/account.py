"""Changing and deleting users, such that somebody can always administer the cell."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from runfold.contracts import user as e
from runfold.domain.errors import Invalid
from runfold.domain.user.decide import check_role
from runfold.domain.user.state import Token, User

#: Who founded the cell; dstack's server as well lets nobody delete that user.
FOUNDER = "admin"
FIELDS = ("global_role", "email", "active")


def administrators(users: Iterable[User]) -> list[User]:
    """Those who can get in."""
    return [user for user in users if user.active and user.global_role == "admin"]


def update(known: User, command: e.UserUpdated, administrators: Sequence[User]) -> list[e.UserEvent]:
    """[] where nothing changes. Raises Invalid, also where nobody would administer the cell any more."""
    check_role(command.global_role)
    changed = tuple(name for name in FIELDS if getattr(known, name) != getattr(command, name))
    if not changed:
        return []
    if not (command.active and command.global_role == "admin"):
        _check_somebody_stays(administrators, [known])
    return [replace(command, changed=changed)]


def delete(
    leaving: Sequence[User], tokens: Iterable[Token], administrators: Sequence[User]
) -> list[e.UserEvent]:
    """With their tokens and grants. Raises Invalid."""
    if any(user.name == FOUNDER for user in leaving):
        raise Invalid(f"User '{FOUNDER}' cannot be deleted")
    _check_somebody_stays(administrators, leaving)
    ids = {user.id for user in leaving}
    return [
        *(e.TokenRevoked(token.id) for token in tokens if token.user_id in ids),
        *(e.GrantRevoked(grant.id) for user in leaving for grant in user.grants.values()),
        *(e.UserDeleted(user.id) for user in leaving),
    ]


def _check_somebody_stays(administrators: Sequence[User], leaving: Sequence[User]) -> None:
    ids = {user.id for user in leaving}
    if administrators and all(user.id in ids for user in administrators):
        raise Invalid("Cannot remove the last global admin")
