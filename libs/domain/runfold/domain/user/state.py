"""What is known of users, their keys, tokens and grants."""

from dataclasses import dataclass, field

from runfold.contracts.values import Ciphertext, Micros


@dataclass(slots=True)
class Grant:
    id: str
    user_id: str
    role: str
    scope: str


@dataclass(slots=True)
class PublicKey:
    id: str
    name: str
    key_type: str
    fingerprint: str
    key: str
    added_at: Micros


@dataclass(slots=True)
class User:
    id: str
    name: str
    global_role: str
    created_at: Micros
    email: str | None = None
    ssh_public_key: str | None = None
    ssh_private_key: Ciphertext | None = None
    active: bool = True  #: else no token lets the user in
    deleted: bool = False  #: what the user made still tells whose it was
    grants: dict[str, Grant] = field(default_factory=dict)  #: by grant id
    public_keys: dict[str, PublicKey] = field(default_factory=dict)  #: by id, oldest first


@dataclass(slots=True)
class Token:
    id: str
    user_id: str
    sha256: str
