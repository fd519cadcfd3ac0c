"""Users, their tokens (kept hashed) and what they are granted."""

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


UserEvent = UserCreated | TokenIssued | TokenRevoked | GrantGiven | GrantRevoked
