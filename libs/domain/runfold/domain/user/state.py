"""What is known of users, tokens and grants."""

from dataclasses import dataclass, field

from runfold.contracts.values import Ciphertext, Micros


@dataclass(slots=True)
class Grant:
    id: str
    user_id: str
    role: str
    scope: str


@dataclass(slots=True)
class User:
    id: str
    name: str
    global_role: str
    created_at: Micros
    email: str | None = None
    ssh_public_key: str | None = None
    ssh_private_key: Ciphertext | None = None
    grants: dict[str, Grant] = field(default_factory=dict)  #: by grant id


@dataclass(slots=True)
class Token:
    id: str
    user_id: str
    sha256: str
