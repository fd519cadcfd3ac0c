"""Dead letters over the log service's HTTP interface, for a process whose broker user may not read their queues."""

from collections.abc import Awaitable
from typing import TypeVar
from urllib.parse import quote

from runfold.bus.dead_letters import DeadLetter
from runfold.bus.port import BusUnavailable, Refused
from runfold.bus.topology import Queue
from runfold.eventlog.adapters.replicas import Remote
from runfold.eventlog.port import Unavailable
from runfold.service.dead_letters_wire import (
    decode_count,
    decode_letter,
    decode_letters,
    decode_replayed,
)

T = TypeVar("T")

#: Seconds: letters are looked through one by one at the broker.
PATIENCE = 9.0


class RemoteDeadLetters(Remote):
    """The DeadLetters of the log service."""

    def __init__(self, urls: list[str], token: str, *, patience: float = PATIENCE) -> None:
        # A replay that is asked for twice because its answer is late puts back more than it was asked to.
        super().__init__(urls, token, answer_within=patience, patience=patience)

    async def count(self, source: Queue) -> int:
        return decode_count(await _asked(self._replicas.get(_path(source, "count"), {}, self._deadline())))

    async def peek(self, source: Queue, limit: int = 100) -> list[DeadLetter]:
        query = {"limit": str(limit)}
        return decode_letters(await _asked(self._replicas.get(_path(source), query, self._deadline())))

    async def find(self, source: Queue, letter_id: str) -> DeadLetter | None:
        path = _path(source, "letters", letter_id)
        return decode_letter(await _asked(self._replicas.get(path, {}, self._deadline())))

    async def replay(self, source: Queue, limit: int | None = None) -> int:
        path = _path(source, "replay") + ("" if limit is None else f"?limit={limit}")
        replayed = decode_replayed(await _asked(self._replicas.post(path, b"", self._deadline())))
        if replayed.refused is not None:
            raise Refused(replayed.refused)
        return replayed.count

    async def discard(self, source: Queue, letter_id: str) -> bool:
        path = _path(source, "letters", letter_id)
        return decode_count(await _asked(self._replicas.ask("DELETE", path, self._deadline()))) > 0


async def _asked(answer: Awaitable[T]) -> T:
    try:
        return await answer
    except Unavailable as error:
        raise BusUnavailable(str(error)) from error


def _path(source: Queue, *rest: str) -> str:
    return "/".join(("/dead-letters", *(quote(part, safe="") for part in (source.name, *rest))))
