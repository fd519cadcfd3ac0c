"""Pages in dstack's order: newest first and by id within one moment; or the whole of it backwards."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from typing import TypeVar

from runfold.contracts.values import Micros

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page:
    """At most `limit` items after the one that the last page ended with; `time` alone names a moment."""

    limit: int
    ascending: bool = False
    time: Micros | None = None
    id: str | None = None


def ordered(
    items: Iterable[T], page: Page, *, time: Callable[[T], Micros], key: Callable[[T], str]
) -> Iterator[T]:
    """`items` come newest first, or oldest first where the page is ascending; of one moment in any order."""
    for _, moment in groupby(items, key=time):
        yield from sorted(moment, key=key, reverse=page.ascending)


def paged(items: Iterable[T], page: Page, *, time: Callable[[T], Micros], key: Callable[[T], str]) -> list[T]:
    """The page of `items`, which come as for `ordered`."""
    after = (
        item for item in ordered(items, page, time=time, key=key) if _is_after(time(item), key(item), page)
    )
    return list(islice(after, page.limit))


def _is_after(at: Micros, item_id: str, page: Page) -> bool:
    if page.time is None:
        return True
    if at == page.time and page.id is not None:
        return item_id < page.id if page.ascending else item_id > page.id
    return at > page.time if page.ascending else at < page.time
