"""A user's own keys."""

from collections.abc import Iterable

from runfold.contracts import user as e
from runfold.domain.errors import AlreadyExists, Invalid
from runfold.domain.user.state import User

NAME_LENGTH = 100


def add(user: User, command: e.PublicKeyAdded) -> list[e.UserEvent]:
    """Raises Invalid; AlreadyExists where the user has that key, whatever it is named."""
    if len(command.name) > NAME_LENGTH:
        raise Invalid(f"Public key name length must not exceed {NAME_LENGTH}", field="name")
    if any(known.fingerprint == command.fingerprint for known in user.public_keys.values()):
        raise AlreadyExists("Resource exists")
    return [command]


def delete(user: User, ids: Iterable[str]) -> list[e.UserEvent]:
    """What isn't there is passed over."""
    known = [user.public_keys[key_id] for key_id in ids if key_id in user.public_keys]
    return [e.PublicKeyDeleted(key.id, user.id, key.fingerprint) for key in known]
