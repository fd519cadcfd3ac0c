"""SSH keys: the pair that a user attaches with, and what they bring themselves."""

import base64
from dataclasses import dataclass
from hashlib import md5, sha256

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_ssh_public_key,
)

from runfold.domain.errors import Invalid
from runfold.ports import Ids

#: dstack's. DSA isn't among them, nor are certificates.
TYPES = frozenset(
    {
        "ssh-rsa",
        "ecdsa-sha2-nistp256",
        "ecdsa-sha2-nistp384",
        "ecdsa-sha2-nistp521",
        "ssh-ed25519",
        "sk-ecdsa-sha2-nistp256@openssh.com",
        "sk-ssh-ed25519@openssh.com",
    }
)
MALFORMED = "Invalid public key, must be in OpenSSH public key format"
LENGTH = 16 * 1024


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key as it is kept: one line of type, base64 and comment."""

    key_type: str
    encoded: str
    comment: str

    @property
    def line(self) -> str:
        return f"{self.key_type} {self.encoded} {self.comment}".rstrip()

    @property
    def fingerprint(self) -> str:
        digest = base64.b64encode(sha256(base64.b64decode(self.encoded)).digest())
        return f"SHA256:{digest.decode().rstrip('=')}"

    @property
    def name(self) -> str:
        """dstack's: the comment, else the older form of fingerprint."""
        return self.comment or md5(base64.b64decode(self.encoded), usedforsecurity=False).hexdigest()


def key_pair(ids: Ids, comment: str) -> tuple[str, str]:
    """Public and private key in OpenSSH's formats. Clients compare the public one as text, its newline included."""
    private = Ed25519PrivateKey.from_private_bytes(sha256(ids.token().encode()).digest())
    public = private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
    return f"{public} {comment}\n", pem


def public_key(text: str) -> PublicKey:
    """Of a file in OpenSSH's format; raises Invalid in the words of dstack's server."""
    words = text.split()
    if len(words) < 2 or len(text) > LENGTH:
        raise Invalid(MALFORMED, field="key")
    key_type, encoded, *comment = words
    if not _is_a_key(key_type, encoded):
        raise Invalid(MALFORMED, field="key")
    return PublicKey(key_type, encoded, " ".join(comment))


def _is_a_key(key_type: str, encoded: str) -> bool:
    """Raises Invalid for a key of a type that isn't taken, whose inside is then not looked at."""
    if not _names(encoded, key_type):
        return False
    if key_type not in TYPES:
        raise Invalid(f"Unsupported key type: {key_type}", field="key")
    try:
        load_ssh_public_key(f"{key_type} {encoded}".encode())
    except (ValueError, UnsupportedAlgorithm):
        return False
    return True


def _names(encoded: str, key_type: str) -> bool:
    """Whether what is encoded begins with the same type, as SSH's wire format has it."""
    try:
        blob = base64.b64decode(encoded, validate=True)
    except ValueError:
        return False
    return blob.startswith(len(key_type).to_bytes(4, "big") + key_type.encode())
