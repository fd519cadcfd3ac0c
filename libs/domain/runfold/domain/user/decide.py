"""Making users, issuing and revoking tokens, giving and taking grants."""

from runfold.contracts import user as e
from runfold.domain import names
from runfold.domain.errors import AlreadyExists, Invalid
from runfold.domain.user.state import Token, User

GLOBAL_ROLES = ("admin", "user")
PROJECT_ROLES = ("admin", "manager", "user")


def create(existing: User | None, command: e.UserCreated) -> list[e.UserEvent]:
    """Raises Invalid, AlreadyExists; `existing` is the user who has the name now."""
    names.check(command.name, names.USER, "Username")
    check_role(command.global_role)
    if existing is not None:
        raise AlreadyExists("Resource exists")
    return [command]


def check_role(global_role: str) -> None:
    """Raises Invalid."""
    if global_role not in GLOBAL_ROLES:
        raise Invalid(f"global role must be one of {', '.join(GLOBAL_ROLES)}", field="global_role")


def refresh_token(old: list[Token], command: e.TokenIssued) -> list[e.UserEvent]:
    """The new token in place of all older ones."""
    return [*(e.TokenRevoked(token.id) for token in old), command]


def give(user: User, command: e.GrantGiven) -> list[e.UserEvent]:
    """In place of an older grant of the same scope; [] where it is the same. Raises Invalid."""
    if command.role not in PROJECT_ROLES:
        raise Invalid(f"role must be one of {', '.join(PROJECT_ROLES)}", field="role")
    older = [g for g in user.grants.values() if g.scope == command.scope]
    if any(g.role == command.role for g in older):
        return []
    return [*(e.GrantRevoked(g.id) for g in older), command]
