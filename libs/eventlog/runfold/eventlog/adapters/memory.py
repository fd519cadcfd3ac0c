"""The store of simulations and of quick tests."""

import asyncio

import msgspec

from runfold.contracts.envelope import CommitRecord
from runfold.eventlog.port import NumberTaken


class MemoryStore:
    """Commits in a list: durable as long as the list is. Writers in one process may share it."""

    def __init__(self, commits: list[CommitRecord] | None = None) -> None:
        self.commits = commits if commits is not None else []

    async def insert(self, commit: CommitRecord) -> None:
        await asyncio.sleep(0)
        if commit.number != len(self.commits) + 1:
            raise NumberTaken(f"{len(self.commits)} commits are there")
        self.commits.append(commit)

    async def read(self, after: int, limit: int) -> list[CommitRecord]:
        await asyncio.sleep(0)
        return self.commits[after : after + limit]

    async def outline(self, after: int, limit: int) -> list[CommitRecord]:
        return [msgspec.structs.replace(c, body=msgspec.Raw(b"[]")) for c in await self.read(after, limit)]

    async def last(self) -> CommitRecord | None:
        await asyncio.sleep(0)
        return self.commits[-1] if self.commits else None

    async def close(self) -> None:
        pass
