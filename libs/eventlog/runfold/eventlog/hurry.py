"""Commits that came by message: they only hurry, so any of them may be dropped."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import msgspec

from runfold.contracts.envelope import Commit, decode_commit

_MOST_COMMITS = 256
_MOST_BYTES = 16 * 1024 * 1024


class Message(Protocol):
    @property
    def body(self) -> bytes: ...


class Feed(Protocol):
    """As `runfold.bus.port.Bus`, which this library may not know."""

    async def consume(self, queue: Any, handler: Callable[[Any], Awaitable[None]]) -> Any: ...

    @property
    def connected(self) -> bool: ...


class Hurried:
    """Commits that came before their turn or are about to have it, by number, within bounds."""

    def __init__(self) -> None:
        self._commits: dict[int, tuple[Commit, int]] = {}
        self._bytes = 0
        self.came = asyncio.Event()

    def __len__(self) -> int:
        return len(self._commits)

    def take(self, number: int) -> Commit | None:
        commit, size = self._commits.pop(number, (None, 0))
        self._bytes -= size
        return commit

    def forget_up_to(self, number: int) -> None:
        for old in [n for n in self._commits if n <= number]:
            self.take(old)

    async def receive(self, message: Message) -> None:
        """A bus handler. What isn't a commit is dropped as well: the log has the real one."""
        self.came.set()
        size = len(message.body)
        if len(self._commits) >= _MOST_COMMITS or self._bytes + size > _MOST_BYTES:
            return
        try:
            commit = decode_commit(message.body)
        except msgspec.MsgspecError:
            return
        if commit.number not in self._commits:
            self._commits[commit.number] = commit, size
            self._bytes += size
