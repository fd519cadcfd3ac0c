"""Where executors fetch archives: URLs at a gateway, signed by the log service, each for one attempt and a time."""

import base64
import hmac
from hashlib import sha256

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from runfold.contracts.values import Micros

PATH = "/api/runfold/v1/archives/{ticket}"
LASTS = 24 * 3600 * 1_000_000  #: microseconds: an attempt may wait for its image that long


class Parcels:
    """Makes and reads tickets; gateways and log service have the same master key, base64 of 32 bytes."""

    def __init__(self, master_key: str) -> None:
        secret = base64.b64decode(master_key)
        self._key = HKDF(SHA256(), 32, salt=None, info=b"runfold parcels").derive(secret)

    def ticket(self, archive_id: str, attempt_id: str, now: Micros) -> str:
        told = f"{archive_id}.{attempt_id}.{now + LASTS}"
        return f"{told}.{self._signature(told)}"

    def archive_of(self, ticket: str, now: Micros) -> str | None:
        """Its archive's id; None where it is none of ours, or too old."""
        told, _, signature = ticket.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(told).encode()):
            return None
        archive_id, _, until = told.split(".")
        return archive_id if now < int(until) else None

    def _signature(self, told: str) -> str:
        made = hmac.new(self._key, told.encode(), sha256).digest()
        return base64.urlsafe_b64encode(made).decode().rstrip("=")
