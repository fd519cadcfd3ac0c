"""The journal's twin for tests and the simulation: as durable as the object is."""

import asyncio

from runfold.executor.journal import Entries, JournalUnavailable


class MemoryJournal:
    """`refusing` makes writes fail, as a full disk would."""

    def __init__(self) -> None:
        self.entries: dict[str, bytes] = {}
        self.refusing = False

    async def load(self) -> dict[str, bytes]:
        return dict(self.entries)

    async def write(self, entries: Entries) -> None:
        await asyncio.sleep(0)
        if self.refusing:
            raise JournalUnavailable("the journal's disk is full")
        for key, value in entries.items():
            if value is None:
                self.entries.pop(key, None)
            else:
                self.entries[key] = value

    async def close(self) -> None:
        """Nothing to release: the next executor loads from the same object."""
