"""The order of rows, and where a page of them ends: what every store of runs keeps to."""

from collections.abc import Iterable, Iterator

from runfold.eventlog.runs import PAGE_BYTES, PAGE_ROWS, RunQuery


def room(query: RunQuery) -> int:
    """How many rows the page may have."""
    return max(0, min(query.limit, PAGE_ROWS))


def is_after(query: RunQuery, submitted_at: int, run_id: str) -> bool:
    """Whether the row comes after the one that the page before ended with."""
    if query.time is None:
        return True
    if submitted_at == query.time and query.id is not None:
        return run_id < query.id if query.ascending else run_id > query.id
    return submitted_at > query.time if query.ascending else submitted_at < query.time


def fitting(sizes: Iterable[tuple[str, int]]) -> Iterator[str]:
    """Of these ids with their sizes in bytes, those that a page takes."""
    taken = 0
    for run_id, size in sizes:
        yield run_id
        taken += size
        if taken >= PAGE_BYTES:
            return
