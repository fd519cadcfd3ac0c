"""Certificates, as those need them who have to trust one that no authority vouches for."""

import ssl
from hashlib import sha256
from pathlib import Path

_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


def fingerprint(path: Path) -> str:
    """SHA-256 in hex of the first certificate in a file; raises ValueError where there is none."""
    text = path.read_text()
    start = text.index(_BEGIN)
    first = text[start : text.index(_END, start) + len(_END)]
    return sha256(ssl.PEM_cert_to_DER_cert(first)).hexdigest()
