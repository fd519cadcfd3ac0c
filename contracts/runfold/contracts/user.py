"""Users, their keys, their tokens (kept hashed) and what they are granted."""

from pydantic.dataclasses import dataclass

from runfold.contracts.values import Ciphertext


@dataclass(frozen=True, slots=True)
class UserCreated:
    user_id: str
    name: str
    global_role: str  #: admin or user
    email: str | None = None
    ssh_public_key: str | None = None
    ssh_private_key: Ciphertext | None = None
    active: bool = True


@dataclass(frozen=True, slots=True)
class UserUpdated:
    """What the user is from now on; a user who isn't active gets in by no token."""

    user_id: str
    global_role: str
    email: str | None = None
    active: bool = True
    changed: tuple[str, ...] = ()  #: names of the fields that were otherwise before


@dataclass(frozen=True, slots=True)
class UserDeleted:
    """Tokens and grants are revoked beside it; the name is free, and what the user made stays."""

    user_id: str


@dataclass(frozen=True, slots=True)
class SshKeyReplaced:
    """The key pair that the user attaches with."""

    user_id: str
    ssh_public_key: str
    ssh_private_key: Ciphertext


@dataclass(frozen=True, slots=True)
class PublicKeyAdded:
    """A key of the user's own, by which they may log in to what runs."""

    key_id: str
    user_id: str
    name: str
    key_type: str  #: such as `ssh-ed25519`
    fingerprint: str  #: `SHA256:…`, as OpenSSH shows it
    key: str  #: one line of OpenSSH's format


@dataclass(frozen=True, slots=True)
class PublicKeyDeleted:
    key_id: str
    user_id: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class TokenIssued:
    token_id: str
    user_id: str
    sha256: str  #: hex digest of the token; the token itself is shown once and kept nowhere


@dataclass(frozen=True, slots=True)
class TokenRevoked:
    token_id: str


@dataclass(frozen=True, slots=True)
class GrantGiven:
    grant_id: str
    user_id: str
    role: str  #: admin, manager or user
    scope: str  #: `cell`, or `project:<id>`


@dataclass(frozen=True, slots=True)
class GrantRevoked:
    grant_id: str


UserEvent = (
    UserCreated
    | UserUpdated
    | UserDeleted
    | SshKeyReplaced
    | PublicKeyAdded
    | PublicKeyDeleted
    | TokenIssued
    | TokenRevoked
    | GrantGiven
    | GrantRevoked
)
