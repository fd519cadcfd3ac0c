"""Inserting a commit until it is known who stands under its number."""

from collections.abc import Awaitable, Callable

from runfold.contracts.envelope import CommitRecord
from runfold.eventlog.port import CommitStore, NumberTaken, Unavailable

#: Called with the reason before the same is tried again; returns when it is time.
Pause = Callable[[str], Awaitable[None]]


async def stand(store: CommitStore, record: CommitRecord, pause: Pause) -> CommitRecord:
    """Whoever stands under the number of `record` for good: `record` itself, or another writer's.

    Never gives up while that is open. No answer to an insert means the same document again. A taken number alone
    decides nothing either: what took it may yet be rolled back; only a majority read tells.
    """
    while True:
        try:
            await store.insert(record)
            return record
        except Unavailable as error:
            await pause(str(error))
            continue
        except NumberTaken:
            standing = await _standing(store, record.number, pause)
        if standing is not None:
            return record if same(standing, record) else standing
        await pause(f"commit {record.number} is taken, by nothing that a majority has")


def same(one: CommitRecord, other: CommitRecord) -> bool:
    """Whether two documents are the same commit; of two writers at one number, one begins a term under a new id."""
    return (one.number, one.log_id, one.appends, one.time) == (
        other.number,
        other.log_id,
        other.appends,
        other.time,
    )


async def _standing(store: CommitStore, number: int, pause: Pause) -> CommitRecord | None:
    while True:
        try:
            standing = await store.read(number - 1, 1)
            return standing[0] if standing else None
        except Unavailable as error:
            await pause(str(error))
