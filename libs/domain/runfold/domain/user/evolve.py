"""How events change a user."""

from typing import assert_never

from runfold.contracts import user as e
from runfold.contracts.values import Micros
from runfold.domain.user.state import PublicKey, User

Change = e.UserUpdated | e.UserDeleted | e.SshKeyReplaced | e.PublicKeyAdded | e.PublicKeyDeleted


def created(event: e.UserCreated, time: Micros) -> User:
    return User(
        id=event.user_id,
        name=event.name,
        global_role=event.global_role,
        created_at=time,
        email=event.email,
        ssh_public_key=event.ssh_public_key,
        ssh_private_key=event.ssh_private_key,
        active=event.active,
    )


def evolve(user: User, event: Change, time: Micros) -> User:
    match event:
        case e.UserUpdated():
            user.global_role, user.email, user.active = event.global_role, event.email, event.active
        case e.UserDeleted():
            user.deleted, user.active = True, False
        case e.SshKeyReplaced():
            user.ssh_public_key, user.ssh_private_key = event.ssh_public_key, event.ssh_private_key
        case e.PublicKeyAdded():
            user.public_keys[event.key_id] = PublicKey(
                event.key_id, event.name, event.key_type, event.fingerprint, event.key, time
            )
        case e.PublicKeyDeleted():
            user.public_keys.pop(event.key_id, None)
        case _:
            assert_never(event)
    return user
