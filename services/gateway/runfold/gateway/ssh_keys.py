"""The key pair that a user attaches with."""

from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from runfold.ports import Ids


def key_pair(ids: Ids, comment: str) -> tuple[str, str]:
    """Public and private key in OpenSSH's formats. Clients compare the public one as text, its newline included."""
    private = Ed25519PrivateKey.from_private_bytes(sha256(ids.token().encode()).digest())
    public = private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
    return f"{public} {comment}\n", pem
