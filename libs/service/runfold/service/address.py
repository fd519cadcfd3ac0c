"""Where a service is reached."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Address:
    """Where executors reach a gateway: a base URL, and in hex the SHA-256 of its certificate, where it has one of its
    own."""

    url: str
    fingerprint: str | None = None
