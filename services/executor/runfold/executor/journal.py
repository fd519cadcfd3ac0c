"""The executor's durable memory, as a port; what its entries mean is `ledger.py`'s business."""

from collections.abc import Mapping
from typing import Protocol

Entries = Mapping[str, bytes | None]


class JournalUnavailable(Exception):
    """The disk is full or gone: nothing was written, and nothing that needs it may happen."""


class Journal(Protocol):
    """A small durable map. Writes are applied in the order of their calls, each whole or not at all."""

    async def load(self) -> dict[str, bytes]:
        """Everything; raises JournalUnavailable."""

    async def write(self, entries: Entries) -> None:
        """Durable when it returns; None deletes. Raises JournalUnavailable."""

    async def close(self) -> None: ...
