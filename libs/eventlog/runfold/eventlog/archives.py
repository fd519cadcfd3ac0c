"""What users send along with their runs, as tar archives or patches: the port of where it lies, beside the log."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol
from uuid import UUID

MOST_BYTES = 4 * 1024 * 1024  #: of one archive; a document of the database holds it


@dataclass(frozen=True, slots=True)
class Archive:
    """`owner` is whoever may run something with it: `user:<id>` or `repo:<project id>/<repo id>`."""

    id: str
    owner: str
    data: bytes


class ArchiveReader(Protocol):
    async def get(self, archive_id: str) -> Archive | None:
        """None where there is none; raises Unavailable."""


class ArchiveStore(ArchiveReader, Protocol):
    async def keep(self, archive: Archive) -> None:
        """Durable when it returns; one that is there already stays. Raises Unavailable."""

    async def close(self) -> None: ...


def archive_id(owner: str, digest: str) -> str:
    """A UUID: the same content of the same owner is the same archive. `digest` is its SHA-256 in hex."""
    return str(UUID(bytes=sha256(f"{owner} {digest}".encode()).digest()[:16], version=4))
