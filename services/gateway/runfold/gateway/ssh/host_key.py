"""The key by which clients know the front door: the same at each gateway, and for as long as the master key is."""

import base64

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

_LENGTH = 32


def host_key(master_key: str) -> str:
    """As OpenSSH keeps private keys; `master_key` is base64."""
    seed = HKDF(SHA256(), _LENGTH, salt=None, info=b"runfold ssh host key").derive(
        base64.b64decode(master_key)
    )
    made = Ed25519PrivateKey.from_private_bytes(seed)
    return made.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
